// npm run bench:engines [-- postgres://…/SERVER_DATABASE]: how many reads and writes a second each engine answers, in
// processes of the service that are asked without a network. On PostgreSQL a database is made for it and dropped again.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { buildApp } from '../src/app.ts'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'

const RECORDS = 5000
const SECONDS = 3
const WORDS = ['security', 'transport', 'energy', 'culture', 'education', 'drones', 'borders', 'trade']

/** One kind of request, over and over. */
type Load = 'record' | 'list' | 'search' | 'write'

interface Order {
  url: string
  key: string
  load: Load
  clients: number
}

async function compare(server: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-bench-'))
  await measure(`file:${join(folder, 'bench.db')}`, [1])
  rmSync(folder, { recursive: true, force: true })

  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  const name = `sco_bench_${process.pid}`
  await admin.query(`create database ${name} template template0`)
  const url = new URL(server)
  url.pathname = `/${name}`
  try {
    await measure(url.href, [1, 2])
  } finally {
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  }
}

async function measure(url: string, instances: number[]): Promise<void> {
  const engine = await openEngine(url)
  await engine.migrate()
  const records = recordsOn(engine)
  const proposals = catalogue.resource('proposal')
  const begun = performance.now()
  await records.write({ actor: { id: 'bench', name: 'bench' }, requestId: null }, async (tx) => {
    for (let n = 0; n < RECORDS; n++) await records.create(tx, proposals, proposals.create.parse(proposal(n)))
  })
  const filled = (performance.now() - begun) / 1000
  const { token } = await createKey(engine, {
    name: 'bench',
    role: 'admin',
    expiresAt: null,
    now: new Date(),
  })
  await engine.close()
  say(url, 'in one write', 1, 1, RECORDS / filled)
  for (const load of ['record', 'list', 'search', 'write'] as const) {
    for (const count of instances) {
      for (const clients of load === 'write' ? [1, 16, 64] : [16]) {
        const rates = await Promise.all(
          Array.from({ length: count }, () => ordered({ url, key: token, load, clients })),
        )
        say(
          url,
          load,
          count,
          clients,
          rates.reduce((sum, rate) => sum + rate, 0),
        )
      }
    }
  }
}

const say = (url: string, what: string, instances: number, clients: number, rate: number) =>
  console.log(
    [
      url.startsWith('file:') ? 'sqlite' : 'postgres',
      what,
      `${instances} instance${instances > 1 ? 's' : ''}`,
      `${clients} at once in each`,
      `${Math.round(rate).toLocaleString('en')}/s`,
    ].join('\t'),
  )

const proposal = (n: number) => ({
  title: `Proposal ${n} on ${WORDS[n % WORDS.length]}`,
  summary: `What is proposed in number ${n}: to cooperate in ${WORDS[(n * 7) % WORDS.length]} and to report on it.`,
  proposedOn: `${2002 + (n % 24)}-0${1 + (n % 9)}-1${n % 9}`,
})

/** Has a process of its own do it. @returns requests a second */
async function ordered(order: Order): Promise<number> {
  const child = fork(new URL(import.meta.url), [JSON.stringify(order)])
  const [rate] = await once(child, 'message')
  await once(child, 'exit')
  return rate as number
}

async function work({ url, key, load, clients }: Order): Promise<void> {
  const engine = await openEngine(url)
  const app = await buildApp({ engine })
  await app.ready()
  const page = (await app.inject('/v1/proposals?limit=100')).json() as { data: { id: string }[] }
  const headers = { authorization: `Bearer ${key}` }
  const ask = (n: number) => {
    if (load === 'write')
      return app.inject({ method: 'POST', url: '/v1/proposals', payload: proposal(n), headers })
    if (load === 'record') return app.inject(`/v1/proposals/${page.data[n % 100]?.id}`)
    if (load === 'list') return app.inject(`/v1/proposals?limit=25&sort=-proposedOn&status=proposed`)
    return app.inject(`/v1/search?q=${WORDS[n % WORDS.length]}%20cooperate&limit=25`)
  }
  let n = 0
  for (; n < 50; n++) await ask(n)
  let answered = 0
  const begun = performance.now()
  const end = begun + SECONDS * 1000
  const client = async () => {
    while (performance.now() < end) {
      const { statusCode, body } = await ask(n++)
      if (statusCode >= 400) throw new Error(body)
      answered++
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const rate = answered / ((performance.now() - begun) / 1000)
  await app.close()
  await engine.close()
  process.send?.(rate)
  process.disconnect?.()
}

if (process.send) await work(JSON.parse(process.argv[2] ?? '') as Order)
else await compare(process.argv[2] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
