// Compares media types without their parameters, in requests and in the types that they accept.
import accepts from '@fastify/accepts'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { PATCH_TYPES } from './body.ts'

/** A parameter of a media type, but for its weight (RFC 9110, section 12.5.1). */
const PARAMETER = /;\s*(?!q\s*=)[^\s;,="]+\s*=\s*(?:"[^"]*"|[^\s;,]*)/gi

export const negotiation = fp(
  async (app) => {
    await app.register(accepts)
    app.addHook('onRequest', ({ method, headers }, _reply, done) => {
      if (headers.accept?.includes(';')) headers.accept = headers.accept.replace(PARAMETER, '')
      // Some clients name the type of a body that they do not send.
      if (method === 'DELETE' && !hasBody(headers)) delete headers['content-type']
      done()
    })
  },
  { name: 'negotiation' },
)

const hasBody = (headers: FastifyRequest['headers']) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** The media types that the body of a request may have. */
export function acceptedTypes({ method, routeOptions }: FastifyRequest): string[] {
  const upload = routeOptions.schema?.['x-upload']
  if (upload) return Object.keys(upload)
  return method === 'PATCH' ? PATCH_TYPES : ['application/json']
}

/** Why the media type of a body is refused. */
export function wrongType(request: FastifyRequest): string {
  const type = request.headers['content-type']
  const types = acceptedTypes(request)
  const sent = type === undefined ? 'The body has no Content-Type' : `The body is ${type.split(';')[0]}`
  return `${sent}. This takes ${types.join(' or ')}: send the header "Content-Type: ${types[0]}".`
}
