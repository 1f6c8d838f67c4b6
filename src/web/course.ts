// What leads to a state, a person, a body or a topic in order of time, and the proposals about a topic over the years.
import type { BarPart } from '../records/read/chart.ts'
import type { ReadContext } from '../records/read/context.ts'
import { mergedPage } from '../records/read/merged.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery, MAX_LIMIT } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import { resolveFilters } from '../records/read/resolve.ts'
import { countCharts } from '../records/read/statistics.ts'
import type { View } from '../records/read/view.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { datedLists, type Entry, entryList } from './chronology.ts'
import { type Html, html } from './html.ts'
import { section } from './layout.ts'
import { type Clocks, clocksOf, href, type Page } from './page.ts'
import { DATED_KINDS, type DatedKind, SUBJECTS, type Subject } from './selection.ts'
import { reference } from './values.ts'
import { chartOfYears, yearSection } from './year-chart.ts'

export interface Course {
  subject: Subject
  /** The latest first. */
  entries: Entry[]
  hasMore: boolean
  /** Of a topic: its proposals by year and status. */
  years: BarPart[]
  /** Of a topic: all narrower topics, at any depth. */
  narrower: Doc[]
}

const MAX_SHOWN = 15

/** The subject that records of a kind are for the timeline; undefined if they are none. */
const subjectOf = (kind: Kind): Subject | undefined => SUBJECTS.find((subject) => subject === kind)

/** The kinds of entries. Of a topic those that have topics themselves: the events of its proposals would be too many. */
const kindsFor = (subject: Subject): DatedKind[] =>
  DATED_KINDS.filter((kind) => subject !== 'topic' || kind !== 'event')

/** Whether the course of a record has the records of a kind that a filter finds. */
export const isInCourse = (own: Kind, kind: Kind, filter: string): boolean =>
  subjectOf(own) === filter && DATED_KINDS.some((dated) => dated === kind)

/** @returns null for kinds of records that are no subject of the timeline */
export async function readCourse(
  context: ReadContext,
  kind: Kind,
  id: string,
  clocks: Clocks,
  view: View,
): Promise<Course | null> {
  const subject = subjectOf(kind)
  if (!subject) return null
  const lists = datedLists(context.catalogue, kindsFor(subject), { [subject]: [id] }, clocks, true)
  const { entries, nextCursor } = await mergedPage(context, lists, { limit: MAX_SHOWN })
  const read = { subject, entries, hasMore: nextCursor !== null }
  if (subject !== 'topic') return { ...read, years: [], narrower: [] }
  const years = await readProposals(context, id, { ...view, asOf: clocks.asOf })
  return { ...read, years, narrower: await readNarrower(context, id, clocks) }
}

/** How many levels of narrower topics are read. */
const MAX_DEPTH = 6

/** The topics below a topic, level by level. */
async function readNarrower(context: ReadContext, id: string, clocks: Clocks): Promise<Doc[]> {
  const topics = context.catalogue.resource('topic')
  const all: Doc[] = []
  let level = [id]
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const query = listQuery(topics, { broader: level }, clocksOf(topics, clocks))
    const { rows } = await listPage(context, topics, { ...query, limit: MAX_LIMIT })
    const docs = rows.map(parse)
    all.push(...docs)
    level = docs.map((doc) => doc.id)
  }
  return all
}

async function readProposals(context: ReadContext, topic: string, view: View): Promise<BarPart[]> {
  const proposals = context.catalogue.resource('proposal')
  const options = { rows: 0, vocabularyAt: view.seq }
  const filters = await resolveFilters(context, proposals, { topic: [topic] }, view, options)
  const [years = []] = await countCharts(context, proposals, filters, [chartOfYears(proposals)])
  return years
}

/** The proposals about a topic by year, also about narrower topics. */
export function proposalsByYear(page: Page, id: string, { years }: Course): Html | null {
  if (years.length === 0) return null
  const counted = {
    kind: 'proposal' as const,
    resource: page.catalogue.resource('proposal'),
    filters: { topic: [id] },
  }
  return yearSection(page, counted, years)
}

/** The topics below a topic as a tree; null if there is one level only. */
export function topicTree(page: Page, id: string, { narrower }: Course): Html | null {
  const below = Map.groupBy(narrower, ({ broaderId }) => String(broaderId))
  const tree = (topic: string): Html | null => {
    const topics = below.get(topic)
    return topics
      ? html`<ul>${topics.map((each) => html`<li>${reference(page, each.id)}${tree(each.id)}</li>`)}</ul>`
      : null
  }
  return below.size > 1 ? section('tree', page.messages.record.tree, tree(id)) : null
}

/** What leads to a record in order of time, with a link to all of it. */
export function course(page: Page, id: string, { subject, entries, hasMore }: Course): Html | null {
  if (entries.length === 0) return null
  const { record } = page.messages
  const all = href(page, '/timeline', { [subject]: id, kind: kindsFor(subject).join(',') })
  const more = hasMore && html`<p><a href="${all}">${record.more} →</a></p>`
  return section('course', record.course, html`${entryList(page, entries)}${more}`)
}
