// Builds the schema of a route: what Fastify validates and the OpenAPI document describes.
import type { FastifySchema } from 'fastify'
import { z } from 'zod'
import { flag } from '../core/flag.ts'
import { idPattern } from '../core/ids.ts'
import { memoize } from '../core/memoize.ts'
import type { ProblemCode } from '../core/problems.ts'
import { singleLine } from '../core/text.ts'

declare module 'fastify' {
  interface FastifySchema {
    /** The problems of this operation besides `COMMON_PROBLEMS` (http/document.ts). */
    'x-problems'?: ProblemCode[]
    /** A body that is received as a file. */
    'x-upload'?: Upload
    /** Response headers by status, if other than `usualHeaders` (http/document.ts). */
    'x-headers'?: Record<number, HeaderName[]>
  }
}

/** A body that is a file, by media type. */
export type Upload = Record<string, { description: string; example: string; maxBytes: number }>

/** The response headers that clients act on; `COMMON_HEADERS` (http/document.ts) are on any response. */
export type HeaderName = 'ETag' | 'Link' | 'Location'

interface ResponseDescription {
  description: string
  schema?: z.ZodType
  /** Default: application/json. */
  type?: string
  /** Default: `usualHeaders` (http/document.ts). */
  headers?: HeaderName[]
}

interface RouteDescription {
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
  answers: Record<number, ResponseDescription>
  /** The problems of this operation besides `COMMON_PROBLEMS`. */
  problems?: ProblemCode[]
  /** Whether it is left out of the OpenAPI document. */
  hidden?: boolean
}

/** Names and descriptions of text bodies in the OpenAPI document, by media type. */
const TEXT_BODIES: Record<string, [name: string, description: string]> = {
  'text/csv': ['Csv', 'A header row, then one row per record (RFC 4180).'],
  'application/x-ndjson': ['Ndjson', 'One record per line.'],
  'text/event-stream': [
    'EventStream',
    'Server-sent events: `event: change`, its `seq` as the `id`, and a Change as `data`.',
  ],
  'text/calendar': ['Calendar', 'An iCalendar (RFC 5545).'],
  'application/atom+xml': ['AtomFeed', 'An Atom feed (RFC 4287).'],
  'application/x-research-info-systems': ['Ris', 'Records of a RIS file.'],
  'application/x-bibtex': ['Bibtex', 'Entries of a BibTeX file.'],
  'text/plain': ['Metrics', 'The Prometheus text format.'],
}

const cslItems = z
  .array(
    z
      .object({
        id: z
          .string()
          .meta({ description: 'The id of the source.', pattern: idPattern('src').source, maxLength: 30 }),
        type: z.string().meta({ description: 'The type of the item in CSL.', maxLength: 50 }),
        title: z.string().meta({ description: 'The title.', maxLength: 500 }),
        author: z
          .array(
            z
              .object({ literal: z.string().meta({ description: 'The name as printed.', maxLength: 300 }) })
              .meta({ id: 'CslName', description: 'A name in CSL-JSON.' }),
          )
          .max(100)
          .optional(),
        'container-title': z.string().meta({ maxLength: 500 }).optional(),
        publisher: z.string().meta({ maxLength: 200 }).optional(),
        'publisher-place': z.string().meta({ maxLength: 200 }).optional(),
        issued: z.string().meta({ description: 'The date of publication (EDTF).', maxLength: 50 }).optional(),
        accessed: z.string().meta({ description: 'The day of retrieval (EDTF).', maxLength: 50 }).optional(),
        URL: z.string().meta({ format: 'uri', maxLength: 2000 }).optional(),
        language: z.string().meta({ maxLength: 100 }).optional(),
        note: z
          .string()
          .meta({ description: 'The address of an archived copy.', maxLength: 2100 })
          .optional(),
      })
      .meta({ id: 'CslItem', description: 'A source in CSL-JSON.' }),
  )
  .meta({ 'x-name': 'CslItems', 'x-unbounded': true, description: 'Sources in CSL-JSON.' })

/** The body of a media type other than JSON. */
export function textBody(type: string): z.ZodType {
  if (type === 'application/vnd.citationstyles.csl+json') return cslItems
  const [name, description] = TEXT_BODIES[type] ?? []
  return name ? z.string().meta({ 'x-name': name, 'x-unbounded': true, description }) : z.string()
}

/** A parameter of every operation (pretty.ts). */
const pretty = flag.meta({ description: '`true` indents the JSON of the response.' }).optional()

const withPretty = memoize((query: z.ZodObject) => query.extend({ pretty }))

const noParameters = z.strictObject({})

export function describe(route: RouteDescription): FastifySchema {
  const {
    operationId,
    tag,
    summary,
    description,
    params,
    query,
    body,
    upload,
    answers,
    problems = [],
  } = route
  const idempotent = (body || upload) && !route.headers
  const headers = route.headers ?? (idempotent ? idempotencyKey : undefined)
  const byStatus = <Value>(map: (response: ResponseDescription) => Value | undefined) =>
    Object.fromEntries(
      Object.entries(answers).flatMap(([status, response]) => {
        const value = map(response)
        return value === undefined ? [] : [[status, value]]
      }),
    )
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(route.hidden && { hide: true }),
    ...(params && { params }),
    querystring: withPretty(query ?? noParameters),
    ...(body && { body }),
    ...(headers && { headers }),
    response: byStatus(({ description, schema, type = 'application/json' }) =>
      schema ? { description, content: { [type]: { schema } } } : z.null().meta({ description }),
    ),
    'x-problems': [
      ...new Set<ProblemCode>([...(idempotent ? ['idempotency-mismatch' as const] : []), ...problems]),
    ],
    ...(upload && { 'x-upload': upload }),
    'x-headers': byStatus((response) => response.headers),
  } as FastifySchema
}

/** Accepted by every POST: a repeated key and body get the stored response. */
export const idempotencyKey = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .meta({
      pattern: '^[!-~]+$',
      minLength: 1,
      maxLength: 255,
      description:
        'A unique key for this request. Repeating the request with it within 24 hours returns the same response and writes nothing.',
      examples: ['5f0c7d3e-report-2022-08-24'],
    }),
})

/** Required by PATCH, PUT and DELETE. Optional in validation, since its absence is another problem (428). */
export const ifMatch = z.object({
  'if-match': z
    .string()
    .optional()
    .meta({
      'x-required': true,
      maxLength: 1000,
      description: 'The ETag of the version that you read, or `*` to overwrite any version.',
      examples: ['*'],
    }),
})

/** Whether a write only shows what it would do. */
export const dryRun = flag
  .default(false)
  .meta({ description: '`true`: write nothing, and show what would happen.' })

const reason = z
  .string()
  .overwrite(singleLine)
  .trim()
  .min(1)
  .max(500)
  .meta({
    description: 'Why the records change; kept in their history and in the change feed.',
    examples: ['The communiqué gives another date.'],
  })

/** The query of a write. */
export const withReason = z.strictObject({ reason: reason.optional() })

/** The query of a deletion. */
export const withRequiredReason = z.strictObject({ reason })

/** The `id` of a record in a path; a topic can also be named by its slug, a state by its code. */
export const recordParam = ({
  kind,
  alias,
  prefix,
}: {
  kind: string
  alias?: string
  prefix: string | null
}) => {
  const description = alias
    ? `The id of the ${kind}, or its ${alias}.`
    : `The ${prefix ? 'id' : 'code'} of the ${kind}.`
  return z.object({ id: alias ? slugOrId(`${prefix}`, description) : partParam(prefix, description) })
}

/** An id in a path, such as `evd_…`; without a prefix, a code. The pattern is not enforced: other values get 404. */
export const partParam = (prefix: string | null, description: string) =>
  // Codes are in capitals, and meant when they are not.
  (prefix === null ? z.string().toUpperCase() : z.string()).meta({
    pattern: prefix === null ? '^[A-Z]{2}$' : idPattern(prefix).source,
    maxLength: prefix === null ? 2 : prefix.length + 27,
    description,
  })

const slugOrId = (prefix: string, description: string) =>
  z.string().meta({
    pattern: `${idPattern(prefix).source}|^[a-z0-9]+(?:-[a-z0-9]+)*$`,
    maxLength: 100,
    description,
  })
