// My work: drafts, files, what was changed last, what lacks a source, and pairs of records to judge.
import { describe, expect, test } from 'vitest'
import { type Service, service } from '../helpers/app.ts'
import { client, fieldsOf, signIn } from '../helpers/workbench.ts'
import { expectSafe } from '../web/check.ts'

const PREFIXES = ['', '/ru', '/zh']

const create = async ({ post }: Service, path: string, body: object): Promise<string> => {
  const { status, body: created, text } = await post(path, body)
  expect([status, status === 201 ? '' : text]).toEqual([201, ''])
  return created['id']
}

/** Two bodies of which one was given the name of the other. */
async function namesakes(s: Service): Promise<[string, string]> {
  const one = await create(s, '/v1/organizations', { name: 'The Group', classification: 'organ' })
  const other = await create(s, '/v1/organizations', { name: 'Another', classification: 'organ' })
  expect(
    (await s.patch(`/v1/organizations/${other}`, { name: 'The Group', foundingDate: '2003' })).status,
  ).toBe(200)
  return [one, other]
}

const pairsIn = (page: string) =>
  [...page.matchAll(/name="one" value="(\w+)"><input type="hidden" name="other" value="(\w+)"/g)].map(
    ([, one, other]) => [one, other],
  )

/** The path and text of a section of a page. */
const sectionOf = (page: string, id: string) =>
  new RegExp(`<section aria-labelledby="${id}">.*?</section>`, 's').exec(page)?.[0] ?? ''

describe('my work', () => {
  test('is empty at first, and valid in every language', async () => {
    const s = await service({ seed: true })
    const browser = await signIn(s)
    for (const prefix of PREFIXES) {
      const { status, text, headers } = await browser.get(`${prefix}/edit`)
      expect([status, headers['cache-control']]).toEqual([200, 'private, no-cache'])
      await expectSafe('work', text)
      expect(pairsIn(text)).toEqual([])
    }
  })

  test('lists what I changed last, with parts under their record, and what has no source', async () => {
    const s = await service({ seed: true })
    const browser = await signIn(s)
    const other = await create(s, '/v1/speakers', { name: '<b>The envoy</b>' })
    const proposal = await create(s, '/v1/proposals?reason=From%20the%20archive', {
      title: 'Exercise',
      proposedOn: '2022',
    })
    const event = { type: 'noted', occurredOn: '2022-08-24' }
    await create(s, `/v1/proposals/${proposal}/events?reason=Second%20look`, event)
    for (const prefix of PREFIXES) {
      const { text } = await browser.get(`${prefix}/edit`)
      await expectSafe('work', text)
      const recent = sectionOf(text, 'recent')
      expect([...recent.matchAll(/href="[^"]*\/(\w+)"/g)].map(([, id]) => id)).toEqual([proposal, other])
      expect(recent).toContain('Second look')
      const doubtful = sectionOf(text, 'doubtful')
      expect(doubtful).toContain(`href="${prefix}/edit/proposals/${proposal}"`)
      expect(doubtful).toContain(`href="${prefix}/speakers/${other}"`)
    }
    const admin = await (await signIn(s, 'admin')).get('/edit')
    expect(admin.text).not.toContain(proposal)
  })

  test('says which field sources disagree about', async () => {
    const s = await service()
    const source = await create(s, '/v1/sources', {
      title: 'News',
      language: 'en',
      text: 'It was proposed in 2021.',
      textStatus: 'full',
      classification: 'news',
      publishedOn: '2022',
    })
    const proposal = await create(s, '/v1/proposals', { title: 'Exercise', proposedOn: '2022' })
    await create(s, `/v1/proposals/${proposal}/evidence`, {
      sourceId: source,
      exact: 'in 2021',
      motivation: 'quote',
      field: '/proposedOn',
      value: '2021',
    })
    const { text } = await (await signIn(s)).get('/edit')
    expect(sectionOf(text, 'doubtful')).toContain('sources disagree about: Proposed')
  })

  test('lists drafts and files', async () => {
    const s = await service()
    const browser = await signIn(s)
    const content = 'name\nThe minister\n'
    await browser.upload('/edit/imports', { kind: '' }, { name: 'speakers.csv', content })
    await browser.submit('/edit/sources/new', { text: 'A headline\n\nA text.' })
    const { text } = await browser.get('/edit')
    await expectSafe('work', text)
    expect(sectionOf(text, 'files')).toContain('speakers.csv')
    const [, draft = ''] = /href="(\/edit\/drafts\/\w+)"/.exec(sectionOf(text, 'drafts')) ?? []
    expect((await browser.get(draft)).status).toBe(200)
    expect((await (await signIn(s, 'admin')).get('/edit')).text).not.toContain(draft)
  })
})

describe('two records that may be the same', () => {
  test('are proposed until they are judged, and then never again', async () => {
    const s = await service()
    const [one, other] = await namesakes(s)
    const browser = await signIn(s)
    const admin = await signIn(s, 'admin')
    for (const prefix of PREFIXES) {
      const { text } = await browser.get(`${prefix}/edit/duplicates`)
      await expectSafe('duplicates', text)
      expect(pairsIn(text)).toEqual([[other, one]])
      expect(text).toContain(`href="${prefix}/edit/organizations/${other}/merge?into=${one}"`)
      expect(text).toContain('2003')
      expect(pairsIn((await browser.get(`${prefix}/edit`)).text)).toEqual([[other, one]])
    }
    expect(pairsIn((await admin.get('/edit/duplicates')).text)).toEqual([])
    const ofAll = await admin.get('/edit/duplicates?of=all')
    expect(pairsIn(ofAll.text)).toEqual([[other, one]])
    const judged = await admin.follow('/edit/duplicates', fieldsOf(ofAll.text))
    expect(judged.text).toContain('role="status"')
    expect(pairsIn(judged.text)).toEqual([])
    expect(pairsIn((await browser.get('/edit/duplicates')).text)).toEqual([])
    const { body } = await s.get(`/v1/organizations/${other}`)
    expect(body['distinctFrom']).toEqual([one])
    const merge = await s.post(
      `/v1/organizations/${other}/merge?reason=Twice`,
      { into: one },
      { 'if-match': '*' },
    )
    expect([merge.status, merge.body['type']]).toEqual([409, '/problems/distinct'])
  })

  test('are judged once, however often it is sent, and only if they are there', async () => {
    const s = await service()
    const [one, other] = await namesakes(s)
    const browser = await signIn(s)
    const fields = { kind: 'organization', one: other, other: one }
    await Promise.all([1, 2, 3].map(() => browser.submit('/edit/duplicates', fields)))
    const { body } = await s.get(`/v1/organizations/${other}`)
    expect([body['distinctFrom'], body['version']]).toEqual([[one], 3])
    for (const wrong of [
      { ...fields, kind: 'evidence' },
      { ...fields, one: 'org_01gb6jc400e2etq4tax4jyms25' },
      { ...fields, other: '' },
    ]) {
      const { status, text } = await browser.submit('/edit/duplicates', wrong)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
      await expectSafe('wrong', text)
    }
    expect((await client(s).submit('/edit/duplicates', fields)).status).toBe(401)
  })

  test('are not those that differ by the rules of their kind, or that a relation connects', async () => {
    const s = await service()
    const meeting = { name: 'Meeting of experts', classification: 'working-group' }
    await create(s, '/v1/meetings', { ...meeting, startDate: '2021-05-01' })
    await create(s, '/v1/meetings', { ...meeting, startDate: '2022-05-01' })
    const source = {
      title: 'News',
      language: 'en',
      classification: 'news',
      url: 'https://example.org/a',
      textStatus: 'full',
    }
    const first = await create(s, '/v1/sources', { ...source, text: 'A text of some length.' })
    const second = await s.post('/v1/sources', { ...source, text: 'Another text.', distinctFrom: [first] })
    expect(second.status).toBe(201)
    await s.patch(`/v1/sources/${second.body['id']}`, { distinctFrom: [] })
    const browser = await signIn(s)
    expect(pairsIn((await browser.get('/edit/duplicates')).text)).toEqual([[second.body['id'], first]])
    await create(s, `/v1/sources/${second.body['id']}/relations`, { type: 'version-of', targetId: first })
    expect(pairsIn((await browser.get('/edit/duplicates')).text)).toEqual([])
  })
})
