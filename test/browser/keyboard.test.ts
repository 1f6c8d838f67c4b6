// Reading by keyboard and without JavaScript: the skip link, the search, disclosures, forms, and links to passages.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { describeInBrowser, newPage, seedReference, startOnce } from '../helpers/browser.ts'

// The globals of the functions that run in the page.
declare const document: any
declare const getComputedStyle: (element: any) => any
declare const innerHeight: number

const PROPOSAL = 'prp_01gb6jc400egbsbzx9etj88v69'
const SOURCE = 'src_01gb6jc400fycan90mth81g8js'
const EVIDENCE = 'evd_01gb6jc400e1zsxpzgtpczdeex'

describeInBrowser('a reader', () => {
  const running = startOnce(seedReference)

  async function open(path: string): Promise<Page> {
    const page = await newPage(running.browser, { javaScriptEnabled: false })
    await page.goto(`${running.origin}${path}`)
    return page
  }

  const address = (page: Page) => page.url().slice(running.origin.length)

  /** The name of the element that has the focus. */
  const focused = (page: Page): Promise<string> =>
    page.evaluate(() => document.activeElement.id || document.activeElement.textContent)

  test('skips to the content with the first key', async () => {
    const page = await open(`/proposals/${PROPOSAL}`)
    await page.keyboard.press('Tab')
    const skip = page.locator('.skip')
    expect((await skip.boundingBox())?.height).toBeGreaterThan(10)
    await page.keyboard.press('Enter')
    expect(address(page)).toBe(`/proposals/${PROPOSAL}#main`)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement.closest('main') !== null)).toBe(true)
  })

  test('reaches the search with Tab, and searches with Enter', async () => {
    const page = await open('/ru/proposals')
    for (let count = 0; count < 3; count++) await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('search')
    await page.keyboard.type('дроны')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/search?**')
    expect(address(page)).toBe(`/ru/search?q=${encodeURIComponent('дроны')}`)
  })

  test('opens a disclosure with Enter, and reads the quote', async () => {
    const page = await open(`/proposals/${PROPOSAL}`)
    const why = page.locator('details.why').last()
    const quote = why.locator('blockquote').first()
    expect(await quote.isVisible()).toBe(false)
    await why.locator('summary').focus()
    await page.keyboard.press('Enter')
    await quote.waitFor()
  })

  test('filters a list and sets the clocks', async () => {
    const page = await open('/proposals')
    await page.locator('#f-state').selectOption('RU')
    await page.locator('.filters button').first().click()
    await page.waitForURL('**/proposals?state=RU')
    expect(await page.locator('h1').innerText()).toMatch(/^Proposals of Russia/)
    await page.locator('.clocks summary').click()
    await page.locator('#asOf').fill('2022-08-31')
    await page.locator('.clocks button').click()
    await page.waitForURL('**/proposals?*asOf=2022-08-31*')
    expect(address(page)).toContain('state=RU')
    expect(await page.locator('.banner').innerText()).toContain('31 August 2022')
  })

  test.each(['light', 'dark'] as const)(
    'sees the passage that a link leads to, lit, in %s colours',
    async (colorScheme) => {
      const page = await open(`/sources/${SOURCE}#${EVIDENCE}`)
      await page.emulateMedia({ colorScheme })
      const place = await page.evaluate((id) => {
        const passage = document.getElementById(id)
        const colour = (element: any) => getComputedStyle(element).backgroundColor
        const others = [...document.querySelectorAll('.text mark')].filter((mark) => !passage.contains(mark))
        const { top, bottom } = passage.getBoundingClientRect()
        return {
          isInView: top >= 0 && bottom <= innerHeight,
          isLit:
            others.length > 10 &&
            others.every((mark) => colour(mark) !== colour(passage.querySelector('mark'))),
        }
      }, EVIDENCE)
      expect(place).toEqual({ isInView: true, isLit: true })
    },
  )

  test('sees the quote that a link leads to, though it is behind a disclosure', async () => {
    const page = await open(`/evidence/${EVIDENCE}`)
    expect(address(page)).toMatch(new RegExp(`^/\\w+/\\w+#${EVIDENCE}$`))
    const quote = page.locator(`#${EVIDENCE}`)
    expect(await quote.isVisible()).toBe(true)
    const box = await quote.boundingBox()
    expect(box?.y).toBeGreaterThanOrEqual(0)
    expect(box?.y).toBeLessThan(720)
  })
})
