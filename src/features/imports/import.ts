// Imports rows that create or update records, all or none. Rows are first staged on disk to collect their references, then
// written in one transaction, each after the rows that it refers to.
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { bodyProblem, segmentOf } from '../../core/body-problem.ts'
import { idPattern } from '../../core/ids.ts'
import { didYouMean } from '../../core/nearest.ts'
import { inconsistent, Problem, type ProblemCode, unknownReference } from '../../core/problems.ts'
import { fold } from '../../core/search.ts'
import { identifiersIn, namesakes, namesOf, recognise } from '../../records/read/matching.ts'
import {
  findByIdentifier,
  findRecord,
  loadRecord,
  missingRecord,
  parse,
  type Stored,
} from '../../records/read/record.ts'
import type { Author, Catalogue, WriteTransaction } from '../../records/schema/catalogue.ts'
import { type Doc, replaceAt, valuesAt } from '../../records/schema/document.ts'
import { type Kind, kindOfId, withArticle } from '../../records/schema/kinds.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'
import { createRecord, updateRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { columnReaders } from '../formats/columns.ts'
import { attachChild } from '../records/attach.ts'
import { mergeFields } from '../records/patch.ts'
import { csvRows, decodeUtf8, type ImportFormat, ndjsonRows, type Row } from './rows.ts'
import { type Origin, Stage } from './staging.ts'

export interface ImportFile {
  /** The name in fault reports. */
  name: string
  /** The kind of its rows; null if each row contains it: `{"kind": …, "record": …}`. */
  kind: Kind | null
  format: ImportFormat
  chunks: AsyncIterable<Uint8Array>
}

/** A fault of a row, or of a file if `row` is null. */
export interface RowFault {
  file: string
  row: number | null
  line: number | null
  /** Dotted, list positions from 0: `topicIds.1`. Null for the whole row. */
  field: string | null
  detail: string
  type: `/problems/${ProblemCode}`
}

export interface ImportCounts {
  kind: Kind
  created: number
  changed: number
  unchanged: number
}

export interface ImportResult {
  rows: number
  /** The records that were, or would be, written, by kind. */
  summary: ImportCounts[]
  /** Records created from rows without id or identifiers: importing the file again would create them again. */
  unidentified: number
  errorCount: number
  /** The first faults. */
  errors: RowFault[]
}

export interface ImportProgress {
  phase: 'reading' | 'writing'
  done: number
  /** Null while unknown. */
  total: number | null
}

interface ImportOptions {
  dryRun: boolean
  /** Of all files, children in rows included. */
  maxRows: number
  onProgress?: (progress: ImportProgress) => void
  /** Runs in the transaction of the import after everything has been written. */
  onWritten?: (tx: WriteTransaction, result: ImportResult) => Promise<void>
  signal?: AbortSignal
}

/** The maximum number of reported faults. */
export const MAX_ERRORS = 1000

/** The maximum number of reported faults of one row. */
const MAX_FAULTS_OF_ROW = 100

/** How many rows are indexed by one name. */
const MAX_NAMESAKES = 20

/** How long an import may block the event loop, in milliseconds. */
const MAX_BLOCKING_MS = 8

/** Imports files in one transaction. If the result has errors, nothing was written. */
export async function importFiles(
  records: Records,
  author: Author,
  files: readonly ImportFile[],
  options: ImportOptions,
): Promise<ImportResult> {
  const importer = new Importer(records, options)
  try {
    for (const file of files) await importer.read(file)
    return await records.write(
      author,
      async (tx) => {
        await importer.write(tx)
        const result = importer.result()
        if (options.dryRun || result.errorCount > 0) throw new NothingWritten(result)
        await options.onWritten?.(tx, result)
        return result
      },
      { alone: true },
    )
  } catch (error) {
    if (error instanceof NothingWritten) return error.result
    throw error
  } finally {
    importer.close()
  }
}

/** Thrown to roll back the transaction; contains the result. */
class NothingWritten extends Error {
  readonly result: ImportResult

  constructor(result: ImportResult) {
    super('Nothing was written.')
    this.result = result
  }
}

/** The lists of children that rows of an entity may contain. */
export const partsOf = ({ catalogue }: Records, { kind }: Entity): string[] =>
  catalogue.children.filter((child) => child.of.includes(kind)).map(({ path }) => path)

/** All kinds, sorted so that each refers only to earlier kinds or itself. */
export function kindsInOrder(catalogue: Catalogue): Kind[] {
  const { resources, children } = catalogue
  const order = new Set<Kind>()
  const visit = (resource: Resource, path: readonly Kind[] = []) => {
    if (path.includes(resource.kind)) return
    for (const kind of resource.references.flatMap(({ kinds }) => kinds)) {
      const target = catalogue.findResource(kind)
      if (target) visit(target, [...path, resource.kind])
    }
    order.add(resource.kind)
  }
  // Sources come early, so that evidence can be attached directly after its record.
  for (const resource of resources.toSorted(
    (one, other) => Number(other.kind === 'source') - Number(one.kind === 'source'),
  ))
    visit(resource)
  return [...order, ...children.map(({ kind }) => kind)]
}

/** Finds the rows of one kind by id, identifier or name. */
type Index = Map<string, number | number[]>

const byId = (id: string) => `#${id}`
const byIdentifier = (identifier: string) => `:${identifier}`
const byName = (name: string) => `~${name}`

class Importer {
  readonly #records: Records
  readonly #options: ImportOptions
  readonly #kinds: readonly Kind[]
  readonly #stage = new Stage()
  readonly #files: string[] = []
  readonly #fileOf: number[] = []
  readonly #indexes = new Map<Kind, Index>()
  /** The rows of each kind in the order of the files. */
  readonly #rows = new Map<Kind, number[]>()
  /** The parent of the same kind that a row refers to. */
  readonly #parents = new Map<number, string>()
  /** Events by the row or the id of their record: a record is created with all its events. */
  readonly #eventRows = new Map<number | string, number[]>()
  readonly #handled = new Set<number>()
  /** Kinds whose rows have all been written. */
  readonly #completed = new Set<Kind>()
  /** The id of the record of each row. */
  readonly #written: (string | undefined)[] = []
  /** Rows with faults. */
  readonly #failed = new Set<number>()
  readonly #resolved = new Map<string, string>()
  /** The ids of the stored records of a name. */
  readonly #namesakes = new Map<string, string[]>()
  readonly #counts = new Map<Kind, ImportCounts>()
  readonly #errors: RowFault[] = []
  #errorCount = 0
  #unidentified = 0
  #rowCount = 0
  #lastYield = performance.now()
  #report = () => {}

  constructor(records: Records, options: ImportOptions) {
    this.#records = records
    this.#options = options
    this.#kinds = kindsInOrder(records.catalogue)
  }

  close(): void {
    this.#stage.close()
  }

  result(): ImportResult {
    return {
      rows: this.#rowCount,
      summary: this.#kinds.flatMap((kind) => this.#counts.get(kind) ?? []),
      unidentified: this.#unidentified,
      errorCount: this.#errorCount,
      errors: this.#errors,
    }
  }

  /** Stages the rows of a file. */
  async read(file: ImportFile): Promise<void> {
    const place = this.#files.push(file.name) - 1
    this.#report = () => this.#options.onProgress?.({ phase: 'reading', done: this.#rowCount, total: null })
    let row = 0
    try {
      for await (const { line, value, faults } of this.#rowsOf(file)) {
        row++
        this.#checkSize(this.#rowCount++)
        const origin = { row, line, within: null }
        for (const { field, detail } of faults ?? [])
          this.#fault({ file: file.name, row, line, field, detail, type: '/problems/invalid-body' })
        // With the faults of cells, so that those of the other cells are found too.
        if (value) await this.#receive(file, place, value, origin)
        await this.#yield()
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const faults = error.errors ?? [{ detail: error.message }]
      for (const { detail } of faults)
        this.#fault({
          file: file.name,
          row: null,
          line: null,
          field: null,
          detail,
          type: `/problems/${error.code}`,
        })
    }
  }

  #rowsOf({ kind, format, chunks }: ImportFile): AsyncGenerator<Row> {
    const texts = decodeUtf8(chunks)
    if (format === 'ndjson') return ndjsonRows(texts)
    if (kind === null) throw new Problem('invalid-body', 'A CSV file requires the kind of its rows.')
    const entity = this.#records.catalogue.entity(kind)
    return csvRows(texts, columnReaders(entity, partsOf(this.#records, entity)))
  }

  async #receive(
    file: ImportFile,
    place: number,
    value: Record<string, unknown>,
    origin: Origin,
  ): Promise<void> {
    const { row, line } = origin
    const addFault = (field: string | null, detail: string) =>
      this.#fault({ file: file.name, row, line, field, detail, type: '/problems/invalid-body' })
    if (file.kind) {
      await this.#stageRow(place, file.kind, value, origin, addFault)
      return
    }
    const { kind, record, ...others } = value as { kind?: Kind; record?: Record<string, unknown> }
    const kinds = this.#kinds
    const [other] = Object.keys(others)
    if (other !== undefined || typeof record !== 'object' || record === null || Array.isArray(record))
      addFault(null, 'A line must have the form {"kind": "speaker", "record": {…}}.')
    else if (!kind || !kinds.includes(kind))
      addFault('kind', `Unknown kind.${didYouMean(String(kind), kinds)} Legal: ${kinds.join(', ')}.`)
    else await this.#stageRow(place, kind, record, origin, addFault)
  }

  /** @param count the rows or children so far */
  #checkSize(count: number): void {
    const { maxRows } = this.#options
    if (count < maxRows) return
    throw new Problem(
      'body-too-large',
      `An import may have at most ${maxRows.toLocaleString('en')} rows, counting the children in them.`,
    )
  }

  /** Stages a row, and the children in it as rows after it. */
  async #stageRow(
    place: number,
    kind: Kind,
    given: Record<string, unknown>,
    origin: Origin,
    addFault: (field: string | null, detail: string) => void,
  ): Promise<number> {
    this.#checkSize(this.#stage.length)
    await this.#yield()
    const entity = this.#records.catalogue.entity(kind)
    const lists = partsOf(this.#records, entity).filter((name) => name in given)
    const value = lists.length === 0 ? given : { ...given }
    for (const name of lists) delete value[name]
    const index = this.#stage.add(kind, value, origin)
    this.#fileOf[index] = place
    const rows = this.#rows.get(kind) ?? []
    this.#rows.set(kind, rows)
    rows.push(index)
    this.#indexRow(entity, index, value)
    for (const name of lists) {
      const list = given[name]
      if (list === null) continue
      const at = origin.within ? `${origin.within.at}.${name}` : name
      if (!Array.isArray(list)) {
        addFault(at, 'Must be a list.')
        continue
      }
      let faults = 0
      for (const [position, item] of list.entries()) {
        if (typeof item !== 'object' || item === null || Array.isArray(item)) {
          addFault(`${at}.${position}`, 'Must be an object.')
          if (++faults === MAX_FAULTS_OF_ROW) break
          continue
        }
        const part = this.#kindOfList(name)
        const within = { index, at: `${at}.${position}` }
        const inner = await this.#stageRow(place, part, item, { ...origin, within }, addFault)
        if (part === 'event') this.#append(this.#eventRows, index, inner)
      }
    }
    return index
  }

  /** Indexes the keys by which other rows may refer to a row, and its parent. */
  #indexRow(entity: Entity, index: number, value: Record<string, unknown>): void {
    const { kind } = entity
    if (kind === 'event' && typeof value['recordId'] === 'string')
      this.#append(this.#eventRows, value['recordId'], index)
    for (const field of entity.acyclic) {
      if (typeof value[field] === 'string') this.#parents.set(index, value[field])
    }
    const resource = this.#records.catalogue.findResource(kind)
    const keys = [value['id'], value[entity.alias ?? 'code']]
      .filter((key) => typeof key === 'string')
      .map(byId)
    if (resource) {
      keys.push(
        ...identifiersIn(value).map(({ scheme, identifier }) => byIdentifier(`${scheme}:${identifier}`)),
        ...namesOf(resource, value).map(byName),
      )
    }
    const rowsByKey: Index = this.#indexes.get(kind) ?? new Map()
    this.#indexes.set(kind, rowsByKey)
    for (const key of new Set(keys)) {
      const others = rowsByKey.get(key)
      if (others === undefined) rowsByKey.set(key, index)
      else if (typeof others === 'number') rowsByKey.set(key, [others, index])
      // What further rows of one name add is only that it is ambiguous.
      else if (others.length < MAX_NAMESAKES) others.push(index)
    }
  }

  #kindOfList(name: string): Kind {
    const child = this.#records.catalogue.children.find(({ path }) => path === name)
    if (!child) throw new Error(`Unknown list of children: ${name}.`)
    return child.kind
  }

  #append<Key>(map: Map<Key, number[]>, key: Key, index: number): void {
    const list = map.get(key)
    if (list) list.push(index)
    else map.set(key, [index])
  }

  /** Writes the staged rows. Faults of a row are collected, and the other rows are still checked. */
  async write(tx: WriteTransaction): Promise<void> {
    const total = this.#stage.length
    let done = 0
    this.#report = () => this.#options.onProgress?.({ phase: 'writing', done, total })
    for (const kind of this.#kinds) {
      const entity = this.#records.catalogue.entity(kind)
      const resource = this.#records.catalogue.findResource(kind)
      for (const index of this.#inOrder(kind)) {
        await this.#yield()
        done++
        if (this.#handled.has(index)) continue
        await this.#collectProblem(index, () =>
          resource ? this.#writeRecord(tx, resource, index) : this.#writePart(tx, entity, index),
        )
      }
      this.#completed.add(kind)
    }
    this.#report()
  }

  /** The rows of a kind, each after its parent; in a cycle in any order. */
  #inOrder(kind: Kind): number[] {
    const rows = this.#rows.get(kind) ?? []
    if (this.#parents.size === 0) return rows
    const order = new Set<number>()
    for (const row of rows) {
      const chain = new Set<number>()
      let next: number | undefined = row
      while (next !== undefined && !order.has(next) && !chain.has(next)) {
        chain.add(next)
        const above = this.#parents.get(next)
        next = above === undefined ? undefined : this.#rowsNamed(kind, above)[0]
      }
      for (const link of [...chain].reverse()) order.add(link)
    }
    return [...order]
  }

  async #writeRecord(tx: WriteTransaction, resource: Resource, index: number): Promise<void> {
    const row = this.#stage.read(index)
    const fields = await this.#fieldsOf(tx, resource, index, row)
    const life = [index, row['id']].flatMap((key) => this.#eventRows.get(key as number | string) ?? [])
    const existing = await this.#existing(tx, resource, row, fields)
    let doc: Doc
    if (existing) {
      const before = parse(existing)
      doc = await updateRecord(tx, resource, before, mergeFields(resource, before, fields))
      this.#count(resource.kind, doc === before ? 'unchanged' : 'changed')
      this.#written[index] = doc.id
      for (const event of life) {
        await this.#yield()
        await this.#writeEvent(tx, resource, doc.id, event)
      }
      if (life.length > 0) doc = parse(await loadRecord(tx, resource, doc.id))
    } else {
      const parsed = resource.writable.safeParse(fields)
      if (!parsed.success) throw bodyProblem(parsed.error)
      const events = await this.#eventsOf(tx, resource, life)
      const starts = resource.lifecycle?.initial.includes(String(row['status'])) && events.length === 0
      const input = { ...parsed.data, events, ...(starts && { status: row['status'] }) }
      doc = await createRecord(tx, resource, input, await this.#freeId(tx, resource, row))
      this.#count(resource.kind, 'created')
      for (const event of life) this.#count('event', 'created', event)
      this.#written[index] = doc.id
      if (
        row['id'] === undefined &&
        !resource.alias &&
        resource.prefix !== null &&
        resource.kind !== 'source'
      )
        if (identifiersIn(fields).length === 0) this.#unidentified++
    }
    await this.#writeChildren(tx, resource, index, doc, !existing)
    const status = row['status']
    if (resource.lifecycle && typeof status === 'string' && status !== doc['status']) {
      throw inconsistent([
        {
          pointer: '/status',
          detail: `The status follows from the events and is ${JSON.stringify(doc['status'])}. Add an event to change it.`,
        },
      ])
    }
  }

  /** The events of a new record in order of date. */
  async #eventsOf(
    tx: WriteTransaction,
    resource: Resource,
    rows: number[],
  ): Promise<Record<string, unknown>[]> {
    const shape = resource.event
    const events: Record<string, unknown>[] = []
    for (const row of rows) {
      await this.#yield()
      this.#handled.add(row)
      await this.#collectProblem(row, async () => {
        const { fields, id } = await this.#readChild(tx, this.#records.catalogue.entity('event'), row)
        // The first event may be undated; creating the record checks the others.
        const parsed = shape
          ?.extend({ occurredOn: z.nullable(shape.shape['occurredOn'] as z.ZodType).default(null) })
          .safeParse(fields)
        if (!parsed?.success)
          throw parsed ? bodyProblem(parsed.error) : new Error('The record has no lifecycle.')
        events.push({ ...parsed.data, ...(id !== undefined && { id }) })
      })
    }
    const date = (event: Record<string, unknown>) => String(event['occurredOn'] ?? '')
    return events.sort((one, other) => (date(one) < date(other) ? -1 : date(one) > date(other) ? 1 : 0))
  }

  /** Writes the children in the row of a record whose references are already written; the others are written later. */
  async #writeChildren(
    tx: WriteTransaction,
    holder: Resource,
    index: number,
    record: Doc,
    isNew: boolean,
  ): Promise<void> {
    let latest: Doc | undefined = record
    let bare = isNew
    for (const row of this.#childRows(index)) {
      const entity = this.#records.catalogue.entity(this.#stage.kindOf(row))
      const ready = entity.references.every(({ kinds }) => kinds.every((kind) => this.#completed.has(kind)))
      if (!ready || this.#handled.has(row)) continue
      await this.#yield()
      this.#handled.add(row)
      await this.#collectProblem(row, () => this.#attachTo(tx, entity, row, holder, record.id, latest, bare))
      // A child may have changed the record.
      latest = undefined
      bare = false
    }
  }

  /** The rows of the children in another row. */
  *#childRows(index: number): Generator<number> {
    for (let row = index + 1; row < this.#stage.length; row++) {
      const { within } = this.#stage.origin(row)
      if (within === null || within.index < index) return
      if (within.index === index) yield row
    }
  }

  async #writeEvent(tx: WriteTransaction, holder: Resource, holderId: string, row: number): Promise<void> {
    this.#handled.add(row)
    const event = this.#records.catalogue.entity('event')
    await this.#collectProblem(row, () => this.#attachTo(tx, event, row, holder, holderId))
  }

  async #writePart(tx: WriteTransaction, entity: Entity, index: number): Promise<void> {
    const { within } = this.#stage.origin(index)
    if (within) {
      const holder = this.#records.catalogue.entity(this.#stage.kindOf(within.index))
      const holderId = this.#written[within.index]
      // If the record failed, its children cannot be checked.
      if (holderId !== undefined) await this.#attachTo(tx, entity, index, holder, holderId)
      return
    }
    const { recordId, recordKind } = this.#stage.read(index)
    if (typeof recordId !== 'string')
      throw new Problem('invalid-body', 'A child requires its record.', {
        errors: [{ pointer: '/recordId', detail: 'Must be the id, an identifier or the name of a record.' }],
      })
    const kind = recordKind ?? kindOfId(recordId)
    const { of } = this.#records.catalogue.child(entity.kind)
    const holders = this.#kinds.filter((candidate) => of.includes(candidate))
    if (!holders.includes(kind as Kind))
      throw new Problem('invalid-body', 'A child requires the kind of its record.', {
        errors: [{ pointer: '/recordKind', detail: `Must be one of ${holders.join(', ')}.` }],
      })
    const holder = this.#records.catalogue.entity(kind as Kind)
    const id = await this.#resolveReference(tx, [holder.kind], recordId, '/recordId')
    await this.#attachTo(tx, entity, index, holder, id)
  }

  async #attachTo(
    tx: WriteTransaction,
    entity: Entity,
    index: number,
    holder: Entity,
    holderId: string,
    record?: Doc,
    bare = false,
  ): Promise<void> {
    const { fields, id } = await this.#readChild(tx, entity, index)
    const existing = id === undefined ? undefined : await findRecord(tx, entity, id)
    if (existing) {
      const doc = parse(existing)
      const differing = Object.keys(fields).filter(
        (field) => JSON.stringify(fields[field]) !== JSON.stringify(doc[field]),
      )
      if (doc['recordId'] !== holderId) differing.push('recordId')
      if (differing.length > 0)
        throw inconsistent(
          differing.map((field) => ({
            pointer: `/${field}`,
            detail: `The ${entity.kind} ${id} exists and cannot be changed.`,
          })),
        )
      this.#written[index] = doc.id
      this.#count(entity.kind, 'unchanged')
      return
    }
    const stored = record ? undefined : await findRecord(tx, holder, holderId)
    const under = record ?? (stored && parse(stored))
    if (!under)
      throw unknownReference([
        { pointer: '/recordId', detail: `There is no ${holder.kind} ${JSON.stringify(holderId)}.` },
      ])
    const { doc, created } = await attachChild(
      tx,
      this.#records.catalogue.child(entity.kind),
      { entity: holder, doc: under },
      fields,
      // A row with an id is a separate child, even if another has the same content.
      id === undefined ? { fresh: bare } : { id, fresh: true },
    )
    this.#written[index] = doc.id
    this.#count(entity.kind, created ? 'created' : 'unchanged')
  }

  /** The writable fields and the id of the row of a child. */
  async #readChild(
    tx: WriteTransaction,
    entity: Entity,
    index: number,
  ): Promise<{ fields: Record<string, unknown>; id: string | undefined }> {
    const { recordId: _, recordKind: __, ...row } = this.#stage.read(index)
    const fields = await this.#fieldsOf(tx, entity, index, row)
    const existing = typeof row['id'] === 'string' && (await findRecord(tx, entity, row['id']))
    return { fields, id: existing ? existing.id : await this.#freeId(tx, entity, row) }
  }

  /**
   * The writable fields of a row, with ids in place of names. Derived fields, as in exported rows, are ignored.
   * @throws Problem the first of its unknown fields, unknown references and malformed values; the others are added
   */
  async #fieldsOf(
    tx: WriteTransaction,
    entity: Entity,
    index: number,
    row: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const legal = Object.keys(entity.writable.shape)
    const fields = Object.fromEntries(Object.entries(row).filter(([key]) => legal.includes(key)))
    const problems: Problem[] = []
    const unknown = Object.keys(row).filter((key) => !legal.includes(key) && !entity.keys.includes(key))
    if (unknown.length > 0) {
      const errors = unknown.slice(0, MAX_FAULTS_OF_ROW).map((key) => ({
        pointer: segmentOf(key),
        detail: `Unknown field.${didYouMean(key, [...legal, ...partsOf(this.#records, entity)])}`,
      }))
      problems.push(new Problem('invalid-body', 'The row has unknown fields.', { errors }))
    }
    problems.push(...(await this.#resolve(tx, entity, fields)))
    if (problems.length > 0) problems.push(...malformed(entity, fields, problems))
    const [first, ...others] = problems
    if (!first) return fields
    for (const problem of others) this.#addProblem(index, problem)
    throw first
  }

  /** The existing record of a row. */
  async #existing(
    tx: WriteTransaction,
    resource: Resource,
    given: Record<string, unknown>,
    fields: Record<string, unknown>,
  ): Promise<Stored | undefined> {
    const { id } = given
    const own =
      typeof id === 'string' && resource.prefix !== null ? await findRecord(tx, resource, id) : undefined
    if (own) return own
    const existing = await recognise(tx, resource, fields)
    return existing === null ? undefined : findRecord(tx, resource, existing)
  }

  /** The id of a row for a new record. @throws Problem if it cannot be used */
  async #freeId(
    tx: WriteTransaction,
    entity: Entity,
    { id }: Record<string, unknown>,
  ): Promise<string | undefined> {
    if (id === undefined || id === null || entity.prefix === null) return undefined
    if (typeof id !== 'string' || !idPattern(entity.prefix).test(id)) {
      const detail = `Must be the id of ${withArticle(entity.kind)} (${entity.prefix}_…), or omitted.`
      throw new Problem('invalid-body', detail, { errors: [{ pointer: '/id', detail }] })
    }
    const missing = await missingRecord(tx, entity, id)
    if (missing.code === 'gone')
      throw new Problem('gone', missing.message, { errors: [{ pointer: '/id', detail: missing.message }] })
    return id
  }

  /** Replaces names of records by their ids. @returns a problem for each that cannot be replaced */
  async #resolve(tx: WriteTransaction, entity: Entity, fields: Record<string, unknown>): Promise<Problem[]> {
    const problems: Problem[] = []
    for (const { path, kinds } of entity.references) {
      for (const [pointer, value] of valuesAt(fields as Doc, path)) {
        if (typeof value !== 'string') continue
        try {
          const id = await this.#resolveReference(tx, kinds, value, pointer)
          if (id !== value) replaceAt(fields as Doc, pointer, id)
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          problems.push(error)
        }
      }
    }
    return problems
  }

  /** The id of the record that a text refers to: by id, slug or code, `scheme:identifier`, or name. */
  async #resolveReference(
    tx: WriteTransaction,
    kinds: readonly Kind[],
    value: string,
    pointer: string,
  ): Promise<string> {
    const key = `${kinds.join()} ${value}`
    const cached = this.#resolved.get(key)
    if (cached !== undefined) return cached
    const matches = new Map<string, string>()
    for (const kind of kinds) {
      for (const id of await this.#candidates(tx, kind, value, pointer)) matches.set(id, kind)
    }
    const [only] = matches.keys()
    if (only === undefined)
      throw unknownReference([
        { pointer, detail: `There is no ${kinds.join(' or ')} ${JSON.stringify(value)}.` },
      ])
    if (matches.size > 1) {
      const detail = `Several records are called ${JSON.stringify(value)}: ${[...matches.keys()].slice(0, 10).join(', ')}. Use the id of one of them.`
      throw new Problem('ambiguous-match', detail, { errors: [{ pointer, detail }] })
    }
    this.#resolved.set(key, only)
    return only
  }

  /** The records of one kind that a text may refer to; by id, then by identifier, then by name. */
  async #candidates(tx: WriteTransaction, kind: Kind, value: string, pointer: string): Promise<string[]> {
    const entity = this.#records.catalogue.entity(kind)
    const resource = this.#records.catalogue.findResource(kind)
    const rows = this.#index(kind, byId(value))
    if (rows.length > 0) return this.#idsOf(rows, pointer)
    const named = await findRecord(tx, entity, value)
    if (named) return [named.id]
    if (!resource || (entity.prefix !== null && idPattern(entity.prefix).test(value))) return []
    const colon = value.indexOf(':')
    if (colon > 0) {
      const identified = this.#index(kind, byIdentifier(value))
      if (identified.length > 0) return this.#idsOf(identified, pointer)
      const [scheme, identifier] = [value.slice(0, colon), value.slice(colon + 1)]
      const owner = await findByIdentifier(tx, entity, scheme, identifier)
      if (owner) return [owner]
    }
    const name = fold(value)
    if (name === '') return []
    const staged = this.#idsOf(this.#index(kind, byName(name)), pointer)
    const key = `${kind} ${name}`
    const stored =
      this.#namesakes.get(key) ??
      (await namesakes(this.#records.engine, tx, resource, name)).map(({ id }) => id).slice(0, MAX_NAMESAKES)
    this.#namesakes.set(key, stored)
    return [...new Set([...staged, ...stored])]
  }

  /** The rows of a kind that a text may refer to. */
  #rowsNamed(kind: Kind, value: string): number[] {
    for (const key of [byId(value), byIdentifier(value), byName(fold(value))]) {
      const rows = this.#index(kind, key)
      if (rows.length > 0) return rows
    }
    return []
  }

  #index(kind: Kind, key: string): number[] {
    const rows = this.#indexes.get(kind)?.get(key)
    return rows === undefined ? [] : [rows].flat()
  }

  #idsOf(rows: number[], pointer: string): string[] {
    const ids = rows.flatMap((row) => this.#written[row] ?? [])
    const [row] = rows
    if (ids.length > 0 || row === undefined) return ids
    const { row: number } = this.#stage.origin(row)
    const detail = this.#failed.has(row)
      ? `Refers to row ${number}, which has faults.`
      : `Refers to row ${number}, which refers back to this one.`
    throw unknownReference([{ pointer, detail }])
  }

  /** Runs work on a row; a problem becomes a fault of the row. */
  async #collectProblem(index: number, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.#addProblem(index, error)
    }
  }

  #addProblem(index: number, problem: Problem): void {
    this.#failed.add(index)
    const { row, line, within } = this.#stage.origin(index)
    const file = this.#files[this.#fileOf[index] ?? 0] ?? ''
    const faults = problem.errors ?? [{ detail: problem.message }]
    this.#errorCount += Math.max(0, faults.length - MAX_FAULTS_OF_ROW)
    for (const { pointer = '', detail } of faults.slice(0, MAX_FAULTS_OF_ROW)) {
      const steps = pointer
        .split('/')
        .slice(1)
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
      const field = [...(within ? [within.at] : []), ...steps].join('.')
      this.#fault({ file, row, line, field: field || null, detail, type: `/problems/${problem.code}` })
    }
  }

  #fault(fault: RowFault): void {
    this.#errorCount++
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(fault)
  }

  #count(kind: Kind, outcome: 'created' | 'changed' | 'unchanged', row?: number): void {
    if (row !== undefined && this.#failed.has(row)) return
    const counts = this.#counts.get(kind) ?? { kind, created: 0, changed: 0, unchanged: 0 }
    counts[outcome]++
    this.#counts.set(kind, counts)
  }

  /** Yields to the event loop every MAX_BLOCKING_MS. @throws if the import is aborted */
  async #yield(): Promise<void> {
    if (performance.now() - this.#lastYield < MAX_BLOCKING_MS) return
    this.#report()
    await setImmediate()
    this.#options.signal?.throwIfAborted()
    this.#lastYield = performance.now()
  }
}

/** The malformed values of a row that has other problems already, but for the places of those. */
function malformed(
  { writable }: Entity,
  fields: Record<string, unknown>,
  problems: readonly Problem[],
): Problem[] {
  const places = new Set(problems.flatMap(({ errors = [] }) => errors.map(({ pointer }) => pointer)))
  const values = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const parsed = writable.partial().safeParse(values)
  const faults = parsed.success ? [] : (bodyProblem(parsed.error).errors ?? [])
  const errors = faults.filter(({ pointer }) => !places.has(pointer))
  return errors.length > 0 ? [new Problem('invalid-body', 'The row has malformed values.', { errors })] : []
}
