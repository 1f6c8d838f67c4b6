// Runs imports from HTTP one after the other, and stores their state.
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { FastifyBaseLogger } from 'fastify'
import { newId } from '../../core/ids.ts'
import { notFound } from '../../core/problems.ts'
import type { Reader, Writer } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { insertInto, updateById } from '../../db/statements.ts'
import { imports } from '../../db/system-tables.ts'
import { toProblem } from '../../http/problems.ts'
import type { Author } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Records } from '../../records/write/records.ts'
import { type ImportProgress, type ImportResult, importFiles } from './import.ts'
import type { ImportFormat } from './rows.ts'

/** The maximum number of rows of an import over HTTP. */
const MAX_ROWS = 100_000

/** How long imports are stored. */
const RETENTION_MS = 30 * 86_400_000

/** An older unfinished import of another process is assumed to have ended with it. */
const MAX_IMPORT_MS = 3_600_000

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
}

export class ImportJobs {
  readonly #records: Records
  readonly #log: FastifyBaseLogger
  readonly #running = new Map<string, ImportJob>()
  readonly #closing = new AbortController()
  #last: Promise<void> = Promise.resolve()

  constructor(records: Records, log: FastifyBaseLogger) {
    this.#records = records
    this.#log = log
  }

  /** Marks interrupted imports of earlier processes as failed. */
  async recover(): Promise<void> {
    const { engine } = this.#records
    const now = this.#records.now()
    // Imports of other processes may still be running.
    const before = engine.shared ? new Date(now.getTime() - MAX_IMPORT_MS) : now
    const rows = await engine.reader.all<{ doc: string }>(UNFINISHED, { before: before.toISOString() })
    if (rows.length === 0) return
    await engine.write(async (writer) => {
      for (const { doc } of rows) await this.#finish(writer, interrupted(JSON.parse(doc) as ImportJob), now)
    })
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
    await tx.run(INSERT, { id: job.id, createdAt: job.createdAt, doc: JSON.stringify(job) })
    return job
  }

  start(job: ImportJob, author: Author, upload: Upload): void {
    this.#running.set(job.id, job)
    this.#last = this.#last
      .then(() => this.#run(job, author, upload))
      .catch((error: unknown) => this.#log.error({ err: error, import: job.id }, 'import failed'))
      .finally(() => {
        this.#running.delete(job.id)
        return rm(upload.path, { force: true })
      })
  }

  /** @throws Problem `not-found` */
  async read(reader: Reader, id: string): Promise<ImportJob> {
    const job = this.#running.get(id)
    if (job) return job
    const row = await reader.get<{ doc: string }>(FIND, { id })
    if (!row) throw notFound('import', id)
    return JSON.parse(row.doc) as ImportJob
  }

  /** Resolves when an import of this process is done, or after `ms`. */
  async wait(id: string, ms: number, signal: AbortSignal): Promise<void> {
    const until = Date.now() + ms
    while (this.#running.has(id) && Date.now() < until && !signal.aborted) {
      await this.#records.engine.waitForCommit(Math.min(250, until - Date.now()), signal)
    }
  }

  /** Aborts running imports; nothing of them is written. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The service is stopping.'))
    await this.#last
  }

  async #run(job: ImportJob, author: Author, { path }: Upload): Promise<void> {
    const records = this.#records
    const file = { name: 'body', kind: job.kind, format: job.format, chunks: createReadStream(path) }
    job.status = 'running'
    try {
      this.#closing.signal.throwIfAborted()
      const result = await importFiles(records, author, [file], {
        dryRun: job.mode === 'dry-run',
        maxRows: MAX_ROWS,
        signal: this.#closing.signal,
        onProgress: (progress) => {
          job.progress = progress
        },
        onWritten: (tx, result) => this.#finish(tx, succeeded(job, result), tx.now),
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

  #finish(writer: Writer, job: ImportJob, now: Date): Promise<void> {
    const finishedAt = now.toISOString()
    return writer.run(UPDATE, { id: job.id, finishedAt, doc: JSON.stringify({ ...job, finishedAt }) })
  }
}

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

const UPDATE = updateById(imports, ['finishedAt', 'doc'])

const FIND = sql`select ${imports.doc} as doc from ${imports} where ${imports.id} = ${sql.placeholder('id')}`

const DELETE_EXPIRED = sql`delete from ${imports} where ${imports.createdAt} < ${sql.placeholder('before')}`

const UNFINISHED = sql`select ${imports.doc} as doc from ${imports} where ${imports.finishedAt} is null and ${imports.createdAt} < ${sql.placeholder('before')}`
