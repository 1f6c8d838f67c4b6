// Suggests the legal value that a misspelt one was probably meant to be.
import { distance } from 'fastest-levenshtein'

/** The nearest legal value; undefined if none is similar. */
export function nearest(input: string, legal: readonly string[]): string | undefined {
  const ranked = legal
    .map((word) => [distance(input.toLowerCase(), word.toLowerCase()), word] as const)
    .sort(([a], [b]) => a - b)
  const [best] = ranked
  return best && best[0] <= Math.max(2, input.length / 3) ? best[1] : undefined
}

/** ` Did you mean …?` with the nearest legal value, or an empty string if none is similar. */
export function didYouMean(input: string, legal: readonly string[]): string {
  const word = nearest(input, legal)
  return word === undefined ? '' : ` Did you mean ${word}?`
}
