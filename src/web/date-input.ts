// The parameters of lists that are dates, which people may write as they like.
import { isPartialDate } from '../core/dates.ts'
import { writtenDates } from '../core/written-dates.ts'

/** Parameters that take a day, and most of them also a month or a year. */
export const DATE_PARAMETER = /(?:From|To)$|^(?:stalledSince|asOf)$/

/** The days, months and years in ISO 8601 that a text can mean. */
export const isoDates = (text: string): string[] => writtenDates(text).filter(isPartialDate)

/** A day, a month or a year in ISO 8601. Null if the text is no date, or can mean several, such as `05/06/2022`. */
export function isoDate(text: string): string | null {
  const [date, ...others] = isoDates(text)
  return date === undefined || others.length > 0 ? null : date
}
