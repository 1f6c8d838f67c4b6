// Several processes behind one port (WORKERS): whoever asks cannot tell which of them answers.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { freshDatabase } from './helpers/database.ts'

interface Fleet {
  child: ChildProcess
  base: string
  /** The database. */
  url: string
  key: string
  /** What was written to standard output. */
  log: () => string
}

async function fleet(settings: Record<string, string> = {}): Promise<Fleet> {
  const { url, remove } = await freshDatabase('seeded')
  const engine = await openEngine(url)
  const now = new Date()
  const { token: key } = await createKey(engine, { name: 'test', role: 'analyst', expiresAt: null, now })
  await engine.close()
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { ...process.env, DATABASE_URL: url, PORT: '0', WORKERS: '2', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stdout?.on('data', (chunk) => {
    log += chunk
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    await remove()
  })
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    const base = /listens on (\S+?),?(\s|$)/.exec(line)?.[1]
    if (base) return { child, base, url, key, log: () => log }
  }
  throw new Error(`The service did not start: ${log}`)
}

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  text: string
}

interface Asking {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  agent?: Agent | undefined
}

/** Asks over a connection of its own, unless there is an agent: connections go to the workers in turn. */
async function ask(url: string, { method = 'GET', headers = {}, body, agent }: Asking = {}): Promise<Answer> {
  const own = agent
    ? { agent, headers }
    : { agent: new Agent(), headers: { ...headers, connection: 'close' } }
  const sent = request(url, { method, ...own })
  sent.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

const post = ({ base, key }: Fleet, path: string, body: unknown, agent?: Agent) =>
  ask(base + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
    agent,
  })

/** The processes that wrote lines of requests into a log. @param what only such lines */
const processesIn = (log: string, what = 'request completed') =>
  new Set(
    log
      .split('\n')
      .filter((line) => line.includes(what))
      .map((line) => JSON.parse(line).pid),
  )

test('a write through one worker is seen at once through every other, also where an answer was kept', async () => {
  const f = await fleet()
  const { headers } = await post(f, '/v1/speakers', { name: 'Number 0' })
  const path = String(headers.location)
  for (let number = 1; number <= 20; number++) {
    const changed = await ask(f.base + path, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${f.key}`, 'content-type': 'application/json', 'if-match': '*' },
      body: { name: `Number ${number}` },
    })
    expect(changed.status).toBe(200)
    // Often enough for each worker to have kept it, and to have sent what it kept.
    for (let time = 0; time < 8; time++)
      expect(JSON.parse((await ask(f.base + path)).text).name).toBe(`Number ${number}`)
  }
  f.child.kill('SIGTERM')
  await once(f.child, 'exit')
  expect(processesIn(f.log()).size).toBe(2)
}, 60_000)

test('a live feed at one worker hears of what another commits within a moment', async () => {
  const f = await fleet()
  const heard: { name: string; at: number }[] = []
  const streams = await Promise.all(
    [1, 2].map(async () => {
      const live = request(`${f.base}/v1/changes?after=0`, {
        agent: new Agent(),
        headers: { accept: 'text/event-stream' },
      })
      live.end()
      const [response] = (await once(live, 'response')) as [IncomingMessage]
      response.on('error', () => {})
      response.on('data', (chunk) => {
        for (const [, name] of String(chunk).matchAll(/"name":"(Heard \d+)"/g))
          heard.push({ name: name ?? '', at: performance.now() })
      })
      return live
    }),
  )
  onTestFinished(() => {
    for (const live of streams) live.destroy()
  })
  let waited = 0
  for (let number = 0; number < 6; number++) {
    await post(f, '/v1/speakers', { name: `Heard ${number}` })
    const told = performance.now()
    await expect
      .poll(() => heard.filter(({ name }) => name === `Heard ${number}`).length, {
        timeout: 5000,
        interval: 10,
      })
      .toBe(2)
    waited += Math.max(0, Math.max(...heard.map(({ at }) => at)) - told)
  }
  // Without a word from the other, one of them would look again two thirds of a second later in the middle.
  expect(waited).toBeLessThan(2400)
}, 60_000)

test('a limit counts the requests at all workers together', async () => {
  const f = await fleet({ RATE_LIMIT_MAX: '10' })
  const statuses: number[] = []
  for (let number = 0; number < 14; number++) statuses.push((await ask(`${f.base}/v1/states?limit=1`)).status)
  expect(statuses).toEqual([...Array(10).fill(200), ...Array(4).fill(429)])
}, 60_000)

test('metrics are those of all workers, whichever answers', async () => {
  const f = await fleet()
  for (let number = 0; number < 10; number++) await ask(`${f.base}/v1/states`)
  for (let time = 0; time < 2; time++) {
    const { text } = await ask(`${f.base}/metrics`)
    const counted =
      /^http_request_duration_seconds_count\{[^}]*route="\/v1\/states",status="200"[^}]*\} (\d+)$/m.exec(text)
    expect(counted?.[1]).toBe('10')
  }
}, 60_000)

test('a worker that dies is started again; the others answer meanwhile', async () => {
  const f = await fleet()
  for (let number = 0; number < 4; number++) await ask(`${f.base}/v1/states?limit=${number + 1}`)
  await expect.poll(() => processesIn(f.log()).size, { timeout: 5000 }).toBe(2)
  const [victim] = processesIn(f.log())
  process.kill(Number(victim), 'SIGKILL')
  await expect.poll(() => f.log(), { timeout: 5000 }).toContain('a worker ended')
  for (let number = 0; number < 5; number++) expect((await ask(`${f.base}/v1/states`)).status).toBe(200)
  const before = processesIn(f.log()).size
  await expect
    .poll(
      async () => {
        await ask(`${f.base}/v1/states`)
        return processesIn(f.log()).size
      },
      { timeout: 15_000 },
    )
    .toBe(before + 1)
}, 60_000)

test('a worker that dies while another writes takes nobody along', async () => {
  for (const turn of [0, 1]) {
    const f = await fleet()
    // Connections go to the workers in turn; each of these stays with its own.
    const agents = [0, 1].map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
    onTestFinished(() => {
      for (const agent of agents) agent.destroy()
    })
    for (const [index, agent] of agents.entries())
      await ask(`${f.base}/v1/states`, { agent, headers: { 'x-request-id': `worker-${index}` } })
    const pidOf = (index: number) => [...processesIn(f.log(), `"reqId":"worker-${index}"`)][0]
    await expect.poll(() => [pidOf(0), pidOf(1)], { timeout: 5000 }).not.toContain(undefined)
    expect(pidOf(0)).not.toBe(pidOf(1))
    // The first process hears of the writes and of the death in one moment.
    f.child.kill('SIGSTOP')
    process.kill(Number(pidOf(turn)), 'SIGKILL')
    for (let number = 0; number < 5; number++)
      expect((await post(f, '/v1/speakers', { name: `Number ${number}` }, agents[1 - turn])).status).toBe(201)
    f.child.kill('SIGCONT')
    await expect.poll(() => f.log(), { timeout: 5000 }).toContain('a worker ended')
    for (let number = 0; number < 5; number++) expect((await ask(`${f.base}/v1/states`)).status).toBe(200)
    expect([f.child.exitCode, f.child.signalCode]).toEqual([null, null])
  }
}, 60_000)

test('all end with the first, when it is told to or dies', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const f = await fleet()
    for (let number = 0; number < 4; number++) await ask(`${f.base}/v1/states?limit=${number + 1}`)
    await expect.poll(() => processesIn(f.log()).size, { timeout: 5000 }).toBe(2)
    f.child.kill(signal)
    await once(f.child, 'exit')
    const alive = (pid: unknown) => {
      try {
        return process.kill(Number(pid), 0)
      } catch {
        return false
      }
    }
    await expect.poll(() => [...processesIn(f.log())].filter(alive), { timeout: 5000 }).toEqual([])
    await expect(ask(f.base)).rejects.toThrow()
  }
}, 60_000)

test('where they cannot start, the service ends with what the machine says', async () => {
  const f = await fleet()
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { ...process.env, DATABASE_URL: f.url, PORT: new URL(f.base).port, WORKERS: '2' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let told = ''
  child.stderr?.on('data', (chunk) => {
    told += chunk
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(1)
  expect(told).toMatch(/^The service cannot start: .*EADDRINUSE/m)
  expect(told).not.toMatch(/^ +at /m)
  expect((await ask(`${f.base}/v1/states`)).status).toBe(200)
}, 60_000)
