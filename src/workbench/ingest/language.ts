// Guesses the language of a text from its letters, where nothing says it.

interface Script {
  letters: RegExp
  /** The language of its texts that have the letters of no other. */
  language: string
  /** Languages with letters that others of the script lack. */
  others: readonly [language: string, letters: RegExp][]
}

const SCRIPTS: readonly Script[] = [
  { letters: /\p{Script=Latin}/gu, language: 'en', others: [] },
  {
    letters: /\p{Script=Cyrillic}/gu,
    language: 'ru',
    others: [
      ['kk', /[әұһ]/giu],
      ['tg', /[ҷӣӯҳ]/giu],
      ['ky', /[ңүө]/giu],
      ['be', /[ўі]/giu],
    ],
  },
  { letters: /\p{Script=Han}/gu, language: 'zh', others: [] },
  {
    letters: /\p{Script=Arabic}/gu,
    language: 'ar',
    others: [
      ['ur', /[ٹڈڑےں]/gu],
      ['fa', /[پچژگی]/gu],
    ],
  },
  { letters: /\p{Script=Devanagari}/gu, language: 'hi', others: [] },
]

/** The share of letters of its own that a text in a language has at least: more than names of people and places bring in. */
const MIN_SHARE = 0.02

const SAMPLE = 20_000

/** A language tag; English if there are no letters. */
export function guessLanguage(text: string): string {
  const sample = text.slice(0, SAMPLE)
  const count = (letters: RegExp) => sample.match(letters)?.length ?? 0
  const [main] = SCRIPTS.map((script) => ({ ...script, count: count(script.letters) })).toSorted(
    (one, other) => other.count - one.count,
  )
  const other = main?.others.find(([, letters]) => count(letters) > main.count * MIN_SHARE)
  return other?.[0] ?? main?.language ?? 'en'
}
