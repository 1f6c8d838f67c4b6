// Compares the speed of the service with the baseline. `npm run bench -- --help` lists the options.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Comparison, comparisonsOf, findDeepPages, urlsOf } from './comparisons.ts'
import { createBaselineDatabase, importData, measureStream } from './data.ts'
import { type Figures, load } from './load.ts'
import { measurePages, pagesOf } from './pages.ts'
import { type Results, saveResults, tableOf } from './report.ts'
import { createKey, peakMemory, type Server, startBaseline, startService, stop } from './servers.ts'

/** With fewer rows, requests repeat while their responses are still cached. */
const MIN_ROWS = 50_000
const SERVICE_PORT = 3970
const BASELINE_PORT = 3971

const whole = (text: string) => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.')
  return Number(text)
}

const names = [...comparisonsOf(0, '', []), ...pagesOf(0)].map(({ name }) => name)
const { rows, rounds, seconds, only, database, save } = new Command('npm run bench --')
  .description('Compares the speed of the service with a plain Fastify application over the same data.')
  .option('--rows <count>', 'proposals in the database', whole, 100_000)
  .option('--rounds <count>', 'rounds; each starts new processes', whole, 3)
  .option(
    '--seconds <count>',
    'seconds of load per round, comparison and side, after as many to warm up',
    whole,
    3,
  )
  .addOption(
    new Option('--only <names...>', 'comparisons and pages to measure').choices(names).default(names, 'all'),
  )
  .option(
    '--database <url>',
    'empty database for the service, such as postgres://…; default: a new SQLite file',
  )
  .option('--save', 'write bench/results.json and the figures and the plot of docs/performance.md')
  .parse()
  .opts<{ rows: number; rounds: number; seconds: number; only: string[]; database?: string; save?: true }>()
if (rows < MIN_ROWS) console.error(`With fewer than ${MIN_ROWS} proposals, some cache misses are hits.`)

const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-bench-'))
const databaseUrl = database ?? `file:${join(folder, 'service.db')}`
const baselineFiles = {
  DATABASE_FILE: join(folder, 'baseline.db'),
  CONSTANTS_FILE: join(folder, 'constants.json'),
}
const running: Server[] = []
process.once('exit', () => {
  for (const { child } of running) child.kill()
  rmSync(folder, { recursive: true, force: true })
})
process.once('SIGINT', () => process.exit(130))

const loadAverage = Number(loadavg()[0]?.toFixed(1))
const { key, deepPages, ...rates } = await prepare()
const comparisons = comparisonsOf(rows, key, deepPages).filter(({ name }) => only.includes(name))
const pages = await measureAllPages()
const { starts, memory, turns } = await measure(comparisons)
const results: Results = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores, Node ${process.versions.node}`,
  loadAverage,
  database: databaseUrl.startsWith('file:') ? 'SQLite' : 'PostgreSQL',
  rows,
  rounds,
  seconds,
  ...rates,
  startMs: quantile(starts, 0.5),
  peakMemoryMB: Math.max(...memory),
  comparisons: comparisons.map(({ name, title, reference, target, limitMs }) => ({
    name,
    title,
    service: betterQuartile(turns.get(`${name} service`)),
    ...(reference && {
      reference: { title: reference.title, ...betterQuartile(turns.get(`${name} reference`)) },
    }),
    ...(target && { target }),
    ...(limitMs && { limitMs }),
  })),
  pages,
}
console.log(tableOf(results))
if (save) saveResults(results)

async function startAll() {
  const service = await startService(databaseUrl, SERVICE_PORT, join(folder, 'service.log'))
  running.push(service)
  const baseline = await startBaseline(baselineFiles, BASELINE_PORT, join(folder, 'baseline.log'))
  running.push(baseline)
  return { service, baseline }
}

async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map(stop))
}

/** Creates the data of both servers, and checks that their responses are equal. */
async function prepare() {
  const service = await startService(databaseUrl, SERVICE_PORT, join(folder, 'service.log'))
  running.push(service)
  const key = createKey(databaseUrl)
  console.error(`Importing ${rows.toLocaleString('en')} proposals …`)
  const importRate = Math.round(await importData(service.base, key, rows))
  const streamRate = Math.round(await measureStream(service.base, rows))
  await createBaselineDatabase(service.base, baselineFiles.DATABASE_FILE)
  const deepPages = await findDeepPages(service.base, rows)

  const urls = Object.entries(urlsOf(rows))
  const constants: Record<string, string> = {}
  for (const [name, url] of urls) constants[name] = await (await fetch(service.base + url(0))).text()
  writeFileSync(baselineFiles.CONSTANTS_FILE, JSON.stringify(constants))
  await stopAll()

  const servers = await startAll()
  for (const path of urls.flatMap(([, url]) => [url(1), url(1234), url(99_999)])) {
    const [ours, theirs] = await Promise.all(
      [servers.service, servers.baseline].map(async ({ base }) => (await fetch(base + path)).json()),
    )
    const { data = ours } = ours as { data?: unknown }
    assert.deepEqual((theirs as { data?: unknown }).data ?? theirs, data, `The servers disagree on ${path}`)
  }
  await stopAll()
  return { key, deepPages, importRate, streamRate }
}

/** Measures the pages on a server of their own, so that its log has no other requests. */
async function measureAllPages() {
  const chosen = pagesOf(rows).filter(({ name }) => only.includes(name))
  if (chosen.length === 0) return []
  const logFile = join(folder, 'pages.log')
  const service = await startService(databaseUrl, SERVICE_PORT, logFile)
  running.push(service)
  const results = await measurePages(service, logFile, chosen, seconds)
  await stopAll()
  return results
}

/** Loads the servers of each comparison in alternating seconds, so that a busy machine affects both. */
async function measure(comparisons: Comparison[]) {
  const turns = new Map<string, Figures[]>()
  const starts: number[] = []
  const memory: number[] = []
  for (const writes of [false, true]) {
    const stage = comparisons.filter((comparison) => Boolean(comparison.writes) === writes)
    for (let round = 1; round <= rounds && stage.length > 0; round++) {
      const servers = await startAll()
      starts.push(servers.service.startMs)
      for (const { name, service, reference } of stage) {
        console.error(`round ${round} of ${rounds}: ${name}`)
        const lanes = [
          { side: 'service', server: servers.service, requests: service },
          ...(reference
            ? [{ side: 'reference', server: servers[reference.server], requests: reference.requests }]
            : []),
        ]
        for (const { server, requests } of lanes) await load(server, requests, seconds)
        for (let second = 0; second < seconds; second++) {
          for (const { side, server, requests } of lanes) {
            const figures = await load(server, requests, 1)
            turns.set(`${name} ${side}`, [...(turns.get(`${name} ${side}`) ?? []), figures])
          }
        }
      }
      memory.push(peakMemory(servers.service))
      await stopAll()
    }
  }
  return { turns, starts, memory }
}

/** Combines measurements by their better quartile, because other processes only ever slow down a server. */
function betterQuartile(turns: Figures[] = []): Figures {
  return {
    rate: Math.round(
      quantile(
        turns.map(({ rate }) => rate),
        0.75,
      ),
    ),
    p99: quantile(
      turns.map(({ p99 }) => p99),
      0.5,
    ),
    cpu: Math.round(
      quantile(
        turns.map(({ cpu }) => cpu),
        0.25,
      ),
    ),
  }
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
}
