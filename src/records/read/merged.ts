// Reads several lists as one: pages of all their records in order of a date.
import { signCursor } from '../../core/cursor.ts'
import { Problem } from '../../core/problems.ts'
import type { Doc } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { ReadContext } from './context.ts'
import { listPage, type Page, sortKeyOf } from './page.ts'
import type { Listable, ListQuery } from './parameters.ts'
import { parse } from './record.ts'
import { scopeOf } from './resolve.ts'

/** A list to merge, as it is read by itself. It is sorted by a date. */
export interface MergedList {
  kind: Listable
  query: ListQuery
}

export interface MergedPage {
  entries: { kind: Kind; doc: Doc }[]
  nextCursor: string | null
}

/** Cursors have no such character. */
const SEPARATOR = '.'

/**
 * One page of the records of several lists in order of their dates. Each list shows the state at the time of the first page.
 * @param lists sorted by one date each, all in the same direction; their limits and cursors are those of the page
 * @param cursor that of the previous page
 * @throws Problem `invalid-cursor`, or one of `listPage`
 */
export async function mergedPage(
  context: ReadContext,
  lists: readonly MergedList[],
  { limit, cursor }: Pick<ListQuery, 'limit' | 'cursor'>,
): Promise<MergedPage> {
  const cursors = cursor?.split(SEPARATOR) ?? []
  if (cursor !== undefined && cursors.length !== lists.length) throw wrongCursor()
  const read = []
  for (const [index, { kind, query }] of lists.entries()) {
    const own = cursors[index]
    const page = await listPage(context, kind, { ...query, limit, ...(own !== undefined && { cursor: own }) })
    read.push({ page, entries: entriesOf({ kind, query }, page) })
  }
  const isAfter = compareKeys(lists[0]?.query.sort[0]?.descending ?? false)
  // What follows the end of an unfinished page may belong after rows that were not read.
  const ends = read.flatMap(({ page, entries }) => (page.nextCursor === null ? [] : (entries.at(-1) ?? [])))
  const sorted = read.flatMap(({ entries }) => entries).toSorted(isAfter)
  const entries = sorted.filter((entry) => ends.every((end) => isAfter(entry, end) <= 0)).slice(0, limit)
  const last = entries.at(-1)
  if (!last || (entries.length === sorted.length && ends.length === 0)) return { entries, nextCursor: null }
  const next = read.map(({ page }, index) => {
    const { kind, query } = lists[index] as MergedList
    const state = { after: [last.date, last.doc.id], walkStart: page.seq }
    return signCursor(context.cursorSecret, scopeOf(kind, query), state)
  })
  return { entries, nextCursor: next.join(SEPARATOR) }
}

interface Entry {
  kind: Kind
  doc: Doc
  /** The sort key of its date; null: unknown. */
  date: string | null
}

function entriesOf({ kind, query }: MergedList, { rows }: Page): Entry[] {
  return rows.map((row) => {
    const [date = null] = sortKeyOf({ resource: kind, order: query.sort }, row)
    return { kind: kind.kind, doc: parse(row), date: date as string | null }
  })
}

/** Compares by date and id, as the lists are sorted: unknown dates are last in both directions. */
const compareKeys = (descending: boolean) => (one: Entry, other: Entry) => {
  const direction = descending ? -1 : 1
  if (one.doc.id === other.doc.id) return 0
  if (one.date === other.date) return one.doc.id < other.doc.id ? -direction : direction
  if (one.date === null || other.date === null) return one.date === null ? 1 : -1
  return one.date < other.date ? -direction : direction
}

function wrongCursor(): Problem {
  const detail = 'Not a cursor of these lists.'
  return new Problem('invalid-cursor', detail, { errors: [{ parameter: 'cursor', detail }] })
}
