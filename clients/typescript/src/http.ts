// Sends requests: query strings, retries and errors.
import type { Problem, ProblemType } from './schema.ts'

/** An error of the service (RFC 9457), or of a proxy before it; then `type` is `about:blank`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  /** `/problems/…`; further types may come. */
  readonly type: ProblemType | 'about:blank' | (string & {})
  /** The whole body: `errors`, `legal`, `candidates`, `existingId`, … */
  readonly problem: Omit<Problem, 'type'> & { type: string }
  readonly headers: Headers

  constructor(problem: ProblemError['problem'], headers: Headers) {
    super(`${problem.status} ${problem.title}: ${problem.detail}`)
    this.status = problem.status
    this.type = problem.type
    this.problem = problem
    this.headers = headers
  }

  /** Whether it is this type of problem: `error.is('precondition-failed')`. */
  is(code: ProblemType extends `/problems/${infer Code}` ? Code : never): boolean {
    return this.type === `/problems/${code}`
  }
}

export interface ClientOptions {
  /** The address of the service: `https://tracker.example.org`. In a page of the service itself: `''`. */
  baseUrl: string
  /** A key. Most services need none for reading. */
  key?: string
  /** How often a request is retried at most. Default: 3. */
  retries?: number
  /** How long to wait at most before a retry, in milliseconds. Default: 60,000. */
  longestWait?: number
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Called before each wait. */
  onRetry?: (retry: { attempt: number; waitMs: number; reason: string }) => void
}

export interface RequestOptions {
  query?: object | undefined
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

/** Temporary errors: too many requests, or a service or proxy that is unavailable. */
const TEMPORARY = new Set([429, 502, 503, 504])

export class Http {
  readonly options: ClientOptions

  constructor(options: ClientOptions) {
    this.options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') }
  }

  /** Sends a request and parses the body of the response. @throws ProblemError */
  async json<Body>(method: string, path: string, options: RequestOptions = {}): Promise<Body> {
    const response = await this.send(method, path, options)
    const text = await response.text()
    return (text === '' ? undefined : JSON.parse(text)) as Body
  }

  /**
   * Sends a request, and retries it where that is safe: always after 429 and 503, which mean that nothing was done; after
   * a broken connection, 502 and 504 only reads and requests with an Idempotency-Key. Every POST gets one, and keeps it.
   * @throws ProblemError
   */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const { query, body, signal } = options
    const { baseUrl, key, retries = 3 } = this.options
    const call = this.options.fetch ?? globalThis.fetch
    const headers: Record<string, string> = {
      accept: 'application/json, application/ld+json;q=0.9, application/problem+json;q=0.9',
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && {
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      }),
      ...(method === 'POST' && { 'idempotency-key': uuid() }),
      ...options.headers,
    }
    const repeatable = method === 'GET' || headers['idempotency-key'] !== undefined
    const url = `${baseUrl}${path}${queryString(query)}`
    for (let attempt = 1; ; attempt++) {
      let response: Response
      try {
        response = await call(url, {
          method,
          headers,
          ...(body !== undefined && { body: JSON.stringify(body) }),
          ...(signal && { signal }),
        })
      } catch (error) {
        if (signal?.aborted || !repeatable || attempt > retries) throw error
        await this.wait(attempt, undefined, String(error), signal)
        continue
      }
      if (response.ok) return response
      const untouched = response.status === 429 || response.status === 503
      if (attempt > retries || !TEMPORARY.has(response.status) || !(untouched || repeatable))
        throw await problemOf(response)
      const after = response.headers.get('retry-after')
      await response.body?.cancel()
      await this.wait(attempt, after, String(response.status), signal)
    }
  }

  /** Waits as long as the service says, else longer each time. */
  async wait(
    attempt: number,
    retryAfter: string | null | undefined,
    reason: string,
    signal?: AbortSignal,
  ): Promise<void> {
    const { longestWait = 60_000, onRetry } = this.options
    const requested = retryAfter ? millisecondsOf(retryAfter) : undefined
    const backoff = 250 * 2 ** (attempt - 1) * (0.5 + Math.random())
    const waitMs = Math.min(requested ?? backoff, longestWait)
    onRetry?.({ attempt, waitMs, reason })
    await sleep(waitMs, signal)
  }
}

/** `Retry-After` is seconds or a date (RFC 9110, section 10.2.3). */
function millisecondsOf(retryAfter: string): number | undefined {
  const seconds = Number(retryAfter)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const at = Date.parse(retryAfter)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text().catch(() => '')
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/problem+json')) {
    try {
      return new ProblemError(JSON.parse(text) as Problem, response.headers)
    } catch {
      // The body was cut off: reported as below.
    }
  }
  const problem = {
    type: 'about:blank',
    title: response.statusText || 'No success',
    status: response.status,
    detail: text.slice(0, 500),
    instance: new URL(response.url || 'http://unknown/').pathname,
    requestId: response.headers.get('x-request-id') ?? '',
  }
  return new ProblemError(problem, response.headers)
}

/** Lists are joined by commas; commas inside of values are escaped. */
function queryString(query: object | undefined): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null) continue
    const list = Array.isArray(value)
      ? value.map((one) => String(one).replaceAll(',', '\\,'))
      : [String(value)]
    parameters.set(name, list.join(','))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** A random name. `crypto.randomUUID` is missing in pages without TLS. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
