// The identity of the change feed, and the positions that a restore has taken from it.
import { newId } from '../core/ids.ts'
import { Problem } from '../core/problems.ts'
import type { Engine, Reader, Writer } from './engine.ts'
import { readSetting, sharedSetting, writeSetting } from './settings.ts'
import { sql } from './sql.ts'
import { changes } from './system-tables.ts'

export interface Feed {
  /** Another one after each restore. */
  id: string
  /** The numbers between these two belong to no change: those after a copy was made may have been given out before it was restored. */
  gaps: [last: number, next: number][]
}

/** How many numbers a restore skips: more than were given out since any copy. */
const SKIPPED = 1_000_000_000

export async function readFeed(reader: Reader): Promise<Feed> {
  const value = await readSetting(reader, 'feed')
  if (value === undefined) throw new Error('The database has no feed: the application was not built on it.')
  return parseFeed(value)
}

export const parseFeed = (value: string) => JSON.parse(value) as Feed

/** Creates the identity of the feed unless there is one. */
export const createFeed = (engine: Engine): Promise<string> =>
  sharedSetting(engine, 'feed', () => JSON.stringify({ id: newId('feed'), gaps: [] }))

/** Gives the feed another identity, and later changes numbers that were never given out. */
export async function restartFeed(writer: Writer): Promise<void> {
  const value = await readSetting(writer, 'feed')
  const gaps = value === undefined ? [] : parseFeed(value).gaps
  const [max] = await writer.pluck<number | null>(sql`select max(${changes.seq}) from ${changes}`)
  const last = Math.max(max ?? 0, gaps.at(-1)?.[1] ?? 0)
  const feed: Feed = { id: newId('feed'), gaps: [...gaps, [last, last + SKIPPED]] }
  await writeSetting(writer, 'feed', JSON.stringify(feed))
}

/** @throws Problem `feed-restarted` where the feed has no such position, or another identity than the client knows */
export function checkPosition(feed: Feed, after: number, last: number, known: string | undefined): void {
  const lost = after > last || feed.gaps.some(([end, next]) => after > end && after < next)
  if (!lost && (known === undefined || known === feed.id)) return
  throw new Problem(
    'feed-restarted',
    `The feed ${feed.id} does not continue position ${after}${known === undefined ? '' : ` of the feed ${known}`}. Start again: delete the copy, and read from after=0.`,
    { extra: { feed: feed.id } },
  )
}
