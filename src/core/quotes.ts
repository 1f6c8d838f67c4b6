// Finds quotes in texts. Positions are Unicode code points, from 0, end exclusive (W3C Web Annotation, section 4.2.5).

export interface QuoteSelector {
  exact: string
  start?: number | null
  end?: number | null
  prefix?: string | null
  suffix?: string | null
}

/** In code points; `end` is exclusive. */
export interface TextRange {
  start: number
  end: number
}

export interface Candidate extends TextRange {
  exact: string
  prefix: string
  suffix: string
}

export type Located =
  | ({ found: true; prefix: string; suffix: string } & TextRange)
  | { found: false; reason: 'absent' | 'ambiguous'; detail: string; candidates: Candidate[] }

/** A range in UTF-16 units, which is how JavaScript counts. */
type Units = readonly [from: number, to: number]

/** How many code points of context are stored on either side of a quote. */
const CONTEXT_LENGTH = 32
const MAX_CANDIDATES = 50

/** The range of a quote in a text, or why there is none and which candidates there are. */
export function locateQuote(text: string, selector: QuoteSelector): Located {
  const points = new CodePoints(text)
  const { start, end } = selector
  return start == null && end == null ? findQuote(points, selector) : verifyQuote(points, selector)
}

/** Checks a quote against the offsets that came with it. */
function verifyQuote(points: CodePoints, selector: QuoteSelector): Located {
  const { text } = points
  const { exact, prefix, suffix } = selector
  const length = [...exact].length
  const start = selector.start ?? (selector.end ?? 0) - length
  const end = selector.end ?? start + length
  const from = points.toUnit(start)
  const to = from + exact.length
  if (start < 0 || end - start !== length || !text.startsWith(exact, from)) {
    const detail = `The source's text from ${start} to ${end} (code points) is not this quote.`
    return notFound(points, 'absent', detail, exactOrSimilar(text, exact))
  }
  if (!text.endsWith(prefix ?? '', from))
    return notFound(points, 'absent', `The text before ${start} does not end with the prefix.`)
  if (!text.startsWith(suffix ?? '', to))
    return notFound(points, 'absent', `The text after ${end} does not start with the suffix.`)
  return { found: true, start, end, ...contextOf(points, [from, to], selector) }
}

/** Searches for a quote without offsets; prefix and suffix distinguish occurrences. */
function findQuote(points: CodePoints, selector: QuoteSelector): Located {
  const { text } = points
  const { exact, prefix, suffix } = selector
  const all = occurrences(text, exact)
  const fitting = all.filter(
    ([from, to]) => text.endsWith(prefix ?? '', from) && text.startsWith(suffix ?? '', to),
  )
  const [only] = fitting
  if (only && fitting.length === 1)
    return { found: true, ...points.toRange(only), ...contextOf(points, only, selector) }
  if (all.length === 0)
    return notFound(points, 'absent', "The source's text does not contain this quote.", similar(text, exact))
  if (fitting.length === 0) {
    const detail = `The source's text contains this quote ${all.length} times, but never with this prefix and suffix.`
    return notFound(points, 'absent', detail, all)
  }
  return notFound(
    points,
    'ambiguous',
    `The source's text contains this quote ${fitting.length} times.`,
    fitting,
  )
}

const notFound = (
  points: CodePoints,
  reason: 'absent' | 'ambiguous',
  detail: string,
  candidates: readonly Units[] = [],
): Located => ({
  found: false,
  reason,
  detail,
  candidates: candidates.slice(0, MAX_CANDIDATES).map((units) => ({
    ...points.toRange(units),
    exact: points.text.slice(...units),
    ...contextOf(points, units, {}),
  })),
})

/** The context in the selector, otherwise that in the text. */
function contextOf(
  points: CodePoints,
  [from, to]: Units,
  { prefix, suffix }: Pick<QuoteSelector, 'prefix' | 'suffix'>,
) {
  const { text } = points
  const { start, end } = points.toRange([from, to])
  return {
    prefix: prefix || text.slice(points.toUnit(Math.max(0, start - CONTEXT_LENGTH)), from),
    suffix: suffix || text.slice(to, points.toUnit(end + CONTEXT_LENGTH)),
  }
}

/**
 * Every occurrence, overlapping ones too. By Knuth, Morris and Pratt: repeated `indexOf` is quadratic for a long quote that
 * overlaps itself throughout a long text.
 */
function occurrences(text: string, exact: string): Units[] {
  const first = text.indexOf(exact)
  if (first === -1 || exact === '') return []
  if (!text.includes(exact, first + 1)) return [[first, first + exact.length]]
  // For each prefix of `exact`: the length of the longest shorter prefix that it also ends with.
  const border = new Uint32Array(exact.length + 1)
  for (let at = 1, length = 0; at < exact.length; at++) {
    while (length > 0 && exact[at] !== exact[length]) length = border[length] ?? 0
    if (exact[at] === exact[length]) length++
    border[at + 1] = length
  }
  const matches: Units[] = []
  for (let at = first, matched = 0; at < text.length; at++) {
    while (matched > 0 && text[at] !== exact[matched]) matched = border[matched] ?? 0
    if (text[at] === exact[matched]) matched++
    if (matched < exact.length) continue
    matches.push([at + 1 - exact.length, at + 1])
    matched = border[matched] ?? 0
  }
  return matches
}

function exactOrSimilar(text: string, exact: string): Units[] {
  const exactly = occurrences(text, exact)
  return exactly.length > 0 ? exactly : similar(text, exact)
}

/**
 * Passages that differ only in case, white space, marks, quotation marks or dashes. They are suggestions: a quote must
 * match exactly.
 */
function similar(text: string, exact: string): Units[] {
  const [needle] = fold(exact.trim())
  if (needle === '') return []
  const [folded, origins] = fold(text)
  const matches: Units[] = []
  let at = folded.indexOf(needle)
  while (at !== -1 && matches.length < MAX_CANDIDATES) {
    // A match that ends inside what one character folds to (the f of the ligature ﬁ) includes that character.
    let end = at + needle.length
    while (origins[end] === origins[end - 1]) end++
    matches.push([origins[at] ?? 0, origins[end] ?? text.length])
    at = folded.indexOf(needle, at + 1)
  }
  return matches
}

/** A text folded for comparison, and for each of its units the unit it came from (one more for the end). */
function fold(text: string): [folded: string, origins: number[]] {
  const pieces: string[] = []
  const origins: number[] = []
  let afterSpace = false
  let at = 0
  for (const char of text) {
    let plain = char
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[\u2018\u2019\u201a\u201b\u2032`]/g, "'")
      .replace(/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"')
      .replace(/\p{Pd}/gu, '-')
    if (/^\s+$/.test(plain)) plain = afterSpace ? '' : ' '
    if (plain !== '') afterSpace = plain.endsWith(' ')
    for (let unit = 0; unit < plain.length; unit++) origins.push(at)
    pieces.push(plain)
    at += char.length
  }
  origins.push(at)
  return [pieces.join(''), origins]
}

/** Translates between the UTF-16 units of a text and its code points. */
class CodePoints {
  readonly text: string
  /** The unit at which each code point starts; null for a text without surrogate pairs, where both counts agree. */
  readonly #starts: number[] | null

  constructor(text: string) {
    this.text = text
    this.#starts = /[\ud800-\udbff]/.test(text) ? startsOf(text) : null
  }

  /** Past the end: the end. */
  toUnit(point: number): number {
    return this.#starts ? (this.#starts[point] ?? this.text.length) : Math.min(point, this.text.length)
  }

  toRange([from, to]: Units): TextRange {
    return { start: this.#toPoint(from), end: this.#toPoint(to) }
  }

  #toPoint(unit: number): number {
    const starts = this.#starts
    if (!starts) return unit
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) < unit) low = middle + 1
      else high = middle
    }
    return low
  }
}

function startsOf(text: string): number[] {
  const starts: number[] = []
  let unit = 0
  for (const char of text) {
    starts.push(unit)
    unit += char.length
  }
  return starts
}
