// The languages of the pages, with their catalogues of messages and the forms of numbers and plurals.
import { type Content, type Html, html } from './html.ts'
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

/** A message with contents in place of `{names}`. */
export function fill(message: string, values: Readonly<Record<string, Content>>): Html {
  const parts = message.split(/\{(\w+)\}/)
  return html`${parts.map((part, index) => (index % 2 === 0 ? part : values[part]))}`
}

/** A text in a language of its own: with its tag, and separate from the direction of what is around it. */
export const foreign = (text: Content, language: string | null | undefined, own: Language): Html =>
  language && language !== own ? html`<bdi lang="${language}">${text}</bdi>` : html`<bdi>${text}</bdi>`

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
