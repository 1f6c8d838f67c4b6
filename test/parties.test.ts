// The parties of documents: the view of a day, and the filters of lists.
import { expect, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'

/** An organization with an organ, three members and an observer. */
async function body(s: Service) {
  const { id } = await create(s, '/v1/organizations', { name: 'A council', classification: 'organization' })
  const { id: organ } = await create(s, '/v1/organizations', {
    name: 'Its ministers',
    classification: 'organ',
    parentId: id,
  })
  for (const [code, role] of [
    ['KZ', 'member'],
    ['RU', 'member'],
    ['TJ', 'member'],
    ['IR', 'observer'],
  ])
    await create(s, '/v1/states', {
      code,
      name: `State ${code}`,
      memberships: [{ organizationId: id, role, startDate: '2006' }],
    })
  return { id, organ }
}

const signed = (code: string) => ({ type: 'signed', stateCode: code, occurredOn: '2023-10-27' })

async function treaty(s: Service, more: Body = {}) {
  const { organ } = await body(s)
  return create(s, '/v1/agreements', {
    title: 'A protocol',
    kind: 'protocol',
    organizationId: organ,
    entryIntoForce: { by: 'consent', consentsNeeded: 'all' },
    events: [{ type: 'signed', occurredOn: '2023-10-27' }, signed('KZ'), signed('RU')],
    ...more,
  })
}

test('the view says who signed, who is bound and who is missing, on a day', async () => {
  const s = await service()
  const { id } = await treaty(s)
  const url = `/v1/agreements/${id}`
  await create(s, `${url}/events`, {
    type: 'consent',
    consentBy: 'ratification',
    stateCode: 'KZ',
    occurredOn: '2024-02-01',
  })
  await create(s, `${url}/events`, { type: 'reservation', stateCode: 'KZ', occurredOn: '2024-02-01' })
  const view = await get(s, `${url}/parties`)
  expect(view).toMatchObject({
    awaitingConsent: ['RU'],
    notSigned: ['TJ'],
    consents: { needed: 2, have: 1 },
    data: [
      {
        stateCode: 'KZ',
        signedOn: '2023-10-27',
        consentOn: '2024-02-01',
        consentBy: 'ratification',
        reservations: 1,
      },
      { stateCode: 'RU', signedOn: '2023-10-27', consentOn: null, reservations: 0 },
    ],
  })
  expect((await get(s, url))['parties']).toEqual(view['data'])
  expect(await get(s, `${url}/parties?asOf=2023-12-31`)).toMatchObject({
    awaitingConsent: ['KZ', 'RU'],
    consents: { needed: 2, have: 0 },
  })
  expect((await get(s, `${url}/parties?asOf=2023-10-26`))['data']).toEqual([])
})

test('the filters find a document by its parties and by those that are missing', async () => {
  const s = await service()
  const { id } = await treaty(s)
  const url = `/v1/agreements/${id}`
  const found = async (query: string) => (await get(s, `/v1/agreements?${query}`))['data'].length === 1
  const matches = async () => {
    const entries: [string, string[]][] = []
    for (const filter of ['signedBy', 'consentedBy', 'awaiting', 'notSignedBy']) {
      const states: string[] = []
      for (const code of ['IR', 'KZ', 'RU', 'TJ']) if (await found(`${filter}=${code}`)) states.push(code)
      entries.push([filter, states])
    }
    return Object.fromEntries(entries)
  }
  expect(await matches()).toEqual({
    signedBy: ['KZ', 'RU'],
    consentedBy: [],
    awaiting: ['KZ', 'RU'],
    notSignedBy: ['TJ'],
  })
  const consent = { type: 'consent', consentBy: 'accession', occurredOn: '2024-02-01' }
  await create(s, `${url}/events`, { ...consent, stateCode: 'TJ' })
  await create(s, `${url}/events`, { ...consent, consentBy: 'ratification', stateCode: 'RU' })
  await create(s, `${url}/events`, { type: 'denounced', stateCode: 'RU', occurredOn: '2025' })
  expect(await matches()).toEqual({
    signedBy: ['KZ', 'RU'],
    consentedBy: ['TJ'],
    awaiting: ['KZ', 'RU'],
    notSignedBy: [],
  })
  expect(await found('consentedBy=RU&asOf=2024-06-01')).toBe(true)
  expect(await found('signedBy=KZ&asOf=2023-01-01')).toBe(false)
})

test('a party for which the document is in force is bound, though its consent is not known', async () => {
  const s = await service()
  const { id } = await treaty(s)
  await create(s, `/v1/agreements/${id}/events`, { type: 'in-force', stateCode: 'RU', occurredOn: '2024' })
  expect(await get(s, `/v1/agreements/${id}/parties`)).toMatchObject({
    awaitingConsent: ['KZ'],
    consents: { needed: 2, have: 1 },
  })
  expect((await get(s, '/v1/agreements?consentedBy=RU'))['data']).toHaveLength(1)
  expect((await get(s, '/v1/agreements?awaiting=RU'))['data']).toEqual([])
})

test('of a document that is no treaty, or of which no party is known, nobody is missing', async () => {
  const s = await service()
  const { id } = await treaty(s, { kind: 'declaration' })
  expect(await get(s, `/v1/agreements/${id}/parties`)).toMatchObject({
    awaitingConsent: null,
    notSigned: null,
  })
  const { id: other } = await create(s, '/v1/agreements', {
    title: 'Another protocol',
    kind: 'protocol',
    events: [{ type: 'signed', occurredOn: '2023-10-27' }],
    entryIntoForce: { by: 'consent', consentsNeeded: 'all' },
  })
  expect(await get(s, `/v1/agreements/${other}/parties`)).toMatchObject({
    data: [],
    awaitingConsent: null,
    notSigned: null,
    consents: { needed: null, have: 0 },
  })
})

test('a party signs once; a report with another day names the difference', async () => {
  const s = await service()
  const { id } = await treaty(s)
  const again = { ...signed('KZ'), occurredOn: '2023-10-28' }
  expect((await s.post(`/v1/agreements/${id}/events`, again)).status).toBe(409)
  const report = {
    source: { title: 'A report', language: 'en', text: 'Kazakhstan signed on 28 October.' },
    agreements: [{ id, events: [{ ...again, evidence: [{ exact: 'Kazakhstan signed' }] }] }],
  }
  const { body } = await s.post('/v1/reports', report)
  const [part] = body['data'][1].parts
  expect(part).toMatchObject({
    outcome: 'updated',
    differences: [{ field: '/occurredOn', record: '2023-10-27', report: '2023-10-28' }],
  })
  expect((await get(s, `/v1/agreements/${id}`))['parties']).toHaveLength(2)
})

test('a document of a body without known members misses nobody', async () => {
  const s = await service()
  const { id } = await treaty(s)
  const { id: other } = await create(s, '/v1/organizations', {
    name: 'Another',
    classification: 'organization',
  })
  expect((await s.patch(`/v1/agreements/${id}`, { organizationId: other })).status).toBe(200)
  expect((await get(s, `/v1/agreements/${id}/parties`))['notSigned']).toEqual([])
})
