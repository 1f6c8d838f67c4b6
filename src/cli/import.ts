// npm run import -- FILE|DIR … [--kind KIND] [--dry-run]: writes files of records, all of it or nothing; works beside a
// running server.
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ImportFile, type ImportResult, importFiles } from '../features/imports/import.ts'
import { pathsOf } from '../features/imports/kinds.ts'
import type { ImportFormat } from '../features/imports/rows.ts'
import type { Kind } from '../records/schema/fields.ts'
import { catalogue, recordsOn } from '../resources/index.ts'
import { progressLine, runCommand, UsageError } from './command.ts'

const FORMATS: Record<string, ImportFormat> = { '.csv': 'csv', '.ndjson': 'ndjson', '.jsonl': 'ndjson' }

const kinds = pathsOf(catalogue)

const USAGE = `Usage: npm run import -- FILE|DIR … [--kind KIND] [--dry-run]
  FILE  is .csv, .ndjson or .jsonl. Its name says what its rows are (proposals.csv), or --kind does; the rows of
        an .ndjson may also say it themselves: {"kind": "speaker", "record": {…}}
  DIR   is what "npm run export" wrote
  KIND  is one of ${[...kinds.keys()].join(', ')}`

/** How many faults are shown. */
const MAX_SHOWN = 20

await runCommand(async (engine) => {
  const { positionals, values } = parseArguments()
  if (positionals.length === 0) throw new UsageError(USAGE)
  const files = positionals.flatMap(filesAt).map((path) => fileAt(path, values.kind))
  const dryRun = values['dry-run']
  const progress = progressLine()
  const author = { actor: { id: 'import', name: 'npm run import' }, requestId: null }
  const result = await importFiles(recordsOn(engine), author, files, {
    dryRun,
    mostRows: Number.POSITIVE_INFINITY,
    onProgress: ({ phase, done, total }) =>
      progress.show(
        `${phase} ${done.toLocaleString('en')}${total === null ? '' : ` of ${total.toLocaleString('en')}`}`,
      ),
  })
  progress.clear()
  tell(result, dryRun)
})

function parseArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { kind: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}

/** The file itself, or the files of a folder that have the name of a kind. */
function filesAt(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new UsageError(`There is no file ${path}.`)
  if (!found.isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => FORMATS[extname(name)] && kinds.has(stem(name)))
  if (names.length === 0) throw new UsageError(`Nothing in ${path} has a name such as proposals.ndjson.`)
  return names.sort().map((name) => join(path, name))
}

function stem(path: string): string {
  return basename(path, extname(path))
}

function fileAt(path: string, named: string | undefined): ImportFile {
  const format = FORMATS[extname(path)]
  if (!format) throw new UsageError(`${path} is neither .csv nor .ndjson nor .jsonl.`)
  if (named !== undefined && !kinds.has(named)) throw new UsageError(`There is no kind ${named}.\n${USAGE}`)
  const kind: Kind | null = kinds.get(named ?? stem(path)) ?? null
  if (kind === null && format === 'csv')
    throw new UsageError(`What are the rows of ${path}? Say so with --kind.`)
  return { name: path, kind, format, chunks: createReadStream(path) }
}

/** @throws UsageError when nothing was written, though it was to be */
function tell({ rows, summary, unidentified, errorCount, errors }: ImportResult, dryRun: boolean): void {
  for (const { file, row, line, field, detail } of errors.slice(0, MAX_SHOWN)) {
    const place = row === null ? file : `${file}:${line} (row ${row}${field === null ? '' : `, ${field}`})`
    console.error(`${place}: ${detail}`)
  }
  if (errorCount > MAX_SHOWN) console.error(`… and ${errorCount - MAX_SHOWN} more.`)
  if (errorCount > 0) throw new UsageError(`${errorCount} faults in ${rows} rows. Nothing was written.`)
  for (const { kind, created, changed, unchanged } of summary)
    console.log(`${kind}: ${created} created, ${changed} changed, ${unchanged} unchanged`)
  if (unidentified > 0)
    console.error(
      `${unidentified} new records have neither id nor identifiers: the same file again would make them again.`,
    )
  console.error(dryRun ? `Dry run of ${rows} rows: nothing was written.` : `Imported ${rows} rows.`)
}
