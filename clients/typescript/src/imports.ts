// Imports of files: sent, checked, and waited for.
import type { Call, CallOptions, Http } from './http.ts'
import { itemPath, type PostOptions, post } from './records.ts'
import type { Import, ImportFormat, ImportMode, Kind } from './schema.ts'

/** A file, or its content. It is sent again if the connection breaks, so it is no stream. */
export type ImportFile = string | Blob | Uint8Array

export interface ImportOptions extends PostOptions {
  format: ImportFormat
  /** The kind of the rows. Required for CSV; without it each line of NDJSON names its kind. */
  kind?: Kind
}

/** An import that was carried out; if `status` is `failed`, `errors` lists the rows with faults. */
export type FinishedImport = Import & Required<Omit<Import, keyof ImportStart>>
type ImportStart = Pick<
  Import,
  'id' | 'status' | 'mode' | 'kind' | 'format' | 'createdAt' | 'finishedAt' | 'actor' | 'progress' | 'failure'
>

/** Nothing was written. `import.errors` lists the rows with faults; without them, `import.failure` has the cause. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
  readonly import: Import

  constructor(failed: Import) {
    const { failure, errorCount, errors: [first] = [] } = failed
    super(
      failure ?? `Nothing was written: ${errorCount} faults, first in row ${first?.row}: ${first?.detail}`,
    )
    this.import = failed
  }
}

/** How long the service waits for the end of an import before it answers, in seconds. */
const WAIT = 20

export class Imports {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** Sends a file. The import then runs in the background: `wait` for its end. */
  create(file: ImportFile, options: ImportOptions & { mode: ImportMode }): Call<Import> {
    const { format, kind, mode, ...rest } = options
    const headers = {
      ...rest.headers,
      'content-type': format === 'csv' ? 'text/csv' : 'application/x-ndjson',
    }
    return post(this.#http, '/v1/imports', file, { ...rest, headers }, { kind, mode })
  }

  /** @param query `wait`: how many seconds the service waits for the end */
  get(id: string, query: { wait?: number } = {}, options?: CallOptions): Call<Import> {
    return this.#http.call('GET', itemPath('/v1/imports', id), { ...options, query })
  }

  /** Waits for the end of an import, however long it takes. @throws ImportError if it could not be carried out */
  async wait(id: string, options: CallOptions = {}): Promise<FinishedImport> {
    const timeout = (options.timeout ?? this.#http.options.timeout ?? 60_000) + WAIT * 1000
    for (;;) {
      const found = await this.get(id, { wait: WAIT }, { ...options, timeout })
      if (found.failure !== null) throw new ImportError(found)
      if (found.finishedAt !== null) return found as FinishedImport
    }
  }

  /** Checks all rows and writes nothing. The result has what would be written, and the rows with faults. */
  dryRun(file: ImportFile, options: ImportOptions): Promise<FinishedImport> {
    return this.#run(file, { ...options, mode: 'dry-run' })
  }

  /** Writes all rows or none. @throws ImportError if a row has a fault */
  async commit(file: ImportFile, options: ImportOptions): Promise<FinishedImport> {
    const done = await this.#run(file, { ...options, mode: 'commit' })
    if (done.status === 'failed') throw new ImportError(done)
    return done
  }

  async #run(file: ImportFile, options: ImportOptions & { mode: ImportMode }): Promise<FinishedImport> {
    const { signal, timeout, retries } = options
    const { id } = await this.create(file, options)
    return this.wait(id, { signal, timeout, retries })
  }
}
