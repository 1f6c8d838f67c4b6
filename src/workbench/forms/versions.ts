// The versions of a record or part, and restoring one of them as a new version.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { notFound, Problem } from '../../core/problems.ts'
import { applyPatch } from '../../features/records/patch.ts'
import { type LoggedVersion, readVersions, wholeVersion } from '../../records/read/history.ts'
import { parse } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import { updateChild, updateRecord } from '../../records/write/operations.ts'
import { instantHtml } from '../../web/dates.ts'
import { changedKeys, difference } from '../../web/diff.ts'
import { type Content, type Html, html, join } from '../../web/html.ts'
import { fill, foreign } from '../../web/languages.ts'
import { href, type Page } from '../../web/page.ts'
import type { FieldError } from '../controls.ts'
import { redirectTo, sendWorkbench } from '../respond.ts'
import { authorOf, type RouteModule, type Visit, type WorkbenchDeps } from '../visit.ts'
import { actionForm, requestedOf, staleness, subjectOf, unchanged, withNames } from './action-page.ts'
import { rehearse } from './rehearsal.ts'
import { inEnglish, titled, wordOf } from './render.ts'
import { childOf, parentOf, resourceOf, type StoredSubject, shownOf } from './subject.ts'

export const versionRoutes: RouteModule = (routes, deps) => {
  for (const path of ['/:path/:id', '/:path/:id/:parts/:partId']) {
    routes.page(`${path}/versions`, (visit) => sendVersions(visit, deps))
    routes.form(`${path}/versions/:version/restore`, {
      show: async (visit) => sendRestoration(visit, deps, await subjectOf(visit, deps)),
      submit: (visit) => submitted(visit, deps),
    })
  }
}

const MAX_VERSIONS = 50

async function sendVersions(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> {
  const subject = await subjectOf(visit, deps)
  const { entity, doc } = subject
  const { engine } = deps.records
  const versions = await engine.read((reader) =>
    readVersions(engine, reader, entity.kind, doc.id, null, MAX_VERSIONS),
  )
  const docs = versions.flatMap((version) => (version.doc === null ? [] : [parse({ doc: version.doc })]))
  const shown = await withNames(visit, deps, [doc, ...docs])
  const { page } = shown
  const { actions } = visit.words.forms
  const items = versions
    .slice(0, MAX_VERSIONS)
    .map((version, index) => versionItem(shown, subject, version, versions[index + 1]))
  return sendWorkbench(shown, {
    title: actions.versions,
    main: html`<h1>${fill(actions.versionsOf, { name: titled(page, subject) })}</h1><ol class="versions">${items}</ol><p><a href="${href(page, subject.path)}">${actions.back}</a></p>`,
  })
}

function versionItem(
  { page, words }: Visit,
  subject: StoredSubject,
  version: LoggedVersion,
  before: LoggedVersion | undefined,
): Html {
  const { actions } = words.forms
  const { at, actorName, reason, doc } = version
  const line: Content[] = [
    fill(actions.version, { n: version.version }),
    instantHtml(page.language, at),
    foreign(actorName, null, page.language),
    ...(reason === null ? [] : [foreign(reason, null, page.language)]),
  ]
  const address = href(page, `${subject.path}/versions/${version.version}/restore`)
  const isOld = version.version < subject.doc.version
  return html`<li><p>${join(line, ' · ')}${isOld && html` · <a href="${address}">${actions.restore}</a>`}</p>${before?.doc && doc && differences(page, words, subject, parse({ doc: before.doc }), parse({ doc }))}</li>`
}

/** The fields that people write of which two versions have different values. */
function changedFields({ entity }: StoredSubject, from: Doc, to: Doc): string[] {
  const [before, after] = [shownOf(entity, from) as Doc, shownOf(entity, to) as Doc]
  return changedKeys(before, after).filter((key) => key in entity.writable.shape)
}

function differences(
  page: Page,
  words: Visit['words'],
  subject: StoredSubject,
  from: Doc,
  to: Doc,
): Html | null {
  const rows = changedFields(subject, from, to).map((key) => {
    const schema = (subject.entity.record.shape[key] as z.ZodType | undefined) ?? z.unknown()
    return html`<div><dt>${wordOf(page, words, key)}</dt><dd>${difference(page, schema, key, from[key] ?? null, to[key] ?? null)}</dd></div>`
  })
  return rows.length === 0 ? null : html`<dl class="facts">${rows}</dl>`
}

async function earlier(
  { params }: Visit,
  { records }: WorkbenchDeps,
  { entity, doc }: StoredSubject,
): Promise<Doc> {
  const number = Number(params['version'])
  if (!Number.isInteger(number)) throw notFound(entity.kind, doc.id, ` at version ${params['version']}`)
  return parse({
    doc: await records.engine.read((reader) => wholeVersion(reader, entity.kind, doc.id, number)),
  })
}

/** Gives a record the values of an earlier version. The quotes of a source follow its text. */
async function restore(tx: WriteTransaction, subject: StoredSubject, old: Doc): Promise<void> {
  const { entity } = subject
  const doc = await unchanged(tx, subject)
  const child = childOf(tx.catalogue, entity)
  const patchable = child ?? resourceOf(tx.catalogue, entity)
  if (!patchable) throw notFound(entity.kind, doc.id)
  const shown = shownOf(entity, old)
  const patch: Record<string, Json> = Object.fromEntries(
    changedFields(subject, doc, old).map((key) => [key, shown[key] ?? null]),
  )
  const changed = applyPatch(patchable, doc, patch)
  if (child) await updateChild(tx, child, await parentOf(tx, tx.catalogue, doc), doc, changed)
  else await updateRecord(tx, entity, doc, changed, { replacesText: true })
}

async function submitted(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> {
  const subject = await subjectOf(visit, deps)
  const old = await earlier(visit, deps, subject)
  const { reason, errors } = requestedOf(visit, subject)
  if (errors.length > 0) return sendRestoration(visit, deps, subject, errors)
  try {
    await deps.records.write(authorOf(visit, reason), (tx) => restore(tx, subject, old))
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    return sendRestoration(visit, deps, await subjectOf(visit, deps), staleness(visit, error))
  }
  return redirectTo(visit, subject.path, { done: 'restored' })
}

async function sendRestoration(
  visit: Visit,
  deps: WorkbenchDeps,
  subject: StoredSubject,
  errors: readonly FieldError[] = [],
): Promise<FastifyReply> {
  const { doc } = subject
  const { words } = visit
  const { actions } = words.forms
  const old = await earlier(visit, deps, subject)
  const outcome = await rehearse(deps.records, authorOf(visit), (tx) => restore(tx, subject, old))
  const problem = 'problem' in outcome ? outcome.problem : null
  const shown = await withNames(visit, deps, [doc, old])
  const { page } = shown
  const rows = differences(page, words, subject, doc, old)
  const title = fill(actions.restoreAsk, { n: old.version, name: titled(page, subject) })
  const suggested = fill(actions.restoreReason, { n: old.version }).text
  return sendWorkbench(shown, {
    title: actions.restore,
    errors,
    main: html`<h1>${title}</h1>${
      problem && html`<p class="notice">${actions.impossible} ${inEnglish(page, problem.message)}</p>`
    }${rows ? html`<p>${actions.restoreAbout}</p>${rows}` : html`<p>${actions.sameVersion}</p>`}${actionForm(
      shown,
      {
        path: `${subject.path}/versions/${old.version}/restore`,
        version: doc.version,
        button: problem || !rows ? null : { value: 'restore', label: actions.restore },
        reason: visit.form.get('reason') ?? suggested,
        errors,
      },
    )}`,
  })
}
