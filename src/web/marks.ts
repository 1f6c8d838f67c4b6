// Cuts a text at every edge of the passages that are quoted from it, so that marks never nest.

/** A passage, in code points. */
export interface Passage {
  start: number
  end: number
}

/** A piece of a text: the passages that it is in, by their index, and those that begin with it. */
export interface Piece {
  text: string
  within: number[]
  begins: number[]
}

/** The pieces of a text in order. Joined, they are the text. */
export function cut(text: string, passages: readonly Passage[]): Piece[] {
  const units = unitsOf(text)
  const ranges = passages.map(({ start, end }) => ({ from: units(start), to: units(end) }))
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

/** The UTF-16 unit at which each code point starts. Past the end: the end. */
function unitsOf(text: string): (point: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (point) => Math.min(point, text.length)
  const starts: number[] = []
  let unit = 0
  for (const char of text) {
    starts.push(unit)
    unit += char.length
  }
  return (point) => starts[point] ?? text.length
}
