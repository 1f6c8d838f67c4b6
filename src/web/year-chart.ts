// The records of a kind by year, divided by status, as a chart and a table.
import type { BarPart, Chart } from '../records/read/chart.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Column, columnChart, columnTable, yearsBetween } from './charts.ts'
import { type Content, type Html, html } from './html.ts'
import { formatNumber } from './languages.ts'
import { section } from './layout.ts'
import { href, type Page } from './page.ts'
import { DATED, type DatedKind } from './selection.ts'
import { capital, valueWord } from './words.ts'

/** A grouping that has words. */
export type CountedBy = keyof Page['messages']['statistics']['by']

/** The chart of records by year, and by status where they have one. */
export const chartOfYears = ({ lifecycle }: Resource): Chart => ({
  by: 'year',
  ...(lifecycle && { other: 'status' }),
})

/** The records that are counted. */
export interface Counted {
  kind: DatedKind
  resource: Resource
  /** The filters of their list. */
  filters: Record<string, string[]>
}

/** A column for each year, divided by status where records have one. */
export function yearSection(page: Page, counted: Counted, years: readonly BarPart[]): Html {
  const { statistics: words } = page.messages
  const title = countedTitle(page, counted.kind, 'year')
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
  const note =
    undated > 0 &&
    html`<p>${words.undated}${page.messages.punctuation.colon}${formatNumber(page.language, undated)}</p>`
  const { dateFrom, dateTo } = DATED[counted.kind]
  const linkOf = ({ label }: Column) =>
    listLink(page, counted, { [dateFrom]: label, [dateTo]: label }, html`${label}`)
  return section(
    'year',
    title,
    html`${columnChart(page, chart)}${note}<details><summary>${words.numbers}</summary>${columnTable(page, chart, words.year, linkOf)}</details>`,
  )
}

/** The title of counts by a grouping. */
export const countedTitle = (page: Page, kind: DatedKind, by: CountedBy): string => {
  const { statistics: words, kinds } = page.messages
  return words.heading.replace('{kind}', kinds[kind].many).replace('{by}', words.by[by])
}

/** A link to the list of the counted records with further filters. */
export const listLink = (
  page: Page,
  { resource, filters }: Counted,
  more: Record<string, string>,
  words: Content,
): Html => html`<a href="${href(page, `/${resource.path}`, { ...filters, ...more })}">${words}</a>`
