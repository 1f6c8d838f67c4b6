// Who signed a document, who is bound by it and who is missing, on a day.
import { sortKey } from '../../core/dates.ts'
import { BINDING, ENDING, type EventInput, type Party, partiesOf, TREATIES } from '../../core/parties.ts'
import type { Doc } from '../schema/document.ts'
import { membersOf } from './bodies.ts'
import { type DocReader, partsIn } from './docs.ts'
import type { View } from './view.ts'

export interface PartyView {
  data: Party[]
  /** The signatories without a consent in effect. Null if no step of a party is known, and for documents that are no treaties. */
  awaitingConsent: string[] | null
  /** The members of the body on the day of signature that neither signed nor consented. Null as above. */
  notSigned: string[] | null
  consents: { needed: number | null; have: number }
}

/** @param today the day whose members are expected to sign what nobody has signed yet */
export async function readParties(
  context: DocReader,
  record: Doc,
  view: View & { asOf: string },
  today: string,
): Promise<PartyView> {
  const steps = await partsIn(context, context.catalogue.child('event'), [record.id], view)
  const events = steps as unknown as EventInput[]
  const parties = partiesOf(events)
  const consented = parties.filter((each) => isBound(events, each))
  const isKnown = parties.length > 0 && TREATIES.some((kind) => kind === record['kind'])
  const signed = parties.filter((each) => hasSigned(events, each))
  const awaiting = signed
    .filter((each) => !consented.includes(each))
    .flatMap(({ stateCode }) => stateCode ?? [])
  const present = new Set([...signed, ...consented].map(({ stateCode }) => stateCode))
  const members = isKnown
    ? await membersOf(context, { ...record, meetingId: null } as Doc, {
        asOf: signingDay(events) ?? today,
        seq: view.seq,
      })
    : []
  const { consentsNeeded = null } = (record['entryIntoForce'] ?? {}) as {
    consentsNeeded?: number | 'all' | null
  }
  return {
    data: parties,
    awaitingConsent: isKnown ? awaiting : null,
    notSigned: isKnown ? members.filter((code) => !present.has(code)) : null,
    consents: {
      needed: consentsNeeded === 'all' ? signed.length || null : consentsNeeded,
      have: consented.length,
    },
  }
}

const ofParty = (events: readonly EventInput[], { stateCode, organizationId }: Party) =>
  events.filter(
    (event) => (event.stateCode ?? null) === stateCode && (event.organizationId ?? null) === organizationId,
  )

const hasSigned = (events: readonly EventInput[], party: Party) =>
  ofParty(events, party).some(({ type }) => type === 'signed')

/** Whether a party consented, or the document is in force for it, and it neither withdrew its consent nor denounced it. */
function isBound(events: readonly EventInput[], party: Party): boolean {
  const types = ofParty(events, party).map(({ type }) => type)
  const last = types.findLast((type) => BINDING.includes(type) || ENDING.includes(type))
  return last !== undefined && BINDING.includes(last)
}

/** The first day on which it was signed, as a whole or by a party. */
export const signingDay = (events: readonly EventInput[]): string | undefined =>
  events
    .flatMap(({ type, occurredOn }) =>
      type === 'signed' && occurredOn !== null ? [sortKey(occurredOn)] : [],
    )
    .sort()[0]
