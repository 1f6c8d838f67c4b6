// Sends one webhook request: only to public addresses, without redirects, with limits on time and response size.
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { urlFaults } from '../../core/addresses.ts'
import { printable } from '../../core/text.ts'
import { messageOf, publicLookup, type Resolve } from '../../http/outgoing.ts'

/** How much of a response body is stored, and how much is read so that the connection can be reused. */
const STORED_BYTES = 1024
const MAX_READ_BYTES = 16_384

export interface Outcome {
  statusCode: number | null
  /** An error other than the status. */
  error: string | null
  /** The start of the response body. */
  answer: string | null
  /** The Retry-After header. */
  retryAfter: string | undefined
  durationMs: number
}

interface ClientOptions {
  allowPrivate: boolean
  /** Default: `dns.lookup`. */
  resolve?: Resolve | undefined
  timeoutMs: number
  userAgent: string
}

type Response = Omit<Outcome, 'durationMs'>

const failed = (error: string): Response => ({ statusCode: null, error, answer: null, retryAfter: undefined })

/** An HTTP client with persistent connections. */
export class WebhookClient {
  readonly #options: ClientOptions
  readonly #lookup: LookupFunction
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: 10_000 }),
    'https:': new https.Agent({ keepAlive: true, timeout: 10_000 }),
  }

  constructor(options: ClientOptions) {
    this.#options = options
    this.#lookup = publicLookup(options)
  }

  /** POSTs a JSON body. Never rejects. @param stopped aborts the request */
  async post(
    url: string,
    headers: Record<string, string>,
    body: string,
    stopped: AbortSignal,
  ): Promise<Outcome> {
    const start = performance.now()
    const timeout = AbortSignal.timeout(this.#options.timeoutMs)
    const response = await this.#attempt(url, headers, Buffer.from(body), AbortSignal.any([stopped, timeout]))
    if (response.statusCode === null && timeout.aborted && !stopped.aborted)
      response.error = `No response within ${this.#options.timeoutMs / 1000} s.`
    return { ...response, durationMs: Math.round(performance.now() - start) }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #attempt(
    text: string,
    headers: Record<string, string>,
    body: Buffer,
    signal: AbortSignal,
    fresh = false,
  ): Promise<Response> {
    // Checked again for each request: the lookup below does not see literal addresses, and the settings may have changed.
    const [fault] = urlFaults(text, '/url', this.#options.allowPrivate)
    if (fault) return Promise.resolve(failed(fault.detail))
    const url = new URL(text)
    const protocol = url.protocol as 'http:' | 'https:'
    return new Promise((resolveResponse) => {
      const request = (protocol === 'https:' ? https : http).request(url, {
        method: 'POST',
        agent: fresh ? false : this.#agents[protocol],
        lookup: this.#lookup,
        rejectUnauthorized: true,
        maxHeaderSize: MAX_READ_BYTES,
        signal,
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'user-agent': this.#options.userAgent,
          ...headers,
        },
      })
      let responded = false
      request.once('response', (response) => {
        responded = true
        resolveResponse(readResponse(response))
      })
      request.once('error', (error: NodeJS.ErrnoException) => {
        // The receiver closed a persistent connection while it was reused: retry once on a new one.
        const stale =
          request.reusedSocket && !fresh && !responded && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '')
        resolveResponse(
          stale && !signal.aborted
            ? this.#attempt(text, headers, body, signal, true)
            : failed(messageOf(error)),
        )
      })
      request.on('error', () => {})
      request.once('upgrade', ({ statusCode = 101 }, socket) => {
        socket.destroy()
        resolveResponse({ ...failed('The protocol is not switched.'), statusCode })
      })
      // Whatever else ends the request; a promise that is settled stays as it is.
      request.once('close', () => {
        if (!responded) resolveResponse(failed('The connection was closed without a response.'))
      })
      request.end(body)
    })
  }
}

/** Reads the status and the start of the body. */
function readResponse(response: http.IncomingMessage): Promise<Response> {
  const { statusCode = 0, headers } = response
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolveResponse) => {
    const end = () => {
      const text = Buffer.concat(chunks).subarray(0, STORED_BYTES).toString()
      resolveResponse({
        statusCode,
        error: statusCode >= 300 && statusCode < 400 ? 'Redirects are not followed.' : null,
        answer: text === '' ? null : printable(text),
        retryAfter: headers['retry-after'],
      })
    }
    response.on('data', (chunk: Buffer) => {
      if (size < STORED_BYTES) chunks.push(chunk)
      size += chunk.length
      if (size > MAX_READ_BYTES) response.destroy()
    })
    response.once('close', end)
    response.once('error', end)
  })
}
