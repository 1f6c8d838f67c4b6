// The lives of proposals and agreements: which status may follow which, and when.

export interface Lifecycle {
  /** Whose life it is. */
  of: 'Proposal' | 'Agreement'
  /** The statuses in which a record may start; the first is the default. */
  initial: readonly [string, ...string[]]
  /** From each status, those that may follow it. */
  moves: Readonly<Record<string, readonly string[]>>
  /** The statuses from which more is to be expected: what `stalledSince` asks about. */
  open: readonly string[]
}

/** One dated step. `occurredOn` is a partial date; null only for a start whose date nobody recorded. */
export interface Step {
  status: string
  occurredOn: string | null
}

export const statusesOf = (lifecycle: Lifecycle) => Object.keys(lifecycle.moves)

/** The statuses that may stand between two others (`undefined`: nothing stands before, or after). */
function legalBetween(lifecycle: Lifecycle, before: string | undefined, after: string | undefined): string[] {
  const reachable = before === undefined ? lifecycle.initial : (lifecycle.moves[before] ?? [])
  return reachable.filter((status) => after === undefined || lifecycle.moves[status]?.includes(after))
}

export type Placed = { legal: true; index: number } | { legal: false; allowed: string[]; detail: string }

/**
 * Where a new step belongs in a history that is in order of date: behind every step of the same or an
 * earlier date (a partial date stands at the head of its period). It is legal when the steps on both sides allow it.
 */
export function placeStep(lifecycle: Lifecycle, history: readonly Step[], step: Step): Placed {
  const date = step.occurredOn
  if (date === null) {
    if (history.length === 0 && lifecycle.initial.includes(step.status)) return { legal: true, index: 0 }
    return {
      legal: false,
      allowed: history.length === 0 ? [...lifecycle.initial] : [],
      detail: 'Only the start of a life may be undated.',
    }
  }
  let index = history.length
  while (index > 0 && (history[index - 1]?.occurredOn ?? '') > date) index--
  const before = history[index - 1]?.status
  const after = history[index]?.status
  const allowed = index === 0 && history.length > 0 ? [] : legalBetween(lifecycle, before, after)
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
 * proposed → under-consideration → adopted | rejected | deferred | withdrawn; deferred comes back for
 * consideration; adopted → implemented; proposed may go straight to any decision.
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
 * entry into force (24), termination (54). The first three are ours.
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
