// The API schemas of webhooks and deliveries.
import { z } from 'zod'
import { idPattern } from '../../core/ids.ts'
import { MAX_LIMIT } from '../../records/read/parameters.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import { text, url } from '../../records/schema/fields.ts'
import { tail } from '../../records/schema/resource.ts'
import { instant, line, named, unbounded } from '../../records/schema/shapes.ts'
import { op } from '../history.ts'
import { page } from '../records/page.ts'
import {
  type Attempt,
  DELIVERY_STATUSES,
  type Delivery,
  DISABLED_BECAUSE,
  WEBHOOK_STATUSES,
  type Webhook,
} from './store.ts'

const EXAMPLE_ID = 'whk_01gb6jc400ezz8kdnweefcy4dk'
const EXAMPLE_DELIVERY = 'dlv_01gb6jc400ezz8kdnweefcy4dk'
const EXAMPLE_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
const AT = '2026-11-23T09:30:00.000Z'

const EXAMPLE_WRITTEN = {
  url: 'https://example.org/hooks/sco',
  kinds: ['proposal', 'event'],
  filters: { ops: ['create', 'update'] },
  description: 'Updates the archive.',
}

const EXAMPLE = {
  id: EXAMPLE_ID,
  ...EXAMPLE_WRITTEN,
  filters: { ops: ['create', 'update'], recordIds: [] },
  status: 'disabled',
  disabledBecause: 'gone',
  position: 1204,
  failingSince: '2026-11-29T12:00:00.000Z',
  createdAt: AT,
  updatedAt: AT,
  version: 1,
}

const webhookId = (description: string) =>
  z
    .string()
    .regex(idPattern('whk'))
    .meta({ description, maxLength: 30, examples: [EXAMPLE_ID] })
const deliveryId = (description: string) =>
  z
    .string()
    .regex(idPattern('dlv'))
    .meta({ description, maxLength: 30, examples: [EXAMPLE_DELIVERY] })

export const webhookStatus = named('WebhookStatus', z.enum(WEBHOOK_STATUSES), 'The status of a webhook.')

/** @param kindNames the kinds of records in the change feed */
export function webhookShapes(kindNames: readonly string[]) {
  const kinds = z.array(z.enum(kindNames)).max(kindNames.length).meta({
    description: 'The kinds of records whose changes are sent; empty for all.',
  })
  const ops = z.array(op).max(4).meta({ description: 'Only changes with these operations; empty for all.' })
  const recordIds = z
    .array(
      z
        .string()
        .regex(/^([a-z]{3}_[0-9a-z]{26}|[A-Z]{2})$/, 'Must be the id of a record.')
        .meta({ description: 'The id of a record.', maxLength: 30 }),
    )
    .max(100)
    .meta({
      description:
        'Only changes of these records and of their direct children (evidence, events, positions, relations); empty for all. Ids, not slugs; they need not exist yet.',
    })
  const filtersAbout = {
    description: 'Further conditions on the changes; all of them must match.',
  }
  const address = url(
    'The URL of the receiver: http or https, a public address, port 80, 443 or above 1023; no user, password or fragment. It is normalised (URL standard).',
    { required: true },
  )
  const description = text(1000, 'The purpose of the webhook.')
  const status = webhookStatus.meta({
    description:
      '`paused`: nothing is sent; when active again, it resumes at its position. `disabled`: paused by the service.',
  })
  const writable = z.strictObject({
    url: address,
    kinds: kinds.default([]),
    filters: named(
      'WebhookFiltersCreate',
      z.strictObject({ ops: ops.default([]), recordIds: recordIds.default([]) }),
      filtersAbout.description,
    )
      .default({ ops: [], recordIds: [] })
      .meta(filtersAbout),
    description: description.default(null),
    status: status.default('active'),
  })
  const create = writable
    .extend({
      status: named('WebhookInitialStatus', z.enum(['active', 'paused']))
        .default('active')
        .meta({ description: 'The initial status.' }),
    })
    .meta({
      id: 'WebhookCreate',
      description: 'The fields of a new webhook.',
      examples: [EXAMPLE_WRITTEN],
    })
  const patch = z
    .strictObject({
      url: address.optional(),
      kinds: kinds.nullable().optional(),
      filters: named(
        'WebhookFiltersPatch',
        z.strictObject({ ops: ops.nullable().optional(), recordIds: recordIds.nullable().optional() }),
        filtersAbout.description,
      )
        .nullable()
        .optional()
        .meta(filtersAbout),
      description: description.optional(),
      status: status.optional(),
    })
    .meta({
      id: 'WebhookPatch',
      description: 'A JSON Merge Patch of a webhook.',
      examples: [{ status: 'paused' }],
    })
  const shape = {
    id: webhookId('The id of the webhook.'),
    url: address,
    kinds,
    filters: z.object({ ops, recordIds }).meta({ id: 'WebhookFilters', ...filtersAbout }),
    description,
    status,
    disabledBecause: named('WebhookDisabledBecause', z.enum(DISABLED_BECAUSE), 'Why the service disabled it.')
      .nullable()
      .meta({
        description:
          'Why the service disabled it: a 410 response (`gone`), or only failures for five days (`failing`).',
      }),
    position: z.int().meta({
      description:
        'The `seq` of the last change for which a delivery was created. It changes without a new version.',
    }),
    failingSince: instant(
      'The first failure since the last success; null if the last attempt succeeded.',
    ).nullable(),
    ...tail,
  }
  const webhook = z
    .object(shape)
    .meta({ id: 'Webhook', description: 'A subscription: changes are sent to its URL.', examples: [EXAMPLE] })
  const secret = z
    .string()
    .nullable()
    .meta({
      ...unbounded,
      description:
        'The signing secret: `whsec_` and base64 (Standard Webhooks). Only in this response; null in a replay for its Idempotency-Key if the secret is no longer valid.',
    })
  const withSecret = z.object({ ...shape, secret }).meta({
    id: 'WebhookWithSecret',
    description: 'The created webhook with its signing secret.',
    examples: [{ ...EXAMPLE, secret: EXAMPLE_SECRET }],
  })
  const rotated = z
    .object({ secret, previousUntil: instant('When signing with the previous secret ends.') })
    .meta({
      id: 'WebhookSecret',
      description: 'A new signing secret.',
      examples: [{ secret: EXAMPLE_SECRET, previousUntil: '2026-11-24T09:30:00.000Z' }],
    })
  const webhookPage = z
    .object({ data: z.array(webhook).max(MAX_LIMIT), page })
    .meta({ id: 'WebhookPage', description: 'A page of webhooks, the oldest first.' })
  return { writable, create, patch, webhook, withSecret, rotated, webhookPage }
}

export const deliveryStatus = named('DeliveryStatus', z.enum(DELIVERY_STATUSES), 'The status of a delivery.')

const attempt = z
  .object({
    at: instant('When the attempt started.'),
    durationMs: z.int().meta({ description: 'The duration in milliseconds.' }),
    statusCode: z
      .int()
      .nullable()
      .meta({ description: 'The status of the response; null without a response.' }),
    error: line(1000, 'An error other than the status.').nullable(),
    answer: z
      .string()
      .meta({ ...unbounded, description: 'The first kilobyte of the response body.' })
      .nullable(),
  })
  .meta({ id: 'WebhookAttempt', description: 'One attempt to send a delivery.' })

const deliveryShape = {
  id: deliveryId('The id of the delivery, and the `webhook-id` of every attempt.'),
  webhookId: webhookId('The id of the webhook.'),
  seq: z
    .int()
    .nullable()
    .meta({ description: 'The `seq` of the change in the change feed; null for a ping.' }),
  type: line(50, 'Kind of record and operation, such as `proposal.updated`; or `webhook.ping`.'),
  status: deliveryStatus.meta({
    description: '`pending`: to be sent or retried; `delivered`: a 2xx response; `failed`: no attempts left.',
  }),
  attemptCount: z.int().meta({ description: 'The number of attempts since creation or the last replay.' }),
  lastStatusCode: z.int().nullable().meta({ description: 'The status of the last response.' }),
  nextAttemptAt: instant('When the next attempt is due; null unless pending.').nullable(),
  createdAt: instant('When the delivery was created.'),
  updatedAt: instant('When the delivery last changed.'),
}

export const delivery = z
  .object(deliveryShape)
  .meta({ id: 'WebhookDelivery', description: 'A change, or a ping, that was or will be sent to a webhook.' })

export const deliveryDetail = z
  .object({
    ...deliveryShape,
    attempts: z.array(attempt).max(20).meta({ description: 'The last 20 attempts, oldest first.' }),
  })
  .meta({ id: 'WebhookDeliveryDetail', description: 'A delivery with its attempts.' })

export const deliveryPage = z
  .object({ data: z.array(delivery).max(MAX_LIMIT), page })
  .meta({ id: 'WebhookDeliveryPage', description: 'A page of deliveries, the newest first.' })

export const replay = z
  .strictObject({
    after: z
      .int()
      .min(0)
      .meta({ description: 'The `seq` of a change. All later changes are sent again; 0 for all.' }),
  })
  .meta({
    id: 'WebhookReplayCreate',
    description: 'The position from which to send again.',
    examples: [{ after: 1200 }],
  })

/** The body of a webhook request. @param change the schema of a change in the feed */
export const messageOf = (change: z.ZodType) =>
  z
    .object({
      type: line(50, 'Kind of record and operation, such as `proposal.updated`; or `webhook.ping`.').meta({
        examples: ['proposal.updated'],
      }),
      timestamp: instant('When the change was committed.'),
      data: z
        .union([
          change,
          z
            .object({ webhookId: webhookId('The id of the webhook.') })
            .meta({ id: 'WebhookPing', description: 'A test message.' }),
        ])
        .meta({
          id: 'WebhookData',
          description: 'The change as in the feed; for a ping, the id of the webhook.',
        }),
    })
    .meta({ id: 'WebhookMessage', description: 'The body of a webhook request.' })

const messageHeader = (
  name: string,
  description: string,
  schema: object = { type: 'string', maxLength: 500 },
) => ({ name, in: 'header', required: true, description, schema })

/** The receiver of a webhook in OpenAPI 3.1. */
export const receiverDocument = {
  change: {
    post: {
      operationId: 'receiveChange',
      tags: ['webhooks'],
      summary: 'Receive a change at your URL',
      description: 'Signed as specified by Standard Webhooks. Delivered at least once.',
      security: [],
      parameters: [
        messageHeader('webhook-id', 'The same for every attempt of this change.'),
        messageHeader('webhook-timestamp', 'The time of this attempt in seconds since 1970.', {
          type: 'integer',
          format: 'int64',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
        }),
        messageHeader(
          'webhook-signature',
          '`v1,` and a signature, for each valid secret, separated by spaces.',
        ),
      ],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookMessage' } } },
      },
      responses: {
        '204': { description: 'Accepted, like any 2xx.' },
        '410': { description: 'The webhook is disabled.' },
        default: { description: 'Retried later. Redirects are not followed.' },
      },
    },
  },
}

/** The API representation of a webhook. */
export const webhookDoc = (webhook: Webhook): Doc => ({
  id: webhook.id,
  url: webhook.url,
  kinds: webhook.kinds,
  filters: webhook.filters as unknown as Json,
  description: webhook.description,
  status: webhook.status,
  disabledBecause: webhook.disabledBecause,
  position: webhook.seq,
  failingSince: webhook.failingSince,
  createdAt: webhook.createdAt,
  updatedAt: webhook.updatedAt,
  version: webhook.version,
})

/** The API representation of a delivery in a list. */
export const deliveryDoc = ({ attempts, tries, ...rest }: Delivery) => ({
  id: rest.id,
  webhookId: rest.webhookId,
  seq: rest.seq,
  type: rest.type,
  status: rest.status,
  attemptCount: tries,
  lastStatusCode: attempts.at(-1)?.statusCode ?? null,
  nextAttemptAt: rest.nextAttemptAt,
  createdAt: rest.createdAt,
  updatedAt: rest.updatedAt,
})

export const deliveryDetailDoc = (delivery: Delivery): Record<string, unknown> & { attempts: Attempt[] } => ({
  ...deliveryDoc(delivery),
  attempts: delivery.attempts,
})
