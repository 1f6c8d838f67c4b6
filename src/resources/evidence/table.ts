import { column, defineTable } from '../../db/tables.ts'
import { sources } from '../sources/table.ts'

export const evidence = defineTable(
  'evidence',
  {
    recordKind: column.required('recordKind'),
    recordId: column.required('recordId'),
    sourceId: column.ref('sourceId', () => sources),
    motivation: column.required('motivation'),
    assertion: column.required('assertion'),
    start: column.integer('start'),
  },
  { found: ['recordId', 'sourceId'], order: 'start' },
)
