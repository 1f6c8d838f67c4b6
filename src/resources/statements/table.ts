import { column, defineTable } from '../../db/tables.ts'
import { meetings } from '../meetings/table.ts'
import { speakers } from '../speakers/table.ts'

export const statements = defineTable(
  'statements',
  {
    speakerId: column.ref('speakerId', () => speakers),
    meetingId: column.ref('meetingId', () => meetings),
    kind: column.required('kind'),
  },
  { sorted: ['createdAt', 'updatedAt'], found: ['kind', 'speakerId', 'meetingId'], order: 'createdAt' },
)
