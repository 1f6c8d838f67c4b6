// The word that was probably meant, for whoever mistyped it.
import { distance } from 'fastest-levenshtein'

/** ` Did you mean …?` with the nearest of the legal words when it is near enough to be meant, else nothing. */
export function didYouMean(given: string, legal: readonly string[]): string {
  const ranked = legal
    .map((word) => [distance(given.toLowerCase(), word.toLowerCase()), word] as const)
    .sort(([a], [b]) => a - b)
  const [best] = ranked
  return best && best[0] <= Math.max(2, given.length / 3) ? ` Did you mean ${best[1]}?` : ''
}
