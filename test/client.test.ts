// The TypeScript client, against a listening service.

import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { Webhook } from 'standardwebhooks'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { generateRoutes } from '../clients/check/types.ts'
import {
  type Change,
  type ClientOptions,
  ConnectionError,
  ImportError,
  ProblemError,
  type Proposal,
  type ReportCreate,
  type SearchHit,
  TimeoutError,
  TrackerClient,
  verifyWebhook,
  WebhookVerificationError,
} from '../clients/typescript/src/index.ts'
import { OWNED } from '../clients/typescript/src/records.ts'
import { type Service, service } from './helpers/app.ts'
import { closePages, newPage, sharedBrowser, testInBrowser } from './helpers/browser.ts'
import { receiver } from './helpers/receiver.ts'

const SRC = new URL('../clients/typescript/src/', import.meta.url)

// The table of operations is generated, so it is only there from here on.
generateRoutes()
const { request } = await import('../clients/typescript/src/operations.ts')
const { routes } = await import('../clients/typescript/src/routes.ts')

/** The operations of the OpenAPI document: method and path by id. */
const OPERATIONS = new Map<string, string>()
const { paths } = JSON.parse(readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, { operationId: string }>>
}
for (const [path, methods] of Object.entries(paths))
  for (const [method, { operationId }] of Object.entries(methods))
    OPERATIONS.set(operationId, `${method.toUpperCase()} ${path}`)

/** A server that answers as a test requires, and a client of it that hardly waits. */
async function serverOf(listener: RequestListener, options: Partial<ClientOptions> = {}) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { server, baseUrl, client: new TrackerClient({ baseUrl, longestWait: 1, ...options }) }
}

/** A client whose requests are answered one after the other by these responses; the last one again and again. */
function answeredBy(responses: (() => Response)[], options: Partial<ClientOptions> = {}) {
  const sent: Request[] = []
  const waits: number[] = []
  const client = new TrackerClient({
    baseUrl: 'http://unknown.invalid',
    longestWait: 1,
    onRetry: ({ waitMs }) => waits.push(waitMs),
    fetch: async (url, init) => {
      sent.push(new Request(url, init))
      return (responses[sent.length - 1] ?? responses.at(-1))?.() as Response
    },
    ...options,
  })
  return { client, sent, waits }
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  () =>
    new Response('', { status: code, headers })
const json = (body: unknown) => () => Response.json(body)

/** A listening service and a client of it, by default with an analyst's key. */
async function connected(
  options: Partial<ClientOptions> = {},
  deps: Parameters<typeof service>[0] = { seed: true },
) {
  const s = await service(deps)
  await s.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = s.app.server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}`
  return { s, baseUrl, client: new TrackerClient({ baseUrl, key: s.keys.analyst, ...options }) }
}

/** The ProblemError of a call that is expected to fail. */
async function refusal(call: Promise<unknown>): Promise<ProblemError> {
  try {
    await call
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
  throw new Error('The call did not fail.')
}

describe('lists', () => {
  test('are iterated over all pages with their filters, each record once', async () => {
    const requested: string[] = []
    const { s, client } = await connected({
      fetch: (url, init) => {
        requested.push(String(url))
        return fetch(url, init)
      },
    })
    const titles: string[] = []
    for await (const proposal of client.proposals.list({
      topic: ['military-cooperation'],
      limit: 2,
      sort: ['title'],
    })) {
      expectTypeOf(proposal).toEqualTypeOf<Proposal>()
      titles.push(proposal.title)
    }
    const whole = await s.get('/v1/proposals?topic=military-cooperation&sort=title')
    expect(titles).toEqual(whole.body['data'].map(({ title }: Proposal) => title))
    expect(titles.length).toBeGreaterThan(4)
    expect(requested).toHaveLength(Math.ceil(titles.length / 2))
  })

  test('request only the pages that are read', async () => {
    let requests = 0
    const { client } = await connected({
      fetch: (url, init) => {
        requests++
        return fetch(url, init)
      },
    })
    expect(await client.proposals.list({ limit: 2 }).toArray(3)).toHaveLength(3)
    expect(requests).toBe(2)
    expect(await client.proposals.list({ limit: 2 }).toArray(0)).toEqual([])
    expect(requests).toBe(2)
  })

  test('accept filter values with commas', async () => {
    const { client } = await connected()
    await client.speakers.create({ name: 'Doe, Jane' })
    const found = await client.speakers.list({ name: ['Doe, Jane', 'Nobody'] }).toArray()
    expect(found.map(({ name }) => name)).toEqual(['Doe, Jane'])
  })

  test('of search hits have the kind of each hit', async () => {
    const { client } = await connected()
    const hits = await client.search('drone* OR "unmanned aerial"', { kind: ['topic', 'proposal'] }).toArray()
    expectTypeOf(hits).toEqualTypeOf<SearchHit[]>()
    expect(new Set(hits.map(({ kind }) => kind))).toEqual(new Set(['topic', 'proposal']))
    expect((await client.stats('proposals', { by: 'status' })).total).toBe(10)
  })
})

describe('records', () => {
  test('are read with included records, created, updated, given events, and deleted', async () => {
    const { s, baseUrl, client } = await connected()
    const [existing] = await client.proposals.list({ topic: ['counter-uav'] }).toArray(1)
    const read = await client.proposals.get(existing?.id ?? '', { include: ['speakers', 'evidence'] })
    expect(read.speakers.map(({ name }) => name)).toEqual(['Sergei Shoigu'])
    expect(read.evidence.length).toBeGreaterThan(0)
    expect(await client.proposals.evidence.list(read.id)).toEqual(read.evidence)

    const proposed = { type: 'proposed', occurredOn: '2022-08-24' } as const
    const created = await client.proposals.create({ title: 'One', events: [proposed] })
    const changed = await client.proposals.update(created, { title: 'Two' })
    expect(changed).toMatchObject({ title: 'Two', version: 2 })
    await client.proposals.events.add(created.id, { type: 'under-consideration', occurredOn: '2022-09-16' })
    const events = await client.proposals.events.list(created.id)
    expect(events.map(({ type }) => type)).toEqual(['proposed', 'under-consideration'])
    const listed = await client.events.list({ record: [created.id], sort: ['occurredOn'] }).toArray()
    expect(listed).toEqual(events)
    const versions: number[] = []
    for await (const { version } of client.proposals.history(created.id)) versions.push(version)
    expect(versions).toEqual([3, 2, 1])

    const admin = new TrackerClient({ baseUrl, key: s.keys.admin })
    await admin.proposals.delete(await client.proposals.get(created.id), { reason: 'Entered twice.' })
    expect((await refusal(client.proposals.get(created.id))).is('gone')).toBe(true)
  })

  test('changed by another client are only overwritten on request', async () => {
    const { client } = await connected()
    const mine = await client.topics.create({ slug: 'mine', prefLabel: 'Mine' })
    await client.topics.update(mine, { prefLabel: 'Theirs' })
    const error = await refusal(client.topics.update(mine, { prefLabel: 'Mine again' }))
    expect(error.is('precondition-failed')).toBe(true)
    expect(error).toMatchObject({ status: 412, type: '/problems/precondition-failed' })
    expect(error.problem.requestId).toMatch(/\S/)
    expect(await client.topics.update(mine, { prefLabel: 'Mine' }, { overwrite: true })).toMatchObject({
      version: 3,
    })
  })
})

test('an error response of a proxy is also a ProblemError', async () => {
  const client = new TrackerClient({
    baseUrl: 'http://unknown.invalid',
    fetch: async () =>
      new Response('<h1>Not here</h1>', { status: 404, headers: { 'content-type': 'text/html' } }),
  })
  const error = await refusal(client.topics.get('x'))
  expect(error).toMatchObject({ status: 404, type: 'about:blank' })
  expect(error.problem.detail).toContain('Not here')
})

describe('a failed request', () => {
  test('is retried after Retry-After, with the same Idempotency-Key', async () => {
    const waits: number[] = []
    const keys: (string | null)[] = []
    const { client, s } = await connected({
      longestWait: 5,
      onRetry: ({ waitMs }) => waits.push(waitMs),
      fetch: async (url, init) => {
        keys.push(new Headers(init?.headers).get('idempotency-key'))
        if (keys.length === 1) return status(503, { 'retry-after': '0.002' })()
        if (keys.length === 2) return status(429)()
        const response = await fetch(url, init)
        // The response is lost after the service has committed.
        if (keys.length === 3) throw new TypeError('fetch failed')
        return response
      },
    })
    const created = await client.topics.create({ slug: 'once', prefLabel: 'Once' })
    expect(waits[0]).toBe(2)
    expect(waits).toHaveLength(3)
    expect(keys).toHaveLength(4)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    const all = (await s.get('/v1/topics?slug=once')).body['data']
    expect(all.map(({ id }: { id: string }) => id)).toEqual([created.id])
  })

  const create = (client: TrackerClient): Promise<unknown> =>
    client.topics.create({ slug: 'one', prefLabel: 'One' })
  const update = (client: TrackerClient): Promise<unknown> =>
    client.topics.update({ id: 'x', version: 1 }, { prefLabel: 'Two' })
  const merge = (client: TrackerClient): Promise<unknown> =>
    client.topics.merge({ id: 'x', version: 1 }, { into: 'y' }, { reason: 'Entered twice.' })
  const read = (client: TrackerClient): Promise<unknown> => client.topics.get('x')
  test.for([
    ['a read', read, [408, 429, 500, 502, 503, 504], [400, 401, 404, 409, 501]],
    ['a POST', create, [429, 502, 503, 504], [400, 408, 409, 422, 500]],
    ['a PATCH', update, [429, 503], [408, 412, 500, 502, 504]],
    ['a merge', merge, [429, 503], [408, 412, 500, 502, 504]],
  ] as const)('is retried by its status: %s', async ([, call, retried, final]) => {
    for (const code of retried) {
      const { client, sent } = answeredBy([status(code), json({ id: 'x' })])
      await call(client)
      expect([code, sent.length]).toEqual([code, 2])
    }
    for (const code of final) {
      const { client, sent } = answeredBy([status(code), json({ id: 'x' })])
      expect((await refusal(call(client))).status).toBe(code)
      expect([code, sent.length]).toEqual([code, 1])
    }
  })

  test('waits as long as Retry-After says, in seconds or until a date', async () => {
    const inSeconds = answeredBy([status(503, { 'retry-after': '0.003' }), json({})], { longestWait: 5 })
    await read(inSeconds.client)
    expect(inSeconds.waits).toEqual([3])
    const abort = new AbortController()
    const waits: number[] = []
    const at = new Date(Date.now() + 20_000)
    const untilDate = answeredBy([status(503, { 'retry-after': at.toUTCString() })], {
      longestWait: 60_000,
      onRetry: ({ waitMs }) => {
        waits.push(waitMs)
        abort.abort(new Error('long enough'))
      },
    })
    await expect(untilDate.client.topics.get('x', {}, { signal: abort.signal })).rejects.toThrow(
      'long enough',
    )
    expect(waits[0]).toBeGreaterThan(10_000)
    expect(waits[0]).toBeLessThanOrEqual(20_000)
  })

  test('is thrown at once if the service wants a longer wait than the client', async () => {
    const { client, sent } = answeredBy([status(503, { 'retry-after': '3600' })])
    const error = await refusal(read(client))
    expect([error.status, error.headers.get('retry-after'), sent.length]).toEqual([503, '3600', 1])
  })

  test('is retried after waits that grow up to a bound, and differ between clients', async () => {
    const waitsOf = async () => {
      const { client, waits } = answeredBy([status(500)], { longestWait: 8, retries: 6 })
      await refusal(read(client))
      return waits
    }
    const [one, other] = [await waitsOf(), await waitsOf()]
    expect(one).toHaveLength(6)
    for (const wait of one) expect(wait).toSatisfy((ms: number) => ms >= 4 && ms <= 8)
    expect(one).not.toEqual(other)
    const abort = new AbortController()
    const first: number[] = []
    const { client } = answeredBy([status(500)], {
      longestWait: 60_000,
      onRetry: ({ waitMs }) => {
        first.push(waitMs)
        abort.abort()
      },
    })
    await expect(client.topics.get('x', {}, { signal: abort.signal })).rejects.toThrow()
    expect(first[0]).toSatisfy((ms: number) => ms >= 250 && ms <= 500)
  })

  test('is not retried if it may have been executed, such as a PATCH whose response is lost', async () => {
    let sent = 0
    const { client, s } = await connected({
      fetch: async (url, init) => {
        await fetch(url, init)
        sent++
        throw new TypeError('fetch failed')
      },
    })
    const { body } = await s.post('/v1/topics', { slug: 'one', prefLabel: 'One' })
    const lost = client.topics.update({ id: body['id'], version: 1 }, { prefLabel: 'Two' })
    await expect(lost).rejects.toThrow('fetch failed')
    expect(sent).toBe(1)
  })

  test('is retried a limited number of times, by client and by call', async () => {
    const { client, sent } = answeredBy([status(503)], { retries: 2 })
    expect((await refusal(read(client))).status).toBe(503)
    expect(sent).toHaveLength(3)
    expect((await refusal(client.topics.get('x', {}, { retries: 0 }))).status).toBe(503)
    expect(sent).toHaveLength(4)
  })

  test('is not retried once the caller aborts', async () => {
    const abort = new AbortController()
    const { client, sent } = answeredBy([status(503)], { onRetry: () => abort.abort(new Error('enough')) })
    await expect(client.topics.get('x', {}, { signal: abort.signal })).rejects.toThrow('enough')
    expect(sent).toHaveLength(1)
    await expect(client.topics.get('x', {}, { signal: abort.signal })).rejects.toThrow('enough')
    expect(sent).toHaveLength(1)
  })

  test('waits as long as the service says after too many requests', async () => {
    const abort = new AbortController()
    const waits: number[] = []
    const { client, baseUrl } = await connected(
      {
        onRetry: ({ waitMs }) => {
          waits.push(waitMs)
          abort.abort(new Error('long enough'))
        },
      },
      { rateLimitMax: 1 },
    )
    await fetch(`${baseUrl}/healthz`)
    const error = await refusal(client.topics.list({}, { retries: 0 }).toArray())
    expect(error.is('rate-limited')).toBe(true)
    await expect(client.topics.list({}, { signal: abort.signal }).toArray()).rejects.toThrow('long enough')
    expect(waits).toHaveLength(1)
    const seconds = Number(error.headers.get('retry-after'))
    expect(waits[0]).toSatisfy((ms: number) => ms > 0 && ms <= seconds * 1000)
  })
})

describe('a request without an answer', () => {
  test('ends after the time limit of the client or the call, after retries if it can be repeated', async () => {
    let sent = 0
    const { client } = await serverOf(() => undefined, {
      timeout: 20,
      retries: 2,
      fetch: (url, init) => {
        sent++
        return fetch(url, init)
      },
    })
    const error = await client.topics.get('x').catch((reason) => reason)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toBe('GET /v1/topics/x took longer than 20 ms.')
    expect(sent).toBe(3)
    await expect(client.topics.create({ slug: 'a', prefLabel: 'A' })).rejects.toBeInstanceOf(TimeoutError)
    expect(sent).toBe(6)
    // A PATCH may have been carried out.
    const patch = client.topics.update({ id: 'x', version: 1 }, {}, { timeout: 10 })
    await expect(patch).rejects.toThrow('took longer than 10 ms')
    expect(sent).toBe(7)
  })

  test('ends after the time limit when the body stalls', async () => {
    const { client } = await serverOf(
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":'),
      { timeout: 300, retries: 0 },
    )
    await expect(client.topics.get('x')).rejects.toBeInstanceOf(TimeoutError)
  })

  test('throws a ConnectionError with its cause, once the retries are used up', async () => {
    const { server, client } = await serverOf(() => undefined)
    server.close()
    await once(server, 'close')
    const error = await client.topics.get('x').catch((reason) => reason)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).not.toBeInstanceOf(TimeoutError)
    expect(error.cause.cause.code).toBe('ECONNREFUSED')
  })

  test('is repeated after a connection that broke before or within the body', async () => {
    let received = 0
    const { client } = await serverOf((_, response) => {
      if (++received === 1) return response.socket?.destroy()
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10 })
      if (received === 2) return response.write('{"id"', () => response.socket?.destroy())
      response.end('{"id":"x"}')
    })
    expect(await client.topics.get('x')).toEqual({ id: 'x' })
    expect(received).toBe(3)
  })

  test('is repeated if its body is not what the service sends, such as the sign-in page of a network', async () => {
    const { client, sent } = answeredBy([() => new Response('<h1>Sign in</h1>'), json({ id: 'x' })])
    expect(await client.topics.get('x')).toEqual({ id: 'x' })
    expect(sent).toHaveLength(2)
    const always = answeredBy([() => new Response('<h1>Sign in</h1>')], { retries: 1 })
    await expect(always.client.topics.get('x')).rejects.toBeInstanceOf(ConnectionError)
  })

  test('throws the reason of the caller who aborts, which is no ConnectionError', async () => {
    const { client } = await serverOf(() => abort.abort(reason))
    const abort = new AbortController()
    const reason = new Error('The user left.')
    const { signal } = abort
    await expect(client.topics.get('x', {}, { signal })).rejects.toBe(reason)
    const calls: (() => Promise<unknown>)[] = [
      () => client.topics.list({}, { signal }).toArray(),
      () => client.topics.create({ slug: 'a', prefLabel: 'A' }, { signal }),
      () => client.topics.update({ id: 'x', version: 1 }, {}, { signal }),
      () => client.topics.delete({ id: 'x', version: 1 }, { signal, reason: 'Wrong.' }),
      () => client.topics.history('x', { signal }).next(),
      () => client.proposals.events.list('x', {}, { signal }),
      () => client.proposals.events.add('x', { type: 'proposed' }, { signal }),
      () => client.search('x', {}, { signal }).toArray(),
      () => client.stats('proposals', { by: 'status' }, { signal }),
      () => client.changes({}, { signal }).next(),
      () => client.reports.create({ source: { title: 'A', language: 'en' } }, { signal }),
      () => client.imports.dryRun('', { format: 'ndjson', signal }),
      () => client.imports.wait('x', { signal }),
      () => client.webhooks.list({}, { signal }).toArray(),
      () => request(client, 'getHealth', { signal }),
    ]
    for (const call of calls) await expect(call(), String(call)).rejects.toBe(reason)
  })

  test('a list stops between two items when the caller aborts', async () => {
    const { client } = await connected()
    const abort = new AbortController()
    const seen: string[] = []
    const iterate = async () => {
      for await (const { id } of client.proposals.list({}, { signal: abort.signal })) {
        seen.push(id)
        if (seen.length === 2) abort.abort(new Error('enough'))
      }
    }
    await expect(iterate()).rejects.toThrow('enough')
    expect(seen).toHaveLength(2)
  })
})

test('every call gives back status, headers and request id on demand', async () => {
  const { client } = await connected()
  const created = await client.topics.create({ slug: 'one', prefLabel: 'One' }).withResponse()
  expect(created.response.status).toBe(201)
  expect(created.response.headers.get('location')).toBe(`/v1/topics/${created.data.id}`)
  expect(created.requestId).toMatch(/\S/)
  const read = await client.topics.get(created.data.id).withResponse()
  expect(read.data).toEqual(created.data)
  expect(read.response.headers.get('etag')).toMatch(/^"1\./)
  expect(read.requestId).toBe(read.response.headers.get('x-request-id'))
  const page = await client.proposals.list({ limit: 2, count: 'exact' }).page().withResponse()
  expect([page.data.data.length, page.response.headers.get('feed-position')]).toEqual([
    2,
    expect.stringMatching(/^\d+$/),
  ])
  const second = await client.proposals.list({ limit: 2 }).page(page.data.page.nextCursor ?? undefined)
  expect(second.data).toHaveLength(2)
  const events = await client.proposals.events.list(page.data.data[0]?.id ?? '').withResponse()
  expect([events.response.status, events.data[0]?.type]).toEqual([200, 'proposed'])
  const error = await refusal(client.topics.get('none').withResponse())
  expect(error.requestId).toBe(error.headers.get('x-request-id'))
  expect(error.requestId).toMatch(/\S/)
})

describe('helpers', () => {
  test('of parts exist for each owner that has them', () => {
    const owned = Object.entries(OWNED).flatMap(([kind, parts]) =>
      parts.map((part) => `POST /v1/${kind}/{id}/${part}`),
    )
    const parts = /^POST \/v1\/\w+\/\{id\}\/(events|positions|memberships|relations|evidence)$/
    expect(owned.sort()).toEqual([...OPERATIONS.values()].filter((route) => parts.test(route)).sort())
  })

  test('add, list, update and delete parts under their owner', async () => {
    const { client } = await connected()
    const { id } = await client.proposals.create({
      title: 'One',
      events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
    })
    const position = await client.proposals.positions.add(id, { stateCode: 'RU', position: 'supported' })
    const changed = await client.proposals.positions.update(position, { note: 'In the minutes.' })
    expect(changed).toMatchObject({ id: position.id, version: 2, note: 'In the minutes.' })
    const stances = async () =>
      (await client.proposals.positions.list(id)).filter(({ positionId }) => positionId !== null)
    expect(await stances()).toMatchObject([{ positionId: position.id, stateCode: 'RU' }])
    const outdated = client.proposals.positions.delete(position, { reason: 'Misread.' })
    expect((await refusal(outdated)).is('precondition-failed')).toBe(true)
    await client.proposals.positions.delete(changed, { reason: 'Misread.' })
    expect(await stances()).toEqual([])
    expect((await refusal(client.positions.get(position.id))).is('gone')).toBe(true)

    const [source] = await client.sources.list().toArray(1)
    const [event] = await client.proposals.events.list(id)
    const quote = { sourceId: source?.id ?? '', motivation: 'quote', exact: 'Archive photo' } as const
    const refused = await refusal(
      client.events.evidence.add(event?.id ?? '', { ...quote, exact: 'Not there' }),
    )
    expect(refused.is('quote-absent')).toBe(true)
    const evidence = await client.events.evidence.add(event?.id ?? '', quote)
    expect(await client.events.evidence.list(event?.id ?? '')).toEqual([evidence])
  })

  test('merge a record that was entered twice', async () => {
    const { client } = await connected()
    const into = await client.topics.create({ slug: 'drones', prefLabel: 'Drones' })
    const twice = await client.topics.create({ slug: 'uav', prefLabel: 'Unmanned aircraft' })
    const why = { reason: 'Entered twice.' }
    const body = { into: into.id }
    expect(await client.topics.merge(twice, body, { ...why, dryRun: true })).toMatchObject({
      mergedInto: into.id,
    })
    expect((await client.topics.get(twice.id)).id).toBe(twice.id)
    const stale = client.topics.merge({ id: twice.id, version: 7 }, body, why)
    expect((await refusal(stale)).is('precondition-failed')).toBe(true)
    await client.topics.merge(twice, body, why)
    const followed = await client.topics.get(twice.id).withResponse()
    expect([followed.data.id, followed.response.redirected]).toEqual([into.id, true])
  })

  test('write a report, or show what it would do', async () => {
    const { client } = await connected()
    const report: ReportCreate = {
      source: { title: 'A report', language: 'en', text: 'The minister proposed to exercise together.' },
      proposals: [
        {
          title: 'Exercise together',
          events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
          evidence: [{ exact: 'to exercise together' }],
        },
      ],
    }
    const dry = await client.reports.create(report, { dryRun: true }).withResponse()
    expect(dry.response.status).toBe(200)
    const exercises = () => client.proposals.list({ q: '"Exercise together"' }).toArray()
    expect(await exercises()).toEqual([])
    const written = await client.reports.create(report, { reason: 'Found in the archive.' }).withResponse()
    expect(written.response.status).toBe(201)
    const [proposal] = await exercises()
    for await (const version of client.proposals.history(proposal?.id ?? ''))
      expect(version.reason).toBe('Found in the archive.')
  })

  test('import a file: check it, list the rows with faults, write it', async () => {
    const { client } = await connected({}, {})
    const options = { format: 'ndjson', kind: 'topic' } as const
    const rows = (...labels: unknown[]) =>
      labels.map((prefLabel, n) => JSON.stringify({ slug: `topic-${n}`, prefLabel })).join('\n')
    const checked = await client.imports.dryRun(rows('One', 7, 'Three'), options)
    expect([checked.status, checked.rows, checked.errorCount]).toEqual(['failed', 3, 1])
    expect(checked.errors.map(({ row, field }) => [row, field])).toEqual([[2, 'prefLabel']])
    const error = await client.imports.commit(rows('One', 7, 'Three'), options).catch((reason) => reason)
    expect(error).toBeInstanceOf(ImportError)
    expect(error.message).toMatch(/^Nothing was written: 1 faults, first in row 2: /)
    expect(error.import.errors).toMatchObject([{ row: 2, line: 2, field: 'prefLabel' }])
    expect(await client.topics.list().toArray()).toEqual([])

    expect((await client.imports.dryRun(rows('One', 'Two'), options)).summary).toMatchObject([
      { kind: 'topic', created: 2 },
    ])
    expect(await client.topics.list().toArray()).toEqual([])
    const csv = new Blob(['slug,prefLabel\r\ntopic-0,One\r\ntopic-1,Two\r\n'])
    const started = await client.imports.create(csv, { format: 'csv', kind: 'topic', mode: 'commit' })
    expect((await client.imports.wait(started.id)).summary).toMatchObject([{ kind: 'topic', created: 2 }])
    expect((await client.topics.list().toArray()).map(({ slug }) => slug)).toEqual(['topic-0', 'topic-1'])
  })
})

describe('webhooks', () => {
  test('are managed, and their requests verified, also while a secret is rotated', async () => {
    const { client: analyst, baseUrl, s } = await connected({}, { webhookAllowPrivate: true })
    const client = new TrackerClient({ baseUrl, key: s.keys.admin })
    const hook = await receiver()
    const { secret, ...created } = await client.webhooks.create({ url: hook.url, kinds: ['topic'] })
    const topic = await analyst.topics.create({ slug: 'one', prefLabel: 'One' })
    const [first] = await hook.got(1)
    const event = await verifyWebhook(first?.text ?? '', first?.headers ?? {}, secret ?? '')
    expect(event).toMatchObject({ type: 'topic.created', data: { id: topic.id, kind: 'topic' } })

    const rotated = await client.webhooks.rotateSecret(created.id)
    await client.webhooks.test(created.id)
    const [, ping] = await hook.got(2)
    expect(String(ping?.headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const known of [secret, rotated.secret]) {
      const pinged = await verifyWebhook(Buffer.from(ping?.text ?? ''), ping?.headers ?? {}, known ?? '')
      expect(pinged).toMatchObject({ type: 'webhook.ping', data: { webhookId: created.id } })
    }
    const deliveries = await client.webhooks.deliveries(created.id).toArray()
    expect(deliveries.map(({ type }) => type)).toEqual(['webhook.ping', 'topic.created'])
    const { id: deliveryId = '' } = deliveries[1] ?? {}
    await client.webhooks.replayDelivery(created.id, deliveryId)
    await hook.got(3)
    expect((await client.webhooks.delivery(created.id, deliveryId)).attempts.length).toBeGreaterThan(0)
    await client.webhooks.replay(created.id, 0)
    await hook.got(4)

    const paused = await client.webhooks.update(await client.webhooks.get(created.id), { status: 'paused' })
    expect((await client.webhooks.list().toArray()).map(({ status: now }) => now)).toEqual(['paused'])
    await client.webhooks.delete(paused)
    expect(await client.webhooks.list().toArray()).toEqual([])
  })

  const now = Date.now()
  const secrets = ['one', 'two'].map(
    (text) => `whsec_${Buffer.from(text.padEnd(32, '.')).toString('base64')}`,
  )
  const [one = '', two = ''] = secrets
  const body = JSON.stringify({ type: 'webhook.ping', timestamp: '2026', data: { webhookId: 'whk_ä' } })
  const signedWith = (secret: string, at = now) => ({
    'webhook-id': 'dlv_1',
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(secret).sign('dlv_1', new Date(at), body),
  })
  const rejected = (
    headers: Parameters<typeof verifyWebhook>[1],
    given: string | string[] = one,
    text = body,
    options = {},
  ) =>
    verifyWebhook(text, headers, given, options).then(
      () => 'accepted',
      (error) => (error instanceof WebhookVerificationError ? error.message : Promise.reject(error)),
    )

  test('are accepted with any known secret, as text or bytes, with either kind of headers', async () => {
    expect(await verifyWebhook(body, signedWith(one), one)).toEqual(JSON.parse(body))
    expect(await verifyWebhook(new TextEncoder().encode(body), signedWith(one), one)).toEqual(
      JSON.parse(body),
    )
    expect(await verifyWebhook(body, new Headers(signedWith(two)), secrets)).toEqual(JSON.parse(body))
    const both = ['v2,AAAA', 'v1,not base64!', signedWith(two)['webhook-signature']].join(' ')
    expect(await rejected({ ...signedWith(one), 'webhook-signature': both }, two)).toBe('accepted')
  })

  test('are refused when they were changed or signed by somebody else', async () => {
    const noMatch = 'No signature matches.'
    expect(await rejected(signedWith(one), one, body.replace('ping', 'pong'))).toBe(noMatch)
    expect(await rejected({ ...signedWith(one), 'webhook-id': 'dlv_2' })).toBe(noMatch)
    const moved = String(Number(signedWith(one)['webhook-timestamp']) + 1)
    expect(await rejected({ ...signedWith(one), 'webhook-timestamp': moved })).toBe(noMatch)
    expect(await rejected(signedWith(two))).toBe(noMatch)
    expect(await rejected(signedWith(one), [])).toBe(noMatch)
    const unsigned = signedWith(one)['webhook-signature'].replace('v1,', 'v2,')
    expect(await rejected({ ...signedWith(one), 'webhook-signature': unsigned })).toBe(noMatch)
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      expect(await rejected({ ...signedWith(one), [name]: undefined })).toBe(`The header ${name} is missing.`)
    await expect(verifyWebhook(body, signedWith(one), 'whsec_')).rejects.toThrow(TypeError)
  })

  test('are refused when they are too old, or from the future', async () => {
    const far = 'The timestamp is too far from now.'
    expect(await rejected(signedWith(one, now - 299_000), one, body, { now })).toBe('accepted')
    expect(await rejected(signedWith(one, now - 302_000), one, body, { now })).toBe(far)
    expect(await rejected(signedWith(one, now + 302_000), one, body, { now })).toBe(far)
    expect(await rejected(signedWith(one, now - 302_000), one, body, { now, tolerance: 600 })).toBe(
      'accepted',
    )
    expect(await rejected({ ...signedWith(one), 'webhook-timestamp': 'yesterday' })).toBe(far)
  })
})

describe('request', () => {
  test('knows the method and the path of every operation of the document', async () => {
    expect(routes).toEqual(Object.fromEntries(OPERATIONS))
    for (const [id, route] of OPERATIONS) {
      const { client, sent } = answeredBy([json({})])
      const path = { id: 'a/b', version: 2, deliveryId: 'c' }
      await request(client, id as 'getHealth', { path } as never)
      const url = new URL(sent[0]?.url ?? '')
      const filled = route.replace('{id}', 'a%2Fb').replace('{version}', '2').replace('{deliveryId}', 'c')
      expect(`${sent[0]?.method} ${url.pathname}`).toBe(filled)
    }
  })

  test('has typed parameters, bodies and results', async () => {
    const { client, s } = await connected()
    const page = await request(client, 'listProposals', { query: { topic: ['counter-uav'], limit: 1 } })
    expectTypeOf(page.data).toEqualTypeOf<Proposal[]>()
    const [proposal] = page.data
    const path = { id: proposal?.id ?? '' }
    const outcomes = await request(client, 'getProposalLineage', { path })
    expect(outcomes.data.map(({ id }) => id)).toContain(path.id)
    const csv = await request(client, 'listProposalsAsCsv', { query: { topic: ['counter-uav'] } })
    expectTypeOf(csv).toEqualTypeOf<string>()
    expect(csv).toContain(path.id)
    expect(await request(client, 'listTopicsAsNdjson')).toMatch(/^\{.*\}\n/)
    const changed = await request(client, 'updateProposal', {
      path,
      headers: { 'If-Match': '*' },
      body: { title: 'Changed' },
      query: { reason: 'The communiqué has another title.' },
    }).withResponse()
    expect([changed.response.status, changed.data.title]).toEqual([200, 'Changed'])
    const admin = new TrackerClient({ baseUrl: client.http.options.baseUrl, key: s.keys.admin })
    const gone = await request(admin, 'deleteProposal', {
      path,
      query: { reason: 'Wrong.' },
      headers: { 'If-Match': '*' },
    }).withResponse()
    expectTypeOf(gone.data).toEqualTypeOf<undefined>()
    expect([gone.response.status, gone.data]).toEqual([204, undefined])
    const source = (await request(client, 'listSources', {})).data[0]
    const annotations = await request(client, 'listSourceAnnotations', { path: { id: source?.id ?? '' } })
    expect(annotations).toMatchObject({ type: 'AnnotationPage' })
    const started = await request(client, 'createImport', {
      query: { mode: 'dry-run', kind: 'topic' },
      headers: { 'content-type': 'text/csv' },
      body: 'slug,prefLabel\r\none,One\r\n',
    })
    expect(started.format).toBe('csv')
    expect((await refusal(request(client, 'getTopic', { path: { id: 'none' } }))).is('not-found')).toBe(true)
  })
})

describe('the bundle', () => {
  /** The size of what a page loads, minified and gzipped. */
  const sizeOf = async (source: string): Promise<number> => {
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: fileURLToPath(SRC), loader: 'ts' },
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      write: false,
    })
    return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
  }

  test('of the client is smaller than 6 kB, and leaves out what is not used', async () => {
    const whole = await sizeOf(`export * from './index.ts'`)
    const client = await sizeOf(`export { TrackerClient } from './index.ts'`)
    const verify = await sizeOf(`export { verifyWebhook } from './index.ts'`)
    const operations = await sizeOf(
      `export { TrackerClient } from './index.ts'; export * from './operations.ts'`,
    )
    expect(whole).toBeLessThan(6000)
    expect(client).toBeLessThan(whole)
    expect(verify).toBeLessThan(1000)
    expect(operations).toBeLessThan(9000)
  })
})

describe('the live feed', () => {
  const write = async ({ post }: Service, from: number, count: number) => {
    for (let n = from; n < from + count; n++)
      await post('/v1/topics', { slug: `topic-${n}`, prefLabel: `Topic ${n}` })
  }

  test('yields every change once and in order, even when connections break in the middle of an event', async () => {
    let connections = 0
    const { client, s } = await connected(
      {
        longestWait: 1,
        fetch: async (url, init) => {
          const response = await fetch(url, init)
          connections++
          // Cuts after a growing number of bytes, so that connections break in every part of an event.
          let left = 300 + 97 * connections
          const cut = response.body?.pipeThrough(
            new TransformStream<Uint8Array, Uint8Array>({
              transform(piece, controller) {
                controller.enqueue(piece.slice(0, left))
                left -= piece.length
                if (left <= 0) controller.error(new TypeError('terminated'))
              },
            }),
          )
          return new Response(cut ?? null, { status: response.status, headers: response.headers })
        },
      },
      {},
    )
    await write(s, 0, 15)
    const seen: Change[] = []
    const abort = new AbortController()
    const writing = write(s, 15, 15)
    for await (const change of client.live({ kind: ['topic'], signal: abort.signal })) {
      seen.push(change)
      if (seen.length === 30) abort.abort()
    }
    await writing
    expect(seen.map(({ record }) => (record as { slug: string }).slug)).toEqual(
      Array.from({ length: 30 }, (_, n) => `topic-${n}`),
    )
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq).toSorted((a, b) => a - b))
    expect(connections).toBeGreaterThan(5)
  })

  test('ends and closes its connection when the caller leaves the loop', async () => {
    const { client, s } = await connected({}, {})
    await write(s, 0, 1)
    for await (const { kind, op } of client.live()) {
      expect([kind, op]).toEqual(['topic', 'create'])
      break
    }
    // Closing waits for open connections, so it would hang.
    await s.app.close()
  })

  test('reconnects when it receives nothing for some time', async () => {
    let connections = 0
    const abort = new AbortController()
    const client = new TrackerClient({
      baseUrl: 'http://unknown.invalid',
      longestWait: 1,
      fetch: async (_, init) => {
        if (++connections === 3) abort.abort()
        init?.signal?.throwIfAborted()
        const body = new ReadableStream({
          start: (controller) =>
            init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason)),
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
      },
    })
    for await (const _ of client.live({ silence: 10, signal: abort.signal }))
      throw new Error('Nothing was sent.')
    expect(connections).toBe(3)
  })

  test('throws when the service rejects the request', async () => {
    const { client } = await connected()
    const feed = client.live({ kind: ['no-such-kind' as 'topic'] })
    expect((await refusal(feed.next())).is('invalid-parameter')).toBe(true)
    const restored = client.live({ after: 1, feed: 'another' })
    expect((await refusal(restored.next())).is('feed-restarted')).toBe(true)
  })

  test('is also available as pages', async () => {
    const { client, s } = await connected({}, {})
    await write(s, 0, 5)
    const seqs: number[] = []
    for await (const { data } of client.changes({ limit: 2 })) seqs.push(...data.map(({ seq }) => seq))
    expect(seqs).toHaveLength(5)
  })
})

test('the client imports no module of Node or npm, so that it runs in browsers', () => {
  for (const file of globSync('*.ts', { cwd: SRC.pathname })) {
    const text = readFileSync(new URL(file, SRC), 'utf8')
    const imported = [...text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)].map(([, name = '']) => name)
    expect([file, imported.filter((name) => !name.startsWith('./'))]).toEqual([file, []])
    expect([file, /\b(process|Buffer|require)\b[.(]/.test(text)]).toEqual([file, false])
  }
})

testInBrowser(
  'the client lists and follows the live feed in a browser, from a page of another origin',
  async () => {
    const { s, baseUrl } = await connected()
    const browser = await sharedBrowser()
    onTestFinished(closePages)
    const page = await newPage(browser)
    // Another port is another origin.
    const pages = createServer((request, response) => {
      const name = String(request.url).slice(1)
      if (name !== '' && !/^\w+\.ts$/.test(name)) return response.writeHead(404).end()
      response.setHeader('content-type', name === '' ? 'text/html' : 'text/javascript')
      response.end(
        name === ''
          ? '<!doctype html><title>Page</title>'
          : stripTypeScriptTypes(readFileSync(new URL(name, SRC), 'utf8')),
      )
    }).listen(0, '127.0.0.1')
    await once(pages, 'listening')
    onTestFinished(() => void pages.close())
    const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
    await page.goto(`${origin}/`)
    const seen = await page.evaluate(`(async () => {
      const { TrackerClient, ProblemError } = await import('/index.ts')
      const { request } = await import('/operations.ts')
      const client = new TrackerClient({ baseUrl: ${JSON.stringify(baseUrl)}, key: ${JSON.stringify(s.keys.analyst)} })
      const titles = (await client.proposals.list({ limit: 3 }).toArray()).length
      const created = await client.topics.create({ slug: 'browser', prefLabel: 'Browser' })
      await client.topics.update(created, { prefLabel: 'Changed' })
      const { data, requestId, response } = await request(client, 'getTopic', { path: created }).withResponse()
      const read = [data.prefLabel, requestId !== '', response.headers.has('etag')]
      const file = new File(['slug,prefLabel\\r\\nfrom-file,From a file\\r\\n'], 'topics.csv')
      const { rows } = await client.imports.dryRun(file, { format: 'csv', kind: 'topic' })
      let problem
      try { await client.topics.get('none') } catch (error) { problem = error instanceof ProblemError && error.type }
      for await (const change of client.live({ kind: ['topic'] }))
        if (change.id === created.id) return { titles, read, rows, problem, slug: change.record.slug }
    })()`)
    expect(seen).toEqual({
      titles: 10,
      read: ['Changed', true, true],
      rows: 1,
      problem: '/problems/not-found',
      slug: 'browser',
    })
  },
)
