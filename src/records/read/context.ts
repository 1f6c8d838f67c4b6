// The context of a read: database, catalogue, time and cursor secret.
import type { Engine, Reader } from '../../db/engine.ts'
import type { Catalogue } from '../schema/catalogue.ts'

export interface ReadContext {
  catalogue: Catalogue
  engine: Engine
  /** Reads one state of the database. */
  reader: Reader
  now: Date
  cursorSecret: Buffer
}

/** Runs reads that all see the same state of the database. */
export type ReadSnapshot = <Result>(
  work: (context: ReadContext) => Promise<Result>,
  options?: { isLong: boolean },
) => Promise<Result>

interface ReadDeps extends Omit<ReadContext, 'reader' | 'now'> {
  clock: () => Date
}

export const snapshotReads =
  ({ engine, clock, ...shared }: ReadDeps): ReadSnapshot =>
  (work, options) =>
    engine.read((reader) => work({ ...shared, engine, reader, now: clock() }), options)
