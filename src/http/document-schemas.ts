// Completes the schemas of the OpenAPI document: names, nullable types, shared bases, and additional properties.
import {
  type Document,
  isNode,
  mapNodes,
  mapValues,
  type Node,
  nameOf,
  pascal,
  reachable,
  ref,
  same,
} from './document-nodes.ts'

/** The properties that `include` adds to records, by schema name. */
export type Embedded = Record<string, Record<string, EmbeddedProperty>>

interface EmbeddedProperty {
  /** The schemas of the embedded records. */
  schemas: string[]
  single: boolean
  /** Whether a path of `include` may go on after it: `meeting.organization`. */
  hasNext: boolean
  /** Whether it may be the second step of a path. */
  isNext: boolean
}

/** How many records `include` embeds per relation (records/read/include.ts). */
const MAX_EMBEDDED = 100

export function completeSchemas(generated: Document, embedded: Embedded): Document {
  addEmbedded(generated.components.schemas, embedded)
  const named: Record<string, Node> = {}
  let document = mapNodes(mergeInputs(generated), (node) => hoistNamed(named, node))
  const { components } = document
  const names = new Map(Object.entries(named).map(([name, schema]) => [formOf(schema), name]))
  document = mapNodes(document, (node) => tidySchema(components.schemas, replaceCopy(names, node)))
  const { schemas } = document.components
  Object.assign(
    schemas,
    mapNodes(named, (node) => tidySchema(schemas, node)),
  )
  openReadShapes(document)
  factorUnions(document.components.schemas)
  factorExtensions(document.components.schemas)
  describeOnce(document.components.schemas)
  for (const schema of Object.values(document.components.schemas)) nameValues(schema)
  return document
}

/**
 * Adds what `include` embeds. So that no schema contains itself, a record embeds `Included…` schemas, which have the
 * second step of a path, and these embed `Plain…` ones, which embed nothing.
 */
function addEmbedded(schemas: Record<string, Node>, embedded: Embedded): void {
  const names = Object.keys(embedded).filter((name) => schemas[name])
  const further = (name: string) =>
    Object.fromEntries(Object.entries(embedded[name] ?? {}).filter(([, { isNext }]) => isNext))
  const plain = (name: string) => `Plain${name}`
  const included = (name: string) => (Object.keys(further(name)).length > 0 ? `Included${name}` : plain(name))
  for (const name of names) {
    const { description, ...record } = schemas[name] as Node
    const extended = (properties: Node, about: string) => ({
      ...extensionOf(plain(name), properties),
      description: `${description} ${about}`.trim(),
    })
    schemas[plain(name)] = { ...record, description: `${description} Without embedded records.` }
    if (included(name) !== plain(name))
      schemas[included(name)] = extended(
        embeddedProperties(name, further(name), () => plain),
        'As `include` embeds it.',
      )
    schemas[name] = extended(
      embeddedProperties(name, embedded[name] ?? {}, ({ hasNext }) => (hasNext ? included : plain)),
      '',
    )
  }
}

/** The record that a part belongs to: of one of several kinds, to which others may be added. */
const recordOf = (name: string, records: Node[]): Node => ({
  'x-name': `${name}Record`,
  'x-may-grow': true,
  anyOf: records,
  description: 'The record that the part belongs to.',
})

function embeddedProperties(
  name: string,
  relations: Record<string, EmbeddedProperty>,
  nameFor: (relation: EmbeddedProperty) => (target: string) => string,
): Node {
  const properties = Object.entries(relations).map(([property, relation]) => {
    const records = relation.schemas.map((target) => ref('schemas', nameFor(relation)(target)))
    const record = records.length === 1 ? records[0] : recordOf(name, records)
    const schema = relation.single
      ? { anyOf: [record, { type: 'null' }] }
      : { type: 'array', items: record, maxItems: MAX_EMBEDDED }
    return [property, schema]
  })
  const includeTruncated = {
    type: 'array',
    items: { type: 'string', maxLength: 50 },
    maxItems: 50,
    description: 'The included relations that were cut, if any.',
    'x-name': 'IncludeTruncated',
  }
  return Object.fromEntries([...properties, ['includeTruncated', includeTruncated]])
}

/** A schema that has the properties of another and its own. */
const extensionOf = (base: string, properties: Node, required: readonly string[] = []): Node => ({
  type: 'object',
  // Some generators ignore properties beside `allOf`.
  allOf: [ref('schemas', base), { type: 'object', properties, ...(required.length > 0 && { required }) }],
})

/** Removes the suffix `Input` of the names of request schemas, unless the response schema differs. */
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

/** Replaces a schema that has a name (`x-name`) by a reference, with its own description if that differs. */
function hoistNamed(named: Record<string, Node>, node: Node): Node {
  const { 'x-name': name, 'x-about': about, description, default: preset, examples, ...schema } = node
  if (typeof name !== 'string') return node
  const grows = schema['x-may-grow'] ? ' Values may be added; handle unknown ones.' : ''
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

/** What makes schemas equal: of an enum its values, in any order. */
function formOf({ description: _, examples: __, 'x-may-grow': ___, ...form }: Node): string {
  const values = form['enum'] as unknown[] | undefined
  return JSON.stringify(values ? { ...form, enum: values.toSorted() } : form)
}

/** Replaces an inline enum or pattern by a reference to an equal named schema. */
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
  // Types of dates have no pattern.
  if (node['format'] === 'date-time' || node['format'] === 'date') delete node['pattern']
  // Only literals of JavaScript escape slashes, and generators of such literals do so themselves.
  if (typeof node['pattern'] === 'string') node['pattern'] = node['pattern'].replaceAll('\\/', '/')
  if (node['type'] === 'integer')
    node['format'] ??= Number(node['maximum'] ?? 0) > INT32_MAX ? 'int64' : 'int32'
  const schema = shortNullable(withoutConst(node))
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

/** Writes a constant as an enum with one value, which more generators know. */
const withoutConst = ({ const: only, ...node }: Node): Node =>
  only === undefined ? node : { ...node, enum: [only] }

/** Shortens `anyOf: [value, null]` to a type array where possible, and moves the description outside. */
function shortNullable(schema: Node): Node {
  const { anyOf, ...outer } = schema
  const [value, none, ...others] = (anyOf ?? []) as Node[]
  if (!value || none?.['type'] !== 'null' || others.length > 0) return schema
  const { description, examples, ...inner } = value
  const notes = {
    ...(description !== undefined && { description }),
    ...(examples !== undefined && { examples }),
  }
  const { anyOf: values, ...rest } = inner
  if (Array.isArray(values)) return { ...rest, anyOf: [...values, none], ...notes, ...outer }
  // An enum with null would be no enum of texts.
  if (typeof inner['type'] !== 'string' || inner['type'] === 'object' || inner['enum'])
    return { anyOf: [inner, none], ...notes, ...outer }
  return { ...inner, type: [inner['type'], 'null'], ...notes, ...outer }
}

/** Allows additional properties in schemas of responses only (docs/stability.md); request schemas stay closed. */
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

/** Moves a default into the description, as some generators treat a field with a default as required. */
function describeDefault({ default: preset, ...node }: Node): Node {
  if (preset === undefined || preset === null || typeof preset === 'object') return node
  const description = [node['description'], `Default: \`${String(preset)}\`.`].filter(Boolean).join(' ')
  return { ...node, description }
}

/** Adds names for generated constants to an enum whose values begin with a sign: `-title`, `/problems/gone`. */
function nameValues(schema: Node): void {
  const values = (schema['enum'] ?? []) as unknown[]
  if (values.every((value) => /^[A-Za-z]/.test(String(value)))) return
  schema['x-enum-varnames'] = values.map((value) => {
    const [, descending, word = ''] = /^(-)?(?:\/problems\/)?(.*)$/.exec(String(value)) ?? []
    return `${pascal(word)}${descending ? 'Descending' : ''}`
  })
}

/** Removes the field descriptions that a patch, a report or an input repeats from its original schema. */
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

/** Moves the common properties of the members of a union to a base schema. */
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
      description: `The common fields of every ${name}.`,
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
      if (
        other === name ||
        !name.includes(other.replace(/^Plain/, '')) ||
        !properties ||
        additionalProperties === false
      )
        return false
      const own = (schema['properties'] ?? {}) as Node
      return Object.entries(properties).every(([key, property]) => same(own[key], property))
    })
    if (base) extend(schema, schemas, base)
  }
}

function extend(schema: Node, schemas: Record<string, Node>, base: string): void {
  const inherited = Object.keys(schemas[base]?.['properties'] as Node)
  const { properties, required = [], ...rest } = schema
  const own = Object.entries(properties as Node).filter(([key]) => !inherited.includes(key))
  const ownRequired = (required as string[]).filter((key) => !inherited.includes(key))
  delete schema['properties']
  delete schema['required']
  Object.assign(schema, { ...extensionOf(base, Object.fromEntries(own), ownRequired), ...rest })
}
