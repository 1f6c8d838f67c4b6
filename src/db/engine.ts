// What the rest of the house asks of a database. One folder an engine holds what really differs.
import type { SQL } from 'drizzle-orm'

/** Values for the `sql.placeholder(name)`s of a query. */
export type Values = Record<string, unknown>

/**
 * Runs queries. A query that is run with `values` is taken to be a constant of its module: it is compiled and
 * prepared once, by identity. A query built for one call is passed alone.
 */
export interface Reader {
  all<Row>(query: SQL, values?: Values): Promise<Row[]>
  get<Row>(query: SQL, values?: Values): Promise<Row | undefined>
}

export interface Writer extends Reader {
  run(query: SQL, values?: Values): Promise<void>
}

export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /** Queries outside a write: they see what is committed. */
  readonly reader: Reader
  /** Several reads of one state of the database. */
  read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result>
  /**
   * One transaction. It commits when `work` resolves and rolls back when it rejects; the promise resolves once
   * the commit is on disk. Writes are serialised, so `work` sees no other's half.
   */
  write<Result>(work: (writer: Writer) => Promise<Result>): Promise<Result>
  /** Brings the schema up to date. Safe to call at every start. */
  migrate(): Promise<void>
  close(): Promise<void>
}
