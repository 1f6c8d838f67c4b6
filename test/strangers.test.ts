// Regression tests for findings of outside testers.
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { redactKeys } from '../src/core/redact.ts'
import { parseSearch } from '../src/core/search.ts'
import { snippet } from '../src/core/snippet.ts'
import { service } from './helpers/app.ts'

describe('a search query of a hundred terms', () => {
  test('is limited to its first 32 different terms', () => {
    expect(parseSearch('y '.repeat(100))).toEqual([{ all: [{ words: ['y'], prefix: false }], not: [] }])
    const many = Array.from({ length: 100 }, (_, index) => `w${index}`).join(' ')
    expect(parseSearch(many)[0]?.all).toHaveLength(32)
  })

  test('yields a snippet of a long text without examining all of it', () => {
    const text = `${'word '.repeat(30_000)}needle ${'word '.repeat(150_000)}`
    expect(snippet(text, parseSearch('needle'))).toContain('<mark>needle</mark>')
    expect(snippet(text, parseSearch('needle'))?.length).toBeLessThan(500)
  })
})

describe('characters that XML and iCalendar do not allow', () => {
  test('are kept in the record, and replaced in feeds and calendars', async () => {
    const { post, get } = await service()
    const title = 'One\u0001two\u000bthree\ufffefour ]]> <b>'
    const created = await post('/v1/proposals', { title, summary: title, proposedOn: '2022-08-24' })
    expect(created.body['summary']).toBe(title)
    // Texts on one line have no control characters in the first place.
    expect(created.body['title']).toBe('One two three\ufffefour ]]> <b>')
    await post('/v1/meetings', { name: title, summary: title, startDate: '9999-12-31' })
    const feed = (await get('/v1/proposals.atom')).text
    expect(XMLValidator.validate(feed)).toBe(true)
    expect(new XMLParser().parse(feed).feed.entry.title).toContain('three\ufffdfour')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters must be absent.
    expect(feed).not.toMatch(/[\u0001\u000b\ufffe]/)
    const calendar = (await get('/v1/meetings.ics')).text
    expect(calendar).toContain('SUMMARY:One two three\ufffdfour')
    expect(calendar).toContain('DESCRIPTION:One\ufffdtwo')
    expect(calendar).toMatch(/DTEND;VALUE=DATE:\d{8}\r\n/)
    expect(calendar.endsWith('END:VCALENDAR\r\n')).toBe(true)
  })
})

test('an invalid Host header is rejected with 400 where the response contains URLs', async () => {
  const { get } = await service({ seed: true })
  for (const host of ['evil.com:99999', 'a b', '[::1', 'evil.com"><script>'])
    for (const url of ['/v1/proposals.atom', '/openapi.json']) {
      const response = await get(url, { host })
      expect([response.status, response.body['type']], host).toEqual([400, '/problems/invalid-parameter'])
    }
})

test('a percent-encoded key is also removed from logs', () => {
  const id = '0'.repeat(26)
  for (const key of [`sco_${id}_s3cret`, `sco%5F${id}%5Fs3cret`, `%73co_${id}_s3%63ret`]) {
    expect(redactKeys(`/v1/proposals?q=Bearer%20${key}`)).not.toMatch(/s3(c|%63)ret/)
  }
  expect(redactKeys('/v1/proposals?q=50%25')).toBe('/v1/proposals?q=50%25')
})

test('a deleted topic also returns 410 under its slug', async () => {
  const { post, get, del } = await service()
  await post('/v1/topics', { slug: 'gone', prefLabel: 'Gone' })
  expect((await del('/v1/topics/gone')).status).toBe(204)
  expect((await get('/v1/topics/gone')).status).toBe(410)
  expect((await get('/v1/topics/never')).status).toBe(404)
})

test('stalledSince excludes adopted declarations, and includes signed treaties that need consent', async () => {
  const { post, get } = await service()
  const life = (type: string) => ({
    events: [
      { type: 'drafted', occurredOn: '2001-01-01' },
      { type, occurredOn: '2001-06-15' },
    ],
  })
  await post('/v1/agreements', { title: 'Declaration', kind: 'declaration', ...life('text-adopted') })
  const signed = { kind: 'treaty', ...life('signed') }
  await post('/v1/agreements', { title: 'Treaty', ...signed, entryIntoForce: { by: 'consent' } })
  await post('/v1/agreements', { title: 'In force', ...signed, entryIntoForce: { by: 'signature' } })
  await post('/v1/agreements', { title: 'Unknown', ...signed })
  await post('/v1/agreements', {
    title: 'Drafted strategy',
    kind: 'strategy',
    events: [{ type: 'drafted', occurredOn: '2001-01-01' }],
  })
  const { body } = await get('/v1/agreements?stalledSince=2020-01-01&sort=title')
  expect(body['data'].map(({ title }: { title: string }) => title)).toEqual(['Drafted strategy', 'Treaty'])
})

test('an empty q does not filter a list, and one without words matches nothing', async () => {
  const { get } = await service({ seed: true })
  expect((await get('/v1/proposals?q=&count=exact')).body['page']['total']).toBe(10)
  expect((await get('/v1/proposals?q=***&count=exact')).body['page']['total']).toBe(0)
  expect((await get('/v1/search?q=')).body['data']).toEqual([])
})
