// Checks responses against the OpenAPI document: anything that it does not describe fails the test. Schemas that allow
// additional properties in the document are closed here.
import { appendFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'
import { PROBLEMS } from '../../src/core/problems.ts'

type Node = Record<string, unknown>

interface Response {
  content?: Record<string, { schema: unknown }>
  headers?: Record<string, Node>
}

interface Operation {
  operationId: string
  responses: Record<string, Response & { $ref?: string }>
  'x-problems'?: string[]
}

export interface OpenapiDocument extends Node {
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, Node>>
  'x-common-headers': string[]
  'x-common-problems': string[]
}

interface Description {
  operations: { method: string; pattern: RegExp; operation: Operation }[]
  paths: RegExp[]
  /** Names in lower case. */
  commonHeaders: ReadonlySet<string>
  commonProblems: readonly string[]
  resolve: <Value>(node: Value & { $ref?: string }) => Value
  validate: (schema: unknown) => ValidateFunction
}

/** A request and its response, sent by any client. */
export interface Exchange {
  method: string
  url: string
  status: number
  headers: Record<string, unknown>
  body: string
}

/** Media types whose body is one JSON value, unlike NDJSON. */
const JSON_TYPE = /[/+]json$/

/** Headers of HTTP itself and of content encoding. */
const AMBIENT = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
])

/** What follows the path of a list, a record or the feed at the addresses of its other formats. */
const EXTENSIONS = [
  ...['csv', 'ndjson', 'ics', 'atom', 'csl.json', 'ris', 'bib'].map((format) => `.${format}`),
  ...['csl.json', 'ris', 'bib'].map((format) => `/citation.${format}`),
  '/live',
]

/** Paths that are not in the document: pages for people, and the document itself. */
const UNDOCUMENTED =
  /^\/(?:mcp|openapi(?:-3\.0)?\.(?:json|yaml)|context\.jsonld|docs(?:\/.*)?|problems(?:\/[\w-]+)?|favicon\.ico|robots\.txt|sitemap(?:\/.*)?\.xml)$/

/** Pages for people, which are in three languages. */
const PAGE =
  /^(?:\/sco)?(?:\/(?:en|ru|zh))?\/?(?:(?:assets|embed|edit|search|meetings|proposals|agreements|statements|speakers|organizations|states|topics|sources|events|positions|memberships|relations|evidence|timeline|board|matrix|quiet|statistics)(?:\/.*)?)?$/

/** Shared by all services, because generating the document and compiling its validators is slow. */
let shared: Description | undefined

/** The operations and statuses seen so far, for the report of the run (`coverage.ts`). */
const { SEEN_FILE } = process.env
const seen = new Set<string>()

function recordSeen(line: string): void {
  if (!SEEN_FILE || seen.has(line)) return
  seen.add(line)
  appendFileSync(SEEN_FILE, `${line}\n`)
}

export function checkAgainstDocument(app: FastifyInstance, exchange: Exchange): void {
  const { operations, paths, commonHeaders, resolve, validate } = descriptionOf(app)
  const { url, status, headers, body } = exchange
  const path = url.replace(/^https?:\/\/[^/]+/, '').split(/[?#]/)[0] ?? ''
  const requestMethod = exchange.method.toLowerCase()
  // HEAD is GET without a body.
  const method = requestMethod === 'head' ? 'get' : requestMethod
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? ''
  const found = operations.find(
    (candidate) => candidate.method === method && candidate.pattern.test(documentedPath(path)),
  )
  if (!found) {
    if (PAGE.test(path) && (status < 400 || type === 'text/html')) return
    if (status >= 400 && type === 'text/html' && !path.startsWith('/v1')) return
    if (status >= 400) {
      if (type !== 'application/problem+json')
        throw new Error(`${requestMethod} ${url}: ${status} as ${type}`)
      if (body !== '')
        expectValid(`${requestMethod} ${url} ${status}`, '#/components/schemas/Problem', body, validate)
    } else if (
      !UNDOCUMENTED.test(path) &&
      !(method === 'options' && paths.some((pattern) => pattern.test(path)))
    )
      throw new Error(`The document does not describe ${requestMethod} ${path}, which returns ${status}.`)
    return
  }
  const { operationId, responses } = found.operation
  const where = `${operationId} ${status}`
  // Every read can return 304.
  const unchanged: Response | undefined = status === 304 && method === 'get' ? {} : undefined
  const response = responses[status] ?? (status >= 400 ? responses['default'] : unchanged)
  if (!response) throw new Error(`The document does not describe ${where}: ${body}`)
  const described = resolve(response)
  recordSeen(where)
  const names = new Set(Object.keys(described.headers ?? {}).map((name) => name.toLowerCase()))
  for (const name of Object.keys(headers)) {
    if (AMBIENT.has(name)) continue
    if (!names.has(name) && !commonHeaders.has(name))
      throw new Error(`The document does not describe the header ${name} of ${where}.`)
    recordSeen(`${where} ${name}`)
  }
  if (headers['x-request-id'] === undefined) throw new Error(`${where} lacks the header X-Request-Id.`)
  if (status >= 400 && body !== '') checkProblem(descriptionOf(app), found.operation, status, body)
  if (body === '') {
    // A stream without records is empty.
    const streamed = !JSON_TYPE.test(type) && type !== ''
    if (described.content && !streamed && requestMethod !== 'head')
      throw new Error(`${where} has no body, but the document describes one.`)
    return
  }
  const content = described.content?.[type] ?? negotiated(operations, path, type)
  if (!content) throw new Error(`The document does not describe ${type} for ${where}.`)
  if (JSON_TYPE.test(type)) expectValid(where, content.schema, body, validate, /[?&]fields=/.test(url))
}

/** The path of a part without that of its record, below which it is not documented. */
const documentedPath = (path: string) =>
  path.replace(
    /^\/v1\/.+?\/((?:events|positions|memberships|relations|evidence)\/[a-z]{3}_[^/]*)(?=\/|$)/,
    '/v1/$1',
  )

/** The body of a response in another format, which is described at an address of its own. */
function negotiated(operations: Description['operations'], path: string, type: string) {
  const other = operations.find(
    ({ method, pattern, operation }) =>
      method === 'get' &&
      EXTENSIONS.some((extension) => pattern.test(`${path}${extension}`)) &&
      operation.responses['200']?.content?.[type],
  )
  return other?.operation.responses['200']?.content?.[type]
}

/** Checks that a problem is one of the operation or common to all. A status that has only one problem implies it. */
function checkProblem(
  { commonProblems }: Description,
  operation: Operation,
  status: number,
  body: string,
): void {
  const code = String((JSON.parse(body) as Node)['type']).replace('/problems/', '')
  const sole = Object.values(PROBLEMS).filter((problem) => problem.status === status).length === 1
  const named = operation['x-problems']?.includes(code) || (sole && String(status) in operation.responses)
  if (!named && !commonProblems.includes(code))
    throw new Error(`The document does not describe the problem ${code} of ${operation.operationId}.`)
}

/** Longer bodies are streams of whole lists, which are not checked. */
const MAX_CHECKED_BYTES = 2_000_000

/**
 * Checks responses over sockets, whatever client a test uses.
 * @returns the errors; more are added as responses end
 */
export function checkSockets(app: FastifyInstance): Error[] {
  const faults: Error[] = []
  // Before the listener of the service, which can respond synchronously.
  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = []
    let length = 0
    const collect = (piece: unknown) => {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) return
      const bytes = Buffer.from(piece as Uint8Array)
      length += bytes.length
      if (length <= MAX_CHECKED_BYTES) pieces.push(bytes)
    }
    // The response object does not store headers passed to writeHead.
    let writtenHeaders: Record<string, unknown> = {}
    const { write, end, writeHead } = response
    const watched = response as unknown as Record<string, (...args: unknown[]) => unknown>
    watched['write'] = (...args) => {
      collect(args[0])
      return Reflect.apply(write, response, args)
    }
    watched['end'] = (...args) => {
      collect(args[0])
      return Reflect.apply(end, response, args)
    }
    watched['writeHead'] = (...args) => {
      const last = args.at(-1)
      if (typeof last === 'object' && last !== null) writtenHeaders = last as Record<string, unknown>
      return Reflect.apply(writeHead, response, args)
    }
    response.on('finish', () => {
      const { method = 'GET', url = '/' } = request
      const headers = Object.fromEntries(
        Object.entries({ ...response.getHeaders(), ...writtenHeaders }).map(([name, value]) => [
          name.toLowerCase(),
          value,
        ]),
      )
      try {
        // `OPTIONS *` refers to the server, not to a path.
        if (length <= MAX_CHECKED_BYTES && url !== '*')
          checkAgainstDocument(app, {
            method,
            url,
            status: response.statusCode,
            headers,
            body: decompress(Buffer.concat(pieces), headers['content-encoding']),
          })
      } catch (error) {
        faults.push(error as Error)
      }
    })
  })
  return faults
}

/** The text of a body, decompressed if necessary. */
function decompress(body: Buffer, encoding: unknown): string {
  if (encoding === 'gzip') return gunzipSync(body).toString()
  if (encoding === 'br') return brotliDecompressSync(body).toString()
  return body.toString()
}

/** Faults that a missing member has, also where a schema allows null instead of an object. */
const isMissingMember = ({ keyword, params }: ErrorObject) =>
  keyword === 'required' || keyword === 'anyOf' || keyword === 'oneOf' || params['type'] === 'null'

/** @param partial whether members may be missing, as `fields` leaves them out */
function expectValid(
  where: string,
  schema: unknown,
  body: string,
  validate: Description['validate'],
  partial = false,
): void {
  const check = validate(typeof schema === 'string' ? { $ref: schema } : schema)
  if (check(JSON.parse(body)) || (partial && check.errors?.every(isMissingMember))) return
  throw new Error(
    `${where} is not as described: ${JSON.stringify(check.errors?.slice(0, 5))}\n${body.slice(0, 2000)}`,
  )
}

function descriptionOf(app: FastifyInstance): Description {
  shared ??= read(JSON.parse(JSON.stringify(app.swagger())) as OpenapiDocument)
  return shared
}

/** The same document with closed objects: only the properties that it names are allowed. */
function closed<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(closed) as Value
  if (typeof value !== 'object' || value === null) return value
  const node = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]))
  if (typeof node['properties'] === 'object' && node['type'] === 'object')
    node['additionalProperties'] ??= false
  return node as Value
}

/** Merges schemas that extend another (`allOf`) with their base, so that they can be closed. */
function extended(schemas: Record<string, Node>): Record<string, Node> {
  const write = ({ allOf, ...schema }: Node): Node => {
    const [base, own] = (allOf ?? []) as Node[]
    if (!base || !own) return schema
    const { properties, required } = write(schemas[String(base['$ref']).split('/').at(-1) ?? ''] ?? {})
    return {
      ...schema,
      properties: { ...(properties as Node), ...(own['properties'] as Node) },
      required: [...((required ?? []) as string[]), ...((own['required'] ?? []) as string[])],
    }
  }
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, write(schema)]))
}

function read(document: OpenapiDocument): Description {
  const ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false })
  formats.default(ajv)
  ajv.addFormat('int32', true)
  ajv.addFormat('int64', true)
  const schemas = extended(document.components['schemas'] ?? {})
  ajv.addSchema({ ...closed({ ...document, components: { ...document.components, schemas } }), $id: 'api' })
  const validators = new Map<string, ValidateFunction>()
  const patternOf = (path: string) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`)
  return {
    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, pattern: patternOf(path), operation })),
    ),
    paths: Object.keys(document.paths).map(patternOf),
    commonHeaders: new Set(document['x-common-headers'].map((name) => name.toLowerCase())),
    commonProblems: document['x-common-problems'],
    resolve: (node) => {
      const [, , section = '', name = ''] = node.$ref?.split('/') ?? []
      return (node.$ref ? document.components[section]?.[name] : node) as never
    },
    validate: (schema) => {
      const absolute = JSON.stringify(schema).replaceAll('"#/', '"api#/')
      const validator = validators.get(absolute) ?? ajv.compile(JSON.parse(absolute))
      validators.set(absolute, validator)
      return validator
    },
  }
}
