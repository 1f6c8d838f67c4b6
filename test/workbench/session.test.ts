// Sessions of the workbench: signing in and out, their end, cookies, and forms of other sites.
import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createKey, revokeKey } from '../../src/db/keys.ts'
import { makeLogger } from '../../src/logger.ts'
import { type Service, service } from '../helpers/app.ts'
import { describeOnce } from '../helpers/database.ts'
import { client, fieldsOf, signIn } from '../helpers/workbench.ts'
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

test.each([
  ['', 'for analysts with a key', 'tell whoever runs this service'],
  ['/ru', 'для аналитиков с ключом', 'сообщите администратору сервиса'],
  ['/zh', '需持有密钥的分析员', '告知本服务的运维人员'],
])('a reader without a key learns how to report a mistake: %s', async (prefix, forWhom, how) => {
  const s = await service({ seed: true })
  const browser = client(s)
  const record = await browser.get(`${prefix}/topics/counter-uav`)
  const [, address = '', words = ''] =
    /<p class="correct"><a [^>]*href="([^"]*)">(.*?)<\/a>/.exec(record.text) ?? []
  expect(words).toContain(forWhom)
  const asked = await browser.get(address)
  expect(asked.status).toBe(303)
  const page = await browser.get(String(asked.headers.location))
  expect(page.text).toContain(how)
  await expectSafe(prefix, page.text)
})

test('pages without a session log no error', async () => {
  const lines: string[] = []
  const log = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const s = await service({ logger: makeLogger('info', log) })
  expect((await client(s).get('/edit')).status).toBe(303)
  expect((await client(s).submit('/edit/imports', { name: 'x' })).status).toBe(401)
  expect(lines.join('')).not.toMatch(/"level":[56]0/)
})

describeOnce('a form', () => {
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

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A service whose time the test sets. */
async function serviceAt(instant: string, own = false) {
  let now = new Date(instant)
  const s = await service({ clock: () => now, own })
  return {
    s,
    wait: (ms: number) => {
      now = new Date(now.getTime() + ms)
    },
    now: () => now,
  }
}

const isSignedIn = async ({ get }: { get: (path: string) => Promise<{ status: number }> }) =>
  (await get('/edit')).status === 200

describe('a session', () => {
  test('ends 12 hours after the last request', async () => {
    const { s, wait } = await serviceAt('2026-11-29T08:00:00Z')
    const browser = await signIn(s)
    for (let request = 0; request < 4; request++) {
      wait(11 * HOUR)
      expect([request, await isSignedIn(browser)]).toEqual([request, true])
    }
    wait(12 * HOUR)
    expect(await isSignedIn(browser)).toBe(false)
  })

  test('ends 7 days after it was begun, however often it is used', async () => {
    const { s, wait } = await serviceAt('2026-11-29T08:00:00Z')
    const browser = await signIn(s)
    for (let request = 0; request < 15; request++) {
      wait(11 * HOUR)
      expect(await isSignedIn(browser)).toBe(true)
    }
    wait(3 * HOUR)
    expect(await isSignedIn(browser)).toBe(false)
  })

  test('ends at once when its key is revoked or expires', async () => {
    const { s, wait, now } = await serviceAt('2026-11-29T08:00:00Z')
    const create = async (expiresAt: Date | null) => {
      const made = await createKey(s.engine, { name: 'A', role: 'analyst', expiresAt, now: now() })
      const browser = client(s)
      expect((await browser.submit('/edit/sign-in', { signInKey: made.token })).status).toBe(303)
      return { browser, id: made.key.id }
    }
    const revoked = await create(null)
    const expiring = await create(new Date(now().getTime() + HOUR))
    await revokeKey(s.engine, revoked.id, now())
    expect([await isSignedIn(revoked.browser), await isSignedIn(expiring.browser)]).toEqual([false, true])
    wait(HOUR)
    expect(await isSignedIn(expiring.browser)).toBe(false)
  })

  test('has a new secret each time, and the former one of the browser ends', async () => {
    const s = await service()
    const browser = await signIn(s)
    const former = browser.cookie()
    await browser.submit('/edit/sign-in', { signInKey: s.keys.admin })
    expect(browser.cookie()).not.toBe(former)
    expect(await isSignedIn(browser)).toBe(true)
    expect((await browser.get('/edit', { cookie: former })).status).toBe(303)
  })

  test('is not begun with a secret that the browser brought', async () => {
    const s = await service()
    const browser = client(s)
    const planted = `sco_session=${'A'.repeat(43)}`
    await browser.submit('/edit/sign-in', { signInKey: s.keys.analyst }, { cookie: planted })
    expect(browser.cookie()).not.toBe(planted)
    expect((await browser.get('/edit', { cookie: planted })).status).toBe(303)
  })

  test('is listed, and ended alone or with all others', async () => {
    const s = await service()
    const [one, two, three, other] = [
      await signIn(s),
      await signIn(s),
      await signIn(s),
      await signIn(s, 'admin'),
    ]
    const list = await one.get('/edit/sessions')
    await expectSafe('sessions', list.text)
    const ids = [...list.text.matchAll(/name="end" value="([0-9a-f]{64})"/g)].map(([, id]) => id ?? '')
    expect(ids.length).toBe(2)
    expect((await one.follow('/edit/sessions', { end: ids[0] ?? '' })).text).toContain('role="status"')
    const states = async () => [await isSignedIn(one), await isSignedIn(two), await isSignedIn(three)]
    expect((await states()).toSorted()).toEqual([false, true, true])
    expect((await states())[0]).toBe(true)
    await one.follow('/edit/sessions', { others: '1' })
    expect(await states()).toEqual([true, false, false])
    expect(await isSignedIn(other)).toBe(true)
  })

  test('of another key is neither listed nor ended', async () => {
    const s = await service()
    const [own, other] = [await signIn(s), await signIn(s, 'admin')]
    const { sessions } = await s.rows()
    const keyId = (await s.rows())['keys']?.find(({ role }) => role === 'admin')?.['id']
    const id = String(sessions?.find((row) => row['keyId'] === keyId)?.['id'])
    expect((await own.get('/edit/sessions')).text).not.toContain(id)
    await own.submit('/edit/sessions', { end: id })
    expect(await isSignedIn(other)).toBe(true)
  })

  test('is stored without its secret, and cleared when it is over', async () => {
    const { s, wait } = await serviceAt('2026-11-29T08:00:00Z')
    const browser = await signIn(s)
    const secret = browser.cookie().split('=')[1] ?? ''
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(JSON.stringify(await s.rows())).not.toContain(secret)
    wait(7 * DAY)
    await signIn(s)
    expect((await s.rows())['sessions']?.length).toBe(1)
  })
})

describeOnce('the cookie', () => {
  const signInOver = async (s: Service, headers: Record<string, string>) =>
    client(s).submit('/edit/sign-in', { signInKey: s.keys.analyst }, headers)

  test('is secure, and bound to the host, over HTTPS', async () => {
    const s = await service({ trustProxy: 1 })
    const headers = { host: 'tracker.example', 'x-forwarded-proto': 'https' }
    const { headers: answer } = await signInOver(s, headers)
    expect(String(answer['set-cookie'])).toMatch(
      /^__Host-sco_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  test.each(['localhost:3000', '127.0.0.1:3000', '[::1]:3000'])(
    'is kept without HTTPS at %s',
    async (host) => {
      const { headers } = await signInOver(await service(), { host })
      expect(String(headers['set-cookie'])).toMatch(
        /^sco_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
      )
    },
  )

  test.each(['tracker.example', '192.168.1.5:3000', 'localhost.evil.example', '127.0.0.1.nip.io'])(
    'is not sent without HTTPS to %s, and the page says why',
    async (host) => {
      const s = await service()
      const answer = await signInOver(s, { host })
      expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined])
      const page = await client(s).get('/edit/sign-in', { host })
      expect(page.text).toContain('secure connection')
      expect(page.text).not.toContain('type="password"')
      await expectSafe('insecure', page.text)
    },
  )

  test('counts on pages only', async () => {
    const s = await service()
    const { cookie } = await signIn(s).then((browser) => ({ cookie: browser.cookie() }))
    const body = { name: 'A' }
    expect((await s.post('/v1/speakers', body, { authorization: '', cookie })).status).toBe(401)
    expect((await s.post('/v1/speakers', body)).status).toBe(201)
  })

  test('opens the pages for readers where reading needs a key, and no data', async () => {
    const s = await service({ seed: true, requireKeyForReads: true })
    const browser = await signIn(s)
    const stranger = client(s)
    for (let round = 0; round < 3; round++)
      for (const path of ['/proposals', '/en/', '/ru/search?q=drones']) {
        const page = await browser.get(path)
        expect([path, page.status]).toEqual([path, 200])
        expect(page.headers['cache-control']).toBe('private, no-cache')
        expect([path, (await stranger.get(path)).status]).toEqual([path, 401])
      }
    expect((await browser.get('/v1/proposals')).status).toBe(401)
    await browser.submit('/edit/sign-out')
    expect((await browser.get('/proposals')).status).toBe(401)
  })
})

describe('attempts to sign in', () => {
  const wrongKey = (s: Service) => `${s.keys.analyst.slice(0, -43)}${'A'.repeat(43)}`

  test('do not say which part of the key was wrong', async () => {
    const s = await service({ own: true })
    const texts = new Set<string>()
    for (const signInKey of [wrongKey(s), `sco_${'0'.repeat(26)}_${'A'.repeat(43)}`, 'x']) {
      const { status, text } = await client(s).submit('/edit/sign-in', { signInKey })
      expect(status).toBe(422)
      await expectSafe('wrong', text)
      texts.add(text)
    }
    expect(texts.size).toBe(1)
  })

  test('of one network are limited, and the limit ends', async () => {
    const { s, wait } = await serviceAt('2026-11-29T08:00:00Z', true)
    const browser = client(s)
    const statuses: number[] = []
    for (let attempt = 0; attempt < 21; attempt++)
      statuses.push((await browser.submit('/edit/sign-in', { signInKey: 'x' })).status)
    expect(statuses).toEqual([...Array(20).fill(422), 429])
    const refused = await browser.submit('/edit/sign-in', { signInKey: s.keys.analyst })
    expect([refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([429, true])
    await expectSafe('limited', refused.text)
    if (s.engine.rateCounter) return
    wait(15 * 60_000)
    expect((await browser.submit('/edit/sign-in', { signInKey: s.keys.analyst })).status).toBe(303)
  })

  test('with one key from many networks are limited, and never lock out its owner', async () => {
    const s = await service({ trustProxy: 1 })
    const from = (address: string, signInKey: string) =>
      client(s).submit('/edit/sign-in', { signInKey }, { 'x-forwarded-for': address })
    for (let attempt = 0; attempt < 20; attempt++)
      expect((await from(`203.0.113.${attempt}`, wrongKey(s))).status).toBe(422)
    expect((await from('203.0.113.99', wrongKey(s))).status).toBe(429)
    expect((await from('203.0.113.98', s.keys.analyst)).status).toBe(303)
  })

  test('from one network of IPv6 are counted together', async () => {
    const s = await service({ trustProxy: 1 })
    const from = (address: string) =>
      client(s).submit('/edit/sign-in', { signInKey: 'x' }, { 'x-forwarded-for': address })
    for (let attempt = 1; attempt <= 20; attempt++) await from(`2001:db8:0:1::${attempt.toString(16)}`)
    expect((await from('2001:db8:0:1:ffff::1')).status).toBe(429)
    expect((await from('2001:db8:0:2::1')).status).toBe(422)
  })
})

describeOnce('after signing in', () => {
  test.each([
    ['/edit/sessions', '/edit/sessions'],
    ['/proposals?state=RU', '/proposals?state=RU'],
    ['https://evil.example/', '/edit'],
    ['//evil.example/', '/edit'],
    ['/\\evil.example/', '/edit'],
    ['/\t/evil.example/', '/edit'],
    ['/./\n/evil.example/', '/edit'],
    ['/x/..//evil.example/', '/edit'],
    ['javascript:alert(1)', '/edit'],
    ['', '/edit'],
  ])('%s leads to %s', async (next, location) => {
    const s = await service()
    const answer = await client(s).submit('/edit/sign-in', { signInKey: s.keys.analyst, next })
    expect([answer.status, answer.headers.location]).toEqual([303, location])
    const page = await (await signIn(s)).get(`/edit/sign-in?next=${encodeURIComponent(next)}`)
    expect([page.status, page.headers.location]).toEqual([303, location])
  })

  test('addresses have the base path', async () => {
    const s = await service({ basePath: '/sco' })
    const browser = client(s)
    const asked = await browser.get('/sco/zh/edit/sessions')
    expect(asked.headers.location).toBe('/sco/zh/edit/sign-in?next=%2Fzh%2Fedit%2Fsessions')
    const page = await browser.get(String(asked.headers.location))
    expect(page.text).toContain('action="/sco/zh/edit/sign-in"')
    const answer = await browser.submit('/sco/zh/edit/sign-in', {
      signInKey: s.keys.analyst,
      next: '/zh/edit/sessions',
    })
    expect(answer.headers.location).toBe('/sco/zh/edit/sessions')
    const list = await browser.get('/sco/zh/edit/sessions')
    expect(list.text).toContain('src="/sco/assets/workbench/page.js"')
    await expectSafe('sessions', list.text)
  })
})

describeOnce('a form that is sent after the session has ended', () => {
  const TYPED = {
    name: 'Zoë "<script>" \'x\' & Ко',
    role: 'analyst',
    expires: '365',
    'two words': 'a\nb\r\nc',
  }

  async function expired() {
    const { s, wait } = await serviceAt('2026-11-29T08:00:00Z')
    const browser = await signIn(s, 'admin')
    wait(12 * HOUR)
    return { s, browser, page: await browser.submit('/ru/edit/keys', TYPED) }
  }

  test('comes back with all its fields, and is shown again after signing in, unsaved', async () => {
    const { s, browser, page } = await expired()
    const before = await s.rows()
    expect(page.status).toBe(401)
    expect(page.headers['cache-control']).toBe('no-store')
    await expectSafe('expired', page.text)
    expect(page.text).toContain('action="/ru/edit/keys"')
    const carried = fieldsOf(page.text)
    expect(carried).toMatchObject({ ...TYPED, 'two words': 'a\r\nb\r\nc', signInKey: '' })
    const wrong = await browser.submit('/ru/edit/keys', { ...carried, signInKey: 'wrong' })
    expect(wrong.status).toBe(422)
    expect(fieldsOf(wrong.text)).toEqual(carried)
    const again = await browser.submit('/ru/edit/keys', { ...carried, signInKey: s.keys.admin })
    expect(again.status).toBe(200)
    await expectSafe('again', again.text)
    expect(fieldsOf(again.text)).toMatchObject({ name: TYPED.name, role: 'analyst', expires: '365' })
    expect(again.text).toContain('role="status"')
    expect(again.text).not.toContain(s.keys.admin)
    expect((await s.rows())['keys']).toEqual(before['keys'])
    const saved = await browser.submit('/ru/edit/keys', fieldsOf(again.text))
    expect(saved.status).toBe(200)
    expect((await s.rows())['keys']?.map(({ name }) => name)).toContain(TYPED.name)
  })

  test('with several fields of one name keeps all of them, in their order', async () => {
    const s = await service()
    const { text } = await client(s).submit('/edit/keys', { topic: ['b', '', 'a'], name: 'x' })
    const carried = [...text.matchAll(/<input type="hidden" name="(\w+)" value="(\w*)">/g)]
    expect(carried.map(([, name, value]) => [name, value])).toEqual([
      ['topic', 'b'],
      ['topic', ''],
      ['topic', 'a'],
      ['name', 'x'],
    ])
  })

  test('is refused with a page if it is too large to be carried', async () => {
    const s = await service()
    const many = await client(s).submit('/edit/keys', { a: Array(10_001).fill('') })
    const large = await client(s).submit('/edit/keys', { a: 'x'.repeat(4 * 1024 * 1024) })
    for (const answer of [many, large]) {
      expect(answer.status).toBe(413)
      await expectSafe('too large', answer.text)
    }
    const own = await (await signIn(s)).submit('/edit/sessions', { a: 'x'.repeat(4 * 1024 * 1024) })
    expect(own.status).toBe(303)
  })

  test('by a script is a problem with the status 401', async () => {
    const s = await service()
    const answer = await client(s).submit('/edit/keys', { name: 'x' }, { accept: '*/*' })
    expect([answer.status, answer.body['type']]).toEqual([401, '/problems/unauthorized'])
  })
})

test('secrets are in no log, and in no address', async () => {
  const lines: string[] = []
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk))
      done()
    },
  })
  const s = await service({ logger: makeLogger('trace', stream) })
  const browser = await signIn(s, 'admin')
  const secrets = [s.keys.admin.slice(-43), browser.cookie().split('=')[1] ?? '']
  const { text } = await browser.submit('/edit/keys', { name: 'New', role: 'admin', expires: '30' })
  secrets.push(/sco_[0-9a-z]{26}_([\w-]{43})/.exec(text)?.[1] ?? '')
  await client(s).submit('/edit/sign-in', { signInKey: `${s.keys.admin}x` })
  await client(s).submit('/edit/keys', { signInKey: s.keys.admin, name: 'x' })
  await browser.get(`/edit/sign-in?next=/edit&key=${s.keys.admin}`)
  expect(lines.length).toBeGreaterThan(5)
  for (const secret of secrets) {
    expect(secret).toHaveLength(43)
    expect(lines.join('')).not.toContain(secret)
  }
})
