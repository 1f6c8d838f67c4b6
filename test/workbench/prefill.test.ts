// New cards are filled with what their quote and the text around it say: names that are known, dates, the meeting, the speaker.
import { describe, expect, test } from 'vitest'
import { IndexedText } from '../../src/core/quotes.ts'
import type { Json } from '../../src/records/schema/document.ts'
import type { Kind } from '../../src/records/schema/kinds.ts'
import { catalogue } from '../../src/resources/index.ts'
import { type DraftContent, emptyCard, newDraft, withCard } from '../../src/workbench/drafts/model.ts'
import { fillCard, proposedEvent, quoteAt } from '../../src/workbench/drafts/prefill.ts'
import { datesIn, mentionsIn } from '../../src/workbench/drafts/recognise.ts'
import { type Service, service } from '../helpers/app.ts'
import { ARTICLE_TEXT } from '../helpers/article.ts'
import { create } from '../helpers/requests.ts'

test.each([
  ['TASHKENT, 24 Aug – RIA Novosti.', ['2022-08-24']],
  ['On Friday, 12 September 2024 the 12 ministers of 7 states met', ['2024-09-12']],
  ['24 августа министр сказал, а 3 марта 2023 года решение было принято', ['2022-08-24', '2023-03-03']],
  ['会议于8月24日在塔什干举行，2023年3月4日结束', ['2022-08-24', '2023-03-04']],
  ['held on 2024-03-04 and 24.08.2022 under article 5.1', ['2024-03-04', '2022-08-24']],
  ['in May 2023, with 25 of the 30 members', ['2023-05']],
  // The closest year.
  ['from 20 December to 2 January', ['2022-12-20', '2023-01-02']],
  // Two readings, a year alone, and no date.
  ['03/04/2022; in 2022; on 31.02.2022; 3/4 of them', []],
])('the dates in %j', (text, dates) => {
  expect(datesIn(text, '2022-09-30')).toEqual(dates)
})

test('the dates of a text without a day of its own have their years', () => {
  expect(datesIn('24 Aug and 24 August 2022', null)).toEqual(['2022-08-24'])
})

describe('mentions', () => {
  const kinds: Kind[] = ['speaker', 'organization', 'state', 'topic']
  const namesIn = async (s: Service, text: string, known: Parameters<typeof mentionsIn>[3] = []) =>
    (await mentionsIn(s.engine, text, kinds, known)).map(({ id, from, to }) => [text.slice(from, to), id])

  test('are names of records, whatever their case; the longest of those that overlap', async () => {
    const s = await service()
    const { id: council } = await create(s, '/v1/organizations', {
      name: 'Council of Water Ministers of the IRC',
      classification: 'organ',
      otherNames: [
        { name: 'Council of Water Ministers' },
        { name: 'Совет министров водного хозяйства', language: 'ru' },
        { name: '水利部长理事会', language: 'zh' },
      ],
    })
    const { id: ministers } = await create(s, '/v1/organizations', {
      name: 'Water Ministers',
      classification: 'organ',
    })
    await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
    expect(await namesIn(s, 'THE COUNCIL OF WATER MINISTERS met; Kazakhstan’s water  ministers')).toEqual([
      ['COUNCIL OF WATER MINISTERS', council],
      ['Kazakhstan', 'KZ'],
      ['water  ministers', ministers],
    ])
    expect(await namesIn(s, 'Совет министров водного хозяйства')).toEqual([
      ['Совет министров водного хозяйства', council],
    ])
    expect(await namesIn(s, '😀内陆河流水利部长理事会举行会议')).toEqual([['水利部长理事会', council]])
    // In a long text, the words that are closest to its end.
    const long = '前'.repeat(400)
    expect(await namesIn(s, `${long}水利部长理事会`)).toEqual([['水利部长理事会', council]])
    expect(
      await namesIn(s, 'Shoigu and Serikova', [{ name: 'Serikova', kind: 'speaker', id: '=c1' }]),
    ).toEqual([['Serikova', '=c1']])
  })
})

const text = new IndexedText(ARTICLE_TEXT)

const rangeOf = (exact: string) => {
  const start = ARTICLE_TEXT.indexOf(exact)
  // The article has no characters of two units.
  return { start, end: start + exact.length }
}

describe('a card for words of the article', () => {
  const draft = newDraft(ARTICLE_TEXT, { language: 'en', publishedOn: '2022-08-24' })

  /** The draft with cards for a meeting, and a person with a post. */
  function begun(): DraftContent {
    let begun = withCard(draft, (key) => ({
      ...emptyCard(key, 'meeting'),
      fields: { name: 'Meeting', startDate: '2022-08-24' },
    })).draft
    begun = withCard(begun, (key) => ({
      ...emptyCard(key, 'speaker'),
      fields: { name: 'Sergei Shoigu' },
    })).draft
    return withCard(begun, (key) => ({
      ...emptyCard(key, 'membership', '=c2'),
      fields: { role: 'Minister of Defence', stateCode: 'RU', organizationId: null },
    })).draft
  }

  const filled = async (kind: Kind, exact: string, of: string | null = null, from: DraftContent = draft) => {
    const s = await service()
    return fillCard({ reader: s.engine.reader, catalogue }, from, {
      key: 'c9',
      kind,
      of,
      range: rangeOf(exact),
    })
  }

  test('of a meeting has its name, and the day of the dateline', async () => {
    const card = await filled(
      'meeting',
      'a meeting of defense Ministers of the countries participating in the SCO',
    )
    expect(card.fields).toEqual({
      name: 'A meeting of defense Ministers of the countries participating in the SCO',
      startDate: '2022-08-24',
    })
    expect(card.quotes).toEqual([
      {
        ...quoteAt(text, rangeOf(card.quotes[0]?.exact ?? '')),
        fields: { motivation: 'quote' },
      },
    ])
  })

  test('of a person has the name without the post, and of a post the words before the name', async () => {
    const words = 'The Minister of defence of Russia Sergey Shoigu'
    expect((await filled('speaker', words)).fields).toEqual({ name: 'Sergey Shoigu' })
    expect((await filled('speaker', 'Sergey Shoigu')).fields).toEqual({ name: 'Sergey Shoigu' })
    expect((await filled('membership', words, '=c2', begun())).fields).toEqual({
      role: 'Minister of defence of Russia',
    })
  })

  test('of a post has the state that begins it, and of a position the state of who speaks, unless it is the proposer', async () => {
    const s = await service()
    await create(s, '/v1/states', { code: 'KG', name: 'Kyrgyzstan' })
    const words = "Kyrgyzstan's Minister of Water Ainura Sadykbekova"
    const text = `${words} said that she backed it.`
    const range = (exact: string) => ({
      start: text.indexOf(exact),
      end: text.indexOf(exact) + exact.length,
    })
    const fill = async (draft: DraftContent, kind: Kind, of: string, exact: string) =>
      (
        await fillCard({ reader: s.engine.reader, catalogue }, draft, {
          key: 'c9',
          kind,
          of,
          range: range(exact),
        })
      ).fields
    const add = (draft: DraftContent, kind: Kind, of: string | null, fields: Record<string, Json>) =>
      withCard(draft, (key) => ({ ...emptyCard(key, kind, of), fields })).draft
    let draft = add(newDraft(text, { language: 'en' }), 'meeting', null, {
      startDate: '2024-09-11',
      endDate: '2024-09-12',
    })
    draft = add(draft, 'speaker', null, { name: 'Ainura Sadykbekova' })
    const post = await fill(draft, 'membership', '=c2', words)
    expect(post).toEqual({ role: 'Minister of Water', stateCode: 'KG' })
    draft = add(draft, 'membership', '=c2', post)
    draft = add(draft, 'proposal', null, { contributors: [{ role: 'proposer', speakerId: '=c2' }] })
    draft = add(draft, 'proposal', null, { contributors: [{ role: 'proposer', stateCode: 'TJ' }] })
    // Of a meeting of several days, no day is known.
    const always = { meetingId: '=c1' }
    expect(await fill(draft, 'position', '=c4', 'she backed it')).toEqual(always)
    expect(await fill(draft, 'position', '=c5', 'she backed it')).toEqual({
      ...always,
      stateCode: 'KG',
      speakerId: '=c2',
    })
  })

  test('of a proposal has who spoke last, with the post, and the meeting; its event has the day of the meeting', async () => {
    const card = await filled(
      'proposal',
      'testing new ways of counteraction to illegal armed groups',
      null,
      begun(),
    )
    expect(card.fields).toEqual({
      title: 'Testing new ways of counteraction to illegal armed groups',
      contributors: [{ role: 'proposer', speakerId: '=c2', stateCode: 'RU' }],
      meetingId: '=c1',
      topicIds: [],
    })
    expect(card.quotes[0]?.fields).toEqual({ motivation: 'quote', assertion: 'proposed' })
    const from = begun()
    const { engine } = await service()
    const eventOf = (draft: DraftContent) =>
      proposedEvent({ reader: engine.reader, catalogue }, draft, {
        key: 'c10',
        proposal: card,
        range: rangeOf('testing new ways'),
      })
    expect(await eventOf({ ...from, cards: [...from.cards, card] })).toMatchObject({
      kind: 'event',
      of: '=c9',
      fields: { type: 'proposed', occurredOn: '2022-08-24', meetingId: '=c1' },
      quotes: [{ fields: { field: '/type', motivation: 'quote', assertion: 'proposed' } }],
    })
    expect(await eventOf({ ...draft, cards: [card] })).toBeNull()
  })

  test('of what several people said has nobody who was named before', async () => {
    const words = 'The ministers agreed to meet again in 2025.'
    const text = `Russia's minister Sergei Shoigu spoke on Thursday. ${words} He thanked them on Friday.`
    const from = {
      ...begun(),
      text,
      source: { ...draft.source, fields: { language: 'en', publishedOn: '2024-09-13' } },
    }
    const s = await service()
    const fill = async (kind: Kind, exact: string) => {
      const range = { start: text.indexOf(exact), end: text.indexOf(exact) + exact.length }
      return (
        await fillCard({ reader: s.engine.reader, catalogue }, from, { key: 'c9', kind, of: null, range })
      ).fields
    }
    expect((await fill('statement', words))['contributors']).toEqual([])
    expect((await fill('statement', 'He thanked them'))['contributors']).toMatchObject([{ speakerId: '=c2' }])
    expect([await fill('event', 'spoke'), await fill('event', 'He thanked them')]).toMatchObject([
      { occurredOn: '2024-09-12' },
      { occurredOn: '2024-09-13' },
    ])
  })

  test('of a direct statement has who is named after it', async () => {
    const named = withCard(begun(), (key) => ({
      ...emptyCard(key, 'speaker'),
      fields: { name: 'Aigul Serikova' },
    })).draft
    const words = '“We share the water,” said Aigul Serikova.'
    const draft = { ...named, text: `Sergei Shoigu spoke. ${words} “And the ice,” she said.` }
    const from = (exact: string) => ({
      start: draft.text.indexOf(exact),
      end: draft.text.indexOf(exact) + exact.length,
    })
    const s = await service()
    for (const exact of ['We share the water', 'And the ice']) {
      const options = { key: 'c9', kind: 'statement' as const, of: null, range: from(exact) }
      const { fields } = await fillCard({ reader: s.engine.reader, catalogue }, draft, options)
      expect(fields['contributors']).toEqual([{ role: 'author', speakerId: '=c4' }])
    }
  })

  test('of a statement is direct inside quotation marks', async () => {
    const direct = await filled('statement', 'Soon will send it to you for consideration', null, begun())
    expect(direct.fields).toMatchObject({ kind: 'direct', language: 'en', meetingId: '=c1' })
    const reported = await filled('statement', 'He expressed confidence that today’s meeting', null, begun())
    expect(reported.fields).toMatchObject({
      kind: 'reported',
      contributors: [{ role: 'author', speakerId: '=c2' }],
    })
  })

  test('of a document has its kind, and of a topic a slug', async () => {
    expect((await filled('agreement', 'a draft Agreement')).fields).toMatchObject({
      title: 'A draft Agreement',
      kind: 'agreement',
    })
    expect((await filled('topic', 'joint exercises')).fields).toEqual({
      prefLabel: 'Joint exercises',
      slug: 'joint-exercises',
    })
  })

  test('of a body has its name without an article, and its abbreviation', async () => {
    expect((await filled('organization', 'the Shanghai cooperation organisation (SCO)')).fields).toEqual({
      name: 'Shanghai cooperation organisation',
      abbreviation: 'SCO',
    })
  })

  test('of an event of a proposal is proposed on the day of the meeting', async () => {
    const { draft: withProposal, card } = withCard(begun(), (key) => emptyCard(key, 'proposal'))
    expect((await filled('event', 'proposed', `=${card.key}`, withProposal)).fields).toEqual({
      type: 'proposed',
      occurredOn: '2022-08-24',
      meetingId: '=c1',
    })
  })

  test('knows stored people, states and topics', async () => {
    const s = await service({ seed: true })
    const card = await fillCard({ reader: s.engine.reader, catalogue }, draft, {
      key: 'c1',
      kind: 'proposal',
      of: null,
      range: rangeOf('The Minister of defence of Russia Sergey Shoigu proposed'),
    })
    const { body } = await s.get('/v1/speakers')
    expect(card.fields['contributors']).toMatchObject([
      {
        role: 'proposer',
        speakerId: body['data'][0].id,
        stateCode: 'RU',
        organizationId: expect.stringMatching(/^org_/),
      },
    ])
  })
})
