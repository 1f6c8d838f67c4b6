// The database engine, on SQLite and PostgreSQL: what writes guarantee, and what readers see.
import Database from 'better-sqlite3'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Engine, Writer } from '../src/db/engine.ts'
import { openEngine } from '../src/db/open.ts'
import { sql } from '../src/db/sql.ts'
import { type Transaction, WriteQueue } from '../src/db/write-queue.ts'
import { service } from './helpers/app.ts'
import { freshDatabase, fromOutside, onPostgres, type TestDatabase } from './helpers/database.ts'

/** A connection outside the engine, as another process would have. */
interface Outside {
  exec(text: string): Promise<void>
  names(): Promise<string[]>
}

const IN_ORDER = 'select name from settings order by name'

async function outsideOf({ url, file }: TestDatabase): Promise<Outside> {
  if (onPostgres) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onTestFinished(() => client.end())
    return {
      exec: async (text) => void (await client.query(text)),
      names: async () => (await client.query(IN_ORDER)).rows.map(({ name }) => name),
    }
  }
  const database = new Database(file, { timeout: 0 })
  onTestFinished(() => void database.close())
  return {
    exec: async (text) => void database.exec(text),
    names: async () => database.prepare(IN_ORDER).pluck().all() as string[],
  }
}

/** An engine on a database of its own, and an outside connection to it. */
async function engineOn(): Promise<{ engine: Engine; database: TestDatabase; outside: Outside }> {
  const database = await freshDatabase('migrated')
  const engine = await openEngine(database.url)
  onTestFinished(async () => {
    await engine.close().catch(() => {})
    // The database is reused by another test.
    if (onPostgres) await fromOutside(database.url, (client) => client.query('drop table children'))
    await database.remove()
  })
  const outside = await outsideOf(database)
  await outside.exec('delete from settings')
  await outside.exec(
    `create table children (parent text references settings (name)${onPostgres ? ' deferrable' : ''})`,
  )
  return { engine, database, outside }
}

const CODE = onPostgres
  ? { taken: '23505', orphan: '23503' }
  : { taken: 'SQLITE_CONSTRAINT_PRIMARYKEY', orphan: 'SQLITE_CONSTRAINT_FOREIGNKEY' }

const insertSetting = (name: string, value = '') =>
  sql`insert into settings ("name", "value") values (${name}, ${value})`

/** A row with a reference to a missing row. */
const ORPHAN = sql`insert into children values ('nobody')`

const NAMES = sql`select name from settings order by name`

const names = async (reader: Engine['reader']) =>
  (await reader.all<{ name: string }>(NAMES)).map(({ name }) => name)

const macrotask = () => new Promise((resolve) => setImmediate(resolve))

describe('a write', () => {
  test('rolls back when its async callback throws after some time', async () => {
    const { engine, outside } = await engineOn()
    const failure = new Error('late')
    const writing = engine.write(async (writer) => {
      await writer.run(insertSetting('a'))
      await macrotask()
      await writer.run(insertSetting('b'))
      throw failure
    })
    await expect(writing).rejects.toBe(failure)
    expect(await outside.names()).toEqual([])
    await engine.write((writer) => writer.run(insertSetting('c')))
    expect(await outside.names()).toEqual(['c'])
  })

  test('reads its own uncommitted rows, and resolves to the result of its callback', async () => {
    const { engine } = await engineOn()
    const seen = await engine.write(async (writer) => {
      await writer.run(insertSetting('a'))
      return names(writer)
    })
    expect(seen).toEqual(['a'])
  })

  test('is isolated from others: none of a hundred concurrent increments is lost', async () => {
    const { engine } = await engineOn()
    await engine.write((writer) => writer.run(insertSetting('count', '0')))
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

  test('that fails does not affect other writes in the same commit', async () => {
    const { engine, outside } = await engineOn()
    const fails = async (writer: Writer) => {
      await writer.run(insertSetting('lost'))
      throw new Error('mine alone')
    }
    const settled = await Promise.allSettled([
      engine.write((writer) => writer.run(insertSetting('a'))),
      engine.write(fails),
      engine.write((writer) => writer.run(insertSetting('a'))),
      engine.write((writer) => writer.run(insertSetting('b'))),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { message: 'mine alone' } })
    expect(settled[2]).toMatchObject({ reason: { code: CODE.taken } })
    expect(await outside.names()).toEqual(['a', 'b'])
  })

  test('resolves only after the commit, when other connections see it', async () => {
    const { engine, outside } = await engineOn()
    const committed: string[] = []
    const writeAndCheck = (name: string) =>
      engine
        .write((writer) => writer.run(insertSetting(name)))
        .then(async () => {
          committed.push(name)
          expect(await outside.names()).toContain(name)
        })
    const first = writeAndCheck('a')
    const second = engine.write(async () => {
      await macrotask()
      expect(committed).toEqual([])
      expect(await outside.names()).toEqual([])
    })
    await Promise.all([first, second, writeAndCheck('b')])
    expect(committed).toEqual(['a', 'b'])
  })

  test('fails together with all writes of its commit when the commit itself fails', async () => {
    const { engine, outside } = await engineOn()
    const breaks = async (writer: Writer) => {
      await writer.run(onPostgres ? sql`set constraints all deferred` : sql`pragma defer_foreign_keys = on`)
      await writer.run(ORPHAN)
    }
    const settled = await Promise.allSettled([
      engine.write((writer) => writer.run(insertSetting('a'))),
      engine.write(breaks),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await outside.names()).toEqual([])
    await engine.write((writer) => writer.run(insertSetting('b')))
    expect(await outside.names()).toEqual(['b'])
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'is committed when it starts %i ticks after another',
    async (ticks) => {
      const { engine, outside } = await engineOn()
      await engine.write((writer) => writer.run(insertSetting('a')))
      for (let tick = 0; tick < ticks; tick++) await null
      await engine.write((writer) => writer.run(insertSetting('b')))
      expect(await outside.names()).toEqual(['a', 'b'])
    },
  )

  test('is committed in order when more writes are queued than one commit takes', async () => {
    const { engine, outside } = await engineOn()
    const many = Array.from({ length: 200 }, (_, n) => String(1000 + n))
    await Promise.all(many.map((name) => engine.write((writer) => writer.run(insertSetting(name)))))
    expect(await outside.names()).toEqual(many)
  })
})

describe('a reader', () => {
  test('does not see uncommitted rows', async () => {
    const { engine } = await engineOn()
    const writing = engine.write(async (writer) => {
      await writer.run(insertSetting('a'))
      expect(await names(engine.reader)).toEqual([])
      expect(await engine.read(names)).toEqual([])
    })
    await writing
    expect(await names(engine.reader)).toEqual(['a'])
  })

  test('sees one snapshot during a whole read, whatever is written during it', async () => {
    const { engine } = await engineOn()
    const [before, after] = await engine.read(async (reader) => {
      const first = await names(reader)
      await engine.write((writer) => writer.run(insertSetting('a')))
      return [first, await names(reader)]
    })
    expect([before, after]).toEqual([[], []])
    expect(await engine.read(names)).toEqual(['a'])
  })

  test('outside of a read sees every committed write, even during a long read', async () => {
    const { engine } = await engineOn()
    await engine.read(async (reader) => {
      await names(reader)
      await engine.write((writer) => writer.run(insertSetting('a')))
      expect(await names(engine.reader)).toEqual(['a'])
    })
  })

  test('works after a read that failed', async () => {
    const { engine } = await engineOn()
    await expect(engine.read(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await engine.read(names)).toEqual([])
  })

  test('cannot write', async () => {
    const { engine } = await engineOn()
    const returning = sql`${insertSetting('a')} returning name`
    await expect(engine.reader.all(returning)).rejects.toThrow(/readonly|query only|read-only/)
    await expect(engine.read((reader) => reader.all(returning))).rejects.toThrow(
      /readonly|query only|read-only/,
    )
  })
})

describe('the database', () => {
  test('rejects a reference to a missing row', async () => {
    const { engine } = await engineOn()
    const writing = engine.write((writer) => writer.run(ORPHAN))
    await expect(writing).rejects.toMatchObject({ code: CODE.orphan })
  })

  test('contains every resolved write, even if the process never closes it', async () => {
    const { engine, database } = await engineOn()
    await engine.write((writer) => writer.run(insertSetting('a')))
    expect(await (await outsideOf(database)).names()).toEqual(['a'])
  })

  test('closes after the writes that have begun, and rejects later ones', async () => {
    const { engine, outside } = await engineOn()
    const writing = engine.write(async (writer) => {
      await macrotask()
      await writer.run(insertSetting('a'))
    })
    await engine.close()
    await writing
    expect(await outside.names()).toEqual(['a'])
    await expect(engine.write((writer) => writer.run(insertSetting('b')))).rejects.toThrow(/not open/)
  })
})

describe('migrate', () => {
  test('can be repeated on a seeded database without changes', async () => {
    const { engine, rows } = await service({ seed: true })
    const before = await rows()
    await engine.migrate()
    await engine.migrate()
    expect(await rows()).toEqual(before)
  })
})

describe('commits', () => {
  /** A queue whose transaction counts its commits and rollbacks. */
  function counting() {
    let commits = 0
    let rollbacks = 0
    const transaction: Transaction = {
      writer: { run: async () => {} } as unknown as Writer,
      rollback: () => {
        rollbacks++
      },
      commit: () => {
        commits++
      },
    }
    return {
      queue: new WriteQueue(async () => transaction, false),
      commits: () => commits,
      rollbacks: () => rollbacks,
    }
  }

  test('are shared by writes that arrive while the first is running, one event-loop tick later', async () => {
    const { queue, commits } = counting()
    let later: Promise<void> | undefined
    await queue.enqueue(async () => {
      setImmediate(() => {
        later = queue.enqueue(async () => {}, false)
      })
    }, false)
    await later
    expect([later !== undefined, commits()]).toEqual([true, 1])
  })

  test('are retried write by write, in order, when one of the shared writes fails after writing', async () => {
    const { queue, commits, rollbacks } = counting()
    const done: string[] = []
    const write = (name: string) =>
      queue.enqueue(async (writer) => {
        await writer.run(sql`select 1`)
        done.push(name)
        if (name === 'bad') throw new Error(name)
        return name
      }, false)
    const settled = await Promise.allSettled([write('a'), write('bad'), write('b')])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { message: 'bad' } })
    expect(done).toEqual(['a', 'bad', 'a', 'bad', 'b'])
    expect([commits(), rollbacks()]).toEqual([2, 2])
  })

  test('are not affected by a write that fails before writing', async () => {
    const { queue, commits, rollbacks } = counting()
    const refused = async () => {
      throw new Error('refused')
    }
    const settled = await Promise.allSettled(
      [async () => {}, refused, async () => {}].map((work) => queue.enqueue(work, false)),
    )
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect([commits(), rollbacks()]).toEqual([1, 0])
  })

  test('leave one event-loop tick between each other, so that reads are answered', async () => {
    const { queue, commits } = counting()
    const seen: number[] = []
    const poll = () => {
      seen.push(commits())
      if (commits() < 3) setImmediate(poll)
    }
    poll()
    await Promise.all([1, 2, 3].map(() => queue.enqueue(async () => {}, true)))
    expect([1, 2].every((count) => seen.includes(count))).toBe(true)
  })

  test('are not shared by a write that requires its own', async () => {
    const { queue, commits } = counting()
    await Promise.all([false, false, true, false, false].map((alone) => queue.enqueue(async () => {}, alone)))
    expect(commits()).toBe(3)
  })
})
