// The language of full-text search: texts and queries become words here, so that all engines return the same results.
//   words        all of the words or their forms, in any order    "a phrase"   exactly these words in this order
//   prefix*      words that begin with it                         -not         without this word or phrase
//   one OR two   either side
// Any string is a legal query. All other characters are punctuation, which is not searched.
import { foldKeepingShortI, withoutShortI, wordsOf } from './fold.ts'
import { joinedWord, stemOf, stemsIn } from './word-forms.ts'

export interface Term {
  /** Folded words that follow each other. */
  words: string[]
  /** Whether the last word is a prefix. */
  prefix: boolean
  /** Words of the index that match in place of `words`: the word itself, its stem, and the marked stem of other words. */
  forms?: string[]
  /** Whether it is searched in titles only, which have the names of a record. */
  inTitle?: true
}

/** Alternatives. One matches if all terms of `all` occur and none of `not`. */
export type SearchQuery = { all: Term[]; not: Term[] }[]

/** Begins the stems in the index. It is no character of folded words, so that only word forms are found by a stem. */
const STEM_MARK = '\ue000'

/** The words of a text for the full-text index: the folded text, and then the stems of its words. */
export function indexedWords(text: string): string {
  const folded = foldKeepingShortI(text)
  const stems = [...stemsIn(text, folded.split(' '))].map((stem) => STEM_MARK + stem)
  return [withoutShortI(folded), ...stems].join(' ').trim()
}

/** What the index has for words with the stem of a word, and for the stem itself. Empty for words without a stem. */
function formsOf(bare: string): string[] {
  const word = joinedWord(bare)
  const stem = word && stemOf(word)
  return stem ? [...new Set([withoutShortI(word), stem, STEM_MARK + stem])] : []
}

/** A query with the signs of the query language, in place of what keyboards and word processors make of them. */
const withPlainSigns = (query: string) =>
  query
    .replace(/[“”„‟«»＂「」『』《》]/g, '"')
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
    const prefix = star === '*'
    const forms = prefix || phrase !== undefined ? [] : formsOf(bare)
    const term = `${groups.length} ${minus} ${words.join(' ')}${star} ${forms.join(' ')}`
    if (seen.has(term)) continue
    if (seen.size >= MAX_TERMS) break
    seen.add(term)
    groups.at(-1)?.[minus ? 'not' : 'all'].push({ words, prefix, ...(forms.length > 0 && { forms }) })
  }
  return groups.filter((group) => group.all.length > 0 || group.not.length > 0)
}

/** A query for records of which a name has all words of one of the values, not their forms; `"…"`: in this order. */
export const nameSearch = (values: readonly string[]): SearchQuery =>
  values.flatMap((value) => {
    const words = wordsOf(value)
    const terms = /^\s*".*"\s*$/s.test(value) ? [words] : words.map((word) => [word])
    const all = terms.map((term): Term => ({ words: term, prefix: false, inTitle: true }))
    return words.length > 0 ? [{ all, not: [] }] : []
  })

/**
 * Stricter queries: a match of each raises the rank of a record above all others. The first is for the words as they are in
 * the query; the second for these next to each other. Empty if all matches of the query are such.
 */
export function closerQueries(query: SearchQuery): SearchQuery[] {
  const exact = query.map(({ all, not }) => ({ all: all.map(withoutForms), not }))
  const phrases = exact.map(({ all, not }) => ({ all: adjoined(all), not }))
  const hasForms = query.some(({ all }) => all.some(({ forms }) => forms))
  const isLonger = query.some(({ all }) => all.length > 1)
  return [...(hasForms ? [exact] : []), ...(isLonger ? [phrases] : [])]
}

export const withoutForms = ({ forms: _, ...term }: Term): Term => term

/** Terms as one phrase, in which only the last word may be a prefix. */
function adjoined(terms: Term[]): Term[] {
  const [last, ...others] = terms.toReversed()
  if (!last || others.some(({ prefix }) => prefix)) return terms
  return [{ ...last, words: terms.flatMap(({ words }) => words) }]
}

/** Whether a text matches, as a full-text index over its parts (title and body) decides. Phrases do not span parts. */
export function matchesText(parts: readonly string[], query: SearchQuery): boolean {
  const hasForms = query.some(({ all, not }) => [...all, ...not].some(({ forms }) => forms))
  const words = parts.map((part) => (hasForms ? indexedWords(part).split(' ') : wordsOf(part)))
  const occurs = (term: Term) =>
    words.some((part) =>
      part.some((word, index) => term.forms?.includes(word) || beginsWith(part, index, term)),
    )
  return query.some(({ all, not }) => all.every(occurs) && !not.some(occurs))
}

/** A test of whether a folded word, which keeps its й, is a form of a term. */
export function formTest({ forms }: Term): (word: string) => boolean {
  if (!forms) return () => false
  const stem = forms.at(-1)?.slice(STEM_MARK.length)
  return (word) => forms.includes(withoutShortI(word)) || stemOf(word) === stem
}

/** Whether a list of words has those of a term at a position. */
export function beginsWith(words: readonly string[], index: number, term: Term): boolean {
  return term.words.every((word, offset) => {
    const other = words[index + offset]
    const isPrefix = term.prefix && offset === term.words.length - 1
    return isPrefix ? other?.startsWith(word) : other === word
  })
}
