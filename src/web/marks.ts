// Cuts a text at every edge of the passages that are quoted from it, so that marks never nest.

/** A part of a text, in UTF-16 units. */
export interface Range {
  from: number
  to: number
}

/** A piece of a text: the ranges that it is in, by their index, and those that begin with it. */
export interface Piece {
  text: string
  within: number[]
  begins: number[]
}

/** The pieces of a text in order. Joined, they are the text. */
export function cut(text: string, ranges: readonly Range[]): Piece[] {
  const edges = [...new Set([0, text.length, ...ranges.flatMap(({ from, to }) => [from, to])])].sort(
    (one, other) => one - other,
  )
  const opening = Map.groupBy(ranges.keys(), (index) => ranges[index]?.from ?? 0)
  const open = new Set<number>()
  const pieces: Piece[] = []
  for (const [position, from] of edges.entries()) {
    for (const index of open) if ((ranges[index]?.to ?? 0) <= from) open.delete(index)
    const begins = (opening.get(from) ?? []).filter((index) => (ranges[index]?.to ?? 0) > from)
    for (const index of begins) open.add(index)
    const to = edges[position + 1]
    if (to !== undefined) pieces.push({ text: text.slice(from, to), within: [...open], begins })
  }
  return pieces
}

/** Converts positions in code points to UTF-16 units. Past the end: the end. */
export function unitsOf(text: string): (point: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (point) => Math.min(point, text.length)
  const starts: number[] = []
  let unit = 0
  for (const char of text) {
    starts.push(unit)
    unit += char.length
  }
  return (point) => starts[point] ?? text.length
}

/**
 * A lane for each range, from 0: ranges that overlap are in different lanes as long as there are enough; what is left shares the
 * last one. @param ranges in the order of their beginning
 */
export function lanesOf(ranges: readonly Range[], count: number): number[] {
  const ends: number[] = Array.from({ length: count }, () => 0)
  return ranges.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from)
    const lane = free === -1 ? count - 1 : free
    ends[lane] = Math.max(ends[lane] ?? 0, to)
    return lane
  })
}
