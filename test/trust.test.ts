// Whatever is done to evidence, sources and records, what follows from evidence is that of a fresh computation.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareValues, placesOf, valueAt } from '../src/records/schema/values.ts'
import { catalogue } from '../src/resources/index.ts'
import type { Body } from './helpers/bodies.ts'
import { type Base, base, idsOf, list, trustOf } from './helpers/documents.ts'
import { create, get } from './helpers/requests.ts'

/** The relations that make two sources one origin. */
const SAME = ['translation-of', 'reprint-of', 'excerpt-of', 'version-of', 'based-on']
const TYPES = [...SAME, 'corrects', 'retracts', 'questions']
const FIELDS = ['', '/startDate', '/city', '/countryCode', '/participants']
const VALUES: Record<string, unknown[]> = {
  '/startDate': ['2024-05-01', '2024-05', '2024-05-02', '2024'],
  '/city': ['Osh', 'Talas'],
  '/countryCode': ['KG', 'KZ'],
  '/participants': [
    { stateCode: 'KG' },
    { role: 'chair', stateCode: 'KG' },
    { role: 'member', stateCode: 'RU' },
  ],
}
const PATCHES: Body[] = [
  { startDate: '2024-05-01' },
  { startDate: '2024-05-02' },
  { startDate: '2024-05' },
  { city: 'Osh' },
  { city: 'Talas' },
  { city: null },
  { countryCode: 'KG' },
  { countryCode: 'KZ' },
  { countryCode: null },
  { participants: [] },
  { participants: [{ role: 'chair', stateCode: 'KG' }] },
  { participants: [{ role: 'member', stateCode: 'KG' }] },
]
/** An index into what there is, modulo its length. */
const n = fc.nat({ max: 20 })
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('quote'),
      source: n,
      field: n,
      value: n,
      denies: fc.integer({ min: 0, max: 4 }),
      inference: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unquote'), index: n }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('patch'), index: n }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('relate'), from: n, to: n, type: n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unrelate'), index: n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retype'), index: n, type: n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('publish'), source: n, by: n }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('requote'), index: n, field: n, value: n, denies: fc.boolean() }),
  },
)

type Command = Body

const at = <T>(values: readonly T[], index: number): T | undefined =>
  values[index % Math.max(values.length, 1)]

async function world() {
  let now = Date.parse('2026-01-01T00:00:00Z')
  const s = await base({ clock: () => new Date(now) })
  const publishers: (string | null)[] = [null]
  for (const name of ['One', 'Two'])
    publishers.push((await create(s, '/v1/organizations', { name, classification: 'newspaper' }))['id'])
  const text = 'The meeting was held.'
  const sources: string[] = []
  for (const [language, words, by] of [
    ['en', text, 1],
    ['en', `${text} And more.`, 1],
    ['ru', `${text} Или так.`, 2],
    ['fr', `${text} Encore.`, 0],
    ['en', text, 2],
  ] as const)
    sources.push(
      (
        await s.post('/v1/reports', {
          source: {
            title: `Source ${sources.length}`,
            language,
            text: words,
            publisherId: publishers[by],
            url: `https://x.example/${sources.length}`,
          },
        })
      ).body['sourceId'],
    )
  const { id } = await create(s, '/v1/meetings', { name: 'M', startDate: '2024-05-01' })
  return {
    s,
    publishers,
    sources,
    path: `/v1/meetings/${id}`,
    tick: () => {
      now += 1000
      return new Date(now).toISOString()
    },
    now: () => new Date(now).toISOString(),
  }
}
type World = Awaited<ReturnType<typeof world>>

async function run({ s, publishers, sources, path }: World, c: Command): Promise<number> {
  const evidence: Body[] = (await get(s, `${path}/evidence`))['data']
  const relations = await list(s, 'relations')
  const about = (c: Command) => {
    const field = at(FIELDS, c['field']) as string
    const value =
      field === '' || (c['value'] > 15 && field !== '/participants')
        ? {}
        : { value: at(VALUES[field] as unknown[], c['value']) }
    return { field, ...value }
  }
  const req = async () => {
    if (c['do'] === 'quote')
      return s.post(`${path}/evidence`, {
        sourceId: at(sources, c['source']),
        ...(c['inference'] === 0 ? { motivation: 'inference', note: 'So.' } : { motivation: 'quote' }),
        exact: 'The meeting was held',
        ...about(c),
        ...(c['denies'] === 0 && { direction: 'disputes' }),
      })
    if (c['do'] === 'patch') return s.patch(path, at(PATCHES, c['index']))
    if (c['do'] === 'relate')
      return s.post(`/v1/sources/${at(sources, c['from'])}/relations`, {
        type: at(TYPES, c['type']),
        targetId: at(sources, c['to']),
      })
    if (c['do'] === 'publish')
      return s.patch(`/v1/sources/${at(sources, c['source'])}`, { publisherId: at(publishers, c['by']) })
    if (c['do'] === 'unquote') {
      const e = at(evidence, c['index'])
      return e && s.del(`${path}/evidence/${e['id']}`)
    }
    if (c['do'] === 'requote') {
      const e = at(evidence, c['index'])
      return (
        e &&
        s.patch(`${path}/evidence/${e['id']}`, { ...about(c), ...(c['denies'] && { direction: 'disputes' }) })
      )
    }
    const r = at(relations, c['index'])
    if (!r) return undefined
    const rp = `/v1/sources/${r['recordId']}/relations/${r['id']}`
    return c['do'] === 'unrelate' ? s.del(rp) : s.patch(rp, { type: at(TYPES, c['type']) })
  }
  const response = await req()
  if (response && response.status >= 500) throw new Error(response.text)
  return response?.status ?? 0
}

/** What follows from evidence, computed afresh. */
async function fresh(s: Base, path: string) {
  const doc = await get(s, path)
  const evidence: Body[] = (await get(s, `${path}/evidence`))['data']
  const sources = new Map((await list(s, 'sources')).map((one) => [one['id'], one]))
  const relations = (await list(s, 'relations')).filter(({ recordKind }) => recordKind === 'source')
  const standing = (id: string) => {
    const types = relations.filter(({ targetId }) => targetId === id).map(({ type }) => type)
    return types.includes('retracts')
      ? 'retracted'
      : types.includes('questions')
        ? 'questioned'
        : types.includes('corrects')
          ? 'corrected'
          : 'current'
  }
  const parent = new Map([...sources.keys()].map((id) => [id, id]))
  const root = (id: string): string => (parent.get(id) === id ? id : root(parent.get(id) as string))
  for (const { type, recordId, targetId } of relations) {
    const samePublisher =
      sources.get(recordId)?.['publisherId'] !== null &&
      sources.get(recordId)?.['publisherId'] === sources.get(targetId)?.['publisherId']
    if (SAME.includes(type) || (type === 'corrects' && samePublisher))
      parent.set(root(recordId), root(targetId))
  }
  for (const one of sources.values())
    for (const other of sources.values())
      if (one['sha256'] === other['sha256']) parent.set(root(one['id']), root(other['id']))
  /** The earlier editions of a source. */
  const earlierThan = (id: string, seen = new Set<string>()): Set<string> => {
    for (const { type, recordId, targetId } of relations) {
      const same =
        sources.get(recordId)?.['publisherId'] !== null &&
        sources.get(recordId)?.['publisherId'] === sources.get(targetId)?.['publisherId']
      if (
        recordId === id &&
        (type === 'version-of' || (type === 'corrects' && same)) &&
        !seen.has(targetId)
      ) {
        seen.add(targetId)
        earlierThan(targetId, seen)
      }
    }
    return seen
  }
  const directions = evidence.map((e) => {
    if (e['denial']) return 'disputes'
    if (e['field'] === '') return 'supports'
    const place = placesOf(catalogue.entity('meeting')).get(e['field'])
    return place && compareValues(place, valueAt(doc, e['field']), e['value'])
  })
  const counted = evidence
    .map((e, i): Body => ({ ...e, direction: directions[i] }))
    .filter((e) => e['motivation'] === 'quote' && standing(e['sourceId']) !== 'retracted')
  const byOrigin = Map.groupBy(
    counted.filter(({ direction }) => direction === 'supports'),
    ({ sourceId }) => root(sourceId),
  )
  const pubs = [...byOrigin.values()].map(
    (es) => new Set(es.map(({ sourceId }) => sources.get(sourceId)?.['publisherId']).filter(Boolean)),
  )
  const independent = pubs.some((a, i) => pubs.slice(i + 1).some((b) => a.isDisjointFrom(b)))
  const disputed = [
    ...new Set(
      counted
        .filter(
          (e) =>
            e['direction'] === 'disputes' &&
            !counted.some((o) => o['field'] === e['field'] && earlierThan(o['sourceId']).has(e['sourceId'])),
        )
        .map(({ field }) => field),
    ),
  ].sort()
  return {
    trust: {
      support: independent ? 'corroborated' : pubs.length > 0 ? 'single-source' : 'unsupported',
      origins: pubs.length,
      disputed,
    },
    directions: evidence.map((e, i) => [e['id'], directions[i] ?? null, standing(e['sourceId'])]),
    standings: [...sources.keys()].map((id) => [id, standing(id)]),
  }
}

test('whatever is done, support, directions and standings are those of a fresh computation, and lists and views agree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 8, maxLength: 25 }), async (commands) => {
      const w = await world()
      const { s, path } = w
      let before = await s.get(path)
      /** What was read after each command. */
      const known: [time: string, meeting: Body, evidence: Body[]][] = []
      for (const c of commands) {
        w.tick()
        const head = await get(s, '/v1/changes/head')
        const status = await run(w, c)
        if (status >= 400 || status === 0) expect(await get(s, '/v1/changes/head')).toEqual(head)
        const now = await s.get(path)
        const expected = await fresh(s, path)
        const evidence: Body[] = (await get(s, `${path}/evidence`))['data']
        expect({
          trust: trustOf(now.body),
          directions: evidence.map((e) => [e['id'], e['direction'], e['standing']]),
          standings: (await list(s, 'sources?sort=createdAt'))
            .map((one) => [one['id'], one['standing']])
            .sort(),
        }).toEqual({ ...expected, standings: expected.standings.sort() })
        expect(new Map((await list(s, 'evidence')).map((e) => [e['id'], e]))).toEqual(
          new Map(evidence.map((e) => [e['id'], e])),
        )
        // The version and the ETag move if something else does.
        const strip = ({ version: _, updatedAt: __, ...rest }: Body) => rest
        const changed = JSON.stringify(strip(before.body)) !== JSON.stringify(strip(now.body))
        expect(now.body['version'] !== before.body['version']).toBe(changed)
        expect(now.headers['etag'] !== before.headers['etag']).toBe(changed)
        const { support, disputed, id } = now.body
        expect(await idsOf(s, `meetings?support=${support}`)).toEqual([id])
        expect(await idsOf(s, 'meetings?disputed=true')).toEqual(disputed.length > 0 ? [id] : [])
        for (const [sid, st] of expected.standings)
          expect(await idsOf(s, `sources?standing=${st}`)).toContain(sid)
        known.push([w.now(), now.body, evidence])
        before = now
      }
      for (const [time, body, evidence] of known) {
        expect(await get(s, `${path}?knownAt=${time}`)).toEqual(body)
        const then = await list(s, `evidence?knownAt=${time}`)
        const bare = (es: Body[]) =>
          es.map(({ direction: _, standing: __, ...e }) => e).sort((a, b) => (a['id'] < b['id'] ? -1 : 1))
        expect(bare(then)).toEqual(bare(evidence))
        expect(await list(s, `meetings?knownAt=${time}`)).toEqual([body])
      }
    }),
    { numRuns: 4, endOnFailure: true, seed: 1 },
  )
})
