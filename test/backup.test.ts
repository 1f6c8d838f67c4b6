// Tests the commands backup and restore.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { service } from './helpers/app.ts'
import { runCommand } from './helpers/command-line.ts'

const run = (command: 'backup' | 'restore', file: string, ...args: string[]) =>
  runCommand(command, ...args, '--database-url', `file:${file}`)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sco-tracker-backup-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function speakersIn(file: string): Promise<string[]> {
  const engine = openSqlite(file)
  const { sql } = await import('../src/db/sql.ts')
  const rows = await engine.reader.all<{ name: string }>(sql`select name from speakers order by name`)
  await engine.close()
  return rows.map(({ name }) => name)
}

describe('a backup', () => {
  test('of a running service contains all writes before it, and can be restored', async () => {
    const { file, post } = await service()
    const copy = join(folder(), 'copy.db')
    for (const name of ['One', 'Two']) await post('/v1/speakers', { name })
    expect(await run('backup', file, copy)).toMatchObject({ status: 0 })
    await post('/v1/speakers', { name: 'Three' })

    const target = join(folder(), 'deep', 'restored.db')
    expect(await run('restore', target, copy)).toMatchObject({ status: 0 })
    expect(await speakersIn(target)).toEqual(['One', 'Two'])
  })

  test('replaces a file only with --force', async () => {
    const { file } = await service()
    const copy = join(folder(), 'copy.db')
    writeFileSync(copy, 'mine')
    expect(await run('backup', file, copy)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--force'),
    })
    expect((await run('backup', file, copy, '--force')).status).toBe(0)
  })

  test('fails for a missing database and does not create one', async () => {
    const missing = join(folder(), 'missing.db')
    expect((await run('backup', missing, join(folder(), 'copy.db'))).status).toBe(1)
    expect(existsSync(missing)).toBe(false)
  })
})

describe('a restore', () => {
  test('replaces a database only with --force, and never while it is in use', async () => {
    const { file, post } = await service()
    const copy = join(folder(), 'copy.db')
    expect((await run('backup', file, copy)).status).toBe(0)
    expect(await run('restore', file, copy)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--force'),
    })
    expect(await run('restore', file, copy, '--force')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('in use'),
    })
    expect((await post('/v1/speakers', { name: 'Still here' })).status).toBe(201)

    const idle = join(folder(), 'idle.db')
    expect((await run('restore', idle, copy)).status).toBe(0)
    expect((await run('restore', idle, copy, '--force')).status).toBe(0)
  })

  test('rejects a file that is not a tracker database, and changes nothing', async () => {
    const target = join(folder(), 'target.db')
    const rubbish = join(folder(), 'rubbish.db')
    writeFileSync(rubbish, 'SQLite format 3\0 but not really')
    expect(await run('restore', target, rubbish)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not a complete database'),
    })
    expect(existsSync(target)).toBe(false)
  })
})

test.each([['backup'], ['restore']] as const)(
  '%s fails on a PostgreSQL database with one line that names pg_dump',
  async (command) => {
    const file = join(folder(), 'copy.db')
    writeFileSync(file, '')
    const url = 'postgres://127.0.0.1:1/nowhere'
    const { status, stderr } = await runCommand(command, file, '--force', '--database-url', url)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^[^\n]*pg_dump[^\n]*\n$/)
  },
)
