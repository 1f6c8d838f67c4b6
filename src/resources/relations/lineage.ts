// Serves the lineage of a proposal or an agreement: GET /v1/{path}/{id}/lineage.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { LINEAGE_KINDS, readLineage } from '../../records/read/lineage.ts'
import { loadRecord } from '../../records/read/record.ts'
import { date } from '../../records/schema/fields.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { anyId, line, named, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { relationFields } from './fields.ts'

const lineageRecord = z
  .object({
    id: anyId('The id of the record.'),
    kind: named('LineageKind', z.enum(LINEAGE_KINDS)).meta({ description: 'The kind of the record.' }),
    title: line(1000, 'The title of the record.'),
    status: line(50, 'The current status of the record; null: no event is known.').nullable(),
    date: date('The date of its first event, or of a proposal the day on which it was proposed, if known.'),
  })
  .meta({ id: 'LineageRecord', description: 'A proposal or an agreement in a lineage.' })

const lineageRelation = z
  .object({
    type: relationFields.type,
    sourceId: anyId('The record at the start of the relation.'),
    targetId: anyId('The record at the end of the relation.'),
    relationId: anyId('The id of the relation.'),
  })
  .meta({ id: 'LineageRelation', description: 'A connection between two records of a lineage.' })

const lineage = z
  .object({
    data: z.array(lineageRecord).meta({ ...unbounded, description: 'The records, in order of date.' }),
    relations: z.array(lineageRelation).meta({ ...unbounded, description: 'The connections between them.' }),
  })
  .meta({ id: 'Lineage', description: 'The proposals and agreements that are connected with a record.' })

export function lineageRoutes(
  app: FastifyInstance,
  resource: Resource,
  { catalogue, engine }: Records,
): void {
  const { kind, name, path } = resource
  app.get(`/v1/${path}/:id/lineage`, {
    schema: describe({
      operationId: `get${name}Lineage`,
      tag: path,
      summary: `Get the lineage of the ${kind}`,
      description: 'All proposals and agreements that are connected by relations, at most 500.',
      params: recordParam(resource),
      answers: { 200: { description: 'The lineage.', schema: lineage } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const body = await engine.read(async (reader) => {
        const record = await loadRecord(reader, resource, id)
        return readLineage({ catalogue, reader }, record.id, { asOf: null, seq: null })
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}
