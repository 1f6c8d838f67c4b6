// Checks responses against the OpenAPI document: whatever it does not describe fails the test. Shapes that are open in
// the document, since keys may be added, are closed here.
import { appendFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
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

interface Known {
  operations: { method: string; pattern: RegExp; operation: Operation }[]
  paths: RegExp[]
  /** Names in lower case. */
  commonHeaders: ReadonlySet<string>
  commonProblems: readonly string[]
  resolve: <Value>(node: Value & { $ref?: string }) => Value
  validate: (schema: unknown) => ValidateFunction
}

/** A request and its response, however they were sent. */
export interface Exchange {
  method: string
  url: string
  status: number
  headers: Record<string, unknown>
  body: string
}

/** A media type whose bodies are one JSON value; NDJSON is none. */
const JSON_TYPE = /[/+]json$/

/** Headers of HTTP itself, and those that say how the body is encoded. */
const AMBIENT = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
])

/** Paths that are not in the document: pages for people, and the document itself. */
const UNDOCUMENTED =
  /^\/(?:openapi(?:-3\.0)?\.(?:json|yaml)|docs(?:\/.*)?|problems(?:\/[\w-]+)?|favicon\.ico)$/

/** One for all services, as generating the document and compiling its validators takes long. */
let shared: Known | undefined

/** Operations and statuses that were seen, for the report of the whole run (`closing-line.ts`). */
const { SEEN_FILE } = process.env
const seen = new Set<string>()

function note(line: string): void {
  if (!SEEN_FILE || seen.has(line)) return
  seen.add(line)
  appendFileSync(SEEN_FILE, `${line}\n`)
}

export function checkAgainstDocument(app: FastifyInstance, exchange: Exchange): void {
  const { operations, paths, commonHeaders, resolve, validate } = known(app)
  const { url, status, headers, body } = exchange
  const path = url.replace(/^https?:\/\/[^/]+/, '').split(/[?#]/)[0] ?? ''
  const asked = exchange.method.toLowerCase()
  // HEAD is GET without a body.
  const method = asked === 'head' ? 'get' : asked
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? ''
  const found = operations.find((candidate) => candidate.method === method && candidate.pattern.test(path))
  if (!found) {
    if (status >= 400) {
      if (type !== 'application/problem+json') throw new Error(`${asked} ${url}: ${status} as ${type}`)
      if (body !== '') hold(`${asked} ${url} ${status}`, '#/components/schemas/Problem', body, validate)
    } else if (!UNDOCUMENTED.test(path) && !(method === 'options' && paths.some((known) => known.test(path))))
      throw new Error(`The document does not describe ${asked} ${path}, which answers ${status}.`)
    return
  }
  const { operationId, responses } = found.operation
  const where = `${operationId} ${status}`
  // Any read may be answered by 304.
  const unchanged: Response | undefined = status === 304 && method === 'get' ? {} : undefined
  const response = responses[status] ?? (status >= 400 ? responses['default'] : unchanged)
  if (!response) throw new Error(`The document does not describe ${where}: ${body}`)
  const described = resolve(response)
  note(where)
  const names = new Set(Object.keys(described.headers ?? {}).map((name) => name.toLowerCase()))
  for (const name of Object.keys(headers)) {
    if (AMBIENT.has(name)) continue
    if (!names.has(name) && !commonHeaders.has(name))
      throw new Error(`The document does not describe the header ${name} of ${where}.`)
    note(`${where} ${name}`)
  }
  if (headers['x-request-id'] === undefined) throw new Error(`${where} lacks the header X-Request-Id.`)
  if (status >= 400 && body !== '') checkProblem(known(app), found.operation, status, body)
  if (body === '') {
    // A stream of no records is empty.
    const streamed = described.content?.[type] && !JSON_TYPE.test(type)
    if (described.content && !streamed && asked !== 'head')
      throw new Error(`${where} has no body, but the document describes one.`)
    return
  }
  const content = described.content?.[type]
  if (!content) throw new Error(`The document does not describe ${type} for ${where}.`)
  if (JSON_TYPE.test(type)) hold(where, content.schema, body, validate)
}

/** An operation may answer its own problems and those common to all; the status names the one if it has only one. */
function checkProblem({ commonProblems }: Known, operation: Operation, status: number, body: string): void {
  const code = String((JSON.parse(body) as Node)['type']).replace('/problems/', '')
  const sole = Object.values(PROBLEMS).filter((problem) => problem.status === status).length === 1
  const named = operation['x-problems']?.includes(code) || (sole && String(status) in operation.responses)
  if (!named && !commonProblems.includes(code))
    throw new Error(`The document does not describe the problem ${code} of ${operation.operationId}.`)
}

/** Longer bodies are streams of whole lists, and not checked. */
const MAX_KEPT = 2_000_000

/**
 * Checks responses over sockets too, whatever client a test uses.
 * @returns the faults; more are added as responses end
 */
export function checkSockets(app: FastifyInstance): Error[] {
  const faults: Error[] = []
  // Before the service, which may answer at once.
  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = []
    let length = 0
    const keep = (piece: unknown) => {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) return
      const bytes = Buffer.from(piece as Uint8Array)
      length += bytes.length
      if (length <= MAX_KEPT) pieces.push(bytes)
    }
    // The response object does not remember headers given to writeHead.
    let handed: Record<string, unknown> = {}
    const { write, end, writeHead } = response
    const watched = response as unknown as Record<string, (...given: unknown[]) => unknown>
    watched['write'] = (...given) => {
      keep(given[0])
      return Reflect.apply(write, response, given)
    }
    watched['end'] = (...given) => {
      keep(given[0])
      return Reflect.apply(end, response, given)
    }
    watched['writeHead'] = (...given) => {
      const last = given.at(-1)
      if (typeof last === 'object' && last !== null) handed = last as Record<string, unknown>
      return Reflect.apply(writeHead, response, given)
    }
    response.on('finish', () => {
      const { method = 'GET', url = '/' } = request
      const headers = Object.fromEntries(
        Object.entries({ ...response.getHeaders(), ...handed }).map(([name, value]) => [
          name.toLowerCase(),
          value,
        ]),
      )
      try {
        // `OPTIONS *` is about the server, not about a path.
        if (length <= MAX_KEPT && url !== '*')
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

/** The text of a body that may be compressed. */
function decompress(body: Buffer, encoding: unknown): string {
  if (encoding === 'gzip') return gunzipSync(body).toString()
  if (encoding === 'br') return brotliDecompressSync(body).toString()
  return body.toString()
}

function hold(where: string, schema: unknown, body: string, validate: Known['validate']): void {
  const check = validate(typeof schema === 'string' ? { $ref: schema } : schema)
  if (check(JSON.parse(body))) return
  throw new Error(
    `${where} is not as described: ${JSON.stringify(check.errors?.slice(0, 5))}\n${body.slice(0, 2000)}`,
  )
}

function known(app: FastifyInstance): Known {
  shared ??= read(JSON.parse(JSON.stringify(app.swagger())) as OpenapiDocument)
  return shared
}

/** The same document with objects closed: no properties beside those that it names. */
function closed<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(closed) as Value
  if (typeof value !== 'object' || value === null) return value
  const node = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]))
  if (typeof node['properties'] === 'object' && node['type'] === 'object')
    node['additionalProperties'] ??= false
  return node as Value
}

/** Writes out schemas that extend another (`allOf`), so that they can be closed. */
function extended(schemas: Record<string, Node>): Record<string, Node> {
  const write = ({ allOf, ...schema }: Node): Node => {
    const [base] = (allOf ?? []) as { $ref: string }[]
    if (!base) return schema
    const { properties, required } = write(schemas[base.$ref.split('/').at(-1) ?? ''] ?? {})
    return {
      ...schema,
      properties: { ...(properties as Node), ...(schema['properties'] as Node) },
      required: [...((required ?? []) as string[]), ...((schema['required'] ?? []) as string[])],
    }
  }
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, write(schema)]))
}

function read(document: OpenapiDocument): Known {
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
      const pointed = JSON.stringify(schema).replaceAll('"#/', '"api#/')
      const validator = validators.get(pointed) ?? ajv.compile(JSON.parse(pointed))
      validators.set(pointed, validator)
      return validator
    },
  }
}
