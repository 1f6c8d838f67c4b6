import { column, defineTable } from '../../db/tables.ts'
import { organizations } from '../organizations/table.ts'
import { states } from '../states/table.ts'

export const meetings = defineTable(
  'meetings',
  {
    name: column.required('name'),
    organizationId: column.ref('organizationId', () => organizations),
    format: column.text('format'),
    status: column.required('status'),
    startDate: column.required('startDate'),
    endDate: column.text('endDate'),
    city: column.text('city'),
    countryCode: column.ref('countryCode', () => states),
  },
  {
    sorted: ['startDate', 'endDate', 'name', 'city', 'createdAt', 'updatedAt'],
    found: ['status', 'format', 'city', 'countryCode', 'organizationId'],
    order: 'startDate',
  },
)
