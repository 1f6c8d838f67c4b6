// Reading one's own writes where reads are spread over replicas: a write answers with a Consistency-Token, and a request
// that sends it back sees that write.
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'
import type { Consistency, Engine } from '../db/engine.ts'

const HEADER = 'consistency-token'

export const consistency = fp<{ engine: Engine }>(
  async (app, { engine }) => {
    const { replicas } = engine
    if (!replicas) return
    const asked = new WeakMap<FastifyRequest, Consistency>()
    // Behind the body, whose arrival would lose track of the request.
    app.addHook('preHandler', (request, _reply, done) => {
      const token = request.headers[HEADER]
      if (token !== undefined && !replicas.isToken(String(token))) {
        const detail = 'Not a token that a write of this service answered.'
        done(
          new Problem('invalid-parameter', `Consistency-Token: ${detail}`, {
            errors: [{ parameter: 'Consistency-Token', detail }],
          }),
        )
        return
      }
      const spread = request.method === 'GET' || request.method === 'HEAD'
      const consistency: Consistency = { token: token === undefined ? undefined : String(token), spread }
      asked.set(request, consistency)
      replicas.within(consistency, done)
    })
    app.addHook('onSend', async (request, reply) => {
      const written = asked.get(request)?.written
      if (written) reply.header(HEADER, written)
    })
  },
  { name: 'consistency' },
)
