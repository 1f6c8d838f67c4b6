// What is wrong with a page that a browser shows, each fault as a line.
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { LANGUAGES, type Language } from '../../src/web/languages.ts'
import { localPath } from '../../src/web/page.ts'
import { EVERYTHING } from '../helpers/everything.ts'

// The globals of the functions that run in the page.
declare const document: any
declare const window: any
declare const getComputedStyle: (element: any, pseudo?: string) => any
declare const innerWidth: number
declare const CSSStyleSheet: any
declare const NodeFilter: any

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

/** Rules about words and names, which differ by language. */
const RULES_OF_WORDS = [
  'aria-tooltip-name',
  'button-name',
  'document-title',
  'empty-heading',
  'empty-table-header',
  'html-has-lang',
  'html-lang-valid',
  'label',
  'label-content-name-mismatch',
  'landmark-unique',
  'link-name',
  'select-name',
  'summary-name',
  'svg-img-alt',
  'valid-lang',
]

/** English is looked at in the light on a wide screen, the others in the dark on a narrow one. */
export const LOOKS = {
  en: { colorScheme: 'light', viewport: { width: 1280, height: 640 } },
  ru: { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  zh: { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
} as const satisfies Record<Language, object>

/** The rules of axe that a page can break in another language alone: those of its words and of its look. */
const RULES_OF_OTHERS = [
  ...RULES_OF_WORDS,
  'color-contrast',
  'link-in-text-block',
  'scrollable-region-focusable',
  'target-size',
]

/** Whether what does not depend on words is checked too: in English, and with TEST_EVERYTHING in each language. */
export const isWhole = (language: Language) => language === 'en' || EVERYTHING

const OTHERS = LANGUAGES.filter((language) => language !== 'en')

/** The addresses that are checked in a language: all in English, and each in one of the others; with TEST_EVERYTHING, all in each. */
export const pathsIn = (language: Language, paths: readonly string[]): string[] =>
  paths
    .filter((_, index) => isWhole(language) || OTHERS[index % OTHERS.length] === language)
    .map((path) => localPath(language, path))

/** What axe finds. @param language of a page that is checked in English too */
export async function axeFaults(page: Page, language?: Language): Promise<string[]> {
  await page.evaluate(axe.source)
  const rules = language && !isWhole(language) ? RULES_OF_OTHERS : undefined
  const { violations } = await page.evaluate(
    ([rules, tags]): Promise<AxeResults> =>
      window.axe.run(document, {
        runOnly: rules ? { type: 'rule', values: rules } : { type: 'tag', values: tags },
        resultTypes: ['violations'],
      }),
    [rules, TAGS] as const,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary = '' }) => {
      const [, reason = ''] = failureSummary.split('\n')
      return `${id}: ${reason.trim()}: ${html.slice(0, 200)}`
    }),
  )
}

/** What does not fit: a page that scrolls sideways, text that is cut off, and regions that scroll but cannot be reached by keyboard. */
export const layoutFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const describe = (element: any) => element.cloneNode(false).outerHTML.slice(0, 120)
    const faults: string[] = []
    const all: any[] = [...document.body.querySelectorAll('*')].filter((element) => element.checkVisibility())
    const regions = all.filter(
      (element) =>
        /auto|scroll/.test(getComputedStyle(element).overflowX + getComputedStyle(element).overflowY) &&
        (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1),
    )
    // Those that scroll only downwards can be read by keyboard if they contain a link; axe checks that.
    for (const region of regions)
      if (
        region.scrollWidth > region.clientWidth + 1 &&
        (region.tabIndex < 0 || !(region.ariaLabel || region.hasAttribute('aria-labelledby')))
      )
        faults.push(`scrolls without a name or by pointer only: ${describe(region)}`)
    if (document.documentElement.scrollWidth > innerWidth) {
      faults.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`)
      const wide = all.filter(
        (element) =>
          element.getBoundingClientRect().right > innerWidth + 1 &&
          !regions.some((region) => region !== element && region.contains(element)),
      )
      faults.push(...wide.slice(-3).map((element) => `is too wide: ${describe(element)}`))
    }
    for (const element of all) {
      const { overflowX, overflowY, display } = getComputedStyle(element)
      // Hidden texts for screen readers have one pixel; inputs scroll by themselves.
      if (element.clientWidth <= 1 || display === 'inline' || element.matches('input, textarea, select'))
        continue
      const cut =
        (/hidden|clip/.test(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
        (/hidden|clip/.test(overflowY) && element.scrollHeight > element.clientHeight + 1)
      if (cut) faults.push(`cuts its content off: ${describe(element)}`)
    }
    return faults
  })

/** What should not be on paper, and what should be. */
export const printFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const describe = (element: any) => element.cloneNode(false).outerHTML.slice(0, 120)
    const isShown = (element: any) => element.checkVisibility({ visibilityProperty: true })
    const faults: string[] = []
    for (const element of document.querySelectorAll('nav, form, button, .skip'))
      if (isShown(element)) faults.push(`is printed: ${describe(element)}`)
    for (const heading of document.querySelectorAll('main h1, main h2'))
      if (!isShown(heading) && !heading.closest('form, nav, .clocks'))
        faults.push(`is not printed: ${describe(heading)}`)
    for (const details of document.querySelectorAll('main details'))
      for (const inner of details.children)
        if (isShown(details) && !inner.matches('summary, form, nav') && !isShown(inner))
          faults.push(`is closed on paper: ${describe(details)}: ${describe(inner)}`)
    for (const link of document.querySelectorAll('main a[href^="http"]'))
      if (isShown(link) && !getComputedStyle(link, '::after').content.includes(link.getAttribute('href')))
        faults.push(`is printed without its address: ${describe(link)}`)
    if (getComputedStyle(document.documentElement).colorScheme !== 'light')
      faults.push('is printed in dark colours')
    return faults
  })

/** What cannot be told from its surroundings when the reader's own colours are in force, and what moves. */
export const forcedColourFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const describe = (element: any) => element.cloneNode(false).outerHTML.slice(0, 120)
    const faults: string[] = []
    const ground = getComputedStyle(document.body).backgroundColor
    const isSeen = (colour: string) => colour !== ground && !/^none$|^rgba.*, 0\)$/.test(colour)
    // Browsers draw boxes and radio buttons themselves.
    const controls = 'mark, button, input:not([type="checkbox"], [type="radio"]), textarea, select'
    for (const element of document.querySelectorAll(controls)) {
      const { backgroundColor, borderTopWidth } = getComputedStyle(element)
      if (element.checkVisibility() && !isSeen(backgroundColor) && borderTopWidth === '0px')
        faults.push(`looks like nothing: ${describe(element)}`)
    }
    for (const shape of document.querySelectorAll('svg :is(rect, circle, path, line, polyline, polygon)')) {
      const { fill, stroke } = getComputedStyle(shape)
      if (!isSeen(fill) && !isSeen(stroke)) faults.push(`is invisible: ${describe(shape)}`)
    }
    if (document.getAnimations().length > 0) faults.push('something moves')
    return faults
  })

/** What does not show that it has the focus. */
export async function focusFaults(page: Page): Promise<string[]> {
  // From now on the browser shows the focus as for someone who uses the keyboard.
  await page.keyboard.press('Tab')
  return page.evaluate(() => {
    const faults: string[] = []
    for (const element of document.querySelectorAll(
      'a[href], button, input, select, textarea, summary, [tabindex="0"]',
    )) {
      if (!element.checkVisibility()) continue
      element.focus()
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      const { width, height } = element.getBoundingClientRect()
      if (document.activeElement !== element)
        faults.push(`takes no focus: ${element.outerHTML.slice(0, 120)}`)
      else if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2 || width < 2 || height < 2)
        faults.push(`does not show its focus: ${element.outerHTML.slice(0, 120)}`)
    }
    document.activeElement.blur()
    return faults
  })
}

/** Spaces the text as WCAG 1.4.12 has it. */
export const spaceText = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(
      '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }',
    )
    document.adoptedStyleSheets = [sheet]
  })

/** Sets the text size of the browser, which is 16 by default. */
export async function setTextSize(page: Page, pixels: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setFontSizes', { fontSizes: { standard: pixels, fixed: pixels } })
  await session.detach()
}

/** What runs backwards: texts in Latin letters that a character in another text has turned around. */
export const directionFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = []
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const boxOf = (node: any, offset: number) => {
      const range = document.createRange()
      range.setStart(node, offset)
      range.setEnd(node, offset + 1)
      return range.getBoundingClientRect()
    }
    while (nodes.nextNode()) {
      const node = nodes.currentNode
      const at = node.data.search(/[A-Za-z]{2}/)
      // Within a text that is kept apart, its own characters count.
      const text = node.parentElement.closest('[dir], bdi') ?? node
      if (at === -1 || text.textContent.includes('\u202e')) continue
      const [first, second] = [boxOf(node, at), boxOf(node, at + 1)]
      if (first.top === second.top && second.left < first.left)
        faults.push(`runs backwards: ${node.data.slice(at, at + 60)}`)
    }
    return faults
  })

/** What is wrong with a page: axe, the keyboard, forced colours, narrow windows, spaced and large text. */
export async function pageFaults(page: Page, language: Language): Promise<string[]> {
  const faults: string[] = []
  const add = (when: string, found: readonly string[]) =>
    faults.push(...found.map((fault) => `${when}: ${fault}`))
  add('axe', await axeFaults(page, language))
  if (isWhole(language)) {
    add('keyboard', await focusFaults(page))
    await page.emulateMedia({ forcedColors: 'active' })
    add('forced colours', await forcedColourFaults(page))
    await page.emulateMedia({ forcedColors: null })
  }
  await page.setViewportSize({ width: 320, height: 640 })
  await spaceText(page)
  add('320 px, spaced text', await layoutFaults(page))
  await page.setViewportSize({ width: 1280, height: 640 })
  await setTextSize(page, 32)
  add('1280 px, text of 200 %', await layoutFaults(page))
  await setTextSize(page, 16)
  await page.setViewportSize(LOOKS[language].viewport)
  return faults
}
