// The page of a record of any kind but sources: its status, its facts with their evidence, its parts, and what leads to it.
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { backlinks } from './backlinks.ts'
import { changesOf } from './changes.ts'
import { cite, lastChange } from './cite.ts'
import { clockForm } from './clocks.ts'
import { facts, why } from './facts.ts'
import { type Html, html } from './html.ts'
import { foreign } from './languages.ts'
import { layout, section } from './layout.ts'
import { shortened } from './names.ts'
import { linkTo, type Page } from './page.ts'
import { nothingShown, quotesBehind, type Shown } from './quotes.ts'
import type { RecordData } from './record-data.ts'
import { statusSentence } from './status.ts'
import { memberships, positions, relations, timeline } from './timeline.ts'

/** The name of a record in the language of the page, and the text of it. */
export function titleOf(page: Page, resource: Resource, doc: Doc): { text: string; shown: Html } {
  const name = page.names.get(doc.id)
  const text = name?.text ?? shortened(String(doc[resource.titleField]))
  return { text, shown: foreign(text, name?.language ?? 'en', page.language) }
}

/** The heading of a record: its kind, its name, its name in English if that is another one, and where it stands. */
export function heading(page: Page, resource: Resource, doc: Doc): Html {
  const { text, shown } = titleOf(page, resource, doc)
  const main = String(doc[resource.titleField])
  const also =
    text.startsWith(shortened(main).replace(/…$/, '')) || resource.kind === 'statement'
      ? null
      : html`<p class="muted">${page.messages.record.alsoKnown}: ${foreign(main, 'en', page.language)}</p>`
  return html`<p class="kind">${linkTo(page, `/${resource.path}`, page.messages.kinds[resource.kind].many)}</p><h1>${shown}</h1>${also}${statusSentence(page, resource, doc)}`
}

export function recordPage(page: Page, resource: Resource, data: RecordData): Html {
  const { doc, parts, evidence } = data
  const shown = nothingShown()
  const inside = { evidenceOf: evidence, shown }
  const { text } = titleOf(page, resource, doc)
  const main = html`${heading(page, resource, doc)}
${section('facts', page.messages.record.facts, html`${factsOf(page, resource, data, shown, [])}${rest(page, resource, data, shown)}`)}
${timeline(page, resource, doc, parts.event, inside)}
${positions(page, parts.position, inside)}
${memberships(page, parts.membership, inside)}
${relations(page, doc.id, parts.relation, inside)}
${backlinks(page, resource.kind, doc.id, data.backlinks)}
${foot(page, resource, data, text)}`
  return layout(page, { title: text, main, description: text })
}

/** What the page of every record ends with: what changed, how to cite it, and the clocks. */
export function foot(
  page: Page,
  resource: Resource,
  { doc, parts, evidence, versions }: RecordData,
  title: string,
): Html {
  const path = `/${resource.path}/${doc.id}`
  const shown = [doc, ...Object.values(parts).flat(), ...[...evidence.values()].flat()]
  return html`${changesOf(page, resource, path, versions)}${cite(page, resource, path, title, lastChange(shown))}${clockForm(page)}`
}

export function factsOf(
  page: Page,
  resource: Resource,
  data: RecordData,
  shown: Shown,
  left: readonly string[],
): Html {
  return facts(page, backed(page, resource, data, shown), left, titleFieldOf(resource))
}

/** The title of a statement is its text, which is a fact. */
const titleFieldOf = ({ kind, titleField }: Resource) => (kind === 'statement' ? null : titleField)

const backed = (page: Page, entity: Resource, { doc, claims, evidence }: RecordData, shown: Shown) => ({
  entity,
  doc,
  claims,
  evidence: new Map((evidence.get(doc.id) ?? []).map((one) => [one.id, one])),
  counted: page.clocks.knownAt === null,
  shown,
})

/** The evidence of the whole record, and what does not count. */
export function rest(page: Page, resource: Resource, data: RecordData, shown: Shown): Html {
  const { record } = page.messages
  const whole = data.claims.find(({ field }) => field === '')
  const reason = whole && why(page, backed(page, resource, data, shown), whole)
  const unused = (data.evidence.get(data.doc.id) ?? []).filter(({ id }) => !shown.evidence.has(id))
  const [retracted, others] = [true, false].map((is) =>
    unused.filter(({ standing }) => (standing === 'retracted') === is),
  )
  return html`${reason && html`<div class="whole"><span class="label">${record.wholeRecord}</span> ${reason}</div>`}${quotesBehind(page, record.otherEvidence, others ?? [], shown)}${quotesBehind(page, record.retracted, retracted ?? [], shown)}`
}
