// Takes the screenshots of docs/screenshots/, of a service with the seeded records at a fixed time: npm run screenshots
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContextOptions, chromium } from 'playwright-core'
import { buildApp } from '../src/app.ts'
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
const SHOTS: { name: string; path: string; look: BrowserContextOptions }[] = [
  { name: 'start', path: '/en/', look: DESKTOP },
  { name: 'proposals', path: '/proposals?state=RU', look: DESKTOP },
  { name: 'proposal', path: PROPOSAL, look: DESKTOP },
  {
    name: 'source',
    path: '/sources/src_01gb6jc400fycan90mth81g8js#evd_01gb6jc400e41tdq9mg70anf8b',
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
for (const { name, path, look } of SHOTS) {
  const context = await browser.newContext(look)
  const page = await context.newPage()
  await page.goto(`http://${HOST}${path}`)
  // Playwright writes no WebP, which takes a third of the bytes of PNG.
  const session = await context.newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  const file = new URL(`${name}.webp`, FOLDER)
  writeFileSync(file, Buffer.from(data, 'base64'))
  console.log(`${name}.webp: ${Math.round(statSync(file).size / 1024)} kB`)
  await context.close()
}
await browser.close()
await app.close()
await engine.close()
rmSync(folder, { recursive: true })
