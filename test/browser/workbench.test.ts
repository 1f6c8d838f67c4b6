// The workbench in a real browser: accessibility and layout of its pages, an import by keyboard, and what scripts add.
import type { BrowserContext, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { createKey } from '../../src/db/keys.ts'
import { LANGUAGES } from '../../src/web/languages.ts'
import { describeInBrowser, newPage, startOnce, visit } from '../helpers/browser.ts'
import { axeFaults, LOOKS, pageFaults, pathsIn } from './checks.ts'

// The globals of the functions that run in the page.
declare const document: any
declare const DataTransfer: any
declare const File: any
declare const DragEvent: any

const FAULTY = 'name,classification,foundingDate\nThe Group,organ,soon\n"A, ""second""\none",organ,\n'

type State = Awaited<ReturnType<BrowserContext['storageState']>>

describeInBrowser('the workbench', () => {
  let key = ''
  let state: State
  /** The page of a file with faults. */
  let file = ''
  const running = startOnce(async ({ post }, engine) => {
    const created = await createKey(engine, { name: 'Zoë', role: 'admin', expiresAt: null, now: new Date() })
    key = created.token
    const headers = { authorization: `Bearer ${key}` }
    const one = await post('/v1/speakers', { name: 'The envoy' }, headers)
    const other = { name: 'The envoy', distinctFrom: [one.body['id']] }
    const second = await post('/v1/speakers', other, headers)
    expect(second.status).toBe(201)
    await post(`/v1/proposals`, { title: 'Exercise together', proposedOn: '2022-08' }, headers)
  })

  const open = async (path: string): Promise<Page> => {
    const page = await newPage(running.browser, { storageState: state })
    await page.goto(`${running.origin}${path}`)
    return page
  }

  /** Chooses a file for the import, and waits until it has been checked. */
  async function choose(page: Page, content: string, name = 'organizations.csv') {
    await page.setInputFiles('[name=file]', { name, mimeType: 'text/csv', buffer: Buffer.from(content) })
    await page.locator('main form button').click()
    await page.locator('#status:not([data-refresh])').waitFor()
  }

  beforeAll(async () => {
    const page = await newPage(running.browser)
    await page.goto(`${running.origin}/edit/imports`)
    await page.fill('[name=signInKey]', key)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/edit/imports')
    await choose(page, FAULTY)
    file = page.url().slice(running.origin.length)
    state = await page.context().storageState()
  })

  test.each(LANGUAGES)('has no fault in %s: axe, keyboard, widths, large text, colours', async (language) => {
    const { colorScheme, viewport } = LOOKS[language]
    const found = new Map<string, Set<string>>()
    const paths = [
      '/edit',
      '/edit/duplicates?of=all',
      '/edit/sessions',
      '/edit/keys',
      '/edit/keys?done=keyRevoked',
      '/edit/imports',
      file,
    ]
    await visit(
      running,
      pathsIn(language, paths),
      { colorScheme, viewport, storageState: state },
      async (page, path, seen) => {
        const add = (faults: readonly string[]) => {
          for (const fault of faults) found.getOrInsertComputed(fault, () => new Set()).add(path)
        }
        expect([path, page.url()]).toEqual([path, `${running.origin}${path}`])
        add(seen.reports)
        add(await pageFaults(page, language))
      },
    )
    expect(Array.from(found, ([fault, where]) => [fault, [...where].slice(0, 3)])).toEqual([])
  })

  test('signs in without scripts, shows what was wrong, and leads on', async () => {
    const page = await newPage(running.browser, { javaScriptEnabled: false })
    await page.goto(`${running.origin}/ru/edit/keys`)
    await page.fill('[name=signInKey]', 'wrong')
    await page.keyboard.press('Enter')
    await page.locator('.errors').waitFor()
    expect(await axeFaults(await withScripts(page))).toEqual([])
    await page.fill('[name=signInKey]', key)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/ru/edit/keys')
    await page.locator('.sign-out button').click()
    await page.waitForURL('**/ru/edit/sign-in?done=signedOut')
    await page.goto(`${running.origin}/ru/edit/keys`)
    expect(page.url()).toContain('/ru/edit/sign-in')
  })

  /** The same content in a page with scripts, which the checks need. */
  async function withScripts(page: Page): Promise<Page> {
    const other = await newPage(running.browser)
    await other.goto(`${running.origin}/ru/edit/sign-in`)
    await other.setContent(await page.content())
    return other
  }

  test('moves the focus to what is wrong, and from there to the field', async () => {
    const page = await open('/edit/keys')
    await page.evaluate(() => document.querySelector('[name=name]').removeAttribute('required'))
    await page.check('[value=analyst]')
    await page.locator('section form button').click()
    await page.locator('.errors').waitFor()
    expect(await page.evaluate(() => document.activeElement.id)).toBe('errors')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.type('Typed')
    expect(await page.inputValue('[name=name]')).toBe('Typed')
    expect(await page.isChecked('[value=analyst]')).toBe(true)
  })

  test('imports a file by keyboard, mends its faults, and writes it once', async () => {
    const page = await open('/edit/imports')
    await choose(page, FAULTY.replace('The Group', 'Another group').replace('A, ', 'B, '))
    await page.locator('[name="cell.1.foundingDate"]').focus()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('2003')
    await page.keyboard.press('Enter')
    await page.locator('button[value=commit]').waitFor()
    expect(await page.locator('#status').innerText()).toContain('2 rows checked, no faults')
    // Two presses before the answer.
    await page.locator('button[value=commit]').dblclick({ noWaitAfter: true })
    await page.locator('#status:not([data-refresh])', { hasText: 'imported' }).waitFor()
    const { body } = await running.get('/v1/organizations?sort=name')
    expect(body['data'].map(({ name }: { name: string }) => name)).toEqual([
      'Another group',
      'B, "second" one',
    ])
    const commits = (await running.get('/v1/changes?kind=organization')).body['data']
    expect(commits.length).toBe(2)
  })

  test('takes a file that is dropped on its form', async () => {
    const page = await open('/edit/imports')
    await page.evaluate(() => {
      const data = new DataTransfer()
      data.items.add(new File(['name\nA\n'], 'speakers.csv'))
      document
        .querySelector('form.drop')
        .dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
    })
    expect(await page.evaluate(() => document.querySelector('[name=file]').files[0].name)).toBe(
      'speakers.csv',
    )
  })

  test('shows the state of an import again after a while, and goes on when it is done', async () => {
    const page = await open(file)
    // As a page looks that was loaded while the import ran.
    let isDone = false
    await page.route(`${running.origin}${file}`, async (route) => {
      if (isDone) return route.continue()
      const response = await route.fetch()
      const body = (await response.text())
        .replace('aria-live="polite"', 'aria-live="polite" data-refresh="20"')
        .replace(
          'page.js"></script>',
          'page.js"></script><script type="module" src="/assets/workbench/refresh.js"></script>',
        )
      await route.fulfill({
        response,
        body: body.replace(/<p class="lead">[^<]*/, '<p class="lead">Half done'),
      })
    })
    await page.reload()
    await page.locator('#status', { hasText: 'Half done' }).waitFor()
    isDone = true
    await page.locator('#status:not([data-refresh])', { hasText: '1 fault' }).waitFor()
  })
})
