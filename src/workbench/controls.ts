// The controls of forms: each with its label, a hint, and what is wrong with its value.
import { type Content, type Html, html } from '../web/html.ts'
import type { Messages } from './languages.ts'

/** What is wrong with a field. */
export interface FieldError {
  /** The name of its control, or the id of what to lead to. */
  name: string
  message: Content
  /** The page to open, if it is another one. */
  href?: string
}

interface Control {
  name: string
  label: Content
  hint?: Content
  value?: string | null | undefined
  required?: boolean
  /** Those of the whole form. */
  errors?: readonly FieldError[]
}

/** The id of the control of a field, which is made of letters, digits and hyphens. */
export const idOf = (name: string): string => name.replaceAll(/[^\w-]/g, '-')

/** The faults of a form, each with a link to its field. It gets the focus if there is a script. */
export const errorSummary = ({ site }: Messages, errors: readonly FieldError[]): Html =>
  html`<div class="errors" id="errors" role="alert" tabindex="-1"><h2>${site.errorSummary}</h2><ul>${errors.map(
    ({ name, message, href = '' }) => html`<li><a href="${`${href}#${idOf(name)}`}">${message}</a></li>`,
  )}</ul></div>`

/** A field of one line. */
export function textField(
  control: Control & {
    type?: string
    autocomplete?: string
    lang?: string
    maxlength?: number
    list?: string
  },
): Html {
  const { value, type = 'text', autocomplete, lang, maxlength, list } = control
  return labelled(
    control,
    (attributes) =>
      html`<input type="${type}"${attributes}${type === 'text' && html` dir="auto"`}${autocomplete && html` autocomplete="${autocomplete}"`}${lang && html` lang="${lang}"`}${maxlength && html` maxlength="${maxlength}"`}${list && html` list="${list}"`} value="${value ?? ''}">`,
  )
}

/** A field of several lines. */
export function textArea(control: Control & { rows?: number; lang?: string }): Html {
  const { value, rows = 4, lang } = control
  // A parser drops the first line feed.
  return labelled(
    control,
    (attributes) =>
      html`<textarea rows="${rows}" dir="auto"${attributes}${lang && html` lang="${lang}"`}>\n${value ?? ''}</textarea>`,
  )
}

export interface Option {
  value: string
  label: Content
  hint?: Content
}

/** A list to choose from. */
export function selectField(control: Control & { options: readonly Option[] }): Html {
  const { value, options } = control
  return labelled(
    control,
    (attributes) =>
      html`<select${attributes}>${options.map(
        (option) =>
          html`<option value="${option.value}"${option.value === (value ?? '') && html` selected`}>${option.label}</option>`,
      )}</select>`,
  )
}

/** One of several options, each with a button. */
export function radioField(control: Control & { options: readonly Option[] }): Html {
  const { name, label, value, options, required } = control
  const { described, hint, fault } = about(control)
  const id = idOf(name)
  return html`<fieldset id="${id}"${described}><legend>${label}</legend>${hint}${fault}${options.map(
    (option, index) =>
      html`<p class="choice"><input type="radio" id="${id}-${index}" name="${name}" value="${option.value}"${required && html` required`}${option.value === value && html` checked`}> <label for="${id}-${index}">${option.label}</label>${option.hint && html` <span class="hint">${option.hint}</span>`}</p>`,
  )}</fieldset>`
}

/** A box to tick. Its value is `on`. */
export const checkField = ({ name, label, value }: Control): Html =>
  html`<p class="choice"><input type="checkbox" id="${idOf(name)}" name="${name}"${value === 'on' && html` checked`}> <label for="${idOf(name)}">${label}</label></p>`

/** A file to choose. @param control.accept such as `.csv,.ndjson` */
export const fileField = (control: Control & { accept: string }): Html =>
  labelled(control, (attributes) => html`<input type="file"${attributes} accept="${control.accept}">`)

/** A field that is sent along. */
export const hiddenField = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`

/** A table that scrolls by itself where it is too wide. @param heads of the columns @param rows of cells */
export const tableOf = (
  caption: string,
  heads: readonly Content[],
  rows: readonly (readonly Content[])[],
): Html =>
  html`<div class="scroll" role="group" tabindex="0" aria-label="${caption}"><table><caption class="hidden">${caption}</caption><thead><tr>${heads.map(
    (head) => html`<th scope="col">${head}</th>`,
  )}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`

/** A text for those who do not see what is around it. */
export const unseen = (text: Content): Html => html`<span class="hidden">${text}</span>`

function labelled(control: Control, input: (attributes: Html) => Html): Html {
  const { name, label, required } = control
  const { described, hint, fault } = about(control)
  return html`<div class="field"><label for="${idOf(name)}">${label}</label>${hint}${fault}${input(
    html` id="${idOf(name)}" name="${name}"${required && html` required`}${described}`,
  )}</div>`
}

function about({ name, hint, errors = [] }: Control) {
  const messages = errors.filter((error) => error.name === name).map(({ message }) => message)
  const id = idOf(name)
  const ids = [hint && `${id}-hint`, messages.length > 0 && `${id}-error`].filter(Boolean).join(' ')
  return {
    hint: hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : null,
    fault:
      messages.length > 0
        ? html`<div class="fault" id="${id}-error">${messages.map((message) => html`<p>${message}</p>`)}</div>`
        : null,
    described: html`${ids !== '' && html` aria-describedby="${ids}"`}${messages.length > 0 && html` aria-invalid="true"`}`,
  }
}
