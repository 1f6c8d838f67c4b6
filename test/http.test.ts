// HTTP: what clients can rely on for every path, and how invalid requests are rejected.
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { PROBLEMS } from '../src/core/problems.ts'
import type { Engine } from '../src/db/engine.ts'
import { REQUEST_ID, type Service, service } from './helpers/app.ts'
import { type Body, leastBody, oneOfEach } from './helpers/bodies.ts'
import { onPostgres } from './helpers/database.ts'

const problem = (status: number, code: keyof typeof PROBLEMS) => ({
  type: `/problems/${code}`,
  title: PROBLEMS[code].title,
  status,
  detail: expect.any(String),
  instance: expect.any(String),
  requestId: expect.stringMatching(/^.+$/),
})

/** Sends a payload as it is, without serializing it. */
const send = (
  s: Service,
  payload: string | Buffer,
  headers: Record<string, string> = {},
  method: 'POST' | 'PATCH' = 'POST',
) =>
  s.request({
    method,
    url: '/v1/speakers',
    payload,
    headers: { authorization: `Bearer ${s.keys.analyst}`, 'content-type': 'application/json', ...headers },
  })

const countOf = async (s: Service) => (await s.get('/v1/speakers?count=exact')).body['page'].total

describe('a conditional GET', () => {
  test.each([
    '/v1/speakers/ID',
    '/v1/speakers',
    '/v1/speakers/ID/evidence',
    '/v1/sources/SOURCE/annotations',
    '/',
    '/openapi.json',
    '/openapi.yaml',
  ])('of %s returns 304 for the current ETag in every form of If-None-Match', async (path) => {
    const s = await service()
    const ids = await oneOfEach(s)
    const url = path.replace('ID', ids.speaker).replace('SOURCE', ids.source)
    const { headers, status } = await s.get(url)
    expect(status).toBe(200)
    const etag = String(headers.etag)
    expect(etag).toMatch(/^"[^"]+"$/)
    for (const ifNoneMatch of [etag, `W/${etag}`, '*', `"other", ${etag}`, `W/"other",W/${etag}`]) {
      const response = await s.get(url, { 'if-none-match': ifNoneMatch })
      expect([response.status, response.text], ifNoneMatch).toEqual([304, ''])
      expect(response.headers.etag).toBe(etag)
      expect(response.headers['cache-control']).toBe(headers['cache-control'])
      expect(response.headers.vary).toBe(headers.vary)
    }
    for (const other of ['"other"', etag.slice(0, -2), etag.replaceAll('"', ''), '']) {
      expect((await s.get(url, { 'if-none-match': other })).status, other).toBe(200)
    }
    const head = await s.request({ method: 'HEAD', url, headers: { 'if-none-match': etag } })
    expect(head.status).toBe(304)
  })

  test('returns 200 again after the record, or any row of the list, has changed', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const url of ['/v1/speakers', `/v1/speakers/${ids.speaker}`]) {
      const etag = String((await s.get(url)).headers.etag)
      await s.patch(`/v1/speakers/${ids.speaker}`, { name: `Changed for ${url}` })
      const response = await s.get(url, { 'if-none-match': etag })
      expect(response.status).toBe(200)
      expect(response.headers.etag).not.toBe(etag)
    }
  })
})

describe('methods', () => {
  test('HEAD returns the headers of GET without a body, wherever there is a GET', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const url of [
      '/v1/speakers?limit=1',
      `/v1/speakers/${ids.speaker}`,
      '/',
      '/healthz',
      '/docs/',
      '/problems/gone',
      '/v1/speakers/none',
      '/none',
    ]) {
      const get = await s.get(url)
      const head = await s.request({ method: 'HEAD', url })
      expect([head.status, head.text], url).toEqual([get.status, ''])
      // The policy contains a nonce, which differs in each response.
      const { date: _, 'x-request-id': __, 'content-security-policy': policy, ...rest } = get.headers
      expect(head.headers, url).toMatchObject(rest)
      expect('content-security-policy' in head.headers, url).toBe(policy !== undefined)
    }
  })

  test('OPTIONS lists the methods of a path in Allow; any other method is rejected with 405 and the same Allow', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const document = s.app.swagger() as unknown as { paths: Record<string, Record<string, unknown>> }
    const paths = [
      ...Object.keys(document.paths),
      '/openapi.json',
      '/openapi.yaml',
      '/problems',
      '/problems/gone',
      '/docs/',
    ]
    expect(paths.length).toBeGreaterThan(40)
    for (const path of paths) {
      const url = path.replace(/\{[^}]+\}/g, ids.speaker)
      const options = await s.request({ method: 'OPTIONS', url })
      expect([options.status, options.text], path).toEqual([204, ''])
      const allow = String(options.headers.allow).split(', ')
      const documented = Object.keys(document.paths[path] ?? { get: 0 }).map((method) => method.toUpperCase())
      expect(allow, path).toEqual(expect.arrayContaining([...documented, 'OPTIONS']))
      if (documented.includes('GET')) expect(allow, path).toContain('HEAD')
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'] as const) {
        if (allow.includes(method)) continue
        const refused = await s.request({
          method: method as 'PUT',
          url,
          payload: method === 'TRACE' ? '' : '{',
        })
        expect(refused.status, `${method} ${path}`).toBe(405)
        expect(refused.headers.allow, `${method} ${path}`).toBe(allow.join(', '))
        if (method !== 'HEAD') expect(refused.body).toEqual(problem(405, 'method-not-allowed'))
      }
    }
  })

  test('OPTIONS lists the media types of PATCH in Accept-Patch', async () => {
    const s = await service()
    const { headers } = await s.request({ method: 'OPTIONS', url: '/v1/speakers/x' })
    expect(headers['accept-patch']).toBe('application/merge-patch+json, application/json')
  })
})

describe('a path', () => {
  test.each([
    ['/none', 404, 'not-found'],
    ['/v1', 404, 'not-found'],
    ['/v1/none/x', 404, 'not-found'],
    ['/v1/speakers/x/none', 404, 'not-found'],
    ['/v1/speakers/x', 404, 'not-found'],
    ['/v1/speakers/%00', 404, 'not-found'],
    ['/v1/speakers/..%2f..%2fetc%2fpasswd', 404, 'not-found'],
    ["/v1/speakers/'%20or%201=1--", 404, 'not-found'],
    ['/v1/speakers/%F0%9F%98%80', 404, 'not-found'],
    ['/v1/speakers/%zz', 400, 'invalid-parameter'],
    ['/v1/speakers/%', 400, 'invalid-parameter'],
    ['/v1/speakers/%ff', 400, 'invalid-parameter'],
    ['/v1/speakers/%ed%a0%80', 400, 'invalid-parameter'],
    [`/v1/speakers/${'x'.repeat(201)}`, 414, 'uri-too-long'],
    [`/v1/speakers/${'x'.repeat(2000)}/evidence`, 414, 'uri-too-long'],
    ['/v1/speakers?x=%zz', 400, 'invalid-parameter'],
    ['/v1/speakers/x?y=1', 400, 'invalid-parameter'],
    ['/healthz?y=1', 400, 'invalid-parameter'],
  ] as const)(
    'that does not exist or is malformed returns a problem: %s returns %i %s',
    async (url, status, code) => {
      const s = await service()
      const { headers, body } = await s.get(url, { 'x-request-id': 'mine' })
      expect(body).toMatchObject(problem(status, code))
      expect(body).toMatchObject({ instance: url, requestId: 'mine' })
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(headers['x-request-id']).toBe('mine')
      expect(headers['cache-control']).toBe('no-store')
    },
  )

  test('that does not exist returns 404 for every method, without reading the body', async () => {
    const s = await service()
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const { body } = await s.request({
        method,
        url: '/v1/none',
        payload: '{',
        headers: { 'content-type': 'application/json' },
      })
      expect(body, method).toEqual(problem(404, 'not-found'))
    }
  })
})

describe('a body', () => {
  const type = (value: string) => ({ 'content-type': value })
  const named = (json: string) => `{"name": ${json}}`
  const bytes = (...parts: (string | number)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))

  test.each<[string, string | Buffer, Record<string, string>, number, keyof typeof PROBLEMS]>([
    ['cut short', '{"name": "A"', {}, 400, 'malformed-body'],
    ['with a comma too many', '{"name": "A",}', {}, 400, 'malformed-body'],
    ['with a comment', '{"name": "A" /* me */}', {}, 400, 'malformed-body'],
    ['with something after it', '{"name": "A"} {}', {}, 400, 'malformed-body'],
    ['of NaN', '{"name": NaN}', {}, 400, 'malformed-body'],
    ['in single quotes', "{'name': 'A'}", {}, 400, 'malformed-body'],
    ['that is empty', '', {}, 400, 'malformed-body'],
    ['of white space', ' \n', {}, 400, 'malformed-body'],
    ['that is a list', '[]', {}, 400, 'invalid-body'],
    ['that is null', 'null', {}, 400, 'invalid-body'],
    ['that is a text', '"A"', {}, 400, 'invalid-body'],
    ['that is a number', '7', {}, 400, 'invalid-body'],
    ['with a key twice', '{"name": "A", "name": "B"}', {}, 400, 'malformed-body'],
    ['with a key twice, once escaped', '{"name": "A", "n\\u0061me": "B"}', {}, 400, 'malformed-body'],
    [
      'with a key twice deep inside',
      '{"name": "A", "otherNames": [{"name": "A", "name": "B"}]}',
      {},
      400,
      'malformed-body',
    ],
    ['with __proto__', '{"name": "A", "__proto__": {"role": "admin"}}', {}, 400, 'malformed-body'],
    ['with __proto__, escaped', '{"name": "A", "__pr\\u006fto__": 1}', {}, 400, 'malformed-body'],
    ['with constructor', '{"name": "A", "constructor": {"prototype": {}}}', {}, 400, 'invalid-body'],
    ['with toString', '{"name": "A", "toString": "A"}', {}, 400, 'invalid-body'],
    ['with an escaped NUL', named('"A\\u0000B"'), {}, 400, 'malformed-body'],
    ['with an escaped NUL in a key', '{"na\\u0000me": "A"}', {}, 400, 'malformed-body'],
    ['with a raw NUL', bytes('{"name": "A', 0, 'B"}'), {}, 400, 'malformed-body'],
    ['with a NUL after it', bytes('{"name": "A"}', 0), {}, 400, 'malformed-body'],
    ['with half a surrogate pair, high', named('"A\\ud83d"'), {}, 400, 'malformed-body'],
    ['with half a surrogate pair, low', named('"\\ude00A"'), {}, 400, 'malformed-body'],
    ['with surrogates the wrong way round', named('"\\ude00\\ud83d"'), {}, 400, 'malformed-body'],
    ['with half a surrogate pair in a key', '{"\\ud83d": "A"}', {}, 400, 'malformed-body'],
    [
      'with half a surrogate pair deep inside',
      '{"name": "A", "otherNames": [{"name": "\\ud83d"}]}',
      {},
      400,
      'malformed-body',
    ],
    [
      'with half a surrogate pair in bytes',
      bytes('{"name": "', 0xed, 0xa0, 0xbd, '"}'),
      {},
      400,
      'malformed-body',
    ],
    ['with a byte that is invalid in UTF-8', bytes('{"name": "', 0xff, '"}'), {}, 400, 'malformed-body'],
    ['with an overlong NUL', bytes('{"name": "', 0xc0, 0x80, '"}'), {}, 400, 'malformed-body'],
    ['with a character cut in two', bytes('{"name": "', 0xd0, '"}'), {}, 400, 'malformed-body'],
    ['in Latin-1', Buffer.from('{"name": "Ä"}', 'latin1'), {}, 400, 'malformed-body'],
    ['in UTF-16', Buffer.from('{"name": "A"}', 'utf16le'), {}, 400, 'malformed-body'],
    [
      'declared as Latin-1',
      '{"name": "A"}',
      type('application/json; charset=iso-8859-1'),
      415,
      'unsupported-media-type',
    ],
    [
      'declared as UTF-16',
      '{"name": "A"}',
      type('application/json;charset="utf-16"'),
      415,
      'unsupported-media-type',
    ],
    ['of plain text', '{"name": "A"}', type('text/plain'), 415, 'unsupported-media-type'],
    ['of XML', '<name/>', type('application/xml'), 415, 'unsupported-media-type'],
    ['of a form', 'name=A', type('application/x-www-form-urlencoded'), 415, 'unsupported-media-type'],
    [
      'of multipart form data',
      '--x--',
      type('multipart/form-data; boundary=x'),
      415,
      'unsupported-media-type',
    ],
    [
      'of another JSON media type',
      '{"name": "A"}',
      type('application/vnd.api+json'),
      415,
      'unsupported-media-type',
    ],
    [
      'of an unknown media type like JSON',
      '{"name": "A"}',
      type('application/jsonx'),
      415,
      'unsupported-media-type',
    ],
    ['of an invalid media type', '{"name": "A"}', type('json'), 415, 'unsupported-media-type'],
    [
      'of a merge patch, in a POST',
      '{"name": "A"}',
      type('application/merge-patch+json'),
      415,
      'unsupported-media-type',
    ],
    [
      'of a merge patch, in a POST, in capitals',
      '{"name": "A"}',
      type('Application/Merge-Patch+JSON'),
      415,
      'unsupported-media-type',
    ],
    ['that is compressed', '{"name": "A"}', { 'content-encoding': 'gzip' }, 415, 'unsupported-media-type'],
    ['of 10 MB', named(JSON.stringify('x'.repeat(10_000_000))), {}, 413, 'body-too-large'],
  ])('%s is rejected, and nothing is written', async (_, payload, headers, status, code) => {
    const s = await service()
    const { body, text } = await send(s, payload, headers)
    expect(body, text).toMatchObject(problem(status, code))
    expect(await countOf(s)).toBe(0)
    expect(({} as Body)['role']).toBeUndefined()
  })

  test.each<[string, string | Buffer, Record<string, string>, string]>([
    ['in plain JSON', named('"Ä 😀"'), {}, 'Ä 😀'],
    ['with a charset', named('"Ä"'), type('application/json; charset=UTF-8'), 'Ä'],
    ['with a charset in quotes', named('"Ä"'), type('application/json;charset="utf-8"'), 'Ä'],
    ['in capitals', named('"A"'), type('Application/JSON'), 'A'],
    ['with a whole surrogate pair, escaped', named('"\\ud83d\\ude00"'), {}, '😀'],
    ['with a byte order mark', bytes('\ufeff', named('"A"')), {}, 'A'],
    [
      'with the same key in two objects',
      '{"name": "A", "otherNames": [{"name": "A"}, {"name": "B"}]}',
      {},
      'A',
    ],
    ['that is declared as not compressed', named('"A"'), { 'content-encoding': 'identity' }, 'A'],
  ])('%s is accepted', async (_, payload, headers, name) => {
    const s = await service()
    const { status, text, body } = await send(s, payload, headers)
    expect(status, text).toBe(201)
    expect(body['name']).toBe(name)
  })

  test('is rejected with the position of each error', async () => {
    const s = await service()
    const { body } = await send(s, '{\n  "name": "A",\n  "name": "B"\n}')
    expect(body['detail']).toContain('line 3, column 3')
    const form = await send(s, '{"name": 7, "otherNames": [{}, {"name": ""}], "a/b~c": 1}')
    expect(form.body['errors'].map((fault: Body) => fault['pointer']).sort()).toEqual([
      '/a~1b~0c',
      '/name',
      '/otherNames/0/name',
      '/otherNames/1/name',
    ])
  })

  test('without a media type, or missing, is rejected with a 4xx problem', async () => {
    const s = await service()
    const authorization = `Bearer ${s.keys.analyst}`
    for (const options of [
      { payload: '{"name": "A"}', headers: { authorization } },
      { headers: { authorization } },
      { headers: { authorization, 'content-type': 'application/json' } },
    ]) {
      const { status, headers } = await s.request({ method: 'POST', url: '/v1/speakers', ...options })
      expect([400, 415]).toContain(status)
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    }
  })

  test('nested at any depth is rejected with a 4xx, never with a 5xx', async () => {
    const s = await service()
    const { body: created } = await s.post('/v1/proposals', { title: 'A', proposedOn: '2022' })
    const deep = (depth: number, open: string, close: string) =>
      open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth)
    for (const depth of [100, 1000, 2000, 3000, 4000, 5000, 7000, 10_000, 100_000, 500_000]) {
      for (const value of [deep(depth, '[', ']'), deep(depth, '{"a":', '}')]) {
        for (const field of ['title', 'contributors', 'topicIds', 'support', 'none']) {
          const post = await s.request({
            method: 'POST',
            url: '/v1/proposals',
            payload: `{"proposedOn": "2022", "${field}": ${value}}`,
            headers: { authorization: `Bearer ${s.keys.analyst}`, 'content-type': 'application/json' },
          })
          const patch = await s.patch(`/v1/proposals/${created['id']}`, `{"${field}": ${value}}`)
          expect([400, 413], `POST ${field} ${depth}`).toContain(post.status)
          expect([400, 413, 422], `PATCH ${field} ${depth} ${patch.text}`).toContain(patch.status)
        }
      }
    }
  })
})

describe('X-Request-Id', () => {
  test.each(['mine', 'a.b:c-d_e', '0198b7a2-2f7e-7a41-8b0e-3f1f6c1c9d55', 'x'.repeat(128)])(
    'is returned when it is valid: %s',
    async (id) => {
      const s = await service()
      for (const url of ['/v1/speakers', '/none', '/v1/speakers/%zz']) {
        expect((await s.get(url, { 'x-request-id': id })).headers['x-request-id'], url).toBe(id)
      }
    },
  )

  test.each(['', 'a b', '<script>', 'x'.repeat(129), 'a"b', 'ä', '{jndi:ldap://x}', 'a, b', '\u001b[31m'])(
    'is replaced by a new one when it is invalid: %j',
    async (id) => {
      const s = await service()
      const { headers } = await s.get('/v1/speakers', { 'x-request-id': id })
      expect(headers['x-request-id']).toMatch(REQUEST_ID)
    },
  )

  test('is in every response, unique, and equal to the requestId of a problem', async () => {
    const s = await service()
    const seen = new Set<unknown>()
    for (const url of [
      '/v1/speakers',
      '/v1/speakers/none',
      '/none',
      '/v1/speakers/%zz',
      `/v1/speakers/${'x'.repeat(300)}`,
      '/v1/speakers?x',
      '/healthz',
    ]) {
      const { headers, body, status } = await s.get(url)
      expect(headers['x-request-id'], url).toMatch(REQUEST_ID)
      if (status >= 400) expect(body['requestId']).toBe(headers['x-request-id'])
      seen.add(headers['x-request-id'])
    }
    expect(seen.size).toBe(7)
  })
})

describe('a problem', () => {
  test('of each type has a page that explains it', async () => {
    const s = await service({ requireKeyForReads: true })
    const list = (await s.get('/problems')).text
    for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
      const page = await s.get(`/problems/${code}`)
      expect(page.status).toBe(200)
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
      expect(page.text).toContain(`${status}: ${title}`)
      expect(page.text).toContain(`type: /problems/${code}`)
      expect(list).toContain(`href="/problems/${code}"`)
    }
  })

  test('of an unknown type has no page', async () => {
    const s = await service()
    expect((await s.get('/problems/none')).status).toBe(404)
  })
})

describe('CORS', () => {
  const origin = 'https://app.example'

  test('allows reads from any origin by default, also of error responses', async () => {
    const s = await service()
    for (const url of ['/v1/speakers', '/v1/speakers/none', '/none']) {
      const { headers } = await s.get(url, { origin })
      expect([origin, '*'], url).toContain(headers['access-control-allow-origin'])
      expect(String(headers['access-control-expose-headers']), url).toContain('ETag')
      expect(headers['access-control-allow-credentials']).toBeUndefined()
    }
  })

  test('allows reads only from the origins in the settings, if there are any', async () => {
    const s = await service({ corsOrigins: [origin, 'https://other.example'] })
    expect((await s.get('/v1/speakers', { origin })).headers['access-control-allow-origin']).toBe(origin)
    for (const otherOrigin of [
      'https://evil.example',
      'https://app.example.evil.example',
      'null',
      'http://app.example',
    ]) {
      expect(
        (await s.get('/v1/speakers', { origin: otherOrigin })).headers['access-control-allow-origin'],
        otherOrigin,
      ).not.toBe(otherOrigin)
    }
  })

  test('adds Origin and Accept to Vary', async () => {
    const s = await service({ corsOrigins: [origin, 'https://other.example'] })
    const { headers } = await s.get('/v1/speakers', { origin })
    const vary = String(headers.vary).toLowerCase().split(/, */)
    expect(vary).toEqual(expect.arrayContaining(['origin', 'accept']))
    const etag = String(headers.etag)
    expect((await s.get('/v1/speakers', { origin, 'if-none-match': etag })).headers.vary).toBe(headers.vary)
  })

  test('answers preflight requests of writes with all their headers, even when reads require a key', async () => {
    const s = await service({ requireKeyForReads: true })
    const { status, headers } = await s.request({
      method: 'OPTIONS',
      url: '/v1/speakers/x',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,if-match,content-type',
      },
    })
    expect(status).toBe(204)
    expect([origin, '*']).toContain(headers['access-control-allow-origin'])
    expect(headers['access-control-allow-methods']).toContain('PATCH')
    for (const name of ['Authorization', 'If-Match', 'Content-Type'])
      expect(headers['access-control-allow-headers']).toContain(name)
  })
})

describe('REQUIRE_KEY_FOR_READS', () => {
  const open = [
    '/',
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/openapi.yaml',
    '/docs/',
    '/problems',
    '/problems/gone',
  ]

  test("requires a key for every read of records; an analyst's key suffices", async () => {
    const s = await service({ requireKeyForReads: true })
    const document = s.app.swagger() as unknown as { paths: Record<string, Record<string, unknown>> }
    const reads = Object.keys(document.paths).filter(
      // A live feed does not end.
      (path) => path.startsWith('/v1/') && !path.endsWith('/live') && document.paths[path]?.['get'],
    )
    expect(reads.length).toBeGreaterThan(20)
    for (const path of reads) {
      const url = path.replace(/\{[^}]+\}/g, 'x')
      for (const method of ['GET', 'HEAD'] as const) {
        const { status, headers } = await s.request({ method, url })
        expect(status, `${method} ${path}`).toBe(401)
        expect(headers['www-authenticate']).toMatch(/^Bearer /)
      }
      const { status, headers } = await s.get(url, { authorization: `Bearer ${s.keys.analyst}` })
      expect(path.startsWith('/v1/webhooks') ? [403] : [200, 400, 404], path).toContain(status)
      if (status === 200) expect(headers['cache-control']).toBe('private, no-cache')
    }
  })

  test.each([true, false])(
    'set to %s leaves monitoring and documentation open',
    async (requireKeyForReads) => {
      const s = await service({ requireKeyForReads })
      for (const url of open) expect((await s.get(url)).status, url).toBe(200)
      expect((await s.get('/none')).status).toBe(404)
      expect((await s.request({ method: 'PUT', url: '/v1/speakers' })).status).toBe(405)
    },
  )
})

describe('RATE_LIMIT_MAX', () => {
  test('rejects with 429 and Retry-After after too many requests of a client in a minute', async () => {
    const s = await service({ rateLimitMax: 3 })
    for (let n = 0; n < 3; n++) expect((await s.get('/v1/speakers')).status).toBe(200)
    const { body, headers } = await s.get('/v1/speakers')
    expect(body).toMatchObject(problem(429, 'rate-limited'))
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60)
    expect((await s.get('/v1/topics')).status).toBe(429)
  })

  test('also counts requests with wrong keys and to unknown paths', async () => {
    for (const send of [
      (s: Service) => s.post('/v1/speakers', { name: 'A' }, { authorization: 'Bearer guess' }),
      (s: Service) => s.get('/none'),
      (s: Service) => s.request({ method: 'PUT', url: '/v1/speakers' }),
    ]) {
      const s = await service({ rateLimitMax: 3 })
      const statuses: number[] = []
      for (let n = 0; n < 4; n++) statuses.push((await send(s)).status)
      expect(statuses.at(-1)).toBe(429)
      expect(statuses.slice(0, 3)).not.toContain(429)
    }
  })

  test('counts per client, by X-Forwarded-For only behind a trusted proxy', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address })
    // The proxy appends the address of the client to what the client sent.
    const cases: [trustProxy: false | number | string[], second: string, status: number][] = [
      [false, '192.0.2.2', 429],
      [1, '192.0.2.2', 200],
      [1, '203.0.113.9, 192.0.2.1', 429],
      [['127.0.0.0/8'], '203.0.113.9, 192.0.2.1', 429],
      [['127.0.0.0/8', '192.0.2.1'], '203.0.113.9, 192.0.2.1', 200],
      [['10.0.0.0/8'], '192.0.2.2', 429],
    ]
    for (const [trustProxy, second, status] of cases) {
      const s = await service({ rateLimitMax: 1, trustProxy })
      expect((await s.get('/v1/speakers', from('192.0.2.1'))).status).toBe(200)
      expect((await s.get('/v1/speakers', from(second))).status, `${trustProxy} ${second}`).toBe(status)
    }
  })
})

describe('an internal failure', () => {
  /** A service whose database fails on every query from now on. */
  async function failing(error: () => unknown) {
    const s = await service()
    const fail = async () => {
      throw error()
    }
    let broken = false
    const guard = <Work extends (...args: never[]) => Promise<unknown>>(work: Work) =>
      ((...args) => (broken ? fail() : work(...args))) as Work
    const { engine } = s
    const app = await buildApp({
      engine: {
        ...engine,
        reader: {
          all: guard(engine.reader.all.bind(engine.reader)),
          get: guard(engine.reader.get.bind(engine.reader)),
        },
        read: guard(engine.read),
        write: guard(engine.write),
        check: guard(engine.check),
      } as Engine,
    })
    broken = true
    return { app, s }
  }

  test.each([
    () => new Error('select "hash" from "keys" where 1 = 1'),
    () =>
      Object.assign(new TypeError('Cannot read /home/me/secret.ts:1'), { statusCode: 500, detail: 'secret' }),
    () => 'a string that says secret',
    () => undefined,
    () => Object.assign(new Error('secret'), { statusCode: 200 }),
    () => Object.assign(new Error('secret'), { statusCode: 418 }),
  ])('returns a 500 problem without internal details (%#)', async (error) => {
    const { app } = await failing(error)
    for (const url of ['/v1/speakers', '/v1/speakers/x', '/readyz', '/v1/speakers/x/evidence']) {
      const response = await app.inject({ url, headers: { 'x-request-id': 'mine' } })
      expect(response.statusCode, url).toBe(500)
      expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(response.json()).toEqual({ ...problem(500, 'internal'), instance: url, requestId: 'mine' })
      expect(response.body).not.toMatch(/select|secret|stack|\.ts|node_modules|at /i)
    }
    expect((await app.inject('/healthz')).statusCode).toBe(200)
    await app.close()
  })

  // The equivalent for PostgreSQL is in postgres-faults.test.ts.
  if (!onPostgres) {
    test('of a busy or full database returns 503 with Retry-After, without internal details', async () => {
      const probe = await service()
      const [locker, waiting] = [new Database(probe.file), new Database(probe.file, { timeout: 0 })]
      locker.exec('begin immediate')
      let busy: unknown
      try {
        waiting.exec('begin immediate')
      } catch (error) {
        busy = error
      }
      locker.close()
      waiting.close()
      for (const error of [
        busy,
        ...['SQLITE_FULL', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_IOERR_FSYNC'].map(
          (code) => new Database.SqliteError('secret', code),
        ),
      ]) {
        const { app, s } = await failing(() => error)
        const read = await app.inject('/v1/speakers')
        const write = await app.inject({
          method: 'POST',
          url: '/v1/speakers',
          payload: leastBody('speaker', {} as never),
          headers: { authorization: `Bearer ${s.keys.admin}` },
        })
        for (const response of [read, write]) {
          expect(response.statusCode).toBe(503)
          expect(response.json()).toEqual(problem(503, 'unavailable'))
          expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
          expect(response.body).not.toMatch(/secret|sqlite/i)
        }
        await app.close()
      }
    })
  }
})
