// The fields of a record that evidence can point at, and how a value that a source has compares with that of the record.
import { z } from 'zod'
import { bodyProblem } from '../../core/body-problem.ts'
import { compatible, isWithin } from '../../core/dates.ts'
import { fold } from '../../core/fold.ts'
import { memoize } from '../../core/memoize.ts'
import { inconsistent, Problem } from '../../core/problems.ts'
import type { Json } from './document.ts'
import { type Field, fieldOf, fieldsIn, plain } from './fields.ts'
import { withArticle } from './kinds.ts'
import type { Entity } from './resource.ts'

/** What a value of a source does to that of the record; null: neither. */
export type Direction = 'supports' | 'disputes' | null

/** Fields that describe the stored record, or that follow from its evidence. */
export const NOT_FACTS = [
  'id',
  'recordKind',
  'recordId',
  'createdAt',
  'updatedAt',
  'version',
  'support',
  'origins',
  'disputed',
]

/** The fields of a record by JSON Pointer, those inside objects too. A pointer stops at a list. */
export const placesOf = memoize((entity: Entity): ReadonlyMap<string, z.ZodType> => {
  const facts = Object.entries(entity.record.shape).filter(([key]) => !NOT_FACTS.includes(key))
  return new Map(facts.flatMap(([key, schema]) => placesIn(`/${key}`, schema as z.ZodType)))
})

function placesIn(pointer: string, schema: z.ZodType): [string, z.ZodType][] {
  const bare = plain(schema)
  if (!(bare instanceof z.ZodObject)) return [[pointer, bare]]
  const inner = Object.entries(bare.shape).flatMap(([key, each]) =>
    placesIn(`${pointer}/${key}`, each as z.ZodType),
  )
  return [[pointer, bare], ...inner]
}

/** @throws Problem `unknown-field` with the legal pointers */
export function placeAt(entity: Entity, pointer: string): z.ZodType {
  const places = placesOf(entity)
  const place = places.get(pointer)
  if (place) return place
  const legal = ['', ...places.keys()]
  const detail = `${JSON.stringify(pointer)} is not a field of ${withArticle(entity.kind)}. Legal: ${legal.map((one) => one || '""').join(', ')}.`
  throw new Problem('unknown-field', detail, { errors: [{ pointer: '/field', detail }], extra: { legal } })
}

/** The value at a pointer without lists. */
export function valueAt(doc: Readonly<Record<string, unknown>>, pointer: string): Json {
  let value: unknown = doc
  for (const key of pointer.slice(1).split('/'))
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : null
  return (value ?? null) as Json
}

export const isList = (place: z.ZodType): place is z.ZodArray => place instanceof z.ZodArray

/** Whether a list or an object is empty, or a value is null. */
export const isEmpty = (value: Json): boolean =>
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(isEmpty))

/** Evidence contains the value of a field, so longer ones cannot be quoted as values. In UTF-16 units of JSON. */
export const MAX_VALUE_LENGTH = 50_000

/**
 * The value of a piece of evidence, checked by the schema of its field. A text may also be the JSON of the value, as in CSV.
 * @param given undefined: the present value of the record
 * @throws Problem `inconsistent`
 */
export function evidenceValue(place: z.ZodType, present: Json, given: Json | undefined): Json {
  const refuse = (detail: string) => inconsistent([{ pointer: '/value', detail }])
  if (given === undefined || given === null) {
    if (isList(place))
      throw refuse('The field is a list: value must be one of its entries, or a part of one.')
    if (isEmpty(present)) throw refuse('The record has no value in this field, so value is required.')
    if (JSON.stringify(present).length > MAX_VALUE_LENGTH)
      throw refuse('The value of this field is too long to be repeated in evidence.')
    return withoutNulls(present)
  }
  const schema = partOf(isList(place) ? (place.element as z.ZodType) : place)
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data as Json
  const fromJson = schema.safeParse(jsonIn(given))
  if (fromJson.success) return fromJson.data as Json
  const { errors = [] } = bodyProblem(parsed.error)
  throw inconsistent(errors.map(({ pointer = '', detail }) => ({ pointer: `/value${pointer}`, detail })))
}

/** What a text is the JSON of; undefined if it is none. */
function jsonIn(text: Json): Json | undefined {
  try {
    return typeof text === 'string' ? (JSON.parse(text) as Json) : undefined
  } catch {
    return undefined
  }
}

/** The references in a piece of evidence of a field: in its value. */
export const referencesIn = memoize((place: z.ZodType) =>
  fieldsIn(isList(place) ? (place.element as z.ZodType) : place, ['value']).flatMap(({ path, kinds }) =>
    kinds ? [{ path, kinds }] : [],
  ),
)

function withoutNulls(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => !isEmpty(inner))
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]))
}

/** The schema of a part of a value: of an object, any of its fields. Building it takes longer than using it. */
const partOf = memoize((schema: z.ZodType): z.ZodType => {
  const bare = plain(schema)
  const field = fieldOf(bare)
  if (field) return field.value
  if (bare instanceof z.ZodArray) return z.array(partOf(bare.element as z.ZodType)).min(1)
  if (!(bare instanceof z.ZodObject)) return bare
  const parts = Object.entries(bare.shape).map(([key, inner]) => [key, partOf(inner as z.ZodType).optional()])
  return z
    .strictObject(Object.fromEntries(parts))
    .refine((part) => Object.keys(part).length > 0, 'Must have one field at least.')
})

/** What a value of a source does to the value of a record in the same field. */
export function compareValues(place: z.ZodType, present: Json, value: Json): Direction {
  const bare = plain(place)
  if (isList(bare)) return compareEntry(bare.element as z.ZodType, present, value)
  if (isEmpty(present)) return null
  const field = fieldOf(bare)
  if (field) return compareScalars(field, present, value)
  if (bare instanceof z.ZodObject) return compareParts(bare, present, value)
  return isSame(present, value) ? 'supports' : 'disputes'
}

/** Whether an entry of a list has all that a value says. */
export const isWithinEntry = (list: z.ZodArray, entry: Json, value: Json): boolean =>
  compareValues(list.element as z.ZodType, entry, value) === 'supports'

function compareEntry(element: z.ZodType, present: Json, value: Json): Direction {
  const entries = Array.isArray(present) ? present : []
  const directions = entries.map((entry) => compareValues(element, entry, value))
  if (directions.includes('supports')) return 'supports'
  // An entry that says less may be the same.
  return directions.includes(null) || isFree(element, value) ? null : 'disputes'
}

/** Whether a value consists of free text only. */
export function isFree(schema: z.ZodType, value: Json): boolean {
  const bare = plain(schema)
  if (bare instanceof z.ZodObject && typeof value === 'object' && value !== null)
    return Object.entries(value).every(([key, inner]) => isFree(bare.shape[key] as z.ZodType, inner))
  return fieldOf(bare)?.free ?? false
}

function compareParts(object: z.ZodObject, present: Json, value: Json): Direction {
  const own = present as Record<string, Json>
  const directions = Object.entries(value as Record<string, Json>).flatMap(([key, inner]) =>
    // Of a list inside an entry, a value has several entries.
    (Array.isArray(inner) ? inner : [inner]).map((each) =>
      compareValues(object.shape[key] as z.ZodType, own[key] ?? null, each),
    ),
  )
  if (directions.includes('disputes')) return 'disputes'
  return directions.includes(null) ? null : 'supports'
}

function compareScalars({ type, free }: Field, present: Json, value: Json): Direction {
  if (isSame(present, value)) return 'supports'
  if (type === 'date') return compareDates(String(present), String(value))
  if (!free) return 'disputes'
  return fold(String(present)) === fold(String(value)) ? 'supports' : null
}

/** A date within that of the record supports it, a broader or overlapping one does neither, any other disputes it. */
function compareDates(present: string, value: string): Direction {
  if (isWithin(value, present)) return 'supports'
  return compatible(value, present) ? null : 'disputes'
}

const isSame = (one: Json, other: Json) => one === other || JSON.stringify(one) === JSON.stringify(other)

/** The legal values of a query by field: a pointer and all below it. */
export const isAtOrBelow = (pointer: string, prefix: string) =>
  pointer === prefix || pointer.startsWith(`${prefix}/`) || prefix === ''
