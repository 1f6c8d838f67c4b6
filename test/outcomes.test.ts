// What came out of meetings, meetings within meetings, and the days of a meeting.
import { expect, test } from 'vitest'
import { service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'

test('the outcomes are what happened at a meeting, and at those that are a part of it', async () => {
  const s = await service()
  const { id: summit } = await create(s, '/v1/meetings', {
    name: 'A summit',
    startDate: '2025-08-31',
    endDate: '2025-09-01',
  })
  const { id: plus } = await create(s, '/v1/meetings', {
    name: 'The plus meeting',
    startDate: '2025-09-01',
    parentId: summit,
  })
  const { id: goal } = await create(s, '/v1/proposals', { title: 'A goal' })
  const declaration = await create(s, '/v1/agreements', {
    title: 'A declaration',
    kind: 'declaration',
    events: [
      { type: 'signed', occurredOn: '2025-09-01', meetingId: summit },
      { type: 'text-adopted', occurredOn: '2025-09-01', meetingId: summit },
    ],
  })
  const proposal = await create(s, '/v1/proposals', {
    title: 'A bank',
    meetingId: plus,
    events: [{ type: 'proposed', occurredOn: '2025-09-01', meetingId: plus }],
  })
  await create(s, '/v1/states', { code: 'IN', name: 'India' })
  const position = await create(s, `/v1/proposals/${proposal['id']}/positions`, {
    stateCode: 'IN',
    position: 'reserved',
    meetingId: plus,
  })
  await create(s, '/v1/statements', {
    kind: 'reported',
    text: 'Words.',
    meetingId: plus,
    contributors: [{ role: 'author', stateCode: 'IN' }],
  })
  await create(s, `/v1/meetings/${plus}/relations`, { type: 'implements', targetId: goal })

  const outcomes = await get(s, `/v1/meetings/${summit}/outcomes`)
  expect(outcomes).toEqual({
    documents: [
      {
        id: declaration['id'],
        title: 'A declaration',
        kind: 'declaration',
        eventType: 'signed',
        occurredOn: '2025-09-01',
      },
    ],
    proposals: [],
    positions: [],
    implements: [],
    statements: 0,
    meetings: [{ id: plus, title: 'The plus meeting', startDate: '2025-09-01' }],
  })
  expect(await get(s, `/v1/meetings/${summit}/outcomes?within=true`)).toMatchObject({
    documents: [{ id: declaration['id'] }],
    proposals: [{ id: proposal['id'], eventType: 'proposed' }],
    positions: [position['id']],
    implements: [goal],
    statements: 1,
  })
})

test('a list finds a meeting on each of its days, and all meetings within one', async () => {
  const s = await service()
  const { id: summit } = await create(s, '/v1/meetings', {
    name: 'A summit',
    startDate: '2025-08-31',
    endDate: '2025-09-02',
  })
  const part = (name: string, parentId: string) =>
    create(s, '/v1/meetings', { name, startDate: '2025-09-01', parentId })
  const { id: child } = await part('A part', summit)
  await part('A part of the part', child)
  const names = async (query: string) =>
    (await get(s, `/v1/meetings?sort=name&${query}`))['data'].map(({ name }: Body) => name)
  expect(await names(`within=${summit}`)).toEqual(['A part', 'A part of the part', 'A summit'])
  expect(await names(`within=${child}`)).toEqual(['A part', 'A part of the part'])
  for (const day of ['2025-08-31', '2025-09-02'])
    expect(await names(`dateFrom=${day}&dateTo=${day}`), day).toEqual(['A summit'])
  expect(await names('dateFrom=2025-09-01&dateTo=2025-09-01')).toHaveLength(3)
  expect(await names('dateFrom=2025-09-03')).toEqual([])
  expect(await names('dateTo=2025-08')).toEqual(['A summit'])
})

test('a part lies within the days of its meeting; a visit may be a day off', async () => {
  const s = await service()
  const { id: parentId } = await create(s, '/v1/meetings', { name: 'A summit', startDate: '2025-09-01' })
  const part = async (startDate: string, classification: string) =>
    (await s.post('/v1/meetings', { name: `On ${startDate}`, startDate, classification, parentId })).status
  expect(await part('2025-09-02', 'session')).toBe(422)
  expect(await part('2025-09-02', 'visit')).toBe(201)
  expect(await part('2025-09-03', 'visit')).toBe(422)
  expect(await part('2025-09', 'session')).toBe(201)
})
