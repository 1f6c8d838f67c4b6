// The query plan of a list, computed from a resolved query without a database.
import { describe, expect, test } from 'vitest'
import { parseSearch } from '../src/core/search.ts'
import type { ResolvedList, TextFilter } from '../src/records/read/plan.ts'
import {
  type Condition,
  type GivenFilter,
  MAX_IDS,
  planCount,
  planList,
  scanThreshold,
} from '../src/records/read/plan.ts'
import { catalogue } from '../src/resources/index.ts'

const PRESENT = { asOf: null, seq: null }

const STATUS = {
  filter: catalogue.resource('proposal').filters['status'],
  values: ['proposed'],
} as GivenFilter

const query = parseSearch('drones')

const list = (overrides: Partial<ResolvedList> = {}): ResolvedList => ({
  resource: catalogue.resource('proposal'),
  view: PRESENT,
  filters: [STATUS],
  text: null,
  readsOthers: false,
  past: null,
  order: [
    { column: 'proposedOn', descending: true },
    { column: 'id', descending: true },
  ],
  after: null,
  limit: 26,
  include: [],
  walkStart: 100,
  total: undefined,
  ...overrides,
})

const text = (matches: TextFilter['matches']): TextFilter => ({ query, matches })

const OF_SPEAKER = {
  filter: catalogue.resource('proposal').filters['speaker'],
  values: ['spk_a'],
} as GivenFilter

describe('what a plan reads along', () => {
  const RANGE = { field: 'contributors.speakerId', toId: 'spk_a' }

  test('is the links to a record, for one filter by a list of references in the order of the list', () => {
    const plan = planList(list({ filters: [OF_SPEAKER, STATUS] }))
    expect(plan).toMatchObject({ along: RANGE, filters: [STATUS], strategy: 'index' })
    expect(planList(list({ filters: [OF_SPEAKER], text: text('many') }))).toMatchObject({
      along: RANGE,
      strategy: 'scan',
    })
  })

  test.each<[string, Partial<ResolvedList>]>([
    ['several records', { filters: [{ ...OF_SPEAKER, values: ['spk_a', 'spk_b'] }] }],
    [
      'another order',
      {
        order: [
          { column: 'title', descending: false },
          { column: 'id', descending: false },
        ],
      },
    ],
    ['an earlier day', { view: { asOf: '2024-01-01', seq: null } }],
    ['an earlier record time', { view: { asOf: null, seq: 7 } }],
    ['a later page after a change', { past: { seq: 7, matchedIds: null } }],
    ['a text that few records match', { text: text(['prp_a']) }],
  ])('is an index of the records, for %s', (_, overrides) => {
    const filters = overrides.filters ?? [OF_SPEAKER]
    expect(planList(list({ filters, ...overrides }))).toMatchObject({ along: null, filters })
  })
})

describe('the strategy of a plan', () => {
  test('follows an index if there is no q', () => {
    expect(planList(list())).toMatchObject({
      strategy: 'index',
      text: null,
      filters: [STATUS],
      sources: [{ view: PRESENT, changedAfter: null, conditions: [] }],
    })
  })

  test('filters by ids if the full-text index returned the matching ids', () => {
    const plan = planList(list({ text: text(['prp_a', 'prp_b']) }))
    expect(plan).toMatchObject({ strategy: 'ids', text: null })
    expect(plan.sources).toEqual([
      { view: PRESENT, changedAfter: null, conditions: [{ by: 'ids', ids: ['prp_a', 'prp_b'] }] },
    ])
  })

  test('filters by no ids if nothing matches', () => {
    const [source] = planList(list({ text: text([]) })).sources
    expect(source?.conditions).toEqual([{ by: 'ids', ids: [] }])
  })

  test('has a full-text condition in its SQL if some records match', () => {
    const plan = planList(list({ text: text('some') }))
    expect(plan).toMatchObject({ strategy: 'index', text: null })
    expect(plan.sources[0]?.conditions).toEqual([{ by: 'text', query }])
  })

  test('scans in order, without a condition on the text, if many records match', () => {
    const plan = planList(list({ text: text('many') }))
    expect(plan).toMatchObject({ strategy: 'scan', text: query, filters: [STATUS] })
    expect(plan.sources[0]?.conditions).toEqual([])
  })

  test('never scans for a count', () => {
    const { sources } = planCount(list({ text: text('many') }))
    expect(sources[0]?.conditions).toEqual([{ by: 'text', query }])
  })

  test('scans at fewer matches in a small change log than in a large one, and for fewer rows', () => {
    expect(scanThreshold(26, 0)).toBe(MAX_IDS)
    expect(scanThreshold(26, 20_000)).toBe(722)
    expect(scanThreshold(26, 2_000_000)).toBe(7212)
    expect(scanThreshold(104, 20_000)).toBe(1443)
  })
})

describe('the sources of a page after a cursor, if records have changed since the first page', () => {
  const past = { seq: 100, matchedIds: ['prp_a'] }
  const unchanged: Condition = { by: 'unchanged', since: 100 }
  const THEN = { asOf: null, seq: 100 }

  test('are the table for unchanged records and the log for changed ones', () => {
    expect(planList(list({ past })).sources).toEqual([
      { view: PRESENT, changedAfter: null, conditions: [unchanged] },
      { view: THEN, changedAfter: 100, conditions: [] },
    ])
  })

  test('match text by the index in the table, and by the ids matched at the first page in the log', () => {
    for (const [matches, condition] of [
      [['prp_b'], { by: 'ids', ids: ['prp_b'] }],
      ['some', { by: 'text', query }],
    ] as const) {
      const plan = planList(list({ past, text: { query, matches: matches as TextFilter['matches'] } }))
      expect(plan.sources.map(({ conditions }) => conditions)).toEqual([
        [condition, unchanged],
        [{ by: 'ids', ids: ['prp_a'] }],
      ])
    }
  })

  test('have no condition on the text for a scan', () => {
    const plan = planList(list({ past: { seq: 100, matchedIds: null }, text: text('many') }))
    expect(plan.sources.map(({ conditions }) => conditions)).toEqual([[unchanged], []])
  })

  test('are only the log if the list also depends on events, evidence or positions', () => {
    const asOf = '2022-12-31'
    for (const [overrides, view] of [
      [{ view: { asOf, seq: null } }, { asOf, seq: 100 }],
      [{ readsOthers: true }, THEN],
    ] as const) {
      expect(planList(list({ past, ...overrides })).sources).toEqual([
        { view, changedAfter: null, conditions: [] },
      ])
      expect(planList(list({ past, ...overrides, text: text('some') })).sources[0]?.conditions).toEqual([
        { by: 'textAt', seq: 100, text: { by: 'text', query }, changedIds: ['prp_a'] },
      ])
    }
  })

  test('are the same for a count', () => {
    const resolved = list({ past, text: text(['prp_b']) })
    expect(planCount(resolved).sources).toEqual(planList(resolved).sources)
  })
})

describe('the columns of a plan besides the document', () => {
  test('are empty for a plain list', () => {
    expect(planList(list()).columns).toEqual([])
  })

  test('are the status and its date for asOf, if records have a lifecycle', () => {
    const view = { asOf: '2022-12-31', seq: null }
    expect(planList(list({ view })).columns).toEqual(['status', 'statusDate'])
    expect(planList(list({ view, resource: catalogue.resource('state') })).columns).toEqual([])
  })

  test('are the id and all references for include', () => {
    expect(planList(list({ include: ['meeting'] })).columns).toEqual(
      expect.arrayContaining(['id', 'meetingId', 'addresseeId', 'parentId']),
    )
  })
})

test('a plan contains the order, position, limit and view of its query', () => {
  const overrides = { after: ['2022', 'prp_a'], limit: 201, view: { asOf: null, seq: 7 } }
  expect(planList(list(overrides))).toMatchObject({ ...overrides, order: list().order })
})
