// Describes the form of a kind: a tree of controls, derived from the schema of its fields.
import { z } from 'zod'
import type { Json } from '../../records/schema/document.ts'
import { fieldOf, plain } from '../../records/schema/fields.ts'
import type { Kind } from '../../records/schema/kinds.ts'

export type Node = Scalar | Group | List

export type Input =
  /** A text on one line, or on several. */
  | 'line'
  | 'prose'
  /** A date in words. */
  | 'date'
  /** A point in time. */
  | 'instant'
  | 'integer'
  /** A number, or `all`. */
  | 'count'
  | 'boolean'
  | 'choice'
  | 'language'
  /** A record, chosen by search. */
  | 'reference'

/** A value with one control. */
export interface Scalar {
  is: 'scalar'
  input: Input
  required: boolean
  /** What an empty control means; undefined: the field is left out. */
  empty: Json | undefined
  /** What the control has in a new record. */
  preset: string
  /** Whether white space around it does not count. */
  trimmed: boolean
  /** The values of a choice. */
  options: readonly string[]
  /** The kinds of records that a reference may lead to. */
  kinds: readonly Kind[]
}

export interface Group {
  is: 'group'
  members: Readonly<Record<string, Node>>
  /** What it is if all its controls are empty. */
  empty: Json | undefined
}

export interface List {
  is: 'list'
  item: Node
}

/**
 * The form of an object.
 * @param options.without keys that have no controls
 * @param options.replaced controls that do not follow from the schema, by key
 */
export function formOf(
  schema: Pick<z.ZodObject, 'shape'>,
  {
    without = [],
    replaced = {},
  }: { without?: readonly string[]; replaced?: Readonly<Record<string, Node>> } = {},
): Group {
  const keys = Object.keys(schema.shape).filter((key) => !without.includes(key))
  const members = keys.map((key) => [key, replaced[key] ?? nodeOf(schema.shape[key] as z.ZodType, key)])
  return { is: 'group', members: Object.fromEntries(members), empty: {} }
}

/** @param key of the field in its object */
export function nodeOf(schema: z.ZodType, key: string): Node {
  const { bare, required, empty } = unwrapped(schema)
  if (bare instanceof z.ZodArray) return { is: 'list', item: nodeOf(bare.element as z.ZodType, key) }
  if (bare instanceof z.ZodObject) return { ...formOf(bare), empty }
  const field = fieldOf(bare)
  const value = field ? field.value : bare
  const input = inputOf(value, field?.type, key)
  return {
    is: 'scalar',
    input,
    required,
    empty,
    preset: typeof empty === 'string' ? empty : '',
    trimmed: input !== 'prose' || Boolean(field?.free),
    options: value instanceof z.ZodEnum ? value.options.map(String) : [],
    kinds: field?.kinds ?? [],
  }
}

/** A schema without what says what happens if there is no value. */
function unwrapped(schema: z.ZodType): { bare: z.ZodType; required: boolean; empty: Json | undefined } {
  const bare = plain(schema)
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return { bare, required: false, empty: schema.def.defaultValue as Json }
  if (schema instanceof z.ZodOptional) return { bare, required: false, empty: undefined }
  if (schema instanceof z.ZodNullable) return { bare, required: false, empty: null }
  return { bare, required: true, empty: undefined }
}

/** Texts up to this length, in UTF-16 units, are on one line. */
const MAX_LINE = 1000

function inputOf(value: z.ZodType, type: string | undefined, key: string): Input {
  if (type === 'date' || type === 'integer' || type === 'choice' || type === 'reference') return type
  if (value instanceof z.ZodEnum) return 'choice'
  if (value instanceof z.ZodBoolean) return 'boolean'
  if (value instanceof z.ZodUnion) return 'count'
  if (value instanceof z.ZodISODateTime) return 'instant'
  if (key === 'language') return 'language'
  const max = (value as z.ZodString).maxLength ?? value.meta()?.['maxLength'] ?? Number.POSITIVE_INFINITY
  return value instanceof z.ZodURL || Number(max) <= MAX_LINE ? 'line' : 'prose'
}
