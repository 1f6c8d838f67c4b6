import { column, defineTable } from '../../db/tables.ts'

export const relations = defineTable(
  'relations',
  {
    recordKind: column.required('recordKind'),
    recordId: column.required('recordId'),
    type: column.required('type'),
    targetId: column.required('targetId'),
  },
  { found: ['recordId', 'targetId'] },
)
