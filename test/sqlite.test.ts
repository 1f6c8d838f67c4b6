// What only SQLite does: its settings, its locks, and what it rolls back on its own.
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseSearch } from '../src/core/search.ts'
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
      await sleep(10)
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

describe('the full-text index', () => {
  /** One commit with so many entries, which all hold `everywhere` and a word of their own. */
  const add = ({ engine }: { engine: Engine }, from: number, count = 1, words = 0) =>
    engine.write(async (writer) => {
      for (let number = from; number < from + count; number++)
        await engine.search.put(writer, {
          docId: number,
          kind: 'proposal',
          recordId: `prp_${number}`,
          date: null,
          title: `word${number}`,
          body: `everywhere ${Array.from({ length: words }, (_, word) => `w${number * words + word}`).join(' ')}`,
        })
    })

  const partsOf = ({ outside }: { outside: Database.Database }) =>
    outside.prepare('select count(distinct segid) from searchWords_idx').pluck().get()

  const found = ({ engine }: { engine: Engine }, words: string) =>
    engine.reader.pluck<string>(engine.search.matching(parseSearch(words)))

  test('becomes one part when nobody writes, in steps, and finds what it found', async () => {
    const on = await engineOn({ quietMs: 100 })
    for (let number = 1; number <= 7; number++) await add(on, number)
    await on.engine.write((writer) => on.engine.search.remove(writer, 'prp_3'))
    await add(on, 1000, 4000)
    expect(partsOf(on)).toBeGreaterThan(1)
    const before = await found(on, 'everywhere')
    expect(before).toHaveLength(4006)
    await vi.waitFor(() => expect(partsOf(on)).toBe(1), 10_000)
    expect(await found(on, 'everywhere')).toEqual(before)
    expect(await found(on, 'word7')).toEqual(['prp_7'])
    expect(await found(on, 'word3')).toEqual([])
    on.outside.exec(`insert into searchWords (searchWords) values ('integrity-check')`)
  })

  test('becomes one part also of what comes while it is being merged', async () => {
    const on = await engineOn({ quietMs: 100 })
    await add(on, 1, 3000, 30)
    await add(on, 3001, 3000, 30)
    const state = () => on.outside.pragma('data_version', { simple: true })
    const before = state()
    await vi.waitFor(() => expect(state()).not.toBe(before), 10_000)
    expect(partsOf(on)).toBeGreaterThan(1)
    await add(on, 6001, 3000, 30)
    await vi.waitFor(() => expect(partsOf(on)).toBe(1), 10_000)
    expect(await found(on, 'everywhere')).toHaveLength(9000)
  })

  test('becomes one part also where others left many', async () => {
    const on = await engineOn({ quietMs: 60_000 })
    await add(on, 1)
    await add(on, 2)
    const engine = openSqlite(on.file, { quietMs: 10 })
    onTestFinished(() => engine.close())
    await vi.waitFor(() => expect(partsOf(on)).toBe(1), 10_000)
  })

  test('is left alone while somebody writes', async () => {
    const on = await engineOn({ quietMs: 60_000 })
    await add(on, 1)
    await add(on, 2)
    await sleep(100)
    expect(partsOf(on)).toBe(2)
  })

  test('is left alone where there is little beside its largest part', async () => {
    const on = await engineOn({ quietMs: 20 })
    await add(on, 1000, 4000)
    await add(on, 1)
    await sleep(300)
    expect(partsOf(on)).toBe(2)
  })

  test('is merged no further once the database is closed', async () => {
    const on = await engineOn({ quietMs: 5 })
    await add(on, 1)
    await add(on, 2)
    await on.engine.close()
    const parts = partsOf(on)
    await sleep(50)
    expect(partsOf(on)).toBe(parts)
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
    // The last migration is to be applied again.
    for (const statement of undoLastMigration()) outside.exec(statement)
    outside.exec(
      'delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)',
    )
    await expect(engine.migrate()).rejects.toThrow('1 broken foreign key')
    const row = await engine.write((writer) => writer.get<object>(sql`pragma foreign_keys`))
    expect(Object.values(row ?? {})).toEqual([1])
  })
})

/** What a migration must find missing or there, to be applied again. */
function undoLastMigration(): string[] {
  const folder = new URL('../migrations/sqlite/', import.meta.url)
  const { entries } = JSON.parse(readFileSync(new URL('meta/_journal.json', folder), 'utf8')) as {
    entries: { tag: string }[]
  }
  const text = readFileSync(new URL(`${entries.at(-1)?.tag}.sql`, folder), 'utf8')
  const named = (what: RegExp) => [...text.matchAll(what)].map(([, name = '']) => name)
  return [
    ...named(/CREATE (?:UNIQUE )?INDEX `(\w+)`/g).map((name) => `drop index "${name}"`),
    ...named(/CREATE TABLE `(\w+)`/g).map((name) => `drop table "${name}"`),
    ...named(/DROP INDEX `(\w+)`/g).map((name) => `create index "${name}" on settings (value)`),
  ]
}
