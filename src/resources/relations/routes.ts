// The relations of proposals and agreements, readable from both ends, and their lineage.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { answer, checkIfMatch } from '../../http/conditional.ts'
import { describe, ifMatch, ifNoneMatch, partParam, recordParam } from '../../http/describe.ts'
import { DELETED, recordResponse, respondIdempotently } from '../../http/write.ts'
import { anyId, line, mayGrow, partialDate, unbounded } from '../../records/schema/fields.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { belongingTo, parse, type Records } from '../../records/write/records.ts'
import { addRelation, lineageOf, relationCreate, relations, relationsOf, TYPES } from './index.ts'

const direction = z
  .enum(['outgoing', 'incoming'])
  .meta({ description: '`outgoing`: it starts from this record. `incoming`: it leads here.' })

const relationList = z
  .object({
    data: z
      .array(
        relations.record
          .extend({ direction })
          .meta({ id: 'DirectedRelation', description: 'A relation, seen from one end.' }),
      )
      .meta(unbounded),
  })
  .meta({ id: 'RelationList', description: 'The relations of a record, from both ends.' })

const lineage = z
  .object({
    data: z
      .array(
        z
          .object({
            id: anyId('Its id.'),
            kind: z.enum(['proposal', 'agreement']).meta({ description: 'Which of the two it is.' }),
            title: line(500, 'Its title.'),
            status: line(50, 'Where it stands.'),
            date: partialDate('When its life began, where that is known.').nullable(),
          })
          .meta({ id: 'LineageRecord', description: 'A proposal or an agreement in a lineage.' }),
      )
      .meta({ ...unbounded, description: 'In order of date.' }),
    relations: z
      .array(
        z
          .object({
            type: z
              .enum([...TYPES, 'laid-down-in'])
              .meta({ ...mayGrow, description: "`laid-down-in` follows from a proposal's `agreementId`." }),
            sourceId: anyId('The record it starts from.'),
            targetId: anyId('The record it leads to.'),
            relationId: anyId('The relation, where it is a record.').nullable(),
          })
          .meta({ id: 'LineageRelation', description: 'How two of them are connected.' }),
      )
      .meta({ ...unbounded, description: 'How they are connected.' }),
  })
  .meta({ id: 'Lineage', description: 'The whole chain, from the first proposal to the treaty in force.' })

export function relationRoutes(app: FastifyInstance, resource: Resource, records: Records): void {
  const { kind, name, path, lifecycle } = resource
  if (!lifecycle) return
  const collection = `/v1/${path}/:id/relations`
  const params = recordParam(resource)

  app.get(collection, {
    schema: describe({
      operationId: `list${name}Relations`,
      tag: path,
      summary: `List the relations of the ${kind}, from both ends`,
      description: '`direction` says from which end each is seen.',
      params,
      headers: ifNoneMatch,
      answers: { 200: { description: 'The relations.', schema: relationList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const data = await records.engine.read(async (reader) => {
        const record = await records.load(reader, resource, id)
        const found = (await relationsOf(reader, record.id)).map(parse)
        return found.map((doc) => ({
          ...doc,
          direction: doc['recordId'] === record.id ? 'outgoing' : 'incoming',
        }))
      })
      return answer(request, reply, { body: JSON.stringify({ data }) })
    },
  })

  app.post(collection, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: `create${name}Relation`,
      tag: path,
      summary: `Create a relation of the ${kind} to another record`,
      description: 'Along `supersedes` and `merged-into` no record may come back to itself.',
      params,
      body: relationCreate,
      answers: { 201: { description: 'The relation.', schema: relations.record } },
      problems: ['not-found', 'gone', 'unknown-reference', 'inconsistent', 'duplicate'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      return respondIdempotently(records, request, reply, async (tx) => {
        const record = parse(await records.load(tx, resource, id))
        const made = await addRelation(records, tx, resource, record, request.body as Record<string, unknown>)
        return recordResponse(made, 201, `/v1/${path}/${record.id}/relations`)
      })
    },
  })

  app.delete(`${collection}/:relationId`, {
    config: { role: 'admin' },
    schema: describe({
      operationId: `delete${name}Relation`,
      tag: path,
      summary: `Delete a relation that starts from the ${kind}`,
      description: 'Needs an admin key. A relation is deleted where it starts.',
      params: params.extend({ relationId: partParam('rel', 'The id of the relation.') }),
      headers: ifMatch,
      answers: { 204: { description: 'It is deleted.' } },
      problems: ['not-found', 'gone', 'precondition-required', 'precondition-failed'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id, relationId } = request.params as { id: string; relationId: string }
      return respondIdempotently(records, request, reply, async (tx) => {
        const record = await records.load(tx, resource, id)
        const stored = belongingTo(record.id, await records.load(tx, relations, relationId), 'relation')
        checkIfMatch(request, stored.version)
        await records.remove(tx, relations, parse(stored))
        return DELETED
      })
    },
  })

  app.get(`/v1/${path}/:id/lineage`, {
    schema: describe({
      operationId: `get${name}Lineage`,
      tag: path,
      summary: `Get the lineage of the ${kind}`,
      description:
        'From the first proposal to the treaty in force: the records and how they are connected, along relations and `agreementId`.',
      params,
      headers: ifNoneMatch,
      answers: { 200: { description: 'The chain.', schema: lineage } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { nodes, edges } = await records.engine.read(async (reader) => {
        const record = await records.load(reader, resource, id)
        return lineageOf(records, reader, record.id)
      })
      return answer(request, reply, { body: JSON.stringify({ data: nodes, relations: edges }) })
    },
  })
}
