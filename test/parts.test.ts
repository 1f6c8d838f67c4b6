// Parts of records (events, positions, relations, evidence), and the reasons of writes.
import { describe, expect, test } from 'vitest'
import { catalogue } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { testOnce } from './helpers/database.ts'
import { create, get } from './helpers/requests.ts'

const proposal = (s: Service, title: string, more: Body = {}) =>
  create(s, '/v1/proposals', { title, events: [{ type: 'proposed', occurredOn: '2022-08-24' }], ...more })

const reasonsOf = async (s: Service, url: string) =>
  (await get(s, `${url}/history`))['data'].map(({ op, reason }: Body) => [op, reason])

describe('the reason of a write', () => {
  test('is in the history and in the feed, also of parts and of the record that changes with them', async () => {
    const s = await service()
    const why = encodeURIComponent('  В коммюнике\nдругая дата. ')
    const { id } = await create(s, `/v1/proposals?reason=${why}`, {
      title: 'A',
      events: [{ type: 'proposed', occurredOn: '2022' }],
    })
    const url = `/v1/proposals/${id}`
    await create(s, `${url}/events?reason=Adopted`, { type: 'adopted', occurredOn: '2022-09-16' })
    expect((await s.patch(`${url}?reason=A%20typo`, { title: 'B' })).status).toBe(200)
    expect((await s.patch(url, { title: 'C' })).status).toBe(200)
    expect((await s.del(`${url}?reason=Twice`)).status).toBe(204)
    expect(await reasonsOf(s, url)).toEqual([
      ['delete', 'Twice'],
      ['update', null],
      ['update', 'A typo'],
      ['update', 'Adopted'],
      ['create', 'В коммюнике другая дата.'],
    ])
    const { data } = await get(s, '/v1/changes?kind=event')
    expect(data.map(({ op, reason }: Body) => [op, reason])).toEqual([
      ['create', 'В коммюнике другая дата.'],
      ['create', 'Adopted'],
      ['delete', 'Twice'],
      ['delete', 'Twice'],
    ])
  })

  test('is taken with reports and imports', async () => {
    const s = await service()
    const source = { title: 'S', language: 'en', text: 'Words.' }
    const { sourceId } = await create(s, '/v1/reports?reason=The%20report', { source })
    expect(await reasonsOf(s, `/v1/sources/${sourceId}`)).toEqual([['create', 'The report']])
    const accepted = await s.request({
      method: 'POST',
      url: '/v1/imports?mode=commit&kind=topics&reason=The%20list',
      payload: '{"slug":"x","prefLabel":"X"}',
      headers: { authorization: `Bearer ${s.keys.analyst}`, 'content-type': 'application/x-ndjson' },
    })
    await s.request({
      method: 'GET',
      url: `${accepted.headers.location}?wait=60`,
      headers: { authorization: `Bearer ${s.keys.analyst}` },
    })
    expect(await reasonsOf(s, '/v1/topics/x')).toEqual([['create', 'The list']])
  })

  test('is required for a deletion, and has 1 to 500 characters', async () => {
    const s = await service()
    const { id } = await proposal(s, 'A')
    const url = `/v1/proposals/${id}`
    for (const query of [
      '',
      '?reason=',
      '?reason=%20%0A',
      '?reason=%00',
      `?reason=${'x'.repeat(501)}`,
      '?reason=a&reason=b',
    ]) {
      const refused = await s.request({
        method: 'DELETE',
        url: url + query,
        headers: { authorization: `Bearer ${s.keys.admin}`, 'if-match': '*' },
      })
      expect(refused.body, query).toMatchObject({
        status: 400,
        type: '/problems/invalid-parameter',
        errors: [{ parameter: 'reason', detail: expect.any(String) }],
      })
      if (query) expect((await s.patch(url + query, { title: 'B' })).status, query).toBe(400)
    }
    expect(await reasonsOf(s, url)).toEqual([['create', null]])
    expect((await s.del(`${url}?reason=${'я'.repeat(500)}`)).status).toBe(204)
  })
})

/** A proposal with one part of every kind, and the paths of these. */
async function createParts() {
  const s = await service({ seed: true })
  const topic = (await create(s, '/v1/topics', { slug: 'cyber', prefLabel: 'Cyber' }))['id']
  const { id } = await proposal(s, 'A', { topicIds: [topic] })
  const { id: other } = await proposal(s, 'B')
  const { id: third } = await proposal(s, 'C')
  const source = await create(s, '/v1/sources', {
    title: 'S',
    language: 'en',
    text: 'They will exercise together. They will exercise alone.',
  })
  const url = `/v1/proposals/${id}`
  const add = async (path: string, body: Body) =>
    `${url}/${path}/${(await create(s, `${url}/${path}`, body))['id']}`
  return {
    s,
    id,
    other,
    third,
    url,
    source: source['id'] as string,
    event: await add('events', { type: 'under-consideration', occurredOn: '2022-09-16' }),
    position: await add('positions', { stateCode: 'KZ', position: 'supported', statedOn: '2022-09-01' }),
    relation: await add('relations', { type: 'elaborates', targetId: other }),
    evidence: await add('evidence', {
      sourceId: source['id'],
      motivation: 'quote',
      exact: 'will exercise together',
    }),
  }
}

const PARTS = ['event', 'position', 'relation', 'evidence'] as const

describe.each(PARTS)('a part: %s', (kind) => {
  test('is changed by a merge patch like a record, and keeps its version if nothing differs', async () => {
    const parts = await createParts()
    const { s } = parts
    const url = parts[kind]
    const before = await s.get(url)
    const etag = String(before.headers.etag)
    const changed = await s.patch(
      `${url}?reason=More`,
      { note: 'Seen in the archive.' },
      { 'if-match': etag },
    )
    expect(changed.body).toEqual({
      ...before.body,
      note: 'Seen in the archive.',
      version: 2,
      updatedAt: changed.body['updatedAt'],
    })
    const read = await s.get(url)
    expect([read.body, read.headers.etag]).toEqual([changed.body, changed.headers.etag])
    const { id, recordKind, recordId } = before.body
    const same = await s.patch(url, { id, recordKind, recordId, note: 'Seen in the archive.' })
    expect([same.status, same.headers.etag]).toEqual([200, changed.headers.etag])
    expect((await s.patch(url, { note: null })).body).toMatchObject({ note: null, version: 3 })
    expect(await reasonsOf(s, url)).toEqual([
      ['update', null],
      ['update', 'More'],
      ['create', null],
    ])
  })

  testOnce('requires its current version and known fields, and stays at its record', async () => {
    const parts = await createParts()
    const { s } = parts
    const url = parts[kind]
    const rows = await s.rows()
    const refused = async (body: Body, headers?: Record<string, string>) => {
      const { body: problem } = await s.patch(url, body, headers)
      expect(await s.rows()).toEqual(rows)
      return [problem['status'], problem['errors']?.[0]?.pointer]
    }
    expect(await refused({ note: 'x' }, { 'if-match': '"9."' })).toEqual([412, undefined])
    expect(await refused({ colour: 'red' })).toEqual([400, '/colour'])
    expect(await refused({ note: 5 })).toEqual([400, '/note'])
    expect(await refused({ version: 7 })).toEqual([422, '/version'])
    expect(await refused({ recordId: parts.third })).toEqual([422, '/recordId'])
    expect((await refused({ recordKind: 'agreement' }))[0]).toBeGreaterThanOrEqual(400)
    const elsewhere = url.replace(parts.id, parts.other)
    expect((await s.patch(elsewhere, { note: 'x' })).status).toBe(404)
    expect(await s.rows()).toEqual(rows)
  })

  test('has a history, also after it was deleted, only below its record', async () => {
    const parts = await createParts()
    const { s, other, id } = parts
    const url = parts[kind]
    const created = await get(s, url)
    await s.patch(url, { note: 'x' })
    expect(await get(s, `${url}/history/1`)).toEqual(created)
    expect((await s.get(`${url.replace(id, other)}/history`)).status).toBe(404)
    expect((await s.get(`${url.slice(0, -3)}zzz/history`)).status).toBe(404)
    expect((await s.del(`${url}?reason=Twice`)).status).toBe(204)
    expect((await get(s, `${url}/history`))['data'].map(({ version, op }: Body) => [version, op])).toEqual([
      [3, 'delete'],
      [2, 'update'],
      [1, 'create'],
    ])
    expect((await s.get(url)).status).toBe(410)
  })
})

describe('parts', () => {
  test('are deleted by an analyst, records only by an admin; both need a reason', async () => {
    const { s, url, event, position, relation, evidence } = await createParts()
    const analyst = { authorization: `Bearer ${s.keys.analyst}` }
    for (const part of [evidence, position, relation, event]) {
      expect((await s.del(`${part}?`, analyst)).status).toBe(400)
      expect((await s.del(part, { ...analyst, 'if-match': '"9."' })).status).toBe(412)
      expect((await s.del(part, analyst)).status).toBe(204)
    }
    expect(await get(s, url)).toMatchObject({ status: 'proposed', support: 'unsupported' })
    expect((await s.del(url, analyst)).status).toBe(403)
  })

  test('change what is derived from them: the status and the support of the record', async () => {
    const { s, url, event, evidence } = await createParts()
    expect(await get(s, url)).toMatchObject({ status: 'under-consideration', support: 'single-source' })
    expect((await s.patch(event, { type: 'adopted', occurredOn: '2022-09-15' })).status).toBe(200)
    expect(await get(s, url)).toMatchObject({ status: 'adopted', statusSince: '2022-09-15' })
    const illegal = await s.patch(event, { type: 'implemented', occurredOn: '2022-08-01' })
    expect(illegal.body).toMatchObject({ status: 409, type: '/problems/illegal-transition' })
    expect((await s.patch(evidence, { motivation: 'inference', note: 'It follows.' })).status).toBe(200)
    expect(await get(s, url)).toMatchObject({ support: 'unsupported', status: 'adopted' })
  })

  test('keep the source of a quote; a changed quote is located again or refused', async () => {
    const { s, evidence, source } = await createParts()
    const { id: otherSource } = await create(s, '/v1/sources', {
      title: 'T',
      language: 'en',
      text: 'They will.',
    })
    expect((await s.patch(evidence, { sourceId: otherSource })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/sourceId' }],
    })
    const moved = await s.patch(evidence, { sourceId: source, exact: 'exercise alone' })
    expect(moved.body).toMatchObject({ exact: 'exercise alone', start: 39, end: 53 })
    expect((await s.patch(evidence, { start: null, prefix: null })).body).toEqual(moved.body)
    expect((await s.patch(evidence, { exact: 'not there' })).body['type']).toBe('/problems/quote-absent')
    expect((await s.patch(evidence, { exact: 'They will' })).body['type']).toBe('/problems/quote-ambiguous')
    expect(await get(s, evidence)).toEqual(moved.body)
  })

  test('cannot become equal to another relation of the record', async () => {
    const { s, url, relation, other, third } = await createParts()
    await create(s, `${url}/relations`, { type: 'elaborates', targetId: third })
    expect((await s.patch(relation, { targetId: third })).body['type']).toBe('/problems/duplicate')
    expect((await s.patch(relation, { targetId: other, type: 'restates' })).status).toBe(200)
  })
})

describe('the list of all', () => {
  const idsOf = async (s: Service, url: string) => (await get(s, url))['data'].map(({ id }: Body) => id)
  const last = (path: string) => path.split('/').at(-1)

  test.each([
    [
      'events',
      'event',
      ['type=under-consideration', 'occurredFrom=2022-09-16', 'topic=cyber&occurredFrom=2022-09'],
    ],
    ['positions', 'position', ['state=KZ', 'position=supported', 'statedTo=2022-09', 'support=unsupported']],
    ['relations', 'relation', ['type=elaborates']],
    ['evidence', 'evidence', ['motivation=quote', 'assertion=reported']],
  ] as const)(
    '%s is filtered by its record and by fields, sorted, counted and embedded',
    async (path, kind, filters) => {
      const parts = await createParts()
      const { s, id, other } = parts
      const part = await get(s, parts[kind])
      const all = await idsOf(s, `/v1/${path}?record=${id}`)
      expect(all).toContain(part['id'])
      expect(
        await idsOf(s, `/v1/${path}?record=${id}&recordKind=agreement`.replace('agreement', 'proposal')),
      ).toEqual(all)
      for (const filter of filters)
        expect(await idsOf(s, `/v1/${path}?record=${id}&${filter}`), filter).toEqual([part['id']])
      expect(await idsOf(s, `/v1/${path}?record=${other}&${filters[0]}`)).toEqual([])
      const { page } = await get(s, `/v1/${path}?record=${id}&count=exact&limit=1&sort=-createdAt`)
      expect(page['total']).toBe(all.length)
      expect(await idsOf(s, `/v1/${path}?updatedSince=2999-01-01T00:00:00Z`)).toEqual([])
      for (const wrong of [
        'record=a',
        'recordKind=key',
        'record=%00',
        'sort=note',
        'include=nothing',
        'topicc=x',
      ])
        expect((await s.get(`/v1/${path}?${wrong}`)).status, wrong).toBe(400)
    },
  )

  test('events knows both clocks, topics of records at that time, and narrower topics', async () => {
    const parts = await createParts()
    const { s, id, url, event } = parts
    await create(s, '/v1/topics', { slug: 'phones', prefLabel: 'Phones', broaderId: 'cyber' })
    const { id: narrow } = await proposal(s, 'D', { topicIds: ['phones'] })
    const found = async (query: string) =>
      (await get(s, `/v1/events?${query}`))['data'].map(({ recordId, type }: Body) => [recordId, type])
    expect((await found('topic=cyber&sort=createdAt')).map(([record]: Body[]) => record)).toEqual([
      id,
      id,
      narrow,
    ])
    expect(await found(`record=${id}&asOf=2022-09-15`)).toEqual([[id, 'proposed']])
    const { createdAt } = await get(s, event)
    await s.patch(event, { type: 'adopted' })
    await s.patch(url, { topicIds: [] })
    const instant = encodeURIComponent(String(createdAt))
    expect(await found('topic=cyber')).toEqual([[narrow, 'proposed']])
    expect(await found(`topic=cyber&knownAt=${instant}&sort=-occurredOn`)).toEqual([
      [id, 'under-consideration'],
      [id, 'proposed'],
    ])
  })

  test('events shows one state on all pages, also where records change their topics meanwhile', async () => {
    const { s, url, event } = await createParts()
    for (const title of ['D', 'E', 'F']) await proposal(s, title, { topicIds: ['cyber'] })
    const query = '/v1/events?topic=cyber&sort=createdAt&limit=2'
    const whole = await idsOf(s, query.replace('limit=2', 'limit=200'))
    expect(whole).toHaveLength(5)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { data, page }: Body = await get(
        s,
        `${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      seen.push(...data.map(({ id }: Body) => id))
      if (cursor === '') {
        await s.patch(url, { topicIds: [] })
        await s.patch(event, { occurredOn: '2022-09-17' })
        await proposal(s, 'G', { topicIds: ['cyber'] })
      }
      cursor = page['nextCursor']
    }
    expect(seen).toEqual(whole)
  })

  test('positions has hasEvidence, and embeds states; evidence embeds its source', async () => {
    const { s, position, source } = await createParts()
    expect(await idsOf(s, '/v1/positions?hasEvidence=true')).toEqual([])
    const quote = { sourceId: source, motivation: 'quote', exact: 'exercise alone' }
    const { id } = await create(s, `${position}/evidence`, quote)
    const { data } = await get(s, '/v1/positions?hasEvidence=true&include=state,evidence')
    expect(data).toMatchObject([
      { id: last(position), support: 'single-source', state: { id: 'KZ' }, evidence: [{ id }] },
    ])
    expect(await idsOf(s, `/v1/evidence?source=${source}&recordKind=position`)).toEqual([id])
    expect((await get(s, `/v1/evidence?record=${last(position)}&include=source`))['data']).toMatchObject([
      { source: { id: source } },
    ])
    expect((await get(s, `/v1/evidence/${id}/history`))['data']).toHaveLength(1)
  })

  test('embeds the record of each part, whatever its kind, and shows what is wanted of it', async () => {
    const s = await service()
    await proposal(s, 'Exercise together')
    await create(s, '/v1/agreements', {
      title: 'A protocol',
      kind: 'protocol',
      events: [{ type: 'signed', occurredOn: '2022-08-24' }],
    })
    const url = '/v1/events?occurredFrom=2022-08&occurredTo=2022-08&include=record&sort=createdAt'
    expect((await get(s, url))['data']).toMatchObject([
      { type: 'proposed', record: { title: 'Exercise together', status: 'proposed' } },
      { type: 'signed', record: { title: 'A protocol', kind: 'protocol' } },
    ])
    // `fields` leaves out what the document requires.
    const { data } = (await s.app.inject(`${url}&fields=type,record.title`)).json()
    expect(data.map(({ type, record }: Body) => [type, Object.keys(record), record.title])).toEqual([
      ['proposed', ['id', 'title'], 'Exercise together'],
      ['signed', ['id', 'title'], 'A protocol'],
    ])
  })

  test('evidence is found by its field and what is below it', async () => {
    const { s, url, source } = await createParts()
    const add = async (field: string, value?: unknown) =>
      (
        await create(s, `${url}/evidence`, {
          sourceId: source,
          motivation: 'quote',
          exact: 'exercise alone',
          field,
          value,
        })
      )['id']
    const title = await add('/title', 'A')
    const topics = await add('/topicIds', 'cyber')
    const found = (query: string) => idsOf(s, `/v1/evidence?source=${source}&${query}`)
    expect(await found('field=/title')).toEqual([title])
    expect(await found('field=/titl')).toEqual([])
    expect(await found('field=/title,/topicIds')).toEqual([title, topics])
    expect(await found('field=')).toHaveLength(3)
    expect(await found('direction=disputes')).toEqual([])
  })

  test('memberships finds who held a post on a day, for a state or as one', async () => {
    const { s } = await createParts()
    const { id: body } = await create(s, '/v1/organizations', {
      name: 'Ministry',
      classification: 'ministry',
    })
    const { id: person } = await create(s, '/v1/speakers', { name: 'The minister' })
    const held = { role: 'Minister of Paper', organizationId: body, stateCode: 'KZ' }
    const add = async (dates: Body) =>
      (await create(s, `/v1/speakers/${person}/memberships`, { ...held, ...dates }))['id']
    const first = await add({ startDate: '2012', endDate: '2018-03-01' })
    const second = await add({ startDate: '2020-05' })
    const member = await create(s, '/v1/states/KZ/memberships', { role: 'observer', organizationId: body })
    const found = (query: string) => idsOf(s, `/v1/memberships?${query}`)
    expect(await found(`organization=${body}&role=minister of paper`)).toEqual([second, first])
    expect(await found(`holder=${person}&asOf=2015-01-01`)).toEqual([first])
    expect(await found(`organization=${body}&state=KZ&sort=createdAt`)).toEqual([first, second, member['id']])
    expect(await found(`organization=${body}&holder=KZ`)).toEqual([member['id']])
    expect(await found(`holder=${person}&endTo=2019`)).toEqual([first])
    const url = `/v1/speakers/${person}/memberships/${second}`
    expect((await s.patch(url, { endDate: '2019' })).body).toMatchObject({ status: 422 })
    expect((await s.patch(url, { endDate: '2024-05-14' })).status).toBe(200)
    expect(await found(`holder=${person}&asOf=2024-05-15`)).toEqual([])
    expect(await reasonsOf(s, url)).toHaveLength(2)
  })

  test('parts is available as CSV and NDJSON, with its position in the feed', async () => {
    const parts = await createParts()
    const { s, id } = parts
    for (const kind of PARTS) {
      const path = kind === 'evidence' ? kind : `${kind}s`
      const page = await s.get(`/v1/${path}?record=${id}`)
      const { seq } = (await get(s, `/v1/changes/head`)) as { seq: number }
      expect(Number(page.headers['feed-position'])).toBeLessThanOrEqual(seq)
      const ndjson = await s.get(`/v1/${path}.ndjson?record=${id}`)
      expect(
        ndjson.text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual(page.body['data'])
      const csv = await s.get(`/v1/${path}?record=${id}`, { accept: 'text/csv' })
      const [head, ...lines] = csv.text.trim().split('\r\n')
      expect(head?.startsWith('id,recordKind,recordId,'), head).toBe(true)
      expect(lines).toHaveLength(page.body['data'].length)
      expect(csv.headers['content-disposition']).toContain(`${path}.csv`)
    }
  })
})

describe('an import', () => {
  async function imported(
    s: Service,
    kind: string,
    text: string,
    type = 'application/x-ndjson',
  ): Promise<Body> {
    const headers = { authorization: `Bearer ${s.keys.analyst}` }
    const accepted = await s.request({
      method: 'POST',
      url: `/v1/imports?mode=commit&kind=${kind}&reason=The%20file`,
      payload: text,
      headers: { ...headers, 'content-type': type },
    })
    return (await s.request({ method: 'GET', url: `${accepted.headers.location}?wait=60`, headers })).body
  }

  test('updates the parts whose ids it contains, with the rules and the results of a PATCH', async () => {
    const { s, url, event, evidence, other } = await createParts()
    const row = async (path: string, change: Body) => JSON.stringify({ ...(await get(s, path)), ...change })
    const changed = await imported(s, 'events', await row(event, { type: 'adopted', note: 'Corrected.' }))
    expect(changed).toMatchObject({ status: 'succeeded', summary: [{ kind: 'event', changed: 1 }] })
    expect(await get(s, url)).toMatchObject({ status: 'adopted' })
    expect((await reasonsOf(s, event))[0]).toEqual(['update', 'The file'])
    expect(await imported(s, 'events', await row(event, {}))).toMatchObject({
      status: 'succeeded',
      summary: [{ kind: 'event', unchanged: 1 }],
    })
    for (const [kind, path, change, pointer] of [
      ['events', event, { type: 'implemented', occurredOn: '2022-08-01' }, 'type'],
      ['events', event, { recordId: other }, 'recordId'],
      [
        'evidence',
        evidence,
        { exact: 'not there', start: null, end: null, prefix: null, suffix: null },
        'exact',
      ],
    ] as const)
      expect(await imported(s, kind, await row(path, change)), pointer).toMatchObject({
        status: 'failed',
        errors: [{ field: pointer }],
      })
  })

  test('reads the CSV of every list of parts, and changes nothing', async () => {
    const { s } = await createParts()
    for (const { path } of catalogue.children) {
      const { text } = await s.get(`/v1/${path}.csv`)
      const { status, summary, errors } = await imported(s, path, text, 'text/csv')
      expect([path, status, errors], path).toEqual([path, 'succeeded', []])
      expect(summary, path).toMatchObject([{ created: 0, changed: 0 }])
    }
  })
})
