// Requests that differ from the documentation in ways that clients do differ: they are answered, or refused with a way out.
import { describe, expect, test } from 'vitest'
import { EDTF_FORMS } from '../src/core/dates.ts'
import { service } from './helpers/app.ts'
import { create } from './helpers/requests.ts'

describe('parameters of a media type in Accept do not matter', () => {
  test.each([
    ['/v1/states', 'application/json; charset=utf-8', 'application/json'],
    ['/v1/states', 'application/json;charset="UTF-8"', 'application/json'],
    ['/v1/states', 'text/csv; charset=utf-8; header=present', 'text/csv'],
    ['/v1/states', 'application/x-ndjson; charset=utf-8', 'application/x-ndjson'],
    ['/v1/meetings', 'text/calendar; charset=utf-8', 'text/calendar'],
    ['/v1/proposals', 'application/atom+xml;type=feed', 'application/atom+xml'],
    ['/v1/proposals', 'application/json;odata="a;b,c";q=0.5, text/csv;q=0.4', 'application/json'],
    ['/v1/proposals', 'application/json;version=1;q=0.1, text/csv;header=present;q=0.9', 'text/csv'],
    ['/v1/changes', 'application/json; charset=utf-8', 'application/json'],
    ['/v1/states/RU', 'application/json; charset=utf-8', 'application/json'],
  ])('GET %s as %s', async (url, accept, type) => {
    const { get } = await service({ seed: true })
    const { status, headers } = await get(url, { accept })
    expect([status, String(headers['content-type']).split(';')[0]]).toEqual([200, type])
  })

  test('a live feed with a charset', async () => {
    const { app } = await service({ seed: true })
    const accept = 'text/event-stream; charset=utf-8'
    const response = await app.inject({ method: 'HEAD', url: '/v1/changes', headers: { accept } })
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ])
  })

  test('a type that is not available is still 406', async () => {
    const { get } = await service()
    for (const accept of ['image/png', 'application/json;q=0', 'text/csv;q=0;header=present'])
      expect((await get('/v1/states', { accept })).status, accept).toBe(406)
  })
})

describe('a body of another type is 415 and names the types', () => {
  test.each([
    ['POST', '/v1/topics', 'accept-post', 'application/json'],
    ['PATCH', '/v1/topics/x', 'accept-patch', 'application/merge-patch+json, application/json'],
    ['POST', '/v1/reports', 'accept-post', 'application/json'],
    ['POST', '/v1/imports?mode=dry-run', 'accept-post', 'text/csv, application/x-ndjson'],
  ] as const)('%s %s', async (method, url, header, types) => {
    const { request, keys } = await service()
    const authorization = `Bearer ${keys.admin}`
    for (const type of ['application/x-www-form-urlencoded', 'text/plain; charset=utf-8', 'image/png']) {
      const headers = { authorization, 'content-type': type, 'if-match': '*' }
      const { status, headers: own, body } = await request({ method, url, headers, payload: '{}' })
      expect([status, own[header]], type).toEqual([415, types])
      expect(body['detail']).toContain(type.split(';')[0])
      expect(body['detail']).toContain(`Content-Type: ${types.split(',')[0]}`)
    }
    const without = await request({ method, url, headers: { authorization, 'if-match': '*' }, payload: '{}' })
    expect([without.status, without.headers[header]]).toEqual([415, types])
  })
})

test('a DELETE may name the type of a body that it does not have', async () => {
  const s = await service()
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
    const topic = await create(s, '/v1/topics', { slug: 'a-topic', prefLabel: 'A topic' })
    expect((await s.del(`/v1/topics/${topic['id']}`, { 'content-type': type })).status, type).toBe(204)
  }
})

describe('If-Match', () => {
  test.each([
    ['"1"', 'no ETag of this service'],
    ['"1-gzip"', 'no ETag of this service'],
    ['1', 'no ETag of this service'],
    ['W/"1.abc"', 'weak ETag of version 1'],
    ['"7.abc"', 'is at version 1 now'],
    ['W/"7.abc"', 'is at version 1 now'],
  ])('%s is 412 and says why', async (tag, words) => {
    const s = await service()
    const topic = await create(s, '/v1/topics', { slug: 'a-topic', prefLabel: 'A topic' })
    const { status, body } = await s.patch(
      `/v1/topics/${topic['id']}`,
      { definition: 'x' },
      { 'if-match': tag },
    )
    expect([status, body['type']]).toEqual([412, '/problems/precondition-failed'])
    expect(body['detail']).toContain(words)
  })

  test.each(['-gzip', '-br', ';gzip', ''])(
    'an ETag with the suffix "%s" of a proxy is matched',
    async (suffix) => {
      const s = await service()
      const topic = await create(s, '/v1/topics', { slug: 'a-topic', prefLabel: 'A topic' })
      const url = `/v1/topics/${topic['id']}`
      const tag = String((await s.get(url)).headers['etag']).replace(/"$/, `${suffix}"`)
      expect((await s.patch(url, { definition: 'x' }, { 'if-match': tag })).status).toBe(200)
    },
  )
})

test('If-None-Match with the suffix of a proxy, or weak, is 304', async () => {
  const { get } = await service({ seed: true })
  const tag = String((await get('/v1/states/RU')).headers['etag'])
  for (const known of [
    tag,
    `W/${tag}`,
    tag.replace(/"$/, '-gzip"'),
    tag.replace(/"$/, '-br"'),
    tag.replace(/"$/, ';gzip"'),
  ])
    expect((await get('/v1/states/RU', { 'if-none-match': known })).status, known).toBe(304)
})

test('codes of states may be in small letters, in paths and filters', async () => {
  const { get } = await service({ seed: true })
  const { status, body } = await get('/v1/states/ru')
  expect([status, body['id']]).toEqual([200, 'RU'])
  expect((await get('/v1/states/ru/history')).status).toBe(200)
  expect((await get('/v1/proposals?state=ru')).body['data']).toEqual(
    (await get('/v1/proposals?state=RU')).body['data'],
  )
})

describe('filters by text', () => {
  test.each([
    ['Ли Шаньхэ', 1],
    ['Li Shanhe', 1],
    ['SHANHE', 1],
    ['李山河', 1],
    ['ли\u00a0шаньхэ', 1],
    ['"li shanhe"', 1],
    ['"shanhe li"', 0],
    ['Li Nobody', 0],
    ['Li Shanhe,Nobody', 1],
  ])('a name is found by its words, any other name and whatever the case: %s', async (name, count) => {
    const s = await service()
    await create(s, '/v1/speakers', {
      name: 'Ли Шаньхэ',
      otherNames: [{ name: 'Li Shanhe' }, { name: '李山河' }],
    })
    await create(s, '/v1/speakers', { name: 'Another' })
    expect((await s.get(`/v1/speakers?name=${encodeURIComponent(name)}`)).body['data']).toHaveLength(count)
  })

  test('a name is searched among names, in statistics and in views of the past too', async () => {
    const s = await service()
    const body = await create(s, '/v1/organizations', {
      name: 'Forum of Osh',
      classification: 'forum-of-lakes',
    })
    for (const [query, count] of [
      ['name=forum', 1],
      ['name=lakes', 0],
      ['name=osh&q=lakes', 1],
      ['name=osh&q=mountains', 0],
      [`name=osh&knownAt=${body['createdAt']}`, 1],
    ] as const)
      expect((await s.get(`/v1/organizations?${query}`)).body['data'], query).toHaveLength(count)
  })

  test('case, accents, composed letters and no-break spaces do not matter', async () => {
    const s = await service()
    const stored = ['Tashkent', 'U\u0308ru\u0308mqi', 'Saint\u00a0Petersburg', 'tashkent']
    for (const [index, city] of stored.entries())
      await create(s, '/v1/meetings', { name: `Meeting ${index}`, startDate: '2019-08-20', city })
    for (const [city, count] of [
      ['TASHKENT', 2],
      ['\u00dcr\u00fcmqi', 1],
      ['urumqi', 1],
      ['saint petersburg', 1],
      ['Tashkent,Ürümqi', 3],
      ['Tash', 0],
    ] as const)
      expect((await s.get(`/v1/meetings?city=${encodeURIComponent(city)}`)).body['data'], city).toHaveLength(
        count,
      )
    expect((await s.get('/v1/stats/meetings?by=year&city=tashkent')).body['data']).toEqual([
      expect.objectContaining({ count: 2 }),
    ])
  })

  test('languages are stored in their canonical form, and found by it or by the language alone', async () => {
    const s = await service()
    const stored = []
    for (const language of ['EN-gb', 'zh-hans', 'ZH-HANT-TW', 'iw', 'zho']) {
      const source = { title: language, language, text: `Text in ${language}.` }
      stored.push((await create(s, '/v1/sources', source))['language'])
    }
    expect(stored).toEqual(['en-GB', 'zh-Hans', 'zh-Hant-TW', 'he', 'zh'])
    for (const [language, count] of [
      ['en-GB', 1],
      ['EN', 1],
      ['zh', 3],
      ['zh-hant', 1],
      ['iw', 1],
    ] as const)
      expect((await s.get(`/v1/sources?language=${language}`)).body['data'], language).toHaveLength(count)
  })
})

test('on a day that two memberships share, the one that began last counts', async () => {
  const s = await service()
  const body = { name: 'Organization', classification: 'intergovernmental-organization' }
  const { id: organizationId } = await create(s, '/v1/organizations', body)
  const memberships = (change: string) => [
    { organizationId, role: 'observer', startDate: '2005-07-05', endDate: change },
    { organizationId, role: 'member', startDate: change },
  ]
  await create(s, '/v1/states', { code: 'ZZ', name: 'Zedland', memberships: memberships('2017-06-09') })
  await create(s, '/v1/states', { code: 'ZY', name: 'Zyland', memberships: memberships('2017') })
  for (const [day, observers, members] of [
    ['2016-12-31', ['ZZ', 'ZY'], []],
    ['2017-06-08', ['ZZ'], ['ZY']],
    ['2017-06-09', [], ['ZZ', 'ZY']],
    ['2018-01-01', [], ['ZZ', 'ZY']],
  ] as const) {
    const codes = async (membership: string) =>
      (
        await s.get(
          `/v1/states?membership=${membership}&organization=${organizationId}&asOf=${day}&sort=name`,
        )
      ).body['data'].map(({ code }: { code: string }) => code)
    expect([await codes('observer'), await codes('member')], day).toEqual([observers, members])
  }
})

test.each([
  ['https://a.example/x', 'https://a.example/x'],
  ['https://a.example', 'https://a.example'],
  ['https://a.example/a b|c{d}', 'https://a.example/a%20b%7Cc%7Bd%7D'],
  ['https://a.example/上海?q=é', 'https://a.example/%E4%B8%8A%E6%B5%B7?q=%C3%A9'],
  ['https://a.example/x\u202egnp.exe', 'https://a.example/x%E2%80%AEgnp.exe'],
])('the address %s is stored as a URI', async (url, stored) => {
  const s = await service()
  const topic = await create(s, '/v1/topics', { slug: 'a-topic', prefLabel: 'A', sources: [{ url }] })
  expect(topic['sources'][0].url).toBe(stored)
})

test('names of the longest length fit into lineages', async () => {
  const s = await service()
  const title = 'x'.repeat(1000)
  const agreement = await create(s, '/v1/agreements', { title, kind: 'agreement' })
  expect((await s.get(`/v1/agreements/${agreement['id']}/lineage`)).status).toBe(200)
})

test('a slash at the end of a path does not matter', async () => {
  const { app } = await service({ seed: true })
  for (const url of ['/v1/speakers', '/v1/states/RU', '/v1/changes']) {
    const [plain, slashed] = [await app.inject(url), await app.inject(`${url}/`)]
    expect([slashed.statusCode, slashed.body], url).toEqual([plain.statusCode, plain.body])
  }
  expect((await app.inject('/v1/search/?q=drone')).statusCode).toBe(200)
})

test.each([
  ['page', 'page.nextCursor'],
  ['offset', 'page.nextCursor'],
  ['per_page', 'page.nextCursor'],
  ['search', '`q`'],
  ['query', '`q`'],
  ['columns', 'fields=title,status'],
  ['orderBy', '`sort`'],
  ['expand', '`include`'],
  ['limt', 'limit'],
])('the parameter %s is refused with the one that is meant', async (name, words) => {
  const { get } = await service()
  const { status, body } = await get(`/v1/proposals?${name}=2`)
  expect(status).toBe(400)
  expect(body['detail']).toContain(words)
})

test('401 says how to send a key and how to get one', async () => {
  const { request } = await service()
  for (const authorization of [undefined, 'Basic eDp5', 'Bearer sco_wrong']) {
    const headers = authorization === undefined ? {} : { authorization }
    const { status, body } = await request({ method: 'POST', url: '/v1/topics', payload: {}, headers })
    expect(status).toBe(401)
    expect(body['detail']).toContain('"Authorization: Bearer <key>"')
    expect(body['detail']).toContain('keys create')
  }
})

test('what is wrong with a value is said in plain words', async () => {
  const { post, get } = await service()
  const { body } = await post('/v1/meetings', {
    name: 5,
    ordinal: 'first',
    organizationId: {},
    status: 'hold',
    startDate: '',
    city: 'x'.repeat(201),
    agenda: 'none',
    identifiers: [{ scheme: '', identifier: null }],
  })
  const details = (body['errors'] as { pointer: string; detail: string }[]).map(
    ({ pointer, detail }) => `${pointer}: ${detail}`,
  )
  expect(details).toEqual([
    '/name: Must be a text.',
    '/ordinal: Must be a number.',
    '/organizationId: Must be a text.',
    '/status: Must be one of scheduled, held, postponed, cancelled.',
    `/startDate: Must be a date: ${EDTF_FORMS}.`,
    '/city: Must have at most 200 characters.',
    '/agenda: Must be a list.',
    '/identifiers/0/scheme: Must not be empty.',
    '/identifiers/0/identifier: Must be a text.',
  ])
  expect((await post('/v1/meetings', [])).body['errors']).toEqual([
    { pointer: '', detail: 'Must be an object.' },
  ])
  expect((await post('/v1/meetings', {})).body['errors']).toContainEqual({
    pointer: '/name',
    detail: 'Is missing; it must be a text.',
  })
  expect((await get('/v1/proposals?knownAt=yesterday')).body['detail']).toBe(
    'knownAt: Must be a point in time in ISO 8601, such as 2026-11-23T09:30:00Z.',
  )
})
