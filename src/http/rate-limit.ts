// How many requests a minute a client may send: counted by the process, or by the database where several share one.
import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'
import { sha256 } from '../core/text.ts'
import type { Engine, RateCounter } from '../db/engine.ts'

interface Options {
  engine: Engine
  /** Requests a minute and client. */
  max: number
}

export const rateLimits = fp<Options>(
  async (app, { engine, max }) => {
    const { rateCounter } = engine
    await app.register(rateLimit, {
      // As a hook of the whole service, before keys are looked at: guesses at keys count too.
      global: false,
      max,
      timeWindow: '1 minute',
      errorResponseBuilder: (_request, { after }) =>
        new Problem('rate-limited', `The limit is ${max} requests a minute; wait ${after}.`),
      // A database that does not answer must not take away what is answered without it.
      ...(rateCounter && { store: storeOn(rateCounter), skipOnError: true }),
    })
    app.addHook('onRequest', app.rateLimit())
  },
  { name: 'rate-limits' },
)

type Counted = (error: Error | null, result?: { current: number; ttl: number }) => void

/** The form in which the plugin wants a store. Addresses are kept as hashes. */
const storeOn = (tally: RateCounter) =>
  class {
    incr(key: string, done: Counted, windowMs: number): void {
      tally(sha256(`rate ${key}`), windowMs).then(
        ({ count, leftMs }) => done(null, { current: count, ttl: leftMs }),
        (error: Error) => done(error),
      )
    }

    child() {
      return this
    }
  }
