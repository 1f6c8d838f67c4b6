// Idempotency-Key: a repeated POST is executed once, and its response is stored in the same transaction.

import { describe, expect, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import type { Engine } from '../src/db/engine.ts'
import { openEngine } from '../src/db/open.ts'
import { sql } from '../src/db/sql.ts'
import { type Service, service, type TestResponse } from './helpers/app.ts'
import { type Body, type Ids, kinds, leastBody, oneOfEach, pathOf } from './helpers/bodies.ts'
import { testOnce } from './helpers/database.ts'
import { eventually } from './helpers/wait.ts'

const HOUR = 3_600_000

/** The numbers of rows in the change log and of stored responses. */
async function counts({ engine }: { engine: Engine }) {
  const tables = ['changes', 'idempotency'] as const
  const [changes = 0, stored = 0] = await Promise.all(
    tables.map(
      async (table) =>
        (await engine.reader.get<{ n: number }>(sql`select count(*) as n from ${sql.identifier(table)}`))?.n,
    ),
  )
  return { changes, stored }
}

/** The parts of a response that clients use. */
const essence = ({ status, headers, text }: TestResponse) => ({
  status,
  location: headers['location'],
  etag: headers['etag'],
  lastModified: headers['last-modified'],
  type: headers['content-type'],
  text,
})

const speaker = (name: string) => ({ name })

/** Sends a POST to another app on the same database, with the analyst's key. */
async function postTo(app: Service['app'], s: Service, url: string, payload: object, key: string) {
  const response = await app.inject({
    method: 'POST',
    url,
    payload,
    headers: { authorization: `Bearer ${s.keys.analyst}`, 'idempotency-key': key },
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    body: undefined as any,
  }
}

/** A body that can be sent twice, unlike that of a record, which would be a duplicate. */
const remark = { type: 'noted', note: 'Read.' }

/** The path of the events of a new proposal. */
const eventsOf = async (s: Service, title = 'P') =>
  `/v1/proposals/${(await s.post('/v1/proposals', { title })).body['id']}/events`

/** Every POST of records in the document, with a valid path and body. Merges, webhooks, imports and the evidence of parts have tests of their own. */
async function everyPost(s: Service): Promise<{ operation: string; url: string; body: Body }[]> {
  const ids = await oneOfEach(s)
  const others = {} as Ids
  const RELATIONS: Partial<Ids> = {
    meeting: 'implements',
    proposal: 'restates',
    agreement: 'restates',
    organization: 'succeeds',
    source: 'based-on',
  }
  for (const kind of ['proposal', 'agreement', 'organization', 'source'] as const) {
    others[kind] = (await s.post(pathOf(kind), leastBody(kind, ids))).body['id']
  }
  others.meeting = others.proposal
  const childBodies = {
    events: () => remark,
    positions: () => ({ stateCode: ids.state, position: 'supported', statedOn: '2022-08-24' }),
    memberships: () => ({ role: 'member', organizationId: ids.organization }),
    relations: (kind: keyof Ids) => ({ type: RELATIONS[kind], targetId: others[kind] }),
    evidence: () => ({ sourceId: ids.source, motivation: 'quote', exact: 'The text' }),
  } as Record<string, (kind: keyof Ids) => Body>
  const paths = s.app.swagger().paths as Record<string, Record<string, unknown>>
  return Object.entries(paths)
    .filter(
      ([path, { post }]) =>
        post && !/^\/v1\/(webhooks|imports|events|positions|memberships|relations)|\/merge$/.test(path),
    )
    .map(([path]) => {
      const [, , plural = '', , child = ''] = path.split('/')
      const kind = kinds.find((one) => pathOf(one) === `/v1/${plural}`)
      const url = path.replace('{id}', kind ? ids[kind] : '')
      const report = {
        source: { title: 'S', language: 'en', text: 'Words.' },
        speakers: [speaker('In a report')],
      }
      const body = kind ? (childBodies[child]?.(kind) ?? leastBody(kind, ids)) : report
      return { operation: path, url, body }
    })
}

describe('requests with the same key and body', () => {
  testOnce('return the same response from every POST in the document, and write once', async () => {
    const s = await service()
    const posts = await everyPost(s)
    expect(posts.length).toBeGreaterThanOrEqual(25)
    for (const [index, { operation, url, body }] of posts.entries()) {
      const key = { 'idempotency-key': `post-${index}` }
      const before = await counts(s)
      const first = await s.post(url, body, key)
      expect([operation, first.status], first.text).toEqual([operation, 201])
      expect(first.headers['location'], operation).toMatch(/^\/v1\//)
      expect(first.headers['idempotency-replayed']).toBeUndefined()
      const between = await counts(s)
      expect(between.changes, operation).toBeGreaterThan(before.changes)
      expect(between.stored, operation).toBe(before.stored + 1)
      const again = await s.post(url, body, key)
      expect(essence(again), operation).toEqual(essence(first))
      expect(again.headers['idempotency-replayed'], operation).toBe('true')
      expect(await counts(s), operation).toEqual(between)
    }
  })

  test('return the stored response even if the record has changed or was deleted since', async () => {
    const s = await service()
    const key = { 'idempotency-key': 'k' }
    const first = await s.post('/v1/speakers', speaker('A'), key)
    await s.patch(String(first.headers['location']), speaker('B'))
    expect(essence(await s.post('/v1/speakers', speaker('A'), key))).toEqual(essence(first))
    await s.del(String(first.headers['location']))
    expect(essence(await s.post('/v1/speakers', speaker('A'), key))).toEqual(essence(first))
    expect((await s.get('/v1/speakers')).body['data']).toEqual([])
  })

  test.each([2, 20])(
    'are executed once when %i arrive at once, and all return the same response',
    async (n) => {
      const s = await service()
      const responses = await Promise.all(
        Array.from({ length: n }, () => s.post('/v1/speakers', speaker('A'), { 'idempotency-key': 'k' })),
      )
      expect(new Set(responses.map((response) => JSON.stringify(essence(response)))).size).toBe(1)
      expect(responses[0]?.status).toBe(201)
      expect(responses.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(
        n - 1,
      )
      expect(await counts(s)).toEqual({ changes: 1, stored: 1 })
    },
  )

  test('return the same response after a restart of the service', async () => {
    const s = await service()
    const first = await s.post('/v1/speakers', speaker('A'), { 'idempotency-key': 'k' })
    await s.app.close()
    await s.engine.close()
    const engine = await openEngine(s.url)
    await engine.migrate()
    const app = await buildApp({ engine })
    try {
      const again = await postTo(app, s, '/v1/speakers', speaker('A'), 'k')
      expect(essence(again)).toEqual(essence(first))
      expect(again.headers['idempotency-replayed']).toBe('true')
      expect((await postTo(app, s, '/v1/speakers', speaker('B'), 'k')).status).toBe(422)
      expect(await counts({ engine })).toEqual({ changes: 1, stored: 1 })
    } finally {
      await app.close()
      await engine.close()
    }
  })

  test('are recognised for 24 hours, and executed again after that', async () => {
    let now = Date.UTC(2030, 0, 1)
    const s = await service({ clock: () => new Date(now) })
    const url = await eventsOf(s)
    const before = await counts(s)
    const send = () => s.post(url, remark, { 'idempotency-key': 'k' })
    const first = await send()
    now += 24 * HOUR
    expect(essence(await send())).toEqual(essence(first))
    now += 1
    const fresh = await send()
    expect(fresh.status).toBe(201)
    expect(fresh.headers['idempotency-replayed']).toBeUndefined()
    expect(fresh.body['id']).not.toBe(first.body['id'])
    // Expired rows are deleted, not only ignored.
    expect(await counts(s)).toEqual({ changes: before.changes + 2, stored: 1 })
    now += 24 * HOUR + 1
    expect((await s.post(url, { type: 'announced' }, { 'idempotency-key': 'k' })).status).toBe(201)
  })
})

describe('an idempotency key', () => {
  test('with another body or path is rejected with 422 and writes nothing', async () => {
    const s = await service()
    const key = { 'idempotency-key': 'k' }
    await s.post('/v1/speakers', speaker('A'), key)
    const before = await counts(s)
    for (const [url, body] of [
      ['/v1/speakers', speaker('B')],
      ['/v1/organizations', { name: 'A', classification: 'organ' }],
    ] as const) {
      const { status, body: problem } = await s.post(url, body, key)
      expect([status, problem['type']], url).toEqual([422, '/problems/idempotency-mismatch'])
    }
    expect(await counts(s)).toEqual(before)
    // The stored response is still the first one.
    expect((await s.post('/v1/speakers', speaker('A'), key)).headers['idempotency-replayed']).toBe('true')
  })

  test('on the same path under another record is rejected with 422', async () => {
    const s = await service()
    const [one, other] = [await eventsOf(s, 'One'), await eventsOf(s, 'Other')]
    const key = { 'idempotency-key': 'k' }
    expect((await s.post(one, remark, key)).status).toBe(201)
    expect((await s.post(other, remark, key)).status).toBe(422)
    expect((await s.get(other)).body['data']).toEqual([])
  })

  test('is scoped to the API key: another API key may use the same one', async () => {
    const s = await service()
    const key = { 'idempotency-key': 'k' }
    const admin = { ...key, authorization: `Bearer ${s.keys.admin}` }
    const url = await eventsOf(s)
    const before = await counts(s)
    const mine = await s.post(url, remark, key)
    const theirs = await s.post(url, remark, admin)
    const others = await s.post(url, { type: 'announced' }, admin)
    expect([mine.status, theirs.status, others.status]).toEqual([201, 201, 422])
    expect(theirs.headers['idempotency-replayed']).toBeUndefined()
    expect(theirs.body['id']).not.toBe(mine.body['id'])
    expect(await counts(s)).toEqual({ changes: before.changes + 2, stored: 2 })
  })

  test('does not return a stored response to a client without a valid API key', async () => {
    const s = await service()
    await s.post('/v1/speakers', speaker('A'), { 'idempotency-key': 'k' })
    for (const authorization of ['Bearer nonsense', '']) {
      const { status } = await s.post('/v1/speakers', speaker('A'), { 'idempotency-key': 'k', authorization })
      expect(status).toBe(401)
    }
  })

  test('with an equivalent body returns the stored response', async () => {
    const s = await service()
    const key = { 'idempotency-key': 'k' }
    const first = await s.post('/v1/speakers', { name: 'A', otherNames: [{ name: 'B' }] }, key)
    // Explicit defaults and another order of the fields do not change the request.
    const again = await s.post(
      '/v1/speakers',
      { sources: [], otherNames: [{ type: 'alternative', name: 'B' }], name: 'A' },
      key,
    )
    expect(essence(again)).toEqual(essence(first))
    expect(await counts(s)).toEqual({ changes: 1, stored: 1 })
  })

  test('that is empty, too long, or not of visible ASCII is rejected with 400 and writes nothing', async () => {
    const s = await service()
    for (const key of ['', 'a b', 'clé', 'a\tb', 'k'.repeat(256), 'sent, twice']) {
      const { status, body } = await s.post('/v1/speakers', speaker('A'), { 'idempotency-key': key })
      expect([key, status, body['type']]).toEqual([key, 400, '/problems/invalid-parameter'])
      expect(body['errors']).toEqual([
        expect.objectContaining({ parameter: expect.stringMatching(/^idempotency-key$/i) }),
      ])
    }
    expect(await counts(s)).toEqual({ changes: 0, stored: 0 })
  })

  test('may be any string of 1 to 255 visible ASCII characters', async () => {
    const s = await service()
    for (const key of ['!', 'k'.repeat(255), '"8e03978e-40d5-43dd-bc93-6894a57f9324"', 'a,b;c=~']) {
      const headers = { 'idempotency-key': key }
      const body = speaker(`With ${key}`)
      const first = await s.post('/v1/speakers', body, headers)
      expect(first.status).toBe(201)
      expect(essence(await s.post('/v1/speakers', body, headers))).toEqual(essence(first))
    }
    expect(await counts(s)).toEqual({ changes: 4, stored: 4 })
  })

  test('has no effect on PATCH and DELETE, which have If-Match', async () => {
    const s = await service()
    const key = { 'idempotency-key': 'k' }
    const url = String((await s.post('/v1/speakers', speaker('A'))).headers['location'])
    expect((await s.patch(url, speaker('B'), key)).body['version']).toBe(2)
    expect((await s.patch(url, speaker('C'), key)).body['version']).toBe(3)
    expect((await s.del(url, key)).status).toBe(204)
    expect((await counts(s)).stored).toBe(0)
  })
})

describe('a rejected request', () => {
  test('is not stored, writes nothing, and can be corrected under the same key', async () => {
    const s = await service()
    await s.post('/v1/topics', { slug: 'taken', prefLabel: 'Taken' })
    const speakerId = (await s.post('/v1/speakers', speaker('A'))).body['id']
    const unknown = 'spk_01gb6jc400ezz8kdnweefcy4dk'
    const said = (id: string) => ({
      kind: 'direct',
      text: 'T',
      contributors: [{ role: 'author', speakerId: id }],
    })
    const met = { name: 'M', startDate: '2022-08-24' }
    const cases: [status: number, url: string, bad: Body, good: Body][] = [
      [400, '/v1/speakers', { nam: 'B' }, { name: 'B' }],
      [422, '/v1/statements', said(unknown), said(speakerId)],
      [422, '/v1/meetings', { ...met, endDate: '2022-08-23' }, { ...met, endDate: '2022-08-24' }],
      [409, '/v1/topics', { slug: 'taken', prefLabel: 'T' }, { slug: 'free', prefLabel: 'T' }],
    ]
    for (const [status, url, bad, good] of cases) {
      const before = await counts(s)
      const key = { 'idempotency-key': `k${url}` }
      expect((await s.post(url, bad, key)).status, url).toBe(status)
      expect((await s.post(url, bad, key)).status, url).toBe(status)
      expect(await counts(s), url).toEqual(before)
      const corrected = await s.post(url, good, key)
      expect(corrected.status, corrected.text).toBe(201)
      expect(corrected.headers['idempotency-replayed']).toBeUndefined()
      expect(await counts(s), url).toEqual({ changes: before.changes + 1, stored: before.stored + 1 })
    }
  })
})

describe('no response is stored without its write', () => {
  /** An app whose engine fails after the work of a write, as with a full disk. */
  async function failing(s: Service) {
    const state = { fail: true, requested: 0, worked: 0 }
    const engine: Engine = {
      ...s.engine,
      write: (work) => {
        state.requested++
        return s.engine.write(async (writer) => {
          const result = await work(writer)
          state.worked++
          if (state.fail) throw new Error('The disk is full.')
          return result
        })
      },
    }
    return { app: await buildApp({ engine }), state }
  }

  test('when the write fails at its end: nothing is stored or written, and a repeated request is executed', async () => {
    const s = await service()
    const { app, state } = await failing(s)
    const send = () => postTo(app, s, '/v1/speakers', speaker('A'), 'k')
    const failed = await send()
    expect([failed.status, state.worked]).toEqual([500, 1])
    expect(failed.text).not.toContain('disk')
    expect(await counts(s)).toEqual({ changes: 0, stored: 0 })
    state.fail = false
    const done = await send()
    expect([done.status, done.headers['idempotency-replayed']]).toEqual([201, undefined])
    expect(essence(await send())).toEqual(essence(done))
    expect(await counts(s)).toEqual({ changes: 1, stored: 1 })
    await app.close()
  })

  test('when it fails in a shared commit: the other writes are stored, it is not', async () => {
    const s = await service()
    const { app, state } = await failing(s)
    // The first write of the commit waits until the one that will fail has arrived.
    const first = s.engine.write(() => eventually(() => expect(state.requested).toBe(1)))
    const [broken, ...whole] = await Promise.all([
      postTo(app, s, '/v1/speakers', speaker('broken'), 'broken'),
      ...['a', 'b', 'c'].map((name) => s.post('/v1/speakers', speaker(name), { 'idempotency-key': name })),
    ])
    await first
    expect([broken?.status, ...whole.map(({ status }) => status)]).toEqual([500, 201, 201, 201])
    // Executed once together with the others, and once alone.
    expect(state.worked).toBe(2)
    expect(await counts(s)).toEqual({ changes: 3, stored: 3 })
    await app.close()
  })
})
