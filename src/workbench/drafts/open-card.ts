// An open card: what would become of it, its form, and its quotes.

import { Problem } from '../../core/problems.ts'
import type { Outcome } from '../../features/reports/write.ts'
import type { ReadContext } from '../../records/read/context.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import { placesOf, valueAt } from '../../records/schema/values.ts'
import { type Html, html, join } from '../../web/html.ts'
import { fill, formatNumber } from '../../web/languages.ts'
import { namesIn } from '../../web/names.ts'
import { href, linkTo } from '../../web/page.ts'
import { showValue } from '../../web/values.ts'
import { type FieldError, hiddenField, selectField } from '../controls.ts'
import { eventTypeControl } from '../forms/event-types.ts'
import { pointerText } from '../forms/evidence-controls.ts'
import { flawErrors, problemErrors } from '../forms/faults.ts'
import { nodeAt } from '../forms/fields.ts'
import { dateWriter } from '../forms/form-page.ts'
import { control, type FormView, formControls, nameOf } from '../forms/render.ts'
import type { Visit } from '../visit.ts'
import { quoteId } from './anchors.ts'
import {
  aboutOf,
  fieldsOfCard,
  nodeOfCard,
  optionsOfCard,
  QUOTES,
  rareFields,
  readCard,
} from './card-form.ts'
import type { CardState } from './check.ts'
import { type Card, type DraftContent, languageOf, SOURCE_KEY } from './model.ts'
import { kindOf } from './prefill.ts'
import { seenOf } from './seen.ts'
import type { Draft } from './store.ts'

/** What the form of a card depends on. */
export async function readCardView(
  context: ReadContext,
  visit: Visit,
  draft: DraftContent,
  card: Card,
  shown: { fields?: Map<string, string>; errors?: readonly FieldError[]; state: CardState | undefined },
): Promise<FormView> {
  const { catalogue } = context
  const { words, page } = visit
  const fields = shown.fields ?? fieldsOfCard(catalogue, draft, card, dateWriter(page))
  const node = nodeOfCard(catalogue, draft, { ...card, of: fields.get('of') || card.of }, fields)
  const options = await optionsOfCard(context, draft, card, { node, fields }, page.language)
  const mentioned = [card.id, card.of, ...idsOfState(shown.state)]
  const more = await namesIn(context, mentioned as Json, { asOf: null, seq: null }, page.language)
  const named = { ...page, names: new Map([...options.names, ...more]) }
  const { flaws } = readCard(catalogue, draft, card, fields)
  const faults = { page: named, words, node }
  const errors =
    flaws.length > 0 ? flawErrors(faults, flaws) : shown.state ? checkErrors(faults, card, shown.state) : []
  const owner = card.of === null ? null : kindOf(draft, card.of)
  return {
    page: named,
    words,
    kind: card.kind,
    node,
    fields,
    flaws,
    errors: [...(shown.errors ?? []), ...errors],
    options,
    rare: { keys: rareFields(card, node, fields), label: words.drafts.work.moreFields },
    special: {
      [QUOTES]: (view) => quotesHtml(view, draft, card),
      ...(card.kind === 'event' &&
        owner !== null && {
          type: (view: FormView, name: string) =>
            eventTypeControl(view, name, catalogue.entity(owner), siblingsOf(draft, card)),
        }),
    },
  }
}

/** The ids of the records that a state mentions. */
function idsOfState(state: CardState | undefined): Json[] {
  if (state?.is === 'faulty') return state.candidates.map(({ id }) => id)
  if (state?.is !== 'written') return []
  const { id, differences } = state.outcome
  const similar = 'similar' in state.outcome ? state.outcome.similar : []
  return [id, ...similar, ...differences.flatMap(({ record, report }) => [record, report])]
}

/** The other events of the record of an event that the draft has. */
const siblingsOf = (draft: DraftContent, { key, of }: Card): Doc[] =>
  draft.cards
    .filter((other) => other.kind === 'event' && other.of === of && other.key !== key)
    .map((other) => ({ ...other.fields, id: other.key }) as unknown as Doc)

/** The faults that the check found, each at its field. */
function checkErrors(
  faults: Parameters<typeof problemErrors>[0],
  card: Card,
  state: CardState,
): FieldError[] {
  if (state.is !== 'faulty' || state.candidates.length > 0) return []
  return state.faults.flatMap(({ pointer, quote, detail }): FieldError[] => {
    const at = quote === null ? pointer : `/${QUOTES}/${quote}${pointer}`
    const isMissing = state.code === 'invalid-body' && isBlankAt(card, quote, pointer)
    const name = at.slice(1).replaceAll('/', '.')
    if (isMissing && nodeAt(faults.node, name)) return flawErrors(faults, [{ name, is: 'missing' }])
    return problemErrors(faults, new Problem('inconsistent', detail, { errors: [{ pointer: at, detail }] }))
  })
}

function isBlankAt(card: Card, quote: number | null, pointer: string): boolean {
  const fields = quote === null ? card.fields : (card.quotes[quote]?.fields ?? {})
  return (valueAt(fields, pointer) ?? null) === null
}

/** The form of an open card. */
export function openCard(visit: Visit, draft: Draft, card: Card, state: CardState, view: FormView): Html {
  const { page, words } = visit
  const { work } = words.drafts
  const path = `/edit/drafts/${draft.id}`
  // The first button is the one that the Enter key presses.
  return html`<form method="post" action="${href(page, `${path}/cards/${card.key}`)}" id="form" class="record" novalidate tabindex="-1"><button class="hidden" name="do" value="save" tabindex="-1" aria-hidden="true">${work.saveCard}</button>${hiddenField('seen', seenOf(card))}${questions(view, card, state)}${formControls(view)}<p><button name="do" value="save">${work.saveCard}</button> ${
    card.key !== SOURCE_KEY && html`<button class="quiet" name="do" value="drop">${work.removeCard}</button> `
  }<a href="${href(page, path)}">${work.close}</a></p></form>`
}

const list = (items: readonly Html[]) => html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`

/** What would become of a card that can be written. */
export function outcomeHtml(view: FormView, card: Card, state: CardState): Html | null {
  if (state.is !== 'written' || state.outcome.outcome === 'created') return null
  const { page, words } = view
  const { work } = words.drafts
  const { id, filled, differences } = state.outcome
  const { similar = [] } = state.outcome as Partial<Outcome>
  const about = page.catalogue.entity(card.kind)
  const field = (pointer: string) => pointerText(view, pointer)
  const value = (pointer: string, inner: unknown) => {
    const schema = placesOf(about).get(pointer)
    const key = pointer.split('/').at(-1) ?? ''
    return (schema && showValue(page, schema, inner as Json, key, { brief: true })) ?? String(inner)
  }
  const isPart = !page.catalogue.findResource(card.kind)
  return html`${
    card.id === null &&
    !isPart &&
    html`<p>${fill(work.matchedAs, { record: linkTo(page, `/${about.path}/${id}`, nameOf(page, id)) })}</p>`
  }${filled.length > 0 && html`<p>${fill(work.filled, { fields: join(filled.map(field), ', ') })}</p>`}${
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
  }${
    similar.length > 0 &&
    html`<p>${fill(work.similarRecords, {
      records: join(
        similar.map((each) => linkTo(page, `/${about.path}/${each}`, nameOf(page, each))),
        ', ',
      ),
    })}</p>`
  }`
}

/** Which stored record a card is about: the candidates with buttons, or the one that was chosen. */
function questions(view: FormView, card: Card, state: CardState): Html | null {
  const { page, words } = view
  const { work } = words.drafts
  const { path } = page.catalogue.entity(card.kind)
  const link = (id: string) => linkTo(page, `/${path}/${id}`, nameOf(page, id))
  if (card.id !== null && card.key !== SOURCE_KEY)
    return html`<p>${fill(work.chosen, { record: link(card.id) })} <button class="quiet" name="do" value="detach">${work.detach}</button></p>`
  if (state.is !== 'faulty' || state.candidates.length === 0) return null
  const ids = state.candidates.map(({ id }) => id)
  return html`<div class="notice" id="candidates"><p>${work.candidates}</p>${list(
    ids.map(
      (id) =>
        html`${link(id)} <button class="quiet" name="do" value="${`same ${id}`}">${work.isThis}</button>`,
    ),
  )}<p><button class="quiet" name="do" value="${`other ${ids.join(' ')}`}">${work.isOther}</button></p></div>`
}

/** The quotes of a card, each with what it is quoted for. */
function quotesHtml(view: FormView, draft: DraftContent, card: Card): Html {
  const { page, words, fields, errors } = view
  const { work } = words.drafts
  const about = aboutOf(page.catalogue, draft, card)
  const items = card.quotes.map(({ exact, start, end }, index) => {
    const name = `${QUOTES}.${index}`
    const group = nodeAt(view.node, name)
    const members = group?.is === 'group' ? Object.entries(group.members) : []
    const controls = members.map(([key, member]) =>
      key === 'field' && about
        ? fieldChoice(view, `${name}.field`, [...placesOf(about).keys()])
        : control(view, member, `${name}.${key}`),
    )
    const isOpen = errors.some((error) => error.name.startsWith(`${name}.`))
    const pointer = fields.get(`${name}.field`) ?? ''
    return html`<li><blockquote lang="${languageOf(draft)}" dir="auto">${exact}</blockquote><p><a href="#${quoteId(card.key, index)}">${work.inText}</a> <small>${pointerText(view, pointer)} · ${fill(work.offsets, { start: formatNumber(page.language, start), end: formatNumber(page.language, end) })}</small></p><details${isOpen && html` open`}><summary>${work.quoteFields}</summary>${controls}</details><p><button class="quiet" name="do" value="${`unquote ${index}`}">${fill(work.removeQuote, { n: String(index + 1) })}</button></p></li>`
  })
  return html`<fieldset><legend>${work.quotes}</legend>${
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
