// Forms of the workbench in a browser: their accessibility, proposals while one types, and the keyboard.
import type { Page } from 'playwright-core'
import { beforeAll, expect, inject, test } from 'vitest'
import { describeInBrowser, newPage, seedReference, startOnce, watch } from '../helpers/browser.ts'
import { axeFaults, directionFaults, layoutFaults } from './checks.ts'

// The globals of the functions that run in the page.
declare const document: any
declare const getComputedStyle: (element: any) => any

const MEETING = 'mtg_01gb6jc400e2etq4tax4jyms25'
const PROPOSAL = 'prp_01gb6jc400egbsbzx9etj88v69'
const AGREEMENT = 'agr_01gb6jc400f608sbjerh9mnfkg'

describeInBrowser('forms', () => {
  const running = startOnce(seedReference)
  let cookies: Awaited<ReturnType<ReturnType<Page['context']>['cookies']>> = []

  beforeAll(async () => {
    const page = await newPage(running.browser)
    await page.goto(`${running.origin}/edit/sign-in`)
    await page.fill('#signInKey', inject('keys').admin)
    await Promise.all([page.waitForURL('**/edit'), page.click('main button')])
    cookies = await page.context().cookies()
  })

  async function open(
    path: string,
    options: { javaScriptEnabled?: boolean; width?: number } = {},
  ): Promise<Page> {
    const { width = 1280, ...others } = options
    const page = await newPage(running.browser, { viewport: { width, height: 800 }, ...others })
    await page.context().addCookies(cookies)
    await page.goto(`${running.origin}${path}`)
    return page
  }

  const press = async (page: Page, action: string) => {
    const [response] = await Promise.all([
      page.waitForResponse((answer) => answer.request().method() === 'POST'),
      page.locator(`main button[name="do"][value="${action}"]`).last().click(),
    ])
    await page.waitForLoadState()
    return response
  }

  const PAGES = [
    '/edit/proposals/new',
    `/ru/edit/meetings/${MEETING}`,
    `/zh/edit/agreements/${AGREEMENT}/events/new`,
    `/edit/proposals/${PROPOSAL}/evidence/new?field=/contributors`,
    `/ru/edit/proposals/${PROPOSAL}/versions`,
    `/edit/proposals/${PROPOSAL}/versions/1/restore`,
    `/zh/edit/proposals/${PROPOSAL}/merge`,
    `/edit/meetings/${MEETING}/delete`,
  ]

  test.each(PAGES)('%s is accessible, and fits a window of any width', async (path) => {
    const page = await open(path)
    const seen = await watch(page.context(), running.origin)
    await page.reload()
    expect(await axeFaults(page)).toEqual([])
    await page.setViewportSize({ width: 320, height: 600 })
    expect(await layoutFaults(page)).toEqual([])
    expect(seen.reports).toEqual([])
  })

  test('that come back with mistakes, questions and collisions are accessible too', async () => {
    const page = await open('/edit/proposals/new')
    await page.fill('#proposedOn', '03/04/2022')
    await page.fill('#meetingId-find', 'Tashkent ministers')
    expect((await press(page, 'save')).status()).toBe(422)
    expect(await axeFaults(page)).toEqual([])
    expect(await page.evaluate(() => document.activeElement.id)).toBe('errors')
    await page.click('.errors a[href="#proposedOn"]')
    expect(await page.evaluate(() => document.activeElement.id)).toBe('proposedOn')
    await page.setViewportSize({ width: 320, height: 600 })
    expect(await layoutFaults(page)).toEqual([])

    const other = await open(`/edit/proposals/${PROPOSAL}`)
    const patched = await running.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'Theirs.' })
    expect(patched.status).toBe(200)
    await other.fill('#summary', 'Mine, in مترجم and ひらがな.')
    expect((await press(other, 'save')).status()).toBe(409)
    expect(await axeFaults(other)).toEqual([])
    expect(await directionFaults(other)).toEqual([])
    await other.setViewportSize({ width: 320, height: 600 })
    expect(await layoutFaults(other)).toEqual([])
    const merge = await open(`/edit/proposals/${PROPOSAL}/merge?into=prp_01gb6jc400epfvf325vsbhpaan`)
    expect(await axeFaults(merge)).toEqual([])
  })

  test('propose records while one types, and take one by keyboard', async () => {
    const page = await open('/ru/edit/proposals/new')
    const input = page.locator('#meetingId-find')
    expect(await input.getAttribute('role')).toBe('combobox')
    await input.pressSequentially('tashk')
    const option = page.locator('#meetingId-find-list [role="option"]').first()
    await option.waitFor()
    expect(await axeFaults(page)).toEqual([])
    await input.press('ArrowDown')
    expect(await input.getAttribute('aria-activedescendant')).toBe(await option.getAttribute('id'))
    expect(await option.getAttribute('aria-selected')).toBe('true')
    await input.press('Escape')
    expect([await input.getAttribute('aria-expanded'), await input.inputValue()]).toEqual(['false', 'tashk'])
    await input.pressSequentially('ent')
    await option.waitFor()
    await input.press('ArrowUp')
    await input.press('ArrowDown')
    await input.press('Enter')
    expect(page.url()).toContain('/ru/edit/proposals/new')
    expect(await page.locator('input[name="meetingId"]:checked').inputValue()).toBe(MEETING)
    expect(await input.inputValue()).toBe('')
    await page.fill('#title', 'By keyboard')
    await page.locator('#title').press('Enter')
    await page.waitForURL('**/edit/proposals/prp_*')
    expect(await page.locator('input[name="meetingId"]:checked').inputValue()).toBe(MEETING)
  })

  test('take one by pointer, and instead of the one before', async () => {
    const page = await open(`/edit/meetings/${MEETING}`)
    await page.fill('#organizationId-find', 'Ministry')
    const option = page.locator('#organizationId-find-list [role="option"]').first()
    await option.click()
    const chosen = await page.locator('input[name="organizationId"]:checked').inputValue()
    await press(page, 'save')
    expect(await page.locator('input[name="organizationId"]:checked').inputValue()).toBe(chosen)
  })

  test('work without scripts: find, choose, create another record on the way, save', async () => {
    const page = await open('/zh/edit/proposals/new', { javaScriptEnabled: false })
    await page.fill('#title', 'Without scripts')
    await press(page, 'add contributors')
    await page.selectOption('#contributors-0-role', 'proposer')
    await page.fill('#contributors-0-speakerId-find', 'Rana Qasimi')
    await press(page, 'find contributors.0.speakerId')
    await press(page, 'make contributors.0.speakerId speaker')
    await page.waitForURL('**/zh/edit/speakers/new**')
    expect(await page.inputValue('#name')).toBe('Rana Qasimi')
    await press(page, 'save')
    await page.waitForURL('**/zh/edit/proposals/new**')
    expect(await page.inputValue('#title')).toBe('Without scripts')
    expect(await page.locator('input[name="contributors.0.speakerId"]:checked').inputValue()).toMatch(/^spk_/)
    await page.fill('#proposedOn', '2022年8月24日')
    await press(page, 'save')
    await page.waitForURL('**/zh/edit/proposals/prp_*')
    expect(await page.inputValue('#proposedOn')).toBe('2022年8月24日')
  })

  test('leave the form of another record without saving it, and nothing is lost', async () => {
    const page = await open('/edit/proposals/new', { javaScriptEnabled: false })
    await page.fill('#title', 'Kept')
    await page.fill('#meetingId-find', 'Some meeting')
    await press(page, 'make meetingId meeting')
    await page.waitForURL('**/edit/meetings/new**')
    await press(page, 'return')
    await page.waitForURL('**/edit/proposals/new**')
    expect([await page.inputValue('#title'), await page.inputValue('#meetingId-find')]).toEqual([
      'Kept',
      'Some meeting',
    ])
  })

  test('write from right to left what is written so', async () => {
    const page = await open('/edit/speakers/new', { javaScriptEnabled: false })
    await page.fill('#name', 'رعنا قاسمی')
    expect(await page.evaluate(() => getComputedStyle(document.getElementById('name')).direction)).toBe('rtl')
    await press(page, 'save')
    await page.waitForURL('**/edit/speakers/spk_*')
    expect(await page.inputValue('#name')).toBe('رعنا قاسمی')
    expect(await directionFaults(page)).toEqual([])
  })
})
