// Installs the linters and generators, which have lock files of their own outside of the main install.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const packagesIn = (file: string) =>
  existsSync(file)
    ? (
        JSON.parse(readFileSync(file, 'utf8')) as {
          packages: Record<string, { version?: string }>
        }
      ).packages
    : {}

/** The folder of what only `npm run sdk:check -- --all` needs. */
export const ALL = join(here, 'all')

/** Installs the versions of the lock file of a folder, unless they are installed. */
export function install(folder = here): void {
  const installed = packagesIn(join(folder, 'node_modules', '.package-lock.json'))
  const missing = Object.entries(packagesIn(join(folder, 'package-lock.json'))).some(
    ([path, { version, ...rest }]) =>
      path !== '' && !('optional' in rest) && installed[path]?.version !== version,
  )
  if (missing) execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' })
}

/** The path of an installed command. */
export const tool = (name: string, folder = here) => join(folder, 'node_modules', '.bin', name)

/** The version of an installed package. */
export const versionOf = (name: string, folder = here) =>
  (
    JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string
    }
  ).version
