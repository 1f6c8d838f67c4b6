// Serves what came out of a meeting: GET /v1/meetings/{id}/outcomes.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { flag } from '../../core/flag.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { type Outcome, readOutcomes } from '../../records/read/outcomes.ts'
import { loadRecord } from '../../records/read/record.ts'
import { date } from '../../records/schema/fields.ts'
import { anyId, line, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'

const outcome = {
  id: anyId('The id of the record.'),
  title: line(1000, 'Its title.'),
  eventType: line(50, 'What happened to it at the meeting; null: it only names the meeting.').nullable(),
  occurredOn: date('When that happened.'),
}

const outcomeList = z
  .object({
    documents: z
      .array(
        z.object({ ...outcome, kind: line(50, 'The kind of document.') }).meta({
          id: 'DocumentOutcome',
          description: 'A document to which something happened at a meeting.',
        }),
      )
      .meta(unbounded),
    proposals: z
      .array(
        z.object(outcome).meta({
          id: 'ProposalOutcome',
          description: 'A proposal that was made or dealt with at a meeting.',
        }),
      )
      .meta(unbounded),
    positions: z.array(anyId('A position that was stated at the meeting.')).meta(unbounded),
    implements: z
      .array(anyId('A proposal or document that the meeting implements.'))
      .meta({ ...unbounded, description: 'The proposals and documents that the meeting implements.' }),
    statements: z.int().min(0).meta({ description: 'The number of statements made at it.' }),
    meetings: z
      .array(
        z
          .object({
            id: anyId('The id of the meeting.'),
            title: line(500, 'Its name.'),
            startDate: date('Its first day.', { required: true }),
          })
          .meta({ id: 'MeetingPart', description: 'A meeting that is a part of another.' }),
      )
      .meta({ ...unbounded, description: 'The meetings that are a part of it.' }),
  })
  .meta({ id: 'Outcomes', description: 'What came out of a meeting.' })

export function outcomeRoutes(app: FastifyInstance, records: Records): void {
  const resource = records.catalogue.resource('meeting')
  app.get('/v1/meetings/:id/outcomes', {
    schema: describe({
      operationId: 'getMeetingOutcomes',
      tag: 'meetings',
      summary: 'Get the outcomes of the meeting',
      description: 'Computed from the events, positions, relations and statements that name the meeting.',
      params: recordParam(resource),
      query: z.strictObject({
        within: flag
          .default(false)
          .meta({ description: '`true`: also of the meetings that are a part of it, at any depth.' }),
      }),
      answers: { 200: { description: 'The outcomes.', schema: outcomeList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { within } = request.query as { within: boolean }
      const body = await records.engine.read(async (reader) => {
        const meeting = await loadRecord(reader, resource, id)
        const context = { catalogue: records.catalogue, reader }
        const view = { asOf: null, seq: null }
        const outcomes = await readOutcomes(context, meeting.id, view, { within })
        return {
          documents: outcomes.documents.map((each) => ({ ...outcomeOf(each), kind: each.doc['kind'] })),
          proposals: outcomes.proposals.map(outcomeOf),
          positions: outcomes.positions.map((position) => position.id),
          implements: outcomes.implements,
          statements: outcomes.statements,
          meetings: outcomes.meetings.map((part) => ({
            id: part.id,
            title: part['name'],
            startDate: part['startDate'],
          })),
        }
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

/** A proposal or a document, as it is sent. */
const outcomeOf = ({ doc, event }: Outcome) => ({
  id: doc.id,
  title: String(doc['title']),
  eventType: event?.['type'] ?? null,
  occurredOn: event?.['occurredOn'] ?? null,
})
