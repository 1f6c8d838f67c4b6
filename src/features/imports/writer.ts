// Writes staged rows in one transaction, each after the rows that it refers to.
import { bodyProblem, segmentOf } from '../../core/body-problem.ts'
import { idPattern } from '../../core/ids.ts'
import { didYouMean } from '../../core/nearest.ts'
import { inconsistent, Problem, unknownReference } from '../../core/problems.ts'
import { identifiersIn, recognise, recogniseByKey } from '../../records/read/matching.ts'
import { findRecord, loadRecord, missingRecord, parse, type Stored } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { type Kind, kindOfId, PREFIXES, withArticle } from '../../records/schema/kinds.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'
import { createRecord, updateChild, updateRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { attachChild } from '../records/attach.ts'
import { mergeFields } from '../records/patch.ts'
import { kindsInOrder, partsOf } from './kinds.ts'
import { MAX_FAULTS_OF_ROW, type Outcome } from './outcome.ts'
import type { Progress } from './progress.ts'
import { References } from './references.ts'
import type { StagedRows } from './staged-rows.ts'

export class RowWriter {
  readonly #records: Records
  readonly #rows: StagedRows
  readonly #outcome: Outcome
  readonly #progress: Progress
  readonly #references: References
  readonly #kinds: readonly Kind[]
  /** Rows that were written with the row that contains them, or whose event they are. */
  readonly #handled = new Set<number>()
  /** Rows of records of which fields are written at the end, since they refer to rows that come later. */
  readonly #postponed = new Map<number, { names: ReadonlySet<string>; isNew: boolean; changed: boolean }>()
  /** Kinds whose rows have all been written. */
  readonly #completed = new Set<Kind>()

  constructor(records: Records, rows: StagedRows, outcome: Outcome, progress: Progress) {
    this.#records = records
    this.#rows = rows
    this.#outcome = outcome
    this.#progress = progress
    this.#references = new References(records, rows, outcome)
    this.#kinds = kindsInOrder(records.catalogue)
  }

  /** Writes the staged rows. Faults of a row are collected, and the other rows are still checked. */
  async write(tx: WriteTransaction): Promise<void> {
    const total = this.#rows.stage.length
    let done = 0
    this.#progress.follow(() => ({ phase: 'writing', done, total }))
    for (const kind of this.#kinds) {
      const entity = this.#records.catalogue.entity(kind)
      const resource = this.#records.catalogue.findResource(kind)
      for (const index of this.#rows.inOrder(kind)) {
        await this.#progress.yield()
        done++
        if (this.#handled.has(index)) continue
        await this.#outcome.collect(index, () =>
          resource ? this.#writeRecord(tx, resource, index) : this.#writePart(tx, entity, index),
        )
      }
      this.#completed.add(kind)
    }
    for (const index of this.#postponed.keys()) {
      await this.#progress.yield()
      await this.#outcome.collect(index, () => this.#writePostponed(tx, index))
    }
    this.#progress.report()
  }

  async #writeRecord(tx: WriteTransaction, resource: Resource, index: number): Promise<void> {
    const row = this.#rows.stage.read(index)
    const names = this.#references.postponed(resource, row)
    const fields = await this.#fieldsOf(tx, resource, index, without(row, names))
    const life = this.#rows.eventsOf(index, row['id'])
    const existing = await this.#existing(tx, resource, row, fields)
    let doc: Doc
    if (existing) {
      const before = parse(existing)
      doc = await updateRecord(tx, resource, before, mergeFields(resource, before, fields))
      this.#written(resource, index, names, { isNew: false, changed: doc !== before })
      this.#rows.ids[index] = doc.id
      for (const event of life) {
        await this.#progress.yield()
        await this.#writeEvent(tx, resource, doc.id, event)
      }
      if (life.length > 0) doc = parse(await loadRecord(tx, resource, doc.id))
    } else {
      const parsed = resource.writable.safeParse(fields)
      if (!parsed.success) throw bodyProblem(parsed.error)
      const events = await this.#eventsOf(tx, resource, life)
      const input = { ...parsed.data, events }
      doc = await createRecord(tx, resource, input, await this.#freeId(tx, resource, row))
      this.#written(resource, index, names, { isNew: true, changed: true })
      for (const [at, row] of life.filter((event) => !this.#outcome.hasFailed(event)).entries()) {
        this.#rows.ids[row] = events[at]?.id
        this.#outcome.count('event', 'created')
      }
      this.#rows.ids[index] = doc.id
      if (row['id'] === undefined && !hasKey(resource) && identifiersIn(fields).length === 0)
        this.#outcome.unidentified++
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

  /** Counts a record that was written, unless fields of it are postponed. */
  #written(
    { kind }: Resource,
    index: number,
    names: ReadonlySet<string>,
    { isNew, changed }: { isNew: boolean; changed: boolean },
  ): void {
    if (names.size > 0) this.#postponed.set(index, { names, isNew, changed })
    else this.#outcome.count(kind, isNew ? 'created' : changed ? 'changed' : 'unchanged')
  }

  /** Writes the fields of a record that were postponed. */
  async #writePostponed(tx: WriteTransaction, index: number): Promise<void> {
    const postponed = this.#postponed.get(index)
    const id = this.#rows.ids[index]
    if (!postponed || id === undefined) return
    const resource = this.#records.catalogue.resource(this.#rows.stage.kindOf(index))
    const row = this.#rows.stage.read(index)
    const rest = without(row, new Set(Object.keys(row).filter((name) => !postponed.names.has(name))))
    const fields = await this.#fieldsOf(tx, resource, index, rest)
    const before = parse(await loadRecord(tx, resource, id))
    const doc = await updateRecord(tx, resource, before, mergeFields(resource, before, fields))
    const changed = postponed.changed || doc !== before
    this.#written(resource, index, new Set(), { ...postponed, changed })
  }

  /** The events of a new record, with their ids. */
  async #eventsOf(tx: WriteTransaction, resource: Resource, rows: number[]): Promise<{ id: string }[]> {
    const event = this.#records.catalogue.child('event')
    const events: { id: string }[] = []
    for (const row of rows) {
      await this.#progress.yield()
      this.#handled.add(row)
      await this.#outcome.collect(row, async () => {
        const { fields, id } = await this.#readChild(tx, event, row)
        const parsed = event.createShape(resource).safeParse(fields)
        if (!parsed.success) throw bodyProblem(parsed.error)
        events.push({ ...parsed.data, id: id ?? tx.newId(PREFIXES.event) })
      })
    }
    return events
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
    for (const row of this.#rows.childRows(index)) {
      const entity = this.#records.catalogue.entity(this.#rows.stage.kindOf(row))
      const ready = entity.references.every(({ kinds }) => kinds.every((kind) => this.#completed.has(kind)))
      if (!ready || this.#handled.has(row)) continue
      await this.#progress.yield()
      this.#handled.add(row)
      await this.#outcome.collect(row, () => this.#attachTo(tx, entity, row, holder, record.id, latest, bare))
      // A child may have changed the record.
      latest = undefined
      bare = false
    }
  }

  async #writeEvent(tx: WriteTransaction, holder: Resource, holderId: string, row: number): Promise<void> {
    this.#handled.add(row)
    const event = this.#records.catalogue.entity('event')
    await this.#outcome.collect(row, () => this.#attachTo(tx, event, row, holder, holderId))
  }

  async #writePart(tx: WriteTransaction, entity: Entity, index: number): Promise<void> {
    const { within } = this.#rows.stage.origin(index)
    if (within) {
      const holder = this.#records.catalogue.entity(this.#rows.stage.kindOf(within.index))
      const holderId = this.#rows.ids[within.index]
      // If the record failed, its children cannot be checked.
      if (holderId !== undefined) await this.#attachTo(tx, entity, index, holder, holderId)
      return
    }
    const { recordId, recordKind } = this.#rows.stage.read(index)
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
    const id = await this.#references.resolve(tx, [holder.kind], recordId, '/recordId')
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
    const child = this.#records.catalogue.child(entity.kind)
    const { fields, id } = await this.#readChild(tx, entity, index)
    const stored = record ? undefined : await findRecord(tx, holder, holderId)
    const under = record ?? (stored && parse(stored))
    if (!under)
      throw unknownReference([
        { pointer: '/recordId', detail: `There is no ${holder.kind} ${JSON.stringify(holderId)}.` },
      ])
    const parent = { entity: holder, doc: under }
    const existing = id === undefined ? undefined : await findRecord(tx, entity, id)
    if (existing) {
      const before = parse(existing)
      if (before['recordId'] !== holderId)
        throw inconsistent([
          { pointer: '/recordId', detail: `The ${entity.kind} ${id} belongs to ${before['recordId']}.` },
        ])
      const changed = await updateChild(tx, child, parent, before, mergeFields(child, before, fields))
      this.#rows.ids[index] = before.id
      this.#outcome.count(entity.kind, changed === before ? 'unchanged' : 'changed')
      return
    }
    const { doc, created } = await attachChild(
      tx,
      child,
      parent,
      fields,
      // A row with an id is a separate child, even if another has the same content.
      id === undefined ? { fresh: bare } : { id, fresh: true },
    )
    this.#rows.ids[index] = doc.id
    this.#outcome.count(entity.kind, created ? 'created' : 'unchanged')
  }

  /** The writable fields and the id of the row of a child. */
  async #readChild(
    tx: WriteTransaction,
    entity: Entity,
    index: number,
  ): Promise<{ fields: Record<string, unknown>; id: string | undefined }> {
    const { recordId: _, recordKind: __, ...row } = this.#rows.stage.read(index)
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
        detail: `Unknown field.${didYouMean(key, [...legal, ...partsOf(this.#records.catalogue, entity)])}`,
      }))
      problems.push(new Problem('invalid-body', 'The row has unknown fields.', { errors }))
    }
    problems.push(...(await this.#references.replaceIn(tx, entity, fields)))
    if (problems.length > 0) problems.push(...malformed(entity, fields, problems))
    const [first, ...others] = problems
    if (!first) return fields
    for (const problem of others) this.#outcome.addProblem(index, problem)
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
    const hasOwnId = typeof id === 'string' && resource.prefix !== null
    const existing = hasOwnId
      ? await recogniseByKey(tx, resource, fields)
      : await recognise(tx, resource, fields)
    if (existing === null) return undefined
    if (hasOwnId) {
      const detail = `Its identifier or key belongs to ${existing}. Omit the id to change that record.`
      throw inconsistent([{ pointer: '/id', detail }])
    }
    return findRecord(tx, resource, existing)
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
}

/** A row without some of its fields. */
const without = (row: Record<string, unknown>, names: ReadonlySet<string>) =>
  names.size === 0 ? row : Object.fromEntries(Object.entries(row).filter(([name]) => !names.has(name)))

/** Whether records are recognised by a field of their own: a slug, a code, or the text of a source. */
const hasKey = ({ alias, prefix, digest }: Resource) =>
  alias !== undefined || prefix === null || digest !== undefined

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
