// The SQLite engine: one connection for writes and several for reads.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Engine } from '../engine.ts'
import { sql } from '../sql.ts'
import { WriteQueue } from '../write-queue.ts'
import { BUSY_MS, Connection, connect } from './connection.ts'
import { APPLICATION_ID, checkFile, isUpToDate, MIGRATIONS } from './file.ts'
import { ReadPool } from './read-pool.ts'
import { fts5 } from './search.ts'

interface SqliteOptions {
  /** Called with the text of every statement before it runs; tests count queries with it. */
  onQuery?: (sql: string) => void
  /** How long a write waits for a write of another process, in milliseconds. */
  busyMs?: number
}

/** How much of the file is memory-mapped. */
const MAPPED_BYTES = 2 ** 31

/** The page cache of a read connection, in KiB. */
const CACHED_KIB = 64_000

/** How often a waiting write retries. */
const RETRY_MS = 10

export function openSqlite(file: string, options: SqliteOptions = {}): Engine {
  mkdirSync(dirname(file), { recursive: true })
  const write = connect(file)
  try {
    checkFile(write, file)
  } catch (error) {
    write.close()
    throw error
  }
  write.pragma('journal_mode = WAL')
  // A confirmed write must be on disk; with NORMAL it could be lost.
  write.pragma('synchronous = FULL')
  // Fewer checkpoints than with the default of 1000 pages: frequently changed pages are copied less often.
  write.pragma('wal_autocheckpoint = 4000')
  // `begin` below waits for other processes without blocking the event loop.
  write.pragma('busy_timeout = 0')
  const readOnly = () => {
    const database = connect(file)
    database.pragma('query_only = ON')
    database.pragma(`mmap_size = ${MAPPED_BYTES}`)
    database.pragma(`cache_size = -${CACHED_KIB}`)
    return new Connection(database, options.onQuery)
  }
  const reads = new ReadPool(readOnly)
  const writer = new Connection(write, options.onQuery)
  const commits = new WriteQueue(async () => {
    await begin(write, options.busyMs ?? BUSY_MS)
    return {
      writer,
      commit() {
        write.exec('COMMIT')
        reads.forgetVersion()
      },
      rollback: () => {
        if (write.inTransaction) write.exec('ROLLBACK')
      },
    }
  }, false)

  return {
    name: 'sqlite',
    shared: false,
    search: fts5,
    size: (document) => sql`octet_length(${document})`,
    items: (list, alias) => sql`json_each(${list}) as ${alias}`,
    reader: reads.reader,
    replicas: null,
    rateCounter: null,
    version: () => reads.version(),
    read: (work) => reads.read(work),
    write: (work, { alone } = { alone: false }) => commits.enqueue(work, alone),
    waitForCommit: (ms, signal) => commits.waitForCommit(ms, signal),
    async migrate() {
      // A table rebuild would otherwise cascade into child tables; the pragma has no effect inside the migrator's transaction.
      write.pragma('foreign_keys = OFF')
      write.pragma(`busy_timeout = ${BUSY_MS}`)
      try {
        if (write.pragma('application_id', { simple: true }) !== APPLICATION_ID)
          write.pragma(`application_id = ${APPLICATION_ID}`)
        if (isUpToDate(write)) return
        // Loaded on demand, since it loads all of drizzle.
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
      await reads.close()
      write.close()
    },
  }
}

/** Begins a write; waits for other processes without blocking the event loop. @throws SQLITE_BUSY */
async function begin(database: Database.Database, busyMs: number): Promise<void> {
  const until = performance.now() + busyMs
  for (;;) {
    try {
      // Left over where a rollback failed.
      if (database.inTransaction) database.exec('ROLLBACK')
      database.exec('BEGIN IMMEDIATE')
      return
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_BUSY' || performance.now() >= until) throw error
    }
    await wait(RETRY_MS)
  }
}
