// Creates, updates and deletes records and their children within a write.
import { pauses } from '../../core/pauses.ts'
import { Problem, withPointer } from '../../core/problems.ts'
import { columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { changes, links } from '../../db/system-tables.ts'
import { childrenOf, loadRecord, parse } from '../read/record.ts'
import { supportByPages } from '../read/trust.ts'
import type { Child, Parent, UpdateOptions, WriteTransaction } from '../schema/catalogue.ts'
import type { Doc, Json } from '../schema/document.ts'
import type { Entity, Resource } from '../schema/resource.ts'
import { checkDocument } from './check.ts'
import { eraseDocument, storeDocument } from './store.ts'

type Input = Record<string, unknown>

/**
 * Creates a record and its initial children.
 * @param input parsed by the `create` schema of the resource
 * @param id an unused, well-formed id from an import; default: a new one
 * @throws Problem `unknown-reference`, `inconsistent`, `duplicate`, and those of the hooks of its children
 */
export async function createRecord(
  tx: WriteTransaction,
  resource: Resource,
  input: Input,
  id?: string,
): Promise<Doc> {
  const doc = newDocument(tx, resource, input, id)
  await checkDocument(tx, resource, doc)
  // A deleted state that is created again continues its versions, since its code is its id.
  if (resource.prefix === null) doc.version = 1 + (await lastVersion(tx, doc.id))
  const parent = { entity: resource, doc }
  const checked = new Map<Child, Input[]>()
  for (const child of childKindsOf(tx, resource)) {
    const inputs = await child.beforeParentCreate?.(tx, parent, input)
    if (inputs) checked.set(child, inputs)
  }
  await storeDocument(tx, resource, doc, null)
  const pause = pauses()
  for (const [child, inputs] of checked)
    for (const [index, fields] of inputs.entries()) {
      await pause()
      await withPointer(`/${child.path}/${index}`, async () => {
        const created = await insertChild(tx, child, parent, fields)
        await child.afterChange?.(tx, null, created)
      })
    }
  return createParts(tx, resource, doc, input, [...checked.keys()])
}

/**
 * Creates the parts in the body of a POST of their record.
 * @param done kinds of which the parts exist already
 * @returns the record, which may have changed with them
 */
async function createParts(
  tx: WriteTransaction,
  entity: Entity,
  doc: Doc,
  input: Input,
  done: readonly Child[] = [],
): Promise<Doc> {
  let current = doc
  const pause = pauses()
  for (const child of childKindsOf(tx, entity)) {
    if (done.includes(child)) continue
    for (const [index, part] of ((input[child.path] ?? []) as Input[]).entries()) {
      await pause()
      const parent = { entity, doc: current }
      await withPointer(`/${child.path}/${index}`, () => createChild(tx, child, parent, part))
      if (child.parentFields) current = parse(await loadRecord(tx, entity, doc.id))
    }
  }
  return current
}

/** Creates a child and updates derived fields of its parent. @throws like `createRecord` */
export async function createChild(
  tx: WriteTransaction,
  child: Child,
  parent: Parent,
  input: Input,
  id?: string,
): Promise<Doc> {
  const completed = (await child.beforeCreate?.(tx, parent, input)) ?? input
  const doc = await insertChild(tx, child, parent, completed, id)
  await refreshParent(tx, child, parent)
  await child.afterChange?.(tx, null, doc)
  return doc
}

/**
 * Replaces fields of a child and updates derived fields of its parent. If nothing differs, nothing is written.
 * @throws like `updateRecord`
 */
export async function updateChild(
  tx: WriteTransaction,
  child: Child,
  parent: Parent,
  before: Doc,
  changed: Input,
): Promise<Doc> {
  const after = { ...before, ...changed } as Doc
  if (isUnchanged(child, before, after)) return before
  await child.beforeUpdate?.(tx, parent, before, after)
  const doc = await updateRecord(tx, child, before, after)
  if (doc !== before) await refreshParent(tx, child, parent)
  return doc
}

/**
 * Replaces fields of a record. If nothing differs, nothing is written and `before` is returned.
 * @throws Problem `unknown-reference`, `inconsistent`, `duplicate`, and those of the hooks of its children
 */
export async function updateRecord(
  tx: WriteTransaction,
  entity: Entity,
  before: Doc,
  changed: Input,
  options: UpdateOptions = { replacesText: false },
): Promise<Doc> {
  const after = Object.fromEntries(
    entity.keys.map((key) => [key, key in changed ? changed[key] : before[key]]),
  ) as Doc
  // Derived fields need no checks.
  if (Object.keys(changed).some((key) => key in entity.writable.shape))
    await checkDocument(tx, entity, after, before, options.moves)
  if (isUnchanged(entity, before, after)) return before
  after.version = before.version + 1
  after.updatedAt = tx.at
  const children = childKindsOf(tx, entity)
  for (const child of children) await child.beforeParentUpdate?.(tx, entity, before, after, options)
  await storeDocument(tx, entity, after, before)
  for (const child of children) await child.afterParentUpdate?.(tx, entity, before, after)
  await (entity as Partial<Child>).afterChange?.(tx, before, after)
  return after
}

/**
 * Deletes a record and its children; the change log gets a deletion of each.
 * @throws Problem `referenced` if others refer to it
 */
export async function deleteRecord(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<void> {
  const referrers = await referrersOf(tx, entity, doc.id)
  const [first] = referrers
  if (first) {
    const others = referrers.length > 1 ? ' and others refer' : ' refers'
    throw new Problem(
      'referenced',
      `The ${entity.kind} ${doc.id} cannot be deleted: ${first.kind} ${first.id}${others} to it.`,
      { extra: { referencedBy: referrers } },
    )
  }
  for (const [erased, part] of await eraseTree(tx, entity, doc))
    await (erased as Partial<Child>).afterChange?.(tx, part, null)
}

/** Deletes a child and updates derived fields of its parent. */
export async function deleteChild(
  tx: WriteTransaction,
  child: Child,
  parent: Parent,
  doc: Doc,
): Promise<void> {
  await deleteRecord(tx, child, doc)
  await refreshParent(tx, child, parent)
}

const childKindsOf = (tx: WriteTransaction, { kind }: Entity) =>
  tx.catalogue.children.filter((child) => child.of.includes(kind))

function newDocument(tx: WriteTransaction, entity: Entity, input: Input, id?: string): Doc {
  const fields: Input = {
    // What follows from having no evidence.
    support: supportByPages(input),
    origins: 0,
    disputed: [],
    ...input,
    id: entity.prefix === null ? input['code'] : (id ?? tx.newId(entity.prefix)),
    createdAt: tx.at,
    updatedAt: tx.at,
    version: 1,
  }
  const doc: Input = {}
  for (const key of entity.keys) doc[key] = fields[key] ?? null
  return doc as Doc
}

async function insertChild(
  tx: WriteTransaction,
  child: Child,
  parent: Parent,
  input: Input,
  id?: string,
): Promise<Doc> {
  const fields = { ...input, recordKind: parent.entity.kind, recordId: parent.doc.id }
  const doc = newDocument(tx, child, fields, id ?? (input['id'] as string | undefined))
  await checkDocument(tx, child, doc)
  await storeDocument(tx, child, doc, null)
  return createParts(tx, child, doc, input)
}

/** Writes the fields of a record that follow from its children. */
export async function refreshParent(tx: WriteTransaction, child: Child, parent: Parent): Promise<void> {
  const fields = await child.parentFields?.(tx, parent)
  if (fields) await updateRecord(tx, parent.entity, parent.doc, fields)
}

/** @returns what was erased: the children before their record */
async function eraseTree(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<[Entity, Doc][]> {
  const erased: [Entity, Doc][] = []
  for (const child of childKindsOf(tx, entity))
    for (const under of await childrenOf(tx, child, doc.id))
      erased.push(...(await eraseTree(tx, child, under)))
  await eraseDocument(tx, entity, doc)
  return [...erased, [entity, doc]]
}

async function lastVersion(tx: WriteTransaction, id: string): Promise<number> {
  const [version] = await tx.pluck<number | null>(
    sql`select max(${changes.version}) from ${changes} where ${changes.recordId} = ${id}`,
  )
  return version ?? 0
}

/** The maximum number of referring records in the problem `referenced`. */
const MAX_REFERRERS = 20

/** The records that refer to a record, without its own children. */
async function referrersOf(
  tx: WriteTransaction,
  entity: Entity,
  id: string,
): Promise<{ kind: string; id: string }[]> {
  const referrers: { kind: string; id: string }[] = []
  for (const { entity: other, column } of tx.catalogue.columnsTo(entity.kind)) {
    const { table, kind } = other
    const owner = tx.catalogue.children.some((child) => child.kind === kind)
      ? columnSql(table, 'recordId')
      : table.id
    const ids = await tx.pluck<string>(
      sql`select ${table.id} from ${table} where ${columnSql(table, column)} = ${id} and ${owner} <> ${id} order by ${table.id} ${sql.limit(MAX_REFERRERS)}`,
    )
    referrers.push(...ids.map((from) => ({ kind, id: from })))
  }
  const linked = await tx.all<{ kind: string; id: string }>(
    sql`select distinct ${links.fromKind} as kind, ${links.fromId} as id from ${links} where ${links.toId} = ${id} order by ${links.fromId} ${sql.limit(MAX_REFERRERS)}`,
  )
  const byId = new Map([...referrers, ...linked].map((referrer) => [referrer.id, referrer]))
  return [...byId.values()].slice(0, MAX_REFERRERS)
}

const isUnchanged = ({ keys }: Entity, before: Doc, after: Doc) =>
  keys.every((key) => isSame(after[key], before[key]))

const isSame = (one: Json | undefined, other: Json | undefined) =>
  one === other || JSON.stringify(one) === JSON.stringify(other)
