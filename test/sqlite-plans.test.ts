// Query plans on SQLite: docs/querying.md promises which indexes are used.
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { signCursor } from '../src/core/cursor.ts'
import { describeTable } from '../src/db/tables.ts'
import { listPage } from '../src/records/read/page.ts'
import { filtersOf, type Listable, type ListQuery, type SortKey } from '../src/records/read/parameters.ts'
import { scopeOf } from '../src/records/read/resolve.ts'
import { referenceAt } from '../src/records/schema/catalogue.ts'
import type { Filter } from '../src/records/schema/filters.ts'
import { catalogue } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { fullBody, kinds, oneOfEach, pathOf } from './helpers/bodies.ts'

const LISTED = [...catalogue.resources, ...catalogue.children].map((kind): [string, Listable] => [
  kind.path,
  kind,
])

const SECRET = Buffer.from('secret')

const SAMPLES: Record<string, string> = { code: 'RU', slug: 'military-cooperation', state: 'RU' }

function sample(name: string, filter: Filter): string {
  if (SAMPLES[name] !== undefined) return SAMPLES[name]
  switch (filter.by) {
    case 'column':
    case 'membership':
      return filter.value instanceof z.ZodEnum ? String(filter.value.options[0]) : 'value'
    case 'range':
      return name === 'updatedSince' ? '2022-08-24T00:00:00.000Z' : '2022-08-24'
    case 'reference':
      // Without narrower topics, which would be matched too.
      if (filter.kind === 'topic') return 'counter-uav'
      return filter.kind === 'state' ? 'RU' : `of-a-${filter.kind}`
    case 'condition':
      if (!filter.kind) return '2022-08-24'
      return filter.kind === 'state' ? 'RU' : `of-a-${filter.kind}`
    case 'part':
      if (filter.bound) return '2022-08-24'
      if (filter.kind === 'state') return 'RU'
      return filter.value instanceof z.ZodEnum ? String(filter.value.options[0]) : `of-a-${filter.kind}`
    case 'membershipOf':
      return 'of-an-organization'
    case 'stalled':
      return '2022-08-24'
    case 'evidence':
      return 'true'
    case 'identifier':
      return 'scheme:identifier'
    case 'text':
    case 'names':
      return 'words'
  }
}

/** The plans of the queries for a page of a list: the first page, and a later one. */
async function plans(s: Service, resource: Listable, overrides: Partial<ListQuery>): Promise<string[]> {
  const { engine } = s
  const context = { catalogue, engine, reader: engine.reader, now: new Date(), cursorSecret: SECRET }
  const [path, descending] = [resource.defaultSort.replace('-', ''), resource.defaultSort.startsWith('-')]
  const query: ListQuery = {
    limit: 25,
    sort: [{ column: path, descending }],
    filters: {},
    asOf: null,
    knownAt: null,
    include: [],
    ...overrides,
  }
  const after = [...query.sort.map(() => 'm'), 'prp_m']
  const cursor = signCursor(SECRET, scopeOf(resource, query), { after, walkStart: 1_000_000_000 })
  const { name } = describeTable(resource.table)
  const database = new Database(s.file, { readonly: true })
  const reads = new RegExp(`from ("links" cross join )?"${name}"`)
  const details: string[] = []
  for (const page of [query, { ...query, cursor }]) {
    s.queries()
    await listPage(context, resource, page)
    const texts = s.queries().filter((text) => text.includes(`"doc"`) && reads.test(text))
    expect(texts.length, JSON.stringify(query)).toBeGreaterThan(0)
    for (const text of texts) {
      const parameters = [...text.matchAll(/\?/g)].map(() => null)
      const steps = database.prepare(`explain query plan ${text}`).all(parameters) as { detail: string }[]
      details.push(steps.map(({ detail }) => detail).join('; '))
    }
  }
  database.close()
  return details
}

const bothDirections = (column: string): SortKey[] => [
  { column, descending: false },
  { column, descending: true },
]

/** The column that has the values of a filter, if exactly one has: of the records, or of their links. */
function columnOf(resource: Listable, filter: Filter): string | undefined {
  if (filter.by === 'column') return filter.column
  if (filter.by === 'range')
    return filter.orColumn === undefined ? filter.column.replace(/(First|Last)$/, '') : undefined
  if (filter.by !== 'reference' || filter.fields.length > 1 || filter.orRecord || filter.through)
    return undefined
  const [field] = filter.fields
  const { columns } = describeTable(resource.table)
  if (field !== undefined && referenceAt(resource, field).listed) return 'toId'
  return Object.keys(columns).find((column) => columns[column]?.path?.join('.') === field)
}

test.each(LISTED)(
  '%s in each of their sort orders are read along an index, on the first page and later ones',
  async (_, resource) => {
    const s = await service()
    for (const key of resource.sorts.flatMap(bothDirections)) {
      for (const plan of await plans(s, resource, { sort: [key] })) {
        expect(plan, JSON.stringify(key)).not.toContain('TEMP B-TREE')
        expect(plan, JSON.stringify(key)).toMatch(/^(SCAN|SEARCH) \w+ USING (INDEX|COVERING INDEX)/)
      }
    }
  },
)

test.each(LISTED)(
  '%s filtered by one field are read along an index in the order of the list',
  async (_, resource) => {
    const s = await service({ seed: true })
    const order = resource.defaultSort.replace('-', '')
    let seen = 0
    for (const [name, filter] of Object.entries(filtersOf(resource))) {
      const column = columnOf(resource, filter)
      // No index exists for the trust in a record, unique fields need no order, and a prefix is two ranges.
      if (column === undefined || ['support', 'disputed', 'code', 'slug', 'field'].includes(name)) continue
      seen += 1
      const filters = { [name]: [sample(name, filter)] }
      // A range is sorted by its own column.
      for (const key of bothDirections(filter.by === 'range' ? column : order)) {
        for (const plan of await plans(s, resource, { filters, sort: [key] })) {
          expect(plan, `${name} ${JSON.stringify(key)}`).not.toContain('TEMP B-TREE')
          // Spans of dates are in the index, but do not bound it.
          const step = filter.by === 'range' && column !== 'updatedAt' ? '(SCAN|SEARCH)' : 'SEARCH'
          expect(plan, `${name} ${JSON.stringify(key)}`).toMatch(
            new RegExp(`^${step} \\w+ USING (COVERING )?INDEX`),
          )
        }
      }
    }
    expect(seen).toBeGreaterThan(0)
  },
)

test.each(LISTED)('no filter of %s scans the whole table, in any sort order', async (_, resource) => {
  const s = await service({ seed: true })
  const { name: table } = describeTable(resource.table)
  for (const [name, filter] of Object.entries(filtersOf(resource))) {
    const filters = { [name]: [sample(name, filter)] }
    for (const key of resource.sorts.flatMap(bothDirections)) {
      for (const plan of await plans(s, resource, { filters, sort: [key] }))
        expect(plan, `${name} ${JSON.stringify(key)}`).not.toMatch(new RegExp(`SCAN ${table}(?! USING)`))
    }
  }
})

test('the children of a record and the annotations of a source are read along an index', async () => {
  const s = await service({ seed: true })
  const { body } = await s.get('/v1/proposals?limit=1')
  const { body: sources } = await s.get('/v1/sources?limit=1')
  const database = new Database(s.file, { readonly: true })
  for (const url of [
    `/v1/proposals/${body.data[0].id}?include=evidence,events,positions,relations`,
    `/v1/proposals/${body.data[0].id}/events`,
    `/v1/proposals/${body.data[0].id}/evidence`,
    `/v1/proposals/${body.data[0].id}/positions`,
    `/v1/proposals/${body.data[0].id}/relations`,
    `/v1/sources/${sources.data[0].id}/annotations`,
  ]) {
    s.queries()
    expect((await s.get(url)).status).toBe(200)
    for (const text of s.queries()) {
      const parameters = [...text.matchAll(/\?/g)].map(() => null)
      const steps = database.prepare(`explain query plan ${text}`).all(parameters) as { detail: string }[]
      const plan = steps.map(({ detail }) => detail).join('; ')
      expect(plan, text).not.toMatch(/SCAN (proposals|events|evidence|positions|relations|changes)\b/)
    }
  }
  database.close()
})

test('a record is looked up by its id in its table and in the change log, whether it exists or not', async () => {
  const s = await service({ seed: true })
  const { data } = (await s.get('/v1/proposals?limit=1')).body
  const database = new Database(s.file, { readonly: true })
  for (const [url, status] of [
    [`/v1/proposals/${data[0].id}`, 200],
    [`/v1/proposals/${data[0].id}?knownAt=2100-01-01T00:00:00Z`, 200],
    ['/v1/proposals/prp_01gb6jc400e9qafq28k7p29999', 404],
    ['/v1/proposals/prp_01gb6jc400e9qafq28k7p29999/history', 404],
  ] as const) {
    s.queries()
    expect((await s.get(url)).status).toBe(status)
    const texts = s.queries().filter((text) => /"(recordId|id)"/.test(text))
    expect(texts.length, url).toBeGreaterThan(0)
    for (const text of texts) {
      const parameters = [...text.matchAll(/\?/g)].map(() => null)
      const steps = database.prepare(`explain query plan ${text}`).all(parameters) as { detail: string }[]
      expect(steps.map(({ detail }) => detail).join('; '), `${url} ${text}`).not.toMatch(
        /changes_kind|SCAN (changes|proposals)/,
      )
    }
  }
  database.close()
})

/**
 * How many statements were planned while `work` ran: better-sqlite3 then constructs a function for their rows. SQLite
 * does not report it.
 */
async function countPlans(work: () => Promise<unknown>): Promise<number> {
  const constructed = vi.spyOn(globalThis, 'Function')
  try {
    await work()
    return constructed.mock.calls.filter(([body]) => String(body).startsWith('return (v0')).length
  } finally {
    constructed.mockRestore()
  }
}

test('no query is planned again for other values', async () => {
  const s = await service({ seed: true })
  const database = new Database(s.file, { readonly: true })
  const twice = (text: string, value: unknown) => {
    const statement = database.prepare(text)
    return countPlans(async () => [statement.get(value), statement.get(value)])
  }
  expect(await twice('select id from proposals limit ?', 1)).toBe(2)
  expect(await twice('select id from proposals limit ? + 0', 1)).toBe(1)
  expect(await twice('select id from proposals where status = ? order by proposedOn', 'proposed')).toBe(2)
  expect(await twice('select id from proposals where status = +? order by proposedOn', 'proposed')).toBe(1)
  database.close()

  const [proposal] = (await s.get('/v1/proposals?limit=1')).body.data
  for (const path of [
    '/v1/proposals?limit=3',
    '/v1/proposals?status=proposed&sort=title&limit=3',
    '/v1/proposals?include=meeting,evidence&limit=3',
    '/v1/proposals?q=drones&limit=3',
    '/v1/search?q=drones&limit=3',
    '/v1/changes?limit=3',
    '/v1/changes?kind=proposal&limit=3',
    '/v1/stats/proposals?by=status&proposedFrom=2003',
    `/v1/proposals/${proposal.id}/history?limit=3`,
  ]) {
    const request = async (url: string) => expect((await s.get(url)).status, url).toBe(200)
    await request(path)
    // In another spelling, so that the response does not come from the cache.
    expect(await countPlans(() => request(path.replace(/3$/, '%33'))), path).toBe(0)
  }
})

test('a POST of each kind looks up what it compares with, and reads no table whole', async () => {
  const s = await service()
  const ids = await oneOfEach(s)
  const database = new Database(s.file, { readonly: true })
  for (const kind of kinds) {
    s.queries(true)
    const { status, text } = await s.post(pathOf(kind), fullBody(kind, ids))
    expect([kind, status], text).toEqual([kind, 201])
    // The last change is read from the end of its table.
    const selects = s
      .queries(true)
      .filter((query) => /^\s*(?:with|select)/i.test(query) && !query.includes('as feed'))
    expect(selects.length, kind).toBeGreaterThan(1)
    for (const query of selects) {
      const steps = database
        .prepare(`explain query plan ${query}`)
        .all(...[...query.matchAll(/\?/g)].map(() => null)) as { detail: string }[]
      for (const { detail } of steps) {
        const where = `${kind}: ${query}`
        expect(detail, where).not.toMatch(
          /^SCAN (?!.*(?:CONSTANT ROW|VIRTUAL TABLE|json_each|above|below|merged|chain))/,
        )
        expect(detail, where).not.toMatch(/USING INDEX changes_(?:kind|at)\b/)
      }
    }
  }
  database.close()
})
