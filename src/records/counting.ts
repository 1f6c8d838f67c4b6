// How many records match, and how many of each: from the counts that are kept where those can tell, else counted.

import { type Engine, NONE, type Reader, type Writer } from '../db/engine.ts'
import { type SQL, sql } from '../db/sql.ts'
import { changes, counts, links } from '../db/system.ts'
import { ALL, CHANGES, dayColumn, statusColumn } from './counts.ts'
import { type Asked, conditions, inRange, whereAll } from './filter.ts'
import { columnNamed, type Records } from './records.ts'
import {
  type Catalogue,
  columnOf,
  type Filter,
  type Grouping,
  type Reference,
  type Resource,
  referenceAt,
} from './resource.ts'
import { relation } from './view.ts'

/** One bar of a chart. */
export interface Bar {
  /** The status, id, code or year; null: none is known. */
  key: string | null
  count: number
}

/**
 * The bars of a chart, in no order, and how many records they stand for.
 * @param by a grouping of the resource
 * @param narrower whether what has a topic counts for the topics above it too
 */
export async function countBy(
  records: Records,
  reader: Reader,
  resource: Resource,
  by: string,
  asked: Asked,
  narrower: boolean,
): Promise<{ total: number; bars: Bar[] }> {
  const whole = await areWhole(reader)
  const reference = referenceOf(resource, by)
  const kept = whole && !narrower ? keptFor(resource, asked, reference ? by : ALL) : null
  const bars = await (kept
    ? keptBars(reader, resource, by, kept)
    : countedBars(records, reader, resource, by, asked, narrower))
  const sum = bars.reduce((all, { count }) => all + count, 0)
  if (!reference || !(kept || reference.listed)) return { total: sum, bars }
  const total = await countAll(records, reader, resource, asked, whole)
  // Of what has one key or none, only what has one is kept.
  return !reference.listed && total > sum
    ? { total, bars: [...bars, { key: null, count: total - sum }] }
    : { total, bars }
}

/**
 * How many records match.
 * @param whole whether the counts that are kept know of every change, where that is known already
 */
export async function countAll(
  records: Records,
  reader: Reader,
  resource: Resource,
  asked: Asked,
  whole?: boolean,
): Promise<number> {
  const kept = resource.groupings ? keptFor(resource, asked) : null
  const query =
    kept && (whole ?? (await areWhole(reader)))
      ? sql`select sum(${counts.count}) as total from ${kept}`
      : sql`select count(*) as total from ${matching(records, resource, asked)}`
  return (await reader.get<{ total: number | null }>(query))?.total ?? 0
}

/** What a resource counts by, where that is other records. */
export function referenceOf(resource: Resource, by: string): Reference | undefined {
  const grouping = groupingOf(resource, by)
  if (!('reference' in grouping)) return undefined
  return referenceAt(resource, grouping.reference)
}

/** Makes the counts anew where they do not know of every change. @returns whether that was so */
export async function bringCountsUpToDate(engine: Engine, catalogue: Catalogue): Promise<boolean> {
  if (await areWhole(engine.reader)) return false
  await engine.write(
    async (writer) => {
      // Another instance that starts as well may have been first.
      if (!(await areWhole(writer))) await recount(writer, catalogue)
    },
    { alone: true },
  )
  return true
}

/** Makes the counts anew from the records. */
export async function recount(writer: Writer, catalogue: Catalogue): Promise<void> {
  const put = (rows: SQL) =>
    writer.run(sql`insert into ${counts} ("kind", "grouping", "key", "status", "day", "count") ${rows}`)
  await writer.run(sql`delete from ${counts}`)
  for (const resource of catalogue.resources) {
    if (!resource.groupings) continue
    const { kind, table } = resource
    const [status, day] = [statusColumn(resource), dayColumn(resource)].map((column) =>
      columnNamed(table, column),
    )
    for (const { grouping, key, from } of sourcesOf(resource)) {
      await put(
        sql`select ${kind}, ${grouping}, ${key}, coalesce(${status}, ''), coalesce(${day}, ''), count(*) from ${from} group by 3, 4, 5`,
      )
    }
  }
  const [kind, grouping, key, status, day] = CHANGES
  await put(
    sql`select ${kind}, ${grouping}, ${key}, ${status}, ${day}, max(${changes.seq}) from ${changes} having count(*) > 0`,
  )
}

interface Source {
  grouping: string
  key: SQL
  from: SQL
}

/** Where the keys of all groupings stand. */
function sourcesOf(resource: Resource): Source[] {
  const { table, kind, groupings = {} } = resource
  const all: Source = { grouping: ALL, key: sql`''`, from: sql`${table}` }
  const others = Object.keys(groupings).flatMap((grouping): Source[] => {
    const reference = referenceOf(resource, grouping)
    if (!reference) return []
    if (!reference.listed) {
      const key = keyOf(resource, grouping)
      return [{ grouping, key, from: sql`${table} where ${key} is not null` }]
    }
    const linked = sql`${links.field} = ${reference.field} and ${links.fromKind} = ${kind}`
    return [
      {
        grouping,
        key: sql`${links.toId}`,
        from: sql`${links} join ${table} on ${table.id} = ${links.fromId} where ${linked}`,
      },
      {
        grouping,
        key: sql`''`,
        from: sql`${table} where ${table.id} not in (select ${links.fromId} from ${links} where ${linked})`,
      },
    ]
  })
  return [all, ...others]
}

/**
 * The rows of the counts that answer a question; null where it asks for more than they know.
 * @param by the thing that is asked for, where it is one of those that are kept
 */
function keptFor(resource: Resource, { view, filters }: Asked, by = ALL): SQL | null {
  if (view.asOf !== null || view.seq !== null) return null
  const parts: SQL[] = []
  let grouping = by
  for (const { filter, values } of filters) {
    if (filter.by === 'range' && filter.column === dayColumn(resource))
      parts.push(sql`${counts.day} <> ''`, inRange(sql`${counts.day}`, filter.bound, values[0] ?? ''))
    else if (filter.by === 'column' && filter.column === statusColumn(resource))
      parts.push(sql`${counts.status} in ${values}`)
    else {
      // One thing may be looked for; of a list one key, and none beside it, since a record has several.
      const looked = lookedFor(resource, filter)
      if (!looked || (grouping !== ALL && grouping !== looked)) return null
      if (referenceOf(resource, looked)?.listed && (grouping === looked || values.length > 1)) return null
      grouping = looked
      parts.push(sql`${counts.key} in ${values}`)
    }
  }
  if (grouping === ALL) parts.push(sql`${counts.key} = ''`)
  const rows = [sql`${counts.kind} = ${resource.kind}`, sql`${counts.grouping} = ${grouping}`, ...parts]
  return sql`${counts} where ${sql.join(rows, sql` and `)}`
}

/** The grouping by what a filter looks for, where it looks for nothing else. */
function lookedFor({ groupings = {} }: Resource, filter: Filter): string | undefined {
  if (filter.by !== 'reference' || filter.orPosition || filter.fields.length > 1) return undefined
  const [field] = filter.fields
  return Object.keys(groupings).find((name) => {
    const by = groupings[name]
    return by && 'reference' in by && by.reference === field
  })
}

function keptBars(reader: Reader, resource: Resource, by: string, kept: SQL): Promise<Bar[]> {
  const grouping = groupingOf(resource, by)
  const key =
    'reference' in grouping
      ? sql`${counts.key}`
      : 'year' in grouping
        ? yearOf(sql`${counts.day}`)
        : sql`${counts.status}`
  return reader.all<Bar>(
    sql`select nullif(${key}, '') as key, sum(${counts.count}) as count from ${kept} group by ${key} having sum(${counts.count}) > 0`,
  )
}

const yearOf = (day: SQL) => sql`substr(${day}, 1, 4)`

/** Do the counts know of every change? Not where a version that keeps none has written. */
export async function areWhole(reader: Reader): Promise<boolean> {
  const row = await reader.get<{ known: number | null; last: number | null }>(HOW_FAR, NONE)
  return (row?.known ?? 0) === (row?.last ?? 0)
}

const HOW_FAR = (() => {
  const [kind, grouping, key, status, day] = CHANGES
  return sql`select (select ${counts.count} from ${counts} where ${counts.kind} = ${kind} and ${counts.grouping} = ${grouping} and ${counts.key} = ${key} and ${counts.status} = ${status} and ${counts.day} = ${day}) as known, (select max(${changes.seq}) from ${changes}) as last`
})()

function groupingOf({ kind, groupings }: Resource, by: string): Grouping {
  const grouping = groupings?.[by]
  if (!grouping) throw new Error(`The kind ${kind} is not counted by ${by}.`)
  return grouping
}

/** What a record is counted under, where that is one thing. */
function keyOf(resource: Resource, by: string): SQL {
  const { table } = resource
  const grouping = groupingOf(resource, by)
  if ('reference' in grouping) return columnNamed(table, columnOf(table, grouping.reference))
  if ('year' in grouping) return yearOf(columnNamed(table, grouping.year))
  return columnNamed(table, grouping.column)
}

/** What stands behind FROM: the records, and the conditions of what is asked. */
function matching(records: Records, resource: Resource, asked: Asked): SQL {
  const where = whereAll(conditions(records, resource, asked, asked.view.seq !== null))
  return sql`${relation(records.catalogue, records.engine, resource, asked.view)}${where}`
}

/** The bars as the records themselves give them. */
function countedBars(
  records: Records,
  reader: Reader,
  resource: Resource,
  by: string,
  asked: Asked,
  narrower: boolean,
): Promise<Bar[]> {
  const matched = matching(records, resource, asked)
  const reference = referenceOf(resource, by)
  return reference?.listed
    ? listedBars(records, reader, resource, reference, matched, narrower)
    : reader.all<Bar>(sql`select ${keyOf(resource, by)} as key, count(*) as count from ${matched} group by 1`)
}

/** Counts by what stands inside a list; records whose list is empty make the bar without a key. */
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
