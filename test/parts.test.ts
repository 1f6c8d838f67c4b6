// Parts of records (events, positions, relations, evidence), and the reasons of writes.
import { describe, expect, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'

const proposal = (s: Service, title: string, more: Body = {}) =>
  create(s, '/v1/proposals', { title, proposedOn: '2022-08-24', ...more })

const reasonsOf = async (s: Service, url: string) =>
  (await get(s, `${url}/history`))['data'].map(({ op, reason }: Body) => [op, reason])

describe('the reason of a write', () => {
  test('is in the history and in the feed, also of parts and of the record that changes with them', async () => {
    const s = await service()
    const why = encodeURIComponent('  В коммюнике\nдругая дата. ')
    const { id } = await create(s, `/v1/proposals?reason=${why}`, { title: 'A', proposedOn: '2022' })
    const url = `/v1/proposals/${id}`
    await create(s, `${url}/events?reason=Adopted`, { status: 'adopted', occurredOn: '2022-09-16' })
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
