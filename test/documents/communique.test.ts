// 4. A joint communiqué, and a state that does not associate itself with one paragraph.
import { expect, test } from 'vitest'
import type { Body } from '../helpers/bodies.ts'
import {
  base,
  CORROBORATED,
  codePoints,
  counts,
  expectPeople,
  expectStandings,
  expectTrust,
  idsOf,
  list,
  members,
  SINGLE,
  sha256,
  standings,
  tell,
  tellAgain,
  trustOf,
  words,
} from '../helpers/documents.ts'
import { get } from '../helpers/requests.ts'
import { communique, proposal, text } from './communique.ts'
import { floodAlarm } from './flood-alarm.ts'

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([1075, 192])
  expect(sha256(text)).toBe('daa5095fa8e5b4c5e28ad054c1e5704d29ec4edf5e3744ff586c75929ff01f0a')
})

test('a communiqué has authors without speakers, and a position on a paragraph', async () => {
  const s = await base()
  const told = await tell(s, communique(s))
  const { M9, M10, A1, P1 } = told.ids
  expect(await get(s, `/v1/meetings/${M9}`)).toMatchObject({
    status: 'held',
    participants: [{ role: 'chair', stateCode: 'KG' }],
  })
  expect(await get(s, `/v1/meetings/${M10}`)).toMatchObject({
    status: 'scheduled',
    startDate: '2026',
    ordinal: null,
    city: 'Dushanbe',
  })
  const document = await get(s, `/v1/agreements/${A1}`)
  expect(document).toMatchObject({
    kind: 'communique',
    organizationId: s.bodies.irc,
    contributors: [
      {
        role: 'author',
        organizationId: s.bodies.irc,
        collective: 'members',
        attributionText: 'The Member States',
        speakerId: null,
      },
    ],
    texts: [{ sourceId: told.sourceId, authentic: false }],
    status: 'text-adopted',
    settled: true,
    parties: [],
  })
  expect(trustOf(document)).toEqual(SINGLE)
  expect(await list(s, `events?record=${A1}`)).toMatchObject([
    { type: 'text-adopted', occurredOn: '2025-07-04', meetingId: M9 },
  ])
  const all = ['2025-07-04', '2025-07-04', '2025-07-04', '2025-07-04']
  const said = await list(s, 'statements')
  expect(said.map(({ date }) => date)).toEqual(all)
  expect(said.map(({ locator }) => locator)).toEqual(
    ['2', '3', '4', '5'].map((value) => ({ label: 'paragraph', value })),
  )
  for (const { id, locator } of said)
    expect(await list(s, `evidence?record=${id}`)).toMatchObject([{ locator }])
  // A collective is not expanded.
  expect(await idsOf(s, 'statements?state=UZ')).toEqual([])
  expect(await idsOf(s, 'statements?state=MN')).toEqual([])
  expect(await idsOf(s, 'agreements?stalledSince=2026-01-01')).toEqual([])

  expect(await standings(s, `agreements/${A1}`, '2025-07-04')).toEqual(members({ UZ: 'reserved' }))
  const { data: view } = await get(s, `/v1/agreements/${A1}/positions?asOf=2025-07-04`)
  expect(view.find(({ stateCode }: Body) => stateCode === 'UZ')).toMatchObject({
    locator: { label: 'paragraph', value: '4' },
  })
  expect(await idsOf(s, 'positions?state=UZ&position=reserved&recordKind=agreement')).toHaveLength(1)

  expect(await get(s, `/v1/proposals/${P1}`)).toMatchObject({
    status: 'proposed',
    proposedOn: '[..2025-07-04]',
    meetingId: null,
    addresseeId: s.bodies.cwm,
  })
  expect(await idsOf(s, `proposals?meeting=${M9}`)).toEqual([P1])
  expect(await idsOf(s, 'proposals?proposedTo=2024-12-31')).toEqual([P1])
  expect(await idsOf(s, 'proposals?proposedFrom=2025-08-01')).toEqual([])

  await expectTrust(s)
  await expectStandings(s)
  await expectPeople(s, [])
  const expected = {
    sources: 1,
    organizations: 4,
    speakers: 0,
    meetings: 2,
    proposals: 1,
    agreements: 1,
    statements: 4,
    events: 3,
    positions: 1,
    relations: 0,
  }
  expect(await counts(s)).toEqual(expected)
  await tellAgain(s, told)
  expect(await counts(s)).toEqual(expected)
})

test('statements of a collective are told apart from those of others', async () => {
  const s = await base()
  const { S2, S3, S4, S5 } = (await tell(s, communique(s))).ids
  expect(await idsOf(s, 'statements?collective=true')).toEqual([S2, S3, S4, S5])
  expect(await idsOf(s, 'statements?collective=false')).toEqual([])
})

test('the outcomes of the meeting are what happened and was said there', async () => {
  const s = await base()
  const { M9, A1, P1 } = (await tell(s, communique(s))).ids
  const [position] = await idsOf(s, 'positions')
  expect(await get(s, `/v1/meetings/${M9}/outcomes`)).toMatchObject({
    documents: [{ id: A1, kind: 'communique', eventType: 'text-adopted', occurredOn: '2025-07-04' }],
    proposals: [{ id: P1 }],
    positions: [position],
    statements: 4,
  })
})

test('a proposal that is known can be named by its id', async () => {
  const s = await base()
  const { ids } = await tell(s, floodAlarm(s))
  const { key, contributors, addresseeId, events, evidence } = proposal(s)
  const [, noted] = events
  const item = { key, id: ids['P1'], contributors, addresseeId, events: [noted], evidence }
  const told = await tell(s, { ...communique(s), proposals: [item] })
  expect(told.of('P1')).toMatchObject({
    id: ids['P1'],
    outcome: 'updated',
    filled: ['/addresseeId'],
    added: { events: 1 },
  })
  expect(await idsOf(s, 'proposals?q=joint flood alarm')).toEqual([ids['P1']])
  const record = await get(s, `/v1/proposals/${ids['P1']}`)
  expect(record).toMatchObject({ meetingId: ids['M12'] })
  expect(trustOf(record)).toEqual(CORROBORATED)
  await tellAgain(s, told)
})
