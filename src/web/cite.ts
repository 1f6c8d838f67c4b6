// How to cite a record and to embed it: addresses, references in two styles, and files for citation managers.
import type { FastifyReply } from 'fastify'
import { sendRepresentation } from '../http/conditional.ts'
import {
  apaOf,
  CITATIONS,
  type CitationFormat,
  type CslItem,
  chicagoOf,
  cslOf,
} from '../records/read/citations.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { embedPath } from './embed.ts'
import { titleOf } from './heading.ts'
import { type Html, html, join } from './html.ts'
import { messagesOf } from './languages.ts'
import { section } from './layout.ts'
import { apiHref, clocksOf, href, localPath, NOW, type Page, queryText } from './page.ts'
import type { RecordData } from './record-data.ts'

export const FORMATS = Object.keys(CITATIONS) as CitationFormat[]

/** The address of the citation of a record as a file. */
export const citationPath = ({ path }: Resource, id: string, format: CitationFormat): string =>
  `/${path}/${id}/citation.${format}`

/** The last change of anything that the page shows of the record itself: its fields, its parts and their evidence. */
export const lastChange = ({ doc, parts, evidence }: RecordData): string =>
  [doc, ...Object.values(parts).flat(), ...[...evidence.values()].flat()]
    .map(({ updatedAt }) => updatedAt)
    .reduce((one, other) => (other > one ? other : one), '')

/** The page as it shows the record at the instant of its last change, or at the one that was requested. */
const fixedPage = (page: Page, data: RecordData): Page => ({
  ...page,
  clocks: { ...page.clocks, knownAt: page.clocks.knownAt ?? lastChange(data) },
})

/** The record as a publication of this service, with the address that fixes what it said. */
export function recordCitation(page: Page, resource: Resource, data: RecordData): CslItem {
  const { doc } = data
  const fixed = fixedPage(page, data)
  const { site, kinds } = messagesOf('en')
  return {
    id: doc.id,
    type: 'webpage',
    title: titleOf(page, resource, doc).text,
    author: [{ literal: site.name }],
    issued: lastChange(data).slice(0, 10),
    URL: `${page.origin}${href(fixed, `/${resource.path}/${doc.id}`)}`,
    genre: kinds[resource.kind].one,
  }
}

/** Sends the citation of a record as a file. */
export function sendCitation(reply: FastifyReply, item: CslItem, format: CitationFormat): FastifyReply {
  const { type, start, end, write } = CITATIONS[format]
  return sendRepresentation(reply, {
    body: `${start}${write(item)}${end}`,
    type: `${type}; charset=utf-8`,
    headers: { 'content-disposition': `attachment; filename="${item.id}.${format}"` },
  })
}

export function cite(page: Page, resource: Resource, data: RecordData): Html {
  const { record, site } = page.messages
  const { doc } = data
  const path = `/${resource.path}/${doc.id}`
  const now = { ...page, clocks: NOW }
  const fixed = fixedPage(page, data)
  const api = { ...page, clocks: clocksOf(resource, page.clocks) }
  const title = titleOf(page, resource, doc).text
  const files = FORMATS.map(
    (format) =>
      html`<a rel="nofollow" href="${href(page, citationPath(resource, doc.id, format))}">${CITATIONS[format].name}</a>`,
  )
  const rows: [string, Html | string][] = [
    [record.permalink, html`<a href="${href(now, path)}">${page.origin}${href(now, path)}</a>`],
    [
      record.fixed,
      html`<a rel="nofollow" href="${href(fixed, path)}">${page.origin}${href(fixed, path)}</a>`,
    ],
    ...references(recordCitation(page, resource, data)),
    [record.citationFiles, join(files, ' · ')],
    ...(resource.kind === 'source' ? sourceRows(api, doc, path) : []),
    [record.asData, html`<a href="${apiHref(api, path)}">JSON</a>`],
    [
      record.embed,
      html`<code class="copy">${snippet(page, resource, doc.id, `${title} · ${site.name}`)}</code>`,
    ],
  ]
  return section(
    'cite',
    record.cite,
    html`<p class="muted">${record.citeAs}</p><dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
  )
}

/** A citation in both styles, which a click selects as a whole. */
const references = (item: CslItem): [string, Html][] => [
  ['APA', html`<span class="copy">${apaOf(item)}</span>`],
  ['Chicago', html`<span class="copy">${chicagoOf(item)}</span>`],
]

/** How to cite the publication that a source is, rather than the record of it. */
function sourceRows(page: Page, doc: Doc, path: string): [string, Html][] {
  const item = cslOf(doc, page.names.get(String(doc['publisherId']))?.text)
  const files = FORMATS.map(
    (format) =>
      html`<a rel="nofollow" href="${apiHref(page, `${path}/citation.${format}`)}">${CITATIONS[format].name}</a>`,
  )
  const [apa, chicago] = references(item)
  const { record } = page.messages
  return [[record.citeSource, html`<p>${apa?.[1]}</p><p>${chicago?.[1]}</p><p>${join(files, ' · ')}</p>`]]
}

/** The HTML that shows the record on another site. */
const snippet = (page: Page, resource: Resource, id: string, title: string): string =>
  html`<iframe src="${`${page.origin}${page.base}${localPath(page.language, embedPath(resource, id))}${queryText({ ...page.clocks })}`}" title="${title}" width="100%" height="320" loading="lazy"></iframe>`
    .text
