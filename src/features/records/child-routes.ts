// The routes of children: list, create, get and delete, as declared by each kind.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { notFound } from '../../core/problems.ts'
import { capitalised } from '../../core/text.ts'
import type { Reader } from '../../db/engine.ts'
import { checkIfMatch, sendRepresentation } from '../../http/conditional.ts'
import {
  describe,
  ifMatch,
  partParam,
  recordParam,
  withReason,
  withRequiredReason,
} from '../../http/describe.ts'
import { childrenOf, loadRecord, parse, pathOf, type Stored } from '../../records/read/record.ts'
import type { Catalogue, Child } from '../../records/schema/catalogue.ts'
import { withArticle } from '../../records/schema/kinds.ts'
import type { Entity } from '../../records/schema/resource.ts'
import { unbounded } from '../../records/schema/shapes.ts'
import { createChild, deleteChild } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { DELETED, recordResponse, respondIdempotently } from '../respond.ts'

/** The path of one record, a resource or a child, and how to load it. */
interface RecordPath {
  entity: Entity
  /** `/v1/proposals/:id` */
  path: string
  tag: string
  /** In operation ids: `Proposal`, `ProposalPosition`. */
  name: string
  params: z.ZodObject
  /** @throws Problem `not-found` or `gone` */
  load: (reader: Reader, params: Params) => Promise<Stored>
}

type Params = Record<string, string>

export function childRoutes(app: FastifyInstance, records: Records): void {
  for (const child of records.catalogue.children) {
    const list =
      child.operations.list &&
      z
        .object({ data: z.array(child.record).meta(unbounded) })
        .meta({ id: `${child.name}List`, description: `The ${child.path} of a record.` })
    for (const parent of parentPaths(records.catalogue, child))
      routesUnder(app, records, child, parent, list || undefined)
  }
}

/** The paths of all records that can have such children. Evidence is also below positions, which are below proposals. */
function parentPaths(catalogue: Catalogue, child: Child): RecordPath[] {
  return child.of.flatMap((kind): RecordPath[] => {
    const resource = catalogue.findResource(kind)
    if (!resource) {
      const parent = catalogue.child(kind)
      return parentPaths(catalogue, parent).map((path) => pathUnder(path, parent))
    }
    return [
      {
        entity: resource,
        path: `/v1/${resource.path}/:id`,
        tag: resource.path,
        name: resource.name,
        params: recordParam(resource),
        load: (reader, { id = '' }) => loadRecord(reader, resource, id),
      },
    ]
  })
}

function pathUnder(parent: RecordPath, child: Child): RecordPath {
  const param = `${child.kind}Id`
  return {
    entity: child,
    path: `${parent.path}/${child.path}/:${param}`,
    tag: parent.tag,
    name: `${parent.name}${child.name}`,
    params: parent.params.extend({
      [param]: partParam(child.prefix ?? '', `The id of the ${child.kind}.`),
    }),
    async load(reader, params) {
      const record = await parent.load(reader, params)
      const stored = await loadRecord(reader, child, params[param] ?? '')
      if (parse(stored)['recordId'] !== record.id) throw notFound(child.kind, stored.id)
      return stored
    },
  }
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
  const { tag } = parent
  const of = `of the ${parent.entity.kind}`
  const collection = `${parent.path}/${path}`
  const item = pathUnder(parent, child)
  const paramsOf = (request: FastifyRequest) => request.params as Params

  if (operations.list && list) {
    app.get(collection, {
      schema: describe({
        operationId: `list${parent.name}${capitalised(path)}`,
        tag,
        summary: `List the ${path} ${of}`,
        description: operations.list,
        params: parent.params,
        answers: { 200: { description: `The ${path}.`, schema: list } },
        problems: ['not-found', 'gone'],
      }),
      handler: async (request, reply) => {
        const data = await records.engine.read(async (reader) => {
          const record = await parent.load(reader, paramsOf(request))
          return childrenOf(reader, child, record.id)
        })
        return sendRepresentation(reply, { body: JSON.stringify({ data }) })
      },
    })
  }

  if (operations.create) {
    app.post(collection, {
      config: { role: 'analyst' },
      schema: describe({
        operationId: `create${item.name}`,
        tag,
        summary: `Create ${noun} ${of}`,
        description: operations.create,
        params: parent.params,
        query: withReason,
        body: child.createShape(parent.entity),
        answers: { 201: { description: `The ${kind}.`, schema: child.record } },
        problems: ['not-found', 'gone', 'unknown-reference', 'inconsistent', ...(child.createProblems ?? [])],
      }),
      handler: (request, reply) =>
        respondIdempotently(records, request, reply, async (tx) => {
          const doc = parse(await parent.load(tx, paramsOf(request)))
          const input = request.body as Record<string, unknown>
          const created = await createChild(tx, child, { entity: parent.entity, doc }, input)
          return recordResponse(created, 201, await pathOf(tx, records.catalogue, kind, created.id))
        }),
    })
  }

  if (operations.get) {
    app.get(item.path, {
      schema: describe({
        operationId: `get${item.name}`,
        tag,
        summary: `Get ${noun} ${of}`,
        description: operations.get,
        params: item.params,
        answers: {
          200: { description: `The ${kind}.`, schema: child.record, headers: ['ETag'] },
        },
        problems: ['not-found', 'gone'],
      }),
      handler: async (request, reply) => {
        const stored = await records.engine.read((reader) => item.load(reader, paramsOf(request)))
        const { version, updatedAt } = parse(stored)
        return sendRepresentation(reply, { body: stored.doc, version, lastModified: updatedAt })
      },
    })
  }

  if (operations.delete) {
    app.delete(item.path, {
      config: { role: 'admin' },
      schema: describe({
        operationId: `delete${item.name}`,
        tag,
        summary: `Delete ${noun} ${of}`,
        description: `Requires an admin key. ${operations.delete}`,
        params: item.params,
        query: withRequiredReason,
        headers: ifMatch,
        answers: { 204: { description: 'Deleted.' } },
        problems: ['not-found', 'gone', 'precondition-failed'],
      }),
      handler: (request, reply) =>
        respondIdempotently(records, request, reply, async (tx) => {
          const stored = await item.load(tx, paramsOf(request))
          checkIfMatch(request, stored.version)
          const doc = parse(await parent.load(tx, paramsOf(request)))
          await deleteChild(tx, child, { entity: parent.entity, doc }, parse(stored))
          return DELETED
        }),
    })
  }
}
