// Failures of PostgreSQL: its own server is stopped, killed, disconnected and replaced while the service runs.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import type { Engine } from '../src/db/engine.ts'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { Cluster, canServe, Relay } from './helpers/cluster.ts'
import { fromOutside } from './helpers/database.ts'
import { eventually } from './helpers/wait.ts'

interface Running {
  app: FastifyInstance
  engine: Engine
  token: string
}

async function serviceOn(url: string): Promise<Running> {
  const engine = await openEngine(url)
  await engine.migrate()
  const { token } = await createKey(engine, {
    name: 'test',
    role: 'admin',
    expiresAt: null,
    now: new Date(),
  })
  const app = await buildApp({ engine })
  await app.ready()
  onTestFinished(async () => {
    await app.close()
    await engine.close()
  })
  return { app, engine, token }
}

const post = ({ app, token }: Running, name: string, key: string = crypto.randomUUID()) =>
  app.inject({
    method: 'POST',
    url: '/v1/speakers',
    payload: { name },
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': key },
  })

/** Expects the response of a service that cannot reach its database. */
function expectUnavailable({ statusCode, headers, json }: Awaited<ReturnType<typeof post>>): void {
  expect(statusCode, JSON.stringify(json())).toBe(503)
  expect(headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(json()).toMatchObject({ type: '/problems/unavailable', status: 503 })
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
}

/** Repeats a write with the same key until it is stored. */
async function writeUntilStored(service: Running, name: string, onRefused = () => {}): Promise<void> {
  const key = crypto.randomUUID()
  for (;;) {
    const response = await post(service, name, key)
    if (response.statusCode === 201) return
    expectUnavailable(response)
    onRefused()
    await sleep(50)
  }
}

/** The progress of the writers. */
class Progress {
  readonly written: string[] = []
  refused = 0

  /** Waits for more writes. */
  async writes(): Promise<void> {
    const least = this.written.length + 10
    await eventually(() => expect(this.written.length).toBeGreaterThanOrEqual(least))
  }

  /** Waits until a write is rejected. */
  async refusal(): Promise<void> {
    const before = this.refused
    await eventually(() => expect(this.refused).toBeGreaterThan(before))
  }
}

/** Four concurrent writers that repeat rejected writes during a disturbance. @returns the names of the stored records */
async function writeDuring(
  service: Running,
  disturb: (progress: Progress) => Promise<void>,
): Promise<string[]> {
  const progress = new Progress()
  let disturbing = true
  const disturbed = disturb(progress).finally(() => {
    disturbing = false
  })
  const writer = async (id: number) => {
    for (let n = 0; disturbing || n < 5; n++) {
      const name = `${id} ${n}`
      await writeUntilStored(service, name, () => progress.refused++)
      progress.written.push(name)
    }
  }
  await Promise.all([disturbed, ...[1, 2, 3, 4].map(writer)])
  return progress.written
}

/** Expects every write to be stored once, in the table and in the change log without gaps. */
async function expectEach(url: string, written: string[]): Promise<void> {
  const stored = await fromOutside(url, async (client) => ({
    names: (await client.query(`select doc ->> 'name' as name from speakers`)).rows.map(({ name }) => name),
    seqs: (await client.query('select seq from changes order by seq')).rows.map(({ seq }) => seq),
  }))
  expect(stored.names.sort()).toEqual([...written].sort())
  expect(stored.seqs).toEqual(written.map((_, index) => index + 1))
}

describe.skipIf(!canServe)('the service', () => {
  test('responds with 503 while its database is down, and recovers without a restart', async () => {
    const cluster = await Cluster.create()
    const service = await serviceOn(cluster.url)
    expect((await post(service, 'before')).statusCode).toBe(201)
    await cluster.stop('fast')
    for (let n = 0; n < 3; n++) {
      expectUnavailable(await post(service, 'meanwhile'))
      expectUnavailable(await service.app.inject('/v1/speakers'))
      expectUnavailable(await service.app.inject('/readyz'))
      expect((await service.app.inject('/healthz')).statusCode).toBe(200)
    }
    await cluster.start()
    expect((await service.app.inject('/readyz')).statusCode).toBe(200)
    expect((await post(service, 'after')).statusCode).toBe(201)
    await expectEach(cluster.url, ['before', 'after'])
  })

  test('responds with 503 to writes while its database is read-only, and still serves reads', async () => {
    const cluster = await Cluster.create()
    const service = await serviceOn(cluster.url)
    expect((await post(service, 'before')).statusCode).toBe(201)
    const allow = (reading: 'on' | 'off') =>
      fromOutside(cluster.url, async (client) => {
        await client.query('set default_transaction_read_only = off')
        await client.query(`alter database postgres set default_transaction_read_only = ${reading}`)
        // A connection reads this setting when it starts.
        await client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sco-tracker%'`,
        )
      })
    await allow('on')
    for (let n = 0; n < 3; n++) expectUnavailable(await post(service, 'meanwhile'))
    expect((await service.app.inject('/v1/speakers')).json()).toMatchObject({ data: [{ name: 'before' }] })
    await allow('off')
    await writeUntilStored(service, 'after')
    await expectEach(cluster.url, ['before', 'after'])
  })

  test('loses and repeats no write while the server crashes and restarts, twice', async () => {
    const cluster = await Cluster.create()
    const service = await serviceOn(cluster.url)
    const written = await writeDuring(service, async (progress) => {
      for (let crash = 0; crash < 2; crash++) {
        await progress.writes()
        await cluster.stop('immediate')
        await progress.refusal()
        await cluster.start()
      }
      await progress.writes()
    })
    await expectEach(cluster.url, written)
  })

  test('loses and repeats no write while its connections are terminated repeatedly', async () => {
    const cluster = await Cluster.create()
    const service = await serviceOn(cluster.url)
    const written = await writeDuring(service, async () => {
      await fromOutside(cluster.url, async (client) => {
        for (let cut = 0; cut < 30; await sleep(20)) {
          const { rowCount } = await client.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sco-tracker%'`,
          )
          cut += rowCount ?? 0
        }
      })
    })
    await expectEach(cluster.url, written)
  })

  test('asks for the status of a commit whose response was lost, and returns 201 if it was committed', async () => {
    const cluster = await Cluster.create()
    const relay = new Relay(cluster.port)
    const service = await serviceOn(await relay.listen())
    let cuts = 0
    relay.onSend = (chunk, cut) => {
      if (chunk.includes('; commit') && cuts === 0) {
        cuts++
        setImmediate(cut)
      }
      return true
    }
    expect((await post(service, 'A')).statusCode).toBe(201)
    expect(cuts).toBe(1)
    await expectEach(cluster.url, ['A'])
  })

  test('returns 503 for a commit that never reached the server, and stores nothing', async () => {
    const cluster = await Cluster.create()
    const relay = new Relay(cluster.port)
    const service = await serviceOn(await relay.listen())
    let cuts = 0
    relay.onSend = (chunk, cut) => {
      if (!chunk.includes('; commit') || cuts > 0) return true
      cuts++
      cut()
      return false
    }
    expectUnavailable(await post(service, 'A'))
    expect(cuts).toBe(1)
    expect((await post(service, 'B')).statusCode).toBe(201)
    await expectEach(cluster.url, ['B'])
  })

  test('continues on a promoted replica, without losing a confirmed write', async () => {
    const primary = await Cluster.create()
    const replica = await Cluster.create(primary)
    // Commits wait for the replica, as they must if a promotion may lose nothing.
    await fromOutside(primary.url, async (client) => {
      await client.query(`alter system set synchronous_standby_names = '*'`)
      await client.query('select pg_reload_conf()')
    })
    const relay = new Relay(primary.port)
    const service = await serviceOn(await relay.listen())
    const written = await writeDuring(service, async (progress) => {
      await progress.writes()
      await primary.stop('immediate')
      relay.target = replica.port
      relay.cut()
      // A replica rejects writes until it is promoted.
      await progress.refusal()
      await replica.promote()
      await fromOutside(replica.url, async (client) => {
        await client.query(`alter system set synchronous_standby_names = ''`)
        await client.query('select pg_reload_conf()')
      })
      await progress.writes()
    })
    await expectEach(replica.url, written)
  })

  test('stays ready while a table is locked, and responds with 503 to its readers', async () => {
    const cluster = await Cluster.create()
    const service = await serviceOn(cluster.url)
    await fromOutside(cluster.url, async (client) => {
      await client.query('begin; lock table speakers in access exclusive mode')
      // More than there are connections.
      const read = async () => service.app.inject('/v1/speakers')
      const reads = Array.from({ length: 15 }, read)
      await eventually(async () => {
        const { rows } = await client.query('select count(*) as n from pg_locks where not granted')
        expect(rows[0].n).toBeGreaterThanOrEqual(10)
      })
      expect((await service.app.inject('/readyz')).statusCode).toBe(200)
      for (const each of reads) expectUnavailable(await each)
      await client.query('rollback')
    })
    expect((await service.app.inject('/v1/speakers')).statusCode).toBe(200)
  })

  test('responds with 503 to a query that the server cancels', async () => {
    const cluster = await Cluster.create()
    await fromOutside(cluster.url, (client) =>
      client.query(`alter database postgres set statement_timeout = '300ms'`),
    )
    const service = await serviceOn(cluster.url)
    await fromOutside(cluster.url, async (client) => {
      await client.query('begin; lock table speakers in access exclusive mode')
      const answer = await service.app.inject('/v1/speakers')
      expectUnavailable(answer)
      expect(answer.json().detail).toContain('took too long')
      await client.query('rollback')
    })
  })

  test('responds with 503 while its database is renamed, and recovers without a restart', async () => {
    const cluster = await Cluster.create()
    const url = cluster.url.replace(/postgres$/, 'tracker')
    await fromOutside(cluster.url, (client) => client.query('create database tracker'))
    const service = await serviceOn(url)
    expect((await post(service, 'before')).statusCode).toBe(201)
    const rename = (from: string, to: string) =>
      fromOutside(cluster.url, async (client) => {
        await client.query(`alter database ${from} with allow_connections false`)
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`)
        await client.query(`alter database ${from} rename to ${to}`)
        await client.query(`alter database ${to} with allow_connections true`)
      })
    await rename('tracker', 'elsewhere')
    for (let n = 0; n < 3; n++) {
      expectUnavailable(await post(service, 'meanwhile'))
      expectUnavailable(await service.app.inject('/v1/speakers'))
      expectUnavailable(await service.app.inject('/readyz'))
    }
    await rename('elsewhere', 'tracker')
    await writeUntilStored(service, 'after')
    await expectEach(url, ['before', 'after'])
  })
})
