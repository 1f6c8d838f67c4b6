// The bodies that records belong to, and their member states.
import { columnSql } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { Catalogue } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import { findRecord, parse } from './record.ts'
import { defaultBody, hasMembership } from './view.ts'

/** The codes of the states that were members of the body of a record on a day, in order. */
export async function membersOf(
  catalogue: Catalogue,
  reader: Reader,
  record: Doc,
  asOf: string,
): Promise<string[]> {
  const { table } = catalogue.entity('state')
  const body = await bodyOf(catalogue, reader, record)
  return reader.pluck<string>(
    sql`select ${table.id} from ${table} where ${hasMembership(catalogue, body, ['member'], { asOf, seq: null })} order by 1`,
  )
}

/** The fields by which a record belongs to a body, directly or through another record. */
const WAYS_TO_BODY: readonly [field: string, kind: Kind][] = [
  ['organizationId', 'organization'],
  ['meetingId', 'meeting'],
  ['agreementId', 'agreement'],
  ['addresseeId', 'organization'],
]

/**
 * The nearest body with member states, from the record upwards. Of a record that names no body: the default body; null if it
 * names one of which no state is known to be a member.
 */
async function bodyOf(catalogue: Catalogue, reader: Reader, record: Doc): Promise<SQL> {
  let isNamed = false
  for (const [field, kind] of WAYS_TO_BODY) {
    const id = record[field]
    if (typeof id !== 'string') continue
    let start: unknown = id
    if (kind !== 'organization') {
      const stored = await findRecord(reader, catalogue.entity(kind), id)
      start = stored && parse(stored)['organizationId']
    }
    isNamed ||= typeof start === 'string'
    const [body] = typeof start === 'string' ? await reader.pluck<string>(nearestBody(catalogue, start)) : []
    if (body !== undefined) return sql`${body}`
  }
  return isNamed ? sql`null` : defaultBody(catalogue)
}

/** The organization, or the nearest one above it, of which states are members. */
export function nearestBody(catalogue: Catalogue, id: string | SQL): SQL {
  const { table } = catalogue.entity('organization')
  const memberships = catalogue.entity('membership').table
  return sql`with recursive above(id, depth) as (
      select cast(${id} as text) collate "binary", 0
      union all select ${columnSql(table, 'parentId')}, above.depth + 1 from ${table} join above on ${table.id} = above.id
      where ${columnSql(table, 'parentId')} is not null and above.depth < 20
    ) select above.id from above where exists (
      select 1 from ${memberships} where ${columnSql(memberships, 'organizationId')} = above.id
      and ${columnSql(memberships, 'recordKind')} = 'state'
    ) order by above.depth limit 1`
}
