// include: related records beside their ids, both ways, one level on, bounded, and in one query each.

import { describe, expect, test } from 'vitest'
import { includePaths, isSingle, MAX_EMBEDDED } from '../src/records/read/include.ts'
import { loadRecord } from '../src/records/read/record.ts'
import type { IncludePath, Resource } from '../src/records/schema/resource.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { type Body, kinds, pathOf, type ResourceKind } from './helpers/bodies.ts'

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }

async function made(s: Service, url: string, body: unknown): Promise<Body> {
  const answer = await s.post(url, body)
  if (answer.status !== 201) throw new Error(`${url}: ${answer.text}`)
  return answer.body
}

const get = async (s: Service, url: string): Promise<Body> => {
  const { status, body, text } = await s.get(url)
  expect(status, `${url} ${text}`).toBe(200)
  return body
}

type Ids = Record<ResourceKind, string> & { bare: Record<ResourceKind, string> }

/** One record of each kind that is connected with all others by every field there is, and one that is with none. */
async function connected(s: Service): Promise<Ids> {
  const ids = { bare: {} } as Ids
  const make = async (kind: ResourceKind, body: Body) => {
    ids[kind] = (await made(s, pathOf(kind), body))['id']
  }
  const alone = async (kind: ResourceKind, body: Body) => {
    ids.bare[kind] = (await made(s, pathOf(kind), body))['id']
  }
  await alone('state', { code: 'XB', name: 'Bare' })
  await alone('organization', { name: 'Bare', classification: 'organ' })
  await alone('topic', { slug: 'bare', prefLabel: 'Bare' })
  await alone('meeting', { name: 'Bare', startDate: '2022' })
  await alone('speaker', { name: 'Bare' })
  await alone('agreement', { title: 'Bare', kind: 'treaty' })
  await alone('proposal', { title: 'Bare', proposedOn: '2022' })
  await alone('source', { title: 'Bare', language: 'en', text: 'Bare words.' })

  await make('state', { code: 'XA', name: 'Land' })
  const top = await made(s, '/v1/topics', { slug: 'top', prefLabel: 'Top' })
  const roof = await made(s, '/v1/organizations', { name: 'Roof', classification: 'organ' })
  await make('topic', { slug: 'middle', prefLabel: 'Middle', broaderId: top['id'] })
  await made(s, '/v1/topics', { slug: 'low', prefLabel: 'Low', broaderId: ids.topic })
  await make('organization', {
    name: 'Body',
    classification: 'organ',
    parentId: roof['id'],
    countryCode: 'XA',
  })
  await made(s, '/v1/organizations', {
    name: 'Part',
    classification: 'organ',
    parentId: ids.organization,
    countryCode: 'XA',
  })
  await make('speaker', {
    name: 'Person',
    posts: [{ title: 'M', stateCode: 'XA', organizationId: ids.organization }],
  })
  await make('meeting', {
    name: 'Meeting',
    startDate: '2022-08-24',
    organizationId: ids.organization,
    countryCode: 'XA',
    agenda: [{ position: 1, title: 'x', topicIds: [ids.topic] }],
    participants: [{ role: 'chair', stateCode: 'XA', speakerId: ids.speaker }],
  })
  await make('agreement', {
    title: 'Agreement',
    kind: 'treaty',
    draftedBy: { stateCode: 'XA', organizationId: ids.organization },
    meetingId: ids.meeting,
    topicIds: [ids.topic],
    parties: [{ stateCode: 'XA', signedOn: '2022' }],
  })
  const above = await made(s, '/v1/proposals', { title: 'Above', proposedOn: '2022' })
  await make('proposal', {
    title: 'Proposal',
    proposedOn: '2022-08-24',
    meetingId: ids.meeting,
    speakerId: ids.speaker,
    onBehalfOf: { stateCode: 'XA', organizationId: ids.organization },
    addresseeId: ids.organization,
    topicIds: [ids.topic],
    parentId: above['id'],
    agreementId: ids.agreement,
    events: [{ status: 'adopted', occurredOn: '2023-01-01', meetingId: ids.meeting }],
  })
  await made(s, '/v1/proposals', { title: 'Part', proposedOn: '2022', parentId: ids.proposal })
  await make('statement', {
    speakerId: ids.speaker,
    meetingId: ids.meeting,
    kind: 'direct',
    text: 'Words.',
    topicIds: [ids.topic],
  })
  await alone('statement', { speakerId: ids.bare.speaker, kind: 'direct', text: 'Bare.' })
  await make('source', {
    title: 'Source',
    language: 'en',
    text: 'It was said.',
    publisherId: ids.organization,
  })
  for (const kind of kinds)
    await made(s, `${pathOf(kind)}/${ids[kind]}/evidence`, {
      sourceId: ids.source,
      motivation: 'quote',
      exact: 'said',
    })
  await made(s, `/v1/proposals/${ids.proposal}/positions`, {
    stateCode: 'XA',
    position: 'supported',
    statedOn: '2022-09-01',
    meetingId: ids.meeting,
  })
  await made(s, `/v1/proposals/${ids.proposal}/relations`, { type: 'became', targetId: ids.agreement })
  await made(s, `/v1/agreements/${ids.agreement}/relations`, {
    type: 'supersedes',
    targetId: ids.bare.agreement,
  })
  return ids
}

const targetOf = (step: IncludePath) => ('to' in step ? step.to : 'from' in step ? step.from : step.part)

/** Every value at a path; lists on the way are gone through. */
function inside(value: unknown, [segment, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item) => inside(item, segment === undefined ? [] : [segment, ...rest]))
  if (value === null || value === undefined) return []
  return segment === undefined ? [value] : inside((value as Body)[segment], rest)
}

/** What lives under records, as its own routes show it. */
const PARTS: Record<string, string> = {
  evidence: 'evidence',
  event: 'events',
  position: 'positions',
  relation: 'relations',
}

/** What a relation should hold, found by other routes. */
async function byHand(s: Service, resource: Resource, row: Body, step: IncludePath): Promise<Body[]> {
  const strip = ({ direction: _, ...part }: Body) => part
  if ('part' in step) {
    const url = `/v1/${resource.path}/${row['id']}/${PARTS[step.part]}`
    const body = await get(s, url)
    if (step.part === 'position') return body['records']
    return body['data'].filter((part: Body) => part['direction'] !== 'incoming').map(strip)
  }
  if ('from' in step && step.from === 'evidence') {
    const found: Body[] = []
    for (const kind of kinds)
      for (const { id } of (await get(s, `${pathOf(kind)}?limit=200`))['data'])
        found.push(...(await get(s, `${pathOf(kind)}/${id}/evidence`))['data'])
    return found.filter((evidence) => evidence['sourceId'] === row['id'])
  }
  const { path } = catalogue.resource(targetOf(step))
  const all = (await get(s, `/v1/${path}?limit=200&sort=createdAt`))['data'] as Body[]
  if ('from' in step) return all.filter((other) => inside(other, step.field.split('.')).includes(row['id']))
  const wanted = inside(row, step.field.split('.'))
  return all.filter(({ id }) => wanted.includes(id))
}

const byId = (one: Body, other: Body) => (one['id'] < other['id'] ? -1 : 1)

test('every relation of every resource embeds what its ids lead to, or what leads here, and null or nothing where there is none', async () => {
  const s = await service()
  const ids = await connected(s)
  let tried = 0
  for (const resource of catalogue.resources) {
    const kind = resource.kind as ResourceKind
    for (const [name, step] of Object.entries(catalogue.includesOf(resource))) {
      const single = isSingle(resource, step)
      const url = `/v1/${resource.path}/${ids[kind]}`
      const plain = await get(s, url)
      const { [name]: embedded, ...rest } = await get(s, `${url}?include=${name}`)
      expect(rest, `${url} ${name}`).toEqual(plain)
      const expected = await byHand(s, resource, plain, step)
      expect(expected.length, `${kind}.${name} leads somewhere`).toBeGreaterThan(0)
      if (single) expect(embedded, `${kind}.${name}`).toEqual(expected[0])
      else expect([...embedded].sort(byId), `${kind}.${name}`).toEqual([...new Set(expected)].sort(byId))
      const listed = (await get(s, `/v1/${resource.path}?limit=200&include=${name}`))['data'] as Body[]
      expect(listed.find(({ id }) => id === ids[kind])?.[name], `list ${kind}.${name}`).toEqual(embedded)
      const bare = listed.find(({ id }) => id === ids.bare[kind])
      const own = await byHand(s, resource, await get(s, `/v1/${resource.path}/${ids.bare[kind]}`), step)
      expect(bare?.[name], `bare ${kind}.${name}`).toEqual(single ? (own[0] ?? null) : own)
      tried++
    }
    const all = Object.keys(catalogue.includesOf(resource)).join(',')
    const whole = await get(s, `/v1/${resource.path}/${ids[kind]}?include=${all}`)
    expect(Object.keys(whole)).toEqual(expect.arrayContaining(all.split(',')))
    expect(whole['includeTruncated']).toBeUndefined()
  }
  expect(tried).toBeGreaterThan(50)
})

test('every path of two steps embeds within what is embedded, and shows the same as asking for it alone', async () => {
  const s = await service()
  const ids = await connected(s)
  let tried = 0
  for (const resource of catalogue.resources) {
    const kind = resource.kind as ResourceKind
    for (const path of includePaths(catalogue, resource)) {
      const [name = '', further] = path.split('.')
      if (further === undefined) continue
      const body = await get(s, `/v1/${resource.path}/${ids[kind]}?include=${path}`)
      const [first] = [body[name]].flat()
      expect(first, `${kind} ${path}`).toHaveProperty(further)
      const step = catalogue.includesOf(resource)[name] as IncludePath
      const target = catalogue.resources.find((one) => one.kind === targetOf(step))
      if (!target) continue
      const alone = await get(s, `/v1/${target.path}/${first.id}?include=${further}`)
      expect(first, `${kind} ${path}`).toEqual(alone)
      tried++
    }
  }
  expect(tried).toBeGreaterThan(80)
})

test('a path that leads nowhere, goes further or is misspelt is 400 with those that are legal, and the nearest', async () => {
  const s = await service()
  for (const [include, near] of [
    ['meetng', 'meeting'],
    ['meeting.organisation', 'meeting.organization'],
    ['meeting,speeker', 'speaker'],
  ] as const) {
    const { body } = await s.get(`/v1/proposals?include=${include}`)
    expect(body).toMatchObject({ status: 400, errors: [{ parameter: 'include' }] })
    expect(body['errors'][0].detail).toContain(`Did you mean ${near}?`)
  }
  for (const include of ['meeting.organization.parent', 'id', 'meetingId', '', 'meeting,'])
    expect((await s.get(`/v1/proposals?include=${include}`)).status, include).toBe(400)
})

test('costs the same queries for 1 row and for 50, one for each relation, in lists and beside records', async () => {
  const s = await service()
  const ids = await connected(s)
  const records = recordsOn(s.engine)
  await records.write(AUTHOR, async (tx) => {
    for (const resource of catalogue.resources) {
      const kind = resource.kind as ResourceKind
      const model = JSON.parse((await loadRecord(tx, resource, ids[kind])).doc) as Body
      for (let n = 0; n < 55; n++) {
        const letters = String.fromCharCode(65 + Math.floor(n / 26)) + String.fromCharCode(65 + (n % 26))
        const own: Body = { slug: `s-${n}`, code: letters }
        const body = Object.fromEntries(
          Object.keys(resource.writable.shape).map((key) => [key, own[key] ?? model[key]]),
        )
        await createRecord(tx, resource, resource.create.parse(body) as Body)
      }
    }
  })
  for (const resource of catalogue.resources) {
    const kind = resource.kind as ResourceKind
    const count = async (url: string) => {
      s.queries()
      const { statusCode } = await s.app.inject(url)
      expect(statusCode, url).toBe(200)
      return s.queries().length
    }
    const list = (query: string) => count(`/v1/${resource.path}?sort=createdAt&${query}`)
    const record = `/v1/${resource.path}/${ids[kind]}`
    // Where the log stands is known from the second list on.
    await list('limit=1')
    const [bareList, bareRecord] = [await list('limit=50'), await count(record)]
    for (const path of includePaths(catalogue, resource)) {
      // A second step has nothing to look up where nothing of the first leads on.
      const costs = path.includes('.') ? [1, 2] : [1]
      expect(costs, `${kind} ${path}`).toContain((await list(`limit=50&include=${path}`)) - bareList)
      expect(costs, `${kind} ${path}`).toContain((await count(`${record}?include=${path}`)) - bareRecord)
    }
    const all = Object.keys(catalogue.includesOf(resource)).join(',')
    expect(await list(`limit=50&include=${all}`), kind).toBe(await list(`limit=49&include=${all}`))
  }
})

test('a list is cut at 100, oldest first, and the record says which lists were', async () => {
  const s = await service()
  const { id: meetingId } = await made(s, '/v1/meetings', { name: 'M', startDate: '2022' })
  const { id: other } = await made(s, '/v1/meetings', { name: 'N', startDate: '2022' })
  const records = recordsOn(s.engine)
  const proposals = catalogue.resource('proposal')
  const make = (meeting: unknown, from: number, to: number) =>
    records.write(AUTHOR, async (tx) => {
      for (let n = from; n < to; n++)
        await createRecord(
          tx,
          proposals,
          proposals.create.parse({ title: `P${n}`, proposedOn: '2022', meetingId: meeting }) as Body,
        )
    })
  await make(meetingId, 0, MAX_EMBEDDED)
  await make(other, 0, 3)
  const url = `/v1/meetings/${meetingId}?include=proposals,statements`
  const whole = await get(s, url)
  expect(whole['proposals']).toHaveLength(100)
  expect(whole).not.toHaveProperty('includeTruncated')
  await make(meetingId, MAX_EMBEDDED, MAX_EMBEDDED + 30)
  const cut = await get(s, url)
  expect(cut['proposals'].map(({ title }: Body) => title)).toEqual(
    Array.from({ length: 100 }, (_, n) => `P${n}`),
  )
  expect(cut['includeTruncated']).toEqual(['proposals'])
  const listed = (await get(s, '/v1/meetings?include=proposals'))['data'] as Body[]
  expect(listed.map((row) => [row['name'], row['proposals'].length, row['includeTruncated']]).sort()).toEqual(
    [
      ['M', 100, ['proposals']],
      ['N', 3, undefined],
    ],
  )
  const nested = (await get(s, `/v1/meetings/${meetingId}?include=proposals.meeting`))['proposals']
  expect(nested).toHaveLength(100)
  expect(nested.every((proposal: Body) => proposal['meeting'].id === meetingId)).toBe(true)
})

describe('include in the past', () => {
  test('with knownAt shows what was known then of what is embedded, deleted records included', async () => {
    let now = Date.UTC(2026, 0, 1)
    const s = await service({ clock: () => new Date(now) })
    const { id: meetingId } = await made(s, '/v1/meetings', { name: 'Old name', startDate: '2022' })
    const { id } = await made(s, '/v1/proposals', { title: 'P', proposedOn: '2022', meetingId })
    const part = await made(s, '/v1/proposals', { title: 'Part', proposedOn: '2022', parentId: id })
    now += 86_400_000
    await s.patch(`/v1/meetings/${meetingId}`, { name: 'New name' })
    await s.del(`/v1/proposals/${part['id']}`)
    await made(s, '/v1/proposals', { title: 'Later part', proposedOn: '2022', parentId: id })
    const then = 'knownAt=2026-01-01T12:00:00Z'
    const url = `/v1/proposals/${id}?include=meeting,parts`
    const past = await get(s, `${url}&${then}`)
    expect(past['meeting'].name).toBe('Old name')
    expect(past['parts'].map(({ title }: Body) => title)).toEqual(['Part'])
    const present = await get(s, url)
    expect(present['meeting'].name).toBe('New name')
    expect(present['parts'].map(({ title }: Body) => title)).toEqual(['Later part'])
    const list = await get(s, `/v1/proposals?include=meeting,parts&${then}&meeting=${meetingId}`)
    expect(list['data'][0].meeting.name).toBe('Old name')
    expect(list['data'][0].parts.map(({ title }: Body) => title)).toEqual(['Part'])
  })

  test('with asOf shows statuses, memberships, events and positions of that day, and nothing of later ones', async () => {
    const s = await service()
    await made(s, '/v1/states', {
      code: 'IR',
      name: 'Iran',
      memberships: [
        { status: 'observer', startDate: '2005-07-05', endDate: '2023-07-03' },
        { status: 'member', startDate: '2023-07-04' },
      ],
    })
    const agreement = await made(s, '/v1/agreements', {
      title: 'A',
      kind: 'treaty',
      events: [
        { status: 'drafted', occurredOn: '2022-08-24' },
        { status: 'signed', occurredOn: '2023-08-01' },
      ],
    })
    const { id } = await made(s, '/v1/proposals', {
      title: 'P',
      proposedOn: '2022-08-24',
      onBehalfOf: { stateCode: 'IR' },
      agreementId: agreement['id'],
      events: [{ status: 'adopted', occurredOn: '2023-08-01' }],
    })
    for (const [position, statedOn] of [
      ['reserved', '2022-09-01'],
      ['supported', '2023-08-01'],
    ])
      await made(s, `/v1/proposals/${id}/positions`, { stateCode: 'IR', position, statedOn })
    const seen = async (asOf: string) => {
      const body = await get(
        s,
        `/v1/proposals/${id}?include=state,agreement.events,events,positions.state&asOf=${asOf}`,
      )
      return {
        status: body['status'],
        state: body['state'].memberships.map((held: Body) => held['status']),
        agreement: body['agreement'].status,
        stages: body['agreement'].events.map((event: Body) => event['status']),
        events: body['events'].map((event: Body) => event['status']),
        positions: body['positions'].map((one: Body) => one['position']),
      }
    }
    expect(await seen('2023-07-03')).toEqual({
      status: 'proposed',
      state: ['observer'],
      agreement: 'drafted',
      stages: ['drafted'],
      events: ['proposed'],
      positions: ['reserved'],
    })
    expect(await seen('2023-08-01')).toEqual({
      status: 'adopted',
      state: ['member'],
      agreement: 'signed',
      stages: ['drafted', 'signed'],
      events: ['proposed', 'adopted'],
      positions: ['reserved', 'supported'],
    })
  })
})

test('the ETag moves when something embedded changes, and not when anything else does', async () => {
  const s = await service()
  const ids = await connected(s)
  const tag = async (url: string) => {
    const { headers, status } = await s.get(url)
    expect(status).toBe(200)
    expect(headers['etag'], url).toMatch(/^"[^"]+"$/)
    return headers['etag']
  }
  const url = `/v1/proposals/${ids.proposal}`
  const urls = [
    url,
    `${url}?include=meeting`,
    `${url}?include=meeting.organization`,
    `${url}?include=topics`,
    `${url}?include=positions`,
    `/v1/proposals?include=meeting&meeting=${ids.meeting}`,
    `/v1/proposals?include=topics&meeting=${ids.meeting}`,
  ]
  const moved = async (write: () => Promise<{ status: number; text: string }>) => {
    const before = await Promise.all(urls.map(tag))
    const { status, text } = await write()
    expect(status, text).toBeLessThan(300)
    const after = await Promise.all(urls.map(tag))
    return urls.filter((_, index) => before[index] !== after[index])
  }
  const rename = (kind: ResourceKind, body: Body) => () => s.patch(`${pathOf(kind)}/${ids[kind]}`, body)
  expect(await moved(rename('meeting', { city: 'Osh' }))).toEqual([urls[1], urls[2], urls[5]])
  expect(await moved(rename('organization', { seat: 'Osh' }))).toEqual([urls[2]])
  expect(await moved(rename('topic', { prefLabel: 'Other' }))).toEqual([urls[3], urls[6]])
  expect(await moved(rename('speaker', { name: 'Other' }))).toEqual([])
  expect(await moved(rename('meeting', { city: 'Osh' }))).toEqual([])
  expect(
    await moved(() =>
      s.post(`${url}/positions`, { stateCode: 'XB', position: 'objected', statedOn: '2022-09-02' }),
    ),
  ).toEqual([urls[4]])
  expect(await moved(rename('proposal', { summary: 'Other' }))).toEqual(urls)
})
