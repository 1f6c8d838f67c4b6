// Reads dates as people write them, in English, Russian and Chinese, into EDTF (dates.ts).
import { EDTF_DATE, edtfFault, firstDay, lastDay } from './dates.ts'

/**
 * The EDTF dates that a text can mean: several if it is ambiguous, such as `03/04/2022`; none if it is not understood or does not
 * exist. What pages show as a date is read as the same date.
 */
export function writtenDates(text: string): string[] {
  const written = text.trim()
  const dates = EDTF_DATE.test(written) ? [written] : read(written.normalize('NFKC').toLowerCase())
  return [...new Set(dates)].filter((date) => EDTF_DATE.test(date) && edtfFault(date) === undefined)
}

/** A date of which the year, or the year and the month, may follow from another. */
interface Parts {
  year?: string
  month?: string
  day?: string
}

const MAX_LENGTH = 100

function read(text: string): string[] {
  if (text.length > MAX_LENGTH) return []
  return readRange(text) ?? readOpen(text) ?? readQualified(text)
}

/** Matches a text with one of the beginnings, one of the ends, or both. */
const framed = (beginnings: string, ends: string) =>
  new RegExp(`^(?:(?:${beginnings})(?<date>.+?)(?:[, ]*(?:${ends}))?|(?<date>.+?)[, ]*(?:${ends}))$`)

const BETWEEN = framed(
  'between |в промежутке:? ?|между |介于',
  '\\(exact date not known\\)|\\(точная дата неизвестна\\)|之间|间某日',
)

/** Between two days or periods. A hyphen in a date is not a separator. */
const SEPARATORS = [
  / (?:and|to|и|по|-) /,
  / ?(?:–|—|至|到|和|与|\.\.) ?/,
  /(?<=^\d{1,2})-(?=\d{1,2} \p{L})/u,
  /(?<=^\d{4})-(?=\d{4}$)/,
]

/** Some day from one to another; without a word for that, it may also be the first or the last. Null: not a range. */
function readRange(text: string): string[] | null {
  const between = BETWEEN.exec(text)?.groups?.['date']
  const inner = between ?? text.replace(/^(?:from|с|со|从|自) ?(?=\d)/, '')
  for (const separator of SEPARATORS) {
    const [from, to, ...more] = inner.split(separator)
    if (from === undefined || to === undefined || more.length > 0) continue
    const ranges = readParts(from).flatMap((first) =>
      readParts(to).flatMap((last) => {
        const [a, b] = [isoOf(completed(first, last)), isoOf(completed(last, first))]
        if (a === undefined || b === undefined) return []
        return between === undefined ? [`[${a}..${b}]`, a, b] : [`[${a}..${b}]`]
      }),
    )
    if (ranges.length > 0) return ranges
  }
  // What a page shows for a range from a date to itself; words that need two dates, such as `between`, come first.
  const dates = between !== undefined && text.startsWith(between) ? readParts(between).map(isoOf) : []
  return dates.length > 0 ? dates.map((date) => `[${date}..${date}]`) : null
}

/** A day without its month has that of the other end of the range, and so with the year. */
function completed(parts: Parts, other: Parts): Parts {
  if (parts.year !== undefined || other.year === undefined) return parts
  return { year: other.year, ...(other.month !== undefined && { month: other.month }), ...parts }
}

/** The words for open ranges, with what they make of a date. */
const OPEN: readonly [RegExp, (date: string) => string][] = [
  [
    framed(
      'by |until |till |not? later than |не позднее |не позже |截至|不晚于|至',
      'or earlier|or before|или раньше|или ранее|或更早|或之前|或以前',
    ),
    (date) => `[..${date}]`,
  ],
  [
    framed(
      'since |from |not? (?:earlier than|before) |с |не ранее |не раньше |自从?|从|不早于',
      'or later|or after|или позже|или позднее|或更晚|或之后|或以后|起|以来',
    ),
    (date) => `[${date}..]`,
  ],
  [
    framed('before |earlier than |до |ранее |раньше |早于', '之前|以前|前'),
    (date) => `[..${shifted(date, -1)}]`,
  ],
  [
    framed('after |later than |после |позднее |позже |晚于', '之后|以后|后'),
    (date) => `[${shifted(date, 1)}..]`,
  ],
]

function readOpen(text: string): string[] | null {
  for (const [pattern, open] of OPEN) {
    const date = pattern.exec(text)?.groups?.['date']
    const dates = date === undefined ? [] : readSimple(date)
    if (dates.length > 0) return dates.map(open)
  }
  return null
}

/** The day, month or year before or after a date. */
function shifted(date: string, by: 1 | -1): string {
  const edge = Temporal.PlainDate.from(by === 1 ? lastDay(date) : firstDay(date))
  return edge.add({ days: by }).toString().slice(0, date.length)
}

const ABOUT = framed(
  'about |around |circa |approximately |approx\\.? |ca?\\.? |~ ?|около |приблизительно |примерно |прибл\\. |大约 ?|大概 ?|约 ?',
  '\\(приблизительно\\)|左右|前后|~',
)

const UNCERTAIN = framed(
  'possibly |perhaps |probably |возможно,? |вероятно,? |предположительно |可能 ?|或许 ?',
  '\\((?:uncertain|не ?точно|предположительно|不确定)\\)|\\?',
)

function readQualified(text: string): string[] {
  let date = text
  const strip = (pattern: RegExp): boolean => {
    const inner = pattern.exec(date)?.groups?.['date']
    date = inner ?? date
    return inner !== undefined
  }
  const [first, about, last] = [strip(UNCERTAIN), strip(ABOUT), strip(UNCERTAIN)]
  const uncertain = first || last
  const qualifier = about ? (uncertain ? '%' : '~') : uncertain ? '?' : ''
  return readSimple(date).map((simple) => `${simple}${qualifier}`)
}

/** A day, a month or a year in ISO 8601; several if ambiguous. */
const readSimple = (text: string): string[] =>
  readParts(text)
    .flatMap((parts) => isoOf(parts) ?? [])
    .filter((date) => edtfFault(date) === undefined)

function isoOf({ year, month, day }: Parts): string | undefined {
  if (year === undefined || (day !== undefined && month === undefined)) return undefined
  const rest = [month, day].flatMap((part) => (part === undefined ? [] : `-${part.padStart(2, '0')}`))
  return `${year}${rest.join('')}`
}

const YEAR_FIRST = /^(?<year>\d{4})([-./])(?<month>\d{1,2})(?:\2(?<day>\d{1,2}))?$/
const MONTH_AND_YEAR = /^(?<month>\d{1,2})[-./](?<year>\d{4})$/
const YEAR_LAST = /^(\d{1,2})([-./])(\d{1,2})\2(\d{4})$/

function readParts(text: string): Parts[] {
  const bare = text.trim().replace(/(?: ?гг?\.?| год[ау]?| ?年)$/, '')
  const { year, month, day } = (YEAR_FIRST.exec(bare) ?? MONTH_AND_YEAR.exec(bare))?.groups ?? {}
  if (year !== undefined && month !== undefined) return [{ year, month, ...(day !== undefined && { day }) }]
  const [, one, separator, other, last] = YEAR_LAST.exec(bare) ?? []
  if (one && other && last) {
    const dayFirst = { year: last, month: other, day: one }
    // With full stops, the day comes first everywhere.
    return separator === '.' ? [dayFirst] : [dayFirst, { year: last, month: one, day: other }]
  }
  return readTokens(bare)
}

/** A date whose month is a word, or in Chinese. */
function readTokens(text: string): Parts[] {
  const tokens = text
    .replace(/(?:星期|周|礼拜)[一二三四五六日天]/g, ' ')
    .replace(/[〇零○一二三四五六七八九十廿卅]+(?=[年月日号])/g, (number) => chineseNumber(number))
    .replace(/(\d+) ?月份?/g, ' m$1 ')
    .replace(/[年日号()]/g, ' ')
    .split(/[\s,./-]+/)
    .filter((token) => token !== '' && !NOISE.test(token))
  const parts: Parts = {}
  for (const token of tokens) {
    const [, year] = /^(\d{4})$/.exec(token) ?? []
    const [, day] = /^(\d{1,2})(?:st|nd|rd|th)?$/.exec(token) ?? []
    const month = monthOf(token)
    const part: Parts = { ...(year && { year }), ...(day && { day }), ...(month && { month }) }
    const [name] = Object.keys(part)
    if (name === undefined || name in parts) return []
    Object.assign(parts, part)
  }
  return tokens.length > 0 ? [parts] : []
}

/** Words and abbreviations without a meaning of their own: articles, "year", endings of ordinals, weekdays. */
const NOISE =
  /^(?:of|the|in|on|at|в|во|на|г|гг|год[ау]?|го|е|й|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|понедельник|вторник|сред[ау]|четверг|пятниц[ау]|суббот[ау]|воскресенье|пн|вт|ср|чт|пт|сб|вс)$/

const ENGLISH = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

/** Without their endings. */
const RUSSIAN = [
  'январ',
  'феврал',
  'март',
  'апрел',
  'ма',
  'июн',
  'июл',
  'август',
  'сентябр',
  'октябр',
  'ноябр',
  'декабр',
]

/** The number of a month that is named in full, in any case, or abbreviated to three letters or more. */
function monthOf(token: string): string | undefined {
  const [, number] = /^m(\d{1,2})$/.exec(token) ?? []
  if (number !== undefined) return number
  if (token.length < 3) return undefined
  const stem = token.replace(/(?:[ьяейа]|[её]м|ом)$/, '')
  const index = ENGLISH.findIndex((name) => name.startsWith(token))
  const found = index === -1 ? RUSSIAN.findIndex((name) => name === stem || name.startsWith(token)) : index
  return found === -1 ? undefined : String(found + 1)
}

/** 二〇二二 is a year, digit by digit; 二十四 a number. */
function chineseNumber(text: string): string {
  const digits = text.replace(/[〇零○一二三四五六七八九]/g, (digit) =>
    String(Math.max(0, '〇一二三四五六七八九'.indexOf(digit))),
  )
  const [, tens = '', ones = ''] = /^(\d?十|廿|卅)(\d?)$/.exec(digits) ?? []
  if (tens === '') return digits
  const ten = { 廿: 2, 卅: 3 }[tens] ?? Number(tens.replace('十', '') || 1)
  return String(ten * 10 + Number(ones || 0))
}
