// The positions of states on a proposal.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { answer, checkIfMatch } from '../../http/conditional.ts'
import { describe, ifMatch, ifNoneMatch, partParam, recordParam } from '../../http/describe.ts'
import { DELETED, recordResponse, respondIdempotently } from '../../http/write.ts'
import { asOfParameter } from '../../records/read/parameters.ts'
import { anyId, calendarDate, line, partialDate, unbounded } from '../../records/schema/fields.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { belongingTo, parse, type Records } from '../../records/write/records.ts'
import { evidenceRoutes } from '../evidence/routes.ts'
import { positionAttachment, positionCreate, positions, positionsOf, stance, standings } from './index.ts'

const standing = z
  .object({
    stateCode: anyId('The state.'),
    name: line(200, 'Its name.'),
    position: stance
      .nullable()
      .meta({ description: 'Where it stood; null is no record, which is not `abstained`.' }),
    statedOn: partialDate('When it had said so.').nullable(),
    positionId: anyId('The record of it, in `records`.').nullable(),
  })
  .meta({ id: 'Standing', description: 'Where a state stood on a day.' })

const positionList = z
  .object({
    asOf: calendarDate('The day that `data` speaks of.'),
    data: z.array(standing).meta({
      ...unbounded,
      description: 'Every state that was a member on that day, and whoever else had said something.',
    }),
    records: z
      .array(positions.record)
      .meta({ ...unbounded, description: 'The positions that were stated by then, in order of date.' }),
  })
  .meta({ id: 'PositionList', description: 'Where the states stand on a proposal.' })

export function positionRoutes(app: FastifyInstance, resource: Resource, records: Records): void {
  if (resource.kind !== 'proposal') return
  const collection = '/v1/proposals/:id/positions'
  const params = recordParam(resource)
  const itemParams = params.extend({
    positionId: partParam('pos', 'The id of the position.'),
  })

  app.get(collection, {
    schema: describe({
      operationId: 'listProposalPositions',
      tag: 'proposals',
      summary: 'List the positions of states on the proposal',
      description:
        'Every state that was a member on the day (`asOf`, default today), and whoever else had said something. No record is `null`, which is not `abstained`.',
      params,
      query: z.strictObject({ asOf: asOfParameter.optional() }),
      headers: ifNoneMatch,
      answers: { 200: { description: 'Where they stand.', schema: positionList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { asOf = records.now().toISOString().slice(0, 10) } = request.query as { asOf?: string }
      const body = await records.engine.read(async (reader) => {
        const proposal = await records.load(reader, resource, id)
        return {
          asOf,
          data: await standings(records, reader, proposal.id, asOf),
          records: (await positionsOf(reader, proposal.id)).filter(
            ({ statedOn }) => String(statedOn) <= asOf,
          ),
        }
      })
      return answer(request, reply, { body: JSON.stringify(body) })
    },
  })

  app.post(collection, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: 'createProposalPosition',
      tag: 'proposals',
      summary: 'Create a position on the proposal',
      description:
        'Dated, and open to evidence. A later position of the same state stands beside the earlier one.',
      params,
      body: positionCreate,
      answers: { 201: { description: 'The position.', schema: positions.record } },
      problems: ['not-found', 'gone', 'unknown-reference', 'inconsistent'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      return respondIdempotently(records, request, reply, async (tx) => {
        const proposal = parse(await records.load(tx, resource, id))
        const input = request.body as Record<string, unknown>
        const made = await positionAttachment.add(records, tx, resource, proposal, input)
        return recordResponse(made, 201, `/v1/proposals/${proposal.id}/positions/${made.id}`)
      })
    },
  })

  app.get(`${collection}/:positionId`, {
    schema: describe({
      operationId: 'getProposalPosition',
      tag: 'proposals',
      summary: 'Get a position on the proposal',
      description: 'What one state said, when and where.',
      params: itemParams,
      headers: ifNoneMatch,
      answers: {
        200: {
          description: 'The position.',
          schema: positions.record,
          headers: ['ETag', 'Last-Modified'],
        },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id, positionId } = request.params as { id: string; positionId: string }
      const stored = await records.engine.read(async (reader) => {
        const proposal = await records.load(reader, resource, id)
        return belongingTo(proposal.id, await records.load(reader, positions, positionId), 'position')
      })
      return answer(request, reply, {
        body: stored.doc,
        version: stored.version,
        lastModified: parse(stored).updatedAt,
      })
    },
  })

  app.delete(`${collection}/:positionId`, {
    config: { role: 'admin' },
    schema: describe({
      operationId: 'deleteProposalPosition',
      tag: 'proposals',
      summary: 'Delete a position on the proposal',
      description: 'Needs an admin key. Its evidence goes with it.',
      params: itemParams,
      headers: ifMatch,
      answers: { 204: { description: 'It is deleted.' } },
      problems: ['not-found', 'gone', 'precondition-required', 'precondition-failed', 'referenced'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id, positionId } = request.params as { id: string; positionId: string }
      return respondIdempotently(records, request, reply, async (tx) => {
        const proposal = await records.load(tx, resource, id)
        const stored = belongingTo(proposal.id, await records.load(tx, positions, positionId), 'position')
        checkIfMatch(request, stored.version)
        await records.remove(tx, positions, parse(stored))
        return DELETED
      })
    },
  })

  evidenceRoutes(
    app,
    {
      entity: positions,
      base: `${collection}/:positionId`,
      tag: 'proposals',
      params: itemParams,
      find: async (reader, { id = '', positionId = '' }) => {
        const proposal = await records.load(reader, resource, id)
        return belongingTo(proposal.id, await records.load(reader, positions, positionId), 'position')
      },
      path: (position) => `/v1/proposals/${position['recordId']}/positions/${position.id}`,
    },
    records,
  )
}
