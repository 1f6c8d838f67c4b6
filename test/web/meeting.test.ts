// The page of a meeting: what came out of it, who took part, and the meetings around it.
import { expect, test } from 'vitest'
import { service } from '../helpers/app.ts'
import type { Body } from '../helpers/bodies.ts'
import { create, get } from '../helpers/requests.ts'
import { textOf } from './check.ts'
import { writeSummit } from './summit.ts'

const HTML = { accept: 'text/html' }

const sectionOf = (page: string, id: string) => {
  const start = page.indexOf(`<h2 id="${id}">`)
  return start === -1 ? '' : page.slice(start, page.indexOf('</section>', start))
}

/** The links of each group under a heading of the third level, by its text. */
const groupsOf = (section: string) =>
  new Map(
    section
      .split('<h3>')
      .slice(1)
      .map((group) => {
        const [title = '', content = ''] = group.split('</h3>')
        return [textOf(title), [...content.matchAll(/href="\/(?:\w+)\/(\w+)"/g)].map(([, id]) => id)]
      }),
  )

test('what was signed, adopted and announced is what the API has as outcomes', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  const outcomes = await get(app, `/v1/meetings/${ids.summit}/outcomes`)
  const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
  const groups = groupsOf(sectionOf(text, 'decisions'))
  for (const { id, eventType } of outcomes['documents']) {
    const title = eventType.charAt(0).toUpperCase() + eventType.slice(1).replace('-', ' ')
    expect(groups.get(title)).toContain(id)
  }
  expect([...groups.keys()]).toEqual([
    'Signed',
    'Text adopted',
    'Proposals that were dealt with',
    'Positions stated',
  ])
  expect(groups.get('Positions stated')?.filter((id) => id === ids.proposal)).toHaveLength(
    outcomes['positions'].length,
  )
})

test('statements and proposals are grouped by the state for which they were made', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  await create(app, '/v1/statements', {
    kind: 'reported',
    text: 'We all said it.',
    meetingId: ids.summit,
    contributors: [{ role: 'author', collective: 'participants' }],
  })
  await create(app, '/v1/proposals', { title: 'Nobody knows whose it was', meetingId: ids.summit })
  const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
  const outcomes = await get(app, `/v1/meetings/${ids.summit}/outcomes`)
  const groups = groupsOf(sectionOf(text, 'said'))
  expect([...groups.keys()]).toEqual([
    'China',
    'Speaker not known',
    'Iran',
    'the participants of the meeting',
  ])
  expect(groups.get('China')).toEqual([ids.part])
  expect(groups.get('Iran')).toEqual([ids.statement])
  const shown = [...groups.values(), ...groupsOf(sectionOf(text, 'decisions')).values()].flat()
  for (const { id } of outcomes['proposals']) expect(shown).toContain(id)
  expect(shown.filter((id) => id?.startsWith('stm_'))).toHaveLength(outcomes['statements'])
})

test('proposals that were made elsewhere are among the decisions', async () => {
  const app = await service()
  const [here, elsewhere] = await Promise.all(
    ['Here', 'Elsewhere'].map((name) => create(app, '/v1/meetings', { name, startDate: '2024-07-04' })),
  )
  const adopted = { type: 'adopted', occurredOn: '2024-07-04', meetingId: here?.['id'] }
  const made = await create(app, '/v1/proposals', {
    title: 'A centre',
    meetingId: elsewhere?.['id'],
    events: [{ type: 'proposed', occurredOn: '2023-07-04' }, adopted],
  })
  const own = await create(app, '/v1/proposals', {
    title: 'Ours',
    meetingId: here?.['id'],
    events: [adopted],
  })
  const { text } = await app.get(`/meetings/${here?.['id']}`, HTML)
  expect(groupsOf(sectionOf(text, 'decisions'))).toEqual(
    new Map([['Proposals that were dealt with', [made['id']]]]),
  )
  expect([...groupsOf(sectionOf(text, 'said')).values()]).toEqual([[own['id']]])
})

test('the agenda has its items in order, with what was dealt with under them', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
  const agenda = sectionOf(text, 'fact-agenda')
  expect(textOf(agenda)).toMatch(/1a The bank A bank.*Other matters/s)
  for (const id of [`/proposals/${ids.proposal}`, `/statements/${ids.statement}`, `/topics/${ids.topic}`])
    expect(agenda).toContain(`href="${id}"`)
})

test('participants are grouped by their role', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
  const rows = [...sectionOf(text, 'fact-participants').matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)]
  expect(rows.map(([, role = '']) => role)).toEqual(['Chair', 'Head of delegation', 'Guest'])
  expect(textOf(rows[1]?.[2] ?? '')).toMatch(/Masoud Pezeshkian for Iran.*Uzbekistan/s)
})

test('the meetings around it are its neighbours in the series, its parts, and what happened beside it', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  const { id: beside } = await create(app, '/v1/meetings', {
    name: 'A conference of banks',
    startDate: '2025-08-30',
    city: 'Tianjin',
    countryCode: 'CN',
  })
  await create(app, '/v1/meetings', {
    name: 'Too late',
    startDate: '2025-09-05',
    city: 'Tianjin',
    countryCode: 'CN',
  })
  const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
  const section = sectionOf(text, 'around')
  const groups = groupsOf(section)
  expect(groups.get('Sessions and parts')).toEqual([ids.session])
  expect(groups.get('On its margins')).toEqual([ids.bilateral])
  expect(groups.get('At the same time in the same city')).toEqual([beside])
  expect(section).toMatch(new RegExp(`Before it in the series: </span><a href="/meetings/${ids.before}"`))
  expect(section).toMatch(new RegExp(`After it in the series: </span><a href="/meetings/${ids.after}"`))
  const ends = await Promise.all([ids.before, ids.after].map((id) => app.get(`/meetings/${id}`, HTML)))
  expect(ends.map(({ text: page }) => /(Before|After) it in the series/g.exec(page)?.[1])).toEqual([
    'After',
    'Before',
  ])
  expect((await app.get(`/meetings/${ids.session}`, HTML)).text).toContain(
    `<p class="muted">Part of: <a href="/meetings/${ids.summit}">`,
  )
})

test('the calendar entry has the meeting and its parts', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
  const address = /href="(\/v1\/meetings\.ics[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const calendar = await app.get(address)
  expect(calendar.headers['content-type']).toMatch(/^text\/calendar/)
  const uids = [...calendar.text.matchAll(/^UID:(\w+)@/gm)].map(([, id]) => id)
  expect(uids.sort()).toEqual([ids.summit, ids.session, ids.bilateral].sort())
})

test('what came out of a meeting is shown as of a day', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  const { text } = await app.get(`/meetings/${ids.summit}?asOf=2025-08-31`, HTML)
  expect(sectionOf(text, 'decisions')).not.toContain('<h3>Signed</h3>')
  const { body } = await app.get(`/v1/agreements/${ids.treaty}/history`)
  const earlier = new Date(Date.parse(body['data'].at(-1).at) - 1).toISOString()
  const known = await app.get(`/meetings/${ids.summit}?knownAt=${earlier}`, HTML)
  expect((known.body as Body | undefined) ?? known.status).toBe(200)
  expect(known.text).not.toContain(ids.treaty)
  expect(known.text).toContain(ids.proposal)
})
