// Adds what a report says to a record that is already there. Nothing is written over: what differs is named.
import { z } from 'zod'
import { isWithin } from '../../core/dates.ts'
import { fold } from '../../core/fold.ts'
import type { Doc, Json } from '../schema/document.ts'
import { type Field, fieldOf } from '../schema/fields.ts'
import type { Entity } from '../schema/resource.ts'

/** A field of which a record and a report have different values. */
export interface Difference {
  /** A JSON Pointer into the record. */
  field: string
  record: Json
  report: Json
}

export interface Filling {
  /** The fields to write. */
  changed: Record<string, Json>
  /** The pointers of fields that were empty, or of lists of which an entry gets fuller. */
  filled: string[]
  /** How many entries are added to each list. */
  added: Record<string, number>
  differences: Difference[]
}

type Fields = Readonly<Record<string, Json>>

/**
 * @param sent the fields that were sent, checked; references are ids
 * @param titleField the field with the main name; another name joins `otherNames`
 * @param overwrites whether the values that were sent win where they differ
 */
export function fillRecord(
  { writable }: Pick<Entity, 'writable'>,
  record: Doc,
  sent: Fields,
  { titleField, overwrites = false }: { titleField?: string; overwrites?: boolean } = {},
): Filling {
  const filling: Filling = { changed: {}, filled: [], added: {}, differences: [] }
  for (const [key, value] of Object.entries(withOtherName(writable, record, sent, titleField))) {
    const schema = writable.shape[key]
    if (!schema || isEmpty(value)) continue
    const merged = merge(unwrap(schema as z.ZodType), record[key] ?? null, value, `/${key}`, filling)
    const isDifferent = filling.differences.some(
      ({ field }) => field === `/${key}` || field.startsWith(`/${key}/`),
    )
    const next = isDifferent && overwrites ? overwritten(record[key] ?? null, value) : merged
    if (JSON.stringify(next) !== JSON.stringify(record[key] ?? null)) filling.changed[key] = next
  }
  return filling
}

/** Moves a main name that differs to `otherNames`, if the kind has them and the name is new. */
function withOtherName(
  { shape }: z.ZodObject,
  record: Doc,
  sent: Fields,
  titleField: string | undefined,
): Fields {
  const name = titleField === undefined ? undefined : sent[titleField]
  if (titleField === undefined || typeof name !== 'string' || !('otherNames' in shape)) return sent
  const { [titleField]: _, ...rest } = sent
  const known = [record[titleField], ...namesIn(record['otherNames'])].map((one) => fold(String(one)))
  if (known.includes(fold(name))) return rest
  const others = [...((sent['otherNames'] ?? []) as Json[]), { name, language: null, type: 'alternative' }]
  return { ...rest, otherNames: others }
}

const namesIn = (names: Json | undefined) => ((names ?? []) as { name: string }[]).map(({ name }) => name)

/** Merges a value into that of the record, and reports what was filled, added or different. */
function merge(schema: z.ZodType, record: Json, sent: Json, pointer: string, filling: Filling): Json {
  if (schema instanceof z.ZodArray) return unite((record ?? []) as Json[], sent as Json[], pointer, filling)
  if (isEmpty(record)) {
    filling.filled.push(pointer)
    return sent
  }
  if (schema instanceof z.ZodObject) {
    const merged = { ...(record as Record<string, Json>) }
    for (const [key, value] of Object.entries(sent as Record<string, Json>)) {
      const inner = schema.shape[key]
      if (inner && !isEmpty(value))
        merged[key] = merge(
          unwrap(inner as z.ZodType),
          merged[key] ?? null,
          value,
          `${pointer}/${key}`,
          filling,
        )
    }
    return merged
  }
  if (!agrees(fieldOf(schema), record, sent))
    filling.differences.push({ field: pointer, record, report: sent })
  return record
}

/** Whether a report says nothing else than the record: the same, or a date that includes that of the record. */
function agrees(field: Field | undefined, record: Json, sent: Json): boolean {
  if (JSON.stringify(record) === JSON.stringify(sent)) return true
  return field?.type === 'date' && isWithin(String(record), String(sent))
}

/** The entries of both lists. An entry that another contains adds nothing; a fuller one takes its place. */
function unite(record: readonly Json[], sent: readonly Json[], pointer: string, filling: Filling): Json[] {
  const united = [...record]
  for (const entry of sent) {
    if (united.some((present) => contains(present, entry))) continue
    const poorer = united.findIndex((present) => contains(entry, present))
    if (poorer === -1) {
      united.push(entry)
      const list = pointer.slice(1)
      filling.added[list] = (filling.added[list] ?? 0) + 1
    } else {
      united[poorer] = entry
      if (!filling.filled.includes(pointer)) filling.filled.push(pointer)
    }
  }
  return united
}

/** Whether a value has all that another has; what is empty in the other says nothing. */
export function contains(whole: Json, part: Json): boolean {
  if (isEmpty(part)) return true
  if (isName(whole) && isName(part) && whole.name === part.name && part.language === null) return true
  if (Array.isArray(whole) && Array.isArray(part))
    return part.every((entry) => whole.some((present) => contains(present, entry)))
  if (isObject(whole) && isObject(part))
    return Object.entries(part).every(([key, value]) => contains(whole[key] ?? null, value))
  return JSON.stringify(whole) === JSON.stringify(part)
}

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An entry of `otherNames`. Without a language it says no more than one that has one. */
const isName = (value: Json): value is { name: Json; language: Json; type: Json } =>
  isObject(value) && 'name' in value && 'language' in value && 'type' in value

const isEmpty = (value: Json | undefined): boolean =>
  value === null ||
  value === undefined ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.values(value).every(isEmpty))

const overwritten = (record: Json, sent: Json): Json =>
  isObject(record) && isObject(sent)
    ? { ...record, ...Object.fromEntries(Object.entries(sent).filter(([, value]) => !isEmpty(value))) }
    : sent

/** The schema of a value that is sent: without defaults and null. */
function unwrap(schema: z.ZodType): z.ZodType {
  if (fieldOf(schema)) return schema
  const isWrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  return isWrapped ? unwrap(schema.unwrap() as z.ZodType) : schema
}
