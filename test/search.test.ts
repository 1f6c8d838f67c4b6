// Full-text search: every string is a valid query, matches are what readers expect, and snippets are safe HTML.

import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { fold } from '../src/core/fold.ts'
import { parseSearch } from '../src/core/search.ts'
import { escapeHtml, snippet } from '../src/core/snippet.ts'
import type { TextMatches } from '../src/db/engine.ts'
import { sql } from '../src/db/sql.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { type Body, kinds, pathOf } from './helpers/bodies.ts'
import { ENGINE } from './helpers/database.ts'

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }

/** Creates proposals with these titles and summaries. */
async function proposals(s: Service, ...texts: (string | [string, string])[]): Promise<string[]> {
  const ids: string[] = []
  for (const entry of texts) {
    const [title, summary = null] = [entry].flat()
    const { status, body, text } = await s.post('/v1/proposals', { title, summary, proposedOn: '2022-08-24' })
    expect(status, text).toBe(201)
    ids.push(body['id'])
  }
  return ids
}

async function search(s: Service, q: string, more = ''): Promise<Body[]> {
  const { status, body, text } = await s.get(`/v1/search?limit=100&q=${encodeURIComponent(q)}${more}`)
  expect(status, `${q}: ${text}`).toBe(200)
  return body['data']
}

const titles = async (s: Service, q: string, more = '') =>
  (await search(s, q, more)).map(({ title }) => title)

async function listed(s: Service, q: string): Promise<string[]> {
  const { status, body, text } = await s.get(`/v1/proposals?limit=200&sort=title&q=${encodeURIComponent(q)}`)
  expect(status, `${q}: ${text}`).toBe(200)
  return body['data'].map(({ title }: Body) => title)
}

/** Mocks the estimate of the full-text index, which determines the plan of a list with `q`. */
const estimating = (s: Service, estimate: TextMatches) =>
  vi.spyOn(s.engine.search, 'estimateMatches').mockResolvedValue(estimate)

describe('a search', () => {
  test('supports words in any order, phrases, prefixes, OR and exclusion by a minus', async () => {
    const s = await service()
    await proposals(
      s,
      'Counter drones together',
      'Drones counter everything',
      'Together against drone strikes',
      'Exchange of information',
      ['Exchange of practice', 'Best practices, drones included'],
    )
    for (const [q, expected] of [
      [
        'drones',
        [
          'Counter drones together',
          'Drones counter everything',
          'Exchange of practice',
          'Together against drone strikes',
        ],
      ],
      ['"drones"', ['Counter drones together', 'Drones counter everything', 'Exchange of practice']],
      ['together "drones"', ['Counter drones together']],
      ['"counter drones"', ['Counter drones together']],
      ['"drones counter"', ['Drones counter everything']],
      ['"counter together"', []],
      ['"drone"', ['Together against drone strikes']],
      ['together drone', ['Counter drones together', 'Together against drone strikes']],
      [
        'drone*',
        [
          'Counter drones together',
          'Drones counter everything',
          'Exchange of practice',
          'Together against drone strikes',
        ],
      ],
      ['"best prac"*', ['Exchange of practice']],
      ['"best prac"', []],
      ['drones -countered', ['Exchange of practice', 'Together against drone strikes']],
      ['"drones" -counter', ['Exchange of practice']],
      ['"drones" -"drones counter"', ['Counter drones together', 'Exchange of practice']],
      ['exchange -info*', ['Exchange of practice']],
      ['-drones exchange', ['Exchange of information']],
      ['strikes OR information', ['Exchange of information', 'Together against drone strikes']],
      ['strikes or information', []],
      ['strikes OR drones -counter', ['Exchange of practice', 'Together against drone strikes']],
      ['exchange drones OR strike', ['Exchange of practice', 'Together against drone strikes']],
      ['OR strikes', ['Together against drone strikes']],
      ['strikes OR', ['Together against drone strikes']],
      ['"counter drones', ['Counter drones together']],
      ['counter-drones', ['Counter drones together']],
      ['drones absent', []],
    ] as [string, string[]][]) {
      expect((await titles(s, q)).sort(), q).toEqual(expected)
      expect(await listed(s, q), q).toEqual(expected)
    }
  })

  test('with only excluded words returns all other records', async () => {
    const s = await service()
    await proposals(s, 'Drones', 'Trade', 'Trade in drones')
    expect(await listed(s, '-drones')).toEqual(['Trade'])
    expect(await listed(s, '-drones -trade')).toEqual([])
    expect(await listed(s, '-absent')).toEqual(['Drones', 'Trade', 'Trade in drones'])
    expect(await listed(s, 'drones OR -trade')).toEqual(['Drones', 'Trade in drones'])
    expect(await listed(s, 'trade OR -drones')).toEqual(['Trade', 'Trade in drones'])
  })

  test('ranks matches in titles before matches in bodies, and more matching words before fewer', async () => {
    const s = await service()
    await proposals(
      s,
      ['Something else', 'drones drones drones drones drones drones'],
      ['Drones', 'Something else'],
      ...Array.from({ length: 9 }, (_, n): [string, string] => [`Filler ${n}`, 'Of no interest']),
      ['Trade', 'Here drones are named once, among a great many other words that say something else'],
    )
    const hits = await search(s, 'drones')
    expect(hits.map(({ title }) => title)).toEqual(['Drones', 'Something else', 'Trade'])
    const scores = hits.map(({ score }) => score as number)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(new Set(scores).size).toBe(3)
  })

  test('ignores case and diacritics, in queries and in texts', async () => {
    const s = await service()
    const pairs = [
      ['Ünïcôdé', 'unicode'],
      ['ŞANGHAY', 'sanghay'],
      ['Đà Nẵng', 'da nang'],
      ['Việt Nam', 'VIET NAM'],
      ['Łódź', 'lodz'],
      ['Ærø', 'aero'],
      ['Straße', 'STRASSE'],
      ['İstanbul', 'istanbul'],
      ['Йошкар', 'иошкар'],
      ['самолёт', 'САМОЛЕТ'],
      ['Ташкентский', 'ТАШКЕНТСКИЙ'],
      ['Αθήνα', 'αθηνα'],
      ['ﬁle', 'file'],
      ['Ｆｕｌｌ', 'full'],
    ] as const
    await proposals(s, ...pairs.map(([text]) => text))
    for (const [text, query] of pairs) {
      expect(await titles(s, query), query).toEqual([text])
      expect(await titles(s, text), text).toEqual([text])
      expect(await titles(s, text.toUpperCase()), text).toEqual([text])
      const decomposed = text.normalize('NFD')
      expect(await titles(s, decomposed), text).toEqual([text])
    }
    expect(await titles(s, 'йод')).toEqual([])
  })

  test('matches any adjacent characters in Chinese, Japanese, Korean and Thai', async () => {
    const s = await service()
    const [cn, jp, kr, th] = [
      '上海合作组织成员国国防部长会议',
      'サーバーと無人機の対策',
      '우즈베키스탄에서 회의',
      'การประชุมความมั่นคง',
    ] as const
    await proposals(s, cn, jp, kr, th, 'Plain words')
    for (const [q, found] of [
      ['国', [cn]],
      ['组织', [cn]],
      ['成员国国防', [cn]],
      ['上海合作组织成员国国防部长会议', [cn]],
      ['织组', []],
      ['上海国防', []],
      ['上海 国防', [cn]],
      ['"国国"', [cn]],
      ['会*', [cn]],
      ['-上海 words', ['Plain words']],
      ['無人機', [jp]],
      ['バー', [jp]],
      ['人', [jp]],
      ['우즈베키스탄', [kr]],
      ['회의', [kr]],
      ['ประชุม', [th]],
    ] as [string, string[]][]) {
      expect(await titles(s, q), q).toEqual(found)
      expect(await listed(s, q), q).toEqual(found)
    }
  })

  test('separates adjacent scripts, and ignores emoji', async () => {
    const s = await service()
    await proposals(s, '上合组织SCO峰会2024年', 'Peace ☮️ talks 🚀 now', 'Талибан🚫Kabul', 'न्यायालय में', 'مُحَمَّد')
    const all = {
      SCO峰会: '上合组织SCO峰会2024年',
      sco: '上合组织SCO峰会2024年',
      '2024': '上合组织SCO峰会2024年',
      组织sco: '上合组织SCO峰会2024年',
      '"peace talks"': 'Peace ☮️ talks 🚀 now',
      'peace ☮️': 'Peace ☮️ talks 🚀 now',
      'peace ☮ 🚀 now': 'Peace ☮️ talks 🚀 now',
      kabul: 'Талибан🚫Kabul',
      талибан: 'Талибан🚫Kabul',
      न्यायालय: 'न्यायालय में',
      مُحَمَّد: 'مُحَمَّد',
    }
    for (const [q, title] of Object.entries(all)) expect(await titles(s, q), q).toEqual([title])
    for (const q of ['🚀', '☮️', '???', '""', '-', '*', '"', 'OR', '-""', '❤️'])
      expect(await titles(s, q), q).toEqual([])
  })

  test('follows every update and deletion immediately', async () => {
    const s = await service()
    const [id] = await proposals(s, ['First title', 'First body'])
    await s.patch(`/v1/proposals/${id}`, { title: 'Second title' })
    expect(await titles(s, '"first title"')).toEqual([])
    expect(await titles(s, 'second')).toEqual(['Second title'])
    expect(await titles(s, 'body')).toEqual(['Second title'])
    await s.patch(`/v1/proposals/${id}`, { summary: null })
    expect(await titles(s, 'body')).toEqual([])
    await s.del(`/v1/proposals/${id}`)
    expect(await titles(s, 'second')).toEqual([])
    expect(await listed(s, 'second')).toEqual([])
  })

  test('returns all kinds with kind, title, date and path of each hit, and can be limited to kinds', async () => {
    const s = await service({ seed: true })
    const speaker = await s.post('/v1/speakers', { name: 'Zebra' })
    const bodies: Record<string, Body> = {
      meetings: { name: 'Zebra', startDate: '2022-08' },
      proposals: { title: 'Zebra', proposedOn: '2021' },
      agreements: { title: 'Zebra', kind: 'treaty' },
      statements: {
        contributors: [{ role: 'author', speakerId: speaker.body['id'] }],
        kind: 'direct',
        text: 'A zebra.',
      },
      organizations: { name: 'Zebra', classification: 'organ', foundingDate: '1999' },
      states: { code: 'ZZ', name: 'Zebra' },
      topics: { slug: 'zebra', prefLabel: 'Stripes' },
      sources: { title: 'Zebra', language: 'en', text: 'Striped.', publishedOn: '2020-02-02' },
    }
    for (const [path, body] of Object.entries(bodies))
      expect((await s.post(`/v1/${path}`, body)).status, path).toBe(201)
    const hits = await search(s, 'zebra', '&count=exact')
    expect(hits.map(({ kind }) => kind).sort()).toEqual([...kinds].sort())
    for (const hit of hits) {
      const { status, body } = await s.get(hit['path'])
      expect(status, hit['path']).toBe(200)
      expect(body['id']).toBe(hit['id'])
      expect(Object.values(body)).toContain(hit['title'])
    }
    const dates = Object.fromEntries(hits.map(({ kind, date }) => [kind, date]))
    expect(dates).toMatchObject({
      meeting: '2022-08',
      proposal: '2021',
      organization: '1999',
      source: '2020-02-02',
      speaker: null,
      topic: null,
    })
    const kindsOf = async (more: string) => (await search(s, 'zebra', more)).map(({ kind }) => kind).sort()
    expect(await kindsOf('&kind=state')).toEqual(['state'])
    expect(await kindsOf('&kind=topic,source')).toEqual(['source', 'topic'])
    const { body } = await s.get('/v1/search?q=zebra&kind=zebra')
    expect(body).toMatchObject({ status: 400, errors: [{ parameter: 'kind' }] })
    for (const kind of kinds) {
      const list = await s.get(`${pathOf(kind)}?q=zebra&count=exact`)
      expect(list.body['page'].total, kind).toBe(1)
    }
  })

  test('is paged by cursor, with each hit once and an optional total; a cursor is valid for its query only', async () => {
    const s = await service()
    await proposals(s, ...Array.from({ length: 23 }, (_, n) => `Drones ${'again '.repeat(n)}`))
    const whole = (await search(s, 'drones')).map(({ id }) => id)
    const seen: string[] = []
    let first = ''
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: { body: Body } = await s.get(
        `/v1/search?q=drones&limit=5&count=exact${cursor && `&cursor=${cursor}`}`,
      )
      seen.push(...body['data'].map(({ id }: Body) => id))
      expect(body['page']).toMatchObject({ limit: 5, total: 23 })
      cursor = body['page'].nextCursor
      first ||= cursor ?? ''
    }
    expect(seen).toEqual(whole)
    expect(new Set(seen).size).toBe(23)
    for (const other of ['q=drone', 'q=drones&kind=proposal', 'q=Drones'])
      expect((await s.get(`/v1/search?${other}&cursor=${first}`)).body, other).toMatchObject({
        status: 400,
        type: '/problems/invalid-cursor',
      })
    expect((await s.get('/v1/search')).body).toMatchObject({ status: 400, errors: [{ parameter: 'q' }] })
  })

  test('takes no more queries for many hits than for one', async () => {
    const s = await service()
    await proposals(s, ...Array.from({ length: 30 }, (_, n) => `Drones ${n}`))
    const cost = async (query: string) => {
      s.queries()
      expect((await s.get(`/v1/search?q=drones${query}`)).status).toBe(200)
      return s.queries().length
    }
    expect(await cost('&limit=30')).toBe(await cost('&limit=1'))
    expect(await cost('&limit=30')).toBeLessThanOrEqual(3)
  })
})

/** A snippet as a browser displays it; throws unless it contains only text and marks. */
function shown(html: string): { text: string; marked: string[] } {
  const marked: string[] = []
  let depth = 0
  let text = ''
  for (const [piece] of html.matchAll(/<[^>]*>|[^<]+|</g)) {
    if (piece === '<mark>') {
      if (++depth > 1) throw new Error(`Marks inside marks: ${html}`)
      marked.push('')
    } else if (piece === '</mark>') {
      if (--depth < 0) throw new Error(`A mark ends that never began: ${html}`)
    } else {
      if (/[<>"']/.test(piece)) throw new Error(`Not safe: ${html}`)
      if (/&(?!#\d+;)/.test(piece)) throw new Error(`Not escaped: ${html}`)
      const plain = piece.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
      text += plain
      if (depth) marked[marked.length - 1] += plain
    }
  }
  if (depth) throw new Error(`A mark has no end: ${html}`)
  return { text, marked }
}

const ellipsisOff = (text: string) => text.replace(/^…/, '').replace(/…$/, '')

describe('a word in more records than are ranked', () => {
  const MATCHES = 10_000

  /** Adds index entries without records, so that only the last two, which have records, are returned. */
  async function crowd(s: Service): Promise<string[]> {
    const { search } = s.engine
    await s.engine.write(async (writer) => {
      for (let number = 0; number < MATCHES - 1; number++)
        await search.put(writer, {
          docId: 1_000_000 + number,
          kind: 'proposal',
          recordId: `prp_${number}`,
          date: null,
          title: '',
          body: 'crowded',
        })
    })
    // The next change gets a number after all of these.
    await s.engine.write((writer) =>
      writer.run(
        sql`insert into changes (seq, kind, "recordId", version, op, at, "actorId", "actorName") values (2000000, 'speaker', 'spk_x', 1, 'create', '2000-01-01T00:00:00.000Z', 'x', 'x')`,
      ),
    )
    return proposals(s, 'crowded', ['Last', 'crowded'])
  }

  test.skipIf(ENGINE !== 'sqlite')(
    'returns the latest changes first, unranked, and the response says so',
    async () => {
      const s = await service()
      const [first, second] = await crowd(s)
      const { body } = await s.get('/v1/search?q=crowded&limit=2')
      expect(body['page']).toMatchObject({ ranked: false })
      expect(body['data'].map(({ id, score }: Body) => [id, score])).toEqual([
        [second, 0],
        [first, 0],
      ])
      // With a second word there are few matches, which are ranked.
      const few = (await s.get('/v1/search?q=crowded%20last')).body
      expect([few['page'].ranked, few['data'].length, few['data'][0].score > 0]).toEqual([true, 1, true])
    },
    60_000,
  )

  test('is detected without counting all matches, and its latest matches are the same on both engines', async () => {
    const s = await service()
    const [first, second, third] = await proposals(s, 'Common one', 'Common two', 'Rare three')
    const { search, reader } = s.engine
    const parse = (q: string) => parseSearch(q)
    expect(await search.exceeds(reader, parse('common'), 1)).toBe(true)
    expect(await search.exceeds(reader, parse('common'), 2)).toBe(false)
    expect(await search.exceeds(reader, parse('-common'), 0)).toBe(true)
    expect(await search.exceeds(reader, parse(''), 0)).toBe(false)
    const latest = async (q: string, kinds: string[] | null, limit: number, offset: number) =>
      (await search.latest(reader, parse(q), kinds, limit, offset)).map(({ recordId }) => recordId)
    expect(await latest('common OR rare', null, 2, 0)).toEqual([third, second])
    expect(await latest('common OR rare', ['proposal'], 2, 2)).toEqual([first])
    expect(await latest('common', ['speaker'], 2, 0)).toEqual([])
    expect(await latest('-common', ['proposal'], 5, 0)).toEqual([third])
  })
})

describe('a snippet', () => {
  test('escapes hostile text, with the matches marked', async () => {
    const s = await service()
    const title = `<script>alert('x')</script> & "drones" &amp; <mark>`
    await proposals(s, title, ['Drones', `</mark><img src=x onerror="alert(1)"> drones' & <b>drones</b>`])
    const hits = await search(s, 'drones')
    expect(hits).toHaveLength(2)
    for (const hit of hits) {
      const { body } = await s.get(hit['path'])
      const { text, marked } = shown(hit['snippet'])
      expect(String(body['summary'] ?? body['title'])).toContain(ellipsisOff(text))
      expect(marked.length).toBeGreaterThan(0)
      for (const mark of marked) expect(mark.toLowerCase()).toBe('drones')
    }
  })

  test('of a long text contains the match in its original spelling, and an ellipsis where it is cut', () => {
    const text = `${'word '.repeat(200)}the Cöunter-DRÖNES here ${'word '.repeat(200)}`
    const html = snippet(text, parseSearch('drones')) ?? ''
    const { text: plain, marked } = shown(html)
    expect(marked).toEqual(['DRÖNES'])
    expect(plain.startsWith('…') && plain.endsWith('…')).toBe(true)
    expect(text).toContain(ellipsisOff(plain))
    expect(plain.length).toBeLessThan(300)
  })

  test('marks whole phrases, whole words for prefixes, and single Chinese characters', () => {
    const marks = (text: string, q: string) => shown(snippet(text, parseSearch(q)) ?? '').marked
    expect(marks('one two three two', '"two three"')).toEqual(['two three'])
    expect(marks('drones and drone strikes', 'dro*')).toEqual(['drones', 'drone'])
    expect(marks('上海合作组织', '合作')).toEqual(['合作'])
    expect(marks('Ташкент, ёлка', 'елка')).toEqual(['ёлка'])
    expect(marks('a b c', 'b OR c')).toEqual(['b', 'c'])
    expect(snippet('nothing here', parseSearch('drones'))).toBeNull()
    expect(snippet('drones', parseSearch('-drones'))).toBeNull()
  })

  test('never splits a surrogate pair', () => {
    for (let pad = 220; pad < 250; pad++) {
      const text = `x ${'a'.repeat(pad)}${'😀'.repeat(40)}`
      const { text: plain } = shown(snippet(text, parseSearch('x')) ?? '')
      expect(plain.isWellFormed()).toBe(true)
      expect(text).toContain(ellipsisOff(plain))
    }
  })

  test('is safe and part of the text, for any text and any query', () => {
    const alphabet = fc.constantFrom(...'<>&"\'/ab cé国й😀-…\n;#')
    const text = fc.oneof(fc.string({ unit: alphabet, maxLength: 600 }), fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(text, fc.string({ unit: alphabet, maxLength: 5 }), (raw, q) => {
        const whole = raw.replaceAll('…', '.')
        const html = snippet(whole, parseSearch(q))
        if (html === null) return
        const { text: plain, marked } = shown(html)
        expect(whole).toContain(ellipsisOff(plain))
        expect(marked.every((mark) => mark !== '')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('any string', () => {
  test('in ASCII is folded the same alone and next to other characters', () => {
    const ascii = fc.string({ unit: fc.integer({ max: 127 }).map((code) => String.fromCharCode(code)) })
    fc.assert(
      fc.property(ascii, (text) => {
        expect([fold(`${text} é`), fold(`É${text}`)]).toEqual([`${fold(text)} e`.trim(), fold(`E${text}`)])
      }),
      { numRuns: 1000 },
    )
  })

  const SYNTAX = [
    'NEAR',
    'AND',
    'OR',
    'NOT',
    'title:',
    '*',
    '^',
    ':',
    '(',
    ')',
    '"',
    "'",
    '-',
    '+',
    '{',
    '}',
    ';',
    '%',
    '_',
    '\0',
    '\\',
    '--',
    '/*',
    'NEAR(a b, 2)',
    'title : x',
    'é',
    '国',
    '😀',
    ' ',
    'a',
    'drones',
    '\u{E000}',
    '\ud7ff',
    '\ufeff',
    '\u200d',
    '\ufe0f',
    '１',
    '½',
    '\u0301',
    'ß',
    '\u{1E900}',
    '\u{30EDD}',
  ]
  const anything = fc
    .oneof(
      {
        weight: 3,
        arbitrary: fc
          .array(fc.constantFrom(...SYNTAX), { minLength: 1, maxLength: 8 })
          .map((parts) => parts.join('')),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }) },
    )
    .filter((text) => text.length <= 500)

  test('is a valid query in search and in lists, with the same matches', async () => {
    const s = await service()
    await proposals(
      s,
      'Drones a b',
      ['é 国国 😀 x', 'NEAR AND NOT title: drones'],
      'ß １ ½ é\u0301',
      'OR a',
      '-drones',
      'drones OR -drones',
      '𞤀𞤁 𰻝',
    )
    await fc.assert(
      fc.asyncProperty(anything, async (q) => {
        const query = encodeURIComponent(q)
        const hits = (await s.app.inject(`/v1/search?kind=proposal&count=exact&limit=100&q=${query}`)).json()
        expect(hits.status, `${JSON.stringify(q)} ${JSON.stringify(hits)}`).toBeUndefined()
        const list = (await s.app.inject(`/v1/proposals?count=exact&limit=100&q=${query}`)).json()
        expect(list.status, `${JSON.stringify(q)} ${JSON.stringify(list)}`).toBeUndefined()
        const ids = (rows: Body[]) => rows.map(({ id }) => id as string).sort()
        expect(ids(hits.data), JSON.stringify(q)).toEqual(ids(list.data))
        expect(hits.page.total).toBe(hits.data.length)
        expect(list.page.total).toBe(list.data.length)
        for (const hit of hits.data) shown(hit.snippet)
      }),
      { numRuns: 250 },
    )
  })

  test('returns the same rows in the same order in a list, for every plan', async () => {
    const s = await service()
    await proposals(
      s,
      'Drones a b',
      ['b', 'Drones, and a line\nbreak'],
      ['a', 'break drones'],
      'A b c',
      'é 国国 😀 b',
      '-drones',
    )
    const word = fc.constantFrom(
      'drones',
      'a',
      'b',
      'c',
      '国',
      'br*',
      'line',
      'OR',
      '-a',
      '-b',
      '"a b"',
      '"line break"',
    )
    const walked = async (query: string, estimate?: TextMatches) => {
      using _ = estimate === undefined ? undefined : estimating(s, estimate)
      const seen: string[] = []
      let cursor = ''
      do {
        const { data, page } = (await s.app.inject(`/v1/proposals?${query}&limit=2${cursor}`)).json()
        seen.push(...data.map(({ id }: Body) => id))
        cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
      } while (cursor)
      return seen
    }
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async (words) => {
        const q = `q=${encodeURIComponent(words.join(' '))}`
        // The order of parameters differs, so that no response comes from the cache.
        const found = await walked(`${q}&sort=-title&status=proposed`)
        expect(await walked(`sort=-title&${q}&status=proposed`, 'many'), q).toEqual(found)
        expect(await walked(`sort=-title&status=proposed&${q}`, 'some'), q).toEqual(found)
      }),
      { numRuns: 150 },
    )
  })

  test('with rare matches in long texts is looked up in the index instead of scanning', async () => {
    const s = await service()
    const long = 'word '.repeat(1990)
    await proposals(
      s,
      'First',
      ...Array.from({ length: 210 }, (_, n): [string, string] => [`Long ${n}`, long]),
    )
    const [last] = await proposals(s, ['Zzz', 'drones'])
    using _ = estimating(s, 'many')
    using matching = vi.spyOn(s.engine.search, 'matching')
    const { body } = await s.get('/v1/proposals?q=drones&sort=title')
    expect(body['data'].map(({ id }: Body) => id)).toEqual([last])
    expect(matching).toHaveBeenCalled()
    matching.mockClear()
    expect((await s.get('/v1/proposals?q=word&sort=title&limit=5')).body['data']).toHaveLength(5)
    expect(matching).not.toHaveBeenCalled()
  })

  test('as invalid UTF-8 or a lone percent sign in a URL causes no internal error', async () => {
    const s = await service()
    for (const raw of ['%ff%fe', '%', '%zz', '%00', 'a%00b', '%ed%a0%80', '+', '%20', '%22', '&q', '%0a']) {
      for (const url of [`/v1/search?q=${raw}`, `/v1/proposals?q=${raw}`]) {
        const { statusCode, body } = await s.app.inject(url)
        expect([200, 400], `${url} ${body}`).toContain(statusCode)
        if (!raw.includes('&')) expect(statusCode, `${url} ${body}`).toBe(200)
      }
    }
  })

  test('in a record is indexed, found and displayed', async () => {
    const s = await service()
    const records = recordsOn(s.engine)
    const topics = catalogue.resource('topic')
    const texts = fc.sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), {
      numRuns: 200,
      seed: 7,
    })
    await records.write(AUTHOR, async (tx) => {
      for (const [n, text] of texts.entries())
        await createRecord(tx, topics, {
          slug: `t-${n}`,
          prefLabel: `x${n} ${text}`,
          definition: text,
          broaderId: null,
          otherNames: [],
          identifiers: [],
          sources: [],
        })
    })
    for (const [n, text] of texts.entries()) {
      const hits = await search(s, `x${n}`)
      expect(
        hits.map(({ title }) => title),
        JSON.stringify(text),
      ).toEqual([`x${n} ${text}`])
      expect(shown(hits[0]?.['snippet']).marked).toEqual([`x${n}`])
    }
  })
})

describe('the search language', () => {
  test.each([
    ['one two', [{ all: ['one', 'two'], not: [] }]],
    ['"one two"', [{ all: ['one two'], not: [] }]],
    ['one -two', [{ all: ['one'], not: ['two'] }]],
    [
      'one OR two -three',
      [
        { all: ['one'], not: [] },
        { all: ['two'], not: ['three'] },
      ],
    ],
    ['dron*', [{ all: ['dron*'], not: [] }]],
    ['"one tw"*', [{ all: ['one tw*'], not: [] }]],
    ['-dron*', [{ all: [], not: ['dron*'] }]],
    ['一带一路', [{ all: ['一 带 一 路'], not: [] }]],
    ['counter-uav', [{ all: ['counter uav'], not: [] }]],
    ['"unclosed one', [{ all: ['unclosed one'], not: [] }]],
    ['"OR"', [{ all: ['or'], not: [] }]],
    ['or', [{ all: ['or'], not: [] }]],
    ['', []],
    ['OR OR', []],
    ['- * "" ()', []],
    ['Ёлка', [{ all: ['елка'], not: [] }]],
  ])('parses %s', (query, expected) => {
    const read = parseSearch(query).map(({ all, not }) => {
      const words = (terms: typeof all) =>
        terms.map(({ words, prefix }) => words.join(' ') + (prefix ? '*' : ''))
      return { all: words(all), not: words(not) }
    })
    expect(read).toEqual(expected)
  })

  test('folds text to words of lower-case letters and digits, idempotently', () => {
    expect(fold('  Ünï—CÔDÉ, №5!\n')).toBe('uni code 5')
    expect(fold('Foo™ word¹')).toBe('foo word')
    expect(fold('Đà Nẵng Łódź Æsir')).toBe('da nang lodz aesir')
    expect(fold('上海SCO')).toBe('上 海 sco')
    expect(fold('☮️ ❤️ 1️⃣ 👨‍👩‍👧')).not.toMatch(/[^\p{L}\p{N}\p{M} ]/u)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
        const once = fold(text)
        expect(once).toMatch(/^([\p{L}\p{N}][\p{L}\p{N}\p{M}]*( [\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*)?$/u)
        expect(fold(once)).toBe(once)
      }),
      { numRuns: 2000 },
    )
  })

  test('escapes HTML', () => {
    expect(escapeHtml(`<a href="x">'&</a>`)).toBe('&#60;a href=&#34;x&#34;&#62;&#39;&#38;&#60;/a&#62;')
  })
})

describe('parts of records', () => {
  test('are found by their words, with the record that has them', async () => {
    const s = await service({ seed: true })
    const { body: source } = await s.post('/v1/sources', {
      title: 'Report',
      language: 'en',
      text: 'The zebras were counted. Nobody objected.',
    })
    const [proposal] = await proposals(s, 'Count them')
    const evidence = async (path: string, fields: Body) => {
      const { status, body, text } = await s.post(`${path}/evidence`, { sourceId: source['id'], ...fields })
      expect(status, text).toBe(201)
      return body['id'] as string
    }
    const record = `/v1/proposals/${proposal}`
    const quote = await evidence(record, {
      motivation: 'quote',
      exact: 'The zebras were counted.',
      translation: { language: 'ru', text: 'Зебр посчитали.', by: 'analyst' },
    })
    const { body: position } = await s.post(`${record}/positions`, { stateCode: 'UZ', position: 'supported' })
    const inference = await evidence(`${record}/positions/${position['id']}`, {
      motivation: 'inference',
      exact: 'Nobody objected.',
      note: 'Silence is taken for support.',
    })
    const [hit, ...others] = await search(s, 'zebra', '&kind=evidence')
    expect(others).toEqual([])
    expect(hit).toEqual({
      kind: 'evidence',
      id: quote,
      path: `/v1/evidence/${quote}`,
      recordKind: 'proposal',
      recordId: proposal,
      title: 'Count them',
      date: null,
      snippet: 'The <mark>zebras</mark> were counted.\nЗебр посчитали.',
      score: expect.any(Number),
    })
    expect((await search(s, 'zebra')).map(({ kind }) => kind).sort()).toEqual(['evidence', 'source'])
    expect((await search(s, 'зебры')).map(({ id }) => id)).toEqual([quote])
    const [nested] = await search(s, 'silence')
    expect(nested).toMatchObject({
      id: inference,
      path: `/v1/evidence/${inference}`,
      recordKind: 'position',
      recordId: position['id'],
      title: 'Count them',
    })
    for (const { path, id } of [hit, nested] as Body[]) expect((await s.get(path)).body['id']).toBe(id)
    const { body: flat } = await s.get('/v1/evidence?q=zebra')
    expect(flat['data'].map(({ id }: Body) => id)).toEqual([quote])
    expect((await search(s, 'count')).find(({ kind }) => kind === 'proposal')).toMatchObject({
      recordKind: null,
      recordId: null,
    })
    expect((await s.del(`${record}/evidence/${quote}`)).status).toBe(204)
    expect(await search(s, 'zebra', '&kind=evidence')).toEqual([])
    expect((await s.del(record)).status).toBe(204)
    expect(await search(s, 'silence')).toEqual([])
  })
})

test('texts and words of any length are searchable as a whole', async () => {
  const s = await service()
  // More words than fit in one index entry of PostgreSQL.
  const words = Array.from({ length: 90_000 }, (_, n) => `слово${n}`)
  const text = `begin here ${words.join(' ')} then the needle stands at the end ${'x'.repeat(3000)}y`
  const post = (title: string, body: string) => s.post('/v1/sources', { title, language: 'ru', text: body })
  expect((await post('Long', text)).status).toBe(201)
  expect((await post('Short', `needle the then ${'x'.repeat(600)}`)).status).toBe(201)
  const found = async (q: string) => {
    const { body } = await s.get(`/v1/sources?q=${encodeURIComponent(q)}&sort=title`)
    return body['data'].map(({ title }: { title: string }) => title)
  }
  expect(await found('слово89999')).toEqual(['Long'])
  expect(await found('слово1 слово89999 begin')).toEqual(['Long'])
  expect(await found('"слово89998 слово89999 then the needle"')).toEqual(['Long'])
  expect(await found('"слово89999 слово89998"')).toEqual([])
  expect(await found('"then the needle"')).toEqual(['Long'])
  expect(await found('needle')).toEqual(['Long', 'Short'])
  expect(await found('needle -слово44444')).toEqual(['Short'])
  expect(await found('слово8999*')).toEqual(['Long'])
  expect(await found('"at the en"*')).toEqual(['Long'])
  const long = 'x'.repeat(498)
  expect(await found(`${long}*`)).toEqual(['Long', 'Short'])
  expect(await found(long)).toEqual([])
})

describe('letters and signs that are typed otherwise than they are written', () => {
  test.each([
    [
      'Co\u00adordi\u00adnation of river\u00adine patrols',
      ['coordination', 'riverine', 'co\u200bordination'],
    ],
    ['Рас\u00adши\u00adрение; под\u2060держка', ['расширение', 'поддержка']],
    ['می\u200cشود', ['میشود', 'می\u200cشود']],
    ['وزارت امور خارجه ایران', ['ايران', 'ایران', 'وزارت']],
    ['مُنَظَّمَة شنغهاي', ['منظمة', 'شنغهای']],
    ['Oʻzbekiston tashqi ishlar vazirligi', ["O'zbekiston", 'O‘zbekiston', 'Oʼzbekiston', 'ozbekiston']],
    ['Gʻulom', ["g'ulom", 'gulom']],
    ["Beijing's proposal", ['Beijing', "beijing's"]],
    ['Вазорати Тоҷикистон', ['Точикистон', 'тоҷикистон']],
    ['Қазақстан Республикасы', ['казакстан', 'қазақстан']],
    ['در سال ۲۰۲۲', ['2022', '۲۰۲۲', '٢٠٢٢']],
  ])('%s', async (name, queries) => {
    const s = await service()
    const { body: created } = await s.post('/v1/organizations', { name, classification: 'body' })
    await s.post('/v1/organizations', { name: 'Another', classification: 'body' })
    for (const query of queries) {
      const { body } = await s.get(`/v1/organizations?q=${encodeURIComponent(query)}`)
      expect(
        body['data'].map(({ id }: Body) => id),
        query,
      ).toEqual([created['id']])
    }
  })

  test.each([
    ['“joint exercises”', ['Joint exercises of rescuers']],
    ['«joint exercises»', ['Joint exercises of rescuers']],
    ['„joint exercises“', ['Joint exercises of rescuers']],
    ['＂joint exercises＂', ['Joint exercises of rescuers']],
    ['joint –rescuers', ['Exercises that are joint']],
    ['joint −rescuers', ['Exercises that are joint']],
    ['joint —rescuers', ['Exercises that are joint']],
    ['resc＊', ['Joint exercises of rescuers']],
    ['joint AND rescuers', ['Joint exercises of rescuers']],
    ['rescuers | that', ['Exercises that are joint', 'Joint exercises of rescuers']],
    ['joint - exercises', ['Exercises that are joint', 'Joint exercises of rescuers']],
  ])('the query %s', async (query, titles) => {
    const s = await service()
    for (const title of ['Exercises that are joint', 'Joint exercises of rescuers'])
      await s.post('/v1/proposals', { title, proposedOn: '2020' })
    const { body } = await s.get(`/v1/proposals?sort=title&q=${encodeURIComponent(query)}`)
    expect(body['data'].map(({ title }: Body) => title)).toEqual(titles)
  })

  test('a quote that differs only in such signs is offered as a candidate', async () => {
    const s = await service()
    const text = 'Стороны за\u00adявили о со\u00adтруд\u00adничестве: 5 − 3, Oʻzbek.'
    const { body: source } = await s.post('/v1/sources', { title: 'Hy', language: 'ru', text })
    const { body: topic } = await s.post('/v1/topics', { slug: 't', prefLabel: 'T' })
    for (const [exact, found] of [
      ['сотрудничестве', 'со\u00adтруд\u00adничестве'],
      ['5 - 3', '5 − 3'],
      ["O'zbek", 'Oʻzbek'],
    ]) {
      const quote = { sourceId: source['id'], motivation: 'quote', exact }
      const { status, body } = await s.post(`/v1/topics/${topic['id']}/evidence`, quote)
      expect([status, body['candidates'].map((one: Body) => one['exact'])], exact).toEqual([422, [found]])
    }
  })
})
