// Deletes a record or part: shows what goes along with it, and what forbids it.
import type { FastifyReply } from 'fastify'
import { Problem } from '../../core/problems.ts'
import { childrenOf, findRecord, parse } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { deleteChild, deleteRecord } from '../../records/write/operations.ts'
import { type Content, html } from '../../web/html.ts'
import { fill } from '../../web/languages.ts'
import { href, type Page } from '../../web/page.ts'
import type { FieldError } from '../controls.ts'
import { redirectTo, sendWorkbench } from '../respond.ts'
import { authorOf, type RouteModule, type Visit, type WorkbenchDeps } from '../visit.ts'
import { actionForm, requestedOf, staleness, subjectOf, unchanged, withNames } from './action-page.ts'
import { rehearse } from './rehearsal.ts'
import { inEnglish, summary, titled } from './render.ts'
import { childOf, editPath, parentOf, type StoredSubject } from './subject.ts'

export const deleteRoutes: RouteModule = (routes, deps) => {
  for (const path of ['/:path/:id/delete', '/:path/:id/:parts/:partId/delete'])
    routes.form(path, {
      show: async (visit) => sendDeletion(visit, deps, await subjectOf(visit, deps)),
      submit: (visit) => submitted(visit, deps),
    })
}

async function erase(tx: WriteTransaction, subject: StoredSubject): Promise<void> {
  const { entity } = subject
  const doc = await unchanged(tx, subject)
  const child = childOf(tx.catalogue, entity)
  if (child) await deleteChild(tx, child, await parentOf(tx, tx.catalogue, doc), doc)
  else await deleteRecord(tx, entity, doc)
}

async function submitted(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> {
  const subject = await subjectOf(visit, deps)
  const { parent } = subject
  const { reason, errors } = requestedOf(visit, subject)
  if (errors.length > 0 || !mayDelete(visit, subject)) return sendDeletion(visit, deps, subject, errors)
  try {
    await deps.records.write(authorOf(visit, reason), async (tx) => erase(tx, subject))
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    return sendDeletion(visit, deps, await subjectOf(visit, deps), staleness(visit, error))
  }
  return redirectTo(visit, parent ? editPath(parent.entity, parent.doc) : '/edit', { done: 'deleted' })
}

/** As in the API, analysts delete parts, and only admins delete records. */
const mayDelete = ({ key }: Visit, { parent }: StoredSubject) => parent !== null || key.role === 'admin'

interface Found {
  kind: Kind
  doc: Doc
}

async function sendDeletion(
  visit: Visit,
  deps: WorkbenchDeps,
  subject: StoredSubject,
  errors: readonly FieldError[] = [],
): Promise<FastifyReply> {
  const { entity, doc } = subject
  const { actions } = visit.words.forms
  const outcome = await rehearse(deps.records, authorOf(visit), (tx) => erase(tx, subject))
  const problem = 'problem' in outcome ? outcome.problem : null
  const along = await partsOf(deps, entity.kind, doc)
  const referrers = await documentsOf(
    deps,
    (problem?.extra?.['referencedBy'] ?? []) as { kind: Kind; id: string }[],
  )
  const shown = await withNames(visit, deps, [doc, ...[...along, ...referrers].map((each) => each.doc)])
  const { page } = shown
  const isAllowed = mayDelete(visit, subject)
  const list = (title: string, found: readonly Found[]) =>
    found.length > 0 &&
    html`<h2>${title}</h2><ul>${found.map((each) => html`<li>${linkTo(page, each)}</li>`)}</ul>`
  const title = fill(actions.deleteAsk, { name: titled(page, subject) })
  const why = !isAllowed
    ? actions.deleteAdmin
    : problem && (referrers.length > 0 ? actions.referenced : inEnglish(page, problem.message))
  return sendWorkbench(shown, {
    title: actions.delete,
    errors,
    main: html`<h1>${title}</h1>${why ? html`<p class="notice">${why}</p>` : html`<p>${actions.deleteAbout}</p>`}${list(actions.referrers, referrers)}${list(actions.along, along)}${actionForm(
      shown,
      {
        path: `${subject.path}/delete`,
        version: doc.version,
        button: why ? null : { value: 'delete', label: actions.delete, danger: true },
        errors,
        reason: visit.form.get('reason') ?? '',
      },
    )}`,
  })
}

/** The parts of a record, and the evidence of each. */
async function partsOf({ catalogue, records }: WorkbenchDeps, kind: Kind, { id }: Doc): Promise<Found[]> {
  const under = (of: Kind, recordId: string): Promise<Found[]> =>
    records.engine.read(async (reader) => {
      const found: Found[] = []
      for (const child of catalogue.children.filter((each) => each.of.includes(of)))
        for (const doc of await childrenOf(reader, child, recordId)) found.push({ kind: child.kind, doc })
      return found
    })
  const own = await under(kind, id)
  const below = await Promise.all(own.map((part) => under(part.kind, part.doc.id)))
  return [...own, ...below.flat()]
}

const documentsOf = (
  { catalogue, records }: WorkbenchDeps,
  ids: readonly { kind: Kind; id: string }[],
): Promise<Found[]> =>
  records.engine.read(async (reader) => {
    const found: Found[] = []
    for (const { kind, id } of ids) {
      const stored = await findRecord(reader, catalogue.entity(kind), id)
      if (stored) found.push({ kind, doc: parse(stored) })
    }
    return found
  })

const linkTo = (page: Page, { kind, doc }: Found): Content =>
  html`${page.messages.kinds[kind].one}: <a href="${href(page, editPath(page.catalogue.entity(kind), doc))}">${summary(page, kind, doc)}</a>`
