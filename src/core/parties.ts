// The parties of a document, computed from the events that have a party.
import { certainlyBefore, sortKey, spanOf } from './dates.ts'
import { agreementLifecycle, type Lifecycle } from './lifecycle.ts'

/** The kinds of treaties. Other documents are final once adopted or signed. */
export const TREATIES = ['agreement', 'convention', 'treaty', 'protocol', 'memorandum', 'charter'] as const

/** The statuses that only treaties are expected to reach. */
const OF_TREATIES: readonly string[] = ['authenticated', 'in-force', 'suspended', 'terminated']

/**
 * The statuses that may be expected next of a record. The lifecycle allows more: of a declaration that was adopted nothing is
 * expected, and of its draft no entry into force.
 */
export function expectedNext(
  lifecycle: Lifecycle,
  { status, kind, settled }: Readonly<Record<string, unknown>>,
): readonly string[] {
  const moves = lifecycle.moves[String(status)] ?? []
  const isOther = lifecycle === agreementLifecycle && !TREATIES.some((one) => one === kind)
  if (!isOther || OF_TREATIES.includes(String(status))) return moves
  return settled === true ? [] : moves.filter((next) => !OF_TREATIES.includes(next))
}

/** How consent to be bound by a treaty is expressed (Vienna Convention, articles 11 to 15). */
export const CONSENTS = [
  'ratification',
  'acceptance',
  'approval',
  'accession',
  'succession',
  'notification',
  'signature',
] as const

/** Steps that show that a party is bound, and those that end it. */
export const BINDING: readonly string[] = ['consent', 'in-force']
export const ENDING: readonly string[] = ['consent-withdrawn', 'denounced']

/** An event as clients send it, or as it is stored. */
export interface EventInput {
  id?: string
  type: string
  occurredOn: string | null
  stateCode?: string | null
  organizationId?: string | null
  consentBy?: string | null
  meetingId?: string | null
  place?: string | null
}

/** A party of a document, with the dates of its steps. */
export interface Party {
  stateCode: string | null
  organizationId: string | null
  signedOn: string | null
  domesticApprovalOn: string | null
  consentOn: string | null
  consentBy: string | null
  inForceOn: string | null
  denouncedOn: string | null
  /** How many reservations are in effect. */
  reservations: number
  eventIds: string[]
}

/** The steps of a party that must not be certainly before all those that they follow. */
const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  consent: ['signed'],
  'in-force': ['signed', 'consent'],
  denounced: ['signed', 'consent', 'in-force'],
  'consent-withdrawn': ['consent'],
  'reservation-withdrawn': ['reservation'],
}

/** How a state can consent to a document that it did not sign. */
const WITHOUT_SIGNATURE: readonly unknown[] = ['accession', 'succession', 'notification']

/** The party of an event: a state or an organization; null: the whole. */
export const actorOf = ({ stateCode, organizationId }: Pick<EventInput, 'stateCode' | 'organizationId'>) =>
  stateCode ?? organizationId ?? null

/** Why an event of a party contradicts the other events of the record; null: it does not. */
export function partyFault(others: readonly EventInput[], event: EventInput): string | null {
  const actor = actorOf(event)
  if (actor === null) return null
  const own = others.filter((other) => actorOf(other) === actor)
  for (const earlier of FOLLOWS[event.type] ?? []) {
    const followed = own.filter(({ type }) => type === earlier)
    if (followed[0] && followed.every((other) => isBefore(event, other)))
      return `${actor}: ${event.type} on ${event.occurredOn} is before ${earlier} on ${followed[0].occurredOn}.`
  }
  const signature = event.type === 'signed' && own.find(({ type }) => type === 'signed')
  if (signature)
    return `${actor} has signed already${signature.occurredOn ? ` on ${signature.occurredOn}` : ''}.`
  if (event.type === 'consent' && !WITHOUT_SIGNATURE.includes(event.consentBy) && !maySign(others, own))
    return `${actor} has not signed. Without a signature it can consent by accession, succession or notification.`
  return null
}

/**
 * The first event of a party that contradicts others, and why; null: there is none.
 * @param parties only the events of these are checked: a first signatory is not refused because of others, of which the
 *   consent is known and the signature not yet
 */
export function partyFaults(
  events: readonly EventInput[],
  parties: ReadonlySet<string>,
): { event: EventInput; detail: string } | null {
  for (const [index, event] of events.entries()) {
    if (!parties.has(actorOf(event) ?? '')) continue
    const detail = partyFault(events.toSpliced(index, 1), event)
    if (detail) return { event, detail }
  }
  return null
}

/** The events of the party of an event. */
export const ofSameParty = (events: readonly EventInput[], event: EventInput): EventInput[] =>
  events.filter((other) => other !== event && actorOf(other) === actorOf(event))

const isBefore = (one: EventInput, other: EventInput) =>
  one.occurredOn !== null && other.occurredOn !== null && certainlyBefore(one.occurredOn, other.occurredOn)

/** Whether a party signed, or may have: the whole was signed and no signatory is known. */
const maySign = (all: readonly EventInput[], own: readonly EventInput[]) =>
  own.some(({ type }) => type === 'signed') ||
  (all.some((event) => event.type === 'signed' && actorOf(event) === null) &&
    !all.some((event) => event.type === 'signed' && actorOf(event) !== null))

/**
 * The step of a party that says where it stands: the last that bound it or ended that, else its signature, else its last step.
 * @param own its events, in any order
 */
export function decidingStep<Event extends EventInput>(own: readonly Event[]): Event | undefined {
  const sorted = inOrder(own)
  return (
    sorted.findLast(({ type }) => BINDING.includes(type) || ENDING.includes(type)) ??
    sorted.findLast(({ type }) => type === 'signed') ??
    sorted.at(-1)
  )
}

/** @param events in any order; those without a party are left out */
export function partiesOf(events: readonly EventInput[]): Party[] {
  const byActor = Map.groupBy(inOrder(events), (event) => actorOf(event) ?? '')
  byActor.delete('')
  return [...byActor].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, own]) => partyOf(own))
}

function partyOf(own: readonly EventInput[]): Party {
  const party: Party = {
    stateCode: own[0]?.stateCode ?? null,
    organizationId: own[0]?.organizationId ?? null,
    signedOn: null,
    domesticApprovalOn: null,
    consentOn: null,
    consentBy: null,
    inForceOn: null,
    denouncedOn: null,
    reservations: 0,
    eventIds: own.flatMap(({ id }) => id ?? []),
  }
  for (const { type, occurredOn, consentBy = null } of own) {
    if (type === 'signed') party.signedOn ??= occurredOn
    if (type === 'domestic-approval') party.domesticApprovalOn = occurredOn
    if (type === 'consent') Object.assign(party, { consentOn: occurredOn, consentBy })
    if (type === 'consent-withdrawn') Object.assign(party, { consentOn: null, consentBy: null })
    if (type === 'in-force') party.inForceOn = occurredOn
    if (type === 'denounced') party.denouncedOn = occurredOn
    if (type === 'reservation') party.reservations += 1
    if (type === 'reservation-withdrawn') party.reservations = Math.max(0, party.reservations - 1)
  }
  return party
}

const inOrder = <Event extends EventInput>(events: readonly Event[]): Event[] =>
  events
    .map((event) => ({ event, key: keyOf(event) }))
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ event }) => event)

const WITHDRAWALS: readonly string[] = ['consent-withdrawn', 'reservation-withdrawn']

const TYPES: readonly string[] = agreementLifecycle.ofParty

/** Orders the steps of a party: by day, a withdrawal as late as its date allows; on one day in the order of their types. */
function keyOf({ type, occurredOn, consentBy = null }: EventInput): string {
  const isLate = WITHDRAWALS.includes(type)
  const day =
    occurredOn === null
      ? isLate
        ? '9999-99-99'
        : ''
      : isLate
        ? spanOf(occurredOn).last
        : sortKey(occurredOn)
  return `${day} ${String(TYPES.indexOf(type)).padStart(2, '0')} ${occurredOn} ${consentBy}`
}
