// Runs work one after the other, with an event-loop tick in between.
import { setImmediate } from 'node:timers/promises'

/** @returns a function that runs work when all that came before is done */
export function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => {}).then(() => setImmediate())
    return result
  }
}
