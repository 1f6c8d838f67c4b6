// Derives the table of a kind from its fields.
import { type Column, column, defineTable, type Table } from '../../db/tables.ts'
import type { PlacedField } from './fields.ts'
import type { Kind } from './kinds.ts'

const tables = new Map<Kind, Table>()

/** In UTF-16 units, which take at most 3 bytes in UTF-8; PostgreSQL limits an index row to 2,704 bytes. */
const MAX_INDEXED_LENGTH = 900

/** `onBehalfOf.stateCode` has the column `onBehalfOfStateCode`. */
export const columnKey = (field: string) =>
  field.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())

/**
 * The table of a kind: a column for every field that is filtered, sorted, grouped by, unique or a reference. References
 * inside lists are rows of the table `links`.
 * @param order the column that lists are sorted by: indexes for filters end with it
 * @param sorted columns to sort by that all kinds have
 */
export function tableFor(
  kind: Kind,
  name: string,
  fields: readonly PlacedField[],
  order: string | undefined,
  sorted: readonly string[],
): Table {
  const withColumn = fields.filter((field) => !field.listed && needsColumn(field))
  const columns = Object.fromEntries(
    withColumn.map((field) => [columnKey(field.name), describeColumn(field)]),
  )
  const indexes = new Map(sorted.map((key) => [key, { keys: [key], partial: false }]))
  for (const field of withColumn) {
    const key = columnKey(field.name)
    if (field.unique) continue
    if (field.sort) indexes.set(key, { keys: [key], partial: false })
    if (isLookedUp(field)) {
      const keys = order === undefined || order === key ? [key] : [key, order]
      if (!indexes.has(keys.join())) indexes.set(keys.join(), { keys, partial: field.nullable })
    }
  }
  const table = defineTable(name, columns, [...indexes.values()])
  tables.set(kind, table)
  return table
}

const needsColumn = ({ filter, sort, stats, unique, column, index, kinds }: PlacedField) =>
  Boolean(filter || sort || stats || unique || column || index || kinds)

/** Whether queries look up values of a field. Date ranges of sortable fields use the index for sorting. */
const isLookedUp = ({ filter, sort, index, kinds, type }: PlacedField) =>
  Boolean(index || kinds || (filter && !(type === 'date' && sort)))

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
