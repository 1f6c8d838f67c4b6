// The page of a source: its text with the quoted passages marked, and what each of them is quoted for.
import type { ReadContext } from '../records/read/context.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery, MAX_LIMIT } from '../records/read/parameters.ts'
import { parse, placesOf } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { backlinks } from './backlinks.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { facts, restOf } from './facts.ts'
import { titleOf } from './heading.ts'
import { type Html, html } from './html.ts'
import { fill, formatNumber, type Language, plural } from './languages.ts'
import { layout, section } from './layout.ts'
import { type Names, namesIn } from './names.ts'
import { type Clocks, clocksOf, href, type Page, pageOfApiPath } from './page.ts'
import { relations } from './parts.ts'
import { type Citation, claimsList, markedText, type Passage, passagesOf } from './reader.ts'
import { backedBy, foot, headingOf, sharing } from './record.ts'
import { type RecordData, viewOf } from './record-data.ts'

export interface SourceData {
  passages: Passage[]
  /** Null: not wanted. */
  coverage: Coverage | null
  names: Names
}

/** All evidence from a source, in the order of its text. @param wantsCoverage whether its sentences are counted */
export async function readPassages(
  context: ReadContext,
  resource: Resource,
  { id, text, language: textLanguage }: Doc,
  clocks: Clocks,
  language: Language,
  wantsCoverage: boolean,
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
  const view = await viewOf(context, resource, clocks)
  const places = await placesOf(
    context,
    found.map(({ id: part, recordKind, recordId }) => ({
      kind: 'evidence',
      id: part,
      recordKind: recordKind as Kind,
      recordId: String(recordId),
    })),
    view,
  )
  const citations = found.map((evidence): Citation => {
    const { recordId = '', path = '' } = places.get(evidence.id) ?? {}
    return { evidence, recordId, path: pageOfApiPath(path) }
  })
  const passages = typeof text === 'string' ? passagesOf(text, citations) : []
  return {
    passages,
    coverage:
      wantsCoverage && typeof text === 'string'
        ? await coverageOf(text, String(textLanguage), passages)
        : null,
    names: await namesIn(context, citations as unknown as Json, view, language),
  }
}

export function sourcePage(
  page: Page,
  resource: Resource,
  data: RecordData,
  { passages, coverage }: SourceData,
): Html {
  const { doc, parts } = data
  const { record, source } = page.messages
  const ids = passages.flatMap(({ citations }) => citations.map(({ evidence: { id } }) => id))
  const backed = backedBy(resource, data, ids)
  const { text } = titleOf(page, resource, doc)
  const standing = source.standing[doc['standing'] as keyof typeof source.standing] as string | undefined
  const main = html`${headingOf(page, resource, data)}${standing && html`<p class="warning">${standing}</p>`}
<div class="reader">${section('text', source.text, html`${sentences(page, doc, coverage)}${markedText(page, doc, passages, coverage)}`)}
${section('claims', source.claims, claimsList(page, doc, passages))}</div>
${section('facts', record.facts, html`${facts(page, backed, ['text'])}${restOf(page, backed, 'text')}`)}
${relations(page, doc.id, parts.relation, backed.backing)}
${backlinks(page, resource.kind, doc.id, data.backlinks)}
${foot(page, resource, data)}`
  return layout(page, { title: text, main, ...sharing(page, resource, data), hidden: coverage !== null })
}

/** How many sentences something is quoted from, or the link that shows it. */
function sentences(page: Page, { text }: Doc, coverage: Coverage | null): Html | null {
  if (typeof text !== 'string') return null
  const { messages, language, path } = page
  if (!coverage)
    return html`<p><a rel="nofollow" href="${href(page, path, { sentences: 'uncited' })}">${messages.source.showUncited}</a></p>`
  const counted = fill(messages.source.coverage, {
    cited: formatNumber(language, coverage.sentences - coverage.uncited.length),
    sentences: plural(language, messages.counts.ofSentences, coverage.sentences),
  })
  return html`<p>${counted} <a href="${href(page, path)}">${messages.source.hideUncited}</a></p>`
}
