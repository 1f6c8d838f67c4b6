// The page on which a report is written: the text with its quotes, and beside it the cards.
import type { FastifyReply } from 'fastify'
import type { Candidate as Place } from '../../core/quotes.ts'
import type { ReadContext } from '../../records/read/context.ts'
import type { Json } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { READER_STYLES_PATH } from '../../web/assets.ts'
import { type Coverage, coverageOf } from '../../web/coverage.ts'
import { type Content, type Html, html, join, plainText } from '../../web/html.ts'
import { fill, foreign, formatNumber, plural } from '../../web/languages.ts'
import { cut, lanesOf, type Range, unitsOf } from '../../web/marks.ts'
import { type Names, namesIn } from '../../web/names.ts'
import { href, type Page } from '../../web/page.ts'
import { capital, kindWord } from '../../web/words.ts'
import { type FieldError, hiddenField, idOf, radioField, textArea } from '../controls.ts'
import { languageList, nameOf } from '../forms/render.ts'
import { sendWorkbench } from '../respond.ts'
import { authorOf, type Visit, type WorkbenchDeps } from '../visit.ts'
import { cardHref, cardId, keptQuery, quoteId } from './anchors.ts'
import { cardNames } from './card-form.ts'
import { type CardState, checkDraft, type DraftCheck } from './check.ts'
import {
  type Card,
  cardKinds,
  cardsOf,
  cardWith,
  type DraftContent,
  languageOf,
  SOURCE_KEY,
  titleOfCard,
} from './model.ts'
import { type CardView, errorsOfCard, idsOfState, openCard, outcomeHtml, readCardView } from './open-card.ts'
import type { Draft } from './store.ts'

/** What was entered to mark words, and was not clear. */
export interface Marking {
  words: string
  /** A kind, or `=key` of a card. */
  as: string
  /** The places that may be meant. */
  places: readonly Place[]
  /** Whether these have the words to the letter. */
  isExact: boolean
  errors: readonly FieldError[]
}

/** What the page shows besides the draft. */
export interface Shown {
  /** The key of the card that is open. */
  open?: string | null
  /** The fields of its form, if they are not those of the card. */
  fields?: Map<string, string>
  /** Whether the report was refused, so that its faults are above all else. */
  isRefused?: boolean
  marking?: Marking
  status?: number
  /** Before the text and the cards. */
  remark?: Content
}

export async function sendWorkspace(
  visit: Visit,
  deps: WorkbenchDeps,
  draft: Draft,
  shown: Shown = {},
): Promise<FastifyReply> {
  const { content } = draft
  const { words, page: asked } = visit
  const check = await checkDraft(deps.records, authorOf(visit), content)
  const { states } = check
  const [firstFaulty] = shown.isRefused ? cardsOf(content).filter((each) => needsWork(each, states)) : []
  const card = shown.open ? cardWith(content, shown.open) : firstFaulty
  const { page, view, coverage } = await deps.readSnapshot(async (context) => {
    const names = await namesOfDraft(context, content, states, asked)
    const page = { ...asked, names }
    const read =
      card && (await readCardView(context, { ...visit, page }, content, card, { ...shown, states }))
    const all = { ...page, names: new Map([...names, ...(read?.page.names ?? [])]) }
    const coverage = await coverageOf(content.text, languageOf(content), rangesOf(content))
    return { page: all, view: read ? { ...read, page: all } : null, coverage }
  })
  const title = fill(words.drafts.source.title, { title: html`<bdi>${draft.title}</bdi>` })
  const faults = shown.isRefused ? faultsOf({ ...visit, page }, draft, check, card) : []
  const errors = [...faults, ...(shown.marking?.errors ?? [])]
  return sendWorkbench(
    { ...visit, page },
    {
      title: plainText(title),
      main: html`<link rel="stylesheet" href="${page.base + READER_STYLES_PATH}"><h1>${title}</h1>${shown.remark}${links(visit, draft)}<div class="workspace" id="workspace" ${data(visit)}>${textSection(page, visit, draft, coverage, card)}<div class="beside">${markSection(visit, draft, shown.marking, card)}${cardsSection(page, visit, draft, check, view, card)}</div></div>`,
      errors,
      ...(shown.status !== undefined && { status: shown.status }),
      scripts: ['choose', 'workspace'],
    },
  )
}

/** The words of the scripts. */
const data = ({
  words: {
    drafts: { keys, work },
  },
}: Visit): Html =>
  html`data-toolbar="${keys.toolbar}" data-add-to="${work.addTo}" data-letters="${keys.letters}" data-saved="${keys.saved}" data-offline="${keys.offline}" data-offer="${keys.offer}" data-restore="${keys.restore}" data-discard="${keys.discard}"`

/** The names of the stored records that a draft refers to or would change, and of its cards. */
async function namesOfDraft(
  context: ReadContext,
  content: DraftContent,
  states: DraftCheck['states'],
  { language }: Page,
): Promise<Names> {
  const mentioned = [
    ...cardsOf(content).map(({ id, of, fields }) => [id, of, fields]),
    ...[...states.values()].map(idsOfState),
  ]
  const stored = await namesIn(context, mentioned as Json, { asOf: null, seq: null }, language)
  return new Map([...stored, ...cardNames(context.catalogue, content)])
}

const links = ({ page, words: { drafts } }: Visit, { id }: Draft) =>
  html`<p><a href="${href(page, `/edit/drafts/${id}/source`)}">${drafts.work.source}</a> · <a href="${href(page, `/edit/drafts/${id}/delete`)}">${drafts.work.delete}</a></p>`

/** Whether the report cannot be written because of a card itself. */
const needsWork = (card: Card, states: DraftCheck['states']) =>
  card.typed !== null || ['faulty', 'loose'].includes(states.get(card.key)?.is ?? '')

/** What is wrong with the cards, with links to their fields. @param open the card that the page shows with its form */
function faultsOf(visit: Visit, { id, content }: Draft, { states }: DraftCheck, open?: Card): FieldError[] {
  const { page, words } = visit
  return cardsOf(content).flatMap((card, index) => {
    if (!needsWork(card, states)) return []
    const title = cardTitle(page, words, content, card, index)
    return errorsOfCard(visit, content, card, states.get(card.key)).map(({ name, message }) => ({
      name,
      message: fill(words.forms.fault, { field: title, fault: message }),
      ...(card !== open && { href: cardHref(page, id, card.key) }),
    }))
  })
}

/** The places of the quotes of a draft, in the order of the text. */
function quotesOf(content: DraftContent): (Range & { card: Card; index: number })[] {
  const units = unitsOf(content.text)
  return cardsOf(content)
    .flatMap((card) =>
      card.quotes.map(({ start, end }, index) => ({ card, index, from: units(start), to: units(end) })),
    )
    .toSorted((one, other) => one.from - other.from || other.to - one.to)
}

const rangesOf = (content: DraftContent): Range[] => quotesOf(content)

/** How many lines can be under a word, one for each quote that it is in. */
const LANES = 4

function textSection(
  page: Page,
  { words: { drafts } }: Visit,
  { id, content }: Draft,
  { sentences, uncited }: Coverage,
  open: Card | undefined,
): Html {
  const { work } = drafts
  const path = `/edit/drafts/${id}`
  const showsUncited = page.query['sentences'] === 'uncited'
  const number = (value: number) => formatNumber(page.language, value)
  const coverage = html`<p class="muted" id="coverage">${fill(work.coverage, { quoted: number(sentences - uncited.length), all: number(sentences) })} ${
    uncited.length > 0 &&
    html`<a href="${href(page, path, showsUncited ? {} : { sentences: 'uncited' })}">${showsUncited ? work.hideUncited : work.showUncited}</a>`
  }</p>`
  return html`<section aria-labelledby="text-heading"><h2 id="text-heading">${work.text}</h2>${coverage}<p class="muted" id="keys" hidden>${drafts.keys.help}</p><p class="hidden" id="said" role="status"></p><div class="text" id="draft-text" lang="${languageOf(content)}" dir="auto">${pieces(page, id, content, showsUncited ? uncited : [], open)}</div></section>`
}

/** The text to the letter: nothing of ours is inside it but marks and links. */
function pieces(
  page: Page,
  id: string,
  content: DraftContent,
  uncited: readonly Range[],
  open: Card | undefined,
): Html[] {
  const quotes = quotesOf(content)
  const lanes = lanesOf(quotes, LANES)
  const numbers = new Map(cardsOf(content).map(({ key }, index) => [key, index]))
  return cut(content.text, [...quotes, ...uncited]).map(({ text, within, begins }) => {
    if (within.length === 0) return html`${text}`
    if (within.some((index) => index >= quotes.length)) return html`<span class="uncited">${text}</span>`
    const classes = within.map((index) => `l${lanes[index] ?? 0}`)
    const isOpen = within.some((index) => quotes[index]?.card.key === open?.key)
    const mark = html`<mark class="${[...new Set(classes), ...(isOpen ? ['current'] : [])].join(' ')}">${text}</mark>`
    const [shortest] = within.toSorted((one, other) => lengthOf(quotes[one]) - lengthOf(quotes[other]))
    const target = quotes[shortest ?? 0]?.card ?? content.source
    const titles = [...new Set(within.map((index) => numbers.get(quotes[index]?.card.key ?? '') ?? 0))]
    const linked =
      text.trim() === ''
        ? mark
        : html`<a href="${cardHref(page, id, target.key)}#${cardId(target.key)}" title="${titles.join(', ')}">${mark}</a>`
    return begins.reduce((inner, index) => {
      const { card, index: quote } = quotes[index] ?? {}
      return html`<span id="${quoteId(card?.key ?? '', quote ?? 0)}">${inner}</span>`
    }, linked)
  })
}

const lengthOf = (range: Range | undefined) => (range ? range.to - range.from : 0)

/** The form that makes a card of words, or adds them to one. */
function markSection(
  { page, words }: Visit,
  { id, content }: Draft,
  marking: Marking | undefined,
  open: Card | undefined,
): Html {
  const { work } = words.drafts
  const { catalogue } = page
  const errors = marking?.errors ?? []
  const options = cardKinds(catalogue).map((kind) => option(kind, kindLabel(page, words, kind)))
  const cards = cardsOf(content).map((card, index) =>
    option(`=${card.key}`, plainText(cardTitle(page, words, content, card, index))),
  )
  const choice = radioChoice()
  return html`<section aria-labelledby="mark-heading" class="mark"><h2 id="mark-heading">${work.mark}</h2><form method="post" action="${href(page, `/edit/drafts/${id}/mark`, keptQuery(page))}" id="mark" novalidate>${textArea(
    {
      name: 'words',
      label: work.words,
      hint: work.wordsHint,
      value: marking?.words ?? '',
      rows: 2,
      lang: languageOf(content),
      errors,
    },
  )}${hiddenField('place', '')}${open && hiddenField('card', open.key)}${choice}<div class="row"><div class="field"><label for="as">${work.as}</label><select id="as" name="as"${errors.some(({ name }) => name === 'as') && html` aria-invalid="true"`}><option value="">${words.forms.choose}</option><optgroup label="${work.newCard}">${options}</optgroup><optgroup label="${work.addTo}">${cards}</optgroup></select></div><p><button>${work.add}</button></p></div></form></section>`

  function option(value: string, label: string): Html {
    return html`<option value="${value}"${value === marking?.as && html` selected`}>${label}</option>`
  }

  /** The places of which one is meant. */
  function radioChoice(): Html | null {
    if (!marking || marking.places.length === 0) return null
    return radioField({
      name: 'chosen',
      label: marking.isExact ? work.several : work.similar,
      options: marking.places.map(({ start, end, exact, prefix, suffix }) => ({
        value: `${start}-${end}`,
        label: foreign(html`… ${prefix}<mark>${exact}</mark>${suffix} …`, languageOf(content), page.language),
      })),
    })
  }
}

const kindLabel = (page: Page, words: Visit['words'], kind: Kind) =>
  kind === 'evidence' ? words.drafts.work.evidenceCard : capital(kindWord(page, kind))

/** The number, the kind and the title of a card. @param index 0: the source */
export function cardTitle(
  page: Page,
  words: Visit['words'],
  content: DraftContent,
  card: Card,
  index: number,
): Html {
  const title = foreign(
    titleOfCard(page.catalogue, card),
    page.catalogue.findResource(card.kind) ? 'en' : languageOf(content),
    page.language,
  )
  const kind = kindLabel(page, words, card.kind)
  return index === 0
    ? fill(words.drafts.source.title, { title })
    : fill(words.drafts.work.entry, { n: String(index), kind, title })
}

function cardsSection(
  page: Page,
  visit: Visit,
  draft: Draft,
  check: DraftCheck,
  view: CardView | null,
  open: Card | undefined,
): Html {
  const { words } = visit
  const { work } = words.drafts
  const { id, revision, content } = draft
  const cards = cardsOf(content).map((card, index) => {
    const state = check.states.get(card.key) ?? { is: 'waiting' }
    const title = cardTitle(page, words, content, card, index)
    const isOpen = open?.key === card.key
    const link = cardHref(page, id, card.key)
    const head = html`<h3>${isOpen ? title : html`<a href="${link}#${cardId(card.key)}">${title}</a>`}</h3>`
    const owner =
      card.of !== null && html` <small>${fill(work.belongsTo, { name: nameOf(page, card.of) })}</small>`
    const faults = errorsOfCard({ page, words }, content, card, state).map(
      ({ name, message }) => html`<li><a href="${isOpen ? '' : link}#${idOf(name)}">${message}</a></li>`,
    )
    return html`<li id="${cardId(card.key)}" tabindex="-1"><div id="state-${card.key}" class="${stateClass(card, state)}" data-live>${head}<p>${stateWord(words, card, state)}${owner}</p>${
      faults.length > 0 && html`<ul class="fault">${faults}</ul>`
    }${outcomeHtml({ page, words }, card, state)}${
      !isOpen &&
      card.quotes.length === 0 &&
      card.key !== SOURCE_KEY &&
      html`<p class="muted">${work.noQuotes}</p>`
    }</div>${isOpen && view && openCard({ ...visit, page }, draft, card, state, view)}</li>`
  })
  const count = content.cards.length
  const open_ = [...check.states.values()].filter((state) => !isFine(state)).length
  const status = check.isComplete ? work.ready : plural(page.language, work.notReady, open_)
  return html`<section aria-labelledby="cards-heading" id="cards"><h2 id="cards-heading">${work.report}</h2><p id="check" role="status" data-live>${plural(page.language, work.summary, count)} · ${status}</p>${
    count === 0 && html`<p class="muted">${work.noCards}</p>`
  }<ol class="cards">${cards}</ol><form method="post" action="${href(page, `/edit/drafts/${id}/save`)}" id="save" data-live>${hiddenField('revision', String(revision))}<p class="muted">${work.saveAbout}</p><p><button>${work.save}</button></p></form>${view && languageList(view)}</section>`
}

const isFine = ({ is }: CardState) => is === 'written' || is === 'added' || is === 'waiting'

const stateClass = (card: Card, { is }: CardState) => (card.typed ? 'faulty' : is)

/** What would become of a card, in words. */
function stateWord({ drafts }: Visit['words'], card: Card, state: CardState): string {
  const { states } = drafts.work
  if (card.typed) return states.unread
  return state.is === 'written' ? states[state.outcome.outcome] : states[state.is]
}

/** What was saved, with links to the records. */
export async function sendSaved(visit: Visit, deps: WorkbenchDeps, draft: Draft): Promise<FastifyReply> {
  const { words } = visit
  const { work, states } = { work: words.drafts.work, states: words.drafts.work.states }
  const { saved, source } = draft.content
  const records = saved?.records ?? []
  const names = await deps.readSnapshot((context) =>
    namesIn(
      context,
      records.map(({ id }) => id),
      { asOf: null, seq: null },
      visit.page.language,
    ),
  )
  const page = { ...visit.page, names }
  const items = records.map(
    ({ kind, id, outcome }) =>
      html`<li>${capital(kindWord(page, kind))}: <a href="${href(page, `/${page.catalogue.entity(kind).path}/${id}`)}">${nameOf(page, id)}</a> <small>${states[outcome]}</small></li>`,
  )
  const title = fill(words.drafts.source.title, { title: html`<bdi>${draft.title}</bdi>` })
  const goOn = html`<form method="post" action="${href(page, '/edit/sources/stored')}">${hiddenField('source', saved?.sourceId ?? source.id ?? '')}<p><button>${work.goOn}</button></p></form>`
  return sendWorkbench(
    { ...visit, page },
    {
      title: plainText(title),
      main: html`<h1>${title}</h1><p class="notice" role="status">${work.saved}. ${work.savedAbout}</p><ul>${items}</ul>${goOn}<p>${join([html`<a href="${href(page, `/edit/drafts/${draft.id}/delete`)}">${work.delete}</a>`, html`<a href="${href(page, '/edit/drafts')}">${words.drafts.list.title}</a>`], ' · ')}</p>`,
    },
  )
}
