// Evidence as HTML: the quote in its surroundings, its source, how strongly the source says it, and the reasoning.
import type { Doc, Json } from '../records/schema/document.ts'
import { type Html, html, join } from './html.ts'
import { foreign, label, plural } from './languages.ts'
import { linkTo, type Page } from './page.ts'
import { textFragment, wholeWords } from './text-fragment.ts'
import { reference, translated } from './values.ts'
import { fieldWord, valueWord } from './words.ts'

/** The evidence that a page has shown: each is a target of links once. */
export interface Shown {
  evidence: Set<string>
  /** The targets that are elsewhere on the page. */
  elsewhere: ReadonlySet<string>
}

export const nothingShown = (elsewhere: Iterable<string> = []): Shown => ({
  evidence: new Set(),
  elsewhere: new Set(elsewhere),
})

/** A quote with all that is known of it. @param named whether the field that it is about is named */
export function quote(page: Page, evidence: Doc, shown: Shown, named = false): Html {
  const { record } = page.messages
  const { sourceId, exact, prefix, suffix, note, translation, motivation, assertion } = evidence as Doc &
    Record<string, string>
  const source = page.names.get(String(sourceId))
  const language = source?.textLanguage ?? null
  const isTarget = !shown.evidence.has(evidence.id) && !shown.elsewhere.has(evidence.id)
  const id = isTarget && html` id="${evidence.id}"`
  shown.evidence.add(evidence.id)
  const before = context(prefix, 'start')
  const after = context(suffix, 'end')
  const kinds = [
    named && evidence['field'] !== '' && fieldWord(page, String(evidence['field']).split('/').at(-1) ?? ''),
    motivation === 'inference' && valueWord(page, 'inference'),
    typeof assertion === 'string' && valueWord(page, assertion),
    evidence['direction'] === 'disputes' && html`<strong>${valueWord(page, 'disputes')}</strong>`,
    evidence['standing'] !== 'current' &&
      html`<strong>${valueWord(page, String(evidence['standing']))}</strong>`,
    locatorText(page, evidence['locator'] ?? null),
  ].filter((kind) => kind !== false && kind !== null)
  const path = `/sources/${sourceId}#${evidence.id}`
  return html`<figure class="quote"${id}><blockquote dir="auto"${language && html` lang="${language}"`}>${before}<mark>${exact}</mark>${after}</blockquote><figcaption>${reference(page, String(sourceId))} <small>${join([...kinds, linkTo(page, path, record.inText), publisherLink(page, source?.url ?? null, evidence)].filter(Boolean), ' · ')}</small>${
    typeof note === 'string' &&
    html`<p class="prose">${label(page.language, motivation === 'inference' ? record.reasoning : page.messages.fields.note)}${foreign(note, 'en', page.language)}</p>`
  }${
    translation !== null &&
    typeof translation === 'object' &&
    html`<p>${label(page.language, record.translation)}${translated(page, translation)}</p>`
  }</figcaption></figure>`
}

/** Shorter text around a quote ends with the text of the source; other may end inside a word. */
const WHOLE_CONTEXT = 30

function context(text: unknown, cut: 'start' | 'end'): Html | null {
  if (typeof text !== 'string' || text === '') return null
  if (text.length < WHOLE_CONTEXT) return html`<span class="context">${text}</span>`
  const words = wholeWords(text, cut)
  return html`<span class="context">${cut === 'start' ? `…${words}` : `${words}…`}</span>`
}

/** A link to the publisher's page, at the quote. */
export const publisherLink = (page: Page, url: string | null, evidence: Doc): Html | null =>
  url === null || !/^https?:/i.test(url)
    ? null
    : html`<a rel="external noopener" href="${textFragment(url, evidence)}">${page.messages.record.atPublisher}</a>`

/** A place in a document, as people cite it. */
export function locatorText(page: Page, locator: Json): Html | null {
  if (locator === null || typeof locator !== 'object' || Array.isArray(locator)) return null
  return html`${valueWord(page, String(locator['label']))} ${foreign(String(locator['value']), null, page.language)}`
}

/**
 * Evidence behind a disclosure. The first of a page is open, so that it shows a quote at once.
 * @param named whether each quote names the field that it is about
 */
export function quotesBehind(
  page: Page,
  summary: Html | string,
  evidence: readonly Doc[],
  shown: Shown,
  named = false,
): Html | null {
  if (evidence.length === 0) return null
  const count = plural(page.language, page.messages.counts.quotes, evidence.length)
  const open = shown.evidence.size === 0 && html` open`
  return html`<details class="why"${open}><summary>${summary} <small>${count}</small></summary>${evidence.map((one) => quote(page, one, shown, named))}</details>`
}
