// Positions: where a state stood on a proposal. A state without one has "no record", which is not "abstained".
import { z } from 'zod'
import { defineChild, withoutParent } from '../../records/schema/child.ts'
import { anyId, named, partialDate, ref, support, text } from '../../records/schema/fields.ts'
import { positions as table } from './table.ts'

export const stance = named('Stance', z.enum(['proposed', 'supported', 'reserved', 'objected', 'abstained']))

const example = { stateCode: 'UZ', position: 'supported', statedOn: '2022-08-24' }

export const positions = defineChild({
  kind: 'position',
  path: 'positions',
  noun: 'a position',
  about: 'Where a state stood on a proposal, since a day.',
  table,
  of: ['proposal'],
  fields: {
    recordKind: z.literal('proposal').meta({ description: 'What kind of record it is about.' }),
    recordId: anyId('The id of the proposal.'),
    stateCode: ref('state', 'The state.'),
    position: stance.meta({ description: 'Where it stood.' }),
    statedOn: partialDate('When it said so.'),
    meetingId: ref('meeting', 'The meeting at which it said so.').nullable(),
    note: text(5000, 'What a reader should know about it.').nullable(),
  },
  derived: { support },
  required: ['recordKind', 'recordId', 'stateCode', 'position', 'statedOn'],
  includes: {
    state: { to: 'state', field: 'stateCode' },
    meeting: { to: 'meeting', field: 'meetingId' },
    evidence: { part: 'evidence' },
  },
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
