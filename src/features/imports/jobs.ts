// Runs imports from HTTP one after the other, and stores their state.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, readlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { FastifyBaseLogger } from 'fastify'
import { newId } from '../../core/ids.ts'
import { notFound, Problem } from '../../core/problems.ts'
import type { Reader, Writer } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { insertInto } from '../../db/statements.ts'
import { imports } from '../../db/system-tables.ts'
import { toProblem } from '../../http/problems.ts'
import type { Author, WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Records } from '../../records/write/records.ts'
import { importFiles } from './import.ts'
import type { ImportResult } from './outcome.ts'
import type { ImportProgress } from './progress.ts'
import type { ImportFormat } from './rows.ts'
import { isRunning } from './temporary.ts'

/** The maximum number of rows of an import over HTTP. */
const MAX_ROWS = 100_000

/** How long imports are stored. */
const RETENTION_MS = 30 * 86_400_000

/** How many imports may wait, and the bytes of their files. */
const MAX_WAITING = 20
const MAX_WAITING_BYTES = 2 ** 30

/** The space that an import may need on the disk of the database, for rows, change log, search index and WAL. */
const SPACE_FACTOR = 12
const SPACE_PER_ROW = 2500

/** How often a worker says that its imports are alive, and looks for imports whose worker is not. */
const BEAT_MS = 5000
const SWEEP_MS = 10_000
/** How many sweeps in a row see no sign of life before an import is given up. */
const MAX_MISSED = 3
/** A sweep that waited longer for its turn proves nothing: the worker waited too. */
const PROMPT_MS = 2000

export type ImportStatus = 'queued' | 'running' | 'succeeded' | 'failed'

/** The API representation of an import. */
export interface ImportJob extends Partial<ImportResult> {
  id: string
  status: ImportStatus
  mode: 'dry-run' | 'commit'
  kind: Kind | null
  format: ImportFormat
  createdAt: string
  finishedAt: string | null
  actor: { id: string; name: string }
  progress: ImportProgress | null
  /** The cause of a failure other than faults of rows. */
  failure: string | null
}

/** An uploaded file. */
export interface Upload {
  path: string
  format: ImportFormat
  bytes: number
  lines: number
}

/** Who runs an import: renewed while it is alive. */
interface Lease {
  worker: string
  /** The machine or container, and the process in it. */
  place: string
  pid: number
  beat: number
}

/** An import as it is stored. */
type StoredJob = ImportJob & { lease?: Lease }

/** A place in the queue. */
interface Place {
  bytes: number
}

export class ImportJobs {
  readonly #records: Records
  readonly #log: FastifyBaseLogger
  readonly #sweepMs: number
  readonly #worker = randomUUID()
  readonly #running = new Map<string, { job: ImportJob; done: Promise<void> }>()
  readonly #places = new Set<Place>()
  /** The last sign of life of imports of other workers, and how many sweeps saw no other. */
  readonly #seen = new Map<string, { sign: string; missed: number }>()
  readonly #closing = new AbortController()
  #last: Promise<void> = Promise.resolve()
  #beat = 0
  #timers: NodeJS.Timeout[] = []
  #background: Promise<void> = Promise.resolve()

  constructor(records: Records, log: FastifyBaseLogger, sweepMs = SWEEP_MS) {
    this.#records = records
    this.#log = log
    this.#sweepMs = sweepMs
  }

  /** Starts to renew leases and to look for imports whose worker has ended. */
  async open(): Promise<void> {
    await this.#sweep()
    this.#every(this.#sweepMs, () => this.#sweep())
    this.#every(BEAT_MS, () => this.#renew())
  }

  #every(ms: number, work: () => Promise<void>): void {
    let busy = false
    const timer = setInterval(() => {
      if (busy) return
      busy = true
      this.#background = work()
        .catch((error: unknown) => this.#log.warn({ err: error }, 'imports could not be looked at'))
        .finally(() => {
          busy = false
        })
    }, ms)
    this.#timers.push(timer.unref())
  }

  /** @param bytes of the file, as far as known. @throws Problem `rate-limited` if too many imports wait */
  admit(bytes: number): Place {
    const waiting = [...this.#places].reduce((sum, place) => sum + place.bytes, 0)
    if (this.#places.size >= MAX_WAITING || waiting + bytes > MAX_WAITING_BYTES)
      throw new Problem('rate-limited', `${this.#places.size} imports are waiting. Send this one later.`, {
        headers: { 'retry-after': '30' },
      })
    const place = { bytes }
    this.#places.add(place)
    return place
  }

  leave(place: Place): void {
    this.#places.delete(place)
  }

  /** @throws Problem `unavailable` if the disk of the database has too little room for a file */
  async checkRoom({ bytes, lines }: Upload): Promise<void> {
    const free = await this.#records.engine.freeBytes()
    const needed = bytes * SPACE_FACTOR + lines * SPACE_PER_ROW
    if (free === null || free >= needed) return
    const mebibytes = (count: number) => Math.ceil(count / 2 ** 20)
    throw new Problem(
      'unavailable',
      `The disk of the database has ${mebibytes(free)} MiB left, and this import may need ${mebibytes(needed)} MiB.`,
      { headers: { 'retry-after': '60' } },
    )
  }

  /** Says in the database that the imports of this worker are alive, and how far they are. */
  async #renew(): Promise<void> {
    if (this.#running.size === 0) return
    this.#beat++
    await this.#records.engine.write(async (writer) => {
      for (const { job } of this.#running.values())
        await writer.run(RENEW, { id: job.id, doc: JSON.stringify(this.#stored(job)) })
    })
  }

  #stored(job: ImportJob): StoredJob {
    return {
      ...job,
      lease: { worker: this.#worker, place: PLACE, pid: process.pid, beat: this.#beat },
    }
  }

  /**
   * Marks imports as failed whose worker has ended. It has if its process is gone, or if its lease was not renewed while this
   * worker could write again and again. Clocks are not compared.
   */
  async #sweep(): Promise<void> {
    const { engine } = this.#records
    if ((await this.#unfinishedOfOthers(engine.reader)).length === 0) return this.#seen.clear()
    const asked = performance.now()
    await engine.write(async (writer) => {
      if (performance.now() - asked > PROMPT_MS) this.#seen.clear()
      for (const job of await this.#unfinishedOfOthers(writer))
        if (this.#isDead(job)) await this.#finish(writer, interrupted(withoutLease(job)), this.#records.now())
    })
  }

  async #unfinishedOfOthers(reader: Reader): Promise<StoredJob[]> {
    const docs = await reader.pluck<string>(UNFINISHED, {})
    return docs.map((doc) => JSON.parse(doc) as StoredJob).filter(({ id }) => !this.#running.has(id))
  }

  #isDead({ id, lease }: StoredJob): boolean {
    if (lease?.place === PLACE && lease.pid !== process.pid && !isRunning(lease.pid)) return true
    const sign = `${lease?.worker} ${lease?.beat}`
    const seen = this.#seen.get(id)
    const missed = seen?.sign === sign ? seen.missed + 1 : 0
    this.#seen.set(id, { sign, missed })
    return missed >= MAX_MISSED
  }

  /** Stores a new import; `start` runs it after the commit. */
  async enter(
    tx: Writer & Author & { at: string },
    { mode, kind, format }: Pick<ImportJob, 'mode' | 'kind' | 'format'>,
  ): Promise<ImportJob> {
    const job: ImportJob = {
      id: newId('imp'),
      status: 'queued',
      mode,
      kind,
      format,
      createdAt: tx.at,
      finishedAt: null,
      actor: tx.actor,
      progress: null,
      failure: null,
    }
    await tx.run(DELETE_EXPIRED, { before: new Date(Date.parse(tx.at) - RETENTION_MS).toISOString() })
    await tx.run(INSERT, { id: job.id, createdAt: job.createdAt, doc: JSON.stringify(this.#stored(job)) })
    return job
  }

  /**
   * Stores a new import of a file and runs it after the commit.
   * @param also runs in the transaction that stores it; if it throws, there is no import. The file is removed in any case
   */
  async submit(
    author: Author,
    upload: Upload,
    { mode, kind }: Pick<ImportJob, 'mode' | 'kind'>,
    also: (tx: WriteTransaction, job: ImportJob) => Promise<void>,
  ): Promise<ImportJob> {
    let place: Place | undefined
    try {
      place = this.admit(upload.bytes)
      await this.checkRoom(upload)
      const job = await this.#records.write(author, async (tx) => {
        const entered = await this.enter(tx, { mode, kind, format: upload.format })
        await also(tx, entered)
        return entered
      })
      this.start(job, author, upload, place)
      return job
    } catch (error) {
      if (place) this.leave(place)
      await rm(upload.path, { force: true })
      throw error
    }
  }

  /** Whether an import failed for no fault of its file, so that the same request may run again. */
  async isRepeatable(reader: Reader, id: string): Promise<boolean> {
    if (this.#running.has(id)) return false
    const [doc] = await reader.pluck<string>(FIND, { id })
    return doc === undefined || (JSON.parse(doc) as ImportJob).failure !== null
  }

  start(job: ImportJob, author: Author, upload: Upload, place: Place): void {
    this.#last = this.#last
      .then(() => this.#run(job, author, upload))
      .catch((error: unknown) => this.#log.error({ err: error, import: job.id }, 'import failed'))
      .finally(() => {
        this.#running.delete(job.id)
        this.leave(place)
        return rm(upload.path, { force: true })
      })
    this.#running.set(job.id, { job, done: this.#last })
  }

  /** @throws Problem `not-found` */
  async read(reader: Reader, id: string): Promise<ImportJob> {
    const running = this.#running.get(id)
    if (running) return running.job
    const row = await reader.get<{ doc: string }>(FIND, { id })
    if (!row) throw notFound('import', id)
    return withoutLease(JSON.parse(row.doc) as StoredJob)
  }

  /** Resolves when an import of this process is done, or on `signal`. */
  async wait(id: string, signal: AbortSignal): Promise<void> {
    const running = this.#running.get(id)
    if (running && !signal.aborted) await Promise.race([running.done, once(signal, 'abort')])
  }

  /** Aborts running imports; nothing of them is written. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#closing.abort(new Error('The service is stopping.'))
    await this.#last
    await this.#background
  }

  async #run(job: ImportJob, author: Author, upload: Upload): Promise<void> {
    const records = this.#records
    const file = { name: 'body', kind: job.kind, format: job.format, chunks: createReadStream(upload.path) }
    job.status = 'running'
    try {
      this.#closing.signal.throwIfAborted()
      await this.checkRoom(upload)
      const result = await importFiles(records, author, [file], {
        dryRun: job.mode === 'dry-run',
        maxRows: MAX_ROWS,
        signal: this.#closing.signal,
        onProgress: (progress) => {
          job.progress = progress
        },
        onWritten: async (tx, written) => {
          if (!(await this.#finish(tx, succeeded(job, written), tx.now)))
            throw new Error('Another process took this import for dead.')
        },
      })
      if (result.errorCount === 0 && job.mode === 'commit') return
      const ended = result.errorCount === 0 ? succeeded(job, result) : failed(job, result)
      await records.engine.write((writer) => this.#finish(writer, ended, records.now()))
    } catch (error) {
      const ended = this.#closing.signal.aborted
        ? interrupted(job)
        : { ...failed(job, {}), failure: failureOf(error) }
      await records.engine.write((writer) => this.#finish(writer, ended, records.now()))
      if (!this.#closing.signal.aborted) throw error
    }
  }

  /** @returns whether it was unfinished until now */
  async #finish(writer: Writer, job: ImportJob, now: Date): Promise<boolean> {
    const finishedAt = now.toISOString()
    const doc = JSON.stringify({ ...job, finishedAt })
    return (await writer.get(FINISH, { id: job.id, finishedAt, doc })) !== undefined
  }
}

/** This machine or container: what tells processes of the same number apart. */
const PLACE = `${hostname()} ${pidNamespace()}`

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

const withoutLease = ({ lease: _, ...job }: StoredJob): ImportJob => job

const succeeded = (job: ImportJob, result: ImportResult): ImportJob => ({
  ...job,
  ...result,
  status: 'succeeded',
  progress: null,
})

const failed = (job: ImportJob, result: Partial<ImportResult>): ImportJob => ({
  ...job,
  ...result,
  status: 'failed',
  progress: null,
})

const interrupted = (job: ImportJob): ImportJob => ({
  ...failed(job, {}),
  failure: 'The service stopped during the import. Nothing was written; send it again.',
})

/** Says what a full disk or a damaged file is; anything else is only for the log. */
function failureOf(error: unknown): string {
  const { code, message } = toProblem(error)
  return code === 'unavailable'
    ? `${message} Nothing was written.`
    : 'The service failed. The log holds the cause.'
}

const INSERT = insertInto(imports, ['id', 'createdAt', 'doc'])

const isUnfinished = sql`${imports.id} = ${sql.placeholder('id')} and ${imports.finishedAt} is null`

const RENEW = sql`update ${imports} set "doc" = ${sql.placeholder('doc')} where ${isUnfinished}`

const FINISH = sql`update ${imports} set "finishedAt" = ${sql.placeholder('finishedAt')}, "doc" = ${sql.placeholder('doc')} where ${isUnfinished} returning 1 as one`

const FIND = sql`select ${imports.doc} from ${imports} where ${imports.id} = ${sql.placeholder('id')}`

const DELETE_EXPIRED = sql`delete from ${imports} where ${imports.createdAt} < ${sql.placeholder('before')}`

const UNFINISHED = sql`select ${imports.doc} from ${imports} where ${imports.finishedAt} is null`
