// Lists the positions of all states and bodies on a record on a day: GET /v1/{path}/{id}/positions.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sortKey } from '../../core/dates.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { membersOf } from '../../records/read/bodies.ts'
import { asOfParameter } from '../../records/read/parameters.ts'
import { childrenOf, loadRecord, parse } from '../../records/read/record.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import { locator } from '../../records/schema/common-fields.ts'
import type { Doc } from '../../records/schema/document.ts'
import { choice, date } from '../../records/schema/fields.ts'
import type { Kind } from '../../records/schema/kinds.ts'
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

type Standing = z.infer<typeof standing>

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
        const stated = (await childrenOf(reader, positions, record.id)).filter(
          ({ statedOn }) => statedOn === null || sortKey(String(statedOn)) <= asOf,
        )
        const members = await membersOf(records.catalogue, reader, record, asOf)
        const data = await standingsOf(records.catalogue, reader, members, stated)
        return { asOf, data, records: stated }
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

/** The latest position of each member and of every other state or body that has one. */
async function standingsOf(
  catalogue: Catalogue,
  reader: Reader,
  members: readonly string[],
  stated: readonly Doc[],
): Promise<Standing[]> {
  const latest = new Map(
    stated.map((position) => [JSON.stringify([actorOf(position), position['locator']]), position]),
  )
  const byActor = Map.groupBy(latest.values(), actorOf)
  const others = [...byActor.keys()].filter((actor) => !members.includes(actor)).sort()
  const actors = [...members, ...others]
  const names = await namesOf(catalogue, reader, actors)
  return actors.flatMap((actor) => {
    const own = byActor.get(actor) ?? [undefined]
    return own.map((position): Standing => {
      const isBody = position?.['organizationId'] === actor
      return {
        stateCode: isBody ? null : actor,
        organizationId: isBody ? actor : null,
        name: names.get(actor) ?? actor,
        position: (position?.['position'] ?? null) as Standing['position'],
        locator: (position?.['locator'] ?? null) as Standing['locator'],
        statedOn: (position?.['statedOn'] ?? null) as string | null,
        positionId: position?.id ?? null,
      }
    })
  })
}

const actorOf = ({ stateCode, organizationId }: Doc) => String(stateCode ?? organizationId)

async function namesOf(
  catalogue: Catalogue,
  reader: Reader,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const of = (kind: Kind) => {
    const { table } = catalogue.entity(kind)
    return sql`select ${table.id} as id, ${table.doc} ->> 'name' as name from ${table} where ${table.id} in ${ids}`
  }
  const rows = await reader.all<{ id: string; name: string }>(
    sql`${of('state')} union all ${of('organization')}`,
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}
