// Parses NDJSON and CSV files in UTF-8 into rows, each with the line on which it begins.
import { parse as csvParser } from 'csv-parse'
import { parseJson } from '../../core/json.ts'
import { didYouMean } from '../../core/nearest.ts'
import { Problem } from '../../core/problems.ts'
import type { ColumnReader } from '../formats/columns.ts'

export type ImportFormat = 'csv' | 'ndjson'

/** A row or its faults. A fault without a field is about the row as a whole. */
export interface Row {
  /** The line in the file, from 1. */
  line: number
  value?: Record<string, unknown>
  faults?: { field: string | null; detail: string }[]
}

/** The longest row, in UTF-16 units; a source with the longest text fits. */
const LONGEST_ROW = 4 * 1024 * 1024

/** Byte order marks of other encodings; that of UTF-8 is skipped. */
const OTHER_ENCODINGS: [string, number[]][] = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
]

/** @throws Problem `malformed-body` when the bytes are not UTF-8 */
export async function* decodeUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  let begun = false
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw new Problem(
        'malformed-body',
        `The file is not UTF-8 (on line ${line} or behind it). Save it as UTF-8; in a spreadsheet that is "CSV UTF-8".`,
      )
    }
  }
  for await (const chunk of chunks) {
    const other = begun
      ? undefined
      : OTHER_ENCODINGS.find(([, mark]) => mark.every((byte, index) => chunk[index] === byte))
    if (other) throw new Problem('malformed-body', `The file is ${other[0]}; save it as UTF-8.`)
    begun = true
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
    if (text.length > LONGEST_ROW) yield { line, faults: [{ field: null, detail: 'The line is too long.' }] }
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
    // The rest of a line that is already too long is dropped.
    if (rest.length > LONGEST_ROW) rest = rest.slice(0, LONGEST_ROW + 1)
    yield* parts
  }
  yield rest
}

/**
 * Parses CSV (RFC 4180) with a header; the delimiter may also be a semicolon or a tab.
 * @throws Problem `invalid-body` for unknown columns, `malformed-body` for a file that is not CSV
 */
export async function* csvRows(
  texts: AsyncIterable<string>,
  readers: ReadonlyMap<string, ColumnReader>,
): AsyncGenerator<Row> {
  const [head, all] = await withHead(texts)
  const parser = csvParser({
    delimiter: delimiterOf(head),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  })
  const feeding = feed(parser, all)
  let header: ColumnReader[] | undefined
  let line = 1
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[]
      info: { lines: number }
    }>) {
      // The parser reports the line on which a row ends.
      line = info.lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0)
      if (header) yield csvRow(header, record, line)
      else header = headerOf(record, readers)
    }
    await feeding
  } catch (error) {
    if (error instanceof Problem) throw error
    const { code, message } = error as { code?: string; message: string }
    if (!code?.startsWith('CSV_')) throw error
    throw new Problem('malformed-body', `The file is not valid CSV after line ${line}: ${message}.`)
  } finally {
    parser.destroy()
  }
}

/** Feeds a parser with backpressure; an error of the input destroys the parser. */
async function feed(parser: ReturnType<typeof csvParser>, texts: AsyncIterable<string>): Promise<void> {
  try {
    for await (const text of texts) {
      if (parser.destroyed) return
      if (!parser.write(text))
        await new Promise((resolve) => parser.once('drain', resolve).once('close', resolve))
    }
    parser.end()
  } catch (error) {
    parser.destroy(error as Error)
  }
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

/** The delimiter that the header uses most. */
const delimiterOf = (head: string) =>
  [',', ';', '\t'].toSorted((one, other) => head.split(other).length - head.split(one).length)[0] ?? ','

function headerOf(names: string[], readers: ReadonlyMap<string, ColumnReader>): ColumnReader[] {
  const legal = [...readers.keys()]
  const errors = names.flatMap((given, index) => {
    const name = given.trim()
    if (names.findIndex((other) => other.trim() === name) < index)
      return [{ parameter: name, detail: 'The column is in the header twice.' }]
    if (readers.has(name)) return []
    return [
      {
        parameter: name,
        detail: `There is no column ${JSON.stringify(name)}.${didYouMean(name, legal)} Legal: ${legal.join(', ')}.`,
      },
    ]
  })
  if (errors.length > 0)
    throw new Problem('invalid-body', errors.map(({ detail }) => detail).join(' '), { errors })
  return names.flatMap((name) => readers.get(name.trim()) ?? [])
}

function csvRow(header: ColumnReader[], cells: string[], line: number): Row {
  const value: Record<string, unknown> = {}
  const faults: { field: string | null; detail: string }[] = []
  if (cells.length > header.length && cells.slice(header.length).some((cell) => cell !== ''))
    faults.push({
      field: null,
      detail: `The row has ${cells.length} cells, the header ${header.length}.`,
    })
  for (const [index, { path, read }] of header.entries()) {
    const text = cells[index] ?? ''
    if (text.includes('\0')) faults.push({ field: path.join('.'), detail: 'Contains a NUL character.' })
    try {
      const cells = read(text)
      if (cells !== undefined) put(value, path, cells)
    } catch (error) {
      faults.push({ field: path.join('.'), detail: (error as Error).message })
    }
  }
  return faults.length > 0 ? { line, faults } : { line, value }
}

function put(target: Record<string, unknown>, path: string[], value: unknown): void {
  const [key = '', inner] = path
  if (inner === undefined) target[key] = value
  else target[key] = { ...(target[key] as object | undefined), [inner]: value }
}
