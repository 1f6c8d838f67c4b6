// Two clocks. A view says as of which day (event time) and as of which change (record time) a question is meant;
// `relation` gives the records of a kind as they then were, in place of their table and with the same columns.

import { type Engine, NO_VALUES, type Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import { type Column, describeTable } from '../../db/tables.ts'
import type { Kind } from '../schema/fields.ts'
import type { Catalogue, Doc, Entity, Resource } from '../schema/resource.ts'

export interface View {
  /** A calendar date: statuses and memberships of that day. Null: the latest. */
  asOf: string | null
  /** A place in the change log: what was known after that change. Null: now. */
  seq: number | null
}

/** The last change at or before an instant; 0 when nothing was known yet. */
export async function seqAt(reader: Reader, instant: string): Promise<number> {
  const row = await reader.get<{ seq: number | null }>(
    sql`select ${changes.seq} as seq from ${changes} where ${changes.at} <= ${instant} order by ${changes.at} desc, ${changes.seq} desc limit 1`,
  )
  return row?.seq ?? 0
}

export async function lastSeq(reader: Reader): Promise<number> {
  const row = await reader.get<{ seq: number | null }>(LAST_SEQ, NO_VALUES)
  return row?.seq ?? 0
}

const LAST_SEQ = sql`select max(${changes.seq}) as seq from ${changes}`

/** The last change of any of these kinds. */
export async function lastSeqOf(reader: Reader, kinds: readonly Kind[]): Promise<number> {
  const key = kinds.join()
  const query = lastOfKinds.get(key) ?? lastOf(kinds)
  lastOfKinds.set(key, query)
  const row = await reader.get<{ seq: number | null }>(query, NO_VALUES)
  return row?.seq ?? 0
}

/** Constant queries, by the few sets of kinds that lists hang on. */
const lastOfKinds = new Map<string, SQL>()

const lastOf = (kinds: readonly Kind[]) =>
  sql`select max(last.seq) as seq from (${sql.join(
    kinds.map(
      (kind) => sql`select max(${changes.seq}) as seq from ${changes} where ${changes.kind} = ${kind}`,
    ),
    sql` union all `,
  )}) as last`

/**
 * The records of a kind in a view, named like their table.
 * @param among the only records that are meant, as a query of their `recordId`
 */
export function tableAsOf(
  catalogue: Catalogue,
  engine: Engine,
  entity: Entity,
  view: View,
  among?: SQL,
): SQL {
  const { name, columns } = describeTable(entity.table)
  const base =
    view.seq === null
      ? sql`${entity.table}`
      : recordsInLog(entity, sql`${changes.seq} <= ${view.seq}`, view.seq, among)
  const lifecycle = (entity as Partial<Resource>).lifecycle
  if (view.asOf === null) return base
  const own = sql.identifier(name)
  if (entity.kind === 'event') return sql`(select * from ${base} where ${happened(view.asOf)}) as ${own}`
  if (entity.kind === 'position') {
    return sql`(select * from ${base} where ${own}."statedOn" <= ${view.asOf}) as ${own}`
  }
  if (!lifecycle) return base
  const kept = Object.keys(columns).filter((column) => column !== 'status' && column !== 'statusSince')
  const events = tableAsOf(catalogue, engine, catalogue.entity('event'), { asOf: null, seq: view.seq })
  const latest = (column: string) =>
    sql`(select "events".${sql.identifier(column)} from ${events} where "events"."recordId" = ${own}."id" and (${happened(view.asOf)}) order by "events"."occurredOn" desc nulls last, "events"."firstSeq" desc limit 1)`
  return sql`(select ${sql.join(
    kept.map((column) => sql`${own}.${sql.identifier(column)}`),
    sql`, `,
  )}, ${latest('status')} as "status", ${latest('occurredOn')} as "statusSince" from ${base} where ${begun(events, own, view.asOf)}) as ${own}`
}

/**
 * Had the life of a record begun by a day? An undated start alone says yes to any day; beside dated events it says
 * only that it came before them.
 */
function begun(events: SQL, own: SQL, asOf: string): SQL {
  const dated = (when: SQL) =>
    sql`exists (select 1 from ${events} where "events"."recordId" = ${own}."id" and "events"."occurredOn" ${when})`
  return sql`(${dated(sql`<= ${asOf}`)} or not ${dated(sql`is not null`)})`
}

const happened = (asOf: string | null) =>
  sql`"events"."occurredOn" is null or "events"."occurredOn" <= ${asOf}`

/** Is a membership (a JSON value) in force on a day? `~` sorts behind every day of a partial date. */
export const inForce = (membership: SQL, day: string) =>
  sql`((${membership} ->> 'startDate') collate "binary") <= ${day} and (${membership} ->> 'endDate' is null or ((${membership} ->> 'endDate' || '~') collate "binary") >= ${day})`

/**
 * Records as the log has them: of each, the latest version up to a change.
 * @param which narrows the changes that are looked at
 * @param among the only records that are meant, as a query of their `recordId`: looked up one by one
 */
export function recordsInLog(entity: Entity, which: SQL, seq: number, among?: SQL): SQL {
  const { name, columns } = describeTable(entity.table)
  const later = sql`select 1 from ${changes} as later where later."recordId" = ${changes.recordId} and later."version" > ${changes.version} and later."seq" <= ${seq}`
  // What the log has in columns of its own is taken from there, so that its indexes serve.
  const own: Record<string, SQL> = {
    id: sql`${changes.recordId}`,
    recordId: sql`${changes.parentId}`,
    version: sql`${changes.version}`,
    updatedAt: sql`${changes.at}`,
    seq: sql`${changes.seq}`,
    firstSeq: sql`(select min(made."seq") from ${changes} as made where made."recordId" = ${changes.recordId})`,
    doc: sql`${changes.doc}`,
  }
  // SQLite keeps to the order of a cross join, and looks for no kind that is an expression; left alone it would rather read
  // all changes of the kind.
  const from = among ? sql`(${among}) as among cross join ${changes}` : sql`${changes}`
  const kind = among ? sql`${changes.kind} || ''` : sql`${changes.kind}`
  const selected = Object.entries(columns).map(
    ([column, description]) => sql`${own[column] ?? fromDoc(description)} as ${sql.identifier(column)}`,
  )
  return sql`(select ${sql.join(selected, sql`, `)} from ${from} where ${kind} = ${entity.kind} and ${changes.op} <> 'delete' and ${which} and not exists (${later})) as ${sql.identifier(name)}`
}

/** A column's value, read from the document of a change. */
function fromDoc({ path, type }: Column): SQL {
  const steps = path ?? []
  const walked = steps.reduce((walk, step, index) => {
    const arrow = index === steps.length - 1 ? sql` ->> ` : sql` -> `
    return sql`${walk}${arrow}${sql.raw(`'${step}'`)}`
  }, sql`${changes.doc}`)
  return type === 'integer' ? sql`cast(${walked} as integer)` : sql`((${walked}) collate "binary")`
}

/** A row with its document as it was on the day of a view: what the row says of that day, in place of what the document says now. */
export function rowAsOf<Row extends { doc: string } & Record<string, unknown>>(
  entity: Entity,
  row: Row,
  { asOf }: View,
): Row {
  if (asOf === null) return row
  const parsed = JSON.parse(row.doc) as Doc
  if ((entity as Partial<Resource>).lifecycle) {
    parsed['status'] = row['status'] as string
    parsed['statusSince'] = row['statusSince'] as string | null
  }
  if (entity.kind === 'state') {
    const memberships = parsed['memberships'] as { startDate: string; endDate: string | null }[]
    parsed['memberships'] = memberships.filter(
      ({ startDate, endDate }) => startDate <= asOf && (endDate === null || `${endDate}~` >= asOf),
    )
  }
  return { ...row, doc: JSON.stringify(parsed) }
}
