// The history of a record: every version with its author, time and request, and the patches between them.
import { applyPatch, type Operation } from 'rfc6902'
import { describe, expect, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import { type Body, fullBody, kinds, oneOfEach, pathOf, type ResourceKind } from './helpers/bodies.ts'

/** The text field of each kind, which the tests change. */
const TEXT: Record<ResourceKind, string> = {
  meeting: 'name',
  speaker: 'name',
  proposal: 'title',
  agreement: 'title',
  statement: 'text',
  organization: 'name',
  state: 'name',
  topic: 'prefLabel',
  source: 'title',
}

const historyOf = async ({ get }: Service, url: string, query = '?limit=200'): Promise<Body[]> =>
  (await get(`${url}/history${query}`)).body['data']

/**
 * The document of each version, rebuilt from the patches. They are applied below a root, because applyPatch can
 * only add and remove members of an object, and the first and last patch add and remove the whole document.
 */
function rebuild(history: Body[]): (Body | undefined)[] {
  const root: { doc?: Body } = {}
  return history.toReversed().map(({ patch }) => {
    const operations = (patch as Operation[]).map((operation) => ({
      ...structuredClone(operation),
      path: `/doc${operation.path}`,
      ...('from' in operation && { from: `/doc${operation.from}` }),
    }))
    expect(applyPatch(root, operations as Operation[]).filter((fault) => fault !== null)).toEqual([])
    return structuredClone(root.doc)
  })
}

/** Compares every version with the result of its patches, and with the response when it was current. */
async function expectRebuilt(s: Service, url: string, seen: (Body | undefined)[]) {
  const history = await historyOf(s, url)
  expect(rebuild(history)).toEqual(seen)
  for (const { version, op } of history) {
    const { status, body } = await s.get(`${url}/history/${version}`)
    if (op === 'delete') expect(status, url).toBe(404)
    else expect(body, url).toEqual(seen[version - 1])
  }
}

describe('the versions of a record', () => {
  test('exist for all nine resources, also after deletion, and their patches rebuild each version exactly', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const kind of kinds) {
      const created = await s.post(pathOf(kind), fullBody(kind, ids))
      expect(created.status, created.text).toBe(201)
      const url = `${pathOf(kind)}/${created.body['id']}`
      const seen = [created.body]
      for (const patch of [
        { [TEXT[kind]]: 'Ein anderer ~1 / ~ "Текст" 😀' },
        { identifiers: [{ scheme: 'b', identifier: '1' }, ...created.body['identifiers']], sources: [] },
        { identifiers: [], [TEXT[kind]]: created.body[TEXT[kind]] },
      ]) {
        const { status, body, text } = await s.patch(url, patch)
        expect(status, text).toBe(200)
        seen.push(body)
      }
      expect((await s.del(url)).status, kind).toBe(204)
      const history = await historyOf(s, url)
      expect(history.map(({ version, op }) => [version, op])).toEqual([
        [5, 'delete'],
        [4, 'update'],
        [3, 'update'],
        [2, 'update'],
        [1, 'create'],
      ])
      expect(history.at(0)?.['patch']).toEqual([{ op: 'remove', path: '' }])
      expect(history.at(-1)?.['patch']).toEqual([{ op: 'add', path: '', value: created.body }])
      await expectRebuilt(s, url, [...seen, undefined])
    }
  })

  test('are rebuilt through lists that grow, shrink, are reordered and emptied', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const item = (position: number, topicIds: string[] = []) => ({
      position,
      title: `Item ${position}`,
      topicIds,
    })
    const guest = (stateCode: string) => ({ role: 'guest', stateCode })
    const host = { role: 'host', organizationId: ids.organization }
    const created = await s.post('/v1/meetings', { name: 'M', startDate: '2022-08-24' })
    const url = `/v1/meetings/${created.body['id']}`
    const seen = [created.body]
    for (const patch of [
      { agenda: [item(1), item(2), item(3)] },
      { agenda: [item(3, [ids.topic]), item(1)], participants: [guest(ids.state)] },
      { agenda: [item(1), item(2), item(3), item(4)], participants: [host, guest(ids.state)] },
      { agenda: [item(4), item(3), item(2), item(1)], organizationId: ids.organization },
      { agenda: [], participants: [guest(ids.state)], organizationId: null },
      { participants: [], summary: 'a\u2028b\\"/~0~1' },
    ]) {
      const { status, body, text } = await s.patch(url, patch)
      expect(status, text).toBe(200)
      seen.push(body)
    }
    await expectRebuilt(s, url, seen)
  })

  test('include those caused by other writes: an event changes the status, evidence the support', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const url = `/v1/proposals/${ids.proposal}`
    const seen = [(await s.get(url)).body]
    const event = { type: 'under-consideration', occurredOn: '2022-09-16' }
    const headers = { 'x-request-id': 'the-event' }
    expect((await s.post(`${url}/events`, event, headers)).status).toBe(201)
    seen.push((await s.get(url)).body)
    const quote = { sourceId: ids.source, motivation: 'quote', exact: 'The text' }
    const { body: evidence } = await s.post(`${url}/evidence`, quote)
    seen.push((await s.get(url)).body)
    await s.del(`${url}/evidence/${evidence['id']}`)
    seen.push((await s.get(url)).body)
    expect(seen.map((doc) => [doc['version'], doc['status'], doc['support']])).toEqual([
      [1, null, 'unsupported'],
      [2, 'under-consideration', 'unsupported'],
      [3, 'under-consideration', 'single-source'],
      [4, 'under-consideration', 'unsupported'],
    ])
    await expectRebuilt(s, url, seen)
    expect((await historyOf(s, url))[2]?.['requestId']).toBe('the-event')
  })

  test('have their author, time, request id and position in the change feed', async () => {
    let now = Date.UTC(2030, 0, 1)
    const s = await service({ clock: () => new Date(now) })
    const created = await s.post('/v1/speakers', { name: 'A' }, { 'x-request-id': 'first' })
    const url = `/v1/speakers/${created.body['id']}`
    now += 1000
    const as = { authorization: `Bearer ${s.keys.admin}`, 'x-request-id': 'second' }
    await s.patch(url, { name: 'B' }, as)
    now += 1000
    await s.del(url, { 'x-request-id': 'third' })
    const history = await historyOf(s, url)
    expect(history.map(({ actor, at, requestId }) => [actor.name, at, requestId])).toEqual([
      ['test admin', '2030-01-01T00:00:02.000Z', 'third'],
      ['test admin', '2030-01-01T00:00:01.000Z', 'second'],
      ['test analyst', '2030-01-01T00:00:00.000Z', 'first'],
    ])
    expect(new Set(history.map(({ actor }) => actor.id)).size).toBe(2)
    const feed = (await s.get('/v1/changes')).body['data'] as Body[]
    expect(history.toReversed().map(({ seq, version, op }) => ({ seq, version, op }))).toEqual(
      feed.map(({ seq, version, op }) => ({ seq, version, op })),
    )
    // The history contains no secret of a key.
    expect(JSON.stringify(history)).not.toContain(s.keys.admin)
  })

  test('of seeded records have the seed as author', async () => {
    const s = await service({ seed: true })
    const { body } = await s.get('/v1/proposals?limit=1')
    const [doc] = body['data']
    const [last] = await historyOf(s, `/v1/proposals/${doc['id']}`)
    expect(last).toMatchObject({
      version: doc['version'],
      actor: { id: 'seed', name: 'seed' },
      requestId: null,
    })
  })

  test('of a topic are found by its id and its current slug', async () => {
    const s = await service()
    const { body } = await s.post('/v1/topics', { slug: 'old', prefLabel: 'T' })
    await s.patch('/v1/topics/old', { slug: 'new' })
    const byId = await s.get(`/v1/topics/${body['id']}/history`)
    expect((await s.get('/v1/topics/new/history')).text).toBe(byId.text)
    expect((await s.get('/v1/topics/new/history/1')).body).toEqual(body)
    expect((await s.get('/v1/topics/old/history')).status).toBe(404)
    await s.del('/v1/topics/new')
    expect(await historyOf(s, `/v1/topics/${body['id']}`)).toHaveLength(3)
  })

  test('of a state continue when it is created again under the same code', async () => {
    const s = await service()
    const state = { code: 'ZZ', name: 'Z' }
    const first = (await s.post('/v1/states', state)).body
    await s.del('/v1/states/ZZ')
    const second = (await s.post('/v1/states', state)).body
    await s.patch('/v1/states/ZZ', { name: 'Y' })
    const history = await historyOf(s, '/v1/states/ZZ')
    expect(history.map(({ version, op }) => `${version} ${op}`)).toEqual([
      '4 update',
      '3 create',
      '2 delete',
      '1 create',
    ])
    expect(rebuild(history)).toEqual([first, undefined, second, (await s.get('/v1/states/ZZ')).body])
  })
})

describe('a version', () => {
  test('is exactly the body of a GET when it was current', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const kind of kinds) {
      const url = `${pathOf(kind)}/${ids[kind]}`
      const { text } = await s.get(url)
      await s.patch(url, { identifiers: [{ scheme: 'x', identifier: kind }] })
      expect((await s.get(`${url}/history/1`)).text, kind).toBe(text)
    }
  })

  test('that does not exist returns 404, and an invalid number 400', async () => {
    const s = await service()
    const { id } = (await s.post('/v1/speakers', { name: 'A' })).body
    const other = (await s.post('/v1/organizations', { name: 'A', classification: 'organ' })).body['id']
    for (const [path, status] of [
      [`speakers/${id}/history/2`, 404],
      [`speakers/${id}/history/999999999`, 404],
      [`speakers/${id}/history/0`, 400],
      [`speakers/${id}/history/-1`, 400],
      [`speakers/${id}/history/1.5`, 400],
      [`speakers/${id}/history/one`, 400],
      [`speakers/${id}/history?versions=1`, 400],
      [`speakers/${id}/history?limit=0`, 400],
      [`speakers/${id}/history?limit=201`, 400],
      [`speakers/${id}/history?before=0`, 400],
      ['speakers/spk_01gb6jc400ezz8kdnweefcy4dk/history', 404],
      ['speakers/spk_01gb6jc400ezz8kdnweefcy4dk/history/1', 404],
      // A record is not found under the path of another kind.
      [`speakers/${other}/history`, 404],
      ['states/ZZ/history', 404],
      ['topics/no-such-topic/history', 404],
    ] as const) {
      expect([path, (await s.get(`/v1/${path}`)).status]).toEqual([path, status])
    }
  })

  test('can be restored by a patch, which creates a new version with the old content', async () => {
    const s = await service()
    const first = (await s.post('/v1/speakers', { name: 'A', otherNames: [{ name: 'Alef' }] })).body
    const url = `/v1/speakers/${first['id']}`
    await s.patch(url, { name: 'B', otherNames: [] })
    const old = (await s.get(`${url}/history/1`)).body
    const back = (await s.patch(url, { name: old['name'], otherNames: old['otherNames'] })).body
    expect(back).toEqual({ ...first, version: 3, updatedAt: back['updatedAt'] })
    const [reverted] = await historyOf(s, url)
    expect(reverted).toMatchObject({ version: 3, op: 'update' })
    await expectRebuilt(s, url, [first, (await s.get(`${url}/history/2`)).body, back])
  })

  test('is not created by a write that changes nothing: same ETag, and no change in the feed', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const kind of kinds) {
      const { body, headers } = await s.post(pathOf(kind), fullBody(kind, ids))
      const url = `${pathOf(kind)}/${body['id']}`
      const feed = (await s.get('/v1/changes?limit=1000')).text
      for (const patch of [{}, { [TEXT[kind]]: body[TEXT[kind]], identifiers: body['identifiers'] }, body]) {
        const patched = await s.patch(url, patch)
        expect([patched.status, patched.headers['etag'], patched.body]).toEqual([200, headers['etag'], body])
      }
      expect(await historyOf(s, url), kind).toHaveLength(1)
      expect((await s.get('/v1/changes?limit=1000')).text, kind).toBe(feed)
    }
  })
})

describe('the patches', () => {
  test('contain only operations of RFC 6902 for what changed', async () => {
    const s = await service()
    const created = (await s.post('/v1/speakers', { name: 'A', otherNames: [{ name: 'B' }] })).body
    const url = `/v1/speakers/${created['id']}`
    const { updatedAt } = (await s.patch(url, { otherNames: [{ name: 'B' }, { name: 'C' }] })).body
    const [{ patch } = { patch: [] }] = await historyOf(s, url)
    const stamps = [{ op: 'replace', path: '/version', value: 2 }]
    if (updatedAt !== created['updatedAt'])
      stamps.push({ op: 'replace', path: '/updatedAt', value: updatedAt })
    expect(patch).toHaveLength(stamps.length + 1)
    expect(patch).toEqual(
      expect.arrayContaining([
        ...stamps,
        expect.objectContaining({
          op: 'add',
          path: expect.stringMatching(/^\/otherNames\/(1|-)$/),
          value: { name: 'C', language: null, type: 'alternative' },
        }),
      ]),
    )
  })
})

describe('pages of history', () => {
  test('lead by nextBefore to the first version, without repeats, and have the same patches in any size', async () => {
    const s = await service()
    const url = String((await s.post('/v1/speakers', { name: '1' })).headers['location'])
    for (let n = 2; n <= 30; n++) await s.patch(url, { name: String(n) })
    const whole = await historyOf(s, url)
    expect(whole.map(({ version }) => version)).toEqual(Array.from({ length: 30 }, (_, n) => 30 - n))
    for (const limit of [1, 7, 10, 29, 30]) {
      const found: Body[] = []
      let next: number | null = null
      do {
        const before: string = next === null ? '' : `&before=${next}`
        const { body } = await s.get(`${url}/history?limit=${limit}${before}`)
        expect(body['data'].length).toBeGreaterThan(0)
        expect(body['page']['limit']).toBe(limit)
        found.push(...body['data'])
        next = body['page']['nextBefore']
      } while (next !== null)
      expect(found, `limit ${limit}`).toEqual(whole)
    }
    const first = (await s.get(`${url}/history`)).body
    expect([first['data'].length, first['page']]).toEqual([25, { nextBefore: 6, limit: 25 }])
    expect((await s.get(`${url}/history?before=1`)).body).toEqual({
      data: [],
      page: { nextBefore: null, limit: 25 },
    })
  })

  test('have an ETag that changes with a new version', async () => {
    const s = await service()
    const url = String((await s.post('/v1/speakers', { name: 'A' })).headers['location'])
    const { headers } = await s.get(`${url}/history`)
    const etag = { 'if-none-match': String(headers['etag']) }
    expect((await s.get(`${url}/history`, etag)).status).toBe(304)
    await s.patch(url, { name: 'B' })
    expect((await s.get(`${url}/history`, etag)).status).toBe(200)
  })
})
