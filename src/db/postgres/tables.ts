// The same tables for PostgreSQL: made from those of db/tables.ts and db/system.ts, so nothing is described twice.
// Only drizzle-kit and tests load this; queries are written with the tables themselves.
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

/** Text sorts by its bytes, as in SQLite, whatever the collation of the database is. */
const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "binary"' })

/** Documents: `json` keeps the text as it was written, to the letter; `jsonb` would not. */
const json = customType<{ data: string }>({ dataType: () => 'json' })

/**
 * Columns that may be longer, in bytes, than the 2,704 that a row of an index takes: lists are sorted by them without one,
 * and indexes that would only end with them do without.
 */
const LONG: Readonly<Record<string, readonly string[]>> = { agreements: ['title'] }

/** The columns of an index on PostgreSQL; none where there is no such index. */
export function indexedColumns(table: string, columns: readonly string[]): string[] {
  const long = LONG[table] ?? []
  return long.includes(columns[0] ?? '') ? [] : columns.filter((column) => !long.includes(column))
}

/** Every table among the exports of some modules, by name, as tables of PostgreSQL. */
export function postgresTables(exported: readonly unknown[]): Record<string, PgTable> {
  const made: Record<string, PgTable> = {}
  for (const table of exported) {
    if (is(table, SQLiteTable)) made[getTableConfig(table).name] ??= postgresTable(table, made)
  }
  return made
}

function postgresTable(table: SQLiteTable, made: Record<string, PgTable>): PgTable {
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
          name,
          config.columns.map((column) => (column as SQLiteColumn).name),
        )
        const kept = config.columns.filter((column) => short.includes((column as SQLiteColumn).name))
        const made = (config.unique ? uniqueIndex : index)(config.name)
        if (kept.length === 0) return []
        const on = made.on(...named(kept))
        return [config.where ? on.where(config.where) : on]
      }),
      ...primaryKeys.map((key) => primaryKey({ columns: named(key.columns) })),
      ...foreignKeys.map((key) => {
        // Asked for only when constraints are written down: by then every table is there.
        const { columns: from, foreignTable, foreignColumns } = key.reference()
        const to = made[getTableConfig(foreignTable as SQLiteTable).name] as unknown as typeof own
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
  let made: PgColumnBuilder
  if (is(column, SQLiteBaseInteger)) {
    const whole = bigint(name, { mode: 'number' })
    made = (column.autoIncrement ? whole.generatedByDefaultAsIdentity() : whole) as PgColumnBuilder
  } else made = (name === 'doc' ? json(name) : text(name)) as PgColumnBuilder
  if (primary) made = made.primaryKey()
  if (notNull) made = made.notNull()
  if (isUnique) made = made.unique()
  return hasDefault && value !== undefined ? made.default(value) : made
}
