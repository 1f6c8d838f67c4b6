// Full-text search over all resources.
import { setImmediate as nextTick } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readCursor, signCursor } from '../core/cursor.ts'
import { parseSearch, type SearchQuery } from '../core/search.ts'
import { snippet } from '../core/snippet.ts'
import type { SearchHit } from '../db/engine.ts'
import { sql } from '../db/sql.ts'
import { sendRepresentation } from '../http/conditional.ts'
import { describe } from '../http/describe.ts'
import type { ReadContext, ReadSnapshot } from '../records/read/context.ts'
import { ANY_SIZE } from '../records/read/page.ts'
import { commaSeparated, pageParameters } from '../records/read/parameters.ts'
import { placesOf } from '../records/read/record.ts'
import { titlesOf } from '../records/read/titles.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Doc } from '../records/schema/document.ts'
import { date } from '../records/schema/fields.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Entity } from '../records/schema/resource.ts'
import { anyId, line, mayGrow, named, pathTo } from '../records/schema/shapes.ts'
import { page } from './records/page.ts'

/** The maximum number of matches that are ranked, since ranking reads all of them. */
const MAX_CANDIDATES = 10_000

/** The maximum size of the documents of a page, in bytes. It ends before the hit that exceeds it. */
const MAX_BYTES = 16_000_000

/** The maximum number of hits across all pages. */
const MAX_HITS = 1000

export function searchRoutes(app: FastifyInstance, catalogue: Catalogue, readSnapshot: ReadSnapshot): void {
  const kinds = named(
    'SearchedKind',
    z.enum(catalogue.entities.filter(({ searchText }) => searchText).map(({ kind }) => kind)).meta(mayGrow),
    'A kind of record, or of parts of records, that is searched.',
  )
  const hit = z
    .object({
      kind: kinds.meta({ description: 'The kind of the record or part.' }),
      id: anyId('The id of the record or part.'),
      path: pathTo('The path of the record or part.'),
      recordKind: line(
        20,
        'The kind of what a part belongs to: a record or another part. Null for a record.',
      ).nullable(),
      recordId: anyId('The id of what a part belongs to. Null for a record.').nullable(),
      title: line(
        20_000,
        'The title or name of the record; for a part, of the record at the start of its path.',
      ),
      date: date('The date of the record, if any.'),
      snippet: line(5000, 'HTML: escaped text with `<mark>` around matches.'),
      score: z.number().meta({
        description:
          'Higher is better: 2 for the words as typed next to each other, 1 for the words as typed, 0 for other forms of them, plus a fraction by BM25, for which words in titles weigh ten times. Comparable within one response. 0 if hits are not ranked.',
      }),
    })
    .meta({ id: 'SearchHit', description: 'A record that matches. Kinds may be added.' })
  const hits = z
    .object({
      data: z.array(hit).max(100),
      page: page
        .extend({
          ranked: z.boolean().meta({
            description: `Whether the best hits come first. If more than ${MAX_CANDIDATES.toLocaleString('en')} records match, the most recently changed come first.`,
          }),
        })
        .meta({ id: 'SearchPage', description: 'The position of the page among the hits.' }),
    })
    .meta({ id: 'SearchHitPage', description: 'A page of hits, the best first.' })

  app.get('/v1/search', {
    schema: describe({
      operationId: 'search',
      tag: 'search',
      summary: 'Search all records and their parts',
      description:
        'All words or forms of them must occur, in any order; what was typed ranks first. Also `"an exact phrase"`, `prefix*`, `-excluded`, `one OR two`. Case and diacritics are ignored; Chinese, Japanese, Korean and Thai texts match by substring. Any string is valid. Returns at most 1,000 hits; for all matches use a list with `q`. If more than 10,000 records match, hits are not ranked (`page.ranked`) and the most recently changed come first.',
      query: z.strictObject({
        q: z
          .string()
          .max(500)
          .meta({ description: 'The words to search for.', examples: ['"unmanned aerial" OR drone*'] }),
        kind: commaSeparated(kinds, 'Only these kinds of records or parts.').optional(),
        ...pageParameters(100),
      }),
      answers: { 200: { description: 'The hits.', schema: hits } },
      problems: ['invalid-cursor'],
    }),
    handler: async (request, reply) => {
      const parameters = request.query as SearchParameters
      const { hits, page } = await readSnapshot((context) => searchPage(context, parameters), {
        isLong: true,
      })
      const query = parseSearch(parameters.q)
      const data: object[] = []
      for (const found of hits) {
        data.push(describeHit(catalogue.entity(found.hit.kind as Kind), found, query, hits.length))
        // A snippet takes a while, so other requests get their turn.
        await nextTick()
      }
      const body = { data, page }
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

interface SearchParameters {
  q: string
  kind?: string[]
  limit: number
  cursor?: string
  count?: 'exact'
}

async function searchPage(context: ReadContext, parameters: SearchParameters) {
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

interface Found {
  hit: SearchHit
  doc: Doc
  path: string
  title: string
}

/** Hits with their paths, and the titles of the records that are found or have the parts that are found. */
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
    if (resource)
      return { hit, doc, path: `/v1/${resource.path}/${doc.id}`, title: String(doc[resource.titleField]) }
    const { path = '', recordId = '' } = places.get(doc.id) ?? {}
    return { hit, doc, path, title: titles.get(recordId) ?? '' }
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

function describeHit(
  { searchText }: Entity,
  { hit, doc, path, title }: Found,
  query: SearchQuery,
  texts: number,
) {
  const text = searchText?.(doc)
  const body = text?.body.filter(Boolean).join('\n') ?? ''
  return {
    kind: hit.kind,
    id: doc.id,
    path,
    recordKind: doc['recordKind'] ?? null,
    recordId: doc['recordId'] ?? null,
    title,
    date: hit.date,
    snippet: snippet(body, query, texts) ?? snippet(text?.title ?? '', query, texts) ?? '',
    score: Math.round(hit.score * 1e6) / 1e6,
  }
}
