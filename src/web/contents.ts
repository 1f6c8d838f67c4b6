// The sections of a long page, with links to them on top.
import { type Html, html } from './html.ts'
import type { Page } from './page.ts'

export interface Section {
  /** The id of its heading. */
  id: string
  title: string
  content: Html
}

/** A page with fewer sections needs no list of them. */
const MIN_LISTED = 4

export function contents(page: Page, sections: readonly Section[]): Html {
  const list = html`<nav class="contents" aria-label="${page.messages.record.contents}"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`
  return html`${sections.length >= MIN_LISTED && list}${sections.map(({ content }) => content)}`
}
