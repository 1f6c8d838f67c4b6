// The search over all records and their parts.
import type { ReadContext } from '../records/read/context.ts'
import { type DescribedHit, describeHits, type SearchParameters, searchPage } from '../records/read/search.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { dateHtml } from './dates.ts'
import { type Html, html, join, raw } from './html.ts'
import { fill, foreign, type Language, plural } from './languages.ts'
import { layout } from './layout.ts'
import { type Names, namesIn, shortened } from './names.ts'
import { href, linkTo, type Page, pageOfApiPath } from './page.ts'
import { capital } from './words.ts'

export interface SearchData {
  hits: DescribedHit[]
  nextCursor: string | null
  total: number | null
  ranked: boolean
  names: Names
}

export async function readSearchData(
  context: ReadContext,
  parameters: SearchParameters,
  language: Language,
): Promise<SearchData> {
  const { hits, page } = await searchPage(context, parameters)
  const described = await describeHits(context.catalogue, hits, parameters.q)
  const names = await namesIn(
    context,
    described.map(({ id }) => id),
    { asOf: null, seq: null },
    language,
  )
  return {
    hits: described,
    nextCursor: page.nextCursor,
    total: page.total ?? null,
    ranked: page.ranked,
    names,
  }
}

/** @param data null before anything was searched for */
export function searchPageOf(page: Page, q: string, data: SearchData | null): Html {
  const { messages, language, query, catalogue } = page
  const { search, counts, list, kinds } = messages
  const searched = catalogue.entities.filter(({ searchText }) => searchText)
  const chosen = String(query['kind'] ?? '')
  const form = html`<form class="filters" action="${href(page, '/search')}"><p class="wide"><label for="q">${search.label}</label><input type="search" id="q" name="q" value="${q}" maxlength="500" aria-describedby="q-help"></p><p><label for="kind">${search.kind}</label><select id="kind" name="kind"><option value="">${list.any}</option>${searched.map(({ kind }) => html`<option value="${kind}"${kind === chosen && html` selected`}>${kinds[kind].many}</option>`)}</select></p><p><button>${messages.site.search}</button></p></form><p class="muted" id="q-help">${search.help}</p>`
  const shown = foreign(q, null, language)
  const { cursor: _, ...rest } = query
  const results =
    data &&
    (data.hits.length === 0
      ? html`<p role="status">${fill(search.none, { q: shown })}</p>`
      : html`<h2>${fill(search.found, { q: shown })}${data.total !== null && html`<small>: ${plural(language, counts.hits, data.total)}</small>`}</h2>${data.ranked ? null : html`<p class="muted">${search.newest}</p>`}<ol class="records hits">${data.hits.map((hit) => hitItem(page, hit))}</ol>${data.nextCursor !== null && html`<nav class="pages" aria-label="${list.next}"><a rel="next" href="${href(page, '/search', { ...rest, cursor: data.nextCursor })}">${list.next} →</a></nav>`}`)
  const main = html`<h1>${search.title}</h1>${form}${results}`
  return layout(page, {
    title: q === '' ? search.title : `${q} · ${search.title}`,
    main,
    hidden: true,
    timeless: true,
  })
}

function hitItem(page: Page, hit: DescribedHit): Html {
  const { kinds } = page.messages
  const name = page.names.get(hit.id)
  const title = name
    ? foreign(name.text, name.language, page.language)
    : foreign(shortened(hit.title), null, page.language)
  const details = [
    capital(kinds[hit.kind as Kind].one),
    hit.date !== null && dateHtml(page.language, hit.date),
  ].filter((one) => one !== false)
  // A snippet is HTML already: everything in it is escaped but the marks (core/snippet.ts).
  return html`<li><p class="title">${linkTo(page, pageOfApiPath(hit.path), title)}</p><p class="details">${join(details, ' · ')}</p><p class="snippet" dir="auto">${raw(hit.snippet)}</p></li>`
}
