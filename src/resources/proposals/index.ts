// Something put forward at a meeting, and what becomes of it.
import { proposalLifecycle } from '../../core/lifecycle.ts'
import { date, object, ref, text, topicIds } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

export const proposals = defineResource({
  kind: 'proposal',
  path: 'proposals',
  about: 'Something put forward at a meeting.',
  titleField: 'title',
  searchDate: 'proposedOn',
  defaultSort: '-proposedOn',
  lifecycle: proposalLifecycle,
  startsOn: 'proposedOn',
  fields: {
    title: text(500, 'What is proposed, in a line.', { required: true, sort: true, search: 'title' }),
    summary: text(10_000, 'What is proposed, in our own words.', { search: 'body' }),
    meetingId: ref('meeting', 'The meeting at which it was put forward.', {
      filter: 'meeting',
      include: 'meeting',
      inverse: 'proposals',
    }),
    speakerId: ref('speaker', 'Who put it forward.', {
      filter: 'speaker',
      include: 'speaker',
      inverse: 'proposals',
    }),
    onBehalfOf: object('On whose behalf.', {
      stateCode: ref('state', 'The state on whose behalf it was put forward.', {
        include: 'state',
        stats: 'state',
        inverse: 'proposals',
      }),
      organizationId: ref('organization', 'The organization on whose behalf it was put forward.', {
        filter: 'organization',
        include: 'organization',
        stats: 'organization',
      }),
    }),
    addresseeId: ref('organization', 'The body that is to be entrusted with it.', {
      filter: ['organization', 'addressee'],
      include: 'addressee',
      inverse: 'entrusted',
    }),
    proposedOn: date('When it was put forward.', {
      required: true,
      filter: 'proposed',
      sort: true,
      stats: 'year',
    }),
    topicIds: topicIds('A topic that it is about.', { stats: 'topic' }),
    parentId: ref('proposal', 'The proposal of which it is a part.', {
      filter: 'parent',
      include: 'parent',
      inverse: 'parts',
      acyclic: true,
    }),
    agreementId: ref('agreement', 'The agreement in which it is to be laid down.', {
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
      description: 'The state on whose behalf it was put forward, or whose position is that it proposed it.',
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
