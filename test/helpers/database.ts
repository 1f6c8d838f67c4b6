// Gives each test a database of its own, on the engine of the run: a SQLite file, or a PostgreSQL database.
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { describe, inject, onTestFinished, test } from 'vitest'
import type { Engine } from '../../src/db/engine.ts'
import { openEngine } from '../../src/db/open.ts'
import { EVERYTHING } from './everything.ts'
import { sessionOf } from './postgres.ts'

/** The initial content of a database: no tables, no records, or the seed. */
export type Content = 'blank' | 'migrated' | 'seeded'

export interface TestDatabase {
  /** As DATABASE_URL has it. */
  url: string
  /** The file, on SQLite. */
  file: string
  /** Opens the database. On PostgreSQL its connections are reused after the test, unless the test closes the engine. */
  openEngine: (onQuery: (sql: string) => void) => Promise<Engine>
  /** Closes the engine if it is open, and releases the database. */
  remove: () => Promise<unknown>
}

/** The engine of this run: vitest.config.ts has a project for each. */
export const ENGINE: 'sqlite' | 'postgres' = process.env['TEST_ENGINE'] === 'postgres' ? 'postgres' : 'sqlite'

export const onPostgres = ENGINE === 'postgres'

/** Whether less is enough here, since what does not depend on the engine is tested whole on SQLite. */
export const isRepeated = onPostgres && !EVERYTHING

/** Tests that query nothing of their own. */
export const describeOnce = isRepeated ? () => {} : describe
export const testOnce = isRepeated ? () => {} : test

export const freshDatabase = (content: Content): Promise<TestDatabase> =>
  onPostgres ? postgresDatabase(content) : sqliteDatabase(content)

/** The folder of SQLite files: in memory if possible, because waiting for the disk slows down the tests. */
const FOLDER = freeBytes('/dev/shm') > 2 ** 31 ? '/dev/shm' : tmpdir()

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return 0
  }
}

async function sqliteDatabase(content: Content): Promise<TestDatabase> {
  const folder = mkdtempSync(join(FOLDER, 'sco-tracker-test-'))
  const file = join(folder, 'tracker.db')
  if (content !== 'blank') copyFileSync(inject('sqlite')[content], file)
  const url = `file:${file}`
  let engine: Engine | undefined
  return {
    url,
    file,
    openEngine: async (onQuery) => {
      engine = await openEngine(url, { onQuery })
      return engine
    },
    remove: async () => {
      await engine?.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A database of the PostgreSQL server that tests use one after another. */
interface ReusedDatabase {
  url: string
  client: pg.Client
  tables: string[]
  uses: number
  engine: Engine | null
  onQuery: (sql: string) => void
}

/** Tables that contain the rows of `prepare`, also in a database without the seed. */
const PREPARED = ['keys', 'settings']

/** Unused databases of this worker. Creating one takes longer than most tests. */
const unused: ReusedDatabase[] = []
let count = 0

async function postgresDatabase(content: Content): Promise<TestDatabase> {
  const { server, run } = inject('postgres')
  if (content === 'blank') {
    const name = `${run}_blank_${process.pid}_${++count}`
    await onServer(server, `create database ${name} template template0`)
    const url = sessionOf(server, name)
    return {
      url,
      file: '',
      openEngine: (onQuery) => openEngine(url, { onQuery }),
      remove: () => onServer(server, `drop database if exists ${name} with (force)`),
    }
  }
  const database = unused.pop() ?? (await acquireDatabase(server, run))
  const { client, tables, url } = database
  const fill = tables
    .filter((name) => content === 'seeded' || PREPARED.includes(name))
    .map((name) => `insert into "${name}" table seed."${name}"`)
  // Deleting is faster than truncating, but leaves dead rows behind, so every twentieth use truncates.
  const empty =
    ++database.uses % 20 === 0
      ? [`truncate ${tables.map((name) => `"${name}"`).join(', ')}`]
      : tables.map((name) => `delete from "${name}"`)
  await client.query([...empty, ...fill].join(';'))
  return {
    url,
    file: '',
    openEngine: async (onQuery) => {
      database.onQuery = onQuery
      database.engine ??= await openEngine(url, { onQuery: (sql) => database.onQuery(sql) })
      const { engine } = database
      const close = () => {
        database.engine = null
        return engine.close()
      }
      // A copy, so that replaced functions do not affect the next test.
      return { ...engine, close }
    },
    remove: async () => {
      unused.push(database)
    },
  }
}

async function acquireDatabase(server: string, run: string): Promise<ReusedDatabase> {
  // The name contains the pool id, so that a restarted worker reuses the databases of its predecessor.
  const name = `${run}_${process.env['VITEST_POOL_ID']}_${++count}`
  const { rows } = await onServer(server, `select from pg_database where datname = '${name}'`)
  if (rows.length === 0) await onServer(server, `create database ${name} template ${run}_seeded`)
  const url = sessionOf(server, name)
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  // Rows are deleted and inserted in any order, so foreign keys must not be checked.
  await client.query('set session_replication_role = replica')
  return { url, client, tables: await tablesOf(client), uses: 0, engine: null, onQuery: () => {} }
}

let connection: Promise<pg.Client> | undefined

/** Runs a statement on the server, not in a test database. */
async function onServer(server: string, statement: string): Promise<pg.QueryResult> {
  connection ??= (async () => {
    const client = new pg.Client({ connectionString: server })
    client.on('error', () => {})
    await client.connect()
    return client
  })()
  return (await connection).query(statement)
}

/** The rows of every table except the full-text index, read by an outside connection. */
export async function rowsOf({
  url,
  file,
}: Pick<TestDatabase, 'url' | 'file'>): Promise<Record<string, Record<string, unknown>[]>> {
  if (!onPostgres) {
    const database = new Database(file, { readonly: true })
    const names = database
      .prepare(
        `select name from sqlite_schema where type = 'table' and name not like 'searchWords%' and name not like '\\_\\_%' escape '\\' and name not like 'sqlite\\_%' escape '\\' order by 1`,
      )
      .pluck()
      .all() as string[]
    const rows = names.map((name) => [name, database.prepare(`select * from "${name}"`).all()])
    database.close()
    return Object.fromEntries(rows)
  }
  return fromOutside(url, async (client) => {
    const tables = (await tablesOf(client)).filter((name) => !/^search(Words|Texts)$/.test(name))
    const all: Record<string, Record<string, unknown>[]> = {}
    for (const name of tables) all[name] = (await client.query(`select * from "${name}"`)).rows
    return all
  })
}

const tablesOf = async (client: pg.Client) =>
  (
    await client.query(`select tablename as name from pg_tables where schemaname = 'public' order by 1`)
  ).rows.map(({ name }) => name as string)

/** A path for a SQLite file that is deleted after the test. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return join(folder, 'tracker.db')
}

/** Returns documents as text and large numbers as numbers, like SQLite. */
const types = {
  getTypeParser: (oid: number) => (oid === pg.types.builtins.INT8 ? Number : String),
}

/** Runs `work` with a PostgreSQL connection of its own. */
export async function fromOutside<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url, types })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** A hash of all rows of all tables, which changes with any change of the database. */
export async function watch({
  url,
  file,
}: Pick<TestDatabase, 'url' | 'file'>): Promise<() => Promise<string>> {
  if (onPostgres) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onTestFinished(() => client.end())
    // Every write creates a row version with a new position and transaction id.
    const hashes = (await tablesOf(client)).map(
      (name) =>
        `select coalesce(sum(hashtextextended(ctid::text || ':' || xmin::text, 0)), 0) as hash from "${name}"`,
    )
    const whole = `select string_agg(hash::text, ',') as hash from (${hashes.join(' union all ')}) as hashes`
    await client.query('set max_parallel_workers_per_gather = 0')
    return async () => (await client.query<{ hash: string }>(whole)).rows[0]?.hash ?? ''
  }
  const database = new Database(file, { readonly: true })
  onTestFinished(() => {
    database.close()
  })
  const tables = database
    .prepare(
      "select name from sqlite_schema where type = 'table' and sql not like 'create virtual%' order by 1",
    )
    .pluck()
    .all() as string[]
  const statements = tables.map((name) => database.prepare(`select * from "${name}"`).raw())
  const hashOfRows = () => {
    const hash = createHash('sha256')
    for (const statement of statements) {
      for (const row of statement.iterate() as Iterable<unknown[]>) {
        hash.update(
          row.map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : `${value}`)).join('\0'),
        )
        hash.update('\n')
      }
      hash.update('\f')
    }
    return hash.digest('hex')
  }
  // SQLite counts the commits of other connections, so that the rows need not be read if there was none.
  const commits = () => database.pragma('data_version', { simple: true })
  let known = { commits: commits(), hash: hashOfRows() }
  return async () => {
    const current = commits()
    if (current !== known.commits) known = { commits: current, hash: hashOfRows() }
    return known.hash
  }
}
