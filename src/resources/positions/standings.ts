// Serves the positions of all states and bodies on a record on a day: GET /v1/{path}/{id}/positions.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { asOfParameter } from '../../records/read/parameters.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import { readStandings } from '../../records/read/standings.ts'
import { locator } from '../../records/schema/common-fields.ts'
import { choice, date } from '../../records/schema/fields.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { anyId, calendarDate, line, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { POSITIONS, positions } from './index.ts'

const standing = z
  .object({
    stateCode: anyId('The state; null for a body.').nullable(),
    organizationId: anyId('The body; null for a state.').nullable(),
    name: line(1000, 'The name of the state or the body.'),
    position: choice(
      'Stance',
      POSITIONS,
      'The position on that day; null if none is recorded, which does not mean `abstained`.',
    ),
    locator,
    statedOn: date('When the position was stated.'),
    positionId: anyId('The id of the position in `records`.').nullable(),
  })
  .meta({ id: 'Standing', description: 'The position of a state or a body on a day.' })

const positionList = z
  .object({
    asOf: calendarDate('The day of `data`.'),
    data: z.array(standing).meta({
      ...unbounded,
      description:
        'Every state that was a member on that day, and every other state or body with a position. Positions on different parts of a document are separate.',
    }),
    records: z
      .array(positions.record)
      .meta({ ...unbounded, description: 'All positions stated until that day, in order of date.' }),
  })
  .meta({ id: 'PositionList', description: 'The positions of states and bodies on a record.' })

export function standingRoutes(app: FastifyInstance, records: Records): void {
  for (const kind of positions.of) positionsOf(app, records, records.catalogue.resource(kind))
}

function positionsOf(app: FastifyInstance, records: Records, resource: Resource): void {
  const { kind, name, path } = resource
  app.get(`/v1/${path}/:id/positions`, {
    schema: describe({
      operationId: `list${name}Positions`,
      tag: path,
      summary: `List the positions on the ${kind}`,
      description:
        'Every state that was a member of the body on the day (`asOf`, default: today), and every other state or body with a position. The body is that of the record or of its meeting, or the nearest one above it that has member states.',
      params: recordParam(resource),
      query: z.strictObject({ asOf: asOfParameter.optional() }),
      answers: { 200: { description: 'The positions.', schema: positionList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { asOf = records.now().toISOString().slice(0, 10) } = request.query as { asOf?: string }
      const body = await records.engine.read(async (reader) => {
        const record = parse(await loadRecord(reader, resource, id))
        const context = { catalogue: records.catalogue, reader }
        return { asOf, ...(await readStandings(context, record, { asOf, seq: null })) }
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}
