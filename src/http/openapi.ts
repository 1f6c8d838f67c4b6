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

const DESCRIPTION = `Every record can have evidence: quotes from sources, checked against their text. Writing requires a key; reading does so only if the service is configured that way. Within /v1, fields may be added to responses, and values to enums that say so; ignore unknown ones.

Errors are \`application/problem+json\` (RFC 9457). Those of any operation are described once, as the \`default\` response; further ones are listed by status, and by code in \`x-problems\`.

A POST may carry an \`Idempotency-Key\`, so that it can be repeated without writing twice. A PATCH is a JSON Merge Patch (RFC 7396), sent as \`application/json\` or \`application/merge-patch+json\`; PATCH, PUT and DELETE require \`If-Match\` with the ETag of the version that you read.

A list parameter has values separated by commas; a record matches if one of them does. Every operation takes \`pretty=true\`, which indents JSON, and every path with GET also takes HEAD, which answers the same without a body.

A part of a record (event, position, membership, relation, evidence) is at its own path, such as \`/v1/events/{id}\`, and also below its record.

Any response may have these headers:

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
          contact: { name: 'The operator of the service' },
          license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
        },
        servers: [
          {
            url: app.basePath || '/',
            description: 'The service that serves this document, in production or local.',
            'x-internal': false,
          } as never,
        ],
        tags,
        webhooks,
        components: {
          securitySchemes: {
            key: { type: 'http', scheme: 'bearer', description: 'A key created with `npm run keys`.' },
          },
        },
      },
      transform: ((input: Parameters<typeof transform>[0] & { route: RouteOptions }) => {
        const { schema, route } = input
        const role = route.config?.role
        if (role) schema.security = [{ key: [] }]
        // Every role includes that of an analyst, so only operations for admins can respond with 403.
        const problems = schema['x-problems']
        if (problems && role === 'admin' && !problems.includes('forbidden'))
          schema['x-problems'] = [...problems, 'forbidden']
        return transform(input)
      }) as never,
      transformObject: ((input: never) =>
        completeDocument(transformObject(input) as unknown as Document, embedded)) as never,
    })
  },
  { name: 'openapi' },
)
