// The parties of a document as a table: who signed, who is bound, and who is missing.

import { isExactDay } from '../core/dates.ts'
import type { Party } from '../core/parties.ts'
import type { PartyView } from '../records/read/parties.ts'
import type { Doc } from '../records/schema/document.ts'
import { dateHtml, daysBetween } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, label, lengthOfTime, listed, plural } from './languages.ts'
import { section } from './layout.ts'
import { byName } from './names.ts'
import type { Page } from './page.ts'
import { reference } from './values.ts'
import { capital, fieldWord, valueWord } from './words.ts'

/** The columns, and the types of the events that they have the dates of. */
const STEPS: readonly (readonly [field: keyof Party & string, type: string])[] = [
  ['signedOn', 'signed'],
  ['domesticApprovalOn', 'domestic-approval'],
  ['consentOn', 'consent'],
  ['inForceOn', 'in-force'],
  ['denouncedOn', 'denounced'],
]

/** @param events those of the document, to which the dates lead */
export function parties(page: Page, view: PartyView, events: readonly Doc[]): Html | null {
  const { data, awaitingConsent, notSigned } = view
  const words = page.messages.parties
  if (data.length === 0) {
    const isSigned = events.some(({ type }) => type === 'signed')
    return isSigned ? section('parties', words.title, html`<p>${words.unknown}</p>`) : null
  }
  const byId = new Map(events.map((event) => [event.id, event]))
  const eventsOf = ({ eventIds }: Party) => eventIds.flatMap((id) => byId.get(id) ?? [])
  const steps = STEPS.filter(([, type]) => data.some((party) => ofType(eventsOf(party), type).length > 0))
  const hasReservations = data.some(({ reservations }) => reservations > 0)
  const rows = byName(page, data, idOf).map(
    (party) =>
      html`<tr><th scope="row">${reference(page, idOf(party))}</th>${steps.map(([field, type]) => html`<td>${stepCell(page, party, field, ofType(eventsOf(party), type).at(-1))}</td>`)}${hasReservations && html`<td>${party.reservations}</td>`}</tr>`,
  )
  const head = html`<tr><th scope="col">${words.party}</th>${steps.map(([, type]) => html`<th scope="col">${capital(valueWord(page, type))}</th>`)}${hasReservations && html`<th scope="col">${fieldWord(page, 'reservations')}</th>`}</tr>`
  const table = html`<div class="scroll" role="group" tabindex="0" aria-labelledby="parties"><table><thead>${head}</thead><tbody>${rows}</tbody></table></div>`
  const missing = [
    missingLine(page, words.awaiting, awaitingConsent),
    missingLine(page, words.notSigned, notSigned),
  ]
  return section('parties', words.title, html`<p>${partySentence(page, view)}</p>${table}${missing}`)
}

/** How many parties are known, are bound, and must be. Null if no party is known. */
export function partySentence(page: Page, { data, consents, awaitingConsent }: PartyView): Html | null {
  if (data.length === 0) return null
  const { parties: words, counts } = page.messages
  const clauses = [
    plural(page.language, counts.partiesKnown, data.length),
    awaitingConsent !== null &&
      (consents.have === 0 ? words.noneBound : plural(page.language, counts.partiesBound, consents.have)),
    consents.needed !== null && plural(page.language, counts.consentsNeeded, consents.needed),
  ]
  return fill(words.sentence, {
    clauses: capital(clauses.filter((clause) => clause !== false).join(words.separator)),
  })
}

const ofType = (events: readonly Doc[], type: string) => events.filter((event) => event['type'] === type)

const idOf = ({ stateCode, organizationId }: Party): string => stateCode ?? organizationId ?? ''

/** The day of a step, and how long ago it was; a mark where it is missing. */
function stepCell(page: Page, party: Party, field: keyof Party, event: Doc | undefined): Html {
  const { parties: words } = page.messages
  const date = party[field]
  if (!event) return html`<span class="muted">${words.none}</span>`
  // A consent that was withdrawn has no date.
  if (typeof date !== 'string') {
    const isWithdrawn = event['occurredOn'] !== null
    return html`<a href="#${event.id}">${isWithdrawn ? words.withdrawn : words.undated}</a>`
  }
  const days = isExactDay(date) ? daysBetween(date, page.day) : 0
  const how = field === 'consentOn' && party.consentBy !== null && valueWord(page, party.consentBy)
  const lasts =
    field !== 'denouncedOn' &&
    days > 0 &&
    fill(page.messages.status.ago, { days: lengthOfTime(page.language, days) })
  const more = [how, lasts].filter(Boolean)
  return html`<a href="#${event.id}">${dateHtml(page.language, date)}</a>${more.length > 0 && html` <small>${join(more, ' · ')}</small>`}`
}

function missingLine(page: Page, title: string, codes: readonly string[] | null): Html | null {
  if (codes === null || codes.length === 0) return null
  const names = byName(page, codes, (code) => code).flatMap((code) => reference(page, code) ?? [])
  return html`<p>${label(page.language, title)}${listed(page.language, names)}</p>`
}
