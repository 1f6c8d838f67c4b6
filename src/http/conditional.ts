// Conditional requests (RFC 9110, section 13): ETags, 304 for unchanged responses, 412 for outdated writes.
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../core/problems.ts'

/** A strong ETag of a body. That of a record starts with its version, so that `If-Match` accepts any representation. */
export const etagOf = (body: string, version?: number) =>
  `"${version === undefined ? '' : `${version}.`}${hash('sha1', body, 'base64url').slice(0, 22)}"`

/** Formats an ISO 8601 instant as an HTTP date (RFC 9110, section 5.6.7). */
export const httpDate = (instant: string) => new Date(instant).toUTCString()

interface Representation {
  body: string
  /** The version of the record, for the ETag. */
  version?: number
  /** In ISO 8601. */
  lastModified?: string
  /** Default: JSON. */
  type?: string
  headers?: Record<string, string>
}

/** Sends a body with its validators. */
export const sendRepresentation = (
  reply: FastifyReply,
  { body, version, lastModified, type = 'application/json; charset=utf-8', headers = {} }: Representation,
): FastifyReply =>
  reply
    .headers({
      'content-type': type,
      etag: etagOf(body, version),
      ...(lastModified && { 'last-modified': httpDate(lastModified) }),
      ...headers,
    })
    .send(body)

/** Headers that describe a body, which a 304 does not have. */
const CONTENT_HEADERS = ['content-type', 'content-length', 'content-encoding', 'content-disposition', 'link']

/** Turns the response to a GET into a 304 if the client has the same representation. */
const revalidate: onSendHookHandler = (request, reply, payload, done) => {
  const etag = reply.getHeader('etag')
  if (typeof etag !== 'string') return done()
  // Each encoding is a separate representation and needs its own strong ETag.
  const encoding = reply.getHeader('content-encoding')
  if (encoding) reply.header('etag', `${etag.slice(0, -1)}-${encoding}"`)
  if (reply.statusCode !== 200 || (request.method !== 'GET' && request.method !== 'HEAD')) return done()
  reply.headers({
    'cache-control': request.key ? 'private, no-cache' : 'public, no-cache',
    vary: varyOf(reply),
  })
  if (!matchesIfNoneMatch(request, etag)) return done()
  if (payload instanceof Readable) payload.destroy()
  for (const name of CONTENT_HEADERS) reply.removeHeader(name)
  reply.code(304)
  done(null, null)
}

const VARY = 'Accept, Accept-Encoding'

/** `Vary`, including the names that other plugins set, such as Origin. */
function varyOf(reply: FastifyReply): string {
  const names = reply.getHeader('vary')
  if (names === undefined) return VARY
  const others = String(names)
    .split(', ')
    .filter((name) => name.toLowerCase() !== 'accept-encoding')
  return [...others, VARY].join(', ')
}

/** Weak comparison, as specified for If-None-Match, that ignores the encoding. */
function matchesIfNoneMatch(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-none-match']
  if (header === undefined) return false
  return header.trim() === '*' || tagsIn(header).some((tag) => tag === etag || withoutEncoding(tag) === etag)
}

const tagsIn = (header: string): string[] => header.match(/"[^"]*"/g) ?? []

/** Without the encoding that this service or a proxy has added. */
const withoutEncoding = (tag: string) => tag.replace(/[-;](?:br|gzip|deflate|zstd)"$/, '"')

/** Register after plugins that change bodies, such as compression: the ETag depends on the encoding. */
export const conditional = fp(
  async (app) => {
    app.addHook('onRoute', (route) => {
      route.onSend = [...[route.onSend ?? []].flat(), revalidate]
    })
  },
  { name: 'conditional' },
)

/**
 * Checks that `If-Match` names the current version of a record.
 * @throws Problem `precondition-required` without If-Match, `precondition-failed` if it names another version
 */
export function checkIfMatch(request: FastifyRequest, version: number): void {
  const header = request.headers['if-match']
  if (header === undefined) {
    throw new Problem('precondition-required', 'Send If-Match with the ETag of the version that you read.')
  }
  if (header.trim() === '*') return
  const ofVersion = (tag: string) => tag.startsWith(`"${version}.`)
  const strong = header.split(',').filter((tag) => !tag.trim().startsWith('W/'))
  if (strong.flatMap(tagsIn).some(ofVersion)) return
  throw new Problem('precondition-failed', mismatch(header, tagsIn(header).some(ofVersion), version))
}

/** Why If-Match fails. @param weak whether it has the ETag of the version as a weak one */
function mismatch(header: string, weak: boolean, version: number): string {
  if (weak)
    return `If-Match has the weak ETag of version ${version}, and it compares strong ones only (RFC 9110, section 13.1.1). A proxy that compresses may have made it weak: send it without W/.`
  if (tagsIn(header).some((tag) => /^"\d+\./.test(tag)))
    return `The record is at version ${version} now. Read it again and apply your change to it.`
  return `If-Match has no ETag of this service. Send the ETag of the response, with its quotation marks: it begins with "${version}. for the current version.`
}
