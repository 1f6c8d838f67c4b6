// Every kind of page in a real browser: accessibility, layout, colours, print, and what it loads.
import { beforeAll, expect, test } from 'vitest'
import { READER_STYLES_PATH } from '../../src/web/assets.ts'
import { LANGUAGES } from '../../src/web/languages.ts'
import { describeInBrowser, seedReference, startOnce, visit, type Watch } from '../helpers/browser.ts'
import { kindsOfPages } from '../web/crawl.ts'
import { isWhole, LOOKS, pageFaults, pathsIn, printFaults } from './checks.ts'

/** Pages that no link leads to, and those that differ by their parameters. */
const MORE = [
  '/search',
  '/search?q=drones',
  '/search?q=nothinglikethis',
  '/proposals?state=RU&topic=counter-uav&proposedFrom=2022-08',
  '/proposals?q=nothinglikethis',
  '/proposals?state=XX',
  '/meetings?asOf=2022-08-31',
  '/nowhere',
]

describeInBrowser('every kind of page', () => {
  const running = startOnce(seedReference)
  let paths: string[]
  beforeAll(async () => {
    paths = [...(await kindsOfPages(running.get)), ...MORE]
  })

  test.each(LANGUAGES)(
    'has no fault in %s: axe, widths, large text, colours; in English also the keyboard and print',
    async (language) => {
      const { colorScheme, viewport } = LOOKS[language]
      const found = new Map<string, Set<string>>()
      await visit(running, pathsIn(language, paths), { colorScheme, viewport }, async (page, path, seen) => {
        const add = (when: string, faults: readonly string[]) => {
          for (const fault of faults)
            found.getOrInsertComputed(`${when}: ${fault}`, () => new Set()).add(path)
        }
        add('loading', [...seen.reports, ...needlessRequests(seen, running.origin)])
        add('page', await pageFaults(page, language))
        if (isWhole(language)) {
          await page.emulateMedia({ media: 'print' })
          add('print', await printFaults(page))
          await page.emulateMedia({ media: null })
        }
      })
      expect(Array.from(found, ([fault, where]) => [fault, where.size, [...where].slice(0, 3)])).toEqual([])
    },
  )

  test('has the same text without JavaScript', async () => {
    const texts = async (javaScriptEnabled: boolean) => {
      const found: Record<string, string> = {}
      await visit(running, MORE, { javaScriptEnabled }, async (page, path) => {
        // The number of the request is another one.
        found[path] = (await page.locator('body').innerText()).replaceAll(/[0-9a-f-]{36}/g, '')
      })
      return found
    }
    const without = await texts(false)
    expect(Object.keys(without)).toHaveLength(MORE.length)
    expect(without).toEqual(await texts(true))
  })
})

/** Requests other than the page and its style sheet. The reader of sources has one more, after the text, for passages that are lit. */
function needlessRequests({ requests }: Watch, origin: string): string[] {
  const first = requests.filter(({ url }) => !url.endsWith(READER_STYLES_PATH))
  const types = first.map(({ type }) => type).sort()
  const isEnough =
    types.join() === 'document,stylesheet' && requests.every(({ url }) => url.startsWith(`${origin}/`))
  return isEnough ? [] : requests.map(({ type, url }) => `${type} ${url}`)
}
