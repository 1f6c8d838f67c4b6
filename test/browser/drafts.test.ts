// Reports are written in a real browser: texts in many scripts, and all that can go wrong meanwhile.
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect, inject, onTestFinished, test } from 'vitest'
import { LANGUAGES } from '../../src/web/languages.ts'
import { Analyst, beginWork } from '../helpers/analyst.ts'
import {
  closePages,
  describeInBrowser,
  newPage,
  sharedBrowser,
  startOnce,
  visit,
} from '../helpers/browser.ts'
import { temporaryFile } from '../helpers/database.ts'
import { byKeyboard, byMouse } from '../helpers/hands.ts'
import { HOSTILE } from '../helpers/hostile.ts'
import { startProcess } from '../helpers/process.ts'
import { axeFaults, directionFaults, LOOKS, layoutFaults, pageFaults, pathsIn } from './checks.ts'

// The globals of the functions that run in the page.
declare const document: any

type State = Awaited<ReturnType<BrowserContext['storageState']>>

/** Markup, scripts and two directions, without the control character, which no text keeps. */
const HARM = HOSTILE.replace('\u0001', '').trim()

describeInBrowser('a text', () => {
  test.each([
    {
      scripts: 'Chinese and Cyrillic',
      language: 'zh',
      text:
        '会议于2024年3月4日举行。😀\r\n国防部长👩🏽‍🚒提出，要建立水位联合登记册。\r\n各方👍🏼同意。\r\n' +
        '«Е́сли» 🇰🇿: министр предложи́л создать рее́стр.\r\nЕго поддержали — 👨‍👩‍👧 все.\r\n',
      dragged: ['👩🏽‍🚒提出，要建立水', '位联合登记册。\n各方👍🏼', 'создать рее́', '👨‍👩‍👧 все'],
      typed: ['部长👩🏽‍🚒', '3月4日举行。😀', 'Е́сли', '🇰🇿'],
    },
    {
      scripts: 'Arabic',
      language: 'fa',
      text: 'آستانه، ۴ مارس 🏔️.\r\nوزیر 👩‍💻 پیشنهاد کرد که «می‌خواهیم» ثَبت شُود.\r\nهمه موافقت کردند.\r\n',
      dragged: ['پیشنهاد کرد که «می‌خواهیم» ثَبت', 'وزیر 👩‍💻 پیشنهاد'],
      typed: ['👩‍💻', 'می‌خواهیم» ثَ', 'شُود.\nهمه'],
      rtl: [true, true] as const,
    },
  ])(
    'in $scripts script keeps exact places, by mouse and by keyboard',
    async ({ language, text, dragged, typed, rtl }) => {
      const { page, origin, get } = await beginWork(onTestFinished)
      const analyst = new Analyst(page, byMouse(page), origin)
      await analyst.signIn(inject('keys').analyst)
      await page.goto(`${origin}/edit/sources/new`)
      const file = { name: 'text.txt', mimeType: 'text/plain', buffer: Buffer.from(text) }
      await page.setInputFiles('#file', file)
      await page.click('form[action$="/sources/upload"] button')
      await page.waitForURL('**/source')
      await page.fill('#language', language)
      await analyst.goOn()
      const other = new Analyst(page, byKeyboard(page), origin)
      await other.resume()
      for (const [index, words] of typed.entries()) {
        await other.mark(other.part(words), 'topic')
        expect(await page.evaluate(() => document.activeElement.id)).toBe(`card-c${index + 1}`)
      }
      for (const words of dragged)
        await analyst.mark({ ...analyst.part(words), ...(rtl && { rtl }) }, 'topic')
      const slugs = await page.locator('ol.cards > li').count()
      for (let card = 1; card < slugs; card++) {
        await analyst.open(`c${card}`)
        await page.fill('#prefLabel', `Topic ${card}`)
        await page.fill('#slug', `topic-${card}`)
        await analyst.saveCard()
      }
      await analyst.saveAll()
      const { body: sources } = await get('/v1/sources')
      const stored = [...sources['data'][0].text]
      expect(stored.join('')).toBe(text.replaceAll('\r\n', '\n'))
      const { body } = await get('/v1/evidence?recordKind=topic')
      const quotes: { start: number; end: number; exact: string }[] = body['data']
      expect(quotes.map(({ start, end }) => stored.slice(start, end).join(''))).toEqual(
        quotes.map(({ exact }) => exact),
      )
      expect(quotes.map(({ exact }) => exact).toSorted()).toEqual([...dragged, ...typed].toSorted())
    },
  )
})

const REPORT =
  'Astana, 4 March 2024. The Council of Lake Ministers held its third session. Minister Aigul Serikova of Kazakhstan proposed a joint register of water levels. Uzbekistan supported it. No register was signed.'

describeInBrowser('an analyst', () => {
  /** A draft with the report, on the page with its text. */
  async function begun(text = REPORT) {
    const service = await beginWork(onTestFinished)
    const { page, origin } = service
    const analyst = new Analyst(page, byMouse(page), origin)
    await analyst.signIn(inject('keys').analyst)
    await analyst.paste(text, { language: 'en' })
    const drag = (words: string, as: string) => analyst.mark(analyst.part(words), as)
    return { ...service, analyst, drag }
  }

  /** Ends all sessions but a new one. */
  async function endSessions({ browser, origin }: { browser: Browser; origin: string }) {
    const other = await newPage(browser)
    await new Analyst(other, byMouse(other), origin).signIn(inject('keys').analyst)
    await other.goto(`${origin}/edit/sessions`)
    await other.click('button[name="others"]')
    await other.locator('.notice').waitFor()
    await other.context().close()
  }

  async function signInAgain(page: Page) {
    await page.fill('#signInKey', inject('keys').analyst)
    await page.keyboard.press('Enter')
    await page.locator('#cards form.record').waitFor()
  }

  test('sees at once what becomes of a card, and finishes it without sending it', async () => {
    const { page, drag } = await begun()
    await drag('Council of Lake Ministers', 'organization')
    const card = page.locator('#state-c1')
    expect(await card.innerText()).toContain('Something is wrong')
    await page.fill('#classification', 'organ')
    await card.getByText('New').waitFor()
    expect(await page.locator('#check').innerText()).toContain('All can be saved.')
    await page.fill('#name', '')
    await card.getByText('Something is wrong').waitFor()
    await page.fill('#name', 'The Council')
    await page.reload()
    expect(await page.locator('#cards form.record').count()).toBe(1)
  })

  test('whose session ends in a card signs in, and nothing typed is lost', async () => {
    const { browser, page, origin, analyst, drag } = await begun()
    await drag('The Council of Lake Ministers held its third session', 'meeting')
    await endSessions({ browser, origin })
    const all = [
      ['city', 'Astana'],
      ['summary', 'Two\nlines, “quoted” <b>'],
      ['quotes-0-note', 'A note'],
    ] as const
    await analyst.hands.enter(all)
    // Saved while it is filled.
    await page.locator('#signInKey').waitFor()
    await signInAgain(page)
    const typed = () => Promise.all(all.map(async ([id]) => [id, await page.inputValue(`#${id}`)]))
    expect(await typed()).toEqual(all)
    await page.click('#cards form.record button[value="save"]:not(.hidden)')
    await page.waitForURL('**/edit/drafts/*?card=c1*')
    expect(await typed()).toEqual(all)
  })

  test('whose session ends before further words are marked loses neither them nor what is typed', async () => {
    const { browser, page, origin, analyst, drag } = await begun()
    await drag('The Council of Lake Ministers held its third session', 'meeting')
    await endSessions({ browser, origin })
    await analyst.hands.select(analyst.part('joint register'))
    await analyst.hands.enter([['city', 'Astana']])
    await analyst.hands.choose('proposal')
    await page.locator('#signInKey').waitFor()
    await signInAgain(page)
    expect([await page.inputValue('#words'), await page.inputValue('#as')]).toEqual([
      'joint register',
      'proposal',
    ])
    await page.locator('.unsent button').first().click()
    expect(await page.inputValue('#city')).toBe('Astana')
    await page.click('#mark button')
    await page.locator('#card-c2 form').waitFor()
    await analyst.open('c1')
    expect(await page.inputValue('#city')).toBe('Astana')
  })

  test('who presses the button twice saves once', async () => {
    const { page, get, drag } = await begun()
    await drag('joint register of water levels', 'proposal')
    await page.locator('#save button').dblclick({ noWaitAfter: true })
    await page.getByText('These are the records of the report').waitFor()
    const counts = await Promise.all(
      ['sources', 'proposals', 'evidence'].map(
        async (path) => (await get(`/v1/${path}`)).body['data'].length,
      ),
    )
    expect(counts).toEqual([1, 1, 1])
  })

  test('with two windows loses nothing in either', async () => {
    const { page, analyst, drag } = await begun()
    await drag('The Council of Lake Ministers held its third session', 'meeting')
    const other = await page.context().newPage()
    await other.goto(page.url())
    // One makes a card and fills the other one, while that is open in both.
    await drag('joint register of water levels', 'proposal')
    await analyst.open('c1')
    await page.fill('#city', 'Astana')
    await analyst.saveCard()
    await other.fill('#endDate', '5 March 2024')
    await other.click('#cards form.record button[value="save"]:not(.hidden)')
    await other.locator('[role="alert"]').waitFor()
    expect(await other.inputValue('#endDate')).toBe('5 March 2024')
    expect(await other.locator('[role="alert"]').innerText()).toContain('Astana')
    expect(await axeFaults(other)).toEqual([])
    await other.click('#cards form.record button[value="save"]:not(.hidden)')
    await other.locator('[role="alert"]').waitFor({ state: 'detached' })
    await page.reload()
    expect([await page.inputValue('#endDate'), await page.inputValue('#city')]).toEqual([
      '5 March 2024',
      'Astana',
    ])
  })
})

describeInBrowser('a service that is killed', () => {
  test('has the draft as it was marked, and what was saved', async () => {
    const file = temporaryFile()
    copyFileSync(inject('sqlite').migrated, file)
    let { child, url, port } = await startProcess({ file })
    const restart = async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      ;({ child } = await startProcess({ file, env: { PORT: String(port) } }))
    }
    const browser = await sharedBrowser()
    onTestFinished(closePages)
    const page = await newPage(browser)
    const analyst = new Analyst(page, byMouse(page), url)
    await analyst.signIn(inject('keys').analyst)
    await analyst.paste(REPORT, { language: 'en' })
    await analyst.mark(analyst.part('joint register of water levels'), 'proposal')
    await page.fill('#title', 'A joint register')
    await analyst.saveCard()
    await page.fill('#title', 'A joint register of levels')
    await restart()
    // What was not saved yet is offered again.
    await page.reload()
    expect(await page.inputValue('#title')).toBe('A joint register')
    expect(await axeFaults(page)).toEqual([])
    await page.locator('.unsent button').first().click()
    expect(await page.inputValue('#title')).toBe('A joint register of levels')
    await analyst.saveCard()
    const answer = page.waitForResponse((response) => response.url().endsWith('/save'))
    await page.click('#save button')
    expect((await answer).status()).toBe(303)
    await restart()
    await page.reload()
    await page.getByText('These are the records of the report').waitFor()
    const response = await fetch(`${url}/v1/proposals`)
    const { data } = (await response.json()) as { data: { title: string }[] }
    expect(data.map(({ title }) => title)).toEqual(['A joint register of levels'])
  })
})

describeInBrowser('the pages of a draft', () => {
  let state: State
  let open = ''
  let saved = ''
  const running = startOnce(async ({ browser, origin }) => {
    const page = await newPage(browser)
    const analyst = new Analyst(page, byMouse(page), origin)
    await analyst.signIn(inject('keys').analyst)
    const path = () => new URL(page.url()).pathname
    await analyst.paste(REPORT, { language: 'en' })
    await analyst.mark(analyst.part('joint register of water levels'), 'proposal')
    await analyst.saveAll()
    saved = path()
    await analyst.paste(`${HARM}\n\n${REPORT}`, { title: HARM, language: 'fa' })
    await page.fill('#words', HARM)
    await page.selectOption('#as', 'proposal')
    await page.click('#mark button')
    for (const id of ['title', 'summary']) await page.fill(`#${id}`, HARM)
    await page.click('ol.quotes summary')
    await page.fill('#quotes-0-note', HARM)
    await analyst.saveCard()
    await analyst.mark(analyst.part('register'), 'organization')
    open = path()
    state = await page.context().storageState()
  })

  test.each(LANGUAGES)('have no fault in %s, whatever the text', async (language) => {
    const found = new Map<string, string[]>()
    const paths = pathsIn(language, [
      '/edit/sources/new',
      '/edit/drafts',
      `${open}/source`,
      `${open}?card=c1`,
      `${open}?card=c2`,
      `${open}?sentences=uncited`,
      `${open}/delete`,
      saved,
      `${open}#several`,
    ])
    const { colorScheme, viewport } = LOOKS[language]
    await visit(running, paths, { colorScheme, viewport, storageState: state }, async (page, path, seen) => {
      if (path.endsWith('#several')) {
        await page.fill('#words', 'register')
        await page.selectOption('#as', 'topic')
        await page.click('#mark button')
        await page.locator('#errors').waitFor()
        expect(await page.evaluate(() => document.activeElement.id)).toBe('errors')
      }
      // The answer to the form that was sent.
      const reports = seen.reports.filter((report) => !report.includes('status of 422'))
      const faults = [...reports, ...(await directionFaults(page)), ...(await pageFaults(page, language))]
      if (faults.length > 0) found.set(path, faults)
    })
    expect([...found]).toEqual([])
  })

  test('show the toolbar where it fits, with nothing wrong in it', async () => {
    const page = await newPage(running.browser, { storageState: state, viewport: LOOKS.zh.viewport })
    await page.goto(`${running.origin}/zh${open}`)
    const analyst = new Analyst(page, byMouse(page), running.origin)
    await analyst.resume()
    await analyst.hands.select(analyst.part('Minister Aigul Serikova'))
    expect(await axeFaults(page)).toEqual([])
    // It is not in the way of words that are being dragged over.
    await page.keyboard.press('Escape')
    await page.locator('.picker').waitFor({ state: 'hidden' })
    const box = await page.locator('#draft-text').boundingBox()
    const [x, y] = [(box?.x ?? 0) + 5, Math.max(5, (box?.y ?? 0) + 5)]
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 60, y + 40, { steps: 3 })
    await page.waitForTimeout(600)
    expect(await page.locator('.picker').isVisible()).toBe(false)
    await page.mouse.up()
    await page.locator('.picker').waitFor()
    expect(await layoutFaults(page)).toEqual([])
    await page.keyboard.press('Tab')
    expect(await page.locator('.picker').isVisible()).toBe(true)
  })

  test('work without scripts: a Persian text is pasted, marked by typing, and saved', async () => {
    const page = await newPage(running.browser, { storageState: state, javaScriptEnabled: false })
    await page.goto(`${running.origin}/edit/sources/new`)
    const text = 'آستانه، ۴ مارس 🏔️.\nوزیر 👩‍💻 پیشنهاد کرد که «می‌خواهیم» ثَبت شُود. وزیر رفت.'
    await page.fill('#text', text)
    await page.click('form[action$="/sources/new"] button')
    await page.fill('#language', 'فارسی')
    await page.click('#form button[value="next"]:not(.hidden)')
    await page.fill('#words', '«می‌خواهیم» ثَبت')
    await page.selectOption('#as', 'proposal')
    await page.click('#mark button')
    expect(await page.inputValue('#title')).toBe('«می‌خواهیم» ثَبت')
    await page.fill('#words', 'وزیر')
    await page.selectOption('#as', '=c1')
    await page.click('#mark button')
    await page.locator('[name="chosen"]').last().check()
    await page.click('#mark button')
    await page.fill('#title', 'ثبت')
    await page.click('#cards form.record button[value="save"]:not(.hidden)')
    expect(await page.locator('ol.quotes blockquote').allInnerTexts()).toEqual(['«می‌خواهیم» ثَبت', 'وزیر'])
    await page.click('#save button')
    await page.getByText('These are the records of the report').waitFor()
    const { body } = await running.get('/v1/proposals?q=ثبت')
    const evidence = await running.get(`/v1/proposals/${body['data'][0].id}/evidence`)
    const quotes: { start: number; end: number; exact: string }[] = evidence.body['data']
    expect(quotes.map(({ exact }) => exact).toSorted()).toEqual(['«می‌خواهیم» ثَبت', 'وزیر'].toSorted())
    for (const { start, end, exact } of quotes) expect([...text].slice(start, end).join('')).toBe(exact)
    // The second of the two places.
    expect(quotes.find(({ exact }) => exact === 'وزیر')?.start).toBeGreaterThan(40)
  })
})
