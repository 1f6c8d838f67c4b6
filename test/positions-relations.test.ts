// The positions of states on proposals, and the relations between records.
import { describe, expect, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'

const proposal = async (s: Service, title: string, more: Body = {}) =>
  (await create(s, '/v1/proposals', { title, proposedOn: '2022-08-24', ...more }))['id'] as string

const agreement = async (s: Service, title: string, more: Body = {}) =>
  (await create(s, '/v1/agreements', { title, kind: 'treaty', ...more }))['id'] as string

const PATHS: Record<string, string> = {
  prp: 'proposals',
  agr: 'agreements',
  mtg: 'meetings',
  org: 'organizations',
  src: 'sources',
}

const EIGHT = ['CN', 'IN', 'KG', 'KZ', 'PK', 'RU', 'TJ', 'UZ']

describe('positions', () => {
  async function createFixture() {
    const s = await service({ seed: true })
    const id = await proposal(s, 'A')
    const addPosition = (stateCode: string, position: string, statedOn: string, more: Body = {}) =>
      create(s, `/v1/proposals/${id}/positions`, { stateCode, position, statedOn, ...more })
    const positionsOn = async (asOf: string) => {
      const body = await get(s, `/v1/proposals/${id}/positions?asOf=${asOf}`)
      expect(body['asOf']).toBe(asOf)
      return Object.fromEntries(
        body['data'].map(({ stateCode, position }: Body) => [stateCode, position]),
      ) as Record<string, string | null>
    }
    return { s, id, addPosition, positionsOn }
  }

  test('are listed for every member state of that day: null without a record, later ones excluded', async () => {
    const { s, id, addPosition, positionsOn } = await createFixture()
    await addPosition('RU', 'declined', '2022-08-24')
    const reserved = await addPosition('UZ', 'reserved', '2022-09-16', { note: 'Asked for a longer text.' })
    await addPosition('UZ', 'supported', '2023-01-10')
    await addPosition('KZ', 'abstained', '2023-01')
    await addPosition('IN', 'objected', '2023-07-04')
    const none = Object.fromEntries(EIGHT.map((code) => [code, null]))
    expect(await positionsOn('2022-08-23')).toEqual(none)
    expect(await positionsOn('2022-08-24')).toEqual({ ...none, RU: 'declined' })
    expect(await positionsOn('2022-09-15')).toEqual({ ...none, RU: 'declined' })
    expect(await positionsOn('2022-09-16')).toEqual({ ...none, RU: 'declined', UZ: 'reserved' })
    expect(await positionsOn('2023-01-09')).toEqual({
      ...none,
      RU: 'declined',
      UZ: 'reserved',
      KZ: 'abstained',
    })
    expect(await positionsOn('2023-01-10')).toEqual({
      ...none,
      RU: 'declined',
      UZ: 'supported',
      KZ: 'abstained',
    })
    expect(await positionsOn('2023-07-04')).toEqual({
      ...none,
      RU: 'declined',
      UZ: 'supported',
      KZ: 'abstained',
      IN: 'objected',
      IR: null,
    })
    const { data } = await get(s, `/v1/proposals/${id}/positions?asOf=2022-09-16`)
    expect(data.find(({ stateCode }: Body) => stateCode === 'UZ')).toEqual({
      stateCode: 'UZ',
      organizationId: null,
      locator: null,
      name: 'Uzbekistan',
      position: 'reserved',
      statedOn: '2022-09-16',
      positionId: reserved['id'],
    })
    expect(data.find(({ stateCode }: Body) => stateCode === 'CN')).toEqual({
      stateCode: 'CN',
      organizationId: null,
      locator: null,
      name: 'China',
      position: null,
      statedOn: null,
      positionId: null,
    })
  })

  test('of states that were not members are listed after the first one they stated', async () => {
    const { addPosition, positionsOn } = await createFixture()
    await addPosition('IR', 'supported', '2022-10-01')
    expect(await positionsOn('2022-09-30')).not.toHaveProperty('IR')
    expect(await positionsOn('2022-10-01')).toHaveProperty('IR', 'supported')
    expect(Object.keys(await positionsOn('2022-10-01'))).toHaveLength(9)
    expect(await positionsOn('2024-01-01')).toHaveProperty('IR', 'supported')
    expect(Object.keys(await positionsOn('2024-01-01'))).toHaveLength(9)
  })

  test('are listed in order of date, whatever the order of their creation; the last one of a day counts', async () => {
    const { s, id, addPosition, positionsOn } = await createFixture()
    await addPosition('UZ', 'supported', '2023-01-10')
    await addPosition('UZ', 'reserved', '2022-09-16')
    await addPosition('UZ', 'objected', '2022-09-16')
    const { records } = await get(s, `/v1/proposals/${id}/positions`)
    expect(records.map(({ position }: Body) => position)).toEqual(['reserved', 'objected', 'supported'])
    expect(await positionsOn('2022-12-01')).toHaveProperty('UZ', 'objected')
    expect(await positionsOn('2023-12-01')).toHaveProperty('UZ', 'supported')
  })

  test('without asOf are those of today', async () => {
    const s = await service({ seed: true, clock: () => new Date('2025-03-01T12:00:00Z') })
    const id = await proposal(s, 'A')
    expect(await get(s, `/v1/proposals/${id}/positions`)).toMatchObject({
      asOf: '2025-03-01',
      data: [...EIGHT, 'BY', 'IR'].sort().map((stateCode) => ({ stateCode, position: null })),
      records: [],
    })
    expect((await s.get(`/v1/proposals/${id}/positions?asOf=2025`)).status).toBe(400)
  })

  test('have evidence, which determines their support; both are deleted with the proposal', async () => {
    const { s, id, addPosition } = await createFixture()
    const sources: string[] = []
    for (const title of ['One', 'Two'])
      sources.push(
        (await create(s, '/v1/sources', { title, language: 'en', text: `${title}: We support it.` }))['id'],
      )
    const position = await addPosition('PK', 'supported', '2022-09-16')
    const other = await addPosition('KZ', 'supported', '2022-09-16')
    const url = `/v1/proposals/${id}/positions/${position['id']}`
    const cite = (to: string, sourceId: string | undefined) =>
      create(s, `${to}/evidence`, { sourceId, motivation: 'quote', exact: 'We support' })
    expect((await get(s, url))['support']).toBe('unsupported')
    const evidence = await cite(url, sources[0])
    expect((await get(s, url))['support']).toBe('single-source')
    await cite(url, sources[1])
    expect((await get(s, url))['support']).toBe('corroborated')
    const second = await cite(`/v1/proposals/${id}/positions/${other['id']}`, sources[0])
    expect((await get(s, `/v1/proposals/${id}`))['support']).toBe('unsupported')
    expect((await get(s, `${url}/evidence`))['data']).toHaveLength(2)
    const annotations = async () =>
      (await get(s, `/v1/sources/${sources[0]}/annotations`))['items'].map(({ id }: Body) => id) as string[]
    expect(await annotations()).toHaveLength(2)
    expect((await s.del(`/v1/sources/${sources[0]}`)).status).toBe(409)

    expect((await s.del(`/v1/proposals/${id}/positions/${other['id']}`)).status).toBe(204)
    expect((await s.get(`/v1/proposals/${id}/positions/${other['id']}`)).status).toBe(410)
    expect(
      (await s.get(`/v1/proposals/${id}/positions/${other['id']}/evidence/${second['id']}`)).status,
    ).toBe(410)
    expect(await annotations()).toHaveLength(1)

    expect((await s.del('/v1/states/PK')).status).toBe(409)
    expect((await s.del(`/v1/proposals/${id}`)).status).toBe(204)
    expect((await s.get(url)).status).toBe(410)
    expect((await s.get(`${url}/evidence/${evidence['id']}`)).status).toBe(410)
    expect(await annotations()).toEqual([])
    for (const source of sources) expect((await s.del(`/v1/sources/${source}`)).status).toBe(204)
    expect((await s.del('/v1/states/PK')).status).toBe(204)
  })

  test('on documents and statements are those of states and bodies, each part of a document apart', async () => {
    const { s } = await createFixture()
    const organizationId = (await create(s, '/v1/organizations', { name: 'Bank', classification: 'other' }))[
      'id'
    ]
    const statement = await create(s, '/v1/statements', {
      contributors: [{ role: 'author', stateCode: 'CN' }],
      kind: 'direct',
      text: 'Words.',
    })
    for (const url of [`/v1/agreements/${await agreement(s, 'A')}`, `/v1/statements/${statement['id']}`]) {
      const locator = { label: 'paragraph', value: '9' }
      for (const body of [
        { stateCode: 'IN', position: 'reserved', locator },
        { stateCode: 'IN', position: 'supported', statedOn: '2022' },
        { organizationId, position: 'objected' },
      ])
        await create(s, `${url}/positions`, body)
      const { data, records } = await get(s, `${url}/positions?asOf=2022-08-24`)
      expect(data.filter(({ position }: Body) => position !== null)).toMatchObject([
        { stateCode: 'IN', organizationId: null, position: 'reserved', locator, statedOn: null },
        { stateCode: 'IN', position: 'supported', locator: null, statedOn: '2022' },
        { stateCode: null, organizationId, name: 'Bank', position: 'objected' },
      ])
      expect(data).toHaveLength(EIGHT.length + 2)
      expect(records).toHaveLength(3)
      const both = { stateCode: 'IN', organizationId, position: 'supported' }
      expect((await s.post(`${url}/positions`, both)).body).toMatchObject({
        status: 422,
        errors: [{ pointer: '/stateCode' }],
      })
    }
  })

  test('are listed for the members of the body of the record, or the nearest above it', async () => {
    const { s } = await createFixture()
    const body = async (name: string, parentId: string | null) =>
      (await create(s, '/v1/organizations', { name, classification: 'organ', parentId }))['id'] as string
    const council = await body('Rivers Council', null)
    const ministers = await body('Water Ministers', council)
    for (const [state, role] of [
      ['KZ', 'member'],
      ['TJ', 'observer'],
    ] as const)
      await create(s, `/v1/states/${state}/memberships`, { organizationId: council, role })
    const meetingId = (
      await create(s, '/v1/meetings', { name: 'M', startDate: '2022', organizationId: ministers })
    )['id']
    const agreementId = await agreement(s, 'Of the ministers', { organizationId: ministers })
    const author = { contributors: [{ role: 'author', stateCode: 'CN' }], kind: 'direct' }
    const statement = async (text: string, more: Body) =>
      (await create(s, '/v1/statements', { ...author, text, ...more }))['id']
    const codesOf = async (path: string) =>
      (await get(s, `/v1/${path}/positions?asOf=2022-08-24`))['data'].map(({ stateCode }: Body) => stateCode)
    expect(await codesOf(`agreements/${agreementId}`)).toEqual(['KZ'])
    expect(await codesOf(`proposals/${await proposal(s, 'At the meeting', { meetingId })}`)).toEqual(['KZ'])
    expect(await codesOf(`proposals/${await proposal(s, 'To it', { addresseeId: council })}`)).toEqual(['KZ'])
    expect(await codesOf(`statements/${await statement('Of a document', { agreementId })}`)).toEqual(['KZ'])
    expect(await codesOf(`statements/${await statement('Said there', { meetingId })}`)).toEqual(['KZ'])
    expect(await codesOf(`agreements/${await agreement(s, 'Of nobody')}`)).toEqual(EIGHT)
  })

  test('with invalid fields are rejected', async () => {
    const { s, id } = await createFixture()
    const fine = { stateCode: 'UZ', position: 'supported', statedOn: '2022-09-16' }
    const refused = async (body: Body, to = id) =>
      (await s.post(`/v1/proposals/${to}/positions`, body)).status
    expect(await refused({ ...fine, stateCode: 'QQ' })).toBe(422)
    expect(await refused({ ...fine, stateCode: null })).toBe(422)
    expect(await refused({ ...fine, position: 'proposed' })).toBe(400)
    expect(await refused({ ...fine, position: 'against' })).toBe(400)
    expect(await refused({ ...fine, statedOn: '2022-02-30' })).toBe(400)
    expect(await refused({ stateCode: 'UZ' })).toBe(400)
    expect(await refused({ ...fine, meetingId: 'mtg_01gb6jc400ezz8kdnweefcy4dk' })).toBe(422)
    expect(await refused(fine, 'prp_01gb6jc400ezz8kdnweefcy4dk')).toBe(404)
    const other = await proposal(s, 'Other')
    const { id: position } = await create(s, `/v1/proposals/${id}/positions`, fine)
    expect((await s.get(`/v1/proposals/${other}/positions/${position}`)).status).toBe(404)
    expect((await s.del(`/v1/proposals/${other}/positions/${position}`)).status).toBe(404)
    expect((await s.get('/v1/agreements/agr_01gb6jc400ezz8kdnweefcy4dk/positions')).status).toBe(404)
  })
})

describe('relations', () => {
  const relate = (s: Service, from: string, type: string, targetId: string) =>
    s.post(`/v1/${PATHS[from.slice(0, 3)]}/${from}/relations`, { type, targetId })

  test('are listed from both ends with their direction, and deleted at their source', async () => {
    const s = await service()
    const [a, b] = [await proposal(s, 'A'), await proposal(s, 'B')]
    const { status, body, headers } = await relate(s, b, 'elaborates', a)
    expect(status).toBe(201)
    const location = `/v1/relations/${body['id']}`
    expect(headers.location).toBe(location)
    for (const url of [location, `/v1/proposals/${b}/relations/${body['id']}`])
      expect(await get(s, url)).toEqual(body)
    expect((await s.get(`/v1/proposals/${a}/relations/${body['id']}`)).status).toBe(404)
    expect((await get(s, `/v1/proposals/${b}/relations`))['data']).toEqual([
      { ...body, direction: 'outgoing' },
    ])
    expect((await get(s, `/v1/proposals/${a}/relations`))['data']).toEqual([
      { ...body, direction: 'incoming' },
    ])
    expect((await s.del(`/v1/proposals/${a}/relations/${body['id']}`)).status).toBe(404)
    expect((await s.del(`/v1/proposals/${b}/relations/${body['id']}`, { 'if-match': '"9.x"' })).status).toBe(
      412,
    )
    expect((await s.del(`/v1/proposals/${b}/relations/${body['id']}`)).status).toBe(204)
    for (const id of [a, b]) expect((await get(s, `/v1/proposals/${id}/relations`))['data']).toEqual([])
    expect((await relate(s, b, 'elaborates', a)).status).toBe(201)
  })

  test('of each type are accepted only between the kinds of the table', async () => {
    const s = await service()
    const source = async (title: string, language: string) =>
      (await create(s, '/v1/sources', { title, language, text: title }))['id'] as string
    const ends = {
      proposal: [await proposal(s, 'P'), await proposal(s, 'Q')],
      agreement: [await agreement(s, 'A'), await agreement(s, 'B')],
      meeting: [
        (await create(s, '/v1/meetings', { name: 'M', startDate: '2022-08-24', status: 'held' }))['id'],
        (await create(s, '/v1/meetings', { name: 'N', startDate: '2023-08-24', status: 'held' }))['id'],
      ],
      organization: [
        (await create(s, '/v1/organizations', { name: 'O', classification: 'organ' }))['id'],
        (await create(s, '/v1/organizations', { name: 'P', classification: 'organ' }))['id'],
      ],
      source: [await source('One', 'en'), await source('Two', 'ru')],
    } as Record<string, [string, string]>
    const texts = ['proposal', 'agreement']
    const table: Record<string, [from: string[], to: string[]][]> = {
      restates: [[texts, texts]],
      elaborates: [[texts, texts]],
      supersedes: [[texts, texts]],
      'incorporated-into': [[texts, texts]],
      'refers-to': [[texts, texts]],
      'based-on': [
        [texts, texts],
        [['source'], ['source']],
      ],
      implements: [[[...texts, 'meeting', 'organization'], texts]],
      became: [[['proposal'], ['agreement']]],
      amends: [[['agreement'], ['agreement']]],
      approves: [[['agreement'], ['agreement']]],
      'annexed-to': [[['agreement'], ['agreement']]],
      'established-by': [[['organization'], ['agreement']]],
      succeeds: [[['organization'], ['organization']]],
      'translation-of': [[['source'], ['source']]],
      'reprint-of': [[['source'], ['source']]],
      'excerpt-of': [[['source'], ['source']]],
      'version-of': [[['source'], ['source']]],
      corrects: [[['source'], ['source']]],
      retracts: [[['source'], ['source']]],
      questions: [[['source'], ['source']]],
    }
    for (const [type, rows] of Object.entries(table))
      for (const [from, [start]] of Object.entries(ends))
        for (const [to, [, end]] of Object.entries(ends)) {
          const { status, body } = await relate(s, start, type, end)
          const legal = rows.some(([starts, targets]) => starts.includes(from) && targets.includes(to))
          if (legal) expect([type, from, to, status]).toEqual([type, from, to, 201])
          else expect([400, 422], `${type} ${from} ${to} ${JSON.stringify(body)}`).toContain(status)
        }
    expect(
      (await relate(s, ends['proposal']?.[0] ?? '', 'merged-into', ends['agreement']?.[0] ?? '')).status,
    ).toBe(400)
    const unknown = await relate(s, ends['proposal']?.[0] ?? '', 'became', 'agr_01gb6jc400ezz8kdnweefcy4dk')
    expect(unknown.body).toMatchObject({ status: 422, errors: [{ pointer: '/targetId' }] })
  })

  test('have evidence of their own, and support', async () => {
    const s = await service()
    const [a, b] = [await proposal(s, 'A'), await proposal(s, 'B')]
    const { headers, body } = await relate(s, a, 'restates', b)
    expect(body).toMatchObject({ support: 'unsupported', origins: 0, disputed: [] })
    const { id: sourceId } = await create(s, '/v1/sources', {
      title: 'T',
      language: 'en',
      text: 'It repeats B.',
    })
    const url = String(headers['location'])
    await create(s, `${url}/evidence`, { sourceId, motivation: 'quote', exact: 'repeats B' })
    expect(await get(s, url)).toMatchObject({ support: 'single-source', origins: 1, version: 2 })
  })

  test('to the record itself, or duplicates, are rejected; another direction or type is not a duplicate', async () => {
    const s = await service()
    const [a, b] = [await proposal(s, 'A'), await proposal(s, 'B')]
    for (const type of ['restates', 'elaborates', 'supersedes', 'incorporated-into'])
      expect((await relate(s, a, type, a)).status, type).toBe(422)
    const first = await relate(s, a, 'restates', b)
    expect((await relate(s, a, 'restates', b)).body).toMatchObject({
      status: 409,
      type: '/problems/duplicate',
      existingId: first.body['id'],
    })
    expect((await relate(s, b, 'restates', a)).status).toBe(201)
    expect((await relate(s, a, 'elaborates', b)).status).toBe(201)
  })

  test.each(['supersedes', 'incorporated-into', 'amends', 'annexed-to'])(
    'of the type %s cannot form a cycle, short or long',
    async (type) => {
      const s = await service()
      const ids: string[] = []
      for (let n = 0; n < 12; n++) ids.push(await agreement(s, `A${n}`))
      for (const [n, id] of ids.entries())
        if (n > 0) expect((await relate(s, id, type, ids[n - 1] ?? '')).status).toBe(201)
      const [first = ''] = ids
      for (const n of [1, 2, 7, 11]) {
        const { body } = await relate(s, first, type, ids[n] ?? '')
        expect(body, `${n}`).toMatchObject({ status: 422, errors: [{ pointer: '/targetId' }] })
      }
      // Two paths to the same record are not a cycle, nor is a relation of another type back.
      expect((await relate(s, ids[11] ?? '', type, first)).status).toBe(201)
      const other = type === 'supersedes' ? 'incorporated-into' : 'supersedes'
      expect((await relate(s, first, other, ids[11] ?? '')).status).toBe(201)
      expect((await relate(s, first, 'restates', ids[11] ?? '')).status).toBe(201)
      // A cycle can be closed elsewhere after one of its relations is deleted.
      const [middle] = (await get(s, `/v1/agreements/${ids[6]}/relations`))['data'].filter(
        ({ direction }: Body) => direction === 'outgoing',
      )
      await s.del(`/v1/agreements/${ids[6]}/relations/${middle.id}`)
      expect((await relate(s, ids[5] ?? '', type, ids[6] ?? '')).status).toBe(201)
    },
  )

  test('prevent the deletion of their target, and are deleted with their source', async () => {
    const s = await service()
    const [a, b] = [await proposal(s, 'A'), await agreement(s, 'B')]
    const { body } = await relate(s, a, 'became', b)
    expect((await s.del(`/v1/agreements/${b}`)).body).toMatchObject({
      status: 409,
      type: '/problems/referenced',
      referencedBy: [{ kind: 'relation', id: body['id'] }],
    })
    expect((await s.del(`/v1/proposals/${a}`)).status).toBe(204)
    expect((await get(s, `/v1/agreements/${b}/relations`))['data']).toEqual([])
    expect((await s.del(`/v1/agreements/${b}`)).status).toBe(204)
  })
})

describe('the lineage of a record', () => {
  test('is the same ordered chain from each of its records, from the first proposal to the treaty in force', async () => {
    const s = await service()
    const first = await proposal(s, 'First', { proposedOn: '2019' })
    const again = await proposal(s, 'Again', { proposedOn: '2019-06' })
    const more = await proposal(s, 'More', { proposedOn: '2020-01-15' })
    const part = await proposal(s, 'Merged', { proposedOn: '2020-01-15' })
    const draft = await agreement(s, 'Draft', {
      events: [
        { type: 'drafted', occurredOn: '2020-01-15' },
        { type: 'withdrawn', occurredOn: '2021' },
      ],
    })
    const treaty = await agreement(s, 'Treaty', {
      events: [
        { type: 'drafted', occurredOn: '2021-05-01' },
        { type: 'in-force', occurredOn: '2023-01-01' },
      ],
    })
    const named = await proposal(s, 'Named', { proposedOn: '2020-03-01' })
    const undated = await agreement(s, 'Undated')
    const unrelated = await proposal(s, 'Alone')
    const link = async (from: string, type: string, targetId: string) => {
      const path = from.startsWith('prp') ? 'proposals' : 'agreements'
      return (await create(s, `/v1/${path}/${from}/relations`, { type, targetId }))['id'] as string
    }
    const ids = [
      await link(again, 'restates', first),
      await link(more, 'elaborates', again),
      await link(part, 'incorporated-into', more),
      await link(more, 'became', draft),
      await link(treaty, 'supersedes', draft),
      await link(undated, 'elaborates', treaty),
      await link(named, 'became', treaty),
    ]
    const chain = [first, again, ...[more, part].sort(), draft, named, treaty, undated]
    let whole: Body | undefined
    for (const id of chain) {
      const path = id.startsWith('prp') ? 'proposals' : 'agreements'
      const lineage = await get(s, `/v1/${path}/${id}/lineage`)
      expect(lineage['data'].map((node: Body) => node['id'])).toEqual(chain)
      whole ??= lineage
      expect(lineage).toEqual(whole)
    }
    expect(whole?.['data'].map(({ title, status, date, kind }: Body) => [kind, title, status, date])).toEqual(
      expect.arrayContaining([
        ['proposal', 'First', null, '2019'],
        ['agreement', 'Draft', 'withdrawn', '2020-01-15'],
        ['agreement', 'Treaty', 'in-force', '2021-05-01'],
        ['agreement', 'Undated', null, null],
      ]),
    )
    const edges = whole?.['relations'] as Body[]
    expect(edges.map(({ relationId }) => relationId).sort()).toEqual([...ids].sort())
    expect(edges).toContainEqual({
      type: 'became',
      sourceId: named,
      targetId: treaty,
      relationId: ids.at(-1),
    })
    expect((await get(s, `/v1/proposals/${unrelated}/lineage`))['data'].map(({ id }: Body) => id)).toEqual([
      unrelated,
    ])
    expect((await get(s, `/v1/proposals/${unrelated}/lineage`))['relations']).toEqual([])
    await s.del(`/v1/proposals/${named}/relations/${ids.at(-1)}`)
    expect((await get(s, `/v1/proposals/${named}/lineage`))['data']).toHaveLength(1)
    expect((await get(s, `/v1/proposals/${first}/lineage`))['data']).toHaveLength(chain.length - 1)
  })

  test('in the seed connects the proposal of 2022 with the draft that implements it', async () => {
    const s = await service({ seed: true })
    const [draft] = (await get(s, '/v1/agreements'))['data'] as Body[]
    const lineage = await get(s, `/v1/agreements/${draft?.['id']}/lineage`)
    expect(lineage['data'].map(({ kind }: Body) => kind)).toEqual(['proposal', 'agreement'])
    expect(lineage['relations']).toMatchObject([{ type: 'implements', sourceId: draft?.['id'] }])
  })

  test('lists every record of a cycle once', async () => {
    const s = await service()
    const [a, b, c] = [await proposal(s, 'A'), await proposal(s, 'B'), await proposal(s, 'C')]
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, a],
    ] as const)
      await create(s, `/v1/proposals/${from}/relations`, { type: 'restates', targetId: to })
    const lineage = await get(s, `/v1/proposals/${b}/lineage`)
    expect(lineage['data'].map(({ id }: Body) => id)).toEqual([a, b, c].sort())
    expect(lineage['relations']).toHaveLength(3)
  })
})
