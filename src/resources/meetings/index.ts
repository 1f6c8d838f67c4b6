// Meetings: date, place, participants and agenda.
import { endsBeforeStart, firstDay, isExactDay, lastDay, sortKey, spanOf } from '../../core/dates.ts'
import { inconsistent, Problem } from '../../core/problems.ts'
import { sql } from '../../db/sql.ts'
import { below } from '../../records/read/outcomes.ts'
import { findRecord, parse } from '../../records/read/record.ts'
import type { CatalogueReader, WriteTransaction } from '../../records/schema/catalogue.ts'
import { contributor, contributorFaults, nameFaults, otherNames } from '../../records/schema/common-fields.ts'
import type { Doc } from '../../records/schema/document.ts'
import { choice, date, integer, list, object, ref, text, topicIds } from '../../records/schema/fields.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { partialDate } from '../../records/schema/shapes.ts'
import { spanColumns } from '../../records/schema/table.ts'
import { checkPosts } from '../../records/write/contributors.ts'
import { meetingsAlike, withNumber } from './alike.ts'

const FORMATS = ['in-person', 'video', 'hybrid'] as const
const STATUSES = ['scheduled', 'held', 'postponed', 'cancelled'] as const
const CLASSIFICATIONS = [
  'summit',
  'council',
  'session',
  'plus',
  'bilateral',
  'working-group',
  'consultation',
  'conference',
  'ceremony',
  'visit',
  'exercise',
] as const
const ROLES = ['organizer', 'host', 'chair', 'head-of-delegation', 'member', 'observer', 'guest'] as const

const agendaItem = object(
  'An item of the agenda.',
  {
    position: integer('Its place in the agenda, from 1.', { required: true, min: 1, max: 1000 }),
    number: text(50, 'Its number as printed, such as `3a`.'),
    title: text(500, 'The title of the item.', { required: true, search: 'body' }),
    recordIds: list(
      ref(['proposal', 'agreement', 'statement'], 'A record that was dealt with under the item.', {
        late: true,
      }),
      50,
      'The records that were dealt with under the item.',
    ),
    topicIds: topicIds('A topic on the agenda.', { stats: 'topic' }),
  },
  'AgendaItem',
)

const participant = contributor('Participant', ROLES, 'took part')

export const meetings: Resource = defineResource({
  kind: 'meeting',
  path: 'meetings',
  about: 'A meeting, of an organization or of others.',
  titleField: 'name',
  searchDate: 'startDate',
  defaultSort: '-startDate',
  formats: ['ics'],
  fields: {
    name: text(500, 'The name of the meeting.', { required: true, sort: true, search: 'title' }),
    otherNames,
    classification: choice('MeetingClassification', CLASSIFICATIONS, 'The kind of meeting.', {
      mayGrow: true,
      filter: true,
      stats: 'classification',
    }),
    ordinal: integer('Its number in the series of the organization with this classification.', {
      min: 1,
      filter: true,
    }),
    parentId: ref('meeting', 'The meeting of which it is a part.', {
      filter: 'parent',
      include: 'parent',
      inverse: 'meetings',
      acyclic: true,
    }),
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
    endDate: date('The last day.', { filter: 'end', sort: true }),
    previousStartDates: list(date('A day.'), 20, 'The days on which it was first to start, if it was moved.'),
    venue: text(300, 'The building or the hall.', { search: 'body' }),
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
  filters: {
    within: {
      by: 'condition',
      kind: 'meeting',
      reads: [],
      description: 'A meeting: it, and all that are a part of it, at any depth.',
      condition: ({ table, values }) =>
        sql`(${sql.join(
          values.map((id) => sql`${table.id} in (${below(id)})`),
          sql` or `,
        )})`,
    },
    dateFrom: {
      by: 'range',
      column: spanColumns('endDate').last,
      orColumn: spanColumns('startDate').last,
      bound: 'from',
      value: partialDate.transform(firstDay),
      description: 'A day of the meeting, on or after this date. With `dateTo`: any of its days.',
    },
    dateTo: {
      by: 'range',
      column: spanColumns('startDate').first,
      bound: 'to',
      value: partialDate.transform(lastDay),
      description: 'A day of the meeting, on or before this date.',
    },
  },
  complete: (meeting, now) => {
    const today = now.toISOString().slice(0, 10)
    meeting.status ??= sortKey(meeting.startDate) <= today ? 'held' : 'scheduled'
  },
  rules: (meeting) => [
    ...nameFaults(meeting.otherNames),
    ...contributorFaults(meeting.participants, 'participants', null),
    ...(endsBeforeStart(meeting.startDate, meeting.endDate)
      ? [{ pointer: '/endDate', detail: 'The meeting ends before it starts.' }]
      : []),
    ...(meeting.ordinal !== null && meeting.organizationId === null
      ? [
          {
            pointer: '/organizationId',
            detail: 'A number requires the organization whose meetings it counts.',
          },
        ]
      : []),
  ],
  async beforeWrite(tx: WriteTransaction, meeting, before) {
    await refuseTakenNumber(tx, meeting, before)
    await refuseOutsideParent(tx, meeting, before)
    await checkPosts(tx, meeting, before, 'participants', 'startDate')
  },
  findAlike: (tx: CatalogueReader, fields, among) => meetingsAlike(meetings, tx, fields, among),
  example: {
    name: "Meeting of the Ministers of Defence of the SCO's member states",
    startDate: '2022-08-24',
    status: 'held',
    city: 'Tashkent',
    countryCode: 'UZ',
  },
})

/** A series is a body, a classification and a number. */
async function refuseTakenNumber(tx: WriteTransaction, meeting: Doc, before: Doc | undefined): Promise<void> {
  const key = ['organizationId', 'classification', 'ordinal']
  if (meeting['ordinal'] === null || isUnchanged(meeting, before, key)) return
  const existing = await withNumber(meetings, tx, meeting)
  if (!existing || existing.id === meeting.id) return
  const existingId = existing.id
  const detail = `The meeting ${existingId} already has the number ${meeting['ordinal']} in this series.`
  throw new Problem('duplicate', detail, { errors: [{ pointer: '/ordinal', detail }], extra: { existingId } })
}

const isUnchanged = (meeting: Doc, before: Doc | undefined, fields: readonly string[]) =>
  fields.every((field) => meeting[field] === before?.[field])

/** Such meetings often take place around the meeting of which they are a part. */
const AROUND: readonly unknown[] = ['bilateral', 'visit']

/** Not checked when the parent is moved: its parts can be moved after it. */
async function refuseOutsideParent(
  tx: WriteTransaction,
  meeting: Doc,
  before: Doc | undefined,
): Promise<void> {
  const { parentId, classification } = meeting
  if (isUnchanged(meeting, before, ['parentId', 'classification', 'startDate', 'endDate'])) return
  const stored = typeof parentId === 'string' && (await findRecord(tx, meetings, parentId))
  if (!stored) return
  const parent = parse(stored)
  const days = ({ startDate, endDate }: Doc) => ({
    first: spanOf(String(startDate)).first,
    last: spanOf(String(endDate ?? startDate)).last,
  })
  const [own, whole] = [days(meeting), days(parent)]
  const margin = AROUND.includes(classification) ? 1 : 0
  if (addDays(own.first, -margin) <= whole.last && addDays(own.last, margin) >= whole.first) return
  throw inconsistent([
    {
      pointer: '/startDate',
      detail: `The days are outside those of the meeting of which it is a part: ${whole.first} to ${whole.last}.`,
    },
  ])
}

/** An open end of a span stays open. */
const addDays = (day: string, days: number) =>
  isExactDay(day) ? Temporal.PlainDate.from(day).add({ days }).toString() : day
