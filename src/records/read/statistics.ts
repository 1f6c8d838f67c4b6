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
  const plan = planCount(filters)
  const [source] = plan.sources
  if (!source) throw new Error('A plan has a source.')
  const matching = matchingRecords(context, plan, source)
  const grouping = groupingOf(resource, by)
  if ('references' in grouping) {
    const references = grouping.references.map((field) => referenceAt(resource, field))
    return countByReferences(context, resource, references, matching, narrower)
  }
  return context.reader.all<Bar>(
    sql`select ${groupingKey(resource, grouping)} as key, count(*) as count ${matching} group by 1`,
  )
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
  { catalogue, reader }: ReadContext,
  resource: Resource,
  references: readonly Reference[],
  matching: SQL,
  narrower: boolean,
): Promise<Bar[]> {
  const { table } = resource
  const listed = references.filter((reference) => reference.listed).map(({ field }) => field)
  const pairs = references
    .filter((reference) => !reference.listed)
    .map(({ field }) => {
      const column = columnSql(table, columnHolding(table, field))
      return sql`select ${table.id} as "fromId", ${column} as "toId" from ${table} where ${column} is not null`
    })
  if (listed.length > 0)
    pairs.push(sql`select ${links.fromId}, ${links.toId} from ${links} where ${links.field} in ${listed}`)
  const topics = catalogue.entity('topic').table
  const broader = columnSql(topics, 'broaderId')
  const ancestors = sql`, ancestors(topic, ancestor) as (
    select ${topics.id}, ${topics.id} from ${topics}
    union select ancestors.topic, ${broader} from ancestors join ${topics} on ${topics.id} = ancestors.ancestor
    where ${broader} is not null)`
  const [key, from] = narrower
    ? [sql`ancestors.ancestor`, sql`pairs join ancestors on ancestors.topic = pairs."toId"`]
    : [sql`pairs."toId"`, sql`pairs`]
  return reader.all<Bar>(
    sql`with recursive matched(id) as (select ${table.id} ${matching}),
        pairs("fromId", "toId") as (${sql.join(pairs, sql` union all `)})${narrower ? ancestors : sql.empty()}
      select ${key} as key, count(distinct pairs."fromId") as count
        from ${from} where pairs."fromId" in (select id from matched) group by 1
      union all select null, count(*) from matched
        where id not in (select "fromId" from pairs) having count(*) > 0`,
  )
}
