// The interface between the service and its database; sqlite/ and postgres/ implement it.
import type { SearchQuery } from '../core/search.ts'
import type { SQL } from './sql.ts'

/** Values for the `sql.placeholder(name)`s of a query. */
export type Values = Record<string, unknown>

/**
 * Runs queries. Pass `values` only with a query that is a constant: it is compiled and prepared once, by identity. Queries
 * that are built per call contain their values.
 */
export interface Reader {
  all<Row>(query: SQL, values?: Values): Promise<Row[]>
  get<Row>(query: SQL, values?: Values): Promise<Row | undefined>
  /** The first column of each row. */
  pluck<Value>(query: SQL, values?: Values): Promise<Value[]>
  /** Whether it reads from a replica, which may lag behind earlier responses. */
  readonly mayLag?: boolean
}

/** Thrown by a read that needs data which the replica has not replayed yet. The engine then reads from the primary. */
export class ReplicaBehind extends Error {}

/** How fresh the reads of a request have to be. */
export interface Consistency {
  /** The Consistency-Token of an earlier write, which the reads must include. */
  token: string | undefined
  /** Whether replicas may be used. */
  spread: boolean
  /** Set by a write: the token that includes it. */
  written?: string
}

/** Counts the requests of a key in a window of time. @returns the count, and the milliseconds left in the window */
export type RateCounter = (key: string, windowMs: number) => Promise<{ count: number; leftMs: number }>

export interface Replicas {
  /** Runs the rest of a request with its consistency. */
  within(consistency: Consistency, work: () => void): void
  /** Makes later reads of the request use the primary, for consistency across several reads. */
  pinToPrimary(): void
  isToken(text: string): boolean
}

/** The default deadline of long reads, in milliseconds. */
export const READ_TIMEOUT_MS = 10_000

export interface Writer extends Reader {
  run(query: SQL, values?: Values): Promise<void>
}

/** The methods of a writer as an object that can be spread. */
export const asWriter = (writer: Writer): Writer => ({
  all: (query, values) => writer.all(query, values),
  get: (query, values) => writer.get(query, values),
  pluck: (query, values) => writer.pluck(query, values),
  run: (query, values) => writer.run(query, values),
})

/** The entry of a record in the full-text index; title and body are words of `core/search.ts`. */
export interface SearchEntry {
  /** A number that no other entry has or had: that of the change that wrote it. */
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
  /** Higher is better; comparable only within one response. */
  score: number
}

type FindHits = (
  reader: Reader,
  query: SearchQuery,
  kinds: readonly string[] | null,
  limit: number,
  offset: number,
) => Promise<SearchHit[]>

/**
 * The matching ids if there are few. `some`: too many ids for a condition. `many`: so many that reading records in order finds a
 * page of them sooner than the index.
 */
export type TextMatches = string[] | 'some' | 'many'

export interface SearchIndex {
  put(writer: Writer, entry: SearchEntry): Promise<void>
  remove(writer: Writer, recordId: string): Promise<void>
  /** A query for the ids of the records that match. */
  matching(query: SearchQuery): SQL
  /** The matching ids if there are at most `maxIds`, otherwise whether there are more than `many`, which may take a query. */
  estimateMatches(
    reader: Reader,
    query: SearchQuery,
    maxIds: number,
    many: () => Promise<number>,
  ): Promise<TextMatches>
  /** Whether more than `max` records match; reads at most that many. */
  exceeds(reader: Reader, query: SearchQuery, max: number): Promise<boolean>
  /** The best hits first; ties in the order of ids. */
  ranked: FindHits
  /** The most recently changed first, without a score; reads at most `limit + offset` records. */
  latest: FindHits
  count(reader: Reader, query: SearchQuery, kinds: readonly string[] | null): Promise<number>
  /** The kinds of the records that match, with the number of each. */
  countByKind(reader: Reader, query: SearchQuery): Promise<{ kind: string; total: number }[]>
}

export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  readonly search: SearchIndex
  /** The size of a document in bytes. */
  size(document: SQL): SQL
  /** The items of a list in a JSON document as a table expression with a column `value`. */
  items(list: SQL, alias: SQL, of: 'texts' | 'objects'): SQL
  /** Runs single queries outside a write, on the committed state. */
  readonly reader: Reader
  /** Null without replicas. */
  readonly replicas: Replicas | null
  /** A counter that all instances share; null if there is only one. */
  readonly rateCounter: RateCounter | null
  /** A number that changes with every commit of any process. Null if it would need a query. */
  version(): number | null
  /**
   * Runs several reads in one snapshot of the database.
   * @param options.isLong whether they may take long: then they have a deadline and do not block the event loop
   * @throws Problem `unavailable` at the deadline
   */
  read<Result>(work: (reader: Reader) => Promise<Result>, options?: { isLong: boolean }): Promise<Result>
  /**
   * Runs a transaction. It commits when `work` resolves and rolls back when it rejects; the promise resolves once the commit is
   * on disk. Writes are serialised. Waiting writes share a commit, except with `alone`, which is for long ones. If a write
   * fails after it has written, the others of its commit run again, so `work` may be called twice.
   */
  write<Result>(work: (writer: Writer) => Promise<Result>, options?: { alone: boolean }): Promise<Result>
  /** Resolves at the next commit (on PostgreSQL of any process), after `ms`, or when aborted. */
  waitForCommit(ms: number, signal: AbortSignal): Promise<void>
  /** @throws Error if the database cannot serve requests */
  check(): Promise<void>
  /** The free space of the disk of the database; null where the engine cannot tell. */
  freeBytes(): Promise<number | null>
  /** Applies pending migrations. */
  migrate(): Promise<void>
  close(): Promise<void>
}
