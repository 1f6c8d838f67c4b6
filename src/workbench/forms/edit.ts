// The forms with which people create and correct records and parts.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Problem } from '../../core/problems.ts'
import { IndexedText } from '../../core/quotes.ts'
import { withReason } from '../../http/describe.ts'
import { findRecord, parse } from '../../records/read/record.ts'
import type { Json } from '../../records/schema/document.ts'
import { html } from '../../web/html.ts'
import { fill } from '../../web/languages.ts'
import { href, type Query } from '../../web/page.ts'
import { redirectTo } from '../respond.ts'
import type { RouteModule, Visit, WorkbenchDeps } from '../visit.ts'
import { sendConflict } from './conflict-page.ts'
import { SHOWN_FIELD } from './evidence-controls.ts'
import { flawErrors, problemErrors, reasonErrors, schemaErrors } from './faults.ts'
import {
  beside,
  type Fields,
  fieldsIn,
  isBlank,
  nodeAt,
  readFields,
  tidied,
  withEntry,
  without,
} from './fields.ts'
import { type FormState, freshState, type Remarks, sendForm, sentState } from './form-page.ts'
import { deletedMeanwhile, questionsOf } from './questions.ts'
import { Conflict, type Decisions, Mismatch, rebased, type Saved, save } from './save.ts'
import {
  newSubject,
  nodeOfSubject,
  renewedSubject,
  resourceOf,
  type Subject,
  storedSubject,
} from './subject.ts'

type Load = (visit: Visit) => Promise<Subject>

export const editRoutes: RouteModule = (routes, deps) => {
  const { catalogue, records } = deps
  const fresh: Load = ({ params }) => records.engine.read((reader) => newSubject(reader, catalogue, params))
  const stored: Load = ({ params }) =>
    records.engine.read((reader) => storedSubject(reader, catalogue, params))
  const form = (path: string, load: Load) =>
    routes.form(path, {
      show: async (visit) => {
        const subject = await load(visit)
        return visit.resumed ? submitted(visit, deps, subject, false) : opened(visit, deps, subject)
      },
      submit: async (visit) => {
        try {
          return await submitted(visit, deps, await load(visit), true)
        } catch (error) {
          return moved(visit, deps, error)
        }
      },
    })
  form('/:path/new', fresh)
  form('/:path/:id', stored)
  form('/:path/:id/:parts/new', fresh)
  form('/:path/:id/:parts/:partId', stored)
}

/** A form of what was merged meanwhile is for the record that is left; what was deleted can be saved as new. */
async function moved(visit: Visit, deps: WorkbenchDeps, error: unknown): Promise<FastifyReply> {
  const { path = '', id = '', parts, partId } = visit.params
  if (!(error instanceof Problem)) throw error
  if (error.code === 'merged')
    return passOn(visit, `/edit/${parts ?? path}/${error.extra?.['mergedInto']}`, { fill: '1' })
  if (error.code !== 'gone') throw error
  const { catalogue, records } = deps
  const subject = await records.engine.read((reader) =>
    renewedSubject(reader, records.engine, catalogue, parts ?? path, partId ?? id),
  )
  const sent = fieldsIn(visit.form)
  const fields = tidied(nodeOfSubject(catalogue, subject, sent), sent)
  const state = { ...sentState(subject, sent, fields), version: null }
  return sendForm(visit, deps, state, deletedMeanwhile(visit.words))
}

/** A form that was opened by its address, which can have values of fields. */
function opened(visit: Visit, deps: WorkbenchDeps, subject: Subject): Promise<FastifyReply> {
  const given = new Map(Object.entries(visit.page.query).map(([name, value]) => [name, String(value)]))
  const node = nodeOfSubject(deps.catalogue, subject, given)
  return sendForm(visit, deps, freshState(visit, deps, subject, tidied(node, given)))
}

/** What the button that was pressed does: `add contributors`, `make contributors.0.speakerId speaker`. */
function actionOf(sent: Fields): { verb: string; name: string; kind: string } {
  const [verb = '', name = '', kind = ''] = (sent.get('do') ?? 'save').split(' ')
  return { verb, name, kind }
}

/** A form that waits for a record which is being created in another one. */
const waiting = z.strictObject({
  path: z.string().regex(/^\/edit\/[^?#\s]+$/),
  name: z.string(),
  fields: z.array(z.tuple([z.string(), z.string()])),
})

function waitingForm(text: string): z.output<typeof waiting> | undefined {
  try {
    return waiting.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Sends a POST on to another form, with all its fields. */
const passOn = ({ page, reply }: Visit, path: string, query: Query): FastifyReply =>
  reply.header('cache-control', 'no-store').redirect(href({ ...page, base: '' }, path, query), 307)

async function submitted(
  visit: Visit,
  deps: WorkbenchDeps,
  subject: Subject,
  saves: boolean,
): Promise<FastifyReply> {
  const { query } = visit.page
  if (query['for']) return openedFor(visit, deps, subject)
  const sent = fieldsIn(visit.form)
  const outer = query['filled'] ? waitingForm(sent.get('outer') ?? '') : undefined
  if (outer) return resumedWith(visit, deps, subject, outer, String(query['filled']))
  const node = nodeOfSubject(deps.catalogue, subject, sent)
  const fields = tidied(node, sent)
  const state = sentState(subject, sent, fields)
  const { verb, name, kind } = actionOf(sent)
  const target = nodeAt(node, name)
  if (verb === 'add' && target?.is === 'list')
    return sendForm(visit, deps, { ...state, fields: withEntry(target, fields, name) })
  if (verb === 'remove' && target)
    return sendForm(visit, deps, { ...state, fields: tidied(node, without(sent, name)) })
  const resource = deps.catalogue.resources.find((one) => one.kind === kind)
  if (verb === 'make' && resource && target)
    return passOn(visit, `/edit/${resource.path}/new`, { for: name, from: subject.path })
  const form = verb === 'return' ? waitingForm(state.outer) : undefined
  if (form) return passOn(visit, form.path, { filled: 'none' })
  if (!['save', 'edit'].includes(verb) || !saves) return sendForm(visit, deps, state)
  const lost = lostValue(deps, subject, sent)
  if (lost !== null) {
    const message = fill(visit.words.forms.otherValue, { value: html`<bdi>${lost}</bdi>` })
    return sendForm(visit, deps, state, { errors: [{ name: 'field', message }] })
  }
  return saved(visit, deps, state, sent)
}

/** The value that was typed for a field of evidence, if another field was chosen since; null: none was. */
function lostValue(deps: WorkbenchDeps, subject: Subject, sent: Fields): string | null {
  const shown = sent.get(SHOWN_FIELD)
  if (shown === undefined || shown === (sent.get('field') ?? '')) return null
  const node = nodeOfSubject(deps.catalogue, subject, new Map([['field', shown]]))
  const { value } = node.members
  if (!value || isBlank(value, sent, 'value')) return null
  const typed = [...tidied(node, sent)].filter(([name]) => /^value(?:\.|$)/.test(name))
  return typed.flatMap(([, text]) => text || []).join(', ')
}

/** The form of a record that another form waits for. */
function openedFor(visit: Visit, deps: WorkbenchDeps, subject: Subject): Promise<FastifyReply> {
  const { query } = visit.page
  const name = String(query['for'])
  const sent = fieldsIn(visit.form)
  const outer = JSON.stringify({
    path: String(query['from'] ?? ''),
    name,
    fields: [...sent].filter(([field]) => field !== 'do'),
  })
  const { titleField = 'name' } = resourceOf(deps.catalogue, subject.entity) ?? {}
  const words = sent.get(beside(name, 'find')) ?? ''
  const state = freshState(visit, deps, subject, new Map([[titleField, words]]))
  return sendForm(visit, deps, { ...state, outer })
}

/** A form that waited, with the record that was created for it. */
function resumedWith(
  visit: Visit,
  deps: WorkbenchDeps,
  subject: Subject,
  { name, fields: waited }: z.output<typeof waiting>,
  id: string,
): Promise<FastifyReply> {
  const sent = new Map(waited)
  const node = nodeOfSubject(deps.catalogue, subject, sent)
  // Without a record, the form is as it was.
  const filled = id === 'none' ? sent : new Map([...without(sent, name), [name, id]])
  const fields = tidied(node, filled)
  return sendForm(visit, deps, sentState(subject, sent, fields))
}

async function saved(
  visit: Visit,
  deps: WorkbenchDeps,
  state: FormState,
  sent: Fields,
): Promise<FastifyReply> {
  const { subject, fields } = state
  const node = nodeOfSubject(deps.catalogue, subject, fields)
  const context = { page: visit.page, words: visit.words, node }
  const again = (remarks: Remarks) => sendForm(visit, deps, state, remarks)
  const { value, flaws } = readFields(node, fields)
  if (flaws.length > 0) return again({ errors: flawErrors(context, flaws), flaws })
  const reason = withReason.safeParse(state.reason.trim() === '' ? {} : { reason: state.reason })
  if (!reason.success) return again({ errors: reasonErrors(visit, reason.error) })
  const chosen = sent.get('distinct')
  if (chosen && chosen !== 'none' && !subject.doc)
    return passOn(visit, `/edit/${subject.entity.path}/${chosen}`, { fill: '1' })
  try {
    const decisions = await decisionsOf(visit, deps, state, value, sent)
    if (sent.get('do') === 'edit')
      return sendForm(visit, deps, { ...state, ...(await rebased(visit, deps, state, value, decisions)) })
    return after(
      visit,
      deps,
      state,
      await save(visit, deps, { ...state, reason: reason.data.reason ?? '' }, value, decisions),
    )
  } catch (error) {
    if (error instanceof Conflict) return sendConflict(visit, deps, state, error, sent)
    if (error instanceof Mismatch) return again({ errors: schemaErrors(context, error.error) })
    if (!(error instanceof Problem) || error.status >= 500) throw error
    if (error.code === 'merged' || error.code === 'gone') throw error
    return again({
      errors: problemErrors(context, error),
      status: error.status === 400 ? 422 : error.status,
      ...questionsOf(visit.words, error),
    })
  }
}

/** Where a form leads that was saved: to the form that waits for it, or to the record. */
function after(
  visit: Visit,
  _deps: WorkbenchDeps,
  { subject, outer }: FormState,
  { id, done }: Saved,
): FastifyReply {
  const form = waitingForm(outer)
  if (form) return passOn(visit, form.path, { filled: id })
  const { entity, parent } = subject
  if (parent) return redirectTo(visit, `/edit/${parent.entity.path}/${parent.doc.id}#${id}`, { done })
  return redirectTo(visit, `/edit/${entity.path}/${id}`, { done })
}

/** What was decided in the questions of the page. */
async function decisionsOf(
  visit: Visit,
  deps: WorkbenchDeps,
  { subject }: FormState,
  value: Record<string, Json>,
  sent: Fields,
): Promise<Decisions> {
  const takes = [...sent].flatMap(([name, take]): [string, string][] =>
    name.startsWith('take:') ? [[name.slice(5), take]] : [],
  )
  return {
    takes: new Map(takes),
    seen: Number(sent.get('seen')) || null,
    fills: visit.page.query['fill'] !== undefined || sent.get('fill') === '1',
    followsText: sent.get('followText') === 'on',
    place: subject.entity.kind === 'evidence' ? await placeOf(deps, subject, value, sent) : null,
    distinctFrom:
      sent.get('distinct') === 'none' ? (sent.get('candidates') ?? '').split(',').filter(Boolean) : [],
  }
}

/** The place of a quote that was chosen, if the words are still those for which it was offered. The words become those of the text. */
async function placeOf(
  deps: WorkbenchDeps,
  { doc }: Subject,
  value: Record<string, Json>,
  sent: Fields,
): Promise<Decisions['place']> {
  const [, start, end] = /^(\d{1,7})-(\d{1,7})$/.exec(sent.get(beside('exact', 'pick')) ?? '') ?? []
  if (start === undefined || end === undefined || sent.get(beside('exact', 'found')) !== sent.get('exact'))
    return null
  const sourceId = String(value['sourceId'] ?? doc?.['sourceId'])
  const source = await deps.records.engine.read((reader) =>
    findRecord(reader, deps.catalogue.entity('source'), sourceId),
  )
  const text = source && parse(source)['text']
  if (typeof text !== 'string') return null
  const place = { start: Number(start), end: Number(end) }
  const indexed = new IndexedText(text)
  value['exact'] = text.slice(indexed.toUnit(place.start), indexed.toUnit(place.end))
  return place
}
