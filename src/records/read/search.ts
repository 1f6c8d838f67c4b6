// Full-text search over all kinds: a page of hits, with their paths and snippets.
import { setImmediate as nextTick } from 'node:timers/promises'
import { readCursor, signCursor } from '../../core/cursor.ts'
import { parseSearch } from '../../core/search.ts'
import { snippet } from '../../core/snippet.ts'
import type { SearchHit } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import type { Catalogue } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { ANY_SIZE } from './page.ts'
import { placesOf } from './record.ts'
import { titlesOf } from './titles.ts'

/** The maximum number of matches that are ranked, since ranking reads all of them. */
export const MAX_CANDIDATES = 10_000

/** The maximum size of the documents of a page, in bytes. It ends before the hit that exceeds it. */
const MAX_BYTES = 16_000_000

/** How many characters of texts are searched for snippets without a tick of the event loop in between. */
const MAX_UNINTERRUPTED = 20_000

/** The maximum number of hits across all pages. */
const MAX_HITS = 1000

export interface SearchParameters {
  q: string
  kind?: string[]
  limit: number
  cursor?: string
  count?: 'exact'
}

/** A page of hits, the best first. @throws Problem `invalid-cursor` */
export async function searchPage(context: ReadContext, parameters: SearchParameters) {
  const { reader, cursorSecret } = context
  const { q, kind = null, limit, cursor, count } = parameters
  const { search } = context.engine
  const scope = JSON.stringify(['search', q, kind])
  const offset = cursor === undefined ? 0 : Number(readCursor(cursorSecret, scope, cursor).after[0])
  const query = parseSearch(q)
  const ranked = !(await search.exceeds(reader, query, MAX_CANDIDATES))
  const hits = await search[ranked ? 'ranked' : 'latest'](reader, query, kind, limit + 1, offset)
  const shown = await readHits(context, hits.slice(0, limit))
  const next = offset + shown.length
  const hasMore = hits.length > shown.length && next < MAX_HITS
  return {
    hits: await withPlaces(context, shown),
    page: {
      nextCursor: hasMore ? signCursor(cursorSecret, scope, { after: [next], walkStart: 0 }) : null,
      limit,
      ranked,
      ...(count === 'exact' && { total: await search.count(reader, query, kind) }),
    },
  }
}

/** How many records and parts match, by their kind. */
export async function countByKind({ engine, reader }: ReadContext, q: string) {
  const counts = await engine.search.countByKind(reader, parseSearch(q))
  return new Map(counts.map(({ kind, total }) => [kind as Kind, total]))
}

/** A record or part that matches. */
export interface Found {
  hit: SearchHit
  doc: Doc
  title: string
}

/** Hits with the titles of the records that are found or have the parts that are found. */
async function withPlaces(
  context: ReadContext,
  shown: { hit: SearchHit; doc: string | undefined }[],
): Promise<Found[]> {
  const { catalogue } = context
  const found = shown.flatMap(({ hit, doc }) =>
    doc === undefined ? [] : [{ hit, kind: hit.kind as Kind, doc: JSON.parse(doc) as Doc }],
  )
  const parts = found.filter(({ kind }) => !catalogue.findResource(kind))
  const places = await placesOf(
    context,
    parts.map(({ kind, doc }) => ({
      kind,
      id: doc.id,
      recordKind: doc['recordKind'] as Kind,
      recordId: String(doc['recordId']),
    })),
  )
  const owners = [...places.values()].map(({ recordId }) => recordId)
  const titles = await titlesOf(context, owners, { asOf: null, seq: null })
  return found.map(({ hit, kind, doc }) => {
    const resource = catalogue.findResource(kind)
    if (resource) return { hit, doc, title: String(doc[resource.titleField]) }
    return { hit, doc, title: titles.get(places.get(doc.id)?.recordId ?? '') ?? '' }
  })
}

/** Reads the records of hits, with one query for each kind, and with two where one of them is large. */
async function readHits({ catalogue, engine, reader }: ReadContext, hits: SearchHit[]) {
  const records = new Map<string, { size: number; doc: string | null }>()
  const read = async (wanted: SearchHit[], maxSize: number) => {
    for (const [kind, group] of Map.groupBy(wanted, (hit) => hit.kind)) {
      const { table } = catalogue.entity(kind as Kind)
      const size = engine.size(sql`${table.doc}`)
      const rows = await reader.all<{ id: string; size: number; doc: string | null }>(
        sql`select ${table.id}, ${size} as size, case when ${size} <= ${maxSize} then ${table.doc} end as doc
          from ${table}
          where ${table.id} in ${group.map(({ recordId }) => recordId)}`,
      )
      for (const row of rows) records.set(row.id, row)
    }
  }
  // Documents up to this size all fit. Where one is larger, sizes are added up before documents are read.
  await read(hits, Math.floor(MAX_BYTES / Math.max(1, hits.length)))
  let bytesLeft = MAX_BYTES
  const end = hits.findIndex(({ recordId }, index) => {
    bytesLeft -= records.get(recordId)?.size ?? 0
    return bytesLeft < 0 && index > 0
  })
  const shown = end === -1 ? hits : hits.slice(0, end)
  const isUnread = ({ recordId }: SearchHit) => records.get(recordId)?.doc === null
  await read(shown.filter(isUnread), ANY_SIZE)
  return shown.map((hit) => ({ hit, doc: records.get(hit.recordId)?.doc ?? undefined }))
}

/** What a response has of hits, with snippets. */
export async function describeHits(
  catalogue: Catalogue,
  hits: readonly Found[],
  q: string,
): Promise<DescribedHit[]> {
  const query = parseSearch(q)
  const described: DescribedHit[] = []
  let length = 0
  for (const found of hits) {
    const entity = catalogue.entity(found.hit.kind as Kind)
    const text = entity.searchText?.(found.doc)
    const body = text?.body.filter(Boolean).join('\n') ?? ''
    const shown = snippet(body, query, hits.length) ?? snippet(text?.title ?? '', query, hits.length) ?? ''
    described.push(describeHit(entity, found, shown))
    // Snippets of long texts take a while, so other requests get their turn.
    length += body.length
    if (length < MAX_UNINTERRUPTED) continue
    length = 0
    await nextTick()
  }
  return described
}

export type DescribedHit = ReturnType<typeof describeHit>

function describeHit({ path }: Entity, { hit, doc, title }: Found, snippet: string) {
  return {
    kind: hit.kind,
    id: doc.id,
    path: `/v1/${path}/${doc.id}`,
    recordKind: doc['recordKind'] ?? null,
    recordId: doc['recordId'] ?? null,
    title,
    date: hit.date,
    snippet,
    score: Math.round(hit.score * 1e6) / 1e6,
  }
}
