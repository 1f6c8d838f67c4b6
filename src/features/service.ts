// What surrounds the records: health, metrics, the OpenAPI document and its reference, a front door.

import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { stringify } from 'yaml'
import { z } from 'zod'
import { sql } from '../db/sql.ts'
import { answer } from '../http/conditional.ts'
import { describe, textBody } from '../http/describe.ts'
import type { Document } from '../http/document.ts'
import type { Metrics } from '../http/metrics.ts'
import { convertTo30 } from '../http/openapi-3.0.ts'
import { line, pathTo } from '../records/schema/fields.ts'
import type { Records } from '../records/write/records.ts'

const health = z
  .object({ status: z.literal('ok').meta({ description: '`ok`: everything this asks about works.' }) })
  .meta({ id: 'Health', description: 'Whether the service works.' })

const serviceIndex = z
  .object({
    name: line(100, 'What this is.'),
    version: line(50, 'The version of the service.'),
    documentation: pathTo('The reference, for people.'),
    openapi: pathTo('The OpenAPI document.'),
    openapi30: pathTo('The same in OpenAPI 3.0.3, for generators that do not read 3.1.'),
    resources: z
      .array(pathTo('The path of a list.'))
      .max(100)
      .meta({ description: 'The path of each list.' }),
  })
  .meta({ id: 'ServiceIndex', description: 'The paths of the API.' })

export function serviceRoutes(app: FastifyInstance, records: Records, version: string): void {
  const open = { config: { open: true } }

  app.get('/', {
    ...open,
    schema: describe({
      operationId: 'getServiceIndex',
      tag: 'service',
      summary: 'Get the service index',
      description: 'The paths of the lists, of the reference and of this document.',
      answers: { 200: { description: 'Paths to go on from.', schema: serviceIndex } },
    }),
    handler: async (request, reply) =>
      answer(request, reply, {
        body: JSON.stringify({
          name: 'SCO tracker',
          version,
          documentation: '/docs/',
          openapi: '/openapi.json',
          openapi30: '/openapi-3.0.json',
          resources: records.catalogue.resources.map(({ path }) => `/v1/${path}`),
        }),
      }),
  })

  app.get('/healthz', {
    ...open,
    schema: describe({
      operationId: 'getHealth',
      tag: 'service',
      summary: 'Get the liveness of the process',
      description: 'Answers without asking the database: restart what does not answer.',
      answers: { 200: { description: 'It is.', schema: health } },
    }),
    handler: async (request, reply) => answer(request, reply, { body: '{"status":"ok"}' }),
  })

  app.get('/readyz', {
    ...open,
    schema: describe({
      operationId: 'getReadiness',
      tag: 'service',
      summary: 'Get the readiness of the service',
      description: 'Asks the database: send no traffic where this is 503.',
      answers: { 200: { description: 'The database answers.', schema: health } },
    }),
    handler: async (request, reply) => {
      await records.engine.reader.get(sql`select 1 as one`)
      return answer(request, reply, { body: '{"status":"ok"}' })
    },
  })
}

/** Prometheus metrics of the process and of every route. */
export function metricsRoutes(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.answered(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime)
    done()
  })
  app.get('/metrics', {
    config: { open: true },
    schema: describe({
      operationId: 'getMetrics',
      tag: 'service',
      summary: 'Get metrics for Prometheus',
      description: 'Of the process, and of requests by route and status.',
      answers: {
        200: {
          description: 'In the text format of Prometheus.',
          schema: textBody('text/plain'),
          type: 'text/plain',
          headers: [],
        },
      },
    }),
    handler: async (_request, reply) =>
      reply
        .type(metrics.contentType)
        .header('cache-control', 'no-store')
        .send(await metrics.text()),
  })
}

/** The OpenAPI document in all its forms, and a reference that loads nothing from elsewhere. */
export function documentRoutes(app: FastifyInstance): void {
  const json = 'application/json; charset=utf-8'
  const yaml = 'application/yaml; charset=utf-8'
  const document = () => app.swagger() as unknown as Document
  // Serialized at the first request, since few clients ask for it.
  const serve = (path: string, type: string, serialize: () => string) => {
    let body: string | undefined
    app.get(path, { config: { open: true }, schema: { hide: true } }, async (request, reply) => {
      body ??= serialize()
      return answer(request, reply, { body, type })
    })
  }
  serve('/openapi.json', json, () => JSON.stringify(document()))
  serve('/openapi-3.0.json', json, () => JSON.stringify(convertTo30(document())))
  serve('/openapi.yaml', yaml, () => stringify(document(), { aliasDuplicateObjects: false }))
  // Browsers ask for one beside any page; that there is none is no error.
  app.get('/favicon.ico', { config: { open: true }, schema: { hide: true } }, (_request, reply) =>
    reply.code(204).header('cache-control', 'public, max-age=86400').send(),
  )
  let reference: Promise<FastifyInstance> | undefined
  for (const path of ['/docs', '/docs/', '/docs/*']) {
    app.get(path, { config: { open: true }, schema: { hide: true } }, async (request, reply) => {
      reference ??= referenceApp()
      const { statusCode, headers, payload } = await (await reference).inject(request.url)
      reply.code(statusCode).headers({
        'content-type': headers['content-type'],
        ...(headers.location && { location: headers.location }),
      })
      if (statusCode !== 200) return reply.send(payload)
      if (!/^text\/html/.test(String(headers['content-type'])))
        return answer(request, reply, { body: payload, type: String(headers['content-type']) })
      // What the page may load and run bears a nonce, another each time: the page itself is not to be kept.
      const nonce = randomBytes(16).toString('base64')
      return reply
        .headers({
          'cache-control': 'no-store',
          'content-security-policy': policyOf(nonce),
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        })
        .send(
          payload
            .replace('<div id="app">', `<script nonce="${NONCE}">${MANNERS}</script>$&`)
            .replaceAll(NONCE, nonce),
        )
    })
  }
}

/** Stands in the page where the nonce belongs. */
const NONCE = 'nonce-of-this-answer'

/**
 * Runs before the reference, which makes styles while it runs: gives its style elements the nonce, sets style attributes
 * as properties (which a policy allows), and spares it the try whether it may make code of text.
 */
const MANNERS = `{
  const { nonce } = document.currentScript
  const create = document.createElement
  document.createElement = function (name, ...rest) {
    const element = create.call(this, name, ...rest)
    if (String(name).toLowerCase() === 'style') element.nonce = nonce
    return element
  }
  const set = Element.prototype.setAttribute
  Element.prototype.setAttribute = function (name, value) {
    if (name === 'style' && this.style) this.style.cssText = value
    else set.call(this, name, value)
  }
  const html = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML')
  Object.defineProperty(Element.prototype, 'innerHTML', {
    ...html,
    set(text) {
      html.set.call(this, String(text).replace(/(<[a-z][^<>]*?)\\sstyle=/gi, '$1 data-set-style='))
      for (const element of (this.content ?? this).querySelectorAll('[data-set-style]'))
        element.style.cssText = element.dataset.setStyle
    },
  })
  globalThis.__zod_globalConfig = { jitless: true }
}`

/** Nothing but our own script and styles, nothing from elsewhere, and requests to this service alone. */
const policyOf = (nonce: string) =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** The reference, an application of its own: its five megabytes are loaded when somebody first opens it. */
async function referenceApp(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = Fastify()
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      nonce: NONCE,
      // Where the key goes stands open, beside every request.
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
  await app.ready()
  return app
}
