// Checks a document before it is stored: rules, references, cycles and unique values.
import { memoize } from '../../core/memoize.ts'
import { type Fault, inconsistent, Problem, unknownReference } from '../../core/problems.ts'
import { columnHolding, columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { columnsWith, type Table } from '../../db/tables.ts'
import {
  findByIdentifier,
  findRecord,
  identifiersOf,
  mergedInto,
  parse,
  type Stored,
} from '../read/record.ts'
import type { WriteTransaction } from '../schema/catalogue.ts'
import { type Doc, type Json, replaceAt, valuesAt } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity, Reference } from '../schema/resource.ts'

/**
 * Completes a document and checks it; slugs in references become ids.
 * @param before the stored document that it replaces
 * @param moves whether constant fields may change, because a record was merged
 * @throws Problem `inconsistent`, `unknown-reference` or `duplicate`
 */
export async function checkDocument(
  tx: WriteTransaction,
  entity: Entity,
  doc: Doc,
  before?: Doc,
  moves = false,
): Promise<void> {
  entity.complete?.(doc, tx.now)
  const faults = [
    ...(entity.rules?.(doc) ?? []),
    ...(before && !moves ? constantFaults(entity, doc, before) : []),
  ]
  if (faults.length > 0) throw inconsistent(faults)
  await resolveReferences(tx, entity, doc)
  // In the middle of a merge, records can refer to both of its records.
  if (!moves) await entity.beforeWrite?.(tx, doc, before)
  await checkChains(tx, entity, doc, before)
  await checkUniqueColumns(tx, entity, doc, before)
  await checkIdentifiers(tx, entity, doc)
}

const constantFaults = ({ constant }: Entity, doc: Doc, before: Doc): Fault[] =>
  constant
    .filter((field) => doc[field] !== before[field])
    .map((field) => ({
      pointer: `/${field}`,
      detail: `${field} cannot be changed; it is ${JSON.stringify(before[field])}.`,
    }))

/** Replaces slugs in references by ids. @throws Problem `unknown-reference` */
export async function resolveReferences(
  tx: WriteTransaction,
  { references }: { references: readonly Pick<Reference, 'path' | 'kinds'>[] },
  doc: Json,
): Promise<void> {
  const faults: Fault[] = []
  for (const { path, kinds } of references) {
    for (const [pointer, value] of valuesAt(doc, path)) {
      const id = await idOf(tx, kinds, String(value))
      if (id === undefined)
        faults.push({ pointer, detail: `There is no ${kinds.join(' or ')} ${JSON.stringify(value)}.` })
      else if (id !== value) replaceAt(doc, pointer, id)
    }
    // Removes duplicates, such as a topic by id and by slug.
    if (path.at(-1) === '*') {
      for (const [pointer, list] of valuesAt(doc, path.slice(0, -1)))
        replaceAt(doc, pointer, [...new Set(list as Json[])])
    }
  }
  if (faults.length > 0) throw unknownReference(faults)
}

/** The id of the record with this id or alias, of one of the kinds. */
async function idOf(
  tx: WriteTransaction,
  kinds: readonly Kind[],
  value: string,
): Promise<string | undefined> {
  for (const kind of kinds) {
    if (tx.existing.has(`${kind} ${value}`)) return value
    const [id] = await tx.pluck<string>(idQuery(tx.catalogue.entity(kind)), { value })
    const found = id ?? (await mergedInto(tx, tx.catalogue.entity(kind), value))
    if (found === undefined) continue
    tx.existing.add(`${kind} ${found}`)
    return found
  }
  return undefined
}

/** The maximum number of records in a chain of parents, since reads and writes follow it from end to end. */
const MAX_CHAIN = 20

/** Rejects cycles and long chains, where a reference changed. */
async function checkChains(
  tx: WriteTransaction,
  entity: Entity,
  doc: Doc,
  before: Doc | undefined,
): Promise<void> {
  for (const field of entity.acyclic) {
    const refuse = (detail: string) => inconsistent([{ pointer: `/${field}`, detail }])
    let next = doc[field] === before?.[field] ? null : doc[field]
    if (typeof next !== 'string') continue
    let above = 0
    while (typeof next === 'string' && above++ < MAX_CHAIN) {
      if (next === doc.id) throw refuse(`${field} forms a cycle back to ${doc.id}.`)
      const parent: Stored | undefined = await findRecord(tx, entity, next)
      next = parent && parse(parent)[field]
    }
    // Nothing refers to a new record.
    const below = before ? await heightOf(tx, entity, field, doc.id) : 1
    if (above + below > MAX_CHAIN) throw refuse(`A chain of ${field} may have at most ${MAX_CHAIN} records.`)
  }
}

/** The number of records in the longest chain that leads to a record. */
async function heightOf(tx: WriteTransaction, { table }: Entity, field: string, id: string): Promise<number> {
  const reference = columnSql(table, columnHolding(table, field))
  const row = await tx.get<{ height: number }>(
    sql`with recursive below(id, height) as (
        select ${table.id}, 1 from ${table} where ${table.id} = ${id}
        union select ${table.id}, below.height + 1 from ${table} join below on ${reference} = below.id
        where below.height <= ${MAX_CHAIN}
      ) select max(height) as height from below`,
  )
  return Number(row?.height ?? 1)
}

async function checkUniqueColumns(
  tx: WriteTransaction,
  entity: Entity,
  doc: Doc,
  before?: Doc,
): Promise<void> {
  const { table, kind } = entity
  for (const field of uniqueColumns(table)) {
    if (doc[field] === before?.[field]) continue
    const [existingId] = await tx.pluck<string>(
      sql`select ${table.id} from ${table} where ${columnSql(table, field)} = ${doc[field]}`,
    )
    if (existingId !== undefined)
      throw duplicate(kind, `/${field}`, `${field} ${JSON.stringify(doc[field])}`, existingId)
  }
}

const uniqueColumns = memoize((table: Table) => columnsWith(table, 'unique'))

async function checkIdentifiers(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<void> {
  const seen = new Set<string>()
  for (const [index, { scheme, identifier }] of identifiersOf(doc).entries()) {
    const label = `identifier ${JSON.stringify(identifier)} of the scheme ${JSON.stringify(scheme)}`
    const pointer = `/identifiers/${index}`
    if (seen.has(label)) throw inconsistent([{ pointer, detail: `The ${label} is listed twice.` }])
    seen.add(label)
    const owner = await findByIdentifier(tx, entity, scheme, identifier)
    if (owner && owner !== doc.id) throw duplicate(entity.kind, pointer, label, owner)
  }
}

const duplicate = (kind: string, pointer: string, what: string, existingId: string) =>
  new Problem('duplicate', `Another ${kind}, ${existingId}, already has the ${what}.`, {
    errors: [{ pointer, detail: `The ${what} is already used.` }],
    extra: { existingId },
  })

const idQuery = memoize(({ table, alias }: Entity) => {
  const value = sql.placeholder('value')
  const byAlias = alias ? sql` or ${columnSql(table, alias)} = ${value}` : sql.empty()
  return sql`select ${table.id} from ${table} where ${table.id} = ${value}${byAlias}`
})
