// Converts the OpenAPI document from 3.1 to 3.0.3, for generators that do not read 3.1.
import { type Document, isNode, mapNodes, mapValues, type Node, reachable } from './document-nodes.ts'

export function convertTo30(document: Document): object {
  const { webhooks: _, ...rest } = document
  const { summary: __, ...info } = document['info'] as Node
  const { schemas } = document.components
  const converted = mapNodes(rest, (node) => omitUnset(convertSchema(node, schemas)))
  // Schemas that are only used by webhooks, or as nullable, which are written inline.
  const { components, ...uses } = converted
  const used = reachable(uses, components)
  for (const name of Object.keys(schemas)) if (!used.has(`schemas/${name}`)) delete components.schemas[name]
  return { ...converted, openapi: '3.0.3', info }
}

function convertSchema(node: Node, schemas: Record<string, Node>): Node {
  const { $ref, anyOf, examples, propertyNames: _, ...rest } = node
  // In 3.0 a reference has no sibling keywords.
  if ($ref !== undefined) return Object.keys(node).length === 1 ? node : { allOf: [{ $ref }], ...rest }
  const members = (anyOf ?? []) as Node[]
  const [value, none] = members
  if (value && none?.['type'] === 'null') return { ...nullable(value, schemas), ...rest }
  // Values of several types, for which languages with static types have no name.
  if (members.some((member) => !('$ref' in member))) return rest
  const { type } = rest
  return {
    ...rest,
    ...(anyOf !== undefined && { anyOf }),
    ...(Array.isArray(type) && { type: type[0], nullable: true }),
    ...(Array.isArray(examples) ? { example: examples[0] } : examples !== undefined && { examples }),
  }
}

/** In 3.0 `nullable` needs a sibling `type`. Objects and enums stay references, so that no enum has null. */
function nullable(value: Node, schemas: Record<string, Node>): Node {
  const target = schemas[String(value['$ref']).split('/').at(-1) ?? '']
  if (!target || target['type'] === 'object' || target['anyOf'])
    return { type: 'object', nullable: true, allOf: [value] }
  if (target['enum']) return { type: target['type'], nullable: true, allOf: [value] }
  const { description: _, ...schema } = mapNodes(target, (node) => convertSchema(node, schemas))
  return { ...schema, nullable: true }
}

/** Says that clients leave out what is not set: oapi-codegen up to 2.5 sends null instead, which clears a field. */
function omitUnset(node: Node): Node {
  const { properties, required = [] } = node
  if (!isNode(properties)) return node
  const isOptional = (name: string) => !(required as string[]).includes(name)
  return {
    ...node,
    properties: mapValues(properties, (property, name) =>
      isNode(property) && property['nullable'] && isOptional(name)
        ? { ...property, 'x-omitempty': true }
        : property,
    ),
  }
}
