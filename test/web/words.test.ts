// The words of the pages: no code in place of a word, one full stop at the end, and the punctuation of each language.
import { describe, expect, test } from 'vitest'
import { seed } from '../../src/seed.ts'
import { dateInWords } from '../../src/web/dates.ts'
import { plainText } from '../../src/web/html.ts'
import { fill, inBrackets, lengthOfTime, listed } from '../../src/web/languages.ts'
import { zh } from '../../src/web/messages/zh.ts'
import { service } from '../helpers/app.ts'
import { textOf } from './check.ts'

const HTML = { accept: 'text/html' }
const PREFIXES = ['', '/ru', '/zh']

/** A service with the reference data. */
async function withReference() {
  const api = await service()
  await seed(api.engine, () => new Date('2026-11-29T12:00:00Z'), 'reference')
  return api
}

/** What a page says itself: without the texts and names of records, which are elements with a language or direction. */
const ownWords = (page: string): string =>
  page
    .slice(page.indexOf('<main'), page.indexOf('</main>'))
    .replaceAll(/<(bdi|code|textarea|q|blockquote)[^>]*>[\s\S]*?<\/\1>|<span class="copy">.*?<\/span>/g, '×')
    .replaceAll(/<\/(?:p|li|h\d|dt|dd|div|label|option|summary|button|th|td|title|desc)>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')

describe('dates in sentences', () => {
  test('end the sentence with one full stop', () => {
    const date = dateInWords('ru', '2022-08-24')
    expect(fill('Опубликовано: {date}.', { date }).text).toBe('Опубликовано: 24 августа 2022 г.')
    expect(fill('Опубликовано: {date}. Ещё.', { date }).text).toBe('Опубликовано: 24 августа 2022 г. Ещё.')
    expect(fill('Published: {date}.', { date: '24 August 2022' }).text).toBe('Published: 24 August 2022.')
  })

  test.each([
    ['en', '2022-08', 'August 2022'],
    ['ru', '2022-08', 'августа 2022 г.'],
    ['ru', '2022', '2022 г.'],
    ['ru', '[..2022-08]', 'августа 2022 г. или раньше'],
    ['zh', '2022-08', '2022年8月'],
    ['en', '[2024-05-12..2024-05-14]', '12–14 May 2024 (exact date not known)'],
    ['ru', '[2024-05-12..2024-05-14]', '12–14 мая 2024 г. (точная дата неизвестна)'],
    ['zh', '[2024-05-12..2024-05-14]', '2024年5月12日至2024年5月14日间某日'],
  ] as const)('follow prepositions in %s: %s', (language, date, words) => {
    expect(dateInWords(language, date, 'genitive')).toBe(words)
  })

  test('have lengths of time in years from two years on', () => {
    const lengths = [1, 729, 730, 2191, 9299].map((days) => lengthOfTime('en', days))
    expect(lengths).toEqual(['1 day', '729 days', '2 years', '6 years', '25 years'])
    expect(lengthOfTime('ru', 9299)).toBe('25 лет')
  })
})

describe('Chinese', () => {
  test('has full-width punctuation in all messages', () => {
    const messages = JSON.stringify(zh)
    expect(messages.match(/[\u4e00-\u9fff] ?[,:;()!?]|[。，：；、] /g)).toEqual(null)
    expect(messages).not.toMatch(/提议/)
  })

  test('has it where pages compose sentences', () => {
    expect(plainText(listed('zh', ['甲', '乙']))).toBe('甲、乙')
    expect(plainText(inBrackets('zh', '甲'))).toBe('（甲）')
  })
})

test('a type that was typed in the form of a code is shown as words', async () => {
  const { get, post } = await service()
  await post('/v1/organizations', { name: 'An office', classification: 'regional-office' })
  for (const prefix of PREFIXES)
    for (const path of [
      '/organizations',
      '/organizations?classification=regional-office',
      '/search?q=regional',
    ]) {
      const { text } = await get(`${prefix}${path}`, HTML)
      const shown = text.slice(text.indexOf('<main')).replaceAll(/<[^>]*>/g, '')
      expect([prefix + path, shown]).toEqual([prefix + path, expect.stringContaining('regional office')])
      expect(shown).not.toContain('regional-office')
    }
})

test('a bilateral meeting, a visit or a summit is not called a session', async () => {
  const { get, post } = await service()
  for (const [classification, ru, zh] of [
    ['bilateral', 'Двусторонняя встреча', '双边会晤'],
    ['visit', 'Визит', '访问'],
    ['summit', 'Саммит', '峰会'],
    ['council', 'Заседание', '会议'],
  ]) {
    const name = `Talks ${classification}`
    const { body } = await post('/v1/meetings', { name, classification, startDate: '2024-05-16' })
    for (const [prefix, words] of [
      ['/ru', ru],
      ['/zh', zh],
    ]) {
      const hits = (await get(`${prefix}/search?q=${classification}`, HTML)).text
      expect(hits).toContain(`<p class="details">${words} · <time`)
      expect((await get(`${prefix}/timeline`, HTML)).text).toContain(`<p class="details">${words}`)
      expect((await get(`${prefix}/embed/meetings/${body['id']}`, HTML)).text).toContain(
        `<p class="kind">${words}</p>`,
      )
      expect((await get(`${prefix}/meetings/${body['id']}`, HTML)).text).toMatch(
        new RegExp(`<meta name="description" content="${words}`),
      )
    }
  }
})

test('statuses in Chinese say that something has happened', async () => {
  const { get, post } = await service()
  for (const [type, words] of [
    ['proposed', '已提出'],
    ['adopted', '已通过'],
    ['rejected', '已否决'],
    ['withdrawn', '已撤回'],
  ]) {
    const events = [{ type, occurredOn: '2024-05-16' }]
    const { body } = await post('/v1/proposals', { title: `It was ${type}`, events })
    const { text } = await get(`/zh/proposals/${body['id']}`, HTML)
    expect(textOf(text)).toContain(`${words}，2024年5月16日`)
  }
})

describe('pages of the reference seed', () => {
  test('have no code of a classification, no doubled full stop, and no foreign punctuation', async () => {
    const { get } = await withReference()
    const codes = ['permanent-body', 'associated-body', 'working-group', 'counter-uav', 'by seed']
    const paths = [
      '/organizations',
      '/topics',
      '/search?q=uav',
      '/search?q=permanent',
      '/search?q=body',
      '/board',
      '/quiet',
      '/matrix',
      '/proposals?topic=security',
    ]
    for (const path of ['organizations', 'topics', 'agreements', 'proposals', 'meetings', 'speakers']) {
      const { body } = await get(`/v1/${path}?limit=4`)
      paths.push(...body['data'].map(({ id }: { id: string }) => `/${path}/${id}`))
    }
    for (const prefix of PREFIXES) {
      for (const path of paths) {
        const { text } = await get(`${prefix}${path}`, HTML)
        const words = ownWords(text)
        const wrong = [
          ...codes.filter((code) => words.includes(code)),
          ...(words.match(/.{0,30}[^.…]\.\.(?!\.).{0,5}/g) ?? []),
          ...(prefix === '/zh'
            ? (words.match(/.{0,20}[\u4e00-\u9fff] ?[,:;()].{0,20}|.{0,20}[。，：；] \S.{0,20}/g) ?? [])
            : []),
        ]
        expect([prefix + path, wrong]).toEqual([prefix + path, []])
      }
    }
  })

  test('name records in the language of the page', async () => {
    const { get } = await withReference()
    for (const path of [
      '/topics',
      '/organizations',
      '/meetings?limit=100',
      '/speakers',
      '/proposals',
      '/agreements',
    ]) {
      for (const [prefix, script] of [
        ['/ru', /[а-яё]/i],
        ['/zh', /[\u4e00-\u9fff]/],
      ] as const) {
        const { text } = await get(prefix + path, HTML)
        const titles = [...text.matchAll(/<p class="title"><a [^>]*>(?:<bdi([^>]*)>)?([^<]*)/g)]
        expect(titles.length).toBeGreaterThan(15)
        const foreign = titles.filter(([, , name = '']) => !script.test(name))
        // A name in another language says so.
        expect(foreign.filter(([, attributes = '']) => !/ lang="en"/.test(attributes))).toEqual([])
        expect([prefix + path, foreign.length]).toEqual([
          prefix + path,
          expect.toSatisfy((count) => count <= 2),
        ])
      }
    }
  })

  test('of 50 records stay below 40 kB, also in Cyrillic', async () => {
    const { get } = await withReference()
    for (const path of ['/agreements', '/proposals', '/meetings', '/quiet', '/timeline']) {
      const { text } = await get(`/ru${path}?limit=50`, HTML)
      expect(text.match(/<p class="title">/g)?.length).toBeGreaterThan(40)
      expect([path, Buffer.byteLength(text)]).toEqual([path, expect.toSatisfy((size) => size < 40_000)])
    }
  })

  test('name cities and posts in the language of the page', async () => {
    const { get } = await withReference()
    const meeting = (await get('/v1/meetings?city=Astana&limit=1')).body['data'][0]
    const [post] = (await get('/v1/memberships?role=Minister%20of%20Defence&limit=1')).body['data']
    for (const [prefix, place, role] of [
      ['/ru', 'Астана, Казахстан', 'Министр обороны'],
      ['/zh', '阿斯塔纳，哈萨克斯坦', '国防部长'],
    ] as const) {
      const words = textOf((await get(`${prefix}/meetings/${meeting.id}`, HTML)).text)
      expect(words).toContain(place)
      expect(textOf((await get(`${prefix}/speakers/${post.recordId}`, HTML)).text)).toContain(role)
    }
  })

  test('are found by words of the language of the page', async () => {
    const { get } = await withReference()
    const first = async (path: string) => {
      const { text } = await get(path, HTML)
      expect(text).not.toMatch(/undefined/)
      return /<ol class="records hits"><li><p class="title"><a [^>]*>(.*?)<\/a>/.exec(text)?.[1]
    }
    expect(await first('/ru/search?q=терроризм&kind=topic')).toBe('Борьба с терроризмом')
    expect(await first('/ru/search?q=терроризмом&kind=topic')).toBe('Борьба с терроризмом')
    expect(await first('/ru/search?q=дроны')).toBe('Борьба с беспилотными летательными аппаратами')
    expect(await first('/ru/search?q=банк развития&kind=proposal')).toMatch(/^[^<]*банк/i)
    expect(await first('/zh/search?q=反恐&kind=topic')).toBe('反恐')
    expect(await first('/ru/search?q=Шойгу')).toBe('Сергей Шойгу')
    expect(await first('/ru/search?q=Тяньцзинь&kind=meeting')).toMatch(/^[^<]*Тяньцзинь, 2025/)
  })

  test('show in hits which of the other names was found, with its language', async () => {
    const { get } = await withReference()
    const { text } = await get('/zh/search?q=терроризмом&kind=topic', HTML)
    expect(text).toContain(
      '反恐</a></p><p class="details">主题</p><p dir="auto"><bdi lang="ru">Борьба с <mark>терроризмом</mark></bdi></p>',
    )
    // The title is not repeated.
    expect((await get('/ru/search?q=терроризмом&kind=topic', HTML)).text).not.toContain('<p dir="auto">')
  })

  test.each(['states', 'organizations'])(
    'sort %s by their names in the language of the page',
    async (path) => {
      const { get } = await withReference()
      for (const [prefix, locale] of [
        ['/ru', 'ru'],
        ['/zh', 'zh-Hans'],
      ] as const) {
        const { text } = await get(`${prefix}/${path}`, HTML)
        const names = [...text.matchAll(/<p class="title"><a [^>]*>(?:<bdi[^>]*>)?([^<]*)/g)].map(
          ([, name = '']) => name,
        )
        expect(names.length).toBeGreaterThan(15)
        expect(names).toEqual(names.toSorted(new Intl.Collator(locale).compare))
      }
    },
  )
})
