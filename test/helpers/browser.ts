// A Chromium and a service for the tests of a file, and a watch over what a page loads and reports.
import { existsSync } from 'node:fs'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Engine } from '../../src/db/engine.ts'
import { seed } from '../../src/seed.ts'
import { type Requests, requestsTo } from './app.ts'
import { createApplication } from './applications.ts'
import { freshDatabase } from './database.ts'

const CHROMIUM = '/usr/bin/chromium'

const installed = existsSync(CHROMIUM)
if (!installed && process.env['REQUIRE_CHROMIUM'])
  throw new Error(`${CHROMIUM} is missing, and the tests that need it must not be skipped.`)

const withReason = (title: string) => (installed ? title : `${title} (skipped: no ${CHROMIUM})`)

/** Tests in a browser; skipped, with the reason in their title, if there is none. */
export const describeInBrowser = (title: string, define: () => void): void => {
  describe.skipIf(!installed)(withReason(title), define)
}

/** A test in a browser; skipped, with the reason in its title, if there is none. */
export const testInBrowser = (title: string, run: () => Promise<void>): void => {
  test.skipIf(!installed)(withReason(title), run)
}

/**
 * What playwright-core disables, whose list is replaced by ours, and the suggestions below the address bar: without a window they
 * are pages of their own all the same, two for each page that a test opens, which take longer than most of those.
 */
const DISABLED_FEATURES = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxPopup',
]

let started: Promise<Browser> | undefined

/** The browser of this worker, which starts once and ends with it. */
export async function sharedBrowser(): Promise<Browser> {
  if (!(await started)?.isConnected())
    started = chromium.launch({
      executablePath: CHROMIUM,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
        `--disable-features=${DISABLED_FEATURES}`,
      ],
    })
  return started as Promise<Browser>
}

/** Closes all pages of the browser of this worker. */
export async function closePages(): Promise<void> {
  for (const context of (await started)?.contexts() ?? []) await context.close()
}

/** A page in a context of its own. The time limit is generous, since the machine may be busy. */
export async function newPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(120_000)
  return context.newPage()
}

export interface Running extends Requests {
  browser: Browser
  /** The address of the service, such as `http://127.0.0.1:3000`. */
  origin: string
}

/** Starts a service once for all tests of a `describe`. @param fill writes its records */
export function startOnce(fill: (running: Running, engine: Engine) => Promise<unknown>): Running {
  const running = {} as Running
  const stops: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    const database = await freshDatabase('migrated')
    stops.push(database.remove)
    const engine = await database.openEngine(() => {})
    const { app, release } = await createApplication({ engine })
    stops.unshift(release)
    const browser = await sharedBrowser()
    stops.unshift(closePages)
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    Object.assign(running, { browser, origin, ...requestsTo(app) })
    await fill(running, engine)
  })
  afterAll(async () => {
    for (const stop of stops) await stop()
  })
  return running
}

/** Writes the article and the reference data. */
export const seedReference = (_: unknown, engine: Engine): Promise<unknown> =>
  seed(engine, () => new Date('2026-11-29T12:00:00Z'), 'reference')

/** What a page loaded and reported. */
export interface Watch {
  /** The addresses that were requested, by type. */
  requests: { type: string; url: string }[]
  /** Errors and warnings, also of the content security policy, and dialogs. */
  reports: string[]
}

/** Watches the pages of a context. Requests to other hosts fail, so that a test does so without a network too. */
export async function watch(context: BrowserContext, origin: string): Promise<Watch> {
  const seen: Watch = { requests: [], reports: [] }
  await context.route(
    (url) => url.origin !== origin,
    (route) => route.abort(),
  )
  context.on('request', (request) => seen.requests.push({ type: request.resourceType(), url: request.url() }))
  context.on('console', (message) => {
    // The status of the page itself is no fault.
    const isStatus =
      message.location().url === message.page()?.url() && /status of 4\d\d/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isStatus)
      seen.reports.push(`console: ${message.text()}`)
  })
  context.on('weberror', (error) => seen.reports.push(`error: ${error.error()}`))
  context.on('dialog', (dialog) => {
    seen.reports.push(`dialog: ${dialog.message()}`)
    dialog.dismiss().catch(() => {})
  })
  return seen
}

/** Shows all addresses, in a few contexts at a time. */
export async function visit(
  { browser, origin }: Running,
  paths: readonly string[],
  options: BrowserContextOptions,
  look: (page: Page, path: string, seen: Watch) => Promise<void>,
): Promise<void> {
  const queue = [...paths]
  const work = async () => {
    const page = await newPage(browser, options)
    const seen = await watch(page.context(), origin)
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      seen.requests.length = 0
      seen.reports.length = 0
      await page.goto(`${origin}${path}`)
      await look(page, path, seen)
    }
    await page.context().close()
  }
  await Promise.all([work(), work()])
}
