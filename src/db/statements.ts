// Builds INSERT and UPDATE statements.
import { getTableName, type Table } from 'drizzle-orm/table'
import { getTableColumns } from 'drizzle-orm/utils'
import { type SQL, sql } from './sql.ts'

/**
 * A constant INSERT with a placeholder for each column.
 * @param columns default: all columns of the table
 */
export function insertInto(
  table: Table | string,
  columns: readonly string[] = typeof table === 'string' ? [] : Object.keys(getTableColumns(table)),
): SQL {
  const name = sql.identifier(typeof table === 'string' ? table : getTableName(table))
  const values = columns.map((column) => sql`${sql.placeholder(column)}`)
  return sql`insert into ${name} (${sql.join(columns.map(sql.identifier), sql`, `)}) values (${sql.join(values, sql`, `)})`
}

/** A constant UPDATE of columns by `id`, with a placeholder for each. */
export function updateById(table: Table, columns: readonly string[]): SQL {
  const assignments = columns.map((name) => sql`${sql.identifier(name)} = ${sql.placeholder(name)}`)
  return sql`update ${table} set ${sql.join(assignments, sql`, `)} where "id" = ${sql.placeholder('id')}`
}
