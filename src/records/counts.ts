// Counts that are kept with every write: how many records there are with a status on a day, all of them and those with one thing
// more by which charts count. Who asks for them asks counting.ts.

import type { Engine, Gathered, Writer } from '../db/engine.ts'
import { type SQL, sql } from '../db/sql.ts'
import { counts } from '../db/system.ts'
import { describeTable } from '../db/tables.ts'
import { type Doc, type Entity, type Resource, readerOf, referenceAt, valuesAt } from './resource.ts'

/** Where a record is counted. Empty: nothing is known. */
type Place = [kind: string, grouping: string, key: string, status: string, day: string]

/** The grouping under which all records of a kind are counted, whatever else they have. */
export const ALL = ''

/** The place of a row that says of how many changes the others know. */
export const CHANGES: Place = ['', 'changes', '', '', '']

/** So many differences are held before they are put down: a long import has more. */
const MOST_HELD = 5000

/** What the writes of a commit change in the counts. */
export class Deltas implements Gathered {
  readonly #engine: Engine
  readonly #held = new Map<string, [...Place, count: number]>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** A record became another. Null: it was not there before, or is not any more. */
  async record(writer: Writer, entity: Entity, before: Doc | null, after: Doc | null): Promise<void> {
    const resource = entity as Resource
    if (!resource.groupings) return
    const { fields, placesOf } = placing(resource)
    if (before && after && fields.every((field) => before[field] === after[field])) return
    if (before) for (const place of placesOf(before)) this.#add(place, -1)
    if (after) for (const place of placesOf(after)) this.#add(place, 1)
    if (this.#held.size > MOST_HELD) await this.end(writer)
  }

  /** So many changes were made, whatever they were of. */
  changes(count: number): void {
    if (count > 0) this.#add(CHANGES, count)
  }

  async end(writer: Writer): Promise<void> {
    if (this.#held.size === 0) return
    const deltas = [...this.#held.values()].filter((delta) => delta[5] !== 0)
    this.#held.clear()
    await writer.run(additionOn(this.#engine), { deltas: JSON.stringify(deltas) })
  }

  #add(place: Place, count: number): void {
    const name = place.join('\n')
    const held = this.#held.get(name)
    if (held) held[5] += count
    else this.#held.set(name, [...place, count])
  }
}

interface Placing {
  /** The fields on which it hangs where a record is counted. */
  fields: string[]
  /** Each place where it is counted, once. */
  placesOf: (doc: Doc) => Place[]
}

const placings = new WeakMap<Resource, Placing>()

function placing(resource: Resource): Placing {
  const known = placings.get(resource)
  if (known) return known
  const { kind, groupings = {} } = resource
  const pathOf = (column: string) => describeTable(resource.table).columns[column]?.path ?? []
  const dayPath = pathOf(dayColumn(resource))
  const statusPath = pathOf(statusColumn(resource))
  const ways = Object.entries(groupings).flatMap(([grouping, by]) => {
    if (!('reference' in by)) return []
    const { path, listed } = referenceAt(resource, by.reference)
    return { grouping, path, keysOf: listed ? eachOf(path) : oneOf(path) }
  })
  const dayOf = textAt(dayPath)
  const statusOf = textAt(statusPath)
  const made: Placing = {
    fields: [dayPath, statusPath, ...ways.map(({ path }) => path)].map(([field = '']) => field),
    placesOf: (doc) => {
      const at = [statusOf(doc), dayOf(doc)] as const
      return [
        [kind, ALL, '', ...at],
        ...ways.flatMap(({ grouping, keysOf }) =>
          keysOf(doc).map((key): Place => [kind, grouping, key, ...at]),
        ),
      ]
    },
  }
  placings.set(resource, made)
  return made
}

/** Reads the text at a path without lists; empty where there is none. */
function textAt(path: readonly string[]): (doc: Doc) => string {
  const read = readerOf(path)
  return (doc) => String(read(doc) ?? '')
}

/** Reads the one key at a path. Where there is none, the record is not counted: how many those are follows from the others. */
function oneOf(path: readonly string[]): (doc: Doc) => string[] {
  const textOf = textAt(path)
  return (doc) => {
    const text = textOf(doc)
    return text === '' ? [] : [text]
  }
}

/** Reads the keys at a path through lists, each once. Records without any are counted too: no sum gives their number. */
const eachOf = (path: readonly string[]) => (doc: Doc) => {
  const found = new Set(valuesAt(doc, path).map(([, value]) => String(value)))
  return found.size > 0 ? [...found] : ['']
}

/** The column that holds the day of a record: the one whose years are counted. */
export function dayColumn({ kind, groupings = {} }: Resource): string {
  for (const grouping of Object.values(groupings)) if ('year' in grouping) return grouping.year
  throw new Error(`Nothing says by which date the kind ${kind} is counted.`)
}

/** The column that holds the status of a record. */
export function statusColumn({ kind, groupings = {} }: Resource): string {
  for (const grouping of Object.values(groupings)) if ('column' in grouping) return grouping.column
  throw new Error(`Nothing says by which status the kind ${kind} is counted.`)
}

/** Adds to the counts: one constant query an engine. */
function additionOn(engine: Engine): SQL {
  const known = additions.get(engine.name)
  if (known) return known
  const deltas = engine.items(sql`${sql.placeholder('deltas')}`, sql`delta`, 'objects')
  const made = sql`insert into ${counts} ("kind", "grouping", "key", "status", "day", "count") select delta.value ->> 0, delta.value ->> 1, delta.value ->> 2, delta.value ->> 3, delta.value ->> 4, cast(delta.value ->> 5 as integer) from ${deltas} where true on conflict ("kind", "grouping", "key", "status", "day") do update set "count" = ${counts}."count" + excluded."count"`
  additions.set(engine.name, made)
  return made
}

const additions = new Map<Engine['name'], SQL>()
