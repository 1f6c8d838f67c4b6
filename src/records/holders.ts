// Who holds the words of a query: that decides how a list looks for them.

import type { SearchQuery } from '../core/search.ts'
import type { Engine, Holders, Reader } from '../db/engine.ts'

/** So few ids are taken from the index at once. */
const FEW = 200

/**
 * Where more records hold the words, they are looked for in the records themselves, in the order of the list: to have all
 * of them from the index and then sort them would take the longer, the more there are.
 */
const MANY = 10_000

export const holdersOf = async ({ search }: Engine, reader: Reader, query: SearchQuery): Promise<Holders> =>
  query.length === 0 ? [] : search.holders(reader, query, FEW, MANY)
