// Calendar dates, complete (YYYY-MM-DD) or partial (YYYY, YYYY-MM), as ISO 8601 strings.
// They sort as text: 2022 before 2022-08 before 2022-08-24.

const FORM = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/

/** Whether a date exists, complete or partial; 31 February does not. */
export function isPartialDate(value: string): boolean {
  const match = FORM.exec(value)
  if (!match) return false
  const [, year = '', month = '01', day = '01'] = match
  return year !== '0000' && dayExists(`${year}-${month}-${day}`)
}

export function isCalendarDate(value: string): boolean {
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

/** The first day that a partial date can mean. */
export const earliest = (date: string) => date + '-01-01'.slice(date.length - 4)

/** The last day that a partial date can mean. */
export function latest(date: string): string {
  if (date.length === 10) return date
  if (date.length === 4) return `${date}-12-31`
  return `${date}-${Temporal.PlainYearMonth.from(date).daysInMonth}`
}

/** Whether `end` is before `start` for every day that partial dates can mean. */
export const endsBeforeStart = (start: string | null, end: string | null) =>
  start !== null && end !== null && latest(end) < earliest(start)

/** The last calendar date that has begun somewhere on earth (UTC+14) at an instant. */
export const latestToday = (now: Date) => new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10)
