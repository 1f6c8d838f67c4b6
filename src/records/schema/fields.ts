// The fields of records. Each function returns a zod schema; its options say where else the field is used.
import { z } from 'zod'
import { isPartialDate } from '../../core/dates.ts'
import { exampleId, type Kind, refPattern, wrongReference } from './kinds.ts'
import { anyId, mayGrow, named, namedId } from './shapes.ts'

/** A field without options is written and read, and nothing else. */
export interface FieldOptions {
  /** Clients must send it. Any other field is null when it is left out; a list is empty. */
  required?: boolean
  /** May be left out, but is never null: `complete` of the resource sets it. */
  filled?: boolean
  /** What it is when it is left out, in place of null. */
  default?: string
  /** The query parameters that lists are filtered with; `true`: named like the field. `start` on a date gives `startFrom` and `startTo`. */
  filter?: true | string | readonly string[]
  /** How the filter compares; default: `text` whatever the case and the accents, `pattern` and all others exactly. */
  match?: 'names' | 'folded' | 'language'
  /** Whether lists can be sorted by it. */
  sort?: boolean
  /** What /v1/stats calls the count by its values: by year for a date, by record for a reference. */
  stats?: string
  /** Whether full-text search finds the record by it. Words in a title weigh more. */
  search?: 'title' | 'body'
  /** No two records of the kind have the same value. */
  unique?: boolean
  /** Never changes once it is written. */
  constant?: boolean
  /** Has a column, though no option above needs one, for SQL of the resource itself. `index` adds an index. */
  column?: boolean
  index?: boolean
  /** For the reference. */
  example?: string | number
  /** What filters say of it, where that differs from the description. */
  about?: string
}

export interface ReferenceOptions extends FieldOptions {
  /** The name by which `include` embeds the records that it refers to. */
  include?: string
  /** The name by which `include` on the records referred to embeds those that refer to them. */
  inverse?: string
  /** No chain of these references leads back to where it began. */
  acyclic?: boolean
}

/** What is known of a field beside its schema. */
export interface Field extends ReferenceOptions {
  type: 'text' | 'integer' | 'date' | 'choice' | 'reference'
  description: string
  about: string
  /** The schema of a value that is not null: what filters take. */
  value: z.ZodType
  /** What a reference may refer to; mostly one kind. */
  kinds?: readonly Kind[]
}

export type Shape = Readonly<Record<string, z.ZodType>>

/** The schema of a field: it takes null unless the options exclude that. */
type Nullable<Schema extends z.ZodType, Options> = Options extends
  | { required: true }
  | { filled: true }
  | { default: string }
  ? Schema
  : z.ZodNullable<Schema>

const declared = new WeakMap<z.ZodType, Field>()

/** The field that a schema was declared as; undefined for an object, a list or any other schema. */
export const fieldOf = (schema: z.ZodType): Field | undefined => declared.get(schema)

function declare<Schema extends z.ZodType, Options extends ReferenceOptions>(
  field: Omit<Field, keyof ReferenceOptions>,
  options: Options,
): Nullable<Schema, Options> {
  const { required, filled, default: preset, example } = options
  const value = example === undefined ? field.value : field.value.meta({ examples: [example] })
  const schema = required || filled || preset !== undefined ? value : value.nullable()
  const described = schema.meta({ description: field.description })
  declared.set(described, { ...options, ...field, about: options.about ?? field.description })
  return described as unknown as Nullable<Schema, Options>
}

/** A line or a text that people wrote, trimmed. `max` counts UTF-16 units. */
export function text<const Options extends FieldOptions = FieldOptions>(
  max: number,
  description: string,
  options: Options = {} as Options,
) {
  const value = z.string().trim().min(1).max(max)
  return declare<typeof value, Options>({ type: 'text', description, value }, { match: 'folded', ...options })
}

/** A text in a form of its own: a code, a slug, a hash. */
export function pattern<const Options extends FieldOptions = FieldOptions>(
  value: z.ZodString,
  description: string,
  options: Options = {} as Options,
) {
  return declare<z.ZodString, Options>({ type: 'text', description, value }, options)
}

export function url<const Options extends FieldOptions = FieldOptions>(
  description: string,
  options: Options = {} as Options,
) {
  const value = z
    .url({ protocol: /^https?$/, error: 'Must be an absolute http or https URL.' })
    .max(2000)
    .meta({ examples: ['https://example.org/report'] })
  return declare<typeof value, Options>({ type: 'text', description, value }, options)
}

export function integer<const Options extends FieldOptions & { min?: number; max?: number } = FieldOptions>(
  description: string,
  options: Options = {} as Options,
) {
  const { min = 0, max } = options
  const value = max === undefined ? z.int().min(min) : z.int().min(min).max(max)
  return declare<z.ZodInt, Options>({ type: 'integer', description, value }, options)
}

/** A date as far as it is known: YYYY-MM-DD, YYYY-MM or YYYY. */
export function date<const Options extends FieldOptions = FieldOptions>(
  description: string,
  options: Options = {} as Options,
) {
  const value = named(
    'PartialDate',
    z
      .string()
      .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, {
        error: 'Must be a date: YYYY-MM-DD, YYYY-MM or YYYY.',
        abort: true,
      })
      .refine(isPartialDate, 'There is no such date.')
      .meta({ maxLength: 10, examples: ['2022-08-24'] }),
    'A date in ISO 8601; YYYY and YYYY-MM where no more is known.',
  )
  return declare<z.ZodString, Options>({ type: 'date', description, value }, options)
}

/** One of a list of words. `mayGrow`: words may be added within /v1. @param name of its enum in the OpenAPI document */
export function choice<
  const Words extends readonly [string, ...string[]],
  const Options extends FieldOptions & { mayGrow?: boolean } = FieldOptions,
>(name: string, words: Words, description: string, options: Options = {} as Options) {
  const words_ = z.enum(words)
  const value = named(name, options.mayGrow ? words_.meta(mayGrow) : words_)
  return declare<typeof value, Options>({ type: 'choice', description, value }, options)
}

/** A reference to a record by its id (a state by its code, a topic also by its slug), of one kind or of several. */
export function ref<const Options extends ReferenceOptions = ReferenceOptions>(
  kind: Kind | readonly [Kind, ...Kind[]],
  description: string,
  options: Options = {} as Options,
) {
  const kinds = typeof kind === 'string' ? ([kind] as const) : kind
  const [first] = kinds
  const form = z
    .string()
    .regex(new RegExp(kinds.map((one) => refPattern(one).source).join('|')), {
      error: (issue) => kinds.map((one) => wrongReference(one, String(issue.input))).join(' Or: '),
    })
    .meta({
      maxLength: kinds.includes('topic') ? 100 : first === 'state' ? 2 : 30,
      examples: [first === 'state' ? 'RU' : exampleId(first)],
    })
  const value = kinds.length > 1 ? form : first === 'topic' ? topicReference(form) : namedId(first, form)
  return declare<z.ZodString, Options>({ type: 'reference', description, value, kinds }, options)
}

const topicReference = (form: z.ZodString) => named('TopicReference', form, 'The id or the slug of a topic.')

/** A list of fields or objects. Its entries are never null. */
export function list<Item extends z.ZodType>(item: Item, max: number, description: string) {
  type Entry = Item extends z.ZodNullable<infer Inner extends z.ZodType> ? Inner : Item
  const field = fieldOf(item)
  const entry = field ? declare<Entry, { required: true }>(field, { ...field, required: true }) : item
  return z
    .array(entry as Entry)
    .max(max)
    .meta({ description })
}

/** References to topics. @param about what a topic of the list is to the record */
export const topicIds = (about: string, options: ReferenceOptions = {}) =>
  named(
    'TopicIds',
    list(
      ref('topic', 'A topic: its id or its slug.', { filter: 'topic', include: 'topics', about, ...options }),
      50,
      'The topics it is about, from the controlled vocabulary; written as ids or slugs, read as ids.',
    ),
  )

/** The record that a child belongs to. */
export const recordId = (description: string) =>
  pattern(anyId(description), description, { required: true, index: true })

/** Several fields under one name. @param name of its shape in the OpenAPI document; none: written out where it is used */
export function object<Fields extends Shape>(description: string, fields: Fields, name?: string) {
  const shape = z.strictObject(whenWritten(fields))
  return shape.meta({ ...(name && { id: name }), description }) as unknown as z.ZodObject<
    Fields,
    z.core.$strict
  >
}

/** The fields as clients write them: those that may be left out get their default. */
export const whenWritten = (fields: Shape): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(fields).map(([key, schema]) => [key, withDefault(schema)]))

function withDefault(schema: z.ZodType): z.ZodType {
  const { required, filled, default: preset } = fieldOf(schema) ?? {}
  if (required) return schema
  if (filled) return schema.optional()
  if (schema instanceof z.ZodArray) return schema.default([])
  if (schema instanceof z.ZodObject) return schema.prefault({})
  return schema.default(preset ?? null)
}

/** A field at its place in a record: at the top, or inside objects and lists. */
export interface PlacedField extends Field {
  /** The place by segment; `*` stands for a list position: `participants`, `*`, `stateCode`. */
  path: string[]
  /** The same without list positions: `participants.stateCode`. */
  name: string
  /** Whether it is inside a list. */
  listed: boolean
  nullable: boolean
}

/** Every field in a shape, in order. */
export function fieldsIn(schema: z.ZodType, path: string[] = []): PlacedField[] {
  const field = fieldOf(schema)
  if (field) {
    const name = path.filter((segment) => segment !== '*').join('.')
    return [{ ...field, path, name, listed: path.includes('*'), nullable: schema instanceof z.ZodNullable }]
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) =>
      fieldsIn(inner as z.ZodType, [...path, key]),
    )
  }
  if (schema instanceof z.ZodArray) return fieldsIn(schema.element as z.ZodType, [...path, '*'])
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
  return wrapped ? fieldsIn(schema.unwrap() as z.ZodType, path) : []
}
