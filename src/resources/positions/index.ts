// Positions: where a state stood on a proposal. A state without one has "no record", which is not "abstained".
import { z } from 'zod'
import { type Child, defineChild, withoutParent } from '../../records/schema/child.ts'
import { choice, date, recordId, ref, text } from '../../records/schema/fields.ts'
import { support } from '../../records/schema/resource.ts'

export const POSITIONS = ['proposed', 'supported', 'reserved', 'objected', 'abstained'] as const

const example = { stateCode: 'UZ', position: 'supported', statedOn: '2022-08-24' }

export const positions: Child = defineChild({
  kind: 'position',
  path: 'positions',
  noun: 'a position',
  about: 'Where a state stood on a proposal, since a day.',
  of: ['proposal'],
  fields: {
    recordKind: z.literal('proposal').meta({ description: 'What kind of record it is about.' }),
    recordId: recordId('The id of the proposal.'),
    stateCode: ref('state', 'The state.', { required: true, include: 'state' }),
    position: choice('Stance', POSITIONS, 'Where it stood.', { required: true, column: true }),
    statedOn: date('When it said so.', { required: true, column: true }),
    meetingId: ref('meeting', 'The meeting at which it said so.', { include: 'meeting' }),
    note: text(5000, 'What a reader should know about it.'),
  },
  derived: { support },
  sameBy: ['stateCode', 'position', 'statedOn'],
  orderBy: 'statedOn',
  createShape: () => positionCreate,
  // The list is in standings.ts: it also shows the states without a position.
  operations: {
    create:
      'Dated, and open to evidence. A later position of the same state is added beside the earlier one.',
    get: 'What one state said, when and where.',
    delete: 'Its evidence is deleted with it.',
  },
  example,
})

const positionCreate = withoutParent(positions).meta({
  id: 'PositionCreate',
  description: 'Where a state stood on the proposal.',
  examples: [example],
})
