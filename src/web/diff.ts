// The difference between two values of a field: words of texts, entries of lists, fields of objects.
import { diffWords } from 'diff'
import { z } from 'zod'
import type { Json } from '../records/schema/document.ts'
import { fieldOf, plain } from '../records/schema/fields.ts'
import { type Html, html, join } from './html.ts'
import { fill, foreign, formatNumber, label } from './languages.ts'
import { shortened } from './names.ts'
import type { Page } from './page.ts'
import { showValue } from './values.ts'
import { fieldWord } from './words.ts'

/** Longer texts are not compared word by word, nor those that differ in more words. In UTF-16 units. */
const MAX_TEXT = 50_000
const MAX_EDITS = 500

/** The longest text of a difference, and the most entries of a list. */
const MAX_SHOWN = 400
const MAX_ENTRIES = 20

/** How much of an unchanged text is shown on either side of a change. */
const CONTEXT = 60

/** What differs between two values. @param key the name of the field */
export function difference(page: Page, schema: z.ZodType, key: string, before: Json, after: Json): Html {
  const bare = plain(schema)
  if (typeof before === 'string' && typeof after === 'string' && fieldOf(bare)?.free)
    return textDifference(page, before, after)
  if (Array.isArray(before) && Array.isArray(after))
    return listDifference(
      page,
      bare instanceof z.ZodArray ? (bare.element as z.ZodType) : z.unknown(),
      key,
      before,
      after,
    )
  if (isObject(before) && isObject(after)) return objectDifference(page, bare, before, after)
  const value = (given: Json) => showValue(page, schema, bounded(given), key)
  const [old, now] = [value(before), value(after)]
  return join([old && removed(page, old), now && added(page, now)].filter(Boolean), ' → ')
}

/** Marked by words too, since strikethrough and colours are not read aloud. */
const removed = ({ messages }: Page, content: Html): Html =>
  html`<del><span class="hidden">${messages.changes.removed} </span>${content}</del>`
const added = ({ messages }: Page, content: Html): Html =>
  html`<ins><span class="hidden">${messages.changes.added} </span>${content}</ins>`

/** Words of any script: texts in Chinese have no spaces. */
const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

function textDifference(page: Page, before: string, after: string): Html {
  const whole = Math.max(before.length, after.length) > MAX_TEXT
  const changes = whole
    ? undefined
    : diffWords(before, after, { intlSegmenter: segmenter, maxEditLength: MAX_EDITS })
  const text = (value: string) => foreign(shortened(value, MAX_SHOWN), null, page.language)
  if (!changes) return join([removed(page, text(before)), added(page, text(after))], ' → ')
  const pieces = changes.map(({ value, added: isAdded, removed: isRemoved }, index) => {
    if (isRemoved) return removed(page, text(value))
    if (isAdded) return added(page, text(value))
    return html`<span class="context">${around(value, index === 0, index === changes.length - 1)}</span>`
  })
  return html`<div class="prose" dir="auto">${pieces}</div>`
}

/** The ends of an unchanged text that are next to a change. */
function around(text: string, isFirst: boolean, isLast: boolean): string {
  if (text.length <= 2 * CONTEXT) return text
  const start = isFirst ? '' : text.slice(0, CONTEXT).replace(/\S*$|[\ud800-\udbff]$/, '')
  const end = isLast ? '' : text.slice(-CONTEXT).replace(/^\S*|^[\udc00-\udfff]/, '')
  return `${start}…${end}`
}

function listDifference(page: Page, element: z.ZodType, key: string, before: Json[], after: Json[]): Html {
  const [old, now] = [before, after].map((list) => list.map((entry) => JSON.stringify(entry))) as [
    string[],
    string[],
  ]
  const shown = (entry: Json) => showValue(page, element, bounded(entry), key)
  const gone = before.filter((_, index) => !now.includes(old[index] ?? ''))
  const come = after.filter((_, index) => !old.includes(now[index] ?? ''))
  const entries = [
    ...gone.map((entry) => ({ entry, mark: removed })),
    ...come.map((entry) => ({ entry, mark: added })),
  ]
  if (entries.length === 0) return html`${page.messages.changes.reordered}`
  const items = entries.slice(0, MAX_ENTRIES).flatMap(({ entry, mark }) => {
    const value = shown(entry)
    return value ? [html`<li>${mark(page, value)}</li>`] : []
  })
  const rest = entries.length - MAX_ENTRIES
  return html`<ul>${items}${rest > 0 && html`<li>${fill(page.messages.changes.more, { n: formatNumber(page.language, rest) })}</li>`}</ul>`
}

type Fields = { [key: string]: Json }

const isObject = (value: Json): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

function objectDifference(page: Page, schema: z.ZodType, before: Fields, after: Fields): Html {
  const shape = schema instanceof z.ZodObject ? schema.shape : {}
  return html`${changedKeys(before, after).map(
    (key) =>
      html`<div>${label(page.language, fieldWord(page, key))}${difference(page, (shape[key] as z.ZodType) ?? z.unknown(), key, before[key] ?? null, after[key] ?? null)}</div>`,
  )}`
}

/** The keys of either object whose values differ. */
export const changedKeys = (before: Readonly<Fields>, after: Readonly<Fields>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => JSON.stringify(before[key] ?? null) !== JSON.stringify(after[key] ?? null),
  )

/** A value with its texts shortened. */
function bounded(value: Json): Json {
  if (typeof value === 'string') return shortened(value, MAX_SHOWN)
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map(bounded)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bounded(inner)]))
}
