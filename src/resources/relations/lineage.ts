// The lineage of a proposal or agreement: all of them that are connected with it by relations, in order of date.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { columnSql } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { loadRecord } from '../../records/read/record.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import { date } from '../../records/schema/fields.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { anyId, line, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { relationFields } from './fields.ts'
import { relations } from './index.ts'

const { table } = relations

/** The kinds of records in a lineage. Their relations lead to each other only. */
export const KINDS = ['proposal', 'agreement'] as const

/** The maximum number of records in a lineage. */
const MAX_RECORDS = 500

const lineageRecord = z
  .object({
    id: anyId('The id of the record.'),
    kind: z.enum(KINDS).meta({ description: 'The kind of the record.' }),
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

type LineageRecord = z.infer<typeof lineageRecord>
type LineageRelation = z.infer<typeof lineageRelation>

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
        const { ids, found } = await connectedWith(reader, record.id)
        const data = await lineageRecords(catalogue, reader, ids)
        return { data, relations: inOrderOf(data, found) }
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

/** Follows relations in both directions, breadth first. */
async function connectedWith(
  reader: Reader,
  id: string,
): Promise<{ ids: string[]; found: LineageRelation[] }> {
  const ids = new Set([id])
  const relationsById = new Map<string, LineageRelation>()
  let frontier = [id]
  while (frontier.length > 0 && ids.size < MAX_RECORDS) {
    const relations = await reader.all<LineageRelation>(
      sql`select ${table.type}, ${table.recordId} as "sourceId", ${table.targetId}, ${table.id} as "relationId"
        from ${table}
        where ${table.recordKind} in ${KINDS} and (${table.recordId} in ${frontier} or ${table.targetId} in ${frontier})`,
    )
    const next = new Set<string>()
    for (const relation of relations) {
      relationsById.set(relation.relationId, relation)
      for (const end of [relation.sourceId, relation.targetId]) {
        if (ids.has(end) || ids.size >= MAX_RECORDS) continue
        ids.add(end)
        next.add(end)
      }
    }
    frontier = [...next]
  }
  return { ids: [...ids], found: [...relationsById.values()] }
}

/** In order of date; for equal dates proposals before agreements. */
async function lineageRecords(catalogue: Catalogue, reader: Reader, ids: string[]): Promise<LineageRecord[]> {
  const events = catalogue.entity('event').table
  const recordId = columnSql(events, 'recordId')
  const occurredOn = columnSql(events, 'occurredOn')
  const of = (kind: (typeof KINDS)[number]) => {
    const records = catalogue.entity(kind).table
    const ofFirst = (value: SQL) =>
      sql`(select ${value} from ${events} where ${recordId} = ${records.id} order by ${occurredOn} nulls last, ${events.firstSeq} limit 1)`
    const firstDate = ofFirst(sql`${events.doc} ->> 'occurredOn'`)
    const [date, position] =
      kind === 'proposal'
        ? [
            sql`coalesce(${records.doc} ->> 'proposedOn', ${firstDate})`,
            sql`coalesce(${columnSql(records, 'proposedOn')}, ${ofFirst(occurredOn)})`,
          ]
        : [firstDate, ofFirst(occurredOn)]
    return sql`select ${records.id}, ${kind} as kind, ${records.doc} ->> 'title' as title,
        ${columnSql(records, 'status')} as status, ${date} as date, ${position} as position
      from ${records}
      where ${records.id} in ${ids}`
  }
  return reader.all<LineageRecord>(
    sql`select id, kind, title, status, date from (${of('proposal')} union all ${of('agreement')}) as records
      order by position nulls last, kind desc, id`,
  )
}

/** The relations between these records, in the order of the records. */
function inOrderOf(records: LineageRecord[], relations: LineageRelation[]): LineageRelation[] {
  const position = new Map(records.map(({ id }, index) => [id, index]))
  const from = ({ sourceId }: LineageRelation) => position.get(sourceId) ?? -1
  const to = ({ targetId }: LineageRelation) => position.get(targetId) ?? -1
  return relations
    .filter((relation) => from(relation) >= 0 && to(relation) >= 0)
    .sort((a, b) => from(a) - from(b) || to(a) - to(b) || (a.type < b.type ? -1 : 1))
}
