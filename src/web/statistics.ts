// Statistics: how many records of a kind there are by year, status, state, topic and body, as charts with their numbers.
import { z } from 'zod'
import type { Bar } from '../records/read/chart.ts'
import { resolveFilters } from '../records/read/resolve.ts'
import { countCharts } from '../records/read/statistics.ts'
import { seqAt } from '../records/read/view.ts'
import type { Json } from '../records/schema/document.ts'
import { barTable } from './charts.ts'
import { type Content, type Html, html, join } from './html.ts'
import { fill, foreign, formatNumber } from './languages.ts'
import { section } from './layout.ts'
import { kindLinks, type Overview, overviewPage, withNames } from './overview.ts'
import { apiHref, clocksOf, type Page } from './page.ts'
import { filtersFor, idsNamed, readChoices, type Selection, selectionParameters } from './selection.ts'
import { reference } from './values.ts'
import { capital, knownWord } from './words.ts'
import { type Counted, chartOfYears, countedTitle, listLink, yearSection } from './year-chart.ts'

/** The kinds with statistics, by path. */
const KINDS = {
  proposals: 'proposal',
  agreements: 'agreement',
  meetings: 'meeting',
  statements: 'statement',
} as const

type Of = keyof typeof KINDS

interface Parameters extends Selection {
  of?: Of
}

export const statistics: Overview<Parameters> = {
  path: '/statistics',
  isLong: 'if-needed',
  parameters: (catalogue) => ({
    of: z.enum(Object.keys(KINDS) as [Of, ...Of[]]).optional(),
    ...selectionParameters(catalogue),
  }),
  async show(context, bare, { of = 'proposals', ...selection }) {
    const { catalogue, reader } = context
    const kind = KINDS[of]
    const resource = catalogue.resource(kind)
    const filters = filtersFor(catalogue, kind, selection) ?? {}
    const { asOf, knownAt } = clocksOf(resource, bare.clocks)
    const seq = knownAt === null ? null : await seqAt(reader, knownAt)
    const options = { rows: 0, vocabularyAt: seq }
    const resolved = await resolveFilters(context, resource, filters, { asOf, seq }, options)
    const groupings = GROUPINGS.filter((name) => resource.groupings?.[name])
    const [years = [], ...counted] = await countCharts(context, resource, resolved, [
      chartOfYears(resource),
      // As the list with a topic has the records of narrower topics.
      ...groupings.map((by) => ({ by, narrower: by === 'topic' })),
    ])
    const groups = groupings.flatMap((by, index): Group[] => {
      const bars = (counted[index] ?? []).toSorted(byCount)
      return bars.some(({ key }) => key !== null) ? [{ by, bars }] : []
    })
    const choices = await readChoices(context, bare.clocks)
    const keys = groups.flatMap(({ bars }) => bars.slice(0, MAX_ROWS).map(({ key }) => key))
    const page = await withNames(context, bare, [keys, idsNamed(choices, selection)] as Json)
    const { statistics: words, kinds } = page.messages
    const shown = { kind, resource, filters }
    return overviewPage(page, {
      title: `${words.title}${page.messages.punctuation.colon}${kinds[kind].many}`,
      about: words.about,
      total: formatNumber(
        page.language,
        years.reduce((sum, { count }) => sum + count, 0),
      ),
      kinds: kindLinks(page, Object.entries(KINDS)),
      choices,
      content: html`${yearSection(page, shown, years)}<div class="columns">${groups.map((group) => groupSection(page, shown, group))}</div>`,
      data: dataLinks(page, shown, ['year', ...groups.map(({ by }) => by)]),
    })
  },
}

const GROUPINGS = ['status', 'state', 'topic', 'organization', 'classification'] as const

interface Group {
  by: (typeof GROUPINGS)[number]
  bars: Bar[]
}

/** The largest groups first, and records without any last. */
const byCount = (one: Bar, other: Bar) =>
  Number(one.key === null) - Number(other.key === null) ||
  other.count - one.count ||
  (String(one.key) < String(other.key) ? -1 : 1)

/** How many groups a table has. */
const MAX_ROWS = 30

/** A table of groups with bars. */
function groupSection(page: Page, counted: Counted, { by, bars }: Group): Html {
  const { statistics: words, filters } = page.messages
  const title = countedTitle(page, counted.kind, by)
  const rows = bars.slice(0, MAX_ROWS).map(({ key, count }) => ({
    label: key === null ? capital(words.unknown) : listLink(page, counted, { [by]: key }, nameOf(page, key)),
    count,
  }))
  const rest = bars.length - rows.length
  const several = 'references' in (counted.resource.groupings?.[by] ?? {})
  return section(
    by,
    title,
    html`${barTable(page, title, [filters[by], words.number], rows)}${several && html`<p class="muted">${words.several}</p>`}${rest > 0 && html`<p>${fill(words.more, { n: formatNumber(page.language, rest) })}</p>`}`,
  )
}

function nameOf(page: Page, key: string): Content {
  const word = knownWord(page, key)
  if (word !== undefined) return capital(word)
  return page.names.has(key) ? reference(page, key, { brief: true }) : foreign(key, 'en', page.language)
}

/** Links to the same counts of the API, which has them as they are recorded now. */
function dataLinks(
  page: Page,
  { resource, filters }: Counted,
  groupings: readonly (Group['by'] | 'year')[],
): Html {
  const { by: words } = page.messages.statistics
  const present = { ...page, clocks: { asOf: clocksOf(resource, page.clocks).asOf, knownAt: null } }
  return join(
    groupings.map((by) => {
      const query = { by, ...(by === 'topic' && { narrower: 'true' }), ...filters }
      return html`<a href="${apiHref(present, `/stats/${resource.path}`, query)}">${capital(words[by])}</a>`
    }),
    ' · ',
  )
}
