// Lists sorted by names: the order is that of a collation, the same on both engines, on all pages and at all times.
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameKey } from '../src/core/collation.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'

/** In their order. */
const NAMES = [
  '2 agencies',
  'alpha',
  '“Alpha and Beta”',
  'Alpha-Centre',
  'eclair',
  'Eclair',
  'éclair',
  'Éclair',
  'Eclair & Co',
  'Éclair House',
  'Œuvre',
  'Öffentlichkeit',
  'zebra',
  'Елка',
  'ёлка',
  'Ёлка',
  'Елка 2',
  'Иран',
  'Йемен',
  'Қазақстан',
  'Монголия',
  'ایران',
  '上海合作组织',
]

async function walk(s: Service, path: string): Promise<string[]> {
  const names: string[] = []
  let cursor = ''
  do {
    const { status, body, text } = await s.get(`${path}&limit=3${cursor}`)
    expect(status, text).toBe(200)
    names.push(...body['data'].map(({ title }: Body) => title))
    cursor = body['page'].nextCursor ? `&cursor=${body['page'].nextCursor}` : ''
  } while (cursor)
  return names
}

/** Creates a source with a text of its own: sources may have equal titles. */
async function create(s: Service, title: string): Promise<string> {
  const { status, body, text } = await s.post('/v1/sources', {
    title,
    language: 'en',
    text: randomUUID(),
  })
  expect(status, text).toBe(201)
  return body['id']
}

/** Always the same order, which is not that of the names. */
const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items.map((_, index) => items[(index * 7 + 3) % items.length] as Item)

describe('a sort by name', () => {
  test('compares words first, then accents, then case; on every page and in both directions', async () => {
    const s = await service()
    expect(new Set(shuffled(NAMES)).size).toBe(NAMES.length)
    for (const name of shuffled(NAMES)) await create(s, name)
    const { body } = await s.get('/v1/sources?limit=1&count=exact')
    expect(body['page'].total).toBe(NAMES.length)
    expect(await walk(s, '/v1/sources?sort=title')).toEqual(NAMES)
    expect(await walk(s, '/v1/sources?sort=-title')).toEqual(NAMES.toReversed())
  })

  test('is the same in the past, after names have changed', async () => {
    const s = await service()
    const ids: string[] = []
    for (const name of ['Ёлка', 'Елка', 'Жук', 'Éclair']) ids.push(await create(s, name))
    const knownAt = new Date(Date.now() + 1).toISOString()
    await new Promise((resolve) => setTimeout(resolve, 5))
    for (const id of ids) await s.patch(`/v1/sources/${id}`, { title: `Я ${id}` })
    const path = `/v1/sources?knownAt=${knownAt}`
    expect(await walk(s, `${path}&sort=title`)).toEqual(['Éclair', 'Елка', 'Ёлка', 'Жук'])
    expect(await walk(s, `${path}&sort=-title`)).toEqual(['Жук', 'Ёлка', 'Елка', 'Éclair'])
  })

  test('keeps its order on later pages when names change in between', async () => {
    const s = await service()
    const ids: string[] = []
    for (const name of ['Éclair', 'Eclair', 'ёлка', 'Елка']) ids.push(await create(s, name))
    const { body: first } = await s.get('/v1/sources?sort=title&limit=1')
    await s.patch(`/v1/sources/${ids[3]}`, { title: 'Aaa' })
    const { body: rest } = await s.get(`/v1/sources?sort=title&limit=9&cursor=${first['page'].nextCursor}`)
    expect(rest['data'].map(({ title }: Body) => title)).toEqual(['Éclair', 'Елка', 'ёлка'])
  })

  test('sorts free texts that are filtered too, unknown ones last', async () => {
    const s = await service()
    for (const city of ['Ürümqi', 'Ufa', 'Uralsk', null])
      await s.post('/v1/meetings', { name: `Meeting in ${city}`, startDate: '2022', city })
    const cities = async (query: string) =>
      (await s.get(`/v1/meetings?${query}`)).body['data'].map(({ city }: Body) => city)
    expect(await cities('sort=city')).toEqual(['Ufa', 'Uralsk', 'Ürümqi', null])
    expect(await cities('sort=-city')).toEqual(['Ürümqi', 'Uralsk', 'Ufa', null])
    expect(await cities('city=urumqi')).toEqual(['Ürümqi'])
  })

  test('takes names of any length and script', async () => {
    const s = await service()
    const names = ['上'.repeat(300), `${'上'.repeat(299)}😀`, '﷽'.repeat(299), `${'é'.repeat(249)}😀`, '!!!']
    for (const name of names) {
      await create(s, name)
    }
    expect((await walk(s, '/v1/sources?sort=title')).toSorted()).toEqual(names.toSorted())
  })
})

test('a key fits into an index, is well-formed, and tells names apart by words, accents and case only', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(name, (text) => {
      const key = nameKey(text)
      expect(Buffer.byteLength(key)).toBeLessThan(2000)
      expect(key.isWellFormed()).toBe(true)
      expect(nameKey(text.normalize('NFD'))).toBe(key)
    }),
    { numRuns: 1000 },
  )
})
