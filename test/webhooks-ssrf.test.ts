// Webhooks are only sent to public addresses, however an address is spelt and whatever a host name resolves to.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { refusedRange, urlFaults } from '../src/core/addresses.ts'
import type { Resolve } from '../src/http/outgoing.ts'
import { NOT_PUBLIC, REJECTED_URLS } from './helpers/addresses.ts'
import { type Service, service } from './helpers/app.ts'
import { receiver } from './helpers/receiver.ts'
import { create } from './helpers/requests.ts'
import { eventually } from './helpers/wait.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const PUBLIC = [
  ...[
    '8.8.8.8',
    '1.1.1.1',
    '93.184.215.14',
    '172.32.0.1',
    '100.128.0.1',
    '192.167.255.255',
    '223.255.255.254',
  ],
  ...['2001:4860:4860::8888', '2606:4700::1111', '2a00:1450:4001:80e::200e'],
  // In networks with IPv6 only, DNS64 returns such addresses for public IPv4 hosts.
  ...['::ffff:8.8.8.8', '64:ff9b::808:808'],
]

test.each(NOT_PUBLIC)('the address %j is rejected', (address) => {
  expect(refusedRange(address)).toMatch(/^\w+$/)
})

test.each(PUBLIC)('the address %j is public', (address) => {
  expect(refusedRange(address)).toBeNull()
})

const ACCEPTED_URLS = [
  ...[
    'https://example.org',
    'http://example.org/hook?a=b',
    'https://example.org:443/',
    'https://example.org:8443/',
  ],
  ...[
    'https://münchen.example/',
    'https://8.8.8.8/',
    'https://[2001:4860:4860::8888]/',
    'http://example.org:1024',
  ],
]

describe('without WEBHOOK_ALLOW_PRIVATE', () => {
  test('no spelling of an address that is not public is accepted', async () => {
    const s = await service()
    const admin = { authorization: `Bearer ${s.keys.admin}` }
    const { body } = await s.post('/v1/webhooks', { url: 'https://example.org/', status: 'paused' }, admin)
    for (const url of REJECTED_URLS) {
      expect([url, urlFaults(url, '/url', false).length > 0]).toEqual([url, true])
      for (const response of [
        await s.post('/v1/webhooks', { url, status: 'paused' }, admin),
        await s.patch(`/v1/webhooks/${body['id']}`, { url }, admin),
      ]) {
        expect([url, [400, 422].includes(response.status)], response.text).toEqual([url, true])
        expect(response.body['errors'][0].pointer, url).toBe('/url')
      }
    }
    expect((await s.get('/v1/webhooks', admin)).body['data']).toHaveLength(1)
  })

  test('literal addresses are rejected with 422 and the reason', async () => {
    const s = await service()
    const admin = { authorization: `Bearer ${s.keys.admin}` }
    const { status, body } = await s.post('/v1/webhooks', { url: 'http://0x7f.1:3000/' }, admin)
    expect([status, body['type']]).toEqual([422, '/problems/inconsistent'])
    expect(body['errors']).toEqual([
      { pointer: '/url', detail: '127.0.0.1 is not a public address (loopback).' },
    ])
  })

  test.each(ACCEPTED_URLS)('%s is accepted', async (url) => {
    expect(urlFaults(url, '/url', false)).toEqual([])
    const s = await service()
    const admin = { authorization: `Bearer ${s.keys.admin}` }
    expect((await s.post('/v1/webhooks', { url, status: 'paused' }, admin)).status).toBe(201)
  })
})

/** Sends a webhook to a host name, and returns its only delivery. */
async function deliverTo(port: number, resolve: Resolve) {
  const s = await service({ webhookSending: { resolve } })
  const admin = { authorization: `Bearer ${s.keys.admin}` }
  const created = await s.post('/v1/webhooks', { url: `http://rebind.example:${port}/` }, admin)
  expect(created.status, created.text).toBe(201)
  return firstDelivery(s, String(created.headers['location']), admin)
}

async function firstDelivery(s: Pick<Service, 'post' | 'get'>, path: string, admin: Record<string, string>) {
  await create(s as Service, '/v1/topics', { slug: 'a', prefLabel: 'A' })
  const newest = async () => (await s.get(`${path}/deliveries`, admin)).body['data'][0]
  await eventually(async () => expect((await newest()).attemptCount).toBe(1))
  return (await s.get(`${path}/deliveries/${(await newest()).id}`, admin)).body
}

const always =
  (...addresses: string[]): Resolve =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

describe('a webhook to a host name', () => {
  test.each([
    [['127.0.0.1']],
    [['::ffff:127.0.0.1']],
    [['169.254.169.254']],
    [['8.8.8.8', '127.0.0.1']],
    [['::1', '2001:4860:4860::8888']],
  ])('that resolves to %j is not sent', async (addresses) => {
    const target = await receiver()
    const log = await deliverTo(target.port, always(...addresses))
    expect(log).toMatchObject({ status: 'pending', lastStatusCode: null })
    expect(log['attempts'][0].error).toMatch(
      /^rebind\.example does not resolve to a public address \(\w+\)\.$/,
    )
    // The error does not reveal the address.
    expect(log['attempts'][0].error).not.toMatch(/\d/)
    expect(target.messages).toEqual([])
  })

  test('that resolves to another address the second time is resolved once: the checked address is the one used', async () => {
    const target = await receiver()
    let lookups = 0
    // Like a malicious name server: a public address for the check, a private one a moment later.
    const rebinding: Resolve = (host, options, callback) =>
      always(lookups++ === 0 ? '127.0.0.1' : '8.8.8.8')(host, options, callback)
    const log = await deliverTo(target.port, rebinding)
    expect(log['attempts'][0].error).toMatch(/loopback/)
    expect(lookups).toBe(1)
    expect(target.messages).toEqual([])
  })

  test('that does not resolve fails like any other', async () => {
    const log = await deliverTo(80, (_host, _options, callback) =>
      callback(Object.assign(new Error('getaddrinfo ENOTFOUND rebind.example'), { code: 'ENOTFOUND' }), []),
    )
    expect(log['attempts'][0].error).toMatch(/ENOTFOUND/)
    const none = await deliverTo(80, (_host, _options, callback) => callback(null, []))
    expect(none['attempts'][0].error).toBe('rebind.example has no address.')
  })
})

test('a literal address that was accepted with WEBHOOK_ALLOW_PRIVATE gets no deliveries without it', async () => {
  const target = await receiver()
  const s = await service({ webhookAllowPrivate: true })
  const admin = { authorization: `Bearer ${s.keys.admin}` }
  const { headers } = await s.post('/v1/webhooks', { url: target.url }, admin)
  const path = String(headers['location'])
  await firstDelivery(s, path, admin)
  expect(target.messages).toHaveLength(1)
  await s.app.close()
  const app = await buildApp({ engine: s.engine })
  onTestFinished(() => app.close())
  const send = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const response = await app.inject({ method, url, headers: admin, ...(payload && { payload }) })
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: response.json(),
    }
  }
  await send('POST', '/v1/topics', { slug: 'b', prefLabel: 'B' })
  await eventually(async () => {
    const { body } = await send('GET', `${path}/deliveries`)
    const { body: log } = await send('GET', `${path}/deliveries/${body.data[0].id}`)
    expect(log.attempts[0].error).toBe('127.0.0.1 is not a public address (loopback).')
  })
  expect(target.messages).toHaveLength(1)
})

test('with WEBHOOK_ALLOW_PRIVATE, deliveries are sent to loopback names and addresses', async () => {
  const target = await receiver()
  const s = await service({ webhookAllowPrivate: true, webhookSending: { resolve: always('127.0.0.1') } })
  const admin = { authorization: `Bearer ${s.keys.admin}` }
  for (const host of ['rebind.example', '127.0.0.1', '2130706433'])
    expect((await s.post('/v1/webhooks', { url: `http://${host}:${target.port}/` }, admin)).status).toBe(201)
  await create(s, '/v1/topics', { slug: 'a', prefLabel: 'A' })
  expect((await target.got(3)).map(({ headers }) => headers.host).toSorted()).toEqual([
    `127.0.0.1:${target.port}`,
    `127.0.0.1:${target.port}`,
    `rebind.example:${target.port}`,
  ])
})

test('deliveries do not use the proxies in the environment', async () => {
  const [proxy, target] = [await receiver(), await receiver()]
  const code = `
    const { WebhookClient } = await import('./src/features/webhooks/client.ts')
    const poster = new WebhookClient({ allowPrivate: true, timeoutMs: 5000, userAgent: 'test' })
    const { statusCode } = await poster.post('${target.url}', {}, '{}', new AbortController().signal)
    poster.close()
    console.log(statusCode)`
  const env = {
    PATH: process.env['PATH'],
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    http_proxy: `http://127.0.0.1:${proxy.port}`,
  }
  const { stdout } = await promisify(execFile)(
    join(ROOT, 'node_modules/.bin/node'),
    ['--input-type=module', '-e', code],
    { cwd: ROOT, env },
  )
  expect(stdout).toBe('204\n')
  expect([target.messages.length, proxy.messages.length]).toEqual([1, 0])
})
