// The SQLite engine: one connection for writes and several for reads.
import { mkdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Engine } from '../engine.ts'
import { READ_TIMEOUT_MS } from '../engine.ts'
import { sql } from '../sql.ts'
import { WriteQueue } from '../write-queue.ts'
import { BUSY_MS, Connection, connect, connectReadOnly } from './connection.ts'
import { APPLICATION_ID, checkFile, isUpToDate, MIGRATIONS, OpenedFiles } from './file.ts'
import { LongReads } from './long-reads.ts'
import { ReadPool } from './read-pool.ts'
import { fts5 } from './search.ts'

interface SqliteOptions {
  /** Called with the text of every statement before it runs; tests count queries with it. */
  onQuery?: (sql: string) => void
  /** How long a write waits for a write of another process, in milliseconds. */
  busyMs?: number
  /** The deadline of a long read, in milliseconds. */
  readTimeoutMs?: number | undefined
  /** Up to this size of the file no read takes long. */
  smallBytes?: number
  /** Called once when the file was deleted or replaced. */
  onLost?: ((error: Error) => void) | undefined
}

const SMALL_BYTES = 16 * 2 ** 20

/** How often to look whether the file is still there. */
const WATCH_MS = 1000

/** What a large write leaves of the WAL, so that the space of its disk is free again. */
const MAX_WAL_BYTES = 32 * 2 ** 20

/** A WAL of this size is not worth a checkpoint after a write that was rolled back. */
const SMALL_WAL_BYTES = 2 ** 20

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
  // The WAL shrinks to this when it is used from its beginning again.
  write.pragma(`journal_size_limit = ${MAX_WAL_BYTES}`)
  // `begin` below waits for other processes without blocking the event loop.
  write.pragma('busy_timeout = 0')
  let walLimit = MAX_WAL_BYTES
  /** Writes a large WAL to the file and empties it, unless a read still needs it. */
  const shrinkWal = () => {
    try {
      if (statSync(`${file}-wal`).size <= walLimit) return
      const [{ busy } = { busy: 1 }] = write.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
      if (busy === 0) walLimit = MAX_WAL_BYTES
    } catch {
      // On a full disk or without a WAL. The commit has succeeded, or the error of the write says more.
    }
  }
  const emptyWal = (leave = 0) => {
    walLimit = leave
    shrinkWal()
  }
  // Left over by a process that was killed.
  emptyWal()

  const reads = new ReadPool(() => new Connection(connectReadOnly(file), options.onQuery))
  const longReads = new LongReads(file, options.readTimeoutMs ?? READ_TIMEOUT_MS, options.onQuery)
  const smallBytes = options.smallBytes ?? SMALL_BYTES
  const writer = new Connection(write, options.onQuery)
  const files = new OpenedFiles(file)
  let lost = false
  /** @throws WrongFileError */
  const checkFiles = () => {
    try {
      files.check()
    } catch (error) {
      if (!lost) options.onLost?.(error as Error)
      lost = true
      throw error
    }
  }
  const watch = setInterval(() => {
    try {
      checkFiles()
    } catch {
      // It was reported.
    }
  }, WATCH_MS).unref()
  const commits = new WriteQueue(async (alone) => {
    // So that a write that fills the disk leaves nothing in the WAL that the file needs room for.
    if (alone) emptyWal()
    await begin(write, options.busyMs ?? BUSY_MS)
    try {
      checkFiles()
    } catch (error) {
      write.exec('ROLLBACK')
      throw error
    }
    return {
      writer,
      commit() {
        checkFiles()
        write.exec('COMMIT')
        reads.forgetVersion()
        shrinkWal()
      },
      rollback: () => {
        if (write.inTransaction) write.exec('ROLLBACK')
        // A write that filled the disk would otherwise keep it full.
        emptyWal(SMALL_WAL_BYTES)
      },
    }
  }, false)

  return {
    name: 'sqlite',
    search: fts5,
    size: (document) => sql`octet_length(${document})`,
    items: (list, alias) => sql`json_each(${list}) as ${alias}`,
    reader: reads.reader,
    replicas: null,
    rateCounter: null,
    version: () => reads.version(),
    // In a small file no read takes long, and passing its rows between threads would only cost time.
    read: (work, { isLong } = { isLong: false }) =>
      isLong && statSync(file).size > smallBytes ? longReads.read(work) : reads.read(work),
    write: (work, { alone } = { alone: false }) => commits.enqueue(work, alone),
    waitForCommit: (ms, signal) => commits.waitForCommit(ms, signal),
    async check() {
      checkFiles()
      await files.checkHeader()
      checkFile(reads.reader.database, file)
      await reads.reader.get(sql`select 1 as one`)
    },
    async freeBytes() {
      const { bavail, bsize } = await statfs(dirname(file))
      return bavail * bsize
    },
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
      clearInterval(watch)
      await commits.idle()
      await longReads.close()
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
