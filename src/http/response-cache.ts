// Caches responses until the next commit or the next day (some responses depend on the current date).
import type { FastifyRequest, onRequestHookHandler, onSendHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Engine } from '../db/engine.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The cache entry of the response; null if it must not be cached. */
    cacheSlot: CacheSlot | null
  }
}

interface CacheSlot {
  key: string
  /** The state that the response is read from. */
  state: string
}

interface CachedResponse {
  headers: Record<string, string>
  body: string | Buffer
}

/** In bytes, or in UTF-16 units for text bodies. */
const MAX_SIZE = 32 * 1024 * 1024
const MAX_SIZE_OF_ONE = 1024 * 1024
const MAX_REQUESTED_KEYS = 10_000

const DAY_MS = 86_400_000

/** The headers that belong to the response rather than to the request. */
const CACHED_HEADERS = [
  'content-security-policy',
  'content-type',
  'content-encoding',
  'content-disposition',
  'etag',
  'feed-position',
  'last-modified',
  'link',
  'referrer-policy',
]

/**
 * Responses of one state of the database; those of earlier states are removed, and the oldest when the cache is full. A
 * response is stored at its second request: storing all of them would slow down every cache miss.
 */
export class ResponseCache {
  readonly #maxSize: number
  readonly #requestedKeys = new Set<string>()
  readonly #responses = new Map<string, CachedResponse>()
  #size = 0
  #state = ''

  constructor(maxSize = MAX_SIZE) {
    this.#maxSize = maxSize
  }

  get({ key, state }: CacheSlot): CachedResponse | undefined {
    this.#enter(state)
    return this.#responses.get(key)
  }

  /** Records a request. Returns whether the key was requested before, in this state or an earlier one. */
  isRepeated(key: string): boolean {
    if (this.#requestedKeys.has(key)) return true
    if (this.#requestedKeys.size === MAX_REQUESTED_KEYS) this.#requestedKeys.clear()
    this.#requestedKeys.add(key)
    return false
  }

  set({ key, state }: CacheSlot, response: CachedResponse): void {
    this.#enter(state)
    if (response.body.length > MAX_SIZE_OF_ONE || this.#responses.has(key)) return
    this.#responses.set(key, response)
    this.#size += sizeOf(key, response)
    for (const [oldKey, old] of this.#responses) {
      if (this.#size <= this.#maxSize) break
      this.#responses.delete(oldKey)
      this.#size -= sizeOf(oldKey, old)
    }
  }

  #enter(state: string): void {
    if (this.#state === state) return
    this.#responses.clear()
    this.#size = 0
    this.#state = state
  }
}

const sizeOf = (key: string, { body }: CachedResponse) => key.length + body.length

/**
 * Caches responses that have an ETag, from routes that require no role. Problems, streams and descriptions of the service
 * are not cached. Register after authentication, rate limits and compression.
 */
export const responseCache = fp<{ engine: Engine; clock: () => Date }>(
  async (app, { engine, clock }) => {
    const cache = new ResponseCache()

    /** Null if the engine needs a query to determine its state. */
    function currentState(): string | null {
      const version = engine.version()
      return version === null ? null : `${version} ${Math.floor(clock().getTime() / DAY_MS)}`
    }

    const lookUp: onRequestHookHandler = (request, reply, done) => {
      const state = currentState()
      if (state === null) return done()
      const slot = { key: keyOf(request), state }
      const cached = cache.get(slot)
      if (cached) {
        reply.headers(cached.headers).send(cached.body)
        return
      }
      request.cacheSlot = slot
      done()
    }

    const store: onSendHookHandler = (request, reply, body, done) => {
      const { cacheSlot: slot } = request
      const cacheable =
        slot &&
        reply.statusCode === 200 &&
        reply.hasHeader('etag') &&
        (typeof body === 'string' || Buffer.isBuffer(body)) &&
        cache.isRepeated(slot.key)
      // Nothing was committed since the lookup, so the response was read from that state.
      if (cacheable && currentState() === slot.state) {
        const headers = CACHED_HEADERS.filter((name) => reply.hasHeader(name))
        cache.set(slot, {
          headers: Object.fromEntries(headers.map((name) => [name, String(reply.getHeader(name))])),
          body,
        })
      }
      done()
    }

    app.decorateRequest('cacheSlot', null)
    app.addHook('onRoute', (route) => {
      const { role, open } = route.config ?? {}
      if (route.method !== 'GET' || role || open) return
      route.onRequest = [...[route.onRequest ?? []].flat(), lookUp]
      route.onSend = [...[route.onSend ?? []].flat(), store]
    })
  },
  { name: 'response-cache', dependencies: ['auth'] },
)

/** All that a response depends on besides the state; feeds and calendars contain the host, for example. */
const keyOf = ({ url, key, protocol, host, headers }: FastifyRequest) =>
  `${key ? 'private' : 'public'} ${headers.accept ?? ''}\n${headers['accept-encoding'] ?? ''}\n${protocol}://${host}${url}`
