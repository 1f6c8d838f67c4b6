// The examples in the documentation: every documented response equals the real one on the seeded database.
//
// A request is a ```http block (`GET /v1/...`) or a ```sh block (`curl … 'http://localhost:3000/v1/...'`); a ```json
// block right after it is its response, with `…` for what differs by machine or is left out (helpers/recipes.ts).
//
// To update them after a change of the seed or a schema: RECIPES=write npx vitest run --project sqlite
// test/recipes.test.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { service } from './helpers/app.ts'
import { filled, isObject, type Json, masked, pretty } from './helpers/recipes.ts'

const BLOCK = /```(?:http|sh)\n((?:(?!```).)*)\n```\s*```json\n((?:(?!```).)*)\n```/gs
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
