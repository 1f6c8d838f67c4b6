// Answers what no route does: HEAD like GET, OPTIONS with the allowed methods, other methods with 405, other paths with 404.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import createRouter from 'find-my-way'
import { Problem } from '../core/problems.ts'
import { redactKeys } from '../core/redact.ts'
import { PATCH_TYPES } from './body.ts'
import { sendProblem } from './problems.ts'

/** Longer segments of paths are refused. */
export const MAX_SEGMENT = 200

/** Call before any route is declared. */
export function completeMethods(app: FastifyInstance): void {
  const methodsByPath = new Map<string, Set<string>>()
  // Finds the path of a URL, whatever its method.
  const router = createRouter({ maxParamLength: MAX_SEGMENT })
  app.addHook('onRoute', function (route) {
    // The wildcard route of @fastify/cors.
    if (route.url === '*') return
    const known = methodsByPath.get(route.url)
    const methods = known ?? new Set(['OPTIONS'])
    for (const method of [route.method].flat()) methods.add(method)
    if (!known) {
      methodsByPath.set(route.url, methods)
      router.on('GET', route.url, () => {}, methods)
    }
    // The same handler and hooks, compression included; Node leaves out the body. Fastify's own HEAD routes skip later hooks.
    if (route.method === 'GET') this.route({ ...route, method: 'HEAD' })
  })

  const methodsOf = ({ url }: FastifyRequest): Set<string> | undefined =>
    router.find('GET', url.split('?')[0] ?? '')?.store

  function refusal(request: FastifyRequest): Problem {
    const methods = methodsOf(request)
    if (!methods)
      return new Problem(
        'not-found',
        `There is no route ${redactKeys(request.url.split('?')[0] ?? '')}. /docs lists the routes.`,
      )
    const allow = listed(methods)
    return new Problem('method-not-allowed', `${request.method} is not allowed. Allowed: ${allow}.`, {
      headers: { allow },
    })
  }

  // Before the body is read: a problem of the body matters less.
  app.addHook('preParsing', (request, reply, payload, done) => {
    // They all have the wildcard route of @fastify/cors, which sets the headers of a preflight response.
    const methods = request.method === 'OPTIONS' ? methodsOf(request) : undefined
    if (methods) {
      if (methods.has('PATCH')) reply.header('accept-patch', PATCH_TYPES.join(', '))
      reply.code(204).header('allow', listed(methods)).send()
    } else if (request.is404 || request.method === 'OPTIONS') done(refusal(request))
    else done(null, payload)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, refusal(request)))
}

const listed = (methods: Set<string>): string => [...methods].sort().join(', ')
