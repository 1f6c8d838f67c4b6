// The fields of records. Each function returns a zod schema; its options declare filters, sorting, columns and search.
import { z } from 'zod'
import { EDTF_DATE, EDTF_FORMS, edtfFault } from '../../core/dates.ts'
import { singleLine } from '../../core/text.ts'
import { exampleId, type Kind, refPattern, wrongReference } from './kinds.ts'
import { anyId, mayGrow, named, namedId } from './shapes.ts'

/** Without options, a field can only be written and read. */
export interface FieldOptions {
  /** Clients must send it. Other fields default to null, lists to an empty list. */
  required?: boolean
  /** Optional but never null: `complete` of the resource sets it. */
  filled?: boolean
  /** The value if it is omitted, instead of null. */
  default?: string
  /** Filters of lists, by parameter; `true`: named like the field. `start` on a date adds `startFrom` and `startTo`. */
  filter?: true | string | readonly string[]
  /** How the filter compares; default: `text` whatever the case and the accents, `pattern` and all others exactly. `prefix`: also the paths below it. */
  match?: 'names' | 'folded' | 'language' | 'prefix'
  /** Whether lists can be sorted by it. */
  sort?: boolean
  /** The name of a grouping in /v1/stats: by year for a date, by record for a reference, otherwise by value. */
  stats?: string
  /** Whether full-text search includes it. Words in a title have more weight. */
  search?: 'title' | 'body'
  /** Whether values are unique within the kind. */
  unique?: boolean
  /** Cannot be changed after creation. */
  constant?: boolean
  /** Adds a column that the options above do not need, for SQL of the resource. `index` adds an index. */
  column?: boolean
  index?: boolean
  /** Its column has this key of the value instead, by which values are compared. */
  key?: (value: string) => string
  /** The example in the OpenAPI document. */
  example?: string | number
  /** The description of its filters, if it differs from that of the field. */
  about?: string
}

export interface ReferenceOptions extends FieldOptions {
  /** For the reference: the id of a record of the seed that others refer to so. */
  filterExample?: string
  /** The name by which `include` embeds the records that it refers to. */
  include?: string
  /** The name by which `include` on the records referred to embeds those that refer to them. */
  inverse?: string
  /** Whether cycles of these references are rejected. */
  acyclic?: boolean
  /** Whether an import or a report may write the record before those that it refers to so, which refer to it too. */
  late?: boolean
}

/** The metadata of a field besides its schema. */
export interface Field extends ReferenceOptions {
  type: 'text' | 'integer' | 'date' | 'choice' | 'reference'
  description: string
  about: string
  /** The schema of a value that is not null, as in filters. */
  value: z.ZodType
  /** Free text, of which two wordings can mean the same. */
  free?: true
  /** The kinds that a reference may refer to; usually one. */
  kinds?: readonly Kind[]
}

export type Shape = Readonly<Record<string, z.ZodType>>

/** The schema of a field: nullable unless the options exclude that. */
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

/** Texts up to this length, such as names and titles, are on one line. */
const MAX_LINE = 1000

/** Free text, trimmed. `max` is in UTF-16 units. */
export function text<const Options extends FieldOptions = FieldOptions>(
  max: number,
  description: string,
  options: Options = {} as Options,
) {
  const free = max <= MAX_LINE ? z.string().overwrite(singleLine) : z.string()
  const value = free.trim().min(1).max(max)
  return declare<typeof value, Options>(
    { type: 'text', description, value, free: true },
    { match: 'folded', ...options },
  )
}

/** A text with a fixed format: a code, a slug, a hash. */
export function pattern<const Options extends FieldOptions = FieldOptions>(
  value: z.ZodString,
  description: string,
  options: Options = {} as Options,
) {
  return declare<z.ZodString, Options>({ type: 'text', description, value }, options)
}

const NOT_IN_URI = /[^\w.~:/?#[\]@!$&'()*+,;=%-]/gu

/** A URL as a URI (RFC 3986): characters that people paste, such as spaces and letters beyond ASCII, are encoded. */
const toUri = (url: string): string =>
  url.search(NOT_IN_URI) === -1 ? url : (URL.parse(url)?.href ?? url).replace(NOT_IN_URI, encodeURIComponent)

export function url<const Options extends FieldOptions = FieldOptions>(
  description: string,
  options: Options = {} as Options,
) {
  const value = z
    .url({ protocol: /^https?$/, error: 'Must be an absolute http or https URL.' })
    .max(2000)
    .overwrite(toUri)
    .meta({ examples: ['https://example.org/report'] })
  return declare<typeof value, Options>({ type: 'text', description, value, free: true }, options)
}

export function integer<const Options extends FieldOptions & { min?: number; max?: number } = FieldOptions>(
  description: string,
  options: Options = {} as Options,
) {
  const { min = 0, max } = options
  const value = max === undefined ? z.int().min(min) : z.int().min(min).max(max)
  return declare<z.ZodInt, Options>({ type: 'integer', description, value }, options)
}

/** An EDTF date (core/dates.ts). Its column has its sort key; with a filter, two more columns have its span. */
export function date<const Options extends FieldOptions = FieldOptions>(
  description: string,
  options: Options = {} as Options,
) {
  const value = named(
    'EdtfDate',
    z
      .string()
      .regex(EDTF_DATE, { error: `Must be a date: ${EDTF_FORMS}.`, abort: true })
      .superRefine((date, context) => {
        const message = edtfFault(date)
        if (message !== undefined) context.addIssue({ code: 'custom', message })
      })
      .meta({ maxLength: 24, examples: ['2022-08-24', '2022-09~', '[2022-09-15..2022-09-16]', '[..2022]'] }),
    `A date in a subset of EDTF (ISO 8601-2): ${EDTF_FORMS}.`,
  )
  return declare<z.ZodString, Options>({ type: 'date', description, value }, options)
}

/** Times at the ends of the calendar, whose year in UTC has no four digits, stay as they are. */
function toUtc(time: string): string {
  const date = new Date(time)
  const utc = Number.isNaN(date.getTime()) ? '' : date.toISOString()
  return /^\d{4}-/.test(utc) ? utc.replace('.000Z', 'Z') : time
}

/** A point in time, stored in UTC without empty fractions of a second. */
export function pointInTime<const Options extends FieldOptions = FieldOptions>(
  description: string,
  options: Options = {} as Options,
) {
  const value = named(
    'PointInTime',
    z.iso
      .datetime({
        offset: true,
        error: 'Must be a time in ISO 8601 with its offset, such as 2026-11-29T10:00:00Z.',
      })
      .overwrite(toUtc)
      .meta({ maxLength: 35, examples: ['2026-11-29T10:00:00Z'] }),
    'A point in time in ISO 8601; in responses in UTC.',
  )
  return declare<typeof value, Options>({ type: 'text', description, value }, options)
}

/** An enum. `mayGrow`: values may be added within /v1. @param name of the enum in the OpenAPI document */
export function choice<
  const Words extends readonly [string, ...string[]],
  const Options extends FieldOptions & { mayGrow?: boolean } = FieldOptions,
>(name: string, words: Words, description: string, options: Options = {} as Options) {
  const schema = z.enum(words)
  const value = named(name, options.mayGrow ? schema.meta(mayGrow) : schema, description)
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
      examples: [exampleId(first)],
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

/** References to topics. @param about the description of the filter */
export const topicIds = (about: string, options: ReferenceOptions = {}) =>
  named(
    'TopicIds',
    list(
      ref('topic', 'A topic: its id or its slug.', { filter: 'topic', include: 'topics', about, ...options }),
      50,
      'The topics of the record, from the controlled vocabulary. Ids or slugs in requests, ids in responses.',
    ),
  )

/** The record that a child belongs to. */
export const recordId = (description: string) =>
  pattern(anyId(description), description, { required: true, index: true, constant: true })

/** An object of fields. @param name of its schema in the OpenAPI document; default: inline */
export function object<Fields extends Shape>(description: string, fields: Fields, name?: string) {
  const shape = z.strictObject(whenWritten(fields))
  return shape.meta({ ...(name && { id: name }), description }) as unknown as z.ZodObject<
    Fields,
    z.core.$strict
  >
}

/** The fields of a request, with defaults for optional ones. */
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

/** A field with its position in a record: at the top, or inside objects and lists. */
export interface PlacedField extends Field {
  /** The path; `*` is any list position: `participants`, `*`, `stateCode`. */
  path: string[]
  /** The same without list positions: `participants.stateCode`. */
  name: string
  /** Whether it is inside a list. */
  listed: boolean
  nullable: boolean
}

/**
 * Every field in a shape, in order.
 * @param nullable whether an object around it can be null
 */
export function fieldsIn(schema: z.ZodType, path: string[] = [], nullable = false): PlacedField[] {
  const field = fieldOf(schema)
  if (field) {
    const name = path.filter((segment) => segment !== '*').join('.')
    const listed = path.includes('*')
    return [{ ...field, path, name, listed, nullable: nullable || schema instanceof z.ZodNullable }]
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) =>
      fieldsIn(inner as z.ZodType, [...path, key], nullable),
    )
  }
  if (schema instanceof z.ZodArray) return fieldsIn(schema.element as z.ZodType, [...path, '*'], nullable)
  if (schema instanceof z.ZodNullable) return fieldsIn(schema.unwrap() as z.ZodType, path, true)
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
  return wrapped ? fieldsIn(schema.unwrap() as z.ZodType, path, nullable) : []
}

/** The schema of a value without what makes it optional or null. A field stays as it was declared. */
export function plain(schema: z.ZodType): z.ZodType {
  if (fieldOf(schema)) return schema
  const isWrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  return isWrapped ? plain(schema.unwrap() as z.ZodType) : schema
}
