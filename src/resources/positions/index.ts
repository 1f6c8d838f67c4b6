// Positions of states on proposals. The absence of a position is not an abstention.
import { z } from 'zod'
import { type Child, defineChild, withoutParent } from '../../records/schema/catalogue.ts'
import { choice, date, recordId, ref, text } from '../../records/schema/fields.ts'
import { support } from '../../records/schema/resource.ts'

export const POSITIONS = ['proposed', 'supported', 'reserved', 'objected', 'abstained'] as const

const example = { stateCode: 'UZ', position: 'supported', statedOn: '2022-08-24' }

export const positions: Child = defineChild({
  kind: 'position',
  path: 'positions',
  about: 'The position of a state on a proposal, from a date.',
  of: ['proposal'],
  fields: {
    recordKind: z.literal('proposal').meta({ description: 'The kind of the record.' }),
    recordId: recordId('The id of the proposal.'),
    stateCode: ref('state', 'The state.', { required: true, include: 'state' }),
    position: choice('Stance', POSITIONS, 'The position of the state.', { required: true, column: true }),
    statedOn: date('When the position was stated.', { required: true, column: true }),
    meetingId: ref('meeting', 'The meeting at which it was stated.', { include: 'meeting' }),
    note: text(5000, 'Remarks about the position.'),
  },
  derived: { support },
  sameBy: ['stateCode', 'position', 'statedOn'],
  orderBy: 'statedOn',
  happenedOn: 'statedOn',
  createShape: () => positionCreate,
  // The list is in standings.ts: it also shows the states without a position.
  operations: {
    create: 'A later position of the same state does not replace the earlier one.',
    get: 'The position of one state, with date and meeting.',
    delete: 'Its evidence is also deleted.',
  },
  example,
})

const positionCreate = withoutParent(positions).meta({
  id: 'PositionCreate',
  description: 'A position of a state on the proposal.',
  examples: [example],
})
