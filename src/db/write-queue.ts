// Serialised writes that share commits (docs/adr/0003), whatever the engine.
import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Writer } from './engine.ts'

/** How many waiting writes share one commit, and so one wait for the disk. */
const MAX_IN_A_COMMIT = 64

/** Where a process has no time for all reads and writes, so much of it goes to the reads for each of the writes' (eight ninths of all). */
const READS_TO_WRITES = 8

/** A transaction that was begun. */
export interface Transaction {
  readonly writer: Writer
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
 * Serialises writes. Those that wait share a transaction: one wait for the disk serves them all. One that fails before it has
 * written anything does no harm to its neighbours; if it had written, the transaction is rolled back, and each of them is done
 * again in one of its own. Nobody hears of success before the commit.
 */
export class WriteQueue {
  readonly #begin: () => Promise<Transaction>
  readonly #refusedTogether: boolean
  readonly #jobs: Job[] = []
  readonly #committed = new EventEmitter().setMaxListeners(0)
  readonly #reads: () => number
  #running: Promise<void> | undefined

  /**
   * @param refusedTogether whether all that wait are refused when no transaction can be begun, or one at a time
   * @param reads how many turns of the event loop have read so far, where they have to wait for writes
   */
  constructor(begin: () => Promise<Transaction>, refusedTogether: boolean, reads = () => 0) {
    this.#begin = begin
    this.#refusedTogether = refusedTogether
    this.#reads = reads
  }

  enqueue<Result>(work: (writer: Writer) => Promise<Result>, alone: boolean): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#jobs.push({ work, alone, resolve: resolve as (value: unknown) => void, reject })
      this.#running ??= this.#drain()
    })
  }

  /** The next commit, or the end of a wait. */
  waitForCommit(ms: number, signal: AbortSignal): Promise<void> {
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
  notifyCommit(): void {
    this.#committed.emit('commit')
  }

  async idle(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#jobs.length > 0) {
      const from = performance.now()
      await this.#commit()
      await this.#giveWay(performance.now() - from)
    }
    // In the same tick as the last look: a write that comes a tick later begins a new run.
    this.#running = undefined
  }

  /** Turns without writes, for as long as somebody reads in them and until reads have had their share. */
  async #giveWay(took: number): Promise<void> {
    const until = performance.now() + took * READS_TO_WRITES
    let reads: number
    do {
      reads = this.#reads()
      await setImmediate()
    } while (this.#reads() > reads && performance.now() < until)
  }

  async #commit(): Promise<void> {
    const settled: (() => void)[] = []
    const begun: Job[] = []
    let transaction: Transaction | undefined
    try {
      transaction = await this.#begin()
      let quiet = false
      while (begun.length < MAX_IN_A_COMMIT && !begun.at(-1)?.alone) {
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
        settled.push(await attempt(transaction.writer, job))
      }
      await transaction.commit()
    } catch (error) {
      await transaction?.rollback()
      if (error instanceof TaintedTransaction && begun.length > 1) {
        this.#jobs.unshift(...begun.map((job) => ({ ...job, alone: true })))
        return
      }
      // Nothing of this transaction stands, so everyone in it failed, and so did the one it was begun for.
      const waiting = this.#refusedTogether && !transaction ? this.#jobs.length : 1
      const cause = error instanceof TaintedTransaction ? error.cause : error
      for (const job of begun.length > 0 ? begun : this.#jobs.splice(0, waiting)) job.reject(cause)
      return
    }
    for (const settle of settled) settle()
    this.notifyCommit()
  }
}

/** A work failed when it had changed something already. */
class TaintedTransaction extends Error {}

/** @returns what is to be told once all is on disk. @throws Spoilt */
async function attempt(writer: Writer, job: Job): Promise<() => void> {
  if (job.alone) {
    const result = await job.work(writer)
    return () => job.resolve(result)
  }
  let touched = false
  const touching = <Rows>(asked: Promise<Rows>) =>
    // A query that fails may take the transaction with it.
    asked.catch((error: unknown) => {
      touched = true
      throw error
    })
  try {
    const result = await job.work({
      all: (query, values) => touching(writer.all(query, values)),
      get: (query, values) => touching(writer.get(query, values)),
      pluck: (query, values) => touching(writer.pluck(query, values)),
      run: (query, values) => {
        touched = true
        return writer.run(query, values)
      },
    })
    return () => job.resolve(result)
  } catch (error) {
    if (touched) throw new TaintedTransaction('A write failed.', { cause: error })
    return () => job.reject(error)
  }
}
