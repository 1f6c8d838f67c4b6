// The routes of the workbench, below /edit in each language, for people who have signed in.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../core/problems.ts'
import { LANGUAGES } from '../web/languages.ts'
import { localPath } from '../web/page.ts'
import { assetRoutes } from './assets.ts'
import { newSourceRoutes } from './drafts/new-source.ts'
import { draftRoutes } from './drafts/routes.ts'
import { duplicateRoutes } from './duplicates.ts'
import { formRoutes } from './forms/routes.ts'
import { importPageRoutes } from './imports.ts'
import { keyRoutes } from './keys.ts'
import { FORM_LIMIT, sessionScope } from './session.ts'
import { sessionRoutes } from './sessions.ts'
import { signInRoutes } from './sign-in.ts'
import { type Handler, type RouteModule, type RouteOptions, requestOf, type WorkbenchDeps } from './visit.ts'
import { workRoutes } from './work.ts'

/** The areas of the workbench. */
const AREAS: readonly RouteModule[] = [
  workRoutes,
  sessionRoutes,
  keyRoutes,
  importPageRoutes,
  duplicateRoutes,
  newSourceRoutes,
  draftRoutes,
  formRoutes,
]

export async function workbenchRoutes(app: FastifyInstance, deps: WorkbenchDeps): Promise<void> {
  assetRoutes(app)
  await app.register(async (scope) => {
    await sessionScope(scope, deps)
    const signIn = signInRoutes(scope, deps)

    /** Runs a handler for a request with a session; others sign in first. */
    const withSession =
      ({ show, submit = show }: { show: Handler; submit?: Handler }, { role, upload }: RouteOptions) =>
      async (request: FastifyRequest, reply: FastifyReply) => {
        const asked = requestOf(request, reply, deps)
        const { session, key } = request
        const visit = session && key ? { ...asked, session, key, resumed: false } : await signIn.first(asked)
        // A reply that is awaited becomes undefined once it is sent.
        if (!visit || !('resumed' in visit)) return reply
        if (role === 'admin' && visit.key.role !== 'admin')
          throw new Problem('forbidden', 'This needs a key with the role admin.')
        if (request.isMultipart() && !upload)
          throw new Problem('unsupported-media-type', 'This form has no file.')
        return request.method === 'POST' && !visit.resumed ? submit(visit) : show(visit)
      }

    const register = (method: 'GET' | 'POST', path: string, handler: ReturnType<typeof withSession>) => {
      for (const language of LANGUAGES)
        scope.route({
          method,
          url: localPath(language, `/edit${path}`),
          // A session is needed instead of a bearer key, and nothing is cached.
          config: { open: true },
          schema: { hide: true },
          bodyLimit: FORM_LIMIT,
          handler,
        })
    }

    for (const area of AREAS)
      area(
        {
          page: (path, show, options = {}) => register('GET', path, withSession({ show }, options)),
          form: (path, handlers, options = {}) => {
            register('GET', path, withSession(handlers, options))
            register('POST', path, withSession(handlers, options))
          },
        },
        deps,
      )
  })
}
