// The board: proposals or documents in columns by their status, the latest first.
import { isExactDay } from '../core/dates.ts'
import type { Bar } from '../records/read/chart.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import { resolveFilters } from '../records/read/resolve.ts'
import { boundedBarsBy } from '../records/read/statistics.ts'
import { seqAt } from '../records/read/view.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { dateHtml, daysBetween } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, formatNumber, inBrackets, lengthOfTime } from './languages.ts'
import { actors, lineTitle } from './lines.ts'
import { exports } from './list.ts'
import {
  kindLinks,
  type Overview,
  overviewPage,
  TRACKED_KINDS,
  type TrackedPath,
  trackedParameter,
  withNames,
} from './overview.ts'
import { href, type Page } from './page.ts'
import { filtersFor, idsNamed, readChoices, type Selection, selectionParameters } from './selection.ts'
import { LASTING } from './status.ts'
import { formatTotal } from './totals.ts'
import { capital, valueWord } from './words.ts'

interface Parameters extends Selection {
  of?: TrackedPath
}

/** How many records of a status are shown; the others are in the list. */
const MAX_SHOWN = 10

/** How many records of a status are counted. */
const MAX_COUNTED = 500

/** The latest first. Proposals in the order of their list, which is read along an index also if it is filtered. */
const ORDER = { proposals: '-proposedOn', agreements: '-statusSince' } as const

interface Column {
  status: string
  count: number
  docs: Doc[]
}

export const board: Overview<Parameters> = {
  path: '/board',
  parameters: (catalogue) => ({ of: trackedParameter, ...selectionParameters(catalogue) }),
  async show(context, bare, { of = 'proposals', ...selection }) {
    const { catalogue, reader } = context
    const kind = TRACKED_KINDS[of]
    const resource = catalogue.resource(kind)
    const filters = filtersFor(catalogue, kind, selection) ?? {}
    const { asOf, knownAt } = bare.clocks
    const seq = knownAt === null ? null : await seqAt(reader, knownAt)
    const options = { rows: 0, vocabularyAt: seq }
    const resolved = await resolveFilters(context, resource, filters, { asOf, seq }, options)
    const statuses = [...Object.keys(resource.lifecycle?.moves ?? {}), null]
    const bars = await boundedBarsBy(context, resource, resolved, 'status', statuses, MAX_COUNTED + 1)
    const columns: Column[] = []
    for (const { key: status, count } of bars) {
      if (status === null || count === 0) continue
      const query = listQuery(resource, { ...filters, status: [status] }, bare.clocks)
      const sort = [{ column: ORDER[of].slice(1), descending: true }]
      const { rows } = await listPage(context, resource, { ...query, sort, limit: MAX_SHOWN })
      columns.push({ status, count, docs: rows.map(parse) })
    }
    const choices = await readChoices(context, bare.clocks)
    const mentioned = [columns.map(({ docs }) => docs), idsNamed(choices, selection)] as Json
    const page = await withNames(context, bare, mentioned)
    const { board: words, kinds } = page.messages
    const without = bars.find(({ key }) => key === null)?.count ?? 0
    const note =
      without > 0 &&
      html`<p>${words.noEvent}${page.messages.punctuation.colon}${formatTotal(page.language, without, MAX_COUNTED)}</p>`
    return overviewPage(page, {
      title: words.heading.replace('{kind}', kinds[kind].many),
      about: words.about,
      total: totalOf(page, bars),
      kinds: kindLinks(page, Object.entries(TRACKED_KINDS)),
      choices,
      content:
        columns.length === 0
          ? html`<p>${words.none}</p>${note}`
          : html`<div class="board">${columns.map((column) => columnHtml(page, of, filters, column))}</div>${note}`,
      data: exports(page, resource, { ...filters, sort: ORDER[of] }),
    })
  },
}

function totalOf({ language }: Page, bars: readonly Bar[]): string {
  const total = bars.reduce((sum, { count }) => sum + Math.min(count, MAX_COUNTED), 0)
  return `${formatNumber(language, total)}${bars.some(({ count }) => count > MAX_COUNTED) ? '+' : ''}`
}

function columnHtml(
  page: Page,
  of: TrackedPath,
  filters: Record<string, string[]>,
  { status, count, docs }: Column,
): Html {
  const { home, punctuation } = page.messages
  const resource = page.catalogue.resource(TRACKED_KINDS[of])
  const list = href(page, `/${of}`, { ...filters, status, sort: ORDER[of] })
  const number = formatTotal(page.language, count, MAX_COUNTED)
  const more =
    count > docs.length && html`<p><a href="${list}">${home.all}${punctuation.colon}${number} →</a></p>`
  return html`<section aria-labelledby="${status}"><h2 id="${status}"><a href="${list}">${capital(valueWord(page, status))} <small>${number}</small></a></h2><ul class="records">${docs.map((doc) => card(page, resource, doc))}</ul>${more}</section>`
}

function card(page: Page, resource: Resource, doc: Doc): Html {
  const details = [sinceWhen(page, resource, doc), actors(page, doc['contributors'])].filter(
    (one) => one !== null,
  )
  return html`<li><p class="title">${lineTitle(page, resource, doc)}</p><p class="details">${join(details, ' · ')}</p></li>`
}

/** Since when it has its status, and for how many days if it is open. */
function sinceWhen(page: Page, { lifecycle }: Resource, doc: Doc): Html {
  const { list, record } = page.messages
  const { status, statusSince: since } = doc
  if (typeof since !== 'string') return html`${record.undated}`
  const isOpen = lifecycle?.open.includes(String(status)) === true && doc['settled'] !== true
  const words =
    isOpen || LASTING.includes(String(status))
      ? fill(list.since, { date: dateHtml(page.language, since, 'genitive') })
      : dateHtml(page.language, since)
  return isOpen && isExactDay(since)
    ? html`${words}${inBrackets(page.language, lengthOfTime(page.language, daysBetween(since, page.day)))}`
    : words
}
