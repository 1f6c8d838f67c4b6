// Holds an answer to the OpenAPI document: a status, media type or property that it does not describe fails the test.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'

interface Operation {
  operationId: string
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>
}

interface Known {
  operations: { method: string; pattern: RegExp; operation: Operation }[]
  validate: (schema: unknown) => ValidateFunction
}

/** A media type whose bodies are one JSON value; NDJSON is none. */
const JSON_TYPE = /[/+]json$/

/** All services have one document, whatever their settings; making it and compiling its validators takes long. */
let shared: Known | undefined

/** Operations and statuses that the answers of this process covered: `listProposals 200`. */
export const covered = new Set<string>()

export function holdToDocument(
  app: FastifyInstance,
  options: InjectOptions,
  response: LightMyRequestResponse,
): void {
  const { operations, validate } = known(app)
  const path = String(options.url).split('?')[0] ?? ''
  const method = String(options.method ?? 'GET').toLowerCase()
  const found = operations.find((candidate) => candidate.method === method && candidate.pattern.test(path))
  if (!found) return
  const { operationId, responses } = found.operation
  const described = responses[response.statusCode]
  const where = `${operationId} ${response.statusCode}`
  if (!described) throw new Error(`The document does not describe ${where}: ${response.body}`)
  covered.add(where)
  const type = String(response.headers['content-type'] ?? '').split(';')[0] ?? ''
  if (response.body === '') {
    // A stream of no records is empty.
    const streamed = described.content?.[type] && !JSON_TYPE.test(type)
    if (described.content && !streamed)
      throw new Error(`${where} has no body, but the document describes one.`)
    return
  }
  const content = described.content?.[type]
  if (!content) throw new Error(`The document does not describe ${type} for ${where}.`)
  if (!JSON_TYPE.test(type)) return
  const check = validate(content.schema)
  if (!check(JSON.parse(response.body))) {
    throw new Error(
      `${where} is not as described: ${JSON.stringify(check.errors?.slice(0, 5))}\n${response.body.slice(0, 2000)}`,
    )
  }
}

function known(app: FastifyInstance): Known {
  shared ??= read(app)
  return shared
}

function read(app: FastifyInstance): Known {
  const document = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }
  const ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false })
  formats.default(ajv)
  ajv.addSchema({ ...document, $id: 'api' })
  const validators = new Map<string, ValidateFunction>()
  return {
    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method,
        pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
        operation,
      })),
    ),
    validate: (schema) => {
      const pointed = JSON.stringify(schema).replaceAll('"#/', '"api#/')
      const validator = validators.get(pointed) ?? ajv.compile(JSON.parse(pointed))
      validators.set(pointed, validator)
      return validator
    },
  }
}
