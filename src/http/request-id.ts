// Sets X-Request-Id in responses and log lines: the client's id if it is safe to log, otherwise a new one.
import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import { redactKeys } from '../core/redact.ts'

const HARMLESS = /^[\w.:-]{1,128}$/

/** The id that a client sent, unless it has other characters or contains a key; otherwise a new id. */
export function requestIdOf({ headers }: { headers: Record<string, unknown> }): string {
  const requestedId = headers['x-request-id']
  return typeof requestedId === 'string' &&
    HARMLESS.test(requestedId) &&
    redactKeys(requestedId) === requestedId
    ? requestedId
    : randomUUID()
}

export const requestId = fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id)
      done()
    })
  },
  { name: 'request-id' },
)
