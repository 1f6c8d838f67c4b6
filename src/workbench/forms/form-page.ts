// The page with a form: what was typed, what is wrong with it, and, of what is stored, its parts and what else can be done.
import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { ReadContext } from '../../records/read/context.ts'
import { childrenOf, findRecord, parse } from '../../records/read/record.ts'
import type { Doc } from '../../records/schema/document.ts'
import { type Kind, kindOfId } from '../../records/schema/kinds.ts'
import { dateInWords } from '../../web/dates.ts'
import { type Content, type Html, html, isEmpty, plainText } from '../../web/html.ts'
import { fill } from '../../web/languages.ts'
import { href, type Page } from '../../web/page.ts'
import { kindWord } from '../../web/words.ts'
import { type FieldError, hiddenField, textField } from '../controls.ts'
import { sendWorkbench } from '../respond.ts'
import type { Visit, WorkbenchDeps } from '../visit.ts'
import { eventTypeControl } from './event-types.ts'
import { pointerControl, type QuoteChoice, quoteControl } from './evidence-controls.ts'
import { FORM } from './faults.ts'
import { type Flaw, fieldsOf } from './fields.ts'
import { readOptions } from './options.ts'
import { type FormView, formControls, languageList, summary, titled } from './render.ts'
import { nodeOfSubject, resourceOf, type Subject, shownOf } from './subject.ts'

/** The state of a form between two pages. */
export interface FormState {
  subject: Subject
  fields: Map<string, string>
  /** Identifies the form, so that it is saved once however often it is sent. */
  token: string
  /** The version that the form showed; null: of a new record. */
  version: number | null
  reason: string
  /** The form that waits for this record, as JSON. */
  outer: string
}

/** What a page says besides the form. */
export interface Remarks {
  errors?: readonly FieldError[]
  flaws?: readonly Flaw[]
  status?: number
  /** Questions before the controls. */
  questions?: Content | ((view: FormView, mentioned: Mentioned) => Content)
  /** The ids of the records that the questions mention. */
  mentioned?: readonly string[]
  /** Places in a text of which one is meant. */
  quotes?: QuoteChoice
}

/** Records by their ids. */
export type Mentioned = ReadonlyMap<string, { kind: Kind; doc: Doc }>

/** A form as it is when it is opened. */
export function freshState(
  visit: Visit,
  deps: WorkbenchDeps,
  subject: Subject,
  given: ReadonlyMap<string, string> = new Map(),
): FormState {
  const { doc, entity } = subject
  const node = nodeOfSubject(deps.catalogue, subject, shownFields(subject, given))
  const shown = fieldsOf(node, doc ? shownOf(entity, doc) : undefined, dateWriter(visit.page))
  return {
    subject,
    fields: new Map([...shown, ...given]),
    token: randomUUID(),
    version: doc?.version ?? null,
    reason: '',
    outer: '',
  }
}

/** The field that evidence is about decides what its value can be. */
const shownFields = ({ doc }: Subject, given: ReadonlyMap<string, string>) =>
  new Map([...(doc ? [['field', String(doc['field'] ?? '')] as const] : []), ...given])

export const dateWriter =
  ({ language }: Page) =>
  (date: string) =>
    dateInWords(language, date)

/** A form as it was sent. @param sent its fields */
export const sentState = (
  subject: Subject,
  sent: ReadonlyMap<string, string>,
  fields: Map<string, string>,
): FormState => ({
  subject,
  fields,
  token: sent.get('form') || randomUUID(),
  version: Number(sent.get('version')) || null,
  reason: sent.get('reason') ?? '',
  outer: sent.get('outer') ?? '',
})

export async function sendForm(
  visit: Visit,
  deps: WorkbenchDeps,
  state: FormState,
  remarks: Remarks = {},
): Promise<FastifyReply> {
  const { subject, fields } = state
  const { errors = [], flaws = [], status, questions, mentioned: ids = [] } = remarks
  const { words } = visit
  const { view, parts, mentioned } = await deps.readSnapshot(async (context) => {
    const { catalogue, reader } = context
    const { entity, parent, doc } = subject
    const node = nodeOfSubject(catalogue, subject, fields)
    const parts = new Map<string, Doc[]>()
    if (doc)
      for (const child of catalogue.children.filter(({ of }) => of.includes(entity.kind)))
        parts.set(child.kind, await childrenOf(reader, child, doc.id))
    const siblings =
      entity.kind === 'event' && parent
        ? await childrenOf(reader, catalogue.child('event'), parent.doc.id)
        : []
    const mentioned = await readMentioned(context, ids)
    const docs = [
      ...[...mentioned.values()].map((each) => each.doc),
      ...(doc ? [doc] : []),
      ...(parent ? [parent.doc] : []),
      ...[...parts.values()].flat(),
      ...siblings,
    ]
    const options = await readOptions(context, node, fields, visit.page.language, docs)
    const page = { ...visit.page, names: options.names }
    const view: FormView = {
      page,
      words,
      kind: entity.kind,
      node,
      fields,
      errors,
      flaws,
      options,
      special: specialControls(subject, siblings, remarks),
    }
    return { view, parts, mentioned }
  })
  const title = titleOf(view, subject)
  const asked = typeof questions === 'function' ? questions(view, mentioned) : questions
  return sendWorkbench(
    { ...visit, page: view.page },
    {
      title: plainText(title),
      main: html`${heading(view, subject, title)}${formHtml(view, state, asked)}${subject.doc && related(view, subject, parts)}`,
      errors,
      ...(status !== undefined && { status }),
      scripts: ['choose'],
    },
  )
}

async function readMentioned({ catalogue, reader }: ReadContext, ids: readonly string[]): Promise<Mentioned> {
  const mentioned = new Map<string, { kind: Kind; doc: Doc }>()
  for (const id of ids) {
    const kind = kindOfId(id) ?? 'state'
    const stored = await findRecord(reader, catalogue.entity(kind), id)
    if (stored) mentioned.set(id, { kind, doc: parse(stored) })
  }
  return mentioned
}

/** The controls that depend on other records. */
function specialControls(
  { entity, parent, doc }: Subject,
  siblings: readonly Doc[],
  { quotes }: Remarks,
): NonNullable<FormView['special']> {
  if (entity.kind === 'event' && parent) {
    const others = siblings.filter(({ id }) => id !== doc?.id)
    return { type: (view, name) => eventTypeControl(view, name, parent.entity, others) }
  }
  return entity.kind === 'evidence'
    ? { field: pointerControl, exact: (view, name) => quoteControl(view, name, quotes) }
    : {}
}

function titleOf({ page, words }: FormView, { entity, doc }: Subject): Html {
  const { forms } = words
  const kind = kindWord(page, entity.kind)
  if (doc === null) return fill(forms.new, { kind })
  return fill(forms.correct, { name: titled(page, { entity, doc }) })
}

/** The title, and links to the page for readers and to the record that a part belongs to. */
function heading({ page, words }: FormView, { entity, parent, doc }: Subject, title: Html): Html {
  const { forms } = words
  const shown = doc && href(page, `/${entity.path}/${doc.id}`)
  return html`<p class="kind">${kindWord(page, entity.kind)}</p><h1>${title}</h1>${
    parent &&
    html`<p>${fill(forms.ofRecord, { name: html`<a href="${href(page, `/edit/${parent.entity.path}/${parent.doc.id}`)}">${titled(page, parent)}</a>` })}</p>`
  }${shown && html`<p><a href="${shown}">${forms.seePage}</a></p>`}`
}

function formHtml(
  view: FormView,
  { subject, token, version, reason, outer }: FormState,
  asked: Content,
): Html {
  const { page, words, errors } = view
  const { forms } = words
  const { parent, doc, entity } = subject
  const back = parent
    ? `/edit/${parent.entity.path}/${parent.doc.id}`
    : doc
      ? `/${entity.path}/${doc.id}`
      : '/edit'
  // The first button is the one that the Enter key presses.
  return html`<form method="post" action="${href(page, subject.path)}" id="${FORM}" class="record" novalidate tabindex="-1"><button class="hidden" name="do" value="save" tabindex="-1" aria-hidden="true">${forms.save}</button>${hiddenField('form', token)}${
    version !== null && hiddenField('version', String(version))
  }${outer !== '' && hiddenField('outer', outer)}${outer !== '' && html`<p class="notice">${forms.waits}</p>`}${asked}${formControls(view)}${textField(
    {
      name: 'reason',
      label: html`${forms.reason} <small>${forms.optional}</small>`,
      hint: forms.reasonHint,
      value: reason,
      errors,
    },
  )}<p><button name="do" value="save">${forms.save}</button> ${
    outer === ''
      ? html`<a href="${href(page, back)}">${forms.cancel}</a>`
      : html`<button class="quiet" name="do" value="return">${forms.back}</button>`
  }</p>${languageList(view)}</form>`
}

/** The parts of a record, and what else can be done with it. */
function related(
  { page, words }: FormView,
  { entity, doc }: Subject,
  parts: ReadonlyMap<string, readonly Doc[]>,
): Html | null {
  if (!doc) return null
  const { forms } = words
  const own = `/edit/${entity.path}/${doc.id}`
  const lists = page.catalogue.children.flatMap((child) => {
    const docs = parts.get(child.kind)
    if (!docs) return []
    const { one, many } = page.messages.kinds[child.kind]
    const items = docs.map(
      (part) =>
        html`<li id="${part.id}"><a href="${href(page, `/edit/${child.path}/${part.id}`)}">${summary(page, child.kind, part)}</a></li>`,
    )
    return html`<section aria-labelledby="${child.path}"><h2 id="${child.path}">${many}</h2>${items.length > 0 ? html`<ul>${items}</ul>` : html`<p class="muted">${forms.noParts}</p>`}<p><a href="${href(page, `${own}/${child.path}/new`)}">${fill(forms.addPart, { kind: one })}</a></p></section>`
  })
  const resource = resourceOf(page.catalogue, entity)
  const canMerge = resource !== undefined && resource.prefix !== null
  const links: Content[] = [
    typeof doc['text'] === 'string' &&
      entity.kind === 'source' &&
      html`<a href="${href(page, '/edit/sources/stored', { source: doc.id })}">${words.drafts.work.goOn}</a>`,
    html`<a href="${href(page, `${own}/versions`)}">${forms.versions}</a>`,
    canMerge && html`<a href="${href(page, `${own}/merge`)}">${forms.mergeInto}</a>`,
    html`<a href="${href(page, `${own}/delete`)}">${forms.delete}</a>`,
  ]
  return html`${lists}<ul class="actions">${links.filter((link) => !isEmpty(link)).map((link) => html`<li>${link}</li>`)}</ul>`
}
