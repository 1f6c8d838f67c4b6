// Answers kept as they were sent. The same question gets the same bytes again, for as long as nothing at all was committed, by
// this process or another, and the day is the same (some answers depend on today).
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Engine } from '../db/engine.ts'
import { type Representation, represent } from './conditional.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the answer may be kept; null where it may not. */
    place: Place | null
  }
}

/** How much is kept at most, in characters of bodies and questions, and of one answer; most take a byte each. */
const MAX = 32 * 1024 * 1024
const MAX_OF_ONE = 1024 * 1024

/** Longer bodies are sent faster as bytes, shorter ones as text beside the headers (docs/performance.md). */
const LARGE = 4096

const DAY_MS = 86_400_000

/** An answer, and the route that made it. */
interface KeptAnswer extends Representation {
  route: string
}

/** What an answer hangs on beside its question: the state of the database, and the day. */
interface State {
  version: number
  day: number
}

/** A generation of answers, and how many characters they and their questions take. */
interface Generation {
  answers: Map<string, KeptAnswer>
  size: number
}

const noAnswers = (): Generation => ({ answers: new Map(), size: 0 })

/** Of so many questions it is known that they were asked. */
const MAX_ASKED = 20_000

/**
 * Answers of one state. One is kept when its question comes a second time: most questions never do, and what is kept of them
 * only makes work for the collector of garbage (docs/performance.md). They are in two generations: what is asked for joins the
 * young one, and when that is full the old one is dropped as a whole. Answers of an earlier state are never asked for again, so all are dropped at once.
 */
export class Answers {
  readonly #most: number
  #state: State = { version: Number.NaN, day: Number.NaN }
  #young = noAnswers()
  #old = noAnswers()
  /** Questions that were asked once. */
  #asked = new Set<string>()

  /** @param most how much is kept, in characters */
  constructor(most = MAX) {
    this.#most = most
  }

  /** What was kept of another state is of no use. */
  #enter({ version, day }: State): void {
    if (this.#state.version === version && this.#state.day === day) return
    this.#young = noAnswers()
    this.#old = noAnswers()
    this.#asked = new Set()
    this.#state = { version, day }
  }

  find(key: string, state: State): KeptAnswer | undefined {
    this.#enter(state)
    const found = this.#young.answers.get(key)
    if (found) return found
    const earlier = this.#old.answers.get(key)
    if (earlier) this.#add(key, earlier)
    return earlier
  }

  keep(key: string, state: State, made: KeptAnswer): void {
    if (made.body.length > MAX_OF_ONE) return
    this.#enter(state)
    if (!this.#asked.has(key)) {
      if (this.#asked.size >= MAX_ASKED) this.#asked.clear()
      this.#asked.add(key)
    } else if (!this.find(key, state)) this.#add(key, made)
  }

  #add(key: string, made: KeptAnswer): void {
    const size = made.body.length + key.length
    if (this.#young.size + size > this.#most / 2) {
      this.#old = this.#young
      this.#young = noAnswers()
    }
    this.#young.answers.set(key, made)
    this.#young.size += size
  }
}

/** Where the answer to a question is kept, should nothing be committed until it is there. */
export interface Place {
  /** @param route the pattern of the path, as metrics name it */
  keep(made: Representation, route: string): void
}

/** What is known of a question: the answer that was kept, or else where one may be. */
interface Known {
  found?: KeptAnswer
  place: Place | null
}

/** The answers of the service that are kept. */
export class Kept {
  readonly #engine: Engine
  readonly #clock: () => Date
  readonly #answers = new Answers()

  constructor(engine: Engine, clock: () => Date) {
    this.#engine = engine
    this.#clock = clock
  }

  /**
   * For where a request arrives.
   * @param secret whether a key was needed to ask
   */
  look(request: IncomingMessage, secret: boolean): Known {
    const version = this.#engine.pinSnapshot()
    if (version === null) return { place: null }
    const state = { version, day: Math.floor(this.#clock().getTime() / DAY_MS) }
    const question = questionOf(request, secret)
    const found = this.#answers.find(question, state)
    if (found) {
      if (typeof found.body === 'string' && found.body.length > LARGE) found.body = Buffer.from(found.body)
      return { found, place: null }
    }
    // Whoever read between two looks at the same version read that version.
    const keep = (made: Representation, route: string) => {
      if (this.#engine.version() === version) this.#answers.keep(question, state, { ...made, route })
    }
    return { place: { keep } }
  }
}

/** What a client accepts that does not say (RFC 9110, section 12.5.1). */
const ANY = '*/*'

/**
 * All that an answer may hang on beside the state. The URL by itself says it for most, and is looked up again without being put
 * together and hashed anew.
 */
function questionOf({ headers: { accept = ANY }, url = '' }: IncomingMessage, secret: boolean): string {
  // No URL has a space in it.
  return secret || accept !== ANY ? `${secret ? 'private' : 'public'} ${accept}\n${url}` : url
}

/** A GET with a host and without a body: whatever else comes is for others to look at. */
export const isPlain = ({ method, headers }: IncomingMessage) =>
  method === 'GET' &&
  headers.host !== undefined &&
  headers['content-length'] === undefined &&
  headers['transfer-encoding'] === undefined

/**
 * Behind keys and limits, which see every request. Only reads of the database that anyone may see who may read: no problems,
 * no streams, nothing that needs a role, nothing that describes the service itself.
 */
export const cache = fp<{ kept: Kept }>(
  async (app, { kept }) => {
    app.decorateRequest('place', null)
    app.addHook('onRoute', (route) => {
      const { role, open } = route.config ?? {}
      if (route.method !== 'GET' || role || open) return
      const look: onRequestHookHandler = (request, reply, done) => {
        const { raw, key } = request
        // With a body it may have waited for a turn: it does not arrive here.
        if (!isPlain(raw)) return done()
        const { found, place } = kept.look(raw, key !== null)
        if (found) {
          represent(raw, reply.hijack().raw, reply.getHeaders() as OutgoingHttpHeaders, found)
          return
        }
        request.place = place
        done()
      }
      route.onRequest = [...[route.onRequest ?? []].flat(), look]
    })
  },
  { name: 'cache', dependencies: ['auth'] },
)
