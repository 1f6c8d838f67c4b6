// Statistics: counts of records by status, topic, state, year and organization.
import { describe, expect, test } from 'vitest'
import type { Grouping } from '../src/records/schema/resource.ts'
import { catalogue } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'

async function create(s: Service, url: string, body: unknown): Promise<string> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body['id']
}

async function get(s: Service, url: string): Promise<Body> {
  const { status, body, text } = await s.get(url)
  expect(status, `${url} ${text}`).toBe(200)
  return body
}

const withStatistics = catalogue.resources.filter(({ groupings }) => groupings)

const TOPICS = ['security', 'arms', 'drones', 'trade'] as const

/** Proposals, agreements and meetings with several topics and states, with none, and with undated events. */
async function createFixture(options: { countFrom?: number } = {}): Promise<Service> {
  const s = await service(options)
  let broaderId: string | null = null
  for (const slug of TOPICS) {
    const id: string = await create(s, '/v1/topics', {
      slug,
      prefLabel: `The ${slug}`,
      broaderId: slug === 'trade' ? null : broaderId,
    })
    broaderId = id
  }
  const organizations: string[] = []
  for (const name of ['One', 'Two'])
    organizations.push(await create(s, '/v1/organizations', { name, classification: 'organ' }))
  for (const code of ['XA', 'XB', 'XC']) await create(s, '/v1/states', { code, name: `Land ${code}` })
  for (let n = 0; n < 18; n++) {
    const topicIds = [[], ['security'], ['drones'], ['drones', 'trade'], ['arms', 'drones']][n % 5]
    const stateCode = [null, 'XA', 'XB'][n % 3]
    const organizationId = [null, ...organizations][(n + 1) % 3]
    const date = ['2021', '2022-08-24', '2022-09', '2023-01-01'][n % 4] as string
    await create(s, '/v1/proposals', {
      title: `Proposal ${n} ${n % 2 ? 'odd' : 'even'}`,
      topicIds,
      contributors: [
        ...(stateCode
          ? [
              { role: 'proposer', stateCode },
              { role: 'co-sponsor', stateCode: 'XA' },
            ]
          : []),
        ...(organizationId ? [{ role: 'proposer', organizationId }] : []),
      ],
      addresseeId: n % 4 ? null : organizations[0],
      events: [
        { type: 'proposed', occurredOn: date },
        ...(n % 3 === 1 ? [{ type: 'adopted', occurredOn: '2024-03' }] : []),
        ...(n % 3 === 2 ? [{ type: 'under-consideration', occurredOn: '2023-06-01' }] : []),
      ],
    })
    await create(s, '/v1/agreements', {
      title: `Agreement ${n} ${n % 2 ? 'odd' : 'even'}`,
      kind: ['treaty', 'charter'][n % 2],
      topicIds,
      organizationId,
      contributors: n % 2 ? [{ role: 'drafter', stateCode: 'XC' }] : [],
      events: [
        ...(n % 4 ? [{ type: 'drafted', occurredOn: date }] : []),
        ...['XA', 'XB']
          .slice(0, n % 3)
          .map((code) => ({ type: 'signed', stateCode: code, occurredOn: '2024-05' })),
      ],
    })
    await create(s, '/v1/meetings', {
      name: `Meeting ${n} ${n % 2 ? 'odd' : 'even'}`,
      classification: ['summit', 'council', null][n % 3],
      startDate: date,
      status: ['held', 'cancelled', 'postponed'][n % 3],
      organizationId,
      ordinal: organizationId ? n + 1 : null,
      agenda: (topicIds ?? []).map((topic, index) => ({
        position: index + 1,
        title: 'x',
        topicIds: [topic],
      })),
      participants: ['XA', 'XA', 'XB']
        .slice(0, n % 4)
        .map((code, index) => ({ role: index ? 'member' : 'chair', stateCode: code })),
    })
  }
  // The first count has the tables built in which later ones are made.
  for (const { path } of withStatistics) await get(s, `/v1/stats/${path}?by=year`)
  await s.counts?.idle()
  return s
}

/** Every value at a path, through lists on the way. */
function inside(value: unknown, [segment, ...rest]: readonly string[]): string[] {
  if (Array.isArray(value))
    return value.flatMap((item) => inside(item, segment === undefined ? [] : [segment, ...rest]))
  if (value === null || value === undefined) return []
  return segment === undefined ? [String(value)] : inside((value as Body)[segment], rest)
}

/** The keys under which a record is counted; null if it has none. */
function keysOf(grouping: Grouping, row: Body): (string | null)[] {
  if ('column' in grouping) return [row[grouping.column] ?? null]
  if ('year' in grouping) return [row[grouping.year]?.slice(0, 4) ?? null]
  const keys = [...new Set(grouping.references.flatMap((field) => inside(row, field.split('.'))))]
  return keys.length > 0 ? keys : [null]
}

function counted(grouping: Grouping, rows: Body[]): Map<string | null, number> {
  const counts = new Map<string | null, number>()
  for (const row of rows) for (const key of keysOf(grouping, row)) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

describe.each([
  ['queries', {}],
  ['memory', { countFrom: 0 }],
])('counts by %s', (_, options) => {
  test('of every grouping of every resource are those of the records of its list, for every filter', async () => {
    const s = await createFixture(options)
    expect(withStatistics.map(({ path }) => path).sort()).toEqual([
      'agreements',
      'meetings',
      'proposals',
      'statements',
    ])
    const common = [
      '',
      'topic=security',
      'topic=trade,arms',
      'state=XB',
      'q=odd',
      'q=-odd',
      'hasEvidence=true',
    ]
    const own: Record<string, string[]> = {
      proposals: [
        'status=adopted,proposed',
        'proposedFrom=2022-09&proposedTo=2022',
        'asOf=2023-12-31',
        'asOf=2022-01-01&status=proposed',
        'stalledSince=2023-07-01',
      ],
      agreements: ['kind=charter', 'sinceFrom=2022', 'asOf=2022-08-24', 'asOf=2021-06-01&topic=drones'],
      meetings: ['status=cancelled', 'startFrom=2022-09-15', 'state=XA&topic=security'],
    }
    for (const { path, groupings } of withStatistics) {
      if (path === 'statements') continue
      for (const filter of [...common, ...(own[path] ?? [])]) {
        const rows = (await get(s, `/v1/${path}?limit=200&${filter}`))['data'] as Body[]
        for (const [by, grouping] of Object.entries(groupings ?? {})) {
          const where = `${path} by ${by}, ${filter}`
          const stats = await get(s, `/v1/stats/${path}?by=${by}&${filter}`)
          expect(stats, where).toMatchObject({ by, total: rows.length, includesNarrower: false })
          const buckets = stats['data'] as Body[]
          const found = new Map(buckets.map(({ key, count }) => [key, count]))
          expect(found.size, `${where}: no key twice`).toBe(buckets.length)
          expect(Object.fromEntries(found), where).toEqual(Object.fromEntries(counted(grouping, rows)))
          if (by === 'year') {
            const years = buckets.flatMap(({ key }) => (key === null ? [] : [key]))
            expect(years, where).toEqual([...years].sort())
            if (found.has(null)) expect(buckets.at(-1)?.['key'], where).toBeNull()
          } else {
            const counts = buckets.filter(({ key }) => key !== null).map(({ count }) => count)
            expect(counts, where).toEqual([...counts].sort((one, other) => other - one))
          }
        }
      }
    }
    const nulls = async (url: string) =>
      (await get(s, url))['data'].find(({ key }: Body) => key === null)?.['count']
    for (const path of ['proposals', 'agreements', 'meetings']) {
      expect(await nulls(`/v1/stats/${path}?by=topic`), path).toBe(4)
      expect(await nulls(`/v1/stats/${path}?by=state`), path).toBeGreaterThan(0)
      expect(await nulls(`/v1/stats/${path}?by=organization`), path).toBeGreaterThan(0)
    }
    expect(await nulls('/v1/stats/agreements?by=year')).toBe(5)
  })

  test('the count of a state or a body is the number of records that the filter by it finds', async () => {
    const s = await createFixture(options)
    for (const path of ['proposals', 'agreements', 'meetings'])
      for (const by of ['state', 'organization'])
        for (const { key, count } of (await get(s, `/v1/stats/${path}?by=${by}`))['data'] as Body[]) {
          if (key === null) continue
          const list = await get(s, `/v1/${path}?${by}=${key}&count=exact`)
          expect(list['page'].total, `${path} ${by} ${key}`).toBe(count)
        }
  })

  test('narrower=true counts each record once per topic and its broader topics, and the response says so', async () => {
    const s = await createFixture(options)
    for (const path of ['proposals', 'agreements', 'meetings']) {
      const stats = await get(s, `/v1/stats/${path}?by=topic&narrower=true`)
      expect(stats['includesNarrower']).toBe(true)
      const labels = stats['data'].map(({ label }: Body) => label)
      expect(labels).toEqual(expect.arrayContaining(TOPICS.map((slug) => `The ${slug}`)))
      for (const { key, count } of stats['data'] as Body[]) {
        if (key === null) continue
        const list = await get(s, `/v1/${path}?topic=${key}&count=exact`)
        expect(count, `${path} ${key}`).toBe(list['page'].total)
      }
      const plain = await get(s, `/v1/stats/${path}?by=topic&narrower=false`)
      expect(plain['includesNarrower']).toBe(false)
      const own = (data: Body[]) => data.find(({ label }) => label === 'The security')?.['count']
      expect(own(stats['data'])).toBeGreaterThan(own(plain['data']))
      expect(await get(s, `/v1/stats/${path}?by=status&narrower=true`)).toMatchObject({
        includesNarrower: false,
      })
    }
  })
})

test('keys have labels', async () => {
  const s = await createFixture()
  const labels = async (by: string) =>
    Object.fromEntries(
      (await get(s, `/v1/stats/proposals?by=${by}`))['data'].map(({ key, label }: Body) => [key, label]),
    )
  expect(await labels('state')).toEqual({ XA: 'Land XA', XB: 'Land XB', null: null })
  expect(Object.values(await labels('organization')).sort()).toEqual(['One', 'Two', null].sort())
  expect(Object.values(await labels('topic'))).toEqual(
    expect.arrayContaining(['The security', 'The drones', 'The trade', null]),
  )
  expect(new Set(Object.values(await labels('status')))).toEqual(new Set([null]))
})

test('asOf counts records by their status on that day', async () => {
  const s = await service()
  await create(s, '/v1/proposals', {
    title: 'A',
    events: [
      { type: 'proposed', occurredOn: '2022-08-24' },
      { type: 'under-consideration', occurredOn: '2022-09-16' },
      { type: 'adopted', occurredOn: '2023-07-04' },
    ],
  })
  await create(s, '/v1/proposals', { title: 'B', events: [{ type: 'proposed', occurredOn: '2022-12-01' }] })
  const on = async (day: string) =>
    Object.fromEntries(
      (await get(s, `/v1/stats/proposals?by=status&asOf=${day}`))['data'].map(({ key, count }: Body) => [
        key,
        count,
      ]),
    )
  expect(await on('2022-08-23')).toEqual({})
  expect(await on('2022-08-24')).toEqual({ proposed: 1 })
  expect(await on('2022-09-16')).toEqual({ 'under-consideration': 1 })
  expect(await on('2022-12-01')).toEqual({ 'under-consideration': 1, proposed: 1 })
  expect(await on('2023-07-04')).toEqual({ adopted: 1, proposed: 1 })
})

test('an empty database has empty statistics, and an invalid grouping is rejected with 400 and the valid ones', async () => {
  const s = await service()
  for (const { path } of withStatistics) {
    expect(await get(s, `/v1/stats/${path}?by=topic`)).toEqual({
      by: 'topic',
      total: 0,
      includesNarrower: false,
      data: [],
    })
    const wrong = (await s.get(`/v1/stats/${path}?by=topics`)).body
    expect(wrong).toMatchObject({ status: 400, errors: [{ parameter: 'by' }] })
    expect(wrong['errors'][0].detail).toContain('Did you mean topic?')
    expect((await s.get(`/v1/stats/${path}`)).body).toMatchObject({
      status: 400,
      errors: [{ parameter: 'by' }],
    })
    for (const query of ['narrower=yes', 'limit=5', 'sort=title', 'topic=absent', 'statuss=held'])
      expect((await s.get(`/v1/stats/${path}?by=status&${query}`)).status, query).toBe(400)
  }
  expect((await s.get('/v1/stats/speakers?by=status')).status).toBe(404)
})

test('statistics take the same few queries for any number of records', async () => {
  const s = await createFixture()
  const cost = async (url: string) => {
    s.queries()
    await get(s, url)
    return s.queries().length
  }
  for (const by of ['status', 'topic', 'state', 'year', 'organization'])
    expect(await cost(`/v1/stats/proposals?by=${by}`), by).toBeLessThanOrEqual(4)
})

test('counts in memory read no records', async () => {
  const s = await createFixture({ countFrom: 0 })
  s.queries()
  for (const query of ['by=status&proposedFrom=2022', 'by=topic&narrower=true&state=XA&topic=drones'])
    await get(s, `/v1/stats/proposals?${query}`)
  const statements = s.queries()
  expect(statements.length).toBeGreaterThan(0)
  expect(statements.filter((text) => /"proposals"|"links"/.test(text))).toEqual([])
})
