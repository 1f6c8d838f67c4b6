// Full-text search over all resources.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readCursor, signCursor } from '../core/cursor.ts'
import { parseSearch, type SearchQuery, snippet } from '../core/search.ts'
import type { SearchHit } from '../db/engine.ts'
import { sql } from '../db/sql.ts'
import { sendRepresentation } from '../http/conditional.ts'
import { describe } from '../http/describe.ts'
import type { ReadContext, ReadSnapshot } from '../records/read/context.ts'
import { commaSeparated, pageParameters } from '../records/read/parameters.ts'
import { parse, type Stored, selectStored } from '../records/read/record.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Doc } from '../records/schema/document.ts'
import { date } from '../records/schema/fields.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { anyId, line, mayGrow, named, pathTo } from '../records/schema/shapes.ts'
import { page } from './records/page.ts'

/** The maximum number of matches that are ranked, since ranking reads all of them. */
const MAX_CANDIDATES = 10_000

/** The maximum number of hits across all pages. */
const MAX_HITS = 1000

export function searchRoutes(
  app: FastifyInstance,
  { resources }: Catalogue,
  readSnapshot: ReadSnapshot,
): void {
  const kinds = named(
    'ResourceKind',
    z.enum(resources.map(({ kind }) => kind)).meta(mayGrow),
    'A kind of resource.',
  )
  const hit = z
    .object({
      kind: kinds.meta({ description: 'The kind of the record.' }),
      id: anyId('The id of the record.'),
      path: pathTo('The path of the record.'),
      title: line(20_000, 'The title or name of the record.'),
      date: date('The date of the record, if any.'),
      snippet: line(5000, 'HTML: escaped text with `<mark>` around matches.'),
      score: z.number().meta({
        description:
          'Higher is better (BM25; words in titles weigh ten times). Comparable within one response. 0 if hits are not ranked.',
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
      summary: 'Search all resources',
      description:
        'All words must occur, in any order. Also `"a phrase"`, `prefix*`, `-excluded`, `one OR two`. Case and diacritics are ignored; Chinese, Japanese, Korean and Thai texts match by substring. Any string is valid. Returns at most 1,000 hits; for all matches use a list with `q`. If more than 10,000 records match, hits are not ranked (`page.ranked`) and the most recently changed come first.',
      query: z.strictObject({
        q: z
          .string()
          .max(500)
          .meta({ description: 'The words to search for.', examples: ['"unmanned aerial" OR drone*'] }),
        kind: commaSeparated(kinds, 'Only these kinds of records.').optional(),
        ...pageParameters(100),
      }),
      answers: { 200: { description: 'The hits.', schema: hits } },
      problems: ['invalid-cursor'],
    }),
    handler: async (request, reply) => {
      const parameters = request.query as SearchParameters
      const body = await readSnapshot((context) => searchPage(context, parameters))
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
  const next = offset + limit
  const hasMore = hits.length > limit && next < MAX_HITS
  return {
    data: await describeHits(context, hits.slice(0, limit), query),
    page: {
      nextCursor: hasMore ? signCursor(cursorSecret, scope, { after: [next], snapshot: 0 }) : null,
      limit,
      ranked,
      ...(count === 'exact' && { total: await search.count(reader, query, kind) }),
    },
  }
}

/** Adds title, path and snippet to hits, with one query per kind. */
async function describeHits({ catalogue, reader }: ReadContext, hits: SearchHit[], query: SearchQuery) {
  const docs = new Map<string, Doc>()
  for (const [kind, group] of Map.groupBy(hits, (hit) => hit.kind)) {
    const { table } = catalogue.resource(kind as Kind)
    const ids = group.map(({ recordId }) => recordId)
    const rows = await reader.all<Stored>(sql`${selectStored(table)} where ${table.id} in ${ids}`)
    for (const row of rows) docs.set(row.id, parse(row))
  }
  return hits.flatMap((hit) => {
    const doc = docs.get(hit.recordId)
    return doc ? [describeHit(catalogue.resource(hit.kind as Kind), hit, doc, query)] : []
  })
}

function describeHit(
  { path, titleField, searchText }: Resource,
  hit: SearchHit,
  doc: Doc,
  query: SearchQuery,
) {
  const text = searchText?.(doc)
  const body = text?.body.filter(Boolean).join('\n') ?? ''
  return {
    kind: hit.kind,
    id: doc.id,
    path: `/v1/${path}/${doc.id}`,
    title: String(doc[titleField]),
    date: hit.date,
    snippet: snippet(body, query) ?? snippet(text?.title ?? '', query) ?? '',
    score: Math.round(hit.score * 1e6) / 1e6,
  }
}
