// The events of proposals and agreements.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { answer } from '../../http/conditional.ts'
import { describe, ifNoneMatch, recordParam } from '../../http/describe.ts'
import { recordResponse, respondIdempotently } from '../../http/write.ts'
import { unbounded } from '../../records/schema/fields.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { parse, type Records } from '../../records/write/records.ts'
import { addEvent, type EventInput, events, historyOf } from './index.ts'

const eventList = z
  .object({ data: z.array(events.record).meta(unbounded) })
  .meta({ id: 'EventList', description: 'The events of a record, in order of date.' })

export function eventRoutes(app: FastifyInstance, resource: Resource, records: Records): void {
  const { kind, name, path, event } = resource
  if (!event) return
  const collection = `/v1/${path}/:id/events`

  app.get(collection, {
    schema: describe({
      operationId: `list${name}Events`,
      tag: path,
      summary: `List the events of the ${kind}`,
      description: 'Its whole life at once, the start first; what is undated stands in front.',
      params: recordParam(resource),
      headers: ifNoneMatch,
      answers: { 200: { description: 'What became of it, in order of date.', schema: eventList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const history = await records.engine.read(async (reader) => {
        const record = await records.load(reader, resource, id)
        return historyOf(records, reader, record.id)
      })
      return answer(request, reply, { body: JSON.stringify({ data: history }) })
    },
  })

  app.post(collection, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: `create${name}Event`,
      tag: path,
      summary: `Create an event: move the ${kind} to another status`,
      description:
        'The event is kept and the status follows. An event may be back-dated where the order of dates stays legal; an illegal move is refused with the legal ones.',
      params: recordParam(resource),
      body: event,
      answers: { 201: { description: 'The event.', schema: events.record } },
      problems: ['not-found', 'gone', 'unknown-reference', 'inconsistent', 'illegal-transition'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      return respondIdempotently(records, request, reply, async (tx) => {
        const record = parse(await records.load(tx, resource, id))
        const made = await addEvent(records, tx, resource, record, request.body as EventInput)
        return recordResponse(made, 201, `/v1/${path}/${record.id}/events`)
      })
    },
  })
}
