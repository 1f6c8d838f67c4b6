// Access to records: the engine, the catalogue, and transactions that write.
import type { IdMaker } from '../../core/ids.ts'
import { asWriter, type Engine } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import type { Author, Catalogue, WriteTransaction } from '../schema/catalogue.ts'

interface Deps {
  engine: Engine
  catalogue: Catalogue
  newId: IdMaker
  clock: () => Date
}

export class Records {
  readonly engine: Engine
  readonly catalogue: Catalogue
  readonly #newId: IdMaker
  readonly #clock: () => Date

  constructor({ engine, catalogue, newId, clock }: Deps) {
    this.engine = engine
    this.catalogue = catalogue
    this.#newId = newId
    this.#clock = clock
  }

  now(): Date {
    return this.#clock()
  }

  /**
   * Runs a write in a transaction. It is rolled back if `work` rejects.
   * @param options.alone for long writes: not committed together with others, which would have to wait
   */
  write<Result>(
    author: Author,
    work: (tx: WriteTransaction) => Promise<Result>,
    options?: { alone: boolean },
  ): Promise<Result> {
    const { engine, catalogue } = this
    return engine.write(async (writer) => {
      const last = await writer.get<{ at: string; seq: number }>(LAST_CHANGE, {})
      const clock = this.#clock().toISOString()
      const at = last && last.at > clock ? last.at : clock
      return work({
        ...asWriter(writer),
        ...author,
        engine,
        catalogue,
        newId: this.#newId,
        now: new Date(at),
        at,
        seq: last?.seq ?? 0,
        existing: new Set(),
      })
    }, options)
  }
}

const LAST_CHANGE = sql`select ${changes.at} as at, ${changes.seq} as seq from ${changes} order by ${changes.seq} desc limit 1`
