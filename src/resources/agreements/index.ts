// Agreements, from draft to termination, in the terms of the Vienna Convention on the Law of Treaties.
import { endsBeforeStart } from '../../core/dates.ts'
import { agreementLifecycle } from '../../core/lifecycle.ts'
import type { Fault } from '../../core/problems.ts'
import { choice, date, list, object, ref, text, topicIds } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

const KINDS = [
  'agreement',
  'convention',
  'treaty',
  'protocol',
  'memorandum',
  'charter',
  'declaration',
  'statement',
  'strategy',
  'programme',
  'other',
] as const

const CONSENTS = ['ratification', 'acceptance', 'approval', 'accession', 'signature'] as const

const party = object(
  'A state as signatory from `signedOn`, and as party from `consentOn` to `withdrawnOn`.',
  {
    stateCode: ref('state', 'A state that signed it or consented to it.', {
      required: true,
      filter: 'state',
      include: 'states',
      stats: 'state',
    }),
    signedOn: date('When it signed (article 12 of the Vienna Convention).'),
    consentOn: date('When it expressed its consent to be bound (articles 11 to 15).'),
    consentBy: choice('Consent', CONSENTS, 'How it consented to be bound.'),
    withdrawnOn: date('When it withdrew (article 54).'),
  },
  'AgreementParty',
)

export const agreements = defineResource({
  kind: 'agreement',
  path: 'agreements',
  about: 'An agreement or a draft of one.',
  titleField: 'title',
  searchDate: 'statusSince',
  defaultSort: 'title',
  formats: ['atom'],
  lifecycle: agreementLifecycle,
  // Instruments that are not treaties do not enter into force; they are final once adopted or signed.
  settled: {
    column: 'kind',
    values: ['declaration', 'statement', 'strategy', 'programme', 'memorandum'],
    statuses: ['text-adopted', 'authenticated', 'signed'],
  },
  fields: {
    title: text(1000, 'The full title.', { required: true, sort: true, search: 'title' }),
    shortTitle: text(300, 'The usual short title.', { search: 'title' }),
    kind: choice('AgreementKind', KINDS, 'The kind of instrument.', {
      required: true,
      mayGrow: true,
      filter: true,
      sort: true,
    }),
    subject: text(5000, 'A summary of what it governs.', { search: 'body' }),
    draftedBy: object('The author of the draft.', {
      stateCode: ref('state', 'The state that drafted it.', {
        filter: 'state',
        include: 'state',
        inverse: 'agreements',
      }),
      organizationId: ref('organization', 'The organization that drafted it.', {
        filter: 'organization',
        include: 'organization',
        stats: 'organization',
      }),
    }),
    meetingId: ref('meeting', 'The meeting at which it was announced.', {
      filter: 'meeting',
      include: 'meeting',
      inverse: 'agreements',
    }),
    topicIds: topicIds('A topic of the agreement.', { stats: 'topic' }),
    parties: list(party, 250, 'The states that signed it or consented to it, with dates.'),
  },
  rules: ({ parties }) =>
    parties.flatMap((party, index) => {
      const at = (field: string) => `/parties/${index}/${field}`
      const faults: Fault[] = []
      if (endsBeforeStart(party.signedOn, party.consentOn)) {
        faults.push({
          pointer: at('consentOn'),
          detail: 'The consent to be bound is before the signature.',
        })
      }
      if (endsBeforeStart(party.consentOn ?? party.signedOn, party.withdrawnOn)) {
        faults.push({ pointer: at('withdrawnOn'), detail: 'The state withdrew before it joined.' })
      }
      if (party.consentBy !== null && party.consentOn === null) {
        faults.push({ pointer: at('consentOn'), detail: 'consentBy requires consentOn.' })
      }
      if (parties.findIndex(({ stateCode }) => stateCode === party.stateCode) < index) {
        faults.push({ pointer: at('stateCode'), detail: `${party.stateCode} is listed twice.` })
      }
      return faults
    }),
  example: {
    title: 'Agreement on the rapid exchange of information between defence departments',
    kind: 'agreement',
    draftedBy: { stateCode: 'RU' },
    status: 'drafted',
    topicIds: ['information-exchange'],
  },
})
