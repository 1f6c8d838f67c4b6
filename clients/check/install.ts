// What linters and generators have in common: they live here, with a lock file of their own, and come when they are used.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const read = (name: string) => (existsSync(join(here, name)) ? readFileSync(join(here, name), 'utf8') : '')

/** Installs what the lock file says, unless it is there already. */
export function install(): void {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version?: string }>
  }
  const { packages: there = {} } = JSON.parse(read('node_modules/.package-lock.json') || '{}') as {
    packages?: Record<string, { version?: string }>
  }
  const missing = Object.entries(packages).some(
    ([path, { version, ...rest }]) =>
      path !== '' && !('optional' in rest) && there[path]?.version !== version,
  )
  if (missing) execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: here, stdio: 'inherit' })
}

/** The command of a package that is installed here. */
export const tool = (name: string) => join(here, 'node_modules', '.bin', name)
