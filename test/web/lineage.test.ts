// The lineage on the page of a proposal or a document: its picture and its list have what the API has.
import { describe, expect, test } from 'vitest'
import { placeLineage } from '../../src/web/lineage-layout.ts'
import { linesOfText } from '../../src/web/text-width.ts'
import { service } from '../helpers/app.ts'
import { create, get } from '../helpers/requests.ts'
import { expectSafe, textOf } from './check.ts'
import { writeSummit } from './summit.ts'

const HTML = { accept: 'text/html' }

describe('the layout', () => {
  const steps = [
    { recordId: 'b', day: '2020-01-01' },
    { recordId: 'a', day: '2010-01-01' },
    { recordId: 'a', day: '2015-01-01' },
    { recordId: 'b', day: '2021-01-01' },
    { recordId: 'c', day: '2022-01-01' },
  ]

  test('orders rows by day, and connects the later record with the last row of the earlier one before it', () => {
    const placed = placeLineage(steps, [
      { from: 'a', to: 'b' },
      { from: 'c', to: 'b' },
    ])
    expect(placed.rows.map(({ recordId, day }) => [recordId, day.slice(0, 4)])).toEqual([
      ['a', '2010'],
      ['a', '2015'],
      ['b', '2020'],
      ['b', '2021'],
      ['c', '2022'],
    ])
    expect(placed.ends).toEqual([
      { from: 1, to: 2 },
      { from: 4, to: 3 },
    ])
  })

  test('gives no two records of the same rows one lane, and uses a lane again', () => {
    const placed = placeLineage(steps, [
      { from: 'a', to: 'b' },
      { from: 'c', to: 'b' },
    ])
    expect([...placed.lanes]).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ])
    expect(placed.laneCount).toBe(2)
  })

  test('keeps the order of steps without a day or of one day', () => {
    const same = [
      { recordId: 'x', day: '' },
      { recordId: 'y', day: '' },
      { recordId: 'z', day: '2020-01-01' },
      { recordId: 'y', day: '2020-01-01' },
    ]
    const placed = placeLineage(same, [{ from: 'y', to: 'x' }])
    expect(placed.rows).toEqual(same)
    expect(placed.ends).toEqual([{ from: 1, to: 0 }])
  })
})

test('texts of pictures break between words, and end in an ellipsis', () => {
  expect(linesOfText('one two three', 60, 3)).toEqual(['one two', 'three'])
  expect(linesOfText('one two three four', 60, 1)).toEqual(['one two…'])
  expect(linesOfText('ж'.repeat(30), 73, 2)).toEqual(['ж'.repeat(10), `${'ж'.repeat(10)}…`])
  expect(linesOfText('建立开发银行', 56, 2)).toEqual(['建立开发', '银行'])
  expect(linesOfText('', 56, 2)).toEqual([])
})

describe('the page', () => {
  test.each(['', '/ru', '/zh'])(
    'of %s/ shows each record and each relation of the API, with its evidence',
    async (prefix) => {
      const app = await service({ seed: true })
      const ids = await writeSummit(app)
      for (const path of [`/proposals/${ids.proposal}`, `/agreements/${ids.treaty}`]) {
        const { data, relations } = await get(app, `/v1${path}/lineage`)
        expect([data.length, relations.length]).toEqual([4, 3])
        const { text } = await app.get(`${prefix}${path}`, HTML)
        await expectSafe(path, text)
        const section = text.slice(text.indexOf('<h2 id="lineage">'))
        const list = section.slice(section.indexOf('<ol class="parts lineage-list">'))
        for (const { id } of data) {
          expect(section.slice(0, section.indexOf('</svg>'))).toMatch(
            new RegExp(`<a href="${prefix}/\\w+/${id}"`),
          )
          expect(list).toMatch(new RegExp(`<a href="${prefix}/\\w+/${id}"`))
        }
        for (const { relationId } of relations) expect(text.split(`id="${relationId}"`)).toHaveLength(2)
        expect(section.match(/class="edge"/g)).toHaveLength(relations.length)
        // The numbers of the picture are those of the list.
        const notes = [...section.matchAll(/<tspan class="note"[^>]*>(\d) .*? (\d)<\/tspan>/g)]
        const number = (id: string) =>
          String(data.findIndex((record: { id: string }) => record.id === id) + 1)
        expect(notes.map(([, from, to]) => `${from} ${to}`).sort()).toEqual(
          relations
            .map(
              ({ sourceId, targetId }: Record<string, string>) =>
                `${number(String(sourceId))} ${number(String(targetId))}`,
            )
            .sort(),
        )
        expect(list).toContain('signed a protocol')
      }
    },
  )

  test('has the status history of each record in order', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { text } = await app.get(`/agreements/${ids.treaty}`, HTML)
    const list = textOf(text.slice(text.indexOf('<ol class="parts lineage-list">')))
    expect(list).toContain(
      'Create a development bank Proposal · proposed 25 November 2010 · under consideration 4 July 2024 · adopted 1 September 2025',
    )
  })

  test('shows the lineage as it was known, and as of a day', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const path = `/agreements/${ids.treaty}`
    const asOf = await app.get(`${path}?asOf=2025-12-31`, HTML)
    expect(asOf.text).toContain(ids.proposal)
    expect(asOf.text).not.toContain(ids.amendment)
    const { body } = await app.get(`/v1/agreements/${ids.amendment}/relations`)
    await app.request({
      method: 'DELETE',
      url: `/v1/agreements/${ids.amendment}/relations/${body['data'][0].id}?reason=Wrong`,
      headers: { authorization: `Bearer ${app.keys.admin}`, 'if-match': '*' },
    })
    expect((await app.get(path, HTML)).text).not.toContain(ids.amendment)
    const knownAt = body['data'][0].createdAt
    expect((await app.get(`${path}?knownAt=${knownAt}`, HTML)).text).toContain(ids.amendment)
  })

  test('of a lineage that is too large shows what is directly connected', async () => {
    const app = await service()
    const { id } = await create(app, '/v1/agreements', { title: 'The first', kind: 'treaty' })
    let last = id
    for (let n = 0; n < 42; n++) {
      const { id: next } = await create(app, '/v1/agreements', { title: `Amendment ${n}`, kind: 'protocol' })
      await create(app, `/v1/agreements/${next}/relations`, { type: 'amends', targetId: last })
      last = next
    }
    const { text } = await app.get(`/agreements/${id}`, HTML)
    const section = text.slice(text.indexOf('<h2 id="lineage">'))
    expect(section.match(/class="edge"/g)).toHaveLength(1)
    expect(section).toContain(`href="/v1/agreements/${id}/lineage"`)
  })
})
