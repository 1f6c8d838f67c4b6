// Records of several kinds in order of time: the lists that they come from, and a line for each.
import { sortKey, spanOf } from '../core/dates.ts'
import type { MergedList, MergedPage } from '../records/read/merged.ts'
import { listQuery } from '../records/read/parameters.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { actorName } from './actors.ts'
import { dateHtml, period } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { actors, lineTitle } from './lines.ts'
import { apiHref, type Clocks, clocksOf, type Page } from './page.ts'
import { DATED, type DatedKind, filtersFor, type Selection } from './selection.ts'
import { valueIn } from './values.ts'
import { capital, recordWord } from './words.ts'

/** The lists of the API of which a chronology consists. Kinds without a filter for the selection are left out. */
export function datedLists(
  catalogue: Catalogue,
  kinds: readonly DatedKind[],
  selection: Selection,
  clocks: Clocks,
  descending: boolean,
): MergedList[] {
  return kinds.flatMap((name) => {
    const filters = filtersFor(catalogue, name, selection)
    if (!filters) return []
    const kind = catalogue.entity(name) as MergedList['kind']
    const sort = [{ column: DATED[name].field, descending }]
    return [{ kind, query: { ...listQuery(kind, filters, clocksOf(kind, clocks)), sort } }]
  })
}

/** Links to lists of the API, which together have the records of a chronology. */
export const listLinks = (page: Page, lists: readonly MergedList[]): Html =>
  join(
    lists.map(({ kind, query: { filters, sort } }) => {
      const order = sort.map(({ column, descending }) => (descending ? `-${column}` : column))
      const data = { ...page, clocks: clocksOf(kind, page.clocks) }
      return html`<a href="${apiHref(data, `/${kind.path}`, { ...filters, sort: order })}">${page.messages.kinds[kind.kind].many}</a>`
    }),
    ' · ',
  )

export type Entry = MergedPage['entries'][number]

/** The date of an entry as it is recorded; null: unknown. */
const dateOf = ({ kind, doc }: Entry) => doc[DATED[kind as DatedKind].field] as string | null

/** The year and the month of an entry, `2022` and `2022-08`; null where its date does not tell them. */
export function monthOf(entry: Entry): { year: string | null; month: string | null } {
  const date = dateOf(entry)
  if (date === null) return { year: null, month: null }
  const { first, last } = spanOf(date)
  const month = first.slice(0, 7)
  return { year: sortKey(date).slice(0, 4), month: month === last.slice(0, 7) ? month : null }
}

export const entryList = (page: Page, entries: readonly Entry[]): Html =>
  html`<ol class="entries">${entries.map((entry) => entryItem(page, entry))}</ol>`

/** An entry: its day, what it is, its kind, and who or where. */
function entryItem(page: Page, entry: Entry): Html {
  const { kind, doc } = entry
  const details = [capital(recordWord(page, kind, doc)), ...about(page, entry)].filter((one) => one !== null)
  return html`<li><p>${dayOf(page, entry)}</p><div><p class="title">${lineTitle(page, page.catalogue.entity(kind), doc)}</p><p class="details">${join(details, ' · ')}</p></div></li>`
}

function dayOf(page: Page, entry: Entry): Html {
  const date = dateOf(entry)
  if (date === null) return html`${page.messages.record.undated}`
  const { endDate = null } = entry.doc
  return period(page.language, date, endDate as string | null) ?? dateHtml(page.language, date)
}

/** The fields that are shown of an entry, by kind. */
const FIELDS: Record<DatedKind, readonly string[]> = {
  meeting: ['city', 'countryCode', 'organizationId'],
  event: ['meetingId'],
  proposal: ['status'],
  agreement: ['kind', 'status'],
  statement: ['meetingId'],
  position: ['meetingId'],
  membership: ['organizationId', 'stateCode'],
}

function about(page: Page, { kind, doc }: Entry): (Html | null)[] {
  const { shape } = page.catalogue.entity(kind).record
  const fields = FIELDS[kind as DatedKind].map((key) => valueIn(page, shape, doc, key, { brief: true }))
  return [whoIn(page, kind, doc), ...fields]
}

/** Who acted in an event, whose position it is, or who contributed. */
function whoIn(page: Page, kind: Kind, doc: Doc): Html | null {
  if (kind === 'event' || kind === 'position') return actorName(page, doc, false)
  return 'contributors' in doc ? actors(page, doc['contributors']) : null
}
