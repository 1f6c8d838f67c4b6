// Serialised writes that share commits (docs/adr/0003), whatever the engine.
import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Writer } from './engine.ts'

/** How many waiting writes share one commit, and so one wait for the disk. */
const MOST_IN_A_COMMIT = 64

/** A transaction that was begun. */
export interface Transaction {
  readonly writer: Writer
  /** Whether the database gave it up on its own: then there is no savepoint to return to. */
  readonly lost: boolean
  savepoint(): Promise<void> | void
  release(): Promise<void> | void
  rollbackTo(): Promise<void> | void
  /** Resolves once it is on disk. */
  commit(): Promise<void> | void
  rollback(): Promise<void> | void
}

interface Job {
  work: (writer: Writer) => Promise<unknown>
  alone: boolean
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/**
 * Serialises writes. Those that wait share a transaction, each inside its own savepoint: one wait for the disk
 * serves them all, and one that fails is rolled back alone. Nobody hears of success before the commit.
 */
export class Commits {
  readonly #begin: () => Promise<Transaction>
  readonly #refusedTogether: boolean
  readonly #jobs: Job[] = []
  readonly #committed = new EventEmitter().setMaxListeners(0)
  #running: Promise<void> | undefined

  /** @param refusedTogether whether all that wait are refused when no transaction can be begun, or one at a time */
  constructor(begin: () => Promise<Transaction>, refusedTogether: boolean) {
    this.#begin = begin
    this.#refusedTogether = refusedTogether
  }

  enqueue<Result>(work: (writer: Writer) => Promise<Result>, alone: boolean): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#jobs.push({ work, alone, resolve: resolve as (value: unknown) => void, reject })
      this.#running ??= this.#drain()
    })
  }

  /** The next commit, or the end of a wait. */
  next(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#committed.removeListener('commit', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#committed.once('commit', done)
      if (signal.aborted) done()
    })
  }

  /** Says that something was committed, here or elsewhere. */
  announce(): void {
    this.#committed.emit('commit')
  }

  async idle(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#jobs.length > 0) await this.#commit()
    // In the same tick as the last look: a write that comes a tick later begins a new run.
    this.#running = undefined
  }

  async #commit(): Promise<void> {
    const settled: (() => void)[] = []
    const begun: Job[] = []
    let transaction: Transaction | undefined
    try {
      transaction = await this.#begin()
      let quiet = false
      while (begun.length < MOST_IN_A_COMMIT && !begun.at(-1)?.alone) {
        if (begun.length > 0 && this.#jobs[0]?.alone) break
        const job = this.#jobs.shift()
        if (!job) {
          // Requests that have arrived become writes when they have their turn: the wait for the disk gives them none.
          if (quiet) break
          quiet = true
          await setImmediate()
          continue
        }
        quiet = false
        begun.push(job)
        settled.push(await attempt(transaction, job))
      }
      await transaction.commit()
    } catch (error) {
      await transaction?.rollback()
      // Nothing of this transaction stands, so everyone in it failed, and so did the one it was begun for.
      const waiting = this.#refusedTogether && !transaction ? this.#jobs.length : 1
      for (const job of begun.length > 0 ? begun : this.#jobs.splice(0, waiting)) job.reject(error)
      return
    }
    for (const settle of settled) settle()
    this.announce()
  }
}

async function attempt(transaction: Transaction, job: Job): Promise<() => void> {
  await transaction.savepoint()
  try {
    const result = await job.work(transaction.writer)
    await transaction.release()
    return () => job.resolve(result)
  } catch (error) {
    // Rolled back as a whole by the database itself (a full disk, a connection that was cut).
    if (transaction.lost) throw error
    await transaction.rollbackTo()
    return () => job.reject(error)
  }
}
