// Imports rows that create or update records, all or none. Rows are first staged on disk to collect their references, then
// written in one transaction, each after the rows that it refers to.
import type { Author, WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Records } from '../../records/write/records.ts'
import { kindsInOrder } from './kinds.ts'
import { type ImportResult, Outcome } from './outcome.ts'
import { type ImportProgress, Progress } from './progress.ts'
import { type ImportFile, StagedRows } from './staged-rows.ts'
import { Stage } from './staging.ts'
import { RowWriter } from './writer.ts'

interface ImportOptions {
  dryRun: boolean
  /** Of all files, children in rows included. */
  maxRows: number
  onProgress?: (progress: ImportProgress) => void
  /** Runs in the transaction of the import after everything has been written. */
  onWritten?: (tx: WriteTransaction, result: ImportResult) => Promise<void>
  signal?: AbortSignal
}

/** Imports files in one transaction. If the result has errors, nothing was written. */
export async function importFiles(
  records: Records,
  author: Author,
  files: readonly ImportFile[],
  { dryRun, maxRows, onProgress, onWritten, signal }: ImportOptions,
): Promise<ImportResult> {
  const { catalogue } = records
  const stage = new Stage()
  const outcome = new Outcome(stage)
  const progress = new Progress(onProgress, signal)
  const rows = new StagedRows(catalogue, stage, outcome, progress, maxRows)
  try {
    for (const file of files) await rows.read(file)
    return await records.write(
      author,
      async (tx) => {
        await new RowWriter(records, rows, outcome, progress).write(tx)
        const result = outcome.result(kindsInOrder(catalogue))
        if (dryRun || result.errorCount > 0) throw new NothingWritten(result)
        await onWritten?.(tx, result)
        return result
      },
      { alone: true },
    )
  } catch (error) {
    if (error instanceof NothingWritten) return error.result
    throw error
  } finally {
    stage.close()
  }
}

/** Thrown to roll back the transaction; contains the result. */
class NothingWritten extends Error {
  readonly result: ImportResult

  constructor(result: ImportResult) {
    super('Nothing was written.')
    this.result = result
  }
}
