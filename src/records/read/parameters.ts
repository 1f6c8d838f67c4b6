// What a client may ask of a list: the query parameters of a resource, drawn from its description.
import { z } from 'zod'
import { calendarDate, named, partialDate, ref, supportLevel } from '../schema/fields.ts'
import type { Filter, Resource } from '../schema/resource.ts'

export interface SortKey {
  column: string
  descending: boolean
}

/** A list query as it was parsed. */
export interface ListQuery {
  limit: number
  cursor?: string
  count?: 'exact'
  sort: SortKey[]
  /** The values of each filter that was given. */
  filters: Record<string, string[]>
  /** The day as of which statuses are meant. */
  asOf: string | null
  /** The instant as of which the service's knowledge is meant. */
  knownAt: string | null
  /** Paths of related records to embed. */
  include: string[]
}

export const MAX_LIMIT = 200

/** A whole number as people write it: digits, nothing else. */
export const wholeNumber = (min: number, max: number) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given),
    z.int(`Must be a whole number from ${min} to ${max}.`).min(min).max(max),
  )

/** Several values, separated by commas or given as a repeated parameter; `\,` is a comma inside a value. */
export const commaSeparated = (value: z.ZodType, description: string) =>
  z
    .preprocess(
      (given) =>
        (Array.isArray(given) ? given : [given]).flatMap((item) =>
          String(item)
            .split(/(?<!\\),/)
            .map((value) => value.replaceAll('\\,', ',')),
        ),
      z.array(value).min(1).max(100),
    )
    .meta({ description })

/** The filters that every list has. */
const COMMON_FILTERS: Record<string, Filter> = {
  updatedSince: {
    by: 'range',
    column: 'updatedAt',
    bound: 'from',
    value: z.iso
      .datetime({ offset: true })
      .transform((instant) => new Date(instant).toISOString())
      .meta({ maxLength: 35 }),
    description: 'Records whose content changed at or after this instant.',
  },
  support: {
    by: 'column',
    column: 'support',
    value: supportLevel,
    description: 'How many sources the record is quoted from.',
  },
  hasEvidence: {
    by: 'evidence',
    description: 'Whether anything is cited for the record, quote or inference.',
  },
  identifier: {
    by: 'identifier',
    description: 'What another system calls the record, as `scheme:identifier`.',
  },
  q: {
    by: 'text',
    description:
      'Full text: all of the words, in any order. `"a phrase"`, `begin*`, `-without`, `either OR other`. Any string is legal.',
  },
}

const STALLED: Filter = {
  by: 'stalled',
  description: 'Records that are still open and to which nothing has happened since this day.',
}

/** All filters of a resource by parameter. */
export function filtersOf(resource: Resource): Record<string, Filter> {
  const known = filters.get(resource)
  if (known) return known
  const made = {
    ...resource.filters,
    ...(resource.lifecycle && { stalledSince: STALLED }),
    ...COMMON_FILTERS,
  }
  filters.set(resource, made)
  return made
}

const filters = new WeakMap<Resource, Record<string, Filter>>()

const hasClock = (resource: Resource) => resource.lifecycle !== null || resource.kind === 'state'

function filterSchema(filter: Filter): z.ZodType {
  const { description } = filter
  switch (filter.by) {
    case 'column':
    case 'membership':
      return commaSeparated(filter.value, description).optional()
    case 'reference':
      // Which topics and states there are is said with the answer: the vocabulary is checked where it is kept.
      return commaSeparated(
        filter.kind === 'topic' || filter.kind === 'state'
          ? z.string().min(1).max(100)
          : ref(filter.kind, description),
        description,
      ).optional()
    case 'range':
      return (filter.value ?? partialDate(description)).meta({ description }).optional()
    case 'stalled':
      return calendarDate(description).optional()
    case 'evidence':
      return z.enum(['true', 'false']).meta({ description }).optional()
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
        .meta({ description, examples: ['"unmanned aerial"'] })
        .optional()
  }
}

export const knownAtParameter = z.iso
  .datetime({ offset: true })
  .transform((instant) => new Date(instant).toISOString())
  .meta({ maxLength: 35, description: 'Record time: what this service held at that instant.' })

export const asOfParameter = calendarDate('Event time: statuses and memberships as they were on that day.')

/** The parameters that narrow a list, without those of its pages. */
export const filterParameters = (resource: Resource) => ({
  ...Object.fromEntries(
    Object.entries(filtersOf(resource)).map(([name, filter]) => [name, filterSchema(filter)]),
  ),
  ...viewParameters(resource),
})

/** The two clocks. */
export const viewParameters = (resource: Resource) => ({
  ...(hasClock(resource) && { asOf: asOfParameter.optional() }),
  knownAt: knownAtParameter.optional(),
})

export const includeParameter = ({ name }: Resource, paths: readonly string[]) =>
  commaSeparated(
    named(`${name}Include`, z.enum(paths)),
    'Related records to embed, such as `meeting` or `meeting.organization`.',
  )

/** The parameters of a resource's list. Anything else is refused. */
export function listParameters(resource: Resource, includes: readonly string[]): z.ZodObject {
  const sorts = resource.sorts.flatMap((name) => [name, `-${name}`])
  return z.strictObject({
    ...filterParameters(resource),
    include: includeParameter(resource, includes).optional(),
    sort: commaSeparated(
      named(`${resource.name}Sort`, z.enum(sorts)),
      `Fields to sort by, \`-\` for descending; null comes last. Default: \`${resource.defaultSort}\`.`,
    ).optional(),
    limit: wholeNumber(1, MAX_LIMIT).default(25).meta({ description: 'How many records a page holds.' }),
    cursor: z
      .string()
      .min(1)
      .max(4000)
      .optional()
      .meta({ description: 'Where to go on: `page.nextCursor` of the page before.' }),
    count: z
      .enum(['exact'])
      .optional()
      .meta({ description: '`exact` adds `page.total`, the number of all records that match.' }),
  })
}

/** The filters among parsed parameters, in the order in which they are declared. */
export function filtersIn(resource: Resource, parsed: Record<string, unknown>): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const name in filtersOf(resource)) {
    const value = parsed[name]
    if (value !== undefined) found[name] = [value].flat() as string[]
  }
  return found
}

/** Brings what `listParameters` parsed into the form that lists work with. */
export function toListQuery(resource: Resource, parsed: Record<string, unknown>): ListQuery {
  const { limit, cursor, count, sort, asOf, knownAt, include } = parsed as {
    limit: number
    cursor?: string
    count?: 'exact'
    sort?: string[]
    asOf?: string
    knownAt?: string
    include?: string[]
  }
  return {
    limit,
    ...(cursor !== undefined && { cursor }),
    ...(count !== undefined && { count }),
    sort: (sort ?? resource.defaultSort.split(',')).map((name) => ({
      column: name.replace(/^-/, ''),
      descending: name.startsWith('-'),
    })),
    filters: filtersIn(resource, parsed),
    asOf: asOf ?? null,
    knownAt: knownAt ?? null,
    include: include ?? [],
  }
}
