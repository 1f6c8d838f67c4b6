// Reads pages of a list by keyset pagination. All pages show the state at the time of the first one.
import { setImmediate } from 'node:timers/promises'
import { type CursorValue, signCursor } from '../../core/cursor.ts'
import { columnReaders, type Doc } from '../schema/document.ts'
import type { ReadContext, ReadSnapshot } from './context.ts'
import { isLongRead, type Listable, type ListQuery } from './parameters.ts'
import type { ResolvedFilters, ResolvedList } from './plan.ts'
import { type ListPlan, planCount, planList } from './plan.ts'
import { docMatches, matchTextInPast, resolveList, scopeOf } from './resolve.ts'
import { countRows, rangesOf, selectIds, selectRows } from './sql.ts'
import { type Row, rowAsOf, type View } from './view.ts'

export interface Page {
  rows: Row[]
  nextCursor: string | null
  /** Only with `count=exact`. */
  total?: number
  /** The last change that the list contains. */
  seq: number
  view: View
}

/** The maximum size of the documents of a page, in bytes. A page ends before the row that exceeds it; it has at least one. */
export const MAX_PAGE_BYTES = 16_000_000

/** The maximum size of a batch of a walk, which is sent before the next one is read. */
const MAX_BATCH_BYTES = 500_000

/** Larger than any document; the largest INTEGER of PostgreSQL. */
export const ANY_SIZE = 2 ** 31 - 1

/** How many characters of documents a scan reads before it gives up. */
const MAX_SCANNED = 2_000_000

/** How many characters of a document are matched without a tick of the event loop in between. */
const MAX_UNINTERRUPTED = 10_000

/** Rows that were read. */
interface Batch {
  rows: Row[]
  /** Whether the bytes ended before the rows did. */
  isCut: boolean
}

/** One page of a list. @throws Problem `invalid-cursor`, or `invalid-parameter` for an unknown topic or state */
export async function listPage(
  context: ReadContext,
  resource: Listable,
  query: ListQuery,
  maxBytes = MAX_PAGE_BYTES,
): Promise<Page> {
  const list = await resolveList(context, resource, query)
  const { rows: rowsAndNext, isCut } = await rowsOf(context, list, maxBytes)
  const rows = rowsAndNext.slice(0, query.limit)
  const total = query.count === 'exact' ? (list.total ?? (await countMatches(context, list))) : list.total
  const last = isCut || rowsAndNext.length > query.limit ? rows.at(-1) : undefined
  const cursor = last && {
    after: sortKeyOf(list, last),
    walkStart: list.walkStart,
    ...(total !== undefined && { total }),
  }
  return {
    rows,
    view: list.view,
    seq: list.walkStart,
    nextCursor: cursor ? signCursor(context.cursorSecret, scopeOf(resource, query), cursor) : null,
    ...(query.count === 'exact' && total !== undefined && { total }),
  }
}

/** All rows of a list in batches. Each batch is a separate read: memory use is constant and no snapshot stays open. */
export async function* walkList(
  readSnapshot: ReadSnapshot,
  resource: Listable,
  query: ListQuery,
  batch: number,
): AsyncGenerator<Page> {
  let next: ListQuery | null = { ...query, limit: batch }
  while (next) {
    const batchQuery: ListQuery = next
    const page: Page = await readSnapshot(
      (context) => listPage(context, resource, batchQuery, MAX_BATCH_BYTES),
      { isLong: isLongRead(resource, query) },
    )
    yield page
    // Lets other requests run, however fast the client reads.
    await setImmediate()
    next = page.nextCursor === null ? null : { ...batchQuery, cursor: page.nextCursor }
  }
}

async function rowsOf(context: ReadContext, list: ResolvedList, maxBytes: number): Promise<Batch> {
  const plan = planList(list)
  if (plan.strategy !== 'scan') return readRows(context, plan, maxBytes)
  const rows = await scanInOrder(context, plan)
  return rows ? { rows, isCut: false } : rowsOf(context, await withoutScan(context, list), maxBytes)
}

const withoutScan = (context: ReadContext, list: ResolvedList): Promise<ResolvedList> =>
  matchTextInPast(context, { ...list, text: list.text && { ...list.text, matches: 'some' } })

type SizedRow = Row & { size: number }

/** Reads at most as many bytes of documents, but one document at least. */
async function readRows(context: ReadContext, plan: ListPlan, maxBytes: number): Promise<Batch> {
  const rows: Row[] = []
  // Documents up to this size all fit. Where one is larger, sizes are added up before documents are read.
  const safeSize = Math.floor(maxBytes / plan.limit)
  let bytesLeft = maxBytes
  let isCut = false
  for (const range of rangesOf(plan)) {
    if (rows.length === plan.limit || isCut) break
    const select = (limit: number, maxSize: number) =>
      context.reader.all<SizedRow>(selectRows(context, plan, range, limit, maxSize))
    let read = await select(plan.limit - rows.length, safeSize)
    const tooLarge = read.findIndex(({ size }, index) => {
      bytesLeft -= size
      return bytesLeft < 0 && rows.length + index > 0
    })
    if (tooLarge !== -1) {
      isCut = true
      read = read.slice(0, tooLarge)
    }
    if (read.some(({ size }) => size > safeSize)) read = await select(read.length, ANY_SIZE)
    rows.push(...read)
  }
  return { rows: rows.map((row) => rowAsOf(plan.resource, row, plan.view)), isCut }
}

/** Reads rows in order and filters them by text. @returns null if it would read more than MAX_SCANNED characters */
async function scanInOrder(context: ReadContext, plan: ListPlan): Promise<Row[] | null> {
  const batch = { ...plan, limit: Math.max(100, 2 * plan.limit) }
  const matches: Row[] = []
  let scanned = 0
  for (;;) {
    const { rows, isCut } = await readRows(context, batch, MAX_SCANNED)
    for (const row of rows) {
      scanned += row.doc.length
      if (scanned > MAX_SCANNED) return null
      if (plan.text && docMatches(plan.resource, row.doc, plan.text)) matches.push(row)
      if (matches.length === plan.limit) return matches
      // Folding a long text takes a while, so other requests get their turn.
      if (row.doc.length > MAX_UNINTERRUPTED) await setImmediate()
    }
    const last = rows.at(-1)
    if (!last || (!isCut && rows.length < batch.limit)) return matches
    batch.after = sortKeyOf(plan, last)
  }
}

/**
 * The ids of the records of a list in its order, without its cursor. No page is read for them.
 * @param most where reading ends
 * @returns null if it contains a word of too many records
 */
export async function listIds(
  context: ReadContext,
  resource: Listable,
  query: ListQuery,
  most: number,
): Promise<string[] | null> {
  const { cursor: _, count: __, ...first } = query
  const plan = planList(await resolveList(context, resource, { ...first, include: [], limit: most }))
  if (plan.strategy === 'scan') return null
  const ids: string[] = []
  for (const range of rangesOf(plan))
    if (ids.length < most)
      ids.push(...(await context.reader.pluck<string>(selectIds(context, plan, range, most - ids.length))))
  return ids
}

/** The number of matching records. */
export async function countMatches(context: ReadContext, filters: ResolvedFilters): Promise<number> {
  const plan = planCount(filters)
  let total = 0
  for (const source of plan.sources) {
    const counted = await context.reader.get<{ total: number }>(countRows(context, plan, source))
    total += counted?.total ?? 0
  }
  return total
}

/** The sort values of a row, read from its document. */
export function sortKeyOf(
  { resource, order }: Pick<ListPlan, 'resource' | 'order'>,
  row: Row,
): CursorValue[] {
  const readers = columnReaders(resource.table)
  const doc = JSON.parse(row.doc) as Doc
  return order.map(({ column }) => {
    const read = readers.get(column)
    if (!read) throw new Error(`Documents have no ${column} to sort by.`)
    return read(doc) as CursorValue
  })
}
