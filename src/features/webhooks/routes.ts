// The routes of webhooks: who is told of changes, what was sent to them, and sending it again. All of it needs an admin.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { urlFaults } from '../../core/addresses.ts'
import { readCursor, signCursor } from '../../core/cursor.ts'
import { newId } from '../../core/ids.ts'
import { type Fault, gone, inconsistent, notFound, Problem, type ProblemCode } from '../../core/problems.ts'
import { sha256 } from '../../core/text.ts'
import type { Reader } from '../../db/engine.ts'
import { answer, checkIfMatch } from '../../http/conditional.ts'
import { describe, idempotencyKey, ifMatch, ifNoneMatch, recordParam } from '../../http/describe.ts'
import { mergePatchCompiler } from '../../http/validation.ts'
import { DELETED, recordResponse, respondIdempotently, type StoredResponse } from '../../http/write.ts'
import { commaSeparated, MAX_LIMIT, wholeNumber } from '../../records/read/parameters.ts'
import { lastSeq } from '../../records/read/view.ts'
import type { WriteTransaction } from '../../records/write/records.ts'
import { patched } from '../records/patch.ts'
import { nextUrl, type RouteDeps } from '../records/routes.ts'
import type { Sender } from './sender.ts'
import {
  deliveryDetail,
  deliveryDetailDoc,
  deliveryDoc,
  deliveryPage,
  delivery as deliverySchema,
  deliveryStatus,
  messageOf,
  replay,
  webhookDoc,
  webhookShapes,
} from './shapes.ts'
import { DAY, newSecret } from './signing.ts'
import {
  countWebhooks,
  type Delivery,
  findDelivery,
  findWebhook,
  hasten,
  insertWebhook,
  listDeliveries,
  listWebhooks,
  nextMatch,
  openDelivery,
  reopenDelivery,
  updateWebhook,
  WEBHOOK_STATUSES,
  type Webhook,
} from './store.ts'

/** Each has a sender's attention of its own, so there is a limit to them. */
const MAX_WEBHOOKS = 100
/** How long the secret before the current one signs too. */
const PREVIOUS_MS = DAY

const COLLECTION = '/v1/webhooks'
const ITEM = `${COLLECTION}/:id`
const ADMIN = { role: 'admin' } as const

/** Of a POST that takes no body: what it can meet when it is given one. */
const BODILESS: ProblemCode[] = [
  'idempotency-mismatch',
  'malformed-body',
  'invalid-body',
  'body-too-large',
  'unsupported-media-type',
]

interface WebhookDeps extends RouteDeps {
  /** The shape of a change in the feed. */
  change: z.ZodType
  sender: Sender
  allowPrivate: boolean
}

export function webhookRoutes(
  app: FastifyInstance,
  { records, cursorSecret, change, sender, allowPrivate }: WebhookDeps,
): void {
  // Named for the document, which tells receivers what comes.
  messageOf(change)
  const { catalogue, engine } = records
  const shapes = webhookShapes([...catalogue.resources, ...catalogue.parts].map(({ kind }) => kind))
  const webhookParam = recordParam({ kind: 'webhook', prefix: 'whk' })
  const deliveryParam = webhookParam.extend({
    deliveryId: z.string().meta({ description: 'The id of the delivery.', maxLength: 200 }),
  })
  const params = (request: FastifyRequest) => request.params as { id: string; deliveryId: string }
  const paging = {
    limit: wholeNumber(1, MAX_LIMIT).default(25).meta({ description: 'How many a page holds at most.' }),
    cursor: z
      .string()
      .max(4000)
      .optional()
      .meta({ description: 'From `page.nextCursor` of the page before.' }),
  }
  const common = { tag: 'webhooks', secured: true }

  app.get(COLLECTION, {
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'listWebhooks',
      summary: 'List webhooks',
      description: 'Needs an admin key, as everything about webhooks does.',
      query: z.strictObject({
        status: commaSeparated(z.enum(WEBHOOK_STATUSES), 'Only those of these statuses.').optional(),
        ...paging,
      }),
      headers: ifNoneMatch,
      answers: {
        200: { description: 'A page of webhooks.', schema: shapes.webhookPage, headers: ['ETag', 'Link'] },
      },
      problems: ['invalid-cursor'],
    }),
    handler: async (request, reply) => {
      const { status: statuses = null, limit, cursor } = request.query as PageQuery
      return sendPage(request, reply, {
        scope: `${COLLECTION}?status=${statuses}`,
        limit,
        cursor,
        rows: (after) => listWebhooks(engine.reader, { statuses, after: after ?? '', limit: limit + 1 }),
        show: webhookDoc,
      })
    },
  })

  app.post(COLLECTION, {
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'createWebhook',
      summary: 'Create a webhook',
      description:
        'Every change from now on that it asks for is sent to its URL, signed (Standard Webhooks). The secret is in this answer and in no other.',
      body: shapes.create,
      answers: { 201: { description: 'The webhook, and its secret.', schema: shapes.withSecret } },
      problems: ['inconsistent'],
    }),
    handler: async (request, reply) => {
      const input = request.body as Pick<Webhook, 'url' | 'kinds' | 'filters' | 'description' | 'status'>
      await respondIdempotently(
        records,
        request,
        reply,
        async (tx) => {
          const faults = urlFaults(input.url, '/url', allowPrivate)
          if (faults.length > 0) throw inconsistent(faults)
          if ((await countWebhooks(tx)) >= MAX_WEBHOOKS)
            throw inconsistent([
              { pointer: '', detail: `There are ${MAX_WEBHOOKS} webhooks, and may not be more.` },
            ])
          const webhook: Webhook = {
            id: newId('whk'),
            version: 1,
            createdAt: tx.at,
            updatedAt: tx.at,
            ...tidied(input),
            disabledBecause: null,
            secret: newSecret(),
            previousSecret: null,
            previousUntil: null,
            seq: await lastSeq(tx),
            failingSince: null,
            holdUntil: null,
            leasedBy: null,
            leasedUntil: null,
            deletedAt: null,
          }
          await insertWebhook(tx, webhook)
          const doc = webhookDoc(webhook)
          return withSecret(
            recordResponse(
              { ...doc, secret: webhook.secret } as typeof doc,
              201,
              `${COLLECTION}/${webhook.id}`,
            ),
          )
        },
        async (tx, kept) => restored(kept, await findWebhook(tx, String(JSON.parse(kept.body).id)), tx.at),
      )
      sender.wake()
      return reply
    },
  })

  app.get(ITEM, {
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'getWebhook',
      summary: 'Get a webhook',
      description: 'Its secret is not shown again.',
      params: webhookParam,
      headers: ifNoneMatch,
      answers: {
        200: {
          description: 'The webhook, without its secret.',
          schema: shapes.webhook,
          headers: ['ETag', 'Last-Modified'],
        },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const webhook = await load(engine.reader, params(request).id)
      const body = JSON.stringify(webhookDoc(webhook))
      return answer(request, reply, { body, version: webhook.version, lastModified: webhook.updatedAt })
    },
  })

  app.patch(ITEM, {
    validatorCompiler: mergePatchCompiler,
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'updateWebhook',
      summary: 'Update a webhook',
      description:
        'A JSON Merge Patch (RFC 7396). With another URL, or active again, everything that waits is tried at once. Other kinds and filters hold for the changes that were not taken up yet.',
      params: webhookParam,
      headers: ifMatch,
      body: shapes.patch,
      answers: { 200: { description: 'The webhook as it is now.', schema: shapes.webhook } },
      problems: ['not-found', 'gone', 'precondition-required', 'precondition-failed', 'inconsistent'],
    }),
    handler: async (request, reply) => {
      await respondIdempotently(records, request, reply, async (tx) => {
        const stored = await load(tx, params(request).id)
        checkIfMatch(request, stored.version)
        const described = { writable: shapes.writable, lifecycle: null, path: 'webhooks' }
        const given = patched(described, webhookDoc(stored), request.body as Record<string, unknown>)
        const changed = await changedTo(tx, stored, tidied(given as unknown as Webhook))
        return recordResponse(webhookDoc(changed))
      })
      sender.wake()
      return reply
    },
  })

  app.delete(ITEM, {
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook',
      description: 'Its secrets are erased at once, its deliveries soon after. A try that is under way ends.',
      params: webhookParam,
      headers: ifMatch,
      answers: { 204: { description: 'It is deleted; reading it is 410 from now on.' } },
      problems: ['not-found', 'gone', 'precondition-required', 'precondition-failed'],
    }),
    handler: async (request, reply) => {
      await respondIdempotently(records, request, reply, async (tx) => {
        const stored = await load(tx, params(request).id)
        checkIfMatch(request, stored.version)
        const erased = { url: '', description: null, secret: null, previousSecret: null, previousUntil: null }
        await updateWebhook(tx, { ...stored, ...erased, deletedAt: tx.at })
        return DELETED
      })
      sender.wakeToPrune()
      return reply
    },
  })

  app.post(`${ITEM}/secret`, {
    config: ADMIN,
    preHandler: refuseBody,
    schema: describe({
      ...common,
      operationId: 'rotateWebhookSecret',
      summary: 'Create a new signing secret',
      description:
        'The secret is in this answer and in no other. For 24 hours deliveries are signed with the one before too.',
      params: webhookParam,
      headers: idempotencyKey,
      answers: {
        200: { description: 'The new secret.', schema: shapes.rotated, headers: ['Idempotency-Replayed'] },
      },
      problems: ['not-found', 'gone', ...BODILESS],
    }),
    handler: async (request, reply) => {
      const { id } = params(request)
      return respondIdempotently(
        records,
        request,
        reply,
        async (tx) => {
          const stored = await load(tx, id)
          const secret = newSecret()
          const previousUntil = new Date(tx.now.getTime() + PREVIOUS_MS).toISOString()
          await updateWebhook(tx, { ...stored, secret, previousSecret: stored.secret, previousUntil })
          return withSecret(plain(200, { secret, previousUntil }))
        },
        async (tx, kept) => restored(kept, await findWebhook(tx, id), tx.at),
      )
    },
  })

  app.post(`${ITEM}/test`, {
    config: ADMIN,
    preHandler: refuseBody,
    schema: describe({
      ...common,
      operationId: 'testWebhook',
      summary: 'Send a ping',
      description:
        'A signed message of the type `webhook.ping`, also to a webhook that is paused or disabled. It is tried once; read the delivery for what became of it.',
      params: webhookParam,
      headers: idempotencyKey,
      answers: {
        202: {
          description: 'The delivery, not sent yet.',
          schema: deliverySchema,
          headers: ['Location', 'Idempotency-Replayed'],
        },
      },
      problems: ['not-found', 'gone', ...BODILESS],
    }),
    handler: async (request, reply) => {
      await respondIdempotently(records, request, reply, async (tx) => {
        const { id } = await load(tx, params(request).id)
        const ping = { id: newId('dlv'), webhookId: id, seq: null, type: 'webhook.ping', at: tx.at }
        return accepted(await openDelivery(tx, ping))
      })
      sender.wake()
      return reply
    },
  })

  app.post(`${ITEM}/replay`, {
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'replayWebhook',
      summary: 'Send everything since a change again',
      description:
        'Takes the webhook back to an earlier place in the change feed, from where it goes on in order. A change that is still in its delivery log keeps its `webhook-id`.',
      params: webhookParam,
      body: replay,
      answers: {
        202: {
          description: 'The webhook, at its new place.',
          schema: shapes.webhook,
          headers: ['ETag', 'Last-Modified', 'Idempotency-Replayed'],
        },
      },
      problems: ['not-found', 'gone', 'inconsistent'],
    }),
    handler: async (request, reply) => {
      const { after } = request.body as { after: number }
      await respondIdempotently(records, request, reply, async (tx) => {
        const stored = await load(tx, params(request).id)
        if (after > stored.seq)
          throw inconsistent([
            { pointer: '/after', detail: `It has only come to ${stored.seq}; what follows is sent anyway.` },
          ])
        const moved = { ...stored, seq: after }
        await updateWebhook(tx, moved)
        return plain(202, webhookDoc(moved))
      })
      sender.wake()
      return reply
    },
  })

  app.get(`${ITEM}/deliveries`, {
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'listWebhookDeliveries',
      summary: 'List the deliveries of a webhook',
      description:
        'The newest first. Deliveries stay for 30 days after they ended. What was not taken up yet is not among them: see `position`.',
      params: webhookParam,
      query: z.strictObject({
        status: commaSeparated(deliveryStatus, 'Only those of these statuses.').optional(),
        ...paging,
      }),
      headers: ifNoneMatch,
      answers: {
        200: { description: 'A page of deliveries.', schema: deliveryPage, headers: ['ETag', 'Link'] },
      },
      problems: ['not-found', 'gone', 'invalid-cursor'],
    }),
    handler: async (request, reply) => {
      const { status: statuses = null, limit, cursor } = request.query as PageQuery
      const { id } = await load(engine.reader, params(request).id)
      return sendPage(request, reply, {
        scope: `${COLLECTION}/${id}/deliveries?status=${statuses}`,
        limit,
        cursor,
        rows: (before) => listDeliveries(engine.reader, id, { statuses, before, limit: limit + 1 }),
        show: deliveryDoc,
      })
    },
  })

  app.get(`${ITEM}/deliveries/:deliveryId`, {
    config: ADMIN,
    schema: describe({
      ...common,
      operationId: 'getWebhookDelivery',
      summary: 'Get a delivery with its attempts',
      description: 'The last 20 tries. Kept for 30 days after it ended.',
      params: deliveryParam,
      headers: ifNoneMatch,
      answers: {
        200: { description: 'The delivery.', schema: deliveryDetail, headers: ['ETag', 'Last-Modified'] },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const found = await loadDelivery(engine.reader, params(request))
      return answer(request, reply, {
        body: JSON.stringify(deliveryDetailDoc(found)),
        lastModified: found.updatedAt,
      })
    },
  })

  app.post(`${ITEM}/deliveries/:deliveryId/replay`, {
    config: ADMIN,
    preHandler: refuseBody,
    schema: describe({
      ...common,
      operationId: 'replayWebhookDelivery',
      summary: 'Send a delivery again',
      description:
        'At once, under the same `webhook-id`, and retried as a new one. While the webhook is not active it waits.',
      params: deliveryParam,
      headers: idempotencyKey,
      answers: {
        202: {
          description: 'The delivery, to be sent again.',
          schema: deliverySchema,
          headers: ['Location', 'Idempotency-Replayed'],
        },
      },
      problems: ['not-found', 'gone', ...BODILESS],
    }),
    handler: async (request, reply) => {
      await respondIdempotently(records, request, reply, async (tx) => {
        const found = await loadDelivery(tx, params(request))
        await reopenDelivery(tx, found.id, tx.at)
        return accepted(await loadDelivery(tx, params(request)))
      })
      sender.wake()
      return reply
    },
  })

  async function sendPage<Row extends { id: string }>(
    request: FastifyRequest,
    reply: FastifyReply,
    { scope, limit, cursor, rows, show }: Paged<Row>,
  ): Promise<FastifyReply> {
    const behind = cursor === undefined ? null : String(readCursor(cursorSecret, scope, cursor).after[0])
    const found = await rows(behind)
    const shown = found.slice(0, limit)
    const last = found.length > limit ? shown.at(-1) : undefined
    const nextCursor = last ? signCursor(cursorSecret, scope, { after: [last.id], snapshot: 0 }) : null
    if (nextCursor !== null) reply.header('link', `<${nextUrl(request, nextCursor)}>; rel="next"`)
    const body = JSON.stringify({ data: shown.map(show), page: { nextCursor, limit } })
    return answer(request, reply, { body })
  }

  /** Refuses what the form alone cannot; writes only what differs. */
  async function changedTo(
    tx: WriteTransaction,
    stored: Webhook,
    given: Pick<Webhook, 'url' | 'kinds' | 'filters' | 'description' | 'status'>,
  ): Promise<Webhook> {
    const { url, kinds, filters, description, status } = stored
    if (JSON.stringify(given) === JSON.stringify({ url, kinds, filters, description, status })) return stored
    const faults: Fault[] = url === given.url ? [] : urlFaults(given.url, '/url', allowPrivate)
    if (given.status === 'disabled' && status !== 'disabled')
      faults.push({ pointer: '/status', detail: 'Only the service disables; pause it instead.' })
    if (faults.length > 0) throw inconsistent(faults)
    const changed: Webhook = { ...stored, ...given, version: stored.version + 1, updatedAt: tx.at }
    const narrowed = JSON.stringify([kinds, filters]) !== JSON.stringify([given.kinds, given.filters])
    // What the old filters passed over stays passed over, also where that was not written down yet.
    if (narrowed) {
      const { match, seen } = await nextMatch(tx, stored, stored.seq, await lastSeq(tx))
      changed.seq = match ? match.seq - 1 : seen
    }
    const again = given.status === 'active' && status !== 'active'
    if (again || url !== given.url) {
      Object.assign(changed, { failingSince: null, holdUntil: null })
      await hasten(tx, stored.id, tx.at)
    }
    if (given.status !== 'disabled') changed.disabledBecause = null
    await updateWebhook(tx, changed)
    return changed
  }
}

/** @throws Problem `gone` when it was deleted, `not-found` when it never was */
async function load(reader: Reader, id: string): Promise<Webhook> {
  const found = await findWebhook(reader, id)
  if (!found) throw notFound('webhook', id)
  if (found.deletedAt !== null) throw gone('webhook', id)
  return found
}

async function loadDelivery(
  reader: Reader,
  { id, deliveryId }: { id: string; deliveryId: string },
): Promise<Delivery> {
  const webhook = await load(reader, id)
  const found = await findDelivery(reader, webhook.id, deliveryId)
  if (!found) throw notFound('delivery', deliveryId)
  return found
}

/** What is written of a webhook, and nothing beside it: the URL in its one spelling, each kind and id once. */
const tidied = ({
  url,
  kinds,
  filters,
  description,
  status,
}: Pick<Webhook, 'url' | 'kinds' | 'filters' | 'description' | 'status'>) => ({
  url: URL.parse(url)?.href ?? url,
  kinds: [...new Set(kinds)],
  filters: { ops: [...new Set(filters.ops)], recordIds: [...new Set(filters.recordIds)] },
  description,
  status,
})

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

const plain = (status: number, body: object): StoredResponse => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
})

const accepted = (delivery: Delivery): StoredResponse => ({
  status: 202,
  headers: { ...JSON_TYPE, location: `${COLLECTION}/${delivery.webhookId}/deliveries/${delivery.id}` },
  body: JSON.stringify(deliveryDoc(delivery)),
})

/** An answer with a secret in it: of the secret only a hash is kept for its Idempotency-Key. */
function withSecret(made: StoredResponse): StoredResponse {
  const body = JSON.parse(made.body) as { secret: string }
  return { ...made, kept: JSON.stringify({ ...body, secret: sha256(body.secret) }) }
}

/** The same answer again, with the secret as long as it still signs. */
function restored(kept: StoredResponse, webhook: Webhook | undefined, at: string): StoredResponse {
  const body = JSON.parse(kept.body) as { secret: string }
  const previous = (webhook?.previousUntil ?? '') > at ? webhook?.previousSecret : null
  const secret = [webhook?.secret, previous].find((one) => one && sha256(one) === body.secret) ?? null
  return { ...kept, body: JSON.stringify({ ...body, secret }) }
}

/** An action takes nothing: what was sent to it was meant for something else. */
async function refuseBody(request: FastifyRequest): Promise<void> {
  const { body } = request
  if (body === undefined || body === null || JSON.stringify(body) === '{}') return
  throw new Problem('invalid-body', 'This takes no body.', {
    errors: [{ pointer: '', detail: 'This takes no body.' }],
  })
}

interface PageQuery {
  status?: string[]
  limit: number
  cursor?: string
}

interface Paged<Row> {
  /** What the cursor belongs to. */
  scope: string
  limit: number
  cursor: string | undefined
  /** One more than the page holds, behind the row of that id. */
  rows: (behind: string | null) => Promise<Row[]>
  show: (row: Row) => unknown
}
