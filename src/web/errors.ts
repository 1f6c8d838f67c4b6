// Errors as pages, for whoever accepts HTML.
import type { FastifyRequest } from 'fastify'
import type { Problem } from '../core/problems.ts'
import type { ProblemPage } from '../http/problems.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import { type Html, html } from './html.ts'
import { fill, messagesOf } from './languages.ts'
import { layout, searchForm } from './layout.ts'
import { href, type Page, splitPath } from './page.ts'
import { HTML_TYPE, PAGE_HEADERS } from './respond.ts'

/** Paths of which every response is data. */
const DATA =
  /^\/(?:v1|openapi|context\.jsonld|healthz|readyz|metrics|assets|sitemap|robots\.txt|favicon\.ico)(?:[/.?-]|$)/

/** The page of a problem; null for clients of the API. */
export function problemPage(catalogue: Catalogue, base: string): ProblemPage {
  return (request, problem) => {
    const accepts = /\btext\/html\b/i.test(request.headers.accept ?? '')
    if (!accepts || !['GET', 'HEAD'].includes(request.method) || DATA.test(request.url)) return null
    const { language, path } = splitPath(request.url.split('?')[0] ?? '/')
    const page: Page = {
      language,
      messages: messagesOf(language),
      catalogue,
      base,
      origin: '',
      path,
      query: {},
      clocks: { asOf: null, knownAt: null },
      day: '',
      names: new Map(),
    }
    return {
      body: errorPage(page, problem, request).text,
      headers: { 'content-type': HTML_TYPE, ...PAGE_HEADERS },
    }
  }
}

function errorPage(page: Page, { code, status, message }: Problem, { id, url }: FastifyRequest): Html {
  const { errors, site } = page.messages
  const [title, about] = wordsOf(page, code, id)
  const main = html`<h1>${title}</h1><p class="lead">${about}</p>${
    code === 'invalid-parameter' || code === 'invalid-cursor'
      ? html`<details open><summary>${errors.details}</summary><p lang="en">${message}</p></details>`
      : null
  }${
    code === 'unauthorized' &&
    html`<p><a href="${href(page, '/edit/sign-in', { next: url })}">${errors.signIn}</a></p>`
  }<p>${errors.wayOut}</p><p><a href="${href(page, '/')}">${site.home}</a></p>${searchForm(page, 'search-again', errors.wayOut)}<p class="muted">${status} · ${id}</p>`
  return layout(page, { title: `${errors.title}: ${title}`, main, hidden: true, timeless: true })
}

function wordsOf({ messages }: Page, code: string, id: string): [string, Html | string] {
  const { errors } = messages
  switch (code) {
    case 'not-found':
      return [errors.notFound, errors.notFoundAbout]
    case 'gone':
      return [errors.gone, errors.goneAbout]
    case 'unauthorized':
    case 'forbidden':
      return [errors.unauthorized, errors.unauthorizedAbout]
    case 'invalid-parameter':
    case 'invalid-cursor':
      return [errors.invalid, '']
    default:
      return [errors.failed, fill(errors.failedAbout, { id })]
  }
}
