// Full-text search over all resources.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendRepresentation } from '../http/conditional.ts'
import { describe } from '../http/describe.ts'
import type { ReadSnapshot } from '../records/read/context.ts'
import { commaSeparated, pageParameters } from '../records/read/parameters.ts'
import { describeHits, MAX_CANDIDATES, type SearchParameters, searchPage } from '../records/read/search.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import { date } from '../records/schema/fields.ts'
import { anyId, line, mayGrow, named, pathTo } from '../records/schema/shapes.ts'
import { page } from './records/page.ts'

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
        signal: request.signal,
      })
      const data = await describeHits(catalogue, hits, parameters.q)
      const body = { data, page }
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}
