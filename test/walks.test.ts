// Walks: following the cursors of a list during writes returns the rows of its first page's snapshot, once and in order.

import { setImmediate } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { nameKey } from '../src/core/collation.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { isRepeated } from './helpers/database.ts'
import { EVERYTHING } from './helpers/everything.ts'

const ROWS = EVERYTHING ? 5000 : isRepeated ? 720 : 1500
const PAGES = isRepeated ? 12 : 25
const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }

const DAYS = ['2019', '2020-03', '2020-03-14', '2021-07-01', '2022-08', '2022-08-24']

/** Creates records without HTTP, many in one transaction. */
async function fill(s: Service, path: string, bodies: Body[]): Promise<Body[]> {
  const resource = catalogue.resources.find((one) => one.path === path)
  if (!resource) throw new Error(path)
  const records = recordsOn(s.engine)
  return records.write(AUTHOR, async (tx) => {
    const created: Body[] = []
    for (const body of bodies)
      created.push(await createRecord(tx, resource, resource.create.parse(body) as Body))
    return created
  })
}

interface Fixture {
  s: Service
  topics: Record<string, string>
  /** All proposals, as they were created. */
  all: Body[]
}

async function createFixture(rows = ROWS): Promise<Fixture> {
  const s = await service()
  const topics: Record<string, string> = {}
  for (const [slug, broaderId] of [['security'], ['drones', 'security'], ['trade']] as const) {
    const { body } = await s.post('/v1/topics', {
      slug,
      prefLabel: slug,
      broaderId: broaderId ? topics[broaderId] : null,
    })
    topics[slug] = body['id']
  }
  const all: Body[] = []
  for (let from = 0; from < rows; from += 1250) {
    const batch = Array.from({ length: Math.min(1250, rows - from) }, (_, index) => {
      const n = from + index
      return {
        // Few different titles, so that pages end between rows with equal titles.
        title: `Title ${(n * 7919) % 40}`,
        topicIds: n % 2 ? ['drones'] : ['trade'],
        events: [
          { type: 'proposed', occurredOn: DAYS[n % DAYS.length] },
          ...(n % 5 === 0 ? [{ type: 'adopted', occurredOn: '2023-01-01' }] : []),
        ],
      }
    })
    all.push(...(await fill(s, 'proposals', batch)))
  }
  return { s, topics, all }
}

/** Writes between two pages: creates, updates and deletes rows, moving some to either end and in and out of filters. */
class Writer {
  readonly #s: Service
  readonly #rows: Body[]
  readonly #key: Record<string, string>
  /** The ids of deleted rows. */
  readonly deleted = new Set<string>()
  #round = 0

  constructor({ s, all }: Fixture) {
    this.#s = s
    this.#rows = all
    this.#key = { authorization: `Bearer ${s.keys.admin}`, 'if-match': '*' }
  }

  async #send(method: 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object): Promise<number> {
    const { statusCode } = await this.#s.app.inject({
      method,
      url,
      headers: this.#key,
      ...(payload && { payload }),
    })
    return statusCode
  }

  /** Some writes of every kind, spread over the whole list. */
  async write(): Promise<void> {
    const round = this.#round++
    const row = (n: number) => this.#rows[(round * 131 + n * 977) % this.#rows.length]?.['id'] as string
    const url = (n: number) => `/v1/proposals/${row(n)}`
    const done: number[] = []
    for (const title of ['', 'Title 20', 'ZZZ'])
      done.push(
        await this.#send('POST', '/v1/proposals', {
          title: `${title} new ${round}`,
          events: [{ type: 'proposed', occurredOn: '2022' }],
          topicIds: ['drones'],
        }),
      )
    for (const [n, change] of [
      [1, { title: '  aaa to the front' }],
      [2, { title: 'ZZZ to the end' }],
      [3, { topicIds: ['trade'] }],
      [4, { topicIds: ['drones'] }],
      [5, { summary: 'Only the text moved.' }],
    ] as const) {
      if (!this.deleted.has(row(n))) done.push(await this.#send('PATCH', url(n), change))
    }
    if (!this.deleted.has(row(6))) {
      const status = await this.#send('POST', `${url(6)}/events`, {
        type: 'withdrawn',
        occurredOn: '2024-01-01',
      })
      if (status !== 409) done.push(status)
    }
    if (!this.deleted.has(row(7))) {
      done.push(await this.#send('DELETE', `${url(7)}?reason=Test`))
      this.deleted.add(row(7))
    }
    if (done.some((status) => status >= 300)) throw new Error(`The writer failed: ${done}`)
  }
}

/** Follows a list to its end, with writes between pages. */
async function walk(
  s: Service,
  url: string,
  writer?: Pick<Writer, 'write'>,
): Promise<{ rows: Body[]; totals: number[] }> {
  const rows: Body[] = []
  const totals: number[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Body = (await s.app.inject(`${url}${cursor && `&cursor=${cursor}`}`)).json()
    if (!page['data']) throw new Error(JSON.stringify(page))
    rows.push(...page['data'])
    totals.push(page['page'].total)
    cursor = page['page'].nextCursor
    if (cursor !== null) await writer?.write()
  }
  return { rows, totals }
}

const idsOf = (rows: Body[]) => rows.map(({ id }) => id as string)

/** What a row is sorted by. */
const keyOf = (row: Body, field: string) =>
  ['title', 'name', 'city'].includes(field) && row[field] !== null ? nameKey(row[field]) : row[field]

/** Rows in the order of a sort: nulls last, ties by id in the direction of the last key. */
function ordered(rows: Body[], sort: string): Body[] {
  const keys = sort.split(',').map((key) => [key.replace(/^-/, ''), key.startsWith('-') ? -1 : 1] as const)
  const compare = (one: unknown, other: unknown, way: number) => {
    if (one === other) return 0
    if (one === null) return 1
    if (other === null) return -1
    return String(one) < String(other) ? -way : way
  }
  return [...rows].sort((one, other) => {
    for (const [field, way] of [...keys, ['id', keys.at(-1)?.[1] ?? 1] as const]) {
      const found = compare(keyOf(one, field), keyOf(other, field), way)
      if (found !== 0) return found
    }
    return 0
  })
}

const LIMIT = ROWS / PAGES

const everyRow = (sort: string): [string, () => boolean] => [`sort=${sort}`, () => true]

describe('a walk over many rows, with inserts, updates and deletes between pages', () => {
  test('returns every row of its start once, in order and unchanged, for every sort and filter', async () => {
    const fixture = await createFixture()
    const { s, topics } = fixture
    const writer = new Writer(fixture)
    const walks: [string, (row: Body) => boolean][] = [
      everyRow('-proposedOn,title'),
      ...(isRepeated ? [] : [everyRow('title'), everyRow('updatedAt,-title')]),
      [
        'sort=status,title&status=proposed,adopted&topic=security',
        (row) => row['topicIds'].includes(topics['drones']) && /proposed|adopted/.test(row['status']),
      ],
      [
        'sort=-title&proposedFrom=2020-03&proposedTo=2021',
        (row) => /^(2020-03|2021)/.test(row['proposedOn']),
      ],
    ]
    for (const [query, matches] of walks) {
      const sort = new URLSearchParams(query).get('sort') ?? ''
      const before = (await walk(s, `/v1/proposals?limit=${LIMIT}&sort=${sort}`)).rows
      const expected = ordered(before, sort).filter(matches)
      expect(expected.length, query).toBeGreaterThan(ROWS / 10)
      const { rows, totals } = await walk(s, `/v1/proposals?limit=${LIMIT}&count=exact&${query}`, writer)
      expect(idsOf(rows), query).toEqual(idsOf(expected))
      expect(JSON.stringify(rows) === JSON.stringify(expected), `${query}: as they were then`).toBe(true)
      expect(new Set(totals), query).toEqual(new Set([expected.length]))
    }
    expect(writer.deleted.size).toBeGreaterThan(isRepeated ? PAGES : 30)
  })

  test('keeps its asOf and knownAt', async () => {
    const fixture = await createFixture(ROWS / 3)
    const { s } = fixture
    const writer = new Writer(fixture)
    const knownAt = fixture.all.at(-1)?.['createdAt'] as string
    const ids = idsOf(fixture.all)
    for (let n = 0; n < 5; n++) await writer.write()
    const asOf = (await walk(s, `/v1/proposals?limit=${LIMIT}&asOf=2022-12-31&sort=-title`)).rows
    expect(asOf.every((row) => row['status'] === 'proposed')).toBe(true)
    const walked = await walk(
      s,
      `/v1/proposals?limit=${LIMIT - 1}&asOf=2022-12-31&sort=-title&count=exact`,
      writer,
    )
    expect(walked.rows).toEqual(asOf)
    expect(new Set(walked.totals)).toEqual(new Set([asOf.length]))
    const past = await walk(
      s,
      `/v1/proposals?limit=${LIMIT}&knownAt=${knownAt}&sort=title&count=exact`,
      writer,
    )
    expect(past.rows).toEqual(ordered(fixture.all, 'title'))
    expect(past.totals[0]).toBe(fixture.all.length)
    const both = await walk(
      s,
      `/v1/proposals?limit=${LIMIT}&knownAt=${knownAt}&asOf=2022-12-31&sort=title`,
      writer,
    )
    expect(idsOf(both.rows)).toEqual(idsOf(past.rows))
    expect(both.rows.every((row) => row['status'] === 'proposed')).toBe(true)
    expect(idsOf(past.rows).sort()).toEqual(ids.sort())
  })
})

test('rows with null come last in both directions, and keep their position while values are set and cleared', async () => {
  const s = await service()
  const bodies = Array.from({ length: 300 }, (_, n) => ({
    name: `Meeting ${n % 7}`,
    startDate: DAYS[n % DAYS.length],
    endDate: n % 3 ? '2022-12' : null,
    city: [null, 'Osh', 'Tashkent', 'Бишкек'][n % 4] ?? null,
  }))
  const meetings = await fill(s, 'meetings', bodies)
  let count = 0
  const writer = {
    async write() {
      for (let n = 0; n < 6; n++) {
        const row = meetings[(count++ * 37) % meetings.length]
        const body = n % 2 ? { city: null, endDate: null } : { city: `City ${count}`, endDate: '2030' }
        expect((await s.patch(`/v1/meetings/${row?.['id']}`, body)).status).toBe(200)
        await s.post('/v1/meetings', { name: 'New', startDate: '2020', city: n % 2 ? 'A' : null })
      }
    },
  }
  const sorts = ['city', '-city,endDate,name', '-endDate']
  if (!isRepeated) sorts.push('-city', 'city,-endDate', 'endDate,city')
  for (const sort of sorts) {
    const { rows: before } = await walk(s, `/v1/meetings?limit=200&sort=${sort}`)
    const { rows } = await walk(s, `/v1/meetings?limit=40&sort=${sort}`, writer)
    expect(idsOf(rows), sort).toEqual(idsOf(ordered(before, sort)))
    const [field = ''] = sort.replace(/^-/, '').split(',')
    const hasValue = rows.map((row) => row[field] !== null)
    expect(hasValue.indexOf(false), sort).toBeGreaterThan(100)
    expect(hasValue.lastIndexOf(true), sort).toBeLessThan(hasValue.indexOf(false))
  }
})

test('a list streamed as CSV or NDJSON during writes is the list at the start of the stream', async () => {
  const fixture = await createFixture(isRepeated ? 800 : 1600)
  const { s } = fixture
  const writer = new Writer(fixture)
  for (const [format, topic] of [
    ['ndjson', ''],
    ['csv', ''],
    ['ndjson', '&topic=security'],
    ['ndjson', '&asOf=2022-12-31'],
  ] as const) {
    const before = (await walk(s, `/v1/proposals?limit=200&sort=title${topic}`)).rows
    let done = false
    let writes = 0
    const writing = (async () => {
      while (!done) {
        await writer.write()
        writes++
        // Lets the stream continue.
        await setImmediate()
      }
    })()
    const { body, statusCode } = await s.app.inject(`/v1/proposals.${format}?sort=title${topic}`)
    done = true
    await writing
    expect(statusCode).toBe(200)
    expect(writes, 'the writer wrote during the stream').toBeGreaterThan(0)
    const lines = body.trimEnd().split(format === 'csv' ? '\r\n' : '\n')
    const seen =
      format === 'csv'
        ? lines.slice(1).map((line) => line.slice(0, line.indexOf(',')))
        : lines.map((line) => JSON.parse(line).id)
    // The stream began at one of these writes, so rows that exist before and after are all in it.
    expect(new Set(seen).size, format).toBe(seen.length)
    const after = new Set(idsOf((await walk(s, `/v1/proposals?limit=200&sort=title${topic}`)).rows))
    const throughout = idsOf(before).filter((id) => after.has(id))
    expect(throughout.length).toBeGreaterThan(isRepeated ? 300 : 600)
    const missing = throughout.filter((id) => !seen.includes(id))
    expect(missing, format).toEqual([])
  }
})

describe('a walk with a filter on other data than the row', () => {
  async function createSmall() {
    const s = await service()
    const source = await s.post('/v1/sources', { title: 'S', language: 'en', text: 'It was said.' })
    const topics: Record<string, string> = {}
    for (const slug of ['security', 'drones']) {
      const { body } = await s.post('/v1/topics', {
        slug,
        prefLabel: slug,
        broaderId: topics['security'] ?? null,
      })
      topics[slug] = body['id']
    }
    const rows = await fill(
      s,
      'proposals',
      Array.from({ length: 8 }, (_, n) => ({
        title: `P${n}`,
        events: [{ type: 'proposed', occurredOn: '2022' }],
        topicIds: ['drones'],
      })),
    )
    return { s, topics, rows, sourceId: source.body['id'] as string }
  }

  test('keeps the topic hierarchy of its start', async () => {
    const { s, topics, rows } = await createSmall()
    const url = '/v1/proposals?sort=title&topic=security&limit=3&count=exact'
    const first = (await s.get(url)).body
    await s.patch(`/v1/topics/${topics['drones']}`, { broaderId: null })
    const rest = (await s.get(`${url.replace('limit=3', 'limit=100')}&cursor=${first['page'].nextCursor}`))
      .body
    expect(idsOf([...first['data'], ...rest['data']])).toEqual(idsOf(rows))
    expect((await s.get(url)).body['data']).toEqual([])
  })

  test('keeps the evidence of its start', async () => {
    const { s, rows, sourceId } = await createSmall()
    const url = '/v1/proposals?sort=title&hasEvidence=false&limit=3'
    const first = (await s.get(url)).body
    const inferred = { sourceId, motivation: 'inference', exact: 'said', note: 'Why.' }
    await s.post(`/v1/proposals/${rows[5]?.['id']}/evidence`, inferred)
    await s.post(`/v1/proposals/${rows[6]?.['id']}/evidence`, { ...inferred, motivation: 'quote' })
    const rest = (await s.get(`${url.replace('limit=3', 'limit=100')}&cursor=${first['page'].nextCursor}`))
      .body
    expect(idsOf([...first['data'], ...rest['data']])).toEqual(idsOf(rows))
    expect((await s.get('/v1/proposals?hasEvidence=false&limit=100')).body['data']).toHaveLength(6)
  })

  test('keeps the events and the memberships of its start', async () => {
    const { s, rows } = await createSmall()
    const { id: organizationId } = (await s.post('/v1/organizations', { name: 'O', classification: 'organ' }))
      .body
    const codes = ['XA', 'XB', 'XC', 'XD', 'XE']
    await fill(
      s,
      'states',
      codes.map((code) => ({ code, name: code, memberships: [{ organizationId, role: 'member' }] })),
    )
    const [proposals, states] = [
      '/v1/proposals?sort=title&event=proposed&eventTo=2022&limit=3',
      '/v1/states?sort=code&membership=member&limit=3',
    ] as const
    const firsts = [(await s.get(proposals)).body, (await s.get(states)).body]
    const eventOf = async (n: number) => {
      const url = `/v1/proposals/${rows[n]?.['id']}/events`
      return `${url}/${(await s.get(url)).body['data'][0].id}`
    }
    expect((await s.del(await eventOf(5))).status).toBe(204)
    expect((await s.patch(await eventOf(6), { occurredOn: '2023' })).status).toBe(200)
    await s.post('/v1/proposals', { title: 'P7 new', events: [{ type: 'proposed', occurredOn: '2022' }] })
    const { body } = await s.get('/v1/states/XD/memberships')
    expect((await s.del(`/v1/states/XD/memberships/${body['data'][0].id}`)).status).toBe(204)
    const all: Body[][] = []
    for (const [index, url] of [proposals, states].entries()) {
      const first = firsts[index] as Body
      const rest = await s.get(`${url.replace('limit=3', 'limit=100')}&cursor=${first['page'].nextCursor}`)
      all.push([...first['data'], ...rest.body['data']])
    }
    expect(all.map(idsOf)).toEqual([idsOf(rows), codes])
    expect((await s.get(states)).body['data']).toHaveLength(3)
    expect((await s.get(proposals.replace('limit=3', 'limit=100'))).body['data']).toHaveLength(7)
  })

  test('with asOf ignores events that were recorded after its start', async () => {
    const { s, rows } = await createSmall()
    const url = '/v1/proposals?sort=title&asOf=2023-01-01&status=proposed&limit=3'
    const first = (await s.get(url)).body
    await s.post(`/v1/proposals/${rows[5]?.['id']}/events`, { type: 'adopted', occurredOn: '2022-12-01' })
    const rest = (await s.get(`${url.replace('limit=3', 'limit=100')}&cursor=${first['page'].nextCursor}`))
      .body
    expect(idsOf([...first['data'], ...rest['data']])).toEqual(idsOf(rows))
  })

  test('with q returns rows that still match once, whatever else changes in them', async () => {
    const { s, rows } = await createSmall()
    const url = '/v1/proposals?sort=-updatedAt&q=p1%20OR%20p2%20OR%20p3%20OR%20p4&limit=2'
    const first = (await s.get(url)).body
    for (const row of rows) await s.patch(`/v1/proposals/${row['id']}`, { summary: 'Other words.' })
    const rest = (await s.get(`${url.replace('limit=2', 'limit=100')}&cursor=${first['page'].nextCursor}`))
      .body
    const seen = idsOf([...first['data'], ...rest['data']])
    expect(seen).toHaveLength(4)
    expect(new Set(seen)).toEqual(new Set(idsOf(rows.slice(1, 5))))
  })

  test.each([
    ['', 'ids'],
    ['&asOf=2026-01-01', 'ids'],
    ['', 'some'],
    ['&asOf=2026-01-01', 'some'],
    ['', 'many'],
    ['&asOf=2026-01-01', 'many'],
  ] as const)(
    'with q returns the rows that matched at its start, whatever words change (%s, estimate: %s)',
    async (more, estimate) => {
      const { s, rows } = await createSmall()
      if (estimate !== 'ids') {
        const spy = vi.spyOn(s.engine.search, 'estimateMatches').mockResolvedValue(estimate)
        onTestFinished(() => spy.mockRestore())
      }
      const url = `/v1/proposals?sort=title&q=p1%20OR%20p2%20OR%20p3%20OR%20p4&count=exact&limit=1${more}`
      const first = (await s.get(url)).body
      const uncounted = (await s.get(url.replace('count=exact&', ''))).body
      for (const [index, row] of rows.entries()) {
        // All matching rows lose their words, all others get one of them, and one row is deleted.
        const matched = index >= 1 && index <= 4
        await s.patch(`/v1/proposals/${row['id']}`, {
          title: matched ? `Lost ${index}` : `Gained p1 ${index}`,
        })
      }
      await s.del(`/v1/proposals/${rows[4]?.['id']}`)
      const rest = (await s.get(`${url.replace('limit=1', 'limit=100')}&cursor=${first['page'].nextCursor}`))
        .body
      const seen = idsOf([...first['data'], ...rest['data']])
      expect(seen).toEqual(idsOf(rows.slice(1, 5)))
      expect(rest['page'].total).toBe(4)
      // A count requested only on a later page is that of the start, also when fewer rows match by now.
      await s.del(`/v1/proposals/${rows[0]?.['id']}`)
      const late = (
        await s.get(`${url.replace('count=exact&', '')}&cursor=${uncounted['page'].nextCursor}&count=exact`)
      ).body
      expect([late['data'].length, late['page'].total]).toEqual([1, 4])
    },
  )
})

test('a cursor used with another sort, filter, asOf or knownAt is rejected with 400 and the reason', async () => {
  const s = await service({ seed: true })
  const all = 'sort=title&status=proposed&topic=security&asOf=2023-01-01&knownAt=2090-01-01T00:00:00.000Z'
  const cursor = (await s.get(`/v1/proposals?${all}&limit=2`)).body['page'].nextCursor
  const request = (query: string, path = 'proposals', headers = {}) =>
    s.get(`/v1/${path}?${query}&limit=2&cursor=${encodeURIComponent(cursor)}`, headers)
  expect((await request(all)).status).toBe(200)
  const parts = all.split('&')
  const without = parts.map((_, index) => parts.filter((_, at) => at !== index).join('&'))
  const changed = [
    all.replace('sort=title', 'sort=-title'),
    all.replace('status=proposed', 'status=proposed,adopted'),
    all.replace('topic=security', 'topic=counter-uav'),
    all.replace('asOf=2023-01-01', 'asOf=2023-01-02'),
    all.replace('2090-01-01T00:00:00.000Z', '2090-01-01T00:00:00.001Z'),
    `${all}&hasEvidence=true`,
    `${all}&proposedFrom=2022`,
  ]
  for (const query of [...without, ...changed]) {
    const { body } = await request(query)
    expect(body, query).toMatchObject({
      status: 400,
      type: '/problems/invalid-cursor',
      errors: [{ parameter: 'cursor' }],
    })
  }
  expect((await request('sort=title', 'agreements')).body).toMatchObject({ type: '/problems/invalid-cursor' })
  for (const accept of ['text/csv', 'application/x-ndjson', 'application/atom+xml'])
    expect((await request('sort=-title', 'proposals', { accept })).body, accept).toMatchObject({
      type: '/problems/invalid-cursor',
    })
})

test('a cursor that was modified is rejected with 400', async () => {
  const s = await service({ seed: true })
  const cursor = (await s.get('/v1/proposals?limit=2')).body['page'].nextCursor as string
  expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
  const bytes = Buffer.from(cursor, 'base64url')
  const forged = Buffer.from(bytes.toString('latin1').replace('2022', '2021'), 'latin1').toString('base64url')
  expect(forged).not.toBe(cursor)
  expect((await s.get(`/v1/proposals?limit=2&cursor=${forged}`)).body).toMatchObject({
    type: '/problems/invalid-cursor',
  })
})
