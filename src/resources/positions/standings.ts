// Lists the positions of all states on a proposal on a day: GET /v1/proposals/{id}/positions.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sortKey } from '../../core/dates.ts'
import { columnSql } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { asOfParameter } from '../../records/read/parameters.ts'
import { childrenOf, loadRecord } from '../../records/read/record.ts'
import { hasMembership } from '../../records/read/view.ts'
import type { Doc } from '../../records/schema/document.ts'
import { choice, date } from '../../records/schema/fields.ts'
import { anyId, calendarDate, line, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { POSITIONS, positions } from './index.ts'

const standing = z
  .object({
    stateCode: anyId('The state.'),
    name: line(200, 'The name of the state.'),
    position: choice(
      'Stance',
      POSITIONS,
      'The position on that day; null if none is recorded, which does not mean `abstained`.',
    ),
    statedOn: date('When the position was stated.'),
    positionId: anyId('The id of the position in `records`.').nullable(),
  })
  .meta({ id: 'Standing', description: 'The position of a state on a day.' })

const positionList = z
  .object({
    asOf: calendarDate('The day of `data`.'),
    data: z.array(standing).meta({
      ...unbounded,
      description: 'Every state that was a member on that day, and every other state with a position.',
    }),
    records: z
      .array(positions.record)
      .meta({ ...unbounded, description: 'All positions stated until that day, in order of date.' }),
  })
  .meta({ id: 'PositionList', description: 'The positions of the states on a proposal.' })

export function standingRoutes(app: FastifyInstance, records: Records): void {
  const proposals = records.catalogue.resource('proposal')
  app.get('/v1/proposals/:id/positions', {
    schema: describe({
      operationId: 'listProposalPositions',
      tag: 'proposals',
      summary: 'List the positions of states on the proposal',
      description:
        'Every state that was a member on the day (`asOf`, default: today), and every other state with a position.',
      params: recordParam(proposals),
      query: z.strictObject({ asOf: asOfParameter.optional() }),
      answers: { 200: { description: 'The positions.', schema: positionList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { asOf = records.now().toISOString().slice(0, 10) } = request.query as { asOf?: string }
      const body = await records.engine.read(async (reader) => {
        const proposal = await loadRecord(reader, proposals, id)
        const stated = (await childrenOf(reader, positions, proposal.id)).filter(
          ({ statedOn }) => sortKey(String(statedOn)) <= asOf,
        )
        return { asOf, data: await standingsOf(records, reader, stated, asOf), records: stated }
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

/** The latest position of every state that was a member on a day, and of every other state that has one. */
async function standingsOf(
  { catalogue, engine }: Records,
  reader: Reader,
  stated: readonly Doc[],
  asOf: string,
): Promise<z.infer<typeof standing>[]> {
  const latest = new Map(stated.map((position) => [position['stateCode'] as string, position]))
  const { table } = catalogue.entity('state')
  const isMember = hasMembership(engine, table, ['member'], asOf)
  const states = await reader.all<{ code: string; name: string; isMember: number | boolean }>(
    sql`select ${table.id} as code, ${columnSql(table, 'name')} as name, ${isMember} as "isMember" from ${table} order by 3 desc, 1`,
  )
  return states
    .filter(({ code, isMember }) => isMember || latest.has(code))
    .map(({ code, name }) => {
      const position = latest.get(code)
      return {
        stateCode: code,
        name,
        position: (position?.['position'] ?? null) as (typeof POSITIONS)[number] | null,
        statedOn: (position?.['statedOn'] ?? null) as string | null,
        positionId: position?.id ?? null,
      }
    })
}
