// Several instances of the service on one PostgreSQL database: their guarantees under concurrent writes.
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import type { Engine } from '../src/db/engine.ts'
import { openEngine } from '../src/db/open.ts'
import { sql } from '../src/db/sql.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { freshDatabase, fromOutside } from './helpers/database.ts'

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }
const speakers = catalogue.resource('speaker')

/** Opens another instance on the same database. */
async function openAnother({ url }: { url: string }): Promise<Engine> {
  const engine = await openEngine(url)
  onTestFinished(() => engine.close())
  return engine
}

const writeSpeaker = (engine: Engine, name: string) =>
  recordsOn(engine).write(AUTHOR, (tx) => createRecord(tx, speakers, speakers.create.parse({ name })))

interface Change {
  seq: number
  at: string
}

const changesAfter = (engine: Engine, seq: number) =>
  engine.reader.all<Change>(sql`select "seq", "at" from changes where "seq" > ${seq} order by "seq"`)

describe('eight instances that write concurrently', () => {
  test('number their changes in commit order, without gaps, and times never go back', async () => {
    const s = await service()
    const engines = await Promise.all(Array.from({ length: 8 }, () => openAnother(s)))
    const [watcher] = engines
    if (!watcher) throw new Error('No engine.')
    let writing = true
    const seen: Change[] = []
    // A reader of the feed never goes back, so a change numbered too late would be missing here.
    const following = (async () => {
      while (true) {
        const over = !writing
        const news = await changesAfter(s.engine, seen.at(-1)?.seq ?? 0)
        seen.push(...news)
        if (over && news.length === 0) return
      }
    })()
    const refused: unknown[] = []
    await Promise.all(
      engines.flatMap((engine, instance) =>
        Array.from({ length: 40 }, async (_, n) => {
          if (n % 5 === 4) {
            // A write that fails after it was numbered leaves no gap.
            const failing = recordsOn(engine).write(AUTHOR, async (tx) => {
              await createRecord(tx, speakers, speakers.create.parse({ name: 'Nobody' }))
              throw new Error('no')
            })
            await failing.catch((error: unknown) => refused.push(error))
          } else await writeSpeaker(engine, `${instance} ${n}`)
        }),
      ),
    )
    writing = false
    await following
    expect(refused).toHaveLength(64)
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 256 }, (_, n) => n + 1))
    const instants = seen.map(({ at }) => at)
    expect(instants).toEqual([...instants].sort())
    expect((await s.get('/v1/speakers?count=exact')).body['page']['total']).toBe(256)
  })

  test('lose no update: their increments add up', async () => {
    const s = await service()
    await s.engine.write((writer) => writer.run(sql`insert into settings values ('count', '0')`))
    const engines = await Promise.all(Array.from({ length: 8 }, () => openAnother(s)))
    const find = sql`select "value" as value from settings where "name" = 'count'`
    await Promise.all(
      engines.flatMap((engine) =>
        Array.from({ length: 10 }, () =>
          engine.write(async (writer) => {
            const row = await writer.get<{ value: string }>(find)
            const next = String(Number(row?.value) + 1)
            await writer.run(sql`update settings set "value" = ${next} where "name" = 'count'`)
          }),
        ),
      ),
    )
    expect(await s.engine.reader.get(find)).toEqual({ value: '80' })
  })
})

describe('two instances', () => {
  /** Another instance, with the request function of the first one. */
  async function pair(): Promise<{ one: Service; other: Service['request'] }> {
    const one = await service()
    const app = await buildApp({ engine: await openAnother(one) })
    await app.ready()
    onTestFinished(() => app.close())
    const other: Service['request'] = async (options) => {
      const { statusCode, headers, body } = await app.inject(options)
      const json = /json/.test(String(headers['content-type'])) && body !== ''
      return { status: statusCode, headers, text: body, body: json ? JSON.parse(body) : undefined }
    }
    return { one, other }
  }

  const bearer = ({ keys }: Service) => ({ authorization: `Bearer ${keys.analyst}` })

  test('execute concurrent requests with the same Idempotency-Key once, and return the same response', async () => {
    const { one, other } = await pair()
    for (let n = 0; n < 10; n++) {
      const request = {
        method: 'POST',
        url: '/v1/speakers',
        payload: { name: `Twice ${n}` },
        headers: { ...bearer(one), 'idempotency-key': `k${n}` },
      } as const
      const responses = await Promise.all([one.request(request), other(request)])
      expect(responses.map(({ status }) => status)).toEqual([201, 201])
      expect(responses[0].text).toBe(responses[1].text)
      const replayed = responses.filter(({ headers }) => headers['idempotency-replayed'] === 'true')
      expect(replayed).toHaveLength(1)
    }
    expect((await one.get('/v1/speakers?count=exact')).body['page']['total']).toBe(10)
  })

  test('accept one of two concurrent patches of the same version; the other gets 412', async () => {
    const { one, other } = await pair()
    const created = await one.post('/v1/speakers', { name: 'A' })
    const url = `/v1/speakers/${created.body['id']}`
    let etag = String(created.headers.etag)
    for (let n = 0; n < 10; n++) {
      const request = (name: string) =>
        ({
          method: 'PATCH',
          url,
          payload: { name },
          headers: { ...bearer(one), 'content-type': 'application/merge-patch+json', 'if-match': etag },
        }) as const
      const responses = await Promise.all([one.request(request(`A${n}`)), other(request(`B${n}`))])
      expect(responses.map(({ status }) => status).sort()).toEqual([200, 412])
      etag = String(responses.find(({ status }) => status === 200)?.headers.etag)
    }
    expect((await one.get(url)).body['version']).toBe(11)
  })

  test('accept an identifier only once, and reject the deletion of a record that gets a reference concurrently', async () => {
    const { one, other } = await pair()
    const identifiers = [{ scheme: 'wikidata', identifier: 'Q1' }]
    const responses = await Promise.all(
      [one.request, other].map((send, n) =>
        send({
          method: 'POST',
          url: '/v1/speakers',
          payload: { name: `S${n}`, identifiers },
          headers: bearer(one),
        }),
      ),
    )
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409])
    const { body: meeting } = await one.post('/v1/meetings', { name: 'M', startDate: '2022' })
    const [created, deleted] = await Promise.all([
      one.post('/v1/proposals', { title: 'P', proposedOn: '2022', meetingId: meeting['id'] }),
      other({
        method: 'DELETE',
        url: `/v1/meetings/${meeting['id']}?reason=Test`,
        headers: { authorization: `Bearer ${one.keys.admin}`, 'if-match': '*' },
      }),
    ])
    // Either the reference was created first, or the record was deleted first.
    expect([`201 409`, `422 204`]).toContain(`${created?.status} ${deleted?.status}`)
  })

  test('share the rate limit of a client, for a minute from its first request', async () => {
    const one = await service({ rateLimitMax: 5 })
    const app = await buildApp({ engine: await openAnother(one), rateLimitMax: 5 })
    await app.ready()
    onTestFinished(() => app.close())
    const statuses: number[] = []
    for (let n = 0; n < 4; n++) {
      statuses.push((await one.app.inject('/v1/speakers')).statusCode)
      statuses.push((await app.inject('/v1/speakers')).statusCode)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    const refused = await app.inject('/v1/speakers')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    const { rows } = await fromOutside(one.url, (client) => client.query('select "key" from tallies'))
    expect(rows).toEqual([{ key: expect.stringMatching(/^[0-9a-f]{64}$/) }])
    await fromOutside(one.url, (client) => client.query(`update tallies set "until" = clock_timestamp()`))
    expect((await app.inject('/v1/speakers')).statusCode).toBe(200)
  })

  test('notify each other of commits, also after the listening connection was terminated', async () => {
    const s = await service()
    const other = await openAnother(s)
    const { signal } = new AbortController()
    // Far longer than the test may take, so that only a notification of the other instance ends the wait.
    const waitFor = async (name: string) => {
      let notified = false
      const waiting = s.engine.waitForCommit(600_000, signal).then(() => {
        notified = true
      })
      for (let n = 0; !notified; n++) {
        await writeSpeaker(other, `${name} ${n}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await waiting
    }
    await waitFor('first')
    const cut = await fromOutside(s.url, (client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'sco-tracker commits'`,
      ),
    )
    expect(cut.rows.length).toBeGreaterThan(0)
    await waitFor('second')
  })

  test('sign cursors with the same secret, so that each accepts those of the other', async () => {
    const { one, other } = await pair()
    for (const name of ['A', 'B', 'C']) await one.post('/v1/speakers', { name })
    const first = await one.get('/v1/speakers?sort=name&limit=2')
    const second = await other({
      method: 'GET',
      url: `/v1/speakers?sort=name&limit=2&cursor=${first.body['page']['nextCursor']}`,
    })
    expect(second.body['data'].map(({ name }: { name: string }) => name)).toEqual(['C'])
  })
})

describe('migrations', () => {
  test('by another instance fail at most one query on each connection with prepared statements', async () => {
    const s = await service()
    const all = sql`select * from settings`
    const queries: (() => Promise<unknown>)[] = [
      () => s.engine.reader.all(all, {}),
      () => s.engine.read((reader) => reader.all(all, {})),
      () => s.engine.write((writer) => writer.all(all, {})),
    ]
    for (const query of queries) for (let n = 0; n < 3; n++) await query()
    await fromOutside(s.url, (client) => client.query('alter table settings add column more text'))
    onTestFinished(async () => {
      await fromOutside(s.url, (client) => client.query('alter table settings drop column more'))
    })
    let refused = 0
    for (const query of queries) {
      await query().catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'unavailable' })
        refused++
      })
    }
    expect(refused).toBeGreaterThan(0)
    for (const query of queries) expect(await query()).toContainEqual(expect.objectContaining({ more: null }))
  })

  test('are applied once when four instances start concurrently', async () => {
    const database = await freshDatabase('blank')
    onTestFinished(async () => void (await database.remove()))
    const engines = await Promise.all(Array.from({ length: 4 }, () => openAnother(database)))
    // Loading this module blocks the event loop, so that connecting would time out.
    await import('drizzle-orm/node-postgres/migrator')
    await Promise.all(engines.map((engine) => engine.migrate()))
    const { rows } = await fromOutside(database.url, (client) =>
      client.query(
        `select count(*) as all, count(distinct hash) as different from drizzle.__drizzle_migrations`,
      ),
    )
    expect(rows[0].all).toBeGreaterThan(2)
    expect(rows[0].all).toBe(rows[0].different)
    await Promise.all(engines.map((engine, n) => writeSpeaker(engine, `S${n}`)))
    expect((await changesAfter(engines[0] as Engine, 0)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  })
})
