// Follows the links of pages, so that checks run over every kind of page without a list that someone must keep.
import { catalogue } from '../../src/resources/index.ts'

export interface CrawledPage {
  /** The address, without a fragment. */
  url: string
  /** The page that links to it; null for a first one. */
  from: string | null
  status: number
  text: string
  /** The addresses that it links to, with fragments. */
  links: string[]
}

type Get = (
  url: string,
  headers: Record<string, string>,
) => Promise<{ status: number; headers: Record<string, unknown>; text: string }>

/** What browsers accept. */
const HTML = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }

const RECORD = new RegExp(`/(${catalogue.entities.map(({ path }) => path).join('|')})/[^/]+`, 'g')

/** The shape of an address: `/ru/states/RU?asOf=2022` is one of `/ru/states/:id?asOf`. */
export function shapeOf(url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const path = pathname.replaceAll(RECORD, '/$1/:id')
  const names = [...new Set(searchParams.keys())].sort()
  return names.length === 0 ? path : `${path}?${names.join('&')}`
}

const unescapeHtml = (text: string) =>
  text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

const linksOf = (url: string, text: string): string[] =>
  [...text.matchAll(/<a\s[^>]*?href="([^"]*)"/g)]
    .map(([, address = '']) => unescapeHtml(address))
    .filter((address) => /^(?:\/(?!\/)|[?#])/.test(address))
    .map((address) => {
      const { pathname, search, hash } = new URL(address, new URL(url, 'http://localhost'))
      return pathname + search + hash
    })

/**
 * Reads pages and those that they link to. Links in responses of the API are not followed.
 * @param perShape how many addresses of each shape are read
 */
export async function crawl(
  get: Get,
  starts: readonly string[],
  perShape: number,
  isFollowed: (url: string) => boolean = () => true,
): Promise<CrawledPage[]> {
  const found = new Map<string, CrawledPage>()
  const counts = new Map<string, number>()
  const queue: { url: string; from: string | null }[] = starts.map((url) => ({ url, from: null }))
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { url, from } = next
    const shape = shapeOf(url)
    const count = counts.get(shape) ?? 0
    if (found.has(url) || count >= perShape || !isFollowed(url)) continue
    counts.set(shape, count + 1)
    const { status, headers, text } = await get(url, HTML)
    const location = headers['location']
    const links = typeof location === 'string' ? [location] : linksOf(url, text)
    found.set(url, { url, from, status, text, links })
    if (url.startsWith('/v1/')) continue
    queue.push(...links.map((link) => ({ url: link.split('#')[0] ?? '', from: url })))
  }
  return [...found.values()]
}

const isEnglishPage = (url: string) =>
  !url.includes('?') && !/^\/(?:v1|docs|openapi|ru|zh|evidence)\b|\/citation\./.test(url)

/** The address of the longest page of each shape, in English and without parameters. */
export async function kindsOfPages(get: Get): Promise<string[]> {
  const longest = new Map<string, { url: string; length: number }>()
  for (const { url, status, text } of await crawl(get, ['/en/'], 100, isEnglishPage)) {
    const shape = shapeOf(url)
    if (status === 200 && text.length > (longest.get(shape)?.length ?? 0))
      longest.set(shape, { url, length: text.length })
  }
  return [...longest.values()].map(({ url }) => url.replace('/en/', '/'))
}
