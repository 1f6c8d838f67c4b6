// The response cache: a hit equals the miss byte for byte, and is never older than the last commit of any process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { ResponseCache } from '../src/http/response-cache.ts'
import { type Service, service } from './helpers/app.ts'
import { pathOf } from './helpers/bodies.ts'
import { ENGINE } from './helpers/database.ts'

const meeting = { name: 'A meeting', startDate: '2022-08-24' }

/** A response, and how many queries it took. */
async function request(s: Service, url: string, headers: Record<string, string> = {}) {
  s.queries()
  const { statusCode, headers: own, body } = await s.app.inject({ method: 'GET', url, headers })
  return { queries: s.queries().length, statusCode, headers: own, body }
}

/** Starts another process of the service on the same database and returns its address. */
async function startProcess(url: string): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, ['src/main.ts'], {
    env: { ...process.env, DATABASE_URL: url, PORT: '0', LOG_LEVEL: 'silent', SEED: 'none' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    const base = /listens on (\S+?),?(\s|$)/.exec(line)?.[1]
    if (base) return base
  }
  throw new Error('The other process did not start.')
}

// No other test of the shared application requests these URLs.
test.skipIf(ENGINE !== 'sqlite')('a repeated request is answered without querying the database', async () => {
  const s = await service({ seed: true })
  for (const url of [
    '/v1/proposals?limit=2&count=exact&include=meeting',
    '/v1/states/RU?',
    '/v1/search?q=drone*',
    '/v1/stats/proposals?by=topic',
    '/v1/changes?limit=3',
    '/v1/meetings.ics?',
  ].map((path) => `${path}&pretty=false`.replace('?&', '?'))) {
    const first = await request(s, url)
    const miss = await request(s, url)
    expect([first.queries > 0, miss.queries], url).toEqual([true, first.queries])
    const hit = await request(s, url)
    expect(hit.queries, url).toBe(0)
    const { date: _, 'x-request-id': id, ...headers } = hit.headers
    const { date: __, 'x-request-id': otherId, ...expected } = miss.headers
    expect([hit.statusCode, hit.body, headers], url).toEqual([miss.statusCode, miss.body, expected])
    expect(id).not.toBe(otherId)
    const conditional = { 'if-none-match': String(miss.headers['etag']) }
    expect(await request(s, url, conditional)).toMatchObject({ queries: 0, statusCode: 304, body: '' })
  }
})

test.skipIf(ENGINE !== 'sqlite')(
  'problems, streams and responses that require a role are not cached',
  async () => {
    const s = await service({ seed: true })
    const admin = { authorization: `Bearer ${s.keys.admin}` }
    for (const [url, headers] of [
      ['/v1/proposals/prp_01gb6jc400e9qafq28k7p29999', {}],
      ['/v1/states.ndjson', {}],
      ['/readyz', {}],
      ['/v1/webhooks', admin],
    ] as const) {
      for (let time = 0; time < 4; time++)
        expect((await request(s, url, headers)).queries, `${time} ${url}`).toBeGreaterThan(0)
    }
  },
)

test('over sockets, a cache hit equals the miss, with the headers of its own request', async () => {
  const s = await service({ seed: true, corsOrigins: ['https://here.example'] })
  const base = await s.app.listen({ host: '127.0.0.1', port: 0 })
  const get = async (headers: Record<string, string> = {}) => {
    const response = await fetch(`${base}/v1/proposals?limit=2`, { headers })
    const { date: _, 'x-request-id': id, ...own } = Object.fromEntries(response.headers)
    return { status: response.status, own, text: await response.text(), id }
  }
  await get()
  const miss = await get()
  s.queries()
  const hit = await get()
  // PostgreSQL does not cache; the responses are the same.
  if (ENGINE === 'sqlite') expect(s.queries()).toEqual([])
  expect({ ...hit, id: '' }).toEqual({ ...miss, id: '' })
  expect(hit.id).not.toBe(miss.id)
  expect((await get({ 'x-request-id': 'mine' })).id).toBe('mine')
  const allowed = await get({ origin: 'https://here.example' })
  expect(allowed.own['access-control-allow-origin']).toBe('https://here.example')
  expect((await get({ origin: 'https://there.example' })).own['access-control-allow-origin']).toBeUndefined()
  expect(allowed.own['vary']).toBe('Origin, Accept, Accept-Encoding')
  expect((await get({ 'if-none-match': miss.own['etag'] ?? '' })).status).toBe(304)
  const { text } = await s.get('/metrics')
  expect(text).toMatch(
    /http_request_duration_seconds_count\{[^}]*route="\/v1\/proposals",status="304"[^}]*\} 1/,
  )
})

test('a feed or calendar names the host of its own request', async () => {
  const s = await service({ seed: true })
  for (const url of ['/v1/proposals.atom', '/v1/meetings.ics']) {
    for (const host of ['one.example', 'two.example', 'one.example']) {
      const { body } = await request(s, url, { host })
      expect(body, url).toContain(`http://${host}/`)
      expect(body.replaceAll(host, ''), url).not.toMatch(/(one|two)\.example/)
    }
  }
})

test('a cached response is only sent for the same Accept header and the same kind of access', async () => {
  const s = await service({ seed: true, requireKeyForReads: true })
  const url = '/v1/states?limit=1'
  const headers = { authorization: `Bearer ${s.keys.analyst}` }
  expect((await request(s, url, headers)).headers['cache-control']).toBe('private, no-cache')
  expect((await request(s, url)).statusCode).toBe(401)
  expect((await request(s, url, { ...headers, accept: 'text/csv' })).headers['content-type']).toMatch(
    /^text.csv/,
  )
  expect((await request(s, url, { ...headers, accept: 'image/png' })).statusCode).toBe(406)
  expect((await request(s, `${url}&limit=2`, headers)).statusCode).toBe(400)
})

test('a response that depends on today is rebuilt tomorrow', async () => {
  let now = new Date('2024-07-03T23:59:59Z')
  const s = await service({ seed: true, clock: () => now })
  // Belarus became a member on 4 July 2024.
  const codes = async () =>
    (await s.get('/v1/states?membership=member&limit=200')).body.data.map(({ code }: any) => code)
  expect(await codes()).not.toContain('BY')
  now = new Date('2024-07-04T00:00:00Z')
  expect(await codes()).toContain('BY')
})

test('every read after a write in this process returns the written version', async () => {
  const s = await service()
  const { body } = await s.post(pathOf('meeting'), meeting)
  const urls = [`/v1/meetings/${body['id']}`, '/v1/meetings', '/v1/changes?after=1', '/v1/search?q=meeting']
  for (let number = 0; number < 25; number++) {
    await s.patch(`/v1/meetings/${body['id']}`, { name: `Meeting ${number}` })
    for (const url of urls) expect((await s.get(url)).text, url).toContain(`Meeting ${number}`)
  }
  await s.del(`/v1/meetings/${body['id']}`)
  expect((await s.get(urls[0] ?? '')).status).toBe(410)
})

test('with writers in two processes, no response is older than a write confirmed before its request', async () => {
  const s = await service()
  const otherBase = await startProcess(s.url)
  // Over sockets, because the guarantee covers requests from the network.
  const base = await s.app.listen({ host: '127.0.0.1', port: 0 })
  const getJson = async (path: string) => (await fetch(base + path)).json() as Promise<any>
  const ids = await Promise.all(
    ['here', 'there'].map(async (name) => (await s.post('/v1/meetings', { ...meeting, name })).body['id']),
  )
  const confirmed = new Map(ids.map((id) => [id, 1]))
  const headers = {
    authorization: `Bearer ${s.keys.analyst}`,
    'content-type': 'application/merge-patch+json',
    'if-match': '*',
  }
  const ROUNDS = 60
  const write = async (id: string, patch: (body: string) => Promise<string>) => {
    for (let round = 0; round < ROUNDS; round++) {
      const text = await patch(JSON.stringify({ summary: `Round ${round}` }))
      confirmed.set(id, JSON.parse(text).version)
    }
  }
  let writing = true
  const read = async () => {
    let responses = 0
    while (writing || responses < 10) {
      // Each id three times, so that some requests are cache hits.
      for (const id of [...ids, ...ids, ...ids]) {
        const least = confirmed.get(id) ?? 0
        expect((await getJson(`/v1/meetings/${id}`)).version).toBeGreaterThanOrEqual(least)
        const latest = confirmed.get(id) ?? 0
        const list = (await getJson('/v1/meetings')).data
        expect(list.find((one: any) => one.id === id).version).toBeGreaterThanOrEqual(latest)
        responses += 1
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const writers = Promise.all([
    write(
      ids[0],
      async (payload) =>
        (await s.app.inject({ method: 'PATCH', url: `/v1/meetings/${ids[0]}`, payload, headers })).body,
    ),
    write(ids[1], async (body) =>
      (await fetch(`${otherBase}/v1/meetings/${ids[1]}`, { method: 'PATCH', body, headers })).text(),
    ),
  ]).finally(() => {
    writing = false
  })
  await Promise.all([writers, read(), read(), read()])
  for (const id of ids) expect((await s.get(`/v1/meetings/${id}`)).body['version']).toBe(ROUNDS + 1)
})

test('a response that was read before a commit and sent after it is not cached', async () => {
  const s = await service()
  const { body } = await s.post('/v1/meetings', { ...meeting, name: 'Before' })
  const url = `/v1/meetings/${body['id']}`
  // All at once, so that some reads overlap the commit.
  for (let round = 0; round < 20; round++) {
    await Promise.all([
      ...Array.from({ length: 5 }, () => s.app.inject(url)),
      s.patch(url, { name: `Round ${round}` }),
      ...Array.from({ length: 5 }, () => s.app.inject(url)),
    ])
    expect(JSON.parse((await s.app.inject(url)).body).name).toBe(`Round ${round}`)
  }
})

test('a request counts as repeated when its key was requested before, in any database state', () => {
  const cache = new ResponseCache()
  expect([cache.isRepeated('a'), cache.isRepeated('b'), cache.isRepeated('a')]).toEqual([false, false, true])
  cache.get({ key: 'a', state: '2' })
  expect(cache.isRepeated('b')).toBe(true)
})

test('the cache is bounded, and drops the oldest responses first', () => {
  const cache = new ResponseCache(120)
  const response = { body: 'x'.repeat(29), headers: {} }
  const slot = (key: string, state = '1') => ({ key, state })
  const cached = (keys: string) => [...keys].filter((key) => cache.get(slot(key)) !== undefined).join('')
  for (const key of 'abcd') cache.set(slot(key), response)
  expect(cached('abcd')).toBe('abcd')
  cache.set(slot('a'), response)
  expect(cached('abcd')).toBe('abcd')
  cache.set(slot('e'), response)
  expect(cached('abcde')).toBe('bcde')
  cache.set(slot('f'), { ...response, body: 'x'.repeat(2 ** 20 + 1) })
  expect(cached('bcdef')).toBe('bcde')
  expect(cache.get(slot('b', '2'))).toBeUndefined()
  expect(cached('bcde')).toBe('')
})
