// The pages that people read: addresses, languages, clocks, negotiation, caching, and what they show.
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/resources/index.ts'
import { service } from '../helpers/app.ts'
import { oneOfEach } from '../helpers/bodies.ts'
import { describeOnce, isRepeated, testOnce } from '../helpers/database.ts'
import { expectSafe } from './check.ts'

const HTML = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }
const PREFIXES = ['', '/ru', '/zh']
const MEETING = 'mtg_01gb6jc400e2etq4tax4jyms25'
const PROPOSAL = 'prp_01gb6jc400egbsbzx9etj88v69'
const SOURCE = 'src_01gb6jc400fycan90mth81g8js'
const EVIDENCE = 'evd_01gb6jc400e1zsxpzgtpczdeex'

describe('every page', () => {
  test('is valid HTML in three languages, safe, and names its language', async () => {
    const { get } = await service({ seed: true })
    const paths = ['/search', '/search?q=drones', '/search?q=nothinglikethis']
    for (const { path } of catalogue.entities) paths.push(`/${path}`)
    for (const { path } of catalogue.resources) {
      const { body } = await get(`/v1/${path}?limit=2`)
      for (const { id } of body['data']) paths.push(`/${path}/${id}`)
    }
    for (const prefix of isRepeated ? PREFIXES.slice(0, 1) : PREFIXES) {
      for (const path of [...paths, prefix === '' ? '/en/' : '/']) {
        const { status, text, headers } = await get(`${prefix}${path}`, HTML)
        expect([prefix + path, status]).toEqual([prefix + path, 200])
        expect(headers['content-type']).toBe('text/html; charset=utf-8')
        expect(headers['content-security-policy']).toMatch(/^default-src 'self'; script-src 'none'/)
        expect(text).toContain(`<html lang="${prefix.slice(1) || 'en'}">`)
        expect(text).toMatch(/<h1[^>]*>./)
        expect(text).not.toMatch(/undefined|\[object|NaN/)
        await expectSafe(prefix + path, text)
      }
    }
  })

  test('loads only its style sheet, which has an ETag', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get(`/proposals/${PROPOSAL}`, HTML)
    expect(
      [
        ...text.matchAll(
          /<(?:link rel="stylesheet"|script(?! type="application\/ld\+json")|img|iframe)[^>]*>/g,
        ),
      ].map(([tag]) => tag),
    ).toEqual(['<link rel="stylesheet" href="/assets/styles.css">'])
    const sheet = await get('/assets/styles.css')
    expect(sheet.headers['content-type']).toBe('text/css; charset=utf-8')
    expect(sheet.text.length).toBeLessThan(15_000)
    const again = await get('/assets/styles.css', { 'if-none-match': String(sheet.headers.etag) })
    expect(again.status).toBe(304)
  })

  test('is not sent again while nothing changed, and keeps its headers in the cache', async () => {
    const { get, patch } = await service({ seed: true })
    const path = `/proposals/${PROPOSAL}`
    const answers = [await get(path, HTML), await get(path, HTML), await get(path, HTML)]
    const [first] = answers
    for (const each of answers) {
      expect(each.headers['content-security-policy']).toBe(first?.headers['content-security-policy'])
      expect(each.headers.etag).toBe(first?.headers.etag)
      expect(each.headers.vary).toContain('Accept')
    }
    const etag = String(first?.headers.etag)
    expect((await get(path, { ...HTML, 'if-none-match': etag })).status).toBe(304)
    await patch(`/v1${path}`, { summary: 'Another summary.' })
    const changed = await get(path, { ...HTML, 'if-none-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.text).toContain('Another summary.')
  })

  test('answers HEAD, and no other method', async () => {
    const { request } = await service({ seed: true })
    expect((await request({ method: 'HEAD', url: '/proposals', headers: HTML })).status).toBe(200)
    expect((await request({ method: 'POST', url: '/proposals', headers: HTML })).status).toBe(405)
  })
})

describe('the start', () => {
  test('is the service index for clients of the API', async () => {
    const { get } = await service({ seed: true })
    for (const headers of [
      {},
      { accept: '*/*' },
      { accept: 'application/json' },
      { accept: 'application/json, text/html' },
    ]) {
      const { status, body } = await get('/', headers as Record<string, string>)
      expect([status, body['name']]).toEqual([200, 'SCO tracker'])
    }
  })

  test.each([
    [undefined, '/en/'],
    ['de', '/en/'],
    ['ru-RU,ru;q=0.9,en;q=0.8', '/ru/'],
    ['zh-CN', '/zh/'],
  ])('redirects people by Accept-Language %s to %s', async (language, location) => {
    const { get } = await service({ seed: true })
    const headers = { ...HTML, ...(language && { 'accept-language': language }) }
    const answer = await get('/', headers)
    expect([answer.status, answer.headers.location]).toEqual([302, location])
    expect(answer.headers.vary).toContain('Accept-Language')
    expect((await get(location.slice(0, -1), HTML)).headers.location).toBe(location)
  })

  test('shows counts, what was recorded last, and meetings', async () => {
    const { get } = await service({ seed: true, clock: () => new Date('2026-11-29T12:00:00Z') })
    const { text } = await get('/en/', HTML)
    expect(text).toMatch(/<a href="\/proposals"><b>\d+ proposals<\/b><\/a>/)
    expect(text).toContain(`href="/meetings/${MEETING}"`)
    expect(text).toContain('href="/quiet?stalledSince=2025-11-29"')
  })

  test('shows what one fact rests on, with the address of the words', async () => {
    const { get } = await service({ seed: true })
    for (const prefix of ['/en', '/ru', '/zh']) {
      const { text } = await get(`${prefix}/`, HTML)
      const example = text.slice(text.indexOf('id="example"'), text.indexOf('id="counts"'))
      const [, quote = '', source, id] =
        /<mark>([^<]*)<\/mark>.*?href="[^"]*\/sources\/(\w+)#(evd_\w+)"/s.exec(example) ?? []
      const { body } = await get(`/v1/evidence?source=${source}&limit=200`)
      const found = (body['data'] as { id: string; exact: string; recordId: string }[]).find(
        (one) => one.id === id,
      )
      expect(quote).toBe(found?.exact)
      expect(example).toContain(`/${found?.recordId}"`)
      await expectSafe(prefix, text)
    }
  })

  test('names sources with what was recorded from them, and news before what they are about', async () => {
    const { get, post } = await service({ seed: true })
    const { text } = await get('/en/', HTML)
    const recent = (page: string) => page.slice(page.indexOf('id="recent"'), page.indexOf('id="next"'))
    expect(recent(text)).toMatch(
      /Source · <time[^>]*>[^<]*<\/time> · 10 proposals · 3 statements · 1 document · 1 meeting/,
    )
    expect(text).toContain('<b>1 meeting</b>')
    await post('/v1/topics', { slug: 'later', prefLabel: 'Later' })
    const { body } = await post('/v1/proposals', { title: 'A later one', events: [] })
    const page = recent((await get('/en/', HTML)).text)
    expect(page.indexOf(`/proposals/${body['id']}`)).toBeGreaterThan(0)
    expect(page.indexOf('Later')).toBeGreaterThan(page.indexOf(`/proposals/${body['id']}`))
    expect((await get('/ru/', HTML)).text).toContain('11 предложений')
  })

  test('stands without any records', async () => {
    const { get } = await service()
    const { status, text } = await get('/zh/', HTML)
    expect([status, text.includes('id="example"')]).toEqual([200, false])
    expect(text).toContain('0 项提案')
    await expectSafe('empty', text)
  })
})

describeOnce('a list', () => {
  test('says in words what it shows, and how many', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get('/proposals?state=RU&topic=counter-uav&proposedFrom=2022-08', HTML)
    const heading = /<h1[^>]*>(.*?)<\/h1>/.exec(text)?.[1]?.replaceAll(/<[^>]*>/g, '')
    expect(heading).toMatch(/^Proposals of Russia about .+ proposed since August 2022: \d+$/)
    expect(text).toContain('<option value="RU" selected>')
    expect(text).toContain(
      'href="/v1/proposals.csv?state=RU&amp;topic=counter-uav&amp;proposedFrom=2022-08&amp;bom=true"',
    )
  })

  test('shows what the API has in the same order, over pages', async () => {
    const { get } = await service({ seed: true })
    const { body } = await get('/v1/proposals?limit=200')
    const ids: string[] = []
    let url: string | undefined = '/proposals?limit=3'
    while (url) {
      const { text } = await get(url, HTML)
      ids.push(
        ...[...text.matchAll(/<p class="title"><a href="\/proposals\/(prp_\w+)"/g)].map(([, id = '']) => id),
      )
      url = /rel="next" href="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
    }
    expect(ids).toEqual(body['data'].map(({ id }: { id: string }) => id))
  })

  test('redirects a form to an address without empty fields', async () => {
    const { get } = await service({ seed: true })
    const answer = await get('/ru/proposals?q=&state=RU&topic=&sort=', HTML)
    expect([answer.status, answer.headers.location]).toEqual([302, '/ru/proposals?state=RU'])
    const times = await get('/proposals?knownAt=2026-11-29T10:00&asOf=', HTML)
    expect(times.headers.location).toBe('/proposals?knownAt=2026-11-29T10:00:59.999Z')
  })

  test('of 50 records takes at most 40 kB', async () => {
    const { get, post } = await service({ seed: true })
    for (let n = 0; n < 50; n++) {
      const { status } = await post('/v1/proposals', {
        title: `A proposal of a usual length about the cooperation of the ministries, number ${n}`,
        contributors: [{ role: 'proposer', stateCode: 'RU' }],
        events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
        topicIds: ['counter-uav', 'regional-security'],
        distinctFrom: [],
      })
      expect(status).toBe(201)
    }
    for (const prefix of PREFIXES) {
      const { text } = await get(`${prefix}/proposals?limit=50`, HTML)
      expect(text.match(/<p class="title">/g)).toHaveLength(50)
      expect(Buffer.byteLength(text)).toBeLessThan(40_000)
    }
  })

  test('explains a condition that does not work', async () => {
    const { get } = await service({ seed: true })
    const { status, text } = await get('/proposals?state=XX', HTML)
    expect(status).toBe(400)
    expect(text).toContain('The address has a condition that does not work')
    await expectSafe('400', text)
  })
})

describe('a record', () => {
  test('shows its status, its facts with their quotes, its events and what may follow', async () => {
    const { get } = await service({ seed: true, clock: () => new Date('2022-09-03T12:00:00Z') })
    const { text } = await get(`/proposals/${PROPOSAL}`, HTML)
    expect(text).toContain('No later event is recorded in the 10 days since.')
    expect(text).toContain('Possible next: under consideration')
    const { body } = await get(`/v1/proposals/${PROPOSAL}/evidence`)
    for (const { id, exact } of body['data']) {
      expect(text).toContain(`href="/sources/${SOURCE}#${id}"`)
      expect(text).toContain(exact.slice(0, 20).replaceAll('"', '&quot;'))
    }
  })

  test('shows what contradicts it', async () => {
    const { get, post } = await service({ seed: true })
    const source = await post('/v1/sources', {
      title: 'Other',
      language: 'en',
      text: 'It was on 23 August 2022.',
    })
    await post(`/v1/meetings/${MEETING}/evidence`, {
      sourceId: source.body['id'],
      field: '/startDate',
      value: '2022-08-23',
      motivation: 'quote',
      exact: '23 August 2022',
    })
    const { text } = await get(`/meetings/${MEETING}`, HTML)
    expect(text).toContain('Sources disagree about: <a href="#fact-startDate">First day</a>.')
    expect(text).toMatch(
      /<div class="dispute"><div>Other sources have: <time datetime="2022-08-23">23 August 2022<\/time>/,
    )
  })

  test('names what leads to it', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get('/states/RU', HTML)
    for (const kind of ['proposals', 'meetings', 'statements']) expect(text).toContain(`href="/${kind}/`)
    expect((await get('/states/ru', HTML)).status).toBe(200)
  })

  test('shows its versions with author and reason, and the state of each', async () => {
    const { get, patch } = await service({ seed: true })
    await patch(`/v1/meetings/${MEETING}?reason=The%20programme%20says%20so.`, { city: 'Samarkand' })
    const { text } = await get(`/meetings/${MEETING}`, HTML)
    expect(text).toContain('The programme says so.')
    expect(text).toMatch(/<del>.*Tashkent.*<\/del><ins>.*Samarkand.*<\/ins>/s)
  })

  test('is redirected to the one that it was merged into, and gone after its deletion', async () => {
    const { get, post, del, request, keys } = await service()
    const ids = await oneOfEach({ post } as never)
    const { body } = await post('/v1/organizations', { name: 'The same body', classification: 'organ' })
    const merged = await request({
      method: 'POST',
      url: `/v1/organizations/${body['id']}/merge?reason=Same`,
      payload: { into: ids.organization },
      headers: { authorization: `Bearer ${keys.admin}`, 'if-match': '*' },
    })
    expect(merged.status).toBeLessThan(300)
    const answer = await get(`/ru/organizations/${body['id']}`, HTML)
    expect([answer.status, answer.headers.location]).toEqual([308, `/ru/organizations/${ids.organization}`])
    const topic = await post('/v1/topics', { slug: 'gone', prefLabel: 'Gone' })
    await del(`/v1/topics/${topic.body['id']}`)
    const gone = await get(`/topics/${topic.body['id']}`, HTML)
    expect(gone.status).toBe(410)
    expect(gone.text).toContain('This record was deleted')
  })

  testOnce('has every piece of evidence on its page, also that of its parts', async () => {
    const { get } = await service({ seed: true })
    const { body } = await get('/v1/evidence?limit=200')
    const kinds = new Set<string>()
    const pages = new Map<string, string>()
    for (const { id, recordKind } of body['data'] as { id: string; recordKind: string }[]) {
      kinds.add(recordKind)
      const { status, headers } = await get(`/ru/evidence/${id}`, HTML)
      const [path = '', fragment] = String(headers.location).split('#')
      expect([status, fragment]).toEqual([302, id])
      if (!pages.has(path)) pages.set(path, (await get(path, HTML)).text)
      expect(pages.get(path), path).toContain(`id="${id}"`)
    }
    expect([...kinds]).toContain('event')
  })

  test('has a part on its page', async () => {
    const { get } = await service({ seed: true })
    const answer = await get(`/ru/evidence/${EVIDENCE}`, HTML)
    expect(answer.status).toBe(302)
    expect(answer.headers.location).toMatch(new RegExp(`^/ru/\\w+/\\w+#${EVIDENCE}$`))
  })
})

describe('the clocks', () => {
  test('show what had happened, and what was recorded, with a banner that leads back', async () => {
    const { get, patch, post } = await service({ seed: true })
    const { body: seeded } = await get(`/v1/meetings/${MEETING}`)
    const knownAt = `knownAt=${seeded['updatedAt']}`
    await patch(`/v1/meetings/${MEETING}`, { city: 'Samarkand' })
    await post(`/v1/proposals/${PROPOSAL}/events`, { type: 'under-consideration', occurredOn: '2022-09-16' })
    const then = await get(`/meetings/${MEETING}?${knownAt}`, HTML)
    expect(then.text).toContain('Tashkent')
    expect(then.text).not.toContain('Samarkand')
    expect(then.text).toContain('<meta name="robots" content="noindex, nofollow">')
    expect(then.text).toContain(`<link rel="canonical" href="/meetings/${MEETING}">`)
    expect(then.text).toContain(`<a href="/meetings/${MEETING}" rel="nofollow">Back to now</a>`)
    expect(then.text).toMatch(/href="\/states\/UZ\?knownAt=/)
    await expectSafe('knownAt', then.text)
    const before = await get(`/proposals/${PROPOSAL}?asOf=2022-08-31`, HTML)
    expect(before.text).toContain('Proposed on <time datetime="2022-08-24">')
    expect(before.text).not.toContain('<strong>Under consideration</strong>')
    expect(before.text).toContain('As of <time datetime="2022-08-31">')
    await expectSafe('asOf', before.text)
    const list = await get('/proposals?asOf=2022-08-31', HTML)
    expect(list.text).not.toContain('16 September 2022')
    expect((await get('/proposals', HTML)).text).toContain('16 September 2022')
    // Both clocks stay in the address of kinds that do not depend on the day.
    expect((await get('/statements?asOf=2022-08-31', HTML)).status).toBe(200)
    expect((await get(`/sources/${SOURCE}?asOf=2022-08-31&${knownAt}`, HTML)).status).toBe(200)
    const unknown = await get(`/meetings/${MEETING}?knownAt=2020-01-01T00:00:00Z`, HTML)
    expect(unknown.status).toBe(404)
    expect(unknown.text).toContain('Nothing at this time')
    expect(unknown.text).toContain(`href="/meetings/${MEETING}"`)
  })
})

describe('names', () => {
  test('are in the language of the page where the record has one, and say their language where not', async () => {
    const { get, post } = await service({ seed: true })
    const { body } = await post('/v1/speakers', {
      name: 'Hassan Rouhani',
      otherNames: [
        { name: 'Хасан Рухани', language: 'ru', type: 'official' },
        { name: 'حسن روحانی', language: 'fa', type: 'official' },
        { name: 'hidden', type: 'search' },
      ],
    })
    const ru = (await get(`/ru/speakers/${body['id']}`, HTML)).text
    expect(ru).toMatch(/<h1>Хасан Рухани<\/h1>/)
    expect(ru).toContain('<bdi lang="en">Hassan Rouhani</bdi>')
    expect(ru).toContain('<bdi lang="fa">حسن روحانی</bdi>')
    expect(ru).not.toContain('hidden</bdi>')
    expect((await get(`/zh/speakers/${body['id']}`, HTML)).text).toMatch(
      /<h1><bdi lang="en">Hassan Rouhani<\/bdi><\/h1>/,
    )
    expect((await get('/ru/states/RU', HTML)).text).toContain('<h1>Россия</h1>')
  })
})

describeOnce('errors', () => {
  test('are pages for whoever accepts HTML, and problems for all others', async () => {
    const { get } = await service({ seed: true })
    for (const path of [
      '/nowhere',
      '/ru/nowhere',
      '/proposals/prp_01gb6jc400ezz8kdnweefcy4dk',
      '/zh/x"><script>',
    ]) {
      const page = await get(encodeURI(path), HTML)
      expect(page.status).toBe(404)
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
      expect(page.headers['cache-control']).toBe('no-store')
      expect(page.text).toContain('role="search"')
      await expectSafe(path, page.text)
      const problem = await get(encodeURI(path))
      expect(problem.body['status']).toBe(404)
    }
    const api = await get('/v1/nowhere', HTML)
    expect(api.headers['content-type']).toMatch(/^application\/problem\+json/)
  })

  test.each([
    ['/proposal/prp_01gb6jc400ezz8kdnweefcy4dk', '/proposals', null],
    ['/proposals/prp_01gb6jc400ezz8kdnweefcy4dk', '/proposals', null],
    ['/statments/counter-uav_drones', '/statements', 'counter%20uav%20drones'],
    ['/archive/2022/%D1%88%D0%BE%D0%B9%D0%B3%D1%83', null, '%D1%88%D0%BE%D0%B9%D0%B3%D1%83'],
    ['/zzz/%22%3E%3Cscript%3E', null, 'script'],
    ['/-/-', null, null],
  ])(
    'suggest the nearest list, and the search for the last part of the path: %s',
    async (path, list, words) => {
      const { get } = await service({ seed: true })
      for (const prefix of PREFIXES) {
        const { status, text } = await get(prefix + path, HTML)
        expect(status).toBe(404)
        const main = text.slice(text.indexOf('<main'), text.indexOf('</main>'))
        expect(/<li><a href="([^"]*)">/.exec(main)?.[1] ?? null).toBe(list && prefix + list)
        expect(/<a rel="nofollow" href="([^"]*)">/.exec(main)?.[1] ?? null).toBe(
          words && `${prefix}/search?q=${words}`,
        )
        await expectSafe(prefix + path, text)
      }
    },
  )

  test('say that reading needs a key', async () => {
    const { get, keys } = await service({ seed: true, requireKeyForReads: true })
    for (const path of [
      '/en/',
      '/proposals',
      `/ru/sources/${SOURCE}`,
      '/search?q=a',
      '/zh/timeline',
      `/embed/proposals/${PROPOSAL}`,
      `/proposals/${PROPOSAL}/citation.ris`,
      `/evidence/${EVIDENCE}`,
    ]) {
      const { status, text, headers } = await get(path, HTML)
      expect([path, status]).toEqual([path, 401])
      expect(headers['www-authenticate']).toMatch(/^Bearer/)
      expect(text).not.toContain('Shoigu')
      await expectSafe(path, text)
      const allowed = await get(path, { ...HTML, authorization: `Bearer ${keys.analyst}` })
      expect(allowed.status).toBeLessThan(400)
      expect(allowed.headers['cache-control'] ?? 'private').toMatch(/private|no-cache/)
    }
  })
})

describeOnce('under a base path', () => {
  test('all addresses have it', async () => {
    const { app } = await service({ seed: true, basePath: '/sco' })
    const get = async (url: string) => app.inject({ url, headers: HTML })
    for (const path of ['/sco/en/', '/sco/ru/proposals', `/sco/sources/${SOURCE}`, '/sco/nowhere']) {
      const { body } = await get(path)
      const addresses = [...body.matchAll(/\s(?:href|action)="([^"]*)"/g)].map(([, address = '']) => address)
      expect(addresses.length).toBeGreaterThan(10)
      expect(addresses.filter((address) => !/^(?:\/sco\/|#|https?:)/.test(address))).toEqual([])
    }
    expect((await get('/sco/')).headers.location).toBe('/sco/en/')
    expect((await get('/sco/proposals?q=')).headers.location).toBe('/sco/proposals')
    expect((await get('/sco/assets/styles.css')).statusCode).toBe(200)
  })
})
