import { column, defineTable } from '../../db/tables.ts'
import { meetings } from '../meetings/table.ts'

export const events = defineTable(
  'events',
  {
    recordKind: column.required('recordKind'),
    recordId: column.required('recordId'),
    status: column.required('status'),
    occurredOn: column.text('occurredOn'),
    meetingId: column.ref('meetingId', () => meetings),
  },
  { found: ['recordId', 'meetingId'] },
)
