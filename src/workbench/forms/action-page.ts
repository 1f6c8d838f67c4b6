// What the pages to delete, restore and merge have in common: the reason, the version that they show, and the names of records.
import { Problem } from '../../core/problems.ts'
import { withRequiredReason } from '../../http/describe.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import { type Content, type Html, html } from '../../web/html.ts'
import { namesIn } from '../../web/names.ts'
import { href } from '../../web/page.ts'
import { type FieldError, hiddenField, textField } from '../controls.ts'
import type { Visit, WorkbenchDeps } from '../visit.ts'
import { reasonErrors } from './faults.ts'
import { type StoredSubject, storedSubject } from './subject.ts'

/** A visit whose page has the names of all records that values mention. */
export async function withNames(visit: Visit, deps: WorkbenchDeps, values: Json): Promise<Visit> {
  const names = await deps.readSnapshot((context) =>
    namesIn(context, values, { asOf: null, seq: null }, visit.page.language),
  )
  return { ...visit, page: { ...visit.page, names } }
}

/** The record or part that an action is about. @throws Problem `not-found`, `gone` or `merged` */
export const subjectOf = ({ params }: Visit, { records, catalogue }: WorkbenchDeps): Promise<StoredSubject> =>
  records.engine.read((reader) => storedSubject(reader, catalogue, params))

/** The reason in a form, and what forbids the action whatever it does: no reason, or another version than the page showed. */
export function requestedOf(visit: Visit, { doc }: StoredSubject): { reason: string; errors: FieldError[] } {
  const { form, words } = visit
  const parsed = withRequiredReason.safeParse({ reason: form.get('reason') ?? '' })
  const errors = parsed.success ? [] : reasonErrors(visit, parsed.error)
  if (Number(form.get('version')) !== doc.version)
    errors.push({ name: 'form', message: words.forms.actions.stale })
  return { reason: parsed.data?.reason ?? '', errors }
}

/** The record as it is in a write, if that is still what the page showed. @throws Problem `precondition-failed` */
export async function unchanged(tx: WriteTransaction, { entity, doc }: StoredSubject): Promise<Doc> {
  const stored = await loadRecord(tx, entity, doc.id)
  if (stored.version !== doc.version)
    throw new Problem('precondition-failed', 'The record has changed meanwhile.')
  return parse(stored)
}

/** The error of a record that changed between the page and the write. */
export const staleness = ({ words }: Visit, { code }: Problem): FieldError[] =>
  code === 'precondition-failed' ? [{ name: 'form', message: words.forms.actions.stale }] : []

interface ActionForm {
  path: string
  version: number
  /** Between the hidden fields and the reason. They have a button of their own. */
  controls?: Content
  /** The button; null if the action is not possible. */
  button: { value: string; label: string; danger?: boolean } | null
  reason: string
  errors: readonly FieldError[]
}

/** The form of an action, with its reason, and the way back. */
export function actionForm({ page, words }: Visit, form: ActionForm): Html {
  const { path, version, controls, button, reason, errors } = form
  const { forms } = words
  const back = html`<a href="${href(page, path.replace(/\/(?:delete|merge|versions\/\d+\/restore)$/, ''))}">${button ? forms.cancel : forms.actions.back}</a>`
  if (!button && !controls) return html`<p>${back}</p>`
  const field = textField({
    name: 'reason',
    label: forms.reason,
    hint: forms.reasonHint,
    value: reason,
    errors,
  })
  return html`<form method="post" action="${href(page, path)}" id="form" novalidate tabindex="-1">${hiddenField('version', String(version))}${controls}${button && field}<p>${
    button &&
    html`<button name="do" value="${button.value}"${button.danger && html` class="danger"`}>${button.label}</button> `
  }${back}</p></form>`
}
