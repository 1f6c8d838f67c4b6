// Meetings: date, place, participants and agenda.
import { endsBeforeStart, sortKey } from '../../core/dates.ts'
import { choice, date, integer, list, object, ref, text, topicIds } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

const FORMATS = ['in-person', 'video', 'hybrid'] as const
const STATUSES = ['scheduled', 'held', 'postponed', 'cancelled'] as const
const ROLES = ['chair', 'head-of-delegation', 'member', 'observer', 'guest'] as const

const agendaItem = object(
  'An item of the agenda.',
  {
    position: integer('The number of the item, from 1.', { required: true, min: 1, max: 1000 }),
    title: text(500, 'The title of the item.', { required: true, search: 'body' }),
    topicIds: topicIds('A topic on the agenda.', { stats: 'topic' }),
  },
  'AgendaItem',
)

const participant = object(
  'A participant: a state, an organization, or a person, who may represent one of them.',
  {
    role: choice('ParticipantRole', ROLES, 'The role of the participant.', { required: true }),
    stateCode: ref('state', 'The state that took part or was represented.', {
      filter: 'state',
      include: 'states',
      stats: 'state',
    }),
    organizationId: ref('organization', 'The organization that took part or was represented.', {
      filter: 'organization',
    }),
    speakerId: ref('speaker', 'The person who took part.', { filter: 'speaker', include: 'speakers' }),
  },
  'Participant',
)

export const meetings = defineResource({
  kind: 'meeting',
  path: 'meetings',
  about: 'A meeting of an organization.',
  titleField: 'name',
  searchDate: 'startDate',
  defaultSort: '-startDate',
  formats: ['ics'],
  fields: {
    name: text(500, 'The name of the meeting.', { required: true, sort: true, search: 'title' }),
    ordinal: integer('Its number in the series of meetings of the organization.', { min: 1 }),
    organizationId: ref('organization', 'The organization that met.', {
      filter: 'organization',
      include: 'organization',
      stats: 'organization',
      inverse: 'meetings',
    }),
    // The parameter `format` is that of the response.
    format: choice('MeetingFormat', FORMATS, 'How the participants met.', { filter: 'meetingFormat' }),
    status: choice(
      'MeetingStatus',
      STATUSES,
      'Whether it took place. Default: `held` if it has started, otherwise `scheduled`.',
      { filled: true, filter: true, stats: 'status' },
    ),
    startDate: date('The first day.', { required: true, filter: 'start', sort: true, stats: 'year' }),
    endDate: date('The last day.', { sort: true }),
    city: text(200, 'The city.', { filter: true, sort: true, search: 'body' }),
    countryCode: ref('state', 'The state where the meeting takes place.', {
      filter: 'country',
      filterExample: 'UZ',
      include: 'country',
      inverse: 'meetings',
    }),
    summary: text(10_000, 'A summary of the meeting.', { search: 'body' }),
    agenda: list(agendaItem, 500, 'The agenda, in order of position.'),
    participants: list(participant, 500, 'The participants.'),
  },
  complete: (meeting, now) => {
    const today = now.toISOString().slice(0, 10)
    meeting.status ??= sortKey(meeting.startDate) <= today ? 'held' : 'scheduled'
  },
  rules: ({ startDate, endDate }) =>
    endsBeforeStart(startDate, endDate)
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
