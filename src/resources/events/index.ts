// Events: what happened to a proposal or a document, as a whole or for one party. They give it its status.
import { z } from 'zod'
import { compatible, latestToday, spanOf } from '../../core/dates.ts'
import {
  agreementLifecycle,
  eventTypesOf,
  isStep,
  type Lifecycle,
  legalTypes,
  neighbours,
  orderSteps,
  proposalLifecycle,
} from '../../core/lifecycle.ts'
import {
  actorOf,
  CONSENTS,
  type EventInput,
  ofSameParty,
  type Party,
  partyFault,
  partyFaults,
} from '../../core/parties.ts'
import { type Fault, inconsistent, Problem } from '../../core/problems.ts'
import { childrenOf } from '../../records/read/record.ts'
import { type Child, defineChild, withoutParent } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { choice, date, pattern, ref, text } from '../../records/schema/fields.ts'
import { PREFIXES } from '../../records/schema/kinds.ts'
import { type Entity, type Resource, trust } from '../../records/schema/resource.ts'
import { updateRecord } from '../../records/write/operations.ts'

const fields = {
  type: choice(
    'EventType',
    [...new Set([...eventTypesOf(proposalLifecycle), ...eventTypesOf(agreementLifecycle)])] as [string],
    'What happened.',
    { required: true, filter: true, mayGrow: true },
  ),
  occurredOn: date('When it happened; null if it is unknown.', { filter: 'occurred', sort: true }),
  stateCode: ref('state', 'The state whose step it is; null: an event of the whole.', {
    filter: 'state',
    include: 'state',
  }),
  organizationId: ref('organization', 'The organization whose step it is; null: an event of the whole.', {
    filter: 'organization',
    include: 'organization',
  }),
  speakerId: ref('speaker', 'The person who acted.', { filter: 'speaker', include: 'speaker' }),
  meetingId: ref('meeting', 'The meeting at which it happened.', { filter: 'meeting', include: 'meeting' }),
  consentBy: choice(
    'Consent',
    CONSENTS,
    'With `consent`: how it was expressed (Vienna Convention, articles 11 to 15).',
  ),
  note: text(5000, 'Remarks about the event.'),
}

const example = { type: 'under-consideration', occurredOn: '2022-09-16', note: 'On the agenda.' }

export const events: Child = defineChild({
  kind: 'event',
  path: 'events',
  about:
    'What happened to a proposal or a document: as a whole, or, with a state or an organization, for one party.',
  of: ['proposal', 'agreement'],
  fields: {
    ...fields,
  },
  derived: {
    place: pattern(
      z.string().meta({ maxLength: 14, examples: ['2022-09-16.001'] }),
      'For an event that changes the status: its place among these events, a day and a number. It sorts as text.',
      { column: true },
    ),
    ...trust,
  },
  rules: (event) => ruleFaults(lifecycleOf(event.recordKind), event),
  sameBy: ['type', 'stateCode', 'organizationId'],
  sameDay: 'occurredOn',
  isOnce: ({ type }) => ONCE.has(String(type)),
  orderBy: 'occurredOn',
  happenedOn: 'occurredOn',
  filters: {
    topic: {
      by: 'reference',
      fields: ['topicIds'],
      kind: 'topic',
      through: ['proposal', 'agreement'],
      description: 'A topic of the record, or a broader one of it.',
    },
  },
  defaultSort: '-occurredOn',
  createShape: (parent) => (parent.kind === 'proposal' ? proposalEvent : agreementEvent),
  operations: {
    list: 'All events, in order of date; undated events come first.',
    create:
      'The status of the record becomes that of its latest event of the whole. Events may be added in any order, if their lifecycle allows it; otherwise the problem lists the allowed types.',
    get: 'What happened, its date, its party and its meeting.',
    update: 'The sequence of events must stay legal; the status of the record is derived again.',
    delete: 'The status of the record is derived again.',
  },
  createProblems: ['illegal-transition'],
  deleteProblems: ['illegal-transition'],
  async beforeCreate(tx, { entity, doc }, input) {
    const others = (await childrenOf(tx, events, doc.id)) as unknown as EventInput[]
    return placed(entity, others, input as unknown as EventInput, tx.now)
  },
  async beforeUpdate(tx, { entity, doc }, before, after) {
    const others = (await childrenOf(tx, events, doc.id)).filter(({ id }) => id !== before.id)
    const event = after as unknown as EventInput
    const previous = actorOf(before as unknown as EventInput)
    Object.assign(after, placed(entity, others as unknown as EventInput[], event, tx.now, previous))
  },
  async parentFields(tx, { entity, doc }) {
    const all = await childrenOf(tx, events, doc.id)
    const fault = partyFaults(all as unknown as EventInput[], changedParties(doc, all))
    if (fault) throw illegalOfParty(all as unknown as EventInput[], fault.event, fault.detail, null)
    const { places, fields: derived } = deriveFrom(
      lifecycleResource(entity),
      doc,
      all as unknown as EventInput[],
    )
    for (const event of all) {
      const place = places.get(event as unknown as EventInput) ?? null
      if (event['place'] !== place) await updateRecord(tx, events, event, { place })
    }
    return derived
  },
  async beforeParentCreate(tx, { entity, doc }, input) {
    const sent = (input['events'] ?? []) as EventInput[]
    const initial = sent.map((event) => ({ ...event, id: event.id ?? tx.newId(PREFIXES.event) }))
    const resource = lifecycleResource(entity)
    refuseHistory(resource.lifecycle, sent, tx.now)
    const { places, fields: derived } = deriveFrom(resource, doc, initial)
    refuseDisagreement(entity, doc, derived, compatible)
    Object.assign(doc, derived)
    return initial.map((event) => ({ ...event, place: places.get(event) ?? null }))
  },
  async beforeParentUpdate(tx, entity, before, after) {
    const writable = Object.keys(entity.writable.shape)
    if (writable.every((key) => JSON.stringify(before[key]) === JSON.stringify(after[key]))) return
    const all = (await childrenOf(tx, events, after.id)) as unknown as EventInput[]
    const derived = deriveFrom(lifecycleResource(entity), after, all).fields
    refuseDisagreement(entity, after, derived, (one, other) => one === other)
    Object.assign(after, derived)
  },
  example,
})

/** Types of events that happen once. */
const ONCE = new Set<string>([...proposalLifecycle.once, ...agreementLifecycle.once])

const eventCreate = (name: string, lifecycle: Lifecycle) =>
  withoutParent(events)
    .extend({
      type: choice(`${name}EventType`, eventTypesOf(lifecycle) as [string], 'What happened.', {
        required: true,
        mayGrow: true,
      }),
    })
    .meta({ id: `${name}EventCreate`, description: 'A new event.', examples: [example] })

const proposalEvent = eventCreate('Proposal', proposalLifecycle)
const agreementEvent = eventCreate('Agreement', agreementLifecycle)

const lifecycleOf = (kind: string): Lifecycle =>
  kind === 'proposal' ? proposalLifecycle : agreementLifecycle

type LifecycleResource = Resource & { lifecycle: Lifecycle }

function lifecycleResource(entity: Entity): LifecycleResource {
  const resource = entity as LifecycleResource
  if (!resource.lifecycle) throw new Error(`A ${entity.kind} has no lifecycle.`)
  return resource
}

/** Rules for an event without its siblings. */
function ruleFaults(lifecycle: Lifecycle, event: EventInput): Fault[] {
  const { type, stateCode, organizationId, consentBy } = event
  const isOfParty = (stateCode ?? organizationId ?? null) !== null
  if (stateCode && organizationId)
    return [{ pointer: '/organizationId', detail: 'A step is that of a state or of an organization.' }]
  if (consentBy && type !== 'consent')
    return [{ pointer: '/consentBy', detail: 'consentBy requires the type consent.' }]
  if (isOfParty && !lifecycle.ofParty.includes(type))
    return [{ pointer: '/type', detail: `${type} happens to the whole, not to one party.` }]
  if (!isOfParty && !(type in lifecycle.moves) && !lifecycle.remarks.includes(type))
    return [{ pointer: '/type', detail: `${type} requires a party: stateCode or organizationId.` }]
  return []
}

/**
 * An event with its place among the others.
 * @param previous the party that it had before
 * @throws Problem `illegal-transition`, or `inconsistent` if it is in the future
 */
export function placed(
  entity: Entity,
  others: readonly EventInput[],
  event: EventInput,
  now: Date,
  previous: string | null = null,
): Record<string, unknown> {
  const { lifecycle } = lifecycleResource(entity)
  refuseEvent(lifecycle, event, now, '')
  const parties = new Set([actorOf(event), previous].filter((actor) => actor !== null))
  const fault = partyFaults([...others, event], parties)
  if (fault) throw illegalOfParty(others, event, fault.detail, '')
  const steps = others.filter((each) => isStep(lifecycle, each))
  if (!isStep(lifecycle, event)) return { ...event, place: null }
  const ordered = orderSteps(lifecycle, [...steps, event])
  if (!ordered.legal) throw illegalStep(lifecycle, steps, event, '')
  return { ...event, place: ordered.steps.find(({ step }) => step === event)?.place ?? null }
}

/** Checks the events of a new record. @throws Problem like `placed`, with pointers into the body */
function refuseHistory(lifecycle: Lifecycle, events: readonly EventInput[], now: Date): void {
  for (const [index, event] of events.entries()) {
    const pointer = `/events/${index}`
    refuseEvent(lifecycle, event, now, pointer)
    const fault = partyFault(events.toSpliced(index, 1), event)
    if (fault) throw illegalOfParty(events, event, fault, pointer)
  }
  const stepsUpTo = (count: number) => events.slice(0, count).filter((event) => isStep(lifecycle, event))
  if (orderSteps(lifecycle, stepsUpTo(events.length)).legal) return
  // An event with which the events before it become illegal, by bisection.
  let [legal, wrong] = [0, events.length - 1]
  while (legal < wrong) {
    const middle = Math.floor((legal + wrong) / 2)
    if (orderSteps(lifecycle, stepsUpTo(middle + 1)).legal) legal = middle + 1
    else wrong = middle
  }
  const event = events[wrong]
  if (event) throw illegalStep(lifecycle, stepsUpTo(wrong), event, `/events/${wrong}`)
}

/** Refuses an event that is wrong in itself. @param pointer to it in the body */
function refuseEvent(lifecycle: Lifecycle, event: EventInput, now: Date, pointer: string): void {
  const faults = ruleFaults(lifecycle, event)
  if (event.occurredOn !== null && isFuture(event.occurredOn, now))
    faults.push({ pointer: '/occurredOn', detail: `${event.occurredOn} is in the future.` })
  if (faults.length > 0)
    throw inconsistent(faults.map((fault) => ({ ...fault, pointer: `${pointer}${fault.pointer}` })))
}

function illegalStep(
  lifecycle: Lifecycle,
  others: readonly EventInput[],
  event: EventInput,
  pointer: string | null,
) {
  const { before, after } = neighbours(others, event)
  const sides = [
    before && `after ${JSON.stringify(before.type)}`,
    after && `before ${JSON.stringify(after.type)}`,
  ]
  const where = sides.filter(Boolean).join(' and ')
  const when = event.occurredOn === null ? 'Without a date' : `On ${event.occurredOn}`
  return refusal(`${when}, ${where}, the event cannot be ${JSON.stringify(event.type)}.`, pointer, {
    legal: legalTypes(lifecycle, others, event),
    before: summaryOf(before),
    after: summaryOf(after),
  })
}

/** Refuses an event of a party, with those of the party on either side. */
function illegalOfParty(
  events: readonly EventInput[],
  event: EventInput,
  detail: string,
  pointer: string | null,
): Problem {
  const { before, after } = neighbours(ofSameParty(events, event), event)
  return refusal(detail, pointer, { before: summaryOf(before), after: summaryOf(after) })
}

/** @param pointer to the event in the body; null: it is not there */
const refusal = (detail: string, pointer: string | null, extra = {}) =>
  new Problem('illegal-transition', detail, {
    ...(pointer !== null && { errors: [{ pointer: `${pointer}/type`, detail }] }),
    extra: { legal: [], ...extra },
  })

const summaryOf = (event: EventInput | undefined) =>
  event ? { id: event.id ?? null, type: event.type, occurredOn: event.occurredOn } : null

const isFuture = (date: string, now: Date) => spanOf(date).first > latestToday(now)

/** Refuses dates of a record that its events contradict. */
function refuseDisagreement(
  entity: Entity,
  doc: Doc,
  derived: Record<string, unknown>,
  agree: (sent: string, derived: string) => boolean,
): void {
  for (const [key, value] of Object.entries(derived)) {
    const sent = doc[key]
    if (!(key in entity.writable.shape) || typeof sent !== 'string' || typeof value !== 'string') continue
    if (!agree(sent, value))
      throw inconsistent([
        { pointer: `/${key}`, detail: `The event says ${value}. Correct the event; ${key} follows it.` },
      ])
  }
}

/** The parties of which events were added or removed. @param all the present events of a record */
function changedParties(record: Doc, all: readonly Doc[]): Set<string> {
  const before = (record['parties'] ?? []) as unknown as Party[]
  const known = new Map(before.flatMap((party) => party.eventIds.map((id) => [id, actorOf(party)])))
  const present = new Map(all.map((event) => [event.id, actorOf(event as unknown as EventInput)]))
  const changed = [...known.keys(), ...present.keys()].filter((id) => known.get(id) !== present.get(id))
  return new Set(
    changed.flatMap((id) => [known.get(id), present.get(id)]).filter((actor) => typeof actor === 'string'),
  )
}

/**
 * The places of the events of a record, and the fields of the record that follow from them.
 * @throws Problem `illegal-transition` if no order of the events is legal
 */
function deriveFrom(resource: LifecycleResource, doc: Doc, all: readonly EventInput[]) {
  const { lifecycle } = resource
  const steps = all.filter((event) => isStep(lifecycle, event))
  const ordered = orderSteps(lifecycle, steps)
  if (!ordered.legal) {
    const wrong = steps.findLast(
      (step) =>
        !orderSteps(
          lifecycle,
          steps.filter((each) => each !== step),
        ).legal,
    )
    const event = wrong ?? (steps.at(-1) as EventInput)
    throw illegalStep(
      lifecycle,
      steps.filter((each) => each !== event),
      event,
      null,
    )
  }
  const last = ordered.steps.at(-1)?.step
  const current = { ...doc, status: last?.type ?? null, statusSince: last?.occurredOn ?? null }
  return {
    places: new Map(ordered.steps.map(({ step, place }) => [step, place])),
    fields: {
      status: current.status,
      statusSince: current.statusSince,
      ...resource.fromStatus?.(current),
      ...resource.fromEvents?.(current, all as readonly unknown[] as readonly Doc[]),
    },
  }
}
