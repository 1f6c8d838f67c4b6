// What bench/results.json says: as lines for a terminal, and as the tables and the plot of docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Figure, Results, Size } from './rates.ts'

const DOCS = new URL('../docs/', import.meta.url).pathname

const WORKS: Record<string, string> = {
  'g1 again': 'G1 a proposal by id, the same again',
  'g1 new': 'G1, always another',
  'g2 again': 'G2 50 of a status, newest first, the same again',
  'g2 new': 'G2, always others',
  'g3 again': 'G3 50 of a speaker with their meetings, the same again',
  'g3 new': 'G3, always others',
  'g5 again': 'G5 20 that hold a word, the same again',
  'g5 new': 'G5, always another',
  'g1 304': 'G1, the client has it (304)',
  'g2 304': 'G2, the client has it (304)',
  'page 1': 'Page one of all, always another',
  'page one there': 'Page one of all until a day deep in the list, always another',
  'g4 deep': 'G4 50 rows at row 50,000, always others',
  'search rare': 'Search, a word of 25 records',
  'search common': 'Search, a word of half of all records',
  'proposals common': '20 that hold a word of half of all records, always others',
  'count=exact': 'G2 with `count=exact`, always others',
  'stats by status': 'Statistics by status, always others',
  'stats by topic, adopted': 'Statistics by topic of what was adopted, always others',
  'w1 by 1': 'W1 a proposal is made, one client',
  'w1 by 32': 'W1, 32 clients',
  'g1 while others write': 'G1, always another, while 32 clients write',
  'g1 by two workers': 'G1, always another, `WORKERS=2`',
  'g2 by two workers': 'G2, always others, `WORKERS=2`',
  'g3 by two workers': 'G3, always others, `WORKERS=2`',
  'g5 by two workers': 'G5, always another, `WORKERS=2`',
}

const number = (value: number) => Math.round(value).toLocaleString('en')
const ratio = (value: number) => value.toFixed(2)

/** Each kind of work on each server: rate, latency, CPU, and how the service compares with the limit. */
function rowsOf({ figures }: Size): string[][] {
  return Object.entries(figures).flatMap(([work, byServer]) => {
    const own = byServer['service']
    return Object.entries(byServer).map(([server, figure]) => [
      WORKS[work] ?? work,
      server,
      number(figure.rate),
      String(figure.p99),
      number(figure.cpu),
      ...(own && server !== 'service' ? compared(own, figure) : ['', '']),
    ])
  })
}

const compared = (own: Figure, limit: Figure) => [ratio(own.rate / limit.rate), ratio(limit.cpu / own.cpu)]

/** What is a ratio of the service to itself; and of the limit, where it was measured. */
function within({ figures, start }: Size): string[][] {
  const over = (value: number | undefined, other: number | undefined) =>
    value === undefined || other === undefined ? '–' : ratio(value / other)
  const costs = (what: string, work: string, other: string) => [
    what,
    over(figures[work]?.['service']?.cpu, figures[other]?.['service']?.cpu),
    '',
  ]
  const rates = (work: string, other: string, server: string, of = server) =>
    over(figures[work]?.[server]?.rate, figures[other]?.[of]?.rate)
  return [
    costs(
      'Cost of a page at row 50,000, to that of page one of the same rows (CPU)',
      'g4 deep',
      'page one there',
    ),
    costs('Cost of `count=exact`, to the page alone (CPU)', 'count=exact', 'g2 new'),
    costs('Cost of statistics by status, to a page (CPU)', 'stats by status', 'g2 new'),
    costs('Cost of statistics by topic of one status, to a page (CPU)', 'stats by topic, adopted', 'g2 new'),
    costs(
      'Cost of a search for a word of half of all records, to a rare one (CPU)',
      'search common',
      'search rare',
    ),
    costs(
      'Cost of 20 in order that hold a word of half of all records, to 20 that hold a rare one (CPU)',
      'proposals common',
      'g5 new',
    ),
    [
      'Writes of 32 clients, to those of one',
      rates('w1 by 32', 'w1 by 1', 'service'),
      rates('w1 by 32', 'w1 by 1', 'rows'),
    ],
    [
      'Reads while 32 clients write, to reads alone',
      rates('g1 while others write', 'g1 while others write', 'service', 'alone'),
      '',
    ],
    ...['g1', 'g2', 'g3', 'g5'].map((name) => {
      const work = `${name} by two workers`
      return [
        `${name.toUpperCase()}, always others: two workers, to one`,
        rates(work, work, 'service', 'one'),
        rates(work, work, 'rows', 'rows, one'),
      ]
    }),
    ['Start on this database, to the start on an empty one', over(start?.filled, start?.empty), ''],
  ]
}

/** The sizes on SQLite, the smallest first. */
const numbered = (results: Results) =>
  Object.entries(results.sizes)
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))

/** `100000 on PostgreSQL` for people. */
const titled = (name: string) => name.replace(/^\d+/, (rows) => `${number(Number(rows))} proposals`)

/** What the largest database costs, to the smallest, where two were measured in one sitting; the service, and the limit. */
function growth(results: Results): string[][] {
  const sizes = numbered(results)
  const [small, large] = [sizes[0], sizes.at(-1)]
  if (!small || !large || small === large || small[1].sitting !== large[1].sitting) return []
  const works = [
    'g1 new',
    'g2 new',
    'g3 new',
    'g4 deep',
    'page one there',
    'g5 new',
    'search rare',
    'search common',
    'proposals common',
    'count=exact',
    'stats by status',
    'stats by topic, adopted',
  ]
  const grown = (work: string, server: string) => {
    const [one, other] = [small, large].map(([, { figures }]) => figures[work]?.[server]?.cpu)
    return one === undefined || other === undefined ? '' : ratio(other / one)
  }
  return works
    .map((work) => [WORKS[work] ?? work, grown(work, 'service'), grown(work, 'rows')])
    .filter(([, own]) => own !== '')
}

const HEAD = ['Work', 'Server', 'Answers/s', 'p99 ms', 'CPU µs', 'Rate, ours to its', 'CPU, its to ours']

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const inALine = ([what, own, limit]: string[]) => `${what}: ${own}${limit ? `, of the limit ${limit}` : ''}`

/** For a terminal. */
export function lines(results: Results): string {
  return Object.entries(results.sizes)
    .map(([rows, size]) => {
      const all = [HEAD, ...rowsOf(size)]
      const widths = HEAD.map((_, index) => Math.max(...all.map((cells) => cells[index]?.length ?? 0)))
      return [
        `${titled(rows)}; ${results.machine}; the service took ${size.peakMemory} MB at most`,
        ...all.map((cells) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')),
        ...within(size).map(inALine),
        ...(size.soak
          ? [`Memory in ${size.soak.seconds} s of mixed load: ${size.soak.memory.join(' ')} MB`]
          : []),
      ].join('\n')
    })
    .concat(growth(results).map((row) => `growth: ${inALine(row)}`))
    .join('\n')
}

/** The part of docs/performance.md that is made of figures. */
export function figures(results: Results): string {
  const parts = Object.entries(results.sizes).map(([rows, size]) =>
    [
      `### ${titled(rows)}`,
      '',
      `${size.at}, ${results.machine}, ${size.rounds} rounds of ${size.seconds} s, asked by ${size.client}; the service took ${size.peakMemory} MB at most, with what is mapped of its file.`,
      '',
      table(HEAD, rowsOf(size)),
      '',
      table(['Within one server', 'The service', '`rows`'], within(size)),
      ...(size.soak
        ? [
            '',
            `Memory every five seconds of ${size.soak.seconds} s of mixed load at full rate, in MB: ${size.soak.memory.join(', ')}.`,
          ]
        : []),
    ].join('\n'),
  )
  const grown = growth(results)
  const sizes = numbered(results).map(([name]) => Number(name))
  if (grown.length > 0)
    parts.push(
      [
        `### From ${number(sizes[0] ?? 0)} to ${number(sizes.at(-1) ?? 0)} proposals`,
        '',
        table(['Cost of an answer, in CPU, to that on the small database', 'The service', '`rows`'], grown),
      ].join('\n'),
    )
  return parts.join('\n\n')
}

const [BEGIN, END] = ['<!-- figures: written by npm run bench -->', '<!-- end of figures -->']

/** docs/performance.md with the figures in their place. */
export function withFigures(page: string, results: Results): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error('docs/performance.md has no place for figures.')
  return `${before}${BEGIN}\n\n${figures(results)}\n\n${END}${after}`
}

export function writeDocs(results: Results): void {
  const page = `${DOCS}performance.md`
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), results))
  writeFileSync(`${DOCS}performance.svg`, plot(results))
}

/** Bars: the service against each limit, in CPU time; 1 is level with it. */
export function plot(results: Results): string {
  const [rows, size] = numbered(results).at(-1) ?? []
  const bars = Object.entries(size?.figures ?? {}).flatMap(([work, byServer]) => {
    const own = byServer['service']
    return ['constant', 'rows', 'docs'].flatMap((server) => {
      const limit = byServer[server]
      return own && limit ? [{ label: `${work}, to ${server}`, value: limit.cpu / own.cpu }] : []
    })
  })
  const [left, width, step] = [170, 420, 22]
  const scale = width / Math.max(1.2, ...bars.map(({ value }) => value))
  const height = bars.length * step + 60
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 70} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>CPU of the limit to that of the service, for an answer; ${number(Number(rows))} proposals</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${left}" y="18" fill="#111">CPU of the limit to ours, for an answer; ${number(Number(rows))} proposals</text>`,
    ...bars.map(({ label, value }, index) => {
      const y = 32 + index * step
      return `<text x="${left - 8}" y="${y + 13}" text-anchor="end" fill="#111">${label}</text><rect x="${left}" y="${y}" width="${(value * scale).toFixed(1)}" height="16" fill="#3b6ea5"/><text x="${(left + value * scale + 6).toFixed(1)}" y="${y + 13}" fill="#111">${ratio(value)}</text>`
    }),
    `<line x1="${left + scale}" x2="${left + scale}" y1="26" y2="${height - 20}" stroke="#a33" stroke-dasharray="4 3"/>`,
    `<text x="${left + scale}" y="${height - 6}" text-anchor="middle" fill="#a33">level</text>`,
    '</svg>',
    '',
  ].join('\n')
}
