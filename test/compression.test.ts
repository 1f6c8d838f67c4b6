// Compression: smaller bodies for clients that accept it, with correct ETags.
import { get as httpGet, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import { ENGINE } from './helpers/database.ts'

const ENCODINGS = [
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
] as const

/** A response with its body as bytes. */
async function fetchBytes(
  s: Service,
  url: string,
  headers: Record<string, string> = {},
  method: 'GET' | 'HEAD' = 'GET',
) {
  const { statusCode, headers: own, rawPayload } = await s.app.inject({ method, url, headers })
  return { status: statusCode, headers: own, bytes: rawPayload }
}

const accepting = (encoding: string) => ({ 'accept-encoding': encoding })

describe.each(ENCODINGS)('with Accept-Encoding: %s', (encoding, decompress) => {
  test.each([
    '/v1/states',
    '/v1/proposals?limit=50',
    '/v1/states.csv',
    '/v1/states.ndjson',
    '/v1/proposals.atom',
    '/v1/changes',
    '/openapi.json',
    '/openapi.yaml',
    '/docs/js/scalar.js',
  ])('compresses %s without changing its content', async (url) => {
    const s = await service({ seed: true })
    const plain = await fetchBytes(s, url)
    expect(plain.headers['content-encoding']).toBeUndefined()
    for (const attempt of ['first', 'second']) {
      const packed = await fetchBytes(s, url, accepting(encoding))
      expect(packed.headers['content-encoding'], attempt).toBe(encoding)
      expect(packed.headers['content-type']).toBe(plain.headers['content-type'])
      expect(packed.bytes.length).toBeLessThan(plain.bytes.length)
      expect(decompress(packed.bytes).equals(plain.bytes)).toBe(true)
      expect(packed.headers.etag).toBe(String(plain.headers.etag).replace(/"$/, `-${encoding}"`))
      const length = packed.headers['content-length']
      if (length !== undefined) expect(Number(length)).toBe(packed.bytes.length)
      for (const { headers } of [plain, packed]) expect(headers.vary).toBe('Accept, Accept-Encoding')
    }
  })

  test('gives HEAD the headers of GET', async () => {
    const s = await service({ seed: true })
    const ofGet = await fetchBytes(s, '/v1/states', accepting(encoding))
    const ofHead = await fetchBytes(s, '/v1/states', accepting(encoding), 'HEAD')
    const { date: _, 'x-request-id': __, ...headers } = ofHead.headers
    expect(ofGet.headers).toMatchObject(headers)
    expect(headers['content-encoding']).toBe(encoding)
    expect(ofHead.bytes.length).toBe(0)
  })

  test('accepts in If-None-Match the ETag of any encoding', async () => {
    const s = await service({ seed: true })
    const url = '/v1/states'
    const plain = String((await fetchBytes(s, url)).headers.etag)
    for (const accepted of ['identity', 'gzip', 'br']) {
      const full = await fetchBytes(s, url, accepting(accepted))
      for (const ifNoneMatch of [
        plain,
        plain.replace(/"$/, `-${encoding}"`),
        `"other", W/${plain.replace(/"$/, `-${encoding}"`)}`,
      ]) {
        const again = await fetchBytes(s, url, { ...accepting(accepted), 'if-none-match': ifNoneMatch })
        expect([again.status, again.bytes.length], ifNoneMatch).toEqual([304, 0])
        for (const name of ['etag', 'vary', 'cache-control'])
          expect(again.headers[name]).toBe(full.headers[name])
        for (const name of ['content-encoding', 'content-length', 'content-type'])
          expect(again.headers[name], name).toBeUndefined()
      }
      for (const other of ['"other"', plain.replace(/"$/, '-zip"'), plain.replace(/.-?"$/, `-${encoding}"`)])
        expect((await fetchBytes(s, url, { ...accepting(accepted), 'if-none-match': other })).status).toBe(
          200,
        )
    }
  })

  test('accepts in If-Match the ETag of a compressed response while the record is unchanged', async () => {
    const s = await service()
    const summary = 'Words. '.repeat(300)
    const { body } = await s.post('/v1/meetings', { name: 'A meeting', startDate: '2022-08-24', summary })
    const url = `/v1/meetings/${body['id']}`
    const etag = String((await fetchBytes(s, url, accepting(encoding))).headers.etag)
    expect(etag).toMatch(new RegExp(`^"1\\..{22}-${encoding}"$`))
    expect((await s.patch(url, { name: 'B' }, { 'if-match': etag })).status).toBe(200)
    expect((await s.patch(url, { name: 'C' }, { 'if-match': etag })).status).toBe(412)
  })

  test.skipIf(ENGINE !== 'sqlite')('answers a repeated request from the cache, compressed', async () => {
    const s = await service({ seed: true })
    const miss = await fetchBytes(s, '/v1/states', accepting(encoding))
    s.queries()
    const hit = await fetchBytes(s, '/v1/states', accepting(encoding))
    expect(s.queries()).toEqual([])
    expect(hit.bytes.equals(miss.bytes)).toBe(true)
    const { date: _, 'x-request-id': __, ...headers } = miss.headers
    expect(hit.headers).toMatchObject(headers)
  })
})

test('the response to a write has the ETag of its encoding, like the next GET', async () => {
  const s = await service()
  const headers = {
    authorization: `Bearer ${s.keys.analyst}`,
    ...accepting('gzip'),
  }
  const payload = { name: 'A meeting', startDate: '2022-08-24', summary: 'Words. '.repeat(300) }
  const created = await s.app.inject({ method: 'POST', url: '/v1/meetings', payload, headers })
  expect([created.statusCode, created.headers['content-encoding']]).toEqual([201, 'gzip'])
  const read = await fetchBytes(s, String(created.headers.location), accepting('gzip'))
  expect(read.headers.etag).toBe(created.headers.etag)
  expect(read.bytes.equals(created.rawPayload)).toBe(true)
})

test('small bodies, and bodies for clients that accept no known encoding, are not compressed', async () => {
  const s = await service({ seed: true })
  for (const [url, header] of [
    ['/healthz', 'gzip, br'],
    ['/v1/states?limit=1', 'gzip'],
    ['/v1/states', 'identity'],
    ['/v1/states', 'deflate, zstd'],
    ['/v1/states', 'gzip;q=0'],
  ] as const) {
    const { headers, bytes } = await fetchBytes(s, url, accepting(header))
    expect(headers['content-encoding'], `${url} ${header}`).toBeUndefined()
    expect(Number(headers['content-length'])).toBe(bytes.length)
    expect(headers.vary).toBe('Accept, Accept-Encoding')
    expect(headers.etag).toBe((await fetchBytes(s, url)).headers.etag)
  }
})

test('over a socket, a live feed is not compressed and each event is sent at once', async () => {
  const s = await service()
  await s.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = s.app.server.address() as AddressInfo
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpGet(
      {
        host: '127.0.0.1',
        port,
        path: '/v1/changes',
        headers: { accept: 'text/event-stream', ...accepting('gzip, br') },
      },
      resolve,
    )
    request.on('error', reject)
    onTestFinished(() => void request.destroy())
  })
  response.on('error', () => {})
  expect(response.headers['content-encoding']).toBeUndefined()
  let text = ''
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  for (const name of ['First', 'Second']) {
    await s.post('/v1/speakers', { name })
    await expect.poll(() => text, { timeout: 60_000 }).toContain(`"name":"${name}"`)
  }
})

test('over a socket, a client that decompresses bodies reads the same content', async () => {
  const s = await service({ seed: true })
  const base = await s.app.listen({ host: '127.0.0.1', port: 0 })
  for (const path of ['/v1/proposals?limit=50', '/v1/proposals.ndjson']) {
    const plain = await fetch(base + path, { headers: accepting('identity') })
    const packed = await fetch(base + path, { headers: accepting('br, gzip') })
    expect(packed.headers.get('content-encoding'), path).toBe('br')
    expect(await packed.text()).toBe(await plain.text())
  }
})
