// The board and the quiet board: their counts and records are those of the API.
import { describe, expect, test } from 'vitest'
import { type Service, service } from '../helpers/app.ts'
import { expectSafe, textOf } from './check.ts'

const HTML = { accept: 'text/html' }
const PREFIXES = ['', '/ru', '/zh']
const PATHS = { proposals: 'prp', agreements: 'agr' }

const addressesIn = (part: string) =>
  [...part.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'))

/** The columns of a board: the status, the number, and the ids of its records. */
function columnsOf(page: string): { status: string; list: string; count: number; ids: string[] }[] {
  const board = page.slice(
    page.indexOf('<div class="board">'),
    page.indexOf('<section aria-labelledby="data"'),
  )
  return board
    .split('<section aria-labelledby="')
    .slice(1)
    .map((column) => ({
      status: column.slice(0, column.indexOf('"')),
      list: addressesIn(column)[0] ?? '',
      count: Number(textOf(/<small>(.*?)<\/small>/.exec(column)?.[1] ?? '').replace(/\D/g, '')),
      ids: [...column.matchAll(/<p class="title"><a href="[^"]*\/([a-z]{3}_\w{26})/g)].map(
        ([, id = '']) => id,
      ),
    }))
}

async function manyProposals({ post }: Service, count: number): Promise<void> {
  const types = ['proposed', 'under-consideration', 'adopted', 'deferred', 'rejected'] as const
  for (let n = 0; n < count; n++) {
    const { status } = await post('/v1/proposals', {
      title: `A proposal of a usual length about the cooperation of the ministries, number ${n}`,
      contributors: [{ role: 'proposer', stateCode: n % 2 === 0 ? 'RU' : 'UZ' }],
      events: n % 7 === 6 ? [] : [{ type: types[n % 5], occurredOn: `2023-0${1 + (n % 9)}-1${n % 10}` }],
      topicIds: n % 3 === 0 ? ['counter-uav'] : ['regional-security'],
    })
    expect([n, status]).toEqual([n, 201])
  }
}

describe('the board', () => {
  test.each([
    '',
    '?state=UZ',
    '?topic=counter-uav&dateFrom=2023-02&dateTo=2023',
    '?asOf=2023-03-31',
    '?of=agreements',
  ])('has the counts and the records of the API: %s', async (query) => {
    const app = await service({ seed: true })
    await manyProposals(app, 60)
    const { text } = await app.get(`/board${query}`, HTML)
    const path = query.includes('agreements') ? 'agreements' : 'proposals'
    const [json = ''] = addressesIn(text.slice(text.indexOf('<h2 id="data"'))).filter((each) =>
      each.startsWith('/v1/'),
    )
    const filters = (json.split('?')[1] ?? '').replace(/sort=-[a-zA-Z]+/, '')
    const stats = await app.get(
      `/v1/stats/${path}?by=status&${filters.replaceAll('&&', '&').replace(/&$/, '')}`,
    )
    const counts = Object.fromEntries(
      stats.body['data'].map(({ key, count }: { key: string; count: number }) => [key, count]),
    )
    const columns = columnsOf(text)
    expect(columns.length).toBeGreaterThan(0)
    const { null: without = 0, ...known } = counts
    expect(Object.fromEntries(columns.map(({ status, count }) => [status, count]))).toEqual(known)
    expect(text.includes(`Without a recorded event: ${without}`)).toBe(without > 0)
    expect(textOf(/<h1[^>]*>(.*?)<\/h1>/.exec(text)?.[1] ?? '')).toMatch(
      new RegExp(`: ${stats.body['total']}$`),
    )
    for (const { status, list, count, ids } of columns) {
      const api = await app.get(`/v1${list}&count=exact&limit=10`)
      expect([status, api.body['page'].total]).toEqual([status, count])
      expect(ids).toEqual(api.body['data'].map(({ id }: { id: string }) => id))
    }
  })

  test('says since when, and for how many days if a record is open', async () => {
    const app = await service({ seed: true, clock: () => new Date('2023-12-31T12:00:00Z') })
    const create = (title: string, type: string) =>
      app.post('/v1/proposals', { title, events: [{ type, occurredOn: '2023-12-01' }] })
    await create('One', 'proposed')
    await create('Two', 'adopted')
    const words = textOf((await app.get('/board', HTML)).text)
    expect(words).toMatch(/Onesince 1 December 2023 \(30 days\)/)
    expect(words).toMatch(/Two1 December 2023(?! \()/)
    expect(textOf((await app.get('/ru/board', HTML)).text)).toContain('с 1 декабря 2023 г. (30 дней)')
  })
})

describe('the quiet board', () => {
  test.each(['proposals', 'agreements'] as const)(
    'has the %s of the API that are quiet, over pages',
    async (of) => {
      const app = await service({ seed: true, clock: () => new Date('2026-11-30T12:00:00Z') })
      await manyProposals(app, 40)
      const list = `/v1/${of}?stalledSince=2025-11-30&sort=statusSince&limit=200&count=exact`
      const { body } = await app.get(list)
      const ids: string[] = []
      let url: string | undefined = `/quiet?of=${of}&limit=7`
      while (url) {
        const { text, status } = await app.get(url, HTML)
        expect(status).toBe(200)
        if (ids.length === 0) expect(textOf(text)).toContain(`30 November 2025: ${body['page'].total}`)
        const titles = text.matchAll(new RegExp(`<p class="title"><a href="/${of}/(${PATHS[of]}_\\w+)`, 'g'))
        ids.push(...[...titles].map(([, id = '']) => id))
        url = addressesIn(/<a rel="next"[^>]*>/.exec(text)?.[0] ?? '')[0]
        if (url) expect(url).toContain('stalledSince=2025-11-30')
      }
      expect(ids).toEqual(body['data'].map(({ id }: { id: string }) => id))
      expect(ids.length).toBeGreaterThan(0)
    },
  )

  test('says since when no event is recorded, by the last event of any type', async () => {
    const app = await service({ seed: true, clock: () => new Date('2026-11-30T12:00:00Z') })
    const create = (title: string, events: object[]) => app.post('/v1/proposals', { title, events })
    await create('First', [{ type: 'proposed', occurredOn: '2022-08-24' }])
    await create('Second', [
      { type: 'proposed', occurredOn: '2022-08-24' },
      { type: 'noted', occurredOn: '2023-01-01', stateCode: 'RU' },
    ])
    await create('Third', [{ type: 'proposed', occurredOn: '2021' }])
    await create('Fourth', [{ type: 'proposed', occurredOn: null }])
    await create('Fifth', [{ type: 'adopted', occurredOn: '2021' }])
    const words = textOf((await app.get('/quiet?limit=200', HTML)).text)
    expect(words).toContain('FirstNo event recorded since 24 August 2022, for 4 years')
    expect(words).toContain('SecondNo event recorded since 1 January 2023, for 3 years')
    expect(words).toMatch(/ThirdNo event recorded since 2021(?! \()/)
    expect(words).toContain('FourthNo event with a date is recorded')
    expect(words).not.toContain('Fifth')
    expect(words).not.toMatch(/stale|dead/i)
    const later = textOf((await app.get('/quiet?stalledSince=2022-12-31&limit=200', HTML)).text)
    expect(later).toContain('First')
    expect(later).not.toContain('Second')
    const earlier = textOf(
      (await app.get('/quiet?asOf=2022-09-03&stalledSince=2022-09-01&limit=200', HTML)).text,
    )
    expect(earlier).toContain('SecondNo event recorded since 24 August 2022, for 10 days')
  })

  test('says which records took one up, with links, in three languages', async () => {
    const app = await service({ clock: () => new Date('2026-11-30T12:00:00Z') })
    const create = async (path: string, title: string, more: object = {}) => {
      const { body, status } = await app.post(`/v1/${path}`, { title, ...more })
      expect([title, status]).toEqual([title, 201])
      return String(body['id'])
    }
    const events = [{ type: 'proposed', occurredOn: '2010-11-25' }]
    const first = await create('proposals', 'A study of a bank', { events })
    const again = await create('proposals', 'A bank', {
      events: [{ type: 'proposed', occurredOn: '2026-11-01' }],
      relations: [
        { type: 'restates', targetId: first },
        { type: 'refers-to', targetId: first },
      ],
    })
    const agreement = await create('agreements', 'The agreement', { kind: 'agreement' })
    await app.post(`/v1/proposals/${first}/relations`, { type: 'became', targetId: agreement })
    await create('proposals', 'Another one', { events })
    for (const [prefix, restated, became] of [
      ['', 'Proposed again: ', 'Became: '],
      ['/ru', 'Предложено снова: ', 'Стало документом: '],
      ['/zh', '后再次提出：', '后成为：'],
    ] as const) {
      const { text } = await app.get(`${prefix}/quiet`, HTML)
      const [, row = '', other = ''] = text.split('<p class="title">')
      expect(row).toContain(`${restated}<a href="${prefix}/proposals/${again}">`)
      expect(row).toContain(`${became}<a href="${prefix}/agreements/${agreement}">`)
      expect(row.split(again)).toHaveLength(2)
      expect(textOf(other)).toContain('Another one')
      expect(other).not.toContain(agreement)
      await expectSafe(`${prefix}/quiet`, text)
    }
  })

  test('is linked from the start page', async () => {
    const app = await service({ seed: true })
    for (const path of ['/en/', '/ru/', '/zh/']) {
      const { text } = await app.get(path, HTML)
      expect(addressesIn(text).some((address) => /\/quiet\?stalledSince=/.test(address))).toBe(true)
    }
  })
})

test.each(['/board', '/quiet'])(
  '%s is valid in three languages, with hostile text, and small',
  async (path) => {
    const app = await service({ seed: true })
    await manyProposals(app, 60)
    const title = `<script>x</script>" onx="y" {n} {day} این \u202e`
    const topic = await app.post('/v1/topics', { slug: 'hostile', prefLabel: title })
    expect(topic.status).toBe(201)
    await app.post('/v1/proposals', {
      title,
      topicIds: ['hostile'],
      contributors: [{ role: 'proposer', stateCode: 'RU', attributionText: title }],
      events: [{ type: 'proposed', occurredOn: '2020?' }],
    })
    for (const prefix of PREFIXES)
      for (const query of [
        '',
        '?topic=hostile',
        '?of=agreements',
        '?state=RU&asOf=2023-06-30',
        '?dateTo=1990',
        '?knownAt=2100-01-01T00:00:00Z',
      ]) {
        const { status, text } = await app.get(`${prefix}${path}${query}`, HTML)
        expect([prefix, query, status]).toEqual([prefix, query, 200])
        expect(text).not.toMatch(/undefined|\[object|NaN|<script/)
        if (query === '?topic=hostile') expect(text).toContain('&lt;script&gt;')
        expect(Buffer.byteLength(text)).toBeLessThan(40_000)
        await expectSafe(`${prefix}${path}${query}`, text)
      }
    for (const query of ['?of=topics', '?topic=none', '?stalledSince=x']) {
      const { status, text } = await app.get(`${path}${query}`, HTML)
      expect([query, status]).toEqual([query, 400])
      await expectSafe(query, text)
    }
  },
)
