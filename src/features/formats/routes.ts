// Serves lists as calendars and Atom feeds: GET /v1/meetings.ics, GET /v1/proposals.atom.
import type { FastifyInstance } from 'fastify'
import { capitalised } from '../../core/text.ts'
import { describe, textBody } from '../../http/describe.ts'
import { listParameters, toListQuery } from '../../records/read/parameters.ts'
import type { Resource } from '../../records/schema/resource.ts'
import type { RouteDeps } from '../records/page.ts'
import { FORMATS, formatsOf, sendAs } from './formats.ts'

const FEEDS = {
  ics: { as: 'Calendar', title: 'a calendar (RFC 5545)' },
  atom: { as: 'Feed', title: 'an Atom feed (RFC 4287)' },
} as const

export function feedRoutes(app: FastifyInstance, resource: Resource, deps: RouteDeps): void {
  const { path } = resource
  for (const format of ['ics', 'atom'] as const) {
    if (!formatsOf(resource).includes(format)) continue
    const { as, title } = FEEDS[format]
    app.get(`/v1/${path}.${format}`, {
      schema: describe({
        operationId: `list${capitalised(path)}As${as}`,
        tag: path,
        summary: `List ${path} as ${title}`,
        description: `With the filters of /v1/${path}.`,
        query: listParameters(resource, []).omit({ count: true }),
        answers: {
          200: { description: 'The list.', schema: textBody(FORMATS[format]), type: FORMATS[format] },
        },
        problems: ['invalid-cursor'],
      }),
      handler: (request, reply) => {
        const query = request.query as Record<string, unknown>
        // A feed starts with the latest change.
        const sort = query['sort'] ?? (format === 'atom' ? ['-updatedAt'] : undefined)
        return sendAs(request, reply, format, deps, resource, toListQuery(resource, { ...query, sort }))
      },
    })
  }
}
