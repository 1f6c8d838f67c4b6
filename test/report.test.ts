// POST /v1/reports: a whole report in one request. Existing records are matched, and all of it is written or nothing.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { SECTIONS } from '../src/features/reports/write.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'

const TEXT =
  'Tashkent, 24 August 2022. The minister proposed to exercise together. He announced a draft. He said “peace is a priority”. He said it twice.'

const source = (more: Body = {}): Body => ({ title: 'A report', language: 'en', text: TEXT, ...more })

/** A report with one item of each kind, with quotes and references by key. */
const whole = (): Body => ({
  source: source({ key: 'src', publisherId: '=agency', evidence: [{ exact: 'Tashkent' }] }),
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
      posts: [{ title: 'Minister', organizationId: '=body' }],
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
      meetingId: '=met',
      topicIds: ['=security', 'drills'],
      evidence: [{ exact: 'He announced a draft', assertion: 'announced' }],
    },
  ],
  proposals: [
    {
      key: 'together',
      title: 'Exercise together',
      proposedOn: '2022-08-24',
      speakerId: '=minister',
      meetingId: '=met',
      addresseeId: '=council',
      agreementId: '=draft',
      onBehalfOf: { organizationId: '=body' },
      topicIds: ['=drills'],
      events: [{ status: 'adopted', occurredOn: '2022-08-25', meetingId: '=met' }],
      evidence: [{ exact: 'proposed to exercise together', assertion: 'proposed' }],
    },
    { title: 'A part of it', proposedOn: '2022-08-24', parentId: '=together' },
  ],
  statements: [
    {
      speakerId: '=minister',
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
  expect(response.status, response.text).toBe(201)
  return response
}

/** The outcomes of the items of a section. */
const outcomes = (body: Body, section: string): string[] =>
  body['data'].filter((one: Body) => one['section'] === section).map((one: Body) => one['outcome'])

const total = async ({ get }: Service, path: string) =>
  (await get(`/v1/${path}?count=exact&limit=1`)).body['page']['total']

describe('one request', () => {
  test('creates all records of a report, with their quotes and their references by key', async () => {
    const s = await service()
    const { status, headers, body } = await sent(s, whole())
    expect(status).toBe(201)
    expect(headers['location']).toBe(`/v1/sources/${body['sourceId']}`)
    const records = new Map<string, Body>()
    for (const { key, path, id, outcome } of body['data']) {
      expect(outcome).toBe('created')
      const { body: doc } = await s.get(path)
      expect(doc['id']).toBe(id)
      records.set(key ?? doc['title'] ?? doc['kind'], doc)
    }
    const id = (key: string) => records.get(key)?.['id']
    expect(records.get('src')).toMatchObject({ id: body['sourceId'], publisherId: id('agency'), text: TEXT })
    expect(records.get('drills')).toMatchObject({ broaderId: id('security') })
    expect(records.get('council')).toMatchObject({ parentId: id('body'), support: 'unsupported' })
    expect(records.get('minister')).toMatchObject({
      posts: [{ organizationId: id('body') }],
      support: 'single-source',
    })
    expect(records.get('met')).toMatchObject({
      organizationId: id('council'),
      agenda: [{ topicIds: [id('drills')] }],
      participants: [{ speakerId: id('minister') }],
    })
    expect(records.get('draft')).toMatchObject({
      meetingId: id('met'),
      topicIds: [id('security'), id('drills')],
    })
    expect(records.get('together')).toMatchObject({
      status: 'adopted',
      speakerId: id('minister'),
      meetingId: id('met'),
      addresseeId: id('council'),
      agreementId: id('draft'),
      onBehalfOf: { organizationId: id('body') },
      support: 'single-source',
    })
    expect(records.get('A part of it')).toMatchObject({ parentId: id('together'), support: 'unsupported' })
    expect(records.get('direct')).toMatchObject({ speakerId: id('minister'), meetingId: id('met') })
    const quotes = (await s.get(`/v1/statements/${id('direct')}/evidence`)).body['data'] as Body[]
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
    const life = (await s.get(`/v1/proposals/${id('together')}/events`)).body['data'] as Body[]
    expect(life.map(({ status: was, meetingId }) => [was, meetingId])).toEqual([
      ['proposed', id('met')],
      ['adopted', id('met')],
    ])
  })

  test('returns the records in the order of creation, all with the same time and author', async () => {
    const s = await service()
    const { body } = await sent(s, whole())
    expect([...new Set(body['data'].map(({ section }: Body) => section))]).toEqual([
      'topics',
      'organizations',
      'source',
      'speakers',
      'meetings',
      'agreements',
      'proposals',
      'statements',
    ])
    const feed = (await s.get('/v1/changes?limit=1000')).body['data'] as Body[]
    const ids = new Set(body['data'].map(({ id }: Body) => id))
    const created = feed.filter(({ op, id }) => op === 'create' && ids.has(id)).map(({ id }) => id)
    expect(created).toEqual([...ids])
    expect(new Set(feed.map(({ at, actor }) => `${at} ${actor.id}`)).size).toBe(1)
  })

  test('can contain only a source; records can refer to existing ones by id, code and slug', async () => {
    const s = await service()
    expect((await sent(s, { source: source() })).body['data']).toHaveLength(1)
    await s.post('/v1/states', { code: 'ZZ', name: 'Z' })
    const topic = (await s.post('/v1/topics', { slug: 'known', prefLabel: 'Known' })).body['id']
    const speakerId = (await s.post('/v1/speakers', { name: 'K' })).body['id']
    const report = {
      source: source(),
      proposals: [
        {
          title: 'P',
          proposedOn: '2022',
          speakerId,
          onBehalfOf: { stateCode: 'ZZ' },
          topicIds: ['known', topic],
        },
      ],
    }
    const { body } = await sent(s, report)
    expect((await s.get(body['data'].at(-1).path)).body).toMatchObject({ speakerId, topicIds: [topic] })
  })

  test('treats text that looks like a key as text', async () => {
    const s = await service()
    const { body } = await sent(s, {
      source: source({ title: '=minister' }),
      speakers: [{ key: 'minister', name: 'The minister' }],
      statements: [{ speakerId: '=minister', kind: 'direct', text: '=minister' }],
    })
    const statement = (await s.get(body['data'].at(-1).path)).body
    expect(statement['text']).toBe('=minister')
    expect(statement['speakerId']).toBe(body['data'].at(-2).id)
  })
})

describe('an existing record', () => {
  /** Sends one item, and returns whether it was matched with `existing`. */
  async function matchOf(s: Service, section: string, existing: string, item: Body) {
    const { body } = await sent(s, { source: source(), [section]: [item] })
    const { id, outcome } = body['data'].find((one: Body) => one['section'] === section)
    expect(outcome).toBe(id === existing ? 'matched' : 'created')
    return outcome
  }

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
      const existing = (await s.post(`/v1/${path}`, { ...initial, identifiers })).body['id']
      expect(await matchOf(s, section, existing, { ...again, identifiers }), section).toBe('matched')
      expect(await matchOf(s, section, existing, { ...again, identifiers: others }), section).toBe('created')
    }
  })

  test.each<[string, Body, string[], string[]]>([
    [
      'speakers',
      { name: 'Recep Tayyip Erdoğan', otherNames: ['Сергей Шойгу', 'Łukasz Ångström', '习近平'] },
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
      { name: 'Shanghai Cooperation Organisation', otherNames: ['ШОС'], abbreviation: 'SCO' },
      ['sco', 'S.C.O'.replaceAll('.', ''), 'шос', 'SHANGHAI COOPERATION ORGANISATION', '“SCO”'],
      ['Council of the SCO', 'Shanghai', 'SCO Secretariat'],
    ],
  ])(
    'among %s is matched by any of its names, ignoring case, diacritics and punctuation',
    async (section, existing, same, other) => {
      const s = await service()
      const rest = section === 'organizations' ? { classification: 'organ' } : {}
      const { id } = (await s.post(`/v1/${section}`, { ...existing, ...rest })).body
      for (const name of same) {
        expect([name, await matchOf(s, section, id, { name, ...rest })]).toEqual([name, 'matched'])
      }
      for (const name of other) {
        expect([name, await matchOf(s, section, id, { name, ...rest })]).toEqual([name, 'created'])
      }
    },
  )

  test('is matched by one of the other names of the item, and by its abbreviation', async () => {
    const s = await service()
    const { id } = (await s.post('/v1/organizations', { name: 'The SCO', classification: 'organ' })).body
    const item = { name: 'The organisation', classification: 'organ' }
    expect(await matchOf(s, 'organizations', id, { ...item, otherNames: ['X', 'the sco'] })).toBe('matched')
    expect(await matchOf(s, 'organizations', id, { ...item, abbreviation: 'THE SCO' })).toBe('matched')
    const topic = (await s.post('/v1/topics', { slug: 'counter-uav', prefLabel: 'Drones' })).body['id']
    expect(await matchOf(s, 'topics', topic, { slug: 'x', prefLabel: 'drones' })).toBe('matched')
    expect(await matchOf(s, 'topics', topic, { slug: 'counter-uav', prefLabel: 'Other' })).toBe('matched')
  })

  test('is matched among many records whose names contain its name', async () => {
    const s = await service()
    const crowd = Array.from({ length: 150 }, (_, n) => ({
      name: `Ministry ${n}`,
      classification: 'ministry',
    }))
    await sent(s, { source: source(), organizations: crowd })
    const { id } = (await s.post('/v1/organizations', { name: 'Ministry', classification: 'ministry' })).body
    expect(await matchOf(s, 'organizations', id, { name: 'MINISTRY', classification: 'ministry' })).toBe(
      'matched',
    )
  })

  test('is not matched with another kind, nor by a name without words', async () => {
    const s = await service()
    await s.post('/v1/speakers', { name: 'Same' })
    await s.post('/v1/organizations', { name: '!!!', classification: 'organ' })
    const item = (name: string) => ({ name, classification: 'organ' })
    const { body } = await sent(s, { source: source(), organizations: [item('Same'), item('???')] })
    expect(outcomes(body, 'organizations')).toEqual(['created', 'created'])
  })

  test('gets the new evidence and is otherwise unchanged', async () => {
    const s = await service()
    const created = await s.post('/v1/speakers', {
      name: 'The minister',
      otherNames: ['M'],
      posts: [{ title: 'Deputy' }],
    })
    const item = {
      name: 'THE MINISTER',
      otherNames: ['New name'],
      posts: [{ title: 'Minister' }],
      identifiers: [{ scheme: 'x', identifier: '1' }],
      evidence: [{ exact: 'The minister' }],
    }
    const { body } = await sent(s, { source: source(), speakers: [item] })
    const { id } = created.body
    expect(body['data'].at(-1)).toMatchObject({ id, outcome: 'matched', path: `/v1/speakers/${id}` })
    const now = (await s.get(`/v1/speakers/${id}`)).body
    const { version, updatedAt } = now
    expect(now).toEqual({ ...created.body, support: 'single-source', origins: 1, version: 2, updatedAt })
    expect(version).toBe(2)
    const evidence = (await s.get(`/v1/speakers/${id}/evidence`)).body['data']
    expect(evidence).toMatchObject([{ exact: 'The minister', sourceId: body['sourceId'], recordId: id }])
    // Without evidence nothing is written to it.
    const { evidence: _, ...bare } = item
    await sent(s, { source: source(), speakers: [bare] })
    expect((await s.get(`/v1/speakers/${id}`)).body).toEqual(now)
  })

  test('is referenced by the key of the item that was matched', async () => {
    const s = await service()
    const { id } = (await s.post('/v1/speakers', { name: 'Known' })).body
    const { body } = await sent(s, {
      source: source(),
      speakers: [{ key: 'k', name: 'known' }],
      statements: [{ speakerId: '=k', kind: 'reported', text: 'T' }],
    })
    expect((await s.get(body['data'].at(-1).path)).body['speakerId']).toBe(id)
  })

  test('may be created by another item of the same report', async () => {
    const s = await service()
    const { body } = await sent(s, { source: source(), speakers: [{ name: 'A B' }, { name: 'a b' }] })
    expect(outcomes(body, 'speakers')).toEqual(['created', 'matched'])
    expect(await total(s, 'speakers')).toBe(1)
  })

  test('is not matched with a namesake that has another identifier of the same scheme', async () => {
    const s = await service()
    const speaker = (key: string, identifier: string) => ({
      key,
      name: 'Ann Bell',
      identifiers: [{ scheme: 'register', identifier }],
    })
    const source = { title: 'R', language: 'en', text: 'Two delegates named Ann Bell spoke.' }
    const { body } = await s.post('/v1/reports', {
      source,
      speakers: [speaker('a', '301'), speaker('b', '302')],
    })
    expect(outcomes(body, 'speakers')).toEqual(['created', 'created'])
    const again = await s.post('/v1/reports', {
      source,
      speakers: [speaker('b', '302'), speaker('a', '301')],
    })
    expect(outcomes(again.body, 'speakers')).toEqual(['matched', 'matched'])
  })

  test('is not matched with a name that differs in a symbol', async () => {
    const s = await service()
    const source = { title: 'R', language: 'en', text: 'Groups met.' }
    const groups = ['Group C', 'Group C+', 'Group C#', 'group c'].map((name) => ({
      name,
      classification: 'group',
    }))
    const { body } = await s.post('/v1/reports', { source, organizations: groups })
    expect(outcomes(body, 'organizations')).toEqual(['created', 'created', 'created', 'matched'])
  })

  test('is a new source where the same text has another publisher or address', async () => {
    const s = await service()
    const report = (url: string) => ({
      source: { title: 'Brief', language: 'en', text: 'Talks continue.', url },
    })
    for (const [url, outcome] of [
      ['https://east.example/b', 'created'],
      ['https://south.example/b', 'created'],
      ['https://east.example/b', 'matched'],
    ] as const)
      expect((await s.post('/v1/reports', report(url))).body['data'][0], url).toMatchObject({ outcome })
    expect((await s.get('/v1/sources')).body['data']).toHaveLength(2)
  })

  test('is not matched after it was deleted or renamed', async () => {
    const s = await service()
    const gone = (await s.post('/v1/speakers', { name: 'Gone' })).body['id']
    await s.del(`/v1/speakers/${gone}`)
    const renamed = (await s.post('/v1/speakers', { name: 'Before' })).body['id']
    await s.patch(`/v1/speakers/${renamed}`, { name: 'After' })
    const { body } = await sent(s, {
      source: source(),
      speakers: [{ name: 'Gone' }, { name: 'Before' }, { name: 'After' }],
    })
    expect(outcomes(body, 'speakers')).toEqual(['created', 'created', 'matched'])
  })

  test('is ambiguous when several have the name: 409 lists all of them, and an identifier or id resolves it', async () => {
    const s = await service()
    const identifiers = [{ scheme: 'x', identifier: '1' }]
    const first = (await s.post('/v1/speakers', { name: 'Li Wei', identifiers })).body['id']
    const second = (await s.post('/v1/speakers', { name: 'Other', otherNames: ['LI WEI'] })).body['id']
    const before = await s.rows()
    const report = (speaker: Body) => ({
      source: source(),
      organizations: [{ name: 'Made before', classification: 'organ' }],
      speakers: [{ name: 'Somebody' }, speaker],
    })
    const { status, body } = await send(s, report({ name: 'Li Wéi' }))
    expect([status, body['type']]).toEqual([409, '/problems/ambiguous-match'])
    expect(body['errors']).toMatchObject([{ pointer: '/speakers/1/name' }])
    expect(body['matches']).toHaveLength(2)
    expect(body['matches']).toEqual(
      expect.arrayContaining([
        { id: first, name: 'Li Wei', path: `/v1/speakers/${first}` },
        { id: second, name: 'Other', path: `/v1/speakers/${second}` },
      ]),
    )
    expect(await s.rows()).toEqual(before)
    const named = (await sent(s, report({ name: 'Li Wei', identifiers }))).body['data'].at(-1)
    expect(named).toMatchObject({ id: first, outcome: 'matched' })
    const byId = await sent(s, {
      source: source(),
      statements: [{ speakerId: second, kind: 'direct', text: 'T' }],
    })
    expect((await s.get(byId.body['data'].at(-1).path)).body['speakerId']).toBe(second)
  })
})

describe('a rejected report', () => {
  test('writes nothing when the last quote is not in the source', async () => {
    const s = await service()
    await s.post('/v1/speakers', { name: 'The minister' })
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

  test('has a pointer to the error, for every kind of error, and writes nothing', async () => {
    const s = await service()
    const taken = [{ scheme: 'x', identifier: '1' }]
    const existing = (
      await s.post('/v1/organizations', { name: 'K', classification: 'organ', identifiers: taken })
    ).body
    const before = await s.rows()
    const cases: [pointer: string, status: number, breakReport: (report: Body) => void][] = [
      ['/source', 400, at('source', undefined)],
      ['/sauce', 400, at('sauce', {})],
      ['/source/text', 422, at('source.text', undefined)],
      ['/source/language', 400, at('source.language', 'no language')],
      ['/speakers/0/nme', 400, at('speakers.0.nme', 'A')],
      ['/speakers/0/key', 400, at('speakers.0.key', 'no key')],
      ['/meetings/0/startDate', 400, at('meetings.0.startDate', '2022-02-30')],
      ['/proposals/1/title', 400, at('proposals.1.title', undefined)],
      ['/proposals/0/status', 400, at('proposals.0.status', 'adopted')],
      ['/meetings/0/participants/0/role', 400, at('meetings.0.participants.0.role', 'king')],
      ['/statements/0/evidence/0/exact', 400, at('statements.0.evidence.0.exact', '')],
      ['/statements/0/evidence/0/sourceId', 400, at('statements.0.evidence.0.sourceId', '=src')],
      // References to an unknown key, an unknown record, another kind, and a later record.
      ['/statements/0/speakerId', 400, at('statements.0.speakerId', '=nobody')],
      ['/proposals/0/topicIds/0', 422, at('proposals.0.topicIds', ['no-such-topic'])],
      ['/proposals/0/speakerId', 422, at('proposals.0.speakerId', 'spk_01gb6jc400ezz8kdnweefcy4dk')],
      ['/proposals/0/speakerId', 400, at('proposals.0.speakerId', existing['id'])],
      ['/proposals/0/speakerId', 400, at('proposals.0.speakerId', '=met')],
      ['/organizations/1/parentId', 400, at('organizations.1.parentId', '=council')],
      ['/organizations/1/parentId', 400, at('organizations.1.parentId', '=body')],
      ['/agreements/0/meetingId', 400, at('agreements.0.meetingId', '=together')],
      ['/speakers/0/posts/0/organizationId', 400, at('speakers.0.posts.0.organizationId', '=nobody')],
      // Duplicate keys, in one section and in two.
      ['/organizations/2/key', 400, at('organizations.2.key', 'body')],
      ['/statements/0/key', 400, at('statements.0.key', 'met')],
      // Well-formed values that are inconsistent.
      ['/meetings/0/endDate', 422, at('meetings.0.endDate', '2022-08-01')],
      ['/statements/0/evidence/2/note', 422, at('statements.0.evidence.2.note', undefined)],
      ['/statements/0/evidence/1/exact', 422, at('statements.0.evidence.1', { exact: 'He said' })],
      ['/source/evidence/0/exact', 422, at('source.evidence.0.exact', 'Not there')],
      ['/topics/1/evidence/0/exact', 422, at('topics.1.evidence.0', { exact: 'exercise', start: 1, end: 9 })],
      ['/proposals/0/events/0/status', 409, at('proposals.0.events.0.occurredOn', '2022-08-01')],
    ]
    for (const [pointer, status, breakReport] of cases) {
      const report = whole()
      breakReport(report)
      const response = await send(s, report)
      const pointers = (response.body['errors'] ?? []).map((fault: Body) => fault['pointer'])
      expect([response.status, [...new Set(pointers)]], response.text).toEqual([status, [pointer]])
    }
    expect(await s.rows()).toEqual(before)
    await sent(s, whole())
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

  test('without a key matches the source, speakers, organizations, topics and quotes; it creates the other records again', async () => {
    const s = await service()
    await sent(s, whole())
    const { body } = await sent(s, whole())
    expect(
      Object.fromEntries(
        ['source', ...Object.keys(SECTIONS)].map((name) => [name, new Set(outcomes(body, name))]),
      ),
    ).toEqual({
      source: new Set(['matched']),
      topics: new Set(['matched']),
      organizations: new Set(['matched']),
      speakers: new Set(['matched']),
      meetings: new Set(['created']),
      agreements: new Set(['created']),
      proposals: new Set(['created']),
      statements: new Set(['created']),
    })
    expect(
      await Promise.all(['speakers', 'organizations', 'topics', 'proposals'].map((path) => total(s, path))),
    ).toEqual([1, 3, 2, 4])
    // The repeated report is not a second source, and its quotes exist already.
    const [minister] = (await s.get('/v1/speakers?include=evidence')).body['data']
    expect(minister).toMatchObject({ support: 'single-source', version: 2 })
    expect(minister['evidence']).toHaveLength(1)
  })

  test('with identifiers on every record creates no duplicates', async () => {
    const s = await service()
    const report = whole()
    let n = 0
    for (const item of [report['source'], ...Object.keys(SECTIONS).flatMap((section) => report[section])]) {
      item.identifiers = [{ scheme: 'report', identifier: String(n++) }]
    }
    const first = await sent(s, report)
    const again = await sent(s, report)
    expect(again.body['data'].map(({ id, outcome }: Body) => [id, outcome])).toEqual(
      first.body['data'].map(({ id }: Body) => [id, 'matched']),
    )
    expect(again.body['sourceId']).toBe(first.body['sourceId'])
  })
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
    for (const { record: _, key: __, ...state } of readYaml('states.yaml').records) {
      expect((await posted.post('/v1/states', state)).status).toBe(201)
    }
    const { source: articleSource, records } = readYaml('article.yaml')
    const { file, ...fields } = articleSource
    const text = readFileSync(new URL(`../seeds/${file}`, import.meta.url), 'utf8')
    const sections = Object.fromEntries(
      Object.entries(SECTIONS).map(([section, kind]) => [
        section,
        records.filter((one: Body) => one['record'] === kind).map(({ record: _, ...item }: Body) => item),
      ]),
    )
    await sent(posted, { source: { ...fields, text }, ...sections })
    const expected = await writes(seeded)
    expect(expected.length).toBeGreaterThan(100)
    expect(await writes(posted)).toEqual(expected)
  })
})
