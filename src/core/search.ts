// The language of full-text search, the same on every engine: texts and queries are folded here into words, so
// that an index need only split at spaces.
//   words        all of them, in any order         "a phrase"   these words in this order
//   prefix*      words that begin so               -not         without this word or phrase
//   one OR two   either side
// Any string is a legal query: what is none of this is punctuation, and punctuation is not searched.

export interface Term {
  /** Folded words that stand one behind the other. */
  words: string[]
  /** Whether the last one is only a beginning. */
  prefix: boolean
}

/** Alternatives, of which any may hold: all of `all` and none of `not`. */
export type SearchQuery = { all: Term[]; not: Term[] }[]

/** Scripts written without spaces: each character is a word, and a string of them a phrase, so any substring is found. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*/gu

/** What is no part of a word, and marks that stand on none (an emoji's variation selector, say). */
const NO_WORD = /(?:[^\p{L}\p{N}\p{M}]|^\p{M})[^\p{L}\p{N}]*/gu

/** Letters with a stroke, ligatures and the like: Unicode takes nothing off them, but people leave it out. */
const PLAIN: Record<string, string> = {
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ø: 'o',
  ŧ: 't',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
}

/** Most words are of these, and what is done with others does nothing to them. */
const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)

/** The words of a text: compatibility forms, case and the diacritics of alphabets folded away, joined by spaces. */
export function fold(text: string): string {
  if (isAscii(text))
    return text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, ' ')
      .trim()
  return text
    .replace(/[\p{S}\p{No}]/gu, ' ')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[đðħıłøŧßæœþ]/g, (letter) => PLAIN[letter] ?? letter)
    .replace(UNSPACED, ' $& ')
    .replace(NO_WORD, ' ')
    .trim()
}

const wordsOf = (text: string) => fold(text).split(' ').filter(Boolean)

/** How many different terms of a query count; what comes behind them is left out. */
const MAX_TERMS = 32

/** Reads a query. Empty when it holds no word to look for. */
export function parseSearch(query: string): SearchQuery {
  const groups: SearchQuery = [{ all: [], not: [] }]
  const seen = new Set<string>()
  for (const [, minus, phrase, bare = '', star] of query.matchAll(/(-?)(?:"([^"]*)"?|([^\s"*]+))(\*?)/gu)) {
    if (bare === 'OR' && !minus && !star) {
      groups.push({ all: [], not: [] })
      continue
    }
    const words = wordsOf(phrase ?? bare)
    if (words.length === 0) continue
    const term = `${groups.length} ${minus} ${words.join(' ')}${star}`
    if (seen.has(term)) continue
    if (seen.size >= MAX_TERMS) break
    seen.add(term)
    groups.at(-1)?.[minus ? 'not' : 'all'].push({ words, prefix: star === '*' })
  }
  return groups.filter((group) => group.all.length > 0 || group.not.length > 0)
}

/** Does a text match, as an index over its parts (a title, a body) would say? A phrase stands within one part. */
export function matchesText(parts: readonly string[], query: SearchQuery): boolean {
  const words = parts.map(wordsOf)
  const holds = (term: Term) => words.some((part) => part.some((_, index) => standsAt(part, index, term)))
  return query.some(({ all, not }) => all.every(holds) && !not.some(holds))
}

/** Does a term stand at a place in a row of folded words? */
function standsAt(words: readonly string[], index: number, { words: wanted, prefix }: Term): boolean {
  return wanted.every((word, offset) => {
    const here = words[index + offset]
    return (
      here !== undefined && (prefix && offset === wanted.length - 1 ? here.startsWith(word) : here === word)
    )
  })
}

/** How many UTF-16 units of a text a snippet shows. */
const SNIPPET = 240
/** How much of a long text is looked at closely, and how far is looked for where to begin with that. */
const SCANNED = 20_000
const SKIMMED = 200_000

/** A text as HTML that shows it. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

/**
 * The part of a text around the first match, as HTML: everything escaped, matches inside `<mark>`.
 * Null when the text does not match.
 */
export function snippet(text: string, query: SearchQuery): string | null {
  const terms = query.flatMap((group) => group.all)
  const skipped = text.length > SCANNED ? Math.max(0, firstLookalike(text, terms) - SNIPPET) : 0
  const marks = matchesIn(text.slice(skipped, skipped + SCANNED), terms).map(
    ([begin, end]) => [begin + skipped, end + skipped] as const,
  )
  const [first] = marks
  if (!first) return null
  const start = first[0] <= SNIPPET / 3 ? 0 : text.indexOf(' ', first[0] - SNIPPET / 3) + 1 || first[0]
  const from = Math.min(start, first[0])
  const to = Math.min(text.length, from + SNIPPET)
  let html = from > 0 ? '…' : ''
  let at = from
  for (const [begin, end] of marks) {
    if (begin < at || end > to) continue
    html += `${escapeHtml(text.slice(at, begin))}<mark>${escapeHtml(text.slice(begin, end))}</mark>`
    at = end
  }
  return `${html}${escapeHtml(text.slice(at, to).replace(/[\ud800-\udbff]$/, ''))}${to < text.length ? '…' : ''}`
}

/** Where a long text first holds a word of a term as it is spelt; 0 where it does not. */
function firstLookalike(text: string, terms: Term[]): number {
  const spelt = terms.flatMap(({ words }) => words.slice(0, 1)).map((word) => RegExp.escape(word))
  if (spelt.length === 0) return 0
  return Math.max(0, text.slice(0, SKIMMED).search(new RegExp(spelt.join('|'), 'iu')))
}

/** Where terms match in a text, in order, as UTF-16 offsets. */
function matchesIn(text: string, terms: Term[]): [number, number][] {
  const words: { word: string; begin: number; end: number }[] = []
  for (const piece of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    // A piece is one word, or several characters of a script without spaces.
    let at = piece.index
    for (const part of splitUnspaced(piece[0])) {
      for (const word of wordsOf(part)) words.push({ word, begin: at, end: at + part.length })
      at += part.length
    }
  }
  const spelt = words.map(({ word }) => word)
  const found: [number, number][] = []
  for (let index = 0; index < words.length; index++) {
    for (const term of terms) {
      if (!standsAt(spelt, index, term)) continue
      const begin = words[index]?.begin
      const end = words[index + term.words.length - 1]?.end
      if (begin !== undefined && end !== undefined && begin >= (found.at(-1)?.[1] ?? 0))
        found.push([begin, end])
    }
  }
  return found
}

function splitUnspaced(piece: string): string[] {
  if (isAscii(piece)) return [piece]
  const parts: string[] = []
  let at = 0
  for (const match of piece.matchAll(UNSPACED)) {
    if (match.index > at) parts.push(piece.slice(at, match.index))
    parts.push(match[0])
    at = match.index + match[0].length
  }
  if (at < piece.length) parts.push(piece.slice(at))
  return parts
}
