// Standard Webhooks, the part that is arithmetic: secrets, signatures, and when to try again.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, randomBytes } from 'node:crypto'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A new signing secret: `whsec_` and the base64 of 32 random bytes. */
export const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** What goes into a `webhook-` header of a message that is sent now. */
export interface Signed {
  'webhook-id': string
  /** Seconds since 1970. */
  'webhook-timestamp': string
  'webhook-signature': string
}

/** Signs a message with each of the secrets, so that a receiver who knows any one of them can verify it. */
export function signed(id: string, at: Date, body: string, secrets: readonly string[]): Signed {
  const timestamp = String(Math.floor(at.getTime() / SECOND))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

/** How long to wait after the first try, the second …; behind the last there is none. About 75 hours in all. */
export const RETRY_AFTER_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const

/** Each wait is this part longer or shorter, so that what failed together does not come back together. */
const JITTER = 0.1

/**
 * How long to wait for the next try, in milliseconds; null when there is none.
 * @param tries how many there were
 * @param random from 0 to 1
 * @param asked what the receiver asked for, in milliseconds: never less than that
 */
export function retryDelay(tries: number, random: number, asked: number | null = null): number | null {
  const delay = RETRY_AFTER_MS[tries - 1]
  if (delay === undefined) return null
  return Math.max(Math.round(delay * (1 - JITTER + 2 * JITTER * random)), asked ?? 0)
}

/** The wait that a `Retry-After` asks for (RFC 9110, section 10.2.3), in milliseconds, at most a day; null when there is none. */
export function retryAfter(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null
  const given = /^\d{1,9}$/.test(header.trim()) ? Number(header) * SECOND : Date.parse(header) - now.getTime()
  return Number.isNaN(given) ? null : Math.min(Math.max(given, 0), DAY)
}
