// The layout of a lineage: rows in order of date, and a lane for each record. Pure, so that it is tested without pages.

/** A step of a record in a lineage. */
export interface Step {
  recordId: string
  /** The day by which it sorts; empty: unknown. */
  day: string
}

export interface Edge {
  from: string
  to: string
}

export interface Placed<Row extends Step> {
  rows: Row[]
  /** The lane of each record, from 0. */
  lanes: ReadonlyMap<string, number>
  laneCount: number
  /** The rows that each edge connects: from its source to its target. */
  ends: { from: number; to: number }[]
}

/** Orders steps by day, and gives each record a lane that no other record uses in the same rows. */
export function placeLineage<Row extends Step>(steps: readonly Row[], edges: readonly Edge[]): Placed<Row> {
  const rows = steps.toSorted((one, other) => (one.day < other.day ? -1 : one.day > other.day ? 1 : 0))
  const rowsOf = Map.groupBy(rows.keys(), (index) => (rows[index] as Row).recordId)
  const ends = edges.map(({ from, to }) => endsOf(rowsOf.get(from) ?? [], rowsOf.get(to) ?? []))
  const spans = new Map([...rowsOf].map(([id, own]) => [id, { first: own[0] ?? 0, last: own.at(-1) ?? 0 }]))
  for (const [index, { from, to }] of edges.entries())
    for (const id of [from, to]) {
      const span = spans.get(id)
      const end = ends[index]
      if (!span || !end) continue
      span.first = Math.min(span.first, end.from, end.to)
      span.last = Math.max(span.last, end.from, end.to)
    }
  const lanes = new Map<string, number>()
  const lastRows: number[] = []
  for (const [id, { first, last }] of [...spans].sort(([, one], [, other]) => one.first - other.first)) {
    const free = lastRows.findIndex((row) => row < first)
    const lane = free === -1 ? lastRows.length : free
    lastRows[lane] = last
    lanes.set(id, lane)
  }
  return { rows, lanes, laneCount: lastRows.length, ends }
}

/** From the first row of the later record to the last row of the earlier one before it; in the direction of the edge. */
function endsOf(from: readonly number[], to: readonly number[]): { from: number; to: number } {
  const [firstFrom = 0, firstTo = 0] = [from[0], to[0]]
  return firstFrom < firstTo
    ? { from: from.findLast((row) => row < firstTo) ?? firstFrom, to: firstTo }
    : { from: firstFrom, to: to.findLast((row) => row < firstFrom) ?? firstTo }
}
