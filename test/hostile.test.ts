// Hostile input is accepted or rejected with a clear 4xx, and a rejected request writes nothing.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Service, service, type TestResponse } from './helpers/app.ts'
import { describeOnce, isRepeated, watch } from './helpers/database.ts'
import { textMatching } from './helpers/generate.ts'

/** Asserts that the response is 2xx, or a 4xx problem that changed nothing. */
async function harmless(
  snapshot: () => Promise<string>,
  send: () => Promise<TestResponse>,
): Promise<TestResponse> {
  const before = await snapshot()
  const response = await send()
  if (response.status >= 200 && response.status < 300) return response
  expect(response.status, response.text).toBeGreaterThanOrEqual(400)
  expect(response.status, response.text).toBeLessThan(500)
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json\b/)
  expect(response.body).toMatchObject({
    type: expect.stringMatching(/^\/problems\/[a-z-]+$/),
    title: expect.any(String),
    status: response.status,
    detail: expect.any(String),
  })
  expect(response.text).not.toMatch(/SQLITE|sqlite|postgres|\.ts:\d|node_modules|at Object\./)
  expect(await snapshot(), `${response.status} changed the database`).toBe(before)
  return response
}

interface Schema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  maxItems?: number
}

interface Operation {
  method: 'POST' | 'PATCH' | 'DELETE'
  path: string
  id: string
  schema: Schema | undefined
}

/** Every write operation of the OpenAPI document, and its schemas by name. */
function writesOf({ app }: Service) {
  const document = app.swagger() as unknown as {
    paths: Record<
      string,
      Record<string, { operationId: string; requestBody?: { content: Record<string, { schema: Schema }> } }>
    >
    components: { schemas: Record<string, Schema> }
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId, requestBody }]): Operation[] => {
      if (!['post', 'patch', 'delete'].includes(method)) return []
      const [content] = Object.values(requestBody?.content ?? {})
      return [
        {
          method: method.toUpperCase() as Operation['method'],
          path,
          id: operationId,
          schema: content?.schema,
        },
      ]
    }),
  )
  return { operations, schemas: document.components.schemas }
}

/** The ids of all records in a seeded database, by prefix; those of states under ''. */
async function idsIn({ rows }: Service): Promise<Map<string, string[]>> {
  const changes = (await rows())['changes'] ?? []
  const all = [...new Set(changes.map(({ recordId }) => recordId as string))].sort()
  return Map.groupBy(all, (id) => id.split('_').slice(0, -1).join('_'))
}

const PREFIX_OF_PATH: Record<string, string> = {
  meetings: 'mtg',
  speakers: 'spk',
  proposals: 'prp',
  agreements: 'agr',
  statements: 'stm',
  organizations: 'org',
  states: '',
  topics: 'top',
  sources: 'src',
  events: 'evt',
  positions: 'pos',
  memberships: 'mbr',
  relations: 'rel',
  evidence: 'evd',
}
const PHRASES = ['TASHKENT', 'said Shoigu', 'SCO', 'biological safety', 'not in there', '“', 'a']

/** Generators of bodies: valid by the schema of the document, nearly valid, and arbitrary. */
function generators(ids: Map<string, string[]>, schemas: Record<string, Schema>) {
  const anyId = fc.constantFrom(...[...ids.values()].flat())
  const idOf = (prefix: string) => {
    const existing = ids.get(prefix) ?? []
    return existing.length > 0
      ? fc.constantFrom(...existing)
      : fc.constant(`${prefix}_01gb6jc400ezz8kdnweefcy4dk`)
  }
  const date = fc.oneof(
    fc.constantFrom('2022-08-24', '2022-08-25', '2023', '2023-05', '2021-12-31', '2024-02-29'),
    fc.constantFrom('2023-02-31', '2022-13', '0000', '9999-12-31'),
  )
  const line = fc.string({
    unit: fc.oneof(
      fc.constantFrom('a', 'Б', '中', '😀', ' ', '"', '\n'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 12,
  })

  const hostile: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom<unknown>(
      ...[
        null,
        '',
        ' ',
        0,
        -1,
        0.5,
        1e300,
        -0,
        true,
        false,
        [],
        {},
        [[]],
        [null],
        { constructor: { prototype: 1 } },
      ],
      ...[
        '\0',
        'a\0b',
        '\ud800',
        '\udc00x',
        '\u202e',
        '\ufeff',
        '2022-02-31',
        '22-1-1',
        '-2022',
        '2022-08-24T00:00:00Z',
      ],
      ...["'; drop table proposals; --", '%', '=1+1', '../..', '__proto__', 'constructor', 'x'.repeat(5000)],
    ),
    anyId,
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )

  const valid = (schema: Schema, name = ''): fc.Arbitrary<unknown> => {
    if (schema.$ref) return valid(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, name)
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map((choice) => valid(choice, name)))
    if ('const' in schema) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    // A value or null.
    if (Array.isArray(schema.type))
      return fc.oneof(...schema.type.map((type) => valid({ ...schema, type }, name)))
    switch (schema.type) {
      case 'null':
        return fc.constant(null)
      case 'boolean':
        return fc.boolean()
      case 'number':
      case 'integer': {
        const min = schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1
        return fc.integer({ min, max: Math.min(schema.maximum ?? 50, min + 50) })
      }
      case 'array':
        return fc.array(valid(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 2, 2) })
      case 'object': {
        const shape = Object.entries(schema.properties ?? {})
        return fc.record(Object.fromEntries(shape.map(([key, value]) => [key, valid(value, key)])), {
          requiredKeys: (schema.required ?? []) as never[],
        })
      }
      case 'string': {
        const { pattern = '', format, maxLength = 12 } = schema
        if (name === 'exact') return fc.oneof(fc.constantFrom(...PHRASES), line)
        const prefixes = [...pattern.matchAll(/\^([a-z]{3})_\[0-7\]/g)].map(([, prefix]) => prefix ?? '')
        if (prefixes.length > 0) return fc.oneof(...prefixes.map(idOf))
        if (pattern === '^[A-Z]{2}$') return fc.oneof(idOf(''), textMatching('^[A-Z]{2}$', 2))
        if (/d\{4\}/.test(pattern)) return date
        if (format === 'uri')
          return fc.constantFrom('https://example.org/a', 'http://example.org', 'nonsense')
        if (pattern) return textMatching(pattern, 12)
        return maxLength < 12 ? line.map((text) => text.slice(0, maxLength)) : line
      }
      default:
        return fc.jsonValue({ maxDepth: 1 })
    }
  }

  const mutated = (schema: Schema) =>
    fc
      .tuple(valid(schema), fc.nat(1000), fc.constantFrom('replace', 'remove', 'add'), hostile)
      .map(([value, at, action, other]) => mutate(value, at, action, other))

  const body = (schema: Schema): fc.Arbitrary<string> => {
    const json = (arbitrary: fc.Arbitrary<unknown>) => arbitrary.map((value) => JSON.stringify(value) ?? '')
    return fc.oneof(
      { weight: 4, arbitrary: json(valid(schema)) },
      { weight: 4, arbitrary: json(mutated(schema)) },
      { weight: 1, arbitrary: json(fc.oneof(hostile, fc.jsonValue({ noUnicodeString: false } as never))) },
      {
        weight: 1,
        arbitrary: fc.tuple(json(valid(schema)), fc.nat(60)).map(([text, length]) => text.slice(0, length)),
      },
    )
  }

  const segment = (prefix: string) =>
    fc.oneof(
      { weight: 8, arbitrary: idOf(prefix) },
      { weight: 1, arbitrary: anyId },
      {
        weight: 1,
        arbitrary: fc
          .oneof(fc.constantFrom('0', '__proto__', 'null', 'counter-uav', '\0', "'", '%', '😀'), line)
          .map(encodeURIComponent),
      },
    )

  const url = (path: string): fc.Arbitrary<string> => {
    const [, , resource = ''] = path.split('/')
    const pieces = path.split('/').map((piece) => {
      const param = /^\{(\w+)\}$/.exec(piece)?.[1]
      if (!param) return fc.constant(piece)
      return segment(PREFIX_OF_PATH[resource] ?? '')
    })
    return fc.tuple(...pieces).map((parts) => parts.join('/'))
  }

  const condition = fc.oneof(
    { weight: 5, arbitrary: fc.constant('*') },
    { weight: 1, arbitrary: fc.constantFrom(undefined, '', '"1.x"', 'W/"1.x"', '"', '1', '"2."') },
  )

  const reason = fc.oneof(
    { weight: 8, arbitrary: fc.constant('?reason=Test') },
    { weight: 1, arbitrary: fc.constantFrom('', '?reason=', '?reason=%00', `?reason=${'x'.repeat(501)}`) },
  )

  return { body, url, condition, reason }
}

/** A copy of the value with one change. */
function mutate(value: unknown, at: number, action: string, other: unknown): unknown {
  const copy = structuredClone(value)
  const places: { holder: Record<string, unknown> | unknown[]; key: string }[] = []
  const walk = (inner: unknown): void => {
    if (typeof inner !== 'object' || inner === null) return
    for (const key of Object.keys(inner)) {
      places.push({ holder: inner as Record<string, unknown>, key })
      walk((inner as Record<string, unknown>)[key])
    }
  }
  walk(copy)
  const place = places[at % Math.max(places.length, 1)]
  if (!place) return other
  const { holder, key } = place
  if (action === 'add') {
    if (Array.isArray(holder)) holder.push(other)
    else holder[typeof other === 'string' && other !== '__proto__' ? other : 'unheardOf'] = other
  } else if (action === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
  } else (holder as Record<string, unknown>)[key] = other
  return copy
}

/** Sends generated requests to all selected operations, and counts the responses by status. */
async function drive(select: (operation: Operation) => boolean, numRuns: number) {
  const api = await service({ seed: true })
  const [position, relation] = await someParts(api)
  expect([position, relation]).toEqual([201, 201])
  const snapshot = await watch(api)
  const { operations, schemas } = writesOf(api)
  const { body, url, condition, reason } = generators(await idsIn(api), schemas)
  const chosen = operations.filter(select)
  const seen = new Map<number, number>()
  for (const { method, path, id, schema } of chosen) {
    const key = method === 'DELETE' ? api.keys.admin : api.keys.analyst
    await fc.assert(
      fc.asyncProperty(
        url(path),
        schema ? body(schema) : fc.constant(undefined),
        method === 'POST' ? fc.constant(undefined) : condition,
        method === 'DELETE' ? reason : fc.constant(''),
        async (to, payload, ifMatch, query) => {
          const headers = {
            authorization: `Bearer ${key}`,
            ...(payload !== undefined && { 'content-type': 'application/json' }),
            ...(ifMatch !== undefined && { 'if-match': ifMatch }),
          }
          const { status } = await harmless(snapshot, () =>
            api.request({ method, url: `${to}${query}`, headers, ...(payload !== undefined && { payload }) }),
          )
          seen.set(status, (seen.get(status) ?? 0) + 1)
        },
      ),
      {
        numRuns,
        reporter: (details) => {
          // The default report with the operation: it contains the seed, the path and the counterexample.
          if (details.failed)
            throw new Error(`${id}: ${fc.defaultReportMessage(details)}`, { cause: details.errorInstance })
        },
      },
    )
  }
  return { operations: chosen.length, seen }
}

/** Creates a position and a relation, so that there is one of each to address. */
async function someParts({ get, post }: Service): Promise<[number, number]> {
  const [one, other] = (await get('/v1/proposals?limit=2')).body['data'] as { id: string }[]
  const position = await post(`/v1/proposals/${one?.id}/positions`, {
    stateCode: 'KZ',
    position: 'supported',
    statedOn: '2022-08-24',
  })
  const relation = await post(`/v1/proposals/${one?.id}/relations`, {
    type: 'elaborates',
    targetId: other?.id,
  })
  return [position.status, relation.status]
}

describe('any request', () => {
  const isCreate = ({ method, path }: Operation) => method === 'POST' && !path.includes('{')
  const isPart = ({ method, path }: Operation) => method === 'POST' && path.includes('{')

  test.each([
    ['to create a record', isCreate, 9, 25],
    ['to add evidence, an event, a position or a relation', isPart, 11, 15],
    ['to update a record', ({ method }: Operation) => method === 'PATCH', 9, 25],
    ['to delete', ({ method }: Operation) => method === 'DELETE', 15, 8],
  ] as const)(
    '%s is executed, or rejected with 4xx and no write',
    async (_, select, least, numRuns) => {
      const { operations, seen } = await drive(select, isRepeated ? Math.ceil(numRuns / 2) : numRuns)
      expect(operations).toBeGreaterThanOrEqual(least)
      const statuses = [...seen.keys()]
      expect(statuses.some((status) => status < 300)).toBe(true)
      expect(statuses.some((status) => status >= 400)).toBe(true)
    },
    60_000,
  )
})

describeOnce('a body', () => {
  const send = (api: Service, payload: string | Buffer, headers: Record<string, string> = {}) =>
    api.request({
      method: 'POST',
      url: '/v1/speakers',
      payload,
      headers: {
        authorization: `Bearer ${api.keys.analyst}`,
        'content-type': 'application/json',
        ...headers,
      },
    })

  const bodies = [
    [
      'of 10 MB',
      JSON.stringify({ name: 'x'.repeat(10 * 1024 * 1024) }),
      413,
      'body-too-large',
      /4194304 bytes/,
    ],
    ['with a NUL byte in a string', '{"name":"a\\u0000b"}', 400, 'malformed-body', /NUL/],
    ['with a bare NUL byte', '{"name":"a\0b"}', 400, 'malformed-body', /JSON/],
    ['with a NUL in a key', '{"name":"a","\\u0000":1}', 400, 'malformed-body', /NUL/],
    ['with a lone high surrogate', '{"name":"a\\ud800"}', 400, 'malformed-body', /surrogate/],
    ['with a lone low surrogate', '{"name":"\\udc00a"}', 400, 'malformed-body', /surrogate/],
    ['with surrogates the wrong way round', '{"name":"\\udc00\\ud800"}', 400, 'malformed-body', /surrogate/],
    ['with a surrogate in a key', '{"name":"a","\\ud800":1}', 400, 'malformed-body', /surrogate/],
    ['with a key twice', '{"name":"a","name":"b"}', 400, 'malformed-body', /name/],
    ['with a key twice, once escaped', '{"name":"a","n\\u0061me":"b"}', 400, 'malformed-body', /name/],
    [
      'with a key twice, deep inside',
      '{"name":"a","memberships":[{"role":"x","role":"y"}]}',
      400,
      'malformed-body',
      /role/,
    ],
    ['with __proto__', '{"name":"a","__proto__":{"role":"admin"}}', 400, 'malformed-body', /__proto__/],
    ['with __proto__ escaped', '{"name":"a","__pr\\u006fto__":{}}', 400, 'malformed-body', /__proto__/],
    [
      'with __proto__ inside',
      '{"name":"a","otherNames":[{"__proto__":1}]}',
      400,
      'malformed-body',
      /__proto__/,
    ],
    [
      'with constructor',
      '{"name":"a","constructor":{"prototype":{}}}',
      400,
      'invalid-body',
      /match the schema/,
    ],
    ['with an unknown field', '{"name":"a","toString":1}', 400, 'invalid-body', /match the schema/],
    ['that is empty', '', 400, 'malformed-body', /empty/],
    ['of white space', '  \n', 400, 'malformed-body', /JSON/],
    ['cut short', '{"name":"a"', 400, 'malformed-body', /JSON/],
    ['with a comma too many', '{"name":"a",}', 400, 'malformed-body', /JSON/],
    ['with a comment', '{"name":"a"/*b*/}', 400, 'malformed-body', /JSON/],
    ['with NaN', '{"name":NaN}', 400, 'malformed-body', /JSON/],
    ['of null', 'null', 400, 'invalid-body', /match the schema/],
    ['of a list', '[{"name":"a"}]', 400, 'invalid-body', /match the schema/],
    ['of a string', '"name"', 400, 'invalid-body', /match the schema/],
    [
      'nested a hundred thousand deep',
      `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      400,
      'malformed-body',
      /deep/,
    ],
    [
      'that is not UTF-8',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      400,
      'malformed-body',
      /UTF-8/,
    ],
    ['in UTF-16', Buffer.from('{"name":"a"}', 'utf16le'), 400, 'malformed-body', /JSON|UTF-8/],
  ] as const

  test('that is malformed or does not match its schema is rejected with a clear 4xx', async () => {
    const api = await service()
    const snapshot = await watch(api)
    for (const [what, payload, status, problem, says] of bodies) {
      const response = await harmless(snapshot, () => send(api, payload))
      expect([what, response.status, response.body['type']]).toEqual([what, status, `/problems/${problem}`])
      expect(response.body['detail']).toMatch(says)
    }
  })

  test('of another media type is rejected with 415', async () => {
    const api = await service()
    const snapshot = await watch(api)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'nonsense',
      'text/json',
    ]) {
      const response = await harmless(snapshot, () => send(api, '{"name":"a"}', { 'content-type': type }))
      expect([type, response.status]).toEqual([type, 415])
    }
    const latin = { 'content-type': 'application/json; charset=latin1' }
    expect((await harmless(snapshot, () => send(api, '{"name":"a"}', latin))).status).toBe(415)
  })

  test('nested at any depth is rejected with 400', async () => {
    const api = await service({ seed: true })
    const snapshot = await watch(api)
    const [speaker] = (await api.get('/v1/speakers')).body['data'] as { id: string }[]
    for (const depth of [10, 100, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 10_000, 20_000, 50_000]) {
      for (const [open, close] of [
        ['[', ']'],
        ['{"name":', '}'],
      ] as const) {
        const nested = `{"name":${open.repeat(depth)}1${close.repeat(depth)}}`
        for (const [method, url] of [
          ['POST', '/v1/speakers'],
          ['PATCH', `/v1/speakers/${speaker?.id}`],
        ] as const) {
          const headers = {
            authorization: `Bearer ${api.keys.analyst}`,
            'content-type': 'application/json',
            'if-match': '*',
          }
          const response = await harmless(snapshot, () =>
            api.request({ method, url, headers, payload: nested }),
          )
          expect([method, depth, response.status]).toEqual([method, depth, 400])
        }
      }
    }
  })

  test('with prototype keys is rejected and changes nothing', async () => {
    const api = await service()
    const snapshot = await watch(api)
    const { body } = await api.post('/v1/speakers', { name: 'A' })
    const url = `/v1/speakers/${body['id']}`
    for (const payload of [
      '{"__proto__":{"name":"B"}}',
      '{"constructor":{"prototype":{"name":"B"}}}',
      '{"name":"B","constructor":1}',
      '{"toString":"B"}',
      '{"otherNames":[{"name":"B","__proto__":{}}]}',
      '{"name":"B","name":"C"}',
    ]) {
      const response = await harmless(snapshot, () => api.patch(url, payload))
      expect([payload, response.status]).toEqual([payload, 400])
    }
    expect(({} as Record<string, unknown>)['name']).toBeUndefined()
    expect((await api.get(url)).body).toEqual(body)
  })
})

describe('a date', () => {
  test('that does not exist is rejected with 400 and its field', async () => {
    const api = await service()
    const snapshot = await watch(api)
    const dates = [
      '2022-02-31',
      '2023-02-29',
      '2022-04-31',
      '2022-13-01',
      '2022-00',
      '2022-1-1',
      '0000',
      '22',
    ]
    for (const date of [...dates, '+002022', '', ' 2022', '2022-08-24T00:00:00Z']) {
      for (const [path, field, body] of [
        ['meetings', 'startDate', { name: 'M' }],
        ['proposals', 'proposedOn', { title: 'P' }],
        ['organizations', 'foundingDate', { name: 'O', classification: 'organ' }],
        ['sources', 'publishedOn', { title: 'S', language: 'en', text: 'x' }],
      ] as const) {
        const response = await harmless(snapshot, () => api.post(`/v1/${path}`, { ...body, [field]: date }))
        const pointers = (response.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)
        expect([date, path, response.status, ...new Set(pointers)]).toEqual([date, path, 400, `/${field}`])
      }
    }
  })

  test('of an end before its start is rejected with 422 and the field of the end', async () => {
    const api = await service({ seed: true })
    const snapshot = await watch(api)
    const cases = [
      ['meetings', { name: 'M', startDate: '2022-08-24', endDate: '2022-08-23' }, '/endDate'],
      ['meetings', { name: 'M', startDate: '2022-08', endDate: '2022-07-31' }, '/endDate'],
      ['meetings', { name: 'M', startDate: '2022', endDate: '2021-12' }, '/endDate'],
      [
        'speakers',
        { name: 'S', memberships: [{ role: 'T', stateCode: 'RU', startDate: '2013', endDate: '2012' }] },
        '/memberships/0/endDate',
      ],
      [
        'organizations',
        { name: 'O', classification: 'c', foundingDate: '2002', dissolutionDate: '2001-06-15' },
        '/dissolutionDate',
      ],
    ] as const
    for (const [path, body, pointer] of cases) {
      const response = await harmless(snapshot, () => api.post(`/v1/${path}`, body))
      expect([path, response.status, response.body['errors']]).toMatchObject([path, 422, [{ pointer }]])
    }
    // A PATCH of only one of the two dates is checked as well.
    const [meeting] = (await api.get('/v1/meetings')).body['data'] as { id: string }[]
    const patched = await harmless(snapshot, () =>
      api.patch(`/v1/meetings/${meeting?.id}`, { endDate: '2022-08-23' }),
    )
    expect(patched.status).toBe(422)
    expect((await api.patch(`/v1/meetings/${meeting?.id}`, { endDate: '2022-08' })).status).toBe(200)
  })
})

describe('a reference', () => {
  const UNKNOWN = '01gb6jc400ezz8kdnweefcy4dk'
  const saidBy = (speakerId: string) => ({ contributors: [{ role: 'author', speakerId }] })

  test('to a record that does not exist is rejected with 422 and each field', async () => {
    const api = await service({ seed: true })
    const snapshot = await watch(api)
    const response = await harmless(snapshot, () =>
      api.post('/v1/proposals', {
        title: 'P',
        meetingId: `mtg_${UNKNOWN}`,
        contributors: [
          {
            role: 'proposer',
            speakerId: `spk_${UNKNOWN}`,
            stateCode: 'ZZ',
            organizationId: `org_${UNKNOWN}`,
            membershipId: `mbr_${UNKNOWN}`,
          },
        ],
        topicIds: ['counter-uav', 'no-such-topic', `top_${UNKNOWN}`],
        parentId: `prp_${UNKNOWN}`,
      }),
    )
    expect([response.status, response.body['type']]).toEqual([422, '/problems/unknown-reference'])
    const pointers = (response.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)
    expect(pointers.sort()).toEqual([
      '/contributors/0/membershipId',
      '/contributors/0/organizationId',
      '/contributors/0/speakerId',
      '/contributors/0/stateCode',
      '/meetingId',
      '/parentId',
      '/topicIds/1',
      '/topicIds/2',
    ])
    const event = { type: 'noted', meetingId: `mtg_${UNKNOWN}`, stateCode: 'ZZ' }
    const inPart = await harmless(snapshot, () =>
      api.post('/v1/proposals', { title: 'P', events: [{ type: 'noted' }, event] }),
    )
    expect(inPart.status).toBe(422)
    expect(inPart.body['errors']).toMatchObject([
      { pointer: '/events/1/stateCode' },
      { pointer: '/events/1/meetingId' },
    ])
  })

  test('to a deleted record is rejected with 422', async () => {
    const api = await service()
    const snapshot = await watch(api)
    const { body } = await api.post('/v1/speakers', { name: 'A' })
    await api.del(`/v1/speakers/${body['id']}`)
    const statement = { ...saidBy(body['id']), kind: 'direct', text: 'T' }
    expect((await harmless(snapshot, () => api.post('/v1/statements', statement))).status).toBe(422)
  })

  test('with the prefix of another kind is rejected with 400, and the message names both kinds', async () => {
    const api = await service()
    const snapshot = await watch(api)
    const statement = { ...saidBy(`mtg_${UNKNOWN}`), kind: 'direct', text: 'T' }
    const response = await harmless(snapshot, () => api.post('/v1/statements', statement))
    expect([response.status, response.body['type']]).toEqual([400, '/problems/invalid-body'])
    const [fault] = response.body['errors'] as { pointer: string; detail: string }[]
    expect(fault?.pointer).toBe('/contributors/0/speakerId')
    expect(fault?.detail).toMatch(/speaker/)
    expect(fault?.detail).toMatch(/meeting/)
    for (const [field, id] of [
      ['meetingId', `spk_${UNKNOWN}`],
      ['addresseeId', `src_${UNKNOWN}`],
      ['parentId', `agr_${UNKNOWN}`],
      ['meetingId', 'RU'],
      ['meetingId', `MTG_${UNKNOWN}`],
      ['meetingId', `mtg_${UNKNOWN}x`],
      ['meetingId', `mtg_${UNKNOWN.toUpperCase()}`],
    ] as const) {
      const body = { title: 'P', proposedOn: '2022', [field]: id }
      const refused = await harmless(snapshot, () => api.post('/v1/proposals', body))
      expect([field, id, refused.status, refused.body['errors']]).toMatchObject([
        field,
        id,
        400,
        [{ pointer: `/${field}` }],
      ])
    }
  })
})

describe('a cycle of parents', () => {
  test.each([
    ['proposals', 'parentId', (n: number) => ({ title: `P${n}`, proposedOn: '2022' })],
    ['organizations', 'parentId', (n: number) => ({ name: `O${n}`, classification: 'organ' })],
    ['topics', 'broaderId', (n: number) => ({ slug: `t-${n}`, prefLabel: `T${n}` })],
  ] as const)('of %s is rejected with 422 at any length, and writes nothing', async (path, field, body) => {
    const api = await service()
    const snapshot = await watch(api)
    const chain: string[] = []
    for (let n = 0; n < 20; n++) {
      const created = await api.post(`/v1/${path}`, { ...body(n), [field]: chain.at(-1) ?? null })
      expect(created.status).toBe(201)
      chain.push(created.body['id'])
    }
    const close = (from: number, to: number) =>
      harmless(snapshot, () => api.patch(`/v1/${path}/${chain[from]}`, { [field]: chain[to] }))
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 19],
      [5, 10],
      [19, 19],
    ] as const) {
      const refused = await close(from, to)
      expect([from, to, refused.status, refused.body['type']]).toEqual([
        from,
        to,
        422,
        '/problems/inconsistent',
      ])
      expect(refused.body['errors']).toMatchObject([
        { pointer: `/${field}`, detail: expect.stringContaining('cycle') },
      ])
    }
    expect((await close(19, 0)).status).toBe(200)
    expect((await close(15, 5)).status).toBe(200)
  })

  test('of topics is also detected by slug', async () => {
    const api = await service()
    const snapshot = await watch(api)
    await api.post('/v1/topics', { slug: 'wide', prefLabel: 'Wide' })
    await api.post('/v1/topics', { slug: 'narrow', prefLabel: 'Narrow', broaderId: 'wide' })
    for (const broaderId of ['wide', 'narrow'])
      expect((await harmless(snapshot, () => api.patch('/v1/topics/wide', { broaderId }))).status).toBe(422)
  })

  test('cannot be created by two concurrent writes', async () => {
    const api = await service()
    const createProposal = async (n: number): Promise<string> =>
      (await api.post('/v1/proposals', { title: `P${n}`, proposedOn: '2022' })).body['id']
    const [one, other] = [await createProposal(1), await createProposal(2)]
    const responses = await Promise.all([
      api.patch(`/v1/proposals/${one}`, { parentId: other }),
      api.patch(`/v1/proposals/${other}`, { parentId: one }),
    ])
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 422])
  })
})

describeOnce('a path', () => {
  test('with any id returns 4xx', async () => {
    const api = await service()
    const snapshot = await watch(api)
    const weird = [
      '%00',
      '%2e%2e',
      "'",
      '%27%20or%201=1',
      '%F0%9F%98%80',
      '__proto__',
      'constructor',
      '%20',
      '*',
      '0',
    ]
    for (const id of weird) {
      for (const path of ['speakers', 'topics', 'states', 'sources']) {
        const read = await harmless(snapshot, () => api.get(`/v1/${path}/${id}`))
        expect([id, path, read.status]).toEqual([id, path, 404])
        expect((await harmless(snapshot, () => api.patch(`/v1/${path}/${id}`, {}))).status).toBe(404)
        expect((await harmless(snapshot, () => api.del(`/v1/${path}/${id}`))).status).toBe(404)
      }
    }
    for (const [id, status] of [
      ['%', 400],
      ['%ff', 400],
      ['x'.repeat(300), 414],
    ] as const) {
      const response = await api.app.inject({ method: 'GET', url: `/v1/speakers/${id}` })
      expect([id, response.statusCode]).toEqual([id, status])
      expect(response.headers['content-type']).toMatch(/^application\/problem\+json\b/)
    }
  })
})
