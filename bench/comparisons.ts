// The comparisons of the benchmark: the requests, the reference, and the target ratio of each.
import { countSpeakers, countWords, DAYS, dayOf, idOf, report, STATUSES } from './data.ts'
import type { Requests } from './load.ts'

export interface Comparison {
  name: string
  title: string
  /** Requests to the service. */
  service: Requests
  /** The reference of the comparison: the baseline, or other requests to the service itself. */
  reference?: { title: string; server: 'baseline' | 'service'; requests: Requests }
  /** The target ratio of responses per second. */
  target?: number
  /** The promise for the 99th percentile of the latency, in milliseconds. */
  limitMs?: number
  /** Measured last, because it changes the data. */
  writes?: true
}

/** A position deep in the list of all proposals. */
export interface DeepPage {
  /** The cursor of a page. */
  cursor: string
  /** The day of the row before it, for a first page with nearly the same rows. */
  day: string
}

type Urls = Record<'g1' | 'g2' | 'g3' | 'g5', (number: number) => string>

/** Steps coprime to the number of ids and of days, so that consecutive requests are never for neighbours. */
const ID_STEP = 7919
const DAY_STEP = 199

const TITLES = {
  g1: 'G1, a proposal by id',
  g2: 'G2, 50 of a status, newest first',
  g3: 'G3, 50 of a speaker with their meetings',
  g5: 'G5, 20 that contain a word',
}

/** The URLs that are compared with the baseline. They repeat after 40,000 requests or more, G1 after all rows. */
export function urlsOf(rows: number): Urls {
  return {
    g1: (number) => `/v1/proposals/${idOf('prp', (number * ID_STEP) % rows)}`,
    g2: (number) =>
      `/v1/proposals?status=${STATUSES[number % STATUSES.length]}&proposedTo=${dayOf((number * DAY_STEP) % DAYS)}&limit=50`,
    g3: (number) =>
      `/v1/proposals?speaker=${idOf('spk', number % countSpeakers(rows))}&include=meeting&proposedTo=${dayOf(DAYS - 1 - 24 * (number % 336))}&limit=50`,
    // The day is earlier than all records: it only makes the URLs of a word differ.
    g5: (number) =>
      `/v1/proposals?q=w${number % countWords(rows)}&proposedFrom=${1901 + (Math.floor(number / countWords(rows)) % 100)}-01-01&limit=20`,
  }
}

export function comparisonsOf(rows: number, key: string, deepPages: DeepPage[]): Comparison[] {
  const urls = urlsOf(rows)
  const names = ['g1', 'g2', 'g3', 'g5'] as const
  const deepPage = (number: number) => deepPages[number % deepPages.length] as DeepPage
  // A second proposal with the title of another is refused.
  let posted = 0
  let reported = 0
  const post: Requests = {
    path: '/v1/proposals',
    headers: { authorization: `Bearer ${key}` },
    body: () => ({
      title: `Proposal ${++posted} of the bench`,
      summary: 'To measure first.',
      events: [{ type: 'proposed', occurredOn: '2025-06-01' }],
    }),
  }
  return [
    ...names.map(
      (name): Comparison => ({
        name: `${name}-hit`,
        title: `${TITLES[name]}: cache hit`,
        service: { path: urls[name](0) },
        reference: {
          title: 'baseline, constant',
          server: 'baseline',
          requests: { path: `/constants/${name}` },
        },
        target: 0.9,
      }),
    ),
    ...names.map(
      (name): Comparison => ({
        name: `${name}-miss`,
        title: `${TITLES[name]}: cache miss`,
        service: { path: urls[name] },
        reference: { title: 'baseline, SQL', server: 'baseline', requests: { path: urls[name] } },
        target: 1,
      }),
    ),
    {
      name: 'g4',
      title: `G4, 50 rows at about row ${(rows / 2).toLocaleString('en')}`,
      service: { path: (number) => `/v1/proposals?cursor=${deepPage(number).cursor}&limit=50` },
      reference: {
        title: 'the first page of these rows',
        server: 'service',
        requests: { path: (number) => `/v1/proposals?proposedTo=${deepPage(number).day}&limit=50` },
      },
      target: 1 / 1.2,
    },
    {
      name: 'count',
      title: 'G2 with `count=exact`: cache miss',
      service: { path: (number) => `${urls.g2(number)}&count=exact` },
    },
    {
      name: 'statistics',
      title: 'Statistics by status since a day: cache miss',
      service: {
        path: (number) => `/v1/stats/proposals?by=status&proposedFrom=${dayOf(number * DAY_STEP)}`,
        clients: 4,
      },
    },
    {
      name: 'search',
      title: 'Search in all kinds, a word of 25 records: cache miss',
      service: {
        path: (number) =>
          `/v1/search?q=w${number % countWords(rows)}&limit=${25 + (Math.floor(number / countWords(rows)) % 50)}`,
      },
    },
    {
      name: 'report-dry-run',
      title: 'Dry run of a report of 30 records, one client',
      service: {
        path: '/v1/reports?dryRun=true',
        headers: { authorization: `Bearer ${key}` },
        body: () => report(reported++ * ID_STEP, rows),
        clients: 1,
      },
      limitMs: 100,
    },
    {
      name: 'writes',
      title: 'POST of a proposal, 32 clients',
      service: post,
      reference: { title: 'one client', server: 'service', requests: { ...post, clients: 1 } },
      target: 5,
      writes: true,
    },
    {
      name: 'reads-beside-writes',
      title: 'G1, a proposal by id, while 32 clients write',
      service: { path: urls.g1, beside: post },
      reference: { title: 'no writes', server: 'service', requests: { path: urls.g1 } },
      writes: true,
    },
  ]
}

/** Follows the list of all proposals to around its middle. */
export async function findDeepPages(base: string, rows: number): Promise<DeepPage[]> {
  const pages: DeepPage[] = []
  let cursor: string | null = ''
  for (let row = 0; row < rows * 0.6 && cursor !== null; ) {
    const limit = row < rows * 0.4 ? 200 : 10
    const response = await fetch(`${base}/v1/proposals?limit=${limit}${cursor && `&cursor=${cursor}`}`)
    const { data, page } = (await response.json()) as {
      data: { proposedOn: string }[]
      page: { nextCursor: string | null }
    }
    cursor = page.nextCursor
    row += limit
    if (limit === 10 && cursor) pages.push({ cursor, day: data.at(-1)?.proposedOn ?? '' })
  }
  return pages
}
