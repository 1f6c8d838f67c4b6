// Indents JSON bodies on request: `pretty=true`.
import fp from 'fastify-plugin'

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/

/** Register before compression. */
export const pretty = fp(
  async (app) => {
    app.addHook('onSend', ({ query }, reply, payload, done) => {
      if ((query as { pretty?: unknown } | undefined)?.pretty !== true) return done()
      const isJson = JSON_TYPE.test(String(reply.getHeader('content-type')))
      // A body from the response cache is indented already.
      if (!isJson || typeof payload !== 'string' || /^$|^[[{]\n/.test(payload)) return done()
      reply.removeHeader('content-length')
      done(null, `${JSON.stringify(JSON.parse(payload), null, 2)}\n`)
    })
  },
  { name: 'pretty' },
)
