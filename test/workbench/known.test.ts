// A text that is stored already, or nearly, is found: the same, a part, the whole, a reprint.
import { expect, test } from 'vitest'
import { catalogue } from '../../src/resources/index.ts'
import { findKnown } from '../../src/workbench/ingest/known.ts'
import { service } from '../helpers/app.ts'
import { create } from '../helpers/requests.ts'

const SENTENCES = [
  'The Council of Water Ministers of the Inland Rivers Council ended its twelfth meeting in Tashkent on Thursday.',
  'The Minister of Energy proposed a joint flood alarm that would reach every gauge on the shared rivers within ten minutes.',
  'She backed the flood alarm but reserved her position on the weekly levels of the reservoirs upstream.',
  'No document was signed at the end, and the ministers agreed to meet again in the following year.',
]
const WHOLE = SENTENCES.join('\n\n')

async function withSource(fields: Record<string, unknown>) {
  const s = await service()
  const { id } = await create(s, '/v1/sources', { title: 'A', language: 'en', ...fields })
  // Texts that have nothing to do with it.
  await create(s, '/v1/sources', {
    title: 'B',
    language: 'en',
    text: 'An entirely different report on the exchange of information between the ministries of defence of two states.',
  })
  const find = async (text: string, url: string | null = null) => {
    const found = await findKnown({ reader: s.engine.reader, engine: s.engine, catalogue }, { text, url })
    return found.map(({ doc, likeness, share }) => [doc.id, likeness, Math.round(share * 10) / 10])
  }
  return { id, find }
}

test('the same text, a part of it, and the whole of it are told apart', async () => {
  const { id, find } = await withSource({ text: `${SENTENCES[1]}\n\n${SENTENCES[2]}`, textStatus: 'excerpt' })
  expect(await find(`${SENTENCES[1]}\n\n${SENTENCES[2]}`)).toEqual([[id, 'same', 1]])
  expect(await find(SENTENCES[2] ?? '')).toEqual([[id, 'contains', 1]])
  expect(await find('reserved her position')).toEqual([[id, 'contains', 1]])
  expect(await find(WHOLE)).toEqual([[id, 'contained', 0.5]])
})

test('a reprint is found whatever its case, quotation marks and line breaks, also with other sentences in it', async () => {
  const { id, find } = await withSource({ text: WHOLE })
  const reprint = `From our own reporter.\r\n${WHOLE.toUpperCase().replaceAll('\n\n', '  ')}\r\nSubscribe to read more of our reports.`
  expect(await find(reprint)).toEqual([[id, 'similar', 0.9]])
  expect(
    await find(`${SENTENCES[0]} ${SENTENCES[3]} And so on, with words that nobody has written before now.`),
  ).toEqual([[id, 'similar', 0.7]])
  expect(
    await find(
      'Experts of the Council of Water Ministers of the Inland Rivers Council wrote about glaciers, dams, fish and the price of maps.',
    ),
  ).toEqual([])
})

test('a text in a script without spaces is found too', async () => {
  const { id, find } = await withSource({
    language: 'zh',
    text: '俄罗斯国防部长绍伊古周三在塔什干举行的上海合作组织成员国国防部长会议上提出，要提高组织的军事潜力。会议没有签署文件。',
  })
  expect(await find('绍伊古周三在塔什干举行的上海合作组织成员国国防部长会议上提出')).toEqual([
    [id, 'contains', 1],
  ])
})

test('another text of the same address is found by it', async () => {
  const { id, find } = await withSource({ text: WHOLE, url: 'https://steppe.example/news?id=1' })
  expect(
    await find('A correction of something else altogether.', 'https://STEPPE.example/news?id=1#top'),
  ).toEqual([[id, 'address', 0]])
  expect(
    await find('A correction of something else altogether.', 'https://steppe.example/news?id=2'),
  ).toEqual([])
})

test('phrases that many sources have do not count', async () => {
  const s = await service()
  const usual = 'The member states reaffirm their commitment to the purposes and principles of the charter.'
  for (let index = 0; index < 8; index++)
    await create(s, '/v1/sources', {
      title: `Declaration ${index}`,
      language: 'en',
      text: `${usual} ${String(index).repeat(3)} ${Array.from({ length: 40 }, (_, word) => `word${index}x${word}`).join(' ')}`,
      url: `https://declarations.example/${index}`,
    })
  expect(
    await findKnown(
      { reader: s.engine.reader, engine: s.engine, catalogue },
      { text: `${usual} So it ends.`, url: null },
    ),
  ).toEqual([])
})
