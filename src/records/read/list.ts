// Lists. Pages follow each other by keyset (never by OFFSET), and a walk sees the list as it stood when its first
// page was cut: rows untouched since then come from the table, the others from the change log as they were.
import { setImmediate } from 'node:timers/promises'
import { type CursorValue, readCursor, signCursor } from '../../core/cursor.ts'
import { notFound } from '../../core/problems.ts'
import { matchesText, type SearchQuery } from '../../core/search.ts'
import { columnNamed, selectColumns } from '../../db/columns.ts'
import { type Reader, ReplicaBehind } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import { describeTable, type Table } from '../../db/tables.ts'
import type { Kind } from '../schema/fields.ts'
import { type Doc, type Filter, type Resource, readerOf } from '../schema/resource.ts'
import type { Records } from '../write/records.ts'
import { changedSince, filterConditions, type ResolvedFilters, resolveFilters, whereAll } from './filters.ts'
import { filtersOf, type ListQuery, type SortKey } from './parameters.ts'
import { missingRecord } from './record.ts'
import { countAll } from './statistics.ts'
import { lastSeqOf, recordsInLog, rowAsOf, seqAt, tableAsOf, type View } from './view.ts'

/** A row of a list: its document, and those columns of its table that the page needs. */
export type Row = { doc: string } & { [column: string]: CursorValue }

/** A row that is read for itself. */
export type RecordRow = Row & { version: number; updatedAt: string }

export interface Page {
  rows: Row[]
  nextCursor: string | null
  total?: number
  view: View
}

/**
 * The kinds of records on which it hangs what a list shows. A cursor names the last change of these alone, so that
 * what happens elsewhere changes neither the page nor its ETag.
 */
export function kindsRead(resource: Resource, { filters, asOf }: ListQuery): Kind[] {
  const known = filtersOf(resource)
  const asked = Object.keys(filters).flatMap((name) => known[name] ?? [])
  return [
    resource.kind,
    ...(asOf === null ? [] : (['event'] as const)),
    ...asked.flatMap((filter) => [
      ...partsRead(filter),
      ...(filter.by === 'reference' && filter.kind === 'topic' ? (['topic'] as const) : []),
    ]),
  ]
}

/** The parts of records that a filter looks at. */
function partsRead(filter: Filter): Kind[] {
  if (filter.by === 'evidence') return ['evidence']
  return filter.by === 'reference' && filter.orPosition ? ['position'] : []
}

/** So many characters of documents are read for a page before the index is asked all the same. */
const MAX_READ = 2_000_000

/** What a cursor belongs to. */
export const scopeOf = ({ path }: Resource, { filters, sort, asOf, knownAt }: ListQuery): string =>
  JSON.stringify([path, filters, sort, asOf, knownAt])

/** One page of a list. @throws Problem `invalid-cursor`, `invalid-parameter` (an unknown topic or state) */
export async function listPage(
  records: Records,
  reader: Reader,
  resource: Resource,
  query: ListQuery,
  secret: Buffer,
): Promise<Page> {
  const scope = scopeOf(resource, query)
  const cursor = query.cursor === undefined ? undefined : readCursor(secret, scope, query.cursor)
  const seq = query.knownAt === null ? null : await seqAt(reader, query.knownAt)
  const view = { asOf: query.asOf, seq }
  const order = withId(query.sort)

  const last = await lastSeqOf(reader, kindsRead(resource, query))
  // A walk that began elsewhere goes on only where its beginning is known.
  if (reader.mayLag && cursor && seq === null && last < cursor.snapshot) throw new ReplicaBehind()
  const snapshot = cursor?.snapshot ?? seq ?? last
  const vocabulary = cursor ? snapshot : seq
  const limit = query.limit + 1
  const asked = await resolveFilters(
    records,
    reader,
    resource,
    query.filters,
    view,
    records.now(),
    limit,
    vocabulary,
  )
  const changed = cursor !== undefined && seq === null && last > snapshot
  const columns = columnsFor(resource, query.asOf, query.include)
  const arms = (of: ResolvedFilters) => sourcesOf(records, resource, of, changed ? snapshot : null)
  const read = (of: ResolvedFilters, after: CursorValue[] | undefined, limit: number) =>
    rowsAfter(reader, resource, columns, arms(of), order, after, limit)
  const through = await scanInOrder(resource, asked, order, read, cursor?.after, limit)
  const counts = query.count === 'exact' && cursor?.total === undefined
  if (changed && (!through || counts)) await matchTextAtSnapshot(reader, resource, asked, snapshot)
  const found = through ?? (await read(asked, cursor?.after, namesFew(asked, limit) ? Infinity : limit))
  const rows = found.slice(0, query.limit).map((row) => rowAsOf(resource, row, view))
  const lastRow = found.length > query.limit ? rows.at(-1) : undefined

  const counted = () => (changed ? count(reader, arms(asked)) : countAll(records, reader, resource, asked))
  const total = counts ? await counted() : cursor?.total
  const after = lastRow && sortKeyOf(resource, lastRow, order)
  return {
    rows,
    view,
    nextCursor: after
      ? signCursor(secret, scope, { after, snapshot, ...(total !== undefined && { total }) })
      : null,
    ...(query.count === 'exact' && total !== undefined && { total }),
  }
}

/**
 * One record in a view, as a row.
 * @throws Problem `gone` or `not-found`; in a view of the past also for what was not there yet
 */
export async function readRecord(
  records: Records,
  reader: Reader,
  resource: Resource,
  id: string,
  view: View,
  include: readonly string[] = [],
): Promise<RecordRow> {
  const { table, alias } = resource
  const select = (asked: SQL) => {
    const columns = ['doc', 'version', 'updatedAt', ...columnsFor(resource, view.asOf, include)]
    const named = alias ? sql` or ${columnNamed(table, alias)} = ${asked}` : sql.empty()
    // By an alias only what is short is found.
    const among = alias ? undefined : sql`select ${asked} as "recordId"`
    const from = tableAsOf(records.catalogue, records.engine, resource, view, among)
    return sql`select ${selectColumns(table, columns)} from ${from} where (${table.id} = ${asked}${named})`
  }
  let row: RecordRow | undefined
  if (view.asOf === null && view.seq === null) {
    const presentRow = include.length > 0 ? presentWithLeads : present
    const known = presentRow.get(resource) ?? select(sql`${sql.placeholder('id')}`)
    presentRow.set(resource, known)
    row = await reader.get<RecordRow>(known, { id })
  } else row = await reader.get<RecordRow>(select(sql`${id}`))
  if (row) return rowAsOf(resource, row, view)
  if (view.asOf === null && view.seq === null) throw await missingRecord(reader, resource, id)
  throw notFound(resource.kind, id, ' at that time')
}

/** The constant queries for a record as it is now: alone, and with what leads to others. */
const present = new WeakMap<Resource, SQL>()
const presentWithLeads = new WeakMap<Resource, SQL>()

/** Every row of a list, a batch at a time, in one walk: constant memory however long the list is. */
export async function* walkList(
  records: Records,
  resource: Resource,
  query: ListQuery,
  secret: Buffer,
  batch: number,
): AsyncGenerator<Page> {
  let cursor: string | null = query.cursor ?? null
  do {
    const step: ListQuery = { ...query, limit: batch, ...(cursor !== null && { cursor }) }
    const page: Page = await records.engine.read((reader) =>
      listPage(records, reader, resource, step, secret),
    )
    yield page
    // Everyone else's turn: a client that reads as fast as we write would otherwise keep the process to itself.
    await setImmediate()
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** Something to select rows from, and what narrows it. */
interface Source {
  from: SQL
  where: SQL[]
}

/**
 * Where the rows of a page come from: the table alone, mostly.
 * @param snapshot where the walk began, when something behind the list has changed since: then also the log
 */
function sourcesOf(
  records: Records,
  resource: Resource,
  asked: ResolvedFilters,
  snapshot: number | null,
): Source[] {
  const { view } = asked
  const arm = (of: View, where: SQL[] = []): Source => ({
    from: tableAsOf(records.catalogue, records.engine, resource, of),
    where: [...filterConditions(records, resource, { ...asked, view: of }, of.seq !== null), ...where],
  })
  if (snapshot === null) return [arm(view)]
  // What hangs on events, evidence or positions may have changed without the record: the log as a whole knows.
  if (view.asOf !== null || asked.filters.some(({ filter }) => partsRead(filter).length > 0)) {
    return [arm({ ...view, seq: snapshot })]
  }
  return [
    arm(view, [sql`${resource.table.seq} <= ${snapshot}`]),
    { from: recordsAtSnapshot(resource, snapshot), where: filterConditions(records, resource, asked, true) },
  ]
}

/** The records that changed since a walk began, as they were then. */
const recordsAtSnapshot = (resource: Resource, snapshot: number) =>
  recordsInLog(
    resource,
    sql`${changes.recordId} = among."recordId" and ${changes.seq} <= ${snapshot}`,
    snapshot,
    sql`select distinct touched."recordId" as "recordId" from (${changedSince(resource, snapshot)}) as touched`,
  )

/**
 * Rows with words that many records hold: those of the list without `q`, as long as it takes.
 * @param read rows of the arms that a question has, behind a row
 * @returns null where the index is to be asked: not many have the words, or those that do are too far apart
 */
async function scanInOrder(
  resource: Resource,
  asked: ResolvedFilters,
  order: SortKey[],
  read: (of: ResolvedFilters, after: CursorValue[] | undefined, limit: number) => Promise<Row[]>,
  after: CursorValue[] | undefined,
  limit: number,
): Promise<Row[] | null> {
  const text = asked.filters.find(({ words }) => words?.holders === 'many')
  if (!text?.words) return null
  const { query } = text.words
  const others: ResolvedFilters = { ...asked, filters: asked.filters.filter((entry) => entry !== text) }
  const batch = Math.max(100, 2 * limit)
  const found: Row[] = []
  let left = MAX_READ
  let place = after
  for (;;) {
    const rows = await read(others, place, batch)
    for (const row of rows) {
      left -= row.doc.length
      if (left < 0) return null
      if (holds(resource, row.doc, query) && found.push(row) === limit) return found
    }
    const last = rows.at(-1)
    if (!last || rows.length < batch) return found
    place = sortKeyOf(resource, rowAsOf(resource, last, asked.view), order)
  }
}

/**
 * Whether a page may as well have all that the index named: what has no limit, SQLite sorts in memory, and what has one in a
 * table, which takes twice as long.
 */
const namesFew = ({ filters }: ResolvedFilters, limit: number) =>
  filters.some(({ words }) => Array.isArray(words?.holders) && words.holders.length < 2 * limit)

/** Does the text of a document match, as the index would say? */
function holds({ searchText }: Resource, doc: string, query: SearchQuery): boolean {
  if (!searchText) return false
  const { title, body } = searchText(JSON.parse(doc) as Doc)
  return matchesText([title, body.join('\n')], query)
}

/** The full-text index knows only the present: what changed since a walk began is matched from the log instead. */
async function matchTextAtSnapshot(
  reader: Reader,
  resource: Resource,
  asked: ResolvedFilters,
  snapshot: number,
): Promise<void> {
  const { table } = resource
  for (const entry of asked.filters) {
    if (!entry.words) continue
    const { query } = entry.words
    const rows = await reader.all<{ id: string; doc: string }>(
      sql`select ${table.id} as id, ${table.doc} as doc from ${recordsAtSnapshot(resource, snapshot)}`,
    )
    const matched = rows.filter(({ doc }) => holds(resource, doc, query))
    entry.earlier = { snapshot, ids: matched.map(({ id }) => id) }
  }
}

/** What is needed of rows beside their documents: what the day hangs on, and what leads to what is embedded. */
function columnsFor(resource: Resource, asOf: string | null, include: readonly string[]): string[] {
  const leading = include.length > 0 ? Object.entries(describeTable(resource.table).columns) : []
  return [
    ...(include.length > 0 ? ['id'] : []),
    ...(asOf !== null && resource.lifecycle ? ['status', 'statusSince'] : []),
    ...leading.flatMap(([column, { references }]) => (references ? [column] : [])),
  ]
}

/** Where a row stands in an order: what a page behind it begins with. */
function sortKeyOf({ table }: Resource, { doc }: Row, order: SortKey[]): CursorValue[] {
  const { columns } = describeTable(table)
  const parsed = JSON.parse(doc) as Doc
  return order.map(({ column }) => {
    const path = columns[column]?.path
    if (!path) throw new Error(`Documents hold no ${column} to sort by.`)
    return readerOf(path)(parsed) as CursorValue
  })
}

/** The id breaks ties, in the direction of the last key, so that an order is always total. */
const withId = (sort: SortKey[]): SortKey[] => [
  ...sort,
  { column: 'id', descending: sort.at(-1)?.descending ?? false },
]

/**
 * Rows of the arms, in order, behind a row. An index can be followed only through values or through NULLs: where
 * the first key may be NULL, the rows that have it are read first, and those without when the page is not full.
 */
async function rowsAfter(
  reader: Reader,
  resource: Resource,
  columns: string[],
  arms: Source[],
  order: SortKey[],
  after: CursorValue[] | undefined,
  limit: number,
): Promise<Row[]> {
  const { table } = resource
  const [first] = order
  if (!first) throw new Error('A list has an order.')
  const column = columnNamed(table, first.column)
  const stretches: SQL[][] = []
  const amongNulls = after?.[0] === null
  if (!nullable(table, first.column)) stretches.push(after ? [isBehind(table, order, after)] : [])
  else {
    if (!amongNulls) stretches.push(after ? [isBehind(table, order, after)] : [sql`${column} is not null`])
    stretches.push([
      sql`${column} is null`,
      ...(after && amongNulls ? [isAfter(table, order.slice(1), after.slice(1))] : []),
    ])
  }
  const rows: Row[] = []
  for (const stretch of stretches) {
    if (rows.length >= limit) break
    const query = select(table, columns, arms, order, stretch, limit - rows.length)
    // Documents alone take two thirds of the time of rows (docs/performance.md).
    if (columns.length === 0) rows.push(...(await reader.pluck<string>(query)).map((doc): Row => ({ doc })))
    else rows.push(...(await reader.all<Row>(query)))
  }
  return rows
}

function select(
  table: Table,
  columns: string[],
  arms: Source[],
  order: SortKey[],
  stretch: SQL[],
  limit: number,
): SQL {
  const { name } = describeTable(table)
  const keys = order.map((key, index) => direction(table, key, index > 0))
  const cut = limit === Infinity ? sql.empty() : sql` ${sql.limit(limit)}`
  const ordered = sql` order by ${sql.join(keys, sql`, `)}${cut}`
  const wanted = selectColumns(table, ['doc', ...columns])
  // The place in the order comes first: of two bounds on one column, SQLite enters the index at the one it reads first.
  const from = (arm: Source) => sql`from ${arm.from}${whereAll([...stretch, ...arm.where])}${ordered}`
  const [only] = arms
  if (arms.length === 1 && only) return sql`select ${wanted} ${from(only)}`
  const each = selectColumns(table, ['doc', ...columns, ...order.map(({ column }) => column)])
  const union = sql.join(
    arms.map((arm) => sql`select * from (select ${each} ${from(arm)}) as arm`),
    sql` union all `,
  )
  return sql`select ${wanted} from (${union}) as ${sql.identifier(name)}${ordered}`
}

async function count(reader: Reader, arms: Source[]): Promise<number> {
  let total = 0
  for (const { from, where } of arms) {
    const counted = await reader.get<{ total: number }>(
      sql`select count(*) as total from ${from}${whereAll(where)}`,
    )
    total += counted?.total ?? 0
  }
  return total
}

const nullable = (table: Table, column: string) => !describeTable(table).columns[column]?.notNull

/** NULLs come last, both ways; where a stretch holds none, or nothing else, that need not be said. */
function direction(table: Table, { column, descending }: SortKey, mixed: boolean): SQL {
  const way = descending ? sql`desc` : sql`asc`
  const last = mixed && nullable(table, column) ? sql` nulls last` : sql.empty()
  return sql`${columnNamed(table, column)} ${way}${last}`
}

/**
 * The rows behind a row whose first key is not NULL, in a form that lets an index be entered right there: a row
 * value where all keys run one way, else a bound on the first key beside the full condition.
 */
function isBehind(table: Table, order: SortKey[], after: CursorValue[]): SQL {
  const [first, ...rest] = order
  if (!first) return sql`false`
  const columns = order.map(({ column }) => columnNamed(table, column))
  const oneWay = rest.every(
    ({ column, descending }) => descending === first.descending && !nullable(table, column),
  )
  if (oneWay) {
    const values = after.map((value) => sql`${value}`)
    return sql`(${sql.join(columns, sql`, `)}) ${first.descending ? sql`<` : sql`>`} (${sql.join(values, sql`, `)})`
  }
  return sql`(${columns[0]} ${first.descending ? sql`<=` : sql`>=`} ${after[0]} and ${isAfter(table, order, after)})`
}

/** The same for any keys: past the row in the first key, or level in that and past it in the next … */
function isAfter(table: Table, order: SortKey[], after: CursorValue[]): SQL {
  const [key, ...rest] = order
  const [value, ...values] = after
  if (!key || value === undefined) return sql`false`
  const column = columnNamed(table, key.column)
  const deeper = rest.length > 0 ? isAfter(table, rest, values) : sql`false`
  if (value === null) return sql`(${column} is null and ${deeper})`
  const past = key.descending ? sql`${column} < ${value}` : sql`${column} > ${value}`
  const orNull = nullable(table, key.column) ? sql` or ${column} is null` : sql.empty()
  return sql`(${past}${orNull} or (${column} = ${value} and ${deeper}))`
}
