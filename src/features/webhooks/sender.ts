// Reads the change log and sends webhooks. The queue of a webhook is its position in the log, so it survives restarts.
import { randomUUID } from 'node:crypto'
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { newId } from '../../core/ids.ts'
import type { Engine, Writer } from '../../db/engine.ts'
import type { Resolve } from '../../http/outgoing.ts'
import { lastSeq } from '../../records/read/view.ts'
import { changeAt } from '../changes.ts'
import { type Outcome, WebhookClient } from './client.ts'
import { DAY, parseRetryAfter, retryDelay, sign } from './signing.ts'
import {
  anyFromTheFuture,
  anyPrunable,
  countRetrying,
  type Delivery,
  dueDelivery,
  findDelivery,
  findWebhook,
  type Match,
  nextMatch,
  openDelivery,
  prune,
  readWorkloads,
  reschedule,
  retryNow,
  updateDelivery,
  updateWebhook,
  type Webhook,
  type Workload,
} from './store.ts'

/** The maximum number of deliveries of a webhook that wait for a retry; then it gets no new ones. */
export const MAX_RETRYING = 10
/** A webhook without a success for this long is disabled. */
const FAILING_MS = 5 * DAY
/** How long finished deliveries are stored. */
const RETENTION_MS = 30 * DAY
/** The maximum number of stored attempts per delivery. */
const MAX_ATTEMPTS = 20
const TIMEOUT_MS = 15_000
/** How long a process may send for a webhook exclusively: longer than an attempt can take. */
const LEASE_MS = 30_000
/** How far the clocks of instances may differ. What lies further ahead was stored before the clock went back. */
const MAX_CLOCK_SKEW_MS = 300_000
/** How often to poll for writes of other processes and for due deliveries, with and without webhooks. */
const POLL_MS = 1000
const IDLE_POLL_MS = 60_000
/** How long to wait after a commit, so that commits in quick succession are handled together. */
const DEBOUNCE_MS = 10
const PRUNE_EVERY_MS = 3_600_000
/** How many skipped changes may be read again after a restart. */
const MAX_UNSAVED_CHANGES = 1000

export interface SenderOptions {
  engine: Engine
  clock: () => Date
  logger: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  version: string
  /** Whether webhooks may point to private addresses. */
  allowPrivate: boolean
  timeoutMs?: number | undefined
  resolve?: Resolve | undefined
  random?: (() => number) | undefined
}

/** A claimed delivery. */
interface Job {
  webhook: Webhook
  delivery: Delivery
}

interface Result extends Job {
  at: Date
  outcome: Outcome
}

/** The next work for a webhook. */
interface PendingWork {
  /** The version and position of the webhook when it was read. */
  version: number
  seq: number
  /** The next change that matches its filters; null if none was found. */
  match: Match | null
  /** The position in the log up to which it was scanned. */
  scannedTo: number
  /** Whether a delivery is due. */
  due: boolean
}

const EVENT_NAMES = { create: 'created', update: 'updated', delete: 'deleted', merge: 'merged' } as Record<
  string,
  string
>

export class Sender {
  readonly #engine: Engine
  readonly #clock: () => Date
  readonly #logger: SenderOptions['logger']
  readonly #client: WebhookClient
  readonly #random: () => number
  /** Identifies this sender as the owner of a lease. */
  readonly #senderId = randomUUID()
  readonly #stopped = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  /** How far the log was scanned for a webhook beyond its stored position, by id. */
  readonly #scanned = new Map<string, { version: number; seq: number; scannedTo: number }>()
  #loop: Promise<void> = Promise.resolve()
  #woken = new AbortController()
  #prunedAt = Number.NEGATIVE_INFINITY

  constructor({ engine, clock, logger, version, allowPrivate, timeoutMs, resolve, random }: SenderOptions) {
    this.#engine = engine
    this.#clock = clock
    this.#logger = logger
    this.#random = random ?? Math.random
    this.#client = new WebhookClient({
      allowPrivate,
      resolve,
      timeoutMs: timeoutMs ?? TIMEOUT_MS,
      userAgent: `sco-tracker/${version} (webhooks)`,
    })
  }

  /** Starts sending. Resolves after the first read of the database. */
  async start(): Promise<void> {
    const wait = await this.#startDueWork()
    this.#loop = this.#run(wait)
  }

  /** Call after a write to webhooks or deliveries. */
  wake(): void {
    this.#woken.abort()
  }

  /** Like `wake`, and also removes the deliveries of deleted webhooks. */
  wakeToPrune(): void {
    this.#prunedAt = Number.NEGATIVE_INFINITY
    this.wake()
  }

  /** Stops. Requests in progress are aborted, and sent again after a restart with the same id. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.wake()
    await this.#loop
    await Promise.all(this.#running.values())
    this.#client.close()
  }

  async #run(firstWait: () => Promise<void>): Promise<void> {
    let wait = firstWait
    while (!this.#stopped.signal.aborted) {
      await wait()
      await this.#pause(DEBOUNCE_MS)
      if (this.#stopped.signal.aborted) return
      wait = await this.#startDueWork()
    }
  }

  /** Starts sending for every webhook that has work. @returns a function that waits until there may be more */
  async #startDueWork(): Promise<() => Promise<void>> {
    this.#woken = new AbortController()
    const woken = this.#woken.signal
    try {
      const workloads = await readWorkloads(this.#engine.reader)
      await this.#pruneHourly()
      if (workloads.length === 0)
        return () => sleep(IDLE_POLL_MS, undefined, { signal: woken, ref: false }).catch(() => {})
      const now = this.#clock()
      const at = now.toISOString()
      if (await this.#rescheduled(now)) return async () => {}
      const last = await lastSeq(this.#engine.reader)
      let soonest = POLL_MS
      for (const work of workloads) {
        if (this.#running.has(work.id)) continue
        const availableAt = notBefore(work, this.#senderId, now)
        if (availableAt <= at && this.#hasWork(work, last, at)) this.#startServing(work.id)
        else if (work.due !== null) {
          const due = Date.parse(work.due > availableAt ? work.due : availableAt) - now.getTime()
          soonest = Math.max(Math.min(soonest, due), 0)
        }
      }
      return () => this.#engine.waitForCommit(soonest, woken)
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#logger.warn({ err: error }, 'webhooks could not be read')
      return () => this.#pause(POLL_MS)
    }
  }

  /** Makes deliveries due that were scheduled before the clock went back. @returns whether there were any */
  async #rescheduled(now: Date): Promise<boolean> {
    const limits = { at: now.toISOString(), later: later(now, MAX_CLOCK_SKEW_MS) }
    if (!(await anyFromTheFuture(this.#engine.reader, limits))) return false
    this.#logger.warn('the clock went back; waiting webhook deliveries are sent now')
    await this.#engine.write((writer) => reschedule(writer, limits))
    return true
  }

  #hasWork(work: Workload, last: number, at: string): boolean {
    if (work.due !== null && work.due <= at) return true
    return work.status === 'active' && work.retrying < MAX_RETRYING && this.#scannedTo(work) < last
  }

  #scannedTo({ id, version, seq }: Pick<Webhook, 'id' | 'version' | 'seq'>): number {
    const scanned = this.#scanned.get(id)
    return scanned && scanned.version === version && scanned.seq === seq ? scanned.scannedTo : seq
  }

  #startServing(id: string): void {
    this.#running.set(
      id,
      this.#serve(id).finally(() => {
        this.#running.delete(id)
        this.wake()
      }),
    )
  }

  /** Sends the due deliveries of a webhook one after the other. */
  async #serve(id: string): Promise<void> {
    try {
      let result: Result | null = null
      for (;;) {
        const work = await this.#findWork(id)
        if (!result && (!work || !needsWrite(work))) return
        const job = await this.#saveAndClaim(id, work, result)
        if (!job) return
        result = await this.#send(job)
      }
    } catch (error) {
      this.#logger.error({ err: error, webhook: id }, 'webhook deliveries could not be processed')
      await this.#pause(POLL_MS)
    }
  }

  async #findWork(id: string): Promise<PendingWork | null> {
    const { reader } = this.#engine
    const webhook = await findWebhook(reader, id)
    if (!webhook || webhook.deletedAt !== null) {
      this.#scanned.delete(id)
      return null
    }
    const { version, seq } = webhook
    const active = webhook.status === 'active'
    const at = this.#clock().toISOString()
    const due = (await dueDelivery(reader, id, at, !active)) !== undefined
    if (!active) return { version, seq, match: null, scannedTo: seq, due }
    const last = await lastSeq(reader)
    const { match, scannedTo } = await nextMatch(reader, webhook, this.#scannedTo(webhook), last, nextTick)
    this.#scanned.set(id, { version, seq, scannedTo: match ? match.seq - 1 : scannedTo })
    return { version, seq, match, scannedTo, due }
  }

  /**
   * In one write, stores the result of the last delivery and claims the next. Only this advances the position of a webhook in
   * the log, and only while this sender has the lease.
   */
  #saveAndClaim(id: string, work: PendingWork | null, result: Result | null): Promise<Job | null> {
    return this.#engine.write(async (writer) => {
      const now = this.#clock()
      const at = now.toISOString()
      const stored = await findWebhook(writer, id)
      if (!stored || leaseOfAnother(stored, this.#senderId, now) > at) return null
      let webhook = stored
      if (result) webhook = await this.#saveResult(writer, webhook, result, now)
      const next = this.#stopped.signal.aborted ? null : await this.#claimNext(writer, webhook, work, now)
      if (next?.seq !== undefined) webhook = { ...webhook, seq: next.seq }
      const leasedUntil = next?.delivery ? new Date(now.getTime() + LEASE_MS).toISOString() : null
      webhook = { ...webhook, leasedBy: leasedUntil && this.#senderId, leasedUntil }
      if (JSON.stringify(webhook) !== JSON.stringify(stored)) await updateWebhook(writer, webhook)
      return next?.delivery ? { webhook, delivery: next.delivery } : null
    })
  }

  /** The next delivery and the new position in the log, if it changes. */
  async #claimNext(
    writer: Writer,
    webhook: Webhook,
    work: PendingWork | null,
    now: Date,
  ): Promise<{ delivery?: Delivery; seq?: number } | null> {
    const at = now.toISOString()
    if (webhook.deletedAt !== null || holdOf(webhook, now) > at) return null
    const active = webhook.status === 'active'
    const due = await dueDelivery(writer, webhook.id, at, !active)
    if (due) return { delivery: due }
    if (!active || !isCurrent(work, webhook)) return null
    if (!work.match) return hasSkippedMany(work) ? { seq: work.scannedTo } : null
    if ((await countRetrying(writer, webhook.id)) >= MAX_RETRYING) return null
    const { seq, kind, op } = work.match
    const type = `${kind}.${EVENT_NAMES[op] ?? op}`
    const delivery = await openDelivery(writer, { id: newId('dlv'), webhookId: webhook.id, seq, type, at })
    return { delivery, seq }
  }

  /** Saves the result of an attempt. @returns the changed webhook */
  async #saveResult(writer: Writer, webhook: Webhook, result: Result, now: Date): Promise<Webhook> {
    const { outcome } = result
    const at = now.toISOString()
    const delivery = await findDelivery(writer, webhook.id, result.delivery.id)
    if (!delivery) return webhook
    const { statusCode, error, answer, durationMs } = outcome
    const attempt = { at: result.at.toISOString(), durationMs, statusCode, error, answer }
    const updated = {
      ...delivery,
      tries: delivery.tries + 1,
      attempts: [...delivery.attempts, attempt].slice(-MAX_ATTEMPTS),
      updatedAt: at,
    }
    if (succeeded(outcome)) {
      await updateDelivery(writer, { ...updated, status: 'delivered', nextAttemptAt: null })
      if (delivery.seq === null) return webhook
      // The receiver works again, so deliveries that blocked new ones are retried immediately.
      if (delivery.tries > 0 && (await countRetrying(writer, webhook.id)) >= MAX_RETRYING - 1)
        await retryNow(writer, webhook.id, at)
      return { ...webhook, failingSince: null, holdUntil: null }
    }
    const retryAfter =
      statusCode === 429 || statusCode === 503 ? parseRetryAfter(outcome.retryAfter, now) : null
    // A ping gets one attempt.
    const delay = delivery.seq === null ? null : retryDelay(updated.tries, this.#random(), retryAfter)
    const later = (ms: number) => new Date(now.getTime() + ms).toISOString()
    // A delivery with a 410 response is sent again if the webhook is reactivated.
    const gone = delivery.seq !== null && statusCode === 410
    await updateDelivery(writer, {
      ...updated,
      status: delay === null && !gone ? 'failed' : 'pending',
      nextAttemptAt: gone ? at : delay === null ? null : later(delay),
    })
    this.#logger.info(
      { webhook: webhook.id, delivery: delivery.id, statusCode, error, tries: updated.tries },
      'webhook delivery failed',
    )
    if (delivery.seq === null) return webhook
    const failingSince = webhook.failingSince ?? at
    const failing = now.getTime() - Date.parse(failingSince) >= FAILING_MS
    const failed = { ...webhook, failingSince, holdUntil: retryAfter ? later(retryAfter) : null }
    if (webhook.status !== 'active' || !(gone || failing)) return failed
    const disabledBecause = gone ? 'gone' : 'failing'
    this.#logger.warn({ webhook: webhook.id, disabledBecause }, 'webhook disabled')
    return { ...failed, status: 'disabled', disabledBecause, version: webhook.version + 1, updatedAt: at }
  }

  /** @returns null if the sender was stopped before a response arrived */
  async #send({ webhook, delivery }: Job): Promise<Result | null> {
    const at = this.#clock()
    const body = await this.#body(webhook, delivery)
    if (body === null) {
      const error = `The change log has no change ${delivery.seq}.`
      return {
        webhook,
        delivery,
        at,
        outcome: { statusCode: null, error, answer: null, retryAfter: undefined, durationMs: 0 },
      }
    }
    const { secret, previousSecret, previousUntil } = webhook
    const previous = (previousUntil ?? '') > at.toISOString() ? previousSecret : null
    const secrets = [secret, previous].filter((one) => one !== null)
    const headers = { ...sign(delivery.id, at, body, secrets) }
    const outcome = await this.#client.post(webhook.url, headers, body, this.#stopped.signal)
    if (this.#stopped.signal.aborted && outcome.statusCode === null) return null
    return { webhook, delivery, at, outcome }
  }

  /** @returns null if the change is missing, as after restoring an older backup */
  async #body(webhook: Webhook, { seq, type, createdAt }: Delivery): Promise<string | null> {
    if (seq === null) return JSON.stringify({ type, timestamp: createdAt, data: { webhookId: webhook.id } })
    const change = await changeAt(this.#engine.reader, seq)
    if (change === undefined) return null
    return `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(change.at)},"data":${change.json}}`
  }

  async #pruneHourly(): Promise<void> {
    const now = this.#clock().getTime()
    if (now - this.#prunedAt < PRUNE_EVERY_MS) return
    this.#prunedAt = now
    const before = new Date(now - RETENTION_MS).toISOString()
    while (!this.#stopped.signal.aborted && (await anyPrunable(this.#engine.reader, before)))
      await this.#engine.write((writer) => prune(writer, before))
  }

  /** Waits until the time has passed or the sender is stopped. */
  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopped.signal }).catch(() => {})
  }
}

const succeeded = ({ statusCode }: Outcome) => statusCode !== null && statusCode >= 200 && statusCode < 300

/** The time before which this sender may not send for a webhook: a lease of another sender or a pause that the receiver asked for. */
function notBefore(work: Workload, senderId: string, now: Date): string {
  const lease = leaseOfAnother(work, senderId, now)
  const hold = holdOf(work, now)
  return lease > hold ? lease : hold
}

const leaseOfAnother = ({ leasedBy, leasedUntil }: Webhook, senderId: string, now: Date): string =>
  leasedBy === senderId ? '' : bounded(leasedUntil, later(now, LEASE_MS + MAX_CLOCK_SKEW_MS))

const holdOf = ({ holdUntil }: Webhook, now: Date): string =>
  bounded(holdUntil, later(now, DAY + MAX_CLOCK_SKEW_MS))

const bounded = (until: string | null, most: string): string => (until === null || until > most ? '' : until)

const later = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString()

/** Whether the work was found for the current version and position of the webhook. */
const isCurrent = (work: PendingWork | null, { version, seq }: Webhook): work is PendingWork =>
  work !== null && work.version === version && work.seq === seq

const hasSkippedMany = ({ scannedTo, seq }: PendingWork) => scannedTo - seq >= MAX_UNSAVED_CHANGES

const needsWrite = (work: PendingWork) => work.due || work.match !== null || hasSkippedMany(work)
