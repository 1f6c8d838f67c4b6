// npm run bench [-- --rows 10000,1000000 --rounds 5 --seconds 2 --data FOLDER --only WORK,… --soak SECONDS]: how fast the
// service answers, as ratios to two limits that are measured in the same sitting (bench/hand.ts): a bare Fastify that sends a
// constant, and handlers written by hand that send the same bytes. Everything of the service is on: keys, problems, ETags,
// request ids, metrics, and a log at `info` that goes to a file.
//
// One kind of work after the other is asked of every server in turn, and that several times over; what counts are medians,
// and of them only the ratios: the machine is never quiet. Each figure is given twice, in requests a second and in CPU time
// of the server for each request. The second does not hang on what else runs on the machine, nor on the client.
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { createKey } from '../src/db/keys.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { fill, idOf, PER_SPEAKER, PER_WORD, wordOf } from './data.ts'
import { makePlainTables } from './hand.ts'
import { begin, cpuSeconds, end, memory, peakMemory, type Started } from './process.ts'
import { lines, writeDocs } from './report.ts'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    data: { type: 'string' },
    only: { type: 'string' },
    soak: { type: 'string', default: '0' },
    /** Does not write down what it finds. */
    dry: { type: 'boolean', default: false },
  },
})
const sizes = options.rows.split(',').map(Number)
const rounds = Number(options.rounds)
const seconds = Number(options.seconds)
const only = options.only?.split(',')
const CLIENTS = 32
const RESULTS = new URL('results.json', import.meta.url).pathname

export interface Figure {
  /** Answers a second. */
  rate: number
  /** Milliseconds within which 99 of 100 answers came. */
  p99: number
  /** Microseconds of CPU that the server took for an answer. */
  cpu: number
}

/** By work, then by server. */
export type Figures = Record<string, Record<string, Figure>>

export interface Size {
  at: string
  /** The same for sizes that were measured together: only those are compared. */
  sitting: string
  rounds: number
  seconds: number
  figures: Figures
  /** Megabytes at most, of the service. */
  peakMemory: number
  /** Milliseconds from the start of the process to its first answer. */
  start?: { empty: number; filled: number }
  soak?: { seconds: number; memory: number[] }
}

export interface Results {
  machine: string
  sizes: Record<string, Size>
}

interface World {
  rows: number
  service: Started
  hand: Started
  key: string
  file: string
}

/** A kind of work: the requests of each server, which differ with every number where they are not to repeat. */
interface Work {
  name: string
  on: Record<string, (world: World, number: number) => autocannon.Request & { path: string }>
  /** Whether `rows` and `docs` must send the same bytes as the service. */
  equal?: boolean
  clients?: number
  /** The number of different requests of each client; 1 for one that is repeated. */
  different?: number
}

/** Every day from 2003 to 2025; in front of zeros the same number is another URL. */
const day = (number: number, from = 2003) =>
  `${from + (Math.floor(number / 336) % 23)}-${String(1 + (Math.floor(number / 28) % 12)).padStart(2, '0')}-${String(1 + (number % 28)).padStart(2, '0')}`
const padded = (limit: number, number: number) => `${'0'.repeat(number % 12)}${limit}`
const STATUSES = ['proposed', 'under-consideration', 'adopted', 'rejected', 'deferred']

const urls = {
  g1: ({ rows }: World, number: number) => `/v1/proposals/${idOf((number * 7919) % rows)}`,
  g2: (_: World, number: number) =>
    `/v1/proposals?status=${STATUSES[number % 5]}&proposedTo=${day(number)}&limit=${padded(50, Math.floor(number / 7728))}`,
  g3: ({ rows }: World, number: number) =>
    `/v1/proposals?speaker=${idOf(number % Math.ceil(rows / PER_SPEAKER), 'spk')}&include=meeting&proposedTo=${day(number % 28, 2025)}&limit=${padded(50, Math.floor(number / 7))}`,
  g5: ({ rows }: World, number: number) =>
    `/v1/proposals?q=${wordOf(number, rows)}&proposedFrom=${day(number, 1950)}&limit=${padded(20, Math.floor(number / 7728))}`,
  page1: (_: World, number: number) =>
    `/v1/proposals?proposedTo=${day(number)}&limit=${padded(50, Math.floor(number / 7728))}`,
}

const asService = (url: (world: World, number: number) => string) => (world: World, number: number) => ({
  path: url(world, number),
})
const asHand =
  (form: 'rows' | 'docs', url: (world: World, number: number) => string) =>
  (world: World, number: number) => ({ path: `/${form}${url(world, number)}` })

const DIFFERENT = 400
const cursors = new Map<World, string[]>()
const tags = new Map<string, string>()

const works: Work[] = [
  ...(['g1', 'g2', 'g3', 'g5'] as const).flatMap((name): Work[] => [
    {
      name: `${name} again`,
      on: {
        service: (world) => ({ path: urls[name](world, 5) }),
        constant: () => ({ path: `/constant/${name}` }),
      },
      different: 1,
    },
    {
      name: `${name} new`,
      on: {
        service: asService(urls[name]),
        rows: asHand('rows', urls[name]),
        docs: asHand('docs', urls[name]),
      },
      equal: true,
    },
  ]),
  {
    name: 'g2 304',
    on: {
      service: (world) => ({
        path: urls.g2(world, 5),
        headers: { 'if-none-match': tags.get(`${world.rows}`) ?? '' },
      }),
      constant: () => ({ path: '/constant/g2' }),
    },
    different: 1,
  },
  { name: 'page 1', on: { service: asService(urls.page1) } },
  {
    name: 'g4 deep',
    on: {
      service: (world, number) => {
        const known = cursors.get(world) ?? []
        const cursor = known[number % known.length]
        return {
          path: `/v1/proposals?cursor=${cursor}&limit=${padded(50, Math.floor(number / known.length))}`,
        }
      },
    },
  },
  {
    name: 'search rare',
    on: {
      service: asService(
        ({ rows }, number) =>
          `/v1/search?q=${wordOf(number, rows)}&limit=${padded(PER_WORD, Math.floor(number / 400))}`,
      ),
    },
  },
  {
    name: 'search common',
    on: {
      service: asService(
        (_, number) =>
          `/v1/search?q=common${'%20'.repeat(1 + (number % 80))}&limit=${padded(20, Math.floor(number / 80))}`,
      ),
    },
    clients: 4,
  },
  {
    name: 'count=exact',
    on: { service: asService((world, number) => `${urls.g2(world, number)}&count=exact`) },
    clients: 4,
  },
  {
    name: 'stats by status',
    on: {
      service: asService(
        (_, number) => `/v1/stats/proposals?by=status&proposedFrom=${day(number % 336, 1900)}`,
      ),
    },
    clients: 4,
  },
  ...[1, CLIENTS].map((clients): Work => ({ name: `w1 by ${clients}`, on: { service: post }, clients })),
]

function post({ key }: World, number: number) {
  return {
    method: 'POST' as const,
    path: '/v1/proposals',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      title: `Made by the bench, ${number}`,
      summary: 'What is proposed: to measure before one says that something is fast.',
      proposedOn: day(number),
    }),
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-bench-'))
  const data = options.data ?? folder
  mkdirSync(data, { recursive: true })
  const worlds: World[] = []
  const sitting = new Date().toISOString()
  try {
    for (const [index, rows] of sizes.entries())
      worlds.push(await worldOf(folder, data, rows, 3970 + 2 * index))
    for (const world of worlds) await prepare(world)
    const figures = await measureAll(worlds)
    const found: Record<string, Size> = {}
    for (const world of worlds) {
      const size: Size = {
        at: sitting.slice(0, 10),
        sitting,
        rounds,
        seconds,
        figures: figures.get(world) ?? {},
        peakMemory: Math.round(peakMemory(world.service)),
      }
      if (!only || only.includes('w1')) Object.assign(size.figures, await whileWriting(world))
      if (Number(options.soak) > 0) size.soak = await soak(world, Number(options.soak))
      if (!only || only.includes('start')) size.start = await starts(world, folder)
      found[world.rows] = size
    }
    const known: Partial<Results> = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {}
    const results: Results = {
      machine: `${cpus().length} cores, Node ${process.versions.node}`,
      sizes: { ...known.sizes, ...found },
    }
    console.log(lines({ ...results, sizes: found }))
    if (!options.dry && !only) {
      writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
      writeDocs(results)
    }
  } finally {
    for (const { service, hand } of worlds) await Promise.all([end(service), end(hand)])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function worldOf(folder: string, data: string, rows: number, port: number): Promise<World> {
  const made = join(data, `bench-${rows}.db`)
  if (!existsSync(made)) {
    console.error(`Making ${rows.toLocaleString('en')} proposals …`)
    await fill(made, rows)
    makePlainTables(made)
  }
  // What the bench writes is not to be there the next time.
  const file = join(folder, `copy-${rows}.db`)
  copyFileSync(made, file, constants.COPYFILE_FICLONE)
  const engine = openSqlite(file)
  await engine.migrate()
  const now = new Date()
  const { token: key } = await createKey(engine, { name: 'bench', role: 'analyst', expiresAt: null, now })
  await engine.close()
  const log = (name: string) => join(folder, `${name}-${rows}.log`)
  const env = { DATABASE_URL: `file:${file}`, LOG_LEVEL: 'info', HAND_FILE: file }
  const service = await begin('src/main.ts', port, log('service'), env)
  const hand = await begin('bench/hand.ts', port + 1, log('hand'), env)
  return { rows, service, hand, key, file }
}

/** What the works need to know first; and what is sent by hand is held to what the service sends. */
async function prepare(world: World): Promise<void> {
  const { service, hand } = world
  for (const name of ['g1', 'g2', 'g3', 'g5'] as const) {
    const answer = await fetch(service.base + urls[name](world, 5))
    if (!answer.ok) throw new Error(`${answer.url}: ${await answer.text()}`)
    if (name === 'g2') tags.set(`${world.rows}`, answer.headers.get('etag') ?? '')
    await fetch(`${hand.base}/constant/${name}`, { method: 'PUT', body: await answer.text() })
    for (const number of [5, 11, 402, 7900, 12_345]) {
      const url = urls[name](world, number)
      const [ours, rows, docs] = await Promise.all(
        [service.base, `${hand.base}/rows`, `${hand.base}/docs`].map(async (base) =>
          (await fetch(base + url)).text(),
        ),
      )
      if (ours !== rows || ours !== docs) throw new Error(`Not byte for byte the same: ${url}`)
    }
  }
  const depth = Math.min(50_000, world.rows / 2)
  const known: string[] = []
  let url = `/v1/proposals?limit=200`
  for (let row = 0; row < depth + 8000 && url; row += 200) {
    const { page } = (await (await fetch(service.base + url)).json()) as {
      page: { nextCursor: string | null }
    }
    if (page.nextCursor === null) break
    if (row >= depth - 8000) known.push(page.nextCursor)
    url = `/v1/proposals?limit=200&cursor=${page.nextCursor}`
  }
  cursors.set(world, known)
}

async function measureAll(worlds: World[]): Promise<Map<World, Figures>> {
  const found = new Map(worlds.map((world) => [world, {} as Record<string, Record<string, Figure[]>>]))
  const chosen = works.filter(({ name }) => !only || only.some((word) => name.startsWith(word)))
  for (let round = 0; round <= rounds; round++) {
    for (const work of chosen) {
      for (const world of worlds) {
        for (const [server, request] of Object.entries(work.on)) {
          // The first round warms up, in less time.
          const figure = await load(world, server, work, request, round === 0 ? 0.5 : seconds)
          if (round === 0) continue
          const all = found.get(world) ?? {}
          all[work.name] ??= {}
          const byServer = all[work.name] ?? {}
          byServer[server] = [...(byServer[server] ?? []), figure]
        }
      }
    }
    console.error(`round ${round} of ${rounds}`)
  }
  return new Map(
    [...found].map(([world, byWork]) => [
      world,
      Object.fromEntries(
        Object.entries(byWork).map(([work, byServer]) => [
          work,
          Object.fromEntries(Object.entries(byServer).map(([server, figures]) => [server, middle(figures)])),
        ]),
      ),
    ]),
  )
}

/** Numbers go on and on, so that what is to be different is so for as long as the bench runs. */
let next = 100_000

async function load(
  world: World,
  server: string,
  { name, clients = CLIENTS, different = DIFFERENT }: Work,
  request: Work['on'][string],
  duration: number,
): Promise<Figure> {
  const of = server === 'service' ? world.service : world.hand
  const before = cpuSeconds(of)
  const result = await autocannon({
    url: of.base,
    connections: clients,
    duration,
    setupClient: (client) => {
      const from = next
      next += different === 1 ? 0 : different
      client.setRequests(Array.from({ length: different }, (_, index) => request(world, from + index)))
    },
  })
  const failed = result.errors + result.timeouts + result['4xx'] + result['5xx']
  if (failed > 0) throw new Error(`${name} of ${server}: ${failed} requests failed.`)
  const answers = result.requests.total
  return {
    rate: answers / result.duration,
    p99: result.latency.p99,
    cpu: ((cpuSeconds(of) - before) * 1e6) / answers,
  }
}

function middle(figures: Figure[]): Figure {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  return {
    rate: Math.round(median(figures.map(({ rate }) => rate)) * 10) / 10,
    p99: median(figures.map(({ p99 }) => p99)),
    cpu: Math.round(median(figures.map(({ cpu }) => cpu)) * 10) / 10,
  }
}

/** New requests, with nobody and with somebody writing meanwhile. */
async function whileWriting(world: World): Promise<Figures> {
  const read: Work = { name: 'g1 new', on: {}, clients: CLIENTS }
  const write: Work = { name: 'w1', on: {}, clients: 1 }
  const alone: Figure[] = []
  const beside: Figure[] = []
  const writer: Figure[] = []
  for (let round = 0; round < rounds; round++) {
    alone.push(await load(world, 'service', read, asService(urls.g1), seconds))
    const [reads, writes] = await Promise.all([
      load(world, 'service', read, asService(urls.g1), seconds),
      load(world, 'service', write, post, seconds),
    ])
    beside.push(reads)
    writer.push(writes)
  }
  return {
    'g1 while one writes': { alone: middle(alone), service: middle(beside), writer: middle(writer) },
  }
}

/** Reads, searches and writes at full rate, and the memory of the service every five seconds. */
async function soak(world: World, duration: number) {
  const samples: number[] = []
  const sampler = setInterval(() => samples.push(Math.round(memory(world.service))), 5000)
  const mixed: Work['on'][string] = (of, number) => {
    if (number % 20 === 0) return post(of, number)
    const name = (['g1', 'g2', 'g3', 'g5', 'page1'] as const)[number % 5] ?? 'g1'
    return { path: urls[name](of, number) }
  }
  await load(world, 'service', { name: 'soak', on: {} }, mixed, duration)
  clearInterval(sampler)
  return { seconds: duration, memory: samples }
}

/** How long a start takes on this database, and on an empty one that exists. */
async function starts(world: World, folder: string) {
  await end(world.service)
  const env = (file: string) => ({ DATABASE_URL: `file:${file}`, LOG_LEVEL: 'warn' })
  const taken = { empty: [] as number[], filled: [] as number[] }
  for (let round = 0; round <= Math.max(5, rounds); round++) {
    for (const [name, file] of [
      ['empty', join(folder, 'empty.db')],
      ['filled', world.file],
    ] as const) {
      const from = performance.now()
      const started = await begin('src/main.ts', 3960, join(folder, 'start.log'), env(file))
      if (round > 0) taken[name].push(Math.round(performance.now() - from))
      await end(started)
    }
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  return { empty: median(taken.empty), filled: median(taken.filled) }
}

if (import.meta.main) await main()
