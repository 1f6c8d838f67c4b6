// Handles every method on every path: HEAD like GET, OPTIONS with the allowed methods, others with 405.
import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Problem } from '../core/problems.ts'
import { PATCH_TYPES } from './body.ts'

const METHODS: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']

/**
 * Call before any route is declared.
 * @returns a function to call after the last one, which declares OPTIONS and 405 for each path
 */
export function completeMethods(app: FastifyInstance): () => void {
  const methodsByPath = new Map<string, Set<HTTPMethods>>()
  app.addHook('onRoute', function (route) {
    const methods = methodsByPath.get(route.url) ?? new Set()
    for (const method of [route.method].flat()) methods.add(method as HTTPMethods)
    methodsByPath.set(route.url, methods)
    // The same handler and hooks, compression included; Node leaves out the body. Fastify's own HEAD routes skip later hooks.
    if (route.method === 'GET') this.route({ ...route, method: 'HEAD' })
  })
  return () => {
    for (const [url, methods] of [...methodsByPath]) {
      // The wildcard route of @fastify/cors.
      if (url === '*') continue
      const allow = [...methods, 'OPTIONS'].sort().join(', ')
      const shared = { url, schema: { hide: true }, config: { open: true } }
      app.route({
        ...shared,
        method: 'OPTIONS',
        handler: (_request, reply) => {
          if (methods.has('PATCH')) reply.header('accept-patch', PATCH_TYPES.join(', '))
          return reply.code(204).header('allow', allow).send()
        },
      })
      const others = METHODS.filter((method) => !methods.has(method))
      if (others.length === 0) continue
      app.route({
        ...shared,
        method: others,
        // Refused before the body is read.
        onRequest: async (request) => {
          throw new Problem('method-not-allowed', `${request.method} is not allowed. Allowed: ${allow}.`, {
            headers: { allow },
          })
        },
        handler: (_request, reply) => reply.send(),
      })
    }
  }
}
