// Schemas of requests and responses that are not fields of records.
import { z } from 'zod'
import { isExactDay, isPartialDate, PARTIAL_DATE } from '../../core/dates.ts'
import { capitalised } from '../../core/text.ts'
import { exampleId, type Kind, withArticle } from './kinds.ts'

/**
 * Names a schema in the OpenAPI document, so that it is described once and generated clients have a type of that name.
 * @param about its description in the document; default: that of its first use
 */
export const named = <Schema extends z.ZodType>(name: string, schema: Schema, about?: string): Schema =>
  schema.meta({ 'x-name': name, ...(about !== undefined && { 'x-about': about }) })

/** Names the schema of the ids of a kind. */
export function namedId<Schema extends z.ZodType>(kind: Kind, schema: Schema): Schema {
  if (kind === 'state') return named('StateCode', schema, 'The ISO 3166-1 alpha-2 code of a state.')
  const name = `${capitalised(kind)}Id`
  return named(name, schema, `The id of ${withArticle(kind)}: opaque, time-ordered (TypeID).`)
}

/** Marks an enum to which values may be added within /v1 (docs/stability.md). */
export const mayGrow = { 'x-may-grow': true }

/** A union of schemas with the discriminator `kind`; kinds may be added. */
export const unionByKind = <Entity>(
  id: string,
  description: string,
  entities: readonly Entity[],
  of: (entity: Entity) => z.ZodObject,
) => {
  const [first, ...rest] = entities.map(of) as [z.ZodObject, ...z.ZodObject[]]
  return z
    .discriminatedUnion('kind', [first, ...rest])
    .meta({ id, description, discriminator: { propertyName: 'kind' }, ...mayGrow })
}

/** Marks a list or text in a response without a maximum length. All others document one. */
export const unbounded = { 'x-unbounded': true }

const ANY_ID = /^(?:[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}|[A-Z]{2})$/

/** The id of a record of any kind. */
export const recordIdOfQuery = z
  .string()
  .regex(ANY_ID, 'Must be the id of a record, such as prp_…, or the code of a state.')
  .meta({ maxLength: 30 })

/** The id of a record of any kind, with a name in the OpenAPI document. */
export const anyId = (description: string) =>
  named(
    'RecordId',
    recordIdOfQuery.meta({ examples: [exampleId('proposal')] }),
    'The id of a record of any kind; the code of a state.',
  ).meta({ description })

/** A path of this service, in a response. */
export const pathTo = (description: string) =>
  z.string().meta({ description, format: 'uri-reference', maxLength: 300 })

/** A text in a response. */
export const line = (max: number, description: string) => z.string().meta({ description, maxLength: max })

export const calendarDate = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'Must be a date: YYYY-MM-DD.', abort: true })
    .refine(isExactDay, 'The date does not exist.')
    .meta({ description, format: 'date', maxLength: 10, examples: ['2022-08-24'] })

/** A day, a month or a year, as a bound of a filter. */
export const partialDate = named(
  'PartialDate',
  z
    .string()
    .regex(PARTIAL_DATE, { error: 'Must be a date: YYYY-MM-DD, YYYY-MM or YYYY.', abort: true })
    .refine(isPartialDate, 'The date does not exist.')
    .meta({ maxLength: 10, examples: ['2022-08-24'] }),
  'A day, a month or a year in ISO 8601: YYYY-MM-DD, YYYY-MM or YYYY.',
)

export const instant = (description: string) =>
  named(
    'Instant',
    z.iso.datetime().meta({ maxLength: 35, examples: ['2026-11-23T09:30:00.000Z'] }),
    'A point in time in ISO 8601, UTC.',
  ).meta({ description })

/** A whole number in a query parameter: only digits. */
export const wholeNumber = (min: number, max: number) =>
  z.preprocess(
    (input) => (typeof input === 'string' && /^\d{1,15}$/.test(input) ? Number(input) : input),
    z.int(`Must be a whole number from ${min} to ${max}.`).min(min).max(max),
  )
