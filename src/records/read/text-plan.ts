// Who holds the words of a query: that decides how a list looks for them.

import type { SearchQuery } from '../../core/search.ts'
import type { Engine, Reader, TextMatches } from '../../db/engine.ts'
import { lastSeq } from './view.ts'

/** So few ids are taken from the index at once. */
const FEW = 200

/**
 * Where many records hold the words, they are looked for in the records themselves, in the order of the list: to have all of
 * them from the index and then sort them takes the longer, the more there are, and to find a page of them on the way the shorter.
 * Both take as long, more or less, where they are the root of the page's rows times the number of changes (docs/performance.md).
 *
 * @param rows how many are wanted
 */
export async function chooseTextPlan(
  { search }: Engine,
  reader: Reader,
  query: SearchQuery,
  rows: number,
): Promise<TextMatches> {
  if (query.length === 0) return []
  const many = Math.ceil(Math.sqrt(rows * (await lastSeq(reader))))
  return search.estimateMatches(reader, query, FEW, Math.max(FEW, many))
}
