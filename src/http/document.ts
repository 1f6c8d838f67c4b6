// Completes the OpenAPI document: responses, headers, security, and parameters that several operations share.
import { STATUS_CODES } from 'node:http'
import { PROBLEMS, type ProblemCode } from '../core/problems.ts'
import type { HeaderName, Upload } from './describe.ts'
import {
  type Document,
  mapValues,
  type Node,
  nameOf,
  type Operation,
  pascal,
  reachable,
  ref,
} from './document-nodes.ts'
import { completeSchemas, type Embedded } from './document-schemas.ts'
import { PROBLEM_JSON } from './problems.ts'

/** Problems that any operation may answer; documented once, as the `default` response. */
export const COMMON_PROBLEMS = (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) =>
  [400, 401, 408, 413, 414, 415, 417, 428, 429, 431, 500, 503].includes(PROBLEMS[code].status),
)

/** Headers that any response may carry; documented once, in the description of the API. */
export const COMMON_HEADERS: Record<string, string> = {
  'Accept-Patch': 'with 415 and OPTIONS: the media types that a PATCH may have (RFC 5789)',
  'Accept-Post': 'with 415: the media types that a POST may have',
  'Access-Control-Allow-Origin': 'the origins whose pages may read the response',
  'Access-Control-Expose-Headers': 'the headers that such a page may read',
  'Cache-Control': 'how the response may be cached',
  'Consistency-Token':
    'with a write, where the service reads from replicas: a later request that sends it sees the write',
  'Content-Disposition': 'the file name of a CSV',
  ETag: 'the version of a representation; sent as `If-None-Match`, it gets 304 without a body if nothing has changed',
  'Feed-Position':
    'on lists of records: the last change that the list contains, `after` of the changes that follow it',
  'Idempotency-Replayed': '`true` if the response is repeated for an `Idempotency-Key`',
  Link: 'on records: their JSON-LD context, with `rel="http://www.w3.org/ns/json-ld#context"`',
  'Last-Modified': 'when the record last changed',
  Vary: 'the request headers that the response depends on',
  'WWW-Authenticate': 'with 401 and 403: how to authenticate (RFC 6750)',
  'X-Accel-Buffering': '`no` on a live feed, so that proxies do not buffer events',
  'X-Content-Type-Options': '`nosniff`: browsers take the media type as it is',
  'X-RateLimit-Limit': 'requests per minute, where the service limits them',
  'X-RateLimit-Remaining': 'requests left in this minute',
  'X-RateLimit-Reset': 'seconds until the next minute',
  'X-Request-Id': 'the id of the request in the log; always present, yours if you sent one',
}

/** Query parameters of every operation; documented once, in the description of the API. */
const COMMON_PARAMETERS = ['pretty']

/** Headers that clients act on; documented at each response. */
const HEADERS: Record<string, Node> = {
  ETag: {
    description: 'Identifies this version; send it as `If-Match` with PATCH, PUT or DELETE.',
    schema: { type: 'string', maxLength: 1000 },
  },
  Link: {
    description:
      '`rel="next"`: the next page (RFC 8288), absent on the last one. `rel="http://www.w3.org/ns/json-ld#context"`: the JSON-LD context of records.',
    schema: { type: 'string', maxLength: 16_000 },
  },
  Location: {
    description: 'The path of the created resource.',
    schema: { type: 'string', format: 'uri-reference', maxLength: 300 },
  },
  'Retry-After': {
    description: 'With 429 and 503: the number of seconds to wait.',
    schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 2 ** 31 - 1 },
  },
}

export function completeDocument(generated: Document, embedded: Embedded): Document {
  const responses: Record<string, Node> = {
    OtherProblem: problemResponse('Any other problem.', COMMON_PROBLEMS),
  }
  for (const methods of Object.values(generated.paths))
    for (const [method, operation] of Object.entries(methods)) completeOperation(method, operation, responses)
  const document = completeSchemas(generated, embedded)
  Object.assign(document.components, { responses, headers: HEADERS })
  document.components.schemas['MergedRecord'] = MERGED_RECORD
  for (const methods of Object.values(document.paths))
    for (const { parameters = [] } of Object.values(methods))
      for (const parameter of parameters) showExample(parameter, document.components.schemas)
  shareParameters(document)
  // Successful responses stay inline: some generators do not read the body of one that is a reference.
  prune(document)
  return {
    ...document,
    // Reads require no key by default.
    security: [{}, { key: [] }],
    'x-common-parameters': COMMON_PARAMETERS,
    'x-common-headers': Object.keys(COMMON_HEADERS),
    'x-common-problems': COMMON_PROBLEMS,
  }
}

function completeOperation(method: string, operation: Operation, shared: Record<string, Node>): void {
  const { 'x-headers': headers = {}, 'x-problems': problems = [], 'x-upload': upload } = operation
  delete operation['x-headers']
  delete operation['x-upload']
  if (operation.tags.includes('service')) operation['security'] = []
  if (upload) operation['requestBody'] = uploadBody(upload)
  if (operation.parameters)
    operation.parameters = operation.parameters.filter(
      ({ name }) => !COMMON_PARAMETERS.includes(String(name)),
    )
  operation.parameters?.forEach(tidyParameter)

  for (const [status, response] of Object.entries(operation.responses)) {
    const names = headers[status] ?? usualHeaders(method, status)
    if (names.length > 0)
      Object.assign(response, {
        headers: Object.fromEntries(names.map((name) => [name, ref('headers', name)])),
      })
  }
  // Every record can be merged into another.
  if (problems.includes('gone')) {
    if (method === 'get') {
      shared['Merged'] ??= MERGED
      operation.responses['308'] = ref('responses', 'Merged')
    } else problems.push('merged')
  }
  const own = problems.filter((code) => !COMMON_PROBLEMS.includes(code))
  for (const code of own) {
    const { status } = PROBLEMS[code]
    const name = pascal(STATUS_CODES[status] ?? '')
    shared[name] ??= problemResponse(`${STATUS_CODES[status]}.`, codesWith(status))
    operation.responses[status] = ref('responses', name)
  }
  // A status with only one code needs no list of codes.
  const ambiguous = own.filter((code) => codesWith(PROBLEMS[code].status).length > 1)
  if (ambiguous.length > 0) operation['x-problems'] = ambiguous
  else delete operation['x-problems']
  operation.responses['default'] = ref('responses', 'OtherProblem')
}

const codesWith = (status: number) =>
  (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => PROBLEMS[code].status === status)

function usualHeaders(method: string, status: string): HeaderName[] {
  if (status === '201') return ['ETag', 'Location']
  return method === 'patch' || method === 'put' ? ['ETag'] : []
}

const problemResponse = (meaning: string, codes: ProblemCode[]): Node => ({
  description: [meaning, ...codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`)].join(' '),
  ...(codes.includes('rate-limited') && { headers: { 'Retry-After': ref('headers', 'Retry-After') } }),
  content: { [PROBLEM_JSON]: { schema: ref('schemas', 'Problem') } },
})

/** The redirect of a GET of a record that was merged. */
const MERGED: Node = {
  description: 'The record was merged into another, which `Location` leads to.',
  headers: { Location: ref('headers', 'Location') },
  content: {
    'application/json': { schema: ref('schemas', 'MergedRecord') },
  },
}

const MERGED_RECORD: Node = {
  type: 'object',
  properties: { mergedInto: { type: 'string', maxLength: 30, description: 'The id of the other record.' } },
  required: ['mergedInto'],
  description: 'A record that was merged into another.',
}

const uploadBody = (upload: Upload) => ({
  required: true,
  content: mapValues(upload, (file) => {
    const { description, example, maxBytes } = file as Upload[string]
    return { schema: { type: 'string', description, maxLength: maxBytes }, example }
  }),
})

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
  if ('example' in schema) parameter['example'] = schema['example']
  delete schema['example']
  // A named schema has the example itself.
  if (schema['x-name'] && parameter['example'] !== undefined) {
    schema['examples'] = [parameter['example']]
    delete parameter['example']
  }
}

/** Gives an id in a path the example of its schema. */
function showExample(parameter: Node, schemas: Record<string, Node>): void {
  const { $ref } = parameter['schema'] as { $ref?: string }
  const [example] = (schemas[nameOf($ref)]?.['examples'] ?? []) as unknown[]
  if (parameter['in'] === 'path' && example !== undefined) parameter['example'] = example
}

/**
 * Moves parameters that several operations share to components, named after the parameter; those of one tag after the
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
    // Statistics have the filters of the lists that they count.
    const tags = new Set(shared.flatMap((use) => use.tags).filter((tag) => tag !== 'stats'))
    const plain = `${tags.size === 1 ? pascal([...tags].join()) : ''}${pascal(String(parameter['name']))}`
    // Generators create types for both.
    const free = plain in document.components.schemas ? `${plain}Parameter` : plain
    // One that is optional elsewhere.
    const name = free in parameters && parameter['required'] ? `Required${free}` : free
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
