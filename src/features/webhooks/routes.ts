// The routes of webhooks and their deliveries, for admins.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { urlFaults } from '../../core/addresses.ts'
import { readCursor, signCursor } from '../../core/cursor.ts'
import { newId } from '../../core/ids.ts'
import { type Fault, gone, inconsistent, notFound, Problem, type ProblemCode } from '../../core/problems.ts'
import { sha256 } from '../../core/text.ts'
import type { Reader } from '../../db/engine.ts'
import { checkIfMatch, sendRepresentation } from '../../http/conditional.ts'
import { describe, idempotencyKey, ifMatch, recordParam } from '../../http/describe.ts'
import { mergePatchCompiler } from '../../http/validation.ts'
import { commaSeparated, MAX_LIMIT } from '../../records/read/parameters.ts'
import { lastSeq } from '../../records/read/view.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import { wholeNumber } from '../../records/schema/shapes.ts'
import { nextUrl, type RouteDeps } from '../records/page.ts'
import { applyPatch } from '../records/patch.ts'
import { DELETED, respondIdempotently, type StoredResponse, versionedResponse } from '../respond.ts'
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
  webhookStatus,
} from './shapes.ts'
import { DAY, newSecret } from './signing.ts'
import {
  countWebhooks,
  type Delivery,
  findDelivery,
  findWebhook,
  insertWebhook,
  listDeliveries,
  listWebhooks,
  nextMatch,
  openDelivery,
  reopenDelivery,
  retryNow,
  updateWebhook,
  type Webhook,
  type WebhookInput,
} from './store.ts'

const MAX_WEBHOOKS = 100
/** How long the previous secret stays valid. */
const PREVIOUS_SECRET_MS = DAY

const COLLECTION = '/v1/webhooks'
const ITEM = `${COLLECTION}/:id`
const ADMIN = { role: 'admin' } as const

/** The problems of a POST without a body. */
const BODILESS: ProblemCode[] = [
  'idempotency-mismatch',
  'malformed-body',
  'invalid-body',
  'body-too-large',
  'unsupported-media-type',
]

interface WebhookDeps extends RouteDeps {
  /** The schema of a change in the feed. */
  change: z.ZodType
  sender: Sender
  allowPrivate: boolean
}

export function webhookRoutes(
  app: FastifyInstance,
  { records, cursorSecret, change, sender, allowPrivate }: WebhookDeps,
): void {
  // Registers the schema for the OpenAPI document.
  messageOf(change)
  const { catalogue, engine } = records
  const shapes = webhookShapes([...catalogue.resources, ...catalogue.children].map(({ kind }) => kind))
  const webhookParam = recordParam({ kind: 'webhook', prefix: 'whk' })
  const deliveryParam = webhookParam.extend({
    deliveryId: z.string().meta({ description: 'The id of the delivery.', maxLength: 200 }),
  })
  const params = (request: FastifyRequest) => request.params as { id: string; deliveryId: string }
  const paging = {
    limit: wholeNumber(1, MAX_LIMIT)
      .default(25)
      .meta({ description: 'The maximum number of entries on a page.' }),
    cursor: z.string().max(4000).optional().meta({ description: '`page.nextCursor` of the previous page.' }),
  }

  app.get(COLLECTION, {
    config: ADMIN,
    schema: describe({
      tag: 'webhooks',
      operationId: 'listWebhooks',
      summary: 'List webhooks',
      description: 'Like all operations on webhooks, requires an admin key.',
      query: z.strictObject({
        status: commaSeparated(webhookStatus, 'Only entries with these statuses.').optional(),
        ...paging,
      }),
      answers: {
        200: { description: 'A page of webhooks.', schema: shapes.webhookPage, headers: ['Link'] },
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
      tag: 'webhooks',
      operationId: 'createWebhook',
      summary: 'Create a webhook',
      description:
        'Later changes that match are sent to the URL with a signature (Standard Webhooks). The secret is only in this response.',
      body: shapes.create,
      answers: { 201: { description: 'The webhook and its secret.', schema: shapes.withSecret } },
      problems: ['inconsistent'],
    }),
    handler: async (request, reply) => {
      const input = request.body as WebhookInput
      await respondIdempotently(
        records,
        request,
        reply,
        async (tx) => {
          const faults = urlFaults(input.url, '/url', allowPrivate)
          if (faults.length > 0) throw inconsistent(faults)
          if ((await countWebhooks(tx)) >= MAX_WEBHOOKS)
            throw inconsistent([
              { pointer: '', detail: `The maximum of ${MAX_WEBHOOKS} webhooks is reached.` },
            ])
          const webhook: Webhook = {
            id: newId('whk'),
            version: 1,
            createdAt: tx.at,
            updatedAt: tx.at,
            ...normalised(input),
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
            versionedResponse(
              { ...doc, secret: webhook.secret } as typeof doc,
              201,
              `${COLLECTION}/${webhook.id}`,
            ),
          )
        },
        {
          restore: async (tx, stored) =>
            replayed(stored, await findWebhook(tx, String(JSON.parse(stored.body).id)), tx.at),
        },
      )
      sender.wake()
      return reply
    },
  })

  app.get(ITEM, {
    config: ADMIN,
    schema: describe({
      tag: 'webhooks',
      operationId: 'getWebhook',
      summary: 'Get a webhook',
      description: 'Without the secret.',
      params: webhookParam,
      answers: {
        200: {
          description: 'The webhook.',
          schema: shapes.webhook,
          headers: ['ETag'],
        },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const webhook = await load(engine.reader, params(request).id)
      const body = JSON.stringify(webhookDoc(webhook))
      return sendRepresentation(reply, { body, version: webhook.version, lastModified: webhook.updatedAt })
    },
  })

  app.patch(ITEM, {
    validatorCompiler: mergePatchCompiler,
    config: ADMIN,
    schema: describe({
      tag: 'webhooks',
      operationId: 'updateWebhook',
      summary: 'Update a webhook',
      description:
        'A JSON Merge Patch (RFC 7396). A new URL or reactivation retries pending deliveries immediately. New kinds and filters apply to changes without a delivery.',
      params: webhookParam,
      headers: ifMatch,
      body: shapes.patch,
      answers: { 200: { description: 'The updated webhook.', schema: shapes.webhook } },
      problems: ['not-found', 'gone', 'precondition-failed', 'inconsistent'],
    }),
    handler: async (request, reply) => {
      await respondIdempotently(records, request, reply, async (tx) => {
        const stored = await load(tx, params(request).id)
        checkIfMatch(request, stored.version)
        const patchable = { writable: shapes.writable, lifecycle: null, path: 'webhooks' }
        const input = applyPatch(patchable, webhookDoc(stored), request.body as Record<string, unknown>)
        const changed = await applyChanges(tx, stored, normalised(input as unknown as Webhook))
        return versionedResponse(webhookDoc(changed))
      })
      sender.wake()
      return reply
    },
  })

  app.delete(ITEM, {
    config: ADMIN,
    schema: describe({
      tag: 'webhooks',
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook',
      description:
        'Secrets are deleted immediately, deliveries soon after. A request in progress is completed.',
      params: webhookParam,
      headers: ifMatch,
      answers: { 204: { description: 'Deleted. Later requests for it get 410.' } },
      problems: ['not-found', 'gone', 'precondition-failed'],
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
      tag: 'webhooks',
      operationId: 'rotateWebhookSecret',
      summary: 'Create a new signing secret',
      description:
        'The secret is only in this response. For 24 hours deliveries are also signed with the previous secret.',
      params: webhookParam,
      headers: idempotencyKey,
      answers: {
        200: { description: 'The new secret.', schema: shapes.rotated },
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
          const previousUntil = new Date(tx.now.getTime() + PREVIOUS_SECRET_MS).toISOString()
          await updateWebhook(tx, { ...stored, secret, previousSecret: stored.secret, previousUntil })
          return withSecret(jsonResponse(200, { secret, previousUntil }))
        },
        { restore: async (tx, stored) => replayed(stored, await findWebhook(tx, id), tx.at) },
      )
    },
  })

  app.post(`${ITEM}/test`, {
    config: ADMIN,
    preHandler: refuseBody,
    schema: describe({
      tag: 'webhooks',
      operationId: 'testWebhook',
      summary: 'Create a ping delivery',
      description:
        'Sends a signed message of type `webhook.ping` in one attempt, also to a paused or disabled webhook. The result is in the delivery.',
      params: webhookParam,
      headers: idempotencyKey,
      answers: {
        202: {
          description: 'The pending delivery.',
          schema: deliverySchema,
          headers: ['Location'],
        },
      },
      problems: ['not-found', 'gone', ...BODILESS],
    }),
    handler: async (request, reply) => {
      await respondIdempotently(records, request, reply, async (tx) => {
        const { id } = await load(tx, params(request).id)
        const ping = {
          id: newId('dlv'),
          webhookId: id,
          seq: null,
          type: 'webhook.ping',
          at: records.now().toISOString(),
        }
        return acceptedDelivery(await openDelivery(tx, ping))
      })
      sender.wake()
      return reply
    },
  })

  app.post(`${ITEM}/replay`, {
    config: ADMIN,
    schema: describe({
      tag: 'webhooks',
      operationId: 'replayWebhook',
      summary: 'Create deliveries again for all changes after a position',
      description:
        'Moves the webhook back to an earlier position in the change feed, from which it continues in order. Changes with a stored delivery keep their `webhook-id`.',
      params: webhookParam,
      body: replay,
      answers: {
        202: {
          description: 'The webhook at its new position.',
          schema: shapes.webhook,
          headers: ['ETag'],
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
            { pointer: '/after', detail: `Must not be after the current position, ${stored.seq}.` },
          ])
        const moved = { ...stored, seq: after }
        await updateWebhook(tx, moved)
        return jsonResponse(202, webhookDoc(moved))
      })
      sender.wake()
      return reply
    },
  })

  app.get(`${ITEM}/deliveries`, {
    config: ADMIN,
    schema: describe({
      tag: 'webhooks',
      operationId: 'listWebhookDeliveries',
      summary: 'List the deliveries of a webhook',
      description:
        'Newest first. Deliveries are deleted 30 days after they finished. Changes after `position` have no delivery yet.',
      params: webhookParam,
      query: z.strictObject({
        status: commaSeparated(deliveryStatus, 'Only entries with these statuses.').optional(),
        ...paging,
      }),
      answers: {
        200: { description: 'A page of deliveries.', schema: deliveryPage, headers: ['Link'] },
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
      tag: 'webhooks',
      operationId: 'getWebhookDelivery',
      summary: 'Get a delivery with its attempts',
      description: 'With the last 20 attempts. Deleted 30 days after it finished.',
      params: deliveryParam,
      answers: {
        200: { description: 'The delivery.', schema: deliveryDetail, headers: ['ETag'] },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const delivery = await loadDelivery(engine.reader, params(request))
      return sendRepresentation(reply, {
        body: JSON.stringify(deliveryDetailDoc(delivery)),
        lastModified: delivery.updatedAt,
      })
    },
  })

  app.post(`${ITEM}/deliveries/:deliveryId/replay`, {
    config: ADMIN,
    preHandler: refuseBody,
    schema: describe({
      tag: 'webhooks',
      operationId: 'replayWebhookDelivery',
      summary: 'Create a new attempt of a delivery',
      description:
        'Sends the delivery immediately, with the same `webhook-id` and all retries. It stays pending while the webhook is not active.',
      params: deliveryParam,
      headers: idempotencyKey,
      answers: {
        202: {
          description: 'The pending delivery.',
          schema: deliverySchema,
          headers: ['Location'],
        },
      },
      problems: ['not-found', 'gone', ...BODILESS],
    }),
    handler: async (request, reply) => {
      await respondIdempotently(records, request, reply, async (tx) => {
        const delivery = await loadDelivery(tx, params(request))
        await reopenDelivery(tx, delivery.id, records.now().toISOString())
        return acceptedDelivery(await loadDelivery(tx, params(request)))
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
    const after = cursor === undefined ? null : String(readCursor(cursorSecret, scope, cursor).after[0])
    const entries = await rows(after)
    const shown = entries.slice(0, limit)
    const last = entries.length > limit ? shown.at(-1) : undefined
    const nextCursor = last ? signCursor(cursorSecret, scope, { after: [last.id], walkStart: 0 }) : null
    if (nextCursor !== null) reply.header('link', `<${nextUrl(request, nextCursor)}>; rel="next"`)
    const body = JSON.stringify({ data: shown.map(show), page: { nextCursor, limit } })
    return sendRepresentation(reply, { body })
  }

  /** Validates and stores the changes of a webhook, if there are any. */
  async function applyChanges(tx: WriteTransaction, stored: Webhook, input: WebhookInput): Promise<Webhook> {
    const { url, kinds, filters, description, status } = stored
    if (JSON.stringify(input) === JSON.stringify({ url, kinds, filters, description, status })) return stored
    const faults: Fault[] = url === input.url ? [] : urlFaults(input.url, '/url', allowPrivate)
    if (input.status === 'disabled' && status !== 'disabled')
      faults.push({ pointer: '/status', detail: 'Only the service can disable a webhook. Use `paused`.' })
    if (faults.length > 0) throw inconsistent(faults)
    const changed: Webhook = { ...stored, ...input, version: stored.version + 1, updatedAt: tx.at }
    const filtersChanged = JSON.stringify([kinds, filters]) !== JSON.stringify([input.kinds, input.filters])
    // Changes that the old filters excluded stay excluded, also those after the stored position.
    if (filtersChanged) {
      const { match, scannedTo } = await nextMatch(tx, stored, stored.seq, await lastSeq(tx))
      changed.seq = match ? match.seq - 1 : scannedTo
    }
    const reactivated = input.status === 'active' && status !== 'active'
    if (reactivated || url !== input.url) {
      Object.assign(changed, { failingSince: null, holdUntil: null })
      await retryNow(tx, stored.id, records.now().toISOString())
    }
    if (input.status !== 'disabled') changed.disabledBecause = null
    await updateWebhook(tx, changed)
    return changed
  }
}

/** @throws Problem `gone` or `not-found` */
async function load(reader: Reader, id: string): Promise<Webhook> {
  const row = await findWebhook(reader, id)
  if (!row) throw notFound('webhook', id)
  if (row.deletedAt !== null) throw gone('webhook', id)
  return row
}

async function loadDelivery(
  reader: Reader,
  { id, deliveryId }: { id: string; deliveryId: string },
): Promise<Delivery> {
  const webhook = await load(reader, id)
  const row = await findDelivery(reader, webhook.id, deliveryId)
  if (!row) throw notFound('delivery', deliveryId)
  return row
}

/** The writable fields with a normalised URL and without duplicate kinds and ids. */
const normalised = ({ url, kinds, filters, description, status }: WebhookInput) => ({
  url: URL.parse(url)?.href ?? url,
  kinds: [...new Set(kinds)],
  filters: { ops: [...new Set(filters.ops)], recordIds: [...new Set(filters.recordIds)] },
  description,
  status,
})

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

const jsonResponse = (status: number, body: object): StoredResponse => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
})

const acceptedDelivery = (delivery: Delivery): StoredResponse => ({
  status: 202,
  headers: { ...JSON_TYPE, location: `${COLLECTION}/${delivery.webhookId}/deliveries/${delivery.id}` },
  body: JSON.stringify(deliveryDoc(delivery)),
})

/** Stores only a hash of the secret with the response for its Idempotency-Key. */
function withSecret(response: StoredResponse): StoredResponse {
  const body = JSON.parse(response.body) as { secret: string }
  return { ...response, storedBody: JSON.stringify({ ...body, secret: sha256(body.secret) }) }
}

/** Replays a stored response, with the secret as long as it is still valid. */
function replayed(stored: StoredResponse, webhook: Webhook | undefined, at: string): StoredResponse {
  const body = JSON.parse(stored.body) as { secret: string }
  const previous = (webhook?.previousUntil ?? '') > at ? webhook?.previousSecret : null
  const secret = [webhook?.secret, previous].find((one) => one && sha256(one) === body.secret) ?? null
  return { ...stored, body: JSON.stringify({ ...body, secret }) }
}

/** Rejects a body where none is expected. */
async function refuseBody(request: FastifyRequest): Promise<void> {
  const { body } = request
  if (body === undefined || body === null || JSON.stringify(body) === '{}') return
  throw new Problem('invalid-body', 'The operation has no body.', {
    errors: [{ pointer: '', detail: 'The operation has no body.' }],
  })
}

interface PageQuery {
  status?: string[]
  limit: number
  cursor?: string
}

interface Paged<Row> {
  /** The scope of the cursor. */
  scope: string
  limit: number
  cursor: string | undefined
  /** Reads one row more than the page has, after the row with this id. */
  rows: (after: string | null) => Promise<Row[]>
  show: (row: Row) => unknown
}
