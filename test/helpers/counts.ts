// The counts that are kept with every write, beside those that the records give.
import type { Engine, Reader } from '../../src/db/engine.ts'
import { sql } from '../../src/db/sql.ts'
import { areWhole, recount } from '../../src/records/counting.ts'
import { catalogue } from '../../src/resources/index.ts'

interface Counts {
  kept: unknown[]
  /** Made from the records, and put down nowhere. */
  anew: unknown[]
  /** Whether every change is known to those that are kept. */
  whole: boolean
}

const rows = (reader: Reader) =>
  reader.all<unknown>(
    sql`select * from "counts" where "count" <> 0 order by "kind", "grouping", "key", "status", "day"`,
  )

export async function countsOf(engine: Engine): Promise<Counts> {
  const found: Counts = { kept: [], anew: [], whole: false }
  const undo = new Error('Only a look.')
  await engine
    .write(
      async (writer) => {
        found.kept = await rows(writer)
        found.whole = await areWhole(writer)
        await recount(writer, catalogue)
        found.anew = await rows(writer)
        throw undo
      },
      { alone: true },
    )
    .catch((error) => {
      if (error !== undo) throw error
    })
  return found
}
