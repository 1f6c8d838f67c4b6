// Errors as pages, for whoever accepts HTML.
import type { FastifyRequest } from 'fastify'
import { nearest } from '../core/nearest.ts'
import type { Problem } from '../core/problems.ts'
import type { ProblemPage } from '../http/problems.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import { type Html, html } from './html.ts'
import { fill, messagesOf } from './languages.ts'
import { layout, searchForm } from './layout.ts'
import { RECORD_ID } from './names.ts'
import { href, linkTo, type Page, splitPath } from './page.ts'
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
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const isPast = code === 'not-found' && (searchParams.has('asOf') || searchParams.has('knownAt'))
  const [title, about] = isPast ? [errors.notThen, errors.notThenAbout] : wordsOf(page, code, id)
  const main = html`<h1>${title}</h1><p class="lead">${about}</p>${
    code === 'invalid-parameter' || code === 'invalid-cursor'
      ? html`<details open><summary>${errors.details}</summary><p lang="en">${message}</p></details>`
      : null
  }${
    code === 'unauthorized' &&
    html`<p><a href="${href(page, '/edit/sign-in', { next: url })}">${errors.signIn}</a></p>`
  }${isPast && html`<p><a href="${`${page.base}${pathname}`}">${errors.showNow}</a></p>`}${code === 'not-found' || code === 'gone' ? suggestions(page) : null}<p>${errors.wayOut}</p><p><a href="${href(page, '/')}">${site.home}</a></p>${searchForm(page, 'search-again', errors.wayOut)}<p class="muted">${status} · ${id}</p>`
  return layout(page, { title: `${errors.title}: ${title}`, main, hidden: true, timeless: true })
}

/** The longest last part of a path that is searched for. */
const MAX_SEARCHED = 100

/** The list that the path may be meant for, and the search for its last part. */
function suggestions(page: Page): Html | null {
  const { messages, catalogue, path } = page
  const { errors, kinds } = messages
  const segments = path.split('/').filter((segment) => segment !== '')
  const entities = [...catalogue.resources, ...catalogue.children]
  const meant = nearest(
    segments[0] ?? '',
    entities.map((entity) => entity.path),
  )
  const list = entities.find((entity) => entity.path === meant)
  const words = wordsIn(segments.at(-1) ?? '')
  const links = [
    list && linkTo(page, `/${list.path}`, fill(errors.toList, { kind: kinds[list.kind].many })),
    words !== '' &&
      html`<a rel="nofollow" href="${href(page, '/search', { q: words })}">${fill(errors.searchFor, { words: html`<bdi>${words}</bdi>` })}</a>`,
  ].filter(Boolean)
  return links.length === 0 ? null : html`<ul>${links.map((link) => html`<li>${link}</li>`)}</ul>`
}

/** The words of a part of a path; none if it is broken, or the id of a record. */
function wordsIn(segment: string): string {
  try {
    const text = decodeURIComponent(segment)
    return RECORD_ID.test(text)
      ? ''
      : (text.match(/[\p{L}\p{N}]+/gu) ?? []).join(' ').slice(0, MAX_SEARCHED).toWellFormed()
  } catch {
    return ''
  }
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
