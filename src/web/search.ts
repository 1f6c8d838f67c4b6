// The search over all records and their parts.
import type { ReadContext } from '../records/read/context.ts'
import { docsById } from '../records/read/docs.ts'
import { findSurvivor } from '../records/read/record.ts'
import {
  countByKind,
  type DescribedHit,
  describeHits,
  type SearchParameters,
  searchPage,
} from '../records/read/search.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import { type Kind, kindOfId, STATE_CODE } from '../records/schema/kinds.ts'
import { dateHtml } from './dates.ts'
import { type Html, html, isEmpty, join, raw } from './html.ts'
import { fill, foreign, formatNumber, type Language, plural } from './languages.ts'
import { layout } from './layout.ts'
import { type Name, type Names, namesIn, RECORD_ID, shortened, statesCalled } from './names.ts'
import { href, linkTo, type Page, pageOfApiPath } from './page.ts'
import { textFragment } from './text-fragment.ts'
import { reference } from './values.ts'
import { capital, recordWord, valueHtml } from './words.ts'

interface Hit extends DescribedHit {
  /** The source of evidence. */
  sourceId: string | null
  /** The record that it is, or that has the part. */
  ownerId: string
  /** The type of a meeting or an organization. */
  classification: string | null
}

export interface SearchData {
  hits: Hit[]
  nextCursor: string | null
  total: number | null
  /** The number of all hits by kind; null if there are too many. */
  counts: ReadonlyMap<Kind, number> | null
  ranked: boolean
  /** The states that have what was searched for as their name. */
  states: string[]
  names: Names
}

/** The page of the record whose id, or code of a state, was typed instead of words. */
export async function directPath({ catalogue, reader }: ReadContext, q: string): Promise<string | undefined> {
  const word = q.trim()
  const id = STATE_CODE.test(word) ? word : word.toLowerCase()
  const kind = STATE_CODE.test(id) ? 'state' : RECORD_ID.test(id) ? kindOfId(id) : undefined
  const entity = kind && catalogue.entity(kind)
  const found = entity && (await findSurvivor(reader, entity, id))
  return found && `/${entity.path}/${found.id}`
}

export async function readSearchData(
  context: ReadContext,
  parameters: SearchParameters,
  language: Language,
): Promise<SearchData> {
  const { hits: found, page } = await searchPage(context, parameters)
  const described = await describeHits(context.catalogue, found, parameters.q)
  const hits = described.map((hit, index): Hit => {
    const { sourceId, classification }: Partial<Doc> = found[index]?.doc ?? {}
    return {
      ...hit,
      sourceId: typeof sourceId === 'string' ? sourceId : null,
      classification: typeof classification === 'string' ? classification : null,
      ownerId: typeof hit.recordId === 'string' ? hit.recordId : hit.id,
    }
  })
  const owners = await ownersOfParts(
    context,
    hits.map(({ ownerId }) => ownerId),
  )
  for (const hit of hits) hit.ownerId = owners.get(hit.ownerId) ?? hit.ownerId
  const counts = page.ranked ? await countByKind(context, parameters.q) : null
  const counted = [...(counts ?? [])].filter(([kind]) => parameters.kind?.includes(kind) ?? true)
  const total = counts && counted.reduce((sum, [, count]) => sum + count, 0)
  const states = await statesCalled(context, parameters.q, language)
  const mentioned = [states, ...hits.map(({ id, sourceId, ownerId }) => [id, sourceId, ownerId])] as Json
  return {
    hits,
    nextCursor: page.nextCursor,
    total,
    counts,
    ranked: page.ranked,
    states,
    names: await namesIn(context, mentioned, { asOf: null, seq: null }, language),
  }
}

/** The records that have the parts among some ids. */
async function ownersOfParts(context: ReadContext, ids: readonly string[]): Promise<Map<string, string>> {
  const now = { asOf: null, seq: null }
  const owners = new Map<string, string>()
  for (const [kind, ofKind] of Map.groupBy(ids, kindOfId)) {
    const child = context.catalogue.children.find((one) => one.kind === kind)
    if (!child) continue
    for (const { id, recordId } of await docsById(context, child, ofKind, now))
      owners.set(id, String(recordId))
  }
  return owners
}

/** @param data null before anything was searched for */
export function searchPageOf(page: Page, q: string, data: SearchData | null): Html {
  const { messages, language, query } = page
  const { search, counts, list } = messages
  const form = html`<form class="filters" action="${href(page, '/search')}"><p class="wide"><label for="q">${search.label}</label><input type="search" id="q" name="q" value="${q}" maxlength="500" aria-describedby="q-help"></p><p><button>${messages.site.search}</button></p></form><p class="muted" id="q-help">${search.help}</p>`
  const shown = foreign(q, null, language)
  const { cursor, ...rest } = query
  const pages =
    data &&
    [
      cursor !== undefined && html`<a href="${href(page, '/search', rest)}">← ${list.first}</a>`,
      data.nextCursor !== null &&
        html`<a rel="next" href="${href(page, '/search', { ...rest, cursor: data.nextCursor })}">${list.next} →</a>`,
    ].filter((each) => each !== false)
  const results =
    data &&
    (data.hits.length === 0
      ? data.states.length === 0 &&
        html`<p role="status">${fill(search.none, { q: shown })}</p>${anyWord(page, q)}`
      : html`<h2>${fill(search.found, { q: shown })}${data.total !== null && html`<small>${messages.punctuation.colon}${plural(language, counts.hits, data.total)}</small>`}</h2>${data.ranked ? null : html`<p class="muted">${search.newest}</p>`}<ol class="records hits">${data.hits.map((hit) => hitItem(page, hit))}</ol>${pages && pages.length > 0 && html`<nav class="pages" aria-label="${list.pages}">${join(pages, ' · ')}</nav>`}`)
  const states =
    data &&
    data.states.length > 0 &&
    html`<ul class="records">${data.states.map((code) => html`<li><p class="title">${reference(page, code)}</p><p class="details">${capital(messages.kinds.state.one)}</p></li>`)}</ul>`
  const main = html`<h1>${search.title}</h1>${form}${states}${data && kindLinks(page, q, data)}${results}`
  return layout(page, {
    title: q === '' ? search.title : `${q} · ${search.title}`,
    main,
    hidden: true,
    timeless: true,
  })
}

/** The kinds that were found, as links, and the list of the one that is shown, which has filters and feeds. */
function kindLinks(page: Page, q: string, { counts }: SearchData): Html | null {
  const { language, query, messages, catalogue } = page
  const { search, kinds } = messages
  const chosen = String(query['kind'] ?? '')
  const searched = catalogue.entities.filter(
    ({ searchText, kind }) => searchText && counts?.get(kind) !== undefined,
  )
  if (searched.length < 2 && chosen === '') return null
  const link = (kind: string | null, words: string, count: number) => {
    const text = html`${words} ${formatNumber(language, count)}`
    return kind === (chosen || null)
      ? html`<li><span aria-current="true">${text}</span></li>`
      : html`<li><a href="${href(page, '/search', { q, kind })}">${text}</a></li>`
  }
  const all = [...(counts?.values() ?? [])].reduce((sum, count) => sum + count, 0)
  const only = catalogue.entities.find(({ kind }) => kind === chosen)
  return html`<nav aria-label="${search.kind}"><ul>${link(null, search.all, all)}${searched.map(({ kind }) => link(kind, kinds[kind].many, counts?.get(kind) ?? 0))}</ul></nav>${only && html`<p><a href="${href(page, `/${only.path}`, { q })}">${search.asList}</a></p>`}`
}

/** Where all of several words were not found: the search for any of them. */
function anyWord(page: Page, q: string): Html | null {
  const words = q.split(/\s+/).filter((word) => /^[\p{L}\p{N}]+$/u.test(word) && word !== 'OR')
  return words.length < 2
    ? null
    : html`<p><a href="${href(page, '/search', { q: words.join(' OR ') })}">${page.messages.search.anyWord}</a></p>`
}

function hitItem(page: Page, hit: Hit): Html {
  const { messages, language, names } = page
  const { search } = messages
  const name = names.get(hit.ownerId)
  const kind = capital(recordWord(page, hit.kind, { ...hit }))
  if (hit.sourceId !== null) {
    const [source, record] = [hit.sourceId, hit.ownerId].map((id) => reference(page, id) ?? id)
    const details = fill(search.evidence, { kind, source, record })
    return html`<li><p class="title" dir="auto">${linkTo(page, pathOfHit(hit), raw(hit.snippet))}</p><p class="details">${details}</p></li>`
  }
  const snippet = snippetOf(page, hit, name)
  const title = name
    ? foreign(name.text, name.language, language)
    : foreign(shortened(hit.title), null, language)
  const date = hit.date !== null && html` · ${dateHtml(language, hit.date)}`
  return html`<li><p class="title">${linkTo(page, pathOfHit(hit), title)}</p><p class="details">${kind}${date}</p>${!isEmpty(snippet) && html`<p dir="auto">${snippet}</p>`}</li>`
}

/** A line with nothing but a code: the type of an organization, or the name that a topic has in addresses. */
const CODE = /^(?:<\/?mark>|[a-z0-9-])+$/

/** The kinds whose texts are mostly names, a line each. */
const NAMED: readonly string[] = ['topic', 'organization', 'speaker', 'state', 'meeting']

/**
 * A snippet is HTML already: everything in it is escaped but the marks (core/snippet.ts). Of the names of a record it has those
 * that were found, other than the title of the hit. Codes in it are words, or left out.
 */
function snippetOf(page: Page, { kind, snippet }: Hit, name: Name | undefined): Html {
  const lines = snippet.split('\n').flatMap((line) => {
    const isFound = line.includes('<mark>')
    const text = unescaped(line.replaceAll(/<\/?mark>/g, ''))
    const one = name?.all.find((each) => isPart(text, each.name))
    if (one ? !isFound || name?.text.startsWith(one.name) : !isFound && NAMED.includes(kind)) return []
    if (one) return [foreign(raw(line), one.language, page.language)]
    if (!CODE.test(line) || (kind !== 'topic' && kind !== 'organization')) return [raw(line)]
    return kind === 'topic' ? [] : [html`<mark>${valueHtml(page, text)}</mark>`]
  })
  return join(lines, '\n')
}

/** Whether a line is a text, or where a snippet begins or ends, a part of it. */
function isPart(line: string, text: string): boolean {
  const isEnd = line.startsWith('…') && text.endsWith(line.slice(1))
  const isStart = line.endsWith('…') && text.startsWith(line.slice(0, -1))
  return line === text || (line.length > 1 && (isEnd || isStart))
}

/** The text of a snippet without marks. */
const unescaped = (snippet: string) =>
  snippet.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

/** The page of a hit: evidence at its passage, a source at the words that were found in its text. */
function pathOfHit({ kind, id, path, sourceId, snippet }: Hit): string {
  if (sourceId !== null) return `/sources/${sourceId}#${id}`
  return kind === 'source' ? textFragment(pageOfApiPath(path), passageIn(snippet)) : pageOfApiPath(path)
}

/** How much of what surrounds words is in an address, in UTF-16 units. */
const MAX_CONTEXT = 32

/** The first words that are marked in a snippet, and what surrounds them on their line. */
function passageIn(snippet: string): { exact: string; prefix: string; suffix: string } {
  const [, before = '', exact = '', after = ''] = /^([^<]*)<mark>([^<]*)<\/mark>([^<]*)/.exec(snippet) ?? []
  const [prefix, marked, suffix] = [before, exact, after].map(unescaped) as [string, string, string]
  return {
    exact: marked,
    prefix: prefix.slice(prefix.lastIndexOf('\n') + 1).slice(-MAX_CONTEXT),
    suffix: (suffix.split('\n')[0] ?? '').slice(0, MAX_CONTEXT),
  }
}
