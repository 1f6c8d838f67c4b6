// Words for fields, values and statuses. What a catalogue does not have, such as a type that people typed, is shown as it is.
import type { Kind } from '../records/schema/kinds.ts'
import { type Html, html } from './html.ts'
import { foreign } from './languages.ts'
import { TYPED } from './messages/typed.ts'
import type { Page } from './page.ts'

const own = (words: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(words, key) ? words[key] : undefined

export const fieldWord = ({ messages }: Page, field: string): string => own(messages.fields, field) ?? field

export const filterWord = ({ messages }: Page, filter: string): string =>
  own(messages.filters, filter) ?? filter

/** A value of a vocabulary in words; undefined if it has none. */
export const knownWord = ({ messages, language }: Page, value: string): string | undefined =>
  own(messages.values, value) ?? own(TYPED[language], value)

export const valueWord = (page: Page, value: string): string => knownWord(page, value) ?? asWords(value)

/** What was typed in the form of a code, `regional-office`, as words. */
const asWords = (value: string): string =>
  /^[a-z]+(?:-[a-z]+)+$/.test(value) ? value.replaceAll('-', ' ') : value

/** A value that may be of a vocabulary, or what people typed in English. */
export const valueHtml = (page: Page, value: string): Html => {
  const word = knownWord(page, value)
  return word === undefined ? foreign(asWords(value), 'en', page.language) : html`${word}`
}

export const kindWord = ({ messages }: Page, kind: string): string =>
  messages.kinds[kind as Kind]?.one ?? kind

/** The types of meetings that are not called meetings, or in Russian sessions. */
const OTHER_MEETINGS: readonly unknown[] = [
  'bilateral',
  'visit',
  'summit',
  'conference',
  'consultation',
  'ceremony',
]

/** What a record is, in a word: its kind, or of some meetings their type. */
export const recordWord = (
  page: Page,
  kind: string,
  { classification }: Readonly<Record<string, unknown>>,
): string =>
  kind === 'meeting' && OTHER_MEETINGS.includes(classification)
    ? capital(valueWord(page, String(classification)))
    : kindWord(page, kind)

export const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)
