// Positions of states and bodies. The absence of a position is not an abstention.
import { type Child, defineChild, withoutParent } from '../../records/schema/catalogue.ts'
import { locator } from '../../records/schema/common-fields.ts'
import { choice, date, ref, text } from '../../records/schema/fields.ts'
import { trust } from '../../records/schema/resource.ts'

export const POSITIONS = ['supported', 'reserved', 'objected', 'abstained', 'declined'] as const

const example = { stateCode: 'UZ', position: 'supported', statedOn: '2022-08-24' }

export const positions: Child = defineChild({
  kind: 'position',
  path: 'positions',
  about: 'The position of a state or a body on a proposal, a document or a statement, from a date.',
  of: ['proposal', 'agreement', 'statement'],
  fields: {
    stateCode: ref('state', 'The state.', { filter: 'state', include: 'state' }),
    organizationId: ref('organization', 'The body, if it is not a state.', {
      filter: 'organization',
      include: 'organization',
    }),
    speakerId: ref('speaker', 'The person who stated it.', { filter: 'speaker', include: 'speaker' }),
    position: choice(
      'Stance',
      POSITIONS,
      'The position. `declined`: refused to sign or to join. A proposer is a contributor and needs no position.',
      { required: true, filter: true },
    ),
    locator: locator.meta({ description: 'The part of the document; null: the whole.' }),
    statedOn: date('When it was stated.', { filter: 'stated', sort: true }),
    meetingId: ref('meeting', 'The meeting at which it was stated.', {
      filter: 'meeting',
      include: 'meeting',
    }),
    note: text(5000, 'Remarks about the position.'),
  },
  derived: trust,
  rules: ({ stateCode, organizationId }) =>
    (stateCode === null) === (organizationId === null)
      ? [{ pointer: '/stateCode', detail: 'A position is that of a state or of a body: name one of them.' }]
      : [],
  sameBy: ['stateCode', 'organizationId', 'locator', 'position'],
  sameDay: 'statedOn',
  orderBy: 'statedOn',
  happenedOn: 'statedOn',
  defaultSort: '-statedOn',
  createShape: () => positionCreate,
  // The list is in standings.ts: it also shows the states without a position.
  operations: {
    create: 'A later position of the same state does not replace the earlier one.',
    get: 'The position of one state or body, with date and meeting.',
    update: 'A state that changed its position gets a further one; this corrects what was entered.',
    delete: 'Its evidence is also deleted.',
  },
  example,
})

const positionCreate = withoutParent(positions).meta({
  id: 'PositionCreate',
  description: 'A position of a state or a body.',
  examples: [example],
})
