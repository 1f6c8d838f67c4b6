// Snippets of search results: the part of a text around the first match, as safe HTML.
import { foldKeepingShortI, LETTERS, splitUnspaced, withoutShortI } from './fold.ts'
import { beginsWith, formTest, type SearchQuery, type Term } from './search.ts'
import { compoundsIn } from './word-forms.ts'

/** The length of a snippet, in UTF-16 units like all lengths here. */
const SNIPPET_LENGTH = 240
/** How much of a long text is folded to find matches, and of all texts of a page. */
const MAX_FOLDED = 20_000
const MAX_FOLDED_OF_PAGE = 200_000
/** How much of a long text is searched for the place where folding begins, and of all texts of a page. */
const MAX_SEARCHED = 200_000
const MAX_SEARCHED_OF_PAGE = 2_000_000

/** Escapes a text for HTML. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

/**
 * The part of a text around the first match, as HTML: everything is escaped, and matches are inside `<mark>`.
 * Null if the text does not match.
 * @param texts how many texts of the page have a snippet: the more there are, the less of each is looked at
 */
export function snippet(text: string, query: SearchQuery, texts = 1): string | null {
  const terms = query.flatMap((group) => group.all)
  const folded = Math.min(MAX_FOLDED, Math.floor(MAX_FOLDED_OF_PAGE / texts))
  const searched = text.slice(0, Math.min(MAX_SEARCHED, Math.floor(MAX_SEARCHED_OF_PAGE / texts)))
  const skipped = text.length > folded ? Math.max(0, firstOccurrence(searched, terms) - SNIPPET_LENGTH) : 0
  const marks = matchesIn(text.slice(skipped, skipped + folded), terms).map(
    ([begin, end]) => [begin + skipped, end + skipped] as const,
  )
  const [first] = marks
  if (!first) return null
  const start =
    first[0] <= SNIPPET_LENGTH / 3 ? 0 : text.indexOf(' ', first[0] - SNIPPET_LENGTH / 3) + 1 || first[0]
  const from = Math.min(start, first[0])
  const to = Math.min(text.length, from + SNIPPET_LENGTH)
  let html = from > 0 ? '…' : ''
  let at = from
  for (const [begin, end] of marks) {
    if (begin < at || end > to) continue
    html += `${escapeHtml(text.slice(at, begin))}<mark>${escapeHtml(text.slice(begin, end))}</mark>`
    at = end
  }
  return `${html}${escapeHtml(text.slice(at, to).replace(/[\ud800-\udbff]$/, ''))}${to < text.length ? '…' : ''}`
}

/** How many words of a phrase are searched for to find where it is. */
const MAX_LOCATED_WORDS = 8

/** The offset of the first unfolded occurrence of a term or of a word that begins like one of its forms; 0 if there is none. */
function firstOccurrence(text: string, terms: Term[]): number {
  const phrases = terms.map(({ words }) =>
    words
      .slice(0, MAX_LOCATED_WORDS)
      .map((word) => RegExp.escape(word))
      .join('[^\\p{L}\\p{N}]{0,5}'),
  )
  // The stem of `city` is `citi`.
  const forms = terms.flatMap((term) => term.forms ?? []).map((form) => RegExp.escape(form.replace(/i$/, '')))
  if (phrases.length === 0) return 0
  return Math.max(0, text.search(new RegExp([...phrases, ...forms].join('|'), 'iu')))
}

/** The offsets at which terms match in a text, in order and without overlaps. */
function matchesIn(text: string, terms: Term[]): [number, number][] {
  const words: { word: string; begin: number; end: number }[] = []
  // The same few thousand characters of scripts without spaces come again and again.
  const wordsOfPart = memoizeByText((part) => foldKeepingShortI(part).split(' ').filter(Boolean))
  for (const piece of text.matchAll(LETTERS)) {
    // A piece is one word, or several characters of a script without spaces.
    let at = piece.index
    for (const part of splitUnspaced(piece[0])) {
      for (const word of wordsOfPart(part)) words.push({ word, begin: at, end: at + part.length })
      at += part.length
    }
  }
  const folded = words.map(({ word }) => withoutShortI(word))
  const tests = terms.map(formTest)
  const matches: [number, number][] = []
  for (const [index, { word, begin, end }] of words.entries()) {
    for (const term of terms)
      if (beginsWith(folded, index, term))
        matches.push([begin, words[index + term.words.length - 1]?.end ?? end])
    if (tests.some((isForm) => isForm(word))) matches.push([begin, end])
  }
  if (terms.some(({ forms }) => forms))
    for (const { word, begin, end } of compoundsIn(text))
      if (tests.some((isForm) => isForm(word))) matches.push([begin, end])
  return withoutOverlaps(matches)
}

/** Spans in order; of spans that overlap, the one that begins first, or else the longer one. */
function withoutOverlaps(spans: [number, number][]): [number, number][] {
  const inOrder = spans.toSorted(([begin, end], [other, otherEnd]) => begin - other || otherEnd - end)
  let reached = 0
  return inOrder.filter(([begin, end]) => {
    if (begin < reached) return false
    reached = end
    return true
  })
}

function memoizeByText<Result>(compute: (text: string) => Result): (text: string) => Result {
  const results = new Map<string, Result>()
  return (text) => results.getOrInsertComputed(text, compute)
}
