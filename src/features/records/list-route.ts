// The list of a kind: GET /v1/{path}. Resources and children have it.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { capitalised } from '../../core/text.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe } from '../../http/describe.ts'
import { embedIncludes, includePaths } from '../../records/read/include.ts'
import { listPage } from '../../records/read/page.ts'
import {
  isLongRead,
  type Listable,
  listParameters,
  MAX_LIMIT,
  toListQuery,
} from '../../records/read/parameters.ts'
import { fieldsParameter, projected, projectionOf } from '../../records/read/projection.ts'
import {
  chooseFormat,
  FORMATS,
  type Format,
  formatParameters,
  formatsOf,
  sendAs,
} from '../formats/formats.ts'
import { CONTEXT_LINK } from '../json-ld.ts'
import { nextUrl, page, type RouteDeps } from './page.ts'

export function listRoute(app: FastifyInstance, kind: Listable, deps: RouteDeps): void {
  const { records, readSnapshot } = deps
  const { path, name, about, record } = kind
  app.get(`/v1/${path}`, {
    schema: describe({
      operationId: `list${capitalised(path)}`,
      tag: path,
      summary: `List ${path}`,
      description: about,
      query: listParameters(kind, includePaths(records.catalogue, kind)).extend({
        fields: fieldsParameter.optional(),
        ...formatParameters(kind),
      }),
      answers: {
        200: {
          description: `A page of ${path}. As CSV or NDJSON: the whole list.`,
          schema: z
            .object({ data: z.array(record).max(MAX_LIMIT), page })
            .meta({ id: `${name}Page`, description: `A page of ${path}.` }),
          alsoAs: formatsOf(kind).flatMap((format) => (format === 'json' ? [] : [FORMATS[format]])),
          headers: ['Link'],
        },
      },
      problems: ['invalid-cursor', 'not-acceptable'],
    }),
    handler: async (request, reply) => {
      const query = toListQuery(kind, request.query as Record<string, unknown>)
      const written = request.query as { fields?: string[]; format?: Format; bom?: 'true' | 'false' }
      const projection = written.fields
        ? projectionOf(records.catalogue, kind, query.include, written.fields)
        : null
      const format = chooseFormat(request, kind, written.format)
      if (format !== 'json')
        return sendAs(request, reply, format, deps, kind, query, { bom: written.bom === 'true', projection })
      const { rows, nextCursor, total, seq } = await readSnapshot(
        async (context) => {
          const listed = await listPage(context, kind, query)
          await embedIncludes(context, kind, listed.rows, query.include, listed.view)
          return listed
        },
        { isLong: isLongRead(kind, query) },
      )
      const data = rows.map(({ doc }) => projected(doc, projection)).join(',')
      return sendRepresentation(reply, {
        body: `{"data":[${data}],"page":${JSON.stringify({ nextCursor, limit: query.limit, total })}}`,
        headers: {
          // Not in the body: its ETag is the same while none of its records changes.
          'feed-position': String(seq),
          link:
            nextCursor === null
              ? CONTEXT_LINK
              : `<${nextUrl(request, nextCursor)}>; rel="next", ${CONTEXT_LINK}`,
        },
      })
    },
  })
}
