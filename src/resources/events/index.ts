// The life of a proposal or an agreement: its events, and the status that follows from them.
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
import type { Reader } from '../../db/engine.ts'
import { anyId, named, partialDate, ref, text } from '../../records/schema/fields.ts'
import {
  type Catalogue,
  type Doc,
  defineEntity,
  type Entity,
  type Resource,
} from '../../records/schema/resource.ts'
import {
  type Attachment,
  type Extension,
  parse,
  type Records,
  type WriteTransaction,
} from '../../records/write/records.ts'
import { events as table } from './table.ts'

/** A step as clients write it. */
export interface EventInput extends Step {
  /** Of an event that has one already, in what is taken over from elsewhere. */
  id?: string
  meetingId?: string | null
  note?: string | null
}

export const events = defineEntity({
  kind: 'event',
  about: 'A step in the life of a proposal or an agreement.',
  table,
  fields: {
    recordKind: z
      .enum(['proposal', 'agreement'])
      .meta({ description: 'What kind of record it happened to.' }),
    recordId: anyId('The id of the record it happened to.'),
    status: named(
      'EventStatus',
      z.enum([...new Set([...statusesOf(proposalLifecycle), ...statusesOf(agreementLifecycle)])]),
    ).meta({ description: 'The status that began.' }),
    occurredOn: partialDate('When it began; null for a start whose date nobody recorded.').nullable(),
    meetingId: ref('meeting', 'The meeting at which it happened.').nullable(),
    note: text(5000, 'What a reader should know about it.').nullable(),
  },
  required: ['recordKind', 'recordId', 'status'],
  example: { status: 'under-consideration', occurredOn: '2022-09-16' },
})

/** The history of a record, in order of date. */
export async function historyOf(records: Records, reader: Reader, recordId: string): Promise<Doc[]> {
  const stored = (await records.childrenOf(reader, events, recordId)).map(parse)
  return stored.sort((one, other) => compare(dateOf(one), dateOf(other)))
}

/** Moves a record: keeps the event, and lets the status follow. @throws Problem `illegal-transition` with the legal ones */
export async function addEvent(
  records: Records,
  tx: WriteTransaction,
  resource: Resource,
  record: Doc,
  input: EventInput,
  id?: string,
): Promise<Doc> {
  const { lifecycle } = resource
  if (!lifecycle) throw new Error(`A ${resource.kind} has no lifecycle.`)
  const history = await historyOf(records, tx, record.id)
  place(lifecycle, history as unknown as Step[], input, tx.now)
  const event = await records.create(
    tx,
    events,
    { ...input },
    { recordKind: resource.kind, recordId: record.id },
    id,
  )
  await followEvents(records, tx, resource, record)
  return event
}

/** The same status since the same day is the same step. */
export const eventAttachment: Attachment = {
  kind: 'event',
  shape: (holder) => (holder as Resource).event ?? null,
  add: (records, tx, holder, record, input, id) =>
    addEvent(records, tx, holder as Resource, record, input as unknown as EventInput, id),
  async same(records, reader, record, { status, occurredOn }) {
    const history = await historyOf(records, reader, record.id)
    return history.find((event) => event['status'] === status && event['occurredOn'] === (occurredOn ?? null))
  },
}

/** The status of a record is that of its latest event. */
async function followEvents(
  records: Records,
  tx: WriteTransaction,
  resource: Resource,
  record: Doc,
): Promise<void> {
  const last = (await historyOf(records, tx, record.id)).at(-1)
  if (last)
    await records.update(tx, resource, record, { status: last['status'], statusSince: last['occurredOn'] })
}

/** Gives every new proposal and agreement its first event, and keeps that event's date and meeting in step. */
export function eventExtension(catalogue: Catalogue, records: () => Records): Extension {
  const lifecycleOf = (entity: Entity): (Resource & { lifecycle: Lifecycle }) | undefined => {
    const resource = catalogue.resources.find(({ kind }) => kind === entity.kind)
    return resource?.lifecycle ? (resource as Resource & { lifecycle: Lifecycle }) : undefined
  }
  return {
    async beforeCreate(tx, entity, doc, input) {
      const resource = lifecycleOf(entity)
      if (!resource) return undefined
      const steps = await startOf(records(), tx, resource, doc, input)
      // Before the events as they were given stands the start, unless the first of them is that itself.
      const made = steps.length - ((input['events'] ?? []) as EventInput[]).length
      const life: EventInput[] = []
      for (const [index, step] of steps.entries()) {
        const pointer =
          index < made ? `/${resource.startsOn ?? 'meetingId'}` : `/events/${index - made}/occurredOn`
        life.splice(place(resource.lifecycle, life, step, tx.now, pointer), 0, step)
      }
      doc['status'] = life.at(-1)?.status ?? null
      doc['statusSince'] = life.at(-1)?.occurredOn ?? null
      return async () => {
        const derived = { recordKind: resource.kind, recordId: doc.id }
        for (const { id, ...step } of life) await records().create(tx, events, step, derived, id)
      }
    },
    async beforeUpdate(tx, entity, before, after) {
      const resource = lifecycleOf(entity)
      if (!resource) return
      const { startsOn } = resource
      const redated = startsOn !== undefined && before[startsOn] !== after[startsOn]
      if (!redated && before['meetingId'] === after['meetingId']) return
      const [start, next] = await historyOf(records(), tx, after.id)
      if (!start) return
      const change: Partial<EventInput> = {}
      if (redated) {
        change.occurredOn = String(after[startsOn])
        refuseFuture(change.occurredOn, tx.now, `/${startsOn}`)
        if (next && dateOf(next) < change.occurredOn) {
          throw inconsistent([
            { pointer: `/${startsOn}`, detail: `It was ${next['status']} on ${next['occurredOn']} already.` },
          ])
        }
        if (!next) after['statusSince'] = change.occurredOn
      }
      // Where it began is where it was put forward: a meeting that the record no longer names is let go.
      if (start['meetingId'] === before['meetingId']) change.meetingId = after['meetingId'] as string | null
      await records().update(tx, events, start, { ...change })
    },
  }
}

/** The events that a new record comes with, its start first. */
async function startOf(
  records: Records,
  tx: WriteTransaction,
  resource: Resource & { lifecycle: Lifecycle },
  doc: Doc,
  input: Record<string, unknown>,
): Promise<[EventInput, ...EventInput[]]> {
  const { initial } = resource.lifecycle
  const given = (input['events'] ?? []) as EventInput[]
  const status = (input['status'] as string | undefined) ?? initial[0]
  const [first, ...rest] = given
  if (resource.startsOn) {
    const start: EventInput = {
      status,
      occurredOn: String(doc[resource.startsOn]),
      meetingId: (doc['meetingId'] ?? null) as string | null,
    }
    // A history that was read here begins with the start itself.
    const isStart =
      first?.status === status &&
      first.occurredOn === start.occurredOn &&
      (first.meetingId ?? start.meetingId) === start.meetingId
    return isStart ? [{ ...start, ...first, meetingId: start.meetingId ?? null }, ...rest] : [start, ...given]
  }
  if (first && input['status'] === undefined && initial.includes(first.status)) return [first, ...rest]
  const meetingId = doc['meetingId'] as string | null
  const meeting = meetingId
    ? await records.find(tx, records.catalogue.entity('meeting'), meetingId)
    : undefined
  return [{ status, occurredOn: meeting ? String(parse(meeting)['startDate']) : null, meetingId }, ...given]
}

function refuseFuture(date: string, now: Date, pointer: string): void {
  if (date > latestToday(now)) {
    throw inconsistent([{ pointer, detail: `${date} lies in the future; an event has happened.` }])
  }
}

/**
 * @param pointer where the date of the step stands in the body
 * @returns the index at which the step belongs
 */
function place(
  lifecycle: Lifecycle,
  history: readonly Step[],
  step: Step,
  now: Date,
  pointer = '/occurredOn',
): number {
  if (step.occurredOn !== null) refuseFuture(step.occurredOn, now, pointer)
  const placed = placeStep(lifecycle, history, step)
  if (placed.legal) return placed.index
  throw new Problem('illegal-transition', placed.detail, {
    errors: [{ pointer: pointer.replace(/occurredOn$/, 'status'), detail: placed.detail }],
    extra: { legal: placed.allowed },
  })
}

const dateOf = (event: Doc) => (event['occurredOn'] ?? '') as string

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
