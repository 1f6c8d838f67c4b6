// Waits for conditions instead of for a fixed time.
import { vi } from 'vitest'

/** Repeats `check` until it no longer throws. The long timeout is only reached by a condition that never holds. */
export const eventually = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 120_000, interval: 5 }) as Promise<Result>
