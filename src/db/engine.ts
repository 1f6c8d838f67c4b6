// What the rest of the house asks of a database. One folder an engine holds what really differs.

import type { SearchQuery } from '../core/search.ts'
import type { SQL } from './sql.ts'

/** Values for the `sql.placeholder(name)`s of a query. */
export type Values = Record<string, unknown>

/** For a constant query without placeholders. */
export const NO_VALUES: Values = {}

/**
 * Runs queries. A query that is run with `values` is taken to be a constant of its module: it is compiled and
 * prepared once, by identity. A query built for one call is passed alone.
 */
export interface Reader {
  all<Row>(query: SQL, values?: Values): Promise<Row[]>
  get<Row>(query: SQL, values?: Values): Promise<Row | undefined>
  /** What stands in the first column of each row. */
  pluck<Value>(query: SQL, values?: Values): Promise<Value[]>
  /** Whether it may be behind what the service answered before. */
  readonly mayLag?: boolean
}

/** A replica does not know yet what a read builds upon. Thrown by that read; the engine then asks the primary. */
export class ReplicaBehind extends Error {}

/** What a request asks of the states that it reads. */
export interface Consistency {
  /** What a write answered: a state without that write will not do. */
  token: string | undefined
  /** Whether `read` may be answered by a replica. */
  spread: boolean
  /** Set by a write: names a state that knows of it. */
  written?: string
}

/** Counts what has a key, anew after each window. @returns how often it was counted, and how long the window lasts yet */
export type RateCounter = (key: string, windowMs: number) => Promise<{ count: number; leftMs: number }>

/** Other processes of the service on this machine. */
export interface Siblings {
  /** Tells the others that something was committed. */
  committed(): void
  /** @param listener called when another one committed something */
  onCommitted(listener: () => void): void
  /** Counts for all of them together. */
  tally: RateCounter
}

export interface Replicas {
  /** Runs a request, or the rest of it, under its consistency. */
  within(asked: Consistency, work: () => void): void
  /** From here on the request reads from the primary: it reads several times, and all must go together. */
  pinToPrimary(): void
  isToken(text: string): boolean
}

export interface Writer extends Reader {
  run(query: SQL, values?: Values): Promise<void>
}

/** A writer as part of something that can do more. */
export const asWriter = (writer: Writer): Writer => ({
  all: (query, values) => writer.all(query, values),
  get: (query, values) => writer.get(query, values),
  pluck: (query, values) => writer.pluck(query, values),
  run: (query, values) => writer.run(query, values),
})

/** What the full-text index holds of a record; title and body are folded (`core/search.ts`). */
export interface SearchEntry {
  /** A number that no entry had before: that of the change that brought it. */
  docId: number
  kind: string
  recordId: string
  date: string | null
  title: string
  body: string
}

export interface SearchHit {
  recordId: string
  kind: string
  date: string | null
  /** Higher is better; comparable within one answer only. */
  score: number
}

type FindHits = (
  reader: Reader,
  query: SearchQuery,
  kinds: readonly string[] | null,
  limit: number,
  offset: number,
) => Promise<SearchHit[]>

/** The ids of all that match, where they are few. */
export type TextMatches = string[] | 'some' | 'many'

export interface SearchIndex {
  put(writer: Writer, entry: SearchEntry): Promise<void>
  remove(writer: Writer, recordId: string): Promise<void>
  /** A query for the ids of the records that match. */
  matching(query: SearchQuery): SQL
  /** Who matches: the ids of `few` at most, else whether there are more than `many`. */
  estimateMatches(reader: Reader, query: SearchQuery, few: number, many: number): Promise<TextMatches>
  /** Do more than so many records match? No more are looked at. */
  exceeds(reader: Reader, query: SearchQuery, most: number): Promise<boolean>
  /** The best hits first; ties in the order of ids. */
  ranked: FindHits
  /** What changed last first, without a score: no more are looked at than are asked for. */
  latest: FindHits
  count(reader: Reader, query: SearchQuery, kinds: readonly string[] | null): Promise<number>
}

export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /** Whether other processes of the service may be at work on the database. */
  readonly shared: boolean
  readonly search: SearchIndex
  /** The bytes of a document, without reading it where the engine can tell. */
  size(document: SQL): SQL
  /** The items of a list in a JSON document, as something to select from; each has a column `value`. */
  items(list: SQL, alias: SQL, of: 'texts' | 'objects'): SQL
  /** Queries outside a write: they see what is committed. */
  readonly reader: Reader
  /** Null where there are none. */
  readonly replicas: Replicas | null
  /** Counts that all instances share; null where there is only one. */
  readonly rateCounter: RateCounter | null
  /**
   * Names the state that is committed now: the same number, the same state, whoever may have written in between. Null
   * where that cannot be told.
   */
  version(): number | null
  /**
   * The same, and from here to the end of this turn of the event loop all reads are of that state, where this process commits
   * nothing. For where a request arrives, and nowhere else: what a turn shares has to be no older than what the turn brought.
   */
  pinSnapshot(): number | null
  /** Several reads of one state of the database. */
  read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result>
  /**
   * One transaction. It commits when `work` resolves and rolls back when it rejects; the promise resolves once
   * the commit is on disk. Writes are serialised, so `work` sees no other's half. Those that wait share a commit,
   * but for one that is to be `alone`, since it takes long. One that fails when it has written has those beside it done again:
   * `work` may be called twice, and what it does besides writing has to bear that.
   */
  write<Result>(work: (writer: Writer) => Promise<Result>, options?: { alone: boolean }): Promise<Result>
  /** Resolves when something was committed (on PostgreSQL by any process), or after `ms`, or when aborted. */
  waitForCommit(ms: number, signal: AbortSignal): Promise<void>
  /** Brings the schema up to date. Safe to call at every start. */
  migrate(): Promise<void>
  close(): Promise<void>
}
