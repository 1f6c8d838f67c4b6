// 7. A Russian report with a proposal, and its English edition.
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
  list,
  members,
  refused,
  SINGLE,
  sha256,
  standings,
  tell,
  tellAgain,
  trustOf,
  words,
} from '../helpers/documents.ts'
import { create, get } from '../helpers/requests.ts'
import { english, englishReport, russian, russianReport } from './two-editions.ts'

const translationOf = (targetId: string) => ({ relations: [{ type: 'translation-of', targetId }] })

/** A service with the Russian report. */
async function afterRussian() {
  const s = await base()
  return { s, first: await tell(s, russianReport(s)) }
}

test('the texts are those of the documents', () => {
  expect([codePoints(russian), words(russian)]).toEqual([600, 88])
  expect(sha256(russian)).toBe('3b32e220cd923abc7b5fbccf0b59ea1c6d9bf04c6d4ac3c9343bb520d8f80b7f')
  expect([codePoints(english), words(english)]).toEqual([534, 87])
  expect(sha256(english)).toBe('88565cbae89d355c2bc9d80c33d9aba958931a07dc1c56c71079005b63e47f68')
})

test('the report in Russian is a record in English, with the words in Russian', async () => {
  const { s, first } = await afterRussian()
  const { kovrigina, doszhanov, P1, P2, S1, S2, MO } = first.ids
  expect(await get(s, `/v1/speakers/${kovrigina}`)).toMatchObject({
    name: 'Yelena Kovrigina',
    otherNames: [{ name: 'Елена Ковригина', language: 'ru', type: 'official' }],
  })
  expect(await list(s, `evidence?record=${P1}`)).toMatchObject([
    { translation: { language: 'en', by: 'analyst' } },
  ])
  expect(await list(s, `positions?record=${P1}`)).toMatchObject([
    { stateCode: 'KZ', position: 'supported', statedOn: '2025-02-18', meetingId: MO, speakerId: doszhanov },
  ])
  expect(await list(s, `relations?record=${P2}`)).toMatchObject([{ type: 'elaborates', targetId: P1 }])
  expect(await get(s, `/v1/statements/${S1}`)).toMatchObject({ language: 'ru', kind: 'direct' })
  expect(await get(s, `/v1/statements/${S2}`)).toMatchObject({
    translations: [
      { language: 'en', text: 'Russia is ready to bear the costs of the first year.', by: 'analyst' },
    ],
  })
  await expectTrust(s)
  await tellAgain(s, first)
})

test('the English edition is one origin with it', async () => {
  const { s, first } = await afterRussian()
  const { MO, P1, P2, S1, S2, kovrigina, doszhanov } = first.ids
  const told = await tell(s, englishReport(s, translationOf(first.sourceId)))
  const outcome = (key: string) => [told.of(key)['outcome'], told.of(key)['added']]
  expect(outcome('source')).toEqual(['created', {}])
  expect(outcome('verkhovye')).toEqual(['matched', {}])
  expect(outcome('EGN')).toEqual(['matched', {}])
  for (const key of ['kovrigina', 'doszhanov', 'MO', 'P1', 'P2'])
    expect([key, ...outcome(key)]).toEqual([key, 'updated', { evidence: 1 }])
  expect(outcome('S1')).toEqual(['updated', { translations: 1, evidence: 1 }])
  for (const { key, id, differences, filled } of told.data)
    expect([key, differences, filled, key === 'source' || id === first.ids[key]]).toEqual([key, [], [], true])

  const [position] = await list(s, `positions?record=${P1}`)
  for (const id of [MO, P1, P2, S1, kovrigina, doszhanov, position?.['id']]) {
    const evidence = await list(s, `evidence?record=${id}`)
    expect(new Set(evidence.map(({ sourceId }) => sourceId))).toEqual(
      new Set([first.sourceId, told.sourceId]),
    )
  }
  expect((await list(s, `evidence?record=${S2}`)).map(({ sourceId }) => sourceId)).toEqual([first.sourceId])
  await expectTrust(s)
  expect((await get(s, `/v1/sources/${first.sourceId}/relations`))['data']).toMatchObject([
    { direction: 'incoming', type: 'translation-of', recordId: told.sourceId },
  ])
  await expectStandings(s)
  const statement = await get(s, `/v1/statements/${S1}`)
  expect(statement).toMatchObject({ language: 'ru', translations: [{ language: 'en', by: 'publisher' }] })
  expect(statement['text']).toMatch(/^Капитан/)
  const exact = (await list(s, `evidence?record=${S1}`)).map((one) => one['exact'] as string)
  expect(exact.map((one) => one.slice(0, 9)).sort()).toEqual(['A captain', 'Капитан д'])
  expect((await get(s, `/v1/statements/${S2}`))['translations']).toMatchObject([{ by: 'analyst' }])
  for (const id of [P1, P2]) expect(await get(s, `/v1/proposals/${id}`)).toMatchObject({ status: 'proposed' })
  expect(await standings(s, `proposals/${P1}`, '2025-02-18')).toEqual(members({ KZ: 'supported' }))

  await expectPeople(s, ['Yelena Kovrigina', 'Yerlan Doszhanov'])
  const expected = {
    sources: 2,
    organizations: 6,
    speakers: 2,
    meetings: 1,
    proposals: 2,
    agreements: 0,
    statements: 2,
    events: 2,
    positions: 1,
    relations: 2,
  }
  expect(await counts(s)).toEqual(expected)
  await tellAgain(s, told)
  await tellAgain(s, first)
  expect(await counts(s)).toEqual(expected)
})

test.each([
  ['the same publisher', {}, 'single-source'],
  ['another publisher', { publisherId: '=other' }, 'corroborated'],
])(
  'without its relation, the edition of %s is a second origin, until the relation is there',
  async (_, more, support) => {
    const { s, first } = await afterRussian()
    const report = englishReport(s, more)
    const other = { key: 'other', name: 'Ust Wire', classification: 'news-agency' }
    const told = await tell(s, { ...report, organizations: [...report['organizations'], other] })
    const proposal = `/v1/proposals/${first.ids['P1']}`
    expect(trustOf(await get(s, proposal))).toEqual({ ...CORROBORATED, support })
    await create(s, `/v1/sources/${told.sourceId}/relations`, {
      type: 'translation-of',
      targetId: first.sourceId,
    })
    expect(trustOf(await get(s, proposal))).toEqual(SINGLE)
  },
)

test('a translation is in another language', async () => {
  const { s, first } = await afterRussian()
  const { source } = russianReport(s)
  const { id } = await create(s, '/v1/sources', {
    title: 'Another one',
    language: source['language'],
    text: 'Другой текст.',
  })
  const { status, body } = await s.post(`/v1/sources/${id}/relations`, {
    type: 'translation-of',
    targetId: first.sourceId,
  })
  expect([status, body['type']]).toEqual([422, '/problems/inconsistent'])
})

test('a quote with one Latin letter is not in the source', async () => {
  const s = await base()
  const report = russianReport(s)
  const [proposal] = report['proposals'] as [Body]
  proposal['evidence'].push({ exact: 'жуpнал шлюзования' })
  const { errors } = await refused(s, report, 422, 'quote-absent')
  expect(errors).toMatchObject([{ pointer: '/proposals/0/evidence/1/exact' }])
})
