// The reference under /docs, as a browser shows it: it renders, and asks nobody else for anything.
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { service } from './helpers/app.ts'

const CHROMIUM = '/usr/bin/chromium'
const found = existsSync(CHROMIUM)

test.skipIf(!found)(
  `/docs renders the reference and makes no request to another host${found ? '' : ` (skipped: no ${CHROMIUM})`}`,
  async () => {
    const { app } = await service()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const origin = `http://127.0.0.1:${port}`
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    })
    onTestFinished(() => browser.close())
    const context = await browser.newContext()
    const page = await context.newPage()
    const asked: string[] = []
    const complaints: string[] = []
    // Aborted as well as noted, so that the test needs no network to fail.
    await context.route('**/*', (route) => {
      const url = route.request().url()
      asked.push(url)
      return url.startsWith(`${origin}/`) || /^(data|blob):/.test(url) ? route.continue() : route.abort()
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
    })
    page.on('websocket', (socket) => asked.push(socket.url()))

    await page.goto(`${origin}/docs`)
    expect(await page.title()).toBe('SCO tracker: API reference')
    await page.getByRole('heading', { name: 'SCO tracker', exact: true }).first().waitFor()
    // Operations, by their summaries: those of the first tag, and of one that is opened.
    await page.getByText('List meetings').first().waitFor()
    await page.getByRole('button', { name: 'Open Group - proposals' }).first().click()
    await page.getByText('List proposals').first().waitFor()
    // To its end, so that what is loaded late is loaded.
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)')
    await page.waitForLoadState('networkidle')

    expect(asked).toContain(`${origin}/openapi.json`)
    const elsewhere = asked.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url))
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  },
  60_000,
)
