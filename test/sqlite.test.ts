// Behaviour of SQLite only: pragmas, locks, and its own rollbacks.
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Engine } from '../src/db/engine.ts'
import { sql } from '../src/db/sql.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { service } from './helpers/app.ts'

/** An engine on a file of its own, and an outside connection, as another process would have. */
async function engineOn(
  options?: Parameters<typeof openSqlite>[1],
  migrated = true,
): Promise<{ engine: Engine; file: string; outside: Database.Database }> {
  const folder = await mkdtemp(join(tmpdir(), 'sco-tracker-engine-'))
  const file = join(folder, 'tracker.db')
  const engine = openSqlite(file, options)
  if (migrated) await engine.migrate()
  const outside = new Database(file, { timeout: 0 })
  outside.exec('create table children (parent text references settings (name))')
  onTestFinished(async () => {
    outside.close()
    await engine.close().catch(() => {})
    rmSync(folder, { recursive: true, force: true })
  })
  return { engine, file, outside }
}

const insertSetting = (name: string, value = '') =>
  sql`insert into settings ("name", "value") values (${name}, ${value})`

const seenBy = (outside: Database.Database) =>
  outside.prepare('select name from settings order by name').pluck().all()

describe('a write', () => {
  test('that SQLite rolls back itself does not affect other writes in the same commit, and rejects with the reason', async () => {
    const { engine, outside } = await engineOn()
    outside.exec(
      `create trigger harsh before insert on settings when new.name = 'harsh' begin select raise(rollback, 'no'); end`,
    )
    const settled = await Promise.allSettled(
      ['a', 'harsh', 'b'].map((name) => engine.write((writer) => writer.run(insertSetting(name)))),
    )
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { message: 'no' } })
    expect(seenBy(outside)).toEqual(['a', 'b'])
    await engine.write((writer) => writer.run(insertSetting('c')))
    expect(seenBy(outside)).toContain('c')
  })

  test('waits for the lock of another process without blocking reads', async () => {
    const { engine, outside } = await engineOn()
    outside.exec('begin immediate')
    let done = false
    const writing = engine
      .write((writer) => writer.run(insertSetting('a')))
      .then(() => {
        done = true
      })
    for (let reads = 0; reads < 5; reads++) {
      expect(await engine.reader.get(sql`select 1 as one`)).toEqual({ one: 1 })
    }
    expect(done).toBe(false)
    outside.exec('commit')
    await writing
    expect(seenBy(outside)).toEqual(['a'])
  })

  test('is rejected when another process keeps the lock for too long, and the next one succeeds', async () => {
    const { file, outside } = await engineOn()
    const engine = openSqlite(file, { busyMs: 50 })
    onTestFinished(() => engine.close())
    outside.exec('begin immediate')
    await expect(engine.write((writer) => writer.run(insertSetting('a')))).rejects.toMatchObject({
      code: 'SQLITE_BUSY',
    })
    outside.exec('rollback')
    await engine.write((writer) => writer.run(insertSetting('b')))
    expect(seenBy(outside)).toEqual(['b'])
  })
})

describe('the database', () => {
  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
  ])('has %s = %s on the connection for writes', async (pragma, value) => {
    const { engine } = await engineOn()
    const row = await engine.write((writer) => writer.get<object>(sql`pragma ${sql.raw(pragma)}`))
    expect(Object.values(row ?? {})).toEqual([value])
  })
})

describe('migrate', () => {
  test('on a seeded database leaves no broken foreign key, and enforces foreign keys', async () => {
    const { engine, file } = await service({ seed: true })
    const database = new Database(file, { readonly: true })
    await engine.migrate()
    expect(database.pragma('foreign_key_check')).toEqual([])
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    const row = await engine.write((writer) => writer.get<object>(sql`pragma foreign_keys`))
    expect(Object.values(row ?? {})).toEqual([1])
    database.close()
  })

  test('rejects a database with broken foreign keys, and enforces foreign keys afterwards', async () => {
    const { engine, outside } = await engineOn({}, false)
    outside.pragma('foreign_keys = off')
    outside.exec("insert into children values ('nobody')")
    await expect(engine.migrate()).rejects.toThrow('1 broken foreign key')
    const row = await engine.write((writer) => writer.get<object>(sql`pragma foreign_keys`))
    expect(Object.values(row ?? {})).toEqual([1])
  })
})
