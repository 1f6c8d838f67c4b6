// Lists as pages: facets, dates as people write them, and conditions that do not work.
import { describe, expect, test } from 'vitest'
import { snapshotReads } from '../../src/records/read/context.ts'
import { listIds, listPage } from '../../src/records/read/page.ts'
import { listQuery } from '../../src/records/read/parameters.ts'
import { catalogue } from '../../src/resources/index.ts'
import { isoDate } from '../../src/web/date-input.ts'
import { FACETS, type Facet, readFacets } from '../../src/web/facets.ts'
import { formatTotal, MAX_TOTAL } from '../../src/web/totals.ts'
import { type Service, service } from '../helpers/app.ts'
import { expectSafe, textOf, unescaped } from './check.ts'

const HTML = { accept: 'text/html' }
const PREFIXES = ['', '/ru', '/zh']

/** Proposals of several states, topics, years and statuses. */
async function manyProposals(count: number): Promise<Service> {
  const app = await service({ seed: true })
  for (let n = 0; n < count; n++) {
    const year = 2010 + (n % 12)
    const later = [{ type: 'adopted', occurredOn: `${year}-06-01` }]
    const { status, text } = await app.post('/v1/proposals', {
      title: `A proposal of a usual length about the cooperation of the ministries, number ${n}`,
      contributors: [{ role: 'proposer', stateCode: ['RU', 'CN', 'KZ'][n % 3] }],
      proposedOn: `${year}-05-01`,
      events: [{ type: 'proposed', occurredOn: `${year}-05-01` }, ...(n % 2 === 0 ? later : [])],
      topicIds: n % 4 === 0 ? ['counter-uav'] : ['information-security', 'regional-security'],
    })
    expect([status, text]).toEqual([201, expect.any(String)])
  }
  return app
}

interface FacetLink {
  facet: string
  url: string
  count: number
}

/** The links of the facets of a page. */
function facetsOf(page: string): FacetLink[] {
  return page.split('<h3 id="facet-').flatMap((part, index) => {
    if (index === 0) return []
    const facet = part.slice(0, part.indexOf('"'))
    const list = part.slice(0, part.indexOf('</ul>'))
    return [...list.matchAll(/<li><a href="([^"]*)"(?: rel="nofollow")?>.*?<\/a> ([\d\s,]+)<\/li>/g)].map(
      ([, url = '', count = '']) => ({
        facet,
        url: unescaped(url),
        count: Number(count.replaceAll(/\D/g, '')),
      }),
    )
  })
}

const countOf = (page: string) =>
  Number(
    textOf(/<h1[^>]*>(.*?)<\/h1>/s.exec(page)?.[1] ?? '')
      .split(/[:：] ?/)
      .at(-1)
      ?.replaceAll(/\D/g, ''),
  )

describe('facets', () => {
  test('have the counts of /v1/stats, and lead to lists with as many records', async () => {
    const { get } = await manyProposals(24)
    for (const query of [
      '',
      '?state=CN',
      '?topic=counter-uav&status=adopted',
      '?q=ministries',
      '?asOf=2015-05-20',
    ]) {
      const { text } = await get(`/proposals${query}`, HTML)
      const links = facetsOf(text)
      expect(links.length).toBeGreaterThan(3)
      for (const facet of new Set(links.map((each) => each.facet))) {
        const narrower = facet === 'topic' ? '&narrower=true' : ''
        const { body } = await get(`/v1/stats/proposals?by=${facet}${narrower}${query.replace('?', '&')}`)
        const counts = (body['data'] as { key: string | null; count: number }[])
          .filter(({ key }) => key !== null)
          .map(({ count }) => count)
        const shown = links.filter((each) => each.facet === facet).map(({ count }) => count)
        expect(shown.length).toBe(Math.min(10, counts.length))
        if (facet !== 'year') expect(shown).toEqual(counts.slice(0, 10))
      }
      for (const { url, count } of links) {
        const list = await get(url, HTML)
        expect([url, countOf(list.text)]).toEqual([url, count])
      }
    }
  })

  test('leave out what is a condition already, and what all records share', async () => {
    const { get } = await manyProposals(6)
    const of = async (url: string) => [
      ...new Set(facetsOf((await get(url, HTML)).text).map(({ facet }) => facet)),
    ]
    expect(await of('/proposals')).toEqual(FACETS.proposal)
    expect(await of('/proposals?status=adopted')).not.toContain('status')
    expect(await of('/proposals?proposedFrom=2011')).not.toContain('year')
    expect(await of('/proposals?state=KZ&status=adopted')).not.toContain('state')
    expect(await of('/proposals?knownAt=2099-01-01T00:00:00Z')).toEqual([])
  })

  test('show ten values, and all of them on request', async () => {
    const { get } = await manyProposals(24)
    const { text } = await get('/proposals', HTML)
    const years = (page: string) => facetsOf(page).filter(({ facet }) => facet === 'year')
    expect(years(text)).toHaveLength(10)
    const more = unescaped(/href="([^"]*facet=year[^"]*)"/.exec(text)?.[1] ?? '')
    expect(more).toMatch(/#facet-year$/)
    const whole = await get(more.split('#')[0] ?? '', HTML)
    expect(years(whole.text)).toHaveLength(13)
    // The form and the data are those of the list.
    expect(whole.text).not.toMatch(/name="facet"|"\/v1\/[^"]*facet=/)
    await expectSafe('facet', whole.text)
  })

  test('of many records are counted one by one, on request', async () => {
    const { engine } = await service({ seed: true })
    const read = snapshotReads({ catalogue, engine, clock: () => new Date(), cursorSecret: Buffer.alloc(32) })
    const kind = catalogue.resource('proposal')
    const query = listQuery(kind, {}, { asOf: null, knownAt: null })
    const ids = Array.from({ length: MAX_TOTAL + 1 }, (_, index) => `prp_${index}`)
    const counted = (whole?: string) => read((context) => readFacets(context, kind, query, ids, whole))
    const bars = (facets: Facet[]) => Object.fromEntries(facets.map(({ name, bars }) => [name, bars.length]))
    expect(bars(await counted())).toEqual({ status: 0, topic: 0, state: 0, year: 0 })
    expect(bars(await counted('topic'))).toEqual({ status: 0, topic: 11, state: 0, year: 0 })
  })

  test('are counted from the ids of the list, of which no more are read than are counted', async () => {
    const { engine } = await service({ seed: true })
    const read = snapshotReads({ catalogue, engine, clock: () => new Date(), cursorSecret: Buffer.alloc(32) })
    const kind = catalogue.resource('proposal')
    const idsOf = (filters: Record<string, string[]>, most: number) =>
      read((context) => listIds(context, kind, listQuery(kind, filters, { asOf: null, knownAt: null }), most))
    const all = await read((context) =>
      listPage(context, kind, { ...listQuery(kind, {}, { asOf: null, knownAt: null }), limit: 50 }),
    )
    const ids = all.rows.map(({ doc }) => (JSON.parse(doc) as { id: string }).id)
    expect(await idsOf({}, 50)).toEqual(ids)
    expect(await idsOf({}, 3)).toEqual(ids.slice(0, 3))
    expect(await idsOf({ status: ['adopted'], q: ['military'] }, 50)).toEqual([])
    expect(['en', 'ru'].map((language) => formatTotal(language as 'en', MAX_TOTAL + 1))).toEqual([
      '1,000+',
      '1\u00a0000+',
    ])
    expect(formatTotal('en', MAX_TOTAL)).toBe('1,000')
  })

  test('keep a list of 50 below 40 kB', async () => {
    const { get } = await manyProposals(60)
    for (const prefix of PREFIXES) {
      const { text } = await get(`${prefix}/proposals?limit=50`, HTML)
      expect(text.match(/<p class="title">/g)).toHaveLength(50)
      expect(facetsOf(text).length).toBeGreaterThan(20)
      expect(Buffer.byteLength(text)).toBeLessThan(40_000)
    }
  })
})

describe('pages of a list', () => {
  test('lead on, and back to the first', async () => {
    const { get } = await service({ seed: true })
    const first = await get('/ru/proposals?limit=2&sort=title', HTML)
    const address = unescaped(/rel="next" href="([^"]*)"/.exec(first.text)?.[1] ?? '')
    const further = await get(address, HTML)
    expect(further.text).toContain('<a href="/ru/proposals?limit=2&amp;sort=title">← Первая страница</a>')
    await expectSafe(address, further.text)
  })
})

describe('the data of a list', () => {
  test('has the records that are seen, in their order', async () => {
    const { get } = await manyProposals(8)
    const query = 'status=adopted&proposedTo=2016&sort=-title&knownAt=2099-01-01T00:00:00Z'
    for (const prefix of PREFIXES) {
      const { text } = await get(`${prefix}/proposals?${query}`, HTML)
      const shown = [...text.matchAll(/<p class="title"><a [^>]*href="[^"]*\/proposals\/(prp_\w+)/g)].map(
        ([, id]) => id,
      )
      expect(shown.length).toBeGreaterThan(2)
      const links = [...text.matchAll(/<a [^>]*href="(\/v1\/proposals(?:\.\w+)?\?[^"]*)"/g)].map(
        ([, url = '']) => unescaped(url),
      )
      expect(links.map((url) => /^\/v1\/proposals\.?(\w*)/.exec(url)?.[1])).toEqual([
        '',
        'csv',
        'ndjson',
        'atom',
      ])
      for (const url of links) {
        const data = await get(url)
        expect([url, data.status]).toEqual([url, 200])
        const firsts = (data.text.match(/prp_\w{26}/g) ?? []).filter(
          (id, index, all) => all.indexOf(id) === index,
        )
        expect([url, firsts]).toEqual([url, shown])
      }
    }
  })
})

test('a list without records offers the list without each condition, and says whose documents are left out', async () => {
  const { get, post } = await service({ seed: true })
  const events = [{ type: 'signed', occurredOn: '2024-07-04' }]
  await post('/v1/agreements', { title: 'A declaration', kind: 'declaration', events })
  const query = '/agreements?signedBy=KZ&sinceFrom=2024&sinceTo=2024'
  const { text } = await get(query, HTML)
  const main = text.slice(text.indexOf('<main'))
  expect(textOf(main)).toContain('Documents of which it is not recorded who signed are left out.')
  const links = [...main.matchAll(/<li><a href="([^"]*)">Without the condition “(.*?)”<\/a>/g)]
  expect(links.map(([, , words = '']) => textOf(words))).toEqual([
    'signed by Kazakhstan',
    'whose status dates from 2024',
  ])
  const without = await get(unescaped(links[0]?.[1] ?? ''), HTML)
  expect(without.text).toContain('A declaration')
  expect(without.text).not.toContain('Without the condition')
  for (const prefix of PREFIXES) await expectSafe(prefix, (await get(prefix + query, HTML)).text)
})

describe('dates', () => {
  test.each([
    ['24.08.2022', '2022-08-24'],
    ['август 2022', '2022-08'],
    ['2022年', '2022'],
    ['08/24/2022', '2022-08-24'],
    // Several days, no exact one, and none.
    ['05/06/2022', null],
    ['about 2022', null],
    ['31.02.2022', null],
    ['yesterday', null],
    ['<b>', null],
  ])('are read if it is clear which they are: %s', (text, date) => {
    expect(isoDate(text)).toBe(date)
  })

  test('lead to the address with the date in ISO 8601, and are shown in words', async () => {
    const { get } = await service({ seed: true })
    for (const [prefix, written] of [
      ['', '24 August 2022'],
      ['/ru', '24 августа 2022 г.'],
      ['/zh', '2022年8月24日'],
    ]) {
      const answer = await get(
        `${prefix}/proposals?q=&proposedFrom=${encodeURIComponent(written ?? '')}`,
        HTML,
      )
      expect([answer.status, answer.headers.location]).toEqual([
        302,
        `${prefix}/proposals?proposedFrom=2022-08-24`,
      ])
      const { text } = await get(String(answer.headers.location), HTML)
      expect(text).toContain(`value="${written}"`)
    }
    const then = await get('/proposals?asOf=31.08.2022&knownAt=31.08.2022', HTML)
    expect(then.headers.location).toBe('/proposals?asOf=2022-08-31&knownAt=2022-08-31T23:59:59.999Z')
    const record = await get('/topics/counter-uav?knownAt=1%20May%202022', HTML)
    expect(record.headers.location).toBe('/topics/counter-uav?knownAt=2022-05-01T23:59:59.999Z')
  })

  test('that are not clear are explained beside the field, with the value', async () => {
    const { get } = await service({ seed: true })
    for (const prefix of PREFIXES) {
      const url = `${prefix}/proposals?state=RU&proposedFrom=05/06/2022&asOf=2022&foo=1`
      const { status, text, headers } = await get(url, HTML)
      expect(status).toBe(400)
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['content-security-policy']).toMatch(/^default-src 'self'/)
      expect(text).toContain('<a href="#f-proposedFrom">')
      expect(text).toMatch(
        /name="proposedFrom" value="05\/06\/2022"[^>]* aria-invalid="true" aria-describedby="fault-proposedFrom"/,
      )
      expect(text).toContain('<option value="RU" selected>')
      expect(text).toContain('<time datetime="2022-06-05">')
      expect(text).toContain('<time datetime="2022-05-06">')
      // What the form has no field for can be left out.
      expect(text).toContain(
        `<a href="${prefix}/proposals?asOf=2022&amp;state=RU&amp;proposedFrom=05%2F06%2F2022">`,
      )
      expect(text).not.toMatch(/name="(?:asOf|foo)"/)
      expect(text.match(/<p class="title">/g)).toBeNull()
      await expectSafe(url, text)
    }
    const day = await get('/proposals?stalledSince=August%202022', HTML)
    expect(day.headers.location).toBe('/proposals?stalledSince=2022-08')
    const { status, text } = await get('/proposals?stalledSince=2022-08', HTML)
    expect([status, text]).toEqual([400, expect.stringContaining('Write a day: ')])
  })
})

describe('conditions', () => {
  test('that only the database can refuse are explained too', async () => {
    const { get } = await service({ seed: true })
    const { status, text } = await get('/ru/proposals?topic=nothing', HTML)
    expect(status).toBe(400)
    expect(text).toContain('id="fault-topic"')
    expect(text).toContain('<option value="nothing" selected>')
    await expectSafe('topic', text)
    expect((await get('/proposals?q=a&knownAt=2099-01-01T00:00:00Z', HTML)).status).toBe(400)
    expect((await get('/proposals?cursor=x', HTML)).text).toContain('href="/en/"')
  })

  test('are said in words, a whole month or year as one', async () => {
    const { get } = await service({ seed: true })
    const heading = async (url: string) =>
      textOf(/<h1[^>]*>(.*?)<\/h1>/s.exec((await get(url, HTML)).text)?.[1] ?? '')
    expect(await heading('/proposals?state=RU&topic=counter-uav&proposedFrom=2020')).toBe(
      'Proposals of Russia about Countering unmanned aerial vehicles proposed since 2020: 1',
    )
    const { text } = await get("/proposals?q=SCO's%20%3C", HTML)
    expect(text).toContain('<title>Proposals with “SCO&#39;s &lt;” · SCO tracker</title>')
    expect(text).toContain(
      '<link rel="alternate" type="application/atom+xml" href="/v1/proposals.atom?q=SCO&#39;s%20%3C">',
    )
    expect(await heading('/proposals?proposedFrom=2022-08&proposedTo=2022-08')).toBe(
      'Proposals proposed in August 2022: 10',
    )
    expect(await heading('/ru/proposals?state=RU&proposedFrom=2022')).toBe(
      'Предложения (государство — Россия; внесены с 2022 г.): 10',
    )
    expect(await heading('/zh/proposals?state=RU&proposedFrom=2022')).toBe(
      '提案（国家：俄罗斯；2022年起提出）：10',
    )
  })
})
