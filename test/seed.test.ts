// The seed: the content of one article, with a quote for every fact, and the states of the SCO. The reference data: public facts.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '../src/resources/index.ts'
import { seed } from '../src/seed.ts'
import { type Service, service, type TestResponse } from './helpers/app.ts'

const seeds = new URL('../seeds/', import.meta.url)
const { sentencesWithoutFacts, source } = parse(readFileSync(new URL('article.yaml', seeds), 'utf8')) as {
  sentencesWithoutFacts: string[]
  source: { file: string }
}
const bytes = readFileSync(new URL(source.file, seeds))
const article = bytes.toString('utf8')
/** The code points of the article. */
const points = [...article]

type Doc = TestResponse['body'] & { id: string }

/** The lists of parts that are not evidence. */
const PARTS = ['events', 'memberships', 'positions', 'relations']

/** A whole list. */
async function listOf({ get }: Service, path: string): Promise<Doc[]> {
  const { data, page } = (await get(`/v1/${path}${path.includes('?') ? '&' : '?'}limit=200`)).body
  expect([path, page.nextCursor]).toEqual([path, null])
  return data
}

/** All records of every resource and all parts, and the evidence of each. */
async function everything(api: Service) {
  const all: { path: string; record: Doc; evidence: Doc[] }[] = []
  const evidence = Map.groupBy(await quotes(api), ({ recordId }) => recordId as string)
  for (const path of [...catalogue.resources.map(({ path }) => path), ...PARTS])
    for (const record of await listOf(api, path))
      all.push({ path, record, evidence: evidence.get(record.id) ?? [] })
  return all
}

/** All quotes and inferences. */
async function quotes({ get }: Service): Promise<Doc[]> {
  const all: Doc[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { data, page }: TestResponse['body'] = (await get(`/v1/evidence?limit=200${cursor}`)).body
    all.push(...data)
    cursor = page.nextCursor && `&cursor=${page.nextCursor}`
  }
  return all
}

/** What a record says in each field, with its support and the motivations of its evidence; of a list, its last entry. */
async function claimsOf(api: Service, url: string) {
  const claims = (await api.get(`${url}/claims`)).body['data'] as Doc[]
  const evidence = new Map((await quotes(api)).map((one) => [one.id, one]))
  return new Map(
    claims.map(({ field, evidenceIds, ...claim }) => {
      const pieces = (evidenceIds as string[]).map((id) => evidence.get(id) as Doc)
      const motivations: string[] = [...new Set(pieces.map(({ motivation }) => motivation as string))].sort()
      return [field as string, { value: claim['value'], support: claim['support'], motivations }]
    }),
  )
}

describe('the seeded source', () => {
  test('is the article, byte for byte', async () => {
    const { get } = await service({ seed: true })
    const { data } = (await get('/v1/sources')).body as { data: Doc[] }
    expect(data).toHaveLength(1)
    const [record] = data
    expect(Buffer.from(record?.['text'], 'utf8').equals(bytes)).toBe(true)
    expect(record?.['sha256']).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(record).toMatchObject({ language: 'en', publishedOn: '2022-08-24' })
    const publisher = await get(`/v1/organizations/${record?.['publisherId']}`)
    expect(publisher.body['name']).toBe('RIA Novosti')
  })
})

describe('every seeded record', () => {
  test('except states has evidence, and the support of a single source; states are cited', async () => {
    const all = await everything(await service({ seed: true }))
    expect(all.length).toBeGreaterThan(30)
    const ofResources = all.filter(({ path }) => !PARTS.includes(path))
    for (const { path, record, evidence } of ofResources) {
      const what = `${path} ${record['name'] ?? record['title'] ?? record['prefLabel'] ?? record['text']}`
      if (path === 'states') expect([what, evidence.length, record['support']]).toEqual([what, 0, 'cited'])
      else {
        expect([what, evidence.length > 0, record['support']]).toEqual([what, true, 'single-source'])
        expect([what, evidence.some(({ motivation }) => motivation === 'quote')]).toEqual([what, true])
      }
    }
  })

  test('has quotes that equal the text of the article at their offsets', async () => {
    const all = await quotes(await service({ seed: true }))
    expect(all.length).toBeGreaterThan(150)
    for (const { exact, start, end, prefix, suffix } of all) {
      expect(points.slice(start, end).join('')).toBe(exact)
      expect(points.slice(0, start).join('').endsWith(prefix)).toBe(true)
      expect(points.slice(end).join('').startsWith(suffix)).toBe(true)
    }
  })

  test('with an inference has a note with its reasoning', async () => {
    const all = await quotes(await service({ seed: true }))
    const inferences = all.filter(({ motivation }) => motivation === 'inference')
    expect(inferences.length).toBeGreaterThan(5)
    for (const { note } of inferences) expect(note.length).toBeGreaterThan(40)
  })

  test('of the article points each quote at a field; only topics and the relation are quoted as a whole', async () => {
    const whole = (await quotes(await service({ seed: true }))).filter(({ field }) => field === '')
    expect(new Set(whole.map(({ recordKind }) => recordKind))).toEqual(new Set(['topic', 'relation']))
  })

  test('and part of the article has evidence of its own, and nothing is disputed', async () => {
    for (const { path, record, evidence } of await everything(await service({ seed: true }))) {
      expect([path, record.id, record['disputed']]).toEqual([path, record.id, []])
      if (PARTS.includes(path) && record['recordKind'] !== 'state')
        expect([path, record.id, evidence.length > 0]).toEqual([path, record.id, true])
    }
  })

  test('has the same id on every machine', async () => {
    const one = await service({ seed: true })
    const other = await service({ seed: true })
    const ids = async (api: Service) => {
      const found: string[] = []
      for (const { record, evidence } of await everything(api))
        found.push(record.id, ...evidence.map(({ id }) => id))
      return found
    }
    const first = await ids(one)
    expect(await ids(other)).toEqual(first)
    expect(new Set(first).size).toBe(first.length)
    // The id is also fixed, so that it stays the same in later versions.
    const [speaker] = (await one.get('/v1/speakers')).body['data'] as Doc[]
    expect(speaker?.id).toBe('spk_01gb6jc400f3jvw4vjq1313fg2')
  })
})

describe('the seeded quotes', () => {
  test('cover every word of the article except sentences without facts', async () => {
    const all = await quotes(await service({ seed: true }))
    const covered = new Set<number>()
    for (const { motivation, start, end } of all)
      if (motivation === 'quote') for (let at = start; at < end; at++) covered.add(at)
    const rest = points.map((point, at) => (covered.has(at) ? '\n' : point)).join('')
    // The text between the quotes: punctuation, and the sentences without facts.
    const left = rest
      .split('\n')
      .map((piece) => piece.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
      .filter((piece) => piece !== '')
    expect(left).toEqual(sentencesWithoutFacts)
  })

  test('leave out only sentences that occur in the article once', () => {
    expect(sentencesWithoutFacts).toEqual(['Archive photo'])
    for (const sentence of sentencesWithoutFacts) expect(article.split(sentence)).toHaveLength(2)
  })
})

describe('seeding', () => {
  test('a seeded database again does nothing', async () => {
    const { engine, rows } = await service({ seed: true })
    const before = await rows()
    expect(before['proposals']?.length).toBeGreaterThan(0)
    expect(await seed(engine)).toBe(false)
    expect(await rows()).toEqual(before)
  })

  test('a database that was written to does nothing, even if all records were deleted since', async () => {
    const { engine, rows, post, del } = await service()
    const { body } = await post('/v1/speakers', { name: 'Somebody' })
    expect(await seed(engine)).toBe(false)
    await del(`/v1/speakers/${body['id']}`)
    const before = await rows()
    expect(await seed(engine)).toBe(false)
    expect(await rows()).toEqual(before)
    expect(before['proposals']).toEqual([])
  })

  test('an empty database writes the records and returns true', async () => {
    const { engine, get } = await service()
    expect(await seed(engine)).toBe(true)
    expect((await get('/v1/meetings')).body['data']).toHaveLength(1)
  })

  test('is in the change log with the author `seed`', async () => {
    const { rows } = await service({ seed: true })
    const all = await rows()
    const changes = all['changes'] as unknown as { actorName: string; op: string; recordId: string }[]
    expect(new Set(changes.map(({ actorName }) => actorName))).toEqual(new Set(['seed']))
    for (const { path } of catalogue.resources) {
      const ids = (all[path] as Doc[]).map(({ id }) => id)
      for (const id of ids)
        expect(changes.filter(({ recordId, op }) => recordId === id && op === 'create')).toHaveLength(1)
    }
  })
})

describe('the seed contains only facts of the article:', () => {
  test('the states are from the public record, each with its pages', async () => {
    const api = await service({ seed: true })
    const states = await listOf(api, 'states')
    expect(states).toHaveLength(27)
    for (const { sources } of states) {
      expect(sources.length).toBeGreaterThan(0)
      for (const { url, note } of sources) {
        expect(url).toMatch(/^https?:\/\//)
        expect(note.length).toBeGreaterThan(20)
      }
    }
    const codes = async (query: string) => (await listOf(api, `states?${query}`)).map(({ id }) => id).sort()
    const eight = ['CN', 'IN', 'KG', 'KZ', 'PK', 'RU', 'TJ', 'UZ']
    expect(await codes('membership=member&asOf=2022-08-24')).toEqual(eight)
    expect(await codes('membership=member')).toEqual(['BY', 'CN', 'IN', 'IR', ...eight.slice(2)].sort())
    expect(await codes('membership=partner')).toHaveLength(17)
    expect(await codes('membership=observer,dialogue-partner')).toEqual([])
    const before = ['AF', 'BY', 'IR', 'MN']
    expect(await codes('membership=observer&asOf=2022-08-24')).toEqual(before)
    expect(await codes('membership=observer&asOf=2010-01-01')).toEqual(['IN', 'IR', 'MN', 'PK'])
  })

  test('no agreement is signed, has parties or is adopted', async () => {
    const api = await service({ seed: true })
    const all = await everything(api)
    const agreements = all.filter(({ path }) => path === 'agreements')
    expect(agreements.map(({ record }) => [record['status'], record['parties']])).toEqual([['drafted', []]])
    const proposals = all.filter(({ path }) => path === 'proposals')
    expect(new Set(proposals.map(({ record }) => record['status']))).toEqual(new Set(['proposed']))
    const happened = Map.groupBy(await listOf(api, 'events'), ({ recordId }) => recordId as string)
    for (const { path, record } of [...agreements, ...proposals]) {
      const events = (happened.get(record.id) ?? []).map(({ type, occurredOn }) => [type, occurredOn]).sort()
      expect(events).toEqual(
        path === 'agreements'
          ? [
              ['announced', '2022-08-24'],
              ['drafted', '[..2022-08-24]'],
            ]
          : [['proposed', '2022-08-24']],
      )
    }
    const assertions = new Set(all.flatMap(({ evidence }) => evidence.map(({ assertion }) => assertion)))
    expect([...assertions].sort()).toEqual(['announced', 'proposed', 'reported'])
  })

  test('the year of the meeting is an inference with its reasoning', async () => {
    const { get } = await service({ seed: true })
    const [meeting] = (await get('/v1/meetings')).body['data'] as Doc[]
    expect(meeting).toMatchObject({ startDate: '2022-08-24', status: 'held', format: null, ordinal: null })
    expect(article).not.toContain('2022')
    const evidence = (await get(`/v1/meetings/${meeting?.id}/evidence`)).body['data'] as Doc[]
    const year = evidence.find(({ motivation, note }) => motivation === 'inference' && /2016/.test(note))
    expect(year?.['exact']).toContain('Wednesday')
    expect(year?.['note']).toContain('2022')
    // Of all 24 August from 2012 to 2024, only those of 2016 and 2022 were Wednesdays.
    const years = [2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024]
    expect(years.filter((each) => new Date(Date.UTC(each, 7, 24)).getUTCDay() === 3)).toEqual([2016, 2022])
  })

  test('the claims of the meeting say which quote is about which field', async () => {
    const api = await service({ seed: true })
    const [meeting] = await listOf(api, 'meetings')
    const claims = await claimsOf(api, `/v1/meetings/${meeting?.id}`)
    expect(claims.get('/startDate')).toEqual({
      value: '2022-08-24',
      support: 'single-source',
      motivations: ['inference', 'quote'],
    })
    expect(claims.get('/city')).toMatchObject({ value: 'Tashkent', motivations: ['quote'] })
    expect(claims.get('/countryCode')).toMatchObject({ support: 'unsupported', motivations: ['inference'] })
    expect(claims.get('/participants')).toMatchObject({ motivations: ['inference', 'quote'] })
    expect(claims.get('/summary')).toMatchObject({ support: 'unsupported', motivations: [] })
    const [source] = await listOf(api, 'sources')
    const published = (await claimsOf(api, `/v1/sources/${source?.id}`)).get('/publishedOn')
    expect(published).toMatchObject({ support: 'unsupported', motivations: ['inference'] })
  })
})

describe('the seed answers:', () => {
  const titles = ({ body }: TestResponse) =>
    (body['data'] as Doc[]).map(({ title }) => title as string).sort()

  const PROPOSALS = [
    'Raise the military potential and efficiency of the SCO',
    'Activate the expert working group and make it operational',
    'Entrust the expert working group with proposals on promising areas of cooperation between the defence ministries',
    'Cooperate in countering unmanned aerial vehicles',
    'Cooperate on information safety',
    'Cooperate on biological safety',
    'Improve the training of troops and the practice of joint exercises',
    'Exchange best practices',
    'Test new ways of countering illegal armed groups',
    "Develop the SCO's mechanism of information exchange in the field of military security",
  ].sort()
  const PARTS = PROPOSALS.filter((title) => title.startsWith('Cooperate'))
  const ENTRUSTED = PROPOSALS.filter((title) => title.startsWith('Cooperate') || title.startsWith('Entrust'))

  test('what did Shoigu propose in Tashkent, and in which sentences?', async () => {
    const { get } = await service({ seed: true })
    const [speaker] = (await get('/v1/speakers?name=Sergei%20Shoigu')).body['data'] as Doc[]
    expect(speaker).toMatchObject({
      otherNames: [
        { name: 'Sergey Shoigu', language: null, type: 'alternative' },
        { name: 'Сергей Шойгу', language: 'ru', type: 'official' },
        { name: '谢尔盖·绍伊古', language: 'zh-Hans', type: 'translation' },
      ],
    })
    const posts = (await get(`/v1/memberships?holder=${speaker?.id}`)).body['data'] as Doc[]
    expect(posts).toMatchObject([{ role: 'Minister of Defence', stateCode: 'RU', support: 'single-source' }])
    const [meeting] = (await get(`/v1/meetings?city=Tashkent&speaker=${speaker?.id}`)).body['data'] as Doc[]
    expect(meeting).toMatchObject({ city: 'Tashkent', countryCode: 'UZ' })
    const proposed = await get(`/v1/proposals?speaker=${speaker?.id}&meeting=${meeting?.id}&limit=200`)
    expect(titles(proposed)).toEqual(PROPOSALS)
    for (const { id, proposedOn, status, contributors } of proposed.body['data'] as Doc[]) {
      expect([proposedOn, status, contributors[0].stateCode]).toEqual(['2022-08-24', 'proposed', 'RU'])
      const said = (await get(`/v1/proposals/${id}/evidence`)).body['data'] as Doc[]
      expect(
        said.some(({ assertion, motivation }) => assertion === 'proposed' && motivation === 'quote'),
      ).toBe(true)
    }
  })

  test('what is entrusted to the expert working group?', async () => {
    const { get } = await service({ seed: true })
    const organizations = (await get('/v1/organizations?limit=200')).body['data'] as Doc[]
    const group = organizations.find(({ name }) => name.startsWith('Expert working group'))
    expect(titles(await get(`/v1/proposals?addressee=${group?.id}`))).toEqual(ENTRUSTED)
    const council = organizations.find(({ id }) => id === group?.['parentId'])
    expect(council?.['name']).toBe('Council of Defence Ministers of the SCO')
    const sco = organizations.find(({ id }) => id === council?.['parentId'])
    expect(sco).toMatchObject({ abbreviation: 'SCO', parentId: null })
  })

  test('what are the parts of that proposal?', async () => {
    const { get } = await service({ seed: true })
    const all = (await get('/v1/proposals?limit=200')).body['data'] as Doc[]
    const whole = all.find(({ title }) => title.startsWith('Entrust'))
    expect(titles(await get(`/v1/proposals?parent=${whole?.id}`))).toEqual(PARTS)
  })

  test('which proposals are about drones?', async () => {
    const { get } = await service({ seed: true })
    expect(titles(await get('/v1/proposals?topic=counter-uav'))).toEqual([
      'Cooperate in countering unmanned aerial vehicles',
    ])
    for (const slug of ['information-security', 'biological-security', 'counter-illegal-armed-groups'])
      expect((await get(`/v1/proposals?topic=${slug}`)).body['data']).toHaveLength(1)
  })

  test('which agreement is drafted, by whom, and about what?', async () => {
    const { get } = await service({ seed: true })
    const [draft] = (await get('/v1/agreements?status=drafted')).body['data'] as Doc[]
    expect(draft).toMatchObject({ kind: 'agreement', contributors: [{ role: 'drafter', stateCode: 'RU' }] })
    expect(draft?.['title']).toContain('rapid exchange of information')
    // What the draft is for is an inference; that a proposal became it is not said.
    const [relation, ...others] = (await get(`/v1/relations?record=${draft?.id}`)).body['data'] as Doc[]
    expect(others).toEqual([])
    expect(relation).toMatchObject({ type: 'implements', support: 'unsupported' })
    const { body: purpose } = await get(`/v1/proposals/${relation?.['targetId']}`)
    expect(purpose['title']).toMatch(/^Develop the SCO's mechanism of information exchange/)
    const said = (await get(`/v1/agreements/${draft?.id}/evidence`)).body['data'] as Doc[]
    expect(
      new Set(said.filter(({ motivation }) => motivation === 'quote').map(({ assertion }) => assertion)),
    ).toEqual(new Set(['announced']))
  })

  test('which statements are verbatim, and which are reported?', async () => {
    const { get } = await service({ seed: true })
    const kinds = async (kind: string) =>
      ((await get(`/v1/statements?kind=${kind}`)).body['data'] as Doc[]).map(({ text }) => text as string)
    const [direct, ...others] = await kinds('direct')
    expect(others).toEqual([])
    expect(article).toContain(`“${direct}`)
    const reported = await kinds('reported')
    expect(reported.sort()).toEqual([
      expect.stringContaining('expressed confidence'),
      expect.stringContaining('key priority of the SCO'),
    ])
  })
})

describe('the reference data', () => {
  /** A service with the reference data, and its records by what the review names them. */
  async function reference() {
    const api = await service()
    expect(await seed(api.engine, () => new Date('2026-11-29T12:00:00Z'), 'reference')).toBe(true)
    const list = (path: string) => listOf(api, path)
    const titled = async (path: string, start: string) => {
      const found = (await list(path)).filter(({ title }) => String(title).startsWith(start))
      expect([start, found.length]).toEqual([start, 1])
      return found[0] as Doc
    }
    const speaker = async (name: string) =>
      (await list(`speakers?name=${encodeURIComponent(name)}`))[0] as Doc
    return { api, list, titled, speaker }
  }

  test('is cited throughout, names every page by its address, and doubles nothing of the article', async () => {
    const { api, list } = await reference()
    const small = await service({ seed: true })
    for (const { path, titleField } of catalogue.resources) {
      const records = await list(path)
      const names = records.map((record) => record[titleField])
      expect([path, names.filter((name, at) => names.indexOf(name) !== at)]).toEqual([path, []])
      const ofArticle = new Map((await listOf(small, path)).map((record) => [record.id, record]))
      for (const { id, support, sources, disputed, createdAt: _, updatedAt: __, ...record } of records) {
        expect([path, id, disputed]).toEqual([path, id, []])
        const before = ofArticle.get(id)
        ofArticle.delete(id)
        if (!before) expect([path, id, support, sources.length > 0]).toEqual([path, id, 'cited', true])
        else if (path !== 'speakers') expect({ ...before, ...record }).toEqual({ ...before })
        for (const { url } of sources) expect(url).toMatch(/^https?:\/\/[^\s…]+$/)
      }
      expect([...ofArticle.keys()]).toEqual([])
    }
    expect(await list('meetings?q=Tashkent&dateFrom=2022-08-24&dateTo=2022-08-24')).toHaveLength(1)
    const { body } = await api.get('/v1/memberships?role=Minister%20of%20Defence&state=RU&asOf=2022-08-24')
    expect(body['data']).toMatchObject([{ startDate: '2012-11-06', endDate: '[2024-05-12..2024-05-14]' }])
  })

  test('has the days, numbers and places that pages give to meetings', async () => {
    const { list } = await reference()
    const meetings = await list('meetings')
    const bodies = await list('organizations')
    const body = (name: string) => bodies.find((each) => each['name'] === name)?.id
    const numbers = (name: string) =>
      meetings
        .filter(({ organizationId, ordinal }) => organizationId === body(name) && ordinal !== null)
        .map(({ ordinal }) => ordinal as number)
        .sort((a, b) => a - b)
    expect(numbers('Council of Heads of State of the SCO')).toEqual(
      Array.from({ length: 25 }, (_, at) => at + 1),
    )
    expect(numbers('Council of Heads of Government of the SCO')).toEqual([
      7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    ])
    expect(numbers("Meeting of the Secretaries of the Security Councils of the SCO's member states")).toEqual(
      [13, 14, 15, 16, 17, 19],
    )
    const days = (name: string) => {
      const found = meetings.filter((each) => String(each['name']).endsWith(name))
      return found.map(({ startDate, endDate, city }) => [startDate, endDate, city])
    }
    expect(days('Heads of Government of the SCO, Dushanbe, 2018')).toEqual([
      ['2018-10-11', '2018-10-12', 'Dushanbe'],
    ])
    expect(days('Council of Heads of State of the SCO, Tashkent, 2004')).toEqual([
      ['2004-06-17', '2004-06-17', 'Tashkent'],
    ])
    expect(days('Council of Heads of State of the SCO, Astana, 2005')).toEqual([
      ['2005-07-05', '2005-07-05', 'Astana'],
    ])
    expect(days('Council of Heads of State of the SCO, Astana, 2024')).toEqual([
      ['2024-07-04', '2024-07-04', 'Astana'],
    ])
    expect(days('Summit of the SCO, Tianjin, 2025')).toEqual([['2025-08-31', '2025-09-01', 'Tianjin']])
    expect(days('the CIS and the CSTO, 2020')).toEqual([['2020-09-04', null, 'Kubinka']])
    const tianjin = meetings.find(({ name }) => name === 'Summit of the SCO, Tianjin, 2025')
    const parts = await list(`meetings?parent=${tianjin?.id}`)
    expect(parts.map(({ classification }) => classification).sort()).toEqual(['council', 'plus'])
    const ministers = meetings.filter(
      ({ organizationId }) => organizationId === body('Council of Defence Ministers of the SCO'),
    )
    expect(ministers.map(({ startDate }) => startDate.slice(0, 4)).sort()).toEqual([
      '2002',
      '2006',
      '2007',
      '2013',
      '2016',
      '2017',
      '2018',
      '2019',
      '2020',
      '2021',
      '2022',
      '2022',
      '2023',
      '2024',
      '2025',
    ])
  })

  test('knows what each partner was before', async () => {
    const { api } = await reference()
    const codes = async (membership: string, asOf: string) =>
      (await listOf(api, `states?membership=${membership}&asOf=${asOf}`)).map(({ id }) => id).sort()
    expect(await codes('observer', '2004-06-18')).toEqual(['MN'])
    expect(await codes('observer', '2005-07-06')).toEqual(['IN', 'IR', 'MN', 'PK'])
    expect(await codes('dialogue-partner', '2009-07-01')).toEqual(['BY', 'LK'])
    expect(await codes('observer', '2012-06-08')).toEqual(['AF', 'IN', 'IR', 'MN', 'PK'])
    expect(await codes('dialogue-partner', '2012-06-08')).toEqual(['BY', 'LK', 'TR'])
    const later = ['AE', 'AM', 'AZ', 'BH', 'EG', 'KH', 'KW', 'LK', 'MM', 'MV', 'NP', 'QA', 'SA', 'TR']
    expect(await codes('dialogue-partner', '2024-01-01')).toEqual(later)
  })

  test('calls nothing stalled of which the entry into force is unknown, and nothing that is done', async () => {
    const { list, titled } = await reference()
    const stalled = await list('agreements?stalledSince=2026-11-01')
    expect(stalled.map(({ status, kind }) => [status, kind])).toEqual([['drafted', 'agreement']])
    for (const start of [
      'Agreement on Confidence Building in the Military Field',
      'Agreement on Mutual Reductions of Armed Forces',
      'Agreement between the Member States of the SCO on the Regional Anti-Terrorist Structure',
      'Convention of the Shanghai Cooperation Organization against Terrorism',
    ])
      expect(await titled('agreements', start)).toMatchObject({
        status: 'signed',
        entryIntoForce: null,
        settled: false,
      })
    expect(await titled('agreements', 'Joint Communique of the Meeting of SCO Defence')).toMatchObject({
      kind: 'communique',
      settled: true,
    })
    expect(await titled('agreements', 'Concept of Cooperation')).toMatchObject({
      kind: 'concept',
      settled: true,
    })
  })

  test('has the parties, the packages of two summits, and the text that was refused', async () => {
    const { api, list, titled } = await reference()
    const six = ['CN', 'KG', 'KZ', 'RU', 'TJ', 'UZ']
    const partiesOf = async ({ id }: Doc) => (await api.get(`/v1/agreements/${id}/parties`)).body as Doc
    const convention = await partiesOf(
      await titled('agreements', 'Convention of the Shanghai Cooperation Organization on Countering'),
    )
    expect(convention['data'].map(({ stateCode }: Doc) => stateCode).sort()).toEqual(six)
    expect(convention['data'].find(({ stateCode }: Doc) => stateCode === 'RU')).toMatchObject({
      domesticApprovalOn: '2019-07-26',
      inForceOn: '2019-10-12',
      consentOn: null,
    })
    expect(convention['notSigned']).toEqual(['IN', 'PK'])
    const protocol = await titled('agreements', 'Protocol on Amendments to the Agreement')
    expect(
      (await partiesOf(protocol))['data'].find(({ stateCode }: Doc) => stateCode === 'KZ'),
    ).toMatchObject({
      domesticApprovalOn: '2020-10-12',
    })
    const base = await titled('agreements', 'Agreement between the SCO Member States on Joint Military')
    expect(await list(`relations?record=${protocol.id}`)).toMatchObject([
      { type: 'amends', targetId: base.id },
    ])
    for (const [name, least] of [
      ['Council of Heads of State of the SCO, Astana, 2024', 14],
      ['Council of Heads of State of the SCO, Tianjin, 2025', 12],
    ] as const) {
      const [meeting] = (await list('meetings')).filter((each) => String(each['name']).endsWith(name))
      const documents = await list(`agreements?meeting=${meeting?.id}`)
      expect([name, documents.length >= least]).toEqual([name, true])
    }
    const refused = await titled('agreements', 'Joint statement of the Meeting of SCO Defence Ministers')
    expect(refused).toMatchObject({ status: 'not-adopted', statusSince: '2025-06-26' })
    expect(await list(`positions?record=${refused.id}`)).toMatchObject([
      { stateCode: 'IN', position: 'declined' },
    ])
  })

  test('follows proposals to what came of them', async () => {
    const { list, titled } = await reference()
    const joint = await titled('proposals', 'A joint meeting of defence ministers in Moscow')
    expect(joint).toMatchObject({ status: 'implemented', statusSince: '2022-12-09' })
    expect(await titled('proposals', 'A study of a development bank')).toMatchObject({
      status: 'under-consideration',
      statusSince: '2016-11-03',
    })
    const bank = await titled('proposals', 'Create the development bank')
    const earlier = await titled('proposals', 'Go on examining a development bank')
    expect(await list(`relations?record=${bank.id}`)).toMatchObject([
      { type: 'restates', targetId: earlier.id },
    ])
    const roadmap = await titled('proposals', 'A road map for work with the dialogue partners')
    expect(roadmap).toMatchObject({ proposedOn: '2023-07-04', status: 'adopted', statusSince: '2024-07-04' })
    expect(await list('proposals?state=BY')).toHaveLength(1)
    expect((await list('proposals?state=UZ&proposedFrom=2023-11')).length).toBeGreaterThanOrEqual(4)
  })

  test('has names in Russian and Chinese for nearly all records', async () => {
    const { list } = await reference()
    const lacking: string[] = []
    for (const path of ['topics', 'organizations', 'meetings', 'speakers', 'proposals', 'agreements'])
      for (const { otherNames, ...record } of await list(path))
        for (const language of ['ru', 'zh-Hans'])
          if (!otherNames.some((one: Doc) => one['language'] === language))
            lacking.push(`${language}: ${record['name'] ?? record['prefLabel'] ?? record['title']}`)
    // Their usual names in Chinese are not known.
    expect(lacking.sort()).toEqual(['zh-Hans: M. U. Subanov', 'zh-Hans: V. T. Kasymov'])
  })

  test('has posts with their dates, and names in scripts', async () => {
    const { list, speaker } = await reference()
    const posts = async (name: string) =>
      (await list(`memberships?holder=${(await speaker(name))?.id}`)).map(({ role, startDate, endDate }) => [
        role,
        startDate,
        endDate,
      ])
    expect(await posts('Andrey Belousov')).toEqual([['Minister of Defence', '2024-05-14', null]])
    expect(await posts('Nurlan Yermekbayev')).toEqual([
      ['Secretary-General of the SCO', '2025-01-01', null],
      ['Minister of Defence', '2018-08-07', '2021-08-31'],
    ])
    expect(await posts('Bolat Nurgaliyev')).toEqual([['Secretary-General of the SCO', '2007-01', '2009']])
    for (const name of ['V. T. Kasymov', 'M. U. Subanov', 'Dzhenisbek Dzhumanbekov'])
      expect(await posts(name)).toEqual([
        ['Director of the Executive Committee of the Regional Anti-Terrorist Structure', null, null],
      ])
    for (const name of [
      'Владимир Путин',
      'Си Цзиньпин',
      '习近平',
      'Шавкат Мирзиёев',
      'Касым-Жомарт Токаев',
      'Садыр Жапаров',
      'Андрей Белоусов',
    ])
      expect([name, (await speaker(name))?.['otherNames'].length > 0]).toEqual([name, true])
  })
})
