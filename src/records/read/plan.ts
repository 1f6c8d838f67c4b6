// Decides how a list is read: a pure function from a resolved query to a plan.
import type { CursorValue } from '../../core/cursor.ts'
import type { SearchQuery } from '../../core/search.ts'
import type { TextMatches } from '../../db/engine.ts'
import { columnsWith } from '../../db/tables.ts'
import { referenceAt } from '../schema/catalogue.ts'
import type { Filter } from '../schema/filters.ts'
import type { Entity } from '../schema/resource.ts'
import type { Listable, SortKey } from './parameters.ts'
import { hasLifecycle, STATUS_DATE, type View } from './view.ts'

/** A filter with its checked values: topics and states are ids, narrower topics are included. */
export interface GivenFilter {
  filter: Exclude<Filter, { by: 'text' }>
  values: readonly string[]
}

/** A full-text filter and its matches in the index. */
export interface TextFilter {
  query: SearchQuery
  matches: TextMatches
}

/** Filters with checked values. */
export interface ResolvedFilters {
  resource: Listable
  view: View
  filters: readonly GivenFilter[]
  /** Null: no full-text filter. */
  text: TextFilter | null
  /** Whether filters read other records, such as the evidence of a record or the record of an event. */
  readsOthers: boolean
  /** The earlier state to read; null: the current state, since no relevant record changed. */
  past: PastState | null
}

/** An earlier state: that after the change `seq`. */
export interface PastState {
  seq: number
  /** Records that changed later but whose text matched then; null: not determined. */
  matchedIds: readonly string[] | null
}

export interface ResolvedList extends ResolvedFilters {
  /** A total order: the last key is the id. */
  order: readonly SortKey[]
  after: readonly CursorValue[] | null
  limit: number
  include: readonly string[]
  /** The sequence number of the change whose state all pages show. */
  walkStart: number
  /** The total, if an earlier page counted it. */
  total: number | undefined
}

/** A condition on the records of one source. */
export type Condition =
  | { by: 'ids'; ids: readonly string[] }
  | { by: 'text'; query: SearchQuery }
  /** `text` as of a change: of the records that changed after it, those with these ids match. */
  | { by: 'textAt'; seq: number; text: Condition; changedIds: readonly string[] }
  | { by: 'unchanged'; since: number }

/** Where rows come from. */
export interface Source {
  view: View
  /** Only records that changed after this change; null: all records of the view. */
  changedAfter: number | null
  conditions: readonly Condition[]
}

/**
 * How a full-text filter is evaluated. `index`: by a subquery on the full-text index. `ids`: by ids that were read from the
 * index before. `scan`: rows are read in order and their text is matched one by one.
 */
export type Strategy = 'index' | 'ids' | 'scan'

export interface CountPlan {
  resource: Listable
  /** Disjoint: a record comes from one source at most. */
  sources: readonly Source[]
  /** Applied to every source. */
  filters: readonly GivenFilter[]
}

/** The records that refer to one from inside a list, in their default order: one range of an index of `links`. */
export interface LinkRange {
  field: string
  toId: string
}

export interface ListPlan extends CountPlan {
  /** Where the rows are read along. Null: an index of their own table. */
  along: LinkRange | null
  strategy: Strategy
  /** With the strategy `scan`: the query that documents must match. */
  text: SearchQuery | null
  /** Columns that are read besides the document. */
  columns: readonly string[]
  order: readonly SortKey[]
  /** The sort values of the row after which reading starts. */
  after: readonly CursorValue[] | null
  limit: number
  view: View
}

/** How many ids are fetched from the full-text index to be used as a condition. */
export const MAX_IDS = 200

/**
 * The number of matches from which a scan is faster than the index: about the square root of requested rows times changes
 * (docs/adr/0005).
 */
export const scanThreshold = (rows: number, changes: number) =>
  Math.max(MAX_IDS, Math.ceil(Math.sqrt(rows * changes)))

export function planList(list: ResolvedList): ListPlan {
  const { resource, view, order, after, limit, include, text } = list
  const strategy = strategyFor(text)
  const linked = text === null || strategy === 'scan' ? filterByLink(list) : undefined
  const filters = list.filters.filter((filter) => filter !== linked?.filter)
  return {
    ...planCount({ ...list, filters, ...(strategy === 'scan' && { text: null }) }),
    along: linked?.along ?? null,
    strategy,
    text: strategy === 'scan' && text ? text.query : null,
    columns: columnsBesideDoc(resource, view, include),
    order,
    after,
    limit,
    view,
  }
}

/** A filter whose matches `links` has in the order of the list. */
function filterByLink({
  resource,
  view,
  past,
  filters,
  order,
}: ResolvedList): { filter: GivenFilter; along: LinkRange } | undefined {
  // The table has the links and the order of current records.
  const isCurrent = view.asOf === null && view.seq === null && past === null
  if (!isCurrent || order.length !== 2 || order[0]?.column !== resource.listOrder) return undefined
  for (const filter of filters) {
    const along = linkRange(resource, filter)
    if (along) return { filter, along }
  }
  return undefined
}

function linkRange(resource: Listable, { filter, values }: GivenFilter): LinkRange | null {
  if (filter.by !== 'reference' || filter.through || filter.orRecord) return null
  const [[field, otherField], [toId, otherId]] = [filter.fields, values]
  if (field === undefined || toId === undefined || otherField !== undefined || otherId !== undefined)
    return null
  return referenceAt(resource, field).listed ? { field, toId } : null
}

function strategyFor(text: TextFilter | null): Strategy {
  if (text?.matches === 'many') return 'scan'
  return Array.isArray(text?.matches) ? 'ids' : 'index'
}

/** Counting is unordered, so it never scans. */
export function planCount(resolved: ResolvedFilters): CountPlan {
  const { resource, filters } = resolved
  return { resource, filters, sources: sourcesFor(resolved) }
}

/**
 * Only the table if nothing changed since the first page. Otherwise unchanged records come from the table and changed ones
 * from the log, or all from the log if the list also depends on records of other kinds.
 */
function sourcesFor({ view, text, past, readsOthers }: ResolvedFilters): Source[] {
  const match = text && textCondition(text)
  const matchNow: Condition[] = match ? [match] : []
  if (!past) return [{ view, changedAfter: null, conditions: matchNow }]
  const { seq } = past
  const ids = past.matchedIds ?? []
  const viewThen = { ...view, seq }
  if (view.asOf !== null || readsOthers) {
    const matchThen: Condition[] = match ? [{ by: 'textAt', seq, text: match, changedIds: ids }] : []
    return [{ view: viewThen, changedAfter: null, conditions: matchThen }]
  }
  return [
    { view, changedAfter: null, conditions: [...matchNow, { by: 'unchanged', since: seq }] },
    { view: viewThen, changedAfter: seq, conditions: match ? [{ by: 'ids', ids }] : [] },
  ]
}

const textCondition = ({ query, matches }: TextFilter): Condition =>
  Array.isArray(matches) ? { by: 'ids', ids: matches } : { by: 'text', query }

/** Columns that a page needs besides the documents: those that `asOf` affects, and references to records to embed. */
export function columnsBesideDoc(entity: Entity, { asOf }: View, include: readonly string[]): string[] {
  return [
    ...(asOf !== null && hasLifecycle(entity) ? ['status', STATUS_DATE] : []),
    ...(include.length > 0 ? ['id', ...columnsWith(entity.table, 'references')] : []),
  ]
}
