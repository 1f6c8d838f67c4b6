// Charts as SVG, each with a table of the same numbers.
import { type Content, type Html, html } from './html.ts'
import { formatNumber } from './languages.ts'
import type { Page } from './page.ts'

/** A column of a chart, such as a year. */
export interface Column {
  label: string
  /** One number for each series. */
  values: readonly number[]
}

export interface ColumnChart {
  /** Of the SVG element: unique on the page. */
  id: string
  title: string
  /** What the chart shows, in a sentence. */
  description: string
  /** The names of the series; one without a legend, several on top of each other. */
  series: readonly string[]
  columns: readonly Column[]
}

/** In pixels. */
const COLUMN = 36
const BAR = 26
const HEIGHT = 160
const TOP = 20
const BOTTOM = 24
const AXIS = 52

/** A chart of columns with its legend, in a region that scrolls if it is wider than the page. */
export function columnChart(page: Page, chart: ColumnChart): Html {
  const { id, title, description, series, columns } = chart
  const total = ({ values }: Column) => values.reduce((sum, value) => sum + value, 0)
  const step = stepFor(Math.max(1, ...columns.map(total)))
  const top = Math.ceil(Math.max(1, ...columns.map(total)) / step) * step
  const heightOf = (value: number) => Math.round((value / top) * HEIGHT * 10) / 10
  const number = (value: number) => formatNumber(page.language, value)
  const width = AXIS + columns.length * COLUMN
  const floor = TOP + HEIGHT
  const lines = Array.from({ length: top / step + 1 }, (_, index) => {
    const y = floor - heightOf(index * step)
    return html`<line x1="${AXIS}" x2="${width}" y1="${y}" y2="${y}"/><text x="${AXIS - 6}" y="${y + 4}" text-anchor="end">${number(index * step)}</text>`
  })
  const bars = columns.map((column, index) => {
    const x = AXIS + index * COLUMN
    let y = floor
    const parts = column.values.map((value, one) => {
      if (value === 0) return null
      const height = heightOf(value)
      y -= height
      return html`<rect x="${x + (COLUMN - BAR) / 2}" y="${y}" width="${BAR}" height="${height}" fill="url(#${id}-${one})"/>`
    })
    const sum = total(column)
    const middle = x + COLUMN / 2
    return html`${parts}${sum > 0 && html`<text x="${middle}" y="${y - 4}" text-anchor="middle">${number(sum)}</text>`}<text x="${middle}" y="${floor + 16}" text-anchor="middle">${column.label}</text>`
  })
  return html`<figure class="chart"><div class="scroll" role="group" tabindex="0" aria-label="${title}${page.messages.punctuation.colon}${page.messages.statistics.chart}"><svg width="${width}" height="${floor + BOTTOM}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc><defs>${series.map((_, one) => pattern(id, one))}</defs>${lines}${bars}</svg></div>${series.length > 1 && legend(id, series)}</figure>`
}

/** The distance of the lines: 1, 2 or 5 times a power of ten, so that there are two to five. */
function stepFor(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max))
  const step = [0.2, 0.5, 1].map((part) => part * power).find((each) => max / each <= 5) ?? power
  return Math.max(1, step)
}

/** Strokes that tell series apart without colour. */
const HATCHES = [
  '',
  'M0 8L8 0',
  'M0 4H8',
  'M0 0L8 8',
  'M4 0V8',
  'M0 8L8 0M0 0L8 8',
  'M0 4H8M4 0V8',
  'M3 3H6V6H3Z',
]

const COLOURS = 3

const pattern = (id: string, index: number): Html =>
  html`<pattern id="${id}-${index}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" class="c${index % COLOURS}"/><path d="${HATCHES[index % HATCHES.length] ?? ''}"/></pattern>`

const legend = (id: string, series: readonly string[]): Html =>
  html`<ul class="legend">${series.map((name, index) => html`<li><svg width="16" height="16" aria-hidden="true"><rect width="16" height="16" fill="url(#${id}-${index})"/></svg> ${name}</li>`)}</ul>`

/** A row of a table of counts. */
export interface CountRow {
  label: Content
  count: number
}

/** A table of counts, each with a bar under its label. */
export function barTable(
  page: Page,
  caption: string,
  heads: [string, string],
  rows: readonly CountRow[],
): Html {
  const most = Math.max(1, ...rows.map(({ count }) => count))
  return html`<table class="bars"><caption class="hidden">${caption}</caption><thead><tr><th scope="col">${heads[0]}</th><th scope="col" class="count">${heads[1]}</th></tr></thead><tbody>${rows.map(
    ({ label, count }) =>
      html`<tr><th scope="row">${label}<svg width="100%" height="8" aria-hidden="true"><rect width="${Math.round((count / most) * 1000) / 10}%" height="8" class="c0"/></svg></th><td class="count">${formatNumber(page.language, count)}</td></tr>`,
  )}</tbody></table>`
}

/** A table of numbers with a row for each column of a chart, in a region that scrolls. */
export function columnTable(
  page: Page,
  { title, series, columns }: ColumnChart,
  head: string,
  label: (column: Column) => Content,
): Html {
  const number = (value: number) => formatNumber(page.language, value)
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${title}${page.messages.punctuation.colon}${page.messages.statistics.numbers}"><table><caption class="hidden">${title}</caption><thead><tr><th scope="col">${head}</th>${series.map((name) => html`<th scope="col" class="count">${name}</th>`)}</tr></thead><tbody>${columns.map(
    (column) =>
      html`<tr><th scope="row">${label(column)}</th>${column.values.map((value) => html`<td class="count">${number(value)}</td>`)}</tr>`,
  )}</tbody></table></div>`
}

/** How many years may be filled up with years without records. */
const MAX_YEARS = 100

/** The years from the first to the last, also those without records; only those with records if the span is long. */
export function yearsBetween(years: readonly string[]): string[] {
  const sorted = [...new Set(years)].sort()
  const [first, last] = [Number(sorted[0]), Number(sorted.at(-1))]
  if (sorted.length === 0 || last - first >= MAX_YEARS) return sorted.slice(-MAX_YEARS)
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index).padStart(4, '0'))
}
