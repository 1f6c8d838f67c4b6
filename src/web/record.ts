// The page of a record of any kind but sources.
import { LINEAGE_KINDS } from '../records/read/lineage.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { backlinks } from './backlinks.ts'
import { changeLinks, changesOf } from './changes.ts'
import { cite } from './cite.ts'
import { clockForm } from './clocks.ts'
import { contents, type Section } from './contents.ts'
import { course, proposalsByYear, topicTree } from './course.ts'
import { bestQuote, descriptionOf } from './description.ts'
import { type Backed, facts } from './facts.ts'
import { partsOf, partsTitle } from './family.ts'
import { heading, titleOf } from './heading.ts'
import { type Html, html, isEmpty } from './html.ts'
import { layout, section } from './layout.ts'
import { lineage } from './lineage.ts'
import { agenda, around, decisions, MEETING_FIELDS, participants, said } from './meeting.ts'
import { href, type Page, showsPast } from './page.ts'
import { parties } from './parties.ts'
import { memberships, PART_KINDS, relations } from './parts.ts'
import { type Acted, positions } from './positions.ts'
import { nothingShown, quote } from './quotes.ts'
import type { RecordData } from './record-data.ts'
import type { Standing } from './status.ts'
import { recordItem } from './structured-data.ts'
import { timeline } from './timeline.ts'
import { countedTitle } from './year-chart.ts'

export function recordPage(page: Page, resource: Resource, data: RecordData): Html {
  const { doc } = data
  const { text } = titleOf(page, resource, doc)
  const backed = backedBy(resource, data)
  const main = html`${headingOf(page, resource, data)}${leadQuote(page, backed)}
${contents(page, sectionsOf(page, backed, data))}
${foot(page, resource, data)}`
  return layout(page, { title: text, main, ...sharing(page, resource, data) })
}

/** The quote that the record rests on. */
function leadQuote(page: Page, { resource, doc, backing }: Backed): Html | null {
  const best = bestQuote(resource, backing.evidence.get(doc.id) ?? [])
  return best ? quote(page, best, backing.shown) : null
}

/** The sections in order. Those without content are left out. */
function sectionsOf(page: Page, backed: Backed, data: RecordData): Section[] {
  const { messages } = page
  const { doc, parts, meeting, family } = data
  const { resource, backing } = backed
  const isMeeting = resource.kind === 'meeting'
  const tree = data.course && topicTree(page, doc.id, data.course)
  const all: [id: string, title: string, content: Html | null][] = [
    ['decisions', messages.meeting.decisions, meeting && decisions(page, doc.id, meeting)],
    ['said', messages.meeting.bySpeaker, meeting && said(page, doc.id, meeting)],
    ['fact-agenda', messages.fields.agenda, isMeeting ? agenda(page, backed) : null],
    ['fact-participants', messages.fields.participants, isMeeting ? participants(page, backed) : null],
    ['around', messages.meeting.around, meeting && around(page, doc.id, family, meeting)],
    ['timeline', messages.events.title, timeline(page, resource, doc, parts.event, backing)],
    ['parties', messages.parties.title, data.parties && parties(page, data.parties, parts.event)],
    ['memberships', messages.record.memberships, memberships(page, parts.membership, backing)],
    [
      'year',
      countedTitle(page, 'proposal', 'year'),
      data.course && proposalsByYear(page, doc.id, data.course),
    ],
    ['course', messages.record.course, data.course && course(page, doc.id, data.course)],
    ['facts', messages.record.facts, factsSection(page, backed, isMeeting ? MEETING_FIELDS : [])],
    [
      'positions',
      messages.positions.title,
      data.standings && positions(page, data.standings, acted(page, data), backing),
    ],
    [
      'parts',
      partsTitle(page, resource.kind),
      isMeeting || tree ? null : partsOf(page, resource, doc, family),
    ],
    ['tree', messages.record.tree, tree],
    ['lineage', messages.lineage.title, lineage(page, doc.id, data.lineage, backing)],
    ['relations', messages.record.relations, relations(page, doc.id, relationsOutside(data), backing)],
    ['backlinks', messages.record.backlinks, backlinks(page, resource.kind, doc.id, data.backlinks)],
  ]
  return all.flatMap(([id, title, content]) => (content ? [{ id, title, content }] : []))
}

function factsSection(page: Page, backed: Backed, left: readonly string[]): Html | null {
  const content = facts(page, backed, left)
  return isEmpty(content) ? null : section('facts', page.messages.record.facts, content)
}

/** The record with its evidence. @param elsewhere the targets of links that are elsewhere on the page */
export const backedBy = (
  resource: Resource,
  { doc, claims, evidence, origins }: RecordData,
  elsewhere: Iterable<string> = [],
): Backed => ({ resource, doc, claims, backing: { evidence, origins, shown: nothingShown(elsewhere) } })

export function headingOf(page: Page, resource: Resource, data: RecordData): Html {
  const { doc, family, parties, parts, lastEvent, changes } = data
  const standing: Standing = {
    parties,
    lastEvent,
    memberships: parts.membership,
    disputedParts: PART_KINDS.flatMap((kind) =>
      parts[kind].flatMap(({ id, disputed }) => ((disputed as string[]).length > 0 ? [{ id, kind }] : [])),
    ),
  }
  // In the present the links to other states are at the end.
  const links = showsPast(page) && changeLinks(page, `/${resource.path}/${doc.id}`, changes.moments)
  return html`${links}${heading(page, resource, doc, family, standing)}`
}

/** The states that need no position: they proposed or signed it. */
function acted({ messages }: Page, { doc, parties }: RecordData): Acted {
  if (parties)
    return {
      title: messages.positions.signatories,
      ids: parties.data.flatMap(({ stateCode }) => stateCode ?? []),
    }
  const contributors = (doc['contributors'] ?? []) as { stateCode?: string | null }[]
  return {
    title: messages.positions.proposers,
    ids: contributors.flatMap(({ stateCode }) => stateCode ?? []),
  }
}

/** The relations that are in no lineage. */
const relationsOutside = ({ parts }: RecordData): Doc[] =>
  parts.relation.filter(({ recordKind }) => !LINEAGE_KINDS.some((kind) => kind === recordKind))

/** What the head of the page of every record has for search engines and link previews. */
export const sharing = (page: Page, resource: Resource, data: RecordData) => ({
  canonical: `/${resource.path}/${data.doc.id}`,
  description: descriptionOf(page, resource, data.doc, data.evidence.get(data.doc.id) ?? []),
  type: 'article' as const,
  head: recordItem(page, resource, data),
})

/** To the form that corrects a record as it is now, for people with a key. */
const correctLink = (page: Page, path: string): Html =>
  html`<p class="correct"><a rel="nofollow" href="${href({ ...page, clocks: { asOf: null, knownAt: null } }, `/edit${path}`)}">${page.messages.record.correct}</a></p>`

/** What the page of every record ends with: what changed, how to cite it, and the clocks. */
export function foot(page: Page, resource: Resource, data: RecordData): Html {
  const { doc, changes } = data
  const path = `/${resource.path}/${doc.id}`
  return html`${changesOf(page, resource, path, changes)}${cite(page, resource, data)}${changeLinks(page, path, changes.moments)}${correctLink(page, path)}${clockForm(page)}`
}
