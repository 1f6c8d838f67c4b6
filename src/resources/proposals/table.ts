import { column, defineTable, type Table } from '../../db/tables.ts'
import { agreements } from '../agreements/table.ts'
import { meetings } from '../meetings/table.ts'
import { organizations } from '../organizations/table.ts'
import { speakers } from '../speakers/table.ts'
import { states } from '../states/table.ts'

export const proposals = defineTable(
  'proposals',
  {
    title: column.required('title'),
    meetingId: column.ref('meetingId', () => meetings),
    speakerId: column.ref('speakerId', () => speakers),
    stateCode: column.ref('onBehalfOf.stateCode', () => states),
    organizationId: column.ref('onBehalfOf.organizationId', () => organizations),
    addresseeId: column.ref('addresseeId', () => organizations),
    proposedOn: column.required('proposedOn'),
    status: column.required('status'),
    statusSince: column.text('statusSince'),
    parentId: column.ref('parentId', (): Table => proposals),
    agreementId: column.ref('agreementId', () => agreements),
  },
  {
    sorted: ['proposedOn', 'title', 'status', 'statusSince', 'createdAt', 'updatedAt'],
    found: [
      'status',
      'meetingId',
      'speakerId',
      'stateCode',
      'organizationId',
      'addresseeId',
      'parentId',
      'agreementId',
    ],
    order: 'proposedOn',
  },
)
