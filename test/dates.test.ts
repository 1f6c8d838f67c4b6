// Dates of records: the grammar, the span and the order of each, and what lists do with them.
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  certainlyBefore,
  compareDates,
  compatible,
  EDTF_DATE,
  edtfFault,
  isExactDay,
  isPartialDate,
  isWithin,
  sortKey,
  spanOf,
} from '../src/core/dates.ts'
import { type Service, service } from './helpers/app.ts'

const twoDigits = (number: number) => String(number).padStart(2, '0')

/** Whether the date exists in the calendar, according to Temporal. */
function exists(day: string): boolean {
  try {
    return Temporal.PlainDate.from(day).toString() === day
  } catch {
    return false
  }
}

const isLegal = (date: string) => EDTF_DATE.test(date) && edtfFault(date) === undefined

/** A date with the days that it can mean, found without the code under test. */
interface Model {
  date: string
  first: string
  last: string
}

const [BEFORE_ALL, AFTER_ALL] = ['0000-00-00', '9999-99-99']

const day = fc
  .date({ min: new Date('1990-01-01'), max: new Date('1993-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))

const monthEnd = (month: string) =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).toISOString().slice(0, 10)

const calendarDate: fc.Arbitrary<Model> = fc.oneof(
  day.map((date) => ({ date, first: date, last: date })),
  day.map((date) => ({ date: date.slice(0, 7), first: `${date.slice(0, 7)}-01`, last: monthEnd(date) })),
  day.map((date) => {
    const year = date.slice(0, 4)
    return { date: year, first: `${year}-01-01`, last: `${year}-12-31` }
  }),
)

const edtfDate: fc.Arbitrary<Model> = fc.oneof(
  fc
    .tuple(calendarDate, fc.constantFrom('', '~', '?', '%'))
    .map(([model, qualifier]) => ({ ...model, date: model.date + qualifier })),
  fc
    .tuple(calendarDate, calendarDate)
    .filter(([a, b]) => a.first <= b.last)
    .map(([a, b]) => ({ date: `[${a.date}..${b.date}]`, first: a.first, last: b.last })),
  calendarDate.map(({ date, first }) => ({ date: `[${date}..]`, first, last: AFTER_ALL as string })),
  calendarDate.map(({ date, last }) => ({ date: `[..${date}]`, first: BEFORE_ALL as string, last })),
)

const keyOf = ({ first, last }: Model) => (first === BEFORE_ALL ? last : first)

const overlap = (one: Pick<Model, 'first' | 'last'>, other: Pick<Model, 'first' | 'last'>) =>
  one.first <= other.last && other.first <= one.last

describe('a day, a month or a year', () => {
  test('is valid exactly if the calendar has it, in leap years and others', () => {
    for (const year of ['1900', '2000', '2023', '2024']) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const date = `${year}-${twoDigits(month)}-${twoDigits(day)}`
          expect([date, isExactDay(date), isLegal(date)]).toEqual([date, exists(date), exists(date)])
        }
      }
    }
  })

  test('may be a month or a year, which is not an exact day', () => {
    for (const date of ['2024', '2024-02', '1950-12']) {
      expect([date, isPartialDate(date), isExactDay(date)]).toEqual([date, true, false])
    }
    for (const date of [
      '0000',
      '0000-01-01',
      '2024-13',
      '2024-00',
      '24',
      '2024-2',
      '2024-02-1',
      ' 2024',
      '',
    ]) {
      expect([date, isPartialDate(date), isLegal(date)]).toEqual([date, false, false])
    }
  })
})

describe('an EDTF date', () => {
  test('of every legal form has the span of its days', () => {
    const spans = {
      '2022-09~': ['2022-09-01', '2022-09-30'],
      '2022?': ['2022-01-01', '2022-12-31'],
      '2024-02-29%': ['2024-02-29', '2024-02-29'],
      '[2022-09-15..2022-09-16]': ['2022-09-15', '2022-09-16'],
      '[2022..2024-02]': ['2022-01-01', '2024-02-29'],
      '[2024-09-16..2024-09]': ['2024-09-16', '2024-09-30'],
      '[..2022-09-16]': [BEFORE_ALL, '2022-09-16'],
      '[..2023]': [BEFORE_ALL, '2023-12-31'],
      '[2022-09..]': ['2022-09-01', AFTER_ALL],
    }
    for (const [date, [first, last]] of Object.entries(spans)) {
      expect(isLegal(date), date).toBe(true)
      expect(spanOf(date), date).toEqual({ first, last })
    }
    expect(sortKey('[..2023]')).toBe('2023-12-31')
    expect(sortKey('[2022-09..]')).toBe('2022-09-01')
  })

  test('is never exact with a qualifier or brackets', () => {
    for (const date of ['2022-09-16~', '2022-09-16?', '[2022-09-16..2022-09-16]', '[..2022-09-16]'])
      expect(isExactDay(date), date).toBe(false)
  })

  test('sorts and overlaps as its span does, whatever the form of the others', () => {
    fc.assert(
      fc.property(edtfDate, edtfDate, (one, other) => {
        expect(isLegal(one.date)).toBe(true)
        expect(spanOf(one.date)).toEqual({ first: one.first, last: one.last })
        expect(compatible(one.date, other.date)).toBe(overlap(one, other))
        expect(certainlyBefore(one.date, other.date)).toBe(one.last < other.first)
        expect(isWithin(one.date, other.date)).toBe(other.first <= one.first && one.last <= other.last)
        expect(Math.sign(compareDates(one.date, other.date))).toBe(
          keyOf(one) < keyOf(other) ? -1 : keyOf(one) > keyOf(other) ? 1 : 0,
        )
        if (certainlyBefore(one.date, other.date)) expect(compareDates(one.date, other.date)).toBeLessThan(0)
      }),
      { numRuns: 2000 },
    )
  })
})

test('every other form is refused, with the field and the legal forms', async () => {
  const s = await service()
  const refused = [
    '[..]',
    '[2024-09-15,2024-09-16]',
    '2024-09-15/2024-09-16',
    '2024-09-1X',
    '~2024',
    '2024-09~?',
    'early 2024',
    '[2024~..2025]',
    '[2024-09-15..2024-09-16]~',
    '[2024]',
    '2024-09-15 ',
    '2024-09-15\n',
    '',
  ]
  for (const startDate of refused) {
    const { status, body } = await s.post('/v1/meetings', { name: 'A meeting', startDate })
    expect([startDate, status]).toEqual([startDate, 400])
    expect(body['errors'], startDate).toEqual([
      {
        pointer: '/startDate',
        detail: expect.stringMatching(/YYYY-MM-DD.*~.*\?.*%.*\[a\.\.b\].*\[\.\.b\].*\[a\.\.\]/),
      },
    ])
  }
  for (const [startDate, detail] of [
    ['[2024-09-16..2024-09-15]', 'In [a..b], a must not be after b: 2024-09-16 is after 2024-09-15.'],
    ['[2024-10..2024-09]', 'In [a..b], a must not be after b: 2024-10 is after 2024-09.'],
    ['2023-02-29', 'The date does not exist.'],
    ['[2023-02-29..]', 'The date does not exist.'],
    ['[..2023-13]', 'The date does not exist.'],
    ['0000~', 'The date does not exist.'],
  ]) {
    const { status, body } = await s.post('/v1/meetings', { name: 'A meeting', startDate })
    expect([startDate, status]).toEqual([startDate, 400])
    expect(body['errors'], startDate).toEqual([{ pointer: '/startDate', detail }])
  }
  expect((await s.get('/v1/meetings')).body['data']).toEqual([])
})

/** Creates a meeting for each date, named by it. @returns the ids by name */
async function meetings(s: Service, dates: readonly string[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const [index, startDate] of dates.entries()) {
    const { status, body, text } = await s.post('/v1/meetings', { name: `${index} ${startDate}`, startDate })
    expect(status, text).toBe(201)
    ids.set(body['name'], body['id'])
  }
  return ids
}

/** The names in a list, page by page. @param between is called after the first page */
async function namesIn(s: Service, query: string, between = async () => {}): Promise<string[]> {
  const names: string[] = []
  for (let cursor = ''; ; ) {
    const { status, body, text } = await s.get(`/v1/meetings?${query}${cursor && `&cursor=${cursor}`}`)
    expect(status, `${query} ${text}`).toBe(200)
    names.push(...body['data'].map(({ name }: { name: string }) => name))
    if (body['page'].nextCursor === null) return names
    if (cursor === '') await between()
    cursor = body['page'].nextCursor
  }
}

test('a list sorts and filters dates by their spans, now, in the past, and across changes during a walk', async () => {
  const s = await service()
  const sample = fc.sample(edtfDate, { numRuns: 60, seed: 14 })
  const models = new Map(sample.map((model, index) => [`${index} ${model.date}`, model]))
  const ids = await meetings(
    s,
    sample.map(({ date }) => date),
  )
  for (const [name, id] of ids)
    expect((await s.get(`/v1/meetings/${id}`)).body['startDate']).toBe(models.get(name)?.date)

  const created = [...models.keys()]
  const inOrder = (names: readonly string[]) => {
    const key = (name: string) => keyOf(models.get(name) as Model)
    return [...names].sort((one, other) =>
      key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : created.indexOf(one) - created.indexOf(other),
    )
  }
  const queries: [query: string, expected: string[]][] = [
    ['', inOrder(created)],
    ...fc.sample(fc.tuple(calendarDate, calendarDate), { numRuns: 15, seed: 9 }).flatMap(([from, to]) => {
      const matching = (range: Pick<Model, 'first' | 'last'>) =>
        inOrder(created.filter((name) => overlap(models.get(name) as Model, range)))
      return [
        [`&startFrom=${from.date}`, matching({ first: from.first, last: AFTER_ALL as string })],
        [`&startTo=${to.date}`, matching({ first: BEFORE_ALL as string, last: to.last })],
      ] as [string, string[]][]
    }),
  ]
  const check = async (more: string) => {
    for (const [query, expected] of queries) {
      const size = Math.max(1, Math.floor(expected.length / 3))
      expect(await namesIn(s, `sort=startDate&limit=${size}${query}${more}`), query).toEqual(expected)
      const descending = await namesIn(s, `sort=-startDate&limit=${size}${query}${more}`)
      expect(descending, query).toEqual([...expected].reverse())
    }
  }
  await check('')

  const { body } = await s.get('/v1/changes?limit=200')
  const knownAt = body['data'].at(-1).at
  const [walked, expected] = ['sort=startDate&limit=20', inOrder(created)]
  // Every date changes after the first page.
  const during = await namesIn(s, walked, async () => {
    await setTimeout(5)
    for (const id of ids.values())
      await s.patch(`/v1/meetings/${id}`, { startDate: '[1980..1981]', name: 'Moved' })
  })
  expect(during).toEqual(expected)
  await check(`&knownAt=${knownAt}`)
  expect(await namesIn(s, 'startTo=1981')).toHaveLength(created.length)
})

test('an uncertain date is found by every day that it can mean, and counts from the first', async () => {
  const s = await service()
  const names = await meetings(s, ['2024-09', '2024~'])
  const found = async (query: string) => (await namesIn(s, query)).map((name) => name.split(' ')[1])
  expect(names.size).toBe(2)
  expect(await found('startFrom=2024-09-20&startTo=2024-09-20&sort=startDate')).toEqual(['2024~', '2024-09'])
  expect(await found('startFrom=2024-10-01')).toEqual(['2024~'])
  expect(await found('startFrom=2025')).toEqual([])

  const proposal = async (proposedOn: string, events: object[] = []) =>
    (await s.post('/v1/proposals', { title: proposedOn, proposedOn, events })).body['id']
  for (const date of ['2024-01-01', '[..2023-12-31]', '2023-12-30']) await proposal(date)
  const proposals = async (query: string) =>
    (await s.get(`/v1/proposals?${query}`)).body['data'].map(({ title }: { title: string }) => title)
  expect(await proposals('proposedFrom=2024-01-01')).toEqual(['2024-01-01'])
  expect(await proposals('proposedTo=2020-12-31')).toEqual(['[..2023-12-31]'])
  expect(await proposals('proposedFrom=2023-12-31&proposedTo=2023')).toEqual(['[..2023-12-31]'])
  expect(await proposals('sort=proposedOn')).toEqual(['2023-12-30', '[..2023-12-31]', '2024-01-01'])
  const stats = (await s.get('/v1/stats/proposals?by=year')).body['data']
  expect(stats.map(({ key, count }: { key: string; count: number }) => [key, count])).toEqual([
    ['2023', 2],
    ['2024', 1],
  ])
})

test('the status of a day is that of the event with the latest first day, with its date as it was written', async () => {
  const s = await service()
  const { body, status, text } = await s.post('/v1/agreements', {
    title: 'Understanding on Dredging Depths',
    kind: 'memorandum',
    events: [
      { type: 'drafted', occurredOn: '2022~' },
      { type: 'authenticated', occurredOn: '[2024-09-15..2024-09-16]' },
    ],
  })
  expect(status, text).toBe(201)
  expect(body).toMatchObject({ status: 'authenticated', statusSince: '[2024-09-15..2024-09-16]' })
  const url = `/v1/agreements/${body['id']}`
  const knownAt = body['createdAt']
  for (const more of ['', `&knownAt=${knownAt}`]) {
    for (const [day, expected, since] of [
      ['2022-01-01', 'drafted', '2022~'],
      ['2024-09-14', 'drafted', '2022~'],
      ['2024-09-15', 'authenticated', '[2024-09-15..2024-09-16]'],
    ]) {
      const [one] = (await s.get(`/v1/agreements?asOf=${day}&sort=statusSince${more}`)).body['data']
      expect([day, one.status, one.statusSince]).toEqual([day, expected, since])
      expect((await s.get(`${url}?asOf=${day}${more}`)).body).toMatchObject({
        status: expected,
        statusSince: since,
      })
    }
    const found = async (query: string) =>
      (await s.get(`/v1/agreements?${query}${more}`)).body['data'].length as number
    expect(await found('sinceFrom=2024-09-16&sinceTo=2024-09-16')).toBe(1)
    expect(await found('sinceFrom=2024-09-17')).toBe(0)
    expect(await found('sinceFrom=2022&sinceTo=2022&asOf=2023-01-01')).toBe(1)
    expect(await found('sinceFrom=2023&asOf=2023-01-01')).toBe(0)
    expect(await found('asOf=2021-12-31')).toBe(0)
    expect(await found('event=authenticated&eventFrom=2024-09-16&eventTo=2024-09-16')).toBe(1)
    expect(await found('event=authenticated&eventFrom=2024-09-17')).toBe(0)
    expect(await found('event=authenticated&eventTo=2024-09-14')).toBe(0)
    expect(await found('event=drafted&eventFrom=2022&eventTo=2022')).toBe(1)
    expect(await found('event=drafted&eventFrom=2023&eventTo=2023')).toBe(0)
    expect(await found('stalledSince=2025-01-01')).toBe(1)
    expect(await found('stalledSince=2024-09-15')).toBe(0)
  }
})

test('a lineage has the date of the first event of each record as it was written', async () => {
  const s = await service()
  const { body } = await s.post('/v1/agreements', {
    title: 'Understanding on Dredging Depths',
    kind: 'memorandum',
    events: [
      { type: 'authenticated', occurredOn: '2024' },
      { type: 'drafted', occurredOn: '[..2022-09]' },
    ],
  })
  const { body: lineage, text } = await s.get(`/v1/agreements/${body['id']}/lineage`)
  expect(lineage['data'], text).toMatchObject([{ date: '[..2022-09]' }])
})

test('the bounds of a filter are days, months or years', async () => {
  const s = await service()
  for (const bound of ['2022~', '[2022..]', '2022-02-30', 'today']) {
    for (const parameter of ['startFrom', 'startTo']) {
      const { status, body } = await s.get(`/v1/meetings?${parameter}=${encodeURIComponent(bound)}`)
      expect([bound, status, body['errors'][0].parameter]).toEqual([bound, 400, parameter])
    }
  }
})

test('an end is refused only if it is before the start for all days that both can mean', async () => {
  const s = await service()
  for (const [startDate, endDate, status] of [
    ['2022-09', '2022-09-15~', 201],
    ['[2022-09-15..2022-09-16]', '2022-09-15', 201],
    ['[2022-09-15..2022-09-16]', '2022-09-14', 422],
    ['2022-09-15', '[..2022-09-14]', 422],
    ['2022-09-15', '[..2022-09]', 201],
    ['[2022-09-15..]', '2022-09-14', 422],
    ['[..2022-09-15]', '2001', 201],
  ] as const) {
    const response = await s.post('/v1/meetings', {
      name: `A meeting from ${startDate} to ${endDate}`,
      startDate,
      endDate,
    })
    expect([startDate, endDate, response.status]).toEqual([startDate, endDate, status])
    if (status === 422) expect(response.body['errors'][0].pointer).toBe('/endDate')
  }
})

test('a meeting counts as held from the day by which it sorts', async () => {
  const s = await service({ clock: () => new Date('2024-06-15T12:00:00Z') })
  for (const [startDate, status] of [
    ['[2024-06-15..2024-06-16]', 'held'],
    ['[2024-06-16..2024-06-17]', 'scheduled'],
    ['2024~', 'held'],
    ['[..2024-06-15]', 'held'],
    ['[..2024-06-16]', 'scheduled'],
    ['[2024..]', 'held'],
  ] as const) {
    const { body } = await s.post('/v1/meetings', { name: `A meeting on ${startDate}`, startDate })
    expect([startDate, body['status']]).toEqual([startDate, status])
  }
})
