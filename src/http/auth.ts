// Authenticates bearer keys (RFC 6750), or on pages the session, and checks the role that a route requires.
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'
import type { Engine } from '../db/engine.ts'
import { type Key, type Role, verifyKey } from '../db/keys.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The required role. Routes without one read; they require a key only if REQUIRE_KEY_FOR_READS is set. */
    role?: Role
    /** Whether a route never requires a key. */
    open?: boolean
  }
  interface FastifyRequest {
    key: Key | null
  }
}

interface AuthOptions {
  engine: Engine
  requireKeyForReads: boolean
  clock: () => Date
}

/** How to send a key, and how to get one. */
const HOW =
  'Send it as "Authorization: Bearer <key>". The operator of the service creates keys with "npx sco-tracker keys create".'

const CHALLENGE = 'Bearer realm="sco-tracker"'

export const auth = fp<AuthOptions>(
  async (app, { engine, requireKeyForReads, clock }) => {
    app.decorateRequest('key', null)
    app.addHook('onRoute', (route) => {
      const { role, open } = route.config ?? {}
      if (open || (!role && !requireKeyForReads)) return
      // The cookie counts on pages only, and none of them has a role.
      const isPage = !role && ['GET', 'HEAD'].includes(String(route.method)) && !route.url.startsWith('/v1')
      route.onRequest = [(request) => authorize(request, role, isPage), ...[route.onRequest ?? []].flat()]
    })

    async function authorize(
      request: FastifyRequest,
      role: Role | undefined,
      isPage: boolean,
    ): Promise<void> {
      const session = isPage ? await app.readSession(request) : null
      request.key = session?.key ?? (await authenticate(request))
      if (role === 'admin' && request.key.role !== 'admin') {
        throw new Problem(
          'forbidden',
          `The key ${JSON.stringify(request.key.name)} has the role ${request.key.role}; this operation requires the role admin.`,
          {
            headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="admin"` },
          },
        )
      }
    }

    async function authenticate(request: FastifyRequest): Promise<Key> {
      const header = request.headers.authorization
      const token = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1]
      if (!token) {
        throw new Problem(
          'unauthorized',
          `${header ? 'The Authorization header does not have the form "Bearer <key>".' : 'This operation requires a key.'} ${HOW}`,
          {
            headers: { 'www-authenticate': CHALLENGE },
          },
        )
      }
      const result = await verifyKey(engine.reader, token, clock())
      if (result.valid) return result.key
      throw new Problem('unauthorized', `${result.reason} ${HOW}`, {
        headers: {
          'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="${result.reason}"`,
        },
      })
    }
  },
  { name: 'auth', dependencies: ['sessions'] },
)
