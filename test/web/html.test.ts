// The building blocks of pages: escaping, addresses, marks, dates in words, plurals, and the catalogues.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { filtersOf, type Listable } from '../../src/records/read/parameters.ts'
import { catalogue } from '../../src/resources/index.ts'
import { dateInWords } from '../../src/web/dates.ts'
import { html, join, raw, safeAddress } from '../../src/web/html.ts'
import { fill, messagesOf, plural, preferredLanguage } from '../../src/web/languages.ts'
import { cut, lanesOf, unitsOf } from '../../src/web/marks.ts'
import { queryText, splitPath } from '../../src/web/page.ts'
import { textFragment } from '../../src/web/text-fragment.ts'

describe('html', () => {
  test('escapes what is not Html, in texts and in attributes', () => {
    expect(html`<p title="${`" onx='`}">${'<script>&'}</p>`.text).toBe(
      '<p title="&quot; onx=&#39;">&lt;script&gt;&amp;</p>',
    )
  })

  test('inserts Html, lists and numbers, and leaves out what is absent', () => {
    expect(html`${raw('<b>')}${[1, 'a', html`<i>${'&'}</i>`]}${null}${undefined}${false}`.text).toBe(
      '<b>1a<i>&amp;</i>',
    )
    expect(join(['a', html`<b>`, 'c'], ', ').text).toBe('a, <b>, c')
  })

  test('writes a carriage return so that a parser keeps it', () => {
    expect(html`${'a\r\nb'}`.text).toBe('a&#13;\nb')
  })

  test.each([
    'javascript:alert(1)',
    ' javascript:x',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    'x',
  ])('inserts no address %s', (address) => {
    expect(html`<a href="${address}">`.text).toBe('<a href="#">')
  })

  test.each(['/proposals?q=a', '#evd_1', '?q=1', 'https://example.org/', 'HTTP://example.org'])(
    'inserts the address %s',
    (address) => {
      expect(safeAddress(address)).toBe(address)
    },
  )
})

describe('marks', () => {
  test('cut the text at every edge, and never lose a character', () => {
    const passages = fc.array(fc.tuple(fc.nat(40), fc.nat(40)))
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), passages, (text, ranges) => {
        const points = [...text]
        const units = unitsOf(text)
        const inside = ranges.map(([a, b]) => {
          const [start = 0, end = 0] = [a, b].map((at) => Math.min(at, points.length)).sort((x, y) => x - y)
          return { start, end, from: units(start), to: units(end) }
        })
        const pieces = cut(text, inside)
        expect(pieces.map((piece) => piece.text).join('')).toBe(text)
        for (const [index, { start, end }] of inside.entries()) {
          const own = pieces.filter(({ within }) => within.includes(index)).map((piece) => piece.text)
          expect(own.join('')).toBe(points.slice(start, end).join(''))
          if (end > start) expect(pieces.filter(({ begins }) => begins.includes(index))).toHaveLength(1)
        }
      }),
    )
  })

  test('have lanes, so that passages that overlap are told apart as long as there are enough', () => {
    const ranges = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 20 })), { maxLength: 12 })
    fc.assert(
      fc.property(ranges, (given) => {
        const inOrder = given
          .map(([from, length]) => ({ from, to: from + length }))
          .sort((one, other) => one.from - other.from || other.to - one.to)
        const lanes = lanesOf(inOrder, 12)
        for (const [index, one] of inOrder.entries())
          for (const [other, { from, to }] of inOrder.entries())
            if (other > index && from < one.to && to > one.from) expect(lanes[other]).not.toBe(lanes[index])
        for (const lane of lanesOf(inOrder, 3)) expect(lane).toBeLessThan(3)
      }),
    )
    expect(
      lanesOf(
        [
          { from: 0, to: 9 },
          { from: 1, to: 3 },
          { from: 3, to: 5 },
          { from: 9, to: 10 },
        ],
        4,
      ),
    ).toEqual([0, 1, 1, 0])
  })
})

describe('dates in words', () => {
  test.each([
    ['2022-08-24', '24 August 2022', '24 августа 2022 г.', '2022年8月24日'],
    ['2022-08', 'August 2022', 'август 2022 г.', '2022年8月'],
    ['2022', '2022', '2022', '2022年'],
    ['0044~', 'about 44', '44 (приблизительно)', '约44年'],
    ['2022?', '2022 (uncertain)', '2022 (предположительно)', '2022年（不确定）'],
    ['2022%', 'about 2022 (uncertain)', 'приблизительно 2022 (предположительно)', '约2022年（不确定）'],
    [
      '[2021..2022]',
      '2021–2022 (exact date not known)',
      '2021–2022 (точная дата неизвестна)',
      '2021年至2022年间某日',
    ],
    ['[..2022-08]', 'August 2022 or earlier', 'август 2022 г. или раньше', '2022年8月或更早'],
    ['[2022..]', '2022 or later', '2022 или позже', '2022年或更晚'],
    ['<b>', '<b>', '<b>', '<b>'],
  ])('%s', (date, en, ru, zh) => {
    expect(dateInWords('en', date)).toBe(en)
    expect(dateInWords('ru', date)).toBe(ru)
    expect(dateInWords('zh', date)).toBe(zh)
  })
})

describe('languages', () => {
  test.each([
    [undefined, 'en'],
    ['', 'en'],
    ['ru', 'ru'],
    ['zh-CN,zh;q=0.9', 'zh'],
    ['de, ru;q=0.5, en;q=0.4', 'ru'],
    ['de, ru;q=0.4, en;q=0.5', 'en'],
    ['ru;q=0, zh;q=0.1', 'zh'],
    [';;,,=', 'en'],
  ] as const)('prefers by Accept-Language %s: %s', (header, language) => {
    expect(preferredLanguage(header)).toBe(language)
  })

  test('choose the form of a number', () => {
    const { days } = messagesOf('ru').counts
    expect([1, 3, 5, 21, 1559].map((n) => plural('ru', days, n))).toEqual([
      '1 день',
      '3 дня',
      '5 дней',
      '21 день',
      '1\u00a0559 дней',
    ])
    expect(plural('en', messagesOf('en').counts.days, 1559)).toBe('1,559 days')
  })

  test('have the same places for values in every language', () => {
    const placesIn = (messages: object): [string, string[]][] =>
      Object.entries(messages).flatMap(([key, value]): [string, string[]][] =>
        typeof value === 'string'
          ? [[key, (value.replace('{range}', '{from}{to}').match(/\{\w+\}/g) ?? []).sort()]]
          : 'other' in value && key in messagesOf('en').counts
            ? []
            : placesIn(value).map(([inner, places]) => [`${key}.${inner}`, places]),
      )
    for (const language of ['ru', 'zh'] as const)
      expect(placesIn(messagesOf(language))).toEqual(placesIn(messagesOf('en')))
  })

  test('fill a message with contents, which are escaped', () => {
    expect(fill('a {x} b {y}', { x: '<', y: html`<b>` }).text).toBe('a &lt; b <b>')
  })

  test('have words for every field, filter and value', () => {
    const { fields, filters, values } = messagesOf('en')
    const missing = new Set<string>()
    const walk = (schema: z.ZodType, key: string): void => {
      if (
        schema instanceof z.ZodNullable ||
        schema instanceof z.ZodOptional ||
        schema instanceof z.ZodDefault ||
        schema instanceof z.ZodPrefault
      )
        walk(schema.unwrap() as z.ZodType, key)
      else if (schema instanceof z.ZodArray) walk(schema.element as z.ZodType, key)
      else if (schema instanceof z.ZodEnum) {
        for (const value of schema.options) if (!(value in values)) missing.add(`value ${value}`)
      } else if (schema instanceof z.ZodObject) {
        for (const [name, inner] of Object.entries(schema.shape)) {
          if (!(name in fields)) missing.add(`field ${name}`)
          walk(inner as z.ZodType, name)
        }
      }
    }
    for (const entity of catalogue.entities) {
      walk(entity.record, '')
      for (const name of Object.keys(filtersOf(entity as Listable)))
        if (!(name in filters)) missing.add(`filter ${name}`)
    }
    expect([...missing]).toEqual([])
  })
})

describe('addresses', () => {
  test('have a language and a path', () => {
    expect(splitPath('/ru/proposals')).toEqual({ language: 'ru', path: '/proposals' })
    expect(splitPath('/proposals/x')).toEqual({ language: 'en', path: '/proposals/x' })
    expect(splitPath('/zh/')).toEqual({ language: 'zh', path: '/' })
  })

  test('leave out empty parameters', () => {
    expect(queryText({ a: 'x y&', b: '', c: null, d: ['1', '2,3'] })).toBe('?a=x%20y%26&d=1,2%5C,3')
    expect(queryText({})).toBe('')
  })

  test('lead to the passage at the publisher, cut at words', () => {
    expect(
      textFragment('https://example.org/a#b', {
        exact: 'well-known, fact',
        prefix: 'f the ',
        suffix: ' is th',
      }),
    ).toBe('https://example.org/a#:~:text=the-,well%2Dknown%2C%20fact,-is')
    const long = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')
    expect(textFragment('https://example.org/', { exact: long })).toBe(
      'https://example.org/#:~:text=word0%20word1%20word2%20word3%20word4,word55%20word56%20word57%20word58%20word59',
    )
  })
})
