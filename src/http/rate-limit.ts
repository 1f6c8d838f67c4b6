// Limits the requests of a client per minute. They are counted in memory, or in the database if several instances share it.
import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'
import { sha256 } from '../core/text.ts'
import type { Engine, RateCounter } from '../db/engine.ts'

interface Options {
  engine: Engine
  /** Requests per minute and client. */
  max: number
}

export const rateLimits = fp<Options>(
  async (app, { engine, max }) => {
    const { rateCounter } = engine
    await app.register(rateLimit, {
      // Added below as a global hook before authentication, so that requests with invalid keys count too.
      global: false,
      max,
      timeWindow: '1 minute',
      errorResponseBuilder: (_request, { after }) =>
        new Problem('rate-limited', `The limit is ${max} requests per minute; wait ${after}.`),
      // When the database fails, routes that do not need it still work.
      ...(rateCounter && { store: storeOn(rateCounter), skipOnError: true }),
    })
    app.addHook('onRequest', app.rateLimit())
  },
  { name: 'rate-limits' },
)

type Callback = (error: Error | null, result?: { current: number; ttl: number }) => void

/** A store for the plugin. Client addresses are stored as hashes. */
const storeOn = (count: RateCounter) =>
  class {
    incr(key: string, done: Callback, windowMs: number): void {
      count(sha256(`rate ${key}`), windowMs).then(
        (counted) => done(null, { current: counted.count, ttl: counted.leftMs }),
        (error: Error) => done(error),
      )
    }

    child() {
      return this
    }
  }
