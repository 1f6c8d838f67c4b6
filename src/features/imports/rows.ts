// Parses NDJSON and CSV files in UTF-8 into rows, each with the line on which it begins.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type CsvError, parse as csvParser } from 'csv-parse'
import { parseJson } from '../../core/json.ts'
import { didYouMean } from '../../core/nearest.ts'
import { detailOf, Problem } from '../../core/problems.ts'
import type { ColumnReader } from '../formats/columns.ts'

export type ImportFormat = 'csv' | 'ndjson'

/** A row, its faults, or both: what could be read beside them. A fault without a field is about the row as a whole. */
export interface Row {
  /** The line in the file, from 1. */
  line: number
  value?: Record<string, unknown>
  faults?: { field: string | null; detail: string }[]
}

/** The maximum length of a row, in UTF-16 units; enough for a source with the longest text. */
const MAX_ROW_LENGTH = 4 * 1024 * 1024

/** The maximum number of columns of a CSV file. */
const MAX_COLUMNS = 200

/** Byte order marks of other encodings; that of UTF-8 is skipped. */
const OTHER_ENCODINGS: [string, number[]][] = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
]

/** @throws Problem `malformed-body` if the bytes are not UTF-8 */
export async function* decodeUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  let hasStarted = false
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw new Problem(
        'malformed-body',
        `The file is not UTF-8 (on line ${line} or later). Save it as UTF-8; spreadsheets call it "CSV UTF-8".`,
      )
    }
  }
  for await (const chunk of chunks) {
    const other = hasStarted
      ? undefined
      : OTHER_ENCODINGS.find(([, mark]) => mark.every((byte, index) => chunk[index] === byte))
    if (other) throw new Problem('malformed-body', `The file is ${other[0]}; save it as UTF-8.`)
    hasStarted = true
    const text = decode(chunk)
    yield text
    line += text.split('\n').length - 1
  }
  yield decode()
}

/** Parses newline-delimited JSON; empty lines are skipped. */
export async function* ndjsonRows(texts: AsyncIterable<string>): AsyncGenerator<Row> {
  let line = 0
  for await (const text of lines(texts)) {
    line++
    if (text.length > MAX_ROW_LENGTH)
      yield { line, faults: [{ field: null, detail: 'The line is too long.' }] }
    else if (text.trim() !== '') yield jsonRow(text, line)
  }
}

function jsonRow(text: string, line: number): Row {
  try {
    const value = parseJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { line, value: value as Record<string, unknown> }
    return { line, faults: [{ field: null, detail: 'A line must be a JSON object.' }] }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { line, faults: [{ field: null, detail: error.message.replace('The body', 'The line') }] }
  }
}

async function* lines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of texts) {
    const parts = text.split('\n')
    parts[0] = rest + parts[0]
    rest = parts.pop() ?? ''
    // A line that is too long is truncated.
    if (rest.length > MAX_ROW_LENGTH) rest = rest.slice(0, MAX_ROW_LENGTH + 1)
    yield* parts
  }
  yield rest
}

/**
 * Parses CSV (RFC 4180) with a header; the delimiter may also be a semicolon or a tab.
 * @throws Problem `invalid-body` for unknown columns, `malformed-body` for a header that is not CSV
 */
export async function* csvRows(
  texts: AsyncIterable<string>,
  readers: ReadonlyMap<string, ColumnReader>,
): AsyncGenerator<Row> {
  const [head, all] = await withHead(texts)
  const skipped: CsvFault[] = []
  const parser = csvParser({
    delimiter: delimiterOf(head),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_LENGTH,
    skip_records_with_error: true,
    on_skip: (error) => void skipped.push(error as CsvFault),
  })
  let header: ColumnReader[] | undefined
  let lastLine = 0
  const feeding = pipeline(Readable.from(all), parser)
  // An error of the input destroys the parser, which throws it below.
  feeding.catch(() => {})
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[]
      info: { lines: number }
    }>) {
      // The parser is ahead of this loop, and reports the line on which a row ends.
      const line = info.lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0)
      yield* skippedRows(skipped, header, lastLine, line)
      lastLine = info.lines
      if (header) yield csvRow(header, record, line)
      else header = headerOf(record, readers)
    }
    yield* skippedRows(skipped, header, lastLine, Number.POSITIVE_INFINITY)
  } finally {
    parser.destroy()
  }
}

type CsvFault = CsvError & { lines: number; column?: number }

/** Takes the faults of the rows before a line from the list, and yields each of these rows. */
function* skippedRows(
  skipped: CsvFault[],
  header: ColumnReader[] | undefined,
  lastLine: number,
  before: number,
): Generator<Row> {
  const count = skipped.findIndex(({ lines }) => lines >= before)
  const lines = new Set<number>()
  for (const fault of skipped.splice(0, count === -1 ? skipped.length : count)) {
    // One fault for each row; where a mark closes wrongly, the parser takes the rest of the file for a cell.
    if (lines.has(fault.lines)) continue
    lines.add(fault.lines)
    const detail = CSV_FAULTS[fault.code] ?? `${fault.message}.`
    if (!header) throw new Problem('malformed-body', `The header is not valid CSV. ${detail}`)
    const { column } = fault
    const cell = typeof column === 'number' ? `Cell ${column + 1}: ` : ''
    const field = (typeof column === 'number' && header[column]?.path.join('.')) || null
    const line = fault.code === 'CSV_QUOTE_NOT_CLOSED' ? lastLine + 1 : fault.lines
    yield { line, faults: [{ field, detail: cell + detail }] }
    if (fault.code === 'CSV_INVALID_CLOSING_QUOTE') return
  }
}

const CSV_FAULTS: Record<string, string> = {
  INVALID_OPENING_QUOTE:
    'A quotation mark is inside a cell that does not begin with one. Put the cell into quotation marks, and double the marks inside it.',
  CSV_INVALID_CLOSING_QUOTE:
    'A closing quotation mark is followed by more text. Double the quotation marks inside a cell.',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE:
    'A closing quotation mark is followed by more text. Double the quotation marks inside a cell.',
  CSV_QUOTE_NOT_CLOSED: 'A quotation mark is opened and never closed.',
  CSV_MAX_RECORD_SIZE: 'The row is too long.',
}

/** The first line of a text, and the whole text. */
async function withHead(texts: AsyncIterable<string>): Promise<[string, AsyncIterable<string>]> {
  const source = texts[Symbol.asyncIterator]()
  let read = ''
  let done = false
  while (!done && !read.includes('\n') && read.length < 100_000) {
    const next = await source.next()
    done = next.done === true
    read += next.done ? '' : next.value
  }
  async function* all() {
    yield read
    while (!done) {
      const next = await source.next()
      if (next.done) return
      yield next.value
    }
  }
  return [read.split('\n', 1)[0] ?? '', all()]
}

/** The most frequent delimiter of the header. */
export const delimiterOf = (head: string) =>
  [',', ';', '\t'].toSorted((one, other) => head.split(other).length - head.split(one).length)[0] ?? ','

function headerOf(names: string[], readers: ReadonlyMap<string, ColumnReader>): ColumnReader[] {
  if (names.length > MAX_COLUMNS)
    throw new Problem(
      'invalid-body',
      `The header has ${names.length.toLocaleString('en')} columns; at most ${MAX_COLUMNS} are allowed.`,
    )
  const legal = [...readers.keys()]
  const errors = names.flatMap((text, index) => {
    const name = text.trim()
    if (names.findIndex((other) => other.trim() === name) < index)
      return [{ parameter: name, detail: 'The column is in the header twice.' }]
    if (readers.has(name)) return []
    return [
      {
        parameter: name,
        detail: `Unknown column ${JSON.stringify(name)}.${didYouMean(name, legal)} Legal: ${legal.join(', ')}.`,
      },
    ]
  })
  if (errors.length > 0) throw new Problem('invalid-body', detailOf(errors), { errors })
  return names.flatMap((name) => readers.get(name.trim()) ?? [])
}

function csvRow(header: ColumnReader[], cells: string[], line: number): Row {
  const value: Record<string, unknown> = {}
  const faults: { field: string | null; detail: string }[] = []
  if (cells.length > header.length && cells.slice(header.length).some((cell) => cell !== ''))
    faults.push({
      field: null,
      detail: `The row has ${cells.length} cells, but the header has ${header.length}.`,
    })
  for (const [index, { path, read }] of header.entries()) {
    const text = cells[index] ?? ''
    if (text.includes('\0')) faults.push({ field: path.join('.'), detail: 'Contains a NUL character.' })
    try {
      const parsed = read(text)
      if (parsed !== undefined) put(value, path, parsed)
    } catch (error) {
      faults.push({ field: path.join('.'), detail: (error as Error).message })
    }
  }
  return faults.length > 0 ? { line, value, faults } : { line, value }
}

function put(target: Record<string, unknown>, path: string[], value: unknown): void {
  const [key = '', inner] = path
  if (inner === undefined) target[key] = value
  else target[key] = { ...(target[key] as object | undefined), [inner]: value }
}
