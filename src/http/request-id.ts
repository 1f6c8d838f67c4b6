// X-Request-Id: the client's own where it is harmless, otherwise a new one; in every response and every log line.
import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import { redactKeys } from '../db/keys.ts'

const HARMLESS = /^[\w.:-]{1,128}$/

/** The id that a client sent, unless it could do harm in a log or contains a key; otherwise a new id. */
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
