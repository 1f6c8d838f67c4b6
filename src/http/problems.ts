// Turns every error into application/problem+json (RFC 9457).
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { z } from 'zod'
import { PROBLEMS, Problem, type ProblemCode } from '../core/problems.ts'
import { redactKeys } from '../core/redact.ts'
import { acceptedTypes, wrongType } from './negotiation.ts'

/** The page of a problem for people; null for clients of the API. */
export type ProblemPage = (
  request: FastifyRequest,
  problem: Problem,
) => { body: string; headers: Record<string, string> } | null

declare module 'fastify' {
  interface FastifyInstance {
    problemPage: ProblemPage
  }
}

export const PROBLEM_JSON = 'application/problem+json'

const fault = z
  .object({
    pointer: z
      .string()
      .optional()
      .meta({ 'x-unbounded': true, description: 'The field of the body as a JSON Pointer (RFC 6901).' }),
    parameter: z.string().optional().meta({ 'x-unbounded': true, description: 'The name of the parameter.' }),
    detail: z.string().meta({ 'x-unbounded': true, description: 'Why the value is invalid.' }),
  })
  .meta({ id: 'Fault', description: 'An invalid field or parameter.' })

const recordReference = z
  .object({
    kind: z.string().max(50).meta({ description: 'The kind of the record.' }),
    id: z.string().max(30).meta({ description: 'The id of the record.' }),
  })
  .meta({ id: 'RecordReference', description: 'A reference to a record.' })

const match = z
  .object({
    id: z.string().max(30).meta({ description: 'The id of the record.' }),
    name: z.string().max(1000).meta({ description: 'The name of the record.' }),
    path: z.string().max(300).meta({ description: 'The path of the record.' }),
  })
  .meta({ id: 'RecordMatch', description: 'A record that matches the name.' })

const candidate = z
  .object({
    start: z
      .int()
      .min(0)
      .max(1_000_000)
      .meta({ description: 'The start in the text, in code points from 0.' }),
    end: z
      .int()
      .min(0)
      .max(1_000_000)
      .meta({ description: 'The end in the text, in code points, exclusive.' }),
    exact: z.string().max(50_000).meta({ description: 'The text of the passage.' }),
    prefix: z.string().max(1000).meta({ description: 'The text directly before it.' }),
    suffix: z.string().max(1000).meta({ description: 'The text directly after it.' }),
  })
  .meta({ id: 'QuoteCandidate', description: 'A passage in a source that may be the quoted one.' })

const possible = z
  .object({
    id: z.string().max(30).meta({ description: 'The id of the record.' }),
    title: z.string().max(20_000).meta({ description: 'The title of the record.' }),
    path: z.string().max(300).meta({ description: 'The path of the record.' }),
    suggests: z.string().max(30).optional().meta({
      description: 'If it is another record: the type of relation that one of both may have to the other.',
    }),
  })
  .meta({ id: 'DuplicateCandidate', description: 'A record that may be the same.' })

const lostQuote = z
  .object({
    evidenceId: z.string().max(30).meta({ description: 'The id of the evidence.' }),
    recordKind: z.string().max(20).meta({ description: 'The kind of the record that it supports.' }),
    recordId: z.string().max(30).meta({ description: 'The id of that record.' }),
    exact: z.string().max(50_000).meta({ description: 'The quoted text.' }),
    detail: z.string().max(1000).meta({ description: 'Why it has no place in the new text.' }),
  })
  .meta({ id: 'LostQuote', description: 'A quote that a new text does not contain at exactly one place.' })

export const problemType = z.enum(Object.keys(PROBLEMS).map((code) => `/problems/${code}`)).meta({
  'x-name': 'ProblemType',
  'x-may-grow': true,
  description: 'The type of the problem: the path of its page.',
})

const neighbour = z
  .object({
    id: z.string().nullable().meta({ maxLength: 30, description: 'Its id; null: sent in the same request.' }),
    type: z.string().meta({ maxLength: 50, description: 'What happened.' }),
    occurredOn: z.string().nullable().meta({ maxLength: 26, description: 'When it happened.' }),
  })
  .meta({ id: 'NeighbouringEvent', description: 'An event of the record beside a refused one.' })

/** The shape of every error. */
export const problemSchema = z
  .object({
    type: problemType,
    title: z.string().meta({ maxLength: 200, description: 'A summary of the type.' }),
    status: z.int().min(400).max(599).meta({ description: 'The HTTP status.' }),
    detail: z.string().meta({ 'x-unbounded': true, description: 'An explanation of this occurrence.' }),
    instance: z.string().meta({ maxLength: 16_384, description: 'The requested path.' }),
    requestId: z.string().meta({ maxLength: 128, description: 'The id of the request, as in the log.' }),
    errors: z
      .array(fault)
      .optional()
      .meta({ 'x-unbounded': true, description: 'The invalid fields and parameters.' }),
    legal: z
      .array(z.string().max(50))
      .max(50)
      .optional()
      .meta({ description: 'The types of events that are allowed at that date.' }),
    before: neighbour.nullable().optional().meta({ description: 'The event before it; null: none.' }),
    after: neighbour.nullable().optional().meta({ description: 'The event after it; null: none.' }),
    existingId: z
      .string()
      .optional()
      .meta({ maxLength: 30, description: 'The id of the record that already has the value.' }),
    mergedInto: z
      .string()
      .optional()
      .meta({ maxLength: 30, description: 'The id of the record that it was merged into.' }),
    mergedFrom: z.string().optional().meta({ maxLength: 100, description: 'The id or slug in the request.' }),
    feed: z.string().optional().meta({ maxLength: 31, description: 'The identity of the change feed.' }),
    referencedBy: z
      .array(recordReference)
      .max(20)
      .optional()
      .meta({ description: 'The records that refer to this one.' }),
    matches: z
      .array(match)
      .optional()
      .meta({ 'x-unbounded': true, description: 'The records that match the name.' }),
    quotes: z
      .array(lostQuote)
      .max(100)
      .optional()
      .meta({ description: 'The quotes that the new text lacks.' }),
    candidates: z
      .array(
        z.union([candidate, possible]).meta({
          id: 'ProblemCandidate',
          description: 'A passage, or a record that may be the same.',
        }),
      )
      .optional()
      .meta({
        'x-unbounded': true,
        description: 'Passages in the source that may be the quoted one; records that may be the same.',
      }),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' })

function problemBody(problem: Problem, instance: string, requestId: string) {
  const { code, status } = problem
  return {
    type: `/problems/${code}`,
    title: PROBLEMS[code].title,
    status,
    detail: problem.message,
    instance: redactKeys(instance),
    requestId,
    ...(problem.errors && { errors: problem.errors }),
    ...problem.extra,
  }
}

const RETRY_SOON = { headers: { 'retry-after': '1' } }

/** The problems of Fastify's own errors, by status. */
const BY_STATUS: Record<number, ProblemCode> = {
  400: 'malformed-body',
  404: 'not-found',
  408: 'request-timeout',
  413: 'body-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  429: 'rate-limited',
  431: 'headers-too-large',
  503: 'unavailable',
}

const BY_CODE: Record<string, [ProblemCode, string]> = {
  FST_ERR_BAD_URL: [
    'invalid-parameter',
    'The path is not a valid URL: it contains a broken percent-encoding.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed-body', 'The body is empty.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri-too-long', 'A segment of the path is longer than any id.'],
  SQLITE_BUSY: ['unavailable', 'Another process is writing to the database.'],
  SQLITE_FULL: ['unavailable', 'The disk of the database is full.'],
  SQLITE_IOERR: ['unavailable', 'The disk of the database fails.'],
  SQLITE_CORRUPT: ['unavailable', 'The database file is damaged.'],
  SQLITE_NOTADB: ['unavailable', 'The database file is damaged.'],
  SQLITE_CANTOPEN: ['unavailable', 'The database file cannot be opened.'],
  SQLITE_READONLY: ['unavailable', 'The database file cannot be written.'],
  WRONG_FILE: ['unavailable', 'The database file was deleted, replaced, or written by another version.'],
  SQLITE_NOMEM: ['unavailable', 'The service is out of memory.'],
  EMFILE: ['unavailable', 'The service has too many files open.'],
  ENFILE: ['unavailable', 'The machine has too many files open.'],
  ENOSPC: ['unavailable', 'A disk of the service is full.'],
  EDQUOT: ['unavailable', 'A disk of the service is full.'],
  EROFS: ['unavailable', 'A disk of the service cannot be written.'],
  EIO: ['unavailable', 'A disk of the service fails.'],
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { code = '', statusCode, message } = (error ?? {}) as FastifyError
  const definition = BY_CODE[code] ?? BY_CODE[code.split('_', 2).join('_')]
  if (definition)
    return new Problem(definition[0], definition[1], definition[0] === 'unavailable' ? RETRY_SOON : {})
  const byStatus = statusCode === undefined || statusCode === 500 ? undefined : BY_STATUS[statusCode]
  if (byStatus) return new Problem(byStatus, message, byStatus === 'unavailable' ? RETRY_SOON : {})
  return new Problem('internal', 'The service failed. The log has the cause under this request id.')
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const problem = toProblem(error)
  if (problem.code === 'merged' && ['GET', 'HEAD'].includes(request.method))
    return redirectMerged(request, reply, problem)
  if (problem.code === 'body-too-large' && problem !== error)
    problem.message = `The body may have at most ${request.routeOptions.bodyLimit} bytes.`
  if (problem.code === 'unsupported-media-type') {
    if (problem !== error) problem.message = wrongType(request)
    const header = { PATCH: 'accept-patch', POST: 'accept-post' }[request.method]
    if (header) reply.header(header, acceptedTypes(request).join(', '))
  }
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed')
  reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', 'x-request-id': request.id, ...problem.headers })
  const page = request.server.problemPage(request, problem)
  if (page !== null) return reply.headers(page.headers).send(page.body)
  return reply.type(PROBLEM_JSON).send(JSON.stringify(problemBody(problem, request.url, request.id)))
}

/** Redirects a read of a record that was merged to the same path of the other record. */
function redirectMerged(request: FastifyRequest, reply: FastifyReply, { extra }: Problem): FastifyReply {
  const { mergedInto, mergedFrom } = extra as { mergedInto: string; mergedFrom: string }
  const [path = '', query] = request.url.split('?')
  const segments = path.split('/').map((segment) => (segment === mergedFrom ? mergedInto : segment))
  const location = [segments.join('/'), query].filter((part) => part !== undefined).join('?')
  return reply
    .code(308)
    .headers({ location, 'cache-control': 'no-cache' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ mergedInto }))
}

/** Responds to requests that Node rejects before Fastify: invalid HTTP, headers that are too large, a slow client. */
export function refuseSocket(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const code: ProblemCode =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers-too-large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request-timeout'
        : 'malformed-body'
  const problem = new Problem(
    code,
    code === 'malformed-body' ? 'The request is not valid HTTP/1.1.' : PROBLEMS[code].about,
  )
  const requestId = randomUUID()
  const body = JSON.stringify(problemBody(problem, '', requestId))
  socket.end(
    `HTTP/1.1 ${problem.status} ${PROBLEMS[code].title}\r\nContent-Type: ${PROBLEM_JSON}\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Responds to requests with an `Expect` header other than 100-continue. */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const problem = new Problem(
    'expectation-failed',
    `This service does not support ${JSON.stringify(request.headers.expect)}.`,
  )
  const requestId = randomUUID()
  const body = JSON.stringify(problemBody(problem, request.url ?? '', requestId))
  response
    .writeHead(problem.status, {
      'content-type': PROBLEM_JSON,
      'x-content-type-options': 'nosniff',
      'content-length': Buffer.byteLength(body),
      'x-request-id': requestId,
    })
    .end(body)
}

export const problems = fp<{ page: ProblemPage }>(
  async (app, { page }) => {
    app.decorate('problemPage', page)
    let stopping = false
    app.addHook('preClose', async () => {
      stopping = true
    })
    // Fastify says so only to requests that arrive while it stops.
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (stopping) reply.header('connection', 'close')
      done()
    })
    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error))
    app.addHook('onRequest', ({ raw, headers }, _reply, done) => {
      if (stopping) return done(new Problem('unavailable', 'The service is stopping.', RETRY_SOON))
      if (raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1)
        return done(new Problem('malformed-body', 'A request has one Host header (RFC 9112, section 3.2).'))
      if (headers.host === undefined && raw.httpVersion === '1.1')
        return done(
          new Problem('malformed-body', 'A request in HTTP/1.1 needs a Host header (RFC 9112, section 3.2).'),
        )
      // Lets Node report an invalid first chunk before a response is sent.
      if (headers['transfer-encoding'] === undefined) done()
      else setImmediate(done)
    })
  },
  { name: 'problems' },
)
