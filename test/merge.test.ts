// Merging records that were entered twice: POST /v1/{path}/{id}/merge.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'
import { instantBeforeWrites } from './helpers/wait.ts'

const WHY = 'reason=Entered%20twice'

const TEXT =
  'TASHKENT, 24 August. The ministers met in Tashkent on Wednesday. Russia proposed to exercise together.'

/** A meeting, once by each of two agencies, with what hangs on each. */
async function twoMeetings(s: Service) {
  for (const [code, name] of [
    ['RU', 'Russia'],
    ['UZ', 'Uzbekistan'],
  ])
    await create(s, '/v1/states', { code, name })
  const { id: source } = await create(s, '/v1/sources', { title: 'A report', language: 'en', text: TEXT })
  const { id: body } = await create(s, '/v1/organizations', { name: 'A council', classification: 'organ' })
  const kept = await create(s, '/v1/meetings', {
    name: 'Meeting of ministers',
    organizationId: body,
    startDate: '2022-08-24',
    participants: [{ role: 'chair', stateCode: 'UZ' }],
  })
  const twice = await create(s, '/v1/meetings', {
    name: 'Defence ministers in Tashkent',
    startDate: '2022-08-23',
    city: 'Tashkent',
    identifiers: [{ scheme: 'agency', identifier: '17' }],
    participants: [{ role: 'member', stateCode: 'RU' }],
    evidence: [
      {
        sourceId: source,
        motivation: 'quote',
        exact: 'The ministers met',
        field: '/city',
        value: 'Tashkent',
      },
      { sourceId: source, motivation: 'quote', exact: 'on Wednesday', field: '/startDate' },
    ],
  })
  const proposal = await create(s, '/v1/proposals', {
    title: 'Exercise together',
    meetingId: twice['id'],
    events: [{ type: 'proposed', occurredOn: '2022-08-24', meetingId: twice['id'] }],
  })
  return { source, kept, twice, proposal }
}

/** Sends the current ETag of the record that is merged, as clients do. */
async function merge(s: Service, path: string, from: Body, into: Body, more: Body = {}, query = WHY) {
  const url = `/v1/${path}/${from['id']}`
  const etag = String((await s.get(url)).headers['etag'])
  return s.post(`${url}/merge?${query}`, { into: into['id'], ...more }, { 'if-match': etag })
}

describe('a merge', () => {
  test('moves parts, evidence and references, fills what is empty and names what differs', async () => {
    const s = await service()
    const { kept, twice, proposal } = await twoMeetings(s)
    const { status, body } = await merge(s, 'meetings', twice, kept)
    expect(status).toBe(200)
    expect(body).toEqual({
      mergedInto: kept['id'],
      moved: { evidence: 2, events: 1, proposals: 1 },
      differences: [{ partId: null, field: '/startDate', kept: '2022-08-24', dropped: '2022-08-23' }],
    })
    const merged = await get(s, `/v1/meetings/${kept['id']}`)
    expect(merged).toMatchObject({
      name: 'Meeting of ministers',
      otherNames: [{ name: 'Defence ministers in Tashkent', language: null, type: 'alternative' }],
      startDate: '2022-08-24',
      city: 'Tashkent',
      identifiers: [{ scheme: 'agency', identifier: '17' }],
      support: 'single-source',
      // The day that was dropped had a quote.
      disputed: ['/startDate'],
    })
    expect(merged['participants'].map(({ role, stateCode }: Body) => [role, stateCode])).toEqual([
      ['chair', 'UZ'],
      ['member', 'RU'],
    ])
    expect(await get(s, `/v1/proposals/${proposal['id']}?include=events`)).toMatchObject({
      meetingId: kept['id'],
      events: [{ meetingId: kept['id'] }],
    })
  })

  test('takes values of the merged record on request', async () => {
    const s = await service()
    const { kept, twice } = await twoMeetings(s)
    const { body } = await merge(s, 'meetings', twice, kept, { take: ['/startDate', '/name'] })
    expect(body['differences']).toEqual([])
    const merged = await get(s, `/v1/meetings/${kept['id']}`)
    expect(merged).toMatchObject({ startDate: '2022-08-23', name: 'Defence ministers in Tashkent' })
    expect(merged['otherNames'].map(({ name }: Body) => name)).toEqual(['Meeting of ministers'])
  })

  test('as a dry run shows the same and changes nothing', async () => {
    const s = await service()
    const { kept, twice } = await twoMeetings(s)
    const before = await get(s, '/v1/changes/head')
    const dry = await merge(s, 'meetings', twice, kept, {}, `${WHY}&dryRun=true`)
    expect(dry.status).toBe(200)
    expect(await get(s, '/v1/changes/head')).toEqual(before)
    expect((await merge(s, 'meetings', twice, kept)).body).toEqual(dry.body)
  })

  test('unites equal parts, and keeps the quotes of both', async () => {
    const s = await service()
    const { source } = await twoMeetings(s)
    const quote = (exact: string) => ({ sourceId: source, motivation: 'quote', exact })
    const speaker = (name: string, exact: string) =>
      create(s, '/v1/speakers', {
        name,
        memberships: [{ role: 'Minister', stateCode: 'RU', evidence: [quote(exact)] }],
      })
    const kept = await speaker('Sergei Shoigu', 'Russia')
    const twice = await speaker('Sergey Shoigu', 'The ministers')
    const [post] = (await get(s, `/v1/speakers/${twice['id']}/memberships`))['data']
    const statement = await create(s, '/v1/statements', {
      kind: 'reported',
      text: 'Exercise together.',
      contributors: [{ role: 'author', speakerId: twice['id'], membershipId: post.id }],
    })
    expect((await merge(s, 'speakers', twice, kept)).status).toBe(200)
    const { data } = await get(s, `/v1/speakers/${kept['id']}/memberships`)
    expect(data).toHaveLength(1)
    const quotes = await get(s, `/v1/speakers/${kept['id']}/memberships/${data[0].id}/evidence`)
    expect(quotes['data'].map(({ exact }: Body) => exact).sort()).toEqual(['Russia', 'The ministers'])
    expect((await get(s, `/v1/statements/${statement['id']}`))['contributors'][0]).toMatchObject({
      speakerId: kept['id'],
      membershipId: data[0].id,
    })
  })
})

test('a merge of records with the same event on other days keeps one, and names the other day', async () => {
  const s = await service()
  const proposal = (title: string, occurredOn: string) =>
    create(s, '/v1/proposals', { title, events: [{ type: 'proposed', occurredOn }] })
  const kept = await proposal('Exercise together', '2022-08-24')
  const twice = await proposal('Joint exercises', '2022-08-25')
  const { body } = await merge(s, 'proposals', twice, kept)
  const { data } = await get(s, `/v1/proposals/${kept['id']}/events`)
  expect(data).toMatchObject([{ occurredOn: '2022-08-24' }])
  expect(body['differences']).toMatchObject([
    { partId: null, field: '/proposedOn' },
    { partId: data[0].id, field: '/occurredOn', kept: '2022-08-24', dropped: '2022-08-25' },
  ])
})

describe('a merged record', () => {
  test('redirects reads, also of paths below it and along a chain', async () => {
    const s = await service()
    const { kept, twice } = await twoMeetings(s)
    const last = await create(s, '/v1/meetings', { name: 'The same again', startDate: '2022-08-24' })
    await merge(s, 'meetings', twice, kept)
    await merge(s, 'meetings', kept, last)
    for (const below of ['', '/evidence', '?include=evidence']) {
      const response = await s.get(`/v1/meetings/${twice['id']}${below}`)
      expect([response.status, response.headers['location']]).toEqual([
        308,
        `/v1/meetings/${last['id']}${below}`,
      ])
      expect(response.body).toEqual({ mergedInto: last['id'] })
    }
    expect((await s.get(`/v1/meetings/${twice['id']}/history/1`)).status).toBe(200)
    const history = await get(s, `/v1/meetings/${twice['id']}/history`)
    expect(history['data'][0]).toMatchObject({ op: 'merge', reason: 'Entered twice' })
  })

  test('refuses writes, and is the other one as a reference and as a filter', async () => {
    const s = await service()
    const { kept, twice } = await twoMeetings(s)
    await merge(s, 'meetings', twice, kept)
    const url = `/v1/meetings/${twice['id']}`
    for (const response of [
      await s.patch(url, { city: 'Samarkand' }),
      await s.del(`${url}?${WHY}`),
      await s.post(`${url}/evidence`, {
        sourceId: 'src_01gb6jc400fycan90mth81g8js',
        motivation: 'quote',
        exact: 'a',
      }),
    ])
      expect([response.status, response.body['type'], response.body['mergedInto']]).toEqual([
        409,
        '/problems/merged',
        kept['id'],
      ])
    const { meetingId } = await create(s, '/v1/proposals', { title: 'Another', meetingId: twice['id'] })
    expect(meetingId).toBe(kept['id'])
    const filtered = await get(s, `/v1/proposals?meeting=${twice['id']}`)
    expect(filtered['data'].map(({ title }: Body) => title).sort()).toEqual(['Another', 'Exercise together'])
  })

  test('is one change in the feed, is gone from lists, and is still there for knownAt before', async () => {
    const s = await service()
    const { kept, twice } = await twoMeetings(s)
    const { seq } = await get(s, '/v1/changes/head')
    const before = await instantBeforeWrites()
    await merge(s, 'meetings', twice, kept)
    const { data } = await get(s, `/v1/changes?after=${seq}`)
    expect(data.filter(({ op }: Body) => op === 'merge')).toMatchObject([
      { kind: 'meeting', id: twice['id'], mergedInto: kept['id'], reason: 'Entered twice', record: null },
    ])
    const ids = async (query: string) =>
      (await get(s, `/v1/meetings?${query}`))['data'].map(({ id }: Body) => id)
    expect(await ids('limit=200')).not.toContain(twice['id'])
    expect(await ids(`limit=200&knownAt=${before}`)).toEqual(
      expect.arrayContaining([kept['id'], twice['id']]),
    )
  })
})

describe('a merge is refused', () => {
  test('into itself, into another kind, without a reason, and of records known to be different', async () => {
    const s = await service()
    const { kept, twice, proposal } = await twoMeetings(s)
    const refused = async (from: Body, into: Body, query = WHY) => {
      const { status, body } = await merge(s, 'meetings', from, into, {}, query)
      return [status, body['type']]
    }
    expect(await refused(twice, twice)).toEqual([422, '/problems/inconsistent'])
    expect(await refused(twice, proposal)).toEqual([400, '/problems/invalid-body'])
    expect(await refused(twice, kept, '')).toEqual([400, '/problems/invalid-parameter'])
    expect(await refused(twice, { id: 'mtg_01gb6jc400ezz8kdnweefcy4dk' })).toEqual([
      422,
      '/problems/unknown-reference',
    ])
    await s.patch(`/v1/meetings/${kept['id']}`, { distinctFrom: [twice['id']] })
    expect(await refused(twice, kept)).toEqual([409, '/problems/distinct'])
    const part = await create(s, '/v1/meetings', {
      name: 'A part',
      startDate: '2022-08-23',
      parentId: twice['id'],
    })
    expect(await refused(part, twice)).toEqual([422, '/problems/inconsistent'])
    expect(await refused(twice, part)).toEqual([422, '/problems/inconsistent'])
  })

  test('if a quote of the merged source is not in the text of the other', async () => {
    const s = await service()
    const source = (title: string, text: string) => create(s, '/v1/sources', { title, language: 'en', text })
    const kept = await source('A', 'The ministers met in Tashkent.')
    const twice = await source('B', 'BREAKING The ministers met in Tashkent. More soon.')
    const cite = (exact: string) =>
      create(s, `/v1/sources/${twice['id']}/evidence`, { sourceId: twice['id'], motivation: 'quote', exact })
    await cite('met in Tashkent')
    const lost = await cite('More soon')
    const refused = await merge(s, 'sources', twice, kept)
    expect([refused.status, refused.body['quotes'].map(({ exact }: Body) => exact)]).toEqual([
      409,
      ['More soon'],
    ])
    expect((await s.del(`/v1/sources/${twice['id']}/evidence/${lost['id']}?${WHY}`)).status).toBe(204)
    expect((await merge(s, 'sources', twice, kept)).status).toBe(200)
    const { data } = await get(s, `/v1/sources/${kept['id']}/annotations`)
    expect(data ?? (await get(s, `/v1/sources/${kept['id']}/evidence`))['data']).toBeTruthy()
  })
})

describe('whatever hangs on two speakers', () => {
  const WORDS = ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon', 'Zeta']
  const side = fc.constantFrom(0, 1)
  const facts = fc.record({
    quotes: fc.array(fc.tuple(side, fc.constantFrom(...WORDS)), { maxLength: 6 }),
    posts: fc.array(fc.tuple(side, fc.constantFrom('Minister', 'Deputy'), fc.constantFrom(...WORDS)), {
      maxLength: 5,
    }),
    statements: fc.array(side, { maxLength: 4 }),
    proposals: fc.array(fc.tuple(side, side), { maxLength: 3 }),
  })

  test('a merge keeps every quote and every reference', async () => {
    const s = await service()
    const { id: sourceId } = await create(s, '/v1/sources', {
      title: 'A',
      language: 'en',
      text: WORDS.join(' '),
    })
    await create(s, '/v1/states', { code: 'RU', name: 'Russia' })
    const quote = (exact: string) => ({ sourceId, motivation: 'quote', exact })
    let run = 0
    await fc.assert(
      fc.asyncProperty(facts, async ({ quotes, posts, statements, proposals }) => {
        run++
        const people = [
          await create(s, '/v1/speakers', { name: `Kept ${run}` }),
          await create(s, '/v1/speakers', { name: `Twice ${run}` }),
        ]
        const idOf = (at: number) => String(people[at]?.['id'])
        const add = (url: string, body: Body) => create(s, url, body)
        for (const [at, word] of quotes) await add(`/v1/speakers/${idOf(at)}/evidence`, quote(word))
        for (const [at, role, word] of posts)
          await add(`/v1/speakers/${idOf(at)}/memberships`, {
            role,
            stateCode: 'RU',
            evidence: [quote(word)],
          })
        for (const [index, at] of statements.entries())
          await add('/v1/statements', {
            kind: 'reported',
            text: `Statement ${run} ${index}`,
            contributors: [{ role: 'author', speakerId: idOf(at) }],
          })
        for (const [index, [one, other]] of proposals.entries())
          await add('/v1/proposals', {
            title: `Proposal ${run} ${index}`,
            contributors: [
              { role: 'proposer', speakerId: idOf(one) },
              { role: 'co-sponsor', speakerId: idOf(other) },
            ],
          })
        const [kept, twice] = people as [Body, Body]
        expect((await merge(s, 'speakers', twice, kept)).status).toBe(200)

        const list = async (path: string) => (await get(s, `/v1/${path}`))['data'] as Body[]
        const own = await list(`speakers/${kept['id']}/evidence`)
        expect(new Set(own.map(({ exact }) => exact))).toEqual(new Set(quotes.map(([, word]) => word)))
        const remaining = await list(`speakers/${kept['id']}/memberships`)
        expect(new Set(remaining.map(({ role }) => role))).toEqual(new Set(posts.map(([, role]) => role)))
        const words = await Promise.all(
          remaining.map(async ({ id, role }) =>
            (await list(`speakers/${kept['id']}/memberships/${id}/evidence`)).map(
              ({ exact }) => `${role} ${exact}`,
            ),
          ),
        )
        expect(new Set(words.flat())).toEqual(new Set(posts.map(([, role, word]) => `${role} ${word}`)))
        expect(await list(`statements?speaker=${kept['id']}`)).toHaveLength(statements.length)
        expect(await list(`proposals?speaker=${kept['id']}`)).toHaveLength(proposals.length)
        for (const path of ['statements', 'proposals', 'memberships', 'evidence'])
          expect(JSON.stringify(await list(`${path}?limit=200`))).not.toContain(twice['id'])
      }),
      { numRuns: 15, seed: 22 },
    )
  })
})
