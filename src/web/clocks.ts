// The two clocks: what had happened by a day, and what was recorded by an instant.
import { dateHtml, instantHtml } from './dates.ts'
import { type Html, html } from './html.ts'
import { fill } from './languages.ts'
import { href, type Page, showsPast } from './page.ts'

/** Says which time the page shows, if it is not now. */
export function clockBanner(page: Page): Html | null {
  if (!showsPast(page)) return null
  const { language, messages, clocks, path, query } = page
  const { asOf, knownAt } = clocks
  const now = { ...page, clocks: { asOf: null, knownAt: null } }
  const rest = { ...query, asOf: null, knownAt: null, cursor: null }
  return html`<aside class="banner">${
    asOf !== null && html`<p>${fill(messages.clocks.bannerAsOf, { date: dateHtml(language, asOf) })}</p>`
  }${
    knownAt !== null &&
    html`<p>${fill(messages.clocks.bannerKnown, { date: instantHtml(language, knownAt) })}</p>`
  }<p><a href="${href(now, path, rest)}">${messages.clocks.now}</a></p></aside>`
}

/** The form that sets the clocks. @param carried the parameters that the address keeps */
export function clockForm(page: Page, carried: Page['query'] = {}): Html {
  const { messages, clocks, path } = page
  const words = messages.clocks
  const action = href({ ...page, clocks: { asOf: null, knownAt: null } }, path)
  return html`<details class="clocks"${showsPast(page) && html` open`}><summary>${words.title}</summary><form action="${action}">${hiddenFields(carried)}<p><label for="asOf">${words.asOf}</label> <input type="date" id="asOf" name="asOf" value="${clocks.asOf ?? ''}"></p><p><label for="knownAt">${words.knownAt}</label> <input type="datetime-local" step="0.001" id="knownAt" name="knownAt" value="${clocks.knownAt?.replace('Z', '') ?? ''}"></p><p><button>${words.apply}</button></p></form></details>`
}

/** Parameters that a form keeps. */
export const hiddenFields = (query: Page['query']): Html =>
  html`${Object.entries(query).map(([name, value]) => {
    const text = typeof value === 'string' ? value : (value ?? []).join(',')
    return text !== '' && html`<input type="hidden" name="${name}" value="${text}">`
  })}`
