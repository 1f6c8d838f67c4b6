// Every path answers every method: OPTIONS with what is allowed, the rest with 405 and the same list.
import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Problem } from '../core/problems.ts'

const KNOWN: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']

/** Call before any route is declared. @returns a function to call behind the last one */
export function watchMethods(app: FastifyInstance): () => void {
  const methods = new Map<string, Set<HTTPMethods>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one as HTTPMethods)
    methods.set(url, known)
  })
  return () => {
    for (const [url, known] of [...methods]) {
      if (url === '*') continue
      const allow = [...known, 'OPTIONS'].sort().join(', ')
      app.route({
        url,
        method: 'OPTIONS',
        schema: { hide: true },
        config: { open: true },
        handler: (request, reply) => {
          reply.code(204).header('allow', allow)
          if (known.has('PATCH'))
            reply.header('accept-patch', 'application/merge-patch+json, application/json')
          if (request.headers['access-control-request-method'] !== undefined) {
            reply.headers({
              'access-control-allow-methods': allow,
              'access-control-allow-headers':
                'Accept, Authorization, Consistency-Token, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id',
              'access-control-max-age': '86400',
            })
          }
          return reply.send()
        },
      })
      const others = KNOWN.filter((method) => !known.has(method))
      if (others.length === 0) continue
      app.route({
        url,
        method: others,
        exposeHeadRoute: false,
        schema: { hide: true },
        config: { open: true },
        // Before the body is read: what is not allowed need not be sent.
        onRequest: async (request) => {
          throw new Problem('method-not-allowed', `${request.method} is not allowed here; ${allow} are.`, {
            headers: { allow },
          })
        },
        handler: (_request, reply) => reply.send(),
      })
    }
  }
}
