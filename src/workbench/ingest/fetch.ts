// Fetches a page or a file by its address: from public addresses only, with limits on redirects, time, size and type.
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { PassThrough } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { urlFaults } from '../../core/addresses.ts'
import { messageOf, NotPublic, publicLookup, type Resolve } from '../../http/outgoing.ts'
import { IngestFailure } from './failure.ts'

export interface Fetched {
  /** The address after all redirects, without a fragment. */
  url: string
  /** The media type without parameters, in lower case; empty if the server names none. */
  type: string
  /** The `charset` of the media type. */
  charset: string | null
  /** The `Content-Language`. */
  language: string | null
  bytes: Buffer
}

export interface FetchOptions {
  allowPrivate: boolean
  /** Default: `dns.lookup`. */
  resolve?: Resolve | undefined
  /** Finds and checks the address of a host. Default: `publicLookup`. */
  lookup?: LookupFunction | undefined
  /** For all requests together. */
  timeoutMs?: number | undefined
  userAgent: string
}

/** The largest body, after decompression, in bytes. */
export const MAX_BYTES = 10_000_000
const MAX_REDIRECTS = 5
const TIMEOUT_MS = 20_000
const MAX_HEADER_BYTES = 32_768

const ACCEPTED =
  'text/html, application/xhtml+xml, application/pdf, text/plain;q=0.9, text/*;q=0.5, */*;q=0.1'

/** @throws IngestFailure */
export async function fetchPage(address: string, options: FetchOptions): Promise<Fetched> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const lookup = options.lookup ?? publicLookup(options)
  let url = checkAddress(address, options)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(url, lookup, options.userAgent, timeout)
    const location = redirectOf(response)
    if (location === null) return receive(url, response, timeout)
    response.destroy()
    url = checkAddress(URL.parse(location, url)?.href ?? location, options)
  }
  throw new IngestFailure('redirects')
}

/** The URL of a request. Fragments are never sent, so people paste them. @throws IngestFailure */
function checkAddress(address: string, { allowPrivate }: FetchOptions): URL {
  const text = address.trim().replace(/#.*$/s, '')
  const [fault] = urlFaults(text, '/url', allowPrivate)
  if (fault) throw new IngestFailure('address', fault.detail)
  return new URL(text)
}

function request(
  url: URL,
  lookup: LookupFunction,
  userAgent: string,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { get } = url.protocol === 'https:' ? https : http
    const sent = get(url, {
      // A connection of its own: a pooled one may be to an address that was checked under other settings.
      agent: false,
      lookup,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      headers: { accept: ACCEPTED, 'accept-encoding': 'gzip, deflate, br, zstd', 'user-agent': userAgent },
    })
    sent.once('response', resolve)
    sent.on('error', (error) => reject(failureOf(error, signal)))
    sent.once('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new IngestFailure('connection', 'The protocol is not switched.'))
    })
    sent.once('close', () =>
      reject(new IngestFailure('connection', 'The connection was closed without a response.')),
    )
  })
}

function failureOf(error: Error, signal: AbortSignal): IngestFailure {
  if (error instanceof IngestFailure) return error
  if (signal.aborted) return new IngestFailure('timeout')
  if (error instanceof NotPublic) return new IngestFailure('private', error.message)
  return new IngestFailure('connection', messageOf(error))
}

const REDIRECTS = [301, 302, 303, 307, 308]

/** The target of a redirect. Refused: redirects without one. */
function redirectOf({ statusCode = 0, headers: { location } }: http.IncomingMessage): string | null {
  return REDIRECTS.includes(statusCode) && location !== undefined ? location : null
}

/** Reads the body of a response, decompressed. */
async function receive(url: URL, response: http.IncomingMessage, signal: AbortSignal): Promise<Fetched> {
  const { statusCode = 0, headers } = response
  try {
    if (statusCode !== 200) throw new IngestFailure('status', String(statusCode))
    const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';')
    const charset = parameters.map((one) => /^\s*charset\s*=\s*"?([^"\s]+)/i.exec(one)?.[1]).find(Boolean)
    const media = type.trim().toLowerCase()
    if (!isReadable(media)) throw new IngestFailure('type', media)
    if (Number(headers['content-length']) > MAX_BYTES) throw new IngestFailure('too-large')
    const bytes = await readBounded(response, String(headers['content-encoding'] ?? ''), signal)
    const language = headers['content-language']?.split(',')[0]?.trim() || null
    return { url: url.href, type: media, charset: charset ?? null, language, bytes }
  } finally {
    response.destroy()
  }
}

/** Types that may be HTML, PDF or text; what the bytes are is checked later. */
const isReadable = (type: string) =>
  type === '' ||
  type.startsWith('text/') ||
  /^application\/(?:xhtml\+xml|pdf|x-pdf|octet-stream|xml)$/.test(type)

function decompressor(encoding: string) {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return new PassThrough()
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    case 'zstd':
      return createZstdDecompress()
    default:
      throw new IngestFailure('damaged', `content-encoding: ${encoding}`)
  }
}

/** Reads what follows from compressed bytes, up to the limit: a small body can become a large one. */
function readBounded(body: http.IncomingMessage, encoding: string, signal: AbortSignal): Promise<Buffer> {
  const plain = decompressor(encoding)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let size = 0
  plain.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MAX_BYTES) reject(new IngestFailure('too-large'))
    else chunks.push(chunk)
  })
  plain.once('end', () => resolve(Buffer.concat(chunks)))
  plain.once('error', (error) => reject(new IngestFailure('damaged', messageOf(error))))
  body.once('error', (error) => reject(failureOf(error, signal)))
  body.once('close', () => {
    if (!body.complete) reject(new IngestFailure('connection', 'The connection was closed too early.'))
  })
  signal.addEventListener('abort', () => reject(new IngestFailure('timeout')), { once: true })
  body.pipe(plain)
  return promise.finally(() => {
    body.unpipe(plain)
    plain.destroy()
  })
}
