// Reads single records and the children under them.
import { memoize } from '../../core/memoize.ts'
import { gone, notFound, Problem } from '../../core/problems.ts'
import { columnSql, selectColumns } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes, identifiers } from '../../db/system-tables.ts'
import type { Table } from '../../db/tables.ts'
import type { Child } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { columnsBesideDoc } from './plan.ts'
import { type Row, rowAsOf, tableAsOf, type View, withChanges } from './view.ts'

/** A record as it is stored: its document as JSON text. */
export interface Stored {
  id: string
  version: number
  doc: string
}

/** A record with the columns that its response needs. */
export type RecordRow = Row & { version: number; updatedAt: string }

export const parse = (stored: Pick<Stored, 'doc'>): Doc => JSON.parse(stored.doc) as Doc

/** The identifiers of a record in other systems. */
export const identifiersOf = (doc: Doc) =>
  (doc['identifiers'] ?? []) as { scheme: string; identifier: string }[]

/** The SELECT and FROM of stored records. */
export const selectStored = (table: Table) =>
  sql`select ${table.id}, ${table.version}, ${table.doc} from ${table}`

/** The record with this id or alias, or undefined. */
export const findRecord = (reader: Reader, entity: Entity, id: string) =>
  reader.get<Stored>(byIdQuery(entity), { id })

/** The record with this id or alias. @throws Problem `gone` if it was deleted, `not-found` if it never existed */
export async function loadRecord(reader: Reader, entity: Entity, id: string): Promise<Stored> {
  const stored = await findRecord(reader, entity, id)
  if (stored) return stored
  throw await missingRecord(reader, entity, id)
}

/**
 * A record in a view, by its id or alias.
 * @param include paths of the records to embed later
 * @throws Problem `gone` or `not-found`; `not-found` also if it did not exist in a view of the past
 */
export async function readRecord(
  { catalogue, reader }: ReadContext,
  entity: Entity,
  idOrAlias: string,
  view: View,
  include: readonly string[],
): Promise<RecordRow> {
  const { table, alias, kind } = entity
  const isCurrent = view.asOf === null && view.seq === null
  if (isCurrent && include.length === 0) {
    const row = await reader.get<RecordRow>(currentQuery(entity), { id: idOrAlias })
    if (row) return row
    throw await missingRecord(reader, entity, idOrAlias)
  }
  const columns = [...RECORD_COLUMNS, ...columnsBesideDoc(entity, view, include)]
  // Kinds with an alias are searched in the whole log, which has no index by alias.
  const wanted = alias ? undefined : sql`select ${idOrAlias} as "recordId"`
  const records = tableAsOf(catalogue, entity, view, wanted)
  const byAlias = alias ? sql` or ${columnSql(table, alias)} = ${idOrAlias}` : sql.empty()
  const row = await reader.get<RecordRow>(
    sql`select ${selectColumns(table, columns)} from ${records} where (${table.id} = ${idOrAlias}${byAlias})`,
  )
  if (row) return rowAsOf(entity, row, view)
  if (isCurrent) throw await missingRecord(reader, entity, idOrAlias)
  throw notFound(kind, idOrAlias, ' at that time')
}

/**
 * The id of the record that another was merged into, by the id or alias of that: the last of a chain of merges.
 * Undefined: it was not merged.
 */
export async function mergedInto(
  reader: Reader,
  { kind, alias }: Pick<Entity, 'kind' | 'alias'>,
  idOrAlias: string,
): Promise<string | undefined> {
  const next = (id: string) =>
    sql`select ${changes.mergedInto} as "into" from ${changes}
      where ${changes.op} = 'merge' and ${changes.kind} || '' = ${kind} and ${changes.recordId} = ${id}`
  let merged = await reader.get<{ into: string }>(next(idOrAlias))
  if (!merged && alias) {
    const hadAlias = sql`before."doc" ->> ${alias} = ${idOrAlias}`
    merged = await reader.get<{ into: string }>(
      sql`select ${changes.mergedInto} as "into" from ${changes}
        join ${changes} as before on before."recordId" = ${changes.recordId} and before."version" = ${changes.version} - 1
        where ${changes.mergedInto} is not null and ${changes.kind} = ${kind} and ${hadAlias}`,
    )
  }
  let last: string | undefined
  while (merged) {
    last = merged.into
    merged = await reader.get<{ into: string }>(next(last))
  }
  return last
}

/** The record with this id or alias, or the one that it was merged into. */
export async function findSurvivor(
  reader: Reader,
  entity: Entity,
  idOrAlias: string,
): Promise<Stored | undefined> {
  const stored = await findRecord(reader, entity, idOrAlias)
  if (stored) return stored
  const into = await mergedInto(reader, entity, idOrAlias)
  return into === undefined ? undefined : findRecord(reader, entity, into)
}

/** The documents of the records that were merged into others, as they were before. @param condition on `before`, a change */
export async function mergedDocs(
  reader: Reader,
  { kind }: Pick<Entity, 'kind'>,
  condition: SQL,
): Promise<Doc[]> {
  // Sorted here: in the order of `seq` SQLite would read all changes of the kind.
  const rows = await reader.all<Pick<Stored, 'doc'> & { seq: number }>(
    sql`select before."doc" as doc, ${changes.seq} from ${changes}
      join ${changes} as before on before."recordId" = ${changes.recordId} and before."version" = ${changes.version} - 1
      where ${changes.kind} = ${kind} and ${changes.mergedInto} is not null and ${condition}`,
  )
  return rows.toSorted((one, other) => other.seq - one.seq).map(parse)
}

/** Selects the id of a record, and those of the records that were merged into it. */
export const withMergedIds = ({ kind }: Pick<Entity, 'kind'>, id: string): SQL =>
  sql`(with recursive merged(id) as (
      select cast(${id} as text) collate "binary"
      union select ${changes.recordId} from ${changes} join merged on ${changes.mergedInto} = merged.id where ${changes.kind} = ${kind}
    ) select id from merged)`

/**
 * The problem of a record that does not exist: `merged` if it was merged into another, `gone` if it was deleted, `not-found` if
 * it never existed.
 */
export async function missingRecord(
  reader: Reader,
  { kind, alias }: Entity,
  idOrAlias: string,
): Promise<Problem> {
  const into = await mergedInto(reader, { kind, ...(alias !== undefined && { alias }) }, idOrAlias)
  if (into !== undefined)
    return new Problem('merged', `The ${kind} ${idOrAlias} was merged into ${into}.`, {
      extra: { mergedInto: into, mergedFrom: idOrAlias },
    })
  // `|| ''` prevents SQLite from using the index by kind, which would read every change of the kind.
  const byId = sql`select 1 from ${changes} where ${changes.recordId} = ${idOrAlias} and ${changes.kind} || '' = ${kind} and ${changes.op} = 'delete' limit 1`
  const byAlias =
    alias &&
    sql`select 1
      from ${changes}
      join ${changes} as before on before."recordId" = ${changes.recordId} and before."version" = ${changes.version} - 1
      where ${changes.kind} = ${kind} and ${changes.op} = 'delete' and before."doc" ->> ${alias} = ${idOrAlias} limit 1`
  const tombstone = (await reader.get(byId)) ?? (byAlias && (await reader.get(byAlias)))
  return tombstone ? gone(kind, idOrAlias) : notFound(kind, idOrAlias)
}

/** The children of one kind under a record, in the order of their list. */
export const childrenOf = async (reader: Reader, child: Child, recordId: string): Promise<Doc[]> =>
  (await reader.all<Stored>(childrenQuery(child), { recordId })).map(parse)

const NOW: View = { asOf: null, seq: null }

/** A part of a record, or of another part. */
export interface Part {
  kind: Kind
  id: string
  recordKind: Kind
  recordId: string
}

/** The paths of parts and the records that have them in a view, by the ids of the parts. */
export async function placesOf(
  { catalogue, reader }: Pick<ReadContext, 'catalogue' | 'reader'>,
  parts: readonly Part[],
  { seq }: View = NOW,
): Promise<Map<string, { path: string; recordKind: Kind; recordId: string }>> {
  const places = parts.map(({ kind, id, recordKind, recordId }) => {
    const parent = catalogue.findResource(recordKind)
    const own = `${catalogue.child(kind).path}/${id}`
    const path = parent ? `/v1/${parent.path}/${recordId}/${own}` : `/v1/${own}`
    return { id, recordKind, recordId, path }
  })
  for (;;) {
    const inParts = places.filter(({ recordKind }) => !catalogue.findResource(recordKind))
    if (inParts.length === 0) break
    for (const [kind, group] of Map.groupBy(inParts, ({ recordKind }) => recordKind)) {
      const child = catalogue.child(kind)
      const { table } = child
      const ids = [...new Set(group.map(({ recordId }) => recordId))]
      const owners = await reader.all<Part>(
        sql`select ${selectColumns(table, ['id', 'recordKind', 'recordId'])} from ${tableAsOf(catalogue, child, { asOf: null, seq }, withChanges(ids))} where ${table.id} in ${ids}`,
      )
      const byId = new Map(owners.map((owner) => [owner.id, owner]))
      for (const place of group) {
        const owner = byId.get(place.recordId)
        if (!owner) throw new Error(`${place.recordId} does not exist.`)
        place.recordKind = owner.recordKind
        place.recordId = owner.recordId
      }
    }
  }
  return new Map(places.map(({ id, ...place }) => [id, place]))
}

/** The id of the record with this external identifier, or null. */
export async function findByIdentifier(
  reader: Reader,
  { kind }: Entity,
  scheme: string,
  identifier: string,
): Promise<string | null> {
  const owner = await reader.get<{ recordId: string }>(OWNER, { kind, scheme, identifier })
  return owner?.recordId ?? null
}

const id = sql.placeholder('id')

const hasId = ({ table, alias }: Entity) =>
  alias ? sql`${table.id} = ${id} or ${columnSql(table, alias)} = ${id}` : sql`${table.id} = ${id}`

// Constant queries are prepared once, by identity, so they are built once for each kind.
const byIdQuery = memoize((entity: Entity) => sql`${selectStored(entity.table)} where ${hasId(entity)}`)

const RECORD_COLUMNS = ['doc', 'version', 'updatedAt']

const currentQuery = memoize(
  (entity: Entity) =>
    sql`select ${selectColumns(entity.table, RECORD_COLUMNS)} from ${entity.table} where ${hasId(entity)}`,
)

/** The order of parts under their record. */
export const partOrder = ({ table, orderBy }: Child) =>
  sql`${orderBy ? sql`${columnSql(table, orderBy)} nulls first, ` : sql.empty()}${table.firstSeq}`

const childrenQuery = memoize(
  (child: Child) =>
    sql`${selectStored(child.table)} where ${columnSql(child.table, 'recordId')} = ${sql.placeholder('recordId')} order by ${partOrder(child)}`,
)

const OWNER = sql`select ${identifiers.recordId}
  from ${identifiers}
  where ${identifiers.kind} = ${sql.placeholder('kind')}
    and ${identifiers.scheme} = ${sql.placeholder('scheme')}
    and ${identifiers.identifier} = ${sql.placeholder('identifier')}`
