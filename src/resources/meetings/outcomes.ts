// What came out of a meeting, computed from what happened at it: GET /v1/meetings/{id}/outcomes.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { columnSql } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { loadRecord, parse, type Stored, selectStored } from '../../records/read/record.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { date } from '../../records/schema/fields.ts'
import type { Kind } from '../../records/schema/kinds.ts'
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
        within: z
          .enum(['true', 'false'])
          .default('false')
          .meta({ description: '`true`: also of the meetings that are a part of it, at any depth.' }),
      }),
      answers: { 200: { description: 'The outcomes.', schema: outcomeList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { within } = request.query as { within: string }
      const body = await records.engine.read(async (reader) => {
        const meeting = await loadRecord(reader, resource, id)
        const parts = await meetingsBelow(records.catalogue, reader, meeting.id)
        const ids = within === 'true' ? [meeting.id, ...parts.map((part) => part.id)] : [meeting.id]
        return outcomesOf(
          records.catalogue,
          reader,
          ids,
          within === 'true' ? parts : parts.filter(({ parentId }) => parentId === meeting.id),
        )
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

async function outcomesOf(
  catalogue: Catalogue,
  reader: Reader,
  ids: readonly string[],
  parts: readonly Doc[],
) {
  const documents = await dealtWith(catalogue, reader, 'agreement', ids)
  const proposals = await dealtWith(catalogue, reader, 'proposal', ids)
  const position = catalogue.entity('position').table
  const relation = catalogue.entity('relation').table
  const statement = catalogue.entity('statement').table
  const count = await reader.get<{ count: number }>(
    sql`select count(*) as count from ${statement} where ${columnSql(statement, 'meetingId')} in ${ids}`,
  )
  return {
    documents: documents.map(({ doc, ...outcome }) => ({ ...outcome, kind: String(doc['kind']) })),
    proposals: proposals.map(({ doc: _, ...outcome }) => outcome),
    positions: await reader.pluck<string>(
      sql`select ${position.id} from ${position} where ${columnSql(position, 'meetingId')} in ${ids} order by ${position.firstSeq}`,
    ),
    implements: await reader.pluck<string>(
      sql`select distinct ${columnSql(relation, 'targetId')} as id from ${relation} where ${columnSql(relation, 'recordId')} in ${ids} and ${columnSql(relation, 'type')} = 'implements' order by 1`,
    ),
    statements: count?.count ?? 0,
    meetings: parts.map(({ id, name, startDate }) => ({
      id,
      title: String(name),
      startDate: String(startDate),
    })),
  }
}

interface Outcome {
  id: string
  title: string
  eventType: string | null
  occurredOn: string | null
  doc: Doc
}

/** The records of a kind that have an event at one of the meetings, or name one of them, with the last event there. */
async function dealtWith(
  catalogue: Catalogue,
  reader: Reader,
  kind: Kind,
  ids: readonly string[],
): Promise<Outcome[]> {
  const { table } = catalogue.entity(kind)
  const events = catalogue.entity('event').table
  const atMeeting = sql`${columnSql(events, 'meetingId')} in ${ids}`
  const hasMeeting: SQL =
    kind === 'proposal' ? sql` or ${columnSql(table, 'meetingId')} in ${ids}` : sql.empty()
  const rows = await reader.all<Stored>(
    sql`${selectStored(table)}
      where ${table.id} in (select ${columnSql(events, 'recordId')} from ${events} where ${atMeeting})${hasMeeting}
      order by ${table.firstSeq}`,
  )
  // Events of the whole that give a status come last, in their order.
  const happened = await reader.all<Stored>(
    sql`${selectStored(events)} where ${atMeeting} order by ${columnSql(events, 'place')} nulls first, ${columnSql(events, 'occurredOn')} nulls first, ${events.firstSeq}`,
  )
  const last = new Map(happened.map(parse).map((event) => [String(event['recordId']), event]))
  return rows.map(parse).map((doc) => {
    const event = last.get(doc.id)
    return {
      id: doc.id,
      title: String(doc['title']),
      eventType: (event?.['type'] ?? null) as string | null,
      occurredOn: (event?.['occurredOn'] ?? null) as string | null,
      doc,
    }
  })
}

/** The meetings that are a part of a meeting, at any depth, in order of date. */
async function meetingsBelow(catalogue: Catalogue, reader: Reader, id: string): Promise<Doc[]> {
  const { table } = catalogue.entity('meeting')
  const rows = await reader.all<Stored>(
    sql`${selectStored(table)} where ${table.id} in (${below(id)}) and ${table.id} <> ${id}
      order by ${columnSql(table, 'startDate')}, ${table.firstSeq}`,
  )
  return rows.map(parse)
}

/** The ids of a meeting and of all that are a part of it, as a query. */
export const below = (id: string) => sql`with recursive below(id) as (
    select cast(${id} as text) collate "binary"
    union select meetings."id" from meetings join below on meetings."parentId" = below.id
  ) select below.id from below`
