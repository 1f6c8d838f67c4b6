// Records as JSON documents, and the values in them.
import { memoize } from '../../core/memoize.ts'
import { type Column, describeTable, type Table } from '../../db/tables.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A record as the API returns it. */
export interface Doc {
  id: string
  createdAt: string
  updatedAt: string
  version: number
  [field: string]: Json
}

/** The values in a document at a path, `*` standing for every list position, with their JSON Pointers. */
export function valuesAt(doc: Json | undefined, path: readonly string[], pointer = ''): [string, Json][] {
  if (doc === undefined || doc === null) return []
  const [segment, ...rest] = path
  if (segment === undefined) return [[pointer, doc]]
  if (segment === '*') {
    if (!Array.isArray(doc)) return []
    return doc.flatMap((item, position) => valuesAt(item, rest, `${pointer}/${position}`))
  }
  if (typeof doc !== 'object' || Array.isArray(doc)) return []
  return valuesAt(doc[segment], rest, `${pointer}/${segment}`)
}

/** Replaces the value in a document at a JSON Pointer from `valuesAt`. */
export function replaceAt(doc: Json, pointer: string, value: Json): void {
  const segments = pointer.slice(1).split('/')
  const last = segments.pop() ?? ''
  const parent = segments.reduce((inner, segment) => (inner as Record<string, Json>)[segment] ?? null, doc)
  ;(parent as Record<string, Json>)[last] = value
}

/** Reads the value of a document at a path without lists; null if there is none. */
export function readerOf([key = '', ...rest]: readonly string[]): (doc: Doc) => Json {
  if (rest.length === 0) return (doc) => doc[key] ?? null
  return (doc) => rest.reduce<Json>(step, doc[key] ?? null)
}

/** The columns whose values are read or derived from the document, by name. */
export const columnReaders = memoize(
  (table: Table): ReadonlyMap<string, (doc: Doc) => Json> =>
    new Map(
      Object.entries(describeTable(table).columns).flatMap(([name, column]) => {
        const read = readerOfColumn(column)
        return read ? [[name, read]] : []
      }),
    ),
)

function readerOfColumn({ path, derive }: Column): ((doc: Doc) => Json) | null {
  if (derive) return (doc) => derive.of(doc)
  return path && readerOf(path)
}

export const step = (value: Json | undefined, key: string): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value[key] ?? null) : null
