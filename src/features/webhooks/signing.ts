// Secrets, signatures and retry times of webhooks (Standard Webhooks).
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A new signing secret: `whsec_` and the base64 of 32 random bytes. */
export const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** The signature headers of a message (Standard Webhooks). */
export interface SignatureHeaders {
  'webhook-id': string
  /** Seconds since 1970. */
  'webhook-timestamp': string
  'webhook-signature': string
}

/** Signs a message with each secret, so that a receiver can verify it with any of them. */
export function sign(id: string, at: Date, body: string, secrets: readonly string[]): SignatureHeaders {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / SECOND)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}

/** The delays after the first attempt, the second and so on: about 75 hours in total. */
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

/** Each delay varies by this fraction, so that deliveries that failed together are not retried together. */
const JITTER = 0.1

/**
 * The delay before the next attempt in milliseconds; null after the last attempt.
 * @param attempts the number of attempts so far
 * @param random from 0 to 1
 * @param retryAfter the minimum delay, from a Retry-After header, in milliseconds
 */
export function retryDelay(
  attempts: number,
  random: number,
  retryAfter: number | null = null,
): number | null {
  const delay = RETRY_AFTER_MS[attempts - 1]
  if (delay === undefined) return null
  return Math.max(Math.round(delay * (1 - JITTER + 2 * JITTER * random)), retryAfter ?? 0)
}

/** Parses a `Retry-After` header (RFC 9110, section 10.2.3). @returns milliseconds, at most a day; null without a valid value */
export function parseRetryAfter(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null
  const wait = /^\d{1,9}$/.test(header.trim()) ? Number(header) * SECOND : Date.parse(header) - now.getTime()
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), DAY)
}
