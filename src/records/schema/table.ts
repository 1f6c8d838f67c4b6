// Derives the table of a kind from its fields.
import { nameKey } from '../../core/collation.ts'
import { type Span, sortKey, spanOf } from '../../core/dates.ts'
import {
  type Column,
  column,
  type Derivation,
  defineTable,
  type Table,
  type TableIndex,
} from '../../db/tables.ts'
import { type Doc, readerOf } from './document.ts'
import type { PlacedField } from './fields.ts'
import type { Kind } from './kinds.ts'

const tables = new Map<Kind, Table>()

/** In UTF-16 units, which take at most 3 bytes in UTF-8; PostgreSQL limits an index row to 2,704 bytes. */
const MAX_INDEXED_LENGTH = 900

/** `depositary.stateCode` has the column `depositaryStateCode`. */
export const columnKey = (field: string) =>
  field.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())

/**
 * The columns with the span of a date. `wide` has the sort key of a date whose span is not in one year, otherwise null: with it a
 * filter by span becomes a range of sort keys (records/read/sql.ts).
 */
export const spanColumns = (column: string): Span & { wide: string } => ({
  first: `${column}First`,
  last: `${column}Last`,
  wide: `${column}Wide`,
})

const isWide = ({ first, last }: Span) => first.slice(0, 4) !== last.slice(0, 4)

/** The column with the value of a field as it was written. */
export const valueColumn = (field: PlacedField) =>
  hasNameKey(field) ? `${columnKey(field.name)}Text` : columnKey(field.name)

/**
 * The table of a kind: a column for every field that is filtered, sorted, grouped by, unique or a reference. References
 * inside lists are rows of the table `links`. The column of a date has its sort key, and so has that of a free text
 * by which lists are sorted. Filters of dates have two more for the span, those of such texts one more for the text.
 * @param order the column that lists are sorted by: indexes for filters end with it
 * @param sorted columns to sort by that all kinds have
 */
export function tableFor(
  kind: Kind,
  name: string,
  fields: readonly PlacedField[],
  order: string,
  sorted: readonly string[],
): Table {
  const withColumn = fields.filter((field) => !field.listed && needsColumn(field))
  const columns = Object.fromEntries(withColumn.flatMap(columnsOf))
  const indexes = new Map<string, TableIndex>(sorted.map((key) => [key, { keys: [key], partial: false }]))
  const isSpan = withColumn.some((field) => columnKey(field.name) === order && hasSpan(field))
  const { first, last } = spanColumns(order)
  const spanOfOrder = isSpan ? [first, last] : []
  for (const field of withColumn) {
    const key = columnKey(field.name)
    if (field.unique) continue
    if (field.sort) {
      const { first, last, wide } = spanColumns(key)
      indexes.set(key, { keys: [key], partial: false, covers: hasSpan(field) ? [first, last] : [] })
      if (hasSpan(field)) indexes.set(wide, { keys: [wide], partial: true })
    }
    if (isLookedUp(field)) {
      const value = valueColumn(field)
      const keys = order === value ? [value] : [value, order]
      // Ranges of dates in the order of the list are decided in the index too, as when they are counted.
      const covers = keys.includes(order) ? spanOfOrder : []
      // What is counted is counted where it is null too.
      const partial = field.nullable && !field.stats
      if (!indexes.has(keys.join())) indexes.set(keys.join(), { keys, partial, covers })
    }
  }
  const table = defineTable(name, columns, [...indexes.values()])
  tables.set(kind, table)
  return table
}

const needsColumn = ({ filter, sort, stats, unique, column, index, kinds }: PlacedField) =>
  Boolean(filter || sort || stats || unique || column || index || kinds)

/** Whether queries look up values of a field. Date ranges of sortable fields use the index for sorting, names the full-text index. */
const isLookedUp = ({ filter, sort, index, kinds, type, match }: PlacedField) =>
  Boolean(index || kinds || (filter && !(type === 'date' && sort) && match !== 'names'))

/** Whether queries need the value of a free text as it was written. */
const isCompared = ({ filter, match, stats, column }: PlacedField) =>
  Boolean((filter && match === 'folded') || stats || column)

/** Whether it is free text by which lists are sorted. */
const hasNameKey = ({ type, sort, match }: PlacedField) =>
  type === 'text' && Boolean(sort) && (match === 'folded' || match === 'names')

const hasSpan = ({ type, filter }: PlacedField) => type === 'date' && filter !== undefined

/** The columns of a field, by name. */
function columnsOf(field: PlacedField): [string, Column][] {
  const key = columnKey(field.name)
  const described = describeColumn(field)
  const { notNull } = described
  if (hasNameKey(field)) {
    const sorted: [string, Column] = [
      key,
      { ...described, long: false, derive: computed(field, 'nameKey', nameKey) },
    ]
    return isCompared(field) ? [sorted, [valueColumn(field), described]] : [sorted]
  }
  if (field.key) return [[key, { ...described, derive: computed(field, 'key', field.key) }]]
  if (field.type !== 'date') return [[key, described]]
  const own: [string, Column] = [key, { ...described, derive: computed(field, 'sortKey', sortKey) }]
  if (!hasSpan(field)) return [own]
  const { first, last, wide } = spanColumns(key)
  return [
    own,
    [first, column(null, { notNull, derive: computed(field, 'first', (date) => spanOf(date).first) })],
    [last, column(null, { notNull, derive: computed(field, 'last', (date) => spanOf(date).last) })],
    [
      wide,
      column(null, {
        notNull: false,
        derive: computed(field, 'wide', (date) => (isWide(spanOf(date)) ? sortKey(date) : null)),
      }),
    ],
  ]
}

function computed(
  { path }: PlacedField,
  name: string,
  compute: (value: string) => string | null,
): Derivation {
  const read = readerOf(path)
  const of = (doc: Doc) => {
    const value = read(doc)
    return value === null ? null : compute(String(value))
  }
  return { name, of }
}

function describeColumn({ path, type, nullable, unique, kinds, value }: PlacedField): Column {
  const [kind, ...others] = kinds ?? []
  return column(path, {
    type: type === 'integer' ? 'integer' : 'text',
    notNull: !nullable,
    unique: unique ?? false,
    references: kind && others.length === 0 ? () => tableOf(kind) : null,
    long: ((value as { maxLength?: number | null }).maxLength ?? 0) > MAX_INDEXED_LENGTH,
  })
}

function tableOf(kind: Kind): Table {
  const table = tables.get(kind)
  if (!table) throw new Error(`The kind ${kind} is not defined yet.`)
  return table
}
