// Recognises names of stored records and dates in a text, so that cards can be filled before anybody types.
import { isExactDay } from '../../core/dates.ts'
import { LETTERS, splitUnspaced, wordsOf } from '../../core/fold.ts'
import { writtenDates } from '../../core/written-dates.ts'
import { sql } from '../../db/sql.ts'
import { names } from '../../db/system-tables.ts'
import type { ReadContext } from '../../records/read/context.ts'
import { hashOfName } from '../../records/read/matching.ts'
import type { Kind } from '../../records/schema/kinds.ts'

/** A word of a text. Positions are UTF-16 units. */
interface Word {
  from: number
  to: number
  folded: string
}

/** A place in a text that names a record. */
export interface Mention {
  kind: Kind
  /** The id of a stored record, or `=key` of a card. */
  id: string
  from: number
  to: number
}

function wordsIn(text: string): Word[] {
  const words: Word[] = []
  for (const { 0: letters, index } of text.matchAll(LETTERS)) {
    let from = index
    for (const part of splitUnspaced(letters)) {
      const folded = wordsOf(part).join(' ')
      if (folded !== '') words.push({ from, to: from + part.length, folded })
      from += part.length
    }
  }
  return words
}

/** The longest name that is looked for, in words: in scripts without spaces each character is one. */
const MAX_WORDS = 16

/** How many names are looked up in one query, and how much of the end of a text is searched, in words. */
const BATCH = 500
const MAX_SEARCHED = 300

/**
 * The places of a text that name records, in order; of places that overlap, the longest. Names are compared as those of records are:
 * whatever their case and accents, but not in other grammatical forms.
 * @param known further names, such as those of other cards
 */
export async function mentionsIn(
  { reader }: Pick<ReadContext, 'reader'>,
  text: string,
  kinds: readonly Kind[],
  known: readonly { name: string; kind: Kind; id: string }[] = [],
): Promise<Mention[]> {
  const words = wordsIn(text).slice(-MAX_SEARCHED)
  const places = new Map<string, { from: number; to: number }[]>()
  for (const [start, { from }] of words.entries()) {
    let name = ''
    for (const { folded, to } of words.slice(start, start + MAX_WORDS)) {
      name = name === '' ? folded : `${name} ${folded}`
      places.set(name, [...(places.get(name) ?? []), { from, to }])
    }
  }
  const found: Mention[] = known.flatMap(({ name, kind, id }) =>
    (places.get(wordsOf(name).join(' ')) ?? []).map((place) => ({ kind, id, ...place })),
  )
  const byHash = new Map([...places.keys()].map((name) => [hashOfName(name), name]))
  const hashes = [...byHash.keys()]
  for (let at = 0; at < hashes.length; at += BATCH) {
    const rows = await reader.all<{ kind: Kind; recordId: string; hash: string }>(
      sql`select ${names.kind}, ${names.recordId}, ${names.hash} from ${names}
        where ${names.hash} in ${hashes.slice(at, at + BATCH)} and ${names.kind} in ${kinds}`,
    )
    for (const { kind, recordId, hash } of rows)
      for (const place of places.get(byHash.get(hash) ?? '') ?? [])
        found.push({ kind, id: recordId, ...place })
  }
  return longest(found)
}

/** Mentions that overlap no longer one, in order. Of one place, those of all records. */
function longest(mentions: readonly Mention[]): Mention[] {
  const isInside = (one: Mention, other: Mention) =>
    one.from >= other.from && one.to <= other.to && one.to - one.from < other.to - other.from
  return mentions
    .filter((one) => !mentions.some((other) => isInside(one, other)))
    .toSorted((one, other) => one.from - other.from)
}

/** The longest date that is looked for, in words. */
const MAX_DATE_WORDS = 5

/** A date in Chinese, and other words and numbers. */
const DATE_WORDS =
  /(?:\d{4}年)?\d{1,2}月(?:\d{1,2}[日号])?|[^\P{L}\p{Script=Han}]+|\d+(?:[./-]\d+)*(?:st|nd|rd|th)?/gu

interface DateWord {
  from: number
  to: number
  hasDigit: boolean
}

/**
 * The EDTF dates that a text names, in order. A day without a year is the one that is closest to `near`.
 * @param near such as the day of publication
 */
export function datesIn(text: string, near: string | null): string[] {
  const words = [...text.matchAll(DATE_WORDS)].map(
    ({ 0: word, index }): DateWord => ({ from: index, to: index + word.length, hasDigit: /\d/.test(word) }),
  )
  const dates: string[] = []
  for (let start = 0; start < words.length; ) {
    const found = dateAt(text, words.slice(start, start + MAX_DATE_WORDS), near)
    if (found) dates.push(found.date)
    start += found?.length ?? 1
  }
  return dates
}

/** Words such as "on Thursday", by the day of the week. */
const WEEKDAYS = [
  'on monday|в понедельник',
  'on tuesday|во вторник',
  'on wednesday|в среду',
  'on thursday|в четверг',
  'on friday|в пятницу',
  'on saturday|в субботу',
  'on sunday|в воскресенье',
].map((words) => new RegExp(`(?<!\\p{L})(?:${words})(?!\\p{L})`, 'iu'))

/** The last such day of the week until a day, in ISO 8601. */
export function weekdayIn(text: string, until: string | null): string | null {
  const index = WEEKDAYS.findIndex((words) => words.test(text))
  if (index === -1 || until === null || !isExactDay(until)) return null
  const day = Temporal.PlainDate.from(until)
  return day.subtract({ days: (day.dayOfWeek - 1 - index + 7) % 7 }).toString()
}

/** The longest date at the beginning of some words. */
function dateAt(
  text: string,
  words: readonly DateWord[],
  near: string | null,
): { date: string; length: number } | null {
  for (let length = words.length; length > 0; length--) {
    const some = words.slice(0, length)
    const written = text.slice(some[0]?.from, some.at(-1)?.to)
    // A number alone is no date.
    if (!some.some(({ hasDigit }) => hasDigit) || (length === 1 && /^\d+(?:\.\d+)?$/.test(written))) continue
    const [date, ...others] = /\d{4}/.test(written)
      ? writtenDates(written)
      : near
        ? closest(written, near)
        : []
    // Of two readings neither is taken, and a year says too little.
    if (date !== undefined && others.length === 0 && date.length >= 7) return { date, length }
  }
  return null
}

const HALF_A_YEAR_MS = 183 * 86_400_000

/** The day that a date without its year means. */
function closest(written: string, near: string): string[] {
  const published = Date.parse(near)
  const year = Number(near.slice(0, 4))
  for (const each of [year, year - 1, year + 1]) {
    const [date, ...others] = withYear(written, each)
    if (date && others.length === 0 && Math.abs(Date.parse(date) - published) <= HALF_A_YEAR_MS) return [date]
  }
  return []
}

const withYear = (written: string, year: number): string[] =>
  writtenDates(written.includes('月') ? `${year}年${written}` : `${written} ${year}`).filter((date) =>
    /^\d{4}-\d{2}-\d{2}$/.test(date),
  )
