// npm run migrate-engine -- --from file:PATH --to postgres://…: copies a SQLite database to PostgreSQL, whole, and checks
// every row. It can be interrupted and run again: it goes on where it was.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { is } from 'drizzle-orm/entity'
import { SQLiteTable } from 'drizzle-orm/sqlite-core/table'
import { getTableConfig } from 'drizzle-orm/sqlite-core/utils'
import { fold } from '../core/search.ts'
import type { Engine, Reader, Writer } from '../db/engine.ts'
import { fileOf, openEngine } from '../db/open.ts'
import { type SQL, sql } from '../db/sql.ts'
import * as system from '../db/system-tables.ts'
import type { Kind } from '../records/schema/fields.ts'
import type { Doc } from '../records/schema/resource.ts'
import { catalogue } from '../resources/index.ts'
import { progressLine, runAlone, UsageError } from './command.ts'

const USAGE = 'Usage: npm run migrate-engine -- --from file:PATH --to postgres://USER:PASSWORD@HOST/NAME'

/** Rows of one step, and so of one transaction; fewer where they are large. */
const BATCH = 200
const BATCH_BYTES = 8_000_000

type Row = Record<string, string | number | null>

/** A table as it is copied: its columns, and the key in whose order its rows are read on both sides. */
interface Copied {
  name: string
  columns: string[]
  key: string[]
  /** The column that counts up on its own, if there is one. */
  counter: string | null
}

const text = ({ name }: { name: string }) => name

/** All tables but what is searched, which each engine keeps in its own way. */
const tables: Copied[] = [
  ...Object.values(system).filter((table) => is(table, SQLiteTable)),
  ...[...catalogue.resources, ...catalogue.children].map(({ table }) => table),
]
  .filter((table) => table !== system.searchDocs)
  .map((table) => {
    const { name, columns, primaryKeys } = getTableConfig(table as SQLiteTable)
    const own = columns.filter(({ primary }) => primary)
    const counter = own.find((column) => 'autoIncrement' in column && column.autoIncrement)
    return {
      name,
      columns: columns.map(text),
      key: primaryKeys[0]?.columns.map(text) ?? own.map(text),
      counter: counter?.name ?? null,
    }
  })

function parseArguments(): { from: string; to: string } {
  const { from = '', to = '' } = parsed()
  if (!/^file:.+/.test(from) || !/^postgres(ql)?:\/\/.+/.test(to)) throw new UsageError(USAGE)
  if (!existsSync(fileOf(from))) throw new UsageError(`There is no database at ${fileOf(from)}.`)
  return { from, to }
}

function parsed() {
  try {
    return parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}

const AGAIN = 'Make the new database anew, stop the service, and copy again.'

const name = (of: string) => sql`${sql.identifier(of)}`
const names = (list: string[]) => sql.join(list.map(name), sql`, `)

/** How far a copy has come: for each table the key of the last row, as JSON. */
type Known = Map<string, string>

const lastSeq = async (reader: Reader) =>
  (await reader.get<{ seq: number | null }>(sql`select max("seq") as seq from ${system.changes}`))?.seq ?? 0

/**
 * Notes in the target that a copy is under way, or finds one that was. References are let go until all is there, since
 * rows may point to others that come later.
 */
async function begin(source: Engine, target: Engine): Promise<Known> {
  const seq = String(await lastSeq(source.reader))
  return target.write(async (writer) => {
    const under = await writer.get<{ yes: boolean }>(
      sql`select to_regclass('public."engineCopy"') is not null as yes`,
    )
    if (!under?.yes) {
      for (const { name: table } of [...tables, { name: 'searchDocs' }]) {
        const row = await writer.get(sql`select 1 from ${name(table)} limit 1`)
        if (row) throw new UsageError(`The database to copy to is not empty: there is something in ${table}.`)
      }
      await writer.run(sql`create table "engineCopy" ("name" text primary key, "state" text not null)`)
      await note(writer, 'seq', seq)
      const references = await writer.all<{ table: string; name: string; is: string }>(
        sql`select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as is from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conrelid not in ('"searchWords"'::regclass, '"searchTexts"'::regclass)`,
      )
      for (const reference of references) {
        await writer.run(sql.raw(`alter table ${reference.table} drop constraint "${reference.name}"`))
        await note(
          writer,
          `reference ${reference.name}`,
          `alter table ${reference.table} add constraint "${reference.name}" ${reference.is}`,
        )
      }
    }
    const rows = await writer.all<{ name: string; state: string }>(sql`select * from "engineCopy"`)
    const known = new Map(rows.map(({ name, state }) => [name, state]))
    if (known.get('seq') !== seq)
      throw new UsageError(`The database was written to since the copy began. ${AGAIN}`)
    return known
  })
}

const note = (writer: Writer, what: string, state: string) =>
  writer.run(
    sql`insert into "engineCopy" values (${what}, ${state}) on conflict ("name") do update set "state" = excluded."state"`,
  )

/** The rows of a table in the order of its key, behind a key, a batch at a time. */
async function* batches(reader: Reader, { name: table, columns, key }: Copied, behind: unknown[] | null) {
  let last = behind
  while (true) {
    const past = last
      ? sql` where (${names(key)}) > (${sql.join(
          last.map((value) => sql`${value}`),
          sql`, `,
        )})`
      : sql.empty()
    const rows: Row[] = await reader.all<Row>(
      sql`select ${names(columns)} from ${name(table)}${past} order by ${names(key)} ${sql.limit(BATCH)}`,
    )
    const end = rows.at(-1)
    if (!end) return
    last = key.map((column) => end[column])
    yield rows
  }
}

/** Parts of a batch that are not too large for one statement. */
function* portions(rows: Row[]): Generator<Row[]> {
  let portion: Row[] = []
  let bytes = 0
  for (const row of rows) {
    portion.push(row)
    for (const value of Object.values(row)) if (typeof value === 'string') bytes += value.length
    if (bytes < BATCH_BYTES) continue
    yield portion
    portion = []
    bytes = 0
  }
  if (portion.length > 0) yield portion
}

async function copy(
  reader: Reader,
  target: Engine,
  table: Copied,
  known: Known,
  show: (text: string) => void,
): Promise<void> {
  const { name: of, columns, key } = table
  const state = known.get(`rows ${of}`)
  let copied = 0
  for await (const rows of batches(reader, table, state ? JSON.parse(state) : null)) {
    for (const portion of portions(rows)) {
      const values = portion.map(
        (row) =>
          sql`(${sql.join(
            columns.map((column) => sql`${row[column]}`),
            sql`, `,
          )})`,
      )
      const end = key.map((column) => portion.at(-1)?.[column])
      await target.write(async (writer) => {
        await writer.run(sql`insert into ${name(of)} (${names(columns)}) values ${sql.join(values, sql`, `)}`)
        await note(writer, `rows ${of}`, JSON.stringify(end))
      })
      copied += portion.length
      show(`copying ${of} ${copied.toLocaleString('en')}`)
    }
  }
}

const SEARCHED: Copied = {
  name: 'searchDocs',
  columns: ['docId', 'kind', 'recordId', 'date'],
  key: ['docId'],
  counter: null,
}

/** The full-text index, built anew from the records. */
async function index(
  reader: Reader,
  target: Engine,
  known: Known,
  show: (text: string) => void,
): Promise<void> {
  const state = known.get('index')
  let indexed = 0
  for await (const rows of batches(reader, SEARCHED, state ? JSON.parse(state) : null)) {
    const docs = new Map<unknown, string>()
    for (const [kind, group] of Map.groupBy(rows, ({ kind }) => kind as Kind)) {
      const { table } = catalogue.entity(kind)
      const ids = group.map(({ recordId }) => recordId)
      const found = await reader.all<{ id: string; doc: string }>(
        sql`select ${table.id} as id, ${table.doc} as doc from ${table} where ${table.id} in ${ids}`,
      )
      for (const { id, doc } of found) docs.set(id, doc)
    }
    await target.write(async (writer) => {
      for (const row of rows) {
        const [kind, recordId] = [row['kind'] as Kind, String(row['recordId'])]
        const words = catalogue.entity(kind).searchText?.(JSON.parse(docs.get(recordId) ?? '{}') as Doc)
        if (!words) continue
        await target.search.put(writer, {
          docId: Number(row['docId']),
          kind,
          recordId,
          date: words.date,
          title: fold(words.title),
          body: fold(words.body.join('\n')),
        })
      }
      await note(writer, 'index', JSON.stringify([rows.at(-1)?.['docId']]))
    })
    indexed += rows.length
    show(`indexing ${indexed.toLocaleString('en')}`)
  }
}

/** References hold again, which checks every one of them, and what counts up goes on behind what was copied. */
async function finish(target: Engine): Promise<void> {
  await target.write(async (writer) => {
    const references = await writer.all<{ name: string; state: string }>(
      sql`select * from "engineCopy" where "name" like 'reference %' order by "name"`,
    )
    for (const reference of references) {
      await writer.run(sql.raw(reference.state))
      await writer.run(sql`delete from "engineCopy" where "name" = ${reference.name}`)
    }
    for (const { name: table, counter } of tables) {
      if (counter === null) continue
      await writer.run(
        sql`select setval(pg_get_serial_sequence(${`"${table}"`}, ${counter}), (select coalesce(max(${name(counter)}), 0) + 1 from ${name(table)}), false)`,
      )
    }
  })
}

/** @throws UsageError at the first row that is missing, too many, or different */
async function compare(from: Reader, to: Reader, table: Copied, show: (text: string) => void): Promise<void> {
  const there = flat(batches(to, table, null))
  const checksum = createHash('sha256')
  let count = 0
  for await (const row of flat(batches(from, table, null))) {
    const other = (await there.next()).value as Row | undefined
    const [hash, otherHash] = [hashOf(row, table), other && hashOf(other, table)]
    if (hash !== otherHash) {
      const key = table.key.map((column) => row[column]).join(' ')
      throw new UsageError(`${table.name} ${key} is not the same in both. ${AGAIN}`)
    }
    checksum.update(hash)
    show(`checking ${table.name} ${(++count).toLocaleString('en')}`)
  }
  if (!(await there.next()).done) throw new UsageError(`There is too much in ${table.name}. ${AGAIN}`)
  console.log(`${table.name}\t${count}\t${checksum.digest('hex')}`)
}

const hashOf = (row: Row, { columns }: Copied) =>
  createHash('sha256')
    .update(JSON.stringify(columns.map((column) => row[column] ?? null)))
    .digest('hex')

async function* flat(source: AsyncGenerator<Row[]>): AsyncGenerator<Row> {
  for await (const rows of source) yield* rows
}

/** The same records are searched on both. */
async function compareIndex(from: Reader, to: Reader): Promise<void> {
  const query: SQL = sql`select "docId", "recordId", "kind", "date" from ${system.searchDocs} order by "docId"`
  const [here, there] = [await from.all<Row>(query), await to.all<Row>(query)]
  if (JSON.stringify(here) !== JSON.stringify(there))
    throw new UsageError(`What is searched is not the same in both. ${AGAIN}`)
}

await runAlone(async () => {
  const { from, to } = parseArguments()
  const [source, target] = [await openEngine(from), await openEngine(to)]
  const progress = progressLine()
  try {
    await source.migrate()
    await target.migrate()
    const known = await begin(source, target)
    await source.read(async (reader) => {
      for (const table of tables) await copy(reader, target, table, known, (text) => progress.show(text))
      await index(reader, target, known, (text) => progress.show(text))
      await finish(target)
      for (const table of tables) await compare(reader, target.reader, table, (text) => progress.show(text))
      await compareIndex(reader, target.reader)
    })
    const [before, after] = [await lastSeq(source.reader), await lastSeq(target.reader)]
    if (before !== after) throw new UsageError(`${from} was written to meanwhile. ${AGAIN}`)
    await target.write((writer) => writer.run(sql`drop table "engineCopy"`))
    progress.clear()
    console.error('Every row is there and equal. Set DATABASE_URL to the new database.')
  } finally {
    progress.clear()
    await source.close()
    await target.close()
  }
})
