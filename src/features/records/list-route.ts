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
import { chooseFormat, formatsOf, sendAs } from '../formats/formats.ts'
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
      description: `${about} ${otherFormats(kind)}`,
      query: listParameters(kind, includePaths(records.catalogue, kind)).extend({
        fields: fieldsParameter.optional(),
      }),
      answers: {
        200: {
          description: `A page of ${path}.`,
          schema: z
            .object({ data: z.array(record).max(MAX_LIMIT), page })
            .meta({ id: `${name}Page`, description: `A page of ${path}.` }),
          headers: ['Link'],
        },
      },
      problems: ['invalid-cursor', 'not-acceptable'],
    }),
    handler: async (request, reply) => {
      const query = toListQuery(kind, request.query as Record<string, unknown>)
      const { fields } = request.query as { fields?: string[] }
      const projection = fields ? projectionOf(records.catalogue, kind, query.include, fields) : null
      const format = chooseFormat(request, kind)
      if (format !== 'json') return sendAs(request, reply, format, deps, kind, query, { projection })
      const isLong = isLongRead(kind, query)
      const { rows, nextCursor, total, seq } = await readSnapshot(
        async (context) => {
          const listed = await listPage(context, kind, query)
          await embedIncludes(context, kind, listed.rows, query.include, listed.view)
          return listed
        },
        { isLong, ...(isLong && { signal: request.signal }) },
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

/** Where the list is in other formats, for its description. */
function otherFormats(kind: Listable): string {
  const others = formatsOf(kind).filter((format) => format !== 'json')
  const addresses = others.map((format) => `\`.${format}\``)
  return `In other formats at ${addresses.join(', ')}, or by \`Accept\`.`
}
