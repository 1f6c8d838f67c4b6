// A table in memory by which records are counted: one array for each column, with the number of the value of every record.
import type { Bar, BarPart } from './chart.ts'

/** The value of a record in a column: a text, or the members of a set. */
export type CellValue = string | null | readonly string[]

/** Records with a value that matches; in a column of sets, with a member that does. */
export interface ColumnCondition {
  column: string
  matches: (value: string) => boolean
}

/** Which records are counted: 1 for each row that is, otherwise 0. */
export type RowSelection = Uint8Array

const INITIAL_ROWS = 1024

/** Numbers distinct values in the order in which they appear. Values that are no longer used stay. */
class Dictionary<Value> {
  readonly values: Value[] = []
  readonly #codes = new Map<string | null, number>()

  codeOf(key: string | null, value: Value): number {
    const known = this.#codes.get(key)
    if (known !== undefined) return known
    const code = this.values.push(value) - 1
    this.#codes.set(key, code)
    return code
  }
}

interface Column {
  /** The number of the value of each row. */
  codes: Uint32Array
  /** How many values there are. */
  readonly size: number
  codeOf(value: CellValue): number
  /** 1 for each value that matches, by its number. */
  matching(matches: (value: string) => boolean): Uint8Array
}

/** A column with one value for each record. */
class TextColumn implements Column {
  codes: Uint32Array = new Uint32Array(INITIAL_ROWS)
  readonly #texts = new Dictionary<string | null>()

  get size(): number {
    return this.#texts.values.length
  }

  get values(): readonly (string | null)[] {
    return this.#texts.values
  }

  codeOf(value: CellValue): number {
    if (value !== null && typeof value !== 'string') throw new Error('A column of texts has no sets.')
    return this.#texts.codeOf(value, value)
  }

  matching(matches: (value: string) => boolean): Uint8Array {
    return flags(this.values, (value) => value !== null && matches(value))
  }
}

/** A column with a set for each record. */
class SetColumn implements Column {
  codes: Uint32Array = new Uint32Array(INITIAL_ROWS)
  readonly #members = new Dictionary<string>()
  /** The distinct sets, of numbers of members. */
  readonly #sets = new Dictionary<readonly number[]>()

  get size(): number {
    return this.#sets.values.length
  }

  codeOf(value: CellValue): number {
    if (value === null || typeof value === 'string') throw new Error('A column of sets has no texts.')
    const members = (value.length > 1 ? [...new Set(value)] : value).map((member) =>
      this.#members.codeOf(member, member),
    )
    if (members.length > 1) members.sort((one, other) => one - other)
    return this.#sets.codeOf(members.join(), members)
  }

  matching(matches: (value: string) => boolean): Uint8Array {
    const members = flags(this.#members.values, matches)
    return flags(this.#sets.values, (set) => set.some((member) => members[member]))
  }

  /** Distributes the counts of sets to their members, and to what follows from a member. Those of empty sets are under the key null. */
  distribute(countsOfSets: Uint32Array, impliedBy: (member: string) => readonly string[]): Bar[] {
    const keys = new Dictionary<string>()
    const keysOfMember = this.#members.values.map((member) =>
      impliedBy(member).map((key) => keys.codeOf(key, key)),
    )
    const counts = new Uint32Array(keys.values.length)
    /** The last set that was counted for each key, so that it is counted once. */
    const lastSet = new Int32Array(keys.values.length).fill(-1)
    let withoutMembers = 0
    for (const [code, members] of this.#sets.values.entries()) {
      const count = countsOfSets[code] ?? 0
      if (count === 0) continue
      if (members.length === 0) withoutMembers += count
      for (const member of members)
        for (const key of keysOfMember[member] ?? []) {
          if (lastSet[key] === code) continue
          lastSet[key] = code
          counts[key] = (counts[key] ?? 0) + count
        }
    }
    return [
      ...keys.values.map((key, code) => ({ key, count: counts[code] ?? 0 })),
      { key: null, count: withoutMembers },
    ].filter(({ count }) => count > 0)
  }
}

export class CountTable {
  /** The last change of the kind that the rows include. */
  seq: number
  /** How many rows were written since it was created: each may leave values that are no longer used. */
  writes = 0
  readonly #columns: ReadonlyMap<string, TextColumn | SetColumn>
  readonly #rowOf = new Map<string, number>()
  /** 1 for each row with a record. Rows of deleted records are not used again. */
  #present: Uint8Array = new Uint8Array(INITIAL_ROWS)
  #length = 0

  constructor(columns: readonly { name: string; isSet: boolean }[], seq: number) {
    this.#columns = new Map(
      columns.map(({ name, isSet }) => [name, isSet ? new SetColumn() : new TextColumn()]),
    )
    this.seq = seq
  }

  /** The number of records. */
  get size(): number {
    return this.#rowOf.size
  }

  /** @param values of the record in each column, in their order */
  put(id: string, values: readonly CellValue[]): void {
    this.writes++
    const row = this.#rowOf.getOrInsertComputed(id, () => this.#length++)
    if (row >= this.#present.length) this.#grow()
    this.#present[row] = 1
    let index = 0
    for (const column of this.#columns.values()) column.codes[row] = column.codeOf(values[index++] ?? null)
  }

  delete(id: string): void {
    this.writes++
    const row = this.#rowOf.get(id)
    if (row === undefined) return
    this.#present[row] = 0
    this.#rowOf.delete(id)
  }

  /** The records that meet all conditions. */
  select(conditions: readonly ColumnCondition[]): RowSelection {
    const selection = this.#present.slice(0, this.#length)
    for (const { column: name, matches } of conditions) {
      const column = this.#column(name)
      const { codes } = column
      const matching = column.matching(matches)
      // Without a branch, which the processor would often predict wrongly.
      for (let row = 0; row < selection.length; row++)
        selection[row] = (selection[row] as number) & (matching[codes[row] as number] as number)
    }
    return selection
  }

  count(selection: RowSelection): number {
    let count = 0
    for (let row = 0; row < selection.length; row++) count += selection[row] as number
    return count
  }

  /**
   * The number of records with each value of a column; of sets, with each member.
   * @param impliedBy the keys under which a member counts; default: itself
   */
  countBy(
    selection: RowSelection,
    name: string,
    impliedBy: (member: string) => readonly string[] = (member) => [member],
  ): Bar[] {
    const column = this.#column(name)
    const { codes } = column
    const counts = new Uint32Array(column.size)
    for (let row = 0; row < selection.length; row++) {
      const code = codes[row] as number
      counts[code] = (counts[code] as number) + (selection[row] as number)
    }
    if (column instanceof SetColumn) return column.distribute(counts, impliedBy)
    return column.values
      .map((key, code) => ({ key, count: counts[code] ?? 0 }))
      .filter(({ count }) => count > 0)
  }

  /** The number of records with each pair of values of two columns without sets. */
  countByBoth(selection: RowSelection, name: string, otherName: string): BarPart[] {
    const [column, other] = [this.#textColumn(name), this.#textColumn(otherName)]
    const { size } = other
    const [codes, otherCodes] = [column.codes, other.codes]
    const counts = new Uint32Array(column.size * size)
    for (let row = 0; row < selection.length; row++) {
      const pair = (codes[row] as number) * size + (otherCodes[row] as number)
      counts[pair] = (counts[pair] as number) + (selection[row] as number)
    }
    return column.values.flatMap((key, code) =>
      other.values.flatMap((value, otherCode) => {
        const count = counts[code * size + otherCode] ?? 0
        return count > 0 ? [{ key, other: value, count }] : []
      }),
    )
  }

  #column(name: string): TextColumn | SetColumn {
    const column = this.#columns.get(name)
    if (!column) throw new Error(`The table has no column ${name}.`)
    return column
  }

  #textColumn(name: string): TextColumn {
    const column = this.#column(name)
    if (column instanceof SetColumn) throw new Error(`The column ${name} has sets.`)
    return column
  }

  #grow(): void {
    const present = new Uint8Array(this.#present.length * 2)
    present.set(this.#present)
    this.#present = present
    for (const column of this.#columns.values()) {
      const codes = new Uint32Array(present.length)
      codes.set(column.codes)
      column.codes = codes
    }
  }
}

/** 1 for each item that matches, otherwise 0. */
function flags<Item>(items: readonly Item[], matches: (item: Item) => unknown): Uint8Array {
  const flagged = new Uint8Array(items.length)
  for (let index = 0; index < items.length; index++) flagged[index] = matches(items[index] as Item) ? 1 : 0
  return flagged
}
