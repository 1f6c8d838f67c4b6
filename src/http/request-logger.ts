// The logger of a request. Most never say anything: the line that each request leaves is written elsewhere (access-log.ts), so
// the child of pino, which would put the request id into every line, is made by the first who does.
import type { FastifyBaseLogger } from 'fastify'
import type { Bindings } from 'pino'

const METHODS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent', 'child'] as const

type Call = (...args: unknown[]) => unknown

class RequestLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: Bindings
  #made: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, bindings: Bindings) {
    this.#parent = parent
    this.#bindings = bindings
  }

  get level(): string {
    return this.#parent.level
  }

  get #own(): FastifyBaseLogger {
    this.#made ??= this.#parent.child(this.#bindings)
    return this.#made
  }

  static {
    for (const method of METHODS) {
      const value = function (this: RequestLogger, ...args: unknown[]) {
        const own = this.#own
        return (own[method] as Call).apply(own, args)
      }
      Object.defineProperty(RequestLogger.prototype, method, { value })
    }
  }
}

export const requestLogger = (parent: FastifyBaseLogger, bindings: Bindings) =>
  new RequestLogger(parent, bindings) as unknown as FastifyBaseLogger
