// The quiet board: open proposals or documents without a recorded event since a day.
import { isExactDay } from '../core/dates.ts'
import { partsIn } from '../records/read/docs.ts'
import { listIds, listPage } from '../records/read/page.ts'
import { filtersOf, listQuery, MAX_LIMIT, pageParameters } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { calendarDate } from '../records/schema/shapes.ts'
import { dateHtml, dateInWords, daysBetween } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, lengthOfTime } from './languages.ts'
import { lineDetails, lineTitle } from './lines.ts'
import { exports, pageLinks } from './list.ts'
import { control } from './list-form.ts'
import {
  kindLinks,
  type Overview,
  overviewPage,
  TRACKED_KINDS,
  type TrackedPath,
  trackedParameter,
  withNames,
} from './overview.ts'
import type { Page } from './page.ts'
import { filtersFor, idsNamed, readChoices, type Selection, selectionParameters } from './selection.ts'
import { formatTotal } from './totals.ts'

interface Parameters extends Selection {
  of?: TrackedPath
  stalledSince?: string
  limit: number
  cursor?: string
}

/** How many records are counted: each is looked up with its events. */
const MAX_COUNTED = 300

/** A year before a day. */
const yearBefore = (day: string): string => Temporal.PlainDate.from(day).subtract({ years: 1 }).toString()

export const quiet: Overview<Parameters> = {
  path: '/quiet',
  parameters(catalogue) {
    const { limit, cursor } = pageParameters(MAX_LIMIT)
    return {
      of: trackedParameter,
      stalledSince: calendarDate('The day.').optional(),
      limit,
      cursor,
      ...selectionParameters(catalogue),
    }
  },
  async show(context, bare, { of = 'proposals', stalledSince, limit, cursor, ...selection }) {
    const { catalogue } = context
    const kind = TRACKED_KINDS[of]
    const resource = catalogue.resource(kind)
    const since = stalledSince ?? yearBefore(bare.day)
    const filters = { ...filtersFor(catalogue, kind, selection), stalledSince: [since] }
    const query = {
      ...listQuery(resource, filters, bare.clocks),
      sort: [{ column: 'statusSince', descending: false }],
      limit,
      ...(cursor !== undefined && { cursor }),
    }
    const { rows, nextCursor, view } = await listPage(context, resource, query)
    const ids = cursor === undefined ? await listIds(context, resource, query, MAX_COUNTED + 1) : null
    const docs = rows.map(parse)
    const events = await partsIn(
      context,
      catalogue.child('event'),
      docs.map(({ id }) => id),
      view,
    )
    const choices = await readChoices(context, bare.clocks)
    const named = await withNames(context, bare, [docs, idsNamed(choices, selection)] as Json)
    // The next page is that of the same day, also tomorrow.
    const page = { ...named, query: { ...named.query, stalledSince: since } }
    const { quiet: words } = page.messages
    const { stalledSince: filter } = filtersOf(resource)
    const lastEvents = new Map(events.map((event) => [String(event['recordId']), event]))
    const list = html`<ul class="records">${docs.map((doc) => item(page, resource, doc, lastEvents.get(doc.id)))}</ul>`
    return overviewPage(page, {
      title: words.heading[of].replace('{day}', () => dateInWords(page.language, since)),
      about: words.about,
      ...(ids && { total: formatTotal(page.language, ids.length, MAX_COUNTED) }),
      kinds: kindLinks(page, Object.entries(TRACKED_KINDS)),
      choices,
      controls: filter ? { stalledSince: control(page, 'stalledSince', filter, choices) } : {},
      content: html`${docs.length === 0 ? html`<p>${words.none}</p>` : list}${pageLinks(page, page.path, nextCursor)}`,
      data: exports(page, resource, { ...filters, sort: 'statusSince' }),
    })
  },
}

/** An open record: since when no event is recorded, where it stands, and who is concerned. @param last its last event */
function item(page: Page, resource: Resource, doc: Doc, last: Doc | undefined): Html {
  const details = lineDetails(page, resource, doc)
  return html`<li><p class="title">${lineTitle(page, resource, doc)}</p><p>${sinceWhen(page, last)}</p><p class="details">${join(details, ' · ')}</p></li>`
}

function sinceWhen(page: Page, last: Doc | undefined): Html {
  const { quiet: words } = page.messages
  const day = last?.['occurredOn']
  if (typeof day !== 'string') return html`${words.undated}`
  const shown = dateHtml(page.language, day)
  if (!isExactDay(day)) return fill(words.since, { day: shown })
  return fill(words.sinceFor, { day: shown, days: lengthOfTime(page.language, daysBetween(day, page.day)) })
}
