// Values of records as HTML, by the schema of their field: names with links, dates in words, texts in their language.
import { z } from 'zod'
import type { Doc, Json } from '../records/schema/document.ts'
import { type Field, fieldOf, plain } from '../records/schema/fields.ts'
import { actor, isActor } from './actors.ts'
import { dateHtml, instantHtml } from './dates.ts'
import { type Html, html } from './html.ts'
import { foreign, formatNumber, inBrackets, LOCALES, label, listed } from './languages.ts'
import { nameHtml, shortened } from './names.ts'
import { linkTo, type Page } from './page.ts'
import { fieldWord, valueHtml } from './words.ts'

interface Options {
  /** Whether names are links, and texts are whole. */
  brief?: boolean
  /** The language of texts. Default: English. */
  language?: string | null
}

/** A value of a field; null if it is empty. @param key the name of the field */
export function showValue(
  page: Page,
  schema: z.ZodType,
  value: Json,
  key: string,
  options: Options = {},
): Html | null {
  if (value === null || value === '') return null
  const bare = plain(schema)
  const field = fieldOf(bare)
  if (field) return fieldValue(page, field, value, key, options)
  if (Array.isArray(value)) {
    const element = bare instanceof z.ZodArray ? (bare.element as z.ZodType) : z.unknown()
    const entries = value.flatMap((entry) => showValue(page, element, entry, key, options) ?? [])
    if (entries.length === 0) return null
    return options.brief
      ? listed(page.language, entries)
      : html`<ul>${entries.map((entry) => html`<li>${entry}</li>`)}</ul>`
  }
  if (typeof value === 'boolean') return html`${value ? page.messages.list.yes : page.messages.list.no}`
  if (typeof value === 'object') return objectValue(page, bare, value, key, options)
  return scalar(page, String(value), key, options)
}

function fieldValue(page: Page, field: Field, value: Json, key: string, options: Options): Html | null {
  const text = String(value)
  if (field.kinds) return reference(page, text, options)
  switch (field.type) {
    case 'date':
      return dateHtml(page.language, text)
    case 'choice':
      return valueHtml(page, text)
    case 'integer':
      return html`${formatNumber(page.language, Number(value))}`
    default:
      return scalar(page, text, key, options)
  }
}

function scalar(page: Page, text: string, key: string, { brief, language = 'en' }: Options): Html {
  if (key === 'url' || key === 'archivedUrl') return external(text)
  if (key === 'language') return html`${languageName(page, text)}`
  if (key === 'retrievedAt') return instantHtml(page.language, text)
  if (CODES.includes(key)) return html`<code>${text}</code>`
  if (key === 'classification' || key === 'role' || key === 'city' || key === 'seat')
    return valueHtml(page, text)
  return foreign(brief ? shortened(text) : text, language, page.language)
}

const CODES = ['sha256', 'code', 'slug', 'mediaType', 'license', 'identifier', 'scheme']

/** A link to a page of the web. An address with another scheme than http is only shown. */
export const external = (url: string, title: Html | string = shortened(url, 100)): Html =>
  /^https?:\/\//i.test(url)
    ? html`<a rel="external noopener" href="${url}">${title}</a>`
    : html`<code>${url}</code>`

/** The name of a record as a link. */
export function reference(page: Page, id: string, { brief }: Options = {}): Html | null {
  const name = page.names.get(id)
  if (!name) return /^[a-z]{3}_/.test(id) ? null : html`${id}`
  if (brief && name.short !== null) return html`${name.short}`
  const shown = nameHtml(name, page.language)
  return brief ? shown : linkTo(page, `/${page.catalogue.entity(name.kind).path}/${id}`, shown)
}

export function languageName({ language }: Page, tag: string): string {
  try {
    return new Intl.DisplayNames(LOCALES[language], { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}

function objectValue(
  page: Page,
  schema: z.ZodType,
  value: { [key: string]: Json },
  key: string,
  options: Options,
): Html | null {
  if (isActor(value)) return actor(page, value)
  if (key === 'sources' && typeof value['url'] === 'string') return webPage(page, value['url'], value)
  if (key === 'otherNames' && typeof value['name'] === 'string') return otherName(page, value)
  if (typeof value['text'] === 'string' && typeof value['language'] === 'string')
    return translated(page, value)
  const shape = schema instanceof z.ZodObject ? schema.shape : {}
  const parts = Object.entries(value).flatMap(([name, inner]) => {
    // The place in a list is where it stands.
    if (name === 'eventIds' || (name === 'position' && typeof inner === 'number')) return []
    const shown = showValue(page, (shape[name] as z.ZodType) ?? z.unknown(), inner, name, options)
    return shown ? [html`${label(page.language, fieldWord(page, name))}${shown}`] : []
  })
  return parts.length === 0
    ? null
    : html`<div class="object">${parts.map((part) => html`<div>${part}</div>`)}</div>`
}

/** A page of the web by its title, with the remarks about it. */
function webPage(page: Page, url: string, { title, note }: { [key: string]: Json }): Html {
  const link = external(url, typeof title === 'string' ? foreign(title, 'en', page.language) : undefined)
  return typeof note === 'string' ? html`${link} <small>${foreign(note, 'en', page.language)}</small>` : link
}

/** A name in another language, or of another type; those for search only are not shown. */
function otherName(page: Page, value: { [key: string]: Json }): Html | null {
  const { name, language, type } = value
  if (type === 'search') return null
  const notes = [
    typeof language === 'string' && languageName(page, language),
    typeof type === 'string' && type !== 'alternative' && valueHtml(page, type),
  ].filter((note) => note !== false)
  return html`${foreign(String(name), language as string | null, page.language)}${notes.length > 0 && html`<small>${inBrackets(page.language, listed(page.language, notes))}</small>`}`
}

/** A translation, with who made it. */
export function translated(page: Page, value: { [key: string]: Json }): Html {
  const { text, language, by } = value
  const translator =
    typeof by === 'string' ? html`${page.messages.punctuation.comma}${valueHtml(page, by)}` : null
  return html`<q class="plain" lang="${String(language)}" dir="auto">${String(text)}</q><small>${inBrackets(page.language, html`${languageName(page, String(language))}${translator}`)}</small>`
}

/** A text with its line breaks, in its language. */
export const prose = (page: Page, text: Json | undefined, language: string | null = 'en'): Html | null =>
  typeof text === 'string'
    ? html`<p class="prose" dir="auto"${language !== page.language && language !== null && html` lang="${language}"`}>${text}</p>`
    : null

/** The value of a field of a record, by its schema. */
export const valueIn = (
  page: Page,
  shape: z.ZodObject['shape'],
  doc: Doc,
  key: string,
  options: Options = {},
) => showValue(page, (shape[key] as z.ZodType) ?? z.unknown(), doc[key] ?? null, key, options)
