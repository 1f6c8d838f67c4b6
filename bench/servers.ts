// Starts the measured servers as processes, and reads their CPU time and memory.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'

export interface Server {
  base: string
  child: ChildProcess
  /** Milliseconds from the start of the process to its first response. */
  startMs: number
}

const START_TIMEOUT_MS = 60_000

const scripts = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).scripts as {
  start: string
  keys: string
}

/** The arguments for Node in an npm script such as `node --flag src/main.ts`. */
const argumentsOf = (script: string) => script.split(' ').slice(1)

export function startService(databaseUrl: string, port: number, logFile: string): Promise<Server> {
  return start(argumentsOf(scripts.start), port, logFile, {
    DATABASE_URL: databaseUrl,
    SEED: 'none',
    LOG_LEVEL: 'info',
  })
}

export function startBaseline(files: Record<string, string>, port: number, logFile: string): Promise<Server> {
  return start(['bench/baseline.ts'], port, logFile, files)
}

/** Creates a key with the right to write. The service must have been started once on this database. */
export function createKey(databaseUrl: string): string {
  const create = ['create', '--name', 'bench', '--role', 'analyst']
  return execFileSync(process.execPath, [...argumentsOf(scripts.keys), ...create], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  }).trim()
}

async function start(args: string[], port: number, logFile: string, env: object): Promise<Server> {
  const log = openSync(logFile, 'a')
  const begin = performance.now()
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const base = `http://127.0.0.1:${port}`
  while (child.exitCode === null && performance.now() - begin < START_TIMEOUT_MS) {
    const ready = await fetch(`${base}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return { base, child, startMs: Math.round(performance.now() - begin) }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  child.kill()
  throw new Error(`${args.at(-1)} did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
}

export async function stop({ child }: Server): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill()
  await exit
}

const procFile = ({ child }: Server, name: string) => {
  const file = `/proc/${child.pid}/${name}`
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** Seconds of CPU time used by a server, including all threads; NaN without /proc. */
export function cpuSeconds(server: Server): number {
  const fields = procFile(server, 'stat')?.split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The peak memory of a server in MB, including mapped files; NaN without /proc. */
export function peakMemory(server: Server): number {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(procFile(server, 'status') ?? '')?.[1]) / 1024)
}
