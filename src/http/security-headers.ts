// Sets headers that keep browsers from treating a response as something that it is not.
import fp from 'fastify-plugin'

export const securityHeaders = fp(
  async (app) => {
    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('x-content-type-options', 'nosniff')
      done()
    })
  },
  { name: 'security-headers' },
)
