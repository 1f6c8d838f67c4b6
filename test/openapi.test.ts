// The OpenAPI document: up to date, complete and consistent.
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { PROBLEMS, type ProblemCode } from '../src/core/problems.ts'
import { convertTo30 } from '../src/http/openapi-3.0.ts'
import { catalogue } from '../src/resources/index.ts'
import { service } from './helpers/app.ts'

type Node = Record<string, unknown>

interface Media extends Node {
  schema?: Node
  example?: unknown
  examples?: Record<string, Node>
}
interface Response extends Node {
  description?: string
  content?: Record<string, Media>
  headers?: Record<string, Node>
}
interface Parameter extends Node {
  name: string
  in: string
  description?: string
  schema: Node
}
interface Operation extends Node {
  operationId: string
  summary: string
  tags: string[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, Media>; required?: boolean }
  responses: Record<string, Response>
  security?: Node[]
  'x-problems'?: ProblemCode[]
}
interface Document extends Node {
  openapi: string
  info: { description: string }
  security: Node[]
  'x-common-headers': string[]
  'x-common-problems': ProblemCode[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, Node>> & { schemas: Record<string, Node> }
}

const text = readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8')
const document = JSON.parse(text) as Document
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** Every object in a value, with its JSON Pointer. */
function* objects(value: unknown, at = '#'): Generator<[string, Node]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [at, value as Node]
  for (const [key, inner] of Object.entries(value)) {
    yield* objects(inner, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  }
}

/** The target of a local reference. */
const resolve = (ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((inner, segment) => (inner as Node | undefined)?.[segment], document)

const deref = (node: Node): Node =>
  typeof node['$ref'] === 'string' ? (resolve(node['$ref']) as Node) : node

/** The properties of a schema, without those that it inherits. */
function ownProperties(name: string): Record<string, Node> {
  const { allOf, properties } = document.components.schemas[name] as { allOf?: Node[]; properties?: Node }
  return (allOf?.[1]?.['properties'] ?? properties) as Record<string, Node>
}

/** Every operation, with its references to parameters and responses resolved. */
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method,
    operation: {
      ...operation,
      parameters: (operation.parameters ?? []).map((one) => deref(one) as Parameter),
      responses: Object.fromEntries(
        Object.entries(operation.responses).map(([status, one]) => [status, deref(one) as Response]),
      ),
    },
    id: operation.operationId,
  })),
)

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addFormat('int32', true)
ajv.addFormat('int64', true)
ajv.addSchema({ ...document, $id: 'api' })

const validators = new Map<string, ValidateFunction>()

/** The errors of a value against a schema of the document. */
function faults(schema: unknown, value: unknown): string {
  const key = JSON.stringify(schema).replaceAll('"#/', '"api#/')
  const validate = validators.get(key) ?? ajv.compile(JSON.parse(key))
  validators.set(key, validate)
  return validate(value) ? '' : ajv.errorsText(validate.errors)
}

describe('openapi/openapi.json', () => {
  test('is up to date (to fix: npm run openapi)', async () => {
    const { app } = await service()
    const lines = (value: unknown) => JSON.stringify(value, null, 1).split('\n')
    const [committed, generated] = [lines(document), lines(app.swagger())]
    // The first different line is more helpful than the whole diff.
    const at = generated.findIndex((line, index) => line !== committed[index])
    expect(at === -1 ? '' : `${committed[at]} should be ${generated[at]}`).toBe('')
    expect(committed.length).toBe(generated.length)
  })

  test('is smaller than 700 kB as it is served', () => {
    expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThan(700_000)
  })

  test('is served as OpenAPI 3.0.3 at /openapi-3.0.json, with the same paths', async () => {
    const { app, get } = await service()
    const { servers, ...body } = (await get('/openapi-3.0.json')).body
    const converted = JSON.parse(JSON.stringify(convertTo30(app.swagger() as never))) as Document
    expect({ ...body, servers: converted['servers'] }).toEqual(converted)
    expect(servers).toMatchObject([{ url: expect.stringMatching(/^http:/) }])
    expect(converted.openapi).toBe('3.0.3')
    expect(Object.keys(converted.paths)).toEqual(Object.keys(document.paths))
    for (const [at, node] of objects(converted)) {
      if (/\/(examples?|value|default)\b/.test(at)) continue
      expect([at, 'const' in node, Array.isArray(node['type'])]).toEqual([at, false, false])
      if ('nullable' in node) expect([at, typeof node['type']]).toEqual([at, 'string'])
      if ('$ref' in node && !at.endsWith('/properties'))
        expect([at, Object.keys(node)]).toEqual([at, ['$ref']])
    }
  })

  test('is served as JSON and as YAML', async () => {
    const { app, get } = await service()
    const json = await get('/openapi.json')
    const generated = JSON.parse(JSON.stringify(app.swagger()))
    // Only the address of the server is that of the request.
    const served = { ...generated, servers: json.body['servers'] }
    expect(generated.servers).toMatchObject([{ url: '/' }])
    expect(json.body).toEqual(served)
    expect(json.headers['content-type']).toMatch(/^application\/json/)
    const { parse } = await import('yaml')
    const yaml = await get('/openapi.yaml')
    expect(yaml.headers['content-type']).toMatch(/^application\/yaml/)
    expect(parse(yaml.text, { maxAliasCount: 0 })).toEqual(served)
  })

  test('is served by tag, each with all that its operations refer to', async () => {
    const { get } = await service()
    const seen: string[] = []
    for (const { name } of document.tags) {
      const { body, text } = await get(`/openapi.json?tag=${name}`)
      for (const [, path = ''] of text.matchAll(/"#\/(components\/[\w-]+\/[\w-]+)"/g))
        expect([name, path, path.split('/').reduce((node, key) => node?.[key], body)]).toEqual([
          name,
          path,
          expect.anything(),
        ])
      expect(body['tags']).toEqual([expect.objectContaining({ name })])
      for (const item of Object.values<Record<string, { tags: string[]; operationId: string }>>(
        body['paths'],
      ))
        for (const { tags, operationId } of Object.values(item)) {
          expect(tags).toContain(name)
          seen.push(operationId)
        }
    }
    expect(new Set(seen)).toEqual(new Set(operations.map(({ operation }) => operation.operationId)))
    const proposals = await get('/openapi.json?tag=proposals')
    expect(proposals.text.length).toBeLessThan((await get('/openapi.json')).text.length / 3)
    expect((await get('/openapi-3.0.json?tag=proposals')).body['openapi']).toBe('3.0.3')
    const unknown = await get('/openapi.json?tag=proposal')
    expect([unknown.status, unknown.body['detail']]).toEqual([400, expect.stringContaining('Did you mean')])
  })

  test('describes exactly the routes of the service', async () => {
    const { app } = await service()
    for (const { path, method } of operations) {
      const url = path.replace(/\{(\w+)\}/g, ':$1')
      expect([url, method, app.hasRoute({ method: method.toUpperCase() as 'GET', url })]).toEqual([
        url,
        method,
        true,
      ])
    }
    const paths = Object.keys(document.paths)
    for (const { path, lifecycle } of catalogue.resources) {
      const expected = [`/v1/${path}`, `/v1/${path}/{id}`, `/v1/${path}/{id}/evidence`]
      if (lifecycle) expected.push(`/v1/${path}/{id}/events`)
      for (const each of expected) expect(paths).toContain(each)
      expect(Object.keys(document.paths[`/v1/${path}`] ?? {}).sort()).toEqual(['get', 'post'])
      expect(Object.keys(document.paths[`/v1/${path}/{id}`] ?? {}).sort()).toEqual(['delete', 'get', 'patch'])
    }
  })
})

describe('every operation', () => {
  test('has a unique operationId, a summary and described tags', () => {
    const ids = operations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = new Map(document.tags.map(({ name, description }) => [name, description]))
    for (const { id, operation, path, method } of operations) {
      expect(id, `${method} ${path}`).toMatch(/^[a-z][a-zA-Z]+$/)
      expect(operation.summary, id).toMatch(/^[A-Z].{5,}/)
      expect(operation.tags?.length, id).toBeGreaterThan(0)
      for (const tag of operation.tags) expect(tags.get(tag), `${id} ${tag}`).toMatch(/\w/)
    }
    const used = new Set(operations.flatMap(({ operation }) => operation.tags))
    expect([...tags.keys()].filter((tag) => !used.has(tag))).toEqual([])
  })

  test('describes its responses, at least one success, with a schema for each body', () => {
    for (const { id, operation } of operations) {
      const statuses = Object.keys(operation.responses)
      expect(
        statuses.some((status) => /^2\d\d$/.test(status)),
        id,
      ).toBe(true)
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status, id).toMatch(/^([2-5]\d\d|default)$/)
        expect(response.description, `${id} ${status}`).toMatch(/\w{2,}/)
        if (['204', '302', '304'].includes(status))
          expect(response.content, `${id} ${status}`).toBeUndefined()
        else expect(Object.keys(response.content ?? {}).length, `${id} ${status}`).toBeGreaterThan(0)
        for (const media of Object.values(response.content ?? {}))
          expect(Object.keys(media.schema ?? {}).length, `${id} ${status}`).toBeGreaterThan(0)
      }
    }
  })

  test('describes its parameters, including those of the path', () => {
    for (const { id, path, operation } of operations) {
      const parameters = operation.parameters ?? []
      for (const { name, description, schema } of parameters) {
        expect(description, `${id} ${name}`).toMatch(/\w{3,}/)
        expect(Object.keys(schema).length, `${id} ${name}`).toBeGreaterThan(0)
      }
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect(inPath.sort(), id).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort())
      const keys = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
      expect(new Set(keys).size, id).toBe(keys.length)
    }
  })

  test('has an example for the id of a record in its path (test/contract/examples.test.ts: it exists)', () => {
    let ids = 0
    for (const { id, path, operation } of operations) {
      if (/^\/v1\/(webhooks|imports)\//.test(path)) continue
      for (const parameter of operation.parameters.filter((each) => each.in === 'path')) {
        expect(parameter, `${id} ${parameter.name}`).toHaveProperty('example')
        ids++
      }
    }
    expect(ids).toBeGreaterThan(100)
  })

  test('lists its problems by status, and by code where a status has several', () => {
    const codesWith = (status: number) =>
      (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => PROBLEMS[code].status === status)
    for (const { id, path, operation } of operations) {
      const own = operation['x-problems'] ?? []
      const codes: string[] = [...own]
      for (const [status, { content, description }] of Object.entries(operation.responses)) {
        if (!/^([45]\d\d|default)$/.test(status)) continue
        expect(content, `${id} ${status}`).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        })
        const possible = status === 'default' ? document['x-common-problems'] : codesWith(Number(status))
        for (const code of possible) expect(description, `${id} ${status}`).toContain(`\`${code}\``)
        if (status === 'default') continue
        if (possible.length === 1) codes.push(...possible)
        else
          expect(
            own.some((code) => possible.includes(code)),
            `${id} ${status}`,
          ).toBe(true)
      }
      for (const code of own)
        expect(Object.keys(operation.responses), id).toContain(`${PROBLEMS[code].status}`)
      expect(Object.keys(operation.responses), id).toContain('default')
      if (/\{\w+\}/.test(path)) {
        expect(codes, id).toContain('not-found')
        // The history of a record remains after its deletion, and imports are not deleted.
        if (!/\/history(\/\{version\})?$/.test(path) && !path.startsWith('/v1/imports'))
          expect(codes, id).toContain('gone')
      }
      if (operation.parameters?.some(({ name }) => name === 'If-Match'))
        expect(codes, id).toContain('precondition-failed')
    }
    expect(document['x-common-problems']).toEqual(
      expect.arrayContaining([
        'invalid-parameter',
        'malformed-body',
        'invalid-body',
        'unauthorized',
        'precondition-required',
        'rate-limited',
        'internal',
        'unavailable',
      ]),
    )
  })

  test('has the headers common to all operations in the description of the API', () => {
    for (const name of document['x-common-headers'])
      expect(document.info.description).toContain(`- \`${name}\`: `)
  })

  test("requires a key for writes and private reads, and lists 403 where it requires an admin's key", () => {
    expect(document.security).toEqual([{}, { key: [] }])
    for (const { id, method, path, operation } of operations) {
      const needed = method !== 'get' || (/(Webhook|Import)/.test(id) && !id.startsWith('getImportTemplate'))
      // Settings can demand a key for other reads, but not for health and metrics.
      const optional = operation.tags.includes('service') ? [] : undefined
      expect([id, operation.security]).toEqual([id, needed ? [{ key: [] }] : optional])
      // Analysts delete parts of records.
      const isPart = catalogue.children.some((child) => path.startsWith(`/v1/${child.path}/`))
      if (method === 'delete' && path.endsWith('/{id}') && !isPart)
        expect(Object.keys(operation.responses), id).toContain('403')
      if (/^(create|update)(Report|Meeting|Proposal)$/.test(id))
        expect(Object.keys(operation.responses), id).not.toContain('403')
    }
    expect(document.components['securitySchemes']?.['key']).toMatchObject({ type: 'http', scheme: 'bearer' })
  })

  test('with a body refers to a named schema and has a valid example', () => {
    const taking = operations.filter(({ operation }) => operation.requestBody)
    expect(taking.length).toBeGreaterThan(25)
    for (const { id, operation } of taking) {
      for (const [type, { schema = {}, example, examples }] of Object.entries(
        operation.requestBody?.content ?? {},
      )) {
        const where = `${id} ${type}`
        // A file is a string.
        if (id === 'createImport') expect(schema, where).toMatchObject({ type: 'string' })
        else expect(schema['$ref'], where).toMatch(/^#\/components\/schemas\/\w+$/)
        const shown = [
          ...(example === undefined ? [] : [example]),
          ...Object.values(examples ?? {}).map((each) => deref(each)['value']),
          ...((deref(schema)['examples'] as unknown[] | undefined) ?? []),
        ]
        expect(shown.length, `${where} shows no example`).toBeGreaterThan(0)
        for (const value of shown) expect(faults(schema, value), where).toBe('')
      }
    }
  })

  test('has one media type for its body and one for its success, except for files of imports', () => {
    for (const { id, operation } of operations) {
      if (operation.requestBody && id !== 'createImport')
        expect(Object.keys(operation.requestBody.content), id).toEqual(['application/json'])
      for (const [status, { content }] of Object.entries(operation.responses))
        if (content) expect([id, status, Object.keys(content).length]).toEqual([id, status, 1])
    }
  })

  test('has one schema for its success', () => {
    for (const { id, operation } of operations) {
      const media = Object.entries(operation.responses).flatMap(([status, { content }]) =>
        status.startsWith('2') ? Object.values(content ?? {}) : [],
      )
      for (const { schema = {} } of media) expect([id, '$ref' in schema]).toEqual([id, true])
    }
  })
})

describe('the components', () => {
  test('have no dangling references and are all used', () => {
    const refs = new Set<string>()
    for (const [at, node] of objects(document)) {
      const ref = node['$ref']
      if (typeof ref !== 'string') continue
      expect(ref, at).toMatch(/^#\/components\//)
      expect(resolve(ref), `${at} → ${ref}`).toBeDefined()
      refs.add(ref)
    }
    for (const section of ['schemas', 'headers', 'examples', 'responses', 'parameters']) {
      for (const name of Object.keys(document.components[section] ?? {}))
        expect(refs, `${section}/${name}`).toContain(`#/components/${section}/${name}`)
    }
  })

  test('include every record with its bodies and its page', () => {
    const { schemas } = document.components
    for (const { name } of catalogue.resources) {
      for (const each of [name, `${name}Create`, `${name}Patch`, `${name}Page`]) {
        expect(Object.keys(schemas)).toContain(each)
        expect(schemas[each]?.['type'], each).toBe('object')
        expect(schemas[each]?.['description'], each).toMatch(/\w/)
      }
    }
    for (const name of Object.keys(schemas)) expect(name).toMatch(/^[A-Z][A-Za-z]+$/)
  })

  test('are used for every body', () => {
    for (const { id, operation } of operations) {
      const media = Object.values(operation.responses).flatMap(({ content }) => Object.values(content ?? {}))
      for (const { schema = {} } of media) {
        if (schema['type'] === 'string') continue
        for (const one of (schema['anyOf'] as Node[] | undefined) ?? [schema])
          expect(String(one['$ref']), id).toMatch(/^#\/components\/schemas\/\w+$/)
      }
    }
    for (const shared of ['Identifier', 'Page', 'Fault']) {
      const uses = text.split(`"#/components/schemas/${shared}"`).length - 1
      expect([shared, uses > 0]).toEqual([shared, true])
    }
  })

  test('of records describe and require every field, except included ones', () => {
    for (const { name, record } of catalogue.entities) {
      expect(ownProperties(name), name).toHaveProperty('includeTruncated')
      const { properties, required } = document.components.schemas[`Plain${name}`] as {
        properties: Record<string, Node>
        required: string[]
      }
      // `certain` is only there with `asOf`.
      expect(required.toSorted(), name).toEqual(
        Object.keys(record.shape)
          .filter((field) => field !== 'certain')
          .sort(),
      )
      for (const field of required) {
        const schema = properties[field] ?? {}
        const described = [schema, ...((schema['anyOf'] as Node[] | undefined) ?? [])].some(
          (node) => typeof deref(node)['description'] === 'string',
        )
        expect([name, field, described]).toEqual([name, field, true])
      }
    }
  })

  test('have valid examples', () => {
    let shown = 0
    const check = (at: string, schema: unknown, value: unknown) => {
      shown++
      expect(faults(schema, value), at).toBe('')
    }
    for (const [at, node] of objects(document)) {
      if (Array.isArray(node['examples']) && !at.endsWith('/properties'))
        for (const value of node['examples']) check(at, node, value)
      if (typeof node['schema'] !== 'object') continue
      if ('example' in node) check(at, node['schema'], node['example'])
      for (const example of Object.values((node['examples'] ?? {}) as Record<string, Node>))
        check(at, node['schema'], deref(example)['value'])
    }
    expect(shown).toBeGreaterThan(80)
  })

  test('reject additional properties in requests and allow them in responses', () => {
    const requestSchemas = new Set<string>()
    const follow = (value: unknown) => {
      for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
        if (requestSchemas.has(name)) continue
        requestSchemas.add(name)
        follow(document.components.schemas[name])
      }
    }
    for (const { operation } of operations) follow(operation.requestBody ?? {})
    let shapes = 0
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      for (const [at, node] of objects(schema)) {
        if (node['type'] !== 'object' || !node['properties']) continue
        shapes++
        expect([name, at, node['additionalProperties']]).toEqual([
          name,
          at,
          requestSchemas.has(name) ? false : undefined,
        ])
      }
    }
    expect(shapes).toBeGreaterThan(90)
  })

  test('distinguish the members of unions by a property', () => {
    const kindsIn = (name: string) => {
      const { oneOf, discriminator } = document.components.schemas[name] as {
        oneOf: { $ref: string }[]
        discriminator: { propertyName: string; mapping: Record<string, string> }
      }
      const { propertyName, mapping } = discriminator
      expect(Object.values(mapping).sort()).toEqual(oneOf.map(({ $ref }) => $ref).sort())
      for (const [value, $ref] of Object.entries(mapping))
        expect(ownProperties($ref.split('/').at(-1) ?? '')[propertyName]?.['enum']).toEqual([value])
      return Object.keys(mapping)
    }
    const kinds = catalogue.resources.map(({ kind }) => kind)
    expect(kindsIn('Change')).toEqual([...kinds, ...catalogue.children.map(({ kind }) => kind)])
    expect(kindsIn('Selector')).toEqual(['TextQuoteSelector', 'TextPositionSelector'])
  })

  test('limit texts and lists in requests', () => {
    const sent = operations.flatMap(({ operation }) => [
      ...operation.parameters.map(({ schema }) => schema),
      // Files are only limited as a whole.
      ...Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { schema }]) =>
        /[/+]json$/.test(type) ? [schema] : [],
      ),
    ])
    const reached = new Set<unknown>()
    const follow = (value: unknown) => {
      for (const [at, node] of objects(value)) {
        const target = deref(node)
        if (reached.has(target)) continue
        reached.add(target)
        expect([at, node['x-unbounded']]).toEqual([at, undefined])
        if (target !== node) follow(target)
      }
    }
    for (const schema of sent) follow(schema)
    expect(reached.size).toBeGreaterThan(300)
  })

  test('have a pattern or format for ids, codes, dates and instants', () => {
    let matched = 0
    for (const [at, node] of objects(document)) {
      const name = /\/properties\/(\w+)$/.exec(at)?.[1] ?? ''
      if (!/^(id|code|slug|at|start[A-Z]\w*|\w+(Id|Code|On|Date|At))$/.test(name)) continue
      if (
        ['requestId', 'existingId', 'startIndex'].includes(name) ||
        /(Actor|RecordReference|RecordMatch|DuplicateCandidate|ImportDifference|LostQuote|NeighbouringEvent|Report\w+)\//.test(
          at,
        )
      )
        continue
      matched++
      const [form = node] = (node['anyOf'] as Node[] | undefined) ?? []
      expect([at, ['pattern', 'format', 'enum', '$ref'].some((key) => key in form)]).toEqual([at, true])
    }
    expect(matched).toBeGreaterThan(150)
  })

  test('compile', () => {
    for (const name of Object.keys(document.components.schemas))
      expect(() => ajv.compile({ $ref: `api#/components/schemas/${name}` }), name).not.toThrow()
  })
})

describe('for generators of clients', () => {
  const schemas = Object.entries(document.components.schemas)
  const converted = JSON.parse(JSON.stringify(convertTo30(document as never))) as Document
  /** Every schema inside of others or of parameters, in both versions of the document, with its place. */
  const nodes = [...objects(document), ...objects(converted)].filter(
    ([at]) => !/\/(examples?|value|default|properties|mapping)$/.test(at) && !/\/examples?\//.test(at),
  )

  test('no schema contains itself, directly or through others', () => {
    const referred = (schema: unknown) =>
      new Set(
        [...JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name),
      )
    const finished = new Set<string>()
    const visit = (name: string, path: string[]) => {
      expect(path, `${[...path, name].join(' → ')}`).not.toContain(name)
      if (finished.has(name)) return
      for (const inner of referred(document.components.schemas[name])) visit(inner, [...path, name])
      finished.add(name)
    }
    for (const [name] of schemas) visit(name, [])
    expect(finished.size).toBe(schemas.length)
  })

  test('no two components have the same name, whatever the section and the case', () => {
    const names = Object.values(document.components).flatMap((section) =>
      Object.keys(section).map((name) => name.toLowerCase()),
    )
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test('named schemas say more than their name', () => {
    for (const [name, { description }] of schemas)
      expect([name, String(description).startsWith(`${name}.`) || description === name]).toEqual([
        name,
        false,
      ])
  })

  test('no two objects have the same properties', () => {
    const forms = schemas.flatMap(([name, { type, properties, required, allOf }]) =>
      type === 'object' ? [[JSON.stringify({ properties, required, allOf }), name]] : [],
    )
    const copies = forms.filter(([form], index) => forms.findIndex(([other]) => other === form) !== index)
    expect(copies.map(([, name]) => name)).toEqual([])
  })

  test('what is embedded nowhere refers to plain records: changes, and versions of a history', () => {
    const refers = (value: unknown) =>
      [...JSON.stringify(value).matchAll(/schemas\/(\w+)"/g)].map(([, name = '']) => name)
    for (const { name } of catalogue.entities) {
      expect(refers(document.components.schemas[`${name}Change`]), name).toContain(`Plain${name}`)
      expect(refers(document.components.schemas[`${name}Change`]), name).not.toContain(name)
    }
    for (const { id, operation } of operations.filter(({ path }) => path.endsWith('/history/{version}')))
      expect(refers(operation.responses['200'])[0], id).toMatch(/^Plain/)
  })

  test('patterns have plain slashes, since generators escape them', () => {
    for (const [at, { pattern = '' }] of nodes)
      expect([at, String(pattern).includes('\\/')]).toEqual([at, false])
  })

  test('in 3.0 every field that may be null or missing is omitted where it is not set', () => {
    const nullable = Object.entries(converted.components.schemas).flatMap(
      ([name, { properties, required }]) =>
        Object.entries((properties ?? {}) as Record<string, Node>)
          .filter(([field, { nullable }]) => nullable && !(required as string[] | undefined)?.includes(field))
          .map(([field, property]) => [name, field, property['x-omitempty']]),
    )
    expect(nullable.length).toBeGreaterThan(150)
    expect(nullable.filter(([, , omitted]) => omitted !== true)).toEqual([])
  })

  test('HEAD and the headers of replicas are described', () => {
    expect(document.info.description).toContain('every path with GET also takes HEAD')
    expect(document.info.description).toContain('`Consistency-Token`: ')
  })

  test('enums and objects have names', () => {
    const isNamed = (at: string) => /^#\/components\/schemas\/\w+$/.test(at)
    // The own part of a schema that extends another.
    const isOwnPart = (at: string) => /^#\/components\/schemas\/\w+\/allOf\/1$/.test(at)
    let enums = 0
    for (const [at, node] of [...objects(document), ...objects(converted)]) {
      if (/\/(properties|examples?|example)$/.test(at)) continue
      if (node['type'] === 'object' && node['properties'])
        expect([at, isNamed(at) || isOwnPart(at)]).toEqual([at, true])
      const several = node['enum'] as unknown[] | undefined
      // A discriminator has one value.
      if (!Array.isArray(several) || several.length === 1) continue
      expect([at, isNamed(at)]).toEqual([at, true])
      enums++
    }
    expect(enums).toBeGreaterThan(160)
  })

  test('unions of schemas have names', () => {
    for (const [at, { anyOf = [], oneOf = [] }] of nodes) {
      const members = [...(anyOf as Node[]), ...(oneOf as Node[])].filter((member) => '$ref' in member)
      if (members.length > 1) expect(at).toMatch(/^#\/components\/schemas\/\w+$/)
    }
  })

  test('enums are of texts without null, and discriminators have one value instead of a constant', () => {
    for (const [at, node] of nodes) {
      expect([at, 'const' in node]).toEqual([at, false])
      if (Array.isArray(node['enum']))
        expect([at, node['type'], node['enum'].every((each) => typeof each === 'string')]).toEqual([
          at,
          'string',
          true,
        ])
    }
  })

  test('a parameter that is true or false is a boolean', () => {
    for (const [at, { enum: values }] of nodes)
      if (Array.isArray(values)) expect([at, values.includes('true')]).toEqual([at, false])
  })

  test('dates have no pattern beside their format, and no header of a response is required', () => {
    for (const [at, node] of nodes)
      if (/^date/.test(String(node['format']))) expect([at, 'pattern' in node]).toEqual([at, false])
    const headers = operations.flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap((response) => Object.values(response.headers ?? {})),
    )
    for (const header of headers) expect(deref(header)).not.toHaveProperty('required')
  })

  test('enums whose values begin with a sign have names for constants', () => {
    const names = schemas.flatMap(([name, schema]) => {
      const values = (schema['enum'] ?? []) as string[]
      if (values.every((value) => /^[a-z]/i.test(value))) return []
      const words = schema['x-enum-varnames'] as string[]
      expect(words, name).toHaveLength(values.length)
      expect(new Set(words).size, name).toBe(values.length)
      for (const word of words) expect(word, name).toMatch(/^[A-Z][A-Za-z0-9]+$/)
      return [name]
    })
    const sorts = schemas.map(([name]) => name).filter((name) => name.endsWith('Sort'))
    expect(names.sort()).toEqual([...sorts, 'ProblemType'].sort())
    expect(document.components.schemas['ProposalSort']?.['x-enum-varnames']).toContain('TitleDescending')
  })
})

describe('the OpenAPI document', () => {
  /** The fields of OpenAPI 3.1 by kind of object; `!` marks required ones. */
  const FIELDS: Record<string, string> = {
    root: 'openapi! info! jsonSchemaDialect servers paths webhooks components security tags externalDocs',
    info: 'title! summary description termsOfService contact license version!',
    server: 'url! description variables',
    tag: 'name! description externalDocs',
    pathItem: `$ref summary description servers parameters ${METHODS.join(' ')}`,
    operation:
      'tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers',
    parameter:
      'name! in! description required deprecated allowEmptyValue style explode allowReserved schema example examples content',
    requestBody: 'description content! required',
    media: 'schema example examples encoding',
    response: 'description! headers content links',
    header: 'description required deprecated style explode schema example examples content',
    components:
      'schemas responses parameters examples requestBodies headers securitySchemes links callbacks pathItems',
    example: 'summary description value externalValue',
  }

  const checkFields = (kind: string, node: unknown, at: string) => {
    expect(typeof node, at).toBe('object')
    const fields = Object.keys(node as Node)
    if (fields.length === 1 && fields[0] === '$ref') return
    const allowed = (FIELDS[kind] ?? '').split(' ')
    const names = allowed.map((field) => field.replace('!', ''))
    const unknown = fields.filter((field) => !names.includes(field) && !field.startsWith('x-'))
    expect(unknown, `${at} has fields that are unknown for a ${kind}`).toEqual([])
    const needed = allowed.filter((field) => field.endsWith('!')).map((field) => field.slice(0, -1))
    expect(
      needed.filter((field) => !fields.includes(field)),
      `${at} lacks`,
    ).toEqual([])
  }

  test('contains only the fields of OpenAPI 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    checkFields('root', document, '#')
    checkFields('info', document['info'], '#/info')
    for (const server of document['servers'] as Node[]) checkFields('server', server, '#/servers')
    for (const tag of document.tags) checkFields('tag', tag, '#/tags')
    checkFields('components', document.components, '#/components')
    for (const [name, header] of Object.entries(document.components['headers'] ?? {}))
      checkFields('header', header, name)
    for (const [name, example] of Object.entries(document.components['examples'] ?? {}))
      checkFields('example', example, name)
    for (const [path, item] of Object.entries(document.paths)) {
      expect(path).toMatch(/^\//)
      checkFields('pathItem', item, path)
    }
    const media = (content: Record<string, Media> | undefined, at: string) => {
      for (const [type, each] of Object.entries(content ?? {})) {
        expect(type, at).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/)
        checkFields('media', each, at)
        expect('example' in each && 'examples' in each, `${at}: example or examples, not both`).toBe(false)
        for (const example of Object.values(each.examples ?? {})) checkFields('example', example, at)
      }
    }
    const sent = Object.entries(document['webhooks'] as Record<string, { post: Operation }>)
    expect(sent.map(([name]) => name)).toEqual(['change'])
    for (const { id, operation } of [
      ...operations,
      ...sent.map(([, { post }]) => ({ id: post.operationId, operation: post })),
    ]) {
      checkFields('operation', operation, id)
      for (const parameter of operation.parameters ?? []) {
        checkFields('parameter', parameter, `${id} ${parameter.name}`)
        expect(['query', 'path', 'header', 'cookie'], id).toContain(parameter.in)
        if (parameter.in === 'path') expect(parameter['required'], `${id} ${parameter.name}`).toBe(true)
      }
      if (operation.requestBody) checkFields('requestBody', operation.requestBody, id)
      media(operation.requestBody?.content, id)
      for (const [status, response] of Object.entries(operation.responses)) {
        checkFields('response', response, `${id} ${status}`)
        media(response.content, `${id} ${status}`)
        for (const header of Object.values(response.headers ?? {}))
          checkFields('header', header, `${id} ${status}`)
      }
    }
  })

  test('uses JSON Schema 2020-12 and no keywords of OpenAPI 3.0', () => {
    for (const [at, node] of objects(document)) {
      if (!at.includes('/schema') || at.includes('/properties')) continue
      expect('nullable' in node, `${at} nullable`).toBe(false)
      expect(typeof node['exclusiveMinimum'], at).not.toBe('boolean')
    }
    const meta = ajv.getSchema('https://json-schema.org/draft/2020-12/schema')
    for (const [name, schema] of Object.entries(document.components.schemas))
      expect([name, meta?.(schema), meta?.errors ?? null]).toEqual([name, true, null])
  })
})
