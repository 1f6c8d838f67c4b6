// Installs the linters and generators, which have a lock file of their own outside of the main install.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const packagesIn = (file: string) =>
  existsSync(join(here, file))
    ? (
        JSON.parse(readFileSync(join(here, file), 'utf8')) as {
          packages: Record<string, { version?: string }>
        }
      ).packages
    : {}

/** Installs the versions of the lock file, unless they are installed. */
export function install(): void {
  const installed = packagesIn('node_modules/.package-lock.json')
  const missing = Object.entries(packagesIn('package-lock.json')).some(
    ([path, { version, ...rest }]) =>
      path !== '' && !('optional' in rest) && installed[path]?.version !== version,
  )
  if (missing) execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: here, stdio: 'inherit' })
}

/** The path of an installed command. */
export const tool = (name: string) => join(here, 'node_modules', '.bin', name)
