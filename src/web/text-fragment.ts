// Addresses that lead to a passage of a page of the web (URL fragment text directives).

/** The longest quote that is in the address as a whole, and how many words stand for the ends of a longer one. */
const MAX_WHOLE = 120
const WORDS_OF_ENDS = 5

/** The address of a passage. A fragment of the address itself is replaced. */
export function textFragment(
  url: string,
  { exact, prefix, suffix }: Readonly<Record<string, unknown>>,
): string {
  const quote = clean(exact)
  if (quote === '') return url
  const words = quote.split(' ')
  const ends =
    quote.length <= MAX_WHOLE || words.length <= 2 * WORDS_OF_ENDS
      ? [quote]
      : [words.slice(0, WORDS_OF_ENDS).join(' '), words.slice(-WORDS_OF_ENDS).join(' ')]
  const before = wholeWords(clean(prefix), 'start')
  const after = wholeWords(clean(suffix), 'end')
  const directive = [
    ...(before === '' ? [] : [`${encode(before)}-`]),
    ...ends.map(encode),
    ...(after === '' ? [] : [`-${encode(after)}`]),
  ].join(',')
  return `${url.split('#')[0]}#:~:text=${directive}`
}

const clean = (text: unknown) =>
  typeof text === 'string' ? text.toWellFormed().replace(/\s+/g, ' ').trim() : ''

/** Text without the word that its cut end may have broken. */
export const wholeWords = (text: string, cut: 'start' | 'end') =>
  cut === 'start' ? text.replace(/^\S*\s?/, '') : text.replace(/\s?\S*$/, '')

/** Commas, ampersands and hyphens have a meaning in a directive. */
const encode = (text: string) => encodeURIComponent(text).replaceAll('-', '%2D')
