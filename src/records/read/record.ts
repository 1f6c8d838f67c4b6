// Reads single records as they are stored, and the children under them.
import { gone, notFound, type Problem } from '../../core/problems.ts'
import { columnNamed } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { constantFor } from '../../db/statements.ts'
import { changes, identifiers } from '../../db/system-tables.ts'
import type { Table } from '../../db/tables.ts'
import type { Child } from '../schema/child.ts'
import type { Kind } from '../schema/fields.ts'
import type { Catalogue, Doc, Entity } from '../schema/resource.ts'

/** A record as it is stored: its document as JSON text. */
export interface Stored {
  id: string
  version: number
  doc: string
}

export const parse = (stored: Pick<Stored, 'doc'>): Doc => JSON.parse(stored.doc) as Doc

/** What other systems call a record. */
export const identifiersOf = (doc: Doc) =>
  (doc['identifiers'] ?? []) as { scheme: string; identifier: string }[]

/** The SELECT and FROM of stored records. */
export const selectStored = (table: Table) =>
  sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table}`

/** The record with this id or alias, if there is one. */
export const findRecord = (reader: Reader, entity: Entity, id: string) =>
  reader.get<Stored>(BY_ID(entity), { id })

/** The record with this id or alias. @throws Problem `gone` when it was deleted, `not-found` when it never existed */
export async function loadRecord(reader: Reader, entity: Entity, id: string): Promise<Stored> {
  const stored = await findRecord(reader, entity, id)
  if (stored) return stored
  throw await missingRecord(reader, entity, id)
}

/** The problem of a record that does not exist: `gone` if it was deleted, `not-found` if it never existed. */
export async function missingRecord(
  reader: Reader,
  { kind, alias }: Entity,
  idOrAlias: string,
): Promise<Problem> {
  // `|| ''` keeps SQLite from using the index by kind, which would read every change of the kind.
  const byId = sql`select 1 from ${changes} where ${changes.recordId} = ${idOrAlias} and ${changes.kind} || '' = ${kind} and ${changes.op} = 'delete' limit 1`
  const byAlias =
    alias &&
    sql`select 1 from ${changes} join ${changes} as before on before."recordId" = ${changes.recordId} and before."version" = ${changes.version} - 1 where ${changes.kind} = ${kind} and ${changes.op} = 'delete' and before."doc" ->> ${alias} = ${idOrAlias} limit 1`
  const tombstone = (await reader.get(byId)) ?? (byAlias && (await reader.get(byAlias)))
  return tombstone ? gone(kind, idOrAlias) : notFound(kind, idOrAlias)
}

/** The children of one kind under a record, in the order of their list. */
export const childrenOf = async (reader: Reader, child: Child, recordId: string): Promise<Doc[]> =>
  (await reader.all<Stored>(UNDER(child), { recordId })).map(parse)

/** Where a record is read; a child under its record. */
export async function pathOf(
  reader: Reader,
  catalogue: Catalogue<Child>,
  kind: Kind,
  id: string,
): Promise<string> {
  const resource = catalogue.resources.find((candidate) => candidate.kind === kind)
  if (resource) return `/v1/${resource.path}/${id}`
  const child = catalogue.child(kind)
  const { recordKind, recordId } = parse(await loadRecord(reader, child, id))
  return `${await pathOf(reader, catalogue, recordKind as Kind, String(recordId))}/${child.path}/${id}`
}

/** The id of the record that another system identifies so, if there is one. */
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

const BY_ID = constantFor(({ table, alias }: Entity) => {
  const byAlias = alias ? sql` or ${columnNamed(table, alias)} = ${id}` : sql.empty()
  return sql`${selectStored(table)} where ${table.id} = ${id}${byAlias}`
})

const UNDER = constantFor(({ table, orderBy }: Child) => {
  const first = orderBy ? sql`${columnNamed(table, orderBy)} nulls first, ` : sql.empty()
  return sql`${selectStored(table)} where ${columnNamed(table, 'recordId')} = ${sql.placeholder('recordId')} order by ${first}${table.firstSeq}`
})

const OWNER = sql`select ${identifiers.recordId} as "recordId" from ${identifiers} where ${identifiers.kind} = ${sql.placeholder('kind')} and ${identifiers.scheme} = ${sql.placeholder('scheme')} and ${identifiers.identifier} = ${sql.placeholder('identifier')}`
