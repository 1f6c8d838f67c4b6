// Writes one line to the log for each response.
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from 'pino'

export class AccessLog extends LogController {
  readonly #log: Logger | undefined

  constructor(logger: Logger | undefined) {
    super()
    // Redaction searches values of any shape. These lines have fixed fields, and the serializer of requests redacts the URL.
    this.#log = logger?.child({}, { redact: [] })
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const line = { req: request, res: reply, responseTime: reply.elapsedTime }
    if (error) request.log.error({ ...line, err: error }, 'request errored')
    else this.#log?.info({ reqId: request.id, ...line }, 'request completed')
  }
}
