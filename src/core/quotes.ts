// Finding a quote in a text. Positions are Unicode code points, from 0, end exclusive
// (W3C Web Annotation, section 4.2.5), while JavaScript counts UTF-16 units: this file is where they meet.

export interface QuoteSelector {
  exact: string
  start?: number | null
  end?: number | null
  prefix?: string | null
  suffix?: string | null
}

export interface Place {
  /** Code points from the start of the text. */
  start: number
  /** Code points, exclusive. */
  end: number
}

export interface Candidate extends Place {
  exact: string
  prefix: string
  suffix: string
}

export type Located =
  | ({ found: true; prefix: string; suffix: string } & Place)
  | { found: false; reason: 'absent' | 'ambiguous'; detail: string; candidates: Candidate[] }

/** How much context a stored selector carries on either side, in code points. */
const CONTEXT = 32
/** How many candidates an answer lists at most. */
const MAX = 50

/** The place of a quote in a text, or why there is none and what would help. */
export function locateQuote(text: string, selector: QuoteSelector): Located {
  const { exact } = selector
  const index = new CodePoints(text)
  if (selector.start != null || selector.end != null) {
    const length = index.between(0, exact.length, exact)
    const start = selector.start ?? (selector.end ?? 0) - length
    const end = selector.end ?? start + length
    // The length is compared too, since a slice past the end of the text is cut short.
    if (end - start !== length || index.slice(start, end) !== exact) {
      return {
        found: false,
        reason: 'absent',
        detail: `The source's text from ${start} to ${end} (code points) is not this quote.`,
        candidates: candidates(index, occurrences(text, exact), exact.length, alike(text, exact)),
      }
    }
    const contextFault = contextMismatch(index, { start, end }, selector)
    if (contextFault) return { found: false, reason: 'absent', detail: contextFault, candidates: [] }
    return { found: true, start, end, ...contextOf(index, { start, end }, selector) }
  }
  const units = occurrences(text, exact)
  if (units.length === 0) {
    return {
      found: false,
      reason: 'absent',
      detail: "The source's text does not hold this quote.",
      candidates: candidates(index, [], exact.length, alike(text, exact)),
    }
  }
  const fitting = units.filter(
    (tx) =>
      text.slice(0, tx).endsWith(selector.prefix ?? '') &&
      text.startsWith(selector.suffix ?? '', tx + exact.length),
  )
  const [only] = fitting
  if (fitting.length === 1 && only !== undefined) {
    const start = index.at(only)
    const place = { start, end: start + index.between(0, exact.length, exact) }
    return { found: true, ...place, ...contextOf(index, place, selector) }
  }
  const narrowed = fitting.length > 0
  return {
    found: false,
    reason: narrowed ? 'ambiguous' : 'absent',
    detail: narrowed
      ? `The source's text holds this quote ${fitting.length} times.`
      : `The source's text holds this quote ${units.length} times, but never with this prefix and suffix.`,
    candidates: candidates(index, narrowed ? fitting : units, exact.length, []),
  }
}

/**
 * Every place where `exact` stands, overlapping ones too, as UTF-16 offsets. By Knuth, Morris and Pratt: to
 * search anew behind every place takes minutes when a long quote overlaps itself all over a long text.
 */
function occurrences(text: string, exact: string): number[] {
  const first = text.indexOf(exact)
  if (first === -1 || exact === '') return []
  if (!text.includes(exact, first + 1)) return [first]
  // For each length of a beginning of `exact`: the longest shorter beginning that it also ends with.
  const border = new Uint32Array(exact.length + 1)
  for (let at = 1, length = 0; at < exact.length; at++) {
    while (length > 0 && exact[at] !== exact[length]) length = border[length] ?? 0
    if (exact[at] === exact[length]) length++
    border[at + 1] = length
  }
  const found: number[] = []
  for (let at = first, matched = 0; at < text.length; at++) {
    while (matched > 0 && text[at] !== exact[matched]) matched = border[matched] ?? 0
    if (text[at] === exact[matched]) matched++
    if (matched < exact.length) continue
    found.push(at + 1 - exact.length)
    matched = border[matched] ?? 0
  }
  return found
}

function contextMismatch(index: CodePoints, place: Place, selector: QuoteSelector): string | undefined {
  const before = index.slice(0, place.start)
  const after = index.slice(place.end, index.length)
  if (selector.prefix && !before.endsWith(selector.prefix)) {
    return `The text before ${place.start} does not end with the prefix.`
  }
  if (selector.suffix && !after.startsWith(selector.suffix)) {
    return `The text after ${place.end} does not start with the suffix.`
  }
  return undefined
}

function contextOf(index: CodePoints, place: Place, selector: QuoteSelector) {
  return {
    prefix: selector.prefix || index.slice(Math.max(0, place.start - CONTEXT), place.start),
    suffix: selector.suffix || index.slice(place.end, place.end + CONTEXT),
  }
}

function candidates(index: CodePoints, units: number[], length: number, near: [number, number][]) {
  const places: [number, number][] = units.length > 0 ? units.map((tx) => [tx, tx + length]) : near
  return places.slice(0, MAX).map(([from, to]): Candidate => {
    const place = { start: index.at(from), end: index.at(to) }
    return { ...place, exact: index.text.slice(from, to), ...contextOf(index, place, { exact: '' }) }
  })
}

/**
 * Places that say nearly the same: up to case, white space, marks, and the shape of quotation marks and
 * dashes. For hints only; evidence itself must match to the letter. UTF-16 offsets.
 */
function alike(text: string, exact: string): [number, number][] {
  const [needle] = fold(exact.trim())
  if (needle.length === 0) return []
  const [folded, origin] = fold(text)
  const found: [number, number][] = []
  for (
    let at = folded.indexOf(needle);
    at !== -1 && found.length < MAX;
    at = folded.indexOf(needle, at + 1)
  ) {
    // A match that ends inside what one character folds to (the f of a ligature ﬁ) takes that character whole.
    let end = at + needle.length
    while (origin[end] === origin[end - 1]) end++
    const from = origin[at]
    const to = origin[end]
    if (from !== undefined && to !== undefined) found.push([from, to])
  }
  return found
}

/** A text folded for comparison, and for each of its UTF-16 units where that came from (one more for the end). */
function fold(text: string): [folded: string, origin: number[]] {
  // Looking at the end of a string while it grows would copy it each time, so the pieces are joined at last.
  const pieces: string[] = []
  let afterSpace = false
  const origin: number[] = []
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
    for (let tx = 0; tx < plain.length; tx++) origin.push(at)
    pieces.push(plain)
    at += char.length
  }
  origin.push(at)
  return [pieces.join(''), origin]
}

/** Translates between the UTF-16 units of a string and its code points. */
class CodePoints {
  readonly text: string
  /** Units at which each code point starts; undefined when the text has no astral characters, so the two agree. */
  readonly #starts: number[] | undefined

  constructor(text: string) {
    this.text = text
    if (/[\ud800-\udbff]/.test(text)) {
      const starts: number[] = []
      for (let tx = 0; tx < text.length; tx += (text.codePointAt(tx) ?? 0) > 0xffff ? 2 : 1) starts.push(tx)
      this.#starts = starts
    }
  }

  get length(): number {
    return this.#starts?.length ?? this.text.length
  }

  /** The code point at which a UTF-16 unit stands. */
  at(tx: number): number {
    if (!this.#starts) return tx
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#starts[middle] ?? 0) < tx) low = middle + 1
      else high = middle
    }
    return low
  }

  slice(start: number, end: number): string {
    if (!this.#starts) return this.text.slice(start, end)
    return this.text.slice(this.#starts[start] ?? this.text.length, this.#starts[end] ?? this.text.length)
  }

  /** How many code points lie between two units of any string. */
  between(from: number, to: number, text: string): number {
    let count = 0
    for (let tx = from; tx < to; count++) tx += (text.codePointAt(tx) ?? 0) > 0xffff ? 2 : 1
    return count
  }
}
