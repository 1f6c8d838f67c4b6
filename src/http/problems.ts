// Every error leaves as application/problem+json (RFC 9457), made in this one place, and each code has a page.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { z } from 'zod'
import { PROBLEMS, Problem, type ProblemCode } from '../core/problems.ts'
import { redactKeys } from '../db/keys.ts'

export const PROBLEM_JSON = 'application/problem+json'

const fault = z
  .object({
    pointer: z.string().optional().meta({ description: 'Where in the body (JSON Pointer, RFC 6901).' }),
    parameter: z.string().optional().meta({ description: 'Which parameter.' }),
    detail: z.string().meta({ description: 'What is wrong with it.' }),
  })
  .meta({ id: 'Fault', description: 'One thing that is wrong with a request.' })

/** The shape of every error. */
export const problemSchema = z
  .looseObject({
    type: z.string().meta({ description: 'The path of the page about this problem.' }),
    title: z.string().meta({ description: 'The problem in general.' }),
    status: z.int().meta({ description: 'The HTTP status.' }),
    detail: z.string().meta({ description: 'What happened this time.' }),
    instance: z.string().meta({ description: 'The path that was asked for.' }),
    requestId: z.string().meta({ description: 'Names this request in the log.' }),
    errors: z.array(fault).optional().meta({ description: 'What is wrong, item by item.' }),
    legal: z
      .array(z.string())
      .optional()
      .meta({ description: 'The statuses that could stand there instead.' }),
    existingId: z.string().optional().meta({ description: 'The record that has it already.' }),
    referencedBy: z
      .array(z.object({ kind: z.string(), id: z.string() }))
      .optional()
      .meta({ description: 'The records that point here.' }),
    matches: z
      .array(z.object({ id: z.string(), name: z.string(), path: z.string() }))
      .optional()
      .meta({ description: 'The records that could be meant.' }),
    candidates: z
      .array(
        z.object({
          start: z.int(),
          end: z.int(),
          exact: z.string(),
          prefix: z.string(),
          suffix: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Places in the source that could be meant; positions in code points.' }),
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

/** Fastify's own errors, by status. */
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
  FST_ERR_BAD_URL: ['invalid-parameter', 'The path is not a valid URL: it holds a broken percent-encoding.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed-body', 'The body is empty.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri-too-long', 'A segment of the path is longer than any id can be.'],
  SQLITE_BUSY: ['unavailable', 'The database is busy with the write of another process.'],
  SQLITE_FULL: ['unavailable', 'The disk of the database is full.'],
  SQLITE_IOERR: ['unavailable', 'The disk of the database does not answer.'],
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { code = '', statusCode, message } = (error ?? {}) as FastifyError
  const known = BY_CODE[code] ?? BY_CODE[code.split('_', 2).join('_')]
  if (known)
    return new Problem(
      known[0],
      known[1],
      known[0] === 'unavailable' ? { headers: { 'retry-after': '1' } } : {},
    )
  const byStatus = statusCode === undefined || statusCode === 500 ? undefined : BY_STATUS[statusCode]
  if (byStatus) return new Problem(byStatus, message)
  return new Problem('internal', 'The service failed. The log holds the cause under this request id.')
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const problem = toProblem(error)
  if (problem.code === 'body-too-large' && problem !== error)
    problem.message = `The body may be ${request.routeOptions.bodyLimit} bytes long at most.`
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed')
  return reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', 'x-request-id': request.id, ...problem.headers })
    .type(PROBLEM_JSON)
    .send(JSON.stringify(problemBody(problem, request.url, request.id)))
}

/** What Node refuses before Fastify sees a request: broken HTTP, headers too large, a slow sender. */
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

/** `Expect` headers other than 100-continue. */
export function refuseExpectation(
  request: IncomingMessage,
  response: import('node:http').ServerResponse,
): void {
  const problem = new Problem(
    'expectation-failed',
    `This service does not know ${JSON.stringify(request.headers.expect)}.`,
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
    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error))
    const nothingAt = (url: string) =>
      new Problem(
        'not-found',
        `Nothing answers at ${redactKeys(url.split('?')[0] ?? '')}. /docs lists what does.`,
      )
    app.setNotFoundHandler((request, reply) => sendProblem(request, reply, nothingAt(request.url)))
    app.addHook('onRequest', ({ raw, headers }, _reply, done) => {
      if (headers.host !== undefined || raw.httpVersion !== '1.1') {
        // A chunk that came along and is broken is refused before anything is answered.
        if (headers['transfer-encoding'] === undefined) done()
        else setImmediate(done)
        return
      }
      done(
        new Problem('malformed-body', 'A request in HTTP/1.1 needs a Host header (RFC 9112, section 3.2).'),
      )
    })
    // Before the body is read: where nothing answers, what is wrong with a body does not matter.
    app.addHook('preParsing', (request, _reply, payload, done) => {
      if (request.is404) done(nothingAt(request.url))
      else done(null, payload)
    })
    for (const [code, { status, title, about }] of Object.entries(PROBLEMS)) {
      app.get(`/problems/${code}`, { schema: { hide: true }, config: { open: true } }, (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .header('cache-control', 'public, max-age=3600')
          .send(
            page(`${status}: ${title}`, `<p>${marked(about)}</p><p><code>type: /problems/${code}</code></p>`),
          ),
      )
    }
    app.get('/problems', { schema: { hide: true }, config: { open: true } }, (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(
        page(
          'Problems',
          `<ul>${Object.entries(PROBLEMS)
            .map(
              ([code, { status, title }]) =>
                `<li><a href="/problems/${code}">${code}</a>: ${status}, ${title}</li>`,
            )
            .join('')}</ul>`,
        ),
      ),
    )
  },
  { name: 'problems' },
)

const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><body><h1>${title}</h1>${body}</body></html>\n`

/** The texts are ours; only `&`, `<` and Markdown's code marks need care. */
const marked = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
