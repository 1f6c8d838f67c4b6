// Sends requests: query strings, time limits and retries.
import { ConnectionError, ProblemError, problemOf, TimeoutError } from './errors.ts'

export interface ClientOptions {
  /** The address of the service: `https://tracker.example.org`. In a page of the service itself: `''`. */
  baseUrl: string
  /** A key. Most services need none for reading. */
  key?: string
  /** How long an attempt may take until its body has arrived, in milliseconds. Default: 60,000. */
  timeout?: number
  /** How often a request is retried at most. Default: 3. */
  retries?: number
  /** The longest wait before a retry, in milliseconds. A longer `Retry-After` ends the retries. Default: 60,000. */
  longestWait?: number
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Called before each wait. */
  onRetry?: (retry: { attempt: number; waitMs: number; reason: string }) => void
}

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call; it then throws the reason of the signal. */
  signal?: AbortSignal | undefined
  /** In place of that of the client. */
  timeout?: number | undefined
  /** In place of that of the client. */
  retries?: number | undefined
  headers?: Record<string, string>
}

export interface RequestOptions extends CallOptions {
  query?: object | undefined
  /** An object is sent as JSON; text and bytes are sent as they are, with the `content-type` in `headers`. */
  body?: unknown
}

export interface WithResponse<Data> {
  data: Data
  /** Has the `status` and the `headers`. Its body has been read. */
  response: Response
  /** The id of the request in the log of the service. */
  requestId: string
}

/** The data of a response, or with `withResponse()` also its status, headers and request id. */
export interface Call<Data> extends Promise<Data> {
  withResponse(): Promise<WithResponse<Data>>
}

/** What is worth a retry: 0 is a broken connection. After 429 and 503 nothing was done, so that anything may be repeated. */
const UNTOUCHED = [429, 503]
const REPEATABLE = [...UNTOUCHED, 0, 502, 504]
const READING = [...REPEATABLE, 408, 500]

/** Longer delays would be over at once. */
const MAX_DELAY = 2 ** 31 - 1

const jsonOf = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  return text === '' ? undefined : JSON.parse(text)
}

export class Http {
  readonly options: ClientOptions

  constructor(options: ClientOptions) {
    this.options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') }
  }

  /**
   * Sends a request and parses the body of its response.
   * @param pick takes the data out of the body
   * @throws ProblemError, ConnectionError, TimeoutError
   */
  call<Body, Data = Body>(
    method: string,
    path: string,
    options?: RequestOptions,
    pick = (body: Body): Data => body as unknown as Data,
    read = jsonOf,
  ): Call<Data> {
    const whole = this.send(method, path, options, read).then(({ response, body }) => ({
      data: pick(body as Body),
      response,
      requestId: response.headers.get('x-request-id') ?? '',
    }))
    const data = whole.then((result) => result.data)
    const withResponse = () => {
      // An error is thrown by the promise that the caller has.
      data.catch(() => undefined)
      return whole
    }
    return Object.assign(data, { withResponse })
  }

  /**
   * Sends a request, and retries it where that is safe: always after 429 and 503; after a broken connection, 502 and 504
   * only reads and requests with an Idempotency-Key; after 408 and 500 only reads. Every POST gets a key and keeps it,
   * but for those with If-Match, which cannot be carried out twice.
   */
  async send<Body>(
    method: string,
    path: string,
    options: RequestOptions = {},
    read: (response: Response) => Promise<Body>,
  ): Promise<{ response: Response; body: Body }> {
    const { query, body, signal } = options
    const { baseUrl, key, longestWait = 60_000 } = this.options
    const { timeout = this.options.timeout ?? 60_000, retries = this.options.retries ?? 3 } = options
    const fetch = this.options.fetch ?? globalThis.fetch
    const raw = typeof body === 'string' || body instanceof Blob || ArrayBuffer.isView(body)
    const headers = new Headers({
      accept: 'application/json, */*;q=0.8',
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && {
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      }),
    })
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
    if (method === 'POST' && !headers.has('if-match') && !headers.has('idempotency-key'))
      headers.set('idempotency-key', uuid())
    const worthRetrying =
      method === 'GET' || method === 'HEAD'
        ? READING
        : headers.has('idempotency-key')
          ? REPEATABLE
          : UNTOUCHED
    const init = {
      method,
      headers,
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    }
    const url = `${baseUrl}${path}${queryString(query)}`
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      let failure: ProblemError | ConnectionError
      const limit = timeLimit(timeout, signal)
      try {
        const response = await fetch(url, { ...init, signal: limit.signal })
        if (response.ok) return { response, body: await read(response) }
        failure = await problemOf(response)
      } catch (cause) {
        signal?.throwIfAborted()
        failure = limit.expired
          ? new TimeoutError(`${method} ${path} took longer than ${timeout} ms.`, { cause })
          : new ConnectionError(`${method} ${path} failed: ${cause}`, { cause })
      } finally {
        limit.clear()
      }
      const problem = failure instanceof ProblemError ? failure : undefined
      const waitMs = retryAfter(problem) ?? backoff(attempt, longestWait)
      if (attempt > retries || waitMs > longestWait || !worthRetrying.includes(problem?.status ?? 0))
        throw failure
      await this.pause(waitMs, attempt, problem ? String(problem.status) : failure.message, signal)
    }
  }

  async pause(waitMs: number, attempt: number, reason: string, signal?: AbortSignal): Promise<void> {
    this.options.onRetry?.({ attempt, waitMs, reason })
    await sleep(waitMs, signal)
  }
}

/** Twice as long each time, up to `longest`, less up to a half, so that clients do not return all at once. */
export const backoff = (attempt: number, longest = 60_000): number =>
  Math.min(250 * 2 ** attempt, longest) * (0.5 + Math.random() / 2)

/** The milliseconds of `Retry-After`: seconds or a date (RFC 9110, section 10.2.3). */
export function retryAfter(error: unknown): number | undefined {
  const value = error instanceof ProblemError ? error.headers.get('retry-after') : null
  if (!value) return undefined
  const ms = Number(value) * 1000
  const wait = Number.isNaN(ms) ? Date.parse(value) - Date.now() : ms
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}

/** A signal that aborts with `signal`, and when this many milliseconds have passed since the last `restart`. */
export function timeLimit(ms: number, signal?: AbortSignal) {
  const controller = new AbortController()
  const stop = () => controller.abort(signal?.reason)
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = {
    signal: controller.signal,
    expired: false,
    restart() {
      clearTimeout(timer)
      timer = setTimeout(
        () => {
          limit.expired = true
          controller.abort(new Error('Time is over.'))
        },
        Math.min(ms, MAX_DELAY),
      )
    },
    clear() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    },
  }
  signal?.addEventListener('abort', stop, { once: true })
  limit.restart()
  return limit
}

export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      },
      Math.min(ms, MAX_DELAY),
    )
    signal?.addEventListener('abort', stop, { once: true })
  })
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
