// Sends the pages of the workbench, in a frame of their own.
import type { FastifyReply } from 'fastify'
import { type Content, type Html, html } from '../web/html.ts'
import { fill } from '../web/languages.ts'
import { layout } from '../web/layout.ts'
import { href, type Query } from '../web/page.ts'
import { HTML_TYPE, PAGE_HEADERS } from '../web/respond.ts'
import { ASSETS_PATH } from './assets.ts'
import { errorSummary, type FieldError } from './controls.ts'
import type { PageRequest, Visit } from './visit.ts'

export interface WorkbenchPage {
  title: string
  /** Begins with an h1. */
  main: Content
  /** Default: 200, or 422 if there are errors. */
  status?: number
  /** What is wrong with the form: shown above the page, with links to the fields. */
  errors?: readonly FieldError[]
  /** The names of modules in `browser/`, without `.js`. */
  scripts?: readonly string[]
  /** Whether it shows a secret, so that no copy may be stored. */
  secret?: boolean
}

const CSP = PAGE_HEADERS['content-security-policy'].replace("script-src 'none'", "script-src 'self'")

/** The headers of every page: it is one person's own, and runs no scripts but ours. */
export const headersOf = (secret = false): Record<string, string> => ({
  ...PAGE_HEADERS,
  'content-type': HTML_TYPE,
  'content-security-policy': CSP,
  'cache-control': secret ? 'no-store' : 'private, no-cache',
})

export function sendWorkbench(to: PageRequest | Visit, page: WorkbenchPage): FastifyReply {
  const { status = (page.errors ?? []).length > 0 ? 422 : 200, secret } = page
  return to.reply.code(status).headers(headersOf(secret)).send(frame(to, page).text)
}

/** Redirects after a POST. @param query such as `{ done: 'ended' }`, the name of a notice */
export const redirectTo = ({ page, reply }: PageRequest, path: string, query: Query = {}): FastifyReply =>
  // The base path is put in front of it by a hook.
  reply.header('cache-control', 'no-store').redirect(href({ ...page, base: '' }, path, query), 303)

export function frame(
  to: PageRequest | Visit,
  { title, main, errors = [], scripts = [] }: WorkbenchPage,
): Html {
  const { page, words } = to
  const { base } = page
  const failed = errors.length > 0
  return layout(page, {
    title: failed ? `${words.site.error}: ${title}` : title,
    hidden: true,
    timeless: true,
    head: html`<link rel="stylesheet" href="${`${base}${ASSETS_PATH}/styles.css`}">${['page', ...scripts].map(
      (name) => html`<script type="module" src="${`${base}${ASSETS_PATH}/${name}.js`}"></script>`,
    )}`,
    navigation: 'session' in to ? navigation(to) : undefined,
    main: html`${notice(to)}${failed && errorSummary(words, errors)}${main}`,
  })
}

function notice(to: PageRequest | Visit): Html | null {
  const { page, words } = to
  const done = String(page.query['done'] ?? '')
  const text =
    'resumed' in to && to.resumed
      ? words.session.resumed
      : Object.hasOwn(words.notices, done)
        ? words.notices[done]
        : null
  return text ? html`<p class="notice" role="status">${text}</p>` : null
}

function navigation({ page, words, key }: Visit): Html {
  const { site } = words
  const links: [string, string][] = [
    ['/edit', site.work],
    ['/edit/sources/new', site.newSource],
    ['/edit/drafts', words.drafts.list.title],
    ['/edit/imports', site.imports],
    ['/edit/sessions', site.sessions],
  ]
  if (key.role === 'admin') links.push(['/edit/keys', site.keys])
  const items = links.map(
    ([path, text]) =>
      html`<li><a href="${href(page, path)}"${page.path === path && html` aria-current="page"`}>${text}</a></li>`,
  )
  return html`<form class="sign-out" method="post" action="${href(page, '/edit/sign-out')}"><span>${fill(site.signedIn, { name: html`<bdi>${key.name}</bdi>` })}</span> <button>${site.signOut}</button></form><nav aria-label="${site.navigation}"><ul>${items}</ul></nav>`
}
