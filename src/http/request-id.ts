// X-Request-Id: the client's own when it is harmless (a key is not), else a new one; on every answer and in every log line.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import fp from 'fastify-plugin'
import { redactKeys } from '../db/keys.ts'

const HARMLESS = /^[\w.:-]{1,128}$/

/** What no other process has, and a number behind it: a random id for each takes a thirtieth of an answer that is kept. */
const PROCESS = randomBytes(8).toString('hex')
let made = 0

export const newRequestId = () => `${PROCESS}-${++made}`

export const requestId = {
  make(request: IncomingMessage | Http2ServerRequest): string {
    const given = request.headers['x-request-id']
    return typeof given === 'string' && HARMLESS.test(given) && redactKeys(given) === given
      ? given
      : newRequestId()
  },
  plugin: fp(
    async (app) => {
      app.addHook('onRequest', (request, reply, done) => {
        reply.header('x-request-id', request.id)
        done()
      })
    },
    { name: 'request-id' },
  ),
}
