// What benches ask of the processes that they start: are they up, how much memory and how much of the CPU they took (Linux).
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

export interface Started {
  base: string
  child: ChildProcess
}

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  scripts: { start: string }
}

/** The service, as `npm start` starts it: what Node is told, and the script. */
export const SERVICE: readonly string[] = scripts.start.split(' ').slice(1)

/**
 * Starts a script that listens on `PORT`; its output goes to a file.
 * @param script behind what Node is told, such as `SERVICE`
 */
export async function begin(
  script: readonly string[],
  port: number,
  log: string,
  env: Record<string, string>,
): Promise<Started> {
  const output = openSync(log, 'a')
  const child = spawn(process.execPath, script, {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const base = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < 2000 && child.exitCode === null; attempt++) {
    const up = await fetch(`${base}/readyz`).then(
      async (response) => (await response.text()) !== '' && response.ok,
      () => false,
    )
    if (up) return { base, child }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  child.kill('SIGTERM')
  throw new Error(`${script.at(-1)} did not start: ${readFileSync(log, 'utf8').slice(-2000)}`)
}

export async function end({ child }: Started): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
}

const statusLine = ({ child }: Started, name: string) =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024

/** Memory in MB: its own now, and the most there ever was with what is mapped of files. */
export const memory = (of: Started) => statusLine(of, 'RssAnon')
export const peakMemory = (of: Started) => statusLine(of, 'VmHWM')

/** Seconds of CPU that a process and its workers have taken, all of their threads together. */
export function cpuSeconds({ child }: Started): number {
  const workers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
  const ticks = [child.pid, ...workers].map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((all, some) => all + some, 0) / 100
}
