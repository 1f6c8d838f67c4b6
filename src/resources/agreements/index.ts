// A draft agreement and what becomes of it, in the terms of the Vienna Convention on the Law of Treaties.
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
  'What a state did: a signatory from `signedOn`, a party from `consentOn` to `withdrawnOn`.',
  {
    stateCode: ref('state', 'A state that signed it or consented to it.', {
      required: true,
      filter: 'state',
      include: 'states',
      stats: 'state',
    }),
    signedOn: date('When it signed (article 12 of the Vienna Convention).'),
    consentOn: date('When it expressed its consent to be bound (articles 11 to 15).'),
    consentBy: choice('Consent', CONSENTS, 'By what it consented to be bound.'),
    withdrawnOn: date('When it withdrew (article 54).'),
  },
  'AgreementParty',
)

export const agreements = defineResource({
  kind: 'agreement',
  path: 'agreements',
  about: 'A draft agreement, and what becomes of it.',
  titleField: 'title',
  searchDate: 'statusSince',
  defaultSort: 'title',
  lifecycle: agreementLifecycle,
  // What is not a treaty does not enter into force: adopted or signed, it is done.
  settled: {
    column: 'kind',
    values: ['declaration', 'statement', 'strategy', 'programme', 'memorandum'],
    statuses: ['text-adopted', 'authenticated', 'signed'],
  },
  fields: {
    title: text(1000, 'Its full title.', { required: true, sort: true, search: 'title' }),
    shortTitle: text(300, 'What people call it.', { search: 'title' }),
    kind: choice('AgreementKind', KINDS, 'What sort of instrument it is.', {
      required: true,
      mayGrow: true,
      filter: true,
      sort: true,
    }),
    subject: text(5000, 'What it governs, in our own words.', { search: 'body' }),
    draftedBy: object('Who drafted it.', {
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
    topicIds: topicIds('A topic that it is about.', { stats: 'topic' }),
    parties: list(
      party,
      250,
      'What each state did. Signatories and parties follow from the dates; neither is stored.',
    ),
  },
  rules: ({ parties }) =>
    parties.flatMap((party, index) => {
      const at = (field: string) => `/parties/${index}/${field}`
      const faults: Fault[] = []
      if (endsBeforeStart(party.signedOn, party.consentOn)) {
        faults.push({
          pointer: at('consentOn'),
          detail: 'The consent to be bound comes before the signature.',
        })
      }
      if (endsBeforeStart(party.consentOn ?? party.signedOn, party.withdrawnOn)) {
        faults.push({ pointer: at('withdrawnOn'), detail: 'The state withdrew before it joined.' })
      }
      if (party.consentBy !== null && party.consentOn === null) {
        faults.push({ pointer: at('consentOn'), detail: 'consentBy needs the date of the consent.' })
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
