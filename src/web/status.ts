// The sentence under the title of a record: where it stands since when, and how well it is supported.

import { z } from 'zod'
import { isExactDay, PARTIAL_DATE, sortKey } from '../core/dates.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { dateHtml, period } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, plural } from './languages.ts'
import type { Page } from './page.ts'
import { reference, showValue } from './values.ts'
import { capital, fieldWord, valueWord } from './words.ts'

/** The days from one day to another. */
const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

export function statusSentence(page: Page, entity: Resource, doc: Doc): Html {
  return html`<p class="status">${join([whereItStands(page, entity, doc), supportSentence(page, entity, doc)].filter(Boolean), ' ')}</p>`
}

function whereItStands(page: Page, entity: Resource, doc: Doc): Html | null {
  const { language, messages } = page
  const { status } = messages
  switch (entity.kind) {
    case 'proposal':
    case 'agreement':
      return lifecycleSentence(page, entity, doc)
    case 'meeting': {
      const place = join(
        [
          showValue(page, z.string(), doc['city'] ?? null, 'city'),
          typeof doc['countryCode'] === 'string' && reference(page, doc['countryCode']),
        ].filter(Boolean),
        ', ',
      )
      return fill(place.text === '' ? status.meeting : status.meetingAt, {
        status: capital(valueWord(page, String(doc['status']))),
        when: period(language, doc['startDate'] as string, doc['endDate'] as string | null),
        place,
      })
    }
    case 'source':
      return dated(page, status.published, doc['publishedOn'])
    case 'statement':
      return dated(page, status.said, doc['date'])
    default:
      return null
  }
}

const dated = (page: Page, message: string, date: unknown): Html | null =>
  typeof date === 'string' ? fill(message, { date: dateHtml(page.language, date) }) : null

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

function lifecycleSentence(page: Page, entity: Resource, doc: Doc): Html {
  const { status: words, counts } = page.messages
  const { status, statusSince: since } = doc
  if (typeof status !== 'string') return html`${words.none}`
  const word = capital(valueWord(page, status))
  if (typeof since !== 'string') return fill(words.plain, { status: word })
  const date = dateHtml(page.language, since)
  const lasts = LASTING.includes(status) && PARTIAL_DATE.test(since)
  const message = lasts ? words.since : isExactDay(since) ? words.on : words.dated
  const sentence = fill(message, { status: word, date })
  const days = daysBetween(sortKey(since), page.day)
  if (!isOpen(entity, doc) || !isExactDay(since) || days < 1) return sentence
  const quiet = fill(words.quiet, { days: plural(page.language, counts.days, days) })
  return html`${sentence} ${quiet}`
}

function supportSentence(page: Page, { kind }: Resource, doc: Doc): Html | null {
  const { support, origins, disputed } = doc
  // A source is not supported by what it says of itself.
  if (typeof support !== 'string' || kind === 'source') return null
  const { status, counts } = page.messages
  const sentence = fill(status.support[support as keyof typeof status.support], {
    sources: plural(page.language, counts.sources, Number(origins)),
  })
  const fields = (disputed as string[]).map((field) =>
    field === '' ? status.whole : fieldWord(page, field.split('/')[1] ?? ''),
  )
  return fields.length === 0
    ? sentence
    : html`${sentence} <strong>${fill(status.disputed, { fields: fields.join(', ') })}</strong>`
}
