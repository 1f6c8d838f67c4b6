// Reads and writes webhooks and their deliveries.
import type { Reader, Writer } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { insertInto, updateById } from '../../db/statements.ts'
import { changes, webhookDeliveries as deliveries, webhooks } from '../../db/system-tables.ts'

export const WEBHOOK_STATUSES = ['active', 'paused', 'disabled'] as const
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number]

/** Why the service disabled a webhook: a 410 response, or only failures. */
export const DISABLED_BECAUSE = ['gone', 'failing'] as const

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

export interface WebhookFilters {
  ops: string[]
  recordIds: string[]
}

/** The fields of a webhook that clients write. */
export type WebhookInput = Pick<Webhook, 'url' | 'kinds' | 'filters' | 'description' | 'status'>

export interface Webhook {
  id: string
  version: number
  createdAt: string
  updatedAt: string
  url: string
  kinds: string[]
  filters: WebhookFilters
  description: string | null
  status: WebhookStatus
  disabledBecause: (typeof DISABLED_BECAUSE)[number] | null
  secret: string | null
  previousSecret: string | null
  previousUntil: string | null
  seq: number
  failingSince: string | null
  holdUntil: string | null
  leasedBy: string | null
  leasedUntil: string | null
  deletedAt: string | null
}

/** One attempt to send a delivery. */
export interface Attempt {
  at: string
  durationMs: number
  statusCode: number | null
  error: string | null
  /** The start of the response body. */
  answer: string | null
}

export interface Delivery {
  id: string
  webhookId: string
  seq: number | null
  type: string
  status: DeliveryStatus
  tries: number
  attempts: Attempt[]
  nextAttemptAt: string | null
  createdAt: string
  updatedAt: string
}

type Row<Of> = { [Name in keyof Of]: Of[Name] extends object ? string : Of[Name] }

const toWebhook = (row: Row<Webhook>): Webhook => ({
  ...row,
  kinds: JSON.parse(row.kinds) as string[],
  filters: JSON.parse(row.filters) as WebhookFilters,
})

const toDelivery = (row: Row<Delivery>): Delivery => ({
  ...row,
  attempts: JSON.parse(row.attempts) as Attempt[],
})

const asRow = <Of extends object>(of: Of): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(of).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
    ]),
  )

const WEBHOOK_COLUMNS = [
  'id',
  'version',
  'createdAt',
  'updatedAt',
  'url',
  'kinds',
  'filters',
  'description',
  'status',
  'disabledBecause',
  'secret',
  'previousSecret',
  'previousUntil',
  'seq',
  'failingSince',
  'holdUntil',
  'leasedBy',
  'leasedUntil',
  'deletedAt',
] as const satisfies (keyof Webhook)[]

const INSERT_WEBHOOK = insertInto(webhooks, WEBHOOK_COLUMNS)

const UPDATE_WEBHOOK = updateById(webhooks, WEBHOOK_COLUMNS.slice(1))

const FIND_WEBHOOK = sql`select * from ${webhooks} where ${webhooks.id} = ${sql.placeholder('id')}`

const COUNT_WEBHOOKS = sql`select count(*) as n from ${webhooks} where ${webhooks.deletedAt} is null`

export const insertWebhook = (writer: Writer, webhook: Webhook) => writer.run(INSERT_WEBHOOK, asRow(webhook))

export const updateWebhook = (writer: Writer, webhook: Webhook) => writer.run(UPDATE_WEBHOOK, asRow(webhook))

/** Finds a webhook, also a deleted one (`deletedAt`). */
export async function findWebhook(reader: Reader, id: string): Promise<Webhook | undefined> {
  const row = await reader.get<Row<Webhook>>(FIND_WEBHOOK, { id })
  return row && toWebhook(row)
}

export async function countWebhooks(reader: Reader): Promise<number> {
  return (await reader.get<{ n: number }>(COUNT_WEBHOOKS, {}))?.n ?? 0
}

/** A page of webhooks, oldest first. */
export async function listWebhooks(
  reader: Reader,
  { statuses, after, limit }: { statuses: string[] | null; after: string; limit: number },
): Promise<Webhook[]> {
  const rows = await reader.all<Row<Webhook>>(
    sql`select *
      from ${webhooks}
      where ${webhooks.deletedAt} is null
        and ${webhooks.id} > ${after} ${statuses ? sql`and ${webhooks.status} in ${statuses}` : sql.empty()}
      order by ${webhooks.id} ${sql.limit(limit)}`,
  )
  return rows.map(toWebhook)
}

export interface Match {
  seq: number
  kind: string
  op: string
  at: string
}

/** How many changes one query scans. */
const WINDOW = 2000

/**
 * The first change after `from` that matches the filters of a webhook.
 * @returns the match, and the position up to which the log was scanned
 */
export async function nextMatch(
  reader: Reader,
  { kinds, filters }: Pick<Webhook, 'kinds' | 'filters'>,
  from: number,
  upTo: number,
  betweenQueries: () => Promise<void> = async () => {},
): Promise<{ match: Match | null; scannedTo: number }> {
  const filterConditions: SQL[] = []
  if (kinds.length > 0) filterConditions.push(sql`${changes.kind} in ${kinds}`)
  if (filters.ops.length > 0) filterConditions.push(sql`${changes.op} in ${filters.ops}`)
  if (filters.recordIds.length > 0)
    filterConditions.push(
      sql`(${changes.recordId} in ${filters.recordIds} or ${changes.parentId} in ${filters.recordIds})`,
    )
  const conditions = filterConditions.map((condition) => sql` and ${condition}`)
  for (let scannedTo = from; scannedTo < upTo; ) {
    const end = Math.min(scannedTo + WINDOW, upTo)
    const match = await reader.get<Match>(
      sql`select ${changes.seq}, ${changes.kind}, ${changes.op}, ${changes.at}
        from ${changes}
        where ${changes.seq} > ${scannedTo} and ${changes.seq} <= ${end}${sql.join(conditions)}
        order by ${changes.seq} limit 1`,
    )
    if (match) return { match, scannedTo: match.seq }
    scannedTo = end
    if (scannedTo < upTo) await betweenQueries()
  }
  return { match: null, scannedTo: Math.max(from, upTo) }
}

/** A webhook with the state of its queue. */
export interface Workload extends Webhook {
  /** The number of deliveries that wait for a retry. */
  retrying: number
  /** When its next delivery is due; for an inactive webhook, its next ping. */
  due: string | null
}

/** The workloads of all webhooks that are not deleted. */
export async function readWorkloads(reader: Reader): Promise<Workload[]> {
  const rows = await reader.all<Row<Workload>>(WORKLOADS, {})
  return rows.map((row) => ({ ...toWebhook(row), retrying: row.retrying, due: row.due }))
}

const pendingOf = sql`${deliveries.webhookId} = ${webhooks.id} and ${deliveries.status} = 'pending'`

const WORKLOADS = sql`select ${webhooks}.*,
    (select count(*) from ${deliveries} where ${pendingOf} and ${deliveries.tries} > 0) as retrying,
    (select min(${deliveries.nextAttemptAt}) from ${deliveries}
      where ${pendingOf} and (${webhooks.status} = 'active' or ${deliveries.seq} is null)) as due
  from ${webhooks}
  where ${webhooks.deletedAt} is null`

export async function countRetrying(reader: Reader, webhookId: string): Promise<number> {
  const row = await reader.get<{ n: number }>(COUNT_RETRYING, { webhookId })
  return row?.n ?? 0
}

const COUNT_RETRYING = sql`select count(*) as n
  from ${deliveries}
  where ${deliveries.webhookId} = ${sql.placeholder('webhookId')}
    and ${deliveries.status} = 'pending'
    and ${deliveries.tries} > 0`

/** The earliest due delivery. @param pingsOnly for a webhook that is not active */
export async function dueDelivery(
  reader: Reader,
  webhookId: string,
  at: string,
  pingsOnly: boolean,
): Promise<Delivery | undefined> {
  const row = await reader.get<Row<Delivery>>(pingsOnly ? DUE_PING : DUE, { webhookId, at })
  return row && toDelivery(row)
}

const isDue = sql`${deliveries.webhookId} = ${sql.placeholder('webhookId')} and ${deliveries.status} = 'pending' and ${deliveries.nextAttemptAt} <= ${sql.placeholder('at')}`
const dueOrder = sql`order by ${deliveries.nextAttemptAt}, ${deliveries.id} limit 1`

const DUE = sql`select * from ${deliveries} where ${isDue} ${dueOrder}`

const DUE_PING = sql`select * from ${deliveries} where ${isDue} and ${deliveries.seq} is null ${dueOrder}`

/** Inserts a delivery that is due now. An existing one of the same change becomes due again with the same id. */
export async function openDelivery(
  writer: Writer,
  { id, webhookId, seq, type, at }: Pick<Delivery, 'id' | 'webhookId' | 'seq' | 'type'> & { at: string },
): Promise<Delivery> {
  const row = await writer.get<Row<Delivery>>(OPEN, { id, webhookId, seq, type, at })
  if (!row) throw new Error('The delivery was not inserted.')
  return toDelivery(row)
}

const OPEN = sql`insert into ${deliveries}
    ("id", "webhookId", "seq", "type", "status", "tries", "attempts", "nextAttemptAt", "createdAt", "updatedAt")
  values (${sql.placeholder('id')}, ${sql.placeholder('webhookId')}, ${sql.placeholder('seq')}, ${sql.placeholder('type')},
    'pending', 0, '[]', ${sql.placeholder('at')}, ${sql.placeholder('at')}, ${sql.placeholder('at')})
  on conflict ("webhookId", "seq") do update set "status" = 'pending', "tries" = 0, "nextAttemptAt" = excluded."nextAttemptAt", "updatedAt" = excluded."updatedAt"
  returning *`

/** Makes a delivery due again with all attempts; earlier attempts stay in its log. */
export const reopenDelivery = (writer: Writer, id: string, at: string) => writer.run(REOPEN, { id, at })

const REOPEN = sql`update ${deliveries}
  set "status" = 'pending', "tries" = 0, "nextAttemptAt" = ${sql.placeholder('at')}, "updatedAt" = ${sql.placeholder('at')}
  where ${deliveries.id} = ${sql.placeholder('id')}`

export const updateDelivery = (writer: Writer, delivery: Delivery) =>
  writer.run(UPDATE_DELIVERY, asRow(delivery))

const UPDATE_DELIVERY = updateById(deliveries, ['status', 'tries', 'attempts', 'nextAttemptAt', 'updatedAt'])

/** Makes the pending retries of a webhook due now. */
export const retryNow = (writer: Writer, webhookId: string, at: string) =>
  writer.run(RETRY_NOW, { webhookId, at })

const RETRY_NOW = sql`update ${deliveries}
  set "nextAttemptAt" = ${sql.placeholder('at')}
  where ${deliveries.webhookId} = ${sql.placeholder('webhookId')}
    and ${deliveries.status} = 'pending'
    and ${deliveries.nextAttemptAt} > ${sql.placeholder('at')}`

export async function findDelivery(
  reader: Reader,
  webhookId: string,
  id: string,
): Promise<Delivery | undefined> {
  const row = await reader.get<Row<Delivery>>(FIND_DELIVERY, { webhookId, id })
  return row && toDelivery(row)
}

const FIND_DELIVERY = sql`select * from ${deliveries} where ${deliveries.id} = ${sql.placeholder('id')} and ${deliveries.webhookId} = ${sql.placeholder('webhookId')}`

/** A page of deliveries, newest first. @param before an id; null for the first page */
export async function listDeliveries(
  reader: Reader,
  webhookId: string,
  { statuses, before, limit }: { statuses: string[] | null; before: string | null; limit: number },
): Promise<Delivery[]> {
  const rows = await reader.all<Row<Delivery>>(
    sql`select *
      from ${deliveries}
      where ${deliveries.webhookId} = ${webhookId}
        ${statuses ? sql`and ${deliveries.status} in ${statuses}` : sql.empty()}
        ${before === null ? sql.empty() : sql`and ${deliveries.id} < ${before}`}
      order by ${deliveries.id} desc ${sql.limit(limit)}`,
  )
  return rows.map(toDelivery)
}

const PRUNABLE = sql`(${deliveries.updatedAt} < ${sql.placeholder('before')} and ${deliveries.status} <> 'pending')
  or ${deliveries.webhookId} in (select ${webhooks.id} from ${webhooks} where ${webhooks.deletedAt} is not null)`

const ANY_PRUNABLE = sql`select 1 as one from ${deliveries} where ${PRUNABLE} limit 1`

const PRUNE = sql`delete from ${deliveries} where ${deliveries.id} in (select ${deliveries.id} from ${deliveries} where ${PRUNABLE} limit 500)`

/** Whether there are deliveries to prune: finished before an instant, or of a deleted webhook. */
export const anyPrunable = async (reader: Reader, before: string) =>
  (await reader.get(ANY_PRUNABLE, { before })) !== undefined

/** Deletes a batch of them; small, so that other writes do not wait long. */
export const prune = (writer: Writer, before: string) => writer.run(PRUNE, { before })

/** Whether there are deliveries with stamps of a later time: the clock went back. */
export const anyFromTheFuture = async (reader: Reader, limits: { at: string; later: string }) =>
  (await reader.get(ANY_FROM_THE_FUTURE, limits)) !== undefined

const FROM_THE_FUTURE = sql`${deliveries.updatedAt} > ${sql.placeholder('later')}`

const ANY_FROM_THE_FUTURE = sql`select 1 as one from ${deliveries} where ${FROM_THE_FUTURE} limit 1`

/** Makes them due now. */
export const reschedule = (writer: Writer, limits: { at: string; later: string }) =>
  writer.run(RESCHEDULE, limits)

const RESCHEDULE = sql`update ${deliveries} set "updatedAt" = ${sql.placeholder('at')}, "nextAttemptAt" = case when ${deliveries.status} = 'pending' then ${sql.placeholder('at')} else ${deliveries.nextAttemptAt} end where ${FROM_THE_FUTURE}`
