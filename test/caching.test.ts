// HTTP caching: ETag, Last-Modified and Cache-Control of every GET, and which ETags a write changes.
import { describe, expect, test } from 'vitest'
import { type Service, service, type TestResponse } from './helpers/app.ts'
import { type Body, kinds, leastBody, oneOfEach, pathOf, type ResourceKind } from './helpers/bodies.ts'

async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

interface Fixture {
  ids: Record<ResourceKind, string>
  /** The ids of a part of each kind, by the path of the collection of their record and the name of the parameter. */
  parts: Record<string, Record<string, string>>
}

async function createFixture(s: Service): Promise<Fixture> {
  const ids = await oneOfEach(s)
  const add = async (url: string, body: Body) => (await create(s, url, body))['id'] as string
  const quote = { sourceId: ids.source, motivation: 'quote', exact: 'The text' }
  const position = { stateCode: ids.state, position: 'supported', statedOn: '2022-09-01' }
  const treaty = await add('/v1/agreements', leastBody('agreement', ids))
  const other = await add('/v1/sources', { title: 'T', language: 'en', text: 'Another.' })
  const added: [ResourceKind, string, string, Body][] = [
    ['proposal', 'events', 'eventId', { type: 'under-consideration', occurredOn: '2022-09-01' }],
    ['agreement', 'events', 'eventId', { type: 'drafted', occurredOn: '2022-09-01' }],
    ['proposal', 'positions', 'positionId', position],
    ['agreement', 'positions', 'positionId', position],
    ['statement', 'positions', 'positionId', position],
    ['speaker', 'memberships', 'membershipId', { role: 'Delegate', organizationId: ids.organization }],
    ['state', 'memberships', 'membershipId', { role: 'member', organizationId: ids.organization }],
    ['organization', 'memberships', 'membershipId', { role: 'member', stateCode: ids.state }],
    ['proposal', 'relations', 'relationId', { type: 'became', targetId: ids.agreement }],
    ['agreement', 'relations', 'relationId', { type: 'supersedes', targetId: treaty }],
    ['meeting', 'relations', 'relationId', { type: 'implements', targetId: ids.agreement }],
    ['organization', 'relations', 'relationId', { type: 'established-by', targetId: ids.agreement }],
    ['source', 'relations', 'relationId', { type: 'based-on', targetId: other }],
  ]
  const parts: Fixture['parts'] = {}
  for (const kind of kinds) {
    const evidenceId = await add(`${pathOf(kind)}/${ids[kind]}/evidence`, quote)
    parts[pathOf(kind)] = { evidenceId }
    parts['/v1/evidence'] = { id: evidenceId }
  }
  for (const [kind, path, parameter, body] of added) {
    const url = `${pathOf(kind)}/${ids[kind]}/${path}`
    const id = await add(url, body)
    await add(`${url}/${id}/evidence`, quote)
    Object.assign(parts[pathOf(kind)] ?? {}, { [parameter]: id })
    parts[`/v1/${path}`] = { id }
  }
  return { ids, parts }
}

/** The URLs of every GET in the OpenAPI document, with their parameters filled in. */
function urls(s: Service, { ids, parts }: Fixture): string[] {
  const { paths } = s.app.swagger() as unknown as { paths: Record<string, Record<string, unknown>> }
  return Object.entries(paths).flatMap(([path, methods]) => {
    // Only admins can read webhooks; they have tests of their own. A live feed does not end.
    if (!methods['get'] || /^\/v1\/(webhooks|imports\/\{id\}|changes\/live)/.test(path)) return []
    const collection = path.split('/').slice(0, 3).join('/')
    const kind = kinds.find((one) => pathOf(one) === collection)
    const values: Record<string, string> = {
      ...(kind && { id: ids[kind] }),
      ...parts[collection],
      version: '1',
      code: 'not-found',
    }
    const filled = path.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
    if (path === '/v1/search') return [`${filled}?q=text`]
    if (path.startsWith('/v1/imports/template')) return [`${filled}?kind=meeting`]
    return path.startsWith('/v1/stats/') ? [`${filled}?by=topic`] : [filled]
  })
}

/** The headers that describe the response, without those of the connection and the time. */
const own = ({ headers }: TestResponse) =>
  Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) =>
        !['date', 'x-request-id', 'transfer-encoding', 'connection', 'content-length', 'keep-alive'].includes(
          name,
        ),
    ),
  )

test('every GET of the document has a strong ETag, answers 304 to If-None-Match, has Cache-Control, and a HEAD with equal headers', async () => {
  const s = await service()
  const all = urls(s, await createFixture(s))
  expect(all.length).toBeGreaterThan(60)
  expect(all.filter((url) => url.includes('{'))).toEqual([])
  for (const url of all) {
    const full = await s.get(url)
    expect(full.status, `${url} ${full.text}`).toBe(200)
    const head = await s.request({ method: 'HEAD', url })
    expect([head.status, head.text], url).toEqual([200, ''])
    expect(own(head), url).toEqual(own(full))
    if (url === '/metrics') {
      expect(full.headers['cache-control']).toBe('no-store')
      continue
    }
    expect([full.headers['content-length'], undefined], url).toContain(head.headers['content-length'])
    const tag = String(full.headers['etag'])
    expect(tag, url).toMatch(/^"[\x21\x23-\x7e]+"$/)
    expect(full.headers['cache-control'], url).toMatch(/^public, no-cache$/)
    expect(String(full.headers['vary']).split(/, */), url).toContain('Accept')
    for (const method of ['GET', 'HEAD'] as const) {
      for (const ifNoneMatch of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const again = await s.request({ method, url, headers: { 'if-none-match': ifNoneMatch } })
        expect([again.status, again.text], `${method} ${url} ${ifNoneMatch}`).toEqual([304, ''])
        // RFC 9110, section 15.4.5: a 304 has the headers that a 200 would have.
        for (const name of ['etag', 'cache-control', 'vary'])
          expect(again.headers[name], url).toBe(full.headers[name])
      }
      for (const other of ['"other"', tag.slice(0, -2), '""'])
        expect((await s.request({ method, url, headers: { 'if-none-match': other } })).status, url).toBe(200)
    }
    expect((await s.get(url)).headers['etag'], `${url} again`).toBe(tag)
  }
})

test('every GET of a record has Last-Modified', async () => {
  const s = await service()
  const places = await createFixture(s)
  const records = [
    ...kinds.map((kind) => `${pathOf(kind)}/${places.ids[kind]}`),
    ...kinds.map(
      (kind) => `${pathOf(kind)}/${places.ids[kind]}/evidence/${places.parts[pathOf(kind)]?.['evidenceId']}`,
    ),
    `/v1/proposals/${places.ids.proposal}/positions/${places.parts['/v1/proposals']?.['positionId']}`,
    `/v1/proposals/${places.ids.proposal}?include=evidence`,
    `/v1/proposals/${places.ids.proposal}?asOf=2022-09-01`,
  ]
  for (const url of records) {
    const { headers, body } = await s.get(url)
    const whole = new Date(Math.floor(Date.parse(body['updatedAt']) / 1000) * 1000)
    expect(headers['last-modified'], url).toBe(whole.toUTCString())
  }
})

test('responses that require a key are private to the client, and problems are not cached', async () => {
  const s = await service({ requireKeyForReads: true })
  const authorization = `Bearer ${s.keys.analyst}`
  for (const url of ['/v1/proposals', '/v1/proposals.csv', '/v1/search?q=a', '/v1/stats/meetings?by=year']) {
    const { status, headers } = await s.get(url, { authorization })
    expect(status, url).toBe(200)
    expect(headers['cache-control'], url).toMatch(/^private/)
    const refused = await s.get(url)
    expect(refused.status, url).toBe(401)
    expect(refused.headers['etag'], url).toBeUndefined()
    expect(String(refused.headers['cache-control'] ?? ''), url).not.toContain('public')
    expect((await s.get(url, { 'if-none-match': '*' })).status, url).toBe(401)
  }
  for (const url of ['/v1/proposals?limit=0', '/v1/proposals/prp_01gb6jc400ezz8kdnweefcy4dk', '/nowhere'])
    expect((await s.get(url, { authorization, 'if-none-match': '*' })).status, url).toBeGreaterThanOrEqual(
      400,
    )
})

describe('a write', () => {
  test('changes the ETags of exactly the responses it affects', async () => {
    const s = await service()
    const { body: uz } = await s.post('/v1/states', { code: 'XA', name: 'Land' })
    const { id: topic } = await create(s, '/v1/topics', { slug: 'drones', prefLabel: 'Drones' })
    const { id: body } = await create(s, '/v1/organizations', { name: 'Body', classification: 'organ' })
    const { id: meeting } = await create(s, '/v1/meetings', {
      name: 'Meeting',
      startDate: '2022-08-24',
      organizationId: body,
    })
    const { id: speaker } = await create(s, '/v1/speakers', { name: 'Person' })
    const { id: agreement } = await create(s, '/v1/agreements', { title: 'Agreement', kind: 'treaty' })
    const { id: source } = await create(s, '/v1/sources', { title: 'Source', language: 'en', text: 'Words.' })
    const proposals: string[] = []
    for (const [title, topicIds] of [
      ['A', ['drones']],
      ['B', []],
      ['C', []],
    ] as const)
      proposals.push(
        (
          await create(s, '/v1/proposals', {
            title,
            topicIds,
            events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
            meetingId: meeting,
            contributors: [{ role: 'proposer', speakerId: speaker, stateCode: uz['code'] }],
          })
        )['id'],
      )
    const [a, b, c] = proposals as [string, string, string]
    await create(s, `/v1/proposals/${a}/relations`, { type: 'became', targetId: agreement })
    const WATCHED = {
      a: `/v1/proposals/${a}`,
      b: `/v1/proposals/${b}`,
      'a then': `/v1/proposals/${a}?asOf=2022-08-24`,
      'a with meeting': `/v1/proposals/${a}?include=meeting`,
      'a with meeting.organization': `/v1/proposals/${a}?include=meeting.organization`,
      'b with parts': `/v1/proposals/${b}?include=parts`,
      'meeting with proposals': `/v1/meetings/${meeting}?include=proposals`,
      'a events': `/v1/proposals/${a}/events`,
      'a positions': `/v1/proposals/${a}/positions?asOf=2022-08-24`,
      'a evidence': `/v1/proposals/${a}/evidence`,
      'a lineage': `/v1/proposals/${a}/lineage`,
      meeting: `/v1/meetings/${meeting}`,
      body: `/v1/organizations/${body}`,
      source: `/v1/sources/${source}`,
      annotations: `/v1/sources/${source}/annotations`,
      proposals: '/v1/proposals?sort=title',
      'first proposal': '/v1/proposals?sort=title&limit=1',
      'proposals about drones': '/v1/proposals?topic=drones',
      'proposals adopted': '/v1/proposals?status=adopted',
      'first speaker of many': '/v1/speakers?limit=1',
      meetings: '/v1/meetings',
      'meetings.ics': '/v1/meetings.ics',
      'proposals.csv': '/v1/proposals.csv',
      'by status': '/v1/stats/proposals?by=status',
      'by topic': '/v1/stats/proposals?by=topic',
    }
    await create(s, '/v1/speakers', { name: 'Second' })
    type Watched = keyof typeof WATCHED
    const tags = async () =>
      new Map(
        await Promise.all(
          Object.entries(WATCHED).map(async ([name, url]) => {
            const { status, headers } = await s.get(url)
            expect(status, url).toBe(200)
            return [name, headers['etag']] as const
          }),
        ),
      )
    const expectChanged = async (what: string, write: () => Promise<TestResponse>, expected: Watched[]) => {
      const before = await tags()
      const { status, text } = await write()
      expect(status, `${what}: ${text}`).toBeLessThan(300)
      const after = await tags()
      const changed = Object.keys(WATCHED).filter((name) => before.get(name) !== after.get(name))
      expect(changed, what).toEqual(Object.keys(WATCHED).filter((name) => expected.includes(name as Watched)))
    }
    const lists: Watched[] = ['proposals', 'proposals.csv', 'meeting with proposals']
    const ofA: Watched[] = ['a', 'a then', 'a with meeting', 'a with meeting.organization']

    await expectChanged('a patch that changes nothing', () => s.patch(WATCHED.a, { title: 'A' }), [])
    await expectChanged('the summary of a', () => s.patch(WATCHED.a, { summary: 'New' }), [
      ...ofA,
      ...lists,
      'first proposal',
      'proposals about drones',
    ])
    await expectChanged('the summary of b', () => s.patch(WATCHED.b, { summary: 'New' }), [
      'b',
      'b with parts',
      ...lists,
      'first proposal',
    ])
    await expectChanged('c becomes a part of b', () => s.patch(`/v1/proposals/${c}`, { parentId: b }), [
      'b with parts',
      ...lists,
      'first proposal',
    ])
    await expectChanged('the city of the meeting', () => s.patch(WATCHED.meeting, { city: 'Osh' }), [
      'a with meeting',
      'a with meeting.organization',
      'meeting',
      'meeting with proposals',
      'meetings',
      'meetings.ics',
      'proposals.csv',
    ])
    await expectChanged('the seat of the body', () => s.patch(WATCHED.body, { seat: 'Osh' }), [
      'body',
      'a with meeting.organization',
      'proposals.csv',
    ])
    await expectChanged(
      'a is adopted',
      () => s.post(`/v1/proposals/${a}/events`, { type: 'adopted', occurredOn: '2023-01-01' }),
      [
        ...ofA,
        ...lists,
        'first proposal',
        'proposals about drones',
        'a events',
        'a lineage',
        'proposals adopted',
        'by status',
      ],
    )
    await expectChanged(
      'a state takes a position on a',
      () =>
        s.post(`/v1/proposals/${a}/positions`, {
          stateCode: 'XA',
          position: 'supported',
          statedOn: '2022-08-24',
        }),
      ['a positions'],
    )
    const cited = { sourceId: source, motivation: 'inference', exact: 'Words', note: 'Why.' }
    await expectChanged('an inference about a', () => s.post(`/v1/proposals/${a}/evidence`, cited), [
      'a evidence',
      'annotations',
    ])
    await expectChanged(
      'a quote for a',
      () => s.post(`/v1/proposals/${a}/evidence`, { ...cited, motivation: 'quote' }),
      [
        ...ofA,
        ...lists,
        'first proposal',
        'proposals about drones',
        'a evidence',
        'annotations',
        'proposals adopted',
      ],
    )
    await expectChanged(
      'the agreement is renamed',
      () => s.patch(`/v1/agreements/${agreement}`, { title: 'Treaty' }),
      ['a lineage'],
    )
    await expectChanged(
      'the label of the topic',
      () => s.patch(`/v1/topics/${topic}`, { prefLabel: 'UAV' }),
      ['by topic', 'proposals.csv'],
    )
    await expectChanged('a speaker after the first page', () => s.post('/v1/speakers', { name: 'Third' }), [
      'first speaker of many',
      'proposals.csv',
    ])
    await expectChanged('c is deleted', () => s.del(`/v1/proposals/${c}`), [
      'b with parts',
      ...lists,
      'first proposal',
      'by status',
      'by topic',
    ])
  })

  test('returns the ETag of the next GET', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const kind of kinds) {
      const url = `${pathOf(kind)}/${ids[kind]}`
      const field = { statement: 'text', topic: 'prefLabel' }[kind as string]
      const { body } = await s.get(url)
      const patched = await s.patch(url, { [field ?? ('title' in body ? 'title' : 'name')]: 'Renamed' })
      expect(patched.status, patched.text).toBe(200)
      const { headers } = await s.get(url)
      expect(headers['etag'], kind).toBe(patched.headers['etag'])
      expect(headers['last-modified'], kind).toBe(patched.headers['last-modified'])
    }
  })

  test('accepts in If-Match the ETag of a response with include', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const url = `/v1/proposals/${ids.proposal}`
    const { headers } = await s.get(`${url}?include=meeting,topics,evidence`)
    const stale = (await s.get(`${url}?include=evidence`)).headers['etag']
    expect((await s.patch(url, { title: 'B' }, { 'if-match': String(headers['etag']) })).status).toBe(200)
    expect((await s.patch(url, { title: 'C' }, { 'if-match': String(stale) })).status).toBe(412)
  })
})
