// The page for changes that collide with those of others: three columns for each field, and the choice what counts.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { readVersions } from '../../records/read/history.ts'
import type { Json } from '../../records/schema/document.ts'
import { instantHtml } from '../../web/dates.ts'
import { type Content, type Html, html, isEmpty, join } from '../../web/html.ts'
import { fill, foreign, plural } from '../../web/languages.ts'
import { namesIn } from '../../web/names.ts'
import { href } from '../../web/page.ts'
import { showValue } from '../../web/values.ts'
import { hiddenField, radioField } from '../controls.ts'
import { sendWorkbench } from '../respond.ts'
import type { Visit, WorkbenchDeps } from '../visit.ts'
import type { Collision } from './combine.ts'
import type { Fields } from './fields.ts'
import type { FormState } from './form-page.ts'
import { wordOf } from './render.ts'
import type { Conflict } from './save.ts'

const NOW = { asOf: null, seq: null }

/** @param sent the fields that were sent; the choices among them count if they were made for the same version */
export async function sendConflict(
  visit: Visit,
  deps: WorkbenchDeps,
  { subject, fields, token, version, reason, outer }: FormState,
  { theirs, collisions, changes }: Conflict,
  sent: Fields,
): Promise<FastifyReply> {
  const { words } = visit
  const { conflict } = words.forms
  const { entity } = subject
  const { last, names } = await deps.readSnapshot(async (context) => {
    const [last] = await readVersions(context.engine, context.reader, entity.kind, theirs.id, null, 1)
    const values = collisions.flatMap(({ base, theirs, mine }) => [base, theirs, mine])
    return { last, names: await namesIn(context, [theirs, ...values], NOW, visit.page.language) }
  })
  const page = { ...visit.page, names }
  const isFilling = sent.get('fill') === '1' || visit.page.query['fill'] !== undefined
  const wasAsked = Number(sent.get('seen')) === theirs.version
  const errors = collisions
    .filter(({ key }) => wasAsked && !sent.has(`take:${key}`))
    .map(({ key }) => ({
      name: `take:${key}`,
      message: fill(words.forms.fault, { field: wordOf(page, words, key), fault: conflict.unchosen }),
    }))
  const by =
    last &&
    fill(conflict.by, {
      name: foreign(last.actorName, null, page.language),
      when: instantHtml(page.language, last.at),
    })
  const value = (key: string, value: Json): Content => {
    const schema = (entity.record.shape[key] as z.ZodType | undefined) ?? z.unknown()
    const shown = showValue(page, schema, value, key)
    return shown && !isEmpty(shown) ? shown : html`<span class="muted">${conflict.empty}</span>`
  }
  const column = (title: Content, key: string, shown: Json) =>
    html`<div><h3>${title}</h3>${value(key, shown)}</div>`
  const row = ({ key, base, theirs, mine, both }: Collision): Html => {
    const name = `take:${key}`
    return html`<section class="conflict" aria-labelledby="${key}-title"><h2 id="${key}-title">${wordOf(page, words, key)}</h2><div class="sides">${column(conflict.found, key, base)}${column(html`${conflict.theirs}${by && html`<br><small>${by}</small>`}`, key, theirs)}${column(conflict.mine, key, mine)}</div>${both !== undefined && html`<details><summary>${conflict.both}</summary>${value(key, both)}</details>`}${radioField(
      {
        name,
        label: conflict.which,
        value: wasAsked ? sent.get(name) : undefined,
        errors,
        options: [
          ...(both === undefined ? [] : [{ value: 'both', label: conflict.takeBoth }]),
          { value: 'mine', label: conflict.takeMine },
          { value: 'theirs', label: conflict.takeTheirs },
        ],
      },
    )}</section>`
  }
  const others = Object.keys(changes).map((key) => wordOf(page, words, key))
  const n = plural(page.language, conflict.fields, collisions.length)
  const own: [string, string][] = [
    ['form', token],
    ['seen', String(theirs.version)],
    ['reason', reason],
    ...(version === null ? [] : [['version', String(version)] as [string, string]]),
    ...(outer === '' ? [] : [['outer', outer] as [string, string]]),
    ...(isFilling ? [['fill', '1'] as [string, string]] : []),
  ]
  return sendWorkbench(
    { ...visit, page },
    {
      title: conflict.title,
      status: 409,
      errors,
      main: html`<h1>${conflict.title}</h1><p class="lead">${fill(conflict.about, { n })}</p><form method="post" action="${href(page, subject.path)}" id="form">${[...fields, ...own].map(([name, text]) => hiddenField(name, text))}${collisions.map(row)}${others.length > 0 && html`<p>${fill(conflict.others, { fields: join(others, ', ') })}</p>`}<p><button name="do" value="save">${conflict.save}</button> <button class="quiet" name="do" value="edit">${conflict.back}</button></p></form>`,
    },
  )
}
