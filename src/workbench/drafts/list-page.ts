// The list of drafts, and the question whether to delete one.
import type { FastifyReply } from 'fastify'
import { instantHtml } from '../../web/dates.ts'
import { html } from '../../web/html.ts'
import { fill, plural } from '../../web/languages.ts'
import { href } from '../../web/page.ts'
import { hiddenField } from '../controls.ts'
import { sendWorkbench } from '../respond.ts'
import type { Visit, WorkbenchDeps } from '../visit.ts'
import { type Draft, listDrafts } from './store.ts'

export async function sendList(visit: Visit, { records }: WorkbenchDeps): Promise<FastifyReply> {
  const { page, words, key } = visit
  const { list, newSource } = words.drafts
  const rows = await listDrafts(records.engine.reader, key.id)
  const items = rows.map(({ id, title, updatedAt, savedAt }) => {
    const name = html`<bdi>${title}</bdi>`
    const time = fill(savedAt === null ? list.changed : list.saved, {
      time: instantHtml(page.language, savedAt ?? updatedAt),
    })
    return html`<li><p class="title"><a href="${href(page, `/edit/drafts/${id}`)}">${name}</a></p><p class="details">${time} · <a href="${href(page, `/edit/drafts/${id}/delete`)}">${fill(list.delete, { title: name })}</a></p></li>`
  })
  return sendWorkbench(visit, {
    title: list.title,
    main: html`<h1>${list.title}</h1><p class="lead">${list.about}</p>${items.length > 0 ? html`<ul class="lines">${items}</ul>` : html`<p>${list.none}</p>`}<p><a href="${href(page, '/edit/sources/new')}">${newSource.title}</a></p>`,
  })
}

export function sendDelete(visit: Visit, { id, title, content }: Draft): FastifyReply {
  const { page, words } = visit
  const messages = words.drafts.delete
  const cards = plural(page.language, messages.cards, content.cards.length)
  return sendWorkbench(visit, {
    title: messages.title,
    main: html`<h1>${messages.title}</h1><p><bdi>${title}</bdi> <small>${cards}</small></p><p>${messages.about}</p><form method="post" action="${href(page, `/edit/drafts/${id}/delete`)}">${hiddenField('confirm', 'yes')}<p><button class="danger">${messages.confirm}</button> <a href="${href(page, `/edit/drafts/${id}`)}">${messages.back}</a></p></form>`,
  })
}
