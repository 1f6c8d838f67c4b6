// Serves everything under a path, for a reverse proxy that shares a host with other services.
import type { FastifyRequest, onSendHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Where the service is reached: empty, or a path such as `/sco`. */
    basePath: string
  }
}

/** The path of a request below the base path. A proxy may have removed the base path already. */
export const withoutBasePath = (url: string, basePath: string): string => {
  const rest = url.slice(basePath.length)
  return basePath !== '' && url.startsWith(basePath) && /^(?:[/?]|$)/.test(rest)
    ? rest.replace(/^(?!\/)/, '/')
    : url
}

/** The base URL that the client used. @throws Problem if the headers that name it are invalid */
export function baseUrlOf({ protocol, host, server }: FastifyRequest): string {
  const refuse = (parameter: string, detail: string) =>
    new Problem('invalid-parameter', `The ${parameter} header is invalid.`, {
      errors: [{ parameter, detail }],
    })
  if (!/^https?$/.test(protocol)) throw refuse('X-Forwarded-Proto', 'Must be http or https.')
  const base = `${protocol}://${host}${server.basePath}`
  if (host === '' || !URL.canParse(base) || /[\s"<>@/?#\\]/.test(host))
    throw refuse('Host', 'Not a valid host.')
  return base
}

/** Puts the base path in front of the paths in `Location` and `Link`. Register after the response cache. */
export const basePath = fp<{ basePath: string }>(
  async (app, { basePath }) => {
    app.decorate('basePath', basePath)
    if (basePath === '') return
    const complete: onSendHookHandler = (_request, reply, payload, done) => {
      const location = reply.getHeader('location')
      if (typeof location === 'string' && location.startsWith('/'))
        reply.header('location', basePath + location)
      const link = reply.getHeader('link')
      if (typeof link === 'string') reply.header('link', link.replace(/(^|, )<\//g, `$1<${basePath}/`))
      done(null, payload)
    }
    app.addHook('onRoute', (route) => {
      route.onSend = [...[route.onSend ?? []].flat(), complete]
    })
  },
  { name: 'base-path' },
)
