// An open card: what would become of it, its form, and its quotes.
import { Problem } from '../../core/problems.ts'
import type { Outcome } from '../../features/reports/write.ts'
import type { ReadContext } from '../../records/read/context.ts'
import { childrenOf, findRecord, parse } from '../../records/read/record.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import type { Entity } from '../../records/schema/resource.ts'
import { placesOf, valueAt } from '../../records/schema/values.ts'
import { type Filling, fillRecord } from '../../records/write/fill.ts'
import { type Html, html, join } from '../../web/html.ts'
import { fill, formatNumber } from '../../web/languages.ts'
import { namesIn } from '../../web/names.ts'
import { href, linkTo, type Page } from '../../web/page.ts'
import { showValue } from '../../web/values.ts'
import { type FieldError, idOf, selectField } from '../controls.ts'
import { eventTypeControl } from '../forms/event-types.ts'
import { pointerText } from '../forms/evidence-controls.ts'
import { type FaultContext, flawErrors, problemErrors } from '../forms/faults.ts'
import { type Fields, isBlank, nodeAt } from '../forms/fields.ts'
import { dateWriter } from '../forms/form-page.ts'
import type { Node } from '../forms/nodes.ts'
import { control, type FormView, faultOf, formControls, nameOf } from '../forms/render.ts'
import type { Visit } from '../visit.ts'
import { aboutQuoteId, keptQuery, quoteId } from './anchors.ts'
import {
  aboutOf,
  fieldsOfCard,
  nodeOfCard,
  optionsOfCard,
  QUOTES,
  rareFields,
  readCard,
} from './card-form.ts'
import type { CardState, DraftCheck } from './check.ts'
import { type Card, type DraftContent, languageOf, SOURCE_KEY } from './model.ts'
import { kindOf } from './prefill.ts'
import { seenFields } from './seen.ts'
import type { Draft } from './store.ts'

/** What the form of a card depends on, and what it would add to each record that it may describe. */
export type CardView = FormView & { fillings: ReadonlyMap<string, Filling> }

export async function readCardView(
  context: ReadContext,
  visit: Visit,
  draft: DraftContent,
  card: Card,
  shown: { fields?: Map<string, string>; states?: DraftCheck['states'] },
): Promise<CardView> {
  const { catalogue } = context
  const { words, page } = visit
  const state = shown.states?.get(card.key)
  const fields = shown.fields ?? fieldsOfCard(catalogue, draft, card, dateWriter(page))
  const node = nodeOfFields(draft, card, fields, page)
  const options = await optionsOfCard(context, draft, card, { node, fields }, page.language)
  const states: DraftCheck['states'] = shown.states ?? new Map()
  const fillings = await readFillings(context, card, states)
  const siblings = card.kind === 'event' ? await siblingsOf(context, draft, card, states) : []
  const differences = [...fillings.values()].map((filling) => filling.differences)
  const mentioned = [card.id, card.of, ...(state ? idsOfState(state) : []), differences]
  const more = await namesIn(context, mentioned as Json, { asOf: null, seq: null }, page.language)
  const named = { ...page, names: new Map([...options.names, ...more]) }
  const owner = card.of === null ? null : kindOf(draft, card.of)
  return {
    page: named,
    words,
    kind: card.kind,
    node,
    fields,
    flaws: readCard(catalogue, draft, card, fields).flaws,
    errors: errorsIn({ page: named, words, node }, draft, card, fields, state),
    options,
    rare: { keys: rareFields(card, node, fields), label: words.drafts.work.moreFields },
    special: {
      [QUOTES]: (view) => quotesHtml(view, draft, card),
      ...(card.kind === 'event' &&
        owner !== null && {
          type: (view: FormView, name: string) =>
            eventTypeControl(view, name, catalogue.entity(owner), siblings),
        }),
    },
    fillings,
  }
}

const nodeOfFields = (draft: DraftContent, card: Card, fields: Fields, { catalogue }: Page) =>
  nodeOfCard(catalogue, draft, { ...card, of: fields.get('of') || card.of }, fields)

/** What a card would add to the records that it may describe, by their ids. */
async function readFillings(
  { catalogue, reader }: ReadContext,
  { key, kind, fields }: Card,
  states: DraftCheck['states'],
): Promise<Map<string, Filling>> {
  const state = states.get(key)
  const resource = catalogue.findResource(kind)
  const fillings = new Map<string, Filling>()
  if (state?.is !== 'faulty' || !resource) return fillings
  const stored = withStoredIds(fields, states) as Record<string, Json>
  for (const { id } of state.candidates) {
    const record = await findRecord(reader, resource, id)
    if (record)
      fillings.set(id, fillRecord(resource, parse(record), stored, { titleField: resource.titleField }))
  }
  return fillings
}

/** A value in which references to cards are the ids of the stored records that these describe. */
function withStoredIds(value: Json, states: DraftCheck['states']): Json {
  if (Array.isArray(value)) return value.map((inner) => withStoredIds(inner, states))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, withStoredIds(inner, states)]),
    )
  const state = typeof value === 'string' && value.startsWith('=') ? states.get(value.slice(1)) : undefined
  return state?.is === 'written' && state.outcome.outcome !== 'created' ? state.outcome.id : value
}

/** What is wrong with a card, each fault at its field. */
export function errorsOfCard(
  { page, words }: Pick<FormView, 'page' | 'words'>,
  draft: DraftContent,
  card: Card,
  state: CardState | undefined,
): FieldError[] {
  if (card.typed === null && state?.is !== 'faulty' && state?.is !== 'loose') return []
  const fields = fieldsOfCard(page.catalogue, draft, card, dateWriter(page))
  const node = nodeOfFields(draft, card, fields, page)
  return errorsIn({ page, words, node }, draft, card, fields, state)
}

function errorsIn(
  faults: FaultContext,
  draft: DraftContent,
  card: Card,
  fields: Fields,
  state: CardState | undefined,
): FieldError[] {
  const { flaws } = readCard(faults.page.catalogue, draft, card, fields)
  if (flaws.length > 0) return flawErrors(faults, flaws)
  return state ? checkErrors(faults, card, state) : []
}

/** The ids of the records that a state mentions. */
export function idsOfState(state: CardState): Json[] {
  if (state.is === 'faulty') return state.candidates.map(({ id }) => id)
  if (state.is !== 'written') return []
  const { id, differences } = state.outcome
  const similar = 'similar' in state.outcome ? state.outcome.similar : []
  return [id, ...similar, ...differences.flatMap(({ record, report }) => [record, report])]
}

/** The other events of the record of an event: those of the draft, and those that are stored. */
async function siblingsOf(
  { catalogue, reader }: ReadContext,
  draft: DraftContent,
  { key, of }: Card,
  states: DraftCheck['states'],
): Promise<Doc[]> {
  const drafted = draft.cards.filter((other) => other.kind === 'event' && other.of === of)
  const record = withStoredIds(of, states)
  const stored =
    typeof record === 'string' && !record.startsWith('=')
      ? await childrenOf(reader, catalogue.child('event'), record)
      : []
  // Stored ones that cards describe are there once.
  const described = drafted.map((other) => withStoredIds(`=${other.key}`, states))
  return [
    ...drafted
      .filter((other) => other.key !== key)
      .map((other) => ({ ...other.fields, id: other.key }) as unknown as Doc),
    ...stored.filter(({ id }) => !described.includes(id)),
  ]
}

/** The faults that the check found, each at its field. */
function checkErrors(faults: FaultContext, card: Card, state: CardState): FieldError[] {
  const { forms, drafts } = faults.words
  if (state.is === 'loose') return [{ name: 'of', message: drafts.work.states.loose }]
  if (state.is !== 'faulty') return []
  if (state.candidates.length > 0) return [{ name: CANDIDATES, message: forms.problems.candidates }]
  return state.faults.flatMap(({ pointer, quote, detail }): FieldError[] => {
    const at = quote === null ? pointer : `/${QUOTES}/${quote}${pointer}`
    const isMissing = state.code === 'invalid-body' && isBlankAt(card, quote, pointer)
    const name = at.slice(1).replaceAll('/', '.')
    if (isMissing && nodeAt(faults.node, name)) return flawErrors(faults, [{ name, is: 'missing' }])
    return problemErrors(faults, new Problem('inconsistent', detail, { errors: [{ pointer: at, detail }] }))
  })
}

/** The id of the question which stored record a card describes. */
const CANDIDATES = 'candidates'

function isBlankAt(card: Card, quote: number | null, pointer: string): boolean {
  const fields = quote === null ? card.fields : (card.quotes[quote]?.fields ?? {})
  return (valueAt(fields, pointer) ?? null) === null
}

/** The form of an open card. */
export function openCard(visit: Visit, draft: Draft, card: Card, state: CardState, view: CardView): Html {
  const { page, words } = visit
  const { work } = words.drafts
  const path = `/edit/drafts/${draft.id}`
  // The first button is the one that the Enter key presses.
  return html`<form method="post" action="${href(page, `${path}/cards/${card.key}`, keptQuery(page))}" id="form" class="record" novalidate tabindex="-1"><button class="hidden" name="do" value="save" tabindex="-1" aria-hidden="true">${work.saveCard}</button>${seenFields(page, page.catalogue, draft.content, card)}${questions(view, draft, card, state)}${formControls(view)}<p><button name="do" value="save">${work.saveCard}</button> ${
    card.key !== SOURCE_KEY && html`<button class="quiet" name="do" value="drop">${work.removeCard}</button> `
  }<a href="${href(page, path, keptQuery(page))}">${work.close}</a></p></form>`
}

const list = (items: readonly Html[]) => html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`

/** What would become of a card that can be written. */
export function outcomeHtml(
  view: Pick<FormView, 'page' | 'words'>,
  card: Card,
  state: CardState,
): Html | null {
  if (state.is !== 'written' || state.outcome.outcome === 'created') return null
  const { page, words } = view
  const { work } = words.drafts
  const { id } = state.outcome
  const { similar = [] } = state.outcome as Partial<Outcome>
  const about = page.catalogue.entity(card.kind)
  const isPart = !page.catalogue.findResource(card.kind)
  return html`${
    card.id === null &&
    !isPart &&
    html`<p>${fill(work.matchedAs, { record: linkTo(page, `/${about.path}/${id}`, nameOf(page, id)) })}</p>`
  }${fillingHtml(view, about, state.outcome)}${
    similar.length > 0 &&
    html`<p>${fill(work.similarRecords, {
      records: join(
        similar.map((each) => linkTo(page, `/${about.path}/${each}`, nameOf(page, each))),
        ', ',
      ),
    })}</p>`
  }`
}

/** What a card adds to a record, and where the two differ. */
function fillingHtml(
  { page, words }: Pick<FormView, 'page' | 'words'>,
  about: Entity,
  { filled, differences }: Pick<Filling, 'filled' | 'differences'>,
): Html {
  const { work } = words.drafts
  const field = (pointer: string) => pointerText({ page, words }, pointer)
  const value = (pointer: string, inner: Json) => {
    const schema = placesOf(about).get(pointer)
    const key = pointer.split('/').at(-1) ?? ''
    return (schema && showValue(page, schema, inner, key, { brief: true })) ?? String(inner)
  }
  return html`${filled.length > 0 && html`<p>${fill(work.filled, { fields: join(filled.map(field), ', ') })}</p>`}${
    differences.length > 0 &&
    html`<p>${work.differences}</p>${list(
      differences.map(({ field: pointer, record, report }) =>
        fill(work.difference, {
          field: field(pointer),
          record: value(pointer, record),
          card: value(pointer, report),
        }),
      ),
    )}`
  }`
}

/** Which stored record a card is about: the candidates with buttons, or the one that was chosen. */
function questions(view: CardView, { id: draft }: Draft, card: Card, state: CardState): Html {
  const { page, words } = view
  const { work } = words.drafts
  const about = page.catalogue.entity(card.kind)
  const isSource = card.key === SOURCE_KEY
  const link = (id: string) => linkTo(page, `/${about.path}/${id}`, nameOf(page, id))
  const candidates = state.is === 'faulty' ? state.candidates.map(({ id }) => id) : []
  const isThis = (id: string) =>
    html` <button class="quiet" name="do" value="${`same ${id}`}">${work.isThis}</button>`
  return html`<div id="questions" data-live>${
    card.id !== null &&
    !isSource &&
    html`<p>${fill(work.chosen, { record: link(card.id) })} <button class="quiet" name="do" value="detach">${work.detach}</button></p>`
  }${
    candidates.length > 0 &&
    html`<div class="notice" id="${CANDIDATES}" tabindex="-1"><p>${work.candidates}</p>${list(
      candidates.map((id) => {
        const filling = view.fillings.get(id)
        return html`${link(id)}${!isSource && isThis(id)}${filling && fillingHtml(view, about, filling)}`
      }),
    )}<p><button class="quiet" name="do" value="${`other ${candidates.join(' ')}`}">${work.isOther}</button>${
      isSource && html` <a href="${href(page, `/edit/drafts/${draft}/source`)}">${work.relate}</a>`
    }</p></div>`
  }</div>`
}

/** The fields that few quotes have. They are shown on request as long as they are empty. */
const RARE_OF_QUOTE = ['direction', 'locator', 'translation']

/** The quotes of a card, each with what it is quoted for. */
function quotesHtml(view: FormView, draft: DraftContent, card: Card): Html {
  const { page, words, fields, errors } = view
  const { work } = words.drafts
  // Quotes of a source are rare.
  if (card.key === SOURCE_KEY && card.quotes.length === 0) return html``
  const about = aboutOf(page.catalogue, draft, card)
  const items = card.quotes.map(({ exact, start, end }, index) => {
    const name = `${QUOTES}.${index}`
    const group = nodeAt(view.node, name)
    const members = group?.is === 'group' ? Object.entries(group.members) : []
    const id = aboutQuoteId(card.key, index)
    const show = ([key, member]: [string, Node]) =>
      key === 'field' && about
        ? fieldChoice(view, `${name}.field`, [...placesOf(about).keys()])
        : key === 'value'
          ? html`<div id="${id}-value" data-value>${control(view, member, `${name}.value`)}</div>`
          : control(view, member, `${name}.${key}`)
    const rare = members.filter(([key]) => RARE_OF_QUOTE.includes(key))
    const isUsed = rare.some(
      ([key, member]) =>
        !isBlank(member, fields, `${name}.${key}`) ||
        errors.some((error) => error.name.startsWith(`${name}.${key}`)),
    )
    const controls = html`${members.filter((each) => !rare.includes(each)).map(show)}<details class="rare" id="${id}-rare"${isUsed && html` open`}><summary>${work.moreFields}</summary>${rare.map(show)}</details>`
    const isOpen = errors.some((error) => error.name.startsWith(`${name}.`))
    const pointer = fields.get(`${name}.field`) ?? ''
    return html`<li id="${idOf(name)}" tabindex="-1">${faultOf(view, name)}<blockquote lang="${languageOf(draft)}" dir="auto">${exact}</blockquote><p><a href="#${quoteId(card.key, index)}">${work.inText}</a> <small>${pointerText(view, pointer)} · ${fill(work.offsets, { start: formatNumber(page.language, start), end: formatNumber(page.language, end) })}</small></p><details id="${id}"${isOpen && html` open`}><summary>${work.quoteFields}</summary>${controls}</details><p><button class="quiet" name="do" value="${`unquote ${index}`}">${fill(work.removeQuote, { n: String(index + 1) })}</button></p></li>`
  })
  return html`<fieldset id="${QUOTES}" tabindex="-1"><legend>${work.quotes}</legend>${faultOf(view, QUOTES)}${
    items.length > 0 ? html`<ol class="quotes">${items}</ol>` : html`<p class="muted">${work.noQuotes}</p>`
  }</fieldset>`
}

function fieldChoice(view: FormView, name: string, pointers: readonly string[]): Html {
  const { page, words, fields, errors } = view
  return selectField({
    name,
    label: words.forms.fields['field'] ?? page.messages.fields['field'],
    value: fields.get(name) ?? '',
    errors,
    options: ['', ...pointers].map((pointer) => ({ value: pointer, label: pointerText(view, pointer) })),
  })
}
