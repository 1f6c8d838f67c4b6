// Writes a report: a source and what it says. Records that are already there are found and filled, never doubled.
import { z } from 'zod'
import { bodyProblem } from '../../core/body-problem.ts'
import { pauses } from '../../core/pauses.ts'
import { Problem, unknownReference, withPointer } from '../../core/problems.ts'
import { columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { findSurvivor, loadRecord, parse, withMergedIds } from '../../records/read/record.ts'
import type { Child, WriteTransaction } from '../../records/schema/catalogue.ts'
import { type Doc, type Json, valuesAt } from '../../records/schema/document.ts'
import { fieldOf } from '../../records/schema/fields.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { type Entity, type Likeness, partialOf, type Resource } from '../../records/schema/resource.ts'
import { isList, placeAt } from '../../records/schema/values.ts'
import { resolveReferences } from '../../records/write/check.ts'
import { type Difference, fillRecord } from '../../records/write/fill.ts'
import { findAlike, possibleDuplicate, soleMatch, withoutFormerText } from '../../records/write/match.ts'
import { createRecord, updateChild, updateRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { attachChild } from '../records/attach.ts'
import { fieldAt, ownValue } from '../records/own-value.ts'

/** The sections of a report in the order of writing: fields of records may refer to earlier ones, parts to any. */
export const SECTIONS = {
  states: 'state',
  topics: 'topic',
  organizations: 'organization',
  speakers: 'speaker',
  meetings: 'meeting',
  agreements: 'agreement',
  proposals: 'proposal',
  statements: 'statement',
} as const satisfies Record<string, Kind>

export type Section = keyof typeof SECTIONS

type Fields = Record<string, unknown>

export interface Item extends Fields {
  /** By which the rest of the report refers to it, as `=key`. */
  key?: string
  /** The id of the record that it describes. */
  id?: string
  /** Whether its values win where they differ from those of the record. */
  overwrite?: boolean
  evidence?: Fields[]
}

/** Records by section. */
export type Sections = { [Name in Section | 'source']?: Item[] }

export type Report = { source: Item } & { [Name in Section]?: Item[] }

/** What became of a part of an item. */
export interface PartOutcome {
  /** `events`, `positions` … */
  list: string
  index: number
  id: string
  outcome: 'created' | 'matched' | 'updated'
  filled: string[]
  differences: ReportDifference[]
  overwritten: string[]
}

export type ReportDifference = Difference & { evidenceId: string | null }

/** What became of an item. */
export interface Outcome {
  section: keyof Sections
  key: string | null
  kind: Kind
  id: string
  path: string
  outcome: 'created' | 'matched' | 'updated'
  filled: string[]
  added: Record<string, number>
  differences: ReportDifference[]
  overwritten: string[]
  parts: PartOutcome[]
  similar: string[]
}

/** `=key`: a reference to the record or the part of the report with this key. */
export const KEY = /^=([\w.-]{1,100})$/

interface Options {
  /** Ids by key of records that were written before; those of the report are added. */
  idsByKey?: Map<string, string>
  /** Called with a name for the ids that are made next, so that they can be the same everywhere. */
  naming?: (name: string) => void
}

/** An item that was written, whose parts and evidence follow. */
interface Entry {
  pointer: string
  item: Item
  resource: Resource
  outcome: Outcome
  /** The fields that refer to records of later sections. */
  late: Fields
  parts: { pointer: string; child: Child; part: Fields; outcome: PartOutcome }[]
}

/**
 * Writes a report.
 * @throws Problem with pointers into the report; `possible-duplicate` if an item may describe a record that is already there
 */
export async function writeReport(
  records: Records,
  tx: WriteTransaction,
  { source, states = [], topics = [], organizations = [], ...rest }: Report,
  options: Options = {},
): Promise<Outcome[]> {
  const writer = new ReportWriter(records, tx, options)
  // The publisher of the source may be an organization of the report.
  await writer.writeRecords({ states, topics, organizations })
  await writer.writeRecords({ source: [source] })
  await writer.writeRecords(rest)
  await writer.writeLate()
  await writer.writeParts()
  await writer.writeEvidence()
  return writer.outcomes()
}

/** Writes records and their parts without a source. */
export async function writeItems(
  records: Records,
  tx: WriteTransaction,
  sections: Sections,
  options: Options,
): Promise<Outcome[]> {
  const writer = new ReportWriter(records, tx, options)
  await writer.writeRecords(sections)
  await writer.writeLate()
  await writer.writeParts()
  return writer.outcomes()
}

class ReportWriter {
  readonly #records: Records
  readonly #tx: WriteTransaction
  readonly #ids: Map<string, string>
  readonly #naming: (name: string) => void
  readonly #entries: Entry[] = []
  readonly #pause = pauses()
  /** Set when the source has been written. */
  #sourceId: string | null = null

  constructor(
    records: Records,
    tx: WriteTransaction,
    { idsByKey = new Map(), naming = () => undefined }: Options,
  ) {
    this.#records = records
    this.#tx = tx
    this.#ids = idsByKey
    this.#naming = naming
  }

  outcomes(): Outcome[] {
    return this.#entries.map(({ outcome }) => outcome)
  }

  async writeRecords(sections: Sections): Promise<void> {
    const entries: Entry[] = []
    for (const [section, items] of Object.entries(sections) as [keyof Sections, Item[]][]) {
      const resource = this.#records.catalogue.resource(section === 'source' ? 'source' : SECTIONS[section])
      for (const [index, item] of items.entries()) {
        const pointer = section === 'source' ? '/source' : `/${section}/${index}`
        await this.#pause()
        entries.push(await withPointer(pointer, () => this.#writeItem(section, resource, item, pointer)))
      }
      // Contributors may refer to the posts of people.
      if (section === 'speakers') await this.#writePartsOf(entries, ['memberships'])
    }
    this.#entries.push(...entries)
  }

  /** Writes the fields that refer to records of later sections, such as the agendas of meetings. */
  async writeLate(): Promise<void> {
    for (const { pointer, item, resource, outcome, late } of this.#entries) {
      if (Object.keys(late).length === 0) continue
      await withPointer(pointer, async () => {
        const existing = parse(await loadRecord(this.#tx, resource, outcome.id))
        const fields = this.#resolve(resource.create, late) as Fields
        if (outcome.outcome !== 'created')
          await this.#fill(resource, existing, fields, item.overwrite ?? false, outcome)
        else await updateRecord(this.#tx, resource, existing, await this.#check(resource, fields))
      })
    }
  }

  /** Writes the parts of all records, which may refer to any of them. */
  async writeParts(): Promise<void> {
    await this.#writePartsOf(this.#entries, ['events', 'memberships', 'positions', 'relations'])
  }

  /** Writes the evidence of all records and parts. */
  async writeEvidence(): Promise<void> {
    for (const { pointer, item, resource, outcome, parts } of this.#entries) {
      const name = outcome.key ?? pointer
      const added = await this.#quote(resource, outcome, item, { pointer, name })
      if (added > 0 && outcome.outcome !== 'created') outcome.added['evidence'] = added
      if (added > 0 && outcome.outcome === 'matched') outcome.outcome = 'updated'
      for (const { pointer: at, child, part, outcome: of } of parts) {
        const named = `${name}/${of.list}/${of.index}`
        const count = await this.#quote(child, of, part, { pointer: at, name: named })
        if (count > 0 && of.outcome === 'matched') of.outcome = 'updated'
        if (of.outcome !== 'matched' && outcome.outcome === 'matched') outcome.outcome = 'updated'
      }
    }
  }

  async #writeItem(section: keyof Sections, resource: Resource, item: Item, pointer: string): Promise<Entry> {
    const { key = null, id, overwrite = false, ...given } = item
    this.#naming(key ?? pointer)
    this.#claimKey(key)
    const late = pick(given, lateFields(resource, given))
    const fields = this.#resolve(resource.create, omit(withoutQuotes(given), Object.keys(late))) as Fields
    if (fields['distinctFrom']) fields['distinctFrom'] = this.#resolveIds(fields['distinctFrom'])
    const outcome: Outcome = {
      section,
      key,
      kind: resource.kind,
      id: '',
      path: '',
      outcome: 'created',
      filled: [],
      added: {},
      differences: [],
      overwritten: [],
      parts: [],
      similar: [],
    }
    const existing = await this.#match(resource, fields, item)
    const doc = existing
      ? await this.#fill(resource, existing, fields, overwrite, outcome)
      : await this.#create(resource, fields)
    if (section === 'source') this.#sourceId = doc.id
    outcome.id = doc.id
    outcome.path = `/v1/${resource.path}/${doc.id}`
    outcome.similar = (await resource.findSimilar?.(this.#tx, doc)) ?? []
    if (key !== null) this.#ids.set(key, doc.id)
    return { pointer, item, resource, outcome, late, parts: [] }
  }

  #claimKey(key: string | null): void {
    if (key === null || !this.#ids.has(key)) return
    throw new Problem('invalid-body', `The key ${key} is used twice.`, {
      errors: [{ pointer: '/key', detail: 'Used twice.' }],
    })
  }

  /** The record that an item describes. @throws Problem `possible-duplicate` */
  async #match(resource: Resource, fields: Fields, { id, evidence = [] }: Item): Promise<Doc | undefined> {
    if (id !== undefined) {
      const [given] = this.#resolveIds([id])
      const stored = await findSurvivor(this.#tx, resource, given ?? id)
      if (stored) return parse(stored)
      throw unknownReference([{ pointer: '/id', detail: `There is no ${resource.kind} ${id}.` }])
    }
    const checked = await this.#check(resource, fields)
    const alike = await findAlike(this.#tx, resource, { ...fields, ...checked })
    if (alike.length === 0) return undefined
    const found = soleMatch(alike) ?? (await this.#quotedBefore(alike, evidence))
    if (found) return found
    throw possibleDuplicate(resource, alike)
  }

  /** The only record that the source of the report already supports in the same words, as if the report is sent again. */
  async #quotedBefore(alike: readonly Likeness[], quotes: readonly Fields[]): Promise<Doc | undefined> {
    if (this.#sourceId === null || quotes.length === 0) return undefined
    const { table } = this.#records.catalogue.child('evidence')
    const ids = await this.#tx.pluck<string>(
      sql`select distinct ${columnSql(table, 'recordId')} from ${table}
        where ${columnSql(table, 'sourceId')} = ${this.#sourceId}
          and ${columnSql(table, 'recordId')} in ${alike.map(({ doc }) => doc.id)}
          and ${table.doc} ->> 'exact' in ${quotes.map(({ exact }) => String(exact))}`,
    )
    return ids.length === 1 ? alike.find(({ doc }) => doc.id === ids[0])?.doc : undefined
  }

  /** The fields that were sent, checked, with ids for slugs. Those that are missing stay missing. */
  async #check(resource: Resource, fields: Fields): Promise<Record<string, Json>> {
    const parsed = partialOf(resource).safeParse(pick(fields, Object.keys(resource.writable.shape)))
    if (!parsed.success) throw bodyProblem(parsed.error)
    const sent = pick(parsed.data as Fields, Object.keys(fields)) as Record<string, Json>
    await resolveReferences(this.#tx, resource, sent as Doc)
    return sent
  }

  async #create(resource: Resource, fields: Fields): Promise<Doc> {
    const { memberships: _, positions: __, relations: ___, ...initial } = fields
    const parsed = resource.create.safeParse(initial)
    if (!parsed.success) throw bodyProblem(parsed.error)
    return createRecord(this.#tx, resource, parsed.data)
  }

  async #fill(
    resource: Resource,
    existing: Doc,
    fields: Fields,
    overwrites: boolean,
    outcome: Outcome,
  ): Promise<Doc> {
    const checked = await withoutFormerText(this.#tx, resource, existing, await this.#check(resource, fields))
    const sent = overwrites ? omit(checked, decidedByEvents(resource, existing, fields, checked)) : checked
    const { titleField } = resource
    const filling = fillRecord(resource, existing, sent as typeof checked, { titleField, overwrites })
    const { changed, filled, added, differences } = filling
    this.#refuseSilent(overwrites, differences)
    if (outcome.outcome !== 'updated')
      outcome.outcome = Object.keys(changed).length > 0 ? 'updated' : 'matched'
    outcome.filled.push(...filled)
    Object.assign(outcome.added, added)
    outcome.differences.push(...differences.map((difference) => ({ ...difference, evidenceId: null })))
    if (overwrites) outcome.overwritten.push(...differences.map(({ field }) => field))
    if (Object.keys(changed).length === 0) return existing
    return updateRecord(this.#tx, resource, existing, changed)
  }

  /** @throws Problem `invalid-parameter` if values are written over without a reason */
  #refuseSilent(overwrites: boolean, differences: readonly Difference[]): void {
    if (!overwrites || differences.length === 0 || this.#tx.reason) return
    throw new Problem('invalid-parameter', 'overwrite requires a reason: add ?reason= to the request.', {
      errors: [{ parameter: 'reason', detail: 'Required with overwrite.' }],
    })
  }

  async #writePartsOf(entries: readonly Entry[], lists: readonly string[]): Promise<void> {
    for (const entry of entries) {
      for (const list of lists) {
        const child = this.#records.catalogue.children.find(({ path }) => path === list)
        const parts = (entry.item[list] ?? []) as Fields[]
        if (!child || entry.parts.some((part) => part.child === child)) continue
        await this.#writeInAnyOrder(entry, child, parts)
      }
      entry.outcome.parts = entry.parts.map(({ outcome }) => outcome)
    }
  }

  /** Writes parts of a kind. A step that is illegal at first is written after those that make it legal. */
  async #writeInAnyOrder(entry: Entry, child: Child, parts: readonly Fields[]): Promise<void> {
    const written: Entry['parts'] = []
    let rest = [...parts.entries()]
    while (rest.length > 0) {
      const refused: { part: (typeof rest)[number]; problem: Problem }[] = []
      for (const [index, part] of rest) {
        await this.#pause()
        const pointer = `${entry.pointer}/${child.path}/${index}`
        try {
          const taken = [...entry.parts, ...written]
          const outcome = await withPointer(pointer, () =>
            this.#writePart({ ...entry, parts: taken }, child, part, index),
          )
          if (outcome) written.push({ pointer, child, part, outcome })
        } catch (error) {
          if (!(error instanceof Problem) || error.code !== 'illegal-transition') throw error
          refused.push({ part: [index, part], problem: error })
        }
      }
      const [first] = refused
      if (first && refused.length === rest.length) throw first.problem
      rest = refused.map(({ part }) => part)
    }
    entry.parts.push(...written.toSorted((one, other) => one.outcome.index - other.outcome.index))
  }

  async #writePart(
    { resource, outcome: record, pointer, parts, item: { overwrite = false } }: Entry,
    child: Child,
    { key, evidence: _, ...fields }: Fields,
    index: number,
  ): Promise<PartOutcome | undefined> {
    const tx = this.#tx
    this.#naming(`${record.key ?? pointer}/${child.path}/${index}`)
    const doc = parse(await loadRecord(tx, resource, record.id))
    const others = parts.filter(({ part }) => JSON.stringify(bareOf(part)) !== JSON.stringify(fields))
    const taken = new Set(others.map(({ outcome }) => outcome.id))
    const parent = { entity: resource, doc }
    const input = this.#resolve(child.createShape(resource), fields) as Fields
    if (await this.#becameOne(child, record, input)) return undefined
    const { doc: part, created, sent } = await attachChild(tx, child, parent, input, { taken })
    if (typeof key === 'string') {
      this.#claimKey(key)
      this.#ids.set(key, part.id)
    }
    const outcome: PartOutcome = {
      list: child.path,
      index,
      id: part.id,
      outcome: 'created',
      filled: [],
      differences: [],
      overwritten: [],
    }
    if (created) {
      if (record.outcome !== 'created') record.added[child.path] = (record.added[child.path] ?? 0) + 1
    } else if (record.outcome !== 'created') {
      const filling = fillRecord(child, part, sent as Record<string, Json>, { overwrites: overwrite })
      const { changed, filled, differences } = filling
      this.#refuseSilent(overwrite, differences)
      if (Object.keys(changed).length > 0) {
        const current = parse(await loadRecord(tx, resource, record.id))
        await updateChild(tx, child, { entity: resource, doc: current }, part, changed)
      }
      outcome.outcome = Object.keys(changed).length > 0 ? 'updated' : 'matched'
      outcome.filled = filled
      outcome.differences = differences.map((difference) => ({ ...difference, evidenceId: null }))
      if (overwrite) outcome.overwritten = differences.map(({ field }) => field)
    }
    if (outcome.outcome !== 'matched' && record.outcome === 'matched') record.outcome = 'updated'
    return outcome
  }

  /** Whether a part connects two records of which one was merged into the other, so that it says nothing any more. */
  async #becameOne(child: Child, record: Outcome, input: Fields): Promise<boolean> {
    const { targetId } = input
    if (record.outcome === 'created' || typeof targetId !== 'string') return false
    const target = await findSurvivor(this.#tx, this.#records.catalogue.entity(record.kind), targetId)
    if (!target || !child.pointsToItself?.({ ...input, recordId: record.id, targetId: target.id } as never))
      return false
    const merged = await this.#tx.pluck<string>(
      sql`select ids.id from ${withMergedIds({ kind: record.kind }, record.id)} as ids`,
    )
    return merged.length > 1
  }

  /** Attaches the quotes of an item or a part. @returns how many are new */
  async #quote(
    entity: Entity,
    outcome: { id: string; differences: ReportDifference[] },
    item: Fields,
    { pointer, name }: { pointer: string; name: string },
  ): Promise<number> {
    const tx = this.#tx
    const evidence = this.#records.catalogue.child('evidence')
    let added = 0
    for (const [index, quote] of ((item['evidence'] ?? []) as Fields[]).entries()) {
      await this.#pause()
      await withPointer(`${pointer}/evidence/${index}`, async () => {
        this.#naming(`${name}/${index}`)
        const doc = parse(await loadRecord(tx, entity, outcome.id))
        const input = {
          motivation: 'quote',
          sourceId: this.#sourceId,
          ...this.#withValue(entity, item, quote),
        }
        const { doc: stored, created } = await attachChild(tx, evidence, { entity, doc }, input)
        if (created) added++
        const difference = outcome.differences.find(({ field }) => field === quote['field'])
        if (difference) difference.evidenceId ??= stored.id
      })
    }
    return added
  }

  /** A quote for a field says what the item has there, unless it says otherwise. */
  #withValue(entity: Entity, item: Fields, quote: Fields): Fields {
    const { field, value } = quote
    if (typeof field === 'string' && field !== '' && value !== undefined)
      return { ...quote, value: this.#resolve(valueSchema(placeAt(entity, field)), value) }
    if (ownValue(item, quote) === undefined) return quote
    const key = fieldAt(field)
    const resolved = this.#resolve(entity.writable.shape[key] as z.ZodType, item[key])
    return { ...quote, value: ownValue({ [key]: resolved }, quote) }
  }

  #resolveIds(ids: unknown): string[] {
    return (Array.isArray(ids) ? ids : []).map((id) => {
      const key = KEY.exec(String(id))?.[1]
      return key === undefined ? String(id) : (this.#ids.get(key) ?? String(id))
    })
  }

  /** Replaces keys by ids in references; elsewhere `=key` is ordinary text. */
  #resolve(schema: z.ZodType, value: unknown): unknown {
    if (fieldOf(schema)?.kinds) {
      const key = typeof value === 'string' ? KEY.exec(value)?.[1] : undefined
      return key === undefined ? value : (this.#ids.get(key) ?? value)
    }
    if (schema instanceof z.ZodObject && typeof value === 'object' && value !== null) {
      const shape = schema.shape as Record<string, z.ZodType | undefined>
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => {
          const field = Object.hasOwn(shape, name) ? shape[name] : undefined
          return [name, field ? this.#resolve(field, inner) : inner]
        }),
      )
    }
    if (schema instanceof z.ZodArray && Array.isArray(value))
      return value.map((item) => this.#resolve(schema.element as z.ZodType, item))
    if (
      schema instanceof z.ZodNullable ||
      schema instanceof z.ZodDefault ||
      schema instanceof z.ZodPrefault ||
      schema instanceof z.ZodOptional
    )
      return this.#resolve(schema.unwrap() as z.ZodType, value)
    return value
  }
}

/** The schema of a value of evidence: of a list, that of an entry. */
const valueSchema = (place: z.ZodType) => (isList(place) ? (place.element as z.ZodType) : place)

/** The fields of an item and its parts without keys of parts and evidence, which are written later. */
function withoutQuotes({ evidence: _, ...fields }: Fields): Fields {
  const events = fields['events'] as Fields[] | undefined
  if (!events) return fields
  return { ...fields, events: withoutRepetitions(events.map(bareOf)) }
}

/** A part without its key and its evidence. */
const bareOf = ({ key: _, evidence: __, ...part }: Fields): Fields => part

/** The fields of an item in which a key stands for a record that may be written after it. */
const lateFields = ({ references }: Resource, item: Fields): string[] =>
  references
    .filter(({ late }) => late)
    .filter(({ path }) => [...valuesAt(item as Doc, path)].some(([, value]) => KEY.test(String(value))))
    .map(({ path }) => String(path[0]))

/** The fields of an item that its own events give the same value: these are written first, and the fields follow. */
function decidedByEvents({ fromEvents }: Resource, existing: Doc, item: Fields, sent: Fields): string[] {
  const derived = fromEvents?.(existing, (item['events'] ?? []) as Doc[]) ?? {}
  return Object.keys(derived).filter((key) => derived[key] === sent[key])
}

const pick = (fields: Fields, keys: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => keys.includes(key)))

const omit = (fields: Fields, keys: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)))

const withoutRepetitions = (values: readonly Fields[]): Fields[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
]
