// Verifies the signature of a webhook request (Standard Webhooks), with Web Crypto alone.
import type { Change, WebhookPing } from './schema.ts'

/** The body of a webhook request. */
export type WebhookEvent =
  | { type: 'webhook.ping'; timestamp: string; data: WebhookPing }
  | {
      type: `${Change['kind']}.${'created' | 'updated' | 'deleted' | 'merged'}`
      timestamp: string
      data: Change
    }

/** The request was not signed with one of the secrets, was changed on its way, or is too old. Answer with 401. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError'
}

export interface VerifyOptions {
  /** How far `webhook-timestamp` may be from now, in seconds. Default: 300. */
  tolerance?: number
  /** Default: the clock, in milliseconds since 1970. */
  now?: number
}

type HeadersLike = Headers | Record<string, string | string[] | undefined>

/**
 * Verifies a webhook request and parses its body. One matching signature is enough, so that secrets can be rotated.
 * @param body as it was received: text or bytes, not yet parsed
 * @param headers those of the request, with names in lower case
 * @param secrets one or several, `whsec_…`
 * @throws WebhookVerificationError
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: HeadersLike,
  secrets: string | readonly string[],
  { tolerance = 300, now = Date.now() }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const header = (name: string) => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name]
    if (typeof value !== 'string') throw new WebhookVerificationError(`The header ${name} is missing.`)
    return value
  }
  const timestamp = header('webhook-timestamp')
  if (!/^\d+$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > tolerance)
    throw new WebhookVerificationError('The timestamp is too far from now.')
  const encoder = new TextEncoder()
  const prefix = encoder.encode(`${header('webhook-id')}.${timestamp}.`)
  const bytes = typeof body === 'string' ? encoder.encode(body) : body
  const signed = new Uint8Array(prefix.length + bytes.length)
  signed.set(prefix)
  signed.set(bytes, prefix.length)
  const signatures = header('webhook-signature').split(' ')
  for (const secret of [secrets].flat()) {
    const key = await keyOf(secret)
    for (const signature of signatures) {
      const [version, value = ''] = signature.split(',')
      const given = version === 'v1' && bytesOf(value)
      // Compares in constant time.
      if (given && (await crypto.subtle.verify('HMAC', key, given, signed)))
        return JSON.parse(new TextDecoder().decode(bytes)) as WebhookEvent
    }
  }
  throw new WebhookVerificationError('No signature matches.')
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = bytesOf(secret.replace(/^whsec_/, ''))
  if (!bytes?.length) throw new TypeError('A webhook secret is whsec_ and base64.')
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
