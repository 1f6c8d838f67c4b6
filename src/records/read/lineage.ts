// The lineage of a proposal or a document: all of them that are connected with it by relations, in order of date.
import { columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { DocReader } from './docs.ts'
import { partsWithChanges, tableAsOf, type View, withChanges } from './view.ts'

/** The kinds of records in a lineage. Their relations lead to each other only. */
export const LINEAGE_KINDS = ['proposal', 'agreement'] as const

/** The maximum number of records in a lineage. */
const MAX_RECORDS = 500

export interface LineageRecord {
  id: string
  kind: (typeof LINEAGE_KINDS)[number]
  title: string
  status: string | null
  /** The date of its first event, or of a proposal the day on which it was proposed. */
  date: string | null
}

export interface LineageRelation {
  type: string
  sourceId: string
  targetId: string
  relationId: string
}

export interface Lineage {
  /** In order of date. */
  data: LineageRecord[]
  /** In the order of the records. */
  relations: LineageRelation[]
}

export async function readLineage(context: DocReader, id: string, view: View): Promise<Lineage> {
  const { ids, found } = await connectedWith(context, id, view)
  const data = await lineageRecords(context, ids, view)
  return { data, relations: inOrderOf(data, found) }
}

/** Follows relations in both directions, breadth first. */
async function connectedWith(
  { catalogue, reader }: DocReader,
  id: string,
  view: View,
): Promise<{ ids: string[]; found: LineageRelation[] }> {
  const relation = catalogue.entity('relation')
  const [type, recordKind, recordId, targetId] = ['type', 'recordKind', 'recordId', 'targetId'].map((name) =>
    columnSql(relation.table, name),
  ) as [SQL, SQL, SQL, SQL]
  const ids = new Set([id])
  const relationsById = new Map<string, LineageRelation>()
  let frontier = [id]
  while (frontier.length > 0 && ids.size < MAX_RECORDS) {
    const relations = await reader.all<LineageRelation>(
      sql`select ${type}, ${recordId} as "sourceId", ${targetId}, ${relation.table.id} as "relationId"
        from ${tableAsOf(catalogue, relation, view)}
        where ${recordKind} in ${LINEAGE_KINDS} and (${recordId} in ${frontier} or ${targetId} in ${frontier})`,
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
function lineageRecords(
  { catalogue, reader }: DocReader,
  ids: string[],
  view: View,
): Promise<LineageRecord[]> {
  const event = catalogue.entity('event')
  const events = event.table
  const recordId = columnSql(events, 'recordId')
  const occurredOn = columnSql(events, 'occurredOn')
  const of = (kind: (typeof LINEAGE_KINDS)[number]) => {
    const entity = catalogue.entity(kind)
    const records = entity.table
    const ofFirst = (value: SQL) =>
      sql`(select ${value} from ${tableAsOf(catalogue, event, view, partsWithChanges(ids))} where ${recordId} = ${records.id} order by ${occurredOn} nulls last, ${events.firstSeq} limit 1)`
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
      from ${tableAsOf(catalogue, entity, view, withChanges(ids))}
      where ${records.id} in ${ids}`
  }
  return reader.all<LineageRecord>(
    sql`select id, kind, title, status, date from (${of('proposal')} union all ${of('agreement')}) as records
      order by position nulls last, kind desc, id`,
  )
}

/** The relations between these records, in the order of the records. */
function inOrderOf(
  records: readonly LineageRecord[],
  relations: readonly LineageRelation[],
): LineageRelation[] {
  const position = new Map(records.map(({ id }, index) => [id, index]))
  const from = ({ sourceId }: LineageRelation) => position.get(sourceId) ?? -1
  const to = ({ targetId }: LineageRelation) => position.get(targetId) ?? -1
  return relations
    .filter((relation) => from(relation) >= 0 && to(relation) >= 0)
    .sort((a, b) => from(a) - from(b) || to(a) - to(b) || (a.type < b.type ? -1 : 1))
}
