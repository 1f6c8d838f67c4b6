// Waits for conditions instead of for a fixed time.
import { setImmediate } from 'node:timers/promises'
import { vi } from 'vitest'

/** Repeats `check` until it no longer throws. The long timeout is only reached by a condition that never holds. */
export const eventually = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 120_000, interval: 5 }) as Promise<Result>

/** An instant for `knownAt`: what is written from now on is written later, also where it takes less than a millisecond. */
export async function instantBeforeWrites(): Promise<string> {
  const instant = new Date().toISOString()
  while (new Date().toISOString() === instant) await setImmediate()
  return instant
}
