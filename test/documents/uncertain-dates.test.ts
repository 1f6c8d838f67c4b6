// 14. Dates that nobody is sure of.
import { expect, test } from 'vitest'
import type { Body } from '../helpers/bodies.ts'
import {
  base,
  codePoints,
  counts,
  expectPeople,
  expectStandings,
  expectTrust,
  idsOf,
  list,
  refused,
  sha256,
  tell,
  tellAgain,
  words,
} from '../helpers/documents.ts'
import { create, get } from '../helpers/requests.ts'
import { INITIALLED, text, uncertainDates } from './uncertain-dates.ts'

async function afterReport() {
  const s = await base()
  return { s, told: await tell(s, uncertainDates(s)) }
}

test('the text is that of the document', () => {
  expect([codePoints(text), words(text)]).toEqual([702, 127])
  expect(sha256(text)).toBe('6fe20c33b88a6c78f9706b5a87c05126f6d6c95465936b271b0caa301c37e769')
})

test('uncertain dates read back as they were sent, and lists find them by the days that they can mean', async () => {
  const { s, told } = await afterReport()
  const { DG, MD, P1, A1, S1, S2 } = told.ids
  expect(await get(s, `/v1/organizations/${DG}`)).toMatchObject({ foundingDate: '2019?' })
  expect(await get(s, `/v1/meetings/${MD}`)).toMatchObject({
    startDate: '2024-09',
    venue: 'Old customs house',
  })
  expect(await get(s, `/v1/proposals/${P1}`)).toMatchObject({
    proposedOn: '[..2023-12-31]',
    meetingId: null,
  })
  expect(await list(s, `events?record=${P1}`)).toMatchObject([{ occurredOn: '[..2023-12-31]' }])
  const { data: events } = await get(s, `/v1/agreements/${A1}/events`)
  expect(events).toMatchObject([
    { type: 'drafted', occurredOn: '2022~', meetingId: null },
    { type: 'authenticated', occurredOn: '[2024-09-15..2024-09-16]', meetingId: null },
  ])
  for (const id of [S1, S2])
    expect(await get(s, `/v1/statements/${id}`)).toMatchObject({ date: null, meetingId: null })

  const found = async (query: string) => await idsOf(s, query)
  expect(await get(s, `/v1/agreements/${A1}`)).toMatchObject({ status: 'authenticated' })
  expect(await get(s, `/v1/agreements/${A1}?asOf=2024-09-14`)).toMatchObject({ status: 'drafted' })
  expect(await get(s, `/v1/agreements/${A1}?asOf=2024-09-15`)).toMatchObject({ status: 'authenticated' })
  expect(await found('agreements?event=authenticated&eventFrom=2024-09-16&eventTo=2024-09-16')).toEqual([A1])
  expect(await found('agreements?event=authenticated&eventFrom=2024-09-17')).toEqual([])
  expect(await found('agreements?event=authenticated&eventTo=2024-09-14')).toEqual([])
  expect(await found('agreements?event=drafted&eventFrom=2022&eventTo=2022')).toEqual([A1])
  // `~` does not widen a date.
  expect(await found('agreements?event=drafted&eventFrom=2023&eventTo=2023')).toEqual([])
  expect(await found('meetings?startFrom=2024-09-20&startTo=2024-09-20')).toEqual([MD])
  expect(await found('meetings?startFrom=2024-10-01')).toEqual([])
  expect((await s.get('/v1/meetings.ics')).text).not.toContain('BEGIN:VEVENT')
  expect(await found('proposals?proposedFrom=2024-01-01')).toEqual([])
  expect(await found('proposals?proposedTo=2020-12-31')).toEqual([P1])
  expect(await found('proposals?proposedFrom=2023-12-31')).toEqual([P1])
  expect(await found('agreements?stalledSince=2025-01-01')).toEqual([A1])

  await expectTrust(s)
  await expectStandings(s)
  await expectPeople(s, ['Marat Ospanov'])
  const expected = {
    sources: 1,
    organizations: 6,
    speakers: 1,
    meetings: 1,
    proposals: 1,
    agreements: 1,
    statements: 2,
    events: 3,
    positions: 0,
    relations: 0,
  }
  expect(await counts(s)).toEqual(expected)
  await tellAgain(s, told)
  expect(await counts(s)).toEqual(expected)
})

test('a date without a first day sorts by its last', async () => {
  const { s, told } = await afterReport()
  const dated = async (title: string, proposedOn: string) =>
    (await create(s, '/v1/proposals', { title, proposedOn }))['id']
  const before = await dated('Before', '2023-12-30')
  const after = await dated('After', '2024-01-01')
  expect(await idsOf(s, 'proposals?sort=proposedOn')).toEqual([before, told.ids['P1'], after])
})

test('a narrower date supports, a broader one says nothing, and another one disputes', async () => {
  const { s, told } = await afterReport()
  const [event] = await list(s, `events?record=${told.ids['A1']}&type=authenticated`)
  const url = `/v1/agreements/${told.ids['A1']}/events/${event?.['id']}`
  const cite = (value: string) =>
    create(s, `${url}/evidence`, {
      sourceId: told.sourceId,
      motivation: 'quote',
      exact: INITIALLED,
      field: '/occurredOn',
      value,
    })
  const disputed = async () => (await get(s, url))['disputed']
  expect(await cite('2024-09-16')).toMatchObject({ direction: 'supports' })
  expect(await disputed()).toEqual([])
  expect(await cite('2024-09')).toMatchObject({ direction: null })
  expect(await disputed()).toEqual([])
  const { id, direction } = await cite('2024-09-17')
  expect(direction).toBe('disputes')
  expect(await disputed()).toEqual(['/occurredOn'])
  const analyst = { authorization: `Bearer ${s.keys.analyst}` }
  expect((await s.del(`/v1/evidence/${id}?reason=Misread`, analyst)).status).toBe(204)
  expect(await disputed()).toEqual([])
})

test.each([
  '[2024-09-16..2024-09-15]',
  '[..]',
  '[2024-09-15,2024-09-16]',
  '2024-09-15/2024-09-16',
  '2024-09-1X',
  '~2024',
  '2024-09~?',
  'early 2024',
  '[2024~..2025]',
])('%s is refused, and the field is named', async (date) => {
  const s = await base()
  const report = uncertainDates(s)
  const [meeting] = report['meetings'] as [Body]
  meeting['startDate'] = date
  meeting['evidence'] = []
  const { errors } = await refused(s, report, 400, 'invalid-body')
  expect(errors).toMatchObject([{ pointer: '/meetings/0/startDate' }])
})
