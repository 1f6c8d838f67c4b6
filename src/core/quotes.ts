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
/** The size of all candidates together, unless the first is larger. */
const MAX_CANDIDATE_LENGTH = 100_000

/**
 * The range of a quote in a text, or why there is none and which candidates there are. The time is linear in their lengths.
 * @param text indexed, if several quotes are looked for in it
 */
export function locateQuote(text: string | IndexedText, selector: QuoteSelector): Located {
  const indexed = typeof text === 'string' ? new IndexedText(text) : text
  const { start, end } = selector
  return start == null && end == null ? findQuote(indexed, selector) : verifyQuote(indexed, selector)
}

/** Checks a quote against the offsets that came with it. */
function verifyQuote(points: IndexedText, selector: QuoteSelector): Located {
  const { text } = points
  const { exact, prefix, suffix } = selector
  const length = [...exact].length
  const start = selector.start ?? (selector.end ?? 0) - length
  const end = selector.end ?? start + length
  const from = points.toUnit(start)
  const to = from + exact.length
  if (start < 0 || end - start !== length || !text.startsWith(exact, from)) {
    const detail = `The source's text from ${start} to ${end} (code points) is not this quote.`
    return notFound(points, 'absent', detail, exactOrSimilar(points, exact))
  }
  if (!text.endsWith(prefix ?? '', from))
    return notFound(points, 'absent', `The text before ${start} does not end with the prefix.`)
  if (!text.startsWith(suffix ?? '', to))
    return notFound(points, 'absent', `The text after ${end} does not start with the suffix.`)
  return { found: true, start, end, ...contextOf(points, [from, to], selector) }
}

/** Searches for a quote without offsets; prefix and suffix tell occurrences apart. */
function findQuote(points: IndexedText, selector: QuoteSelector): Located {
  const { text } = points
  const { exact } = selector
  const before = selector.prefix?.length ?? 0
  const fitting = occurrences(text, `${selector.prefix ?? ''}${exact}${selector.suffix ?? ''}`)
  const ranges = fitting.first.map((at): Units => [at + before, at + before + exact.length])
  const [only] = ranges
  if (only && fitting.count === 1)
    return { found: true, ...points.toRange(only), ...contextOf(points, only, selector) }
  if (fitting.count > 1)
    return notFound(
      points,
      'ambiguous',
      `The source's text contains this quote ${fitting.count} times.`,
      ranges,
    )
  const all = occurrences(text, exact)
  if (all.count === 0)
    return notFound(
      points,
      'absent',
      "The source's text does not contain this quote.",
      similar(points, exact),
    )
  const detail = `The source's text contains this quote ${all.count} times, but never with this prefix and suffix.`
  return notFound(points, 'absent', detail, rangesOf(all, exact))
}

/** A quote that was located in a text. */
export interface StoredQuote extends TextRange {
  exact: string
  prefix: string
  suffix: string
}

/**
 * Finds a quote of one text in another: to the letter, between its prefix and its suffix, at exactly one place. Context that
 * ended with the old text may differ, if that leaves one place.
 */
export function relocateQuote(old: IndexedText, text: IndexedText, quote: StoredQuote): Located {
  const { exact, prefix, suffix } = quote
  const certain = {
    prefix: old.toUnit(quote.start) === prefix.length ? '' : prefix,
    suffix: old.toUnit(quote.end) + suffix.length === old.text.length ? '' : suffix,
  }
  let located = findQuote(text, { exact, prefix, suffix })
  if (!located.found && located.reason === 'absent') located = findQuote(text, { exact, ...certain })
  if (!located.found) return located
  const { start, end } = located
  return { found: true, start, end, ...contextOf(text, [text.toUnit(start), text.toUnit(end)], certain) }
}

const notFound = (
  points: IndexedText,
  reason: 'absent' | 'ambiguous',
  detail: string,
  candidates: readonly Units[] = [],
): Located => ({
  found: false,
  reason,
  detail,
  candidates: affordable(candidates).map((units) => ({
    ...points.toRange(units),
    exact: points.text.slice(...units),
    ...contextOf(points, units, {}),
  })),
})

function affordable(candidates: readonly Units[]): readonly Units[] {
  let length = 0
  const end = candidates.findIndex(([from, to], index) => {
    length += to - from
    return length > MAX_CANDIDATE_LENGTH && index > 0
  })
  return end === -1 ? candidates : candidates.slice(0, end)
}

/** The context in the selector, otherwise that in the text. */
function contextOf(
  points: IndexedText,
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

interface Occurrences {
  count: number
  /** Where the first of them start. */
  first: number[]
}

/**
 * Occurrences, overlapping ones too. By Knuth, Morris and Pratt: `indexOf` is quadratic for a long quote that almost matches
 * throughout a long text. It finds where the first few characters are, which is all that most quotes need.
 * @param most how many are counted
 */
function occurrences(text: string, exact: string, most = Number.POSITIVE_INFINITY): Occurrences {
  const found: Occurrences = { count: 0, first: [] }
  if (exact === '') return found
  const head = exact.slice(0, HEAD_LENGTH)
  let border: Uint32Array | undefined
  let at = 0
  let matched = 0
  for (;;) {
    if (matched === 0) {
      const next = text.indexOf(head, at)
      if (next === -1) return found
      at = next + head.length
      matched = head.length
    }
    while (matched < exact.length && at < text.length && text.charCodeAt(at) === exact.charCodeAt(matched)) {
      at++
      matched++
    }
    if (matched === exact.length) {
      found.count++
      if (found.first.length < MAX_CANDIDATES) found.first.push(at - matched)
      if (found.count === most) return found
    } else if (at === text.length) return found
    border ??= bordersOf(exact)
    matched = border[matched] ?? 0
  }
}

const HEAD_LENGTH = 8

/** For each prefix of a text: the length of the longest shorter prefix that it also ends with. */
function bordersOf(text: string): Uint32Array {
  const border = new Uint32Array(text.length + 1)
  for (let at = 1, length = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    while (length > 0 && unit !== text.charCodeAt(length)) length = border[length] ?? 0
    if (unit === text.charCodeAt(length)) length++
    border[at + 1] = length
  }
  return border
}

const rangesOf = ({ first }: Occurrences, exact: string): Units[] =>
  first.map((at) => [at, at + exact.length])

function exactOrSimilar(points: IndexedText, exact: string): Units[] {
  const exactly = occurrences(points.text, exact, MAX_CANDIDATES)
  return exactly.count > 0 ? rangesOf(exactly, exact) : similar(points, exact)
}

/**
 * Passages that differ only in case, white space, marks, quotation marks or dashes. Only hints: evidence must match to the
 * letter.
 */
function similar({ text, folded: [folded, origins] }: IndexedText, exact: string): Units[] {
  const [needle] = fold(exact.trim())
  return occurrences(folded, needle, MAX_CANDIDATES).first.map((at) => {
    // A match that ends inside what one character folds to (the f of the ligature ﬁ) includes that character.
    let end = at + needle.length
    while (origins[end] === origins[end - 1]) end++
    return [origins[at] ?? 0, origins[end] ?? text.length]
  })
}

/** How much of a folded text is compared: some characters fold to 18. */
const MAX_FOLDED = 2_000_000

/** A text folded for comparison, and for each of its units the unit it came from (one more for the end). */
function fold(text: string): [folded: string, origins: number[]] {
  const pieces: string[] = []
  const origins: number[] = []
  const plainOf = new Map<string, string>()
  let afterSpace = false
  let at = 0
  for (const char of text) {
    if (origins.length > MAX_FOLDED) break
    let plain = plainOf.getOrInsertComputed(char, foldCharacter)
    if (plain === ' ' && afterSpace) plain = ''
    if (plain !== '') afterSpace = plain.endsWith(' ')
    for (let unit = 0; unit < plain.length; unit++) origins.push(at)
    pieces.push(plain)
    at += char.length
  }
  origins.push(at)
  return [pieces.join(''), origins]
}

function foldCharacter(char: string): string {
  const plain = char
    .normalize('NFKD')
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, '')
    .toLowerCase()
    .replace(/[\u2018\u2019\u201a\u201b\u2032\u02bb\u02bc`]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"')
    .replace(/[\p{Pd}\u2212]/gu, '-')
  return /^\s+$/.test(plain) ? ' ' : plain
}

/** A text with what finding quotes in it needs, computed once. */
export class IndexedText {
  readonly text: string
  /** The unit at which each code point starts; null for a text without surrogate pairs, where both counts agree. */
  readonly #starts: Uint32Array | null
  #folded: [folded: string, origins: number[]] | undefined

  constructor(text: string) {
    this.text = text
    this.#starts = /[\ud800-\udbff]/.test(text) ? startsOf(text) : null
  }

  get folded(): [folded: string, origins: number[]] {
    this.#folded ??= fold(this.text)
    return this.#folded
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

function startsOf(text: string): Uint32Array {
  const starts = new Uint32Array(text.length)
  let count = 0
  let unit = 0
  for (const char of text) {
    starts[count++] = unit
    unit += char.length
  }
  return starts.slice(0, count)
}
