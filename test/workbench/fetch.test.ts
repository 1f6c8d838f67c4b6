// Pages are fetched from public addresses only, and no answer of a server exhausts the service.
import type { ServerResponse } from 'node:http'
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { publicLookup } from '../../src/http/outgoing.ts'
import { IngestFailure } from '../../src/workbench/ingest/failure.ts'
import { type FetchOptions, fetchPage, MAX_BYTES } from '../../src/workbench/ingest/fetch.ts'
import { NOT_PUBLIC, REJECTED_URLS } from '../helpers/addresses.ts'
import { publisher } from '../helpers/publisher.ts'

const OPEN: FetchOptions = { allowPrivate: true, userAgent: 'test' }
const GUARDED: FetchOptions = { allowPrivate: false, userAgent: 'test' }

/** The host `publisher.example` is this machine; all others are looked up and checked. */
const BESIDE_GUARD: FetchOptions = {
  ...GUARDED,
  lookup: (hostname, options, callback) => {
    if (hostname !== 'publisher.example')
      return publicLookup({
        allowPrivate: false,
        resolve: (_host, _options, answer) => answer(null, [{ address: '127.0.0.1', family: 4 }]),
      })(hostname, options, callback)
    if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  },
}

const failureOf = async (address: string, options: FetchOptions): Promise<string> => {
  const error = await fetchPage(address, options).then(
    () => new Error('It was fetched.'),
    (reason: unknown) => reason,
  )
  return error instanceof IngestFailure ? error.code : `no failure: ${String(error)}`
}

const page =
  (body: string | Buffer, headers: Record<string, string> = {}) =>
  (_request: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=windows-1251', ...headers }).end(body)
  }

describe('an address', () => {
  test.each(REJECTED_URLS)('%j is not fetched', async (url) => {
    expect(await failureOf(url, GUARDED)).toBe('address')
  })

  test.each(NOT_PUBLIC.filter((address) => /[:.]/.test(address) && !/[%g]|5$/.test(address)))(
    'of a host at %j is not fetched',
    async (address) => {
      const family = address.includes(':') ? 6 : 4
      const resolve: FetchOptions['resolve'] = (_host, _options, callback) =>
        callback(null, [{ address, family }])
      expect(await failureOf('http://publisher.example/', { ...GUARDED, resolve })).toBe('private')
    },
  )

  test('of this machine is not contacted', async () => {
    const target = await publisher(page('secret'))
    expect(await failureOf(`${target.origin}/`, GUARDED)).toBe('address')
    expect(await failureOf(`http://localhost:${target.port}/`, GUARDED)).toBe('address')
    expect(await failureOf(`http://internal.example:${target.port}/`, BESIDE_GUARD)).toBe('private')
    expect(target.requested).toEqual([])
  })
})

describe('a page', () => {
  test('comes with its type, charset, language and last address', async () => {
    const { origin } = await publisher(page('text', { 'content-language': 'ru, en' }))
    expect(await fetchPage(` ${origin}/news?id=1#part `, OPEN)).toEqual({
      url: `${origin}/news?id=1`,
      type: 'text/html',
      charset: 'windows-1251',
      language: 'ru',
      bytes: Buffer.from('text'),
    })
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('in %s is decompressed', async (encoding, compress) => {
    const { origin } = await publisher(page(compress('the text'), { 'content-encoding': encoding }))
    expect((await fetchPage(origin, OPEN)).bytes.toString()).toBe('the text')
  })

  test('in another encoding than it says is damaged', async () => {
    for (const encoding of ['gzip', 'br', 'zstd', 'deflate', 'rot13']) {
      const { origin } = await publisher(page('the text', { 'content-encoding': encoding }))
      expect([encoding, await failureOf(origin, OPEN)]).toEqual([encoding, 'damaged'])
    }
  })

  test.each(['image/png', 'application/zip', 'video/mp4', 'application/json'])(
    'of the type %s is not read',
    async (type) => {
      const { origin } = await publisher(page('text', { 'content-type': type }))
      expect(await failureOf(origin, OPEN)).toBe('type')
    },
  )

  test.each([204, 403, 404, 500])('with the status %i is not read', async (status) => {
    const { origin } = await publisher((_request, response) => {
      response.writeHead(status).end()
    })
    expect(await failureOf(origin, OPEN)).toBe('status')
  })
})

describe('redirects', () => {
  const redirecting = (to: (path: string, port: number) => string | null) =>
    publisher((request, response) => {
      const location = to(request.url ?? '', request.socket.localPort ?? 0)
      if (location === null) response.writeHead(200, { 'content-type': 'text/plain' }).end('arrived')
      else response.writeHead(302, { location }).end()
    })

  test('are followed, five at most', async () => {
    const server = await redirecting((path) => {
      const left = Number(path.slice(1))
      return left === 0 ? null : `/${left - 1}`
    })
    expect((await fetchPage(`${server.origin}/5`, OPEN)).url).toBe(`${server.origin}/0`)
    expect(await failureOf(`${server.origin}/6`, OPEN)).toBe('redirects')
    expect(server.requested).toHaveLength(12)
  })

  test('to themselves end', async () => {
    const { origin } = await redirecting((path) => path)
    expect(await failureOf(origin, OPEN)).toBe('redirects')
  })

  test('to an address that is not public are not followed', async () => {
    const secret = await publisher(page('secret'))
    for (const target of [
      `http://127.0.0.1:${secret.port}/`,
      `//0x7f.1:${secret.port}/`,
      `http://localhost:${secret.port}/`,
      `http://internal.example:${secret.port}/`,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'ftp://publisher.example/',
      'javascript:alert(1)',
      'http://user:password@publisher.example/',
    ]) {
      const server = await redirecting(() => target)
      const code = await failureOf(`http://publisher.example:${server.port}/`, BESIDE_GUARD)
      expect([target, code]).toEqual([target, /internal/.test(target) ? 'private' : 'address'])
      expect(server.requested).toHaveLength(1)
    }
    expect(secret.requested).toEqual([])
  })
})

describe('a body', () => {
  const quickBrotli = (data: Buffer) =>
    brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })

  test('that is too large is not read', async () => {
    const declared = await publisher(page('', { 'content-length': String(MAX_BYTES + 1) }))
    expect(await failureOf(declared.origin, OPEN)).toBe('too-large')
    const sent = await publisher((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const write = () => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', write)
      }
      write()
    })
    expect(await failureOf(sent.origin, OPEN)).toBe('too-large')
  })

  test.each([
    ['gzip', gzipSync],
    ['br', quickBrotli],
    ['zstd', zstdCompressSync],
  ] as const)('of %s that becomes too large is not read to its end', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(MAX_BYTES * 10))
    expect(bomb.length).toBeLessThan(MAX_BYTES / 50)
    const { origin } = await publisher(page(bomb, { 'content-encoding': encoding }))
    expect(await failureOf(origin, OPEN)).toBe('too-large')
  })

  test('that never comes, or never ends, is given up', async () => {
    const limited = { ...OPEN, timeoutMs: 300 }
    const silent = await publisher(() => {})
    expect(await failureOf(silent.origin, limited)).toBe('timeout')
    const endless = await publisher((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const timer = setInterval(() => response.write('x'), 10)
      response.once('close', () => clearInterval(timer))
    })
    expect(await failureOf(endless.origin, limited)).toBe('timeout')
    const empty = await publisher((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      const nothing = gzipSync('')
      const timer = setInterval(() => response.write(nothing), 10)
      response.once('close', () => clearInterval(timer))
    })
    expect(await failureOf(empty.origin, limited)).toBe('timeout')
  })

  test('that breaks off is not taken for the whole', async () => {
    const { origin } = await publisher((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' })
      response.write('half', () => response.destroy())
    })
    expect(await failureOf(origin, OPEN)).toBe('connection')
  })
})

test('a server that is not there is a failure', async () => {
  const { origin } = await publisher(() => {})
  const port = Number(new URL(origin).port)
  expect(
    await failureOf(`http://127.0.0.1:${port === 65_535 ? port - 1 : port + 1}/`, {
      ...OPEN,
      timeoutMs: 5000,
    }),
  ).toBe('connection')
  const unresolved: FetchOptions['resolve'] = (host, _options, callback) =>
    callback(new Error(`getaddrinfo ENOTFOUND ${host}`), [])
  expect(await failureOf('http://nowhere.example/', { ...OPEN, resolve: unresolved })).toBe('connection')
})
