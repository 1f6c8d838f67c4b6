// Read-your-writes with replicas: a request that sends the Consistency-Token of an earlier response sees its write.
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'
import type { Consistency, Engine } from '../db/engine.ts'

const HEADER = 'consistency-token'

export const consistency = fp<{ engine: Engine }>(
  async (app, { engine }) => {
    const { replicas } = engine
    if (!replicas) return
    const consistencies = new WeakMap<FastifyRequest, Consistency>()
    // In preHandler, since the asynchronous context of earlier hooks is lost while the body is received.
    app.addHook('preHandler', (request, _reply, done) => {
      const token = request.headers[HEADER]
      if (token !== undefined && !replicas.isToken(String(token))) {
        const detail = 'Not a token of this service.'
        done(
          new Problem('invalid-parameter', `Consistency-Token: ${detail}`, {
            errors: [{ parameter: 'Consistency-Token', detail }],
          }),
        )
        return
      }
      const spread = request.method === 'GET' || request.method === 'HEAD'
      const consistency: Consistency = { token: token === undefined ? undefined : String(token), spread }
      consistencies.set(request, consistency)
      replicas.within(consistency, done)
    })
    app.addHook('onSend', async (request, reply) => {
      const written = consistencies.get(request)?.written
      if (written) reply.header(HEADER, written)
    })
  },
  { name: 'consistency' },
)
