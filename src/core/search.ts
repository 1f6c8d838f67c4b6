// The language of full-text search: texts and queries are folded into words here, so that all engines return the same results.
//   words        all of the words, in any order    "a phrase"   these words in this order
//   prefix*      words that begin with it          -not         without this word or phrase
//   one OR two   either side
// Any string is a legal query. All other characters are punctuation, which is not searched.

export interface Term {
  /** Folded words that follow each other. */
  words: string[]
  /** Whether the last word is a prefix. */
  prefix: boolean
  /** Whether it is searched in titles only, which have the names of a record. */
  inTitle?: true
}

/** Alternatives. One matches if all terms of `all` occur and none of `not`. */
export type SearchQuery = { all: Term[]; not: Term[] }[]

/** Scripts written without spaces. Each character is a word and a string of them a phrase, so any substring is found. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*/gu

/** Characters between words, with marks that follow no letter (such as an emoji's variation selector). */
const BETWEEN_WORDS = /(?:[^\p{L}\p{N}\p{M}]|^\p{M})[^\p{L}\p{N}]*/gu

/** Letters that Unicode does not decompose, and their usual ASCII spelling. */
const PLAIN_LETTERS: Record<string, string> = {
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
  // Letters of Tajik, Kazakh and Kyrgyz that keyboards lack.
  ҷ: 'ч',
  қ: 'к',
  ғ: 'г',
  ҳ: 'х',
  һ: 'х',
  ң: 'н',
  ө: 'о',
  ү: 'у',
  ұ: 'у',
  ә: 'а',
  і: 'и',
  // Arabic letters that look like those of Persian and Urdu, with which texts mix them.
  ي: 'ی',
  ى: 'ی',
  ك: 'ک',
}

const SPECIAL_LETTERS = new RegExp(`[${Object.keys(PLAIN_LETTERS).join('')}]`, 'gu')

/** The apostrophe of the Uzbek letters oʻ and gʻ, however it is typed; not that of a genitive. */
const UZBEK_APOSTROPHE = /(?<=[og])[ʻʼ‘’'`](?!s(?!\p{L}))(?=\p{L})/giu

/** Vowel signs of Arabic, and the stroke that lengthens words. */
const ARABIC_MARKS = /[\u0640\u064b-\u065f\u0670]/gu

/** Characters that are not seen, such as soft hyphens and zero-width spaces: they break no word. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu

/** The version of `fold`: another one makes the service index all records again. */
export const FOLDING = 2

const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)

/** The words of a text, joined by spaces, without compatibility forms, case and the diacritics of alphabets. */
export function fold(original: string): string {
  const text = original.replace(UZBEK_APOSTROPHE, '')
  if (isAscii(text))
    return text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, ' ')
      .trim()
  return text
    .replace(INVISIBLE, '')
    .replace(/[\p{S}\p{No}]/gu, ' ')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(ARABIC_MARKS, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(SPECIAL_LETTERS, (letter) => PLAIN_LETTERS[letter] ?? letter)
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(UNSPACED, ' $& ')
    .replace(BETWEEN_WORDS, ' ')
    .trim()
}

const wordsOf = (text: string) => fold(text).split(' ').filter(Boolean)

/** A query with the signs of the query language, in place of what keyboards and word processors make of them. */
const withPlainSigns = (query: string) =>
  query
    .replace(/[“”„‟«»＂]/g, '"')
    .replaceAll('＊', '*')
    .replace(/(?<=^|\s)[‐‑–—−﹣－](?=\S)/g, '-')
    .replace(/(?<=^|\s)\|+(?=\s)/g, 'OR')
    .replace(/(?<=\s)AND(?=\s)/g, ' ')

/** The maximum number of different terms of a query; further terms are ignored. */
const MAX_TERMS = 32

/** Parses a query. The result is empty if the query has no words. */
export function parseSearch(original: string): SearchQuery {
  const query = withPlainSigns(original)
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

/** A query for records of which a name has all words of one of the values; `"…"`: in this order. */
export const nameSearch = (values: readonly string[]): SearchQuery =>
  values.flatMap((value) => {
    const words = wordsOf(value)
    const terms = /^\s*".*"\s*$/s.test(value) ? [words] : words.map((word) => [word])
    const all = terms.map((term): Term => ({ words: term, prefix: false, inTitle: true }))
    return words.length > 0 ? [{ all, not: [] }] : []
  })

/** Whether a text matches, as a full-text index over its parts (title and body) decides. Phrases do not span parts. */
export function matchesText(parts: readonly string[], query: SearchQuery): boolean {
  const words = parts.map(wordsOf)
  const occurs = (term: Term) => words.some((part) => part.some((_, index) => occursAt(part, index, term)))
  return query.some(({ all, not }) => all.every(occurs) && !not.some(occurs))
}

/** Whether a term occurs at a position in a list of folded words. */
function occursAt(words: readonly string[], index: number, term: Term): boolean {
  return term.words.every((word, offset) => {
    const other = words[index + offset]
    const isPrefix = term.prefix && offset === term.words.length - 1
    return isPrefix ? other?.startsWith(word) : other === word
  })
}

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

/** The offset of the first unfolded occurrence of a term; 0 if there is none. */
function firstOccurrence(text: string, terms: Term[]): number {
  const phrases = terms.map(({ words }) =>
    words
      .slice(0, MAX_LOCATED_WORDS)
      .map((word) => RegExp.escape(word))
      .join('[^\\p{L}\\p{N}]{0,5}'),
  )
  if (phrases.length === 0) return 0
  return Math.max(0, text.search(new RegExp(phrases.join('|'), 'iu')))
}

/** The offsets at which terms match in a text, in order. */
function matchesIn(text: string, terms: Term[]): [number, number][] {
  const words: { word: string; begin: number; end: number }[] = []
  // The same few thousand characters of scripts without spaces come again and again.
  const wordsOfPart = memoizeByText(wordsOf)
  for (const piece of text.matchAll(/[\p{L}\p{N}\p{M}\p{Default_Ignorable_Code_Point}]+/gu)) {
    // A piece is one word, or several characters of a script without spaces.
    let at = piece.index
    for (const part of splitUnspaced(piece[0])) {
      for (const word of wordsOfPart(part)) words.push({ word, begin: at, end: at + part.length })
      at += part.length
    }
  }
  const folded = words.map(({ word }) => word)
  const matches: [number, number][] = []
  for (let index = 0; index < words.length; index++) {
    for (const term of terms) {
      if (!occursAt(folded, index, term)) continue
      const begin = words[index]?.begin
      const end = words[index + term.words.length - 1]?.end
      if (begin !== undefined && end !== undefined && begin >= (matches.at(-1)?.[1] ?? 0))
        matches.push([begin, end])
    }
  }
  return matches
}

function memoizeByText<Result>(compute: (text: string) => Result): (text: string) => Result {
  const results = new Map<string, Result>()
  return (text) => results.getOrInsertComputed(text, compute)
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
