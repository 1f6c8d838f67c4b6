// Several instances on one PostgreSQL database: what one may count on while others write.
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

/** Another instance of the service on the same database. */
async function another({ url }: { url: string }): Promise<Engine> {
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

const behind = (engine: Engine, seq: number) =>
  engine.reader.all<Change>(sql`select "seq", "at" from changes where "seq" > ${seq} order by "seq"`)

describe('eight instances that write at once', () => {
  test('number their changes in the order of commits: nothing comes late, nothing is left out, no instant goes back', async () => {
    const s = await service()
    const engines = await Promise.all(Array.from({ length: 8 }, () => another(s)))
    const [watcher] = engines
    if (!watcher) throw new Error('No engine.')
    let writing = true
    const seen: Change[] = []
    // Whoever follows the feed never looks back, so what came behind its back would be missing here.
    const following = (async () => {
      while (true) {
        const over = !writing
        const news = await behind(s.engine, seen.at(-1)?.seq ?? 0)
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

  test('lose no update: counting up in turns comes to the sum', async () => {
    const s = await service()
    await s.engine.write((writer) => writer.run(sql`insert into settings values ('count', '0')`))
    const engines = await Promise.all(Array.from({ length: 8 }, () => another(s)))
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
  /** The app of another instance, asked as the first one is. */
  async function pair(): Promise<{ one: Service; other: Service['request'] }> {
    const one = await service()
    const app = await buildApp({ engine: await another(one) })
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

  test('that are sent the same Idempotency-Key at once write once, and both give the same answer', async () => {
    const { one, other } = await pair()
    for (let n = 0; n < 10; n++) {
      const request = {
        method: 'POST',
        url: '/v1/speakers',
        payload: { name: `Twice ${n}` },
        headers: { ...bearer(one), 'idempotency-key': `k${n}` },
      } as const
      const answers = await Promise.all([one.request(request), other(request)])
      expect(answers.map(({ status }) => status)).toEqual([201, 201])
      expect(answers[0].text).toBe(answers[1].text)
      const replayed = answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true')
      expect(replayed).toHaveLength(1)
    }
    expect((await one.get('/v1/speakers?count=exact')).body['page']['total']).toBe(10)
  })

  test('that change one version at once let one of them win: the other is told 412', async () => {
    const { one, other } = await pair()
    const made = await one.post('/v1/speakers', { name: 'A' })
    const url = `/v1/speakers/${made.body['id']}`
    let etag = String(made.headers.etag)
    for (let n = 0; n < 10; n++) {
      const request = (name: string) =>
        ({
          method: 'PATCH',
          url,
          payload: { name },
          headers: { ...bearer(one), 'content-type': 'application/merge-patch+json', 'if-match': etag },
        }) as const
      const answers = await Promise.all([one.request(request(`A${n}`)), other(request(`B${n}`))])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
      etag = String(answers.find(({ status }) => status === 200)?.headers.etag)
    }
    expect((await one.get(url)).body['version']).toBe(11)
  })

  test('give an identifier to one record only, and refuse to delete what the other refers to at that moment', async () => {
    const { one, other } = await pair()
    const identifiers = [{ scheme: 'wikidata', identifier: 'Q1' }]
    const answers = await Promise.all(
      [one.request, other].map((send, n) =>
        send({
          method: 'POST',
          url: '/v1/speakers',
          payload: { name: `S${n}`, identifiers },
          headers: bearer(one),
        }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    const { body: meeting } = await one.post('/v1/meetings', { name: 'M', startDate: '2022' })
    const [made, deleted] = await Promise.all([
      one.post('/v1/proposals', { title: 'P', proposedOn: '2022', meetingId: meeting['id'] }),
      other({
        method: 'DELETE',
        url: `/v1/meetings/${meeting['id']}`,
        headers: { authorization: `Bearer ${one.keys.admin}`, 'if-match': '*' },
      }),
    ])
    // Either the reference came first, or it led nowhere.
    expect([`201 409`, `422 204`]).toContain(`${made?.status} ${deleted?.status}`)
  })

  test('count the requests of a client together, for a minute from the first', async () => {
    const one = await service({ rateLimitMax: 5 })
    const app = await buildApp({ engine: await another(one), rateLimitMax: 5 })
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

  test('hear of each other at once, also after the connection that listens was cut', async () => {
    const s = await service()
    const other = await another(s)
    const { signal } = new AbortController()
    // Far longer than the test may take: only the word of the other instance ends the wait.
    const waitFor = async (name: string) => {
      let heard = false
      const hearing = s.engine.waitForCommit(600_000, signal).then(() => {
        heard = true
      })
      for (let n = 0; !heard; n++) {
        await writeSpeaker(other, `${name} ${n}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await hearing
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

  test('sign cursors with one secret, so either goes on where the other began', async () => {
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
  test('by another instance cost the connections on which statements were prepared one answer each, no more', async () => {
    const s = await service()
    const all = sql`select * from settings`
    const ways: (() => Promise<unknown>)[] = [
      () => s.engine.reader.all(all, {}),
      () => s.engine.read((reader) => reader.all(all, {})),
      () => s.engine.write((writer) => writer.all(all, {})),
    ]
    for (const ask of ways) for (let n = 0; n < 3; n++) await ask()
    await fromOutside(s.url, (client) => client.query('alter table settings add column more text'))
    onTestFinished(async () => {
      await fromOutside(s.url, (client) => client.query('alter table settings drop column more'))
    })
    let refused = 0
    for (const ask of ways) {
      await ask().catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'unavailable' })
        refused++
      })
    }
    expect(refused).toBeGreaterThan(0)
    for (const ask of ways) expect(await ask()).toEqual([expect.objectContaining({ more: null })])
  })

  test('of four instances that start at once are applied once', async () => {
    const database = await freshDatabase('blank')
    onTestFinished(async () => void (await database.remove()))
    const engines = await Promise.all(Array.from({ length: 4 }, () => another(database)))
    // Loading it blocks the event loop, and connecting would time out.
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
    expect((await behind(engines[0] as Engine, 0)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  })
})
