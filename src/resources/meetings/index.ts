// A meeting of a body: when and where it was held, who took part, what was on the agenda.
import { earliest, endsBeforeStart } from '../../core/dates.ts'
import { choice, date, integer, list, object, ref, text, topicIds } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

const FORMATS = ['in-person', 'video', 'hybrid'] as const
const STATUSES = ['scheduled', 'held', 'postponed', 'cancelled'] as const
const ROLES = ['chair', 'head-of-delegation', 'member', 'observer', 'guest'] as const

const agendaItem = object(
  'An item of the agenda.',
  {
    position: integer('Its place on the agenda, from 1.', { required: true, min: 1, max: 1000 }),
    title: text(500, 'What it is about.', { required: true, search: 'body' }),
    topicIds: topicIds('A topic on the agenda.', { stats: 'topic' }),
  },
  'AgendaItem',
)

const participant = object(
  'Who took part: a state, an organization, a person, or one for another.',
  {
    role: choice('ParticipantRole', ROLES, 'In what role it took part.', { required: true }),
    stateCode: ref('state', 'The state that took part, or that the person represented.', {
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
  about: 'A meeting of a body.',
  titleField: 'name',
  searchDate: 'startDate',
  defaultSort: '-startDate',
  fields: {
    name: text(500, 'What the meeting is called.', { required: true, sort: true, search: 'title' }),
    ordinal: integer('Its number among the meetings of the body.', { min: 1 }),
    organizationId: ref('organization', 'The body that met.', {
      filter: 'organization',
      include: 'organization',
      stats: 'organization',
      inverse: 'meetings',
    }),
    // `format` as a parameter is the format of the response.
    format: choice('MeetingFormat', FORMATS, 'How the participants met.', { filter: 'meetingFormat' }),
    status: choice(
      'MeetingStatus',
      STATUSES,
      'Whether it took place. Left out: `held` when it has begun, else `scheduled`.',
      { filled: true, filter: true, stats: 'status' },
    ),
    startDate: date('The first day.', { required: true, filter: 'start', sort: true, stats: 'year' }),
    endDate: date('The last day.', { sort: true }),
    city: text(200, 'The city.', { filter: true, sort: true, search: 'body' }),
    countryCode: ref('state', 'The state in which the city lies.', {
      filter: 'country',
      include: 'country',
      inverse: 'meetings',
    }),
    summary: text(10_000, 'What it was about, in our own words.', { search: 'body' }),
    agenda: list(agendaItem, 500, 'In order of position.'),
    participants: list(participant, 500, 'Who took part.'),
  },
  complete: (meeting, now) => {
    const today = now.toISOString().slice(0, 10)
    meeting.status ??= earliest(meeting.startDate) <= today ? 'held' : 'scheduled'
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
