// The interface between the service and its database; sqlite/ and postgres/ implement it.

import type { SearchQuery } from '../core/search.ts'
import type { SQL } from './sql.ts'

/** Values for the `sql.placeholder(name)`s of a query. */
export type Values = Record<string, unknown>

/**
 * Runs queries. A query passed with `values` is a constant of its module: it is compiled and prepared once, by identity. A
 * query built for one call is passed alone.
 */
export interface Reader {
  all<Row>(query: SQL, values?: Values): Promise<Row[]>
  get<Row>(query: SQL, values?: Values): Promise<Row | undefined>
  /** The first column of each row. */
  pluck<Value>(query: SQL, values?: Values): Promise<Value[]>
  /** Whether it reads from a replica, which may lag behind what the service answered before. */
  readonly mayLag?: boolean
}

/** Thrown by a read that needs data which the replica has not replayed yet. The engine then reads from the primary. */
export class ReplicaBehind extends Error {}

/** How fresh the reads of a request have to be. */
export interface Consistency {
  /** The Consistency-Token of an earlier write, which the reads must include. */
  token: string | undefined
  /** Whether a replica may answer. */
  spread: boolean
  /** Set by a write: the token that includes it. */
  written?: string
}

/** Counts the requests of a key in a window of time. @returns the count, and the milliseconds left in the window */
export type RateCounter = (key: string, windowMs: number) => Promise<{ count: number; leftMs: number }>

export interface Replicas {
  /** Runs a request, or the rest of it, with its consistency. */
  within(consistency: Consistency, work: () => void): void
  /** Makes the request read from the primary from now on, because several of its reads belong together. */
  pinToPrimary(): void
  isToken(text: string): boolean
}

export interface Writer extends Reader {
  run(query: SQL, values?: Values): Promise<void>
}

/** The methods of a writer, to be spread into an object that extends it. */
export const asWriter = (writer: Writer): Writer => ({
  all: (query, values) => writer.all(query, values),
  get: (query, values) => writer.get(query, values),
  pluck: (query, values) => writer.pluck(query, values),
  run: (query, values) => writer.run(query, values),
})

/** The entry of a record in the full-text index; title and body are folded (`core/search.ts`). */
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

/** The ids of all matching records if they are few, otherwise whether there are many. */
export type TextMatches = string[] | 'some' | 'many'

export interface SearchIndex {
  put(writer: Writer, entry: SearchEntry): Promise<void>
  remove(writer: Writer, recordId: string): Promise<void>
  /** A query for the ids of the records that match. */
  matching(query: SearchQuery): SQL
  /** The matching ids if there are at most `few`, otherwise whether there are more than `many`. */
  estimateMatches(reader: Reader, query: SearchQuery, few: number, many: number): Promise<TextMatches>
  /** Whether more than `most` records match; reads no more than that. */
  exceeds(reader: Reader, query: SearchQuery, most: number): Promise<boolean>
  /** The best hits first; ties in the order of ids. */
  ranked: FindHits
  /** The latest changed first, without a score; reads no more than `limit` and `offset` ask for. */
  latest: FindHits
  count(reader: Reader, query: SearchQuery, kinds: readonly string[] | null): Promise<number>
}

export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /** Whether other processes of the service may write to the database. */
  readonly shared: boolean
  readonly search: SearchIndex
  /** The size of a document in bytes. */
  size(document: SQL): SQL
  /** The items of a list in a JSON document as a table expression with a column `value`. */
  items(list: SQL, alias: SQL, of: 'texts' | 'objects'): SQL
  /** Runs single queries outside a write; they see what is committed. */
  readonly reader: Reader
  /** Null without replicas. */
  readonly replicas: Replicas | null
  /** Counts shared by all instances; null if there is only one. */
  readonly rateCounter: RateCounter | null
  /** The number of the committed state: it changes with every commit of any process. Null if the engine cannot tell. */
  version(): number | null
  /** Runs several reads in one snapshot of the database. */
  read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result>
  /**
   * Runs a transaction. It commits when `work` resolves and rolls back when it rejects; the promise resolves once the commit is
   * on disk. Writes are serialised. Waiting writes share a commit, except one that asks to be `alone` because it takes long.
   * When a write fails after it has written, the others of its commit run again, so `work` may be called twice.
   */
  write<Result>(work: (writer: Writer) => Promise<Result>, options?: { alone: boolean }): Promise<Result>
  /** Resolves at the next commit (on PostgreSQL of any process), after `ms`, or when aborted. */
  waitForCommit(ms: number, signal: AbortSignal): Promise<void>
  /** Applies the migrations that are missing. */
  migrate(): Promise<void>
  close(): Promise<void>
}
