// The quiet board: open proposals or documents without a recorded event since a day.
import { isExactDay } from '../core/dates.ts'
import type { ReadContext } from '../records/read/context.ts'
import { partsIn } from '../records/read/docs.ts'
import { listIds, listPage } from '../records/read/page.ts'
import { filtersOf, listQuery, MAX_LIMIT, pageParameters } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { calendarDate } from '../records/schema/shapes.ts'
import { dateHtml, dateInWords, daysBetween } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, lengthOfTime, listed } from './languages.ts'
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
import type { Clocks, Page } from './page.ts'
import { filtersFor, idsNamed, readChoices, type Selection, selectionParameters } from './selection.ts'
import { formatTotal } from './totals.ts'
import { reference } from './values.ts'

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
    const shownIds = docs.map(({ id }) => id)
    const events = await partsIn(context, catalogue.child('event'), shownIds, view)
    const followers = await readFollowers(context, shownIds, bare.clocks)
    const choices = await readChoices(context, bare.clocks)
    const following = followers.map(({ id }) => id)
    const named = await withNames(context, bare, [docs, following, idsNamed(choices, selection)] as Json)
    // The next page is that of the same day, also tomorrow.
    const page = { ...named, query: { ...named.query, stalledSince: since } }
    const { quiet: words } = page.messages
    const { stalledSince: filter } = filtersOf(resource)
    const lastEvents = new Map(events.map((event) => [String(event['recordId']), event]))
    const followersOf = Map.groupBy(followers, ({ of }) => of)
    const list = html`<ul class="records">${docs.map((doc) => item(page, resource, doc, lastEvents.get(doc.id), followersOf.get(doc.id)))}</ul>`
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

/** A record that took up another one. */
interface Follower {
  /** The record that was taken up. */
  of: string
  id: string
  type: FollowerType
}

/** The types of relations by which a record was taken up by another one: those that lead to it, and those that lead from it. */
const TO_IT = ['restates', 'elaborates', 'supersedes', 'based-on', 'implements'] as const
const FROM_IT = ['became', 'incorporated-into'] as const

type FollowerType = (typeof TO_IT)[number] | (typeof FROM_IT)[number]

/** The records that took up others, at most 200 by each direction. */
async function readFollowers(
  context: ReadContext,
  ids: readonly string[],
  clocks: Clocks,
): Promise<Follower[]> {
  if (ids.length === 0) return []
  const relation = context.catalogue.child('relation')
  const read = async (filter: 'record' | 'target', types: readonly string[]) => {
    const query = {
      ...listQuery(relation, { [filter]: [...ids], type: [...types] }, clocks),
      limit: MAX_LIMIT,
    }
    return (await listPage(context, relation, query)).rows.map(parse)
  }
  const follower = (of: Json | undefined, id: Json | undefined, type: Json | undefined): Follower => ({
    of: String(of),
    id: String(id),
    type: String(type) as FollowerType,
  })
  return [
    ...(await read('target', TO_IT)).map(({ recordId, targetId, type }) =>
      follower(targetId, recordId, type),
    ),
    ...(await read('record', FROM_IT)).map(({ recordId, targetId, type }) =>
      follower(recordId, targetId, type),
    ),
  ]
}

/** The most followers in a row. */
const MAX_FOLLOWERS = 3

/** What took up a record, a sentence for each type of relation, with links. */
function followersHtml(page: Page, followers: readonly Follower[]): Html | null {
  const { followed } = page.messages.quiet
  const shown = followers.filter(({ id }) => page.names.has(id)).slice(0, MAX_FOLLOWERS)
  const sentences = [...Map.groupBy(shown, ({ type }) => type)].map(([type, ofType]) =>
    fill(followed[type], {
      records: listed(
        page.language,
        ofType.map(({ id }) => reference(page, id)),
      ),
    }),
  )
  return sentences.length === 0 ? null : html`<p>${join(sentences, page.messages.punctuation.space)}</p>`
}

/**
 * An open record: since when no event is recorded, what took it up, where it stands, and who is concerned.
 * @param last its last event
 */
function item(
  page: Page,
  resource: Resource,
  doc: Doc,
  last: Doc | undefined,
  followers: readonly Follower[] = [],
): Html {
  const details = lineDetails(page, resource, doc)
  return html`<li><p class="title">${lineTitle(page, resource, doc)}</p><p>${sinceWhen(page, last)}</p>${followersHtml(page, followers)}<p class="details">${join(details, ' · ')}</p></li>`
}

function sinceWhen(page: Page, last: Doc | undefined): Html {
  const { quiet: words } = page.messages
  const day = last?.['occurredOn']
  if (typeof day !== 'string') return html`${words.undated}`
  const shown = dateHtml(page.language, day)
  if (!isExactDay(day)) return fill(words.since, { day: shown })
  return fill(words.sinceFor, { day: shown, days: lengthOfTime(page.language, daysBetween(day, page.day)) })
}
