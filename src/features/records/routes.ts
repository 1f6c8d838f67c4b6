// The routes that every resource has: list, make, read, change, delete.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { checkIfMatch, sendRepresentation } from '../../http/conditional.ts'
import { describe, ifMatch, recordParam, textBody } from '../../http/describe.ts'
import { mergePatchCompiler } from '../../http/validation.ts'
import type { ReadSnapshot } from '../../records/read/context.ts'
import { embedIncludes, includePaths } from '../../records/read/include.ts'
import { listPage } from '../../records/read/page.ts'
import {
  includeParameter,
  listParameters,
  MAX_LIMIT,
  toListQuery,
  viewParameters,
} from '../../records/read/parameters.ts'
import { loadRecord, parse, readRecord } from '../../records/read/record.ts'
import { seqAt } from '../../records/read/view.ts'
import { line } from '../../records/schema/fields.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { createRecord, deleteRecord, updateRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { chooseFormat, FORMATS, type Format, formatParameter, formatsOf, sendAs } from '../formats/formats.ts'
import { DELETED, recordResponse, respondIdempotently } from '../respond.ts'
import { applyPatch } from './patch.ts'

interface ReadQuery {
  asOf?: string
  knownAt?: string
  include?: string[]
}

export interface RouteDeps {
  records: Records
  readSnapshot: ReadSnapshot
  cursorSecret: Buffer
}

export const page = z
  .object({
    nextCursor: line(4000, 'Send it as `cursor` for the next page; null on the last one.').nullable(),
    limit: z.int().min(1).max(MAX_LIMIT).meta({ description: 'How many records a page holds at most.' }),
    total: z.int().min(0).optional().meta({ description: 'With `count=exact`: how many records match.' }),
  })
  .meta({ id: 'Page', description: 'Where this page stands in its list.' })

export function crudRoutes(app: FastifyInstance, resource: Resource, deps: RouteDeps): void {
  const { records, readSnapshot } = deps
  const { kind, path, name } = resource
  const plural = path.charAt(0).toUpperCase() + path.slice(1)
  const a = /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`
  const collection = `/v1/${path}`
  const item = `${collection}/:id`
  const includes = includePaths(records.catalogue, resource)
  const listed = z
    .object({ data: z.array(resource.record).max(MAX_LIMIT), page })
    .meta({ id: `${name}Page`, description: `A page of ${path}.` })

  app.get(collection, {
    schema: describe({
      operationId: `list${plural}`,
      tag: path,
      summary: `List ${path}`,
      description: resource.about,
      query: listParameters(resource, includes).extend({ format: formatParameter(resource).optional() }),
      answers: {
        200: {
          description: `A page of ${path}; as CSV or NDJSON the whole list.`,
          schema: listed,
          alsoAs: formatsOf(resource).flatMap((format) => (format === 'json' ? [] : [FORMATS[format]])),
          headers: ['ETag', 'Link', 'Content-Disposition'],
        },
      },
      problems: ['invalid-cursor', 'not-acceptable'],
    }),
    handler: async (request, reply) => {
      const query = toListQuery(resource, request.query as Record<string, unknown>)
      const format = chooseFormat(request, resource, (request.query as { format?: Format }).format)
      if (format !== 'json') return sendAs(request, reply, format, deps, resource, query)
      const { rows, nextCursor, total } = await readSnapshot(async (context) => {
        const listed = await listPage(context, resource, query)
        await embedIncludes(context, resource, listed.rows, query.include, listed.view)
        return listed
      })
      const pageInfo = JSON.stringify({ nextCursor, limit: query.limit, total })
      return sendRepresentation(reply, {
        body: `{"data":[${rows.map((row) => row.doc).join(',')}],"page":${pageInfo}}`,
        ...(nextCursor !== null && { headers: { link: `<${nextUrl(request, nextCursor)}>; rel="next"` } }),
      })
    },
  })

  for (const format of formatsOf(resource)) {
    if (format !== 'ics' && format !== 'atom') continue
    app.get(`${collection}.${format}`, {
      schema: describe({
        operationId: `list${plural}As${format === 'ics' ? 'Calendar' : 'Feed'}`,
        tag: path,
        summary:
          format === 'ics'
            ? `The ${path} as a calendar (RFC 5545)`
            : `The ${path} as an Atom feed (RFC 4287)`,
        description: `Takes the filters of ${collection}.`,
        query: listParameters(resource, includes).omit({ include: true, count: true }),
        answers: {
          200: { description: 'The list.', schema: textBody(FORMATS[format]), type: FORMATS[format] },
        },
        problems: ['invalid-cursor'],
      }),
      handler: (request, reply) => {
        const given = request.query as Record<string, unknown>
        // A feed begins with what changed last.
        const sort = given['sort'] ?? (format === 'atom' ? ['-updatedAt'] : undefined)
        const query = toListQuery(resource, { ...given, sort })
        return sendAs(request, reply, format, deps, resource, query)
      },
    })
  }

  app.post(collection, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: `create${name}`,
      tag: path,
      summary: `Create ${a}`,
      body: resource.create,
      answers: { 201: { description: `The new ${kind}.`, schema: resource.record } },
      problems: [
        'unknown-reference',
        'inconsistent',
        'duplicate',
        ...(resource.lifecycle ? (['illegal-transition'] as const) : []),
      ],
      secured: true,
    }),
    handler: async (request, reply) => {
      const input = request.body as Record<string, unknown>
      return respondIdempotently(records, request, reply, async (tx) => {
        const made = await createRecord(tx, resource, input)
        return recordResponse(made, 201, `${collection}/${made.id}`)
      })
    },
  })

  app.get(item, {
    schema: describe({
      operationId: `get${name}`,
      tag: path,
      summary: `Get ${a}`,
      params: recordParam(resource),
      query: z.strictObject({
        include: includeParameter(resource, includes).optional(),
        ...viewParameters(resource),
      }),
      answers: {
        200: {
          description: `The ${kind}.`,
          schema: resource.record,
          headers: ['ETag', 'Last-Modified'],
        },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { asOf = null, knownAt, include = [] } = request.query as ReadQuery
      const row = await readSnapshot(async (context) => {
        const view = { asOf, seq: knownAt === undefined ? null : await seqAt(context.reader, knownAt) }
        const record = await readRecord(context, resource, id, view, include)
        await embedIncludes(context, resource, [record], include, view)
        return record
      })
      return sendRepresentation(reply, { body: row.doc, version: row.version, lastModified: row.updatedAt })
    },
  })

  app.patch(item, {
    validatorCompiler: mergePatchCompiler,
    config: { role: 'analyst' },
    schema: describe({
      operationId: `update${name}`,
      tag: path,
      summary: `Update ${a}`,
      ...(resource.lifecycle && { description: 'The status cannot be patched: create an event instead.' }),
      params: recordParam(resource),
      headers: ifMatch,
      body: resource.patch,
      answers: { 200: { description: `The updated ${kind}.`, schema: resource.record } },
      problems: [
        'not-found',
        'gone',
        'precondition-failed',
        'unknown-reference',
        'inconsistent',
        'duplicate',
        ...(resource.kind === 'source' ? (['source-cited'] as const) : []),
      ],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      return respondIdempotently(records, request, reply, async (tx) => {
        const stored = await loadRecord(tx, resource, id)
        checkIfMatch(request, stored.version)
        const before = parse(stored)
        const changed = applyPatch(resource, before, request.body as Record<string, unknown>)
        return recordResponse(await updateRecord(tx, resource, before, changed))
      })
    },
  })

  app.delete(item, {
    config: { role: 'admin' },
    schema: describe({
      operationId: `delete${name}`,
      tag: path,
      summary: `Delete ${a}`,
      description: 'Needs an admin key. Evidence and other parts of the record are deleted with it.',
      params: recordParam(resource),
      headers: ifMatch,
      answers: { 204: { description: 'Deleted.' } },
      problems: ['not-found', 'gone', 'precondition-failed', 'referenced'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      return respondIdempotently(records, request, reply, async (tx) => {
        const stored = await loadRecord(tx, resource, id)
        checkIfMatch(request, stored.version)
        await deleteRecord(tx, resource, parse(stored))
        return DELETED
      })
    },
  })
}

/** A path and a query that may stand in a link as they are. */
const PLAIN = /^\/(?:[\w\-.~:/?@!$&'()*+,;=]|%[\da-f]{2})*$/i

/** The cursor of such a path. */
const CURSOR = /(?<=^[^?]*\?|&)cursor=[^&]*/

/** Where the next page is: as the client asked, with another cursor. */
export function nextUrl({ url: asked, query }: FastifyRequest, cursor: string): string {
  if (PLAIN.test(asked)) {
    if (CURSOR.test(asked)) return asked.replace(CURSOR, `cursor=${cursor}`)
    if ((query as { cursor?: string }).cursor === undefined)
      return `${asked}${asked.includes('?') ? '&' : '?'}cursor=${cursor}`
  }
  const url = new URL(asked, 'http://localhost')
  url.searchParams.set('cursor', cursor)
  return `${url.pathname}${url.search}`
}
