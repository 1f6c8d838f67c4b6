// npm run restore -- FILE [--force]: puts a backup in the place of the database. The service must be stopped.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { databaseFile, runAlone, UsageError } from './command.ts'

await runAlone(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false } },
  })
  const [source] = positionals
  if (!source || positionals.length > 1) throw new UsageError('Usage: npm run restore -- FILE [--force]')
  const file = databaseFile()
  if (!existsSync(source)) throw new UsageError(`There is no file ${source}.`)
  checkBackup(source)
  if (existsSync(file)) {
    if (!values.force) throw new UsageError(`There is a database at ${file}. --force replaces it.`)
    checkUnused(file)
  }
  mkdirSync(dirname(file), { recursive: true })
  const partial = `${file}.part`
  copyFileSync(source, partial)
  for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true })
  renameSync(partial, file)
  console.error(`Restored ${file} from ${source}.`)
})

/** @throws UsageError when a file is no whole database of the tracker */
function checkBackup(file: string): void {
  let database: Database.Database | undefined
  try {
    database = new Database(file, { readonly: true })
    const verdict = database.pragma('integrity_check', { simple: true })
    const log = database.prepare(`select 1 from sqlite_schema where name = 'changes'`).get()
    if (verdict !== 'ok' || !log) throw new Error('not whole')
  } catch {
    throw new UsageError(`${file} is not a whole database of the tracker. Nothing was changed.`)
  } finally {
    database?.close()
  }
}

/** Only the last one to hold a database can take it out of WAL mode. @throws UsageError when somebody else has it */
function checkUnused(file: string): void {
  const database = new Database(file, { timeout: 500 })
  try {
    database.pragma('journal_mode = DELETE')
  } catch {
    throw new UsageError(`${file} is in use. Stop the service first.`)
  } finally {
    database.close()
  }
}
