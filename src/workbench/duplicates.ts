// Records that may be the same, for a person to judge: merged, or kept apart by `distinctFrom`, which every way of writing honours.
import { Problem } from '../core/problems.ts'
import { authoredRecords } from '../records/read/authored.ts'
import { catalogueReader, type ReadContext } from '../records/read/context.ts'
import { findRecord, loadRecord, parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { NOT_FACTS } from '../records/schema/values.ts'
import { findDuplicates } from '../records/write/match.ts'
import { updateRecord } from '../records/write/operations.ts'
import { changedKeys } from '../web/diff.ts'
import { type Html, html } from '../web/html.ts'
import { fill } from '../web/languages.ts'
import { line } from '../web/lines.ts'
import { type Names, namesIn } from '../web/names.ts'
import { href, type Page } from '../web/page.ts'
import { valueIn } from '../web/values.ts'
import { capital, fieldWord, kindWord } from '../web/words.ts'
import { hiddenField, tableOf, unseen } from './controls.ts'
import { redirectTo, sendWorkbench } from './respond.ts'
import { authorOf, type RouteModule, type Visit } from './visit.ts'

/** Two records that may be the same. The first was recorded later. */
export interface Pair {
  resource: Resource
  one: Doc
  other: Doc
}

/** How many records are compared with all others, and how many pairs are shown. */
const MAX_COMPARED = 100
const MAX_PAIRS = 20

export const duplicateRoutes: RouteModule = ({ form }, { records, catalogue, readSnapshot }) => {
  form('/duplicates', {
    async show(visit) {
      const { words, page } = visit
      const ofAll = (visit.form.get('of') ?? page.query['of']) === 'all'
      const { pairs, names } = await readSnapshot(
        async (context) => {
          const recent = await authoredRecords(context.reader, catalogue, ofAll ? null : visit.key.id)
          const pairs = await readPairs(context, recent.map(({ id }) => id).slice(0, MAX_COMPARED))
          return { pairs, names: await namesOfPairs(context, pairs, page) }
        },
        { isLong: true },
      )
      return sendWorkbench(visit, {
        title: words.duplicates.title,
        main: duplicatesPage({ ...visit, page: { ...page, names } }, pairs, ofAll),
      })
    },
    async submit(visit) {
      const { form: sent, words } = visit
      const [kind, one = '', other = ''] = ['kind', 'one', 'other'].map((name) => sent.get(name) ?? '')
      const resource = catalogue.resources.find((each) => each.kind === kind)
      if (!resource) throw new Problem('invalid-parameter', 'There is no such kind of records.')
      await records.write(authorOf(visit, sent.get('reason') || words.duplicates.reason), async (tx) => {
        const doc = parse(await loadRecord(tx, resource, one))
        const { id } = parse(await loadRecord(tx, resource, other))
        const distinctFrom = (doc['distinctFrom'] ?? []) as string[]
        if (!distinctFrom.includes(id))
          await updateRecord(tx, resource, doc, { distinctFrom: [...distinctFrom, id] })
      })
      const of = sent.get('of') === 'all' ? { of: 'all' } : {}
      return redirectTo(visit, '/edit/duplicates', { ...of, done: 'keptApart' })
    },
  })
}

/** The pairs of some records and those that they may be. */
export async function readPairs(context: ReadContext, ids: readonly string[]): Promise<Pair[]> {
  const reader = catalogueReader(context)
  const pairs = new Map<string, Pair>()
  for (const id of ids) {
    const resource = context.catalogue.resources.find(
      ({ prefix }) => prefix !== null && id.startsWith(`${prefix}_`),
    )
    const stored = resource && (await findRecord(reader, resource, id))
    if (!stored) continue
    const doc = parse(stored)
    for (const { doc: found } of await findDuplicates(reader, resource, doc)) {
      // Ids grow with time.
      const [other, one] = [doc, found].toSorted((a, b) => (a.id < b.id ? -1 : 1)) as [Doc, Doc]
      pairs.set(`${one.id} ${other.id}`, { resource, one, other })
    }
    if (pairs.size >= MAX_PAIRS) break
  }
  return [...pairs.values()].slice(0, MAX_PAIRS)
}

/** The names that the lines of pairs mention. */
export const namesOfPairs = (context: ReadContext, pairs: readonly Pair[], page: Page): Promise<Names> =>
  namesIn(
    context,
    pairs.map(({ one, other }) => [one, other]) as unknown as Json,
    { asOf: null, seq: null },
    page.language,
  )

function duplicatesPage(visit: Visit, pairs: readonly Pair[], ofAll: boolean): Html {
  const { page, words } = visit
  const { title, lead, none, ofMine, ofEverybody } = words.duplicates
  const choices = [
    [false, ofMine, {}],
    [true, ofEverybody, { of: 'all' }],
  ] as const
  const tabs = choices.map(
    ([all, text, query]) =>
      html`<li><a href="${href(page, '/edit/duplicates', query)}"${all === ofAll && html` aria-current="page"`}>${text}</a></li>`,
  )
  return html`<h1>${title}</h1><p class="lead">${lead}</p><nav aria-label="${title}"><ul class="choices">${tabs}</ul></nav>${pairs.length === 0 ? html`<p>${none}</p>` : pairsOf(visit, pairs, ofAll)}`
}

/** Each pair with what tells them apart, and the two answers. */
export const pairsOf = (visit: Visit, pairs: readonly Pair[], ofAll = false): Html =>
  html`<ol class="pairs">${pairs.map((pair) => pairOf(visit, pair, ofAll))}</ol>`

function pairOf(visit: Visit, pair: Pair, ofAll: boolean): Html {
  const { page, words } = visit
  const { resource, one, other } = pair
  const { same, distinct, ask } = words.duplicates
  const merge = href(page, `/edit/${resource.path}/${one.id}/merge`, { into: other.id })
  return html`<li><p class="muted">${fill(ask, { kind: capital(kindWord(page, resource.kind)) })}</p><ul class="records">${line(page, resource, one)}${line(page, resource, other)}</ul>${differencesOf(visit, pair)}<form method="post" action="${href(page, '/edit/duplicates')}" class="inline">${hiddenField('kind', resource.kind)}${hiddenField('one', one.id)}${hiddenField('other', other.id)}${ofAll && hiddenField('of', 'all')}<a href="${merge}">${same}</a> <button class="quiet">${distinct}</button></form></li>`
}

/** The fields in which two records differ, with the values of both. */
function differencesOf({ page, words }: Visit, { resource, one, other }: Pair): Html | null {
  const { shape } = resource.record
  const keys = changedKeys(one, other).filter((key) => !NOT_FACTS.includes(key))
  if (keys.length === 0) return null
  const { differences, later, earlier } = words.duplicates
  const shown = (doc: Doc, key: string) => valueIn(page, shape, doc, key, { brief: true }) ?? '—'
  const rows = keys.map((key) => [fieldWord(page, key), shown(one, key), shown(other, key)])
  return tableOf(differences, [unseen(differences), later, earlier], rows)
}
