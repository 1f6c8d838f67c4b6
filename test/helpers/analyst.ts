// An analyst who works a report in on the pages of a draft: marks words, fills the cards, and saves.
import type { Browser, Page } from 'playwright-core'
import { IndexedText, locateQuote } from '../../src/core/quotes.ts'
import type { Json } from '../../src/records/schema/document.ts'
import { type Requests, requestsTo } from './app.ts'
import { createApplication } from './applications.ts'
import type { ArticleCard, ArticleQuote } from './article.ts'
import { closePages, newPage, sharedBrowser } from './browser.ts'
import { freshDatabase } from './database.ts'
import type { Entry, Hands, Part } from './hands.ts'

// The globals of the functions that run in the page.
declare const document: any

type Values = Record<string, Json>

interface Control {
  id: string
  name: string
  value: string
  /** Of a list to choose from. */
  options: string[]
  /** The closed disclosure that it is in, as a selector. */
  disclosure: string | null
}

/** The fields of a form for values, by name. */
function flat(values: Json, name = ''): [string, string][] {
  if (values === null || typeof values !== 'object') return [[name, String(values)]]
  return Object.entries(values).flatMap(([key, inner]) => flat(inner, name === '' ? key : `${name}.${key}`))
}

/** Starts a service without records, and opens a page. They are closed with the test. */
export async function beginWork(
  onFinished: (stop: () => Promise<void>) => void,
): Promise<Requests & { browser: Browser; page: Page; origin: string }> {
  const database = await freshDatabase('migrated')
  const { app, release } = await createApplication({ engine: await database.openEngine(() => {}) })
  const browser = await sharedBrowser()
  onFinished(async () => {
    await closePages()
    await release()
    await database.remove()
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const page = await newPage(browser, { viewport: { width: 1280, height: 800 } })
  return { browser, page, origin, ...requestsTo(app) }
}

/** Whether the workbench may have put something into a field of a card that is new. */
const isProposed = (name: string) => /^quotes\.\d+\.field$/.test(name) || !/^quotes\.|^of$/.test(name)

export class Analyst {
  readonly page: Page
  hands: Hands
  readonly #origin: string
  /** The keys of the cards that were made, by the names of them in the article. */
  readonly #keys = new Map<string, string>()
  #text = ''

  constructor(page: Page, hands: Hands, origin: string) {
    this.page = page
    this.hands = hands
    this.#origin = origin
  }

  /** Does something that shows another page. */
  async #go(action: () => Promise<unknown>): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), action()])
  }

  /** Does something after which the cards are shown again. */
  async #replace(action: () => Promise<unknown>): Promise<void> {
    await this.page.evaluate(() => document.getElementById('cards').setAttribute('data-before', ''))
    await action()
    await this.page.waitForFunction(() => document.querySelector('#cards:not([data-before])') !== null)
  }

  async signIn(key: string): Promise<void> {
    await this.page.goto(`${this.#origin}/edit/sign-in`)
    await this.hands.enter([['signInKey', key]])
    await this.#go(() => this.hands.press('main button'))
  }

  /** Creates a record by its form. */
  async create(path: string, fields: Record<string, string>): Promise<void> {
    await this.page.goto(`${this.#origin}/edit/${path}/new`)
    await this.hands.enter(Object.entries(fields))
    await this.#go(() => this.hands.press('main button[value="save"]:not(.hidden)'))
  }

  /** Begins a draft with a text. */
  async paste(text: string, source: Values): Promise<void> {
    await this.page.goto(`${this.#origin}/edit/sources/new`)
    await this.hands.enter([['text', text]])
    await this.#go(() => this.hands.press('form[action$="/sources/new"] button'))
    await this.#fill('#form', new Map(flat(source)))
    await this.goOn()
  }

  /** Goes on from the source to its text. */
  async goOn(): Promise<void> {
    await this.#go(() => this.hands.press('#form button[value="next"]:not(.hidden)'))
    await this.resume()
  }

  /** Goes on with a draft that is open. */
  async resume(): Promise<void> {
    this.#text = await this.page.evaluate(() => document.getElementById('draft-text').textContent)
  }

  /** The place of a quote in the text. */
  part(exact: string, prefix = ''): Part {
    const text = new IndexedText(this.#text)
    const located = locateQuote(text, { exact, ...(prefix && { prefix }) })
    const found = located.found ? located : located.candidates[0]
    if (!found) throw new Error(`The text does not have: ${exact}`)
    return { from: text.toUnit(found.start), to: text.toUnit(found.end) }
  }

  /** Marks words. @param as a kind; null: further words for the open card */
  async mark(part: Part, as: string | null): Promise<void> {
    await this.#replace(() => this.hands.mark(part, as))
  }

  /** The key of the open card. */
  openKey(): Promise<string> {
    return this.page.evaluate(() =>
      document.querySelector('#cards li:has(form.record)').id.replace('card-', ''),
    )
  }

  /** Opens a card. */
  async open(key: string): Promise<void> {
    await this.#replace(() => this.hands.press(`#card-${key} h3 a`))
  }

  /** Saves the open card. */
  async saveCard(): Promise<void> {
    await this.#replace(() => this.hands.press('#cards form.record button[value="save"]:not(.hidden)'))
  }

  /** Saves the draft. */
  async saveAll(): Promise<void> {
    await this.#go(() => this.hands.press('#save button'))
  }

  /** Works one card in: makes it of its first quote, or goes on with the one that is open, which has some of its quotes already. */
  async work(card: ArticleCard, present?: number): Promise<void> {
    const { quotes } = card
    for (const [index, { exact, prefix }] of quotes.entries())
      if (index >= (present ?? 0))
        await this.mark(this.part(exact, prefix), present === undefined && index === 0 ? card.kind : null)
    const key = await this.openKey()
    this.#keys.set(`=${card.name}`, `=${key}`)
    const { topicIds, ...others } = card.fields
    const fields = {
      ...others,
      ...(card.of !== null && { of: `=${card.of}` }),
      // The article has the slugs of topics, which are the names of their cards.
      ...(topicIds && { topicIds: (topicIds as string[]).map((slug) => `=${slug}`) }),
    }
    const asFields = (quote: ArticleQuote) => ({ motivation: 'quote', ...quote.fields })
    const wanted = new Map([
      ...flat(this.#renamed(fields)),
      ...quotes.flatMap((quote, index) => flat(this.#renamed(asFields(quote)), `quotes.${index}`)),
    ])
    await this.#fill('#cards form.record', wanted)
    await this.saveCard()
  }

  /** The key of a card by its name in the article. */
  keyOf(name: string): string {
    return (this.#keys.get(`=${name}`) ?? '').slice(1)
  }

  /** Values in which references to cards have the keys of this draft. */
  #renamed(value: Json): Json {
    if (typeof value === 'string') return this.#keys.get(value) ?? value
    if (Array.isArray(value)) return value.map((inner) => this.#renamed(inner))
    return value !== null && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#renamed(inner)]))
      : value
  }

  /** Fills a form with values, and empties what else was proposed. */
  async #fill(form: string, wanted: ReadonlyMap<string, string>): Promise<void> {
    const { isInOrder } = this.hands
    const names = [...wanted.keys()]
    const entered = new Set<string>()
    for (let round = 0; round < 100; round++) {
      const controls = await this.#controls(form)
      const present = new Set(controls.map(({ name }) => name))
      const isMissing = (start: string) => (name: string) => name.startsWith(start) && !present.has(name)
      const entries: { entry: Entry; disclosure: string | null }[] = []
      /** What brings further controls. */
      let next: (() => Promise<void>) | undefined
      for (const { name, id, value, options, disclosure } of controls) {
        const [, list] = /^add (.+)$/.exec(name) ?? []
        if (list) {
          if (names.some(isMissing(`${list}.`))) next ??= () => this.#add(form, list)
        } else {
          const proposed =
            form !== '#form' && isProposed(name) && (options.length === 0 || options.includes(''))
          const then = wanted.get(name) ?? (proposed ? '' : value)
          if (entered.has(name) || then === value) continue
          entered.add(name)
          entries.push({ entry: [id, then], disclosure })
          const shown = names.find(isMissing(name.replace(/field$/, 'value')))
          if (name.endsWith('.field') && shown) next ??= () => this.#appears(form, shown)
        }
        if (isInOrder && next) break
      }
      for (const closed of new Set(entries.flatMap(({ disclosure }) => disclosure ?? [])))
        await this.hands.press(`${closed} > summary`)
      await this.hands.enter(entries.map(({ entry }) => entry))
      if (!next) return
      await next()
    }
    throw new Error(`${form} has no controls for ${names}.`)
  }

  /** Waits for a control that follows from what was entered. */
  async #appears(form: string, name: string): Promise<void> {
    await this.page.locator(`${form} [name="${name}"]`).first().waitFor({ state: 'attached' })
  }

  /** Adds an entry to a list. */
  async #add(form: string, list: string): Promise<void> {
    const button = `${form} button[value="add ${list}"]`
    const isClosed = await this.page.evaluate(
      (button) => document.querySelector(button).closest('details:not([open])') !== null,
      button,
    )
    if (isClosed) await this.hands.press(`${form} details.rare:not([id]) > summary`)
    await this.#replace(() => this.hands.press(button))
  }

  #controls(form: string): Promise<Control[]> {
    return this.page.evaluate((form) => {
      const closedOf = (element: any) => {
        const details = element.closest('details:not([open])')
        return details && (details.id ? `[id="${details.id}"]` : `${form} details.rare:not([id])`)
      }
      const groups = new Set()
      return [...document.querySelector(form).querySelectorAll('input, select, textarea, button')].flatMap(
        (element: any) => {
          const { name, type, id, value } = element
          if (type === 'submit' && /^add /.test(value))
            return [{ id, name: value, value, options: [], disclosure: null }]
          if (type === 'hidden' || name.includes(':') || !id) return []
          if (type === 'radio' && groups.has(name)) return []
          groups.add(name)
          return [
            {
              id,
              name,
              value: type === 'radio' ? element.form.elements.namedItem(name).value : element.value,
              options: [...(element.options ?? [])].map(({ value }: any) => value),
              disclosure: closedOf(element),
            },
          ]
        },
      )
    }, form)
  }
}
