// What a request may cost: bytes, steps and event-loop ticks are bounded, whatever is requested and whatever is stored.
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import zlib from 'node:zlib'
import accepts from '@fastify/accepts'
import Fastify, { type FastifyInstance } from 'fastify'
import { applyPatch } from 'rfc6902'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { jsonPatch } from '../src/core/json-patch.ts'
import { IndexedText, locateQuote, type QuoteSelector } from '../src/core/quotes.ts'
import { openPostgres } from '../src/db/postgres/engine.ts'
import { sql } from '../src/db/sql.ts'
import { MAX_STREAMS } from '../src/features/formats/streams.ts'
import { importFiles } from '../src/features/imports/import.ts'
import { Stage } from '../src/features/imports/staging.ts'
import { WebhookClient } from '../src/features/webhooks/client.ts'
import { ASSET_ROUTE, assetHandler } from '../src/http/asset.ts'
import { connections, MAX_RUNNING, MAX_WAITING } from '../src/http/connections.ts'
import { snapshotReads } from '../src/records/read/context.ts'
import { MAX_PAGE_BYTES, walkList } from '../src/records/read/page.ts'
import { toListQuery } from '../src/records/read/parameters.ts'
import type { Kind } from '../src/records/schema/kinds.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body, ResourceKind } from './helpers/bodies.ts'
import { describeOnce, onPostgres, testOnce } from './helpers/database.ts'
import { create, get } from './helpers/requests.ts'
import { ticksDuring } from './helpers/ticks.ts'
import { eventually } from './helpers/wait.ts'

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }

/** Creates records faster than requests would. */
async function fill(s: Service, kind: ResourceKind, bodies: object[]): Promise<string[]> {
  const resource = catalogue.resource(kind)
  return recordsOn(s.engine).write(AUTHOR, async (tx) => {
    const ids: string[] = []
    for (const body of bodies)
      ids.push((await createRecord(tx, resource, resource.create.parse(body) as Body)).id)
    return ids
  })
}

const largeSources = (count: number, size = 1_000_000) =>
  Array.from({ length: count }, (_, n) => ({
    title: `S${n % 7}`,
    language: 'en',
    text: 'x'.repeat(size - n),
  }))

/** Quotes long passages of a source of 60,000 characters for a speaker, each from another start. */
async function quoteLong(
  s: Service,
  speakerId: string | undefined,
  sourceId: string | undefined,
  count: number,
): Promise<void> {
  for (let start = 0; start < count; start++)
    await create(s, `/v1/speakers/${speakerId}/evidence`, {
      sourceId,
      motivation: 'quote',
      start,
      exact: 'x'.repeat(49_000),
    })
}

async function listen(app: FastifyInstance): Promise<number> {
  onTestFinished(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

describeOnce('assets', () => {
  test('are built, hashed and compressed once: every response is the same buffer', async () => {
    const app = Fastify()
    const bodies: unknown[] = []
    let builds = 0
    await app.register(accepts)
    app.addHook('onSend', async (_request, _reply, body) => void bodies.push(body))
    const build = () => ({ body: 'x'.repeat(100_000 + builds++), type: 'text/plain' })
    app.get('/asset', ASSET_ROUTE, assetHandler(build))
    for (const encoding of ['identity', 'gzip', 'br'])
      for (let n = 0; n < 3; n++)
        await app.inject({ url: '/asset', headers: { 'accept-encoding': encoding } })
    expect([builds, bodies.length, new Set(bodies).size]).toEqual([1, 9, 3])
  })

  test.each(['/docs/', '/docs/js/scalar.js', '/openapi.json', '/openapi-3.0.json', '/openapi.yaml'])(
    '%s is sent in each encoding with its own ETag, and HEAD and 304 without a body',
    async (url) => {
      const { app } = await service()
      const plain = await app.inject({ url, headers: { 'accept-encoding': 'identity' } })
      for (const encoding of ['br', 'gzip'] as const) {
        const headers = { 'accept-encoding': encoding }
        const response = await app.inject({ url, headers })
        const decompress = encoding === 'br' ? zlib.brotliDecompressSync : zlib.gunzipSync
        expect(decompress(response.rawPayload).equals(plain.rawPayload)).toBe(true)
        expect(response.headers.etag).toBe(`${String(plain.headers.etag).slice(0, -1)}-${encoding}"`)
        const length = Number(response.headers['content-length'])
        expect(length).toBe(response.rawPayload.length)
        const head = await app.inject({ method: 'HEAD', url, headers })
        expect([head.rawPayload.length, Number(head.headers['content-length'])]).toEqual([0, length])
        const etag = String(response.headers.etag)
        const same = await app.inject({ url, headers: { ...headers, 'if-none-match': etag } })
        expect([same.statusCode, same.rawPayload.length]).toEqual([304, 0])
      }
    },
  )
})

describeOnce('pipelining', () => {
  async function slowService() {
    const app = Fastify()
    await app.register(connections, { sendTimeoutMs: 0 })
    let running = 0
    const seen = { started: 0, most: 0 }
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    app.get('/', async () => {
      seen.started++
      running++
      seen.most = Math.max(seen.most, running)
      await released
      running--
      return 'done\n'
    })
    return { port: await listen(app), seen, release }
  }
  const pipelined = (count: number) => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count)

  test('of the requests of a connection a few run at a time, and all are answered in order', async () => {
    const { port, seen, release } = await slowService()
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    socket.write(pipelined(50))
    await eventually(() => expect(seen.started).toBe(MAX_RUNNING))
    release()
    await eventually(() => expect(text.match(/done/g)?.length).toBe(50))
    expect(seen).toEqual({ started: 50, most: MAX_RUNNING })
    socket.destroy()
  })

  test('too many close the connection, and none of those that waited runs', async () => {
    const { port, seen, release } = await slowService()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(pipelined(MAX_RUNNING + MAX_WAITING + 1))
    await once(socket, 'close')
    release()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen.started).toBe(MAX_RUNNING)
  })

  test('what a client that has gone was waiting for never runs', async () => {
    const { port, seen, release } = await slowService()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(pipelined(50))
    await eventually(() => expect(seen.started).toBe(MAX_RUNNING))
    socket.resetAndDestroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    release()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen.started).toBe(MAX_RUNNING)
  })
})

describe('pages', () => {
  test('end before their documents exceed the bytes, and the cursor skips none', async () => {
    const s = await service()
    const ids = await fill(s, 'source', largeSources(20))
    const orders = ['', '&sort=title', '&sort=-title,createdAt', '&q=s*', '&knownAt=2999-01-01T00:00:00Z']
    for (const parameters of orders) {
      const seen: string[] = []
      let pages = 0
      for (let url: string | null = `/v1/sources?limit=200${parameters}`; url; pages++) {
        const { text, body } = await s.get(url)
        expect(text.length, parameters).toBeLessThan(MAX_PAGE_BYTES + 10_000)
        expect(body['data'].length, parameters).toBeGreaterThan(0)
        seen.push(...body['data'].map(({ id }: Body) => id))
        const { nextCursor } = body['page']
        url = nextCursor && `/v1/sources?limit=200${parameters}&cursor=${nextCursor}`
      }
      expect([parameters, pages > 1, seen.length]).toEqual([parameters, true, 20])
      expect([...seen].sort(), parameters).toEqual([...ids].sort())
    }
  })

  test('of a walk are smaller still, since every reader of a stream holds one', async () => {
    const s = await service()
    await fill(s, 'source', [...largeSources(3), ...largeSources(100, 10_000)])
    const readSnapshot = snapshotReads({
      catalogue,
      engine: s.engine,
      clock: () => new Date(),
      cursorSecret: Buffer.alloc(32),
    })
    const resource = catalogue.resource('source')
    let rows = 0
    for await (const page of walkList(readSnapshot, resource, toListQuery(resource, { limit: 25 }), 200)) {
      const size = page.rows.reduce((sum, { doc }) => sum + doc.length, 0)
      expect(page.rows.length === 1 || size <= 500_000).toBe(true)
      rows += page.rows.length
    }
    expect(rows).toBe(103)
  })
})

describe('search', () => {
  test('reads bounded bytes for a page, which ends early, and skips no hit', async () => {
    const s = await service()
    const ids = await fill(
      s,
      'source',
      largeSources(18, 999_000).map((source) => ({ ...source, text: `needle ${source.text}` })),
    )
    const seen: string[] = []
    for (let url: string | null = '/v1/search?q=needle&limit=100'; url; ) {
      const { body } = await s.get(url)
      expect(body['data'].length).toBeLessThan(17)
      for (const { id, snippet } of body['data']) {
        expect(snippet).toMatch(/^<mark>needle<.mark> x+…$/)
        seen.push(id)
      }
      const { nextCursor } = body['page']
      url = nextCursor && `/v1/search?q=needle&limit=100&cursor=${nextCursor}`
    }
    expect(seen.sort()).toEqual([...ids].sort())
  })

  test('gives other requests their turn between snippets and between texts that are matched', async () => {
    const s = await service()
    const text = (n: number) => `${String.fromCodePoint(0x4e00 + n).repeat(20_000)}中国`
    await fill(
      s,
      'source',
      Array.from({ length: 50 }, (_, n) => ({ title: `S${n}`, language: 'zh', text: text(n) })),
    )
    const body = await get(s, '/v1/search?q=中国&limit=100')
    expect(body['data']).toHaveLength(50)
    for (const { snippet } of body['data']) expect(snippet).toContain('<mark>中国</mark>')
    for (const url of ['/v1/search?q=中国&limit=100'])
      expect(await ticksDuring(() => s.app.inject(encodeURI(url))), url).toBeGreaterThan(40)
  })
})

describeOnce('quotes', () => {
  const a = 'a'.repeat(100_000)
  test.each<[string, string, QuoteSelector]>([
    ['occurs everywhere', a, { exact: 'aaa' }],
    [
      'occurs everywhere, with context',
      a,
      { exact: 'aaa', prefix: a.slice(0, 1000), suffix: a.slice(0, 1000) },
    ],
    ['almost occurs everywhere', a, { exact: `b${a.slice(0, 20_000)}` }],
    ['almost occurs everywhere, but for its end', a, { exact: `${a.slice(0, 20_000)}b` }],
    ['almost occurs everywhere, but for its middle', a, { exact: `${a.slice(0, 9999)}b${a.slice(0, 9999)}` }],
    ['is long and not at its offset', a, { exact: a.slice(0, 50_000), start: 60_000 }],
    ['differs in case', 'é'.repeat(100_000), { exact: 'E'.repeat(20_000) }],
  ])('that %s is found or refused in steps that are linear in the text', (_, text, selector) => {
    const steps = vi.spyOn(String.prototype, 'charCodeAt')
    const fold = vi.spyOn(String.prototype, 'normalize')
    onTestFinished(() => void vi.restoreAllMocks())
    const located = locateQuote(text, selector)
    expect(located.found).toBe(false)
    expect(steps.mock.calls.length).toBeLessThan(20 * text.length)
    expect(fold.mock.calls.length).toBeLessThan(10)
    if (!located.found)
      expect(located.candidates.reduce((sum, { exact }) => sum + exact.length, 0)).toBeLessThanOrEqual(
        100_001,
      )
  })

  test('of one text in one report share its index, and give other requests their turn', async () => {
    const s = await service()
    const text = `${'😀 '.repeat(100_000)}`
    const evidence = Array.from({ length: 100 }, (_, n) => ({ exact: '😀 😀', start: 2 * n, end: 2 * n + 3 }))
    const body = { source: { title: 'S', language: 'en', text }, speakers: [{ name: 'P', evidence }] }
    const points = vi.spyOn(IndexedText.prototype, 'toUnit')
    onTestFinished(() => void vi.restoreAllMocks())
    const ticks = await ticksDuring(async () => expect((await s.post('/v1/reports', body)).status).toBe(201))
    expect(ticks).toBeGreaterThan(100)
    expect(new Set(points.mock.contexts).size).toBe(1)
  })
})

describeOnce('imports', () => {
  const imported = (
    s: Service,
    text: string,
    { kind = 'speaker' as Kind, format = 'ndjson' as const, maxRows = 1000 } = {},
  ) =>
    importFiles(
      recordsOn(s.engine),
      AUTHOR,
      [{ name: 'f', kind, format, chunks: Readable.from([Buffer.from(text)]) }],
      { dryRun: true, maxRows },
    )

  test('count the children in rows, and stop at the limit', async () => {
    const s = await service()
    const row = JSON.stringify({ name: 'P', evidence: Array(400).fill({ exact: 'x' }) })
    const staged = vi.spyOn(Stage.prototype, 'add')
    onTestFinished(() => void vi.restoreAllMocks())
    const { errors } = await imported(s, `${row}\n`.repeat(10))
    expect(staged).toHaveBeenCalledTimes(1000)
    expect(errors[0]).toMatchObject({ row: null, type: '/problems/body-too-large' })
  })

  test('give other requests their turn within a row too', async () => {
    const s = await service()
    const row = JSON.stringify({ name: 'P', evidence: Array(5000).fill({ exact: 'x', sourceId: 'none' }) })
    expect(await ticksDuring(() => imported(s, row, { maxRows: 10_000 }))).toBeGreaterThan(5)
  })

  test('report a bounded number of the faults of a row', async () => {
    const s = await service()
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, n]))
    const distances = vi.spyOn(String.prototype, 'toLowerCase')
    onTestFinished(() => void vi.restoreAllMocks())
    const { errors } = await imported(
      s,
      JSON.stringify({ name: 'P', ...unknown, evidence: Array(5000).fill(1) }),
    )
    expect(errors.length).toBeLessThanOrEqual(200)
    expect(distances.mock.calls.length).toBeLessThan(20_000)
  })

  test('index few rows of one name, however many have it', async () => {
    const s = await service()
    const flat = vi.spyOn(Array.prototype, 'flat')
    onTestFinished(() => void vi.restoreAllMocks())
    const speakers = Array.from({ length: 500 }, (_, n) => {
      const id = `spk_${String(n).padStart(26, '0')}`
      return `${JSON.stringify({ kind: 'speaker', record: { id, name: 'P' } })}\n`
    }).join('')
    const statement = {
      kind: 'proposal',
      record: { title: 'T', contributors: [{ role: 'proposer', speakerId: 'P' }] },
    }
    const { errors } = await importFiles(
      recordsOn(s.engine),
      AUTHOR,
      [
        {
          name: 'f',
          kind: null,
          format: 'ndjson',
          chunks: Readable.from([Buffer.from(speakers + JSON.stringify(statement))]),
        },
      ],
      { dryRun: true, maxRows: 1000 },
    )
    expect(errors).toMatchObject([{ field: 'contributors.0.speakerId', type: '/problems/ambiguous-match' }])
    const longest = Math.max(...flat.mock.results.map(({ value }) => (value as unknown[]).length))
    expect(longest).toBeLessThanOrEqual(20)
  })

  test('of CSV have a bounded number of columns', async () => {
    const s = await service()
    const header = Array.from({ length: 40_000 }, (_, n) => `c${n}`).join(',')
    const { errors } = await imported(s, `${header}\nx`, { format: 'csv' as never })
    expect(errors).toMatchObject([{ detail: 'The header has 40,000 columns; at most 200 are allowed.' }])
  })
})

describe('statements', () => {
  const counted = (s: Service) =>
    s
      .queries()
      .map((text) => /^\s*(select|insert|update|delete|with)\b/i.exec(text)?.[1])
      .filter((verb) => verb !== undefined)

  test('of a new proposal with an event: four reads, and an insert for each row', async () => {
    const s = await service()
    const proposal = (title: string) => ({ title, events: [{ type: 'proposed', occurredOn: '2022-08-24' }] })
    await s.post('/v1/proposals', proposal('First'))
    s.queries()
    expect((await s.post('/v1/proposals', proposal('Second'))).status).toBe(201)
    const verbs = counted(s)
    // The key, the last change, records of that name, and merged ones of that name.
    expect(verbs.filter((verb) => verb !== 'insert')).toEqual(Array(4).fill('select'))
    // Two rows with a change each, a name, and the full-text entry, which is two rows on SQLite and three on PostgreSQL.
    expect(verbs.filter((verb) => verb === 'insert').length).toBe(onPostgres ? 8 : 7)
  })

  test('of a list by a rare word: the last change, the matches, and the rows', async () => {
    const s = await service()
    for (const title of ['Sabotage', 'Patrol']) await s.post('/v1/proposals', { title, proposedOn: '2022' })
    s.queries()
    expect((await get(s, '/v1/proposals?q=sabotage&limit=1'))['data']).toHaveLength(1)
    // Rows with and without a date. PostgreSQL reads the number of changes for its one query of the matches.
    expect(counted(s).length).toBe(onPostgres ? 5 : 4)
  })
})

describe('chains of parents', () => {
  test.each([
    ['topics', 'broaderId', (n: number) => ({ slug: `t-${n}`, prefLabel: `T${n}` })],
    ['proposals', 'parentId', (n: number) => ({ title: `P${n}`, proposedOn: '2022' })],
    ['organizations', 'parentId', (n: number) => ({ name: `O${n}`, classification: 'body' })],
  ])('of %s have a bounded length, however they are joined', async (path, field, body) => {
    const s = await service()
    const chain = async (from: number, length: number) => {
      const ids: string[] = []
      for (let n = 0; n < length; n++)
        ids.push((await create(s, `/v1/${path}`, { ...body(from + n), [field]: ids.at(-1) ?? null }))['id'])
      return ids
    }
    const long = await chain(0, 20)
    const tooLong = { status: 422, body: { errors: [{ pointer: `/${field}` }] } }
    expect(await s.post(`/v1/${path}`, { ...body(99), [field]: long.at(-1) })).toMatchObject(tooLong)
    const short = await chain(100, 12)
    const join = (to: string | undefined) => s.patch(`/v1/${path}/${short[0]}`, { [field]: to })
    expect(await join(long[8])).toMatchObject(tooLong)
    expect((await join(long[7])).status).toBe(200)
    // Where the reference stays, the chain is not followed.
    s.queries()
    expect((await s.patch(`/v1/${path}/${short[11]}`, { identifiers: [] })).status).toBe(200)
    expect(s.queries().length).toBeLessThan(20)
  })
})

describeOnce('problems', () => {
  test.each<[string, (s: Service) => ReturnType<Service['get']>, number]>([
    [
      'unknown parameters',
      (s) => s.get(`/v1/topics?${Array.from({ length: 2000 }, (_, n) => `k${n}=`).join('&')}`),
      2000,
    ],
    [
      'unknown fields',
      (s) =>
        s.post('/v1/speakers', Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, 1]))),
      100_001,
    ],
    [
      'wrong items',
      (s) => s.post('/v1/meetings', { name: 'M', startDate: '2022', agenda: Array(400).fill(1) }),
      400,
    ],
    [
      'unknown references',
      (s) =>
        s.post('/v1/meetings', {
          name: 'M',
          startDate: '2022',
          participants: Array.from({ length: 400 }, (_, n) => ({
            role: 'member',
            speakerId: `spk_01gb6jc400ezz8kdnweefc${String(n).padStart(4, '0')}`,
          })),
        }),
      400,
    ],
  ])('list 100 of %s and count the others', async (_, ask, faults) => {
    const s = await service()
    const { status, body, text } = await ask(s)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(body['errors']).toHaveLength(100)
    expect(body['detail']).toContain(` ${(faults - 100).toLocaleString('en')} more faults are not listed.`)
    expect(text.length).toBeLessThan(50_000)
    expect(text.split('Legal: ').length).toBeLessThanOrEqual(3)
  })

  test('shorten what the client sent', async () => {
    const s = await service()
    const { text } = await s.post('/v1/speakers', { name: 'P', ['k'.repeat(1_000_000)]: 1 })
    expect(text.length).toBeLessThan(5000)
  })

  test('refuse bodies that are nested too deeply or have too many values, before they are validated', async () => {
    const s = await service()
    const send = (payload: string) =>
      s.request({
        method: 'POST',
        url: '/v1/speakers',
        payload,
        headers: { authorization: `Bearer ${s.keys.analyst}`, 'content-type': 'application/json' },
      })
    for (const depth of [101, 1000, 500_000])
      expect((await send('['.repeat(depth) + ']'.repeat(depth))).body).toMatchObject({
        type: '/problems/malformed-body',
        detail: 'The body is nested too deeply: over 100 levels.',
      })
    expect((await send('['.repeat(100) + ']'.repeat(100))).body).toMatchObject({
      type: '/problems/invalid-body',
    })
    expect((await send(`{"name":"P","otherNames":[${'1,'.repeat(250_000)}1]}`)).body).toMatchObject({
      detail: 'The body has too many values: over 250,000.',
    })
  })
})

describeOnce('a webhook request', () => {
  const OK = 'HTTP/1.1 200 OK\r\n'
  test.each<[string, (socket: Socket) => void, number | null]>([
    [
      '101',
      (socket) => socket.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
      101,
    ],
    ['101 without an Upgrade header', (socket) => socket.write('HTTP/1.1 101 Switching\r\n\r\n'), 101],
    [
      '101 and more',
      (socket) => socket.end('HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nmore'),
      101,
    ],
    ['nothing', (socket) => socket.end(), null],
    ['a reset', (socket) => socket.resetAndDestroy(), null],
    ['garbage', (socket) => socket.end('hello'), null],
    ['only 100', (socket) => socket.end('HTTP/1.1 100 Continue\r\n\r\n'), null],
    ['half a head', (socket) => socket.end(OK), null],
    ['half a body', (socket) => socket.end(`${OK}Content-Length: 9\r\n\r\nx`), 200],
    ['half a chunk', (socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nx`), 200],
    ['a broken chunk', (socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`), 200],
    ['a body without end', (socket) => socket.write(`${OK}\r\n${'x'.repeat(20_000)}`), 200],
    ['a whole response', (socket) => socket.end(`${OK}Content-Length: 0\r\n\r\n`), 200],
    ['silence', () => {}, null],
  ])('that is answered with %s is settled', async (_, answer, statusCode) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => answer(socket))
    })
    const client = new WebhookClient({ allowPrivate: true, timeoutMs: 1000, userAgent: 'test' })
    onTestFinished(() => {
      client.close()
      server.close()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const outcome = await client.post(`http://127.0.0.1:${port}/`, {}, '{}', new AbortController().signal)
    expect(outcome.statusCode).toBe(statusCode)
  })
})

describe('histories', () => {
  test('of long lists are compared in bounded steps, and the patches are still exact', () => {
    const items = (count: number, of: number) =>
      Array.from({ length: count }, (_, n) => ({ n: (n * 7919 + of) % 1e5 }))
    const cases: [from: unknown[], to: unknown[], operations: number][] = [
      [items(500, 0), items(500, 1), 500],
      [items(500, 0), items(499, 1), 1],
      [items(500, 0), items(500, 0).toSpliced(250, 1), 1],
      [items(500, 0), items(500, 0).toSpliced(250, 0, { n: -1 }, { n: -2 }), 2],
      [items(500, 0), items(500, 0).with(250, { n: -1 }), 1],
      [items(20, 0), items(20, 0).toReversed(), 20],
    ]
    for (const [from, to, operations] of cases) {
      const document = { list: from }
      const patch = jsonPatch(JSON.stringify(document), JSON.stringify({ list: to }))
      expect(patch.length).toBeLessThanOrEqual(operations)
      applyPatch(document, patch)
      expect(document).toEqual({ list: to })
    }
  })

  test('of large records read bounded bytes, and give other requests their turn', async () => {
    const s = await service()
    const [id] = await fill(s, 'source', largeSources(1))
    for (let n = 0; n < 25; n++)
      await s.patch(`/v1/sources/${id}`, { text: String.fromCharCode(65 + n).repeat(1_000_000) })
    const versions: number[] = []
    let pages = 0
    for (let before: number | null = 27; before; pages++) {
      const { body, text } = await s.get(`/v1/sources/${id}/history?limit=200&before=${before}`)
      expect(text.length).toBeLessThan(MAX_PAGE_BYTES)
      versions.push(...body['data'].map(({ version }: Body) => version))
      before = body['page'].nextBefore
    }
    expect(versions).toEqual(Array.from({ length: 26 }, (_, n) => 26 - n))
    expect(pages).toBeGreaterThan(1)
    expect(await ticksDuring(() => s.get(`/v1/sources/${id}/history?limit=10`))).toBeGreaterThan(7)
  })
})

test('a text filter on a later page reads what has changed since in batches', async () => {
  const s = await service()
  const sources = await fill(s, 'source', largeSources(12))
  const text = (n: number) => ({ text: `needle ${'y'.repeat(900_000 + n)}` })
  const url = '/v1/sources?limit=5&sort=createdAt&q=x*'
  const first = await get(s, url)
  for (const [n, id] of sources.entries()) await s.patch(`/v1/sources/${id}`, text(n))
  s.queries()
  let size = 0
  const ticks = await ticksDuring(async () => {
    const { body, text } = await s.get(`${url}&cursor=${first['page'].nextCursor}`)
    expect(body['data']).toHaveLength(5)
    size = text.length
  })
  expect(ticks).toBeGreaterThan(10)
  expect(size).toBeLessThan(MAX_PAGE_BYTES)
})

describe('embedded records', () => {
  test('fit into the bytes of a page, and lists that were cut are named; a smaller page has them all', async () => {
    const s = await service()
    const [sourceId] = await fill(s, 'source', [{ title: 'S', language: 'en', text: 'x'.repeat(60_000) }])
    const [speakerId] = await fill(s, 'speaker', [{ name: 'P' }])
    await quoteLong(s, speakerId, sourceId, 30)
    const meeting = { name: 'M', startDate: '2022', participants: [{ role: 'member', speakerId }] }
    await fill(s, 'meeting', Array(30).fill(meeting))
    const { text, body } = await s.get('/v1/meetings?include=speakers.evidence&limit=200')
    expect(text.length).toBeLessThan(MAX_PAGE_BYTES + 100_000)
    const isComplete = ({ speakers }: Body) => speakers.length === 1 && speakers[0].evidence.length === 30
    const complete = body['data'].filter(isComplete)
    expect([body['data'].length, complete.length]).toEqual([30, 10])
    for (const row of body['data'])
      expect(row['includeTruncated']).toEqual(isComplete(row) ? undefined : ['speakers'])
    const small = await get(s, '/v1/meetings?include=speakers.evidence&limit=10')
    expect(small['data'].filter(isComplete)).toHaveLength(10)
  })

  test('are read within the bytes of a page, whatever there is', async () => {
    const s = await service()
    const [sourceId] = await fill(s, 'source', [{ title: 'S', language: 'en', text: 'x'.repeat(60_000) }])
    const speakers = await fill(s, 'speaker', Array(5).fill({ name: 'P' }))
    for (const speaker of speakers) await quoteLong(s, speaker, sourceId, 90)
    const { text, body } = await s.get('/v1/speakers?include=evidence')
    expect(text.length).toBeLessThan(MAX_PAGE_BYTES + 100_000)
    // The first of each come before the second of any, so none goes without.
    for (const row of body['data']) {
      expect(row['evidence'].length).toBeGreaterThan(50)
      expect(row['includeTruncated']).toEqual(['evidence'])
    }
  })

  test('are null and named where a relation to one record was cut', async () => {
    const s = await service()
    const agenda = Array.from({ length: 500 }, (_, n) => ({ position: n + 1, title: 'x'.repeat(480) }))
    const [meetingId] = await fill(s, 'meeting', [{ name: 'M', startDate: '2022', agenda }])
    await fill(s, 'proposal', Array(100).fill({ title: 'P', proposedOn: '2022', meetingId }))
    const { text, body } = await s.get('/v1/proposals?include=meeting&limit=200')
    expect(text.length).toBeLessThan(MAX_PAGE_BYTES + 200_000)
    const cut = body['data'].filter(({ meeting }: Body) => meeting === null)
    expect(cut.length).toBeGreaterThan(0)
    for (const row of body['data'])
      expect(row['includeTruncated']).toEqual(row['meeting'] ? undefined : ['meeting'])
  })
})

test.runIf(onPostgres)('a read on PostgreSQL has a deadline', async () => {
  const s = await service()
  const engine = openPostgres(s.url, { readTimeoutMs: 200 })
  onTestFinished(() => engine.close())
  await expect(engine.read((reader) => reader.get(sql`select pg_sleep(60)`))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('took too long'),
  })
  expect(await engine.read((reader) => reader.get(sql`select 1 as one`))).toEqual({ one: 1 })
})

testOnce('live feeds are limited in number, and one that ends makes room', async () => {
  const s = await service({ liveFeedsMax: 2 })
  const port = await listen(s.app)
  const follow = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    socket.write('GET /v1/changes HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n')
    const [head] = await once(socket, 'data')
    return { socket, status: Number(String(head).slice(9, 12)) }
  }
  const [first] = [await follow(), await follow()]
  expect((await follow()).status).toBe(503)
  first.socket.destroy()
  await eventually(async () => expect((await follow()).status).toBe(200))
})

testOnce(
  'a live feed that is rejected takes no room, whatever its client does with the connection',
  async () => {
    const s = await service({ liveFeedsMax: 1 })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const port = await listen(s.app)
    const statusOf = (path: string, method = 'GET') =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(
          { agent, port, path, method, headers: { accept: 'text/event-stream' } },
          (response) => {
            resolve(response.statusCode)
            if (response.statusCode === 200 && method === 'GET') response.destroy()
            else response.resume()
          },
        )
        sent.on('error', reject).end()
      })
    for (let time = 0; time < 3; time++) expect(await statusOf('/v1/changes?after=999999')).toBe(410)
    expect(await statusOf('/v1/changes', 'HEAD')).toBe(200)
    expect(await statusOf('/v1/changes')).toBe(200)
  },
)

testOnce('streams are limited in number and take turns, and one that ends makes room', async () => {
  const s = await service({ sendTimeoutMs: 0 })
  await fill(s, 'source', largeSources(12))
  const port = await listen(s.app)
  const open = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    socket.write('GET /v1/sources.ndjson HTTP/1.1\r\nHost: x\r\n\r\n')
    const [head] = await once(socket, 'data')
    socket.pause()
    return { socket, status: Number(String(head).slice(9, 12)) }
  }
  // All at once, before the first batch of any has been read.
  const all = await Promise.all(Array.from({ length: MAX_STREAMS + 5 }, open))
  const sent = all.filter(({ status }) => status === 200)
  expect([sent.length, all.filter(({ status }) => status === 503).length]).toEqual([MAX_STREAMS, 5])
  expect((await open()).status).toBe(503)
  // A list that is rejected, and one that has been sent, take no room.
  sent[0]?.socket.destroy()
  await eventually(async () => expect((await s.get('/v1/topics.csv')).status).toBe(200))
  expect((await s.get('/v1/topics.csv?cursor=x')).status).toBe(400)
  await eventually(async () => expect((await open()).status).toBe(200))
  for (const { socket } of all) socket.destroy()
})

test('a stream embeds a batch at once while it is small, and otherwise each record as if it were alone', async () => {
  const s = await service()
  const [sourceId] = await fill(s, 'source', [{ title: 'S', language: 'en', text: 'x'.repeat(60_000) }])
  const [speakerId] = await fill(s, 'speaker', [{ name: 'P' }])
  const meeting = { name: 'M', startDate: '2022', participants: [{ role: 'member', speakerId }] }
  await fill(s, 'meeting', Array(30).fill(meeting))
  const lines = async () => {
    s.queries()
    const { text } = await s.get('/v1/meetings.ndjson?include=speakers.evidence')
    return {
      rows: text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      queries: s.queries().length,
    }
  }
  const small = await lines()
  expect([small.rows.length, small.queries < 25]).toEqual([30, true])
  await quoteLong(s, speakerId, sourceId, 30)
  const { rows } = await lines()
  for (const row of rows) {
    expect(row.speakers[0].evidence).toHaveLength(30)
    expect(row.includeTruncated).toBeUndefined()
  }
})

describeOnce('names', () => {
  test('have no control characters and none that are invisible or change the direction', async () => {
    const s = await service()
    const name = (given: string) => s.post('/v1/speakers', { name: given })
    expect((await name('A\u200bB\u202eC\u2066D\u2069\ufeff')).body['name']).toBe('ABCD')
    expect((await name('A\nB\u0007\u0085C\u2028D')).body['name']).toBe('A B C D')
    expect((await name('\u200b\u202e ')).status).toBe(400)
    // Joiners and direction marks belong to the spelling of Persian, Hindi and others.
    for (const kept of ['می\u200cخواهم', 'क्\u200dष', 'עברית\u200f!'])
      expect((await name(kept)).body['name']).toBe(kept)
    const summary = 'Two\nlines'
    const proposal = { title: 'T', proposedOn: '2022', summary }
    expect((await s.post('/v1/proposals', proposal)).body['summary']).toBe(summary)
  })

  test('of identifier schemes have no colon, so that scheme:identifier is one identifier', async () => {
    const s = await service()
    const speaker = (scheme: string, identifier: string) =>
      s.post('/v1/speakers', { name: 'P', identifiers: [{ scheme, identifier }] })
    expect((await speaker('a', 'b:c')).status).toBe(201)
    expect(await speaker('a:b', 'c')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/identifiers/0/scheme' }] },
    })
  })
})

test('every response says that its media type is meant', async () => {
  const s = await service()
  for (const url of [
    '/',
    '/healthz',
    '/docs/',
    '/openapi.json',
    '/v1/speakers',
    '/v1/speakers.csv',
    '/none',
    '/v1/speakers?x',
  ])
    expect((await s.get(url)).headers['x-content-type-options'], url).toBe('nosniff')
})

testOnce(
  'a client that takes nothing of its response is disconnected, one that waits for its response is not',
  async () => {
    const s = await service({ sendTimeoutMs: 200 })
    await fill(s, 'source', largeSources(15))
    const port = await listen(s.app)
    const stalled = connect(port, '127.0.0.1').on('error', () => {})
    const [served] = await Promise.all([
      once(s.app.server, 'connection').then(([socket]) => socket),
      stalled.pause().write('GET /v1/sources.ndjson HTTP/1.1\r\nHost: x\r\n\r\n'),
    ])
    await once(served, 'close')
    const live = connect(port, '127.0.0.1').on('error', () => {})
    live.write('GET /v1/changes?after=999999 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n')
    live.resume()
    let closed = false
    live.on('close', () => {
      closed = true
    })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(closed).toBe(false)
    live.destroy()
    stalled.destroy()
  },
)

/**
 * The rule: a small request costs little, whatever is stored. Each request is below 100 kB, and so are the steps between which
 * other requests are processed. None of it is measured in time, which depends on the machine.
 */
describeOnce('the worst requests over a database that was made to be bad', () => {
  const MAX_RESPONSE = 2 * MAX_PAGE_BYTES + 500_000

  async function badDatabase(): Promise<Service> {
    const s = await service()
    const han = (n: number) => String.fromCodePoint(0x4e00 + n).repeat(30_000)
    const sources = await fill(s, 'source', [
      ...largeSources(20),
      ...Array.from({ length: 60 }, (_, n) => ({ title: `文${n}`, language: 'zh', text: `${han(n)}中国` })),
    ])
    const speakers = await fill(s, 'speaker', Array(20).fill({ name: '中国' }))
    for (const speaker of speakers.slice(0, 5)) await quoteLong(s, speaker, sources[0], 30)
    const participants = speakers.map((speakerId) => ({ role: 'member', speakerId }))
    const agenda = (of: number) =>
      Array.from({ length: 500 }, (_, n) => ({
        position: n + 1,
        title: `${(n * 7919 + of) % 1e5} ${'x'.repeat(400)}`,
      }))
    const meetings = await fill(
      s,
      'meeting',
      Array.from({ length: 60 }, (_, n) => ({
        name: `M${n}`,
        startDate: '2022',
        participants,
        agenda: agenda(n),
      })),
    )
    for (let n = 0; n < 40; n++) await s.patch(`/v1/meetings/${meetings[0]}`, { agenda: agenda(n + 100) })
    return s
  }

  test('have bounded responses, and let other requests be processed where they work long', async () => {
    const s = await badDatabase()
    const meeting = (await get(s, '/v1/meetings?limit=1&sort=createdAt'))['data'][0]['id']
    const quoted = encodeURIComponent
    /** Steps that a request takes at least, each followed by other requests. */
    const requests: [url: string, steps: number][] = [
      ['/v1/meetings?limit=200&include=speakers.evidence,speakers', 0],
      [
        '/v1/meetings?limit=200&include=speakers.evidence&asOf=2023-01-01&count=exact&sort=name,-startDate',
        0,
      ],
      ['/v1/speakers?limit=200&include=evidence,meetings', 0],
      ['/v1/sources?limit=200', 0],
      ['/v1/sources?limit=200&knownAt=2999-01-01T00:00:00Z&sort=title', 0],
      [`/v1/sources?limit=200&q=${quoted('中国')}`, 0],
      [`/v1/search?limit=100&q=${quoted('中国')}`, 40],
      [`/v1/search?limit=100&q=${quoted(Array.from({ length: 60 }, (_, n) => `${n}国`).join(' OR '))}`, 0],
      [`/v1/meetings/${meeting}/history?limit=200`, 30],
      ['/v1/changes?limit=1000', 0],
      ['/v1/stats/meetings?by=state', 0],
      [`/v1/topics?${Array.from({ length: 1500 }, (_, n) => `k${n}=1`).join('&')}`, 0],
      ['/v1/proposals.atom?limit=200', 0],
      ['/v1/meetings.ics', 0],
      ['/docs/js/scalar.js', 0],
      ['/openapi.yaml', 0],
    ]
    for (const [url, steps] of requests) {
      let size = 0
      const ticks = await ticksDuring(async () => {
        const { payload, statusCode } = await s.app.inject(url)
        expect(statusCode, url).toBeLessThan(500)
        size = payload.length
      })
      expect(url.length).toBeLessThan(100_000)
      expect(size, url).toBeLessThan(MAX_RESPONSE)
      if (steps > 0) expect(ticks, url).toBeGreaterThanOrEqual(steps)
    }
  })
})
