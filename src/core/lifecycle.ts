// The lifecycles of proposals and agreements: which status may follow which, and the order of events with uncertain dates.
import { sortKey, spanOf } from './dates.ts'

export interface Lifecycle {
  of: 'Proposal' | 'Agreement'
  /** From each status, those that may follow it. A record may start with any of them. */
  moves: Readonly<Record<string, readonly string[]>>
  /** The statuses in which further events are expected; only these records can be stalled. */
  open: readonly string[]
  /** Types of events that happen once: to the whole, and to each party. */
  once: readonly string[]
  /** Further types of events of the whole, which leave the status as it is. */
  remarks: readonly string[]
  /** Types of events of one party, a state or an organization; they leave the status as it is. */
  ofParty: readonly string[]
}

/** An event that changes the status. `occurredOn` is an EDTF date; null: unknown. */
export interface Step {
  type: string
  occurredOn: string | null
}

export const statusesOf = (lifecycle: Lifecycle) => Object.keys(lifecycle.moves)

/** All types of events of a lifecycle. */
export const eventTypesOf = (lifecycle: Lifecycle) => [
  ...new Set([...statusesOf(lifecycle), ...lifecycle.remarks, ...lifecycle.ofParty]),
]

/** Whether an event changes the status: one of the whole record, with a status as its type. */
export const isStep = (
  lifecycle: Lifecycle,
  { type, stateCode, organizationId }: { type: string; stateCode?: unknown; organizationId?: unknown },
) => type in lifecycle.moves && (stateCode ?? organizationId ?? null) === null

export type Ordered<S extends Step> =
  /** The steps in order, each with its place: a day and a number, which sort as text. */
  { legal: true; steps: { step: S; place: string }[] } | { legal: false }

/** How many positions of steps are tried before a history is refused. */
const MAX_TRIES = 2_000

/**
 * Orders the steps of a record. A step comes before all that are certainly later. Of the legal orders, the one with the
 * earliest days is taken, and on the same day that of the lifecycle, so the result does not depend on the order of writing.
 */
export function orderSteps<S extends Step>(lifecycle: Lifecycle, steps: readonly S[]): Ordered<S> {
  const rank = new Map(statusesOf(lifecycle).map((status, index) => [status, index]))
  const sorted = steps.toSorted(
    (one, other) =>
      compare(keyOf(one), keyOf(other)) ||
      (rank.get(one.type) ?? 0) - (rank.get(other.type) ?? 0) ||
      compare(one.occurredOn ?? '', other.occurredOn ?? ''),
  )
  const spans = sorted.map(({ occurredOn }) => (occurredOn === null ? null : spanOf(occurredOn)))
  const isCertainlyBefore = (one: number, other: number) => {
    const [a, b] = [spans[one], spans[other]]
    return a && b && a.last < b.first
  }
  const failed = new Set<string>()
  let tries = 0
  /** Orders the steps with these indices. */
  const follow = (rest: readonly number[], last: string | undefined): number[] | null => {
    if (rest.length === 0) return []
    if (failed.size > 0 && failed.has(`${last} ${rest}`)) return null
    for (const index of rest) {
      if (++tries > MAX_TRIES) return null
      const { type } = sorted[index] as S
      if (last !== undefined && !lifecycle.moves[last]?.includes(type)) continue
      if (rest.some((other) => isCertainlyBefore(other, index))) continue
      const others = follow(
        rest.filter((other) => other !== index),
        type,
      )
      if (others) return [index, ...others]
    }
    failed.add(`${last} ${rest}`)
    return null
  }
  const ordered = follow([...sorted.keys()], undefined)
  return ordered
    ? { legal: true, steps: withPlaces(ordered.map((index) => sorted[index] as S)) }
    : { legal: false }
}

/** A step with an early but uncertain date takes the day of the step that it must follow. */
function withPlaces<S extends Step>(steps: readonly S[]): { step: S; place: string }[] {
  let day = UNDATED
  let number = 0
  return steps.map((step) => {
    const key = keyOf(step)
    if (key > day) [day, number] = [key, 0]
    number += 1
    return { step, place: `${day}.${String(number).padStart(3, '0')}` }
  })
}

const UNDATED = '0000-00-00'

const keyOf = ({ occurredOn }: Step) => (occurredOn === null ? UNDATED : sortKey(occurredOn))

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

/** The types that a step could have instead, so that the history is legal. */
export const legalTypes = (lifecycle: Lifecycle, others: readonly Step[], step: Step): string[] =>
  statusesOf(lifecycle).filter((type) => orderSteps(lifecycle, [...others, { ...step, type }]).legal)

/** The steps directly before and after the date of a step, by their earliest days. */
export function neighbours<S extends Step>(others: readonly S[], step: Step): { before?: S; after?: S } {
  const sorted = others.toSorted((one, other) => compare(keyOf(one), keyOf(other)))
  const before = sorted.findLast((other) => keyOf(other) <= keyOf(step))
  const after = sorted.find((other) => keyOf(other) > keyOf(step))
  return { ...(before && { before }), ...(after && { after }) }
}

/**
 * proposed → under-consideration → adopted → implemented, any of them skipped; rejected, deferred and withdrawn end it
 * unless it is considered again.
 */
export const proposalLifecycle = {
  of: 'Proposal',
  moves: {
    proposed: ['under-consideration', 'deferred', 'rejected', 'withdrawn', 'adopted', 'implemented'],
    'under-consideration': [
      'under-consideration',
      'deferred',
      'rejected',
      'withdrawn',
      'adopted',
      'implemented',
    ],
    deferred: ['under-consideration'],
    rejected: ['under-consideration'],
    withdrawn: ['under-consideration'],
    adopted: ['implemented'],
    implemented: [],
  },
  open: ['proposed', 'under-consideration', 'deferred'],
  once: ['proposed', 'adopted', 'implemented'],
  remarks: ['announced', 'noted'],
  ofParty: ['announced', 'noted'],
} as const satisfies Lifecycle

/**
 * The stages of a document, forward only, any of them skipped. From text-adopted on they are those of the Vienna Convention
 * on the Law of Treaties: adoption (article 9), authentication (10), signature (11, 12), entry into force (24), suspension
 * (57), termination (54). The first three are not part of it.
 */
const STAGES = [
  'drafting',
  'drafted',
  'under-consideration',
  'text-adopted',
  'authenticated',
  'signed',
  'in-force',
  'suspended',
  'terminated',
] as const

/** The ends of a text that was not concluded; it may be considered again. */
const FAILURES = ['not-adopted', 'withdrawn'] as const

type AgreementStatus = (typeof STAGES)[number] | (typeof FAILURES)[number]

const stagesFrom = (index: number): AgreementStatus[] => [
  ...STAGES.slice(index + 1),
  ...(index < STAGES.indexOf('in-force') ? FAILURES : []),
  ...(STAGES[index] === 'under-consideration' ? (['under-consideration'] as const) : []),
  ...(STAGES[index] === 'suspended' ? (['in-force'] as const) : []),
]

export const agreementLifecycle = {
  of: 'Agreement',
  moves: Object.fromEntries<readonly AgreementStatus[]>([
    ...STAGES.map((stage, index): [string, AgreementStatus[]] => [stage, stagesFrom(index)]),
    ...FAILURES.map((failure): [string, AgreementStatus[]] => [failure, ['under-consideration']]),
  ]) as Record<AgreementStatus, readonly AgreementStatus[]>,
  open: ['drafting', 'drafted', 'under-consideration', 'text-adopted', 'authenticated', 'signed'],
  once: ['drafting', 'drafted', 'text-adopted', 'authenticated', 'signed', 'terminated'],
  remarks: ['announced', 'noted', 'opened-for-signature', 'provisionally-applied', 'registered'],
  ofParty: [
    'signed',
    'domestic-approval',
    'consent',
    'provisionally-applied',
    'in-force',
    'reservation',
    'declaration',
    'objection',
    'reservation-withdrawn',
    'consent-withdrawn',
    'denounced',
  ],
} as const satisfies Lifecycle
