// The temporary files of imports, and the removal of those that a killed process left behind.
import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = /^sco-tracker-import-(\d+)-/
const DAY_MS = 86_400_000

/** A path for a file or folder of this process. */
export const temporaryPath = () => join(tmpdir(), `sco-tracker-import-${process.pid}-${randomUUID()}`)

/** Removes the files of processes that have ended, and whatever is older than a day. */
export async function removeLeftovers(): Promise<void> {
  const folder = tmpdir()
  for (const name of await readdir(folder)) {
    const pid = NAME.exec(name)?.[1]
    if (pid === undefined) continue
    const path = join(folder, name)
    // Another process may remove it at the same time, and other users' files stay.
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > DAY_MS || !isRunning(Number(pid)))
      await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

/** Whether a process of this machine is running. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
