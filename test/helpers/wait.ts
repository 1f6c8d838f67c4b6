// Waits for conditions instead of for a fixed time.
import { vi } from 'vitest'

/** Repeats `check` until it throws no more. The deadline is so late that only what never comes runs into it. */
export const eventually = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 120_000, interval: 5 }) as Promise<Result>
