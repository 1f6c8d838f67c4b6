import { column, defineTable, type Table } from '../../db/tables.ts'

export const topics = defineTable(
  'topics',
  {
    slug: column.unique('slug'),
    prefLabel: column.required('prefLabel'),
    broaderId: column.ref('broaderId', (): Table => topics),
  },
  { sorted: ['prefLabel', 'createdAt', 'updatedAt'], found: ['broaderId'], order: 'prefLabel' },
)
