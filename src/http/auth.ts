// Who may do what: bearer keys (RFC 6750), and the role that a route asks for.
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'
import type { Engine } from '../db/engine.ts'
import { type Key, type Role, verifyKey } from '../db/keys.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The role that a route needs. Without one it reads, and reading is open unless the settings say otherwise. */
    role?: Role
    /** Open to everyone, whatever the settings say. */
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

const CHALLENGE = 'Bearer realm="sco-tracker"'

export const auth = fp<AuthOptions>(
  async (app, { engine, requireKeyForReads, clock }) => {
    app.decorateRequest('key', null)
    // Whether a route asks for a key is known when it is declared.
    app.addHook('onRoute', (route) => {
      const { role, open } = route.config ?? {}
      if (open || (!role && !requireKeyForReads)) return
      route.onRequest = [(request) => admit(request, role), ...[route.onRequest ?? []].flat()]
    })

    async function admit(request: FastifyRequest, role: Role | undefined): Promise<void> {
      request.key = await authenticate(request)
      if (role === 'admin' && request.key.role !== 'admin') {
        throw new Problem(
          'forbidden',
          `The key ${JSON.stringify(request.key.name)} is an ${request.key.role}'s; this needs an admin's.`,
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
          header ? 'The Authorization header is not of the form "Bearer <key>".' : 'This needs a key.',
          {
            headers: { 'www-authenticate': CHALLENGE },
          },
        )
      }
      const verdict = await verifyKey(engine.reader, token, clock())
      if (verdict.valid) return verdict.key
      throw new Problem('unauthorized', verdict.reason, {
        headers: {
          'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="${verdict.reason}"`,
        },
      })
    }
  },
  { name: 'auth' },
)
