// Builds templates for import files: a header and an example.
import type { Json } from '../../records/schema/document.ts'
import type { Entity } from '../../records/schema/resource.ts'
import { cellsOf, columnsOf, csvText } from '../formats/columns.ts'
import type { ImportFormat } from './rows.ts'

/** The parent of an example child. */
const PARENT = { recordKind: 'proposal', recordId: 'prp_01gb6jc400ezz8kdnweefcy4dk' }

export function template(entity: Entity, format: ImportFormat): string {
  const fields: Record<string, unknown> = {
    ...('recordId' in entity.writable.shape && PARENT),
    ...entity.example,
  }
  if ('status' in fields && !('status' in entity.writable.shape)) delete fields['status']
  const record =
    'identifiers' in entity.writable.shape
      ? { ...fields, identifiers: [{ scheme: 'my-archive', identifier: `${entity.kind}-1` }] }
      : fields
  if (format === 'ndjson') return `${JSON.stringify(record)}\n`
  const columns = columnsOf(entity.record).filter(([key = '']) => key in entity.writable.shape)
  return csvText([columns.map((path) => path.join('.')), cellsOf(columns, record as Json)])
}
