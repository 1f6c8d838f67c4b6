// Filters become SQL conditions on a relation: a table, or the records as the log has them.

import { earliest } from '../../core/dates.ts'
import { didYouMean } from '../../core/nearest.ts'
import { Problem } from '../../core/problems.ts'
import { parseSearch, type SearchQuery } from '../../core/search.ts'
import { columnNamed } from '../../db/columns.ts'
import type { Reader, TextMatches } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes, identifiers, links } from '../../db/system-tables.ts'
import type { Table } from '../../db/tables.ts'
import { columnOf, type Filter, type Reference, type Resource, referenceAt } from '../schema/resource.ts'
import type { Records } from '../write/records.ts'
import { filtersOf } from './parameters.ts'
import { chooseTextPlan } from './text-plan.ts'
import { inForce, tableAsOf, type View } from './view.ts'

/** For a full-text filter in the middle of a walk: what its words found among records that changed since. */
interface Earlier {
  /** The change at which the walk began. */
  snapshot: number
  /** Of the records that changed since, those that matched at the time. */
  ids: string[]
}

/** What a full-text filter looks for; there is none where nothing was typed. */
interface Words {
  query: SearchQuery
  holders: TextMatches
}

/** What a list asks, checked and ready to become conditions. */
export interface ResolvedFilters {
  view: View
  filters: { filter: Filter; values: string[]; words?: Words; earlier?: Earlier }[]
  now: Date
}

/**
 * Checks the values of filters that only the database can: topics and states must exist, slugs become ids, and
 * narrower topics join their broader ones.
 * @param rows how many records are wanted; 0 where they are only counted
 * @param vocabularyAt the change as of which topics and states are meant; null: now
 * @throws Problem `invalid-parameter`
 */
export async function resolveFilters(
  records: Records,
  reader: Reader,
  resource: Resource,
  given: Record<string, string[]>,
  view: View,
  now: Date,
  rows: number,
  vocabularyAt: number | null = view.seq,
): Promise<ResolvedFilters> {
  const known = filtersOf(resource)
  const filters: ResolvedFilters['filters'] = []
  for (const [name, values] of Object.entries(given)) {
    const filter = known[name]
    if (!filter) continue
    if (view.seq !== null && (filter.by === 'text' || filter.by === 'identifier')) {
      throw new Problem(
        'invalid-parameter',
        `${name} looks into the present only; it does not go with knownAt.`,
        {
          errors: [{ parameter: name, detail: 'Not together with knownAt.' }],
        },
      )
    }
    filters.push({
      filter,
      values:
        filter.by === 'reference'
          ? await vocabulary(records, reader, name, filter, values, vocabularyAt)
          : values,
      ...(filter.by === 'text' && values[0] && { words: await wordsIn(records, reader, values[0], rows) }),
    })
  }
  return { view, filters, now }
}

async function wordsIn(records: Records, reader: Reader, text: string, rows: number): Promise<Words> {
  const query = parseSearch(text)
  return { query, holders: await chooseTextPlan(records.engine, reader, query, rows) }
}

/** A controlled vocabulary is short enough to say what is in it. */
async function vocabulary(
  records: Records,
  reader: Reader,
  name: string,
  filter: Filter & { by: 'reference' },
  values: string[],
  seq: number | null,
): Promise<string[]> {
  if (filter.kind !== 'topic' && filter.kind !== 'state') return values
  const entity = records.catalogue.entity(filter.kind)
  const { table } = entity
  const from = tableAsOf(records.catalogue, records.engine, entity, { asOf: null, seq })
  const key = columnNamed(table, entity.alias ?? 'id')
  const ids: string[] = []
  for (const value of values) {
    const found = await reader.get<{ id: string }>(
      sql`select ${table.id} as id from ${from} where (${table.id} = ${value} or ${key} = ${value})`,
    )
    if (!found) {
      const rows = await reader.all<{ word: string }>(
        sql`select ${key} as word from ${from} order by 1 limit 200`,
      )
      const all = rows.map(({ word }) => word)
      const what = `There is no ${filter.kind} ${JSON.stringify(value)}.${didYouMean(value, all)}`
      throw new Problem('invalid-parameter', `${name}: ${what}`, {
        errors: [{ parameter: name, detail: `${what} Legal: ${all.join(', ')}.` }],
      })
    }
    ids.push(found.id)
  }
  // The topics right above are asked for as such; everything else about topics means their narrower ones too.
  if (filter.kind !== 'topic' || name === 'broader') return ids
  const narrower = await reader.all<{ id: string }>(
    sql`with recursive narrower(id) as (select ${table.id} from ${from} where ${table.id} in ${ids} union select ${table.id} from ${from} join narrower on ${columnNamed(table, 'broaderId')} = narrower.id) select id from narrower`,
  )
  return narrower.map(({ id }) => id)
}

/**
 * The conditions of a list.
 * @param fromLog whether the rows come from the change log, where links of today say nothing
 */
export function filterConditions(
  records: Records,
  resource: Resource,
  asked: ResolvedFilters,
  fromLog: boolean,
): SQL[] {
  return asked.filters.map((entry) => condition(records, resource, asked, fromLog, entry))
}

function condition(
  records: Records,
  resource: Resource,
  { view, now }: ResolvedFilters,
  fromLog: boolean,
  { filter, values, words, earlier }: ResolvedFilters['filters'][number],
): SQL {
  const { engine } = records
  const { table } = resource
  const [value = ''] = values
  switch (filter.by) {
    case 'column':
      return sql`${columnNamed(table, filter.column)} in ${values}`
    case 'range':
      return dateCondition(columnNamed(table, filter.column), filter.bound, value)
    case 'reference': {
      const ways = filter.fields.map((field) => refersTo(records, resource, field, values, fromLog))
      if (filter.orPosition) {
        const positions = tableAsOf(records.catalogue, engine, records.catalogue.entity('position'), view)
        ways.push(
          sql`exists (select 1 from ${positions} where "positions"."recordId" = ${table.id} and "positions"."stateCode" in ${values} and "positions"."position" = ${filter.orPosition})`,
        )
      }
      return sql`(${sql.join(ways, sql` or `)})`
    }
    case 'membership': {
      const held = engine.items(sql`${table.doc} -> 'memberships'`, sql`held`, 'objects')
      return sql`exists (select 1 from ${held} where held.value ->> 'status' in ${values} and ${inForce(sql`held.value`, view.asOf ?? now.toISOString().slice(0, 10))})`
    }
    case 'stalled': {
      const since = columnNamed(table, 'statusSince')
      const open = sql`${columnNamed(table, 'status')} in ${[...(resource.lifecycle?.open ?? [])]}`
      const { settled } = resource
      const done = settled
        ? sql` and not (${columnNamed(table, settled.column)} in ${[...settled.values]} and ${columnNamed(table, 'status')} in ${[...settled.statuses]})`
        : sql.empty()
      return sql`(${open}${done} and (${since} is null or ${since} < ${value}))`
    }
    case 'evidence': {
      const evidence = tableAsOf(records.catalogue, engine, records.catalogue.entity('evidence'), {
        asOf: null,
        seq: view.seq,
      })
      const some = sql`exists (select 1 from ${evidence} where "evidence"."recordId" = ${table.id})`
      return value === 'true' ? some : sql`not ${some}`
    }
    case 'identifier': {
      const [scheme, identifier] = [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)]
      return sql`${table.id} in (select ${identifiers.recordId} from ${identifiers} where ${identifiers.kind} = ${resource.kind} and ${identifiers.scheme} = ${scheme} and ${identifiers.identifier} = ${identifier})`
    }
    case 'text': {
      if (!words) return sql`true`
      const { query, holders } = words
      if (query.length === 0) return sql`false`
      const few = sql`few`
      const found = Array.isArray(holders)
        ? sql`${table.id} in (select ${few}.value from ${engine.items(sql`${JSON.stringify(holders)}`, few, 'texts')})`
        : sql`${table.id} in (${engine.search.matching(query)})`
      if (!fromLog || !earlier) return found
      const matched = earlier.ids.length > 0 ? sql`${table.id} in ${earlier.ids}` : sql`false`
      return sql`(${matched} or (${found} and ${table.id} not in (${changedSince(resource, earlier.snapshot)})))`
    }
  }
}

export const whereAll = (parts: SQL[]) =>
  parts.length > 0 ? sql` where ${sql.join(parts, sql` and `)}` : sql.empty()

/** The records of a kind that changed after a change. */
export const changedSince = (resource: Resource, snapshot: number) =>
  sql`select ${changes.recordId} from ${changes} where ${changes.kind} = ${resource.kind} and ${changes.seq} > ${snapshot}`

/** Partial dates overlap what they lie in: 2022 is not before 2022-08-15, nor is 2022-08 behind 2022. */
export function dateCondition(column: SQL, bound: 'from' | 'to', value: string): SQL {
  if (bound === 'to') return sql`${column} <= ${`${value}~`}`
  if (value.length > 10) return sql`${column} >= ${value}`
  const around = [4, 7]
    .filter((length) => length < value.length)
    .map((length) => earliest(value).slice(0, length))
  const [year] = around
  if (year === undefined) return sql`${column} >= ${value}`
  // An OR would be looked up twice and sorted: one bound on the index, and what lies between is passed over.
  return sql`(${column} >= ${year} and not (${column} < ${value} and ${column} not in ${around}))`
}

/** Records that refer to any of the values from a field, be it a column or a place inside a list. */
function refersTo(
  records: Records,
  resource: Resource,
  field: string,
  values: string[],
  fromLog: boolean,
): SQL {
  const { table } = resource
  const reference = referenceAt(resource, field)
  if (!reference.listed) return sql`${columnNamed(table, columnOf(table, field))} in ${values}`
  if (fromLog) return listedInDoc(records, table, reference, values)
  return sql`${table.id} in (select ${links.fromId} from ${links} where ${links.toId} in ${values} and ${links.field} = ${field})`
}

/** The same as a link, read from the document itself. */
function listedInDoc(records: Records, table: Table, reference: Reference, values: string[]): SQL {
  const lists: SQL[] = []
  let walked: SQL = sql`${table.doc}`
  for (const [index, segment] of reference.path.entries()) {
    if (segment === '*') {
      const alias = sql.raw(`item${index}`)
      lists.push(
        records.engine.items(walked, alias, index === reference.path.length - 1 ? 'texts' : 'objects'),
      )
      walked = sql`${alias}.value`
    } else {
      const last = index === reference.path.length - 1
      walked = sql`${walked} ${sql.raw(last ? '->>' : '->')} ${sql.raw(`'${segment}'`)}`
    }
  }
  return sql`exists (select 1 from ${sql.join(lists, sql`, `)} where ${walked} in ${values})`
}
