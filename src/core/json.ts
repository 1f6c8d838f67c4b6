// Parses JSON bodies strictly: RFC 8259 with the restrictions of I-JSON (RFC 7493).
import { visit } from 'jsonc-parser'
import { Problem } from './problems.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** The text of a body. @throws Problem `malformed-body` when it is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Problem('malformed-body', 'The body is not valid UTF-8.')
  }
}

/**
 * Parses JSON. Refuses what parsers disagree about: repeated keys, `__proto__`, NUL characters and lone surrogates.
 * @throws Problem `malformed-body` with line and column
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Problem('malformed-body', `The body is not valid JSON: ${(error as Error).message}.`)
  }
  if (!isPlain(text, value)) refuseAmbiguities(text)
  return value
}

function refuseAmbiguities(text: string): void {
  const refuse = (what: string, line: number, column: number) => {
    throw new Problem('malformed-body', `The body ${what} (line ${line + 1}, column ${column + 1}).`)
  }
  const checkString = (string: string, line: number, column: number) => {
    if (string.includes('\0')) refuse('contains a NUL character', line, column)
    if (!string.isWellFormed()) refuse('contains half of a surrogate pair', line, column)
  }
  const openObjects: Set<string>[] = []
  try {
    visit(text, {
      onObjectBegin: () => {
        openObjects.push(new Set())
      },
      onObjectProperty: (key, _offset, _length, line, column) => {
        const keys = openObjects.at(-1)
        checkString(key, line, column)
        if (key === '__proto__') refuse('contains the key __proto__', line, column)
        if (keys?.has(key)) refuse(`repeats the key ${JSON.stringify(key)}`, line, column)
        keys?.add(key)
      },
      onObjectEnd: () => {
        openObjects.pop()
      },
      onLiteralValue: (literal, _offset, _length, line, column) => {
        if (typeof literal === 'string') checkString(literal, line, column)
      },
    })
  } catch (error) {
    if (error instanceof RangeError) throw new Problem('malformed-body', 'The body is nested too deeply.')
    throw error
  }
}

/** Values that are nested deeper always get the full check. */
const MAX_PLAIN_DEPTH = 50

/**
 * Whether a text certainly has no ambiguities, as most have none: the full check takes several times as long as parsing.
 * A repeated key leaves fewer keys in the value than the text has before colons.
 */
function isPlain(text: string, value: unknown): boolean {
  if (text.includes('\\u') || text.includes('__proto__') || !text.isWellFormed()) return false
  return countKeys(value, MAX_PLAIN_DEPTH) === (text.match(/"\s*:/g)?.length ?? 0)
}

/** The number of keys of all objects in a value; NaN when it is nested deeper than `depth`. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth === 0) return Number.NaN
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce<number>((count, inner) => count + countKeys(inner, depth - 1), own)
}
