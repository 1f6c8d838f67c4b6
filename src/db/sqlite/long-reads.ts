// Runs reads that may take long in a thread of their own, with a deadline, so that other requests do not wait for them.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { readTimedOut } from '../../core/problems.ts'
import type { Reader, Values } from '../engine.ts'
import { bindValues, type SQL } from '../sql.ts'
import { parameter } from './connection.ts'
import type { Request, Response } from './read-worker.ts'

/** How many reads may wait for the one that is running. Most take a millisecond; the deadline bounds how long they wait. */
const MAX_WAITING = 1000

export class LongReads {
  readonly #file: string
  readonly #timeoutMs: number
  readonly #onQuery: ((sql: string) => void) | undefined
  #worker: Worker | undefined
  /** Settles when the thread is free. */
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(file: string, timeoutMs: number, onQuery: ((sql: string) => void) | undefined) {
    this.#file = file
    this.#timeoutMs = timeoutMs
    this.#onQuery = onQuery
  }

  /**
   * Runs reads of one snapshot when those before them are done.
   * @throws Problem `unavailable` at the deadline. A statement that is running then is not interrupted; its result is dropped.
   */
  async read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result> {
    if (this.#waiting >= MAX_WAITING) throw readTimedOut(this.#timeoutMs)
    this.#waiting++
    const deadline = new AbortController()
    const running = this.#last.then(() => {
      deadline.signal.throwIfAborted()
      return this.#snapshot(work, deadline.signal)
    })
    this.#last = running
      .catch(() => {})
      .finally(() => {
        this.#waiting--
      })
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const problem = readTimedOut(this.#timeoutMs)
        deadline.abort(problem)
        reject(problem)
      }, this.#timeoutMs)
    })
    try {
      return await Promise.race([running, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    await this.#last
    await this.#worker?.terminate()
  }

  async #snapshot<Result>(work: (reader: Reader) => Promise<Result>, deadline: AbortSignal): Promise<Result> {
    await this.#send({ how: 'run', text: 'begin', params: [] })
    const send = async (how: Request['how'], query: SQL, values: Values = {}) => {
      deadline.throwIfAborted()
      const { text, params } = query.compile(parameter)
      this.#onQuery?.(text)
      const result = await this.#send({ how, text, params: bindValues(params, values) })
      deadline.throwIfAborted()
      return result
    }
    let result: Result
    try {
      result = await work({
        all: async <Row>(query: SQL, values?: Values) => (await send('all', query, values)) as Row[],
        get: async <Row>(query: SQL, values?: Values) =>
          (await send('get', query, values)) as Row | undefined,
        pluck: async <Value>(query: SQL, values?: Values) => (await send('pluck', query, values)) as Value[],
      })
    } catch (error) {
      // What the connection holds of the file may be wrong; the next read gets a new thread.
      if (/^SQLITE_/.test((error as { code?: string }).code ?? '')) await this.#worker?.terminate()
      else await this.#send({ how: 'run', text: 'commit', params: [] })
      throw error
    }
    await this.#send({ how: 'run', text: 'commit', params: [] })
    return result
  }

  /** Sends the next statement to the thread, which has none at this time. */
  async #send(request: Request): Promise<unknown> {
    const worker = this.#started()
    const ended = new AbortController()
    try {
      const answered = once(worker, 'message', { signal: ended.signal })
      const stopped = once(worker, 'exit', { signal: ended.signal }).then(() => {
        throw new Error('The thread of the long reads has ended.')
      })
      stopped.catch(() => {})
      worker.postMessage(request)
      const [response] = (await Promise.race([answered, stopped])) as [Response]
      if ('result' in response) return response.result
      throw Object.assign(new Error(response.error.message), { code: response.error.code })
    } finally {
      ended.abort()
    }
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./read-worker.ts', import.meta.url), { workerData: this.#file })
    worker.unref()
    const forget = () => {
      if (this.#worker === worker) this.#worker = undefined
    }
    worker.once('exit', forget)
    this.#worker = worker
    return worker
  }
}
