// The context of a read: database, catalogue, time and cursor secret.
import { Problem } from '../../core/problems.ts'
import type { Engine, Reader } from '../../db/engine.ts'
import type { Catalogue, CatalogueReader } from '../schema/catalogue.ts'
import type { Resource } from '../schema/resource.ts'
import type { BarPart, Chart } from './chart.ts'
import type { ResolvedFilters } from './plan.ts'

export interface ReadContext {
  catalogue: Catalogue
  engine: Engine
  /** Reads one state of the database. */
  reader: Reader
  now: Date
  cursorSecret: Buffer
  /** Counts in memory; undefined: every count is a query. */
  counts?: Counts
  /** Whether a count that would take long is refused with `TakesLong`. */
  mustBeShort?: boolean
}

/** Counts in memory, of which count-tables.ts is the implementation. */
export interface Counts {
  /**
   * Counts the records of a kind that match, in the state of the snapshot of a context.
   * @returns null if queries must count: if there is no table in that state, or filters need more than a table has
   * @throws TakesLong in that case, in a read that must be short
   */
  count(
    context: ReadContext,
    resource: Resource,
    filters: ResolvedFilters,
    charts: readonly Chart[],
  ): Promise<BarPart[][] | null>
}

/** Thrown by a read that must be short. It runs again as a long one. */
export class TakesLong extends Error {}

interface SnapshotOptions {
  /** `if-needed`: as a short read, and as a long one if that throws `TakesLong`. */
  isLong: boolean | 'if-needed'
  /** Aborted when the client has left: then a read that still waits for others is not done. */
  signal?: AbortSignal
}

/** Runs reads that all see the same state of the database. */
export type ReadSnapshot = <Result>(
  work: (context: ReadContext) => Promise<Result>,
  options?: SnapshotOptions,
) => Promise<Result>

interface ReadDeps extends Omit<ReadContext, 'reader' | 'now' | 'mustBeShort'> {
  clock: () => Date
}

export function snapshotReads({ engine, clock, ...shared }: ReadDeps): ReadSnapshot {
  return async (work, { isLong, signal } = { isLong: false }) => {
    const read = (isLong: boolean, mustBeShort: boolean) =>
      engine.read(
        (reader) => {
          if (signal?.aborted) throw new Problem('unavailable', 'The client has left.')
          return work({ ...shared, engine, reader, now: clock(), mustBeShort })
        },
        { isLong },
      )
    if (isLong !== 'if-needed') return read(isLong, false)
    try {
      return await read(false, true)
    } catch (error) {
      if (!(error instanceof TakesLong)) throw error
      return read(true, false)
    }
  }
}

/** The reader of a snapshot as the rules take it by which records are recognised. */
export const catalogueReader = ({ reader, engine, catalogue }: ReadContext): CatalogueReader => ({
  all: (query, values) => reader.all(query, values),
  get: (query, values) => reader.get(query, values),
  pluck: (query, values) => reader.pluck(query, values),
  engine,
  catalogue,
})
