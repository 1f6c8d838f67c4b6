// Serves a page about each type of problem, at the path of its `type`.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { PROBLEMS } from '../core/problems.ts'
import { sendRepresentation } from '../http/conditional.ts'

export function problemPages(app: FastifyInstance): void {
  const options = { schema: { hide: true }, config: { open: true } }
  for (const [code, { status, title, about }] of Object.entries(PROBLEMS)) {
    const body = `<p>${toHtml(about)}</p><p><code>type: /problems/${code}</code></p>`
    app.get(`/problems/${code}`, options, (_request, reply) => sendPage(reply, `${status}: ${title}`, body))
  }
  const list = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) =>
      `<li><a href="${app.basePath}/problems/${code}">${code}</a>: ${status}, ${title}</li>`,
  )
  app.get('/problems', options, (_request, reply) => sendPage(reply, 'Problems', `<ul>${list.join('')}</ul>`))
}

const sendPage = (reply: FastifyReply, title: string, body: string) =>
  sendRepresentation(reply, {
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><body><h1>${title}</h1>${body}</body></html>\n`,
    type: 'text/html; charset=utf-8',
  })

/** Converts a description to HTML: escapes `&` and `<`, and formats Markdown code. */
const toHtml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
