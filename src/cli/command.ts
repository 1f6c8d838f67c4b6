// Shared parts of commands: the database, user errors, and a progress line.
import { existsSync } from 'node:fs'
import type { Engine } from '../db/engine.ts'
import { fileOf, openEngine } from '../db/open.ts'
import { prepareDatabase } from '../resources/index.ts'

/** A mistake of the user: only its message is shown. */
export class UsageError extends Error {}

/**
 * Runs a command on the migrated database.
 * @param options.create whether a SQLite file is created if there is none. @throws UsageError
 */
export async function withEngine(
  url: string,
  work: (engine: Engine) => Promise<void>,
  { create }: { create: boolean },
): Promise<void> {
  if (!create && url.startsWith('file:') && !existsSync(fileOf(url)))
    throw new UsageError(
      `There is no database at ${fileOf(url)}. Check DATABASE_URL; "npm start" creates one.`,
    )
  const engine = await openEngine(url)
  try {
    await prepareDatabase(engine)
    await work(engine)
  } finally {
    await engine.close()
  }
}

/** Shows the progress of a long command in one line of the terminal, if there is one. */
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
