// Adds what a report says to a record that is already there. Nothing is written over: what differs is named.
import { z } from 'zod'
import { isWithin } from '../../core/dates.ts'
import { fold } from '../../core/fold.ts'
import type { Doc, Json } from '../schema/document.ts'
import { type Field, fieldOf, plain } from '../schema/fields.ts'
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
    const merged = merge(
      plain(schema as z.ZodType),
      record[key] ?? null,
      value,
      `/${key}`,
      filling,
      overwrites,
    )
    const isDifferent = filling.differences.some(
      ({ field }) => field === `/${key}` || field.startsWith(`/${key}/`),
    )
    const replaces = isDifferent && overwrites && !Array.isArray(value)
    const next = replaces ? overwritten(record[key] ?? null, value) : merged
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
function merge(
  schema: z.ZodType,
  record: Json,
  sent: Json,
  pointer: string,
  filling: Filling,
  overwrites: boolean,
): Json {
  if (schema instanceof z.ZodArray) {
    const element = plain(schema.element as z.ZodType)
    return unite(element, (record ?? []) as Json[], sent as Json[], { pointer, filling, overwrites })
  }
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
          plain(inner as z.ZodType),
          merged[key] ?? null,
          value,
          `${pointer}/${key}`,
          filling,
          overwrites,
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

/**
 * The entries of both lists. An entry that another contains adds nothing; a fuller one takes its place. One that is the same by
 * its role and its references, but differs otherwise, is named as a difference.
 */
function unite(
  element: z.ZodType,
  record: readonly Json[],
  sent: readonly Json[],
  { pointer, filling, overwrites }: { pointer: string; filling: Filling; overwrites: boolean },
): Json[] {
  const united = [...record]
  for (const given of sent) {
    const entry = isName(given) ? withFreeType(given, united) : given
    if (united.some((present) => contains(present, entry))) continue
    const poorer = united.findIndex((present) => contains(entry, present) || isLessKnownName(entry, present))
    const same = poorer === -1 ? united.findIndex((present) => isSameEntry(element, present, entry)) : -1
    if (same !== -1) {
      const present = united[same] as Json
      filling.differences.push({ field: pointer, record: present, report: entry })
      united[same] = overwrites ? overwritten(present, entry) : filledEntry(present, entry)
    } else if (poorer === -1) {
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

/** Whether two entries have the same role and the same references. */
function isSameEntry(element: z.ZodType, one: Json, other: Json): boolean {
  if (!(element instanceof z.ZodObject) || !isObject(one) || !isObject(other)) return false
  const keys = Object.entries(element.shape).flatMap(([key, schema]) => {
    const isReference = fieldOf(schema as z.ZodType)?.kinds !== undefined || key === 'collective'
    return isReference ? [key] : []
  })
  const isKnown = keys.some((key) => !isEmpty(one[key]))
  return isKnown && [...keys, 'role'].every((key) => (one[key] ?? null) === (other[key] ?? null))
}

/** The first entry with the fields that it lacks from the second. */
const filledEntry = (present: Json, entry: Json): Json =>
  isObject(present) && isObject(entry)
    ? Object.fromEntries(
        Object.keys({ ...entry, ...present }).map((key) => [
          key,
          (isEmpty(present[key]) ? entry[key] : present[key]) ?? null,
        ]),
      )
    : present

/** An official name or a translation is another name if there is one in its language already. */
const withFreeType = (entry: Name, present: readonly Json[]): Name =>
  UNIQUE_TYPES.includes(entry.type) &&
  present.some(
    (one) =>
      isName(one) && one.name !== entry.name && one.type === entry.type && one.language === entry.language,
  )
    ? { ...entry, type: 'alternative' }
    : entry

/** The types of which there is one name in each language. */
const UNIQUE_TYPES: readonly Json[] = ['official', 'translation']

/** Whether an entry is a name of which a list has neither the language nor the type. */
const isLessKnownName = (entry: Json, present: Json): boolean =>
  isName(entry) &&
  isName(present) &&
  entry.name === present.name &&
  present.type === 'alternative' &&
  (present.language === null || present.language === entry.language)

/** Whether a value has all that another has; what is empty in the other says nothing. */
export function contains(whole: Json, part: Json): boolean {
  if (isEmpty(part)) return true
  if (isName(whole) && isName(part)) return isKnownName(whole, part)
  if (Array.isArray(whole) && Array.isArray(part))
    return part.every((entry) => whole.some((present) => contains(present, entry)))
  if (isObject(whole) && isObject(part))
    return Object.entries(part).every(([key, value]) => contains(whole[key] ?? null, value))
  return JSON.stringify(whole) === JSON.stringify(part)
}

/** Whether a list that has a name says no less about it than another entry. */
const isKnownName = (present: Name, entry: Name): boolean =>
  present.name === entry.name &&
  (entry.language === null ||
    (present.language === entry.language && (present.type !== 'alternative' || entry.type === 'alternative')))

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An entry of `otherNames`. */
interface Name {
  [key: string]: Json
  name: Json
  language: Json
  type: Json
}

const isName = (value: Json): value is Name =>
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
