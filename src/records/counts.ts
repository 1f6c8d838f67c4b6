// Counts that are kept with every write: how many records there are by what charts count by, and by day. Who asks for them
// asks counting.ts.

import type { Engine, Writer } from '../db/engine.ts'
import { type SQL, sql } from '../db/sql.ts'
import { counts } from '../db/system.ts'
import { describeTable } from '../db/tables.ts'
import { type Doc, type Entity, type Resource, valuesAt } from './resource.ts'

interface Delta {
  kind: string
  grouping: string
  key: string
  day: string
  count: number
}

/** The row that says of how many changes the others know. */
export const CHANGES = { kind: '', grouping: 'changes', key: '', day: '' }

/** So many differences are held before they are put down: a long import has more. */
const MOST_HELD = 5000

/** What one write changes in the counts. */
export class Deltas {
  readonly #engine: Engine
  readonly #writer: Writer
  readonly #held = new Map<string, Delta>()

  constructor(engine: Engine, writer: Writer) {
    this.#engine = engine
    this.#writer = writer
  }

  /** A record became another. Null: it was not there before, or is not any more. */
  async record(entity: Entity, before: Doc | null, after: Doc | null): Promise<void> {
    const resource = entity as Resource
    if (!resource.groupings) return
    const { fields, placesOf } = placing(resource)
    if (before && after && fields.every((field) => before[field] === after[field])) return
    if (before) for (const place of placesOf(before)) this.#add(place, -1)
    if (after) for (const place of placesOf(after)) this.#add(place, 1)
    if (this.#held.size > MOST_HELD) await this.#put()
  }

  /** Puts down what is held, as the work of so many changes. */
  async end(changes: number): Promise<void> {
    if (changes === 0) return
    this.#add(CHANGES, changes)
    await this.#put()
  }

  #add(place: Omit<Delta, 'count'>, count: number): void {
    const name = `${place.kind}\n${place.grouping}\n${place.key}\n${place.day}`
    const held = this.#held.get(name)
    if (held) held.count += count
    else this.#held.set(name, { ...place, count })
  }

  async #put(): Promise<void> {
    const deltas = JSON.stringify([...this.#held.values()].filter(({ count }) => count !== 0))
    this.#held.clear()
    await this.#writer.run(additionOn(this.#engine), { deltas })
  }
}

interface Placing {
  /** The fields on which it hangs where a record is counted. */
  fields: string[]
  /** Where a record is counted. */
  placesOf: (doc: Doc) => Omit<Delta, 'count'>[]
}

const placings = new WeakMap<Resource, Placing>()

function placing(resource: Resource): Placing {
  const known = placings.get(resource)
  if (known) return known
  const { kind, groupings = {}, references } = resource
  const pathOf = (column: string) => describeTable(resource.table).columns[column]?.path ?? []
  const dayPath = pathOf(dayColumn(resource))
  const textsAt = (doc: Doc, path: readonly string[]) => valuesAt(doc, path).map(([, value]) => String(value))
  const ways = Object.entries(groupings).map(([grouping, by]) => {
    if ('reference' in by) {
      const path = references.find(({ field }) => field === by.reference)?.path ?? []
      return { grouping, path, keysOf: (doc: Doc) => [...new Set(textsAt(doc, path))] }
    }
    const path = pathOf('year' in by ? by.year : by.column)
    const length = 'year' in by ? 4 : undefined
    return { grouping, path, keysOf: (doc: Doc) => textsAt(doc, path).map((text) => text.slice(0, length)) }
  })
  const made: Placing = {
    fields: [dayPath, ...ways.map(({ path }) => path)].map(([field = '']) => field),
    placesOf: (doc) => {
      const [day = ''] = textsAt(doc, dayPath)
      return ways.flatMap(({ grouping, keysOf }) => {
        const keys = keysOf(doc)
        return (keys.length > 0 ? keys : ['']).map((key) => ({ kind, grouping, key, day }))
      })
    },
  }
  placings.set(resource, made)
  return made
}

/** The column that holds the day of a record: the one whose years are counted. */
export function dayColumn({ kind, groupings = {} }: Resource): string {
  for (const grouping of Object.values(groupings)) if ('year' in grouping) return grouping.year
  throw new Error(`Nothing says by which date the kind ${kind} is counted.`)
}

/** Adds to the counts, as constant as the engine is. */
function additionOn(engine: Engine): SQL {
  const known = additions.get(engine.name)
  if (known) return known
  const deltas = engine.items(sql`${sql.placeholder('deltas')}`, sql`delta`, 'objects')
  const values = ['kind', 'grouping', 'key', 'day'].map(
    (name) => sql`delta.value ->> ${sql.raw(`'${name}'`)}`,
  )
  const made = sql`insert into ${counts} ("kind", "grouping", "key", "day", "count") select ${sql.join(values, sql`, `)}, cast(delta.value ->> 'count' as integer) from ${deltas} where true on conflict ("kind", "grouping", "key", "day") do update set "count" = ${counts}."count" + excluded."count"`
  additions.set(engine.name, made)
  return made
}

const additions = new Map<Engine['name'], SQL>()
