// Serves the API reference at /docs: Scalar, which loads nothing from other hosts.
import { createHash } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { ASSET_ROUTE, assetHandler } from '../http/asset.ts'

const HTML = 'text/html; charset=utf-8'

const SCRIPT_PATH = '/docs/js/scalar.js'

interface Reference {
  page: string
  script: string
  /** The Content-Security-Policy of the page. */
  policy: string
}

export function docsPage(app: FastifyInstance): void {
  // The five megabytes of Scalar are loaded at the first request.
  let loading: Promise<Reference> | undefined
  const reference = () => (loading ??= loadReference(app.basePath))
  app.get('/docs', ASSET_ROUTE, (_request, reply) => reply.redirect('/docs/', 301))
  app.get(
    '/docs/',
    ASSET_ROUTE,
    assetHandler(async () => {
      const { page, policy } = await reference()
      return {
        body: page,
        type: HTML,
        headers: {
          'content-security-policy': policy,
          'referrer-policy': 'no-referrer',
        },
      }
    }),
  )
  app.get(
    SCRIPT_PATH,
    ASSET_ROUTE,
    assetHandler(async () => ({
      body: (await reference()).script,
      type: 'text/javascript; charset=utf-8',
    })),
  )
}

/** Renders the page and its script with the plugin of Scalar, in a separate Fastify instance. */
async function loadReference(basePath: string): Promise<Reference> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = Fastify()
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '../openapi.json',
      // Of the same origin as the page, whatever a proxy says of it.
      servers: [{ url: basePath || '/' }],
      // Shows the field for the key at every request.
      authentication: { preferredSecurityScheme: 'key' },
      pageTitle: 'SCO tracker: API reference',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
    } as never,
  })
  const [page, script] = await Promise.all(
    ['/docs/', SCRIPT_PATH].map(async (url) => (await app.inject(url)).payload),
  )
  if (!page || !script) throw new Error('Scalar did not render the API reference.')
  return { page, script, policy: policyOf(page) }
}

/** Allows the script of this service, the inline scripts of the page, and requests to this service only. */
function policyOf(page: string): string {
  const inline = [...page.matchAll(/<script type="text\/javascript">(.*?)<\/script>/gs)].map(
    ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    `script-src 'self' ${inline.join(' ')}`,
    // Scalar sets inline styles.
    "style-src 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
