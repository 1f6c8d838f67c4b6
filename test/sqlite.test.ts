// What only SQLite does: its settings, its locks, and what it rolls back on its own.
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

/** An engine on a file of its own, and a connection beside it, as another process would have. */
async function engineOn(
  options?: Parameters<typeof openSqlite>[1],
): Promise<{ engine: Engine; file: string; outside: Database.Database }> {
  const folder = await mkdtemp(join(tmpdir(), 'sco-tracker-engine-'))
  const file = join(folder, 'tracker.db')
  const engine = openSqlite(file, options)
  await engine.migrate()
  const outside = new Database(file, { timeout: 0 })
  outside.exec('create table children (parent text references settings (name))')
  onTestFinished(async () => {
    outside.close()
    await engine.close().catch(() => {})
    rmSync(folder, { recursive: true, force: true })
  })
  return { engine, file, outside }
}

const put = (name: string, value = '') =>
  sql`insert into settings ("name", "value") values (${name}, ${value})`

const seenBy = (outside: Database.Database) =>
  outside.prepare('select name from settings order by name').pluck().all()

describe('a write', () => {
  test('that SQLite rolls back on its own does no harm to its neighbours, and says why', async () => {
    const { engine, outside } = await engineOn()
    outside.exec(
      `create trigger harsh before insert on settings when new.name = 'harsh' begin select raise(rollback, 'no'); end`,
    )
    const settled = await Promise.allSettled(
      ['a', 'harsh', 'b'].map((name) => engine.write((writer) => writer.run(put(name)))),
    )
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { message: 'no' } })
    expect(seenBy(outside)).toEqual(['a', 'b'])
    await engine.write((writer) => writer.run(put('c')))
    expect(seenBy(outside)).toContain('c')
  })

  test('waits for that of another process, and lets everything else go on meanwhile', async () => {
    const { engine, outside } = await engineOn()
    outside.exec('begin immediate')
    let done = false
    const writing = engine
      .write((writer) => writer.run(put('a')))
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

  test('is refused while another process writes for too long, and the next one goes through', async () => {
    const { file, outside } = await engineOn()
    const engine = openSqlite(file, { busyMs: 50 })
    onTestFinished(() => engine.close())
    outside.exec('begin immediate')
    await expect(engine.write((writer) => writer.run(put('a')))).rejects.toMatchObject({
      code: 'SQLITE_BUSY',
    })
    outside.exec('rollback')
    await engine.write((writer) => writer.run(put('b')))
    expect(seenBy(outside)).toEqual(['b'])
  })
})

describe('the database', () => {
  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
  ])('has %s = %s where it is written', async (pragma, value) => {
    const { engine } = await engineOn()
    const row = await engine.write((writer) => writer.get<object>(sql`pragma ${sql.raw(pragma)}`))
    expect(Object.values(row ?? {})).toEqual([value])
  })
})

describe('migrate', () => {
  test('over a seeded database leaves no foreign key broken, and foreign keys guarded', async () => {
    const { engine, file } = await service({ seed: true })
    const database = new Database(file, { readonly: true })
    await engine.migrate()
    expect(database.pragma('foreign_key_check')).toEqual([])
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    const row = await engine.write((writer) => writer.get<object>(sql`pragma foreign_keys`))
    expect(Object.values(row ?? {})).toEqual([1])
    database.close()
  })

  test('refuses a database whose foreign keys are broken, and leaves them guarded', async () => {
    const { engine, outside } = await engineOn()
    outside.pragma('foreign_keys = off')
    outside.exec("insert into children values ('nobody')")
    // The last migration, the full-text index, is applied again.
    outside.exec('drop table searchWords')
    outside.exec(
      'delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)',
    )
    await expect(engine.migrate()).rejects.toThrow('1 broken foreign key')
    const row = await engine.write((writer) => writer.get<object>(sql`pragma foreign_keys`))
    expect(Object.values(row ?? {})).toEqual([1])
  })
})
