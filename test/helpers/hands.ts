// How an analyst works a page of the workbench in a browser: with a mouse, or by keyboard alone.
import type { Page } from 'playwright-core'
import { expect, vi } from 'vitest'

// The globals of the functions that run in the page.
declare const document: any
declare const Event: any
declare const innerHeight: number
declare const scrollBy: (options: { top: number }) => void
declare const requestAnimationFrame: (callback: () => void) => void

/** A part of the text of a draft, in UTF-16 units. */
export interface Part {
  from: number
  to: number
  /** Whether its first letter, and its last one, are written from right to left. */
  rtl?: readonly [boolean, boolean]
}

export type Entry = readonly [id: string, value: string]

export interface Hands {
  /** Selects words of the text, so that the toolbar is shown. */
  select: (part: Part) => Promise<void>
  /** Says in the toolbar what they are. @param as a kind; null: words for the open card */
  choose: (as: string | null) => Promise<void>
  /** Does both, or types the words where that is shorter. */
  mark: (part: Part, as: string | null) => Promise<void>
  /** Whether each value is entered where the focus comes by, so that nothing that follows from it may be put off. */
  isInOrder: boolean
  /** Enters values into controls of the page, or chooses them. @param values with the ids of controls; of radio buttons, any */
  enter: (values: readonly Entry[]) => Promise<void>
  /** Presses a button, a link, or the head of a disclosure. @param selector of it */
  press: (selector: string) => Promise<void>
}

/** The kinds with a letter in the toolbar. */
const LETTERS: Record<string, string> = {
  meeting: 'm',
  speaker: 's',
  proposal: 'p',
  statement: 't',
  agreement: 'a',
  organization: 'o',
  topic: 'c',
  event: 'e',
  position: 'n',
  membership: 'b',
}

/** The button of the toolbar for a kind, or for the open card. */
async function toolbarButton(page: Page, as: string | null): Promise<number> {
  const kinds: string[] = await page.evaluate(() =>
    [...document.querySelectorAll('#as optgroup:first-of-type option')].map(({ value }: any) => value),
  )
  const count = await page.locator('.picker button').count()
  const offset = count - kinds.length
  return as === null ? 0 : offset + kinds.indexOf(as)
}

/** Expects that the part is selected, no more and no less, and that the toolbar is shown. */
async function expectSelected(page: Page, { from, to }: Part): Promise<void> {
  await page.locator('.picker:popover-open').waitFor()
  await vi.waitFor(
    async () => {
      const [words, expected] = await page.evaluate(
        ([from, to]) => [
          document.querySelector('#mark [name="words"]').value,
          document.getElementById('draft-text').textContent.slice(from, to),
        ],
        [from, to] as const,
      )
      expect(words).toBe(expected)
    },
    { timeout: 10_000 },
  )
}

export function byMouse(page: Page): Hands {
  /** Where the start of the part and its end are in the window. */
  const pointsOf = ({ from, to, rtl = [false, false] }: Part) =>
    page.evaluate(
      async ([from, to, [isFirstRtl, isLastRtl]]) => {
        const root = document.getElementById('draft-text')
        const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
        const letters = [...segmenter.segment(root.textContent)]
        const boxOf = (letter: any) => {
          const walker = document.createTreeWalker(root, 4)
          const range = document.createRange()
          for (let passed = 0, node = walker.nextNode(); node; node = walker.nextNode()) {
            const inside = (units: number) => units >= passed && units <= passed + node.data.length
            if (letter.index < passed + node.data.length && inside(letter.index))
              range.setStart(node, letter.index - passed)
            const end = letter.index + letter.segment.length
            if (end > passed && inside(end)) range.setEnd(node, end - passed)
            passed += node.data.length
          }
          return range.getBoundingClientRect()
        }
        const first = letters.find(({ index }: any) => index === from)
        const last = letters.find(({ index, segment }: any) => index + segment.length === to)
        const { top, bottom } = boxOf(first)
        if (top < 60 || bottom > innerHeight * 0.6) {
          scrollBy({ top: top - innerHeight * 0.2 })
          await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()))
        }
        const edge = (box: any, isRight: boolean) => ({
          x: isRight ? box.right - 0.5 : box.left + 0.5,
          y: (box.top + box.bottom) / 2,
        })
        return [edge(boxOf(first), isFirstRtl), edge(boxOf(last), !isLastRtl)]
      },
      [from, to, rtl] as const,
    )
  const hands = {
    async select(part: Part) {
      const [start, end] = await pointsOf(part)
      if (!start || !end) throw new Error('The text has no such part.')
      await page.mouse.move(start.x, start.y)
      await page.mouse.down()
      await page.mouse.move(end.x, end.y, { steps: 2 })
      await page.mouse.up()
      await expectSelected(page, part)
    },
    async choose(as: string | null) {
      await page
        .locator('.picker button')
        .nth(await toolbarButton(page, as))
        .click()
    },
    // It is the words that are marked by mouse; what is entered by keyboard is in the other hands.
    async enter(values: readonly Entry[]) {
      await page.evaluate((values) => {
        for (const [id, value] of values) {
          const control = document.getElementById(id)
          if (control.type === 'radio')
            control.form.querySelector(`[name="${control.name}"][value="${value}"]`).checked = true
          else control.value = value
          for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, { bubbles: true }))
        }
      }, values)
    },
    async press(selector: string) {
      await page.locator(selector).click()
    },
  }
  return {
    ...hands,
    isInOrder: false,
    async mark(part, as) {
      await hands.select(part)
      await hands.choose(as)
    },
  }
}

interface Spans {
  text: string
  sentences: Part[]
  words: Part[]
}

/** The sentences and words of the text, as the page has them. */
const SPANS = `import('/assets/workbench/selecting.js').then(({ spansOf }) => {
  const { lang, textContent: text } = document.getElementById('draft-text')
  return { text, sentences: spansOf(text, lang, 'sentence'), words: spansOf(text, lang, 'word') }
})`

/** The keys that select a part of the text, and how often each is pressed. @param last where the last selection began; -1: nowhere */
function keysFor({ text, sentences, words }: Spans, last: number, { from, to }: Part): [string, number][] {
  const letters = [...new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text)]
  const sentenceAt = (at: number) => sentences.findLastIndex((each) => each.from <= at)
  const target = sentenceAt(from)
  const sentence = sentences[target]
  if (!sentence) throw new Error('No sentence has this part.')
  const steps = target - (last < 0 ? -1 : sentenceAt(last))
  // The first key selects the sentence where something was selected before.
  const keys: [string, number][] = last < 0 ? [] : [['ArrowDown', 1]]
  keys.push([steps > 0 ? 'ArrowDown' : 'ArrowUp', Math.abs(steps)])
  /** The keys that move an edge by words, and the rest of the way by letters. */
  const move = (edge: 'from' | 'to', start: number, end: number) => {
    const isForward = end > start
    const key = `${edge === 'to' ? 'Shift+' : ''}Arrow${isForward ? 'Right' : 'Left'}`
    const stops = words
      .map((word) => word[edge])
      .filter((stop) => (isForward ? stop > start && stop <= end : stop < start && stop >= end))
    const reached = (isForward ? stops.at(-1) : stops[0]) ?? start
    const rest = letters.filter(({ index }) =>
      isForward ? index >= reached && index < end : index >= end && index < reached,
    )
    keys.push([key, stops.length], [`Control+${key}`, rest.length])
  }
  if (to > sentence.to) move('to', sentence.to, to)
  move('from', sentence.from, from)
  if (to < sentence.to) move('to', sentence.to, to)
  return keys
}

export function byKeyboard(page: Page): Hands {
  const { keyboard } = page
  /** Where the last selection began. */
  let last = -1
  let spans: Spans | undefined

  /** Holds a key down until it was repeated so often. */
  async function repeat(keys: string, count: number): Promise<void> {
    if (count === 0) return
    const [key = '', ...modifiers] = keys.split('+').reverse()
    for (const modifier of modifiers) await keyboard.down(modifier)
    // Not one after the other, so that the browser need not draw the page for each.
    await Promise.all(Array.from({ length: count }, () => keyboard.down(key)))
    await keyboard.up(key)
    for (const modifier of modifiers) await keyboard.up(modifier)
  }

  /** How often Tab is to be pressed from where the focus is. From behind, it leads to the last of radio buttons. */
  const stepsTo = (selector: string): Promise<number | null> =>
    page.evaluate((selector) => {
      const wanted = document.querySelector(selector)
      const chosen = wanted.type === 'radio' && wanted.form.querySelector(`[name="${wanted.name}"]:checked`)
      const target = chosen || wanted
      const groups = new Set()
      const all = [
        ...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]'),
      ].filter((element: any) => {
        if (element.tabIndex < 0 || element.disabled || element.type === 'hidden') return false
        if (!element.checkVisibility()) return false
        // Of radio buttons with one name, Tab stops at the chosen one, otherwise at the first.
        if (element.type !== 'radio') return true
        const isFirst = !groups.has(element.name)
        groups.add(element.name)
        return element.form.querySelector(`[name="${element.name}"]:checked`) ? element.checked : isFirst
      })
      const index = all.indexOf(target)
      const active = document.activeElement
      if (active === target || (active.type === 'radio' && active.name === target.name)) return 0
      if (index === -1) return null
      const present = all.indexOf(active)
      if (present >= 0) return index - present
      const next = all.findIndex((element: any) => active.compareDocumentPosition(element) & 4)
      return index >= next ? index - next + 1 : index - next
    }, selector)

  /** Moves the focus to an element with Tab. What the page shows meanwhile, such as a question, may be in between. */
  async function tabTo(selector: string): Promise<void> {
    for (let attempt = 0; attempt < 4; attempt++) {
      const steps = await stepsTo(selector)
      if (steps === 0) return
      if (steps === null) break
      await repeat(steps > 0 ? 'Tab' : 'Shift+Tab', Math.abs(steps))
    }
    throw new Error(`Tab does not lead to ${selector}.`)
  }

  /** Moves the focus to the text, from wherever it is. */
  async function toText(): Promise<void> {
    if (!(await page.evaluate(() => document.activeElement.id === 'draft-text'))) {
      const isOnCard = await page.evaluate(() => document.activeElement.closest('#workspace') !== null)
      if (isOnCard) await keyboard.press('Escape')
      else await tabTo('#draft-text')
    }
  }

  /** The least keys for which words are rather typed. */
  const MANY = 12

  const hands: Omit<Hands, 'mark'> = {
    isInOrder: true,
    async select({ from, to }) {
      spans ??= await page.evaluate<Spans>(SPANS)
      const keys = keysFor(spans, last, { from, to })
      last = from
      await toText()
      for (const [key, count] of keys) await repeat(key, count)
      await expectSelected(page, { from, to })
    },
    async choose(as) {
      await keyboard.press('Enter')
      const letter = as === null ? undefined : LETTERS[as]
      if (letter) return keyboard.press(letter)
      await repeat('ArrowRight', await toolbarButton(page, as))
      await keyboard.press('Enter')
    },
    async enter(values) {
      for (const [id, value] of values) {
        await tabTo(`[id="${id}"]`)
        const { type, steps, isChosen } = await page.evaluate((value) => {
          const { type, name, form, options, selectedIndex } = document.activeElement
          if (type !== 'radio') {
            const wanted = [...(options ?? [])].findIndex((option) => option.value === value)
            return { type, steps: wanted - selectedIndex, isChosen: true }
          }
          const all = [...form.querySelectorAll(`[name="${name}"]`)]
          const wanted = all.findIndex((radio) => radio.value === value)
          const { checked } = document.activeElement
          return { type, steps: wanted - all.indexOf(document.activeElement), isChosen: checked }
        }, value)
        if (type === 'radio' || type === 'select-one') {
          if (!isChosen) await keyboard.press('Space')
          await repeat(steps > 0 ? 'ArrowDown' : 'ArrowUp', Math.abs(steps))
          continue
        }
        await keyboard.press('Control+A')
        if (value === '') await keyboard.press('Delete')
        else await keyboard.insertText(value)
      }
    },
    async press(selector) {
      await tabTo(selector)
      await keyboard.press('Enter')
    },
  }
  return {
    ...hands,
    async mark({ from, to }, as) {
      spans ??= await page.evaluate<Spans>(SPANS)
      const { text } = spans
      const words = text.slice(from, to)
      const isOnce = text.indexOf(words) === text.lastIndexOf(words)
      const keys = keysFor(spans, last, { from, to }).reduce((sum, [, count]) => sum + count, 0)
      if (!isOnce || keys < MANY) {
        await hands.select({ from, to })
        return hands.choose(as)
      }
      await toText()
      await keyboard.press('Tab')
      await keyboard.insertText(words)
      await keyboard.press('Tab')
      // In a list, typing chooses what begins so.
      const label = await page.evaluate((as) => {
        const open = document.querySelector('#cards li:has(form.record)')?.id.replace('card-', '=')
        return document.querySelector(`#as option[value="${as ?? open}"]`).label
      }, as)
      await keyboard.type(label.slice(0, 12))
      expect(await page.inputValue('#as')).toBe(as ?? (await openCard()))
      await keyboard.press('Tab')
      await keyboard.press('Enter')
    },
  }

  function openCard(): Promise<string> {
    return page.evaluate(() => document.querySelector('#cards li:has(form.record)').id.replace('card-', '='))
  }
}
