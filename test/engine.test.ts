// The SQLite engine: what a write may count on, and what a reader sees.
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { sql } from 'drizzle-orm'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Engine, Writer } from '../src/db/engine.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { service } from './helpers/app.ts'

/** An engine on a file of its own, and a connection beside it, as another process would have. */
async function engineOn(): Promise<{ engine: Engine; file: string; outside: Database.Database }> {
  const folder = await mkdtemp(join(tmpdir(), 'sco-tracker-engine-'))
  const file = join(folder, 'tracker.db')
  const engine = openSqlite(file)
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

/** A row that points to nothing. */
const ORPHAN = sql`insert into children values ('nobody')`

const NAMES = sql`select name from settings order by name`

const names = async (reader: Engine['reader']) =>
  (await reader.all<{ name: string }>(NAMES)).map(({ name }) => name)

const seenBy = (outside: Database.Database) =>
  outside.prepare('select name from settings order by name').pluck().all()

const macrotask = () => new Promise((resolve) => setImmediate(resolve))

describe('a write', () => {
  test('rolls back when its async callback throws, however late', async () => {
    const { engine, outside } = await engineOn()
    const failure = new Error('late')
    const writing = engine.write(async (writer) => {
      await writer.run(put('a'))
      await macrotask()
      await writer.run(put('b'))
      throw failure
    })
    await expect(writing).rejects.toBe(failure)
    expect(seenBy(outside)).toEqual([])
    await engine.write((writer) => writer.run(put('c')))
    expect(seenBy(outside)).toEqual(['c'])
  })

  test('sees what it wrote itself, and resolves to what its callback returns', async () => {
    const { engine } = await engineOn()
    const seen = await engine.write(async (writer) => {
      await writer.run(put('a'))
      return names(writer)
    })
    expect(seen).toEqual(['a'])
  })

  test('never meets the half of another: of a hundred that count up at once, none is lost', async () => {
    const { engine } = await engineOn()
    await engine.write((writer) => writer.run(put('count', '0')))
    const countUp = async (writer: Writer) => {
      const row = await writer.get<{ value: string }>(sql`select value from settings where name = 'count'`)
      await macrotask()
      await writer.run(
        sql`update settings set value = ${String(Number(row?.value) + 1)} where name = 'count'`,
      )
    }
    await Promise.all(Array.from({ length: 100 }, () => engine.write(countUp)))
    expect(await engine.reader.get(sql`select value from settings`)).toEqual({ value: '100' })
  })

  test('that fails does no harm to its neighbours in the same commit', async () => {
    const { engine, outside } = await engineOn()
    const fails = async (writer: Writer) => {
      await writer.run(put('lost'))
      throw new Error('mine alone')
    }
    const settled = await Promise.allSettled([
      engine.write((writer) => writer.run(put('a'))),
      engine.write(fails),
      engine.write((writer) => writer.run(put('a'))),
      engine.write((writer) => writer.run(put('b'))),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { message: 'mine alone' } })
    expect(settled[2]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } })
    expect(seenBy(outside)).toEqual(['a', 'b'])
  })

  test('is heard of only when it is committed: not while its neighbours still work, and then others see it', async () => {
    const { engine, outside } = await engineOn()
    const heard: string[] = []
    const hear = (name: string) =>
      engine
        .write((writer) => writer.run(put(name)))
        .then(() => {
          heard.push(name)
          expect(seenBy(outside)).toContain(name)
        })
    const first = hear('a')
    const second = engine.write(async () => {
      await macrotask()
      expect(heard).toEqual([])
      expect(seenBy(outside)).toEqual([])
    })
    await Promise.all([first, second, hear('b')])
    expect(heard).toEqual(['a', 'b'])
  })

  test('fails with everyone in its commit when the commit itself fails, and none of it stands', async () => {
    const { engine, outside } = await engineOn()
    const breaks = async (writer: Writer) => {
      await writer.run(sql`pragma defer_foreign_keys = on`)
      await writer.run(ORPHAN)
    }
    const settled = await Promise.allSettled([
      engine.write((writer) => writer.run(put('a'))),
      engine.write(breaks),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(seenBy(outside)).toEqual([])
    await engine.write((writer) => writer.run(put('b')))
    expect(seenBy(outside)).toEqual(['b'])
  })

  test('that SQLite rolls back on its own takes its commit with it, and says why', async () => {
    const { engine, outside } = await engineOn()
    outside.exec(
      `create trigger harsh before insert on settings when new.name = 'harsh' begin select raise(rollback, 'no'); end`,
    )
    const settled = await Promise.allSettled(
      ['a', 'harsh', 'b'].map((name) => engine.write((writer) => writer.run(put(name)))),
    )
    expect(settled[0]?.status).toBe('rejected')
    expect(settled[1]).toMatchObject({ status: 'rejected', reason: { message: 'no' } })
    const stands = ['a', 'harsh', 'b'].filter((_, index) => settled[index]?.status === 'fulfilled')
    expect(seenBy(outside)).toEqual(stands)
    await engine.write((writer) => writer.run(put('c')))
    expect(seenBy(outside)).toContain('c')
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'is never forgotten when it comes %i ticks behind another',
    async (ticks) => {
      const { engine, outside } = await engineOn()
      await engine.write((writer) => writer.run(put('a')))
      for (let tick = 0; tick < ticks; tick++) await null
      await engine.write((writer) => writer.run(put('b')))
      expect(seenBy(outside)).toEqual(['a', 'b'])
    },
  )

  test('waits its turn behind more writes than one commit takes', async () => {
    const { engine, outside } = await engineOn()
    const many = Array.from({ length: 200 }, (_, n) => String(1000 + n))
    await Promise.all(many.map((name) => engine.write((writer) => writer.run(put(name)))))
    expect(seenBy(outside)).toEqual(many)
  })

  test('is refused while another process writes, and the next one goes through', async () => {
    const { engine, outside } = await engineOn()
    await engine.write((writer) => writer.run(sql`pragma busy_timeout = 0`))
    outside.exec('begin immediate')
    await expect(engine.write((writer) => writer.run(put('a')))).rejects.toMatchObject({
      code: 'SQLITE_BUSY',
    })
    outside.exec('rollback')
    await engine.write((writer) => writer.run(put('b')))
    expect(seenBy(outside)).toEqual(['b'])
  })
})

describe('a reader', () => {
  test('does not see what is not committed', async () => {
    const { engine } = await engineOn()
    const writing = engine.write(async (writer) => {
      await writer.run(put('a'))
      expect(await names(engine.reader)).toEqual([])
      expect(await engine.read(names)).toEqual([])
    })
    await writing
    expect(await names(engine.reader)).toEqual(['a'])
  })

  test('sees one state of the database through a whole read, whatever is written meanwhile', async () => {
    const { engine } = await engineOn()
    const [before, after] = await engine.read(async (reader) => {
      const first = await names(reader)
      await engine.write((writer) => writer.run(put('a')))
      return [first, await names(reader)]
    })
    expect([before, after]).toEqual([[], []])
    expect(await engine.read(names)).toEqual(['a'])
  })

  test('outside of a read sees every write that was heard of, even while a long read goes on', async () => {
    const { engine } = await engineOn()
    await engine.read(async (reader) => {
      await names(reader)
      await engine.write((writer) => writer.run(put('a')))
      expect(await names(engine.reader)).toEqual(['a'])
    })
  })

  test('goes on after a read that failed', async () => {
    const { engine } = await engineOn()
    await expect(engine.read(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await engine.read(names)).toEqual([])
  })

  test('cannot write', async () => {
    const { engine } = await engineOn()
    const returning = sql`${put('a')} returning name`
    await expect(engine.reader.all(returning)).rejects.toThrow(/readonly|query only/)
    await expect(engine.read((reader) => reader.all(returning))).rejects.toThrow(/readonly|query only/)
  })
})

describe('the database', () => {
  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['busy_timeout', 5000],
  ])('has %s = %s where it is written', async (pragma, value) => {
    const { engine } = await engineOn()
    const row = await engine.write((writer) => writer.get<object>(sql`pragma ${sql.raw(pragma)}`))
    expect(Object.values(row ?? {})).toEqual([value])
  })

  test('refuses a reference to nothing', async () => {
    const { engine } = await engineOn()
    const writing = engine.write((writer) => writer.run(ORPHAN))
    await expect(writing).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
  })

  test('keeps what a write was told is written, even when the process never closes it', async () => {
    const { engine, file } = await engineOn()
    await engine.write((writer) => writer.run(put('a')))
    const other = new Database(file, { readonly: true })
    expect(seenBy(other)).toEqual(['a'])
    other.close()
  })

  test('is closed only behind the writes that were begun; later ones are refused', async () => {
    const { engine, outside } = await engineOn()
    const writing = engine.write(async (writer) => {
      await macrotask()
      await writer.run(put('a'))
    })
    await engine.close()
    await writing
    expect(seenBy(outside)).toEqual(['a'])
    await expect(engine.write((writer) => writer.run(put('b')))).rejects.toThrow(/not open/)
  })
})

describe('migrate', () => {
  test('can be repeated over a seeded database: nothing changes, and no foreign key is broken', async () => {
    const { engine, file } = await service({ seed: true })
    const database = new Database(file, { readonly: true })
    const tables = database
      .prepare(`select name from sqlite_schema where type = 'table' order by name`)
      .pluck()
    const content = () =>
      (tables.all() as string[]).map((table) => [table, database.prepare(`select * from "${table}"`).all()])
    const before = content()
    await engine.migrate()
    await engine.migrate()
    expect(content()).toEqual(before)
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
    outside.exec('drop table webhooks; drop table "webhookDeliveries"')
    outside.exec(
      'delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)',
    )
    await expect(engine.migrate()).rejects.toThrow('1 broken foreign key')
    const row = await engine.write((writer) => writer.get<object>(sql`pragma foreign_keys`))
    expect(Object.values(row ?? {})).toEqual([1])
  })
})
