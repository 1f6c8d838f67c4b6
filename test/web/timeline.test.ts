// The timeline: the order and the paging of several lists of the API as one, its filters, clocks and languages.
import { describe, expect, test } from 'vitest'
import { sortKey } from '../../src/core/dates.ts'
import { type Service, service } from '../helpers/app.ts'
import { expectSafe } from './check.ts'

const HTML = { accept: 'text/html' }
const ALL = 'meeting,event,proposal,agreement,statement,position,membership'

/** The ids of the entries of a page in order, by their links. */
const idsOn = (page: string) =>
  [
    ...page.matchAll(
      /<p class="title"><a href="[^"]*\/([a-z]{3}_\w{26})(?:[?][^"#]*)?(?:#([a-z]{3}_\w{26}))?"/g,
    ),
  ].map(([, record = '', part]) => part ?? record)

const nextOf = (page: string) =>
  /rel="next(?: nofollow)?" href="([^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')

/** The ids of all entries, page by page. @param between runs after the first page */
async function walk({ get }: Service, first: string, between?: () => Promise<void>): Promise<string[]> {
  const ids: string[] = []
  let url: string | undefined = first
  while (url) {
    const { status, text } = await get(url, HTML)
    expect([url, status]).toEqual([url, 200])
    ids.push(...idsOn(text))
    if (url === first) await between?.()
    url = nextOf(text)
  }
  return ids
}

/** The records of lists of the API, merged in order of date and id; unknown dates are last. */
async function merged({ get }: Service, lists: [path: string, field: string][], direction: 1 | -1 = -1) {
  const all: { id: string; date: string | null }[] = []
  for (const [path, field] of lists) {
    const { body } = await get(path)
    expect(body['page'].nextCursor).toBeNull()
    for (const doc of body['data']) all.push({ id: doc.id, date: doc[field] && sortKey(doc[field]) })
  }
  const compare = (one: string, other: string) => (one < other ? -1 : 1)
  all.sort((one, other) => {
    if (one.date === other.date) return direction * compare(one.id, other.id)
    if (one.date === null || other.date === null) return one.date === null ? 1 : -1
    return direction * compare(one.date, other.date)
  })
  return all.map(({ id }) => id)
}

/** Proposals with an event each, one in ten without a date, and meetings on some of their days. */
async function manyRecords({ post }: Service, count: number, first = 0): Promise<void> {
  const dayOf = (n: number) => `20${10 + (n % 15)}-0${1 + (n % 9)}-1${n % 7}`
  for (let n = first; n < first + count; n++) {
    const occurredOn = n % 10 === 0 ? null : dayOf(n)
    const { status, text } = await post('/v1/proposals', {
      title: `Proposal ${n} about the cooperation of ministries`,
      contributors: [{ role: 'proposer', stateCode: n % 2 === 0 ? 'RU' : 'UZ' }],
      events: [{ type: 'proposed', occurredOn }],
      topicIds: n % 3 === 0 ? ['counter-uav'] : [],
    })
    expect([n, status, text.slice(0, 200)]).toEqual([n, 201, text.slice(0, 200)])
    if (n % 4 === 1) {
      const meeting = { name: `Meeting ${n}`, startDate: dayOf(n), city: 'Tashkent' }
      expect((await post('/v1/meetings', meeting)).status).toBe(201)
    }
  }
}

describe('the timeline', () => {
  test('shows meetings and events in the order of the lists of the API, over pages', async () => {
    const app = await service({ seed: true })
    await manyRecords(app, 110)
    const meetings: [string, string] = ['/v1/meetings?limit=200', 'startDate']
    const expected = await merged(app, [meetings, ['/v1/events?limit=200', 'occurredOn']])
    expect(expected.length).toBeGreaterThan(130)
    expect(await walk(app, '/timeline?limit=200')).toEqual(expected)
    expect(await walk(app, '/timeline?limit=7')).toEqual(expected)
    expect(await walk(app, '/ru/timeline?limit=1&kind=meeting')).toEqual(await merged(app, [meetings]))
    const ascending = await merged(app, [meetings, ['/v1/events?limit=200', 'occurredOn']], 1)
    expect(await walk(app, '/timeline?sort=date&limit=9')).toEqual(ascending)
  })

  test('shows one state on all pages, whatever is written between them', async () => {
    const app = await service({ seed: true })
    await manyRecords(app, 24)
    const before = await walk(app, '/timeline?limit=200')
    const during = await walk(app, '/timeline?limit=5', async () => {
      await manyRecords(app, 6, 24)
      const [id] = before.filter((one) => one.startsWith('mtg_')).slice(-1)
      expect((await app.patch(`/v1/meetings/${id}`, { startDate: '2031-01-01' })).status).toBe(200)
    })
    expect(during).toEqual(before)
    expect((await walk(app, '/timeline?limit=200')).length).toBeGreaterThan(before.length)
  })

  test('has the filters of the lists, and links to them', async () => {
    const app = await service({ seed: true })
    await manyRecords(app, 12)
    const url = '/timeline?state=RU&topic=counter-uav&dateFrom=2012&dateTo=2022-08'
    const { text } = await app.get(`${url}&kind=proposal,event,meeting`, HTML)
    const heading = /<h1[^>]*>(.*?)<\/h1>/.exec(text)?.[1]?.replaceAll(/<[^>]*>/g, '')
    expect(heading).toBe(
      'Timeline of Russia about Countering unmanned aerial vehicles since 2012 until August 2022',
    )
    const links = [...text.matchAll(/<a href="(\/v1\/[^"]*)"/g)].map(([, href = '']) =>
      href.replaceAll('&amp;', '&'),
    )
    expect(links.map((link) => link.split('?')[0])).toEqual(['/v1/meetings', '/v1/events', '/v1/proposals'])
    const fields = ['startDate', 'occurredOn', 'proposedOn']
    const lists = links.map((link, index): [string, string] => [`${link}&limit=200`, fields[index] ?? ''])
    expect(idsOn(text)).toEqual(await merged(app, lists))
    expect(idsOn(text).length).toBeGreaterThan(0)
  })

  test('of everything of a person has their posts, and leaves out kinds without such a filter', async () => {
    const app = await service({ seed: true })
    const speaker = 'spk_01gb6jc400f3jvw4vjq1313fg2'
    const { text } = await app.get(`/timeline?speaker=${speaker}&kind=${ALL}&limit=200`, HTML)
    const lists = [...text.matchAll(/<a href="\/v1\/([a-z]+)\?([^"]*)"/g)].map(
      ([, path, query]) => `${path} ${query}`,
    )
    expect(lists).toContain(`memberships holder=${speaker}&amp;sort=-startDate`)
    expect(lists).toContain(`statements speaker=${speaker}&amp;sort=-date`)
    const topic = await app.get(`/timeline?topic=counter-uav&kind=${ALL}`, HTML)
    expect(topic.text).not.toContain('/v1/memberships')
    expect(topic.text).not.toContain('/v1/positions')
  })

  test('leaves out what was later than its clocks', async () => {
    const app = await service({ seed: true })
    const { body } = await app.get('/v1/events?limit=200')
    const before = new Date(Date.now() - 1).toISOString()
    const created = await app.post('/v1/proposals', {
      title: 'Later',
      events: [{ type: 'proposed', occurredOn: '2024-01-01' }],
    })
    const [{ id = '' } = {}] =
      created.body['events'] ?? (await app.get(`/v1/events?record=${created.body['id']}`)).body['data']
    expect(await walk(app, '/timeline?kind=event&limit=200')).toContain(id)
    expect(await walk(app, '/timeline?kind=event&limit=200&asOf=2023-12-31')).not.toContain(id)
    const known = await walk(app, `/timeline?kind=event&limit=3&knownAt=${before}`)
    expect(known).toEqual(body['data'].map((event: { id: string }) => event.id))
  })

  test('is valid in three languages, also empty and with hostile titles', async () => {
    const app = await service({ seed: true })
    const title = `<script>x</script>" onx="y" {n} این \u202e`
    await app.post('/v1/meetings', { name: title, startDate: '2022', city: title })
    await app.post('/v1/proposals', {
      title,
      events: [{ type: 'noted', occurredOn: '[2022-08-20..2022-09-02]', stateCode: 'RU' }],
    })
    for (const prefix of ['', '/ru', '/zh'])
      for (const query of [
        '',
        `?kind=${ALL}`,
        '?dateTo=1980',
        '?asOf=2022-08-30&knownAt=2100-01-01T00:00:00Z',
      ]) {
        const { status, text } = await app.get(`${prefix}/timeline${query}`, HTML)
        expect([prefix, query, status]).toEqual([prefix, query, 200])
        expect(text).not.toMatch(/undefined|\[object|NaN|<script/)
        await expectSafe(`${prefix}/timeline${query}`, text)
      }
    const { text } = await app.get('/timeline', HTML)
    expect(text).toContain('<h3>August 2022</h3>')
    expect(text).toContain('&lt;script&gt;')
  })

  test('of 50 entries takes at most 40 kB', async () => {
    const app = await service({ seed: true })
    await manyRecords(app, 48)
    for (const prefix of ['', '/ru', '/zh']) {
      const { text } = await app.get(`${prefix}/timeline?limit=50`, HTML)
      expect(idsOn(text)).toHaveLength(50)
      expect(Buffer.byteLength(text)).toBeLessThan(40_000)
    }
  })

  test('explains a cursor of other lists, and conditions that do not work', async () => {
    const app = await service({ seed: true })
    const next = nextOf((await app.get('/timeline?limit=2', HTML)).text) ?? ''
    const wrong = [
      `${next}&kind=meeting`,
      `${next}&state=RU`,
      '/timeline?cursor=x.y',
      '/timeline?topic=none',
      '/timeline?kind=source',
    ]
    for (const url of wrong) {
      const { status, text } = await app.get(url, HTML)
      expect([url, status]).toEqual([url, 400])
      await expectSafe(url, text)
    }
    const form = await app.get('/zh/timeline?kind=&state=RU&topic=&dateFrom=&sort=', HTML)
    expect([form.status, form.headers.location]).toEqual([302, '/zh/timeline?state=RU'])
  })
})
