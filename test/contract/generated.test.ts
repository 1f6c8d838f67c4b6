// Generated requests: valid and invalid ones, from the OpenAPI document. Every response is checked against the document
// (helpers/document.ts). Seeded: the same requests in every run; SEED_OF_REQUESTS=n generates others.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Kind } from '../../src/records/schema/kinds.ts'
import { catalogue } from '../../src/resources/index.ts'
import { type Service, service, type TestResponse } from '../helpers/app.ts'
import { type Body, fullBody, type Ids, kinds, leastBody, oneOfEach, pathOf } from '../helpers/bodies.ts'
import { type Generating, valuesOf } from '../helpers/generate.ts'
import { create } from '../helpers/requests.ts'
import { eventually } from '../helpers/wait.ts'

type Node = Record<string, any>

const document = JSON.parse(
  readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'),
) as Node

const deref = (node: Node): Node => {
  const [, , section = '', name = ''] = String(node['$ref'] ?? '').split('/')
  return node['$ref'] ? document['components'][section][name] : node
}

interface Operation {
  id: string
  method: string
  path: string
  tag: string
  secured: boolean
  parameters: Node[]
  content: Record<string, { schema: Node }>
  statuses: string[]
}

/** Every operation but the live feed, which does not end. */
const operations: Operation[] = Object.entries(document['paths'] as Record<string, Record<string, Node>>)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation['operationId'],
      method: method.toUpperCase(),
      path,
      tag: operation['tags'][0],
      // A key is optional where the operation has no `security` of its own.
      secured: (operation['security'] as Node[] | undefined)?.some((scheme) => 'key' in scheme) ?? false,
      parameters: (operation['parameters'] ?? []).map(deref),
      content: operation['requestBody']?.content ?? {},
      statuses: Object.keys(operation['responses']),
    })),
  )
  .filter(({ id }) => id !== 'followChanges')

const SEED = Number(process.env['SEED_OF_REQUESTS'] ?? 20_261_124)
/** Valid bodies per operation and media type. */
const VALID_BODIES = 6

/** Larger than the limit of JSON bodies. */
const TOO_LARGE = JSON.stringify({ text: 'x'.repeat(4 * 1024 * 1024) })

const sample = <Value>(values: fc.Arbitrary<Value>, count: number): Value[] =>
  fc.sample(values, { seed: SEED, numRuns: count })

/** Parameters whose valid values depend on the data or on the kind: cursors, topics, states and names of fields. */
const SERVICE_DEFINED = new Set([
  'cursor',
  'topic',
  'state',
  'country',
  'broader',
  'eventState',
  'signedBy',
  'consentedBy',
  'awaiting',
  'notSignedBy',
  'identifier',
  'Last-Event-ID',
  'field',
  'fields',
])

interface Request {
  query?: Record<string, unknown>
  body?: unknown
  type?: string
  headers?: Record<string, string | undefined>
  path?: Record<string, string>
  key?: 'analyst' | 'admin' | null
}

interface Filled {
  s: Service
  ids: Ids
  /** The id of an existing record or part by the path of its list. */
  existing: Record<string, string>
  generating: Generating
}

/** A part of each kind that a record can have. */
const PARTS: Record<string, (kind: string, ids: Ids, others: Ids) => Body> = {
  membership: (kind, { state, organization }, others) =>
    kind === 'speaker'
      ? { role: 'Minister', stateCode: state }
      : { role: 'member', organizationId: kind === 'state' ? organization : others.organization },
  event: (kind) => ({
    type: kind === 'proposal' ? 'under-consideration' : 'drafted',
    occurredOn: '2022-09-01',
  }),
  position: (_, { state }) => ({ stateCode: state, position: 'supported', statedOn: '2022-09-01' }),
  relation: (kind, { proposal }, others) => {
    const implementing = kind === 'meeting' || kind === 'organization'
    if (implementing) return { type: 'implements', targetId: proposal }
    return { type: 'based-on', targetId: others[kind as keyof Ids] }
  },
  evidence: (_, { source }) => ({ sourceId: source, motivation: 'quote', exact: 'The text of source' }),
}

/** Records of every kind, with parts of every kind. */
async function withRecords(): Promise<Filled> {
  const s = await service()
  const [ids, others] = [await oneOfEach(s), await oneOfEach(s)]
  for (const kind of kinds)
    await s.post(pathOf(kind), { ...fullBody(kind, ids), ...(kind === 'state' && leastBody(kind, ids)) })
  const existing: Record<string, string> = {}
  const addParts = async (kind: string, url: string) => {
    for (const child of catalogue.children.filter(({ of }) => of.includes(kind as Kind))) {
      const { id } = await create(s, `${url}/${child.path}`, PARTS[child.kind]?.(kind, ids, others))
      existing[`${url}/${child.path}`] = id
      existing[`/v1/${child.path}`] = id
      await addParts(child.kind, `${url}/${child.path}/${id}`)
    }
  }
  for (const kind of kinds) {
    existing[pathOf(kind)] = ids[kind]
    await addParts(kind, `${pathOf(kind)}/${ids[kind]}`)
  }
  const existingIds = {
    ...Object.fromEntries(Map.groupBy(Object.values(existing), (id) => id.slice(0, 3))),
    state: [ids.state],
  }
  return { s, ids, existing, generating: { deref, existingIds } }
}

/** The same records, and a webhook and an import. */
async function filled(): Promise<Filled> {
  const records = await withRecords()
  const { s, existing } = records
  const send = async (url: string, payload = '', type = 'application/json') => {
    const headers = { authorization: `Bearer ${s.keys.admin}`, ...(payload && { 'content-type': type }) }
    const response = await s.request({ method: 'POST', url, payload, headers })
    if (response.status >= 300) throw new Error(response.text)
    return response.body['id'] as string
  }
  const hook = await send('/v1/webhooks', JSON.stringify({ url: 'https://example.org/hook' }))
  existing['/v1/webhooks'] = hook
  existing['/v1/imports'] = await send(
    '/v1/imports?mode=dry-run&kind=topic',
    '{"slug":"x"}',
    'application/x-ndjson',
  )
  existing[`/v1/webhooks/${hook}/deliveries`] = await send(`/v1/webhooks/${hook}/test`)
  return records
}

test.each([...new Set(operations.map(({ tag }) => tag))])(
  'operations of %s: valid requests are accepted, invalid ones are rejected, none causes a 5xx',
  async (tag) => {
    const { s, existing: ids, generating } = await filled()
    const of = (schema: Node, count: number) => sample(valuesOf(schema, generating), count)

    for (const operation of operations.filter((each) => each.tag === tag)) {
      const { id, method, path, parameters, content, secured, statuses } = operation
      const named = (where: string) => parameters.filter((parameter) => parameter['in'] === where)
      const existing = partsOf(path, ids)
      const inPath = named('path').map(({ name }) => String(name))

      const send = async (request: Request): Promise<TestResponse> => {
        const query = Object.entries(request.query ?? {})
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => `${name}=${encodeURIComponent(queryValue(value))}`)
          .join('&')
        const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
          encodeURIComponent((request.path ?? existing)[name] ?? 'x'),
        )
        const { key = secured ? 'admin' : null, type = Object.keys(content)[0] } = request
        const headers: Record<string, string | undefined> = {
          ...(key && { authorization: `Bearer ${s.keys[key]}` }),
          ...(request.body !== undefined && type && { 'content-type': type }),
          ...(named('header').some(({ name }) => name === 'If-Match') && { 'if-match': '*' }),
          ...request.headers,
        }
        const payload =
          request.body === undefined || typeof request.body === 'string'
            ? request.body
            : JSON.stringify(request.body)
        const response = await s.request({
          method: method as 'GET',
          url: query ? `${url}?${query}` : url,
          headers: Object.fromEntries(
            Object.entries(headers).filter(([, value]) => value !== undefined),
          ) as Record<string, string>,
          ...(payload !== undefined && { payload: payload as string }),
        })
        expect(
          response.status,
          `${id} ${url}?${query} ${JSON.stringify(request.body)}: ${response.text}`,
        ).toBeLessThan(500)
        return response
      }
      const code = ({ body }: TestResponse) => String(body?.['type'] ?? '').replace('/problems/', '')
      const needed = Object.fromEntries(
        named('query').flatMap(({ name, required, schema }) => (required ? [[name, of(schema, 1)[0]]] : [])),
      )
      const bodies = Object.entries(content)
      const [[, media] = []] = bodies
      const valid: Request = { query: needed, ...(media && { body: of(media.schema, 1)[0] }) }

      // --- valid requests
      for (const [type, { schema }] of bodies)
        for (const body of of(schema, VALID_BODIES)) {
          const response = await send({ ...valid, body, type })
          expect(
            ['malformed-body', 'invalid-body'],
            `${id} ${JSON.stringify(body)} ${response.text}`,
          ).not.toContain(code(response))
        }
      if (bodies.length === 0 && method !== 'DELETE') await send(valid)
      // Deletions come last.
      for (const { name, schema } of method === 'DELETE' ? [] : named('query'))
        for (const value of of(schema, 2)) {
          const response = await send({ ...valid, query: { ...needed, [name]: value } })
          if (SERVICE_DEFINED.has(name)) continue
          expect(response.status, `${id} ${name}=${queryValue(value)} ${response.text}`).not.toBe(400)
        }

      // --- invalid requests
      const expectStatus = async (status: number, request: Request) => {
        const response = await send({ ...valid, ...request })
        expect([id, response.status, response.text]).toEqual([id, status, expect.anything()])
      }
      await expectStatus(400, { query: { ...needed, noSuchParameter: '1' } })
      for (const { name, schema } of named('query'))
        if (/"(enum|pattern|format|maximum)"|ref/.test(JSON.stringify(schema)) && !SERVICE_DEFINED.has(name))
          await expectStatus(400, { query: { ...needed, [name]: '<none of those>' } })
      for (const { name } of named('query').filter(({ required }) => required))
        await expectStatus(400, { query: { ...needed, [name]: undefined } })
      for (const [type, { schema }] of bodies.filter(([type]) => /[/+]json$/.test(type))) {
        const form = deref(schema)
        const [good] = of(schema, 1) as [Record<string, unknown>]
        await expectStatus(400, { type, body: { ...good, noSuchField: 1 } })
        await expectStatus(400, { type, body: '{"broken":' })
        await expectStatus(400, { type, body: '' })
        await expectStatus(400, { type, body: [good] })
        await expectStatus(415, { type: 'application/xml', body: '<a/>' })
        await expectStatus(413, { type, body: TOO_LARGE })
        for (const name of (form['required'] ?? []) as string[])
          await expectStatus(400, { type, body: { ...good, [name]: undefined } })
        // What a source has in a field can be any value.
        for (const name of Object.keys(form['properties'] ?? {}).filter((each) => each !== 'value'))
          await expectStatus(400, { type, body: { ...good, [name]: { not: ['this'] } } })
      }
      if (secured) {
        await expectStatus(401, { key: null })
        await expectStatus(401, { headers: { authorization: 'Bearer nothing' } })
        if (statuses.includes('403')) await expectStatus(403, { key: 'analyst' })
      }
      if (named('header').some(({ name }) => name === 'Idempotency-Key')) {
        const headers = { 'idempotency-key': `once ${id}`.replaceAll(' ', '-') }
        const first = await send({ ...valid, headers })
        const again = await send({ ...valid, headers })
        expect([id, again.status, again.body?.['id']]).toEqual([id, first.status, first.body?.['id']])
        await expectStatus(400, { headers: { 'idempotency-key': 'white space' } })
      }
      if (inPath.length > 0) {
        const missing = Object.fromEntries(
          named('path').map(({ name, schema }) => [
            name,
            String(of({ ...schema, pattern: `${schema['pattern']}` }, 1)[0]),
          ]),
        )
        for (const name of inPath) {
          const none =
            name === 'version'
              ? '999999'
              : String(missing[name]).slice(0, 4) === existing[name]?.slice(0, 4)
                ? `${existing[name]?.slice(0, 4)}00000000000000000000000000`
                : 'ZZ'
          await expectStatus(404, { path: { ...existing, [name]: none } })
        }
        if (inPath.includes('id')) await expectStatus(414, { path: { ...existing, id: 'x'.repeat(201) } })
      }
      if (named('header').some(({ name }) => name === 'If-Match')) {
        await expectStatus(428, { headers: { 'if-match': undefined } })
        await expectStatus(412, { headers: { 'if-match': '"0.never"' } })
      }
      if (statuses.includes('406')) await expectStatus(406, { headers: { accept: 'image/png' } })
      if (method === 'GET' && path !== '/metrics' && !path.includes('.')) {
        // Background work such as deliveries can change the response between the two requests.
        await eventually(async () => {
          const { status, headers } = await send(valid)
          if (status !== 200) return
          await expectStatus(304, { headers: { 'if-none-match': String(headers['etag']) } })
        })
      }
    }
    // Deletions come last, because requests after them would find nothing.
    for (const { id, method, path } of operations.filter(
      (each) => each.tag === tag && each.method === 'DELETE',
    )) {
      const parts = partsOf(path, ids)
      const url = path.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? 'x')
      const deleted = await s.request({
        method: method as 'DELETE',
        url: path.startsWith('/v1/webhooks') ? url : `${url}?reason=Test`,
        headers: { authorization: `Bearer ${s.keys.admin}`, 'if-match': '*' },
      })
      expect([204, 404, 409, 410], `${id} ${deleted.text}`).toContain(deleted.status)
    }
  },
)

test('a GET returns the same response without the cache and from it, and 304 for If-None-Match', async () => {
  const { s, existing, generating } = await withRecords()
  const of = (schema: Node) => sample(valuesOf(schema, generating), 2)
  let hits = 0
  for (const { path, parameters } of operations.filter(
    // Metrics change with every request, and responses that require a key are not cached.
    (each) => each.method === 'GET' && !each.secured && each.path !== '/metrics',
  )) {
    const parts = partsOf(path, existing)
    const plain = path.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? 'x')
    const inQuery = parameters.filter((parameter) => parameter['in'] === 'query')
    const needed = inQuery.flatMap(({ name, required, schema }) =>
      required ? [`${name}=${encodeURIComponent(queryValue(of(schema)[0]))}`] : [],
    )
    const varied = inQuery.flatMap(({ name, schema }) =>
      of(schema).map((value) => [
        ...needed.filter((each) => !each.startsWith(`${name}=`)),
        `${name}=${encodeURIComponent(queryValue(value))}`,
      ]),
    )
    for (const url of new Set(
      [needed, ...varied].map((query) => [plain, query.join('&')].filter(Boolean).join('?')),
    )) {
      const first = await s.get(url)
      if (first.status !== 200) continue
      const again = await s.get(url)
      s.queries()
      const third = await s.get(url)
      const queries = s.queries().length
      expect([again, third].map(stable), url).toEqual([stable(first), stable(first)])
      if (queries === 0 && path.startsWith('/v1/')) hits++
      const { etag } = first.headers
      if (etag) expect((await s.get(url, { 'if-none-match': String(etag) })).status, url).toBe(304)
    }
  }
  expect(hits).toBeGreaterThan(400)
})

/** A response without the headers that differ by request. */
function stable({ status, headers, text }: TestResponse) {
  const { date: _, 'x-request-id': __, ...stableHeaders } = headers
  return { status, headers: stableHeaders, text }
}

/** A minimal request of an operation. */
async function plain(
  s: Service,
  { method, path, parameters, content, secured }: Operation,
  parts: Record<string, string>,
  body: unknown = {},
) {
  const [type] = Object.keys(content)
  const needsReason = parameters.some(({ name, required }) => name === 'reason' && required)
  return s.request({
    method: method as 'GET',
    url: `${path}${needsReason ? '?reason=Test' : ''}`
      .replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? 'x')
      .replace(/\/search$/, '/search?q=a')
      .replace(/(\/stats\/\w+)$/, '$1?by=status'),
    headers: {
      ...(secured && { authorization: `Bearer ${s.keys.admin}`, 'if-match': '*' }),
      ...(type && { 'content-type': type }),
    },
    ...(type && { payload: JSON.stringify(body) }),
  })
}

test('every operation on a deleted record returns 410', async () => {
  const { s, ids, existing, generating } = await filled()
  const deletedIds: Record<string, string> = {}
  for (const kind of kinds) {
    const created = await s.post(pathOf(kind), leastBody(kind, ids))
    deletedIds[kind] = created.body['id']
    expect((await s.del(`${pathOf(kind)}/${created.body['id']}`)).status).toBe(204)
  }
  let gone = 0
  for (const operation of operations.filter(
    ({ path, statuses }) =>
      path.includes('{id}') &&
      statuses.includes('410') &&
      kinds.some((kind) => path.startsWith(pathOf(kind))),
  )) {
    const kind = kinds.find((each) => operation.path.startsWith(pathOf(each))) ?? 'meeting'
    // A valid body, because an invalid one is rejected before the record is looked up.
    const [media] = Object.values(operation.content)
    const [body] = media ? sample(valuesOf(media.schema, generating), 1) : []
    const parts = { ...partsOf(operation.path, existing), id: deletedIds[kind] ?? '' }
    const response = await plain(s, operation, parts, body)
    expect([operation.id, response.status, response.text]).toEqual([operation.id, 410, expect.anything()])
    gone++
  }
  expect(gone).toBeGreaterThan(50)
})

test('every operation returns 429 with Retry-After above the rate limit', async () => {
  const limited = await service({ rateLimitMax: 1 })
  await limited.get('/healthz')
  for (const operation of operations) {
    const response = await plain(limited, operation, {})
    expect([operation.id, response.status]).toEqual([operation.id, 429])
    expect(Number(response.headers['retry-after']), operation.id).toBeGreaterThan(0)
  }
})

test('every operation except those of the service requires a key if reads require one', async () => {
  const s = await service({ requireKeyForReads: true })
  for (const operation of operations) {
    const { status } = await plain(s, { ...operation, secured: false }, {})
    expect([operation.id, status]).toEqual([operation.id, operation.tag === 'service' ? 200 : 401])
  }
})

test('every operation returns a documented problem when the database fails', async () => {
  const { s, existing } = await filled()
  await s.engine.close()
  const failed = new Set<number>()
  for (const operation of operations) {
    const { status } = await plain(s, operation, partsOf(operation.path, existing))
    failed.add(status)
  }
  expect(failed).toContain(500)
})

/** Values of path parameters that exist. */
function partsOf(path: string, existing: Record<string, string>): Record<string, string> {
  const values: Record<string, string> = {}
  let url = ''
  for (const segment of path.split('/').slice(1)) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1]
    if (name !== undefined) values[name] = name === 'version' ? '1' : (existing[url] ?? '')
    url += `/${name === undefined ? segment : values[name]}`
  }
  return values
}

/** A value in a query string: lists are joined by commas, and commas in values are escaped. */
function queryValue(value: unknown): string {
  if (!Array.isArray(value)) return String(value)
  return value.map((one) => String(one).replaceAll(',', '\\,')).join(',')
}
