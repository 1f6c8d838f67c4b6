// Events: the steps in the life of a proposal or an agreement, from which its status follows.
import { z } from 'zod'
import { latestToday } from '../../core/dates.ts'
import {
  agreementLifecycle,
  type Lifecycle,
  placeStep,
  proposalLifecycle,
  type Step,
  statusesOf,
} from '../../core/lifecycle.ts'
import { inconsistent, Problem } from '../../core/problems.ts'
import { childrenOf, findRecord, parse } from '../../records/read/record.ts'
import { type Child, defineChild, type WriteTransaction } from '../../records/schema/child.ts'
import type { Doc } from '../../records/schema/document.ts'
import { choice, date, recordId, ref, text } from '../../records/schema/fields.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'
import { updateRecord } from '../../records/write/operations.ts'

/** A step as clients write it; imports keep the id that it has already. */
interface EventInput extends Step {
  id?: string
  meetingId?: string | null
  note?: string | null
}

type LivingResource = Resource & { lifecycle: Lifecycle; event: z.ZodObject }

export const events: Child = defineChild({
  kind: 'event',
  path: 'events',
  noun: 'an event',
  about: 'A step in the life of a proposal or an agreement.',
  of: ['proposal', 'agreement'],
  fields: {
    recordKind: z
      .enum(['proposal', 'agreement'])
      .meta({ description: 'What kind of record it happened to.' }),
    recordId: recordId('The id of the record it happened to.'),
    status: choice(
      'EventStatus',
      [...new Set([...statusesOf(proposalLifecycle), ...statusesOf(agreementLifecycle)])] as [string],
      'The status that began.',
      { required: true, column: true },
    ),
    occurredOn: date('When it began; null for a start whose date nobody recorded.', { column: true }),
    meetingId: ref('meeting', 'The meeting at which it happened.'),
    note: text(5000, 'What a reader should know about it.'),
  },
  sameBy: ['status', 'occurredOn'],
  orderBy: 'occurredOn',
  createShape: (parent) => livingResource(parent).event,
  operations: {
    list: 'The whole life at once, in order of date; undated events come first.',
    create:
      'The status of the record becomes that of its latest event. An event may be back-dated where the order of dates stays legal; an illegal move is refused with the legal ones.',
    get: 'The status that began, when, and at which meeting.',
  },
  createProblems: ['illegal-transition'],
  async beforeCreate(tx, { entity, doc }, input) {
    const history = (await childrenOf(tx, events, doc.id)).map(stepOf)
    placeEvent(livingResource(entity).lifecycle, history, stepOf(input), tx.now)
    return input
  },
  async parentFields(tx, { doc }) {
    const last = (await childrenOf(tx, events, doc.id)).at(-1)
    return { status: last?.['status'], statusSince: last?.['occurredOn'] }
  },
  async beforeParentCreate(tx, { entity, doc }, input) {
    const resource = livingResource(entity)
    const history: EventInput[] = []
    for (const { event, pointer } of await initialEvents(tx, resource, doc, input)) {
      const index = placeEvent(resource.lifecycle, history, event, tx.now, pointer)
      history.splice(index, 0, event)
    }
    doc['status'] = history.at(-1)?.status ?? null
    doc['statusSince'] = history.at(-1)?.occurredOn ?? null
    return history.map((event) => ({ ...event }))
  },
  beforeParentUpdate: moveStart,
  example: { status: 'under-consideration', occurredOn: '2022-09-16' },
})

const stepOf = (event: Record<string, unknown>) => event as unknown as Step

function livingResource(entity: Entity): LivingResource {
  const resource = entity as LivingResource
  if (!resource.lifecycle) throw new Error(`A ${entity.kind} has no lifecycle.`)
  return resource
}

/** The events that a new record comes with, its start first, each with the place of its date in the body. */
async function initialEvents(
  tx: WriteTransaction,
  { lifecycle: { initial }, startsOn }: LivingResource,
  doc: Doc,
  input: Record<string, unknown>,
): Promise<{ event: EventInput; pointer: string }[]> {
  const sent = ((input['events'] ?? []) as EventInput[]).map((event, index) => ({
    event,
    pointer: `/events/${index}/occurredOn`,
  }))
  const first = sent[0]?.event
  const status = input['status'] as string | undefined
  const meetingId = (doc['meetingId'] ?? null) as string | null
  if (!startsOn) {
    if (first && status === undefined && initial.includes(first.status)) return sent
    const occurredOn = await startDateOf(tx, meetingId)
    const start = { status: status ?? initial[0], occurredOn, meetingId }
    return [{ event: start, pointer: '/meetingId' }, ...sent]
  }
  const start = { status: status ?? initial[0], occurredOn: String(doc[startsOn]), meetingId }
  // A history that was exported from here begins with the start itself.
  const isStart =
    first?.status === start.status &&
    first.occurredOn === start.occurredOn &&
    (first.meetingId ?? meetingId) === meetingId
  if (!isStart) return [{ event: start, pointer: `/${startsOn}` }, ...sent]
  return sent.with(0, { event: { ...first, meetingId }, pointer: '/events/0/occurredOn' })
}

async function startDateOf(tx: WriteTransaction, meetingId: string | null): Promise<string | null> {
  const meeting = meetingId && (await findRecord(tx, tx.catalogue.entity('meeting'), meetingId))
  return meeting ? String(parse(meeting)['startDate']) : null
}

/** Keeps date and meeting of the first event equal to those of its record. */
async function moveStart(tx: WriteTransaction, entity: Entity, before: Doc, after: Doc): Promise<void> {
  const { startsOn } = livingResource(entity)
  const isRedated = startsOn !== undefined && before[startsOn] !== after[startsOn]
  if (!isRedated && before['meetingId'] === after['meetingId']) return
  const [start, next] = await childrenOf(tx, events, after.id)
  if (!start) return
  const change: Partial<EventInput> = {}
  if (isRedated) {
    change.occurredOn = String(after[startsOn])
    refuseFuture(change.occurredOn, tx.now, `/${startsOn}`)
    if (next && String(next['occurredOn']) < change.occurredOn) {
      throw inconsistent([
        { pointer: `/${startsOn}`, detail: `It was ${next['status']} on ${next['occurredOn']} already.` },
      ])
    }
    if (!next) after['statusSince'] = change.occurredOn
  }
  // A start at another meeting than the record named stays there.
  if (start['meetingId'] === before['meetingId']) change.meetingId = after['meetingId'] as string | null
  await updateRecord(tx, events, start, { ...change })
}

function refuseFuture(date: string, now: Date, pointer: string): void {
  if (date > latestToday(now))
    throw inconsistent([{ pointer, detail: `${date} lies in the future; an event has happened.` }])
}

/**
 * @param pointer where the date of the event stands in the body
 * @returns the index in the history at which the event belongs
 * @throws Problem `illegal-transition` with the legal statuses
 */
function placeEvent(
  lifecycle: Lifecycle,
  history: readonly Step[],
  event: Step,
  now: Date,
  pointer = '/occurredOn',
): number {
  if (event.occurredOn !== null) refuseFuture(event.occurredOn, now, pointer)
  const placed = placeStep(lifecycle, history, event)
  if (placed.legal) return placed.index
  throw new Problem('illegal-transition', placed.detail, {
    errors: [{ pointer: pointer.replace(/occurredOn$/, 'status'), detail: placed.detail }],
    extra: { legal: placed.allowed },
  })
}
