// The scope of the workbench: it parses forms, refuses those of other sites, and reads the session of a request.
import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../core/problems.ts'
import type { Session } from '../db/sessions.ts'
import { MAX_BYTES } from '../features/imports/upload.ts'
import { html } from '../web/html.ts'
import { errorPage } from './errors.ts'
import { headersOf, sendWorkbench } from './respond.ts'
import { requestOf, type WorkbenchDeps } from './visit.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The session of a request to the workbench; null if there is none. */
    session: Session | null
  }
}

/** The largest form, in bytes: a text of 1,000,000 characters, percent-encoded. */
export const FORM_LIMIT = 16 * 1024 * 1024

/** The largest form of someone who has not signed in, in bytes: it is sent back with the page to sign in. */
const CARRIED_LIMIT = 4 * 1024 * 1024

const MAX_FIELDS = 10_000

export async function sessionScope(scope: FastifyInstance, deps: WorkbenchDeps): Promise<void> {
  await scope.register(formbody, { bodyLimit: FORM_LIMIT, parser: parseForm as never })
  await scope.register(multipart, {
    limits: { files: 1, fileSize: MAX_BYTES, fields: 20, fieldSize: 10_000 },
  })
  scope.decorateRequest('session', null)
  // This scope has its own pages for problems; paths outside keep theirs.
  scope.problemPage = (request, problem) =>
    /\btext\/html\b/i.test(request.headers.accept ?? '')
      ? { body: errorPage(requestOf(request, null as never, deps), problem).text, headers: headersOf(true) }
      : null
  scope.addHook('onRequest', async (request, reply) => {
    if (!['GET', 'HEAD'].includes(request.method) && !isSameOrigin(request)) {
      const asked = requestOf(request, reply, deps)
      const { errors } = asked.words
      return sendWorkbench(asked, {
        title: errors.crossSite,
        main: html`<h1>${errors.crossSite}</h1><p class="lead">${errors.crossSiteAbout}</p>`,
        status: 403,
      })
    }
    const found = await scope.readSession(request)
    request.session = found?.session ?? null
    request.key = found?.key ?? null
    const { 'content-length': length = 0, 'content-type': type = '' } = request.headers
    if (!found && Number(length) > CARRIED_LIMIT && !type.startsWith('multipart/'))
      throw new Problem(
        'body-too-large',
        `Without a session, a form may have at most ${CARRIED_LIMIT} bytes.`,
      )
  })
  // What was just saved must be shown, also with replicas.
  scope.addHook('preHandler', async () => deps.records.engine.replicas?.pinToPrimary())
}

/** Whether a request comes from a page of this service: what browsers say about that cannot be set by other pages. */
export function isSameOrigin({ headers, protocol, host }: FastifyRequest): boolean {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'none') return site === 'same-origin'
  const own = URL.parse(`${protocol}://${host}`)?.host
  if (origin === undefined) return site === 'none'
  return own !== undefined && URL.parse(origin)?.host === own
}

function parseForm(text: string): URLSearchParams {
  const form = new URLSearchParams(text)
  if (form.size > MAX_FIELDS)
    throw new Problem('body-too-large', `A form may have at most ${MAX_FIELDS} fields.`)
  return form
}
