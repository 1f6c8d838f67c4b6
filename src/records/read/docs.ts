// Reads the documents of records and parts in a view.
import { columnSql, selectColumns } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { Child } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Entity } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { columnsBesideDoc } from './plan.ts'
import { parse, partOrder } from './record.ts'
import { partsWithChanges, type Row, rowAsOf, tableAsOf, type View, withChanges } from './view.ts'

/** What a read of documents needs. */
export type DocReader = Pick<ReadContext, 'catalogue' | 'reader'>

/** Which records of a kind to read. */
interface Selection {
  condition: SQL
  /** Default: order of creation. */
  order?: SQL
  /** A query for the `recordId` of the records that are needed, if they are few: the past is read from their changes. */
  wanted?: SQL
}

/** The records of a kind in a view that meet a condition. */
export async function docsWhere(
  { catalogue, reader }: DocReader,
  entity: Entity,
  view: View,
  { condition, order, wanted }: Selection,
): Promise<Doc[]> {
  const { table } = entity
  const rows = await reader.all<Row>(
    sql`select ${selectColumns(table, ['doc', ...columnsBesideDoc(entity, view, [])])}
      from ${tableAsOf(catalogue, entity, view, wanted)}
      where ${condition} order by ${order ?? sql`${table.firstSeq}`}`,
  )
  return rows.map((row) => parse(rowAsOf(entity, row, view)))
}

/** The records of a kind in a view with these ids. */
export const docsById = async (
  context: DocReader,
  entity: Entity,
  ids: readonly string[],
  view: View,
): Promise<Doc[]> =>
  ids.length === 0
    ? []
    : docsWhere(context, entity, view, {
        condition: sql`${entity.table.id} in ${ids}`,
        wanted: withChanges(ids),
      })

/** The parts of one kind that belong to any of these records, in a view, in the order of their lists. */
export const partsIn = async (
  context: DocReader,
  child: Child,
  recordIds: readonly string[],
  view: View,
): Promise<Doc[]> =>
  recordIds.length === 0
    ? []
    : docsWhere(context, child, view, {
        condition: sql`${columnSql(child.table, 'recordId')} in ${recordIds}`,
        order: partOrder(child),
        wanted: partsWithChanges(recordIds),
      })
