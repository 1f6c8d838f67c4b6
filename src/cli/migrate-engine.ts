// Copies a SQLite database to an empty PostgreSQL database, in one transaction that also compares every row.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { is } from 'drizzle-orm/entity'
import { SQLiteTable } from 'drizzle-orm/sqlite-core/table'
import { getTableConfig } from 'drizzle-orm/sqlite-core/utils'
import { indexedWords } from '../core/search.ts'
import type { Engine, Reader, Writer } from '../db/engine.ts'
import { fileOf, openEngine } from '../db/open.ts'
import { type SQL, sql } from '../db/sql.ts'
import * as system from '../db/system-tables.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { catalogue, prepareDatabase } from '../resources/index.ts'
import { progressLine, UsageError } from './command.ts'

/** Rows per statement; few, since a source can have several megabytes. */
const BATCH_ROWS = 50

type Row = Record<string, string | number | null>

/** A table with its columns, its primary key, and its column with a sequence in PostgreSQL. */
interface Table {
  name: string
  columns: string[]
  key: string[]
  serial: string | null
}

function describe(table: SQLiteTable): Table {
  const { name, columns, primaryKeys } = getTableConfig(table)
  const own = columns.filter(({ primary }) => primary)
  const key = (primaryKeys[0]?.columns ?? own).map((column) => column.name)
  const serial = own.find((column) => 'autoIncrement' in column && column.autoIncrement)?.name ?? null
  return { name, columns: columns.map((column) => column.name), key, serial }
}

const tables = [
  ...Object.values(system).filter((table) => is(table, SQLiteTable)),
  ...[...catalogue.resources, ...catalogue.children].map(({ table }) => table as SQLiteTable),
].map(describe)

/** Part of the full-text index, which differs between the engines and is rebuilt from the records. */
const searchDocs = describe(system.searchDocs)
const copiedTables = tables.filter(({ name }) => name !== searchDocs.name)

const identifier = (name: string) => sql`${sql.identifier(name)}`
const commaSeparated = (parts: SQL[]) => sql.join(parts, sql`, `)
const names = (columns: string[]) => commaSeparated(columns.map(identifier))
const values = (row: Row, columns: string[]) =>
  sql`(${commaSeparated(columns.map((column) => sql`${row[column]}`))})`

export async function migrateEngine({ from, to }: { from: string; to: string }): Promise<void> {
  if (!existsSync(fileOf(from))) throw new UsageError(`There is no database at ${fileOf(from)}.`)
  const [source, target] = [await openEngine(from), await openEngine(to)]
  const progress = progressLine()
  try {
    await prepareDatabase(source)
    await target.migrate()
    const summary = await source.read((reader) =>
      target.write((writer) => copyAll(source, reader, target, writer, progress.show), { alone: true }),
    )
    progress.clear()
    for (const line of summary) console.log(line)
    console.error('All rows were copied and compared. Set DATABASE_URL to the new database.')
  } finally {
    progress.clear()
    await source.close()
    await target.close()
  }
}

type Show = (text: string) => void

/** @returns a line per table: name, rows, checksum. @throws UsageError, which rolls back */
async function copyAll(source: Engine, reader: Reader, target: Engine, writer: Writer, show: Show) {
  const foreignKeys = await dropForeignKeys(writer)
  for (const table of copiedTables) await copyTable(reader, writer, table, show)
  await indexRecords(reader, target, writer, show)
  for (const statement of foreignKeys) await writer.run(sql.raw(statement))
  const lines: string[] = []
  for (const table of tables) lines.push(await compareTable(reader, writer, table, show))
  if ((await lastSeq(reader)) !== (await lastSeq(source.reader)))
    throw new UsageError('The source changed during the copy. Stop the service and try again.')
  return lines
}

const lastSeq = async (reader: Reader) =>
  (await reader.pluck<number | null>(sql`select max("seq") from ${system.changes}`))[0]

/** Needed because rows may refer to rows that are copied later. @returns statements that add the foreign keys again */
async function dropForeignKeys(writer: Writer): Promise<string[]> {
  const foreignKeys = await writer.all<{ drop: string; add: string }>(
    sql`select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
      from pg_constraint
      where contype = 'f' and connamespace = 'public'::regnamespace`,
  )
  for (const { drop } of foreignKeys) await writer.run(sql.raw(drop))
  return foreignKeys.map(({ add }) => add)
}

/** Reads a table in the order of its key. */
async function* batches(reader: Reader, { name, columns, key }: Table, show: Show): AsyncGenerator<Row[]> {
  let last: Row | undefined
  for (let count = 0; ; ) {
    const after = last ? sql`where (${names(key)}) > ${values(last, key)}` : sql.empty()
    const rows = await reader.all<Row>(
      sql`select ${names(columns)} from ${identifier(name)} ${after} order by ${names(key)} ${sql.limit(BATCH_ROWS)}`,
    )
    last = rows.at(-1)
    if (!last) return
    count += rows.length
    show(`${name} ${count.toLocaleString('en')}`)
    yield rows
  }
}

async function copyTable(reader: Reader, writer: Writer, table: Table, show: Show): Promise<void> {
  const { columns, serial } = table
  const target = identifier(table.name)
  if (await writer.get(sql`select 1 from ${target} limit 1`))
    throw new UsageError(`The target database is not empty: there are rows in ${table.name}.`)
  for await (const rows of batches(reader, table, (text) => show(`copying ${text}`))) {
    const tuples = commaSeparated(rows.map((row) => values(row, columns)))
    await writer.run(sql`insert into ${target} (${names(columns)}) values ${tuples}`)
  }
  if (serial === null) return
  const next = sql`(select coalesce(max(${identifier(serial)}), 0) + 1 from ${target})`
  await writer.run(
    sql`select setval(pg_get_serial_sequence(${`"${table.name}"`}, ${serial}), ${next}, false)`,
  )
}

async function indexRecords(reader: Reader, { search }: Engine, writer: Writer, show: Show): Promise<void> {
  for await (const rows of batches(reader, searchDocs, (text) => show(`indexing ${text}`)))
    for (const row of rows) {
      const [kind, recordId] = [row['kind'] as Kind, String(row['recordId'])]
      const { table, searchText } = catalogue.entity(kind)
      const [doc = '{}'] = await reader.pluck<string>(
        sql`select ${table.doc} from ${table} where ${table.id} = ${recordId}`,
      )
      const text = searchText?.(JSON.parse(doc) as Doc)
      if (!text) continue
      const [title, body] = [indexedWords(text.title), indexedWords(text.body.join('\n'))]
      await search.put(writer, { docId: Number(row['docId']), kind, recordId, date: text.date, title, body })
    }
}

async function compareTable(from: Reader, to: Reader, table: Table, show: Show): Promise<string> {
  const copies = texts(to, table, () => {})
  const checksum = createHash('sha256')
  let count = 0
  for await (const { key, text } of texts(from, table, (progress) => show(`comparing ${progress}`))) {
    if ((await copies.next()).value?.text !== text)
      throw new UsageError(`${table.name} ${key} differs in the copy. Nothing was written.`)
    checksum.update(text)
    count++
  }
  if (!(await copies.next()).done) throw new UsageError(`The copy of ${table.name} has additional rows.`)
  return [table.name, count, checksum.digest('hex')].join('\t')
}

async function* texts(reader: Reader, table: Table, show: Show) {
  for await (const rows of batches(reader, table, show))
    for (const row of rows)
      yield {
        key: table.key.map((column) => row[column]).join(' '),
        text: JSON.stringify(table.columns.map((column) => row[column] ?? null)),
      }
}
