// Imports files of records in one transaction, also while the service runs.
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { Engine } from '../db/engine.ts'
import { importFiles } from '../features/imports/import.ts'
import { pathsOf } from '../features/imports/kinds.ts'
import type { ImportResult } from '../features/imports/outcome.ts'
import type { ImportFormat } from '../features/imports/rows.ts'
import type { ImportFile } from '../features/imports/staged-rows.ts'
import { catalogue, recordsOn } from '../resources/index.ts'
import { progressLine, UsageError } from './command.ts'

interface Options {
  /** The kind of the rows, if file names do not contain it. */
  kind?: string
  dryRun?: boolean
  /** Why the records change. */
  reason?: string
}

const FORMATS: Record<string, ImportFormat> = { '.csv': 'csv', '.ndjson': 'ndjson', '.jsonl': 'ndjson' }
const MAX_ERRORS_SHOWN = 20
const kinds = pathsOf(catalogue)
const stem = (path: string) => basename(path, extname(path))

export async function importAll(engine: Engine, paths: string[], { kind, dryRun = false, reason }: Options) {
  if (kind !== undefined && !kinds.has(kind))
    throw new UsageError(`Unknown kind ${kind}. Legal: ${[...kinds.keys()].join(', ')}.`)
  const files = paths.flatMap(filesAt).map((path) => importFile(path, kind))
  const progress = progressLine()
  const author = { actor: { id: 'import', name: 'npm run import' }, requestId: null, reason }
  const result = await importFiles(recordsOn(engine), author, files, {
    dryRun,
    maxRows: Number.POSITIVE_INFINITY,
    onProgress: ({ phase, done, total }) =>
      progress.show(
        `${phase} ${done.toLocaleString('en')}${total === null ? '' : ` of ${total.toLocaleString('en')}`}`,
      ),
  })
  progress.clear()
  report(result, dryRun)
}

/** The file itself, or the files in a folder that are named after kinds. */
function filesAt(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) throw new UsageError(`There is no file ${path}.`)
  if (!stats.isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => FORMATS[extname(name)] && kinds.has(stem(name)))
  if (names.length === 0)
    throw new UsageError(`${path} contains no file named after a kind, such as proposals.ndjson.`)
  return names.sort().map((name) => join(path, name))
}

function importFile(path: string, kindName = stem(path)): ImportFile {
  const format = FORMATS[extname(path)]
  if (!format) throw new UsageError(`${path} is neither .csv nor .ndjson nor .jsonl.`)
  const kind = kinds.get(kindName) ?? null
  if (kind === null && format === 'csv')
    throw new UsageError(`The kind of the rows of ${path} is unknown. Use --kind.`)
  return { name: path, kind, format, chunks: createReadStream(path) }
}

/** @throws UsageError if there are errors */
function report(
  { rows, summary, differenceCount, differences, errorCount, errors }: ImportResult,
  dryRun: boolean,
): void {
  for (const { file, row, line, field, detail } of errors.slice(0, MAX_ERRORS_SHOWN)) {
    const place = row === null ? file : `${file}:${line} (row ${row}${field === null ? '' : `, ${field}`})`
    console.error(`${place}: ${detail}`)
  }
  if (errorCount > MAX_ERRORS_SHOWN) console.error(`… and ${errorCount - MAX_ERRORS_SHOWN} more.`)
  if (errorCount > 0) throw new UsageError(`${errorCount} errors in ${rows} rows. Nothing was written.`)
  for (const { kind, created, changed, unchanged } of summary)
    console.log(`${kind}: ${created} created, ${changed} changed, ${unchanged} unchanged`)
  for (const { file, line, row, field, id, record, report: value } of differences.slice(0, MAX_ERRORS_SHOWN))
    console.error(
      `${file}:${line} (row ${row}, ${field}): ${id} keeps ${JSON.stringify(record)}; the row has ${JSON.stringify(value)}.`,
    )
  if (differenceCount > MAX_ERRORS_SHOWN)
    console.error(`… and ${differenceCount - MAX_ERRORS_SHOWN} more differences.`)
  console.error(dryRun ? `Dry run of ${rows} rows: nothing was written.` : `Imported ${rows} rows.`)
}
