// Makes a text storable: one kind of line end, no control characters. What was changed is counted.

/** How often a text was changed, by what was changed. */
export interface Changes {
  /** CR LF and CR that became LF. */
  lineEnds: number
  /** Other separators of lines and pages (U+2028, U+2029, U+0085, VT, FF) that became LF. */
  separators: number
  /** Control characters and non-characters that were removed, NUL among them. */
  controls: number
  /** Halves of surrogate pairs that became U+FFFD. */
  surrogates: number
  /** A byte order mark at the start that was removed. */
  byteOrderMark: number
}

export const NO_CHANGES: Changes = {
  lineEnds: 0,
  separators: 0,
  controls: 0,
  surrogates: 0,
  byteOrderMark: 0,
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it searches for.
const SEPARATORS = /[\u000b\u000c\u0085\u2028\u2029]/g

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it searches for.
const CONTROLS = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * A text as a source can have it, and what was changed. All else stays to the letter: spaces, joiners, marks of direction, and the
 * Unicode form of letters.
 */
export function normalizeText(given: string): { text: string; changes: Changes } {
  const changes = { ...NO_CHANGES }
  const replace = (text: string, pattern: RegExp, by: string, change: keyof Changes) =>
    text.replace(pattern, () => {
      changes[change]++
      return by
    })
  let text = replace(given, /^\ufeff/, '', 'byteOrderMark')
  text = replace(text, /\r\n?/g, '\n', 'lineEnds')
  text = replace(text, SEPARATORS, '\n', 'separators')
  text = replace(text, CONTROLS, '', 'controls')
  text = replace(text, LONE_SURROGATE, '\ufffd', 'surrogates')
  return { text, changes }
}

/** The longest text of a source, in UTF-16 units. */
export const MAX_TEXT = 1_000_000
