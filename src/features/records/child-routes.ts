// The routes of children under their record: list, create, get, update, delete and history, as declared by each kind.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { capitalised } from '../../core/text.ts'
import { checkIfMatch, sendRepresentation } from '../../http/conditional.ts'
import { describe, ifMatch, withReason, withRequiredReason } from '../../http/describe.ts'
import { mergePatchCompiler } from '../../http/validation.ts'
import { fieldsParameter, pick, projected, projectionOf } from '../../records/read/projection.ts'
import { childrenOf, loadRecord, parse } from '../../records/read/record.ts'
import type { Catalogue, Child, Parent, WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { type Kind, withArticle } from '../../records/schema/kinds.ts'
import { unbounded } from '../../records/schema/shapes.ts'
import { isAtOrBelow } from '../../records/schema/values.ts'
import { createChild, deleteChild, updateChild } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { historyRoutes } from '../history.ts'
import { CONTEXT_LINK } from '../json-ld.ts'
import { DELETED, recordResponse, respondIdempotently, type StoredResponse } from '../respond.ts'
import { applyPatch } from './patch.ts'
import { flatPath, type Params, pathUnder, type RecordPath, recordPath } from './path.ts'

const withFields = z.strictObject({ fields: fieldsParameter.optional() })

export function childRoutes(app: FastifyInstance, records: Records): void {
  for (const child of records.catalogue.children) {
    const list =
      child.operations.list &&
      z
        .object({ data: z.array(child.record).meta(unbounded) })
        .meta({ id: `${child.name}List`, description: `The ${child.path} of a record.` })
    for (const parent of parentPaths(records.catalogue, child)) {
      routesUnder(app, records, child, parent, list || undefined)
      itemRoutes(app, records, child, pathUnder(parent, child))
    }
    itemRoutes(app, records, child, flatPath(child))
  }
}

/**
 * The paths of all records that can have such children. Evidence can also belong to parts, which have a path of their own, and
 * another below their record.
 */
export function parentPaths(catalogue: Catalogue, child: Child): RecordPath[] {
  return child.of.flatMap((kind): RecordPath[] => {
    const resource = catalogue.findResource(kind)
    if (resource) return [recordPath(resource)]
    const parent = catalogue.child(kind)
    return [flatPath(parent), ...parentPaths(catalogue, parent).map((path) => pathUnder(path, parent))]
  })
}

/** The parameters of a list under a record: of its filters, those by JSON Pointers. */
const pointerFilters = ({ filters }: Child) =>
  Object.fromEntries(
    Object.entries(filters).flatMap(([name, filter]) =>
      filter.by === 'column' && filter.match === 'prefix'
        ? [[name, z.string().max(200).meta({ description: filter.description }).optional()]]
        : [],
    ),
  )

function projectionOfRequest(catalogue: Catalogue, child: Child, { query }: FastifyRequest) {
  const { fields } = query as { fields?: string[] }
  return fields ? projectionOf(catalogue, child, [], fields) : null
}

function routesUnder(
  app: FastifyInstance,
  records: Records,
  child: Child,
  parent: RecordPath,
  list: z.ZodObject | undefined,
): void {
  const { kind, path, operations } = child
  const noun = withArticle(kind)
  const { tag, hidden = false } = parent
  const of = `of the ${parent.entity.kind}`
  const collection = `${parent.path}/${path}`
  const item = pathUnder(parent, child)
  const paramsOf = (request: FastifyRequest) => request.params as Params
  if (operations.list && list) {
    const pointers = pointerFilters(child)
    app.get(collection, {
      schema: describe({
        hidden,
        operationId: `list${parent.name}${capitalised(path)}`,
        tag,
        summary: `List the ${path} ${of}`,
        description: operations.list,
        params: parent.params,
        query: withFields.extend(pointers),
        answers: { 200: { description: `The ${path}.`, schema: list } },
        problems: ['not-found', 'gone'],
      }),
      handler: async (request, reply) => {
        const query = request.query as Record<string, string | undefined>
        const all = await records.engine.read(async (reader) => {
          const record = await parent.load(reader, paramsOf(request))
          return childrenOf(reader, child, record.id)
        })
        const data = all.filter((doc) =>
          Object.keys(pointers).every((name) => isAtOrBelow(String(doc[name]), query[name] ?? '')),
        )
        const projection = projectionOfRequest(records.catalogue, child, request)
        const shown = projection ? data.map((doc) => pick(doc, projection)) : data
        return sendRepresentation(reply, {
          body: JSON.stringify({ data: shown }),
          headers: { link: CONTEXT_LINK },
        })
      },
    })
  }

  if (operations.create) {
    app.post(collection, {
      config: { role: 'analyst' },
      schema: describe({
        hidden,
        operationId: `create${item.name}`,
        tag,
        summary: `Create ${noun} ${of}`,
        description: operations.create,
        params: parent.params,
        query: withReason,
        body: records.catalogue.bodyOf(child, parent.entity),
        answers: { 201: { description: `The ${kind}.`, schema: child.record } },
        problems: [
          'not-found',
          'gone',
          'unknown-reference',
          'inconsistent',
          ...(child.createProblems ?? []),
          ...records.catalogue.partProblems(child),
        ],
      }),
      handler: (request, reply) =>
        respondIdempotently(records, request, reply, async (tx) => {
          const doc = parse(await parent.load(tx, paramsOf(request)))
          const input = request.body as Record<string, unknown>
          const created = await createChild(tx, child, { entity: parent.entity, doc }, input)
          return recordResponse(created, 201, `/v1/${path}/${created.id}`)
        }),
    })
  }
}

/** The routes of one child. */
function itemRoutes(app: FastifyInstance, records: Records, child: Child, item: RecordPath): void {
  const { kind, operations } = child
  const noun = withArticle(kind)
  const { tag, hidden = false } = item
  const paramsOf = (request: FastifyRequest) => request.params as Params

  if (operations.get) {
    app.get(item.path, {
      schema: describe({
        hidden,
        operationId: `get${item.name}`,
        tag,
        summary: `Get ${noun}`,
        description: operations.get,
        params: item.params,
        query: withFields,
        answers: {
          200: { description: `The ${kind}.`, schema: child.record, headers: ['ETag'] },
        },
        problems: ['not-found', 'gone'],
      }),
      handler: async (request, reply) => {
        const stored = await records.engine.read((reader) => item.load(reader, paramsOf(request)))
        const { version, updatedAt } = parse(stored)
        const body = projected(stored.doc, projectionOfRequest(records.catalogue, child, request))
        return sendRepresentation(reply, {
          body,
          version,
          lastModified: updatedAt,
          headers: { link: CONTEXT_LINK },
        })
      },
    })
  }

  if (operations.update) {
    app.patch(item.path, {
      validatorCompiler: mergePatchCompiler,
      config: { role: 'analyst' },
      schema: describe({
        hidden,
        operationId: `update${item.name}`,
        tag,
        summary: `Update ${noun}`,
        description: operations.update,
        params: item.params,
        query: withReason,
        headers: ifMatch,
        body: child.patch,
        answers: { 200: { description: `The ${kind}.`, schema: child.record } },
        problems: [
          'not-found',
          'gone',
          'precondition-failed',
          'unknown-reference',
          'inconsistent',
          ...(child.createProblems ?? []),
        ],
      }),
      handler: (request, reply) =>
        changeChild(request, reply, async (tx, record, before) => {
          const fields = applyPatch(child, before, request.body as Record<string, unknown>)
          return recordResponse(await updateChild(tx, child, record, before, fields))
        }),
    })
  }

  if (operations.delete) {
    app.delete(item.path, {
      config: { role: 'analyst' },
      schema: describe({
        hidden,
        operationId: `delete${item.name}`,
        tag,
        summary: `Delete ${noun}`,
        description: operations.delete,
        params: item.params,
        query: withRequiredReason,
        headers: ifMatch,
        answers: { 204: { description: 'Deleted.' } },
        problems: ['not-found', 'gone', 'precondition-failed', 'referenced', ...(child.deleteProblems ?? [])],
      }),
      handler: (request, reply) =>
        changeChild(request, reply, async (tx, record, doc) => {
          await deleteChild(tx, child, record, doc)
          return DELETED
        }),
    })
  }

  historyRoutes(app, item, records)

  /** Runs a change of the child in the path if `If-Match` has its version. */
  function changeChild(
    request: FastifyRequest,
    reply: FastifyReply,
    change: (tx: WriteTransaction, record: Parent, before: Doc) => Promise<StoredResponse>,
  ): Promise<FastifyReply> {
    return respondIdempotently(records, request, reply, async (tx) => {
      const stored = await item.load(tx, paramsOf(request))
      checkIfMatch(request, stored.version)
      const before = parse(stored)
      const entity = records.catalogue.entity(before['recordKind'] as Kind)
      const doc = parse(await loadRecord(tx, entity, String(before['recordId'])))
      return change(tx, { entity, doc }, before)
    })
  }
}
