// Imports of files: all rows are written or none; exports can be imported again.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { buildApp } from '../src/app.ts'
import type { Engine } from '../src/db/engine.ts'
import { sql } from '../src/db/sql.ts'
import { columnReaders } from '../src/features/formats/columns.ts'
import { exportRecords } from '../src/features/formats/export.ts'
import { importFiles } from '../src/features/imports/import.ts'
import { kindsInOrder, pathsOf } from '../src/features/imports/kinds.ts'
import { csvRows, type ImportFormat } from '../src/features/imports/rows.ts'
import { catalogue, recordsOn } from '../src/resources/index.ts'
import { type Service, service, type TestResponse } from './helpers/app.ts'
import { type Body, fullBody, kinds, oneOfEach, pathOf } from './helpers/bodies.ts'
import { runCommand } from './helpers/command-line.ts'
import { describeOnce, isRepeated, testOnce } from './helpers/database.ts'
import { create, get } from './helpers/requests.ts'
import { eventually } from './helpers/wait.ts'

const AUTHOR = { actor: { id: 'test', name: 'test' }, requestId: null }
const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const

interface UploadOptions {
  mode?: 'dry-run' | 'commit'
  kind?: string
  format?: ImportFormat
  type?: string
  headers?: Record<string, string>
}

/** Uploads a file. */
function send(
  s: Service,
  file: string | Buffer,
  { mode = 'commit', kind, format = 'ndjson', type, headers }: UploadOptions = {},
) {
  return s.request({
    method: 'POST',
    url: `/v1/imports?mode=${mode}${kind ? `&kind=${kind}` : ''}`,
    payload: file,
    headers: {
      authorization: `Bearer ${s.keys.analyst}`,
      'content-type': type ?? TYPES[format],
      ...headers,
    },
  })
}

async function outcome(s: Service, sent: TestResponse): Promise<Body> {
  expect(sent.status, sent.text).toBe(202)
  const { body } = await s.get(`${sent.headers['location']}?wait=20`, {
    authorization: `Bearer ${s.keys.analyst}`,
  })
  return body
}

/** Uploads a file and waits for the result. */
const imported = async (s: Service, file: string | Buffer, options: UploadOptions = {}) =>
  outcome(s, await send(s, file, options))

const lines = (...rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const proposedBy = (speakerId: string) => [{ role: 'proposer', speakerId }]
const mixed = (...rows: [kind: string, record: object][]) =>
  lines(...rows.map(([kind, record]) => ({ kind, record })))

/** Keeps the first import from beginning. It asks for room when it is accepted and when it begins. @returns what lets it go on */
function holdFirstImport(s: Service): () => void {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let asked = 0
  s.engine.freeBytes = async () => {
    if (++asked === 2) await held
    return null
  }
  return release
}

const total = async ({ engine }: { engine: Engine }) =>
  (await engine.reader.get<{ n: number }>(sql`select count(*) as n from changes`))?.n ?? 0

describe('an import', () => {
  test('of NDJSON creates a record for each row, and counts them by kind', async () => {
    const s = await service()
    const result = await imported(s, lines({ name: 'One' }, { name: 'Two' }), { kind: 'speakers' })
    expect(result).toMatchObject({
      status: 'succeeded',
      mode: 'commit',
      kind: 'speaker',
      format: 'ndjson',
      actor: { name: 'test analyst' },
      progress: null,
      failure: null,
      rows: 2,
      summary: [{ kind: 'speaker', created: 2, changed: 0, unchanged: 0 }],
      differenceCount: 0,
      differences: [],
      errorCount: 0,
      errors: [],
    })
    const { data } = await get(s, '/v1/speakers')
    expect(data.map(({ name }: Body) => name)).toEqual(['One', 'Two'])
  })

  testOnce('responds 202 immediately, and has a status page that requires a key', async () => {
    const s = await service()
    const sent = await send(s, lines({ name: 'One' }), { kind: 'speakers' })
    expect(sent.status).toBe(202)
    expect(sent.body).toMatchObject({ status: 'queued', finishedAt: null })
    expect(sent.headers['location']).toBe(`/v1/imports/${sent.body['id']}`)
    expect((await s.get(`/v1/imports/${sent.body['id']}`)).status).toBe(401)
    expect((await outcome(s, sent))['finishedAt']).toEqual(expect.any(String))
    const authorization = `Bearer ${s.keys.analyst}`
    expect((await s.get('/v1/imports/imp_01gb6jc400ezz8kdnweefcy4dk', { authorization })).status).toBe(404)
    const done = await s.get(`/v1/imports/${sent.body['id']}`, { authorization })
    expect(done.headers['cache-control']).toBe('private, no-cache')
    const again = { authorization, 'if-none-match': String(done.headers['etag']) }
    expect((await s.get(`/v1/imports/${sent.body['id']}`, again)).status).toBe(304)
  })

  testOnce('writes changes with the name of its API key and the id of its request', async () => {
    const s = await service()
    await imported(s, lines({ name: 'One' }), { kind: 'speakers', headers: { 'x-request-id': 'my-upload' } })
    const { data } = await get(s, '/v1/speakers')
    const history = await get(s, `/v1/speakers/${data[0].id}/history`)
    expect(history['data'][0]).toMatchObject({ requestId: 'my-upload', actor: { name: 'test analyst' } })
  })

  test('as a dry run returns the same result and writes nothing', async () => {
    const s = await service({ seed: true })
    const before = await total(s)
    const file = mixed(
      ['speaker', { name: 'New', identifiers: [{ scheme: 'a', identifier: '1' }] }],
      ['topic', { slug: 'counter-uav', prefLabel: 'Drones' }],
      ['topic', { slug: 'military-cooperation' }],
    )
    const dry = await imported(s, file, { mode: 'dry-run' })
    expect(dry).toMatchObject({ status: 'succeeded', mode: 'dry-run', errorCount: 0 })
    expect(dry['summary']).toEqual(
      [
        { kind: 'speaker', created: 1, changed: 0, unchanged: 0 },
        { kind: 'topic', created: 0, changed: 1, unchanged: 1 },
      ].sort(
        (one, other) =>
          kindsInOrder(catalogue).indexOf(one.kind as never) -
          kindsInOrder(catalogue).indexOf(other.kind as never),
      ),
    )
    expect(await total(s)).toBe(before)
    const committed = await imported(s, file)
    expect(committed['summary']).toEqual(dry['summary'])
    expect(await total(s)).toBe(before + 2)
  })

  test('writes nothing if any row is invalid, and reports each error with its row, line and field', async () => {
    const s = await service({ seed: true })
    const before = await total(s)
    const result = await imported(
      s,
      `${lines({ title: 'Good', proposedOn: '2022-08-24' })}\n${lines(
        { title: 'Bad date', proposedOn: '2022-02-31' },
        { title: 'No such topic', proposedOn: '2022', topicIds: ['counter-uav', 'nothing'] },
        { title: 'No such field', proposedOn: '2022', summry: 'x' },
        { title: 'Adopted by nobody', proposedOn: '2022', status: 'adopted' },
      )}{"title": \n[1]\n`,
      { kind: 'proposals' },
    )
    expect(result).toMatchObject({ status: 'failed', rows: 7, errorCount: 6 })
    const reported = result['errors'].map(({ row, line, field, type, file }: Body) => [
      file,
      row,
      line,
      field,
      type.replace('/problems/', ''),
    ])
    expect(reported).toEqual(
      expect.arrayContaining([
        ['body', 2, 3, 'proposedOn', 'invalid-body'],
        ['body', 3, 4, 'topicIds.1', 'unknown-reference'],
        ['body', 4, 5, 'summry', 'invalid-body'],
        ['body', 5, 6, 'status', 'inconsistent'],
        ['body', 6, 7, null, 'invalid-body'],
        ['body', 7, 8, null, 'invalid-body'],
      ]),
    )
    const unknown = result['errors'].find(({ field }: Body) => field === 'summry')
    expect(unknown['detail']).toContain('summary')
    expect(await total(s)).toBe(before)
    expect((await get(s, '/v1/proposals?count=exact'))['page']['total']).toBe(10)
  })

  testOnce('reports the first thousand errors, and counts all', async () => {
    const s = await service()
    const result = await imported(s, lines(...Array.from({ length: 1200 }, () => ({ nothing: 1 }))), {
      kind: 'speakers',
    })
    expect(result).toMatchObject({ status: 'failed', rows: 1200, errorCount: 1200 })
    expect(result['errors'].length).toBe(1000)
  })

  test('can be repeated: rows match existing records by identifier, slug, code, text or id', async () => {
    const s = await service()
    const file = mixed(
      ['speaker', { name: 'S', identifiers: [{ scheme: 'archive', identifier: '7' }] }],
      ['topic', { slug: 'trade', prefLabel: 'Trade' }],
      ['state', { code: 'XA', name: 'A state' }],
      ['source', { title: 'Report', language: 'en', text: 'The minister proposed it.' }],
      ['organization', { id: 'org_01gb6jc400ezz8kdnweefcy4dk', name: 'Org', classification: 'organ' }],
      [
        'proposal',
        {
          title: 'P',
          contributors: [{ role: 'proposer', speakerId: 'archive:7' }],
          identifiers: [{ scheme: 'archive', identifier: '8' }],
          evidence: [{ sourceId: 'Report', motivation: 'quote', exact: 'proposed it' }],
          positions: [{ stateCode: 'XA', position: 'supported', statedOn: '2022-08-24' }],
          events: [
            { type: 'adopted', occurredOn: '2022-09-16' },
            { type: 'proposed', occurredOn: '2022-08-24' },
          ],
        },
      ],
    )
    const first = await imported(s, file)
    expect(first['errors']).toEqual([])
    const changes = await total(s)
    const again = await imported(s, file)
    expect(again['errors']).toEqual([])
    expect(again['summary'].map(({ created, changed }: Body) => created + changed)).toEqual(
      again['summary'].map(() => 0),
    )
    expect(await total(s)).toBe(changes)
    const [proposal] = (await get(s, '/v1/proposals?include=speakers,evidence,positions,events'))['data']
    expect(proposal).toMatchObject({
      status: 'adopted',
      support: 'single-source',
      proposedOn: '2022-08-24',
      speakers: [{ name: 'S' }],
      evidence: [{ exact: 'proposed it', start: 13 }],
      positions: [{ stateCode: 'XA' }],
      events: [{ type: 'proposed' }, { type: 'adopted' }],
    })
    expect((await s.get('/v1/organizations/org_01gb6jc400ezz8kdnweefcy4dk')).status).toBe(200)
  })

  test('updates the fields that a row contains, and leaves the others', async () => {
    const s = await service()
    const identifiers = [{ scheme: 'a', identifier: '1' }]
    await create(s, '/v1/proposals', {
      title: 'Old',
      summary: 'Kept',
      proposedOn: '2022-08-24',
      identifiers,
    })
    const result = await imported(s, lines({ title: 'New', identifiers }), { kind: 'proposals' })
    expect(result['summary']).toEqual([{ kind: 'proposal', created: 0, changed: 1, unchanged: 0 }])
    const [proposal] = (await get(s, '/v1/proposals'))['data']
    expect(proposal).toMatchObject({ title: 'New', summary: 'Kept', version: 2 })
    await imported(s, lines({ summary: null, identifiers }), { kind: 'proposals' })
    expect((await get(s, '/v1/proposals'))['data'][0]).toMatchObject({
      title: 'New',
      summary: null,
      version: 3,
    })
  })

  test('resolves references between rows by name, whatever their order in the file', async () => {
    const s = await service()
    const result = await imported(
      s,
      mixed(
        ['proposal', { title: 'Part', parentId: 'Whole', contributors: proposedBy('SHOIGU, Sergei') }],
        [
          'proposal',
          {
            title: 'Whole',
            meetingId: 'The meeting',
            contributors: [{ role: 'proposer', organizationId: 'MoD' }],
          },
        ],
        [
          'meeting',
          {
            name: 'The meeting',
            startDate: '2022',
            participants: [{ role: 'member', speakerId: 'Sergei Shoigu' }],
          },
        ],
        ['speaker', { name: 'Sergei Shoigu', otherNames: [{ name: 'Shoigu Sergei' }] }],
        ['organization', { name: 'Ministry', abbreviation: 'MoD', classification: 'ministry' }],
      ),
    )
    expect(result['errors']).toEqual([])
    const { data } = await get(s, '/v1/proposals?sort=title&include=speakers,parent,organizations,meeting')
    expect(data[0]).toMatchObject({ speakers: [{ name: 'Sergei Shoigu' }], parent: { title: 'Whole' } })
    expect(data[1]).toMatchObject({
      organizations: [{ abbreviation: 'MoD' }],
      meeting: { name: 'The meeting' },
    })
  })

  test('writes records that refer to each other, and changes nothing the second time', async () => {
    const s = await service()
    const keyed = (identifier: string) => [{ scheme: 'x', identifier }]
    const file = mixed(
      [
        'meeting',
        {
          name: 'M',
          startDate: '2022',
          identifiers: keyed('m'),
          agenda: [{ position: 1, title: 'Item', recordIds: ['x:p', 'x:a'] }],
        },
      ],
      ['proposal', { title: 'P', meetingId: 'x:m', identifiers: keyed('p') }],
      ['agreement', dependent('a', 'b')],
      ['agreement', dependent('b', 'a')],
    )
    function dependent(own: string, other: string) {
      const entryIntoForce = { by: 'consent', dependsOnId: `x:${other}` }
      return { title: own, kind: 'protocol', identifiers: keyed(own), entryIntoForce }
    }
    const result = await imported(s, file)
    expect(result['errors']).toEqual([])
    const created = { changed: 0, unchanged: 0 }
    expect(result['summary']).toEqual(
      expect.arrayContaining([
        { kind: 'meeting', created: 1, ...created },
        { kind: 'agreement', created: 2, ...created },
      ]),
    )
    const [meeting] = (await get(s, '/v1/meetings?include=proposals'))['data']
    const [a, b] = (await get(s, '/v1/agreements'))['data']
    expect(meeting['agenda'][0]['recordIds']).toEqual([meeting['proposals'][0]['id'], a['id']])
    expect([a['entryIntoForce']['dependsOnId'], b['entryIntoForce']['dependsOnId']]).toEqual([
      b['id'],
      a['id'],
    ])
    const changes = await total(s)
    expect((await imported(s, file))['summary']).toEqual(
      result['summary'].map(({ kind, created }: Body) => ({
        kind,
        created: 0,
        changed: 0,
        unchanged: created,
      })),
    )
    expect(await total(s)).toBe(changes)
  })

  test('resolves references to existing records by name, and rejects ambiguous names', async () => {
    const s = await service()
    const { id: twin } = await create(s, '/v1/speakers', { name: 'Twin' })
    const other = { name: 'Another', otherNames: [{ name: 'twin' }], distinctFrom: [twin] }
    const ids = [twin, (await create(s, '/v1/speakers', other))['id']]
    await create(s, '/v1/speakers', { name: 'Ли Шанфу', otherNames: [{ name: '李尚福', language: 'zh' }] })
    const good = await imported(s, lines({ title: 'P', contributors: proposedBy('李尚福') }), {
      kind: 'proposals',
    })
    expect(good['errors']).toEqual([])
    const bad = await imported(s, lines({ title: 'P', contributors: proposedBy('TWIN') }), {
      kind: 'proposals',
    })
    expect(bad['errors']).toMatchObject([
      { field: 'contributors.0.speakerId', type: '/problems/ambiguous-match' },
    ])
    for (const id of ids) expect(bad['errors'][0]['detail']).toContain(id)
    // An exact name hides those that are only alike.
    await imported(s, lines({ title: 'Exact', contributors: proposedBy('twin') }), { kind: 'proposals' })
    expect((await get(s, '/v1/proposals?q=exact'))['data'][0]['contributors'][0]['speakerId']).toBe(ids[1])
  })

  test('keeps two sources with one text apart, by id, publisher or address', async () => {
    const s = await service()
    const text = 'The sides agreed to exchange hydrological data every spring.'
    const source = (name: string) => ({
      title: `As carried by ${name}`,
      language: 'en',
      text,
      url: `https://${name}.example/a`,
    })
    for (const name of ['north', 'south']) await create(s, '/v1/sources', source(name))
    const exported: string[] = []
    for await (const chunk of exportRecords(s.engine.reader, catalogue.entity('source'), 'ndjson'))
      exported.push(chunk.text)

    const copy = await service()
    const result = await imported(copy, exported.join(''), { kind: 'sources' })
    expect(result['summary']).toEqual([{ kind: 'source', created: 2, changed: 0, unchanged: 0 }])
    const again = await imported(copy, exported.join(''), { kind: 'sources' })
    expect(again['summary']).toEqual([{ kind: 'source', created: 0, changed: 0, unchanged: 2 }])
    const east = await imported(copy, lines(source('east'), source('west')), { kind: 'sources' })
    expect(east['summary']).toEqual([{ kind: 'source', created: 2, changed: 0, unchanged: 0 }])
    const repeated = await imported(copy, lines(source('east')), { kind: 'sources' })
    expect(repeated['summary']).toEqual([{ kind: 'source', created: 0, changed: 0, unchanged: 1 }])
    expect((await get(copy, '/v1/sources?sort=title'))['data'].map(({ url }: Body) => url)).toEqual(
      ['east', 'north', 'south', 'west'].map((name) => `https://${name}.example/a`),
    )
  })

  test('rejects a row whose id is free but whose identifier belongs to another record', async () => {
    const s = await service()
    const identifiers = [{ scheme: 'register', identifier: '1' }]
    const { id } = await create(s, '/v1/speakers', { name: 'One', identifiers })
    const row = { id: 'spk_01gb6jc400ezz8kdnweefcy4dk', name: 'Renamed', identifiers }
    const result = await imported(s, lines(row), { kind: 'speakers' })
    expect(result['errors']).toMatchObject([{ field: 'id', detail: expect.stringContaining(String(id)) }])
    expect((await get(s, `/v1/speakers/${id}`))['name']).toBe('One')
  })

  test('reports rows that refer to invalid rows, and rows that refer to each other in a cycle', async () => {
    const s = await service()
    const bad = await imported(
      s,
      mixed(
        ['speaker', { name: 'S', otherNames: 'none' }],
        ['proposal', { title: 'P', contributors: proposedBy('S') }],
      ),
    )
    expect(bad['errors'][0]).toMatchObject({ row: 1, field: 'otherNames' })
    expect(bad['errors'][1]).toMatchObject({ row: 2, field: 'contributors.0.speakerId' })
    expect(bad['errors'][1]['detail']).toContain('row 1')
    const circle = await imported(
      s,
      lines(
        { title: 'A', proposedOn: '2022', parentId: 'B' },
        { title: 'B', proposedOn: '2022', parentId: 'A' },
      ),
      { kind: 'proposals' },
    )
    expect(circle['status']).toBe('failed')
    expect(circle['errors'][0]).toMatchObject({ field: 'parentId', type: '/problems/unknown-reference' })
  })

  test('accepts children as rows of their own, of existing records and of records in the file', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const result = await imported(
      s,
      mixed(
        [
          'evidence',
          { recordId: ids.proposal, sourceId: ids.source, motivation: 'quote', exact: 'The text' },
        ],
        [
          'position',
          {
            recordKind: 'proposal',
            recordId: 'x:1',
            stateCode: ids.state,
            position: 'supported',
            statedOn: '2022',
          },
        ],
        ['relation', { recordId: ids.proposal, type: 'restates', targetId: 'x:1' }],
        ['event', { recordKind: 'proposal', recordId: 'x:1', type: 'rejected', occurredOn: '2023' }],
        ['membership', { recordId: ids.speaker, role: 'Minister', stateCode: ids.state }],
        ['proposal', { title: 'P', proposedOn: '2022', identifiers: [{ scheme: 'x', identifier: '1' }] }],
      ),
    )
    expect(result['errors']).toEqual([])
    const { data } = await get(s, '/v1/proposals?identifier=x:1&include=positions,events')
    expect(data[0]).toMatchObject({ status: 'rejected', positions: [{ statedOn: '2022' }] })
    expect((await get(s, `/v1/proposals/${ids.proposal}`))['support']).toBe('single-source')
    expect((await get(s, `/v1/speakers/${ids.speaker}/memberships`))['data']).toMatchObject([
      { role: 'Minister' },
    ])
    expect((await get(s, `/v1/proposals/${ids.proposal}/relations`))['data']).toMatchObject([
      { type: 'restates' },
    ])
  })

  test('reports an invalid child with its position in the row', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const evidence = [
      { sourceId: ids.source, motivation: 'quote', exact: 'The text' },
      { sourceId: ids.source, motivation: 'quote', exact: 'not there' },
    ]
    const result = await imported(
      s,
      lines(
        { name: 'One' },
        { name: 'Two', evidence },
        { name: 'Three', evidence: 'none' },
        { name: 'Four', evidence: [7] },
      ),
      { kind: 'speakers' },
    )
    expect(
      result['errors']
        .map(({ row, field, type }: Body) => [row, field, type.replace('/problems/', '')])
        .sort(),
    ).toEqual([
      [2, 'evidence.1.exact', 'quote-absent'],
      [3, 'evidence', 'invalid-body'],
      [4, 'evidence.0', 'invalid-body'],
    ])
  })

  test('does not restore deleted records, and rejects ids of another kind', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/speakers', { name: 'Gone' })
    await s.del(`/v1/speakers/${id}`)
    const result = await imported(
      s,
      lines({ id, name: 'Back' }, { id: 'mtg_01gb6jc400ezz8kdnweefcy4dk', name: 'A' }, { id: 7, name: 'B' }),
      { kind: 'speakers' },
    )
    expect(result['errors']).toMatchObject([
      { row: 1, field: 'id', type: '/problems/gone' },
      { row: 2, field: 'id', type: '/problems/invalid-body' },
      { row: 3, field: 'id', type: '/problems/invalid-body' },
    ])
  })

  test('ignores read-only fields, so that exported rows can be imported', async () => {
    const s = await service({ seed: true })
    const { data } = await get(s, '/v1/agreements')
    const changes = await total(s)
    const result = await imported(s, lines(...data), { kind: 'agreements' })
    expect(result['errors']).toEqual([])
    expect(result['summary']).toEqual([{ kind: 'agreement', created: 0, changed: 0, unchanged: data.length }])
    expect(await total(s)).toBe(changes)
  })

  test('of a list with everything included changes nothing', async () => {
    const s = await service({ seed: true })
    const { text } = await s.get('/v1/proposals.ndjson?include=evidence,events,positions,relations')
    const changes = await total(s)
    const result = await imported(s, text, { kind: 'proposals' })
    expect(result['errors']).toEqual([])
    expect(result['summary'].every(({ created, changed }: Body) => created + changed === 0)).toBe(true)
    expect(await total(s)).toBe(changes)
  })

  test('with the same Idempotency-Key and file runs once; another file is rejected', async () => {
    const s = await service()
    const headers = { 'idempotency-key': 'upload-1' }
    const file = lines({ name: 'Once' })
    const one = await send(s, file, { kind: 'speakers', headers })
    const two = await send(s, file, { kind: 'speakers', headers })
    expect(two.text).toBe(one.text)
    await outcome(s, two)
    expect((await get(s, '/v1/speakers'))['data'].length).toBe(1)
    expect((await send(s, lines({ name: 'Other' }), { kind: 'speakers', headers })).status).toBe(422)
  })

  testOnce('deletes its temporary files', async () => {
    const s = await service()
    const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-uploads-'))
    const created = new Set<string | null>()
    const watcher = watch(folder, (_event, name) => created.add(name))
    vi.stubEnv('TMPDIR', folder)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      watcher.close()
      rmSync(folder, { recursive: true })
    })
    await imported(s, lines({ name: 'One' }), { kind: 'speakers' })
    await imported(s, 'broken', { kind: 'speakers' })
    await send(s, Buffer.from([0xff, 0xff]), { kind: 'speakers' })
    const refused = [
      await send(s, lines({ name: 'Two' }), { kind: 'nothing of ours' }),
      await send(s, lines({ name: 'Two' }), {
        kind: 'speakers',
        headers: { 'idempotency-key': 'not ASCII: é' },
      }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([400, 400])
    await eventually(() => expect(readdirSync(folder)).toEqual([]))
    await eventually(() => expect(created.size).toBeGreaterThan(3))
  })

  testOnce('is waited for until it is done, without a timer', async () => {
    const s = await service()
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const result = await imported(s, lines({ name: 'One' }), { kind: 'speakers', mode: 'dry-run' })
    expect(result).toMatchObject({ status: 'succeeded', rows: 1 })
  })

  testOnce('that takes longer than its client waits is answered as it is', async () => {
    const s = await service()
    const release = holdFirstImport(s)
    const { headers, body } = await send(s, lines({ name: 'One' }), { kind: 'speakers' })
    const analyst = { authorization: `Bearer ${s.keys.analyst}` }
    const waited = await s.get(`${headers['location']}?wait=1`, analyst)
    expect(waited.body).toMatchObject({ id: body['id'], status: 'running', finishedAt: null })
    release()
    expect((await s.get(`${headers['location']}?wait=60`, analyst)).body['status']).toBe('succeeded')
  })

  test('does not block reads, and other writes succeed during it', async () => {
    const s = await service()
    const rows = Array.from({ length: 1500 }, (_, n) => ({ name: `Speaker ${n}` }))
    const sent = await send(s, lines(...rows), { kind: 'speakers' })
    const read = await s.get('/v1/speakers?count=exact')
    expect([0, 1500]).toContain(read.body['page']['total'])
    expect((await s.post('/v1/speakers', { name: 'Beside' })).status).toBe(201)
    expect((await outcome(s, sent))['status']).toBe('succeeded')
    expect((await s.get('/v1/speakers?count=exact')).body['page']['total']).toBe(1501)
  })

  test('interrupted by a shutdown writes nothing and is marked as failed', async () => {
    const s = await service()
    const rows = Array.from({ length: 3000 }, (_, n) => ({ name: `Speaker ${n}` }))
    const sent = await send(s, lines(...rows), { kind: 'speakers' })
    await s.app.close()
    const { doc } = (await s.engine.reader.get<{ doc: string }>(sql`select doc from imports`)) ?? { doc: '' }
    const job = JSON.parse(doc) as Body
    expect(job['id']).toBe(sent.body['id'])
    if (job['status'] === 'succeeded') return
    expect(job).toMatchObject({ status: 'failed', failure: expect.stringContaining('stopped') })
    expect(await total(s)).toBe(0)
  })

  const ID = 'imp_01gb6jc400ezz8kdnweefcy4dk'

  /** An import that another worker left running. */
  async function leave(s: Service, lease: object | undefined): Promise<void> {
    const doc = {
      id: ID,
      status: 'running',
      mode: 'commit',
      kind: null,
      format: 'csv',
      createdAt: '2022-08-24T00:00:00.000Z',
      finishedAt: null,
      actor: { id: 'x', name: 'x' },
      progress: null,
      failure: null,
      lease,
    }
    await s.engine.write((writer) =>
      writer.run(
        sql`insert into imports ("id", "createdAt", "doc") values (${ID}, ${doc.createdAt}, ${JSON.stringify(doc)})`,
      ),
    )
  }

  /** Changes the stored import. */
  async function change(s: Service, to: (doc: Body) => Body, write = s.engine.write): Promise<void> {
    await write(async (writer) => {
      const [doc = '{}'] = await writer.pluck<string>(sql`select doc from imports`)
      await writer.run(sql`update imports set "doc" = ${JSON.stringify(to(JSON.parse(doc)))}`)
    })
  }

  /** Another instance on the same database. */
  async function another(s: Service, importSweepMs: number): Promise<FastifyInstance> {
    const app = await buildApp({ engine: s.engine, importSweepMs })
    onTestFinished(() => app.close())
    await app.ready()
    return app
  }

  const read = async (s: Service, app: FastifyInstance) => {
    const headers = { authorization: `Bearer ${s.keys.analyst}` }
    return (await app.inject({ url: `/v1/imports/${ID}`, headers })).json()
  }

  const DEAD = { status: 'failed', failure: expect.stringContaining('Nothing was written') }

  test.each([
    ['without a lease', undefined],
    ['of a worker that is not heard of', { worker: 'w', place: 'elsewhere', pid: 1, beat: 7 }],
  ])('%s is given up after some sweeps', async (_, lease) => {
    const s = await service({ own: true })
    await leave(s, lease)
    const app = await another(s, 10)
    await eventually(async () => expect(await read(s, app)).toMatchObject(DEAD))
    expect(await read(s, app)).not.toHaveProperty('lease')
  })

  test('of a process of this machine that has ended is given up at startup', async () => {
    const s = await service({ own: true })
    const { pid } = spawnSync(process.execPath, ['--version'])
    const place = `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
    await leave(s, { worker: 'w', place, pid, beat: 7 })
    const app = await another(s, 3_600_000)
    expect(await read(s, app)).toMatchObject(DEAD)
  })

  test('of a worker that renews its lease is left alone, and its result counts', async () => {
    const s = await service({ own: true })
    await leave(s, { worker: 'w', place: 'elsewhere', pid: 1, beat: 0 })
    const app = await another(s, 10)
    let sweeps = 0
    const write = s.engine.write.bind(s.engine)
    s.engine.write = (work, options) => {
      sweeps++
      return write(work, options)
    }
    for (let beat = 1; sweeps < 20; beat++) {
      await change(s, (doc) => ({ ...doc, lease: { ...doc['lease'], beat } }), write)
      const before = sweeps
      await eventually(() => expect(sweeps).toBeGreaterThan(before))
    }
    expect(await read(s, app)).toMatchObject({ status: 'running' })
  })

  test('that was given up meanwhile writes nothing', async () => {
    const s = await service({ own: true })
    const release = holdFirstImport(s)
    const { body } = await send(s, lines({ name: 'A' }), { kind: 'speakers' })
    await s.engine.write((writer) => writer.run(sql`update imports set "finishedAt" = '2022-08-24'`))
    release()
    await s.get(`/v1/imports/${body['id']}?wait=60`, { authorization: `Bearer ${s.keys.analyst}` })
    expect(await total(s)).toBe(0)
  })

  test('that died is run again for the same Idempotency-Key; another is not', async () => {
    const s = await service({ own: true })
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': 'k' }
    const post = () => s.post('/v1/imports?mode=commit&kind=speakers', '{"name":"A"}', headers)
    const first = await post()
    const wait = (id: string) =>
      s.get(`/v1/imports/${id}?wait=60`, { authorization: `Bearer ${s.keys.analyst}` })
    expect((await wait(first.body['id'])).body['status']).toBe('succeeded')
    expect((await post()).body['id']).toBe(first.body['id'])
    await change(s, (doc) => ({ ...doc, status: 'failed', failure: 'It died.' }))
    const again = await post()
    expect(again.body['id']).not.toBe(first.body['id'])
    expect(again.headers).not.toHaveProperty('idempotency-replayed')
    await wait(again.body['id'])
    expect((await post()).body['id']).toBe(again.body['id'])
  })
})

describeOnce('an import that the service has no room for', () => {
  test('on the disk of the database is a 503 that says so', async () => {
    const s = await service({ own: true })
    s.engine.freeBytes = async () => 50
    const { status, body, headers } = await send(s, lines({ name: 'A' }), { kind: 'speakers' })
    expect([status, body['detail']]).toEqual([503, expect.stringContaining('MiB left')])
    expect(headers['retry-after']).toBe('60')
    expect((await s.rows())['imports']).toEqual([])
  })

  test('in the queue is a 429, and there is room again once imports are done', async () => {
    const s = await service({ own: true })
    const release = holdFirstImport(s)
    const statuses: number[] = []
    for (let n = 0; n < 21; n++)
      statuses.push((await send(s, lines({ name: `${n}` }), { kind: 'speakers' })).status)
    expect(statuses).toEqual([...Array(20).fill(202), 429])
    release()
    await eventually(async () =>
      expect((await send(s, lines({ name: 'last' }), { kind: 'speakers' })).status).toBe(202),
    )
  })
})

testOnce('files that a killed process left behind are removed at the start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-leftovers-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  vi.stubEnv('TMPDIR', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  const { pid } = spawnSync(process.execPath, ['--version'])
  const dead = `sco-tracker-import-${pid}-a`
  const old = `sco-tracker-import-${process.pid}-a`
  const own = `sco-tracker-import-${process.pid}-b`
  for (const name of [dead, old, own, 'other']) writeFileSync(join(folder, name), 'x')
  utimesSync(join(folder, old), 0, 0)
  await service({ own: true })
  expect(readdirSync(folder).sort()).toEqual(['other', own])
})

describeOnce('a CSV import', () => {
  const csv = { format: 'csv', kind: 'speakers' } as const

  test('accepts a byte order mark, and commas, semicolons or tabs as delimiters', async () => {
    for (const delimiter of [',', ';', '\t']) {
      for (const mark of ['', '\ufeff']) {
        const s = await service()
        const rows = [
          ['name', 'identifiers'],
          ['"Иванов; Иван, ""I""\r\nЖ"', 'a:1'],
        ]
        const file = mark + rows.map((row) => row.join(delimiter)).join('\r\n')
        expect((await imported(s, file, csv))['errors']).toEqual([])
        const [speaker] = (await get(s, '/v1/speakers'))['data']
        expect(speaker).toMatchObject({
          name: 'Иванов; Иван, "I" Ж',
          identifiers: [{ scheme: 'a', identifier: '1' }],
        })
      }
    }
  })

  test('accepts lists as JSON or separated by semicolons, and objects as columns', async () => {
    const s = await service({ seed: true })
    const file = [
      'title,kind,depositary.stateCode,topicIds',
      'One,treaty,RU,counter-uav; military-cooperation',
      'Two,treaty,,"[""counter-uav""]"',
    ].join('\n')
    const result = await imported(s, file, { format: 'csv', kind: 'agreements' })
    expect(result['errors']).toEqual([])
    const { data } = await get(s, '/v1/agreements?kind=treaty&sort=title&include=topics')
    const named = (title: string) => data.find((doc: Body) => doc['title'] === title)
    expect(named('One')).toMatchObject({
      depositary: { stateCode: 'RU' },
      topics: [{}, { slug: 'military-cooperation' }],
    })
    expect(named('Two')).toMatchObject({ depositary: null, topics: [{ slug: 'counter-uav' }] })
  })

  test('ignores empty cells, and clears a field with null', async () => {
    const s = await service()
    const identifiers = [{ scheme: 'a', identifier: '1' }]
    await create(s, '/v1/organizations', {
      name: 'O',
      classification: 'organ',
      abbreviation: 'OO',
      seat: 'X',
      identifiers,
    })
    const file = 'identifiers,name,abbreviation,seat\na:1,,null,\n'
    expect((await imported(s, file, { format: 'csv', kind: 'organizations' }))['errors']).toEqual([])
    expect((await get(s, '/v1/organizations'))['data'][0]).toMatchObject({
      name: 'O',
      abbreviation: null,
      seat: 'X',
    })
  })

  test('rejects unknown or repeated columns, and lists the columns that exist', async () => {
    const s = await service()
    const result = await imported(s, 'name,nmae,name\nA,B,C\n', csv)
    expect(result).toMatchObject({ status: 'failed', errors: [{ row: null }, { row: null }] })
    expect(result['errors'][0]['detail']).toContain('otherNames')
    expect(result['errors'][1]['detail']).toContain('twice')
  })

  test('reports every invalid cell, rows that are too long, and unclosed quotes', async () => {
    const s = await service()
    const meetings = { format: 'csv', kind: 'meetings' } as const
    const file = 'name,startDate,ordinal,agenda\nA,2022,first,\nB,2022,,{\nC,2022,,,extra\n\nD,yesterday,,\n'
    const result = await imported(s, file, meetings)
    const reported = result['errors'].map(({ row, line, field }: Body) => JSON.stringify([row, line, field]))
    expect([...new Set<string>(reported)].map((one) => JSON.parse(one))).toEqual([
      [1, 2, 'ordinal'],
      [2, 3, 'agenda'],
      [3, 4, null],
      [4, 6, 'startDate'],
    ])
    const open = await imported(s, 'name\n"never ends\nand\n', csv)
    expect(open).toMatchObject({
      status: 'failed',
      errors: [{ row: 1, line: 2, detail: expect.stringContaining('never closed') }],
    })
    expect(await imported(s, 'name\n', csv)).toMatchObject({ status: 'succeeded', rows: 0 })
  })

  test.each([
    ['a mark inside a cell', 'name,city,startDate\nA,Osh,2021\nForum "Friends",Osh,2021\n', 2, 3, 'name'],
    ['after a cell of two lines', 'name,city,startDate\n"A\nB",Osh,2021\nC,the "city",2021\n', 2, 4, 'city'],
    ['with tabs', 'name\tcity\tstartDate\nSeminar on 5" pipes\tOsh\t2021\n', 1, 2, 'name'],
    ['with semicolons', 'name;city;startDate\nA;5" pipes;2021\n', 1, 2, 'city'],
    ['a blank before a mark', 'name,startDate\n "Seminar, spaced",2021\n', 1, 2, 'name'],
    ['text after a closing mark', 'name,startDate\n"A" b,2021\n', 1, 2, 'name'],
    ['a mark that is not closed', 'name,startDate\nA,2021\n"B,2021\n', 2, 3, 'name'],
  ])('names row, line and cell where quotation marks are wrong: %s', async (_, file, row, line, field) => {
    const s = await service()
    const result = await imported(s, file, { format: 'csv', kind: 'meetings' })
    expect(result).toMatchObject({ status: 'failed', failure: null, errorCount: 1 })
    expect(result['errors']).toMatchObject([{ row, line, field, detail: expect.stringMatching(/mark/) }])
  })

  test('refuses a header that is not CSV', async () => {
    const s = await service()
    const result = await imported(s, 'na"me,startDate\nA,2021\n', { format: 'csv', kind: 'meetings' })
    expect(result).toMatchObject({
      status: 'failed',
      failure: null,
      errors: [{ row: null, detail: expect.stringMatching(/header.*mark/) }],
    })
  })

  test('reports all faults of a row at once', async () => {
    const s = await service()
    const file =
      'name,startDate,endDate,ordinal,agenda,organizationId,countryCode,city\n,yesterday,2022,first,{,No such body,Atlantis,\n'
    const result = await imported(s, file, { format: 'csv', kind: 'meetings' })
    expect(result['errors'].map(({ field }: Body) => field).sort()).toEqual([
      'agenda',
      'countryCode',
      'ordinal',
      'organizationId',
      'startDate',
    ])
    const line = {
      name: 5,
      nmae: 'x',
      startDate: 'soon',
      organizationId: 'No such body',
      countryCode: 'Atlantis',
    }
    const ndjson = await imported(s, JSON.stringify(line), { format: 'ndjson', kind: 'meetings' })
    expect(ndjson['errors'].map(({ field }: Body) => field).sort()).toEqual([
      'countryCode',
      'name',
      'nmae',
      'organizationId',
      'startDate',
    ])
  })

  test('adds no listener for each time that the parser waits', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error) => warnings.push(warning)
    process.on('warning', listen)
    onTestFinished(() => void process.off('warning', listen))
    async function* texts() {
      yield 'name\n'
      for (let chunk = 0; chunk < 50; chunk++) yield 'A speaker\n'.repeat(10_000)
    }
    let rows = 0
    for await (const { value } of csvRows(texts(), columnReaders(catalogue.entity('speaker'), []))) {
      if (value) rows++
      if (rows % 50_000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect([rows, warnings]).toEqual([500_000, []])
  })

  test('requires the kind of its rows', async () => {
    const s = await service()
    const result = await imported(s, 'name\nA\n', { format: 'csv' })
    expect(result).toMatchObject({ status: 'failed', errors: [{ detail: expect.stringContaining('kind') }] })
  })
})

describeOnce('an invalid import', () => {
  test('is rejected at upload: wrong encoding, media type, kind or mode, an empty body, or no key', async () => {
    const s = await service()
    const speakers = { kind: 'speakers', format: 'csv' } as const
    const utf16 = Buffer.from('\ufeffname\nA\n', 'utf16le')
    const latin1 = Buffer.from('name\nJos\u00e9\n', 'latin1')
    const refused = async (file: string | Buffer, options: UploadOptions) => {
      const { status, body } = await send(s, file, options)
      return [status, body['type'], body['detail']]
    }
    expect(await refused(utf16, speakers)).toEqual([
      400,
      '/problems/malformed-body',
      expect.stringContaining('UTF-16'),
    ])
    expect(await refused(latin1, speakers)).toEqual([
      400,
      '/problems/malformed-body',
      expect.stringContaining('UTF-8'),
    ])
    expect((await refused('', speakers))[0]).toBe(400)
    expect((await refused('[]', { ...speakers, type: 'application/json' }))[0]).toBe(415)
    expect((await refused('name', { ...speakers, type: 'text/csv; charset=windows-1251' }))[0]).toBe(415)
    expect((await refused('name', { ...speakers, headers: { 'content-encoding': 'gzip' } }))[0]).toBe(415)
    expect((await refused('name', { ...speakers, kind: 'speech' }))[0]).toBe(400)
    expect((await refused('name', { ...speakers, mode: 'maybe' as 'commit' }))[0]).toBe(400)
    expect((await refused('name', { ...speakers, headers: { authorization: '' } }))[0]).toBe(401)
    expect(await total(s)).toBe(0)
  })

  test('without a kind is reported row by row when a row does not name its kind', async () => {
    const s = await service()
    const file = lines(
      { name: 'A' },
      { kind: 'speeker', record: {} },
      { kind: 'speaker', record: {}, more: 1 },
      { kind: 'speaker' },
    )
    const result = await imported(s, file)
    expect(result).toMatchObject({ status: 'failed', errorCount: 4 })
    expect(result['errors'][1]['detail']).toContain('speaker')
  })

  test('reports hostile JSON by row: repeated keys, __proto__, NUL, lone surrogates, depth', async () => {
    const s = await service()
    const rows = [
      '{"name":"A","name":"B"}',
      '{"name":"A","__proto__":{}}',
      '{"name":"A\\u0000"}',
      '{"name":"\\ud800"}',
      `{"name":"A","otherNames":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      '{"constructor":{"prototype":1},"name":"A"}',
    ]
    const result = await imported(s, rows.join('\n'), { kind: 'speakers' })
    expect(result).toMatchObject({ status: 'failed', rows: 6, errorCount: 6 })
    expect(result['errors'].map(({ row }: Body) => row).sort()).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('is rejected when it has too many rows', async () => {
    const s = await service()
    const records = recordsOn(s.engine)
    const chunks = (async function* () {
      yield Buffer.from(lines({ name: 'A' }, { name: 'B' }, { name: 'C' }))
    })()
    const file = { name: 'f', kind: 'speaker', format: 'ndjson', chunks } as const
    const result = await importFiles(records, AUTHOR, [file], { dryRun: false, maxRows: 2 })
    expect(result).toMatchObject({ errorCount: 1, errors: [{ type: '/problems/body-too-large' }] })
    expect(await total(s)).toBe(0)
  })
})

describeOnce('an import template', () => {
  test('of every kind can be imported, except for references to example records', async () => {
    const s = await service({ seed: true })
    for (const [path, kind] of pathsOf(catalogue)) {
      for (const format of ['csv', 'ndjson'] as const) {
        const { status, text, headers } = await s.get(`/v1/imports/template.${format}?kind=${path}`)
        expect(status).toBe(200)
        expect(headers['content-disposition']).toContain(`${path}-template.${format}`)
        const result = await imported(s, text, { kind: path, format, mode: 'dry-run' })
        // Examples may refer to records that do not exist.
        const other = result['errors'].filter(
          ({ type, field }: Body) => type !== '/problems/unknown-reference' && field !== 'recordId',
        )
        expect([kind, format, result['rows'], other]).toEqual([kind, format, 1, []])
      }
    }
  })
})

/** All records in a database, without their times and versions. */
async function contents({ engine }: { engine: Engine }): Promise<Map<string, Body>> {
  const found = new Map<string, Body>()
  for (const kind of kindsInOrder(catalogue)) {
    for await (const { text } of exportRecords(engine.reader, catalogue.entity(kind), 'ndjson')) {
      for (const line of text.split('\n').filter(Boolean)) {
        const { createdAt: _, updatedAt: __, version: ___, ...doc } = JSON.parse(line) as Body
        found.set(`${kind} ${doc['id']}`, doc)
      }
    }
  }
  return found
}

async function copy(from: Service, to: Service, format: ImportFormat) {
  const records = recordsOn(to.engine)
  const files = kindsInOrder(catalogue).map((kind) => ({
    name: kind,
    kind,
    format,
    chunks: (async function* () {
      for await (const { text } of exportRecords(from.engine.reader, catalogue.entity(kind), format))
        yield Buffer.from(text)
    })(),
  }))
  const order = files.toSorted(() => -1)
  return importFiles(records, AUTHOR, order, { dryRun: false, maxRows: 1e6 })
}

describe('an export', () => {
  testOnce('of the seed results in an equal database when imported, in both formats', async () => {
    const s = await service({ seed: true })
    for (const format of ['ndjson', 'csv'] as const) {
      const target = await service()
      expect((await copy(s, target, format))['errors']).toEqual([])
      expect(await contents(target)).toEqual(await contents(s))
    }
  })

  test('of arbitrary records results in an equal database when imported', async () => {
    const line = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom(...'=+-@\t\r\n"\',;[]{}null\u00a0\ufeff😀Ж'),
          fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
        ),
        minLength: 1,
        maxLength: 12,
      })
      .map((text) => text.trim())
      .filter((text) => text !== '' && !text.includes('\0') && text.isWellFormed())
    const record = fc.record({
      one: line,
      two: line,
      list: fc.array(line, { maxLength: 3 }),
      date: fc.constantFrom(
        '2022',
        '2022-08',
        '2022-08-24',
        '2022-08~',
        '[2022-08-24..2022-08-25]',
        '[..2022-08]',
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 4 }), async (inputs) => {
        const s = await service()
        const ids = await oneOfEach(s)
        for (const { one, two, list, date } of inputs) {
          const source = await create(s, '/v1/sources', {
            title: one,
            language: 'en',
            text: `${two} ${one}|`,
          })
          const speaker = await create(s, '/v1/speakers', {
            name: one,
            otherNames: [...new Set(list)].map((name) => ({ name })),
            memberships: list.map((role) => ({ role, stateCode: ids.state, startDate: date })),
          })
          const proposal = await create(s, '/v1/proposals', {
            title: two,
            summary: one,
            proposedOn: date,
            contributors: [{ role: 'proposer', speakerId: speaker['id'], stateCode: ids.state }],
            identifiers: [{ scheme: one.replaceAll(':', '.'), identifier: `${two}${speaker['id']}` }],
            events: [{ type: 'deferred', occurredOn: '2023', note: two }],
          })
          const url = `/v1/proposals/${proposal['id']}`
          await create(s, `${url}/evidence`, {
            sourceId: source['id'],
            motivation: 'inference',
            exact: `${one}|`,
            note: one,
          })
          const position = await create(s, `${url}/positions`, {
            stateCode: ids.state,
            position: 'reserved',
            statedOn: date,
            note: two,
          })
          await create(s, `${url}/positions/${position['id']}/evidence`, {
            sourceId: source['id'],
            motivation: 'quote',
            exact: `${one}|`,
          })
          await create(s, `${url}/relations`, { type: 'elaborates', targetId: ids.proposal, note: one })
        }
        for (const kind of kinds) if (kind !== 'state') await create(s, pathOf(kind), fullBody(kind, ids))
        for (const format of ['ndjson', 'csv'] as const) {
          const target = await service()
          expect((await copy(s, target, format))['errors']).toEqual([])
          expect(await contents(target)).toEqual(await contents(s))
        }
      }),
      { numRuns: isRepeated ? 1 : 3, seed: 20220824 },
    )
  })
})

describe('npm run import and npm run export', () => {
  const run = (command: 'import' | 'export', url: string, ...args: string[]) =>
    runCommand(command, ...args, '--database-url', url)

  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'sco-tracker-cli-'))
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    return path
  }

  test('copy a whole database to another one while a service is running', async () => {
    const s = await service({ seed: true })
    const target = await service()
    const out = join(folder(), 'out')
    const written = await run('export', s.url, out)
    expect([written.status, written.stdout]).toEqual([0, ''])
    expect(readdirSync(out).length).toBe(1 + pathsOf(catalogue).size)
    expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))).toMatchObject({
      complete: true,
      counts: { proposals: 10, sources: 1 },
    })
    const dry = await run('import', target.url, out, '--dry-run')
    expect([dry.status, dry.stderr]).toEqual([0, expect.stringContaining('nothing was written')])
    expect(await total(target)).toBe(0)
    const read = await run('import', target.url, out)
    expect([read.status, read.stdout]).toEqual([0, expect.stringContaining('proposal: 10 created')])
    expect(await contents(target)).toEqual(await contents(s))
    expect((await run('export', s.url, out)).stderr).toContain('not empty')
  })

  test('print errors in plain words, and exit with 1', async () => {
    const s = await service()
    const path = join(folder(), 'speakers.csv')
    writeFileSync(path, 'name,sources\nA,\nB,x\n')
    const bad = await run('import', s.url, path)
    expect(bad.status).toBe(1)
    expect(bad.stderr).toContain(`${path}:3 (row 2, sources): Must be a JSON list`)
    expect(bad.stderr).toContain('Nothing was written')
    const other = join(folder(), 'people.csv')
    writeFileSync(other, readFileSync(path))
    expect((await run('import', s.url, other)).stderr).toContain('--kind')
    expect((await run('import', s.url, other, '--kind', 'speakers')).stderr).toContain('row 2')
    for (const args of [[join(folder(), 'none.csv')], [path, '--kind', 'people']])
      expect([(await run('import', s.url, ...args)).status, existsSync(path)]).toEqual([1, true])
  })
})
