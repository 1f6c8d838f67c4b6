// One line of the log for each request, when it is answered.
import fp from 'fastify-plugin'

export const accessLog = fp(
  async (app) => {
    app.addHook('onResponse', (request, reply, done) => {
      const responseTime = Math.round(reply.elapsedTime * 1000) / 1000
      request.log.info({ req: request, res: reply, responseTime }, 'request completed')
      done()
    })
  },
  { name: 'access-log' },
)
