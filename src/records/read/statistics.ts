// Counts records for charts.
import { columnHolding, columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { links } from '../../db/system-tables.ts'
import { referenceAt } from '../schema/catalogue.ts'
import type { Grouping, Reference, Resource } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { countMatches } from './page.ts'
import type { ResolvedFilters } from './plan.ts'
import { planCount } from './plan.ts'
import { matchingRecords } from './sql.ts'

/** A group of a chart. */
export interface Bar {
  /** A status, an id, a code or a year; null if the records have none. */
  key: string | null
  count: number
}

/**
 * The bars of a chart, unordered, and the number of matching records.
 * @param by a grouping of the resource
 * @param narrower whether a record with a topic also counts for its broader topics
 */
export async function countBy(
  context: ReadContext,
  resource: Resource,
  filters: ResolvedFilters,
  by: string,
  narrower: boolean,
): Promise<{ total: number; bars: Bar[] }> {
  const plan = planCount(filters)
  const [source] = plan.sources
  if (!source) throw new Error('A plan has a source.')
  const matching = matchingRecords(context, plan, source)
  const reference = referenceOf(resource, by)
  if (reference?.listed) {
    const bars = await countByListed(context, resource, reference, matching, narrower)
    return { total: await countMatches(context, filters), bars }
  }
  const bars = await context.reader.all<Bar>(
    sql`select ${groupingKey(resource, by)} as key, count(*) as count ${matching} group by 1`,
  )
  return { total: bars.reduce((total, { count }) => total + count, 0), bars }
}

/** The reference that a grouping counts by, if it counts by other records. */
export function referenceOf(resource: Resource, by: string): Reference | undefined {
  const grouping = groupingOf(resource, by)
  return 'reference' in grouping ? referenceAt(resource, grouping.reference) : undefined
}

function groupingOf({ kind, groupings }: Resource, by: string): Grouping {
  const grouping = groupings?.[by]
  if (!grouping) throw new Error(`The kind ${kind} is not counted by ${by}.`)
  return grouping
}

/** The key of a grouping with one value for each record. */
function groupingKey(resource: Resource, by: string): SQL {
  const { table } = resource
  const grouping = groupingOf(resource, by)
  if ('reference' in grouping) return columnSql(table, columnHolding(table, grouping.reference))
  if ('year' in grouping) return sql`substr(${columnSql(table, grouping.year)}, 1, 4)`
  return columnSql(table, grouping.column)
}

/** Counts by the entries of a list. Records whose list is empty are counted under the key null. */
async function countByListed(
  { catalogue, reader }: ReadContext,
  resource: Resource,
  { field }: Reference,
  matching: SQL,
  narrower: boolean,
): Promise<Bar[]> {
  const ids = sql`select ${resource.table.id} ${matching}`
  const topics = catalogue.entity('topic').table
  const broader = columnSql(topics, 'broaderId')
  const ancestors = sql`with recursive ancestors(topic, ancestor) as (
    select ${topics.id}, ${topics.id} from ${topics}
    union select ancestors.topic, ${broader} from ancestors join ${topics} on ${topics.id} = ancestors.ancestor
    where ${broader} is not null) `
  const [prefix, key, from] = narrower
    ? [ancestors, sql`ancestors.ancestor`, sql`${links} join ancestors on ancestors.topic = ${links.toId}`]
    : [sql.empty(), links.toId, links]
  const bars = await reader.all<Bar>(
    sql`${prefix}select ${key} as key, count(distinct ${links.fromId}) as count from ${from} where ${links.field} = ${field} and ${links.fromId} in (${ids}) group by 1`,
  )
  const unlinked = await reader.get<{ count: number }>(
    sql`select count(*) as count from (${ids}) as matched where matched.id not in (select ${links.fromId} from ${links} where ${links.field} = ${field})`,
  )
  return unlinked && unlinked.count > 0 ? [...bars, { key: null, count: unlinked.count }] : bars
}
