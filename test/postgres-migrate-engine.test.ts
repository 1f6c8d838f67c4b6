// npm run migrate-engine: a SQLite database, whole, on PostgreSQL.

import { execFile, spawn } from 'node:child_process'
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

const migrateEngine = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(NODE, ['src/cli/migrate-engine.ts', ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

/** The service on a database, as far as this test needs it. */
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

/** What a reader of the service sees: every list and history, the feed, and what is found. */
async function seen({ app }: Awaited<ReturnType<typeof appOn>>) {
  const answers: Record<string, unknown> = {}
  const get = async (url: string) => {
    const { statusCode, headers, body } = await app.inject(url)
    answers[url] = [statusCode, headers.etag, body]
    return JSON.parse(body)
  }
  for (const { path } of catalogue.resources) {
    for (const { id } of (await get(`/v1/${path}?limit=100`)).data) await get(`/v1/${path}/${id}/history`)
  }
  await get('/v1/changes?limit=1000')
  for (const q of ['shoigu', '"unmanned aerial"', 'oper*', '-sco', '上海']) {
    for (const { path } of catalogue.resources) await get(`/v1/${path}?q=${encodeURIComponent(q)}`)
  }
  return answers
}

test('it copies everything: ids, versions, history, feed, keys and kept answers; the service goes on from there', async () => {
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
  const kept = await post(old.app, '上海合作组织 – “Ünïcode” \u2028 \\ \' "', 'k1')
  expect(kept.statusCode).toBe(201)
  const url = `/v1/organizations/${kept.json().id}`
  // Refers to what is made after it.
  const parent = (await post(old.app, 'Parent', 'k2')).json().id
  for (const payload of [{ parentId: parent }, { seat: 'Beijing' }])
    expect((await old.app.inject({ method: 'PATCH', url, payload, headers })).statusCode).toBe(200)
  const gone = (await post(old.app, 'Gone', 'k3')).json().id
  expect(
    (await old.app.inject({ method: 'DELETE', url: `/v1/organizations/${gone}`, headers })).statusCode,
  ).toBe(204)
  const before = await seen(old)
  const { seq } = (await old.engine.reader.get<{ seq: number }>(lastSeq)) ?? { seq: 0 }
  await old.close()

  const run = await migrateEngine('--from', from, '--to', to.url)
  expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('Every row is there and equal')])
  expect(run.stdout).toMatch(new RegExp(`^changes\\t${seq}\\t[0-9a-f]{64}$`, 'm'))
  expect(run.stdout).toMatch(/^idempotency\t3\t/m)

  const fresh = await appOn(to.url)
  onTestFinished(fresh.close)
  expect(await seen(fresh)).toEqual(before)
  const again = await post(fresh.app, '上海合作组织 – “Ünïcode” \u2028 \\ \' "', 'k1')
  expect([again.body, again.headers['idempotency-replayed']]).toEqual([kept.body, 'true'])
  expect((await post(fresh.app, 'Parent', 'k9')).statusCode).toBe(409)
  expect((await post(fresh.app, 'Next', 'k10')).statusCode).toBe(201)
  expect(await fresh.engine.reader.all(lastSeq)).toEqual([{ seq: seq + 1 }])
})

/** A database of some thousand rows. */
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

/** Begins to copy, and is killed when so much is noted. */
async function killedAt(from: string, to: TestDatabase, what: string): Promise<void> {
  const child = spawn(NODE, ['src/cli/migrate-engine.ts', '--from', from, '--to', to.url], {
    cwd: ROOT,
    stdio: 'ignore',
  })
  const exit = once(child, 'exit')
  await fromOutside(to.url, async (client) => {
    while (child.exitCode === null) {
      const noted = await client
        .query(`select 1 from "engineCopy" where "name" = $1`, [what])
        .catch(() => ({ rowCount: 0 }))
      if (noted.rowCount) break
    }
  })
  child.kill('SIGKILL')
  expect(await exit).toEqual([null, 'SIGKILL'])
}

test('it goes on where it was killed, in the midst of rows and of the index, and comes to the same', async () => {
  const from = await filled()
  const to = await blank()
  await killedAt(from, to, 'rows changes')
  await killedAt(from, to, 'rows proposals')
  await killedAt(from, to, 'index')
  const resumed = await migrateEngine('--from', from, '--to', to.url)
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('Every row is there and equal')])
  const other = await blank()
  const whole = await migrateEngine('--from', from, '--to', other.url)
  expect(resumed.stdout).toBe(whole.stdout)
  const references = `select conname from pg_constraint where contype = 'f' order by 1`
  const [one, two] = await Promise.all(
    [to, other].map(({ url }) => fromOutside(url, async (client) => (await client.query(references)).rows)),
  )
  expect(one).toEqual(two)
  const { app, close } = await appOn(to.url)
  onTestFinished(close)
  const { body } = await app.inject('/v1/proposals?q=about&count=exact&limit=1')
  expect(JSON.parse(body).page.total).toBe(1500)
})

test('it finds a row that is not what it was, and says which', async () => {
  const from = await filled()
  const to = await blank()
  await killedAt(from, to, 'index')
  const { id } = await fromOutside(to.url, async (client) => {
    const changed = await client.query(
      `update proposals set title = title || '!' where id = (select id from proposals order by id limit 1) returning id`,
    )
    return changed.rows[0]
  })
  const run = await migrateEngine('--from', from, '--to', to.url)
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining(`proposals ${id} is not the same`) })
})

test('it refuses a database that holds something, one that goes on being written, and what it cannot read', async () => {
  const from = await filled()
  const to = await blank()
  await killedAt(from, to, 'rows changes')
  const { engine, close } = await appOn(from)
  const records = recordsOn(engine)
  const speakers = catalogue.resource('speaker')
  await records.write(AUTHOR, (tx) => createRecord(tx, speakers, speakers.create.parse({ name: 'Late' })))
  await close()
  const late = await migrateEngine('--from', from, '--to', to.url)
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('written to since the copy began') })

  const used = await blank()
  const { engine: other, close: closeOther } = await appOn(used.url)
  await seed(other)
  await closeOther()
  const full = await migrateEngine('--from', from, '--to', used.url)
  expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') })

  for (const args of [
    [],
    ['--from', from],
    ['--from', used.url, '--to', used.url],
    ['--from', from, '--to', from],
    ['--from', 'file:/nowhere.db', '--to', used.url],
    ['--all'],
  ]) {
    const refused = await migrateEngine(...args)
    expect([args, refused.code, refused.stdout]).toEqual([args, 1, ''])
    expect(refused.stderr).toMatch(/Usage|There is no database at/)
  }
})
