// Webhooks as they go over the wire: what is written, what is read, and what never is.
import { z } from 'zod'
import { idPattern } from '../../core/ids.ts'
import { MAX_LIMIT } from '../../records/read/parameters.ts'
import { instant, line, tail, text, unbounded, url } from '../../records/schema/fields.ts'
import type { Doc, Json } from '../../records/schema/resource.ts'
import { op } from '../history.ts'
import { page } from '../records/routes.ts'
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
  description: 'Keeps the archive in step.',
}

const EXAMPLE = {
  id: EXAMPLE_ID,
  ...EXAMPLE_WRITTEN,
  filters: { ops: ['create', 'update'], recordIds: [] },
  status: 'active',
  disabledBecause: null,
  position: 1204,
  failingSince: null,
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

/** @param kindNames the kinds of records in the change feed */
export function webhookShapes(kindNames: readonly string[]) {
  const kinds = z.array(z.enum(kindNames)).max(kindNames.length).meta({
    description: 'The kinds of records whose changes it is told of, as in the change feed; empty for all.',
  })
  const ops = z.array(op).max(3).meta({ description: 'Only what was done so; empty for all.' })
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
        'Only changes of these records and of what lives directly under them (their evidence, events, positions, relations); empty for all. Ids, not slugs; they need not exist yet.',
    })
  const filtersAbout = {
    description:
      'Which of those changes. All that is given must hold; each is answered by the change itself.',
  }
  const address = url(
    'Where to POST to: http or https, to a public address, on port 80, 443 or one above 1023; no user, password or fragment. Kept in the spelling of the URL standard.',
  )
  const description = text(1000, 'What it is for.').nullable()
  const status = z.enum(WEBHOOK_STATUSES).meta({
    description:
      '`active`; `paused`: nothing is sent, and it goes on from its place when it is active again; `disabled`: as paused, by the service.',
  })
  const writable = z.strictObject({
    url: address,
    kinds: kinds.default([]),
    filters: z
      .strictObject({ ops: ops.default([]), recordIds: recordIds.default([]) })
      .default({ ops: [], recordIds: [] })
      .meta(filtersAbout),
    description: description.default(null),
    status: status.default('active'),
  })
  const create = writable
    .extend({
      status: z
        .enum(['active', 'paused'])
        .default('active')
        .meta({ description: 'Whether it begins to send at once.' }),
    })
    .meta({
      id: 'WebhookCreate',
      description: 'What a POST of a webhook takes.',
      examples: [EXAMPLE_WRITTEN],
    })
  const patch = z
    .strictObject({
      url: address.optional(),
      kinds: kinds.nullable().optional(),
      filters: z
        .strictObject({ ops: ops.nullable().optional(), recordIds: recordIds.nullable().optional() })
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
    id: webhookId('Its id.'),
    url: address,
    kinds,
    filters: z.object({ ops, recordIds }).meta(filtersAbout),
    description,
    status,
    disabledBecause: z.enum(DISABLED_BECAUSE).nullable().meta({
      description:
        'Why the service disabled it: the receiver answered 410 (`gone`), or nothing but failures for five days (`failing`).',
    }),
    position: z.int().meta({
      description:
        'The last change that was taken up for it, as `seq` in the change feed. It moves without a new version.',
    }),
    failingSince: instant(
      'Since when there was nothing but failures; null when the last try was none.',
    ).nullable(),
    ...tail,
  }
  const webhook = z
    .object(shape)
    .meta({ id: 'Webhook', description: 'Who is told of changes.', examples: [EXAMPLE] })
  const secret = z
    .string()
    .nullable()
    .meta({
      ...unbounded,
      description:
        'What signs: `whsec_` and base64 (Standard Webhooks). Shown in this answer only; null when the answer is repeated for its Idempotency-Key and the secret is no longer the current one.',
    })
  const withSecret = z.object({ ...shape, secret }).meta({
    id: 'WebhookWithSecret',
    description: 'A webhook as it was made, with what signs its deliveries.',
    examples: [{ ...EXAMPLE, secret: EXAMPLE_SECRET }],
  })
  const rotated = z
    .object({ secret, previousUntil: instant('Until when the secret before it signs too.') })
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

export const deliveryStatus = z.enum(DELIVERY_STATUSES)

const attempt = z
  .object({
    at: instant('When it began.'),
    durationMs: z.int().meta({ description: 'How long it took, in milliseconds.' }),
    statusCode: z.int().nullable().meta({ description: 'What the receiver answered; null when it did not.' }),
    error: line(1000, 'What went wrong, where it was not the status alone.').nullable(),
    answer: z
      .string()
      .meta({ ...unbounded, description: 'The first kilobyte of what the receiver answered.' })
      .nullable(),
  })
  .meta({ id: 'WebhookAttempt', description: 'One try of a delivery.' })

const deliveryShape = {
  id: deliveryId('Its id, and the `webhook-id` of every try.'),
  webhookId: webhookId('The webhook.'),
  seq: z
    .int()
    .nullable()
    .meta({ description: 'The change of which it tells, in the change feed; null for a ping.' }),
  type: line(50, 'Kind of the record and what was done, such as `proposal.updated`; or `webhook.ping`.'),
  status: deliveryStatus.meta({
    description: '`pending`: to be sent, or sent again; `delivered`: answered with 2xx; `failed`: given up.',
  }),
  attemptCount: z.int().meta({ description: 'How often it was tried since it was made, or last replayed.' }),
  lastStatusCode: z.int().nullable().meta({ description: 'What the receiver answered to the last try.' }),
  nextAttemptAt: instant('When it is tried next, while it is pending.').nullable(),
  createdAt: instant('When it was made.'),
  updatedAt: instant('When something last happened to it.'),
}

export const delivery = z
  .object(deliveryShape)
  .meta({ id: 'WebhookDelivery', description: 'A change that was sent to a webhook, or is to be sent.' })

export const deliveryDetail = z
  .object({
    ...deliveryShape,
    attempts: z
      .array(attempt)
      .max(20)
      .meta({ description: 'The tries, the oldest first; the last 20 of them.' }),
  })
  .meta({ id: 'WebhookDeliveryDetail', description: 'A delivery, with what became of each try.' })

export const deliveryPage = z
  .object({ data: z.array(delivery).max(MAX_LIMIT), page })
  .meta({ id: 'WebhookDeliveryPage', description: 'A page of deliveries, the newest first.' })

export const replay = z
  .strictObject({
    after: z
      .int()
      .min(0)
      .meta({ description: 'Everything behind this change is sent again; 0 for all there ever was.' }),
  })
  .meta({
    id: 'WebhookReplayCreate',
    description: 'From where to send again.',
    examples: [{ after: 1200 }],
  })

/** What a receiver is sent. @param change the shape of a change in the feed */
export const messageOf = (change: z.ZodType) =>
  z
    .object({
      type: line(
        50,
        'Kind of the record and what was done, such as `proposal.updated`; or `webhook.ping`.',
      ).meta({ examples: ['proposal.updated'] }),
      timestamp: instant('When the change was written.'),
      data: z
        .union([change, z.object({ webhookId: webhookId('The webhook.') })])
        .meta({ description: 'The change, as the feed shows it; of a ping the webhook.' }),
    })
    .meta({ id: 'WebhookMessage', description: 'What a receiver is sent.' })

const messageHeader = (
  name: string,
  description: string,
  schema: object = { type: 'string', maxLength: 500 },
) => ({ name, in: 'header', required: true, description, schema })

/** The other side of a webhook, as OpenAPI 3.1 describes it. */
export const receiverDocument = {
  change: {
    post: {
      operationId: 'receiveChange',
      tags: ['webhooks'],
      summary: 'A change is sent to your URL',
      description: 'Signed as Standard Webhooks says; at least once.',
      // Not a key of ours: the signature says who sent it.
      security: [],
      parameters: [
        messageHeader('webhook-id', 'The same for every try of this change.'),
        messageHeader('webhook-timestamp', 'When this try was made, in seconds since 1970.', {
          type: 'integer',
          format: 'int64',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
        }),
        messageHeader(
          'webhook-signature',
          '`v1,` and a signature, for each secret that counts; spaces between.',
        ),
      ],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookMessage' } } },
      },
      responses: {
        '204': { description: 'It is taken; any 2xx says so.' },
        '410': { description: 'Nothing is wanted any more: the webhook is disabled.' },
        default: { description: 'It is sent again later. Redirects are not followed.' },
      },
    },
  },
}

/** A webhook as it is shown. */
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

/** A delivery as it is shown in lists. */
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

export const deliveryDetailDoc = (given: Delivery): Record<string, unknown> & { attempts: Attempt[] } => ({
  ...deliveryDoc(given),
  attempts: given.attempts,
})
