// Signing in with a key, on a page of its own or in place of a form whose session has ended, and signing out.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Problem } from '../core/problems.ts'
import { verifyKey } from '../db/keys.ts'
import { createSession, endSession, findSession } from '../db/sessions.ts'
import { canKeepSession, setSessionCookie } from '../http/session.ts'
import { type Content, type Html, html } from '../web/html.ts'
import { fill, LANGUAGES, plural } from '../web/languages.ts'
import { localPath } from '../web/page.ts'
import { AttemptLimit, networkOf } from './attempts.ts'
import { type FieldError, hiddenField, textField } from './controls.ts'
import { redirectTo, sendWorkbench } from './respond.ts'
import { type PageRequest, requestOf, type Visit, type WorkbenchDeps } from './visit.ts'

/** The field of the key. No other form may have it. */
const KEY_FIELD = 'signInKey'

const WINDOW_MS = 15 * 60_000

/** How often signing in may fail in this time: from one network, and with one key from anywhere. */
const MAX_OF_NETWORK = 20
const MAX_WITH_KEY = 20

export interface SignIn {
  /** Answers a request without a session: leads to the page to sign in, or shows it with all that was sent. */
  first(asked: PageRequest): Promise<FastifyReply | Visit>
}

/** Registers the routes to sign in and out. */
export function signInRoutes(scope: FastifyInstance, deps: WorkbenchDeps): SignIn {
  const { engine } = deps.records
  const now = () => deps.records.now()
  const ofNetwork = new AttemptLimit(engine, now, { max: MAX_OF_NETWORK, windowMs: WINDOW_MS })
  const ofKey = new AttemptLimit(engine, now, { max: MAX_WITH_KEY, windowMs: WINDOW_MS })

  for (const language of LANGUAGES) {
    const url = localPath(language, '/edit/sign-in')
    const options = { config: { open: true }, schema: { hide: true } }
    scope.get(url, options, (request, reply) => {
      const asked = requestOf(request, reply, deps)
      const next = localAddress(asked.page.query['next'])
      if (request.session) return reply.redirect(next ?? localPath(language, '/edit'), 303)
      return sendWorkbench(asked, signInPage(asked, url, { next }))
    })
    scope.post(url, options, async (request, reply) => {
      const asked = requestOf(request, reply, deps)
      const next = localAddress(asked.form.get('next'))
      const outcome = await attempt(asked)
      if (outcome.fault) return sendFault(asked, url, outcome.fault, { next })
      return reply.header('cache-control', 'no-store').redirect(next ?? localPath(language, '/edit'), 303)
    })
    scope.post(localPath(language, '/edit/sign-out'), options, async (request, reply) => {
      const { session } = request
      if (session) await endSession(engine, session.keyId, session.id, now())
      setSessionCookie(reply, null)
      // Nothing of it is shown again by the button Back.
      reply.header('clear-site-data', '"cache"')
      return redirectTo(requestOf(request, reply, deps), '/edit/sign-in', { done: 'signedOut' })
    })
  }

  return {
    async first(asked) {
      const { request, page, form } = asked
      if (!/\btext\/html\b/i.test(request.headers.accept ?? ''))
        throw new Problem('unauthorized', 'The session has ended. Sign in again.')
      if (request.method !== 'POST' || !(request.body instanceof URLSearchParams)) {
        const next = request.method === 'POST' ? localPath(page.language, page.path) : request.url
        const lost = request.method === 'POST' ? { lost: 'file' } : {}
        return redirectTo(asked, '/edit/sign-in', { next, ...lost })
      }
      const tried = form.has(KEY_FIELD)
      const outcome = tried ? await attempt(asked) : null
      form.delete(KEY_FIELD)
      if (outcome?.begun) return { ...asked, ...outcome.begun, resumed: true }
      if (outcome?.fault) return sendFault(asked, request.url, outcome.fault, { carried: form })
      return sendWorkbench(asked, { ...signInPage(asked, request.url, { carried: form }), status: 401 })
    },
  }

  /** Begins a session with the key in a form. */
  async function attempt({ request, reply, form, words, page }: PageRequest): Promise<Outcome> {
    if (!canKeepSession(request)) return { fault: { status: 403, message: words.errors.insecure } }
    const token = (form.get(KEY_FIELD) ?? '').trim()
    if (token === '') return { fault: { status: 422, message: words.session.empty } }
    const tooMany = (waitMs: number): Outcome => ({
      fault: {
        status: 429,
        message: fill(words.session.tooMany, {
          minutes: plural(page.language, words.session.minutes, Math.ceil(waitMs / 60_000)),
        }),
        headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
      },
    })
    const network = `network ${networkOf(request.ip)}`
    if (ofNetwork.waitMs(network) > 0) return tooMany(ofNetwork.waitMs(network))
    const verdict = await verifyKey(engine.reader, token, now())
    if (!verdict.valid) {
      await ofNetwork.fail(network)
      // The ids of keys are public, so failures of others must not keep the right key out.
      const [, id] = /^sco_([0-9a-z]{26})_/.exec(token) ?? []
      const waitMs = id === undefined ? 0 : ofKey.waitMs(id)
      if (id !== undefined) await ofKey.fail(id)
      if (waitMs === 0) return { fault: { status: 422, message: words.session.wrong } }
      request.log.warn({ key: `key_${id}` }, 'many attempts to sign in with a wrong key')
      return tooMany(waitMs)
    }
    const { session: former } = request
    if (former) await endSession(engine, former.keyId, former.id, now())
    const secret = await createSession(engine, {
      keyId: verdict.key.id,
      address: request.ip,
      userAgent: request.headers['user-agent'] ?? '',
      now: now(),
    })
    const begun = await findSession(engine, secret, now())
    if (!begun) throw new Error('A session that was begun is not there.')
    setSessionCookie(reply, secret)
    request.session = begun.session
    request.key = begun.key
    return { begun }
  }
}

interface Fault {
  status: number
  message: Content
  headers?: Record<string, string>
}

type Outcome = { begun?: NonNullable<Awaited<ReturnType<typeof findSession>>>; fault?: Fault }

interface Going {
  /** Where to go after signing in. */
  next?: string | null
  /** The fields of a form that was sent without a session. */
  carried?: URLSearchParams
}

function sendFault(
  asked: PageRequest,
  action: string,
  { status, message, headers = {} }: Fault,
  going: Going,
) {
  asked.reply.headers(headers)
  const errors = [{ name: KEY_FIELD, message }]
  return sendWorkbench(asked, { ...signInPage(asked, action, going, errors), errors, status })
}

/** @param action the path, without the base path, that the form is sent to */
function signInPage(
  asked: PageRequest,
  action: string,
  { next, carried }: Going,
  errors: readonly FieldError[] = [],
): { title: string; main: Html; secret: true } {
  const { words, page, request } = asked
  const { session } = words
  const isSafe = canKeepSession(request)
  const form = html`<form method="post" action="${`${page.base}${action}`}">${textField({
    name: KEY_FIELD,
    label: session.key,
    hint: session.keyHint,
    type: 'password',
    autocomplete: 'current-password',
    maxlength: 200,
    required: true,
    errors,
  })}${next && hiddenField('next', next)}${[...(carried ?? [])].map(([name, value]) => hiddenField(name, value))}<p><button>${session.signIn}</button></p></form>`
  return {
    title: session.title,
    secret: true,
    main: html`<h1>${session.title}</h1>${carried && html`<p class="lead">${session.expired}</p><p>${session.carried}</p>`}${
      page.query['lost'] === 'file' && html`<p class="lead">${session.expired}</p><p>${session.fileLost}</p>`
    }<p>${session.lead}</p><p>${session.withoutKey}</p>${isSafe ? form : html`<div class="errors"><h2>${words.errors.insecure}</h2><p>${words.errors.insecureAbout}</p></div>`}`,
  }
}

/** An address of this service from a parameter; null for any other. */
export function localAddress(address: unknown): string | null {
  if (typeof address !== 'string' || !address.startsWith('/')) return null
  // The parser knows all the ways in which an address can lead elsewhere.
  const url = URL.parse(address, 'http://local.invalid')
  return url?.origin === 'http://local.invalid' && !url.pathname.startsWith('//')
    ? `${url.pathname}${url.search}`
    : null
}
