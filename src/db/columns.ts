// Columns of record tables in queries, by name.
import { type SQL, sql } from './sql.ts'
import { describeTable, type Table } from './tables.ts'

/** @throws Error if the table has no such column */
export function columnSql(table: Table, name: string): SQL {
  const column = table[name as 'id']
  if (!column) throw new Error(`${describeTable(table).name} has no column ${name}.`)
  return sql`${column}`
}

/** A select list of columns of a table, or of a table expression with its name. */
export function selectColumns(table: Table, columns: readonly string[]): SQL {
  const { name } = describeTable(table)
  return sql.raw([...new Set(columns)].map((column) => `"${name}"."${column}"`).join(', '))
}

/** The column for a field of the document. @throws Error if there is none */
export function columnHolding(table: Table, field: string): string {
  const { name, columns } = describeTable(table)
  const column = Object.keys(columns).find((key) => columns[key]?.path?.join('.') === field)
  if (!column) throw new Error(`The table ${name} has no column for ${field}.`)
  return column
}
