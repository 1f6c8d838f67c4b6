// The parts of a document that its views share.
import { z } from 'zod'
import { CONSENTS } from '../../core/parties.ts'
import { choice, date, integer, object, ref } from '../../records/schema/fields.ts'
import { anyId, unbounded } from '../../records/schema/shapes.ts'

export const party = object(
  'A party of the document, with the dates of its steps.',
  {
    stateCode: ref('state', 'The state.', { filter: 'state', include: 'states', stats: 'state' }),
    organizationId: ref('organization', 'The organization.', {
      filter: 'organization',
      stats: 'organization',
    }),
    signedOn: date('When it signed.'),
    domesticApprovalOn: date('When its parliament or president last approved it.'),
    consentOn: date('When it consented to be bound; null if it did not, or withdrew its consent.'),
    consentBy: choice('Consent', CONSENTS, 'How it consented to be bound.'),
    inForceOn: date('When the document entered into force for it.'),
    denouncedOn: date('When it denounced the document.'),
    reservations: integer('How many of its reservations are in effect.', { required: true }),
    eventIds: z
      .array(anyId('An event.'))
      .meta({ ...unbounded, description: 'The events from which this was computed.' }),
  },
  'Party',
)
