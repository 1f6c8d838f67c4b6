// Several processes behind one port (WORKERS). The first one starts the others, which answer the requests, and knows what they
// have to know of each other: that something was committed, how often a client asked, and what each of them measured.
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { AggregatorRegistry } from 'prom-client'
import type { RateCounter, Siblings } from './db/engine.ts'
import type { Measured, Measuring } from './http/metrics.ts'

/** What a worker asks of the first process, and what that asks of a worker. Each is answered, under its number. */
type Question = { ask: 'tally'; key: string; windowMs: number } | { ask: 'metrics' } | { ask: 'measured' }

type Message =
  | { say: 'committed' }
  | { say: 'ready' }
  | (Question & { number: number })
  | { answer: number; result: unknown }

/** How long an answer is waited for, in milliseconds: who asked is told nothing then. */
const PATIENCE_MS = 2000
/** How soon a worker that ended is started again, at the earliest. */
const AGAIN_MS = 1000

/** Questions that wait for their answers. */
class Questions {
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #last = 0

  /** @returns undefined when there was no answer in time */
  async ask<Result>(question: Question, send: (message: Message) => void): Promise<Result | undefined> {
    const number = ++this.#last
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#waiting.set(number, resolve)
    const timer = setTimeout(resolve, PATIENCE_MS, undefined)
    send({ ...question, number })
    const result = await promise
    clearTimeout(timer)
    this.#waiting.delete(number)
    return result as Result | undefined
  }

  answered(number: number, result: unknown): void {
    this.#waiting.get(number)?.(result)
  }
}

/** What a worker knows of the others. */
export interface Workers extends Siblings, Measuring {
  /** This one answers requests from now on. */
  ready(): void
}

/** In a worker: its ties to the others. Null where there is only one process. */
export function otherWorkers(): Workers | null {
  if (!cluster.isWorker) return null
  const questions = new Questions()
  const send = (message: Message) => process.send?.(message)
  let heard = () => {}
  let measure: () => Promise<Measured> = async () => []
  process.on('message', async (message: Message) => {
    if ('say' in message) heard()
    else if ('answer' in message) questions.answered(message.answer, message.result)
    else if (message.ask === 'measured') send({ answer: message.number, result: await measure() })
  })
  return {
    committed: () => send({ say: 'committed' }),
    onCommitted: (listener) => {
      heard = listener
    },
    async tally(key, windowMs) {
      const counted = await questions.ask<Awaited<ReturnType<RateCounter>>>(
        { ask: 'tally', key, windowMs },
        send,
      )
      if (!counted) throw new Error('The first process does not answer.')
      return counted
    },
    metrics: () => questions.ask<string>({ ask: 'metrics' }, send),
    onMeasure: (measured) => {
      measure = measured
    },
    ready: () => send({ say: 'ready' }),
  }
}

/**
 * In the first process: starts the workers, and again those that end.
 * @returns when all of them answer requests, a function that ends them
 */
export async function startWorkers(
  count: number,
  ended: (code: number) => void,
): Promise<() => Promise<void>> {
  const questions = new Questions()
  const tally = tallies()
  let stopping = false
  let answering = false

  async function aggregated(): Promise<string> {
    const all = await Promise.all(
      workers().map((worker) =>
        questions.ask<Measured>({ ask: 'measured' }, (message) => worker.send(message)),
      ),
    )
    return AggregatorRegistry.aggregate(all.filter((one) => one !== undefined)).metrics()
  }

  async function answer(worker: Worker, message: Message): Promise<void> {
    if ('answer' in message) questions.answered(message.answer, message.result)
    else if ('say' in message) {
      if (message.say === 'ready') worker.emit('ready')
      else for (const other of workers()) if (other !== worker) other.send(message)
    } else if (message.ask !== 'measured') {
      const result = message.ask === 'tally' ? tally(message.key, message.windowMs) : await aggregated()
      if (worker.isConnected()) worker.send({ answer: message.number, result })
    }
  }

  function start(): Worker {
    const worker = cluster.fork()
    const from = performance.now()
    worker.on('message', (message: Message) => answer(worker, message))
    // What was sent to one that was killed, by us or by Node: it misses nothing. One that cannot be made at all has no exit.
    worker.on('error', () => {
      if (worker.process.pid === undefined) worker.emit('exit', 1, '')
    })
    worker.once('exit', async (code) => {
      if (stopping) return
      ended(code)
      await wait(Math.max(0, AGAIN_MS - (performance.now() - from)))
      if (!stopping) start()
    })
    return worker
  }

  const stop = async () => {
    stopping = true
    const left = workers()
    for (const { process } of left) process.kill('SIGTERM')
    await Promise.all(left.map((worker) => worker.isDead() || once(worker, 'exit')))
  }

  const begun = Array.from({ length: count }, start).map(
    (worker) =>
      new Promise<boolean>((resolve) => {
        worker.once('ready', () => resolve(true))
        worker.once('exit', () => resolve(false))
        // One that cannot start is not tried again: it has said why.
        worker.once('exit', () => {
          if (!answering) stopping = true
        })
      }),
  )
  answering = (await Promise.all(begun)).every(Boolean)
  if (answering) return stop
  await stop()
  throw Object.assign(new Error('a worker did not start.'), { code: 'ERR_WORKER' })
}

/** Those that there are now. */
const workers = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

/** Counts what has a key, anew after each window. */
function tallies() {
  const known = new Map<string, { count: number; until: number }>()
  return (key: string, windowMs: number) => {
    const now = Date.now()
    let tally = known.get(key)
    if (!tally || tally.until <= now) {
      // In order of their ends, as all windows are equally long: those that are over stand first.
      for (const [old, { until }] of known) {
        if (until > now) break
        known.delete(old)
      }
      tally = { count: 0, until: now + windowMs }
      known.set(key, tally)
    }
    tally.count += 1
    return { count: tally.count, leftMs: tally.until - now }
  }
}
