// Reading JSON from strangers: RFC 8259, and none of what I-JSON (RFC 7493) warns of.
import { type JSONVisitor, visit } from 'jsonc-parser'
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
 * Parses JSON, refusing what parsers disagree about: repeated keys, `__proto__`, NUL characters and lone
 * surrogates, each with the place where it stands.
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Problem('malformed-body', `The body is not valid JSON: ${(error as Error).message}.`)
  }
  const refuse = (what: string, line: number, column: number) => {
    throw new Problem('malformed-body', `The body ${what} (line ${line + 1}, column ${column + 1}).`)
  }
  const checkString = (string: string, line: number, column: number) => {
    if (string.includes('\0')) refuse('holds a NUL character', line, column)
    if (!string.isWellFormed()) refuse('holds half of a surrogate pair', line, column)
  }
  if (isPlain(text, value)) return value
  const keys: Set<string>[] = []
  const visitor: JSONVisitor = {
    onObjectBegin: () => {
      keys.push(new Set())
    },
    onObjectProperty: (key, _offset, _length, line, column) => {
      checkString(key, line, column)
      if (key === '__proto__') refuse('names the key __proto__', line, column)
      if (keys.at(-1)?.has(key)) refuse(`repeats the key ${JSON.stringify(key)}`, line, column)
      keys.at(-1)?.add(key)
    },
    onObjectEnd: () => {
      keys.pop()
    },
    onLiteralValue: (literal, _offset, _length, line, column) => {
      if (typeof literal === 'string') checkString(literal, line, column)
    },
  }
  try {
    visit(text, visitor)
  } catch (error) {
    if (error instanceof RangeError) throw new Problem('malformed-body', 'The body is nested too deeply.')
    throw error
  }
  return value
}

/** How deep a value may be nested to be taken as plain. */
const SHALLOW = 50

/**
 * Whether a text surely holds nothing that parsers disagree about; most do not, and looking closely takes eight times
 * as long as parsing. A repeated key would leave fewer keys in the value than stand before colons in the text.
 */
function isPlain(text: string, value: unknown): boolean {
  if (text.includes('\\u') || text.includes('__proto__') || !text.isWellFormed()) return false
  return keysIn(value, SHALLOW) === (text.match(/"\s*:/g)?.length ?? 0)
}

/** How many keys all objects in a value have; NaN when it is nested deeper than that. */
function keysIn(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth === 0) return Number.NaN
  const inner = Object.values(value)
  let count = Array.isArray(value) ? 0 : inner.length
  for (const one of inner) if (typeof one === 'object') count += keysIn(one, depth - 1)
  return count
}
