// The report of the benchmark: a table for the terminal and docs/performance.md, a JSON file, and a plot.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Figures } from './load.ts'
import { type PageResult, type ServerTimes, TARGETS } from './pages.ts'

export interface Result {
  name: string
  title: string
  service: Figures
  reference?: Figures & { title: string }
  /** The target ratio of responses per second. */
  target?: number
  /** The promise for the 99th percentile of the latency, in milliseconds. */
  limitMs?: number
}

export interface Results {
  date: string
  machine: string
  /** The load average of the machine over the minute before the run. */
  loadAverage: number
  database: string
  rows: number
  rounds: number
  seconds: number
  /** Proposals per second. */
  importRate: number
  streamRate: number
  startMs: number
  peakMemoryMB: number
  comparisons: Result[]
  pages: PageResult[]
}

const PAGE = new URL('../docs/performance.md', import.meta.url)
const PLOT = new URL('../docs/performance.svg', import.meta.url)
const JSON_FILE = new URL('results.json', import.meta.url)
const [BEGIN, END] = ['<!-- figures: written by npm run bench -- --save -->', '<!-- end of figures -->']

const HEAD = [
  'Request',
  'Answers/s',
  'p99 ms',
  'CPU µs',
  'Compared with',
  'Answers/s',
  'CPU µs',
  'Ratio',
  'By CPU',
  'Promise',
]

const whole = (value: number) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–')

const rateRatio = ({ service, reference }: Result) => (reference ? service.rate / reference.rate : Number.NaN)
const cpuRatio = ({ service, reference }: Result) => (reference ? reference.cpu / service.cpu : Number.NaN)

/** A time; a dash if there was no answer, which JSON has as null. */
const timeOf = (time: number | null) => (time === null || Number.isNaN(time) ? '–' : time.toFixed(1))

function rowOf(result: Result): string[] {
  const { title, service, reference, target, limitMs } = result
  const own = [title, whole(service.rate), whole(service.p99), whole(service.cpu)]
  const limit = limitMs ? `p99 < ${limitMs} ms, ${service.p99 < limitMs ? 'kept' : 'missed'}` : ''
  if (!reference) return [...own, '', '', '', '', '', limit]
  const ratio = rateRatio(result)
  return [
    ...own,
    reference.title,
    whole(reference.rate),
    whole(reference.cpu),
    ratio.toFixed(2),
    cpuRatio(result).toFixed(2),
    target ? `${target.toFixed(2)}, ${ratio >= target ? 'kept' : 'missed'}` : '',
  ]
}

const PAGES_HEAD = [
  'Page',
  'p50 ms',
  'p99 ms',
  'Answers/s',
  'CPU µs',
  'Cached: p50 ms',
  'p99 ms',
  'Answers/s',
  'Target',
]

function pageRowOf({ title, miss, hit }: PageResult): string[] {
  const isMet = ({ rate, p50, p99 }: ServerTimes) => rate > 0 && p50 < TARGETS.p50 && p99 < TARGETS.p99
  return [
    title,
    ...[miss.p50, miss.p99].map(timeOf),
    ...[miss.rate, miss.cpu].map(whole),
    ...[hit.p50, hit.p99].map(timeOf),
    whole(hit.rate),
    isMet(miss) && isMet(hit) ? 'met' : 'missed',
  ]
}

const tableRows = (rows: readonly string[][]) => rows.map((cells) => `| ${cells.join(' | ')} |`)

/** The results as Markdown. */
export function tableOf(results: Results): string {
  const { date, machine, loadAverage, database, rows, rounds, seconds } = results
  return [
    `${date}, ${machine}, load average ${loadAverage} before the run; ${whole(rows)} proposals on ${database}; per comparison ${rounds} × ${seconds} turns of a second.`,
    `Import ${whole(results.importRate)} proposals/s, NDJSON stream ${whole(results.streamRate)} proposals/s, start ${whole(results.startMs)} ms, ${whole(results.peakMemoryMB)} MB of memory at most, with the mapped file.`,
    '',
    ...tableRows([HEAD, HEAD.map(() => '---'), ...results.comparisons.map(rowOf)]),
    ...(results.pages.length > 0
      ? ['', ...tableRows([PAGES_HEAD, PAGES_HEAD.map(() => '---'), ...results.pages.map(pageRowOf)])]
      : []),
  ].join('\n')
}

/** @returns docs/performance.md with the figures of these results */
export function withFigures(page: string, results: Results): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error('docs/performance.md has no marks for the figures.')
  return `${before}${BEGIN}\n\n${tableOf(results)}\n\n${END}${after}`
}

/** @returns an SVG with a bar for each ratio and a mark for each target */
export function plotOf({ rows, comparisons }: Results): string {
  const bars = comparisons.filter(({ reference }) => reference)
  const [left, width, step] = [120, 480, 26]
  const scale = width / Math.max(1.2, ...bars.flatMap((bar) => [rateRatio(bar), bar.target ?? 0]))
  const height = 40 + bars.length * step
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 60} ${height}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>Answers per second, relative to the reference; ${whole(rows)} proposals</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="${left}" y="20">Answers per second, relative to the reference; red: the promise</text>`,
    ...bars.map((bar, index) => {
      const [y, length] = [32 + index * step, rateRatio(bar) * scale]
      const mark = left + (bar.target ?? 0) * scale
      return [
        `<text x="${left - 8}" y="${y + 14}" text-anchor="end">${bar.name}</text>`,
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="18" fill="#3b6ea5"/>`,
        `<line x1="${mark.toFixed(1)}" x2="${mark.toFixed(1)}" y1="${y - 2}" y2="${y + 20}" stroke="#c22" stroke-width="2"/>`,
        `<text x="${(left + length + 6).toFixed(1)}" y="${y + 14}">${rateRatio(bar).toFixed(2)}</text>`,
      ].join('')
    }),
    '</svg>',
    '',
  ].join('\n')
}

export function saveResults(results: Results): void {
  writeFileSync(JSON_FILE, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(PAGE, withFigures(readFileSync(PAGE, 'utf8'), results))
  writeFileSync(PLOT, plotOf(results))
}
