// How many records a page is about. Counting ends at a bound, so that no page takes longer than another.
import { formatNumber, type Language } from './languages.ts'

/** More records are not counted. */
export const MAX_TOTAL = 1000

/** A number that was counted up to a bound and one, such as `1,000+`. */
export const formatTotal = (language: Language, total: number, bound = MAX_TOTAL): string =>
  total > bound ? `${formatNumber(language, bound)}+` : formatNumber(language, total)
