// Follows the change log for every webhook, and sends. What a webhook is to be told next is its place in the log, so
// what is not sent yet costs neither memory nor rows, and a restart goes on where it was.
import { randomUUID } from 'node:crypto'
import { setImmediate as breathe, setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { newId } from '../../core/ids.ts'
import type { Engine, Writer } from '../../db/engine.ts'
import { lastSeq } from '../../records/read/view.ts'
import { changeAt } from '../changes.ts'
import { type Outcome, Poster, type Resolve } from './send.ts'
import { DAY, retryAfter, retryDelay, signed } from './signing.ts'
import {
  anyPrunable,
  countRetrying,
  type Delivery,
  dueDelivery,
  findDelivery,
  findWebhook,
  hasten,
  type Match,
  nextMatch,
  openDelivery,
  prune,
  updateDelivery,
  updateWebhook,
  type Webhook,
  type Workload,
  workloads,
} from './store.ts'

/** While so many deliveries of a webhook wait to be tried again, nothing new is sent to it. */
export const MAX_RETRYING = 10
/** A webhook that met nothing but failures for so long is disabled. */
const FAILING_MS = 5 * DAY
/** How long a delivery stays in the log once it has ended. */
const KEPT_MS = 30 * DAY
/** How many tries of a delivery the log shows. */
const MAX_ATTEMPTS = 20
const TIMEOUT_MS = 15_000
/** How long a webhook belongs to the process that sends for it: longer than a try can last. */
const LEASE_MS = 30_000
/** How often is looked whether another process wrote, or a time has come; and while there are no webhooks. */
const LOOK_EVERY_MS = 1000
const LOOK_IDLE_MS = 60_000
/** Commits that come one behind the other are looked at together. */
const GATHER_MS = 10
const PRUNE_EVERY_MS = 3_600_000
/** How many changes that a webhook did not ask for may be looked at again after a restart. */
const MAX_UNSAVED = 1000

export interface SenderOptions {
  engine: Engine
  clock: () => Date
  logger: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  version: string
  /** Lets webhooks lead to private addresses. */
  allowPrivate: boolean
  timeoutMs?: number | undefined
  resolve?: Resolve | undefined
  random?: (() => number) | undefined
}

/** Something to send, claimed. */
interface Job {
  webhook: Webhook
  delivery: Delivery
}

interface Result extends Job {
  at: Date
  outcome: Outcome
}

/** What a look found for a webhook, without writing. */
interface Found {
  /** The webhook as it was then. */
  version: number
  seq: number
  /** The next change that it asks for; null when there is none as far as was looked. */
  match: Match | null
  seen: number
  /** Whether a delivery of it is due. */
  due: boolean
}

const PAST = { create: 'created', update: 'updated', delete: 'deleted' } as Record<string, string>

export class Sender {
  readonly #engine: Engine
  readonly #clock: () => Date
  readonly #logger: SenderOptions['logger']
  readonly #poster: Poster
  readonly #random: () => number
  /** Who holds a lease: this sender, of all processes. */
  readonly #me = randomUUID()
  readonly #stopped = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  /** How far the log was looked through for a webhook, where that is not saved: by id, and as it stood in the database. */
  readonly #seen = new Map<string, { version: number; seq: number; seen: number }>()
  #loop: Promise<void> = Promise.resolve()
  #awake = new AbortController()
  #prunedAt = Number.NEGATIVE_INFINITY

  constructor({ engine, clock, logger, version, allowPrivate, timeoutMs, resolve, random }: SenderOptions) {
    this.#engine = engine
    this.#clock = clock
    this.#logger = logger
    this.#random = random ?? Math.random
    this.#poster = new Poster({
      allowPrivate,
      resolve,
      timeoutMs: timeoutMs ?? TIMEOUT_MS,
      userAgent: `sco-tracker/${version} (webhooks)`,
    })
  }

  /** Begins. Resolves when it was looked what there is to do. */
  async start(): Promise<void> {
    const rest = await this.#lookOrWait()
    this.#loop = this.#follow(rest)
  }

  /** Something about webhooks was written. */
  wake(): void {
    this.#awake.abort()
  }

  /** As `wake`, and what belongs to a webhook that was deleted is taken away. */
  wakeToPrune(): void {
    this.#prunedAt = Number.NEGATIVE_INFINITY
    this.wake()
  }

  /** Ends. What is under way is broken off and sent again later, under the same id. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.wake()
    await this.#loop
    await Promise.all(this.#running.values())
    this.#poster.close()
  }

  async #follow(first: () => Promise<void>): Promise<void> {
    let rest = first
    while (!this.#stopped.signal.aborted) {
      await rest()
      await this.#pause(GATHER_MS)
      if (this.#stopped.signal.aborted) return
      rest = await this.#lookOrWait()
    }
  }

  /** Looks what is to be done and has it begun. @returns how to wait for more */
  async #lookOrWait(): Promise<() => Promise<void>> {
    // Whoever wakes from here on means a look after this one.
    this.#awake = new AbortController()
    const woken = this.#awake.signal
    try {
      const works = await workloads(this.#engine.reader)
      await this.#pruneAtTimes()
      // Without webhooks nothing is asked of the database: their routes wake, another process is seen in a while.
      if (works.length === 0)
        return () => pause(LOOK_IDLE_MS, undefined, { signal: woken, ref: false }).catch(() => {})
      const last = await lastSeq(this.#engine.reader)
      const now = this.#clock()
      const at = now.toISOString()
      let soonest = LOOK_EVERY_MS
      for (const work of works) {
        if (this.#running.has(work.id)) continue
        const free = notBefore(work, this.#me)
        if (free <= at && this.#hasWork(work, last, at)) this.#begin(work.id)
        else if (work.due !== null) {
          const due = Date.parse(work.due > free ? work.due : free) - now.getTime()
          soonest = Math.max(Math.min(soonest, due), 0)
        }
      }
      return () => this.#engine.waitForCommit(soonest, woken)
    } catch (error) {
      // It is looked again in a moment; whoever asks of the database meanwhile gets the fault as its own.
      if (!this.#stopped.signal.aborted) this.#logger.warn({ err: error }, 'webhooks could not be looked at')
      return () => this.#pause(LOOK_EVERY_MS)
    }
  }

  #hasWork(work: Workload, last: number, at: string): boolean {
    if (work.due !== null && work.due <= at) return true
    return work.status === 'active' && work.retrying < MAX_RETRYING && this.#seenOf(work) < last
  }

  #seenOf({ id, version, seq }: Pick<Webhook, 'id' | 'version' | 'seq'>): number {
    const known = this.#seen.get(id)
    return known && known.version === version && known.seq === seq ? known.seen : seq
  }

  #begin(id: string): void {
    this.#running.set(
      id,
      this.#serve(id).finally(() => {
        this.#running.delete(id)
        this.wake()
      }),
    )
  }

  /** Sends what there is for one webhook, one after the other, until nothing is due. */
  async #serve(id: string): Promise<void> {
    try {
      let result: Result | null = null
      for (;;) {
        const found = await this.#find(id)
        if (!result && (!found || !worthAWrite(found))) return
        const job = await this.#advance(id, found, result)
        if (!job) return
        result = await this.#send(job)
      }
    } catch (error) {
      this.#logger.error({ err: error, webhook: id }, 'a webhook could not be served')
      await this.#pause(LOOK_EVERY_MS)
    }
  }

  /** What there is to do for a webhook. */
  async #find(id: string): Promise<Found | null> {
    const { reader } = this.#engine
    const webhook = await findWebhook(reader, id)
    if (!webhook || webhook.deletedAt !== null) {
      this.#seen.delete(id)
      return null
    }
    const { version, seq } = webhook
    const active = webhook.status === 'active'
    const at = this.#clock().toISOString()
    const due = (await dueDelivery(reader, id, at, !active)) !== undefined
    if (!active) return { version, seq, match: null, seen: seq, due }
    const last = await lastSeq(reader)
    const { match, seen } = await nextMatch(reader, webhook, this.#seenOf(webhook), last, breathe)
    this.#seen.set(id, { version, seq, seen: match ? match.seq - 1 : seen })
    return { version, seq, match, seen, due }
  }

  /**
   * One write: keeps what became of the last delivery, and claims the next. Nothing but this moves a webhook's place
   * in the log, and only while the webhook is this sender's.
   */
  #advance(id: string, found: Found | null, result: Result | null): Promise<Job | null> {
    return this.#engine.write(async (writer) => {
      const now = this.#clock()
      const at = now.toISOString()
      const stored = await findWebhook(writer, id)
      if (!stored || (stored.leasedBy !== this.#me && (stored.leasedUntil ?? '') > at)) return null
      let webhook = stored
      if (result) webhook = await this.#keep(writer, webhook, result, now)
      const next = this.#stopped.signal.aborted ? null : await this.#next(writer, webhook, found, at)
      if (next?.seq !== undefined) webhook = { ...webhook, seq: next.seq }
      const leasedUntil = next?.delivery ? new Date(now.getTime() + LEASE_MS).toISOString() : null
      webhook = { ...webhook, leasedBy: leasedUntil && this.#me, leasedUntil }
      if (JSON.stringify(webhook) !== JSON.stringify(stored)) await updateWebhook(writer, webhook)
      return next?.delivery ? { webhook, delivery: next.delivery } : null
    })
  }

  /** What to send next, and where in the log the webhook stands with it, if that moves. */
  async #next(
    writer: Writer,
    webhook: Webhook,
    found: Found | null,
    at: string,
  ): Promise<{ delivery?: Delivery; seq?: number } | null> {
    if (webhook.deletedAt !== null || (webhook.holdUntil ?? '') > at) return null
    const active = webhook.status === 'active'
    const due = await dueDelivery(writer, webhook.id, at, !active)
    if (due) return { delivery: due }
    if (!active || !isOf(found, webhook)) return null
    if (!found.match) return farAhead(found) ? { seq: found.seen } : null
    if ((await countRetrying(writer, webhook.id)) >= MAX_RETRYING) return null
    const { seq, kind, op } = found.match
    const type = `${kind}.${PAST[op] ?? op}`
    const delivery = await openDelivery(writer, { id: newId('dlv'), webhookId: webhook.id, seq, type, at })
    return { delivery, seq }
  }

  /** Keeps what became of a try. @returns the webhook as it is after it */
  async #keep(writer: Writer, webhook: Webhook, result: Result, now: Date): Promise<Webhook> {
    const { outcome } = result
    const at = now.toISOString()
    const delivery = await findDelivery(writer, webhook.id, result.delivery.id)
    if (!delivery) return webhook
    const { statusCode, error, answer, durationMs } = outcome
    const attempt = { at: result.at.toISOString(), durationMs, statusCode, error, answer }
    const kept = {
      ...delivery,
      tries: delivery.tries + 1,
      attempts: [...delivery.attempts, attempt].slice(-MAX_ATTEMPTS),
      updatedAt: at,
    }
    if (succeeded(outcome)) {
      await updateDelivery(writer, { ...kept, status: 'delivered', nextAttemptAt: null })
      if (delivery.seq === null) return webhook
      // The receiver is back: what kept new changes from being sent need not wait any longer.
      if (delivery.tries > 0 && (await countRetrying(writer, webhook.id)) >= MAX_RETRYING - 1)
        await hasten(writer, webhook.id, at)
      return { ...webhook, failingSince: null, holdUntil: null }
    }
    const asked = statusCode === 429 || statusCode === 503 ? retryAfter(outcome.retryAfter, now) : null
    // A ping is tried once.
    const delay = delivery.seq === null ? null : retryDelay(kept.tries, this.#random(), asked)
    const later = (ms: number) => new Date(now.getTime() + ms).toISOString()
    // What the receiver's 410 met is sent again should the webhook ever be active again.
    const gone = delivery.seq !== null && statusCode === 410
    await updateDelivery(writer, {
      ...kept,
      status: delay === null && !gone ? 'failed' : 'pending',
      nextAttemptAt: gone ? at : delay === null ? null : later(delay),
    })
    this.#logger.info(
      { webhook: webhook.id, delivery: delivery.id, statusCode, error, tries: kept.tries },
      'a webhook was not delivered',
    )
    if (delivery.seq === null) return webhook
    const failingSince = webhook.failingSince ?? at
    const failing = now.getTime() - Date.parse(failingSince) >= FAILING_MS
    const told = { ...webhook, failingSince, holdUntil: asked ? later(asked) : null }
    if (webhook.status !== 'active' || !(gone || failing)) return told
    const disabledBecause = gone ? 'gone' : 'failing'
    this.#logger.warn({ webhook: webhook.id, disabledBecause }, 'a webhook was disabled')
    return { ...told, status: 'disabled', disabledBecause, version: webhook.version + 1, updatedAt: at }
  }

  /** Sends, and says what became of it; null when the sender was stopped meanwhile. */
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
    const headers = { ...signed(delivery.id, at, body, secrets) }
    const outcome = await this.#poster.post(webhook.url, headers, body, this.#stopped.signal)
    // A try that was broken off counts for nothing; one that was answered just before counts.
    if (this.#stopped.signal.aborted && outcome.statusCode === null) return null
    return { webhook, delivery, at, outcome }
  }

  /** @returns null when the change is not there: the database was put back to an older copy */
  async #body(webhook: Webhook, { seq, type, createdAt }: Delivery): Promise<string | null> {
    if (seq === null) return JSON.stringify({ type, timestamp: createdAt, data: { webhookId: webhook.id } })
    const change = await changeAt(this.#engine.reader, seq)
    if (change === undefined) return null
    return `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(change.at)},"data":${change.json}}`
  }

  async #pruneAtTimes(): Promise<void> {
    const now = this.#clock().getTime()
    if (now - this.#prunedAt < PRUNE_EVERY_MS) return
    this.#prunedAt = now
    const before = new Date(now - KEPT_MS).toISOString()
    while (!this.#stopped.signal.aborted && (await anyPrunable(this.#engine.reader, before)))
      await this.#engine.write((writer) => prune(writer, before))
  }

  /** A while, or until the sender is stopped. */
  #pause(ms: number): Promise<void> {
    return pause(ms, undefined, { signal: this.#stopped.signal }).catch(() => {})
  }
}

const succeeded = ({ statusCode }: Outcome) => statusCode !== null && statusCode >= 200 && statusCode < 300

/** Before when nothing may be sent for a webhook by this sender: the lease of another, the pause that was asked for. */
function notBefore(work: Workload, me: string): string {
  const lease = work.leasedBy === me ? '' : (work.leasedUntil ?? '')
  const hold = work.holdUntil ?? ''
  return lease > hold ? lease : hold
}

/** Was this found for the webhook as it stands now? */
const isOf = (found: Found | null, { version, seq }: Webhook): found is Found =>
  found !== null && found.version === version && found.seq === seq

const farAhead = ({ seen, seq }: Found) => seen - seq >= MAX_UNSAVED

const worthAWrite = (found: Found) => found.due || found.match !== null || farAhead(found)
