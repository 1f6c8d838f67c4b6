// Long reads on SQLite run in a thread of their own: with the same responses, and a deadline.
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { buildApp } from '../src/app.ts'
import type { Reader } from '../src/db/engine.ts'
import { sql } from '../src/db/sql.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { includePaths } from '../src/records/read/include.ts'
import { isLongRead, listParameters, toListQuery } from '../src/records/read/parameters.ts'
import { catalogue } from '../src/resources/index.ts'
import { service } from './helpers/app.ts'
import { ticksDuring } from './helpers/ticks.ts'

/** An engine on a file whose long reads always run in the thread. */
function threaded(file: string, readTimeoutMs: number) {
  const statements: string[] = []
  const engine = openSqlite(file, {
    readTimeoutMs,
    smallBytes: 0,
    onQuery: (text) => statements.push(text),
  })
  onTestFinished(() => engine.close())
  return { engine, statements }
}

const counting = (most: number) =>
  sql`with recursive counter(n) as (select 1 union all select n + 1 from counter where n < ${most}) select count(*) as count from counter`

const count = (most: number) => (reader: Reader) => reader.get<{ count: number }>(counting(most))

test.each([
  '/v1/proposals?knownAt=2999-01-01T00:00:00Z&count=exact&sort=title',
  '/v1/proposals?asOf=2022-08-24&include=evidence,speakers',
  '/v1/proposals?sort=title,-proposedOn&count=exact&limit=2',
  '/v1/proposals.csv?asOf=2022-08-24',
  '/v1/proposals?q=drone* OR b* OR c* -zzz&include=evidence',
  '/v1/states?include=memberships,meetings',
  '/v1/states.ndjson?include=memberships,meetings.evidence',
  '/v1/stats/proposals?by=topic&narrower=true',
  '/v1/search?q=drones&count=exact',
  '/v1/topics/counter-uav?knownAt=2999-01-01T00:00:00Z',
  '/v1/topics/none?knownAt=2999-01-01T00:00:00Z',
  '/v1/proposals?knownAt=2999-01-01T00:00:00Z&topic=none',
])('%s has the same response from the thread', async (url) => {
  const s = await service({ seed: true })
  const { engine } = threaded(s.file, 60_000)
  const app = await buildApp({ engine })
  onTestFinished(() => app.close())
  const [here, there] = [await s.app.inject(url), await app.inject(url)]
  expect(here.statusCode === 200, here.body).toBe(!url.includes('none'))
  const withoutId = (body: string) => body.replace(/"(requestId|nextCursor)":"[^"]*"/g, '')
  expect([there.statusCode, withoutId(there.body)]).toEqual([here.statusCode, withoutId(here.body)])
})

test.each([
  ['', false],
  ['q=drones', false],
  ['q=joint military exercises', false],
  ['include=speakers,meeting', false],
  ['q=dro*', true],
  ['q=drones -training', true],
  ['q=a b c d e', true],
  ['include=topics', false],
  ['include=evidence', true],
  ['include=parts', true],
  ['include=meeting.organization', true],
  ['count=exact', true],
  ['sort=title,status', true],
  ['asOf=2022-08-24', true],
])('a list with "%s" is a long read: %s', (search, long) => {
  const proposals = catalogue.resource('proposal')
  const parameters = Object.fromEntries(new URLSearchParams(search))
  const parsed = z
    .object(listParameters(proposals, includePaths(catalogue, proposals)).shape)
    .parse(parameters)
  expect(isLongRead(proposals, toListQuery(proposals, parsed))).toBe(long)
})

test('a long read does not block the event loop, and is one snapshot', async () => {
  const s = await service()
  const { engine } = threaded(s.file, 60_000)
  expect(await ticksDuring(() => engine.read(count(3_000_000), { isLong: true }))).toBeGreaterThan(100)
  expect(await ticksDuring(() => engine.read(count(3_000_000)))).toBeLessThan(10)
  await engine.read(
    async (reader) => {
      const speakers = () => reader.all(sql`select id from speakers`)
      const before = await speakers()
      await s.post('/v1/speakers', { name: 'New' })
      expect(await speakers()).toEqual(before)
    },
    { isLong: true },
  )
})

test('reads that exceed the deadline are 503, those that waited for them never run, and later ones do', async () => {
  const s = await service()
  const { engine, statements } = threaded(s.file, 300)
  // The thread starts before the deadline runs.
  await engine.read(count(1), { isLong: true }).catch(() => {})
  statements.length = 0
  const tooLong = { code: 'unavailable', message: expect.stringContaining('Narrow it with filters') }
  const reads = [1, 2, 3].map(() => engine.read(count(20_000_000), { isLong: true }))
  for (const { reason } of (await Promise.allSettled(reads)) as PromiseRejectedResult[])
    expect(reason).toMatchObject(tooLong)
  expect(statements).toHaveLength(1)
  await expect(
    Promise.all(Array.from({ length: 50 }, () => engine.read(count(20_000_000), { isLong: true }))),
  ).rejects.toMatchObject(tooLong)
})

test('many clients may wait for long reads at once', async () => {
  const s = await service()
  const { engine } = threaded(s.file, 60_000)
  const reads = Array.from({ length: 200 }, () => engine.read(count(10), { isLong: true }))
  expect((await Promise.all(reads)).every((row) => row?.count === 10)).toBe(true)
})

test('an error of a statement is that of SQLite, and the thread goes on', async () => {
  const s = await service()
  const { engine } = threaded(s.file, 60_000)
  const read = (text: string) => engine.read((reader) => reader.all(sql.raw(text)), { isLong: true })
  await expect(read('select * from nowhere')).rejects.toMatchObject({ code: 'SQLITE_ERROR' })
  expect(await read('select 1 as one')).toEqual([{ one: 1 }])
})

test('a read that waits is not done once its client has left', async () => {
  const s = await service({ seed: true })
  const { engine, statements } = threaded(s.file, 60_000)
  const app = await buildApp({ engine })
  onTestFinished(() => app.close())
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  /** Requests statistics while another read runs. @returns the statements of the request */
  const request = async (leaves: boolean): Promise<string[]> => {
    const other = Promise.withResolvers<void>()
    const running = engine.read(() => other.promise, { isLong: true })
    const arrived = once(app.server, 'request')
    const left = new AbortController()
    const response = fetch(`${base}/v1/stats/proposals?by=topic&hasEvidence=true`, { signal: left.signal })
    const status = response.then(
      ({ status }) => status,
      () => 'left',
    )
    const [incoming] = await arrived
    statements.length = 0
    if (leaves) {
      const closed = Promise.withResolvers()
      incoming.once('close', closed.resolve)
      left.abort()
      await closed.promise
    }
    other.resolve()
    await running
    expect(await status).toBe(leaves ? 'left' : 200)
    // Reads are done in their order.
    await engine.read(count(1), { isLong: true })
    return statements.filter((text) => text.includes('"proposals"'))
  }
  expect(await request(true)).toEqual([])
  expect(await request(false)).not.toEqual([])
})
