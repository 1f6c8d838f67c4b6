// The start page: what this is with an example, the search, what was recorded last, meetings, and what is quiet.
import type { ReadContext } from '../records/read/context.ts'
import { partsIn } from '../records/read/docs.ts'
import { listPage } from '../records/read/page.ts'
import { type Listable, type ListQuery, listQuery, MAX_LIMIT } from '../records/read/parameters.ts'
import { parse, readRecord } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { instantHtml } from './dates.ts'
import { bestQuote, quoteCard } from './description.ts'
import { type Html, html, join } from './html.ts'
import { fill, type Language, plural } from './languages.ts'
import { layout, searchForm, section } from './layout.ts'
import { lines, recordDetails } from './lines.ts'
import { type Names, namesIn } from './names.ts'
import { href, linkTo, NOW, type Page } from './page.ts'
import { siteItem } from './structured-data.ts'
import { reference } from './values.ts'
import { recordWord } from './words.ts'

/** How many records each list of the page has. */
const MAX_SHOWN = 5

/** How many sources are named with what was recorded from them, and how many records of each. */
const MAX_SOURCES = 3
const MAX_NAMED = 3

/** The kinds in the order in which they are news; the others are what they are about. */
const NEWS = ['proposal', 'statement', 'agreement', 'meeting'] as const satisfies readonly Kind[]

/** A source with the records that are quoted from it. */
interface Recorded {
  source: Doc
  /** Their ids by kind, in the order of `NEWS`. */
  records: [kind: (typeof NEWS)[number], ids: string[]][]
}

export interface HomeData {
  counts: { resource: Resource; total: number }[]
  /** A record with a quote for it. */
  example: { resource: Resource; doc: Doc; quote: Doc } | null
  sources: Recorded[]
  /** Other records that were recorded last. */
  recent: { resource: Resource; doc: Doc }[]
  next: Doc[]
  last: Doc[]
  quiet: Doc[]
  /** The day since when the quiet ones are. */
  quietSince: string
  names: Names
}

export async function readHomeData(context: ReadContext, language: Language): Promise<HomeData> {
  const { catalogue } = context
  const today = context.now.toISOString().slice(0, 10)
  const quietSince = Temporal.PlainDate.from(today).subtract({ years: 1 }).toString()
  const newest = [{ column: 'createdAt', descending: true }]
  const all: { resource: Resource; docs: Doc[]; total: number }[] = []
  for (const resource of catalogue.resources)
    all.push({ resource, ...(await read(context, resource, {}, { sort: newest, count: 'exact' })) })
  const newestOf = (kind: Kind) => all.find(({ resource }) => resource.kind === kind)?.docs ?? []
  const sources: Recorded[] = []
  for (const source of newestOf('source').slice(0, MAX_SOURCES))
    sources.push({ source, records: await recordsOf(context, source.id) })
  const named = new Set(sources.flatMap(({ records }) => records.flatMap(([, ids]) => ids)))
  const meetings = catalogue.resource('meeting')
  const tomorrow = Temporal.PlainDate.from(today).add({ days: 1 }).toString()
  const byStart = (descending: boolean) => ({ sort: [{ column: 'startDate', descending }] })
  const data = {
    example: await readExample(context),
    sources,
    recent: recentOf(all, named, MAX_SHOWN - sources.length),
    next: (await read(context, meetings, { startFrom: [tomorrow] }, byStart(false))).docs,
    last: (await read(context, meetings, { startTo: [today] }, byStart(true))).docs,
    quiet: (
      await read(
        context,
        catalogue.resource('proposal'),
        { stalledSince: [quietSince] },
        { sort: [{ column: 'statusSince', descending: false }] },
      )
    ).docs,
  }
  const mentioned = {
    ...data,
    recent: data.recent.map(({ doc }) => doc),
    example: [data.example?.doc, data.example?.quote],
  }
  return {
    ...data,
    counts: all.map(({ resource, total }) => ({ resource, total })),
    quietSince,
    names: await namesIn(context, mentioned as unknown as Json, { asOf: null, seq: null }, language),
  }
}

async function read(
  context: ReadContext,
  kind: Listable,
  filters: Record<string, string[]>,
  options: Partial<ListQuery>,
): Promise<{ docs: Doc[]; total: number }> {
  const query = { ...listQuery(kind, filters, NOW), limit: MAX_SHOWN, ...options }
  const { rows, total = 0 } = await listPage(context, kind, query)
  return { docs: rows.map(parse), total }
}

/** The records that are quoted from a source, by kind. */
async function recordsOf(context: ReadContext, sourceId: string): Promise<Recorded['records']> {
  const evidence = context.catalogue.child('evidence')
  const query = { ...listQuery(evidence, { source: [sourceId] }, NOW), limit: MAX_LIMIT }
  const quotes = (await listPage(context, evidence, query)).rows.map(parse)
  return NEWS.flatMap((kind) => {
    const ids = quotes.flatMap(({ recordKind, recordId }) => (recordKind === kind ? [String(recordId)] : []))
    return ids.length === 0 ? [] : [[kind, [...new Set(ids)]]]
  })
}

/** The newest records that are not named already: news, and what they are about if there is room. */
function recentOf(
  all: readonly { resource: Resource; docs: readonly Doc[] }[],
  named: ReadonlySet<string>,
  room: number,
): HomeData['recent'] {
  const isNews = ({ kind }: Resource) => NEWS.some((one) => one === kind)
  const [news = [], others = []] = [true, false].map((is) =>
    all
      .filter(({ resource }) => resource.kind !== 'source' && isNews(resource) === is)
      .flatMap(({ resource, docs }) => docs.map((doc) => ({ resource, doc })))
      .filter(({ doc }) => !named.has(doc.id))
      .sort((one, other) => other.doc.createdAt.localeCompare(one.doc.createdAt))
      .slice(0, MAX_SHOWN),
  )
  return [...news, ...others.slice(0, Math.max(0, room - news.length))]
}

/** How many of the last quotes the example is chosen from. */
const MAX_CANDIDATES = 20

/** One of the records that were quoted for last, rather a proposal, with the quote that says most about it. */
async function readExample(context: ReadContext): Promise<HomeData['example']> {
  const { catalogue } = context
  const evidence = catalogue.child('evidence')
  const filters = { recordKind: [...NEWS], motivation: ['quote'], direction: ['supports'] }
  const options = { sort: [{ column: 'createdAt', descending: true }], limit: MAX_CANDIDATES }
  const { docs } = await read(context, evidence, filters, options)
  const place = ({ recordKind }: Doc) => (NEWS as readonly string[]).indexOf(String(recordKind))
  const [chosen] = docs.toSorted((one, other) => place(one) - place(other))
  if (!chosen) return null
  const resource = catalogue.resource(chosen['recordKind'] as Kind)
  const view = { asOf: null, seq: null }
  const doc = parse(await readRecord(context, resource, String(chosen['recordId']), view, []))
  const quote = bestQuote(resource, await partsIn(context, evidence, [doc.id], view))
  return quote ? { resource, doc, quote } : null
}

export function homePage(page: Page, data: HomeData): Html {
  const { messages, base, language, catalogue } = page
  const { home, site, kinds, counts, punctuation } = messages
  const introduction = `${site.tagline}${punctuation.space}${site.promise}`
  const list = (kind: 'meeting' | 'proposal', docs: readonly Doc[]) =>
    docs.length === 0
      ? html`<p class="muted">${home.noneYet}</p>`
      : lines(page, catalogue.resource(kind), docs)
  const recorded = [
    ...data.sources.map((source) => sourceItem(page, source)),
    ...data.recent.map(
      ({ resource, doc }) =>
        html`<li><p class="title">${reference(page, doc.id)}</p><p class="details">${recordWord(page, resource.kind, doc)} · ${instantHtml(language, doc.createdAt)}</p></li>`,
    ),
  ]
  const main = html`<h1>${site.name}</h1><p class="lead">${introduction}</p>
${searchForm(page, 'search-first', home.search)}
${data.example && section('example', home.example, exampleOf(page, data.example))}
${section('counts', home.counts, html`<ul class="counts">${data.counts.map(({ resource, total }) => html`<li>${linkTo(page, `/${resource.path}`, html`<b>${plural(language, counts[resource.kind as keyof typeof counts], total)}</b>`)}<br><small>${kinds[resource.kind].about}</small></li>`)}</ul>`)}
<div class="columns">${section('recent', home.recent, recorded.length === 0 ? html`<p class="muted">${home.noneYet}</p>` : html`<ul class="records">${recorded}</ul>`)}
<div>${section('next', home.next, list('meeting', data.next))}${section('last', home.last, list('meeting', data.last))}${section(
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
    title: `${site.name}${punctuation.colon}${site.tagline}`,
    main,
    description: introduction,
    timeless: true,
    head: siteItem(page),
  })
}

/** A fact, and the words that it rests on. */
const exampleOf = (page: Page, { resource, doc, quote }: NonNullable<HomeData['example']>): Html =>
  html`<p><b>${reference(page, doc.id)}</b><br><small class="muted">${join(recordDetails(page, resource, doc), ' · ')}</small></p><p>${page.messages.home.restsOn}</p>${quoteCard(page, quote)}`

/** A source with what was recorded from it, so that its records do not hide those of others. */
function sourceItem(page: Page, { source, records }: Recorded): Html {
  const { language, messages } = page
  const { counts, kinds } = messages
  const counted = records.map(([kind, ids]) => plural(language, counts[kind], ids.length))
  const names = records.flatMap(([, ids]) => ids).slice(0, MAX_NAMED)
  return html`<li><p class="title">${reference(page, source.id)}</p><p class="details">${join([kinds.source.one, instantHtml(language, source.createdAt), ...counted], ' · ')}</p>${names.length > 0 && html`<ul>${names.map((id) => html`<li>${reference(page, id)}</li>`)}</ul>`}</li>`
}
