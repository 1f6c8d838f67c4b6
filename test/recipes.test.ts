// The examples in the documentation: every documented response equals the real one on the seeded database.
//
// A request is a ```http block (`GET /v1/...`) or a ```sh block (`curl … 'http://localhost:3000/v1/...'`); a ```json
// block right after it is its response. `…` stands for a value that differs by machine or is left out: a value, the
// rest of a string, the rest of a list (as its last item), the other fields of an object (as a key).
//
// To update them after a change of the seed or a schema: RECIPES=write npx vitest run --project sqlite
// test/recipes.test.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { service } from './helpers/app.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const BLOCK = /```(?:http|sh)\n((?:(?!```).)*)\n```\s*```json\n((?:(?!```).)*)\n```/gs
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

interface Recipe {
  path: string
  response: Json
}

const urlOf = (name: string) => new URL(`../${name}`, import.meta.url)

/** The requested path of a block; null if it is not a GET. */
function pathIn(block: string): string | null {
  const match = /^GET (\/\S+)/.exec(block) ?? /^curl -s 'http:\/\/localhost:3000(\/[^']+)'/.exec(block)
  return match?.[1] ?? null
}

function recipesIn(text: string): Recipe[] {
  return [...text.matchAll(BLOCK)].flatMap(([, block = '', response = '']) => {
    const path = pathIn(block)
    return path === null ? [] : [{ path, response: JSON.parse(response) as Json }]
  })
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The documented response, with the parts it leaves out taken from the real response. */
function filled(documented: Json, actual: Json | undefined): Json {
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
function masked(value: Json, key = ''): Json {
  if (DIFFERS.has(key) && value !== null) return ELLIPSIS
  if (Array.isArray(value)) return value.map((item) => masked(item))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner, name)]))
}

/** Formats JSON for readers: values that fit on a line are on one. */
function pretty(value: Json, indent = ''): string {
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

/** A document with these responses in place of its own, by path. */
const withResponses = (text: string, responses: ReadonlyMap<string, Json>): string =>
  text.replace(BLOCK, (whole, block: string, old: string) => {
    const response = responses.get(pathIn(block) ?? '')
    return response === undefined ? whole : whole.replace(old, () => pretty(response))
  })

/** The status in a problem document, or 200. */
const statusOf = (response: Json) =>
  isObject(response) && String(response['type']).startsWith('/problems/') ? response['status'] : 200

describe.each([
  { name: 'README.md', least: 4 },
  { name: 'docs/querying.md', least: 10 },
])('$name', ({ name, least }) => {
  test('contains the responses that the service returns', async () => {
    const { get } = await service({ seed: true })
    const text = readFileSync(urlOf(name), 'utf8')
    const recipes = recipesIn(text)
    expect(recipes.length).toBeGreaterThanOrEqual(least)
    const responses = new Map<string, Json>()
    for (const { path, response } of recipes) {
      const { status, body } = await get(path)
      const expected = filled(response, body)
      const isCurrent = JSON.stringify(expected) === JSON.stringify(body)
      responses.set(path, isCurrent ? response : masked(body))
      if (process.env['RECIPES'] === 'write') continue
      expect.soft(status, path).toBe(statusOf(response))
      expect.soft(body, path).toEqual(expected)
    }
    const current = withResponses(text, responses)
    if (process.env['RECIPES'] === 'write') writeFileSync(urlOf(name), current)
    // So that writing changes nothing but responses that have changed.
    else expect.soft(current).toBe(text)
  })
})
