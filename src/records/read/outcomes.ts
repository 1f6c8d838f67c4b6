// What came out of a meeting, computed from what happened at it.
import { columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { Doc } from '../schema/document.ts'
import { type DocReader, docsWhere } from './docs.ts'
import { tableAsOf, type View } from './view.ts'

/** A proposal or a document that was dealt with at a meeting. */
export interface Outcome {
  doc: Doc
  /** The last event there, of the whole if there is one; null: it only names the meeting. */
  event: Doc | null
  /** All events there, in the order of the last one. */
  events: Doc[]
}

export interface Outcomes {
  documents: Outcome[]
  proposals: Outcome[]
  /** The positions that were stated at it. */
  positions: Doc[]
  /** The ids of what the meeting implements. */
  implements: string[]
  /** How many statements were made at it. */
  statements: number
  /** The meetings that are a part of it, in order of date. */
  meetings: Doc[]
}

/** @param within whether outcomes are also those of the meetings that are a part of it, at any depth */
export async function readOutcomes(
  context: DocReader,
  id: string,
  view: View,
  { within }: { within: boolean },
): Promise<Outcomes> {
  const { catalogue, reader } = context
  const all = await meetingsBelow(context, id, view)
  const ids = within ? [id, ...all.map((part) => part.id)] : [id]
  const [position, relation, statement] = (['position', 'relation', 'statement'] as const).map((kind) =>
    catalogue.entity(kind),
  ) as [Entity, Entity, Entity]
  const has = (entity: Entity, field: string) => sql`${columnSql(entity.table, field)} in ${ids}`
  const count = await reader.get<{ count: number }>(
    sql`select count(*) as count from ${tableAsOf(catalogue, statement, view)} where ${has(statement, 'meetingId')}`,
  )
  return {
    documents: await dealtWith(context, 'agreement', ids, view),
    proposals: await dealtWith(context, 'proposal', ids, view),
    positions: await docsWhere(context, position, view, { condition: has(position, 'meetingId') }),
    implements: await reader.pluck<string>(
      sql`select distinct ${columnSql(relation.table, 'targetId')} as id from ${tableAsOf(catalogue, relation, view)}
        where ${has(relation, 'recordId')} and ${columnSql(relation.table, 'type')} = 'implements' order by 1`,
    ),
    statements: count?.count ?? 0,
    meetings: within ? all : all.filter(({ parentId }) => parentId === id),
  }
}

type Entity = ReturnType<DocReader['catalogue']['entity']>

/** The records of a kind that have an event at one of the meetings, or name one of them, with the events there. */
async function dealtWith(
  context: DocReader,
  kind: 'agreement' | 'proposal',
  ids: readonly string[],
  view: View,
): Promise<Outcome[]> {
  const { catalogue } = context
  const entity = catalogue.entity(kind)
  const event = catalogue.entity('event')
  const events = event.table
  const atMeeting = sql`${columnSql(events, 'meetingId')} in ${ids}`
  const namesMeeting: SQL =
    kind === 'proposal' ? sql` or ${columnSql(entity.table, 'meetingId')} in ${ids}` : sql.empty()
  const docs = await docsWhere(context, entity, view, {
    condition: sql`(${entity.table.id} in (select ${columnSql(events, 'recordId')} from ${tableAsOf(catalogue, event, view)} where ${atMeeting})${namesMeeting})`,
  })
  // Events of the whole that give a status come last, in their order.
  const happened = await docsWhere(context, event, view, {
    condition: atMeeting,
    order: sql`${columnSql(events, 'place')} nulls first, ${columnSql(events, 'occurredOn')} nulls first, ${events.firstSeq}`,
  })
  const byRecord = Map.groupBy(happened, ({ recordId }) => String(recordId))
  return docs.map((doc) => {
    const events = byRecord.get(doc.id) ?? []
    return { doc, event: events.at(-1) ?? null, events }
  })
}

/** The meetings that are a part of a meeting, at any depth, in order of date. */
function meetingsBelow(context: DocReader, id: string, view: View): Promise<Doc[]> {
  const meeting = context.catalogue.entity('meeting')
  const { table } = meeting
  return docsWhere(context, meeting, view, {
    condition: sql`${table.id} in (${below(id, tableAsOf(context.catalogue, meeting, view))}) and ${table.id} <> ${id}`,
    order: sql`${columnSql(table, 'startDate')}, ${table.firstSeq}`,
  })
}

/** The ids of a meeting and of all that are a part of it, as a query. @param meetings the table, or a view of it */
export const below = (id: string, meetings: SQL = sql`meetings`) => sql`with recursive below(id) as (
    select cast(${id} as text) collate "binary"
    union select meetings."id" from ${meetings} join below on meetings."parentId" = below.id
  ) select below.id from below`
