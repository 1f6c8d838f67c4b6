// Which pages of other origins may read what is answered (Fetch standard, section 3.2). Preflights are answered in methods.ts.
import fp from 'fastify-plugin'

/** `*`, or the only origins that may read. */
export type Origins = '*' | readonly string[]

const EXPOSED = 'Consistency-Token, ETag, Idempotency-Replayed, Link, Location, Retry-After, X-Request-Id'

/** @returns what to say to a page of an origin */
export function crossOrigin(origins: Origins): (origin: string | undefined) => Record<string, string> {
  const exposed = { 'access-control-expose-headers': EXPOSED }
  if (origins === '*') {
    const anyone = { 'access-control-allow-origin': '*', ...exposed }
    return () => anyone
  }
  return (origin) => ({
    vary: 'Origin',
    ...(origin !== undefined && origins.includes(origin) && { 'access-control-allow-origin': origin }),
    ...exposed,
  })
}

export const cors = fp<{ headersFor: ReturnType<typeof crossOrigin> }>(
  async (app, { headersFor }) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(headersFor(request.headers.origin))
      done()
    })
  },
  { name: 'cors' },
)
