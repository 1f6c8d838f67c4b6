// npm run migrate-engine: copies a SQLite database to PostgreSQL.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { sql } from '../src/db/sql.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { seed } from '../src/seed.ts'
import { runCommand } from './helpers/command-line.ts'
import { freshDatabase, fromOutside, type TestDatabase, temporaryFile } from './helpers/database.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NODE = join(ROOT, 'node_modules/.bin/node')
const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }

const lastSeq = sql`select max("seq") as seq from changes`

async function blank(): Promise<TestDatabase> {
  const database = await freshDatabase('blank')
  onTestFinished(async () => void (await database.remove()))
  return database
}

const migrateEngine = (...args: string[]) => runCommand('migrate-engine', ...args)

/** The service on a database. */
async function appOn(url: string) {
  const engine = await openEngine(url)
  await engine.migrate()
  const app = await buildApp({ engine })
  await app.ready()
  const close = async () => {
    await app.close()
    await engine.close()
  }
  return { app, engine, close }
}

/** The responses to all reads: every list and history, the feed and searches. */
async function readEverything({ app }: Awaited<ReturnType<typeof appOn>>) {
  const responses: Record<string, unknown> = {}
  const get = async (url: string) => {
    const { statusCode, headers, body } = await app.inject(url)
    responses[url] = [statusCode, headers.etag, body]
    return JSON.parse(body)
  }
  for (const { path } of catalogue.resources) {
    for (const { id } of (await get(`/v1/${path}?limit=100`)).data) await get(`/v1/${path}/${id}/history`)
  }
  await get('/v1/changes?limit=1000')
  for (const q of ['shoigu', '"unmanned aerial"', 'oper*', '-sco', '上海']) {
    for (const { path } of catalogue.resources) await get(`/v1/${path}?q=${encodeURIComponent(q)}`)
  }
  return responses
}

test('the command copies ids, versions, history, feed, keys and idempotent responses; the service continues on the copy', async () => {
  const from = `file:${temporaryFile()}`
  const to = await blank()
  const old = await appOn(from)
  await seed(old.engine)
  const now = new Date()
  const { token } = await createKey(old.engine, { name: 'me', role: 'admin', expiresAt: null, now })
  const headers = { authorization: `Bearer ${token}`, 'if-match': '*' }
  const post = (app: typeof old.app, name: string, key: string) =>
    app.inject({
      method: 'POST',
      url: '/v1/organizations',
      payload: { name, classification: 'organ', identifiers: [{ scheme: 's', identifier: name }] },
      headers: { ...headers, 'idempotency-key': key },
    })
  const original = await post(old.app, '上海合作组织 – “Ünïcode” \u2028 \\ \' "', 'k1')
  expect(original.statusCode).toBe(201)
  const url = `/v1/organizations/${original.json().id}`
  // The first record refers to one that is created after it.
  const parent = (await post(old.app, 'Parent', 'k2')).json().id
  for (const payload of [{ parentId: parent }, { seat: 'Beijing' }])
    expect((await old.app.inject({ method: 'PATCH', url, payload, headers })).statusCode).toBe(200)
  const gone = (await post(old.app, 'Gone', 'k3')).json().id
  expect(
    (await old.app.inject({ method: 'DELETE', url: `/v1/organizations/${gone}?reason=Test`, headers }))
      .statusCode,
  ).toBe(204)
  const before = await readEverything(old)
  const { seq } = (await old.engine.reader.get<{ seq: number }>(lastSeq)) ?? { seq: 0 }
  await old.close()

  const run = await migrateEngine('--from', from, '--to', to.url)
  expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('All rows were copied and compared')])
  expect(run.stdout).toMatch(new RegExp(`^changes\\t${seq}\\t[0-9a-f]{64}$`, 'm'))
  expect(run.stdout).toMatch(/^idempotency\t3\t/m)

  const fresh = await appOn(to.url)
  onTestFinished(fresh.close)
  expect(await readEverything(fresh)).toEqual(before)
  const again = await post(fresh.app, '上海合作组织 – “Ünïcode” \u2028 \\ \' "', 'k1')
  expect([again.body, again.headers['idempotency-replayed']]).toEqual([original.body, 'true'])
  expect((await post(fresh.app, 'Parent', 'k9')).statusCode).toBe(409)
  expect((await post(fresh.app, 'Next', 'k10')).statusCode).toBe(201)
  expect(await fresh.engine.reader.all(lastSeq)).toEqual([{ seq: seq + 1 }])
})

/** Creates a database of some thousand rows. */
async function filled(): Promise<string> {
  const from = `file:${temporaryFile()}`
  const engine = await openEngine(from)
  await engine.migrate()
  const records = recordsOn(engine)
  const proposals = catalogue.resource('proposal')
  await records.write(AUTHOR, async (tx) => {
    for (let n = 0; n < 1500; n++) {
      const fields = { title: `Proposal ${n}`, summary: `About ${n % 7}`, proposedOn: '2022' }
      await createRecord(tx, proposals, proposals.create.parse(fields))
    }
  })
  await engine.close()
  return from
}

/** Creates a database with the schema, and runs these statements on it. */
async function prepared(statements: string): Promise<TestDatabase> {
  const database = await blank()
  const engine = await openEngine(database.url)
  await engine.migrate()
  await engine.close()
  await fromOutside(database.url, (client) => client.query(statements))
  return database
}

const onInsert = (table: string, body: string) => `
  create function on_insert() returns trigger language plpgsql as $$ begin ${body}; return new; end $$;
  create trigger on_insert before insert on "${table}" for each row execute function on_insert();`

/** Runs a copy that waits at the proposals until `work` is done. */
async function whileCopying(from: string, work: (child: ChildProcess) => Promise<unknown>) {
  const to = await prepared(onInsert('proposals', 'perform pg_advisory_xact_lock_shared(1)'))
  const child = spawn(NODE, ['src/main.ts', 'migrate-engine', '--from', from, '--to', to.url], { cwd: ROOT })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const closed = once(child, 'close')
  await fromOutside(to.url, async (client) => {
    await client.query('select pg_advisory_lock(1)')
    const waiting = `select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`
    while (!(await client.query(waiting)).rowCount) expect([child.exitCode, stderr]).toEqual([null, ''])
    await work(child)
  })
  const [code, signal] = await closed
  return { to, code, signal, stderr }
}

const count = (database: TestDatabase) =>
  fromOutside(database.url, async (client) => (await client.query('select 1 from changes limit 1')).rowCount)

test('a killed copy leaves the target empty, and can be repeated', async () => {
  const from = await filled()
  const { to, signal } = await whileCopying(from, async (child) => child.kill('SIGKILL'))
  expect([signal, await count(to)]).toEqual(['SIGKILL', 0])
  await fromOutside(to.url, (client) => client.query('drop function on_insert cascade'))
  expect((await migrateEngine('--from', from, '--to', to.url)).status).toBe(0)
  const { app, close } = await appOn(to.url)
  onTestFinished(close)
  const { body } = await app.inject('/v1/proposals?q=about&count=exact&limit=1')
  expect(JSON.parse(body).page.total).toBe(1500)
  const foreignKeys = `select conname from pg_constraint where contype = 'f' order by 1`
  const rows = ({ url }: TestDatabase) =>
    fromOutside(url, async (client) => (await client.query(foreignKeys)).rows)
  expect(await rows(to)).toEqual(await rows(await prepared('')))
})

test('a row that differs in the copy is reported, and nothing is written', async () => {
  const from = await filled()
  const to = await prepared(onInsert('proposals', `new.title := new.title || '!'`))
  const run = await migrateEngine('--from', from, '--to', to.url)
  expect([run.status, run.stdout, await count(to)]).toEqual([1, '', 0])
  expect(run.stderr).toMatch(/proposals prp_\w+ differs in the copy/)
})

test('a source that is written to during the copy is rejected, and nothing is written', async () => {
  const from = await filled()
  const run = await whileCopying(from, async () => {
    const { engine, close } = await appOn(from)
    const speakers = catalogue.resource('speaker')
    await recordsOn(engine).write(AUTHOR, (transaction) =>
      createRecord(transaction, speakers, speakers.create.parse({ name: 'Late' })),
    )
    await close()
  })
  expect([run.code, await count(run.to)]).toEqual([1, 0])
  expect(run.stderr).toContain('changed during the copy')
})

test('a target that is not empty and invalid arguments are rejected', async () => {
  const from = await filled()
  const used = await blank()
  const { engine, close } = await appOn(used.url)
  await seed(engine)
  await close()
  const full = await migrateEngine('--from', from, '--to', used.url)
  expect(full).toMatchObject({ status: 1, stderr: expect.stringContaining('is not empty') })

  for (const args of [
    [],
    ['--from', from],
    ['--from', used.url, '--to', used.url],
    ['--from', from, '--to', from],
    ['--from', 'file:/nowhere.db', '--to', used.url],
    ['--all'],
  ]) {
    const refused = await migrateEngine(...args)
    expect([args, refused.status, refused.stdout]).toEqual([args, 1, ''])
    expect(refused.stderr).toMatch(/^error: |There is no database at/)
  }
})
