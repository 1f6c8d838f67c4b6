// Documents that states or bodies adopt, or mean to: in the terms of the Vienna Convention on the Law of Treaties.
import { z } from 'zod'
import { agreementLifecycle, eventTypesOf } from '../../core/lifecycle.ts'
import { type EventInput, partiesOf, TREATIES } from '../../core/parties.ts'
import type { CatalogueReader, WriteTransaction } from '../../records/schema/catalogue.ts'
import {
  collectiveFilter,
  contributor,
  contributorFaults,
  nameFaults,
  otherNames,
} from '../../records/schema/common-fields.ts'
import { choice, list, object, ref, text, topicIds } from '../../records/schema/fields.ts'
import { eventFilters } from '../../records/schema/filters.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { unbounded } from '../../records/schema/shapes.ts'
import { checkPosts } from '../../records/write/contributors.ts'
import { agreementsAlike } from './alike.ts'
import { party } from './fields.ts'
import { partyFilters } from './parties.ts'

const OTHERS = [
  'declaration',
  'statement',
  'strategy',
  'programme',
  'decision',
  'communique',
  'joint-statement',
  'plan',
  'roadmap',
  'concept',
  'regulation',
  'initiative',
  'minutes',
  'budget',
  'other',
] as const

const author = contributor('AgreementContributor', ['drafter', 'author'], 'drafted or issued it')

const wording = object(
  'A source with the wording of the document.',
  {
    sourceId: ref('source', 'The source.', { required: true, include: 'textSources' }),
    authentic: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether this text is authentic; null if that is unknown.' }),
  },
  'DocumentText',
)

const depositary = object(
  'The depositary: a state or an organization.',
  {
    stateCode: ref('state', 'The state.'),
    organizationId: ref('organization', 'The organization.'),
  },
  'Depositary',
).nullable()

const entryIntoForce = object(
  'How the document enters into force.',
  {
    by: choice(
      'EntryIntoForceBy',
      ['signature', 'consent'],
      'By signature, or by the consent of the parties.',
      {
        required: true,
        column: true,
      },
    ),
    condition: text(2000, 'The condition, in words.'),
    consentsNeeded: z
      .union([z.int().min(1).max(1000), z.literal('all')])
      .nullable()
      .meta({ description: 'How many consents are needed; `all`: of all signatories.' }),
    dependsOnId: ref('agreement', 'Another document that must enter into force first.'),
  },
  'EntryIntoForce',
).nullable()

/** Whether nothing more is due. */
function isSettled({ status, kind, entryIntoForce: entry }: SettledFields): boolean {
  if (status === null) return false
  if (!(agreementLifecycle.open as readonly string[]).includes(status)) return status !== 'suspended'
  if ((TREATIES as readonly string[]).includes(kind)) return status === 'signed' && entry?.by === 'signature'
  return FINAL.includes(status)
}

interface SettledFields {
  status: string | null
  kind: string
  entryIntoForce: { by: string } | null
}

const FINAL: readonly string[] = ['text-adopted', 'authenticated', 'signed']

export const agreements: Resource = defineResource({
  kind: 'agreement',
  path: 'agreements',
  about: 'A document that states or bodies adopt, or mean to adopt.',
  titleField: 'title',
  searchDate: 'statusSince',
  defaultSort: 'title',
  formats: ['atom'],
  lifecycle: agreementLifecycle,
  settled: {
    by: [
      { column: 'kind', values: OTHERS, statuses: FINAL },
      { column: 'entryIntoForceBy', values: ['signature'], statuses: ['signed'] },
    ],
    // Whether a signed treaty is in force is not known, so it is not stalled.
    unknown: { column: 'entryIntoForceBy', status: 'signed' },
  },
  fields: {
    title: text(1000, 'The full title.', { required: true, sort: true, search: 'title' }),
    shortTitle: text(300, 'The usual short title.', { search: 'title' }),
    otherNames,
    kind: choice('AgreementKind', [...TREATIES, ...OTHERS], 'The kind of document.', {
      required: true,
      mayGrow: true,
      filter: true,
      sort: true,
    }),
    subject: text(5000, 'A summary of what it governs.', { search: 'body' }),
    organizationId: ref('organization', 'The body under whose roof it was made.', {
      filter: 'organization',
      include: 'organization',
      inverse: 'agreements',
      stats: 'organization',
    }),
    contributors: list(author, 100, 'Who drafted or issued it; empty if that is unknown.'),
    topicIds: topicIds('A topic of the document.', { stats: 'topic' }),
    texts: list(wording, 50, 'The sources with its wording.'),
    depositary,
    entryIntoForce,
  },
  derived: {
    settled: z.boolean().meta({
      description:
        'Whether nothing more is due: a treaty in force, or signed if it enters into force by signature; any other document once adopted or signed.',
    }),
    parties: z.array(party).meta({
      ...unbounded,
      description:
        'The parties, computed from all events that have one, also with `asOf`; those of a day are at `/parties?asOf=`.',
    }),
  },
  filters: {
    ...eventFilters(eventTypesOf(agreementLifecycle) as [string, ...string[]]),
    ...partyFilters,
    collective: collectiveFilter,
  },
  rules: (agreement) => [
    ...nameFaults(agreement.otherNames),
    ...contributorFaults(agreement.contributors, 'contributors', null),
    ...(agreement.depositary &&
    (agreement.depositary.stateCode === null) === (agreement.depositary.organizationId === null)
      ? [{ pointer: '/depositary', detail: 'The depositary is a state or an organization.' }]
      : []),
  ],
  beforeWrite: (tx: WriteTransaction, agreement, before) =>
    checkPosts(tx, agreement, before, 'contributors', null),
  fromStatus: (agreement) => ({ settled: isSettled(agreement as unknown as SettledFields) }),
  fromEvents: (_, events) => ({ parties: partiesOf(events as unknown as EventInput[]) }),
  findAlike: (tx: CatalogueReader, fields, among) => agreementsAlike(agreements, tx, fields, among),
  example: {
    title: 'Agreement on the rapid exchange of information between defence departments',
    kind: 'agreement',
    contributors: [{ role: 'drafter', stateCode: 'RU' }],
    events: [{ type: 'drafted', occurredOn: '2022-08-24' }],
    topicIds: ['information-exchange'],
  },
})
