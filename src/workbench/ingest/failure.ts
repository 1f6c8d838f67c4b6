// Why a text could not be taken from a file or an address: a code, which the pages have words for.

export const FAILURES = [
  /** The address is none that the service fetches; `detail` says why. */
  'address',
  /** The host has no public address. */
  'private',
  /** The host was not found, or the connection failed; `detail` says why. */
  'connection',
  /** It took too long. */
  'timeout',
  'redirects',
  /** The server answered with another status than 200, which is in `detail`. */
  'status',
  'too-large',
  /** It is neither HTML nor PDF nor text; `detail` is its type. */
  'type',
  /** A PDF with a password. */
  'encrypted',
  /** It cannot be read. */
  'damaged',
  /** It has no text, such as a scanned page. */
  'no-text',
  /** Reading it takes more time or memory than it may. */
  'too-complex',
  /** Too many files are being read. */
  'busy',
] as const

export type FailureCode = (typeof FAILURES)[number]

export class IngestFailure extends Error {
  readonly code: FailureCode
  /** What the code leaves open, in English. */
  readonly detail: string

  constructor(code: FailureCode, detail = '') {
    super(`${code}: ${detail}`)
    this.name = 'IngestFailure'
    this.code = code
    this.detail = detail
  }
}
