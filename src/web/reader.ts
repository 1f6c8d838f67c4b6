// The text of a source with every quoted passage marked, and beside it what each passage is quoted for.
import { z } from 'zod'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { placesOf } from '../records/schema/values.ts'
import { READER_STYLES_PATH } from './assets.ts'
import type { Coverage } from './coverage.ts'
import { type Html, html, join } from './html.ts'
import { foreign } from './languages.ts'
import { cut, lanesOf, type Piece, type Range, unitsOf } from './marks.ts'
import { linkTo, type Page } from './page.ts'
import { locatorText, publisherLink } from './quotes.ts'
import { showValue, translated } from './values.ts'
import { fieldWord, kindWord, valueWord } from './words.ts'

/** Evidence from a source, with the page of what it is about. */
export interface Citation {
  evidence: Doc
  /** The record that it is about, or that has the part that it is about. */
  recordId: string
  path: string
}

/** A part of a text that is quoted, for one claim or several. */
export interface Passage extends Range {
  citations: Citation[]
}

/** The passages of a text in its order, of two that begin together the longer one first. */
export function passagesOf(text: string, citations: readonly Citation[]): Passage[] {
  const units = unitsOf(text)
  const byPlace = Map.groupBy(citations, ({ evidence: { start, end } }) => `${start} ${end}`)
  return [...byPlace.values()]
    .map((same): Passage => {
      const [start, end] = ['start', 'end'].map((key) => units(Number(same[0]?.evidence[key])))
      return { from: start ?? 0, to: end ?? 0, citations: same }
    })
    .toSorted((one, other) => one.from - other.from || other.to - one.to)
}

/** How many lines can be under a word, one for each passage that it is in. */
const LANES = 4

/** The text, to the letter: nothing of ours is inside it but marks and links. @param coverage null: not wanted */
export function markedText(
  page: Page,
  { text, language, textStatus }: Doc,
  passages: readonly Passage[],
  coverage: Coverage | null,
): Html {
  const { source } = page.messages
  if (typeof text !== 'string') return html`<p>${source.noText}</p>`
  const lanes = lanesOf(passages, LANES)
  const linked = new Set<number>()
  const pieces = cut(text, [...passages, ...(coverage?.uncited ?? [])]).map((piece) => {
    if (piece.within.length === 0) return html`${piece.text}`
    if (piece.within.some((index) => index >= passages.length))
      return html`<span class="uncited">${piece.text}</span>`
    return piece.begins
      .flatMap((index) => passages[index]?.citations.map(({ evidence }) => ({ index, evidence })) ?? [])
      .reduce(
        (inner, { index, evidence }) => html`<span class="p${index + 1}" id="${evidence.id}">${inner}</span>`,
        markOf(piece),
      )
  })
  return html`${textStatus === 'excerpt' && html`<p class="muted">${source.excerpt}</p>`}<div class="text" lang="${String(language)}" dir="auto">${pieces}</div>`

  function markOf({ text: inner, within }: Piece): Html {
    if (inner.trim() === '' && /\s\n|\n/.test(inner)) return html`${inner}`
    const classes = within.flatMap((index) => [`l${lanes[index] ?? 0}`, `c${index + 1}`])
    const mark = html`<mark class="${[...new Set(classes)].join(' ')}">${inner}</mark>`
    if (inner.trim() === '') return mark
    const target = targetOf(within)
    const isRepeated = linked.has(target)
    linked.add(target)
    const numbers = within.map((index) => index + 1).join(', ')
    return html`<a href="#claim-${target + 1}" title="${numbers}"${isRepeated && html` tabindex="-1"`}>${mark}</a>`
  }

  /** The shortest passage, which says the most about a piece; rather one that nothing leads to yet. */
  function targetOf(within: readonly number[]): number {
    const lengthOf = (index: number) => (passages[index]?.to ?? 0) - (passages[index]?.from ?? 0)
    const byLength = within.toSorted((one, other) => lengthOf(one) - lengthOf(other))
    return byLength.find((index) => !linked.has(index)) ?? byLength[0] ?? 0
  }
}

/** What the source is quoted for, numbered by the passages in the order of the text. */
export function claimsList(page: Page, doc: Doc, passages: readonly Passage[]): Html {
  const { source } = page.messages
  if (passages.length === 0) return html`<p>${source.noClaims}</p>`
  const url = typeof doc['url'] === 'string' ? doc['url'] : null
  const items = passages.map(({ citations }, index) => {
    const [first] = citations
    if (!first) return null
    const { evidence } = first
    const links = [
      html`<a href="#${evidence.id}">${source.toText}</a>`,
      publisherLink(page, url, evidence),
    ].filter(Boolean)
    return html`<li id="claim-${index + 1}"><q class="plain" lang="${String(doc['language'])}" dir="auto">${String(evidence['exact'])}</q><p><small>${join(links, ' · ')}</small></p><ul>${citations.map((citation) => claimItem(page, citation))}</ul></li>`
  })
  return html`<p class="muted">${source.help}</p><ol class="claims">${items}</ol><link rel="stylesheet" href="${page.base + READER_STYLES_PATH}">`
}

function claimItem(page: Page, { evidence, recordId, path }: Citation): Html {
  const { names, catalogue } = page
  const { recordKind, field, value, motivation, assertion, note, translation } = evidence
  const schema = placesOf(catalogue.entity(recordKind as Kind)).get(String(field)) ?? z.unknown()
  const element = schema instanceof z.ZodArray ? (schema.element as z.ZodType) : schema
  const key = String(field).slice(String(field).lastIndexOf('/') + 1)
  const name = names.get(recordId)
  const about = [
    !catalogue.findResource(recordKind as Kind) && kindWord(page, String(recordKind)),
    field !== '' && fieldWord(page, String(field).split('/')[1] ?? ''),
    motivation === 'inference' && valueWord(page, 'inference'),
    typeof assertion === 'string' && valueWord(page, assertion),
    evidence['direction'] === 'disputes' && html`<strong>${valueWord(page, 'disputes')}</strong>`,
    locatorText(page, evidence['locator'] ?? null),
  ].filter((one) => one !== false && one !== null)
  const shown = field === '' ? null : showValue(page, element, value ?? null, key)
  return html`<li><b>${linkTo(page, path, name ? foreign(name.text, name.language, page.language) : recordId)}</b>${about.length > 0 && html` <small>${join(about, ' · ')}</small>`}${shown && html`<div class="value">${shown}</div>`}${
    typeof note === 'string' && html`<p class="prose muted">${foreign(note, 'en', page.language)}</p>`
  }${translation !== null && typeof translation === 'object' && html`<p>${translated(page, translation as Doc)}</p>`}</li>`
}
