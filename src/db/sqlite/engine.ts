// The embedded engine: better-sqlite3, one connection that writes, one that reads, and one for long reads.
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { CasingCache } from 'drizzle-orm/casing'
import { Commits, type Transaction } from '../commits.ts'
import type { Engine, Values, Writer } from '../engine.ts'
import { bound, type SQL, sql } from '../sql.ts'
import { fts5 } from './search.ts'

const MIGRATIONS = new URL('../../../migrations/sqlite', import.meta.url).pathname

interface SqliteOptions {
  /** Called with the text of every statement before it runs: how tests count queries. */
  onQuery?: (sql: string) => void
  /** How long a write waits for one of another process, in milliseconds. */
  busyMs?: number
}

/** How long is waited for another process. */
const BUSY_MS = 5000

/** How often a write that waits for another process looks again. */
const LOOK_AGAIN_MS = 10

export function openSqlite(file: string, options: SqliteOptions = {}): Engine {
  mkdirSync(dirname(file), { recursive: true })
  const write = connect(file)
  write.pragma('journal_mode = WAL')
  // A 201 that was sent is on disk: WAL alone would only promise a consistent file.
  write.pragma('synchronous = FULL')
  // `begin` waits for others, without holding up this process.
  write.pragma('busy_timeout = 0')
  const read = connect(file)
  read.pragma('query_only = ON')
  // Reads of one state of the database: on the reader's connection, everyone else would be held to that state too.
  const snapshot = connect(file)
  snapshot.pragma('query_only = ON')
  const writer = new Connection(write, options.onQuery)
  const reader = new Connection(read, options.onQuery)
  const snapshotReader = new Connection(snapshot, options.onQuery)
  // Differs from one look to the next when any other connection has committed; this one never does.
  const version = read.prepare('pragma data_version').pluck()
  const commits = new Commits(async () => {
    await begin(write, options.busyMs ?? BUSY_MS)
    return new SqliteTransaction(write, writer)
  }, false)
  let reads: Promise<unknown> = Promise.resolve()

  return {
    name: 'sqlite',
    search: fts5,
    size: (document) => sql`octet_length(${document})`,
    items: (list, alias) => sql`json_each(${list}) as ${alias}`,
    reader,
    replicas: null,
    tally: null,
    version: () => version.get() as number,
    read(work) {
      const result = reads.then(async () => {
        snapshot.exec('BEGIN')
        try {
          return await work(snapshotReader)
        } finally {
          snapshot.exec('COMMIT')
        }
      })
      reads = result.catch(() => {})
      return result
    },
    write: (work, { alone } = { alone: false }) => commits.enqueue(work, alone),
    changed: (ms, signal) => commits.next(ms, signal),
    async migrate() {
      // A table rebuild inside the migrator's transaction could otherwise cascade into child tables.
      write.pragma('foreign_keys = OFF')
      write.pragma(`busy_timeout = ${BUSY_MS}`)
      try {
        if (upToDate(write)) return
        // Loaded only when there is something to migrate: it brings in all of drizzle.
        const { drizzle } = await import('drizzle-orm/better-sqlite3')
        const { migrate } = await import('drizzle-orm/better-sqlite3/migrator')
        migrate(drizzle(write), { migrationsFolder: MIGRATIONS })
        const broken = write.pragma('foreign_key_check') as unknown[]
        if (broken.length > 0) throw new Error(`The migration left ${broken.length} broken foreign keys.`)
      } finally {
        write.pragma('foreign_keys = ON')
        write.pragma('busy_timeout = 0')
      }
    },
    async close() {
      await commits.idle()
      await reads
      read.close()
      snapshot.close()
      write.close()
    },
  }
}

/** Has the latest migration been applied? */
function upToDate(database: Database.Database): boolean {
  const { entries } = JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8')) as {
    entries: { when: number }[]
  }
  const known = database.prepare(`select 1 from sqlite_schema where name = '__drizzle_migrations'`).get()
  if (!known) return false
  const last = database.prepare('select max(created_at) as at from __drizzle_migrations').get() as {
    at: number | null
  }
  return Number(last.at) >= (entries.at(-1)?.when ?? 0)
}

function connect(file: string): Database.Database {
  const database = new Database(file)
  database.pragma(`busy_timeout = ${BUSY_MS}`)
  database.pragma('foreign_keys = ON')
  database.pragma('cache_size = -8000')
  return database
}

/** Begins a write. While another process has the turn, this one goes on with everything else. @throws SQLITE_BUSY */
async function begin(database: Database.Database, busyMs: number): Promise<void> {
  const until = performance.now() + busyMs
  for (;;) {
    try {
      database.exec('BEGIN IMMEDIATE')
      return
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_BUSY' || performance.now() >= until) throw error
    }
    await wait(LOOK_AGAIN_MS)
  }
}

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

/** Statements are prepared once for each text, and compiled once for each constant query. */
class Connection implements Writer {
  readonly #database: Database.Database
  readonly #onQuery: ((sql: string) => void) | undefined
  readonly #statements = new Map<string, Database.Statement>()
  readonly #compiled = new WeakMap<SQL, Compiled>()

  constructor(database: Database.Database, onQuery: ((sql: string) => void) | undefined) {
    this.#database = database
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
      statement = this.#database.prepare(text)
      // Lists have as many shapes as clients have ideas: keep the recent ones.
      if (this.#statements.size >= 500) this.#statements.delete(this.#statements.keys().next().value ?? '')
      this.#statements.set(text, statement)
    }
    return statement
  }
}

/** A transaction of the connection that writes. */
class SqliteTransaction implements Transaction {
  readonly writer: Writer
  readonly #database: Database.Database

  constructor(database: Database.Database, writer: Writer) {
    this.#database = database
    this.writer = writer
  }

  get lost() {
    return !this.#database.inTransaction
  }

  savepoint() {
    this.#database.exec('SAVEPOINT job')
  }

  release() {
    this.#database.exec('RELEASE job')
  }

  rollbackTo() {
    this.#database.exec('ROLLBACK TO job')
    this.#database.exec('RELEASE job')
  }

  commit() {
    this.#database.exec('COMMIT')
  }

  rollback() {
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK')
  }
}
