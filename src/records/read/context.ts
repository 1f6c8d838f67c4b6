// The context of a read: database, catalogue, time and cursor secret.
import type { Engine, Reader } from '../../db/engine.ts'
import type { Catalogue, CatalogueReader } from '../schema/catalogue.ts'

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

/** The reader of a snapshot as the rules take it by which records are recognised. */
export const catalogueReader = ({ reader, engine, catalogue }: ReadContext): CatalogueReader => ({
  all: (query, values) => reader.all(query, values),
  get: (query, values) => reader.get(query, values),
  pluck: (query, values) => reader.pluck(query, values),
  engine,
  catalogue,
})
