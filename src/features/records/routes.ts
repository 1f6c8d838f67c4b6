// The routes of every resource: list, create, get, update and delete.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { checkIfMatch, sendRepresentation } from '../../http/conditional.ts'
import {
  describe,
  ifMatch,
  recordParam,
  textBody,
  withReason,
  withRequiredReason,
} from '../../http/describe.ts'
import { mergePatchCompiler } from '../../http/validation.ts'
import type { CitationFormat } from '../../records/read/citations.ts'
import { embedIncludes, includePaths } from '../../records/read/include.ts'
import { includeParameter, viewParameters } from '../../records/read/parameters.ts'
import { fieldsParameter, projected, projectionOf } from '../../records/read/projection.ts'
import { loadRecord, parse, readRecord } from '../../records/read/record.ts'
import { seqAt } from '../../records/read/view.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { withArticle } from '../../records/schema/kinds.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { refuseDuplicate } from '../../records/write/match.ts'
import { createRecord, deleteRecord, updateRecord } from '../../records/write/operations.ts'
import {
  chooseRecordFormat,
  citationFile,
  citationFormatsOf,
  FORMAT_NAMES,
  FORMATS,
  refuseFields,
  refuseInclude,
} from '../formats/formats.ts'
import { CONTEXT_LINK } from '../json-ld.ts'
import { DELETED, recordResponse, respondIdempotently, type StoredResponse } from '../respond.ts'
import { listRoute } from './list-route.ts'
import { mergeRoute } from './merge.ts'
import type { RouteDeps } from './page.ts'
import { applyPatch } from './patch.ts'

export function recordRoutes(app: FastifyInstance, resource: Resource, deps: RouteDeps): void {
  const { records, readSnapshot } = deps
  const { kind, path, name, lifecycle } = resource
  const noun = withArticle(kind)
  const collection = `/v1/${path}`
  const item = `${collection}/:id`
  const includes = includePaths(records.catalogue, resource)
  const idOf = (request: FastifyRequest) => (request.params as { id: string }).id
  const bodyOf = (request: FastifyRequest) => request.body as Record<string, unknown>

  listRoute(app, resource, deps)

  app.post(collection, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: `create${name}`,
      tag: path,
      summary: `Create ${noun}`,
      query: withReason,
      body: resource.create,
      answers: { 201: { description: `The new ${kind}.`, schema: resource.record } },
      problems: [
        'unknown-reference',
        'inconsistent',
        'duplicate',
        'possible-duplicate',
        ...records.catalogue.partProblems(resource),
      ],
    }),
    handler: (request, reply) =>
      respondIdempotently(records, request, reply, async (tx) => {
        await refuseDuplicate(tx, resource, bodyOf(request))
        const doc = await createRecord(tx, resource, bodyOf(request))
        return recordResponse(doc, 201, `${collection}/${doc.id}`)
      }),
  })

  app.get(item, {
    schema: describe({
      operationId: `get${name}`,
      tag: path,
      summary: `Get ${noun}`,
      params: recordParam(resource),
      query: z.strictObject({
        include: includeParameter(resource, includes).optional(),
        fields: fieldsParameter.optional(),
        ...viewParameters(resource),
      }),
      answers: { 200: { description: `The ${kind}.`, schema: resource.record, headers: ['ETag'] } },
      problems: ['not-found', 'gone'],
    }),
    handler: (request, reply) => sendRecord(request, reply, chooseRecordFormat(request, resource)),
  })

  for (const format of citationFormatsOf(resource)) {
    const { as, title } = FORMAT_NAMES[format]
    app.get(`${item}/citation.${format}`, {
      schema: describe({
        operationId: `get${name}As${as}`,
        tag: path,
        summary: `Get ${noun} as ${title}`,
        description: 'For citation managers.',
        params: recordParam(resource),
        query: z.strictObject(viewParameters(resource)),
        answers: {
          200: {
            description: `The citation of the ${kind}.`,
            schema: textBody(FORMATS[format]),
            type: FORMATS[format],
            headers: ['ETag'],
          },
        },
        problems: ['not-found', 'gone'],
      }),
      handler: (request, reply) => sendRecord(request, reply, format),
    })
  }

  app.patch(item, {
    validatorCompiler: mergePatchCompiler,
    config: { role: 'analyst' },
    schema: describe({
      operationId: `update${name}`,
      tag: path,
      summary: `Update ${noun}`,
      ...(lifecycle && { description: 'The status cannot be changed here; create an event instead.' }),
      params: recordParam(resource),
      query: withReason,
      headers: ifMatch,
      body: resource.patch,
      answers: { 200: { description: `The ${kind}.`, schema: resource.record } },
      problems: [
        'not-found',
        'gone',
        'precondition-failed',
        'unknown-reference',
        'inconsistent',
        'duplicate',
        ...(resource.patchProblems ?? []),
      ],
    }),
    handler: (request, reply) =>
      changeRecord(request, reply, async (tx, before) => {
        const fields = applyPatch(resource, before, bodyOf(request))
        return recordResponse(await updateRecord(tx, resource, before, fields))
      }),
  })

  if (resource.putText)
    app.put(`${item}/text`, {
      config: { role: 'analyst' },
      schema: describe({
        operationId: `put${name}Text`,
        tag: path,
        summary: `Replace the text of the ${kind}`,
        description:
          'Completes an excerpt. Every quote of it must be in the new text to the letter, between its prefix and suffix, at exactly one place; offsets, prefixes and suffixes are computed again. Otherwise nothing changes. The history keeps the old text.',
        params: recordParam(resource),
        query: withReason,
        headers: ifMatch,
        body: resource.putText,
        answers: { 200: { description: `The updated ${kind}.`, schema: resource.record } },
        problems: ['not-found', 'gone', 'precondition-failed', 'quotes-lost'],
      }),
      handler: (request, reply) =>
        changeRecord(request, reply, async (tx, before) =>
          recordResponse(await updateRecord(tx, resource, before, bodyOf(request), { replacesText: true })),
        ),
    })

  app.delete(item, {
    config: { role: 'admin' },
    schema: describe({
      operationId: `delete${name}`,
      tag: path,
      summary: `Delete ${noun}`,
      description: 'Requires an admin key. Evidence and other children of the record are also deleted.',
      params: recordParam(resource),
      query: withRequiredReason,
      headers: ifMatch,
      answers: { 204: { description: 'Deleted.' } },
      problems: ['not-found', 'gone', 'precondition-failed', 'referenced'],
    }),
    handler: (request, reply) =>
      changeRecord(request, reply, async (tx, before) => {
        await deleteRecord(tx, resource, before)
        return DELETED
      }),
  })

  if (resource.prefix !== null) mergeRoute(app, resource, records)

  /** Sends the record in the path. */
  async function sendRecord(
    request: FastifyRequest,
    reply: FastifyReply,
    format: 'json' | CitationFormat,
  ): Promise<FastifyReply> {
    const query = request.query as { asOf?: string; knownAt?: string; include?: string[]; fields?: string[] }
    const { asOf = null, knownAt, include = [], fields } = query
    const projection = fields ? projectionOf(records.catalogue, resource, include, fields) : null
    refuseInclude(format, include)
    refuseFields(format, projection)
    const row = await readSnapshot(
      async (context) => {
        const view = { asOf, seq: knownAt === undefined ? null : await seqAt(context.reader, knownAt) }
        const record = await readRecord(context, resource, idOf(request), view, include)
        if (format !== 'json')
          return { ...record, doc: await citationFile(context, format, parse(record), view) }
        await embedIncludes(context, resource, [record], include, view)
        return record
      },
      { isLong: asOf !== null || knownAt !== undefined || include.some((path) => path.includes('.')) },
    )
    return sendRepresentation(reply, {
      body: projected(row.doc, projection),
      version: row.version,
      // A citation also has the name of the publisher, which changes by itself.
      ...(format === 'json'
        ? { lastModified: row.updatedAt, headers: { link: CONTEXT_LINK } }
        : { type: `${FORMATS[format]}; charset=utf-8` }),
    })
  }

  /** Runs a change of the record in the path if `If-Match` has its version. */
  function changeRecord(
    request: FastifyRequest,
    reply: FastifyReply,
    change: (tx: WriteTransaction, before: Doc) => Promise<StoredResponse>,
  ): Promise<FastifyReply> {
    return respondIdempotently(records, request, reply, async (tx) => {
      const stored = await loadRecord(tx, resource, idOf(request))
      checkIfMatch(request, stored.version)
      return change(tx, parse(stored))
    })
  }
}
