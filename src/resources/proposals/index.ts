// Proposals made at meetings, with their lifecycle.
import { proposalLifecycle } from '../../core/lifecycle.ts'
import { date, object, ref, text, topicIds } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

export const proposals = defineResource({
  kind: 'proposal',
  path: 'proposals',
  about: 'A proposal made at a meeting.',
  titleField: 'title',
  searchDate: 'proposedOn',
  defaultSort: '-proposedOn',
  formats: ['atom'],
  lifecycle: proposalLifecycle,
  startsOn: 'proposedOn',
  fields: {
    title: text(500, 'A title in one line.', { required: true, sort: true, search: 'title' }),
    summary: text(10_000, 'A summary of the proposal.', { search: 'body' }),
    meetingId: ref('meeting', 'The meeting at which it was proposed.', {
      filter: 'meeting',
      include: 'meeting',
      inverse: 'proposals',
    }),
    speakerId: ref('speaker', 'The person who proposed it.', {
      filter: 'speaker',
      include: 'speaker',
      inverse: 'proposals',
    }),
    onBehalfOf: object('The state or organization on whose behalf it was proposed.', {
      stateCode: ref('state', 'The state on whose behalf it was proposed.', {
        include: 'state',
        stats: 'state',
        inverse: 'proposals',
      }),
      organizationId: ref('organization', 'The organization on whose behalf it was proposed.', {
        filter: 'organization',
        filterExample: 'org_01gb6jc400f0dt5gbw47ychy9c',
        include: 'organization',
        stats: 'organization',
      }),
    }),
    addresseeId: ref('organization', 'The organization that would carry it out.', {
      filterExample: 'org_01gb6jc400f08vcth6v0v6h4ar',
      filter: ['organization', 'addressee'],
      include: 'addressee',
      inverse: 'entrusted',
    }),
    proposedOn: date('When it was proposed.', {
      required: true,
      filter: 'proposed',
      sort: true,
      stats: 'year',
    }),
    topicIds: topicIds('A topic of the proposal.', { stats: 'topic' }),
    parentId: ref('proposal', 'The proposal of which it is a part.', {
      filterExample: 'prp_01gb6jc400epfvf325vsbhpaan',
      filter: 'parent',
      include: 'parent',
      inverse: 'parts',
      acyclic: true,
    }),
    agreementId: ref('agreement', 'The agreement that would contain it.', {
      filter: 'agreement',
      include: 'agreement',
      inverse: 'proposals',
    }),
  },
  filters: {
    state: {
      by: 'reference',
      fields: ['onBehalfOf.stateCode'],
      kind: 'state',
      orPosition: 'proposed',
      description: 'The state on whose behalf it was proposed, or with the position `proposed`.',
    },
  },
  example: {
    title: 'Counter unmanned aerial vehicles together',
    summary: 'The working group is to propose how the ministries can cooperate against drones.',
    onBehalfOf: { stateCode: 'RU' },
    proposedOn: '2022-08-24',
    topicIds: ['counter-uav'],
  },
})
