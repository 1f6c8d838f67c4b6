// include: related records embedded in a response, in both directions, up to two levels, with one query for each.

import { describe, expect, test } from 'vitest'
import { includePaths, isSingle, MAX_EMBEDDED } from '../src/records/read/include.ts'
import { loadRecord } from '../src/records/read/record.ts'
import type { IncludePath, Resource } from '../src/records/schema/resource.ts'
import { createRecord } from '../src/records/write/operations.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { type Body, kinds, pathOf, type ResourceKind } from './helpers/bodies.ts'
import { testOnce } from './helpers/database.ts'

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }

async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

const get = async (s: Service, url: string): Promise<Body> => {
  const { status, body, text } = await s.get(url)
  expect(status, `${url} ${text}`).toBe(200)
  return body
}

type Ids = Record<ResourceKind, string> & { bare: Record<ResourceKind, string> }

/** One record of each kind that refers to the others by every field, and one without references. */
async function connected(s: Service): Promise<Ids> {
  const ids = { bare: {} } as Ids
  const createConnected = async (kind: ResourceKind, body: Body) => {
    ids[kind] = (await create(s, pathOf(kind), body))['id']
  }
  const createBare = async (kind: ResourceKind, body: Body) => {
    ids.bare[kind] = (await create(s, pathOf(kind), body))['id']
  }
  await createBare('state', { code: 'XB', name: 'Bare' })
  await createBare('organization', { name: 'Bare', classification: 'organ' })
  await createBare('topic', { slug: 'bare', prefLabel: 'Bare' })
  await createBare('meeting', { name: 'Bare', startDate: '2022' })
  await createBare('speaker', { name: 'Bare' })
  await createBare('agreement', { title: 'Bare', kind: 'treaty' })
  await createBare('proposal', { title: 'Bare', proposedOn: '2022' })
  await createBare('source', { title: 'Bare', language: 'en', text: 'Bare words.' })

  await createConnected('state', { code: 'XA', name: 'Land' })
  const top = await create(s, '/v1/topics', { slug: 'top', prefLabel: 'Top' })
  const roof = await create(s, '/v1/organizations', { name: 'Roof', classification: 'organ' })
  await createConnected('topic', { slug: 'middle', prefLabel: 'Middle', broaderId: top['id'] })
  await create(s, '/v1/topics', { slug: 'low', prefLabel: 'Low', broaderId: ids.topic })
  await createConnected('organization', {
    name: 'Body',
    classification: 'organ',
    parentId: roof['id'],
    countryCode: 'XA',
  })
  await create(s, '/v1/organizations', {
    name: 'Part',
    classification: 'organ',
    parentId: ids.organization,
    countryCode: 'XA',
  })
  await createConnected('speaker', {
    name: 'Person',
    memberships: [{ role: 'M', stateCode: 'XA', organizationId: ids.organization }],
  })
  for (const holder of [`states/${ids.state}`, `organizations/${ids.organization}`])
    await create(s, `/v1/${holder}/memberships`, { role: 'member', organizationId: roof['id'] })
  const summit = await create(s, '/v1/meetings', { name: 'Summit', startDate: '2022' })
  await createConnected('meeting', {
    name: 'Meeting',
    parentId: summit['id'],
    startDate: '2022-08-24',
    organizationId: ids.organization,
    countryCode: 'XA',
    agenda: [{ position: 1, title: 'x', topicIds: [ids.topic] }],
    participants: [
      { role: 'chair', stateCode: 'XA', speakerId: ids.speaker, organizationId: ids.organization },
    ],
  })
  await create(s, '/v1/meetings', { name: 'Part', startDate: '2022', parentId: ids.meeting })
  await createConnected('source', {
    title: 'Source',
    language: 'en',
    text: 'It was said.',
    publisherId: ids.organization,
  })
  await createConnected('agreement', {
    title: 'Agreement',
    kind: 'treaty',
    organizationId: ids.organization,
    contributors: [
      { role: 'drafter', speakerId: ids.speaker, stateCode: 'XA', organizationId: ids.organization },
    ],
    topicIds: [ids.topic],
    texts: [{ sourceId: ids.source, authentic: true }],
    events: [{ type: 'signed', occurredOn: '2022', stateCode: 'XA', meetingId: ids.meeting }],
  })
  const above = await create(s, '/v1/proposals', { title: 'Above', proposedOn: '2022' })
  await createConnected('proposal', {
    title: 'Proposal',
    meetingId: ids.meeting,
    contributors: [
      { role: 'proposer', speakerId: ids.speaker, stateCode: 'XA', organizationId: ids.organization },
    ],
    addresseeId: ids.organization,
    topicIds: [ids.topic],
    parentId: above['id'],
    events: [
      { type: 'proposed', occurredOn: '2022-08-24' },
      { type: 'adopted', occurredOn: '2023-01-01', meetingId: ids.meeting },
    ],
  })
  await create(s, '/v1/proposals', { title: 'Part', proposedOn: '2022', parentId: ids.proposal })
  await createConnected('statement', {
    contributors: [
      { role: 'author', speakerId: ids.speaker, stateCode: 'XA', organizationId: ids.organization },
    ],
    meetingId: ids.meeting,
    agreementId: ids.agreement,
    kind: 'direct',
    text: 'Words.',
    topicIds: [ids.topic],
  })
  await createBare('statement', {
    contributors: [{ role: 'author', speakerId: ids.bare.speaker }],
    kind: 'direct',
    text: 'Bare.',
  })
  for (const path of ['agreements', 'statements'] as const)
    await create(s, `/v1/${path}/${ids[path === 'agreements' ? 'agreement' : 'statement']}/positions`, {
      stateCode: 'XA',
      position: 'reserved',
    })
  for (const kind of kinds)
    await create(s, `${pathOf(kind)}/${ids[kind]}/evidence`, {
      sourceId: ids.source,
      motivation: 'quote',
      exact: 'said',
    })
  await create(s, `/v1/proposals/${ids.proposal}/positions`, {
    stateCode: 'XA',
    position: 'supported',
    statedOn: '2022-09-01',
    meetingId: ids.meeting,
  })
  await create(s, `/v1/proposals/${ids.proposal}/relations`, { type: 'became', targetId: ids.agreement })
  await create(s, `/v1/agreements/${ids.agreement}/relations`, {
    type: 'supersedes',
    targetId: ids.bare.agreement,
  })
  await create(s, `/v1/meetings/${ids.meeting}/relations`, { type: 'implements', targetId: ids.agreement })
  await create(s, `/v1/organizations/${ids.organization}/relations`, {
    type: 'succeeds',
    targetId: ids.bare.organization,
  })
  await create(s, `/v1/sources/${ids.source}/relations`, { type: 'based-on', targetId: ids.bare.source })
  return ids
}

/** The record of a part is tested in parts.test.ts. */
type Step = Exclude<IncludePath, { record: unknown }>

const targetOf = (step: Step) => ('to' in step ? step.to : 'from' in step ? step.from : step.part)

/** Every value at a path, through lists on the way. */
function inside(value: unknown, [segment, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item) => inside(item, segment === undefined ? [] : [segment, ...rest]))
  if (value === null || value === undefined) return []
  return segment === undefined ? [value] : inside((value as Body)[segment], rest)
}

/** The children of records, by the path of their routes. */
const PARTS: Record<string, string> = {
  evidence: 'evidence',
  event: 'events',
  membership: 'memberships',
  position: 'positions',
  relation: 'relations',
}

/** The records that an include should embed, from other routes. */
async function expectedRecords(s: Service, resource: Resource, row: Body, step: Step): Promise<Body[]> {
  if ('part' in step) {
    const url = `/v1/${resource.path}/${row['id']}/${PARTS[step.part]}`
    const body = await get(s, url)
    if (step.part === 'position') return body['records']
    if (step.part !== 'relation') return body['data']
    return body['data'].flatMap(({ direction, ...part }: Body) => (direction === 'outgoing' ? [part] : []))
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

test('no include has the name of a field', () => {
  for (const entity of catalogue.entities)
    expect(Object.keys(catalogue.includesOf(entity)).filter((name) => entity.keys.includes(name))).toEqual([])
})

const byId = (one: Body, other: Body) => (one['id'] < other['id'] ? -1 : 1)

test('every include of every resource embeds the related records, or null or an empty list without any', async () => {
  const s = await service()
  const ids = await connected(s)
  let tried = 0
  for (const resource of catalogue.resources) {
    const kind = resource.kind as ResourceKind
    for (const [name, step] of Object.entries(catalogue.includesOf(resource) as Record<string, Step>)) {
      const single = isSingle(resource, step)
      const url = `/v1/${resource.path}/${ids[kind]}`
      const plain = await get(s, url)
      const { [name]: embedded, ...rest } = await get(s, `${url}?include=${name}`)
      expect(rest, `${url} ${name}`).toEqual(plain)
      const expected = await expectedRecords(s, resource, plain, step)
      expect(expected.length, `${kind}.${name} leads somewhere`).toBeGreaterThan(0)
      if (single) expect(embedded, `${kind}.${name}`).toEqual(expected[0])
      else expect([...embedded].sort(byId), `${kind}.${name}`).toEqual([...new Set(expected)].sort(byId))
      const listed = (await get(s, `/v1/${resource.path}?limit=200&include=${name}`))['data'] as Body[]
      expect(listed.find(({ id }) => id === ids[kind])?.[name], `list ${kind}.${name}`).toEqual(embedded)
      const bare = listed.find(({ id }) => id === ids.bare[kind])
      const own = await expectedRecords(
        s,
        resource,
        await get(s, `/v1/${resource.path}/${ids.bare[kind]}`),
        step,
      )
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

test('every include of two levels embeds records within embedded records, equal to a separate request', async () => {
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
      const step = catalogue.includesOf(resource)[name] as Step
      const target = catalogue.resources.find((one) => one.kind === targetOf(step))
      if (!target) continue
      const alone = await get(s, `/v1/${target.path}/${first.id}?include=${further}`)
      expect(first, `${kind} ${path}`).toEqual(alone)
      tried++
    }
  }
  expect(tried).toBeGreaterThan(80)
})

test('an unknown or too long include is rejected with 400, with the valid ones and the nearest', async () => {
  const s = await service()
  for (const [include, near] of [
    ['meetng', 'meeting'],
    ['meeting.organisation', 'meeting.organization'],
    ['meeting,speekers', 'speakers'],
  ] as const) {
    const { body } = await s.get(`/v1/proposals?include=${include}`)
    expect(body).toMatchObject({ status: 400, errors: [{ parameter: 'include' }] })
    expect(body['errors'][0].detail).toContain(`Did you mean ${near}?`)
  }
  for (const include of ['meeting.organization.parent', 'id', 'meetingId', '', 'meeting,'])
    expect((await s.get(`/v1/proposals?include=${include}`)).status, include).toBe(400)
})

testOnce('an include takes one query for 1 row as for 50, in lists and single records', async () => {
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
    // The position in the change log is cached from the second list on.
    await list('limit=1')
    const [bareList, bareRecord] = [await list('limit=50'), await count(record)]
    for (const path of includePaths(catalogue, resource)) {
      // The second level needs no query if the first is empty.
      const costs = path.includes('.') ? [1, 2] : [1]
      expect(costs, `${kind} ${path}`).toContain((await list(`limit=50&include=${path}`)) - bareList)
      expect(costs, `${kind} ${path}`).toContain((await count(`${record}?include=${path}`)) - bareRecord)
    }
    const all = Object.keys(catalogue.includesOf(resource)).join(',')
    expect(await list(`limit=50&include=${all}`), kind).toBe(await list(`limit=49&include=${all}`))
  }
})

test('an embedded list is cut at 100 records, oldest first, and includeTruncated names it', async () => {
  const s = await service()
  const { id: meetingId } = await create(s, '/v1/meetings', { name: 'M', startDate: '2022' })
  const { id: other } = await create(s, '/v1/meetings', { name: 'N', startDate: '2022' })
  const records = recordsOn(s.engine)
  const proposals = catalogue.resource('proposal')
  const createProposals = (meeting: unknown, from: number, to: number) =>
    records.write(AUTHOR, async (tx) => {
      for (let n = from; n < to; n++)
        await createRecord(
          tx,
          proposals,
          proposals.create.parse({ title: `P${n}`, proposedOn: '2022', meetingId: meeting }) as Body,
        )
    })
  await createProposals(meetingId, 0, MAX_EMBEDDED)
  await createProposals(other, 0, 3)
  const url = `/v1/meetings/${meetingId}?include=proposals,statements`
  const whole = await get(s, url)
  expect(whole['proposals']).toHaveLength(100)
  expect(whole).not.toHaveProperty('includeTruncated')
  await createProposals(meetingId, MAX_EMBEDDED, MAX_EMBEDDED + 30)
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
  test('with knownAt embeds the records as they were at that instant, including deleted ones', async () => {
    let now = Date.UTC(2026, 0, 1)
    const s = await service({ clock: () => new Date(now) })
    const { id: meetingId } = await create(s, '/v1/meetings', { name: 'Old name', startDate: '2022' })
    const { id } = await create(s, '/v1/proposals', { title: 'P', proposedOn: '2022', meetingId })
    const part = await create(s, '/v1/proposals', { title: 'Part', proposedOn: '2022', parentId: id })
    now += 86_400_000
    await s.patch(`/v1/meetings/${meetingId}`, { name: 'New name' })
    await s.del(`/v1/proposals/${part['id']}`)
    await create(s, '/v1/proposals', { title: 'Later part', proposedOn: '2022', parentId: id })
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

  test('with asOf embeds statuses, memberships, events and positions of that day, and none of later days', async () => {
    const s = await service()
    const { id: organizationId } = await create(s, '/v1/organizations', {
      name: 'O',
      classification: 'organ',
    })
    await create(s, '/v1/states', {
      code: 'IR',
      name: 'Iran',
      memberships: [
        { organizationId, role: 'observer', startDate: '2005-07', endDate: '2023-07-03' },
        { organizationId, role: 'member', startDate: '2023-07-04' },
        { organizationId, role: 'chair' },
      ],
    })
    const agreement = await create(s, '/v1/agreements', {
      title: 'A',
      kind: 'treaty',
      events: [
        { type: 'drafted', occurredOn: '2022-08-24' },
        { type: 'signed', occurredOn: '2023-08-01' },
      ],
    })
    const { id } = await create(s, '/v1/proposals', {
      title: 'P',
      contributors: [{ role: 'proposer', stateCode: 'IR' }],
      events: [
        { type: 'proposed', occurredOn: '2022-08-24' },
        { type: 'adopted', occurredOn: '2023-08-01' },
      ],
    })
    for (const [position, statedOn] of [
      ['reserved', '2022-09-01'],
      ['supported', '2023-08-01'],
    ])
      await create(s, `/v1/proposals/${id}/positions`, { stateCode: 'IR', position, statedOn })
    const seen = async (asOf: string) => {
      const body = await get(
        s,
        `/v1/proposals/${id}?include=states.memberships,events,positions.state&asOf=${asOf}`,
      )
      const { events, status } = await get(s, `/v1/agreements/${agreement['id']}?include=events&asOf=${asOf}`)
      return {
        status: body['status'],
        state: body['states'][0].memberships.map(({ role, certain }: Body) => [role, certain]),
        agreement: status,
        stages: events.map(({ type }: Body) => type),
        events: body['events'].map(({ type }: Body) => type),
        positions: body['positions'].map((one: Body) => one['position']),
      }
    }
    const chair = ['chair', false]
    expect(await seen('2023-07-03')).toEqual({
      status: 'proposed',
      state: [chair, ['observer', true]],
      agreement: 'drafted',
      stages: ['drafted'],
      events: ['proposed'],
      positions: ['reserved'],
    })
    expect(await seen('2023-08-01')).toEqual({
      status: 'adopted',
      state: [chair, ['member', true]],
      agreement: 'signed',
      stages: ['drafted', 'signed'],
      events: ['proposed', 'adopted'],
      positions: ['reserved', 'supported'],
    })
    expect((await seen('2023-07-31'))['state']).toEqual([chair, ['member', true]])
    expect((await get(s, '/v1/states/IR?include=memberships&asOf=2005-07-15'))['memberships']).toMatchObject([
      { role: 'chair', certain: false },
      { role: 'observer', certain: false },
    ])
  })
})

test('the ETag changes when an embedded record changes, and not with other writes', async () => {
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
  const changedUrls = async (write: () => Promise<{ status: number; text: string }>) => {
    const before = await Promise.all(urls.map(tag))
    const { status, text } = await write()
    expect(status, text).toBeLessThan(300)
    const after = await Promise.all(urls.map(tag))
    return urls.filter((_, index) => before[index] !== after[index])
  }
  const rename = (kind: ResourceKind, body: Body) => () => s.patch(`${pathOf(kind)}/${ids[kind]}`, body)
  expect(await changedUrls(rename('meeting', { city: 'Osh' }))).toEqual([urls[1], urls[2], urls[5]])
  expect(await changedUrls(rename('organization', { seat: 'Osh' }))).toEqual([urls[2]])
  expect(await changedUrls(rename('topic', { prefLabel: 'Other' }))).toEqual([urls[3], urls[6]])
  expect(await changedUrls(rename('speaker', { name: 'Other' }))).toEqual([])
  expect(await changedUrls(rename('meeting', { city: 'Osh' }))).toEqual([])
  expect(
    await changedUrls(() =>
      s.post(`${url}/positions`, { stateCode: 'XB', position: 'objected', statedOn: '2022-09-02' }),
    ),
  ).toEqual([urls[4]])
  expect(await changedUrls(rename('proposal', { summary: 'Other' }))).toEqual(urls)
})
