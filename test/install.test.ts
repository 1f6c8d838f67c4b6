// Installation: what package-lock.json must contain for npm to install on any machine.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Lock {
  packages: Record<string, { resolved?: string; gypfile?: boolean }>
}

const readLock = (folder: string): Lock => JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))

test('the lock file stops npm from compiling packages that ship binaries (to fix: node scripts/lock.js)', () => {
  const { packages } = readLock(ROOT)
  const withSource = Object.keys(packages).filter(
    (path) => path && existsSync(join(ROOT, path, 'binding.gyp')),
  )
  expect(withSource).toContain('node_modules/better-sqlite3')
  for (const path of withSource) expect([path, packages[path]?.gypfile]).toEqual([path, false])
})

test('scripts/lock.js restores exactly what npm drops when it writes the lock file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-install-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const manifest = 'node_modules/better-sqlite3/package.json'
  cpSync(join(ROOT, manifest), join(folder, manifest))
  const lock = readLock(ROOT)
  delete lock.packages['node_modules/better-sqlite3']?.gypfile
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/lock.js')], { cwd: folder })
  expect([status, String(stderr)]).toEqual([0, ''])
  const text = (path: string) => readFileSync(join(path, 'package-lock.json'), 'utf8')
  expect(text(folder)).toBe(text(ROOT))
})

test('the lock file contains no registry URLs', () => {
  expect(Object.values(readLock(ROOT).packages).filter(({ resolved }) => resolved !== undefined)).toEqual([])
})
