// One request to a receiver: to a public address only, no redirect followed, bounded in time and in what is read.
import { lookup as resolve } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { refusedRange, urlFaults } from '../../core/addresses.ts'
import { printable } from '../../core/text.ts'

/** How much of an answer is kept, and how much is read at most so that its connection can be used again. */
const KEPT_BYTES = 1024
const READ_BYTES = 16_384

export interface Outcome {
  statusCode: number | null
  /** What went wrong, where it was not the status alone. */
  error: string | null
  answer: string | null
  /** The header of that name. */
  retryAfter: string | undefined
  durationMs: number
}

/** All addresses of a host, as `dns.lookup` gives them. */
export type Resolve = (
  hostname: string,
  options: { all: true },
  callback: (error: Error | null, addresses: { address: string; family: number }[]) => void,
) => void

interface PosterOptions {
  allowPrivate: boolean
  /** Default: the system's. */
  resolve?: Resolve | undefined
  timeoutMs: number
  userAgent: string
}

type Ended = Omit<Outcome, 'durationMs'>

const failed = (error: string): Ended => ({ statusCode: null, error, answer: null, retryAfter: undefined })

/** Makes requests, and keeps their connections for the next ones. */
export class Poster {
  readonly #options: PosterOptions
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: 10_000 }),
    'https:': new https.Agent({ keepAlive: true, timeout: 10_000 }),
  }

  constructor(options: PosterOptions) {
    this.#options = options
  }

  /** POSTs a body of JSON. Never rejects. @param stopped ends it early */
  async post(
    url: string,
    headers: Record<string, string>,
    body: string,
    stopped: AbortSignal,
  ): Promise<Outcome> {
    const began = performance.now()
    const timeout = AbortSignal.timeout(this.#options.timeoutMs)
    const ended = await this.#attempt(url, headers, Buffer.from(body), AbortSignal.any([stopped, timeout]))
    if (ended.statusCode === null && timeout.aborted && !stopped.aborted)
      ended.error = `There was no answer within ${this.#options.timeoutMs / 1000} s.`
    return { ...ended, durationMs: Math.round(performance.now() - began) }
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
  ): Promise<Ended> {
    // Literal addresses are never looked up, so they are checked here; the setting may be stricter than it was.
    const [fault] = urlFaults(text, '/url', this.#options.allowPrivate)
    if (fault) return Promise.resolve(failed(fault.detail))
    const url = new URL(text)
    const protocol = url.protocol as 'http:' | 'https:'
    return new Promise((done) => {
      const request = (protocol === 'https:' ? https : http).request(url, {
        method: 'POST',
        agent: fresh ? false : this.#agents[protocol],
        lookup: this.#lookup,
        rejectUnauthorized: true,
        maxHeaderSize: READ_BYTES,
        signal,
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'user-agent': this.#options.userAgent,
          ...headers,
        },
      })
      let answered = false
      request.once('response', (response) => {
        answered = true
        done(read(response))
      })
      request.once('error', (error: NodeJS.ErrnoException) => {
        // The receiver closed a kept connection just as it was used again: that is no failure of the receiver.
        const stale =
          request.reusedSocket && !fresh && !answered && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '')
        done(
          stale && !signal.aborted
            ? this.#attempt(text, headers, body, signal, true)
            : failed(messageOf(error)),
        )
      })
      request.on('error', () => {})
      request.end(body)
    })
  }

  /**
   * What the connection is made to is what was checked here: names are resolved once for each connection, so that one
   * that leads elsewhere the second time gains nothing.
   */
  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    const { allowPrivate, resolve: given = resolve as Resolve } = this.#options
    given(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) return callback(error ?? new Error(`${hostname} has no address.`), '')
      const refused = allowPrivate ? [] : addresses.flatMap(({ address }) => refusedRange(address) ?? [])
      if (refused.length > 0)
        return callback(new Error(`${hostname} leads to no public address (${refused[0]}).`), '')
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
}

/** The status counts as soon as it is there; of the body only the beginning is of interest. */
function read(response: http.IncomingMessage): Promise<Ended> {
  const { statusCode = 0, headers } = response
  const kept: Buffer[] = []
  let size = 0
  return new Promise((done) => {
    const end = () => {
      const text = Buffer.concat(kept).subarray(0, KEPT_BYTES).toString()
      done({
        statusCode,
        error: statusCode >= 300 && statusCode < 400 ? 'Redirects are not followed.' : null,
        answer: text === '' ? null : printable(text),
        retryAfter: headers['retry-after'],
      })
    }
    response.on('data', (chunk: Buffer) => {
      if (size < KEPT_BYTES) kept.push(chunk)
      size += chunk.length
      if (size > READ_BYTES) response.destroy()
    })
    response.once('close', end)
    response.once('error', end)
  })
}

/** A line about what went wrong. Where several addresses were tried, about the first. */
function messageOf(error: NodeJS.ErrnoException): string {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : []
  const text = first?.message || error.message || error.code || error.name
  return printable(text).slice(0, 500)
}
