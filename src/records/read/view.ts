// Bitemporal reads: records as of a day (event time) and as of a change (record time).

import type { CursorValue } from '../../core/cursor.ts'
import { spanOf } from '../../core/dates.ts'
import { STATUSES } from '../../core/membership-roles.ts'
import { columnSql } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import { type Column, describeTable } from '../../db/tables.ts'
import type { Catalogue } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity, Resource } from '../schema/resource.ts'

export interface View {
  /** A calendar date: statuses and memberships of that day. Null: the latest. */
  asOf: string | null
  /** A sequence number in the change log: the state after that change. Null: the current state. */
  seq: number | null
}

/** A row of a query: the document as JSON text, and the other selected columns. */
export type Row = { doc: string } & { [column: string]: CursorValue }

interface Latest {
  seq: number | null
}

/** The last change at or before an instant; 0 if there is none. */
export async function seqAt(reader: Reader, instant: string): Promise<number> {
  const change = await reader.get<Latest>(
    sql`select ${changes.seq} from ${changes} where ${changes.at} <= ${instant} order by ${changes.at} desc, ${changes.seq} desc limit 1`,
  )
  return change?.seq ?? 0
}

/** The last change of any kind. */
export async function lastSeq(reader: Reader): Promise<number> {
  const change = await reader.get<Latest>(sql`select max(${changes.seq}) as seq from ${changes}`)
  return change?.seq ?? 0
}

/** The last change of any of these kinds. */
export async function lastSeqOf(reader: Reader, kinds: readonly Kind[]): Promise<number> {
  const each = kinds.map(
    (kind) => sql`select max(${changes.seq}) as seq from ${changes} where ${changes.kind} = ${kind}`,
  )
  const change = await reader.get<Latest>(
    sql`select max(latest.seq) as seq from (${sql.join(each, sql` union all `)}) as latest`,
  )
  return change?.seq ?? 0
}

export const hasLifecycle = (entity: Entity) => Boolean((entity as Partial<Resource>).lifecycle)

/**
 * The records of a kind in a view, as a table expression with the name and the columns of their table.
 * @param wanted a query for the `recordId` of the records that are needed, if they are few
 */
export function tableAsOf(catalogue: Catalogue, entity: Entity, view: View, wanted?: SQL): SQL {
  const { asOf, seq } = view
  const { name, columns } = describeTable(entity.table)
  const isWanted = wanted ? sql`${changes.recordId} = wanted."recordId" and ` : sql.empty()
  const records =
    seq === null
      ? sql`${entity.table}`
      : recordsInLog(entity, sql`${isWanted}${changes.seq} <= ${seq}`, seq, wanted)
  if (asOf === null) return records
  const table = sql.identifier(name)
  if (entity.happenedOn) {
    const date = columnSql(entity.table, entity.happenedOn)
    return sql`(select * from ${records} where ${date} is null or ${date} <= ${asOf}) as ${table}`
  }
  if (entity.period) {
    const { start, end } = entity.period
    const [from, to] = [columnSql(entity.table, start), columnSql(entity.table, `${end}Last`)]
    return sql`(select * from ${records} where (${from} is null or ${from} <= ${asOf}) and (${to} is null or ${to} >= ${asOf})) as ${table}`
  }
  if (!hasLifecycle(entity)) return records
  const { table: eventTable } = catalogue.entity('event')
  const events = tableAsOf(catalogue, catalogue.entity('event'), { asOf: null, seq })
  const fromLatestEvent = (value: SQL) =>
    sql`(select ${value}
      from ${events}
      where "events"."recordId" = ${table}."id" and "events"."place" < ${`${asOf}~`}
      order by "events"."place" desc limit 1)`
  const selected = Object.keys(columns).map((column) => {
    const ofEvent = OF_LATEST_EVENT[column]
    return ofEvent
      ? sql`${fromLatestEvent(columnSql(eventTable, ofEvent))} as ${sql.identifier(column)}`
      : sql`${table}.${sql.identifier(column)}`
  })
  return sql`(select ${sql.join(selected, sql`, `)},
      ${fromLatestEvent(sql`${eventTable.doc} ->> 'occurredOn'`)} as ${sql.identifier(STATUS_DATE)}
    from ${records}
    where ${begunBy(asOf, events, table)}) as ${table}`
}

/** The columns of a record that are those of its latest event. */
const OF_LATEST_EVENT: Readonly<Record<string, string>> = {
  status: 'type',
  statusSince: 'occurredOn',
  statusSinceFirst: 'occurredOnFirst',
  statusSinceLast: 'occurredOnLast',
  statusSinceWide: 'occurredOnWide',
}

/** In a view of a day: the date of the latest event, as it was written. The column `statusSince` has its sort key. */
export const STATUS_DATE = 'statusDate'

/** Whether a record had a dated change of status by a day. Records without any count as started. */
function begunBy(day: string, events: SQL, table: SQL): SQL {
  const hasEvent = (condition: SQL) =>
    sql`exists (select 1 from ${events} where "events"."recordId" = ${table}."id" and ${condition})`
  const isDated = sql`"events"."place" > '0001'`
  return sql`(${hasEvent(sql`${isDated} and "events"."place" < ${`${day}~`}`)} or not ${hasEvent(isDated)})`
}

/**
 * Whether a state has one of these roles in an organization on a day. On a day that two share, the one that began last counts.
 * @param organization its id, as SQL
 */
export function hasMembership(
  catalogue: Catalogue,
  organization: SQL,
  roles: readonly string[],
  { asOf, seq }: View & { asOf: string },
): SQL {
  const kind = catalogue.entity('membership')
  const memberships = tableAsOf(catalogue, kind, { asOf, seq })
  const state = catalogue.entity('state').table.id
  const inForce = (
    alias: string,
  ) => sql`(select "recordId", "role", "startDate", "firstSeq" from ${memberships}
      where "recordKind" = 'state' and "organizationId" = ${organization} and "role" in ${STATUSES}) as ${sql.identifier(alias)}`
  return sql`exists (select 1 from ${inForce('held')} where held."recordId" = ${state} and held."role" in ${roles}
    and not exists (select 1 from ${inForce('later')} where later."recordId" = ${state} and later."startDate" > coalesce(held."startDate", '')))`
}

/** The first body of which states are members, as SQL: the organization of their oldest membership. */
export function defaultBody(catalogue: Catalogue): SQL {
  const { table } = catalogue.entity('membership')
  return sql`(select ${columnSql(table, 'organizationId')} from ${table} where ${columnSql(table, 'recordKind')} = 'state' order by ${table.firstSeq} limit 1)`
}

/** The ids of the records of a kind that changed after a change. */
export const changedAfter = ({ kind }: Entity, seq: number) =>
  sql`select ${changes.recordId} from ${changes} where ${changes.kind} = ${kind} and ${changes.seq} > ${seq}`

/** Selects the ids of those of these records that have changes: what `tableAsOf` wants. */
export const withChanges = (ids: readonly string[]): SQL =>
  sql`select distinct ${changes.recordId} as "recordId" from ${changes} where ${changes.recordId} in ${ids}`

/** Selects the ids of the parts that these records have or had. */
export const partsWithChanges = (recordIds: readonly string[]): SQL =>
  sql`select distinct ${changes.recordId} as "recordId" from ${changes} where ${changes.parentId} in ${recordIds}`

/** The records that changed after a change, in their state at that change, as a table expression. */
export const changedRecordsAt = (
  entity: Entity,
  seq: number,
  wanted = sql`select distinct changed."recordId" as "recordId" from (${changedAfter(entity, seq)}) as changed`,
) =>
  recordsInLog(entity, sql`${changes.recordId} = wanted."recordId" and ${changes.seq} <= ${seq}`, seq, wanted)

/**
 * The latest version of each record up to a change, read from the log.
 * @param condition on the changes that are read
 * @param wanted a query for the `recordId` of the records that are needed, if they are few
 */
function recordsInLog(entity: Entity, condition: SQL, seq: number, wanted?: SQL): SQL {
  const { name, columns } = describeTable(entity.table)
  const laterVersion = sql`select 1 from ${changes} as later where later."recordId" = ${changes.recordId} and later."version" > ${changes.version} and later."seq" <= ${seq}`
  // Columns that the log also has are read from it, so that its indexes are used.
  const ofChange: Record<string, SQL> = {
    id: sql`${changes.recordId}`,
    recordId: sql`${changes.parentId}`,
    version: sql`${changes.version}`,
    updatedAt: sql`${changes.at}`,
    seq: sql`${changes.seq}`,
    firstSeq: sql`(select min(earlier."seq") from ${changes} as earlier where earlier."recordId" = ${changes.recordId})`,
    doc: sql`${changes.doc}`,
  }
  const selected = Object.entries(columns).map(
    ([column, description]) =>
      sql`${ofChange[column] ?? valueInLog(column, description)} as ${sql.identifier(column)}`,
  )
  // A cross join and an expression for the kind make SQLite look up the wanted records instead of all changes of the kind.
  const from = wanted ? sql`(${wanted}) as wanted cross join ${changes}` : sql`${changes}`
  const kind = wanted ? sql`${changes.kind} || ''` : sql`${changes.kind}`
  return sql`(select ${sql.join(selected, sql`, `)}
    from ${from}
    where ${kind} = ${entity.kind} and ${changes.op} not in ('delete', 'merge') and ${condition}
      and not exists (${laterVersion})) as ${sql.identifier(name)}`
}

/** The value of a column after a change, from the document or the derived values. */
function valueInLog(name: string, { path, derive, type }: Column): SQL {
  const steps = derive ? [name] : (path ?? [])
  const value = steps.reduce(
    (parent, step, index) => {
      const arrow = index === steps.length - 1 ? sql` ->> ` : sql` -> `
      return sql`${parent}${arrow}${sql.raw(`'${step}'`)}`
    },
    derive ? sql`${changes.derived}` : sql`${changes.doc}`,
  )
  return type === 'integer' ? sql`cast(${value} as integer)` : sql`((${value}) collate "binary")`
}

/** A row whose document has the status and the memberships of the day of a view. */
export function rowAsOf<R extends { doc: string } & Record<string, unknown>>(
  entity: Entity,
  row: R,
  { asOf }: View,
): R {
  if (asOf === null) return row
  const doc = JSON.parse(row.doc) as Doc
  if (hasLifecycle(entity)) {
    doc['status'] = row['status'] as string
    doc['statusSince'] = row[STATUS_DATE] as string | null
    Object.assign(doc, (entity as Resource).fromStatus?.(doc))
  }
  if (entity.period) {
    const { start, end } = entity.period
    const [from, to] = [doc[start] as string | null, doc[end] as string | null]
    doc['certain'] = from !== null && spanOf(from).last <= asOf && (to === null || spanOf(to).first >= asOf)
  }
  return { ...row, doc: JSON.stringify(doc) }
}
