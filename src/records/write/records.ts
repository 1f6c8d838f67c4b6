// Writing and finding records: every write of every kind goes through here, and into the change log with it.

import type { z } from 'zod'
import type { IdMaker } from '../../core/ids.ts'
import { type Fault, inconsistent, notFound, Problem, unknownReference } from '../../core/problems.ts'
import { fold } from '../../core/search.ts'
import { columnNamed } from '../../db/columns.ts'
import { asWriter, type Engine, type Reader, type Writer } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes, identifiers, links } from '../../db/system-tables.ts'
import { describeTable } from '../../db/tables.ts'
import { missingRecord } from '../read/record.ts'
import type { Kind } from '../schema/fields.ts'
import {
  type Catalogue,
  type Doc,
  type Entity,
  type Json,
  readerOf,
  step,
  valuesAt,
} from '../schema/resource.ts'

/** Who writes. */
export interface Actor {
  id: string
  name: string
}

export interface Author {
  actor: Actor
  requestId: string | null
}

/** One write: a transaction, whose it is, and the one instant that all of it bears. */
export interface WriteTransaction extends Writer, Author {
  now: Date
  /** `now`, as it is stored. Never before the instant of an earlier change. */
  at: string
  /** The number of the last change; the next one gets the next number. Writes are serialised, so there are no gaps. */
  seq: number
  /** References that were found to lead somewhere in this write, by kind and id. */
  known: Set<string>
}

/** A record as it is stored: its document as JSON text. */
export interface Stored {
  id: string
  version: number
  doc: string
}

/** What a part of the house adds to the writes of others. */
export interface Extension {
  /** May complete the document before it is written; what it returns runs after. */
  beforeCreate?(
    tx: WriteTransaction,
    entity: Entity,
    doc: Doc,
    input: Record<string, unknown>,
  ): Promise<undefined | (() => Promise<void>)>
  /** May refuse a change, or let others follow from it. */
  beforeUpdate?(tx: WriteTransaction, entity: Entity, before: Doc, after: Doc): Promise<void>
}

/** What is written under the records of others: evidence, an event, a position, a relation. */
export interface Attachment {
  kind: Kind
  /** What is written of it under the records of an entity; null where they have none. */
  shape(holder: Entity): z.ZodObject | null
  /** What stands under the record already and says the same. */
  same(
    records: Records,
    reader: Reader,
    record: Doc,
    input: Record<string, unknown>,
  ): Promise<Doc | undefined>
  /** @param id of what is made; left out: a new one */
  add(
    records: Records,
    tx: WriteTransaction,
    holder: Entity,
    record: Doc,
    input: Record<string, unknown>,
    id?: string,
  ): Promise<Doc>
}

interface Deps {
  engine: Engine
  catalogue: Catalogue
  extensions: readonly Extension[]
  attachments: readonly Attachment[]
  newId: IdMaker
  clock: () => Date
}

/** How many of the records that point to one are named when it cannot be deleted. */
const MAX_NAMED = 20

export class Records {
  readonly engine: Engine
  readonly catalogue: Catalogue
  readonly #extensions: readonly Extension[]
  readonly #attachments: readonly Attachment[]
  readonly #newId: IdMaker
  readonly #clock: () => Date
  readonly #statements = new Map<Kind, Statements>()

  constructor({ engine, catalogue, extensions, attachments, newId, clock }: Deps) {
    this.engine = engine
    this.catalogue = catalogue
    this.#extensions = extensions
    this.#attachments = attachments
    this.#newId = newId
    this.#clock = clock
    for (const entity of [...catalogue.resources, ...catalogue.parts]) {
      this.#statements.set(entity.kind, statementsFor(entity))
    }
  }

  now(): Date {
    return this.#clock()
  }

  /** How parts of a kind are put under records. */
  attachment(kind: Kind): Attachment {
    const attachment = this.#attachments.find((candidate) => candidate.kind === kind)
    if (!attachment) throw new Error(`Nothing attaches the kind ${kind}.`)
    return attachment
  }

  /**
   * Runs a write. Nothing of it stands unless `work` resolves.
   * @param options.alone for a long one: it shares its commit with nobody, so that nobody's answer waits for it
   */
  write<Result>(
    author: Author,
    work: (tx: WriteTransaction) => Promise<Result>,
    options?: { alone: boolean },
  ): Promise<Result> {
    return this.engine.write(async (writer) => {
      const last = await writer.get<{ at: string; seq: number }>(LAST_CHANGE, {})
      const clock = this.#clock().toISOString()
      const at = last && last.at > clock ? last.at : clock
      const tx: WriteTransaction = {
        ...author,
        now: new Date(at),
        at,
        seq: last?.seq ?? 0,
        known: new Set(),
        ...asWriter(writer),
      }
      return work(tx)
    }, options)
  }

  /** The record with this id or alias, if there is one. */
  find(reader: Reader, entity: Entity, id: string): Promise<Stored | undefined> {
    return reader.get<Stored>(this.#of(entity).find, { id })
  }

  /** The record with this id or alias. @throws Problem `gone` when it was deleted, `not-found` when it never was */
  async load(reader: Reader, entity: Entity, id: string): Promise<Stored> {
    const found = await this.find(reader, entity, id)
    if (found) return found
    throw await missingRecord(reader, entity, id)
  }

  /** The id of the record that another system calls so, if there is one. */
  async findByIdentifier(
    reader: Reader,
    entity: Entity,
    scheme: string,
    identifier: string,
  ): Promise<string | null> {
    const owner = await reader.get<{ recordId: string }>(OWNER, { kind: entity.kind, scheme, identifier })
    return owner?.recordId ?? null
  }

  /**
   * Makes a record.
   * @param input what `entity.writable` (or the `create` of a resource) parsed
   * @param derived fields that the caller derives, such as the record that evidence belongs to
   * @param known the id that the record has elsewhere and keeps here, of the right form and free; left out: a new one
   * @throws Problem `unknown-reference`, `inconsistent` or `duplicate`
   */
  async create(
    tx: WriteTransaction,
    entity: Entity,
    input: Record<string, unknown>,
    derived: Record<string, Json> = {},
    known?: string,
  ): Promise<Doc> {
    const id = entity.prefix === null ? String(input['code']) : (known ?? this.#newId(entity.prefix))
    const stamps: Record<string, Json> = { id, createdAt: tx.at, updatedAt: tx.at, version: 1 }
    const doc = {} as Doc
    for (const key of entity.keys) {
      const given = stamps[key] ?? derived[key] ?? input[key] ?? (key === 'support' ? 'unsupported' : null)
      doc[key] = given as Json
    }
    await this.#check(tx, entity, doc)
    if (entity.prefix === null) doc.version = 1 + (await this.#lastVersion(tx, id))
    const followUps: (() => Promise<void>)[] = []
    for (const extension of this.#extensions) {
      const followUp = await extension.beforeCreate?.(tx, entity, doc, input)
      if (followUp) followUps.push(followUp)
    }
    await this.#store(tx, entity, doc, null)
    for (const followUp of followUps) await followUp()
    return doc
  }

  /**
   * Replaces the content of a record. When nothing differs, nothing is written and `before` is returned.
   * @throws Problem `unknown-reference`, `inconsistent`, `duplicate`, and whatever extensions refuse
   */
  async update(
    tx: WriteTransaction,
    entity: Entity,
    before: Doc,
    changed: Record<string, unknown>,
  ): Promise<Doc> {
    const after = Object.fromEntries(
      entity.keys.map((key) => [key, key in changed ? changed[key] : before[key]]),
    ) as Doc
    // What the service derives refers to nothing and breaks no rule.
    const written = Object.keys(changed).some((key) => key in entity.writable.shape)
    if (written) await this.#check(tx, entity, after, before)
    const looked = written ? entity.keys : Object.keys(changed)
    if (looked.every((key) => same(after[key], before[key]))) return before
    after.version = before.version + 1
    after.updatedAt = tx.at
    for (const extension of this.#extensions) await extension.beforeUpdate?.(tx, entity, before, after)
    await this.#store(tx, entity, after, before)
    return after
  }

  /**
   * Deletes a record and what lives under it; tombstones stay in the change log.
   * @throws Problem `referenced` when others point to it
   */
  async remove(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<void> {
    const pointing = await this.#pointingTo(tx, entity, doc.id)
    if (pointing.length > 0) {
      const first = pointing[0]
      throw new Problem(
        'referenced',
        `The ${entity.kind} ${doc.id} cannot be deleted: ${first?.kind} ${first?.id}${pointing.length > 1 ? ' and others point' : ' points'} to it.`,
        { extra: { referencedBy: pointing } },
      )
    }
    await this.#erase(tx, entity, doc)
  }

  /** What lives under a record, of one kind, oldest first. */
  childrenOf(reader: Reader, part: Entity, recordId: string): Promise<Stored[]> {
    return reader.all<Stored>(this.#of(part).under, { id: recordId })
  }

  async #erase(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<void> {
    const { id } = doc
    for (const part of this.catalogue.parts) {
      for (const stored of await this.childrenOf(tx, part, id)) await this.#erase(tx, part, parse(stored))
    }
    await tx.run(DELETE_LINKS, { id })
    await tx.run(DELETE_IDENTIFIERS, { id })
    await tx.run(this.#of(entity).remove, { id })
    tx.known.delete(`${entity.kind} ${id}`)
    if (entity.searchText) await this.engine.search.remove(tx, id)
    await this.#log(tx, entity, 'delete', doc, doc.version + 1, null)
  }

  async #check(tx: WriteTransaction, entity: Entity, doc: Doc, before?: Doc): Promise<void> {
    entity.complete?.(doc, tx.now)
    const faults = entity.rules?.(doc) ?? []
    for (const field of before ? (entity.constant ?? []) : []) {
      if (doc[field] !== before?.[field]) {
        faults.push({
          pointer: `/${field}`,
          detail: `${field} never changes; it is ${JSON.stringify(before?.[field])}.`,
        })
      }
    }
    if (faults.length > 0) throw inconsistent(faults)
    await this.#resolveReferences(tx, entity, doc)
    await this.#checkChains(tx, entity, doc)
    await this.#checkUnique(tx, entity, doc, before)
  }

  /** Every reference must lead somewhere; a slug becomes the id that it stands for. */
  async #resolveReferences(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<void> {
    const faults: Fault[] = []
    for (const { path, kinds, listed } of entity.references) {
      if (
        listed ? asList(doc[path[0] ?? '']).length === 0 : path.reduce<Json | undefined>(step, doc) === null
      )
        continue
      for (const [pointer, value] of valuesAt(doc, path)) {
        const found = await this.#firstOf(tx, kinds, String(value))
        if (!found)
          faults.push({ pointer, detail: `There is no ${kinds.join(' or ')} ${JSON.stringify(value)}.` })
        else if (found.id !== value) replaceAt(doc, pointer, found.id)
      }
      // The same topic by id and by slug is one topic.
      if (path.at(-1) === '*') {
        for (const [pointer, list] of valuesAt(doc, path.slice(0, -1))) {
          replaceAt(doc, pointer, [...new Set(asList(list))])
        }
      }
    }
    if (faults.length > 0) throw unknownReference(faults)
  }

  async #firstOf(
    tx: WriteTransaction,
    kinds: readonly Kind[],
    id: string,
  ): Promise<{ id: string } | undefined> {
    for (const kind of kinds) {
      if (tx.known.has(`${kind} ${id}`)) return { id }
      const found = await tx.get<{ id: string }>(this.#of(this.catalogue.entity(kind)).exists, { id })
      if (!found) continue
      tx.known.add(`${kind} ${found.id}`)
      return found
    }
    return undefined
  }

  async #checkChains(tx: WriteTransaction, entity: Entity, doc: Doc): Promise<void> {
    for (const field of entity.acyclic ?? []) {
      let next = doc[field]
      while (typeof next === 'string') {
        if (next === doc.id) {
          throw inconsistent([
            { pointer: `/${field}`, detail: `Following ${field} from here leads back to ${doc.id}.` },
          ])
        }
        const parent: Stored | undefined = await this.find(tx, entity, next)
        next = parent ? (JSON.parse(parent.doc) as Doc)[field] : null
      }
    }
  }

  async #checkUnique(tx: WriteTransaction, entity: Entity, doc: Doc, before: Doc | undefined): Promise<void> {
    for (const { pointer, field, query } of this.#of(entity).unique) {
      const existing = await tx.get<{ id: string }>(query, { value: doc[field], id: before?.id ?? '' })
      if (existing)
        throw duplicate(entity.kind, pointer, `${field} ${JSON.stringify(doc[field])}`, existing.id)
    }
    const seen = new Set<string>()
    for (const [index, given] of (asList(doc['identifiers']) as Record<string, Json>[]).entries()) {
      const { scheme, identifier } = given
      const label = () => `identifier ${JSON.stringify(identifier)} of the scheme ${JSON.stringify(scheme)}`
      const pointer = `/identifiers/${index}`
      const key = JSON.stringify([scheme, identifier])
      if (seen.has(key)) throw inconsistent([{ pointer, detail: `The ${label()} is listed twice.` }])
      seen.add(key)
      const owner = await this.findByIdentifier(tx, entity, String(scheme), String(identifier))
      if (owner && owner !== doc.id) throw duplicate(entity.kind, pointer, label(), owner)
    }
  }

  async #store(tx: WriteTransaction, entity: Entity, doc: Doc, before: Doc | null): Promise<void> {
    const text = JSON.stringify(doc)
    const seq = await this.#log(tx, entity, before ? 'update' : 'create', doc, doc.version, text)
    const { columns, insert, update } = this.#of(entity)
    const values: Record<string, unknown> = { seq, firstSeq: seq, doc: text }
    const touched: string[] = []
    for (const [name, read] of columns) {
      values[name] = read(doc)
      if (before && read(before) !== values[name]) touched.push(name)
    }
    // Every index on a column that is set is written anew, so only those are set that differ.
    await tx.run(before ? update(touched) : insert, values)
    await this.#link(tx, entity, doc, before)
    await this.#identify(tx, entity, doc, before)
    await this.#index(tx, entity, doc, before, seq)
  }

  /** References from inside lists. */
  async #link(tx: WriteTransaction, entity: Entity, doc: Doc, before: Doc | null): Promise<void> {
    // What a change leaves alone it leaves as it is.
    if (before && entity.references.every(({ path: [field = ''] }) => doc[field] === before[field])) return
    const links = linksOf(entity, doc)
    if (before) {
      if (JSON.stringify(linksOf(entity, before)) === JSON.stringify(links)) return
      await tx.run(DELETE_LINKS, { id: doc.id })
    }
    for (const [field, toId] of links) {
      await tx.run(INSERT_LINK, { fromKind: entity.kind, fromId: doc.id, field, toId })
    }
  }

  async #identify(tx: WriteTransaction, entity: Entity, doc: Doc, before: Doc | null): Promise<void> {
    if (before) {
      if (before['identifiers'] === doc['identifiers']) return
      if (JSON.stringify(before['identifiers']) === JSON.stringify(doc['identifiers'])) return
      await tx.run(DELETE_IDENTIFIERS, { id: doc.id })
    }
    for (const given of asList(doc['identifiers']) as Record<string, Json>[]) {
      await tx.run(INSERT_IDENTIFIER, { kind: entity.kind, recordId: doc.id, ...given })
    }
  }

  async #index(
    tx: WriteTransaction,
    entity: Entity,
    doc: Doc,
    before: Doc | null,
    seq: number,
  ): Promise<void> {
    const { searchText } = entity
    if (!searchText) return
    const text = searchText(doc)
    if (before && JSON.stringify(searchText(before)) === JSON.stringify(text)) return
    if (before) await this.engine.search.remove(tx, doc.id)
    await this.engine.search.put(tx, {
      docId: seq,
      kind: entity.kind,
      recordId: doc.id,
      date: text.date,
      title: fold(text.title),
      body: fold(text.body.join('\n')),
    })
  }

  async #log(
    tx: WriteTransaction,
    entity: Entity,
    op: string,
    doc: Doc,
    version: number,
    text: string | null,
  ): Promise<number> {
    const { actor, requestId, at } = tx
    const seq = ++tx.seq
    await tx.run(INSERT_CHANGE, {
      seq,
      kind: entity.kind,
      recordId: doc.id,
      parentId: doc['recordId'] ?? null,
      version,
      op,
      at,
      actorId: actor.id,
      actorName: actor.name,
      requestId,
      doc: text,
    })
    return seq
  }

  async #lastVersion(tx: WriteTransaction, id: string): Promise<number> {
    const last = await tx.get<{ version: number | null }>(LAST_VERSION, { id })
    return last?.version ?? 0
  }

  async #pointingTo(
    tx: WriteTransaction,
    entity: Entity,
    id: string,
  ): Promise<{ kind: string; id: string }[]> {
    const own = new Set(this.catalogue.parts.map((part) => part.kind))
    const found: { kind: string; id: string }[] = []
    for (const { entity: other, column } of this.catalogue.columnsTo(entity.kind)) {
      const { table } = other
      const notOwn = own.has(other.kind)
        ? sql`and ${columnNamed(table, 'recordId')} <> ${id}`
        : sql`and ${table.id} <> ${id}`
      const rows = await tx.all<{ id: string }>(
        sql`select ${table.id} as id from ${table} where ${columnNamed(table, column)} = ${id} ${notOwn} order by ${table.id} ${sql.limit(MAX_NAMED)}`,
      )
      found.push(...rows.map((row) => ({ kind: other.kind, id: row.id })))
    }
    const linked = await tx.all<{ kind: string; id: string }>(LINKED_FROM, { id })
    found.push(...linked)
    return found.slice(0, MAX_NAMED)
  }

  #of(entity: Entity): Statements {
    const statements = this.#statements.get(entity.kind)
    if (!statements) throw new Error(`Nothing describes the kind ${entity.kind}.`)
    return statements
  }
}

/** Whether two values of a field are the same; one that a migration has yet to bring is null. */
const same = (one: Json | undefined, other: Json | undefined) =>
  one === other || JSON.stringify(one ?? null) === JSON.stringify(other ?? null)

/** Reads a stored document. */
export const parse = (stored: Pick<Stored, 'doc'>): Doc => JSON.parse(stored.doc) as Doc

/** What lives under another record is not found here. @throws Problem `not-found` */
export function belongingTo(recordId: string, stored: Stored, kind: Kind): Stored {
  if (parse(stored)['recordId'] !== recordId) throw notFound(kind, stored.id)
  return stored
}

const duplicate = (kind: string, pointer: string, what: string, existingId: string) =>
  new Problem('duplicate', `Another ${kind}, ${existingId}, has the ${what}.`, {
    errors: [{ pointer, detail: `The ${what} is taken.` }],
    extra: { existingId },
  })

/** What a document refers to from inside lists: field and id, each once. */
function linksOf(entity: Entity, doc: Doc): [field: string, toId: Json][] {
  const links: [field: string, toId: Json][] = []
  for (const { field, path, listed } of entity.references) {
    if (!listed || asList(doc[path[0] ?? '']).length === 0) continue
    const ids = new Set<Json>()
    for (const [, id] of valuesAt(doc, path)) ids.add(id)
    for (const id of ids) links.push([field, id])
  }
  return links
}

const asList = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])

/** Puts a value where a JSON Pointer made by `valuesAt` leads. */
export function replaceAt(doc: Json, pointer: string, value: Json): void {
  const segments = pointer.slice(1).split('/')
  const last = segments.pop() ?? ''
  const holder = segments.reduce<Json>(
    (inner, segment) => (inner as Record<string, Json>)[segment] ?? null,
    doc,
  )
  ;(holder as Record<string, Json>)[last] = value
}

/** The constant statements of one kind. */
interface Statements {
  columns: [name: string, read: (doc: Doc) => Json][]
  find: SQL
  exists: SQL
  under: SQL
  insert: SQL
  /** Sets the document, and the columns that are named. */
  update: (columns: string[]) => SQL
  remove: SQL
  unique: { pointer: string; field: string; query: SQL }[]
}

function statementsFor(entity: Entity): Statements {
  const { table, alias } = entity
  const { columns } = describeTable(table)
  const named = (name: string) => sql.placeholder(name)
  const byAlias = alias ? sql` or ${columnNamed(table, alias)} = ${named('id')}` : sql.empty()
  const names = Object.keys(columns)
  const list = (parts: SQL[]) => sql.join(parts, sql`, `)
  const updates = new Map<string, SQL>()
  return {
    columns: Object.entries(columns).flatMap(([name, { path }]): [string, (doc: Doc) => Json][] =>
      path ? [[name, readerOf(path)]] : [],
    ),
    find: sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.id} = ${named('id')}${byAlias}`,
    exists: sql`select ${table.id} as id from ${table} where ${table.id} = ${named('id')}${byAlias}`,
    under:
      'recordId' in columns
        ? sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${columnNamed(table, 'recordId')} = ${named('id')} order by ${table.firstSeq}`
        : sql.empty(),
    insert: sql`insert into ${table} (${list(names.map((name) => sql`${sql.identifier(name)}`))}) values (${list(names.map((name) => sql`${named(name)}`))})`,
    update: (touched) => {
      const key = touched.join()
      const known = updates.get(key)
      if (known) return known
      const set = list(
        [...touched, 'seq', 'doc'].map((name) => sql`${sql.identifier(name)} = ${named(name)}`),
      )
      const made = sql`update ${table} set ${set} where ${table.id} = ${named('id')}`
      updates.set(key, made)
      return made
    },
    remove: sql`delete from ${table} where ${table.id} = ${named('id')}`,
    unique: Object.entries(columns)
      .filter(([name, column]) => column.unique || (name === 'id' && entity.prefix === null))
      .map(([name]) => {
        const field = name === 'id' ? 'code' : name
        return {
          field,
          pointer: `/${field}`,
          query: sql`select ${table.id} as id from ${table} where ${columnNamed(table, name)} = ${named('value')} and ${table.id} <> ${named('id')}`,
        }
      }),
  }
}

const LAST_CHANGE = sql`select ${changes.at} as at, ${changes.seq} as seq from ${changes} order by ${changes.seq} desc limit 1`

const LAST_VERSION = sql`select max(${changes.version}) as version from ${changes} where ${changes.recordId} = ${sql.placeholder('id')}`

const INSERT_CHANGE = sql`insert into ${changes} ("seq", "kind", "recordId", "parentId", "version", "op", "at", "actorId", "actorName", "requestId", "doc") values (${sql.placeholder('seq')}, ${sql.placeholder('kind')}, ${sql.placeholder('recordId')}, ${sql.placeholder('parentId')}, ${sql.placeholder('version')}, ${sql.placeholder('op')}, ${sql.placeholder('at')}, ${sql.placeholder('actorId')}, ${sql.placeholder('actorName')}, ${sql.placeholder('requestId')}, ${sql.placeholder('doc')})`

const INSERT_LINK = sql`insert into ${links} ("fromKind", "fromId", "field", "toId") values (${sql.placeholder('fromKind')}, ${sql.placeholder('fromId')}, ${sql.placeholder('field')}, ${sql.placeholder('toId')})`

const DELETE_LINKS = sql`delete from ${links} where ${links.fromId} = ${sql.placeholder('id')}`

const LINKED_FROM = sql`select ${links.fromKind} as kind, ${links.fromId} as id from ${links} where ${links.toId} = ${sql.placeholder('id')} order by ${links.fromId} ${sql.limit(MAX_NAMED)}`

const INSERT_IDENTIFIER = sql`insert into ${identifiers} ("kind", "scheme", "identifier", "recordId") values (${sql.placeholder('kind')}, ${sql.placeholder('scheme')}, ${sql.placeholder('identifier')}, ${sql.placeholder('recordId')})`

const DELETE_IDENTIFIERS = sql`delete from ${identifiers} where ${identifiers.recordId} = ${sql.placeholder('id')}`

const OWNER = sql`select ${identifiers.recordId} as "recordId" from ${identifiers} where ${identifiers.kind} = ${sql.placeholder('kind')} and ${identifiers.scheme} = ${sql.placeholder('scheme')} and ${identifiers.identifier} = ${sql.placeholder('identifier')}`
