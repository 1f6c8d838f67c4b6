// Resolves the references of rows: by id, identifier or name, to other rows or to stored records.
import { idPattern } from '../../core/ids.ts'
import { Problem, unknownReference } from '../../core/problems.ts'
import { comparable, namesakes, preferExact } from '../../records/read/matching.ts'
import { findByIdentifier, findRecord } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import { type Doc, replaceAt, valuesAt } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Entity } from '../../records/schema/resource.ts'
import type { Records } from '../../records/write/records.ts'
import type { Outcome } from './outcome.ts'
import { byId, byIdentifier, byName, MAX_NAMESAKES, type StagedRows } from './staged-rows.ts'

export class References {
  readonly #records: Records
  readonly #rows: StagedRows
  readonly #outcome: Outcome
  readonly #resolved = new Map<string, string>()
  /** The ids of the stored records of a name. */
  readonly #namesakes = new Map<string, string[]>()

  constructor(records: Records, rows: StagedRows, outcome: Outcome) {
    this.#records = records
    this.#rows = rows
    this.#outcome = outcome
  }

  /** Replaces names of records by their ids. @returns a problem for each that cannot be replaced */
  async replaceIn(tx: WriteTransaction, entity: Entity, fields: Record<string, unknown>): Promise<Problem[]> {
    const problems: Problem[] = []
    for (const { path, kinds } of entity.references) {
      for (const [pointer, value] of valuesAt(fields as Doc, path)) {
        if (typeof value !== 'string') continue
        try {
          const id = await this.resolve(tx, kinds, value, pointer)
          if (id !== value) replaceAt(fields as Doc, pointer, id)
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          problems.push(error)
        }
      }
    }
    return problems
  }

  /** The optional fields of a row that refer to rows which are still to be written, but for parents. */
  postponed(entity: Entity, fields: Record<string, unknown>): Set<string> {
    const found = new Set<string>()
    for (const { path, kinds, field } of entity.references) {
      const [name = ''] = path
      if (entity.acyclic.includes(field) || !entity.writable.shape[name]?.isOptional()) continue
      const isPending = ([, value]: [string, unknown]) =>
        typeof value === 'string' && kinds.some((kind) => this.#rows.isPending(kind, value))
      if (valuesAt(fields as Doc, path).some(isPending)) found.add(name)
    }
    return found
  }

  /** The id of the record that a text refers to: by id, slug or code, `scheme:identifier`, or name. */
  async resolve(
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
    const rows = this.#rows.withKey(kind, byId(value))
    if (rows.length > 0) return this.#idsOf(rows, pointer)
    const named = await findRecord(tx, entity, value)
    if (named) return [named.id]
    if (!resource || (entity.prefix !== null && idPattern(entity.prefix).test(value))) return []
    const colon = value.indexOf(':')
    if (colon > 0) {
      const identified = this.#rows.withKey(kind, byIdentifier(value))
      if (identified.length > 0) return this.#idsOf(identified, pointer)
      const [scheme, identifier] = [value.slice(0, colon), value.slice(colon + 1)]
      const owner = await findByIdentifier(tx, entity, scheme, identifier)
      if (owner) return [owner]
    }
    const name = comparable(value)
    if (name === '') return []
    const staged = this.#idsOf(this.#rows.withKey(kind, byName(name)), pointer)
    const key = `${kind} ${value}`
    const stored =
      this.#namesakes.get(key) ??
      preferExact(resource, await namesakes(tx, resource, name), value)
        .map(({ id }) => id)
        .slice(0, MAX_NAMESAKES)
    this.#namesakes.set(key, stored)
    return [...new Set([...staged, ...stored])]
  }

  #idsOf(rows: number[], pointer: string): string[] {
    const ids = rows.flatMap((row) => this.#rows.ids[row] ?? [])
    const [row] = rows
    if (ids.length > 0 || row === undefined) return ids
    const { row: number } = this.#rows.stage.origin(row)
    const detail = this.#outcome.hasFailed(row)
      ? `Refers to row ${number}, which has faults.`
      : `Refers to row ${number}, which refers back to this one.`
    throw unknownReference([{ pointer, detail }])
  }
}
