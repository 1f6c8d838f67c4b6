// Derives the tables of PostgreSQL from those of SQLite. Only drizzle-kit and tests load this.
import { is } from 'drizzle-orm'
import {
  bigint,
  customType,
  foreignKey,
  index,
  type PgColumnBuilder,
  type PgTable,
  pgTable,
  primaryKey,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { getTableConfig, SQLiteBaseInteger, type SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { isLong } from '../tables.ts'

/** Text sorts by bytes, as in SQLite, independently of the collation of the database. */
const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "binary"' })

/** Documents and other JSON: `json` preserves the exact text; `jsonb` does not. */
const json = customType<{ data: string }>({ dataType: () => 'json' })

const JSON_COLUMNS: readonly string[] = ['doc', 'derived']

/**
 * The columns of an index on PostgreSQL, whose rows are limited to 2,704 bytes: columns that may be longer are left out.
 * Empty if the first one is; then there is no index.
 */
export function indexedColumns(table: object, columns: readonly string[]): string[] {
  const [first = ''] = columns
  return isLong(table, first) ? [] : columns.filter((column) => !isLong(table, column))
}

/** Converts the SQLite tables among some values to tables of PostgreSQL, by name. */
export function postgresTables(values: readonly unknown[]): Record<string, PgTable> {
  const built: Record<string, PgTable> = {}
  for (const table of values) {
    if (is(table, SQLiteTable)) built[getTableConfig(table).name] ??= postgresTable(table, built)
  }
  return built
}

function postgresTable(table: SQLiteTable, built: Record<string, PgTable>): PgTable {
  const { name, columns, indexes, primaryKeys, foreignKeys } = getTableConfig(table)
  const builders: Record<string, PgColumnBuilder> = Object.fromEntries(
    columns.map((column) => [column.name, postgresColumn(column)]),
  )
  return pgTable(name, builders, (own) => {
    const named = (list: readonly unknown[]) =>
      list.map((column) => own[(column as SQLiteColumn).name]) as [never, ...never[]]
    return [
      ...indexes.flatMap(({ config }) => {
        const short = indexedColumns(
          table,
          config.columns.map((column) => (column as SQLiteColumn).name),
        )
        const indexed = config.columns.filter((column) => short.includes((column as SQLiteColumn).name))
        if (indexed.length === 0) return []
        const on = (config.unique ? uniqueIndex : index)(config.name).on(...named(indexed))
        return [config.where ? on.where(config.where) : on]
      }),
      ...primaryKeys.map((key) => primaryKey({ columns: named(key.columns) })),
      ...foreignKeys.map((key) => {
        // Called when constraints are written, after all tables are built.
        const { columns: from, foreignTable, foreignColumns } = key.reference()
        const to = built[getTableConfig(foreignTable as SQLiteTable).name] as unknown as typeof own
        const foreign = foreignColumns.map((column) => to[column.name]) as [never, ...never[]]
        return foreignKey({ columns: named(from), foreignColumns: foreign }).onDelete(
          key.onDelete ?? 'no action',
        )
      }),
    ]
  })
}

function postgresColumn(column: SQLiteColumn): PgColumnBuilder {
  const { name, primary, notNull, isUnique, hasDefault, default: value } = column
  let built: PgColumnBuilder
  if (is(column, SQLiteBaseInteger)) {
    const whole = bigint(name, { mode: 'number' })
    built = (column.autoIncrement ? whole.generatedByDefaultAsIdentity() : whole) as PgColumnBuilder
  } else built = (JSON_COLUMNS.includes(name) ? json(name) : text(name)) as PgColumnBuilder
  if (primary) built = built.primaryKey()
  if (notNull) built = built.notNull()
  if (isUnique) built = built.unique()
  return hasDefault && value !== undefined ? built.default(value) : built
}
