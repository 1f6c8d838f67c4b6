// The top of the page of a record: its kind, what it is a part of, its name, and where it stands.
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Family, wholesPath } from './family.ts'
import { type Html, html } from './html.ts'
import { foreign } from './languages.ts'
import { shortened } from './names.ts'
import { linkTo, type Page } from './page.ts'
import { type Standing, statusSentence } from './status.ts'
import { translated } from './values.ts'

/** The name of a record in the language of the page, and the text of it. */
export function titleOf(page: Page, resource: Resource, doc: Doc): { text: string; shown: Html } {
  const name = page.names.get(doc.id)
  const text = name?.text ?? shortened(String(doc[resource.titleField]))
  return { text, shown: foreign(text, name?.language ?? 'en', page.language) }
}

export function heading(page: Page, resource: Resource, doc: Doc, family: Family, standing: Standing): Html {
  const { text, shown } = titleOf(page, resource, doc)
  const main = String(doc[resource.titleField])
  const isSame = text.startsWith(shortened(main).replace(/…$/, '')) || resource.kind === 'statement'
  const also = isSame
    ? null
    : html`<p class="muted">${page.messages.record.alsoKnown}${page.messages.punctuation.colon}${foreign(main, 'en', page.language)}</p>`
  const kind = linkTo(page, `/${resource.path}`, page.messages.kinds[resource.kind].many)
  return html`<p class="kind">${kind}</p><h1>${shown}</h1>${also}${wholesPath(page, family)}${statusSentence(page, resource, doc, standing)}${lead(page, doc)}`
}

/** The fields with a summary of a record. */
const SUMMARIES = ['summary', 'subject', 'definition'] as const

/** A longer summary is cut here; it is a fact below. */
const MAX_LEAD = 600

/** The field of which the text on top is the whole; null if there is none. */
export const leadField = (doc: Doc): string | null =>
  SUMMARIES.find((key) => typeof doc[key] === 'string' && doc[key].length <= MAX_LEAD) ?? null

/** What the record is, in the words of those who recorded it; of a statement in another language: its translation. */
function lead(page: Page, doc: Doc): Html | null {
  const translation = translationOf(page, doc)
  if (translation) return html`<p class="lead">${translated(page, translation)}</p>`
  const text = SUMMARIES.map((key) => doc[key]).find((value) => typeof value === 'string')
  if (typeof text !== 'string') return null
  const shown = foreign(shortened(text, MAX_LEAD), 'en', page.language)
  return html`<p class="lead prose">${shown} <small class="muted">${page.messages.record.ownWords}</small></p>`
}

/** The translation of a statement into the language of the page, or into English. */
function translationOf({ language }: Page, doc: Doc): Fields | undefined {
  const languageOf = (tag: Json | undefined) => String(tag).split('-')[0]
  const translations = (doc['translations'] ?? []) as Fields[]
  if (languageOf(doc['language']) === language) return undefined
  return [language, 'en'].flatMap((wanted) =>
    translations.filter((one) => languageOf(one['language']) === wanted),
  )[0]
}

type Fields = { [key: string]: Json }
