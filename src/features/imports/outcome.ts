// Collects the outcome of an import: counts by kind, and the faults of rows.
import { Problem, type ProblemCode } from '../../core/problems.ts'
import type { Json } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Difference } from '../../records/write/fill.ts'
import type { Origin, Stage } from './staging.ts'

/** A fault of a row, or of a file if `row` is null. */
export interface RowFault {
  file: string
  row: number | null
  line: number | null
  /** Dotted, list positions from 0: `topicIds.1`. Null for the whole row. */
  field: string | null
  detail: string
  type: `/problems/${ProblemCode}`
}

/** A value of a row that differs from that of the record that it was recognised as. */
export interface RowDifference {
  file: string
  row: number | null
  line: number | null
  /** Dotted, like that of a fault. */
  field: string
  /** The record or part that was recognised. */
  id: string
  record: Json
  report: Json
}

export interface ImportCounts {
  kind: Kind
  created: number
  changed: number
  unchanged: number
}

export interface ImportResult {
  rows: number
  /** The records that were, or would be, written, by kind. */
  summary: ImportCounts[]
  /** How many values of rows differ from those of the records that they were recognised as; the records keep theirs. */
  differenceCount: number
  /** The first differences. */
  differences: RowDifference[]
  errorCount: number
  /** The first faults. */
  errors: RowFault[]
}

/** The maximum number of reported faults. */
export const MAX_ERRORS = 1000

/** The maximum number of reported faults of one row. */
export const MAX_FAULTS_OF_ROW = 100

export class Outcome {
  /** The number of rows in the files. */
  rows = 0
  readonly #stage: Stage
  readonly #counts = new Map<Kind, ImportCounts>()
  readonly #errors: RowFault[] = []
  readonly #differences: RowDifference[] = []
  readonly #failed = new Set<number>()
  #errorCount = 0
  #differenceCount = 0

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** @param kinds in the order of the summary */
  result(kinds: readonly Kind[]): ImportResult {
    return {
      rows: this.rows,
      summary: kinds.flatMap((kind) => this.#counts.get(kind) ?? []),
      differenceCount: this.#differenceCount,
      differences: this.#differences,
      errorCount: this.#errorCount,
      errors: this.#errors,
    }
  }

  /** Whether a row has faults. */
  hasFailed(index: number): boolean {
    return this.#failed.has(index)
  }

  count(kind: Kind, outcome: 'created' | 'changed' | 'unchanged'): void {
    const counts = this.#counts.get(kind) ?? { kind, created: 0, changed: 0, unchanged: 0 }
    counts[outcome]++
    this.#counts.set(kind, counts)
  }

  /** Runs work on a row; a problem becomes a fault of the row. */
  async collect(index: number, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.addProblem(index, error)
    }
  }

  addProblem(index: number, problem: Problem): void {
    this.#failed.add(index)
    const origin = this.#stage.origin(index)
    const faults = problem.errors ?? [{ detail: problem.message }]
    this.#errorCount += Math.max(0, faults.length - MAX_FAULTS_OF_ROW)
    for (const { pointer = '', detail } of faults.slice(0, MAX_FAULTS_OF_ROW))
      this.addFault(origin, fieldOf(origin, pointer) || null, detail, problem.code)
  }

  /** @param id of the record or part that the row was recognised as */
  addDifferences(index: number, id: string, differences: readonly Difference[]): void {
    this.#differenceCount += differences.length
    const origin = this.#stage.origin(index)
    const { file, row, line } = origin
    for (const { field, record, report } of differences.slice(0, MAX_ERRORS - this.#differences.length))
      this.#differences.push({ file, row, line, field: fieldOf(origin, field), id, record, report })
  }

  addFault(
    { file, row, line }: Pick<RowFault, 'file' | 'row' | 'line'>,
    field: string | null,
    detail: string,
    code: ProblemCode = 'invalid-body',
  ): void {
    this.#errorCount++
    if (this.#errors.length < MAX_ERRORS)
      this.#errors.push({ file, row, line, field, detail, type: `/problems/${code}` })
  }
}

/** The dotted path of a JSON Pointer into a row or a child in it. */
function fieldOf({ within }: Origin, pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  return [...(within ? [within.at] : []), ...steps].join('.')
}
