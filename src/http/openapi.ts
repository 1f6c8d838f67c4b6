// Generates the OpenAPI document from the schemas of the routes.
import swagger from '@fastify/swagger'
import type { RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { COMMON_HEADERS, completeDocument } from './document.ts'
import type { Document } from './document-nodes.ts'
import type { Embedded } from './document-schemas.ts'

interface OpenapiOptions {
  version: string
  tags: { name: string; description: string }[]
  /** Requests that the service sends, by name: path items of OpenAPI. */
  webhooks: Record<string, object>
  embedded: Embedded
}

const DESCRIPTION = `Every record can carry evidence: the sentence of a source that it rests on, checked against the text. Reading is open; writing needs a key. Within /v1 keys may be added to responses, and enums that say so may grow; ignore what you do not know.

Errors are \`application/problem+json\` (RFC 9457). Those that any operation may answer are described once, as its \`default\` response; its own are listed by status, and by code in \`x-problems\`.

A POST may carry an \`Idempotency-Key\`, so that it can be repeated without writing twice. A PATCH is a JSON Merge Patch (RFC 7396); PATCH and DELETE need the ETag of the version that you read in \`If-Match\`.

A parameter that is a list takes values separated by commas; any of them matches.

Any response may carry these headers:

${Object.entries(COMMON_HEADERS)
  .map(([name, meaning]) => `- \`${name}\`: ${meaning}`)
  .join('\n')}`

export const openapi = fp<OpenapiOptions>(
  async (app, { version, tags, webhooks, embedded }) => {
    const transform = createJsonSchemaTransform({})
    const transformObject = createJsonSchemaTransformObject({})
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'SCO tracker',
          version,
          summary: 'What is said, proposed and agreed at meetings of the Shanghai Cooperation Organisation.',
          description: DESCRIPTION,
          contact: { name: 'Whoever runs the service that serves this document' },
          license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
        },
        servers: [
          {
            url: '/',
            description: 'The service that serves this document, be it production, staging or local.',
            'x-internal': false,
          } as never,
        ],
        tags,
        webhooks,
        components: {
          securitySchemes: {
            key: { type: 'http', scheme: 'bearer', description: 'A key made with `npm run keys`.' },
          },
        },
      },
      transform: ((given: Parameters<typeof transform>[0] & { route: RouteOptions }) => {
        // A key of any role may do what an analyst may, so only operations for admins can answer 403.
        const problems = given.schema['x-problems']
        if (problems && given.route.config?.role === 'admin' && !problems.includes('forbidden'))
          given.schema['x-problems'] = [...problems, 'forbidden']
        return transform(given)
      }) as never,
      transformObject: ((given: never) =>
        completeDocument(transformObject(given) as unknown as Document, embedded)) as never,
    })
  },
  { name: 'openapi' },
)
