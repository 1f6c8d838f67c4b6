// Counts records for charts.
import { columnHolding, columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { links } from '../../db/system-tables.ts'
import { referenceAt } from '../schema/catalogue.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Grouping, Reference, Resource } from '../schema/resource.ts'
import type { Bar, BarPart, Chart } from './chart.ts'
import type { ReadContext } from './context.ts'
import { countMatches } from './page.ts'
import type { ResolvedFilters } from './plan.ts'
import { planCount } from './plan.ts'
import { matchingRecords, valuesInDoc } from './sql.ts'
import { tableAsOf, type View } from './view.ts'

/**
 * The bars of several charts of the same records, unordered: counted in memory where that is possible, otherwise with a query for
 * each chart.
 * @throws TakesLong in a read that must be short, if queries would have to read many records
 */
export async function countCharts(
  context: ReadContext,
  resource: Resource,
  filters: ResolvedFilters,
  charts: readonly Chart[],
): Promise<BarPart[][]> {
  const counted = await context.counts?.count(context, resource, filters, charts)
  if (counted) return counted
  const bars: BarPart[][] = []
  for (const chart of charts) bars.push(await queryBars(context, resource, filters, chart))
  return bars
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
  // A record can be in several groups.
  const all = 'references' in groupingOf(resource, by) ? [{ by: null }] : []
  const [bars = [], inAll = bars] = await countCharts(context, resource, filters, [{ by, narrower }, ...all])
  return { total: inAll.reduce((sum, { count }) => sum + count, 0), bars }
}

/** The records with these ids, as a selection to be counted. */
export const withIds = (resource: Resource, view: View, ids: readonly string[]): ResolvedFilters => ({
  resource,
  view,
  filters: [],
  text: { query: [], matches: [...ids] },
  readsOthers: false,
  past: null,
})

/** The bars of a chart, unordered: see `countBy`. */
export async function barsBy(
  context: ReadContext,
  resource: Resource,
  filters: ResolvedFilters,
  by: string,
  narrower: boolean,
): Promise<Bar[]> {
  const [bars = []] = await countCharts(context, resource, filters, [{ by, narrower }])
  return bars
}

async function queryBars(
  context: ReadContext,
  resource: Resource,
  filters: ResolvedFilters,
  { by, other, narrower = false }: Chart,
): Promise<BarPart[]> {
  if (by === null) return [{ key: null, other: null, count: await countMatches(context, filters) }]
  const matching = matchingOf(context, filters)
  const grouping = groupingOf(resource, by)
  if ('references' in grouping) {
    const references = grouping.references.map((field) => referenceAt(resource, field))
    return countByReferences(context, resource, references, matching, narrower, filters.view)
  }
  const otherKey = other === undefined ? sql`null` : groupingKey(resource, singleGroupingOf(resource, other))
  return context.reader.all<BarPart>(
    sql`select ${groupingKey(resource, grouping)} as key, ${otherKey} as other, count(*) as count ${matching} group by 1, 2`,
  )
}

/** The number of matching records for each key of a grouping. Counting ends at `most` for each. */
export async function boundedBarsBy(
  context: ReadContext,
  resource: Resource,
  filters: ResolvedFilters,
  by: string,
  keys: readonly Bar['key'][],
  most: number,
): Promise<Bar[]> {
  const column = groupingKey(resource, singleGroupingOf(resource, by))
  const bars: Bar[] = []
  for (const key of keys) {
    const matching = matchingOf(context, filters, [
      key === null ? sql`${column} is null` : sql`${column} = ${key}`,
    ])
    const counted = await context.reader.get<{ count: number }>(
      sql`select count(*) as count from (select 1 ${matching} ${sql.limit(most)}) as counted`,
    )
    bars.push({ key, count: counted?.count ?? 0 })
  }
  return bars
}

/** The matching records as a FROM and a WHERE clause. */
function matchingOf(context: ReadContext, filters: ResolvedFilters, conditions: SQL[] = []): SQL {
  const plan = planCount(filters)
  const [source] = plan.sources
  if (!source) throw new Error('A plan has a source.')
  return matchingRecords(context, plan, source, conditions)
}

/** The kind of records that a grouping counts by, if it counts by other records. */
export function kindCountedBy(resource: Resource, by: string): Kind | undefined {
  const grouping = groupingOf(resource, by)
  const [field] = 'references' in grouping ? grouping.references : []
  return field === undefined ? undefined : referenceAt(resource, field).kinds[0]
}

export function groupingOf({ kind, groupings }: Resource, by: string): Grouping {
  const grouping = groupings?.[by]
  if (!grouping) throw new Error(`The kind ${kind} is not counted by ${by}.`)
  return grouping
}

type SingleGrouping = Exclude<Grouping, { references: unknown }>

/** A grouping with one value for each record. */
function singleGroupingOf(resource: Resource, by: string): SingleGrouping {
  const grouping = groupingOf(resource, by)
  if ('references' in grouping) throw new Error(`A ${resource.kind} can be in several groups by ${by}.`)
  return grouping
}

function groupingKey({ table }: Resource, grouping: SingleGrouping): SQL {
  if ('year' in grouping) return sql`substr(${columnSql(table, grouping.year)}, 1, 4)`
  return columnSql(table, grouping.column)
}

/** Counts by the records that fields refer to. A record counts once for each; without any it counts under the key null. */
async function countByReferences(
  context: ReadContext,
  resource: Resource,
  references: readonly Reference[],
  matching: SQL,
  narrower: boolean,
  { seq }: View,
): Promise<BarPart[]> {
  const { table } = resource
  const broader = narrower ? broaderTopics(context, seq) : null
  const ancestors = broader ? sql`, ${broader}` : sql.empty()
  const matched = sql`with recursive matched(id) as (select ${table.id} ${matching})`
  if (seq === null && references.every(({ listed }) => listed)) {
    const fields = references.map(({ field }) => field)
    const linked = sql`matched left join ${links} on ${links.fromId} = matched.id and ${links.field} in ${fields}`
    const [key, from] = broader
      ? [sql`ancestors.ancestor`, sql`${linked} left join ancestors on ancestors.topic = ${links.toId}`]
      : [sql`${links.toId}`, linked]
    // A field has each value once.
    const count = fields.length === 1 && !narrower ? sql`count(*)` : sql`count(distinct matched.id)`
    return context.reader.all<BarPart>(
      sql`${matched}${ancestors} select ${key} as key, null as other, ${count} as count from ${from} group by 1`,
    )
  }
  const pairs = pairsOf(context, resource, references, seq)
  const [key, from] = broader
    ? [sql`ancestors.ancestor`, sql`pairs join ancestors on ancestors.topic = pairs."toId"`]
    : [sql`pairs."toId"`, sql`pairs`]
  return context.reader.all<BarPart>(
    sql`${matched}, pairs("fromId", "toId") as (${sql.join(pairs, sql` union all `)})${ancestors}
      select ${key} as key, null as other, count(distinct pairs."fromId") as count
        from ${from} where pairs."fromId" in (select id from matched) group by 1
      union all select null, null, count(*) from matched
        where id not in (select "fromId" from pairs) having count(*) > 0`,
  )
}

/** Queries for the ids of records and of those that fields of theirs refer to. */
function pairsOf(
  context: ReadContext,
  resource: Resource,
  references: readonly Reference[],
  seq: number | null,
): SQL[] {
  const { table, kind } = resource
  const records = tableAsOf(context.catalogue, resource, { asOf: null, seq })
  return references.map((reference) => {
    const { field, listed } = reference
    if (!listed) {
      const column = columnSql(table, columnHolding(table, field))
      return sql`select ${table.id} as "fromId", ${column} as "toId" from ${records} where ${column} is not null`
    }
    // Links are those of current records.
    if (seq === null)
      return sql`select ${links.fromId}, ${links.toId} from ${links} where ${links.fromKind} = ${kind} and ${links.field} = ${field}`
    const { lists, value } = valuesInDoc(context, table, reference)
    return sql`select ${table.id}, ${value} from ${records}, ${lists} where ${value} is not null`
  })
}

/** Each topic with itself and all its broader ones, as a common table expression. */
export function broaderTopics({ catalogue }: ReadContext, seq: number | null): SQL {
  const { table } = catalogue.entity('topic')
  const topics = tableAsOf(catalogue, catalogue.entity('topic'), { asOf: null, seq })
  const broader = columnSql(table, 'broaderId')
  return sql`ancestors(topic, ancestor) as (
    select ${table.id}, ${table.id} from ${topics}
    union select ancestors.topic, ${broader} from ancestors join ${topics} on ${table.id} = ancestors.ancestor
    where ${broader} is not null)`
}
