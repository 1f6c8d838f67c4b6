// Hostile text in every field of every kind, in a real browser: nothing of it runs, breaks the layout or turns its surroundings around.
import { expect, test } from 'vitest'
import { describeInBrowser, startOnce, visit } from '../helpers/browser.ts'
import { HOSTILE, hostileRecords } from '../helpers/hostile.ts'
import { kindsOfPages } from '../web/crawl.ts'
import { directionFaults, layoutFaults } from './checks.ts'

describeInBrowser('hostile text', () => {
  const running = startOnce(hostileRecords)

  test('harms no page', async () => {
    const paths = [
      ...(await kindsOfPages(running.get)),
      `/search?q=${encodeURIComponent(HOSTILE)}`,
      '/search?q=script',
      `/proposals?q=${encodeURIComponent(HOSTILE)}`,
      `/nowhere/${encodeURIComponent(HOSTILE)}`,
    ]
    const found: Record<string, string[]> = {}
    await visit(running, paths, { viewport: { width: 320, height: 640 } }, async (page, path, seen) => {
      const text = await page.locator('main').innerText()
      found[path] = [
        ...(await layoutFaults(page)),
        ...(await directionFaults(page)),
        ...seen.reports,
        ...(text.includes('onx=') || path.startsWith('/nowhere') ? [] : ['lacks the hostile text']),
      ]
    })
    const faulty = Object.entries(found).filter(([, faults]) => faults.length > 0)
    expect(Object.fromEntries(faulty)).toEqual({})
  })
})
