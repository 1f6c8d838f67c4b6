// npm run backup -- FILE [--force]: a consistent copy of the database, taken while the service runs and writes.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { databaseFile, progressLine, runAlone, UsageError } from './command.ts'

await runAlone(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false } },
  })
  const [target] = positionals
  if (!target || positionals.length > 1) throw new UsageError('Usage: npm run backup -- FILE [--force]')
  const file = databaseFile()
  if (!existsSync(file)) throw new UsageError(`There is no database at ${file}.`)
  if (existsSync(target) && !values.force) throw new UsageError(`${target} exists. --force overwrites it.`)
  const partial = `${target}.part`
  const database = new Database(file, { readonly: true })
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
})
