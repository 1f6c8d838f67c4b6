// Allows web pages of other origins to read responses (CORS, Fetch standard).
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import fp from 'fastify-plugin'

/** `*`, or the only origins that may read. */
export type Origins = '*' | string[]

const OPTIONS: FastifyCorsOptions = {
  methods: 'GET, HEAD, POST, PUT, PATCH, DELETE',
  allowedHeaders:
    'Accept, Authorization, Consistency-Token, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id',
  exposedHeaders:
    'Consistency-Token, ETag, Feed-Position, Idempotency-Replayed, Link, Location, Retry-After, X-Request-Id',
  maxAge: 86_400,
  // http/methods.ts answers OPTIONS, with Allow.
  preflightContinue: true,
  strictPreflight: false,
}

export const crossOrigin = fp<{ origins: Origins }>(
  async (app, { origins }) => {
    await app.register(cors, { ...OPTIONS, origin: origins })
  },
  { name: 'cross-origin' },
)
