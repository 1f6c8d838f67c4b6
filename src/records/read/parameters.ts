// The query parameters of a list, derived from the description of its resource.

import { z } from 'zod'
import { flag } from '../../core/flag.ts'
import { memoize } from '../../core/memoize.ts'
import { parseSearch } from '../../core/search.ts'
import { ref } from '../schema/fields.ts'
import type { Filter } from '../schema/filters.ts'
import { exampleId, isVocabulary, type Kind } from '../schema/kinds.ts'
import { type Entity, type Resource, supportLevel } from '../schema/resource.ts'
import { calendarDate, named, wholeNumber } from '../schema/shapes.ts'

/** A kind that can be listed: a resource or a kind of children. */
export type Listable = Entity &
  Pick<Resource, 'about' | 'filters' | 'sorts' | 'defaultSort'> &
  Partial<Pick<Resource, 'lifecycle' | 'settled' | 'formats' | 'titleField'>>

export interface SortKey {
  column: string
  descending: boolean
}

/** A parsed list query. */
export interface ListQuery {
  limit: number
  cursor?: string
  count?: 'exact'
  sort: SortKey[]
  /** The values by filter. */
  filters: Record<string, string[]>
  /** The day of statuses and memberships. Null: the latest. */
  asOf: string | null
  /** Record time: later changes are ignored. Null: now. */
  knownAt: string | null
  /** Paths to the related records to embed. */
  include: string[]
}

/**
 * Whether a list may take long: it reads the log or the events of many records, counts them, sorts them without an index, embeds
 * records that refer to it, or searches for more than a few whole words.
 */
export const isLongRead = (
  { references }: Pick<Listable, 'references'>,
  { asOf, knownAt, count, sort, include, filters }: ListQuery,
): boolean =>
  asOf !== null ||
  knownAt !== null ||
  count === 'exact' ||
  sort.length > 1 ||
  include.some((path) => !references.some((reference) => reference.include === path)) ||
  isLongSearch(filters['q']?.[0] ?? '')

/** How many words the full-text index looks up at once. */
const MAX_QUICK_TERMS = 4

/** Whether a search may take long: it has prefixes, excluded words, or more than a few words. */
export function isLongSearch(q: string): boolean {
  const query = parseSearch(q)
  const terms = query.flatMap(({ all, not }) => [...all, ...not])
  return (
    terms.length > MAX_QUICK_TERMS ||
    terms.some(({ prefix }) => prefix) ||
    query.some(({ not }) => not.length > 0)
  )
}

export const MAX_LIMIT = 200

/** Several values, separated by commas or as a repeated parameter; `\,` is a comma inside a value. */
export const commaSeparated = (value: z.ZodType, description: string) =>
  z
    .preprocess(
      (input) =>
        (Array.isArray(input) ? input : [input]).flatMap((item) =>
          String(item)
            .split(/(?<!\\),/)
            .map((value) => value.replaceAll('\\,', ',')),
        ),
      z.array(value).min(1).max(100),
    )
    .meta({ description })

const updatedSince: Filter = {
  by: 'range',
  column: 'updatedAt',
  bound: 'from',
  value: z.iso
    .datetime({ offset: true })
    .transform((instant) => new Date(instant).toISOString())
    .meta({ maxLength: 35 }),
  description: 'Records whose content changed at or after this instant.',
}

const stalledSince: Filter = {
  by: 'stalled',
  description: 'Open records without an event since this day.',
}

const support: Filter = {
  by: 'column',
  column: 'support',
  value: supportLevel,
  description: 'How well quotes support the record.',
}

const disputed: Filter = {
  by: 'column',
  column: 'disputed',
  value: flag,
  description: 'Whether a source disputes a field of the record, or all of it.',
}

const hasEvidence: Filter = {
  by: 'evidence',
  description: 'Whether the record has evidence (quotes or inferences).',
}

const identifier: Filter = {
  by: 'identifier',
  description: 'An identifier of the record in another system, as `scheme:identifier`.',
}

const q: Filter = {
  by: 'text',
  description:
    'Full-text search: all words or forms of them, in any order. Also `"an exact phrase"`, `prefix*`, `-excluded`, `one OR two`. Any string is valid.',
}

/** All filters of a list by parameter: its own, and those that follow from the fields of its records. */
export const filtersOf = memoize(
  ({ filters, lifecycle, keys, searchText }: Listable): Readonly<Record<string, Filter>> => ({
    ...filters,
    ...(lifecycle && { stalledSince }),
    updatedSince,
    ...(keys.includes('support') && { support, disputed, hasEvidence }),
    ...(keys.includes('identifiers') && { identifier }),
    ...(searchText && { q }),
  }),
)

/** Whether records, or which of them there are, depend on the day of a view. */
const dependsOnDay = ({ lifecycle, filters, period, happenedOn }: Listable) =>
  Boolean(lifecycle ?? period ?? happenedOn) || Object.values(filters).some(({ by }) => by === 'membership')

/** The schema of a filter, which is a parameter of many routes. */
const filterSchema = memoize((filter: Filter): z.ZodType => {
  const { description } = filter
  switch (filter.by) {
    case 'names':
      return commaSeparated(z.string().min(1).max(500), description).optional()
    case 'column': {
      if (filter.value === flag) return flag.meta({ description }).optional()
      const schema = commaSeparated(filter.value, description).optional()
      return filter.example ? schema.meta({ description, example: [filter.example] }) : schema
    }
    case 'membership':
      return commaSeparated(filter.value, description).optional()
    case 'reference':
      return referenceSchema(filter.kind, description, filter.example)
    case 'membershipOf':
      return ref('organization', description, { required: true }).optional()
    case 'condition':
      if (filter.kind) return referenceSchema(filter.kind, description, filter.example)
      return (filter.value ?? z.string()).meta({ description }).optional()
    case 'part':
      if (filter.kind) return referenceSchema(filter.kind, description, filter.example)
      if (filter.bound) return (filter.value ?? z.string()).meta({ description }).optional()
      return commaSeparated(filter.value ?? z.string(), description).optional()
    case 'range':
      return filter.value.meta({ description }).optional()
    case 'stalled':
      return calendarDate(description).optional()
    case 'evidence':
      return flag.meta({ description }).optional()
    case 'identifier':
      return z
        .string()
        .regex(/^[^:]+:.+$/, 'Must be scheme:identifier.')
        .meta({ description, maxLength: 401, examples: ['wikidata:Q485207'] })
        .optional()
    case 'text':
      return z
        .string()
        .max(500)
        .meta({ description, examples: ['defence OR "unmanned aerial" OR russia'] })
        .optional()
  }
})

/** References to records of a kind. Vocabularies are checked against the database (resolve.ts). */
function referenceSchema(kind: Kind, description: string, example = exampleId(kind)): z.ZodType {
  const value = isVocabulary(kind) ? z.string().min(1).max(100) : ref(kind, description, { required: true })
  return commaSeparated(value, description)
    .optional()
    .meta({ description, example: [example] })
}

export const knownAtParameter = z.iso
  .datetime({ offset: true })
  .transform((instant) => new Date(instant).toISOString())
  .meta({
    maxLength: 35,
    description: 'Record time: the state of the service at this instant, without later changes.',
  })

export const asOfParameter = calendarDate('Event time: statuses and memberships as of this day.')

/** The parameters that select records, without those of pages. */
export const filterParameters = (resource: Listable) => ({
  ...Object.fromEntries(
    Object.entries(filtersOf(resource)).map(([name, filter]) => [name, filterSchema(filter)]),
  ),
  ...viewParameters(resource),
})

/** The parameters of event time and record time. */
export const viewParameters = (resource: Listable) => ({
  ...(dependsOnDay(resource) && { asOf: asOfParameter.optional() }),
  knownAt: knownAtParameter.optional(),
})

export const includeParameter = ({ name }: Listable, paths: readonly string[]) =>
  commaSeparated(
    named(`${name}Include`, z.enum(paths), 'A path for `include`.'),
    'Related records to embed, such as `meeting` or `meeting.organization`.',
  )

/** The parameters of a list. */
export function listParameters(resource: Listable, includes: readonly string[]): z.ZodObject {
  if (includes.length === 0) return withoutIncludes(resource)
  const include = includeParameter(resource, includes).optional()
  return z.strictObject({ ...filterParameters(resource), include, ...orderParameters(resource) })
}

/** One schema for the lists of a kind in all formats and languages. */
const withoutIncludes = memoize((resource: Listable) =>
  z.strictObject({ ...filterParameters(resource), ...orderParameters(resource) }),
)

const orderParameters = memoize(({ name, sorts, defaultSort }: Listable) => ({
  sort: commaSeparated(
    named(`${name}Sort`, z.enum(sorts.flatMap((sort) => [sort, `-${sort}`])), 'A field for `sort`.'),
    `Fields to sort by, \`-\` for descending; null comes last. Default: \`${defaultSort}\`.`,
  ).optional(),
  ...pageParameters(MAX_LIMIT),
}))

/** The parameters of pagination. */
export const pageParameters = (maxLimit: number) => ({
  limit: wholeNumber(1, maxLimit)
    .default(25)
    .meta({ description: 'The maximum number of records on a page.' }),
  cursor: z
    .string()
    .min(1)
    .max(4000)
    .optional()
    .meta({ description: '`page.nextCursor` of the previous page.' }),
  count: z
    .enum(['exact'])
    .optional()
    .meta({ description: '`exact` adds `page.total`, the number of matching records.' }),
})

/** The filters among parsed parameters, in the order of their declaration. */
export function filtersIn(resource: Listable, parsed: Record<string, unknown>): Record<string, string[]> {
  const usedFilters = Object.keys(filtersOf(resource)).filter((name) => parsed[name] !== undefined)
  const valuesOf = (value: unknown) => (typeof value === 'boolean' ? [String(value)] : [value].flat())
  return Object.fromEntries(usedFilters.map((name) => [name, valuesOf(parsed[name]) as string[]]))
}

interface ParsedParameters {
  limit: number
  cursor?: string
  count?: 'exact'
  sort?: string[]
  asOf?: string
  knownAt?: string
  include?: string[]
}

/** The first page of a list in its usual order. @param values the values by filter */
export const listQuery = (
  { defaultSort }: Listable,
  filters: Record<string, string[]>,
  { asOf, knownAt }: Pick<ListQuery, 'asOf' | 'knownAt'>,
): ListQuery => ({ limit: 25, sort: sortKeys(defaultSort.split(',')), filters, asOf, knownAt, include: [] })

const sortKeys = (names: readonly string[]): SortKey[] =>
  names.map((name) => ({ column: name.replace(/^-/, ''), descending: name.startsWith('-') }))

/** @param parsed the output of `listParameters` */
export function toListQuery(resource: Listable, parsed: Record<string, unknown>): ListQuery {
  const { limit, cursor, count, sort, asOf, knownAt, include } = parsed as unknown as ParsedParameters
  return {
    limit,
    ...(cursor !== undefined && { cursor }),
    ...(count !== undefined && { count }),
    sort: sortKeys(sort ?? resource.defaultSort.split(',')),
    filters: filtersIn(resource, parsed),
    asOf: asOf ?? null,
    knownAt: knownAt ?? null,
    include: include ?? [],
  }
}
