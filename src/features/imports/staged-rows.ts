// Stages the rows of import files on disk, and finds them by the keys with which other rows refer to them.
import { didYouMean } from '../../core/nearest.ts'
import { Problem } from '../../core/problems.ts'
import { comparable, identifiersIn, namesOf } from '../../records/read/matching.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Entity } from '../../records/schema/resource.ts'
import { columnReaders } from '../formats/columns.ts'
import { kindsInOrder, partsOf } from './kinds.ts'
import { MAX_FAULTS_OF_ROW, type Outcome } from './outcome.ts'
import type { Progress } from './progress.ts'
import { csvRows, decodeUtf8, type ImportFormat, ndjsonRows, type Row } from './rows.ts'
import type { Origin, Stage } from './staging.ts'

export interface ImportFile {
  /** The name in fault reports. */
  name: string
  /** The kind of its rows; null if each row contains it: `{"kind": …, "record": …}`. */
  kind: Kind | null
  format: ImportFormat
  chunks: AsyncIterable<Uint8Array>
}

/** How many rows are indexed by one name. */
export const MAX_NAMESAKES = 20

/** Finds the rows of one kind by id, identifier or name. */
type Index = Map<string, number | number[]>

export const byId = (id: string) => `#${id}`
export const byIdentifier = (identifier: string) => `:${identifier}`
export const byName = (name: string) => `~${name}`

export class StagedRows {
  readonly stage: Stage
  /** The id of the record of each row, once it is written. */
  readonly ids: (string | undefined)[] = []
  readonly #catalogue: Catalogue
  readonly #outcome: Outcome
  readonly #progress: Progress
  readonly #maxRows: number
  readonly #kinds: readonly Kind[]
  readonly #indexes = new Map<Kind, Index>()
  /** The rows of each kind in the order of the files. */
  readonly #rowsOfKind = new Map<Kind, number[]>()
  /** The parent of the same kind that a row refers to. */
  readonly #parents = new Map<number, string>()
  /** Events by the row or the id of their record: a record is created with all its events. */
  readonly #eventRows = new Map<number | string, number[]>()

  /** @param maxRows of all files, children in rows included */
  constructor(catalogue: Catalogue, stage: Stage, outcome: Outcome, progress: Progress, maxRows: number) {
    this.#catalogue = catalogue
    this.stage = stage
    this.#outcome = outcome
    this.#progress = progress
    this.#maxRows = maxRows
    this.#kinds = kindsInOrder(catalogue)
  }

  /** Stages the rows of a file. */
  async read(file: ImportFile): Promise<void> {
    const outcome = this.#outcome
    this.#progress.follow(() => ({ phase: 'reading', done: outcome.rows, total: null }))
    let row = 0
    try {
      for await (const { line, value, faults } of this.#rowsOf(file)) {
        row++
        this.#checkSize(outcome.rows++)
        const origin = { file: file.name, row, line, within: null }
        for (const { field, detail } of faults ?? []) outcome.addFault(origin, field, detail)
        // With the faults of cells, so that those of the other cells are found too.
        if (value) await this.#receive(file.kind, value, origin)
        await this.#progress.yield()
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      for (const { detail } of error.errors ?? [{ detail: error.message }])
        outcome.addFault({ file: file.name, row: null, line: null }, null, detail, error.code)
    }
  }

  /** The rows of a kind, each after its parent; in a cycle in any order. */
  inOrder(kind: Kind): number[] {
    const rows = this.#rowsOfKind.get(kind) ?? []
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

  /** The rows of the children in another row. */
  *childRows(index: number): Generator<number> {
    for (let row = index + 1; row < this.stage.length; row++) {
      const { within } = this.stage.origin(row)
      if (within === null || within.index < index) return
      if (within.index === index) yield row
    }
  }

  /** The rows of the events of a record, by its row or its id. */
  eventsOf(index: number, id: unknown): number[] {
    return [index, id].flatMap((key) => this.#eventRows.get(key as number | string) ?? [])
  }

  /** @param key by `byId`, `byIdentifier` or `byName` */
  withKey(kind: Kind, key: string): number[] {
    const rows = this.#indexes.get(kind)?.get(key)
    return rows === undefined ? [] : [rows].flat()
  }

  /** Whether a text refers to a row that has neither been written nor refused. */
  isPending(kind: Kind, value: string): boolean {
    const rows = this.#rowsNamed(kind, value)
    return (
      rows.length > 0 && rows.every((row) => this.ids[row] === undefined && !this.#outcome.hasFailed(row))
    )
  }

  /** The rows of a kind that a text may refer to. */
  #rowsNamed(kind: Kind, value: string): number[] {
    for (const key of [byId(value), byIdentifier(value), byName(comparable(value))]) {
      const rows = this.withKey(kind, key)
      if (rows.length > 0) return rows
    }
    return []
  }

  #rowsOf({ kind, format, chunks }: ImportFile): AsyncGenerator<Row> {
    const texts = decodeUtf8(chunks)
    if (format === 'ndjson') return ndjsonRows(texts)
    if (kind === null) throw new Problem('invalid-body', 'A CSV file requires the kind of its rows.')
    const entity = this.#catalogue.entity(kind)
    return csvRows(texts, columnReaders(entity, partsOf(this.#catalogue, entity)))
  }

  async #receive(fileKind: Kind | null, value: Record<string, unknown>, origin: Origin): Promise<void> {
    if (fileKind) {
      await this.#stageRow(fileKind, value, origin)
      return
    }
    const { kind, record, ...others } = value as { kind?: Kind; record?: Record<string, unknown> }
    const kinds = this.#kinds
    const [other] = Object.keys(others)
    if (other !== undefined || typeof record !== 'object' || record === null || Array.isArray(record))
      this.#outcome.addFault(origin, null, 'A line must have the form {"kind": "speaker", "record": {…}}.')
    else if (!kind || !kinds.includes(kind)) {
      const hint = didYouMean(String(kind), kinds)
      this.#outcome.addFault(origin, 'kind', `Unknown kind.${hint} Legal: ${kinds.join(', ')}.`)
    } else await this.#stageRow(kind, record, origin)
  }

  /** @param count the rows or children so far */
  #checkSize(count: number): void {
    const maxRows = this.#maxRows
    if (count < maxRows) return
    throw new Problem(
      'body-too-large',
      `An import may have at most ${maxRows.toLocaleString('en')} rows, counting the children in them.`,
    )
  }

  /** Stages a row, and the children in it as rows after it. */
  async #stageRow(kind: Kind, given: Record<string, unknown>, origin: Origin): Promise<number> {
    this.#checkSize(this.stage.length)
    await this.#progress.yield()
    const entity = this.#catalogue.entity(kind)
    const lists = partsOf(this.#catalogue, entity).filter((name) => name in given)
    const value = lists.length === 0 ? given : { ...given }
    for (const name of lists) delete value[name]
    const index = this.stage.add(kind, value, origin)
    const rows = this.#rowsOfKind.get(kind) ?? []
    this.#rowsOfKind.set(kind, rows)
    rows.push(index)
    this.#indexRow(entity, index, value)
    for (const name of lists) {
      const list = given[name]
      if (list === null) continue
      const at = origin.within ? `${origin.within.at}.${name}` : name
      if (!Array.isArray(list)) {
        this.#outcome.addFault(origin, at, 'Must be a list.')
        continue
      }
      let faults = 0
      for (const [position, item] of list.entries()) {
        if (typeof item !== 'object' || item === null || Array.isArray(item)) {
          this.#outcome.addFault(origin, `${at}.${position}`, 'Must be an object.')
          if (++faults === MAX_FAULTS_OF_ROW) break
          continue
        }
        const part = this.#kindOfList(name)
        const within = { index, at: `${at}.${position}` }
        const inner = await this.#stageRow(part, item, { ...origin, within })
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
    const resource = this.#catalogue.findResource(kind)
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
    const child = this.#catalogue.children.find(({ path }) => path === name)
    if (!child) throw new Error(`Unknown list of children: ${name}.`)
    return child.kind
  }

  #append<Key>(map: Map<Key, number[]>, key: Key, index: number): void {
    const list = map.get(key)
    if (list) list.push(index)
    else map.set(key, [index])
  }
}
