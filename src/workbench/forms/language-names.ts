// The languages of texts: their tags by what people call them.
import { canonicalLanguage } from '../../core/language.ts'
import { LANGUAGES, memoizeByLanguage } from '../../web/languages.ts'

/** The languages that are proposed: those of the states of the region and of its press. */
export const PROPOSED = [
  'en',
  'ru',
  'zh',
  'zh-Hans',
  'zh-Hant',
  'kk',
  'ky',
  'tg',
  'uz',
  'fa',
  'hi',
  'ur',
  'be',
  'mn',
  'tk',
  'az',
  'hy',
  'tr',
  'ar',
  'ps',
  'de',
  'fr',
  'es',
] as const

/** The name of a language in the language of a page. */
export const languageName = memoizeByLanguage((locale) => {
  const names = new Intl.DisplayNames(locale, { type: 'language' })
  return (tag: string) => names.of(tag) ?? tag
})

const ownName = (tag: string) => new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag

/** The tags of the proposed languages, by their names in the languages of the pages and in themselves. */
const TAGS: ReadonlyMap<string, string> = new Map(
  PROPOSED.toReversed().flatMap((tag) =>
    [...LANGUAGES.map((language) => languageName(language)(tag)), ownName(tag)].map(
      (name): [string, string] => [name.toLowerCase(), tag],
    ),
  ),
)

/** The tag that a text is, or names: `ru` for "Russian". Undefined: neither. */
export function languageTag(text: string): string | undefined {
  const named = TAGS.get(text.toLowerCase())
  if (named !== undefined) return named
  return /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(text) ? (canonicalLanguage(text) ?? undefined) : undefined
}
