// Serialises writes and commits waiting ones together (docs/adr/0003).
import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Writer } from './engine.ts'

/** The maximum number of writes in one commit. */
const MAX_WRITES_IN_A_COMMIT = 64

/** A transaction that has begun. */
export interface Transaction {
  readonly writer: Writer
  /** Resolves once the commit is on disk. */
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
 * Waiting writes share a transaction, and so one wait for the disk. A write that fails before it has written anything is
 * rejected individually. If it had written, the transaction is rolled back and each of its writes runs again in a separate
 * transaction. Promises resolve after the commit.
 */
export class WriteQueue {
  readonly #begin: (alone: boolean) => Promise<Transaction>
  readonly #rejectAllWaiting: boolean
  readonly #jobs: Job[] = []
  readonly #events = new EventEmitter().setMaxListeners(0)
  #running: Promise<void> | undefined

  /**
   * @param begin gets whether a write comes alone, because it takes long
   * @param rejectAllWaiting whether a transaction that cannot begin rejects every waiting write, or only the first
   */
  constructor(begin: (alone: boolean) => Promise<Transaction>, rejectAllWaiting: boolean) {
    this.#begin = begin
    this.#rejectAllWaiting = rejectAllWaiting
  }

  /** @param alone whether the write gets a separate commit */
  enqueue<Result>(work: (writer: Writer) => Promise<Result>, alone: boolean): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#jobs.push({ work, alone, resolve: resolve as (value: unknown) => void, reject })
      this.#running ??= this.#drain()
    })
  }

  /** Resolves at the next commit, after `ms`, or when aborted. */
  waitForCommit(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#events.removeListener('commit', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#events.once('commit', done)
      if (signal.aborted) done()
    })
  }

  /** Resolves the promises of `waitForCommit`. */
  notifyCommit(): void {
    this.#events.emit('commit')
  }

  /** Resolves when no write is running or waiting. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#jobs.length > 0) {
      await this.#commit()
      // Lets reads run: on SQLite a commit blocks the event loop.
      await setImmediate()
    }
    this.#running = undefined
  }

  async #commit(): Promise<void> {
    const jobs: Job[] = []
    const outcomes: (() => void)[] = []
    let transaction: Transaction | undefined
    try {
      transaction = await this.#begin(this.#jobs[0]?.alone ?? false)
      for await (const job of this.#jobsOfOneCommit()) {
        jobs.push(job)
        outcomes.push(await run(transaction.writer, job))
      }
      await transaction.commit()
    } catch (error) {
      try {
        await transaction?.rollback()
      } catch {
        // Of a disk that fails, the first error says more.
      }
      if (error instanceof TaintedTransaction && jobs.length > 1) {
        this.#jobs.unshift(...jobs.map((job) => ({ ...job, alone: true })))
        return
      }
      const waiting = this.#rejectAllWaiting && !transaction ? this.#jobs.length : 1
      const cause = error instanceof TaintedTransaction ? error.cause : error
      for (const job of jobs.length > 0 ? jobs : this.#jobs.splice(0, waiting)) job.reject(cause)
      return
    }
    for (const settle of outcomes) settle()
    this.notifyCommit()
  }

  /** Takes waiting jobs until none is left after one more tick, or the commit is full. */
  async *#jobsOfOneCommit(): AsyncGenerator<Job> {
    for (let count = 0; count < MAX_WRITES_IN_A_COMMIT; count++) {
      // Requests that have arrived become writes in the next tick.
      if (count > 0 && this.#jobs.length === 0) await setImmediate()
      if (count > 0 && this.#jobs[0]?.alone) return
      const job = this.#jobs.shift()
      if (!job) return
      yield job
      if (job.alone) return
    }
  }
}

/** A write failed after it had written to the shared transaction. */
class TaintedTransaction extends Error {}

/** @returns a function that settles the promise of the job, for after the commit. @throws TaintedTransaction */
async function run(writer: Writer, job: Job): Promise<() => void> {
  if (job.alone) {
    const result = await job.work(writer)
    return () => job.resolve(result)
  }
  const watched = new WatchedWriter(writer)
  try {
    const result = await job.work(watched)
    return () => job.resolve(result)
  } catch (error) {
    if (watched.tainted) throw new TaintedTransaction('A write failed.', { cause: error })
    return () => job.reject(error)
  }
}

/** Records whether a write changed anything, or ran a failed query, which on PostgreSQL aborts the transaction. */
class WatchedWriter implements Writer {
  tainted = false
  readonly #writer: Writer

  constructor(writer: Writer) {
    this.#writer = writer
  }

  all<Row>(...query: Parameters<Writer['all']>): Promise<Row[]> {
    return this.#watch(this.#writer.all<Row>(...query))
  }

  get<Row>(...query: Parameters<Writer['get']>): Promise<Row | undefined> {
    return this.#watch(this.#writer.get<Row>(...query))
  }

  pluck<Value>(...query: Parameters<Writer['pluck']>): Promise<Value[]> {
    return this.#watch(this.#writer.pluck<Value>(...query))
  }

  run(...query: Parameters<Writer['run']>): Promise<void> {
    this.tainted = true
    return this.#writer.run(...query)
  }

  #watch<Rows>(rows: Promise<Rows>): Promise<Rows> {
    return rows.catch((error: unknown) => {
      this.tainted = true
      throw error
    })
  }
}
