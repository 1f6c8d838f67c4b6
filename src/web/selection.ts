// What an overview shows: records about a body, a state, a person or a topic, in a period. As parameters, filters, words and a form.
import type { z } from 'zod'
import type { ReadContext } from '../records/read/context.ts'
import { listPage } from '../records/read/page.ts'
import {
  asOfParameter,
  filterParameters,
  filtersOf,
  knownAtParameter,
  type Listable,
  listQuery,
} from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { hiddenFields } from './clocks.ts'
import { type Html, html } from './html.ts'
import { conditionLinks, conditionsOf, questionOf } from './list.ts'
import { control, readVocabularies, type Vocabularies } from './list-form.ts'
import { type Clocks, href, NOW, type Page } from './page.ts'

/** What all shown records have to do with: filters that their lists share, by name. */
export const SUBJECTS = ['organization', 'state', 'speaker', 'topic'] as const

export type Subject = (typeof SUBJECTS)[number]

const BOUNDS = ['dateFrom', 'dateTo'] as const

const NAMES: readonly string[] = [...SUBJECTS, ...BOUNDS]

/** The parameters that select records. The period is in days. */
export type Selection = Partial<Record<Subject, string[]> & Record<(typeof BOUNDS)[number], string>>

/** The kinds with a date: its field, and the filters of their lists for a period. */
export const DATED = {
  meeting: { field: 'startDate', dateFrom: 'dateFrom', dateTo: 'dateTo' },
  event: { field: 'occurredOn', dateFrom: 'occurredFrom', dateTo: 'occurredTo' },
  proposal: { field: 'proposedOn', dateFrom: 'proposedFrom', dateTo: 'proposedTo' },
  agreement: { field: 'statusSince', dateFrom: 'sinceFrom', dateTo: 'sinceTo' },
  statement: { field: 'date', dateFrom: 'saidFrom', dateTo: 'saidTo' },
  position: { field: 'statedOn', dateFrom: 'statedFrom', dateTo: 'statedTo' },
  membership: { field: 'startDate', dateFrom: 'startFrom', dateTo: 'startTo' },
} as const satisfies Partial<Record<Kind, { field: string; dateFrom: string; dateTo: string }>>

export type DatedKind = keyof typeof DATED

export const DATED_KINDS = Object.keys(DATED) as [DatedKind, ...DatedKind[]]

/** Its lists have all filters of a selection, by the same names. */
const carrierOf = (catalogue: Catalogue) => catalogue.resource('meeting')

/** The parameters of a selection and of the two clocks. */
export function selectionParameters(catalogue: Catalogue): Record<string, z.ZodType> {
  const filters = Object.entries(filterParameters(carrierOf(catalogue)))
  return {
    ...Object.fromEntries(filters.filter(([name]) => NAMES.includes(name))),
    asOf: asOfParameter.optional(),
    knownAt: knownAtParameter.optional(),
  }
}

/** The filters of the list of a kind for a selection; null if its list has none for a part of it. */
export function filtersFor(
  catalogue: Catalogue,
  kind: DatedKind,
  selection: Selection,
): Record<string, string[]> | null {
  const filters: Record<string, string[]> = {}
  for (const subject of SUBJECTS) {
    const values = selection[subject]
    if (!values) continue
    const filter = kind === 'membership' && subject === 'speaker' ? 'holder' : subject
    if (!filtersOf(catalogue.entity(kind) as Listable)[filter]) return null
    filters[filter] = values
  }
  const { dateFrom, dateTo } = selection
  if (dateFrom !== undefined) filters[DATED[kind].dateFrom] = [dateFrom]
  if (dateTo !== undefined) filters[DATED[kind].dateTo] = [dateTo]
  return filters
}

/** The values to choose from. */
export interface Choices extends Vocabularies {
  organization: readonly Doc[]
}

/** The types of organizations that can be chosen. Others, such as ministries, stay in the address. */
const BODIES = [
  'intergovernmental-organization',
  'organ',
  'permanent-body',
  'working-group',
  'associated-body',
  'predecessor',
]

const MAX_BODIES = 100

export async function readChoices(context: ReadContext, { knownAt }: Clocks): Promise<Choices> {
  const bodies = context.catalogue.resource('organization')
  const clocks = { asOf: null, knownAt }
  const query = { ...listQuery(bodies, { classification: BODIES }, clocks), limit: MAX_BODIES }
  const { rows } = await listPage(context, bodies, query)
  const vocabularies = await readVocabularies(context, context.catalogue.resource('proposal'), clocks)
  return { ...vocabularies, organization: rows.map(parse) }
}

/** The ids of records that the form and the words of a selection name. */
export const idsNamed = (choices: Choices, selection: Selection): string[] => [
  ...Object.values(choices).flatMap((docs: readonly Doc[]) => docs.map(({ id }) => id)),
  ...SUBJECTS.flatMap((subject) => selection[subject] ?? []),
]

/** A title with the selection as a phrase, and links to the page without each part of it. */
export function selectionWords(
  page: Page,
  path: string,
  title: string,
  choices: Choices,
): { heading: Html; plain: string; links: Html | null } {
  // The period as it was sent, which may be months or years.
  const filters = Object.fromEntries(
    Object.entries(page.query).flatMap(([name, value]) =>
      NAMES.includes(name) ? [[name, String(value).split(',')]] : [],
    ),
  )
  const data = { vocabularies: choices, names: page.names }
  const conditions = conditionsOf(page, carrierOf(page.catalogue), { filters }, data)
  const phrase = (parts: (Html | string)[]) => questionOf(page, title, parts)
  return {
    heading: phrase(conditions.map(({ words }) => html`<span class="condition">${words}</span>`)),
    plain: phrase(conditions.map(({ plain }) => plain)).text,
    links: conditionLinks(page, path, conditions),
  }
}

/** The form of an overview. @param others further controls, by the parameter that each sets */
export function selectionForm(
  page: Page,
  path: string,
  choices: Choices,
  others: Readonly<Record<string, Html>> = {},
): Html {
  const { list } = page.messages
  const filters = filtersOf(carrierOf(page.catalogue))
  const names = ['organization', 'state', 'topic', ...BOUNDS]
  const controls = names.flatMap((name) => {
    const filter = filters[name]
    return filter ? [control(page, name, filter, choices)] : []
  })
  const set = ['cursor', ...names, ...Object.keys(others)]
  const kept = Object.fromEntries(Object.entries(page.query).filter(([name]) => !set.includes(name)))
  const action = href({ ...page, clocks: NOW }, path)
  return html`<form class="filters" action="${action}" aria-label="${list.filter}">${Object.values(others)}${controls}<p><button>${list.apply}</button></p>${hiddenFields(kept)}</form>`
}

/** @param choices values with their words; the chosen one is that of the address, or else the first */
export function selectControl(
  page: Page,
  name: string,
  label: string,
  choices: readonly (readonly [value: string, words: string])[],
): Html {
  const value = String(page.query[name] ?? '')
  const options = choices.map(
    ([choice, words]) =>
      html`<option value="${choice}"${choice === value && html` selected`}>${words}</option>`,
  )
  return html`<p><label for="f-${name}">${label}</label><select id="f-${name}" name="${name}">${options}</select></p>`
}
