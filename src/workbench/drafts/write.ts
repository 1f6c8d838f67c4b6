// Writes the report of a draft, and before it the text of a stored excerpt that the draft completes.
import { type Outcome, type Report, writeReport } from '../../features/reports/write.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import { updateRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import type { DraftContent } from './model.ts'

/** @param report of the draft, without cards that are left out @throws the problems of a report, and `quotes-lost` */
export async function writeDraft(
  records: Records,
  tx: WriteTransaction,
  { source, completes, text }: DraftContent,
  report: Report,
): Promise<Outcome[]> {
  if (completes && source.id !== null) {
    const resource = records.catalogue.resource('source')
    const stored = parse(await loadRecord(tx, resource, source.id))
    await updateRecord(tx, resource, stored, { text, textStatus: 'full' }, { replacesText: true })
  }
  return writeReport(records, tx, report)
}
