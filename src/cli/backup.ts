// Copies a SQLite database while the service runs, and puts such a copy back while it does not.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import Driver from 'better-sqlite3'
import type { Command } from 'commander'
import { fileOf } from '../db/open.ts'
import { progressLine, UsageError } from './command.ts'
import { settingsOf } from './settings.ts'

interface Options {
  /** Whether to replace a file that exists. */
  force?: boolean
}

function databaseFile(command: Command): string {
  const { databaseUrl } = settingsOf(command)
  if (databaseUrl.startsWith('file:')) return fileOf(databaseUrl)
  throw new UsageError('This is for SQLite. Use pg_dump and pg_restore for PostgreSQL (docs/operations.md).')
}

export async function backup(target: string, { force }: Options, command: Command): Promise<void> {
  const file = databaseFile(command)
  if (!existsSync(file)) throw new UsageError(`There is no database at ${file}.`)
  if (existsSync(target) && !force) throw new UsageError(`${target} exists. --force replaces it.`)
  const partial = `${target}.part`
  const database = new Driver(file, { readonly: true })
  const progress = progressLine()
  try {
    const { totalPages } = await database.backup(partial, {
      progress: ({ totalPages: total, remainingPages }) => {
        progress.show(`${Math.round((100 * (total - remainingPages)) / total)} %`)
        return 2000
      },
    })
    renameSync(partial, target)
    progress.clear()
    console.error(`Copied ${totalPages} pages to ${target}.`)
  } finally {
    database.close()
    rmSync(partial, { force: true })
  }
}

export function restore(source: string, { force }: Options, command: Command): void {
  const file = databaseFile(command)
  if (!existsSync(source)) throw new UsageError(`There is no file ${source}.`)
  checkBackup(source)
  if (existsSync(file)) {
    if (!force) throw new UsageError(`There is a database at ${file}. --force replaces it.`)
    checkUnused(file)
  }
  mkdirSync(dirname(file), { recursive: true })
  const partial = `${file}.part`
  copyFileSync(source, partial)
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  renameSync(partial, file)
  console.error(`Restored ${file} from ${source}.`)
}

function checkBackup(file: string): void {
  let database: Driver.Database | undefined
  try {
    database = new Driver(file, { readonly: true })
    const verdict = database.pragma('integrity_check', { simple: true })
    const log = database.prepare(`select 1 from sqlite_schema where name = 'changes'`).get()
    if (verdict !== 'ok' || !log) throw new Error('incomplete')
  } catch {
    throw new UsageError(`${file} is not a complete database of the tracker. Nothing was changed.`)
  } finally {
    database?.close()
  }
}

/** Only the last connection to a database can take it out of WAL mode. */
function checkUnused(file: string): void {
  const database = new Driver(file, { timeout: 500 })
  try {
    database.pragma('journal_mode = DELETE')
  } catch {
    throw new UsageError(`${file} is in use. Stop the service first.`)
  } finally {
    database.close()
  }
}
