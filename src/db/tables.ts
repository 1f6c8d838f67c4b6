// The tables, described once. A row holds the record's document as it goes over the wire, and beside it the
// columns by which records are found: each column says where in the document its value comes from.
// drizzle is imported file by file: its index loads every query builder, which takes longer than all the rest.
import { sql } from 'drizzle-orm/sql/sql'
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core/columns/common'
import { integer } from 'drizzle-orm/sqlite-core/columns/integer'
import { text } from 'drizzle-orm/sqlite-core/columns/text'
import { index } from 'drizzle-orm/sqlite-core/indexes'
import { type SQLiteTable, sqliteTable } from 'drizzle-orm/sqlite-core/table'

export interface Column {
  type: 'text' | 'integer'
  /** Where its value stands in the document; null for columns that have no place in it. */
  path: readonly string[] | null
  notNull: boolean
  unique: boolean
  references: (() => Table) | null
}

type Columns = Record<string, Column>

/** The columns that every table of records has. */
const COMMON = {
  id: { type: 'text', path: ['id'], notNull: true, unique: false, references: null },
  version: { type: 'integer', path: ['version'], notNull: true, unique: false, references: null },
  createdAt: { type: 'text', path: ['createdAt'], notNull: true, unique: false, references: null },
  updatedAt: { type: 'text', path: ['updatedAt'], notNull: true, unique: false, references: null },
  /** How many sources it is quoted from; null for what has no evidence of its own. */
  support: { type: 'text', path: ['support'], notNull: false, unique: false, references: null },
  /** The change that made the record: its place in the change log, and so the order of making. */
  firstSeq: { type: 'integer', path: null, notNull: true, unique: false, references: null },
  /** The last change that touched the record. */
  seq: { type: 'integer', path: null, notNull: true, unique: false, references: null },
  /** The document, as JSON text, ready to be sent. */
  doc: { type: 'text', path: null, notNull: true, unique: false, references: null },
} as const satisfies Columns

export type Table<Own = unknown> = SQLiteTable & {
  readonly [Name in keyof Own | keyof typeof COMMON]: AnySQLiteColumn
}

interface Description {
  name: string
  columns: Columns
}

const descriptions = new WeakMap<object, Description>()

/** By what the rows of a table are looked for: each is an index, with the id behind it. */
interface LookedFor<Name> {
  /** Columns that a list is sorted by. */
  sorted?: readonly Name[]
  /**
   * Columns that are asked for a value: filters, references (a delete looks for them), the record of a part. Where there is no
   * value the index has no row: nobody looks for that, and most records have few of all they can refer to.
   */
  found: readonly Name[]
  /** The column by which what is found is sorted unless somebody says otherwise. */
  order?: Name
}

/** A table of records. Its indexes are those that are named, and no others: every write pays for each. */
export function defineTable<Own extends Columns>(
  name: string,
  own: Own,
  { sorted = [], found, order }: LookedFor<(keyof Own | keyof typeof COMMON) & string>,
): Table<Own> {
  const columns: Columns = { ...COMMON, ...own }
  const indexes = [
    ...sorted.map((key) => ({ keys: [key], whole: true })),
    ...found.map((key) => ({
      keys: order === undefined || order === key ? [key] : [key, order],
      whole: columns[key]?.notNull ?? true,
    })),
  ]
  const table = sqliteTable(
    name,
    Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, sqliteColumn(key, column)])),
    (made) =>
      indexes.map(({ keys, whole }) => {
        const parts = [...keys, 'id'].map((key) => (made as Record<string, AnySQLiteColumn>)[key])
        const on = index(`${name}_${keys.join('_')}`).on(
          ...(parts as unknown as [AnySQLiteColumn, ...AnySQLiteColumn[]]),
        )
        return whole ? on : on.where(sql`${parts[0]} is not null`)
      }),
  ) as unknown as Table<Own>
  descriptions.set(table, { name, columns })
  return table
}

/** Name and columns of a table made by `defineTable`. */
export function describeTable(table: Table): Description {
  const description = descriptions.get(table)
  if (!description) throw new Error('Not a table of records.')
  return description
}

function sqliteColumn(key: string, column: Column) {
  let made = column.type === 'integer' ? integer(key) : text(key)
  if (key === 'id') made = made.primaryKey()
  if (column.notNull) made = made.notNull()
  if (column.unique) made = made.unique()
  const { references } = column
  if (references) made = made.references(() => references().id, { onDelete: 'restrict' })
  return made
}

/** A column of text (dates and instants too). @param path where in the document, dotted */
const textColumn = (path: string): Column => ({
  type: 'text',
  path: path.split('.'),
  notNull: false,
  unique: false,
  references: null,
})

export const column = {
  text: textColumn,
  required: (path: string): Column => ({ ...textColumn(path), notNull: true }),
  unique: (path: string): Column => ({ ...textColumn(path), notNull: true, unique: true }),
  integer: (path: string): Column => ({ ...textColumn(path), type: 'integer' }),
  ref: (path: string, references: () => Table): Column => ({ ...textColumn(path), references }),
}
