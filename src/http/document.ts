// Completes the OpenAPI document: responses, headers, security, and components for what several operations share.
import { STATUS_CODES } from 'node:http'
import { PROBLEMS, type ProblemCode } from '../core/problems.ts'
import { MERGE_PATCH } from './body.ts'
import type { HeaderName, Upload } from './describe.ts'
import { PROBLEM_JSON } from './problems.ts'

/** The properties that `include` adds to records, by name of the schema. */
export type Embedded = Record<string, Record<string, { schema: string; single: boolean }>>

export type Node = Record<string, unknown>
interface Response extends Node {
  description: string
  content?: Record<string, Node>
}
interface Operation extends Node {
  operationId: string
  tags: string[]
  parameters?: Node[]
  responses: Record<string, Response | { $ref: string }>
  'x-problems'?: ProblemCode[]
  'x-headers'?: Record<string, HeaderName[]>
  'x-upload'?: Upload
}
export interface Document extends Node {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Node> } & Record<string, Record<string, Node>>
}

/** Problems that any operation may answer; documented once, as the `default` response. */
export const COMMON_PROBLEMS = (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) =>
  [400, 401, 408, 413, 414, 415, 417, 428, 429, 431, 500, 503].includes(PROBLEMS[code].status),
)

/** Headers that any response may carry; documented once, in the description of the API. */
export const COMMON_HEADERS: Record<string, string> = {
  'Access-Control-Allow-Origin': 'the origins whose pages may read the response',
  'Access-Control-Expose-Headers': 'the headers that such a page may read',
  'Cache-Control': 'how the response may be cached',
  'Content-Disposition': 'the file name of a CSV',
  ETag: 'on reads; sent back as `If-None-Match`, it gets 304 without a body while nothing has changed',
  'Idempotency-Replayed': '`true` if the response is repeated for an `Idempotency-Key`',
  'Last-Modified': 'when the record last changed',
  Vary: 'the request headers that the response depends on',
  'X-Accel-Buffering': '`no` on a live feed, so that proxies do not hold events back',
  'X-RateLimit-Limit': 'requests per minute, where the service limits them',
  'X-RateLimit-Remaining': 'requests left in this minute',
  'X-RateLimit-Reset': 'seconds until the next minute',
  'X-Request-Id': 'the id of the request in the log; always present, yours if you sent one',
}

/** Headers that clients act on; documented at each response. */
const HEADERS: Record<string, Node> = {
  ETag: {
    description: 'Identifies this version; send it as `If-Match` to write it back.',
    schema: { type: 'string', maxLength: 1000 },
  },
  Link: {
    description: '`rel="next"`: the next page (RFC 8288). Absent on the last one.',
    schema: { type: 'string', maxLength: 16_000 },
  },
  Location: {
    description: 'The path of what was created.',
    schema: { type: 'string', format: 'uri-reference', maxLength: 300 },
  },
  'Retry-After': {
    description: 'With 429 and 503: how many seconds to wait.',
    schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 2 ** 31 - 1 },
  },
  'WWW-Authenticate': {
    description: 'With 401 and 403: how to authenticate (RFC 6750).',
    schema: { type: 'string', maxLength: 1000 },
  },
}

/** How many records `include` embeds per relation (records/read/include.ts). */
const MAX_EMBEDDED = 100

const ref = (section: string, name: string) => ({ $ref: `#/components/${section}/${name}` })
const nameOf = ($ref: unknown) => String($ref).split('/').at(-1) ?? ''
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
const pascal = (text: string) =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function completeDocument(generated: Document, embedded: Embedded): Document {
  addEmbedded(generated.components.schemas, embedded)
  const responses: Record<string, Node> = { Problem: problemResponse('Any other problem.', COMMON_PROBLEMS) }
  for (const methods of Object.values(generated.paths))
    for (const [method, operation] of Object.entries(methods)) completeOperation(method, operation, responses)
  let document = mergeInputs(generated)
  Object.assign(document.components, { responses, headers: HEADERS })
  const named: Record<string, Node> = {}
  document = mapNodes(document, (node) => hoistNamed(named, node))
  const names = new Map(Object.entries(named).map(([name, schema]) => [formOf(schema), name]))
  document = mapNodes(document, (node) => tidySchema(document.components.schemas, replaceCopy(names, node)))
  Object.assign(
    document.components.schemas,
    mapNodes(named, (node) => tidySchema({}, node)),
  )
  openReadShapes(document)
  factorUnions(document.components.schemas)
  factorExtensions(document.components.schemas)
  describeOnce(document.components.schemas)
  shareParameters(document)
  prune(document)
  return {
    ...document,
    // Reads need no key unless the settings demand one.
    security: [{}, { key: [] }],
    'x-common-headers': Object.keys(COMMON_HEADERS),
    'x-common-problems': COMMON_PROBLEMS,
  }
}

/** Applies `change` to every object of a value, leaves first. Sample values and maps of properties are not passed. */
export function mapNodes<Value>(value: Value, change: (node: Node) => Node): Value {
  const map = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(map)
    if (!isNode(inner)) return inner
    return change(
      mapValues(inner, (each, key) => {
        if (key === 'properties') return mapValues(each as Node, map)
        return ['default', 'enum', 'example', 'examples'].includes(key) ? each : map(each)
      }),
    )
  }
  return map(value) as Value
}

const mapValues = (node: Node, map: (value: unknown, key: string) => unknown): Node =>
  Object.fromEntries(Object.entries(node).map(([key, value]) => [key, map(value, key)]))

/** The components that a value refers to, directly or through others, as `section/name`. */
function reachable(
  value: unknown,
  components: Document['components'],
  found = new Set<string>(),
): Set<string> {
  for (const [, path = '', section = '', name = ''] of JSON.stringify(value).matchAll(
    /"#\/components\/((\w+)\/([\w-]+))"/g,
  )) {
    if (found.has(path)) continue
    found.add(path)
    reachable(components[section]?.[name], components, found)
  }
  return found
}

// --- operations

function completeOperation(method: string, operation: Operation, shared: Record<string, Node>): void {
  const { 'x-headers': headers = {}, 'x-problems': problems = [], 'x-upload': upload } = operation
  delete operation['x-headers']
  delete operation['x-upload']
  if (operation.tags.includes('service')) operation['security'] = []
  if (method === 'patch') describeMergePatch(operation)
  if (upload) operation['requestBody'] = uploadBody(upload)
  operation.parameters?.forEach(tidyParameter)

  for (const [status, response] of Object.entries(operation.responses)) {
    const sent = headers[status] ?? usualHeaders(method, status)
    // On reads the ETag is for caches, unless it is that of a record, which can be written back.
    const names = sent.filter(
      (name) => name in HEADERS && (name !== 'ETag' || method !== 'get' || sent.includes('Last-Modified')),
    )
    if (names.length > 0)
      Object.assign(response, {
        headers: Object.fromEntries(names.map((name) => [name, ref('headers', name)])),
      })
  }
  const own = problems.filter((code) => !COMMON_PROBLEMS.includes(code))
  for (const code of own) {
    const { status } = PROBLEMS[code]
    const name = pascal(STATUS_CODES[status] ?? '')
    shared[name] ??= problemResponse(`${STATUS_CODES[status]}.`, codesWith(status))
    operation.responses[status] = ref('responses', name)
  }
  // Where the status says it all, the code need not be repeated.
  const ambiguous = own.filter((code) => codesWith(PROBLEMS[code].status).length > 1)
  if (ambiguous.length > 0) operation['x-problems'] = ambiguous
  else delete operation['x-problems']
  operation.responses['default'] = ref('responses', 'Problem')
}

const codesWith = (status: number) =>
  (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => PROBLEMS[code].status === status)

function usualHeaders(method: string, status: string): HeaderName[] {
  if (status === '201') return ['ETag', 'Location']
  return method === 'patch' ? ['ETag'] : []
}

const problemResponse = (meaning: string, codes: ProblemCode[]): Node => {
  const headers = Object.keys(HEADERS).filter(
    (name) =>
      (name === 'Retry-After' && codes.includes('rate-limited')) ||
      (name === 'WWW-Authenticate' && (codes.includes('unauthorized') || codes.includes('forbidden'))),
  )
  return {
    description: [meaning, ...codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`)].join(' '),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, ref('headers', name)])),
    }),
    content: { [PROBLEM_JSON]: { schema: ref('schemas', 'Problem') } },
  }
}

const uploadBody = (upload: Upload) => ({
  required: true,
  content: mapValues(upload, (file) => {
    const { description, example, most } = file as Upload[string]
    return { schema: { type: 'string', description, maxLength: most }, example }
  }),
})

/** A PATCH is described as a merge patch. Plain JSON is accepted too, for clients that cannot set the media type. */
function describeMergePatch(operation: Operation): void {
  const body = operation['requestBody'] as { content: Record<string, Node> }
  body.content = { [MERGE_PATCH]: body.content['application/json'] ?? {} }
}

// --- parameters

const HEADER_PARAMETERS = ['Idempotency-Key', 'If-Match', 'Last-Event-ID']

function tidyParameter(parameter: Node): void {
  const schema = parameter['schema'] as Node
  parameter['name'] =
    HEADER_PARAMETERS.find((name) => name.toLowerCase() === parameter['name']) ?? parameter['name']
  if (schema['x-required']) parameter['required'] = true
  delete schema['x-required']
  if (!parameter['required']) delete parameter['required']
  if (schema['type'] === 'array') {
    parameter['explode'] = false
    delete (schema['items'] as Node)['description']
  }
  // A named schema has its own example.
  if (schema['x-name']) delete parameter['example']
}

/**
 * Makes components of parameters that several operations share, named after the parameter; those of one tag after the
 * tag too. Of two with the same name the one used more often becomes the component.
 */
function shareParameters(document: Document): void {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  const parameters: Record<string, Node> = {}
  const names = new Map<string, string>()
  const uses = Map.groupBy(
    operations.flatMap(({ tags, parameters = [] }) => parameters.map((parameter) => ({ tags, parameter }))),
    ({ parameter }) => JSON.stringify(parameter),
  )
  for (const [key, shared] of [...uses].sort(([, one], [, other]) => other.length - one.length)) {
    const parameter = shared[0]?.parameter ?? {}
    // Statistics take the filters of the lists that they count.
    const tags = new Set(shared.flatMap((use) => use.tags).filter((tag) => tag !== 'stats'))
    const plain = `${tags.size === 1 ? pascal([...tags].join()) : ''}${pascal(String(parameter['name']))}`
    // Generators make types of both.
    const name = plain in document.components.schemas ? `${plain}Parameter` : plain
    if (shared.length === 1 || name in parameters) continue
    parameters[name] = parameter
    names.set(key, name)
  }
  for (const operation of operations) {
    const replaced = operation.parameters?.map((parameter) => {
      const name = names.get(JSON.stringify(parameter))
      return name ? ref('parameters', name) : parameter
    })
    if (replaced?.length) operation.parameters = replaced
    else delete operation.parameters
  }
  document.components['parameters'] = parameters
}

// --- schemas

function addEmbedded(schemas: Record<string, Node>, embedded: Embedded): void {
  for (const [name, relations] of Object.entries(embedded)) {
    const properties = schemas[name]?.['properties'] as Node | undefined
    if (!properties || Object.keys(relations).length === 0) continue
    for (const [property, { schema, single }] of Object.entries(relations)) {
      const record = ref('schemas', schema)
      properties[property] = single
        ? { anyOf: [record, { type: 'null' }] }
        : { type: 'array', items: record, maxItems: MAX_EMBEDDED }
    }
    properties['includeTruncated'] = {
      type: 'array',
      items: { type: 'string', maxLength: 50 },
      maxItems: 50,
      description: 'The included lists that were truncated, if any.',
      'x-name': 'IncludeTruncated',
    }
  }
}

/** Removes the suffix `Input` that zod schemas get where they are written, unless reading has another form. */
function mergeInputs(document: Document): Document {
  const { schemas } = document.components
  const names = new Map<string, string>()
  for (const [name, schema] of Object.entries(schemas)) {
    const plain = name.replace(/Input$/, '')
    if (plain === name || !(/(Create|Patch)$/.test(plain) || same(schemas[plain], schema))) continue
    names.set(`#/components/schemas/${name}`, `#/components/schemas/${plain}`)
    schemas[plain] = schema
    delete schemas[name]
  }
  return JSON.parse(JSON.stringify(document), (key, value) =>
    key === '$ref' ? (names.get(value) ?? value) : value,
  )
}

/** Replaces a schema that has a name (`x-name`) by a reference; the place of use keeps its own description. */
function hoistNamed(named: Record<string, Node>, node: Node): Node {
  const { 'x-name': name, 'x-about': about, description, default: preset, examples, ...schema } = node
  if (typeof name !== 'string') return node
  const grows = schema['x-may-grow'] ? ' May get further values: keep a default branch.' : ''
  named[name] ??= { ...schema, description: `${about ?? description ?? name}${grows}` }
  if (formOf(named[name]) !== formOf(schema)) throw new Error(`Two schemas are called ${name}.`)
  // @fastify/swagger moves the examples of some uses elsewhere.
  if (examples !== undefined) named[name]['examples'] = examples
  return {
    ...ref('schemas', name),
    ...(description !== undefined && description !== named[name]['description'] && { description }),
    ...(preset !== undefined && { default: preset }),
  }
}

const formOf = ({ description: _, examples: __, ...form }: Node) => JSON.stringify(form)

/** Replaces an enum or a pattern that is written out by the schema of the same form that has a name. */
function replaceCopy(names: ReadonlyMap<string, string>, node: Node): Node {
  const name = node['enum'] || node['pattern'] ? names.get(formOf(node)) : undefined
  return name
    ? {
        ...ref('schemas', name),
        ...(node['description'] !== undefined && { description: node['description'] }),
      }
    : node
}

const INT32_MAX = 2 ** 31 - 1

function tidySchema(schemas: Record<string, Node>, node: Node): Node {
  if (node['format'] === 'date-time') delete node['pattern']
  if (node['type'] === 'integer')
    node['format'] ??= Number(node['maximum'] ?? 0) > INT32_MAX ? 'int64' : 'int32'
  const schema = shortNullable(node)
  const { discriminator, anyOf, oneOf = anyOf, ...rest } = schema
  if (!isNode(discriminator)) return schema
  const propertyName = String(discriminator['propertyName'])
  const mapping = Object.fromEntries(
    (oneOf as { $ref: string }[]).map(({ $ref }) => {
      const properties = schemas[nameOf($ref)]?.['properties'] as Record<string, Node>
      return [properties[propertyName]?.['const'], $ref]
    }),
  )
  return { ...rest, oneOf, discriminator: { propertyName, mapping } }
}

/** Writes "a value or null" in the short form, with the description on the outside. */
function shortNullable(schema: Node): Node {
  const { anyOf, ...outer } = schema
  const [value, none, ...others] = (anyOf ?? []) as Node[]
  if (!value || none?.['type'] !== 'null' || others.length > 0) return schema
  const { description, examples, ...inner } = value
  const notes = {
    ...(description !== undefined && { description }),
    ...(examples !== undefined && { examples }),
  }
  if (typeof inner['type'] !== 'string' || inner['type'] === 'object')
    return { anyOf: [inner, none], ...notes, ...outer }
  const type = [inner['type'], 'null']
  return Array.isArray(inner['enum'])
    ? { ...inner, type, enum: [...inner['enum'], null], ...notes, ...outer }
    : { ...inner, type, ...notes, ...outer }
}

/** Lets shapes that are only read have further keys (docs/stability.md); those that are written stay closed. */
function openReadShapes(document: Document): void {
  const { components } = document
  const bodies = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => operation['requestBody'] ?? {}),
  )
  const written = reachable(bodies, components)
  components.schemas = mapValues(components.schemas, (schema, name) =>
    mapNodes(schema, written.has(`schemas/${name}`) ? describeDefault : openShape),
  ) as Record<string, Node>
}

function openShape({ default: _, ...node }: Node): Node {
  if (!isNode(node['additionalProperties'])) delete node['additionalProperties']
  return node
}

/** Puts a default into words, as some generators take a field with a default for a required one. */
function describeDefault({ default: preset, ...node }: Node): Node {
  if (preset === undefined || preset === null || typeof preset === 'object') return node
  const description = [node['description'], `Default: \`${String(preset)}\`.`].filter(Boolean).join(' ')
  return { ...node, description }
}

/** Leaves out the descriptions of fields where a patch, a report or an input repeats the shape that it is a form of. */
function describeOnce(schemas: Record<string, Node>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const [, reported, patched, read] = /^(?:Report(\w+)Create|(\w+)Patch|(\w+)Input)$/.exec(name) ?? []
    const original = schemas[read ?? `${reported ?? patched}Create`]
    if (original) dropRepeated(schema['properties'], original['properties'])
  }
}

function dropRepeated(properties: unknown, original: unknown): void {
  for (const [key, property] of Object.entries((properties ?? {}) as Record<string, Node>)) {
    const described = isNode(original) ? original[key] : undefined
    if (isNode(described) && described['description'] === property['description'])
      delete property['description']
  }
}

/** Moves what all members of a union have in common into a base schema. */
function factorUnions(schemas: Record<string, Node>): void {
  for (const [name, { oneOf, discriminator }] of Object.entries(schemas)) {
    if (!discriminator) continue
    const members = (oneOf as { $ref: string }[]).map(({ $ref }) => schemas[nameOf($ref)] as Node)
    const required = members[0]?.['required'] as string[]
    const shared = Object.entries(members[0]?.['properties'] ?? {}).filter(([key, property]) =>
      members.every((member) => same((member['properties'] as Node)[key], property)),
    )
    if (shared.length < 3) continue
    schemas[`${name}Base`] = {
      type: 'object',
      properties: Object.fromEntries(shared),
      required: required.filter((key) => shared.some(([name]) => name === key)),
      description: `What every ${name} has.`,
    }
    for (const member of members) extend(member, schemas, `${name}Base`)
  }
}

/** Writes a schema as an extension of another whose properties and name it contains. */
function factorExtensions(schemas: Record<string, Node>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema['additionalProperties'] === false) continue
    const base = Object.keys(schemas).find((other) => {
      const { properties, additionalProperties } = schemas[other] ?? {}
      if (other === name || !name.includes(other) || !properties || additionalProperties === false)
        return false
      const own = (schema['properties'] ?? {}) as Node
      return Object.entries(properties).every(([key, property]) => same(own[key], property))
    })
    if (base) extend(schema, schemas, base)
  }
}

function extend(schema: Node, schemas: Record<string, Node>, base: string): void {
  const inherited = Object.keys(schemas[base]?.['properties'] as Node)
  const properties = Object.entries(schema['properties'] as Node).filter(([key]) => !inherited.includes(key))
  const required = (schema['required'] as string[]).filter((key) => !inherited.includes(key))
  Object.assign(schema, {
    allOf: [ref('schemas', base)],
    properties: Object.fromEntries(properties),
    required,
  })
}

/** Removes components that nothing refers to, and sorts the rest. */
function prune(document: Document): void {
  const { components, ...rest } = document
  const used = reachable(rest, components)
  for (const section of ['schemas', 'responses', 'parameters', 'headers'])
    components[section] = Object.fromEntries(
      Object.entries(components[section] ?? {})
        .filter(([name]) => used.has(`${section}/${name}`))
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    )
}
