// Converts records to CSV cells and back, one column per field.
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { type Json, valuesAt } from '../../records/schema/document.ts'
import type { Entity } from '../../records/schema/resource.ts'

/** The columns of a shape: fields of objects are separate (`depositary.stateCode`), a list is one column. */
export const columnsOf = (shape: z.ZodObject): string[][] =>
  Object.entries(shape.shape).flatMap(([key, schema]) => {
    const inner = unwrapped(schema as z.ZodType)
    return inner instanceof z.ZodObject ? Object.keys(inner.shape).map((name) => [key, name]) : [[key]]
  })

/** A column with the titles of the records that a field refers to. */
export interface TitleColumn {
  /** `publisherName` beside `publisherId`, `topicNames` beside `topicIds`, `participants.stateNames` beside `participants`. */
  name: string
  /** The path of the ids, `*` standing for every list position. */
  ids: string[]
}

/** A column of a list: a field, or the titles beside one. */
export type ListColumn = { name: string; path: string[] } | TitleColumn

/** The columns of a list of records: each field, with the titles of what it refers to beside it. */
export function listColumns(entity: Entity): ListColumn[] {
  // The record that a part belongs to is of any kind.
  const parent = 'recordId' in entity.record.shape ? [{ field: 'recordId', path: ['recordId'] }] : []
  const references = [...entity.references, ...parent]
  return columnsOf(entity.record).flatMap((path) => [
    { name: path.join('.'), path },
    ...references
      .filter((reference) => path.every((key, index) => reference.path[index] === key))
      .map(({ field, path: ids }) => ({ name: titleColumn(field, ids.includes('*')), ids })),
  ])
}

const titleColumn = (field: string, several: boolean) =>
  `${field.replace(/(?:Id|Code)s?$/, '')}Name${several ? 's' : ''}`

/** The ids of the records whose titles a row has. */
export const idsInTitleColumns = (columns: readonly ListColumn[], doc: Json): string[] =>
  columns.flatMap((column) => ('ids' in column ? idsAt(doc, column) : []))

const idsAt = (doc: Json, { ids }: TitleColumn) => [
  ...new Set(valuesAt(doc, ids).map(([, id]) => String(id))),
]

/** The cells of a row of a list. Several titles are separated by semicolons. */
export const listCells = (
  columns: readonly ListColumn[],
  doc: Json,
  titles: ReadonlyMap<string, string>,
): string[] =>
  columns.map((column) =>
    'ids' in column
      ? guarded(
          idsAt(doc, column)
            .flatMap((id) => titles.get(id) ?? [])
            .join('; '),
        )
      : cell(column.path.reduce<Json>(member, doc)),
  )

/** The cells of a record. A list is JSON, null an empty cell. */
export const cellsOf = (columns: string[][], doc: Json): string[] =>
  columns.map((path) => cell(path.reduce<Json>(member, doc)))

const member = (value: Json, key: string): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value[key] ?? null) : null

const cell = (value: Json): string =>
  value === null ? '' : typeof value === 'object' ? listCell(value) : guarded(String(value))

/** A list as JSON. Spreadsheets that separate cells by semicolons would find a formula in a text of it. */
const listCell = (value: Json) =>
  JSON.stringify(value).replace(/;(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g, '\\u003b')

/** The rows of a CSV file (RFC 4180). Lone line feeds and carriage returns are quoted too, since parsers end rows at them. */
export const csvText = (rows: string[][]): string =>
  stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n]/ })

/** Texts that a spreadsheet would evaluate as a formula (OWASP: CSV injection), and `null`, which clears a field. */
const RISKY = /^'*(?:[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|null$)/

/** What would begin a cell within a text where a spreadsheet separates cells by semicolons or tabs. */
const RISKY_WITHIN = /(?<=[;\t\r\n])'*[=+\-@\uff1d\uff0b\uff0d\uff20]/g

/** Puts a `'` before whatever a spreadsheet would evaluate as a formula. */
const guarded = (text: string) =>
  (RISKY.test(text) ? `'${text}` : text).replace(RISKY_WITHIN, (formula) => `'${formula}`)

const unguarded = (cell: string) =>
  (cell.startsWith("'") && RISKY.test(cell) ? cell.slice(1) : cell).replace(RISKY_WITHIN, (formula) =>
    formula.startsWith("'") ? formula.slice(1) : formula,
  )

/** Reads the cells of one column. */
export interface ColumnReader {
  path: string[]
  /** @returns undefined for an empty cell. @throws Error with a message for users */
  read(cell: string): unknown
}

/** The readers of the columns of an entity and of its lists of children, by name. */
export function columnReaders(entity: Entity, parts: readonly string[]): Map<string, ColumnReader> {
  const readers = columnsOf(entity.record).map((path): [string, ColumnReader] => {
    const schema = path.reduce<z.ZodType>(
      (object, key) => (unwrapped(object) as z.ZodObject).shape[key] as z.ZodType,
      entity.record,
    )
    return [path.join('.'), { path, read: readerOf(unwrapped(schema), path) }]
  })
  // Titles are for people.
  const titles = listColumns(entity).flatMap((column): [string, ColumnReader][] =>
    'ids' in column ? [[column.name, { path: [column.name], read: () => undefined }]] : [],
  )
  const lists = parts.map((name): [string, ColumnReader] => [name, { path: [name], read: nonEmpty(json) }])
  return new Map([...readers, ...titles, ...lists])
}

function readerOf(schema: z.ZodType, path: string[]): (cell: string) => unknown {
  if (path[0] === 'identifiers') return nonEmpty(identifiersIn)
  if (path[0] === 'otherNames') return nonEmpty(otherNamesIn)
  if (schema instanceof z.ZodArray) {
    return nonEmpty(unwrapped(schema.element as z.ZodType) instanceof z.ZodObject ? json : wordsIn)
  }
  if (schema instanceof z.ZodNumber) return nonEmpty(number)
  // A text among the options stays one; what it means depends on other fields.
  if (schema instanceof z.ZodUnion && !schema.options.some((option) => option instanceof z.ZodString))
    return nonEmpty((text) => (/^\d+$/.test(text) ? Number(text) : text))
  return nonEmpty(unguarded)
}

const nonEmpty = (read: (cell: string) => unknown) => (cell: string) =>
  cell === '' ? undefined : cell === 'null' ? null : read(cell)

function json(cell: string): unknown {
  try {
    return JSON.parse(cell)
  } catch {
    throw new Error('Must be a JSON list, such as [{"title": "…"}].')
  }
}

const pieces = (cell: string) =>
  cell
    .split(';')
    .map((piece) => piece.trim())
    .filter(Boolean)

/** Reads a list of texts: JSON, or `one; another`. */
const wordsIn = (cell: string): unknown => (cell.startsWith('[') ? json(cell) : pieces(unguarded(cell)))

/** Reads other names: JSON, or `ru: Шанхай; zh-Hans: 上海; Shang-hai`, with or without their languages. */
function otherNamesIn(cell: string): unknown {
  if (cell.startsWith('[')) return json(cell)
  return pieces(unguarded(cell)).map((piece) => {
    const [, language, name] = /^([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*):\s+(.+)$/.exec(piece) ?? []
    return language && name ? { name, language } : { name: piece }
  })
}

/** Reads identifiers: JSON, or `wikidata:Q485207; un:1`. */
function identifiersIn(cell: string): unknown {
  if (cell.startsWith('[')) return json(cell)
  return pieces(unguarded(cell)).map((piece) => {
    const [, scheme, identifier] = /^([^:]+):(.+)$/.exec(piece) ?? []
    if (!scheme || !identifier)
      throw new Error('Must be scheme:identifier, several of them separated by semicolons.')
    return { scheme, identifier }
  })
}

function number(cell: string): number {
  if (!/^-?\d{1,15}$/.test(cell.trim())) throw new Error('Must be a whole number.')
  return Number(cell)
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let inner = schema
  while (inner instanceof z.ZodNullable || inner instanceof z.ZodOptional || inner instanceof z.ZodDefault)
    inner = inner.unwrap() as z.ZodType
  return inner
}
