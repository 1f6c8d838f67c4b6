// Turns every error into application/problem+json (RFC 9457), and serves a page about each problem.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { z } from 'zod'
import { PROBLEMS, Problem, type ProblemCode } from '../core/problems.ts'
import { redactKeys } from '../db/keys.ts'
import { acceptedTypes, wrongType } from './negotiation.ts'

export const PROBLEM_JSON = 'application/problem+json'

const fault = z
  .object({
    pointer: z
      .string()
      .optional()
      .meta({ 'x-unbounded': true, description: 'Where in the body (JSON Pointer, RFC 6901).' }),
    parameter: z.string().optional().meta({ 'x-unbounded': true, description: 'Which parameter.' }),
    detail: z.string().meta({ 'x-unbounded': true, description: 'What is wrong with it.' }),
  })
  .meta({ id: 'Fault', description: 'One thing that is wrong with a request.' })

const recordReference = z
  .object({
    kind: z.string().max(50).meta({ description: 'What kind of record it is.' }),
    id: z.string().max(30).meta({ description: 'Its id.' }),
  })
  .meta({ id: 'RecordReference', description: 'A record.' })

const match = z
  .object({
    id: z.string().max(30).meta({ description: 'Its id.' }),
    name: z.string().max(500).meta({ description: 'Its name.' }),
    path: z.string().max(300).meta({ description: 'Where to read it.' }),
  })
  .meta({ id: 'RecordMatch', description: 'A record that could be meant.' })

const candidate = z
  .object({
    start: z.int().min(0).max(1_000_000).meta({ description: 'Where it starts: code points, from 0.' }),
    end: z.int().min(0).max(1_000_000).meta({ description: 'Where it ends, exclusive.' }),
    exact: z.string().max(50_000).meta({ description: 'The words.' }),
    prefix: z.string().max(1000).meta({ description: 'What stands right before.' }),
    suffix: z.string().max(1000).meta({ description: 'What stands right after.' }),
  })
  .meta({ id: 'QuoteCandidate', description: 'A place in a source that could be meant.' })

/** Which problem it is: the path of its page. */
export const problemType = z.enum(Object.keys(PROBLEMS).map((code) => `/problems/${code}`)).meta({
  'x-name': 'ProblemType',
  'x-may-grow': true,
  description: 'The path of the page about this problem.',
})

/** The shape of every error. */
export const problemSchema = z
  .object({
    type: problemType,
    title: z.string().meta({ maxLength: 200, description: 'The problem in general.' }),
    status: z.int().min(400).max(599).meta({ description: 'The HTTP status.' }),
    detail: z.string().meta({ 'x-unbounded': true, description: 'What happened this time.' }),
    instance: z.string().meta({ maxLength: 16_384, description: 'The path that was asked for.' }),
    requestId: z.string().meta({ maxLength: 128, description: 'Names this request in the log.' }),
    errors: z
      .array(fault)
      .optional()
      .meta({ 'x-unbounded': true, description: 'What is wrong, item by item.' }),
    legal: z
      .array(z.string().max(50))
      .max(50)
      .optional()
      .meta({ description: 'The statuses that could stand there instead.' }),
    existingId: z.string().optional().meta({ maxLength: 30, description: 'The record that has it already.' }),
    referencedBy: z
      .array(recordReference)
      .max(20)
      .optional()
      .meta({ description: 'The records that point here.' }),
    matches: z
      .array(match)
      .optional()
      .meta({ 'x-unbounded': true, description: 'The records that could be meant.' }),
    candidates: z.array(candidate).optional().meta({
      'x-unbounded': true,
      description: 'Places in the source that could be meant; positions in code points.',
    }),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457). `type` names its page.' })

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
  FST_ERR_MAX_PARAM_LENGTH: ['uri-too-long', 'A segment of the path is longer than any id can be.'],
  SQLITE_BUSY: ['unavailable', 'The database is busy with the write of another process.'],
  SQLITE_FULL: ['unavailable', 'The disk of the database is full.'],
  SQLITE_IOERR: ['unavailable', 'The disk of the database fails.'],
  SQLITE_CORRUPT: ['unavailable', 'The database file is damaged.'],
  SQLITE_NOTADB: ['unavailable', 'The database file is damaged.'],
  SQLITE_CANTOPEN: ['unavailable', 'The database file cannot be opened.'],
  SQLITE_READONLY: ['unavailable', 'The database file cannot be written.'],
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
  return new Problem('internal', 'The service failed. Its log has the cause under this request id.')
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const problem = toProblem(error)
  if (problem.code === 'body-too-large' && problem !== error)
    problem.message = `The body may have at most ${request.routeOptions.bodyLimit} bytes.`
  if (problem.code === 'unsupported-media-type') {
    if (problem !== error) problem.message = wrongType(request)
    const header = request.method === 'PATCH' ? 'accept-patch' : 'accept-post'
    reply.header(header, acceptedTypes(request).join(', '))
  }
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed')
  return reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', 'x-request-id': request.id, ...problem.headers })
    .type(PROBLEM_JSON)
    .send(JSON.stringify(problemBody(problem, request.url, request.id)))
}

/** Answers what Node rejects before Fastify sees a request: broken HTTP, headers that are too large, a slow client. */
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
    code === 'malformed-body' ? 'This is not HTTP/1.1.' : PROBLEMS[code].about,
  )
  const requestId = randomUUID()
  const body = JSON.stringify(problemBody(problem, '', requestId))
  socket.end(
    `HTTP/1.1 ${problem.status} ${PROBLEMS[code].title}\r\nContent-Type: ${PROBLEM_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Answers requests with an `Expect` header other than 100-continue. */
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
      'content-length': Buffer.byteLength(body),
      'x-request-id': requestId,
    })
    .end(body)
}

export const problems = fp(
  async (app) => {
    let stopping = false
    app.addHook('preClose', async () => {
      stopping = true
    })
    // Fastify says so only to requests that arrive while it stops.
    app.addHook('onSend', async (_request, reply) => {
      if (stopping) reply.header('connection', 'close')
    })
    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error))
    const noRoute = (url: string) =>
      new Problem(
        'not-found',
        `There is no route ${redactKeys(url.split('?')[0] ?? '')}. /docs lists the routes.`,
      )
    app.setNotFoundHandler((request, reply) => sendProblem(request, reply, noRoute(request.url)))
    app.addHook('onRequest', ({ raw, headers }, _reply, done) => {
      if (stopping) return done(new Problem('unavailable', 'The service is stopping.', RETRY_SOON))
      if (headers.host === undefined && raw.httpVersion === '1.1')
        return done(
          new Problem('malformed-body', 'A request in HTTP/1.1 needs a Host header (RFC 9112, section 3.2).'),
        )
      // Lets Node report a broken first chunk before the request is answered.
      if (headers['transfer-encoding'] === undefined) done()
      else setImmediate(done)
    })
    // Before the body is read, which could have problems of its own.
    app.addHook('preParsing', (request, _reply, payload, done) => {
      if (request.is404) done(noRoute(request.url))
      else done(null, payload)
    })
  },
  { name: 'problems' },
)
