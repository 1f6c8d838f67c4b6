// The page of one's own sessions: when and from where each was begun, and buttons that end them.
import { endOtherSessions, endSession, listSessions, type Session } from '../db/sessions.ts'
import { instantHtml } from '../web/dates.ts'
import { type Html, html } from '../web/html.ts'
import { href } from '../web/page.ts'
import { tableOf, unseen } from './controls.ts'
import { redirectTo, sendWorkbench } from './respond.ts'
import type { RouteModule, Visit } from './visit.ts'

export const sessionRoutes: RouteModule = ({ form }, { records }) => {
  const { engine } = records
  form('/sessions', {
    async show(visit) {
      const sessions = await listSessions(engine.reader, visit.key.id, records.now())
      return sendWorkbench(visit, { title: visit.words.sessions.title, main: sessionsPage(visit, sessions) })
    },
    async submit(visit) {
      const { key, session, form: sent } = visit
      const id = sent.get('end')
      if (id !== null) await endSession(engine, key.id, id, records.now())
      else if (sent.has('others')) await endOtherSessions(engine, session, records.now())
      return redirectTo(visit, '/edit/sessions', { done: 'sessionsEnded' })
    },
  })
}

function sessionsPage({ page, words, session }: Visit, sessions: readonly Session[]): Html {
  const { language } = page
  const { title, lead, begun, lastSeen, from, current, end, endOthers, endAt } = words.sessions
  const rows = sessions.map(({ id, createdAt, lastSeenAt, address, userAgent }) => {
    const browser = browserName(userAgent)
    const created = instantHtml(language, createdAt)
    const isThis = html`<b>${current}</b><br><small>${endAt} ${instantHtml(language, session.expiresAt)}</small>`
    const button = html`<button name="end" value="${id}" class="quiet">${end}${unseen(html`: ${browser}, ${created}`)}</button>`
    return [
      created,
      instantHtml(language, lastSeenAt),
      html`<bdi>${address}</bdi><br><small title="${userAgent}">${browser}</small>`,
      id === session.id ? isThis : button,
    ]
  })
  const table = tableOf(title, [begun, lastSeen, from, unseen(end)], rows)
  const several = html`<form method="post" action="${href(page, '/edit/sessions')}">${table}<p><button name="others" value="1" class="danger">${endOthers}</button></p></form>`
  return html`<h1>${title}</h1><p class="lead">${lead}</p>${sessions.length > 1 ? several : table}`
}

/** In the order in which the names tell browsers apart: most name others too. */
const BROWSERS = { Edge: /Edg/, Opera: /OPR/, Firefox: /Firefox/, Chrome: /Chrom/, Safari: /Safari/ }
const SYSTEMS = {
  Windows: /Windows/,
  Android: /Android/,
  iOS: /iPhone|iPad/,
  macOS: /Mac OS X/,
  Linux: /Linux/,
}

/** The browser of a User-Agent and its system; a part of the text if it is none of the usual ones. */
function browserName(userAgent: string): string {
  const names = [BROWSERS, SYSTEMS].flatMap(
    (patterns) => Object.entries(patterns).find(([, pattern]) => pattern.test(userAgent))?.[0] ?? [],
  )
  return names.join(', ') || userAgent.slice(0, 60)
}
