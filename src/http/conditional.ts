// Conditional requests (RFC 9110, section 13): strong ETags, 304 for what a client has, 412 for what has moved on.
import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../core/problems.ts'

/** A strong ETag of a body. That of a record begins with its version, so that any form of it can be written back. */
export const etagOf = (body: string, version?: number) =>
  `"${version === undefined ? '' : `${version}.`}${hash('sha1', body, 'base64url').slice(0, 22)}"`

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
  body: string
  etag: string
  type: string
  lastModified: string | undefined
  /** Whatever else it says, such as links to other pages. */
  headers: Record<string, string>
}

/** Sends a body with its validators, or 304 when the client has it. */
export function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, version, lastModified, type = 'application/json; charset=utf-8', headers = {} }: Answer,
): FastifyReply {
  const made = {
    body,
    etag: etagOf(body, version),
    type,
    lastModified: lastModified && new Date(lastModified).toUTCString(),
    headers,
  }
  request.place?.keep(made)
  return represent(request, reply, made)
}

/** Sends what was made now or was kept: there is no other way, so the two cannot differ. */
export function represent(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, etag, type, lastModified, headers }: Representation,
): FastifyReply {
  validators(request, reply, etag)
  if (lastModified) reply.header('last-modified', lastModified)
  reply.headers(headers)
  if (haveIt(request, etag)) return reply.code(304).send()
  return reply.type(type).send(body)
}

/** The headers by which a representation is cached: kept by anyone who may see it, used only when still current. */
export function validators(request: FastifyRequest, reply: FastifyReply, etag: string): void {
  reply.headers({
    etag,
    'cache-control': request.key ? 'private, no-cache' : 'public, no-cache',
    vary: varyOn(reply, 'Accept'),
  })
}

/** `Vary` may hold what others put there, such as Origin. */
function varyOn(reply: FastifyReply, name: string): string {
  const known = reply.getHeader('vary')
  return known ? `${String(known)}, ${name}` : name
}

/** Does `If-None-Match` say that the client has this representation? */
export function haveIt(request: FastifyRequest, etag: string): boolean {
  const known = request.headers['if-none-match']
  return known !== undefined && (known.trim() === '*' || tagsIn(known).includes(etag))
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
