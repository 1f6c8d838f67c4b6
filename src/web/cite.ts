// How to cite a record: its address, and the address of what it said when it was read.
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Html, html } from './html.ts'
import { section } from './layout.ts'
import { apiHref, clocksOf, href, type Page } from './page.ts'

/** Formats of a single record that citation managers read. */
const CITATIONS = ['csl.json', 'ris', 'bib'] as const

/** The last change of anything that the page shows of the record itself: its fields, its parts and their evidence. */
export const lastChange = (docs: readonly Doc[]): string =>
  docs.map(({ updatedAt }) => updatedAt).reduce((one, other) => (other > one ? other : one), '')

/** @param knownAt the instant at which the record is fixed */
export function cite(page: Page, resource: Resource, path: string, title: string, knownAt: string): Html {
  const { record, site } = page.messages
  const now = { ...page, clocks: { asOf: null, knownAt: null } }
  const fixed = { ...page, clocks: { ...page.clocks, knownAt: page.clocks.knownAt ?? knownAt } }
  const data = { ...page, clocks: clocksOf(resource, page.clocks) }
  const formats = CITATIONS.filter((format) => resource.formats?.includes(format))
  return section(
    'cite',
    record.cite,
    html`<p>${record.citeAs}</p><blockquote class="citation"><bdi>${title}</bdi>. ${site.name}, ${knownAt.slice(0, 10)}.</blockquote>
<dl class="facts"><div><dt>${record.permalink}</dt><dd><a href="${href(now, path)}">${page.origin}${href(now, path)}</a></dd></div><div><dt>${record.fixed}</dt><dd><a rel="nofollow" href="${href(fixed, path)}">${page.origin}${href(fixed, path)}</a></dd></div><div><dt>${record.asData}</dt><dd><a href="${apiHref(data, path)}">JSON</a>${formats.map((format) => html` · <a href="${apiHref(data, `${path}/citation.${format}`)}">${FORMAT_NAMES[format]}</a>`)}</dd></div></dl>`,
  )
}

const FORMAT_NAMES = { 'csl.json': 'CSL-JSON', ris: 'RIS', bib: 'BibTeX' }
