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
  const keys = countKeys(value)
  if (!isPlain(text, keys)) refuseAmbiguities(text)
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

/**
 * Whether a text certainly has no ambiguities, as most have none: the full check takes several times as long as parsing.
 * A repeated key leaves fewer keys in the value than the text has before colons.
 */
function isPlain(text: string, keys: number): boolean {
  if (text.includes('\\u') || text.includes('__proto__') || !text.isWellFormed()) return false
  return keys === (text.match(/"\s*:/g)?.length ?? 0)
}

export const MAX_DEPTH = 100
/** Validation describes each value that is wrong, which takes a hundred times the memory of the value. */
export const MAX_VALUES = 250_000

/** The number of keys of all objects in a value. @throws Problem `malformed-body` if the value is too deep or too large */
function countKeys(value: unknown): number {
  let keys = 0
  let values = 0
  const count = (container: object, depth: number) => {
    if (depth > MAX_DEPTH)
      throw new Problem('malformed-body', `The body is nested too deeply: over ${MAX_DEPTH} levels.`)
    const inner = Array.isArray(container) ? container : Object.values(container)
    if (container !== inner) keys += inner.length
    values += inner.length
    if (values > MAX_VALUES)
      throw new Problem(
        'malformed-body',
        `The body has too many values: over ${MAX_VALUES.toLocaleString('en')}.`,
      )
    for (const each of inner) if (typeof each === 'object' && each !== null) count(each, depth + 1)
  }
  if (typeof value === 'object' && value !== null) count(value, 1)
  return keys
}
