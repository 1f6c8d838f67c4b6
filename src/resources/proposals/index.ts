// Something put forward at a meeting, and what becomes of it.
import { z } from 'zod'
import { proposalLifecycle, statusesOf } from '../../core/lifecycle.ts'
import { partialDate, party, ref, text, topicIds } from '../../records/fields.ts'
import { dateRange, defineResource } from '../../records/resource.ts'
import { proposals as table } from './table.ts'

export const proposals = defineResource({
  kind: 'proposal',
  path: 'proposals',
  about: 'Something put forward at a meeting.',
  table,
  fields: {
    title: text(500, 'What is proposed, in a line.'),
    summary: text(10_000, 'What is proposed, in our own words.').nullable(),
    meetingId: ref('meeting', 'The meeting at which it was put forward.').nullable(),
    speakerId: ref('speaker', 'Who put it forward.').nullable(),
    onBehalfOf: party('On whose behalf.'),
    addresseeId: ref('organization', 'The body that is to be entrusted with it.').nullable(),
    proposedOn: partialDate('When it was put forward.'),
    topicIds,
    parentId: ref('proposal', 'The proposal of which it is a part.').nullable(),
    agreementId: ref('agreement', 'The agreement in which it is to be laid down.').nullable(),
  },
  required: ['title', 'proposedOn'],
  titleField: 'title',
  lifecycle: proposalLifecycle,
  startsOn: 'proposedOn',
  relations: {
    meeting: { to: 'meeting', field: 'meetingId' },
    speaker: { to: 'speaker', field: 'speakerId' },
    state: { to: 'state', field: 'onBehalfOf.stateCode' },
    organization: { to: 'organization', field: 'onBehalfOf.organizationId' },
    addressee: { to: 'organization', field: 'addresseeId' },
    topics: { to: 'topic', field: 'topicIds' },
    parent: { to: 'proposal', field: 'parentId' },
    parts: { from: 'proposal', field: 'parentId' },
    agreement: { to: 'agreement', field: 'agreementId' },
    evidence: { part: 'evidence' },
    events: { part: 'event', orderBy: 'occurredOn' },
    positions: { part: 'position', orderBy: 'statedOn' },
    relations: { part: 'relation' },
  },
  filters: {
    status: {
      by: 'column',
      column: 'status',
      value: z.enum(statusesOf(proposalLifecycle)),
      description: 'Where it stands.',
    },
    ...dateRange('since', 'statusSince', 'In its status since a day'),
    ...dateRange('proposed', 'proposedOn', 'Put forward'),
    meeting: {
      by: 'reference',
      fields: ['meetingId'],
      kind: 'meeting',
      description: 'The meeting at which it was put forward.',
    },
    speaker: { by: 'reference', fields: ['speakerId'], kind: 'speaker', description: 'Who put it forward.' },
    state: {
      by: 'reference',
      fields: ['onBehalfOf.stateCode'],
      kind: 'state',
      description: 'The state on whose behalf.',
    },
    organization: {
      by: 'reference',
      fields: ['onBehalfOf.organizationId', 'addresseeId'],
      kind: 'organization',
      description: 'The organization on whose behalf, or that is to be entrusted with it.',
    },
    addressee: {
      by: 'reference',
      fields: ['addresseeId'],
      kind: 'organization',
      description: 'The body that is to be entrusted with it.',
    },
    topic: { by: 'reference', fields: ['topicIds'], kind: 'topic', description: 'What it is about.' },
    parent: {
      by: 'reference',
      fields: ['parentId'],
      kind: 'proposal',
      description: 'The proposal of which it is a part.',
    },
    agreement: {
      by: 'reference',
      fields: ['agreementId'],
      kind: 'agreement',
      description: 'The agreement in which it is to be laid down.',
    },
  },
  groupings: {
    status: { column: 'status' },
    topic: { reference: 'topicIds' },
    state: { reference: 'onBehalfOf.stateCode' },
    year: { year: 'proposedOn' },
    organization: { reference: 'onBehalfOf.organizationId' },
  },
  sorts: ['proposedOn', 'title', 'status', 'statusSince', 'createdAt', 'updatedAt'],
  defaultSort: '-proposedOn',
  acyclic: ['parentId'],
  searchText: (doc) => ({
    title: String(doc['title']),
    body: [String(doc['summary'] ?? '')],
    date: doc['proposedOn'] as string,
  }),
  example: {
    title: 'Counter unmanned aerial vehicles together',
    summary: 'The working group is to propose how the ministries can cooperate against drones.',
    onBehalfOf: { stateCode: 'RU' },
    proposedOn: '2022-08-24',
    topicIds: ['counter-uav'],
  },
})
