// What the OpenAPI document gets beyond what the schemas say: responses of the problems, headers, names for what is
// used more than once, discriminators, and read shapes that may grow.
import { PROBLEMS, type ProblemCode } from '../core/problems.ts'
import { MERGE_PATCH } from './body.ts'
import type { HeaderName, Upload } from './describe.ts'
import { PROBLEM_JSON } from './problems.ts'

/** What `include` embeds: by schema, the properties it adds and the schema of each. */
export type Embedded = Record<string, Record<string, { schema: string; single: boolean }>>

type Node = Record<string, unknown>
interface Response extends Node {
  description: string
  content?: Record<string, Node>
}
interface Operation extends Node {
  operationId: string
  tags: string[]
  parameters?: Node[]
  responses: Record<string, Response>
  'x-problems'?: ProblemCode[]
  'x-headers'?: Record<string, HeaderName[]>
  'x-upload'?: Upload
}
export interface Document extends Node {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Node> } & Record<string, Record<string, Node>>
}

/** How many records `include` embeds for each relation; `records/include.ts` says so too. */
const MAX_EMBEDDED = 100

const pascal = (text: string) =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function finish(given: Document, embedded: Embedded): Document {
  addEmbedded(given, embedded)
  for (const methods of Object.values(given.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const headers = operation['x-headers'] ?? {}
      const problems = operation['x-problems'] ?? []
      delete operation['x-headers']
      delete operation['x-problems']
      if (method === 'patch') addMergePatch(operation)
      if (operation['x-upload']) addUpload(operation, operation['x-upload'])
      addResponses(given, method, operation, problems, headers)
      for (const parameter of operation.parameters ?? []) tidyParameter(parameter)
      // Reading is open, unless the settings ask for a key; what watches the service is open always.
      operation['security'] ??= operation.tags.includes('service') ? [] : [{}, { key: [] }]
    }
  }
  const document = mergeTwins(renameWritten(given))
  nameSchemas(document)
  tidySchemas(document)
  openWhatIsRead(document)
  nameParameters(document)
  const { components } = document
  components['headers'] = HEADERS
  components['examples'] = examples()
  prune(document)
  return document
}

// --- schemas

/** Rebuilds a schema from its leaves up. */
function mapSchema(schema: unknown, change: (node: Node) => Node): unknown {
  if (!isNode(schema)) return schema
  const made: Node = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties')
      made[key] = Object.fromEntries(
        Object.entries(value as Node).map(([name, inner]) => [name, mapSchema(inner, change)]),
      )
    else if (key === 'items' || key === 'additionalProperties') made[key] = mapSchema(value, change)
    else if (key === 'anyOf' || key === 'oneOf' || key === 'allOf')
      made[key] = (value as unknown[]).map((inner) => mapSchema(inner, change))
    else made[key] = value
  }
  return change(made)
}

/** Changes every schema of a document: of components, parameters, headers, bodies and answers. */
function mapSchemas(document: Document, change: (node: Node) => Node): void {
  const inside = (holder: Node) => {
    if (holder['schema']) holder['schema'] = mapSchema(holder['schema'], change)
  }
  const { schemas, parameters = {}, responses = {} } = document.components
  for (const [name, schema] of Object.entries(schemas)) schemas[name] = mapSchema(schema, change) as Node
  for (const parameter of Object.values(parameters)) inside(parameter)
  const bodies = (node: Node) => {
    for (const media of Object.values((node['content'] ?? {}) as Record<string, Node>)) inside(media)
  }
  for (const response of Object.values(responses)) bodies(response)
  for (const methods of Object.values(document.paths)) {
    for (const operation of Object.values(methods)) {
      for (const parameter of operation.parameters ?? []) inside(parameter)
      if (operation['requestBody']) bodies(operation['requestBody'] as Node)
      for (const response of Object.values(operation.responses)) bodies(response)
    }
  }
}

function addEmbedded({ components }: Document, embedded: Embedded): void {
  for (const [name, properties] of Object.entries(embedded)) {
    const known = components.schemas[name]?.['properties'] as Node | undefined
    if (!known || Object.keys(properties).length === 0) continue
    for (const [property, { schema, single }] of Object.entries(properties)) {
      const ref = { $ref: `#/components/schemas/${schema}` }
      const description = `With \`include=${property}\`.`
      known[property] = single
        ? { anyOf: [ref, { type: 'null' }], description }
        : { type: 'array', items: ref, maxItems: MAX_EMBEDDED, description }
    }
    known['includeTruncated'] = {
      type: 'array',
      items: { type: 'string', maxLength: 50 },
      maxItems: 50,
      description: 'The included lists that were cut short, where any were.',
    }
  }
}

/** `ProposalCreateInput` is called ProposalCreate: it is written, and nothing else has that name. */
function renameWritten(document: Document): Document {
  const { schemas } = document.components
  const names = Object.keys(schemas).flatMap((name) => {
    const plain = /^(\w+(?:Create|Patch))Input$/.exec(name)?.[1]
    return plain ? [[name, plain] as const] : []
  })
  for (const [name, plain] of names) {
    schemas[plain] = schemas[name] ?? {}
    delete schemas[name]
  }
  return renamed(document, new Map(names))
}

/** What is written in the same form as it is read needs no second name. */
function mergeTwins(document: Document): Document {
  const { schemas } = document.components
  const twins = Object.keys(schemas).flatMap((name) => {
    const plain = name.replace(/Input$/, '')
    return plain !== name && JSON.stringify(schemas[plain]) === JSON.stringify(schemas[name])
      ? [[name, plain] as const]
      : []
  })
  for (const [name] of twins) delete schemas[name]
  return renamed(document, new Map(twins))
}

const renamed = (document: Document, names: ReadonlyMap<string, string>): Document =>
  JSON.parse(JSON.stringify(document), (key, value) => {
    const name = key === '$ref' ? /^#\/components\/schemas\/(.+)$/.exec(String(value))?.[1] : undefined
    const other = name && names.get(name)
    return other ? `#/components/schemas/${other}` : value
  }) as Document

/** Schemas that bear a name (`x-name`) become components of that name. */
function nameSchemas(document: Document): void {
  const { schemas } = document.components
  mapSchemas(document, (node) => {
    const { 'x-name': name, description, ...schema } = node
    if (typeof name !== 'string') return node
    // What it means in one place stays there; what it is goes with the name.
    const { default: preset, examples: shown, ...form } = schema
    const known = schemas[name]
    if (
      known &&
      JSON.stringify({ ...known, description: null }) !== JSON.stringify({ ...form, description: null })
    )
      throw new Error(`Two schemas are called ${name}.`)
    schemas[name] ??= { ...form, description: NAMED[name] ?? description ?? name }
    return {
      $ref: `#/components/schemas/${name}`,
      ...(description !== undefined && { description }),
      ...(preset !== undefined && { default: preset }),
      ...(shown !== undefined && { examples: shown }),
    }
  })
  for (const schema of Object.values(schemas)) {
    if (schema['x-may-grow'] === true && schema['enum'])
      schema['description'] =
        `${String(schema['description'])} May get further values: keep a default branch.`
  }
}

/** What some names mean, where the first place of use says too little. */
const NAMED: Record<string, string> = {
  AgreementKind: 'What sort of instrument an agreement is.',
  AgreementStatus:
    'The stages in the life of an agreement (Vienna Convention, articles 9, 10, 11, 24 and 54).',
  ChangeKind: 'What the change feed speaks of: resources, and parts of them.',
  EventStatus: 'The statuses of proposals and of agreements.',
  ProposalStatus: 'The stages in the life of a proposal.',
  ResourceKind: 'The kinds of records that stand on their own.',
  Support: 'How many sources a record is quoted from.',
}

const INT32 = 2 ** 31 - 1

function tidySchemas(document: Document): void {
  mapSchemas(document, (node) => {
    let schema = { ...node }
    // Of an instant the format says it all.
    if (schema['format'] === 'date-time') delete schema['pattern']
    if (schema['type'] === 'integer')
      schema['format'] ??= Number(schema['maximum'] ?? 0) > INT32 ? 'int64' : 'int32'
    schema = nullable(schema)
    const { discriminator, anyOf, oneOf = anyOf, ...rest } = schema
    if (!isNode(discriminator)) return schema
    const property = String(discriminator['propertyName'])
    const mapping = Object.fromEntries(
      (oneOf as { $ref: string }[]).map(({ $ref }) => {
        const member = document.components.schemas[$ref.split('/').at(-1) ?? ''] as { properties: Node }
        return [String((member.properties[property] as Node)['const']), $ref]
      }),
    )
    return { ...rest, oneOf, discriminator: { propertyName: property, mapping } }
  })
}

/** A value or null in the short form, with what it means in one place. */
function nullable(schema: Node): Node {
  const members = schema['anyOf'] as Node[] | undefined
  const [one, other] = members ?? []
  if (members?.length !== 2 || !one || other?.['type'] !== 'null') return schema
  const { anyOf: _, ...outer } = schema
  const { description, examples: shown, ...inner } = one
  const said = {
    ...(description !== undefined && { description }),
    ...(shown !== undefined && { examples: shown }),
    ...outer,
  }
  if (typeof inner['type'] !== 'string' || inner['type'] === 'object')
    return { anyOf: [inner, other], ...said }
  return {
    ...inner,
    type: [inner['type'], 'null'],
    ...(Array.isArray(inner['enum']) && { enum: [...inner['enum'], null] }),
    ...said,
  }
}

/** Keys may be added to what is read (docs/stability.md), so its shapes are open; what is written stays closed. */
function openWhatIsRead(document: Document): void {
  const written = new Set<string>()
  const follow = (value: unknown) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (written.has(name)) continue
      written.add(name)
      follow(document.components.schemas[name])
    }
  }
  for (const methods of Object.values(document.paths))
    for (const operation of Object.values(methods)) follow(operation['requestBody'] ?? {})
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (written.has(name)) {
      document.components.schemas[name] = mapSchema(schema, sayDefault) as Node
      continue
    }
    document.components.schemas[name] = mapSchema(schema, (node) => {
      const { additionalProperties, default: _, ...rest } = node
      return additionalProperties === undefined || isNode(additionalProperties)
        ? { ...rest, ...(additionalProperties !== undefined && { additionalProperties }) }
        : rest
    }) as Node
  }
}

/** Of a body a default is said in words: some generators take a field that has one for a field that must be sent. */
function sayDefault(node: Node): Node {
  if (!('default' in node)) return node
  const { default: preset, description, ...rest } = node
  const empty = preset === null || (typeof preset === 'object' && Object.keys(preset as object).length === 0)
  const said = [description, ...(empty ? [] : [`Left out: \`${String(preset)}\`.`])].filter(Boolean).join(' ')
  return said ? { ...rest, description: said } : rest
}

// --- parameters

/** Header names as people write them. */
const CANONICAL: Record<string, string> = {
  'idempotency-key': 'Idempotency-Key',
  'if-match': 'If-Match',
  'if-none-match': 'If-None-Match',
  'last-event-id': 'Last-Event-ID',
}

function tidyParameter(parameter: Node): void {
  const schema = parameter['schema'] as Node
  parameter['name'] = CANONICAL[String(parameter['name'])] ?? parameter['name']
  // Its absence has a problem of its own, so the check of the form lets it pass.
  if (schema['x-required']) {
    parameter['required'] = true
    delete schema['x-required']
  }
  if (schema['type'] === 'array') Object.assign(parameter, { style: 'form', explode: false })
  // A parameter's example is shown where tools look for it.
  const [first] = (schema['examples'] as unknown[] | undefined) ?? []
  if (first !== undefined) parameter['example'] = first
}

/**
 * Parameters that several operations have in common become components: those of one tag with its name in front. Of
 * two forms with the same name the one that is used more often gets it; the other stays where it is.
 */
function nameParameters(document: Document): void {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  const uses = new Map<string, { parameter: Node; holders: Operation[] }>()
  for (const operation of operations) {
    for (const parameter of operation.parameters ?? []) {
      const key = JSON.stringify(parameter)
      const known = uses.get(key) ?? { parameter, holders: [] }
      known.holders.push(operation)
      uses.set(key, known)
    }
  }
  const named = new Map<string, string>()
  const parameters: Record<string, Node> = {}
  const shared = [...uses].filter(([, { holders }]) => holders.length > 1)
  for (const [key, { parameter, holders }] of shared.sort(
    ([, one], [, other]) => other.holders.length - one.holders.length,
  )) {
    const plain = pascal(String(parameter['name']))
    // Stats take the filters of the lists that they count.
    const [tag = '', ...others] = new Set(
      holders.flatMap(({ tags }) => tags).filter((each) => each !== 'stats'),
    )
    const name = others.length === 0 ? `${pascal(tag)}${plain}` : plain
    if (name in parameters) continue
    named.set(key, name)
    parameters[name] = parameter
  }
  for (const operation of operations) {
    operation.parameters = operation.parameters?.map((parameter) => {
      const name = named.get(JSON.stringify(parameter))
      return name ? { $ref: `#/components/parameters/${name}` } : parameter
    }) as Node[]
    if (!operation.parameters) delete operation.parameters
  }
  document.components['parameters'] = parameters
}

/** A body that is a file. */
function addUpload(operation: Operation, upload: Upload): void {
  delete operation['x-upload']
  operation['requestBody'] = {
    required: true,
    content: Object.fromEntries(
      Object.entries(upload).map(([type, { description, example, most }]) => [
        type,
        { schema: { type: 'string', description, maxLength: most }, example },
      ]),
    ),
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

// --- responses

const header = (description: string, schema: Node = { type: 'string', maxLength: 1000 }): Node => ({
  description,
  schema,
})
const count = { type: 'integer', format: 'int32', minimum: 0, maximum: INT32 }

const HEADERS: Record<string, Node> = {
  'Access-Control-Allow-Origin': header('Whose pages may read this answer: `*`, or the origin that asked.'),
  'Access-Control-Expose-Headers': header('The headers that a page may read.'),
  'Cache-Control': header('How it may be cached.'),
  'Content-Disposition': header('With CSV: the name of the file.'),
  ETag: header('A strong validator of this representation.'),
  'Idempotency-Replayed': header('`true`: this answer was given before, to the same Idempotency-Key.', {
    type: 'string',
    enum: ['true'],
  }),
  'Last-Modified': header('When the record last changed.'),
  Link: header('`rel="next"`: the next page (RFC 8288). Absent on the last one.', {
    type: 'string',
    maxLength: 16_000,
  }),
  Location: header('The path of what was made.', {
    type: 'string',
    format: 'uri-reference',
    maxLength: 300,
  }),
  'Retry-After': header('Seconds to wait.', count),
  Vary: header('Which request headers decided the form.'),
  'WWW-Authenticate': header('How to authenticate (RFC 6750).'),
  'X-Accel-Buffering': header('With a live feed: `no`, so that proxies pass events on at once.'),
  'X-RateLimit-Limit': header('Requests a minute, where the service limits them.', count),
  'X-RateLimit-Remaining': header('Requests left in this minute, where the service limits them.', count),
  'X-RateLimit-Reset': header('Seconds until the next minute, where the service limits them.', count),
  'X-Request-Id': {
    ...header('Names this request in the log; your own, when you sent one.', {
      type: 'string',
      maxLength: 128,
    }),
    required: true,
  },
}

/** On every answer. */
const ALWAYS = [
  'X-Request-Id',
  'Cache-Control',
  'Vary',
  'Access-Control-Allow-Origin',
  'Access-Control-Expose-Headers',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
]

const headersNamed = (...names: string[]): Node =>
  Object.fromEntries([...ALWAYS, ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** What an answer has, unless its route says otherwise: validators where it is read, where it stands once it is made. */
function usualHeaders(method: string, status: string): HeaderName[] {
  if (method === 'get') return status === '200' ? ['ETag'] : []
  if (method === 'patch') return ['ETag', 'Last-Modified']
  if (method !== 'post') return []
  return status === '201'
    ? ['ETag', 'Last-Modified', 'Location', 'Idempotency-Replayed']
    : ['Idempotency-Replayed']
}

function addResponses(
  { components }: Document,
  method: string,
  operation: Operation,
  problems: ProblemCode[],
  headers: Record<string, HeaderName[]>,
): void {
  components['responses'] ??= {}
  const shared = components['responses']
  for (const [status, response] of Object.entries(operation.responses)) {
    const names = headers[status] ?? usualHeaders(method, status)
    response['headers'] = headersNamed(...names)
    if (method === 'get' && status === '200' && names.includes('ETag')) {
      const [kind, kept] = names.includes('Last-Modified')
        ? ['Record', ['Last-Modified']]
        : names.includes('Content-Disposition')
          ? ['List', ['Content-Disposition']]
          : ['', []]
      shared[`${kind}NotModified`] = {
        description: 'You have the current form.',
        headers: headersNamed('ETag', ...kept),
      }
      operation.responses['304'] = { $ref: `#/components/responses/${kind}NotModified` } as never
    }
  }
  for (const [status, codes] of Map.groupBy(problems, (code) => PROBLEMS[code].status)) {
    const name = codes.map(pascal).join('Or')
    shared[name] = problemResponse(status, codes)
    operation.responses[status] = { $ref: `#/components/responses/${name}` } as never
  }
}

function problemResponse(status: number, codes: ProblemCode[]): Node {
  const own =
    status === 401 || status === 403
      ? ['WWW-Authenticate']
      : status === 429 || status === 503
        ? ['Retry-After']
        : []
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    headers: headersNamed(...own),
    content: {
      [PROBLEM_JSON]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(
          codes.map((code) => [code, { $ref: `#/components/examples/Problem-${code}` }]),
        ),
      },
    },
  }
}

const examples = () =>
  Object.fromEntries(
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

/** Takes out components that nothing refers to, and brings the others into order. */
function prune(document: Document): void {
  const { components } = document
  for (let removed = true; removed; ) {
    removed = false
    const text = JSON.stringify(document)
    for (const section of ['schemas', 'responses', 'parameters', 'headers', 'examples'] as const) {
      for (const name of Object.keys(components[section] ?? {})) {
        if (text.includes(`"#/components/${section}/${name}"`)) continue
        delete components[section]?.[name]
        removed = true
      }
      components[section] = Object.fromEntries(
        Object.entries(components[section] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    }
  }
}
