// The OpenAPI document, drawn from the schemas that validate.
import swagger from '@fastify/swagger'
import type { RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { type Document, type Embedded, finish } from './document.ts'

interface OpenapiOptions {
  version: string
  tags: { name: string; description: string }[]
  /** What is sent to others, by name: path items of OpenAPI. */
  webhooks: Record<string, object>
  embedded: Embedded
}

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
          description:
            'Every record can carry evidence: the sentence of a source that it rests on, checked against the text. Reading is open; writing needs a key. Within /v1 keys may be added to answers, and enums that say so may grow; ignore what you do not know.',
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
        // Any key may do what an analyst may; only where more is asked for can it be too little.
        const problems = given.schema['x-problems']
        if (problems && given.route.config?.role === 'admin' && !problems.includes('forbidden'))
          given.schema['x-problems'] = [...problems, 'forbidden']
        return transform(given)
      }) as never,
      transformObject: ((given: never) =>
        finish(transformObject(given) as unknown as Document, embedded)) as never,
    })
  },
  { name: 'openapi' },
)
