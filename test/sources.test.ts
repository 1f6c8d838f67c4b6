// Sources: their fields, the completion of an excerpt, and the recognition of earlier texts.
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IndexedText, locateQuote, relocateQuote } from '../src/core/quotes.ts'
import { sha256 } from '../src/core/text.ts'
import { recognise } from '../src/records/read/matching.ts'
import { catalogue } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { onPostgres } from './helpers/database.ts'

async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

const put = (s: Service, id: string, payload: object, headers: Record<string, string> = {}) =>
  s.request({
    method: 'PUT',
    url: `/v1/sources/${id}/text?reason=The%20whole%20text`,
    payload,
    headers: { authorization: `Bearer ${s.keys.analyst}`, 'if-match': '*', ...headers },
  })

const SOURCE = { title: 'S', language: 'en', text: 'A text.' }

describe('a source', () => {
  const FULL = {
    ...SOURCE,
    classification: 'news',
    authors: ['Anna Ivanova', 'B. Li'],
    containerTitle: 'The Daily Weir',
    place: 'Almaty',
    url: 'https://example.org/a',
    archivedUrl: 'https://web.archive.org/web/2026/https://example.org/a',
    retrievedAt: '2026-11-29T10:00:00Z',
    license: 'CC-BY-4.0',
    mediaType: 'text/html',
    textStatus: 'excerpt',
  }

  test('keeps its edition, its archive address, its licence and its kind as sent', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/sources', FULL)
    expect((await s.get(`/v1/sources/${id}`)).body).toMatchObject(FULL)
    const plain = await create(s, '/v1/sources', { ...SOURCE, text: 'Another text.' })
    expect(plain).toMatchObject({ classification: null, authors: [], license: null, textStatus: 'full' })
  })

  test('is found by classification, license, media type, status of its text, and the words of its authors', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/sources', FULL)
    await create(s, '/v1/sources', { ...SOURCE, classification: 'law', text: 'Another.' })
    const queries = [
      'classification=news,speech',
      'license=CC-BY-4.0',
      'mediaType=text/html',
      'textStatus=excerpt',
      'q=ivanova weir',
    ]
    for (const query of queries) {
      const { body } = await s.get(`/v1/sources?${query}`)
      expect(
        body['data'].map((each: Body) => each['id']),
        query,
      ).toEqual([id])
    }
    expect((await s.get('/v1/sources?classification=newz')).body['errors'][0].detail).toContain('news')
  })

  test('has its time of retrieval in UTC, and its media type in small letters', async () => {
    const s = await service()
    const written = await create(s, '/v1/sources', {
      ...SOURCE,
      retrievedAt: '2026-11-29T10:00:00.000+05:00',
      mediaType: 'Text/HTML',
    })
    expect(written).toMatchObject({ retrievedAt: '2026-11-29T05:00:00Z', mediaType: 'text/html' })
  })

  test.each([
    [{ retrievedAt: '2026-11-29' }, '/retrievedAt', 400],
    [{ retrievedAt: '2026-02-30T10:00:00Z' }, '/retrievedAt', 400],
    [{ license: 'public domain, I think' }, '/license', 400],
    [{ mediaType: 'text/html; charset=utf-8' }, '/mediaType', 400],
    [{ mediaType: 'html' }, '/mediaType', 400],
    [{ archivedUrl: 'javascript:alert(1)', url: 'https://example.org' }, '/archivedUrl', 400],
    [{ archivedUrl: 'https://web.archive.org/a' }, '/archivedUrl', 422],
    [{ text: undefined }, '/text', 422],
    [{ text: null, textStatus: 'excerpt' }, '/text', 422],
    [{ textStatus: 'none' }, '/text', 422],
  ])('with %j is refused', async (fields, pointer, status) => {
    const s = await service()
    const response = await s.post('/v1/sources', { ...SOURCE, ...fields })
    expect(response.status).toBe(status)
    expect(response.body['errors'][0]).toMatchObject({ pointer })
    expect((await s.get('/v1/sources')).body['data']).toEqual([])
  })

  test('reads back a time at the ends of the calendar, and can still be changed', async () => {
    const s = await service()
    for (const retrievedAt of ['9999-12-31T23:30:00-23:00', '0000-01-01T00:00:00+23:00']) {
      const { id } = await create(s, '/v1/sources', { ...SOURCE, text: retrievedAt, retrievedAt })
      expect((await s.patch(`/v1/sources/${id}`, { place: 'X' })).body).toMatchObject({ retrievedAt })
    }
  })
})

describe('a source without a text', () => {
  test('has no digest, cannot be quoted, and can get its text later', async () => {
    const s = await service()
    const { text: _, ...fields } = SOURCE
    const source = await create(s, '/v1/sources', { ...fields, textStatus: 'none' })
    expect(source).toMatchObject({ text: null, sha256: null })
    const speaker = await create(s, '/v1/speakers', { name: 'P' })
    const quote = { sourceId: source['id'], motivation: 'quote', exact: 'A text' }
    const refused = await s.post(`/v1/speakers/${speaker['id']}/evidence`, quote)
    expect(refused).toMatchObject({
      status: 422,
      body: { type: '/problems/quote-absent', errors: [{ pointer: '/sourceId' }] },
    })
    expect(refused.body['detail']).toContain('no text')
    expect(await put(s, source['id'], { text: 'A text.', textStatus: 'full' })).toMatchObject({
      status: 200,
      body: { version: 2, textStatus: 'full', sha256: sha256('A text.') },
    })
    expect((await s.post(`/v1/speakers/${speaker['id']}/evidence`, quote)).status).toBe(201)
  })

  test('has empty annotations', async () => {
    const s = await service()
    const { text: _, ...fields } = SOURCE
    const { id } = await create(s, '/v1/sources', { ...fields, textStatus: 'none' })
    expect((await s.get(`/v1/sources/${id}/annotations`)).body['items']).toEqual([])
  })
})

const EXCERPT =
  'KHUJAND, 15 April 2025 (Riverside Post) – The Inland Rivers Council will put up twelve pilot gauges on the banks of the Syr Darya this autumn, its Secretary-General Sanjar Beknazarov said on Tuesday. The gauges will report the water level every ten minutes and run on sunlight, without any other power. Kyrgyzstan, Tajikistan and Uzbekistan will each look after four of them.'

const COMPLETE = `Twelve gauges for the Syr Darya

${EXCERPT}

Beknazarov spoke after that day's meeting of the Council's Working Group on Data in Khujand. “Whoever owns a gauge owns its figures, and shows them to the others,” he said.

Kazakhstan's delegate Saule Imangaliyeva proposed at the meeting that the gauges measure salt as well. The working group will answer in October.

In frost nobody should expect too much, a technical note warns. The gauges will report the water level every ten minutes only while the river is free of ice.`

const QUOTES = [
  'its Secretary-General Sanjar Beknazarov',
  'KHUJAND, 15 April 2025',
  'The gauges will report the water level every ten minutes',
  'Kyrgyzstan, Tajikistan and Uzbekistan will each look after four of them',
]

/** A source with the excerpt, and its quotes as evidence of a speaker. */
async function quoted(s: Service) {
  const source = await create(s, '/v1/sources', {
    ...SOURCE,
    text: EXCERPT,
    textStatus: 'excerpt',
    url: 'https://example.org/one',
  })
  const speaker = await create(s, '/v1/speakers', { name: 'Sanjar Beknazarov' })
  const path = `/v1/speakers/${speaker['id']}/evidence`
  const quotes: Body[] = []
  for (const exact of QUOTES)
    quotes.push(await create(s, path, { sourceId: source['id'], motivation: 'quote', exact }))
  return { id: String(source['id']), source, quotes, path }
}

const evidence = async (s: Service, path: string) => (await s.get(path)).body['data'] as Body[]

describe('PUT of the text of a source', () => {
  test('completes an excerpt: every quote moves with its context, and the history keeps the old text', async () => {
    const s = await service()
    const { id, path, quotes } = await quoted(s)
    const { headers } = await s.get(`/v1/sources/${id}`)
    const done = await put(
      s,
      id,
      { text: COMPLETE, textStatus: 'full' },
      { 'if-match': String(headers['etag']) },
    )
    expect(done).toMatchObject({
      status: 200,
      body: { version: 2, text: COMPLETE, textStatus: 'full', sha256: sha256(COMPLETE) },
    })
    expect(done.headers['etag']).toMatch(/^"2\./)
    const moved = await evidence(s, path)
    const points = [...COMPLETE]
    for (const [index, quote] of moved.entries()) {
      const { start, end, exact, prefix, suffix, version } = quote
      expect(quote).toMatchObject({
        exact: QUOTES[index],
        start: quotes[index]?.['start'] + 33,
        end: quotes[index]?.['end'] + 33,
      })
      expect(points.slice(start, end).join('')).toBe(exact)
      expect(points.slice(0, start).join('').endsWith(prefix)).toBe(true)
      expect(points.slice(end).join('').startsWith(suffix)).toBe(true)
      expect(prefix).toHaveLength(32)
      expect(suffix).toHaveLength(32)
      expect(version).toBe(2)
    }
    const history = await s.get(`/v1/sources/${id}/history`)
    expect(history.body['data'][0]).toMatchObject({ version: 2, reason: 'The whole text' })
    expect((await s.get(`/v1/sources/${id}/history/1`)).text).toContain(JSON.stringify(EXCERPT))
  })

  test('with a text that lacks a quote names exactly that one, and changes nothing', async () => {
    const s = await service()
    const { id, path, quotes } = await quoted(s)
    const before = await s.rows()
    const refused = await put(s, id, {
      text: COMPLETE.replace('four of them', 'five of them'),
      textStatus: 'full',
    })
    expect(refused).toMatchObject({
      status: 409,
      body: {
        type: '/problems/quotes-lost',
        quotes: [{ evidenceId: quotes[3]?.['id'], exact: QUOTES[3], recordKind: 'speaker' }],
      },
    })
    expect(refused.body['quotes']).toHaveLength(1)
    expect(await s.rows()).toEqual(before)
    expect(await evidence(s, path)).toEqual(quotes)
  })

  test('refuses quotes that are at several places, in another context, or differ in an invisible character', async () => {
    const s = await service()
    const { id, quotes } = await quoted(s)
    const lost = async (text: string) => {
      const { status, body } = await put(s, id, { text, textStatus: 'full' })
      expect(status, text).toBe(409)
      return body['quotes'].map(({ evidenceId }: Body) =>
        quotes.findIndex((quote) => quote['id'] === evidenceId),
      )
    }
    expect(await lost(`${EXCERPT}\n\n${EXCERPT}`)).toContain(2)
    expect(await lost(EXCERPT.replace('on Tuesday. The', 'on Monday. The'))).toContain(2)
    expect(await lost(EXCERPT.replace('Sanjar Bek', 'Sanjar\u00a0Bek'))).toContain(0)
    expect(await lost(EXCERPT.replace('Secretary', 'Secre\u00adtary'))).toContain(0)
  })

  test('requires If-Match with the present version, a key and a text', async () => {
    const s = await service()
    const { id } = await quoted(s)
    const body = { text: COMPLETE, textStatus: 'full' }
    const url = `/v1/sources/${id}/text`
    const authorization = `Bearer ${s.keys.analyst}`
    expect((await s.request({ method: 'PUT', url, payload: body })).status).toBe(401)
    expect((await s.request({ method: 'PUT', url, payload: body, headers: { authorization } })).status).toBe(
      428,
    )
    expect((await put(s, id, body, { 'if-match': '"9.abc"' })).status).toBe(412)
    for (const wrong of [
      { text: COMPLETE },
      { textStatus: 'full' },
      { text: '', textStatus: 'full' },
      { text: COMPLETE, textStatus: 'none' },
      { text: null, textStatus: 'full' },
      { ...body, title: 'T' },
    ])
      expect((await put(s, id, wrong)).status).toBe(400)
    expect((await put(s, 'src_01gb6jc400ezz8kdnweefcy4dk', body)).status).toBe(404)
    expect((await s.get(`/v1/sources/${id}`)).body).toMatchObject({ version: 1, text: EXCERPT })
  })

  test('with the same text writes nothing', async () => {
    const s = await service()
    const { id } = await quoted(s)
    const before = await s.rows()
    expect((await put(s, id, { text: EXCERPT, textStatus: 'excerpt' })).body).toMatchObject({ version: 1 })
    expect(await s.rows()).toEqual(before)
  })

  test('is the only way: a PATCH of a cited text stays refused, also one that only adds to it', async () => {
    const s = await service()
    const { id } = await quoted(s)
    const patched = await s.patch(`/v1/sources/${id}`, { text: `${EXCERPT} More.` })
    expect(patched).toMatchObject({ status: 409, body: { type: '/problems/source-cited' } })
    expect((await s.patch(`/v1/sources/${id}`, { textStatus: 'none', text: null })).status).toBe(409)
    expect((await s.patch(`/v1/sources/${id}`, { textStatus: 'full' })).status).toBe(200)
  })
})

test('a source is recognised by any text that it had, the present text first', async () => {
  const s = await service()
  const { id } = await quoted(s)
  await put(s, id, { text: COMPLETE, textStatus: 'full' })
  const sources = catalogue.resource('source')
  const find = (text: string) => recognise(s.engine.reader, sources, { text })
  expect(await find(COMPLETE)).toBe(id)
  expect(await find(EXCERPT)).toBe(id)
  expect(await find(`${EXCERPT} `)).toBeNull()
  const { id: own } = await create(s, '/v1/sources', {
    ...SOURCE,
    text: EXCERPT,
    url: 'https://example.org/two',
    distinctFrom: [id],
  })
  expect(await find(EXCERPT)).toBe(own)
  await s.del(`/v1/sources/${own}`)
  expect(await find(EXCERPT)).toBe(id)
})

test.skipIf(onPostgres)('earlier texts are looked up in an index', async () => {
  const s = await service()
  s.queries()
  await recognise(s.engine.reader, catalogue.resource('source'), { text: EXCERPT })
  const lookup = s.queries().find((one) => one.includes('"sha256"')) ?? ''
  const database = new Database(s.file, { readonly: true })
  const steps = database.prepare(`explain query plan ${lookup}`).all(['', '']) as { detail: string }[]
  database.close()
  expect(steps.map(({ detail }) => detail).join('; ')).toContain('USING INDEX changes_source_sha256')
})

test('a report of an excerpt that was completed since finds its source, and changes nothing', async () => {
  const s = await service()
  const source = { title: 'S', language: 'en', textStatus: 'excerpt', text: EXCERPT }
  const speakers = [{ name: 'Sanjar Beknazarov', evidence: [{ exact: QUOTES[0] }] }]
  const first = await s.post('/v1/reports', { source, speakers })
  expect(first.status, first.text).toBe(201)
  const id = first.body['sourceId']
  expect((await put(s, id, { text: COMPLETE, textStatus: 'full' })).status).toBe(200)
  const before = await s.rows()
  const again = await s.post('/v1/reports', { source, speakers })
  expect(again.status, again.text).toBe(200)
  expect(again.body['sourceId']).toBe(id)
  expect((await s.get(`/v1/sources/${id}`)).body).toMatchObject({ text: COMPLETE, textStatus: 'full' })
  expect((await s.rows())['changes']).toEqual(before['changes'])
})

describe('relocateQuote, for any text around any text', () => {
  const words = fc
    .array(fc.constantFrom('a', 'b', ' ', '😀', 'é'), { maxLength: 40 })
    .map((all) => all.join(''))

  test('finds a quote where it went, or says that it is not at one place', () => {
    fc.assert(
      fc.property(words, words, words, fc.nat(39), fc.nat(39), (before, text, after, from, length) => {
        const points = [...text]
        const exact = points.slice(from, from + length + 1).join('')
        if (exact === '') return
        const old = new IndexedText(text)
        const stored = locateQuote(old, { exact, start: from })
        if (!stored.found) throw new Error('A slice is at its offsets.')
        const moved = new IndexedText(before + text + after)
        const located = relocateQuote(old, moved, { ...stored, exact })
        if (!located.found) {
          expect(located.reason).toBe('ambiguous')
          return
        }
        const start = from + [...before].length
        expect(located.start).toBe(start)
        expect(locateQuote(moved, { ...located, exact })).toMatchObject({ found: true, start })
      }),
    )
  })
})
