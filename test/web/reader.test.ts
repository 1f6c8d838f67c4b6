// The reader of a source: its text to the letter, passages and claims linked both ways, and the sentences without a claim.
import { describe, expect, test } from 'vitest'
import { coverageOf } from '../../src/web/coverage.ts'
import { type Service, service } from '../helpers/app.ts'
import { expectSafe, textOf, textOfClass, unescaped } from './check.ts'

const HTML = { accept: 'text/html' }
const SOURCE = 'src_01gb6jc400fycan90mth81g8js'
const MEETING = 'mtg_01gb6jc400e2etq4tax4jyms25'

/** A source with a text, and evidence for the seeded meeting from each of its quotes. */
async function sourceWith({ post }: Service, text: string, language: string, quotes: readonly string[]) {
  const source = await post('/v1/sources', { title: 'A report', language, text })
  expect(source.status).toBe(201)
  const evidence: string[] = []
  for (const exact of quotes) {
    const answer = await post(`/v1/meetings/${MEETING}/evidence`, {
      sourceId: source.body['id'],
      motivation: 'quote',
      exact,
    })
    expect([exact, answer.status]).toEqual([exact, 201])
    evidence.push(answer.body['id'])
  }
  return { path: `/sources/${source.body['id']}`, evidence }
}

/** The pieces of a text that are in a passage, joined. */
const litBy = (page: string, number: number) =>
  [...page.matchAll(/<mark class="([^"]*)">([^<]*)<\/mark>/g)]
    .filter(([, classes = '']) => classes.split(' ').includes(`c${number}`))
    .map(([, , piece = '']) => unescaped(piece))
    .join('')

describe('the text', () => {
  test('is there to the letter, with every passage marked and linked both ways', async () => {
    const { get } = await service({ seed: true })
    const { body } = await get(`/v1/sources/${SOURCE}`)
    const { text } = await get(`/sources/${SOURCE}`, HTML)
    expect(textOfClass(text, 'text')).toBe(body['text'])
    const { body: cited } = await get(`/v1/evidence?source=${SOURCE}&limit=200`)
    expect(cited['data'].length).toBeGreaterThan(50)
    for (const { id, exact } of cited['data']) {
      expect(text.split(`id="${id}"`)).toHaveLength(2)
      const number = Number(new RegExp(`<span class="p(\\d+)" id="${id}">`).exec(text)?.[1])
      // Where the address leads to the evidence, what is lit is its quote and the claim with the same number.
      expect(litBy(text, number)).toBe(exact.replaceAll(/\s*\n\s*/g, ''))
      const claim = text.slice(text.indexOf(`<li id="claim-${number}">`))
      expect(textOf(claim.slice(0, claim.indexOf('</q>')))).toBe(exact)
      expect(claim.slice(0, claim.indexOf('</small>'))).toMatch(/<a href="#evd_\w+">Show in the text<\/a>/)
    }
    const claims = text.match(/<li id="claim-\d+">/g) ?? []
    const linked = new Set([...text.matchAll(/<a href="#claim-(\d+)" title="[\d, ]+">/g)].map(([, n]) => n))
    expect(linked.size).toBe(claims.length)
    expect(text).not.toMatch(/<mark[^>]*>[^<]*<mark/)
    expect(text).not.toMatch(/<a [^>]*>[^/]*<a [^>]*>[^/]*<mark/)
  })

  test.each([
    ['en', '𝔸 one\r\ntwo & <three>\r\r\n\n𝔹 four\u2028five', ['𝔹 four', 'two & <three>', '<three>\r\r\n\n𝔹']],
    ['fa', 'وزیر دفاع گفت: «SCO 2022» 👩‍👩‍👧 است.\nدومین خط', ['«SCO 2022» 👩‍👩‍👧', 'SCO 2022', 'وزیر دفاع']],
    [
      'vi',
      'Cafe\u0301 e\u0301\u0323 \u202eabc\u202c 👍🏽 \t end  ',
      ['e\u0301\u0323', '\u202eabc\u202c 👍🏽'],
    ],
    ['zh-Hans', '国防部长表示，将加强合作。\r\n会议在塔什干举行。', ['将加强合作', '合作。\r\n会议']],
  ])(
    'keeps line ends, emoji, combining marks and directions in their place: %s',
    async (language, text, quotes) => {
      const app = await service({ seed: true })
      const { path, evidence } = await sourceWith(app, text, language, quotes)
      for (const prefix of ['', '/ru', '/zh']) {
        for (const query of ['', '?sentences=uncited']) {
          const page = (await app.get(`${prefix}${path}${query}`, HTML)).text
          expect(textOfClass(page, 'text')).toBe(text)
          expect(page).toContain(`<div class="text" lang="${language}" dir="auto">`)
          for (const id of evidence) expect(page.split(`id="${id}"`)).toHaveLength(2)
          await expectSafe(prefix + path + query, page)
        }
      }
    },
  )

  test('tells passages that overlap apart by lanes, and several claims of one passage by lines of its list', async () => {
    const app = await service({ seed: true })
    const { path } = await sourceWith(app, 'one two three four five six', 'en', [
      'one two three four',
      'three four five six',
      'two three',
      'two three',
    ])
    const { text } = await app.get(path, HTML)
    const classes = [...text.matchAll(/<mark class="([^"]*)">/g)].map(([, names]) => names)
    expect(classes).toEqual(['l0 c1', 'l0 c1 l1 c2', 'l0 c1 l1 c2 l2 c3', 'l0 c1 l2 c3', 'l2 c3'])
    expect(text.match(/<li id="claim-/g)).toHaveLength(3)
    expect(text.match(/<span class="p2" id="evd_/g)).toHaveLength(2)
    const second = text.slice(text.indexOf('<li id="claim-2">'), text.indexOf('<li id="claim-3">'))
    expect(second.match(/<li><b>/g)).toHaveLength(2)
  })

  test('has a sheet of its own, which lights passages and claims by number', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get(`/sources/${SOURCE}`, HTML)
    const path = /<link rel="stylesheet" href="(\/assets\/reader[^"]*)">/.exec(text)?.[1] ?? ''
    const sheet = await get(path)
    expect(sheet.headers['content-type']).toBe('text/css; charset=utf-8')
    expect(sheet.text).toContain('.reader:has(:is(.p62,#claim-62):target) :is(.c62,#claim-62)')
    expect((await get(`/meetings/${MEETING}`, HTML)).text).not.toContain('reader.css')
  })
})

describe('the sentences without a claim', () => {
  test('are counted and marked on request', async () => {
    const app = await service({ seed: true })
    const text = 'The first sentence. Dr. Who said the second! A third, untouched?\n\n***\nFourth.'
    const { path } = await sourceWith(app, text, 'en', ['first', 'second! A'])
    const plain = (await app.get(path, HTML)).text
    expect(plain).toContain(`<a rel="nofollow" href="${path}?sentences=uncited">`)
    expect(plain).not.toContain('class="uncited"')
    const page = (await app.get(`${path}?sentences=uncited`, HTML)).text
    const marked = [...page.matchAll(/<span class="uncited">([^<]*)<\/span>/g)].map(
      ([, sentence]) => sentence,
    )
    expect(marked.at(-1)).toBe('Fourth.')
    const [, cited, all] = /Claims rest on (\d+) of (\d+) sentences;/.exec(page) ?? []
    expect(Number(all) - Number(cited)).toBe(marked.length)
    expect(page).toContain('<meta name="robots" content="noindex">')
    const past = (await app.get(`${path}?sentences=uncited&knownAt=2099-01-01T00:00:00Z`, HTML)).text
    expect(past).toContain('class="uncited"')
    expect((await app.get(`/meetings/${MEETING}?sentences=uncited`, HTML)).status).toBe(400)
  })

  test.each([
    ['en', 'One. Two. Three.', [[0, 3]], 3, ['Two.', 'Three.']],
    ['en', 'One. Two. Three.', [[2, 7]], 3, ['Three.']],
    ['en', 'One. Two. Three.', [[0, 16]], 3, []],
    ['en', 'One. Two. Three.', [], 3, ['One.', 'Two.', 'Three.']],
    ['zh', '国防部长说。会议举行了！', [[0, 2]], 2, ['会议举行了！']],
    ['ru', 'Он сказал: «Да». Потом ушёл.\r\n— Нет.', [[0, 5]], 3, ['Потом ушёл.', '— Нет.']],
    ['fa', 'وزیر گفت. سپس رفت؟', [[0, 4]], 2, ['سپس رفت؟']],
    ['en', '  \n… !\n', [], 0, []],
    ['en', '', [], 0, []],
  ] as const)(
    'are found by the rules of the language: %s %s',
    async (language, text, cited, sentences, expected) => {
      const ranges = cited.map(([from, to]) => ({ from, to }))
      const coverage = await coverageOf(text, language, ranges)
      expect(coverage.sentences).toBe(sentences)
      expect(coverage.uncited.map(({ from, to }) => text.slice(from, to))).toEqual(expected)
    },
  )

  test('are the same in a long text', async () => {
    const text = 'A sentence of some words. Another one.\n'.repeat(3000)
    const { sentences, uncited } = await coverageOf(text, 'en', [{ from: 0, to: 39 }])
    expect([sentences, uncited.length]).toEqual([6000, 5998])
  })
})
