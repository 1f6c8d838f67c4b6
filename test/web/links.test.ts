// Every link of a page leads to a page, to the part of it that it names, or to data.
import { expect, test } from 'vitest'
import { seed } from '../../src/seed.ts'
import { service } from '../helpers/app.ts'
import { crawl } from './crawl.ts'

test('no link is dead', async () => {
  const { get, engine } = await service()
  await seed(engine, () => new Date('2026-11-29T12:00:00Z'), 'reference')
  const pages = await crawl(get, ['/en/', '/search?q=drones'], 1)
  expect(pages.length).toBeGreaterThan(300)
  const dead = pages
    .filter(({ status }) => status >= 400)
    .map(({ url, from, status }) => `${from} → ${url}: ${status}`)
  expect(dead).toEqual([])
  const texts = new Map(pages.map(({ url, text }) => [url, text]))
  const nowhere = pages.flatMap(({ url, links }) =>
    links
      .filter((link) => {
        const [address = '', fragment] = link.split('#')
        const text = texts.get(address)
        return fragment !== undefined && text !== undefined && !text.includes(` id="${fragment}"`)
      })
      .map((link) => `${url} → ${link}`),
  )
  expect(nowhere).toEqual([])
})
