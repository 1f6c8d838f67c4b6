// Lists outgoing and incoming relations: GET /v1/{resource}/{id}/relations.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { LINEAGE_KINDS } from '../../records/read/lineage.ts'
import { loadRecord, parse, type Stored, selectStored } from '../../records/read/record.ts'
import { named, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { relations } from './index.ts'
import { lineageRoutes } from './lineage.ts'

const { table } = relations

const direction = named('RelationDirection', z.enum(['outgoing', 'incoming'])).meta({
  description: '`outgoing`: from this record. `incoming`: to this record.',
})

const relationList = z
  .object({
    data: z
      .array(
        relations.record
          .extend({ direction })
          .meta({ id: 'DirectedRelation', description: 'A relation with its direction.' }),
      )
      .meta(unbounded),
  })
  .meta({ id: 'RelationList', description: 'The outgoing and incoming relations of a record.' })

export function relationRoutes(app: FastifyInstance, records: Records): void {
  for (const kind of relations.of) {
    const resource = records.catalogue.resource(kind)
    const { name, path } = resource
    app.get(`/v1/${path}/:id/relations`, {
      schema: describe({
        operationId: `list${name}Relations`,
        tag: path,
        summary: `List the relations of the ${kind}`,
        description: 'Outgoing and incoming relations, see `direction`.',
        params: recordParam(resource),
        answers: { 200: { description: 'The relations.', schema: relationList } },
        problems: ['not-found', 'gone'],
      }),
      handler: async (request, reply) => {
        const { id } = request.params as { id: string }
        const data = await records.engine.read(async (reader) => {
          const record = await loadRecord(reader, resource, id)
          const stored = await reader.all<Stored>(BOTH_ENDS, { id: record.id })
          return stored.map(parse).map((relation) => ({
            ...relation,
            direction: relation['recordId'] === record.id ? 'outgoing' : 'incoming',
          }))
        })
        return sendRepresentation(reply, { body: JSON.stringify({ data }) })
      },
    })
    if (LINEAGE_KINDS.some((one) => one === kind)) lineageRoutes(app, resource, records)
  }
}

const id = sql.placeholder('id')

const BOTH_ENDS = sql`${selectStored(table)} where ${table.recordId} = ${id} or ${table.targetId} = ${id} order by ${table.firstSeq}`
