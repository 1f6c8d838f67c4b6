// Webhooks: who can manage them, what is sent and signed and in which order, retries, and the log of deliveries.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { redactSecrets } from '../src/core/redact.ts'
import { openEngine } from '../src/db/open.ts'
import { sql } from '../src/db/sql.ts'
import { MAX_RETRYING } from '../src/features/webhooks/sender.ts'
import { parseRetryAfter, RETRY_AFTER_MS, retryDelay } from '../src/features/webhooks/signing.ts'
import { makeLogger } from '../src/logger.ts'
import { type Service, service, type TestResponse } from './helpers/app.ts'
import { describeOnce, testOnce } from './helpers/database.ts'
import { type Message, type Receiver, receiver } from './helpers/receiver.ts'
import { create } from './helpers/requests.ts'
import { eventually } from './helpers/wait.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A service whose webhooks may be sent to this machine, with requests that use the admin's key. */
async function webhookService(options: Parameters<typeof service>[0] = {}) {
  const s = await service({ webhookAllowPrivate: true, ...options })
  const admin = { authorization: `Bearer ${s.keys.admin}` }
  return {
    ...s,
    admin,
    get: (url: string, headers = {}) => s.get(url, { ...admin, ...headers }),
    post: (url: string, body: unknown = {}, headers = {}) => s.post(url, body, { ...admin, ...headers }),
    patch: (url: string, body: unknown, headers = {}) => s.patch(url, body, { ...admin, ...headers }),
  }
}

type WebhookService = Awaited<ReturnType<typeof webhookService>>

async function subscribe(s: Pick<WebhookService, 'post'>, url: string, more: object = {}) {
  const { status, text, body } = await s.post('/v1/webhooks', { url, ...more })
  if (status !== 201) throw new Error(text)
  return {
    ...body,
    id: body['id'] as string,
    path: `/v1/webhooks/${body['id']}`,
    secret: String(body['secret']),
  }
}

/** A clock that only changes when a test moves it. */
function manualClock(from = new Date()) {
  let now = from.getTime()
  return {
    clock: () => new Date(now),
    /** Advances the clock, and wakes the sender by a commit. */
    move: async (ms: number, s: Pick<Service, 'engine'>) => {
      now += ms
      await s.engine.write(async () => {})
    },
    now: () => now,
  }
}

/** Waits until a delivery, by default the newest, has these fields, and returns it with its attempts. */
async function delivery(s: WebhookService, path: string, as: Record<string, unknown>, index = 0) {
  const url = `${path}/deliveries`
  await eventually(async () => {
    const { body } = await s.get(url)
    expect(body['data'][index]).toMatchObject(as)
  })
  const { body } = await s.get(url)
  return (await s.get(`${url}/${body['data'][index].id}`)).body
}

const seqsOf = (messages: Message[]) => messages.map(({ body }) => body.data['seq'] as number)

async function createTopics(s: Service | WebhookService, count: number, from = 0) {
  for (let n = from; n < from + count; n++)
    await create(s as Service, '/v1/topics', { slug: `topic-${n}`, prefLabel: `Topic ${n}` })
}

describe('a webhook', () => {
  test('is created, read, updated and deleted like a record, by an admin', async () => {
    const s = await webhookService()
    const written = {
      url: 'HTTPS://Example.org:443/hook?a=b',
      kinds: ['proposal', 'event', 'proposal'],
      filters: { ops: ['create'] },
      description: ' The archive ',
      status: 'paused',
    }
    const first = await s.post('/v1/webhooks', written)
    expect(first.status, first.text).toBe(201)
    expect(first.body).toMatchObject({
      url: 'https://example.org/hook?a=b',
      kinds: ['proposal', 'event'],
      filters: { ops: ['create'], recordIds: [] },
      description: 'The archive',
      status: 'paused',
      disabledBecause: null,
      position: 0,
      version: 1,
    })
    expect(first.body['id']).toMatch(/^whk_[0-9a-z]{26}$/)
    const path = `/v1/webhooks/${first.body['id']}`
    expect(first.headers['location']).toBe(path)
    const read = await s.get(path)
    const { secret: _, ...rest } = first.body
    expect(read.body).toEqual(rest)
    expect((await s.get('/v1/webhooks')).body['data']).toEqual([rest])
    expect(read.headers['cache-control']).toBe('private, no-cache')
    expect((await s.get(path, { 'if-none-match': String(read.headers['etag']) })).status).toBe(304)
    const head = await s.request({ method: 'HEAD', url: path, headers: s.admin })
    expect([head.status, head.headers['etag']]).toEqual([200, read.headers['etag']])

    expect((await s.patch(path, { description: 'x' }, { 'if-match': '' })).status).toBe(412)
    const bare = { authorization: s.admin.authorization, 'content-type': 'application/json' }
    const unsure = await s.request({ method: 'PATCH', url: path, headers: bare, payload: '{}' })
    expect(unsure.status).toBe(428)
    const etag = { 'if-match': String(read.headers['etag']) }
    const changed = await s.patch(path, { filters: { ops: null }, description: null }, etag)
    expect(changed.body).toMatchObject({ filters: { ops: [] }, description: null, version: 2 })
    expect((await s.patch(path, { description: 'x' }, etag)).status).toBe(412)
    const same = await s.patch(path, { ...changed.body })
    expect([same.status, same.body['version'], same.headers['etag']]).toEqual([
      200,
      2,
      changed.headers['etag'],
    ])

    expect((await s.del(path, { 'if-match': '"1.x"' })).status).toBe(412)
    expect((await s.del(path)).status).toBe(204)
    for (const gone of [path, `${path}/deliveries`]) expect((await s.get(gone)).status).toBe(410)
    expect((await s.post(`${path}/test`)).status).toBe(410)
    expect((await s.get('/v1/webhooks')).body['data']).toEqual([])
    expect((await s.get('/v1/webhooks/whk_00000000000000000000000000')).status).toBe(404)
  })

  test('is listed in pages', async () => {
    const s = await webhookService()
    const ids: string[] = []
    for (let n = 0; n < 5; n++)
      ids.push((await subscribe(s, `https://example.org/${n}`, { status: 'paused' })).id)
    await s.patch(`/v1/webhooks/${ids[0]}`, { status: 'active' })
    const walked: string[] = []
    let url: string | undefined = '/v1/webhooks?limit=2'
    while (url) {
      const { status, body, headers }: TestResponse = await s.get(url)
      expect(status).toBe(200)
      walked.push(...body['data'].map(({ id }: { id: string }) => id))
      url = /<([^>]+)>/.exec(String(headers['link'] ?? ''))?.[1]
    }
    expect(walked).toEqual(ids)
    const { body } = await s.get('/v1/webhooks?status=active')
    expect(body['data'].map(({ id }: { id: string }) => id)).toEqual([ids[0]])
    expect((await s.get('/v1/webhooks?cursor=bm9uZQ')).status).toBe(400)
    expect((await s.get('/v1/webhooks?state=active')).status).toBe(400)
  })

  testOnce("requires an admin's key: 403 for analysts, 401 without a key", async () => {
    const s = await webhookService()
    const { id } = await subscribe(s, 'https://example.org/', { status: 'paused' })
    const { paths } = s.app.swagger() as unknown as { paths: Record<string, Record<string, unknown>> }
    const routes = Object.entries(paths)
      .filter(([path]) => path.startsWith('/v1/webhooks'))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
      )
    expect(routes.length).toBe(11)
    for (const [method, path] of routes) {
      const url = path.replace('{id}', id).replace('{deliveryId}', 'dlv_00000000000000000000000000')
      const payload = method === 'GET' || method === 'DELETE' ? {} : { payload: {} }
      const send = (headers: Record<string, string>) =>
        s.request({ method: method as 'GET', url, headers, ...payload })
      expect([method, path, (await send({})).status]).toEqual([method, path, 401])
      const analyst = { authorization: `Bearer ${s.keys.analyst}` }
      expect([method, path, (await send(analyst)).status]).toEqual([method, path, 403])
    }
  })

  testOnce('rejects invalid bodies with a problem and a pointer, and writes nothing', async () => {
    const s = await webhookService()
    const url = 'https://example.org/'
    const invalid: [body: unknown, status: number, pointer: string][] = [
      [{}, 400, '/url'],
      [[], 400, ''],
      [{ url: 1 }, 400, '/url'],
      [{ url: '' }, 400, '/url'],
      [{ url: '/path' }, 400, '/url'],
      [{ url: 'ftp://example.org/' }, 400, '/url'],
      [{ url: 'javascript:alert(1)' }, 400, '/url'],
      [{ url: 'file:///etc/passwd' }, 400, '/url'],
      [{ url: `https://example.org/${'x'.repeat(2000)}` }, 400, '/url'],
      [{ url: 'https://user@example.org/' }, 422, '/url'],
      [{ url: 'https://user:pass@example.org/' }, 422, '/url'],
      [{ url: 'https://example.org/#part' }, 422, '/url'],
      [{ url, kinds: ['person'] }, 400, '/kinds/0'],
      [{ url, kinds: 'proposal' }, 400, '/kinds'],
      [{ url, filters: { ops: ['read'] } }, 400, '/filters/ops/0'],
      [{ url, filters: { topic: 'x' } }, 400, '/filters/topic'],
      [{ url, filters: { recordIds: ["' or 1=1 --"] } }, 400, '/filters/recordIds/0'],
      [{ url, filters: { recordIds: Array(101).fill('RU') } }, 400, '/filters/recordIds'],
      [{ url, status: 'disabled' }, 400, '/status'],
      [{ url, secret: 'whsec_c2VjcmV0' }, 400, '/secret'],
      [{ url, id: 'whk_00000000000000000000000000' }, 400, '/id'],
    ]
    for (const [body, status, pointer] of invalid) {
      const response = await s.post('/v1/webhooks', body)
      expect([body, response.status], response.text).toEqual([body, status])
      expect(response.body['errors'][0].pointer, response.text).toBe(pointer)
    }
    expect((await s.get('/v1/webhooks')).body['data']).toEqual([])
    const { path } = await subscribe(s, url, { status: 'paused' })
    for (const [body, status] of [
      [{ url: null }, 400],
      [{ url: 'https://a:b@example.org/' }, 422],
      [{ secret: 'whsec_c2VjcmV0' }, 400],
      [{ position: 12 }, 422],
      [{ status: 'disabled' }, 422],
      [{ status: 'gone' }, 400],
      [{ constructor: 1 }, 400],
    ] as [Record<string, unknown>, number][])
      expect([body, (await s.patch(path, body)).status]).toEqual([body, status])
    for (const body of [{ after: -1 }, { after: '0' }, { after: 1.5 }, {}])
      expect([body, (await s.post(`${path}/replay`, body)).status]).toEqual([body, 400])
    expect((await s.post(`${path}/replay`, { after: 1 })).status).toBe(422)
    for (const action of ['test', 'secret'])
      expect([action, (await s.post(`${path}/${action}`, { secret: 'mine' })).status]).toEqual([action, 400])
    expect((await s.get(path)).body['version']).toBe(1)
    expect((await s.get(`${path}/deliveries`)).body['data']).toEqual([])
  })
})

describe('the secret of a webhook', () => {
  test('is generated in the form of Standard Webhooks, and only in the response to its creation', async () => {
    const s = await webhookService()
    const { path, secret } = await subscribe(s, 'https://example.org/', { status: 'paused' })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/)
    const bytes = Buffer.from(secret.slice(6), 'base64').length
    expect([bytes >= 24, bytes <= 64]).toEqual([true, true])
    await createTopics(s, 1)
    await s.patch(path, { description: 'Other' })
    for (const url of [path, '/v1/webhooks', `${path}/deliveries`, '/v1/changes', '/v1/search?q=whsec'])
      expect((await s.get(url)).text).not.toContain('whsec')
  })

  test('is not stored for an Idempotency-Key, but a repeated request returns it until it is rotated', async () => {
    const s = await webhookService()
    const body = { url: 'https://example.org/', status: 'paused' }
    const first = await s.post('/v1/webhooks', body, { 'idempotency-key': 'make' })
    const again = await s.post('/v1/webhooks', body, { 'idempotency-key': 'make' })
    expect([again.status, again.text, again.headers['etag']]).toEqual([
      201,
      first.text,
      first.headers['etag'],
    ])
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await s.get('/v1/webhooks')).body['data']).toHaveLength(1)
    const path = String(first.headers['location'])
    const rotated = await s.post(`${path}/secret`, {}, { 'idempotency-key': 'rotate' })
    expect((await s.post(`${path}/secret`, {}, { 'idempotency-key': 'rotate' })).text).toBe(rotated.text)
    const stored = await s.engine.reader.all<{ body: string }>(sql`select body from idempotency`)
    expect(stored).toHaveLength(2)
    expect(JSON.stringify(stored)).not.toContain('whsec')
    await s.post(`${path}/secret`)
    const late = await s.post('/v1/webhooks', body, { 'idempotency-key': 'make' })
    expect([late.status, late.body['secret'], late.body['id']]).toEqual([201, null, first.body['id']])
  })

  test('is rotated with an overlap: for a day, deliveries are also signed with the previous secret', async () => {
    const time = manualClock()
    const s = await webhookService({ clock: time.clock })
    const target = await receiver()
    const { path, secret: old } = await subscribe(s, target.url)
    const { body } = await s.post(`${path}/secret`)
    const fresh = String(body['secret'])
    expect(fresh).not.toBe(old)
    expect(Date.parse(String(body['previousUntil'])) - time.now()).toBe(DAY)
    await createTopics(s, 1)
    const [both] = await target.got(1)
    expect(String(both?.headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const secret of [old, fresh])
      expect(new Webhook(secret).verify(both?.text ?? '', both?.headers as Record<string, string>)).toEqual(
        both?.body,
      )
    await time.move(DAY, s)
    await createTopics(s, 1, 1)
    const last = (await target.got(2))[1]
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = last?.headers ?? {}
    const sign = (secret: string) =>
      new Webhook(secret).sign(String(id), new Date(Number(at) * 1000), last?.text ?? '')
    expect(signature).toBe(sign(fresh))
    expect(signature).not.toContain(sign(old))
  })

  testOnce('is not logged, and neither is the URL', async () => {
    const lines: string[] = []
    const logger = makeLogger(
      'trace',
      new Writable({
        write: (line, _encoding, done) => {
          lines.push(String(line))
          done()
        },
      }),
    )
    const s = await webhookService({ logger: logger as never })
    const target = await receiver(() => ({ status: 500 }))
    const { path, secret } = await subscribe(s, `${target.url}?token=of-the-receiver`)
    await createTopics(s, 1)
    await delivery(s, path, { lastStatusCode: 500 })
    const rotated = (await s.post(`${path}/secret`)).body['secret']
    await s.get(`/v1/topics?q=${encodeURIComponent(secret)}`)
    const log = lines.join('')
    expect(log).toContain('webhook delivery failed')
    for (const hidden of [secret, secret.slice(6), String(rotated).slice(6), 'of-the-receiver'])
      expect([hidden, log.includes(hidden) || log.includes(encodeURIComponent(hidden))]).toEqual([
        hidden,
        false,
      ])
    expect(redactSecrets(`a ${secret} b`)).toBe('a whsec_[redacted] b')
  })
})

describe('a delivery', () => {
  test('contains the change as in the feed, with a signature that the Standard Webhooks library verifies', async () => {
    const s = await webhookService()
    const target = await receiver()
    const { path, secret } = await subscribe(s, `${target.url}?a=b`, { kinds: ['proposal'] })
    await s.post('/v1/proposals', { title: 'Первое предложение — 第一', proposedOn: '2022-08-24' })
    const [message] = await target.got(1)
    const [change] = (await s.get('/v1/changes')).body['data']
    expect(message?.body).toEqual({ type: 'proposal.created', timestamp: change.at, data: change })
    const headers = message?.headers as Record<string, string>
    expect(headers['content-type']).toBe('application/json')
    expect(headers['user-agent']).toMatch(/^sco-tracker\/\d/)
    expect(new Webhook(secret).verify(message?.text ?? '', headers)).toEqual(message?.body)
    expect(() => new Webhook(secret).verify(`${message?.text} `, headers)).toThrow()
    expect(() =>
      new Webhook(secret).verify(message?.text ?? '', { ...headers, 'webhook-id': 'dlv_x' }),
    ).toThrow()
    const log = await delivery(s, path, { status: 'delivered' })
    expect(log).toMatchObject({
      id: headers['webhook-id'],
      seq: change.seq,
      type: 'proposal.created',
      attemptCount: 1,
      lastStatusCode: 204,
      nextAttemptAt: null,
      attempts: [{ statusCode: 204, error: null, answer: null }],
    })
    expect((await s.get(path)).body).toMatchObject({ position: change.seq, failingSince: null, version: 1 })
  })

  test('is only sent for matching kinds, operations, and records with their children, including deletions', async () => {
    const s = await webhookService()
    const [byKind, byOp, byRecord] = [await receiver(), await receiver(), await receiver()]
    const topic = await create(s as Service, '/v1/topics', { slug: 'a', prefLabel: 'A' })
    const source = await create(s as Service, '/v1/sources', {
      title: 'S',
      language: 'en',
      text: 'Words of it.',
    })
    await subscribe(s, byKind.url, { kinds: ['evidence', 'source'] })
    await subscribe(s, byOp.url, { filters: { ops: ['delete'] } })
    await subscribe(s, byRecord.url, { filters: { recordIds: [topic['id']] } })
    await create(s as Service, '/v1/topics/a/evidence', {
      sourceId: source['id'],
      motivation: 'quote',
      exact: 'Words',
    })
    await createTopics(s, 2)
    await s.patch('/v1/topics/a', { prefLabel: 'B' })
    expect((await s.del('/v1/topics/a')).status).toBe(204)
    await create(s as Service, '/v1/sources', { title: 'S', language: 'en', text: 'Last.' })
    const types = async (of: Receiver, count: number) => (await of.got(count)).map(({ body }) => body.type)
    expect(await types(byKind, 3)).toEqual(['evidence.created', 'evidence.deleted', 'source.created'])
    expect(await types(byOp, 2)).toEqual(['evidence.deleted', 'topic.deleted'])
    expect(byOp.messages.map(({ body }) => body.data['record'])).toEqual([null, null])
    expect(await types(byRecord, 5)).toEqual([
      'evidence.created',
      'topic.updated',
      'topic.updated',
      'evidence.deleted',
      'topic.deleted',
    ])
  })

  test('is sent for changes since the filters were updated, not for those that earlier filters excluded', async () => {
    const s = await webhookService()
    const target = await receiver()
    const { path } = await subscribe(s, target.url, { kinds: ['proposal'] })
    await createTopics(s, 3)
    await s.patch(path, { status: 'paused', kinds: [] })
    await createTopics(s, 2, 3)
    await s.patch(path, { status: 'active' })
    const slugs = (await target.got(2)).map(({ body }) => body.data['record'].slug)
    await delivery(s, path, { status: 'delivered' })
    expect(slugs).toEqual(['topic-3', 'topic-4'])
  })

  test('is sent in the order of the feed, one at a time', async () => {
    const s = await webhookService()
    let open = 0
    let maxOpen = 0
    const target = await receiver(async () => {
      maxOpen = Math.max(maxOpen, ++open)
      await setImmediate()
      open--
      return { status: 200 }
    })
    await subscribe(s, target.url)
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => create(s as Service, '/v1/speakers', { name: `S ${n}` })),
    )
    expect(seqsOf(await target.got(40))).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    expect(maxOpen).toBe(1)
  })

  test('is not lost by a restart, and an interrupted one is sent again with the same id', async () => {
    const s = await webhookService()
    const target = await receiver((_, index) => (index === 4 ? 'silence' : { status: 204 }))
    await subscribe(s, target.url)
    await createTopics(s, 12)
    await target.got(5)
    await s.app.close()
    await s.engine.close()
    const engine = await openEngine(s.url)
    const app = await buildApp({ engine, webhookAllowPrivate: true })
    onTestFinished(async () => {
      await app.close()
      await engine.close()
    })
    await app.ready()
    const messages = await target.got(13)
    const ids = messages.map(({ headers }) => headers['webhook-id'])
    expect(ids[5]).toBe(ids[4])
    expect(new Set(ids).size).toBe(12)
    expect(seqsOf(messages)).toEqual([1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  test('is sent once when two processes use the same database', async () => {
    const s = await webhookService()
    const target = await receiver()
    await subscribe(s, target.url)
    const engine = await openEngine(s.url)
    const app = await buildApp({ engine, webhookAllowPrivate: true })
    await app.ready()
    await createTopics(s, 30)
    expect(seqsOf(await target.got(30))).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    await app.close()
    await engine.close()
    expect(target.messages).toHaveLength(30)
  })

  test('is not delayed by a clock that was set back: retries, leases, pauses and replays are due', async () => {
    const time = manualClock()
    const s = await webhookService({ clock: time.clock })
    const target = await receiver((_, index) => ({ status: index === 0 ? 500 : 204 }))
    const { id, path } = await subscribe(s, target.url)
    await createTopics(s, 1)
    const { id: deliveryId } = await delivery(s, path, { status: 'pending', attemptCount: 1 })
    await time.move(-DAY, s)
    await target.got(2)
    await delivery(s, path, { status: 'delivered' })

    const ahead = (ms: number) => new Date(time.now() + ms).toISOString()
    await s.engine.write((writer) =>
      writer.run(
        sql`update webhooks set "leasedBy" = 'another', "leasedUntil" = ${ahead(DAY)}, "holdUntil" = ${ahead(2 * DAY)} where id = ${id}`,
      ),
    )
    expect((await s.post(`${path}/deliveries/${deliveryId}/replay`)).status).toBe(202)
    await target.got(3)
  })

  test('is not sent while another process has the lease of the webhook, and is when the lease expires', async () => {
    const time = manualClock()
    const s = await webhookService({ clock: time.clock })
    const target = await receiver()
    const { id } = await subscribe(s, target.url)
    const until = new Date(time.now() + MINUTE).toISOString()
    await s.engine.write((writer) =>
      writer.run(sql`update webhooks set "leasedBy" = 'another', "leasedUntil" = ${until} where id = ${id}`),
    )
    await createTopics(s, 1)
    const other = await receiver()
    await subscribe(s, other.url)
    await createTopics(s, 1, 1)
    // The sender handles webhooks in order, so the first would have arrived before the second.
    await other.got(1)
    expect(target.messages).toEqual([])
    await time.move(MINUTE, s)
    expect(seqsOf(await target.got(2))).toEqual([1, 2])
  })

  test('to a slow receiver delays neither other receivers nor writes', async () => {
    const s = await webhookService()
    const [slow, quick] = [await receiver(() => 'silence'), await receiver()]
    await subscribe(s, slow.url)
    await subscribe(s, quick.url)
    await createTopics(s, 20)
    await quick.got(20)
    expect(slow.messages).toHaveLength(1)
  })

  testOnce('has the first 1,024 bytes of the response in its log, and the rest is not read', async () => {
    const s = await webhookService()
    const target = await receiver(() => ({ status: 200, body: Buffer.alloc(5_000_000, 'y') }))
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 2)
    await target.got(2)
    const log = await delivery(s, path, { status: 'delivered' })
    expect(log['attempts'][0].answer).toBe('y'.repeat(1024))
  })
})

describe('a failed delivery', () => {
  test('is retried on the schedule of Standard Webhooks with the same id, and then given up', async () => {
    const time = manualClock()
    const s = await webhookService({ clock: time.clock, webhookSending: { random: () => 0.5 } })
    const target = await receiver(() => ({ status: 500, body: 'Not today.\u0000' }))
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 1)
    for (const [index, wait] of RETRY_AFTER_MS.entries()) {
      const log = await delivery(s, path, { status: 'pending', attemptCount: index + 1 })
      expect(Date.parse(log['nextAttemptAt']) - time.now()).toBe(wait)
      await time.move(wait - 1, s)
      await time.move(1, s)
      await target.got(index + 2)
    }
    const log = await delivery(s, path, { status: 'failed', attemptCount: 10, nextAttemptAt: null })
    expect(log['attempts']).toHaveLength(10)
    expect(log['attempts'][0]).toMatchObject({ statusCode: 500, error: null, answer: 'Not today.\ufffd' })
    expect(new Set(target.messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    const stamps = target.messages.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect(stamps[1]).toBe((stamps[0] ?? 0) + 5)
    expect((await s.get(path)).body).toMatchObject({ status: 'active', failingSince: log['attempts'][0].at })
    expect((await s.get(`${path}/deliveries?status=failed`)).body['data']).toHaveLength(1)
    expect((await s.get(`${path}/deliveries?status=pending,delivered`)).body['data']).toEqual([])
    await time.move(30 * DAY, s)
    await createTopics(s, 1, 1)
    await target.got(11)
    expect(seqsOf(target.messages).at(-1)).toBe(2)
  })

  test('does not block later ones', async () => {
    const s = await webhookService()
    const target = await receiver(({ body }) => ({ status: body.data['seq'] === 2 ? 500 : 200 }))
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 5)
    expect(seqsOf(await target.got(5))).toEqual([1, 2, 3, 4, 5])
    await delivery(s, path, { status: 'pending', seq: 2 }, 3)
  })

  test('pauses new ones when too many are being retried; all are sent when the receiver recovers', async () => {
    const time = manualClock()
    const s = await webhookService({ clock: time.clock, webhookSending: { random: () => 0.5 } })
    const target = await receiver(() => ({ status: 502 }))
    const { path } = await subscribe(s, target.url)
    await createTopics(s, MAX_RETRYING + 20)
    // The clock moves on once all attempts are stored, since the next ones are due from then.
    const tried = (attempts: number) =>
      eventually(async () => {
        const { data } = (await s.get(`${path}/deliveries`)).body as { data: { attemptCount: number }[] }
        expect(data.map(({ attemptCount }) => attemptCount)).toEqual(Array(MAX_RETRYING).fill(attempts))
      })
    await tried(1)
    expect((await s.get(path)).body['position']).toBe(MAX_RETRYING)
    // Three more retries fail before the receiver recovers.
    for (const [index, wait] of RETRY_AFTER_MS.slice(0, 3).entries()) {
      await time.move(wait, s)
      await tried(index + 2)
    }
    const failed = target.messages.length
    expect(failed).toBe(4 * MAX_RETRYING)
    target.behave = () => ({ status: 200 })
    await time.move(RETRY_AFTER_MS[3], s)
    const back = (await target.got(failed + MAX_RETRYING + 20)).slice(failed)
    expect(seqsOf(back).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: MAX_RETRYING + 20 }, (_, n) => n + 1),
    )
  })

  testOnce('does not follow redirects', async () => {
    const s = await webhookService()
    const redirectTarget = await receiver()
    const target = await receiver((_, index) => ({
      status: [301, 302, 303, 307, 308][index] ?? 500,
      headers: { location: redirectTarget.url },
    }))
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 5)
    await target.got(5)
    const log = await delivery(s, path, { status: 'pending', lastStatusCode: 308 })
    expect(log['attempts'][0].error).toMatch(/not followed/)
    expect(redirectTarget.messages).toEqual([])
  })

  test('with 410 disables the webhook; after it is activated, all missed changes are sent', async () => {
    const s = await webhookService()
    const target = await receiver(() => ({ status: 410 }))
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 3)
    await eventually(async () =>
      expect((await s.get(path)).body).toMatchObject({
        status: 'disabled',
        disabledBecause: 'gone',
        version: 2,
      }),
    )
    expect(target.messages).toHaveLength(1)
    target.behave = () => ({ status: 200 })
    const active = await s.patch(path, { status: 'active' })
    expect(active.body).toMatchObject({ disabledBecause: null, failingSince: null, version: 3 })
    const messages = await target.got(4)
    expect(seqsOf(messages)).toEqual([1, 1, 2, 3])
    expect(messages[1]?.headers['webhook-id']).toBe(messages[0]?.headers['webhook-id'])
  })

  test.each([429, 503])(
    'with %i is retried after Retry-After, and later deliveries wait too',
    async (status) => {
      const time = manualClock()
      const s = await webhookService({ clock: time.clock })
      const target = await receiver((_, index) =>
        index === 0 ? { status, headers: { 'retry-after': '120' } } : { status: 200 },
      )
      const { path } = await subscribe(s, target.url)
      await createTopics(s, 1)
      const log = await delivery(s, path, { lastStatusCode: status })
      expect(Date.parse(log['nextAttemptAt']) - time.now()).toBe(120 * SECOND)
      await createTopics(s, 2, 1)
      await time.move(119 * SECOND, s)
      expect(target.messages).toHaveLength(1)
      await time.move(SECOND, s)
      expect(seqsOf(await target.got(4)).toSorted()).toEqual([1, 1, 2, 3])
    },
  )

  test('disables the webhook if all deliveries fail for five days', async () => {
    const time = manualClock()
    const s = await webhookService({ clock: time.clock })
    const target = await receiver(() => ({ status: 404 }))
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 1)
    await delivery(s, path, { attemptCount: 1 })
    await time.move(5 * DAY - 1, s)
    await delivery(s, path, { attemptCount: 2 })
    expect((await s.get(path)).body['status']).toBe('active')
    await time.move(DAY, s)
    await eventually(async () =>
      expect((await s.get(path)).body).toMatchObject({ status: 'disabled', disabledBecause: 'failing' }),
    )
  })

  testOnce('has the reason in its log when the receiver does not respond in time', async () => {
    const s = await webhookService({ webhookSending: { timeoutMs: 50 } })
    const { path } = await subscribe(s, (await receiver(() => 'silence')).url)
    await createTopics(s, 1)
    expect((await delivery(s, path, { attemptCount: 1 }))['attempts'][0]).toMatchObject({
      statusCode: null,
      error: 'No response within 0.05 s.',
    })
  })

  testOnce('has the reason in its log when there is no server', async () => {
    const s = await webhookService()
    const { path } = await subscribe(s, 'http://127.0.0.1:1/')
    await createTopics(s, 1)
    const refused = await delivery(s, path, { attemptCount: 1 })
    expect(refused['attempts'][0].error).toMatch(/ECONNREFUSED/)
  })

  testOnce(
    'on a reused connection that the receiver closed is retried immediately on a new one',
    async () => {
      const s = await webhookService()
      const served = new Set<Socket>()
      let [accepted, broken] = [0, 0]
      const server = createServer(({ socket }, response) => {
        if (served.has(socket)) {
          broken++
          socket.destroy()
          return
        }
        served.add(socket)
        accepted++
        response.writeHead(204).end()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      const { path } = await subscribe(s, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      await createTopics(s, 4)
      await delivery(s, path, { status: 'delivered', seq: 4 })
      const { data } = (await s.get(`${path}/deliveries`)).body as { data: { attemptCount: number }[] }
      expect(data.map(({ attemptCount }) => attemptCount)).toEqual([1, 1, 1, 1])
      expect([accepted, broken > 0]).toEqual([4, true])
    },
  )

  testOnce('is retried with a jitter of at most a tenth, and never before Retry-After', () => {
    expect([retryDelay(1, 0), retryDelay(1, 0.5), retryDelay(1, 1)]).toEqual([4500, 5000, 5500])
    expect(retryDelay(1, 0.5, 60_000)).toBe(60_000)
    expect(retryDelay(3, 0.5, 60_000)).toBe(30 * MINUTE)
    expect(retryDelay(10, 0.5, 60_000)).toBeNull()
    const now = new Date('2026-11-24T00:00:00Z')
    expect(parseRetryAfter('Tue, 24 Nov 2026 00:01:00 GMT', now)).toBe(MINUTE)
    expect(parseRetryAfter('Mon, 23 Nov 2026 00:01:00 GMT', now)).toBe(0)
    expect(parseRetryAfter('999999999', now)).toBe(DAY)
    for (const nothing of [undefined, 'soon', '-5x']) expect(parseRetryAfter(nothing, now)).toBeNull()
  })
})

describe('a sent delivery', () => {
  test('can be replayed, alone or with all after a change, with the same ids', async () => {
    const s = await webhookService()
    const target = await receiver()
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 4)
    await target.got(4)
    const log = await delivery(s, path, { status: 'delivered', seq: 4 })
    const again = await s.post(`${path}/deliveries/${log['id']}/replay`)
    expect([again.status, again.body['status'], again.body['attemptCount']]).toEqual([202, 'pending', 0])
    await target.got(5)
    const twice = await delivery(s, path, { status: 'delivered', seq: 4 })
    expect(twice['attempts']).toHaveLength(2)
    const back = await s.post(`${path}/replay`, { after: 1 })
    expect([back.status, back.body['position']]).toEqual([202, 1])
    const messages = await target.got(8)
    expect(seqsOf(messages)).toEqual([1, 2, 3, 4, 4, 2, 3, 4])
    const ids = messages.map(({ headers }) => headers['webhook-id'])
    expect(ids.slice(5)).toEqual(ids.slice(1, 4))
    expect((await s.post(`${path}/deliveries/dlv_00000000000000000000000000/replay`)).status).toBe(404)
  })

  test('is listed in a log in pages, newest first', async () => {
    const s = await webhookService()
    const target = await receiver()
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 5)
    await target.got(5)
    await delivery(s, path, { status: 'delivered', seq: 5 })
    const walked: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body }: TestResponse = await s.get(`${path}/deliveries?limit=2${cursor && `&cursor=${cursor}`}`)
      walked.push(...body['data'].map(({ seq }: { seq: number }) => seq))
      cursor = body['page'].nextCursor
    }
    expect(walked).toEqual([5, 4, 3, 2, 1])
    const other = await subscribe(s, target.url)
    const { body } = await s.get(`${path}/deliveries?limit=2`)
    const foreign = await s.get(`${other.path}/deliveries?cursor=${body['page'].nextCursor}`)
    expect([foreign.status, foreign.body['type']]).toEqual([400, '/problems/invalid-cursor'])
    expect((await s.get(`${other.path}/deliveries/${body['data'][0].id}`)).status).toBe(404)
  })

  test('is deleted from the log thirty days after its end, or with its webhook', async () => {
    const time = manualClock()
    const s = await webhookService({ clock: time.clock })
    const target = await receiver()
    const { path } = await subscribe(s, target.url)
    await createTopics(s, 3)
    await target.got(3)
    await delivery(s, path, { status: 'delivered', seq: 3 })
    const rows = async () =>
      (await s.engine.reader.get<{ n: number }>(sql`select count(*) as n from "webhookDeliveries"`))?.n
    await time.move(30 * DAY - HOUR, s)
    await createTopics(s, 1, 3)
    await delivery(s, path, { status: 'delivered', seq: 4 })
    expect(await rows()).toBe(4)
    await time.move(2 * HOUR, s)
    await eventually(async () => expect(await rows()).toBe(1))
    await s.del(path)
    await eventually(async () => expect(await rows()).toBe(0))
    const left = await s.engine.reader.all(sql`select * from webhooks`)
    expect(left).toMatchObject([{ url: '', secret: null, previousSecret: null }])
  })
})

describe('a ping', () => {
  test('is sent once and signed, also to a paused webhook', async () => {
    const s = await webhookService()
    const target = await receiver(() => ({ status: 500 }))
    const { id, path, secret } = await subscribe(s, target.url, { status: 'paused' })
    await createTopics(s, 1)
    const ping = await s.post(`${path}/test`)
    expect([ping.status, ping.body['type'], ping.body['seq']]).toEqual([202, 'webhook.ping', null])
    const [message] = await target.got(1)
    expect(message?.body).toEqual({
      type: 'webhook.ping',
      timestamp: ping.body['createdAt'],
      data: { webhookId: id },
    })
    expect(message?.headers['webhook-id']).toBe(ping.body['id'])
    new Webhook(secret).verify(message?.text ?? '', message?.headers as Record<string, string>)
    await delivery(s, path, { status: 'failed', attemptCount: 1, lastStatusCode: 500 })
    expect((await s.get(path)).body).toMatchObject({ status: 'paused', failingSince: null, position: 0 })
    expect((await s.get(String(ping.headers['location']))).status).toBe(200)
  })
})

test('writes make no additional queries when there are no webhooks', async () => {
  const s = await webhookService()
  await createTopics(s, 1)
  s.queries(true)
  await createTopics(s, 1, 1)
  for (let ticks = 0; ticks < 20; ticks++) await setImmediate()
  expect(s.queries(true).filter((query) => query.includes('webhook'))).toEqual([])
})

test('deliveries are not recorded in the change log', async () => {
  const s = await webhookService()
  const target = await receiver()
  const { path } = await subscribe(s, target.url)
  await createTopics(s, 3)
  await target.got(3)
  await delivery(s, path, { status: 'delivered', seq: 3 })
  expect((await s.get('/v1/changes')).body['data']).toHaveLength(3)
})

test('at most a hundred webhooks can be created', async () => {
  const s = await webhookService()
  for (let n = 0; n < 100; n++) await subscribe(s, 'https://example.org/', { status: 'paused' })
  const { status, body } = await s.post('/v1/webhooks', { url: 'https://example.org/' })
  expect([status, body['type']]).toEqual([422, '/problems/inconsistent'])
})

describeOnce('the examples of docs/webhooks.md', () => {
  const docs = readFileSync(join(ROOT, 'docs/webhooks.md'), 'utf8')
  const exampleIn = (language: string) =>
    new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(docs)?.[1] ?? ''
  const hasPython = spawnSync('python3', ['--version']).status === 0

  test.skipIf(!hasPython)('in Python verifies deliveries, and rejects forged ones', () =>
    expectVerifies('python3', [
      '-c',
      exampleIn('python').replace(
        /HTTPServer\(\("127.0.0.1", 8080\), Hook\)(.*)/,
        'server = HTTPServer(("127.0.0.1", 0), Hook)\nprint(server.server_port, flush=True)\nserver$1',
      ),
    ]),
  )

  test('in TypeScript verifies deliveries, and rejects forged ones', () =>
    expectVerifies(join(ROOT, 'node_modules/.bin/node'), [
      '--input-type=module-typescript',
      '-e',
      exampleIn('ts').replace(
        '.listen(8080)',
        '.listen(0, function () { console.log(this.address().port) })',
      ),
    ]))

  /** Runs a receiver that prints its port on the first line, and then the type of each accepted message. */
  async function expectVerifies(command: string, args: string[]) {
    const s = await webhookService()
    const { path, secret } = await subscribe(s, 'https://example.org/', { kinds: ['topic'] })
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void child.kill())
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const url = `http://127.0.0.1:${(await lines.next()).value}/`
    expect((await s.patch(path, { url })).status).toBe(200)
    await createTopics(s, 1)
    expect((await lines.next()).value).toBe('topic.created')
    const { id } = await delivery(s, path, { status: 'delivered', lastStatusCode: 204 })
    await s.post(`${path}/deliveries/${id}/replay`)
    await delivery(s, path, { status: 'delivered', attemptCount: 1 })
    // The receiver does not know the secret after two rotations.
    await s.post(`${path}/secret`)
    await s.post(`${path}/secret`)
    await createTopics(s, 1, 1)
    await delivery(s, path, { status: 'pending', lastStatusCode: 401 })
  }
})
