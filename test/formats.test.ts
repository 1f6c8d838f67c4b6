// The other formats of a list (CSV, NDJSON, iCalendar, Atom), checked with independent parsers.

import { get as httpGet, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { parse as parseCsv } from 'csv-parse/sync'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import ICAL from 'ical.js'
import { describe, expect, test } from 'vitest'
import { columnReaders, listColumns } from '../src/features/formats/columns.ts'
import { csvRows } from '../src/features/imports/rows.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { type Body, kinds, pathOf, type ResourceKind } from './helpers/bodies.ts'
import { describeOnce, fromOutside, onPostgres } from './helpers/database.ts'
import { eventually } from './helpers/wait.ts'

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }

async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

async function text(s: Service, url: string): Promise<string> {
  const response = await s.get(url)
  expect(response.status, `${url} ${response.text}`).toBe(200)
  return response.text
}

/** Stores a record without looking for alike ones. */
async function store(s: Service, kind: ResourceKind, body: Body): Promise<void> {
  const resource = catalogue.resource(kind)
  await recordsOn(s.engine).write(AUTHOR, (tx) =>
    createRecord(tx, resource, resource.create.parse(body) as Body),
  )
}

const list = async (s: Service, url: string) => (await s.get(url)).body['data'] as Body[]

const csv = (body: string) =>
  parseCsv(body, { columns: true, record_delimiter: '\r\n', relax_quotes: false, bom: false }) as Record<
    string,
    string
  >[]

/** The cell of a CSV file for a value of a record. */
const cell = (value: unknown) =>
  value == null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

const SPECIAL_TEXTS = [
  'plain',
  'comma, semicolon; tab\there',
  'He said "yes" and ""no""',
  'line\nbreak\r\nand another',
  "it's, 'quoted'",
  'Ташкент 上海 😀',
  '<b>&amp;"\']]>',
]

describe('CSV', () => {
  test('of every list has a header and a row for each record, with the values of the JSON list', async () => {
    const s = await service({ seed: true })
    for (const kind of kinds) {
      const rows = await list(s, `${pathOf(kind)}?limit=200`)
      expect(rows.length, kind).toBeGreaterThan(0)
      const { headers, text: body } = await s.get(`${pathOf(kind)}.csv`)
      expect(headers['content-type']).toBe('text/csv; charset=utf-8')
      expect(headers['content-disposition']).toContain('.csv"')
      expect(body.endsWith('\r\n')).toBe(true)
      const parsed = csv(body)
      expect(parsed, kind).toHaveLength(rows.length)
      const titles = new Set(
        listColumns(catalogue.resource(kind)).flatMap((column) => ('ids' in column ? [column.name] : [])),
      )
      for (const [index, row] of rows.entries()) {
        for (const [name, value] of Object.entries(parsed[index] ?? {})) {
          if (titles.has(name)) continue
          const found = name.split('.').reduce<unknown>((inner, key) => (inner as Body)?.[key], row)
          expect(value.replace(/^'(?=[=+\-@\t\r])/, ''), `${kind} ${name}`).toBe(cell(found))
        }
        const columns = Object.keys(parsed[index] ?? {}).flatMap((name) =>
          titles.has(name) ? [] : [name.split('.')[0]],
        )
        expect(new Set(columns)).toEqual(new Set(Object.keys(row)))
      }
    }
  })

  test('has the names of what a record refers to beside the ids, which imports ignore', async () => {
    const s = await service()
    await create(s, '/v1/states', { code: 'KZ', name: '=Kazakhstan' })
    const org = await create(s, '/v1/organizations', { name: 'Council; of "Water"', classification: 'organ' })
    const one = await create(s, '/v1/topics', { slug: 'one', prefLabel: 'First topic' })
    const two = await create(s, '/v1/topics', { slug: 'two', prefLabel: 'Second topic' })
    const meeting = await create(s, '/v1/meetings', {
      name: 'Meeting',
      startDate: '2022',
      organizationId: org['id'],
      countryCode: 'KZ',
      participants: [
        { role: 'chair', stateCode: 'KZ', organizationId: org['id'] },
        { role: 'member', stateCode: 'KZ' },
      ],
    })
    await create(s, '/v1/proposals', { title: 'P', proposedOn: '2022', topicIds: [two['id'], one['id']] })
    const [row] = csv(await text(s, '/v1/meetings.csv'))
    expect(row).toMatchObject({
      organizationId: org['id'],
      organizationName: 'Council; of "Water"',
      countryCode: 'KZ',
      countryName: "'=Kazakhstan",
      'participants.stateNames': "'=Kazakhstan",
      'participants.organizationNames': 'Council; of "Water"',
      'participants.speakerNames': '',
    })
    const [names] = [Object.keys(row ?? {})]
    expect(names?.indexOf('organizationName')).toBe((names?.indexOf('organizationId') ?? 0) + 1)
    expect(csv(await text(s, '/v1/proposals.csv'))[0]).toMatchObject({
      topicNames: 'Second topic; First topic',
    })
    for (const path of ['meetings', 'proposals']) {
      const file = await text(s, `/v1/${path}.csv?bom=true`)
      const { headers } = await s.request({
        method: 'POST',
        url: `/v1/imports?mode=commit&kind=${path}`,
        headers: { authorization: `Bearer ${s.keys.analyst}`, 'content-type': 'text/csv' },
        payload: file.replace('Council; of', 'Whatever; of').replace('First topic', 'X'),
      })
      const { body } = await s.get(`${headers['location']}?wait=60`, {
        authorization: `Bearer ${s.keys.analyst}`,
      })
      expect(body, JSON.stringify(body)).toMatchObject({ status: 'succeeded' })
      expect(body['summary']).toMatchObject([{ created: 0, unchanged: 1 }])
    }
    expect((await s.get(`/v1/meetings/${meeting['id']}`)).body['version']).toBe(1)
  })

  test('takes other names with or without their languages, and gives them as JSON', async () => {
    const readers = columnReaders(catalogue.resource('speaker'), [])
    const read = (cell: string) => readers.get('otherNames')?.read(cell)
    const names = [
      { name: 'ШОС', language: 'ru' },
      { name: '上合组织', language: 'zh-Hans' },
      { name: 'Group A: the first' },
    ]
    expect(read('ru: ШОС; zh-Hans: 上合组织; Group A: the first')).toEqual(names)
    expect(read(JSON.stringify(names))).toEqual(names)
    expect(read('')).toBeUndefined()
  })

  test('has the names of their time in a view of the past', async () => {
    const s = await service()
    const org = await create(s, '/v1/organizations', { name: 'Before', classification: 'organ' })
    const { createdAt } = await create(s, '/v1/sources', {
      title: 'S',
      language: 'en',
      text: 'T',
      publisherId: org['id'],
    })
    await s.patch(`/v1/organizations/${org['id']}`, { name: 'After' })
    const nameIn = async (query: string) =>
      csv(await text(s, `/v1/sources.csv${query}`))[0]?.['publisherName']
    expect(await nameIn('')).toBe('After')
    expect(await nameIn(`?knownAt=${createdAt}`)).toBe('Before')
  })

  test('has another ETag after the name of a record that it refers to changed', async () => {
    const s = await service()
    const org = await create(s, '/v1/organizations', { name: 'Before', classification: 'organ' })
    await create(s, '/v1/sources', { title: 'S', language: 'en', text: 'T', publisherId: org['id'] })
    const urls = ['/v1/sources.csv', '/v1/sources.ris']
    const tags = async () => Promise.all(urls.map(async (url) => (await s.get(url)).headers['etag']))
    const before = await tags()
    await s.patch(`/v1/organizations/${org['id']}`, { name: 'After' })
    for (const [index, tag] of (await tags()).entries()) expect(tag).not.toBe(before[index])
  })

  test('begins with a byte order mark on request, and nothing else does', async () => {
    const s = await service()
    const bytes = async (url: string) =>
      Buffer.from(await text(s, url))
        .subarray(0, 3)
        .toString('hex')
    expect(await bytes('/v1/topics.csv?bom=true')).toBe('efbbbf')
    expect(await bytes('/v1/topics.csv?bom=false')).not.toBe('efbbbf')
    expect(await bytes('/v1/topics.csv')).not.toBe('efbbbf')
    const tag = async (url: string) => (await s.get(url)).headers['etag']
    expect(await tag('/v1/topics.csv?bom=true')).not.toBe(await tag('/v1/topics.csv'))
    for (const url of ['/v1/topics?bom=true', '/v1/topics.ndjson?bom=true'])
      expect((await s.get(url)).body['errors']).toMatchObject([{ parameter: 'bom' }])
    expect((await s.get('/v1/topics.csv?bom=1')).body['errors']).toMatchObject([{ parameter: 'bom' }])
  })

  test('quotes commas, quotes and line breaks inside cells, and ends every row with CRLF', async () => {
    const s = await service()
    for (const summary of SPECIAL_TEXTS)
      await store(s, 'proposal', { title: 'T', summary, proposedOn: '2022' })
    const body = await text(s, '/v1/proposals.csv?sort=createdAt')
    expect(csv(body).map((row) => row['summary'])).toEqual(
      (await list(s, '/v1/proposals?sort=createdAt')).map(({ summary }) => summary),
    )
    const outside = body.replace(/"(?:[^"]|"")*"/g, '')
    expect(outside.split('\r\n')).toHaveLength(SPECIAL_TEXTS.length + 2)
    expect(outside.replaceAll('\r\n', '')).not.toMatch(/[\r\n"]/)
  })

  test('of an empty list is only a header', async () => {
    const s = await service()
    for (const kind of kinds) {
      const body = await text(s, `${pathOf(kind)}.csv`)
      expect(body.split('\r\n'), kind).toHaveLength(2)
      expect(body.startsWith('id,'), kind).toBe(true)
      expect(csv(body), kind).toEqual([])
    }
  })

  test('contains no formula for a spreadsheet, whatever a text begins with', async () => {
    const s = await service()
    const starts = ['=', '+', '-', '@', '=HYPERLINK("http://x","y")', '-1+1', '@SUM(1)', '+49 30']
    for (const title of starts) await store(s, 'proposal', { title, proposedOn: '2022' })
    for (const start of ['\t=1', '\r=1', '=1'])
      await store(s, 'source', { title: 'S', language: 'en', text: `${start}+cmd|' /C calc'!A0` })
    const cells = [
      ...csv(await text(s, '/v1/proposals.csv?sort=createdAt')).map((row) => row['title'] ?? ''),
      ...csv(await text(s, '/v1/sources.csv')).map((row) => row['text'] ?? ''),
    ]
    expect(cells).toHaveLength(starts.length + 3)
    for (const value of cells) expect(value).toMatch(/^'[=+\-@\t\r]/)
    expect(cells.slice(0, starts.length)).toEqual(starts.map((start) => `'${start}`))
  })

  test('name no other protocol than http and https, whatever a trusted proxy says', async () => {
    const s = await service({ trustProxy: 1 })
    const feed = (proto: string) => s.get('/v1/proposals.atom', { 'x-forwarded-proto': proto })
    expect((await feed('https')).text).toContain('https://')
    expect((await feed('javascript')).body).toMatchObject({ errors: [{ parameter: 'X-Forwarded-Proto' }] })
  })

  test('contains no formula where a spreadsheet splits at semicolons, tabs or lone line ends', async () => {
    const s = await service()
    const texts = [
      'a;=1+1',
      'a\n=1+1',
      'a\r@SUM(1)',
      'a\t-1',
      "a;'=1",
      '\n=1',
      'a;;+1',
      'a\nb\rc',
      'plain; text',
    ]
    for (const one of texts) await store(s, 'source', { title: 'S', language: 'en', text: one })
    await create(s, '/v1/speakers', { name: 'P', otherNames: [{ name: 'x;=1' }] })
    const files = await Promise.all(['sources', 'speakers'].map((path) => text(s, `/v1/${path}.csv`)))
    for (const file of files) {
      for (const cell of file.split(/[;\t\r\n]/)) expect(cell).not.toMatch(/^"?[=+\-@]/)
      // Every lone line end is inside quotation marks.
      expect(file.replace(/"(?:[^"]|"")*"/g, '').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    }
    // An import reads the same texts.
    const readers = columnReaders(catalogue.resource('source'), [])
    const rows = await Array.fromAsync(csvRows(Readable.from([files[0] ?? '']), readers))
    expect(rows.map(({ value }) => value?.['text']).sort()).toEqual(texts.sort())
    expect(csv(files[1] ?? '')[0]?.['otherNames']).toContain('"x\\u003b=1"')
  })

  test('contains the whole filtered and sorted list without pages, and rejects include', async () => {
    const s = await service()
    const records = recordsOn(s.engine)
    const proposals = catalogue.resource('proposal')
    await records.write(AUTHOR, async (tx) => {
      for (let n = 0; n < 1203; n++)
        await createRecord(
          tx,
          proposals,
          proposals.create.parse({ title: `P${n % 100}`, proposedOn: n % 3 ? '2021' : '2022' }) as Body,
        )
    })
    const rows = csv(await text(s, '/v1/proposals.csv?proposedTo=2021&sort=title'))
    expect(rows).toHaveLength(802)
    expect(rows.map((row) => row['title'])).toEqual(rows.map((row) => row['title'] ?? '').sort())
    expect(new Set(rows.map((row) => row['id'])).size).toBe(802)
    expect((await s.get('/v1/proposals.csv?include=meeting')).body).toMatchObject({
      status: 400,
      errors: [{ parameter: 'include' }],
    })
    expect((await text(s, '/v1/proposals.ndjson')).trimEnd().split('\n')).toHaveLength(1203)
  })
})

describe('NDJSON', () => {
  test('of every list has the same records in the same order, one per line, with their included records', async () => {
    const s = await service({ seed: true })
    for (const resource of catalogue.resources) {
      const { path } = resource
      for (const include of ['', `&include=${Object.keys(catalogue.includesOf(resource))}`]) {
        const { headers, text: body } = await s.get(`/v1/${path}.ndjson?${include.slice(1)}`)
        expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8')
        expect(body.endsWith('\n')).toBe(true)
        const lines = body.trimEnd().split('\n')
        const rows = await list(s, `/v1/${path}?limit=200${include}`)
        expect(
          lines.map((line) => JSON.parse(line)),
          path,
        ).toEqual(rows)
      }
    }
  })

  test('of an empty list is empty, and a line break in a text does not break the line', async () => {
    const s = await service()
    expect(await text(s, '/v1/proposals.ndjson')).toBe('')
    await create(s, '/v1/proposals', {
      title: 'A',
      summary: 'one\ntwo\r\nthree\u2028four',
      proposedOn: '2022',
    })
    const lines = (await text(s, '/v1/proposals.ndjson')).trimEnd().split('\n')
    expect(lines).toHaveLength(1)
  })

  test('accepts asOf and knownAt', async () => {
    const s = await service({ seed: true })
    expect(await text(s, '/v1/proposals.ndjson?knownAt=2000-01-01T00:00:00Z')).toBe('')
    expect(await text(s, '/v1/proposals.ndjson?asOf=2022-08-23')).toBe('')
    const then = (await text(s, '/v1/proposals.ndjson?asOf=2022-08-24')).trimEnd().split('\n')
    expect(then.map((line) => JSON.parse(line))).toEqual(
      await list(s, '/v1/proposals?limit=200&asOf=2022-08-24'),
    )
  })
})

describeOnce('the format of a list', () => {
  test('follows the Accept header with its weights, unless the address names it', async () => {
    const s = await service({ seed: true })
    const type = async (url: string, accept?: string) => {
      const { status, headers } = await s.get(url, accept === undefined ? {} : { accept })
      return status === 200 ? String(headers['content-type']).split(';')[0] : status
    }
    for (const [accept, expected] of [
      [undefined, 'application/json'],
      ['*/*', 'application/json'],
      ['application/json', 'application/json'],
      ['application/*', 'application/json'],
      ['text/csv', 'text/csv'],
      ['text/*', 'text/csv'],
      ['TEXT/CSV', 'text/csv'],
      ['application/x-ndjson', 'application/x-ndjson'],
      ['application/atom+xml', 'application/atom+xml'],
      ['text/csv;q=0.5, application/x-ndjson;q=0.9', 'application/x-ndjson'],
      ['text/csv, application/json;q=0.9', 'text/csv'],
      ['text/html, */*;q=0.1', 'application/json'],
      ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
      ['application/json;q=0, text/csv', 'text/csv'],
      ['text/html', 406],
      ['text/calendar', 406],
      ['image/*', 406],
      ['text/csv;q=0', 406],
    ] as const)
      expect(await type('/v1/proposals', accept), accept).toBe(expected)
    expect(await type('/v1/meetings', 'text/calendar')).toBe('text/calendar')
    expect(await type('/v1/meetings', 'application/atom+xml')).toBe(406)
    expect(await type('/v1/agreements', 'application/atom+xml')).toBe('application/atom+xml')
    for (const [format, expected] of [
      ['csv', 'text/csv'],
      ['ndjson', 'application/x-ndjson'],
      ['atom', 'application/atom+xml'],
    ])
      expect(await type(`/v1/proposals.${format}`, 'text/html'), format).toBe(expected)
    for (const wrong of ['xml', 'ics', 'CSV', 'json', ''])
      expect(await type(`/v1/proposals.${wrong}`), wrong).toBe(404)
    expect((await s.get('/v1/proposals?format=csv')).body['detail']).toContain('`.csv`')
    for (const page of ['limit=1', 'cursor=x', 'count=exact'])
      expect(await type(`/v1/proposals.csv?${page}`), page).toBe(400)
    const { body, headers } = await s.get('/v1/proposals', { accept: 'text/html' })
    expect(body).toMatchObject({ status: 406, type: '/problems/not-acceptable' })
    for (const offered of ['application/json', 'text/csv', 'application/x-ndjson', 'application/atom+xml'])
      expect(body['detail']).toContain(offered)
    expect(headers['content-type']).toContain('application/problem+json')
  })

  test('is in Vary, has a strong ETag of its own, returns 304 for If-None-Match, and HEAD is the same without a body', async () => {
    const s = await service({ seed: true })
    const urls = [
      '/v1/proposals',
      '/v1/proposals.csv',
      '/v1/proposals.ndjson',
      '/v1/proposals.atom',
      '/v1/meetings.ics',
      '/v1/agreements.atom',
      '/v1/proposals.csv?topic=security',
    ]
    const tags = new Set<string>()
    for (const url of urls) {
      const full = await s.get(url)
      const tag = String(full.headers['etag'])
      expect(tag, url).toMatch(/^"[^"]+"$/)
      tags.add(tag)
      expect(String(full.headers['vary']).split(/, */), url).toContain('Accept')
      expect(full.headers['cache-control'], url).toContain('no-cache')
      for (const ifNoneMatch of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        const again = await s.get(url, { 'if-none-match': ifNoneMatch })
        expect([again.status, again.text, again.headers['etag']], url).toEqual([304, '', tag])
      }
      expect((await s.get(url, { 'if-none-match': '"x"' })).status).toBe(200)
      const head = await s.request({ method: 'HEAD', url })
      expect(head.text, url).toBe('')
      expect(head.status, url).toBe(200)
      const own = ({ headers }: typeof head, without: string[]) =>
        Object.fromEntries(Object.entries(headers).filter(([name]) => !without.includes(name)))
      const differ = ['date', 'x-request-id', 'transfer-encoding', 'connection', 'content-length']
      expect(own(head, differ), url).toEqual(own(full, differ))
      // RFC 9110, section 8.6: the Content-Length of the GET, or none.
      expect([full.headers['content-length'], undefined], url).toContain(head.headers['content-length'])
      const unchanged = await s.request({ method: 'HEAD', url, headers: { 'if-none-match': tag } })
      expect(unchanged.status, url).toBe(304)
    }
    expect(tags.size).toBe(urls.length)
    const before = await Promise.all(urls.map(async (url) => (await s.get(url)).headers['etag']))
    await create(s, '/v1/proposals', { title: 'New', proposedOn: '2024', topicIds: ['security'] })
    const after = await Promise.all(urls.map(async (url) => (await s.get(url)).headers['etag']))
    const changed = urls.filter((_, index) => before[index] !== after[index])
    expect(changed).toEqual(urls.filter((url) => url.startsWith('/v1/proposals')))
  })

  test('has an ETag that depends on the records and the filters', async () => {
    const s = await service({ seed: true })
    const tag = async (url: string) => (await s.get(url)).headers['etag']
    const url = '/v1/proposals.csv'
    expect(await tag(url)).toBe(await tag(url))
    expect(await tag(url)).not.toBe(await tag(`${url}?status=proposed`))
    const [first] = await list(s, '/v1/proposals?limit=1')
    const before = await tag(url)
    await s.patch(`/v1/proposals/${first?.['id']}`, { title: first?.['title'] })
    expect(await tag(url)).toBe(before)
    await s.patch(`/v1/proposals/${first?.['id']}`, { title: 'Other' })
    expect(await tag(url)).not.toBe(before)
    const included = '/v1/proposals.ndjson?include=meeting'
    const [meeting] = await list(s, '/v1/meetings')
    const then = await tag(included)
    await s.patch(`/v1/meetings/${meeting?.['id']}`, { summary: 'Changed.' })
    expect(await tag(included)).not.toBe(then)
  })
})

describeOnce('iCalendar', () => {
  interface Event {
    summary: string
    start: string
    end: string
    allDay: boolean
    status: string
    location: string
    description: string
    uid: string
    url: string
    raw: ICAL.Component
  }

  function events(body: string): Event[] {
    const component = new ICAL.Component(ICAL.parse(body))
    expect(component.name).toBe('vcalendar')
    for (const name of ['prodid', 'version']) expect(component.getAllProperties(name), name).toHaveLength(1)
    return component.getAllSubcomponents('vevent').map((raw) => {
      const event = new ICAL.Event(raw)
      for (const name of ['uid', 'dtstamp', 'dtstart'])
        expect(raw.getAllProperties(name), name).toHaveLength(1)
      return {
        summary: event.summary,
        start: event.startDate.toString(),
        end: event.endDate.toString(),
        allDay: event.startDate.isDate && event.endDate.isDate,
        status: String(raw.getFirstPropertyValue('status')),
        location: event.location,
        description: event.description,
        uid: event.uid,
        url: String(raw.getFirstPropertyValue('url')),
        raw,
      }
    })
  }

  test('lists each meeting as all-day events whose end is exclusive; meetings without an exact first day are left out', async () => {
    const s = await service()
    const dates = [
      ['2022-08-24', null, '2022-08-24', '2022-08-25'],
      ['2022-09-15', '2022-09-16', '2022-09-15', '2022-09-17'],
      ['2022-12-31', '2023-01-01', '2022-12-31', '2023-01-02'],
      ['2021-03-04', '2021-03', '2021-03-04', '2021-03-05'],
      ['2021-03-05', '2021-03-06?', '2021-03-05', '2021-03-06'],
    ] as const
    for (const [startDate, endDate] of dates)
      await store(s, 'meeting', { name: startDate, startDate, endDate })
    for (const startDate of ['2024-02', '2021', '2022-08-24~', '[2022-08-24..2022-08-25]', '[..2022-08-24]'])
      await store(s, 'meeting', { name: startDate, startDate })
    const found = events(await text(s, '/v1/meetings.ics'))
    expect(found).toHaveLength(dates.length)
    for (const [name, , start, end] of dates) {
      const event = found.find(({ summary }) => summary === name)
      expect(event, name).toMatchObject({ start, end, allDay: true })
    }
    expect(new Set(found.map(({ uid }) => uid)).size).toBe(dates.length)
  })

  test('relates a meeting to the one of which it is a part, and leaves subscribers free', async () => {
    const s = await service()
    const summit = await create(s, '/v1/meetings', { name: 'Summit', startDate: '2024-07-03' })
    const part = await create(s, '/v1/meetings', {
      name: 'Plenary',
      startDate: '2024-07-03',
      parentId: summit['id'],
      summary: `\r\nUID:${summit['id']}@sco-tracker\r\n${'x'.repeat(80)}`,
    })
    const body = await text(s, '/v1/meetings.ics')
    const found = new ICAL.Component(ICAL.parse(body)).getAllSubcomponents('vevent')
    expect(found).toHaveLength(2)
    for (const event of found) {
      const isPart = event.getFirstPropertyValue('uid') === `${part['id']}@sco-tracker`
      const parent = event.getFirstPropertyValue('related-to')
      expect(parent).toBe(isPart ? `${summit['id']}@sco-tracker` : null)
      expect(event.getFirstPropertyValue('transp')).toBe('TRANSPARENT')
    }
    expect(body.match(/^RELATED-TO:/gm)).toHaveLength(1)
  })

  test('has the status, place and URL of each meeting, and a sequence that grows with each change', async () => {
    const s = await service({ seed: true })
    const statuses = {
      held: 'CONFIRMED',
      scheduled: 'CONFIRMED',
      postponed: 'TENTATIVE',
      cancelled: 'CANCELLED',
    }
    const ids: Record<string, string> = {}
    for (const status of Object.keys(statuses))
      ids[status] = (
        await create(s, '/v1/meetings', {
          name: status,
          startDate: '2024-01-01',
          status,
          city: 'Tashkent',
          countryCode: 'UZ',
        })
      )['id']
    const found = events(await text(s, '/v1/meetings.ics'))
    expect(found).toHaveLength(5)
    for (const [status, expected] of Object.entries(statuses)) {
      const event = found.find(({ summary }) => summary === status)
      expect(event, status).toMatchObject({ status: expected, location: 'Tashkent, UZ' })
      const read = await s.get(new URL(event?.url ?? '').pathname)
      expect(read.body['id']).toBe(ids[status])
      expect(event?.uid).toContain(ids[status])
    }
    const sequence = async () =>
      Number(
        events(await text(s, '/v1/meetings.ics'))
          .find(({ summary }) => summary === 'held')
          ?.raw.getFirstPropertyValue('sequence') ?? 0,
      )
    const before = await sequence()
    await s.patch(`/v1/meetings/${ids['held']}`, { city: 'Osh' })
    expect(await sequence()).toBeGreaterThan(before)
    expect(events(await text(s, '/v1/meetings.ics?status=cancelled')).map(({ summary }) => summary)).toEqual([
      'cancelled',
    ])
    expect((await s.get('/v1/meetings.ics?statuss=held')).status).toBe(400)
  })

  test('folds lines at 75 octets between characters, ends them with CRLF, and escapes special characters', async () => {
    const s = await service()
    const summary = `Long: ${'Совещание министров обороны 上海 😀; a, b \\ c. '.repeat(20)}\nSecond line\nBEGIN:VEVENT`
    const name = 'Comma, semicolon; backslash \\ and a "quote": END:VCALENDAR'
    await create(s, '/v1/meetings', { name, summary, startDate: '2022-08-24', city: 'A; B, C' })
    const body = await text(s, '/v1/meetings.ics')
    expect(body.startsWith('BEGIN:VCALENDAR\r\n')).toBe(true)
    expect(body.trimEnd().endsWith('END:VCALENDAR')).toBe(true)
    expect(body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    for (const line of body.split('\r\n')) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
      expect(line.isWellFormed()).toBe(true)
    }
    const [event, ...others] = events(body)
    expect(others).toEqual([])
    expect(event).toMatchObject({ summary: name, description: summary.trim(), location: 'A; B, C' })
  })

  test('is valid for an empty list, and with control characters in a text', async () => {
    const s = await service()
    expect(events(await text(s, '/v1/meetings.ics'))).toEqual([])
    const { status } = await s.post('/v1/meetings', { name: 'Bell \u0007 and \u0000 nul', startDate: '2022' })
    if (status === 201) {
      const body = await text(s, '/v1/meetings.ics')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 5545, section 3.1: no controls but tabs.
      expect(body.replaceAll('\r\n', '')).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f]/)
      expect(events(body)).toHaveLength(1)
    } else expect(status).toBe(400)
  })
})

describeOnce('Atom', () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    isArray: (name) => ['entry', 'link', 'category', 'author'].includes(name),
    parseTagValue: false,
    processEntities: true,
    htmlEntities: false,
    trimValues: false,
  })
  const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

  /** The characters that XML 1.0 allows (section 2.2). */
  const CHARACTERS = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

  /** Parses a feed, and checks the rules of RFC 4287. */
  function feed(body: string): Body & { entry: Body[] } {
    expect(XMLValidator.validate(body)).toBe(true)
    expect(body).toMatch(CHARACTERS)
    const { feed: found } = parser.parse(body) as { feed: Body }
    expect(found['@xmlns']).toBe('http://www.w3.org/2005/Atom')
    const entries = (found['entry'] ?? []) as Body[]
    const one = (element: Body, name: string) => {
      expect(element[name], name).toBeDefined()
      expect(Array.isArray(element[name]), `one ${name}`).toBe(false)
      return typeof element[name] === 'object' ? String(element[name]['#text'] ?? '') : String(element[name])
    }
    for (const element of [found, ...entries]) {
      expect(() => new URL(one(element, 'id')), 'an IRI').not.toThrow()
      expect(one(element, 'title')).not.toBe('')
      expect(one(element, 'updated')).toMatch(INSTANT)
      for (const link of element['link'] ?? []) expect(link['@href']).toBeTruthy()
      const alternates = (element['link'] ?? []).filter(
        (link: Body) => (link['@rel'] ?? 'alternate') === 'alternate',
      )
      const kinds = alternates.map((link: Body) => `${link['@type']} ${link['@hreflang']}`)
      expect(new Set(kinds).size, 'one alternate of a kind').toBe(kinds.length)
      if (element !== found) expect(alternates.length, 'an alternate, or content').toBeGreaterThan(0)
    }
    expect(found['link'].some((link: Body) => link['@rel'] === 'self')).toBe(true)
    const authored = found['author'] ?? []
    for (const entry of entries) expect([...(entry['author'] ?? []), ...authored].length).toBeGreaterThan(0)
    for (const author of authored) expect(author.name).toBeTruthy()
    expect(new Set(entries.map((entry) => entry['id'])).size).toBe(entries.length)
    for (const entry of entries)
      for (const category of entry['category'] ?? []) expect(category['@term']).toBeTruthy()
    return { ...found, entry: entries }
  }

  /** A text construct as a reader displays it (RFC 4287, section 3.1). */
  function shown(construct: unknown): string {
    const { '@type': type = 'text', '#text': value } =
      typeof construct === 'object' ? (construct as Body) : ({ '#text': construct } as Body)
    if (type !== 'html') return String(value)
    const plain = String(value)
    expect(plain, 'no markup').not.toMatch(/[<>]/)
    const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
    return plain.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
      code ? String.fromCharCode(Number(code)) : (named[name] ?? '?'),
    )
  }

  test('of proposals and agreements follows RFC 4287, latest change first, with a link to each record', async () => {
    const s = await service({ seed: true })
    await create(s, '/v1/agreements', { title: 'Another', kind: 'charter', subject: 'What it governs.' })
    for (const path of ['proposals', 'agreements']) {
      const { headers, text: body } = await s.get(`/v1/${path}.atom`, { host: 'tracker.example:8080' })
      expect(headers['content-type']).toBe('application/atom+xml; charset=utf-8')
      const found = feed(body)
      const rows = await list(s, `/v1/${path}?sort=-updatedAt&limit=25`)
      expect(found.entry.map((entry) => shown(entry['title']))).toEqual(rows.map(({ title }) => title))
      expect(found.entry.map((entry) => entry['updated'])).toEqual(rows.map(({ updatedAt }) => updatedAt))
      expect(found['updated']).toBe(
        rows
          .map(({ updatedAt }) => updatedAt)
          .sort()
          .at(-1),
      )
      for (const [index, entry] of found.entry.entries()) {
        expect(entry['id']).toBe(`urn:sco-tracker:${rows[index]?.['id']}`)
        const { status } = rows[index] ?? {}
        expect(entry['category']?.[0]['@term'] ?? null).toBe(status)
        const text = rows[index]?.['summary'] ?? rows[index]?.['subject'] ?? null
        if (text !== null) expect(shown(entry['summary'] ?? entry['content'])).toBe(text)
      }
      const self = found['link'].find((link: Body) => link['@rel'] === 'self')
      expect(self['@href']).toBe(`http://tracker.example:8080/v1/${path}.atom`)
    }
  })

  test('escapes markup in texts, and stays valid with characters that XML does not allow', async () => {
    const s = await service()
    const texts = [
      `<b>bold</b> & "quotes" 'and' ]]> more`,
      '&amp; &lt;i&gt; &#60;',
      '<![CDATA[x]]>',
      'Ташкент 上海 😀',
      '</title></entry></feed>',
    ]
    for (const title of texts) await create(s, '/v1/proposals', { title, summary: title, proposedOn: '2022' })
    const found = feed(await text(s, '/v1/proposals.atom?sort=createdAt'))
    expect(found.entry.map((entry) => shown(entry['title']))).toEqual(texts)
    expect(found.entry.map((entry) => shown(entry['summary'] ?? entry['content']))).toEqual(texts)
    const { status } = await s.post('/v1/proposals', {
      title: 'Bell \u0007 nul \u0000 \ufffe',
      summary: 'Escape \u001b',
      proposedOn: '2022',
    })
    if (status === 201) expect(feed(await text(s, '/v1/proposals.atom')).entry).toHaveLength(texts.length + 1)
    else expect(status).toBe(400)
  })

  test('accepts the filters, sort and limit of its list, and is valid when empty', async () => {
    const s = await service({ seed: true })
    const titles = async (query: string) =>
      feed(await text(s, `/v1/proposals.atom?${query}`)).entry.map((entry) => shown(entry['title']))
    const expected = async (query: string) =>
      (await list(s, `/v1/proposals?${query}`)).map(({ title }) => title)
    for (const query of ['topic=counter-uav&sort=title', 'sort=title&limit=3', 'sort=-title&q=security'])
      expect(await titles(query), query).toEqual(await expected(query))
    expect(feed(await text(s, '/v1/proposals.atom?status=rejected')).entry).toEqual([])
    expect((await s.get('/v1/proposals.atom?include=meeting')).status).toBe(400)
    expect((await s.get('/v1/proposals.atom?topic=absent')).status).toBe(400)
  })
})

describe('a client that disconnects in the middle of a stream', () => {
  async function filled(): Promise<{ s: Service; port: number }> {
    const s = await service()
    const records = recordsOn(s.engine)
    const proposals = catalogue.resource('proposal')
    const summary = 'x'.repeat(9900)
    await records.write(AUTHOR, async (tx) => {
      for (let n = 0; n < 1500; n++)
        await createRecord(
          tx,
          proposals,
          proposals.create.parse({ title: `P${n}`, summary, proposedOn: '2022' }) as Body,
        )
    })
    await s.app.listen({ port: 0, host: '127.0.0.1' })
    return { s, port: (s.app.server.address() as AddressInfo).port }
  }

  /** The number of batches of proposals that were read since the last call. */
  const batches = (s: Service) =>
    s.queries().filter((sql) => /from "proposals".* limit \+?(\?|\$\d+) \+ 0$/s.test(sql)).length

  test('stops the reads and releases their snapshot, and the service continues', async () => {
    const { s, port } = await filled()
    for (const [index, format] of ['csv', 'ndjson'].entries()) {
      const closed = new Promise<void>((resolve) => {
        s.app.server.once('request', (_, response) => response.once('close', () => resolve()))
      })
      s.queries()
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const request = httpGet({ port, path: `/v1/proposals.${format}` }, resolve)
        request.on('error', reject)
      })
      response.on('error', () => {})
      expect(response.statusCode).toBe(200)
      await new Promise<void>((resolve) => response.once('data', () => resolve()))
      response.pause()
      response.destroy()
      await closed
      for (let n = 0; n < 20; n++) await setImmediate()
      // 1,500 rows are 30 batches of half a megabyte, which is more than the socket buffers.
      const read = batches(s)
      expect(read).toBeGreaterThan(0)
      expect(read).toBeLessThan(30)

      // No reader is left on an old snapshot: a checkpoint can truncate the write-ahead log.
      if (onPostgres) {
        const open = `select count(*) as n from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`
        // A batch that was being read when the client disconnected is read to its end.
        const idleTransactions = async () =>
          (await fromOutside(s.url, (client) => client.query(open))).rows[0].n
        await eventually(async () => expect(await idleTransactions()).toBe(0))
      } else {
        const other = new Database(s.file)
        const [checkpoint] = other.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
        other.close()
        expect(checkpoint?.busy).toBe(0)
      }

      await create(s, '/v1/proposals', { title: `After ${index}`, proposedOn: '2023' })
      const after = await fetch(`http://127.0.0.1:${port}/v1/proposals?proposedFrom=2023`)
      expect(((await after.json()) as Body)['data']).toHaveLength(index + 1)
      s.queries()
      for (let n = 0; n < 20; n++) await setImmediate()
      expect(batches(s), 'the stream has stopped reading').toBe(0)
      const whole = await fetch(`http://127.0.0.1:${port}/v1/proposals.${format}`)
      expect((await whole.text()).trimEnd().split('\n')).toHaveLength(
        1501 + index + (format === 'csv' ? 1 : 0),
      )
    }
  })
})
