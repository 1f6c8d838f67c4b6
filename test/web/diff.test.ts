// The differences between versions: words of texts, entries of lists, and what a page has of them.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { catalogue } from '../../src/resources/index.ts'
import { difference } from '../../src/web/diff.ts'
import { messagesOf } from '../../src/web/languages.ts'
import type { Page } from '../../src/web/page.ts'
import { service } from '../helpers/app.ts'
import { create } from '../helpers/requests.ts'
import { expectSafe } from './check.ts'

const HTML = { accept: 'text/html' }

const page: Page = {
  language: 'en',
  messages: messagesOf('en'),
  catalogue,
  base: '',
  origin: 'http://localhost',
  path: '/',
  query: {},
  clocks: { asOf: null, knownAt: null },
  day: '2026-01-01',
  names: new Map(),
}

const { shape } = catalogue.resource('proposal').record

/** The difference with `[-removed-]` and `[+added+]`. */
const marked = (key: string, before: unknown, after: unknown) =>
  difference(page, (shape[key] as z.ZodType) ?? z.unknown(), key, before as never, after as never)
    .text.replaceAll(/<del><span class="hidden">removed: <\/span>(.*?)<\/del>/g, '[-$1-]')
    .replaceAll(/<ins><span class="hidden">added: <\/span>(.*?)<\/ins>/g, '[+$1+]')
    .replaceAll(/<[^>]*>/g, '')

describe('the difference', () => {
  test('of texts is that of their words', () => {
    expect(marked('summary', 'A bank of the members.', 'A bank of the states.')).toBe(
      'A bank of the [-members-][+states+].',
    )
    expect(marked('summary', 'One.', 'One. Two <b>')).toBe('One. [+Two &lt;b&gt;+]')
  })

  test('of Chinese texts is that of their words, though nothing is between them', () => {
    expect(marked('summary', '上海合作组织建立银行', '上海合作组织建立基金')).toBe(
      '上海合作组织建立[-银行-][+基金+]',
    )
  })

  test('leaves out most of what did not change, and all of what is too long', () => {
    const long = 'word '.repeat(500)
    const text = marked('summary', `${long}old ${long}`, `${long}new ${long}`)
    expect(text).toContain('[-old-][+new+]')
    expect(text.length).toBeLessThan(400)
    const huge = (letter: string) => `${letter} `.repeat(9000)
    expect(marked('summary', huge('a'), huge('b')).length).toBeLessThan(1000)
    expect(marked('summary', 'x'.repeat(60_000), 'y'.repeat(60_000)).length).toBeLessThan(1000)
  })

  test('of lists has the entries that were added and removed', () => {
    const name = (each: string) => ({ name: each, language: null, type: 'alternative' })
    expect(marked('otherNames', [name('One'), name('Two')], [name('Two'), name('Three')])).toBe(
      '[-One-][+Three+]',
    )
    expect(marked('otherNames', [name('One'), name('Two')], [name('Two'), name('One')])).toBe(
      'in another order',
    )
    const many = Array.from({ length: 50 }, (_, n) => name(`Name ${n}`))
    expect(marked('otherNames', [], many)).toMatch(/and 30 more$/)
  })

  test('of a value that was missing has one side', () => {
    expect(marked('proposedOn', null, '2022-08-24')).toBe('[+24 August 2022+]')
    expect(marked('proposedOn', '2022-08-24', '2022-08')).toBe('[-24 August 2022-] → [+August 2022+]')
  })
})

test('the page of a record shows the words that each version changed, with hidden words beside the marks', async () => {
  const app = await service()
  const { id } = await create(app, '/v1/proposals', { title: 'A bank', summary: 'A bank of the members.' })
  await app.patch(`/v1/proposals/${id}?reason=In%20plain%20words`, { summary: 'A bank of the states.' })
  for (const [prefix, removed] of [
    ['', 'removed:'],
    ['/ru', 'удалено:'],
    ['/zh', '删除：'],
  ]) {
    const { text } = await app.get(`${prefix}/proposals/${id}`, HTML)
    await expectSafe(`${prefix}/proposals`, text)
    expect(text).toContain(`<del><span class="hidden">${removed} </span>members</del>`)
    expect(text).toMatch(/<ins><span class="hidden">[^<]* <\/span>states<\/ins>/)
    expect(text).toContain('In plain words')
  }
})

test('fields that follow from others are not shown as changes', async () => {
  const app = await service()
  const { id } = await create(app, '/v1/proposals', { title: 'A bank' })
  await create(app, `/v1/proposals/${id}/events`, { type: 'proposed', occurredOn: '2022-08-24' })
  const { text } = await app.get(`/proposals/${id}`, HTML)
  const section = text.slice(text.indexOf('<h2 id="changes">'), text.indexOf('<h2 id="cite">'))
  expect(section).toContain('Events: 1 added')
  expect(section).toContain('<dt>Status</dt>')
  expect(section).not.toContain('<dt>Last changed</dt>')
})
