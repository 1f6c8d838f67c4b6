// Copies a SQLite database while the service runs, and puts such a copy back while it does not.
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import Driver from 'better-sqlite3'
import type { Command } from 'commander'
import { restartFeed } from '../db/feed.ts'
import { fileOf, openEngine } from '../db/open.ts'
import { checkApplication, checkFile, WrongFileError } from '../db/sqlite/file.ts'
import { UsageError } from './command.ts'
import { settingsOf } from './settings.ts'

interface Options {
  /** Whether to replace a file that exists. */
  force?: boolean
}

function databaseFile(command: Command): string {
  const { databaseUrl } = settingsOf(command)
  if (databaseUrl.startsWith('file:')) return fileOf(databaseUrl)
  throw new UsageError(
    'This command is for SQLite. Use pg_dump and pg_restore for PostgreSQL (docs/operations.md).',
  )
}

export function backup(target: string, { force }: Options, command: Command): void {
  const file = databaseFile(command)
  if (!existsSync(file)) throw new UsageError(`There is no database at ${file}.`)
  if (existsSync(target) && !force) throw new UsageError(`${target} exists. --force replaces it.`)
  const place = followLinks(target)
  if (place === realpathSync(file)) throw new UsageError(`${target} is the database itself.`)
  const partial = `${place}.part`
  removeDatabase(partial)
  closeSync(openSync(partial, 'wx', 0o600))
  try {
    copyInto(file, partial)
    const held = inspect(partial, 'quick_check')
    putInPlace(partial, place)
    console.error(`Copied ${held} to ${target}.`)
  } finally {
    removeDatabase(partial)
  }
}

/** Copies one state of the database in one read transaction, which writes of the service do not disturb. */
function copyInto(file: string, partial: string): void {
  const database = new Driver(file, { readonly: true })
  try {
    checkFile(database, file)
    database.prepare('vacuum into ?').run(partial)
  } catch (error) {
    if (!isDamaged(error)) throw error
    throw new UsageError(`${file} is damaged (${(error as Error).message}). There is no copy.`)
  } finally {
    database.close()
  }
}

export async function restore(source: string, { force }: Options, command: Command): Promise<void> {
  const file = databaseFile(command)
  if (!existsSync(source)) throw new UsageError(`There is no file ${source}.`)
  const place = followLinks(file)
  if (realpathSync(source) === place) throw new UsageError(`${source} is the database itself.`)
  const exists = existsSync(place)
  if (exists && !force) throw new UsageError(`There is a database at ${file}. --force replaces it.`)
  mkdirSync(dirname(place), { recursive: true })
  const partial = `${place}.part`
  removeDatabase(partial)
  try {
    copyFileSync(source, partial)
    // The latest changes of a snapshot of the file system.
    if (existsSync(`${source}-wal`)) copyFileSync(`${source}-wal`, `${partial}-wal`)
    const held = inspect(partial, 'integrity_check', source)
    await startNewFeed(partial)
    if (exists) {
      checkReplaceable(place, file)
      const { mode, uid, gid } = statSync(place)
      chmodSync(partial, mode & 0o7777)
      if (process.getuid?.() === 0) chownSync(partial, uid, gid)
    }
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${place}${suffix}`, { force: true })
    putInPlace(partial, place)
    console.error(`Restored ${file} from ${source}: ${held}.`)
  } finally {
    removeDatabase(partial)
  }
}

/**
 * Opens a copy, with its WAL if it has one, and makes it one file.
 * @returns what it holds. @throws UsageError, WrongFileError
 */
function inspect(copy: string, check: 'quick_check' | 'integrity_check', name = copy): string {
  let database: Driver.Database | undefined
  try {
    database = new Driver(copy)
    checkFile(database, name)
    database.pragma('journal_mode = DELETE')
    const verdict = database.pragma(check, { simple: true })
    const summary = database.prepare(SUMMARY).get() as { records: number; lastAt: string | null }
    if (verdict !== 'ok') throw new UsageError(`${name} is damaged: ${verdict}. Nothing was changed.`)
    const { records, lastAt } = summary
    return `${records} records, ${lastAt === null ? 'no change' : `last change ${lastAt}`}`
  } catch (error) {
    if (!(error instanceof Driver.SqliteError)) throw error
    throw new UsageError(`${name} is not a complete database of the tracker. Nothing was changed.`)
  } finally {
    database?.close()
  }
}

/** Changes after the copy are lost, so that a place in the feed of the database may not be one of the copy. */
async function startNewFeed(file: string): Promise<void> {
  const engine = await openEngine(`file:${file}`)
  try {
    await engine.write(restartFeed)
  } finally {
    await engine.close()
  }
}

/** Of each record the latest version, which is null once it is deleted. */
const SUMMARY = `select count(doc) as records, max(at) as lastAt from (select doc, at, max(version) from changes group by recordId)`

/** @throws UsageError if it is in use. @throws WrongFileError */
function checkReplaceable(place: string, name: string): void {
  const database = new Driver(place, { timeout: 500 })
  try {
    checkApplication(database, name)
    // Only the last connection to a database can take it out of WAL mode.
    database.pragma('journal_mode = DELETE')
  } catch (error) {
    if (error instanceof WrongFileError) throw error
    // Any other error says that the file is damaged, which may be why it is replaced.
    if (/^SQLITE_BUSY/.test((error as { code?: string }).code ?? ''))
      throw new UsageError(`${name} is in use. Stop the service first.`)
  } finally {
    database.close()
  }
}

const isDamaged = (error: unknown) => /^SQLITE_(CORRUPT|NOTADB)/.test((error as { code?: string }).code ?? '')

/** Renames a file once it is on disk, and the rename too. */
function putInPlace(partial: string, place: string): void {
  sync(partial)
  renameSync(partial, place)
  sync(dirname(place))
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Where a path leads, also if there is no file yet. */
function followLinks(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
  return isLink ? followLinks(resolve(dirname(path), readlinkSync(path))) : path
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true })
}
