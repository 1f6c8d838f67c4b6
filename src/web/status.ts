// The sentences under the title of a record: where it stands since when, and how well it is supported.
import { isExactDay, PARTIAL_DATE, sortKey } from '../core/dates.ts'
import type { PartyView } from '../records/read/parties.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { actorName } from './actors.ts'
import { dateHtml, daysBetween, period } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, inBrackets, lengthOfTime, listed, plural } from './languages.ts'
import type { Page } from './page.ts'
import { partySentence } from './parties.ts'
import { reference } from './values.ts'
import { capital, fieldWord, kindWord, valueHtml, valueWord } from './words.ts'

/** What the sentences are made from, besides the fields of the record. */
export interface Standing {
  parties: PartyView | null
  memberships: readonly Doc[]
  /** The last event of the record, or of what a topic is about. */
  lastEvent: Doc | null
  /** The parts of which sources have other values. */
  disputedParts: readonly { id: string; kind: string }[]
}

export function statusSentence(page: Page, entity: Resource, doc: Doc, standing: Standing): Html {
  const sentences = [whereItStands(page, entity, doc, standing), supportSentence(page, entity, doc, standing)]
  return html`<p class="status">${together(page, sentences)}</p>`
}

function whereItStands(page: Page, entity: Resource, doc: Doc, standing: Standing): Html | null {
  const { status } = page.messages
  switch (entity.kind) {
    case 'proposal':
      return together(page, [
        lifecycleSentence(page, entity, doc, standing),
        by(page, status.proposedBy, doc),
      ])
    case 'agreement': {
      const parties = standing.parties && partySentence(page, standing.parties)
      return together(page, [lifecycleSentence(page, entity, doc, standing), parties])
    }
    case 'meeting':
      return meetingSentence(page, doc)
    case 'source':
      return dated(page, status.published, doc['publishedOn'])
    case 'statement':
      return together(page, [dated(page, status.said, doc['date']), by(page, status.saidBy, doc)])
    case 'organization':
      return organizationSentence(page, doc)
    case 'topic':
      return dated(page, status.lastEvent, standing.lastEvent?.['occurredOn'])
    default:
      return membershipSentences(page, standing.memberships)
  }
}

/** Sentences one after another. */
const together = (page: Page, sentences: readonly (Html | null)[]): Html =>
  join(sentences.filter(Boolean), page.messages.punctuation.space)

/** A sentence with a date and how long ago it was. Null without a date. */
function dated(page: Page, message: string, date: unknown): Html | null {
  if (typeof date !== 'string') return null
  return html`${fill(message, { date: html`${dateHtml(page.language, date)}${ago(page, date)}` })}`
}

/** How many days ago a day was, or how many it is ahead, in brackets. Null for today and for dates that are no exact day. */
function ago(page: Page, date: string): Html | null {
  const days = isExactDay(date) ? daysBetween(date, page.day) : 0
  if (days === 0) return null
  const { status } = page.messages
  const words = lengthOfTime(page.language, Math.abs(days))
  return inBrackets(page.language, fill(days > 0 ? status.ago : status.ahead, { days: words }))
}

function by(page: Page, message: string, doc: Doc): Html | null {
  const names = ((doc['contributors'] ?? []) as { [key: string]: Json }[]).flatMap(
    (one) => actorName(page, one) ?? [],
  )
  return names.length === 0
    ? null
    : fill(message, { names: join(names, page.messages.punctuation.semicolon) })
}

function meetingSentence(page: Page, doc: Doc): Html {
  const { language, messages } = page
  const { city, countryCode, startDate, endDate } = doc
  const place = [
    typeof city === 'string' && valueHtml(page, city),
    typeof countryCode === 'string' && reference(page, countryCode),
  ].filter(Boolean)
  const when = html`${period(language, startDate as string, endDate as string | null)}${ago(page, String(startDate))}`
  const status = capital(valueWord(page, String(doc['status'])))
  return place.length === 0
    ? fill(messages.status.meeting, { status, when })
    : fill(messages.status.meetingAt, { status, when, place: join(place, messages.punctuation.comma) })
}

function organizationSentence(page: Page, { classification, foundingDate, dissolutionDate }: Doc): Html {
  const { status } = page.messages
  const kind = typeof classification === 'string' ? valueHtml(page, classification) : null
  return together(page, [
    kind && fill(status.plain, { status: capitalHtml(page, kind) }),
    dated(page, status.founded, foundingDate),
    dated(page, status.dissolved, dissolutionDate),
  ])
}

/** Words of a vocabulary in capitals; what people typed stays as it is. */
const capitalHtml = (_page: Page, words: Html): Html =>
  words.text.startsWith('<') ? words : html`${capital(words.text)}`

/** The present posts or memberships; if there are none, the last one. */
function membershipSentences(page: Page, memberships: readonly Doc[]): Html | null {
  const { status } = page.messages
  const hasEnded = ({ endDate }: Doc) => typeof endDate === 'string' && sortKey(endDate) < page.day
  const current = memberships.filter((each) => !hasEnded(each))
  const shown = current.length > 0 ? current : memberships.slice(-1)
  const sentences = shown.map((each) => {
    const { role, organizationId, stateCode, startDate, endDate } = each
    const where = [organizationId, stateCode].flatMap((id) =>
      typeof id === 'string' ? (reference(page, id) ?? []) : [],
    )
    const post = join(
      [capitalHtml(page, valueHtml(page, String(role))), ...where],
      page.messages.punctuation.comma,
    )
    if (hasEnded(each))
      return fill(status.postUntil, { post, date: dateHtml(page.language, String(endDate), 'genitive') })
    if (typeof startDate !== 'string') return fill(status.post, { post })
    const days = isExactDay(startDate) ? daysBetween(startDate, page.day) : 0
    const lasted = days > 0 && inBrackets(page.language, lengthOfTime(page.language, days))
    return fill(status.postSince, {
      post,
      date: html`${dateHtml(page.language, startDate, 'genitive')}${lasted}`,
    })
  })
  return sentences.length === 0 ? null : together(page, sentences)
}

/** Statuses that last; the others are what happened on a day. */
export const LASTING: readonly string[] = [
  'under-consideration',
  'drafting',
  'deferred',
  'in-force',
  'suspended',
]

/** Whether further events are expected. */
const isOpen = ({ lifecycle }: Resource, { status, settled }: Doc) =>
  lifecycle?.open.includes(String(status)) === true && settled !== true

function lifecycleSentence(page: Page, entity: Resource, doc: Doc, { lastEvent }: Standing): Html {
  const { status: words } = page.messages
  const { status, statusSince: since } = doc
  if (typeof status !== 'string') return html`${words.none}`
  const word = capital(valueWord(page, status))
  if (typeof since !== 'string') return fill(words.plain, { status: word })
  const lasts = LASTING.includes(status) && PARTIAL_DATE.test(since)
  const date = dateHtml(page.language, since, lasts ? 'genitive' : 'nominative')
  const message = lasts ? words.since : isExactDay(since) ? words.on : words.dated
  const days = isExactDay(since) ? daysBetween(since, page.day) : 0
  const length = lengthOfTime(page.language, days)
  // An event of one party leaves the status as it is.
  const latest = lastEvent?.['occurredOn']
  if (isOpen(entity, doc) && typeof latest === 'string' && sortKey(latest) > sortKey(since))
    return together(page, [fill(message, { status: word, date }), dated(page, words.latest, latest)])
  if (isOpen(entity, doc) && days > 0)
    return together(page, [fill(message, { status: word, date }), fill(words.quiet, { days: length })])
  const lasted = days > 0 && inBrackets(page.language, lasts ? length : fill(words.ago, { days: length }))
  return fill(message, { status: word, date: html`${date}${lasted}` })
}

function supportSentence(page: Page, { kind }: Resource, doc: Doc, { disputedParts }: Standing): Html | null {
  const { support, origins, disputed } = doc
  // A source is not supported by what it says of itself, and topics are only a vocabulary.
  if (typeof support !== 'string' || kind === 'source' || (kind === 'topic' && support === 'unsupported'))
    return null
  const { status, counts } = page.messages
  const sentence = fill(status.support[support as keyof typeof status.support], {
    sources: plural(page.language, counts.sources, Number(origins)),
  })
  const fields = (disputed as string[]).map((field) => {
    const key = field.split('/')[1] ?? ''
    return html`<a href="#fact-${key}">${key === '' ? status.whole : fieldWord(page, key)}</a>`
  })
  const parts = disputedParts.map((part) => html`<a href="#${part.id}">${kindWord(page, part.kind)}</a>`)
  const all = [...fields, ...parts]
  return all.length === 0
    ? sentence
    : together(page, [
        sentence,
        html`<strong>${fill(status.disputed, { fields: listed(page.language, all) })}</strong>`,
      ])
}
