// The list of a kind: what is asked for in words, the form, the records, and the same list as data.
import type { Fault } from '../core/problems.ts'
import type { ReadContext } from '../records/read/context.ts'
import { listIds, listPage } from '../records/read/page.ts'
import { filtersOf, type Listable, type ListQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { clockForm } from './clocks.ts'
import { DATE_PARAMETER, isoDates } from './date-input.ts'
import { dateHtml, dateInWords } from './dates.ts'
import { type Facet, facetLinks, readFacets } from './facets.ts'
import { type Html, html, join, plainText } from './html.ts'
import { fill, foreign, type Language } from './languages.ts'
import { layout, section } from './layout.ts'
import { lines } from './lines.ts'
import { isOnForm, listForm, readVocabularies, type Vocabularies } from './list-form.ts'
import { byName, type Names, namesIn, shortened } from './names.ts'
import { apiHref, clocksOf, href, NOW, type Page } from './page.ts'
import { formatTotal, MAX_TOTAL } from './totals.ts'
import { languageName } from './values.ts'
import { filterWord, kindWord, valueWord } from './words.ts'

export interface ListData {
  docs: Doc[]
  nextCursor: string | null
  /** Counted up to `MAX_TOTAL` and one. Null on further pages, and where a word of too many records is searched for. */
  total: number | null
  facets: Facet[]
  vocabularies: Vocabularies
  names: Names
}

/** The kinds whose lists are in the order of their names. */
const SORTED_BY_NAME: readonly Kind[] = ['state', 'topic', 'organization', 'speaker']

export async function readListData(
  context: ReadContext,
  kind: Listable,
  query: ListQuery,
  language: Language,
  wholeFacet: string | undefined,
): Promise<ListData> {
  const { rows, nextCursor, view } = await listPage(context, kind, query)
  const docs = rows.map(parse)
  const ids = query.cursor === undefined ? await listIds(context, kind, query, MAX_TOTAL + 1) : null
  const vocabularies = await readVocabularies(context, kind, query)
  // Records are counted as they are now.
  const facets =
    ids === null || query.knownAt !== null ? [] : await readFacets(context, kind, query, ids, wholeFacet)
  const counted = facets.flatMap(({ bars }) => bars.map(({ key }) => key))
  const mentioned = [docs, idsOf(vocabularies), Object.values(query.filters), counted] as Json
  const names = await namesIn(context, mentioned, view, language)
  return { docs, nextCursor, total: ids?.length ?? null, facets, vocabularies, names }
}

const idsOf = ({ state, topic }: Vocabularies) => [...state, ...topic].map(({ id }) => id)

/** What the form of a list needs, without records. */
export async function readEmptyList(
  context: ReadContext,
  kind: Listable,
  language: Language,
): Promise<ListData> {
  const vocabularies = await readVocabularies(context, kind, NOW)
  const names = await namesIn(context, idsOf(vocabularies), { asOf: null, seq: null }, language)
  return { docs: [], nextCursor: null, total: null, facets: [], vocabularies, names }
}

export function listPageOf(page: Page, kind: Listable, query: ListQuery, data: ListData): Html {
  const { language, messages } = page
  const { list, kinds, punctuation } = messages
  const path = `/${kind.path}`
  const { cursor, facet: _, ...rest } = page.query
  const conditions = conditionsOf(page, kind, query, data)
  const words = kinds[kind.kind]
  const count = data.total !== null && formatTotal(language, data.total)
  const question = questionOf(
    page,
    words.many,
    conditions.map((each) => html`<span class="condition">${each.words}</span>`),
  )
  const clear = html`<a href="${href(page, path)}">${list.clear}</a>`
  // What is all on one page can be in the order of its language.
  const isWhole = cursor === undefined && data.nextCursor === null && page.query['sort'] === undefined
  const docs =
    isWhole && SORTED_BY_NAME.includes(kind.kind) ? byName(page, data.docs, ({ id }) => id) : data.docs
  const slugs = new Map(data.vocabularies.topic.map(({ id, slug }) => [id, String(slug)]))
  const main = html`<h1>${question}${count !== false && html`<small>${punctuation.colon}${count}</small>`}</h1>
<p class="muted">${words.about}</p>${conditionLinks(page, path, conditions)}${SIGNATORIES.some((name) => query.filters[name]) && html`<p class="muted">${list.signatories}</p>`}
${listForm(page, kind, data.vocabularies, path, [])}
<div class="list"><div>${data.docs.length === 0 ? html`<p>${fill(list.none, { clear })}</p>${fewerConditions(page, path, conditions)}` : lines(page, kind, docs)}
${pageLinks(page, path, data.nextCursor)}</div>
${facetLinks(page, path, rest, data.facets, slugs)}</div>
${section('data', list.asData, html`<p>${exports(page, kind, rest)}</p>`)}${clockForm(page, { ...rest, ...NOW })}`
  const title = plainText(
    questionOf(
      page,
      words.many,
      conditions.map(({ plain }) => plain),
    ),
  )
  return layout(page, {
    title,
    main,
    description: `${title}${count === false ? '' : `${punctuation.colon}${count}`}${punctuation.stop}${words.about}`,
    hidden: cursor !== undefined,
    head: feedLink(page, kind, rest),
  })
}

/** Conditions in words, each with a link to the page without it. */
export function conditionLinks(page: Page, path: string, conditions: readonly Condition[]): Html | null {
  if (conditions.length === 0) return null
  const { cursor: _, facet: __, ...rest } = page.query
  return html`<ul class="conditions">${conditions.map(({ names, words }) => html`<li>${words} <a href="${without(page, path, rest, names)}"><span class="hidden">${words}${page.messages.punctuation.colon}${page.messages.list.without}</span><span aria-hidden="true">✕</span></a></li>`)}</ul>`
}

/** Where nothing matches several conditions: links to the list without each. */
function fewerConditions(page: Page, path: string, conditions: readonly Condition[]): Html | null {
  if (conditions.length < 2) return null
  const { cursor: _, facet: __, ...rest } = page.query
  return html`<ul>${conditions.map(({ names, words }) => html`<li><a href="${without(page, path, rest, names)}">${fill(page.messages.list.leaveOut, { condition: words })}</a></li>`)}</ul>`
}

/** The filters by who signed, which is not recorded of all documents. */
const SIGNATORIES = ['signedBy', 'notSignedBy', 'consentedBy', 'awaiting']

/** Links to the first page, if this is another one, and to the next one. */
export function pageLinks(page: Page, path: string, nextCursor: string | null): Html | null {
  const { list } = page.messages
  const { cursor, facet: _, ...rest } = page.query
  const next = nextCursor !== null && { ...rest, cursor: nextCursor }
  const links = [
    cursor !== undefined && html`<a href="${href(page, path, rest)}">← ${list.first}</a>`,
    next && html`<a rel="next" href="${href(page, path, next)}">${list.next} →</a>`,
  ].filter((each) => each !== false)
  return links.length === 0
    ? null
    : html`<nav class="pages" aria-label="${list.pages}">${join(links, ' · ')}</nav>`
}

/** A title with what is asked for, as a phrase. */
export function questionOf({ messages }: Page, title: string, conditions: readonly (Html | string)[]): Html {
  const { question, conjunction } = messages.list
  if (conditions.length === 0) return html`${title}`
  return fill(question, { kind: title, conditions: join(conditions, conjunction) })
}

const without = (page: Page, path: string, query: Page['query'], names: readonly string[]) =>
  href(page, path, { ...query, ...Object.fromEntries(names.map((name) => [name, null])) })

/** The form of a list again, with what is wrong in it beside the fields, and no records. */
export function faultyListPage(page: Page, kind: Listable, data: ListData, faults: readonly Fault[]): Html {
  const { errors, kinds } = page.messages
  const path = `/${kind.path}`
  const { cursor: _, facet: __, ...rest } = page.query
  const found = faults.map(({ parameter = '', detail }) => ({
    parameter,
    words: faultWords(page, parameter, detail),
  }))
  const items = found.map(({ parameter, words }) => {
    const name = filterWord(page, parameter)
    const address = isOnForm(kind, parameter) ? `#f-${parameter}` : without(page, path, rest, [parameter])
    return html`<li><a href="${address}">${foreign(name, null, page.language)}</a>${page.messages.punctuation.colon}${words}</li>`
  })
  const main = html`<h1>${kinds[kind.kind].many}</h1>
<section class="warning" aria-labelledby="faults"><h2 id="faults">${errors.invalid}</h2><ul>${items}</ul></section>
${listForm(page, kind, data.vocabularies, path, found)}`
  return layout(page, {
    title: `${errors.title}${page.messages.punctuation.colon}${kinds[kind.kind].many}`,
    main,
    hidden: true,
    timeless: true,
  })
}

function faultWords(page: Page, parameter: string, detail: string): Html {
  const { language, messages, query } = page
  const { errors } = messages
  if (!DATE_PARAMETER.test(parameter)) return html`${errors.unknownValue} <span lang="en">${detail}</span>`
  const meanings = isoDates(String(query[parameter] ?? ''))
  if (meanings.length > 1)
    return fill(errors.severalDates, {
      dates: join(
        meanings.map((date) => dateHtml(language, date)),
        ' / ',
      ),
    })
  return html`${EXACT_DAY.test(parameter) ? errors.noDay : errors.noDate}`
}

/** The dates that must be a day. */
const EXACT_DAY = /^(?:stalledSince|asOf)$/

export interface Condition {
  /** The parameters that it is made from. */
  names: readonly string[]
  words: Html
  /** The same as text, for the title. */
  plain: string
}

/** What is asked for, in words. */
export function conditionsOf(
  page: Page,
  kind: Listable,
  { filters }: Pick<ListQuery, 'filters'>,
  { vocabularies, names }: Pick<ListData, 'vocabularies' | 'names'>,
): Condition[] {
  const { asked, punctuation } = page.messages
  // In the order of the address.
  const order = Object.keys(page.query)
  const given = Object.entries(filters).sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
  return given.flatMap(([name, values]): Condition[] => {
    // A month or a year from its first to its last day is one condition.
    const stem = name.replace(/(?:From|To)$/, '')
    const raw = String(page.query[name] ?? '')
    const isWhole =
      stem !== name && raw.length < 10 && raw === page.query[`${stem}From`] && raw === page.query[`${stem}To`]
    if (isWhole && name.endsWith('To')) return []
    // Dates are shown as they were written: the filter has the first or last day of a month.
    const shown = filtersOf(kind)[name]?.by === 'range' ? [raw] : values
    const key = isWhole ? `${stem}In` : name
    const plain = shown.map((value) => shortened(nameOf(name, value, isWhole), 80)).join(punctuation.list)
    const message = Object.hasOwn(asked, key)
      ? asked[key as keyof typeof asked]
      : `${filterWord(page, name).replaceAll(/[{}]/g, '')}${punctuation.colon}{value}`
    const names = isWhole ? [`${stem}From`, `${stem}To`] : [name]
    const words = fill(message, { value: foreign(plain, null, page.language) })
    return [{ names, words, plain: message.replace('{value}', () => plain) }]
  })

  function nameOf(name: string, value: string, isWhole: boolean): string {
    const topic = vocabularies.topic.find(({ slug }) => slug === value)
    const known = names.get(topic?.id ?? value)
    if (known) return known.text
    const filter = filtersOf(kind)[name]
    if (filter?.by === 'range' || DATE_PARAMETER.test(name))
      return dateInWords(page.language, value, name.endsWith('From') && !isWhole ? 'genitive' : 'nominative')
    if (value === 'true') return page.messages.list.yes
    if (value === 'false') return page.messages.list.no
    if (name === 'recordKind') return kindWord(page, value)
    if (name === 'language') return languageName(page, value)
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
  'csl.json': 'CSL-JSON',
  ris: 'RIS',
  bib: 'BibTeX',
}

/** Links to exactly this list as data. */
export function exports(page: Page, kind: Listable, query: Page['query']): Html {
  const formats = ['json', 'csv', 'ndjson', ...(kind.formats ?? [])]
  return join(
    formats.map(
      (format) => html`<a href="${dataHref(page, kind, query, format)}">${FORMAT_NAMES[format]}</a>`,
    ),
    ' · ',
  )
}

function dataHref(page: Page, kind: Listable, query: Page['query'], format: string): string {
  const data = { ...page, clocks: clocksOf(kind, page.clocks) }
  const { asOf: _, knownAt: __, limit: ___, count: ____, ...rest } = query
  // With a byte order mark Excel reads CSV as UTF-8.
  const mark = format === 'csv' ? { bom: 'true' } : {}
  return apiHref(data, `/${kind.path}${format === 'json' ? '' : `.${format}`}`, { ...rest, ...mark })
}

/** The feed of the list, by which readers of feeds find it. */
const feedLink = (page: Page, kind: Listable, query: Page['query']): Html | null =>
  kind.formats?.includes('atom')
    ? html`<link rel="alternate" type="application/atom+xml" href="${dataHref(page, kind, query, 'atom')}">`
    : null
