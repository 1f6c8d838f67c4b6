// Merges a record that was entered twice into another: both side by side, with what moves and what would be lost.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { notFound, Problem } from '../../core/problems.ts'
import { findSurvivor, loadRecord, parse } from '../../records/read/record.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { isEmpty } from '../../records/schema/values.ts'
import { type Dropped, type Merged, mergeRecords } from '../../records/write/merge.ts'
import { type Content, type Html, html, join } from '../../web/html.ts'
import { fill } from '../../web/languages.ts'
import { href } from '../../web/page.ts'
import { showValue } from '../../web/values.ts'
import { type FieldError, hiddenField, radioField } from '../controls.ts'
import { redirectTo, sendWorkbench } from '../respond.ts'
import { authorOf, type RouteModule, type Visit, type WorkbenchDeps } from '../visit.ts'
import { actionForm, requestedOf, staleness, subjectOf, unchanged } from './action-page.ts'
import { isEqual } from './combine.ts'
import { flawErrors } from './faults.ts'
import { type Fields, fieldsIn, readFields, tidied } from './fields.ts'
import type { Group } from './nodes.ts'
import { readOptions } from './options.ts'
import { rehearse } from './rehearsal.ts'
import { formControls, inEnglish, titled, wordOf } from './render.ts'
import { editPath, resourceOf, type StoredSubject } from './subject.ts'

export const mergeRoutes: RouteModule = (routes, deps) => {
  routes.form('/:path/:id/merge', {
    show: async (visit) => {
      const into = String(visit.page.query['into'] ?? '')
      const sent = visit.resumed ? fieldsIn(visit.form) : new Map(into === '' ? [] : [['into', into]])
      return sendMerge(visit, deps, await mergeable(visit, deps), sent)
    },
    submit: (visit) => submitted(visit, deps),
  })
}

interface Mergeable extends StoredSubject {
  entity: Resource
}

/** @throws Problem `not-found` for what cannot be merged: parts and states */
async function mergeable(visit: Visit, deps: WorkbenchDeps): Promise<Mergeable> {
  const subject = await subjectOf(visit, deps)
  const resource = resourceOf(deps.catalogue, subject.entity)
  if (!resource || resource.prefix === null) throw notFound(subject.entity.kind, subject.doc.id)
  return { ...subject, entity: resource }
}

/** The control for the record that stays. */
const nodeOf = ({ kind }: Resource): Group => ({
  is: 'group',
  empty: {},
  members: {
    into: {
      is: 'scalar',
      input: 'reference',
      required: true,
      empty: undefined,
      preset: '',
      trimmed: true,
      options: [],
      kinds: [kind],
    },
  },
})

/** The fields in which the values of the record that goes win. */
const takenIn = (sent: Fields): string[] =>
  [...sent].flatMap(([name, take]) =>
    name.startsWith('take:') && take === 'goes' ? [`/${name.slice(5)}`] : [],
  )

async function submitted(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> {
  const subject = await mergeable(visit, deps)
  const { entity } = subject
  const sent = fieldsIn(visit.form)
  const node = nodeOf(entity)
  const { value, flaws } = readFields(node, tidied(node, sent))
  const context = { page: visit.page, words: visit.words, node }
  if (sent.get('do') !== 'merge') return sendMerge(visit, deps, subject, sent)
  if (flaws.length > 0) return sendMerge(visit, deps, subject, sent, flawErrors(context, flaws))
  const { reason, errors } = requestedOf(visit, subject)
  if (errors.length > 0) return sendMerge(visit, deps, subject, sent, errors)
  try {
    const { mergedInto } = await deps.records.write(authorOf(visit, reason), async (tx) => {
      const loser = await unchanged(tx, subject)
      const stays = parse(await loadRecord(tx, entity, String(value['into'])))
      await unchanged(tx, { ...subject, doc: { ...stays, version: Number(sent.get('seen')) } })
      return mergeRecords(tx, entity, loser, stays, takenIn(sent))
    })
    return redirectTo(visit, `/edit/${entity.path}/${mergedInto}`, { done: 'merged' })
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    return sendMerge(visit, deps, await mergeable(visit, deps), sent, staleness(visit, error))
  }
}

/** What would happen, or why it cannot. */
interface Preview {
  stays: Doc
  merged: Merged | null
  problem: Problem | null
}

async function previewOf(
  visit: Visit,
  deps: WorkbenchDeps,
  { entity, doc }: Mergeable,
  sent: Fields,
): Promise<Preview | null> {
  const id = sent.get('into') ?? ''
  const stored =
    id === '' ? undefined : await deps.records.engine.read((reader) => findSurvivor(reader, entity, id))
  if (!stored) return null
  const stays = parse(stored)
  const outcome = await rehearse(deps.records, authorOf(visit), (tx) =>
    mergeRecords(tx, entity, doc, stays, takenIn(sent)),
  )
  return 'problem' in outcome
    ? { stays, merged: null, problem: outcome.problem }
    : { stays, merged: outcome.result, problem: null }
}

async function sendMerge(
  visit: Visit,
  deps: WorkbenchDeps,
  subject: Mergeable,
  sent: Fields,
  errors: readonly FieldError[] = [],
): Promise<FastifyReply> {
  const { entity, doc } = subject
  const { words } = visit
  const { actions } = words.forms
  const node = nodeOf(entity)
  const preview = await previewOf(visit, deps, subject, sent)
  const fields = tidied(node, sent)
  const docs = [doc, ...(preview ? [preview.stays, { ...preview.merged } as unknown as Doc] : [])]
  const options = await deps.readSnapshot((context) =>
    readOptions(context, node, fields, visit.page.language, docs),
  )
  const shown = { ...visit, page: { ...visit.page, names: options.names } }
  const { page } = shown
  const view = {
    page,
    words,
    kind: entity.kind,
    node,
    fields,
    errors,
    flaws: [],
    options: { ...options, onlyStored: ['into'] },
  }
  const compare = html`<p><button class="quiet" name="do" value="preview">${preview ? actions.compareAgain : actions.compare}</button></p>`
  const controls = html`${formControls(view)}${preview && comparison(shown, subject, preview, sent)}${compare}`
  const swap = preview && href(page, `${editPath(entity, preview.stays)}/merge`, { into: doc.id })
  return sendWorkbench(shown, {
    title: actions.merge,
    errors,
    scripts: ['choose'],
    main: html`<h1>${fill(actions.mergeOf, { name: titled(page, subject) })}</h1><p>${actions.mergeAbout}</p>${
      preview?.problem &&
      html`<p class="notice">${actions.impossible} ${inEnglish(page, preview.problem.message)}</p>`
    }${swap && html`<p><a href="${swap}">${actions.swap}</a></p>`}${actionForm(shown, {
      path: `${subject.path}/merge`,
      version: doc.version,
      controls,
      button: preview?.merged ? { value: 'merge', label: actions.merge, danger: true } : null,
      reason: sent.get('reason') ?? '',
      errors,
    })}`,
  })
}

/** The fields with two values, what is united, what moves, and what is lost. */
function comparison(
  visit: Visit,
  { entity, doc }: Mergeable,
  { stays, merged }: Preview,
  sent: Fields,
): Html {
  const { page, words } = visit
  const { actions } = words.forms
  const keys = Object.keys(entity.writable.shape)
  const both = keys.filter(
    (key) => !isEmpty(doc[key] ?? null) && !isEqual(doc[key] ?? null, stays[key] ?? null),
  )
  const collides = both.filter((key) => !isEmpty(stays[key] ?? null) && !Array.isArray(doc[key]))
  const united = both.filter((key) => !collides.includes(key)).map((key) => wordOf(page, words, key))
  const value = (key: string, shown: Json): Content => {
    const schema = (entity.record.shape[key.split('/')[1] ?? key] as z.ZodType | undefined) ?? z.unknown()
    return showValue(page, schema, shown, key) ?? words.forms.conflict.empty
  }
  const row = (key: string) => {
    const name = `take:${key}`
    const column = (title: string, shown: Json) =>
      html`<div><p class="label">${title}</p>${value(key, shown)}</div>`
    return html`<section class="conflict"><h3>${wordOf(page, words, key)}</h3><div class="sides">${column(actions.goes, doc[key] ?? null)}${column(actions.stays, stays[key] ?? null)}</div>${radioField(
      {
        name,
        label: words.forms.conflict.which,
        value: sent.get(name) ?? 'stays',
        options: [
          { value: 'stays', label: actions.takeStays },
          { value: 'goes', label: actions.takeGoes },
        ],
      },
    )}</section>`
  }
  return html`<h2>${actions.differs}</h2>${collides.length > 0 ? collides.map(row) : html`<p>${actions.same}</p>`}${
    united.length > 0 && html`<p>${fill(actions.united, { fields: join(united, ', ') })}</p>`
  }${hiddenField('seen', String(stays.version))}${merged && effects(visit, merged, value)}`
}

function effects(
  { page, words }: Visit,
  { moved, differences }: Merged,
  value: (key: string, shown: Json) => Content,
): Html {
  const { actions } = words.forms
  const lines = Object.entries(moved).map(([path, n]) => {
    const entity = page.catalogue.entities.find((each) => each.path === path)
    return fill(actions.moved, { kind: entity ? page.messages.kinds[entity.kind].many : path, n })
  })
  const lost = differences.map(({ field, kept, dropped }: Dropped) => {
    const keys = field.slice(1).split('/')
    const word = join(
      keys.filter((key) => !/^\d+$/.test(key)).map((key) => wordOf(page, words, key)),
      ' › ',
    )
    const last = keys.at(-1) ?? ''
    return fill(actions.lostValue, { field: word, dropped: value(last, dropped), kept: value(last, kept) })
  })
  const list = (items: readonly Html[], none: string) =>
    items.length > 0 ? html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>` : html`<p>${none}</p>`
  return html`<h2>${actions.moves}</h2>${list(lines, actions.movesNothing)}<h2>${actions.lost}</h2>${list(lost, actions.lostNothing)}`
}
