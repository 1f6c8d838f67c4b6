// How a route says what it is: the schema that validates it and documents it.
import type { FastifySchema } from 'fastify'
import { z } from 'zod'
import { idPattern } from '../core/ids.ts'
import type { ProblemCode } from '../core/problems.ts'

declare module 'fastify' {
  interface FastifySchema {
    /** The problems that an operation can meet; `http/openapi.ts` makes responses of them. */
    'x-problems'?: ProblemCode[]
    /** The media types of a body that is taken as a file; `http/document.ts` makes a request body of them. */
    'x-upload'?: Upload
    /** The headers of each answer, beside those that every answer has. */
    'x-headers'?: Record<number, HeaderName[]>
  }
}

/** A body that is a file, by media type; `most` is how many bytes it may have. */
export type Upload = Record<string, { description: string; example: string; most: number }>

/** The headers that only some answers have. `http/document.ts` describes them. */
export type HeaderName =
  | 'ETag'
  | 'Last-Modified'
  | 'Location'
  | 'Link'
  | 'Content-Disposition'
  | 'Idempotency-Replayed'
  | 'X-Accel-Buffering'
  | 'Retry-After'

interface Answered {
  description: string
  schema?: z.ZodType
  /** Default: application/json. */
  type?: string
  /** Other media types in which it comes, as text. */
  alsoAs?: string[]
  /** Its own headers. Default: what `http/conditional.ts` and `http/write.ts` send with such an answer. */
  headers?: HeaderName[]
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

/** Texts that are no JSON, by media type. */
const TEXTS: Record<string, [name: string, description: string]> = {
  'text/csv': ['Csv', 'A header row, then a row a record (RFC 4180).'],
  'application/x-ndjson': ['Ndjson', 'A record a line.'],
  'text/event-stream': [
    'EventStream',
    'Server-sent events: `event: change`, its `seq` as the `id`, and a Change as `data`.',
  ],
  'text/calendar': ['Calendar', 'An iCalendar (RFC 5545).'],
  'application/atom+xml': ['AtomFeed', 'An Atom feed (RFC 4287).'],
  'text/plain': ['Metrics', 'In the text format of Prometheus.'],
}

/** A body of text, named in the document where it has a name. */
export function textBody(type: string): z.ZodType {
  const [name, description] = TEXTS[type] ?? []
  return name ? z.string().meta({ 'x-name': name, 'x-unbounded': true, description }) : z.string()
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
                  ...Object.fromEntries(alsoAs.map((other) => [other, { schema: textBody(other) }])),
                },
              }
            : z.null().meta({ description: text }),
        ],
      ),
    ),
    'x-problems': [...new Set(codes)],
    ...(upload && { 'x-upload': upload }),
    'x-headers': Object.fromEntries(
      Object.entries(answers).flatMap(([status, { headers: own }]) => (own ? [[status, own]] : [])),
    ),
  } as FastifySchema
}

/** On any POST: the same key and body answer the same response again. */
export const idempotencyKey = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .meta({
      pattern: '^[!-~]+$',
      minLength: 1,
      maxLength: 255,
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
      'x-required': true,
      maxLength: 1000,
      description: 'The ETag of the version that you read, or `*` to overwrite on purpose.',
      examples: ['*'],
    }),
})

export const ifNoneMatch = z.object({
  'if-none-match': z.string().optional().meta({
    maxLength: 8000,
    description: 'ETags that you have; when one is current the answer is 304 without a body.',
  }),
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
    // What has another form leads nowhere: a 404, so the form is documented, not checked.
    id: z.string().meta({
      ...idForm(prefix, alias),
      description: alias
        ? `The id of the ${kind}, or its ${alias}.`
        : `The ${prefix ? 'id' : 'code'} of the ${kind}.`,
    }),
  })

/** The form of an id of a part in the path: `evd` is that of evidence. */
export const partParam = (prefix: string, description: string) =>
  z.string().meta({ ...idForm(prefix), description })

/** How the id of a record looks in the document: by prefix, as a slug too where it has one, a code without a prefix. */
function idForm(prefix: string | null, alias?: string) {
  if (prefix === null) return { pattern: '^[A-Z]{2}$', maxLength: 2 }
  const pattern = idPattern(prefix).source
  return alias
    ? { pattern: `${pattern}|^[a-z0-9]+(?:-[a-z0-9]+)*$`, maxLength: 100 }
    : { pattern, maxLength: prefix.length + 27 }
}
