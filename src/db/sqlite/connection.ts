// A connection to the database file. Statements are prepared once for each text, and compiled once for each constant query.
import Database from 'better-sqlite3'
import { NO_VALUES, type Values, type Writer } from '../engine.ts'
import { bindValues, type SQL } from '../sql.ts'

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
const MAX_STATEMENTS = 500

/**
 * How a parameter is written. Where one stands alone beside a column that rows are found and sorted by, SQLite looks at its
 * value and plans the query anew for every other: four times the time of a short list. A sign does away with it.
 */
const mark = () => '+?'

/** A statement, and what it is run with. */
interface Prepared {
  statement: Database.Statement
  params: readonly unknown[]
}

export class Connection implements Writer {
  readonly database: Database.Database
  /**
   * What constant queries without values answered. Set by who knows that the database stays as it is: such an answer hangs on
   * nothing else.
   */
  known: Map<SQL, unknown> | null = null
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
    const { known } = this
    if (known && values === NO_VALUES && known.has(query)) return known.get(query) as Row | undefined
    const { statement, params } = this.#prepared(query, values)
    const row = statement.get(params) as Row | undefined
    if (values === NO_VALUES) known?.set(query, row)
    return row
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
      const { text, params } = query.compile(mark)
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
