// The OpenAPI document, drawn from the schemas that validate.
import swagger from '@fastify/swagger'
import fp from 'fastify-plugin'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { PROBLEMS, type ProblemCode } from '../core/problems.ts'
import { MERGE_PATCH } from './body.ts'
import type { Upload } from './describe.ts'
import { PROBLEM_JSON } from './problems.ts'

interface OpenapiOptions {
  version: string
  tags: { name: string; description: string }[]
  /** What is sent to others, by name: path items of OpenAPI. */
  webhooks: Record<string, object>
  /** What `include` embeds: by schema, the properties it adds and the schema of each. */
  embedded: Record<string, Record<string, { schema: string; single: boolean }>>
}

type Node = Record<string, unknown>
interface Operation extends Node {
  operationId: string
  parameters?: Node[]
  responses: Record<string, Node>
  'x-problems'?: ProblemCode[]
  'x-upload'?: Upload
}
interface Document extends Node {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Node> } & Record<string, Record<string, Node>>
}

/** Written shapes that carry their own name: no `Input` behind it. */
const WRITTEN = /^(\w+(?:Create|Patch))Input$/

export const openapi = fp<OpenapiOptions>(
  async (app, { version, tags, webhooks, embedded }) => {
    const transform = createJsonSchemaTransform({})
    const transformObject = createJsonSchemaTransformObject({})
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'SCO tracker',
          version,
          summary: 'What is said, proposed and agreed at meetings of the Shanghai Cooperation Organisation.',
          description:
            'Every record can carry evidence: the sentence of a source that it rests on, checked against the text. Reading is open; writing needs a key.',
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: '/', description: 'The service that serves this document.' }],
        tags,
        webhooks,
        components: {
          securitySchemes: {
            key: { type: 'http', scheme: 'bearer', description: 'A key made with `npm run keys`.' },
          },
        },
      },
      transform: transform as never,
      transformObject: ((given: never) =>
        finish(transformObject(given) as unknown as Document, embedded)) as never,
    })
  },
  { name: 'openapi' },
)

/** What the library leaves to us: responses of the problems, headers, parameter styles, names, and no orphans. */
function finish(document: Document, embedded: OpenapiOptions['embedded']): Document {
  addEmbedded(document, embedded)
  for (const methods of Object.values(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      addProblems(operation, operation['x-problems'] ?? [])
      delete operation['x-problems']
      if (method === 'patch') addMergePatch(operation)
      if (operation['x-upload']) addUpload(operation, operation['x-upload'])
      addHeaders(method, operation)
      for (const parameter of operation.parameters ?? []) {
        if ((parameter['schema'] as Node)['type'] === 'array')
          Object.assign(parameter, { style: 'form', explode: false })
        liftExamples(parameter)
      }
    }
  }
  const named = renameWritten(document)
  named.components['headers'] = HEADERS
  named.components['examples'] = Object.fromEntries(
    Object.entries(PROBLEMS).map(([code, { status, title }]) => [
      `Problem-${code}`,
      {
        summary: title,
        value: {
          type: `/problems/${code}`,
          title,
          status,
          detail: `${title}.`,
          instance: '/v1/proposals',
          requestId: '0198b7a2-2f7e-7a41-8b0e-3f1f6c1c9d55',
        },
      },
    ]),
  )
  prune(named)
  return named
}

function addEmbedded({ components }: Document, embedded: OpenapiOptions['embedded']): void {
  for (const [name, properties] of Object.entries(embedded)) {
    const known = components.schemas[name]?.['properties'] as Node | undefined
    if (!known) continue
    for (const [property, { schema, single }] of Object.entries(properties)) {
      const ref = { $ref: `#/components/schemas/${schema}` }
      const description = `With \`include=${property}\`.`
      known[property] = single
        ? { anyOf: [ref, { type: 'null' }], description }
        : { type: 'array', items: ref, description }
    }
    known['includeTruncated'] = {
      type: 'array',
      items: { type: 'string' },
      description: 'The included lists that were cut short, where any were.',
    }
  }
}

/** A PATCH is a merge patch first, and plain JSON for clients that cannot say so. */
function addMergePatch(operation: Operation): void {
  const { content } = operation['requestBody'] as { content: Record<string, Node> }
  const json = content['application/json'] ?? {}
  operation['requestBody'] = {
    ...(operation['requestBody'] as Node),
    content: { [MERGE_PATCH]: json, 'application/json': json },
  }
}

/** A body that is a file. */
function addUpload(operation: Operation, upload: Upload): void {
  delete operation['x-upload']
  operation['requestBody'] = {
    required: true,
    content: Object.fromEntries(
      Object.entries(upload).map(([type, { description, example }]) => [
        type,
        { schema: { type: 'string', description }, example },
      ]),
    ),
  }
}

/** A parameter's example is shown where tools look for it. */
function liftExamples(parameter: Node): void {
  const schema = parameter['schema'] as Node
  const [first] = (schema['examples'] as unknown[] | undefined) ?? []
  if (first !== undefined) parameter['example'] = first
}

function addProblems(operation: Operation, codes: ProblemCode[]): void {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status)
  for (const [status, group] of [...byStatus].sort(([a], [b]) => a - b)) {
    operation.responses[status] = {
      description: group.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
      content: {
        [PROBLEM_JSON]: {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(
            group.map((code) => [code, { $ref: `#/components/examples/Problem-${code}` }]),
          ),
        },
      },
    }
  }
}

const header = (description: string, schema: Node = { type: 'string' }): Node => ({ description, schema })

const HEADERS: Record<string, Node> = {
  'X-Request-Id': header('Names this request in the log; your own, when you sent one.'),
  ETag: header('A strong validator of this representation.'),
  'Last-Modified': header('When the record last changed.'),
  'Cache-Control': header('How it may be cached.'),
  Vary: header('Which request headers decided the form.'),
  Location: header('The path of what was made.'),
  Link: header('`rel="next"`: the next page (RFC 8288).'),
  Allow: header('The methods that the path takes.'),
  'WWW-Authenticate': header('How to authenticate (RFC 6750).'),
  'Retry-After': header('Seconds to wait.', { type: 'integer' }),
}

function addHeaders(method: string, operation: Operation): void {
  if (method === 'get' && operation.responses['200']?.['content']) {
    operation.responses['304'] = { description: 'You have the current form.' }
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    const names = ['X-Request-Id', 'Cache-Control']
    if (status === '304') names.push('ETag', 'Vary')
    if (status === '200' && method === 'get')
      names.push('ETag', 'Vary', operation.operationId.startsWith('list') ? 'Link' : 'Last-Modified')
    if ((status === '200' && method === 'patch') || status === '201') names.push('ETag', 'Last-Modified')
    if (status === '201') names.push('Location')
    if (status === '401' || status === '403') names.push('WWW-Authenticate')
    if (status === '429' || status === '503') names.push('Retry-After')
    response['headers'] = Object.fromEntries(
      names.map((name) => [name, { $ref: `#/components/headers/${name}` }]),
    )
  }
}

/** `ProposalCreateInput` is called ProposalCreate: it is written, and nothing else has that name. */
function renameWritten(document: Document): Document {
  const { schemas } = document.components
  for (const name of Object.keys(schemas)) {
    const plain = WRITTEN.exec(name)?.[1]
    if (!plain) continue
    schemas[plain] = schemas[name] ?? {}
    delete schemas[name]
  }
  const text = JSON.stringify(document).replace(
    /#\/components\/schemas\/(\w+?(?:Create|Patch))Input"/g,
    '#/components/schemas/$1"',
  )
  return JSON.parse(text) as Document
}

/** Takes out components that nothing refers to. */
function prune(document: Document): void {
  const { components } = document
  let removed = true
  while (removed) {
    removed = false
    const text = JSON.stringify(document)
    for (const section of ['schemas', 'headers', 'examples'] as const) {
      for (const name of Object.keys(components[section] ?? {})) {
        if (text.includes(`"#/components/${section}/${name}"`)) continue
        delete components[section]?.[name]
        removed = true
      }
      components[section] = Object.fromEntries(
        Object.entries(components[section] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
      ) as Record<string, Node>
    }
  }
}
