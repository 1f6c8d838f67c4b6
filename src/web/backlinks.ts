// What leads to a record: the first records of every kind that refer to it, each with a link to the whole list.
import type { ReadContext } from '../records/read/context.ts'
import { listPage } from '../records/read/page.ts'
import { filtersOf, type Listable, listQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Filter } from '../records/schema/filters.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { isInCourse } from './course.ts'
import { isPart } from './family.ts'
import { type Html, html } from './html.ts'
import { section } from './layout.ts'
import { lines } from './lines.ts'
import { type Clocks, href, type Page } from './page.ts'
import { filterWord } from './words.ts'

/** Records of a kind that a filter finds by the record. */
export interface Backlink {
  kind: Listable
  filter: string
  docs: Doc[]
  hasMore: boolean
}

const MAX_SHOWN = 5

export async function readBacklinks(
  context: ReadContext,
  { kind }: Resource,
  id: string,
  clocks: Clocks,
): Promise<Backlink[]> {
  const { catalogue } = context
  const found: Backlink[] = []
  for (const other of [...catalogue.resources, ...catalogue.children] as Listable[]) {
    for (const [name, filter] of Object.entries(filtersOf(other))) {
      if (!leadsTo(filter, name, kind) || isInCourse(kind, other.kind, name)) continue
      if (isPart(kind, other.kind, name)) continue
      const query = { ...listQuery(other, { [name]: [id] }, clocks), limit: MAX_SHOWN }
      const { rows, nextCursor } = await listPage(context, other, query)
      const docs = rows.map(parse).filter((doc) => doc.id !== id && doc['recordId'] !== id)
      if (docs.length > 0) found.push({ kind: other, filter: name, docs, hasMore: nextCursor !== null })
    }
  }
  return found
}

/** Without filters whose records others find, and those that a page shows in another way. */
const HIDDEN = ['within', 'notSignedBy', 'source', 'target']

function leadsTo(filter: Filter, name: string, kind: string): boolean {
  if (HIDDEN.includes(name)) return false
  switch (filter.by) {
    case 'reference':
      return filter.kind === kind && !filter.through
    case 'condition':
      return filter.kind === kind
    case 'part':
      return filter.kind === kind && filter.orField !== undefined
    default:
      return false
  }
}

/** @param own the kind of the record that the links lead to */
export function backlinks(page: Page, own: Kind, id: string, found: readonly Backlink[]): Html | null {
  if (found.length === 0) return null
  const { record, kinds } = page.messages
  return section(
    'backlinks',
    record.backlinks,
    found.map(({ kind, filter, docs, hasMore }) => {
      const by = filter !== own && html` <small>· ${filterWord(page, filter)}</small>`
      const title = html`${kinds[kind.kind].many}${by}`
      const others = docs.map((doc) => withoutReference(doc, id))
      const all = href(page, `/${kind.path}`, { [filter]: id })
      return html`<h3>${title}</h3>${lines(page, kind, others)}${hasMore && html`<p><a href="${all}">${record.more} →</a></p>`}`
    }),
  )
}

/** A document without what refers to a record from outside of objects, which every line would repeat. */
const withoutReference = (doc: Doc, id: string): Doc => ({
  ...doc,
  ...Object.fromEntries(
    Object.entries(doc).flatMap(([key, value]): [string, Json][] => {
      if (Array.isArray(value)) return [[key, value.filter((entry) => entry !== id)]]
      return value === id ? [[key, null]] : []
    }),
  ),
})
