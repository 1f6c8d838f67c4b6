// 2. A second agency, the same meeting, one other date, one new proposal.
import { expect, test } from 'vitest'
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
  refused,
  sha256,
  standings,
  tell,
  tellAgain,
  trustOf,
  words,
} from '../helpers/documents.ts'
import { get } from '../helpers/requests.ts'
import { text as firstText, floodAlarm, PEOPLE } from './flood-alarm.ts'
import { agency, meeting, secondAgency, text } from './second-agency.ts'

/** The state after the first report. */
async function afterFirst() {
  const s = await base()
  return { s, first: await tell(s, floodAlarm(s)) }
}

const claims = async (s: Parameters<typeof get>[0], meetingId: string | undefined, field: string) =>
  (await get(s, `/v1/meetings/${meetingId}/claims?field=${field}`))['data']

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([734, 124])
  expect(sha256(text)).toBe('d61f9414d5064baf04422f375e88eb8b793dd12c3d11d3a3d587b6c486cfdd14')
})

test('a second report fills the record, and names the other date', async () => {
  const { s, first } = await afterFirst()
  const { M12, P1, qosimov } = first.ids
  const told = await tell(s, secondAgency(s))
  const { P4, lapshin } = told.ids
  expect(told.of('M12')).toMatchObject({
    id: M12,
    outcome: 'updated',
    filled: ['/venue'],
    added: { participants: 1, evidence: 4 },
    differences: [
      {
        field: '/startDate',
        record: '2024-09-11',
        report: '2024-09-10',
        evidenceId: expect.stringMatching(/^evd_/),
      },
    ],
  })
  const [difference] = told.of('M12')['differences']
  expect(await get(s, `/v1/meetings/${M12}/evidence/${difference.evidenceId}`)).toMatchObject({
    field: '/startDate',
    value: '2024-09-10',
    direction: 'disputes',
    denial: false,
  })
  expect(told.of('P1')).toMatchObject({
    id: P1,
    outcome: 'updated',
    filled: [],
    added: { positions: 1, evidence: 1 },
    differences: [],
  })
  expect(told.of('qosimov')).toMatchObject({
    id: qosimov,
    outcome: 'updated',
    filled: [],
    added: { evidence: 1 },
    differences: [],
  })
  for (const key of ['lapshin', 'P4', 'source', 'lowerBank'])
    expect([key, told.of(key)['outcome']]).toEqual([key, 'created'])

  const record = await get(s, `/v1/meetings/${M12}`)
  expect(record).toMatchObject({ startDate: '2024-09-11', venue: 'House of Engineers' })
  expect(record['participants']).toHaveLength(6)
  expect(record['participants'][5]).toMatchObject({ role: 'member', stateCode: 'RU', speakerId: lapshin })
  const disputed = { ...CORROBORATED, disputed: ['/startDate'] }
  expect(trustOf(record)).toEqual(disputed)
  expect(await idsOf(s, 'meetings?disputed=true')).toEqual([M12])
  expect(await idsOf(s, 'meetings?support=corroborated')).toEqual([M12])
  const dates = await list(s, 'evidence?field=/startDate')
  expect(dates.map(({ value }) => value).sort()).toEqual(['2024-09-10', '2024-09-11'])
  expect(await claims(s, M12, '/startDate')).toMatchObject([
    {
      value: '2024-09-11',
      support: 'single-source',
      origins: 1,
      alternatives: [{ value: '2024-09-10', origins: 1, evidenceIds: [difference.evidenceId] }],
    },
  ])
  expect(await claims(s, M12, '/venue')).toMatchObject([{ support: 'single-source', origins: 1 }])

  const positions = await list(s, `positions?record=${P1}`)
  const ofKyrgyzstan = positions.filter(({ stateCode }) => stateCode === 'KG')
  expect(ofKyrgyzstan).toHaveLength(1)
  const kyrgyzstan = ofKyrgyzstan[0]?.['id']
  expect(await list(s, `evidence?record=${kyrgyzstan}`)).toHaveLength(2)
  await expectTrust(s, {
    [`${M12}`]: disputed,
    [`${P1}`]: CORROBORATED,
    [`${qosimov}`]: CORROBORATED,
    [kyrgyzstan]: CORROBORATED,
  })
  await expectStandings(s)
  await expectPeople(s, [...PEOPLE, 'Yegor Lapshin'])
  expect(await standings(s, `proposals/${P1}`, '2024-09-12')).toEqual(
    members({ CN: 'supported', KG: 'supported' }),
  )
  expect(await standings(s, `proposals/${P4}`, '2024-09-12')).toEqual(members())

  const expected = {
    sources: 2,
    organizations: 6,
    speakers: 6,
    meetings: 1,
    proposals: 4,
    agreements: 0,
    statements: 3,
    events: 4,
    positions: 3,
    relations: 0,
  }
  expect(await counts(s)).toEqual(expected)
  // A difference is named each time, with the same evidence.
  await tellAgain(s, told, { M12: { differences: [difference] } })
  expect(await counts(s)).toEqual(expected)
})

test('without its number, the meeting is a candidate, which an id or distinctFrom answers', async () => {
  const { s, first } = await afterFirst()
  const { M12 } = first.ids
  const { ordinal: _, ...unnumbered } = meeting(s)
  const report = (more: object) => ({ ...secondAgency(s), meetings: [{ ...unnumbered, ...more }] })
  const { candidates } = await refused(s, report({}), 409, 'possible-duplicate')
  expect(candidates).toMatchObject([{ id: M12, path: `/v1/meetings/${M12}` }])
  const told = await tell(s, report({ id: M12 }))
  expect(told.of('M12')).toMatchObject({ id: M12, outcome: 'updated', filled: ['/venue'] })
  expect(await idsOf(s, 'meetings')).toEqual([M12])
})

test('a meeting that is looked at and distinct is another one', async () => {
  const { s, first } = await afterFirst()
  const { M12 } = first.ids
  const { ordinal: _, participants: __, ...unnumbered } = meeting(s)
  const { organizations, source } = secondAgency(s)
  const told = await tell(s, {
    organizations,
    source,
    meetings: [{ ...unnumbered, distinctFrom: [M12] }],
  })
  expect(told.of('M12')['outcome']).toBe('created')
  expect(await idsOf(s, 'meetings')).toHaveLength(2)
})

test('a single meeting with the number of another is refused', async () => {
  const { s, first } = await afterFirst()
  const { status, body } = await s.post('/v1/meetings', {
    name: 'Whatever',
    organizationId: s.bodies.cwm,
    classification: 'council',
    ordinal: 12,
    startDate: '1999-01-01',
  })
  expect([status, body['type'], body['existingId']]).toEqual([409, '/problems/duplicate', first.ids['M12']])
})

test('overwrite with a reason replaces the date, and the other stays as an alternative', async () => {
  const { s, first } = await afterFirst()
  const { M12 } = first.ids
  const report = { ...secondAgency(s), meetings: [{ ...meeting(s), overwrite: true }] }
  const { errors } = await refused(s, report, 400, 'invalid-parameter')
  expect(errors).toMatchObject([{ parameter: 'reason' }])
  const told = await tell(s, report, '?reason=The second report is right')
  expect(told.of('M12')).toMatchObject({ outcome: 'updated', overwritten: ['/startDate'] })
  expect(await get(s, `/v1/meetings/${M12}`)).toMatchObject({ startDate: '2024-09-10' })
  expect(await claims(s, M12, '/startDate')).toMatchObject([
    { value: '2024-09-10', origins: 1, alternatives: [{ value: '2024-09-11', origins: 1 }] },
  ])
})

test('the text of the first report under another publisher is a second source of one origin', async () => {
  const { s, first } = await afterFirst()
  const { M12, P1, P2, P3 } = first.ids
  const { organizations: _, source, ...items } = floodAlarm(s)
  const own = {
    title: 'One alarm for seven',
    publisherId: '=lowerBank',
    url: 'https://lowerbank.example/a/5520',
  }
  const told = await tell(s, { organizations: [agency], source: { ...source, ...own }, ...items })
  expect(told.of('source')['outcome']).toBe('created')
  expect(told.sourceId).not.toBe(first.sourceId)
  expect(await get(s, `/v1/sources/${told.sourceId}`)).toMatchObject({
    ...own,
    publisherId: told.ids['lowerBank'],
    text: firstText,
  })
  for (const id of [M12, P1, P2, P3]) {
    const evidence = await list(s, `evidence?record=${id}`)
    expect(new Set(evidence.map(({ sourceId }) => sourceId))).toEqual(
      new Set([first.sourceId, told.sourceId]),
    )
  }
  await expectTrust(s)
  await tellAgain(s, told)
})
