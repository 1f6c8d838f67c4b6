// 13. An excerpt, later the full text.
import { expect, test } from 'vitest'
import type { Body } from '../helpers/bodies.ts'
import {
  type Base,
  base,
  codePoints,
  counts,
  expectPeople,
  expectStandings,
  expectTrust,
  list,
  refused,
  SINGLE,
  sha256,
  type Told,
  tell,
  tellAgain,
  trustOf,
  words,
} from '../helpers/documents.ts'
import { get } from '../helpers/requests.ts'
import { excerpt, excerptReport, fullReport, fullSource, fullText } from './gauges.ts'

async function afterExcerpt() {
  const s = await base()
  return { s, first: await tell(s, excerptReport(s)) }
}

/** Replaces the excerpt by a text. */
const putText = (s: Base, { sourceId }: Told, text: string, etag = '*') =>
  s.request({
    method: 'PUT',
    url: `/v1/sources/${sourceId}/text?reason=The whole text is there`,
    payload: { text, textStatus: 'full' },
    headers: { authorization: `Bearer ${s.keys.analyst}`, 'if-match': etag },
  })

const COUNTS = { agreements: 0, positions: 0, relations: 0 }

test('the texts are those of the documents', () => {
  expect([codePoints(excerpt), words(excerpt)]).toEqual([375, 62])
  expect(sha256(excerpt)).toBe('76ca00d30efbf23fb604e435fabc19aad123b455b1ec07e80d13fc02567ded84')
  expect([codePoints(fullText), words(fullText)]).toEqual([887, 149])
  expect(sha256(fullText)).toBe('c375e7049838e73f814bf841f5ee9feac27ca0a7ded382e0a31efc7537f0f26e')
})

test('an excerpt is quoted to its edges', async () => {
  const { s, first } = await afterExcerpt()
  expect(await list(s, `evidence?record=${first.ids['S1']}&field=/date`)).toMatchObject([{ start: 0 }])
  expect((await list(s, 'evidence')).map(({ end }) => end)).toContain(codePoints(excerpt) - 1)
  await expectTrust(s)
  await expectStandings(s)
  expect(await counts(s)).toEqual({
    ...COUNTS,
    sources: 1,
    organizations: 5,
    speakers: 1,
    meetings: 0,
    proposals: 0,
    statements: 1,
    events: 0,
  })
  await tellAgain(s, first)
})

test('the full text is no new source by itself: the excerpt is a candidate', async () => {
  const { s, first } = await afterExcerpt()
  const candidate = { id: first.sourceId, suggests: 'excerpt-of' }
  const { candidates } = await refused(s, fullReport(s), 409, 'possible-duplicate')
  expect(candidates).toMatchObject([candidate])
  const { key: _, publisherId: __, ...body } = fullSource
  const before = await counts(s)
  const single = await s.post('/v1/sources', { ...body, publisherId: first.ids['riverside'] })
  expect([single.status, single.body['candidates']]).toMatchObject([409, [candidate]])
  expect(await counts(s)).toEqual(before)
})

test('the full text takes the place of the excerpt, and no quote is lost', async () => {
  const { s, first } = await afterExcerpt()
  const source = `/v1/sources/${first.sourceId}`
  const before = await s.get(source)
  const quotedBefore = await list(s, `evidence?source=${first.sourceId}`)
  expect(quotedBefore).toHaveLength(5)

  const lost = await putText(s, first, fullText.replace('four of them', 'five of them'))
  expect([lost.status, lost.body['type']]).toEqual([409, '/problems/quotes-lost'])
  expect(lost.body['quotes']).toMatchObject([
    { exact: 'Kyrgyzstan, Tajikistan and Uzbekistan will each look after four of them' },
  ])
  expect((await s.get(source)).text).toBe(before.text)
  expect(await list(s, `evidence?source=${first.sourceId}`)).toEqual(quotedBefore)

  const replaced = await putText(s, first, fullText, String(before.headers['etag']))
  expect(replaced.status, replaced.text).toBe(200)
  const placeOf = ({ id, exact, start, end }: Body) => ({ id, exact, start, end })
  const quoted = await list(s, `evidence?source=${first.sourceId}`)
  expect(quoted.map(placeOf)).toEqual(
    quotedBefore
      .map(placeOf)
      .map(({ start, end, ...rest }) => ({ ...rest, start: start + 33, end: end + 33 })),
  )
  const { version } = before.body
  const after = await get(s, source)
  expect(after).toMatchObject({
    text: fullText,
    sha256: sha256(fullText),
    textStatus: 'full',
    version: version + 1,
  })
  expect(await get(s, `${source}/history/${version}`)).toMatchObject({ text: excerpt })
  const { data: versions } = await get(s, `${source}/history`)
  expect(versions[0]).toMatchObject({ version: version + 1, reason: 'The whole text is there' })
  expect(trustOf(await get(s, `/v1/statements/${first.ids['S1']}`))).toEqual(SINGLE)

  const told = await tell(s, fullReport(s))
  expect(told.sourceId).toBe(first.sourceId)
  for (const key of ['source', 'riverside', 'beknazarov'])
    expect([key, told.of(key)['outcome']]).toEqual([key, 'matched'])
  for (const key of ['WGD', 'imangaliyeva', 'MK', 'P1', 'S2'])
    expect([key, told.of(key)['outcome']]).toEqual([key, 'created'])
  expect(await get(s, `/v1/statements/${told.ids['S2']}`)).toMatchObject({ meetingId: null })
  await expectTrust(s)
  await expectStandings(s)
  await expectPeople(s, ['Sanjar Beknazarov', 'Saule Imangaliyeva'])
  const expected = {
    ...COUNTS,
    sources: 1,
    organizations: 6,
    speakers: 2,
    meetings: 1,
    proposals: 1,
    statements: 2,
    events: 1,
  }
  expect(await counts(s)).toEqual(expected)
  await tellAgain(s, told)

  // The excerpt is found by the text that the source had before, and its quotes are where they moved to.
  await tellAgain(s, first)
  expect(await counts(s)).toEqual(expected)
})

test('a quote that stands twice requires its context', async () => {
  const { s, first } = await afterExcerpt()
  await putText(s, first, fullText)
  const exact = 'The gauges will report the water level every ten minutes'
  const { candidates } = await refused(s, fullReport(s, [{ exact }]), 422, 'quote-ambiguous')
  expect(candidates).toHaveLength(2)
  const told = await tell(s, fullReport(s, [{ exact, suffix: ' only while' }]))
  expect(await list(s, `evidence?record=${told.ids['S2']}`)).toHaveLength(2)
  await tellAgain(s, told)
})
