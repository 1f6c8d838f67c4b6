// The change feed: every write of every kind in order, as pages or live.
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../core/problems.ts'
import { type Engine, type Reader, ReplicaBehind } from '../db/engine.ts'
import { checkPosition, readFeed } from '../db/feed.ts'
import { sql } from '../db/sql.ts'
import { changes } from '../db/system-tables.ts'
import { sendRepresentation } from '../http/conditional.ts'
import { describe, textBody } from '../http/describe.ts'
import { Limit } from '../http/limit.ts'
import { commaSeparated } from '../records/read/parameters.ts'
import { lastSeq } from '../records/read/view.ts'
import { withArticle } from '../records/schema/kinds.ts'
import type { Entity } from '../records/schema/resource.ts'
import { anyId, instant, line, mayGrow, named, unionByKind, wholeNumber } from '../records/schema/shapes.ts'
import type { Records } from '../records/write/records.ts'
import { actor, op, reason } from './history.ts'

/** Limits of a page and of a read of the live feed. A page ends with the change that exceeds the bytes. */
const MAX_CHANGES = 1000
const MAX_BYTES = 16_000_000
const MAX_LIVE_CHANGES = 100
const MAX_LIVE_BYTES = 250_000
/** How often the live feed checks for writes of other processes. */
const POLL_MS = 1000
/** How often an idle live feed sends a comment, so that proxies keep it open. */
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
  reason: string | null
  mergedInto: string | null
  doc: string | null
}

const toJson = ({ doc, actorId, actorName, reason, mergedInto, ...change }: Change): string =>
  `${JSON.stringify({ ...change, actor: { id: actorId, name: actorName }, reason, ...(mergedInto !== null && { mergedInto }) }).slice(0, -1)},"record":${doc ?? 'null'}}`

const changeSchema = ({ kind, name, plain }: Entity) =>
  z
    .object({
      seq: z
        .int()
        .min(1)
        .meta({ description: 'The sequence number of the change: strictly ascending, possibly with gaps.' }),
      kind: z.literal(kind),
      id: plain.shape['id'] as z.ZodString,
      parentId: anyId('The parent record, if it is a child of one.').nullable(),
      version: z.int().min(1).meta({ description: 'The version of the record after the change.' }),
      op,
      at: instant('When the change was committed.'),
      actor,
      reason,
      mergedInto: anyId('With `merge`: the record that it was merged into.').optional(),
      record: plain.nullable(),
    })
    .meta({
      id: `${name}Change`,
      description: `A change of ${withArticle(kind)}; \`record\` is the complete record after it, null for a deletion and a merge.`,
    })

/** @returns the schema of a change */
export function changeRoutes(app: FastifyInstance, records: Records, maxLiveFeeds: number): z.ZodType {
  const entities = [...records.catalogue.resources, ...records.catalogue.children]
  const kinds = named(
    'Kind',
    z.enum(entities.map(({ kind }) => kind)).meta(mayGrow),
    'A kind of record, or of parts of records.',
  )
  const change = unionByKind(
    'Change',
    'A change of a record, by `kind`. Kinds may be added.',
    entities,
    changeSchema,
  )
  const feedId = line(31, 'The identity of the feed; a restore from a copy changes it.')
  const feed = z
    .object({
      data: z.array(change).max(MAX_CHANGES),
      page: z
        .object({
          feed: feedId,
          nextAfter: z.int().min(0).meta({ description: 'The value of `after` for the next request.' }),
          hasMore: z.boolean().meta({ description: 'Whether there are more changes now.' }),
          limit: z
            .int()
            .min(1)
            .max(MAX_CHANGES)
            .meta({ description: 'The maximum number of changes on a page.' }),
        })
        .meta({ id: 'ChangePageInfo', description: 'The position of the page in the feed.' }),
    })
    .meta({ id: 'ChangePage', description: 'A page of the change feed.' })

  // Shutting down ends live feeds instead of waiting for their clients.
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())

  const live = new Limit(maxLiveFeeds, 'live feeds')

  const position = z.strictObject({
    after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
      .default(0)
      .meta({ description: 'Only changes after this one.' }),
    feed: z.string().max(31).optional().meta({
      description:
        'The `feed` of the page that `after` comes from: if the feed has another identity now, the response is 410.',
    }),
    kind: commaSeparated(kinds, 'Only changes of these kinds.').optional(),
  })

  async function follow(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { feed, after, kind = null } = request.query as Omit<FeedQuery, 'limit'>
    const from = lastEventId(request) ?? after
    return live.send(reply, async () => {
      await records.engine.read((reader) => checkedFeed(reader, from, feed))
      reply
        .type('text/event-stream; charset=utf-8')
        .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      const stopped = AbortSignal.any([closing.signal, request.signal])
      const events = request.method === 'HEAD' ? [] : liveFeed(records.engine, from, kind, stopped)
      return Readable.from(events, { objectMode: false, highWaterMark: 1 })
    })
  }

  app.get('/v1/changes', {
    schema: describe({
      operationId: 'listChanges',
      tag: 'changes',
      summary: 'List changes in order',
      description:
        'Changes in commit order. To replicate the data, apply each change (create and update: store `record`; delete: remove `id`) and continue with `nextAfter`. Live at `/v1/changes/live`, or with `Accept: text/event-stream`.',
      query: position.extend({
        limit: wholeNumber(1, MAX_CHANGES).default(100).meta({
          description: 'The maximum number of changes on a page; fewer if the records are large.',
        }),
      }),
      answers: { 200: { description: 'The changes.', schema: feed } },
      problems: ['not-acceptable', 'feed-restarted'],
    }),
    handler: async (request, reply) => {
      const { feed, kind = null, ...query } = request.query as FeedQuery
      switch (request.accepts().type(['application/json', 'text/event-stream'])) {
        case 'application/json':
          return sendRepresentation(reply, { body: await changePage(records.engine, query, kind, feed) })
        case 'text/event-stream':
          return follow(request, reply)
        default:
          throw new Problem(
            'not-acceptable',
            'Changes are available as application/json or text/event-stream.',
          )
      }
    },
  })
  app.get('/v1/changes/live', {
    schema: describe({
      operationId: 'followChanges',
      tag: 'changes',
      summary: 'Follow changes live',
      description:
        'Server-sent events, from the changes after `after` on. `seq` is the id of each event, and `Last-Event-ID` resumes after it.',
      query: position,
      headers: z.object({
        'last-event-id': z.string().optional().meta({
          description: 'The id of the last event received.',
          pattern: '^[0-9]{1,15}$',
          maxLength: 15,
        }),
      }),
      answers: {
        200: {
          description: 'The changes.',
          schema: textBody('text/event-stream'),
          type: 'text/event-stream',
        },
      },
      problems: ['feed-restarted'],
    }),
    handler: follow,
  })
  app.get('/v1/changes/head', {
    schema: describe({
      operationId: 'getFeedHead',
      tag: 'changes',
      summary: 'Get the end of the change feed',
      description: 'Read it before a full copy, and follow the feed from there afterwards.',
      answers: {
        200: {
          description: 'The end of the feed.',
          schema: z
            .object({
              feed: feedId,
              seq: z.int().min(0).meta({ description: 'The number of the last change; 0 if there is none.' }),
            })
            .meta({ id: 'FeedHead', description: 'The end of the change feed.' }),
        },
      },
    }),
    handler: async (_request, reply) => {
      const body = await records.engine.read(async (reader) => ({
        feed: (await readFeed(reader)).id,
        seq: await lastSeq(reader),
      }))
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
  return change
}

interface FeedQuery {
  after: number
  limit: number
  kind?: string[]
  feed?: string
}

/** The feed and its last change. @throws Problem `feed-restarted` if it does not have the position */
async function checkedFeed(reader: Reader, after: number, known: string | undefined) {
  const [feed, last] = [await readFeed(reader), await lastSeq(reader)]
  if (after > last && reader.mayLag) throw new ReplicaBehind()
  checkPosition(feed, after, last, known)
  return { feed, last }
}

/** A page of the feed as JSON text. */
const changePage = (
  engine: Engine,
  { after, limit }: FeedQuery,
  kind: string[] | null,
  known: string | undefined,
): Promise<string> =>
  engine.read(async (reader) => {
    const { feed, last } = await checkedFeed(reader, after, known)
    const data = await changesAfter(engine, reader, after, kind, limit, MAX_BYTES)
    const end = data.at(-1)?.seq
    const hasMore = end !== undefined && (await changesAfter(engine, reader, end, kind, 1, 0)).length > 0
    // Without further changes of these kinds, the next page starts after the last change of any kind.
    const nextAfter = hasMore ? end : last
    return `{"data":[${data.map(toJson).join(',')}],"page":${JSON.stringify({ feed: feed.id, nextAfter, hasMore, limit })}}`
  })

function lastEventId(request: FastifyRequest): number | undefined {
  const lastEventId = request.headers['last-event-id']
  if (lastEventId === undefined || lastEventId === '') return undefined
  if (/^\d{1,15}$/.test(String(lastEventId))) return Number(lastEventId)
  throw new Problem('invalid-parameter', 'Last-Event-ID must be the id of an event of this feed.', {
    errors: [{ parameter: 'Last-Event-ID', detail: 'Not an id of this feed.' }],
  })
}

/** The live feed as server-sent events. The next batch is read after the client has received the last one. */
export async function* liveFeed(
  engine: Engine,
  from: number,
  kind: string[] | null,
  stopped: AbortSignal,
): AsyncGenerator<Buffer> {
  let last = from
  let idleSince = Date.now()
  yield Buffer.from('retry: 2000\n\n')
  while (!stopped.aborted) {
    const batch = await changesAfter(engine, engine.reader, last, kind, MAX_LIVE_CHANGES, MAX_LIVE_BYTES)
    const end = batch.at(-1)
    if (end) {
      last = end.seq
      idleSince = Date.now()
      const events = batch.map((change) => `id: ${change.seq}\nevent: change\ndata: ${toJson(change)}\n\n`)
      yield Buffer.from(events.join(''))
      // Lets other requests run, however fast the client reads.
      await setImmediate()
      continue
    }
    await engine.waitForCommit(POLL_MS, stopped)
    if (Date.now() - idleSince >= HEARTBEAT_MS) {
      idleSince = Date.now()
      yield Buffer.from(': keep-alive\n\n')
    }
  }
}

/** The changes after `seq`: at most `limit`, ending with the one that exceeds `bytes`. */
function changesAfter(
  engine: Engine,
  reader: Reader,
  seq: number,
  kind: string[] | null,
  limit: number,
  bytes: number,
): Promise<Change[]> {
  const condition = sql`${changes.seq} > ${seq}${kind ? sql` and ${changes.kind} in ${kind}` : sql.empty()}`
  // Sizes are summed before documents are read, since some records are very large.
  const sizes = sql`select ${changes.seq}, coalesce(${engine.size(sql`${changes.doc}`)}, 0) as size
    from ${changes}
    where ${condition}
    order by ${changes.seq} ${sql.limit(limit)}`
  const sums = sql`select seq, sum(size) over (order by seq) - size as before from (${sizes}) as sizes`
  return reader.all<Change>(
    sql`select ${COLUMNS} from ${changes} where ${condition} and ${changes.seq} <= (select max(seq) from (${sums}) as sums where before <= ${bytes}) order by ${changes.seq}`,
  )
}

/** One change as JSON, and when it was written. */
export async function changeAt(
  reader: Reader,
  seq: number,
): Promise<{ json: string; at: string } | undefined> {
  const change = await reader.get<Change>(ONE, { seq })
  return change && { json: toJson(change), at: change.at }
}

const COLUMNS = sql`${changes.seq}, ${changes.kind}, ${changes.recordId} as id, ${changes.parentId}, ${changes.version}, ${changes.op},
  ${changes.at}, ${changes.actorId}, ${changes.actorName}, ${changes.reason}, ${changes.mergedInto}, ${changes.doc}`

const ONE = sql`select ${COLUMNS} from ${changes} where ${changes.seq} = ${sql.placeholder('seq')}`
