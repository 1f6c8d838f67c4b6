// Steps of an analyst on the pages of drafts, without scripts.
import { expect } from 'vitest'
import type { TestResponse } from './app.ts'
import { press } from './forms.ts'
import type { Client, Fields } from './workbench.ts'

/** Pastes a text, and goes on to it. @returns the path of the draft */
export async function pasteText(browser: Client, text: string, source: Fields = {}): Promise<string> {
  const pasted = await browser.submit('/edit/sources/new', { text })
  expect([pasted.status, pasted.status === 303 ? '' : pasted.text]).toEqual([303, ''])
  const path = String(pasted.headers.location)
  const page = await browser.get(path)
  const sent = await press(browser, page.text, source, 'next')
  expect([sent.status, sent.status === 303 ? '' : sent.text]).toEqual([303, ''])
  return path.replace(/\/source$/, '')
}

/** Marks words as a kind, or adds them to a card (`=c1`). @returns the page with the open card */
export async function markWords(
  browser: Client,
  draft: string,
  words: string,
  as: string,
  fields: Fields = {},
): Promise<TestResponse> {
  const marked = await browser.submit(`${draft}/mark`, { words, as, ...fields })
  expect([words, marked.status, marked.status === 303 ? '' : marked.text]).toEqual([words, 303, ''])
  return browser.get(String(marked.headers.location))
}

/** Fills the open card of a page, and saves it. @returns the page with the open card */
export async function saveCard(
  browser: Client,
  page: TestResponse,
  fields: Fields,
  button = 'save',
): Promise<TestResponse> {
  const answer = await press(browser, page.text, fields, button)
  return answer.status === 303 ? browser.get(String(answer.headers.location)) : answer
}

/** Saves the draft. */
export async function saveAll(browser: Client, draft: string): Promise<TestResponse> {
  const page = await browser.get(draft)
  const revision = /name="revision" value="(\d+)"/.exec(page.text)?.[1] ?? ''
  return browser.submit(`${draft}/save`, { revision })
}
