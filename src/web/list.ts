// The list of a kind: what is asked for in words, the form, the records, and the same list as data.
import type { ReadContext } from '../records/read/context.ts'
import { listPage } from '../records/read/page.ts'
import { filtersOf, type Listable, type ListQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import { clockForm } from './clocks.ts'
import { dateInWords } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, foreign, type Language, plural } from './languages.ts'
import { layout, section } from './layout.ts'
import { lines } from './lines.ts'
import { listForm, readVocabularies, type Vocabularies } from './list-form.ts'
import { type Names, namesIn, shortened } from './names.ts'
import { apiHref, clocksOf, href, type Page } from './page.ts'
import { filterWord, kindWord, valueWord } from './words.ts'

export interface ListData {
  docs: Doc[]
  nextCursor: string | null
  /** Null on further pages. */
  total: number | null
  vocabularies: Vocabularies
  names: Names
}

export async function readListData(
  context: ReadContext,
  kind: Listable,
  query: ListQuery,
  language: Language,
): Promise<ListData> {
  const { rows, nextCursor, total, view } = await listPage(context, kind, query)
  const docs = rows.map(parse)
  const vocabularies = await readVocabularies(context, kind, query)
  const { state, topic } = vocabularies
  const ids = [...state, ...topic].map(({ id }) => id)
  const mentioned = [docs, ids, Object.values(query.filters)] as Json
  return {
    docs,
    nextCursor,
    total: total ?? null,
    vocabularies,
    names: await namesIn(context, mentioned, view, language),
  }
}

export function listPageOf(page: Page, kind: Listable, query: ListQuery, data: ListData): Html {
  const { language, messages } = page
  const { list, kinds, counts } = messages
  const path = `/${kind.path}`
  const { cursor, ...rest } = page.query
  const conditions = conditionsOf(page, kind, query, data)
  const found = data.total === null ? null : plural(language, counts.found, data.total)
  const words = kinds[kind.kind]
  const question = html`${words.many}${conditions.map(({ words: each }) => html` <span class="condition">${each}</span>`)}`
  const next = data.nextCursor !== null && { ...rest, cursor: data.nextCursor }
  const clear = html`<a href="${href(page, path)}">${list.clear}</a>`
  const pages = [
    cursor !== undefined && html`<a href="${href(page, path, rest)}">${list.first}</a>`,
    next && html`<a rel="next" href="${href(page, path, next)}">${list.next} →</a>`,
  ].filter((each) => each !== false)
  const main = html`<h1>${question}${found && html`<small>: ${found}</small>`}</h1>
<p class="muted">${words.about}</p>${
    conditions.length > 0 &&
    html`<ul class="conditions">${conditions.map(({ name, words: each }) => html`<li>${each} <a href="${href(page, path, { ...rest, [name]: null })}"><span class="hidden">${each}: ${list.without}</span><span aria-hidden="true">✕</span></a></li>`)}</ul>`
  }
${listForm(page, kind, data.vocabularies, path)}
${data.docs.length === 0 ? html`<p>${fill(list.none, { clear })}</p>` : lines(page, kind, data.docs)}
${pages.length > 0 && html`<nav class="pages" aria-label="${list.next}">${join(pages, ' · ')}</nav>`}
${section('data', list.asData, html`<p>${exports(page, kind, rest)}</p>`)}${clockForm(page, { ...rest, asOf: null, knownAt: null })}`
  const title = [words.many, ...conditions.map(({ plain }) => plain)].join(' ')
  return layout(page, { title, main, description: words.about, hidden: cursor !== undefined })
}

interface Condition {
  name: string
  words: Html
  /** The same as text, for the title. */
  plain: string
}

/** What is asked for, in words. */
function conditionsOf(
  page: Page,
  kind: Listable,
  { filters }: ListQuery,
  { vocabularies, names }: ListData,
): Condition[] {
  const { asked } = page.messages
  // In the order of the address.
  const order = Object.keys(page.query)
  const given = Object.entries(filters).sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
  return given.map(([name, values]) => {
    // Dates are shown as they were written: the filter has the first or last day of a month.
    const shown = filtersOf(kind)[name]?.by === 'range' ? [String(page.query[name] ?? '')] : values
    const plain = shown.map((value) => shortened(nameOf(name, value), 80)).join(', ')
    const message = Object.hasOwn(asked, name)
      ? asked[name as keyof typeof asked]
      : `${filterWord(page, name).replaceAll(/[{}]/g, '')}: {value}`
    const text = fill(message, { value: foreign(plain, null, page.language) })
    return { name, words: text, plain: message.replace('{value}', () => plain) }
  })

  function nameOf(name: string, value: string): string {
    const topic = vocabularies.topic.find(({ slug }) => slug === value)
    const known = names.get(topic?.id ?? value)
    if (known) return known.text
    const filter = filtersOf(kind)[name]
    if (filter?.by === 'range' || name.endsWith('From') || name.endsWith('To') || name === 'stalledSince')
      return dateInWords(page.language, value)
    if (value === 'true') return page.messages.list.yes
    if (value === 'false') return page.messages.list.no
    if (name === 'recordKind') return kindWord(page, value)
    return filter?.by === 'text' || filter?.by === 'names' ? value : valueWord(page, value)
  }
}

/** The formats of a list, by their usual names. */
const FORMAT_NAMES: Record<string, string> = {
  json: 'JSON',
  csv: 'CSV',
  ndjson: 'NDJSON',
  atom: 'Atom',
  ics: 'iCalendar',
  csl: 'CSL-JSON',
  ris: 'RIS',
  bibtex: 'BibTeX',
}

/** Links to exactly this list as data. */
function exports(page: Page, kind: Listable, query: Page['query']): Html {
  const data = { ...page, clocks: clocksOf(kind, page.clocks) }
  const { asOf: _, knownAt: __, ...rest } = query
  const formats = ['json', 'csv', 'ndjson', ...(kind.formats ?? [])]
  return join(
    formats.map(
      (format) =>
        html`<a href="${apiHref(data, `/${kind.path}`, { ...rest, format: format === 'json' ? null : format })}">${FORMAT_NAMES[format]}</a>`,
    ),
    ' · ',
  )
}
