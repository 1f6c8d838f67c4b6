// The events of a proposal or a document as a timeline, and the steps that may come next.
import { isExactDay, sortKey } from '../core/dates.ts'
import { expectedNext } from '../core/parties.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { actorName } from './actors.ts'
import { dateHtml, daysBetween } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, lengthOfTime, plural } from './languages.ts'
import { section } from './layout.ts'
import { byName } from './names.ts'
import type { Page } from './page.ts'
import { remarks } from './parts.ts'
import { reference } from './values.ts'
import type { Backing } from './why.ts'
import { capital, valueWord } from './words.ts'

export function timeline(
  page: Page,
  { lifecycle }: Resource,
  doc: Doc,
  events: readonly Doc[],
  backing: Backing,
): Html | null {
  if (!lifecycle) return null
  const { events: words, punctuation } = page.messages
  const groups = grouped(events.toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1)))
  const items = groups.map((group, index) =>
    group.length === 1
      ? eventItem(page, group[0] as Doc, later(page, groups, index), backing)
      : groupItem(page, group, later(page, groups, index), backing),
  )
  const next = expectedNext(lifecycle, doc)
  return section(
    'timeline',
    words.title,
    html`<ol class="timeline">${items.length === 0 ? html`<li>${words.none}</li>` : items}${
      next.length > 0 &&
      html`<li class="next">${words.next}${punctuation.colon}${next.map((one) => valueWord(page, one)).join(punctuation.list)}</li>`
    }</ol>`,
  )
}

/** Where an event is in the order: its place if it has one, otherwise after the places of its day. */
const placeOf = ({ place, occurredOn }: Doc): string => {
  if (typeof place === 'string') return place
  return typeof occurredOn === 'string' ? `${sortKey(occurredOn)}~` : ''
}

const isOfParty = ({ stateCode, organizationId }: Doc) => (stateCode ?? organizationId ?? null) !== null

/** Steps that several parties took on one day, such as signatures, are together. */
function grouped(events: readonly Doc[]): Doc[][] {
  const keyOf = (event: Doc) =>
    isOfParty(event) ? JSON.stringify([event['type'], event['occurredOn'], event['meetingId']]) : event.id
  return [...Map.groupBy(events, keyOf).values()]
}

/** The days since the entry before, if both days are known. */
function later(page: Page, groups: readonly Doc[][], index: number): Html | null {
  const [date, before] = [groups[index]?.[0]?.['occurredOn'], groups[index - 1]?.[0]?.['occurredOn']]
  if (typeof date !== 'string' || typeof before !== 'string') return null
  const days = isExactDay(date) && isExactDay(before) ? daysBetween(before, date) : 0
  if (days < 1) return null
  const { events } = page.messages
  return html`<small class="muted">${fill(events.later, { days: lengthOfTime(page.language, days) })}</small>`
}

/** When it happened and what. */
function headOf(page: Page, { type, occurredOn }: Doc): Html {
  const when =
    typeof occurredOn === 'string'
      ? dateHtml(page.language, occurredOn)
      : html`<span>${page.messages.record.undated}</span>`
  return html`${when} <strong>${capital(valueWord(page, String(type)))}</strong>`
}

/** By whom, how, and at which meeting. */
const detailsOf = (page: Page, event: Doc, { meeting }: { meeting: boolean }) =>
  [
    actorName(page, event),
    typeof event['consentBy'] === 'string' && valueWord(page, event['consentBy']),
    meeting && typeof event['meetingId'] === 'string' && reference(page, event['meetingId']),
  ].filter(Boolean)

const line = (head: Html, details: readonly unknown[], after: Html | null) =>
  html`<p>${join([head, ...(details as Html[])], ' · ')} ${after}</p>`

const eventItem = (page: Page, event: Doc, after: Html | null, backing: Backing): Html =>
  html`<li id="${event.id}">${line(headOf(page, event), detailsOf(page, event, { meeting: true }), after)}${remarks(page, 'event', event, backing)}</li>`

function groupItem(page: Page, events: readonly Doc[], after: Html | null, backing: Backing): Html {
  const first = events[0] as Doc
  const { meetingId } = first
  const details = [
    plural(page.language, page.messages.counts.parties, events.length),
    typeof meetingId === 'string' && reference(page, meetingId),
  ].filter(Boolean)
  const each = byName(page, events, ({ stateCode, organizationId }) => stateCode ?? organizationId).map(
    (event) =>
      html`<li id="${event.id}"><p>${join(detailsOf(page, event, { meeting: false }), ' · ')}</p>${remarks(page, 'event', event, backing)}</li>`,
  )
  return html`<li>${line(headOf(page, first), details, after)}<ul class="parts">${each}</ul></li>`
}
