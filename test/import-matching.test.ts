// Imports recognise records and parts as reports do: rows fill what is there, and are refused where that is not certain.
import { expect, test } from 'vitest'
import { floodAlarm } from './documents/flood-alarm.ts'
import { secondAgency } from './documents/second-agency.ts'
import type { Service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { type Base, base, counts, list } from './helpers/documents.ts'
import { create, get } from './helpers/requests.ts'

/** Imports rows of several kinds, and returns the finished import. */
async function imported(
  s: Service,
  rows: readonly [kind: string, record: Body][],
  mode = 'commit',
): Promise<Body> {
  const analyst = { authorization: `Bearer ${s.keys.analyst}` }
  const { status, headers, text } = await s.request({
    method: 'POST',
    url: `/v1/imports?mode=${mode}`,
    payload: rows.map(([kind, record]) => JSON.stringify({ kind, record })).join('\n'),
    headers: { ...analyst, 'content-type': 'application/x-ndjson' },
  })
  expect(status, text).toBe(202)
  return (await s.get(`${headers['location']}?wait=60`, analyst)).body
}

/** An import that wrote its rows. */
async function written(s: Service, rows: readonly [string, Body][]): Promise<Body> {
  const job = await imported(s, rows)
  expect(job['errors'], job['failure']).toEqual([])
  expect(job['status']).toBe('succeeded')
  return job
}

/** How many records of a kind an import created, changed and left as they were. */
const summaryOf = (job: Body, kind: string) => {
  const found = (job['summary'] as Body[]).find((one) => one['kind'] === kind)
  return [found?.['created'], found?.['changed'], found?.['unchanged']]
}

const KINDS: Record<string, string> = {
  organizations: 'organization',
  speakers: 'speaker',
  meetings: 'meeting',
  proposals: 'proposal',
  statements: 'statement',
}

/** The items of a report as rows: names take the place of keys, and each quote names its source. */
function rowsOf(report: Body): [string, Body][] {
  const items: [string, Body][] = [
    ['source', report['source']],
    ...Object.entries(KINDS).flatMap(([section, kind]) =>
      ((report[section] ?? []) as Body[]).map((item): [string, Body] => [kind, item]),
    ),
  ]
  const names = new Map(
    items.map(([, item]) => [`=${item['key']}`, item['name'] ?? item['title'] ?? item['text']]),
  )
  const named = (value: unknown): unknown => {
    if (typeof value === 'string') return names.get(value) ?? value
    if (Array.isArray(value)) return value.map(named)
    if (typeof value !== 'object' || value === null) return value
    const { key: _, ...fields } = value as Body
    return Object.fromEntries(Object.entries(fields).map(([name, inner]) => [name, named(inner)]))
  }
  const quoted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(quoted)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        name === 'evidence'
          ? (inner as Body[]).map((quote) => ({
              motivation: 'quote',
              sourceId: report['source']['title'],
              ...quote,
            }))
          : quoted(inner),
      ]),
    )
  }
  return items.map(([kind, item]) => [kind, quoted(named(item)) as Body])
}

/** The record in short: every record and part without ids, versions and times. */
async function recordOf(s: Base): Promise<unknown> {
  const meetings = await list(s, 'meetings')
  const proposals = await list(s, 'proposals')
  const evidence = await list(s, 'evidence')
  return {
    counts: await counts(s),
    meetings: meetings.map(({ name, startDate, venue, participants, support, origins, disputed }) => ({
      name,
      startDate,
      venue,
      participants: participants.length,
      support,
      origins,
      disputed,
    })),
    proposals: proposals
      .map(({ title, status, proposedOn, origins }) => [title, status, proposedOn, origins])
      .sort(),
    evidence: evidence
      .map(({ field, value, exact, direction, recordKind }) =>
        [recordKind, field, JSON.stringify(value), exact, direction].join(' '),
      )
      .sort(),
  }
}

test('the rows of two reports lead to the record of the reports', async () => {
  const reported = await base()
  const s = await base()
  for (const report of [floodAlarm, secondAgency]) {
    expect((await reported.post('/v1/reports', report(reported))).status).toBe(201)
    await written(s, rowsOf(report(s)))
  }
  expect(await recordOf(s)).toEqual(await recordOf(reported))
})

test('rows that are sent again change nothing, and a difference is listed each time', async () => {
  const s = await base()
  await written(s, rowsOf(floodAlarm(s)))
  const [meeting] = await list(s, 'meetings')
  const second = await written(s, rowsOf(secondAgency(s)))
  expect(summaryOf(second, 'meeting')).toEqual([0, 1, 0])
  expect(summaryOf(second, 'proposal')).toEqual([1, 0, 1])
  const differences = [
    {
      file: 'body',
      row: 5,
      line: 5,
      field: 'startDate',
      id: meeting?.['id'],
      record: '2024-09-11',
      report: '2024-09-10',
    },
  ]
  expect([second['differenceCount'], second['differences']]).toEqual([1, differences])
  const before = await get(s, '/v1/changes/head')
  const again = await written(s, rowsOf(secondAgency(s)))
  expect(again['differences']).toEqual(differences)
  for (const { kind, created, changed } of again['summary'])
    expect([kind, created, changed]).toEqual([kind, 0, 0])
  expect(await get(s, '/v1/changes/head')).toEqual(before)
})

test('a row that may describe a record is a fault with the candidates, which id or distinctFrom answers', async () => {
  const s = await base()
  const day = { organizationId: s.bodies.cwm, startDate: '2024-09-11' }
  const { id } = await create(s, '/v1/meetings', { name: 'Twelfth meeting', ...day })
  const row = { name: 'Council of Water Ministers', ...day }
  const before = await s.rows()
  const refused = await imported(s, [['meeting', row]])
  expect(refused).toMatchObject({
    status: 'failed',
    errors: [{ row: 1, field: null, type: '/problems/possible-duplicate', detail: `Like ${id}.` }],
  })
  const { imports: _, changes: __, ...now } = await s.rows()
  const { imports: ___, changes: ____, ...then } = before
  expect(now).toEqual(then)
  expect(summaryOf(await written(s, [['meeting', { ...row, distinctFrom: [id] }]]), 'meeting')).toEqual([
    1, 0, 0,
  ])
  expect(summaryOf(await written(s, [['meeting', { ...row, id }]]), 'meeting')).toEqual([0, 1, 0])
})

test('a row is told apart by the parts in it', async () => {
  const s = await base()
  const speaker = (stateCode: string): [string, Body] => [
    'speaker',
    { name: 'Ann Bell', memberships: [{ stateCode, role: 'Delegate' }] },
  ]
  await written(s, [speaker('KZ')])
  // Another state may be another person.
  expect(await imported(s, [speaker('UZ')])).toMatchObject({
    status: 'failed',
    errors: [{ type: '/problems/possible-duplicate' }],
  })
  expect(summaryOf(await written(s, [speaker('Kazakhstan')]), 'membership')).toEqual([0, 0, 1])
  const document = (occurredOn: string): [string, Body] => [
    'agreement',
    { title: 'Joint Communiqué', kind: 'communique', events: [{ type: 'text-adopted', occurredOn }] },
  ]
  await written(s, [document('2024-07-04'), document('2025-07-04'), document('2024-07')])
  expect(await counts(s)).toMatchObject({ speakers: 1, agreements: 2, events: 2 })
})

test('a part that is there is filled, in a row of its record or of its own', async () => {
  const s = await base()
  const post = { stateCode: 'KZ', role: 'Delegate' }
  await written(s, [['speaker', { name: 'Ann Bell', memberships: [post] }]])
  const dated = { ...post, startDate: '2024' }
  const first = await written(s, [['speaker', { name: 'Ann Bell', memberships: [dated] }]])
  expect(summaryOf(first, 'membership')).toEqual([0, 1, 0])
  const own = { ...dated, startDate: '2024-05', note: 'In May.', recordKind: 'speaker', recordId: 'Ann Bell' }
  const second = await written(s, [['membership', own]])
  expect(summaryOf(second, 'membership')).toEqual([0, 1, 0])
  expect(second['differences']).toMatchObject([{ field: 'startDate', record: '2024', report: '2024-05' }])
  const [speaker] = await list(s, 'speakers')
  expect(await list(s, `memberships?holder=${speaker?.['id']}`)).toMatchObject([
    { stateCode: 'KZ', startDate: '2024', note: 'In May.' },
  ])
})

test('a row with an id, an identifier, a slug or a code changes its record, as a patch does', async () => {
  const s = await base()
  const identifiers = [{ scheme: 'register', identifier: '7' }]
  await written(s, [
    ['speaker', { name: 'Ann Bell', identifiers }],
    ['topic', { slug: 'ice', prefLabel: 'Ice' }],
  ])
  const job = await written(s, [
    ['speaker', { name: 'Anne Bell', identifiers }],
    ['topic', { slug: 'ice', prefLabel: 'River ice' }],
    ['state', { code: 'KZ', name: 'Republic of Kazakhstan' }],
  ])
  expect(job['differences']).toEqual([])
  expect(await list(s, 'speakers')).toMatchObject([{ name: 'Anne Bell', otherNames: [] }])
  expect(await get(s, '/v1/topics/ice')).toMatchObject({ prefLabel: 'River ice' })
  expect(await get(s, '/v1/states/KZ')).toMatchObject({ name: 'Republic of Kazakhstan' })
})

test('a dry run finds the same, and writes nothing', async () => {
  const s = await base()
  await written(s, rowsOf(floodAlarm(s)))
  const before = await get(s, '/v1/changes/head')
  const dry = await imported(s, rowsOf(secondAgency(s)), 'dry-run')
  expect(dry).toMatchObject({ status: 'succeeded', differenceCount: 1 })
  expect(await get(s, '/v1/changes/head')).toEqual(before)
})
