// Types of the OpenAPI document, and functions to traverse it and to build references.
import type { ProblemCode } from '../core/problems.ts'
import type { HeaderName, Upload } from './describe.ts'

export type Node = Record<string, unknown>
interface Response extends Node {
  description: string
  content?: Record<string, Node>
}
export interface Operation extends Node {
  operationId: string
  tags: string[]
  parameters?: Node[]
  responses: Record<string, Response | { $ref: string }>
  'x-problems'?: ProblemCode[]
  'x-headers'?: Record<string, HeaderName[]>
  'x-upload'?: Upload
}
export interface Document extends Node {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Node> } & Record<string, Record<string, Node>>
}

export const ref = (section: string, name: string) => ({ $ref: `#/components/${section}/${name}` })
export const nameOf = ($ref: unknown) => String($ref).split('/').at(-1) ?? ''
export const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
export const pascal = (text: string) =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase())
export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Applies `change` to every object of a value, leaves first, except sample values and maps of properties. */
export function mapNodes<Value>(value: Value, change: (node: Node) => Node): Value {
  const map = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(map)
    if (!isNode(inner)) return inner
    return change(
      mapValues(inner, (each, key) => {
        if (key === 'properties') return mapValues(each as Node, map)
        return ['default', 'enum', 'example', 'examples'].includes(key) ? each : map(each)
      }),
    )
  }
  return map(value) as Value
}

export const mapValues = (node: Node, map: (value: unknown, key: string) => unknown): Node =>
  Object.fromEntries(Object.entries(node).map(([key, value]) => [key, map(value, key)]))

/** The components that a value refers to, directly or through others, as `section/name`. */
export function reachable(
  value: unknown,
  components: Document['components'],
  paths = new Set<string>(),
): Set<string> {
  for (const [, path = '', section = '', name = ''] of JSON.stringify(value).matchAll(
    /"#\/components\/((\w+)\/([\w-]+))"/g,
  )) {
    if (paths.has(path)) continue
    paths.add(path)
    reachable(components[section]?.[name], components, paths)
  }
  return paths
}
