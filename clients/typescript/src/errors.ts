// The errors of a request: what the service refuses, and what never reached it.
import type { Problem, ProblemType } from './schema.ts'

/** An error of the service (RFC 9457), or of a proxy before it; then `type` is `about:blank`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  /** `/problems/…`; further types may come. */
  readonly type: ProblemType | 'about:blank' | (string & {})
  /** The whole body: `errors`, `legal`, `candidates`, `existingId`, … */
  readonly problem: Omit<Problem, 'type'> & { type: string }
  readonly headers: Headers
  /** The id of the request in the log of the service; empty if a proxy answered. */
  readonly requestId: string

  constructor(problem: ProblemError['problem'], headers: Headers) {
    super(`${problem.status} ${problem.title}: ${problem.detail}`)
    this.status = problem.status
    this.type = problem.type
    this.problem = problem
    this.headers = headers
    this.requestId = problem.requestId
  }

  /** Whether it is this type of problem: `error.is('precondition-failed')`. */
  is(code: ProblemType extends `/problems/${infer Code}` ? Code : never): boolean {
    return this.type === `/problems/${code}`
  }
}

/** No complete response came: the service is unreachable, or the connection broke. `cause` is the error of `fetch`. */
export class ConnectionError extends Error {
  override readonly name: string = 'ConnectionError'
}

/** No complete response came within `timeout`. */
export class TimeoutError extends ConnectionError {
  override readonly name = 'TimeoutError'
}

/** The problem in the body of a response, or one made from a response of a proxy. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text().catch(() => '')
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/problem+json')) {
    try {
      return new ProblemError(JSON.parse(text) as Problem, response.headers)
    } catch {
      // The body was cut off: reported as below.
    }
  }
  const problem = {
    type: 'about:blank',
    title: response.statusText || 'No success',
    status: response.status,
    detail: text.slice(0, 500),
    instance: new URL(response.url || 'http://unknown/').pathname,
    requestId: response.headers.get('x-request-id') ?? '',
  }
  return new ProblemError(problem, response.headers)
}
