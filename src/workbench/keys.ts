// The page of API keys, for admins: creating, listing and revoking them.
import { notFound } from '../core/problems.ts'
import { singleLine } from '../core/text.ts'
import { createKey, type Key, listKeys, ROLES, type Role, revokeKey } from '../db/keys.ts'
import { instantHtml } from '../web/dates.ts'
import { type Html, html } from '../web/html.ts'
import { fill } from '../web/languages.ts'
import { href } from '../web/page.ts'
import { type FieldError, radioField, selectField, tableOf, textField, unseen } from './controls.ts'
import { redirectTo, sendWorkbench } from './respond.ts'
import type { RouteModule, Visit } from './visit.ts'

const ADMIN = { role: 'admin' } as const

const MAX_NAME = 100

/** In how many days a key can expire. */
const DAYS = ['30', '90', '365'] as const

export const keyRoutes: RouteModule = ({ form }, { records }) => {
  const { engine } = records

  async function sendKeys(visit: Visit, errors: readonly FieldError[] = []) {
    const main = keysPage(visit, await listKeys(engine.reader), records.now(), errors)
    return sendWorkbench(visit, { title: visit.words.keys.title, main, errors })
  }

  const show = (visit: Visit) => sendKeys(visit)

  form(
    '/keys',
    {
      show,
      async submit(visit) {
        const { words, form: sent } = visit
        const name = singleLine(sent.get('name') ?? '').trim()
        const isName = name !== '' && name.length <= MAX_NAME
        const role = ROLES.find((each) => each === sent.get('role'))
        const days = sent.get('expires') ?? ''
        const errors: FieldError[] = []
        if (!isName) errors.push({ name: 'name', message: words.keys.nameFault })
        if (!role) errors.push({ name: 'role', message: words.keys.roleFault })
        if (!isName || !role) return sendKeys(visit, errors)
        const now = records.now()
        const expiresAt = DAYS.some((each) => each === days)
          ? new Date(now.getTime() + Number(days) * 86_400_000)
          : null
        const created = await createKey(engine, { name, role, expiresAt, now })
        visit.request.log.info({ key: created.key.id, by: visit.key.id }, 'key created')
        return sendWorkbench(visit, {
          title: words.keys.created,
          main: createdPage(visit, created, now),
          secret: true,
        })
      },
    },
    ADMIN,
  )

  form(
    '/keys/:id/revoke',
    {
      async show(visit) {
        const { keys } = visit.words
        return sendWorkbench(visit, { title: keys.revoke, main: revokePage(visit, await keyOf(visit)) })
      },
      async submit(visit) {
        const { id } = await keyOf(visit)
        await revokeKey(engine, id, records.now())
        visit.request.log.info({ key: id, by: visit.key.id }, 'key revoked')
        return redirectTo(visit, '/edit/keys', { done: 'keyRevoked' })
      },
    },
    ADMIN,
  )

  async function keyOf({ params }: Visit): Promise<Key> {
    const { id = '' } = params
    const key = (await listKeys(engine.reader)).find((each) => each.id === id)
    if (!key) throw notFound('key', id)
    return key
  }
}

function keysPage(visit: Visit, keys: readonly Key[], now: Date, errors: readonly FieldError[]): Html {
  const { page, words, form, key: own } = visit
  const { language } = page
  const { title, lead, name, role, createdAt, state, revoke, create, expires, never, inDays, you } =
    words.keys
  const rows = keys.map((key) => {
    const isUsable = key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now.toISOString())
    const link = html`<a href="${href(page, `/edit/keys/${key.id}/revoke`)}">${revoke}${unseen(html`: ${key.name}`)}</a>`
    return [
      html`<bdi>${key.name}</bdi>${key.id === own.id && html` <small>(${you})</small>`}<br><small><code>${key.id}</code></small>`,
      words.keys.roles[key.role],
      instantHtml(language, key.createdAt),
      stateOf(visit, key, now),
      isUsable && link,
    ]
  })
  const fields = html`${textField({ name: 'name', label: name, hint: words.keys.nameHint, value: form.get('name'), required: true, maxlength: MAX_NAME, errors })}${radioField(
    {
      name: 'role',
      label: role,
      value: form.get('role'),
      required: true,
      errors,
      options: ROLES.map((value: Role) => ({
        value,
        label: words.keys.roles[value],
        hint: words.keys.roleHints[value],
      })),
    },
  )}${selectField({
    name: 'expires',
    label: expires,
    value: form.get('expires') ?? '90',
    options: [
      ...DAYS.map((days) => ({ value: days, label: inDays.replace('{n}', days) })),
      { value: 'never', label: never },
    ],
  })}`
  return html`<h1>${title}</h1><p class="lead">${lead}</p>${tableOf(title, [name, role, createdAt, state, unseen(revoke)], rows)}<section aria-labelledby="new"><h2 id="new">${create}</h2><form method="post" action="${href(page, '/edit/keys')}">${fields}<p><button>${create}</button></p></form></section>`
}

function stateOf({ page, words }: Visit, { revokedAt, expiresAt }: Key, now: Date): Html {
  const { keys } = words
  const at = (instant: string) => ({ date: instantHtml(page.language, instant) })
  if (revokedAt !== null) return fill(keys.revokedOn, at(revokedAt))
  if (expiresAt === null) return html`${keys.withoutEnd}`
  return fill(expiresAt <= now.toISOString() ? keys.expiredOn : keys.validUntil, at(expiresAt))
}

function createdPage(visit: Visit, { key, token }: { key: Key; token: string }, now: Date): Html {
  const { page, words } = visit
  const { created, createdLead, secret, role, back } = words.keys
  return html`<h1>${created}</h1><p class="lead">${createdLead}</p><div class="field"><label for="secret">${secret}: <bdi>${key.name}</bdi></label><input id="secret" value="${token}" readonly autocomplete="off" spellcheck="false"></div><p>${role}: ${words.keys.roles[key.role]}, ${stateOf(visit, key, now)}</p><p><a href="${href(page, '/edit/keys')}">${back}</a></p>`
}

function revokePage({ page, words, key: own }: Visit, key: Key): Html {
  const { revokeAsk, revokeAbout, revokeOwn, revoke, back } = words.keys
  return html`<h1>${fill(revokeAsk, { name: html`<bdi>${key.name}</bdi>` })}</h1><p class="lead">${revokeAbout}</p>${key.id === own.id && html`<p><b>${revokeOwn}</b></p>`}<form method="post" action="${href(page, `/edit/keys/${key.id}/revoke`)}"><p><button class="danger">${revoke}</button></p></form><p><a href="${href(page, '/edit/keys')}">${back}</a></p>`
}
