// How pages are shared and found: previews, structured data, citations, cards for other sites, the sitemap, and robots.txt.
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { apaOf, chicagoOf } from '../../src/records/read/citations.ts'
import { snapshotReads } from '../../src/records/read/context.ts'
import { catalogue } from '../../src/resources/index.ts'
import { recordsSitemap } from '../../src/web/sitemap.ts'
import { type Service, service } from '../helpers/app.ts'
import { fullBody, type Ids, kinds, oneOfEach, pathOf } from '../helpers/bodies.ts'
import { expectSafe, textOf, unescaped } from './check.ts'

const HTML = { accept: 'text/html' }
const PREFIXES = ['', '/ru', '/zh']
const PROPOSAL = '/proposals/prp_01gb6jc400egbsbzx9etj88v69'
const MEETING = '/meetings/mtg_01gb6jc400e2etq4tax4jyms25'
const HOSTILE = `</script><script>alert(1)</script><!-- "' & \u2028 این`

const metaOf = (page: string, name: string) => {
  const value = new RegExp(`<meta (?:name|property)="${name}" content="([^"]*)">`).exec(page)?.[1]
  return value === undefined ? undefined : unescaped(value)
}

type Item = Record<string, unknown>

/** The structured data of a page, as a parser reads it: the text of a script has no character references. */
function itemOf(page: string): Item {
  const scripts = [...page.matchAll(/<script type="application\/ld\+json">(.*?)<\/script>/gs)]
  expect(scripts).toHaveLength(1)
  return JSON.parse(scripts[0]?.[1] ?? '')
}

const THING = [
  '@context',
  '@type',
  '@id',
  'name',
  'url',
  'description',
  'alternateName',
  'identifier',
  'sameAs',
  'subjectOf',
]
const WORK = [
  ...THING,
  ...[
    'about',
    'abstract',
    'archivedAt',
    'author',
    'contributor',
    'creativeWorkStatus',
    'creator',
    'creditText',
  ],
  ...[
    'dateCreated',
    'dateModified',
    'datePublished',
    'headline',
    'inLanguage',
    'isBasedOn',
    'isPartOf',
    'publisher',
  ],
  ...['recordedAt', 'text'],
]
const LEGISLATION = ['legislationType', 'legislationLegalForce', 'legislationDate', 'legislationPassedBy']
const ORGANIZATION = [...THING, 'foundingDate', 'dissolutionDate', 'parentOrganization', 'location']

/** The properties of schema.org that its types have, as far as the pages use them. */
const PROPERTIES: Record<string, readonly string[]> = {
  Event: [
    ...THING,
    ...[
      'startDate',
      'endDate',
      'previousStartDate',
      'eventStatus',
      'eventAttendanceMode',
      'location',
      'organizer',
    ],
    ...['superEvent', 'attendee'],
  ],
  CreativeWork: WORK,
  NewsArticle: WORK,
  Quotation: [...WORK, 'spokenByCharacter'],
  Claim: [...WORK, 'appearance'],
  Legislation: [...WORK, ...LEGISLATION],
  Person: [...THING, 'memberOf'],
  Organization: ORGANIZATION,
  GovernmentOrganization: ORGANIZATION,
  NewsMediaOrganization: ORGANIZATION,
  OrganizationRole: ['@type', 'roleName', 'startDate', 'endDate', 'memberOf'],
  Country: THING,
  DefinedTerm: [...THING, 'termCode', 'inDefinedTermSet'],
  Place: ['@type', 'name', 'address'],
  PostalAddress: ['@type', 'addressLocality', 'addressCountry'],
  PropertyValue: ['@type', 'propertyID', 'value'],
}

/** Asserts that an item and all inside it have a type of schema.org, and its properties only. */
function expectItem(value: unknown, path: string): void {
  if (Array.isArray(value)) {
    expect([path, value.length]).not.toEqual([path, 0])
    for (const each of value) expectItem(each, path)
  } else if (value !== null && typeof value === 'object') {
    const item = value as Item
    const properties = PROPERTIES[String(item['@type'])] ?? []
    expect([path, item['@type'], Object.keys(item).filter((key) => !properties.includes(key))]).toEqual([
      path,
      item['@type'],
      [],
    ])
    for (const [key, inner] of Object.entries(item)) expectItem(inner, `${path}/${key}`)
  } else expect([path, value === null || value === '']).toEqual([path, false])
}

/** One record of each kind with every field, and evidence for each. */
async function fullRecords({ post }: Service, text = 'It is so'): Promise<Ids> {
  const plain = await oneOfEach({ post } as Service)
  const ids = {} as Ids
  const source = await post('/v1/sources', { title: text, language: 'en', text: `Before. ${text}. After.` })
  for (const kind of kinds) {
    const answer = await post(pathOf(kind), {
      ...fullBody(kind, { ...plain, ...ids }),
      ...(kind !== 'source' && {
        [catalogue.resource(kind).titleField]: kind === 'state' ? 'Land' : `${text} ${kind}`,
      }),
    })
    expect([kind, answer.status, answer.status === 201 ? '' : answer.text]).toEqual([kind, 201, ''])
    ids[kind] = answer.body['id']
    const evidence = await post(`${pathOf(kind)}/${ids[kind]}/evidence`, {
      sourceId: source.body['id'],
      motivation: 'quote',
      exact: text,
    })
    expect([kind, evidence.status]).toEqual([kind, 201])
  }
  return ids
}

describe('structured data', () => {
  test('is of a type of schema.org, with properties of that type', async () => {
    const app = await service()
    const ids = await fullRecords(app)
    const types = new Set<string>()
    for (const prefix of PREFIXES) {
      for (const kind of kinds) {
        const path = `/${catalogue.resource(kind).path}/${ids[kind]}`
        const item = itemOf((await app.get(prefix + path, HTML)).text)
        types.add(String(item['@type']))
        expect(item['@context']).toBe('https://schema.org')
        expect(item['@id']).toBe(`http://localhost:80${path}`)
        expect(item['url']).toBe(`http://localhost:80${prefix}${path}`)
        expectItem(item, kind)
        const quotes = [item['subjectOf']].flat() as Item[]
        expect(quotes[0]).toMatchObject({ '@type': 'Quotation', text: 'It is so' })
      }
    }
    for (const type of ['Event', 'Person', 'Legislation', 'Country', 'DefinedTerm'])
      expect(types).toContain(type)
  })

  test('of hostile text parses to that text, and nothing leaves its element', async () => {
    const app = await service()
    const ids = await fullRecords(app, HOSTILE)
    for (const kind of kinds) {
      const { text } = await app.get(`/${catalogue.resource(kind).path}/${ids[kind]}`, HTML)
      const item = itemOf(text)
      expect([item['subjectOf']].flat()[0]).toMatchObject({ text: HOSTILE })
      if (kind === 'meeting') expect(item['name']).toBe(`${HOSTILE.replace('\u2028', ' ')} meeting`)
      expect(text).not.toContain('<!--')
      await expectSafe(kind, text)
    }
  })

  test('has what a meeting, a statement and a person are known by', async () => {
    const { get } = await service({ seed: true })
    expect(itemOf((await get(MEETING, HTML)).text)).toMatchObject({
      '@type': 'Event',
      startDate: '2022-08-24',
      eventStatus: 'https://schema.org/EventScheduled',
      location: { '@type': 'Place', name: 'Tashkent', address: { addressCountry: 'UZ' } },
      organizer: { '@type': 'Organization' },
    })
    const { body } = await get('/v1/statements?limit=1')
    const statement = itemOf((await get(`/statements/${body['data'][0].id}`, HTML)).text)
    expect(statement).toMatchObject({
      '@type': 'Claim',
      text: body['data'][0].text,
      dateCreated: '2022-08-24',
    })
    expect(statement['author']).toContainEqual(
      expect.objectContaining({ '@type': 'Person', name: 'Sergei Shoigu' }),
    )
    const { body: people } = await get('/v1/speakers')
    expect(itemOf((await get(`/speakers/${people['data'][0].id}`, HTML)).text)).toMatchObject({
      '@type': 'Person',
    })
  })

  test('is left out of pages of the past', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get(`${MEETING}?knownAt=2099-01-01T00:00:00Z`, HTML)
    expect(text).not.toContain('<script')
    expect(text).toContain(`<link rel="canonical" href="${MEETING}">`)
  })
})

describe('previews', () => {
  test('have the title, and a quote with its source', async () => {
    const { get } = await service({ seed: true })
    for (const [prefix, locale, title] of [
      ['', 'en_GB', "Develop the SCO's mechanism"],
      ['/ru', 'ru_RU', 'Развивать механизм ШОС'],
      ['/zh', 'zh_CN', '发展上合组织'],
    ] as const) {
      const { text } = await get(`${prefix}${PROPOSAL}`, HTML)
      expect(metaOf(text, 'og:title')?.startsWith(title)).toBe(true)
      expect(metaOf(text, 'og:description')).toMatch(
        /^“he also said that .*”(?: \(Shoigu proposed to increase .*\)\. |（Shoigu proposed to increase .*）。)/,
      )
      expect(metaOf(text, 'description')).toBe(metaOf(text, 'og:description'))
      expect(metaOf(text, 'og:url')).toBe(`http://localhost:80${prefix}${PROPOSAL}`)
      expect(metaOf(text, 'og:type')).toBe('article')
      expect(metaOf(text, 'og:locale')).toBe(locale)
    }
    const list = await get('/proposals?state=RU', HTML)
    expect(metaOf(list.text, 'og:title')).toBe('Proposals of Russia')
    expect(metaOf(list.text, 'og:url')).toBe('http://localhost:80/proposals?state=RU')
    expect(metaOf((await get('/search?q=drones', HTML)).text, 'og:title')).toBeUndefined()
  })

  test('name one address for a record, whatever was requested', async () => {
    const { get } = await service({ seed: true })
    const { body } = await get('/v1/topics/counter-uav')
    for (const path of ['/topics/counter-uav', `/topics/${body['id']}`])
      expect((await get(path, HTML)).text).toContain(`<link rel="canonical" href="/topics/${body['id']}">`)
  })
})

describe('citations', () => {
  test('fix the record as it is, in two styles and three formats', async () => {
    const { get, patch } = await service({ seed: true })
    const { text } = await get(PROPOSAL, HTML)
    const copies = [...text.matchAll(/<span class="copy">([^<]*)<\/span>/g)].map(([, copy = '']) =>
      unescaped(copy),
    )
    const [apa = '', chicago = ''] = copies
    const url = /http\S+$/.exec(apa)?.[0] ?? ''
    expect(apa).toMatch(
      /^SCO tracker\. \(\d{4}, \w+ \d+\)\. Develop the SCO's mechanism .* \[Proposal\]\. http:\/\/localhost:80\/proposals\/prp_\w+\?knownAt=\S+Z$/,
    )
    expect(chicago).toMatch(
      /^SCO tracker\. “Develop the SCO's mechanism .*\.” Proposal\. \w+ \d+, \d{4}\. http\S+\.$/,
    )
    await patch(`/v1${PROPOSAL}`, { title: 'Another title' })
    const then = await get(url.replace('http://localhost:80', ''), HTML)
    expect(then.text).toContain("<h1>Develop the SCO's mechanism".replaceAll("'", '&#39;'))
    for (const [format, type, pattern] of [
      ['csl.json', 'application/vnd.citationstyles.csl+json', /"title":"Another title"/],
      ['ris', 'application/x-research-info-systems', /^TI {2}- Another title\r$/m],
      ['bib', 'application/x-bibtex', /^ {2}title = \{\{Another title\}\}/m],
    ] as const) {
      const file = await get(`${PROPOSAL}/citation.${format}`)
      expect(file.status).toBe(200)
      expect(file.headers['content-type']).toContain(type)
      expect(file.headers['content-disposition']).toMatch(/^attachment; filename="prp_\w+\.[a-z.]+"$/)
      expect(file.text).toMatch(pattern)
      expect(file.text).toContain('knownAt=')
    }
    const before = await get(`${PROPOSAL}/citation.ris?${url.split('?')[1]}`)
    expect(before.text).toContain("TI  - Develop the SCO's mechanism")
    expect((await get(`${PROPOSAL}/citation.xml`, HTML)).status).toBe(404)
    expect((await get('/proposals/prp_01gb6jc400egbsbzx9etj88v99/citation.ris')).status).toBe(404)
  })

  test('of a source are of the publication, and of the record', async () => {
    const { get } = await service({ seed: true })
    const { body } = await get('/v1/sources')
    const { text } = await get(`/sources/${body['data'][0].id}`, HTML)
    const copies = [...text.matchAll(/<span class="copy">([^<]*)<\/span>/g)].map(([, copy = '']) =>
      unescaped(copy),
    )
    expect(copies).toHaveLength(4)
    expect(copies[2]).toMatch(/^RIA Novosti\. \(2022, August 24\)\. Shoigu proposed .*\.$/)
    const addresses = [...text.matchAll(/href="([^"]*citation\.(?:csl\.json|ris|bib))"/g)].map(
      ([, url = '']) => unescaped(url),
    )
    expect(addresses).toHaveLength(6)
    for (const address of addresses) expect((await get(address)).status).toBe(200)
  })

  test.each([
    [
      {
        title: 'What was said?',
        author: [{ literal: 'A. One' }, { literal: 'B. Two' }],
        issued: '2022-08',
        URL: 'https://example.org/',
      },
      'A. One, B. Two. (2022, August). What was said? https://example.org/',
      'A. One, B. Two. “What was said?” August 2022. https://example.org/.',
    ],
    [
      { title: 'Law', 'container-title': 'Gazette', publisher: 'State', issued: '2001~' },
      'State. (2001). Law. Gazette.',
      'State. “Law.” Gazette, 2001.',
    ],
    [{ title: 'A text\nin lines' }, 'A text in lines. (n.d.).', '“A text in lines.”'],
  ])('are written with what is known: %#', (item, apa, chicago) => {
    expect(apaOf({ id: 'src_1', type: 'webpage', ...item })).toBe(apa)
    expect(chicagoOf({ id: 'src_1', type: 'webpage', ...item })).toBe(chicago)
  })
})

describe('a card', () => {
  test('can be in a frame of another site, as no other page can', async () => {
    const { get } = await service({ seed: true })
    for (const prefix of PREFIXES) {
      const page = (await get(`${prefix}${PROPOSAL}`, HTML)).text
      const snippet = unescaped(textOf(/<code class="copy">(.*?)<\/code>/s.exec(page)?.[1] ?? ''))
      const address = unescaped(
        /^<iframe src="http:\/\/localhost:80([^"]*)" title="[^"<>]*"/.exec(snippet)?.[1] ?? '',
      )
      expect(address).toBe(`${prefix}/embed${PROPOSAL}`)
      for (const answer of [await get(address, HTML), await get(address, HTML), await get(address, HTML)]) {
        expect(answer.status).toBe(200)
        expect(answer.headers['content-security-policy']).toMatch(/; frame-ancestors \*$/)
        expect(answer.headers['content-security-policy']).toContain("script-src 'none'")
        expect(answer.headers['x-frame-options']).toBeUndefined()
        expect(answer.text).toContain('<mark>he also said')
        expect(answer.text).toMatch(new RegExp(`<h1><a href="${prefix}${PROPOSAL}" target="_top">`))
        expect(answer.text).toMatch(new RegExp(`href="${prefix}/sources/src_\\w+#evd_\\w+" target="_top"`))
        await expectSafe(address, answer.text)
      }
      const other = await get(`${prefix}${PROPOSAL}`, HTML)
      expect(other.headers['content-security-policy']).toMatch(/frame-ancestors 'none'/)
    }
  })

  test('exists for every kind, in the past too, and of hostile text', async () => {
    const app = await service()
    const ids = await fullRecords(app, HOSTILE)
    for (const kind of kinds) {
      const path = `/embed/${catalogue.resource(kind).path}/${ids[kind]}`
      const { status, text } = await app.get(path, HTML)
      expect(status).toBe(200)
      await expectSafe(path, text)
      expect((await app.get(`${path}?knownAt=2099-01-01T00:00:00Z`, HTML)).status).toBe(200)
    }
    expect((await app.get('/embed/proposals/prp_01gb6jc400egbsbzx9etj88v99', HTML)).status).toBe(404)
  })
})

describe('the sitemap', () => {
  const addressesOf = (xml: string) =>
    [...xml.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, url = '']) => unescaped(url))

  test('has every record in every language, with the time of its last change', async () => {
    const { get } = await service({ seed: true })
    const index = await get('/sitemap.xml')
    expect(index.headers['content-type']).toBe('application/xml; charset=utf-8')
    const found = new Set<string>()
    for (const file of addressesOf(index.text)) {
      const { text, status } = await get(file.replace('http://localhost:80', ''))
      expect([file, status]).toEqual([file, 200])
      for (const url of addressesOf(text)) found.add(url.replace('http://localhost:80', ''))
      expect(text.match(/hreflang=/g)?.length).toBe(3 * (text.match(/<url>/g)?.length ?? 0))
    }
    for (const { path } of catalogue.resources) {
      const { body } = await get(`/v1/${path}?limit=200`)
      expect(body['data'].length).toBeGreaterThan(0)
      for (const { id } of body['data'])
        for (const prefix of PREFIXES) expect(found).toContain(`${prefix}/${path}/${id}`)
    }
    for (const path of ['/en/', '/ru/', '/zh/', '/proposals', '/zh/timeline']) expect(found).toContain(path)
    const { body } = await get(`/v1${PROPOSAL}`)
    const { text } = await get('/sitemap/proposals-1.xml')
    expect(text).toContain(
      `<url><loc>http://localhost:80${PROPOSAL}</loc><lastmod>${body['updatedAt']}</lastmod>`,
    )
  })

  test('is cut into files that have each record once', async () => {
    const { get, engine } = await service({ seed: true })
    const read = snapshotReads({ catalogue, engine, clock: () => new Date(), cursorSecret: Buffer.alloc(32) })
    const file = async (number: number) =>
      addressesOf(String(await buffer(recordsSitemap(read, catalogue.resource('proposal'), number, '', 4))))
    const files = [await file(1), await file(2), await file(3)]
    expect(files.map((urls) => urls.length)).toEqual([12, 12, 6])
    expect(new Set(files.flat()).size).toBe(30)
    expect(await file(4)).toEqual([])
    for (const path of [
      '/sitemap/proposals-2.xml',
      '/sitemap/proposals-0.xml',
      '/sitemap/nothing-1.xml',
      '/sitemap/proposals-1.xml?x=1',
    ])
      expect((await get(path)).status).toBeGreaterThanOrEqual(400)
  })

  test('and the records need a key where reading does', async () => {
    const { get, keys } = await service({ seed: true, requireKeyForReads: true })
    const paths = [
      '/sitemap.xml',
      '/sitemap/pages.xml',
      '/sitemap/proposals-1.xml',
      `/embed${PROPOSAL}`,
      `${PROPOSAL}/citation.ris`,
    ]
    for (const path of paths) {
      expect([path, (await get(path, HTML)).status]).toEqual([path, 401])
      const allowed = await get(path, { authorization: `Bearer ${keys.analyst}` })
      expect([path, allowed.status]).toEqual([path, 200])
    }
    expect((await get('/robots.txt')).text).toBe('User-agent: *\nDisallow: /\n')
  })
})

describe('robots and icons', () => {
  test('keep crawlers out of what has no end', async () => {
    const { get } = await service({ seed: true })
    const { text, headers } = await get('/robots.txt')
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    for (const path of ['/*asOf=', '/*knownAt=', '/v1/', '/zh/edit', '/ru/search'])
      expect(text).toContain(`\nDisallow: ${path}\n`)
    expect(text).toContain('\nSitemap: http://localhost:80/sitemap.xml\n')
    const icon = await get('/assets/icon.svg')
    expect([icon.status, icon.headers['content-type']]).toEqual([200, 'image/svg+xml'])
    expect((await get('/favicon.ico')).status).toBe(204)
    expect((await get('/proposals', HTML)).text).toContain(
      '<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">',
    )
  })

  test('have the base path', async () => {
    const { app } = await service({ seed: true, basePath: '/sco' })
    const get = async (url: string) => (await app.inject({ url, headers: HTML })).body
    expect(await get('/sco/robots.txt')).toContain('Disallow: /sco/v1/\n')
    expect(await get('/sco/sitemap.xml')).toContain(
      '<loc>http://localhost:80/sco/sitemap/proposals-1.xml</loc>',
    )
    expect(await get('/sco/sitemap/proposals-1.xml')).toContain('<loc>http://localhost:80/sco/ru/proposals/')
    const page = await get(`/sco${PROPOSAL}`)
    expect(metaOf(page, 'og:url')).toBe(`http://localhost:80/sco${PROPOSAL}`)
    expect(itemOf(page)['@id']).toBe(`http://localhost:80/sco${PROPOSAL}`)
  })
})
