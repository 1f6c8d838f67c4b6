// The OpenAPI document in 3.0.3, for generators that do not read 3.1 yet.
import { Converter } from '@apiture/openapi-down-convert'

type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param document in OpenAPI 3.1 */
export function downConvert(document: object): object {
  const plain = JSON.parse(JSON.stringify(document)) as Node & {
    components: { schemas: Record<string, Node> }
  }
  const converted = new Converter(prepared(plain, plain.components.schemas) as object, {
    allOfTransform: true,
  }).convert() as Node
  const { summary: _, ...info } = converted['info'] as Node
  const made = { ...converted, openapi: '3.0.3', info } as unknown as typeof plain
  // An enum whose every use may be null stands where it is used.
  const text = JSON.stringify(made)
  for (const name of Object.keys(made.components.schemas))
    if (!text.includes(`"#/components/schemas/${name}"`)) delete made.components.schemas[name]
  return made
}

/** What the library leaves alone: a reference or null. 3.0 says it with `nullable`, and an enum must hold the null. */
function prepared(value: unknown, schemas: Record<string, Node>): unknown {
  if (Array.isArray(value)) return value.map((inner) => prepared(inner, schemas))
  if (!isNode(value)) return value
  const node = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, prepared(inner, schemas)]),
  )
  const [one, other] = (node['anyOf'] ?? []) as unknown[]
  if (!isNode(one) || !isNode(other) || other['type'] !== 'null') return node
  const { anyOf: _, ...rest } = node
  const target = schemas[String(one['$ref']).split('/').at(-1) ?? ''] ?? one
  const { type, enum: values } = target
  return Array.isArray(values)
    ? { type, nullable: true, enum: [...values, null], ...rest }
    : { type, nullable: true, allOf: [one], ...rest }
}
