// Merges a record that was entered twice into the other: its parts, its evidence and every reference move there.
import { pauses } from '../../core/pauses.ts'
import { inconsistent, Problem } from '../../core/problems.ts'
import { columnHolding, columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { links } from '../../db/system-tables.ts'
import { childrenOf, findRecord, loadRecord, parse, type Stored, selectStored } from '../read/record.ts'
import { type Child, findSame, type WriteTransaction } from '../schema/catalogue.ts'
import { type Doc, type Json, replaceAt, valuesAt } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity, Reference, Resource } from '../schema/resource.ts'
import { placesOf, referencesIn } from '../schema/values.ts'
import { type Difference, fillRecord } from './fill.ts'
import { distinctIds } from './match.ts'
import { refreshParent, updateRecord } from './operations.ts'
import { eraseDocument } from './store.ts'
import { recomputeSupport, recountCitations } from './support.ts'

/** A value of the record that is merged which the other did not take. */
export interface Dropped {
  /** The part whose field it is; null: the record itself. */
  partId: string | null
  /** A JSON Pointer. */
  field: string
  kept: Json
  dropped: Json
}

export interface Merged {
  mergedInto: string
  /** How many parts and references moved, by the path of their kind. */
  moved: Record<string, number>
  differences: Dropped[]
}

/**
 * @param take pointers of top-level fields in which the values of the merged record win
 * @throws Problem `inconsistent`, `distinct`, `quotes-lost`, `illegal-transition`, and those of `updateRecord`
 */
export async function mergeRecords(
  tx: WriteTransaction,
  resource: Resource,
  loser: Doc,
  into: Doc,
  take: readonly string[],
): Promise<Merged> {
  await refuseMerge(tx, resource, loser, into, take)
  const moved = new Map<string, number>()
  const dropped: Dropped[] = []
  const tally: Tally = {
    count: ({ path }) => moved.set(path, (moved.get(path) ?? 0) + 1),
    drop: (partId, differences) => dropped.push(...differences.map((one) => droppedBy(partId, one))),
    pause: pauses(),
  }
  for (const child of tx.catalogue.children) await child.beforeMerge?.(tx, resource, loser, into)
  const cited = await moveValues(tx, resource, loser, into)
  await moveParts(tx, resource, loser, into, tally)
  await moveReferences(tx, resource, loser, into, tally)
  const current = parse(await loadRecord(tx, resource, loser.id))
  await eraseDocument(tx, resource, current, into.id)
  const { changed, differences } = combine(resource, current, into, take)
  const filled = await updateRecord(tx, resource, parse(await loadRecord(tx, resource, into.id)), changed)
  for (const child of tx.catalogue.children)
    if (child.of.includes(resource.kind))
      await refreshParent(tx, child, {
        entity: resource,
        doc: parse(await loadRecord(tx, resource, filled.id)),
      })
  for (const [id, entity] of [...cited, [into.id, resource] as const]) {
    const stored = await findRecord(tx, entity, id)
    if (stored) await recomputeSupport(tx, entity, parse(stored))
  }
  if (resource.kind === 'source') await recountCitations(tx, [into.id])
  return { mergedInto: into.id, moved: Object.fromEntries(moved), differences: [...differences, ...dropped] }
}

/** What a merge moves, and what it drops. */
interface Tally {
  count: (entity: Entity) => void
  drop: (partId: string, differences: readonly Difference[]) => void
  /** Lets other requests run. */
  pause: () => Promise<void>
}

/** Parts of parts are not counted. */
const uncounted = (tally: Tally): Tally => ({ ...tally, count: () => undefined })

const droppedBy = (partId: string | null, { field, record, report }: Difference): Dropped => ({
  partId,
  field,
  kept: record,
  dropped: report,
})

async function refuseMerge(
  tx: WriteTransaction,
  resource: Resource,
  loser: Doc,
  into: Doc,
  take: readonly string[],
): Promise<void> {
  const refuse = (pointer: string, detail: string) => inconsistent([{ pointer, detail }])
  if (loser.id === into.id) throw refuse('/into', 'A record cannot be merged into itself.')
  const unknown = take.find((pointer) => !(pointer.slice(1) in resource.writable.shape))
  if (unknown !== undefined)
    throw refuse('/take', `${unknown} is not a field of a ${resource.kind}, such as /${resource.titleField}.`)
  for (const [one, other] of [
    [loser, into],
    [into, loser],
  ] as const) {
    if ((await distinctIds(tx, resource, one)).has(other.id))
      throw new Problem('distinct', `${one.id} lists ${other.id} in distinctFrom.`)
    for (const field of resource.acyclic)
      if (await isAbove(tx, resource, field, one, other.id))
        throw refuse('/into', `${field} leads from ${one.id} to ${other.id}: it would form a cycle.`)
  }
}

/** Whether a chain of references leads from a record to another. */
async function isAbove(
  tx: WriteTransaction,
  resource: Resource,
  field: string,
  doc: Doc,
  id: string,
): Promise<boolean> {
  let next: Doc | null = doc
  while (next) {
    const above: Json | undefined = next[field]
    if (above === id) return true
    const stored: Stored | undefined =
      typeof above === 'string' ? await findRecord(tx, resource, above) : undefined
    next = stored ? parse(stored) : null
  }
  return false
}

/** The fields of the record that stays, filled from the other. */
function combine(
  { writable, titleField }: Resource,
  loser: Doc,
  into: Doc,
  take: readonly string[],
): { changed: Record<string, Json>; differences: Dropped[] } {
  const taken = take.map((pointer) => pointer.slice(1))
  const { [titleField]: name, ...others } = loser as Record<string, Json>
  const sent = taken.includes(titleField)
    ? { ...others, [titleField]: into[titleField] ?? null }
    : { ...others, [titleField]: name ?? null }
  const base = { ...into, ...pick(loser, taken) } as Doc
  const ids = [loser.id, into.id]
  const distinctFrom = ((sent['distinctFrom'] ?? []) as string[]).filter((id) => !ids.includes(id))
  const filling = fillRecord({ writable }, base, { ...sent, distinctFrom }, { titleField })
  const differences = filling.differences.map((one) => droppedBy(null, one))
  return { changed: { ...pick(base, taken), ...filling.changed }, differences }
}

const pick = (doc: Record<string, Json>, keys: readonly string[]): Record<string, Json> =>
  Object.fromEntries(keys.map((key) => [key, doc[key] ?? null]))

/** Moves the parts of a record or part. A part that the other has already is united with that. */
async function moveParts(
  tx: WriteTransaction,
  entity: Entity,
  from: Doc,
  to: Doc,
  tally: Tally,
): Promise<void> {
  for (const child of tx.catalogue.children) {
    if (!child.of.includes(entity.kind)) continue
    for (const part of await childrenOf(tx, child, from.id)) {
      await tally.pause()
      tally.count(child)
      await movePart(tx, child, part, { recordId: to.id }, tally)
    }
  }
}

/** Changes references of a part, unless its record already has the same part: then both become one. */
async function movePart(
  tx: WriteTransaction,
  child: Child,
  part: Doc,
  changed: Record<string, Json>,
  tally: Tally,
): Promise<void> {
  const after = { ...part, ...changed } as Doc
  if (child.pointsToItself?.(after)) {
    await eraseDocument(tx, child, part)
    await child.afterChange?.(tx, part, null)
    return
  }
  const siblings = await childrenOf(tx, child, String(after['recordId']))
  const others = siblings.filter(({ id }) => id !== part.id)
  const same = findSame(child, others, after)
  if (!same) {
    await updateRecord(tx, child, part, changed, { replacesText: false, moves: true })
    return
  }
  await moveParts(tx, child, part, same, uncounted(tally))
  await moveReferences(tx, child, part, same, tally)
  await eraseDocument(tx, child, parse(await loadRecord(tx, child, part.id)), same.id)
  await child.afterChange?.(tx, part, null)
  const { changed: filled, differences } = fillRecord(child, same, after as Record<string, Json>)
  tally.drop(same.id, differences)
  await updateRecord(tx, child, parse(await loadRecord(tx, child, same.id)), filled, {
    replacesText: false,
    moves: true,
  })
  if (child.keys.includes('support'))
    await recomputeSupport(tx, child, parse(await loadRecord(tx, child, same.id)))
}

/** Replaces the references of all records to one by references to another. */
async function moveReferences(
  tx: WriteTransaction,
  { kind }: Entity,
  from: Doc,
  to: Doc,
  tally: Tally,
): Promise<void> {
  for (const entity of tx.catalogue.entities) {
    const references = entity.references.filter(({ kinds }) => kinds.includes(kind))
    if (references.length === 0) continue
    for (const doc of await referrers(tx, entity, references, from.id)) {
      await tally.pause()
      tally.count(entity)
      const changed = replaced(doc, references, from.id, to.id)
      const child = tx.catalogue.children.find((candidate) => candidate.kind === entity.kind)
      if (child) await movePart(tx, child, doc, changed, uncounted(tally))
      else await updateRecord(tx, entity, doc, changed, { replacesText: false, moves: true })
    }
  }
}

/**
 * Replaces the references in the values of evidence, which say what a source has in a field.
 * @returns the records that the evidence is about, by id
 */
async function moveValues(
  tx: WriteTransaction,
  { kind }: Entity,
  from: Doc,
  to: Doc,
): Promise<Map<string, Entity>> {
  const child = tx.catalogue.child('evidence')
  const { table } = child
  const rows = await tx.all<Stored>(
    sql`${selectStored(table)} where ${table.doc} ->> 'value' like ${`%${from.id}%`} order by ${table.firstSeq}`,
  )
  const cited = new Map<string, Entity>()
  for (const doc of rows.map(parse)) {
    const entity = tx.catalogue.entity(doc['recordKind'] as Kind)
    const place = placesOf(entity).get(String(doc['field']))
    if (!place) continue
    const references = referencesIn(place).filter(({ kinds }) => kinds.includes(kind))
    const changed = replaced(doc, references, from.id, to.id)
    if (!('value' in changed)) continue
    await updateRecord(tx, child, doc, changed, { replacesText: false, moves: true })
    cited.set(String(doc['recordId']), entity)
  }
  return cited
}

async function referrers(
  tx: WriteTransaction,
  { table, kind }: Entity,
  references: Entity['references'],
  id: string,
): Promise<Doc[]> {
  const columns = references
    .filter(({ listed }) => !listed)
    .map(({ field }) => sql`${columnSql(table, columnHolding(table, field))} = ${id}`)
  const linked = sql`${table.id} in (select ${links.fromId} from ${links} where ${links.toId} = ${id} and ${links.fromKind} = ${kind})`
  const rows = await tx.all<Stored>(
    sql`${selectStored(table)} where ${sql.join([...columns, linked], sql` or `)} order by ${table.firstSeq}`,
  )
  return rows.map(parse)
}

/** The top-level fields of a document in which a reference is replaced. */
function replaced(
  doc: Doc,
  references: readonly Pick<Reference, 'path'>[],
  from: string,
  to: string,
): Record<string, Json> {
  const copy = structuredClone(doc)
  const keys = new Set<string>()
  for (const { path } of references) {
    for (const [pointer, value] of valuesAt(copy, path)) {
      if (value !== from) continue
      replaceAt(copy, pointer, to)
      keys.add(path[0] ?? '')
    }
  }
  return pick(copy, [...keys])
}
