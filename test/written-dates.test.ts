// Dates as people write them in three languages.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EDTF_DATE, edtfFault } from '../src/core/dates.ts'
import { writtenDates } from '../src/core/written-dates.ts'
import { dateInWords } from '../src/web/dates.ts'
import { LANGUAGES } from '../src/web/languages.ts'

/** What is written, by what it means. */
const CLEAR: Record<string, readonly string[]> = {
  '2022-08-24': [
    '24 August 2022',
    'August 24, 2022',
    '24th of August 2022',
    'Wed, 24 Aug. 2022',
    '24.08.2022',
    '24.8.2022',
    '2022-8-24',
    '2022/08/24',
    '24/08/2022',
    '8/24/2022',
    '24 августа 2022 г.',
    'среда, 24-го августа 2022 года',
    '24 авг. 2022',
    '2022年8月24日',
    '2022年8月24号（星期三）',
    '２０２２年８月２４日',
    '二〇二二年八月二十四日',
  ],
  '2022-08': [
    'August 2022',
    'Aug 2022',
    '08.2022',
    '8/2022',
    'август 2022 г.',
    'в августе 2022 года',
    '2022年8月',
    '二〇二二年八月份',
  ],
  '2022-05': ['May 2022', 'май 2022', 'мая 2022', '2022年5月'],
  '2022-11-10': ['10 ноября 2022', '二〇二二年十一月十日'],
  '2022-03-31': ['31 марта 2022', '二〇二二年三月卅一日'],
  '2022': ['2022', '2022 год', '2022 г.', '2022年', ' 2022 '],
  '2022~': ['about 2022', 'c. 2022', 'circa 2022', 'около 2022 года', '约 2022年', '2022年左右'],
  '2022-08?': ['possibly August 2022', 'August 2022?', 'вероятно, август 2022', '可能2022年8月'],
  '2022%': ['probably about 2022', 'about 2022 (uncertain)'],
  '[2022-09-15..2022-09-16]': [
    'between 15 and 16 September 2022',
    'between 15 September 2022 and 16 September 2022',
    'между 15 и 16 сентября 2022 г.',
    '2022年9月15日至16日之间',
    '15–16 September 2022 (exact date not known)',
    '15–16 сентября 2022 г. (точная дата неизвестна)',
    '2022年9月15日至16日间某日',
  ],
  '[2022-08..2022-09]': [
    'between August and September 2022',
    '介于2022年8月和9月之间',
    'между августом и сентябрём 2022',
  ],
  '[..2022]': ['2022 or earlier', 'by 2022', 'не позднее 2022 года', '2022年或更早', '不晚于2022年'],
  '[..2021]': ['before 2022', 'до 2022 года', '2022年之前'],
  '[..2022-08-23]': ['before 24 August 2022', 'до 24.08.2022'],
  '[2022-03..]': ['since March 2022', 'March 2022 or later', 'с марта 2022', '自2022年3月起'],
  '[2023..]': ['after 2022', 'после 2022 г.', '2022年以后'],
}

describe('a date in words', () => {
  test.each(Object.entries(CLEAR).flatMap(([date, texts]) => texts.map((text) => [text, date])))(
    '%s is %s',
    (text, date) => {
      expect(writtenDates(text)).toEqual([date])
    },
  )

  test.each([
    ['03/04/2022', ['2022-04-03', '2022-03-04']],
    ['3-4-2022', ['2022-04-03', '2022-03-04']],
    ['15–16 September 2022', ['[2022-09-15..2022-09-16]', '2022-09-15', '2022-09-16']],
    ['с 15 по 16 сентября 2022 г.', ['[2022-09-15..2022-09-16]', '2022-09-15', '2022-09-16']],
    ['2022年9月15日至16日', ['[2022-09-15..2022-09-16]', '2022-09-15', '2022-09-16']],
    ['2021-2022', ['[2021..2022]', '2021', '2022']],
  ])('%s can mean several', (text, dates) => {
    expect(writtenDates(text)).toEqual(dates)
  })

  test.each([
    '',
    'soon',
    'August',
    '24',
    '24 August',
    '31 February 2022',
    '2022-02-30',
    '24.08.22',
    '08.24.2022',
    'August 2022 2023',
    '2022 24',
    '[2023..2022]',
    'between 2023 and 2022',
    'between 2023',
    'before 0001',
    'after 9999',
  ])('%j is none', (text) => {
    expect(writtenDates(text)).toEqual([])
  })

  const year = fc.integer({ min: 1000, max: 9998 }).map(String)
  const month = fc.integer({ min: 1, max: 12 }).map((value) => String(value).padStart(2, '0'))
  const day = fc.integer({ min: 1, max: 31 }).map((value) => String(value).padStart(2, '0'))
  const calendar = fc
    .oneof(
      year,
      fc.tuple(year, month).map((parts) => parts.join('-')),
      fc.tuple(year, month, day).map((parts) => parts.join('-')),
    )
    .filter((date) => edtfFault(date) === undefined)
  const edtf = fc.oneof(
    fc.tuple(calendar, fc.constantFrom('', '~', '?', '%')).map((parts) => parts.join('')),
    calendar.map((date) => `[${date}..]`),
    calendar.map((date) => `[..${date}]`),
    fc
      .tuple(calendar, calendar)
      .map(([from, to]) => `[${from}..${to}]`)
      .filter((date) => edtfFault(date) === undefined),
  )

  test.each(LANGUAGES)(
    'is read as the date that a page shows so, also a range of one date in %s',
    (language) => {
      for (const date of ['[1004..1004]', '[2022-08..2022-08]', '[2022-08-24..2022-08-24]'])
        expect(writtenDates(dateInWords(language, date))).toEqual([date])
    },
  )

  test('is read as the date that a page shows so', () => {
    fc.assert(
      fc.property(edtf, fc.constantFrom(...LANGUAGES), (date, language) => {
        expect(writtenDates(dateInWords(language, date))).toEqual([date])
      }),
    )
  })

  test('gives only dates that exist, whatever is written', () => {
    const words = [
      '2022',
      '31',
      '13',
      'August',
      'мая',
      '月',
      '年',
      '日',
      '至',
      '-',
      '.',
      '/',
      ' ',
      'between ',
      'до ',
      '~',
      '?',
      '十',
      '[',
      '..',
    ]
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (written) => {
        for (const date of writtenDates(written))
          expect([EDTF_DATE.test(date), edtfFault(date)]).toEqual([true, undefined])
      }),
    )
  })

  test('refuses a long text', () => {
    expect(writtenDates('between '.repeat(100_000))).toEqual([])
  })
})
