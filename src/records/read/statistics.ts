// Counts records for charts and totals, with the conditions of the list that they count.

import { columnNamed } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { links } from '../../db/system-tables.ts'
import { columnOf, type Grouping, type Reference, type Resource, referenceAt } from '../schema/resource.ts'
import type { Records } from '../write/records.ts'
import { filterConditions, type ResolvedFilters, whereAll } from './filters.ts'
import { tableAsOf } from './view.ts'

/** One bar of a chart. */
export interface Bar {
  /** The status, id, code or year; null: none is known. */
  key: string | null
  count: number
}

/**
 * The bars of a chart, in no order, and the number of matching records.
 * @param by a grouping of the resource
 * @param narrower whether a record with a topic also counts for the broader topics
 */
export async function countBy(
  records: Records,
  reader: Reader,
  resource: Resource,
  by: string,
  asked: ResolvedFilters,
  narrower: boolean,
): Promise<{ total: number; bars: Bar[] }> {
  const matched = matching(records, resource, asked)
  const reference = referenceOf(resource, by)
  if (reference?.listed) {
    const bars = await listedBars(records, reader, resource, reference, matched, narrower)
    return { total: await countAll(records, reader, resource, asked), bars }
  }
  const bars = await reader.all<Bar>(
    sql`select ${keyOf(resource, by)} as key, count(*) as count from ${matched} group by 1`,
  )
  return { total: bars.reduce((all, { count }) => all + count, 0), bars }
}

/** The number of matching records. */
export async function countAll(
  records: Records,
  reader: Reader,
  resource: Resource,
  asked: ResolvedFilters,
): Promise<number> {
  const counted = await reader.get<{ total: number }>(
    sql`select count(*) as total from ${matching(records, resource, asked)}`,
  )
  return counted?.total ?? 0
}

/** The reference that a grouping counts by, if it counts by other records. */
export function referenceOf(resource: Resource, by: string): Reference | undefined {
  const grouping = groupingOf(resource, by)
  if (!('reference' in grouping)) return undefined
  return referenceAt(resource, grouping.reference)
}

const yearOf = (day: SQL) => sql`substr(${day}, 1, 4)`

function groupingOf({ kind, groupings }: Resource, by: string): Grouping {
  const grouping = groupings?.[by]
  if (!grouping) throw new Error(`The kind ${kind} is not counted by ${by}.`)
  return grouping
}

/** The key of a grouping that has one value per record. */
function keyOf(resource: Resource, by: string): SQL {
  const { table } = resource
  const grouping = groupingOf(resource, by)
  if ('reference' in grouping) return columnNamed(table, columnOf(table, grouping.reference))
  if ('year' in grouping) return yearOf(columnNamed(table, grouping.year))
  return columnNamed(table, grouping.column)
}

/** The FROM and WHERE of the matching records. */
function matching(records: Records, resource: Resource, asked: ResolvedFilters): SQL {
  const where = whereAll(filterConditions(records, resource, asked, asked.view.seq !== null))
  return sql`${tableAsOf(records.catalogue, records.engine, resource, asked.view)}${where}`
}

/** Counts by the entries of a list; records whose list is empty are counted under the key null. */
async function listedBars(
  records: Records,
  reader: Reader,
  resource: Resource,
  { field }: Reference,
  matched: SQL,
  narrower: boolean,
): Promise<Bar[]> {
  const ids = sql`select ${resource.table.id} from ${matched}`
  const topics = records.catalogue.entity('topic').table
  const broader = columnNamed(topics, 'broaderId')
  const upwards = sql`with recursive upwards(topic, ancestor) as (select ${topics.id}, ${topics.id} from ${topics} union select upwards.topic, ${broader} from upwards join ${topics} on ${topics.id} = upwards.ancestor where ${broader} is not null) `
  const key = narrower ? sql`upwards.ancestor` : sql`${links.toId}`
  const from = narrower ? sql`${links} join upwards on upwards.topic = ${links.toId}` : sql`${links}`
  const bars = await reader.all<Bar>(
    sql`${narrower ? upwards : sql.empty()}select ${key} as key, count(distinct ${links.fromId}) as count from ${from} where ${links.field} = ${field} and ${links.fromId} in (${ids}) group by 1`,
  )
  const without = await reader.get<{ count: number }>(
    sql`select count(*) as count from (${ids}) as matched where matched.id not in (select ${links.fromId} from ${links} where ${links.field} = ${field})`,
  )
  return without && without.count > 0 ? [...bars, { key: null, count: without.count }] : bars
}
