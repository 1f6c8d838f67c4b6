// The statistics: each number is that of the API, in the chart and in its table.
import { describe, expect, test } from 'vitest'
import { type Service, service } from '../helpers/app.ts'
import { instantBeforeWrites } from '../helpers/wait.ts'
import { expectSafe, textOf } from './check.ts'

const HTML = { accept: 'text/html' }

/** A section of a page by the id of its heading. */
const sectionOf = (page: string, id: string) => {
  const start = page.indexOf(`<section aria-labelledby="${id}">`)
  const end = page.indexOf('<section aria-labelledby=', start + 1)
  return start === -1 ? '' : page.slice(start, end)
}

/** The rows of the tables in a part of a page, as texts. */
const rowsOf = (part: string) =>
  part
    .split('<tr>')
    .slice(2)
    .map((row) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell = '']) => textOf(cell)))

/** Proposals of several years, states, topics and statuses; some without a date, an event or a state. */
async function manyProposals({ post }: Service): Promise<void> {
  for (let n = 0; n < 36; n++) {
    const events = [
      { type: 'proposed', occurredOn: n % 8 === 0 ? null : `${2015 + (n % 5) * 2}-0${1 + (n % 9)}-01` },
      ...(n % 3 === 0 ? [{ type: 'adopted', occurredOn: '2024-05-05' }] : []),
    ]
    const { status } = await post('/v1/proposals', {
      title: `Proposal ${n}`,
      contributors: n % 5 === 0 ? [] : [{ role: 'proposer', stateCode: ['RU', 'UZ', 'CN'][n % 3] }],
      events: n % 9 === 0 ? [] : events,
      topicIds: n % 2 === 0 ? ['counter-uav', 'military-cooperation'] : [],
    })
    expect([n, status]).toEqual([n, 201])
  }
}

/** Has the tables built in which later counts are made. */
async function countOnce(app: Service): Promise<void> {
  for (const of of ['proposals', 'agreements', 'meetings', 'statements'])
    await app.get(`/statistics?of=${of}`, HTML)
  await app.counts?.idle()
}

type Bucket = { key: string | null; label: string | null; count: number }

describe.each([
  ['by queries', {}],
  ['in memory', { countFrom: 0 }],
])('the statistics, counted %s,', (_, options) => {
  test.each(['', 'state=RU&', 'dateFrom=2017&dateTo=2020&topic=counter-uav&', 'asOf=2023-06-01&'])(
    'of proposals by year and status are those of the API: %s',
    async (filter) => {
      const app = await service({ seed: true, ...options })
      await countOnce(app)
      await manyProposals(app)
      const { text } = await app.get(`/statistics?${filter}`.replace(/&$/, ''), HTML)
      const api = filter.replace('dateFrom', 'proposedFrom').replace('dateTo', 'proposedTo')
      const statuses = await app.get(`/v1/stats/proposals?by=status&${api}`.replace(/&$/, ''))
      const section = sectionOf(text, 'year')
      const heads = [...section.matchAll(/<th scope="col"[^>]*>(.*?)<\/th>/g)].map(([, head = '']) => head)
      const keys = ['proposed', 'under-consideration', 'adopted'].filter((key) =>
        statuses.body['data'].some((bucket: Bucket) => bucket.key === key),
      )
      for (const [index, status] of keys.entries()) {
        const { body } = await app.get(
          `/v1/stats/proposals?by=year&status=${status}&${api}`.replace(/&$/, ''),
        )
        const expected = body['data'].filter(({ key }: Bucket) => key !== null)
        const column = rowsOf(section).flatMap(([year, ...counts]) => {
          const count = Number(counts[index])
          return count > 0 ? [[year, count]] : []
        })
        expect([status, column]).toEqual([status, expected.map(({ key, count }: Bucket) => [key, count])])
      }
      expect(heads[1]).toBe('Proposed')
      expect(textOf(/<h1[^>]*>(.*?)<\/h1>/.exec(text)?.[1] ?? '')).toMatch(
        new RegExp(`: ${statuses.body['total']}$`),
      )
    },
  )

  test.each(['proposals', 'agreements', 'meetings', 'statements'])(
    'of %s by each grouping are those of the API',
    async (of) => {
      const app = await service({ seed: true, ...options })
      await countOnce(app)
      await manyProposals(app)
      const { text } = await app.get(`/statistics?of=${of}`, HTML)
      const links = [...text.matchAll(/href="(\/v1\/stats\/[^"]*)"/g)].map(([, href = '']) =>
        href.replaceAll('&amp;', '&'),
      )
      expect(links.length).toBeGreaterThan(2)
      for (const link of links.slice(1)) {
        const { body } = await app.get(link)
        const counts = body['data'].map(({ count }: Bucket) => count)
        const rows = rowsOf(sectionOf(text, body['by']))
        expect([link, rows.map(([, count]) => Number(count)).sort()]).toEqual([link, counts.sort()])
        for (const { label, count } of body['data'] as Bucket[])
          if (label !== null) expect(rows).toContainEqual([label, String(count)])
      }
    },
  )

  test('lead to lists with the same number of records', async () => {
    const app = await service({ seed: true, ...options })
    await countOnce(app)
    await manyProposals(app)
    const { text } = await app.get('/statistics?state=RU', HTML)
    const rows = [...text.matchAll(/<th scope="row"><a href="([^"]*)">.*?<td class="count">(\d+)<\/td>/g)]
    expect(rows.length).toBeGreaterThan(10)
    for (const [, href = '', count] of rows.filter(([, address]) => !/proposedFrom/.test(address ?? ''))) {
      const { body } = await app.get(`/v1${href.replaceAll('&amp;', '&')}&count=exact&limit=1`)
      expect([href, body['page'].total]).toEqual([href, Number(count)])
    }
  })

  test('are those that were known', async () => {
    const app = await service({ seed: true, ...options })
    const before = (await app.get('/statistics?of=proposals', HTML)).text
    const knownAt = await instantBeforeWrites()
    await manyProposals(app)
    const after = (await app.get('/statistics', HTML)).text
    const known = (await app.get(`/statistics?knownAt=${knownAt}`, HTML)).text
    for (const id of ['year', 'status', 'state', 'topic', 'organization']) {
      expect([id, rowsOf(sectionOf(known, id))]).toEqual([id, rowsOf(sectionOf(before, id))])
      if (id !== 'organization')
        expect(rowsOf(sectionOf(after, id))).not.toEqual(rowsOf(sectionOf(before, id)))
    }
  })

  test('have charts that say what they show, and tell series apart without colour', async () => {
    const app = await service({ seed: true, ...options })
    await countOnce(app)
    await manyProposals(app)
    const { text } = await app.get('/ru/statistics', HTML)
    const [svg = ''] = /<svg [^>]*role="img".*?<\/svg>/s.exec(text) ?? []
    const [, title = '', description = ''] = /aria-labelledby="([\w-]+) ([\w-]+)"/.exec(svg) ?? []
    expect(svg).toContain(`<title id="${title}">Предложения по годам</title>`)
    expect(svg).toMatch(new RegExp(`<desc id="${description}">[^<]+</desc>`))
    const patterns = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path)
    expect(new Set(patterns).size).toBe(patterns.length)
    expect(text.match(/<ul class="legend">.*?<\/ul>/)?.[0].match(/<li>/g)).toHaveLength(patterns.length)
    expect(text).not.toMatch(/style=/)
    const heights = [...svg.matchAll(/<rect [^>]*height="([\d.]+)" fill/g)].map(([, height]) =>
      Number(height),
    )
    expect(Math.max(...heights)).toBeLessThanOrEqual(160)
    expect(Math.min(...heights)).toBeGreaterThan(0)
  })

  test('are valid in three languages, empty, of long spans and with hostile names', async () => {
    const app = await service({ seed: true, ...options })
    const title = `<script>x</script>" onx="y" {n} {kind} این \u202e`
    await app.post('/v1/topics', { slug: 'hostile', prefLabel: title })
    await app.post('/v1/proposals', {
      title,
      topicIds: ['hostile'],
      events: [{ type: 'proposed', occurredOn: '0001' }],
    })
    await app.post('/v1/meetings', { name: title, startDate: '1001', classification: title })
    for (const prefix of ['', '/ru', '/zh'])
      for (const query of [
        '',
        '?of=meetings',
        '?of=agreements',
        '?of=statements',
        '?dateTo=0900&topic=hostile',
        '?of=meetings&dateTo=0900',
      ]) {
        const { status, text } = await app.get(`${prefix}/statistics${query}`, HTML)
        expect([prefix, query, status]).toEqual([prefix, query, 200])
        expect(text).not.toMatch(/undefined|\[object|NaN|<script/)
        expect(Buffer.byteLength(text)).toBeLessThan(60_000)
        await expectSafe(`${prefix}/statistics${query}`, text)
      }
    expect((await app.get('/statistics?of=topics', HTML)).status).toBe(400)
  })

  test('read no record that is counted, once that is done in memory', async () => {
    const app = await service({ seed: true, ...options })
    await manyProposals(app)
    await countOnce(app)
    app.queries()
    await app.get('/statistics?dateFrom=2019&state=RU', HTML)
    const counted = app.queries().filter((text) => text.includes('"proposals"'))
    expect(counted.length > 0).toBe(app.counts === undefined)
  })
})
