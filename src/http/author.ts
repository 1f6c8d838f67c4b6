// Who a write is by: the key of the request, and the request itself.
import type { FastifyRequest } from 'fastify'
import { Problem } from '../core/problems.ts'

export function authorOf(request: FastifyRequest) {
  const { key } = request
  if (!key) throw new Problem('unauthorized', 'This needs a key.')
  return { actor: { id: key.id, name: key.name }, requestId: request.id }
}
