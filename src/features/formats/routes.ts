// Serves lists in formats other than JSON, each at an address of its own: GET /v1/proposals.csv, GET /v1/meetings.ics.
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { flag } from '../../core/flag.ts'
import { capitalised } from '../../core/text.ts'
import { describe, textBody } from '../../http/describe.ts'
import { includePaths } from '../../records/read/include.ts'
import { type Listable, listParameters, toListQuery } from '../../records/read/parameters.ts'
import { fieldsParameter, projectionOf } from '../../records/read/projection.ts'
import type { RouteDeps } from '../records/page.ts'
import { FORMAT_NAMES, FORMATS, formatsOf, type OtherFormat, sendAs } from './formats.ts'

const bom = flag.meta({
  description: '`true` begins the file with a byte order mark, by which spreadsheets know UTF-8.',
})

export function formatRoutes(app: FastifyInstance, kind: Listable, deps: RouteDeps): void {
  const { catalogue } = deps.records
  const { path } = kind
  for (const format of formatsOf(kind)) {
    if (format === 'json') continue
    const { as, title } = FORMAT_NAMES[format]
    const isPage = format === 'atom'
    app.get(`/v1/${path}.${format}`, {
      schema: describe({
        operationId: `list${capitalised(path)}As${as}`,
        tag: path,
        summary: `List ${path} as ${title}`,
        description: `With the filters of /v1/${path}. ${isPage ? 'The latest changes, unless `sort` is given.' : 'The whole list.'}`,
        query: parametersOf(kind, format, includePaths(catalogue, kind)),
        answers: {
          200: { description: 'The list.', schema: textBody(FORMATS[format]), type: FORMATS[format] },
        },
        problems: isPage ? ['invalid-cursor'] : [],
      }),
      handler: (request, reply) => {
        const given = request.query as Record<string, unknown> & { fields?: string[]; bom?: boolean }
        // A feed starts with the latest change.
        const sort = given['sort'] ?? (isPage ? ['-updatedAt'] : undefined)
        const query = toListQuery(kind, { limit: 1, ...given, sort })
        const { fields, bom = false } = given
        const projection = fields ? projectionOf(catalogue, kind, query.include, fields) : null
        return sendAs(request, reply, format, deps, kind, query, { bom, projection })
      },
    })
  }
}

/** The parameters of the list that mean something in a format. All but Atom have the whole list. */
function parametersOf(kind: Listable, format: OtherFormat, includes: readonly string[]): z.ZodObject {
  const all = listParameters(kind, format === 'ndjson' ? includes : []).omit({ count: true })
  const parameters = format === 'atom' ? all : all.omit({ limit: true, cursor: true })
  return parameters.extend({
    ...((format === 'csv' || format === 'ndjson') && { fields: fieldsParameter.optional() }),
    ...(format === 'csv' && { bom: bom.optional() }),
  })
}
