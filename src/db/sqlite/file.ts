// Recognises database files of the service, so that no other file is migrated, served or replaced by mistake.
import { readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type Database from 'better-sqlite3'

export const MIGRATIONS = new URL('../../../migrations/sqlite', import.meta.url).pathname

/** The `application_id` of our files: "SCOT". */
export const APPLICATION_ID = 0x53434f54

/** A file that is not to be used; its message is one line for the user. */
export class WrongFileError extends Error {
  readonly code = 'WRONG_FILE'
}

/** @throws WrongFileError if the file is of another application, or of a newer version of the service; an empty file is fine */
export function checkFile(database: Database.Database, name: string): void {
  checkApplication(database, name)
  if (lastMigration(database) > latestMigration())
    throw new WrongFileError(`${name} was written by a newer version of the service. Use that version.`)
}

/** @throws WrongFileError */
export function checkApplication(database: Database.Database, name: string): void {
  const id = database.pragma('application_id', { simple: true }) as number
  const tables = database
    .prepare(`select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`)
    .pluck()
    .all()
  // Files created before the id existed have none.
  const known = id === APPLICATION_ID || (id === 0 && (tables.length === 0 || tables.includes('changes')))
  if (!known) throw new WrongFileError(`${name} is a database of another application.`)
}

/** Whether the latest migration has been applied. */
export const isUpToDate = (database: Database.Database) => lastMigration(database) >= latestMigration()

/** When the last migration that was applied was created; -1 if there is none. */
function lastMigration(database: Database.Database): number {
  const migrated = database.prepare(`select 1 from sqlite_schema where name = '__drizzle_migrations'`).get()
  if (!migrated) return -1
  return Number(database.prepare('select max(created_at) from __drizzle_migrations').pluck().get() ?? -1)
}

function latestMigration(): number {
  const { entries } = JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8')) as {
    entries: { when: number }[]
  }
  return entries.at(-1)?.when ?? 0
}

/** Notices when the files under the names of a database are no longer those that were opened. */
export class OpenedFiles {
  readonly #file: string
  readonly #opened: [path: string, inode: string | undefined][]

  constructor(file: string) {
    this.#file = file
    this.#opened = [file, `${file}-wal`].map((path) => [path, inodeOf(path)])
  }

  /** @throws WrongFileError */
  check(): void {
    for (const [path, inode] of this.#opened)
      if (inode !== undefined && inodeOf(path) !== inode)
        throw new WrongFileError(`${path} was deleted or replaced while the service was running.`)
  }

  /** Looks into the file itself, since connections have much of it in memory. @throws WrongFileError */
  async checkHeader(): Promise<void> {
    const file = await open(this.#file)
    try {
      const { buffer: header } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
      const id = header.readUInt32BE(ID_OFFSET)
      // The id may be in the WAL only.
      if (!header.toString('latin1').startsWith(MAGIC) || (id !== 0 && id !== APPLICATION_ID))
        throw new WrongFileError(`${this.#file} is no longer a database of the service.`)
    } finally {
      await file.close()
    }
  }
}

/** The header of a SQLite file (https://sqlite.org/fileformat2.html). */
const HEADER_BYTES = 100
const MAGIC = 'SQLite format 3\0'
const ID_OFFSET = 68

function inodeOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat && `${stat.dev} ${stat.ino}`
}
