// A draft agreement and what becomes of it, in the terms of the Vienna Convention on the Law of Treaties.
import { z } from 'zod'
import { endsBeforeStart } from '../../core/dates.ts'
import { agreementLifecycle } from '../../core/lifecycle.ts'
import type { Fault } from '../../core/problems.ts'
import {
  mayGrow,
  named,
  partialDate,
  party,
  ref,
  statusOf,
  text,
  topicIds,
} from '../../records/schema/fields.ts'
import { dateRange, defineResource } from '../../records/schema/resource.ts'
import { agreements as table } from './table.ts'

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

const kind = named('AgreementKind', z.enum(KINDS).meta(mayGrow))

const partyTo = z
  .strictObject({
    stateCode: ref('state', 'The state.'),
    signedOn: partialDate('When it signed (article 12 of the Vienna Convention).').nullable().default(null),
    consentOn: partialDate('When it expressed its consent to be bound (articles 11 to 15).')
      .nullable()
      .default(null),
    consentBy: named('Consent', z.enum(['ratification', 'acceptance', 'approval', 'accession', 'signature']))
      .nullable()
      .default(null)
      .meta({ description: 'By what it consented to be bound.' }),
    withdrawnOn: partialDate('When it withdrew (article 54).').nullable().default(null),
  })
  .meta({
    id: 'AgreementParty',
    description: 'What a state did: a signatory from `signedOn`, a party from `consentOn` to `withdrawnOn`.',
  })

type Party = z.infer<typeof partyTo>

function partyFaults(party: Party, index: number): Fault[] {
  const at = (field: string) => `/parties/${index}/${field}`
  const faults: Fault[] = []
  if (endsBeforeStart(party.signedOn, party.consentOn)) {
    faults.push({ pointer: at('consentOn'), detail: 'The consent to be bound comes before the signature.' })
  }
  if (endsBeforeStart(party.consentOn ?? party.signedOn, party.withdrawnOn)) {
    faults.push({ pointer: at('withdrawnOn'), detail: 'The state withdrew before it joined.' })
  }
  if (party.consentBy !== null && party.consentOn === null) {
    faults.push({ pointer: at('consentOn'), detail: 'consentBy needs the date of the consent.' })
  }
  return faults
}

export const agreements = defineResource({
  kind: 'agreement',
  path: 'agreements',
  about: 'A draft agreement, and what becomes of it.',
  table,
  fields: {
    title: text(1000, 'Its full title.'),
    shortTitle: text(300, 'What people call it.').nullable(),
    kind: kind.meta({ description: 'What sort of instrument it is.' }),
    subject: text(5000, 'What it governs, in our own words.').nullable(),
    draftedBy: party('Who drafted it.'),
    meetingId: ref('meeting', 'The meeting at which it was announced.').nullable(),
    topicIds,
    parties: z.array(partyTo).max(250).meta({
      description: 'What each state did. Signatories and parties follow from the dates; neither is stored.',
    }),
  },
  required: ['title', 'kind'],
  titleField: 'title',
  lifecycle: agreementLifecycle,
  // What is no treaty does not enter into force: adopted or signed, it is done.
  settled: {
    column: 'kind',
    values: ['declaration', 'statement', 'strategy', 'programme', 'memorandum'],
    statuses: ['text-adopted', 'authenticated', 'signed'],
  },
  includes: {
    meeting: { to: 'meeting', field: 'meetingId' },
    state: { to: 'state', field: 'draftedBy.stateCode' },
    organization: { to: 'organization', field: 'draftedBy.organizationId' },
    states: { to: 'state', field: 'parties.stateCode' },
    topics: { to: 'topic', field: 'topicIds' },
    proposals: { from: 'proposal', field: 'agreementId' },
    evidence: { part: 'evidence' },
    events: { part: 'event', orderBy: 'occurredOn' },
    relations: { part: 'relation' },
  },
  filters: {
    status: {
      by: 'column',
      column: 'status',
      value: statusOf(agreementLifecycle, 'A status.'),
      description: 'Where it stands.',
    },
    ...dateRange('since', 'statusSince', 'In its status since a day'),
    kind: {
      by: 'column',
      column: 'kind',
      value: kind,
      description: 'What sort of instrument it is.',
    },
    meeting: {
      by: 'reference',
      fields: ['meetingId'],
      kind: 'meeting',
      description: 'The meeting at which it was announced.',
    },
    state: {
      by: 'reference',
      fields: ['draftedBy.stateCode', 'parties.stateCode'],
      kind: 'state',
      description: 'A state that drafted it, signed it or consented to it.',
    },
    organization: {
      by: 'reference',
      fields: ['draftedBy.organizationId'],
      kind: 'organization',
      description: 'Who drafted it.',
    },
    topic: { by: 'reference', fields: ['topicIds'], kind: 'topic', description: 'What it is about.' },
  },
  groupings: {
    status: { column: 'status' },
    topic: { reference: 'topicIds' },
    state: { reference: 'parties.stateCode' },
    year: { year: 'statusSince' },
    organization: { reference: 'draftedBy.organizationId' },
  },
  sorts: ['title', 'kind', 'status', 'statusSince', 'createdAt', 'updatedAt'],
  defaultSort: 'title',
  searchText: (doc) => ({
    title: [doc['title'], doc['shortTitle'] ?? ''].join('\n'),
    body: [String(doc['subject'] ?? '')],
    date: (doc['statusSince'] ?? null) as string | null,
  }),
  rules: (doc) => {
    const parties = doc['parties'] as unknown as Party[]
    const faults = parties.flatMap(partyFaults)
    for (const [index, { stateCode }] of parties.entries()) {
      if (parties.findIndex((other) => other.stateCode === stateCode) < index) {
        faults.push({ pointer: `/parties/${index}/stateCode`, detail: `${stateCode} is listed twice.` })
      }
    }
    return faults
  },
  example: {
    title: 'Agreement on the rapid exchange of information between defence departments',
    kind: 'agreement',
    draftedBy: { stateCode: 'RU' },
    status: 'drafted',
    topicIds: ['information-exchange'],
  },
})
