// Statistics: how many records of a kind there are by year, status, state, topic and body, as charts with their numbers.
import { z } from 'zod'
import { resolveFilters } from '../records/read/resolve.ts'
import { type Bar, type BarPart, barPartsBy, barsBy } from '../records/read/statistics.ts'
import { seqAt } from '../records/read/view.ts'
import type { Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { barTable, type Column, columnChart, columnTable, yearsBetween } from './charts.ts'
import { type Content, type Html, html, join } from './html.ts'
import { fill, foreign, formatNumber } from './languages.ts'
import { section } from './layout.ts'
import { kindLinks, type Overview, overviewPage, withNames } from './overview.ts'
import { apiHref, clocksOf, href, type Page } from './page.ts'
import { DATED, filtersFor, idsNamed, readChoices, type Selection, selectionParameters } from './selection.ts'
import { reference } from './values.ts'
import { capital, knownWord, valueWord } from './words.ts'

/** The kinds with statistics, by path. */
const KINDS = {
  proposals: 'proposal',
  agreements: 'agreement',
  meetings: 'meeting',
  statements: 'statement',
} as const

type Of = keyof typeof KINDS

type CountedKind = (typeof KINDS)[Of]

interface Parameters extends Selection {
  of?: Of
}

export const statistics: Overview<Parameters> = {
  path: '/statistics',
  isLong: () => true,
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
    const years: BarPart[] = resource.lifecycle
      ? await barPartsBy(context, resource, resolved, 'year', 'status')
      : (await barsBy(context, resource, resolved, 'year', false)).map((bar) => ({ ...bar, other: null }))
    const groups: Group[] = []
    for (const by of GROUPINGS.filter((name) => resource.groupings?.[name])) {
      // As the list with a topic has the records of narrower topics.
      const bars = (await barsBy(context, resource, resolved, by, by === 'topic')).toSorted(byCount)
      if (bars.some(({ key }) => key !== null)) groups.push({ by, bars })
    }
    const choices = await readChoices(context, bare.clocks)
    const keys = groups.flatMap(({ bars }) => bars.slice(0, MAX_ROWS).map(({ key }) => key))
    const page = await withNames(context, bare, [keys, idsNamed(choices, selection)] as Json)
    const { statistics: words, kinds } = page.messages
    const counted = { kind, resource, filters }
    return overviewPage(page, {
      title: `${words.title}: ${kinds[kind].many}`,
      about: words.about,
      total: years.reduce((sum, { count }) => sum + count, 0),
      kinds: kindLinks(page, Object.entries(KINDS)),
      choices,
      content: html`${yearSection(page, counted, years)}<div class="columns">${groups.map((group) => groupSection(page, counted, group))}</div>`,
      data: dataLinks(page, counted, ['year', ...groups.map(({ by }) => by)]),
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

/** The records that are counted. */
interface Counted {
  kind: CountedKind
  resource: Resource
  /** The filters of their list. */
  filters: Record<string, string[]>
}

/** A column for each year, divided by status where records have one. */
function yearSection(page: Page, counted: Counted, years: readonly BarPart[]): Html {
  const { statistics: words } = page.messages
  const title = titleOf(page, counted, 'year')
  const statuses = [...Object.keys(counted.resource.lifecycle?.moves ?? {}), null]
  const used = statuses.filter((status) => years.some(({ other }) => other === status))
  const columns = yearsBetween(years.flatMap(({ key }) => key ?? [])).map((year): Column => {
    const inYear = years.filter(({ key }) => key === year)
    return {
      label: year,
      values: used.map((status) => inYear.find(({ other }) => other === status)?.count ?? 0),
    }
  })
  if (columns.length === 0) return html`<p>${words.none}</p>`
  const series = used.map((status) => capital(status === null ? words.unknown : valueWord(page, status)))
  const description = words.yearChart
    .replace('{from}', columns[0]?.label ?? '')
    .replace('{to}', columns.at(-1)?.label ?? '')
  const chart = { id: 'chart-year', title, description, series, columns }
  const undated = years.filter(({ key }) => key === null).reduce((sum, { count }) => sum + count, 0)
  const note = undated > 0 && html`<p>${words.undated}: ${formatNumber(page.language, undated)}</p>`
  const { dateFrom, dateTo } = DATED[counted.kind]
  const linkOf = ({ label }: Column) =>
    listLink(page, counted, { [dateFrom]: label, [dateTo]: label }, html`${label}`)
  return section(
    'year',
    title,
    html`${columnChart(page, chart)}${note}<details><summary>${words.numbers}</summary>${columnTable(page, chart, words.year, linkOf)}</details>`,
  )
}

/** A table of groups with bars. */
function groupSection(page: Page, counted: Counted, { by, bars }: Group): Html {
  const { statistics: words, filters } = page.messages
  const title = titleOf(page, counted, by)
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

const titleOf = (page: Page, { kind }: Counted, by: Group['by'] | 'year'): string => {
  const { statistics: words, kinds } = page.messages
  return words.heading.replace('{kind}', kinds[kind].many).replace('{by}', words.by[by])
}

/** A link to the list of the counted records with further filters. */
const listLink = (
  page: Page,
  { resource, filters }: Counted,
  more: Record<string, string>,
  words: Content,
): Html => html`<a href="${href(page, `/${resource.path}`, { ...filters, ...more })}">${words}</a>`

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
