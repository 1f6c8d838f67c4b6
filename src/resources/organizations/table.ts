import { column, defineTable, type Table } from '../../db/tables.ts'
import { states } from '../states/table.ts'

export const organizations = defineTable(
  'organizations',
  {
    name: column.required('name'),
    abbreviation: column.text('abbreviation'),
    classification: column.required('classification'),
    parentId: column.ref('parentId', (): Table => organizations),
    countryCode: column.ref('countryCode', () => states),
    foundingDate: column.text('foundingDate'),
  },
  {
    sorted: ['name', 'classification', 'foundingDate', 'createdAt', 'updatedAt'],
    found: ['abbreviation', 'classification', 'parentId', 'countryCode'],
    order: 'name',
  },
)
