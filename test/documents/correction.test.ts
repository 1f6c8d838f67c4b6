// 3. The first report corrected and issued again.
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
  refused,
  sha256,
  tell,
  tellAgain,
  words,
} from '../helpers/documents.ts'
import { get } from '../helpers/requests.ts'
import { correction, relationsTo, text } from './correction.ts'
import { text as firstText, floodAlarm, PEOPLE } from './flood-alarm.ts'
import { secondAgency } from './second-agency.ts'

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([1317, 214])
  expect(sha256(text)).toBe('87aa1bee8fbe042aee8b36e8805e8b16f15ab893e4e20389ca37bf96a003302e')
})

test('a correction belongs to the origin of what it corrects, and the record is corrected by hand', async () => {
  let now = new Date('2025-12-01T12:00:00Z')
  const s = await base({ clock: () => now })
  const first = await tell(s, floodAlarm(s))
  const second = await tell(s, secondAgency(s))
  const { M12, P1, qosimov } = first.ids as Record<'M12' | 'P1' | 'qosimov', string>
  const startDates = async () => (await get(s, `/v1/meetings/${M12}/claims?field=/startDate`))['data']
  const evidenceOf = async (sourceId: string) =>
    (await list(s, `evidence?source=${sourceId}&field=/startDate`)).map(({ id }) => id as string)
  const beforeAll = await counts(s)

  // Without a relation, the new issue may be the first one.
  const { candidates } = await refused(s, correction(s), 409, 'possible-duplicate')
  expect(candidates).toMatchObject([{ id: first.sourceId }])

  const told = await tell(s, correction(s, relationsTo(first.sourceId)))
  expect(told.of('source')['outcome']).toBe('created')
  expect(told.of('telegraph')['outcome']).toBe('matched')
  for (const outcome of told.data.filter(({ key }) => key !== 'source' && key !== 'telegraph')) {
    const { key, id, added, filled, differences } = outcome
    expect([key, outcome['outcome'], id, filled]).toEqual([key, 'updated', first.ids[key], []])
    expect(Object.keys(added)).toEqual(['evidence'])
    expect(differences).toMatchObject(
      key === 'M12' ? [{ field: '/startDate', record: '2024-09-11', report: '2024-09-10' }] : [],
    )
  }
  expect(await get(s, `/v1/meetings/${M12}`)).toMatchObject({ startDate: '2024-09-11' })
  expect(await get(s, `/v1/sources/${first.sourceId}`)).toMatchObject({
    text: firstText,
    sha256: sha256(firstText),
  })
  const corrected = { [first.sourceId]: 'corrected' }
  await expectStandings(s, corrected)
  expect(await idsOf(s, 'sources?standing=corrected')).toEqual([first.sourceId])
  const [kyrgyzstan] = (await list(s, `positions?record=${P1}&state=KG`)) as [{ id: string }]
  const trust = {
    [M12]: { ...CORROBORATED, disputed: ['/startDate'] },
    [P1]: CORROBORATED,
    [qosimov]: CORROBORATED,
    [kyrgyzstan.id]: CORROBORATED,
  }
  await expectTrust(s, trust)
  const [ofFirst, ofSecond, ofThird] = await Promise.all(
    [first, second, told].map(({ sourceId }) => evidenceOf(sourceId)),
  )
  const [row] = await startDates()
  expect(row).toMatchObject({
    value: '2024-09-11',
    origins: 1,
    evidenceIds: ofFirst,
    alternatives: [{ value: '2024-09-10', origins: 2 }],
  })
  expect(row.alternatives[0].evidenceIds.sort()).toEqual([ofSecond, ofThird].flat().sort())

  const evidenceBefore = (await list(s, 'evidence')).map(({ id, value, version }) => [id, value, version])
  now = new Date('2025-12-02T12:00:00Z')
  const { headers } = await s.get(`/v1/meetings/${M12}`)
  const reason = 'Corrected by the agency on 14 September 2024'
  const patched = await s.patch(
    `/v1/meetings/${M12}?reason=${encodeURIComponent(reason)}`,
    { startDate: '2024-09-10' },
    { 'if-match': String(headers['etag']) },
  )
  expect(patched.status, patched.text).toBe(200)
  expect(await startDates()).toMatchObject([
    {
      value: '2024-09-10',
      support: 'corroborated',
      origins: 2,
      alternatives: [{ value: '2024-09-11', origins: 1, evidenceIds: ofFirst }],
    },
  ])
  expect((await list(s, 'evidence')).map(({ id, value, version }) => [id, value, version])).toEqual(
    evidenceBefore,
  )
  // The first issue does not dispute its own correction.
  trust[M12] = CORROBORATED
  await expectTrust(s, trust)
  const { data: versions } = await get(s, `/v1/meetings/${M12}/history`)
  const [last] = versions
  expect(last).toMatchObject({ reason })
  expect(await get(s, `/v1/meetings/${M12}?knownAt=2025-12-01T13:00:00Z`)).toMatchObject({
    startDate: '2024-09-11',
  })

  const expected = { ...beforeAll, sources: 3, relations: 2 }
  expect(await counts(s)).toEqual(expected)
  await expectPeople(s, [...PEOPLE, 'Yegor Lapshin'])
  await tellAgain(s, told)
  await tellAgain(s, first, {
    M12: {
      differences: [
        { field: '/startDate', record: '2024-09-10', report: '2024-09-11', evidenceId: ofFirst?.[0] },
      ],
    },
  })
  expect(await get(s, `/v1/meetings/${M12}`)).toMatchObject({ startDate: '2024-09-10' })
  expect(await counts(s)).toEqual(expected)
})
