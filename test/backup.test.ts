// Tests the commands backup and restore.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate as nextTick } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readFeed } from '../src/db/feed.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { APPLICATION_ID } from '../src/db/sqlite/file.ts'
import { service } from './helpers/app.ts'
import { type CommandResult, runCommand } from './helpers/command-line.ts'
import { damage } from './helpers/process.ts'

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
  const rows = await engine.reader.all<{ name: string }>(
    sql`select doc ->> '$.name' as name from speakers order by "name"`,
  )
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
    // Clients of the feed notice: numbers after the copy may have been given out.
    const engine = openSqlite(target)
    const { gaps } = await readFeed(engine.reader)
    await engine.close()
    expect(gaps).toEqual([[2, expect.any(Number)]])
  })

  test('finishes while the service writes without a pause', async () => {
    const { file } = await service()
    const writer = new Database(file)
    onTestFinished(() => void writer.close())
    // Enough pages that a copy in steps would take many of them.
    writer.exec(`insert into settings values ('ballast', zeroblob(100000000))`)
    const copy = join(folder(), 'copy.db')
    let result: CommandResult | undefined
    const copying = run('backup', file, copy).then((ended) => {
      result = ended
    })
    let writes = 0
    while (!result && writes < 200) {
      writer.exec('update keys set name = name')
      if (existsSync(`${copy}.part`)) writes++
      await nextTick()
    }
    await copying
    expect(result?.status).toBe(0)
    // A copy in steps would begin again with the writes between them.
    expect(writes).toBeLessThan(5)
  })

  test('can be read by its owner only, and says what it holds', async () => {
    const { file, post } = await service()
    const { body } = await post('/v1/speakers', { name: 'One' })
    const copy = join(folder(), 'copy.db')
    const { stderr } = await run('backup', file, copy)
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    expect(stderr).toBe(`Copied 1 records, last change ${body['createdAt']} to ${copy}.\n`)
  })

  test('of a damaged database is refused, and leaves no file', async () => {
    const { file, post, engine } = await service()
    await post('/v1/speakers', { name: 'One' })
    await engine.close()
    damage(file, 'speakers')
    const target = join(folder(), 'copy.db')
    expect(await run('backup', file, target)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^[^\n]*damaged[^\n]*\n$/),
    })
    expect(readdirSync(dirname(target))).toEqual([])
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

  test.each(['backup', 'restore'] as const)('never replaces the database by itself: %s', async (command) => {
    const { file, post } = await service()
    await post('/v1/speakers', { name: 'One' })
    expect(await run(command, file, file, '--force')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the database itself'),
    })
    expect((await post('/v1/speakers', { name: 'Two' })).status).toBe(201)
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

describe('restoring', () => {
  /** A copy with a speaker, and where to restore it. */
  async function copied(): Promise<{ copy: string; target: string }> {
    const { file, post } = await service()
    await post('/v1/speakers', { name: 'One' })
    const copy = join(folder(), 'copy.db')
    await run('backup', file, copy)
    return { copy, target: join(folder(), 'target.db') }
  }

  test.each([
    ['a truncated file', (file: string) => truncateSync(file, 40_000)],
    ['garbage', (file: string) => writeFileSync(file, Buffer.alloc(100_000, 0x55))],
    ['an empty file', (file: string) => truncateSync(file, 0)],
  ])('replaces %s with --force', async (_, spoil) => {
    const { copy, target } = await copied()
    copyFileSync(copy, target)
    spoil(target)
    expect(await run('restore', target, copy, '--force')).toMatchObject({ status: 0 })
    expect(await speakersIn(target)).toEqual(['One'])
  })

  test('takes the WAL of a snapshot with it, and says what it holds', async () => {
    const { file, post } = await service()
    await post('/v1/speakers', { name: 'In the WAL' })
    const snapshot = join(folder(), 'snapshot.db')
    copyFileSync(file, snapshot)
    copyFileSync(`${file}-wal`, `${snapshot}-wal`)
    const target = join(folder(), 'target.db')
    const { status, stderr } = await run('restore', target, snapshot)
    expect([status, stderr]).toEqual([0, expect.stringMatching(/: 1 records, last change 20[^\n]*Z\.\n$/)])
    expect(await speakersIn(target)).toEqual(['In the WAL'])
    expect(readdirSync(dirname(snapshot)).sort()).toEqual(['snapshot.db', 'snapshot.db-wal'])
  })

  test('keeps the mode of the database and follows a symbolic link', async () => {
    const { copy, target } = await copied()
    copyFileSync(copy, target)
    chmodSync(target, 0o640)
    const link = join(folder(), 'link.db')
    symlinkSync(target, link)
    expect(await run('restore', link, copy, '--force')).toMatchObject({ status: 0 })
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(statSync(target).mode & 0o777).toBe(0o640)
    expect(readdirSync(dirname(target))).toEqual(['target.db'])
  })
})

describe('a file of another application', () => {
  const other = (id: number, ...statements: string[]) => {
    const file = join(folder(), 'other.db')
    const database = new Database(file)
    for (const statement of statements) database.exec(statement)
    database.pragma(`application_id = ${id}`)
    database.close()
    return file
  }
  const NAMED = ['an application_id', 1234, 'create table changes (seq)'] as const
  const UNNAMED = ['other tables', 0, 'create table notes (text)'] as const

  test.each([NAMED, UNNAMED])('with %s is not served, restored or replaced', async (_, id, statement) => {
    const file = other(id, statement)
    const before = readFileSync(file)
    const line = expect.stringMatching(/^[^\n]*another application[^\n]*\n$/)
    expect(await runCommand('keys', 'list', '--database-url', `file:${file}`)).toMatchObject({
      status: 1,
      stderr: line,
    })
    const { file: own } = await service()
    const copy = join(folder(), 'copy.db')
    await run('backup', own, copy)
    expect(await run('restore', file, copy, '--force')).toMatchObject({ status: 1, stderr: line })
    expect(await run('restore', join(folder(), 'new.db'), file)).toMatchObject({ status: 1, stderr: line })
    expect(readFileSync(file)).toEqual(before)
    expect(readdirSync(dirname(file))).toEqual(['other.db'])
  })

  test('is told from ours by the id that a migration sets, also in a copy', async () => {
    const { file } = await service()
    const copy = join(folder(), 'copy.db')
    await run('backup', file, copy)
    for (const each of [file, copy]) {
      const database = new Database(each, { readonly: true })
      expect(database.pragma('application_id', { simple: true })).toBe(APPLICATION_ID)
      database.close()
    }
  })
})

test('a file of a newer schema is refused with one line', async () => {
  const { file, engine } = await service()
  await engine.close()
  const database = new Database(file)
  database.exec('update __drizzle_migrations set created_at = created_at + 1e12')
  database.close()
  const refused = { status: 1, stderr: expect.stringMatching(/^[^\n]*newer version[^\n]*\n$/) }
  expect(await runCommand('keys', 'list', '--database-url', `file:${file}`)).toMatchObject(refused)
  expect(await run('restore', join(folder(), 'new.db'), file)).toMatchObject(refused)
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
