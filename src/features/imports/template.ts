// Builds templates for import files: a header and an example.

import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Json } from '../../records/schema/document.ts'
import { exampleId } from '../../records/schema/kinds.ts'
import type { Entity } from '../../records/schema/resource.ts'
import { cellsOf, columnsOf, csvText } from '../formats/columns.ts'
import type { ImportFormat } from './rows.ts'

export function template({ children }: Catalogue, entity: Entity, format: ImportFormat): string {
  const [recordKind] = children.find(({ kind }) => kind === entity.kind)?.of ?? []
  const fields: Record<string, unknown> = {
    ...(recordKind && { recordKind, recordId: exampleId(recordKind) }),
    ...entity.example,
  }
  const record =
    'identifiers' in entity.writable.shape
      ? { ...fields, identifiers: [{ scheme: 'my-archive', identifier: `${entity.kind}-1` }] }
      : fields
  if (format === 'ndjson') return `${JSON.stringify(record)}\n`
  const columns = columnsOf(entity.record).filter(([key = '']) => key in entity.writable.shape)
  return csvText([columns.map((path) => path.join('.')), cellsOf(columns, record as Json)])
}
