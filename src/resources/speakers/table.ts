import { column, defineTable } from '../../db/tables.ts'

export const speakers = defineTable(
  'speakers',
  { name: column.required('name') },
  { sorted: ['name', 'createdAt', 'updatedAt'], found: [] },
)
