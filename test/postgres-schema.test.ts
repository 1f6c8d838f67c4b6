// The schemas of both engines: their separate migrations result in the same tables.
import Database from 'better-sqlite3'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { indexedColumns } from '../src/db/postgres/tables.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { catalogue } from '../src/resources/index.ts'
import { service } from './helpers/app.ts'
import { kinds, leastBody, oneOfEach, pathOf } from './helpers/bodies.ts'
import { fromOutside, temporaryFile } from './helpers/database.ts'

interface Schema {
  /** `table.column type`, with `not null` and its position in the primary key. */
  columns: string[]
  /** `table (columns)`, with `unique`; without those of primary keys. */
  indexes: string[]
  /** `table.column -> table.column on delete action` */
  references: string[]
}

/** Tables of one engine only: full text (docs/adr/0009), and counters that instances share. */
const OWN = /^(search(Words|Texts)|tallies|__|sqlite_)/

const tableOf = (name: string) => catalogue.entities.find(({ path }) => path === name)?.table ?? {}

function ofSqlite(file: string): Schema {
  const database = new Database(file, { readonly: true })
  const all = (text: string) => database.prepare(text).all() as Record<string, any>[]
  const tables = all(`select name from sqlite_schema where type = 'table'`)
    .map(({ name }) => name as string)
    .filter((name) => !OWN.test(name))
  const schema: Schema = {
    columns: tables.flatMap((table) =>
      all(`pragma table_info("${table}")`).map(
        ({ name, type, notnull, pk }) =>
          `${table}.${name} ${type.toLowerCase()}${notnull ? ' not null' : ''}${pk ? ` key ${pk}` : ''}`,
      ),
    ),
    indexes: tables.flatMap((table) =>
      all(`pragma index_list("${table}")`)
        .filter(({ origin }) => origin !== 'pk')
        .flatMap(({ name, unique }) => {
          const indexed = all(`pragma index_info("${name}")`).map(({ name }) => String(name ?? 'expression'))
          const columns = indexedColumns(tableOf(table), indexed)
          return columns.length > 0 ? [`${table} (${columns.join(', ')})${unique ? ' unique' : ''}`] : []
        }),
    ),
    references: tables.flatMap((table) =>
      all(`pragma foreign_key_list("${table}")`).map(
        ({ from, table: other, to, on_delete }) =>
          `${table}.${from} -> ${other}.${to} on delete ${on_delete.toLowerCase()}`,
      ),
    ),
  }
  database.close()
  return schema
}

async function ofPostgres(client: pg.Client): Promise<Schema> {
  const lines = async (text: string) =>
    (await client.query<{ table: string; line: string }>(text)).rows
      .filter(({ table }) => !OWN.test(table))
      .map(({ line }) => line)
  const types = `case format_type(atttypid, atttypmod) when 'bigint' then 'integer' when 'json' then 'text' else format_type(atttypid, atttypmod) end`
  return {
    columns: await lines(
      `select relname as table, relname || '.' || attname || ' ' || ${types} || case when attnotnull then ' not null' else '' end || coalesce(' key ' || array_position(conkey, attnum), '') as line
       from pg_attribute join pg_class on pg_class.oid = attrelid left join pg_constraint on conrelid = attrelid and contype = 'p'
       where relkind = 'r' and relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped`,
    ),
    indexes: await lines(
      `select relname as table, relname || ' (' || coalesce((select string_agg(attname, ', ' order by place) from unnest(indkey) with ordinality as key(number, place) join pg_attribute on attrelid = indrelid and attnum = number), 'expression') || ')' || case when indisunique then ' unique' else '' end as line
       from pg_index join pg_class on pg_class.oid = indrelid where not indisprimary and relnamespace = 'public'::regnamespace`,
    ),
    references: await lines(
      `select from_.relname as table, from_.relname || '.' || a.attname || ' -> ' || to_.relname || '.' || b.attname || ' on delete ' || case confdeltype when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null' else 'no action' end as line
       from pg_constraint join pg_class from_ on from_.oid = conrelid join pg_class to_ on to_.oid = confrelid
       join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1] join pg_attribute b on b.attrelid = confrelid and b.attnum = confkey[1]
       where contype = 'f'`,
    ),
  }
}

const sorted = (schema: Schema) =>
  Object.fromEntries(Object.entries(schema).map(([name, lines]) => [name, [...(lines as string[])].sort()]))

test('the migrations of both engines result in the same tables, columns, keys, indexes and references', async () => {
  const file = temporaryFile()
  const engine = openSqlite(file)
  await engine.migrate()
  await engine.close()
  const { url } = await service()
  const postgres = await fromOutside(url, ofPostgres)
  expect(postgres.columns.length).toBeGreaterThan(200)
  expect(postgres.references.length).toBeGreaterThan(20)
  expect(sorted(postgres)).toEqual(sorted(ofSqlite(file)))
})

test('all text is compared by bytes, as in SQLite, whatever the collation of the database', async () => {
  const { url } = await service()
  const { rows } = await fromOutside(url, (client) =>
    client.query(
      `select relname, attname from pg_attribute join pg_class on pg_class.oid = attrelid join pg_collation on pg_collation.oid = attcollation
       where relkind = 'r' and relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped and collname <> 'binary'`,
    ),
  )
  expect(rows).toEqual([])
})

test('every field accepts text of its maximum length, even if it cannot be compressed', async () => {
  const s = await service()
  let seed = 1
  // Three bytes per character, in an order that cannot be compressed.
  const han = (length: number) =>
    Array.from({ length }, () => {
      seed = (seed * 48_271) % 2_147_483_647
      return String.fromCharCode(0x4e00 + (seed % 20_000))
    }).join('')
  const ids = await oneOfEach(s)
  for (const kind of kinds) {
    const { writable } = catalogue.resource(kind)
    const longest = Object.entries(writable.shape).flatMap(([field, schema]) => {
      const { maxLength, type, pattern } = z.toJSONSchema(schema as z.ZodType, {
        io: 'input',
        unrepresentable: 'any',
      }) as { maxLength?: number; type?: string; pattern?: string }
      return type === 'string' && maxLength !== undefined && maxLength <= 5000 && pattern === undefined
        ? [[field, han(maxLength)]]
        : []
    })
    const body = { ...leastBody(kind, ids), ...Object.fromEntries(longest) }
    const response = await s.post(pathOf(kind), {
      ...body,
      identifiers: [{ scheme: han(100), identifier: han(300) }],
    })
    expect([kind, response.status, response.body['errors']]).toEqual([kind, 201, undefined])
  }
})
