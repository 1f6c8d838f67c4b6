import { column, defineTable } from '../../db/tables.ts'
import { meetings } from '../meetings/table.ts'
import { states } from '../states/table.ts'

export const positions = defineTable(
  'positions',
  {
    recordKind: column.required('recordKind'),
    recordId: column.required('recordId'),
    stateCode: column.ref('stateCode', () => states),
    position: column.required('position'),
    statedOn: column.required('statedOn'),
    meetingId: column.ref('meetingId', () => meetings),
  },
  { found: ['recordId', 'stateCode', 'meetingId'] },
)
