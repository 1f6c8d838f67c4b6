// Who holds the words of a query: that decides how a list looks for them.

import type { SearchQuery } from '../core/search.ts'
import type { Engine, Reader } from '../db/engine.ts'
import { sql } from '../db/sql.ts'

/** So few ids are taken from the index at once. */
const FEW = 200

/**
 * Where more records hold the words, they are looked for in the records themselves, in the order of the list: to have all
 * of them from the index and then sort them would take the longer, the more there are.
 */
const MANY = 10_000

/** The ids of all that match, where they are few. */
export type Holders = string[] | 'some' | 'many'

export async function holdersOf({ search }: Engine, reader: Reader, query: SearchQuery): Promise<Holders> {
  if (query.length === 0) return []
  const found = await reader.all<{ recordId: string }>(sql`${search.matching(query)} limit ${FEW + 1}`)
  if (found.length <= FEW) return found.map(({ recordId }) => recordId)
  return (await search.exceeds(reader, query, MANY)) ? 'many' : 'some'
}
