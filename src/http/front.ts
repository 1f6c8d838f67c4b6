// What stands in front of Fastify: where anybody may read and nobody is counted, an answer that is kept is sent from here. It
// is the same answer, sent by the same function; what is spared is the way through the router and the hooks, which takes
// longer than the answer.
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AccessLog } from './access-log.ts'
import { isPlain, type Kept } from './cache.ts'
import { represent } from './conditional.ts'
import type { crossOrigin } from './cors.ts'
import type { Metrics } from './metrics.ts'
import { requestId } from './request-id.ts'

interface Front {
  kept: Kept
  corsHeaders: ReturnType<typeof crossOrigin>
  log: AccessLog
  metrics: Metrics
  /** Whether answers may be sent from here. */
  open: () => boolean
}

/** @returns a listener that hands on what it does not answer */
export const front =
  ({ kept, corsHeaders, log, metrics, open }: Front, next: RequestListener): RequestListener =>
  (request, response) => {
    const found = open() && isPlain(request) ? findIn(kept, request) : undefined
    if (!found) {
      next(request, response)
      return
    }
    const begun = performance.now()
    const id = requestId.make(request)
    const own = { 'x-request-id': id, ...corsHeaders(request.headers.origin) }
    const status = represent(request, response, own, found)
    const took = performance.now() - begun
    metrics.answered('GET', found.route, status, took)
    log.answered(id, request, status, took)
  }

/** Where the database fails, that is for the problems of those behind to say. */
function findIn(kept: Kept, request: IncomingMessage) {
  try {
    return kept.look(request, false).found
  } catch {
    return undefined
  }
}
