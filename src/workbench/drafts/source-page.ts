// The page of the source of a draft: what was taken, for correction, and sources that have its text already.
import type { FastifyReply } from 'fastify'
import { type Content, type Html, html, plainText } from '../../web/html.ts'
import { fill, foreign, formatNumber, plural } from '../../web/languages.ts'
import { namesIn } from '../../web/names.ts'
import { href, linkTo } from '../../web/page.ts'
import { valueWord } from '../../web/words.ts'
import { checkField, radioField, selectField, textArea } from '../controls.ts'
import { type FormView, formControls, languageList, nameOf } from '../forms/render.ts'
import { findKnown, type KnownSource } from '../ingest/known.ts'
import { type Changes, NO_CHANGES } from '../ingest/text.ts'
import { sendWorkbench } from '../respond.ts'
import type { Visit, WorkbenchDeps } from '../visit.ts'
import { type Card, cardsOf, type DraftContent, languageOf } from './model.ts'
import { readCardView } from './open-card.ts'
import { seenFields } from './seen.ts'
import type { Draft } from './store.ts'

/** What was sent and not saved. */
export interface ShownSource {
  fields?: Map<string, string>
  text?: string
  status?: number
  remark?: Content
}

export async function sendSource(
  visit: Visit,
  deps: WorkbenchDeps,
  draft: Draft,
  shown: ShownSource = {},
): Promise<FastifyReply> {
  const { content } = draft
  const { source } = content
  const { words } = visit
  const { view, known } = await deps.readSnapshot(async (context) => {
    const view = await readCardView(context, visit, content, source, shown)
    const url = typeof source.fields['url'] === 'string' ? source.fields['url'] : null
    const known = source.id === null ? await findKnown(context, { text: content.text, url }) : []
    const ids = [...known.map(({ doc }) => doc), source.id ?? '']
    const names = await namesIn(context, ids, { asOf: null, seq: null }, visit.page.language)
    const page = { ...view.page, names: new Map([...view.page.names, ...names]) }
    return { view: { ...view, page }, known }
  })
  const { page } = view
  const title = fill(words.drafts.source.title, { title: html`<bdi>${draft.title}</bdi>` })
  return sendWorkbench(
    { ...visit, page },
    {
      title: plainText(title),
      errors: view.errors,
      ...(shown.status !== undefined && { status: shown.status }),
      scripts: ['choose'],
      main: html`<h1>${title}</h1>${shown.remark}${source.id === null && html`<p class="lead">${words.drafts.source.lead}</p>`}<form method="post" action="${href(page, `/edit/drafts/${draft.id}/source`)}" id="form" class="record" novalidate tabindex="-1"><button class="hidden" name="do" value="next" tabindex="-1" aria-hidden="true">${words.drafts.source.next}</button>${seenFields(page, page.catalogue, content, source)}${originHtml(visit, content)}${knownHtml(view, content, known)}${source.id === null ? fieldsHtml(view, source) : storedHtml(view, content)}${textHtml(visit, content, shown.text)}<p><button name="do" value="next">${words.drafts.source.next}</button> <button class="quiet" name="do" value="save">${words.drafts.source.save}</button></p>${languageList(view)}</form>`,
    },
  )
}

/** What was changed in the text, and what may be wrong with it. */
function originHtml({ page, words }: Visit, { origin }: DraftContent): Html | null {
  if (!origin) return null
  const { source } = words.drafts
  const { changes, encoding, encodingGuessed, languageGuessed, dayGuessed, whole, pagesLeftOut, publisher } =
    origin
  const changed = (Object.keys(NO_CHANGES) as (keyof Changes)[]).filter((change) => changes[change] > 0)
  const notes: Content[] = [
    changed.length === 0
      ? source.nothingChanged
      : html`${source.changed}: ${changed.map((change) => plural(page.language, source.changes[change], changes[change])).join('; ')}.`,
    encoding !== null &&
      fill(encodingGuessed ? source.encodingGuessed : source.encoding, {
        encoding: html`<code>${encoding}</code>`,
      }),
    languageGuessed && source.languageGuessed,
    dayGuessed && source.dayGuessed,
    whole && html`<strong>${source.whole}</strong>`,
    pagesLeftOut > 0 && html`<strong>${plural(page.language, source.pagesLeftOut, pagesLeftOut)}</strong>`,
  ]
  const name = html`<bdi>${publisher}</bdi>`
  return html`<section aria-labelledby="taken"><h2 id="taken">${source.taken}</h2><ul>${notes.filter((note) => note !== false).map((note) => html`<li>${note}</li>`)}</ul>${
    publisher !== null &&
    html`<p>${fill(source.publisher, { name })}</p>${checkField({ name: 'addPublisher', label: fill(source.addPublisher, { name }) })}`
  }</section>`
}

/** The relations that a new text can have to one that is stored, in the order in which they are offered. */
const RELATIONS: Record<KnownSource['likeness'], readonly string[]> = {
  same: ['same', 'reprint-of', 'distinct'],
  contains: ['excerpt-of', 'same', 'reprint-of', 'based-on', 'distinct'],
  contained: ['completes', 'version-of', 'reprint-of', 'based-on', 'corrects', 'distinct'],
  similar: ['reprint-of', 'version-of', 'based-on', 'corrects', 'excerpt-of', 'distinct'],
  address: ['version-of', 'corrects', 'retracts', 'translation-of', 'distinct'],
}

/** The stored sources that have the text, each with its text and the question how they are related. */
function knownHtml(view: FormView, content: DraftContent, known: readonly KnownSource[]): Html | null {
  if (known.length === 0) return null
  const { page, words } = view
  const { source } = content
  const messages = words.drafts.source
  const language = languageOf(content)
  const side = (label: string, text: string, lang: string) =>
    html`<div><h3>${label}</h3><div class="text" role="group" tabindex="0" aria-label="${label}" lang="${lang}" dir="auto">${text}</div></div>`
  const items = known.map(({ doc, likeness, share }, index) => {
    const percent = formatNumber(page.language, Math.round(share * 100))
    const options = RELATIONS[likeness].filter(
      (each) => each !== 'completes' || doc['textStatus'] === 'excerpt',
    )
    const name = `known-${doc.id}`
    return html`<li><p><b>${linkTo(page, `/sources/${doc.id}`, nameOf(page, doc.id))}</b> <small>${fill(messages.likeness[likeness], { share: `${percent} %` })}</small></p>${
      typeof doc['text'] === 'string' &&
      html`<details${index === 0 && html` open`}><summary>${messages.compare}</summary><div class="sides">${side(messages.thisText, content.text, language)}${side(messages.storedText, doc['text'], String(doc['language']))}</div></details>`
    }${selectField({
      name,
      label: messages.relation,
      value: decided(source, doc.id),
      options: [
        { value: '', label: words.forms.choose },
        ...options.map((value) => ({ value, label: messages.relations[value] ?? valueWord(page, value) })),
      ],
    })}</li>`
  })
  return html`<section aria-labelledby="known"><h2 id="known">${messages.known}</h2><p>${messages.knownAbout}</p><ul>${items}</ul></section>`
}

/** The answer that was given to that question. */
function decided({ fields, distinctFrom }: Card, id: string): string {
  const relations = (fields['relations'] ?? []) as { type: string; targetId: string }[]
  const relation = relations.find(({ targetId }) => targetId === id)
  return relation?.type ?? (distinctFrom.includes(id) ? 'distinct' : '')
}

/** The fields of a source that is not stored yet. */
function fieldsHtml(view: FormView, { fields }: Card): Html {
  const { page, words } = view
  const messages = words.drafts.source
  return html`<section aria-labelledby="fields"><h2 id="fields">${messages.fields}</h2>${formControls(view)}${radioField(
    {
      name: 'textStatus',
      label: messages.textStatus,
      value: String(fields['textStatus'] ?? 'full'),
      options: ['full', 'excerpt'].map((value) => ({ value, label: valueWord(page, value) })),
    },
  )}</section>`
}

function storedHtml({ page, words }: FormView, { source, completes }: DraftContent): Html {
  const id = source.id ?? ''
  return html`<p>${linkTo(page, `/sources/${id}`, nameOf(page, id))}</p>${completes && html`<p class="notice">${words.drafts.source.completing}</p>`}`
}

/** The text, which can change as long as nothing is quoted from it. */
function textHtml({ words, page }: Visit, content: DraftContent, typed: string | undefined): Html {
  const { source } = words.drafts
  const fixed = isTextFixed(content)
  const language = languageOf(content)
  return html`<section aria-labelledby="text-heading"><h2 id="text-heading">${source.text}</h2>${
    fixed
      ? html`<p class="muted">${source.textFixed}</p><div class="text" dir="auto">${foreign(content.text, language, page.language)}</div>`
      : textArea({
          name: 'text',
          label: source.text,
          hint: source.textHint,
          value: typed ?? content.text,
          rows: 20,
          lang: language,
        })
  }</section>`
}

export const isTextFixed = (content: DraftContent): boolean =>
  content.source.id !== null || cardsOf(content).some(({ quotes }) => quotes.length > 0)
