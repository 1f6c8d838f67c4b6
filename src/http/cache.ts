// Answers kept as they were sent. The same question gets the same bytes again, for as long as nothing at all was committed, by
// this process or another, and the day is the same (some answers depend on today).
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Engine } from '../db/engine.ts'
import { type Representation, represent } from './conditional.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the answer may be kept; null where it may not. */
    place: Place | null
  }
}

interface CacheOptions {
  engine: Engine
  clock: () => Date
}

/** How much is kept at most, in characters of bodies and questions, and of one answer; most take a byte each. */
const MOST = 32 * 1024 * 1024
const MOST_OF_ONE = 1024 * 1024

const DAY_MS = 86_400_000

/** What an answer hangs on beside its question: the state of the database, and the day. */
interface State {
  version: number
  day: number
}

/** Answers of one state, the least lately asked for dropped when there are too many. Those of an earlier one are never asked for again, so all are dropped at once. */
export class Answers {
  readonly #most: number
  #state: State = { version: Number.NaN, day: Number.NaN }
  readonly #kept = new Map<string, Representation>()
  #size = 0

  /** @param most how much is kept, in characters */
  constructor(most = MOST) {
    this.#most = most
  }

  find(key: string, { version, day }: State): Representation | undefined {
    if (this.#state.version !== version || this.#state.day !== day) {
      this.#kept.clear()
      this.#size = 0
      this.#state = { version, day }
      return undefined
    }
    const found = this.#kept.get(key)
    if (found) {
      // To the end: what was asked for last is dropped last.
      this.#kept.delete(key)
      this.#kept.set(key, found)
    }
    return found
  }

  keep(key: string, state: State, made: Representation): void {
    const size = made.body.length + key.length
    if (size > MOST_OF_ONE || this.find(key, state)) return
    this.#kept.set(key, made)
    this.#size += size
    for (const [oldest, { body }] of this.#kept) {
      if (this.#size <= this.#most) break
      this.#kept.delete(oldest)
      this.#size -= body.length + oldest.length
    }
  }
}

/** Where the answer to a question is kept, should nothing be committed until it is there. */
export class Place {
  readonly #answers: Answers
  readonly #engine: Engine
  readonly #key: string
  readonly #state: State

  constructor(answers: Answers, engine: Engine, key: string, state: State) {
    this.#answers = answers
    this.#engine = engine
    this.#key = key
    this.#state = state
  }

  /** Whoever read between two looks at the same version read that version. */
  keep(made: Representation): void {
    if (this.#engine.version() === this.#state.version) this.#answers.keep(this.#key, this.#state, made)
  }
}

/** Everything that an answer of a route depends on, beside the state. */
const keyOf = (request: FastifyRequest) =>
  `${request.key ? 'private' : 'public'} ${request.headers.accept ?? ''}\n${request.url}`

/**
 * Behind keys, limits and CORS, which see every request. Only reads of the database that anyone may see who may read:
 * no problems, no streams, nothing that needs a role, nothing that describes the service itself.
 */
export const cache = fp<CacheOptions>(
  async (app, { engine, clock }) => {
    app.decorateRequest('place', null)
    const answers = new Answers()
    app.addHook('onRequest', (request, reply, done) => {
      const { role, open } = request.routeOptions.config
      if (request.method !== 'GET' || role || open || request.is404) return done()
      const version = engine.version()
      if (version === null) return done()
      const key = keyOf(request)
      const state = { version, day: Math.floor(clock().getTime() / DAY_MS) }
      const found = answers.find(key, state)
      if (found) {
        represent(request, reply, found)
        return
      }
      request.place = new Place(answers, engine, key, state)
      done()
    })
  },
  { name: 'cache', dependencies: ['auth'] },
)
