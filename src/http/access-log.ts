// One line of the log for each request, when it is answered; Fastify would write two.
import type { IncomingMessage } from 'node:http'
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { type Logger, symbols } from 'pino'
import { redactKeys } from '../db/keys.ts'

/** What a logger of pino is made of, as its symbols give it. */
type Parts = Logger & {
  [symbols.chindingsSym]: string
  [symbols.lsCacheSym]: Record<number, string>
  [symbols.timeSym]: () => string
  [symbols.streamSym]: { write: (line: string) => void }
}

const INFO = 30

export class AccessLog extends LogController {
  readonly #log: Parts | undefined
  readonly #trustProxy: boolean

  constructor(logger: Logger | undefined, trustProxy: boolean) {
    super()
    this.#log = logger as Parts | undefined
    this.#trustProxy = trustProxy
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    if (error) {
      const responseTime = reply.elapsedTime
      request.log.error({ req: request, res: reply, responseTime, err: error }, 'request errored')
    } else this.answered(request.id, request.raw, reply.statusCode, reply.elapsedTime)
  }

  /**
   * The line has the form of all others but is put together here: the general way, which looks for what is to be redacted in
   * values of any shape, takes longer than all the rest of an answer that is kept (docs/performance.md).
   * @param id made by request-id.ts, so that nothing in it has to be escaped
   */
  answered(id: string, request: IncomingMessage, status: number, milliseconds: number): void {
    const log = this.#log
    if (!log?.isLevelEnabled('info')) return
    const url = JSON.stringify(redactKeys(request.url ?? ''))
    const took = Math.round(milliseconds * 1000) / 1000
    log[symbols.streamSym].write(
      `${log[symbols.lsCacheSym][INFO]}${log[symbols.timeSym]()}${log[symbols.chindingsSym]},"reqId":"${id}","req":{"method":"${request.method}","url":${url},"ip":${JSON.stringify(this.#addressOf(request))}},"res":{"statusCode":${status}},"responseTime":${took},"msg":"request completed"}\n`,
    )
  }

  /** Who asked: behind a proxy that is trusted, whom that names. */
  #addressOf({ headers, socket }: IncomingMessage): string | undefined {
    const forwarded = this.#trustProxy ? headers['x-forwarded-for'] : undefined
    return forwarded === undefined ? socket.remoteAddress : String(forwarded).split(',')[0]?.trim()
  }
}
