// Facets of a list: how many of its records have each status, state, topic or year, as links to these.
import type { Bar } from '../records/read/chart.ts'
import type { ReadContext } from '../records/read/context.ts'
import { filtersOf, type Listable, type ListQuery } from '../records/read/parameters.ts'
import { resolveFilters } from '../records/read/resolve.ts'
import { barsBy, withIds } from '../records/read/statistics.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Html, html } from './html.ts'
import { formatNumber } from './languages.ts'
import { section } from './layout.ts'
import { nameHtml, shortened } from './names.ts'
import { href, type Page } from './page.ts'
import { MAX_TOTAL } from './totals.ts'
import { filterWord, valueHtml } from './words.ts'

/** The groupings of /v1/stats that are useful for a list, by kind. All but `year` have the name of the filter that they lead to. */
export const FACETS: Partial<Record<Kind, readonly string[]>> = {
  meeting: ['classification', 'topic', 'state', 'year'],
  proposal: ['status', 'topic', 'state', 'year'],
  agreement: ['status', 'topic', 'state', 'year'],
  statement: ['state', 'topic', 'organization', 'year'],
}

/** How many values a facet has, and how many it has when a reader wants more. */
const MAX_SHOWN = 10
const MAX_ALL = 500

/** The counts by the values of a grouping. */
export interface Facet {
  name: string
  /** The parameters that narrow the list to a value. */
  parameters: readonly string[]
  /** Those of most records first; years in descending order. None if they were not counted. */
  bars: readonly Bar[]
  hasMore: boolean
}

/**
 * Counts the records of a list, with its conditions. What is a condition already, and what all records share, is left out.
 * @param ids of the records of the list, up to `MAX_TOTAL` and one
 * @param whole the facet of which all values are wanted
 */
export async function readFacets(
  context: ReadContext,
  kind: Listable,
  { filters, asOf }: ListQuery,
  ids: readonly string[],
  whole: string | undefined,
): Promise<Facet[]> {
  const resource = context.catalogue.findResource(kind.kind)
  const wanted = (FACETS[kind.kind] ?? []).flatMap((name) => {
    const parameters = resource ? parametersOf(resource, name) : []
    return parameters.some((parameter) => filters[parameter]) ? [] : [{ name, parameters }]
  })
  if (!resource || wanted.length === 0) return []
  const view = { asOf, seq: null }
  const isAll = ids.length <= MAX_TOTAL
  const resolved = isAll
    ? withIds(resource, view, ids)
    : await resolveFilters(context, resource, filters, view, { rows: 0, vocabularyAt: null })
  const facets: Facet[] = []
  for (const { name, parameters } of wanted) {
    // Of more records, only the facet that a reader wants is counted, since that takes a while.
    if (!isAll && name !== whole) {
      facets.push({ name, parameters, bars: [], hasMore: true })
      continue
    }
    // A filter by a topic also finds the records of narrower topics.
    const all = (await barsBy(context, resource, resolved, name, name === 'topic'))
      .filter(({ key }) => key !== null)
      .toSorted(name === 'year' ? byYear : byCount)
    const bars = all.slice(0, name === whole ? MAX_ALL : MAX_SHOWN)
    if (bars.some(({ count }) => count < ids.length))
      facets.push({ name, parameters, bars, hasMore: bars.length < all.length })
  }
  return facets
}

const byCount = (one: Bar, other: Bar) =>
  other.count - one.count || String(one.key).localeCompare(String(other.key))

const byYear = (one: Bar, other: Bar) => String(other.key).localeCompare(String(one.key))

/** The parameters that a value of a grouping sets: the filter of its name, or the first and the last day of a year. */
function parametersOf(resource: Resource, name: string): string[] {
  const grouping = resource.groupings?.[name]
  if (!grouping) throw new Error(`The kind ${resource.kind} is not counted by ${name}.`)
  if (!('year' in grouping)) return [name]
  return Object.entries(filtersOf(resource)).flatMap(([parameter, filter]) =>
    filter.by === 'range' && filter.dateKey === grouping.year ? [parameter] : [],
  )
}

/** @param query the parameters of the list @param slugs of topics, by their ids */
export function facetLinks(
  page: Page,
  path: string,
  query: Page['query'],
  facets: readonly Facet[],
  slugs: ReadonlyMap<string, string>,
): Html | null {
  if (facets.length === 0) return null
  const { list } = page.messages
  return section(
    'facets',
    list.narrow,
    facets.map(({ name, parameters, bars, hasMore }) => {
      const items = bars.map(({ key, count }) => {
        const value = slugs.get(String(key)) ?? key
        const address = href(page, path, {
          ...query,
          ...Object.fromEntries(parameters.map((parameter) => [parameter, value])),
        })
        return html`<li><a href="${address}">${keyHtml(page, String(key))}</a> ${formatNumber(page.language, count)}</li>`
      })
      const more = `${href(page, path, { ...query, facet: name })}#facet-${name}`
      return html`<h3 id="facet-${name}">${name === 'year' ? list.year : filterWord(page, name)}</h3><ul>${items}${hasMore && html`<li><a rel="nofollow" href="${more}">${bars.length === 0 ? list.count : list.moreValues}</a></li>`}</ul>`
    }),
  )
}

function keyHtml(page: Page, key: string): Html {
  const name = page.names.get(key)
  return name ? nameHtml({ ...name, text: shortened(name.text, 60) }, page.language) : valueHtml(page, key)
}
