// A connection to a SQLite file with a cache of prepared statements.
import Database from 'better-sqlite3'
import type { Values, Writer } from '../engine.ts'
import { bindValues, type SQL } from '../sql.ts'

/** How long to wait for a lock of another process, in milliseconds. */
export const BUSY_MS = 5000

export function connect(file: string): Database.Database {
  const database = new Database(file)
  database.pragma(`busy_timeout = ${BUSY_MS}`)
  database.pragma('foreign_keys = ON')
  database.pragma('cache_size = -8000')
  return database
}

/** How much of the file is memory-mapped. */
const MAPPED_BYTES = 2 ** 31

/** The page cache of a read connection, in KiB. */
const CACHED_KIB = 64_000

export function connectReadOnly(file: string): Database.Database {
  const database = connect(file)
  database.pragma('query_only = ON')
  database.pragma(`mmap_size = ${MAPPED_BYTES}`)
  database.pragma(`cache_size = -${CACHED_KIB}`)
  return database
}

/** The size of the statement cache; lists have many shapes. */
const MAX_STATEMENTS = 500

/** The notation of a parameter. The sign prevents SQLite from re-planning the query for each value. */
export const parameter = () => '+?'

/** A statement and its parameters. */
interface Prepared {
  statement: Database.Statement
  params: readonly unknown[]
}

export class Connection implements Writer {
  readonly database: Database.Database
  readonly #onQuery: ((sql: string) => void) | undefined
  readonly #statements = new Map<string, Database.Statement>()
  readonly #constant = new WeakMap<SQL, Prepared>()

  constructor(database: Database.Database, onQuery: ((sql: string) => void) | undefined) {
    this.database = database
    this.#onQuery = onQuery
  }

  async all<Row>(query: SQL, values?: Values): Promise<Row[]> {
    const { statement, params } = this.#prepared(query, values)
    return statement.all(params) as Row[]
  }

  async get<Row>(query: SQL, values?: Values): Promise<Row | undefined> {
    const { statement, params } = this.#prepared(query, values)
    return statement.get(params) as Row | undefined
  }

  async pluck<Value>(query: SQL, values?: Values): Promise<Value[]> {
    const { statement, params } = this.#prepared(query, values)
    statement.pluck()
    try {
      return statement.all(params) as Value[]
    } finally {
      statement.pluck(false)
    }
  }

  async run(query: SQL, values?: Values): Promise<void> {
    const { statement, params } = this.#prepared(query, values)
    statement.run(params)
  }

  #prepared(query: SQL, values: Values | undefined): Prepared {
    let prepared = values && this.#constant.get(query)
    if (!prepared) {
      const { text, params } = query.compile(parameter)
      prepared = { statement: this.#statementOf(text), params }
      if (values) this.#constant.set(query, prepared)
    }
    this.#onQuery?.(prepared.statement.source)
    return values ? { ...prepared, params: bindValues(prepared.params, values) } : prepared
  }

  #statementOf(text: string): Database.Statement {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = this.database.prepare(text)
      if (this.#statements.size >= MAX_STATEMENTS)
        this.#statements.delete(this.#statements.keys().next().value ?? '')
      this.#statements.set(text, statement)
    }
    return statement
  }
}
