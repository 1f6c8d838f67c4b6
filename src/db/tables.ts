// The tables of records. A row has the record as one JSON document, and beside it the columns that queries use:
// each column says where in the document its value is.
// drizzle is imported file by file: its index loads every query builder, which takes longer than all the rest.
import { sql } from 'drizzle-orm/sql/sql'
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core/columns/common'
import { integer } from 'drizzle-orm/sqlite-core/columns/integer'
import { text } from 'drizzle-orm/sqlite-core/columns/text'
import { index } from 'drizzle-orm/sqlite-core/indexes'
import { type SQLiteTable, sqliteTable } from 'drizzle-orm/sqlite-core/table'

export interface Column {
  type: 'text' | 'integer'
  /** Where its value is in the document; null for columns that are not part of it. */
  path: readonly string[] | null
  notNull: boolean
  unique: boolean
  /** The table that it refers to. */
  references: (() => Table) | null
  /** Whether its texts may be longer than an index of PostgreSQL takes. */
  long: boolean
}

type Columns = Readonly<Record<string, Column>>

/** A column of text without null, unless `more` says otherwise. */
export const column = (path: readonly string[] | null, more: Partial<Column> = {}): Column => ({
  type: 'text',
  path,
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
  /** How many sources the record is quoted from; null for kinds without evidence. */
  support: column(['support'], { notNull: false }),
  /** The change that created the record: records in the order of their creation. */
  firstSeq: column(null, { type: 'integer' }),
  /** The last change of the record. */
  seq: column(null, { type: 'integer' }),
  /** The document, as JSON text, ready to be sent. */
  doc: column(null),
} as const satisfies Columns

/** A table of records, with its columns by name. */
export type Table = SQLiteTable & Readonly<Record<string, AnySQLiteColumn>>

interface Description {
  name: string
  columns: Columns
}

const descriptions = new WeakMap<object, Description>()

/**
 * A table of records.
 * @param indexes by their columns; the id comes last in each. A partial index leaves out the rows whose first column is null.
 */
export function defineTable(
  name: string,
  own: Readonly<Record<string, Column>>,
  indexes: readonly { keys: readonly string[]; partial: boolean }[],
): Table {
  const columns: Columns = { ...COMMON, ...own }
  const table = sqliteTable(
    name,
    Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, sqliteColumn(key, column)])),
    (built) =>
      indexes.map(({ keys, partial }) => {
        const parts = [...keys, 'id'].map((key) => (built as Record<string, AnySQLiteColumn>)[key])
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
