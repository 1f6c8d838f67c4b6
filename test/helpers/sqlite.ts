// Global setup of the tests on SQLite: creates the files that tests copy.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openEngine } from '../../src/db/open.ts'
import { seed } from '../../src/seed.ts'
import { prepare } from './prepare.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Paths of the files that tests copy. */
    sqlite: { migrated: string; seeded: string }
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-template-'))
  const migrated = join(folder, 'migrated.db')
  const seeded = join(folder, 'seeded.db')
  const empty = await openEngine(`file:${migrated}`)
  project.provide('keys', await prepare(empty))
  await empty.close()
  copyFileSync(migrated, seeded)
  const engine = await openEngine(`file:${seeded}`)
  await seed(engine)
  await engine.close()
  project.provide('sqlite', { migrated, seeded })
  return () => rmSync(folder, { recursive: true, force: true })
}
