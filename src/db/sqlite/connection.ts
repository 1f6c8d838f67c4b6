// A connection to the database file. Statements are prepared once for each text, and compiled once for each constant query.
import Database from 'better-sqlite3'
import { CasingCache } from 'drizzle-orm/casing'
import type { Values, Writer } from '../engine.ts'
import { bound, type SQL } from '../sql.ts'

/** How long is waited for another process, in milliseconds. */
export const BUSY_MS = 5000

export function connect(file: string): Database.Database {
  const database = new Database(file)
  database.pragma(`busy_timeout = ${BUSY_MS}`)
  database.pragma('foreign_keys = ON')
  database.pragma('cache_size = -8000')
  return database
}

/** Lists have as many shapes as clients have ideas: so many statements are kept, the recent ones. */
const MOST_STATEMENTS = 500

/** How SQLite writes what a query is made of. */
const NOTATION = {
  casing: new CasingCache(),
  escapeName: (name: string) => `"${name.replaceAll('"', '""')}"`,
  escapeParam: () => '?',
  escapeString: (text: string) => `'${text.replaceAll("'", "''")}'`,
}

interface Compiled {
  statement: Database.Statement
  params: unknown[]
}

export class Connection implements Writer {
  readonly database: Database.Database
  readonly #onQuery: ((sql: string) => void) | undefined
  readonly #statements = new Map<string, Database.Statement>()
  readonly #compiled = new WeakMap<SQL, Compiled>()

  constructor(database: Database.Database, onQuery: ((sql: string) => void) | undefined) {
    this.database = database
    this.#onQuery = onQuery
  }

  async all<Row>(query: SQL, values?: Values): Promise<Row[]> {
    const { statement, params } = this.#compile(query, values)
    return statement.all(params) as Row[]
  }

  async get<Row>(query: SQL, values?: Values): Promise<Row | undefined> {
    const { statement, params } = this.#compile(query, values)
    return statement.get(params) as Row | undefined
  }

  async run(query: SQL, values?: Values): Promise<void> {
    const { statement, params } = this.#compile(query, values)
    statement.run(params)
  }

  #compile(query: SQL, values: Values | undefined): Compiled {
    let compiled = values && this.#compiled.get(query)
    if (!compiled) {
      const { sql, params } = query.toQuery(NOTATION)
      compiled = { statement: this.#prepare(sql), params }
      if (values) this.#compiled.set(query, compiled)
    }
    this.#onQuery?.(compiled.statement.source)
    return values ? { statement: compiled.statement, params: bound(compiled.params, values) } : compiled
  }

  #prepare(text: string): Database.Statement {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = this.database.prepare(text)
      if (this.#statements.size >= MOST_STATEMENTS)
        this.#statements.delete(this.#statements.keys().next().value ?? '')
      this.#statements.set(text, statement)
    }
    return statement
  }
}
