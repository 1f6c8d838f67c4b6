// Takes the text out of pages and files in a thread of its own, with limits on time and memory: they may be made to exhaust both.
import { Worker } from 'node:worker_threads'
import type { Job, JobResult } from './extract-worker.ts'
import type { Extracted } from './extracted.ts'
import { IngestFailure } from './failure.ts'

const TIMEOUT_MS = 20_000
/** The heap of a thread, in MB. */
const MAX_HEAP_MB = 256
/** How much the memory of the process may grow while a thread runs, in bytes. Buffers are not a part of the heap of a thread. */
const MAX_GROWTH = 400_000_000
const CHECK_MS = 50
/** How many files may wait for the one that is read. */
const MAX_WAITING = 10

interface Options {
  timeoutMs?: number | undefined
}

export class Extractor {
  readonly #timeoutMs: number
  readonly #running = new Set<Worker>()
  /** Settles when the thread is free. */
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #closed = false

  constructor({ timeoutMs = TIMEOUT_MS }: Options = {}) {
    this.#timeoutMs = timeoutMs
  }

  /** Runs a job when those before it are done. @throws IngestFailure */
  async run(job: Job): Promise<Extracted> {
    if (this.#waiting >= MAX_WAITING) throw new IngestFailure('busy')
    this.#waiting++
    const running = this.#last.then(() => this.#start(job))
    this.#last = running.catch(() => {})
    try {
      return await running
    } finally {
      this.#waiting--
    }
  }

  /** Ends the thread that runs. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#running].map((worker) => worker.terminate()))
  }

  async #start(job: Job): Promise<Extracted> {
    if (this.#closed) throw new IngestFailure('busy')
    const worker = new Worker(new URL('./extract-worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 32 },
      stdout: true,
      stderr: true,
    })
    this.#running.add(worker)
    try {
      return await resultOf(worker, this.#timeoutMs)
    } finally {
      this.#running.delete(worker)
      await worker.terminate()
    }
  }
}

function resultOf(worker: Worker, timeoutMs: number): Promise<Extracted> {
  const { promise, resolve, reject } = Promise.withResolvers<Extracted>()
  const tooComplex = (detail: string) => reject(new IngestFailure('too-complex', detail))
  const timer = setTimeout(() => tooComplex(`${timeoutMs / 1000} s`), timeoutMs)
  const before = process.memoryUsage.rss()
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() - before > MAX_GROWTH) tooComplex('memory')
  }, CHECK_MS)
  worker.once('message', (result: JobResult) => {
    if ('extracted' in result) resolve(result.extracted)
    else reject(new IngestFailure(result.failure.code, result.failure.detail))
  })
  worker.once('error', (error: Error) => tooComplex(error.message))
  worker.once('exit', () => tooComplex('The thread has ended.'))
  return promise.finally(() => {
    clearTimeout(timer)
    clearInterval(watch)
  })
}
