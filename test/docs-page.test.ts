// The API reference at /docs in a browser: it renders, and connects to no other host.
import { expect, onTestFinished, test } from 'vitest'
import { service } from './helpers/app.ts'
import { closePages, newPage, sharedBrowser, testInBrowser } from './helpers/browser.ts'

test('the reference page and its script have ETags, and the content security policy allows no other script', async () => {
  const s = await service()
  const redirect = await s.get('/docs')
  expect([redirect.status, redirect.headers.location]).toEqual([301, '/docs/'])
  const page = await s.get('/docs/')
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[\w+/]{43}='; style-src /)
  expect(policy).not.toMatch(/script-src[^;]*unsafe/)
  const script = await s.get('/docs/js/scalar.js')
  expect(script.headers['content-type']).toMatch(/^text\/javascript/)
  for (const { headers } of [page, script]) expect(headers.etag).toMatch(/^".+"$/)
  for (const url of ['/docs/', '/docs/js/scalar.js']) {
    const { headers } = await s.get(url)
    expect((await s.get(url, { 'if-none-match': String(headers.etag) })).status, url).toBe(304)
  }
})

testInBrowser(
  'a browser renders the reference, sends requests with a key, and connects to no other host',
  async () => {
    const { app, keys } = await service({ seed: true })
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const browser = await sharedBrowser()
    onTestFinished(closePages)
    const page = await newPage(browser)
    const requested: string[] = []
    const errors: string[] = []
    const keysSent: (string | undefined)[] = []
    // Requests to other hosts are aborted, so that the test also fails without a network.
    await page.context().route('**/*', (route) => {
      const url = route.request().url()
      requested.push(url)
      if (url.includes('/v1/')) keysSent.push(route.request().headers()['authorization'])
      return url.startsWith(`${origin}/`) || /^(data|blob):/.test(url) ? route.continue() : route.abort()
    })
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`)
    })
    page.on('websocket', (socket) => requested.push(socket.url()))

    await page.goto(`${origin}/docs`)
    expect(await page.title()).toBe('SCO tracker: API reference')
    await page.getByRole('heading', { name: 'SCO tracker', exact: true }).first().waitFor()
    await page.getByText('List meetings').first().waitFor()
    await page.getByRole('button', { name: 'Open Group - proposals' }).first().click()
    await page.getByText('List proposals').first().click()
    await page.getByPlaceholder('Token', { exact: true }).first().fill(keys.admin)
    await page.getByRole('button', { name: 'Test Request' }).first().click()
    await page.getByRole('button', { name: /^Send/ }).first().click()
    await page.getByText('200 OK').first().waitFor()
    expect(keysSent.at(-1)).toBe(`Bearer ${keys.admin}`)
    await page.keyboard.press('Escape')
    // Scrolls to the end, so that lazy parts of the page are loaded.
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)')
    await page.waitForLoadState('networkidle')

    expect(requested).toContain(`${origin}/openapi.json`)
    const toOtherHosts = requested.filter(
      (url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url),
    )
    expect(toOtherHosts).toEqual([])
    expect(errors).toEqual([])
  },
)
