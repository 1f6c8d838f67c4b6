// The languages of the pages, with their catalogues of messages and the forms of numbers and plurals.
import { type Content, type Html, html, join, plainText } from './html.ts'
import { en, type Messages } from './messages/en.ts'
import { ru } from './messages/ru.ts'
import type { Plural } from './messages/types.ts'
import { zh } from './messages/zh.ts'

export const LANGUAGES = ['en', 'ru', 'zh'] as const

export type Language = (typeof LANGUAGES)[number]

const CATALOGUES: Record<Language, Messages> = { en, ru, zh }

/** The locale by which numbers, dates and plurals are written. */
export const LOCALES: Record<Language, string> = { en: 'en-GB', ru: 'ru', zh: 'zh-Hans' }

/** The languages by their own names. */
export const OWN_NAMES: Record<Language, string> = { en: 'English', ru: 'Русский', zh: '中文' }

export const messagesOf = (language: Language): Messages => CATALOGUES[language]

const pluralRules = memoizeByLanguage((locale) => new Intl.PluralRules(locale))
const numberFormat = memoizeByLanguage((locale) => new Intl.NumberFormat(locale))

export const formatNumber = (language: Language, value: number): string =>
  numberFormat(language).format(value)

/** A message with a number, `{n}`, in the form that the number needs. */
export function plural(language: Language, forms: Plural, value: number): string {
  const form = forms[pluralRules(language).select(value)] ?? forms.other
  return form.replace('{n}', formatNumber(language, value))
}

/** How long a number of days is: in whole years from two years on. */
export const lengthOfTime = (language: Language, days: number): string => {
  const { counts } = messagesOf(language)
  // On the day of the year, whichever of the years had a leap day.
  const years = Math.floor((days + 1) / DAYS_OF_YEAR)
  return years < 2 ? plural(language, counts.days, days) : plural(language, counts.years, years)
}

/** The order of names. */
export const collatorOf = memoizeByLanguage((locale) => new Intl.Collator(locale))

const DAYS_OF_YEAR = 365.2425

/** A message with contents in place of `{names}`. A content that ends with a full stop, such as `2022 г.`, ends the sentence. */
export function fill(message: string, values: Readonly<Record<string, Content>>): Html {
  const parts = message.split(/\{(\w+)\}/)
  return html`${parts.map((part, index) => {
    if (index % 2 === 1) return values[part]
    const before = part.startsWith('.') && parts[index - 1]
    return before && plainText(values[before]).endsWith('.') ? part.slice(1) : part
  })}`
}

/** Entries of a list in a sentence. */
export const listed = (language: Language, entries: readonly Content[]): Html =>
  join(entries, messagesOf(language).punctuation.list)

/** A remark in brackets, with the space before them. */
export const inBrackets = (language: Language, content: Content): Html =>
  fill(messagesOf(language).punctuation.brackets, { text: content })

/** The name of what follows, with a colon. */
export const label = (language: Language, name: Content): Html =>
  html`<span class="label">${name}${messagesOf(language).punctuation.colon}</span>`

/** Characters of scripts from right to left, and those that set directions. */
const CAN_TURN =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** A text in a language of its own: with its tag, and separate from the direction of what is around it. */
export function foreign(text: Content, language: string | null | undefined, own: Language): Html {
  if (language && language !== own && language !== LOCALES[own])
    return html`<bdi lang="${language}">${text}</bdi>`
  const shown = html`${text}`
  return CAN_TURN.test(shown.text) ? html`<bdi>${shown}</bdi>` : shown
}

/** The language of the pages that a client prefers; English if it names none of them. */
export function preferredLanguage(header: string | undefined): Language {
  const wanted = (header ?? '')
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.trim().toLowerCase().split(';')
      const weight = parameters.map((one) => /^\s*q=([\d.]+)/.exec(one)?.[1]).find(Boolean)
      return { tag: tag.split('-')[0], weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
  const found = wanted.find(({ tag }) => LANGUAGES.some((language) => language === tag))
  return (found?.tag as Language | undefined) ?? 'en'
}

/** Caches a formatter for each language: creating one takes longer than formatting a page. */
export function memoizeByLanguage<Result>(
  create: (locale: string) => Result,
): (language: Language) => Result {
  const created = new Map<Language, Result>()
  return (language) => created.getOrInsertComputed(language, () => create(LOCALES[language]))
}
