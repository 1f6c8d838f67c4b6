// The start page: what this is, the search, what was recorded last, meetings, and what is quiet.
import type { ReadContext } from '../records/read/context.ts'
import { listPage } from '../records/read/page.ts'
import { type ListQuery, listQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { instantHtml } from './dates.ts'
import { type Html, html } from './html.ts'
import { fill, formatNumber, type Language } from './languages.ts'
import { layout, section } from './layout.ts'
import { lines } from './lines.ts'
import { type Names, namesIn } from './names.ts'
import { href, linkTo, NOW, type Page } from './page.ts'
import { reference } from './values.ts'

/** How many records each list of the page has. */
const MAX_SHOWN = 5

export interface HomeData {
  counts: { resource: Resource; total: number }[]
  recent: { resource: Resource; doc: Doc }[]
  next: Doc[]
  last: Doc[]
  quiet: Doc[]
  /** The day since when the quiet ones are. */
  quietSince: string
  names: Names
}

export async function readHomeData(context: ReadContext, language: Language): Promise<HomeData> {
  const today = context.now.toISOString().slice(0, 10)
  const quietSince = Temporal.PlainDate.from(today).subtract({ years: 1 }).toString()
  const read = async (kind: Resource, filters: Record<string, string[]>, options: Partial<ListQuery>) => {
    const query = { ...listQuery(kind, filters, NOW), limit: MAX_SHOWN, ...options }
    const { rows, total = 0 } = await listPage(context, kind, query)
    return { docs: rows.map(parse), total }
  }
  const newest: Partial<ListQuery> = { sort: [{ column: 'createdAt', descending: true }], count: 'exact' }
  const all = []
  for (const resource of context.catalogue.resources)
    all.push({ resource, ...(await read(resource, {}, newest)) })
  const recent = all
    .flatMap(({ resource, docs }) => docs.map((doc) => ({ resource, doc })))
    .sort((one, other) => (one.doc.createdAt < other.doc.createdAt ? 1 : -1))
    .slice(0, 2 * MAX_SHOWN)
  const meetings = context.catalogue.resource('meeting')
  const tomorrow = Temporal.PlainDate.from(today).add({ days: 1 }).toString()
  const byStart = (descending: boolean): Partial<ListQuery> => ({
    sort: [{ column: 'startDate', descending }],
  })
  const { docs: next } = await read(meetings, { startFrom: [tomorrow] }, byStart(false))
  const { docs: last } = await read(meetings, { startTo: [today] }, byStart(true))
  const { docs: quiet } = await read(
    context.catalogue.resource('proposal'),
    { stalledSince: [quietSince] },
    { sort: [{ column: 'statusSince', descending: false }] },
  )
  const mentioned = [recent.map(({ doc }) => doc), next, last, quiet] as Json
  return {
    counts: all.map(({ resource, total }) => ({ resource, total })),
    recent,
    next,
    last,
    quiet,
    quietSince,
    names: await namesIn(context, mentioned, { asOf: null, seq: null }, language),
  }
}

export function homePage(page: Page, data: HomeData): Html {
  const { messages, base, language, catalogue } = page
  const { home, site, kinds } = messages
  const list = (kind: 'meeting' | 'proposal', docs: readonly Doc[]) =>
    docs.length === 0
      ? html`<p class="muted">${home.noneYet}</p>`
      : lines(page, catalogue.resource(kind), docs)
  const recent = data.recent.map(
    ({ resource, doc }) =>
      html`<li><p class="title">${reference(page, doc.id)}</p><p class="details">${kinds[resource.kind].one} · ${instantHtml(language, doc.createdAt)}</p></li>`,
  )
  const main = html`<h1>${site.name}</h1><p class="lead">${site.tagline} ${site.promise}</p>
${section('counts', home.counts, html`<ul class="counts">${data.counts.map(({ resource, total }) => html`<li>${linkTo(page, `/${resource.path}`, html`<b>${formatNumber(language, total)}</b> ${kinds[resource.kind].many}`)}<br><small>${kinds[resource.kind].about}</small></li>`)}</ul>`)}
<div class="columns">${section('recent', home.recent, recent.length === 0 ? html`<p class="muted">${home.noneYet}</p>` : html`<ul class="records">${recent}</ul>`)}
<div>${data.next.length > 0 && section('next', home.next, list('meeting', data.next))}${section('last', home.last, list('meeting', data.last))}${section(
    'quiet',
    home.quiet,
    html`<p class="muted">${home.quietAbout}</p>${list('proposal', data.quiet)}<p><a href="${href(page, '/quiet', { stalledSince: data.quietSince })}">${home.all} →</a></p>`,
  )}</div></div>
${section(
  'machines',
  home.forMachines,
  html`<p>${fill(home.forMachinesAbout, {
    api: html`<a href="${`${base}/docs/`}">${site.api}</a>`,
    openapi: html`<a href="${`${base}/openapi.json`}">OpenAPI</a>`,
  })}</p>`,
)}`
  return layout(page, {
    title: `${site.name}: ${site.tagline}`,
    main,
    description: `${site.tagline} ${site.promise}`,
    timeless: true,
  })
}
