// The reference under /docs, as a browser shows it: it renders, and asks nobody else for anything.
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { service } from './helpers/app.ts'

const CHROMIUM = '/usr/bin/chromium'
const found = existsSync(CHROMIUM)

const NOTE_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) => {
  const { violatedDirective, blockedURI, sourceFile, lineNumber, columnNumber } = event
  console.error('CSP', violatedDirective, blockedURI, sourceFile, lineNumber, columnNumber)
})`

test.skipIf(!found)(
  `/docs renders the reference, tries operations out with a key, asks no other host, and keeps to a policy without unsafe-inline${found ? '' : ` (skipped: no ${CHROMIUM})`}`,
  async () => {
    const { app, keys } = await service({ seed: true })
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
    const keysSeen: (string | undefined)[] = []
    // Aborted as well as noted, so that the test needs no network to fail.
    await context.route('**/*', (route) => {
      const url = route.request().url()
      asked.push(url)
      if (url.includes('/v1/')) keysSeen.push(route.request().headers()['authorization'])
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

    // What the policy of the page stops is a complaint too, with where it stands.
    await page.addInitScript(NOTE_VIOLATIONS)
    const opened = await page.goto(`${origin}/docs`)
    const policy = opened?.headers()['content-security-policy'] ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'nonce-[\w+/=]{22,}'; style-src 'nonce-/)
    expect(policy).not.toContain('unsafe')
    const again = await app.inject('/docs/')
    expect(again.headers['content-security-policy'], 'a nonce is used once').not.toBe(policy)
    expect(await page.title()).toBe('SCO tracker: API reference')
    await page.getByRole('heading', { name: 'SCO tracker', exact: true }).first().waitFor()
    // Operations, by their summaries: those of the first tag, and of one that is opened.
    await page.getByText('List meetings').first().waitFor()
    await page.getByRole('button', { name: 'Open Group - proposals' }).first().click()
    await page.getByText('List proposals').first().waitFor()
    // Trying it out, with a key that is typed into the page.
    await page.getByPlaceholder('Token', { exact: true }).first().fill(keys.admin)
    await page.getByRole('button', { name: 'Test Request' }).first().click()
    await page.getByRole('button', { name: /^Send/ }).first().click()
    await page.getByText('200 OK').first().waitFor()
    expect(keysSeen.at(-1)).toBe(`Bearer ${keys.admin}`)
    await page.keyboard.press('Escape')
    // To its end, so that what is loaded late is loaded.
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)')
    await page.waitForLoadState('networkidle')

    expect(asked).toContain(`${origin}/openapi.json`)
    const elsewhere = asked.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url))
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  },
)
