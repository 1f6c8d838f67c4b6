// 11. A fate: what was offered a year before, the one who offered it has done.
import { expect, test } from 'vitest'
import {
  base,
  CORROBORATED,
  codePoints,
  counts,
  expectPeople,
  expectStandings,
  expectTrust,
  idsOf,
  list,
  sha256,
  tell,
  tellAgain,
  trustOf,
  words,
} from '../helpers/documents.ts'
import { get } from '../helpers/requests.ts'
import { floodAlarm, PEOPLE } from './flood-alarm.ts'
import { riverIce, text } from './river-ice.ts'

async function afterBoth() {
  const s = await base()
  const first = await tell(s, floodAlarm(s))
  return { s, first, told: await tell(s, riverIce(s)) }
}

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([667, 115])
  expect(sha256(text)).toBe('465c23d43ef248aef3373aa3772c9fdfd9f8fcd413b46c015c1dec7be8ed2c64')
})

test('a proposal ends with what its proposer has done', async () => {
  const { s, first, told } = await afterBoth()
  const { M12, P1, P2, P3, dashdorj } = first.ids as Record<string, string>
  const { MS } = told.ids
  // A broader date is no difference.
  expect(told.of('M12')).toMatchObject({ id: M12, outcome: 'updated', filled: [], differences: [] })
  expect(told.of('M12')['added']).toEqual({ evidence: 2 })
  expect(told.of('P3')).toMatchObject({ id: P3, outcome: 'updated', filled: [], differences: [] })
  expect(told.of('P3')['added']).toEqual({ events: 1, evidence: 1 })
  expect(told.of('MS')['outcome']).toBe('created')
  expect(told.of('S4')['outcome']).toBe('created')
  expect(told.of('dashdorj')).toMatchObject({ id: dashdorj, outcome: 'updated' })

  const { data: events } = await get(s, `/v1/proposals/${P3}/events`)
  expect(events).toMatchObject([
    { type: 'proposed', occurredOn: '2024-09-12' },
    { type: 'implemented', occurredOn: '2025-09-12', stateCode: null, meetingId: null },
  ])
  expect(events).toHaveLength(2)
  const proposal = await get(s, `/v1/proposals/${P3}`)
  expect(proposal).toMatchObject({ status: 'implemented', proposedOn: '2024-09-12' })
  expect(trustOf(proposal)).toEqual(CORROBORATED)
  expect(await get(s, `/v1/meetings/${M12}`)).toMatchObject({ startDate: '2024-09-11' })
  expect((await get(s, `/v1/meetings/${M12}/claims?field=/startDate`))['data']).toMatchObject([
    { value: '2024-09-11', origins: 1, alternatives: [] },
  ])
  const trust = Object.fromEntries([M12, P3, dashdorj].map((id) => [id, CORROBORATED]))
  await expectTrust(s, trust)
  await expectStandings(s)
  expect(await idsOf(s, 'proposals?asOf=2025-09-11&status=implemented')).toEqual([])
  expect(await idsOf(s, 'proposals?asOf=2025-09-12&status=implemented')).toEqual([P3])
  expect((await idsOf(s, 'proposals?stalledSince=2025-01-01')).sort()).toEqual([P1, P2].sort())
  expect((await get(s, `/v1/proposals/${P3}/relations`))['data']).toMatchObject([
    { direction: 'incoming', type: 'implements', recordId: MS, recordKind: 'meeting' },
  ])
  expect(await idsOf(s, 'meetings?classification=conference')).toEqual([MS])
  expect(await get(s, `/v1/meetings/${MS}`)).toMatchObject({
    organizationId: null,
    participants: [{ role: 'host', stateCode: 'MN' }],
  })

  await expectPeople(s, PEOPLE)
  const expected = {
    sources: 2,
    organizations: 6,
    speakers: 5,
    meetings: 2,
    proposals: 3,
    agreements: 0,
    statements: 4,
    events: 4,
    positions: 2,
    relations: 1,
  }
  expect(await counts(s)).toEqual(expected)
  await tellAgain(s, told)
  await tellAgain(s, first)
  expect(await counts(s)).toEqual(expected)
})

test('what was implemented is not adopted afterwards, and a wrong event can be deleted', async () => {
  const { s, first } = await afterBoth()
  const proposal = `/v1/proposals/${first.ids['P3']}`
  const { status, body } = await s.post(`${proposal}/events`, { type: 'adopted', occurredOn: '2025-09-13' })
  expect([status, body['type'], body['before']]).toMatchObject([
    409,
    '/problems/illegal-transition',
    { type: 'implemented', occurredOn: '2025-09-12' },
  ])
  const [implemented] = await list(s, `events?record=${first.ids['P3']}&type=implemented`)
  const url = `${proposal}/events/${implemented?.['id']}`
  const analyst = { authorization: `Bearer ${s.keys.analyst}`, 'if-match': '*' }
  const without = await s.request({ method: 'DELETE', url, headers: analyst })
  expect([without.status, without.body['errors']]).toMatchObject([400, [{ parameter: 'reason' }]])
  const deleted = await s.request({ method: 'DELETE', url: `${url}?reason=Wrong`, headers: analyst })
  expect(deleted.status).toBe(204)
  expect(await get(s, proposal)).toMatchObject({ status: 'proposed' })
})
