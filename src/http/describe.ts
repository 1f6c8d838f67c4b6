// How a route says what it is: the schema that validates it and documents it.
import type { FastifySchema } from 'fastify'
import { z } from 'zod'
import type { ProblemCode } from '../core/problems.ts'

declare module 'fastify' {
  interface FastifySchema {
    /** The problems that an operation can meet; `http/openapi.ts` makes responses of them. */
    'x-problems'?: ProblemCode[]
    /** The media types of a body that is taken as a file; `http/openapi.ts` makes a request body of them. */
    'x-upload'?: Upload
  }
}

/** A body that is a file, by media type. */
export type Upload = Record<string, { description: string; example: string }>

interface Answered {
  description: string
  schema?: z.ZodType
  /** Default: application/json. */
  type?: string
  /** Other media types in which it comes, as text. */
  alsoAs?: string[]
}

interface Description {
  operationId: string
  tag: string
  summary: string
  description?: string
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** In place of `body`. */
  upload?: Upload
  headers?: z.ZodObject
  answers: Record<number, Answered>
  /** The problems that it can meet, beside those that every operation can. */
  problems?: ProblemCode[]
  /** Whether it needs a key. */
  secured?: boolean
}

/** Problems that any operation can meet. */
const EVERYWHERE: ProblemCode[] = ['invalid-parameter', 'rate-limited', 'internal', 'unavailable']

/** `problems` rides along as an extension; `http/openapi.ts` makes responses of it. */
export function describe(description: Description): FastifySchema {
  const {
    operationId,
    tag,
    summary,
    params,
    query,
    body,
    upload,
    headers,
    answers,
    problems = [],
    secured,
  } = description
  const repeatable = secured && (body || upload) && !headers
  const codes: ProblemCode[] = [
    ...EVERYWHERE,
    ...(body
      ? (['malformed-body', 'invalid-body', 'body-too-large', 'unsupported-media-type'] as const)
      : []),
    ...(upload ? (['malformed-body', 'body-too-large', 'unsupported-media-type'] as const) : []),
    ...(params ? (['uri-too-long'] as const) : []),
    // Reading may need a key too, if the settings say so; what describes and watches the service never does.
    ...(tag === 'service' ? [] : (['unauthorized'] as const)),
    ...(secured ? (['forbidden'] as const) : []),
    ...(repeatable ? (['idempotency-mismatch'] as const) : []),
    ...problems,
  ]
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description.description && { description: description.description }),
    ...(params && { params }),
    querystring: query ?? z.strictObject({}),
    ...(body && { body }),
    ...(headers ? { headers } : repeatable ? { headers: idempotencyKey } : {}),
    ...(secured && { security: [{ key: [] }] }),
    response: Object.fromEntries(
      Object.entries(answers).map(
        ([status, { description: text, schema, type = 'application/json', alsoAs = [] }]) => [
          status,
          schema
            ? {
                description: text,
                content: {
                  [type]: { schema },
                  ...Object.fromEntries(alsoAs.map((other) => [other, { schema: z.string() }])),
                },
              }
            : z.null().meta({ description: text }),
        ],
      ),
    ),
    'x-problems': [...new Set(codes)],
    ...(upload && { 'x-upload': upload }),
  } as FastifySchema
}

/** On any POST: the same key and body answer the same response again. */
export const idempotencyKey = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .meta({
      description:
        'Your own name for this request: sent again within 24 hours, it answers the same and writes nothing twice.',
      examples: ['5f0c7d3e-report-2022-08-24'],
    }),
})

/** If-Match, as PATCH and DELETE need it. Its absence is a problem of its own (428), so it is optional here. */
export const ifMatch = z.object({
  'if-match': z
    .string()
    .optional()
    .meta({
      description: 'Required: the ETag of the version that you read, or `*` to overwrite on purpose.',
      examples: ['*'],
    }),
})

export const ifNoneMatch = z.object({
  'if-none-match': z
    .string()
    .optional()
    .meta({ description: 'ETags that you have; when one is current the answer is 304 without a body.' }),
})

/** The `id` in the path of a record: a topic answers to its slug too, a state to its code. */
export const recordParam = ({
  kind,
  alias,
  prefix,
}: {
  kind: string
  alias?: string
  prefix: string | null
}) =>
  z.object({
    id: z.string().meta({
      description: alias
        ? `The id of the ${kind}, or its ${alias}.`
        : `The ${prefix ? 'id' : 'code'} of the ${kind}.`,
    }),
  })
