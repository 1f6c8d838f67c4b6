// The routes by which pages are shared and found: cards for other sites, citations, the sitemap, and robots.txt.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { notFound } from '../core/problems.ts'
import { baseUrlOf } from '../http/base-path.ts'
import { sendRepresentation } from '../http/conditional.ts'
import type { CitationFormat } from '../records/read/citations.ts'
import { countModified } from '../records/read/modified.ts'
import type { Resource } from '../records/schema/resource.ts'
import { citationPath, FORMATS, recordCitation, sendCitation } from './cite.ts'
import { embedPage, embedPath, readEmbedData, sendEmbed } from './embed.ts'
import { LANGUAGES, type Language } from './languages.ts'
import { localPath, showsPast } from './page.ts'
import { readRecordData } from './record-data.ts'
import { clocksIn, pageOf, tidyAddress } from './respond.ts'
import { clockParameters, idOf, type PageDeps } from './routes.ts'
import { pagesSitemap, RECORDS_PER_FILE, recordsSitemap, sitemapIndex } from './sitemap.ts'

interface SharingDeps extends PageDeps {
  /** Whether reading needs a key. */
  needsKey: boolean
}

export function sharingRoutes(app: FastifyInstance, deps: SharingDeps): void {
  for (const language of LANGUAGES)
    for (const resource of deps.catalogue.resources) {
      embedRoute(app, deps, language, resource)
      for (const format of FORMATS) citationRoute(app, deps, language, resource, format)
    }
  sitemapRoutes(app, deps)
  robotsRoute(app, deps)
}

function embedRoute(
  app: FastifyInstance,
  { catalogue, readSnapshot }: PageDeps,
  language: Language,
  resource: Resource,
): void {
  app.get(localPath(language, embedPath(resource, ':id')), {
    schema: { hide: true, querystring: z.strictObject(clockParameters) },
    preValidation: tidyAddress,
    handler: (request, reply) => {
      const { id } = request.params as { id: string }
      const at = clocksIn(request)
      return readSnapshot(
        async (context) => {
          const data = await readEmbedData(context, resource, idOf(resource, id), at, language)
          const page = pageOf(request, catalogue, context.now).with(data.names)
          return sendEmbed(reply, embedPage(page, resource, data))
        },
        { isLong: showsPast({ clocks: at }) },
      )
    },
  })
}

function citationRoute(
  app: FastifyInstance,
  { catalogue, readSnapshot }: PageDeps,
  language: Language,
  resource: Resource,
  format: CitationFormat,
): void {
  app.get(localPath(language, citationPath(resource, ':id', format)), {
    schema: { hide: true, querystring: z.strictObject(clockParameters) },
    handler: (request, reply) => {
      const { id } = request.params as { id: string }
      const at = clocksIn(request)
      return readSnapshot(
        async (context) => {
          const data = await readRecordData(context, resource, idOf(resource, id), at, language)
          const page = pageOf(request, catalogue, context.now).with(data.names)
          return sendCitation(reply, recordCitation(page, resource, data), format)
        },
        { isLong: showsPast({ clocks: at }) },
      )
    },
  })
}

const XML = 'application/xml; charset=utf-8'

function sitemapRoutes(app: FastifyInstance, { catalogue, readSnapshot }: PageDeps): void {
  const options = { schema: { hide: true, querystring: z.strictObject({}) } }
  app.get('/sitemap.xml', options, (request, reply) =>
    readSnapshot(
      async (context) => {
        const { text } = await sitemapIndex(context, baseUrlOf(request))
        return sendRepresentation(reply, { body: text, type: XML })
      },
      { isLong: true },
    ),
  )
  app.get('/sitemap/pages.xml', options, (request, reply) =>
    sendRepresentation(reply, { body: pagesSitemap(catalogue, baseUrlOf(request)).text, type: XML }),
  )
  for (const resource of catalogue.resources)
    app.get(`/sitemap/${resource.path}-:number(^[1-9]\\d{0,5}$).xml`, options, async (request, reply) => {
      const { number } = request.params as { number: string }
      const { total } = await readSnapshot((context) => countModified(context, resource), { isLong: true })
      if ((Number(number) - 1) * RECORDS_PER_FILE >= total) throw notFound('page', number)
      return reply.type(XML).send(recordsSitemap(readSnapshot, resource, Number(number), baseUrlOf(request)))
    })
}

/** Pages of the past, of forms, and lists with several conditions are without end; data is for programs. */
const DISALLOWED = [
  '/*asOf=',
  '/*knownAt=',
  '/*cursor=',
  '/*facet=',
  '/*?*&',
  '/v1/',
  '/*/citation.',
  '/embed/',
  '/search',
  '/edit',
]

function robotsRoute(app: FastifyInstance, { needsKey }: SharingDeps): void {
  app.get('/robots.txt', { schema: { hide: true }, config: { open: true } }, (request, reply) => {
    const { basePath } = request.server
    const paths = DISALLOWED.flatMap((path) =>
      path.startsWith('/*') || path === '/v1/'
        ? [path]
        : LANGUAGES.map((language) => localPath(language, path)),
    )
    const rules = needsKey
      ? ['Disallow: /']
      : [
          ...paths.map((path) => `Disallow: ${basePath}${path}`),
          '',
          `Sitemap: ${baseUrlOf(request)}/sitemap.xml`,
        ]
    return reply
      .headers({ 'cache-control': 'public, max-age=3600' })
      .type('text/plain; charset=utf-8')
      .send(['User-agent: *', ...rules, ''].join('\n'))
  })
}
