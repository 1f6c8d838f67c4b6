// The seed: the content of one article, with a quote for every fact, and nothing else.
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

/** All records of every resource, and the evidence of each. */
async function everything({ get }: Service) {
  const all: { path: string; record: Doc; evidence: Doc[] }[] = []
  for (const { path } of catalogue.resources) {
    const { data, page } = (await get(`/v1/${path}?limit=200`)).body as { data: Doc[]; page: Doc }
    expect(page['nextCursor']).toBeNull()
    for (const record of data) {
      const evidence = (await get(`/v1/${path}/${record.id}/evidence`)).body['data'] as Doc[]
      all.push({ path, record, evidence })
    }
  }
  return all
}

const eventsOf = async ({ get }: Service, path: string, id: string) =>
  (await get(`/v1/${path}/${id}/events`)).body['data'] as Doc[]

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
  test('except states has evidence, and the support of a single source', async () => {
    const all = await everything(await service({ seed: true }))
    expect(all.length).toBeGreaterThan(30)
    for (const { path, record, evidence } of all) {
      const what = `${path} ${record['name'] ?? record['title'] ?? record['prefLabel'] ?? record['text']}`
      if (path === 'states')
        expect([what, evidence.length, record['support']]).toEqual([what, 0, 'unsupported'])
      else {
        expect([what, evidence.length > 0, record['support']]).toEqual([what, true, 'single-source'])
        expect([what, evidence.some(({ motivation }) => motivation === 'quote')]).toEqual([what, true])
      }
    }
  })

  test('has quotes that equal the text of the article at their offsets', async () => {
    const all = (await everything(await service({ seed: true }))).flatMap(({ evidence }) => evidence)
    expect(all.length).toBeGreaterThan(60)
    for (const { exact, start, end, prefix, suffix } of all) {
      expect(points.slice(start, end).join('')).toBe(exact)
      expect(points.slice(0, start).join('').endsWith(prefix)).toBe(true)
      expect(points.slice(end).join('').startsWith(suffix)).toBe(true)
    }
  })

  test('with an inference has a note with its reasoning', async () => {
    const all = (await everything(await service({ seed: true }))).flatMap(({ evidence }) => evidence)
    const inferences = all.filter(({ motivation }) => motivation === 'inference')
    expect(inferences.length).toBeGreaterThan(5)
    for (const { note } of inferences) expect(note.length).toBeGreaterThan(40)
  })

  test('has the same id on every machine', async () => {
    const one = await service({ seed: true })
    const other = await service({ seed: true })
    const ids = async (api: Service) => {
      const found: string[] = []
      for (const { path, record, evidence } of await everything(api)) {
        found.push(record.id, ...evidence.map(({ id }) => id))
        if (path === 'proposals' || path === 'agreements')
          found.push(...(await eventsOf(api, path, record.id)).map(({ id }) => id))
      }
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
    const all = (await everything(await service({ seed: true }))).flatMap(({ evidence }) => evidence)
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
  test('the states are the eight members of 24 August 2022, from the public record', async () => {
    const { get } = await service({ seed: true })
    const { data } = (await get('/v1/states?limit=200')).body as { data: Doc[] }
    expect(data.map(({ id }) => id).sort()).toEqual(['CN', 'IN', 'KG', 'KZ', 'PK', 'RU', 'TJ', 'UZ'])
    for (const { memberships, sources } of data) {
      expect(memberships).toHaveLength(1)
      const [{ status, startDate, endDate }] = memberships
      expect([status, startDate <= '2022-08-24', endDate]).toEqual(['member', true, null])
      expect(sources.length).toBeGreaterThan(0)
      for (const { url, note } of sources) {
        expect(url).toMatch(/^https?:\/\//)
        expect(note).toMatch(/public record.*not from the article/)
      }
    }
  })

  test('no agreement is signed, has parties or is adopted', async () => {
    const api = await service({ seed: true })
    const all = await everything(api)
    const agreements = all.filter(({ path }) => path === 'agreements')
    expect(agreements.map(({ record }) => [record['status'], record['parties']])).toEqual([['drafted', []]])
    const proposals = all.filter(({ path }) => path === 'proposals')
    expect(new Set(proposals.map(({ record }) => record['status']))).toEqual(new Set(['proposed']))
    for (const { path, record } of [...agreements, ...proposals]) {
      const statuses = (await eventsOf(api, path, record.id)).map(({ status }) => status)
      expect(statuses).toEqual([path === 'agreements' ? 'drafted' : 'proposed'])
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
      otherNames: ['Sergey Shoigu'],
      posts: [{ title: 'Minister of Defence', stateCode: 'RU' }],
    })
    const [meeting] = (await get(`/v1/meetings?city=Tashkent&speaker=${speaker?.id}`)).body['data'] as Doc[]
    expect(meeting).toMatchObject({ city: 'Tashkent', countryCode: 'UZ' })
    const proposed = await get(`/v1/proposals?speaker=${speaker?.id}&meeting=${meeting?.id}&limit=200`)
    expect(titles(proposed)).toEqual(PROPOSALS)
    for (const { id, proposedOn, status, onBehalfOf } of proposed.body['data'] as Doc[]) {
      expect([proposedOn, status, onBehalfOf.stateCode]).toEqual(['2022-08-24', 'proposed', 'RU'])
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
    expect(draft).toMatchObject({ kind: 'agreement', draftedBy: { stateCode: 'RU' } })
    expect(draft?.['title']).toContain('rapid exchange of information')
    const towards = await get(`/v1/proposals?agreement=${draft?.id}`)
    expect(titles(towards)).toEqual([
      "Develop the SCO's mechanism of information exchange in the field of military security",
    ])
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
