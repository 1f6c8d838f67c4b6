// Counts in memory: the same as those of queries after every kind of write, and queries wherever memory cannot answer.
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import type { Engine } from '../src/db/engine.ts'
import { sql } from '../src/db/sql.ts'
import type { BarPart, Chart } from '../src/records/read/chart.ts'
import type { ReadContext } from '../src/records/read/context.ts'
import { CountTables } from '../src/records/read/count-tables.ts'
import { resolveFilters } from '../src/records/read/resolve.ts'
import { countCharts } from '../src/records/read/statistics.ts'
import type { Resource } from '../src/records/schema/resource.ts'
import { catalogue } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create } from './helpers/requests.ts'

const COUNTED = catalogue.resources.filter(({ groupings }) => groupings)

type Filters = Record<string, string[]>

function tablesOn(engine: Engine, options: { minRecords?: number; maxChanges?: number } = {}) {
  const errors: unknown[] = []
  const counts = new CountTables({
    engine,
    minRecords: 0,
    onError: (error) => errors.push(error),
    ...options,
  })
  onTestFinished(async () => {
    await counts.close()
    expect(errors).toEqual([])
  })
  return { counts, errors }
}

const inSnapshot = <Result>(engine: Engine, work: (context: ReadContext) => Promise<Result>) =>
  engine.read((reader) =>
    work({ catalogue, engine, reader, now: new Date(), cursorSecret: Buffer.alloc(32) }),
  )

/** All charts of a kind: each grouping, year by status, topics with their broader ones, and all records. */
function chartsOf({ groupings = {}, lifecycle }: Resource): Chart[] {
  return [
    { by: null },
    ...Object.keys(groupings).map((by) => ({ by })),
    { by: 'topic', narrower: true },
    ...(lifecycle ? [{ by: 'year', other: 'status' }] : []),
  ]
}

const sorted = (charts: BarPart[][] | null) =>
  charts?.map((bars) =>
    bars
      .map(({ key, other, count }) => JSON.stringify([key, other, count]))
      .toSorted((one, other) => (one < other ? -1 : 1)),
  )

const resolve = (context: ReadContext, resource: Resource, filters: Filters) =>
  resolveFilters(context, resource, filters, { asOf: null, seq: null }, { rows: 0, vocabularyAt: null })

/** Counts all charts of a kind in memory and with queries, in one snapshot. */
const countTwice = ({ engine }: Service, counts: CountTables, resource: Resource, filters: Filters) =>
  inSnapshot(engine, async (context) => {
    const resolved = await resolve(context, resource, filters)
    const charts = chartsOf(resource)
    return {
      fromMemory: sorted(await counts.count(context, resource, resolved, charts)),
      fromQueries: sorted(await countCharts(context, resource, resolved, charts)),
    }
  })

/** Counts in memory; null if that is not possible. */
const countInMemory = (
  { engine }: Service,
  counts: CountTables,
  resource: Resource,
  filters: Filters = {},
): Promise<number | null> =>
  inSnapshot(engine, async (context) => {
    const resolved = await resolve(context, resource, filters)
    const charts = await counts.count(context, resource, resolved, [{ by: null }])
    return charts?.[0]?.[0]?.count ?? null
  })

/** Has the tables of these kinds built. */
async function build(s: Service, counts: CountTables, kinds: readonly Resource[] = COUNTED): Promise<void> {
  for (const resource of kinds) expect(await countInMemory(s, counts, resource)).toBeNull()
  await counts.idle()
}

const proposals = catalogue.resource('proposal')

const propose = (s: Service, title: string, more: Body = {}) => create(s, '/v1/proposals', { title, ...more })

const STATES = ['XA', 'XB', 'XC']
const TOPICS = ['security', 'arms', 'drones', 'trade']
const DATES = ['2021', '2022-08-24', '2022-09', '2023-01-01', '[..2022]', '2023-05~']

interface Fixture {
  s: Service
  topics: string[]
  bodies: string[]
  speaker: string
}

async function fixture(): Promise<Fixture> {
  const s = await service()
  const topics: string[] = []
  for (const slug of TOPICS) {
    const broaderId = slug === 'trade' ? null : (topics.at(-1) ?? null)
    topics.push((await create(s, '/v1/topics', { slug, prefLabel: slug, broaderId }))['id'])
  }
  for (const code of STATES) await create(s, '/v1/states', { code, name: `Land ${code}` })
  const bodies: string[] = []
  for (const name of ['One', 'Two'])
    bodies.push((await create(s, '/v1/organizations', { name, classification: 'organ' }))['id'])
  const { id: speaker } = await create(s, '/v1/speakers', { name: 'A speaker' })
  return { s, topics, bodies, speaker: String(speaker) }
}

/** What random records consist of. */
interface Facts {
  topics: string[]
  states: string[]
  body: number | null
  date: string
  withSpeaker: boolean
  /** For meetings: on how many days. */
  endDate: string | null
}

const facts: fc.Arbitrary<Facts> = fc.record({
  topics: fc.subarray(TOPICS),
  states: fc.subarray(STATES),
  body: fc.option(fc.constantFrom(0, 1)),
  date: fc.constantFrom(...DATES),
  withSpeaker: fc.boolean(),
  endDate: fc.option(fc.constantFrom('2024', '2025-02-03')),
})

/** The fields of a record, without what is required. */
function fieldsOf(
  path: string,
  { bodies, speaker }: Fixture,
  { topics, states, body, date, withSpeaker, endDate }: Facts,
): Body {
  const organizationId = body === null ? null : bodies[body]
  const contributors = (role: string) => [
    ...states.map((stateCode) => ({ role, stateCode })),
    ...(withSpeaker ? [{ role, speakerId: speaker, organizationId }] : []),
  ]
  switch (path) {
    case 'proposals':
      return { topicIds: topics, contributors: contributors('proposer'), addresseeId: organizationId }
    case 'agreements':
      return { topicIds: topics, contributors: contributors('drafter'), organizationId }
    case 'meetings':
      return {
        agenda: topics.map((topic, index) => ({ position: index + 1, title: 'x', topicIds: [topic] })),
        participants: contributors('member'),
        classification: topics.length > 1 ? 'council' : null,
        organizationId,
        startDate: date,
        endDate,
      }
    default:
      return {
        topicIds: topics,
        date,
        contributors: [
          { role: 'author', stateCode: 'XA' },
          ...contributors('author').filter(({ stateCode }: Body) => stateCode !== 'XA'),
        ],
      }
  }
}

const PATHS = ['proposals', 'agreements', 'meetings', 'statements']

function newRecord(path: string, context: Fixture, given: Facts, number: number): Body {
  const fields = fieldsOf(path, context, given)
  const { date } = given
  if (path === 'proposals')
    return { title: `Proposal ${number}`, events: [{ type: 'proposed', occurredOn: date }], ...fields }
  if (path === 'agreements')
    return {
      title: `Agreement ${number}`,
      kind: 'treaty',
      events: [{ type: 'drafted', occurredOn: date }],
      ...fields,
    }
  if (path === 'meetings') return { name: `Meeting ${number}`, ...fields }
  return { kind: 'reported', text: `Statement ${number}`, ...fields }
}

type Write =
  | { write: 'create'; path: string; facts: Facts }
  | { write: 'edit'; path: string; nth: number; facts: Facts }
  | { write: 'event'; path: string; nth: number; type: string; date: string }
  | { write: 'delete'; path: string; nth: number }
  | { write: 'merge'; path: string; nth: number; other: number }
  | { write: 'mergeReferred'; path: 'organizations' | 'topics' | 'speakers'; of: string; facts: Facts }
  | { write: 'broader'; topic: number; broader: number | null }

const path = fc.constantFrom(...PATHS)
const nth = fc.nat(20)

const writes: fc.Arbitrary<Write> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ write: fc.constant('create' as const), path, facts }) },
  { weight: 2, arbitrary: fc.record({ write: fc.constant('edit' as const), path, nth, facts }) },
  {
    weight: 2,
    arbitrary: fc.record({
      write: fc.constant('event' as const),
      path: fc.constantFrom('proposals', 'agreements'),
      nth,
      type: fc.constantFrom('under-consideration', 'adopted', 'signed', 'text-adopted'),
      date: fc.constantFrom('2024', '2024-03-01', '2025'),
    }),
  },
  fc.record({ write: fc.constant('delete' as const), path, nth }),
  fc.record({ write: fc.constant('merge' as const), path, nth, other: nth }),
  fc.record({
    write: fc.constant('mergeReferred' as const),
    path: fc.constantFrom('organizations' as const, 'topics' as const, 'speakers' as const),
    of: path,
    facts,
  }),
  fc.record({
    write: fc.constant('broader' as const),
    topic: fc.nat(3),
    broader: fc.option(fc.nat(3)),
  }),
)

const chosenFilters = fc.record(
  {
    topic: fc.subarray(TOPICS, { minLength: 1 }),
    state: fc.subarray(STATES, { minLength: 1 }),
    organization: fc.constantFrom(0, 1),
    speaker: fc.constant(true),
    from: fc.constantFrom('2022-09-15', '2023-01-01', '2022-01-01'),
    to: fc.constantFrom('2022-08-31', '2022-12-31', '2024-12-31'),
  },
  { requiredKeys: [] },
)

const PERIODS: Record<string, [from: string, to: string][]> = {
  proposals: [
    ['proposedFrom', 'proposedTo'],
    ['sinceFrom', 'sinceTo'],
  ],
  agreements: [['sinceFrom', 'sinceTo']],
  meetings: [
    ['dateFrom', 'dateTo'],
    ['startFrom', 'endTo'],
  ],
  statements: [['saidFrom', 'saidTo']],
}

test('random writes, filters and groupings: the counts in memory are those of queries', async () => {
  const context = await fixture()
  const { s, topics, bodies, speaker } = context
  // So few that tables are also brought up to date in the background.
  const { counts } = tablesOn(s.engine, { maxChanges: 3 })
  await build(s, counts)
  const ids = new Map<string, string[]>(PATHS.map((path) => [path, []]))
  const done = new Map<string, number>()
  let number = 0

  const at = (path: string, nth: number) => {
    const all = ids.get(path) ?? []
    return all[nth % Math.max(all.length, 1)]
  }
  const forget = (path: string, id: string) =>
    ids.set(
      path,
      (ids.get(path) ?? []).filter((other) => other !== id),
    )
  /** @returns false if it looks like a record that is there */
  const add = async (path: string, body: Body): Promise<boolean> => {
    const { status, body: created, text } = await s.post(`/v1/${path}`, body)
    expect([201, 409], text).toContain(status)
    if (status === 201) ids.get(path)?.push(created['id'])
    return status === 201
  }
  const merge = async (path: string, id: string, into: string | undefined) =>
    (await s.post(`/v1/${path}/${id}/merge?reason=Test`, { into }, { 'if-match': '*' })).status
  /** @returns whether it was allowed */
  const perform = async (one: Write): Promise<boolean> => {
    switch (one.write) {
      case 'create':
        return add(one.path, newRecord(one.path, context, one.facts, number++))
      case 'edit': {
        const id = at(one.path, one.nth)
        return (
          id !== undefined &&
          (await s.patch(`/v1/${one.path}/${id}`, fieldsOf(one.path, context, one.facts))).status === 200
        )
      }
      case 'event': {
        const id = at(one.path, one.nth)
        const event = {
          type: one.type,
          occurredOn: one.date,
          ...(one.type === 'signed' && { stateCode: 'XB' }),
        }
        return id !== undefined && (await s.post(`/v1/${one.path}/${id}/events`, event)).status === 201
      }
      case 'delete': {
        const id = at(one.path, one.nth)
        if (id === undefined || (await s.del(`/v1/${one.path}/${id}`)).status !== 204) return false
        forget(one.path, id)
        return true
      }
      case 'merge': {
        const [id, into] = [at(one.path, one.nth), at(one.path, one.other)]
        if (id === undefined || id === into) return false
        if ((await merge(one.path, id, into)) !== 200) return false
        forget(one.path, id)
        return true
      }
      case 'mergeReferred': {
        number++
        const body = {
          organizations: { name: `Body ${number}`, classification: 'organ' },
          topics: { slug: `topic-${number}`, prefLabel: `Topic ${number}` },
          speakers: { name: `Speaker ${number}` },
        }[one.path]
        const id = String((await create(s, `/v1/${one.path}`, body))['id'])
        const into = { organizations: bodies[0], topics: topics[2], speakers: speaker }[one.path]
        const using = {
          ...context,
          ...(one.path === 'organizations' && { bodies: [id, id] }),
          ...(one.path === 'speakers' && { speaker: id }),
        }
        const given = {
          ...one.facts,
          body: 0,
          withSpeaker: true,
          ...(one.path === 'topics' && { topics: [id] }),
        }
        await add(one.of, newRecord(one.of, using, given, number))
        return (await merge(one.path, id, into)) === 200
      }
      case 'broader':
        return (
          (
            await s.patch(`/v1/topics/${topics[one.topic]}`, {
              broaderId: one.broader === null ? null : topics[one.broader],
            })
          ).status === 200
        )
    }
  }

  await fc.assert(
    fc.asyncProperty(
      fc.array(writes, { minLength: 1, maxLength: 6 }),
      chosenFilters,
      async (some, chosen) => {
        for (const one of some) if (await perform(one)) done.set(one.write, (done.get(one.write) ?? 0) + 1)
        for (const resource of COUNTED)
          for (const [from, to] of PERIODS[resource.path] ?? []) {
            const filters: Filters = {
              ...(chosen.topic && { topic: chosen.topic }),
              ...(chosen.state && { state: chosen.state }),
              ...(chosen.organization !== undefined && { organization: [bodies[chosen.organization] ?? ''] }),
              ...(chosen.speaker && { speaker: [speaker] }),
              ...(chosen.from && { [from]: [chosen.from] }),
              ...(chosen.to && { [to]: [chosen.to] }),
            }
            let { fromMemory, fromQueries } = await countTwice(s, counts, resource, filters)
            if (!fromMemory) {
              await counts.idle()
              ;({ fromMemory, fromQueries } = await countTwice(s, counts, resource, filters))
            }
            expect({ kind: resource.kind, filters, charts: fromMemory }).toEqual({
              kind: resource.kind,
              filters,
              charts: fromQueries,
            })
          }
      },
    ),
    { numRuns: 40, seed: 31, endOnFailure: true },
  )
  expect([...done.keys()].sort()).toEqual(
    ['broader', 'create', 'delete', 'edit', 'event', 'merge', 'mergeReferred'].sort(),
  )
  for (const [path, left] of ids) expect([path, left.length > 3]).toEqual([path, true])
})

describe('a table', () => {
  test('is built once by requests at the same time, which are answered by queries until then', async () => {
    const s = await service()
    for (let n = 0; n < 3; n++) await propose(s, `Proposal ${n}`)
    const { counts } = tablesOn(s.engine)
    s.queries()
    const first = await Promise.all(Array.from({ length: 5 }, () => countInMemory(s, counts, proposals)))
    expect(first).toEqual([null, null, null, null, null])
    await counts.idle()
    const batches = s.queries().filter((text) => /"proposals"."id" > /.test(text))
    // One with the records, and one that finds no more.
    expect(batches).toHaveLength(2)
    s.queries()
    expect(await countInMemory(s, counts, proposals)).toBe(3)
    expect(s.queries().filter((text) => text.includes('"proposals"'))).toEqual([])
  })

  test('has the records of more batches than one', async () => {
    const s = await service()
    const rows = Array.from({ length: 1203 }, (_, n) => ({
      kind: 'proposal',
      record: { title: `Proposal ${n}`, proposedOn: `${2000 + (n % 20)}` },
    }))
    const { headers } = await s.request({
      method: 'POST',
      url: '/v1/imports?mode=commit',
      payload: rows.map((row) => JSON.stringify(row)).join('\n'),
      headers: { authorization: `Bearer ${s.keys.analyst}`, 'content-type': 'application/x-ndjson' },
    })
    expect(
      (await s.get(`${headers.location}?wait=60`, { authorization: `Bearer ${s.keys.analyst}` })).body,
    ).toMatchObject({ status: 'succeeded' })
    const { counts } = tablesOn(s.engine, { minRecords: 1000 })
    await build(s, counts, [proposals])
    const { fromMemory, fromQueries } = await countTwice(s, counts, proposals, {
      proposedFrom: ['2003-01-01'],
    })
    expect(fromMemory).toEqual(fromQueries)
    expect(await countInMemory(s, counts, proposals)).toBe(1203)
  })

  test('is not built for few records', async () => {
    const s = await service()
    await propose(s, 'One')
    const { counts } = tablesOn(s.engine, { minRecords: 2 })
    expect(await countInMemory(s, counts, proposals)).toBeNull()
    await counts.idle()
    expect(await countInMemory(s, counts, proposals)).toBeNull()
    await propose(s, 'Two')
    await build(s, counts, [proposals])
    expect(await countInMemory(s, counts, proposals)).toBe(2)
  })

  test('is not used in a snapshot that is older, and goes on being used in new ones', async () => {
    const s = await service()
    await propose(s, 'One')
    const { counts } = tablesOn(s.engine)
    await build(s, counts, [proposals])
    await inSnapshot(s.engine, async (context) => {
      const count = async () => {
        const resolved = await resolve(context, proposals, {})
        return {
          inMemory: await counts.count(context, proposals, resolved, [{ by: null }]),
          total: (await countCharts({ ...context, counts }, proposals, resolved, [{ by: null }]))[0]?.[0]
            ?.count,
        }
      }
      expect(await count()).toMatchObject({ inMemory: [[{ count: 1 }]], total: 1 })
      await propose(s, 'Two')
      expect(await countInMemory(s, counts, proposals)).toBe(2)
      expect(await count()).toEqual({ inMemory: null, total: 1 })
    })
    expect(await countInMemory(s, counts, proposals)).toBe(2)
  })

  test('is brought up to date in the background after many changes', async () => {
    const s = await service()
    const { counts } = tablesOn(s.engine, { maxChanges: 4 })
    await build(s, counts, [proposals])
    for (let n = 0; n < 4; n++) await propose(s, `Proposal ${n}`)
    expect(await countInMemory(s, counts, proposals)).toBe(4)
    for (let n = 4; n < 9; n++) await propose(s, `Proposal ${n}`)
    s.queries()
    expect(await countInMemory(s, counts, proposals)).toBeNull()
    await counts.idle()
    expect(s.queries().filter((text) => /"proposals"."id" > /.test(text))).toEqual([])
    expect(await countInMemory(s, counts, proposals)).toBe(9)
  })

  test('is the same after updates from snapshots of different states at the same time', async () => {
    const s = await service()
    const { counts } = tablesOn(s.engine)
    const { id } = await propose(s, 'One', { topicIds: [] })
    await build(s, counts, [proposals])
    await inSnapshot(s.engine, async (before) => {
      // The snapshot begins with its first query.
      await before.reader.get(sql`select count(*) as count from ${proposals.table}`)
      await s.patch(`/v1/proposals/${id}`, { proposedOn: '2022' })
      const charts = [{ by: 'year' }]
      await inSnapshot(s.engine, async (after) => {
        const count = async (context: ReadContext) =>
          counts.count(context, proposals, await resolve(context, proposals, {}), charts)
        const [old, current] = await Promise.all([count(before), count(after)])
        expect(current).toMatchObject([[{ key: '2022', count: 1 }]])
        // Counted before the update, or by queries.
        expect(old ?? [[{ key: null, count: 1 }]]).toMatchObject([[{ key: null, count: 1 }]])
      })
    })
    expect((await countTwice(s, counts, proposals, {})).fromMemory).toEqual(
      (await countTwice(s, counts, proposals, {})).fromQueries,
    )
  })
})

describe('without a table', () => {
  test('counts are queries, and an error while it is built is reported once', async () => {
    const s = await service()
    await propose(s, 'One')
    const errors: unknown[] = []
    const error = new Error('The database is lost.')
    const counts = new CountTables({
      engine: { ...s.engine, read: () => Promise.reject(error) },
      minRecords: 0,
      onError: (reported) => errors.push(reported),
    })
    const count = () =>
      inSnapshot(s.engine, async (context) =>
        countCharts({ ...context, counts }, proposals, await resolve(context, proposals, {}), [{ by: null }]),
      )
    for (let n = 0; n < 3; n++) {
      expect(await count()).toEqual([[{ key: null, other: null, count: 1 }]])
      await counts.idle()
    }
    expect(errors).toEqual([error])
  })

  test('nothing is read after the end of the service', async () => {
    const s = await service()
    await propose(s, 'One')
    const { counts } = tablesOn(s.engine)
    expect(await countInMemory(s, counts, proposals)).toBeNull()
    await counts.close()
    s.queries()
    expect(await countInMemory(s, counts, proposals)).toBeNull()
    await counts.idle()
    expect(s.queries().filter((text) => /"proposals"."id" > |"changes"."seq" > /.test(text))).toEqual([])
  })

  test('requests that memory could answer are long reads, and short ones with it', async () => {
    const s = await service({ seed: true })
    const { counts } = tablesOn(s.engine)
    const reads: boolean[] = []
    const engine: Engine = {
      ...s.engine,
      read: (work, options) => {
        reads.push(options?.isLong ?? false)
        return s.engine.read(work, options)
      },
    }
    const app = await buildApp({ engine, counts })
    onTestFinished(() => app.close())
    await app.ready()
    // Built at the start of the service, since the seed has records of the kind.
    await counts.idle()
    const readsOf = async (url: string) => {
      reads.length = 0
      expect((await app.inject(url)).statusCode).toBe(200)
      return [...reads]
    }
    for (const url of ['/statistics?dateFrom=2020', '/v1/stats/proposals?by=topic&state=RU']) {
      expect(await readsOf(url)).toEqual([false])
      expect(await readsOf(`${url}&asOf=2022-08-24`)).toEqual([true])
    }
    expect(await readsOf('/v1/stats/proposals?by=topic&q=drones')).toEqual([true])
    // Closed, so that no table is built.
    const { counts: closed } = tablesOn(s.engine)
    await closed.close()
    const other = await buildApp({ engine, counts: closed })
    onTestFinished(() => other.close())
    reads.length = 0
    expect((await other.inject('/v1/stats/proposals?by=topic')).statusCode).toBe(200)
    expect(reads).toEqual([false, true])
  })
})

describe('memory does not answer', () => {
  test.each<[string, Filters]>([
    ['events', { event: ['proposed'] }],
    ['evidence', { hasEvidence: ['true'] }],
    ['a condition', { collective: ['true'] }],
    ['text', { q: ['words'] }],
    ['the time of a change', { updatedSince: ['2020-01-01T00:00:00.000Z'] }],
  ])('filters by %s', async (_, filters) => {
    const s = await service()
    await propose(s, 'One')
    const { counts } = tablesOn(s.engine)
    await build(s, counts, [proposals])
    expect(await countInMemory(s, counts, proposals, filters)).toBeNull()
    expect(await countInMemory(s, counts, proposals)).toBe(1)
  })

  test('views of the past', async () => {
    const s = await service()
    await propose(s, 'One')
    const { counts } = tablesOn(s.engine)
    await build(s, counts, [proposals])
    for (const view of [
      { asOf: '2030-01-01', seq: null },
      { asOf: null, seq: 1_000_000 },
    ]) {
      const counted = await inSnapshot(s.engine, async (context) =>
        counts.count(
          context,
          proposals,
          await resolveFilters(context, proposals, {}, view, { rows: 0, vocabularyAt: view.seq }),
          [{ by: null }],
        ),
      )
      expect(counted).toBeNull()
    }
  })
})
