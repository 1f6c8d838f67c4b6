// Folds texts into words, so that spellings of the same word are equal: in search, in names, and in sorts.
import { simplifiedChinese } from './chinese.ts'

/** Scripts written without spaces. Each character is a word and a string of them a phrase, so any substring is found. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*/gu

/** Texts without characters of these scripts, which begin with Thai. */
const BEFORE_UNSPACED = /^[\0-\u0dff]*$/

const HAN = /\p{Script=Han}+/gu

/** Characters between words, with marks that follow no letter (such as an emoji's variation selector). */
const BETWEEN_WORDS = /(?:[^\p{L}\p{N}\p{M}]|^\p{M})[^\p{L}\p{N}]*/gu

/** Letters that Unicode does not decompose, and what is typed in their place. */
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
  ڪ: 'ک',
  ة: 'ه',
  ە: 'ه',
  ہ: 'ه',
  ھ: 'ه',
  ٱ: 'ا',
}

const SPECIAL_LETTERS = new RegExp(`[${Object.keys(PLAIN_LETTERS).join('')}]`, 'gu')

/** The apostrophe of the Uzbek letters oʻ and gʻ, however it is typed; not that of a genitive. */
const UZBEK_APOSTROPHE = /(?<=[og])(?:ʻ|[ʼ‘’'`](?!s(?!\p{L}))(?=\p{L}))/giu

/** Strings of letters, with what `fold` removes from inside of words. */
export const LETTERS = new RegExp(
  `(?:[\\p{L}\\p{N}\\p{M}\\p{Default_Ignorable_Code_Point}]|${UZBEK_APOSTROPHE.source})+`,
  'giu',
)

/** Other apostrophes that are letters in Unicode: what is typed in their place is punctuation. */
const LETTER_APOSTROPHE = /[ʻʼ]/gu

/** Signs of transliterations that nobody types: `ʿAbd`, `Rusʹ`. */
const TRANSLITERATION_SIGNS = /[ʹʺʾʿ]/gu

/** Diacritics of alphabets, without that of й. */
const DIACRITICS = /[\u0300-\u0305\u0307-\u036f]|(?<![иИ])\u0306/gu

/** Vowel signs and other marks of Arabic, and the stroke that lengthens words. */
const ARABIC_MARKS = /[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]/gu

/** Characters that are not seen, such as soft hyphens and zero-width spaces: they break no word. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu

/** The version of words in the full-text index and of sort keys: another one makes the service index all records again. */
export const FOLDING = 3

const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)

/**
 * The words of a text, joined by spaces, without compatibility forms, case and the diacritics of alphabets. Chinese is
 * simplified, character by character.
 */
export const fold = (text: string): string => withoutShortI(foldKeepingShortI(text))

export const withoutShortI = (folded: string) => folded.replaceAll('й', 'и')

/** `fold`, but the letter й stays: it follows и in the alphabet, and stems need it. */
export function foldKeepingShortI(original: string): string {
  const visible = isAscii(original) ? original : original.replace(INVISIBLE, '')
  const text = visible.replace(UZBEK_APOSTROPHE, '')
  if (isAscii(text))
    return text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, ' ')
      .trim()
  return text
    .replace(/[\p{S}\p{No}]/gu, ' ')
    .normalize('NFKD')
    .replace(LETTER_APOSTROPHE, ' ')
    .replace(TRANSLITERATION_SIGNS, '')
    .replace(DIACRITICS, '')
    .replace(ARABIC_MARKS, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(SPECIAL_LETTERS, (letter) => PLAIN_LETTERS[letter] ?? letter)
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(HAN, simplifiedChinese)
    .replace(UNSPACED, ' $& ')
    .replace(BETWEEN_WORDS, ' ')
    .trim()
}

export const wordsOf = (text: string): string[] => fold(text).split(' ').filter(Boolean)

/** Splits a string of letters into words as `fold` does: at the characters of scripts without spaces. */
export function splitUnspaced(piece: string): string[] {
  if (BEFORE_UNSPACED.test(piece)) return [piece]
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
