// Compares documented responses with real ones. `…` stands for a value that differs by machine or is left out: a value, the rest
// of a string, the rest of a list (as its last item), the other fields of an object (as a key).

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const ELLIPSIS = '…'

/** Fields whose values differ by machine, or change with any change of the seed. */
const DIFFERS = new Set([
  'feed',
  'createdAt',
  'updatedAt',
  'created',
  'modified',
  'at',
  'seq',
  'nextCursor',
  'nextAfter',
  'requestId',
  'score',
])

export const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The documented response, with the parts it leaves out taken from the real response. */
export function filled(documented: Json, actual: Json | undefined): Json {
  if (documented === ELLIPSIS) return actual ?? ELLIPSIS
  if (typeof documented === 'string' && documented.endsWith(ELLIPSIS) && typeof actual === 'string') {
    return actual.startsWith(documented.slice(0, -1)) ? actual : documented
  }
  if (Array.isArray(documented) && Array.isArray(actual)) {
    const cut = documented.at(-1) === ELLIPSIS
    const said = cut ? documented.slice(0, -1) : documented
    const items = said.map((item, index) => filled(item, actual[index]))
    return cut ? [...items, ...actual.slice(said.length)] : items
  }
  if (isObject(documented) && isObject(actual)) {
    const { [ELLIPSIS]: cut, ...said } = documented
    const fields = Object.entries(said).map(([key, value]) => [key, filled(value, actual[key])] as const)
    return { ...(cut === undefined ? {} : actual), ...Object.fromEntries(fields) }
  }
  return documented
}

/** A response as the documentation shows it. */
export function masked(value: Json, key = ''): Json {
  if (DIFFERS.has(key) && value !== null) return ELLIPSIS
  if (Array.isArray(value)) return value.map((item) => masked(item))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner, name)]))
}

/** Formats JSON for readers: values that fit on a line are on one. */
export function pretty(value: Json, indent = ''): string {
  const flat = onOneLine(value)
  if (indent.length + flat.length <= 100 || typeof value !== 'object' || value === null) return flat
  const deeper = `${indent}  `
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const lines = Array.isArray(value)
    ? value.map((item) => pretty(item, deeper))
    : Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${pretty(inner, deeper)}`)
  return `${open}\n${lines.map((line) => deeper + line).join(',\n')}\n${indent}${close}`
}

function onOneLine(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${onOneLine(inner)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
