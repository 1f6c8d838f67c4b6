// 5. Five documents signed at a summit.
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
  sha256,
  tell,
  tellAgain,
  words,
} from '../helpers/documents.ts'
import { get } from '../helpers/requests.ts'
import { summit, text } from './summit.ts'

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([790, 129])
  expect(sha256(text)).toBe('79d7c638f1fd2cc6417157cad87e3c90452a2e9367d5f560ef1e558010175ecd')
})

test('a package is the documents signed at one meeting', async () => {
  const s = await base()
  const told = await tell(s, summit(s))
  const id = (key: string) => told.ids[key] as string
  const ids = (...keys: string[]) => keys.map(id).sort()
  const found = async (query: string) => (await idsOf(s, `agreements?${query}`)).sort()
  expect(await found(`meeting=${id('M8')}&event=signed`)).toEqual(ids('D1', 'D2', 'D3', 'D4', 'D5'))
  expect(await found(`meeting=${id('M8')}`)).toEqual(ids('D1', 'D2', 'D3', 'D4', 'D5', 'D6', 'D8'))
  const in2011 = 'event=signed&eventFrom=2011&eventTo=2011'
  expect(await found(in2011)).toEqual(ids('D7'))
  expect(await found(`${in2011}&meeting=${id('M8')}`)).toEqual([])

  const states = Object.fromEntries(
    (await list(s, 'agreements')).map((one) => [one['id'], [one['status'], one['settled']]]),
  )
  expect(states).toEqual({
    [id('D1')]: ['signed', true],
    [id('D2')]: ['signed', true],
    [id('D3')]: ['signed', false],
    [id('D4')]: ['signed', true],
    [id('D5')]: ['signed', true],
    [id('D6')]: ['text-adopted', true],
    [id('D7')]: ['signed', false],
    [id('D8')]: ['under-consideration', false],
  })
  expect(await found('asOf=2023-06-19&status=signed')).toEqual(ids('D7'))
  // Whether the agreement of 2011 is in force is not known.
  expect(await found('stalledSince=2026-01-01')).toEqual(ids('D3', 'D8'))

  const relations = async (key: string) => (await get(s, `/v1/agreements/${id(key)}/relations`))['data']
  expect(await relations('D6')).toMatchObject([
    { direction: 'incoming', type: 'approves', recordId: id('D2'), targetId: id('D6') },
  ])
  expect(await relations('D7')).toMatchObject([
    { direction: 'incoming', type: 'amends', recordId: id('D3'), targetId: id('D7') },
  ])
  const protocol = await get(s, `/v1/agreements/${id('D3')}`)
  expect(protocol).toMatchObject({
    depositary: { organizationId: s.bodies.sec, stateCode: null },
    entryIntoForce: { by: 'consent', consentsNeeded: 'all' },
    parties: [],
  })
  // Nothing is expanded, and nothing is made of a hope or a draft.
  expect(await list(s, 'events?state=TJ')).toEqual([])
  expect(await list(s, `events?record=${id('D6')}`)).toMatchObject([{ type: 'text-adopted' }])
  expect(await list(s, `events?record=${id('D7')}`)).toMatchObject([
    { type: 'signed', occurredOn: '2011-06-03', meetingId: null },
  ])
  expect(await list(s, `events?record=${id('D8')}`)).toMatchObject([{ type: 'under-consideration' }])
  expect(await get(s, `/v1/meetings/${id('M8')}`)).toMatchObject({ participants: [] })

  await expectTrust(s)
  await expectStandings(s)
  await expectPeople(s, ['Sanjar Beknazarov'])
  const expected = {
    sources: 1,
    organizations: 5,
    speakers: 1,
    meetings: 1,
    proposals: 0,
    agreements: 8,
    statements: 1,
    events: 8,
    positions: 0,
    relations: 2,
  }
  expect(await counts(s)).toEqual(expected)
  await tellAgain(s, told)
  expect(await counts(s)).toEqual(expected)
})

test('the outcomes of the meeting are all documents with an event there', async () => {
  const s = await base()
  const { ids } = await tell(s, summit(s))
  const { documents, ...others } = await get(s, `/v1/meetings/${ids['M8']}/outcomes`)
  expect(
    documents.map(({ id, eventType }: { id: string; eventType: string }) => `${id} ${eventType}`).sort(),
  ).toEqual(
    [
      ...['D1', 'D2', 'D3', 'D4', 'D5'].map((key) => `${ids[key]} signed`),
      `${ids['D6']} text-adopted`,
      `${ids['D8']} under-consideration`,
    ].sort(),
  )
  expect(others).toMatchObject({ proposals: [], positions: [], statements: 1 })
})

test('who has to consent is not known where no signatory is', async () => {
  const s = await base()
  const { ids } = await tell(s, summit(s))
  expect(await get(s, `/v1/agreements/${ids['D3']}/parties`)).toMatchObject({
    data: [],
    awaitingConsent: null,
    notSigned: null,
    consents: { needed: null, have: 0 },
  })
})
