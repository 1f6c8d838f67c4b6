// What a client may ask of a list: the query parameters of a resource, drawn from its description.
import { z } from 'zod'
import { ref } from './fields.ts'
import type { Filter, Resource } from './resource.ts'

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
}

export const MAX_LIMIT = 200

/** Several values, separated by commas or given as a repeated parameter. */
const several = (value: z.ZodType, description: string) =>
  z
    .preprocess(
      (given) => (Array.isArray(given) ? given : [given]).flatMap((item) => String(item).split(',')),
      z.array(value).min(1).max(100),
    )
    .meta({ description })

function filterSchema(filter: Filter): z.ZodType {
  const value = filter.by === 'column' ? filter.value : ref(filter.kind, filter.description)
  return several(
    value,
    `${filter.description} Several values, separated by commas, mean any of them.`,
  ).optional()
}

/** The parameters of a resource's list. Anything else is refused. */
export function listParameters(resource: Resource): z.ZodObject {
  const sorts = resource.sorts.flatMap((name) => [name, `-${name}`])
  return z.strictObject({
    ...Object.fromEntries(
      Object.entries(resource.filters).map(([name, filter]) => [name, filterSchema(filter)]),
    ),
    sort: several(
      z.enum(sorts),
      `Fields to sort by, in order of weight; \`-\` in front means descending. Unknown dates come last either way. Default: \`${resource.defaultSort}\`.`,
    ).optional(),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(MAX_LIMIT)
      .default(25)
      .meta({ description: 'How many records a page holds.' }),
    cursor: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .meta({ description: 'Where to go on: `page.nextCursor` of the page before.' }),
    count: z
      .enum(['exact'])
      .optional()
      .meta({ description: '`exact` adds `page.total`, the number of all records that match.' }),
  })
}

/** Brings what `listParameters` parsed into the form that lists work with. */
export function toListQuery(resource: Resource, parsed: Record<string, unknown>): ListQuery {
  const { limit, cursor, count, sort } = parsed as {
    limit: number
    cursor?: string
    count?: 'exact'
    sort?: string[]
  }
  const filters = Object.entries(resource.filters).flatMap(([name]) =>
    parsed[name] === undefined ? [] : [[name, parsed[name] as string[]] as const],
  )
  return {
    limit,
    ...(cursor !== undefined && { cursor }),
    ...(count !== undefined && { count }),
    sort: (sort ?? resource.defaultSort.split(',')).map((name) => ({
      column: name.replace(/^-/, ''),
      descending: name.startsWith('-'),
    })),
    filters: Object.fromEntries(filters),
  }
}
