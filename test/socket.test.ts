// Behaviour that only a real socket shows: broken HTTP, large headers, unread bodies, reused connections.
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { REQUEST_ID, type Service, service } from './helpers/app.ts'
import { eventually } from './helpers/wait.ts'

interface RawResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** Sends bytes and reads until the service closes the connection. */
async function raw(s: Service, sent: string | Buffer): Promise<RawResponse> {
  if (!s.app.server.listening) await s.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = s.app.server.address() as AddressInfo
  const received = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(sent))
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.on('error', (error) => (text === '' ? reject(error) : undefined))
  })
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    ),
    body: rest.join('\r\n\r\n'),
  }
}

const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n')

describe('over a socket', () => {
  test('a request that arrives during shutdown is answered with 503 and Retry-After', async () => {
    const s = await service()
    await s.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = s.app.server.address() as AddressInfo
    const begun = once(s.app.server, 'connection')
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    // The request begins before the shutdown and ends after it.
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
    const [connection] = (await begun) as [Socket]
    await eventually(() => expect(connection.bytesRead).toBeGreaterThan(0))
    const closed = s.app.close()
    await eventually(() => expect(s.app.server.listening).toBe(false))
    socket.write('\r\n')
    await once(socket, 'close')
    await closed
    expect(text).toMatch(/^HTTP\/1\.1 503 /)
    expect(text).toMatch(/content-type: application\/problem\+json/i)
    expect(text).toMatch(/retry-after: 1/i)
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      type: '/problems/unavailable',
      status: 503,
      instance: '/healthz',
    })
  })

  test('a record is created, read, updated and deleted', async () => {
    const s = await service()
    await s.app.ready()
    const client = request(s.app.server)
    const created = await client
      .post('/v1/speakers')
      .set('Authorization', `Bearer ${s.keys.analyst}`)
      .send({ name: 'A' })
    expect([created.status, created.body.name, created.headers['etag']]).toEqual([
      201,
      'A',
      expect.stringMatching(/^"1\./),
    ])
    const url = String(created.headers['location'])
    const read = await client.get(url)
    expect(read.body).toEqual(created.body)
    expect(read.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(Number(read.headers['content-length'])).toBe(Buffer.byteLength(read.text))
    expect((await client.get(url).set('If-None-Match', String(read.headers['etag']))).status).toBe(304)
    const changed = await client
      .patch(url)
      .set('Authorization', `Bearer ${s.keys.analyst}`)
      .set('If-Match', String(created.headers['etag']))
      .set('Content-Type', 'application/merge-patch+json')
      .send(JSON.stringify({ name: 'Б 😀' }))
    expect([changed.status, changed.body.name, changed.body.version]).toEqual([200, 'Б 😀', 2])
    const deleted = await client
      .delete(`${url}?reason=Test`)
      .set('Authorization', `Bearer ${s.keys.admin}`)
      .set('If-Match', '*')
    expect(deleted.status).toBe(204)
    const gone = await client.get(url)
    expect([gone.status, gone.headers['content-type']]).toEqual([
      410,
      'application/problem+json; charset=utf-8',
    ])
  })

  test('HEAD and 304 responses have no body, and the connection stays usable', async () => {
    const s = await service()
    const { headers, body } = await raw(
      s,
      'HEAD /v1/speakers HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/speakers HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n' +
        get('/healthz'),
    )
    expect(Number(headers['content-length'])).toBeGreaterThan(0)
    expect(body.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 304', 'HTTP/1.1 200'])
    expect(body).toMatch(/\{"status":"ok"\}$/)
  })

  test.each<[string, string | Buffer, number, string]>([
    ['that is not HTTP', 'hello\r\n\r\n', 400, 'malformed-body'],
    ['of TLS', Buffer.from('16030100a5010000a10303', 'hex'), 400, 'malformed-body'],
    ['with a malformed header', get('/', 'no colon'), 400, 'malformed-body'],
    ['with a NUL in a header', get('/', 'X-A: a\0b'), 400, 'malformed-body'],
    ['with two lengths', get('/', 'Content-Length: 1', 'Content-Length: 2'), 400, 'malformed-body'],
    [
      'with a length and chunks',
      get('/', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
      400,
      'malformed-body',
    ],
    ['with a length that is not a number', get('/', 'Content-Length: ten'), 400, 'malformed-body'],
    ['with a broken chunk', `${get('/', 'Transfer-Encoding: chunked')}zz\r\n`, 400, 'malformed-body'],
    ['with an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed-body'],
    ['with headers too large', get('/', `X-A: ${'a'.repeat(20_000)}`), 431, 'headers-too-large'],
    ['with a path too long', get(`/${'a'.repeat(20_000)}`), 431, 'headers-too-large'],
    [
      'with too many headers',
      get('/', ...Array.from({ length: 2000 }, (_, n) => `X-${n}: aaaaaa`)),
      431,
      'headers-too-large',
    ],
    ['with an unknown expectation', get('/', 'Expect: miracles'), 417, 'expectation-failed'],
    ['with two hosts', get('/', 'Host: other'), 400, 'malformed-body'],
    ['without a host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed-body'],
  ])('a request %s is answered with a problem', async (_, sent, status, code) => {
    const s = await service()
    const response = await raw(s, sent)
    expect(response).toMatchObject({
      status,
      headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) },
    })
    const body = JSON.parse(response.body)
    expect(body).toMatchObject({
      type: `/problems/${code}`,
      status,
      detail: expect.any(String),
      instance: expect.any(String),
    })
    expect(body.requestId).toMatch(REQUEST_ID)
    expect(response.headers['x-request-id']).toBe(body.requestId)
    expect((await s.get('/healthz')).status).toBe(200)
  })

  test.each(['Content-Length: 10000000', 'Transfer-Encoding: chunked'])(
    'a body that is too large is rejected before it is read to its end (%s)',
    async (how) => {
      const s = await service()
      const authorization = `Authorization: Bearer ${s.keys.analyst}`
      const head = [
        'POST /v1/speakers HTTP/1.1',
        'Host: x',
        'Content-Type: application/json',
        authorization,
        how,
        '',
        '',
      ].join('\r\n')
      const chunk = `500000\r\n${'x'.repeat(0x500000)}\r\n`
      const response = await raw(s, how.startsWith('Content') ? head : head + chunk)
      expect(response).toMatchObject({
        status: 413,
        headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) },
      })
      expect(JSON.parse(response.body)).toMatchObject({ type: '/problems/body-too-large', status: 413 })
    },
  )

  test('OPTIONS * and absolute URLs never cause a 5xx', async () => {
    const s = await service()
    expect((await raw(s, get('*').replace('GET', 'OPTIONS'))).status).toBeLessThan(500)
    expect((await raw(s, get('http://localhost/healthz'))).status).toBeLessThan(500)
    expect((await raw(s, get('//healthz'))).status).toBe(404)
  })

  test('a client that disconnects during a request does not affect the service', async () => {
    const s = await service()
    await s.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = s.app.server.address() as AddressInfo
    for (const sent of [
      'GET /v1/speakers',
      get('/v1/speakers'),
      'POST /v1/speakers HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(sent, () => socket.resetAndDestroy()))
        socket.on('close', () => resolve())
        socket.on('error', () => {})
      })
    }
    expect((await request(s.app.server).get('/healthz')).status).toBe(200)
  })
})
