// Reads in the past: `asOf` is a day in the real world, `knownAt` an instant in the history of this database.
import { describe, expect, test } from 'vitest'
import { service } from './helpers/app.ts'
import { type Body, kinds, leastBody, oneOfEach, pathOf, type ResourceKind } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'

/** A clock that only changes when it is set. */
function clockAt(start: string) {
  let now = new Date(start)
  return {
    clock: () => now,
    set: (instant: string) => {
      now = new Date(instant)
    },
  }
}

const idsIn = (body: Body) => body['data'].map(({ id }: Body) => id as string)

describe('asOf', () => {
  test.each([
    [
      'proposals',
      { title: 'A' },
      [
        ['proposed', '2022-08-24'],
        ['under-consideration', '2022-09-16'],
        ['adopted', '2023-07-04'],
        ['implemented', '2024'],
      ],
      [
        ['2022-08-24', 'proposed', '2022-08-24'],
        ['2022-09-15', 'proposed', '2022-08-24'],
        ['2022-09-16', 'under-consideration', '2022-09-16'],
        ['2023-07-03', 'under-consideration', '2022-09-16'],
        ['2023-07-04', 'adopted', '2023-07-04'],
        ['2024-01-01', 'implemented', '2024'],
        ['2030-01-01', 'implemented', '2024'],
      ],
    ],
    [
      'agreements',
      { title: 'A', kind: 'treaty' },
      [
        ['drafted', '2022-08-24'],
        ['text-adopted', '2022-12'],
        ['signed', '2023-07-04'],
        ['in-force', '2025-01-01'],
      ],
      [
        ['2022-08-24', 'drafted', '2022-08-24'],
        ['2022-11-30', 'drafted', '2022-08-24'],
        ['2022-12-01', 'text-adopted', '2022-12'],
        ['2023-07-04', 'signed', '2023-07-04'],
        ['2025-01-01', 'in-force', '2025-01-01'],
      ],
    ],
  ] as const)(
    'returns %s with their status on that day, in the record, the list and its filters',
    async (path, body, moves, days) => {
      const s = await service()
      const events = moves.map(([type, occurredOn]) => ({ type, occurredOn }))
      const { id } = await create(s, `/v1/${path}`, { ...body, events })
      const latest = await get(s, `/v1/${path}/${id}`)
      for (const [day, status, statusSince] of days) {
        const settled = path === 'agreements' && status === 'in-force'
        const expected = { ...latest, status, statusSince, ...(path === 'agreements' && { settled }) }
        expect(await get(s, `/v1/${path}/${id}?asOf=${day}`), day).toEqual(expected)
        expect((await get(s, `/v1/${path}?asOf=${day}`))['data'], day).toEqual([expected])
        expect(idsIn(await get(s, `/v1/${path}?asOf=${day}&status=${status}`)), day).toEqual([id])
        const others = moves.map(([other]) => other).filter((other) => other !== status)
        expect(idsIn(await get(s, `/v1/${path}?asOf=${day}&status=${others}`)), day).toEqual([])
        expect(idsIn(await get(s, `/v1/${path}?asOf=${day}&sinceFrom=${statusSince}`)), day).toEqual([id])
      }
      expect((await s.get(`/v1/${path}/${id}?asOf=2022-08-23`)).body).toMatchObject({
        status: 404,
        type: '/problems/not-found',
      })
      expect(await get(s, `/v1/${path}?asOf=2022-08-23&count=exact`)).toMatchObject({
        data: [],
        page: { total: 0 },
      })
    },
  )

  test('applies a back-dated event from its date on, whenever it was recorded', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/proposals', {
      title: 'A',
      events: [
        { type: 'proposed', occurredOn: '2022-08-24' },
        { type: 'adopted', occurredOn: '2023-07-04' },
      ],
    })
    await create(s, `/v1/proposals/${id}/events`, { type: 'under-consideration', occurredOn: '2023-01-01' })
    const on = async (day: string) => (await get(s, `/v1/proposals/${id}?asOf=${day}`))['status']
    expect([await on('2022-12-31'), await on('2023-01-01'), await on('2023-07-04')]).toEqual([
      'proposed',
      'under-consideration',
      'adopted',
    ])
    expect((await get(s, `/v1/proposals/${id}`))['status']).toBe('adopted')
  })

  test('returns a record without dated steps on every day, and else from its first date on', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/agreements', { title: 'A', kind: 'treaty' })
    const url = `/v1/agreements/${id}`
    const on = async (day: string) => {
      const { status, statusSince } = await get(s, `${url}?asOf=${day}`)
      return [status, statusSince]
    }
    expect(await on('1990-01-01')).toEqual([null, null])
    await create(s, `${url}/events`, { type: 'drafting' })
    expect(await on('1990-01-01')).toEqual(['drafting', null])
    await create(s, `${url}/events`, { type: 'announced', occurredOn: '2022' })
    expect(await on('1990-01-01')).toEqual(['drafting', null])
    await create(s, `${url}/events`, { type: 'signed', occurredOn: '2023' })
    expect((await s.get(`${url}?asOf=2022-12-31`)).status).toBe(404)
    expect(await on('2023-01-01')).toEqual(['signed', '2023'])
  })

  test('counts an event with an uncertain date from the day of its place among the others', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/proposals', {
      title: 'A',
      events: [
        { type: 'proposed', occurredOn: '2022-08-24' },
        // In 2022, so after the proposal.
        { type: 'under-consideration', occurredOn: '2022' },
        { type: 'adopted', occurredOn: '[2023-01..2023-06]' },
        { type: 'implemented', occurredOn: '[..2023-03-10]' },
      ],
    })
    const url = `/v1/proposals/${id}`
    expect((await s.get(`${url}?asOf=2022-08-23`)).status).toBe(404)
    for (const [day, status, statusSince] of [
      ['2022-08-24', 'under-consideration', '2022'],
      ['2022-12-31', 'under-consideration', '2022'],
      ['2023-01-01', 'adopted', '[2023-01..2023-06]'],
      ['2023-03-09', 'adopted', '[2023-01..2023-06]'],
      ['2023-03-10', 'implemented', '[..2023-03-10]'],
    ])
      expect(await get(s, `${url}?asOf=${day}`), day).toMatchObject({ status, statusSince })
  })

  test('takes no step of a party for one of the whole', async () => {
    const s = await service()
    await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
    const { id } = await create(s, '/v1/agreements', {
      title: 'A',
      kind: 'treaty',
      events: [
        { type: 'drafted', occurredOn: '2019' },
        { type: 'signed', occurredOn: '2020', stateCode: 'KZ' },
        { type: 'signed', occurredOn: '2021' },
      ],
    })
    const on = async (day: string) => (await get(s, `/v1/agreements/${id}?asOf=${day}`))['status']
    expect([await on('2020-06-01'), await on('2021-01-01')]).toEqual(['drafted', 'signed'])
  })

  test('applies to sorting and filtering by statusSince and stalledSince', async () => {
    const s = await service()
    const proposal = async (title: string, occurredOn: string) =>
      (
        await create(s, '/v1/proposals', {
          title,
          events: [
            { type: 'proposed', occurredOn: '2020-01-01' },
            { type: 'under-consideration', occurredOn },
          ],
        })
      )['id'] as string
    const early = await proposal('early', '2021-01-01')
    const late = await proposal('late', '2023-01-01')
    const ids = async (query: string) => idsIn(await get(s, `/v1/proposals?${query}`))
    expect(await ids('sort=statusSince')).toEqual([early, late])
    expect(await ids('sort=-statusSince')).toEqual([late, early])
    expect(await ids('sort=statusSince,title&asOf=2022-01-01')).toEqual([late, early])
    expect(await ids('stalledSince=2022-01-01')).toEqual([early])
    expect((await ids('stalledSince=2022-01-01&asOf=2022-06-01')).sort()).toEqual([early, late].sort())
    expect(await ids('stalledSince=2020-06-01&asOf=2022-06-01')).toEqual([late])
  })

  test('is rejected with 400 by resources without dates', async () => {
    const s = await service()
    for (const kind of kinds) {
      const { status } = await s.get(`${pathOf(kind)}?asOf=2022-08-24`)
      expect(status, kind).toBe(['proposal', 'agreement', 'state'].includes(kind) ? 200 : 400)
    }
    for (const wrong of ['2022', '2022-08', '2022-02-30', 'today', ''])
      expect((await s.get(`/v1/proposals?asOf=${wrong}`)).status, wrong).toBe(400)
  })
})

test('asOf returns the memberships of each state on that day', async () => {
  const s = await service({ seed: true })
  const codes = async (status: string, day: string) =>
    idsIn(await get(s, `/v1/states?membership=${status}&asOf=${day}&limit=200&sort=code`))
  const eight = ['CN', 'IN', 'KG', 'KZ', 'PK', 'RU', 'TJ', 'UZ']
  for (const [day, members] of [
    ['2001-06-14', []],
    ['2001-06-15', ['CN', 'KG', 'KZ', 'RU', 'TJ', 'UZ']],
    ['2017-06-08', ['CN', 'KG', 'KZ', 'RU', 'TJ', 'UZ']],
    ['2017-06-09', eight],
    ['2022-08-24', eight],
    ['2023-07-03', eight],
    ['2023-07-04', [...eight, 'IR'].sort()],
    ['2024-07-03', [...eight, 'IR'].sort()],
    ['2024-07-04', [...eight, 'BY', 'IR'].sort()],
    ['2030-01-01', [...eight, 'BY', 'IR'].sort()],
  ] as const) {
    expect(await codes('member', day), day).toEqual(members)
    expect((await get(s, `/v1/states?membership=member&asOf=${day}&count=exact&limit=1`))['page'].total).toBe(
      members.length,
    )
  }
  expect(await codes('observer', '2023-07-03')).toEqual(['AF', 'BY', 'IR', 'MN'])
  expect(await codes('observer', '2023-07-04')).toEqual(['AF', 'BY', 'MN'])
  expect(await codes('dialogue-partner', '2015-07-09')).toEqual(['BY', 'LK', 'TR'])
  expect(await codes('dialogue-partner', '2015-07-10')).toEqual(['AM', 'AZ', 'KH', 'LK', 'NP', 'TR'])
  const partners = 'AE AF AM AZ BH EG KH KW LK MM MN MV NP QA SA TR'.split(' ')
  expect(await codes('observer,dialogue-partner', '2025-08-31')).toEqual(partners)
  expect(await codes('partner', '2025-08-31')).toEqual([])
  expect(await codes('observer,dialogue-partner', '2025-09-01')).toEqual([])
  expect(await codes('partner', '2025-09-01')).toEqual([...partners, 'LA'].sort())
  const rolesOn = async (day: string) =>
    (await get(s, `/v1/states/IR?include=memberships&asOf=${day}`))['memberships'].map(
      ({ role }: Body) => role,
    )
  expect([await rolesOn('2023-07-03'), await rolesOn('2023-07-04')]).toEqual([['observer'], ['member']])
  expect((await get(s, '/v1/states/IR?include=memberships'))['memberships']).toHaveLength(2)
})

describe('knownAt', () => {
  const [T0, T1, T2] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z']
  const justBefore = (instant: string) => new Date(Date.parse(instant) - 1).toISOString()

  test('returns every record of every resource as it was at that instant, from creation to deletion, alone and in lists', async () => {
    const { clock, set } = clockAt(T0)
    const s = await service({ clock })
    const ids = await oneOfEach(s)
    for (const [n, kind] of (kinds as ResourceKind[]).entries()) {
      // Recorded times never go back, so each kind has its own days.
      const [T1, T2, T3] = [1, 2, 3].map((day) => new Date(Date.UTC(2026, n + 1, day)).toISOString()) as [
        string,
        string,
        string,
      ]
      set(T1)
      const url = pathOf(kind)
      const first = await create(s, url, leastBody(kind, ids))
      const record = `${url}/${first['id']}`
      set(T2)
      const titleField = { statement: 'text', topic: 'prefLabel' }[kind as string]
      const field = titleField ?? ('title' in first ? 'title' : 'name')
      const { body: second, status } = await s.patch(record, { [field]: 'Renamed' })
      expect(status, kind).toBe(200)
      set(T3)
      expect((await s.del(record)).status, kind).toBe(204)

      expect((await s.get(`${record}?knownAt=${justBefore(T1)}`)).body, kind).toMatchObject({
        status: 404,
        type: '/problems/not-found',
      })
      expect(await get(s, `${record}?knownAt=${T1}`), kind).toEqual(first)
      expect(await get(s, `${record}?knownAt=${justBefore(T2)}`), kind).toEqual(first)
      expect(await get(s, `${record}?knownAt=${T2}`), kind).toEqual(second)
      expect(await get(s, `${record}?knownAt=${justBefore(T3)}`), kind).toEqual(second)
      expect((await s.get(`${record}?knownAt=${T3}`)).status, kind).toBe(404)
      expect((await s.get(record)).body, kind).toMatchObject({ status: 410 })

      const listed = async (instant: string) => {
        const body = await get(s, `${url}?knownAt=${instant}&limit=200&count=exact`)
        expect(body['page'].total).toBe(body['data'].length)
        return body['data'].filter(({ id }: Body) => id === first['id'])
      }
      expect(await listed(justBefore(T1)), kind).toEqual([])
      expect(await listed(T1), kind).toEqual([first])
      expect(await listed(T2), kind).toEqual([second])
      expect(await listed(T3), kind).toEqual([])
      expect((await get(s, `${url}?limit=200`))['data'].map(({ id }: Body) => id)).not.toContain(first['id'])
    }
  })

  test('applies to filters: fields, references, topics and their hierarchy, evidence and support', async () => {
    const { clock, set } = clockAt(T0)
    const s = await service({ clock })
    const { id: security } = await create(s, '/v1/topics', { slug: 'security', prefLabel: 'S' })
    const { id: drones } = await create(s, '/v1/topics', {
      slug: 'drones',
      prefLabel: 'D',
      broaderId: security,
    })
    const { id: gone } = await create(s, '/v1/topics', { slug: 'gone', prefLabel: 'G', broaderId: security })
    const { id: meetingId } = await create(s, '/v1/meetings', { name: 'M', startDate: '2022' })
    const { id: council } = await create(s, '/v1/meetings', { name: 'Council', startDate: '2023' })
    await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
    const { id: sourceId } = await create(s, '/v1/sources', { title: 'S', language: 'en', text: 'Said.' })
    const { id } = await create(s, '/v1/proposals', {
      title: 'A',
      proposedOn: '2022-08-24',
      meetingId,
      contributors: [{ role: 'proposer', stateCode: 'KZ' }],
      topicIds: [drones, gone],
      identifiers: [{ scheme: 'x', identifier: '1' }],
    })
    set(T1)
    await create(s, `/v1/proposals/${id}/evidence`, { sourceId, motivation: 'quote', exact: 'Said' })
    set(T2)
    await s.patch(`/v1/proposals/${id}`, {
      meetingId: null,
      topicIds: [drones],
      proposedOn: '2021',
      contributors: [],
    })
    await create(s, `/v1/proposals/${id}/events`, {
      type: 'adopted',
      occurredOn: '2023',
      meetingId: council,
    })
    await s.patch(`/v1/topics/${drones}`, { broaderId: null })
    expect((await s.del(`/v1/topics/${gone}`)).status).toBe(204)
    const found = async (query: string) => idsIn(await get(s, `/v1/proposals?${query}`)).length === 1
    for (const [query, [then, between, now]] of Object.entries({
      'proposedFrom=2022': [true, true, false],
      'proposedTo=2021': [false, false, true],
      [`meeting=${meetingId}`]: [true, true, false],
      [`meeting=${council}`]: [false, false, true],
      'event=adopted&eventFrom=2023&eventTo=2023': [false, false, true],
      'status=adopted': [false, false, true],
      'state=KZ': [true, true, false],
      'topic=drones': [true, true, true],
      'topic=security': [true, true, false],
      [`topic=${drones},${security}`]: [true, true, true],
      'hasEvidence=true': [false, true, true],
      'hasEvidence=false': [true, false, false],
      'support=unsupported': [true, false, false],
      'support=single-source': [false, true, true],
      [`updatedSince=${T1}`]: [false, true, true],
      [`hasEvidence=true&topic=security&meeting=${meetingId}`]: [false, true, false],
    })) {
      expect(await found(`${query}&knownAt=${T0}`), `${query} then`).toBe(then)
      expect(await found(`${query}&knownAt=${T1}`), `${query} between`).toBe(between)
      expect(await found(`${query}&knownAt=${T2}`), `${query} at last`).toBe(now)
      expect(await found(query), `${query} now`).toBe(now)
    }
    expect(await found(`topic=gone&knownAt=${T1}`)).toBe(true)
    expect((await s.get('/v1/proposals?topic=gone')).status).toBe(400)
    expect((await s.get(`/v1/proposals?topic=gone&knownAt=${T2}`)).status).toBe(400)
    for (const query of ['q=A', 'identifier=x:1']) {
      const { body } = await s.get(`/v1/proposals?${query}&knownAt=${T1}`)
      expect(body).toMatchObject({ status: 400, errors: [{ parameter: query.split('=')[0] }] })
    }
  })

  test('returns nothing at an instant before the first write, and the present state at one in the future', async () => {
    const s = await service({ seed: true })
    for (const kind of kinds) {
      const none = await get(s, `${pathOf(kind)}?knownAt=2000-01-01T00:00:00Z&count=exact`)
      expect(none, kind).toMatchObject({ data: [], page: { total: 0, nextCursor: null } })
      const all = await get(s, `${pathOf(kind)}?knownAt=2999-01-01T00:00:00Z&limit=200`)
      expect(all['data'], kind).toEqual((await get(s, `${pathOf(kind)}?limit=200`))['data'])
      expect(all['data'].length, kind).toBeGreaterThan(0)
    }
  })

  test('accepts any UTC offset, and rejects values that are not an instant', async () => {
    const { clock } = clockAt('2026-01-01T12:00:00.000Z')
    const s = await service({ clock })
    const { id } = await create(s, '/v1/speakers', { name: 'A' })
    const at = (instant: string) => s.get(`/v1/speakers/${id}?knownAt=${encodeURIComponent(instant)}`)
    expect((await at('2026-01-01T15:00:00+03:00')).status).toBe(200)
    expect((await at('2026-01-01T14:59:59+03:00')).status).toBe(404)
    for (const wrong of ['2026-01-01', 'now', '2026-01-01T12:00:00', '2026-13-01T12:00:00Z', ''])
      expect((await at(wrong)).status, wrong).toBe(400)
  })

  test('returns each version of a state that was deleted and created again', async () => {
    const { clock, set } = clockAt(T0)
    const s = await service({ clock })
    const first = await create(s, '/v1/states', { code: 'XA', name: 'First' })
    set(T1)
    await s.del('/v1/states/XA')
    set(T2)
    const second = await create(s, '/v1/states', { code: 'XA', name: 'Second' })
    expect(await get(s, `/v1/states/XA?knownAt=${T0}`)).toEqual(first)
    expect((await s.get(`/v1/states/XA?knownAt=${T1}`)).status).toBe(404)
    expect(await get(s, `/v1/states/XA?knownAt=${T2}`)).toEqual(second)
    expect(await get(s, '/v1/states/XA')).toEqual(second)
  })
})

test('asOf and knownAt combine: they return what was recorded on one day about another', async () => {
  const { clock, set } = clockAt('2022-09-01T00:00:00Z')
  const s = await service({ clock })
  const { id } = await create(s, '/v1/proposals', {
    title: 'A',
    events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
  })
  const { id: organizationId } = await create(s, '/v1/organizations', {
    name: 'SCO',
    classification: 'organ',
  })
  await create(s, '/v1/states', { code: 'IR', name: 'Iran' })
  const memberships = '/v1/states/IR/memberships'
  const observer = { organizationId, role: 'observer', startDate: '2005-07-05' }
  const { id: observerId } = await create(s, memberships, observer)
  // The adoption of 16 September 2022 is recorded on 10 January 2023, an earlier event in March; in April it is corrected.
  set('2023-01-10T12:00:00Z')
  await create(s, `/v1/proposals/${id}/events`, { type: 'adopted', occurredOn: '2022-09-16' })
  set('2023-03-01T12:00:00Z')
  const event = { type: 'under-consideration', occurredOn: '2022-09-10' }
  const { id: eventId } = await create(s, `/v1/proposals/${id}/events`, event)
  set('2023-04-01T12:00:00Z')
  await s.patch(`/v1/proposals/${id}/events/${eventId}`, { occurredOn: '2022-09-12' })
  set('2023-08-01T00:00:00Z')
  await s.patch(`${memberships}/${observerId}`, { endDate: '2023-07-03' })
  await create(s, memberships, { organizationId, role: 'member', startDate: '2023-07-04' })
  set('2023-09-01T00:00:00Z')
  await s.del(`/v1/proposals/${id}/events/${eventId}`)
  const status = async (asOf: string, knownAt: string) => {
    const query = `asOf=${asOf}&knownAt=${knownAt}`
    const record = await get(s, `/v1/proposals/${id}?${query}`)
    const list = (await get(s, `/v1/proposals?${query}`))['data']
    expect(list, query).toEqual([record])
    expect(idsIn(await get(s, `/v1/proposals?${query}&status=${record['status']}`))).toEqual([id])
    return record['status']
  }
  expect(await status('2022-09-20', '2022-09-20T00:00:00Z')).toBe('proposed')
  expect(await status('2022-09-20', '2023-01-10T12:00:00Z')).toBe('adopted')
  expect(await status('2022-09-10', '2023-01-10T12:00:00Z')).toBe('proposed')
  expect(await status('2022-09-10', '2023-03-01T12:00:00Z')).toBe('under-consideration')
  expect(await status('2022-09-16', '2023-03-01T12:00:00Z')).toBe('adopted')
  expect(await status('2022-09-10', '2023-04-01T12:00:00Z')).toBe('proposed')
  expect(await status('2022-09-12', '2023-04-01T12:00:00Z')).toBe('under-consideration')
  expect(await status('2022-09-12', '2099-01-01T00:00:00Z')).toBe('proposed')
  const members = async (asOf: string, knownAt: string) =>
    idsIn(await get(s, `/v1/states?membership=member&asOf=${asOf}&knownAt=${knownAt}`))
  expect(await members('2023-07-10', '2023-07-10T00:00:00Z')).toEqual([])
  expect(await members('2023-07-10', '2023-08-01T00:00:00Z')).toEqual(['IR'])
  expect(await members('2023-07-03', '2023-08-01T00:00:00Z')).toEqual([])
  expect((await s.get(`/v1/proposals/${id}?asOf=2022-08-24&knownAt=2022-08-31T00:00:00Z`)).status).toBe(404)
})
