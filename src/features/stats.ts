// Serves counts for charts, with the filters of the lists.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { flag } from '../core/flag.ts'
import { capitalised } from '../core/text.ts'
import { sql } from '../db/sql.ts'
import { sendRepresentation } from '../http/conditional.ts'
import { describe } from '../http/describe.ts'
import type { Bar } from '../records/read/chart.ts'
import type { ReadContext, ReadSnapshot } from '../records/read/context.ts'
import { isCountable } from '../records/read/count-tables.ts'
import { filterParameters, filtersIn } from '../records/read/parameters.ts'
import { resolveFilters } from '../records/read/resolve.ts'
import { countBy, kindCountedBy } from '../records/read/statistics.ts'
import type { Resource } from '../records/schema/resource.ts'
import { line, named, unbounded } from '../records/schema/shapes.ts'

interface Bucket extends Bar {
  label: string | null
}

const stats = z
  .object({
    by: line(50, 'The grouping.'),
    total: z.int().min(0).meta({
      description:
        'The number of matching records. The buckets may add up to more, since a record can have several topics.',
    }),
    includesNarrower: z
      .boolean()
      .meta({ description: 'Whether the count of a topic includes its narrower topics.' }),
    data: z
      .array(
        z
          .object({
            key: line(100, 'The status, id, code or year; null for records without one.').nullable(),
            label: line(500, 'The name of the record with that id or code, if any.').nullable(),
            count: z.int().min(0).meta({ description: 'The number of records.' }),
          })
          .meta({ id: 'Bucket', description: 'A group with its count.' }),
      )
      .meta({ ...unbounded, description: 'The groups, largest first; years in ascending order.' }),
  })
  .meta({ id: 'Stats', description: 'Counts for a chart.' })

export function statsRoutes(app: FastifyInstance, resource: Resource, readSnapshot: ReadSnapshot): void {
  const { groupings, name, path } = resource
  if (!groupings) return
  const { knownAt: _, ...filters } = filterParameters(resource) as Record<string, z.ZodType>

  app.get(`/v1/stats/${path}`, {
    schema: describe({
      operationId: `stats${capitalised(path)}`,
      tag: 'stats',
      summary: `Count ${path} for charts`,
      description: `With the filters of /v1/${path}.`,
      query: z.strictObject({
        by: named(`${name}Grouping`, z.enum(Object.keys(groupings)), `What ${path} can be counted by.`).meta({
          description: 'The grouping.',
          examples: [Object.keys(groupings)[0]],
        }),
        narrower: flag.default(false).meta({
          description: 'With `by=topic`: whether a topic includes the records of its narrower topics.',
        }),
        ...filters,
      }),
      answers: { 200: { description: 'The counts.', schema: stats } },
    }),
    handler: async (request, reply) => {
      const { by, narrower, asOf } = request.query as { by: string; narrower: boolean; asOf?: string }
      const includesNarrower = by === 'topic' && narrower
      const usedFilters = filtersIn(resource, request.query as Record<string, unknown>)
      const view = { asOf: asOf ?? null, seq: null }
      const body = await readSnapshot(
        async (context) => {
          const filters = await resolveFilters(context, resource, usedFilters, view, {
            rows: 0,
            vocabularyAt: null,
          })
          const { total, bars } = await countBy(context, resource, filters, by, includesNarrower)
          const labels = await labelsOf(context, resource, by, bars)
          const data = bars
            .map(({ key, count }): Bucket => ({ key, label: labels.get(key) ?? null, count }))
            .toSorted(groupings[by] && 'year' in groupings[by] ? byYear : byCount)
          return { by, total, includesNarrower, data }
        },
        { isLong: isCountable(resource, usedFilters, view) ? 'if-needed' : true, signal: request.signal },
      )
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

const byCount = (one: Bucket, other: Bucket) =>
  other.count - one.count || ((one.key ?? '') < (other.key ?? '') ? -1 : 1)

/** Records without a date come last. */
const byYear = (one: Bucket, other: Bucket) => ((one.key ?? '~') < (other.key ?? '~') ? -1 : 1)

/** The names of the records that groups refer to. */
async function labelsOf(
  { catalogue, reader }: ReadContext,
  resource: Resource,
  by: string,
  bars: Bar[],
): Promise<Map<string | null, string>> {
  const kind = kindCountedBy(resource, by)
  const keys = bars.flatMap(({ key }) => (key === null ? [] : [key]))
  if (!kind || keys.length === 0) return new Map()
  const { table, titleField } = catalogue.resource(kind)
  const rows = await reader.all<{ id: string; label: string }>(
    sql`select ${table.id}, ${table.doc} ->> ${sql.raw(`'${titleField}'`)} as label from ${table} where ${table.id} in ${keys}`,
  )
  return new Map(rows.map(({ id, label }) => [id, label]))
}
