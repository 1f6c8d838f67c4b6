// Access to records: the engine, the catalogue, and transactions that write.
import type { IdMaker } from '../../core/ids.ts'
import { asWriter, type Engine } from '../../db/engine.ts'
import { parseFeed } from '../../db/feed.ts'
import { sql } from '../../db/sql.ts'
import { changes, settings } from '../../db/system-tables.ts'
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
   * @param options.isRehearsal `work` always rejects
   */
  write<Result>(
    author: Author,
    work: (tx: WriteTransaction) => Promise<Result>,
    { isRehearsal = false, ...options }: { alone?: boolean; isRehearsal?: boolean } = {},
  ): Promise<Result> {
    const { engine, catalogue } = this
    return engine.write(
      async (writer) => {
        const last = await writer.get<{ at: string | null; seq: number | null; feed: string | null }>(
          LAST,
          {},
        )
        const clock = this.#clock().toISOString()
        const at = last?.at && last.at > clock ? last.at : clock
        const skipped = last?.feed ? (parseFeed(last.feed).gaps.at(-1)?.[1] ?? 0) : 0
        return work({
          ...asWriter(writer),
          ...author,
          engine,
          catalogue,
          newId: this.#newId,
          now: new Date(at),
          at,
          seq: Math.max(last?.seq ?? 0, skipped),
          existing: new Set(),
          isRehearsal,
        })
      },
      { alone: false, ...options },
    )
  }
}

const LAST = sql`
  select (select ${changes.at} from ${changes} order by ${changes.seq} desc limit 1) as at,
    (select max(${changes.seq}) from ${changes}) as seq,
    (select ${settings.value} from ${settings} where ${settings.name} = 'feed') as feed`
