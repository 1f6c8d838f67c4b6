// Events: the changes of status of a proposal or an agreement.
import { z } from 'zod'
import { compareDates, latestToday, sortKey } from '../../core/dates.ts'
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
import { type Child, defineChild, type WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { choice, date, recordId, ref, text } from '../../records/schema/fields.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'
import { updateRecord } from '../../records/write/operations.ts'

/** A step as clients send it; with an id in imports. */
interface EventInput extends Step {
  id?: string
  meetingId?: string | null
  note?: string | null
}

type LifecycleResource = Resource & { lifecycle: Lifecycle; event: z.ZodObject }

export const events: Child = defineChild({
  kind: 'event',
  path: 'events',
  about: 'A change of the status of a proposal or an agreement.',
  of: ['proposal', 'agreement'],
  fields: {
    recordKind: z.enum(['proposal', 'agreement']).meta({ description: 'The kind of the record.' }),
    recordId: recordId('The id of the record.'),
    status: choice(
      'EventStatus',
      [...new Set([...statusesOf(proposalLifecycle), ...statusesOf(agreementLifecycle)])] as [string],
      'The new status.',
      { required: true, column: true },
    ),
    occurredOn: date('When the status began; null for a first event with an unknown date.', {
      filter: 'occurred',
    }),
    meetingId: ref('meeting', 'The meeting at which it happened.'),
    note: text(5000, 'Remarks about the event.'),
  },
  sameBy: ['status', 'occurredOn'],
  orderBy: 'occurredOn',
  happenedOn: 'occurredOn',
  createShape: (parent) => lifecycleResource(parent).event,
  operations: {
    list: 'All events, in order of date; undated events come first.',
    create:
      'The status of the record becomes that of its latest event. An event may be back-dated if its lifecycle allows that; otherwise the problem lists the allowed statuses.',
    get: 'The new status, its date and its meeting.',
  },
  createProblems: ['illegal-transition'],
  async beforeCreate(tx, { entity, doc }, input) {
    const history = (await childrenOf(tx, events, doc.id)).map(stepOf)
    placeEvent(lifecycleResource(entity).lifecycle, history, stepOf(input), tx.now)
    return input
  },
  async parentFields(tx, { doc }) {
    const last = (await childrenOf(tx, events, doc.id)).at(-1)
    return { status: last?.['status'] ?? null, statusSince: last?.['occurredOn'] ?? null }
  },
  async beforeParentCreate(tx, { entity, doc }, input) {
    const resource = lifecycleResource(entity)
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

function lifecycleResource(entity: Entity): LifecycleResource {
  const resource = entity as LifecycleResource
  if (!resource.lifecycle) throw new Error(`A ${entity.kind} has no lifecycle.`)
  return resource
}

/** The initial events of a new record, each with the pointer to its date in the body. */
async function initialEvents(
  tx: WriteTransaction,
  { lifecycle: { initial }, startsOn }: LifecycleResource,
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
  // An exported history already includes the first event.
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

/** Updates date and meeting of the first event when those of its record change. */
async function moveStart(tx: WriteTransaction, entity: Entity, before: Doc, after: Doc): Promise<void> {
  const { startsOn } = lifecycleResource(entity)
  const isRedated = startsOn !== undefined && before[startsOn] !== after[startsOn]
  if (!isRedated && before['meetingId'] === after['meetingId']) return
  const [start, next] = await childrenOf(tx, events, after.id)
  if (!start) return
  const change: Partial<EventInput> = {}
  if (isRedated) {
    change.occurredOn = String(after[startsOn])
    refuseFuture(change.occurredOn, tx.now, `/${startsOn}`)
    if (next && compareDates(String(next['occurredOn']), change.occurredOn) < 0) {
      throw inconsistent([
        {
          pointer: `/${startsOn}`,
          detail: `The next event is earlier: ${next['status']} on ${next['occurredOn']}.`,
        },
      ])
    }
    if (!next) after['statusSince'] = change.occurredOn
  }
  // A first event at another meeting than that of the record keeps it.
  if (start['meetingId'] === before['meetingId']) change.meetingId = after['meetingId'] as string | null
  await updateRecord(tx, events, start, { ...change })
}

function refuseFuture(date: string, now: Date, pointer: string): void {
  if (sortKey(date) > latestToday(now)) throw inconsistent([{ pointer, detail: `${date} is in the future.` }])
}

/**
 * @param pointer to the date of the event in the body
 * @returns the index of the event in the history
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
