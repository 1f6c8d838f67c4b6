// Reads spread over replicas: whoever sends back the token of a write sees that write, and what a replica cannot
// answer the primary does.
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
async function spread(count = 1) {
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
  const answer = await app.inject({ url, headers: { ...(token && { 'consistency-token': token }) } })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json().data.map(({ name }: { name: string }) => name)
}

/** From here on a replica shows the state that it has, and nothing newer. */
const hold = (replica: Cluster) =>
  fromOutside(replica.url, (client) => client.query('select pg_wal_replay_pause()'))

const caughtUp = async (primary: Cluster, replica: Cluster) => {
  const place = `select coalesce(pg_last_wal_replay_lsn(), pg_current_wal_lsn())::text as place`
  const at = async ({ url }: Cluster) =>
    (await fromOutside(url, (client) => client.query(place))).rows[0].place as string
  const wanted = await at(primary)
  await eventually(async () => expect((await at(replica)) >= wanted).toBe(true))
}

describe.skipIf(!canServe)('with a replica', () => {
  test('that is behind, a client sees its own write by the token of the write, and others see the state before', async () => {
    const { primary, replicas, app, key } = await spread()
    const [replica] = replicas as [Cluster]
    await post(app, key, 'A')
    await caughtUp(primary, replica)
    await hold(replica)
    const written = await post(app, key, 'B')
    const token = String(written.headers['consistency-token'])
    expect(token).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/)
    // That it is the replica that answers shows in what it does not know.
    expect(await namesOf(app)).toEqual(['A'])
    expect(await namesOf(app, undefined, token)).toEqual(['A', 'B'])
    const { id } = written.json()
    expect((await app.inject(`/v1/speakers/${id}`)).statusCode).toBe(404)
    const own = { url: `/v1/speakers/${id}`, headers: { 'consistency-token': token } }
    expect((await app.inject(own)).statusCode).toBe(200)
    // An earlier write is known there, so its token is answered there.
    await fromOutside(replica.url, (client) => client.query('select pg_wal_replay_resume()'))
    await caughtUp(primary, replica)
    await hold(replica)
    await post(app, key, 'C')
    expect(await namesOf(app, undefined, token)).toEqual(['A', 'B'])
  })

  test('that is behind, a walk that began on the primary goes on there, and streams are whole and of now', async () => {
    const { primary, replicas, app, key } = await spread()
    const [replica] = replicas as [Cluster]
    await post(app, key, 'A')
    await caughtUp(primary, replica)
    await hold(replica)
    await post(app, key, 'B')
    const last = await post(app, key, 'C')
    const first = await app.inject({
      url: '/v1/speakers?sort=name&limit=1',
      headers: { 'consistency-token': String(last.headers['consistency-token']) },
    })
    const { data, page } = first.json()
    expect(data[0].name).toBe('A')
    expect(await namesOf(app, `/v1/speakers?sort=name&limit=5&cursor=${page.nextCursor}`)).toEqual(['B', 'C'])
    const csv = await app.inject('/v1/speakers?format=csv')
    expect(csv.body.trim().split('\n')).toHaveLength(4)
  })

  test('a key that was revoked is refused at once, though the replica still knows it', async () => {
    const { primary, replicas, app, key } = await spread()
    const [replica] = replicas as [Cluster]
    await caughtUp(primary, replica)
    await hold(replica)
    await fromOutside(primary.url, (client) =>
      client.query(`update keys set "revokedAt" = '2020-01-01T00:00:00.000Z'`),
    )
    expect((await post(app, key, 'A')).statusCode).toBe(401)
  })

  test('that is gone, reads are answered all the same; two share the reads', async () => {
    const { primary, replicas, app, key } = await spread(2)
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

  test('a token that no write answered is refused, and names the header', async () => {
    const { app } = await spread()
    for (const token of ['x', '0/1 ', "0/1'; select 1", '0/123456789']) {
      const answer = await app.inject({ url: '/v1/speakers', headers: { 'consistency-token': token } })
      expect([token, answer.statusCode]).toEqual([token, 400])
      expect(answer.json()).toMatchObject({
        type: '/problems/invalid-parameter',
        errors: [{ parameter: 'Consistency-Token' }],
      })
    }
  })
})

test('without replicas there is no token, and one that is sent changes nothing', async () => {
  const s = await service()
  const written = await s.post('/v1/speakers', { name: 'A' })
  expect(written.headers['consistency-token']).toBeUndefined()
  expect((await s.get('/v1/speakers', { 'consistency-token': 'x' })).body['data']).toHaveLength(1)
})
