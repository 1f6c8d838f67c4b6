// What the write path asks back, as parts of the form: records that are alike, places of a quote, events on either side.

import type { Problem } from '../../core/problems.ts'
import type { Candidate } from '../../core/quotes.ts'
import { dateInWords } from '../../web/dates.ts'
import { type Content, html, join } from '../../web/html.ts'
import { fill, foreign } from '../../web/languages.ts'
import { href } from '../../web/page.ts'
import { capital, valueWord } from '../../web/words.ts'
import { checkField, hiddenField, radioField } from '../controls.ts'
import type { Messages } from '../languages.ts'
import type { Mentioned, Remarks } from './form-page.ts'
import { type FormView, summary } from './render.ts'

/** What a problem asks, besides the faults of single fields. */
export function questionsOf(words: Messages, problem: Problem): Remarks {
  const { code, extra = {} } = problem
  const { problems } = words.forms
  switch (code) {
    case 'possible-duplicate': {
      const ids = (extra['candidates'] as { id: string }[]).map(({ id }) => id)
      return {
        mentioned: ids,
        errors: [{ name: 'distinct', message: problems.candidates }],
        questions: (view, mentioned) => alike(view, mentioned, ids),
      }
    }
    case 'duplicate': {
      const id = String(extra['existingId'])
      return {
        mentioned: [id],
        questions: (view, mentioned) =>
          html`<p class="notice">${fill(problems.existing, { record: recordLink(view, mentioned, id) })}</p>`,
      }
    }
    case 'quote-ambiguous':
    case 'quote-absent':
      return {
        quotes: {
          isExact: code === 'quote-ambiguous',
          candidates: (extra['candidates'] ?? []) as Candidate[],
        },
      }
    case 'illegal-transition':
      return { questions: (view) => illegal(view, problem) }
    case 'source-cited':
      return {
        questions: checkField({ name: 'followText', label: problems.followText }),
      }
    case 'quotes-lost': {
      const quotes = extra['quotes'] as { exact: string }[]
      return {
        questions: (view) =>
          html`<div class="notice"><p>${problems.quotesLost}</p><ul>${quotes.map(({ exact }) => html`<li>${foreign(exact, null, view.page.language)}</li>`)}</ul></div>`,
      }
    }
    default:
      return {}
  }
}

/** A record in a few words, with a link to its page. */
function recordLink({ page }: FormView, mentioned: Mentioned, id: string): Content {
  const found = mentioned.get(id)
  if (!found) return html`<code>${id}</code>`
  const { path } = page.catalogue.entity(found.kind)
  return html`<a href="${href(page, `/${path}/${id}`)}">${summary(page, found.kind, found.doc)}</a>`
}

/** Whether it is one of the records that are alike. */
function alike(view: FormView, mentioned: Mentioned, ids: readonly string[]): Content {
  const { problems } = view.words.forms
  return html`${radioField({
    name: 'distinct',
    label: problems.candidates,
    hint: problems.candidatesAbout,
    options: [
      ...ids.map((id) => ({ value: id, label: html`${problems.itIs}: ${recordLink(view, mentioned, id)}` })),
      { value: 'none', label: problems.another },
    ],
  })}${hiddenField('candidates', ids.join(','))}`
}

interface EventSide {
  type: string
  occurredOn: string | null
}

/** The events on either side, and the types that are possible between them. */
function illegal({ page, words }: FormView, { extra = {} }: Problem): Content {
  const { problems } = words.forms
  const side = (event: unknown, message: string) => {
    if (!event) return null
    const { type, occurredOn } = event as EventSide
    const date = occurredOn === null ? '' : ` (${dateInWords(page.language, occurredOn)})`
    return fill(message, { type: valueWord(page, type), date })
  }
  const reason = [side(extra['before'], problems.after), side(extra['after'], problems.before)].filter(
    (one) => one !== null,
  )
  const legal = (extra['legal'] ?? []) as string[]
  const types =
    legal.length === 0 ? problems.noneLegal : legal.map((type) => capital(valueWord(page, type))).join(', ')
  return html`<p class="notice">${fill(problems.illegal, { reason: join(reason, ' '), types })}</p>`
}

/** What is said of a record that was deleted while its form was open. */
export const deletedMeanwhile = ({ forms }: Messages): Remarks => ({
  status: 410,
  errors: [{ name: 'form', message: forms.problems.deleted }],
  questions: html`<p class="notice">${forms.problems.deletedAbout}</p>`,
})
