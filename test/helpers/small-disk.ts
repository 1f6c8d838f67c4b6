// File systems of a few kilobytes, for tests of full disks.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const mount = (folder: string, size: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0

const newFolder = () => mkdtempSync(join(tmpdir(), 'sco-tracker-disk-'))

function remove(folder: string): void {
  spawnSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true, force: true })
}

function tryToMount(): boolean {
  const folder = newFolder()
  const mounted = mount(folder, '64k')
  remove(folder)
  return mounted
}

/** Whether this user may mount file systems. */
export const canMount = tryToMount()

/** For the name of a test that needs it. */
export const MOUNT_REASON = canMount ? '' : ' (skipped: only root can mount a small disk)'

/** A folder that is a file system of this size, such as `256k`; gone with the test. */
export function smallDisk(size: string): string {
  const folder = newFolder()
  onTestFinished(() => remove(folder))
  if (!mount(folder, size)) throw new Error('The file system could not be mounted.')
  return folder
}
