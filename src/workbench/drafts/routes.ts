// The routes of drafts: their list, the source, the cards, and saving.
import type { FastifyReply } from 'fastify'
import { notFound, Problem } from '../../core/problems.ts'
import { IndexedText } from '../../core/quotes.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { html } from '../../web/html.ts'
import { type Fields, fieldsIn } from '../forms/fields.ts'
import { normalizeText } from '../ingest/text.ts'
import { redirectTo } from '../respond.ts'
import { authorOf, type RouteModule, type Visit } from '../visit.ts'
import { cardId, keptQuery } from './anchors.ts'
import { changedFields, decide, withMade, withPublisher, withRelations } from './answers.ts'
import { readCard } from './card-form.ts'
import { conflictOf } from './conflict.ts'
import { sendDelete, sendList } from './list-page.ts'
import { locateWords, rebased, withMarked } from './mark.ts'
import { type Card, cardKinds, cardWith, type DraftContent, withChanged, withoutCard } from './model.ts'
import { draftOfStored } from './new-source.ts'
import { saveDraft } from './save.ts'
import { seenOf } from './seen.ts'
import { isTextFixed, sendSource } from './source-page.ts'
import { type Draft, deleteDraft, findDraft, StaleDraft, updateDraft } from './store.ts'
import { type Marking, sendSaved, sendWorkspace } from './workspace.ts'

export const draftRoutes: RouteModule = (routes, deps) => {
  const { records, catalogue, readSnapshot } = deps

  routes.page('/drafts', (visit) => sendList(visit, deps))
  routes.page(
    '/drafts/:id',
    on((visit, draft) => {
      const { card } = visit.page.query
      return sendWorkspace(visit, deps, draft, { open: typeof card === 'string' ? card : null })
    }),
  )
  routes.form('/drafts/:id/source', { show: on(showSource), submit: on(submitSource) })
  routes.form('/drafts/:id/mark', {
    show: on((visit, draft) => sendWorkspace(visit, deps, draft, visit.resumed ? markingOf(visit) : {})),
    submit: on(mark),
  })
  routes.form('/drafts/:id/cards/:key', { show: on(showCard), submit: on(submitCard) })
  routes.form('/drafts/:id/save', {
    show: on((visit, draft) => sendWorkspace(visit, deps, draft)),
    submit: on(save),
  })
  routes.form('/drafts/:id/delete', {
    show: async (visit) => sendDelete(visit, await draftAt(visit)),
    submit: async (visit) => {
      await deleteDraft(records.engine, visit.key.id, (await draftAt(visit)).id)
      return redirectTo(visit, '/edit/drafts', { done: 'draftDeleted' })
    },
  })

  /** The draft in the path. @throws Problem `not-found` */
  async function draftAt({ params: { id = '' }, key }: Visit): Promise<Draft> {
    const draft = await findDraft(records.engine.reader, key.id, id)
    if (!draft) throw notFound('draft', id)
    return draft
  }

  /** Handles a request for a draft. One that is saved can only be looked at. */
  function on(handle: (visit: Visit, draft: Draft) => Promise<FastifyReply> | FastifyReply) {
    return async (visit: Visit) => {
      const draft = await draftAt(visit)
      return draft.content.saved ? sendSaved(visit, deps, draft) : handle(visit, draft)
    }
  }

  /** Changes a draft as it is now. */
  async function change(
    { key }: Visit,
    { id }: Draft,
    work: (content: DraftContent) => DraftContent,
  ): Promise<Draft> {
    const at = { keyId: key.id, id, revision: null, at: records.now().toISOString() }
    const changed = await records.engine.write((writer) =>
      updateDraft(writer, at, ({ content }) => work(content)),
    )
    if (!changed) throw notFound('draft', id)
    return changed
  }

  /** With a button for a new record: makes a card for it. @returns the form in which it is chosen */
  async function make(visit: Visit, draft: Draft, card: Card, sent: Fields): Promise<Fields> {
    const [verb, ...values] = (sent.get('do') ?? '').split(' ')
    let chosen = sent
    if (verb === 'make')
      await change(visit, draft, (current) => {
        const made = withMade(catalogue, current, card, sent, values)
        chosen = made.sent
        return made.content
      })
    return chosen
  }

  function showSource(visit: Visit, draft: Draft): Promise<FastifyReply> {
    if (!visit.resumed) return sendSource(visit, deps, draft)
    const sent = fieldsIn(visit.form)
    const { fields } = readCard(catalogue, draft.content, draft.content.source, sent)
    const text = sent.get('text')
    return sendSource(visit, deps, draft, { fields, ...(text !== undefined && { text }) })
  }

  async function submitSource(visit: Visit, draft: Draft): Promise<FastifyReply> {
    const typed = fieldsIn(visit.form)
    const { content } = draft
    const text = typed.get('text')
    if (typed.get('seen') !== seenOf(content.source))
      return sendSource(visit, deps, draft, {
        ...conflictOf(visit, catalogue, content, content.source, typed),
        ...(text !== undefined && { text }),
      })
    const action = typed.get('do') ?? 'next'
    const sent = await make(visit, draft, content.source, typed)
    const fields = changedFields(catalogue, content, content.source, sent, action)
    const saved = await saveSource(visit, draft, sent)
    if (fields || saved.content.source.typed) return sendSource(visit, deps, saved, fields ? { fields } : {})
    return action === 'next'
      ? redirectTo(visit, `/edit/drafts/${draft.id}`)
      : redirectTo(visit, `/edit/drafts/${draft.id}/source`, { done: 'draftSaved' })
  }

  /** Saves what was sent for the source: its fields, its text, and how it is related to stored ones. */
  async function saveSource(visit: Visit, draft: Draft, sent: Fields): Promise<Draft> {
    const answers = [...sent].flatMap(([name, answer]): [string, string][] =>
      name.startsWith('known-') && answer !== '' ? [[name.slice(6), answer]] : [],
    )
    const [id, answer] = answers.find(([, each]) => each === 'same' || each === 'completes') ?? []
    const stored = id === undefined ? undefined : await draftOfStored(deps, id)
    return change(visit, draft, (content) => {
      // The page has no fields of a stored source.
      if (content.source.id !== null) return content
      if (stored && !isTextFixed(content))
        return {
          ...content,
          source: stored.source,
          text: answer === 'same' ? stored.text : textIn(content, sent),
          completes: answer === 'completes',
        }
      const { card } = readCard(catalogue, content, content.source, sent)
      const related = withRelations(card, answers)
      const textStatus = sent.get('textStatus') === 'excerpt' ? 'excerpt' : 'full'
      const fields = { ...related.fields, textStatus }
      const changed = { ...content, source: { ...related, fields }, text: textIn(content, sent) }
      return sent.get('addPublisher') === 'on' ? withPublisher(changed) : changed
    })
  }

  /** The text as it was corrected. */
  function textIn(content: DraftContent, sent: Fields): string {
    const typed = sent.get('text')
    if (typed === undefined || typed.trim() === '' || isTextFixed(content)) return content.text
    return normalizeText(typed).text
  }

  /** What was sent to mark words, and the card that is open meanwhile. */
  function markingOf({ form }: Visit): { marking: Marking; open: string | null } {
    const sent = fieldsIn(form)
    const [words = '', as = ''] = [sent.get('words'), sent.get('as')]
    return { marking: { words, as, places: [], isExact: true, errors: [] }, open: sent.get('card') ?? null }
  }

  /** Makes a card of words of the text, or adds them to one. */
  async function mark(visit: Visit, draft: Draft): Promise<FastifyReply> {
    const { content } = draft
    const { work } = visit.words.drafts
    const { marking, open } = markingOf(visit)
    const { words, as } = marking
    const again = (name: string, message: string, places: Partial<Marking> = {}) =>
      sendWorkspace(visit, deps, draft, {
        open,
        marking: { ...marking, ...places, errors: [{ name, message }] },
      })
    if (words.trim() === '') return again('words', work.noWords)
    const place = visit.form.get('chosen') || visit.form.get('place') || ''
    const located = locateWords(new IndexedText(content.text), words, place)
    if (!located.found) {
      const { candidates: places, reason } = located
      if (places.length === 0) return again('words', work.noneFound)
      const isExact = reason === 'ambiguous'
      return again('chosen', isExact ? work.several : work.similar, { places, isExact })
    }
    const isKnown = as.startsWith('=')
      ? cardWith(content, as.slice(1))
      : cardKinds(catalogue).includes(as as Kind)
    if (!isKnown) return again('as', work.noKind)
    const marked = await readSnapshot((context) => withMarked(context, content, as, located))
    let { key } = marked
    await change(visit, draft, (current) => {
      // What another window changed meanwhile stays.
      const isUnchanged = JSON.stringify(current) === JSON.stringify(content)
      if (!isUnchanged && !as.startsWith('=')) key = `c${current.next}`
      return isUnchanged ? marked.content : rebased(current, content, marked.content)
    })
    return redirectTo(visit, `/edit/drafts/${draft.id}#${cardId(key)}`, {
      card: key,
      ...keptQuery(visit.page),
    })
  }

  async function showCard(visit: Visit, draft: Draft): Promise<FastifyReply> {
    const { key = '' } = visit.params
    const card = cardWith(draft.content, key)
    if (!card || !visit.resumed) return redirectTo(visit, `/edit/drafts/${draft.id}`, { card: key })
    const { fields } = readCard(catalogue, draft.content, card, fieldsIn(visit.form))
    return sendWorkspace(visit, deps, draft, { open: key, fields })
  }

  async function submitCard(visit: Visit, draft: Draft): Promise<FastifyReply> {
    const { key = '' } = visit.params
    const { content } = draft
    const typed = fieldsIn(visit.form)
    const card = cardWith(content, key)
    if (!card || typed.get('seen') !== seenOf(card))
      return sendWorkspace(visit, deps, draft, {
        open: key,
        ...conflictOf(visit, catalogue, content, card, typed),
      })
    const action = typed.get('do') ?? 'save'
    const sent = await make(visit, draft, card, typed)
    const [verb = '', ...values] = action.split(' ')
    if (verb === 'drop') {
      await change(visit, draft, (current) => withoutCard(current, key))
      return redirectTo(visit, `/edit/drafts/${draft.id}#cards`, keptQuery(visit.page))
    }
    const decided = decide(readCard(catalogue, content, card, sent).card, verb, values)
    const saved = await change(visit, draft, (current) => withChanged(current, decided))
    const fields = changedFields(catalogue, saved.content, decided, sent, action)
    if (fields) return sendWorkspace(visit, deps, saved, { open: key, fields })
    return redirectTo(visit, `/edit/drafts/${draft.id}#${cardId(key)}`, {
      card: key,
      ...keptQuery(visit.page),
    })
  }

  /** Writes the report. Cards that are faulty or could not be read stop it. */
  async function save(visit: Visit, draft: Draft): Promise<FastifyReply> {
    const { work } = visit.words.drafts
    const author = authorOf(visit)
    try {
      const saved = await saveDraft(records, author, {
        id: draft.id,
        revision: Number(visit.form.get('revision')),
      })
      return redirectTo(visit, `/edit/drafts/${saved?.id ?? draft.id}`)
    } catch (error) {
      if (error instanceof StaleDraft)
        return sendWorkspace(visit, deps, error.current, {
          remark: html`<div class="errors" role="alert"><p>${work.changedSince}</p></div>`,
          status: 409,
        })
      if (error instanceof Problem && error.status < 500)
        return sendWorkspace(visit, deps, draft, {
          isRefused: true,
          remark: html`<p>${work.refused}</p>`,
          status: 422,
        })
      throw error
    }
  }
}
