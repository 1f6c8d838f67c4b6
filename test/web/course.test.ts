// What leads to states, people, bodies and topics in order of time, and the proposals of a topic over the years.
import { describe, expect, test } from 'vitest'
import { sortKey } from '../../src/core/dates.ts'
import { type Service, service } from '../helpers/app.ts'
import { expectSafe, textOf } from './check.ts'

const HTML = { accept: 'text/html' }
const SPEAKER = 'spk_01gb6jc400f3jvw4vjq1313fg2'
const BODY = 'org_01gb6jc400f7na45p200v7zp9m'

/** The lists of the API with the records of a subject, and the fields of their dates. */
const LISTS = {
  meetings: 'startDate',
  events: 'occurredOn',
  proposals: 'proposedOn',
  agreements: 'statusSince',
  statements: 'date',
  positions: 'statedOn',
  memberships: 'startDate',
}

const sectionOf = (page: string, id: string) => {
  const start = page.indexOf(`<section aria-labelledby="${id}">`)
  if (start === -1) return ''
  const end = page.indexOf('<section aria-labelledby=', start + 1)
  return page.slice(start, end === -1 ? undefined : end)
}

/** The ids of the entries in a part of a page, by their links. */
const idsIn = (part: string) =>
  [
    ...part.matchAll(
      /<p class="title"><a href="[^"]*?\/([A-Z]{2}|[a-z]{3}_\w{26})(?:\?[^"#]*)?(?:#([a-z]{3}_\w{26}))?"/g,
    ),
  ].map(([, record = '', piece]) => piece ?? record)

/** The records of all lists of a subject, the latest first. */
async function merged({ get }: Service, subject: string, id: string): Promise<string[]> {
  const all: { id: string; date: string | null }[] = []
  for (const [path, field] of Object.entries(LISTS)) {
    if (subject === 'topic' && ['events', 'positions', 'memberships'].includes(path)) continue
    const filter = path === 'memberships' && subject === 'speaker' ? 'holder' : subject
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body, status } = await get(
        `/v1/${path}?${filter}=${id}&limit=200${cursor && `&cursor=${cursor}`}`,
      )
      expect([path, status]).toEqual([path, 200])
      for (const doc of body['data']) all.push({ id: doc.id, date: doc[field] && sortKey(doc[field]) })
      cursor = body['page'].nextCursor
    }
  }
  const rank = ({ id: own, date }: (typeof all)[number]) => `${date ?? '0000'} ${own}`
  return all.toSorted((one, other) => (rank(one) < rank(other) ? 1 : -1)).map((each) => each.id)
}

/** Records of all kinds that have to do with the subjects. */
async function manyRecords({ post }: Service, count: number): Promise<void> {
  const done = async (path: string, body: object) => {
    const answer = await post(path, body)
    expect([path, answer.status, answer.status === 201 ? '' : answer.text]).toEqual([path, 201, ''])
    return answer.body['id'] as string
  }
  for (let n = 0; n < count; n++) {
    const day = `20${12 + (n % 12)}-0${1 + (n % 9)}-0${1 + (n % 7)}`
    const who = { speakerId: n % 2 === 0 ? SPEAKER : null, stateCode: 'RU', organizationId: BODY }
    const proposal = await done('/v1/proposals', {
      title: `Proposal ${n}`,
      contributors: [{ role: 'proposer', ...who }],
      events: [{ type: 'proposed', occurredOn: n % 11 === 0 ? null : day }],
      topicIds: ['counter-uav'],
    })
    if (n % 4 === 0) {
      await done(`/v1/proposals/${proposal}/events`, { type: 'noted', occurredOn: '2024', stateCode: 'RU' })
      await done(`/v1/proposals/${proposal}/positions`, {
        stateCode: 'RU',
        position: 'reserved',
        statedOn: day,
      })
      await done('/v1/agreements', {
        title: `Agreement ${n}`,
        kind: 'agreement',
        organizationId: BODY,
        contributors: [{ role: 'drafter', stateCode: 'RU', speakerId: SPEAKER }],
        topicIds: ['counter-uav'],
        events: [{ type: 'drafted', occurredOn: day }],
      })
      await done(`/v1/speakers/${SPEAKER}/memberships`, {
        organizationId: BODY,
        role: `Post ${n}`,
        startDate: day,
      })
    }
  }
}

describe('the page of', () => {
  test.each([
    ['state', 'states', 'RU'],
    ['speaker', 'speakers', SPEAKER],
    ['organization', 'organizations', BODY],
    ['topic', 'topics', 'counter-uav'],
  ])('a %s has what leads to it in order of time, and a link to all of it', async (subject, path, id) => {
    const app = await service({ seed: true })
    await manyRecords(app, 60)
    const expected = await merged(app, subject, id)
    expect(expected.length).toBeGreaterThan(60)
    expect(new Set(expected).size).toBe(expected.length)
    const { text } = await app.get(`/${path}/${id}`, HTML)
    expect(idsIn(sectionOf(text, 'course'))).toEqual(expected.slice(0, 15))
    let [, url] = /<p><a href="(\/timeline\?[^"]*)">/.exec(sectionOf(text, 'course')) ?? []
    const all: string[] = []
    while (url) {
      const page: string = (await app.get(url.replaceAll('&amp;', '&'), HTML)).text
      all.push(...idsIn(page))
      url = /rel="next" href="([^"]*)"/.exec(page)?.[1]
    }
    expect(all).toEqual(expected)
    // What the order of time has is not shown again.
    const backlinks = idsIn(sectionOf(text, 'backlinks')).filter((each) => each.startsWith('stm_'))
    expect(backlinks).toEqual([])
  })

  test('a topic has its proposals by year, and those of narrower topics', async () => {
    const app = await service({ seed: true })
    await manyRecords(app, 30)
    for (const [topic, query] of [
      ['counter-uav', ''],
      ['security', ''],
      ['counter-uav', '?asOf=2018-12-31'],
    ]) {
      const { text } = await app.get(`/topics/${topic}${query}`, HTML)
      const stats = await app.get(`/v1/stats/proposals${query ? `${query}&` : '?'}by=year&topic=${topic}`)
      const columns = [
        ...sectionOf(text, 'year').matchAll(
          /<text x="[\d.]+" y="(?:[\d.]+)" text-anchor="middle">([^<]*)<\/text>/g,
        ),
      ]
      const labels = columns.map(([, label = '']) => label)
      const shown = labels.flatMap((label, index) =>
        /^\d{4}$/.test(labels[index + 1] ?? '') && !/^\d{4}$/.test(label)
          ? [[labels[index + 1], Number(label)]]
          : [],
      )
      const buckets = stats.body['data'].filter(({ key }: { key: string | null }) => key !== null)
      expect(shown).toEqual(buckets.map(({ key, count }: { key: string; count: number }) => [key, count]))
      expect(shown.length).toBeGreaterThan(2)
    }
  })

  test('a topic has the tree below it', async () => {
    const app = await service({ seed: true })
    const topic = async (slug: string, broaderId: string | null) =>
      expect((await app.post('/v1/topics', { slug, prefLabel: `Topic ${slug}`, broaderId })).status).toBe(201)
    await topic('one', null)
    await topic('two', 'one')
    const flat = (await app.get('/topics/one', HTML)).text
    expect(sectionOf(flat, 'tree')).toBe('')
    await topic('three', 'two')
    await topic('four', 'one')
    const tree = sectionOf((await app.get('/topics/one', HTML)).text, 'tree')
    const outline = tree.replaceAll(/<(?!\/?(?:ul|li)>)[^>]*>/g, '').replace(/^.*?(?=<ul>)/s, '')
    expect(outline.replaceAll(/\s/g, '')).toBe(
      '<ul><li>Topicfour</li><li>Topictwo<ul><li>Topicthree</li></ul></li></ul>',
    )
  })

  test('a state leaves out what was later', async () => {
    const app = await service({ seed: true })
    await manyRecords(app, 8)
    const { text } = await app.get('/states/RU?asOf=2022-12-31', HTML)
    const course = sectionOf(text, 'course')
    expect(course).not.toContain('Noted')
    expect(textOf(course)).not.toMatch(/20(?:2[3-9]|3)/)
    expect(sectionOf((await app.get('/states/RU', HTML)).text, 'course')).toContain('Noted')
  })

  test('a subject with hostile names is valid in three languages', async () => {
    const app = await service({ seed: true })
    const title = `<script>x</script>" onx="y" {n} این \u202e`
    await app.post('/v1/topics', { slug: 'hostile', prefLabel: title, broaderId: 'counter-uav' })
    await app.post('/v1/topics', { slug: 'below', prefLabel: `${title} 2`, broaderId: 'hostile' })
    await app.post('/v1/proposals', {
      title,
      topicIds: ['below'],
      contributors: [{ role: 'proposer', stateCode: 'RU', speakerId: SPEAKER, attributionText: title }],
      events: [{ type: 'proposed', occurredOn: '2025?' }],
    })
    await app.post(`/v1/speakers/${SPEAKER}/memberships`, {
      stateCode: 'RU',
      role: title,
      startDate: '2025~',
    })
    for (const prefix of ['', '/ru', '/zh'])
      for (const path of [
        'states/RU',
        `speakers/${SPEAKER}`,
        'topics/counter-uav',
        'topics/hostile',
        `organizations/${BODY}`,
      ]) {
        const { text, status } = await app.get(`${prefix}/${path}`, HTML)
        expect([path, status]).toEqual([path, 200])
        expect(text).not.toMatch(/undefined|\[object|NaN|<script(?! type="application\/ld\+json">)/)
        await expectSafe(`${prefix}/${path}`, text)
      }
  })
})
