// Takes the article out of an HTML page: its text, title, publisher, authors, language and day. Runs in the thread of extractor.ts.
import { Readability } from '@mozilla/readability'
import { parseHTML } from 'linkedom'
import { canonicalLanguage } from '../../core/language.ts'
import { singleLine } from '../../core/text.ts'
import { type Extracted, NOTHING_EXTRACTED } from './extracted.ts'
import { type DomNode, visibleText } from './visible-text.ts'

/** An article with less text than this is none, in UTF-16 units. */
const MIN_ARTICLE = 140

/** @param address where the page was read; null for a file */
export function extractArticle(html: string, address: string | null): Extracted {
  const document = parsePage(html)
  const metadata = metadataOf(document, address)
  const heading = headingOf(document)
  const pageTitle = tidy(document.querySelector('title')?.textContent)
  // It changes the document, so what else is read from it comes first.
  const whole = visibleText(document.documentElement as unknown as DomNode)
  const article = new Readability<DomNode>(document as unknown as ReadabilityDocument, {
    serializer: (node) => node as unknown as DomNode,
  }).parse()
  const body = article?.content ? visibleText(article.content) : ''
  const title = heading ?? tidy(article?.title) ?? pageTitle
  const isArticle = body.length >= MIN_ARTICLE || body.length > whole.length / 2
  return {
    ...NOTHING_EXTRACTED,
    ...metadata,
    title,
    publisher: metadata.publisher ?? tidy(article?.siteName),
    authors: [...new Set(authorsIn(article?.byline))],
    language: metadata.language ?? languageIn(article?.lang),
    publishedOn: metadata.publishedOn ?? dayIn(article?.publishedTime),
    text: isArticle ? withHeading(title, body) : whole,
    whole: !isArticle,
  }
}

/** The headline belongs to what readers see, and Readability takes it out. */
const withHeading = (title: string | null, body: string) =>
  title === null || body.startsWith(title) ? body : `${title}\n\n${body}`

type ReadabilityDocument = ConstructorParameters<typeof Readability>[0]

type Root = ReturnType<typeof parseHTML>['document']

/** Elements that are not shown, which a page may have before its body. */
const OF_HEAD = /^(?:HEAD|TITLE|META|LINK|STYLE|SCRIPT|BASE)$/

/** Parses a page. The parser does not add the tags of `html` and `body`, which pages may leave out. */
function parsePage(html: string): Root {
  const { document } = parseHTML(/<html[\s>]/i.test(html) ? html : `<html>${html}</html>`)
  const root = document.documentElement
  if (!root.querySelector('body')) {
    const body = document.createElement('body')
    body.append(...[...root.childNodes].filter(({ nodeName }) => !OF_HEAD.test(nodeName)))
    root.append(body)
  }
  return document
}

/** The headline: the first `h1` that the title of the page has too, or the only one. */
function headingOf(document: Root): string | null {
  const headings = [...document.querySelectorAll('h1')].flatMap(({ textContent }) => tidy(textContent) ?? [])
  const title = tidy(document.querySelector('title')?.textContent) ?? ''
  const titled = headings.find((heading) => title.includes(heading))
  return titled ?? (headings.length === 1 ? (headings[0] ?? null) : null)
}

function metadataOf(document: Root, address: string | null) {
  const meta = (...names: string[]) => {
    for (const name of names) {
      const found = [...document.querySelectorAll('meta')].find(
        (each) =>
          [each.getAttribute('property'), each.getAttribute('name'), each.getAttribute('itemprop')].some(
            (one) => one?.toLowerCase() === name,
          ) && tidy(each.getAttribute('content')),
      )
      if (found) return tidy(found.getAttribute('content'))
    }
    return null
  }
  const linked = linkedData(document)
  const time = document.querySelector('time[pubdate], time[itemprop=datePublished], article time[datetime]')
  return {
    publisher: meta('og:site_name', 'application-name', 'dc.publisher', 'publisher') ?? linked.publisher,
    language:
      languageIn(document.documentElement?.getAttribute('lang')) ??
      languageIn(meta('content-language', 'og:locale', 'dc.language')) ??
      languageIn(linked.language),
    publishedOn:
      dayIn(linked.published) ??
      dayIn(
        meta(
          'article:published_time',
          'datepublished',
          'dc.date.issued',
          'dc.date',
          'pubdate',
          'date',
          'publishdate',
        ),
      ) ??
      dayIn(time?.getAttribute('datetime')),
    url: ownAddress(document.querySelector('link[rel=canonical]')?.getAttribute('href'), address),
  }
}

/** What the page says of its article in JSON-LD (schema.org). */
function linkedData(document: Root) {
  const found = {
    publisher: null as string | null,
    published: null as string | null,
    language: null as string | null,
  }
  for (const script of document.querySelectorAll('script[type="application/ld+json"]')) {
    for (const node of nodesIn(parseJson(script.textContent ?? ''))) {
      if (typeof node['datePublished'] !== 'string') continue
      const publisher = node['publisher'] as { name?: unknown } | undefined
      found.publisher ??= tidy(publisher?.name)
      found.published ??= node['datePublished']
      found.language ??= tidy(node['inLanguage'])
    }
  }
  return found
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The nodes of a graph: alone, in a list, or in `@graph`. */
function nodesIn(data: unknown): Record<string, unknown>[] {
  if (Array.isArray(data)) return data.flatMap(nodesIn)
  if (typeof data !== 'object' || data === null) return []
  const node = data as Record<string, unknown>
  return [node, ...nodesIn(node['@graph'])]
}

const MAX_NAME = 500

/** A text on one line; null if it is empty or none. */
function tidy(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = singleLine(value).replace(/ +/g, ' ').trim()
  return text === '' || text.length > MAX_NAME ? null : text
}

/** Names in a byline such as `By Anna Lee and Omar Aliyev`. */
const authorsIn = (byline: unknown): string[] =>
  (tidy(byline) ?? '')
    .replace(/^by\s+/i, '')
    .split(/\s*(?:,|;|\band\b|、)\s*/)
    .filter((name) => /\p{L}/u.test(name))
    .slice(0, 20)

const languageIn = (tag: unknown): string | null =>
  canonicalLanguage((tidy(tag) ?? '').replaceAll('_', '-').split(/[,;]/)[0] ?? '')

/** The day of a time as it is written: `2022-08-24` of `2022-08-24T23:30:00+03:00`. */
function dayIn(time: unknown): string | null {
  const day =
    /^\s*(\d{4})-(\d{2})-(\d{2})(?!\d)/.exec(String(time ?? '')) ??
    /^(\d{4})(\d{2})(\d{2})(?:T|$)/.exec(String(time ?? ''))
  if (!day) return null
  const text = day.slice(1).join('-')
  return Number.isNaN(Date.parse(text)) ? null : text
}

/** The address that a page gives for itself: of a page that was fetched, one on its host. */
function ownAddress(href: string | null | undefined, address: string | null): string | null {
  const url = href ? URL.parse(href, address ?? undefined) : null
  if (!url || !/^https?:$/.test(url.protocol)) return null
  return address === null || URL.parse(address)?.host === url.host ? url.href : null
}
