// The form above a list: the most useful filters of its kind, and the order.
import { z } from 'zod'
import type { ReadContext } from '../records/read/context.ts'
import { listPage } from '../records/read/page.ts'
import { filtersOf, type Listable, listQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Filter } from '../records/schema/filters.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { hiddenFields } from './clocks.ts'
import { DATE_PARAMETER } from './date-input.ts'
import { dateInWords } from './dates.ts'
import { type Html, html } from './html.ts'
import { fill } from './languages.ts'
import { byName } from './names.ts'
import { type Clocks, href, type Page } from './page.ts'
import { fieldWord, filterWord, valueWord } from './words.ts'

/** The filters of the form, by kind. Others stay in the address. */
const FILTERS: Record<Kind, readonly string[]> = {
  meeting: ['q', 'country', 'topic', 'classification', 'status', 'dateFrom', 'dateTo'],
  proposal: ['q', 'state', 'topic', 'status', 'proposedFrom', 'proposedTo'],
  agreement: ['q', 'kind', 'status', 'topic', 'signedBy', 'sinceFrom', 'sinceTo'],
  statement: ['q', 'state', 'topic', 'kind', 'saidFrom', 'saidTo'],
  speaker: ['name', 'state'],
  organization: ['q', 'country', 'classification'],
  state: ['name', 'membership'],
  topic: ['q', 'broader'],
  source: ['q', 'classification', 'language', 'publishedFrom', 'publishedTo', 'standing'],
  event: ['type', 'state', 'topic', 'occurredFrom', 'occurredTo'],
  position: ['position', 'state', 'statedFrom', 'statedTo'],
  membership: ['role', 'state', 'startFrom', 'startTo'],
  relation: ['type'],
  evidence: ['q', 'motivation', 'assertion', 'direction'],
}

/** How many controls are shown at once; the others are behind a disclosure. */
const FIRST = 4

/** The records to choose from. */
export interface Vocabularies {
  state: readonly Doc[]
  topic: readonly Doc[]
  organization?: readonly Doc[]
}

/** More than these are typed, not chosen. */
const MAX_OPTIONS = 100

/** Reads the vocabularies that the form of a kind offers. */
export async function readVocabularies(
  context: ReadContext,
  kind: Listable,
  { knownAt }: Clocks,
): Promise<Vocabularies> {
  const read = async (name: 'state' | 'topic') => {
    const filters = filtersOf(kind)
    if (!FILTERS[kind.kind].some((filter) => kindOf(filters[filter]) === name)) return []
    const resource = context.catalogue.resource(name)
    const query = { ...listQuery(resource, {}, { asOf: null, knownAt }), limit: MAX_OPTIONS }
    const { rows, nextCursor } = await listPage(context, resource, query)
    return nextCursor === null ? rows.map(parse) : []
  }
  return { state: await read('state'), topic: await read('topic') }
}

/** Whether the form of a kind has a field for a parameter. */
export const isOnForm = (kind: Listable, name: string): boolean =>
  FILTERS[kind.kind].includes(name) && filtersOf(kind)[name] !== undefined

/** What is wrong with the value of a field. */
export interface FieldFault {
  parameter: string
  words: Html
}

const kindOf = (filter: Filter | undefined): Kind | undefined =>
  filter && 'kind' in filter ? filter.kind : undefined

export function listForm(
  page: Page,
  kind: Listable,
  vocabularies: Vocabularies,
  path: string,
  faults: readonly FieldFault[],
): Html {
  const { list } = page.messages
  const filters = filtersOf(kind)
  const names = FILTERS[kind.kind].filter((name) => filters[name])
  const controls = names.flatMap((name) => {
    const filter = filters[name]
    const fault = faults.find(({ parameter }) => parameter === name)?.words ?? null
    return filter ? [control(page, name, filter, vocabularies, fault)] : []
  })
  const { cursor: _, facet: __, sort, ...rest } = page.query
  const dropped = [...names, ...faults.map(({ parameter }) => parameter)]
  const kept = Object.fromEntries(Object.entries(rest).filter(([name]) => !dropped.includes(name)))
  const action = href({ ...page, clocks: { asOf: null, knownAt: null } }, path)
  const order = html`<p><label for="sort">${list.sort}</label><select id="sort" name="sort">${sortOptions(page, kind, String(sort ?? kind.defaultSort))}</select></p>`
  const isUsed = [...names.slice(FIRST), 'sort'].some((name) => page.query[name] !== undefined)
  return html`<form class="filters" action="${action}" aria-label="${list.filter}">${controls.slice(0, FIRST)}<p><button>${list.apply}</button></p><details${isUsed && html` open`}><summary>${list.moreFilters}</summary><div class="controls">${controls.slice(FIRST)}${order}</div></details>${hiddenFields(kept)}</form>`
}

function sortOptions(page: Page, { sorts, defaultSort }: Listable, chosen: string): Html[] {
  const { list } = page.messages
  const values = [...new Set([defaultSort, ...sorts.flatMap((name) => [name, `-${name}`]), chosen])]
  return values.map((value) => {
    const field = fieldWord(page, value.replace(/^-/, ''))
    const words = fill(value.startsWith('-') ? list.descending : list.ascending, { field })
    return option(value === defaultSort ? '' : value, words, value === chosen)
  })
}

const option = (value: string, words: Html | string, selected: boolean): Html =>
  html`<option value="${value}"${selected && html` selected`}>${words}</option>`

export function control(
  page: Page,
  name: string,
  filter: Filter,
  vocabularies: Vocabularies,
  fault: Html | null = null,
): Html {
  const given = String(page.query[name] ?? '')
  const choices = choicesOf(page, filter, vocabularies)
  const label = html`<label for="f-${name}">${filterWord(page, name)}</label>`
  const state = fault && html` aria-invalid="true" aria-describedby="fault-${name}"`
  const message = fault && html`<span class="fault" id="fault-${name}">${fault}</span>`
  if (choices.length === 0) {
    const isDate = DATE_PARAMETER.test(name)
    const value = isDate && fault === null ? dateInWords(page.language, given) : given
    const hint = isDate && html` placeholder="${dateInWords(page.language, '2022-08-24')}"`
    return html`<p>${label}${message}<input id="f-${name}" name="${name}" value="${value}"${hint}${state}></p>`
  }
  const value = choices.find(([choice]) => choice.toLowerCase() === given.toLowerCase())?.[0] ?? given
  const known = choices.some(([choice]) => choice === value)
  return html`<p>${label}${message}<select id="f-${name}" name="${name}"${state}><option value="">${page.messages.list.any}</option>${choices.map(([choice, words]) => option(choice, words, choice === value))}${value !== '' && !known && option(value, page.names.get(value)?.text ?? value, true)}</select></p>`
}

/** The values of a filter with their words; none if any value can be typed. */
function choicesOf(page: Page, filter: Filter, vocabularies: Vocabularies): [string, string][] {
  const kind = kindOf(filter)
  const docs =
    kind === 'state' || kind === 'topic' || kind === 'organization' ? vocabularies[kind] : undefined
  if (docs)
    return byName(page, docs, ({ id }) => id).map((doc) => [
      String(doc['slug'] ?? doc.id),
      page.names.get(doc.id)?.text ?? doc.id,
    ])
  const value = 'value' in filter ? filter.value : undefined
  return value instanceof z.ZodEnum
    ? value.options.map((each) => [String(each), valueWord(page, String(each))])
    : []
}
