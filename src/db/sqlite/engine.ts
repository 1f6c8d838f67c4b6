// The embedded engine: better-sqlite3, one connection that writes, one that reads, and one for long reads.
import { EventEmitter } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { CasingCache } from 'drizzle-orm/casing'
import type { Engine, Values, Writer } from '../engine.ts'
import { Placeholder, type SQL, sql } from '../sql.ts'
import { fts5 } from './search.ts'

const MIGRATIONS = new URL('../../../migrations/sqlite', import.meta.url).pathname

/** How many waiting writes share one commit, and so one wait for the disk. */
const MOST_IN_A_COMMIT = 64

interface SqliteOptions {
  /** Called with the text of every statement before it runs: how tests count queries. */
  onQuery?: (sql: string) => void
}

export function openSqlite(file: string, options: SqliteOptions = {}): Engine {
  mkdirSync(dirname(file), { recursive: true })
  const write = connect(file)
  write.pragma('journal_mode = WAL')
  // A 201 that was sent is on disk: WAL alone would only promise a consistent file.
  write.pragma('synchronous = FULL')
  const read = connect(file)
  read.pragma('query_only = ON')
  // Reads of one state of the database: on the reader's connection, everyone else would be held to that state too.
  const snapshot = connect(file)
  snapshot.pragma('query_only = ON')
  const writer = new Connection(write, options.onQuery)
  const reader = new Connection(read, options.onQuery)
  const snapshotReader = new Connection(snapshot, options.onQuery)
  const commits = new Commits(write, writer)
  let reads: Promise<unknown> = Promise.resolve()

  return {
    name: 'sqlite',
    search: fts5,
    items: (list, alias) => sql`json_each(${list}) as ${alias}`,
    reader,
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
  database.pragma('busy_timeout = 5000')
  database.pragma('foreign_keys = ON')
  database.pragma('cache_size = -8000')
  return database
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

/** The parameters of a constant query, with values in the place of placeholders. */
function bound(params: unknown[], values: Values): unknown[] {
  return params.map((param) => {
    if (!(param instanceof Placeholder)) return param
    const value = values[param.name]
    if (value === undefined) throw new Error(`No value for the placeholder ${param.name}.`)
    return value
  })
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

interface Job {
  work: (writer: Writer) => Promise<unknown>
  alone: boolean
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/**
 * Serialises writes. Those that wait share a transaction, each inside its own savepoint: one wait for the disk
 * serves them all, and one that fails is rolled back alone. Nobody hears of success before the commit.
 */
class Commits {
  readonly #database: Database.Database
  readonly #writer: Writer
  readonly #jobs: Job[] = []
  readonly #committed = new EventEmitter().setMaxListeners(0)
  #running: Promise<void> | undefined

  constructor(database: Database.Database, writer: Writer) {
    this.#database = database
    this.#writer = writer
  }

  enqueue<Result>(work: (writer: Writer) => Promise<Result>, alone: boolean): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#jobs.push({ work, alone, resolve: resolve as (value: unknown) => void, reject })
      this.#running ??= this.#drain()
    })
  }

  /** The next commit, or the end of a wait. */
  next(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#committed.removeListener('commit', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#committed.once('commit', done)
      if (signal.aborted) done()
    })
  }

  async idle(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#jobs.length > 0) await this.#commit()
    // In the same tick as the last look: a write that comes a tick later begins a new run.
    this.#running = undefined
  }

  async #commit(): Promise<void> {
    const settled: (() => void)[] = []
    const begun: Job[] = []
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      while (begun.length < MOST_IN_A_COMMIT && !begun.at(-1)?.alone) {
        if (begun.length > 0 && this.#jobs[0]?.alone) break
        const job = this.#jobs.shift()
        if (!job) break
        begun.push(job)
        settled.push(await this.#attempt(job))
      }
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK')
      // Nothing of this transaction stands, so everyone in it failed, and so did the one it was begun for.
      for (const job of begun.length > 0 ? begun : this.#jobs.splice(0, 1)) job.reject(error)
      return
    }
    for (const settle of settled) settle()
    this.#committed.emit('commit')
  }

  async #attempt(job: Job): Promise<() => void> {
    this.#database.exec('SAVEPOINT job')
    try {
      const result = await job.work(this.#writer)
      this.#database.exec('RELEASE job')
      return () => job.resolve(result)
    } catch (error) {
      // SQLite rolled all of it back on its own (a full disk, say): there is no savepoint to return to.
      if (!this.#database.inTransaction) throw error
      this.#database.exec('ROLLBACK TO job')
      this.#database.exec('RELEASE job')
      return () => job.reject(error)
    }
  }
}
