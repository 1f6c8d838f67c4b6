// `fields` sends only what is wanted of a record, and `pretty` indents it.
import { gunzipSync } from 'node:zlib'
import { parse as parseCsv } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'

async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

/** A body, a meeting of it with participants, and two proposals of the meeting. */
async function fixture(s: Service) {
  await create(s, '/v1/states', { code: 'XA', name: 'A' })
  const body = await create(s, '/v1/organizations', { name: 'Council', classification: 'organ' })
  const meeting = await create(s, '/v1/meetings', {
    name: 'Meeting',
    startDate: '2022-09-15',
    organizationId: body['id'],
    participants: [
      { role: 'chair', stateCode: 'XA' },
      { role: 'member', organizationId: body['id'] },
    ],
  })
  const proposals = [
    await create(s, '/v1/proposals', { title: 'One', proposedOn: '2022-09-15', meetingId: meeting['id'] }),
    await create(s, '/v1/proposals', { title: 'Two', proposedOn: '2022-09-16' }),
  ]
  return { body, meeting, proposals }
}

const refusal = async (s: Service, url: string) => {
  const { status, body } = await s.get(url)
  expect(status, url).toBe(400)
  expect(body['errors'][0].parameter).toBe('fields')
  return String(body['errors'][0].detail)
}

describe('fields', () => {
  test('of a list and of a record are the id and what is named, in the order of the record', async () => {
    const s = await service()
    const { proposals } = await fixture(s)
    const [one, two] = proposals.map(({ id }) => id)
    expect((await s.get('/v1/proposals?fields=proposedOn,title&sort=title')).body['data']).toEqual([
      { id: one, title: 'One', proposedOn: '2022-09-15' },
      { id: two, title: 'Two', proposedOn: '2022-09-16' },
    ])
    const { text } = await s.get(`/v1/proposals/${one}?fields=proposedOn,title`)
    expect(text).toBe(JSON.stringify({ id: one, title: 'One', proposedOn: '2022-09-15' }))
    expect((await s.get(`/v1/proposals/${one}?fields=id`)).body).toEqual({ id: one })
  })

  test('with a dot are members of objects in lists', async () => {
    const s = await service()
    const { meeting } = await fixture(s)
    const get = async (fields: string) =>
      (await s.get(`/v1/meetings/${meeting['id']}?fields=${fields}`)).body['participants']
    expect(await get('participants.role')).toEqual([{ role: 'chair' }, { role: 'member' }])
    expect(await get('participants.role,participants.stateCode')).toEqual([
      { role: 'chair', stateCode: 'XA' },
      { role: 'member', stateCode: null },
    ])
    for (const both of ['participants,participants.role', 'participants.role,participants'])
      expect(await get(both)).toEqual(meeting['participants'])
  })

  test('leave included records whole, unless a path names a part of them', async () => {
    const s = await service()
    const { body, meeting, proposals } = await fixture(s)
    const id = proposals[0]?.['id']
    const get = async (query: string) => (await s.get(`/v1/proposals/${id}?${query}`)).body
    expect(await get('include=meeting&fields=title')).toEqual({ id, title: 'One', meeting })
    expect(await get('include=meeting&fields=title,meeting.name')).toEqual({
      id,
      title: 'One',
      meeting: { id: meeting['id'], name: 'Meeting' },
    })
    expect(await get('include=meeting.organization&fields=meeting.name,meeting.organization.name')).toEqual({
      id,
      meeting: {
        id: meeting['id'],
        name: 'Meeting',
        organization: { id: body['id'], name: 'Council' },
      },
    })
    const { data } = (await s.get('/v1/meetings?include=proposals&fields=name,proposals.title')).body
    expect(data).toEqual([{ id: meeting['id'], name: 'Meeting', proposals: [{ id, title: 'One' }] }])
    expect(
      (await s.get('/v1/proposals?include=meeting&fields=meeting.name&sort=title')).body['data'][1],
    ).toEqual({
      id: proposals[1]?.['id'],
      meeting: null,
    })
  })

  test('that are unknown are refused with the nearest', async () => {
    const s = await service()
    const { meeting } = await fixture(s)
    expect(await refusal(s, '/v1/proposals?fields=titel')).toContain('Did you mean title?')
    expect(await refusal(s, `/v1/meetings/${meeting['id']}?fields=name,participants.stateCod`)).toContain(
      'Did you mean stateCode?',
    )
    expect(await refusal(s, '/v1/proposals?fields=meeting.name')).toContain('include=meeting')
    expect(await refusal(s, '/v1/proposals?include=meeting&fields=meeting.nam')).toContain(
      'Did you mean name?',
    )
    expect(await refusal(s, '/v1/proposals?fields=title.length')).toContain('no fields')
    for (const name of ['__proto__', 'constructor', 'toString', '', '.', 'title.', 'a..b', 'x'.repeat(201)])
      await refusal(s, `/v1/proposals?fields=${name}`)
    expect((await s.get('/v1/proposals?columns=title')).body['detail']).toContain('fields=title')
  })

  test('of CSV are columns, with the names beside ids, and of NDJSON members of each line', async () => {
    const s = await service()
    const { meeting, proposals } = await fixture(s)
    const csv = async (url: string) => parseCsv((await s.get(url)).text, { bom: true }) as string[][]
    expect(await csv('/v1/proposals.csv?fields=title,meetingId&sort=title')).toEqual([
      ['id', 'title', 'meetingId', 'meetingName'],
      [proposals[0]?.['id'], 'One', meeting['id'], 'Meeting'],
      [proposals[1]?.['id'], 'Two', '', ''],
    ])
    expect(await csv('/v1/meetings.csv?fields=participants.role')).toEqual([
      ['id', 'participants'],
      [meeting['id'], '[{"role":"chair"},{"role":"member"}]'],
    ])
    const lines = await s.get('/v1/proposals.ndjson?include=meeting&fields=meeting.name&sort=title')
    expect(
      lines.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: proposals[0]?.['id'], meeting: { id: meeting['id'], name: 'Meeting' } },
      { id: proposals[1]?.['id'], meeting: null },
    ])
    for (const url of ['/v1/meetings.ics', '/v1/sources.ris'])
      expect((await s.get(`${url}?fields=id`)).body['errors']).toMatchObject([{ parameter: 'fields' }])
    const { body } = await s.get('/v1/meetings?fields=name', { accept: 'text/calendar' })
    expect(body['errors'][0]['detail']).toContain('Not supported')
  })

  test('of parts are those of the part', async () => {
    const s = await service()
    const { proposals } = await fixture(s)
    const path = `/v1/proposals/${proposals[1]?.['id']}/events`
    const event = await create(s, path, { type: 'under-consideration', occurredOn: '2022-09-20' })
    const shown = { id: event['id'], type: 'under-consideration' }
    const { data } = (await s.get(`${path}?fields=type`)).body
    expect(data).toContainEqual(shown)
    for (const one of data) expect(Object.keys(one)).toEqual(['id', 'type'])
    expect((await s.get(`${path}/${event['id']}?fields=type`)).body).toEqual(shown)
    expect((await s.get('/v1/events?fields=type')).body['data']).toContainEqual(shown)
    expect(await refusal(s, `${path}?fields=typ`)).toContain('Did you mean type?')
  })

  test('walk the same pages, whatever the list is sorted by', async () => {
    const s = await service()
    for (let n = 0; n < 7; n++) await create(s, '/v1/proposals', { title: `P${n}`, proposedOn: '2022' })
    const seen: string[] = []
    for (let url = '/v1/proposals?fields=summary&sort=-title&limit=3'; url !== ''; ) {
      const { body, headers } = await s.get(url)
      seen.push(...body['data'].map(({ id }: Body) => id))
      url = /<([^>]+)>; rel="next"/.exec(String(headers['link'] ?? ''))?.[1] ?? ''
    }
    const { data } = (await s.get('/v1/proposals?sort=-title')).body
    expect(seen).toEqual(data.map(({ id }: Body) => id))
  })

  test('have an ETag of their own, which a PATCH accepts and which stays while they do on lists', async () => {
    const s = await service()
    const { proposals } = await fixture(s)
    const url = `/v1/proposals/${proposals[0]?.['id']}`
    const tag = async (one: string) => String((await s.get(one)).headers['etag'])
    const own = await tag(`${url}?fields=title`)
    expect(own).toMatch(/^"1\./)
    expect(own).not.toBe(await tag(url))
    const list = await tag('/v1/proposals?fields=title')
    expect((await s.patch(url, { summary: 'New' }, { 'if-match': own })).status).toBe(200)
    expect(await tag(`${url}?fields=title`)).not.toBe(own)
    expect(await tag('/v1/proposals?fields=title')).toBe(list)
    await s.patch(url, { title: 'Other' })
    expect(await tag('/v1/proposals?fields=title')).not.toBe(list)
  })

  test('make a proposal with title and status smaller than a quarter', async () => {
    const s = await service({ seed: true })
    const size = async (url: string) => (await s.get(url)).text.length
    expect(await size('/v1/proposals?fields=title,status')).toBeLessThan((await size('/v1/proposals')) / 4)
  })
})

describe('pretty=true', () => {
  test('indents records, lists, parts, searches, statistics and problems, and changes nothing else', async () => {
    const s = await service({ seed: true })
    const id = (await s.get('/v1/proposals')).body['data'][0].id
    for (const path of [
      `/v1/proposals/${id}`,
      '/v1/proposals',
      `/v1/proposals/${id}/events`,
      '/v1/search?q=defence',
      '/v1/stats/proposals?by=status',
      '/v1/changes',
      '/v1/proposals/prp_01gb6jc400ezz8kdnweefcy4dk',
      '/v1/proposals?fields=titel',
    ]) {
      const plain = await s.get(path)
      const indented = await s.get(`${path}${path.includes('?') ? '&' : '?'}pretty=true`)
      const { requestId: _, instance: __, ...body } = indented.body
      expect(plain.body, path).toMatchObject(body)
      expect(indented.status).toBe(plain.status)
      expect(indented.text, path).toBe(`${JSON.stringify(indented.body, null, 2)}\n`)
      expect(plain.text).not.toContain('\n')
    }
  })

  test('indents the answers to writes, and leaves other formats alone', async () => {
    const s = await service()
    const created = await s.post('/v1/topics?pretty=true', { slug: 'one', prefLabel: 'One' })
    expect(created.text).toBe(`${JSON.stringify(created.body, null, 2)}\n`)
    expect((await s.get('/v1/topics.ndjson?pretty=true')).text).toBe((await s.get('/v1/topics.ndjson')).text)
    expect((await s.get('/v1/topics?pretty=yes')).body).toMatchObject({
      status: 400,
      errors: [{ parameter: 'pretty' }],
    })
  })

  test('is cached, compressed and revalidated like any response', async () => {
    const s = await service({ seed: true })
    const url = '/v1/proposals?pretty=true'
    const [first, second, third] = [await s.get(url), await s.get(url), await s.get(url)]
    expect(second.text).toBe(first.text)
    expect(third.text).toBe(first.text)
    expect(third.headers['etag']).toBe(first.headers['etag'])
    const etag = String(first.headers['etag'])
    expect((await s.get(url, { 'if-none-match': etag })).status).toBe(304)
    for (let n = 0; n < 3; n++) {
      const { rawPayload } = await s.app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
      expect(gunzipSync(rawPayload).toString()).toBe(first.text)
    }
  })
})
