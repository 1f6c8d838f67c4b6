// Proposals, with their lifecycle.
import { eventTypesOf, proposalLifecycle } from '../../core/lifecycle.ts'
import type { CatalogueReader, WriteTransaction } from '../../records/schema/catalogue.ts'
import {
  collectiveFilter,
  contributor,
  contributorFaults,
  nameFaults,
  otherNames,
} from '../../records/schema/common-fields.ts'
import { date, list, ref, text, topicIds } from '../../records/schema/fields.ts'
import { eventFilters } from '../../records/schema/filters.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { checkPosts } from '../../records/write/contributors.ts'
import { proposalsAlike, similarProposals } from './alike.ts'

const proposer = contributor('ProposalContributor', ['proposer', 'co-sponsor'], 'proposed it')

export const proposals: Resource = defineResource({
  kind: 'proposal',
  path: 'proposals',
  about: 'A proposal, made at a meeting or elsewhere.',
  titleField: 'title',
  searchDate: 'proposedOn',
  defaultSort: '-proposedOn',
  formats: ['atom'],
  lifecycle: proposalLifecycle,
  fields: {
    title: text(500, 'A title in one line.', { required: true, sort: true, search: 'title' }),
    otherNames,
    summary: text(10_000, 'A summary of the proposal.', { search: 'body' }),
    contributors: list(proposer, 100, 'Who proposed it; empty if that is unknown.'),
    meetingId: ref('meeting', 'The meeting at which it was proposed.', {
      include: 'meeting',
      inverse: 'proposals',
    }),
    addresseeId: ref('organization', 'The organization that would carry it out.', {
      filterExample: 'org_01gb6jc400f08vcth6v0v6h4ar',
      filter: ['organization', 'addressee'],
      stats: 'organization',
      include: 'addressee',
      inverse: 'entrusted',
    }),
    proposedOn: date('When it was proposed: the date of its event `proposed`, if it has one.', {
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
  },
  filters: {
    ...eventFilters(eventTypesOf(proposalLifecycle) as [string, ...string[]], 'meetingId'),
    collective: collectiveFilter,
  },
  rules: (proposal) => [
    ...nameFaults(proposal.otherNames),
    ...contributorFaults(proposal.contributors, 'contributors', proposal.meetingId),
  ],
  beforeWrite: (tx: WriteTransaction, proposal, before) =>
    checkPosts(tx, proposal, before, 'contributors', 'proposedOn'),
  fromEvents: ({ proposedOn }, events) => ({
    proposedOn: events.find(({ type }) => type === 'proposed')?.['occurredOn'] ?? proposedOn,
  }),
  findSimilar: (tx: WriteTransaction, doc) => similarProposals(proposals, tx, doc),
  findAlike: (tx: CatalogueReader, fields, among) => proposalsAlike(proposals, tx, fields, among),
  example: {
    title: 'Counter unmanned aerial vehicles together',
    summary: 'The working group is to propose how the ministries can cooperate against drones.',
    contributors: [{ role: 'proposer', stateCode: 'RU' }],
    events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
    topicIds: ['counter-uav'],
  },
})
