// The order of names, as a collation would have it. Neither SQLite nor the binary order of PostgreSQL has one, so names have keys.
import { foldKeepingShortI } from './fold.ts'

/** How much of a name counts at each level, so that an index of PostgreSQL can hold the key. In UTF-16 units. */
const MAX_FOLDED = 250
const MAX_ACCENTS = 150

/** Below all characters of names, so that `Sea` comes before `Sea of Aral`. */
const SEPARATOR = '\u0001'

/**
 * A text whose binary order is that of the names: by their words first, without case, accents and punctuation; then by
 * accents and punctuation; then by case, small letters first.
 */
export function nameKey(name: string): string {
  const shown = start(name.normalize(), MAX_ACCENTS)
  const lowerCase = shown.toLowerCase()
  const cases = Array.from(shown, (char) => (char === char.toLowerCase() ? '0' : '1')).join('')
  return [start(foldKeepingShortI(name), MAX_FOLDED), lowerCase, cases].join(SEPARATOR)
}

/** The beginning of a text, without half a character at its end. */
const start = (text: string, length: number) => text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
