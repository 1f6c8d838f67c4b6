// Reads the forms of a page as a browser does: which fields it would send, and to where.
import { parseHTML } from 'linkedom'
import { expect } from 'vitest'
import type { TestResponse } from './app.ts'
import type { Client, Fields } from './workbench.ts'

export interface SentForm {
  action: string
  fields: Record<string, string>
}

interface Control {
  localName: string
  textContent: string | null
  getAttribute: (name: string) => string | null
  hasAttribute: (name: string) => boolean
  querySelectorAll: (selector: string) => Iterable<Control>
}

/** The fields that a form of a page would send if no button was pressed. */
export function formIn(text: string, selector = 'form#form'): SentForm {
  const { document } = parseHTML(text)
  const form = document.querySelector(selector)
  if (!form) throw new Error(`There is no ${selector} in ${document.title}.`)
  const fields: Record<string, string> = {}
  for (const control of [...form.querySelectorAll('input, select, textarea')] as Control[]) {
    const name = control.getAttribute('name')
    const type = control.getAttribute('type') ?? 'text'
    if (name === null || control.hasAttribute('disabled')) continue
    if ((type === 'radio' || type === 'checkbox') && !control.hasAttribute('checked')) continue
    fields[name] = textOf(control)
  }
  return { action: form.getAttribute('action') ?? '', fields }
}

function textOf(control: Control): string {
  // A parser drops the first line feed of a text area.
  if (control.localName === 'textarea') return decoded((control.textContent ?? '').replace(/^\n/, ''))
  if (control.localName !== 'select') return control.getAttribute('value') ?? ''
  const options = [...control.querySelectorAll('option')]
  const selected = options.find((option) => option.hasAttribute('selected')) ?? options[0]
  return selected?.getAttribute('value') ?? ''
}

/** linkedom leaves the entities in a text area as they are. */
const decoded = (text: string) =>
  text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

/** Opens a page with a form, changes fields of it, and presses a button. */
export async function fill(
  browser: Client,
  path: string,
  changes: Fields = {},
  button = 'save',
): Promise<TestResponse> {
  const page = await browser.get(path)
  expect([path, page.status]).toEqual([path, 200])
  return press(browser, page.text, changes, button)
}

/** Changes fields of the form of a page, and presses a button. Redirects of a POST by POST are followed. */
export async function press(
  browser: Client,
  text: string,
  changes: Fields = {},
  button = 'save',
): Promise<TestResponse> {
  const { action, fields } = formIn(text)
  const sent = { ...fields, ...changes, do: button }
  let answer = await browser.submit(action, sent)
  for (let hops = 0; answer.status === 307 && hops < 5; hops++)
    answer = await browser.submit(String(answer.headers.location), sent)
  return answer
}

/** The texts of the summary of errors, with the fields that they lead to. */
export function errorsIn(text: string): [string, string][] {
  const { document } = parseHTML(text)
  return [...document.querySelectorAll('.errors a')].map((link) => [
    (link.getAttribute('href') ?? '').slice(1),
    (link.textContent ?? '').trim(),
  ])
}
