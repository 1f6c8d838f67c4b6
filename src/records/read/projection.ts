// Leaves out what `fields` does not name: fields of records, of objects and lists in them, and of included records.
import { z } from 'zod'
import { didYouMean } from '../../core/nearest.ts'
import { type Fault, Problem } from '../../core/problems.ts'
import type { Catalogue } from '../schema/catalogue.ts'
import type { Json } from '../schema/document.ts'
import type { Entity } from '../schema/resource.ts'
import { targetOf } from './include.ts'
import { commaSeparated } from './parameters.ts'

/** The members of an object that are sent; null: all of a member. */
export type Projection = ReadonlyMap<string, Projection | null>

type MutableProjection = Map<string, MutableProjection | null>

export const fieldsParameter = commaSeparated(
  z
    .string()
    .min(1)
    .max(200)
    .meta({ examples: ['id'] }),
  'Only these fields, such as `title`; with a dot those inside objects, lists and included records, such as `participants.stateCode` or `meeting.name`. The `id` and what `include` names are always sent. Default: all fields.',
)

/** A record, or an object inside one, whose members paths can name. */
interface Place {
  shape: z.ZodObject
  /** The kind of a record; null for an object. */
  entity: Entity | null
  /** The paths of `include` from here. */
  include: readonly string[]
}

/**
 * What `fields` asks for.
 * @param include the paths of the records that are embedded
 * @throws Problem `invalid-parameter` for unknown fields
 */
export function projectionOf(
  catalogue: Catalogue,
  entity: Entity,
  include: readonly string[],
  fields: readonly string[],
): Projection {
  const place = { shape: entity.record, entity, include }
  const projection = alwaysSent(place)
  // The longest first, so that a field that is named as a whole is sent as a whole.
  const paths = fields.toSorted((one, other) => other.split('.').length - one.split('.').length)
  const errors = paths.flatMap((path): Fault[] => {
    const detail = add(catalogue, projection, place, path.split('.'), path)
    return detail === null ? [] : [{ parameter: 'fields', detail }]
  })
  if (errors.length > 0)
    throw new Problem('invalid-parameter', errors.map(({ detail }) => detail).join(' '), { errors })
  return projection
}

/** What a record has whatever is asked for: its id, and what is embedded in it, as it was asked for by `include`. */
const alwaysSent = ({ entity, include }: Place): MutableProjection =>
  new Map(
    entity
      ? ['id', 'includeTruncated', ...include.map((path) => path.split('.')[0] ?? '')].map((name) => [
          name,
          null,
        ])
      : [],
  )

/** Adds a path to a projection. @returns what is wrong with the path, or null */
function add(
  catalogue: Catalogue,
  projection: MutableProjection,
  place: Place,
  [name = '', ...rest]: string[],
  path: string,
): string | null {
  const inner = placeAt(catalogue, place, name)
  if (inner === undefined) return unknownField(catalogue, place, name, path)
  if (rest.length === 0) {
    projection.set(name, null)
    return null
  }
  if (inner === null) return `The field ${path} is unknown: ${name} has no fields.`
  // An included record is sent whole until a path names a part of it.
  const within = projection.get(name) ?? alwaysSent(inner)
  projection.set(name, within)
  return add(catalogue, within, inner, rest, path)
}

/** What a member of a place has: its fields; null if it has none; undefined if there is no such member. */
function placeAt(
  catalogue: Catalogue,
  { shape, entity, include }: Place,
  name: string,
): Place | null | undefined {
  if (Object.hasOwn(shape.shape, name)) {
    const object = objectIn(shape.shape[name] as z.ZodType)
    return object && { shape: object, entity: null, include: [] }
  }
  const below = include.filter((path) => path.split('.')[0] === name)
  const relation = entity && below.length > 0 && catalogue.includesOf(entity)[name]
  if (!relation) return undefined
  // The record of a part is of one of several kinds, which share their paths here.
  const kinds = 'record' in relation ? relation.record : [targetOf(relation)]
  const targets = kinds.map((kind) => catalogue.entity(kind))
  const [target = null] = targets
  const further = below.flatMap((path) => path.split('.').slice(1, 2))
  const shapes = targets.map(({ record }) => record.shape)
  return { shape: z.object(Object.assign({}, ...shapes)), entity: target, include: further }
}

function unknownField(
  catalogue: Catalogue,
  { shape, entity, include }: Place,
  name: string,
  path: string,
): string {
  if (entity && Object.hasOwn(catalogue.includesOf(entity), name))
    return `${path} is embedded only with include=${name}.`
  const legal = [...Object.keys(shape.shape), ...include.flatMap((each) => each.split('.')[0] ?? [])]
  return `The field ${path} is unknown.${didYouMean(name, legal)} Legal: ${[...new Set(legal)].join(', ')}.`
}

/** The object in a schema that may be nullable or a list. */
function objectIn(schema: z.ZodType): z.ZodObject | null {
  if (schema instanceof z.ZodObject) return schema
  if (schema instanceof z.ZodArray) return objectIn(schema.element as z.ZodType)
  if (
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return objectIn(schema.unwrap() as z.ZodType)
  return null
}

/** Whether a projection has a member, or a part of it. @param path of the member, without list positions */
export function isNamed(projection: Projection | null, path: readonly string[]): boolean {
  let within: Projection | null | undefined = projection
  for (const name of path) {
    if (!within) break
    within = within.get(name)
  }
  return within !== undefined
}

/** A document, as JSON text, with what a projection names. */
export const projected = (doc: string, projection: Projection | null): string =>
  projection ? JSON.stringify(pick(JSON.parse(doc) as Json, projection)) : doc

/** A document, or a part of it, with what a projection names. */
export function pick(value: Json, projection: Projection): Json {
  if (Array.isArray(value)) return value.map((item) => pick(item, projection))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, Json][] => {
      const within = projection.get(name)
      if (within === undefined) return []
      return [[name, within ? pick(member, within) : member]]
    }),
  )
}
