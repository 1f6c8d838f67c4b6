// Checks the values of a list query against the database.
import { setImmediate } from 'node:timers/promises'
import { readCursor } from '../../core/cursor.ts'
import { fold } from '../../core/fold.ts'
import { canonicalLanguage } from '../../core/language.ts'
import { didYouMean } from '../../core/nearest.ts'
import { Problem } from '../../core/problems.ts'
import { matchesText, parseSearch, type SearchQuery } from '../../core/search.ts'
import { columnSql } from '../../db/columns.ts'
import { type Reader, ReplicaBehind } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import type { Doc } from '../schema/document.ts'
import type { Filter } from '../schema/filters.ts'
import { isVocabulary, type Kind } from '../schema/kinds.ts'
import type { Entity } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { filtersOf, type Listable, type ListQuery } from './parameters.ts'
import {
  type GivenFilter,
  MAX_IDS,
  type ResolvedFilters,
  type ResolvedList,
  scanThreshold,
  type TextFilter,
} from './plan.ts'
import { mergedInto } from './record.ts'
import { changedRecordsAt, lastSeq, lastSeqOf, seqAt, tableAsOf, type View } from './view.ts'

/** Identifies a list with its filters and sort, for its cursors. */
export const scopeOf = ({ kind }: Entity, { filters, sort, asOf, knownAt }: ListQuery): string =>
  JSON.stringify([kind, filters, sort, asOf, knownAt])

/**
 * The kinds of records that a list depends on. Cursors contain the last change of these only, so other changes do not
 * affect the page and its ETag.
 */
export function kindsRead(resource: Listable, { filters, asOf }: ListQuery): Kind[] {
  const filtersByName = filtersOf(resource)
  const topics = (filter: Filter) => filter.by === 'reference' && filter.kind === 'topic'
  const usedFilters = Object.keys(filters).flatMap((name) => filtersByName[name] ?? [])
  return [
    resource.kind,
    ...(asOf === null || !resource.lifecycle ? [] : (['event'] as const)),
    ...usedFilters.flatMap(othersRead),
    ...(usedFilters.some(topics) ? (['topic'] as const) : []),
  ]
}

/** The kinds of other records that a filter reads, besides vocabularies. */
function othersRead(filter: Filter): readonly Kind[] {
  switch (filter.by) {
    case 'evidence':
      return ['evidence']
    case 'part':
      return [filter.part]
    case 'condition':
      return [...filter.reads]
    case 'reference':
      return filter.through ?? []
    case 'membership':
    case 'membershipOf':
      return ['membership']
    case 'stalled':
      return ['event']
    default:
      return []
  }
}

/**
 * @throws Problem `invalid-cursor`, or `invalid-parameter` for an unknown topic or state
 * @throws ReplicaBehind if the replica has not replayed the start of the walk
 */
export async function resolveList(
  context: ReadContext,
  resource: Listable,
  query: ListQuery,
): Promise<ResolvedList> {
  const { reader, cursorSecret } = context
  const cursor = query.cursor ? readCursor(cursorSecret, scopeOf(resource, query), query.cursor) : null
  const knownSeq = query.knownAt === null ? null : await seqAt(reader, query.knownAt)
  const last = await lastSeqOf(reader, kindsRead(resource, query))
  if (cursor && reader.mayLag && knownSeq === null && last < cursor.walkStart) throw new ReplicaBehind()
  const walkStart = cursor?.walkStart ?? knownSeq ?? last
  // One more row shows whether there is a next page.
  const limit = query.limit + 1
  const filters = await resolveFilters(
    context,
    resource,
    query.filters,
    { asOf: query.asOf, seq: knownSeq },
    { rows: limit, vocabularyAt: cursor ? walkStart : knownSeq },
  )
  const changed = cursor !== null && knownSeq === null && last > walkStart
  const list: ResolvedList = {
    ...filters,
    past: changed ? { seq: walkStart, matchedIds: null } : null,
    order: [...query.sort, { column: 'id', descending: query.sort.at(-1)?.descending ?? false }],
    after: cursor?.after ?? null,
    limit,
    include: query.include,
    walkStart,
    total: cursor?.total,
  }
  const counts = query.count === 'exact' && list.total === undefined
  return filters.text?.matches === 'many' && !counts ? list : matchTextInPast(context, list)
}

/**
 * Checks the values of filters: topics and states must exist, slugs become ids, and narrower topics are added to broader ones.
 * @param options.rows how many records will be read; 0: they are only counted
 * @param options.vocabularyAt the change as of which topics and states are looked up; null: now
 * @throws Problem `invalid-parameter`
 */
export async function resolveFilters(
  context: ReadContext,
  resource: Listable,
  valuesByName: ListQuery['filters'],
  view: View,
  { rows, vocabularyAt }: { rows: number; vocabularyAt: number | null },
): Promise<ResolvedFilters> {
  const filtersByName = filtersOf(resource)
  const filters: GivenFilter[] = []
  let text: TextFilter | null = null
  let readsOthers = false
  for (const [name, values] of Object.entries(valuesByName)) {
    const filter = filtersByName[name]
    if (!filter) continue
    if (view.seq !== null && (filter.by === 'text' || filter.by === 'identifier')) throw presentOnly(name)
    readsOthers ||= othersRead(filter).length > 0
    if (filter.by === 'text') text = values[0] ? await resolveText(context, values[0], rows) : null
    else if (filter.by === 'column' && (filter.match === 'folded' || filter.match === 'language'))
      filters.push({ filter, values: await storedSpellings(context, resource, filter, values) })
    else if (filter.by === 'reference' || filter.by === 'part' || filter.by === 'condition')
      filters.push({ filter, values: await resolveReferences(context, name, filter, values, vocabularyAt) })
    else filters.push({ filter, values })
  }
  return { resource, view, filters, text, readsOthers, past: null }
}

const presentOnly = (parameter: string) =>
  new Problem(
    'invalid-parameter',
    `${parameter} searches current records only; it cannot be combined with knownAt.`,
    {
      errors: [{ parameter, detail: 'Cannot be combined with knownAt.' }],
    },
  )

async function resolveText(
  { engine, reader }: ReadContext,
  value: string,
  rows: number,
): Promise<TextFilter> {
  const query = parseSearch(value)
  if (query.length === 0) return { query, matches: [] }
  const many = async () => scanThreshold(rows, await lastSeq(reader))
  return { query, matches: await engine.search.estimateMatches(reader, query, MAX_IDS, many) }
}

/** The values of a column that are equal to what a filter was given, whatever their spelling; what was given if none is. */
async function storedSpellings(
  { reader }: ReadContext,
  { table }: Listable,
  { column, match }: Pick<Extract<Filter, { by: 'column' }>, 'column' | 'match'>,
  given: readonly string[],
): Promise<string[]> {
  const name = columnSql(table, column)
  // Steps from value to value along the index of the column, since it may have many rows and few values.
  const stored = await reader.pluck<string>(
    sql`with recursive spelling(value) as (
        select min(${name}) from ${table} where ${name} is not null
        union all select (select min(${name}) from ${table} where ${name} > spelling.value) from spelling where spelling.value is not null
      ) select value from spelling where value is not null`,
  )
  const isMeant =
    match === 'language' ? isLanguage : (one: string, other: string) => fold(one) === fold(other)
  const spellings = stored.filter((value) => given.some((one) => isMeant(one, value)))
  return spellings.length > 0 ? spellings : [...given]
}

/** Whether a language tag is in a language range (RFC 4647, section 3.3.1). */
const isLanguage = (range: string, tag: string) =>
  `${tag}-`.toLowerCase().startsWith(`${canonicalLanguage(range) ?? range}-`.toLowerCase())

type ReferenceFilter = Extract<Filter, { by: 'reference' | 'part' | 'condition' }>

/** Vocabularies are small, so unknown values are refused with the legal ones. */
async function resolveReferences(
  { catalogue, reader }: ReadContext,
  parameter: string,
  filter: ReferenceFilter,
  values: string[],
  seq: number | null,
): Promise<string[]> {
  const { kind } = filter
  if (!kind) return values
  const entity = catalogue.entity(kind)
  if (!isVocabulary(kind)) return survivors(reader, entity, values)
  const { table } = entity
  const vocabulary = tableAsOf(catalogue, entity, { asOf: null, seq })
  const key = columnSql(table, entity.alias ?? 'id')
  const ids: string[] = []
  for (const given of values) {
    const value = entity.prefix === null ? given.toUpperCase() : given
    const record = await reader.get<{ id: string }>(
      sql`select ${table.id} from ${vocabulary} where (${table.id} = ${value} or ${key} = ${value})`,
    )
    const other = record ? undefined : await mergedInto(reader, entity, value)
    if (other !== undefined) {
      ids.push(other)
      continue
    }
    if (!record) {
      const keys = await reader.all<{ key: string }>(
        sql`select ${key} as key from ${vocabulary} order by 1 limit 200`,
      )
      throw unknownValue(
        parameter,
        kind,
        given,
        keys.map(({ key }) => key),
      )
    }
    ids.push(record.id)
  }
  // A filter by the broader term itself finds direct children; all others include narrower terms.
  const [broader] = entity.acyclic
  if (!broader || (filter.by === 'reference' && filter.fields.includes(broader))) return ids
  const narrower = await reader.all<{ id: string }>(
    sql`with recursive narrower(id) as (
        select ${table.id} from ${vocabulary} where ${table.id} in ${ids}
        union select ${table.id} from ${vocabulary} join narrower on ${columnSql(table, broader)} = narrower.id
      ) select id from narrower`,
  )
  return narrower.map(({ id }) => id)
}

/** The ids, with the record that stayed for each that was merged. */
async function survivors(reader: Reader, entity: Entity, ids: readonly string[]): Promise<string[]> {
  const merged = await reader.pluck<string>(
    sql`select ${changes.recordId} from ${changes} where ${changes.recordId} in ${ids} and ${changes.op} = 'merge'`,
  )
  if (merged.length === 0) return [...ids]
  return Promise.all(
    ids.map(async (id) => (merged.includes(id) ? ((await mergedInto(reader, entity, id)) ?? id) : id)),
  )
}

function unknownValue(parameter: string, kind: Kind, value: string, legal: string[]): Problem {
  const detail = `There is no ${kind} ${JSON.stringify(value)}.${didYouMean(value, legal)}`
  return new Problem('invalid-parameter', `${parameter}: ${detail}`, {
    errors: [{ parameter, detail: `${detail} Legal: ${legal.join(', ')}.` }],
  })
}

/** The full-text index has only current texts, so records that changed after the past are matched here. */
export async function matchTextInPast(
  { engine, reader }: ReadContext,
  list: ResolvedList,
): Promise<ResolvedList> {
  const { resource, text, past } = list
  if (!text || !past || past.matchedIds) return list
  const { id, doc } = resource.table
  const changed = await reader.all<{ id: string; size: number }>(
    sql`select ${id}, ${engine.size(sql`${doc}`)} as size from ${changedRecordsAt(resource, past.seq)}`,
  )
  const matchedIds: string[] = []
  for (const ids of inBatches(changed)) {
    const wanted = sql`select given.value as "recordId" from ${engine.items(sql`${JSON.stringify(ids)}`, sql`given`, 'texts')}`
    const rows = await reader.all<{ id: string; doc: string }>(
      sql`select ${id}, ${doc} from ${changedRecordsAt(resource, past.seq, wanted)}`,
    )
    for (const row of rows) if (docMatches(resource, row.doc, text.query)) matchedIds.push(row.id)
    // Many records may have changed, so other requests are processed in between.
    await setImmediate()
  }
  return { ...list, past: { ...past, matchedIds } }
}

/** The size of the documents that are read and matched at once. */
const MAX_BATCH_BYTES = 500_000

/** The ids of documents in batches, each with one document at least. */
function* inBatches(documents: readonly { id: string; size: number }[]): Generator<string[]> {
  let ids: string[] = []
  let bytes = 0
  for (const { id, size } of documents) {
    if (ids.length > 0 && bytes + size > MAX_BATCH_BYTES) {
      yield ids
      ids = []
      bytes = 0
    }
    ids.push(id)
    bytes += size
  }
  if (ids.length > 0) yield ids
}

/** Whether the text of a document matches, as the full-text index would decide. */
export function docMatches({ searchText }: Entity, doc: string, query: SearchQuery): boolean {
  if (!searchText) return false
  const { title, body } = searchText(JSON.parse(doc) as Doc)
  return matchesText([title, body.join('\n')], query)
}
