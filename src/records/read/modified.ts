// Reads when records last changed, without their documents.
import { sql } from '../../db/sql.ts'
import type { Resource } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'

/** How many records of a kind there are, and when one of them last changed; null without any. */
export async function countModified(
  { reader }: Pick<ReadContext, 'reader'>,
  { table }: Resource,
): Promise<{ total: number; last: string | null }> {
  const row = await reader.get<{ total: number; last: string | null }>(
    sql`select count(*) as total, max(${table.updatedAt}) as last from ${table}`,
  )
  return row ?? { total: 0, last: null }
}

/** The ids of records in their order, with when they last changed. @param after the id after which they begin */
export const readModified = (
  { reader }: Pick<ReadContext, 'reader'>,
  { table }: Resource,
  after: string,
  limit: number,
): Promise<{ id: string; updatedAt: string }[]> =>
  reader.all(
    sql`select ${table.id} as id, ${table.updatedAt} as "updatedAt" from ${table} where ${table.id} > ${after} order by ${table.id} ${sql.limit(limit)}`,
  )

/** The id before the record with this position in the order of ids; an empty text before the first one. */
export async function idBefore(
  { reader }: Pick<ReadContext, 'reader'>,
  { table }: Resource,
  position: number,
): Promise<string> {
  if (position === 0) return ''
  const row = await reader.get<{ id: string }>(
    sql`select ${table.id} as id from ${table} order by ${table.id} ${sql.limit(1)} offset ${position - 1}`,
  )
  return row?.id ?? '\uffff'
}
