// Runs the commands of npm run sdk:check.
import { type ChildProcess, type ExecFileOptions, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'

/** Runs a command. @throws Error with its output */
export async function run(command: string, args: string[], options: ExecFileOptions = {}): Promise<string> {
  const env = { ...process.env, ...TOOLS_ENV, ...options.env }
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      maxBuffer: 64 * 1024 * 1024,
      ...options,
      env,
      encoding: 'utf8',
    })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} failed:\n${stdout}${stderr}`.slice(0, 4000), { cause: error })
  }
}

const TOOLS_ENV = {
  CI: 'true',
  NO_COLOR: '1',
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
}

/** Whether a command can be run and succeeds. */
export const succeeds = (command: string, ...args: string[]) =>
  run(command, args).then(
    () => true,
    () => false,
  )

export interface Server {
  base: string
  /** Ends it. @returns what it has printed since it listened, and its status */
  stop: () => Promise<{ stdout: string; stderr: string; status: number | null }>
}

/** Starts a server, and waits until it prints the address on which it listens. @throws Error if it ends before */
export async function serve(name: string, args: string[], env: object = {}): Promise<Server> {
  const server = spawn(process.execPath, args, {
    env: { ...process.env, ...TOOLS_ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [collect(server.stdout), collect(server.stderr)]
  const base = await Promise.race([
    ...[server.stdout, server.stderr].map(addressIn),
    once(server, 'exit').then(() => undefined),
  ])
  if (!base) throw new Error(`${name} did not start:\n${stdout()}${stderr()}`.slice(0, 4000))
  const stop = async () => {
    await end(server)
    return { stdout: stdout(), stderr: stderr(), status: server.exitCode }
  }
  return { base, stop }
}

/** The first address in a line that says that a server listens. Never settles without one. */
const addressIn = (stream: Readable) =>
  new Promise<string>((resolve) => {
    createInterface({ input: stream }).on('line', (line) => {
      const [, address] = /listen.*?(http:\/\/[\w.]+:\d+)/i.exec(line) ?? []
      if (address) resolve(address)
    })
  })

function collect(stream: Readable): () => string {
  let text = ''
  stream.on('data', (chunk) => {
    text += String(chunk)
  })
  return () => text
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return
  server.kill('SIGINT')
  await once(server, 'exit')
}
