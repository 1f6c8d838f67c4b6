// Filters: a list returns exactly the rows that match, compared with a selection made in the test.
import { describe, expect, test } from 'vitest'
import { fold } from '../src/core/fold.ts'
import { describeTable } from '../src/db/tables.ts'
import { filtersOf } from '../src/records/read/parameters.ts'
import type { Doc } from '../src/records/schema/document.ts'
import type { Filter } from '../src/records/schema/filters.ts'
import { catalogue } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import {
  type Body,
  type Ids,
  kinds,
  oneOfEach,
  pathOf,
  type ResourceKind,
  withEveryField,
} from './helpers/bodies.ts'

const idsOf = (rows: Body[]) => rows.map((row) => row['id'] as string)

async function ids(s: Service, url: string): Promise<string[]> {
  const { status, body, text } = await s.get(`${url}${url.includes('?') ? '&' : '?'}limit=200`)
  expect(status, `${url} ${text}`).toBe(200)
  return idsOf(body['data'])
}

async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

/** Follows the cursors of a list to its end. */
async function walk(s: Service, url: string): Promise<string[]> {
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body, text } = await s.get(`${url}${cursor && `&cursor=${cursor}`}`)
    expect(status, `${url} ${text}`).toBe(200)
    seen.push(...idsOf(body['data']))
    cursor = body['page'].nextCursor
  }
  return seen
}

const DATES = ['2021', '2022-08', '2022-08-24', '2022-09-16', '2022', '2023-01-02']

/** A body whose fields cycle through `DATES`, a few values, references to `one` and `two`, and null. */
function bodyOf(kind: ResourceKind, n: number, one: Ids, two: Ids): Body {
  const date = DATES[n % DATES.length] as string
  const of = (of: ResourceKind) => [one[of], two[of], null][n % 3] ?? null
  const list = (value: string | null) => (value === null ? [] : [value])
  // Records with the same name are told apart by their identifiers.
  const isNamed = kind === 'speaker' || kind === 'organization'
  const identifiers = n % 2 || isNamed ? [{ scheme: 'wikidata', identifier: `Q${n}:${kind}` }] : []
  const party = { stateCode: of('state'), organizationId: of('organization') }
  const person = n % 2 ? one.speaker : two.speaker
  const own: Record<ResourceKind, Body> = {
    meeting: {
      name: `Own meeting ${n}`,
      startDate: date,
      organizationId: of('organization'),
      format: ['in-person', 'video', null][n % 3],
      status: ['held', 'cancelled', 'postponed'][n % 3],
      city: ['Tashkent', 'Бишкек', null][n % 3],
      countryCode: of('state'),
      agenda: [{ position: 1, title: 'Security', topicIds: list(of('topic')) }],
      classification: ['summit', 'council', null][n % 3],
      ordinal: n % 3 === 2 ? null : n + 1,
      parentId: [null, one.meeting, two.meeting, null, one.meeting, null][n],
      participants: [{ role: 'chair', ...party, speakerId: person }],
    },
    speaker: {
      name: `Person ${n % 3}`,
      memberships: [{ role: 'Minister', stateCode: of('state'), organizationId: one.organization }],
    },
    proposal: {
      title: `Own proposal ${n}`,
      meetingId: of('meeting'),
      contributors: [{ role: 'proposer', ...party, speakerId: person }],
      addresseeId: n % 2 ? one.organization : two.organization,
      topicIds: list(of('topic')),
      parentId: of('proposal'),
      events: [
        { type: 'proposed', occurredOn: date },
        { type: 'noted', occurredOn: date, stateCode: of('state'), meetingId: two.meeting },
        ...(n % 2
          ? [{ type: n % 4 === 1 ? 'deferred' : 'adopted', occurredOn: '2024-05', meetingId: of('meeting') }]
          : []),
      ],
    },
    agreement: {
      title: `Own agreement ${n}`,
      kind: ['treaty', 'protocol', 'charter'][n % 3],
      depositary: null,
      entryIntoForce: null,
      organizationId: of('organization'),
      contributors: [{ role: 'drafter', stateCode: one.state, speakerId: person }],
      topicIds: list(of('topic')),
      events: [
        { type: 'drafted', occurredOn: date, meetingId: of('meeting') },
        { type: 'signed', occurredOn: date, stateCode: n % 2 ? one.state : two.state },
        ...(n % 3 === 2 ? [{ type: 'terminated', occurredOn: '2024-05-06' }] : []),
      ],
    },
    statement: {
      contributors: [{ role: 'author', ...party, speakerId: person }],
      date,
      agreementId: of('agreement'),
      language: ['en', 'ru', null][n % 3],
      kind: ['direct', 'reported'][n % 2],
      text: `Own statement ${n}`,
      meetingId: of('meeting'),
      topicIds: list(of('topic')),
    },
    organization: {
      name: `Body ${n % 4}`,
      classification: ['organ', 'ministry'][n % 2],
      abbreviation: ['SCO', null][n % 2],
      parentId: of('organization'),
      countryCode: of('state'),
      foundingDate: n === 3 ? null : date,
    },
    state: {
      code: `X${'ABCDEF'[n]}`,
      name: `Land ${n % 2}`,
      memberships: [
        {
          organizationId: n === 4 ? two.organization : one.organization,
          role: ['member', 'observer', 'partner'][n % 3],
          startDate: date,
          endDate: n % 2 ? null : '2024',
        },
      ],
    },
    topic: { slug: `own-${n}`, prefLabel: `Own ${n}`, broaderId: of('topic') },
    source: {
      title: `Own source ${n}`,
      language: ['en', 'ru', 'zh-Hans'][n % 3],
      text: `The text ${n}`,
      textStatus: ['full', 'excerpt'][n % 2],
      relations: n === 5 ? [{ type: 'corrects', targetId: two.source }] : [],
      classification: ['news', 'law', null][n % 3],
      license: ['CC0-1.0', null][n % 2],
      mediaType: ['text/html', 'application/pdf'][n % 2],
      publishedOn: n === 3 ? null : date,
      publisherId: of('organization'),
    },
  }
  const body = { identifiers, ...own[kind] }
  return n === 2 ? withEveryField(kind, one, body) : body
}

interface Fixture {
  s: Service
  rows: Map<ResourceKind, Body[]>
  cited: Set<string>
  /** The body of the first membership of a state. */
  firstBody: string
  /** The events and memberships of each record. */
  parts: Map<string, Record<string, Body[]>>
  /** The ids of each topic and of all topics below it. */
  under: Map<string, string[]>
}

async function createFixture(): Promise<Fixture> {
  const s = await service({ clock: tickingClock() })
  const one = await oneOfEach(s)
  const two = await oneOfEach(s)
  for (const kind of kinds) {
    for (let n = 0; n < 6; n++) {
      const { id } = await create(s, pathOf(kind), bodyOf(kind, n, one, two))
      const cite = (sourceId: string, more = {}) =>
        create(s, `${pathOf(kind)}/${id}/evidence`, { sourceId, motivation: 'quote', exact: 'The', ...more })
      if (n === 1) await cite(one.source, { motivation: 'inference', note: 'By reasoning.' })
      if (n > 1 && n < 5) await cite(one.source)
      if (n === 4) await cite(two.source)
      if (n === 5) await cite(one.source, { direction: 'disputes' })
    }
  }
  const rows = new Map<ResourceKind, Body[]>()
  const cited = new Set<string>()
  const parts = new Map<string, Record<string, Body[]>>()
  const partKinds = catalogue.children.filter(({ kind }) => kind === 'event' || kind === 'membership')
  for (const kind of kinds) {
    const all = (await s.get(`${pathOf(kind)}?limit=200`)).body['data'] as Body[]
    rows.set(kind, all)
    for (const { id } of all) {
      if ((await s.get(`${pathOf(kind)}/${id}/evidence`)).body['data'].length > 0) cited.add(id)
      for (const { kind: part, path, of } of partKinds)
        if (of.includes(kind))
          parts.set(id, { [part]: (await s.get(`${pathOf(kind)}/${id}/${path}`)).body['data'] })
    }
  }
  const topics = rows.get('topic') ?? []
  const below = (id: string): string[] => [
    id,
    ...topics.filter(({ broaderId }) => broaderId === id).flatMap((topic) => below(topic['id'])),
  ]
  return {
    s,
    rows,
    cited,
    parts,
    firstBody: one.organization,
    under: new Map(topics.map(({ id }) => [id, below(id)])),
  }
}

/** A clock that starts in 2026 and advances by a second with each reading. */
function tickingClock(): () => Date {
  let readings = 0
  return () => new Date(Date.UTC(2026, 0, 1) + readings++ * 1000)
}

/** Every value at a path, through lists on the way. */
function inside(value: unknown, [segment, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item) => inside(item, segment === undefined ? [] : [segment, ...rest]))
  if (value === null || value === undefined) return []
  return segment === undefined ? [value] : inside((value as Body)[segment], rest)
}

const firstDay = (date: string) => date + '-01-01'.slice(date.length - 4)
const lastDay = (date: string) =>
  date.length === 4
    ? `${date}-12-31`
    : date.length === 7
      ? new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5)), 0)).toISOString().slice(0, 10)
      : date

const OPEN = {
  proposal: ['proposed', 'under-consideration', 'deferred'],
  agreement: ['drafting', 'drafted', 'under-consideration', 'text-adopted', 'authenticated', 'signed'],
} as Record<string, string[]>

interface FilterCase {
  query: string
  matches: (row: Body) => boolean
  /** For a filter on parts: their kind, and those that match. */
  part?: { kind: string; matches: (part: Body) => boolean }
}

/** Whether a row matches two filters; filters on parts of one kind must be met by the same part. */
function matchesBoth(one: FilterCase, other: FilterCase, row: Body, { parts }: Fixture): boolean {
  const [first, second] = [one.part, other.part]
  return first && second && first.kind === second.kind
    ? (parts.get(row['id'])?.[first.kind] ?? []).some((part) => first.matches(part) && second.matches(part))
    : one.matches(row) && other.matches(row)
}

/** Queries for a filter, each with the predicate that its rows must match. */
function casesOf(kind: ResourceKind, name: string, filter: Filter, fixture: Fixture): FilterCase[] {
  const { table } = catalogue.resource(kind)
  const rows = fixture.rows.get(kind) ?? []
  const membershipsOf = (row: Body) => fixture.parts.get(row['id'])?.['membership'] ?? []
  const holds = (row: Body, roles: string[], body: string) =>
    membershipsOf(row).some(
      ({ organizationId, role, startDate, endDate }) =>
        organizationId === body &&
        roles.includes(role) &&
        firstDay(startDate) <= '2022-12-31' &&
        lastDay(endDate ?? '9999') >= '2022-12-31',
    )
  const fieldOf = (column: string) => describeTable(table).columns[column]?.path ?? []
  const any = (valuesOf: (row: Body) => unknown[], expand = (value: unknown) => [value]): FilterCase[] => {
    const values = [...new Set(rows.flatMap(valuesOf))]
    expect(values.length, `${kind} ${name} has values`).toBeGreaterThan(0)
    return [[values[0]], values.slice(0, 2), values.slice(-1)].map((chosen) => ({
      query: `${name}=${chosen.map((value) => encodeURIComponent(String(value))).join(',')}`,
      matches: (row) => valuesOf(row).some((value) => chosen.flatMap(expand).includes(value)),
    }))
  }
  switch (filter.by) {
    case 'names': {
      const titleOf = (row: Body) =>
        fold(catalogue.resource(kind).searchText?.(row as Doc).title ?? '').split(' ')
      return rows.slice(0, 3).map(({ name: meant }) => ({
        query: `${name}=${encodeURIComponent(String(meant).toUpperCase())}`,
        matches: (row) =>
          fold(meant)
            .split(' ')
            .every((word) => titleOf(row).includes(word)),
      }))
    }
    case 'column':
      if (name === 'disputed')
        return ['true', 'false'].map((value) => ({
          query: `${name}=${value}`,
          matches: (row) => String(row['disputed'].length > 0) === value,
        }))
      return any((row) => inside(row, fieldOf(filter.column)))
    case 'part': {
      const partsOf = (row: Body) => fixture.parts.get(row['id'])?.[filter.part] ?? []
      const field = filter.column.replace(/(First|Last)$/, '')
      const given = [...new Set(rows.flatMap(partsOf).flatMap((part) => part[field] ?? []))]
      expect(given.length, `${kind} ${name} has values`).toBeGreaterThan(0)
      const bounds = [...DATES, '2020', '2024-05', '2030'].map((date) => [date])
      return (filter.bound ? bounds : [given.slice(0, 1), given.slice(0, 2), given.slice(-1)]).map(
        (chosen) => {
          const matches = (part: Body) => {
            const value = part[field] as string | null
            if (value === null) return false
            const [date = ''] = chosen
            if (filter.bound === 'from') return lastDay(value) >= firstDay(date)
            return filter.bound === 'to' ? firstDay(value) <= lastDay(date) : chosen.includes(value)
          }
          const { orField } = filter
          return {
            query: `${name}=${chosen.join(',')}`,
            matches: (row: Body) =>
              partsOf(row).some(matches) || (orField !== undefined && chosen.includes(row[orField])),
            part: { kind: filter.part, matches },
          }
        },
      )
    }
    // Tested in parties.test.ts and outcomes.test.ts.
    case 'condition':
      return []
    case 'membershipOf':
      return [...new Set(rows.flatMap(membershipsOf).map(({ organizationId }) => organizationId))].map(
        (body) => ({
          query: `${name}=${body}&asOf=2022-12-31`,
          matches: (row) => holds(row, ['member', 'observer', 'partner'], body),
        }),
      )
    case 'reference':
      return any(
        (row) => filter.fields.flatMap((field) => inside(row, field.split('.'))),
        (value) =>
          filter.kind === 'topic' && name !== 'broader' ? (fixture.under.get(String(value)) ?? []) : [value],
      )
    case 'range': {
      const fields = [filter.column, filter.orColumn ?? []]
        .flat()
        .map((column) => fieldOf(column.replace(/(First|Last)$/, '')))
      if (name === 'updatedSince') {
        return rows.slice(0, 3).map(({ updatedAt }) => ({
          query: `${name}=${updatedAt}`,
          matches: (row) => row['updatedAt'] >= updatedAt,
        }))
      }
      return [...DATES, '2022-08-23', '2022-08-25', '2022-07', '2022-10', '2020', '2030'].map((bound) => ({
        query: `${name}=${bound}`,
        matches: (row) =>
          (fields.map((field) => inside(row, field)).find(({ length }) => length > 0) ?? []).some((value) =>
            filter.bound === 'from'
              ? lastDay(String(value)) >= firstDay(bound)
              : firstDay(String(value)) <= lastDay(bound),
          ),
      }))
    }
    case 'membership':
      return ['member', 'observer', 'observer,partner'].map((roles) => ({
        query: `${name}=${roles}&asOf=2022-12-31`,
        matches: (row) => holds(row, roles.split(','), fixture.firstBody),
      }))
    case 'stalled':
      return ['2022-08-24', '2022-08-25', '2023-06-01', '2024-05-01', '2024-06-01'].map((day) => ({
        query: `${name}=${day}`,
        matches: (row) =>
          (OPEN[kind] ?? []).includes(row['status']) &&
          (fixture.parts.get(row['id'])?.['event'] ?? []).every(
            ({ occurredOn }) => firstDay(occurredOn) < day,
          ),
      }))
    case 'evidence':
      return ['true', 'false'].map((value) => ({
        query: `${name}=${value}`,
        matches: (row) => String(fixture.cited.has(row['id'])) === value,
      }))
    case 'identifier':
      return rows.flatMap((row) =>
        (row['identifiers'] as Body[]).map(({ scheme, identifier }) => ({
          query: `${name}=${encodeURIComponent(`${scheme}:${identifier}`)}`,
          matches: (other: Body) => other['id'] === row['id'],
        })),
      )
    case 'text':
      return ['1', 'Proposal OR Meeting OR text', '-2'].map((q) => ({
        query: `${name}=${encodeURIComponent(q)}`,
        matches: (row) => {
          const own = catalogue.resource(kind).searchText?.(row as never)
          const words = ` ${[own?.title, ...(own?.body ?? [])]
            .join(' ')
            .toLowerCase()
            .replace(/[^\p{L}\p{N}]+/gu, ' ')} `
          if (q === '-2') return !words.includes(' 2 ')
          return q.split(' OR ').some((word) => words.includes(` ${word.toLowerCase()} `))
        },
      }))
  }
}

test('every filter of every list returns and counts exactly the matching rows, page by page, alone and combined', async () => {
  const fixture = await createFixture()
  const { s } = fixture
  for (const kind of kinds) {
    const rows = fixture.rows.get(kind) ?? []
    const url = pathOf(kind)
    const cases = Object.entries(filtersOf(catalogue.resource(kind))).flatMap(([name, filter]) => {
      if (filter.by === 'condition') return []
      const found = casesOf(kind, name, filter, fixture).map((filterCase) => ({ name, ...filterCase }))
      // A filter that matches all rows or none for every value would prove nothing.
      const hits = found.map(({ matches }) => rows.filter(matches).length)
      expect(
        hits.some((count) => count > 0),
        `${kind}: ${name} finds something`,
      ).toBe(true)
      expect(
        hits.some((count) => count < rows.length),
        `${kind}: ${name} leaves something out`,
      ).toBe(true)
      return found
    })
    for (const { query, matches } of cases) {
      const expected = idsOf(rows.filter(matches))
      const { status, body, text } = await s.get(`${url}?${query}&limit=200&count=exact`)
      expect(status, `${kind} ${query} ${text}`).toBe(200)
      expect(idsOf(body['data']).sort(), `${kind} ${query}`).toEqual([...expected].sort())
      expect(body['page'].total, `${kind} ${query}`).toBe(expected.length)
      expect((await walk(s, `${url}?${query}&limit=3`)).sort(), `${kind} ${query}`).toEqual(expected.sort())
      const [, name = '', values] = /^(\w+)=([^&]*,[^&]*)$/.exec(query) ?? []
      if (!values) continue
      const repeated = values.split(',').map((value) => `${name}=${value}`)
      expect((await ids(s, `${url}?${repeated.join('&')}`)).sort(), repeated.join('&')).toEqual(
        expected.sort(),
      )
    }
    for (const [index, one] of cases.entries()) {
      const other = cases[(index * 7 + 11) % cases.length]
      if (!other || other.name === one.name || /asOf.*asOf/.test(one.query + other.query)) continue
      // asOf changes the content of rows; only the membership filter is about that.
      if (/asOf/.test(one.query + other.query)) continue
      const expected = idsOf(rows.filter((row) => matchesBoth(one, other, row, fixture)))
      const query = `${one.query}&${other.query}`
      expect((await ids(s, `${url}?${query}`)).sort(), `${kind} ${query}`).toEqual(expected.sort())
    }
  }
})

test('every filter with a fixed set of values lists them for a wrong value, and suggests the nearest', async () => {
  const s = await service({ seed: true })
  let tried = 0
  for (const kind of kinds) {
    for (const [name, filter] of Object.entries(filtersOf(catalogue.resource(kind)))) {
      const url = pathOf(kind)
      const { options: words } = (('value' in filter && filter.value) || {}) as { options?: string[] }
      if (!words) continue
      for (const word of words) {
        const wrong = `${word.slice(0, 1)}x${word.slice(1)}`
        for (const query of [`${name}=${wrong}`, `${name}=${words[0]},${wrong}`]) {
          const isSingle = filter.by === 'condition'
          if (isSingle && query.includes(',')) continue
          const { body } = await s.get(`${url}?${query}`)
          expect(body, `${url}?${query}`).toMatchObject({ status: 400, errors: [{ parameter: name }] })
          expect(body['errors'], query).toHaveLength(1)
          expect(body['errors'][0].detail).toContain(`Did you mean ${word}?`)
          expect(body['errors'][0].detail).toContain(`Legal: ${words.join(', ')}.`)
        }
      }
      tried++
    }
  }
  expect(tried).toBeGreaterThan(20)
})

test('a topic or state that does not exist is rejected with 400, with all existing ones and the nearest, in every filter', async () => {
  const s = await service({ seed: true })
  for (const [kind, wrong, near, all] of [
    ['topic', 'counter-uaw', 'counter-uav', ['counter-uav', 'security', 'military-cooperation']],
    ['topic', 'Counter-UAV', 'counter-uav', ['counter-uav', 'security']],
    ['topic', 'top_01gb6jc400ezz8kdnweefcy4dk', '', ['counter-uav', 'security']],
    ['state', 'RX', 'RU', ['CN', 'IN', 'KG', 'KZ', 'PK', 'RU', 'TJ', 'UZ']],
  ] as const) {
    for (const resource of catalogue.resources) {
      for (const [name, filter] of Object.entries(resource.filters)) {
        if (filter.by !== 'reference' || filter.kind !== kind) continue
        const { body, text } = await s.get(`/v1/${resource.path}?${name}=${wrong}`)
        expect(body, text).toMatchObject({ status: 400, type: '/problems/invalid-parameter' })
        const [fault] = body['errors']
        expect(fault.parameter).toBe(name)
        for (const value of all) expect(fault.detail, `${resource.path} ${name}=${wrong}`).toContain(value)
        if (near) expect(fault.detail).toContain(`Did you mean ${near}?`)
      }
    }
  }
})

test('an invalid value or an unknown name is rejected with 400, and the response names the parameter', async () => {
  const s = await service()
  for (const [query, parameter] of [
    ['proposedFrom=2022-13', 'proposedFrom'],
    ['proposedTo=2023-02-29', 'proposedTo'],
    ['proposedFrom=24.08.2022', 'proposedFrom'],
    ['proposedFrom=2022-08-24,2023', 'proposedFrom'],
    ['proposedFrom=2022&proposedFrom=2023', 'proposedFrom'],
    ['updatedSince=2022-08-24', 'updatedSince'],
    ['updatedSince=yesterday', 'updatedSince'],
    ['updatedSince=2022-08-24T25:00:00Z', 'updatedSince'],
    ['stalledSince=2022-08', 'stalledSince'],
    ['stalledSince=2022-02-30', 'stalledSince'],
    ['asOf=2022', 'asOf'],
    ['knownAt=2022-08-24', 'knownAt'],
    ['hasEvidence=yes', 'hasEvidence'],
    ['hasEvidence=', 'hasEvidence'],
    ['support=strong', 'support'],
    ['identifier=Q42', 'identifier'],
    ['identifier=:Q42', 'identifier'],
    ['speaker=Shoigu', 'speaker'],
    ['meeting=spk_01gb6jc400ezz8kdnweefcy4dk', 'meeting'],
    [`q=${'x'.repeat(501)}`, 'q'],
    ['include=meetings', 'include'],
    ['include=meeting.organization.parent', 'include'],
    ['sort=summary', 'sort'],
    ['statuss=proposed', 'statuss'],
    ['proposedOn=2022', 'proposedOn'],
  ] as const) {
    const { body } = await s.get(`/v1/proposals?${query}`)
    expect(body, query).toMatchObject({ status: 400, type: '/problems/invalid-parameter' })
    expect(body['errors'].map((fault: Body) => fault['parameter'])).toContain(parameter)
    expect(body['detail']).toContain(parameter)
  }
})

describe('a date range', () => {
  test('matches partial dates that overlap it, and includes its last day', async () => {
    const s = await service()
    for (const proposedOn of ['2021-12-31', '2022', '2022-08', '2022-08-31', '2022-09-01', '2023-01-01'])
      await create(s, '/v1/proposals', { title: proposedOn, proposedOn })
    const titles = async (query: string) =>
      ((await s.get(`/v1/proposals?sort=title&${query}`)).body['data'] as Body[]).map(({ title }) => title)
    expect(await titles('proposedFrom=2022&proposedTo=2022')).toEqual([
      '2022',
      '2022-08',
      '2022-08-31',
      '2022-09-01',
    ])
    expect(await titles('proposedFrom=2022-08&proposedTo=2022-08')).toEqual(['2022', '2022-08', '2022-08-31'])
    expect(await titles('proposedFrom=2022-08-31&proposedTo=2022-08-31')).toEqual([
      '2022',
      '2022-08',
      '2022-08-31',
    ])
    expect(await titles('proposedFrom=2022-09-01&proposedTo=2022-09-01')).toEqual(['2022', '2022-09-01'])
    expect(await titles('proposedTo=2021')).toEqual(['2021-12-31'])
    expect(await titles('proposedFrom=2023')).toEqual(['2023-01-01'])
    expect(await titles('proposedFrom=2023&proposedTo=2022')).toEqual([])
  })

  test('of statusSince applies to the latest event, not to the date of the proposal', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/proposals', {
      title: 'A',
      events: [{ type: 'proposed', occurredOn: '2020-01-01' }],
    })
    expect(await ids(s, '/v1/proposals?sinceTo=2020')).toEqual([id])
    await create(s, `/v1/proposals/${id}/events`, { type: 'adopted', occurredOn: '2022-05-05' })
    expect(await ids(s, '/v1/proposals?sinceTo=2020')).toEqual([])
    expect(await ids(s, '/v1/proposals?sinceFrom=2022-05-05&sinceTo=2022-05-05')).toEqual([id])
    expect(await ids(s, '/v1/proposals?proposedTo=2020')).toEqual([id])
  })
})

describe('the topic filter', () => {
  test('includes narrower topics at any depth, by id and by slug, in proposals, agreements, statements and agendas', async () => {
    const s = await service()
    let broaderId: string | null = null
    const chain: string[] = []
    for (const slug of ['security', 'arms', 'drones', 'small-drones']) {
      broaderId = (await create(s, '/v1/topics', { slug, prefLabel: slug, broaderId }))['id'] as string
      chain.push(broaderId)
    }
    await create(s, '/v1/topics', { slug: 'trade', prefLabel: 'trade' })
    const contributors = [
      { role: 'author', speakerId: (await create(s, '/v1/speakers', { name: 'S' }))['id'] },
    ]
    for (const topic of ['small-drones', 'drones', 'trade']) {
      await create(s, '/v1/proposals', { title: topic, proposedOn: '2022', topicIds: [topic] })
      await create(s, '/v1/agreements', { title: topic, kind: 'treaty', topicIds: [topic] })
      await create(s, '/v1/statements', { contributors, kind: 'direct', text: topic, topicIds: [topic] })
      await create(s, '/v1/meetings', {
        name: topic,
        startDate: '2022',
        agenda: [{ position: 1, title: 'x', topicIds: [topic] }],
      })
    }
    for (const [path, name] of [
      ['proposals', 'title'],
      ['agreements', 'title'],
      ['statements', 'text'],
      ['meetings', 'name'],
    ] as const) {
      const about = async (topic: string) =>
        ((await s.get(`/v1/${path}?topic=${topic}`)).body['data'] as Body[]).map((row) => row[name]).sort()
      for (const [depth, slug] of ['security', 'arms', 'drones'].entries()) {
        expect(await about(slug), `${path} ${slug}`).toEqual(['drones', 'small-drones'])
        expect(await about(chain[depth] ?? ''), `${path} ${slug}`).toEqual(['drones', 'small-drones'])
      }
      expect(await about('small-drones'), path).toEqual(['small-drones'])
      expect(await about('trade,small-drones'), path).toEqual(['small-drones', 'trade'])
    }
    await s.patch(`/v1/topics/${chain[2]}`, { broaderId: null })
    expect(await ids(s, '/v1/proposals?topic=security')).toEqual([])
    expect(await ids(s, '/v1/proposals?topic=drones')).toHaveLength(2)
  })

  test('returns a record with several matching topics once', async () => {
    const s = await service()
    await create(s, '/v1/topics', { slug: 'a', prefLabel: 'A' })
    await create(s, '/v1/topics', { slug: 'b', prefLabel: 'B' })
    const { id } = await create(s, '/v1/proposals', { title: 'x', proposedOn: '2022', topicIds: ['a', 'b'] })
    const { body } = await s.get('/v1/proposals?topic=a,b&count=exact')
    expect(idsOf(body['data'])).toEqual([id])
    expect(body['page'].total).toBe(1)
  })
})

describe('the state filter', () => {
  test('matches who proposed, drafted, signed or consented, took part, or had a post', async () => {
    const s = await service({ seed: true })
    const onBehalf = await create(s, '/v1/proposals', {
      title: 'On behalf',
      contributors: [{ role: 'co-sponsor', stateCode: 'UZ' }],
    })
    const host = await create(s, '/v1/meetings', { name: 'Host only', startDate: '2021', countryCode: 'UZ' })
    const part = await create(s, '/v1/meetings', {
      name: 'Took part',
      startDate: '2021',
      participants: [{ role: 'member', stateCode: 'UZ' }],
    })
    const signed = await create(s, '/v1/agreements', {
      title: 'Signed',
      kind: 'treaty',
      contributors: [{ role: 'drafter', stateCode: 'CN' }],
      events: [{ type: 'signed', stateCode: 'UZ', occurredOn: '2022' }],
    })
    const [{ id: organizationId }] = (await s.get('/v1/organizations?name=Shanghai')).body['data']
    const jointly = await create(s, '/v1/statements', {
      contributors: [{ role: 'author', organizationId, collective: 'members' }],
      kind: 'reported',
      text: 'Jointly.',
    })
    expect(await ids(s, '/v1/proposals?state=UZ')).toEqual([onBehalf['id']])
    expect(await ids(s, '/v1/meetings?state=UZ')).not.toContain(host['id'])
    expect(await ids(s, '/v1/meetings?state=UZ')).toContain(part['id'])
    expect(await ids(s, '/v1/meetings?country=UZ')).toContain(host['id'])
    expect(await ids(s, '/v1/agreements?state=UZ')).toEqual([signed['id']])
    expect(await ids(s, '/v1/agreements?state=CN,PK')).toEqual([signed['id']])
    // A collective is not expanded into its members.
    expect(await ids(s, '/v1/statements?state=UZ')).toEqual([])
    expect(await ids(s, `/v1/statements?organization=${organizationId}`)).toEqual([jointly['id']])
    expect(await ids(s, '/v1/speakers?state=UZ')).toEqual([])
    expect(await ids(s, '/v1/speakers?state=RU')).toHaveLength(1)
  })
})

describe('the filters hasEvidence and support', () => {
  test('follow the evidence of a record immediately: inferences, one source, two sources', async () => {
    const s = await service()
    const source = async (text: string) =>
      (await create(s, '/v1/sources', { title: text, language: 'en', text }))['id'] as string
    const [a, b] = [await source('It was said.'), await source('It was said again.')]
    const { id } = await create(s, '/v1/proposals', { title: 'A', proposedOn: '2022' })
    const cite = (sourceId: string, more = {}) =>
      create(s, `/v1/proposals/${id}/evidence`, { sourceId, motivation: 'quote', exact: 'said', ...more })
    const currentSupport = async () => {
      const found: string[] = []
      for (const query of ['hasEvidence=true', ...SUPPORTS.map((one) => `support=${one}`)])
        if ((await ids(s, `/v1/proposals?${query}`)).includes(id)) found.push(query.split('=')[1] ?? '')
      return found
    }
    const SUPPORTS = ['unsupported', 'cited', 'single-source', 'corroborated']
    expect(await currentSupport()).toEqual(['unsupported'])
    await cite(a, { motivation: 'inference', note: 'Why.' })
    expect(await currentSupport()).toEqual(['true', 'unsupported'])
    const quote = await cite(a)
    await cite(a, { exact: 'It was' })
    expect(await currentSupport()).toEqual(['true', 'single-source'])
    const other = await cite(b)
    expect(await currentSupport()).toEqual(['true', 'corroborated'])
    expect(await ids(s, '/v1/proposals?support=single-source,corroborated')).toEqual([id])
    await s.del(`/v1/proposals/${id}/evidence/${other['id']}`)
    await s.del(`/v1/proposals/${id}/evidence/${quote['id']}`)
    expect(await currentSupport()).toEqual(['true', 'single-source'])
  })
})

test('updatedSince matches records whose content changed, not those written without a change', async () => {
  let now = Date.UTC(2026, 0, 1)
  const s = await service({ clock: () => new Date(now) })
  const { id } = await create(s, '/v1/proposals', { title: 'A', proposedOn: '2022' })
  now = Date.UTC(2026, 0, 2)
  await s.patch(`/v1/proposals/${id}`, { title: 'A' })
  expect(await ids(s, '/v1/proposals?updatedSince=2026-01-01T00:00:00.001Z')).toEqual([])
  await s.patch(`/v1/proposals/${id}`, { title: 'B' })
  expect(await ids(s, '/v1/proposals?updatedSince=2026-01-02T00:00:00Z')).toEqual([id])
  expect(await ids(s, '/v1/proposals?updatedSince=2026-01-02T03:00:00%2B03:00')).toEqual([id])
  expect(await ids(s, '/v1/proposals?updatedSince=2026-01-02T03:00:01%2B03:00')).toEqual([])
})

test('stalledSince excludes decided proposals, and those that changed on or after that day', async () => {
  const s = await service()
  const createProposal = async (title: string, events: Body[]) =>
    (
      await create(s, '/v1/proposals', {
        title,
        events: [{ type: 'proposed', occurredOn: '2022-01-01' }, ...events],
      })
    )['id'] as string
  const quiet = await createProposal('quiet', [])
  const moved = await createProposal('moved', [{ type: 'under-consideration', occurredOn: '2022-06-01' }])
  const deferred = await createProposal('deferred', [{ type: 'deferred', occurredOn: '2022-03-01' }])
  const noted = await createProposal('noted', [{ type: 'noted', occurredOn: '2022-06-01' }])
  await create(s, '/v1/proposals', { title: 'without events', proposedOn: '2022-01-01' })
  for (const type of ['adopted', 'rejected', 'withdrawn'])
    await createProposal(type, [{ type, occurredOn: '2022-02-01' }])
  const since = async (day: string) => (await ids(s, `/v1/proposals?stalledSince=${day}`)).sort()
  expect(await since('2022-01-01')).toEqual([])
  expect(await since('2022-01-02')).toEqual([quiet])
  expect(await since('2022-03-02')).toEqual([quiet, deferred].sort())
  expect(await since('2022-06-01')).toEqual([quiet, deferred].sort())
  expect(await since('2022-06-02')).toEqual([quiet, moved, deferred, noted].sort())
})

test('stalledSince excludes documents that are settled, or of which that is unknown, and counts the steps of parties', async () => {
  const s = await service()
  await create(s, '/v1/states', { code: 'KZ', name: 'Kazakhstan' })
  const document = async (kind: string, type: string, by: string | null, events: Body[] = []) =>
    (
      await create(s, '/v1/agreements', {
        title: `${kind} ${type} ${by} ${events.length}`,
        kind,
        entryIntoForce: by && { by },
        events: [{ type, occurredOn: '2020' }, ...events],
      })
    )['id'] as string
  const waiting = await document('treaty', 'signed', 'consent')
  const drafted = await document('declaration', 'drafted', null)
  const ratified = await document('protocol', 'signed', 'consent', [
    { type: 'domestic-approval', stateCode: 'KZ', occurredOn: '2021' },
  ])
  await document('treaty', 'signed', null)
  await document('treaty', 'signed', 'signature')
  await document('declaration', 'signed', null)
  await document('decision', 'text-adopted', null)
  await document('treaty', 'in-force', 'consent')
  await document('treaty', 'not-adopted', null)
  const since = async (day: string) => (await ids(s, `/v1/agreements?stalledSince=${day}`)).sort()
  expect(await since('2020-06-01')).toEqual([waiting, drafted].sort())
  expect(await since('2021-06-01')).toEqual([waiting, drafted, ratified].sort())
})

/** Creates a record for each name. @returns their ids */
const several = (s: Service, path: string, names: string[], more: Body = {}) =>
  Promise.all(names.map(async (name) => (await create(s, `/v1/${path}`, { name, ...more }))['id'] as string))

test('the filters of events must be met by the same event; a meeting alone is also that of the proposal', async () => {
  const s = await service()
  const [one, two, three] = await several(s, 'meetings', ['One', 'Two', 'Three'], { startDate: '2019' })
  for (const code of ['KZ', 'IN']) await create(s, '/v1/states', { code, name: code })
  const { id } = await create(s, '/v1/agreements', {
    title: 'A',
    kind: 'treaty',
    events: [
      { type: 'signed', occurredOn: '2019-04-29', meetingId: one },
      { type: 'signed', occurredOn: '2019-04-29', stateCode: 'KZ', meetingId: one },
      { type: 'consent', occurredOn: '2020', stateCode: 'KZ', consentBy: 'ratification' },
      { type: 'signed', occurredOn: '[2021..2022]', stateCode: 'IN', meetingId: two },
      { type: 'announced', meetingId: three },
    ],
  })
  for (const [query, found] of Object.entries({
    'event=signed&eventFrom=2019&eventTo=2019': true,
    'event=signed&eventState=KZ&eventFrom=2020': false,
    'event=consent&eventState=KZ&eventFrom=2020&eventTo=2020-12-31': true,
    'event=consent&eventState=IN': false,
    'event=signed,consent&eventState=IN,KZ&eventFrom=2022-06': true,
    'eventFrom=2022-06&eventTo=2022-06': true,
    'eventFrom=2023': false,
    [`event=signed&eventState=IN&meeting=${two}`]: true,
    [`event=signed&eventState=IN&meeting=${one}`]: false,
    [`event=announced&meeting=${three}`]: true,
    'event=announced&eventTo=2030': false,
    [`meeting=${three}`]: true,
    [`meeting=${three},${one}`]: true,
    'event=drafted': false,
  }))
    expect([query, await ids(s, `/v1/agreements?${query}`)]).toEqual([query, found ? [id] : []])
  const { id: proposal } = await create(s, '/v1/proposals', {
    title: 'P',
    meetingId: one,
    events: [{ type: 'adopted', occurredOn: '2021', meetingId: two }],
  })
  for (const [query, found] of Object.entries({
    [`meeting=${one}`]: true,
    [`meeting=${two}`]: true,
    [`meeting=${three}`]: false,
    [`meeting=${one}&event=adopted`]: false,
    [`meeting=${two}&event=adopted`]: true,
  }))
    expect([query, await ids(s, `/v1/proposals?${query}`)]).toEqual([query, found ? [proposal] : []])
  expect((await s.get('/v1/proposals?event=signed')).status).toBe(400)
  expect((await s.get('/v1/proposals?eventState=ZZ')).status).toBe(400)
})

test('the state and the organization of a speaker are those of one post', async () => {
  const s = await service()
  for (const code of ['KZ', 'IN']) await create(s, '/v1/states', { code, name: code })
  const [one, two] = await several(s, 'organizations', ['One', 'Two'], { classification: 'organ' })
  const { id } = await create(s, '/v1/speakers', {
    name: 'S',
    memberships: [
      { role: 'Minister', stateCode: 'KZ', organizationId: one },
      { role: 'Secretary', stateCode: 'IN', organizationId: two },
    ],
  })
  for (const [query, found] of Object.entries({
    'state=KZ': true,
    [`organization=${two}`]: true,
    [`state=KZ&organization=${one}`]: true,
    [`state=KZ&organization=${two}`]: false,
    [`state=KZ,IN&organization=${two}`]: true,
  }))
    expect([query, await ids(s, `/v1/speakers?${query}`)]).toEqual([query, found ? [id] : []])
})

test('the membership of a state is that of the latest start on the day, in the organization or the first body', async () => {
  const s = await service({ clock: () => new Date('2024-01-01T00:00:00Z') })
  const [first, other] = await several(s, 'organizations', ['First', 'Other'], { classification: 'organ' })
  await create(s, '/v1/states', {
    code: 'XA',
    name: 'A',
    memberships: [
      { organizationId: first, role: 'observer', startDate: '2005' },
      // The end of the observer is not recorded.
      { organizationId: first, role: 'member', startDate: '2023-07-04' },
      { organizationId: other, role: 'partner' },
      { organizationId: other, role: 'chair', startDate: '2025' },
    ],
  })
  await create(s, '/v1/states', {
    code: 'XB',
    name: 'B',
    memberships: [{ organizationId: first, role: 'applicant', startDate: '2020' }],
  })
  for (const [query, found] of Object.entries({
    'membership=member': ['XA'],
    'membership=observer': [],
    'membership=observer&asOf=2023-07-03': ['XA'],
    'membership=member&asOf=2023-07-03': [],
    'membership=partner': [],
    [`membership=partner&organization=${other}`]: ['XA'],
    [`membership=partner&organization=${other}&asOf=1990-01-01`]: ['XA'],
    [`membership=member,partner&organization=${first}`]: ['XA'],
    [`organization=${first}`]: ['XA'],
    [`organization=${first}&asOf=2004-12-31`]: [],
    [`organization=${other}&asOf=2026-01-01`]: ['XA'],
  }))
    expect([query, await ids(s, `/v1/states?${query}`)]).toEqual([query, found])
  for (const query of ['membership=chair', 'organization=XA', `organization=${first},${other}`])
    expect((await s.get(`/v1/states?${query}`)).status, query).toBe(400)
})
