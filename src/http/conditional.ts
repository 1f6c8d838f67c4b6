// Conditional requests (RFC 9110, section 13): strong ETags, 304 for what a client has, 412 for what has moved on.
import { hash } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../core/problems.ts'
import { post } from './outbox.ts'

/** A strong ETag of a body. That of a record begins with its version, so that any form of it can be written back. */
export const etagOf = (body: string, version?: number) =>
  `"${version === undefined ? '' : `${version}.`}${hash('sha1', body, 'base64url').slice(0, 22)}"`

/** How HTTP writes days, up to the time. */
const days = new Map<string, string>()
const MAX_DAYS = 1000

/** An instant as HTTP writes it (RFC 9110, section 5.6.7). @param instant in ISO 8601, UTC */
export function httpDate(instant: string): string {
  const day = instant.slice(0, 10)
  let begun = days.get(day)
  if (begun === undefined) {
    begun = new Date(day).toUTCString().slice(0, 'Thu, 01 Jan 1970 '.length)
    if (days.size >= MAX_DAYS) days.clear()
    days.set(day, begun)
  }
  return `${begun}${instant.slice(11, 19)} GMT`
}

interface Answer {
  body: string
  /** Of a record: its version, for the ETag. */
  version?: number
  lastModified?: string
  type?: string
  headers?: Record<string, string>
}

/** All that an answer says of itself: what is the same for whoever asks the same. */
export interface Representation {
  body: string | Buffer
  etag: string
  /** By which it is cached. */
  headers: Record<string, string>
  /** What goes with a body: its form, and whatever else it says, such as links to other pages. */
  contentHeaders: Record<string, string>
}

/** Sends a body with its validators, or 304 when the client has it. */
export function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, version, lastModified, type = 'application/json; charset=utf-8', headers = {} }: Answer,
): FastifyReply {
  const etag = etagOf(body, version)
  const made: Representation = {
    body,
    etag,
    headers: {
      ...validators(request, reply, etag),
      ...(lastModified && { 'last-modified': httpDate(lastModified) }),
    },
    contentHeaders: {
      'content-type': type,
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    },
  }
  request.place?.keep(made, request.routeOptions.url ?? '')
  represent(
    request.raw,
    reply.hijack().raw,
    reply.getHeaders() as OutgoingHttpHeaders,
    made,
    reply.statusCode,
  )
  return reply
}

/**
 * Sends what was made now or was kept: there is no other way, so the two cannot differ. Nothing is left to be done to it, so it
 * does not take the way of what handlers return.
 * @param own headers of this one answer
 * @returns the status
 */
export function represent(
  request: IncomingMessage,
  response: ServerResponse,
  own: OutgoingHttpHeaders,
  { body, etag, headers, contentHeaders }: Representation,
  status = 200,
): number {
  if (haveIt(request, etag)) {
    post(response, 304, { ...own, ...headers })
    return 304
  }
  post(response, status, { ...own, ...headers, ...contentHeaders }, body)
  return status
}

/** The headers by which a representation is cached: kept by anyone who may see it, used only when still current. */
export const validators = (request: FastifyRequest, reply: FastifyReply, etag: string) => ({
  etag,
  'cache-control': request.key ? 'private, no-cache' : 'public, no-cache',
  vary: varyOn(reply, 'Accept'),
})

/** `Vary` may hold what others put there, such as Origin. */
function varyOn(reply: FastifyReply, name: string): string {
  const known = reply.getHeader('vary')
  return known ? `${String(known)}, ${name}` : name
}

/** Does `If-None-Match` say that the client has this representation? */
export function haveIt(request: Pick<IncomingMessage, 'headers'>, etag: string): boolean {
  const known = request.headers['if-none-match']
  if (known === undefined) return false
  return known === etag || known.trim() === '*' || tagsIn(known).includes(etag)
}

/** The entity tags of a header, weak marks taken off (If-None-Match compares weakly). */
const tagsIn = (header: string): string[] => header.match(/"[^"]*"/g) ?? []

/**
 * Lets a write go on only when the client has seen the current version.
 * @throws Problem `precondition-required` without If-Match, `precondition-failed` when it names another version
 */
export function checkIfMatch(request: FastifyRequest, version: number): void {
  const given = request.headers['if-match']
  if (given === undefined) {
    throw new Problem('precondition-required', 'Send If-Match with the ETag of the version that you read.')
  }
  if (given.trim() === '*') return
  const strong = given.split(',').filter((tag) => !tag.trim().startsWith('W/'))
  if (!strong.some((tag) => tagsIn(tag).some((found) => found.startsWith(`"${version}.`)))) {
    throw new Problem(
      'precondition-failed',
      `The record is at version ${version} now. Read it again and apply your change to it.`,
    )
  }
}
