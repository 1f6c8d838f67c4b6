// The routes about the service itself: index, health, and the OpenAPI document.
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { stringify } from 'yaml'
import { z } from 'zod'
import { ASSET_ROUTE, assetHandler } from '../http/asset.ts'
import { baseUrlOf } from '../http/base-path.ts'
import { sendRepresentation } from '../http/conditional.ts'
import { describe } from '../http/describe.ts'
import type { Document } from '../http/document-nodes.ts'
import { checkTag, selectTag } from '../http/document-tag.ts'
import { convertTo30 } from '../http/openapi-3.0.ts'
import { line, pathTo } from '../records/schema/shapes.ts'
import type { Records } from '../records/write/records.ts'

const health = z
  .object({ status: z.literal('ok').meta({ description: '`ok` if all checks passed.' }) })
  .meta({ id: 'Health', description: 'The health of the service.' })

const serviceIndex = z
  .object({
    name: line(100, 'The name of the service.'),
    version: line(50, 'The version of the service.'),
    documentation: pathTo('The API reference as a web page.'),
    openapi: pathTo('The OpenAPI document.'),
    openapi30: pathTo('The document in OpenAPI 3.0.3, for generators without support of 3.1.'),
    resources: z
      .array(pathTo('The path of a list.'))
      .max(100)
      .meta({ description: 'The paths of all lists.' }),
  })
  .meta({ id: 'ServiceIndex', description: 'The paths of the API.' })

/** @param redirectHome redirects people to the start page; null for clients of the API */
export function serviceRoutes(
  app: FastifyInstance,
  records: Records,
  version: string,
  redirectHome: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | null,
): void {
  const open = { config: { open: true } }

  app.get('/', {
    ...open,
    schema: describe({
      operationId: 'getServiceIndex',
      tag: 'service',
      summary: 'Get the service index',
      description:
        'Links to the lists, the API reference and this document. Clients that prefer HTML are redirected to the start page, in the language that they prefer.',
      answers: {
        200: { description: 'The paths.', schema: serviceIndex },
        302: { description: 'To the start page.', headers: ['Location'] },
      },
    }),
    handler: async (request, reply) =>
      redirectHome(request, reply) ??
      sendRepresentation(reply, {
        body: JSON.stringify({
          name: 'SCO tracker',
          version,
          documentation: `${app.basePath}/docs/`,
          openapi: `${app.basePath}/openapi.json`,
          openapi30: `${app.basePath}/openapi-3.0.json`,
          resources: records.catalogue.resources.map(({ path }) => `${app.basePath}/v1/${path}`),
        }),
      }),
  })

  app.get('/healthz', {
    ...open,
    schema: describe({
      operationId: 'getHealth',
      tag: 'service',
      summary: 'Get the liveness of the process',
      description: 'Does not query the database. Restart a process that does not respond.',
      answers: { 200: { description: 'The process is alive.', schema: health } },
    }),
    handler: async (_request, reply) => sendRepresentation(reply, { body: '{"status":"ok"}' }),
  })

  app.get('/readyz', {
    ...open,
    schema: describe({
      operationId: 'getReadiness',
      tag: 'service',
      summary: 'Get the readiness of the service',
      description: 'Queries the database. Send no traffic to an instance that responds with 503.',
      answers: { 200: { description: 'The database responds.', schema: health } },
    }),
    handler: async (_request, reply) => {
      await records.engine.check()
      return sendRepresentation(reply, { body: '{"status":"ok"}' })
    },
  })
}

/** The address of the server in the document while it is serialized. */
const ANY_SERVER = 'https://server.invalid'

/** Serves the OpenAPI document as JSON, YAML and in version 3.0.3, with the address by which the client reached the service. */
export function documentRoutes(app: FastifyInstance): void {
  const json = 'application/json; charset=utf-8'
  const yaml = 'application/yaml; charset=utf-8'
  const document = () => {
    const generated = app.swagger() as unknown as Document & { servers: object[] }
    const [server] = generated.servers
    return { ...generated, servers: [{ ...server, url: ANY_SERVER }] }
  }
  const serve = (path: string, type: string, serialize: (served: Document) => string | Promise<string>) => {
    // Serialized once for each tag, whatever addresses clients use.
    const texts = new Map<string, string>()
    const handler = assetHandler(
      async (variant) => {
        const { base, tag } = JSON.parse(variant) as { base: string; tag: string }
        const text = texts.get(tag) ?? (await serialize(tag === '' ? document() : selectTag(document(), tag)))
        texts.set(tag, text)
        return { body: text.replace(ANY_SERVER, () => base), type }
      },
      (request) => {
        const { tag } = request.query as { tag: string }
        if (tag !== '') checkTag(document(), tag)
        return JSON.stringify({ base: baseUrlOf(request), tag })
      },
    )
    const schema = { hide: true, querystring: z.strictObject({ tag: z.string().max(50).default('') }) }
    app.get(path, { ...ASSET_ROUTE, schema }, handler)
  }
  serve('/openapi.json', json, (served) => JSON.stringify(served))
  serve('/openapi-3.0.json', json, (served) => JSON.stringify(convertTo30(served)))
  serve('/openapi.yaml', yaml, (served) => toYaml(served, ['paths', 'components', 'schemas']))
  // Browsers request it with every page; a 404 would look like an error.
  app.get('/favicon.ico', { config: { open: true }, schema: { hide: true } }, (_request, reply) =>
    reply.code(204).header('cache-control', 'public, max-age=86400').send(),
  )
}

/** A value as YAML. The members of the `split` objects are written one by one, between which other requests are answered. */
async function toYaml(value: object, split: readonly string[]): Promise<string> {
  let text = ''
  for (const [key, member] of Object.entries(value)) {
    if (split.includes(key)) {
      const inner = await toYaml(member as object, split)
      text += `${key}:\n${inner.replace(/^(?=.)/gm, '  ')}`
    } else {
      text += stringify({ [key]: member }, { aliasDuplicateObjects: false })
      await setImmediate()
    }
  }
  return text
}
