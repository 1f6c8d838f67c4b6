// A file to import as a table: what its rows are, its first rows, those with faults, and the file with rows that were mended.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse as csvParser } from 'csv-parse'
import { pauses } from '../core/pauses.ts'
import { columnReaders, csvText } from '../features/formats/columns.ts'
import { partsOf } from '../features/imports/kinds.ts'
import { delimiterOf, type ImportFormat } from '../features/imports/rows.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Entity } from '../records/schema/resource.ts'

export interface ImportedFile {
  format: ImportFormat
  content: string
}

/** How many characters are parsed at once. */
const PIECE = 65_536

const MAX_PREVIEWED = 10

/** The records of a CSV file, its header first, or the lines of NDJSON that are not empty. @throws Error if it is not CSV */
async function* recordsOf({ format, content }: ImportedFile): AsyncGenerator<string[]> {
  if (format === 'ndjson') {
    for (const line of content.split('\n')) if (line.trim() !== '') yield [line]
    return
  }
  const pieces = function* () {
    for (let from = 0; from < content.length; from += PIECE) yield content.slice(from, from + PIECE)
  }
  const [head = ''] = content.split('\n', 1)
  const parser = csvParser({ delimiter: delimiterOf(head), relax_column_count: true, skip_empty_lines: true })
  const pause = pauses()
  // An error of the file destroys the parser, which throws it below.
  pipeline(Readable.from(pieces()), parser).catch(() => {})
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      yield record
      await pause()
    }
  } finally {
    parser.destroy()
  }
}

/** The columns of a file: those of its header, or the fields of its first row. Null: each row contains its kind. */
async function columnsIn(file: ImportedFile): Promise<string[] | null> {
  const read = await rowsAt(file)
  if (!read) return []
  if (file.format === 'csv') return read.header
  try {
    const names = Object.keys(JSON.parse(read.rows.get(1)?.[0] ?? '') as object)
    return names.length === 2 && names.includes('kind') && names.includes('record') ? null : names
  } catch {
    return []
  }
}

/** The kind of the rows of a file: by its columns, and by its name where that leaves a choice. Null: each row contains it; undefined: unknown. */
export async function recogniseKind(
  catalogue: Catalogue,
  name: string,
  file: ImportedFile,
): Promise<Kind | null | undefined> {
  const columns = await columnsIn(file)
  if (columns === null) return null
  const words = name.toLowerCase().split(/[^a-z]+/)
  const scored = catalogue.entities.map((entity) => {
    const { kind, path, writable } = entity
    const known = knownColumns(catalogue, entity)
    const isMissing = ([key, field]: [string, { safeParse(value: unknown): { success: boolean } }]) =>
      !columns.some((column) => column.split('.')[0] === key) && !field.safeParse(undefined).success
    return {
      kind,
      unknown: columns.filter((column) => !known.has(column)).length,
      missing: Object.entries(writable.shape).filter((one) => isMissing(one as never)).length,
      named: words.includes(path) || words.includes(kind) ? 0 : 1,
    }
  })
  const [best] = scored.toSorted(
    (one, other) => one.unknown - other.unknown || one.named - other.named || one.missing - other.missing,
  )
  return best && best.unknown < columns.length ? best.kind : undefined
}

/** The columns that rows of a kind can have. */
export const knownColumns = (catalogue: Catalogue, entity: Entity): ReadonlySet<string> =>
  new Set(columnReaders(entity, partsOf(catalogue, entity)).keys())

export interface Rows {
  /** Empty for NDJSON. */
  header: string[]
  /** The cells of each row by its number, from 1; for NDJSON the line. */
  rows: Map<number, string[]>
}

/** Some rows of a file; null if it is not CSV. @param numbers default: the first ones */
export async function rowsAt(file: ImportedFile, numbers?: ReadonlySet<number>): Promise<Rows | null> {
  const isWanted = (row: number) => (numbers ? numbers.has(row) : row <= MAX_PREVIEWED)
  const last = numbers ? Math.max(0, ...numbers) : MAX_PREVIEWED
  let header: string[] | undefined = file.format === 'csv' ? undefined : []
  const rows = new Map<number, string[]>()
  let row = 0
  try {
    for await (const record of recordsOf(file)) {
      if (!header) header = record.map((name) => name.trim())
      else if (++row > last) break
      else if (isWanted(row)) rows.set(row, record)
    }
  } catch {
    return null
  }
  return { header: header ?? [], rows }
}

export interface Mending {
  /** The new cells of rows, by column; for NDJSON the line, by the name of an empty column. */
  cells: ReadonlyMap<number, ReadonlyMap<string, string>>
  /** The rows that are left out. */
  omitted: ReadonlySet<number>
}

/** The content of a file with mended rows. Columns that are new come last. @throws Error if it is not CSV */
export async function mend(file: ImportedFile, { cells, omitted }: Mending): Promise<string> {
  const isCsv = file.format === 'csv'
  let header: string[] | undefined = isCsv ? undefined : ['']
  const texts: string[] = []
  let batch: string[][] = []
  const flush = () => {
    texts.push(isCsv ? csvText(batch) : batch.map(([line]) => `${line}\n`).join(''))
    batch = []
  }
  let row = 0
  for await (const record of recordsOf(file)) {
    if (!header) {
      const names = record.map((name) => name.trim())
      const added = [...cells.values()].flatMap((changed) => [...changed.keys()])
      header = [...new Set([...names, ...added])]
      batch.push(header)
    } else if (!omitted.has(++row)) {
      const changed = cells.get(row)
      batch.push(changed ? header.map((name, column) => changed.get(name) ?? record[column] ?? '') : record)
    }
    if (batch.length === 500) flush()
  }
  flush()
  return texts.join('')
}
