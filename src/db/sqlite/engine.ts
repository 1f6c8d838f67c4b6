// The embedded engine: better-sqlite3, one connection that writes, and some that read.
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Engine, Siblings, Writer } from '../engine.ts'
import { sql } from '../sql.ts'
import { type Transaction, WriteQueue } from '../write-queue.ts'
import { BUSY_MS, Connection, connect } from './connection.ts'
import { fts5 } from './search.ts'
import { Snapshots } from './snapshots.ts'

const MIGRATIONS = new URL('../../../migrations/sqlite', import.meta.url).pathname

interface SqliteOptions {
  /** Called with the text of every statement before it runs: how tests count queries. */
  onQuery?: (sql: string) => void
  /** Other processes on this machine that write to the file: what they commit is heard of at once. */
  siblings?: Siblings | null
  /** How long a write waits for one of another process, in milliseconds. */
  busyMs?: number
}

/**
 * So much of the file is read in place, by the connection that most requests share: half the time of a page of a list, when it
 * was measured (docs/performance.md). The operating system counts what is mapped as memory, and takes it back as it likes.
 */
const MAPPED_BYTES = 2 ** 31

/** So much that connection keeps of the rest, in kibibytes: an eighth of the time of a list of a million records. */
const CACHED_KIB = 64_000

/** How often a write that waits for another process looks again. */
const LOOK_AGAIN_MS = 10

export function openSqlite(file: string, options: SqliteOptions = {}): Engine {
  const { siblings } = options
  mkdirSync(dirname(file), { recursive: true })
  const write = connect(file)
  write.pragma('journal_mode = WAL')
  // A 201 that was sent is on disk: WAL alone would only promise a consistent file.
  write.pragma('synchronous = FULL')
  // Pages that many writes touch are brought home once for four times as many writes as SQLite would have it.
  write.pragma('wal_autocheckpoint = 4000')
  // `begin` waits for others, without holding up this process.
  write.pragma('busy_timeout = 0')
  const readOnly = () => {
    const database = connect(file)
    database.pragma('query_only = ON')
    return new Connection(database, options.onQuery)
  }
  const home = readOnly()
  home.database.pragma(`mmap_size = ${MAPPED_BYTES}`)
  home.database.pragma(`cache_size = -${CACHED_KIB}`)
  const snapshots = new Snapshots(home, readOnly)
  const writer = new Connection(write, options.onQuery)
  const commits = new WriteQueue(
    async () => {
      await begin(write, options.busyMs ?? BUSY_MS)
      return new SqliteTransaction(write, writer, () => {
        snapshots.retire()
        siblings?.committed()
      })
    },
    false,
    () => snapshots.turns,
  )
  siblings?.onCommitted(() => {
    commits.notifyCommit()
  })

  return {
    name: 'sqlite',
    shared: Boolean(siblings),
    search: fts5,
    size: (document) => sql`octet_length(${document})`,
    items: (list, alias) => sql`json_each(${list}) as ${alias}`,
    reader: {
      all: (query, values) => snapshots.reader.all(query, values),
      get: (query, values) => snapshots.reader.get(query, values),
      pluck: (query, values) => snapshots.reader.pluck(query, values),
    },
    replicas: null,
    rateCounter: siblings?.tally ?? null,
    version: () => snapshots.version(),
    pinSnapshot: () => snapshots.share(),
    read: (work) => snapshots.read(work),
    write: (work, { alone } = { alone: false }) => commits.enqueue(work, alone),
    waitForCommit: (ms, signal) => commits.waitForCommit(ms, signal),
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
      await snapshots.close()
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

/** A transaction of the connection that writes. */
class SqliteTransaction implements Transaction {
  readonly writer: Writer
  readonly #database: Database.Database
  readonly #committed: () => void

  /** @param committed called right behind a commit */
  constructor(database: Database.Database, writer: Writer, committed: () => void) {
    this.#database = database
    this.writer = writer
    this.#committed = committed
  }

  commit() {
    this.#database.exec('COMMIT')
    this.#committed()
  }

  rollback() {
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK')
  }
}
