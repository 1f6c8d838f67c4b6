// Counts records for charts.
import { columnHolding, columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { links } from '../../db/system-tables.ts'
import { referenceAt } from '../schema/catalogue.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Grouping, Reference, Resource } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { countMatches } from './page.ts'
import type { ResolvedFilters } from './plan.ts'
import { planCount } from './plan.ts'
import { matchingRecords, valuesInDoc } from './sql.ts'
import { tableAsOf, type View } from './view.ts'

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
  const bars = await barsBy(context, resource, filters, by, narrower)
  const total =
    'references' in groupingOf(resource, by)
      ? await countMatches(context, filters)
      : bars.reduce((sum, { count }) => sum + count, 0)
  return { total, bars }
}

/** The bars of a chart, unordered: see `countBy`. */
export async function barsBy(
  context: ReadContext,
  resource: Resource,
  filters: ResolvedFilters,
  by: string,
  narrower: boolean,
): Promise<Bar[]> {
  const matching = matchingOf(context, filters)
  const grouping = groupingOf(resource, by)
  if ('references' in grouping) {
    const references = grouping.references.map((field) => referenceAt(resource, field))
    return countByReferences(context, resource, references, matching, narrower, filters.view)
  }
  return context.reader.all<Bar>(
    sql`select ${groupingKey(resource, grouping)} as key, count(*) as count ${matching} group by 1`,
  )
}

/** A part of a bar: the records of a group that are also in another one, by another grouping. */
export interface BarPart extends Bar {
  /** The key of the other group. */
  other: string | null
}

/** The numbers of matching records by two groupings that have one value for each record, such as year and status. */
export async function barPartsBy(
  context: ReadContext,
  resource: Resource,
  filters: ResolvedFilters,
  by: string,
  other: string,
): Promise<BarPart[]> {
  const [key, otherKey] = [by, other].map((name) => {
    const grouping = groupingOf(resource, name)
    if ('references' in grouping) throw new Error(`A ${resource.kind} can be in several groups by ${name}.`)
    return groupingKey(resource, grouping)
  })
  return context.reader.all<BarPart>(
    sql`select ${key} as key, ${otherKey} as other, count(*) as count ${matchingOf(context, filters)} group by 1, 2`,
  )
}

/** The matching records as a FROM and a WHERE clause. */
function matchingOf(context: ReadContext, filters: ResolvedFilters): SQL {
  const plan = planCount(filters)
  const [source] = plan.sources
  if (!source) throw new Error('A plan has a source.')
  return matchingRecords(context, plan, source)
}

/** The kind of records that a grouping counts by, if it counts by other records. */
export function kindCountedBy(resource: Resource, by: string): Kind | undefined {
  const grouping = groupingOf(resource, by)
  const [field] = 'references' in grouping ? grouping.references : []
  return field === undefined ? undefined : referenceAt(resource, field).kinds[0]
}

function groupingOf({ kind, groupings }: Resource, by: string): Grouping {
  const grouping = groupings?.[by]
  if (!grouping) throw new Error(`The kind ${kind} is not counted by ${by}.`)
  return grouping
}

/** The key of a grouping with one value for each record. */
function groupingKey({ table }: Resource, grouping: Exclude<Grouping, { references: unknown }>): SQL {
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
  view: View,
): Promise<Bar[]> {
  const { table } = resource
  const pairs = pairsOf(context, resource, references, view)
  const { table: topic } = context.catalogue.entity('topic')
  const topics = tableAsOf(context.catalogue, context.catalogue.entity('topic'), { ...view, asOf: null })
  const broader = columnSql(topic, 'broaderId')
  const ancestors = sql`, ancestors(topic, ancestor) as (
    select ${topic.id}, ${topic.id} from ${topics}
    union select ancestors.topic, ${broader} from ancestors join ${topics} on ${topic.id} = ancestors.ancestor
    where ${broader} is not null)`
  const [key, from] = narrower
    ? [sql`ancestors.ancestor`, sql`pairs join ancestors on ancestors.topic = pairs."toId"`]
    : [sql`pairs."toId"`, sql`pairs`]
  return context.reader.all<Bar>(
    sql`with recursive matched(id) as (select ${table.id} ${matching}),
        pairs("fromId", "toId") as (${sql.join(pairs, sql` union all `)})${narrower ? ancestors : sql.empty()}
      select ${key} as key, count(distinct pairs."fromId") as count
        from ${from} where pairs."fromId" in (select id from matched) group by 1
      union all select null, count(*) from matched
        where id not in (select "fromId" from pairs) having count(*) > 0`,
  )
}

/** Queries for the ids of records and of those that fields of theirs refer to. */
function pairsOf(
  context: ReadContext,
  resource: Resource,
  references: readonly Reference[],
  { seq }: View,
): SQL[] {
  const { table } = resource
  const [listed, single] = [true, false].map((is) => references.filter((one) => one.listed === is))
  const records = tableAsOf(context.catalogue, resource, { asOf: null, seq })
  const pairs = (single ?? []).map(({ field }) => {
    const column = columnSql(table, columnHolding(table, field))
    return sql`select ${table.id} as "fromId", ${column} as "toId" from ${records} where ${column} is not null`
  })
  // Links are those of current records.
  if (seq !== null)
    for (const reference of listed ?? []) {
      const { lists, value } = valuesInDoc(context, table, reference)
      pairs.push(sql`select ${table.id}, ${value} from ${records}, ${lists} where ${value} is not null`)
    }
  else if (listed && listed.length > 0) {
    const fields = listed.map(({ field }) => field)
    pairs.push(sql`select ${links.fromId}, ${links.toId} from ${links} where ${links.field} in ${fields}`)
  }
  return pairs
}
