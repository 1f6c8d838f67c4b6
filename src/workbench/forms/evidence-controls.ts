// The controls of evidence: the field that it is about, and the quote with the places where the text has it.
import type { Candidate } from '../../core/quotes.ts'
import { type Content, type Html, html, join } from '../../web/html.ts'
import { foreign } from '../../web/languages.ts'
import { hiddenField, radioField, selectField, textArea } from '../controls.ts'
import { beside } from './fields.ts'
import { actionButton, type FormView, hintOf, labelOf, wordOf } from './render.ts'

/** Places in a text of which one is meant. */
export interface QuoteChoice {
  /** Whether the text has the words that were typed, several times. */
  isExact: boolean
  candidates: readonly Candidate[]
}

/** The field of a record, by its pointer. */
export function pointerText({ page, words }: Pick<FormView, 'page' | 'words'>, pointer: string): Content {
  if (pointer === '') return words.forms.wholeRecord
  return join(
    pointer
      .slice(1)
      .split('/')
      .map((key) => wordOf(page, words, key)),
    ' › ',
  )
}

/** A list of fields, and a button that shows the control for the value of the chosen one. */
export function pointerControl(view: FormView, name: string): Html {
  const { node, fields, errors, words } = view
  const control = node.members[name]
  const options = control?.is === 'scalar' ? control.options : []
  const value = fields.get(name) ?? ''
  return html`${selectField({
    name,
    label: labelOf(view, undefined, name),
    value,
    errors,
    options: options.map((pointer) => ({ value: pointer, label: pointerText(view, pointer) })),
  })}<p>${actionButton('refresh', words.forms.otherField)}${hiddenField(SHOWN_FIELD, value)}</p>`
}

/** The field whose control for the value the form has. */
export const SHOWN_FIELD = 'field:shown'

/** The words of the quote, and the places where they, or similar ones, are in the text. */
export function quoteControl(view: FormView, name: string, quotes: QuoteChoice | undefined): Html {
  const { fields, errors, words } = view
  const { problems } = words.forms
  const typed = fields.get(name) ?? ''
  const area = textArea({
    name,
    label: labelOf(view, view.node.members[name], name),
    hint: hintOf(view, undefined, name),
    value: typed,
    errors,
  })
  if (!quotes || quotes.candidates.length === 0) return area
  const pick = beside(name, 'pick')
  return html`${area}${radioField({
    name: pick,
    label: quotes.isExact ? problems.occurrences : problems.similar,
    value: fields.get(pick),
    options: quotes.candidates.map(({ start, end, exact, prefix, suffix }) => ({
      value: `${start}-${end}`,
      label: foreign(html`… ${prefix}<mark>${exact}</mark>${suffix} …`, null, view.page.language),
    })),
  })}${hiddenField(beside(name, 'found'), typed)}`
}
