// Reads from replicas: a client that sends the consistency token of its write sees the write, and the primary answers
// what a replica cannot.
import type { FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { createKey } from '../src/db/keys.ts'
import { openEngine } from '../src/db/open.ts'
import { service } from './helpers/app.ts'
import { Cluster, canServe } from './helpers/cluster.ts'
import { fromOutside } from './helpers/database.ts'
import { eventually } from './helpers/wait.ts'

/** A primary with replicas, and the service on them. */
async function createReplicated(count = 1) {
  const primary = await Cluster.create()
  const first = await openEngine(primary.url)
  await first.migrate()
  const { token } = await createKey(first, { name: 'test', role: 'admin', expiresAt: null, now: new Date() })
  await first.close()
  const replicas: Cluster[] = []
  for (let n = 0; n < count; n++) replicas.push(await Cluster.create(primary))
  const engine = await openEngine(primary.url, { replicas: replicas.map(({ url }) => url) })
  const app = await buildApp({ engine })
  await app.ready()
  onTestFinished(async () => {
    await app.close()
    await engine.close()
  })
  return { primary, replicas, app, key: `Bearer ${token}` }
}

const post = (app: FastifyInstance, authorization: string, name: string) =>
  app.inject({ method: 'POST', url: '/v1/speakers', payload: { name }, headers: { authorization } })

const namesOf = async (app: FastifyInstance, url = '/v1/speakers?sort=name', token?: string) => {
  const response = await app.inject({ url, headers: { ...(token && { 'consistency-token': token }) } })
  expect(response.statusCode, response.body).toBe(200)
  return response.json().data.map(({ name }: { name: string }) => name)
}

/** Stops the replay of the replica, so that it stays at its current state. */
const pauseReplay = (replica: Cluster) =>
  fromOutside(replica.url, (client) => client.query('select pg_wal_replay_pause()'))

const caughtUp = async (primary: Cluster, replica: Cluster) => {
  const place = `select coalesce(pg_last_wal_replay_lsn(), pg_current_wal_lsn())::text as place`
  const at = async ({ url }: Cluster) =>
    (await fromOutside(url, (client) => client.query(place))).rows[0].place as string
  const wanted = await at(primary)
  await eventually(async () => expect((await at(replica)) >= wanted).toBe(true))
}

describe.skipIf(!canServe)('reads from replicas', () => {
  test("return a client's own write with its token, and an older state without it, while the replica lags", async () => {
    const { primary, replicas, app, key } = await createReplicated()
    const [replica] = replicas as [Cluster]
    await post(app, key, 'A')
    await caughtUp(primary, replica)
    await pauseReplay(replica)
    const written = await post(app, key, 'B')
    const token = String(written.headers['consistency-token'])
    expect(token).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/)
    // The missing record shows that the replica has answered.
    expect(await namesOf(app)).toEqual(['A'])
    expect(await namesOf(app, undefined, token)).toEqual(['A', 'B'])
    const { id } = written.json()
    expect((await app.inject(`/v1/speakers/${id}`)).statusCode).toBe(404)
    const own = { url: `/v1/speakers/${id}`, headers: { 'consistency-token': token } }
    expect((await app.inject(own)).statusCode).toBe(200)
    // The replica has replayed the earlier write, so it answers requests with its token.
    await fromOutside(replica.url, (client) => client.query('select pg_wal_replay_resume()'))
    await caughtUp(primary, replica)
    await pauseReplay(replica)
    await post(app, key, 'C')
    expect(await namesOf(app, undefined, token)).toEqual(['A', 'B'])
  })

  test('continue a walk on the primary if it began there, and stream the current state', async () => {
    const { primary, replicas, app, key } = await createReplicated()
    const [replica] = replicas as [Cluster]
    await post(app, key, 'A')
    await caughtUp(primary, replica)
    await pauseReplay(replica)
    await post(app, key, 'B')
    const last = await post(app, key, 'C')
    const first = await app.inject({
      url: '/v1/speakers?sort=name&limit=1',
      headers: { 'consistency-token': String(last.headers['consistency-token']) },
    })
    const { data, page } = first.json()
    expect(data[0].name).toBe('A')
    expect(await namesOf(app, `/v1/speakers?sort=name&limit=5&cursor=${page.nextCursor}`)).toEqual(['B', 'C'])
    const csv = await app.inject('/v1/speakers.csv')
    expect(csv.body.trim().split('\n')).toHaveLength(4)
  })

  test('do not delay the revocation of a key', async () => {
    const { primary, replicas, app, key } = await createReplicated()
    const [replica] = replicas as [Cluster]
    await caughtUp(primary, replica)
    await pauseReplay(replica)
    await fromOutside(primary.url, (client) =>
      client.query(`update keys set "revokedAt" = '2020-01-01T00:00:00.000Z'`),
    )
    expect((await post(app, key, 'A')).statusCode).toBe(401)
  })

  test('are distributed over several, and continue without those that are down', async () => {
    const { primary, replicas, app, key } = await createReplicated(2)
    await post(app, key, 'A')
    for (const replica of replicas) await caughtUp(primary, replica)
    for (let n = 0; n < 10; n++) expect(await namesOf(app)).toEqual(['A'])
    for (const { url } of replicas) {
      const { rows } = await fromOutside(url, (client) =>
        client.query(
          `select count(*) as readers from pg_stat_activity where application_name = 'sco-tracker'`,
        ),
      )
      expect(Number(rows[0].readers)).toBeGreaterThan(0)
    }
    await replicas[0]?.stop('immediate')
    for (let n = 0; n < 10; n++) expect(await namesOf(app)).toEqual(['A'])
    await replicas[1]?.stop('immediate')
    const { statusCode } = await post(app, key, 'B')
    expect(statusCode).toBe(201)
    for (let n = 0; n < 10; n++) expect(await namesOf(app)).toEqual(['A', 'B'])
  })

  test('reject a malformed token with 400, and name the header', async () => {
    const { app } = await createReplicated()
    for (const token of ['x', '0/1 ', "0/1'; select 1", '0/123456789']) {
      const response = await app.inject({ url: '/v1/speakers', headers: { 'consistency-token': token } })
      expect([token, response.statusCode]).toEqual([token, 400])
      expect(response.json()).toMatchObject({
        type: '/problems/invalid-parameter',
        errors: [{ parameter: 'Consistency-Token' }],
      })
    }
  })
})

test('without replicas, responses have no token, and requests with one are answered as usual', async () => {
  const s = await service()
  const written = await s.post('/v1/speakers', { name: 'A' })
  expect(written.headers['consistency-token']).toBeUndefined()
  expect((await s.get('/v1/speakers', { 'consistency-token': 'x' })).body['data']).toHaveLength(1)
})
