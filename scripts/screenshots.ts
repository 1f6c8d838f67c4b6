// Takes the screenshots of docs/screenshots/, of a service with the seeded records at a fixed time: npm run screenshots
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { buildApp } from '../src/app.ts'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { prepareDatabase } from '../src/resources/index.ts'
import { seed } from '../src/seed.ts'

const FOLDER = new URL('../docs/screenshots/', import.meta.url)

/** What the clock of the service says, so that another run takes the same pictures. */
const NOW = new Date('2026-11-30T09:00:00Z')

/** The name by which pages call the service. */
const HOST = 'tracker.example'

const DESKTOP: BrowserContextOptions = { viewport: { width: 1200, height: 860 }, colorScheme: 'light' }
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  isMobile: true,
}

const PROPOSAL = '/proposals/prp_01gb6jc400ezhs3n77gjh1g48e'
const SOURCE = 'src_01gb6jc400fycan90mth81g8js'

/** A file to import, with faults. */
const ROWS = `name,startDate,endDate,city,countryCode
Meeting of transport ministers,2025-05-20,2025-05-21,Bishkek,KG
Meeting of culture ministers,20 May,2025-06-02,Dushanbe,TJ
Meeting of health ministers,2025-06-10,2025-06-09,Xi'an,CN
`
const SHOTS: { name: string; path: string; look: BrowserContextOptions }[] = [
  { name: 'start', path: '/en/', look: DESKTOP },
  { name: 'proposals', path: '/proposals?state=RU', look: DESKTOP },
  { name: 'proposal', path: PROPOSAL, look: DESKTOP },
  {
    name: 'source',
    path: `/sources/${SOURCE}#evd_01gb6jc400e41tdq9mg70anf8b`,
    look: DESKTOP,
  },
  { name: 'meeting-ru', path: '/ru/meetings/mtg_01gb6jc400e2etq4tax4jyms25', look: DESKTOP },
  { name: 'board', path: '/board', look: DESKTOP },
  { name: 'proposal-phone-zh', path: `/zh${PROPOSAL}`, look: PHONE },
]

const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-screenshots-'))
const clock = () => NOW
const engine = await openEngine(`file:${join(folder, 'tracker.db')}`)
await prepareDatabase(engine)
await seed(engine, clock, 'reference')
const app = await buildApp({ engine, clock })
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address() as AddressInfo

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    `--host-resolver-rules=MAP ${HOST} 127.0.0.1:${port}`,
  ],
})
mkdirSync(FOLDER, { recursive: true })

/** Writes what a page shows. */
async function shoot(page: Page, name: string): Promise<void> {
  // Playwright writes no WebP, which takes a third of the bytes of PNG.
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  const file = new URL(`${name}.webp`, FOLDER)
  writeFileSync(file, Buffer.from(data, 'base64'))
  console.log(`${name}.webp: ${Math.round(statSync(file).size / 1024)} kB`)
}

for (const { name, path, look } of SHOTS) {
  const context = await browser.newContext(look)
  const page = await context.newPage()
  await page.goto(`http://${HOST}${path}`)
  await shoot(page, name)
  await context.close()
}

// The workbench, where browsers accept a session without TLS.
const context = await browser.newContext({ ...DESKTOP, baseURL: `http://127.0.0.1:${port}` })
const page = await context.newPage()
const { token } = await createKey(engine, { name: 'Analyst', role: 'analyst', expiresAt: null, now: NOW })
await page.goto('/edit/sign-in')
await page.fill('[name=signInKey]', token)
await page.keyboard.press('Enter')
await page.waitForURL('**/edit')

await page.goto(`/edit/sources/stored?source=${SOURCE}`)
await page.click('#stored-heading ~ form button')
await page.click('#form button:not(.hidden)')
for (const [words, kind] of [
  ['The Minister of defence of Russia Sergey Shoigu', 'speaker'],
  ['the Shanghai cooperation organisation (SCO)', 'organization'],
  ['a meeting of defense Ministers of the countries participating in the SCO', 'meeting'],
  ['the fight against unmanned aerial vehicles', 'proposal'],
] as const) {
  await page.fill('#words', words)
  await page.selectOption('#as', kind)
  await page.click('#mark button')
  await page.locator('form.record blockquote', { hasText: words }).waitFor()
}
await page.locator('#cards').evaluate((cards) => cards.scrollIntoView())
await page.locator('#text-heading').evaluate((heading) => heading.scrollIntoView())
await shoot(page, 'workspace')
await page.locator('.workspace .text').focus()
for (let sentence = 0; sentence < 5; sentence++) await page.keyboard.press('ArrowDown')
await page.keyboard.press('Enter')
await shoot(page, 'marking')

const other = await context.newPage()
for (const each of [page, other]) await each.goto(`/edit${PROPOSAL}`)
await other.fill('#summary', 'To counter unmanned aerial vehicles together, and to exercise for it.')
await other.click('form.record button:not(.hidden)[value=save]')
await other.waitForURL('**done=saved**')
await page.fill('#summary', 'To fight unmanned aerial vehicles together.')
await page.click('form.record button:not(.hidden)[value=save]')
await page.locator('.conflict').waitFor()
await shoot(page, 'conflict')

await page.goto('/edit/imports')
await page.setInputFiles('[name=file]', {
  name: 'meetings.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(ROWS),
})
await page.click('main form button')
await page.locator('#status:not([data-refresh])').waitFor()
await shoot(page, 'import')

await browser.close()
await app.close()
await engine.close()
rmSync(folder, { recursive: true })
