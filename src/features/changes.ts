// The change feed: every write in order, tombstones and the parts of records included; as pages, or live.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../core/problems.ts'
import type { Engine, Reader } from '../db/engine.ts'
import { sql } from '../db/sql.ts'
import { changes } from '../db/system-tables.ts'
import { answer } from '../http/conditional.ts'
import { describe } from '../http/describe.ts'
import { commaSeparated, wholeNumber } from '../records/read/parameters.ts'
import { lastSeq } from '../records/read/view.ts'
import { anyId, instant, mayGrow, named, unionByKind } from '../records/schema/fields.ts'
import type { Entity } from '../records/schema/resource.ts'
import type { Records } from '../records/write/records.ts'
import { actor, op } from './history.ts'

/** How many changes a page, and a read of the live feed, holds at most. */
const MAX = 1000
const LIVE_BATCH = 100
/** Of which bytes: a page, or a batch, ends with the change that goes past them. */
const MAX_BYTES = 16_000_000
const LIVE_BYTES = 250_000
/** How long the live feed waits before it looks whether another process wrote. */
const LOOK_EVERY_MS = 1000
/** How often an idle live feed says that it is alive, so that proxies keep it open. */
const HEARTBEAT_MS = 15_000

interface Change {
  seq: number
  kind: string
  id: string
  parentId: string | null
  version: number
  op: string
  at: string
  actorId: string
  actorName: string
  doc: string | null
}

const toJson = ({ doc, actorId, actorName, ...change }: Change): string =>
  `${JSON.stringify({ ...change, actor: { id: actorId, name: actorName } }).slice(0, -1)},"record":${doc ?? 'null'}}`

/** A write of one kind of record: clients tell them apart by `kind`. */
const changeOf = ({ kind, name, record }: Entity) =>
  z
    .object({
      seq: z
        .int()
        .min(1)
        .meta({ description: 'Its place in the feed; strictly ascending, not without gaps.' }),
      kind: z.literal(kind),
      id: record.shape['id'] as z.ZodString,
      parentId: anyId('The record under which it lives, if it is a part.').nullable(),
      version: z.int().min(1).meta({ description: 'Its version after the change.' }),
      op,
      at: instant('When it was written here.'),
      actor,
      record: record.nullable(),
    })
    .meta({
      id: `${name}Change`,
      description: `A change of a ${kind}; \`record\` is the whole record after it, null once deleted.`,
    })

/** @returns the shape of a change */
export function changeRoutes(app: FastifyInstance, records: Records): z.ZodType {
  const entities = [...records.catalogue.resources, ...records.catalogue.children]
  const kinds = named('ChangeKind', z.enum(entities.map(({ kind }) => kind)).meta(mayGrow))
  const change = unionByKind(
    'Change',
    'A write. `kind` says of what; further kinds may come.',
    entities,
    changeOf,
  )
  const feed = z
    .object({
      data: z.array(change).max(MAX),
      page: z
        .object({
          nextAfter: z
            .int()
            .min(0)
            .meta({ description: 'Send it as `after` for what comes next, now or later.' }),
          hasMore: z.boolean().meta({ description: 'Whether more is there already.' }),
          limit: z.int().min(1).max(MAX).meta({ description: 'How many changes a page holds at most.' }),
        })
        .meta({ id: 'ChangePageInfo', description: 'Where this page stands in the feed.' }),
    })
    .meta({ id: 'ChangePage', description: 'A page of the change feed.' })

  // Live feeds end when the service closes, so that closing need not wait for their clients.
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())

  app.get('/v1/changes', {
    schema: describe({
      operationId: 'listChanges',
      tag: 'changes',
      summary: 'List changes in order, or follow them live',
      description:
        'In the order of commits. Apply each change in turn (create and update: put `record`; delete: remove `id`), keep `nextAfter`, and your copy equals this service. With `Accept: text/event-stream` the same live: each event has the `seq` as its id, and `Last-Event-ID` resumes behind it.',
      query: z.strictObject({
        after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
          .default(0)
          .meta({ description: 'Only changes behind this one.' }),
        kind: commaSeparated(kinds, 'Only changes of these kinds.').optional(),
        limit: wholeNumber(1, MAX)
          .default(100)
          .meta({ description: 'How many changes a page holds at most; fewer where the records are large.' }),
      }),
      headers: z.object({
        'last-event-id': z.string().optional().meta({
          description: 'With a live feed: the last event that you have.',
          pattern: '^[0-9]{1,15}$',
          maxLength: 15,
        }),
      }),
      answers: {
        200: {
          description: 'The changes.',
          schema: feed,
          alsoAs: ['text/event-stream'],
          headers: ['ETag', 'X-Accel-Buffering'],
        },
      },
      problems: ['not-acceptable'],
    }),
    handler: async (request, reply) => {
      const query = request.query as { after: number; kind?: string[]; limit: number }
      const kind = query.kind ?? null
      const type = request.accepts().type(['application/json', 'text/event-stream'])
      if (type === 'text/event-stream') {
        const from = lastEventId(request) ?? query.after
        reply
          .type('text/event-stream; charset=utf-8')
          .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
        if (request.method === 'HEAD') return reply.send(Readable.from([]))
        const stopped = AbortSignal.any([closing.signal, hangUp(request)])
        return reply.send(
          Readable.from(live(records, from, kind, stopped), {
            objectMode: false,
            highWaterMark: 1,
          }),
        )
      }
      if (type === false)
        throw new Problem('not-acceptable', 'Changes come as application/json or text/event-stream.')
      const body = await records.engine.read(async (reader) => {
        const last = await lastSeq(reader)
        const shown = await after(records.engine, reader, query.after, kind, query.limit, MAX_BYTES)
        const end = shown.at(-1)?.seq
        const hasMore = end !== undefined && (await after(records.engine, reader, end, kind, 1, 0)).length > 0
        // Nothing is left to be found up to the last change, whatever kinds were asked for.
        const nextAfter = hasMore ? end : Math.max(last, query.after)
        const page = JSON.stringify({ nextAfter, hasMore, limit: query.limit })
        return `{"data":[${shown.map(toJson).join(',')}],"page":${page}}`
      })
      return answer(request, reply, { body })
    },
  })
  return change
}

/** Aborts when the client is gone. */
function hangUp(request: FastifyRequest): AbortSignal {
  const gone = new AbortController()
  request.raw.socket.once('close', () => gone.abort())
  return gone.signal
}

function lastEventId(request: FastifyRequest): number | undefined {
  const given = request.headers['last-event-id']
  if (given === undefined || given === '') return undefined
  if (/^\d{1,15}$/.test(String(given))) return Number(given)
  throw new Problem('invalid-parameter', 'Last-Event-ID takes the id of an event of this feed.', {
    errors: [{ parameter: 'Last-Event-ID', detail: 'Not an id of this feed.' }],
  })
}

/** The live feed, as server-sent events. It reads on only when the client has taken what went before. */
async function* live(
  records: Records,
  from: number,
  kind: string[] | null,
  stopped: AbortSignal,
): AsyncGenerator<Buffer> {
  let seen = from
  let quietSince = Date.now()
  yield Buffer.from('retry: 2000\n\n')
  while (!stopped.aborted) {
    const rows = await after(records.engine, records.engine.reader, seen, kind, LIVE_BATCH, LIVE_BYTES)
    const last = rows.at(-1)
    if (last) {
      seen = last.seq
      quietSince = Date.now()
      yield Buffer.from(rows.map((row) => `id: ${row.seq}\nevent: change\ndata: ${toJson(row)}\n\n`).join(''))
      continue
    }
    await records.engine.waitForCommit(LOOK_EVERY_MS, stopped)
    if (Date.now() - quietSince >= HEARTBEAT_MS) {
      quietSince = Date.now()
      yield Buffer.from(': still here\n\n')
    }
  }
}

/** The changes behind `seq`: at most `limit`, and none behind the one that goes past `bytes`. */
function after(
  engine: Engine,
  reader: Reader,
  seq: number,
  kind: string[] | null,
  limit: number,
  bytes: number,
): Promise<Change[]> {
  const wanted = sql`${changes.seq} > ${seq}${kind ? sql` and ${changes.kind} in ${kind}` : sql.empty()}`
  // Sizes are read before documents are: a few records may be larger than a thousand others.
  const sizes = sql`select ${changes.seq} as seq, coalesce(${engine.size(sql`${changes.doc}`)}, 0) as size from ${changes} where ${wanted} order by ${changes.seq} ${sql.limit(limit)}`
  const sums = sql`select seq, sum(size) over (order by seq) - size as before from (${sizes}) as sizes`
  return reader.all<Change>(
    sql`select ${COLUMNS} from ${changes} where ${wanted} and ${changes.seq} <= (select max(seq) from (${sums}) as sums where before <= ${bytes}) order by ${changes.seq}`,
  )
}

/** One change, as the feed shows it, and when it was written. */
export async function changeAt(
  reader: Reader,
  seq: number,
): Promise<{ json: string; at: string } | undefined> {
  const change = await reader.get<Change>(ONE, { seq })
  return change && { json: toJson(change), at: change.at }
}

const COLUMNS = sql`${changes.seq} as seq, ${changes.kind} as kind, ${changes.recordId} as id, ${changes.parentId} as "parentId", ${changes.version} as version, ${changes.op} as op, ${changes.at} as at, ${changes.actorId} as "actorId", ${changes.actorName} as "actorName", ${changes.doc} as doc`

const ONE = sql`select ${COLUMNS} from ${changes} where ${changes.seq} = ${sql.placeholder('seq')}`
