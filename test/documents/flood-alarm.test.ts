// 1. A news report with speakers of several states.
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
import { floodAlarm, PEOPLE, text } from './flood-alarm.ts'

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([1176, 189])
  expect(sha256(text)).toBe('c0808d7853d30434ef3ca8841e9589a64eab5c56157b6135ecdc7c4990cbf8fd')
})

test('a report creates the record, and changes nothing when it is sent again', async () => {
  const s = await base()
  const told = await tell(s, floodAlarm(s))
  const { M12, P1, P2, P3, S1, S2, S3, qosimov, sadykbekova, dashdorj, qiu, yoqubov } = told.ids
  expect(new Set(told.data.map(({ outcome }) => outcome))).toEqual(new Set(['created']))
  await expectPeople(s, PEOPLE)
  for (const [id, stateCode, role] of [
    [qosimov, 'TJ', 'Minister of Energy and Water Resources'],
    [sadykbekova, 'KG', 'Minister of Water Resources'],
    [dashdorj, 'MN', 'Minister of Environment'],
    [qiu, 'CN', 'Vice-Minister of Water Resources'],
    [yoqubov, 'UZ', 'Minister of Water Management'],
  ])
    expect(await list(s, `memberships?holder=${id}`)).toMatchObject([
      { stateCode, role, organizationId: null, startDate: null, endDate: null },
    ])
  expect(await get(s, `/v1/meetings/${M12}`)).toMatchObject({
    name: 'Twelfth meeting of the Council of Water Ministers',
    organizationId: s.bodies.cwm,
    classification: 'council',
    ordinal: 12,
    status: 'held',
    startDate: '2024-09-11',
    endDate: '2024-09-12',
    city: 'Tashkent',
    countryCode: 'UZ',
    participants: [
      { role: 'chair', stateCode: 'UZ', speakerId: yoqubov },
      { role: 'member', stateCode: 'TJ', speakerId: qosimov },
      { role: 'member', stateCode: 'KG', speakerId: sadykbekova },
      { role: 'member', stateCode: 'MN', speakerId: dashdorj },
      { role: 'member', stateCode: 'CN', speakerId: qiu },
    ],
  })
  for (const [id, speakerId, stateCode] of [
    [P1, qosimov, 'TJ'],
    [P2, qosimov, 'TJ'],
    [P3, dashdorj, 'MN'],
  ]) {
    const { contributors, ...proposal } = await get(s, `/v1/proposals/${id}`)
    expect(proposal).toMatchObject({ meetingId: M12, proposedOn: '2024-09-12', status: 'proposed' })
    expect(contributors).toMatchObject([{ role: 'proposer', speakerId, stateCode }])
    expect(await list(s, `events?record=${id}`)).toMatchObject([
      { type: 'proposed', occurredOn: '2024-09-12', meetingId: M12, stateCode: null },
    ])
  }
  const [quoted] = await list(s, `evidence?record=${P1}`)
  expect(quoted).toMatchObject({
    field: '',
    assertion: 'proposed',
    motivation: 'quote',
    direction: 'supports',
  })
  expect(await list(s, `positions?record=${P1}`)).toMatchObject([
    {
      stateCode: 'KG',
      position: 'supported',
      statedOn: '2024-09-12',
      meetingId: M12,
      speakerId: sadykbekova,
    },
  ])
  expect(await list(s, `positions?record=${P2}`)).toMatchObject([
    { stateCode: 'KG', position: 'reserved', statedOn: '2024-09-12', meetingId: M12, speakerId: sadykbekova },
  ])
  expect(await get(s, `/v1/statements/${S3}`)).toMatchObject({
    contributors: [
      {
        role: 'author',
        organizationId: s.bodies.cwm,
        collective: 'members',
        attributionText: 'The ministers',
      },
    ],
  })
  // The meeting has two days.
  expect((await list(s, 'statements')).map(({ id, date }) => [id, date])).toEqual([
    [S1, '2024-09-12'],
    [S2, null],
    [S3, '2024-09-12'],
  ])

  const claims = await get(s, `/v1/meetings/${M12}/claims?field=/startDate`)
  expect(claims['data']).toEqual([
    {
      field: '/startDate',
      value: '2024-09-11',
      support: 'single-source',
      origins: 1,
      evidenceIds: [expect.stringMatching(/^evd_/)],
      alternatives: [],
      disputedBy: [],
    },
  ])
  expect((await get(s, `/v1/meetings/${M12}/claims`))['data']).toContainEqual(
    expect.objectContaining({ field: '/countryCode', support: 'unsupported', origins: 0, evidenceIds: [] }),
  )

  // The proposer is a contributor, which is no position.
  expect(await standings(s, `proposals/${P1}`, '2024-09-12')).toEqual(members({ KG: 'supported' }))
  expect(await standings(s, `proposals/${P1}`, '2024-09-11')).toEqual(members())
  expect((await idsOf(s, 'proposals?state=TJ')).sort()).toEqual([P1, P2].sort())
  expect(await idsOf(s, 'proposals?state=KG')).toEqual([])
  expect(await idsOf(s, 'positions?state=KG')).toHaveLength(2)
  expect(await idsOf(s, 'statements?state=UZ')).toEqual([S1])

  await expectTrust(s)
  await expectStandings(s)
  const expected = {
    sources: 1,
    organizations: 5,
    speakers: 5,
    meetings: 1,
    proposals: 3,
    agreements: 0,
    statements: 3,
    events: 3,
    positions: 2,
    relations: 0,
  }
  expect(await counts(s)).toEqual(expected)
  await tellAgain(s, told)
  expect(await counts(s)).toEqual(expected)
})

test('statements of a collective are told apart from those of others', async () => {
  const s = await base()
  const { S1, S2, S3 } = (await tell(s, floodAlarm(s))).ids
  expect(await idsOf(s, 'statements?collective=true')).toEqual([S3])
  expect(await idsOf(s, 'statements?collective=false')).toEqual([S1, S2])
})
