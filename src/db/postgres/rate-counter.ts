// Rate-limit counters shared by all instances, on separate connections without the write lock.
import type pg from 'pg'
import type { RateCounter } from '../engine.ts'

/** The number of counts between deletions of expired counters. */
const PRUNE_EVERY = 1000

const COUNT = {
  name: 'count',
  text: `insert into "tallies" as stored ("key", "count", "until") values ($1, 1, clock_timestamp() + $2 * interval '1 millisecond')
    on conflict ("key") do update set
      "count" = case when stored."until" <= clock_timestamp() then 1 else stored."count" + 1 end,
      "until" = case when stored."until" <= clock_timestamp() then excluded."until" else stored."until" end
    returning "count" as count, extract(epoch from "until" - clock_timestamp()) * 1000 as left`,
}

export function rateCounterOn(pool: pg.Pool): RateCounter {
  let counted = 0
  return async (key, windowMs) => {
    const { rows } = await pool.query<{ count: number; left: number }>({ ...COUNT, values: [key, windowMs] })
    if (++counted % PRUNE_EVERY === 0)
      await pool.query('delete from "tallies" where "until" < clock_timestamp()')
    const [row] = rows
    return { count: row?.count ?? 0, leftMs: Math.max(0, Math.ceil(row?.left ?? 0)) }
  }
}
