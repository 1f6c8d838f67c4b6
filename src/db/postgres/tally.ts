// Counts that all instances share, such as how often a client asked in a minute. They are written outside of the lock
// of writes, on connections of their own, and nothing depends on them but a limit.
import type pg from 'pg'
import type { RateCounter } from '../engine.ts'

/** One in so many counts also takes away what is over. */
const PRUNE_EVERY = 1000

const COUNT = {
  name: 'tally',
  text: `insert into "tallies" as known ("key", "count", "until") values ($1, 1, clock_timestamp() + $2 * interval '1 millisecond')
    on conflict ("key") do update set
      "count" = case when known."until" <= clock_timestamp() then 1 else known."count" + 1 end,
      "until" = case when known."until" <= clock_timestamp() then excluded."until" else known."until" end
    returning "count" as count, extract(epoch from "until" - clock_timestamp()) * 1000 as left`,
}

export function tallyOn(pool: pg.Pool): RateCounter {
  let counted = 0
  return async (key, windowMs) => {
    const { rows } = await pool.query<{ count: number; left: number }>({ ...COUNT, values: [key, windowMs] })
    if (++counted % PRUNE_EVERY === 0)
      await pool.query('delete from "tallies" where "until" < clock_timestamp()')
    const [row] = rows
    return { count: row?.count ?? 0, leftMs: Math.max(0, Math.ceil(row?.left ?? 0)) }
  }
}
