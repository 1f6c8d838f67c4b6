// Holds an answer to the OpenAPI document, as a closed world: a status, header, media type or property that it does
// not describe fails the test. Read shapes are open in the document, since keys may be added; here they are closed.
import { appendFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'

type Node = Record<string, unknown>

interface Response {
  content?: Record<string, { schema: unknown }>
  headers?: Record<string, Node>
}

interface Operation {
  operationId: string
  responses: Record<string, Response & { $ref?: string }>
}

export interface OpenapiDocument extends Node {
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, Node>>
}

interface Known {
  operations: { method: string; pattern: RegExp; operation: Operation }[]
  paths: RegExp[]
  resolve: <Value>(node: Value & { $ref?: string }) => Value
  validate: (schema: unknown) => ValidateFunction
}

/** What was asked and answered, however it was sent. */
export interface Exchange {
  method: string
  url: string
  status: number
  headers: Record<string, unknown>
  body: string
}

/** A media type whose bodies are one JSON value; NDJSON is none. */
const JSON_TYPE = /[/+]json$/

/** What HTTP itself adds to any answer, and what says in which form the body stands. */
const AMBIENT = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
])

/** Answers without a place in the document: pages for people, and the document itself. */
const UNDOCUMENTED =
  /^\/(?:openapi(?:-3\.0)?\.(?:json|yaml)|docs(?:\/.*)?|problems(?:\/[\w-]+)?|favicon\.ico)$/

/** All services have one document, whatever their settings; making it and compiling its validators takes long. */
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
  const { operations, paths, resolve, validate } = known(app)
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
  const response = responses[status]
  if (!response) throw new Error(`The document does not describe ${where}: ${body}`)
  const described = resolve(response)
  note(where)
  const names = new Set(Object.keys(described.headers ?? {}).map((name) => name.toLowerCase()))
  for (const name of Object.keys(headers)) {
    if (AMBIENT.has(name)) continue
    if (!names.has(name)) throw new Error(`The document does not describe the header ${name} of ${where}.`)
    note(`${where} ${name}`)
  }
  for (const [name, header] of Object.entries(described.headers ?? {}))
    if (resolve(header)['required'] && headers[name.toLowerCase()] === undefined)
      throw new Error(`${where} lacks the header ${name}.`)
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

/** What of a body is kept to look at; longer ones are streams of whole lists. */
const MAX_KEPT = 2_000_000

/**
 * Holds what goes over sockets to the document too, however a test asks.
 * @returns what was not as described; it grows as answers end
 */
export function checkSockets(app: FastifyInstance): Error[] {
  const faults: Error[] = []
  // Ahead of the service, which may answer at once.
  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = []
    let length = 0
    const keep = (piece: unknown) => {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) return
      const bytes = Buffer.from(piece as Uint8Array)
      length += bytes.length
      if (length <= MAX_KEPT) pieces.push(bytes)
    }
    // Headers that are handed over with the status are not kept by the response.
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
        // `OPTIONS *` asks about the server, not about a path.
        if (length <= MAX_KEPT && url !== '*')
          checkAgainstDocument(app, {
            method,
            url,
            status: response.statusCode,
            headers,
            body: Buffer.concat(pieces).toString(),
          })
      } catch (error) {
        faults.push(error as Error)
      }
    })
  })
  return faults
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

/** The same document without room for what it does not name. */
export function closed<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(closed) as Value
  if (typeof value !== 'object' || value === null) return value
  const node = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]))
  if (typeof node['properties'] === 'object' && node['type'] === 'object')
    node['additionalProperties'] ??= false
  return node as Value
}

function read(document: OpenapiDocument): Known {
  const ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false })
  formats.default(ajv)
  ajv.addFormat('int32', true)
  ajv.addFormat('int64', true)
  ajv.addSchema({ ...closed(document), $id: 'api' })
  const validators = new Map<string, ValidateFunction>()
  const patternOf = (path: string) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`)
  return {
    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, pattern: patternOf(path), operation })),
    ),
    paths: Object.keys(document.paths).map(patternOf),
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
