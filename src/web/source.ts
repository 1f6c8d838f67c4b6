// The page of a source: its text with the quoted passages marked, and what each of them is quoted for.

import { z } from 'zod'
import type { ReadContext } from '../records/read/context.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery, MAX_LIMIT } from '../records/read/parameters.ts'
import { parse, placesOf } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { placesOf as fieldsOf } from '../records/schema/values.ts'
import { backlinks } from './backlinks.ts'
import { facts } from './facts.ts'
import { titleOf } from './heading.ts'
import { type Html, html, join } from './html.ts'
import { foreign, type Language, plural } from './languages.ts'
import { layout, section } from './layout.ts'
import { cut } from './marks.ts'
import { type Names, namesIn } from './names.ts'
import { type Clocks, clocksOf, linkTo, type Page, pageOfApiPath } from './page.ts'
import { relations } from './parts.ts'
import { locatorText, publisherLink } from './quotes.ts'
import { backedBy, foot, headingOf } from './record.ts'
import { type RecordData, viewOf } from './record-data.ts'
import { showValue, translated } from './values.ts'
import { fieldWord, kindWord, valueWord } from './words.ts'

/** Evidence from a source, with the page of what it is about. */
export interface Citation {
  evidence: Doc
  /** The record that it is about, or that has the part that it is about. */
  recordId: string
  path: string
}

export interface SourceData {
  citations: Citation[]
  names: Names
}

/** All evidence from a source, in the order of its text. */
export async function readCitations(
  context: ReadContext,
  resource: Resource,
  id: string,
  clocks: Clocks,
  language: Language,
): Promise<SourceData> {
  const kind = context.catalogue.child('evidence')
  const found: Doc[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const query = { ...listQuery(kind, { source: [id] }, clocksOf(kind, clocks)), limit: MAX_LIMIT }
    const page = await listPage(context, kind, { ...query, ...(cursor !== undefined && { cursor }) })
    found.push(...page.rows.map(parse))
    cursor = page.nextCursor
  }
  const inOrder = found.toSorted(
    (one, other) =>
      Number(one['start']) - Number(other['start']) || Number(other['end']) - Number(one['end']),
  )
  const view = await viewOf(context, resource, clocks)
  const places = await placesOf(
    context,
    inOrder.map(({ id: part, recordKind, recordId }) => ({
      kind: 'evidence',
      id: part,
      recordKind: recordKind as Kind,
      recordId: String(recordId),
    })),
    view,
  )
  const citations = inOrder.map((evidence): Citation => {
    const { recordId = '', path = '' } = places.get(evidence.id) ?? {}
    return { evidence, recordId, path: pageOfApiPath(path) }
  })
  return { citations, names: await namesIn(context, citations as unknown as Json, view, language) }
}

export function sourcePage(
  page: Page,
  resource: Resource,
  data: RecordData,
  citations: readonly Citation[],
): Html {
  const { doc, parts } = data
  const { record, source, counts } = page.messages
  const backed = backedBy(
    resource,
    data,
    citations.map(({ evidence: { id } }) => id),
  )
  const { text } = titleOf(page, resource, doc)
  const standing = source.standing[doc['standing'] as keyof typeof source.standing] as string | undefined
  const main = html`${headingOf(page, resource, data)}${standing && html`<p class="warning">${standing}</p>`}
<div class="reader">${section('text', source.text, textOf(page, doc, citations))}
${section('claims', source.claims, claimsList(page, doc, citations))}</div>
${section('facts', record.facts, facts(page, backed, ['text']))}
${relations(page, doc.id, parts.relation, backed.backing)}
${backlinks(page, resource.kind, doc.id, data.backlinks)}
${foot(page, resource, data, text)}`
  return layout(page, {
    title: text,
    main,
    description: plural(page.language, counts.claims, citations.length),
  })
}

/** The text, to the letter: nothing of ours is inside it but marks and links. */
function textOf(page: Page, doc: Doc, citations: readonly Citation[]): Html {
  const { text, language, textStatus } = doc
  const words = page.messages.source
  if (typeof text !== 'string') return html`<p>${words.noText}</p>`
  const passages = citations.map(({ evidence }) => ({
    start: Number(evidence['start']),
    end: Number(evidence['end']),
  }))
  const pieces = cut(text, passages).map((piece) => {
    if (piece.within.length === 0) return html`${piece.text}`
    const isBlank = piece.text.trim() === ''
    // The link leads to the claim of the shortest passage, which says the most about this piece.
    const shortest = piece.within.toSorted((one, other) => lengthOf(one) - lengthOf(other))[0] ?? 0
    const numbers = piece.within.map((index) => index + 1).join(', ')
    const mark = isBlank
      ? html`${piece.text}`
      : html`<a href="#claim-${shortest + 1}" title="${numbers}"><mark${piece.within.length > 1 && html` class="several"`}>${piece.text}</mark></a>`
    return piece.begins.reduce(
      (inner, index) => html`<span class="passage" id="${citations[index]?.evidence.id}">${inner}</span>`,
      mark,
    )
  })
  return html`${textStatus === 'excerpt' && html`<p class="muted">${words.excerpt}</p>`}<div class="text" lang="${String(language)}" dir="auto">${pieces}</div>`

  function lengthOf(index: number): number {
    const passage = passages[index]
    return passage ? passage.end - passage.start : 0
  }
}

/** What the source is quoted for, numbered in the order of its text. */
function claimsList(page: Page, doc: Doc, citations: readonly Citation[]): Html {
  const words = page.messages.source
  if (citations.length === 0) return html`<p>${words.noClaims}</p>`
  const url = typeof doc['url'] === 'string' ? doc['url'] : null
  const items = citations.map((citation, index) => claimItem(page, doc, citation, index + 1, url))
  return html`<p class="muted">${words.help}</p><ol class="claims">${items}</ol>`
}

function claimItem(page: Page, doc: Doc, citation: Citation, number: number, url: string | null): Html {
  const { messages, names, catalogue } = page
  const { evidence, recordId, path } = citation
  const { recordKind, field, value, motivation, assertion, note, translation } = evidence
  const entity = catalogue.entity(recordKind as Kind)
  const schema = fieldsOf(entity).get(String(field)) ?? z.unknown()
  const key = String(field).slice(String(field).lastIndexOf('/') + 1)
  const name = names.get(recordId)
  const about = [
    !catalogue.findResource(recordKind as Kind) && kindWord(page, String(recordKind)),
    field !== '' && fieldWord(page, String(field).split('/')[1] ?? ''),
  ].filter((one) => one !== false)
  const said = [
    valueWord(page, String(motivation)),
    typeof assertion === 'string' && valueWord(page, assertion),
    evidence['direction'] === 'disputes' && html`<strong>${valueWord(page, 'disputes')}</strong>`,
    locatorText(page, evidence['locator'] ?? null),
    html`<a href="#${evidence.id}">${messages.source.toText}</a>`,
    publisherLink(page, url, evidence),
  ].filter(Boolean)
  const shown =
    field === '' || value === null
      ? null
      : showValue(
          page,
          schema instanceof z.ZodArray ? (schema.element as z.ZodType) : schema,
          value ?? null,
          key,
        )
  return html`<li id="claim-${number}"><p><b>${linkTo(page, path, name ? foreign(name.text, name.language, page.language) : recordId)}</b>${about.length > 0 && html` <small>${join(about, ' · ')}</small>`}</p>${shown && html`<div class="value">${shown}</div>`}<p class="prose"><q class="plain" lang="${String(doc['language'])}" dir="auto">${String(evidence['exact'])}</q></p><p><small>${join(said, ' · ')}</small></p>${
    typeof note === 'string' && html`<p class="prose muted">${foreign(note, 'en', page.language)}</p>`
  }${translation !== null && typeof translation === 'object' && html`<p>${translated(page, translation as Doc)}</p>`}</li>`
}
