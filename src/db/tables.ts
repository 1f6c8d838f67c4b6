// The tables of records. A row has the record as a JSON document, and columns for queries with values from the document.
// drizzle is imported file by file, since its index loads all query builders, which is slow.
import { sql } from 'drizzle-orm/sql/sql'
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core/columns/common'
import { integer } from 'drizzle-orm/sqlite-core/columns/integer'
import { text } from 'drizzle-orm/sqlite-core/columns/text'
import { index } from 'drizzle-orm/sqlite-core/indexes'
import { type SQLiteTable, sqliteTable } from 'drizzle-orm/sqlite-core/table'

/** How the value of a column is computed from a document. */
export interface Derivation {
  /** The name of the computation. After a change of what it computes, it needs another name: then stored values are renewed. */
  name: string
  of(doc: object): string | number | null
}

export interface Column {
  type: 'text' | 'integer'
  /** The path of its field in the document; null if it is not that of a field. */
  path: readonly string[] | null
  /** Computes its value; null: the value of its field. */
  derive: Derivation | null
  notNull: boolean
  unique: boolean
  /** The table that it refers to. */
  references: (() => Table) | null
  /** Whether its texts may be too long for an index of PostgreSQL. */
  long: boolean
}

type Columns = Readonly<Record<string, Column>>

/** A column. Default: text, not null. */
export const column = (path: readonly string[] | null, more: Partial<Column> = {}): Column => ({
  type: 'text',
  path,
  derive: null,
  notNull: true,
  unique: false,
  references: null,
  long: false,
  ...more,
})

/** The columns that every table of records has. */
const COMMON = {
  id: column(['id']),
  version: column(['version'], { type: 'integer' }),
  createdAt: column(['createdAt']),
  updatedAt: column(['updatedAt']),
  /** The support level (records/schema/resource.ts); null for kinds without evidence. */
  support: column(['support'], { notNull: false }),
  /** Whether a source disputes one of its fields: `true` or `false`; null for kinds without evidence. */
  disputed: column(null, {
    notNull: false,
    derive: {
      name: 'isDisputed',
      of: ({ disputed }: { disputed?: string[] }) => (disputed ? String(disputed.length > 0) : null),
    },
  }),
  /** The `seq` of the change that created the record, for order of creation. */
  firstSeq: column(null, { type: 'integer' }),
  /** The `seq` of the last change of the record. */
  seq: column(null, { type: 'integer' }),
  /** The document as JSON text, as in responses. */
  doc: column(null),
} as const satisfies Columns

/** A table of records, with its columns by name. */
export type Table = SQLiteTable & Readonly<Record<string, AnySQLiteColumn>>

interface Description {
  name: string
  columns: Columns
}

const descriptions = new WeakMap<object, Description>()

/** An index by some columns and the id. */
export interface TableIndex {
  keys: readonly string[]
  /** Whether it omits rows whose first column is null. */
  partial: boolean
  /** Columns after the id, so that conditions on them are decided without reading the row. */
  covers?: readonly string[]
}

/** A table of records. */
export function defineTable(
  name: string,
  own: Readonly<Record<string, Column>>,
  indexes: readonly TableIndex[],
): Table {
  const columns: Columns = { ...COMMON, ...own }
  const table = sqliteTable(
    name,
    Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, sqliteColumn(key, column)])),
    (built) =>
      indexes.map(({ keys, partial, covers = [] }) => {
        const parts = [...keys, 'id', ...covers].map((key) => (built as Record<string, AnySQLiteColumn>)[key])
        const on = index(`${name}_${keys.join('_')}`).on(
          ...(parts as unknown as [AnySQLiteColumn, ...AnySQLiteColumn[]]),
        )
        return partial ? on.where(sql`${parts[0]} is not null`) : on
      }),
  ) as unknown as Table
  descriptions.set(table, { name, columns })
  return table
}

/** Name and columns of a table that `defineTable` built. */
export function describeTable(table: Table): Description {
  const description = descriptions.get(table)
  if (!description) throw new Error('Not a table of records.')
  return description
}

/** The names of the columns with a property, such as the unique ones. */
export const columnsWith = (table: Table, property: keyof Column): string[] =>
  Object.entries(describeTable(table).columns).flatMap(([name, column]) => (column[property] ? [name] : []))

/** Whether a column of a table may have texts that are too long for an index of PostgreSQL. */
export const isLong = (table: object, column: string): boolean =>
  descriptions.get(table)?.columns[column]?.long ?? false

function sqliteColumn(key: string, { type, notNull, unique, references }: Column) {
  let built = type === 'integer' ? integer(key) : text(key)
  if (key === 'id') built = built.primaryKey()
  if (notNull) built = built.notNull()
  if (unique) built = built.unique()
  if (references)
    built = built.references(() => references()['id'] as AnySQLiteColumn, { onDelete: 'restrict' })
  return built
}
