// Who asks: wrk where it is installed, since it takes little of the machine that both share; else autocannon.
import { execFile, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import autocannon from 'autocannon'

export interface Asked {
  method?: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: string
}

export interface Load {
  base: string
  clients: number
  /** In seconds. */
  duration: number
  /** Asked one behind the other, and again from the first when all were. */
  requests: Asked[]
}

export interface Heard {
  answers: number
  /** Answers a second. */
  rate: number
  /** Milliseconds within which 99 of 100 answers came. */
  p99: number
}

const run = promisify(execFile)

export const CLIENT = spawnSync('wrk', ['-v']).error ? 'autocannon' : 'wrk'

/** @param folder for files that a client needs. @throws when an answer is an error */
export const ask = (load: Load, folder: string): Promise<Heard> =>
  CLIENT === 'wrk' ? byWrk(load, folder) : byAutocannon(load)

let scripts = 0

async function byWrk({ base, clients, duration, requests }: Load, folder: string): Promise<Heard> {
  const name = join(folder, `wrk-${++scripts}`)
  const { host } = new URL(base)
  // Requests as they are sent, each behind its length.
  const texts = requests.map(({ method = 'GET', path, headers = {}, body = '' }) => {
    const all = { host, ...headers, ...(method === 'POST' && { 'content-length': Buffer.byteLength(body) }) }
    const lines = Object.entries(all).map(([key, value]) => `${key}: ${value}\r\n`)
    return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
  })
  writeFileSync(name, texts.map((text) => `${Buffer.byteLength(text)}\n${text}`).join(''))
  writeFileSync(`${name}.lua`, SCRIPT)
  // An answer that takes seconds, of a file that is not in memory, is slow and no failure.
  const args = ['-t1', `-c${clients}`, `-d${duration}s`, '-T30s', '-s', `${name}.lua`, `${base}/`, '--', name]
  // Left behind, thousands of them would take the memory that the databases are to be in.
  const { stdout } = await run('wrk', args, { maxBuffer: 1e8 }).finally(() => {
    for (const file of [name, `${name}.lua`]) rmSync(file)
  })
  const found = /^heard (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout)
  if (!found) throw new Error(`wrk said: ${stdout}`)
  const [answers = 0, failed = 0, microseconds = 1, p99 = 0] = found.slice(1).map(Number)
  if (failed > 0) throw new Error(`${failed} requests failed, such as ${requests[0]?.path}`)
  return { answers, rate: (answers * 1e6) / microseconds, p99: p99 / 1000 }
}

const SCRIPT = `
local requests = {}
local at = 0
function init(args)
  local file = io.open(args[1], 'rb')
  while true do
    local length = file:read('*n')
    if not length then break end
    file:read(1)
    requests[#requests + 1] = file:read(length)
  end
  file:close()
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('heard %d %d %d %d', summary.requests, e.connect + e.read + e.write + e.timeout + e.status, summary.duration, latency:percentile(99)))
end
`

async function byAutocannon({ base, clients, duration, requests }: Load): Promise<Heard> {
  const share = Math.ceil(requests.length / clients)
  let client = 0
  const result = await autocannon({
    url: base,
    connections: clients,
    duration,
    setupClient: (one) => {
      const from = requests.length === 1 ? 0 : share * client++
      one.setRequests(requests.slice(from, from + share))
    },
  })
  const failed = result.errors + result.timeouts + result['4xx'] + result['5xx']
  if (failed > 0) throw new Error(`${failed} requests failed, such as ${requests[0]?.path}`)
  const answers = result.requests.total
  return { answers, rate: answers / result.duration, p99: result.latency.p99 }
}
