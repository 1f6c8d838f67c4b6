// Checks a draft by a dry run of its report: what would become of each card, and all that is wrong with it.
import type { z } from 'zod'
import { bodyProblem } from '../../core/body-problem.ts'
import { type Fault, Problem } from '../../core/problems.ts'
import { reportBody } from '../../features/reports/routes.ts'
import type { Outcome, PartOutcome, Report } from '../../features/reports/write.ts'
import type { Author } from '../../records/schema/catalogue.ts'
import type { Records } from '../../records/write/records.ts'
import { cardsOf, type DraftContent, isLoose, referencesOf, SOURCE_KEY } from './model.ts'
import { type Place, placeOf, toReport, withDependents } from './report.ts'
import { writeDraft } from './write.ts'

/** What is wrong with a card. */
export interface CardFault {
  /** A JSON Pointer into the fields of the card, or of its quote. */
  pointer: string
  /** The index of the quote that it is about; null: the card itself. */
  quote: number | null
  /** In English. */
  detail: string
}

/** What would become of a card. */
export type CardState =
  | { is: 'written'; outcome: Outcome | PartOutcome }
  /** It adds quotes to a record. */
  | { is: 'added' }
  | { is: 'faulty'; code: string; faults: CardFault[]; candidates: Candidate[] }
  /** It refers to cards that are faulty. */
  | { is: 'waiting' }
  /** It belongs to no record. */
  | { is: 'loose' }

/** A stored record that a card may describe. */
export interface Candidate {
  id: string
  title: string
}

export interface DraftCheck {
  states: ReadonlyMap<string, CardState>
  /** Whether the report can be written. */
  isComplete: boolean
}

/** How many dry runs are made to find faults that only the record shows: each ends at its first. */
const MAX_RUNS = 8

class DryRunDone extends Error {
  readonly outcomes: Outcome[]

  constructor(outcomes: Outcome[]) {
    super('A dry run.')
    this.outcomes = outcomes
  }
}

export async function checkDraft(records: Records, author: Author, draft: DraftContent): Promise<DraftCheck> {
  const { catalogue } = records
  const schema = reportBody(catalogue)
  const states = new Map<string, CardState>()
  for (const card of draft.cards) if (isLoose(catalogue, card)) states.set(card.key, { is: 'loose' })
  const whole = toReport(catalogue, draft)
  const parsed = schema.safeParse(whole.report)
  if (parsed.error)
    for (const [key, faults] of schemaFaults(parsed.error, whole.places)) states.set(key, faults)
  let written: Map<string, CardState> | null = null
  let { source } = draft
  let canWrite = !states.has(SOURCE_KEY)
  for (let run = 0; run < MAX_RUNS && written === null && canWrite; run++) {
    const without = withDependents(draft, states.keys())
    const isWhole = parsed.success && without.size === 0 && source === draft.source
    const { report, places } = isWhole ? whole : toReport(catalogue, { ...draft, source }, without)
    const checked = isWhole ? parsed.data : schema.parse(report)
    const result = await dryRun(records, author, draft, checked as unknown as Report)
    if (result instanceof Problem) {
      const [key, state] = faultOf(result, places)
      if (states.has(key)) break
      states.set(key, state)
      if (key !== SOURCE_KEY) continue
      // The cards of a source that may be stored already are checked as if it was another one.
      const candidates = state.is === 'faulty' ? state.candidates.map(({ id }) => id) : []
      source = { ...source, distinctFrom: [...source.distinctFrom, ...candidates] }
      canWrite = candidates.length > 0
    } else written = writtenStates(result, places)
  }
  const faulty = [...states.keys()]
  const waiting = new Set(
    cardsOf(draft).filter((card) => [...referencesOf(card)].some((key) => states.has(key))),
  )
  for (const card of cardsOf(draft)) {
    const state = waiting.has(card) ? undefined : written?.get(card.key)
    if (!states.has(card.key)) states.set(card.key, state ?? { is: 'waiting' })
  }
  return { states, isComplete: faulty.length === 0 && written !== null }
}

/** The faults of values that do not match the schema: those of all cards at once. */
function schemaFaults(error: z.ZodError, places: readonly Place[]): Map<string, CardState> {
  const { errors = [] } = bodyProblem(error)
  const byCard = Map.groupBy(errors, ({ pointer = '' }) => placeOf(places, pointer)?.key ?? 'source')
  return new Map(
    [...byCard].map(([key, faults]) => [
      key,
      {
        is: 'faulty',
        code: 'invalid-body',
        faults: faults.map((fault) => cardFault(fault, places)),
        candidates: [],
      },
    ]),
  )
}

function cardFault({ pointer = '', detail }: Fault, places: readonly Place[]): CardFault {
  const place = placeOf(places, pointer)
  return { pointer: place?.rest ?? '', quote: place?.quote ?? null, detail }
}

async function dryRun(
  records: Records,
  author: Author,
  draft: DraftContent,
  report: Report,
): Promise<Outcome[] | Problem> {
  try {
    return await records.write(
      author,
      async (tx) => {
        throw new DryRunDone(await writeDraft(records, tx, draft, report))
      },
      { isRehearsal: true },
    )
  } catch (error) {
    if (error instanceof DryRunDone) return error.outcomes
    if (error instanceof Problem) return error
    throw error
  }
}

/** The card that a problem is about, and what is wrong with it. */
function faultOf(problem: Problem, places: readonly Place[]): [key: string, state: CardState] {
  const errors = problem.errors ?? [{ pointer: '', detail: problem.message }]
  const key = placeOf(places, errors[0]?.pointer ?? '')?.key ?? 'source'
  const { candidates = [] } = (problem.extra ?? {}) as { candidates?: Candidate[] }
  const isAboutRecords = problem.code === 'possible-duplicate' || problem.code === 'ambiguous-match'
  return [
    key,
    {
      is: 'faulty',
      code: problem.code,
      faults: errors.map((fault) => cardFault(fault, places)),
      candidates: isAboutRecords ? candidates : [],
    },
  ]
}

function writtenStates(outcomes: readonly Outcome[], places: readonly Place[]): Map<string, CardState> {
  const states = new Map<string, CardState>()
  for (const outcome of outcomes) {
    const pointer = pointerOf(outcome, outcomes)
    const place = placeOf(places, pointer)
    for (const { key } of places.filter((each) => each.pointer === pointer))
      states.set(key, outcome.key === key || key === 'source' ? { is: 'written', outcome } : { is: 'added' })
    for (const part of outcome.parts) {
      const at = placeOf(places, `${pointer}/${part.list}/${part.index}`)
      if (at && at.pointer !== place?.pointer) states.set(at.key, { is: 'written', outcome: part })
    }
  }
  return states
}

/** Where the item of an outcome is in the report: outcomes of a section are in the order of its items. */
function pointerOf(outcome: Outcome, outcomes: readonly Outcome[]): string {
  if (outcome.section === 'source') return '/source'
  const ofSection = outcomes.filter(({ section }) => section === outcome.section)
  return `/${outcome.section}/${ofSection.indexOf(outcome)}`
}
