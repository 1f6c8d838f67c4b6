// Limits what an application streams at a time.
import { oneAtATime } from '../../core/one-at-a-time.ts'
import { Problem } from '../../core/problems.ts'

/** How many lists are streamed at a time: each holds a batch until its client has taken it. */
export const MAX_STREAMS = 20

/** The lists that an application streams. */
export class Streams {
  #count = 0

  /** Runs work when that of other streams is done. However many there are, other requests are processed after each batch. */
  readonly inTurn = oneAtATime()

  /**
   * Counts a list, before the first of it is read.
   * @returns a function to call when the list has been sent, or its client has left
   * @throws Problem `unavailable`, if there are too many
   */
  begin(): () => void {
    if (this.#count >= MAX_STREAMS)
      throw new Problem('unavailable', `The service sends ${MAX_STREAMS} whole lists already.`, {
        headers: { 'retry-after': '10' },
      })
    this.#count++
    let isCounted = true
    return () => {
      if (isCounted) this.#count--
      isCounted = false
    }
  }
}
