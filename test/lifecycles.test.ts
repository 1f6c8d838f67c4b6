// The lifecycles of proposals and agreements: which event may follow which, and the status that follows from them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certainlyBefore, sortKey } from '../src/core/dates.ts'
import {
  agreementLifecycle,
  isStep,
  type Lifecycle,
  orderSteps,
  proposalLifecycle,
  type Step,
} from '../src/core/lifecycle.ts'
import { type Service, service, type TestResponse } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'

const words = (text: string) => text.split(' ').filter(Boolean)

const FATES = 'under-consideration deferred rejected withdrawn adopted implemented'

/** The documented transitions: from each status, all that can follow. */
const PROPOSAL: Record<string, string[]> = {
  proposed: words(FATES),
  'under-consideration': words(FATES),
  deferred: ['under-consideration'],
  rejected: ['under-consideration'],
  withdrawn: ['under-consideration'],
  adopted: ['implemented'],
  implemented: [],
}

const AGREEMENT: Record<string, string[]> = {
  drafting: words(
    'drafted under-consideration text-adopted authenticated signed in-force suspended terminated not-adopted withdrawn',
  ),
  drafted: words(
    'under-consideration text-adopted authenticated signed in-force suspended terminated not-adopted withdrawn',
  ),
  'under-consideration': words(
    'under-consideration text-adopted authenticated signed in-force suspended terminated not-adopted withdrawn',
  ),
  'text-adopted': words('authenticated signed in-force suspended terminated not-adopted withdrawn'),
  authenticated: words('signed in-force suspended terminated not-adopted withdrawn'),
  signed: words('in-force suspended terminated not-adopted withdrawn'),
  'in-force': words('suspended terminated'),
  suspended: words('in-force terminated'),
  terminated: [],
  'not-adopted': ['under-consideration'],
  withdrawn: ['under-consideration'],
}

interface LifecycleCase {
  path: string
  moves: Record<string, string[]>
  lifecycle: Lifecycle
  /** Types of events of the whole that leave the status as it is. */
  remarks: string[]
  /** A type of the other lifecycle. */
  foreign: string
  body: Body
}

const lifecycleCases: LifecycleCase[] = [
  {
    path: 'proposals',
    moves: PROPOSAL,
    lifecycle: proposalLifecycle,
    remarks: ['announced', 'noted'],
    foreign: 'signed',
    body: { title: 'A proposal' },
  },
  {
    path: 'agreements',
    moves: AGREEMENT,
    lifecycle: agreementLifecycle,
    remarks: ['announced', 'noted', 'opened-for-signature', 'provisionally-applied', 'registered'],
    foreign: 'adopted',
    body: { title: 'An agreement', kind: 'agreement' },
  },
]

let count = 0

/** A body with a title of its own, so that no record is taken for a duplicate. */
const unlike = (body: Body): Body => ({ ...body, title: `${body['title']} ${count++}` })

const NOON = new Date('2026-01-15T12:00:00Z')
const on = (type: string, occurredOn: string | null) => ({ type, occurredOn })

const history = async (s: Service, url: string): Promise<string[]> =>
  (await get(s, `${url}/events`))['data'].map(({ type, occurredOn }: Body) => `${type} ${occurredOn}`)

const legalIn = ({ body }: TestResponse) => (body['legal'] as string[] | undefined)?.toSorted()

/** A record with these events, and functions that act on it. */
async function record(path: 'proposals' | 'agreements', events: object[], fields: object = {}) {
  const s = await service({ clock: () => NOON })
  const body = { title: 'R', ...(path === 'agreements' && { kind: 'treaty' }), events, ...fields }
  const { id } = await create(s, `/v1/${path}`, body)
  const url = `/v1/${path}/${id}`
  return {
    ...s,
    s,
    url,
    add: (type: string, occurredOn: string | null, more: object = {}) =>
      s.post(`${url}/events`, { ...on(type, occurredOn), ...more }),
    /** The path of the event with this type. */
    event: async (type: string) => {
      const { data } = await get(s, `${url}/events`)
      return `${url}/events/${data.find((event: Body) => event['type'] === type).id}`
    },
    read: () => get(s, url),
    events: () => history(s, url),
  }
}

const proposal = (events: object[] = [on('proposed', '2022-01-01')], fields: object = {}) =>
  record('proposals', events, fields)

describe.each(lifecycleCases)(
  'the lifecycle of $path',
  ({ path, moves, lifecycle, remarks, foreign, body }) => {
    const statuses = Object.keys(moves)

    test('has the documented transitions', () => {
      const inCode = Object.entries(lifecycle.moves).map(([from, to]) => [from, to.toSorted()])
      expect(Object.fromEntries(inCode)).toEqual(
        Object.fromEntries(statuses.map((from) => [from, moves[from]?.toSorted()])),
      )
    })

    test('accepts every valid transition, and rejects every other with 409 and the valid ones', async () => {
      const s = await service({ clock: () => NOON })
      for (const from of statuses) {
        for (const to of statuses) {
          const { id, status } = await create(s, `/v1/${path}`, {
            ...unlike(body),
            events: [on(from, '2022-02-02')],
          })
          expect(status).toBe(from)
          const url = `/v1/${path}/${id}`
          const before = await s.get(url)
          const moved = await s.post(`${url}/events`, on(to, '2022-03-03'))
          const after = await s.get(url)
          const what = `${from} → ${to}`
          if (moves[from]?.includes(to)) {
            expect([what, moved.status, moved.body['type']]).toEqual([what, 201, to])
            expect(after.body, what).toMatchObject({ status: to, statusSince: '2022-03-03', version: 2 })
          } else {
            expect(moved.body, what).toMatchObject({ status: 409, type: '/problems/illegal-transition' })
            expect([what, legalIn(moved)]).toEqual([what, moves[from]?.toSorted()])
            expect(after.headers['etag']).toBe(before.headers['etag'])
            expect(await history(s, url)).toEqual([`${from} 2022-02-02`])
          }
        }
      }
    })

    test('has remarks, which leave the status as it is, and no other types', async () => {
      const s = await service()
      const { id } = await create(s, `/v1/${path}`, body)
      const url = `/v1/${path}/${id}`
      for (const type of remarks) await create(s, `${url}/events`, { type })
      expect(await get(s, url)).toMatchObject({ status: null, statusSince: null })
      for (const type of ['', foreign, 'constructor', '__proto__', null, undefined])
        expect([type, (await s.post(`${url}/events`, { type })).status]).toEqual([type, 400])
    })

    test('starts with no event and without a status, which clients cannot set', async () => {
      const s = await service()
      const doc = await create(s, `/v1/${path}`, body)
      const url = `/v1/${path}/${doc['id']}`
      expect(doc).toMatchObject({ status: null, statusSince: null })
      expect(await history(s, url)).toEqual([])
      const [status] = statuses
      expect((await s.post(`/v1/${path}`, { ...body, status })).status).toBe(400)
      const refused = await s.patch(url, { status })
      expect(refused.body).toMatchObject({ status: 422, errors: [{ pointer: '/status' }] })
      expect(refused.body['detail']).toContain(`${url}/events`)
      expect(await get(s, url)).toEqual(doc)
    })
  },
)

describe('the events of a record', () => {
  test('of an unknown record return 404, of a deleted one 410, and other resources have none', async () => {
    const { s, post, del, url } = await proposal()
    const unknown = '/v1/proposals/prp_01gb6jc400ezz8kdnweefcy4dk/events'
    expect((await s.get(unknown)).status).toBe(404)
    expect((await post(unknown, on('adopted', '2022-02-02'))).status).toBe(404)
    expect((await del(url)).status).toBe(204)
    expect((await s.get(`${url}/events`)).status).toBe(410)
    expect((await post(`${url}/events`, on('adopted', '2022-02-02'))).status).toBe(410)
    expect((await post('/v1/meetings/x/events', on('adopted', '2022-02-02'))).status).toBe(404)
  })

  test('have an optional person, meeting and note; an unknown meeting is rejected with 422', async () => {
    const { s, post, url, events, read } = await proposal()
    const meetingId = (await create(s, '/v1/meetings', { name: 'M', startDate: '2022-02-02' }))['id']
    const speakerId = (await create(s, '/v1/speakers', { name: 'S' }))['id']
    const adopted = { ...on('adopted', '2022-02-02'), meetingId, speakerId, note: 'By consensus.' }
    const unknown = await post(`${url}/events`, { ...adopted, meetingId: 'mtg_01gb6jc400ezz8kdnweefcy4dk' })
    expect([unknown.status, unknown.body['type']]).toEqual([422, '/problems/unknown-reference'])
    expect(await events()).toEqual(['proposed 2022-01-01'])
    expect(await read()).toMatchObject({ status: 'proposed' })
    const created = await post(`${url}/events`, adopted)
    expect(created.body).toMatchObject({ ...adopted, recordKind: 'proposal', version: 1 })
    expect(created.headers['location']).toBe(`/v1/events/${created.body['id']}`)
    expect(await get(s, String(created.headers['location']))).toEqual(created.body)
  })

  test('are listed in order of date, undated ones first, whatever the order of their creation', async () => {
    const { add, events, read } = await proposal()
    await add('adopted', '2023-05-05')
    await add('under-consideration', '2022-06-06')
    await add('implemented', '2024')
    await add('noted', null)
    expect((await add('deferred', '2022-07')).status).toBe(409)
    expect(await read()).toMatchObject({ status: 'implemented', statusSince: '2024' })
    expect(await events()).toEqual([
      'noted null',
      'proposed 2022-01-01',
      'under-consideration 2022-06-06',
      'adopted 2023-05-05',
      'implemented 2024',
    ])
  })
})

describe('a back-dated event', () => {
  test('is accepted if its neighbours allow it, and does not change the current status', async () => {
    const { s, url, add } = await proposal([on('proposed', '2022-01-01'), on('adopted', '2022-06-01')])
    const before = await s.get(url)
    expect((await add('under-consideration', '2022-03-01')).status).toBe(201)
    expect((await s.get(url)).headers['etag']).toBe(before.headers['etag'])
  })

  test('is rejected with 409, its neighbours and the valid types if they forbid it', async () => {
    const { add, events, read, event } = await proposal([
      on('proposed', '2022-01-01'),
      on('adopted', '2022-06-01'),
    ])
    const idOf = async (type: string) => (await event(type)).split('/').at(-1)
    for (const type of ['rejected', 'deferred', 'withdrawn', 'implemented', 'adopted', 'proposed']) {
      const refused = await add(type, '2022-03-01')
      expect(refused.body, type).toMatchObject({
        status: 409,
        legal: ['under-consideration'],
        before: { id: await idOf('proposed'), ...on('proposed', '2022-01-01') },
        after: { id: await idOf('adopted'), ...on('adopted', '2022-06-01') },
        errors: [{ pointer: '/type' }],
      })
    }
    expect(await events()).toEqual(['proposed 2022-01-01', 'adopted 2022-06-01'])
    expect(await read()).toMatchObject({ version: 1 })
  })

  test('cannot precede `proposed`', async () => {
    const { add } = await proposal()
    for (const type of Object.keys(PROPOSAL)) {
      const refused = await add(type, '2021-12-31')
      expect([type, refused.status, legalIn(refused)]).toEqual([type, 409, []])
    }
  })

  test('between two stages of an agreement can only be a stage between them', async () => {
    const { add, read } = await record('agreements', [on('drafted', '2001'), on('signed', '2005')])
    const refused = await add('in-force', '2003')
    expect(legalIn(refused)).toEqual(['authenticated', 'text-adopted', 'under-consideration'])
    expect((await add('text-adopted', '2003')).status).toBe(201)
    expect((await add('withdrawn', '2004')).status).toBe(409)
    expect(await read()).toMatchObject({ status: 'signed' })
  })
})

describe('a change of an event', () => {
  test('derives the status again, and is rejected with 409 if the sequence becomes illegal', async () => {
    const { s, patch, event, read, events } = await record('agreements', [
      on('drafted', '2018'),
      on('signed', '2021-04-29'),
    ])
    const signed = await event('signed')
    expect((await patch(signed, { occurredOn: '2019-04-29' })).status).toBe(200)
    expect(await read()).toMatchObject({ status: 'signed', statusSince: '2019-04-29' })
    expect((await patch(signed, { type: 'in-force' })).body).toMatchObject({ type: 'in-force' })
    expect(await read()).toMatchObject({ status: 'in-force' })
    const before = await s.rows()
    const refused = await patch(signed, { occurredOn: '2017' })
    expect(refused.body).toMatchObject({
      status: 409,
      type: '/problems/illegal-transition',
      legal: ['drafting'],
    })
    expect((await patch(signed, { occurredOn: '2027' })).status).toBe(422)
    expect(await s.rows()).toEqual(before)
    expect(await events()).toEqual(['drafted 2018', 'in-force 2019-04-29'])
  })

  test('to that of a party takes it from the steps of the whole', async () => {
    const { s, patch, event, read } = await record('agreements', [
      on('drafted', '2018'),
      on('signed', '2019'),
    ])
    await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
    expect((await patch(await event('signed'), { stateCode: 'KZ' })).body).toMatchObject({ place: null })
    expect(await read()).toMatchObject({
      status: 'drafted',
      parties: [{ stateCode: 'KZ', signedOn: '2019' }],
    })
  })
})

describe('the deletion of an event', () => {
  test('derives the status again; of the only step it becomes null', async () => {
    const { del, event, read } = await proposal([on('proposed', '2022-01-01'), on('implemented', '2023')])
    expect((await del(`${await event('implemented')}?`)).status).toBe(400)
    expect((await del(await event('implemented'))).status).toBe(204)
    expect(await read()).toMatchObject({ status: 'proposed', statusSince: '2022-01-01' })
    expect((await del(await event('proposed'))).status).toBe(204)
    expect(await read()).toMatchObject({ status: null, statusSince: null, proposedOn: '2022-01-01' })
  })

  test('is rejected with 409 if those on either side cannot follow each other', async () => {
    const { s, del, event } = await proposal([
      on('rejected', '2022'),
      on('under-consideration', '2023'),
      on('adopted', '2024'),
    ])
    const before = await s.rows()
    expect((await del(await event('under-consideration'))).body).toMatchObject({
      status: 409,
      type: '/problems/illegal-transition',
    })
    expect(await s.rows()).toEqual(before)
    expect((await del(await event('rejected'))).status).toBe(204)
  })
})

describe('events of one day', () => {
  test('follow each other in the order of the lifecycle, whatever the order of their creation', async () => {
    const day = '2022-01-01'
    const { add, read, s, url } = await proposal([])
    for (const type of ['implemented', 'under-consideration', 'proposed', 'adopted'])
      expect((await add(type, day)).status, type).toBe(201)
    expect((await add('proposed', day)).status).toBe(409)
    expect(await read()).toMatchObject({ status: 'implemented', statusSince: day })
    const { data } = await get(s, `${url}/events`)
    expect(data.toSorted((one: Body, other: Body) => (one['place'] < other['place'] ? -1 : 1))).toMatchObject(
      [
        { type: 'proposed', place: '2022-01-01.001' },
        { type: 'under-consideration', place: '2022-01-01.002' },
        { type: 'adopted', place: '2022-01-01.003' },
        { type: 'implemented', place: '2022-01-01.004' },
      ],
    )
  })
})

describe('uncertain dates of events', () => {
  test('allow every order that they do not exclude', async () => {
    const { add, read } = await proposal([on('proposed', '2022'), on('adopted', '2022-08-24')])
    // In August 2022, so before the adoption if need be; and after it.
    expect((await add('under-consideration', '2022-08')).status).toBe(201)
    expect((await add('implemented', '2022-08')).status).toBe(201)
    expect(await read()).toMatchObject({ status: 'implemented', statusSince: '2022-08' })
    expect((await add('proposed', '[2021..2023]')).status).toBe(409)
  })

  test('of an undated event allow any place', async () => {
    const { add, read, s, url } = await record('agreements', [on('signed', '2022')])
    expect((await add('drafted', null)).status).toBe(201)
    expect(await read()).toMatchObject({ status: 'signed', statusSince: '2022' })
    expect((await add('in-force', null)).status).toBe(201)
    expect(await read()).toMatchObject({ status: 'in-force', statusSince: null })
    const { data } = await get(s, `${url}/events`)
    expect(data.map(({ type, place }: Body) => `${type} ${place}`)).toEqual([
      'drafted 0000-00-00.001',
      'in-force 2022-01-01.002',
      'signed 2022-01-01.001',
    ])
  })

  test('must exist in the calendar', async () => {
    const { add } = await proposal()
    for (const date of ['2022-02-31', '2023-02-29', '2022-13', '2022-00', '0000', '22', '2022-1-1', 'today'])
      expect([date, (await add('adopted', date)).status]).toEqual([date, 400])
    expect((await add('adopted', '2024-02-29')).status).toBe(201)
  })
})

describe('a future date', () => {
  test('is rejected until the day has begun somewhere on earth', async () => {
    const { add, events } = await proposal()
    for (const date of ['2026-01-17', '2026-02', '2027', '[2027..]', '9999-12-31'])
      expect((await add('under-consideration', date)).body, date).toMatchObject({
        status: 422,
        errors: [{ pointer: '/occurredOn' }],
      })
    expect(await events()).toHaveLength(1)
    // At noon UTC it is the 16th already in Kiritimati (UTC+14).
    expect((await add('under-consideration', '2026-01-16')).status).toBe(201)
    expect((await add('deferred', '[2025..2027]')).status).toBe(201)
  })

  test('is rejected in a POST with events, with a pointer to the field, and nothing is written', async () => {
    const s = await service({ clock: () => NOON })
    const planned = await s.post('/v1/proposals', {
      title: 'P',
      events: [on('under-consideration', '2022-02-02'), on('adopted', '2027')],
    })
    expect(planned.body).toMatchObject({ status: 422, errors: [{ pointer: '/events/1/occurredOn' }] })
    expect((await get(s, '/v1/proposals?count=exact'))['page'].total).toBe(0)
  })
})

describe('a POST with events', () => {
  test('creates the whole history in one request, in any order', async () => {
    const { read, events, s, url } = await proposal([
      on('implemented', '2024'),
      on('deferred', '2022-03-03'),
      { ...on('under-consideration', '2022-02'), note: 'At the council.' },
      on('proposed', '2022-01-01'),
      on('under-consideration', '2023'),
      on('adopted', '2023-06-06'),
    ])
    expect(await read()).toMatchObject({ status: 'implemented', statusSince: '2024', version: 1 })
    expect(await read()).not.toHaveProperty('events')
    expect(await events()).toEqual([
      'proposed 2022-01-01',
      'under-consideration 2022-02',
      'deferred 2022-03-03',
      'under-consideration 2023',
      'adopted 2023-06-06',
      'implemented 2024',
    ])
    const { data } = await get(s, `${url}/events`)
    for (const { id, recordId, version } of data as Body[]) {
      expect([id.slice(0, 4), version]).toEqual(['evt_', 1])
      expect(url.endsWith(recordId)).toBe(true)
    }
  })

  test('is rejected and writes nothing when the sequence is invalid', async () => {
    const s = await service({ clock: () => NOON })
    const refuse = (events: object[]) => s.post('/v1/proposals', { title: 'P', events })
    const backward = await refuse([on('adopted', '2022-02-02'), on('rejected', '2022-03-03')])
    expect([backward.status, legalIn(backward)]).toEqual([409, ['implemented']])
    expect(backward.body).toMatchObject({
      errors: [{ pointer: '/events/1/type' }],
      before: { id: null, ...on('adopted', '2022-02-02') },
      after: null,
    })
    expect((await refuse([on('proposed', '2022'), on('adopted', '2021')])).status).toBe(409)
    expect((await refuse([on('proposed', '2022'), on('proposed', '2023')])).status).toBe(409)
    expect((await refuse([on('signed', '2022-02-02')])).status).toBe(400)
    expect((await refuse([on('adopted', '2022-02-31')])).status).toBe(400)
    const nowhere = { ...on('adopted', '2022-02-02'), meetingId: 'mtg_01gb6jc400ezz8kdnweefcy4dk' }
    expect((await refuse([nowhere])).status).toBe(422)
    expect((await get(s, '/v1/proposals?count=exact'))['page'].total).toBe(0)
  })
})

describe('proposedOn', () => {
  test('is the date of the event `proposed`, and follows it', async () => {
    const { patch, del, event, read } = await proposal([on('proposed', '2022-08-24'), on('adopted', '2023')])
    expect(await read()).toMatchObject({ proposedOn: '2022-08-24' })
    const proposed = await event('proposed')
    expect((await patch(proposed, { occurredOn: '2022-08-25' })).status).toBe(200)
    expect(await read()).toMatchObject({ proposedOn: '2022-08-25', status: 'adopted' })
    expect((await del(proposed)).status).toBe(204)
    expect(await read()).toMatchObject({ proposedOn: '2022-08-25', status: 'adopted' })
  })

  test('can be sent without an event, which then agrees with it or replaces it', async () => {
    const { add, patch, url, read, events } = await proposal([], { proposedOn: '2022' })
    expect(await read()).toMatchObject({ proposedOn: '2022', status: null })
    expect((await patch(url, { proposedOn: '2022-08' })).status).toBe(200)
    expect(await events()).toEqual([])
    expect((await add('proposed', '2022-08-24')).status).toBe(201)
    expect(await read()).toMatchObject({ proposedOn: '2022-08-24' })
  })

  test('cannot contradict the event', async () => {
    const { s, patch, url, read } = await proposal([on('proposed', '2022-08-24')], { proposedOn: '2022-08' })
    expect(await read()).toMatchObject({ proposedOn: '2022-08-24' })
    const before = await read()
    for (const proposedOn of ['2022-08-25', '2022-08'])
      expect((await patch(url, { proposedOn, title: 'Q' })).body).toMatchObject({
        status: 422,
        errors: [{ pointer: '/proposedOn' }],
      })
    expect(await read()).toEqual(before)
    const events = [on('proposed', '2022-08-24')]
    expect((await s.post('/v1/proposals', { title: 'P', proposedOn: '2022-09', events })).body).toMatchObject(
      {
        status: 422,
        errors: [{ pointer: '/proposedOn' }],
      },
    )
  })
})

describe('events of a party', () => {
  const SIX = ['CN', 'KZ', 'KG', 'MN', 'RU', 'UZ']

  /** A protocol that six states signed, and TJ did not. */
  async function protocol(
    events: Body[] = [{ type: 'signed' }, ...SIX.map((stateCode) => ({ type: 'signed', stateCode }))],
  ) {
    const s = await service({ clock: () => NOON })
    for (const code of [...SIX, 'TJ']) await create(s, '/v1/states', { code, name: code })
    const { id } = await create(s, '/v1/agreements', {
      title: 'Protocol on Winter Releases from Reservoirs',
      kind: 'protocol',
      entryIntoForce: { by: 'consent', consentsNeeded: 4 },
      events: events.map((event) => ({ occurredOn: '2023-10-27', ...event })),
    })
    const url = `/v1/agreements/${id}`
    return {
      s,
      url,
      consent: (stateCode: string, occurredOn: string | null, consentBy: string | null) =>
        s.post(`${url}/events`, { type: 'consent', stateCode, occurredOn, consentBy }),
      party: async (stateCode: string) =>
        (await get(s, url))['parties'].find((party: Body) => party['stateCode'] === stateCode),
    }
  }

  test('leave the status as it is; the parties follow from them, in order of their codes', async () => {
    const { s, url } = await protocol()
    const { status, settled, parties } = await get(s, url)
    expect([status, settled]).toEqual(['signed', false])
    expect(parties).toEqual(
      SIX.toSorted().map((stateCode) => ({
        stateCode,
        organizationId: null,
        signedOn: '2023-10-27',
        domesticApprovalOn: null,
        consentOn: null,
        consentBy: null,
        inForceOn: null,
        denouncedOn: null,
        reservations: 0,
        eventIds: [expect.stringMatching(/^evt_/)],
      })),
    )
    expect(
      (await s.post(`${url}/events`, { type: 'in-force', stateCode: 'KZ', occurredOn: '2024' })).status,
    ).toBe(201)
    expect(await get(s, url)).toMatchObject({ status: 'signed' })
  })

  test('consent without a signature only by accession, succession or notification', async () => {
    const { consent, party } = await protocol()
    for (const by of ['ratification', 'acceptance', 'approval', 'signature', null])
      expect((await consent('TJ', '2024-02-01', by)).body, String(by)).toMatchObject({
        status: 409,
        type: '/problems/illegal-transition',
        detail: expect.stringContaining('TJ has not signed'),
      })
    expect((await consent('TJ', '2024-02-01', 'accession')).status).toBe(201)
    expect(await party('TJ')).toMatchObject({
      signedOn: null,
      consentOn: '2024-02-01',
      consentBy: 'accession',
    })
  })

  test('must not be certainly before those that they follow', async () => {
    const { s, url, consent, party } = await protocol()
    expect((await consent('KZ', '2023-10-01', 'ratification')).status).toBe(409)
    expect((await consent('KZ', '2023-10', 'ratification')).status).toBe(201)
    for (const [type, occurredOn, status] of [
      ['in-force', '2023-09', 409],
      ['in-force', '2024-01-01', 201],
      ['denounced', '2023', 409],
      ['denounced', '2024', 201],
      ['consent-withdrawn', '2022', 409],
      ['signed', '2023-11-01', 409],
      ['reservation-withdrawn', '2022', 201],
      ['reservation', '2024', 409],
    ] as const)
      expect(
        (await s.post(`${url}/events`, { type, occurredOn, stateCode: 'KZ' })).status,
        `${type} ${occurredOn}`,
      ).toBe(status)
    expect(await party('KZ')).toMatchObject({
      consentOn: '2023-10',
      inForceOn: '2024-01-01',
      denouncedOn: '2024',
    })
    expect(await party('RU')).toMatchObject({ consentOn: null, inForceOn: null })
  })

  test('can be repeated after they were withdrawn', async () => {
    const { s, url, consent, party } = await protocol()
    const add = (type: string, occurredOn: string) =>
      create(s, `${url}/events`, { type, occurredOn, stateCode: 'RU' })
    await add('domestic-approval', '2023-11')
    await add('reservation', '2023-12')
    expect((await consent('RU', '2024', 'ratification')).status).toBe(201)
    expect(await party('RU')).toMatchObject({
      domesticApprovalOn: '2023-11',
      consentOn: '2024',
      reservations: 1,
    })
    await add('consent-withdrawn', '2025-01')
    await add('reservation-withdrawn', '2025-01')
    expect(await party('RU')).toMatchObject({ consentOn: null, consentBy: null, reservations: 0 })
    await add('domestic-approval', '2025-02')
    await add('reservation', '2025-03')
    expect((await consent('RU', '2025-03', 'ratification')).status).toBe(201)
    expect(await party('RU')).toMatchObject({
      domesticApprovalOn: '2025-02',
      consentOn: '2025-03',
      reservations: 1,
    })
  })

  test.each(['2024', '2024-03-03', '[2023..]', null])(
    'withdraw a consent of the same or an unknown day: %s',
    async (occurredOn) => {
      const { s, url, consent, party } = await protocol()
      await create(s, `${url}/events`, { type: 'reservation', occurredOn: '2024-03-03', stateCode: 'RU' })
      expect((await consent('RU', '2024-03-03', 'ratification')).status).toBe(201)
      for (const type of ['consent-withdrawn', 'reservation-withdrawn'])
        await create(s, `${url}/events`, { type, occurredOn, stateCode: 'RU' })
      expect(await party('RU')).toMatchObject({ consentOn: null, reservations: 0 })
    },
  )

  test('take their date from the party when they are deleted, unless others need them', async () => {
    const { s, url, consent, party } = await protocol()
    const idOf = async (stateCode: string) => (await party(stateCode)).eventIds[0]
    const ru = `${url}/events/${await idOf('RU')}`
    const analyst = { authorization: `Bearer ${s.keys.analyst}` }
    expect((await s.del(ru, analyst)).status).toBe(204)
    expect(await party('RU')).toBeUndefined()
    expect(await get(s, url)).toMatchObject({ status: 'signed' })
    expect((await consent('KZ', '2024', 'ratification')).status).toBe(201)
    const kz = `${url}/events/${await idOf('KZ')}`
    expect((await s.del(kz)).body).toMatchObject({ status: 409, type: '/problems/illegal-transition' })
    expect((await s.patch(kz, { stateCode: 'TJ' })).status).toBe(409)
    expect((await s.patch(kz, { occurredOn: '2025' })).status).toBe(409)
    expect(await party('KZ')).toMatchObject({ signedOn: '2023-10-27', consentOn: '2024' })
  })

  test('name no signatory if only the whole was signed; then any state may consent', async () => {
    const { s, url, consent } = await protocol([{ type: 'signed' }])
    expect((await consent('KZ', '2024', 'ratification')).status).toBe(201)
    // The signatories become known in any order; from then on, only they consent so.
    const signed = (stateCode: string) =>
      s.post(`${url}/events`, { type: 'signed', stateCode, occurredOn: '2023' })
    expect((await signed('RU')).status).toBe(201)
    expect((await consent('TJ', '2024', 'ratification')).status).toBe(409)
    expect((await signed('KZ')).status).toBe(201)
  })

  test.each([
    [{ type: 'signed', stateCode: 'KZ', organizationId: 'ORG' }, '/organizationId'],
    [{ type: 'signed', consentBy: 'signature' }, '/consentBy'],
    [{ type: 'drafted', stateCode: 'KZ' }, '/type'],
    [{ type: 'registered', stateCode: 'KZ' }, '/type'],
    [{ type: 'consent' }, '/type'],
    [{ type: 'denounced' }, '/type'],
  ])('are refused with 422: %j', async (event: Body, pointer) => {
    const { s, url } = await protocol([])
    const org = (await create(s, '/v1/organizations', { name: 'O', classification: 'organ' }))['id']
    const body = { ...event, ...(event['organizationId'] && { organizationId: org }) }
    expect((await s.post(`${url}/events`, body)).body).toMatchObject({ status: 422, errors: [{ pointer }] })
    expect(
      (await s.post('/v1/agreements', { title: 'A', kind: 'treaty', events: [body] })).body,
    ).toMatchObject({ status: 422, errors: [{ pointer: `/events/0${pointer}` }] })
    expect(await get(s, url)).toMatchObject({ version: 1, parties: [] })
  })

  test('of an organization are those of a party too; a proposal has only remarks of parties', async () => {
    const { s, url } = await protocol()
    const organizationId = (await create(s, '/v1/organizations', { name: 'O', classification: 'organ' }))[
      'id'
    ]
    await create(s, `${url}/events`, { type: 'signed', organizationId, occurredOn: '2024' })
    expect((await get(s, url))['parties']).toContainEqual(
      expect.objectContaining({ organizationId, stateCode: null, signedOn: '2024' }),
    )
    const { id } = await create(s, '/v1/proposals', { title: 'P' })
    await create(s, `/v1/proposals/${id}/events`, { type: 'announced', organizationId })
    expect((await s.post(`/v1/proposals/${id}/events`, { type: 'adopted', organizationId })).status).toBe(422)
  })
})

describe('settled', () => {
  test.each([
    ['agreement', null, 'signed', false],
    ['agreement', 'signature', 'signed', true],
    ['agreement', 'consent', 'signed', false],
    ['memorandum', null, 'text-adopted', false],
    ['charter', 'consent', 'in-force', true],
    ['treaty', null, 'suspended', false],
    ['treaty', null, 'terminated', true],
    ['treaty', null, 'not-adopted', true],
    ['treaty', null, 'withdrawn', true],
    ['decision', null, 'text-adopted', true],
    ['declaration', null, 'signed', true],
    ['communique', null, 'drafted', false],
    ['plan', null, null, false],
  ] as const)('of a %s with entry into force by %s, %s: %s', async (kind, by, type, settled) => {
    const s = await service()
    const doc = await create(s, '/v1/agreements', {
      title: 'A',
      kind,
      entryIntoForce: by && { by },
      events: type === null ? [] : [on(type, '2022')],
    })
    expect(doc['settled']).toBe(settled)
  })

  test('follows a change of the kind and of the entry into force', async () => {
    const { patch, url } = await record('agreements', [on('signed', '2022')])
    expect((await patch(url, { entryIntoForce: { by: 'signature' } })).body).toMatchObject({ settled: true })
    expect((await patch(url, { entryIntoForce: null })).body).toMatchObject({ settled: false })
    expect((await patch(url, { kind: 'declaration' })).body).toMatchObject({ settled: true })
  })
})

// ------------------------------------------------------------------ properties

const DATES = [
  null,
  '2021',
  '2022',
  '2022-01-01',
  '2022-03',
  '2022-03~',
  '2022-03-15',
  '2022-06-01',
  '[2021..2022-03]',
  '[..2022-03-10]',
  '[2022-03..]',
  '2023',
]

const stepsOf = (lifecycle: Lifecycle, max: number) =>
  fc.array(
    fc.record({
      type: fc.constantFrom(...Object.keys(lifecycle.moves)),
      occurredOn: fc.constantFrom(...DATES),
    }),
    { maxLength: max },
  )

/** Whether an order of steps is legal, by the definition. */
const isLegal = ({ moves }: Lifecycle, steps: readonly Step[]) =>
  steps.every(({ type, occurredOn }, index) => {
    const previous = steps[index - 1]
    if (previous && !moves[previous.type]?.includes(type)) return false
    return steps
      .slice(0, index)
      .every(
        (earlier) => !earlier.occurredOn || !occurredOn || !certainlyBefore(occurredOn, earlier.occurredOn),
      )
  })

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))

/** Of the legal orders the one with the earliest days, and on one day the earliest types; null: there is none. */
function expectedOrder(lifecycle: Lifecycle, steps: readonly Step[]): Step[] | null {
  const types = Object.keys(lifecycle.moves)
  const rankOf = ({ type, occurredOn }: Step) =>
    `${occurredOn === null ? '0' : sortKey(occurredOn)} ${String(types.indexOf(type)).padStart(2, '0')} ${occurredOn ?? ''}`
  const legal = permutations(steps).filter((order) => isLegal(lifecycle, order))
  const [best] = legal
    .map((order) => ({ order, rank: order.map(rankOf) }))
    .sort((one, other) => {
      const at = one.rank.findIndex((rank, index) => rank !== other.rank[index])
      return at === -1 ? 0 : (one.rank[at] ?? '') < (other.rank[at] ?? '') ? -1 : 1
    })
  return best?.order ?? null
}

describe.each(lifecycleCases)('the order of steps of $path', ({ lifecycle }) => {
  test('is the earliest of the legal ones, and there is none only if all are illegal', () => {
    fc.assert(
      fc.property(stepsOf(lifecycle, 5), (steps) => {
        const ordered = orderSteps(lifecycle, steps)
        const expected = expectedOrder(lifecycle, steps)
        expect(ordered.legal).toBe(expected !== null)
        if (!ordered.legal) return
        expect(ordered.steps.map(({ step }) => step)).toEqual(expected)
        const places = ordered.steps.map(({ place }) => place)
        expect(places).toEqual([...new Set(places)].sort())
      }),
      { numRuns: 40 },
    )
  })

  test('does not depend on the order of writing', () => {
    fc.assert(
      fc.property(
        stepsOf(lifecycle, 12).chain((steps) =>
          fc.tuple(
            fc.constant(steps),
            fc.shuffledSubarray(steps, { minLength: steps.length, maxLength: steps.length }),
          ),
        ),
        ([steps, shuffled]) => {
          expect(orderSteps(lifecycle, shuffled)).toEqual(orderSteps(lifecycle, steps))
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('of many steps is found or refused in little time', () => {
    const many = Array.from({ length: 300 }, () => on('under-consideration', null))
    const before = performance.now()
    expect(orderSteps(lifecycle, many).legal).toBe(true)
    expect(orderSteps(lifecycle, [...many, on('no-such-type', null)]).legal).toBe(false)
    expect(performance.now() - before).toBeLessThan(5_000)
  })
})

const operation = (types: readonly string[]) => {
  const event = fc.record({
    type: fc.constantFrom(...types),
    occurredOn: fc.constantFrom(...DATES),
    stateCode: fc.option(fc.constantFrom('KZ', 'RU'), { freq: 3 }),
  })
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('post' as const), event }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('patch' as const), at: fc.nat(9), event }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), at: fc.nat(9) }) },
  )
}

test.each(lifecycleCases)(
  'no sequence of posts, edits and removals of events of $path leaves a status that its events do not give',
  async ({ path, lifecycle, body }) => {
    const s = await service({ clock: () => NOON })
    for (const code of ['KZ', 'RU']) await create(s, '/v1/states', { code, name: code })
    const types = [...Object.keys(lifecycle.moves), ...lifecycle.remarks, ...lifecycle.ofParty]
    const eventsOf = async (url: string): Promise<Body[]> => (await get(s, `${url}/events`))['data']
    const derivedOf = ({ status, statusSince, proposedOn, parties }: Body) => ({
      status,
      statusSince,
      proposedOn,
      parties: parties?.map(({ eventIds: _, ...party }: Body) => party),
    })

    /** Checks a record against its events. */
    const check = async (url: string) => {
      const [doc, events] = [await get(s, url), await eventsOf(url)]
      const steps = events.filter((event) => isStep(lifecycle, event as never))
      const expected = expectedOrder(lifecycle, steps as unknown as Step[])
      if (!expected) throw new Error(`Illegal: ${JSON.stringify(events)}`)
      const last = expected.at(-1)
      expect([doc['status'], doc['statusSince']]).toEqual([last?.type ?? null, last?.occurredOn ?? null])
      const byPlace = steps.toSorted((one, other) => (one['place'] < other['place'] ? -1 : 1))
      expect(byPlace.map(({ type, occurredOn }) => on(type, occurredOn))).toEqual(
        expected.map(({ type, occurredOn }) => on(type, occurredOn)),
      )
      for (const event of events) if (!steps.includes(event)) expect(event['place']).toBeNull()
      return { doc, events }
    }

    await fc.assert(
      fc.asyncProperty(fc.array(operation(types), { minLength: 1, maxLength: 10 }), async (operations) => {
        const url = `/v1/${path}/${(await create(s, `/v1/${path}`, unlike(body)))['id']}`
        for (const step of operations) {
          const before = await eventsOf(url)
          if (step.do === 'post' && before.length >= 6) continue
          const target =
            'at' in step && before.length > 0 && `${url}/events/${before[step.at % before.length]?.['id']}`
          const response =
            step.do === 'post'
              ? await s.post(`${url}/events`, step.event)
              : target && (step.do === 'patch' ? await s.patch(target, step.event) : await s.del(target))
          if (!response) continue
          expect([200, 201, 204, 409, 422]).toContain(response.status)
          const { events } = await check(url)
          if (response.status > 400) expect(events).toEqual(before)
        }
        // The same events in another order, in one request and in several, give the same.
        const { doc, events } = await check(url)
        const again = events
          .toReversed()
          .map(({ type, occurredOn, stateCode }) => ({ type, occurredOn, stateCode }))
        const atOnce = await create(s, `/v1/${path}`, { ...unlike(body), events: again })
        expect({ ...derivedOf(atOnce), proposedOn: null }).toEqual({ ...derivedOf(doc), proposedOn: null })
        const other = `/v1/${path}/${(await create(s, `/v1/${path}`, unlike(body)))['id']}`
        let left = again
        for (let before = left.length + 1; left.length < before; ) {
          before = left.length
          const refused: typeof left = []
          for (const event of left)
            if ((await s.post(`${other}/events`, event)).status !== 201) refused.push(event)
          left = refused
        }
        expect(left).toEqual([])
        expect({ ...derivedOf((await check(other)).doc), proposedOn: null }).toEqual({
          ...derivedOf(doc),
          proposedOn: null,
        })
      }),
      { numRuns: 40 },
    )
  },
)
