// 9. A state refuses to sign.
import { expect, test } from 'vitest'
import {
  base,
  codePoints,
  counts,
  expectPeople,
  expectStandings,
  expectTrust,
  idsOf,
  list,
  members,
  sha256,
  standings,
  tell,
  tellAgain,
  words,
} from '../helpers/documents.ts'
import { get } from '../helpers/requests.ts'
import { refusal, SIGNATORIES, text } from './refusal.ts'

/** A service with the report, and the path of the protocol. */
async function afterReport() {
  const s = await base()
  const told = await tell(s, refusal(s))
  const protocol = `/v1/agreements/${told.ids['A1']}`
  return { s, told, protocol, parties: (query = '') => get(s, `${protocol}/parties${query}`) }
}

const SORTED = SIGNATORIES.toSorted()

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([753, 120])
  expect(sha256(text)).toBe('2851d6d3835fdb8e0b2eceea1149c84d89a591bbc31232aa8a987c5dd1eaae50')
})

test('signing is an event, and refusing to sign a position', async () => {
  const { s, told, protocol } = await afterReport()
  const { A1, M11, S1, S2, S3, qosimov } = told.ids
  expect(await get(s, protocol)).toMatchObject({
    status: 'signed',
    settled: false,
    entryIntoForce: { by: 'consent', consentsNeeded: 4, condition: 'Four ratifications.' },
    parties: SORTED.map((stateCode) => ({
      stateCode,
      signedOn: '2023-10-27',
      consentOn: null,
      consentBy: null,
      inForceOn: null,
    })),
  })
  const events = await list(s, `events?record=${A1}`)
  expect(events.map(({ type, occurredOn, meetingId }) => [type, occurredOn, meetingId])).toEqual(
    events.map(() => ['signed', '2023-10-27', M11]),
  )
  expect(events.map(({ stateCode }) => stateCode ?? '').sort()).toEqual(['', ...SORTED])
  expect(await idsOf(s, 'agreements?event=signed&eventState=TJ')).toEqual([])
  expect(await list(s, 'positions?state=TJ&position=declined')).toMatchObject([
    { recordId: A1, statedOn: '2023-10-27', meetingId: M11 },
  ])
  expect(await standings(s, `agreements/${A1}`, '2023-10-27')).toEqual(members({ TJ: 'declined' }))
  expect(await idsOf(s, `statements?meeting=${M11}`)).toEqual([S2])
  for (const id of [S1, S3])
    expect(await get(s, `/v1/statements/${id}`)).toMatchObject({
      date: '2023-10-27',
      meetingId: null,
      contributors: [{ role: 'author', speakerId: qosimov, stateCode: 'TJ' }],
    })

  await expectTrust(s)
  await expectStandings(s)
  await expectPeople(s, ['Jamshed Qosimov', 'Dilshod Yoqubov'])
  const expected = {
    sources: 1,
    organizations: 5,
    speakers: 2,
    meetings: 1,
    proposals: 0,
    agreements: 1,
    statements: 3,
    events: 7,
    positions: 1,
    relations: 0,
  }
  expect(await counts(s)).toEqual(expected)
  // The actor tells seven signatures apart.
  await tellAgain(s, told)
  expect(await counts(s)).toEqual(expected)
})

test('the parties of a day are who signed, who has to consent, and who did not sign', async () => {
  const { parties } = await afterReport()
  const { data, ...others } = await parties()
  expect(data).toMatchObject(
    SORTED.map((stateCode) => ({
      stateCode,
      signedOn: '2023-10-27',
      consentOn: null,
      consentBy: null,
      inForceOn: null,
    })),
  )
  expect(data).toHaveLength(6)
  expect(others).toMatchObject({
    awaitingConsent: SORTED,
    notSigned: ['TJ'],
    consents: { needed: 4, have: 0 },
  })
  const before = await parties('?asOf=2023-10-26')
  expect(before['data'].filter(({ signedOn }: { signedOn: unknown }) => signedOn !== null)).toEqual([])
})

test('documents are found by who signed and who has not', async () => {
  const { s, told } = await afterReport()
  const { A1 } = told.ids
  expect(await idsOf(s, 'agreements?notSignedBy=TJ')).toEqual([A1])
  expect(await idsOf(s, 'agreements?notSignedBy=IR')).toEqual([])
  expect(await idsOf(s, 'agreements?signedBy=TJ')).toEqual([])
  expect(await idsOf(s, 'agreements?signedBy=KZ')).toEqual([A1])
  expect(await idsOf(s, 'agreements?awaiting=MN')).toEqual([A1])
})

const consent = (consentBy: string, stateCode: string, occurredOn: string) => ({
  type: 'consent',
  consentBy,
  stateCode,
  occurredOn,
})

test('a state that did not sign can accede, but not ratify', async () => {
  const { s, protocol, parties } = await afterReport()
  const ratified = await s.post(`${protocol}/events`, consent('ratification', 'TJ', '2024-02-01'))
  expect([ratified.status, ratified.body['type']]).toEqual([409, '/problems/illegal-transition'])
  const acceded = await s.post(`${protocol}/events`, consent('accession', 'TJ', '2024-02-01'))
  expect(acceded.status, acceded.text).toBe(201)
  expect(await parties()).toMatchObject({ notSigned: [], consents: { needed: 4, have: 1 } })
})

test('consent is not certainly before the signature', async () => {
  const { s, protocol } = await afterReport()
  const before = await s.post(`${protocol}/events`, consent('ratification', 'KZ', '2023-10-01'))
  expect([before.status, before.body['type']]).toEqual([409, '/problems/illegal-transition'])
  const inTheMonth = await s.post(`${protocol}/events`, consent('ratification', 'KZ', '2023-10'))
  expect(inTheMonth.status, inTheMonth.text).toBe(201)
})

test('a signature that is deleted leaves the document signed', async () => {
  const { s, told, protocol, parties } = await afterReport()
  const [event] = await list(s, `events?record=${told.ids['A1']}&state=RU`)
  const url = `${protocol}/events/${event?.['id']}`
  const analyst = { authorization: `Bearer ${s.keys.analyst}` }
  const { status } = await s.del(`${url}?reason=${encodeURIComponent('It was the deputy')}`, analyst)
  expect(status).toBe(204)
  expect(await get(s, protocol)).toMatchObject({ status: 'signed' })
  expect((await parties())['notSigned']).toEqual(['RU', 'TJ'])
})
