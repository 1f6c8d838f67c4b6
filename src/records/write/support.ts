// Keeps what follows from evidence up to date: the support of records, the direction of evidence, and the standing of sources.
import { standingOf } from '../../core/relation-types.ts'
import { columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { readOrigins } from '../read/origins.ts'
import { childrenOf, findRecord, parse } from '../read/record.ts'
import { type Backing, backingOf, disputedFields, supportByPages, type Weighed } from '../read/trust.ts'
import type { WriteTransaction } from '../schema/catalogue.ts'
import type { Doc, Json } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity } from '../schema/resource.ts'
import { compareValues, type Direction, placesOf, valueAt } from '../schema/values.ts'
import { updateRecord } from './operations.ts'
import { reindexDocument } from './store.ts'

type Trust = Backing & { disputed: string[] }

/**
 * Computes again what follows from the evidence of a record or part, and writes it if it changed. It is called where evidence moved
 * (`mergeRecords`) and where something about its sources changed (`recountCitations`). A record that changes itself, or that gets
 * or loses evidence, has `renewDirections` and `trustOf` in its own write.
 */
export async function recomputeSupport(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<Doc> {
  await renewDirections(tx, entity, doc)
  return updateRecord(tx, entity, doc, { ...(await trustOf(tx, doc)) })
}

/** What the stored evidence of a record says about it; without quotes, whether it names pages. */
export async function trustOf(tx: WriteTransaction, doc: Doc): Promise<Trust> {
  const { table } = tx.catalogue.entity('evidence')
  const [sourceId, motivation, field, direction] = ['sourceId', 'motivation', 'field', 'direction'].map(
    (name) => columnSql(table, name),
  )
  const evidence = await tx.all<Weighed>(
    sql`select distinct ${sourceId}, ${motivation}, ${field}, ${direction} from ${table} where ${columnSql(table, 'recordId')} = ${doc.id}`,
  )
  const origins = await readOrigins(
    tx,
    tx,
    evidence.map(({ sourceId }) => sourceId),
  )
  const supporting = evidence.filter(({ direction }) => direction === 'supports')
  const backing = backingOf(supporting, origins)
  const support = backing.support === 'unsupported' ? supportByPages(doc) : backing.support
  return { ...backing, support, disputed: disputedFields(evidence, origins) }
}

/** What evidence does to the field of a record. */
export function directionOf(
  entity: Entity,
  doc: Doc,
  { field, value, denial }: { field: string; value: Json; denial: boolean },
): Direction {
  if (denial) return 'disputes'
  const place = placesOf(entity).get(field)
  return place ? compareValues(place, valueAt(doc, field), value) : 'supports'
}

/**
 * Stores the directions of the evidence of a record again, and the standing of its sources. They follow from other records, so
 * this makes no version of the evidence and no entry in the change log.
 */
export async function renewDirections(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<void> {
  const child = tx.catalogue.child('evidence')
  const standings = new Map<string, Json>()
  for (const evidence of await childrenOf(tx, child, doc.id)) {
    const sourceId = String(evidence['sourceId'])
    const standing = standings.get(sourceId) ?? (await standingAt(tx, sourceId))
    standings.set(sourceId, standing)
    const { field, value, denial } = evidence as Doc & { field: string; value: Json; denial: boolean }
    const direction = directionOf(entity, doc, { field, value, denial })
    if (direction !== evidence['direction'] || standing !== evidence['standing'])
      await reindexDocument(tx, child, { ...evidence, direction, standing }, tx.seq)
  }
}

/** The standing of a source; null if there is no such source. */
export async function standingAt(tx: WriteTransaction, sourceId: string): Promise<Json> {
  const { table } = tx.catalogue.entity('source')
  const [standing = null] = await tx.pluck<string>(
    sql`select ${columnSql(table, 'standing')} from ${table} where ${table.id} = ${sourceId}`,
  )
  return standing
}

/** Computes again what follows from the evidence of all records that cite these sources, or others of the same origins. */
export async function recountCitations(tx: WriteTransaction, sourceIds: readonly string[]): Promise<void> {
  const { table } = tx.catalogue.entity('evidence')
  const origins = await readOrigins(tx, tx, sourceIds)
  const cited = new Map<string, Kind>()
  for (const sourceId of origins.keys()) {
    const records = await tx.all<{ kind: Kind; id: string }>(
      sql`select distinct ${columnSql(table, 'recordKind')} as kind, ${columnSql(table, 'recordId')} as id from ${table} where ${columnSql(table, 'sourceId')} = ${sourceId}`,
    )
    for (const { kind, id } of records) cited.set(id, kind)
  }
  for (const [id, kind] of cited) {
    const entity = tx.catalogue.entity(kind)
    const stored = await findRecord(tx, entity, id)
    if (stored) await recomputeSupport(tx, entity, parse(stored))
  }
}

/** Computes again the standing of a source from the relations that lead to it. Does nothing for any other id. */
export async function renewStanding(tx: WriteTransaction, sourceId: string): Promise<void> {
  const source = tx.catalogue.entity('source')
  const stored = await findRecord(tx, source, sourceId)
  if (!stored) return
  const { table } = tx.catalogue.entity('relation')
  const incoming = await tx.pluck<string>(
    sql`select distinct ${columnSql(table, 'type')} from ${table} where ${columnSql(table, 'targetId')} = ${sourceId}`,
  )
  await updateRecord(tx, source, parse(stored), { standing: standingOf(incoming) })
}

/**
 * After a source changed: computes again what follows from its standing, its publisher and its text, for it and for the sources that
 * it was or is connected with.
 */
export async function recountAfter(tx: WriteTransaction, before: Doc, after: Doc): Promise<void> {
  const fields = ['publisherId', 'sha256', 'standing']
  if (fields.every((field) => before[field] === after[field])) return
  const source = tx.catalogue.entity('source').table
  const relation = tx.catalogue.entity('relation').table
  const [recordId, targetId] = [columnSql(relation, 'recordId'), columnSql(relation, 'targetId')]
  const connected = await tx.pluck<string>(
    sql`select ${source.id} as id from ${source} where ${columnSql(source, 'sha256')} = ${before['sha256']}
      union select ${targetId} from ${relation} where ${recordId} = ${after.id}
      union select ${recordId} from ${relation} where ${targetId} = ${after.id}`,
  )
  await recountCitations(tx, [after.id, ...connected])
}
