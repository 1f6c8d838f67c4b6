// Drafts: their cards become a report, faults of the report lead back to cards, and the seeded article can be worked in with them.
import { describe, expect, test } from 'vitest'
import { IndexedText, locateQuote } from '../../src/core/quotes.ts'
import type { Json } from '../../src/records/schema/document.ts'
import { catalogue, recordsOn } from '../../src/resources/index.ts'
import { checkDraft } from '../../src/workbench/drafts/check.ts'
import {
  type Card,
  type DraftContent,
  emptyCard,
  newDraft,
  referencesOf,
  withCard,
  withChanged,
  withoutCard,
} from '../../src/workbench/drafts/model.ts'
import { placeOf, toReport } from '../../src/workbench/drafts/report.ts'
import { saveDraft } from '../../src/workbench/drafts/save.ts'
import {
  createDraft,
  deleteDraft,
  findDraft,
  listDrafts,
  StaleDraft,
  updateDraft,
} from '../../src/workbench/drafts/store.ts'
import { type Service, service } from '../helpers/app.ts'
import { ARTICLE_TEXT, type ArticleQuote, articleCards, recordLines } from '../helpers/article.ts'
import { create } from '../helpers/requests.ts'

const AUTHOR = { actor: { id: 'key_1', name: 'Analyst' }, requestId: 'req_1' }
const NOW = new Date('2026-11-30T10:00:00Z')

const recordsOf = ({ engine }: Pick<Service, 'engine'>) => recordsOn(engine, { clock: () => NOW })

const text = new IndexedText(ARTICLE_TEXT)

/** A quote of the article, at the place where it is. */
function quoteOf({ exact, prefix, fields }: ArticleQuote, renamed: (value: Json) => Json) {
  const located = locateQuote(text, { exact, ...(prefix && { prefix }) })
  const first = located.found ? located : located.candidates[0]
  if (!first) throw new Error(`The article does not have: ${exact}`)
  const { start, end } = first
  return { start, end, exact, fields: renamed(fields) as Record<string, Json> }
}

/** The article as a draft. */
function articleDraft(): DraftContent {
  const { source, cards } = articleCards()
  const keys = new Map(cards.map(({ name }, index) => [`=${name}`, `=c${index + 1}`]))
  const renamed = (value: Json): Json => {
    if (typeof value === 'string') return keys.get(value) ?? value
    if (Array.isArray(value)) return value.map(renamed)
    return value !== null && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(inner)]))
      : value
  }
  const fieldsOf = (fields: Record<string, Json>) => renamed(fields) as Record<string, Json>
  let draft = newDraft(ARTICLE_TEXT, fieldsOf(source.fields))
  draft = withChanged(draft, {
    ...draft.source,
    quotes: source.quotes.map((quote) => quoteOf(quote, renamed)),
  })
  for (const { kind, of, fields, quotes } of cards)
    ({ draft } = withCard(draft, (key) => ({
      ...emptyCard(key, kind, of === null ? null : (keys.get(`=${of}`) ?? null)),
      fields: fieldsOf(fields),
      quotes: quotes.map((quote) => quoteOf(quote, renamed)),
    })))
  return draft
}

/** The states that the article needs, which it does not describe. */
async function withStates(): Promise<Service> {
  const s = await service()
  for (const [code, name, officialName] of [
    ['RU', 'Russia', 'Russian Federation'],
    ['UZ', 'Uzbekistan', 'Republic of Uzbekistan'],
  ])
    await create(s, '/v1/states', { code, name, officialName })
  return s
}

const isOfArticle = (line: string) => !/^(?:state|membership \{"recordKind":"state")/.test(line)

test('the seeded article as a draft becomes the records of the seed', async () => {
  const s = await withStates()
  const records = recordsOf(s)
  const draft = articleDraft()
  const { states, isComplete } = await checkDraft(records, AUTHOR, draft)
  expect([...states].filter(([, { is }]) => is !== 'written')).toEqual([])
  expect(isComplete).toBe(true)
  const id = await createDraft(s.engine, AUTHOR.actor.id, draft, NOW)
  const saved = await saveDraft(records, AUTHOR, { id, revision: 1 })
  expect(saved?.content.saved?.records).toHaveLength(draft.cards.filter(({ of }) => of === null).length + 1)
  const seeded = await service({ seed: true })
  expect((await recordLines(s)).filter(isOfArticle)).toEqual((await recordLines(seeded)).filter(isOfArticle))
})

/** A draft with a meeting, a person with a post, and a proposal with its event. */
function smallDraft(changes: Record<string, Partial<Card>> = {}): DraftContent {
  const words = 'On 4 March 2024 the ministers met in Astana. Minister Aigul Serikova proposed a register.'
  let draft = newDraft(words, { title: 'A report', language: 'en' })
  const at = (exact: string, fields: Record<string, Json> = {}) => {
    const start = words.indexOf(exact)
    return { start, end: start + exact.length, exact, fields }
  }
  const cards: Omit<Card, 'key' | 'id' | 'distinctFrom' | 'typed'>[] = [
    {
      kind: 'meeting',
      of: null,
      fields: { name: 'Meeting of ministers', startDate: '2024-03-04' },
      quotes: [at('the ministers met')],
    },
    {
      kind: 'speaker',
      of: null,
      fields: { name: 'Aigul Serikova' },
      quotes: [at('Aigul Serikova', { field: '/name' })],
    },
    {
      kind: 'membership',
      of: '=c2',
      fields: { role: 'Minister', stateCode: 'KZ' },
      quotes: [at('Minister')],
    },
    {
      kind: 'proposal',
      of: null,
      fields: {
        title: 'Register',
        meetingId: '=c1',
        contributors: [{ role: 'proposer', speakerId: '=c2', membershipId: '=c3' }],
      },
      quotes: [at('proposed a register')],
    },
    {
      kind: 'event',
      of: '=c4',
      fields: { type: 'proposed', occurredOn: '2024-03-04', meetingId: '=c1' },
      quotes: [at('proposed')],
    },
  ]
  for (const card of cards)
    ({ draft } = withCard(draft, (key) => ({ ...emptyCard(key, card.kind), ...card, ...changes[key] })))
  return draft
}

describe('the report of a draft', () => {
  test('has parts in their records, and quotes with their places', () => {
    const { report, places } = toReport(catalogue, smallDraft())
    expect(report).toMatchObject({
      source: { title: 'A report', text: expect.stringContaining('Astana') },
      meetings: [{ key: 'c1', evidence: [{ exact: 'the ministers met', start: 16, end: 33 }] }],
      speakers: [{ key: 'c2', memberships: [{ key: 'c3', role: 'Minister' }] }],
      proposals: [{ key: 'c4', events: [{ key: 'c5', evidence: [{ exact: 'proposed' }] }] }],
    })
    expect(placeOf(places, '/proposals/0/events/0/evidence/0/field')).toMatchObject({
      key: 'c5',
      quote: 0,
      rest: '/field',
    })
    expect(placeOf(places, '/proposals/0/contributors/0')).toMatchObject({
      key: 'c4',
      quote: null,
      rest: '/contributors/0',
    })
    expect(placeOf(places, '/topics/0')).toBeUndefined()
  })

  test('has records after those of their kind that they refer to, in whatever order the cards are', () => {
    let draft = newDraft('text', { title: 'A', language: 'en' })
    for (const parent of ['=c3', null, '=c2'])
      ({ draft } = withCard(draft, (key) => ({
        ...emptyCard(key, 'organization'),
        fields: { name: key, parentId: parent },
      })))
    expect(toReport(catalogue, draft).report.organizations?.map(({ key }) => key)).toEqual(['c2', 'c3', 'c1'])
  })

  test('adds parts and quotes to stored records', () => {
    let draft = newDraft(
      'They proposed it.',
      { title: 'A', language: 'en' },
      'src_01gb6jc400ezz8kdnweefcy4dk',
    )
    const quote = { start: 5, end: 13, exact: 'proposed', fields: {} }
    const stored = 'prp_01gb6jc400egbsbzx9etj88v69'
    ;({ draft } = withCard(draft, (key) => ({ ...emptyCard(key, 'evidence', stored), quotes: [quote] })))
    ;({ draft } = withCard(draft, (key) => ({
      ...emptyCard(key, 'event', stored),
      fields: { type: 'noted' },
    })))
    ;({ draft } = withCard(draft, (key) => ({ ...emptyCard(key, 'evidence', 'KZ'), quotes: [quote, quote] })))
    const { report, places } = toReport(catalogue, draft)
    expect(report.source).not.toHaveProperty('text')
    expect(report.proposals).toEqual([
      {
        id: stored,
        events: [{ key: 'c2', type: 'noted' }],
        evidence: [{ exact: 'proposed', start: 5, end: 13 }],
      },
    ])
    expect(report.states).toMatchObject([{ id: 'KZ', evidence: [{}, {}] }])
    expect(placeOf(places, '/states/0/evidence/1/exact')).toMatchObject({ key: 'c3', quote: 1 })
  })
})

describe('the check of a draft', () => {
  test('says what would become of each card, and writes nothing', async () => {
    const s = await withStates()
    await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
    const meeting = await create(s, '/v1/meetings', {
      name: 'Meeting of ministers',
      startDate: '2024-03-04',
      city: 'Astana',
    })
    const before = await s.rows()
    const { states, isComplete } = await checkDraft(
      recordsOf(s),
      AUTHOR,
      smallDraft({ c1: { id: meeting['id'] } }),
    )
    expect(isComplete).toBe(true)
    const outcomes = [...states].map(([key, state]) => [
      key,
      state.is === 'written' ? state.outcome.outcome : state.is,
    ])
    expect(Object.fromEntries(outcomes)).toEqual({
      source: 'created',
      c1: 'updated',
      c2: 'created',
      c3: 'created',
      c4: 'created',
      c5: 'created',
    })
    expect(await s.rows()).toEqual(before)
  })

  test('finds all faults at once: of schemas, of records, and of what refers to faulty cards', async () => {
    const s = await withStates()
    const draft = smallDraft({
      c1: { fields: { name: 'Meeting of ministers', startDate: '2024-02-30' } },
      c3: { fields: { role: 'Minister', stateCode: 'KZ' } },
    })
    const { states, isComplete } = await checkDraft(recordsOf(s), AUTHOR, draft)
    expect(isComplete).toBe(false)
    expect(states.get('c1')).toMatchObject({
      is: 'faulty',
      code: 'invalid-body',
      faults: [{ pointer: '/startDate' }],
    })
    // There is no KZ in this record.
    expect(states.get('c3')).toMatchObject({
      is: 'faulty',
      code: 'unknown-reference',
      faults: [{ pointer: '/stateCode' }],
    })
    expect(['c4', 'c5'].map((key) => states.get(key)?.is)).toEqual(['waiting', 'waiting'])
    expect(states.get('c2')).toMatchObject({ is: 'written', outcome: { outcome: 'created' } })
  })

  test('names the records that a card may describe, and the place of a quote that is wrong', async () => {
    const s = await withStates()
    await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
    const council = { name: 'Council of Ministers', classification: 'organ' }
    const { id: organizationId } = await create(s, '/v1/organizations', council)
    const meeting = { name: 'Meeting of ministers', startDate: '2024-03-04', organizationId }
    const { id } = await create(s, '/v1/meetings', meeting)
    const draft = smallDraft({ c1: { fields: { ...meeting, name: 'Talks in Astana' } } })
    const [, speaker] = draft.cards
    if (!speaker) throw new Error('There is no such card.')
    const wrong = {
      ...speaker,
      quotes: [...speaker.quotes, { start: 0, end: 3, exact: 'xyz', fields: {} }],
    }
    const { states } = await checkDraft(recordsOf(s), AUTHOR, withChanged(draft, wrong))
    expect(states.get('c1')).toMatchObject({ is: 'faulty', code: 'possible-duplicate', candidates: [{ id }] })
    expect(states.get('c2')).toMatchObject({
      is: 'faulty',
      code: 'quote-absent',
      faults: [{ quote: 1, pointer: '/exact' }],
    })
  })

  test('does not look at parts of no record, and stops at a source that cannot be written', async () => {
    const s = await withStates()
    const draft = smallDraft({ c5: { of: null } })
    const { states, isComplete } = await checkDraft(recordsOf(s), AUTHOR, {
      ...draft,
      source: { ...draft.source, fields: { language: 'en' } },
    })
    expect(states.get('c5')).toEqual({ is: 'loose' })
    expect(states.get('source')).toMatchObject({ is: 'faulty', faults: [{ pointer: '/title' }] })
    expect([states.get('c2')?.is, isComplete]).toEqual(['waiting', false])
  })
})

describe('a stored draft', () => {
  const keyId = AUTHOR.actor.id

  test('belongs to its owner, is listed by its last change, and can be deleted', async () => {
    const { engine } = await service()
    const first = await createDraft(engine, keyId, smallDraft(), NOW)
    const second = await createDraft(engine, keyId, newDraft('Other text', {}), NOW)
    const at = '2026-11-30T11:00:00.000Z'
    await engine.write((writer) =>
      updateDraft(writer, { keyId, id: first, revision: 1, at }, ({ content }) => withoutCard(content, 'c1')),
    )
    const titles = (await listDrafts(engine.reader, keyId)).map(({ id, title, revision }) => [
      id,
      title,
      revision,
    ])
    expect(titles).toEqual([
      [first, 'A report', 2],
      [second, 'Other text', 1],
    ])
    expect(await listDrafts(engine.reader, 'key_2')).toEqual([])
    expect(await findDraft(engine.reader, 'key_2', first)).toBeUndefined()
    await deleteDraft(engine, 'key_2', first)
    expect((await findDraft(engine.reader, keyId, first))?.content.cards).toHaveLength(4)
    await deleteDraft(engine, keyId, first)
    expect(await findDraft(engine.reader, keyId, first)).toBeUndefined()
  })

  test('that was changed in another window is not overwritten', async () => {
    const { engine } = await service()
    const id = await createDraft(engine, keyId, smallDraft(), NOW)
    const change = (revision: number, key: string) =>
      engine.write((writer) =>
        updateDraft(writer, { keyId, id, revision, at: NOW.toISOString() }, ({ content }) =>
          withoutCard(content, key),
        ),
      )
    await change(1, 'c5')
    await expect(change(1, 'c1')).rejects.toThrow(StaleDraft)
    expect((await findDraft(engine.reader, keyId, id))?.content.cards.map(({ key }) => key)).toEqual([
      'c1',
      'c2',
      'c3',
      'c4',
    ])
  })

  test('that is saved twice at once is written once', async () => {
    const s = await withStates()
    await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
    const records = recordsOf(s)
    const id = await createDraft(s.engine, keyId, smallDraft(), NOW)
    const saved = await Promise.all([1, 2].map(() => saveDraft(records, AUTHOR, { id, revision: 1 })))
    expect(saved[0]?.content.saved?.sourceId).toMatch(/^src_/)
    expect(saved[1]?.content.saved).toEqual(saved[0]?.content.saved)
    expect((await s.get('/v1/proposals')).body['data']).toHaveLength(1)
  })

  test('whose report is refused stays as it was, and nothing is written', async () => {
    const s = await withStates()
    const id = await createDraft(s.engine, keyId, smallDraft(), NOW)
    const before = await s.rows()
    await expect(saveDraft(recordsOf(s), AUTHOR, { id, revision: 1 })).rejects.toMatchObject({
      code: 'unknown-reference',
    })
    expect(await s.rows()).toEqual(before)
  })
})

test('a removed card takes its parts and the references to it along', () => {
  const draft = withoutCard(smallDraft(), 'c2')
  expect(draft.cards.map(({ key }) => key)).toEqual(['c1', 'c4', 'c5'])
  expect(draft.cards[1]?.fields['contributors']).toEqual([
    { role: 'proposer', speakerId: null, membershipId: null },
  ])
  expect(draft.cards.flatMap((card) => [...referencesOf(card)])).toEqual(['c1', 'c4', 'c1'])
})
