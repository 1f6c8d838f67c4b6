// The timeline: meetings and events, and what else has a date, in order of time.
import { z } from 'zod'
import { mergedPage } from '../records/read/merged.ts'
import { commaSeparated, MAX_LIMIT, pageParameters } from '../records/read/parameters.ts'
import type { Json } from '../records/schema/document.ts'
import { datedLists, type Entry, entryList, listLinks, monthOf } from './chronology.ts'
import { dateInWords } from './dates.ts'
import { type Html, html } from './html.ts'
import { pageLinks } from './list.ts'
import { type Overview, overviewPage, withNames } from './overview.ts'
import type { Page } from './page.ts'
import {
  DATED_KINDS,
  type DatedKind,
  idsNamed,
  readChoices,
  type Selection,
  selectControl,
  selectionParameters,
} from './selection.ts'

interface Parameters extends Selection {
  kind?: DatedKind[]
  sort?: 'date' | '-date'
  limit: number
  cursor?: string
}

/** What is shown unless the address has kinds. */
const USUAL: readonly DatedKind[] = ['meeting', 'event']

export const timelinePage: Overview<Parameters> = {
  path: '/timeline',
  parameters(catalogue) {
    const { limit, cursor } = pageParameters(MAX_LIMIT)
    return {
      kind: commaSeparated(z.enum(DATED_KINDS), 'The kinds of records.').optional(),
      sort: z.enum(['date', '-date']).optional(),
      limit,
      cursor,
      ...selectionParameters(catalogue),
    }
  },
  async show(context, bare, { kind = USUAL, sort = '-date', limit, cursor, ...selection }) {
    const kinds = DATED_KINDS.filter((one) => kind.includes(one))
    const lists = datedLists(context.catalogue, kinds, selection, bare.clocks, sort === '-date')
    const { entries, nextCursor } = await mergedPage(context, lists, { limit, ...(cursor && { cursor }) })
    const choices = await readChoices(context, bare.clocks)
    const mentioned = [entries.map(({ doc }) => doc), idsNamed(choices, selection)] as Json
    const page = await withNames(context, bare, mentioned)
    const { timeline, kinds: words } = page.messages
    const shown = lists
      .map(({ kind: one }, index) =>
        index === 0 ? words[one.kind].many : words[one.kind].many.toLocaleLowerCase(),
      )
      .join(page.messages.punctuation.list)
    return overviewPage(page, {
      title: timeline.title,
      about: timeline.about.replace('{kinds}', shown),
      choices,
      controls: formControls(page),
      content: html`${entries.length === 0 ? html`<p>${timeline.none}</p>` : byMonth(page, entries)}${pageLinks(page, page.path, nextCursor)}`,
      data: listLinks(page, lists),
    })
  },
}

function formControls(page: Page): Record<string, Html> {
  const { timeline, kinds, list } = page.messages
  const everything = DATED_KINDS.join(',')
  return {
    kind: selectControl(page, 'kind', timeline.kind, [
      ['', timeline.usual],
      [everything, timeline.everything],
      ...DATED_KINDS.map((kind): [string, string] => [kind, kinds[kind].many]),
    ]),
    sort: selectControl(page, 'sort', list.sort, [
      ['', timeline.latestFirst],
      ['date', timeline.earliestFirst],
    ]),
  }
}

/** The entries under headings of their years and months. */
function byMonth(page: Page, entries: readonly Entry[]): Html {
  const groups: { year: string | null; month: string | null; entries: Entry[] }[] = []
  for (const entry of entries) {
    const { year, month } = monthOf(entry)
    const last = groups.at(-1)
    if (last && last.year === year && last.month === month) last.entries.push(entry)
    else groups.push({ year, month, entries: [entry] })
  }
  return html`${groups.map((group, index) => {
    const { year, month } = group
    const isNewYear = index === 0 || groups[index - 1]?.year !== year
    const title = year === null ? page.messages.record.undated : dateInWords(page.language, year)
    return html`${isNewYear && html`<h2>${title}</h2>`}${month !== null && html`<h3>${dateInWords(page.language, month)}</h3>`}${entryList(page, group.entries)}`
  })}`
}
