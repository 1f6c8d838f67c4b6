// Word forms: words with the same stem are found by each other. A query does not say its language, so the script of a word
// decides: Latin words are stemmed as English, Cyrillic ones as Russian (docs/adr/0024).
import { stemmer as english } from '@orama/stemmers/english'
import { stemmer as russian } from '@orama/stemmers/russian'
import { foldKeepingShortI, withoutShortI } from './fold.ts'

/** British and American spellings: what is replaced in a folded word before it is stemmed. */
const ENGLISH_SPELLINGS: [RegExp, string][] = [
  [
    /(arm|behavi|cand|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|rig|rum|savi|splend|tum|val|vap|vig)our/,
    '$1or',
  ],
  [/^(defen|offen|licen|preten)s(?=e)/, '$1c'],
  [/^practis/, 'practic'],
  [/(?<=[a-z]{3})([iy])z(?=(?:e|ed|es|er|ers|ing|ation|ations|ational|able)$)/, '$1s'],
  [/(cent|met|lit|theat|fib|calib)re(?=s?$)/, '$1er'],
  [/^(program)me(?=s?$)/, '$1'],
  [/^(catalog|dialog|analog)ue(?=s?$)/, '$1'],
  [/(travel|cancel|model|label|signal|fuel|level|channel|counsel|tunnel)l(?=ed|ing|er)/, '$1'],
]

/** The stemmer takes the end of these nouns for that of an adjective, or of a reflexive verb. */
const RUSSIAN_NOUNS: [RegExp, string][] = [
  [/^(кит|шанх|алт|дуб|случ|обыч|урож)ая$/, '$1ай'],
  [/^(беларус)ь$/, '$1'],
]

/** It takes some cases of names such as Пакистан for participles. */
const RUSSIAN_PARTICIPLE = /(?<=\p{L}{2}а)н$/u

const respelt = (word: string, rules: [RegExp, string][]) =>
  rules.reduce((spelt, [pattern, replacement]) => spelt.replace(pattern, replacement), word)

/** How many stems are kept: the words of a few long texts. */
const MAX_STEMS = 50_000

const stems = new Map<string, string | null>()

/**
 * The stem of a folded word that keeps its й; the stem has none. Null if its script has no stemmer, and for words with digits.
 */
export function stemOf(word: string): string | null {
  if (word.length < 3 || word.length > 50) return null
  const known = stems.get(word)
  if (known !== undefined) return known
  if (stems.size >= MAX_STEMS) stems.clear()
  const stem = computeStem(word)
  stems.set(word, stem)
  return stem
}

function computeStem(word: string): string | null {
  if (/^[a-z]+$/.test(word)) return english(respelt(word, ENGLISH_SPELLINGS))
  if (/^\p{Script=Cyrillic}+$/u.test(word))
    return withoutShortI(russian(respelt(word, RUSSIAN_NOUNS)).replace(RUSSIAN_PARTICIPLE, ''))
  return null
}

/** Words joined by hyphens; the first one is a group, since hyphens are found sooner than words. */
const COMPOUND = /[-‐‑](?<=([\p{L}\p{M}]+)[-‐‑])(?:[\p{L}\p{M}]+[-‐‑])*[\p{L}\p{M}]+/gu

const HYPHENS = /(?<=[\p{L}\p{M}])[-‐‑](?=\p{L})/gu

/** The genitive of English: `China's`. */
const GENITIVE = /['’]s$/iu

/** A word as one folded word with its й, without hyphens and the ending of a genitive; null if it is several words. */
export function joinedWord(original: string): string | null {
  const word = foldKeepingShortI(original.replace(GENITIVE, '').replace(HYPHENS, ''))
  return word === '' || word.includes(' ') ? null : word
}

/** The words of a text that are joined by hyphens, each as one folded word (with its й) and its offsets: `co-operation`. */
export function* compoundsIn(text: string): Generator<{ word: string; begin: number; end: number }> {
  for (const { 0: rest, 1: first = '', index } of text.matchAll(COMPOUND)) {
    const word = joinedWord(first + rest)
    if (word !== null) yield { word, begin: index - first.length, end: index + rest.length }
  }
}

/**
 * The stems of a text that are not words of it, each once. Words joined by hyphens count as one word too.
 * @param words of the text, folded with their й
 */
export function stemsIn(text: string, words: readonly string[]): Set<string> {
  const found = new Set<string>()
  for (const word of words) {
    const stem = stemOf(word)
    if (stem !== null && stem !== withoutShortI(word)) found.add(stem)
  }
  for (const { word } of compoundsIn(text)) {
    const stem = stemOf(word)
    if (stem !== null) found.add(stem)
  }
  return found
}
