import { column, defineTable } from '../../db/tables.ts'
import { meetings } from '../meetings/table.ts'
import { organizations } from '../organizations/table.ts'
import { states } from '../states/table.ts'

export const agreements = defineTable(
  'agreements',
  {
    title: column.required('title'),
    kind: column.required('kind'),
    status: column.required('status'),
    statusSince: column.text('statusSince'),
    stateCode: column.ref('draftedBy.stateCode', () => states),
    organizationId: column.ref('draftedBy.organizationId', () => organizations),
    meetingId: column.ref('meetingId', () => meetings),
  },
  {
    sorted: ['title', 'kind', 'status', 'statusSince', 'createdAt', 'updatedAt'],
    found: ['status', 'kind', 'stateCode', 'organizationId', 'meetingId'],
    order: 'title',
  },
)
