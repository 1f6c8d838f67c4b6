// What every page is made from: its language, its address, the time that it shows, and the names of records.
import { type Listable, viewParameters } from '../records/read/parameters.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import { type Html, html } from './html.ts'
import { LANGUAGES, type Language } from './languages.ts'
import type { Messages } from './messages/en.ts'
import type { Names } from './names.ts'

/** The time that a page shows. Null: now. */
export interface Clocks {
  /** A day. */
  asOf: string | null
  /** An instant. */
  knownAt: string | null
}

/** The present. */
export const NOW: Clocks = { asOf: null, knownAt: null }

/** The day that clocks show: today if they are not set. */
export const dayOf = ({ asOf, knownAt }: Clocks, now: Date): string =>
  asOf ?? (knownAt ?? now.toISOString()).slice(0, 10)

export interface Page {
  language: Language
  messages: Messages
  catalogue: Catalogue
  /** Where the service is reached: empty, or a path such as `/sco`. */
  base: string
  /** The scheme and the host by which the service was reached. */
  origin: string
  /** The requested path, without the base path and the language. */
  path: string
  /** The requested parameters, without empty ones. */
  query: Query
  clocks: Clocks
  /** Today, or the day that is shown. */
  day: string
  names: Names
}

export type Query = Readonly<Record<string, string | readonly string[] | null | undefined>>

/** The path of the languages; English has none. */
const PREFIXES: Record<Language, string> = { en: '', ru: '/ru', zh: '/zh' }

/** The path of a page in a language. The English start page has an address that does not redirect. */
export const localPath = (language: Language, path: string): string =>
  path === '/' ? `/${language}/` : `${PREFIXES[language]}${path}`

/** The language and the rest of a path. */
export function splitPath(path: string): { language: Language; path: string } {
  const [, first = '', ...rest] = path.split('/')
  const language = LANGUAGES.find((one) => one === first)
  return language ? { language, path: `/${rest.join('/')}` } : { language: 'en', path }
}

/** The parameters of an address; those that are null or empty are left out. */
export function queryText(query: Query): string {
  const parameters = Object.entries(query).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : (value ?? []).map(escapeComma).join(',')
    return text === ''
      ? []
      : [`${name}=${encodeURIComponent(text).replaceAll('%2C', ',').replaceAll('%3A', ':')}`]
  })
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`
}

const escapeComma = (value: string) => value.replaceAll(',', '\\,')

/** Pages that show the present only: the start, the search, and the workbench. */
const TIMELESS = /^\/(?:search|edit(?:\/.*)?)?$/

/** The address of a page, which shows the same time as this one. */
export function href(page: Page, path: string, query: Query = {}): string {
  const { base, language, clocks } = page
  const [bare = '', fragment] = path.split('#')
  const address = `${base}${localPath(language, bare)}${queryText({ ...(TIMELESS.test(bare) ? {} : clocks), ...query })}`
  return fragment === undefined ? address : `${address}#${fragment}`
}

/** The address of the API for what a page shows. */
export const apiHref = ({ base, clocks }: Page, path: string, query: Query = {}): string =>
  `${base}/v1${path}${queryText({ ...clocks, ...query })}`

/** The clocks that the API has for a kind: not all depend on a day. */
export const clocksOf = (kind: Listable, { asOf, knownAt }: Clocks): Clocks => ({
  asOf: 'asOf' in viewParameters(kind) ? asOf : null,
  knownAt,
})

/** The page of a record or a part, from its path in the API: parts are on the page of their record. */
export function pageOfApiPath(path: string): string {
  const [, , kind = '', id = '', ...rest] = path.split('/')
  const part = rest.at(-1)
  return `/${kind}/${id}${part === undefined ? '' : `#${part}`}`
}

/** Whether the page shows another time than now. */
export const showsPast = ({ clocks }: Pick<Page, 'clocks'>): boolean =>
  clocks.asOf !== null || clocks.knownAt !== null

/** A link to a page. */
export const linkTo = (page: Page, path: string, content: Html | string): Html =>
  html`<a href="${href(page, path)}">${content}</a>`
