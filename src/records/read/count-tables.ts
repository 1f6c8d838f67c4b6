// Counts current records from memory: a table for each kind with statistics, kept up to date from the change log.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { memoize } from '../../core/memoize.ts'
import { columnHolding, selectColumns } from '../../db/columns.ts'
import type { Engine, Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes, links } from '../../db/system-tables.ts'
import { describeTable } from '../../db/tables.ts'
import { referenceAt } from '../schema/catalogue.ts'
import type { Filter } from '../schema/filters.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Grouping, Resource } from '../schema/resource.ts'
import type { BarPart, Chart } from './chart.ts'
import { type Counts, type ReadContext, TakesLong } from './context.ts'
import { type CellValue, type ColumnCondition, CountTable } from './count-table.ts'
import type { GivenFilter, ResolvedFilters } from './plan.ts'
import { broaderTopics, groupingOf } from './statistics.ts'
import { lastSeqOf, type View } from './view.ts'

/** Of fewer records queries count in about a millisecond. */
const MIN_RECORDS = 1000

/** How many changes a request applies to a table. More are applied in the background. */
const MAX_CHANGES = 200

/** How many records are read at once in the background. */
const BATCH = 250

/** After how long a table that could not be built is tried again, in milliseconds. */
const RETRY_MS = 60_000

/** After as many writes, and twice as many as its records, a table is built again: values that are no longer used stay in it. */
const MIN_WRITES = 100_000

interface CountTablesOptions {
  engine: Engine
  /** Called when a table could not be built. */
  onError: (error: unknown) => void
  /** Overrides for tests. */
  minRecords?: number
  maxChanges?: number
}

export class CountTables implements Counts {
  readonly #options: Required<CountTablesOptions>
  readonly #tables = new Map<Kind, CountTable>()
  /** What builds a table, or applies many changes to it, in the background. */
  readonly #jobs = new Map<Kind, Promise<void>>()
  readonly #retryAt = new Map<Kind, number>()
  /** Reads in the background are not those of the request that starts them, which may go to a replica. */
  readonly #outsideRequests = AsyncLocalStorage.snapshot()
  #isClosed = false

  constructor(options: CountTablesOptions) {
    this.#options = { minRecords: MIN_RECORDS, maxChanges: MAX_CHANGES, ...options }
  }

  async count(
    context: ReadContext,
    resource: Resource,
    filters: ResolvedFilters,
    charts: readonly Chart[],
  ): Promise<BarPart[][] | null> {
    const conditions = conditionsOf(resource, filters)
    if (!conditions) return leaveToQueries(context)
    if (!this.#tables.has(resource.kind)) {
      leaveToQueries(context)
      await this.#startIfMany(context.reader, resource)
      return null
    }
    const broader = charts.some(({ narrower }) => narrower) ? await readBroaderTopics(context) : null
    const counted = await this.#use(context.reader, resource, (table) =>
      countIn(table, resource, conditions, charts, broader),
    )
    return counted ?? leaveToQueries(context)
  }

  /** Begins to build the tables of these kinds, so that they are there when they are needed. */
  async prepare(resources: readonly Resource[]): Promise<void> {
    try {
      for (const resource of resources) await this.#startIfMany(this.#options.engine.reader, resource)
    } catch (error) {
      this.#options.onError(error)
    }
  }

  /** Resolves when nothing runs in the background. */
  async idle(): Promise<void> {
    await Promise.all(this.#jobs.values())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.idle()
  }

  /** @param count must not wait, since another request may change the table */
  async #use<Result>(
    reader: Reader,
    resource: Resource,
    count: (table: CountTable) => Result,
  ): Promise<Result | null> {
    const { kind } = resource
    const seq = await lastSeqOf(reader, [kind])
    for (;;) {
      const table = this.#tables.get(kind)
      if (!table || this.#jobs.has(kind) || seq < table.seq) return null
      if (seq === table.seq) return count(table)
      if (!(await this.#update(reader, resource, table, seq))) {
        this.#start(resource)
        return null
      }
    }
  }

  /**
   * Reads the records again that changed between the state of a table and that of a snapshot.
   * @returns false if these are too many
   */
  async #update(reader: Reader, resource: Resource, table: CountTable, seq: number): Promise<boolean> {
    const { maxChanges } = this.#options
    const from = table.seq
    const changed = await changesAfter(reader, resource, from, maxChanges + 1)
    if (changed.length > maxChanges || isRestored(from, seq) || isWorn(table)) return false
    const ids = idsOf(changed)
    const rows = await this.#rowsWith(reader, resource, ids)
    // Another request may have updated it in the meantime, from its own snapshot.
    if (table.seq !== from || this.#jobs.has(resource.kind)) return true
    replaceRows(table, ids, rows)
    table.seq = seq
    return true
  }

  /** Builds the table of a kind unless it has few records. It has no more than changes, which are counted along an index. */
  async #startIfMany(reader: Reader, resource: Resource): Promise<void> {
    const { minRecords } = this.#options
    const counted = await reader.get<{ count: number }>(
      sql`select count(*) as count from (select 1 from ${changes} where ${changes.kind} = ${resource.kind} ${sql.limit(minRecords)}) as counted`,
    )
    if ((counted?.count ?? 0) >= minRecords) this.#start(resource)
  }

  /** Builds the table of a kind, or applies many changes to it, in the background. */
  #start(resource: Resource): void {
    const { kind } = resource
    if (this.#isClosed || this.#jobs.has(kind) || (this.#retryAt.get(kind) ?? 0) > performance.now()) return
    const job = this.#outsideRequests(() => this.#renew(resource))
      .catch((error: unknown) => {
        this.#tables.delete(kind)
        this.#retryAt.set(kind, performance.now() + RETRY_MS)
        if (!this.#isClosed) this.#options.onError(error)
      })
      .finally(() => this.#jobs.delete(kind))
    this.#jobs.set(kind, job)
  }

  async #renew(resource: Resource): Promise<void> {
    const existing = this.#tables.get(resource.kind)
    const table = existing && !isWorn(existing) ? existing : await this.#readAll(resource)
    if (await this.#catchUp(resource, table)) this.#tables.set(resource.kind, table)
    else this.#tables.delete(resource.kind)
  }

  /** Reads all records, each batch in a snapshot of its own. Those that change meanwhile are read again by `#catchUp`. */
  async #readAll(resource: Resource): Promise<CountTable> {
    const seq = await this.#read((reader) => lastSeqOf(reader, [resource.kind]))
    const table = new CountTable(
      [...columnsOf(resource)].map(([name, { isSet }]) => ({ name, isSet })),
      seq,
    )
    for (let after = ''; ; ) {
      const rows = await this.#read((reader) => rowsAfter(reader, resource, after))
      for (const [id, values] of rows) table.put(id, values)
      const last = rows.at(-1)
      if (!last) return table
      after = last[0]
    }
  }

  /**
   * Applies changes to a table until it has the state of a snapshot.
   * @returns false if the database was restored
   */
  async #catchUp(resource: Resource, table: CountTable): Promise<boolean> {
    for (;;) {
      const isDone = await this.#read(async (reader) => {
        const seq = await lastSeqOf(reader, [resource.kind])
        if (seq < table.seq || isRestored(table.seq, seq)) return null
        const changed = await changesAfter(reader, resource, table.seq, BATCH + 1)
        const some = changed.slice(0, BATCH)
        const ids = idsOf(some)
        replaceRows(table, ids, await this.#rowsWith(reader, resource, ids))
        const isLast = some.length === changed.length
        table.seq = isLast ? seq : (some.at(-1)?.seq ?? seq)
        return isLast
      })
      if (isDone !== false) return isDone === true
    }
  }

  /** Reads in the background, when other requests have had their turn. */
  async #read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result> {
    await setImmediate()
    if (this.#isClosed) throw new Error('The service is closing.')
    return this.#options.engine.read(work)
  }

  #rowsWith(reader: Reader, resource: Resource, ids: readonly string[]): Promise<Row[]> {
    const { engine } = this.#options
    // One JSON parameter, so that the SQL text does not depend on the number of ids.
    const wanted = sql`(select wanted.value from ${engine.items(sql`${JSON.stringify(ids)}`, sql`wanted`, 'texts')})`
    return readRows(
      reader,
      resource,
      sql`where ${resource.table.id} in ${wanted}`,
      () => sql`${links.fromId} in ${wanted}`,
    )
  }
}

/** @throws TakesLong in a read that must be short */
function leaveToQueries({ mustBeShort }: ReadContext): null {
  if (mustBeShort) throw new TakesLong()
  return null
}

/** The numbers of changes jump when a database is restored (docs/adr/0021). */
const isRestored = (from: number, seq: number) => seq - from > 100_000_000

const isWorn = ({ writes, size }: CountTable) => writes > Math.max(MIN_WRITES, 2 * size)

interface Change {
  seq: number
  recordId: string
}

/** The changes of a kind after a change, in their order. */
const changesAfter = (reader: Reader, { kind }: Resource, seq: number, limit: number): Promise<Change[]> =>
  reader.all<Change>(
    sql`select ${changes.seq}, ${changes.recordId} from ${changes}
      where ${changes.kind} = ${kind} and ${changes.seq} > ${seq} order by ${changes.seq} ${sql.limit(limit)}`,
  )

const idsOf = (changed: readonly Change[]) => [...new Set(changed.map(({ recordId }) => recordId))]

/** The id of a record and its value in each column. */
type Row = readonly [id: string, values: CellValue[]]

/** Puts the current rows of records into a table. Those without a row were deleted. */
function replaceRows(table: CountTable, ids: readonly string[], rows: readonly Row[]): void {
  const present = new Set(rows.map(([id]) => id))
  for (const id of ids) if (!present.has(id)) table.delete(id)
  for (const [id, values] of rows) table.put(id, values)
}

const rowsAfter = (reader: Reader, resource: Resource, after: string): Promise<Row[]> =>
  readRows(
    reader,
    resource,
    sql`where ${resource.table.id} > ${after} order by ${resource.table.id} ${sql.limit(BATCH)}`,
    (first, last) => sql`${links.fromId} >= ${first} and ${links.fromId} <= ${last}`,
  )

/** @param linksFrom a condition on the links of the rows, from the first to the last id where they are in that order */
async function readRows(
  reader: Reader,
  resource: Resource,
  rest: SQL,
  linksFrom: (first: string, last: string) => SQL,
): Promise<Row[]> {
  const { table } = resource
  const sources = [...columnsOf(resource).values()]
  const names = sources.flatMap(({ columns }) => columns)
  const records = await reader.all<Record<string, string | null> & { id: string }>(
    sql`select ${selectColumns(table, ['id', ...names])} from ${table} ${rest}`,
  )
  const [first, last] = [records[0], records.at(-1)]
  if (!first || !last) return []
  const fields = [...new Set(sources.flatMap(({ lists }) => lists))]
  const linked = await reader.all<{ fromId: string; field: string; toId: string }>(
    sql`select ${links.fromId}, ${links.field}, ${links.toId} from ${links}
      where ${linksFrom(first.id, last.id)} and ${links.field} in ${fields}`,
  )
  const idsByField = new Map(fields.map((field) => [field, new Map<string, string[]>()]))
  for (const { fromId, field, toId } of linked) {
    const ids = idsByField.get(field)
    const others = ids?.get(fromId)
    if (others) others.push(toId)
    else ids?.set(fromId, [toId])
  }
  return records.map((record): Row => {
    const valueIn = ({ columns, lists, isSet, isYear }: Source): CellValue => {
      const values = columns.map((column) => record[column] ?? null).filter((value) => value !== null)
      if (!isSet) return isYear ? (values[0]?.slice(0, 4) ?? null) : (values[0] ?? null)
      for (const field of lists) values.push(...(idsByField.get(field)?.get(record.id) ?? []))
      return values
    }
    return [record.id, sources.map(valueIn)]
  })
}

/** Where the values of a column in memory come from. */
interface Source {
  /** Columns of the records. Of a text the first that is not null counts. */
  columns: readonly string[]
  /** Fields inside lists, with references; only for a set. */
  lists: readonly string[]
  /** Whether it is the set of all values: records that fields refer to. */
  isSet: boolean
  /** Whether it is the year of a date. */
  isYear: boolean
}

/** The columns for the groupings and the filters of a kind, by name. */
const columnsOf = memoize((resource: Resource): ReadonlyMap<string, Source> => {
  const sources = [
    ...Object.values(resource.groupings ?? {}).map((grouping) => sourceOfGrouping(resource, grouping)),
    ...Object.values(resource.filters).flatMap((filter) => sourceOfFilter(resource, filter) ?? []),
  ]
  return new Map(sources.map((source) => [nameOf(source), source]))
})

const nameOf = (source: Source): string => JSON.stringify(source)

function sourceOfGrouping(resource: Resource, grouping: Grouping): Source {
  if ('references' in grouping) return setOf(resource, grouping.references)
  return 'year' in grouping ? { ...textOf(grouping.year), isYear: true } : textOf(grouping.column)
}

const textOf = (...columns: string[]): Source => ({ columns, lists: [], isSet: false, isYear: false })

function setOf(resource: Resource, fields: readonly string[]): Source {
  const references = fields.map((field) => referenceAt(resource, field))
  const fieldsWhere = (isListed: boolean) =>
    references.flatMap(({ field, listed }) => (listed === isListed ? [field] : []))
  return {
    columns: fieldsWhere(false).map((field) => columnHolding(resource.table, field)),
    lists: fieldsWhere(true),
    isSet: true,
    isYear: false,
  }
}

/** Null for a filter that needs more than the columns and the references of a record. */
function sourceOfFilter(resource: Resource, filter: Filter): Source | null {
  if (filter.by === 'reference')
    return filter.through || filter.orRecord ? null : setOf(resource, filter.fields)
  if (filter.by === 'range') return textOf(filter.column, ...(filter.orColumn ? [filter.orColumn] : []))
  if (filter.by !== 'column' || filter.match === 'prefix') return null
  const isText = describeTable(resource.table).columns[filter.column]?.type === 'text'
  return isText ? textOf(filter.column) : null
}

/** Whether a table has what is needed to count with these filters in a view. */
export const isCountable = (
  resource: Resource,
  filters: Readonly<Record<string, unknown>>,
  { asOf, seq }: View,
): boolean =>
  asOf === null &&
  seq === null &&
  Object.keys(filters).every((name) => {
    const filter = resource.filters[name]
    return filter !== undefined && sourceOfFilter(resource, filter) !== null
  })

/** The filters as conditions on columns; null if a table does not have what they need. */
function conditionsOf(resource: Resource, filters: ResolvedFilters): ColumnCondition[] | null {
  const { view, text, past } = filters
  if (view.asOf !== null || view.seq !== null || text || past) return null
  const conditions: ColumnCondition[] = []
  for (const given of filters.filters) {
    const source = sourceOfFilter(resource, given.filter)
    const column = source && nameOf(source)
    if (column === null || !columnsOf(resource).has(column)) return null
    conditions.push({ column, matches: matcherOf(given) })
  }
  return conditions
}

function matcherOf({ filter, values }: GivenFilter): (value: string) => boolean {
  if (filter.by !== 'range') {
    const wanted = new Set(values)
    return (value) => wanted.has(value)
  }
  const [bound = ''] = values
  return filter.bound === 'from' ? (value) => value >= bound : (value) => value <= bound
}

/** Each topic with itself and all its broader ones. Topics are few, so they are read for each count. */
async function readBroaderTopics(context: ReadContext): Promise<Map<string, string[]>> {
  const rows = await context.reader.all<{ topic: string; ancestor: string }>(
    sql`with recursive ${broaderTopics(context, null)} select topic, ancestor from ancestors`,
  )
  const broader = new Map<string, string[]>()
  for (const { topic, ancestor } of rows) broader.getOrInsertComputed(topic, () => []).push(ancestor)
  return broader
}

function countIn(
  table: CountTable,
  resource: Resource,
  conditions: readonly ColumnCondition[],
  charts: readonly Chart[],
  broader: ReadonlyMap<string, readonly string[]> | null,
): BarPart[][] {
  const selection = table.select(conditions)
  const columnOf = (by: string) => nameOf(sourceOfGrouping(resource, groupingOf(resource, by)))
  return charts.map(({ by, other, narrower }) => {
    if (by === null) return [{ key: null, other: null, count: table.count(selection) }]
    if (other !== undefined) return table.countByBoth(selection, columnOf(by), columnOf(other))
    const keysOf = narrower && broader ? (topic: string) => broader.get(topic) ?? [] : undefined
    return table.countBy(selection, columnOf(by), keysOf).map((bar) => ({ ...bar, other: null }))
  })
}
