// Limits what an application streams at a time.
import { oneAtATime } from '../../core/one-at-a-time.ts'
import { Limit } from '../../http/limit.ts'

/** How many lists are streamed at a time: each holds a batch until its client has taken it. */
export const MAX_STREAMS = 20

/** The whole lists that an application sends. */
export class Streams {
  readonly limit = new Limit(MAX_STREAMS, 'whole lists')

  /** Runs work when that of other streams is done. However many there are, other requests are processed after each batch. */
  readonly inTurn = oneAtATime()
}
