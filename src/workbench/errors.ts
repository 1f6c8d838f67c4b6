// Problems as pages of the workbench.
import type { Problem } from '../core/problems.ts'
import { type Content, type Html, html } from '../web/html.ts'
import { fill } from '../web/languages.ts'
import { href } from '../web/page.ts'
import { frame } from './respond.ts'
import type { PageRequest } from './visit.ts'

export function errorPage(to: PageRequest, problem: Problem): Html {
  const { page, words, request } = to
  const { errors } = words
  const [title, about] = wordsOf(to, problem)
  const main = html`<h1>${title}</h1><p class="lead">${about}</p>${
    problem.status < 500 &&
    html`<details><summary>${page.messages.errors.details}</summary><p lang="en">${problem.message}</p></details>`
  }<p><a href="${href(page, '/edit')}">${errors.back}</a></p><p class="muted">${problem.status} · ${request.id}</p>`
  // Languages lead to pages by GET, which a form need not have.
  return frame(
    { ...to, page: { ...page, path: '/edit', query: {} } },
    { title: `${words.site.error}: ${title}`, main },
  )
}

function wordsOf({ words, page, request }: PageRequest, { code }: Problem): [string, Content] {
  const { errors } = words
  const pages = page.messages.errors
  switch (code) {
    case 'not-found':
      return [pages.notFound, pages.notFoundAbout]
    case 'gone':
      return [pages.gone, pages.goneAbout]
    case 'forbidden':
      return [errors.forbidden, errors.forbiddenAbout]
    case 'body-too-large':
      return [errors.tooLarge, errors.tooLargeAbout]
    default:
      return [errors.failed, fill(errors.failedAbout, { id: request.id })]
  }
}
