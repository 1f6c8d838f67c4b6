// Reports the progress of an import, and lets other requests run in between.
import { setImmediate } from 'node:timers/promises'

export interface ImportProgress {
  phase: 'reading' | 'writing'
  done: number
  /** Null while unknown. */
  total: number | null
}

/** How long an import may block the event loop, in milliseconds. */
const MAX_BLOCKING_MS = 8

export class Progress {
  readonly #onProgress: ((progress: ImportProgress) => void) | undefined
  readonly #signal: AbortSignal | undefined
  #lastYield = performance.now()
  #current: () => ImportProgress = () => ({ phase: 'reading', done: 0, total: null })

  constructor(onProgress?: (progress: ImportProgress) => void, signal?: AbortSignal) {
    this.#onProgress = onProgress
    this.#signal = signal
  }

  /** @param current what will be reported from now on */
  follow(current: () => ImportProgress): void {
    this.#current = current
  }

  report(): void {
    this.#onProgress?.(this.#current())
  }

  /** Yields to the event loop every MAX_BLOCKING_MS. @throws if the import is aborted */
  async yield(): Promise<void> {
    if (performance.now() - this.#lastYield < MAX_BLOCKING_MS) return
    this.report()
    await setImmediate()
    this.#signal?.throwIfAborted()
    this.#lastYield = performance.now()
  }
}
