// The cookie of a session: its name and attributes, and the session that a request has by it.
import cookie from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Engine } from '../db/engine.ts'
import type { Key } from '../db/keys.ts'
import { findSession, SESSION_MS, type Session } from '../db/sessions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The session of a request and its key; null without a valid cookie. */
    readSession(request: FastifyRequest): Promise<{ session: Session; key: Key } | null>
  }
}

const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/** Whether a browser keeps the cookie: over HTTPS, and on the same machine also without. */
export const canKeepSession = ({ protocol, host }: FastifyRequest): boolean =>
  protocol === 'https' || LOOPBACK.test(host)

/** The prefix makes browsers refuse the cookie from other hosts and without `Secure`. */
const nameFor = ({ protocol }: FastifyRequest) =>
  protocol === 'https' ? '__Host-sco_session' : 'sco_session'

/** Gives the browser the cookie of a session; null takes it away. */
export const setSessionCookie = (reply: FastifyReply, secret: string | null): FastifyReply =>
  reply.setCookie(nameFor(reply.request), secret ?? '', {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: reply.request.protocol === 'https',
    maxAge: secret === null ? 0 : SESSION_MS / 1000,
  })

export const sessions = fp<{ engine: Engine; clock: () => Date }>(
  async (app, { engine, clock }) => {
    // Cookies are parsed where a session is wanted, not for every request.
    await app.register(cookie, { hook: false })
    app.decorate('readSession', async (request) => {
      const { cookie: header } = request.headers
      const secret = header && canKeepSession(request) ? app.parseCookie(header)[nameFor(request)] : undefined
      return secret ? findSession(engine, secret, clock()) : null
    })
  },
  { name: 'sessions' },
)
