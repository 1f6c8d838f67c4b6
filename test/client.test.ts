// The TypeScript client, against a listening service.

import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import {
  type Change,
  type ClientOptions,
  ProblemError,
  type Proposal,
  type SearchHit,
  TrackerClient,
} from '../clients/typescript/src/index.ts'
import { type Service, service } from './helpers/app.ts'
import { launch, newPage, testInBrowser } from './helpers/browser.ts'

const SRC = new URL('../clients/typescript/src/', import.meta.url)

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
    expect(read.speakers?.map(({ name }) => name)).toEqual(['Sergei Shoigu'])
    expect(read.evidence?.length).toBeGreaterThan(0)
    expect(await client.proposals.evidence(read.id)).toEqual(read.evidence)

    const proposed = { type: 'proposed', occurredOn: '2022-08-24' } as const
    const created = await client.proposals.create({ title: 'One', events: [proposed] })
    const changed = await client.proposals.update(created, { title: 'Two' })
    expect(changed).toMatchObject({ title: 'Two', version: 2 })
    await client.proposals.addEvent(created.id, { type: 'under-consideration', occurredOn: '2022-09-16' })
    expect((await client.proposals.events(created.id)).map(({ type }) => type)).toEqual([
      'proposed',
      'under-consideration',
    ])
    const listed = await client.events.list({ record: [created.id], sort: ['occurredOn'] }).toArray()
    expect(listed).toEqual(await client.proposals.events(created.id))
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
        if (keys.length === 1) return new Response('', { status: 503, headers: { 'retry-after': '0.002' } })
        if (keys.length === 2) return new Response('', { status: 429, headers: { 'retry-after': '30' } })
        const response = await fetch(url, init)
        // The response is lost after the service has committed.
        if (keys.length === 3) throw new TypeError('fetch failed')
        return response
      },
    })
    const created = await client.topics.create({ slug: 'once', prefLabel: 'Once' })
    expect(waits.slice(0, 2)).toEqual([2, 5])
    expect(keys).toHaveLength(4)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    const all = (await s.get('/v1/topics?slug=once')).body['data']
    expect(all.map(({ id }: { id: string }) => id)).toEqual([created.id])
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
    await expect(client.topics.update({ id: body['id'], version: 1 }, { prefLabel: 'Two' })).rejects.toThrow(
      'fetch failed',
    )
    expect(sent).toBe(1)
  })

  test('is retried a limited number of times, or until the caller aborts', async () => {
    let sent = 0
    const busy = async () => {
      sent++
      return new Response('', { status: 503, headers: { 'retry-after': '3600' } })
    }
    const patient = new TrackerClient({
      baseUrl: 'http://unknown.invalid',
      fetch: busy,
      retries: 2,
      longestWait: 1,
    })
    expect((await refusal(patient.topics.get('x'))).status).toBe(503)
    expect(sent).toBe(3)
    const abort = new AbortController()
    const client = new TrackerClient({
      baseUrl: 'http://unknown.invalid',
      fetch: busy,
      onRetry: () => abort.abort(new Error('enough')),
    })
    await expect(client.topics.get('x', {}, { signal: abort.signal })).rejects.toThrow('enough')
  })

  test('is retried after a 429 response', async () => {
    const reasons: string[] = []
    const { client, baseUrl } = await connected(
      { longestWait: 1, retries: 1, onRetry: ({ reason }) => reasons.push(reason) },
      { rateLimitMax: 1 },
    )
    await fetch(`${baseUrl}/healthz`)
    const error = await refusal(client.topics.list().toArray())
    expect(error.is('rate-limited')).toBe(true)
    expect(reasons).toEqual(['429'])
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
    const browser = await launch()
    onTestFinished(() => browser.close())
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
      const client = new TrackerClient({ baseUrl: ${JSON.stringify(baseUrl)}, key: ${JSON.stringify(s.keys.analyst)} })
      const titles = (await client.proposals.list({ limit: 3 }).toArray()).length
      const created = await client.topics.create({ slug: 'browser', prefLabel: 'Browser' })
      let problem
      try { await client.topics.get('none') } catch (error) { problem = error instanceof ProblemError && error.type }
      for await (const change of client.live({ kind: ['topic'] }))
        if (change.id === created.id) return { titles, problem, slug: change.record.slug }
    })()`)
    expect(seen).toEqual({ titles: 10, problem: '/problems/not-found', slug: 'browser' })
  },
)
