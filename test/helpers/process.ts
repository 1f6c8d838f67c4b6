// Runs the service as a process of its own, for what only a process shows: signals, its log, its end.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { inject, onTestFinished } from 'vitest'
import { temporaryFile } from './database.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Later than any end but that of a process that hangs, and earlier than the timeout of an idle connection. */
const HANGS_MS = 60_000

interface Options {
  env?: Record<string, string>
  /** Where standard output goes; by default it is collected. 'stalled' is a pipe that is not read. */
  stdout?: 'stalled' | number
  /** The command; by default the service alone. */
  command?: string[]
  /** The database file; by default a seeded one. */
  file?: string
}

export interface ServiceProcess {
  child: ChildProcess
  file: string
  port: number
  url: string
  output: { stdout: string; stderr: string }
  /** Its exit code; an error if it does not end. */
  ended: () => Promise<number | null>
}

/** A file with the seed and the keys of tests. */
export function seededFile(): string {
  const file = temporaryFile()
  copyFileSync(inject('sqlite').seeded, file)
  return file
}

/** Overwrites the first page of a table. */
export function damage(file: string, table: string): void {
  const database = new Database(file, { readonly: true })
  const page = database.prepare('select rootpage from sqlite_schema where name = ?').pluck().get(table)
  const bytes = database.pragma('page_size', { simple: true }) as number
  database.close()
  const fd = openSync(file, 'r+')
  writeSync(fd, Buffer.alloc(bytes, 0xff), 0, bytes, (Number(page) - 1) * bytes)
  closeSync(fd)
}

/** Starts the service; resolves when it listens, or has ended. */
export async function startProcess(options: Options = {}): Promise<ServiceProcess> {
  const { file = seededFile(), env = {}, stdout } = options
  const node = join(ROOT, 'node_modules/.bin/node')
  const [command = '', ...args] = options.command ?? [node, 'src/main.js', 'start']
  const child = spawn(command, args, {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DATABASE_URL: `file:${file}`,
      PORT: '0',
      SEED: 'none',
      ...env,
    },
    stdio: ['ignore', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
  } satisfies SpawnOptions)
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  if (stdout === undefined)
    child.stdout?.on('data', (chunk) => {
      output.stdout += chunk
    })
  const closed = new Promise<number | null>((resolve) =>
    child.on(stdout === 'stalled' ? 'exit' : 'close', resolve),
  )
  const port = await new Promise<number>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      output.stderr += chunk
      const listening = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output.stderr)
      if (listening) resolve(Number(listening[1]))
    })
    closed.then(() => resolve(0))
  })
  const ended = () => {
    const hangs = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('The process does not end.')), HANGS_MS).unref()
    })
    return Promise.race([closed, hangs])
  }
  return { child, file, port, url: `http://127.0.0.1:${port}`, output, ended }
}
