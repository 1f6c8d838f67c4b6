// Stores a checked document: its row, its links and identifiers, its full-text entry, and its entry in the change log.
import { memoize } from '../../core/memoize.ts'
import { indexedWords } from '../../core/search.ts'
import type { Writer } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { insertInto } from '../../db/statements.ts'
import { changes, identifiers, links, names, searchDocs } from '../../db/system-tables.ts'
import { columnsWith, type Table } from '../../db/tables.ts'
import { hashOfName, namesOf } from '../read/matching.ts'
import { identifiersOf } from '../read/record.ts'
import type { WriteTransaction } from '../schema/catalogue.ts'
import { columnReaders, type Doc, type Json, valuesAt } from '../schema/document.ts'
import type { Entity } from '../schema/resource.ts'

/** Writes to the tables that are derived from documents. */
type IndexWriter = Writer & Pick<WriteTransaction, 'engine'>

/** @param before the document that it replaces; null: a new record */
export async function storeDocument(
  tx: WriteTransaction,
  entity: Entity,
  doc: Doc,
  before: Doc | null,
): Promise<void> {
  const seq = ++tx.seq
  const text = JSON.stringify(doc)
  const values = columnValues(entity.table, doc)
  await storeRow(tx, entity, values, before, { seq, doc: text })
  await storeLinks(tx, entity, doc, before)
  await storeIdentifiers(tx, entity, doc, before)
  await storeNames(tx, entity, doc, before)
  if (tx.isRehearsal) return
  await storeSearchEntry(tx, entity, doc, before, seq)
  const derived = derivedAmong(entity.table, values)
  await logChange(tx, entity, seq, before ? 'update' : 'create', doc, doc.version, { doc: text, derived })
}

/**
 * Writes again all that is derived from a stored document, and the document itself. Its full-text entry keeps its number.
 * @param seq of its last change: the number of an entry that is missing
 */
export async function reindexDocument(tx: IndexWriter, entity: Entity, doc: Doc, seq: number): Promise<void> {
  const { table } = entity
  const values = { ...columnValues(table, doc), doc: JSON.stringify(doc) }
  await updateRow(tx, table, doc.id, Object.entries(values))
  await tx.run(DELETE_LINKS, { id: doc.id })
  await storeLinks(tx, entity, doc, null)
  await tx.run(DELETE_NAMES, { id: doc.id })
  await storeNames(tx, entity, doc, null)
  if (!entity.searchText) return
  const [docId = seq] = await tx.pluck<number>(DOC_ID_OF, { recordId: doc.id })
  await tx.engine.search.remove(tx, doc.id)
  await storeSearchEntry(tx, entity, doc, null, docId)
}

/**
 * Deletes a record with all its entries, and logs the deletion.
 * @param mergedInto the record that takes its place
 */
export async function eraseDocument(
  tx: WriteTransaction,
  entity: Entity,
  doc: Doc,
  mergedInto: string | null = null,
): Promise<void> {
  const { id } = doc
  await tx.run(DELETE_LINKS, { id })
  await tx.run(DELETE_IDENTIFIERS, { id })
  await tx.run(DELETE_NAMES, { id })
  await tx.run(deleteRowQuery(entity.table), { id })
  if (entity.searchText) await tx.engine.search.remove(tx, id)
  tx.existing.delete(`${entity.kind} ${id}`)
  const op = mergedInto === null ? 'delete' : 'merge'
  await logChange(tx, entity, ++tx.seq, op, doc, doc.version + 1, { doc: null, derived: null, mergedInto })
}

async function storeRow(
  tx: WriteTransaction,
  { table }: Entity,
  values: Record<string, Json>,
  before: Doc | null,
  stored: { seq: number; doc: string },
): Promise<void> {
  if (!before) return tx.run(insertRowQuery(table), { ...values, ...stored, firstSeq: stored.seq })
  const old = columnValues(table, before)
  // Only columns that differ are set, since setting a column updates all its indexes.
  const changed = Object.entries({ ...values, ...stored }).filter(([name, value]) => old[name] !== value)
  return updateRow(tx, table, before.id, changed)
}

function updateRow(
  tx: Writer,
  table: Table,
  id: string,
  values: [column: string, value: Json][],
): Promise<void> {
  const assignments = values.map(([name, value]) => sql`${sql.identifier(name)} = ${value}`)
  return tx.run(sql`update ${table} set ${sql.join(assignments, sql`, `)} where ${table.id} = ${id}`)
}

/** The values of the columns that are read from the document. */
function columnValues(table: Table, doc: Doc): Record<string, Json> {
  const values: Record<string, Json> = {}
  for (const [name, read] of columnReaders(table)) values[name] = read(doc)
  return values
}

/** The values of the derived columns as JSON text, for the change log; null if the table has none. */
export const derivedValues = (table: Table, doc: Doc): string | null =>
  derivedAmong(table, columnValues(table, doc))

function derivedAmong(table: Table, values: Record<string, Json>): string | null {
  const names = derivedColumns(table)
  return names.length > 0
    ? JSON.stringify(Object.fromEntries(names.map((name) => [name, values[name]])))
    : null
}

/** Stores the references inside lists; other references are columns. */
async function storeLinks(tx: IndexWriter, entity: Entity, doc: Doc, before: Doc | null): Promise<void> {
  const current = linksOf(entity, doc)
  if (before) {
    if (isEqual(linksOf(entity, before), current)) return
    await tx.run(DELETE_LINKS, { id: doc.id })
  }
  for (const link of current) await tx.run(INSERT_LINK, link)
}

function linksOf({ kind, table, references, listOrder }: Entity, doc: Doc): Record<string, Json>[] {
  const sortKey = columnReaders(table).get(listOrder)?.(doc) ?? null
  return references
    .filter(({ listed }) => listed)
    .flatMap(({ field, path }) => {
      const ids = new Set(valuesAt(doc, path).map(([, id]) => id))
      return [...ids].map((toId) => ({ fromKind: kind, fromId: doc.id, field, toId, sortKey }))
    })
}

async function storeIdentifiers(
  tx: WriteTransaction,
  { kind }: Entity,
  doc: Doc,
  before: Doc | null,
): Promise<void> {
  const current = identifiersOf(doc)
  if (before) {
    if (isEqual(identifiersOf(before), current)) return
    await tx.run(DELETE_IDENTIFIERS, { id: doc.id })
  }
  for (const { scheme, identifier } of current)
    await tx.run(INSERT_IDENTIFIER, { kind, recordId: doc.id, scheme, identifier })
}

/** Stores the names by which records are recognised. */
async function storeNames(tx: Writer, entity: Entity, doc: Doc, before: Doc | null): Promise<void> {
  // Parts have no names.
  if (doc['recordId'] !== undefined) return
  const current = namesOf(entity, doc)
  if (before) {
    if (isEqual(namesOf(entity, before), current)) return
    await tx.run(DELETE_NAMES, { id: doc.id })
  }
  for (const name of new Set(current))
    await tx.run(INSERT_NAME, { kind: entity.kind, hash: hashOfName(name), recordId: doc.id })
}

/** @param docId the number of the entry: that of the change that wrote it */
async function storeSearchEntry(
  tx: IndexWriter,
  { kind, searchText }: Entity,
  doc: Doc,
  before: Doc | null,
  docId: number,
): Promise<void> {
  if (!searchText) return
  const { title, body, date } = searchText(doc)
  if (before) {
    if (isEqual(searchText(before), { title, body, date })) return
    await tx.engine.search.remove(tx, doc.id)
  }
  await tx.engine.search.put(tx, {
    docId,
    kind,
    recordId: doc.id,
    date,
    title: indexedWords(title),
    body: indexedWords(body.join('\n')),
  })
}

async function logChange(
  tx: WriteTransaction,
  { kind }: Entity,
  seq: number,
  op: 'create' | 'update' | 'delete' | 'merge',
  doc: Doc,
  version: number,
  stored: { doc: string | null; derived: string | null; mergedInto?: string | null },
): Promise<void> {
  const { actor, requestId, reason = null, at } = tx
  await tx.run(INSERT_CHANGE, {
    seq,
    kind,
    recordId: doc.id,
    parentId: doc['recordId'] ?? null,
    version,
    op,
    at,
    actorId: actor.id,
    actorName: actor.name,
    requestId,
    reason,
    mergedInto: null,
    ...stored,
  })
}

const isEqual = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

const id = sql.placeholder('id')

const derivedColumns = memoize((table: Table) => columnsWith(table, 'derive'))

const insertRowQuery = memoize((table: Table) => insertInto(table))

const deleteRowQuery = memoize((table: Table) => sql`delete from ${table} where ${table.id} = ${id}`)

const INSERT_LINK = insertInto(links)

const DELETE_LINKS = sql`delete from ${links} where ${links.fromId} = ${id}`

const INSERT_IDENTIFIER = insertInto(identifiers)

const DELETE_IDENTIFIERS = sql`delete from ${identifiers} where ${identifiers.recordId} = ${id}`

const INSERT_NAME = insertInto(names)

const DELETE_NAMES = sql`delete from ${names} where ${names.recordId} = ${id}`

const INSERT_CHANGE = insertInto(changes)

const DOC_ID_OF = sql`select ${searchDocs.docId} from ${searchDocs} where ${searchDocs.recordId} = ${sql.placeholder('recordId')}`
