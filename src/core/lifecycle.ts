// The lifecycles of proposals and agreements: which status may follow which.
import { compareDates } from './dates.ts'

export interface Lifecycle {
  of: 'Proposal' | 'Agreement'
  /** The statuses in which a record may start; the first is the default. */
  initial: readonly [string, ...string[]]
  /** From each status, those that may follow it. */
  moves: Readonly<Record<string, readonly string[]>>
  /** The statuses in which further events are expected; only these records can be stalled. */
  open: readonly string[]
}

/** One dated step. `occurredOn` is an EDTF date; null only for a first step with an unknown date. */
export interface Step {
  status: string
  occurredOn: string | null
}

export const statusesOf = (lifecycle: Lifecycle) => Object.keys(lifecycle.moves)

/** The statuses allowed between two others; undefined: there is no earlier, or no later, status. */
function legalBetween(lifecycle: Lifecycle, before: string | undefined, after: string | undefined): string[] {
  const reachable = before === undefined ? lifecycle.initial : (lifecycle.moves[before] ?? [])
  return reachable.filter((status) => after === undefined || lifecycle.moves[status]?.includes(after))
}

export type Placed = { legal: true; index: number } | { legal: false; allowed: string[]; detail: string }

/**
 * Finds the index of a new step in a history sorted by date: after all steps of the same or an earlier date. Dates
 * are compared by their sort keys. The step is legal if the steps before and after allow it.
 */
export function placeStep(lifecycle: Lifecycle, history: readonly Step[], step: Step): Placed {
  const date = step.occurredOn
  const isEmpty = history.length === 0
  if (date === null) {
    const allowed = isEmpty ? [...lifecycle.initial] : []
    if (allowed.includes(step.status)) return { legal: true, index: 0 }
    return { legal: false, allowed, detail: 'Only the first event may be undated.' }
  }
  const index = history.findLastIndex(({ occurredOn }) => compareDates(occurredOn, date) <= 0) + 1
  const before = history[index - 1]?.status
  const after = history[index]?.status
  const allowed = index === 0 && !isEmpty ? [] : legalBetween(lifecycle, before, after)
  if (allowed.includes(step.status)) return { legal: true, index }
  const where =
    before === undefined
      ? 'before the start of the record'
      : `after ${JSON.stringify(before)}${after === undefined ? '' : ` and before ${JSON.stringify(after)}`}`
  return {
    legal: false,
    allowed,
    detail: `On ${date}, ${where}, the status cannot become ${JSON.stringify(step.status)}.`,
  }
}

/**
 * proposed → under-consideration → adopted | rejected | deferred | withdrawn; deferred → under-consideration;
 * adopted → implemented; proposed may go straight to any decision.
 */
export const proposalLifecycle = {
  of: 'Proposal',
  initial: ['proposed'],
  moves: {
    proposed: ['under-consideration', 'adopted', 'rejected', 'deferred', 'withdrawn'],
    'under-consideration': ['adopted', 'rejected', 'deferred', 'withdrawn'],
    deferred: ['under-consideration'],
    adopted: ['implemented'],
    rejected: [],
    withdrawn: [],
    implemented: [],
  },
  open: ['proposed', 'under-consideration', 'deferred'],
} as const satisfies Lifecycle

/**
 * The stages of an agreement, forward only, any of them skipped. From text-adopted on they are those of the
 * Vienna Convention on the Law of Treaties: adoption (article 9), authentication (10), signature (11, 12),
 * entry into force (24), termination (54). The first three are not part of it.
 */
const STAGES = [
  'drafting',
  'drafted',
  'under-consideration',
  'text-adopted',
  'authenticated',
  'signed',
  'in-force',
  'terminated',
] as const

export const agreementLifecycle = {
  of: 'Agreement',
  initial: ['drafting', 'drafted'],
  moves: Object.fromEntries([
    ...STAGES.map((stage, index) => [
      stage,
      [...STAGES.slice(index + 1), ...(index < STAGES.indexOf('signed') ? ['withdrawn'] : [])],
    ]),
    ['withdrawn', []],
  ]) as Record<(typeof STAGES)[number] | 'withdrawn', string[]>,
  open: ['drafting', 'drafted', 'under-consideration', 'text-adopted', 'authenticated', 'signed'],
} as const satisfies Lifecycle
