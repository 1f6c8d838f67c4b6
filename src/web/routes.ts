// The routes of the pages that people read, in each language.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { notFound, Problem } from '../core/problems.ts'
import type { ReadSnapshot } from '../records/read/context.ts'
import {
  asOfParameter,
  commaSeparated,
  isLongRead,
  isLongSearch,
  knownAtParameter,
  type Listable,
  listParameters,
  MAX_LIMIT,
  pageParameters,
  toListQuery,
} from '../records/read/parameters.ts'
import { loadRecord, type Part, parse, placesOf } from '../records/read/record.ts'
import type { SearchParameters } from '../records/read/search.ts'
import type { Catalogue, Child } from '../records/schema/catalogue.ts'
import type { Resource } from '../records/schema/resource.ts'
import { assetRoutes } from './assets.ts'
import { FACETS } from './facets.ts'
import { homePage, readHomeData } from './home.ts'
import { LANGUAGES, type Language, preferredLanguage } from './languages.ts'
import { faultyListPage, listPageOf, readEmptyList, readListData } from './list.ts'
import { overviewRoutes } from './overview-routes.ts'
import { clocksOf, localPath, NOW, showsPast } from './page.ts'
import { recordPage } from './record.ts'
import { readRecordData } from './record-data.ts'
import { clocksIn, pageOf, sendFaultyPage, sendPage, tidyAddress } from './respond.ts'
import { directPath, readSearchData, searchPageOf } from './search.ts'
import { readPassages, sourcePage } from './source.ts'

export interface PageDeps {
  catalogue: Catalogue
  readSnapshot: ReadSnapshot
}

export const clockParameters = { asOf: asOfParameter.optional(), knownAt: knownAtParameter.optional() }

export function pageRoutes(app: FastifyInstance, deps: PageDeps): void {
  const { catalogue } = deps
  assetRoutes(app)
  for (const language of LANGUAGES) {
    homeRoute(app, deps, language)
    searchRoute(app, deps, language)
    overviewRoutes(app, deps, language)
    for (const kind of [...catalogue.resources, ...catalogue.children]) listRoute(app, deps, language, kind)
    for (const resource of catalogue.resources) recordRoute(app, deps, language, resource)
    for (const child of catalogue.children) partRoute(app, deps, language, child)
  }
}

/** Redirects from `/` to the start page in the language of the client, if it accepts HTML rather than JSON. */
export function redirectHome(request: FastifyRequest, reply: FastifyReply): FastifyReply | null {
  const type = request.accepts().type(['application/json', 'text/html'])
  if (type !== 'text/html') return null
  const language = preferredLanguage(request.headers['accept-language'])
  return reply
    .headers({ 'cache-control': 'no-cache', vary: 'Accept, Accept-Language' })
    .redirect(localPath(language, '/'), 302)
}

function homeRoute(app: FastifyInstance, { catalogue, readSnapshot }: PageDeps, language: Language): void {
  const path = localPath(language, '/')
  app.get(path.slice(0, -1), { schema: { hide: true }, config: { open: true } }, (_request, reply) =>
    reply.redirect(path, 301),
  )
  app.get(path, {
    schema: { hide: true, querystring: z.strictObject({}) },
    handler: (request, reply) =>
      readSnapshot(async (context) => {
        const data = await readHomeData(context, language)
        return sendPage(reply, homePage(pageOf(request, catalogue, context.now).with(data.names), data))
      }),
  })
}

function searchRoute(app: FastifyInstance, { catalogue, readSnapshot }: PageDeps, language: Language): void {
  const kinds = catalogue.entities.filter(({ searchText }) => searchText).map(({ kind }) => kind)
  app.get(localPath(language, '/search'), {
    schema: {
      hide: true,
      querystring: z.strictObject({
        q: z.string().max(500).optional(),
        kind: commaSeparated(z.enum(kinds), 'The kinds to search.').optional(),
        ...pageParameters(100),
        ...clockParameters,
      }),
    },
    preValidation: tidyAddress,
    handler: (request, reply) =>
      readSnapshot(
        async (context) => {
          const {
            q = '',
            kind,
            limit,
            cursor,
          } = request.query as Partial<SearchParameters> & { limit: number }
          const parameters = {
            q,
            limit,
            ...(kind && { kind }),
            ...(cursor !== undefined && { cursor }),
          }
          const direct = kind ? undefined : await directPath(context, q)
          if (direct !== undefined)
            return reply.header('cache-control', 'no-cache').redirect(localPath(language, direct), 302)
          const data = q.trim() === '' ? null : await readSearchData(context, parameters, language)
          const page = { ...pageOf(request, catalogue, context.now), clocks: NOW }
          return sendPage(reply, searchPageOf({ ...page, names: data?.names ?? new Map() }, q, data))
        },
        {
          isLong: isLongSearch(String((request.query as Partial<SearchParameters>).q ?? '')),
          signal: request.signal,
        },
      ),
  })
}

function listRoute(
  app: FastifyInstance,
  { catalogue, readSnapshot }: PageDeps,
  language: Language,
  kind: Listable,
): void {
  app.get(localPath(language, `/${kind.path}`), {
    // The address keeps both clocks, also where a kind does not depend on the day.
    schema: {
      hide: true,
      querystring: listParameters(kind, []).extend({
        ...clockParameters,
        ...facetParameter(kind),
        // States are in the order of the language, and so on one page.
        ...(kind.kind === 'state' && { limit: pageParameters(MAX_LIMIT).limit.default(MAX_LIMIT) }),
      }),
    },
    preValidation: tidyAddress,
    attachValidation: true,
    handler: async (request, reply) => {
      if (request.validationError) return sendFaults(request, reply, request.validationError)
      const given = toListQuery(kind, request.query as Record<string, unknown>)
      const query = { ...given, ...clocksOf(kind, clocksIn(request)) }
      const { facet } = request.query as { facet?: string }
      try {
        return await readSnapshot(
          async (context) => {
            const data = await readListData(context, kind, query, language, facet)
            const page = pageOf(request, catalogue, context.now).with(data.names)
            return sendPage(reply, listPageOf(page, kind, query, data))
          },
          { isLong: facet !== undefined || isLongRead(kind, query), signal: request.signal },
        )
      } catch (error) {
        return sendFaults(request, reply, error)
      }
    },
  })

  /** Sends the form again with what is wrong in it. @throws error if it is no problem of parameters */
  async function sendFaults(request: FastifyRequest, reply: FastifyReply, error: unknown) {
    if (!(error instanceof Problem) || error.code !== 'invalid-parameter' || !error.errors) throw error
    const { status, errors } = error
    return readSnapshot(async (context) => {
      const { names, ...data } = await readEmptyList(context, kind, language)
      const page = { ...pageOf(request, catalogue, context.now).with(names), clocks: NOW }
      return sendFaultyPage(reply, status, faultyListPage(page, kind, { ...data, names }, errors))
    })
  }
}

/** The parameter that shows all values of a facet. */
function facetParameter({ kind }: Listable) {
  const facets = FACETS[kind]
  return facets ? { facet: z.enum(facets).optional() } : {}
}

function recordRoute(
  app: FastifyInstance,
  { catalogue, readSnapshot }: PageDeps,
  language: Language,
  resource: Resource,
): void {
  app.get(localPath(language, `/${resource.path}/:id`), {
    schema: {
      hide: true,
      querystring: z.strictObject({
        ...clockParameters,
        ...(resource.kind === 'source' && { sentences: z.enum(['uncited']).optional() }),
      }),
    },
    preValidation: tidyAddress,
    handler: (request, reply) => {
      const { id } = request.params as { id: string }
      const { sentences } = request.query as { sentences?: string }
      const at = clocksIn(request)
      return readSnapshot(
        async (context) => {
          const data = await readRecordData(context, resource, idOf(resource, id), at, language)
          const page = pageOf(request, catalogue, context.now)
          if (resource.kind !== 'source')
            return sendPage(reply, recordPage(page.with(data.names), resource, data))
          const read = await readPassages(context, resource, data.doc, at, language, sentences !== undefined)
          const names = new Map([...data.names, ...read.names])
          return sendPage(reply, sourcePage(page.with(names), resource, data, read))
        },
        { isLong: showsPast({ clocks: at }) },
      )
    },
  })
}

/** The codes of states are in capitals, and meant when they are not. */
export const idOf = ({ prefix }: Resource, id: string) => (prefix === null ? id.toUpperCase() : id)

/** A part is on the page of its record. */
function partRoute(
  app: FastifyInstance,
  { catalogue, readSnapshot }: PageDeps,
  language: Language,
  child: Child,
): void {
  app.get(localPath(language, `/${child.path}/:id`), {
    schema: { hide: true },
    handler: (request, reply) =>
      readSnapshot(async (context) => {
        const { id } = request.params as { id: string }
        const part = parse(await loadRecord(context.reader, child, id)) as unknown as Part
        const owner = (await placesOf(context, [{ ...part, kind: child.kind }])).get(part.id)
        if (!owner) throw notFound(child.kind, id)
        const path = `/${catalogue.resource(owner.recordKind).path}/${owner.recordId}#${part.id}`
        return reply.headers({ 'cache-control': 'no-cache' }).redirect(localPath(language, path), 302)
      }),
  })
}
