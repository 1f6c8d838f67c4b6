// Which words many records hold. The index is asked again only when enough was written to change the answer.

import type { SearchQuery } from '../core/search.ts'
import type { Engine, Reader } from '../db/engine.ts'
import { lastSeq } from './view.ts'

/** So many questions are remembered, the latest ones. */
const MOST_REMEMBERED = 10_000

interface Counted {
  /** How many records match, or one more than was looked at. */
  count: number
  /** The last change then: with each that comes, one record more or less may match. */
  seq: number
}

const remembered = new WeakMap<Engine, Map<string, Counted>>()

/** Do more than so many records match? No more are looked at. */
export async function areMore(
  engine: Engine,
  reader: Reader,
  query: SearchQuery,
  most: number,
): Promise<boolean> {
  const known = remembered.get(engine) ?? new Map<string, Counted>()
  remembered.set(engine, known)
  const key = `${most} ${JSON.stringify(query)}`
  const seq = await lastSeq(reader)
  const then = known.get(key)
  if (then) {
    const apart = Math.abs(seq - then.seq)
    if (then.count + apart <= most) return false
    if (then.count - apart > most) return true
  }
  const count = await engine.search.countUpTo(reader, query, most + 1)
  known.delete(key)
  known.set(key, { count, seq })
  if (known.size > MOST_REMEMBERED) known.delete(known.keys().next().value ?? '')
  return count > most
}
