// The parts of a record: its events as a timeline, its positions, memberships and relations, each with its evidence.
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { actorName } from './actors.ts'
import { dateHtml, period } from './dates.ts'
import { type Content, type Html, html, join } from './html.ts'
import { fill } from './languages.ts'
import { section } from './layout.ts'
import type { Page } from './page.ts'
import { locatorText, quotesBehind, type Shown } from './quotes.ts'
import { prose, reference } from './values.ts'
import { capital, valueHtml, valueWord } from './words.ts'

interface Parts {
  /** The evidence of the parts, by their ids. */
  evidenceOf: ReadonlyMap<string, readonly Doc[]>
  shown: Shown
}

/** The events in order, and what may follow. */
export function timeline(
  page: Page,
  { lifecycle }: Resource,
  doc: Doc,
  events: readonly Doc[],
  parts: Parts,
): Html | null {
  if (!lifecycle) return null
  const { record } = page.messages
  const status = doc['status']
  const next = typeof status === 'string' ? (lifecycle.moves[status] ?? []) : []
  return section(
    'timeline',
    record.timeline,
    html`<ol class="timeline">${
      events.length === 0
        ? html`<li>${record.noEvents}</li>`
        : events.map((event) => eventItem(page, event, parts))
    }${next.length > 0 && html`<li class="next">${record.nextSteps}: ${next.map((one) => valueWord(page, one)).join(', ')}</li>`}</ol>`,
  )
}

function eventItem(page: Page, event: Doc, parts: Parts): Html {
  const { type, occurredOn, meetingId, consentBy } = event
  const who = actorName(page, event)
  const details = [
    who,
    typeof consentBy === 'string' && valueWord(page, consentBy),
    typeof meetingId === 'string' && reference(page, meetingId),
  ].filter(Boolean)
  const when =
    typeof occurredOn === 'string'
      ? dateHtml(page.language, occurredOn)
      : html`<span>${page.messages.record.undated}</span>`
  return html`<li id="${event.id}"><p>${when} <strong>${capital(valueWord(page, String(type)))}</strong>${details.length > 0 && html` · ${join(details, ' · ')}`}</p>${remarks(page, event, parts)}</li>`
}

/** The note of a part and the evidence for it. */
const remarks = (page: Page, part: Doc, { evidenceOf, shown }: Parts): Html =>
  html`${prose(page, part['note'])}${quotesBehind(page, page.messages.record.why, evidenceOf.get(part.id) ?? [], shown)}`

export function positions(page: Page, all: readonly Doc[], parts: Parts): Html | null {
  return partList(
    page,
    'positions',
    page.messages.record.positions,
    all,
    (position) => {
      const { position: stance, statedOn, meetingId } = position
      return join(
        [
          html`${actorName(page, { ...position, speakerId: null })}: <strong>${valueWord(page, String(stance))}</strong>`,
          typeof statedOn === 'string' && dateHtml(page.language, statedOn),
          typeof position['speakerId'] === 'string' && reference(page, position['speakerId']),
          typeof meetingId === 'string' && reference(page, meetingId),
          locatorText(page, position['locator'] ?? null),
        ].filter(Boolean),
        ' · ',
      )
    },
    parts,
  )
}

export function memberships(page: Page, all: readonly Doc[], parts: Parts): Html | null {
  return partList(
    page,
    'memberships',
    page.messages.record.memberships,
    all,
    (membership) => {
      const { role, organizationId, stateCode, startDate, endDate } = membership
      return join(
        [
          html`<strong>${valueHtml(page, String(role))}</strong>`,
          typeof organizationId === 'string' && reference(page, organizationId),
          typeof stateCode === 'string' && reference(page, stateCode),
          period(page.language, startDate as string | null, endDate as string | null),
        ].filter(Boolean),
        ' · ',
      )
    },
    parts,
  )
}

/** Relations from the record, and to it. */
export function relations(page: Page, id: string, all: readonly Doc[], parts: Parts): Html | null {
  return partList(
    page,
    'relations',
    page.messages.record.relations,
    all,
    (relation) => {
      const { type, recordId, targetId } = relation
      const word = valueWord(page, String(type))
      return recordId === id
        ? html`${word}: ${reference(page, String(targetId))}`
        : html`${fill(page.messages.record.incoming, { type: word })}: ${reference(page, String(recordId))}`
    },
    parts,
  )
}

function partList(
  page: Page,
  id: string,
  title: string,
  all: readonly Doc[],
  line: (part: Doc) => Content,
  parts: Parts,
): Html | null {
  if (all.length === 0) return null
  return section(
    id,
    title,
    html`<ul class="parts">${all.map((part) => html`<li id="${part.id}"><p>${line(part)}</p>${remarks(page, part, parts)}</li>`)}</ul>`,
  )
}

/** The kinds of parts that a page shows. */
export const PART_KINDS = ['event', 'position', 'membership', 'relation'] as const satisfies readonly Kind[]
