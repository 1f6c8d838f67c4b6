// Measures the pages for people: how long the server takes for each, from its access log.
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import {
  countMeetings,
  countSources,
  countSpeakers,
  countWords,
  DAYS,
  dayOf,
  idOf,
  STATUSES,
} from './data.ts'
import { load, type Requests } from './load.ts'
import type { Server } from './servers.ts'

/** The target times in milliseconds. */
export const TARGETS = { p50: 5, p99: 25 }

export interface ServerTimes {
  /** Responses per second. */
  rate: number
  /** Milliseconds from the request to the end of the response. */
  p50: number
  p99: number
  /** Microseconds of CPU time of the server per response. */
  cpu: number
}

export interface PageResult {
  name: string
  title: string
  /** Of pages that are not cached: each request is for another one. */
  miss: ServerTimes
  /** Of one page that is cached. */
  hit: ServerTimes
}

interface MeasuredPage {
  name: string
  title: string
  path: (number: number) => string
}

/** Coprime to the number of days and of proposals, so that consecutive requests are never for neighbours. */
const STEP = 7919

/** The kinds of pages, each with many addresses; the start page has one. */
export function pagesOf(rows: number): MeasuredPage[] {
  const day = (number: number) => dayOf((number * STEP) % DAYS)
  const status = (number: number) => STATUSES[number % STATUSES.length]
  const speaker = (number: number) => idOf('spk', number % countSpeakers(rows))
  return [
    { name: 'page-start', title: 'Start', path: () => '/en/' },
    {
      name: 'page-list',
      title: 'Proposals until a day',
      path: (number) => `/proposals?proposedTo=${day(number)}`,
    },
    {
      name: 'page-filters',
      title: 'Proposals of a person with a status',
      path: (number) =>
        `/proposals?status=${status(number)}&speaker=${speaker(number)}&proposedTo=${day(number)}`,
    },
    {
      name: 'page-record',
      title: 'A proposal',
      path: (number) => `/proposals/${idOf('prp', (number * STEP) % rows)}`,
    },
    {
      name: 'page-meeting',
      title: 'A meeting with 20 proposals',
      path: (number) => `/meetings/${idOf('mtg', number % countMeetings(rows))}`,
    },
    {
      name: 'page-source',
      title: 'A source with 10 quotes',
      path: (number) => `/sources/${idOf('src', number % countSources(rows))}`,
    },
    {
      name: 'page-search',
      title: 'Search for a word of 25 records',
      path: (number) => `/search?q=w${number % countWords(rows)}`,
    },
    {
      name: 'page-timeline',
      title: 'Timeline until a day',
      path: (number) => `/timeline?dateTo=${day(number)}`,
    },
    { name: 'page-board', title: 'Board since a day', path: (number) => `/board?dateFrom=${day(number)}` },
    {
      name: 'page-quiet',
      title: 'Quiet board since a day',
      path: (number) => `/quiet?stalledSince=${day(number)}`,
    },
    {
      name: 'page-statistics',
      title: 'Statistics since a day',
      path: (number) => `/statistics?dateFrom=${day(number)}`,
    },
  ]
}

const HEADERS = { accept: 'text/html', 'accept-encoding': 'gzip' }

/** @param logFile the log of the server @param seconds of load per page that is not cached, after a second to warm up */
export async function measurePages(
  server: Server,
  logFile: string,
  pages: readonly MeasuredPage[],
  seconds: number,
): Promise<PageResult[]> {
  const results: PageResult[] = []
  for (const { name, title, path } of pages) {
    console.error(`pages: ${name}`)
    // What is cached depends on the host, so requests for the start page are told apart too.
    const miss = await measure(
      { path, headers: HEADERS, host: (number) => `host-${number}.example` },
      seconds,
    )
    const hit = await measure({ path: path(1), headers: HEADERS }, 1)
    results.push({ name, title, miss, hit })
  }
  return results

  async function measure(requests: Requests, seconds: number): Promise<ServerTimes> {
    await load(server, requests, 1)
    await setTimeout(LOG_MS)
    const start = statSync(logFile).size
    const { rate, cpu } = await load(server, requests, seconds)
    await setTimeout(LOG_MS)
    const times = (await loggedTimes(logFile, start)).sort((one, other) => one - other)
    const quantile = (share: number) =>
      Number((times[Math.round((times.length - 1) * share)] ?? Number.NaN).toFixed(1))
    return { rate: Math.round(rate), p50: quantile(0.5), p99: quantile(0.99), cpu: Math.round(cpu) }
  }
}

/** The log is written within half a second. */
const LOG_MS = 600

/** The times of the responses that were logged after a position of the file. */
async function loggedTimes(file: string, start: number): Promise<number[]> {
  const times: number[] = []
  for await (const line of createInterface({ input: createReadStream(file, { start }) })) {
    const time = /"responseTime":([\d.e-]+)/.exec(line)?.[1]
    if (time !== undefined) times.push(Number(time))
  }
  return times
}
