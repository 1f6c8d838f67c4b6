// Reports the progress of an import, and lets other requests run in between.
import { pauses } from '../../core/pauses.ts'

export interface ImportProgress {
  phase: 'reading' | 'writing'
  done: number
  /** Null while unknown. */
  total: number | null
}

export class Progress {
  readonly #onProgress: ((progress: ImportProgress) => void) | undefined
  readonly #signal: AbortSignal | undefined
  readonly #pause = pauses(() => this.report())
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

  /** Lets other requests run, now and then. @throws if the import is aborted */
  async yield(): Promise<void> {
    await this.#pause()
    this.#signal?.throwIfAborted()
  }
}
