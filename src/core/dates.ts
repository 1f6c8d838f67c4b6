// Dates of records: a subset of the Extended Date/Time Format (EDTF, ISO 8601-2). Each has a span: the days that it can mean.
// All days are ISO 8601 strings (YYYY-MM-DD), which sort as text.

/** A day, a month or a year of the calendar. */
const CALENDAR = String.raw`\d{4}(?:-\d{2}(?:-\d{2})?)?`

/** The form of a day, a month or a year; whether the calendar has it is another question. */
export const PARTIAL_DATE = new RegExp(`^${CALENDAR}$`)

/** The form of an EDTF date; see `edtfFault` for the rest. */
export const EDTF_DATE = new RegExp(
  String.raw`^(?:${CALENDAR}[~?%]?|\[${CALENDAR}\.\.(?:${CALENDAR})?\]|\[\.\.${CALENDAR}\])$`,
)

/** The legal forms of an EDTF date, for messages. */
export const EDTF_FORMS =
  'YYYY, YYYY-MM or YYYY-MM-DD, which ~ (about), ? (uncertain) or % (both) may follow; or [a..b] (a day from a to b), [..b] (b or before) or [a..] (a or later)'

/** Sort before and after every day: the ends of open spans. */
const UNBOUNDED = { first: '0000-00-00', last: '9999-99-99' } as const

/** The days that a date can mean, both included. */
export interface Span {
  /** `0000-00-00` if there is no first day. */
  first: string
  /** `9999-99-99` if there is no last day. */
  last: string
}

/** Whether a day, a month or a year exists; 31 February does not. */
export function isPartialDate(value: string): boolean {
  if (!PARTIAL_DATE.test(value)) return false
  const [year, month = '01', day = '01'] = value.split('-')
  return year !== '0000' && dayExists(`${year}-${month}-${day}`)
}

/** Whether a date is one certain day that exists. */
export function isExactDay(value: string): boolean {
  return value.length === 10 && isPartialDate(value)
}

function dayExists(day: string): boolean {
  try {
    Temporal.PlainDate.from(day)
    return true
  } catch {
    return false
  }
}

/** What is wrong with a text in the form of an EDTF date; undefined if nothing is. */
export function edtfFault(date: string): string | undefined {
  const { from, to } = partsOf(date)
  if (![from, to].every((part) => part === '' || isPartialDate(part))) return 'The date does not exist.'
  const { first, last } = spanOf(date)
  return first > last ? `In [a..b], a must not be after b: ${from} is after ${to}.` : undefined
}

/** The ends of a date, without qualifiers; empty if open. */
function partsOf(date: string): { from: string; to: string } {
  if (date.startsWith('[')) {
    const [from = '', to = ''] = date.slice(1, -1).split('..')
    return { from, to }
  }
  const day = date.replace(/[~?%]$/, '')
  return { from: day, to: day }
}

/** The days that an EDTF date can mean. Qualifiers do not widen it. */
export function spanOf(date: string): Span {
  const { from, to } = partsOf(date)
  return {
    first: from === '' ? UNBOUNDED.first : firstDay(from),
    last: to === '' ? UNBOUNDED.last : lastDay(to),
  }
}

/** The first day of a day, a month or a year. */
export const firstDay = (partial: string) => partial + '-01-01'.slice(partial.length - 4)

/** The last day of a day, a month or a year. */
export function lastDay(partial: string): string {
  if (partial.length === 10) return partial
  if (partial.length === 4) return `${partial}-12-31`
  return `${partial}-${Temporal.PlainYearMonth.from(partial).daysInMonth}`
}

/** The day by which a date sorts, and from which it counts in a view of a day: its first day; its last day if it has no first. */
export function sortKey(date: string): string {
  const { first, last } = spanOf(date)
  return first === UNBOUNDED.first ? last : first
}

/** Orders dates by their sort keys, null first. */
export function compareDates(one: string | null, other: string | null): number {
  const [a, b] = [one, other].map((date) => (date === null ? '' : sortKey(date))) as [string, string]
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether a date is before another for all days that they can mean. */
export const certainlyBefore = (one: string, other: string) => spanOf(one).last < spanOf(other).first

/** Whether two dates can mean the same day. */
export const compatible = (one: string, other: string) =>
  !certainlyBefore(one, other) && !certainlyBefore(other, one)

/** Whether all days that a date can mean are days that another can mean. */
export function isWithin(narrow: string, broad: string): boolean {
  const [inner, outer] = [spanOf(narrow), spanOf(broad)]
  return outer.first <= inner.first && inner.last <= outer.last
}

/** Whether `end` is before `start` for all days that they can mean. */
export const endsBeforeStart = (start: string | null, end: string | null) =>
  start !== null && end !== null && certainlyBefore(end, start)

/** The last calendar date that has begun somewhere on earth (UTC+14) at an instant. */
export const latestToday = (now: Date) => new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10)
