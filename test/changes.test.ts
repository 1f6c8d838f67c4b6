// The change feed: every write in order, in pages and as a live stream; a mirror that applies it equals the database.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingMessage, get as open } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { restartFeed } from '../src/db/feed.ts'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { liveFeed } from '../src/features/changes.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { type Body, oneOfEach } from './helpers/bodies.ts'
import {
  freshDatabase,
  isRepeated,
  onPostgres,
  rowsOf,
  type TestDatabase,
  testOnce,
} from './helpers/database.ts'
import { EVERYTHING } from './helpers/everything.ts'
import { ticksDuring } from './helpers/ticks.ts'
import { eventually } from './helpers/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }
const ROOT = new URL('..', import.meta.url).pathname

/** The identity of a feed. */
const FEED = expect.stringMatching(/^feed_[0-9a-z]{26}$/)

const feed = async (s: Service, query = ''): Promise<Body[]> =>
  (await s.get(`/v1/changes?limit=1000${query}`)).body['data']

/** All changes of the feed, requested page by page. */
async function paged(s: Service, query: string, from = 0): Promise<Body[]> {
  const found: Body[] = []
  for (let after = from; ; ) {
    const { body } = await s.get(`/v1/changes?after=${after}${query}`)
    found.push(...body['data'])
    if (!body['page']['hasMore']) return found
    expect(body['page']['nextAfter']).toBeGreaterThan(after)
    after = body['page']['nextAfter']
  }
}

const proposed = (title: string) => ({ title, events: [{ type: 'proposed', occurredOn: '2022-08-24' }] })

/** Creates a proposal with every kind of child, and deletes it. */
async function createAndDeleteProposal(s: Service) {
  const ids = await oneOfEach(s)
  const proposal = (await s.post('/v1/proposals', proposed('P'))).body['id']
  const url = `/v1/proposals/${proposal}`
  const stated = { stateCode: ids.state, position: 'supported', statedOn: '2022-08-24' }
  const position = (await s.post(`${url}/positions`, stated)).body['id']
  const quote = { sourceId: ids.source, motivation: 'quote', exact: 'The text' }
  await s.post(`${url}/positions/${position}/evidence`, quote)
  await s.post(`${url}/evidence`, quote)
  await s.post(`${url}/events`, { type: 'adopted', occurredOn: '2022-09-16' })
  await s.post(`${url}/relations`, { type: 'restates', targetId: ids.proposal })
  expect((await s.del(url)).status).toBe(204)
  return { ids, proposal: proposal as string, position: position as string }
}

describe('the feed', () => {
  test('contains every write in commit order, with its record, actor and time', async () => {
    const s = await service()
    const created = (await s.post('/v1/speakers', { name: 'A' })).body
    const url = `/v1/speakers/${created['id']}`
    const changed = (await s.patch(url, { name: 'B' })).body
    await s.patch(url, { name: 'B' })
    await s.del(url)
    const { body } = await s.get('/v1/changes')
    const about = { kind: 'speaker', id: created['id'], parentId: null }
    const analyst = { id: expect.any(String), name: 'test analyst' }
    expect(body['data']).toEqual([
      {
        ...about,
        seq: 1,
        version: 1,
        op: 'create',
        at: created['createdAt'],
        actor: analyst,
        reason: null,
        record: created,
      },
      {
        ...about,
        seq: 2,
        version: 2,
        op: 'update',
        at: changed['updatedAt'],
        actor: analyst,
        reason: null,
        record: changed,
      },
      {
        ...about,
        seq: 3,
        version: 3,
        op: 'delete',
        at: expect.any(String),
        actor: { id: expect.any(String), name: 'test admin' },
        reason: 'Test',
        record: null,
      },
    ])
    expect(body['page']).toEqual({ feed: FEED, nextAfter: 3, hasMore: false, limit: 100 })
  })

  test('contains the children of a record with their parentId, and a deletion of each when the record is deleted', async () => {
    const s = await service()
    const { proposal, position } = await createAndDeleteProposal(s)
    const children = (await feed(s)).filter(({ parentId }) => parentId === proposal || parentId === position)
    expect(
      children.filter(({ op }) => op === 'create').map(({ kind, parentId }) => [kind, parentId]),
    ).toEqual([
      ['event', proposal],
      ['position', proposal],
      ['evidence', position],
      ['evidence', proposal],
      ['event', proposal],
      ['relation', proposal],
    ])
    const existing = new Set<string>()
    for (const { op, id, record } of children) {
      expect(record === null, op).toBe(op === 'delete')
      if (op === 'delete') expect(existing.delete(id)).toBe(true)
      else existing.add(id)
    }
    expect([...existing]).toEqual([])
    // The record is deleted last, so that a mirror never has a child without its record.
    expect((await feed(s)).at(-1)).toMatchObject({ id: proposal, op: 'delete', record: null })
  })

  test('filtered by kind contains exactly the changes of those kinds, for each kind and for several', async () => {
    const s = await service()
    await createAndDeleteProposal(s)
    const all = await feed(s)
    const kinds = [...new Set(all.map(({ kind }) => kind))]
    expect(kinds.length).toBeGreaterThanOrEqual(13)
    for (const kind of [...kinds, 'event,relation', 'speaker,position,source']) {
      const wanted = all.filter((change) => kind.split(',').includes(change['kind']))
      expect(wanted.length, kind).toBeGreaterThan(0)
      expect(await feed(s, `&kind=${kind}`), kind).toEqual(wanted)
      // Also in pages of one, with changes of other kinds between them.
      expect(await paged(s, `&kind=${kind}&limit=1`), kind).toEqual(wanted)
    }
  })

  test('is the same in pages of any size, from any position', async () => {
    const s = await service()
    await createAndDeleteProposal(s)
    const all = await feed(s)
    for (const limit of [1, 2, 7, all.length - 1, all.length, all.length + 1]) {
      expect(await paged(s, `&limit=${limit}`), `limit ${limit}`).toEqual(all)
    }
    for (const from of [1, 5, all.length - 1, all.length]) {
      expect(await paged(s, '&limit=3', all[from - 1]?.['seq'])).toEqual(all.slice(from))
    }
  })

  test('has fewer changes on a page when the records are large, and skips none', async () => {
    const s = await service()
    const records = recordsOn(s.engine)
    const resource = catalogue.resource('source')
    await records.write(AUTHOR, async (tx) => {
      for (let n = 0; n < 40; n++) {
        const input = { title: `S ${n}`, language: 'en', text: 'x'.repeat(n % 2 ? 1_000_000 : 1) }
        await createRecord(tx, resource, resource.create.parse(input) as Body)
      }
    })
    const sizes: number[] = []
    const found: number[] = []
    for (let after = 0; ; ) {
      const { data, page } = JSON.parse((await s.app.inject(`/v1/changes?limit=1000&after=${after}`)).body)
      sizes.push(data.length)
      found.push(...data.map(({ seq }: Body) => seq))
      after = page.nextAfter
      if (!page.hasMore) break
    }
    expect(found).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    expect(sizes.length).toBeGreaterThan(1)
  })

  test('returns in nextAfter where to continue: after the changes that the filter excludes, never after unread ones', async () => {
    const s = await service()
    const page = async (query: string) => (await s.get(`/v1/changes?${query}`)).body['page']
    expect(await page('')).toEqual({ feed: FEED, nextAfter: 0, hasMore: false, limit: 100 })
    await s.post('/v1/topics', { slug: 'a', prefLabel: 'A' })
    for (const name of ['A', 'B', 'C']) await s.post('/v1/speakers', { name })
    await s.post('/v1/topics', { slug: 'b', prefLabel: 'B' })
    // topic 1, speakers 2 to 4, topic 5
    expect(await page('kind=speaker')).toMatchObject({ nextAfter: 5, hasMore: false })
    expect(await page('kind=speaker&limit=3')).toMatchObject({ nextAfter: 5, hasMore: false })
    expect(await page('kind=speaker&limit=2')).toMatchObject({ nextAfter: 3, hasMore: true })
    expect(await page('kind=topic&limit=1')).toMatchObject({ nextAfter: 1, hasMore: true })
    expect(await page('kind=topic&limit=1&after=1')).toMatchObject({ nextAfter: 5, hasMore: false })
    expect(await page('kind=relation')).toMatchObject({ nextAfter: 5, hasMore: false })
    expect(await page('after=5')).toMatchObject({ nextAfter: 5, hasMore: false })
    // A position after the end of the feed is returned unchanged, so that no change is read twice.
    // A later change follows the returned position, also when the filter matched nothing before.
    await s.post('/v1/speakers', { name: 'D' })
    expect((await feed(s, '&kind=speaker&after=5')).map(({ record }) => record.name)).toEqual(['D'])
  })

  test('does not contain a rejected write, and skips no number for it', async () => {
    const s = await service()
    await s.post('/v1/reports', {
      source: { title: 'S', language: 'en', text: 'T' },
      speakers: [{ name: 'A', evidence: [{ exact: 'absent' }] }],
    })
    expect(await feed(s)).toEqual([])
    await s.post('/v1/speakers', { name: 'A' })
    expect((await feed(s)).map(({ seq }) => seq)).toEqual([1])
  })

  test.each([
    'after=-1',
    'after=1.5',
    'after=x',
    'after=',
    'after=1e3',
    'after=9999999999999999',
    'limit=0',
    'limit=1001',
    'kind=nonsense',
    'kind=speaker,nonsense',
    'since=1',
  ])('rejects ?%s with 400 and names the parameter', async (query) => {
    const s = await service()
    for (const accept of ['application/json', 'text/event-stream']) {
      const { status, body } = await s.get(`/v1/changes?${query}`, { accept })
      expect([status, body['type']], accept).toEqual([400, '/problems/invalid-parameter'])
      expect(body['errors'][0]['parameter']).toBe(query.split('=')[0])
    }
  })
})

interface ServerSentEvent {
  id: string
  event: string
  data: Body
}

/** Parses server-sent events as the standard specifies: fields by line, dispatched at an empty line, comments ignored. */
function parser(onEvent: (event: ServerSentEvent) => void) {
  let rest = ''
  let fields: Record<string, string> = {}
  return (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (fields['data'] !== undefined) {
          onEvent({ id: fields['id'] ?? '', event: fields['event'] ?? '', data: JSON.parse(fields['data']) })
        }
        fields = {}
        continue
      }
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (name !== '') fields[name] = value
    }
  }
}

interface Live {
  response: IncomingMessage
  events: ServerSentEvent[]
  text: () => string
  /** Resolves when this many events have arrived. */
  reach: (count: number) => Promise<void>
  ended: Promise<unknown>
  disconnect: () => void
}

async function baseOf(s: Service): Promise<string> {
  if (!s.app.server.listening) await s.app.listen({ port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${(s.app.server.address() as AddressInfo).port}`
}

async function live(base: string, query = '', headers: Record<string, string> = {}): Promise<Live> {
  const request = open(`${base}/v1/changes${query}`, {
    agent: false,
    headers: { accept: 'text/event-stream', ...headers },
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const events: ServerSentEvent[] = []
  let text = ''
  let check = () => {}
  const read = parser((event) => events.push(event))
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    read(chunk)
    check()
  })
  response.on('error', () => {})
  request.on('error', () => {})
  const ended = new Promise((resolve) => response.on('close', resolve))
  onTestFinished(() => void request.destroy())
  return {
    response,
    events,
    text: () => text,
    reach: (count) =>
      new Promise((resolve) => {
        check = () => events.length >= count && resolve()
        check()
      }),
    ended,
    disconnect: () => request.destroy(),
  }
}

/** Runs a script in a child process. */
function runScript(args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe('the live feed', () => {
  test('sends changes as server-sent events with seq as id, equal to the pages, and stays open for new ones', async () => {
    const s = await service()
    await s.post('/v1/speakers', { name: 'Ünïcode 😀\r\n\u2028 data: x' })
    await createAndDeleteProposal(s)
    const before = await feed(s)
    const { response, events, reach, text } = await live(await baseOf(s))
    expect([
      response.statusCode,
      response.headers['content-type'],
      response.headers['cache-control'],
    ]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-store'])
    expect(response.headers['content-length']).toBeUndefined()
    await reach(before.length)
    await s.post('/v1/speakers', { name: 'Written while it is read' })
    await reach(before.length + 1)
    const all = await feed(s)
    expect(events.map(({ data }) => data)).toEqual(all)
    expect(events.map(({ id, event }) => [id, event])).toEqual(all.map(({ seq }) => [String(seq), 'change']))
    expect(text()).toMatch(/^retry: \d+\n\n/)
  })

  test('resumes after Last-Event-ID, which takes precedence over ?after, and contains only the requested kinds', async () => {
    const s = await service()
    await createAndDeleteProposal(s)
    const all = await feed(s)
    const base = await baseOf(s)
    const seqs = async (query: string, headers: Record<string, string>, expected: Body[]) => {
      const { events, reach, disconnect } = await live(base, query, headers)
      await reach(expected.length)
      disconnect()
      expect(events.map(({ data }) => data)).toEqual(expected)
    }
    await seqs('?after=7', {}, all.slice(7))
    await seqs('', { 'last-event-id': '5' }, all.slice(5))
    await seqs('?after=2', { 'last-event-id': '9' }, all.slice(9))
    await seqs('?after=2', { 'last-event-id': '' }, all.slice(2))
    const events = all.filter(({ kind }) => kind === 'event' || kind === 'position')
    await seqs('?kind=event,position', {}, events)
    await seqs('?kind=event,position', { 'last-event-id': String(events[1]?.['seq']) }, events.slice(2))
    for (const id of ['x', '-1', '1.5', '9'.repeat(16)]) {
      const refused = await s.get('/v1/changes', { accept: 'text/event-stream', 'last-event-id': id })
      expect([id, refused.status, refused.body['type']]).toEqual([id, 400, '/problems/invalid-parameter'])
    }
  })

  test('contains changes written by another process to the same database', async () => {
    const s = await service()
    const { events, reach } = await live(await baseOf(s))
    const script = `
      import { openEngine } from './src/db/open.ts'
      import { createRecord } from './src/records/write/operations.ts'
      import { catalogue, recordsOn } from './src/resources/index.ts'
      const engine = await openEngine(process.argv[1])
      await recordsOn(engine).write({ actor: { id: 'other', name: 'other' }, requestId: null }, (tx) =>
        createRecord(tx, catalogue.resource('speaker'), catalogue.resource('speaker').create.parse({ name: 'From afar' })))
      await engine.close()`
    const child = runScript(['--input-type=module', '-e', script, s.url])
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    await reach(1)
    expect(events[0]?.data).toMatchObject({ seq: 1, actor: { name: 'other' }, record: { name: 'From afar' } })
    expect(events.map(({ data }) => data)).toEqual(await feed(s))
  })

  testOnce('sends a comment as keep-alive when nothing happens, which parsers ignore', async () => {
    const s = await service()
    const base = await baseOf(s)
    // Moves only the clock by which the feed measures silence.
    let ahead = 0
    const real = Date.now
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead)
    onTestFinished(() => clock.mockRestore())
    const { events, reach, text } = await live(base)
    await s.post('/v1/speakers', { name: 'A' })
    await reach(1)
    for (let beats = 1; beats <= 2; beats++) {
      ahead += 60_000
      await eventually(() => expect(text().split(': keep-alive\n\n').length).toBeGreaterThan(beats))
    }
    await s.post('/v1/speakers', { name: 'B' })
    await reach(2)
    expect(events.map(({ data }) => data)).toEqual(await feed(s))
  })

  test('ends when the service closes, which does not wait for clients', async () => {
    const s = await service()
    await s.post('/v1/speakers', { name: 'A' })
    const base = await baseOf(s)
    const feeds = [await live(base), await live(base), await live(base, '?kind=topic')]
    await Promise.all(feeds.slice(0, 2).map(({ reach }) => reach(1)))
    await s.app.close()
    await Promise.all(feeds.map(({ ended }) => ended))
    expect(feeds.map(({ events }) => events.length)).toEqual([1, 1, 0])
  })

  test('ends when its client disconnects, and leaves no listener behind', async () => {
    let waiting = 0
    const s = await service()
    const { waitForCommit } = s.engine
    s.engine.waitForCommit = async (ms, signal) => {
      waiting++
      await waitForCommit(ms, signal)
      waiting--
    }
    const base = await baseOf(s)
    const feeds = await Promise.all(Array.from({ length: 10 }, () => live(base)))
    await eventually(() => expect(waiting).toBe(10))
    for (const { disconnect } of feeds) disconnect()
    await eventually(() => expect(waiting).toBe(0))
    // The next commit wakes only the client that is still connected.
    const other = await live(base)
    await s.post('/v1/speakers', { name: 'A' })
    await other.reach(1)
    await eventually(() => expect(waiting).toBe(1))
  })

  test.each([
    ...(isRepeated ? [] : [['many small changes', 4000, 5_000] as const]),
    ['few large ones', 20, 1_000_000] as const,
  ])(
    'uses no additional memory when its reader is slow, with %s',
    async (_, count, size) => {
      const s = await service()
      const records = recordsOn(s.engine)
      const resource = catalogue.resource('source')
      // These clients read the headers and nothing else, so 20 MB wait for each of them.
      const base = await baseOf(s)
      const sockets: Socket[] = []
      s.app.server.on('connection', (socket) => sockets.push(socket))
      const slow = await Promise.all(Array.from({ length: 3 }, () => live(base)))
      for (const { response } of slow) response.pause()
      const memory = () => {
        const { heapUsed, external, arrayBuffers } = process.memoryUsage()
        return (heapUsed + external + arrayBuffers) / 1e6
      }
      const text = 'x'.repeat(size)
      const write = (from: number, to: number) =>
        records.write(AUTHOR, async (tx) => {
          for (let n = from; n < to; n++) {
            await createRecord(
              tx,
              resource,
              resource.create.parse({ title: `S ${n}`, language: 'en', text }) as Body,
            )
          }
        })
      collectGarbage()
      const before = memory()
      for (let n = 0; n < count; n += count / 20) await write(n, n + count / 20)
      // More clients connect when all changes are already waiting.
      for (const { response } of await Promise.all([live(base), live(base)])) response.pause()
      // The service has filled the buffers of the connections, and waits.
      await eventually(() => expect(sockets.filter((socket) => socket.writableLength > 0)).toHaveLength(5))
      // A connection to PostgreSQL keeps a buffer for its largest response; it does not grow with the number of readers.
      await eventually(() => {
        collectGarbage()
        expect(memory() - before).toBeLessThan(onPostgres ? 80 : 50)
      })
      // A client that resumes reading receives every change.
      const [first] = slow
      first?.response.resume()
      await first?.reach(count)
      expect(first?.events.map(({ id }) => Number(id))).toEqual(
        Array.from({ length: count }, (_, n) => n + 1),
      )
    },
    60_000,
  )
})

/** The current content of the database: every row of every kind, by `kind/id`. */
async function recordsIn(database: TestDatabase) {
  const rows = await rowsOf(database)
  const records: Record<string, object> = {}
  for (const { kind, path } of catalogue.entities) {
    for (const { id, doc } of rows[path] ?? []) records[`${kind}/${id}`] = JSON.parse(String(doc))
  }
  const seqs = (rows['changes'] ?? []).map(({ seq }) => Number(seq)).sort((a, b) => a - b)
  return { records, seqs }
}

const lastSeq = async (database: TestDatabase) => (await recordsIn(database)).seqs.at(-1) ?? 0

/** Runs the service in processes of their own, on one port and one database, so that a test can stop or kill it. */
async function processes() {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-mirror-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const database = await freshDatabase('migrated')
  onTestFinished(async () => void (await database.remove()))
  const engine = await openEngine(database.url)
  const now = new Date()
  const { token } = await createKey(engine, { name: 'writer', role: 'admin', expiresAt: null, now })
  await engine.close()
  const base = `http://127.0.0.1:${port}`
  const run = async () => {
    const child = runScript(['src/main.ts'], {
      PORT: String(port),
      HOST: '127.0.0.1',
      DATABASE_URL: database.url,
      SEED: 'none',
      LOG_LEVEL: 'silent',
    })
    child.stdout?.resume()
    child.stderr?.resume()
    for (;;) {
      if (child.exitCode !== null) throw new Error('The service did not start.')
      if (
        await fetch(`${base}/healthz`)
          .then(({ ok }) => ok)
          .catch(() => false)
      )
        return child
      await sleep(20)
    }
  }
  return { folder, database, base, token, run }
}

/** Sends a write until it has a response. The Idempotency-Key makes it happen once, also across a restart. */
async function write(base: string, token: string, method: string, path: string, body?: Body): Promise<Body> {
  const key = crypto.randomUUID()
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'if-match': '*',
          ...(method === 'POST' && { 'idempotency-key': key }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      // A repeated deletion whose first response was lost returns 410.
      if (response.ok || (method === 'DELETE' && response.status === 410 && attempt > 0)) {
        return text === '' ? {} : JSON.parse(text)
      }
      if (response.status !== 503) throw new Refused(`${method} ${path}: ${response.status} ${text}`)
    } catch (error) {
      if (error instanceof Refused) throw error
    }
    await sleep(30)
  }
}

class Refused extends Error {}

/** Creates, updates and deletes records and their children, about twenty changes per round. */
async function writer(base: string, token: string, name: string, rounds: number): Promise<void> {
  const send = (method: string, path: string, body?: Body) => write(base, token, method, path, body)
  const state = await send('POST', '/v1/states', { code: name, name })
  for (let round = 0; round < rounds; round++) {
    const title = `${name} ${round}`
    const { sourceId, data } = await send('POST', '/v1/reports', {
      source: { title, language: 'en', text: `${title} spoke. ${'Words. '.repeat(20)}` },
      speakers: [{ key: 's', name: `Speaker ${title}`, evidence: [{ exact: `${title} spoke` }] }],
      proposals: [1, 2].map((n) => ({
        ...proposed(`${title} ${n}`),
        contributors: [{ role: 'proposer', speakerId: '=s' }],
        evidence: [{ exact: title }],
      })),
    })
    const [speaker, one, other] = data.slice(-3).map(({ path }: Body) => path)
    await send('PATCH', speaker, { otherNames: [{ name: `Other ${title}` }] })
    await send('POST', `${one}/events`, { type: 'adopted', occurredOn: '2022-09-16' })
    const stated = { stateCode: state['code'], position: 'supported', statedOn: '2022-08-24' }
    const { id } = await send('POST', `${one}/positions`, stated)
    await send('POST', `${one}/positions/${id}/evidence`, { sourceId, motivation: 'quote', exact: 'spoke' })
    await send('POST', `${other}/relations`, { type: 'restates', targetId: one.split('/').at(-1) })
    if (round % 2) await send('DELETE', `${other}?reason=Test`)
  }
}

test('a live feed lets other requests run between its batches', async () => {
  const s = await service()
  const topics = catalogue.resource('topic')
  await recordsOn(s.engine).write(AUTHOR, async (tx) => {
    for (let n = 0; n < 1500; n++)
      await createRecord(tx, topics, topics.create.parse({ slug: `t-${n}`, prefLabel: 'T' }))
  })
  const stop = new AbortController()
  const ticks = await ticksDuring(async () => {
    for await (const chunk of liveFeed(s.engine, 0, null, stop.signal))
      if (chunk.includes('id: 1500\n')) break
  })
  // Batches of 100 changes.
  expect(ticks).toBeGreaterThanOrEqual(10)
})

describe('a position', () => {
  test('that the feed never had is 410 with the way to start again, in pages and live', async () => {
    const s = await service({ seed: true })
    const { feed: id, seq } = (await s.get('/v1/changes/head')).body
    expect((await s.get(`/v1/changes?after=${seq}&feed=${id}`)).body['page']).toEqual({
      feed: id,
      nextAfter: seq,
      hasMore: false,
      limit: 100,
    })
    for (const [query, lastEventId] of [
      [`after=${seq + 1}`, ''],
      ['after=999999999999', ''],
      [`after=${seq}&feed=feed_00000000000000000000000000`, ''],
      ['', String(seq + 1)],
    ]) {
      for (const accept of lastEventId ? ['text/event-stream'] : ['application/json', 'text/event-stream']) {
        const headers = { accept, ...(lastEventId && { 'last-event-id': lastEventId }) }
        const { status, body } = await s.get(`/v1/changes?${query}`, headers)
        expect([status, body['type'], body['feed']], `${query} ${accept}`).toEqual([
          410,
          '/problems/feed-restarted',
          id,
        ])
        expect(body['detail']).toContain('after=0')
      }
    }
  })

  test('of every list is in a header, and the changes after it follow the list', async () => {
    const s = await service({ seed: true })
    const positionOf = async (url: string) => Number((await s.get(url)).headers['feed-position'])
    const urls = ['/v1/topics?limit=2', '/v1/topics.csv', '/v1/topics.ndjson']
    // The third response comes from the cache.
    for (const url of [...urls, ...urls, ...urls])
      expect(await positionOf(url), url).toBe(await positionOf(urls[0] ?? ''))
    const position = await positionOf('/v1/topics?limit=2')
    await s.post('/v1/topics', { slug: 'later', prefLabel: 'Later' })
    const later = (await s.get(`/v1/changes?after=${position}&kind=topic`)).body['data']
    expect(later.map(({ record }: Body) => record.slug)).toEqual(['later'])
    for (const url of urls) expect(await positionOf(url), url).toBe(later[0].seq)
  })

  test('from before a restore is 410 even where later changes exist; those have numbers of their own', async () => {
    const s = await service()
    const add = async (slug: string) => (await s.post('/v1/topics', { slug, prefLabel: slug })).status
    await add('one')
    const { feed: before, seq: copied } = (await s.get('/v1/changes/head')).body
    // What a restore does to a copy that was made here; the changes after it are lost.
    for (let restores = 0; restores < 2; restores++) await s.engine.write(restartFeed)
    for (const slug of ['zwei', 'drei', 'vier']) expect(await add(slug)).toBe(201)
    const { feed: after, seq } = (await s.get('/v1/changes/head')).body
    expect(after).not.toBe(before)
    for (const lost of [copied + 1, copied + 3, copied + 1_000_000])
      expect((await s.get(`/v1/changes?after=${lost}`)).status, String(lost)).toBe(410)
    expect((await s.get(`/v1/changes?after=0&feed=${before}`)).status).toBe(410)
    const slugs = async (query: string) =>
      (await s.get(`/v1/changes?${query}`)).body['data'].map(({ record }: Body) => record.slug)
    expect(await slugs(`after=${copied}`)).toEqual(['zwei', 'drei', 'vier'])
    expect(await slugs(`after=0&feed=${after}&limit=2`)).toEqual(['one', 'zwei'])
    expect(await slugs(`after=${seq - 1}`)).toEqual(['vier'])
    expect((await s.get('/v1/topics?knownAt=2100-01-01T00:00:00Z')).body['data']).toHaveLength(4)
  })
})

describe('a mirror', () => {
  const ROUNDS = EVERYTHING ? 250 : isRepeated ? 6 : 10

  test('that disconnects at random during concurrent writes and two restarts equals the database', async () => {
    const { database, base, token, run } = await processes()
    let child = await run()
    const mirror: Record<string, object> = {}
    const seqs: number[] = []
    let writing = true
    let over = false
    onTestFinished(() => {
      over = true
    })
    let disconnects = 0
    let restarts = 0

    const follow = async () => {
      while (!over && (writing || seqs.length < (await lastSeq(database)))) {
        await new Promise<void>((resolve) => {
          const request = open(
            `${base}/v1/changes`,
            {
              agent: false,
              headers: { accept: 'text/event-stream', 'last-event-id': String(seqs.at(-1) ?? 0) },
            },
            (response) => {
              let left = 1000 + Math.floor(Math.random() * 400_000)
              const patience = setTimeout(() => request.destroy(), 500 + Math.random() * 500)
              const read = parser(({ id, data }) => {
                const key = `${data['kind']}/${data['id']}`
                if (data['record'] === null) delete mirror[key]
                else mirror[key] = data['record']
                seqs.push(Number(id))
              })
              response.setEncoding('utf8')
              response.on('data', (chunk: string) => {
                // Mostly in the middle of an event: the service sends the unfinished event again.
                read(chunk.slice(0, left))
                left -= chunk.length
                if (left <= 0) {
                  response.removeAllListeners('data')
                  request.destroy()
                }
              })
              response.on('error', () => {})
              response.on('close', () => {
                clearTimeout(patience)
                resolve()
              })
            },
          )
          request.on('error', () => resolve())
        })
        disconnects++
        await sleep(10)
      }
    }
    const following = follow()
    const restart = async (signal: NodeJS.Signals, at: number) => {
      while (!over && writing && seqs.length < at) await sleep(20)
      const exit = once(child, 'exit')
      child.kill(signal)
      await exit
      child = await run()
      restarts++
    }
    const restarting = restart('SIGTERM', ROUNDS * 20).then(() => restart('SIGKILL', ROUNDS * 45))
    await Promise.all(['QM', 'QN', 'QO', 'QP'].map((name) => writer(base, token, name, ROUNDS)))
    writing = false
    await restarting
    await following

    const stored = await recordsIn(database)
    expect([restarts, disconnects > 5]).toEqual([2, true])
    expect(stored.seqs.length).toBeGreaterThan(ROUNDS * 75)
    // No change is lost or repeated, and all are in order.
    expect(seqs).toEqual(stored.seqs)
    expect(mirror).toEqual(stored.records)
    child.kill('SIGTERM')
    await once(child, 'exit')
  })

  testOnce('written by examples/mirror.js, killed and restarted, equals the database', async () => {
    const { folder, database, base, token, run } = await processes()
    const child = await run()
    const copy = join(folder, 'mirror.json')
    const start = () => {
      const script = runScript(['examples/mirror.js', base, copy])
      script.stdout?.resume()
      script.stderr?.resume()
      return script
    }
    const applied = () => (existsSync(copy) ? JSON.parse(readFileSync(copy, 'utf8')).after : 0) as number
    let script = start()
    const writers = ['QM', 'QN'].map((name) => writer(base, token, name, 6))
    for (const at of [1, 60]) {
      while (applied() < at) await sleep(20)
      const exit = once(script, 'exit')
      script.kill('SIGKILL')
      await exit
      script = start()
    }
    await Promise.all(writers)
    const { records, seqs } = await recordsIn(database)
    while (applied() < (seqs.at(-1) ?? 0)) await sleep(20)
    expect(JSON.parse(readFileSync(copy, 'utf8'))).toEqual({ feed: FEED, after: seqs.at(-1), records })
    expect(Object.keys(records).length).toBeGreaterThan(100)
    script.kill('SIGKILL')
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
})
