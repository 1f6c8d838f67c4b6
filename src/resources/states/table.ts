import { column, defineTable } from '../../db/tables.ts'

export const states = defineTable(
  'states',
  {
    code: column.required('code'),
    name: column.required('name'),
  },
  { sorted: ['name', 'code', 'createdAt', 'updatedAt'], found: [] },
)
