// What a record is a part of, and its own parts.
import type { ReadContext } from '../records/read/context.ts'
import { docsById } from '../records/read/docs.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { View } from '../records/read/view.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Html, html, join } from './html.ts'
import { section } from './layout.ts'
import { lines } from './lines.ts'
import { type Clocks, href, type Page } from './page.ts'
import { reference } from './values.ts'

/** The field with the whole that a record of a kind is a part of. */
const WHOLES: Partial<Record<Kind, readonly [field: string, kind: Kind]>> = {
  meeting: ['parentId', 'meeting'],
  proposal: ['parentId', 'proposal'],
  organization: ['parentId', 'organization'],
  topic: ['broaderId', 'topic'],
  statement: ['agreementId', 'agreement'],
}

/** The kind of the parts of a record, and the filter that finds them. */
const PARTS: Partial<Record<Kind, readonly [kind: Kind, filter: string]>> = {
  meeting: ['meeting', 'parent'],
  proposal: ['proposal', 'parent'],
  organization: ['organization', 'parent'],
  topic: ['topic', 'broader'],
  agreement: ['statement', 'agreement'],
}

/** Whether the page of a record shows what a filter finds as its parts, or as what happened at it. */
export function isPart(own: Kind, kind: Kind, filter: string): boolean {
  const [partKind, partFilter] = PARTS[own] ?? []
  return (kind === partKind && filter === partFilter) || (own === 'meeting' && filter === 'meeting')
}

export interface Family {
  /** The ids of the wholes, the outermost first. */
  above: string[]
  below: Doc[]
  hasMore: boolean
}

const MAX_ABOVE = 20
const MAX_BELOW = 50

export async function readFamily(
  context: ReadContext,
  { kind }: Resource,
  doc: Doc,
  view: View,
  clocks: Clocks,
): Promise<Family> {
  const parts = PARTS[kind]
  if (!parts) return { above: await wholesOf(context, kind, doc, view), below: [], hasMore: false }
  const resource = context.catalogue.resource(parts[0])
  const query = { ...listQuery(resource, { [parts[1]]: [doc.id] }, clocks), limit: MAX_BELOW }
  const { rows, nextCursor } = await listPage(context, resource, query)
  return {
    above: await wholesOf(context, kind, doc, view),
    below: rows.map(parse),
    hasMore: nextCursor !== null,
  }
}

/** The chain of what a record is a part of. */
async function wholesOf(context: ReadContext, kind: Kind, doc: Doc, view: View): Promise<string[]> {
  const ids: string[] = []
  let [part, partKind]: [Doc | undefined, Kind] = [doc, kind]
  while (part && ids.length < MAX_ABOVE) {
    const [field, wholeKind] = WHOLES[partKind] ?? []
    const id: unknown = field && part[field]
    if (typeof id !== 'string' || !wholeKind) break
    ids.unshift(id)
    const found: Doc[] = await docsById(context, context.catalogue.entity(wholeKind), [id], view)
    ;[part, partKind] = [found[0], wholeKind]
  }
  return ids
}

/** The wholes as a path above the title. */
export function wholesPath(page: Page, { above }: Family): Html | null {
  const names = above.flatMap((id) => reference(page, id) ?? [])
  return names.length === 0
    ? null
    : html`<p class="muted">${page.messages.parts.of}${page.messages.punctuation.colon}${join(names, ' › ')}</p>`
}

export function partsTitle({ messages }: Page, kind: Kind): string {
  const { title, narrower, statements } = messages.parts
  return kind === 'topic' ? narrower : kind === 'agreement' ? statements : title
}

/** The parts of a record with their status. */
export function partsOf(page: Page, { kind }: Resource, doc: Doc, { below, hasMore }: Family): Html | null {
  const parts = PARTS[kind]
  if (!parts || below.length === 0) return null
  const [partKind, filter] = parts
  const resource = page.catalogue.resource(partKind)
  const all = href(page, `/${resource.path}`, { [filter]: doc.id })
  return section(
    'parts',
    partsTitle(page, kind),
    html`${lines(page, resource, below)}${hasMore && html`<p><a href="${all}">${page.messages.record.more} →</a></p>`}`,
  )
}
