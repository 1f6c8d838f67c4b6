// The sitemap: an index, and for each kind as many files as its records need, in all languages.
import { Readable } from 'node:stream'
import { setImmediate as nextTick } from 'node:timers/promises'
import type { ReadContext, ReadSnapshot } from '../records/read/context.ts'
import { countModified, idBefore, readModified } from '../records/read/modified.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Html, html, raw } from './html.ts'
import { LANGUAGES } from './languages.ts'
import { OVERVIEWS } from './layout.ts'
import { localPath } from './page.ts'

/** How many records a file has: each has an address for each language, and a file may have 50,000 addresses. */
export const RECORDS_PER_FILE = 15_000

/** How many records are read and sent at a time. */
const BATCH = 500

const NAMESPACE = 'http://www.sitemaps.org/schemas/sitemap/0.9'

const HEAD = raw('<?xml version="1.0" encoding="UTF-8"?>\n')

/** The index of all files. @param base the URL of the service */
export async function sitemapIndex(context: ReadContext, base: string): Promise<Html> {
  const files = [file('pages', null)]
  for (const resource of context.catalogue.resources) {
    const { total, last } = await countModified(context, resource)
    for (let number = 1; (number - 1) * RECORDS_PER_FILE < total; number++)
      files.push(file(`${resource.path}-${number}`, last))
  }
  return html`${HEAD}<sitemapindex xmlns="${NAMESPACE}">${files}</sitemapindex>\n`

  function file(name: string, last: string | null): Html {
    return html`<sitemap><loc>${base}/sitemap/${name}.xml</loc>${last !== null && html`<lastmod>${last}</lastmod>`}</sitemap>\n`
  }
}

/** The start pages, the lists and the overviews. */
export function pagesSitemap({ resources }: Catalogue, base: string): Html {
  const paths = ['/', ...resources.map(({ path }) => `/${path}`), ...OVERVIEWS.map((name) => `/${name}`)]
  return html`${HEAD}${raw(START)}${paths.map((path) => addresses(base, path, null))}${raw(END)}`
}

/** A file with records of a kind, as it is read. @param number from 1 @param perFile how many records a file has */
export function recordsSitemap(
  readSnapshot: ReadSnapshot,
  resource: Resource,
  number: number,
  base: string,
  perFile = RECORDS_PER_FILE,
): Readable {
  return Readable.from(chunks(), { objectMode: false })

  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from(HEAD.text + START)
    let after = await readSnapshot((context) => idBefore(context, resource, (number - 1) * perFile))
    for (let sent = 0; sent < perFile; sent += BATCH) {
      const limit = Math.min(BATCH, perFile - sent)
      const records = await readSnapshot((context) => readModified(context, resource, after, limit))
      yield Buffer.from(
        html`${records.map(({ id, updatedAt }) => addresses(base, `/${resource.path}/${id}`, updatedAt))}`
          .text,
      )
      const last = records.at(-1)
      if (!last || records.length < limit) break
      after = last.id
      await nextTick()
    }
    yield Buffer.from(END)
  }
}

const START = `<urlset xmlns="${NAMESPACE}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n`

const END = '</urlset>\n'

/** A page in all languages, each of which names the others. */
function addresses(base: string, path: string, last: string | null): Html {
  const alternates = LANGUAGES.map(
    (language) =>
      html`<xhtml:link rel="alternate" hreflang="${language}" href="${base + localPath(language, path)}"/>`,
  )
  return html`${LANGUAGES.map(
    (language) =>
      html`<url><loc>${base}${localPath(language, path)}</loc>${last !== null && html`<lastmod>${last}</lastmod>`}${alternates}</url>\n`,
  )}`
}
