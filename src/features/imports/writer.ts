// Writes staged rows in one transaction, each after the rows that it refers to.
import { bodyProblem, segmentOf } from '../../core/body-problem.ts'
import { idPattern } from '../../core/ids.ts'
import { didYouMean } from '../../core/nearest.ts'
import { inconsistent, Problem, unknownReference } from '../../core/problems.ts'
import { recognise, recogniseByKey } from '../../records/read/matching.ts'
import { findRecord, loadRecord, missingRecord, parse } from '../../records/read/record.ts'
import type { Child, Parent, WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import { type Kind, kindOfId, PREFIXES, withArticle } from '../../records/schema/kinds.ts'
import { type Entity, partialOf, type Resource } from '../../records/schema/resource.ts'
import { fillRecord } from '../../records/write/fill.ts'
import { findAlike, possibleDuplicate, soleMatch, withoutFormerText } from '../../records/write/match.ts'
import { createRecord, updateChild, updateRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { attachChild } from '../records/attach.ts'
import { fieldAt, ownValue } from '../records/own-value.ts'
import { mergeFields } from '../records/patch.ts'
import { kindsInOrder, partsOf } from './kinds.ts'
import { MAX_FAULTS_OF_ROW, type Outcome } from './outcome.ts'
import type { Progress } from './progress.ts'
import { References } from './references.ts'
import type { StagedRows } from './staged-rows.ts'

/** What was written of a record so far. */
interface Postponed {
  /** The fields that are to be written at the end. */
  names: ReadonlySet<string>
  isNew: boolean
  changed: boolean
  /** Whether the record keeps the values that it has. */
  fills: boolean
}

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
  readonly #postponed = new Map<number, Postponed>()
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
    const existing = await this.#existing(tx, resource, index, row, fields)
    let doc: Doc
    if (existing) {
      const { doc: before, fills } = existing
      doc = await this.#change(tx, resource, index, before, fields, fills)
      this.#written(resource, index, names, { isNew: false, changed: doc !== before, fills })
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
      this.#written(resource, index, names, { isNew: true, changed: true, fills: false })
      for (const [at, row] of life.filter((event) => !this.#outcome.hasFailed(event)).entries()) {
        this.#rows.ids[row] = events[at]?.id
        this.#outcome.count('event', 'created')
      }
      this.#rows.ids[index] = doc.id
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

  /** Updates a record with the fields of a row. @param fills whether it keeps the values that it has */
  async #change(
    tx: WriteTransaction,
    resource: Resource,
    index: number,
    before: Doc,
    fields: Record<string, unknown>,
    fills: boolean,
  ): Promise<Doc> {
    const sent = await withoutFormerText(tx, resource, before, fields)
    if (!fills) return updateRecord(tx, resource, before, mergeFields(resource, before, sent))
    const parsed = parseSent(resource, sent)
    if (!parsed.success) throw bodyProblem(parsed.error)
    const { titleField } = resource
    const { changed, differences } = fillRecord(resource, before, parsed.data, { titleField })
    this.#outcome.addDifferences(index, before.id, differences)
    return Object.keys(changed).length > 0 ? updateRecord(tx, resource, before, changed) : before
  }

  /** Counts a record that was written, unless fields of it are postponed. */
  #written(
    { kind }: Resource,
    index: number,
    names: ReadonlySet<string>,
    { isNew, changed, fills }: Omit<Postponed, 'names'>,
  ): void {
    if (names.size > 0) this.#postponed.set(index, { names, isNew, changed, fills })
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
    const doc = await this.#change(tx, resource, index, before, fields, postponed.fills)
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
    const { doc, created, sent } = await attachChild(
      tx,
      child,
      parent,
      child.kind === 'evidence' ? await this.#withValue(tx, holder, index, fields) : fields,
      // A row with an id is a separate child, even if another has the same content.
      id === undefined ? { fresh: bare, taken: this.#siblingsOf(child, index) } : { id, fresh: true },
    )
    this.#rows.ids[index] = doc.id
    const changed = !created && (await this.#fillPart(tx, child, parent, index, doc, sent))
    this.#outcome.count(entity.kind, created ? 'created' : changed ? 'changed' : 'unchanged')
  }

  /** The ids of the parts of one kind that were written from the same row. */
  #siblingsOf({ kind, sameDay }: Child, index: number): ReadonlySet<string> {
    const { stage, ids } = this.#rows
    const { within } = stage.origin(index)
    if (!within || !sameDay) return new Set()
    const rows = [...this.#rows.childRows(within.index)].filter((row) => stage.kindOf(row) === kind)
    return new Set(rows.flatMap((row) => ids[row] ?? []))
  }

  /** Fills a part that is already there. @returns whether it changed */
  async #fillPart(
    tx: WriteTransaction,
    child: Child,
    parent: Parent,
    index: number,
    part: Doc,
    sent: Record<string, unknown>,
  ): Promise<boolean> {
    if (child.kind === 'evidence') return false
    const { changed, differences } = fillRecord(child, part, sent as Record<string, Json>)
    this.#outcome.addDifferences(index, part.id, differences)
    if (Object.keys(changed).length === 0) return false
    await updateChild(tx, child, parent, part, changed)
    return true
  }

  /** A quote for a field says what the row around it has there, unless it says otherwise. */
  async #withValue(
    tx: WriteTransaction,
    holder: Entity,
    index: number,
    quote: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const { within } = this.#rows.stage.origin(index)
    const row = within && this.#rows.stage.read(within.index)
    if (!row || ownValue(row, quote) === undefined) return quote
    const key = fieldAt(quote['field'])
    const own = structuredClone({ [key]: row[key] })
    await this.#references.replaceIn(tx, holder, own)
    return { ...quote, value: ownValue(own, quote) }
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

  /** The existing record of a row, and whether the row only fills it. @throws Problem `possible-duplicate` */
  async #existing(
    tx: WriteTransaction,
    resource: Resource,
    index: number,
    given: Record<string, unknown>,
    fields: Record<string, unknown>,
  ): Promise<{ doc: Doc; fills: boolean } | undefined> {
    const { id } = given
    const hasOwnId = typeof id === 'string' && resource.prefix !== null
    const own = hasOwnId ? await findRecord(tx, resource, id) : undefined
    if (own) return { doc: parse(own), fills: false }
    const existing = hasOwnId
      ? await recogniseByKey(tx, resource, fields)
      : await recognise(tx, resource, fields)
    if (existing !== null && hasOwnId) {
      const detail = `Its identifier or key belongs to ${existing}. Omit the id to change that record.`
      throw inconsistent([{ pointer: '/id', detail }])
    }
    if (existing !== null) return { doc: parse(await loadRecord(tx, resource, existing)), fills: false }
    const alike = hasOwnId ? undefined : await this.#alike(tx, resource, index, fields)
    return alike && { doc: alike, fills: true }
  }

  /** The record that a row without an id or a key describes. @throws Problem `possible-duplicate` */
  async #alike(
    tx: WriteTransaction,
    resource: Resource,
    index: number,
    fields: Record<string, unknown>,
  ): Promise<Doc | undefined> {
    const parsed = parseSent(resource, fields)
    // Then the row has faults, which are found when the record is created.
    if (!parsed.success) return undefined
    const alike = await findAlike(tx, resource, { ...parsed.data, ...(await this.#partsIn(tx, index)) })
    if (alike.length === 0) return undefined
    const found = soleMatch(alike)
    if (found) return found
    throw possibleDuplicate(resource, alike)
  }

  /** The parts in a row by which records are told apart, with ids in place of names. */
  async #partsIn(tx: WriteTransaction, index: number): Promise<Record<string, Record<string, unknown>[]>> {
    const parts: Record<string, Record<string, unknown>[]> = {}
    for (const row of this.#rows.childRows(index)) {
      const child = this.#records.catalogue.child(this.#rows.stage.kindOf(row))
      if (child.kind === 'evidence') continue
      const part = structuredClone(this.#rows.stage.read(row))
      await this.#references.replaceIn(tx, child, part)
      const parsed = parseSent(child, part)
      if (parsed.success) parts[child.path] = [...(parts[child.path] ?? []), parsed.data]
    }
    return parts
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

/** The fields that a row has, checked; those that are missing or null stay away. */
function parseSent(entity: Entity, fields: Record<string, unknown>) {
  const values = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const parsed = partialOf(entity).safeParse(values)
  if (!parsed.success) return parsed
  const data = Object.entries(parsed.data as Record<string, Json>).filter(([name]) => name in values)
  return { success: true as const, data: Object.fromEntries(data) }
}

/** The malformed values of a row that has other problems already, but for the places of those. */
function malformed(entity: Entity, fields: Record<string, unknown>, problems: readonly Problem[]): Problem[] {
  const places = new Set(problems.flatMap(({ errors = [] }) => errors.map(({ pointer }) => pointer)))
  const values = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const parsed = partialOf(entity).safeParse(values)
  const faults = parsed.success ? [] : (bodyProblem(parsed.error).errors ?? [])
  const errors = faults.filter(({ pointer }) => !places.has(pointer))
  return errors.length > 0 ? [new Problem('invalid-body', 'The row has malformed values.', { errors })] : []
}
