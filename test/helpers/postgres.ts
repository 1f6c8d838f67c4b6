// Global setup of the tests on PostgreSQL: the server, and the database that tests copy.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { openEngine } from '../../src/db/open.ts'
import { seed } from '../../src/seed.ts'
import { prepare } from './prepare.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server, the prefix of the names of this run's databases, and a folder for its files. */
    postgres: { server: string; run: string; folder: string }
  }
}

/** TEST_POSTGRES_URL, or a local server without a password. Its user must have the right to create databases. */
export const SERVER = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

/** Whether the server accepts connections. */
export async function answers(): Promise<boolean> {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 30_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

/** The URL of a database whose commits do not wait for the disk, which tests do not need. */
export function sessionOf(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  url.searchParams.set('options', '-c synchronous_commit=off')
  return url.href
}

/** Before the first test: creates a seeded database to copy. After the last one: drops all databases of the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = `sco_test_${process.pid}_${Date.now().toString(36)}`
  const server = new pg.Client({ connectionString: SERVER })
  server.on('error', () => {})
  await server.connect()
  const name = `${run}_seeded`
  await server.query(`create database ${name} template template0`)
  const url = sessionOf(SERVER, name)
  const engine = await openEngine(url)
  project.provide('keys', await prepare(engine))
  await seed(engine)
  await engine.close()
  // A copy of the seed in a schema of its own, from which used databases are filled again.
  const inside = new pg.Client({ connectionString: url })
  await inside.connect()
  const tables = await inside.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  )
  await inside.query('create schema seed')
  for (const { name: table } of tables.rows)
    await inside.query(`create table seed."${table}" as table public."${table}"`)
  await inside.end()
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-postgres-'))
  // Servers that tests start may be another user's.
  chmodSync(folder, 0o755)
  project.provide('postgres', { server: SERVER, run, folder })
  return async () => {
    const left = await server.query<{ name: string }>(
      'select datname as name from pg_database where datname like $1',
      [`${run.replaceAll('_', '\\_')}%`],
    )
    for (const { name } of left.rows) await server.query(`drop database if exists "${name}" with (force)`)
    await server.end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
