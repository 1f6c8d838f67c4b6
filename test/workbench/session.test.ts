// Sessions of the workbench: signing in and out, their end, cookies, and forms of other sites.
import { describe, expect, test } from 'vitest'
import { service } from '../helpers/app.ts'
import { client, signIn } from '../helpers/workbench.ts'
import { expectSafe } from '../web/check.ts'

test('signing in leads to what was asked for, and out again', async () => {
  const s = await service()
  const browser = client(s)
  const asked = await browser.get('/ru/edit')
  expect([asked.status, asked.headers.location]).toEqual([303, '/ru/edit/sign-in?next=%2Fru%2Fedit'])
  const page = await browser.get(String(asked.headers.location))
  expect(page.status).toBe(200)
  expect(page.text).toContain('<input type="hidden" name="next" value="/ru/edit">')
  await expectSafe('sign-in', page.text)
  const answer = await browser.submit('/ru/edit/sign-in', { signInKey: s.keys.analyst, next: '/ru/edit' })
  expect([answer.status, answer.headers.location]).toEqual([303, '/ru/edit'])
  const work = await browser.get('/ru/edit')
  expect(work.status).toBe(200)
  expect(work.text).toContain('test analyst')
  await expectSafe('work', work.text)
  const out = await browser.submit('/ru/edit/sign-out')
  expect(out.headers.location).toBe('/ru/edit/sign-in?done=signedOut')
  expect(browser.cookie()).toBe('')
})

describe('a form', () => {
  test.each([
    ['same-origin', undefined, true],
    ['same-origin', 'https://evil.example', true],
    ['same-site', undefined, false],
    ['cross-site', undefined, false],
    ['cross-site', 'http://localhost', false],
    ['none', undefined, true],
    ['none', 'https://evil.example', false],
    [undefined, 'http://localhost', true],
    [undefined, 'http://localhost:81', false],
    [undefined, 'https://evil.example', false],
    [undefined, 'null', false],
    [undefined, undefined, false],
  ])('with Sec-Fetch-Site %s and Origin %s is accepted: %s', async (site, origin, accepted) => {
    const s = await service()
    const browser = await signIn(s)
    const answer = await s.request({
      method: 'POST',
      url: '/edit/sign-out',
      payload: '',
      headers: {
        accept: 'text/html',
        cookie: browser.cookie(),
        'content-type': 'application/x-www-form-urlencoded',
        ...(site !== undefined && { 'sec-fetch-site': site }),
        ...(origin !== undefined && { origin }),
      },
    })
    expect(answer.status).toBe(accepted ? 303 : 403)
    expect((await browser.get('/edit')).status).toBe(accepted ? 303 : 200)
    if (!accepted) await expectSafe('refused', answer.text)
  })
})
