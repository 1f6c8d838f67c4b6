// The errors of the API: their codes, statuses and descriptions, and the class that is thrown.

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
    title: 'The body cannot be parsed',
    about:
      'The body is not valid JSON in UTF-8, repeats a key, has a key `__proto__`, or contains a NUL character or half of a surrogate pair. Nothing was written. `detail` has the cause, with line and column where possible.',
  },
  'invalid-body': {
    status: 400,
    title: 'The body does not match the schema',
    about:
      'A field is missing, unknown, of the wrong type, or has an invalid value (a date that does not exist, an id of another kind). `errors` lists each field as a JSON Pointer. Nothing was written.',
  },
  'unknown-field': {
    status: 400,
    title: 'The record has no such field',
    about:
      'The `field` of evidence is a JSON Pointer to a field of the record. It stops at a list: the entry is in `value`. `legal` lists the fields.',
  },
  'invalid-parameter': {
    status: 400,
    title: 'A parameter is unknown or invalid',
    about:
      'The operation does not have this parameter, or the value is invalid. Unknown parameters are rejected because ignoring a misspelt filter would return wrong results. `errors` lists each one with its legal values.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The cursor does not belong to this list',
    about:
      'The cursor was altered, truncated, or issued for other filters or another sort. Cursors are opaque: take them from `page.nextCursor` or the `Link` header, send them with the same parameters, or start again without one.',
  },
  unauthorized: {
    status: 401,
    title: 'A valid key is required',
    about:
      'The request has no key, or one that is unknown, expired or revoked. Send `Authorization: Bearer <key>`. The operator of the service creates keys with `npm run keys -- create`.',
  },
  forbidden: {
    status: 403,
    title: 'The role of the key does not allow this',
    about:
      'The key is valid, but its role does not allow the operation. Analysts read and write; only admins delete records and manage webhooks.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    about: 'No record has that id, or no route has that path. `detail` says which.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    about: 'The path does not support this method. The `Allow` header lists the supported ones.',
  },
  'not-acceptable': {
    status: 406,
    title: 'None of the accepted media types is available',
    about: 'The `Accept` header excludes every media type of this operation.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    about: 'The headers or the body did not arrive in time. Send the request again.',
  },
  duplicate: {
    status: 409,
    title: 'Another record already has this value',
    about:
      'Identifiers, slugs and codes are unique within a kind, and the record `existingId` already has this one. Update that record, or choose another value.',
  },
  'ambiguous-match': {
    status: 409,
    title: 'The name matches several records',
    about:
      'A person, organization or topic of the report has the name of several existing records. `matches` lists them. Refer to the right one by its id, or add an identifier that only one of them has.',
  },
  referenced: {
    status: 409,
    title: 'Other records refer to this one',
    about:
      'A record that others refer to cannot be deleted. `referencedBy` lists the first 20 of them. Change or delete those first.',
  },
  'possible-duplicate': {
    status: 409,
    title: 'The record may already be there',
    about:
      'Records with the same name or text, at the same time or place, exist: `candidates`. If the new record is another one, list them in its `distinctFrom`; in a report, name one by its `id` if it is the same.',
  },
  merged: {
    status: 409,
    title: 'The record was merged into another',
    about:
      'The record was entered twice and merged into `mergedInto`. Write to that one. A GET is redirected (308).',
  },
  distinct: {
    status: 409,
    title: 'The records are known to be different',
    about: 'One of the records lists the other in `distinctFrom`. Remove it there to merge them.',
  },
  'illegal-transition': {
    status: 409,
    title: 'The sequence of events is not allowed',
    about:
      'The lifecycle of the record does not allow this event at that date, or its removal. `legal` lists the types that it allows, `before` and `after` the events on either side.',
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    about:
      'The same key was sent within the last 24 hours with another path or body. Use a new key for each new request, and the same key and body to repeat one.',
  },
  'source-cited': {
    status: 409,
    title: 'The text of a cited source cannot change',
    about:
      'Evidence refers to positions in the text of this source. Complete an excerpt with PUT /v1/sources/{id}/text, which keeps the quotes; add a text that differs as a new source.',
  },
  'quotes-lost': {
    status: 409,
    title: 'The new text lacks quotes of the source',
    about:
      'Every quote of the source must be in its new text to the letter, with the text around it, at exactly one place. `quotes` lists those that are not (the first 100); nothing was written. A text that differs is another source, with the relation `version-of`.',
  },
  gone: {
    status: 410,
    title: 'The record was deleted',
    about: 'The record existed and was deleted. The deletion is in the change log.',
  },
  'feed-restarted': {
    status: 410,
    title: 'The change feed does not have this position',
    about:
      'The database was restored from a copy, so changes after the copy are lost, or the position is beyond the last change. `feed` is the identity of the feed now. Delete what was copied from the feed, and start again at `after=0`.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The record has changed since you read it',
    about:
      '`If-Match` names an older version than the current one, so the write would undo another change. Read the record again, apply your change, and send the new ETag.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    about: 'The body exceeds the limit of this operation, which is in `detail`.',
  },
  'uri-too-long': {
    status: 414,
    title: 'A part of the path is too long',
    about: 'A segment of the path is longer than any id.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type of the body is not supported',
    about:
      'POST and PUT accept `application/json`; PATCH accepts `application/merge-patch+json` (RFC 7396) or `application/json`.',
  },
  'expectation-failed': {
    status: 417,
    title: 'The expectation cannot be met',
    about: 'The only supported value of the `Expect` header is `100-continue`.',
  },
  'unknown-reference': {
    status: 422,
    title: 'The body refers to a record that does not exist',
    about: 'Every id in the body must be that of an existing record. `errors` lists those that are not.',
  },
  inconsistent: {
    status: 422,
    title: 'The record contradicts itself or another',
    about:
      'The values of the body contradict each other or another record: an end before its start, a cycle of parents, a changed read-only field. `errors` lists the fields.',
  },
  'quote-absent': {
    status: 422,
    title: 'The source does not contain this quote',
    about:
      'A quote must match the text of its source exactly, including white space and line breaks. `candidates` lists passages that differ only in case, white space, quotation marks or Unicode form, with the `exact` to use.',
  },
  'quote-ambiguous': {
    status: 422,
    title: 'The source contains this quote more than once',
    about:
      '`candidates` lists the occurrences. Repeat the request with the `start` and `end` of one of them, or with a `prefix` or `suffix` that only one has.',
  },
  'precondition-required': {
    status: 428,
    title: 'If-Match is required',
    about:
      'PATCH, PUT and DELETE require `If-Match` with the ETag of the version that you read, so that no change is lost. `If-Match: *` overwrites any version.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    about:
      'The limit of requests per minute, or of waiting imports, is reached. `Retry-After` is the number of seconds to wait.',
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
      'An error in the service. Nothing was written. The log has the cause under the `requestId` of the response; please report it.',
  },
  unavailable: {
    status: 503,
    title: 'The service is unavailable',
    about:
      'The service is starting or stopping, or its database does not respond. Try again after `Retry-After` seconds.',
  },
} as const satisfies Record<string, Entry>

export type ProblemCode = keyof typeof PROBLEMS

interface ProblemDetails {
  errors?: Fault[]
  /** Further members of the problem document (RFC 9457 section 3.2), such as `legal` or `candidates`. */
  extra?: Record<string, unknown>
  headers?: Record<string, string>
}

/** The maximum number of faults of a problem, and the maximum lengths of its texts. */
export const MAX_FAULTS = 100
const MAX_POINTER = 1000
const MAX_DETAIL = 20_000

const shortened = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, length)}…` : text

const shortenFault = ({ pointer, parameter, detail }: Fault): Fault => ({
  ...(pointer !== undefined && { pointer: shortened(pointer, MAX_POINTER) }),
  ...(parameter !== undefined && { parameter: shortened(parameter, MAX_POINTER) }),
  detail: shortened(detail, MAX_DETAIL),
})

/** An error for the client. `http/problems.ts` turns it into `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly errors: Fault[] | undefined
  readonly extra: Record<string, unknown> | undefined
  readonly headers: Record<string, string> | undefined

  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    const others = (details.errors?.length ?? 0) - MAX_FAULTS
    super(
      `${shortened(detail, MAX_DETAIL)}${others > 0 ? ` ${others.toLocaleString('en')} more faults are not listed.` : ''}`,
    )
    this.name = 'Problem'
    this.code = code
    this.errors = details.errors?.slice(0, MAX_FAULTS).map(shortenFault)
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

/** A read that took too long. */
export const readTimedOut = (ms: number) =>
  new Problem(
    'unavailable',
    `The read took longer than ${ms / 1000} s, or others before it did. Narrow it with filters, or omit count, sort or knownAt.`,
    { headers: { 'retry-after': '5' } },
  )

/** The details of the faults that are listed. */
export const detailOf = (errors: readonly Fault[]) =>
  errors
    .slice(0, MAX_FAULTS)
    .map(({ detail }) => detail)
    .join(' ')

export const inconsistent = (errors: Fault[]) => new Problem('inconsistent', detailOf(errors), { errors })

export const unknownReference = (errors: Fault[]) =>
  new Problem('unknown-reference', detailOf(errors), { errors })

/** Adds a prefix to the pointers of the problems of a part of a body. */
export async function withPointer<Result>(prefix: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const errors = (error.errors ?? [{ pointer: '', detail: error.message }]).map((fault) => ({
      ...fault,
      pointer: `${prefix}${fault.pointer ?? ''}`,
    }))
    throw new Problem(error.code, error.message, { errors, ...(error.extra && { extra: error.extra }) })
  }
}
