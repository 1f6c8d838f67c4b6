// Builds the application: plugins in order, then routes.
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Engine } from './db/engine.ts'
import { createFeed } from './db/feed.ts'
import { cursorSecret } from './db/settings.ts'
import { changeRoutes } from './features/changes.ts'
import { docsPage } from './features/docs-page.ts'
import { formatRoutes } from './features/formats/routes.ts'
import { Streams } from './features/formats/streams.ts'
import { historyRoutes } from './features/history.ts'
import { importRoutes } from './features/imports/routes.ts'
import { contextRoute } from './features/json-ld.ts'
import { mcpRoute } from './features/mcp/routes.ts'
import { problemPages } from './features/problem-pages.ts'
import { childRoutes } from './features/records/child-routes.ts'
import { claimRoutes } from './features/records/claims.ts'
import { listRoute } from './features/records/list-route.ts'
import { recordPath } from './features/records/path.ts'
import { recordRoutes } from './features/records/routes.ts'
import { reportRoutes } from './features/reports/routes.ts'
import { searchRoutes } from './features/search.ts'
import { documentRoutes, serviceRoutes } from './features/service.ts'
import { statsRoutes } from './features/stats.ts'
import { webhookRoutes } from './features/webhooks/routes.ts'
import { Sender } from './features/webhooks/sender.ts'
import { receiverDocument } from './features/webhooks/shapes.ts'
import { AccessLog } from './http/access-log.ts'
import { auth } from './http/auth.ts'
import { basePath, withoutBasePath } from './http/base-path.ts'
import { BODY_LIMIT, body } from './http/body.ts'
import { compression } from './http/compression.ts'
import { conditional } from './http/conditional.ts'
import { connections } from './http/connections.ts'
import { consistency } from './http/consistency.ts'
import { crossOrigin, type Origins } from './http/cors.ts'
import { completeMethods, MAX_SEGMENT } from './http/methods.ts'
import { metrics } from './http/metrics.ts'
import { negotiation } from './http/negotiation.ts'
import { openapi } from './http/openapi.ts'
import type { Resolve } from './http/outgoing.ts'
import { pretty } from './http/pretty.ts'
import { problems, refuseExpectation, refuseSocket, sendProblem } from './http/problems.ts'
import { rateLimits } from './http/rate-limit.ts'
import { requestId, requestIdOf } from './http/request-id.ts'
import { responseCache } from './http/response-cache.ts'
import { securityHeaders } from './http/security-headers.ts'
import { sessions } from './http/session.ts'
import { validatorCompiler } from './http/validation.ts'
import { snapshotReads } from './records/read/context.ts'
import { CountTables } from './records/read/count-tables.ts'
import { embeddedIn } from './records/read/include.ts'
import { partyRoutes } from './resources/agreements/parties.ts'
import { annotationRoutes } from './resources/evidence/annotations.ts'
import { catalogue, recordsOn } from './resources/index.ts'
import { outcomeRoutes } from './resources/meetings/outcomes.ts'
import { standingRoutes } from './resources/positions/standings.ts'
import { relationRoutes } from './resources/relations/routes.ts'
import { VERSION } from './version.ts'
import { problemPage } from './web/errors.ts'
import { pageRoutes, redirectHome } from './web/routes.ts'
import { sharingRoutes } from './web/sharing-routes.ts'
import { Extractor } from './workbench/ingest/extractor.ts'
import type { FetchOptions } from './workbench/ingest/fetch.ts'
import { workbenchRoutes } from './workbench/routes.ts'

export interface AppDeps {
  engine: Engine
  logger?: Logger
  requireKeyForReads?: boolean
  corsOrigins?: Origins
  /** Where a reverse proxy serves it, such as `/sco`. */
  basePath?: string
  /** Of how many proxies, or of which networks, X-Forwarded-* headers are trusted. */
  trustProxy?: false | number | string[]
  rateLimitMax?: number
  /** How many live feeds are sent at a time. */
  liveFeedsMax?: number
  /** How long a client may take nothing of a response; 0 is off. */
  sendTimeoutMs?: number
  webhookAllowPrivate?: boolean
  /** Overrides for tests: DNS resolution, timeout and jitter of webhooks. */
  webhookSending?: { resolve?: Resolve; timeoutMs?: number; random?: () => number }
  /** Overrides for tests: addresses and timeout of pages that analysts have fetched. */
  pageFetching?: Partial<FetchOptions>
  /** Overrides for tests: the tables in which records are counted. */
  counts?: CountTables
  /** How often to look for imports whose process has ended. */
  importSweepMs?: number
  clock?: () => Date
  /** The number of log lines that could not be written. */
  droppedLogLines?: () => number
}

/** @param deps.engine a migrated engine */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const {
    engine,
    logger,
    clock = () => new Date(),
    rateLimitMax = 0,
    trustProxy = false,
    basePath: base = '',
  } = deps
  const app = Fastify({
    ...(logger ? { loggerInstance: logger as FastifyBaseLogger } : { logger: false }),
    logController: new AccessLog(logger),
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    // http/problems.ts handles both cases, with problem bodies.
    http: { requireHostHeader: false },
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_SEGMENT },
    // A slash at the end of a path does not matter.
    rewriteUrl: ({ url = '/' }) => withoutBasePath(url, base).replace(/^(\/v1\/[^?]*?)\/+(?=\?|$)/, '$1'),
    // http/methods.ts declares them.
    exposeHeadRoutes: false,
    genReqId: requestIdOf,
    clientErrorHandler: refuseSocket,
    frameworkErrors: (error, request, reply) => sendProblem(request, reply, error),
  })
  app.server.on('checkExpectation', refuseExpectation)
  app.setValidatorCompiler(validatorCompiler)
  // Bodies are JSON text, or values that need no schema to be serialized.
  app.setSerializerCompiler(() => (data) => (typeof data === 'string' ? data : JSON.stringify(data)))

  await app.register(connections, { sendTimeoutMs: deps.sendTimeoutMs ?? 30_000 })
  await app.register(securityHeaders)
  await app.register(requestId)
  await app.register(problems, { page: problemPage(catalogue, base) })
  completeMethods(app)
  await app.register(body)
  await app.register(negotiation)
  await app.register(crossOrigin, { origins: deps.corsOrigins ?? '*' })
  if (rateLimitMax > 0) await app.register(rateLimits, { engine, max: rateLimitMax })
  await app.register(sessions, { engine, clock })
  await app.register(auth, { engine, requireKeyForReads: deps.requireKeyForReads ?? false, clock })
  await app.register(consistency, { engine })
  // In this order: the cache stores compressed bodies, and ETags depend on the encoding.
  await app.register(pretty)
  await app.register(compression)
  await app.register(responseCache, { engine, clock })
  await app.register(conditional)
  await app.register(basePath, { basePath: base })
  await app.register(openapi, {
    embedded: embeddedIn(catalogue),
    version: VERSION,
    webhooks: receiverDocument,
    tags: [
      ...[...catalogue.resources, ...catalogue.children].map(({ path, about }) => ({
        name: path,
        description: about,
      })),
      { name: 'reports', description: 'A source and its records in one call.' },
      { name: 'imports', description: 'Imports of files in one transaction.' },
      { name: 'changes', description: 'The change feed, as pages or live.' },
      { name: 'webhooks', description: 'Signed notifications of changes.' },
      { name: 'search', description: 'Full-text search over all resources.' },
      { name: 'stats', description: 'Counts for charts.' },
      { name: 'service', description: 'Index, health and metrics.' },
    ],
  })

  const records = recordsOn(engine, { clock })
  const secret = await cursorSecret(engine)
  await createFeed(engine)
  const counts =
    deps.counts ??
    new CountTables({
      engine,
      onError: (err) => app.log.error({ err }, 'records could not be counted in memory'),
    })
  app.addHook('onReady', () => counts.prepare(catalogue.resources.filter(({ groupings }) => groupings)))
  app.addHook('onClose', () => counts.close())
  const readSnapshot = snapshotReads({ catalogue, engine, clock, cursorSecret: secret, counts })
  const routeDeps = { records, readSnapshot, cursorSecret: secret, streams: new Streams() }
  for (const resource of catalogue.resources) {
    recordRoutes(app, resource, routeDeps)
    formatRoutes(app, resource, routeDeps)
  }
  for (const child of catalogue.children) {
    listRoute(app, child, routeDeps)
    formatRoutes(app, child, routeDeps)
  }
  childRoutes(app, records)
  claimRoutes(app, records)
  standingRoutes(app, records)
  partyRoutes(app, records)
  outcomeRoutes(app, records)
  relationRoutes(app, records)
  annotationRoutes(app, records)
  for (const resource of catalogue.resources) statsRoutes(app, resource, readSnapshot)
  for (const resource of catalogue.resources) historyRoutes(app, recordPath(resource), records)
  reportRoutes(app, records)
  const imports = await importRoutes(app, records, deps.importSweepMs)
  searchRoutes(app, catalogue, readSnapshot)
  const change = changeRoutes(app, records, deps.liveFeedsMax ?? 1000)
  const allowPrivate = deps.webhookAllowPrivate ?? false
  const sender = new Sender({
    engine,
    clock,
    logger: app.log,
    version: VERSION,
    allowPrivate,
    ...deps.webhookSending,
  })
  app.addHook('onReady', () => sender.start())
  app.addHook('preClose', () => sender.stop())
  webhookRoutes(app, { ...routeDeps, change, sender, allowPrivate })
  serviceRoutes(app, records, VERSION, redirectHome)
  metrics(app, deps.droppedLogLines ?? (() => 0))
  documentRoutes(app)
  contextRoute(app)
  docsPage(app)
  problemPages(app)
  mcpRoute(app, catalogue, VERSION)
  pageRoutes(app, { catalogue, readSnapshot })
  sharingRoutes(app, { catalogue, readSnapshot, needsKey: deps.requireKeyForReads ?? false })
  const extractor = new Extractor()
  app.addHook('onClose', () => extractor.close())
  const fetching = { allowPrivate: false, userAgent: `sco-tracker/${VERSION}`, ...deps.pageFetching }
  await workbenchRoutes(app, { records, catalogue, readSnapshot, imports, extractor, fetching })
  return app
}
