// Every error a client can meet: one table from code to status, one class that carries it out.

/** One entry of an RFC 9457 `errors` array: where in the body (`pointer`, RFC 6901) or which parameter. */
export interface Fault {
  pointer?: string
  parameter?: string
  detail: string
}

interface Entry {
  status: number
  title: string
  /** What happened and what the client can do: the text of the page under `/problems/{code}`. */
  about: string
}

export const PROBLEMS = {
  'malformed-body': {
    status: 400,
    title: 'The body could not be read',
    about:
      'The body is not valid JSON in UTF-8, repeats a key, names `__proto__`, or holds a NUL character or half of a surrogate pair. Nothing was written. The detail says what was found and where; mend the body and send it again.',
  },
  'invalid-body': {
    status: 400,
    title: 'The body does not have the documented form',
    about:
      'A field is missing, unknown, of the wrong type, or no legal value (a date that does not exist, an id of another kind). `errors` names every field by JSON Pointer. Nothing was written.',
  },
  'invalid-parameter': {
    status: 400,
    title: 'A parameter is unknown or has an illegal value',
    about:
      'A path or query parameter is not one that this operation knows, or its value is not legal. Unknown parameters are never ignored, since a misspelt filter would answer a question that was not asked. `errors` names each one and lists what is legal.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The cursor does not belong to this list',
    about:
      'The cursor was altered, cut short, or made for other filters or another sort. Cursors are opaque: take them from `page.nextCursor` or the `Link` header, send them with the same parameters, or start again without one.',
  },
  unauthorized: {
    status: 401,
    title: 'A valid key is needed',
    about:
      'The request has no key, or one that is unknown, expired or revoked. Send `Authorization: Bearer <key>`; an administrator of the service makes keys with `npm run keys -- create`.',
  },
  forbidden: {
    status: 403,
    title: 'The key may not do this',
    about:
      'The key is valid, but its role does not allow the operation: analysts write, only admins delete and manage webhooks.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    about: 'No record has that id, or no route has that path. `detail` says which.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    about: 'The path exists, but not for this method. The `Allow` header lists the methods that it takes.',
  },
  'not-acceptable': {
    status: 406,
    title: 'None of the accepted media types is offered',
    about: 'The `Accept` header rules out every media type in which this operation can answer.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    about: 'The headers or the body did not arrive in time. Send the request again.',
  },
  duplicate: {
    status: 409,
    title: 'Another record has this already',
    about:
      'An identifier, slug or code must be unique within its kind, and `existingId` has it already. Change the existing record, or choose another value.',
  },
  'ambiguous-match': {
    status: 409,
    title: 'The name fits several records',
    about:
      'A person, body or topic of the report has the name of more than one known record. `matches` lists them. Leave it out of the report and refer to the one that is meant by its id, or give an identifier that only one has.',
  },
  referenced: {
    status: 409,
    title: 'Other records point here',
    about:
      'A record that others point to is not deleted. `referencedBy` names them (the first 20). Change or delete those first.',
  },
  'illegal-transition': {
    status: 409,
    title: 'The status cannot move like this',
    about:
      'The event does not fit the life of the record at its date. `legal` lists the statuses that could stand there instead.',
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    about:
      'The same key was sent within the last 24 hours with another path or body. Use a new key for a new request; repeat a request with the key and the body it had.',
  },
  'source-cited': {
    status: 409,
    title: 'The text of a cited source never changes',
    about:
      'Evidence cites this source by position, so its text is fixed. Add a corrected text as a new source, or delete the evidence first.',
  },
  gone: {
    status: 410,
    title: 'The record was deleted',
    about: 'The record existed and was deleted. Its tombstone stays in the change log.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The record has changed since you read it',
    about:
      '`If-Match` names an older version than the current one, so writing would overwrite what somebody else wrote. Read the record again, apply your change to it, and send its new ETag.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    about: 'The body exceeds the limit of this operation. `detail` says how large it may be.',
  },
  'uri-too-long': {
    status: 414,
    title: 'A part of the path is too long',
    about: 'A segment of the path is longer than any id can be.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type of the body is not supported',
    about:
      'POST takes `application/json`; PATCH takes `application/merge-patch+json` (RFC 7396) or `application/json`.',
  },
  'expectation-failed': {
    status: 417,
    title: 'The expectation cannot be met',
    about: 'The `Expect` header asks for something other than `100-continue`.',
  },
  'unknown-reference': {
    status: 422,
    title: 'The record points to something that does not exist',
    about: 'Every id in the body must be that of an existing record. `errors` names those that are not.',
  },
  inconsistent: {
    status: 422,
    title: 'The record contradicts itself or another',
    about:
      'The body is well formed but cannot be: an end before its start, a cycle of parents, a read-only field changed. `errors` says where.',
  },
  'quote-absent': {
    status: 422,
    title: 'The source does not hold this quote',
    about:
      'Evidence must quote its source to the letter, white space and line breaks included. `candidates` lists places where the source says nearly the same (up to case, white space, quotation marks and Unicode form) with the `exact` to use.',
  },
  'quote-ambiguous': {
    status: 422,
    title: 'The source holds this quote more than once',
    about:
      '`candidates` lists the places. Repeat the request with the `start` and `end` of one of them, or with a `prefix` or `suffix` that tells them apart.',
  },
  'precondition-required': {
    status: 428,
    title: 'If-Match is required',
    about:
      'PATCH and DELETE need `If-Match` with the ETag of the version you read, so that no edit is lost; `If-Match: *` overwrites on purpose.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    about: 'The limit of requests a minute is reached. `Retry-After` says how many seconds to wait.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    about: 'The request line and headers together exceed 16 KiB.',
  },
  internal: {
    status: 500,
    title: 'The service failed',
    about:
      'The fault is ours. Nothing was written. The log holds the cause under the `requestId` of the answer; please report it.',
  },
  unavailable: {
    status: 503,
    title: 'The service cannot answer now',
    about:
      'The service is starting, stopping, or its database does not answer. Try again after `Retry-After` seconds.',
  },
} as const satisfies Record<string, Entry>

export type ProblemCode = keyof typeof PROBLEMS

interface ProblemDetails {
  errors?: Fault[]
  /** Further members of the problem document (RFC 9457 section 3.2), such as `legal` or `candidates`. */
  extra?: Record<string, unknown>
  headers?: Record<string, string>
}

/** An error of the domain. `http/problems.ts` turns it into `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly errors: Fault[] | undefined
  readonly extra: Record<string, unknown> | undefined
  readonly headers: Record<string, string> | undefined

  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    super(detail)
    this.name = 'Problem'
    this.code = code
    this.errors = details.errors
    this.extra = details.extra
    this.headers = details.headers
  }

  get status(): number {
    return PROBLEMS[this.code].status
  }
}

export const notFound = (kind: string, id: string, when = '') =>
  new Problem('not-found', `There is no ${kind} with the id ${JSON.stringify(id)}${when}.`)

export const gone = (kind: string, id: string) =>
  new Problem('gone', `The ${kind} ${JSON.stringify(id)} was deleted.`)

export const inconsistent = (errors: Fault[]) =>
  new Problem('inconsistent', errors.map((fault) => fault.detail).join(' '), { errors })

export const unknownReference = (errors: Fault[]) =>
  new Problem('unknown-reference', errors.map((fault) => fault.detail).join(' '), { errors })
