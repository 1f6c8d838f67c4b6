// POST /v1/reports: a whole report in one request. Existing records are matched, and all of it is written or nothing.

import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { SECTIONS } from '../src/features/reports/write.ts'
import { type Service, service } from './helpers/app.ts'
import { type Body, kinds, leastBody, oneOfEach, pathOf } from './helpers/bodies.ts'
import { testOnce } from './helpers/database.ts'
import { create, get } from './helpers/requests.ts'

const TEXT =
  'Tashkent, 24 August 2022. The minister proposed to exercise together. He announced a draft. He said “peace is a priority”. He said it twice.'

const source = (more: Body = {}): Body => ({ title: 'A report', language: 'en', text: TEXT, ...more })

/** A report with one item of each kind and one part of each kind, with quotes and references by key. */
const whole = (): Body => ({
  source: source({ key: 'src', publisherId: '=agency', evidence: [{ exact: 'Tashkent' }] }),
  states: [
    { key: 'zz', code: 'ZZ', name: 'Zedland', memberships: [{ organizationId: '=body', role: 'member' }] },
  ],
  topics: [
    { key: 'security', slug: 'security', prefLabel: 'Security' },
    {
      key: 'drills',
      slug: 'drills',
      prefLabel: 'Drills',
      broaderId: '=security',
      evidence: [{ exact: 'exercise' }],
    },
  ],
  organizations: [
    { key: 'agency', name: 'The agency', classification: 'news-agency' },
    { key: 'body', name: 'The body', classification: 'organ' },
    { key: 'council', name: 'The council', classification: 'organ', parentId: '=body' },
  ],
  speakers: [
    {
      key: 'minister',
      name: 'The minister',
      memberships: [
        { key: 'post', role: 'Minister', organizationId: '=body', evidence: [{ exact: 'The minister' }] },
      ],
      evidence: [{ exact: 'The minister', note: 'Who.' }],
    },
  ],
  meetings: [
    {
      key: 'met',
      name: 'The meeting',
      startDate: '2022-08-24',
      organizationId: '=council',
      agenda: [{ position: 1, title: 'Drills', topicIds: ['=drills'] }],
      participants: [{ role: 'member', speakerId: '=minister' }],
      evidence: [{ exact: 'Tashkent, 24 August 2022' }],
    },
  ],
  agreements: [
    {
      key: 'draft',
      title: 'The draft',
      kind: 'agreement',
      topicIds: ['=security', 'drills'],
      texts: [{ sourceId: '=src' }],
      evidence: [
        { exact: 'He announced a draft', assertion: 'announced' },
        { exact: 'exercise', field: '/topicIds', value: 'drills' },
      ],
    },
  ],
  proposals: [
    {
      key: 'together',
      title: 'Exercise together',
      contributors: [
        { role: 'proposer', speakerId: '=minister', organizationId: '=body', membershipId: '=post' },
      ],
      meetingId: '=met',
      addresseeId: '=council',
      topicIds: ['=drills'],
      events: [
        {
          key: 'proposed',
          type: 'proposed',
          occurredOn: '2022-08-24',
          meetingId: '=met',
          evidence: [{ exact: 'proposed to exercise together', assertion: 'proposed' }],
        },
        { type: 'adopted', occurredOn: '2022-08-25' },
      ],
      positions: [{ organizationId: '=agency', position: 'supported', statedOn: '2022-08-24' }],
      relations: [{ type: 'became', targetId: '=draft', evidence: [{ exact: 'a draft' }] }],
      evidence: [{ exact: 'proposed to exercise together', assertion: 'proposed' }],
    },
    { key: 'part', title: 'A part of it', proposedOn: '2022-08-24', parentId: '=together' },
  ],
  statements: [
    {
      key: 'said',
      contributors: [{ role: 'author', speakerId: '=minister' }],
      meetingId: '=met',
      kind: 'direct',
      text: 'peace is a priority',
      evidence: [
        { exact: 'peace is a priority' },
        { exact: 'He said', suffix: ' “peace' },
        { exact: 'Tashkent', motivation: 'inference', note: 'Where.' },
      ],
    },
  ],
})

const send = (s: Service, report: Body, headers: Record<string, string> = {}) =>
  s.post('/v1/reports', report, headers)

async function sent(s: Service, report: Body) {
  const response = await send(s, report)
  expect([200, 201], response.text).toContain(response.status)
  return response
}

/** Sends one item, and returns its outcome. */
async function told(s: Service, section: string, item: Body): Promise<Body> {
  const { body } = await sent(s, { source: source(), [section]: [item] })
  return body['data'].find((one: Body) => one['section'] === section)
}

/** The outcomes of the items of a section. */
const outcomes = (body: Body, section: string): string[] =>
  body['data'].filter((one: Body) => one['section'] === section).map((one: Body) => one['outcome'])

const total = async (s: Service, path: string) =>
  (await get(s, `/v1/${path}?count=exact&limit=1`))['page']['total']

describe('one request', () => {
  test('creates all records of a report, with their parts, quotes and references by key', async () => {
    const s = await service()
    const { status, headers, body } = await send(s, whole())
    expect(status, JSON.stringify(body)).toBe(201)
    expect(headers['location']).toBe(`/v1/sources/${body['sourceId']}`)
    const records = new Map<string, Body>()
    for (const { key, path, id, outcome } of body['data']) {
      expect(outcome).toBe('created')
      const doc = await get(s, path)
      expect(doc['id'] ?? doc['code']).toBe(id)
      records.set(key, doc)
    }
    const id = (key: string) => records.get(key)?.['id']
    const partsOf = (key: string) => body['data'].find((one: Body) => one['key'] === key)['parts'] as Body[]
    const [post] = partsOf('minister')
    expect(records.get('src')).toMatchObject({ id: body['sourceId'], publisherId: id('agency'), text: TEXT })
    expect((await get(s, '/v1/memberships?holder=ZZ'))['data']).toMatchObject([
      { recordKind: 'state', organizationId: id('body'), role: 'member' },
    ])
    expect(records.get('drills')).toMatchObject({ broaderId: id('security') })
    expect(records.get('council')).toMatchObject({ parentId: id('body'), support: 'unsupported' })
    expect(records.get('minister')).toMatchObject({ support: 'single-source' })
    expect(records.get('met')).toMatchObject({
      organizationId: id('council'),
      agenda: [{ topicIds: [id('drills')] }],
      participants: [{ speakerId: id('minister') }],
    })
    expect(records.get('draft')).toMatchObject({
      topicIds: [id('security'), id('drills')],
      texts: [{ sourceId: body['sourceId'], authentic: null }],
    })
    expect(records.get('together')).toMatchObject({
      status: 'adopted',
      proposedOn: '2022-08-24',
      contributors: [{ speakerId: id('minister'), organizationId: id('body'), membershipId: post?.['id'] }],
      meetingId: id('met'),
      addresseeId: id('council'),
      topicIds: [id('drills')],
      support: 'single-source',
    })
    expect(partsOf('together').map(({ list, index, outcome }) => [list, index, outcome])).toEqual([
      ['events', 0, 'created'],
      ['events', 1, 'created'],
      ['positions', 0, 'created'],
      ['relations', 0, 'created'],
    ])
    expect((await get(s, `/v1/proposals/${id('together')}/relations`))['data']).toMatchObject([
      { type: 'became', targetId: id('draft'), support: 'single-source' },
    ])
    expect((await get(s, `/v1/proposals/${id('together')}/events`))['data']).toMatchObject([
      { type: 'proposed', meetingId: id('met'), support: 'single-source' },
      { type: 'adopted', meetingId: null, support: 'unsupported' },
    ])
    expect(records.get('part')).toMatchObject({ parentId: id('together'), support: 'unsupported' })
    expect(records.get('said')).toMatchObject({ meetingId: id('met'), date: '2022-08-24' })
    const quotes = (await get(s, `/v1/statements/${id('said')}/evidence`))['data'] as Body[]
    expect(
      quotes.map(({ exact, start, end, motivation, assertion, sourceId }) => [
        exact,
        [...TEXT].slice(start, end).join(''),
        motivation,
        assertion,
        sourceId === body['sourceId'],
      ]),
    ).toEqual([
      ['peace is a priority', 'peace is a priority', 'quote', 'reported', true],
      ['He said', 'He said', 'quote', 'reported', true],
      ['Tashkent', 'Tashkent', 'inference', 'reported', true],
    ])
    expect(quotes[1]?.['start']).toBe(TEXT.indexOf('He said “'))
  })

  test('returns the records in the order of creation, all with the same time and author', async () => {
    const s = await service()
    const { body } = await sent(s, whole())
    expect([...new Set(body['data'].map(({ section }: Body) => section))]).toEqual([
      'states',
      'topics',
      'organizations',
      'source',
      'speakers',
      'meetings',
      'agreements',
      'proposals',
      'statements',
    ])
    const feed = (await get(s, '/v1/changes?limit=1000'))['data'] as Body[]
    const ids = new Set(body['data'].map(({ id }: Body) => id))
    const created = feed.filter(({ op, id }) => op === 'create' && ids.has(id)).map(({ id }) => id)
    expect(created).toEqual([...ids])
    expect(new Set(feed.map(({ at, actor }) => `${at} ${actor.id}`)).size).toBe(1)
  })

  test('can contain only a source; records can refer to existing ones by id, code and slug', async () => {
    const s = await service()
    expect((await sent(s, { source: source() })).body['data']).toHaveLength(1)
    await create(s, '/v1/states', { code: 'ZZ', name: 'Z' })
    const topic = (await create(s, '/v1/topics', { slug: 'known', prefLabel: 'Known' }))['id']
    const speakerId = (await create(s, '/v1/speakers', { name: 'K' }))['id']
    const { path } = await told(s, 'proposals', {
      title: 'P',
      contributors: [{ role: 'proposer', speakerId, stateCode: 'ZZ' }],
      topicIds: ['known', topic],
    })
    expect(await get(s, path)).toMatchObject({
      contributors: [{ speakerId, stateCode: 'ZZ' }],
      topicIds: [topic],
    })
  })

  test('resolves keys in the values of evidence, and refuses those of no item', async () => {
    const s = await service()
    const quoted = (speakerId: string): Body => {
      const report = whole()
      const value = { role: 'author', speakerId }
      report['statements'][0].evidence = [
        { exact: 'He said', suffix: ' “peace', field: '/contributors', value },
      ]
      return report
    }
    const refused = await send(s, quoted('=nobody'))
    expect(refused.status).toBe(422)
    expect(JSON.stringify(refused.body['errors'])).toContain('/statements/0/evidence/0')
    const { body } = await sent(s, quoted('=minister'))
    const id = (key: string) => body['data'].find((one: Body) => one['key'] === key)['id']
    const [claim] = (await get(s, `/v1/statements/${id('said')}/claims?field=/contributors`))['data']
    expect(claim).toMatchObject({ value: { speakerId: id('minister') }, support: 'single-source' })
  })

  test('treats text that looks like a key as text', async () => {
    const s = await service()
    const { body } = await sent(s, {
      source: source({ title: '=minister' }),
      speakers: [{ key: 'minister', name: 'The minister' }],
      statements: [
        {
          contributors: [{ role: 'author', speakerId: '=minister', attributionText: '=minister' }],
          kind: 'direct',
          text: '=minister',
        },
      ],
    })
    const statement = await get(s, body['data'].at(-1).path)
    expect(statement).toMatchObject({
      text: '=minister',
      contributors: [{ speakerId: body['data'].at(-2).id, attributionText: '=minister' }],
    })
  })
})

describe('an existing record', () => {
  test('is matched by identifier in each kind, whatever its name', async () => {
    const s = await service()
    const identifiers = [{ scheme: 'wikidata', identifier: 'Q1' }]
    const others = [{ scheme: 'wikidata', identifier: 'Q2' }]
    const cases: Record<string, [path: string, initial: Body, again: Body]> = {
      topics: ['topics', { slug: 'a', prefLabel: 'A' }, { slug: 'b', prefLabel: 'B' }],
      organizations: [
        'organizations',
        { name: 'A', classification: 'organ' },
        { name: 'B', classification: 'other' },
      ],
      speakers: ['speakers', { name: 'A' }, { name: 'B' }],
      meetings: ['meetings', { name: 'A', startDate: '2022' }, { name: 'B', startDate: '2023' }],
      agreements: ['agreements', { title: 'A', kind: 'treaty' }, { title: 'B', kind: 'charter' }],
      proposals: ['proposals', { title: 'A', proposedOn: '2022' }, { title: 'B', proposedOn: '2023' }],
    }
    for (const [section, [path, initial, again]] of Object.entries(cases)) {
      const { id } = await create(s, `/v1/${path}`, { ...initial, identifiers })
      expect((await told(s, section, { ...again, identifiers }))['id'], section).toBe(id)
      expect(await told(s, section, { ...again, slug: undefined, identifiers }), section).toMatchObject({
        id,
      })
      const other = { ...again, ...(section === 'topics' && { slug: 'c', prefLabel: 'C' }) }
      expect((await told(s, section, { ...other, identifiers: others }))['outcome'], section).toBe('created')
    }
  })

  test.each<[string, Body, string[], string[]]>([
    [
      'speakers',
      {
        name: 'Recep Tayyip Erdoğan',
        otherNames: ['Сергей Шойгу', 'Łukasz Ångström', '习近平'].map((name) => ({ name })),
      },
      [
        'Recep Tayyip Erdoğan',
        'RECEP TAYYIP ERDOGAN',
        '  recep   tayyip-erdoğan. ',
        'Сергей Шойгу',
        'СЕРГЕЙ ШОЙГУ',
        'сергей шоигу',
        'Lukasz Angstrom',
        '习近平',
      ],
      ['Recep Erdoğan', 'Recep Tayyip Erdoğan Jr', 'Шойгу', '近平', 'Сергей Лавров'],
    ],
    [
      'organizations',
      { name: 'Shanghai Cooperation Organisation', otherNames: [{ name: 'ШОС' }], abbreviation: 'SCO' },
      ['sco', 'шос', 'SHANGHAI COOPERATION ORGANISATION', '“SCO”'],
      ['Council of the SCO', 'Shanghai', 'SCO Secretariat'],
    ],
  ])(
    'among %s is matched by any of its names, ignoring case, diacritics and punctuation',
    async (section, existing, same, other) => {
      const s = await service()
      const rest = section === 'organizations' ? { classification: 'organ' } : {}
      const { id } = await create(s, `/v1/${section}`, { ...existing, ...rest })
      for (const name of same)
        expect([name, (await told(s, section, { name, ...rest }))['id']]).toEqual([name, id])
      for (const name of other)
        expect([name, (await told(s, section, { name, ...rest }))['outcome']]).toEqual([name, 'created'])
    },
  )

  test('is matched by another name of the item or its abbreviation, and among many names that contain its own', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/organizations', { name: 'The SCO', classification: 'organ' })
    const item = { name: 'The organisation', classification: 'organ' }
    const otherNames = [{ name: 'X' }, { name: 'the sco' }]
    expect((await told(s, 'organizations', { ...item, otherNames }))['id']).toBe(id)
    expect((await told(s, 'organizations', { ...item, abbreviation: 'THE SCO' }))['id']).toBe(id)
    const crowd = Array.from({ length: 150 }, (_, n) => ({
      name: `Ministry ${n}`,
      classification: 'ministry',
    }))
    await sent(s, { source: source(), organizations: crowd })
    const ministry = await create(s, '/v1/organizations', { name: 'Ministry', classification: 'ministry' })
    expect((await told(s, 'organizations', { name: 'MINISTRY' }))['id']).toBe(ministry['id'])
    const topic = (await create(s, '/v1/topics', { slug: 'counter-uav', prefLabel: 'Drones' }))['id']
    expect((await told(s, 'topics', { slug: 'x', prefLabel: 'drones' }))['id']).toBe(topic)
    expect((await told(s, 'topics', { slug: 'counter-uav', prefLabel: 'Other' }))['id']).toBe(topic)
  })

  test('is not matched with another kind, by a name without words, or by one that differs in a symbol', async () => {
    const s = await service()
    await create(s, '/v1/speakers', { name: 'Same' })
    await create(s, '/v1/organizations', { name: '!!!', classification: 'organ' })
    const names = ['Same', '???', 'Group C', 'Group C+', 'Group C#', 'group c']
    const organizations = names.map((name) => ({ name, classification: 'organ' }))
    const { body } = await sent(s, { source: source(), organizations })
    expect(outcomes(body, 'organizations')).toEqual([...Array(5).fill('created'), 'matched'])
  })

  test('is not matched with a namesake that has another identifier, nor after it was deleted or renamed', async () => {
    const s = await service()
    const speaker = (identifier: string) => ({
      name: 'Ann Bell',
      identifiers: [{ scheme: 'register', identifier }],
    })
    const twice = { source: source(), speakers: [speaker('301'), speaker('302')] }
    expect(outcomes((await sent(s, twice)).body, 'speakers')).toEqual(['created', 'created'])
    expect(outcomes((await sent(s, twice)).body, 'speakers')).toEqual(['matched', 'matched'])
    const gone = (await create(s, '/v1/speakers', { name: 'Gone' }))['id']
    await s.del(`/v1/speakers/${gone}`)
    const renamed = (await create(s, '/v1/speakers', { name: 'Before' }))['id']
    await s.patch(`/v1/speakers/${renamed}`, { name: 'After' })
    const speakers = ['Gone', 'Before', 'After'].map((name) => ({ name }))
    const { body } = await sent(s, { source: source(), speakers })
    expect(outcomes(body, 'speakers')).toEqual(['created', 'created', 'matched'])
  })

  test('may be created by another item of the same report, and is referenced by the key of either', async () => {
    const s = await service()
    const { body } = await sent(s, {
      source: source(),
      speakers: [{ name: 'A B' }, { key: 'k', name: 'a b' }],
      statements: [{ contributors: [{ role: 'author', speakerId: '=k' }], kind: 'reported', text: 'T' }],
    })
    expect(outcomes(body, 'speakers')).toEqual(['created', 'matched'])
    expect(await total(s, 'speakers')).toBe(1)
    const { contributors } = await get(s, body['data'].at(-1).path)
    expect(contributors).toMatchObject([{ speakerId: body['data'][1].id }])
  })

  test('gets what it lacks: empty fields, entries of lists, another name, parts and evidence; what differs is named', async () => {
    const s = await service()
    const created = await create(s, '/v1/organizations', {
      name: 'The council',
      classification: 'organ',
      abbreviation: 'TC',
      seat: 'Beijing',
      otherNames: [{ name: 'Совет', language: 'ru', type: 'official' }],
    })
    const outcome = await told(s, 'organizations', {
      name: 'Council of Tests',
      abbreviation: 'TC',
      classification: 'other',
      seat: 'beijing',
      foundingDate: '2001',
      otherNames: [{ name: 'Совет' }, { name: '理事会', language: 'zh-Hans' }],
      identifiers: [{ scheme: 'x', identifier: '1' }],
      evidence: [{ exact: 'Tashkent', field: '/seat' }, { exact: 'The minister' }],
    })
    expect(outcome).toMatchObject({
      id: created['id'],
      outcome: 'updated',
      filled: ['/foundingDate'],
      added: { otherNames: 2, identifiers: 1, evidence: 2 },
    })
    expect(outcome['differences']).toMatchObject([
      { field: '/classification', record: 'organ', report: 'other', evidenceId: null },
      { field: '/seat', record: 'Beijing', report: 'beijing', evidenceId: expect.stringMatching(/^evd_/) },
    ])
    expect(await get(s, `/v1/organizations/${created['id']}`)).toMatchObject({
      name: 'The council',
      classification: 'organ',
      seat: 'Beijing',
      foundingDate: '2001',
      otherNames: [
        { name: 'Совет', language: 'ru', type: 'official' },
        { name: '理事会', language: 'zh-Hans' },
        { name: 'Council of Tests', language: null, type: 'alternative' },
      ],
      support: 'single-source',
      disputed: [],
    })
  })

  test('has its parts filled too, and what differs in a part is named with its id', async () => {
    const s = await service()
    const meetingId = (await create(s, '/v1/meetings', { name: 'M', startDate: '2022-08-24' }))['id']
    const proposer = { role: 'proposer', collective: 'participants' }
    const item = { title: 'P', meetingId, contributors: [proposer] }
    const event = { type: 'proposed', occurredOn: '2022-08', note: 'One.' }
    const first = await told(s, 'proposals', {
      ...item,
      contributors: [],
      proposedOn: '2022-08',
      events: [event],
    })
    const again = await told(s, 'proposals', {
      ...item,
      id: first['id'],
      events: [{ ...event, occurredOn: '2022-08-24', meetingId, note: 'Another.' }],
    })
    expect(again['parts']).toMatchObject([
      {
        list: 'events',
        index: 0,
        id: first['parts'][0].id,
        outcome: 'updated',
        filled: ['/meetingId'],
        differences: [
          { field: '/occurredOn', record: '2022-08', report: '2022-08-24' },
          { field: '/note', record: 'One.', report: 'Another.' },
        ],
      },
    ])
    expect(again).toMatchObject({ outcome: 'updated', added: { contributors: 1 } })
  })

  test('names other proposals of the same meeting and proposer as similar', async () => {
    const s = await service()
    const { body } = await sent(s, {
      source: source(),
      speakers: [
        { key: 'a', name: 'A' },
        { key: 'b', name: 'B' },
      ],
      meetings: [{ key: 'm', name: 'M', startDate: '2022' }],
      proposals: ['a', 'a', 'b'].map((who, n) => ({
        title: `P ${n}`,
        meetingId: '=m',
        contributors: [{ role: 'proposer', speakerId: `=${who}` }],
      })),
    })
    const proposals = body['data'].filter((one: Body) => one['section'] === 'proposals')
    expect(proposals.map(({ similar }: Body) => similar)).toEqual([[], [proposals[0].id], []])
  })
})

/** Items that are recognised by something else than their name, and parts that only a detail tells apart. */
const unusual = (oldId: string, bodyId: string): Body => ({
  source: source({
    key: 'source',
    relations: [{ type: 'retracts', targetId: oldId, evidence: [{ exact: 'He said it twice' }] }],
    evidence: [{ exact: 'Tashkent', motivation: 'inference', note: 'Where.' }],
  }),
  states: [
    {
      key: 'zz',
      code: 'ZZ',
      memberships: [{ organizationId: bodyId, role: 'chair', startDate: '2024', endDate: '2025' }],
      evidence: [{ exact: 'Tashkent', field: '/name', value: 'Zedland' }],
    },
  ],
  topics: [
    {
      key: 'topic',
      slug: 'drills',
      prefLabel: 'Drills',
      evidence: [{ exact: 'exercise', locator: { label: 'page', value: '4' } }],
    },
  ],
  organizations: [
    {
      key: 'paper',
      name: 'The Paper',
      classification: 'newspaper',
      memberships: [{ organizationId: bodyId, role: 'observer' }],
      relations: [{ type: 'established-by', targetId: '=draft' }],
    },
  ],
  speakers: [
    {
      key: 'spokesperson',
      name: 'A Spokesperson',
      otherNames: [{ name: 'Спикер', language: 'RU' }],
      memberships: [
        { key: 'post', organizationId: '=paper', role: 'Spokesperson' },
        { organizationId: '=paper', role: 'Spokesperson', startDate: '2001', endDate: '2002' },
      ],
    },
  ],
  meetings: [
    {
      key: 'one',
      name: 'Session one',
      organizationId: bodyId,
      classification: 'session',
      startDate: '2022-08-24',
      evidence: [
        { exact: 'He said it twice', direction: 'disputes' },
        { exact: '24 August', field: '/startDate', value: '2022-08-25' },
        { exact: '24 August', field: '/status', direction: 'disputes' },
      ],
    },
    {
      key: 'two',
      name: 'Session two',
      organizationId: bodyId,
      classification: 'session',
      startDate: '2022-08-24',
      distinctFrom: ['=one'],
    },
    {
      key: 'inside',
      name: 'Inside',
      organizationId: bodyId,
      parentId: '=one',
      classification: 'bilateral',
      startDate: '2022-08-25',
      agenda: [
        { position: 1, title: 'X', topicIds: ['=topic'] },
        { position: 2, title: 'Y' },
      ],
    },
  ],
  agreements: [
    {
      key: 'draft',
      title: 'The draft',
      kind: 'treaty',
      depositary: { stateCode: 'ZZ' },
      events: [
        { type: 'signed', occurredOn: null },
        { type: 'signed', stateCode: 'ZZ', occurredOn: '2020' },
        { type: 'consent', consentBy: 'ratification', stateCode: 'ZZ', occurredOn: '2021' },
        { type: 'reservation', stateCode: 'ZZ', occurredOn: '2021-01-01' },
        { type: 'reservation', stateCode: 'ZZ', occurredOn: '2021-02-01' },
      ],
      positions: [
        { organizationId: '=paper', position: 'objected' },
        { organizationId: '=paper', position: 'objected', locator: { label: 'page', value: '3' } },
      ],
    },
  ],
  proposals: [
    {
      key: 'common',
      title: 'In common',
      contributors: [{ role: 'proposer', collective: 'participants' }],
      meetingId: '=one',
      events: [
        { type: 'noted', occurredOn: '2022-08-24' },
        { type: 'noted', occurredOn: '2022-08-25' },
      ],
    },
    { key: 'part', title: 'A part', proposedOn: '2022', parentId: '=common' },
  ],
  statements: [
    {
      key: 'said',
      kind: 'direct',
      text: 'The text',
      date: '2022-08',
      contributors: [{ role: 'spokesperson', speakerId: '=spokesperson', membershipId: '=post' }],
      translations: [{ language: 'RU', text: 'Текст', by: 'analyst' }],
      topicIds: ['drills', '=topic'],
    },
    {
      key: 'cry',
      kind: 'direct',
      text: '!!!',
      contributors: [{ role: 'author', collective: 'participants' }],
      meetingId: '=one',
    },
  ],
})

test('unusual items and parts are all written, and found when the report is sent again', async () => {
  const s = await service()
  const body = await create(s, '/v1/organizations', { name: 'Body', classification: 'organ' })
  await create(s, '/v1/states', { code: 'ZZ', name: 'Zedland' })
  const old = await create(s, '/v1/sources', { title: 'Old', language: 'en', text: 'An older text.' })
  const report = unusual(old['id'], body['id'])
  const first = await send(s, report)
  expect(first.status, first.text).toBe(201)
  const parts = first.body['data'].flatMap((item: Body) => item['parts']) as Body[]
  expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length)
  const before = await s.rows()
  const again = await send(s, report)
  expect(again.status, again.text).toBe(200)
  expect(again.body['data'].map(({ id, differences }: Body) => [id, differences])).toEqual(
    first.body['data'].map(({ id }: Body) => [id, []]),
  )
  expect(await s.rows()).toEqual(before)
})

describe('a candidate', () => {
  test('stops the report: 409 lists all of them, and an identifier, a post or an id resolves it', async () => {
    const s = await service()
    await create(s, '/v1/states', { code: 'ZZ', name: 'Z' })
    const identifiers = [{ scheme: 'x', identifier: '1' }]
    const first = (await create(s, '/v1/speakers', { name: 'Li Wei', identifiers }))['id']
    const second = (
      await create(s, '/v1/speakers', {
        name: 'Other',
        otherNames: [{ name: 'LI WEI' }],
        memberships: [{ stateCode: 'ZZ', role: 'Delegate' }],
        distinctFrom: [first],
      })
    )['id']
    const before = await s.rows()
    const report = (speaker: Body) => ({
      source: source(),
      organizations: [{ name: 'Made before', classification: 'organ' }],
      speakers: [{ name: 'Somebody' }, speaker],
    })
    const { status, body } = await send(s, report({ name: 'Li Wéi' }))
    expect([status, body['type']]).toEqual([409, '/problems/possible-duplicate'])
    expect(body['errors']).toMatchObject([{ pointer: '/speakers/1' }])
    expect(body['candidates']).toHaveLength(2)
    expect(body['candidates']).toEqual(
      expect.arrayContaining([
        { id: first, title: 'Li Wei', path: `/v1/speakers/${first}` },
        { id: second, title: 'Other', path: `/v1/speakers/${second}` },
      ]),
    )
    expect(await s.rows()).toEqual(before)
    const resolved = async (speaker: Body) => (await sent(s, report(speaker))).body['data'].at(-1)
    expect(await resolved({ name: 'Li Wei', identifiers })).toMatchObject({ id: first })
    expect(await resolved({ name: 'Li Wéi', id: first })).toMatchObject({ id: first })
    const memberships = [{ stateCode: 'ZZ', role: 'Delegate' }]
    expect(await resolved({ name: 'Li Wéi', memberships })).toMatchObject({ id: second, outcome: 'matched' })
    expect(await resolved({ name: 'Li Wéi', distinctFrom: [first, second] })).toMatchObject({
      outcome: 'created',
    })
  })

  test('may be another item of the report, which distinctFrom names by its key', async () => {
    const s = await service()
    const report = {
      source: source(),
      speakers: [
        { key: 'one', name: 'Ann Bell', evidence: [{ exact: 'The minister' }] },
        { key: 'two', name: 'Ann Bell', distinctFrom: ['=one'], evidence: [{ exact: 'He said it' }] },
      ],
    }
    const { body } = await sent(s, report)
    expect(outcomes(body, 'speakers')).toEqual(['created', 'created'])
    const [, one, two] = body['data']
    expect(await get(s, two.path)).toMatchObject({ distinctFrom: [one.id] })
    // Each is recognised again by its quotes.
    const again = await send(s, report)
    expect([again.status, again.body['data'].map(({ id }: Body) => id)]).toEqual([
      200,
      body['data'].map(({ id }: Body) => id),
    ])
  })

  test('is the record that the same source already supports in the same words', async () => {
    const s = await service()
    // Neither who proposed it nor when is known.
    const item = { title: 'Exercise together', evidence: [{ exact: 'exercise together' }] }
    const { id } = await told(s, 'proposals', item)
    expect(await told(s, 'proposals', item)).toMatchObject({ id, outcome: 'matched' })
    const { evidence: _, ...bare } = item
    expect((await send(s, { source: source(), proposals: [bare] })).status).toBe(409)
    const other = { source: source({ text: `${TEXT} Again.`, distinctFrom: [] }), proposals: [item] }
    expect((await send(s, other)).status).toBe(409)
  })
})

describe('a single POST', () => {
  test('of a record that is there is refused in each kind, and distinctFrom answers what only looks the same', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (const kind of kinds) {
      const body = leastBody(kind, ids)
      const created = await create(s, pathOf(kind), body)
      const before = await s.rows()
      const again = await s.post(pathOf(kind), body)
      const isKey = ['state', 'topic', 'source'].includes(kind)
      const id = created['id'] ?? created['code']
      expect([kind, again.status, again.body['type']]).toEqual([
        kind,
        409,
        `/problems/${isKey ? 'duplicate' : 'possible-duplicate'}`,
      ])
      if (isKey) expect([kind, again.body['existingId']]).toEqual([kind, id])
      else expect(again.body['candidates']).toMatchObject([{ id }])
      expect(await s.rows()).toEqual(before)
      const answered = await s.post(pathOf(kind), { ...body, distinctFrom: [id] })
      expect([kind, answered.status]).toEqual([kind, isKey ? 409 : 201])
    }
  })
})

describe('a rejected report', () => {
  test('writes nothing when the last quote is not in the source', async () => {
    const s = await service()
    await create(s, '/v1/speakers', { name: 'The minister' })
    const before = await s.rows()
    const report = whole()
    report['statements'][0].evidence[2].exact = 'Never said'
    const { status, body } = await send(s, report, { 'idempotency-key': 'k' })
    expect([status, body['type']]).toEqual([422, '/problems/quote-absent'])
    expect(body['errors']).toMatchObject([{ pointer: '/statements/0/evidence/2/exact' }])
    expect(await s.rows()).toEqual(before)
    // The corrected report is accepted with the same key.
    expect((await send(s, whole(), { 'idempotency-key': 'k' })).status).toBe(201)
  })

  const at = (path: string, value: unknown) => (report: Body) => {
    const steps = path.split('.')
    const last = steps.pop() ?? ''
    const parent = steps.reduce<Body>((inner, step) => inner[step], report)
    if (value === undefined) delete parent[last]
    else parent[last] = value
  }

  testOnce('has a pointer to the error, for every kind of error, and writes nothing', async () => {
    const s = await service()
    const taken = [{ scheme: 'x', identifier: '1' }]
    const existing = await create(s, '/v1/organizations', {
      name: 'K',
      classification: 'organ',
      identifiers: taken,
    })
    const before = await s.rows()
    const cases: [pointer: string, status: number, breakReport: (report: Body) => void][] = [
      ['/source', 400, at('source', undefined)],
      ['/sauce', 400, at('sauce', {})],
      ['/source/text', 422, at('source.text', undefined)],
      ['/source/language', 400, at('source.language', 'no language')],
      ['/speakers/0/nme', 400, at('speakers.0.nme', 'A')],
      ['/speakers/0/key', 400, at('speakers.0.key', 'no key')],
      ['/speakers/0/id', 422, at('speakers.0.id', 'spk_01gb6jc400ezz8kdnweefcy4dk')],
      ['/speakers/0/id', 422, at('speakers.0.id', existing['id'])],
      ['/speakers/0/id', 422, at('speakers.0.id', '=nobody')],
      ['/speakers/0/id', 422, at('speakers.0.id', '=body')],
      ['/meetings/0/startDate', 400, at('meetings.0.startDate', '2022-02-30')],
      ['/proposals/1/title', 400, at('proposals.1.title', undefined)],
      ['/proposals/0/status', 400, at('proposals.0.status', 'adopted')],
      ['/meetings/0/participants/0/role', 400, at('meetings.0.participants.0.role', 'king')],
      ['/statements/0/evidence/0/exact', 400, at('statements.0.evidence.0.exact', '')],
      ['/statements/0/evidence/0/sourceId', 400, at('statements.0.evidence.0.sourceId', '=src')],
      // References to an unknown key, an unknown record, another kind, and a later record.
      ['/statements/0/contributors/0/speakerId', 400, at('statements.0.contributors.0.speakerId', '=nobody')],
      ['/proposals/0/topicIds/0', 422, at('proposals.0.topicIds', ['no-such-topic'])],
      [
        '/proposals/0/contributors/0/speakerId',
        422,
        at('proposals.0.contributors.0.speakerId', 'spk_01gb6jc400ezz8kdnweefcy4dk'),
      ],
      ['/proposals/0/meetingId', 400, at('proposals.0.meetingId', existing['id'])],
      ['/proposals/0/meetingId', 400, at('proposals.0.meetingId', '=minister')],
      ['/organizations/1/parentId', 400, at('organizations.1.parentId', '=council')],
      ['/organizations/1/parentId', 400, at('organizations.1.parentId', '=body')],
      ['/speakers/0/distinctFrom/0', 400, at('speakers.0.distinctFrom', ['=nobody'])],
      [
        '/speakers/0/memberships/0/organizationId',
        400,
        at('speakers.0.memberships.0.organizationId', '=nobody'),
      ],
      ['/proposals/0/relations/0/targetId', 400, at('proposals.0.relations.0.targetId', '=nobody')],
      ['/proposals/0/relations/0/targetId', 422, at('proposals.0.relations.0.targetId', '=part')],
      // Parts have no parts, and no parts of other kinds.
      ['/proposals/0/events/0/events', 400, at('proposals.0.events.0.events', [])],
      ['/proposals/0/events/0/nme', 400, at('proposals.0.events.0.nme', 'A')],
      ['/meetings/0/events', 400, at('meetings.0.events', [])],
      ['/proposals/0/memberships', 400, at('proposals.0.memberships', [])],
      // Duplicate keys, in one section, in two, and of a part.
      ['/organizations/2/key', 400, at('organizations.2.key', 'body')],
      ['/statements/0/key', 400, at('statements.0.key', 'met')],
      ['/proposals/0/events/0/key', 400, at('proposals.0.events.0.key', 'post')],
      // Well-formed values that are inconsistent.
      ['/meetings/0/endDate', 422, at('meetings.0.endDate', '2022-08-01')],
      ['/statements/0/evidence/2/note', 422, at('statements.0.evidence.2.note', undefined)],
      ['/statements/0/evidence/1/exact', 422, at('statements.0.evidence.1', { exact: 'He said' })],
      ['/statements/0/evidence/0/field', 400, at('statements.0.evidence.0.field', '/nme')],
      ['/source/evidence/0/exact', 422, at('source.evidence.0.exact', 'Not there')],
      ['/topics/1/evidence/0/exact', 422, at('topics.1.evidence.0', { exact: 'exercise', start: 1, end: 9 })],
      [
        '/proposals/0/events/0/evidence/0/exact',
        422,
        at('proposals.0.events.0.evidence.0.exact', 'Not there'),
      ],
      ['/proposals/0/events/1/type', 409, at('proposals.0.events.1.occurredOn', '2022-08-01')],
      ['/proposals/0/events/0/consentBy', 422, at('proposals.0.events.0.consentBy', 'ratification')],
      ['/proposals/0/positions/0/stateCode', 422, at('proposals.0.positions.0.stateCode', 'ZZ')],
    ]
    for (const [pointer, status, breakReport] of cases) {
      const report = whole()
      breakReport(report)
      const response = await send(s, report)
      const pointers = (response.body['errors'] ?? []).map((fault: Body) => fault['pointer'])
      expect([response.status, [...new Set(pointers)]], `${pointer} ${response.text}`).toEqual([
        status,
        [pointer],
      ])
    }
    expect(await s.rows()).toEqual(before)
    expect((await send(s, whole())).status).toBe(201)
  })

  testOnce('has at most 500 items in a section, parts in an item, and 200 quotes of a record', async () => {
    const s = await service()
    const before = await s.rows()
    const many = <Item>(count: number, item: (n: number) => Item) =>
      Array.from({ length: count }, (_, n) => item(n))
    const speakers = many(501, (n) => ({ name: `Speaker ${n}` }))
    const memberships = many(501, (n) => ({ role: `Role ${n}`, stateCode: 'ZZ' }))
    const evidence = many(201, () => ({ exact: 'Tashkent' }))
    for (const [report, pointer] of [
      [{ speakers }, '/speakers'],
      [{ speakers: [{ name: 'A', memberships }] }, '/speakers/0/memberships'],
      [{ speakers: [{ name: 'A', evidence }] }, '/speakers/0/evidence'],
    ] as const) {
      const { status, body } = await send(s, { source: source(), ...report })
      expect([status, body['errors'][0].pointer]).toEqual([400, pointer])
    }
    expect(await s.rows()).toEqual(before)
  })

  test('overwrites only with a reason, which the history has', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/organizations', { name: 'A', classification: 'organ', seat: 'One' })
    const report = {
      source: source(),
      organizations: [{ name: 'A', seat: 'Two', overwrite: true }],
    }
    const before = await s.rows()
    const refused = await send(s, report)
    expect([refused.status, refused.body['errors']]).toMatchObject([400, [{ parameter: 'reason' }]])
    expect(await s.rows()).toEqual(before)
    const { status, body } = await s.post('/v1/reports?reason=It moved', report)
    expect([status, body['data'][0]]).toMatchObject([201, { id, outcome: 'updated', overwritten: ['/seat'] }])
    expect(await get(s, `/v1/organizations/${id}`)).toMatchObject({ seat: 'Two' })
    expect((await get(s, `/v1/organizations/${id}/history`))['data'][0]).toMatchObject({ reason: 'It moved' })
  })
})

describe('a repeated report', () => {
  test('with the same Idempotency-Key returns the same response and writes nothing; a changed one is rejected', async () => {
    const s = await service()
    const key = { 'idempotency-key': 'k' }
    const first = await send(s, whole(), key)
    const before = await s.rows()
    const again = await send(s, whole(), key)
    expect([again.status, again.text, again.headers['location']]).toEqual([
      201,
      first.text,
      first.headers['location'],
    ])
    const other = whole()
    other['statements'].pop()
    expect((await send(s, other, key)).status).toBe(422)
    expect(await s.rows()).toEqual(before)
  })

  test('sent twice at once with the same Idempotency-Key is written once', async () => {
    const s = await service()
    const key = { 'idempotency-key': 'k' }
    const [one, other] = await Promise.all([send(s, whole(), key), send(s, whole(), key)])
    expect([one?.status, other?.status, one?.text === other?.text]).toEqual([201, 201, true])
    expect(await total(s, 'sources')).toBe(1)
  })

  test('without a key matches every record, part and quote, and writes nothing', async () => {
    const s = await service()
    const first = await sent(s, whole())
    const before = await s.rows()
    const again = await send(s, whole())
    expect(again.status, again.text).toBe(200)
    expect(again.body['data'].map(({ id, outcome }: Body) => [id, outcome])).toEqual(
      first.body['data'].map(({ id }: Body) => [id, 'matched']),
    )
    expect(
      again.body['data'].flatMap(({ parts }: Body) => parts.map(({ outcome }: Body) => outcome)),
    ).toEqual(Array(6).fill('matched'))
    expect(await s.rows()).toEqual(before)
  })
})

testOnce('a report of many items does not block other requests', async () => {
  const s = await service()
  const length = 500
  const text = Array.from({ length }, (_, n) => `Number ${n} proposed thing ${n}.`).join('\n')
  const contributors = [{ role: 'author', speakerId: '=a' }]
  const report = {
    source: source({ text }),
    speakers: [{ key: 'a', name: 'A' }],
    meetings: [{ key: 'm', name: 'M', startDate: '2022' }],
    statements: Array.from({ length }, (_, n) => ({
      kind: 'reported',
      text: `Thing ${n}`,
      meetingId: '=m',
      contributors,
      evidence: [{ exact: `proposed thing ${n}.` }],
    })),
  }
  // Without the check of the response, which is done in the same process.
  const inject = () =>
    s.app.inject({
      method: 'POST',
      url: '/v1/reports',
      payload: report,
      headers: { authorization: `Bearer ${s.keys.analyst}` },
    })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  for (const status of [201, 200]) {
    delay.reset()
    delay.enable()
    const started = performance.now()
    expect((await inject()).statusCode).toBe(status)
    await new Promise((resolve) => setTimeout(resolve, 20))
    delay.disable()
    // An operation on a busy machine takes long too, but never most of the whole.
    expect(delay.max / 1e6).toBeLessThan(Math.max(200, (performance.now() - started) / 4))
  }
})

describe('the seed', () => {
  const readYaml = (name: string) =>
    parseYaml(readFileSync(new URL(`../seeds/${name}`, import.meta.url), 'utf8'))

  /** Every write in order, with ids numbered by appearance and without times. */
  async function writes({ get }: Service) {
    const { body } = await get('/v1/changes?limit=1000')
    expect(body['page']['hasMore']).toBe(false)
    const names = new Map<string, string>()
    const text = JSON.stringify(
      (body['data'] as Body[]).map(({ kind, id, parentId, op, version, record }) => ({
        kind,
        id,
        parentId,
        op,
        version,
        record: record && { ...record, createdAt: null, updatedAt: null },
      })),
    ).replace(/\b[a-z]{3}_[0-9a-z]{26}\b/g, (id) => {
      names.set(id, names.get(id) ?? `${id.slice(0, 3)}#${names.size}`)
      return String(names.get(id))
    })
    return JSON.parse(text)
  }

  test('of the article equals a POST /v1/reports of the same file, write for write', async () => {
    const seeded = await service({ seed: true })
    const posted = await service()
    const { source: articleSource, records } = readYaml('article.yaml')
    const { file, ...fields } = articleSource
    const text = readFileSync(new URL(`../seeds/${file}`, import.meta.url), 'utf8')
    const all = [...readYaml('states.yaml').records, ...records]
    const sections = Object.fromEntries(
      Object.entries(SECTIONS).map(([section, kind]) => [
        section,
        all.filter((one: Body) => one['record'] === kind).map(({ record: _, ...item }: Body) => item),
      ]),
    )
    await sent(posted, { source: { ...fields, text }, ...sections })
    const expected = await writes(seeded)
    expect(expected.length).toBeGreaterThan(100)
    expect(await writes(posted)).toEqual(expected)
  })
})
