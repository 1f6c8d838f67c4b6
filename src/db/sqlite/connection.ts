// A connection to the database file. Statements are prepared once for each text, and compiled once for each constant query.
import Database from 'better-sqlite3'
import { NONE, type Values, type Writer } from '../engine.ts'
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

/**
 * How a parameter is written. Where one stands alone beside a column that rows are found and sorted by, SQLite looks at its
 * value and plans the query anew for every other: four times the time of a short list. A sign does away with it.
 */
const mark = () => '+?'

export class Connection implements Writer {
  readonly database: Database.Database
  /**
   * What constant queries without values answered. Set by who knows that the database stays as it is: such an answer hangs on
   * nothing else.
   */
  known: Map<SQL, unknown> | null = null
  readonly #onQuery: ((sql: string) => void) | undefined
  readonly #statements = new Map<string, Database.Statement>()
  readonly #constant = new WeakMap<SQL, Database.Statement>()

  constructor(database: Database.Database, onQuery: ((sql: string) => void) | undefined) {
    this.database = database
    this.#onQuery = onQuery
  }

  async all<Row>(query: SQL, values?: Values): Promise<Row[]> {
    return this.#statement(query, values).all(paramsOf(query, values)) as Row[]
  }

  async get<Row>(query: SQL, values?: Values): Promise<Row | undefined> {
    const { known } = this
    if (!known || values !== NONE) return this.#statement(query, values).get(paramsOf(query, values)) as Row
    if (!known.has(query)) known.set(query, this.#statement(query, values).get(query.params))
    return known.get(query) as Row | undefined
  }

  async pluck<Value>(query: SQL, values?: Values): Promise<Value[]> {
    const statement = this.#statement(query, values)
    statement.pluck()
    try {
      return statement.all(paramsOf(query, values)) as Value[]
    } finally {
      statement.pluck(false)
    }
  }

  async run(query: SQL, values?: Values): Promise<void> {
    this.#statement(query, values).run(paramsOf(query, values))
  }

  #statement(query: SQL, values: Values | undefined): Database.Statement {
    let statement = values && this.#constant.get(query)
    if (!statement) {
      statement = this.#prepare(query.text(mark))
      if (values) this.#constant.set(query, statement)
    }
    this.#onQuery?.(statement.source)
    return statement
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

const paramsOf = ({ params }: SQL, values: Values | undefined) => (values ? bound(params, values) : params)
