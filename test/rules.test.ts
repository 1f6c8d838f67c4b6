// What records say together: contributors and their posts, other names, parts in the body of a POST, meetings, statements.
import { describe, expect, test } from 'vitest'
import { service } from './helpers/app.ts'
import { oneOfEach } from './helpers/bodies.ts'
import { create } from './helpers/requests.ts'

let count = 0

/** A text of its own, so that no record is taken for a duplicate. */
const words = () => `Words ${count++}`

/** A service with one record of each kind, and a post of the speaker from 2012-11-06 to 2024-05. */
async function withPost() {
  const s = await service()
  const ids = await oneOfEach(s)
  const speaker = `/v1/speakers/${ids.speaker}`
  const post = { role: 'Minister', stateCode: ids.state, startDate: '2012-11-06', endDate: '2024-05' }
  const membership = await create(s, `${speaker}/memberships`, post)
  return { s, ids, membershipId: membership['id'] as string }
}

describe('a contributor', () => {
  test('is a person, a state, a body or a collective; otherwise 422 names the entry', async () => {
    const { s, ids, membershipId } = await withPost()
    const wrong: [entry: object, pointer: string][] = [
      [{}, ''],
      [{ attributionText: 'The participants' }, ''],
      [{ collective: 'members' }, '/organizationId'],
      [{ collective: 'participants' }, '/collective'],
      [{ collective: 'members', organizationId: ids.organization, speakerId: ids.speaker }, '/collective'],
      [{ stateCode: ids.state, membershipId }, '/membershipId'],
    ]
    for (const [path, role, rest] of [
      ['proposals', 'proposer', { summary: 'P' }],
      ['agreements', 'author', { kind: 'declaration' }],
      ['statements', 'spokesperson', { kind: 'direct' }],
    ] as const) {
      const post = (entry: object) =>
        s.post(`/v1/${path}`, {
          ...rest,
          [path === 'statements' ? 'text' : 'title']: words(),
          contributors: [
            { role, speakerId: ids.speaker },
            { role, ...entry },
          ],
        })
      for (const [entry, pointer] of wrong)
        expect((await post(entry)).body, `${path} ${JSON.stringify(entry)}`).toMatchObject({
          status: 422,
          errors: [{ pointer: `/contributors/1${pointer}` }],
        })
      for (const entry of [
        { collective: 'members', organizationId: ids.organization },
        { speakerId: ids.speaker, stateCode: ids.state, organizationId: ids.organization, membershipId },
      ])
        expect((await post(entry)).body['contributors'], path).toMatchObject([{}, { role, ...entry }])
      expect((await post({ role: 'chair', stateCode: ids.state })).status, path).toBe(400)
    }
  })

  test('of a record with a meeting may be all participants', async () => {
    const { s, ids } = await withPost()
    const contributors = [{ role: 'author', collective: 'participants' }]
    const url = `/v1/statements/${(await create(s, '/v1/statements', { contributors, kind: 'reported', text: 'S', meetingId: ids.meeting }))['id']}`
    expect((await s.patch(url, { meetingId: null })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/contributors/0/collective' }],
    })
  })

  test('acts in a post of their own that was not certainly over, or yet to begin, on the day', async () => {
    const { s, ids, membershipId } = await withPost()
    const other = (await create(s, '/v1/speakers', { name: 'Another' }))['id']
    const post = (speakerId: string, date: string | null) =>
      s.post('/v1/statements', {
        contributors: [{ role: 'author', speakerId, membershipId }],
        kind: 'direct',
        text: words(),
        date,
      })
    for (const date of [
      null,
      '2012-11-06',
      '2012-11',
      '2012',
      '2024-05-31',
      '2024-05~',
      '[2012..2013]',
      '2024',
    ])
      expect((await post(ids.speaker, date)).status, String(date)).toBe(201)
    for (const date of ['2012-11-05', '2012-10', '2024-06', '2025', '[..2012-11-05]'])
      expect((await post(ids.speaker, date)).body, date).toMatchObject({
        status: 422,
        errors: [{ pointer: '/contributors/0/membershipId' }],
      })
    expect((await post(other, null)).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/contributors/0/membershipId', detail: `The post is held by ${ids.speaker}.` }],
    })
    const chaired = {
      name: words(),
      startDate: '2025',
      participants: [{ role: 'chair', speakerId: ids.speaker, membershipId }],
    }
    expect((await s.post('/v1/meetings', chaired)).status).toBe(422)
    expect((await s.post('/v1/meetings', { ...chaired, startDate: '2024' })).status).toBe(201)
  })
})

describe('other names', () => {
  test.each([
    [
      'twice for a language',
      [
        { name: 'A', language: 'ru' },
        { name: 'A', language: 'ru' },
      ],
      '/1',
    ],
    ['twice without one', [{ name: 'A' }, { name: 'A', type: 'former' }], '/1'],
    ['official, without a language', [{ name: 'A', type: 'official' }], '/0/language'],
    [
      'two translations into a language',
      [
        { name: 'A', language: 'zh-hans', type: 'translation' },
        { name: 'B', language: 'zh-Hans', type: 'translation' },
      ],
      '/1',
    ],
  ])('are rejected: %s', async (_, otherNames, pointer) => {
    const s = await service()
    for (const body of [
      { path: 'speakers', name: 'N' },
      { path: 'organizations', name: 'N', classification: 'organ' },
      { path: 'states', code: 'ZZ', name: 'N' },
      { path: 'meetings', name: 'N', startDate: '2022' },
      { path: 'proposals', title: 'N' },
      { path: 'agreements', title: 'N', kind: 'treaty' },
      { path: 'topics', slug: 'n', prefLabel: 'N' },
      { path: 'sources', title: 'N', language: 'en', text: 'Text.' },
    ]) {
      const { path, ...rest } = body
      expect((await s.post(`/v1/${path}`, { ...rest, otherNames })).body, path).toMatchObject({
        status: 422,
        errors: [{ pointer: `/otherNames${pointer}` }],
      })
    }
  })

  test('have the canonical form of their language, and the type `alternative` by default', async () => {
    const s = await service()
    const otherNames = [{ name: 'ШОС', language: 'RU' }, { name: 'ШОС', language: 'kk' }, { name: 'SCO' }]
    const { otherNames: stored } = await create(s, '/v1/speakers', { name: 'N', otherNames })
    expect(stored).toEqual([
      { name: 'ШОС', language: 'ru', type: 'alternative' },
      { name: 'ШОС', language: 'kk', type: 'alternative' },
      { name: 'SCO', language: null, type: 'alternative' },
    ])
    expect((await s.post('/v1/speakers', { name: 'N', otherNames: ['SCO'] })).status).toBe(400)
  })
})

describe('parts in the body of a POST', () => {
  test('are created with their record and with their evidence, or nothing is', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const evidence = [{ sourceId: ids.source, motivation: 'quote', exact: 'The text' }]
    const body = {
      title: 'P',
      events: [{ type: 'adopted', occurredOn: '2022' }],
      positions: [{ stateCode: ids.state, position: 'supported', evidence }],
      relations: [{ type: 'elaborates', targetId: ids.proposal }],
      evidence,
    }
    const before = await s.rows()
    const wrong = evidence.map((one) => ({ ...one, exact: 'Not there' }))
    const positions = [{ ...body.positions[0], evidence: wrong }]
    expect((await s.post('/v1/proposals', { ...body, positions })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/positions/0/evidence/0/exact' }],
    })
    expect(await s.rows()).toEqual(before)
    const doc = await create(s, '/v1/proposals', body)
    expect(doc).toMatchObject({ status: 'adopted', support: 'single-source' })
    for (const [path, list] of [
      ['events', 'data'],
      ['positions', 'records'],
      ['relations', 'data'],
    ] as const)
      expect((await s.get(`/v1/proposals/${doc['id']}/${path}`)).body[list], path).toHaveLength(1)
    expect((await s.get(`/v1/proposals/${doc['id']}`)).body).toEqual(doc)
  })

  test('are not among the fields of the record, so PATCH refuses them', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/speakers', { name: 'S' })
    for (const part of ['memberships', 'evidence'])
      expect((await s.patch(`/v1/speakers/${id}`, { [part]: [] })).body, part).toMatchObject({
        status: 400,
        errors: [{ pointer: `/${part}` }],
      })
    expect((await s.post('/v1/speakers', { name: 'S', events: [] })).status).toBe(400)
  })
})

describe('a membership', () => {
  test('of a state is in an organization, with one of the roles of states', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const url = `/v1/states/${ids.state}/memberships`
    const own = { organizationId: ids.organization, role: 'member' }
    for (const [change, pointer] of [
      [{ role: 'Minister' }, '/role'],
      [{ organizationId: null }, '/organizationId'],
      [{ stateCode: ids.state }, '/stateCode'],
      [{ startDate: '2022', endDate: '2021' }, '/endDate'],
    ] as const)
      expect((await s.post(url, { ...own, ...change })).body, pointer).toMatchObject({
        status: 422,
        errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
      })
    for (const role of ['member', 'observer', 'dialogue-partner', 'partner', 'chair', 'applicant'])
      await create(s, url, { ...own, role })
  })

  test('of a person or a body names a body or a state', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const holder of [`/v1/speakers/${ids.speaker}`, `/v1/organizations/${ids.organization}`]) {
      expect((await s.post(`${holder}/memberships`, { role: 'R' })).body, holder).toMatchObject({
        status: 422,
        errors: [{ pointer: '/organizationId' }],
      })
      await create(s, `${holder}/memberships`, { role: 'R', organizationId: ids.organization })
    }
    await create(s, `/v1/speakers/${ids.speaker}/memberships`, { role: 'R', stateCode: ids.state })
    expect((await s.post(`/v1/proposals/${ids.proposal}/memberships`, { role: 'R' })).status).toBe(404)
  })

  test('cannot be deleted while a contributor acted in it', async () => {
    const { s, ids, membershipId } = await withPost()
    const { id } = await create(s, '/v1/proposals', {
      title: 'P',
      contributors: [{ role: 'proposer', speakerId: ids.speaker, membershipId }],
    })
    const url = `/v1/speakers/${ids.speaker}/memberships/${membershipId}`
    expect((await s.del(url)).body).toMatchObject({ status: 409, referencedBy: [{ kind: 'proposal', id }] })
    await s.patch(`/v1/proposals/${id}`, { contributors: [] })
    expect((await s.del(url)).status).toBe(204)
  })
})

describe('a meeting', () => {
  test('has a number that is unique for its organization and classification', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const numbered = {
      name: 'M',
      startDate: '2022',
      organizationId: ids.organization,
      classification: 'council',
      ordinal: 9,
    }
    const { id } = await create(s, '/v1/meetings', numbered)
    expect((await s.post('/v1/meetings', numbered)).body).toMatchObject({
      status: 409,
      type: '/problems/duplicate',
      existingId: id,
      errors: [{ pointer: '/ordinal' }],
    })
    const summit = await create(s, '/v1/meetings', { ...numbered, classification: 'summit' })
    await create(s, '/v1/meetings', { ...numbered, ordinal: 10 })
    const url = `/v1/meetings/${summit['id']}`
    expect((await s.patch(url, { classification: 'council' })).body).toMatchObject({
      status: 409,
      existingId: id,
    })
    expect((await s.patch(url, { name: 'Summit' })).status).toBe(200)
    expect(
      (await s.post('/v1/meetings', { ...numbered, name: 'N', organizationId: null })).body,
    ).toMatchObject({
      status: 422,
      errors: [{ pointer: '/organizationId' }],
    })
  })

  test('that is a part of another takes place during it; a bilateral or a visit up to a day around it', async () => {
    const s = await service()
    const parent = await create(s, '/v1/meetings', {
      name: 'M',
      startDate: '2022-09-15',
      endDate: '2022-09-16',
    })
    const part = (startDate: string, classification: string | null = null) =>
      s.post('/v1/meetings', { name: words(), startDate, classification, parentId: parent['id'] })
    for (const [day, classification] of [
      ['2022-09-15'],
      ['2022-09-16'],
      ['2022'],
      ['2022-09~'],
      ['[..2022-09-15]'],
      ['2022-09-14', 'bilateral'],
      ['2022-09-17', 'visit'],
    ] as const)
      expect((await part(day, classification)).status, day).toBe(201)
    for (const [day, classification] of [
      ['2022-09-14'],
      ['2022-09-17', 'plus'],
      ['2022-10'],
      ['2022-09-18', 'bilateral'],
    ] as const)
      expect((await part(day, classification)).body, day).toMatchObject({
        status: 422,
        errors: [{ pointer: '/startDate' }],
      })
  })

  test('can be moved before its parts, which can still be corrected', async () => {
    const s = await service()
    const [parent, part] = ['M', 'Part'].map((name) => ({ name, startDate: '2022-09-15' }))
    const { id } = await create(s, '/v1/meetings', parent)
    const url = `/v1/meetings/${(await create(s, '/v1/meetings', { ...part, parentId: id }))['id']}`
    expect((await s.patch(`/v1/meetings/${id}`, { startDate: '2023-05-05' })).status).toBe(200)
    expect((await s.patch(url, { city: 'Astana' })).status).toBe(200)
    expect((await s.patch(url, { startDate: '2022-09-16' })).status).toBe(422)
    expect((await s.patch(url, { startDate: '2023-05-05' })).status).toBe(200)
  })
})

describe('a statement', () => {
  test('has the day of its meeting if that has one certain day', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const [fields, date] of [
      [{ startDate: '2022-08-24' }, '2022-08-24'],
      [{ startDate: '2022-08-24', endDate: '2022-08-24' }, '2022-08-24'],
      [{ startDate: '2022-08-24', endDate: '2022-08-25' }, null],
      [{ startDate: '2022-08' }, null],
      [{ startDate: '2022-08-24?' }, null],
    ] as const) {
      const meetingId = (await create(s, '/v1/meetings', { name: words(), ...fields }))['id']
      const body = {
        contributors: [{ role: 'author', stateCode: ids.state }],
        kind: 'direct',
        text: words(),
        meetingId,
      }
      expect((await create(s, '/v1/statements', body))['date'], JSON.stringify(fields)).toBe(date)
      expect((await create(s, '/v1/statements', { ...body, text: words(), date: '2022' }))['date']).toBe(
        '2022',
      )
    }
  })
})
