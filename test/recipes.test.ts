// The examples in the documentation: every documented response equals the real one on the seeded database.
//
// A request is a ```http block (`GET /v1/...`), of the reference data if it is ```http reference, or a ```sh block (`curl … 'http://localhost:3000/v1/...'`); a ```json
// block right after it is its response, with `…` for what differs by machine or is left out (helpers/recipes.ts).
//
// To update them after a change of the seed or a schema: RECIPES=write npx vitest run --project sqlite
// test/recipes.test.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { seed } from '../src/seed.ts'
import { service } from './helpers/app.ts'
import { filled, isObject, type Json, masked, pretty } from './helpers/recipes.ts'

const BLOCK = /```(http|http reference|sh)\n((?:(?!```).)*)\n```\s*```json\n((?:(?!```).)*)\n```/gs
interface Recipe {
  /** Whether it is about the reference data. */
  isReference: boolean
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
  return [...text.matchAll(BLOCK)].flatMap(([, fence, block = '', response = '']) => {
    const path = pathIn(block)
    const isReference = fence === 'http reference'
    return path === null ? [] : [{ isReference, path, response: JSON.parse(response) as Json }]
  })
}

/** A document with these responses in place of its own, by path. */
const withResponses = (text: string, responses: ReadonlyMap<string, Json>): string =>
  text.replace(BLOCK, (whole, _fence: string, block: string, old: string) => {
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
    const article = await service({ seed: true })
    const reference = await service()
    await seed(reference.engine, () => new Date(), 'reference')
    const text = readFileSync(urlOf(name), 'utf8')
    const recipes = recipesIn(text)
    expect(recipes.length).toBeGreaterThanOrEqual(least)
    const responses = new Map<string, Json>()
    for (const { isReference, path, response } of recipes) {
      const { status, body } = await (isReference ? reference : article).get(path)
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
