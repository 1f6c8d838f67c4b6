// Counts for charts, filtered like the lists that they count.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { columnNamed } from '../db/columns.ts'
import type { Reader } from '../db/engine.ts'
import { sql } from '../db/sql.ts'
import { answer } from '../http/conditional.ts'
import { describe, ifNoneMatch } from '../http/describe.ts'
import { resolveFilters } from '../records/read/filters.ts'
import { filterParameters, filtersIn } from '../records/read/parameters.ts'
import { type Bar, countBy, referenceOf } from '../records/read/statistics.ts'
import { line, unbounded } from '../records/schema/fields.ts'
import { columnOf, type Resource } from '../records/schema/resource.ts'
import type { Records } from '../records/write/records.ts'

interface Bucket extends Bar {
  label: string | null
}

const stats = z
  .object({
    by: line(50, 'What was counted by.'),
    total: z.int().min(0).meta({
      description: 'How many records match. Buckets can add up to more, as a record can have several topics.',
    }),
    includesNarrower: z
      .boolean()
      .meta({ description: 'Whether the count of a topic includes its narrower topics.' }),
    data: z
      .array(
        z
          .object({
            key: line(100, 'The status, id, code or year; null: none is known.').nullable(),
            label: line(500, 'Its name, where it has one.').nullable(),
            count: z.int().min(0).meta({ description: 'How many records.' }),
          })
          .meta({ id: 'Bucket', description: 'One bar of a chart.' }),
      )
      .meta({ ...unbounded, description: 'The largest first; years in order.' }),
  })
  .meta({ id: 'Stats', description: 'Counts for a chart.' })

export function statsRoutes(app: FastifyInstance, resource: Resource, records: Records): void {
  const { groupings, path } = resource
  if (!groupings) return
  const { knownAt: _, ...filters } = filterParameters(resource) as Record<string, z.ZodType>

  app.get(`/v1/stats/${path}`, {
    schema: describe({
      operationId: `stats${path.charAt(0).toUpperCase()}${path.slice(1)}`,
      tag: 'stats',
      summary: `Count ${path} for charts`,
      description: `Takes the filters of /v1/${path}.`,
      query: z.strictObject({
        by: z.enum(Object.keys(groupings)).meta({ description: 'What to count by.' }),
        narrower: z.enum(['true', 'false']).default('false').meta({
          description: 'With `by=topic`: whether a topic also counts what its narrower topics have.',
        }),
        ...filters,
      }),
      headers: ifNoneMatch,
      answers: { 200: { description: 'The counts.', schema: stats } },
    }),
    handler: async (request, reply) => {
      const { by, narrower, asOf } = request.query as { by: string; narrower: string; asOf?: string }
      const includesNarrower = by === 'topic' && narrower === 'true'
      const body = await records.engine.read(async (reader) => {
        const view = { asOf: asOf ?? null, seq: null }
        const given = filtersIn(resource, request.query as Record<string, unknown>)
        const asked = await resolveFilters(records, reader, resource, given, view, records.now(), 0)
        const { total, bars } = await countBy(records, reader, resource, by, asked, includesNarrower)
        const labels = await labelsOf(records, reader, resource, by, bars)
        const data = bars
          .map(({ key, count }): Bucket => ({ key, label: labels.get(key) ?? null, count }))
          .toSorted(groupings[by] && 'year' in groupings[by] ? byYear : byCount)
        return { by, total, includesNarrower, data }
      })
      return answer(request, reply, { body: JSON.stringify(body) })
    },
  })
}

const byCount = (one: Bucket, other: Bucket) =>
  other.count - one.count || ((one.key ?? '') < (other.key ?? '') ? -1 : 1)

/** What has no date comes last. */
const byYear = (one: Bucket, other: Bucket) => ((one.key ?? '~') < (other.key ?? '~') ? -1 : 1)

/** The names of what is counted by, where that is other records. */
async function labelsOf(
  records: Records,
  reader: Reader,
  resource: Resource,
  by: string,
  bars: Bar[],
): Promise<Map<string | null, string>> {
  const [kind] = referenceOf(resource, by)?.kinds ?? []
  const keys = bars.flatMap(({ key }) => (key === null ? [] : [key]))
  if (!kind || keys.length === 0) return new Map()
  const { table, titleField } = records.catalogue.resource(kind)
  const rows = await reader.all<{ id: string; label: string }>(
    sql`select ${table.id} as id, ${columnNamed(table, columnOf(table, titleField))} as label from ${table} where ${table.id} in ${keys}`,
  )
  return new Map(rows.map(({ id, label }) => [id, label]))
}
