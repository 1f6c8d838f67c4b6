// The PostgreSQL server of the tests: where it is, and the databases from which tests copy theirs.
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { openEngine } from '../../src/db/open.ts'
import { seed } from '../../src/seed.ts'
import { prepare } from './prepare.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server, and how the names of the databases of this run begin. */
    postgres: { server: string; run: string }
  }
}

/** TEST_POSTGRES_URL, or a server on this machine that lets anyone in. Its user must be allowed to make databases. */
export const SERVER = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

/** Does the server answer? */
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

/** The address of a database, whose commits need not wait for the disk: what tests lose in a crash is theirs to lose. */
export function sessionOf(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  url.searchParams.set('options', '-c synchronous_commit=off')
  return url.href
}

/** Before the first test of the project: a seeded database, to be copied. Behind the last: all gone. */
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
  // A copy of the seed beside it, from which a database that was used is filled again.
  const inside = new pg.Client({ connectionString: url })
  await inside.connect()
  const tables = await inside.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  )
  await inside.query('create schema seed')
  for (const { name: table } of tables.rows)
    await inside.query(`create table seed."${table}" as table public."${table}"`)
  await inside.end()
  project.provide('postgres', { server: SERVER, run })
  return async () => {
    const left = await server.query<{ name: string }>(
      'select datname as name from pg_database where datname like $1',
      [`${run.replaceAll('_', '\\_')}%`],
    )
    for (const { name } of left.rows) await server.query(`drop database if exists "${name}" with (force)`)
    await server.end()
  }
}
