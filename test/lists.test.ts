// Lists: pages by cursor, sorting, equality filters, and rejected parameters.
import { describe, expect, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { sql } from '../src/db/sql.ts'
import { describeTable } from '../src/db/tables.ts'
import { nextUrl } from '../src/features/records/page.ts'
import { catalogue } from '../src/resources/index.ts'
import { type Service, service, type TestResponse } from './helpers/app.ts'
import {
  type Body,
  fullBody,
  type Ids,
  kinds,
  leastBody,
  oneOfEach,
  pathOf,
  type ResourceKind,
} from './helpers/bodies.ts'
import { isRepeated, testOnce } from './helpers/database.ts'

const CLASSIFICATIONS: Partial<Record<ResourceKind, string[]>> = {
  meeting: ['summit', 'council'],
  organization: ['organ', 'ministry'],
  source: ['news', 'law'],
}

const DATES = [null, '2020', '2020-05', '2020-05-17', '2021', '2020-05', null]

/** A clock that advances with every fourth reading, so that some records have equal times. */
function unevenClock() {
  let readings = 0
  return () => new Date(Date.UTC(2026, 0, 1) + Math.floor(readings++ / 4) * 1000)
}

/** Creates records with equal values, partial dates and nulls in every field that lists can be sorted by. */
async function createSeveral(s: Service, kind: ResourceKind): Promise<Ids> {
  const ids = await oneOfEach(s)
  for (const [n, date] of DATES.entries()) {
    const input = n % 2 ? leastBody(kind, ids) : fullBody(kind, ids)
    // Records with the same name are told apart by their identifiers.
    input['identifiers'] = [{ scheme: 'wikidata', identifier: `Q${n}` }]
    const tie = ['Tie', 'Älpha', 'tie', 'Zulu'][n % 4]
    const own: Record<string, unknown> = {
      name: tie,
      title: tie,
      prefLabel: tie,
      classification: CLASSIFICATIONS[kind]?.[n % 2],
      ordinal: kind === 'meeting' ? n + 1 : undefined,
      organizationId: kind === 'meeting' ? ids.organization : undefined,
      parentId: kind === 'meeting' ? null : undefined,
      date,
      city: n % 3 ? tie : null,
      startDate: date ?? '2019',
      endDate: date,
      proposedOn: date ?? '2019',
      publishedOn: date,
      foundingDate: date,
      dissolutionDate: null,
      status: kind === 'meeting' ? ['held', 'cancelled'][n % 2] : undefined,
    }
    const shape = catalogue.resource(kind).writable.shape
    const fitting = Object.entries(own).filter(([field, value]) => field in shape && value !== undefined)
    const { status, text } = await s.post(pathOf(kind), { ...input, ...Object.fromEntries(fitting) })
    if (status !== 201) throw new Error(text)
  }
  return ids
}

/** All rows from the first page to the last, by `page.nextCursor`. */
async function walk(s: Service, url: string): Promise<Body[]> {
  const rows: Body[] = []
  const join = url.includes('?') ? '&' : '?'
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response: { status: number; text: string; body: Body } = await s.get(
      cursor === '' ? url : `${url}${join}cursor=${cursor}`,
    )
    if (response.status !== 200) throw new Error(response.text)
    rows.push(...response.body['data'])
    cursor = response.body['page']['nextCursor']
    if (rows.length > 1000) throw new Error('The walk does not end.')
  }
  return rows
}

const idsOf = (rows: Body[]) => rows.map((row) => row['id'] as string)

/** The rows in the order of a sort; every sort has the name of its field, and of its column. */
function ordered(kind: ResourceKind, rows: Body[], sort: string): Body[] {
  const { columns } = describeTable(catalogue.resource(kind).table)
  const sortValue = (row: Body, field: string) => columns[field]?.derive?.of(row) ?? row[field]
  const keys = sort
    .split(',')
    .map((key) => ({ field: key.replace(/^-/, ''), way: key.startsWith('-') ? -1 : 1 }))
  const last = keys.at(-1)?.way ?? 1
  return [...rows].sort((a, b) => {
    for (const { field, way } of [...keys, { field: 'id', way: last }]) {
      const [x, y] = [sortValue(a, field), sortValue(b, field)]
      if (x === y) continue
      if (x === null) return 1
      if (y === null) return -1
      return Buffer.compare(Buffer.from(String(x)), Buffer.from(String(y))) * way
    }
    return 0
  })
}

describe.each(kinds)('the list of %s records', (kind) => {
  const url = pathOf(kind)

  test('returns every row once and in order, for every sort, both directions and any page size; nulls come last', async () => {
    const s = await service({ clock: unevenClock() })
    await createSeveral(s, kind)
    const all = (await s.get(`${url}?limit=200`)).body['data'] as Body[]
    expect(all.length).toBeGreaterThanOrEqual(DATES.length)
    const { sorts, defaultSort } = catalogue.resource(kind)
    expect(idsOf(all)).toEqual(idsOf(ordered(kind, all, defaultSort)))
    const plain = sorts.flatMap((sort) => [sort, `-${sort}`])
    const [one = '', two = one] = sorts
    for (const sort of [...plain, `${one},-${two}`, `-${two},${one}`, `-updatedAt,-${one}`]) {
      const expected = idsOf(ordered(kind, all, sort))
      for (const limit of isRepeated ? [2] : [1, 3, all.length]) {
        expect(idsOf(await walk(s, `${url}?sort=${sort}&limit=${limit}`)), `${sort} by ${limit}`).toEqual(
          expected,
        )
      }
    }
  })

  test('takes the same few queries for any number of rows, none with an OFFSET', async () => {
    const s = await service()
    await createSeveral(s, kind)
    const cost = async (query: string) => {
      s.queries()
      const { status, body } = await s.get(`${url}?${query}`)
      expect(status).toBe(200)
      const statements = s.queries()
      expect(statements.join('\n')).not.toMatch(/\boffset\b/i)
      return [statements.length, body['page'].nextCursor] as const
    }
    const [one, cursor] = await cost('limit=1')
    expect(one).toBeLessThanOrEqual(2)
    // Rows with a null sort value may take one query; no row has one of its own.
    for (const query of ['limit=200', `limit=1&cursor=${cursor}`]) {
      expect((await cost(query))[0], query).toBeLessThanOrEqual(one + 1)
    }
    expect((await cost('limit=200&count=exact'))[0]).toBeLessThanOrEqual(one + 2)
  })

  testOnce('rejects an unknown parameter, value or sort, and suggests the nearest', async () => {
    const s = await service()
    const { sorts, filters } = catalogue.resource(kind)
    const [sort = ''] = sorts
    const [filter = ''] = Object.keys(filters)
    const misspelt = (word: string) => `${word.slice(0, 2)}x${word.slice(2)}`
    for (const [query, parameter, meant] of [
      [`${misspelt(filter)}=x`, misspelt(filter), filter],
      ['limits=5', 'limits', 'limit'],
      [`sort=${misspelt(sort)}`, 'sort', sort],
      [`sort=-${misspelt(sort)}`, 'sort', `-${sort}`],
      ['count=exakt', 'count', 'exact'],
    ] as const) {
      const { body } = await s.get(`${url}?${query}`)
      expect(body, query).toMatchObject({ status: 400, type: '/problems/invalid-parameter' })
      expect(body['errors'], query).toHaveLength(1)
      expect(body['errors'][0].parameter).toBe(parameter)
      expect(body['errors'][0].detail).toContain(`Did you mean ${meant}?`)
      expect(body['errors'][0].detail).toContain('Legal: ')
    }
  })
})

async function speakers(count = 6) {
  const s = await service()
  for (let n = 0; n < count; n++) await s.post('/v1/speakers', { name: `Speaker ${n}` })
  return s
}

/** The URL of the next page, from the Link header. */
const nextOf = ({ headers }: TestResponse) =>
  /<(\/v1\/[^>]+)>; rel="next"(,|$)/.exec(String(headers.link ?? ''))?.[1]

describe('a page', () => {
  test('has its limit (25 by default) and the next cursor, in the body and in a Link header', async () => {
    const s = await speakers(27)
    const first = await s.get('/v1/speakers')
    expect(first.body['page']).toEqual({ nextCursor: expect.any(String), limit: 25 })
    expect(first.body['data']).toHaveLength(25)
    const second = await s.get(nextOf(first) ?? '')
    expect(second.body['page']).toEqual({ nextCursor: null, limit: 25 })
    expect(nextOf(second)).toBeUndefined()
    const names = [...first.body['data'], ...second.body['data']].map(({ name }: Body) => name)
    expect(names).toEqual(Array.from({ length: 27 }, (_, n) => `Speaker ${n}`).sort())
  })

  test('has a Link with the requested URL, with characters escaped that could end the link', () => {
    const next = (url: string) => nextUrl({ url }, 'abc-_')
    expect(next('/v1/speakers')).toBe('/v1/speakers?cursor=abc-_')
    expect(next('/v1/speakers?name=A%2CB&sort=-name')).toBe('/v1/speakers?name=A%2CB&sort=-name&cursor=abc-_')
    expect(next('/v1/speakers?name=>"<')).toBe('/v1/speakers?name=%3E%22%3C&cursor=abc-_')
    expect(next('/v1/speakers?name=50%')).toBe('/v1/speakers?name=50%25&cursor=abc-_')
    expect(next('http://elsewhere.example/v1/speakers?limit=1')).toBe('/v1/speakers?limit=1&cursor=abc-_')
    expect(next('/v1/speakers?cursor=old&limit=1')).toBe('/v1/speakers?cursor=abc-_&limit=1')
    expect(next('/v1/speakers?c%75rsor=old&limit=1')).toBe('/v1/speakers?cursor=abc-_&limit=1')
    expect(next('/v1/speakers?q=?cursor=1')).toBe('/v1/speakers?q=%3Fcursor%3D1&cursor=abc-_')
  })

  test('keeps limit, sort, filters and count in its Link', async () => {
    const s = await service()
    for (const [n, name] of ['B', 'A', 'C', 'B', 'A'].entries())
      await s.post('/v1/speakers', { name, identifiers: [{ scheme: 'x', identifier: String(n) }] })
    const seen: string[] = []
    for (let url = '/v1/speakers?name=A,B&sort=-name&limit=1&count=exact'; url; ) {
      const response = await s.get(url)
      expect(response.body['page']).toMatchObject({ limit: 1, total: 4 })
      seen.push(...response.body['data'].map(({ name }: Body) => name))
      url = nextOf(response) ?? ''
    }
    expect(seen).toEqual(['B', 'B', 'A', 'A'])
  })

  test('is not affected by writes to earlier pages: no row is skipped or repeated', async () => {
    const s = await speakers()
    const { body } = await s.get('/v1/speakers?limit=3')
    const [first, second, third] = body['data'] as Body[]
    await s.post('/v1/speakers', { name: 'A, before all' })
    await s.del(`/v1/speakers/${first?.['id']}`)
    await s.del(`/v1/speakers/${third?.['id']}`)
    await s.patch(`/v1/speakers/${second?.['id']}`, { name: 'B, still before all' })
    const next = await s.get(`/v1/speakers?limit=10&cursor=${body['page'].nextCursor}`)
    expect(next.body['data'].map(({ name }: Body) => name)).toEqual(['Speaker 3', 'Speaker 4', 'Speaker 5'])
  })

  test('of an empty list has no rows and no next page', async () => {
    const s = await service()
    const response = await s.get('/v1/speakers?count=exact')
    expect(response.body).toEqual({ data: [], page: { nextCursor: null, limit: 25, total: 0 } })
    expect(nextOf(response)).toBeUndefined()
  })

  test('has the total of all matching rows with count=exact only', async () => {
    const s = await speakers()
    const first = await s.get('/v1/speakers?count=exact&limit=4')
    expect(first.body['page'].total).toBe(6)
    const second = await s.get(`/v1/speakers?count=exact&limit=4&cursor=${first.body['page'].nextCursor}`)
    expect(second.body['page']).toEqual({ nextCursor: null, limit: 4, total: 6 })
    expect((await s.get('/v1/speakers')).body['page']).not.toHaveProperty('total')
  })

  test.each(['0', '-1', '201', '1.5', 'ten', '', '%20', '0x10', '1e1', 'Infinity', '5&limit=5', '5,5'])(
    'rejects the limit %j with 400',
    async (limit) => {
      const s = await service()
      const { body } = await s.get(`/v1/speakers?limit=${limit}`)
      expect(body).toMatchObject({
        status: 400,
        type: '/problems/invalid-parameter',
        errors: [{ parameter: 'limit' }],
      })
    },
  )

  test.each(['1', '200'])('accepts the limit %s', async (limit) => {
    const s = await service()
    expect((await s.get(`/v1/speakers?limit=${limit}`)).body['page'].limit).toBe(Number(limit))
  })
})

describe('a cursor', () => {
  const refused = { status: 400, type: '/problems/invalid-cursor' }

  test('that was changed, cut short or extended is rejected with 400', async () => {
    const s = await speakers()
    const cursor = String((await s.get('/v1/speakers?limit=2')).body['page'].nextCursor)
    expect((await s.get(`/v1/speakers?limit=2&cursor=${cursor}`)).status).toBe(200)
    const altered = [...cursor].map((letter, at) => {
      const other = letter === 'A' ? 'B' : 'A'
      return cursor.slice(0, at) + other + cursor.slice(at + 1)
    })
    const cut = [1, 2, 5, cursor.length - 10, cursor.length - 1].map((by) => cursor.slice(0, -by))
    const longer = ['A', '=', '!', '.', '%20', '%00', cursor].map((end) => cursor + end)
    for (const wrong of [...altered, ...cut, ...longer, 'x', 'AAAAAAAAAAAAAAAAAAAAAAAA', 'null']) {
      const { body } = await s.get(`/v1/speakers?limit=2&cursor=${wrong}`)
      expect(body, wrong).toMatchObject({ ...refused, errors: [{ parameter: 'cursor' }] })
    }
  })

  test('of other filters, another sort or another resource is rejected with 400', async () => {
    const s = await speakers()
    for (let n = 0; n < 3; n++) await s.post('/v1/organizations', { name: `O${n}`, classification: 'organ' })
    const cursor = (await s.get('/v1/speakers?limit=2')).body['page'].nextCursor
    for (const other of [
      '/v1/speakers?sort=-name',
      '/v1/speakers?sort=createdAt',
      '/v1/speakers?name=Speaker%201',
      '/v1/organizations?x',
      '/v1/organizations?sort=name',
    ]) {
      const { body } = await s.get(`${other.replace('?x', '?limit=2')}&cursor=${cursor}`)
      expect(body, other).toMatchObject(refused)
    }
  })

  test('can be used with another limit, and with the default sort in the URL', async () => {
    const s = await speakers()
    const cursor = (await s.get('/v1/speakers?limit=2')).body['page'].nextCursor
    expect((await s.get(`/v1/speakers?limit=5&sort=name&cursor=${cursor}`)).body['data']).toHaveLength(4)
  })

  test('is valid after a restart, but not on another database', async () => {
    const [s, other] = [await speakers(), await speakers()]
    const url = `/v1/speakers?limit=2&cursor=${(await s.get('/v1/speakers?limit=2')).body['page'].nextCursor}`
    // Every database has its own secret, but those of the tests are copies of one.
    await other.engine.write((writer) => writer.run(sql`delete from settings where name = 'cursorSecret'`))
    const [restarted, foreign] = await Promise.all([s, other].map(({ engine }) => buildApp({ engine })))
    expect((await restarted?.inject(url))?.statusCode).toBe(200)
    expect((await foreign?.inject(url))?.json()).toMatchObject(refused)
    await Promise.all([restarted?.close(), foreign?.close()])
  })

  test.each(['', '&cursor=a'])('that is empty or repeated is rejected with 400 (%j)', async (more) => {
    const s = await service()
    expect((await s.get(`/v1/speakers?cursor=${more}`)).status).toBe(400)
  })
})

describe('a filter', () => {
  test('by an unknown status is rejected with 400 and the valid ones', async () => {
    const s = await service()
    const { body } = await s.get('/v1/proposals?status=propsed')
    expect(body['errors']).toHaveLength(1)
    expect(body['errors'][0]).toMatchObject({ parameter: 'status' })
    expect(statuses(body).split(/[, .]+/)).toEqual(
      expect.arrayContaining([
        'proposed',
        'under-consideration',
        'adopted',
        'rejected',
        'deferred',
        'withdrawn',
      ]),
    )
  })

  test('by an unknown topic or state is rejected with 400 and the existing ones', async () => {
    const s = await service()
    await s.post('/v1/topics', { slug: 'drones', prefLabel: 'Drones' })
    const { body } = await s.get('/v1/proposals?topic=dronse')
    expect(body).toMatchObject({ status: 400, errors: [{ parameter: 'topic' }] })
    expect(body['errors'][0].detail).toContain('drones')
    expect((await s.get('/v1/proposals?state=QQ')).body).toMatchObject({ status: 400 })
  })

  test('by topic accepts a slug or an id', async () => {
    const s = await service()
    const topic = (await s.post('/v1/topics', { slug: 'drones', prefLabel: 'Drones' })).body['id']
    const { body } = await s.post('/v1/proposals', { title: 'A', proposedOn: '2022', topicIds: [topic] })
    await s.post('/v1/proposals', { title: 'B', proposedOn: '2022' })
    for (const value of ['drones', topic, `drones,${topic}`]) {
      expect(idsOf((await s.get(`/v1/proposals?topic=${value}`)).body['data']), value).toEqual([body['id']])
    }
  })

  test('by an id of the wrong kind is rejected with 400; an unknown id matches nothing', async () => {
    const s = await service()
    const unknown = '01gb6jc400ezz8kdnweefcy4dk'
    expect((await s.get(`/v1/proposals?speaker=mtg_${unknown}`)).body).toMatchObject({
      status: 400,
      errors: [{ parameter: 'speaker' }],
    })
    expect((await s.get(`/v1/proposals?speaker=spk_${unknown}`)).body['data']).toEqual([])
  })

  test('is combined with others by AND', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const { body } = await s.post('/v1/statements', { ...leastBody('statement', ids), kind: 'direct' })
    expect(idsOf((await s.get(`/v1/statements?kind=direct&speaker=${ids.speaker}`)).body['data'])).toEqual([
      body['id'],
    ])
  })

  test.each([
    'status=',
    'status=proposed,',
    'status=,',
    'status[]=proposed',
    'Status=proposed',
    'status=Proposed',
    '=',
    'x',
    '__proto__=1',
    'constructor=1',
  ])('that is malformed is rejected with 400: %s', async (query) => {
    const s = await service()
    expect((await s.get(`/v1/proposals?${query}`)).body).toMatchObject({
      status: 400,
      type: '/problems/invalid-parameter',
    })
  })
})

const statuses = (body: Body) => String(body['errors'][0].detail).split('Legal: ')[1] ?? ''
