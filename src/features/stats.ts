// Counts for charts, filtered like the lists that they count.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Reader } from '../db/engine.ts'
import { type SQL, sql } from '../db/sql.ts'
import { links } from '../db/system.ts'
import { answer } from '../http/conditional.ts'
import { describe, ifNoneMatch } from '../http/describe.ts'
import { type Kind, line, unbounded } from '../records/fields.ts'
import { ask, conditions } from '../records/filter.ts'
import { filterParameters, filtersIn } from '../records/query.ts'
import { columnNamed, type Records } from '../records/records.ts'
import { columnOf, type Grouping, type Resource } from '../records/resource.ts'
import { relation } from '../records/view.ts'

interface Bucket {
  key: string | null
  label: string | null
  count: number
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
      const query = request.query as { by: string; narrower: string; asOf?: string }
      const grouping = groupings[query.by]
      if (!grouping) throw new Error(`There is no grouping ${query.by}.`)
      const narrower = query.by === 'topic' && query.narrower === 'true'
      const body = await records.engine.read(async (reader) => {
        const view = { asOf: query.asOf ?? null, seq: null }
        const asked = await ask(
          records,
          reader,
          resource,
          filtersIn(resource, request.query as Record<string, unknown>),
          view,
          records.now(),
        )
        const parts = conditions(records, resource, asked, false)
        const where = parts.length > 0 ? sql` where ${sql.join(parts, sql` and `)}` : sql.empty()
        const matched = sql`${relation(records.catalogue, records.engine, resource, view)}${where}`
        const data = await buckets(records, reader, resource, grouping, matched, narrower)
        const total = inOneBucket(resource, grouping)
          ? data.reduce((sum, { count }) => sum + count, 0)
          : (await reader.get<{ total: number }>(sql`select count(*) as total from ${matched}`))?.total
        return { by: query.by, total: total ?? 0, includesNarrower: narrower, data }
      })
      return answer(request, reply, { body: JSON.stringify(body) })
    },
  })
}

/** Whether every record is counted once, and so the bars add up to all: no list is looked into. */
const inOneBucket = (resource: Resource, grouping: Grouping) => !referenceOf(resource, grouping)?.listed

/** What is counted by, where that is other records. */
const referenceOf = ({ references }: Resource, grouping: Grouping) =>
  'reference' in grouping ? references.find(({ field }) => field === grouping.reference) : undefined

/** @param matched what stands behind FROM: the relation and its conditions */
async function buckets(
  records: Records,
  reader: Reader,
  resource: Resource,
  grouping: Grouping,
  matched: SQL,
  narrower: boolean,
): Promise<Bucket[]> {
  const { table } = resource
  if ('column' in grouping) return grouped(reader, columnNamed(table, grouping.column), matched)
  if ('year' in grouping) {
    const year = sql`substr(${columnNamed(table, grouping.year)}, 1, 4)`
    return (await grouped(reader, year, matched)).sort((one, other) =>
      (one.key ?? '~') < (other.key ?? '~') ? -1 : 1,
    )
  }
  const reference = referenceOf(resource, grouping)
  const [kind] = reference?.kinds ?? []
  if (!reference || !kind) throw new Error(`${resource.kind} has no reference ${grouping.reference}.`)
  const found = reference.listed
    ? await linked(records, reader, resource, reference.field, matched, narrower)
    : await grouped(reader, columnNamed(table, columnOf(table, reference.field)), matched)
  return labelled(records, reader, kind, found)
}

const grouped = (reader: Reader, key: SQL, matched: SQL): Promise<Bucket[]> =>
  reader.all<Bucket>(
    sql`select ${key} as key, null as label, count(*) as count from ${matched} group by 1 order by 3 desc, 1 nulls first`,
  )

/** Counts by what stands inside a list; records whose list is empty make the bucket without a key. */
async function linked(
  records: Records,
  reader: Reader,
  resource: Resource,
  field: string,
  matched: SQL,
  narrower: boolean,
): Promise<Bucket[]> {
  const ids = sql`select ${resource.table.id} from ${matched}`
  const topics = records.catalogue.entity('topic').table
  const broader = columnNamed(topics, 'broaderId')
  const upwards = sql`with recursive upwards(topic, ancestor) as (select ${topics.id}, ${topics.id} from ${topics} union select upwards.topic, ${broader} from upwards join ${topics} on ${topics.id} = upwards.ancestor where ${broader} is not null) `
  const key = narrower ? sql`upwards.ancestor` : sql`${links.toId}`
  const from = narrower ? sql`${links} join upwards on upwards.topic = ${links.toId}` : sql`${links}`
  const found = await reader.all<Bucket>(
    sql`${narrower ? upwards : sql.empty()}select ${key} as key, null as label, count(distinct ${links.fromId}) as count from ${from} where ${links.field} = ${field} and ${links.fromId} in (${ids}) group by 1 order by 3 desc, 1 nulls first`,
  )
  const without = await reader.get<{ count: number }>(
    sql`select count(*) as count from (${ids}) as matched where matched.id not in (select ${links.fromId} from ${links} where ${links.field} = ${field})`,
  )
  return without && without.count > 0 ? [...found, { key: null, label: null, count: without.count }] : found
}

async function labelled(records: Records, reader: Reader, kind: Kind, found: Bucket[]): Promise<Bucket[]> {
  const { table, titleField } = records.catalogue.resource(kind)
  const keys = found.flatMap(({ key }) => (key === null ? [] : [key]))
  if (keys.length === 0) return found
  const rows = await reader.all<{ id: string; label: string }>(
    sql`select ${table.id} as id, ${columnNamed(table, columnOf(table, titleField))} as label from ${table} where ${table.id} in ${keys}`,
  )
  const labels = new Map(rows.map(({ id, label }) => [id, label]))
  return found.map((bucket) => ({ ...bucket, label: labels.get(bucket.key ?? '') ?? null }))
}
