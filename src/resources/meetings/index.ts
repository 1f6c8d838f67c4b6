// A meeting of a body: when and where it was held, who took part, what was on the agenda.
import { z } from 'zod'
import { earliest, endsBeforeStart } from '../../core/dates.ts'
import { named, partialDate, ref, text, topicIds } from '../../records/schema/fields.ts'
import { dateRange, defineResource } from '../../records/schema/resource.ts'
import { meetings as table } from './table.ts'

const FORMATS = ['in-person', 'video', 'hybrid'] as const
const STATUSES = ['scheduled', 'held', 'postponed', 'cancelled'] as const
const ROLES = ['chair', 'head-of-delegation', 'member', 'observer', 'guest'] as const

const format = named('MeetingFormat', z.enum(FORMATS))
const status = named('MeetingStatus', z.enum(STATUSES))

const agendaItem = z
  .strictObject({
    position: z.int().min(1).max(1000).meta({ description: 'Its place on the agenda, from 1.' }),
    title: text(500, 'What it is about.'),
    topicIds: topicIds.default([]),
  })
  .meta({ id: 'AgendaItem', description: 'An item of the agenda.' })

const participant = z
  .strictObject({
    role: named('ParticipantRole', z.enum(ROLES)).meta({ description: 'In what role it took part.' }),
    stateCode: ref('state', 'The state that took part, or that the person represented.')
      .nullable()
      .default(null),
    organizationId: ref('organization', 'The organization that took part or was represented.')
      .nullable()
      .default(null),
    speakerId: ref('speaker', 'The person.').nullable().default(null),
  })
  .meta({
    id: 'Participant',
    description: 'Who took part: a state, an organization, a person, or one for another.',
  })

export const meetings = defineResource({
  kind: 'meeting',
  path: 'meetings',
  about: 'A meeting of a body.',
  table,
  fields: {
    name: text(500, 'What the meeting is called.'),
    ordinal: z.int().min(1).nullable().meta({ description: 'Its number among the meetings of the body.' }),
    organizationId: ref('organization', 'The body that met.').nullable(),
    format: format.nullable().meta({ description: 'How the participants met.' }),
    status: status.meta({
      description: 'Whether it took place. Left out: `held` when it has begun, else `scheduled`.',
    }),
    startDate: partialDate('The first day.'),
    endDate: partialDate('The last day.').nullable(),
    city: text(200, 'The city.').nullable(),
    countryCode: ref('state', 'The state in which the city lies.').nullable(),
    summary: text(10_000, 'What it was about, in our own words.').nullable(),
    agenda: z.array(agendaItem).max(500).meta({ description: 'In order of position.' }),
    participants: z.array(participant).max(500).meta({ description: 'Who took part.' }),
  },
  required: ['name', 'startDate'],
  titleField: 'name',
  includes: {
    organization: { to: 'organization', field: 'organizationId' },
    country: { to: 'state', field: 'countryCode' },
    states: { to: 'state', field: 'participants.stateCode' },
    speakers: { to: 'speaker', field: 'participants.speakerId' },
    topics: { to: 'topic', field: 'agenda.topicIds' },
    proposals: { from: 'proposal', field: 'meetingId' },
    agreements: { from: 'agreement', field: 'meetingId' },
    statements: { from: 'statement', field: 'meetingId' },
    evidence: { part: 'evidence' },
  },
  filters: {
    status: {
      by: 'column',
      column: 'status',
      value: status,
      description: 'Whether it took place.',
    },
    // `format` is the form of the answer.
    meetingFormat: {
      by: 'column',
      column: 'format',
      value: format,
      description: 'How the participants met.',
    },
    ...dateRange('start', 'startDate', 'Begun'),
    city: {
      by: 'column',
      column: 'city',
      value: z.string().min(1).max(200),
      description: 'The city, as it is written.',
    },
    country: {
      by: 'reference',
      fields: ['countryCode'],
      kind: 'state',
      description: 'The state in which it was held.',
    },
    organization: {
      by: 'reference',
      fields: ['organizationId', 'participants.organizationId'],
      kind: 'organization',
      description: 'The body that met, or an organization that took part.',
    },
    state: {
      by: 'reference',
      fields: ['participants.stateCode'],
      kind: 'state',
      description: 'A state that took part.',
    },
    speaker: {
      by: 'reference',
      fields: ['participants.speakerId'],
      kind: 'speaker',
      description: 'A person who took part.',
    },
    topic: {
      by: 'reference',
      fields: ['agenda.topicIds'],
      kind: 'topic',
      description: 'A topic on the agenda.',
    },
  },
  groupings: {
    status: { column: 'status' },
    topic: { reference: 'agenda.topicIds' },
    state: { reference: 'participants.stateCode' },
    year: { year: 'startDate' },
    organization: { reference: 'organizationId' },
  },
  sorts: ['startDate', 'endDate', 'name', 'city', 'createdAt', 'updatedAt'],
  defaultSort: '-startDate',
  searchText: (doc) => ({
    title: String(doc['name']),
    body: [
      doc['summary'],
      doc['city'],
      ...(doc['agenda'] as { title: string }[]).map(({ title }) => title),
    ].map((part) => String(part ?? '')),
    date: doc['startDate'] as string,
  }),
  complete: (doc, now) => {
    doc['status'] ??=
      earliest(String(doc['startDate'])) <= now.toISOString().slice(0, 10) ? 'held' : 'scheduled'
  },
  rules: (doc) =>
    endsBeforeStart(doc['startDate'] as string, doc['endDate'] as string | null)
      ? [{ pointer: '/endDate', detail: 'The meeting ends before it starts.' }]
      : [],
  example: {
    name: "Meeting of the Ministers of Defence of the SCO's member states",
    startDate: '2022-08-24',
    status: 'held',
    city: 'Tashkent',
    countryCode: 'UZ',
  },
})
