// npm run bench [-- --rows 10000,1000000 --rounds 5 --seconds 2 --data FOLDER --only WORK,… --soak SECONDS --engine postgres
// --server postgres://…/DATABASE]: how fast the service answers, as ratios to two limits that are measured in the same sitting
// (bench/hand.ts): a bare Fastify that sends a constant, and handlers written by hand that send the same bytes. Everything of
// the service is on: keys, problems, ETags, request ids, metrics, and a log at `info` that goes to a file.
//
// One kind of work after the other is asked of every server in turn, and that several times over, of other processes each time;
// what counts are ratios of the better quartiles: the machine is never quiet. Each figure is given twice, in requests a
// second and in CPU time of the server for each request. The second does not hang on what else runs on the machine, nor on the
// client.
import { execFileSync } from 'node:child_process'
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
import pg from 'pg'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { cursorSecret } from '../src/db/settings.ts'
import { type Asked, ask, CLIENT } from './client.ts'
import { fill, idOf, PER_SPEAKER, PER_WORD, wordOf } from './data.ts'
import { makePlainTables } from './hand.ts'
import { begin, cpuSeconds, end, memory, peakMemory, SERVICE, type Started } from './process.ts'
import { median, quantile } from './quantiles.ts'
import { lines, writeDocs } from './report.ts'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    data: { type: 'string' },
    only: { type: 'string' },
    soak: { type: 'string', default: '0' },
    engine: { type: 'string', default: 'sqlite' },
    /** Where a database is made for the bench, and dropped again. */
    server: { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/postgres' },
    /** Does not write down what it finds. */
    dry: { type: 'boolean', default: false },
  },
})
const sizes = options.rows.split(',').map(Number)
const rounds = Number(options.rounds)
const seconds = Number(options.seconds)
const only = options.only?.split(',')
const CLIENTS = 32
/** `rows` with what the service has on. */
const ALL_ON = 'rows, all on'
/**
 * A server is warm when it gave so many answers of a kind, since V8 compiles what runs often, and when it gives the next ones no
 * faster than the last: of a large file it has to have in memory first what it is asked for. Or when it was asked often enough.
 */
const WARM_ANSWERS = 20_000
const WARM_AS_LAST = 0.95
const WARM_SECONDS = 2
const WARM_MOST = 10
const RESULTS = new URL('results.json', import.meta.url).pathname
const UNFINISHED = new URL('unfinished.json', import.meta.url).pathname

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
  client: string
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

type Servers = Pick<World, 'service' | 'hand' | 'allOn'>

interface World {
  /** As the results name it. */
  name: string
  rows: number
  /** Started anew in every round: of one build, one process is slower than the next. */
  service: Started
  hand: Started
  /** The same by hand, with a log, ETags and the rest. */
  allOn: Started
  start: () => Promise<Servers>
  /** Of the processes of earlier rounds, in MB. */
  peakMemory: number
  key: string
  /** The database of the service, and the file of the limits. */
  url: string
  file: string
  folder: string
  /** Ends what is to be ended when the service and the limits have. */
  remove: () => Promise<unknown>
}

/** A kind of work: the requests of each server, which differ with every number where they are not to repeat. */
interface Work {
  name: string
  on: Record<string, (world: World, number: number) => Asked>
  clients?: number
  /** One request, repeated. */
  same?: boolean
  writes?: boolean
  /** What has to be done first. */
  before?: (world: World) => Promise<void>
  /** Work that is compared with other work is asked for in turns with it. */
  turns?: string
}

/** Every day from 2003 to 2025, as far as all months have it. */
const DAYS = 23 * 12 * 28
const day = (number: number, from = 2003) =>
  `${from + (Math.floor(number / 336) % 23)}-${String(1 + (Math.floor(number / 28) % 12)).padStart(2, '0')}-${String(1 + (number % 28)).padStart(2, '0')}`
/** The same text in other spellings of a URL: of as many letters as the number has bits, some are percent-encoded. */
const spelled = (text: string, number: number) =>
  [...text]
    .map((letter, place) => ((number >> place) & 1 ? `%${letter.charCodeAt(0).toString(16)}` : letter))
    .join('')
/**
 * From one day to the next that is asked for, as a number that shares no factor with that of all days. Pages that begin on
 * neighbouring days hold the same rows on a small database and others on a large one, which is not the growth that is meant.
 */
const LEAP = 199
const STATUSES = ['proposed', 'under-consideration', 'adopted', 'rejected', 'deferred']

const urls = {
  g1: ({ rows }: World, number: number) =>
    `/v1/proposals/${spelled(idOf((number * 7919) % rows), Math.floor(number / rows))}`,
  g2: (_: World, number: number) =>
    `/v1/proposals?status=${STATUSES[number % 5]}&proposedTo=${spelled(day(number * LEAP), Math.floor(number / DAYS))}&limit=50`,
  g3: ({ rows }: World, number: number) =>
    `/v1/proposals?speaker=${idOf(number % Math.ceil(rows / PER_SPEAKER), 'spk')}&include=meeting&proposedTo=${spelled(day(number % 28, 2025), Math.floor(number / 28))}&limit=50`,
  g5: ({ rows }: World, number: number) =>
    `/v1/proposals?q=${wordOf(number, rows)}&proposedFrom=${spelled(day(number, 1950), Math.floor(number / DAYS))}&limit=20`,
  page1: (world: World, number: number) => {
    const [{ day }, turn] = placeOf(world, number)
    return `/v1/proposals?${spelled('proposedTo', turn)}=${spelled(day, turn >> 10)}&limit=50`
  },
  g4: (world: World, number: number) => {
    const [{ cursor }, turn] = placeOf(world, number)
    return `/v1/proposals?cursor=${spelled(cursor, turn)}&limit=50`
  },
}

const asService = (url: (world: World, number: number) => string) => (world: World, number: number) => ({
  path: url(world, number),
})
const asHand =
  (form: 'rows' | 'docs', url: (world: World, number: number) => string) =>
  (world: World, number: number) => ({ path: `/${form}${url(world, number)}` })

/** Deep in the list of all: a page may begin there by its cursor, or as page one of what was proposed until that day. */
interface Place {
  cursor: string
  day: string
}

const places = new Map<string, Place[]>()
const tags = new Map<string, string>()

const works: Work[] = [
  ...(['g1', 'g2', 'g3', 'g5'] as const).flatMap((name): Work[] => [
    {
      name: `${name} again`,
      on: {
        service: (world) => ({ path: urls[name](world, 5) }),
        constant: () => ({ path: `/constant/${name}` }),
      },
      same: true,
    },
    {
      name: `${name} new`,
      on: {
        service: asService(urls[name]),
        rows: asHand('rows', urls[name]),
        docs: asHand('docs', urls[name]),
        [ALL_ON]: asHand('rows', urls[name]),
      },
    },
  ]),
  ...(['g1', 'g2'] as const).map(
    (name): Work => ({
      name: `${name} 304`,
      on: {
        service: (world) => ({
          path: urls[name](world, 5),
          headers: { 'if-none-match': tags.get(`${world.name} ${name}`) ?? '' },
        }),
        constant: () => ({ path: `/constant/${name}` }),
      },
      same: true,
    }),
  ),
  { name: 'page one there', on: { service: asService(urls.page1) }, before: walkDown, turns: 'depth' },
  { name: 'g4 deep', on: { service: asService(urls.g4) }, before: walkDown, turns: 'depth' },
  {
    name: 'search rare',
    on: {
      service: asService(
        ({ rows }, number) =>
          `/v1/search?q=${spelled(wordOf(number, rows), Math.floor((number * PER_WORD) / rows))}&limit=${PER_WORD}`,
      ),
    },
  },
  ...['search', 'proposals'].map(
    (path): Work => ({
      name: `${path} common`,
      on: {
        service: asService(
          (_, number) =>
            `/v1/${path}?q=${spelled('common', number)}${'%20'.repeat(1 + (Math.floor(number / 64) % 80))}&limit=20`,
        ),
      },
      clients: 4,
    }),
  ),
  {
    name: 'count=exact',
    on: { service: asService((world, number) => `${urls.g2(world, number)}&count=exact`) },
    clients: 4,
  },
  ...['status', 'topic&status=adopted'].map(
    (by): Work => ({
      name: `stats by ${by.replace('&status=', ', ')}`,
      on: {
        service: asService(
          (_, number) =>
            `/v1/stats/proposals?by=${by}&proposedFrom=${spelled(day(number % 336, 1900), Math.floor(number / 336))}`,
        ),
      },
      clients: 4,
    }),
  ),
  ...[1, CLIENTS].map(
    (clients): Work => ({
      name: `w1 by ${clients}`,
      on: {
        service: post,
        rows: (world, number) => ({ ...post(world, number), path: '/rows/v1/proposals' }),
      },
      clients,
      writes: true,
      turns: 'writes',
    }),
  ),
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
      worlds.push(await worldOf(folder, data, rows, 3970 + 3 * index))
    const found: Record<string, Size> = {}
    const kept = !options.dry && !only
    // A sitting that is broken off is not lost: what it found until then stays in this file.
    const keep = (world: World, more: Partial<Size>) => {
      const { name } = world
      const of = { at: sitting.slice(0, 10), sitting, rounds, seconds, client: CLIENT, peakMemory: 0 }
      found[name] = { ...of, figures: {}, ...found[name], ...more }
      if (kept) writeFileSync(UNFINISHED, JSON.stringify(found, null, 2))
    }
    await measureAll(worlds, (world, figures) => keep(world, { figures }))
    for (const world of worlds) {
      const add = (figures: Figures) =>
        keep(world, { figures: { ...found[world.name]?.figures, ...figures } })
      keep(world, { peakMemory: Math.round(Math.max(world.peakMemory, peakMemory(world.service))) })
      if (!only || only.includes('w1')) add(await whileWriting(world))
      if (!only || only.includes('workers')) add(await workers(world))
      if (Number(options.soak) > 0 && world === worlds.at(-1))
        keep(world, { soak: await soak(world, Number(options.soak)) })
      if (!only || only.includes('start')) keep(world, { start: await starts(world) })
    }
    const known: Partial<Results> = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {}
    const results: Results = {
      machine: `${cpus().length} cores, Node ${process.versions.node}`,
      sizes: { ...known.sizes, ...found },
    }
    console.log(lines({ ...results, sizes: found }))
    if (kept) {
      writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
      writeDocs(results)
      rmSync(UNFINISHED, { force: true })
    }
  } finally {
    for (const world of worlds) await endAll(world)
    for (const { remove } of worlds) await remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

const endAll = ({ service, hand, allOn }: Servers) => Promise.all([service, hand, allOn].map(end))

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
  const { url, remove } = options.engine === 'postgres' ? await onPostgres(file, rows) : onSqlite(file)
  const engine = await openEngine(url)
  await engine.migrate()
  const now = new Date()
  const { token: key } = await createKey(engine, { name: 'bench', role: 'analyst', expiresAt: null, now })
  await engine.close()
  const log = (name: string) => join(folder, `${name}-${rows}.log`)
  const start = async () => {
    const started: Started[] = []
    const add = async (script: readonly string[], name: string, env: Record<string, string>) => {
      const one = await begin(script, port + started.length, log(name), env)
      started.push(one)
      return one
    }
    try {
      return {
        service: await add(SERVICE, 'service', { DATABASE_URL: url, LOG_LEVEL: 'info' }),
        hand: await add(['bench/hand.ts'], 'hand', { HAND_FILE: file }),
        allOn: await add(['bench/hand.ts'], 'all-on', { HAND_FILE: file, HAND_ALL_ON: 'yes' }),
      }
    } catch (error) {
      await Promise.all(started.map(end))
      throw error
    }
  }
  const name = options.engine === 'postgres' ? `${rows} on PostgreSQL` : `${rows}`
  try {
    return { name, rows, ...(await start()), start, peakMemory: 0, key, url, file, folder, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

const onSqlite = (file: string) => ({ url: `file:${file}`, remove: async () => {} })

/** The same data in a database of its own. */
async function onPostgres(file: string, rows: number) {
  const source = await openEngine(`file:${file}`)
  await source.migrate()
  // Made at the first start of a service, and needed by the limits too.
  await cursorSecret(source)
  await source.close()
  const name = `sco_bench_${process.pid}_${rows}`
  const server = new pg.Client({ connectionString: options.server })
  await server.connect()
  await server.query(`create database ${name}`)
  const url = Object.assign(new URL(options.server), { pathname: `/${name}` }).href
  console.error('Copying to PostgreSQL …')
  execFileSync(process.execPath, ['src/cli/migrate-engine.ts', '--from', `file:${file}`, '--to', url], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const remove = async () => {
    await server.query(`drop database ${name} with (force)`)
    await server.end()
  }
  return { url, remove }
}

/** What the works need to know first; and what is sent by hand is held to what the service sends. */
async function prepare(world: World): Promise<void> {
  const { service, hand, allOn } = world
  for (const name of ['g1', 'g2', 'g3', 'g5'] as const) {
    const answer = await fetch(service.base + urls[name](world, 5))
    if (!answer.ok) throw new Error(`${answer.url}: ${await answer.text()}`)
    tags.set(`${world.name} ${name}`, answer.headers.get('etag') ?? '')
    await fetch(`${hand.base}/constant/${name}`, { method: 'PUT', body: await answer.text() })
    for (const number of [5, 11, 402, 7900, 12_345]) {
      const url = urls[name](world, number)
      const bases = [service.base, `${hand.base}/rows`, `${hand.base}/docs`, `${allOn.base}/rows`]
      const [ours, ...theirs] = await Promise.all(bases.map(async (base) => (await fetch(base + url)).text()))
      if (theirs.some((text) => text !== ours)) throw new Error(`Not byte for byte the same: ${url}`)
    }
  }
}

/** Finds places around row 50,000, once: nothing is written until their cursors are asked for. */
async function walkDown({ name, rows, service }: World): Promise<void> {
  if (places.has(name)) return
  const depth = Math.min(50_000, rows / 2)
  const known: Place[] = []
  let url = `/v1/proposals?limit=200`
  for (let row = 0; row < depth + 8000 && url; row += 200) {
    const { data, page } = (await (await fetch(service.base + url)).json()) as {
      data: { proposedOn: string }[]
      page: { nextCursor: string | null }
    }
    const day = data.at(-1)?.proposedOn
    if (page.nextCursor === null || day === undefined) break
    if (row >= depth - 8000) known.push({ cursor: page.nextCursor, day })
    url = `/v1/proposals?limit=200&cursor=${page.nextCursor}`
  }
  places.set(name, known)
}

/** @returns one of the places, and how often they came round */
function placeOf({ name }: World, number: number) {
  const known = places.get(name) ?? []
  const place = known[number % known.length]
  if (!place) throw new Error('Nobody walked down the list yet.')
  return [place, Math.floor(number / known.length)] as const
}

/** @param keep is told after every round what was found of a world until then */
async function measureAll(worlds: World[], keep: (world: World, figures: Figures) => void): Promise<void> {
  const found = new Map<World, Record<string, Record<string, Figure[]>>>()
  const chosen = works.filter(({ name }) => !only || only.some((word) => name.startsWith(word)))
  // What writes comes when all else is done: the limits know of nothing that was written.
  const stages = [false, true].map((writes) => chosen.filter((work) => Boolean(work.writes) === writes))
  const turns = stages.flatMap((stage) =>
    stage.length > 0 ? Array.from({ length: rounds }, (_, round) => ({ stage, round: round + 1 })) : [],
  )
  for (const [index, { stage, round }] of turns.entries()) {
    const writing = stage === stages[1]
    for (const world of worlds) {
      if (index > 0) {
        world.peakMemory = Math.max(world.peakMemory, peakMemory(world.service))
        await endAll(world)
        Object.assign(world, await world.start())
      }
      if (!writing) await prepare(world)
    }
    // What is compared takes turns of a second, so that what the machine does beside falls on all of it.
    for (const together of Map.groupBy(stage, ({ turns, name }) => turns ?? name).values()) {
      for (const world of worlds) {
        const asked = together.flatMap((work) =>
          Object.entries(work.on).map(([server, request]) => ({ work, server, request })),
        )
        for (const { work, server, request } of asked) {
          await work.before?.(world)
          await warmUp(world, server, work, request)
        }
        for (let second = 0; second < seconds; second++) {
          for (const { work, server, request } of asked) {
            const byWork = found.get(world) ?? {}
            const byServer = byWork[work.name] ?? {}
            const figures = [...(byServer[server] ?? []), await load(world, server, work, request, 1)]
            found.set(world, { ...byWork, [work.name]: { ...byServer, [server]: figures } })
          }
        }
      }
    }
    console.error(`round ${round} of ${rounds}${writing ? ', writing' : ''}`)
    for (const [world, byWork] of found)
      keep(
        world,
        mapped(byWork, (byServer) => mapped(byServer, undisturbed)),
      )
  }
}

const mapped = <From, To>(object: Record<string, From>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))

/** Numbers go on and on, so that what is to be different is so for as long as the bench runs. */
let next = 100_000

/** More different requests than any server here answers in a second. */
const MAX_A_SECOND = 50_000

async function load(
  world: World,
  server: string,
  { clients = CLIENTS, same = false }: Work,
  request: Work['on'][string],
  duration: number,
  of = server === 'service' ? world.service : server === ALL_ON ? world.allOn : world.hand,
): Promise<Figure> {
  const different = same ? 1 : Math.ceil(MAX_A_SECOND * Math.min(duration, 10))
  const from = next
  next += same ? 0 : different
  const requests = Array.from({ length: different }, (_, index) => request(world, from + index))
  const before = cpuSeconds(of)
  const { answers, rate, p99 } = await ask({ base: of.base, clients, duration, requests }, world.folder)
  return { rate, p99, cpu: ((cpuSeconds(of) - before) * 1e6) / answers }
}

async function warmUp(world: World, server: string, work: Work, request: Work['on'][string], of?: Started) {
  let answers = 0
  let last = Infinity
  for (let times = 0; times < WARM_MOST; times++) {
    const { rate, cpu } = await load(world, server, work, request, WARM_SECONDS, of)
    answers += rate * WARM_SECONDS
    if (answers >= WARM_ANSWERS && cpu >= WARM_AS_LAST * last) return
    last = cpu
  }
}

/** What else runs on the machine only ever takes away: what comes nearest to the server alone is the better quarter of its turns. */
function undisturbed(figures: Figure[]): Figure {
  const of = (name: keyof Figure, share: number, digits: number) => {
    const values = figures.map((figure) => figure[name])
    return Number(quantile(values, share).toFixed(digits))
  }
  return { rate: of('rate', 0.75, 1), p99: of('p99', 0.5, 3), cpu: of('cpu', 0.25, 1) }
}

/** New requests, while nobody writes and while as many clients write. */
async function whileWriting(world: World): Promise<Figures> {
  const work: Work = { name: 'g1 while others write', on: {} }
  const alone: Figure[] = []
  const beside: Figure[] = []
  const writers: Figure[] = []
  await warmUp(world, 'service', work, asService(urls.g1))
  for (let second = 0; second < rounds * seconds; second++) {
    alone.push(await load(world, 'service', work, asService(urls.g1), 1))
    const [reads, writes] = await Promise.all([
      load(world, 'service', work, asService(urls.g1), 1),
      load(world, 'service', work, post, 1),
    ])
    beside.push(reads)
    writers.push(writes)
  }
  return {
    [work.name]: { alone: undisturbed(alone), service: undisturbed(beside), writers: undisturbed(writers) },
  }
}

/** The same work of one process and of two, of the service and of the limit. */
async function workers(world: World): Promise<Figures> {
  const two: Started[] = []
  const start = async (script: readonly string[], env: Record<string, string>) => {
    const started = await begin(script, 3965 + two.length, join(world.folder, 'workers.log'), env)
    two.push(started)
    return started
  }
  try {
    const service = await start(SERVICE, { DATABASE_URL: world.url, LOG_LEVEL: 'info', WORKERS: '2' })
    const hand = await start(['bench/hand.ts'], { HAND_FILE: world.file, HAND_WORKERS: '2' })
    const servers = { one: world.service, service, 'rows, one': world.hand, rows: hand }
    const found: Figures = {}
    for (const name of ['g1', 'g2', 'g3', 'g5'] as const) {
      const work: Work = { name: `${name} by two workers`, on: {} }
      const asked = Object.entries(servers).map(([server, of]) => {
        const request = server.startsWith('rows') ? asHand('rows', urls[name]) : asService(urls[name])
        return { server, of, request }
      })
      for (const { server, of, request } of asked) await warmUp(world, server, work, request, of)
      const all: Record<string, Figure[]> = {}
      for (let second = 0; second < rounds * seconds; second++) {
        for (const { server, of, request } of asked)
          all[server] = [...(all[server] ?? []), await load(world, server, work, request, 1, of)]
      }
      found[work.name] = mapped(all, undisturbed)
    }
    return found
  } finally {
    for (const started of two) await end(started)
  }
}

/** Reads, searches and writes at full rate, and the memory of the service every five seconds. */
async function soak(world: World, duration: number) {
  await walkDown(world)
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
async function starts(world: World) {
  await end(world.service)
  const taken = { empty: [] as number[], filled: [] as number[] }
  const urls = { empty: `file:${join(world.folder, 'empty.db')}`, filled: world.url }
  for (let round = 0; round <= Math.max(5, rounds); round++) {
    for (const name of ['empty', 'filled'] as const) {
      const from = performance.now()
      const env = { DATABASE_URL: urls[name], LOG_LEVEL: 'warn' }
      const started = await begin(SERVICE, 3960, join(world.folder, 'start.log'), env)
      if (round > 0) taken[name].push(Math.round(performance.now() - from))
      await end(started)
    }
  }
  return { empty: median(taken.empty), filled: median(taken.filled) }
}

if (import.meta.main) await main()
