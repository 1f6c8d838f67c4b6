// The sections of the page of a meeting: agenda, participants, what was said, proposed and decided there, and the meetings around it.

import type { Outcome } from '../records/read/outcomes.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import { actor, actorName, roleWord } from './actors.ts'
import { type Backed, entries, restOf } from './facts.ts'
import type { Family } from './family.ts'
import { type Html, html, join } from './html.ts'
import { fill, label, listed } from './languages.ts'
import { section } from './layout.ts'
import { lines } from './lines.ts'
import type { MeetingData } from './meeting-data.ts'
import { byName } from './names.ts'
import { apiHref, href, type Page } from './page.ts'
import { reference } from './values.ts'
import { capital, valueWord } from './words.ts'

/** The fields that these sections show. */
export const MEETING_FIELDS = ['agenda', 'participants']

type Fields = { [key: string]: Json }

/** The items in order, with what was dealt with under each. */
export function agenda(page: Page, backed: Backed): Html | null {
  const items = entries(page, backed, 'agenda')
  if (items.length === 0) return null
  const references = (ids: Json | undefined) =>
    ((ids ?? []) as string[]).flatMap((id) => reference(page, id) ?? [])
  const rows = items.map(({ value, reason }) => {
    if (value === null) return html`<li>${reason}</li>`
    const { number, title, recordIds, topicIds } = value as Fields
    const [records, topics] = [references(recordIds), references(topicIds)]
    return html`<li><p>${typeof number === 'string' && html`<bdi>${number}</bdi> `}<bdi>${String(title)}</bdi>${topics.length > 0 && html` <small>${join(topics, ' · ')}</small>`}</p>${records.length > 0 && html`<ul>${records.map((record) => html`<li>${record}</li>`)}</ul>`}${reason}</li>`
  })
  return section(
    'fact-agenda',
    page.messages.fields.agenda,
    html`<ol class="parts">${rows}</ol>${restOf(page, backed, 'agenda')}`,
  )
}

/** Those who took part, by their role. */
export function participants(page: Page, backed: Backed): Html | null {
  const all = entries(page, backed, 'participants')
  if (all.length === 0) return null
  const byRole = Map.groupBy(all, ({ value }) => (value === null ? '' : roleWord(page, value as Fields)))
  const groups = [...byRole].map(([role, own]) => {
    const items = byName(page, own, ({ value }) => (value as Fields | null)?.['stateCode']).map(
      ({ value, reason }) => {
        const shown = value && actor(page, { ...(value as Fields), role: null })
        return html`<li><p>${shown}</p>${reason}</li>`
      },
    )
    const title = role === '' ? page.messages.record.otherEvidence : capital(role)
    return html`<div><dt>${title}</dt><dd><ul class="parts">${items}</ul></dd></div>`
  })
  return section(
    'fact-participants',
    page.messages.fields.participants,
    html`<dl class="facts">${groups}</dl>${restOf(page, backed, 'participants')}`,
  )
}

/** Whether a proposal was made at a meeting, and not only dealt with. */
const isMadeAt = (id: string, { doc, events }: Outcome) =>
  doc['meetingId'] === id || events.some(({ type }) => type === 'proposed')

/** What was signed, adopted, dealt with and stated there, and what the meeting implements. */
export function decisions(page: Page, id: string, { outcomes }: MeetingData): Html | null {
  const words = page.messages.meeting
  const { documents, positions, implements: implemented } = outcomes
  const byEvent = Map.groupBy(documents, ({ event }) => String(event?.['type'] ?? ''))
  // The latest stages come first, and what is no stage last.
  const stages = Object.keys(page.catalogue.resource('agreement').lifecycle?.moves ?? {})
  const inOrder = [...byEvent].toSorted(([one], [other]) => stages.indexOf(other) - stages.indexOf(one))
  const groups = inOrder.map(([type, own]) => {
    const title = type === '' ? words.documents : capital(valueWord(page, type))
    const docs = own.map(({ doc }) => doc)
    return html`<h3>${title}</h3>${lines(page, page.catalogue.resource('agreement'), docs)}`
  })
  const dealtWith = outcomes.proposals.filter((outcome) => !isMadeAt(id, outcome)).map(({ doc }) => doc)
  if (dealtWith.length > 0)
    groups.push(
      html`<h3>${words.dealtWith}</h3>${lines(page, page.catalogue.resource('proposal'), dealtWith)}`,
    )
  const goals = implemented.flatMap((id) => reference(page, id) ?? [])
  const stances = positions.map(
    (position) =>
      html`<li><p>${actorName(page, { ...position, speakerId: null })}${page.messages.punctuation.colon}<strong>${valueWord(page, String(position['position']))}</strong> · ${reference(page, String(position['recordId']))}</p></li>`,
  )
  if (groups.length + goals.length + stances.length === 0) return null
  return section(
    'decisions',
    words.decisions,
    html`${groups}${stances.length > 0 && html`<h3>${words.positions}</h3><ul class="parts">${stances}</ul>`}${goals.length > 0 && html`<h3>${words.implements}</h3><ul>${goals.map((goal) => html`<li>${goal}</li>`)}</ul>`}`,
  )
}

interface Said {
  doc: Doc
  kind: 'statement' | 'proposal'
  /** What happened to a proposal there. */
  event: Doc | null
}

/** Statements and proposals by the state for which they were made; otherwise by body or person. */
export function said(page: Page, id: string, { outcomes, statements }: MeetingData): Html | null {
  const words = page.messages.meeting
  const all: Said[] = [
    ...outcomes.proposals
      .filter((outcome) => isMadeAt(id, outcome))
      .map(({ doc, event }): Said => ({ doc, event, kind: 'proposal' })),
    ...statements.map((doc): Said => ({ doc, event: null, kind: 'statement' })),
  ]
  if (all.length === 0) return null
  const groups = [...Map.groupBy(all, ({ doc }) => JSON.stringify(speakerOf(doc)))].map(([key, own]) => {
    const title = actorName(page, JSON.parse(key) as Fields) ?? html`${words.unknownSpeaker}`
    const ofKind = (kind: Said['kind'], label: string) => {
      const items = own.filter((each) => each.kind === kind)
      return (
        items.length > 0 &&
        html`<p class="label">${label}</p><ul class="parts">${items.map((each) => saidItem(page, each))}</ul>`
      )
    }
    return html`<h3>${title}</h3>${ofKind('proposal', words.proposed)}${ofKind('statement', words.said)}`
  })
  const hasMore = outcomes.statements > statements.length
  const more = href(page, '/statements', { meeting: id })
  return section(
    'said',
    words.bySpeaker,
    html`${groups}${hasMore && html`<p><a href="${more}">${page.messages.record.more} →</a></p>`}`,
  )
}

/** For whom it was said: the state of a contributor, else several together, else a body, else the person. */
function speakerOf(doc: Doc): Fields {
  const contributors = (doc['contributors'] ?? []) as Fields[]
  for (const field of ['stateCode', 'collective', 'organizationId', 'speakerId']) {
    const found = contributors.find((each) => typeof each[field] === 'string')
    if (field === 'collective' && found)
      return { collective: found[field] ?? null, organizationId: found['organizationId'] ?? null }
    if (found) return { [field]: found[field] ?? null }
  }
  return {}
}

/** A record with the person, what happened to it there, and where it stands now if that is something else. */
function saidItem(page: Page, { doc, event }: Said): Html {
  const people = ((doc['contributors'] ?? []) as Fields[]).flatMap(({ speakerId }) =>
    typeof speakerId === 'string' ? (reference(page, speakerId, { brief: true }) ?? []) : [],
  )
  const { status } = doc
  const type = event?.['type']
  const details = [
    people.length > 0 && listed(page.language, people),
    typeof type === 'string' && type !== 'proposed' && valueWord(page, type),
    typeof status === 'string' &&
      status !== (type ?? 'proposed') &&
      fill(page.messages.meeting.now, { status: valueWord(page, status) }),
  ].filter(Boolean)
  return html`<li><p>${reference(page, doc.id)}${details.length > 0 && html` <small class="muted">${join(details, ' · ')}</small>`}</p></li>`
}

/** Meetings that often take place around another one. */
const MARGINS: readonly unknown[] = ['bilateral', 'visit']

/** Sessions, meetings on its margins and at the same place, its neighbours in the series, and the calendar. */
export function around(page: Page, id: string, { below }: Family, data: MeetingData): Html {
  const words = page.messages.meeting
  const resource = page.catalogue.resource('meeting')
  const list = (title: string, docs: readonly Doc[]) =>
    docs.length > 0 && html`<h3>${title}</h3>${lines(page, resource, docs)}`
  const isOnMargins = ({ classification }: Doc) => MARGINS.includes(classification)
  const { previous, next, nearby } = data
  const series = [
    previous && html`<p>${label(page.language, words.previous)}${reference(page, previous.id)}</p>`,
    next && html`<p>${label(page.language, words.next)}${reference(page, next.id)}</p>`,
  ]
  const knownAt = { ...page, clocks: { asOf: null, knownAt: page.clocks.knownAt } }
  const calendar = apiHref(knownAt, '/meetings.ics', { within: id })
  return section(
    'around',
    words.around,
    html`${series}${list(
      words.sessions,
      below.filter((each) => !isOnMargins(each)),
    )}${list(words.margins, below.filter(isOnMargins))}${list(words.nearby, nearby)}<p><a href="${calendar}">${words.calendar}</a></p>`,
  )
}
