// What every command shares: the database of the settings, and one clear line when something is wrong.
import { readConfig } from '../config.ts'
import type { Engine } from '../db/engine.ts'
import { fileOf, openEngine } from '../db/open.ts'

/** A mistake of the person at the terminal: its message is all that is shown. */
export class UsageError extends Error {}

/** Runs a command, and ends the process with 1 and one line when it fails. */
export async function runAlone(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}

/** The SQLite file of the settings. @throws UsageError on PostgreSQL, which brings its own tools */
export function databaseFile(): string {
  const { databaseUrl } = readConfig(process.env)
  if (databaseUrl.startsWith('file:')) return fileOf(databaseUrl)
  throw new UsageError('This is for SQLite. Use pg_dump and pg_restore for PostgreSQL (docs/operations.md).')
}

/** Opens the database, migrated, runs the command on it, and ends the process with 1 when that fails. */
export const runCommand = (work: (engine: Engine) => Promise<void>): Promise<void> =>
  runAlone(async () => {
    const engine = await openEngine(readConfig(process.env).databaseUrl)
    try {
      await engine.migrate()
      await work(engine)
    } finally {
      await engine.close()
    }
  })

/** One line that says how far a long command is; nothing where there is no terminal. */
export function progressLine() {
  const { stderr } = process
  let shownAt = 0
  return {
    show(text: string) {
      if (!stderr.isTTY || performance.now() - shownAt < 100) return
      shownAt = performance.now()
      stderr.write(`\r\x1b[K${text}`)
    },
    clear() {
      if (stderr.isTTY) stderr.write('\r\x1b[K')
    },
  }
}
