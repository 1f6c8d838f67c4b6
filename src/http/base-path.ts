// Serves everything under a path, for a reverse proxy that shares a host with other services.
import type { onSendHookHandler } from 'fastify'
import fp from 'fastify-plugin'

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
