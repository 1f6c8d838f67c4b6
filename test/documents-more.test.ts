// Further documents, and what an analyst does after them: reports sent again, merges, corrections, denials.
import { describe, expect, test } from 'vitest'
import * as documents from './documents/more.ts'
import type { Service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { base, counts, idsOf, list, type Told, tell, tellAgain, trustOf } from './helpers/documents.ts'
import { get } from './helpers/requests.ts'
import { ticksDuring } from './helpers/ticks.ts'

const WHY = 'reason=Entered%20twice'

/** A source with a text, and what it says. */
const report = (title: string, text: string, sections: Body, more: Body = {}): Body => ({
  source: { title, language: 'en', text, ...more },
  ...sections,
})

async function merge(s: Service, path: string, from: string, into: string) {
  const { status, text } = await s.post(`/v1/${path}/${from}/merge?${WHY}`, { into }, { 'if-match': '*' })
  expect(status, text).toBe(200)
}

/** Sends a report again, which changes nothing. @returns the differences that it names, by key */
async function unchanged(s: Service, sent: Body): Promise<Record<string, string[]>> {
  const before = [await get(s, '/v1/changes/head'), await counts(s)]
  const { status, body, text } = await s.post('/v1/reports', sent)
  expect(status, text).toBe(200)
  expect([await get(s, '/v1/changes/head'), await counts(s)]).toEqual(before)
  return Object.fromEntries(
    (body['data'] as Body[]).map(({ key, differences }) => [
      String(key),
      differences.map(({ field }: Body) => field),
    ]),
  )
}

test.each([
  ['ratification', documents.ratification],
  ['namesakes', documents.namesakes],
  ['establishment', documents.establishment],
  ['agenda', documents.agenda],
])('the document of %s can be sent again', async (_, document) => {
  const s = await base()
  await tellAgain(s, await tell(s, document(s)))
})

test('a treaty has the parties of each day', async () => {
  const s = await base()
  const { ids } = await tell(s, documents.ratification(s))
  const path = `/v1/agreements/${ids['ice']}`
  const on = async (day: string) => {
    const { awaitingConsent, notSigned, consents } = await get(s, `${path}/parties?asOf=${day}`)
    const { status } = await get(s, `${path}?asOf=${day}`)
    return [status, awaitingConsent.join(), notSigned.join(), consents.have]
  }
  expect(await on('2019-05-01')).toEqual(['signed', 'CN,KZ,RU,UZ', 'KG,MN,TJ', 0])
  expect(await on('2021-02-01')).toEqual(['signed', 'CN,UZ', 'KG,MN,TJ', 2])
  expect(await on('2021-06-01')).toEqual(['signed', 'UZ', 'KG,MN,TJ', 3])
  expect(await on('2022-01-10')).toEqual(['signed', 'UZ', 'KG,TJ', 4])
  expect(await on('2024-06-01')).toEqual(['suspended', 'UZ', 'KG,TJ', 4])
  expect(await on('2026-01-20')).toEqual(['in-force', 'RU,UZ', 'KG,TJ', 3])
  const { data } = await get(s, `${path}/parties?asOf=2022-06-01`)
  expect(data.find(({ stateCode }: Body) => stateCode === 'MN')).toMatchObject({
    signedOn: null,
    consentBy: 'accession',
    reservations: 1,
  })
  // The lists say the same as the views.
  for (const day of ['2019-05-01', '2021-06-01', '2022-01-10', '2026-01-20']) {
    const view = await get(s, `${path}/parties?asOf=${day}`)
    for (const [filter, codes] of [
      ['awaiting', view['awaitingConsent']],
      ['notSignedBy', view['notSigned']],
    ] as const)
      for (const code of ['CN', 'KG', 'KZ', 'MN', 'RU', 'TJ', 'UZ'])
        expect([
          day,
          filter,
          code,
          (await idsOf(s, `agreements?${filter}=${code}&asOf=${day}`)).length,
        ]).toEqual([day, filter, code, codes.includes(code) ? 1 : 0])
  }
})

test('an agenda refers to records that follow in the report', async () => {
  const s = await base()
  const told = await tell(s, documents.agenda(s))
  const { M13, alarm, levels, programme } = told.ids
  const { agenda } = await get(s, `/v1/meetings/${M13}`)
  expect(agenda.map(({ number, recordIds }: Body) => [number, recordIds])).toEqual([
    ['1', [alarm]],
    ['2a', [levels]],
    ['2b', [programme]],
  ])
  // A second report adds what was dealt with to a meeting that is known.
  const more = report('Later', 'The thirteenth meeting also spoke of ferries.', {
    meetings: [
      {
        key: 'M13',
        id: M13,
        agenda: [{ position: 4, title: 'Ferries', recordIds: ['=ferries'] }],
      },
    ],
    proposals: [{ key: 'ferries', title: 'Count the ferries', meetingId: '=M13' }],
  })
  const second = await tell(s, more)
  expect(second.of('M13')).toMatchObject({ outcome: 'updated', added: { agenda: 1 } })
  await tellAgain(s, second)
  const unknown = {
    ...more,
    meetings: [{ key: 'M13', id: M13, agenda: [{ position: 5, title: 'X', recordIds: ['=none'] }] }],
  }
  const refused = await s.post('/v1/reports', unknown)
  expect(refused.body['errors']).toMatchObject([{ pointer: '/meetings/0/agenda/0/recordIds/0' }])
})

test('a denial disputes a field, an entry of a list and a part, and can be sent again', async () => {
  const s = await base()
  const { ids } = await tell(s, documents.agenda(s))
  const denied = await tell(s, documents.denial(s, String(ids['levels'])))
  expect(trustOf(await get(s, `/v1/meetings/${ids['M13']}`))).toEqual({
    support: 'single-source',
    origins: 1,
    disputed: ['/city', '/startDate'],
  })
  expect(await get(s, `/v1/proposals/${ids['alarm']}`)).toMatchObject({ disputed: ['/contributors'] })
  expect(await list(s, `events?record=${ids['levels']}`)).toMatchObject([
    { type: 'deferred', disputed: [''] },
  ])
  expect(await idsOf(s, 'events?disputed=true')).toHaveLength(1)
  expect(await unchanged(s, denied.report)).toMatchObject({ M13: ['/startDate'], alarm: [] })
})

describe('after a merge, the reports of both records change nothing', () => {
  /** Sends two reports, merges what the second said into what the first said, and sends both again. */
  async function mergedAndSentAgain(path: string, key: string, first: Body, second: Body) {
    const s = await base()
    const [one, other] = [await tell(s, first), await tell(s, second)] as [Told, Told]
    await merge(s, path, String(other.ids[key]), String(one.ids[key]))
    const [differences, named] = [await unchanged(s, first), await unchanged(s, second)]
    return { s, one, other, differences, named }
  }

  test('of a meeting with another name and other days', async () => {
    const talks = (name: string, startDate: string) =>
      report(name, `${name} on ${startDate}.`, {
        meetings: [{ key: 'm', name, startDate, evidence: [{ exact: startDate, field: '/startDate' }] }],
      })
    const { s, one, other, named } = await mergedAndSentAgain(
      'meetings',
      'm',
      talks('Ferry talks', '2024-03-01'),
      talks('Talks on ferries', '2024-05-01'),
    )
    expect(named).toMatchObject({ m: ['/startDate'] })
    // By the id of the record that was merged, too.
    const [meeting] = other.report['meetings'] as Body[]
    await unchanged(s, { ...other.report, meetings: [{ ...meeting, id: other.ids['m'] }] })
    // A single POST of it is refused with the one that stayed.
    const single = await s.post('/v1/meetings', { name: 'Talks on ferries', startDate: '2024-05-01' })
    expect(single.body).toMatchObject({
      type: '/problems/possible-duplicate',
      candidates: [{ id: one.ids['m'] }],
    })
  })

  test('of a document of another kind', async () => {
    const lock = (title: string, kind: string) =>
      report(title, `${title} was signed.`, {
        agreements: [
          {
            key: 'a',
            title,
            kind,
            events: [
              { type: 'signed', occurredOn: '2024-03-01', evidence: [{ exact: 'was signed' }] },
              { type: 'signed', occurredOn: '2024-03-01', stateCode: 'CN' },
            ],
          },
        ],
      })
    const { s, named } = await mergedAndSentAgain(
      'agreements',
      'a',
      lock('Protocol on Locks', 'protocol'),
      lock('Lock Agreement', 'agreement'),
    )
    expect(named).toMatchObject({ a: ['/kind'] })
    expect(await counts(s)).toMatchObject({ agreements: 1, events: 2 })
  })

  test('of a statement in other words', async () => {
    const fish = (words: string) =>
      report(words, `China: ${words}`, {
        statements: [
          {
            key: 's',
            kind: 'reported',
            date: '2024-03-01',
            contributors: [{ role: 'author', stateCode: 'CN' }],
            text: words,
            evidence: [{ exact: words }],
          },
        ],
      })
    const { named } = await mergedAndSentAgain(
      'statements',
      's',
      fish('Fish are many.'),
      fish('There are many fish.'),
    )
    expect(named).toMatchObject({ s: ['/text'] })
  })

  test('of a person with another official name', async () => {
    const person = (name: string, ru: string) =>
      report(name, `${name} heads the office.`, {
        speakers: [
          {
            key: 'p',
            name,
            otherNames: [{ name: ru, language: 'ru', type: 'official' }],
            memberships: [{ stateCode: 'RU', role: 'Head', evidence: [{ exact: 'heads the office' }] }],
            evidence: [{ exact: name }],
          },
        ],
      })
    const { s, one } = await mergedAndSentAgain(
      'speakers',
      'p',
      person('Ivan Petrov', 'Иван Петров'),
      person('Iwan Petrow', 'Иван Ильич Петров'),
    )
    expect((await get(s, `/v1/speakers/${one.ids['p']}`))['otherNames']).toEqual([
      { name: 'Иван Петров', language: 'ru', type: 'official' },
      { name: 'Иван Ильич Петров', language: 'ru', type: 'alternative' },
      { name: 'Iwan Petrow', language: null, type: 'alternative' },
    ])
    expect(await list(s, `memberships?holder=${one.ids['p']}`)).toHaveLength(1)
  })

  test('of a source, which is found by its text and its URL', async () => {
    const full = 'Khujand, 15 April. Twelve gauges will be put up. Salt is measured too.'
    const excerpt = full.slice(0, 55)
    const sections = {
      proposals: [
        {
          key: 'p',
          title: 'Put up gauges',
          contributors: [{ role: 'proposer', stateCode: 'TJ' }],
          proposedOn: '2025-04-15',
          evidence: [{ exact: 'Twelve gauges will be put up' }],
        },
      ],
    }
    const s = await base()
    const one = await tell(s, report('A', full, sections, { url: 'https://a.example/1' }))
    const second = report('B', excerpt, sections, {
      url: 'https://b.example/1',
      textStatus: 'excerpt',
      relations: [{ type: 'excerpt-of', targetId: one.sourceId }],
    })
    const other = await tell(s, second)
    await merge(s, 'sources', other.sourceId, one.sourceId)
    await unchanged(s, one.report)
    // The relation now leads from the source to itself, and says nothing any more.
    await unchanged(s, second)
    const url = { language: 'en', url: 'https://b.example/1' }
    const { body } = await s.post('/v1/sources', { title: 'B', text: 'Other words.', ...url })
    expect(body).toMatchObject({ candidates: [{ id: one.sourceId }] })
    const same = await s.post('/v1/sources', { title: 'B', text: excerpt, ...url })
    expect(same.body).toMatchObject({ type: '/problems/duplicate', existingId: one.sourceId })
  })
})

test('an entry of a list that is the same but for its wording is one entry', async () => {
  const s = await base()
  const members = (attributionText: string) => ({
    role: 'author',
    organizationId: s.bodies.irc,
    collective: 'members',
    attributionText,
  })
  const joint = (title: string, attributionText: string, authentic: boolean, sourceId: string) =>
    report(title, `${attributionText} called for calm.`, {
      agreements: [
        {
          key: 'a',
          title: 'Call for Calm',
          kind: 'declaration',
          contributors: [members(attributionText)],
          texts: [{ sourceId, authentic }],
        },
      ],
      speakers: [
        {
          key: 'p',
          name: 'Ivan Petrov',
          otherNames: [{ name: title, language: 'ru', type: 'official' }],
        },
      ],
    })
  const one = await tell(s, joint('A', 'The Member States', true, await source(s)))
  const [{ sourceId }] = one.report['agreements'][0].texts
  const other = await tell(s, joint('B', 'the members', false, sourceId))
  expect(other.of('a')).toMatchObject({
    added: {},
    differences: [{ field: '/contributors' }, { field: '/texts' }],
  })
  const { contributors, texts } = await get(s, `/v1/agreements/${one.ids['a']}`)
  expect(contributors).toMatchObject([members('The Member States')])
  expect(texts).toEqual([{ sourceId, authentic: true }])
  // A second official name in one language becomes another name.
  expect((await get(s, `/v1/speakers/${one.ids['p']}`))['otherNames']).toEqual([
    { name: 'A', language: 'ru', type: 'official' },
    { name: 'B', language: 'ru', type: 'alternative' },
  ])
  await unchanged(s, one.report)
  await unchanged(s, other.report)
  // With a reason its values win, in their entries only.
  const [agreement] = other.report['agreements'] as Body[]
  const won = await s.post('/v1/reports?reason=Better', {
    ...other.report,
    agreements: [{ ...agreement, overwrite: true }],
  })
  expect(won.status, won.text).toBe(201)
  expect(await get(s, `/v1/agreements/${one.ids['a']}`)).toMatchObject({
    contributors: [members('the members')],
    texts: [{ sourceId, authentic: false }],
  })
})

const source = async (s: Service) =>
  (await s.post('/v1/sources', { title: 'Wording', language: 'en', text: 'The wording of the call.' })).body[
    'id'
  ]

test('a post is one post, however much of it a report names', async () => {
  const s = await base()
  const post = (title: string, membership: Body) =>
    report(title, `${title}: Ivan Petrov.`, {
      speakers: [
        {
          key: 'p',
          name: 'Ivan Petrov',
          memberships: [{ key: 'post', ...membership, evidence: [{ exact: 'Ivan Petrov' }] }],
        },
      ],
    })
  const state = { stateCode: 'TJ', role: 'Minister of Water' }
  const postOf = (told: Told) => told.of('p')['parts'][0].id
  const first = await tell(s, post('A', state))
  const id = postOf(first)
  const more = [
    post('B', { ...state, organizationId: s.bodies.cwm, startDate: '2024-05' }),
    post('C', { ...state, role: 'minister of water', startDate: '2024-05', endDate: '2025' }),
    post('D', { organizationId: s.bodies.cwm, role: 'Minister of Water' }),
  ]
  for (const each of more) expect(postOf(await tell(s, each))).toBe(id)
  expect(await list(s, 'memberships?role=Minister of Water')).toMatchObject([
    { id, ...state, organizationId: s.bodies.cwm, startDate: '2024-05', endDate: '2025', origins: 4 },
  ])
  for (const each of [first.report, ...more]) await unchanged(s, each)
  // Another state, or a time that cannot be the same, is another post.
  expect(postOf(await tell(s, post('E', { ...state, startDate: '2010' })))).not.toBe(id)
})

test('an item that overwrites wins with its parts, too', async () => {
  const s = await base()
  const proposal = (day: string, more: Body = {}) =>
    report(day, `Tajikistan proposed it on ${day}.`, {
      proposals: [
        {
          key: 'p',
          title: 'A proposal',
          contributors: [{ role: 'proposer', stateCode: 'TJ' }],
          proposedOn: day,
          events: [{ type: 'proposed', occurredOn: day, evidence: [{ exact: day, field: '/occurredOn' }] }],
          ...more,
        },
      ],
    })
  const { ids } = await tell(s, proposal('2024-05'))
  const second = await tell(s, proposal('2024-05-01'))
  const narrower = { field: '/occurredOn', record: '2024-05', report: '2024-05-01' }
  expect(second.of('p')['parts']).toMatchObject([
    { outcome: 'updated', differences: [narrower], overwritten: [] },
  ])
  const wins = proposal('2024-05-01', { overwrite: true })
  const silent = await s.post('/v1/reports', wins)
  expect(silent.body).toMatchObject({ type: '/problems/invalid-parameter' })
  const { body, status, text } = await s.post('/v1/reports?reason=The%20day%20is%20known', wins)
  expect(status, text).toBe(201)
  expect(body['data'].at(-1)).toMatchObject({
    outcome: 'updated',
    parts: [{ differences: [narrower], overwritten: ['/occurredOn'] }],
  })
  expect(await get(s, `/v1/proposals/${ids['p']}`)).toMatchObject({ proposedOn: '2024-05-01', disputed: [] })
})

test('a step of a party that contradicts another is refused with the steps on either side', async () => {
  const s = await base()
  const told = await tell(s, documents.ratification(s))
  const path = `/v1/agreements/${told.ids['ice']}`
  const ofRussia = await list(s, `events?record=${told.ids['ice']}&state=RU&sort=occurredOn`)
  expect(ofRussia.map(({ type }) => type)).toEqual(['signed', 'consent', 'denounced'])
  const [signed, consent, denounced] = ofRussia as [Body, Body, Body]
  const side = ({ id, type, occurredOn }: Body) => ({ id, type, occurredOn })
  const moved = await s.patch(`${path}/events/${signed['id']}`, { occurredOn: '2020-07-01' })
  expect([moved.status, moved.body]).toMatchObject([409, { before: side(consent), after: side(denounced) }])
  const late = await s.patch(`${path}/events/${denounced['id']}`, { occurredOn: '2020-01' })
  expect([late.status, late.body]).toMatchObject([409, { before: side(signed), after: side(consent) }])
  const gone = await s.del(`${path}/events/${signed['id']}`)
  expect([gone.status, gone.body]).toMatchObject([409, { before: null, after: side(denounced) }])
  expect(await list(s, `events?record=${told.ids['ice']}&state=RU&sort=occurredOn`)).toEqual(ofRussia)
})

test('the signatories of a treaty become known one by one, after the consents of two of them', async () => {
  const s = await base()
  const consent = (stateCode: string) => ({ type: 'consent', consentBy: 'ratification', stateCode })
  const { id } = (
    await s.post('/v1/agreements', {
      title: 'Agreement on Buoys',
      kind: 'agreement',
      events: [{ type: 'signed' }, consent('CN'), consent('RU')],
    })
  ).body
  const post = async (event: Body) => (await s.post(`/v1/agreements/${id}/events`, event)).status
  for (const stateCode of ['CN', 'RU', 'KZ']) expect(await post({ type: 'signed', stateCode })).toBe(201)
  // Now it is known who signed.
  expect(await post(consent('UZ'))).toBe(409)
  expect(await post(consent('KZ'))).toBe(201)
})

test('the events of a report are legal together, in whatever order they are listed', async () => {
  const s = await base()
  const events = [
    { type: 'signed', occurredOn: '2021-05-01' },
    { type: 'under-consideration', occurredOn: '2020-05-01' },
  ]
  const text = (title: string, sent: Body[]) =>
    report(title, `${title}: signed at last.`, {
      agreements: [{ key: 'a', title: 'Agreement on Buoys', kind: 'agreement', events: sent }],
    })
  await tell(s, text('A', [{ type: 'not-adopted', occurredOn: '2019-05-01' }]))
  const second = await tell(s, text('B', events))
  expect(second.of('a')['parts'].map(({ index }: Body) => index)).toEqual([0, 1])
  expect(await get(s, `/v1/agreements/${second.ids['a']}`)).toMatchObject({ status: 'signed' })
  await unchanged(s, second.report)
  const illegal = text('C', [{ type: 'drafted', occurredOn: '2022' }, ...events])
  const refused = await s.post('/v1/reports', illegal)
  expect(refused.body).toMatchObject({
    type: '/problems/illegal-transition',
    errors: [{ pointer: '/agreements/0/events/0/type' }],
  })
})

test('a merge is refused if relations would form a cycle through a third record', async () => {
  const s = await base()
  const ids: string[] = []
  for (const title of ['A', 'B', 'C'])
    ids.push(
      (await s.post('/v1/sources', { title, language: 'en', text: `The text of ${title} in full.` })).body[
        'id'
      ],
    )
  const [a, b, c] = ids as [string, string, string]
  for (const [from, to] of [
    [a, b],
    [b, c],
  ] as const) {
    const { status } = await s.post(`/v1/sources/${from}/relations`, { type: 'version-of', targetId: to })
    expect(status).toBe(201)
  }
  const refused = await s.post(`/v1/sources/${c}/merge?${WHY}`, { into: a }, { 'if-match': '*' })
  expect([refused.status, refused.body['errors']]).toMatchObject([422, [{ pointer: '/into' }]])
  // A relation between the two is gone.
  await merge(s, 'sources', b, a)
  expect(await list(s, 'relations')).toMatchObject([{ recordId: a, targetId: c }])
})

test('requests run during a merge of a record with many references, and during a long history of events', async () => {
  const s = await base()
  const [one, other] = [
    (await s.post('/v1/speakers', { name: 'A' })).body['id'],
    (await s.post('/v1/speakers', { name: 'B' })).body['id'],
  ]
  const statements = Array.from({ length: 500 }, (_, index) => ({
    kind: 'reported',
    date: '2024-05-01',
    text: `Words ${index}`,
    contributors: [{ role: 'author', speakerId: other }],
  }))
  await tell(s, report('A', 'Words.', { statements }))
  expect(await ticksDuring(() => merge(s, 'speakers', other, one))).toBeGreaterThan(3)
  expect((await get(s, `/v1/statements?speaker=${one}&limit=1&count=exact`))['data']).toHaveLength(1)

  const considered = Array.from({ length: 497 }, () => ({ type: 'under-consideration' }))
  const start = performance.now()
  const refused = await s.post('/v1/agreements', {
    title: 'Agreement on Buoys',
    kind: 'agreement',
    events: [...considered, { type: 'signed' }, { type: 'signed' }],
  })
  expect(refused.body).toMatchObject({ errors: [{ pointer: '/events/498/type' }] })
  // It took seconds when every prefix was ordered.
  expect(performance.now() - start).toBeLessThan(2_000)
})

test('namesakes are told apart by state, post and distinctFrom, also by the id of one that was merged', async () => {
  const s = await base()
  const told = await tell(s, documents.namesakes(s))
  const { minister, captain } = told.ids as Record<string, string>
  const named = (more: Body) =>
    report('Z', 'Ivan Petrov.', { speakers: [{ key: 'p', name: 'Ivan Petrov', ...more }] })
  for (const more of [{}, { memberships: [{ stateCode: 'TJ', role: 'Admiral' }] }])
    expect((await s.post('/v1/reports', named(more))).body['candidates']).toHaveLength(2)
  const russian = await tell(s, named({ memberships: [{ stateCode: 'RU', role: 'Admiral' }] }))
  expect(russian.ids['p']).toBe(captain)
  const third = await s.post('/v1/speakers', { name: 'Ivan Petrov', distinctFrom: [minister, captain] })
  expect(third.status).toBe(201)
  const { id } = third.body
  const refused = await s.post(`/v1/speakers/${id}/merge?${WHY}`, { into: captain }, { 'if-match': '*' })
  expect(refused.body).toMatchObject({ type: '/problems/distinct' })
  await s.patch(`/v1/speakers/${id}`, { distinctFrom: [minister] })
  await merge(s, 'speakers', id, String(captain))
  const fourth = await s.post('/v1/speakers', { name: 'Ivan Petrov', distinctFrom: [minister, id] })
  expect(fourth.status, fourth.text).toBe(201)
  const again = await s.post(
    `/v1/speakers/${fourth.body['id']}/merge?${WHY}`,
    { into: captain },
    { 'if-match': '*' },
  )
  expect(again.body).toMatchObject({ type: '/problems/distinct' })
})

test('a post that is corrected later does not hinder other changes of what its holder did', async () => {
  const s = await base()
  const { ids } = await tell(s, documents.namesakes(s))
  const [post] = await list(s, `memberships?holder=${ids['minister']}&state=KZ`)
  const url = `/v1/speakers/${ids['minister']}/memberships/${post?.['id']}`
  expect((await s.patch(url, { endDate: '2025-02' })).status).toBe(200)
  const proposal = `/v1/proposals/${ids['papers']}`
  expect((await s.patch(proposal, { summary: 'One form.' })).status).toBe(200)
  const { contributors } = await get(s, proposal)
  const [contributor] = contributors as Body[]
  const renewed = await s.patch(proposal, { contributors: [{ ...contributor, attributionText: 'He' }] })
  expect([renewed.status, renewed.body['errors']]).toMatchObject([
    422,
    [{ pointer: '/contributors/0/membershipId' }],
  ])
  expect((await s.del(url)).body).toMatchObject({ type: '/problems/referenced' })
})

test('an original, its translations, a reprint and an excerpt of that are one origin', async () => {
  const s = await base()
  const zh = await tell(s, documents.original())
  const open = `/v1/statements/${zh.ids['open']}`
  const ru = await tell(s, documents.russian([{ type: 'translation-of', targetId: zh.sourceId }]))
  // A translation by another publisher counts, until it is known to be one.
  const en = await tell(s, documents.english('north'))
  expect(trustOf(await get(s, open))).toMatchObject({ support: 'corroborated', origins: 2 })
  // The same words under another name are another source, of the same origin.
  const reprint = await tell(s, documents.english('south'))
  expect(reprint.sourceId).not.toBe(en.sourceId)
  expect(trustOf(await get(s, open))).toMatchObject({ origins: 2 })
  // A part of them may be an excerpt, whoever published it.
  const part = await s.post('/v1/reports', documents.excerpt('west'))
  expect([part.status, part.body['candidates']]).toMatchObject([
    409,
    [{ suggests: 'excerpt-of' }, { suggests: 'excerpt-of' }],
  ])
  const related = [en, reprint].map(({ sourceId }) => ({ type: 'excerpt-of', targetId: sourceId }))
  const west = await tell(s, documents.excerpt('west', related))
  const url = `/v1/sources/${en.sourceId}/relations`
  const { status } = await s.post(url, { type: 'translation-of', targetId: ru.sourceId })
  expect(status).toBe(201)
  expect(trustOf(await get(s, open))).toEqual({ support: 'single-source', origins: 1, disputed: [] })
  expect((await get(s, `${open}/evidence`))['data']).toHaveLength(5)
  expect(await list(s, 'speakers')).toMatchObject([{ name: 'Qiu Wenbo', origins: 1 }])
  for (const told of [zh, ru, en, reprint, west]) await unchanged(s, told.report)
  // An original that is withdrawn takes nothing from its translations.
  const retraction = report(
    'Withdrawn',
    'We withdraw the report.',
    {},
    {
      relations: [{ type: 'retracts', targetId: zh.sourceId }],
    },
  )
  await tell(s, retraction)
  expect(await get(s, `/v1/sources/${zh.sourceId}`)).toMatchObject({ standing: 'retracted' })
  expect(trustOf(await get(s, open))).toMatchObject({ support: 'single-source', origins: 1 })
})
