// The lifecycles of proposals and agreements: which status can follow which, and on which date.
import { describe, expect, test } from 'vitest'
import { agreementLifecycle, proposalLifecycle, statusesOf } from '../src/core/lifecycle.ts'
import { type Service, service, type TestResponse } from './helpers/app.ts'

/** The documented transitions: from each status, all that can follow. */
const PROPOSAL: Record<string, string[]> = {
  proposed: ['under-consideration', 'adopted', 'rejected', 'deferred', 'withdrawn'],
  'under-consideration': ['adopted', 'rejected', 'deferred', 'withdrawn'],
  deferred: ['under-consideration'],
  adopted: ['implemented'],
  rejected: [],
  withdrawn: [],
  implemented: [],
}

const AGREEMENT: Record<string, string[]> = {
  drafting:
    'drafted under-consideration text-adopted authenticated signed in-force terminated withdrawn'.split(' '),
  drafted: 'under-consideration text-adopted authenticated signed in-force terminated withdrawn'.split(' '),
  'under-consideration': 'text-adopted authenticated signed in-force terminated withdrawn'.split(' '),
  'text-adopted': ['authenticated', 'signed', 'in-force', 'terminated', 'withdrawn'],
  authenticated: ['signed', 'in-force', 'terminated', 'withdrawn'],
  signed: ['in-force', 'terminated'],
  'in-force': ['terminated'],
  terminated: [],
  withdrawn: [],
}

interface LifecycleCase {
  path: string
  moves: Record<string, string[]>
  lifecycle: typeof proposalLifecycle | typeof agreementLifecycle
  /** A body for POST whose first event is on 2022-01-01. */
  body: Record<string, unknown>
  /** A valid path from the start to each status. */
  ways: Record<string, string[]>
}

const lifecycleCases: LifecycleCase[] = [
  {
    path: 'proposals',
    moves: PROPOSAL,
    lifecycle: proposalLifecycle,
    body: { title: 'A proposal', proposedOn: '2022-01-01' },
    ways: {
      proposed: [],
      'under-consideration': ['under-consideration'],
      deferred: ['deferred'],
      adopted: ['under-consideration', 'adopted'],
      rejected: ['rejected'],
      withdrawn: ['withdrawn'],
      implemented: ['adopted', 'implemented'],
    },
  },
  {
    path: 'agreements',
    moves: AGREEMENT,
    lifecycle: agreementLifecycle,
    body: { title: 'An agreement', kind: 'agreement' },
    ways: Object.fromEntries(
      Object.keys(AGREEMENT).map((status) => [status, status === 'drafting' ? [] : [status]]),
    ),
  },
]

const NOON = new Date('2026-01-15T12:00:00Z')
const on = (status: string, occurredOn: string) => ({ status, occurredOn })

const history = async ({ get }: Service, path: string, id: string) =>
  (
    (await get(`/v1/${path}/${id}/events`)).body['data'] as { status: string; occurredOn: string | null }[]
  ).map(({ status, occurredOn }) => `${status} ${occurredOn}`)

const legalIn = ({ body }: TestResponse) => (body['legal'] as string[] | undefined)?.toSorted()

/** A proposal of 2022-01-01 with these later events, and functions that act on it. */
async function proposal(events: object[] = [], fields: object = {}) {
  const api = await service({ clock: () => NOON })
  const created = await api.post('/v1/proposals', { title: 'P', proposedOn: '2022-01-01', events, ...fields })
  expect(created.status).toBe(201)
  const url = `/v1/proposals/${created.body['id']}`
  return {
    ...api,
    url,
    move: (status: string, occurredOn: string) => api.post(`${url}/events`, on(status, occurredOn)),
    read: () => api.get(url),
    events: () => history(api, 'proposals', created.body['id']),
  }
}

describe.each(lifecycleCases)('the lifecycle of $path', ({ path, moves, lifecycle, body, ways }) => {
  const statuses = Object.keys(moves)

  test('has the documented transitions', () => {
    expect(statusesOf(lifecycle).toSorted()).toEqual(statuses.toSorted())
    for (const from of statuses) {
      const inCode: readonly string[] = (lifecycle.moves as Record<string, readonly string[]>)[from] ?? []
      expect([from, ...inCode.toSorted()]).toEqual([from, ...(moves[from] ?? []).toSorted()])
    }
  })

  test('accepts every valid transition, and rejects every other with 409 and the valid ones', async () => {
    const api = await service({ clock: () => NOON })
    const { post, get } = api
    for (const from of statuses) {
      const start = { ...body, events: (ways[from] ?? []).map((status) => on(status, '2022-02-02')) }
      for (const to of statuses) {
        const { body: record } = await post(`/v1/${path}`, start)
        expect(record['status']).toBe(from)
        const url = `/v1/${path}/${record['id']}`
        const before = await get(url)
        const moved = await post(`${url}/events`, on(to, '2022-03-03'))
        const after = await get(url)
        const what = `${from} → ${to}`
        if (moves[from]?.includes(to)) {
          expect([what, moved.status, moved.body['status']]).toEqual([what, 201, to])
          expect([what, after.body['status'], after.body['version']]).toEqual([what, to, 2])
          expect((await history(api, path, record['id'])).at(-1)).toBe(`${to} 2022-03-03`)
        } else {
          expect([what, moved.status, moved.body['type']]).toEqual([
            what,
            409,
            '/problems/illegal-transition',
          ])
          expect([what, ...(legalIn(moved) ?? ['no list'])]).toEqual([
            what,
            ...(moves[from] ?? []).toSorted(),
          ])
          expect(after.headers['etag']).toBe(before.headers['etag'])
          expect((await history(api, path, record['id'])).at(-1)).not.toContain('2022-03-03')
        }
      }
    }
  })

  test('has no other statuses', async () => {
    const { post } = await service()
    const { body: record } = await post(`/v1/${path}`, body)
    const url = `/v1/${path}/${record['id']}/events`
    const foreign = path === 'proposals' ? 'signed' : 'adopted'
    for (const status of ['announced', '', foreign, 'constructor', '__proto__', null]) {
      const refused = await post(url, { status, occurredOn: '2022-03-03' })
      expect([status, refused.status]).toEqual([status, 400])
    }
    expect((await post(url, { occurredOn: '2022-03-03' })).status).toBe(400)
    expect((await post(url, { status: statuses[1] })).status).toBe(400)
    expect((await post(url, { status: statuses[1], occurredOn: null })).status).toBe(400)
  })

  test('rejects a PATCH of the status with 422 and a hint, and changes nothing', async () => {
    const { post, patch, get } = await service()
    const created = await post(`/v1/${path}`, body)
    const url = `/v1/${path}/${created.body['id']}`
    const legal = moves[created.body['status']]?.[0]
    const refused = await patch(url, { status: legal })
    expect(refused.status).toBe(422)
    expect(refused.body['errors']).toMatchObject([{ pointer: '/status' }])
    expect(refused.body['detail']).toContain(`${url}/events`)
    expect((await patch(url, { status: null })).status).toBe(422)
    const same = await patch(url, { status: created.body['status'] })
    expect([same.status, same.headers['etag']]).toEqual([200, created.headers['etag']])
    expect((await get(url)).body).toEqual(created.body)
  })

  test('starts only in an initial status', async () => {
    const { post } = await service()
    const first = path === 'proposals' ? ['proposed'] : ['drafting', 'drafted']
    for (const status of statuses) {
      const created = await post(`/v1/${path}`, { ...body, status })
      expect([status, created.status]).toEqual([status, first.includes(status) ? 201 : 400])
      if (created.status === 201) expect(created.body['status']).toBe(status)
    }
  })
})

describe('the events of a record', () => {
  test('of an unknown record return 404, of a deleted one 410, and other resources have none', async () => {
    const { get, post, del, url } = await proposal()
    const unknown = '/v1/proposals/prp_01gb6jc400ezz8kdnweefcy4dk/events'
    expect((await get(unknown)).status).toBe(404)
    expect((await post(unknown, on('adopted', '2022-02-02'))).status).toBe(404)
    expect((await del(url)).status).toBe(204)
    expect((await get(`${url}/events`)).status).toBe(410)
    expect((await post(`${url}/events`, on('adopted', '2022-02-02'))).status).toBe(410)
    expect((await post('/v1/meetings/x/events', on('adopted', '2022-02-02'))).status).toBe(404)
  })

  test('have an optional meeting and note; an unknown meeting is rejected with 422', async () => {
    const { get, post, url, events, read } = await proposal()
    const meeting = await post('/v1/meetings', { name: 'M', startDate: '2022-02-02' })
    const adopted = { ...on('adopted', '2022-02-02'), meetingId: meeting.body['id'], note: 'By consensus.' }
    const unknown = await post(`${url}/events`, { ...adopted, meetingId: 'mtg_01gb6jc400ezz8kdnweefcy4dk' })
    expect([unknown.status, unknown.body['type']]).toEqual([422, '/problems/unknown-reference'])
    expect(await events()).toEqual(['proposed 2022-01-01'])
    expect((await read()).body['status']).toBe('proposed')
    const created = await post(`${url}/events`, adopted)
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({ ...adopted, recordKind: 'proposal', version: 1 })
    expect(created.headers['location']).toBe(`${url}/events/${created.body['id']}`)
    expect((await get(String(created.headers['location']))).body).toEqual(created.body)
  })

  test('are listed in order of date, whatever the order of their creation', async () => {
    const { move, events, read } = await proposal()
    await move('adopted', '2023-05-05')
    await move('under-consideration', '2022-06-06')
    await move('implemented', '2024')
    await move('deferred', '2022-07')
    expect((await read()).body['status']).toBe('implemented')
    expect(await events()).toEqual([
      'proposed 2022-01-01',
      'under-consideration 2022-06-06',
      'adopted 2023-05-05',
      'implemented 2024',
    ])
  })
})

describe('a back-dated event', () => {
  test('is accepted if its neighbours allow it, and does not change the current status', async () => {
    const { move, events, read } = await proposal([on('adopted', '2022-06-01')])
    const before = await read()
    expect((await move('under-consideration', '2022-03-01')).status).toBe(201)
    expect((await read()).headers['etag']).toBe(before.headers['etag'])
    expect(await events()).toEqual([
      'proposed 2022-01-01',
      'under-consideration 2022-03-01',
      'adopted 2022-06-01',
    ])
  })

  test('is rejected with 409 and the valid statuses if a neighbour forbids it', async () => {
    const { move, events, read } = await proposal([on('adopted', '2022-06-01')])
    for (const status of ['rejected', 'deferred', 'withdrawn', 'implemented', 'adopted', 'proposed']) {
      const refused = await move(status, '2022-03-01')
      expect([status, refused.status, legalIn(refused)]).toEqual([status, 409, ['under-consideration']])
    }
    expect(await events()).toEqual(['proposed 2022-01-01', 'adopted 2022-06-01'])
    expect((await read()).body['version']).toBe(1)
  })

  test('before the first event is rejected with 409', async () => {
    const { move } = await proposal()
    for (const status of Object.keys(PROPOSAL)) {
      const refused = await move(status, '2021-12-31')
      expect([status, refused.status, legalIn(refused)]).toEqual([status, 409, []])
    }
  })

  test('between two stages of an agreement can only be a stage between them', async () => {
    const { post, get } = await service()
    const { body } = await post('/v1/agreements', {
      title: 'A',
      kind: 'treaty',
      events: [on('drafted', '2001'), on('signed', '2005')],
    })
    const events = `/v1/agreements/${body['id']}/events`
    const refused = await post(events, on('in-force', '2003'))
    expect([refused.status, legalIn(refused)]).toEqual([
      409,
      ['authenticated', 'text-adopted', 'under-consideration'],
    ])
    expect((await post(events, on('text-adopted', '2003'))).status).toBe(201)
    expect((await post(events, on('withdrawn', '2004'))).status).toBe(409)
    expect((await get(`/v1/agreements/${body['id']}`)).body['status']).toBe('signed')
  })

  test('can withdraw an agreement only before it is signed', async () => {
    const { post } = await service()
    const withdraw = async (events: object[], occurredOn: string) => {
      const { body } = await post('/v1/agreements', { title: 'A', kind: 'treaty', events })
      return (await post(`/v1/agreements/${body['id']}/events`, on('withdrawn', occurredOn))).status
    }
    expect(await withdraw([on('authenticated', '2020')], '2021')).toBe(201)
    expect(await withdraw([on('signed', '2020')], '2021')).toBe(409)
    expect(await withdraw([on('in-force', '2020')], '2021')).toBe(409)
    expect(await withdraw([on('signed', '2020')], '2019')).toBe(409)
  })
})

describe('events of one day', () => {
  test('follow each other in the order of their creation', async () => {
    const { move, events, read } = await proposal()
    expect((await move('under-consideration', '2022-01-01')).status).toBe(201)
    expect((await move('adopted', '2022-01-01')).status).toBe(201)
    expect((await move('implemented', '2022-01-01')).status).toBe(201)
    const refused = await move('under-consideration', '2022-01-01')
    expect([refused.status, legalIn(refused)]).toEqual([409, []])
    expect((await read()).body['status']).toBe('implemented')
    expect(await events()).toEqual([
      'proposed 2022-01-01',
      'under-consideration 2022-01-01',
      'adopted 2022-01-01',
      'implemented 2022-01-01',
    ])
  })

  test('come after existing events of that day, even if there are later days', async () => {
    const { move, events } = await proposal([on('deferred', '2022-02-02'), on('under-consideration', '2023')])
    expect((await move('under-consideration', '2022-02-02')).status).toBe(409)
    expect((await move('deferred', '2023')).status).toBe(201)
    expect(await events()).toEqual([
      'proposed 2022-01-01',
      'deferred 2022-02-02',
      'under-consideration 2023',
      'deferred 2023',
    ])
  })
})

describe('partial dates of events', () => {
  test('count as the beginning of their period', async () => {
    const { move, events } = await proposal([], { proposedOn: '2022' })
    expect((await move('adopted', '2022-08-24')).status).toBe(201)
    expect((await move('under-consideration', '2022-08')).status).toBe(201)
    expect(await events()).toEqual(['proposed 2022', 'under-consideration 2022-08', 'adopted 2022-08-24'])
    const refused = await move('implemented', '2022-08')
    expect([refused.status, legalIn(refused)]).toEqual([409, []])
  })

  test('must exist in the calendar', async () => {
    const { move } = await proposal()
    for (const date of ['2022-02-31', '2023-02-29', '2022-13', '2022-00', '0000', '22', '2022-1-1', 'today'])
      expect([date, (await move('adopted', date)).status]).toEqual([date, 400])
    expect((await move('adopted', '2024-02-29')).status).toBe(201)
  })
})

describe('a future date', () => {
  test('is rejected until the day has begun somewhere on earth', async () => {
    const { move, events } = await proposal()
    for (const date of ['2026-01-17', '2026-02', '2027', '9999-12-31']) {
      const refused = await move('under-consideration', date)
      expect([date, refused.status]).toEqual([date, 422])
      expect(refused.body['errors']).toMatchObject([{ pointer: '/occurredOn' }])
    }
    expect(await events()).toHaveLength(1)
    // At noon UTC it is the 16th already in Kiritimati (UTC+14).
    expect((await move('under-consideration', '2026-01-16')).status).toBe(201)
    expect((await move('deferred', '2026-01-16')).status).toBe(201)
  })

  test('is rejected in a POST with events, with a pointer to the field, and nothing is written', async () => {
    const { post, get } = await service({ clock: () => NOON })
    const later = await post('/v1/proposals', { title: 'P', proposedOn: '2026-01-17' })
    expect(later.status).toBe(422)
    expect(later.body['errors']).toMatchObject([{ pointer: '/proposedOn' }])
    const planned = await post('/v1/proposals', {
      title: 'P',
      proposedOn: '2022-01-01',
      events: [on('under-consideration', '2022-02-02'), on('adopted', '2027')],
    })
    expect(planned.status).toBe(422)
    expect(planned.body['errors']).toMatchObject([{ pointer: '/events/1/occurredOn' }])
    expect((await get('/v1/proposals?count=exact')).body['page'].total).toBe(0)
  })

  test('is rejected in a PATCH of proposedOn', async () => {
    const { patch, url, read, events } = await proposal()
    const refused = await patch(url, { proposedOn: '2026-01-17' })
    expect(refused.status).toBe(422)
    expect(refused.body['errors']).toMatchObject([{ pointer: '/proposedOn' }])
    expect((await read()).body).toMatchObject({ proposedOn: '2022-01-01', version: 1 })
    expect(await events()).toEqual(['proposed 2022-01-01'])
  })
})

describe('a POST with events', () => {
  test('creates the whole history in one request', async () => {
    const { read, events } = await proposal([
      { ...on('under-consideration', '2022-02'), note: 'At the council.' },
      on('deferred', '2022-03-03'),
      on('under-consideration', '2023'),
      on('adopted', '2023-06-06'),
      on('implemented', '2024'),
    ])
    expect((await read()).body).toMatchObject({ status: 'implemented', version: 1 })
    expect(await events()).toEqual([
      'proposed 2022-01-01',
      'under-consideration 2022-02',
      'deferred 2022-03-03',
      'under-consideration 2023',
      'adopted 2023-06-06',
      'implemented 2024',
    ])
  })

  test('sorts events that are sent out of order', async () => {
    const { read, events } = await proposal([on('adopted', '2023'), on('under-consideration', '2022-02-02')])
    expect((await read()).body['status']).toBe('adopted')
    expect(await events()).toEqual(['proposed 2022-01-01', 'under-consideration 2022-02-02', 'adopted 2023'])
  })

  test('is rejected and writes nothing when a transition is invalid', async () => {
    const { post, get } = await service({ clock: () => NOON })
    const refuse = (events: object[]) =>
      post('/v1/proposals', { title: 'P', proposedOn: '2022-01-01', events })
    const backward = await refuse([on('adopted', '2022-02-02'), on('rejected', '2022-03-03')])
    expect([backward.status, legalIn(backward)]).toEqual([409, ['implemented']])
    expect((await refuse([on('adopted', '2021-02-02')])).status).toBe(409)
    expect((await refuse([on('proposed', '2022-02-02')])).status).toBe(409)
    expect((await refuse([on('signed', '2022-02-02')])).status).toBe(400)
    expect((await refuse([on('adopted', '2022-02-31')])).status).toBe(400)
    const nowhere = { ...on('adopted', '2022-02-02'), meetingId: 'mtg_01gb6jc400ezz8kdnweefcy4dk' }
    expect((await refuse([nowhere])).status).toBe(422)
    expect((await get('/v1/proposals?count=exact')).body['page'].total).toBe(0)
  })

  test('creates events with their own ids, which are not part of the record', async () => {
    const { get, url, read } = await proposal([on('adopted', '2022-02-02')])
    const listed = (await get(`${url}/events`)).body['data'] as { id: string; recordId: string }[]
    expect(new Set(listed.map(({ id }) => id)).size).toBe(2)
    for (const { id, recordId } of listed) {
      expect(id).toMatch(/^evt_/)
      expect(url.endsWith(recordId)).toBe(true)
    }
    expect((await read()).body).not.toHaveProperty('events')
  })
})

describe('proposedOn', () => {
  test('is the date of the first event, which has the meeting of the proposal', async () => {
    const { post, get } = await service()
    const meeting = await post('/v1/meetings', { name: 'M', startDate: '2022-08-24' })
    const meetingId = meeting.body['id']
    const { body } = await post('/v1/proposals', { title: 'P', proposedOn: '2022-08-24', meetingId })
    expect((await get(`/v1/proposals/${body['id']}/events`)).body['data']).toMatchObject([
      { status: 'proposed', occurredOn: '2022-08-24', meetingId },
    ])
  })

  test('changes the date of the first event when it is patched', async () => {
    const { patch, url, events } = await proposal([on('adopted', '2022-06-01')])
    for (const proposedOn of ['2021-05-05', '2022', '2022-06-01']) {
      expect((await patch(url, { proposedOn })).status).toBe(200)
      expect(await events()).toEqual([`proposed ${proposedOn}`, 'adopted 2022-06-01'])
    }
  })

  test('cannot be patched to a date after the next event', async () => {
    const { patch, url, events, read } = await proposal([on('adopted', '2022-06-01')])
    const refused = await patch(url, { proposedOn: '2022-06-02', title: 'Q' })
    expect(refused.status).toBe(422)
    expect(refused.body['errors']).toMatchObject([{ pointer: '/proposedOn' }])
    expect(await events()).toEqual(['proposed 2022-01-01', 'adopted 2022-06-01'])
    expect((await read()).body).toMatchObject({ title: 'P', proposedOn: '2022-01-01', version: 1 })
    expect((await patch(url, { proposedOn: null })).status).toBe(400)
  })
})

describe('a new agreement', () => {
  const start = async (api: Service, fields: object) => {
    const created = await api.post('/v1/agreements', { title: 'A', kind: 'agreement', ...fields })
    expect(created.status).toBe(201)
    const { data } = (await api.get(`/v1/agreements/${created.body['id']}/events`)).body
    return { status: created.body['status'], events: data as Record<string, unknown>[] }
  }

  test('starts as `drafting` without a date by default', async () => {
    const api = await service()
    for (const [fields, status] of [
      [{}, 'drafting'],
      [{ status: 'drafting' }, 'drafting'],
      [{ status: 'drafted' }, 'drafted'],
    ] as const) {
      const created = await start(api, fields)
      expect(created).toMatchObject({ status, events: [{ status, occurredOn: null, meetingId: null }] })
    }
  })

  test('starts on the date of its meeting', async () => {
    const api = await service()
    const meetingId = (await api.post('/v1/meetings', { name: 'M', startDate: '2022-08-24' })).body['id']
    for (const status of ['drafting', 'drafted']) {
      const created = await start(api, { status, meetingId })
      expect(created.events).toMatchObject([{ status, occurredOn: '2022-08-24', meetingId }])
    }
  })

  test('starts with its first event if that has an initial status', async () => {
    const created = await start(await service(), { events: [on('drafted', '2021-03'), on('signed', '2022')] })
    expect(created.status).toBe('signed')
    expect(created.events).toMatchObject([on('drafted', '2021-03'), on('signed', '2022')])
  })

  test('has an undated start before its first event if that has a later status', async () => {
    const created = await start(await service(), { events: [on('signed', '2022')] })
    expect(created.status).toBe('signed')
    expect(created.events).toMatchObject([{ status: 'drafting', occurredOn: null }, on('signed', '2022')])
  })

  test('cannot start at a meeting in the future', async () => {
    const { post } = await service({ clock: () => NOON })
    const meeting = await post('/v1/meetings', { name: 'M', startDate: '2026-06-06' })
    const refused = await post('/v1/agreements', {
      title: 'A',
      kind: 'agreement',
      meetingId: meeting.body['id'],
    })
    expect(refused.status).toBe(422)
    expect(refused.body['errors']).toMatchObject([{ pointer: '/meetingId' }])
  })

  test('accepts any past date for the event after an undated start', async () => {
    const { post, get } = await service()
    const { body } = await post('/v1/agreements', { title: 'A', kind: 'agreement' })
    const url = `/v1/agreements/${body['id']}`
    expect((await post(`${url}/events`, on('signed', '1996-04-26'))).status).toBe(201)
    expect((await post(`${url}/events`, on('drafted', '1995'))).status).toBe(201)
    expect((await get(url)).body['status']).toBe('signed')
  })
})
